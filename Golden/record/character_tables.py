"""Tables of characters as Swift text, for record_character_classes.py and record_bert_characters.py.

A table is numbers of base 36 with a blank between them; `RecordedTable` in Sources/Book/Tokenizers reads it.
"""


def base36(number):
    digits = ""
    while True:
        digits = "0123456789abcdefghijklmnopqrstuvwxyz"[number % 36] + digits
        number //= 36
        if not number:
            return digits


def runs(found):
    """[first, count, value] of neighbours with the same value, from a dictionary by scalar."""
    out = []
    for scalar in sorted(found):
        if out and out[-1][0] + out[-1][1] == scalar and out[-1][2] == found[scalar]:
            out[-1][1] += 1
        else:
            out.append([scalar, 1, found[scalar]])
    return out


def ranges(found):
    """The scalars of a set as pairs: how many are left out since the last range, how many are in this one."""
    out, end = [], 0
    for first, count, _ in runs({scalar: 1 for scalar in found}):
        out += [first - end, count]
        end = first + count
    return out


def swift(name, doc, numbers):
    lines, line = [], "   "
    for item in map(base36, numbers):
        if len(line) + 1 + len(item) > 100:
            lines.append(line)
            line = "   "
        line += " " + item
    body = "\n".join([*lines, line])
    docs = "".join(f"  /// {part}\n" for part in doc.split("\n"))
    return f'{docs}  static let {name} = """\n{body}\n    """\n'


def fnv(data):
    value = 0xCBF29CE484222325
    for number in data:
        value = (value ^ number) * 0x100000001B3 & 0xFFFFFFFFFFFFFFFF
    return f"{value:016x}"
