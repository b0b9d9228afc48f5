"""Records Golden/training/trainer.json and trainer.safetensors: whole runs of the reference's Trainer.

Authority: transformers 4.17.0 (Trainer, TrainingArguments) on torch 2.13.0 (CPU), GPT-2s of some thousand parameters
with dropout 0.1.

    python record_trainer.py                # trainer.json, trainer.safetensors
    python record_trainer.py smoothed       # smoothed.json, smoothed.safetensors: label smoothing, length groups

A run starts from weights that any language can make: parameters in the order of the state dictionary, each
(u - 0.5) * 0.2 in float32 for uniforms u of a generator seeded with `weights_seed`, plus 1 for LayerNorm weights.
Sample i, position t is the id (7 i + 3 t + i t (i + 1)) mod V; evaluation samples go on counting.

trainer.json: for each micro-batch of a run its samples, its loss and the 32-bit draws of the global generator before
it; for each step the learning rate and the gradient's norm; evaluations, the log, the checkpoints that are left.
trainer.safetensors: `<run>/<parameter>`, the weights at the end.
"""

import os
import sys
import tempfile

import numpy as np
import torch
import transformers
from transformers import EarlyStoppingCallback, GPT2Config, GPT2LMHeadModel, Trainer, TrainingArguments, set_seed

import reference
from muon import MuonWithAdamW
from sampled_vocabulary import SampledVocabulary

SHAPE = dict(vocab_size=61, n_positions=24, n_embd=24, n_layer=1, n_head=3, bos_token_id=0, eos_token_id=0)
RUNS = {
    "forty-steps": dict(
        model=dict(SHAPE, n_layer=2), weights_seed=1, samples=37, tokens=16, evaluation=10,
        arguments=dict(
            per_device_train_batch_size=4, per_device_eval_batch_size=4, num_train_epochs=4, learning_rate=1e-3,
            warmup_steps=5, max_grad_norm=0.5, weight_decay=0.01, evaluation_strategy="epoch", logging_steps=7,
            save_strategy="no", seed=42)),
    "accumulated": dict(
        model=SHAPE, weights_seed=2, samples=37, tokens=12, evaluation=9,
        arguments=dict(
            per_device_train_batch_size=4, per_device_eval_batch_size=2, gradient_accumulation_steps=4,
            num_train_epochs=5.5, learning_rate=3e-3, warmup_ratio=0.1, lr_scheduler_type="cosine", max_grad_norm=1.0,
            optim="adamw_torch", weight_decay=0.1, evaluation_strategy="steps", eval_steps=3, logging_steps=2,
            logging_first_step=True, save_steps=2, save_total_limit=2, seed=7)),
    "short-epochs": dict(
        model=dict(SHAPE, n_embd=32, n_head=2), weights_seed=3, samples=6, tokens=24, evaluation=0,
        arguments=dict(
            per_device_train_batch_size=4, gradient_accumulation_steps=8, num_train_epochs=5, learning_rate=1e-3,
            lr_scheduler_type="constant", max_grad_norm=0.0, logging_strategy="epoch", save_strategy="epoch",
            save_total_limit=1, seed=2**31)),
    "best": dict(
        model=dict(SHAPE, tie_word_embeddings=False), weights_seed=4, samples=20, tokens=8, evaluation=7,
        arguments=dict(
            per_device_train_batch_size=3, per_device_eval_batch_size=3, dataloader_drop_last=True, max_steps=21,
            learning_rate=4e-3, lr_scheduler_type="constant_with_warmup", warmup_steps=2, evaluation_strategy="steps",
            eval_steps=2, save_steps=2, save_total_limit=2, load_best_model_at_end=True,
            logging_strategy="no", seed=0)),
    "early": dict(
        model=SHAPE, weights_seed=5, samples=20, tokens=8, evaluation=7, patience=2, threshold=0.001,
        arguments=dict(
            per_device_train_batch_size=3, per_device_eval_batch_size=4, num_train_epochs=10, learning_rate=4e-3,
            evaluation_strategy="epoch", save_strategy="epoch", save_total_limit=1, load_best_model_at_end=True,
            metric_for_best_model="eval_loss", lr_scheduler_type="polynomial", seed=11)),
    "sampled": dict(
        model=dict(SHAPE, vocab_size=211), weights_seed=6, samples=24, tokens=10, evaluation=6,
        sampling=dict(sampled_vocabulary=17, sampled_vocabulary_frequent=40, sampled_vocabulary_share=0.7),
        arguments=dict(
            per_device_train_batch_size=4, gradient_accumulation_steps=2, max_steps=11, learning_rate=2e-3,
            lr_scheduler_type="cosine", warmup_steps=2, optim="adamw_torch", adam_beta2=0.98, weight_decay=0.1,
            evaluation_strategy="steps", eval_steps=4, logging_steps=3, save_strategy="no", seed=9)),
    "muon": dict(
        model=dict(SHAPE, n_layer=2), weights_seed=7, samples=24, tokens=12, evaluation=6,
        arguments=dict(
            per_device_train_batch_size=4, max_steps=12, learning_rate=5e-3, lr_scheduler_type="cosine", warmup_steps=2,
            optim="muon", adam_beta2=0.98, weight_decay=0.1, max_grad_norm=0.5, evaluation_strategy="steps",
            eval_steps=5, logging_steps=4, save_strategy="no", seed=12)),
}  # fmt: skip

