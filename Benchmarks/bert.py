"""Times a BERT's evaluation and training of ours and of the reference in turn; run.sh calls it with --bert.

    python bert.py --foxbench BIN --model DIR [--turns 3] [--markdown FILE]

32 texts padded to 128, with as many tokens as sentences of SST-2 have, and full. The reference runs as installed and
with its allocator tuned, each in a process of its own, in turn with ours. Ratios are medians over turns of neighbouring
runs.
"""

import argparse
import datetime
import os
import pathlib
import statistics
import sys

from bench import processor, time_text, versions
from training import TUNED, run

WORK = [
    ("evaluation, SST-2", "bert-eval", False, "≥ 4.5×"), ("evaluation, full", "bert-eval", True, "–"),
    ("training step, SST-2", "bert-train", False, "≥ 6×"), ("training step, full", "bert-train", True, "≥ 1.2×"),
]  # fmt: skip


def arguments(workload, full, runs):
    return [workload, "--runs", str(runs)] + (["--full"] if full else [])


def ours(options, workload, full):
    first, *rest = arguments(workload, full, 2)
    return run([options.foxbench, first, "--model", options.model, *rest])


def theirs(options, workload, full, more):
    script = pathlib.Path(__file__).with_name("bert_peer.py")
    return run([sys.executable, str(script), options.model, *arguments(workload, full, 2)], more)


def compare(options):
    rows = []
    for name, workload, full, target in WORK:
        for way, more in (("as installed", None), ("allocator tuned", TUNED)):
            pairs = [(ours(options, workload, full), theirs(options, workload, full, more)) for _ in range(options.turns)]
            us, them = ([statistics.median(side["seconds"]) for side in sides] for sides in zip(*pairs))
            rows.append({
                "name": name, "way": way, "target": target, "ours": statistics.median(us), "peer": statistics.median(them),
                "ratio": statistics.median(y / x for x, y in zip(us, them)),
                "gap": max(abs(x - y) for a, b in pairs for x, y in zip(a["outputs"], b["outputs"])),
                "memory": pairs[0][0]["peak"], "peer memory": pairs[0][1]["peak"],
            })
            print(rows[-1], file=sys.stderr, flush=True)
    return rows


def markdown(options, rows, load):
    names = versions(True)
    lines = [
        "# Measured: BERT", "",
        f"{datetime.date.today().isoformat()} · {processor()}, {os.cpu_count()} processors (load at the start {load:.1f}) · "
        + ", ".join(f"{k} {v}" for k, v in names.items()), "",
        f"BERT-base, 32 texts padded to 128; {options.turns} turns of ours and the peer's, two runs each after one that does not "
        "count. SST-2: 26 tokens a text on average. Training has dropout, clipping and `adamw_hf`. Outputs are logits, or "
        "losses. `Benchmarks/run.sh --bert` writes this file.", "",
        "| work | peer | ours | peer's | ratio | target | outputs differ by | our peak | peer's peak |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    for row in rows:
        lines.append(
            f"| {row['name']} | {row['way']} | {time_text(row['ours'])} | {time_text(row['peer'])} | {row['ratio']:.2f}× | "
            f"{row['target']} | {row['gap']:.1e} | {row['memory'] / 1e9:.2f} GB | {row['peer memory'] / 1e9:.2f} GB |")
    return "\n".join(lines) + "\n"


def main():
    parser = argparse.ArgumentParser()
    for name in ("--foxbench", "--model"):
        parser.add_argument(name, required=True)
    parser.add_argument("--markdown")
    parser.add_argument("--turns", type=int, default=3)
    options = parser.parse_args()
    load = os.getloadavg()[0]
    text = markdown(options, compare(options), load)
    if options.markdown:
        pathlib.Path(options.markdown).write_text(text)
    print(text)


if __name__ == "__main__":
    main()
