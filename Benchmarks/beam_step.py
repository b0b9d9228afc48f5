"""Times a step of beam search, ours and the reference's in turn, and prints medians and their ratio.

    python beam_step.py FOX MODEL [RUNS]

The reference (torch and transformers; left out where they are not installed) runs the homework's own loop in this
process; each turn is one search of five beams and 20 steps from the same prompt, the first step (the prompt) apart.
The floor is the time of reading every weight once, at the speed numpy reads here with as many threads.
"""

import concurrent.futures
import json
import os
import pathlib
import re
import statistics
import subprocess
import sys
import time

BEAMS, STEPS, PROMPT = 5, 20, "The brown fox jumps"
RECORDERS = pathlib.Path(__file__).resolve().parents[1] / "Golden" / "record"


def ours(fox, model):
    command = [fox, "beam", PROMPT, "--beams", str(BEAMS), "--steps", str(STEPS), "--model", model, "--json"]
    run = subprocess.run(command, capture_output=True, text=True, check=True)
    step = float(re.search(r"then ([0-9.]+) ms a step", run.stderr).group(1))
    return step, json.loads(run.stdout)["beams"], re.search(r"core (.*)", run.stderr).group(1).strip()


def reference(model):
    """A function that runs one search and returns (milliseconds a step, ids)."""
    try:
        import torch
    except ImportError:
        return None
    sys.path.insert(0, str(RECORDERS))
    import homework_cells
    import reference

    gpt2 = reference.load_model(model)

    def run(prompt_ids):
        times = []
        homework_cells.watch = lambda *_: times.append(time.perf_counter())
        with torch.inference_mode():
            out = homework_cells.run_beam_search(gpt2, None, torch.tensor([prompt_ids]), BEAMS, STEPS)
        return (times[-1] - times[0]) / (STEPS - 1) * 1000, out["output_ids"].tolist()

    return run


def read_bandwidth(threads):
    """Gigabytes a second, reading 1 GB with numpy; None without numpy."""
    try:
        import numpy
    except ImportError:
        return None
    parts = [numpy.ones(2**27 // threads, dtype=numpy.float64) for _ in range(threads)]
    best = 0.0
    with concurrent.futures.ThreadPoolExecutor(threads) as pool:
        for _ in range(5):
            start = time.perf_counter()
            list(pool.map(numpy.sum, parts))
            best = max(best, 2**30 / (time.perf_counter() - start) / 1e9)
    return best


def main():
    fox, model, runs = sys.argv[1], sys.argv[2], int(sys.argv[3]) if len(sys.argv) > 3 else 7
    peer = reference(model)
    us, them = [], []
    for turn in range(runs + 1):
        step, beams, core = ours(fox, model)
        ids = [beam["ids"] for beam in beams]
        if turn:
            us.append(step)
        if peer:
            step, peer_ids = peer(ids[0][: len(ids[0]) - STEPS])
            if turn:
                them.append(step)
            if peer_ids != ids:
                raise SystemExit("the two found different beams")
    size = os.path.getsize(os.path.join(model, "model.safetensors"))
    print(f"{size / 1e6:.0f} MB of weights, {BEAMS} beams, {STEPS} steps, {runs} runs in turn; OpenBLAS core {core}")
    print(f"ours       {statistics.median(us):6.1f} ms a step (median; {min(us):.1f} to {max(us):.1f})")
    if them:
        print(f"reference  {statistics.median(them):6.1f} ms a step (median; {min(them):.1f} to {max(them):.1f})")
        ratio = statistics.median(b / a for a, b in zip(us, them))
        print(f"ratio      {ratio:6.2f} times as fast, the same beams")
    bandwidth = read_bandwidth(os.cpu_count() or 1)
    if bandwidth:
        print(f"floor      {size / bandwidth / 1e6:6.1f} ms to read the weights once at {bandwidth:.1f} GB/s")


if __name__ == "__main__":
    main()
