"""What record_hf_beam.py and record_sampling.py share: cases of `model.generate` of transformers 4.40.2.

A case is a dictionary of everything `generate` is asked for (`OPTIONS` has the defaults), of the prompts, and of what
came out. Prompts of different lengths are padded on the left with `pad`, and the padding is masked.
"""

import contextlib
import warnings

import numpy as np
import torch
import transformers

import reference

AUTHORITY = "GPT2LMHeadModel.generate of transformers 4.40.2, float32"
FOLDER = reference.GOLDEN / "decoding"
MODELS = reference.GOLDEN / "gpt2" / "models"
GAP = 5e-5

OPTIONS = {
    "max_new_tokens": 10,
    "repetition_penalty": 1.0,
    "no_repeat_ngram_size": 0,
    "bad_words_ids": [],
    "min_new_tokens": 0,
}

warnings.filterwarnings("ignore")
transformers.logging.set_verbosity_error()
loaded = {}


def model(name):
    """A tiny model without any generation default of its own: eos and pad come from the case alone."""
    if name not in loaded:
        loaded[name] = reference.load_model(MODELS / name)
        loaded[name].generation_config = transformers.GenerationConfig()
    return loaded[name]


def padded(prompts, pad):
    """(input_ids, attention_mask) [B, T], padded on the left."""
    longest = max(map(len, prompts))
    assert pad is not None or all(len(p) == longest for p in prompts)
    ids = torch.tensor([[pad] * (longest - len(p)) + p for p in prompts])
    mask = torch.tensor([[0] * (longest - len(p)) + [1] * len(p) for p in prompts])
    return ids, mask


def generate(case, **more):
    """Runs `generate` for a case; `more` are the options of one way of decoding."""
    ids, mask = padded(case["prompts"], case["pad"])
    return model(case["model"]).generate(
        ids,
        attention_mask=mask,
        eos_token_id=case["eos"] or None,
        pad_token_id=case["pad"],
        max_new_tokens=case["max_new_tokens"],
        min_new_tokens=case["min_new_tokens"] or None,
        repetition_penalty=case["repetition_penalty"],
        no_repeat_ngram_size=case["no_repeat_ngram_size"],
        bad_words_ids=case["bad_words_ids"] or None,
        num_return_sequences=case["returned"],
        output_scores=True,
        return_dict_in_generate=True,
        **more,
    )


def lengths(case, sequences):
    """How many ids of each row count: padding on the left, prompt, generated ids, the first eos (if any) included."""
    start = max(map(len, case["prompts"]))
    ends = ([i + 1 for i, x in enumerate(row) if i >= start and x in case["eos"]] for row in sequences)
    return [min(end, default=len(row)) for end, row in zip(ends, sequences)]


def stripped(case, sequences):
    """Per prompt: the returned rows, without padding on either side."""
    longest, rows = max(map(len, case["prompts"])), [r[:n] for r, n in zip(sequences, lengths(case, sequences))]
    per = len(rows) // len(case["prompts"])
    return [
        [row[longest - len(prompt) :] for row in rows[i * per : (i + 1) * per]]
        for i, prompt in enumerate(case["prompts"])
    ]


@contextlib.contextmanager
def replaced(owner, name, function):
    """For a while, `owner.name` is `function(the original)`."""
    original = getattr(owner, name)
    setattr(owner, name, function(original))
    try:
        yield
    finally:
        setattr(owner, name, original)


def neighbours(scores, blocked=reference.BLOCKED):
    """The least distance of neighbours among the unblocked ones."""
    scores = sorted(s for s in scores if s > blocked)
    return min((b - a for a, b in zip(scores, scores[1:])), default=float("inf"))


def random_prompt(rng, length, vocabulary):
    """Ids that repeat a motif of one to four of them with an odd one out now and then."""
    motif = rng.integers(0, vocabulary, rng.integers(1, 5)).tolist()
    row = (motif * length)[:length]
    return [int(rng.integers(0, vocabulary)) if rng.random() < 0.2 else x for x in row]


def part(rng, row, length):
    """A run of ids somewhere in a row."""
    start = int(rng.integers(0, len(row) - length + 1))
    return row[start : start + length]


def draw(name, attempt, limit=400):
    """The first of `attempt(rng)` that is not None."""
    for i in range(limit):
        result = attempt(np.random.default_rng([i, *name.encode()]))
        if result is not None:
            return result
    raise SystemExit(f"{name}: nothing acceptable found")
