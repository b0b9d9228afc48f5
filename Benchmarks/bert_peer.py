"""The reference's BERT, timed: `bert_peer.py FOLDER bert-eval|bert-train [--full] [--runs 2]` prints one JSON document.

BertForSequenceClassification of transformers 4.17.0 on batches padded to 128, as the homework has them; training with
dropout, its own AdamW and the gradient clipped at 1. Batches and seed are those of Sources/Workshop/Bench/BERTWork.swift.
"""

import argparse
import json
import pathlib
import resource
import sys
import time
import warnings

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "Golden" / "record"))
import bert_models  # noqa: E402
import torch  # noqa: E402
import transformers  # noqa: E402
from transformers.optimization import AdamW  # noqa: E402

WIDTH, COUNT = 128, 32


def batch(vocabulary, full):
    lengths = [WIDTH if full else 12 + row * 7 % 30 for row in range(COUNT)]
    ids, mask = torch.zeros(COUNT, WIDTH, dtype=torch.long), torch.zeros(COUNT, WIDTH, dtype=torch.long)
    for row, length in enumerate(lengths):
        ids[row, :length] = ((torch.arange(length) + row * WIDTH) * 7919 + 13) % vocabulary
        mask[row, :length] = 1
    return {"input_ids": ids, "attention_mask": mask, "token_type_ids": torch.zeros_like(ids)}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("folder")
    parser.add_argument("workload", choices=["bert-eval", "bert-train"])
    parser.add_argument("--full", action="store_true")
    parser.add_argument("--runs", type=int, default=2)
    options = parser.parse_args()
    warnings.simplefilter("ignore")
    model = bert_models.load(transformers.BertForSequenceClassification, options.folder)
    torch.manual_seed(42)
    given = batch(model.config.vocab_size, options.full)
    labels = torch.arange(COUNT) % 2
    named = list(model.named_parameters())
    plain = [p for n, p in named if "bias" in n or "LayerNorm" in n]
    decayed = [p for n, p in named if not ("bias" in n or "LayerNorm" in n)]
    optimizer = AdamW([{"params": decayed}, {"params": plain}], lr=2e-5)
    seconds, outputs = [], []

    def train():
        loss = model(**given, labels=labels).loss
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        model.zero_grad()
        outputs.append(loss.item())

    def evaluate():
        with torch.no_grad():
            outputs[:] = model(**given).logits.flatten().tolist()

    work = evaluate if options.workload == "bert-eval" else train
    model.train(options.workload == "bert-train")
    for _ in range(options.runs + 1):
        start = time.perf_counter()
        work()
        seconds.append(time.perf_counter() - start)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    print(json.dumps({"seconds": seconds[1:], "outputs": outputs, "peak": peak, "threads": torch.get_num_threads()}))


if __name__ == "__main__":
    main()
