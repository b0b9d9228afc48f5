"""Makes Weights/tale-gpt2 of a finished run of its recipe: weights in F16, results.json, loss.svg, MODEL_CARD.md.

    FOX_DATA=<data folder> python card.py RUN --fox BIN --before FOLDER

RUN is the output folder of `fox train lm Weights/tale-gpt2/recipe.json`. Everything in the card is measured here, on the
F16 weights that are committed, or read from the run's trainer_state.json. FOLDER is a model that the new one is held
against on the same held-out documents; what ngram.py measured is repeated with its name.
"""

import argparse
import hashlib
import json
import math
import os
import pathlib
import subprocess
import tempfile

PACKAGE = pathlib.Path(__file__).resolve().parents[1]
MODEL = PACKAGE / "Weights" / "tale-gpt2"
# What ngram.py prints: the held-out documents' GPT-2 tokens with their separators, their bytes of text, a 5-gram's loss.
NGRAM = json.loads(pathlib.Path(__file__).with_name("ngram.json").read_text())
HELD_OUT_TOKENS, HELD_OUT_BYTES = NGRAM["held_out_tokens"], NGRAM["held_out_bytes"]
PROMPTS = ("The brown fox jumps", "Once upon a time, in a barn near a farm house,", "The old king had three sons, and")


def run(*command):
    return subprocess.run([str(c) for c in command], check=True, capture_output=True, text=True).stdout


def recipe():
    return json.loads((MODEL / "recipe.json").read_text())


def held_out_loss(fox, model):
    """Nats a token over all whole blocks of the held-out documents."""
    with tempfile.TemporaryDirectory() as folder:
        config = pathlib.Path(folder) / "evaluate.json"
        config.write_text(json.dumps({k: recipe()[k] for k in ("document_separator", "holdout_every", "block_size")} | {
            "model_name_or_path": str(model), "train_file": corpus(), "do_eval": True,
            "per_device_eval_batch_size": 8, "prediction_loss_only": True, "output_dir": f"{folder}/out"}))  # fmt: skip
        run(fox, "train", "lm", config)
        return json.loads((pathlib.Path(folder) / "out" / "all_results.json").read_text())["eval_loss"]


def corpus():
    return str(pathlib.Path(os.environ["FOX_DATA"]) / recipe()["train_file"])


def sha256(path):
    return hashlib.sha256(pathlib.Path(path).read_bytes()).hexdigest()


# The picture


def curve(training, held_out):
    """Loss by millions of tokens: of every 20 steps in training, and on the first held-out blocks."""
    width, height, left, bottom, top = 720, 360, 52, 44, 16
    last, low, high = training[-1][0], min(v for _, v in training + held_out) - 0.1, 7.0
    x = lambda tokens: left + tokens / last * (width - left - 16)
    y = lambda loss: top + (high - min(loss, high)) / (high - low) * (height - bottom - top)
    points = lambda values: " ".join(f"{x(t):.1f},{y(v):.1f}" for t, v in values)
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" role="img" '
        'font-family="system-ui, sans-serif" font-size="13">',
        "<title>Loss in training and on held-out documents, by tokens read</title>",
        f'<rect width="{width}" height="{height}" fill="#fff"/>']  # fmt: skip
    for loss in range(int(low) + 1, int(high) + 1):
        lines.append(f'<line x1="{left}" x2="{width - 16}" y1="{y(loss):.1f}" y2="{y(loss):.1f}" stroke="#e5e7eb"/>')
        lines.append(f'<text x="{left - 8}" y="{y(loss) + 4:.1f}" text-anchor="end">{loss}</text>')
    for tokens in range(0, int(last / 1e6) + 1, 5):
        lines.append(f'<text x="{x(tokens * 1e6):.1f}" y="{height - 24}" text-anchor="middle">{tokens}</text>')
    lines += [
        f'<text x="{(left + width) / 2}" y="{height - 6}" text-anchor="middle">million tokens read</text>',
        f'<polyline points="{points(training)}" fill="none" stroke="#93c5fd" stroke-width="1"/>',
        f'<polyline points="{points(held_out)}" fill="none" stroke="#1d4ed8" stroke-width="2"/>',
        f'<text x="{width - 20}" y="36" text-anchor="end" fill="#3b82f6">in training (mean of 20 steps; over the sampled vocabulary but for the last 5 %)</text>',
        f'<text x="{width - 20}" y="56" text-anchor="end" fill="#1d4ed8">on the first 48 held-out blocks</text>',
        f'<text x="{left}" y="12">nats a token</text></svg>\n']  # fmt: skip
    return "\n".join(lines)