SMOOTHED = {
    "smoothed": dict(
        model=SHAPE, weights_seed=8, samples=26, tokens=10, evaluation=6,
        arguments=dict(
            per_device_train_batch_size=3, gradient_accumulation_steps=2, num_train_epochs=2, learning_rate=3e-3,
            label_smoothing_factor=0.1, evaluation_strategy="epoch", logging_steps=2, save_strategy="no", seed=13)),
    "grouped": dict(
        model=dict(SHAPE, tie_word_embeddings=False), weights_seed=9, samples=37, tokens=8, evaluation=5,
        arguments=dict(
            per_device_train_batch_size=3, num_train_epochs=2, learning_rate=3e-3, label_smoothing_factor=0.35,
            group_by_length=True, evaluation_strategy="steps", eval_steps=7, logging_steps=5, save_strategy="no",
            seed=14)),
}  # fmt: skip


def make_model(shape, seed):
    model = GPT2LMHeadModel(GPT2Config(**shape))
    generator = torch.Generator().manual_seed(seed)
    for name, parameter in model.named_parameters():
        values = (torch.rand(parameter.shape, generator=generator) - 0.5) * 0.2
        parameter.data.copy_(values + 1 if ".ln_" in name and name.endswith("weight") else values)
    return model


class Samples(torch.utils.data.Dataset):
    def __init__(self, first, count, tokens, vocabulary):
        self.first, self.count, self.tokens, self.vocabulary = first, count, tokens, vocabulary

    def __len__(self):
        return self.count

    def __getitem__(self, index):
        if index >= self.count:
            raise IndexError  # ends a loop over all samples
        i = self.first + index
        ids = [(7 * i + 3 * t + i * t * (i + 1)) % self.vocabulary for t in range(self.tokens)]
        return {"index": index, "input_ids": ids, "labels": ids}


class Draws:
    """Counts the 32-bit draws of torch's global generator since its seed."""

    def __init__(self, seed):
        self.twister = np.random.RandomState(seed % 2**32)
        self.refills = 0

    def count(self):
        state = torch.get_rng_state().numpy()
        left, following = state[8:12].view(np.int32)[0], state[16:24].view(np.uint64)[0]
        words = state[24 : 24 + 624 * 8].view(np.uint64).astype(np.uint32)
        while not np.array_equal(self.twister.get_state()[1], words):
            self.twister.random_sample(312)
            self.refills += 1
            assert self.refills < 10**7
        return 0 if left == 1 and self.refills == 0 else 624 * (self.refills - 1) + int(following)


