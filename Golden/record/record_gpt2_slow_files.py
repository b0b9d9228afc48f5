"""Records what the slow GPT-2 tokenizer of transformers 4.17 makes of the folders that it saves.

Writes Golden/tokenizers/gpt2-slow-files.json: the files of each folder (over the vocabulary of
Golden/tokenizers/tiny, which is not repeated) and the ids of texts. A special token that was given as a plain text
takes the white space around it; one that is an AddedToken does what it says; so does a token that is not special.

usage: python record_gpt2_slow_files.py
"""

import datetime
import json
import pathlib
import platform
import shutil
import tempfile

import transformers
from transformers import AddedToken, GPT2Tokenizer

PACKAGE = pathlib.Path(__file__).resolve().parents[2]
TINY = PACKAGE / "Golden/tokenizers/tiny"
GOLDEN = PACKAGE / "Golden/tokenizers/gpt2-slow-files.json"

TEXTS = [
    "hello world", "hi [PAD] there", "hi[PAD]there", " [PAD] ", "[PAD]  [PAD]", "a\n[PAD]\t\nb", "a <|endoftext|> b",
    "old newword there", "newwords", "<x> and <y> here", "a <x> <y>", "[PAD] newword <x>",
]


def pad(tokenizer):
    tokenizer.add_special_tokens({"pad_token": "[PAD]"})


def objects(tokenizer):
    tokenizer.add_special_tokens({"pad_token": AddedToken("[PAD]", lstrip=False, rstrip=True)})


def all_kinds(tokenizer):
    pad(tokenizer)
    tokenizer.add_tokens(["newword"])
    tokenizer.add_special_tokens({"additional_special_tokens": ["<x>", AddedToken("<y>", lstrip=True)]})


def case(name, change):
    with tempfile.TemporaryDirectory() as source, tempfile.TemporaryDirectory() as folder:
        for file in ("vocab.json", "merges.txt"):
            shutil.copy(TINY / file, source)
        tokenizer = GPT2Tokenizer(f"{source}/vocab.json", f"{source}/merges.txt")
        change(tokenizer)
        tokenizer.save_pretrained(folder)
        tokenizer = GPT2Tokenizer.from_pretrained(folder)
        files = {
            path.name: json.loads(path.read_text())
            for path in sorted(pathlib.Path(folder).iterdir())
            if path.suffix == ".json" and path.name != "vocab.json"
        }
        return {
            "name": name, "files": files, "count": len(tokenizer),
            "ids": [tokenizer(text)["input_ids"] for text in TEXTS],
        }


def main():
    golden = {
        "provenance": {
            "script": "Golden/record/record_gpt2_slow_files.py",
            "authority": f"transformers {transformers.__version__}",
            "python": platform.python_version(),
            "date": datetime.date.today().isoformat(),
        },
        "texts": TEXTS,
        "cases": [
            case("saved as it is", lambda tokenizer: None), case("a padding token", pad),
            case("a padding token with flags", objects), case("tokens of all kinds", all_kinds),
        ],
    }
    GOLDEN.write_text(json.dumps(golden, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main()
