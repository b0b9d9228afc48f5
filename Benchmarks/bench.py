"""Times ours and the reference in turn (ours, theirs, ours …) and writes a table of medians and ratios.

    python bench.py --fox BIN --foxbench BIN --model DIR [--quick] [--text FILE] [--json FILE] [--markdown FILE]

Each row is the median over turns; the ratio is the median of the ratios turn by turn, since machines drift. The floor of
what reads every weight once is its bytes over the bandwidth measured in the same run; the floor of prefill is the bare
time of its products. Without torch only our side is timed.
"""

import argparse
import datetime
import json
import os
import pathlib
import platform
import re
import statistics
import subprocess
import sys
import time

import peer

ROWS = [
    # name, workload, options, peer's function, target as a ratio to the peer (or None)
    ("beam search, 5 beams, a step", "beam", [], "beam", 2.5),
    ("beam search, BF16 weights", "beam", ["--precision", "bf16"], "beam", None),
    ("greedy, batch 1, a token", "greedy", [], "greedy", 1.5),
    ("greedy, BF16 weights", "greedy", ["--precision", "bf16"], "greedy", 2.7),
    ("prefill 512, all logits", "prefill-all", [], "prefill_all", None),
    ("prefill 512, last logits", "prefill-last", [], "prefill_last", None),
]
FLOORS = {"prefill-all": "products-all", "prefill-last": "products-last"}


def foxbench(options, workload, *more):
    """One run of our side: (seconds, the document)."""
    command = [options.foxbench, workload, "--model", options.model, "--runs", "1", *more]
    run = subprocess.run(command, capture_output=True, text=True)
    if run.returncode != 0:
        raise SystemExit(run.stderr.strip())
    document = json.loads(run.stdout)
    return statistics.median(document["seconds"]), document


def bandwidth(options):
    """Bytes a second, the best of a few."""
    _, document = foxbench(options, "read", "--runs", "9")
    return document["bytes"] / min(document["seconds"])


def paired(turns, ours, theirs):
    """Times of both in turn, after one turn that does not count."""
    us, them = [], []
    for turn in range(turns + 1):
        for function, times in ((ours, us), (theirs, them)):
            if function is None:
                continue
            seconds = function()
            if turn:
                times.append(seconds)
    return us, them


def row(name, us, them, target=None, floor=None, note=""):
    record = {"name": name, "ours": us, "peer": them, "target": target, "floor": floor, "note": note}
    record["ratio"] = statistics.median(b / a for a, b in zip(us, them)) if them else None
    # Of the best times: what others do on the machine hits the peer's barriers harder than our loops.
    record["best"] = min(them) / min(us) if them else None
    return record


def inference(options, models):
    for name, workload, extra, function, target in ROWS:
        seen, floors = {}, []

        def ours():
            if workload in FLOORS:
                floors.append(foxbench(options, FLOORS[workload])[0])
            seconds, seen["document"] = foxbench(options, workload, *extra)
            return seconds

        def theirs():
            seconds, seen["peer"] = getattr(models, function)()
            return seconds

        us, them = paired(options.turns, ours, theirs if models else None)
        document = seen["document"]
        note = ""
        if models and "bf16" not in extra:
            same = document["result"] == seen["peer"]
            note = "same ids" if same else "ids differ"
        if floors:
            floor = statistics.median(floors[1:])
            share = statistics.median(a / b for a, b in zip(us, floors[1:]))
            note += f"; {share:.2f} × the products (target 1.15)"
        else:
            floor = document["bytes"] / bandwidth(options)
            note += f"; {statistics.median(us) / floor:.2f} × the floor"
        options.core, options.threads = document["core"], document["threads"]
        yield row(name, us, them, target, floor, note.lstrip("; "))


