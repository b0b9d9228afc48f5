"""Records Golden/layers/activations.{json,safetensors}: activations, their gradients, and models that have them.

Authority: `ACT2FN` of transformers 4.17.0 on torch 2.13.0. `gelu_pytorch_tanh`, which is newer, is what later versions
define it to be: `torch.nn.functional.gelu(x, approximate="tanh")`.

    python record_activations.py

activations.safetensors: per name `x`, `y`, `dy` and `dx`; logits of fresh models as `gpt2/<name>`, `bert/<name>`, and of a
BERT with `chunk_size_feed_forward` as `bert/chunked`. activations.json: the names, the configurations, the seed, the ids.
"""

import torch
from transformers import BertConfig, BertForSequenceClassification, GPT2Config, GPT2LMHeadModel, set_seed
from transformers.activations import ACT2FN

import reference
from record_layer_gradients import with_gradients

NAMES = ["gelu", "gelu_new", "gelu_fast", "gelu_pytorch_tanh", "gelu_python", "quick_gelu", "relu", "silu", "swish", "tanh"]
LATER = {"gelu_pytorch_tanh": lambda x: torch.nn.functional.gelu(x, approximate="tanh")}
SEED = 3
IDS = [[1, 5, 19, 0, 7, 7, 12, 3]]
# Wide random weights: with 0.02 every activation is nearly a line.
GPT2 = dict(vocab_size=20, n_positions=16, n_embd=8, n_layer=2, n_head=2, initializer_range=0.5, bos_token_id=0, eos_token_id=0)
BERT = dict(
    vocab_size=20, max_position_embeddings=16, hidden_size=8, num_hidden_layers=2, num_attention_heads=2, intermediate_size=24,
    initializer_range=0.5,
)  # fmt: skip


def logits(kind, config):
    set_seed(SEED)
    return kind(config).eval()(torch.tensor(IDS)).logits


def compute(_):
    torch.manual_seed(29)
    ACT2FN.update(LATER)
    x = torch.cat([torch.linspace(-12, 12, 241), 2 * torch.randn(60), torch.tensor([0.0, -0.0, 1e-20, -1e-20, 90.0, -90.0])])
    tensors = {}
    for name in NAMES:
        with_gradients(tensors, name, {"x": x}, lambda x: ACT2FN[name](x), torch.randn(len(x)))
        tensors[f"gpt2/{name}"] = logits(GPT2LMHeadModel, GPT2Config(activation_function=name, **GPT2))
        tensors[f"bert/{name}"] = logits(BertForSequenceClassification, BertConfig(hidden_act=name, **BERT))
    tensors["bert/chunked"] = logits(BertForSequenceClassification, BertConfig(chunk_size_feed_forward=4, **BERT))
    return tensors


def main():
    tensors, floor = reference.both_ways(compute)
    record = reference.provenance(__file__, "ACT2FN of transformers 4.17.0; torch 2.13.0 autograd")
    folder = reference.GOLDEN / "layers"
    cases = {"names": NAMES, "seed": SEED, "ids": IDS, "gpt2": GPT2, "bert": BERT}
    reference.write_json(folder / "activations.json", {"provenance": record, "noise_floor": floor, **cases})
    reference.save_tensors(folder / "activations.safetensors", tensors, reference.metadata(record, noise_floor=repr(floor)))


if __name__ == "__main__":
    main()
