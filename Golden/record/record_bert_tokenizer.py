"""Records what the reference's fast BERT tokenizer makes of texts, pairs, batches and ids.

Golden/tokenizers/bert/            a vocabulary of some hundred lines, as an uncased and a cased folder
Golden/tokenizers/bert.json        texts, long texts, a digest of generated ones; ids decoded
Golden/tokenizers/bert-batches.json  special tokens, truncation, overflow, padding
Golden/tokenizers/bert-files.json  folders and tokenizer.json with other options
Golden/tokenizers/bert-real.json   with Google's vocabularies: digests over every line (needs FOX_DATA)

usage: python record_bert_tokenizer.py
"""

import copy
import datetime
import hashlib
import json
import os
import pathlib
import platform
import random
import struct
import tempfile

import reference
from reference import GOLDEN, sha256

import tokenizers
import transformers
from tokenizers import Tokenizer
from transformers import BertTokenizerFast

import record_tokenizer as texts_of_gpt2

FOLDER = GOLDEN / "tokenizers/bert"
SPECIALS = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
REAL = [
    "sst2/dev.tsv",
    "sst2/train.tsv",
    "mctest/mctest-stories.jsonl",
    "coqa/coqa-dev-first5.json",
    "stories/tinystories-2MiB.txt",
    "stories/corpus-children.txt",
]

# Texts

MARKED = [
    "[MASK]", "a[MASK]b", "a [MASK] b", "[CLS] a [SEP]", "[cls]", "[Mask]", "[MASK", "MASK]", "[[MASK]]", "[MASK][MASK]",
    "[MA[MASK]SK]", " [MASK] ", "é[MASK]é", "[UNK]", "[PAD][PAD]", "[mask] [MASK]", "\u0000[SEP]\u0000", "[MASK]\u0301",
    "[MA\u200bSK]", "un[MASK]able", "[CLS]", "[SEP][CLS]", "[ MASK ]", "[MASK].", "[MÁSK]",
]  # fmt: skip
WORDS = [
    "unaffable", "UNwantéd,running", "runn", "a" * 99, "a" * 100, "a" * 101, "é" * 100, "é" * 101, "e\u0301" * 100,
    "e\u0301" * 101, "ab" * 50, "ab" * 51, "x" * 100 + " y", "the" * 33, "the" * 34, "中" * 3, "ab中cd", "，。", "a,b", "a..b",
    "a$b^c`d|e~f<g>h=i+j", "don't", "it 's", "co-op", "a_b", "3.14", "1,000", "a#b", "##a", "a ##b", "#", "##", "#hash",
]  # fmt: skip
ORDER = [
    "a\u0323\u0301", "a\u0301\u0323", "q\u0307\u0323", "ệ", "ệ\u0323", "\u0344\u0323", "\u0f73\u0f71", "\u0f75\u0f71\u0f80",
    "\U0001d160\U0001d165", "\U0001d15e\U0001d165\u0301", "\u1025\u102e\u1037", "a\u302e\u0301", "a\u0301\u302e", "a\u3099\u302e\u0315",
    "a\U00016ff0\u0301", "a\u0301\U00016ff0\U00016ff1b", "\u0301\u302e", "é\u302e", "é\u302e\u0323\u302e", "\u0344\u302ea",
    "각\u302e", "\u1100\u1161\u11a8", "\u1b05\u1b44\u1b35", "\u1b13\u1b34\u0301\u1b44", "ᾳ\u0345\u0301", "ᾲ", "ᾂ\u0323", "İ", "İstanbul",
    "ı", "ß", "ẞ", "ΑΣ", "Σ", "Ω", "K", "Å", "ﬁ", "ǅ", "Ⅷ", "ⓐⒶ", "ꭰᎠ", "𐐀𐐨", "\u037e", "\u1fef", "\u0340\u0341", "\u2126",
    "\uf900\u8c48", "\U0002f800", "\u3400\u4dbf\u4dc0", "\U00020000\U0002a6df\U0002a6e0", "\U0002b81e\U0002b820\U0002ceaf",
    "\u3007", "か゛が", "ｶﾞ", "가각힣", "\u00a0", "\u1680a", "a\u180eb", "\u2028\u2029", "a\u200bb", "\u00ad", "a\u00adb", "\ufeffa",
    "a\ufffdb", "\x00", "a\x00b", "a\x0bb", "a\x0cb", "a\x1cb", "a\x1fb", "a\x7fb", "a\x85b", "a\u0600b", "a\ue000b", "\U000f0000",
    "\U0010ffff", "\u0378", "a\u0378b", "\u2fe0", "🫨", "\U0001fae8", "a\u2066b", "a\U000e0041b", "a\tb\nc\rd",
]  # fmt: skip


