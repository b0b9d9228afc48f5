"""Records how the reference classifies every Unicode scalar.

Writes Sources/Book/Tokenizers/CharacterClassTable.swift (the ranges) and
Golden/tokenizers/character-classes.json (counts and a digest over all scalars, for the test).

The tables are probed from the tokenizer itself, not taken from a Unicode database: what decides is
what the reference's two regular-expression engines, of two Unicode versions, do.

- `\\p{L}`, `\\p{N}`, `\\s` of GPT-2's split pattern: where the ByteLevel pre-tokenizer splits
  "a"+c, "1"+c and "!"+c.
- `\\w` (for `single_word`) and `\\s` (for `lstrip`, `rstrip`) of added tokens: whether "<w>" is
  found after c, and whether "<s>" swallows c.

usage: python record_character_classes.py
"""

import datetime
import json
import pathlib
import platform

import tokenizers
from character_tables import fnv, ranges, swift
from tokenizers import AddedToken, Tokenizer, models, pre_tokenizers

PACKAGE = pathlib.Path(__file__).resolve().parents[2]
TABLE = PACKAGE / "Sources/Book/Tokenizers/CharacterClassTable.swift"
GOLDEN = PACKAGE / "Golden/tokenizers/character-classes.json"

OTHER, LETTER, NUMBER, SPACE = range(4)
WORD = 4


def scalars():
    yield from range(0xD800)
    yield from range(0xE000, 0x110000)


def joins(pre, prefix, text):
    """Whether the pre-tokenizer keeps `prefix` and the scalar together."""
    return len(pre.pre_tokenize_str(prefix + text)) == 1


def classify():
    pre = pre_tokenizers.ByteLevel(add_prefix_space=False)
    added = Tokenizer(models.BPE({}, []))
    added.add_tokens([AddedToken("<w>", single_word=True), AddedToken("<s>", lstrip=True)])
    word_id = added.token_to_id("<w>")
    classes = {}
    for scalar in scalars():
        text = chr(scalar)
        found = [
            name
            for name, prefix in ((LETTER, "a"), (NUMBER, "1"), (OTHER, "!"))
            if joins(pre, prefix, text)
        ]
        assert len(found) <= 1, hex(scalar)
        value = found[0] if found else SPACE
        swallowed = added.encode(text + "<s>").tokens[-1] == text + "<s>"
        assert swallowed == (value == SPACE), f"the two engines disagree on white space: {scalar:x}"
        if added.encode(text + "<w>").ids != [word_id]:
            value |= WORD
        classes[scalar] = value
    return classes


def main():
    classes = classify()
    named = [
        ("letters", LETTER, "What `\\p{L}` matches."),
        ("numbers", NUMBER, "What `\\p{N}` matches."),
        ("spaces", SPACE, "What `\\s` matches."),
    ]
    found = [(n, d, [s for s, v in classes.items() if v & 3 == k]) for n, k, d in named]
    found.append(("words", "What `\\w` matches.", [s for s, v in classes.items() if v & WORD]))
    TABLE.write_text(
        "// Machine-made by Golden/record/record_character_classes.py; do not edit.\n"
        f"// Probed from tokenizers {tokenizers.__version__} for all {len(classes)} Unicode scalars.\n\n"
        "/// Numbers of base 36, in pairs: the gap since the end of the range before, and the number of scalars.\n"
        "enum CharacterClassTable {\n"
        + "\n".join(swift(n, d, ranges(s)) for n, d, s in found)
        + "}\n"
    )
    golden = {
        "provenance": {
            "script": "Golden/record/record_character_classes.py",
            "authority": f"tokenizers {tokenizers.__version__}",
            "tokenizers": tokenizers.__version__,
            "python": platform.python_version(),
            "date": datetime.date.today().isoformat(),
        },
        "encoding": "one byte a scalar, ascending without surrogates: "
        "0 other, 1 letter, 2 number, 3 space; plus 4 for a word character",
        "scalars": len(classes),
        "letters": sum(v & 3 == LETTER for v in classes.values()),
        "numbers": sum(v & 3 == NUMBER for v in classes.values()),
        "spaces": [f"{s:X}" for s, v in classes.items() if v & 3 == SPACE],
        "words": sum(v & WORD != 0 for v in classes.values()),
        "fnv1a64": fnv(classes.values()),
    }
    GOLDEN.write_text(json.dumps(golden, indent=2) + "\n")


if __name__ == "__main__":
    main()
