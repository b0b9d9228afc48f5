"""The recipe of Weights/tale-gpt2, from scratch, by ours and by transformers' Trainer: same weights, batches and draws.

    FOX_DATA=<data folder> python recipe.py --fox BIN [--steps 300] [--timed 12] [--timed-only] [--output FOLDER]

Two measurements. The curve: the first `--steps` steps of each, the loss of every step, in loss-overlaid.svg and
recipe.json. The speed: `--timed` steps of each in turn, after 2 that do not count, so that both see the same machine.
The reference is `Trainer` of transformers 4.17.0 with the recipe's keys as its TrainingArguments; the sampled vocabulary
in compute_loss is Golden/record/sampled_vocabulary.py, the optimiser torch's Muon and AdamW as in Golden/record/muon.py
(in float32: bfloat16 would be slower on processors that do not have it).
"""

import argparse
import json
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time

PACKAGE = pathlib.Path(__file__).resolve().parents[1]
sys.path.insert(0, str(PACKAGE / "Golden" / "record"))
RECIPE = PACKAGE / "Weights" / "tale-gpt2" / "recipe.json"
SEPARATOR = "<|endoftext|>"


# Ours


def ours(fox, recipe, steps, folder):
    """Losses of the first steps, and seconds a step; the schedule is the whole run's."""
    config, out = pathlib.Path(folder) / "ours.json", pathlib.Path(folder) / "ours"
    config.write_text(json.dumps(recipe | {
        "output_dir": str(out), "overwrite_output_dir": True, "logging_steps": 1, "do_eval": False,
        "evaluation_strategy": "no", "save_steps": steps, "save_total_limit": 1,
    }))  # fmt: skip
    process = subprocess.Popen([fox, "train", "lm", str(config)], stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True)
    times = []
    for line in process.stderr:
        if line.startswith("step "):
            times.append(time.perf_counter())
        elif not line.startswith("fox: "):
            continue
        if len(times) == steps:
            break
    state = out / f"checkpoint-{steps}" / "trainer_state.json"
    while process.poll() is None and not state.exists():
        time.sleep(0.05)
    process.kill()
    process.wait()
    history = json.loads(state.read_text())["log_history"]
    return [entry["loss"] for entry in history if "loss" in entry], times


# The reference


