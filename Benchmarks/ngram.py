"""A Kneser-Ney 5-gram on the split that Weights/tale-gpt2 was trained on, as a measure of what counting alone does.

    apt-get install irstlm
    FOX_DATA=<data folder> python ngram.py [--order 5]

The words are GPT-2's tokens, a line a document, its <|endoftext|> included, so nats a token and a byte compare with the
model's. Estimated by irstlm's tlm: interpolated, Kneser-Ney with its own discounts, singletons kept.
"""

import argparse
import json
import math
import os
import pathlib
import re
import subprocess
import tempfile

import tokenizers

PACKAGE = pathlib.Path(__file__).resolve().parents[1]
SEPARATOR = "<|endoftext|>"


def write_split(folder):
    """Tokens and bytes of both parts; those of a document count its separator's token, not its bytes."""
    model = PACKAGE / "Weights" / "tale-gpt2"
    bpe = tokenizers.ByteLevelBPETokenizer(str(model / "vocab.json"), str(model / "merges.txt"), add_prefix_space=False)
    text = (pathlib.Path(os.environ["FOX_DATA"]) / "stories" / "corpus-children.txt").read_text(encoding="utf-8")
    counts = {"train": [0, 0], "held": [0, 0]}
    with open(folder / "train", "w") as train, open(folder / "held", "w") as held:
        for index, document in enumerate(text.split(f"\n{SEPARATOR}\n")):
            part, file = ("held", held) if index % 20 == 19 else ("train", train)
            ids = bpe.encode(document).ids + [50256]
            counts[part][0] += len(ids)
            counts[part][1] += len(document.encode())
            file.write(" ".join(f"t{i}" for i in ids) + "\n")
    return counts


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--order", type=int, default=5)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        counts = write_split(folder)
        done = subprocess.run(
            ["/usr/lib/irstlm/bin/tlm", f"-tr={folder}/train", f"-n={options.order}", "-lm=ImprovedKneserNey", "-ps=no",
             f"-te={folder}/held", "-dub=50257"],
            stdin=subprocess.DEVNULL, capture_output=True, text=True, errors="replace")  # fmt: skip
    found = re.search(r"n=(\d+).*?PP=\s*([\d.]+)", done.stdout + done.stderr)
    if not found:
        raise SystemExit((done.stdout + done.stderr)[-2000:])
    tokens, size = counts["held"]
    nats = math.log(float(found[2]))
    print(json.dumps({
        "order": options.order, "held_out_tokens": tokens, "held_out_bytes": size, "scored": int(found[1]),
        "loss_per_token": nats, "loss_per_byte": nats * tokens / size,
    }))  # fmt: skip


if __name__ == "__main__":
    main()