def texts():
    found = [*texts_of_gpt2.PLAIN, *texts_of_gpt2.SCRIPTS, *texts_of_gpt2.EMOJI, *texts_of_gpt2.FORMS]
    found += [*MARKED, *WORDS, *ORDER, *[t for t in texts_of_gpt2.LONG if len(t) < 120]]
    found += [f"a{chr(s)}b {chr(s)}" for s in texts_of_gpt2.SPACES + texts_of_gpt2.NOT_SPACES]
    return list(dict.fromkeys(found))


# Many bytes of one kind: nothing may take time that grows with their square.
LONG = [
    ("hello ", 10_000), ("a", 1_000_000), ("中", 100_000), ("😀", 262_144), ("é", 300_000), ("e\u0301", 200_000),
    ("\u0301", 200_000), ("\u0301\u0323", 100_000), (",", 200_000), (" ", 1_000_000), ("[MASK]", 30_000), ("[", 200_000),
    ("[MASK", 60_000), ("a b", 100_000), ("각", 100_000), ("\u0000", 300_000), ("\U000e0041", 100_000), ("aé", 51), ("\u302e\u0301", 50_000),
]  # fmt: skip


# Generated texts: the same in Python and Swift. A pool is a range of scalars or a list of words.

POOLS = [
    [0x20, 0x7F], [0x61, 0x7B], [0x41, 0x5B], [0x00, 0x100], [0x100, 0x250], [0x300, 0x370], [0x370, 0x400], [0x400, 0x530],
    [0x590, 0x700], [0x900, 0xE00], [0xE00, 0x1000], [0x1100, 0x1200], [0x1AB0, 0x1B00], [0x1E00, 0x2000], [0x2000, 0x2070],
    [0x2070, 0x2C00], [0x2E80, 0x3100], [0x3400, 0xA000], [0xA000, 0xAC00], [0xAC00, 0xD7B0], [0xF900, 0x10000],
    [0x10000, 0x11E00], [0x16F00, 0x1B200], [0x1D000, 0x1D800], [0x1F000, 0x1FB00], [0x20000, 0x30000], [0xE0000, 0xE0200],
    [0x0, 0x110000],
    [" ", "  ", "\t", "\u00a0", "\u3000", "\r\n", "\u200b", "\u200d", "\ufe0f"],
    ["[MASK]", "[CLS]", "[SEP]", "[PAD]", "[UNK]", "[MAS", "K]", "[mask]", "##", "##s"],
    ["the", "The", "movie", "and", "was", "ing", "ed", "s", "n't", "un", "re", "'s", "good", "fox"],
    ["\u0301", "\u0323", "\u0307", "\u302e", "\u0345", "\u3099", "\U0001d165", "\U00016ff0", "\u05b0", "\u1b44", "\u0344", "\u0f73"],
    ["é", "ệ", "Å", "ǖ", "ß", "İ", "ﬁ", "Ω", "が", "각", "क़", "𝅗𝅥", "ᾂ"],
    ["中", "国", "，", "。", "日本", "한국", "привет", "שלום", "سلام", "👩‍👩‍👧", "🇪🇸", "1️⃣"],
]  # fmt: skip


class SplitMix:
    def __init__(self, seed):
        self.state = seed

    def next(self, limit):
        mask = 0xFFFFFFFFFFFFFFFF
        self.state = (self.state + 0x9E3779B97F4A7C15) & mask
        z = self.state
        z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9 & mask
        z = (z ^ z >> 27) * 0x94D049BB133111EB & mask
        return (z ^ z >> 31) % limit


