"""Records what the reference's BERT normalizer and pre-tokenizer make of every Unicode scalar.

Writes Sources/Book/Tokenizers/BERTCharacterTable.swift (the tables) and Golden/tokenizers/bert-characters.json
(counts and a digest over all scalars, for the test).

Nothing is taken from a Unicode database: the reference's crates carry versions of their own, and what
decides is what they do. Probed for each scalar:

- dropped, white space, CJK, lower case: what BertNormalizer makes of it with that one option on;
- punctuation and white space between words: how BertPreTokenizer cuts "a"+c+"b";
- canonical decomposition and non-spacing marks: NFD, and BertNormalizer with `strip_accents` alone;
- canonical order: which of a row of marks NFD puts before it ("a"+c+mark).

usage: python record_bert_characters.py
"""

import datetime
import json
import pathlib
import platform

import tokenizers
from character_tables import fnv, ranges, runs, swift
from tokenizers import normalizers, pre_tokenizers

PACKAGE = pathlib.Path(__file__).resolve().parents[2]
TABLE = PACKAGE / "Sources/Book/Tokenizers/BERTCharacterTable.swift"
GOLDEN = PACKAGE / "Golden/tokenizers/bert-characters.json"

DROPPED, SPACE, CJK, PUNCTUATION, MARK, LOWERS, DECOMPOSES = (1 << i for i in range(7))

# A mark of each canonical class there is, in the order of the classes; only a row to measure with.
ROW = (
    "\u0334\U00016ff0\u093c\u3099\u094d\u05b0\u05b1\u05b2\u05b3\u05b4\u05b5\u05b6\u05b7\u05b8\u05b9\u05bb\u05bc"
    "\u05bd\u05bf\u05c1\u05c2\ufb1e\u064b\u064c\u064d\u064e\u064f\u0650\u0651\u0652\u0670\u0711\u0c55\u0c56\u0e38"
    "\u0e48\u0eb8\u0ec8\u0f71\u0f72\u0f74\u0321\u1dce\u031b\u302a\u0323\u059a\u302e\U0001d16d\u05ae\u0300\u0315\u035c"
    "\u035d\u0345"
)


def scalars():
    yield from range(0xD800)
    yield from range(0xE000, 0x110000)


def bert(**on):
    off = {"clean_text": False, "handle_chinese_chars": False, "strip_accents": False, "lowercase": False}
    return normalizers.BertNormalizer(**(off | on)).normalize_str


CLEAN, CHINESE = bert(clean_text=True), bert(handle_chinese_chars=True)
STRIP, LOWER = bert(strip_accents=True), bert(lowercase=True)
NFD = normalizers.NFD().normalize_str
CUT = pre_tokenizers.BertPreTokenizer().pre_tokenize_str


