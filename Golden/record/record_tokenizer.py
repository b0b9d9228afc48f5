"""Records what the reference's fast GPT-2 tokenizer makes of texts and of ids.

Golden/tokenizers/gpt2.json      the full vocabulary: texts, pairs, random texts, arbitrary ids
Golden/tokenizers/tiny.json      the same questions to Golden/tokenizers/tiny (512 tokens)
Golden/tokenizers/variants.json  tiny/tokenizer.json with other options and added tokens
Golden/tokenizers/stories.json   a digest of the ids of every line of real text (needs FOX_DATA)

Texts are stored as they were asked, so that nothing depends on a generator of random numbers.

usage: python record_tokenizer.py VOCABULARY_FOLDER   (vocab.json and merges.txt)
"""

import copy
import datetime
import json
import os
import pathlib
import platform
import random
import shutil
import sys
import tempfile

import reference
from reference import GOLDEN, sha256, write_json

import tokenizers
import transformers
from transformers import GPT2TokenizerFast

TINY = GOLDEN / "tokenizers/tiny"

STORIES = [
    "mctest/mctest-stories.jsonl",
    "stories/tinystories-2MiB.txt",
    "sst2/dev.tsv",
    "sst2/train.tsv",
    "coqa/coqa-dev-first5.json",
    "coqa/coqa-train-first13.json",
    "stories/corpus-children.txt",
]

SPACES = [
    0x9, 0xA, 0xB, 0xC, 0xD, 0x20, 0x85, 0xA0, 0x1680, *range(0x2000, 0x200B), 0x2028, 0x2029,
    0x202F, 0x205F, 0x3000,
]  # fmt: skip
# Look like white space and are not, or were once.
NOT_SPACES = [0x1C, 0x1F, 0x180E, 0x200B, 0x200C, 0x200D, 0x2060, 0xFEFF]

PLAIN = """
|Hello world| Hello|Hello, world!|The quick brown fox jumps over the lazy dog.|a|é
Once upon a time, there was a little girl named Lily.|don't DON'T Don’T it's IT'S we'll WE'LL
I'm you're he'd they've we'd 'tis 's't're've'm'll'd|''s '''s 's 'S ' s|'lless 'remember 'very 'da
 's 't 're 've 'm 'll 'd|x's1's!'s|'r 'v 'l ' '|can't've|o'clock rock'n'roll|l’été d'été|“Quotes” ‘a’
1 22 333 4444 55555 1234567890 3.14159 1,000,000 1e-5|a1b2c3|1st 2nd|v1.2.3-beta|0x1F600|½ ² ³ Ⅷ ① 〇 ٣ ३ ৩ ๓ ⅷ 一二三
foo_bar __init__ snake_case camelCase|def f(x):
    return x ** 2  # comment|<html><body class="x">&amp;</body></html>|{"a": [1, 2.5, null]}|a+b=c; d->e; f=>g
https://example.org/a?b=c&d=e#f|name@example.org|C:\\path\\file.txt|~!@#$%^&*()_+`-={}[]:";'<>?,./
....|...|!!!|???|---|—–‐|…|$5 €5 £5 ¥5 ₿5|a…b|•a ◦b|© ® ™|½x x½
""".strip("\n").replace("\n", "|").split("|") + [
    "def f(x):\n    return x ** 2  # comment\n",
    "", " ", "  ", "   ", "\n", "\n\n", "\n\n\n", "\t", "\t\t", "\r\n", "\r\n\r\n", " \n", "\n ",
    "  \n  ", " \n \n", "a ", "a  ", "a   ", " a", "  a", "   a", "a b", "a  b", "a   b", "a\nb",
    "a\n\nb", "a \nb", "a\n b", "a \n b", "a\r\nb\r\nc", "a\rb", "a\tb", "a\t\tb", "a \tb",
    "a\t b", " 1", "  1", " !", "  !", " '", "  's", "\u00a0a", " \u00a0a", "\u00a0 a", "\u3000a",
    "Hello world\n", "line one\nline two\n\nparagraph\n", "\x00", "a\x00b", "\x00\x00", " \x00",
    "\x01\x02\x03\x1b[0m\x7f", "\u0080\u009f", "\ufeff", "\ufeffHello", "Hello\ufeff", "\ufeff#",
    "\ufffd", "\ufffe", "\uffff", "\U0001ffff", "\U0010ffff", "\ue000", "\U000f0000",
    "\u0378\u0379", "\u2fe0", "\U0001faff", "\U000e0001", "\U000e0100", "a\u0378b", "1\u0378",
]  # fmt: skip