def generated(seed, lines):
    rng = SplitMix(seed)
    for _ in range(lines):
        text = ""
        for _ in range(1 + rng.next(12)):
            pool = POOLS[rng.next(len(POOLS))]
            times = 1 + rng.next(40) if rng.next(16) == 0 else 1
            for _ in range(times):
                if isinstance(pool[0], str):
                    text += pool[rng.next(len(pool))]
                else:
                    scalar = pool[0] + rng.next(pool[1] - pool[0])
                    text += "A" if 0xD800 <= scalar < 0xE000 else chr(scalar)
        yield text


# Results


def digest(backend, lines, size=500):
    """sha256 over every encoding with special tokens: number of tokens, ids, offsets, type ids, mask (all
    32 bits, little-endian), then each token's UTF-8 and a zero byte."""
    sha, tokens, batch = hashlib.sha256(), 0, []

    def flush():
        nonlocal tokens
        for e in backend.encode_batch(batch):
            numbers = [len(e.ids), *e.ids, *(n for pair in e.offsets for n in pair), *e.type_ids, *e.attention_mask]
            sha.update(struct.pack(f"<{len(numbers)}i", *numbers))
            sha.update("".join(t + "\0" for t in e.tokens).encode())
            tokens += len(e.ids)
        batch.clear()

    for line in lines:
        batch.append(line)
        if len(batch) == size:
            flush()
    flush()
    return {"tokens": tokens, "sha256": sha.hexdigest()}


def flat(offsets):
    return [n for pair in offsets for n in pair]


def load(folder):
    tokenizer = BertTokenizerFast.from_pretrained(str(folder))
    return tokenizer, tokenizer.backend_tokenizer


def provenance(**more):
    return {
        "script": "Golden/record/record_bert_tokenizer.py",
        "tokenizers": tokenizers.__version__,
        "transformers": transformers.__version__,
        "python": platform.python_version(),
        "date": datetime.date.today().isoformat(),
        "authority": f"the fast tokenizer: tokenizers {tokenizers.__version__} "
        f"as transformers {transformers.__version__} sets it up (BertTokenizerFast)",
        **more,
    }


def write(name, document):
    """One case a line: these lists are long."""

    def line(value):
        return json.dumps(value, ensure_ascii=False, separators=(",", ":"))

    def block(value):
        if isinstance(value, list) and value and isinstance(value[0], (list, dict)):
            return "[\n" + ",\n".join("    " + line(v) for v in value) + "\n  ]"
        return line(value)

    body = ",\n".join(f"  {line(k)}: {block(v)}" for k, v in document.items())
    path = GOLDEN / "tokenizers" / name
    path.write_text("{\n" + body + "\n}\n", encoding="utf-8")
    print(f"wrote Golden/tokenizers/{name}: {path.stat().st_size} bytes")


# The tiny vocabulary


def vocabulary():
    """Special tokens, ASCII, and of what is left of the texts the characters and some words."""
    seen = {}
    cut = tokenizers.pre_tokenizers.BertPreTokenizer().pre_tokenize_str
    for lower in (True, False):
        normalize = tokenizers.normalizers.BertNormalizer(lowercase=lower).normalize_str
        for text in texts():
            for word, _ in cut(normalize(text)):
                if len(word) < 30:
                    seen[word] = seen.get(word, 0) + 1
    lines = [*SPECIALS, *(f"[unused{i}]" for i in range(3))]
    lines += [chr(c) for c in range(0x21, 0x7F)]
    lines += ["##" + c for c in "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"]
    characters = sorted({c for word in seen for c in word if ord(c) > 0x7F})
    # One in four is left out, and so are words that have it.
    for index, c in enumerate(characters):
        lines += [[c, "##" + c], [c], ["##" + c], []][index % 4]
    lines += sorted(w for w, n in seen.items() if len(w) > 1 and w.isascii() and len(w) < 8)[::2]
    lines += ["##ing", "##ed", "##able", "un", "##aff", "want", "runn", "##ning", "the", "##the", "movie", "good", "é", "中国"]
    return list(dict.fromkeys(lines))


