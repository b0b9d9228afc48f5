"""Decoding beside the engines that a user would pick for speed, in turn with ours, on this processor.

    python engines.py --foxbench BIN --model DIR [--turns N] [--out DIR] [--markdown FILE]

Engines are those that this Python can import: onnxruntime, openvino, ctranslate2, llama_cpp. `make bench
BENCH_FLAGS=--engines` runs it. Every turn runs each once, in a process of its own, after a warm-up within it; a row has
the medians over turns, and the median of the turns' ratios. The floor of decoding is the bytes of the weights over the
bandwidth measured in the same run. Results of another kind of processor are kept: each has its own section.
"""

import argparse
import datetime
import importlib.util
import json
import os
import pathlib
import re
import statistics
import subprocess
import sys
import time

import engines_export
from bench import processor

SHORT, TOKENS, STEPS, BEAMS = [464, 7586, 21831, 18045], 64, 20, 5
# task, precision, foxbench's workload and options, engines with their kind of file
ROWS = [
    ("greedy, a token", "f32", "greedy", [], ["onnxruntime", "openvino", "ctranslate2", "llama_cpp:f32"]),
    ("greedy, a token", "bf16", "greedy", ["--precision", "bf16"], ["llama_cpp:bf16"]),
    ("greedy, a token", "int8", "greedy", ["--precision", "int8"], ["ctranslate2:int8", "llama_cpp:q8_0"]),
    ("beam 5, a step", "f32", "beam", [], ["onnxruntime", "openvino", "ctranslate2"]),
    ("beam 5, a step", "bf16", "beam", ["--precision", "bf16"], []),
    ("beam 5, a step", "int8", "beam", ["--precision", "int8"], ["ctranslate2:int8"]),
    ("prefill 512, last logits", "f32", "prefill-last", [], ["onnxruntime", "openvino", "llama_cpp:f32"]),
    ("prefill 512, last logits", "int8", "prefill-last", ["--precision", "int8"], ["ctranslate2:int8", "llama_cpp:q8_0"]),
]


def prompt(vocabulary):
    return [(index * 7919 + 13) % vocabulary for index in range(512)]


