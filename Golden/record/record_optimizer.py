"""Records Golden/training/optimizer and schedules: AdamW twice, clipping, learning rates.

Authority: AdamW, get_scheduler and the Trainer's groups of transformers 4.17.0; torch.optim.AdamW and
torch.nn.utils.clip_grad_norm_ of torch 2.13.0 (CPU).

    python record_optimizer.py

optimizer.json: the cases with options, learning rates, norms and coefficients of clipping of each step, and which
parameters of GPT-2 and BERT decay. optimizer.safetensors: `start/<parameter>`, `gradient.<step>/<parameter>`,
`<case>.m/<parameter>`, `<case>.v/<parameter>`; `<case>.end/<parameter>` after the last step; and
`<case>.<step>/<parameter>` with one change to the reference: square roots are rounded correctly. Those that torch takes
from MKL are not (about one in 1,500 is the neighbour, depending on the processor), and nothing else keeps the numbers
from being the same everywhere; PyTorch's fused AdamW, which does without MKL, is checked to give the same bits.
Written down are the numbers of the native kernels, which fuse products and sums; `noise_floor` is how far those of the
portable kernels are from them, `roots` how far those with MKL's roots are, each as a part of the largest of a tensor.
schedules.json: the learning rate at each step, and steps of warm-up.
"""

import contextlib
import warnings

import torch
import transformers
from torch import nn
from transformers.trainer_pt_utils import get_parameter_names

import reference

FOLDER = reference.GOLDEN / "training"
STEPS = 5
SHAPES = {
    "transformer.wte.weight": (11, 7),
    "transformer.h.0.ln_1.weight": (7,),
    "transformer.h.0.ln_1.bias": (7,),
    "transformer.h.0.attn.c_attn.weight": (7, 21),
    "transformer.h.0.attn.c_attn.bias": (21,),
    "transformer.h.0.mlp.c_fc.weight": (7, 28),
    "bert.encoder.layer.0.output.LayerNorm.weight": (33,),
    "classifier.weight": (2, 50),
    "classifier.bias": (2,),
}
CASES = {
    "hf": dict(optim="adamw_hf", max_grad_norm=1.0),
    "hf-decay": dict(optim="adamw_hf", weight_decay=0.1, max_grad_norm=0.5, adam_epsilon=1e-6),
    "hf-uncorrected": dict(optim="adamw_hf", correct_bias=False, adam_beta1=0.5, adam_beta2=0.9),
    "torch": dict(optim="adamw_torch", max_grad_norm=1.0),
    "torch-decay": dict(optim="adamw_torch", weight_decay=0.1, max_grad_norm=0.5, adam_epsilon=1e-6),
    "torch-far": dict(optim="adamw_torch", weight_decay=0.01, adam_beta1=0.3, adam_beta2=0.9),
}
RATES = [1e-3, 7.5e-4, 5e-4, 0.0, 1e-4]


def inputs():
    torch.manual_seed(3)
    start = {name: torch.randn(shape) * 0.3 for name, shape in SHAPES.items()}
    gradients = []
    for step in range(STEPS):
        gradients.append({n: torch.randn(s) * (1e-4, 1.0, 1e-2, 30.0, 1e-3)[step] for n, s in SHAPES.items()})
    edge = gradients[0]["transformer.wte.weight"].view(-1)
    edge[:8] = torch.tensor([0.0, -0.0, 1e-18, 1e-30, 1e-40, -1e-22, 3.0, -20.0])
    for later in gradients[1:]:
        later["transformer.wte.weight"].view(-1)[:4] = 0
    return start, gradients


def decays(name):
    return "bias" not in name and "ln_" not in name and "LayerNorm" not in name


def make(parameters, options, fused=False):
    weight_decay = options.get("weight_decay", 0.0)
    groups = [
        {"params": [p for n, p in parameters.items() if decays(n)], "weight_decay": weight_decay},
        {"params": [p for n, p in parameters.items() if not decays(n)], "weight_decay": 0.0},
    ]
    betas = (options.get("adam_beta1", 0.9), options.get("adam_beta2", 0.999))
    common = dict(lr=1.0, betas=betas, eps=options.get("adam_epsilon", 1e-8))
    if options["optim"] == "adamw_torch":
        return torch.optim.AdamW(groups, fused=fused, **common)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return transformers.AdamW(groups, correct_bias=options.get("correct_bias", True), **common)


@contextlib.contextmanager
def correct_roots():
    """Square roots by way of float64, which are correct after rounding."""
    torch.Tensor.sqrt = lambda x: torch.sqrt(x.double()).float()
    try:
        yield
    finally:
        del torch.Tensor.sqrt


def run(_):
    start, gradients = inputs()
    tensors = {f"start/{n}": t for n, t in start.items()}
    for step, named in enumerate(gradients):
        tensors |= {f"gradient.{step + 1}/{n}": t for n, t in named.items()}
    cases = []
    for case, options in CASES.items():
        norms, coefficients, history, optimizer = train(start, gradients, options)
        tensors |= {f"{case}.end/{n}": t for n, t in history[-1].items()}
        with correct_roots():
            _, _, history, optimizer = train(start, gradients, options)
        for step, values in enumerate(history, 1):
            tensors |= {f"{case}.{step}/{n}": t for n, t in values.items()}
        for name, state in optimizer.items():
            tensors |= {f"{case}.m/{name}": state["exp_avg"], f"{case}.v/{name}": state["exp_avg_sq"]}
        if options["optim"] == "adamw_torch" and torch.backends.cpu.get_cpu_capability() != "DEFAULT":
            _, _, fused, _ = train(start, gradients, options, fused=True)
            assert all(torch.equal(a[n], b[n]) for a, b in zip(history, fused) for n in a), case
        cases.append({"name": case, "options": options, "rates": RATES, "norms": norms, "coefficients": coefficients})
    return cases, tensors