def hangul(scalar):
    """The decomposition of a syllable by the arithmetic of the Unicode Standard, 3.12."""
    s = scalar - 0xAC00
    parts = [0x1100 + s // 588, 0x1161 + s % 588 // 28, 0x11A7 + s % 28]
    return "".join(map(chr, parts if s % 28 else parts[:2]))


def order(text):
    """The place in the order: 0 for what nothing passes, else 1 + the number of the row's marks that do."""

    def swaps(first, second):
        return NFD("a" + first + second) != "a" + first + second

    if not swaps(text, ROW[0]) and not swaps(ROW[-1], text):
        return 0
    return 1 + sum(swaps(text, mark) for mark in ROW)


def classify():
    flags, lower, parts, ranks = {}, {}, {}, {}
    for scalar in scalars():
        text = chr(scalar)
        value = 0
        pieces = [p for p, _ in CUT("a" + text + "b")]
        if pieces == ["a", "b"]:
            value |= SPACE
        elif pieces == ["a", text, "b"]:
            value |= PUNCTUATION
        else:
            assert pieces == ["a" + text + "b"], hex(scalar)
        cleaned = CLEAN(text)
        if cleaned == "":
            value |= DROPPED
        else:
            assert cleaned == (" " if value & SPACE else text), hex(scalar)
        if CHINESE(text) != text:
            assert CHINESE(text) == f" {text} ", hex(scalar)
            value |= CJK
        small = LOWER(text)
        if small != text:
            value |= LOWERS
            lower[scalar] = small
        decomposed = NFD(text)
        if decomposed != text:
            value |= DECOMPOSES
            if 0xAC00 <= scalar < 0xD7A4:
                assert decomposed == hangul(scalar), hex(scalar)
            else:
                parts[scalar] = decomposed
        else:
            if STRIP(text) == "":
                value |= MARK
            if rank := order(text):
                ranks[scalar] = rank
        flags[scalar] = value
    for scalar in flags:
        # Stripping is decomposing and leaving out the marks, nothing else.
        expected = "".join(c for c in NFD(chr(scalar)) if not flags[ord(c)] & MARK)
        assert STRIP(chr(scalar)) == expected, hex(scalar)
        assert all(ord(c) not in parts for c in NFD(chr(scalar)))
    return flags, lower, parts, ranks


def check_order(ranks):
    """The ranks order every two of their marks as NFD does."""
    one = {}
    for scalar, rank in ranks.items():
        one.setdefault(rank, []).append(chr(scalar))
    for a, first in one.items():
        for b, second in one.items():
            for x, y in ((first[0], second[-1]), (first[-1], second[0])):
                assert (NFD("a" + x + y) == "a" + x + y) == (a <= b), (x, y)
    return len(one)


# The tables as text


def order_runs(ranks):
    out, end = [], 0
    for first, count, rank in runs(ranks):
        out += [first - end, count, rank]
        end = first + count
    return out


def lower_runs(lower):
    """Gap, count, step, and the distance to the small letter, zigzag: (d << 1) ^ (d >> 31)."""
    items, out, end, i = sorted(lower.items()), [], 0, 0
    items = [(s, ord(t) - s) for s, t in items if len(t) == 1]
    while i < len(items):
        best = (1, 1)
        for step in (1, 2):
            n = 1
            while i + n < len(items) and items[i + n] == (items[i][0] + step * n, items[i][1]):
                n += 1
            best = max(best, (n, step))
        count, step = best
        first, distance = items[i]
        out += [first - end, count, step, 2 * distance if distance >= 0 else -2 * distance - 1]
        end = first + step * (count - 1) + 1
        i += count
    return out


def decompositions(parts):
    out, end = [], 0
    for scalar, text in sorted(parts.items()):
        out += [scalar - end, len(text), *map(ord, text)]
        end = scalar + 1
    return out


def digest(flags, lower, parts, ranks):
    """Each scalar: flags, rank, then its small letters and, without Hangul, its decomposition."""
    for scalar, value in flags.items():
        yield value
        yield ranks.get(scalar, 0)
        yield from map(ord, lower.get(scalar, ""))
        yield from map(ord, parts.get(scalar, ""))


def main():
    flags, lower, parts, ranks = classify()
    classes = check_order(ranks)
    long = {s: t for s, t in lower.items() if len(t) > 1}
    simple = [
        ("dropped", DROPPED, "What cleaning drops: controls, formats, private use, U+FFFD."),
        ("spaces", SPACE, "What separates words."),
        ("chinese", CJK, "What gets a blank on either side."),
        ("punctuation", PUNCTUATION, "What is a word of its own."),
        ("marks", MARK, "What stripping accents leaves out of a decomposed text."),
    ]
    tables = [swift(name, doc, ranges(s for s, v in flags.items() if v & bit)) for name, bit, doc in simple]
    tables += [
        swift(
            "order",
            "Marks that are put in order: gap, count and rank of each run.",
            order_runs(ranks),
        ),
        swift(
            "lower",
            "Small letters: gap, count, step and zigzag distance of each run.",
            lower_runs(lower),
        ),
        swift(
            "longLower",
            "Small letters of several scalars: the scalar, their number, they.",
            [n for s, t in long.items() for n in (s, len(t), *map(ord, t))],
        ),
        swift(
            "decompositions",
            "Full canonical decompositions without Hangul's: gap, their number, they.",
            decompositions(parts),
        ),
    ]
    TABLE.write_text(
        "// Generated by Golden/record/record_bert_characters.py; do not edit.\n"
        f"// Probed from tokenizers {tokenizers.__version__} for all {len(flags)} Unicode scalars.\n\n"
        "/// Numbers of base 36. Ranges are pairs: the gap since the end of the one before, and the number\n"
        "/// of scalars.\n"
        "enum BERTCharacterTable {\n" + "\n".join(tables) + "}\n"
    )
    names = {"dropped": DROPPED, "spaces": SPACE, "chinese": CJK, "punctuation": PUNCTUATION, "marks": MARK}
    golden = {
        "provenance": {
            "script": "Golden/record/record_bert_characters.py",
            "authority": f"tokenizers {tokenizers.__version__}",
            "tokenizers": tokenizers.__version__,
            "python": platform.python_version(),
            "date": datetime.date.today().isoformat(),
        },
        "encoding": "for each scalar, ascending without surrogates: flags (1 dropped, 2 white space, 4 CJK, "
        "8 punctuation, 16 mark, 32 has small letters, 64 decomposes), rank in the canonical order, small "
        "letters, decomposition (not for Hangul)",
        "scalars": len(flags),
        **{name: sum(v & bit != 0 for v in flags.values()) for name, bit in names.items()},
        "lower": len(lower),
        "decompositions": len(parts),
        "hangul": sum(v & DECOMPOSES != 0 for v in flags.values()) - len(parts),
        "ordered": len(ranks),
        "ranks": classes,
        "fnv1a64": fnv(digest(flags, lower, parts, ranks)),
    }
    GOLDEN.write_text(json.dumps(golden, indent=2) + "\n")


if __name__ == "__main__":
    main()