SCRIPTS = [
    "Ελληνικά γράμματα", "Русский язык, привет", "українська ї", "עברית שלום", "العربية مرحبا ٠١٢٣",
    "فارسی سلام ۱۲۳", "हिन्दी नमस्ते १२३", "বাংলা ভাষা ১২৩", "தமிழ் வணக்கம்", "తెలుగు", "ಕನ್ನಡ", "മലയാളം",
    "ไทย สวัสดี ๑๒๓", "ລາວ", "မြန်မာ", "ខ្មែរ ១២៣", "བོད་ཡིག", "ქართული", "Հայերեն", "አማርኛ ፩፪", "中文分词测试。",
    "繁體中文", "日本語テスト、ひらがなカタカナ", "ﾊﾝｶｸ ＦＵＬＬ １２３", "한국어 안녕하세요", "\u1112\u1161\u11ab", "ᏣᎳᎩ",
    "ᐃᓄᒃᑎᑐᑦ", "ᠮᠣᠩᠭᠣᠯ", "𐌰𐌱𐌲", "𓀀𓀁", "𒀀𒀁", "𝔘𝔫𝔦𝔠𝔬𝔡𝔢 𝟘𝟙𝟚", "Tiếng Việt", "Türkçe İıŞş", "ß ẞ ﬁ ﬂ", "Ĳ ŉ ǆ",
    "ʰʱ ʼ ˈ", "ªº", "Ωµ Å", "𞤀𞤁 𞥐𞥑", "𑄀𑄶", "𖬀", "ꠀ꠰", "꯰", "𐄇", "〡〢", "〇", "㈠", "㊿", "𐩀",
]  # fmt: skip

EMOJI = [
    "😀", "😀😀", " 😀", "a😀b", "👍🏽", "👩‍👩‍👧‍👦", "🏳️‍🌈", "🇪🇸🇩🇪", "1️⃣ #️⃣", "❤️ ❤", "👨🏿‍🚀", "☺︎", "🫠🪿", "⌚️⏰",
    "I 💙 foxes 🦊!", "🦊" * 10, "\u200d", "\ufe0f", "a\u200db", "🏴\U000e0067\U000e0062\U000e007f",
]  # fmt: skip

FORMS = [
    "é", "e\u0301", "à", "a\u0300", "ñ", "n\u0303", "Å", "\u212b", "A\u030a", "ö", "o\u0308", "가",
    "\u1100\u1161", "ệ", "e\u0323\u0302", "e\u0302\u0323", "café", "cafe\u0301", "résumé",
    "re\u0301sume\u0301", "ﬁ", "fi", "Ω", "\u2126", "\u0344", "\u0308\u0301", "q\u0307\u0323",
    "\u0301", " \u0301", "a\u0301\u0302\u0303", "1\u0301", "!\u0301", "Ǆ", "\u01c4\u030c",
]  # fmt: skip

SPECIAL = [
    "<|endoftext|>", "a<|endoftext|>b", "a <|endoftext|> b", "<|endoftext|><|endoftext|>",
    "<|endoftext|", "|endoftext|>", "<|endoftext>", "<<|endoftext|>>", "<|<|endoftext|>",
    "<|ENDOFTEXT|>", "<|endoftext |>", "\n<|endoftext|>\n", "a<|endoftext|>'s", "é<|endoftext|>é",
    "<|endoftext|> ", " <|endoftext|>", "x<|endoftext|>  <|endoftext|>y", "<|endo<|endoftext|>",
    "Once.\n<|endoftext|>\nOnce upon a time", "<|endoftext|>" * 5, "<|startoftext|>", "<|pad|>",
]  # fmt: skip