def peer(recipe, steps):
    import numpy as np
    import tokenizers
    import torch
    import transformers
    from muon import MuonWithAdamW
    from sampled_vocabulary import SampledVocabulary

    transformers.logging.set_verbosity_error()
    vocabulary = PACKAGE / "Weights" / "tale-gpt2"
    bpe = tokenizers.ByteLevelBPETokenizer(
        str(vocabulary / "vocab.json"), str(vocabulary / "merges.txt"), add_prefix_space=False)
    bpe.add_special_tokens([SEPARATOR])
    text = pathlib.Path(recipe["train_file"]).read_text(encoding="utf-8")
    documents = text.split(f"\n{SEPARATOR}\n")
    kept = [d for i, d in enumerate(documents) if i % recipe["holdout_every"] != recipe["holdout_every"] - 1]
    last = len(documents) - 1
    ids = np.concatenate([bpe.encode(d + ("" if d is documents[last] else SEPARATOR)).ids for d in kept])
    size = recipe["block_size"]
    blocks = torch.from_numpy(ids[: len(ids) // size * size].reshape(-1, size))

    config = transformers.GPT2Config()
    config.update_from_string(recipe["config_overrides"])
    sampling = SampledVocabulary(
        blocks.flatten(), config.vocab_size,
        **{k: recipe[k] for k in ("sampled_vocabulary", "sampled_vocabulary_frequent", "sampled_vocabulary_share")})
    losses, times = [], []

    class Recipe(transformers.Trainer):
        def compute_loss(self, model, inputs, return_outputs=False):
            if sampling.is_sampled(self.state):
                loss = sampling.loss(model, inputs["input_ids"], inputs["labels"])
            else:
                loss = model(**inputs).loss
            losses.append(loss.item())
            return loss

        def create_optimizer(self):
            a = self.args
            self.optimizer = MuonWithAdamW(
                self.model, a.learning_rate, (a.adam_beta1, a.adam_beta2), a.adam_epsilon, a.weight_decay)
            return self.optimizer

    class Clock(transformers.TrainerCallback):
        def on_step_end(self, args, state, control, **_):
            times.append(time.perf_counter())
            control.should_training_stop = state.global_step >= steps

    keys = ("per_device_train_batch_size", "max_steps", "learning_rate", "lr_scheduler_type", "warmup_steps",
            "weight_decay", "adam_beta1", "adam_beta2", "max_grad_norm", "seed")  # fmt: skip
    transformers.set_seed(recipe["seed"])
    model = transformers.GPT2LMHeadModel(config)
    with tempfile.TemporaryDirectory() as folder:
        Recipe(
            model=model, train_dataset=[{"input_ids": b, "labels": b} for b in blocks], callbacks=[Clock()],
            args=transformers.TrainingArguments(
                output_dir=folder, save_strategy="no", logging_strategy="no", report_to=[], disable_tqdm=True,
                **{k: recipe[k] for k in keys}),
        ).train()  # fmt: skip
    return losses, times


def peer_in_a_process(steps, recipe_path):
    done = subprocess.run(
        [sys.executable, __file__, "--fox", "none", "--steps", str(steps), "--peer-only", "--recipe", str(recipe_path)],
        capture_output=True, text=True)  # fmt: skip
    if done.returncode != 0:
        raise SystemExit(done.stderr)
    return json.loads(done.stdout.splitlines()[-1])


# The picture


def overlaid(a, b, steps):
    width, height, left, bottom = 720, 360, 56, 40
    low, high = min(a + b), max(a + b)

    def line(values):
        return " ".join(
            f"{left + i / max(1, steps - 1) * (width - left - 16):.1f},{16 + (high - v) / (high - low) * (height - bottom - 16):.1f}"
            for i, v in enumerate(values))

    ticks = "".join(
        f'<text x="{left - 8}" y="{20 + (high - v) / (high - low) * (height - bottom - 16):.0f}" text-anchor="end">{v:.1f}</text>'
        for v in (low, (low + high) / 2, high))
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" role="img" font-family="system-ui, sans-serif" '
        f'font-size="13"><title>Loss of the first {steps} steps: transformers\' Trainer and fox train</title>'
        f'<rect width="{width}" height="{height}" fill="#fff"/>{ticks}'
        f'<text x="{width / 2}" y="{height - 10}" text-anchor="middle">steps 1 to {steps}; one line lies on the other</text>'
        f'<polyline points="{line(b)}" fill="none" stroke="#f59e0b" stroke-width="5"/>'
        f'<polyline points="{line(a)}" fill="none" stroke="#1d4ed8" stroke-width="1.2"/>'
        f'<text x="{width - 220}" y="40" fill="#b45309">▬ transformers 4.17.0</text>'
        f'<text x="{width - 220}" y="60" fill="#1d4ed8">─ fox train</text></svg>\n')


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--fox", required=True)
    parser.add_argument("--steps", type=int, default=300)
    parser.add_argument("--timed", type=int, default=12)
    parser.add_argument("--peer-only", action="store_true")
    parser.add_argument("--timed-only", action="store_true")
    parser.add_argument("--recipe", type=pathlib.Path, default=RECIPE)
    parser.add_argument("--output", type=pathlib.Path, default=PACKAGE / "Benchmarks")
    options = parser.parse_args()
    recipe = json.loads(options.recipe.read_text())
    recipe["train_file"] = str(pathlib.Path(os.environ["FOX_DATA"]) / "stories" / "corpus-children.txt")
    if options.peer_only:
        print(json.dumps(peer(recipe, options.steps)))
        return
    tokens = recipe["per_device_train_batch_size"] * recipe["block_size"]
    result = {"tokens_per_step": tokens}
    with tempfile.TemporaryDirectory() as folder:
        if not options.timed_only:
            mine, _ = ours(options.fox, recipe, options.steps, folder)
            theirs, _ = peer_in_a_process(options.steps, options.recipe)
            gaps = [abs(x - y) / y for x, y in zip(mine, theirs)]
            result |= {"losses": mine, "peer_losses": theirs, "largest_relative_difference": max(gaps)}
            result["largest_relative_difference_of_the_first_50"] = max(gaps[:50])
            (options.output / "loss-overlaid.svg").write_text(overlaid(mine, theirs, options.steps))
            print(f"losses of {options.steps} steps differ by at most {max(gaps):.2e}", flush=True)
        pairs = []
        for _ in range(2):
            rates = []
            for times in (ours(options.fox, recipe, options.timed + 2, folder)[1], peer_in_a_process(options.timed + 2, options.recipe)[1]):
                steps = [b - a for a, b in zip(times[1:], times[2:])]
                rates.append(tokens / statistics.median(steps))
            pairs.append(rates)
            print(f"tokens a second: ours {rates[0]:.0f}, the reference {rates[1]:.0f}", flush=True)
        result["tokens_per_second"] = pairs
        result["ratio"] = statistics.median(a / b for a, b in pairs)
    (options.output / "recipe.json").write_text(json.dumps(result) + "\n")
    print(f"ratio {result['ratio']:.2f}")


if __name__ == "__main__":
    main()