def make_folders():
    content = "\n".join(vocabulary()) + "\n"
    for name, lower in (("uncased", True), ("cased", False)):
        (FOLDER / name).mkdir(parents=True, exist_ok=True)
        (FOLDER / name / "vocab.txt").write_text(content, encoding="utf-8")
        config = {"do_lower_case": lower, "model_max_length": 24, "tokenizer_class": "BertTokenizer"}
        (FOLDER / name / "tokenizer_config.json").write_text(json.dumps(config) + "\n")


# bert.json

DECODED = [
    "hello , world ! it 's do n't ' a ' . b", "unaffable running", "the movie was good .", "a [MASK] b [SEP]", "## a ##",
    "we 've i 'm they 're ?", "中国 movie", "naïve café",
]  # fmt: skip


def decode_cases(tokenizer, backend):
    rng = random.Random(3)
    found = [backend.encode(t).ids for t in DECODED]
    found += [ids[1:-1] for ids in found] + [[i] for i in range(12)]
    found += [[rng.randrange(len(tokenizer)) for _ in range(rng.randrange(1, 12))] for _ in range(60)]
    cases = []
    for ids in found:
        options = [(False, False), (False, True), (True, False), (True, True)]
        cases.append(
            [ids, *(tokenizer.decode(ids, skip_special_tokens=s, clean_up_tokenization_spaces=c) for s, c in options)]
        )
    return cases


def record_texts():
    document = {
        "provenance": provenance(vocabulary=sha256(FOLDER / "uncased/vocab.txt")),
        "digest": digest.__doc__,
        "generated": {"seed": 20220406, "lines": 3000, "pools": POOLS},
        "long": [[unit, count] for unit, count in LONG],
        "texts": texts(),
    }
    for name in ("uncased", "cased"):
        tokenizer, backend = load(FOLDER / name)
        found = [backend.encode(t, add_special_tokens=False) for t in texts()]
        assert [e.tokens for e in found] == [e.tokens for e in backend.encode_batch(texts(), add_special_tokens=False)]
        document[f"{name}.count"] = len(tokenizer)
        document[f"{name}.ids"] = [e.ids for e in found]
        document[f"{name}.offsets"] = [flat(e.offsets) for e in found]
        document[f"{name}.tokens"] = digest(backend, texts())
        document[f"{name}.generated"] = digest(backend, generated(20220406, 3000))
        document[f"{name}.long"] = [digest(backend, [unit * count]) for unit, count in LONG]
        document[f"{name}.decode"] = decode_cases(tokenizer, backend)
    write("bert.json", document)


# bert-batches.json

FIRST = ["", "a", "the movie was good", "unaffable, running!", "a b c d e f g h", "é 中国 [MASK] x", "one two three four five six seven"]
SECOND = ["", "b", "was it?", "i j k l m n o p q r", "don't"]


def outcome(encoding):
    """ids, tokens, offsets, type ids, mask, special tokens mask."""
    return [
        encoding.ids, encoding.tokens, flat(encoding.offsets), encoding.type_ids, encoding.attention_mask,
        encoding.special_tokens_mask,
    ]  # fmt: skip


def batch(tokenizer, firsts, seconds, options):
    """The encodings of a batch with what was cut off, or the error."""
    tokenizer.truncation_side = options.get("truncation_side", "right")
    tokenizer.padding_side = options.get("padding_side", "right")
    given = {k: v for k, v in options.items() if not k.endswith("_side")}
    try:
        found = tokenizer(firsts, seconds, return_overflowing_tokens=True, **given)
    except BaseException as error:  # a panic is no Exception
        message = str(error)
        for words, name in [
            ("Second sequence not provided", "noSecondText"), ("too short to respect", "tooShort"),
            ("stride < max_len", "stride"), ("is not a multiple of", "notMultiple"),
        ]:  # fmt: skip
            if words in message:
                return {"error": name}
        raise
    # An encoding and, behind it, what was cut off of it.
    rows = [[] for _ in firsts]
    for place, encoding in zip(found["overflow_to_sample_mapping"], found.encodings):
        rows[place].append(encoding)
    return {"encodings": [[outcome(e) for e in row] for row in rows]}


