"""Records Golden/layers/gradients.safetensors: outputs and gradients of single layers by torch's autograd.

Authority: torch 2.13.0; Conv1D, gelu_new of transformers 4.17.0.

    python record_layer_gradients.py

Per case: what goes in (`x`, parameters by name), `y`, the gradient given (`dy`) and those that come out
(`dx`, `dweight`, ...). Attention cases have sequences in a padded batch: `lengths` and `leads` (padding
before them) give the real tokens; `settings` are channels, heads, padded width, causal or not, seed and
dropout in percent. Whole numbers are float32 too.
"""

import torch
import torch.nn.functional as F
from transformers.activations import ACT2FN
from transformers.modeling_utils import Conv1D

import reference

LINEAR = ((1, 24, 48), (5, 33, 21), (40, 7, 3), (130, 16, 40))
# name: channels, heads, lengths, leads, width, causal, dropout, seed
ATTENTION = {
    "causal": (12, 3, [6, 6], [0, 0], 6, True, 0.0, 0),
    "causal-dropout": (12, 2, [9, 9, 9], [0, 0, 0], 9, True, 0.25, 5),
    "causal-blocks": (8, 1, [150], [0], 150, True, 0.0, 0),
    "packed": (12, 3, [7, 1, 4], [0, 0, 0], 9, False, 0.0, 0),
    "packed-dropout": (12, 3, [7, 9, 4], [0, 0, 3], 9, False, 0.3, 11),
}


def with_gradients(tensors, name, inputs, forward, dy):
    """Runs `forward` over the inputs by name and adds everything to `tensors`."""
    with torch.enable_grad():
        inputs = {k: v.detach().requires_grad_(v.is_floating_point()) for k, v in inputs.items()}
        y = forward(**inputs)
        dy = torch.ones_like(y) if dy is None else dy
        y.backward(dy)
    tensors |= {f"{name}.{k}": v.detach() for k, v in inputs.items()} | {f"{name}.y": y.detach(), f"{name}.dy": dy}
    tensors |= {f"{name}.d{k}": v.grad for k, v in inputs.items() if v.requires_grad}


def attention(x, heads, lengths, leads, width, causal, dropout):
    """Softmax attention in a padded batch; returns the real rows."""
    channels = x.shape[1] // 3
    padded, row = [], 0
    for length, lead in zip(lengths, leads):
        padded.append(F.pad(x[row : row + length], (0, 0, lead, width - lead - length)))
        row += length
    q, k, v = (t.view(len(lengths), width, heads, -1).transpose(1, 2) for t in torch.stack(padded).split(channels, -1))
    scores = q @ k.transpose(-1, -2) / (channels // heads) ** 0.5
    seen = torch.zeros(len(lengths), 1, width, width, dtype=torch.bool)
    for b, (length, lead) in enumerate(zip(lengths, leads)):
        seen[b, :, :, lead : lead + length] = True
    if causal:
        seen &= torch.ones(width, width).tril().bool()
    p = torch.softmax(scores.masked_fill(~seen, -1e9), -1)
    kept = F.dropout(torch.ones_like(p), dropout) > 0 if dropout else torch.ones_like(p, dtype=torch.bool)
    y = ((p * kept / (1 - dropout)) @ v).transpose(1, 2).reshape(len(lengths), width, channels)
    return torch.cat([y[b, lead : lead + n] for b, (n, lead) in enumerate(zip(lengths, leads))])


def compute(_):
    torch.manual_seed(17)
    tensors = {}
    for rows, inputs, outputs in LINEAR:
        x, dy = torch.randn(rows, inputs), torch.randn(rows, outputs)
        weight, bias = torch.randn(outputs, inputs), torch.randn(outputs)
        case = f"{rows}x{inputs}x{outputs}"
        with_gradients(tensors, f"linear/{case}", {"x": x, "weight": weight, "bias": bias}, F.linear, dy)

        def conv1d(x, weight, bias):
            layer = Conv1D(outputs, inputs)
            del layer.weight, layer.bias
            layer.weight, layer.bias = weight, bias
            return layer(x)

        with_gradients(tensors, f"conv1d/{case}", {"x": x, "weight": weight.T.contiguous(), "bias": bias}, conv1d, dy)
    for rows, channels, epsilon in ((3, 24, 1e-5), (40, 37, 1e-12)):
        inputs = {"x": 3 * torch.randn(rows, channels) + 1, "weight": torch.randn(channels), "bias": torch.randn(channels)}
        forward = lambda x, weight, bias: F.layer_norm(x, (channels,), weight, bias, epsilon)
        with_gradients(tensors, f"layernorm/{rows}x{channels}", inputs, forward, torch.randn(rows, channels))
        tensors[f"layernorm/{rows}x{channels}.epsilon"] = torch.tensor([epsilon])
    x = torch.cat([torch.linspace(-12, 12, 481), torch.tensor([0.0, 1e-20, -1e-20, 40.0, -40.0, 1.0, -1.0])])
    with_gradients(tensors, "gelu/tanh", {"x": x}, lambda x: ACT2FN["gelu_new"](x), torch.ones_like(x))
    with_gradients(tensors, "gelu/erf", {"x": x}, lambda x: ACT2FN["gelu"](x), torch.ones_like(x))
    ids = torch.randint(0, 11, (60,))
    with_gradients(tensors, "embedding/11x7", {"weight": torch.randn(11, 7), "ids": ids}, lambda weight, ids: F.embedding(ids, weight), torch.randn(60, 7))
    for name, rows, words, wide in (("few", 9, 13, 5), ("many", 70, 301, 6)):
        labels = torch.randint(0, words, (rows,))
        labels[::3] = -100
        inputs = {"x": torch.randn(rows, wide), "weight": 2 * torch.randn(words, wide), "labels": labels}
        forward = lambda x, weight, labels: F.cross_entropy(x @ weight.T, labels)
        with_gradients(tensors, f"entropy/{name}", inputs, forward, None)
        tensors[f"entropy/{name}.argmax"] = (inputs["x"] @ inputs["weight"].T).argmax(-1)
    for name, (channels, heads, lengths, leads, width, causal, dropout, seed) in ATTENTION.items():
        x, dy = torch.randn(sum(lengths), 3 * channels), torch.randn(sum(lengths), channels)

        def forward(x):
            torch.manual_seed(seed)
            return attention(x, heads, lengths, leads, width, causal, dropout)

        with_gradients(tensors, f"attention/{name}", {"x": x}, forward, dy)
        tensors[f"attention/{name}.settings"] = torch.tensor([channels, heads, width, causal, seed, round(100 * dropout)])
        tensors[f"attention/{name}.sequences"] = torch.tensor([lengths, leads])
    return {k: v.float() for k, v in tensors.items()}


def main():
    tensors, floor = reference.both_ways(compute)
    record = reference.provenance(__file__, "torch 2.13.0 autograd; Conv1D and activations of transformers 4.17.0")
    path = reference.GOLDEN / "layers" / "gradients.safetensors"
    reference.save_tensors(path, tensors, reference.metadata(record, noise_floor=repr(floor)))


if __name__ == "__main__":
    main()
