"""Records Golden/training/classifier.json: the notebook's run_glue on tiny BERTs, with the reference's Trainer.

Authority: Trainer, BertForSequenceClassification and BertTokenizerFast of transformers 4.17.0 on torch 2.13.0 (CPU),
dropout 0.1.

    python record_classifier.py                         # the tiny runs
    python record_classifier.py smoothed                # classifier-smoothed.json: label smoothing, length groups
    python record_classifier.py minilm MODEL_DIR        # classifier-minilm.json; FOX_DATA/sst2/tinySST

A tiny run starts from an encoder that any language can make: parameters in the order of the state dictionary of
BertModel, each (u - 0.5) * 0.2 in float32 for uniforms u of a generator seeded with `weights_seed`, plus 1 for LayerNorm
weights. Its tokenizer is Golden/tokenizers/bert/uncased.

A case has its rows, the keys of its configuration, and what happened: for each batch its samples, its loss, its width
and the 32-bit draws of the global generator before it; evaluations, the log, the metrics, the logits of the last
evaluation, the config.json that was saved.

classifier-minilm.json: the homework's experiment, four seeds, on all-MiniLM-L6-v2; seconds of the reference beside it.
"""

import pathlib
import sys

import safetensors.torch
import torch
import transformers
from transformers import BertConfig, BertModel, BertTokenizerFast

import classifier_runs
import reference

SHAPE = dict(
    vocab_size=690, max_position_embeddings=32, type_vocab_size=2, hidden_size=16, num_hidden_layers=2,
    num_attention_heads=2, intermediate_size=24)  # fmt: skip
WORDS = "a it is as of no so on bad good cat dog ran sat sea tea hot cold , . ! 7 42 fun film dull".split()
KEYS = dict(learning_rate=1e-3, save_strategy="no", per_device_train_batch_size=4, per_device_eval_batch_size=4)


def text(i, n):
    return " ".join(WORDS[(7 * i + 3 * k + i * k * (i + 1)) % len(WORDS)] for k in range(n))


def rows(first, count, label, pair=None):
    made = []
    for i in range(first, first + count):
        row = {"sentence": text(i, 1 + i % 9)} if not pair else {pair[0]: text(i, 1 + i % 5), pair[1]: text(i + 5, 1 + i % 7)}
        made.append({**row, "label": label(i)})
    return made


RUNS = {
    "padded": dict(
        rows=lambda f, n: rows(f, n, lambda i: str(i * i % 3 % 2)), train=19, dev=10, max_seq_length=20, weights_seed=1,
        keys=dict(KEYS, seed=1234, num_train_epochs=3, evaluation_strategy="epoch", logging_steps=2)),
    "dynamic": dict(
        rows=lambda f, n: rows(f, n, lambda i: ["no", "yes", "maybe"][i * i % 7 % 3], ("sentence1", "sentence2")),
        train=18, dev=9, max_seq_length=128, pad_to_max_length=False, weights_seed=2,
        keys=dict(KEYS, seed=2341, num_train_epochs=2, gradient_accumulation_steps=2, evaluation_strategy="steps",
                  eval_steps=2, logging_steps=1)),
    "scores": dict(
        rows=lambda f, n: rows(f, n, lambda i: repr(i * i % 11 / 2)), train=14, dev=7, max_seq_length=16, weights_seed=3,
        keys=dict(KEYS, seed=3412, num_train_epochs=2, evaluation_strategy="epoch", logging_steps=3)),
    "task": dict(
        rows=lambda f, n: rows(f, n, lambda i: str(i * i % 5 % 2), ("sentence1", "sentence2")), task="mrpc",
        label_names=["not_equivalent", "equivalent"], train=16, dev=12, max_seq_length=24, weights_seed=4,
        keys=dict(KEYS, seed=4123, max_steps=9, evaluation_strategy="steps", eval_steps=4, logging_steps=4)),
}  # fmt: skip
SMOOTHED = {
    "smoothed": dict(
        rows=lambda f, n: rows(f, n, lambda i: ["no", "yes", "maybe"][i * i % 7 % 3]), train=17, dev=9,
        max_seq_length=20, weights_seed=5,
        keys=dict(KEYS, seed=1342, num_train_epochs=2, label_smoothing_factor=0.2, evaluation_strategy="epoch",
                  logging_steps=2)),
    "grouped": dict(
        rows=lambda f, n: rows(f, n, lambda i: str(i * i % 3 % 2), ("sentence1", "sentence2")), train=71, dev=8,
        max_seq_length=128, pad_to_max_length=False, weights_seed=6,
        keys=dict(KEYS, seed=2413, num_train_epochs=2, gradient_accumulation_steps=2, group_by_length=True,
                  label_smoothing_factor=0.1, evaluation_strategy="epoch", logging_steps=5)),
}  # fmt: skip
SEEDS = [1234, 2341, 3412, 4123]
DATA_KEYS = ("task", "label_names", "pad_to_max_length", "max_seq_length")