def train(start, gradients, options, fused=False):
    """Norms, coefficients, the values after each step, and the state of each parameter."""
    parameters = {n: nn.Parameter(t.clone()) for n, t in start.items()}
    optimizer = make(parameters, options, fused)
    norms, coefficients, history = [], [], []
    for rate, named in zip(RATES, gradients):
        for name, parameter in parameters.items():
            parameter.grad = named[name].clone()
        largest = options.get("max_grad_norm", 0.0)
        norm = nn.utils.get_total_norm([p.grad for p in parameters.values()])
        coefficient = torch.clamp(largest / (norm + 1e-6), max=1.0).item() if largest > 0 else 1.0
        if largest > 0:
            assert norm == nn.utils.clip_grad_norm_(parameters.values(), largest)
        norms.append(norm.item())
        coefficients.append(coefficient)
        for group in optimizer.param_groups:
            group["lr"] = rate
        optimizer.step()
        history.append({n: p.detach().clone() for n, p in parameters.items()})
    return norms, coefficients, history, {n: optimizer.state[p] for n, p in parameters.items()}


def apart(a, b):
    """The largest difference of two tensors, as a part of the largest number of the second."""
    return (a.double() - b.double()).abs().max().item() / (b.abs().max().item() or 1.0)


def groups():
    """Which parameters decay, as `create_optimizer` of the Trainer groups them."""
    gpt2 = dict(vocab_size=5, n_positions=4, n_embd=4, n_layer=2, n_head=1)
    bert = dict(vocab_size=5, hidden_size=4, num_hidden_layers=2, num_attention_heads=1, intermediate_size=4)
    for model in (
        transformers.GPT2LMHeadModel(transformers.GPT2Config(**gpt2)),
        transformers.BertForSequenceClassification(transformers.BertConfig(**bert)),
    ):
        decay = [n for n in get_parameter_names(model, [nn.LayerNorm]) if "bias" not in n]
        yield from ({"name": n, "decays": n in decay} for n, _ in model.named_parameters())


# Learning rates

SCHEDULES = [
    (kind, rate, warmup, total)
    for kind in ("linear", "cosine", "cosine_with_restarts", "polynomial", "constant", "constant_with_warmup")
    for rate, warmup, total in (
        (5e-5, 0, 128), (2e-5, 7, 30), (1e-3, 1, 3), (3e-4, 10, 4), (1.0, 5, 5), (5e-5, 0, 1), (5e-5, 0, 0),
    )
]


def schedules():
    for kind, rate, warmup, total in SCHEDULES:
        parameter = nn.Parameter(torch.zeros(1))
        rates = []
        try:
            optimizer = torch.optim.SGD([parameter], lr=rate)
            scheduler = transformers.get_scheduler(kind, optimizer, warmup, total)
            for _ in range(total + 4):
                rates.append(scheduler.get_last_lr()[0])
                optimizer.step()
                scheduler.step()
        except ZeroDivisionError:
            pass  # a polynomial at the end of a run that was all warm-up
        yield {"kind": kind, "learning_rate": rate, "warmup_steps": warmup, "total_steps": total, "rates": rates}


def warmups():
    for steps, ratio, total in (
        (0, 0.0, 128), (0, 0.1, 128), (5, 0.1, 128), (0, 1.0, 7), (0, 0.06, 3), (500, 0.0, 3), (0, 0.1, 30), (0, 0.07, 100),
    ):
        arguments = transformers.TrainingArguments("unused", warmup_steps=steps, warmup_ratio=ratio)
        yield {"steps": steps, "ratio": ratio, "total": total, "warmup": arguments.get_warmup_steps(total)}


def main():
    (_, strict), (cases, tensors) = reference.both_results(run)
    record = reference.provenance(
        __file__, "AdamW, get_scheduler and Trainer of transformers 4.17.0; AdamW and clip_grad_norm_ of torch 2.13.0"
    )
    floor = max(apart(strict[name], tensor) for name, tensor in tensors.items())
    ends = [(f"{c}.end/{n}", f"{c}.{STEPS}/{n}") for c in CASES for n in SHAPES]
    native = record | {
        "aten_cpu_capability": "AVX2 or better", "noise_floor": floor,
        "roots": max(apart(tensors[end], tensors[last]) for end, last in ends),
    }
    reference.save_tensors(FOLDER / "optimizer.safetensors", tensors, reference.metadata(native))
    reference.write_json(
        FOLDER / "optimizer.json", {"provenance": native, "cases": cases, "groups": list(groups())})
    reference.write_json(
        FOLDER / "schedules.json",
        {"provenance": record, "cases": list(schedules()), "warmups": list(warmups())})


if __name__ == "__main__":
    main()