RUNS = [c * n for c in " \n\ta.!'é1_-=😀\u00a0世" for n in (4, 7, 8, 16, 17, 33, 49, 64, 100)]
LONG = [
    "supercalifragilisticexpialidocious" * 3,
    "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft",
    "abcdefghijklmnopqrstuvwxyz" * 8,
    "the" * 60,
    "ababababab" * 12,
    "aab" * 40,
    "0123456789" * 12,
    "!?" * 60,
    "приветмир" * 12,
    "世界你好" * 20,
    " " * 60 + "a",
    "\n" * 60 + "a",
    "a" * 15,
    "a" * 16,
    " " + "b" * 14,
    " " + "b" * 15,
]


def space_texts():
    for s in SPACES + NOT_SPACES:
        c = chr(s)
        yield from (c, c + c, c + "a", "a" + c, "a" + c + "b", "a" + c + c + "b", " " + c + " b")
        yield "a" + c * 3 + " " + c + "b"


def texts():
    found = [*PLAIN, *SCRIPTS, *EMOJI, *FORMS, *SPECIAL, *RUNS, *LONG, *space_texts()]
    found += [chr(s) for s in range(0x21, 0x100)]
    return list(dict.fromkeys(found))


def random_texts(count, seed=20220406):
    """Strings that mix scripts, spaces, contractions, partial specials and every plane."""
    rng = random.Random(seed)

    def scalar(low, high):
        while True:
            s = rng.randrange(low, high)
            if not 0xD800 <= s < 0xE000:
                return chr(s)

    words = "the fox said that she would not go there 'Tis Why? little-girl naïve 3rd 1999".split()
    pools = [
        lambda: scalar(0x20, 0x7F),
        lambda: scalar(0x20, 0x7F),
        lambda: scalar(0, 0x800),
        lambda: scalar(0x800, 0x10000),
        lambda: scalar(0x10000, 0x110000),
        lambda: scalar(0x1F300, 0x1FB00),
        lambda: chr(rng.choice(SPACES)),
        lambda: " ",
        lambda: rng.choice(words),
        lambda: " " + rng.choice(words),
        lambda: rng.choice(["'s", "'t", "'re", "'ve", "'m", "'ll", "'d", "'", "’s", "'S"]),
        lambda: rng.choice("0123456789²½٣Ⅷ"),
        lambda: rng.choice(["\r\n", "\n\n", "  ", "\t"]),
        lambda: rng.choice(["\u0301", "\u200d", "\ufe0f", "\u0308"]),
        lambda: "<|endoftext|>"[: rng.randrange(1, 14)],
    ]
    for _ in range(count):
        chosen = [rng.choice(pools) for _ in range(rng.randrange(1, 5))]
        yield "".join(rng.choice(chosen)() for _ in range(rng.randrange(1, 13)))


def provenance(vocabulary):
    return {
        "script": "Golden/record/record_tokenizer.py",
        "tokenizers": tokenizers.__version__,
        "transformers": transformers.__version__,
        "python": platform.python_version(),
        "date": datetime.date.today().isoformat(),
        "vocabulary": {p.name: sha256(p) for p in vocabulary},
        "authority": f"the fast tokenizer: tokenizers {tokenizers.__version__} "
        f"as transformers {transformers.__version__} sets it up",
    }


def encoding(text, found, tokens=True):
    case = {"text": text, "ids": found.ids}
    if tokens:
        case["tokens"] = found.tokens
    return case | {"offsets": [n for pair in found.offsets for n in pair]}


def pair(backend, a, b):
    found = backend.encode(a, b)
    return {"pair": b, "type_ids": found.type_ids, "mask": found.attention_mask} | encoding(a, found)


def decoded(tokenizer, ids):
    plain = tokenizer.decode(ids, clean_up_tokenization_spaces=False)
    case = {"ids": ids, "text": plain}
    for key, options in {
        "clean": {"clean_up_tokenization_spaces": True},
        "skip": {"clean_up_tokenization_spaces": False, "skip_special_tokens": True},
    }.items():
        text = tokenizer.decode(ids, **options)
        if text != plain:
            case[key] = text
    return case


CLEANED = [
    "a .", "a ?", "a !", "a ,", "a ' b", "do n't", "I 'm", "it 's", "we 've", "you 're", "a  . b",
    "a . . .", "a ' . ' b", " ' ' '", "it ' s", "x 'll y 'd", "a .b ?c", " .", ".", "  ,  ,", "he said , ' no ! '",
]  # fmt: skip


