"""Checks that today's transformers loads what `fox` writes, and records Golden/folders/written-<4.57|5>.json.

    .venv-reference-4.57/bin/python check_written.py FOX      # the built program
    .venv-reference-5/bin/python check_written.py FOX

`fox init`, `fox train` and `fox convert` write folders and files; from_pretrained reads them as they are, with its own
tokenizer, and must miss nothing, use everything, and compute what `fox` computes: ids are equal, `difference` is the
greatest of two logits. A converted file must hold the same numbers for torch.load, safetensors and numpy.
"""

import csv
import json
import pathlib
import shutil
import subprocess
import sys
import tempfile

import numpy as np
import safetensors.torch
import torch
import transformers
from transformers import AutoModelForCausalLM, AutoModelForSequenceClassification, AutoTokenizer

import reference
from record_folders import FOLDERS, NAME, PINNED, STORY

BOUND = 3e-5
TEXTS = ["The old woman said", "it's  1812, the fox"]


class Program:
    def __init__(self, path):
        self.path = str(pathlib.Path(path).resolve())

    def run(self, *arguments):
        done = subprocess.run([self.path, *map(str, arguments)], capture_output=True, text=True)
        assert done.returncode == 0, (arguments, done.stderr)
        return done.stdout

    def json(self, *arguments):
        return json.loads(self.run(*arguments, "--json"))


def loaded(kind, folder):
    """The model, which misses nothing of the folder and uses all of it."""
    model, info = kind.from_pretrained(folder, output_loading_info=True, dtype=torch.float32)
    wrong = {k: list(v) for k, v in info.items() if v}
    assert not wrong, (folder, wrong)
    return model.eval()


def compare_lm(fox, folder, scratch):
    model, tokenizer = loaded(AutoModelForCausalLM, folder), AutoTokenizer.from_pretrained(folder)
    worst = 0.0
    for text in TEXTS:
        ids = tokenizer(text)["input_ids"]
        assert fox.json("tokenize", text, "--tokenizer", folder)["ids"] == ids, (folder, text)
        fox.run("logits", "--ids", ",".join(map(str, ids)), "--model", folder, "--out", scratch / "l.safetensors")
        ours = safetensors.torch.load_file(scratch / "l.safetensors")["logits"]
        with torch.no_grad():
            theirs = model(torch.tensor([ids])).logits[0]
        worst = max(worst, (ours.reshape(theirs.shape) - theirs).abs().max().item())
    found = model.generate(
        torch.tensor([ids]), max_new_tokens=8, num_beams=3, do_sample=False,
        attention_mask=torch.ones(1, len(ids), dtype=torch.long))[0].tolist()  # fmt: skip
    ends = model.generation_config.eos_token_id
    if isinstance(ends, list) and found[-1] in ends:
        found[-1] = ends[0]  # as 4.40.2 has it, whose beams fox follows: SPEC HF-5
    beams = fox.json("generate", text, "--max-new-tokens", 8, "--beams", 3, "--model", folder)["beams"]
    assert beams[0]["ids"] == found, (folder, beams[0]["ids"], found)
    return {"kind": type(model).__name__, "tokenizer": type(tokenizer).__name__, "difference": worst}


def compare_classifier(fox, folder, scratch):
    model, tokenizer = loaded(AutoModelForSequenceClassification, folder), AutoTokenizer.from_pretrained(folder)
    write_rows(scratch / "p.csv", ["sentence"], [[text] for text in TEXTS])
    lines = fox.run("predict", "classifier", "--data", scratch / "p.csv", "--model", folder, "--json").splitlines()
    worst = 0.0
    for text, line in zip(TEXTS, lines, strict=True):
        with torch.no_grad():
            theirs = model(**tokenizer(text, return_tensors="pt")).logits[0].softmax(-1)
        ours = json.loads(line)["probabilities"]
        worst = max(worst, max(abs(ours[name] - theirs[i].item()) for i, name in model.config.id2label.items()))
    return {"kind": type(model).__name__, "tokenizer": type(tokenizer).__name__, "labels": model.config.id2label,
            "difference": worst}  # fmt: skip