def option_sets():
    rng = random.Random(7)
    plain = [
        {}, {"add_special_tokens": False}, {"padding": True}, {"padding": "max_length"}, {"truncation": True},
        {"padding": True, "pad_to_multiple_of": 8}, {"padding": "max_length", "max_length": 7},
        {"max_length": 5}, {"padding": True, "max_length": 5}, {"padding": "max_length", "max_length": 5, "truncation": True},
        {"padding": "max_length", "max_length": 10, "pad_to_multiple_of": 8}, {"padding": True, "padding_side": "left"},
    ]  # fmt: skip
    for options in plain:
        yield options
    for _ in range(80):
        options = {
            "truncation": rng.choice(["longest_first", "only_first", "only_second"]),
            "max_length": rng.randrange(3, 16),
            "stride": rng.choice([0, 0, 1, 2, 3]),
            "padding": rng.choice([False, True, "max_length"]),
            "add_special_tokens": rng.random() < 0.8,
            "truncation_side": rng.choice(["left", "right"]),
            "padding_side": rng.choice(["left", "right"]),
        }
        if options["padding"] and rng.random() < 0.4:
            options["pad_to_multiple_of"] = rng.choice([1, 4, 8])
        yield options


def record_batches():
    tokenizer, _ = load(FOLDER / "uncased")
    rng = random.Random(11)
    cases = []
    for options in option_sets():
        isPair = rng.random() < 0.6
        firsts = rng.sample(FIRST, rng.randrange(1, 4))
        seconds = [rng.choice(SECOND) for _ in firsts] if isPair else None
        # Fewer than its own tokens: the reference cuts nothing, in silence.
        if options.get("add_special_tokens", True) and options.get("max_length", 9) < (3 if isPair else 2):
            continue
        cases.append(
            {"texts": firsts, "pairs": seconds, "options": options} | batch(tokenizer, firsts, seconds, options)
        )
    write("bert-batches.json", {"provenance": provenance(), "cases": cases})


# bert-files.json

BASE = "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\na\nb\nc\n##a\n##b\nx\nA\né\ne\n,\n.\n中\n##é\n##e\n"
TEXTS = [
    "A b [MASK] ab q", "a foo FOO bar Bar xfoob a x.", "a <e> [FIRST]b é É e\u0301", "中中 a中b\u3000a", "a\x0bb\x00c \u00ada", "  x  x ab",
    "<n> <N>  <r>  b", "_foo foo- éfoo", "[unk] [CLS]a[SEP]", "abba aba aé aee",
]  # fmt: skip
PAIRS = [["a", "b c"], ["[MASK]", ""]]


def added(*tokens):
    flags = ("single_word", "lstrip", "rstrip", "normalized", "special")
    return [{"content": c, **{flag: flag in given for flag in flags}} for c, *given in tokens]