class Cached:
    """An engine that is given its cache and gives it back: ONNX Runtime and OpenVINO."""

    def __init__(self, kind, path, configuration):
        import numpy

        self.np, self.c, self.kind = numpy, configuration, kind
        threads = os.cpu_count()
        if kind == "onnxruntime":
            import onnxruntime

            options = onnxruntime.SessionOptions()
            options.intra_op_num_threads = threads
            self.session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
        else:
            import openvino

            model = openvino.Core().compile_model(
                str(path), "CPU", {"PERFORMANCE_HINT": "LATENCY", "INFERENCE_NUM_THREADS": threads,
                                   "INFERENCE_PRECISION_HINT": "f32"})
            self.request = model.create_infer_request()

    def start(self, rows):
        c = self.c
        shape = [2, rows, c["n_head"], 0, c["n_embd"] // c["n_head"]]
        return [self.np.zeros(shape, self.np.float32) for _ in range(c["n_layer"])]

    def run(self, ids, past, cache):
        feed = {"ids": self.np.array(ids, self.np.int64),
                "positions": self.np.arange(past, past + len(ids[0]), dtype=self.np.int64)}
        feed |= {f"past_{i}": value for i, value in enumerate(cache)}
        if self.kind == "onnxruntime":
            logits, *cache = self.session.run(None, feed)
            return logits, cache
        result = self.request.infer(feed, share_inputs=True)
        return result["logits"].copy(), [result[f"present_{i}"].copy() for i in range(len(cache))]

    def greedy(self):
        logits, cache = self.run([SHORT], 0, self.start(1))
        begin = time.perf_counter()
        for step in range(1, TOKENS):
            logits, cache = self.run([[int(logits[0].argmax())]], len(SHORT) + step - 1, cache)
        return (time.perf_counter() - begin) / (TOKENS - 1)

    def beam(self):
        np = self.np
        logits, cache = self.run([SHORT], 0, self.start(1))
        cache, scores, begin = [np.repeat(value, BEAMS, 1) for value in cache], np.zeros(1), None
        for step in range(STEPS):
            logs = logits - logits.max(-1, keepdims=True)
            logs -= np.log(np.exp(logs).sum(-1, keepdims=True))
            sums = (scores[:, None] + logs).ravel()
            best = np.argpartition(-sums, BEAMS)[:BEAMS]
            scores, parents, tokens = sums[best], best // logits.shape[1], best % logits.shape[1]
            if step == 0:
                begin = time.perf_counter()
            else:
                cache = [value[:, parents] for value in cache]
            if step + 1 < STEPS:
                logits, cache = self.run(tokens[:, None], len(SHORT) + step, cache)
        return (time.perf_counter() - begin) / (STEPS - 1)

    def prefill(self):
        begin = time.perf_counter()
        self.run([prompt(self.c["vocab_size"])], 0, self.start(1))
        return time.perf_counter() - begin


class CTranslate2:
    def __init__(self, kind, path, configuration):
        import ctranslate2

        self.c = configuration
        self.model = ctranslate2.Generator(
            str(path), device="cpu", compute_type="int8" if kind.endswith("int8") else "float32", inter_threads=1,
            intra_threads=os.cpu_count())

    def generate(self, tokens, beams):
        begin = time.perf_counter()
        self.model.generate_batch(
            [[str(i) for i in SHORT]], max_length=tokens, min_length=tokens, beam_size=beams, sampling_topk=1,
            include_prompt_in_result=False)
        return time.perf_counter() - begin

    # The difference of two lengths leaves out the prompt.
    def greedy(self):
        return (self.generate(TOKENS, 1) - self.generate(1, 1)) / (TOKENS - 1)

    def beam(self):
        return (self.generate(STEPS, BEAMS) - self.generate(1, BEAMS)) / (STEPS - 1)

    def prefill(self):
        begin = time.perf_counter()
        self.model.forward_batch([[str(i) for i in prompt(self.c["vocab_size"])]])
        return time.perf_counter() - begin


class Llama:
    def __init__(self, kind, path, configuration):
        import llama_cpp

        self.c = configuration
        self.model = llama_cpp.Llama(
            str(path), n_ctx=1024, n_batch=512, n_threads=os.cpu_count(), n_threads_batch=os.cpu_count(), verbose=False)

    def greedy(self):
        self.model.reset()
        self.model.eval(SHORT)
        begin = time.perf_counter()
        for step in range(1, TOKENS):
            self.model.eval([SHORT[step % 4]])
        return (time.perf_counter() - begin) / (TOKENS - 1)

    def prefill(self):
        self.model.reset()
        begin = time.perf_counter()
        self.model.eval(prompt(self.c["vocab_size"]))
        return time.perf_counter() - begin


def child(engine, task, path, folder):
    name = engine.split(":")[0]
    make = {"ctranslate2": CTranslate2, "llama_cpp": Llama}.get(name, Cached)
    work = getattr(make(engine, path, engines_export.configuration(folder)), task)
    work()
    print(json.dumps(min(work() for _ in range(2))))


def file_kind(engine):
    name, _, kind = engine.partition(":")
    return {"onnxruntime": "onnx", "openvino": "onnx", "ctranslate2": "ctranslate2"}.get(name, kind)


def ours(options, workload, more):
    run = subprocess.run([options.foxbench, workload, "--model", options.model, "--runs", "2", *more],
                         capture_output=True, text=True)
    if run.returncode:
        raise SystemExit(run.stderr.strip())
    return json.loads(run.stdout)


def measure(options, row):
    name, precision, workload, more, engines = row
    engines = [engine for engine in engines if importlib.util.find_spec(engine.split(":")[0])]
    paths = {engine: engines_export.export(options.model, options.out, file_kind(engine)) for engine in engines}
    times, us, document = {engine: [] for engine in engines}, [], {}
    for turn in range(options.turns + 1):
        document = ours(options, workload, more)
        if turn:
            us.append(min(document["seconds"]))
        for engine, path in list(paths.items()):
            run = subprocess.run([sys.executable, __file__, "--child", engine, workload.split("-")[0], str(path), options.model],
                                 capture_output=True, text=True)
            if run.returncode:
                print(f"{engine}: {run.stderr.strip().splitlines()[-1:]}", file=sys.stderr)
                del paths[engine]
            elif turn:
                times[engine].append(float(run.stdout.split()[-1]))
    # Of turns that both ran.
    peers = {engine: (statistics.median(found), statistics.median(b / a for a, b in zip(us, found)))
             for engine, found in times.items() if found}
    floor = None if workload.startswith("prefill") else document["bytes"] / options.bandwidth
    return {"name": name, "precision": precision, "ours": statistics.median(us), "floor": floor, "peers": peers,
            "core": document["core"], "threads": document["threads"]}


def section(options, rows):
    versions = []
    for name in ("onnxruntime", "openvino", "ctranslate2", "llama_cpp"):
        if importlib.util.find_spec(name):
            versions.append(f"{name} {__import__(name).__version__.split('-')[0]}")
    lines = [f"## {processor()}, {os.cpu_count()} processors", "",
             f"{datetime.date.today()} · load at the start {options.load:.1f} · reads {options.bandwidth / 1e9:.1f} GB/s · "
             f"medians of {options.turns} turns · " + ", ".join(versions or ["ours only"]), "",
             "| work | precision | ours | floor | × the floor | others (and how many times ours they take) |",
             "|---|---|---|---|---|---|"]
    for row in rows:
        floor = f"{row['floor'] * 1e3:.1f} ms | {row['ours'] / row['floor']:.2f}" if row["floor"] else "– | –"
        peers = "; ".join(f"{name} {median * 1e3:.1f} ms ({ratio:.2f}×)" for name, (median, ratio) in row["peers"].items())
        lines.append(f"| {row['name']} | {row['precision']} | {row['ours'] * 1e3:.1f} ms | {floor} | {peers or '–'} |")
    return "\n".join(lines) + "\n"


def kept(path, text):
    """The file with this processor's section replaced."""
    title = text.split("\n", 1)[0]
    old = path.read_text() if path.exists() else "# Beside other engines\n\n`make bench BENCH_FLAGS=--engines` writes " \
        "the section of the processor that it runs on. GPT-2 small, random weights.\n"
    parts = [part for part in re.split(r"(?m)^(?=## )", old) if not part.startswith(title + "\n")]
    return "\n".join(part.rstrip() + "\n" for part in parts + [text])


def main():
    if sys.argv[1:2] == ["--child"]:
        return child(*sys.argv[2:])
    parser = argparse.ArgumentParser()
    for name in ("--foxbench", "--model"):
        parser.add_argument(name, required=True)
    parser.add_argument("--out", help="where exported models are kept")
    parser.add_argument("--turns", type=int, default=9)
    parser.add_argument("--only", help="only rows whose name and precision contain this")
    parser.add_argument("--markdown")
    options, _ = parser.parse_known_args()
    options.out = options.out or str(pathlib.Path(options.foxbench).parent / "bench-engines")
    options.load = os.getloadavg()[0]
    document = ours(options, "read", ["--runs", "9"])
    options.bandwidth = document["bytes"] / min(document["seconds"])
    rows = []
    for row in ROWS:
        if options.only and options.only not in f"{row[0]} {row[1]}":
            continue
        rows.append(measure(options, row))
        print(section(options, rows[-1:]).splitlines()[-1], flush=True)
    text = section(options, rows)
    if options.markdown:
        path = pathlib.Path(options.markdown)
        path.write_text(kept(path, text))
    print(text)


if __name__ == "__main__":
    main()