def start(options, has_peer):
    """Process start to first logits, the file cached."""
    environment = dict(os.environ)

    def clock(command):
        begin = time.perf_counter()
        subprocess.run(command, capture_output=True, check=True, env=environment)
        return time.perf_counter() - begin

    ours = [options.fox, "beam", "The brown fox jumps", "--beams", "1", "--steps", "1", "--model", options.model]
    theirs = [sys.executable, str(pathlib.Path(peer.__file__)), "first-logits", options.model]
    us, them = paired(3, lambda: clock(ours), (lambda: clock(theirs)) if has_peer else None)
    return row("process start to first logits", us, them, None, None, "target 0.25 s; ours with its tokenizer")


def tokenizing(options, has_peer):
    size = os.path.getsize(options.text)
    try:
        their = peer.Tokenizers(options.model, options.text) if has_peer else None
    except ImportError:
        their = None
    counts = {}

    def ours():
        seconds, document = foxbench(options, "tokenize", "--text", options.text)
        counts["ours"] = document["result"]
        return seconds

    turns = 1 if options.quick else 3
    for name, function, target in (("tiktoken", "run_tiktoken", 3), ("HF tokenizers", "run_huggingface", None)):
        def theirs():
            seconds, counts["peer"] = getattr(their, function)()
            return seconds

        us, them = paired(turns, ours, theirs if their else None)
        same = "" if not their else "; same number of ids" if counts["ours"] == counts["peer"] else "; ids differ"
        yield row(f"BPE, {size / 1e6:.0f} MB, beside {name}", us, them, target, None,
                  f"{size / statistics.median(us) / 1e6:.1f} MB/s{same}")


def memory(options):
    """Peak resident memory of our side over weights and cache, in bytes, for each precision."""
    configuration = json.loads(pathlib.Path(options.model, "config.json").read_text())
    slots = len(peer.SHORT) + peer.BEAMS * peer.STEPS
    cache = slots * configuration["n_layer"] * configuration["n_embd"] * 2 * 4
    rows = []
    for precision in ("f32", "bf16"):
        _, document = foxbench(options, "beam", "--precision", precision)
        rows.append({"precision": precision, "peak": document["peak"], "weights": document["bytes"], "cache": cache})
    return rows


def sample_text(options):
    """10 MB of English: of FOX_DATA when it is set, else made of the words of the vocabulary."""
    if options.text:
        return options.text
    target = pathlib.Path(options.foxbench).parent / "bench-text.txt"
    size = 2_000_000 if options.quick else 10_000_000
    data = os.environ.get("FOX_DATA")
    source = pathlib.Path(data, "stories", "corpus-children.txt") if data else None
    if source and source.is_file():
        text = source.read_bytes()[:size].decode("utf-8", errors="ignore")
    else:
        words = [word.replace("Ġ", "") for word in json.loads(pathlib.Path(options.model, "vocab.json").read_text())]
        words = [word.lower() for word in words if word.isascii() and word.isalpha() and len(word) > 1]
        state, parts, length = 1, [], 0
        while length < size:
            state = state * 6364136223846793005 + 1442695040888963407 & (1 << 64) - 1
            # Some words are frequent, as in a language.
            parts.append(words[(state >> 33) % (1 << (4 + (state >> 20) % 11)) % len(words)])
            length += len(parts[-1]) + 1
            if (state >> 40) % 12 == 0:
                parts[-1] += ".\n"
        text = " ".join(parts)
    # Ours reads it as one token, the peers as text.
    text = text.replace("<|endoftext|>", "")
    target.write_bytes(text.encode("utf-8"))
    return str(target)


def processor():
    for line in pathlib.Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.split(":", 1)[1].strip()
    return platform.processor()


def versions(has_peer):
    record = {"python": platform.python_version()}
    if has_peer:
        import torch
        import transformers

        record |= {"torch": torch.__version__, "transformers": transformers.__version__}
        for name in ("tiktoken", "tokenizers"):
            try:
                record[name] = __import__(name).__version__
            except ImportError:
                pass
    swift = subprocess.run(["swift", "--version"], capture_output=True, text=True).stdout
    found = re.search(r"Swift version (\S+)", swift)
    return record | ({"swift": found.group(1)} if found else {})


