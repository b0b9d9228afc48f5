"""Records Golden/layers: linear maps and attention of the reference.

Authority: torch 2.13.0 and Conv1D, GPT2Attention of transformers 4.17.0.

    python record_layers.py

layers.safetensors: `<case>.x`, the parameters by name, and `<case>.y`.
"""

import torch
from transformers import GPT2Config
from transformers.modeling_utils import Conv1D
from transformers.models.gpt2.modeling_gpt2 import GPT2Attention

import reference

ATTENTION = {"one-head": (12, 1, 5), "three-heads": (24, 3, 40), "long": (16, 2, 300)}


def compute(_):
    torch.manual_seed(3)
    tensors = {}
    for rows, inputs, outputs in ((1, 24, 72), (3, 24, 72), (5, 96, 101), (16, 33, 130), (17, 33, 65), (40, 7, 3)):
        x, case = torch.randn(rows, inputs), f"{rows}x{inputs}x{outputs}"
        linear, conv = torch.nn.Linear(inputs, outputs), Conv1D(outputs, inputs)
        torch.nn.init.normal_(conv.weight)
        torch.nn.init.normal_(conv.bias)
        for name, layer in (("linear", linear), ("conv1d", conv)):
            tensors |= {f"{name}/{case}.x": x, f"{name}/{case}.y": layer(x)}
            tensors |= {f"{name}/{case}.weight": layer.weight.data, f"{name}/{case}.bias": layer.bias.data}
    for name, (channels, heads, tokens) in ATTENTION.items():
        config = GPT2Config(n_embd=channels, n_head=heads, n_positions=tokens, attn_pdrop=0, resid_pdrop=0)
        layer = GPT2Attention(config).eval()
        # The core of attention alone: queries, keys and values go in as they are.
        qkv = torch.randn(1, tokens, 3 * channels)
        q, k, v = (layer._split_heads(t, heads, channels // heads) for t in qkv.split(channels, -1))
        y = layer._merge_heads(layer._attn(q, k, v)[0], heads, channels // heads)
        tensors |= {f"attention/{name}.x": qkv[0], f"attention/{name}.y": y[0]}
    return tensors


def main():
    tensors, floor = reference.both_ways(compute)
    record = reference.provenance(__file__, "torch 2.13.0 Linear; Conv1D and GPT2Attention._attn of transformers 4.17.0")
    path = reference.GOLDEN / "layers" / "layers.safetensors"
    reference.save_tensors(path, tensors, reference.metadata(record, noise_floor=repr(floor)))


if __name__ == "__main__":
    main()