FILES = [
    ("vocab.txt alone", {"vocab.txt": BASE}),
    ("cased", {"vocab.txt": BASE, "tokenizer_config.json": {"do_lower_case": False}}),
    ("CR LF", {"vocab.txt": BASE.replace("\n", "\r\n")}),
    ("CR", {"vocab.txt": BASE.replace("\n", "\r")}),
    ("no last line end", {"vocab.txt": BASE + "q"}),
    ("a line twice", {"vocab.txt": BASE + "a\nb\n"}),
    ("an empty line", {"vocab.txt": BASE + "\nq\n\n"}),
    ("white space in lines", {"vocab.txt": BASE + "q \n foo\n"}),
    ("no [CLS]", {"vocab.txt": BASE.replace("[CLS]\n", "")}),
    ("no [SEP], [PAD], [MASK]", {"vocab.txt": BASE.replace("[SEP]\n", "").replace("[PAD]\n", "").replace("[MASK]\n", "")}),
    ("added tokens", {"vocab.txt": BASE, "added_tokens.json": {"Bar": 20, "foo": 19, "É": 21}}),
    (
        "special tokens map",
        {
            "vocab.txt": BASE,
            "special_tokens_map.json": {
                "cls_token": "[FIRST]",
                "additional_special_tokens": [
                    "<e>",
                    {"content": "<n>", "lstrip": True, "rstrip": False, "single_word": False, "normalized": True},
                    {"content": "<r>", "lstrip": False, "rstrip": True, "single_word": True, "normalized": False},
                ],
            },
        },
    ),
    ("other special tokens", {"vocab.txt": BASE, "tokenizer_config.json": {"cls_token": "x", "unk_token": "c", "pad_token": "a"}}),
    (
        "the map takes precedence",
        {"vocab.txt": BASE, "tokenizer_config.json": {"cls_token": "x"}, "special_tokens_map.json": {"cls_token": "b"}},
    ),
    (
        "accents kept, lower case",
        {"vocab.txt": BASE, "tokenizer_config.json": {"strip_accents": False, "do_lower_case": True}},
    ),
    (
        "accents stripped, cased",
        {"vocab.txt": BASE, "tokenizer_config.json": {"strip_accents": True, "do_lower_case": False}},
    ),
    ("CJK not apart", {"vocab.txt": BASE, "tokenizer_config.json": {"tokenize_chinese_chars": False, "strip_accents": None}}),
    ("model_max_length", {"vocab.txt": BASE, "tokenizer_config.json": {"model_max_length": 512}}),
    ("no model_max_length", {"vocab.txt": BASE, "tokenizer_config.json": {"model_max_length": int(1e30)}}),
]  # fmt: skip

# Changes to the tokenizer.json that transformers saves for BASE, with a tokenizer_config.json or without.
PATCHES = [
    ("as saved", {}, None),
    ("truncation and padding", {"truncation": {"direction": "Right", "max_length": 2, "strategy": "LongestFirst", "stride": 0},
        "padding": {"strategy": {"Fixed": 9}, "direction": "Right", "pad_to_multiple_of": None, "pad_id": 0, "pad_type_id": 0,
                    "pad_token": "[PAD]"}}, None),
    ("cased by tokenizer_config.json", {}, {"do_lower_case": False}),
    ("cased by itself", {"normalizer.lowercase": False}, {"do_lower_case": False}),
    ("not cleaned", {"normalizer.clean_text": False}, {"do_lower_case": True}),
    ("longest word", {"model.max_input_chars_per_word": 2}, None),
    ("longest word 0", {"model.max_input_chars_per_word": 0}, None),
    ("prefix", {"model.continuing_subword_prefix": ""}, None),
    ("prefix e", {"model.continuing_subword_prefix": "e", "decoder.prefix": "e"}, None),
    ("unknown token", {"model.unk_token": "x"}, None),
    ("no clean-up", {"decoder.cleanup": False}, None),
    ("no decoder", {"decoder": None}, None),
    ("no post-processor", {"post_processor": None}, None),
    ("BertProcessing", {"post_processor": {"type": "BertProcessing", "sep": ["[SEP]", 3], "cls": ["[CLS]", 2]}}, None),
    ("template", {"post_processor": {"type": "TemplateProcessing",
        "single": [{"Sequence": {"id": "A", "type_id": 3}}, {"SpecialToken": {"id": "end", "type_id": 2}}],
        "pair": [{"Sequence": {"id": "B", "type_id": 1}}, {"SpecialToken": {"id": "end", "type_id": 2}},
                 {"Sequence": {"id": "A", "type_id": 0}}],
        "special_tokens": {"end": {"id": "end", "ids": [3, 4], "tokens": ["[SEP]", "[MASK]"]}}}}, None),
    ("added tokens", {"added_tokens": [*added(*((s, "special") for s in SPECIALS)), *added(
        ("foo", "normalized"), ("Bar", "normalized", "single_word"), ("<n>", "lstrip", "rstrip"), ("<r>", "rstrip", "normalized"),
        ("É", "normalized"), ("x", ), ("ab", "special"), (".", "normalized"), ("c\u00ada", "normalized"))]}, None),
    ("added tokens, cased", {"added_tokens": [*added(*((s, "special") for s in SPECIALS)), *added(
        ("foo", "normalized"), ("Bar", "normalized", "single_word"), ("é", "normalized", "special"))]}, {"do_lower_case": False}),
]  # fmt: skip


