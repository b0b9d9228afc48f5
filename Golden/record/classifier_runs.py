"""The notebook's run_glue, for recorders: data, labels, columns, Trainer and metrics as its cells have them."""

import csv
import json
import os
import tempfile
import time

import numpy as np
import torch
import transformers
from transformers import (
    BertConfig, BertForSequenceClassification, BertTokenizerFast, DataCollatorWithPadding, PretrainedConfig, Trainer,
    TrainingArguments, default_data_collator, set_seed,
)  # fmt: skip

from record_trainer import Draws, clean

TASK_TO_KEYS = {
    "cola": ("sentence", None), "mnli": ("premise", "hypothesis"), "mrpc": ("sentence1", "sentence2"),
    "qnli": ("question", "sentence"), "qqp": ("question1", "question2"), "rte": ("sentence1", "sentence2"),
    "sst2": ("sentence", None), "stsb": ("sentence1", "sentence2"), "wnli": ("sentence1", "sentence2"),
}  # fmt: skip


def typed(rows):
    """The label column as `datasets` types it: integers, else floats, else strings."""
    for kind in (int, float, str):
        try:
            return [{**row, "label": kind(row["label"])} for row in rows], kind
        except ValueError:
            continue


def read_tsv(path):
    with open(path, encoding="utf-8", newline="") as file:
        return [dict(row) for row in csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE)]


def glue(task, predictions, labels):
    """metrics/glue of `datasets`."""
    from scipy.stats import pearsonr, spearmanr
    from sklearn.metrics import f1_score, matthews_corrcoef

    if task == "cola":
        return {"matthews_correlation": matthews_corrcoef(labels, predictions)}
    if task == "stsb":
        return {"pearson": pearsonr(predictions, labels)[0], "spearmanr": spearmanr(predictions, labels)[0]}
    accuracy = {"accuracy": (predictions == labels).mean()}
    return {**accuracy, "f1": f1_score(y_true=labels, y_pred=predictions)} if task in ("mrpc", "qqp") else accuracy


class Rows(torch.utils.data.Dataset):
    def __init__(self, features):
        self.features = features

    def __len__(self):
        return len(self.features)

    def __getitem__(self, index):
        return {**self.features[index], "index": index}


def play(config, state, tokenizer, train, dev, keys, task=None, label_names=None, pad_to_max_length=True, max_seq_length=128):
    """One run: `config` and `state` of the checkpoint, rows of text, keys of TrainingArguments. Returns what happened."""
    set_seed(keys["seed"])
    train, kind = typed(train)
    dev, _ = typed(dev)
    is_regression = task == "stsb" if task else kind is float
    label_list = label_names if task else sorted({row["label"] for row in train})
    num_labels = 1 if is_regression else len(label_list)
    config = BertConfig.from_dict({**config, "finetuning_task": task}, num_labels=num_labels)
    model = BertForSequenceClassification.from_pretrained(None, config=config, state_dict=state)
    if task:
        first, second = TASK_TO_KEYS[task]
    else:
        names = [name for name in train[0] if name != "label"]
        if "sentence1" in names and "sentence2" in names:
            first, second = "sentence1", "sentence2"
        else:
            first, second = (names[:2] if len(names) >= 2 else (names[0], None))
    label_to_id = None
    if model.config.label2id != PretrainedConfig(num_labels=num_labels).label2id and task and not is_regression:
        name_to_id = {k.lower(): v for k, v in model.config.label2id.items()}
        if sorted(name_to_id) == sorted(label_list):
            label_to_id = {i: int(name_to_id[label_list[i]]) for i in range(num_labels)}
    elif task is None and not is_regression:
        label_to_id = {v: i for i, v in enumerate(label_list)}
    if label_to_id is not None:
        model.config.label2id = label_to_id
        model.config.id2label = {id: label for label, id in config.label2id.items()}
    elif task and not is_regression:
        model.config.label2id = {l: i for i, l in enumerate(label_list)}
        model.config.id2label = {id: label for label, id in config.label2id.items()}
    max_seq_length = min(max_seq_length, tokenizer.model_max_length)

    def encoded(rows):
        texts = [[row[first] for row in rows]] + ([[row[second] for row in rows]] if second else [])
        result = tokenizer(*texts, padding="max_length" if pad_to_max_length else False, max_length=max_seq_length, truncation=True)
        labels = [row["label"] for row in rows]
        if label_to_id is not None:
            labels = [label_to_id[l] if l != -1 else -1 for l in labels]
        return Rows([{**{k: v[i] for k, v in result.items()}, "label": l} for i, l in enumerate(labels)])

    def compute_metrics(p):
        predictions = np.squeeze(p.predictions) if is_regression else np.argmax(p.predictions, axis=1)
        compute_metrics.logits, compute_metrics.labels = p.predictions, p.label_ids
        if task:
            result = glue(task, predictions, p.label_ids)
            if len(result) > 1:
                result["combined_score"] = np.mean(list(result.values())).item()
            return {k: float(v) for k, v in result.items()}
        if is_regression:
            return {"mse": ((predictions - p.label_ids) ** 2).mean().item()}
        return {"accuracy": (predictions == p.label_ids).astype(np.float32).mean().item()}

    batches, evaluations = [], []
    inner = default_data_collator if pad_to_max_length else DataCollatorWithPadding(tokenizer)

    def collate(samples):
        collate.last = [s["index"] for s in samples]
        return inner([{k: v for k, v in s.items() if k != "index"} for s in samples])

    class Recording(Trainer):
        def training_step(self, model, inputs):
            batches.append({"samples": collate.last, "drawn": draws.count(), "width": inputs["input_ids"].shape[1]})
            return super().training_step(model, inputs)

        def compute_loss(self, model, inputs, return_outputs=False):
            result = super().compute_loss(model, inputs, return_outputs)
            if model.training:
                batches[-1]["loss"] = (result[0] if return_outputs else result).item()
            return result

        def evaluate(self, *arguments, **keywords):
            metrics = super().evaluate(*arguments, **keywords)
            evaluations.append({"step": self.state.global_step, "drawn": draws.count(), **clean(metrics)})
            return metrics

    here = os.getcwd()
    with tempfile.TemporaryDirectory() as folder, torch.enable_grad():
        try:
            os.chdir(folder)
            arguments = TrainingArguments(
                output_dir="out", do_train=True, report_to=[], disable_tqdm=True, remove_unused_columns=False, **keys)
            trainer = Recording(
                model=model, args=arguments, train_dataset=encoded(train), eval_dataset=encoded(dev),
                compute_metrics=compute_metrics, tokenizer=tokenizer, data_collator=collate)
            trainer.remove_callback(transformers.PrinterCallback)
            draws = Draws(keys["seed"])
            start = time.perf_counter()
            result = trainer.train()
            trained = time.perf_counter()
            trainer.save_model()
            saved = None
            if trainer.is_world_process_zero():
                with open("out/config.json", encoding="utf-8") as file:
                    saved = json.load(file)
            evaluation = trainer.evaluate()
            seconds = [trained - start, time.perf_counter() - trained]
        finally:
            os.chdir(here)
    logits = torch.tensor(compute_metrics.logits)
    labels = compute_metrics.labels
    return {
        "batches": batches, "evaluations": evaluations, "log": [clean(entry) for entry in trainer.state.log_history],
        "train": clean(result.metrics), "evaluation": clean(evaluation), "drawn": draws.count(), "config": saved,
        "correct": None if is_regression else int((logits.argmax(1).numpy() == labels).sum()),
    }, logits, seconds  # fmt: skip