# The card


def samples(fox):
    shown = []
    for prompt in PROMPTS:
        beams = json.loads(run(fox, "beam", prompt, "--model", MODEL, "--beams", 5, "--steps", 40, "--no-repeat-ngram", 3, "--json"))
        drawn = run(fox, "generate", prompt, "--model", MODEL, "--max-new-tokens", 60, "--top-p", 0.9, "--temperature", 0.8, "--seed", 1)
        shown.append(f"Beam search, 5 beams, 40 steps, no trigram twice:\n\n> {flat(beams['beams'][0]['text'])}\n\n"
                     f"Sampled, top-p 0.9, temperature 0.8, seed 1:\n\n> {flat(drawn)}\n")  # fmt: skip
    return "\n".join(shown)


def flat(text):
    return " ".join(text.split())


def card(results, fox):
    config, keys = json.loads((MODEL / "config.json").read_text()), recipe()
    loss, size = results["held_out_loss"], (MODEL / "model.safetensors").stat().st_size
    before, words = results["before"], "{per_token:.4f} | {per_byte:.4f}".format
    rows = "\n".join(
        f"| {name} | {words(**values)} |"
        for name, values in (
            ("this model", loss), ("the model it takes the place of (5.5 million parameters, AdamW)", before),
            ("Kneser–Ney 5-gram (`Benchmarks/ngram.py`)", results["kneser_ney_5_gram"])))  # fmt: skip
    return f"""---
language: en
license: mit
library_name: transformers
pipeline_tag: text-generation
tags:
- gpt2
- stories
- from-scratch
---

# tale-gpt2

A small GPT-2 that tells old-fashioned children's stories: {results["parameters"]:,} parameters, {config["n_layer"]} layers,
{config["n_embd"]} wide, {config["n_head"]} heads, {config["n_positions"]} positions, GPT-2's own vocabulary. Trained from random weights by
this package's `fox train lm`, on two processor cores. It exists so that beam search, `WordBlock` and `BeamBlock` can be
watched on a model that fits into a repository. transformers loads the folder as it is.

`model.safetensors` (F16, {size:,} bytes), sha256 `{results["sha256"]}`
(`fox inspect Weights/tale-gpt2/model.safetensors --sha256` compares it)

## Data and licence

29 MB of tales and children's books in 370 documents: Project Gutenberg texts (public domain in the USA) and sections of
FairytaleQA (Apache-2.0). Held out by document, so that no text of a book is on both sides: every document whose index
% 20 is 19, 18 of them, {HELD_OUT_TOKENS:,} tokens. The other {results["training_tokens_in_corpus"]:,} tokens were read
{results["tokens"] / results["training_tokens_in_corpus"]:.1f} times. Weights: MIT. The vocabulary is OpenAI's (modified MIT, see `LICENSE-vocabulary`).

## Recipe

`recipe.json` is the whole of it; anyone can run it again, stop it and go on:

```
fox train lm Weights/tale-gpt2/recipe.json --set train_file=$FOX_DATA/stories/corpus-children.txt --resume
```

Muon for the matrices of the blocks and AdamW for the rest, one learning rate of {keys["learning_rate"]} with {keys["warmup_steps"]} steps of warm-up
and a cosine, decay {keys["weight_decay"]}, gradients clipped at {keys["max_grad_norm"]}, no dropout; {keys["max_steps"]:,} steps of {keys["per_device_train_batch_size"]} × {keys["block_size"]} tokens in
float32, {results["tokens"] / 1e6:.1f} million tokens in {results["seconds"] / 60:.0f} minutes. The first {keys["sampled_vocabulary_share"]:.0%} of the steps are scored over
{keys["sampled_vocabulary_frequent"]:,} frequent words, the batch's own and {keys["sampled_vocabulary"]:,} drawn ones, the rest over the whole vocabulary.

![Loss by tokens read](loss.svg)

## Held-out loss

Over all whole blocks of 512 tokens of the held-out documents, on the F16 weights widened to F32; perplexity a token {results["perplexity"]:.2f}.
`results.json` has all of it.

| | nats a token | nats a byte |
|---|---|---|
{rows}

## Samples

Not chosen among several.

{samples(fox)}
## Limits

It knows story English of a hundred years ago and keeps to a subject for a sentence or two; it knows no facts. It
repeats what its books say, their prejudices included. Not for any use but teaching and testing.
"""


