"""How training scales over ranks: a model of the step's time, and a check of it.

    python Benchmarks/scaling.py predict [--flops 3.8e11] [--tokens 524288] >Benchmarks/SCALING.md
    python Benchmarks/scaling.py check --fox .build-mpi/release/fox MODEL TEXT.json

predict: time of a step = compute + communication that nothing hides, for 1 to 1,024 ranks that share a step's tokens.

    compute        6 P T / (N F)      P parameters, T tokens of a step, F operations a second of a rank
    ring's bound   2 (N - 1) / N 4 P / B + 2 (N - 1) L        B bytes a second, L latency, N ranks
    overlap        two thirds of the compute, the backward pass, hide what is sent of the blocks; the gradient of the
                   embedding, which is also the head, is complete only at the end: it is never hidden
    sharded        reduce-scatter is hidden like that, all-gather of the new weights is not; moments are divided by N

fox does what the column "no overlap" says: it sends all gradients after the backward pass.

check, on an idle machine: times sums of the model's size (transport.c, by mpicc), trains N single processes at once for
the compute, then N ranks, and compares the step with compute + sum. Differences beyond 15 % end it with 1.
"""

import argparse
import json
import os
import pathlib
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).parent
# Parameters, and those of the embedding of tokens.
MODELS = {"124M": (124_439_808, 50257 * 768), "355M": (354_823_168, 50257 * 1024),
          "774M": (774_030_080, 50257 * 1280), "1.5B": (1_557_611_200, 50257 * 1600)}  # fmt: skip
RANKS = [2**k for k in range(11)]
SPEEDS = [1, 10, 25, 100]
INTRODUCTION = """# Predicted: training on many ranks

`python Benchmarks/scaling.py predict` writes this file; the model is explained there, and `check` compares it with what an
idle machine measures. That has not been done yet: these are predictions.

A step has {tokens:,} tokens, which the ranks share; a rank computes {flops:.2g} operations a second, as two cores of
[TRAINING.md](TRAINING.md) do. Cells are the speed-up over one rank: no overlap · overlap · overlap and sharded moments.
fox sends its gradients without overlap, and does not shard. Memory is that of weights, gradients and moments.

Where a column no longer grows, more ranks do not pay: the time to send the gradients, about 8 P / B, does not shrink with
the number of ranks, while the compute does. Then a larger batch, gradients of 16 bits, or a faster network helps;
tensor or pipeline parallelism, which sends activations instead, is for models that one machine cannot hold.
"""
LATENCY = {1: 50e-6, 10: 20e-6, 25: 10e-6, 100: 3e-6}


def ring(size, ranks, bandwidth, latency, rounds=2):
    """Seconds of an all-reduce (rounds=2), or of one of its halves (1), of so many bytes."""
    return rounds * (ranks - 1) * (size / ranks / bandwidth + latency)


def step(name, ranks, bandwidth, latency, flops, tokens):
    """Seconds of a step: without overlap, with it, and sharded."""
    parameters, embedding = MODELS[name]
    compute = 6 * parameters * tokens / ranks / flops
    if ranks == 1:
        return [compute] * 3
    whole = ring(4 * parameters, ranks, bandwidth, latency)

    def exposed(rounds):
        blocks = ring(4 * (parameters - embedding), ranks, bandwidth, latency, rounds)
        return max(0, blocks - 2 / 3 * compute) + ring(4 * embedding, ranks, bandwidth, latency, rounds)

    gather = ring(4 * parameters, ranks, bandwidth, latency, 1)
    return [compute + whole, compute + exposed(2), compute + exposed(1) + gather]


