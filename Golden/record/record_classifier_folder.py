"""Records Golden/training/classifier-folder.json: transformers loads the folders that `fox train classifier` writes.

Authority: AutoConfig, AutoTokenizer and BertForSequenceClassification of transformers 4.17.0 on torch 2.13.0 (CPU).

    python record_classifier_folder.py FOX      # the built program

Trains the tiny runs of classifier.json with `fox`, loads each output folder as it is, and classifies the evaluation
sentences. The model must be the one that the reference trained itself: `logits` are those of classifier.json within
`difference`, and no weight is missing, unexpected or of another shape. 4.17.0 does not read safetensors, so the weights
are handed over as a state dictionary; everything else it reads itself.
"""

import csv
import json
import pathlib
import subprocess
import sys
import tempfile

import safetensors.torch
import torch
import transformers

import record_classifier
import reference


def write_rows(path, rows):
    with open(path, "w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)


def make_encoder(folder, seed):
    folder.mkdir()
    config = transformers.BertConfig(**record_classifier.SHAPE, architectures=["BertModel"])
    config.save_pretrained(folder)
    safetensors.torch.save_file(record_classifier.encoder(seed), folder / "model.safetensors")
    for file in (reference.GOLDEN / "tokenizers" / "bert" / "uncased").iterdir():
        (folder / file.name).write_bytes(file.read_bytes())


def check(case, folder, fox):
    make_encoder(folder / "model", case["weights_seed"])
    for part in ("train", "dev"):
        write_rows(folder / f"{part}.csv", case[f"{part}_rows"])
    keys = {
        **case["keys"], "model_name_or_path": str(folder / "model"), "output_dir": str(folder / "out"), "do_train": True,
        "train_file": str(folder / "train.csv"), "validation_file": str(folder / "dev.csv"), "task_name": case["task"],
        "pad_to_max_length": case["pad_to_max_length"], "max_seq_length": case["max_seq_length"],
    }  # fmt: skip
    (folder / "config.json").write_text(json.dumps({k: v for k, v in keys.items() if v is not None}))
    subprocess.run([fox, "train", "classifier", folder / "config.json"], check=True, capture_output=True)
    config = transformers.AutoConfig.from_pretrained(folder / "out")
    tokenizer = transformers.AutoTokenizer.from_pretrained(folder / "out")
    state = safetensors.torch.load_file(folder / "out" / "model.safetensors")
    model, info = transformers.BertForSequenceClassification.from_pretrained(
        None, config=config, state_dict=state, output_loading_info=True)
    wrong = {k: [n for n in v if not str(n).endswith("position_ids")] for k, v in info.items() if v}
    assert not any(wrong.values()), wrong
    names = [name for name in case["dev_rows"][0] if name != "label"]
    texts = [[row[name] for row in case["dev_rows"]] for name in names]
    length = min(case["max_seq_length"], tokenizer.model_max_length)
    given = tokenizer(*texts, padding=True, truncation=True, max_length=length, return_tensors="pt")
    with torch.no_grad():
        logits = model.eval()(**given).logits
    return {
        "name": case["name"], "architectures": config.architectures, "id2label": config.id2label,
        "tokenizer": type(tokenizer).__name__, "difference": (logits - torch.tensor(case["logits"])).abs().max().item(),
    }  # fmt: skip


def main():
    reference.check_versions()
    if len(sys.argv) != 2:
        raise SystemExit(__doc__)
    fox = str(pathlib.Path(sys.argv[1]).resolve())
    golden = reference.GOLDEN / "training"
    cases = []
    for case in json.loads((golden / "classifier.json").read_text(encoding="utf-8"))["cases"]:
        with tempfile.TemporaryDirectory() as folder:
            cases.append(check(case, pathlib.Path(folder), fox))
            assert cases[-1]["difference"] <= 1e-6, cases[-1]
    record = reference.provenance(__file__, "BertForSequenceClassification of transformers 4.17.0 on folders of fox")
    reference.write_json(golden / "classifier-folder.json", {"provenance": record, "cases": cases})
    print(cases)


if __name__ == "__main__":
    main()