def id_sequences(tokenizer, count, seed=1):
    """Texts cut anywhere, and ids that never met."""
    rng = random.Random(seed)
    encode = tokenizer.backend_tokenizer.encode
    found = [encode(t).ids for t in CLEANED]
    for text in EMOJI + FORMS[:6] + SCRIPTS[::5] + SPECIAL[:4]:
        ids = encode(text).ids
        found += [ids, ids[1:], ids[:-1], ids[::-1]]
    single = [encode.__self__.token_to_id(c) for c in tokenizers.pre_tokenizers.ByteLevel.alphabet()]
    single = sorted(single)
    found += [[i] for i in single]
    found += [rng.choices(single, k=rng.randrange(2, 9)) for _ in range(count)]
    high = [i for i in single if len(tokenizer.decode([i]).encode()) == 3]
    found += [rng.choices(high, k=rng.randrange(2, 9)) for _ in range(count)]
    vocabulary = len(tokenizer)
    found += [[rng.randrange(vocabulary) for _ in range(rng.randrange(1, 9))] for _ in range(count)]
    return [list(ids) for ids in dict.fromkeys(map(tuple, found)) if ids]


def full(folder):
    """The tokenizer of a folder with nothing but vocab.json and merges.txt.

    Read with `from_pretrained`: the constructor alone does not register <|endoftext|>.
    """
    with tempfile.TemporaryDirectory() as bare:
        for name in ("vocab.json", "merges.txt"):
            shutil.copy(folder / name, bare)
        return GPT2TokenizerFast.from_pretrained(bare)


def record_vocabulary(folder, name, randoms, ids):
    tokenizer = full(folder)
    backend = tokenizer.backend_tokenizer
    pairs = [("a b", "c"), ("", "c"), ("c", ""), ("", ""), ("Hello world", " it's"), ("é", "é<|endoftext|>")]
    write_json(
        GOLDEN / f"tokenizers/{name}.json",
        {
            "provenance": provenance([folder / "vocab.json", folder / "merges.txt"]),
            "count": len(tokenizer),
            "cases": [encoding(t, backend.encode(t)) for t in texts()],
            "pairs": [pair(backend, a, b) for a, b in pairs],
            "random": [encoding(t, backend.encode(t), False) for t in random_texts(randoms)],
            "decode": [decoded(tokenizer, i) for i in id_sequences(tokenizer, ids)],
        },
    )


# Variants of tokenizer.json


def byte_level(prefix, trim, regex=True):
    return {"type": "ByteLevel", "add_prefix_space": prefix, "trim_offsets": trim, "use_regex": regex}


def added(*tokens):
    flags = ("single_word", "lstrip", "rstrip", "normalized", "special")
    return [
        {"content": content, **{flag: flag in given for flag in flags}} for content, *given in tokens
    ]


MANY = added(
    ("<|endoftext|>", "special"),
    ("<l>", "lstrip", "special"),
    ("<r>", "rstrip", "normalized", "special"),
    ("<w>", "single_word"),
    ("<b>", "single_word", "lstrip", "rstrip", "normalized"),
    (" <s> ",),
    ("é", "single_word", "special"),
    ("<é x>", "special"),
    ("<l>x", "normalized"),
    ("\n", "rstrip"),
    ("  ", "normalized"),
    ("the", "lstrip"),
)

VARIANTS = [
    ("prefix space", {"pre_tokenizer": byte_level(True, True)}),
    ("trimmed", {"post_processor": byte_level(False, True)}),
    ("trimmed, first space kept", {"post_processor": byte_level(True, True)}),
    (
        "prefix space, trimmed",
        {"pre_tokenizer": byte_level(True, True), "post_processor": byte_level(True, True)},
    ),
    ("whole text", {"pre_tokenizer": byte_level(False, True, False)}),
    ("whole text, prefix space", {"pre_tokenizer": byte_level(True, True, False)}),
    ("no post-processor", {"post_processor": None}),
    ("added tokens", {"added_tokens": MANY}),
    (
        "added tokens, prefix space, trimmed",
        {
            "added_tokens": MANY,
            "pre_tokenizer": byte_level(True, True),
            "post_processor": byte_level(True, True),
        },
    ),
    (
        "truncation and padding",
        {
            "truncation": {"direction": "Right", "max_length": 2, "strategy": "LongestFirst", "stride": 0},
            "padding": {
                "strategy": {"Fixed": 9},
                "direction": "Right",
                "pad_to_multiple_of": None,
                "pad_id": 0,
                "pad_type_id": 0,
                "pad_token": "!",
            },
        },
    ),
]  # fmt: skip