def predict(options):
    flops, tokens = options.flops, options.tokens
    print(INTRODUCTION.format(flops=flops, tokens=tokens))
    for name, (parameters, _) in MODELS.items():
        compute = 6 * parameters * tokens / flops
        print(f"## {name}: {compute:.0f} s on one rank, {4 * parameters / 1e9:.1f} GB of gradients\n")
        print("| ranks | " + " | ".join(f"{s} Gb/s" for s in SPEEDS) + " | memory, sharded |")
        print("|---|" + "---|" * (len(SPEEDS) + 1))
        for ranks in RANKS:
            cells = []
            for speed in SPEEDS:
                seconds = step(name, ranks, speed * 1e9 / 8, LATENCY[speed], flops, tokens)
                cells.append(" · ".join(f"{compute / s:.0f}" for s in seconds))
            memory = 4 * parameters * (2 + 2 / ranks) / 1e9
            print(f"| {ranks:,} | " + " | ".join(cells) + f" | {16 * parameters / 1e9:.1f} → {memory:.1f} GB |")
        print()


def train(fox, ranks, model, data, folder, steps, batch):
    """Seconds of a step, when so many ranks train, or one does (0: without mpirun)."""
    keys = dict(
        model_name_or_path=model, train_file=data, do_train=True, block_size=512, max_steps=steps, learning_rate=1e-5,
        per_device_train_batch_size=batch, save_strategy="no", logging_strategy="no", output_dir=f"{folder}/out")
    pathlib.Path(folder, "config.json").write_text(json.dumps(keys))
    command = [fox, "train", "lm", f"{folder}/config.json", "--json"]
    if ranks:
        command = mpirun(ranks) + command
    environment = dict(os.environ, OPENBLAS_NUM_THREADS="1")
    return subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True)


def seconds(process):
    output, _ = process.communicate()
    if process.returncode:
        sys.exit(f"{' '.join(process.args)}: {process.returncode}")
    return 1 / json.loads(output)["train"]["train_steps_per_second"]


def mpirun(ranks):
    root = ["--allow-run-as-root"] if os.getuid() == 0 else []
    return ["mpirun", *root, "--oversubscribe", "-n", str(ranks)]


def check(options):
    worst = 0
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run(["mpicc", "-O2", "-o", f"{folder}/transport", HERE / "transport.c"], check=True)
        header = json.loads(pathlib.Path(options.model, "config.json").read_text())
        width, layers = header["n_embd"], header["n_layer"]
        size = (header["vocab_size"] + header["n_positions"] + 2) * width + layers * (12 * width * width + 13 * width)
        for ranks in options.ranks:
            alone = []
            for index in range(ranks):
                own = pathlib.Path(folder, f"alone{ranks}-{index}")
                own.mkdir()
                alone.append(train(options.fox, 0, options.model, options.data, own, options.steps, options.batch))
            compute = max(map(seconds, alone))
            timed = subprocess.run(
                mpirun(ranks) + [f"{folder}/transport", str(size)], check=True, stdout=subprocess.PIPE, text=True).stdout
            transport = json.loads(timed)
            predicted = compute + (transport["sums"][str(4 * size)] if ranks > 1 else 0)
            own = pathlib.Path(folder, f"ranks{ranks}")
            own.mkdir()
            measured = seconds(train(options.fox, ranks, options.model, options.data, own, options.steps, options.batch))
            off = predicted / measured - 1
            worst = max(worst, abs(off))
            print(f"{ranks} ranks: predicted {predicted:.3f} s, measured {measured:.3f} s, {100 * off:+.1f} %; "
                  f"latency {transport['latency']:.1e} s, {len(transport['sums'])} sums", flush=True)  # fmt: skip
    if worst > 0.15:
        sys.exit("beyond 15 %")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(required=True)
    one = commands.add_parser("predict")
    one.add_argument("--flops", type=float, default=3.8e11)
    one.add_argument("--tokens", type=int, default=524288)
    one.set_defaults(run=predict)
    one = commands.add_parser("check")
    one.add_argument("model")
    one.add_argument("data")
    one.add_argument("--fox", required=True)
    one.add_argument("--ranks", type=int, nargs="*", default=[1, 2, 4])
    one.add_argument("--steps", type=int, default=10)
    one.add_argument("--batch", type=int, default=2)
    one.set_defaults(run=check)
    options = parser.parse_args()
    options.run(options)


if __name__ == "__main__":
    main()