def played(name, run):
    batches, steps, evaluations = [], [], []
    arguments = dict(run["arguments"])
    has_muon = arguments.get("optim") == "muon"
    if has_muon:
        del arguments["optim"]
    vocabulary = run["model"]["vocab_size"]
    samples = Samples(0, run["samples"], run["tokens"], vocabulary)
    sampling = None
    if "sampling" in run:
        seen = torch.tensor([samples[i]["input_ids"] for i in range(len(samples))]).flatten()
        sampling = SampledVocabulary(seen, vocabulary, **run["sampling"])

    def collate(samples):
        indices = [s["index"] for s in samples]
        batch = {k: torch.tensor([s[k] for s in samples]) for k in ("input_ids", "labels")}
        collate.last = indices
        return batch

    def clip(parameters, limit):
        norm = original_clip(parameters, limit)
        clip.last = norm.item()
        return norm

    class Recording(Trainer):
        def training_step(self, model, inputs):
            batches.append({"samples": collate.last, "drawn": draws.count()})
            return super().training_step(model, inputs)

        def compute_loss(self, model, inputs, return_outputs=False):
            if sampling and model.training and sampling.is_sampled(self.state):
                result = sampling.loss(model, inputs["input_ids"], inputs["labels"])
            elif self.label_smoother:
                # 4.17.0 compares each token with itself; today's transformers with the next, as is done here.
                labels = inputs.pop("labels")
                outputs = model(**inputs)
                loss = self.label_smoother({"logits": outputs.logits[:, :-1]}, labels[:, 1:])
                result = (loss, outputs) if return_outputs else loss
            else:
                result = super().compute_loss(model, inputs, return_outputs)
            if model.training:
                batches[-1]["loss"] = (result[0] if return_outputs else result).item()
            return result

        def create_optimizer(self):
            if has_muon:
                a = self.args
                self.optimizer = MuonWithAdamW(
                    self.model, a.learning_rate, (a.adam_beta1, a.adam_beta2), a.adam_epsilon, a.weight_decay)
            optimizer = super().create_optimizer()

            def recording(optimizer, *_):
                steps.append({"batches": len(batches), "learning_rate": optimizer.param_groups[0]["lr"]})
                if self.args.max_grad_norm > 0:
                    steps[-1]["norm"] = clip.last

            optimizer.register_step_pre_hook(recording)
            return optimizer

        def evaluate(self, *arguments, **keywords):
            metrics = super().evaluate(*arguments, **keywords)
            evaluations.append({"step": self.state.global_step, "drawn": draws.count(), **clean(metrics)})
            return metrics

    def compute_metrics(prediction):
        predictions, labels = prediction
        return {"accuracy": float((predictions[:, :-1] == labels[:, 1:]).mean())}

    original_clip = torch.nn.utils.clip_grad_norm_
    torch.nn.utils.clip_grad_norm_ = clip
    try:
        with tempfile.TemporaryDirectory() as folder, torch.enable_grad():
            os.chdir(folder)
            os.mkdir("out")  # of several processes only the first makes it
            set_seed(arguments["seed"] % 2**32)
            trainer = Recording(
                model=make_model(run["model"], run["weights_seed"]),
                args=TrainingArguments(output_dir="out", do_train=True, report_to=[], disable_tqdm=True, **arguments),
                train_dataset=samples,
                eval_dataset=Samples(run["samples"], run["evaluation"], run["tokens"], vocabulary),
                data_collator=collate,
                compute_metrics=compute_metrics,
                preprocess_logits_for_metrics=lambda logits, labels: logits.argmax(-1),
                callbacks=[EarlyStoppingCallback(run["patience"], run["threshold"])] if "patience" in run else None,
            )
            trainer.remove_callback(transformers.PrinterCallback)
            draws = Draws(arguments["seed"])
            result = trainer.train()
            kept = sorted((f for f in os.listdir("out") if f.startswith("checkpoint-")), key=lambda f: int(f[11:]))
            os.chdir("/")
    finally:
        torch.nn.utils.clip_grad_norm_ = original_clip
    weights = {k: p.detach().clone() for k, p in trainer.model.named_parameters()}
    state = trainer.state
    return {
        "name": name,
        "config": run["model"],
        "weights_seed": run["weights_seed"],
        "data": {k: run[k] for k in ("samples", "tokens", "evaluation")},
        "arguments": run["arguments"],
        "sampling": run.get("sampling"),
        "early_stopping": [run["patience"], run["threshold"]] if "patience" in run else None,
        "batches": batches,
        "steps": steps,
        "evaluations": evaluations,
        "log": [clean(entry) for entry in state.log_history],
        "state": {"epoch": state.epoch, "step": state.global_step, "max_steps": state.max_steps,
                  "epochs": state.num_train_epochs, "best_metric": state.best_metric,
                  "best_checkpoint": state.best_model_checkpoint},
        "metrics": clean(result.metrics),
        "drawn": draws.count(),
        "checkpoints": kept,
    }, weights  # fmt: skip


def clean(entry):
    """Without what depends on the clock."""
    return {k: v for k, v in entry.items() if not k.endswith(("_runtime", "_per_second"))}


def compute(strict):
    transformers.logging.set_verbosity_error()
    return {name: played(name, run) for name, run in chosen().items()}


def chosen():
    return SMOOTHED if sys.argv[1:] == ["smoothed"] else RUNS


def floor(strict, native):
    """How far the reference is from itself: losses relative, weights relative to their norm, key biases apart."""

    def losses(run):
        return [b["loss"] for b in run["batches"]] + [e["eval_loss"] for e in run["evaluations"]]

    def split(weights):
        plain, keys = [], []
        for name, tensor in weights.items():
            third = tensor.numel() // 3
            if name.endswith("c_attn.bias"):
                keys.append(tensor[third : 2 * third])
                tensor = torch.cat([tensor[:third], tensor[2 * third :]])
            plain.append(tensor.flatten())
        return torch.cat(plain).double(), torch.cat(keys).double()

    exact = [[b["samples"], b["drawn"]] for run in (strict, native) for b in run[0]["batches"]]
    assert exact[: len(exact) // 2] == exact[len(exact) // 2 :]
    (a, ak), (b, bk) = split(strict[1]), split(native[1])
    return {
        "loss": max(abs(x - y) / abs(x) for x, y in zip(losses(strict[0]), losses(native[0]))),
        "weights": ((a - b).norm() / a.norm()).item(),
        "key_biases": ((ak - bk).norm() / ak.norm()).item(),
    }


def main():
    strict, native = reference.both_results(compute)
    record = reference.provenance(__file__, "Trainer of transformers 4.17.0 on GPT2LMHeadModel, float32")
    runs, name = chosen(), "smoothed" if chosen() is SMOOTHED else "trainer"
    cases = [{**strict[run][0], "noise_floor": floor(strict[run], native[run])} for run in runs]
    tensors = {f"{run}/{k}": v for run in runs for k, v in strict[run][1].items()}
    folder = reference.GOLDEN / "training"
    reference.write_json(folder / f"{name}.json", {"provenance": record, "cases": cases})
    reference.save_tensors(folder / f"{name}.safetensors", tensors, reference.metadata(record))
    print("noise floors", {case["name"]: case["noise_floor"] for case in cases})


if __name__ == "__main__":
    main()
