"""Records Golden/tensors: row functions, top-k and random numbers of torch.

Authority: torch 2.13.0 (CPU): softmax, log_softmax, layer_norm, topk, Generator; transformers 4.17.0 for gelu_new.

    python record_tensors.py

rows.safetensors: for each case <function>/<n>: `<case>.in` and `<case>.out` (layer_norm also `.weight`, `.bias`).
top_k.json: values in few decimals (equal ones on purpose), k, and torch's values; its indices only where the values
are distinct, since torch promises nothing about ties.
random.json: the first draws after manual_seed, and `normal_` in its three regimes, as AVX2 or better computes it.
"""

import torch
from transformers.activations import ACT2FN

import reference

FOLDER = reference.GOLDEN / "tensors"
SIZES = (1, 7, 16, 37, 96, 1000)
EPSILONS = {1: 1e-5, 7: 1e-12, 16: 1e-2, 37: 1e-5, 96: 1e-5, 1000: 1e-12}


def rows(_):
    torch.manual_seed(1)
    tensors = {}
    for n in SIZES:
        x = torch.randn(n) * 4
        wide = torch.linspace(-90, 90, n) if n > 1 else torch.tensor([0.5])
        for name, function in {
            "softmax": lambda v: torch.softmax(v, -1),
            "log_softmax": lambda v: torch.log_softmax(v, -1),
            "gelu_tanh": ACT2FN["gelu_new"],
        }.items():
            for kind, value in (("", x), ("-wide", wide)):
                tensors[f"{name}{kind}/{n}.in"] = value
                tensors[f"{name}{kind}/{n}.out"] = function(value)
        weight, bias = torch.randn(n), torch.randn(n)
        tensors |= {
            f"layer_norm/{n}.in": x, f"layer_norm/{n}.weight": weight, f"layer_norm/{n}.bias": bias,
            f"layer_norm/{n}.out": torch.nn.functional.layer_norm(x, (n,), weight, bias, EPSILONS[n]),
        }
    masked = torch.randn(20)
    masked[3:9] = -1e9
    masked[12] = float("-inf")
    tensors |= {"softmax-masked/20.in": masked, "softmax-masked/20.out": torch.softmax(masked, -1)}
    tensors |= {"log_softmax-masked/20.in": masked, "log_softmax-masked/20.out": torch.log_softmax(masked, -1)}
    return tensors


def top_k(_):
    torch.manual_seed(2)
    cases = []
    for n, k, digits in ((5, 5, 3), (40, 1, 3), (40, 7, 1), (1000, 12, 3), (1000, 50, 1), (3000, 3000, 6)):
        values = (torch.randn(n) * 10**digits).round() / 10**digits
        best = torch.topk(values, k)
        distinct = len(set(best.values.tolist())) == k and n == len(set(values.tolist()))
        cases.append({"values": values, "k": k, "best": best.values, "indices": best.indices if distinct else None})
    return cases


def random_numbers():
    """In the native capability only: the vectorised normal_ differs from the scalar one in the last bits."""
    cases = []
    for seed in (0, 42, 2**32 + 7):
        torch.manual_seed(seed)
        case = {"seed": seed, "uniform": torch.empty(5).uniform_(), "uniform_range": torch.empty(3).uniform_(-2, 5)}
        for n in (1, 3, 15, 16, 17, 64, 1000):
            case[f"normal_{n}"] = torch.empty(n).normal_(0.5, 0.02)
        case["uniform_after"] = torch.empty(2).uniform_()
        cases.append(case)
    return cases


def main():
    tensors, floor = reference.both_ways(rows)
    record = reference.provenance(__file__, "torch 2.13.0 functions, gelu_new of transformers 4.17.0")
    reference.save_tensors(
        FOLDER / "rows.safetensors", tensors, reference.metadata(record, noise_floor=repr(floor))
    )
    best = reference.plain(top_k(None))
    reference.write_json(FOLDER / "top_k.json", {"provenance": record, "cases": best})
    native = record | {"aten_cpu_capability": torch.backends.cpu.get_cpu_capability()}
    reference.write_json(FOLDER / "random.json", {"provenance": native, "cases": random_numbers()})


if __name__ == "__main__":
    main()
