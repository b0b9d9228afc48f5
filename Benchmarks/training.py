"""Times the training step of ours and of the reference in turn; run.sh calls it with --training.

    python training.py --foxbench BIN --model DIR [--turns 3] [--markdown FILE]

The reference runs as installed and with its allocator tuned, each in a process of its own: (ours, installed, ours,
tuned) a turn. Ratios are medians over turns of neighbouring runs. Then ours alone over block sizes.
"""

import argparse
import datetime
import json
import os
import pathlib
import statistics
import subprocess
import sys

from bench import processor, time_text, versions

TUNED = {
    "GLIBC_TUNABLES": "glibc.malloc.hugetlb=1", "MALLOC_TOP_PAD_": str(1 << 30),
    "MALLOC_MMAP_THRESHOLD_": str(1 << 32), "MALLOC_TRIM_THRESHOLD_": str(1 << 36),
}
SHAPES = [(32, 64), (16, 128), (8, 256), (4, 512), (2, 1024)]


def run(command, more=None):
    done = subprocess.run(command, capture_output=True, text=True, env={**os.environ, **(more or {})})
    if done.returncode != 0:
        raise SystemExit(done.stderr.strip())
    return json.loads(done.stdout)


def ours(options, batch=8, tokens=256, runs=2):
    return run([options.foxbench, "train", "--model", options.model, "--runs", str(runs),
                "--batch", str(batch), "--tokens", str(tokens)])


def theirs(options, more=None):
    script = pathlib.Path(__file__).with_name("training_peer.py")
    return run([sys.executable, str(script), options.model], more)


def compare(options):
    """Per way of the peer: our medians, theirs, the ratio, and whether losses agree."""
    rows = []
    for name, more in (("as installed", None), ("allocator tuned", TUNED)):
        pairs = [(ours(options), theirs(options, more)) for _ in range(options.turns)]
        us, them = [statistics.median(a["seconds"]) for a, _ in pairs], [statistics.median(b["seconds"]) for _, b in pairs]
        gap = max(abs(x - y) / y for a, b in pairs for x, y in zip(a["losses"], b["losses"]))
        rows.append({
            "name": name, "ours": statistics.median(us), "peer": statistics.median(them),
            "ratio": statistics.median(y / x for x, y in zip(us, them)), "gap": gap,
            "memory": pairs[0][0]["peak"], "peer memory": pairs[0][1]["peak"],
        })
        print(rows[-1], file=sys.stderr, flush=True)
    return rows


def markdown(options, rows, shapes, load):
    names = versions(True)
    lines = [
        "# Measured: training", "",
        f"{datetime.date.today().isoformat()} · {processor()}, {os.cpu_count()} processors (load at the start {load:.1f}) · "
        + ", ".join(f"{k} {v}" for k, v in names.items()), "",
        f"GPT-2 small, 8 × 256 tokens, dropout, clipping, `adamw_hf`; {options.turns} turns of ours and the peer's, two steps "
        "each after one that does not count. `Benchmarks/run.sh --training` writes this file.", "",
        "| peer | ours | peer's | ratio | losses differ by | our peak | peer's peak |", "|---|---|---|---|---|---|---|",
    ]
    for row in rows:
        lines.append(f"| {row['name']} | {time_text(row['ours'])} | {time_text(row['peer'])} | {row['ratio']:.2f}× | "
                     f"{row['gap']:.1e} | {row['memory'] / 1e9:.2f} GB | {row['peer memory'] / 1e9:.2f} GB |")
    lines += ["", "| batch × block | step | a token | of it attention |", "|---|---|---|---|"]
    for (batch, tokens), document in shapes:
        step = statistics.median(document["seconds"])
        share = document["attention"] / step
        lines.append(f"| {batch} × {tokens} | {time_text(step)} | {step / batch / tokens * 1000:.2f} ms | {share:.0%} |")
    return "\n".join(lines) + "\n"


def main():
    parser = argparse.ArgumentParser()
    for name in ("--foxbench", "--model"):
        parser.add_argument(name, required=True)
    parser.add_argument("--markdown")
    parser.add_argument("--turns", type=int, default=3)
    options = parser.parse_args()
    load = os.getloadavg()[0]
    rows = compare(options)
    shapes = [(shape, ours(options, *shape)) for shape in SHAPES]
    text = markdown(options, rows, shapes, load)
    if options.markdown:
        pathlib.Path(options.markdown).write_text(text)
    print(text)


if __name__ == "__main__":
    main()
