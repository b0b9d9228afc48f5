"""Records Golden/training/arguments.json: configurations and reports as the reference has them.

Authority: transformers 4.17.0: fields and defaults of TrainingArguments, `config_overrides`
(PretrainedConfig.update_from_string), `log_metrics`, `floating_point_ops` of true-size configurations.

    python record_training_arguments.py
"""

import contextlib
import dataclasses
import io
import json

import torch
import transformers
from transformers import BertConfig, BertForSequenceClassification, GPT2Config, GPT2LMHeadModel, TrainingArguments
from transformers.trainer_callback import TrainerState
from transformers.trainer_pt_utils import log_metrics, metrics_format

import reference

OVERRIDES = [
    "n_embd=10,resid_pdrop=0.2,scale_attn_weights=false,summary_type=cls_index,n_head=2",
    "n_layer=3", "hidden_size=24,num_attention_heads=3", "scale_attn_weights=YES,use_cache=n", "layer_norm_epsilon=1e-6",
    "n_layer=2,n_layer=4", "embd_pdrop=0,attn_pdrop=0.5", "n_inner=7", "n_layer", "n_layer=2,", "n_layer=two", "n_layer=2.0",
    "layers=2", "scale_attn_weights=maybe", "n_layer=2=3", "", "initializer_range=wide",
]  # fmt: skip
KEPT = ["vocab_size", "n_positions", "n_embd", "n_layer", "n_head", "resid_pdrop", "embd_pdrop", "attn_pdrop",
        "layer_norm_epsilon", "initializer_range", "scale_attn_weights"]  # fmt: skip

REPORTS = [
    ("train", {"train_runtime": 75.5961, "train_samples_per_second": 13.546, "train_steps_per_second": 1.693,
               "total_flos": 6.0 * 1024 * 256 * 85056000, "train_loss": 3.4296236038208, "epoch": 1.0,
               "train_samples": 1024}),
    ("train", {"train_runtime": 3600.999, "total_flos": 6.0 * 20 * 128 * 3 * 85648130, "train_loss": 0.68925, "epoch": 3.0}),
    ("train", {"train_runtime": 90061.015, "total_flos": 6.0 * 300 * 128 * 3 * 85648130, "train_loss": 1e-5, "epoch": 0.33}),
    ("eval", {"eval_loss": 2.00005, "eval_accuracy": 0.5, "perplexity": float("inf"), "eval_runtime": 0.004,
              "eval_samples": 7, "eval_samples_per_second": 1234567.891, "epoch": 12.35}),
    ("eval", {"eval_loss": 0.00004999, "eval_runtime": 172800.0, "perplexity": 1e16}),
    ("eval", {"a": 0.12345, "b": 2.675, "c": -0.00001, "d": 123456789.123456}),
]  # fmt: skip


def fields():
    result = []
    for field in dataclasses.fields(TrainingArguments):
        if field.name == "_n_gpu":
            continue
        default = None if field.default is dataclasses.MISSING else field.default
        result.append({"name": field.name, "default": getattr(default, "value", default)})
    return result


def override(text):
    config = GPT2Config()
    try:
        config.update_from_string(text)
    except (ValueError, TypeError) as error:
        return {"text": text, "error": str(error)}
    return {"text": text, "config": {k: getattr(config, k) for k in KEPT}}


class Printer:
    def is_world_process_zero(self):
        return True

    def metrics_format(self, metrics):
        return metrics_format(self, metrics)


def report(split, metrics):
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        log_metrics(Printer(), split, metrics)
    return {"split": split, "metrics": metrics, "text": out.getvalue()}


def operations(name, model, tokens):
    ids = torch.zeros(tokens, dtype=torch.long)
    return {"name": name, "tokens": tokens[0] * tokens[1],
            "parameters": model.num_parameters(exclude_embeddings=True),
            "operations": model.floating_point_ops({"input_ids": ids})}  # fmt: skip


def main():
    reference.check_versions()
    record = reference.provenance(__file__, "TrainingArguments, update_from_string, log_metrics of transformers 4.17.0")
    reference.write_json(
        reference.GOLDEN / "training" / "arguments.json",
        {
            "provenance": record,
            "fields": fields(),
            "state": sorted(f.name for f in dataclasses.fields(TrainerState)),
            "overrides": [override(text) for text in OVERRIDES],
            "reports": [report(*r) for r in REPORTS],
            "operations": [
                operations("gpt2", GPT2LMHeadModel(GPT2Config()), (8, 256)),
                operations("gpt2 untied", GPT2LMHeadModel(GPT2Config(n_layer=1, tie_word_embeddings=False)), (1, 10)),
                operations("bert", BertForSequenceClassification(BertConfig(vocab_size=28996, num_labels=2)), (20, 128)),
            ],
        },
    )


if __name__ == "__main__":
    main()
