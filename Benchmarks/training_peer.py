"""The reference's training step, timed: `training_peer.py FOLDER --batch 8 --tokens 256 --runs 2` prints one JSON document.

GPT2LMHeadModel of transformers 4.17.0 in training mode with dropout, its own AdamW, the gradient clipped at 1: what the
homework's Trainer does in a step. Batches and seed are those of Sources/Workshop/Bench/TrainingWork.swift.
"""

import argparse
import json
import pathlib
import resource
import sys
import time
import warnings

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "Golden" / "record"))
import reference  # noqa: E402
import torch  # noqa: E402
from transformers.optimization import AdamW  # noqa: E402


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("folder")
    for name, value in (("--batch", 8), ("--tokens", 256), ("--runs", 2)):
        parser.add_argument(name, type=int, default=value)
    options = parser.parse_args()
    warnings.simplefilter("ignore")
    model = reference.load_model(options.folder).train()
    torch.manual_seed(42)
    count = options.batch * options.tokens
    ids = ((torch.arange(count) * 7919 + 13) % model.config.vocab_size).view(options.batch, options.tokens)
    named = list(model.named_parameters())
    plain = [p for n, p in named if "bias" in n or "ln_" in n]
    decayed = [p for n, p in named if not ("bias" in n or "ln_" in n)]
    optimizer = AdamW([{"params": decayed}, {"params": plain}], lr=5e-5, eps=1e-8)
    seconds, losses = [], []
    for _ in range(options.runs + 1):
        start = time.perf_counter()
        loss = model(input_ids=ids, labels=ids).loss
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        model.zero_grad()
        losses.append(loss.item())
        seconds.append(time.perf_counter() - start)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    print(json.dumps({"seconds": seconds[1:], "losses": losses, "peak": peak, "threads": torch.get_num_threads()}))


if __name__ == "__main__":
    main()