def check(options):
    """The run's trainer_state.json, if the run is a whole one of the recipe and there is something to compare it with."""
    assert options.before.resolve() != MODEL.resolve(), "the old model must be a copy"
    state, keys = json.loads((options.run / "trainer_state.json").read_text()), recipe()
    assert state["global_step"] == keys["max_steps"], "the run is not finished"
    newest = max(options.run.glob("checkpoint-*"), key=lambda p: int(p.name.split("-")[1]))
    identity = json.loads((newest / "run_state.json").read_text())["identity"]
    other = {k: (v, keys[k]) for k, v in identity.items() if k in keys and v != keys[k]}
    assert not other, f"the run is of another recipe: {other}"
    for name in ("vocab.json", "merges.txt"):
        assert sha256(options.run / name) == sha256(MODEL / name), name
    return state


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("run", type=pathlib.Path)
    parser.add_argument("--fox", required=True)
    parser.add_argument("--before", required=True, type=pathlib.Path)
    parser.add_argument("--paused", type=float, default=0, help="seconds of the run's time that its process was stopped")
    options = parser.parse_args()
    state = check(options)
    before = held_out_loss(options.fox, options.before)
    run(options.fox, "convert", options.run / "model.safetensors", MODEL / "model.safetensors", "--dtype", "f16")
    config = json.loads((options.run / "config.json").read_text()) | {"torch_dtype": "float16"}
    (MODEL / "config.json").write_text(json.dumps(config, indent=2, sort_keys=True) + "\n")
    after = held_out_loss(options.fox, MODEL)
    trained = json.loads((options.run / "train_results.json").read_text())
    keys = recipe()
    step = keys["per_device_train_batch_size"] * keys["block_size"]
    history = lambda key: [[e["step"] * step, round(e[key], 4)] for e in state["log_history"] if key in e]
    training, held_out = history("loss"), history("eval_loss")
    per_token = lambda loss: {"per_token": loss, "per_byte": loss * HELD_OUT_TOKENS / HELD_OUT_BYTES}
    parameters = json.loads(run(options.fox, "inspect", MODEL / "model.safetensors", "--json"))
    results = {
        "corpus": keys["train_file"], "corpus_sha256": sha256(corpus()),
        "training_tokens_in_corpus": 6_754_003, "held_out_tokens": HELD_OUT_TOKENS, "held_out_bytes": HELD_OUT_BYTES,
        "parameters": sum(count(t["shape"]) for t in parameters["tensors"]), "steps": state["global_step"],
        "tokens": state["global_step"] * step, "seconds": trained["train_runtime"] - options.paused,
        "held_out_loss": per_token(after), "perplexity": math.exp(after), "before": per_token(before),
        "kneser_ney_5_gram": per_token(NGRAM["loss_per_token"]) | {"tool": "irstlm 6.00.05, tlm -lm=ImprovedKneserNey -ps=no"},
        "loss_by_tokens": training[9::10], "held_out_loss_of_48_blocks_by_tokens": held_out,
        "sha256": sha256(MODEL / "model.safetensors")}  # fmt: skip
    (MODEL / "results.json").write_text(json.dumps(results, indent=1) + "\n")
    (MODEL / "loss.svg").write_text(curve(training, held_out))
    (MODEL / "MODEL_CARD.md").write_text(card(results, options.fox))
    print(json.dumps({k: v for k, v in results.items() if "by_tokens" not in k}, indent=1))


def count(shape):
    total = 1
    for side in shape:
        total *= side
    return total


if __name__ == "__main__":
    main()
