"""Records Golden/training/ranks.json and ranks.safetensors: runs of the reference's Trainer in several processes.
With `classifier`, ranks-classifier.json: the notebook's run_glue so.

Authority: transformers 4.17.0 (Trainer, TrainingArguments) on torch 2.13.0 (CPU), DistributedDataParallel on gloo.
Models, samples and what is written are those of record_trainer.py and record_classifier.py.

    python record_ranks.py
    python record_ranks.py classifier

4.17.0 knows only mpi and ccl on a CPU. The process group is begun here, on gloo, and TrainingArguments finds it.

ranks.json: a case is what rank 0 saw; `ranks` are the batches of each rank, with its losses and its draws.
ranks.safetensors: `<run>/<parameter>`, the weights at the end, the same in every process.
"""

import functools
import os
import pathlib
import pickle
import sys
import tempfile

import torch
import transformers
from transformers import BertTokenizerFast

import classifier_runs
import record_classifier
import record_trainer
import reference
from record_trainer import SHAPE

RUNS = {
    "two": dict(
        ranks=2, model=dict(SHAPE, n_layer=2), weights_seed=21, samples=37, tokens=16, evaluation=10,
        arguments=dict(
            per_device_train_batch_size=4, per_device_eval_batch_size=4, num_train_epochs=3, learning_rate=1e-3,
            warmup_steps=5, max_grad_norm=0.5, weight_decay=0.01, evaluation_strategy="epoch", logging_steps=4,
            save_strategy="no", seed=42)),
    "two-accumulated": dict(
        ranks=2, model=SHAPE, weights_seed=22, samples=29, tokens=12, evaluation=9,
        arguments=dict(
            per_device_train_batch_size=3, per_device_eval_batch_size=2, gradient_accumulation_steps=2,
            num_train_epochs=4.5, learning_rate=3e-3, warmup_ratio=0.1, lr_scheduler_type="cosine", max_grad_norm=1.0,
            optim="adamw_torch", weight_decay=0.1, evaluation_strategy="steps", eval_steps=3, logging_steps=2,
            logging_first_step=True, save_strategy="no", seed=7)),
    "four": dict(
        ranks=4, model=SHAPE, weights_seed=23, samples=37, tokens=12, evaluation=9,
        arguments=dict(
            per_device_train_batch_size=2, per_device_eval_batch_size=3, gradient_accumulation_steps=2, max_steps=9,
            learning_rate=2e-3, max_grad_norm=0.4, dataloader_drop_last=True, evaluation_strategy="steps",
            eval_steps=4, logging_steps=3, save_strategy="no", seed=9)),
    "four-grouped": dict(
        ranks=4, model=dict(SHAPE, tie_word_embeddings=False), weights_seed=24, samples=45, tokens=8, evaluation=5,
        arguments=dict(
            per_device_train_batch_size=2, num_train_epochs=2, learning_rate=3e-3, group_by_length=True,
            evaluation_strategy="no", logging_steps=5, save_strategy="no", seed=14)),
}  # fmt: skip

CLASSIFIERS = {
    "two-padded": dict(
        ranks=2, rows=lambda f, n: record_classifier.rows(f, n, lambda i: str(i * i % 3 % 2)), train=19, dev=10,
        max_seq_length=20, weights_seed=31,
        keys=dict(record_classifier.KEYS, seed=1234, num_train_epochs=3, evaluation_strategy="epoch", logging_steps=2)),
    "four-dynamic": dict(
        ranks=4,
        rows=lambda f, n: record_classifier.rows(
            f, n, lambda i: ["no", "yes", "maybe"][i * i % 7 % 3], ("sentence1", "sentence2")),
        train=45, dev=9, max_seq_length=128, pad_to_max_length=False, weights_seed=32,
        keys=dict(
            record_classifier.KEYS, per_device_train_batch_size=2, seed=2341, num_train_epochs=2,
            gradient_accumulation_steps=2, evaluation_strategy="steps", eval_steps=2, logging_steps=1)),
    "two-scores": dict(
        ranks=2, rows=lambda f, n: record_classifier.rows(f, n, lambda i: repr(i * i % 11 / 2)), train=15, dev=7,
        max_seq_length=16, weights_seed=33,
        keys=dict(record_classifier.KEYS, seed=3412, num_train_epochs=2, evaluation_strategy="epoch", logging_steps=3)),
}  # fmt: skip


