"""Records Golden/training/muon.json and muon.safetensors: orthogonalised matrices, and three steps of Muon.

Authority: torch.optim.Muon of torch 2.13.0 (CPU) with adjust_lr_fn="match_rms_adamw", Newton–Schulz in float32 (why:
muon.py).

    python record_muon.py

muon.safetensors: `matrix/<case>` and `orthogonal/<case>`; `start/<parameter>`, `gradient.<step>/<parameter>`,
`<step>/<parameter>`, `momentum/<parameter>` after the last. muon.json: what each step took, and how far bfloat16 is
from float32, as a part of the largest number.
"""

import torch
from torch.optim._muon import DEFAULT_A, DEFAULT_B, DEFAULT_C, _zeropower_via_newtonschulz

import muon
import reference

FOLDER = reference.GOLDEN / "training"
SHAPES = {"transformer.h.0.attn.c_attn.weight": (8, 24), "transformer.h.0.mlp.c_proj.weight": (32, 8),
          "bert.encoder.layer.0.output.dense.weight": (9, 9)}  # fmt: skip
RATES, SCALES, DECAY = [2e-2, 1e-2, 5e-3], [1.0, 0.5, 0.125], 0.1


def matrices():
    torch.manual_seed(5)
    wide, column = torch.randn(6, 17), torch.randn(7, 1)
    return {
        "wide": wide, "tall": torch.randn(21, 4) * 1e-6, "square": torch.randn(12, 12) * 1e6, "zero": torch.zeros(3, 5),
        "one-row": torch.randn(1, 9), "one": torch.tensor([[-3.0]]), "rank-one": column @ column.T,
        "tiny": torch.randn(5, 4) * 1e-20, "orthogonal": torch.linalg.qr(torch.randn(8, 8))[0],
    }  # fmt: skip


def orthogonal(matrix):
    return _zeropower_via_newtonschulz(matrix, (DEFAULT_A, DEFAULT_B, DEFAULT_C), 5, 1e-7).float()


def steps():
    torch.manual_seed(6)
    parameters = {n: torch.nn.Parameter(torch.randn(s) * 0.1) for n, s in SHAPES.items()}
    tensors = {f"start/{n}": p.detach().clone() for n, p in parameters.items()}
    optimizer = torch.optim.Muon(parameters.values(), weight_decay=DECAY, **muon.LEARNING)
    for step, (rate, scale) in enumerate(zip(RATES, SCALES), 1):
        for name, parameter in parameters.items():
            gradient = torch.randn(parameter.shape)
            tensors[f"gradient.{step}/{name}"] = gradient
            parameter.grad = gradient * scale
        optimizer.param_groups[0]["lr"] = rate
        optimizer.step()
        tensors |= {f"{step}/{n}": p.detach().clone() for n, p in parameters.items()}
    return tensors | {f"momentum/{n}": optimizer.state[p]["momentum_buffer"] for n, p in parameters.items()}


def run(_):
    found = matrices()
    with muon.in_float32():
        tensors = {f"matrix/{n}": m for n, m in found.items()} | {f"orthogonal/{n}": orthogonal(m) for n, m in found.items()}
        return tensors | steps()


def apart(a, b):
    return (a.double() - b.double()).abs().max().item() / (b.abs().max().item() or 1.0)


def main():
    strict, native = reference.both_results(run)
    half = {f"orthogonal/{n}": orthogonal(m) for n, m in matrices().items()} | steps()
    record = reference.provenance(__file__, "torch.optim.Muon of torch 2.13.0, Newton-Schulz in float32") | {
        "noise_floor": max(apart(strict[n], t) for n, t in native.items()),
        "bfloat16": {"orthogonal": max(apart(half[n], t) for n, t in strict.items() if n.startswith("orthogonal/")),
                     "steps": max(apart(half[n], t) for n, t in strict.items() if n in half and n[0].isdigit())},
    }  # fmt: skip
    cases = [{"name": n, "shape": list(m.shape)} for n, m in matrices().items()]
    reference.save_tensors(FOLDER / "muon.safetensors", {n: t.contiguous() for n, t in strict.items()}, reference.metadata(record))
    reference.write_json(FOLDER / "muon.json", {
        "provenance": record, "cases": cases,
        "steps": {"rates": RATES, "gradient_scales": SCALES, "weight_decay": DECAY, "parameters": list(SHAPES)}})  # fmt: skip
    print(record["noise_floor"], record["bfloat16"])


if __name__ == "__main__":
    main()