def time_text(seconds):
    return f"{seconds:.2f} s" if seconds >= 1 else f"{seconds * 1000:.1f} ms"


def markdown(report):
    lines = [
        "# Measured", "",
        f"{report['date']} · {report['processor']}, {report['cpus']} processors (load at the start "
        f"{report['load']:.1f}) · reads {report['bandwidth'] / 1e9:.1f} GB/s · OpenBLAS core {report['core']}, "
        f"{report['threads']} threads · " + ", ".join(f"{k} {v}" for k, v in report["versions"].items()),
        "", "Medians of " + f"{report['turns']} turns, ours and the peer's in turn; the ratio is the median of the "
        "turns' ratios, \"best\" that of the shortest times (what else runs here slows the peer's barriers more than "
        "our loops). GPT-2 small, random weights. `make bench` writes this file.", "",
        "| work | ours | peer | ratio | best | target | floor | |", "|---|---|---|---|---|---|---|---|",
    ]
    for item in report["rows"]:
        cell = lambda value, show: show(value) if value else "–"
        lines.append("| " + " | ".join([
            item["name"], time_text(statistics.median(item["ours"])),
            cell(item["peer"], lambda times: time_text(statistics.median(times))),
            cell(item["ratio"], lambda ratio: f"{ratio:.2f}×"),
            cell(item["best"], lambda ratio: f"{ratio:.2f}×"),
            cell(item["target"], lambda ratio: f"≥ {ratio}×"),
            cell(item["floor"], time_text), item["note"],
        ]) + " |")
    lines += ["", "| memory, 5 beams × 20 | peak | weights | cache | peak over both |", "|---|---|---|---|---|"]
    for item in report["memory"]:
        both = item["weights"] + item["cache"]
        lines.append(f"| {item['precision']} | {item['peak'] / 1e6:.0f} MB | {item['weights'] / 1e6:.0f} MB | "
                     f"{item['cache'] / 1e6:.1f} MB | {item['peak'] / both:.2f} |")
    return "\n".join(lines) + "\n"


def main():
    parser = argparse.ArgumentParser()
    for name in ("--fox", "--foxbench", "--model"):
        parser.add_argument(name, required=True)
    for name in ("--text", "--json", "--markdown"):
        parser.add_argument(name)
    parser.add_argument("--quick", action="store_true", help="under five minutes")
    options = parser.parse_args()
    options.turns = 3 if options.quick else 5
    try:
        import torch  # noqa: F401

        models = peer.Models(options.model)
    except ImportError:
        models = None
        print("without torch and transformers (Golden/record/setup.sh): our side only", file=sys.stderr)
    report = {
        "date": datetime.date.today().isoformat(), "processor": processor(), "cpus": os.cpu_count(),
        "load": os.getloadavg()[0], "turns": options.turns, "bandwidth": bandwidth(options),
        "versions": versions(models is not None), "rows": [],
    }
    options.text = sample_text(options)

    def add(item):
        report["rows"].append(item)
        print(f"{item['name']:34} ours {time_text(statistics.median(item['ours'])):>10}"
              + (f"  peer {time_text(statistics.median(item['peer'])):>10}  ratio {item['ratio']:.2f}"
                 if item["peer"] else "")
              + (f"  floor {time_text(item['floor'])}" if item["floor"] else "") + f"  {item['note']}", flush=True)

    for item in inference(options, models):
        add(item)
    add(start(options, models is not None))
    for item in tokenizing(options, models is not None):
        add(item)
    report |= {"core": options.core, "threads": options.threads, "memory": memory(options)}
    if options.json:
        pathlib.Path(options.json).write_text(json.dumps(report, indent=1) + "\n")
    if options.markdown:
        pathlib.Path(options.markdown).write_text(markdown(report))
    print(markdown(report).split("\n\n")[-1])


if __name__ == "__main__":
    main()
