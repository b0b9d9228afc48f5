"""Muon for the matrices of the blocks and AdamW for the rest, in one optimiser: what `optim: muon` means.

Both are torch's own, with one change: Newton–Schulz stays in float32, where torch rounds to bfloat16. Products of
bfloat16 are not the same on any two processors, and on one without them they take most of a step's time.
"""

import contextlib

import torch

LEARNING = dict(momentum=0.95, adjust_lr_fn="match_rms_adamw")


@contextlib.contextmanager
def in_float32():
    original = torch.Tensor.bfloat16
    torch.Tensor.bfloat16 = lambda tensor: tensor.clone()
    try:
        yield
    finally:
        torch.Tensor.bfloat16 = original


def is_matrix(name, parameter):
    return parameter.ndim == 2 and ("h" in name.split(".") or "layer" in name.split("."))


class MuonWithAdamW(torch.optim.Optimizer):
    def __init__(self, model, lr, betas, eps, weight_decay):
        named = list(model.named_parameters())
        matrices = [p for n, p in named if is_matrix(n, p)]
        rest = [(n, p) for n, p in named if not is_matrix(n, p)]
        keeps = lambda n: "bias" in n or "ln_" in n or "LayerNorm" in n
        groups = [
            {"params": [p for n, p in rest if not keeps(n)], "weight_decay": weight_decay},
            {"params": [p for n, p in rest if keeps(n)], "weight_decay": 0.0},
        ]
        self.both = [
            torch.optim.AdamW(groups, lr=lr, betas=betas, eps=eps),
            torch.optim.Muon(matrices, lr=lr, weight_decay=weight_decay, **LEARNING),
        ]
        super().__init__([p for _, p in named], dict(lr=lr))

    def step(self, closure=None):
        with in_float32():
            for optimizer in self.both:
                for group in optimizer.param_groups:
                    group["lr"] = self.param_groups[0]["lr"]
                optimizer.step()