def write_rows(path, columns, rows):
    with open(path, "w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([columns, *rows])


def train(fox, kind, scratch, **keys):
    path = scratch / "run.json"
    path.write_text(json.dumps({"do_train": True, "seed": 5, "save_strategy": "no", **keys}, default=str))
    fox.run("train", kind, path)


def converted(fox, scratch):
    """Every format that fox writes, against what its own library reads."""
    source = FOLDERS / "gpt2-plain" / "model.safetensors"
    state = safetensors.torch.load_file(source)
    worst = 0.0
    for name, read in [
        ("w.bin", lambda p: torch.load(p, weights_only=True)),
        ("w.safetensors", lambda p: safetensors.torch.load_file(p)),
        ("w.npz", lambda p: {k: torch.from_numpy(v) for k, v in np.load(p).items()}),
    ]:  # fmt: skip
        fox.run("convert", source, scratch / name)
        found = read(scratch / name)
        assert found.keys() == state.keys(), name
        assert all(torch.equal(found[k], state[k]) for k in state), name
    for dtype, kind in [("bf16", torch.bfloat16), ("f16", torch.float16)]:
        for end, read in [("bin", lambda p: torch.load(p, weights_only=True)), ("safetensors", safetensors.torch.load_file)]:
            fox.run("convert", source, scratch / f"{dtype}.{end}", "--dtype", dtype)
            found = read(scratch / f"{dtype}.{end}")
            assert all(torch.equal(found[k], state[k].to(kind)) for k in state), (dtype, end)
    return {"formats": ["bin", "safetensors", "npz"], "dtypes": ["bf16", "f16"], "difference": worst}


def check(fox, scratch):
    cases = {"fox convert": converted(fox, scratch)}
    plain = FOLDERS / "gpt2-plain"

    # A converted file in the place of the one that transformers saved.
    moved = scratch / "moved"
    shutil.copytree(plain, moved)
    (moved / "model.safetensors").unlink()
    fox.run("convert", plain / "model.safetensors", moved / "pytorch_model.bin")
    cases["fox convert to pytorch_model.bin"] = compare_lm(fox, moved, scratch)

    def shape(**keys):
        return [part for key, value in keys.items() for part in ("--set", f"{key}={value}")]

    fox.run(
        "init", "gpt2", "--out", scratch / "gpt2", "--tokenizer", plain, "--seed", 3,
        *shape(vocab_size=293, n_layer=1, n_head=2, n_embd=16, n_positions=40, bos_token_id=0, eos_token_id=0,
               initializer_range=0.3))  # fmt: skip
    cases["fox init gpt2"] = compare_lm(fox, scratch / "gpt2", scratch)
    fox.run(
        "init", "bert", "--out", scratch / "bert", "--tokenizer", FOLDERS / "bert-classifier", "--seed", 3,
        *shape(vocab_size=30, num_hidden_layers=1, num_attention_heads=2, hidden_size=16, intermediate_size=24))  # fmt: skip
    cases["fox init bert"] = compare_classifier(fox, scratch / "bert", scratch)

    texts = [[f"{STORY} {i}"] for i in range(6)]
    write_rows(scratch / "texts.csv", ["text"], texts)
    for name in ("gpt2-plain", "gpt2-extended", "gpt2-shards"):
        train(
            fox, "lm", scratch, model_name_or_path=FOLDERS / name, output_dir=scratch / f"trained-{name}",
            train_file=scratch / "texts.csv", block_size=16, max_steps=3, learning_rate=1e-3,
            label_smoothing_factor=0.1)  # fmt: skip
        cases[f"fox train lm on {name}"] = compare_lm(fox, scratch / f"trained-{name}", scratch)
    rows = [[word, label] for word, label in zip(STORY.split(), ["no", "yes", "maybe"] * 9)]
    write_rows(scratch / "labelled.csv", ["sentence", "label"], rows)
    for name in ("bert-classifier", "bert-pretraining"):
        train(
            fox, "classifier", scratch, model_name_or_path=FOLDERS / name, output_dir=scratch / f"trained-{name}",
            train_file=scratch / "labelled.csv", max_seq_length=16, max_steps=3,
            pad_to_max_length=False, group_by_length=True)  # fmt: skip
        cases[f"fox train classifier on {name}"] = compare_classifier(fox, scratch / f"trained-{name}", scratch)
    return cases


def main():
    reference.check_versions(PINNED)
    if len(sys.argv) != 2:
        raise SystemExit(__doc__)
    transformers.logging.set_verbosity_error()
    with tempfile.TemporaryDirectory() as scratch, reference.deterministic():
        cases = check(Program(sys.argv[1]), pathlib.Path(scratch))
    for name, case in cases.items():
        assert case["difference"] <= BOUND, (name, case)
    record = reference.provenance(__file__, f"from_pretrained of transformers {transformers.__version__} on what fox wrote")
    record["program"] = reference.sha256(sys.argv[1])
    cases = [{"name": name, **case} for name, case in cases.items()]
    reference.write_json(reference.GOLDEN / "folders" / f"written-{NAME}.json", {"provenance": record, "cases": cases})
    print(cases)


if __name__ == "__main__":
    main()
