"""Records what today's transformers makes of GPT-2 folders as today's and older tools write them.

Writes Golden/tokenizers/gpt2-files.json: the files of each folder (over the vocabulary of Golden/tokenizers/tiny,
which is not repeated: `tokenizer.json` is given by what differs from it) and ids, tokens, offsets and type ids.

Needs transformers 5 (no torch): pip install "transformers>=5,<6"

usage: python record_gpt2_files.py
"""

import datetime
import json
import pathlib
import platform
import shutil
import tempfile

import tokenizers
import transformers
from transformers import GPT2Tokenizer

PACKAGE = pathlib.Path(__file__).resolve().parents[2]
TINY = PACKAGE / "Golden/tokenizers/tiny"
GOLDEN = PACKAGE / "Golden/tokenizers/gpt2-files.json"

TEXTS = [
    "", "hello world", "Once upon a time", " <|endoftext|>a", "hi [PAD] there newword", "<x> and <y>", "it's  12\n",
    "newwords [PAD][PAD]", "é😀",
]
PAIRS = [["hello", "world"], ["", "a"], ["a <x>", " [PAD]"]]

END = {"content": "<|endoftext|>", "single_word": False, "lstrip": False, "rstrip": False, "normalized": True}


def base(folder):
    for name in ("vocab.json", "merges.txt"):
        shutil.copy(TINY / name, folder)


def saved(change=lambda tokenizer: None, **options):
    """A folder as transformers 5 saves it: tokenizer.json and tokenizer_config.json."""

    def make(folder):
        with tempfile.TemporaryDirectory() as source:
            base(source)
            tokenizer = GPT2Tokenizer.from_pretrained(source, **options)
            change(tokenizer)
            tokenizer.save_pretrained(folder)

    return make


def add(tokenizer):
    tokenizer.add_special_tokens({"pad_token": "[PAD]"})
    tokenizer.add_tokens(["newword"])
    tokenizer.add_special_tokens({"extra_special_tokens": ["<x>", "<y>"]})


def written(**files):
    """A folder of vocab.json and merges.txt with these files, as slow tokenizers save it."""

    def make(folder):
        base(folder)
        for name, content in files.items():
            (pathlib.Path(folder) / f"{name}.json").write_text(json.dumps(content))

    return make


def entry(content, special):
    return {
        "content": content, "lstrip": False, "normalized": not special, "rstrip": False, "single_word": False,
        "special": special,
    }


FOLDERS = {
    "saved by 5": saved(),
    "saved by 5, with a token in front": saved(add_bos_token=True),
    "saved by 5, with tokens added": saved(add),
    "vocabulary and merges alone": written(),
    "added_tokens.json and special_tokens_map.json, as 4.17 saves them": written(
        added_tokens={"newword": 513, "[PAD]": 512},
        special_tokens_map={"bos_token": END, "eos_token": END, "unk_token": END, "pad_token": "[PAD]"},
    ),
    "added_tokens_decoder, as 4.57 saves it": written(
        added_tokens={"[PAD]": 512, "newword": 513},
        special_tokens_map={"bos_token": "<|endoftext|>", "pad_token": "[PAD]"},
        tokenizer_config={
            "add_prefix_space": False,
            "added_tokens_decoder": {
                "511": entry("<|endoftext|>", True), "512": entry("[PAD]", True), "513": entry("newword", False),
            },
            "bos_token": "<|endoftext|>", "eos_token": "<|endoftext|>", "pad_token": "[PAD]",
            "tokenizer_class": "GPT2Tokenizer", "unk_token": "<|endoftext|>",
        },
    ),
    "extra_special_tokens": written(
        tokenizer_config={"pad_token": "[PAD]", "extra_special_tokens": ["<x>", "<y>"]},
    ),
}


def encoded(tokenizer, *texts):
    found = tokenizer(*texts, return_offsets_mapping=True, return_token_type_ids=True)
    tokens = tokenizer.convert_ids_to_tokens(found["input_ids"])
    offsets = [place for pair in found["offset_mapping"] for place in pair]
    return [found["input_ids"], tokens, offsets, found["token_type_ids"]]


def case(name, make):
    with tempfile.TemporaryDirectory() as folder:
        make(folder)
        tokenizer = GPT2Tokenizer.from_pretrained(folder)
        files = {}
        for path in sorted(pathlib.Path(folder).iterdir()):
            if path.suffix != ".json" or path.name == "vocab.json":
                continue
            files[path.name] = json.loads(path.read_text())
        if "tokenizer.json" in files:
            # Its model has the tiny vocabulary and its merges, as pairs.
            model = files["tokenizer.json"]["model"]
            tiny = json.loads((TINY / "tokenizer.json").read_text())["model"]
            assert model["vocab"] == tiny["vocab"]
            assert [" ".join(pair) for pair in model["merges"]] == tiny["merges"]
            del model["vocab"], model["merges"]
        return {
            "name": name,
            "files": files,
            "count": len(tokenizer),
            "padding": tokenizer.pad_token_id,
            "encodings": [encoded(tokenizer, text) for text in TEXTS] + [encoded(tokenizer, *p) for p in PAIRS],
        }


def main():
    golden = {
        "provenance": {
            "script": "Golden/record/record_gpt2_files.py",
            "authority": f"transformers {transformers.__version__}",
            "tokenizers": tokenizers.__version__,
            "python": platform.python_version(),
            "date": datetime.date.today().isoformat(),
        },
        "texts": TEXTS,
        "pairs": PAIRS,
        "cases": [case(name, make) for name, make in FOLDERS.items()],
    }
    GOLDEN.write_text(json.dumps(golden, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main()