VARIANT_TEXTS = [
    "", " ", "  ", "   ", "\n", "a", " a", "  a", "   a  ", "\nabc", "\u00a0x", "é", "é x", " é", "Hello world",
    "  the  cat ", "a \n b", "a  <l>  b", "a  <r>  b", "a<w>b <w> c", "<w>", "_<w>-", "1<w>", "é<w>", "\u0301<w>",
    "<b> <b>  <b>", "a<b>", " <b> ", " <r>  <l> ", "<r>  <s> x", "x<é x>y<|endoftext|>z", "<l>x", "<l> x<l>xx",
    "<<l>>", "a\n\n  \nb", "in the end, the\u3000the", "bathe", "x  y   z", "<|endoftext|>", " <|endoftext|> ",
    "café é", "éé é", "\u2003<l>\u2003", "a<s> <s> b", "the<l>the", "😀<r>\u0085😀",
]  # fmt: skip

VARIANT_PAIRS = [(" a b", " c"), ("the", ""), ("é", "<l> x")]


def variant(name, patch):
    document = copy.deepcopy(json.loads((TINY / "tokenizer.json").read_text("utf-8"))) | copy.deepcopy(patch)
    vocabulary = document["model"]["vocab"]
    next_id = len(vocabulary)
    for token in document["added_tokens"]:
        token["id"] = vocabulary.get(token["content"], next_id)
        next_id += token["content"] not in vocabulary
    if "added_tokens" in patch:
        patch = patch | {"added_tokens": document["added_tokens"]}
    backend = tokenizers.Tokenizer.from_str(json.dumps(document))
    backend.no_truncation()
    backend.no_padding()
    ids = [[t["id"]] for t in document["added_tokens"]]
    ids += [backend.encode(t).ids for t in VARIANT_TEXTS[19:34]]
    return {
        "name": name,
        "patch": patch,
        "cases": [encoding(t, backend.encode(t)) for t in VARIANT_TEXTS],
        "pairs": [pair(backend, a, b) for a, b in VARIANT_PAIRS],
        "decode": [
            {
                "ids": i,
                "text": backend.decode(i, skip_special_tokens=False),
                "skip": backend.decode(i, skip_special_tokens=True),
            }
            for i in ids
        ],
    }


# Real text


def fnv(ids, value):
    for i in ids:
        value = (value ^ i) * 0x100000001B3 & 0xFFFFFFFFFFFFFFFF
    return value


def story(backend, data, name):
    """FNV-1a over the ids of every line, one id a step and 0xFFFFFFFF after each line."""
    lines = (data / name).read_bytes().decode().split("\n")
    value, count = 0xCBF29CE484222325, 0
    for start in range(0, len(lines), 1000):
        for found in backend.encode_batch(lines[start : start + 1000]):
            value = fnv([*found.ids, 0xFFFFFFFF], value)
            count += len(found.ids)
    return {
        "file": name,
        "sha256": sha256(data / name),
        "lines": len(lines),
        "ids": count,
        "fnv1a64": f"{value:016x}",
    }


def main():
    reference.check_versions()
    folder = pathlib.Path(sys.argv[1])
    record_vocabulary(folder, "gpt2", 1000, 250)
    record_vocabulary(TINY, "tiny", 150, 60)
    write_json(
        GOLDEN / "tokenizers/variants.json",
        {
            "provenance": provenance([TINY / "tokenizer.json"]),
            "cases": [variant(name, patch) for name, patch in VARIANTS],
        },
    )
    if os.environ.get("FOX_DATA"):
        backend = full(folder).backend_tokenizer
        write_json(
            GOLDEN / "tokenizers/stories.json",
            {
                "provenance": provenance([folder / "vocab.json", folder / "merges.txt"]),
                "cases": [story(backend, reference.data_folder(), name) for name in STORIES],
            },
        )


if __name__ == "__main__":
    main()