def encoder(seed):
    model = BertModel(BertConfig(**SHAPE))
    generator = torch.Generator().manual_seed(seed)
    state = {}
    for name, parameter in model.named_parameters():
        values = (torch.rand(parameter.shape, generator=generator) - 0.5) * 0.2
        state[name] = values + 1 if "LayerNorm.weight" in name else values
    return state


def tiny(strict):
    transformers.logging.set_verbosity_error()
    tokenizer = BertTokenizerFast.from_pretrained(str(reference.GOLDEN / "tokenizers" / "bert" / "uncased"))
    cases = {}
    for name, run in (SMOOTHED if sys.argv[1:] == ["smoothed"] else RUNS).items():
        train, dev = run["rows"](0, run["train"]), run["rows"](run["train"], run["dev"])
        result, logits, _ = classifier_runs.play(
            SHAPE, encoder(run["weights_seed"]), tokenizer, train, dev, run["keys"], **{k: run[k] for k in DATA_KEYS if k in run})
        cases[name] = {
            "name": name, "shape": SHAPE, "weights_seed": run["weights_seed"], "train_rows": train, "dev_rows": dev,
            **{k: run.get(k) for k in DATA_KEYS}, "keys": run["keys"], **result, "logits": logits,
        }  # fmt: skip
    return cases


def minilm(strict):
    transformers.logging.set_verbosity_error()
    folder = sys.argv[2]
    config = transformers.BertConfig.from_pretrained(folder).to_diff_dict()
    state = safetensors.torch.load_file(f"{folder}/model.safetensors")
    tokenizer = BertTokenizerFast.from_pretrained(folder)
    data = reference.data_folder() / "sst2" / "tinySST"
    train, dev = (classifier_runs.read_tsv(data / f"{name}.tsv") for name in ("train", "dev"))
    cases = {}
    for seed in SEEDS:
        keys = dict(seed=seed, per_device_train_batch_size=32, learning_rate=2e-5, num_train_epochs=3.0)
        result, logits, seconds = classifier_runs.play(config, state, tokenizer, train, dev, keys, max_seq_length=128)
        margins = (logits[:, 0] - logits[:, 1]).abs()
        cases[seed] = {
            "seed": seed, **{k: result[k] for k in ("correct", "batches", "train", "evaluation", "drawn")},
            "logits_first": logits[:8], "logits_sum": logits.double().sum(0).tolist(), "smallest_margin": margins.min().item(),
            "margins_below_1e-4": int((margins < 1e-4).sum()), "seconds": seconds,
        }  # fmt: skip
        print(seed, result["correct"], result["train"], seconds, file=sys.stderr, flush=True)
    return cases


def losses(case):
    return [b["loss"] for b in case["batches"]] + [case["evaluation"]["eval_loss"]]


def floor(strict, native, logits):
    """How far the reference is from itself: losses relative, logits absolute."""
    for key in ("samples", "drawn"):
        assert [b[key] for b in strict["batches"]] == [b[key] for b in native["batches"]]
    return {
        "loss": max(abs(x - y) / abs(x) for x, y in zip(losses(strict), losses(native))),
        "logits": (strict[logits] - native[logits]).abs().max().item(),
    }


def main():
    real = sys.argv[1:2] == ["minilm"]
    compute, logits = (minilm, "logits_first") if real else (tiny, "logits")
    strict, native = reference.both_results(compute)
    record = reference.provenance(__file__, "run_glue of the homework's notebook with transformers 4.17.0, float32")
    if real:
        record["models"] = {"minilm": reference.sha256(pathlib.Path(sys.argv[2]) / "model.safetensors")}
    cases = []
    for name in strict:
        extra = {"native_correct": native[name]["correct"], "native_seconds": native[name]["seconds"]} if real else {}
        cases.append({**strict[name], **extra, "noise_floor": floor(strict[name], native[name], logits)})
    name = f"classifier-{sys.argv[1]}.json" if sys.argv[1:] else "classifier.json"
    reference.write_json(reference.GOLDEN / "training" / name, {"provenance": record, "cases": cases})
    print("noise floors", {case.get("name", case.get("seed")): case["noise_floor"] for case in cases})


if __name__ == "__main__":
    main()