def set_at(document, path, value):
    *way, last = path.split(".")
    for key in way:
        document = document[key]
    document[last] = value


def folder_case(name, files):
    with tempfile.TemporaryDirectory() as folder:
        for file, content in files.items():
            content = content if isinstance(content, str) else json.dumps(content, ensure_ascii=False)
            pathlib.Path(folder, file).write_bytes(content.encode())
        tokenizer, backend = load(folder)
        # As every call of transformers does.
        backend.no_truncation()
        backend.no_padding()
        found = [backend.encode(t) for t in TEXTS] + [backend.encode(*p) for p in PAIRS]
        ids = [e.ids for e in found]
        return {
            "name": name,
            "count": len(tokenizer),
            "special": [tokenizer.unk_token_id, tokenizer.sep_token_id, tokenizer.pad_token_id, tokenizer.cls_token_id, tokenizer.mask_token_id],
            "max": tokenizer.model_max_length if tokenizer.model_max_length < 1e9 else None,
            "encodings": [outcome(e)[:4] for e in found],
            "decoded": [[tokenizer.decode(i, skip_special_tokens=s, clean_up_tokenization_spaces=False) for s in (False, True)] for i in ids],
            "files": files,
        }


def record_files():
    cases = [folder_case(name, files) for name, files in FILES]
    with tempfile.TemporaryDirectory() as folder:
        pathlib.Path(folder, "vocab.txt").write_text(BASE)
        BertTokenizerFast.from_pretrained(folder).save_pretrained(folder)
        saved = json.loads(pathlib.Path(folder, "tokenizer.json").read_text())
    for name, patch, config in PATCHES:
        document = copy.deepcopy(saved)
        for path, value in copy.deepcopy(patch).items():
            set_at(document, path, value)
        next_id = len(document["model"]["vocab"])
        for token in document["added_tokens"]:
            token["id"] = document["model"]["vocab"].get(token["content"], next_id)
            next_id += token["content"] not in document["model"]["vocab"]
        files = {"tokenizer.json": document}
        if config is not None:
            files["tokenizer_config.json"] = config
        cases.append(folder_case("tokenizer.json, " + name, files))
    more = {"added_tokens.json": {"foo": 19, "Bar": 20, "x": 10, "[MASK]": 4}}
    cases.append(folder_case("tokenizer.json and added_tokens.json", {"tokenizer.json": saved} | more))
    more["special_tokens_map.json"] = {"cls_token": "Bar", "additional_special_tokens": ["<e>", "ab"]}
    cases.append(folder_case("tokenizer.json and both others", {"tokenizer.json": saved} | more))
    write("bert-files.json", {"provenance": provenance(), "texts": TEXTS, "pairs": PAIRS, "cases": cases})


# bert-real.json


def record_real():
    data = reference.data_folder()
    cases = []
    for name in ("uncased", "cased"):
        with tempfile.TemporaryDirectory() as folder:
            source = data / f"vocab/bert-base-{name}-vocab.txt"
            pathlib.Path(folder, "vocab.txt").write_bytes(source.read_bytes())
            pathlib.Path(folder, "tokenizer_config.json").write_text(json.dumps({"do_lower_case": name == "uncased"}))
            _, backend = load(folder)
            for file in REAL:
                lines = (data / file).read_bytes().decode().split("\n")
                cases.append(
                    {"vocabulary": name, "file": file, "sha256 of the file": sha256(data / file), "lines": len(lines)}
                    | digest(backend, lines)
                )
            lines = generated(1810, 20_000)
            cases.append({"vocabulary": name, "file": None, "lines": 20_000} | digest(backend, lines))
    write("bert-real.json", {"provenance": provenance(), "seed": 1810, "cases": cases})


def main():
    reference.check_versions()
    make_folders()
    record_texts()
    record_batches()
    record_files()
    if os.environ.get("FOX_DATA"):
        record_real()


if __name__ == "__main__":
    main()