def classified(run):
    """A run of run_glue in this process."""
    tokenizer = BertTokenizerFast.from_pretrained(str(reference.GOLDEN / "tokenizers" / "bert" / "uncased"))
    train, dev = run["rows"](0, run["train"]), run["rows"](run["train"], run["dev"])
    data = {k: run[k] for k in record_classifier.DATA_KEYS if k in run}
    result, logits, _ = classifier_runs.play(
        record_classifier.SHAPE, record_classifier.encoder(run["weights_seed"]), tokenizer, train, dev, run["keys"], **data)
    case = {
        "shape": record_classifier.SHAPE, "weights_seed": run["weights_seed"], "train_rows": train, "dev_rows": dev,
        **{k: run.get(k) for k in record_classifier.DATA_KEYS}, "keys": run["keys"], **result,
    }  # fmt: skip
    return case, logits


def process(rank, name, folder):
    """One process of a run."""
    run = {**RUNS, **CLASSIFIERS}[name]
    torch.set_num_threads(1)
    torch.distributed.init_process_group(
        "gloo", init_method=f"file://{folder}/meeting", rank=rank, world_size=run["ranks"])
    torch.distributed.init_process_group = lambda **_: None
    # 4.17.0 gathers a number as a list of one; gloo wants equal shapes.
    gather = torch.distributed.all_gather
    torch.distributed.all_gather = lambda all, own: gather(all, own.reshape(all[0].shape))
    transformers.logging.set_verbosity_error()
    record_trainer.TrainingArguments = classifier_runs.TrainingArguments = functools.partial(
        transformers.TrainingArguments, local_rank=rank, no_cuda=True, xpu_backend="mpi")
    result = classified(run) if name in CLASSIFIERS else record_trainer.played(name, run)
    pathlib.Path(folder, str(rank)).write_bytes(pickle.dumps(result))
    torch.distributed.barrier()


def started(name, count):
    """What each process of a run returns."""
    with tempfile.TemporaryDirectory() as folder:
        torch.multiprocessing.start_processes(process, (name, folder), count, start_method="fork")
        return [pickle.loads(pathlib.Path(folder, str(r)).read_bytes()) for r in range(count)]


def played(name):
    results = started(name, RUNS[name]["ranks"])
    case, weights = results[0]
    for other, theirs in results[1:]:
        assert [s["learning_rate"] for s in other["steps"]] == [s["learning_rate"] for s in case["steps"]]
        assert all(torch.equal(weights[k], theirs[k]) for k in weights)
    case["ranks"] = [{k: other[k] for k in ("batches", "drawn")} for other, _ in results]
    return case, weights


def played_classifier(name):
    results = started(name, CLASSIFIERS[name]["ranks"])
    case, logits = results[0]
    for other, theirs in results[1:]:
        assert torch.equal(logits, theirs) and other["correct"] == case["correct"]
    ranks = [{k: other[k] for k in ("batches", "drawn")} for other, _ in results]
    return {"name": name, **case, "logits": logits, "ranks": ranks}


def classifiers():
    strict, native = reference.both_results(lambda strict: {name: played_classifier(name) for name in CLASSIFIERS})
    record = reference.provenance(
        __file__, "run_glue of the homework's notebook with transformers 4.17.0, float32, DistributedDataParallel on gloo")
    cases = [{**strict[r], "noise_floor": record_classifier.floor(strict[r], native[r], "logits")} for r in CLASSIFIERS]
    reference.write_json(
        reference.GOLDEN / "training" / "ranks-classifier.json", {"provenance": record, "cases": cases})
    print("noise floors", {case["name"]: case["noise_floor"] for case in cases})


def compute(strict):
    return {name: played(name) for name in RUNS}


def main():
    if sys.argv[1:] == ["classifier"]:
        return classifiers()
    strict, native = reference.both_results(compute)
    record = reference.provenance(
        __file__, "Trainer of transformers 4.17.0 on GPT2LMHeadModel, float32, DistributedDataParallel on gloo")
    cases = [{**strict[r][0], "noise_floor": record_trainer.floor(strict[r], native[r])} for r in RUNS]
    tensors = {f"{run}/{k}": v for run in RUNS for k, v in strict[run][1].items()}
    folder = reference.GOLDEN / "training"
    reference.write_json(folder / "ranks.json", {"provenance": record, "cases": cases})
    reference.save_tensors(folder / "ranks.safetensors", tensors, reference.metadata(record))
    print("noise floors", {case["name"]: case["noise_floor"] for case in cases})


if __name__ == "__main__":
    main()
