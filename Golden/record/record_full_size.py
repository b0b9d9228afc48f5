"""Records Golden/gpt2/full-size.json: GPT-2 at its true size (124M parameters) on random weights.

Authority: GPT2LMHeadModel of transformers 4.17.0 and the homework's beam search, on torch 2.13.0 (CPU).
The weights are not kept: the folder is made again by `fox init gpt2 --out MODEL_DIR --seed …` and known by
the sha256 of its model.safetensors.

    python record_full_size.py MODEL_DIR [OUT.json]

Logits of one prompt of 64 ids (of a few rows: the first 50 values, argmax, log-sum-exp), beam search with 5 beams
and 10 steps, greedy decoding of 12 steps. The cases of `searches` have beam.json's schema.
"""

import pathlib
import sys

import numpy as np
import torch

import record_beam
import reference

ROWS = [0, 1, 31, 62, 63]
FIRST = 50


def prompt(seed, length, vocabulary):
    return np.random.default_rng(seed).integers(0, vocabulary, length).tolist()


def compute(strict):
    model = reference.load_model(sys.argv[1])
    vocabulary = model.config.vocab_size
    ids = prompt(64, 64, vocabulary)
    logits = model(torch.tensor([ids])).logits[0]
    rows = [
        {
            "row": row,
            "argmax": logits[row].argmax().item(),
            "max": logits[row].max().item(),
            "log_sum_exp": logits[row].double().logsumexp(-1).item(),
            "first": logits[row, :FIRST].tolist(),
        }
        for row in ROWS
    ]

    def search(name, beams, steps):
        def run(ids):
            case = dict(model="full-size", prompt_ids=ids, prompt=None, beams=beams, steps=steps, processors=[])
            return record_beam.search(model, None, name, case)

        if strict:
            return run(next(c["prompt_ids"] for c in strict["searches"] if c["name"] == name))
        return record_beam.draw((prompt(seed, 8, vocabulary) for seed in range(100, 120)), record_beam.clear, run)

    searches = [search("beam", 5, 10), search("greedy", 1, 12)]
    return {"config": {k: getattr(model.config, k) for k in ("vocab_size", "n_positions", "n_embd", "n_layer", "n_head")},
            "prompt_ids": ids, "rows": rows, "searches": searches}  # fmt: skip


def main():
    if len(sys.argv) not in (2, 3):
        raise SystemExit(__doc__)
    result, noise = reference.both_ways(compute)
    record = reference.provenance(__file__, "transformers 4.17.0 GPT2LMHeadModel and the homework's run_beam_search, float32")
    record["models"] = {"full-size": reference.sha256(pathlib.Path(sys.argv[1]) / "model.safetensors")}
    document = {"provenance": record, "noise_floor": noise, **result}
    reference.write_json(sys.argv[2] if len(sys.argv) == 3 else reference.GOLDEN / "gpt2" / "full-size.json", document)
    print(f"noise floor {noise:.2e}")


if __name__ == "__main__":
    main()
