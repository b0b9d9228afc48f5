"""Records Golden/gpt2: tiny random GPT-2s of odd shapes, and their logits under the reference.

Authority: GPT2LMHeadModel of transformers 4.17.0 on torch 2.13.0 (CPU).

    python record_gpt2.py

models/<name>/{config.json,model.safetensors}: weights drawn wider than GPT-2's own (and LayerNorms and biases
away from 1 and 0), so that a forgotten bias, a wrong epsilon or a wrong order shows in every logit.
logits.json: the cases; logits.safetensors: their logits [B, T, V], one tensor a case, and for one case the hidden
states `<case>.hidden.<i>` [B, T, C] (0: the embeddings, last: after ln_f, between: after each block but the last).
Rows where the attention mask is 0 carry no meaning: the reference's additive -10000 masks let a padding row look
at the tokens after it. They are recorded as zeros.
"""

import json

import numpy as np
import torch
import transformers

import reference

FOLDER = reference.GOLDEN / "gpt2"

MODELS = {
    "plain": dict(n_embd=24, n_head=3, n_layer=2, n_positions=64),
    "one-head": dict(n_embd=15, n_head=1, n_layer=1, n_positions=16, layer_norm_epsilon=1e-12, n_inner=37),
    "twelve-heads": dict(n_embd=36, n_head=12, n_layer=2, n_positions=40),
    "deep": dict(n_embd=20, n_head=5, n_layer=4, n_positions=32, layer_norm_epsilon=1e-2, scale_attn_by_inverse_layer_idx=True),
    "unscaled": dict(n_embd=18, n_head=3, n_layer=3, n_positions=48, scale_attn_weights=False),
    "untied": dict(n_embd=16, n_head=2, n_layer=2, n_positions=32, n_inner=24, tie_word_embeddings=False),
    "few-words": dict(n_embd=21, n_head=3, n_layer=2, n_positions=16, vocab_size=37, layer_norm_epsilon=1e-12),
}
BARE = {"unscaled", "one-head"}  # tensor names without `transformer.`
BUFFERS = {"few-words"}  # with h.N.attn.bias and h.N.attn.masked_bias, as old checkpoints have them
COPIES = {"plain-f16": ("plain", torch.float16), "plain-bf16": ("plain", torch.bfloat16)}


# Models


def draw(name, shape, rng):
    if name.endswith("wte.weight") or name == "lm_head.weight":
        mean, std = 0.0, 0.3
    elif name.endswith("wpe.weight"):
        mean, std = 0.0, 0.2
    elif ".ln_" in name:
        mean, std = (1.0, 0.25) if name.endswith("weight") else (0.0, 0.15)
    else:
        mean, std = 0.0, 0.18 if name.endswith("weight") else 0.1
    return torch.from_numpy((mean + std * rng.standard_normal(tuple(shape))).astype(np.float32))


def write_models():
    for index, (name, shape) in enumerate(MODELS.items()):
        vocabulary = shape.get("vocab_size", 512)
        fields = dict(vocab_size=vocabulary, bos_token_id=vocabulary - 1, eos_token_id=vocabulary - 1) | shape
        config = transformers.GPT2Config(resid_pdrop=0.1, embd_pdrop=0.1, attn_pdrop=0.1, **fields)
        model = transformers.GPT2LMHeadModel(config)
        rng = np.random.default_rng(4170 + index)
        tensors = {}
        for key, value in model.state_dict().items():
            if key.endswith((".attn.bias", ".attn.masked_bias")):
                if name in BUFFERS:
                    tensors[key] = value
            elif key != "lm_head.weight" or not config.tie_word_embeddings:
                tensors[key] = draw(key, value.shape, rng)
        if name in BARE:
            tensors = {k.removeprefix("transformer."): v for k, v in tensors.items()}
        write_model(name, tensors, config)
        for copy, (original, dtype) in COPIES.items():
            if original == name:
                write_model(copy, {k: v.to(dtype) for k, v in tensors.items()}, config)


def write_model(name, tensors, config):
    folder = FOLDER / "models" / name
    reference.save_tensors(folder / "model.safetensors", tensors)
    fields = config.to_diff_dict() | {
        k: getattr(config, k)
        for k in (
            "model_type", "activation_function", "layer_norm_epsilon", "n_inner", "scale_attn_weights", "tie_word_embeddings",
            "scale_attn_by_inverse_layer_idx", "resid_pdrop", "embd_pdrop", "attn_pdrop", "vocab_size", "n_positions",
            "n_embd", "n_layer", "n_head", "bos_token_id", "eos_token_id",
        )
    }  # fmt: skip
    fields |= {"architectures": ["GPT2LMHeadModel"]}
    (folder / "config.json").write_text(json.dumps(fields, indent=2, sort_keys=True) + "\n")


# Cases


def ids(seed, rows, columns, vocabulary=512):
    return np.random.default_rng(seed).integers(0, vocabulary, (rows, columns)).tolist()


def padded(seed, lengths, columns, vocabulary=512, pad=511):
    """Rows of the given lengths, padded on the left, with the position ids the reference makes of the mask."""
    rows = [[pad] * (columns - n) + ids(seed + i, 1, n, vocabulary)[0] for i, n in enumerate(lengths)]
    mask = torch.tensor([[0] * (columns - n) + [1] * n for n in lengths])
    positions = mask.cumsum(-1) - 1
    positions.masked_fill_(mask == 0, 1)
    return dict(input_ids=rows, attention_mask=mask.tolist(), position_ids=positions.tolist())


def cases():
    def case(name, model, input_ids=None, attention_mask=None, position_ids=None, prefill=None, hidden=False):
        return dict(
            name=name, model=model, input_ids=input_ids, attention_mask=attention_mask, position_ids=position_ids,
            prefill=prefill, hidden_states=hidden, tensor=name,
        )  # fmt: skip

    for i, (name, shape) in enumerate(MODELS.items()):
        vocabulary, limit = shape.get("vocab_size", 512), shape["n_positions"]
        yield case(f"{name}/one", name, ids(100 + i, 1, 1, vocabulary))
        yield case(f"{name}/short", name, ids(200 + i, 1, 7, vocabulary), hidden=name == "deep")
        if limit <= 32 or name == "plain":
            yield case(f"{name}/full", name, ids(300 + i, 1, limit, vocabulary))
        yield case(f"{name}/cached", name, ids(400 + i, 2, min(limit, 9), vocabulary), prefill=1 + i % 4)
    for name in COPIES:
        yield case(f"{name}/short", name, ids(200, 1, 7))
    yield case("twelve-heads/batch", "twelve-heads", ids(500, 4, 5))
    yield case("plain/left-padded", "plain", **padded(510, [6, 1, 3], 6))
    yield case("deep/left-padded", "deep", **padded(520, [2, 8], 8))
    yield case("few-words/left-padded", "few-words", **padded(530, [16, 5, 11], 16, 37, 36))
    yield case("unscaled/left-padded-cached", "unscaled", **padded(540, [4, 7], 7), prefill=5)
    yield case("untied/all-ones-mask", "untied", ids(550, 2, 4), attention_mask=[[1] * 4] * 2)
    yield case("plain/positions", "plain", ids(560, 1, 6), position_ids=[[5, 4, 3, 63, 0, 0]])
    yield case("twelve-heads/positions", "twelve-heads", ids(570, 2, 4), position_ids=[[36, 37, 38, 39], [0, 2, 4, 6]])
    yield case("plain/full-cached", "plain", ids(580, 1, 64), prefill=60)


def run(model, case, columns=slice(None), past=None):
    """The reference's output for some columns of a case, after a cache of the columns before."""

    def cut(key):
        return None if case[key] is None else torch.tensor(case[key])[:, columns]

    mask = None if case["attention_mask"] is None else torch.tensor(case["attention_mask"])[:, : columns.stop]
    return model(
        cut("input_ids"), attention_mask=mask, position_ids=cut("position_ids"), past_key_values=past,
        use_cache=True, output_hidden_states=True, return_dict=True,
    )  # fmt: skip


def real(case, tensor):
    """Padding rows as zeros."""
    return tensor if case["attention_mask"] is None else tensor * torch.tensor(case["attention_mask"])[..., None]


def compute(strict):
    models, tensors, cached = {}, {}, {}
    for case in cases():
        if case["model"] not in models:
            models[case["model"]] = reference.load_model(FOLDER / "models" / case["model"])
        model = models[case["model"]]
        out = run(model, case)
        tensors[case["tensor"]] = logits = real(case, out.logits)
        assert logits.std() > 0.5
        if case["hidden_states"]:
            tensors |= {f"{case['tensor']}.hidden.{i}": h for i, h in enumerate(out.hidden_states)}
        if case["prefill"]:
            step = run(model, case, slice(0, case["prefill"]))
            parts = [step.logits]
            for t in range(case["prefill"], logits.shape[1]):
                step = run(model, case, slice(t, t + 1), step.past_key_values)
                parts.append(step.logits)
            cached[case["name"]] = (real(case, torch.cat(parts, 1)) - logits).abs().max().item()
            assert cached[case["name"]] < 1e-4, (case["name"], cached)
    return tensors, cached


def main():
    if not reference.in_a_pass():
        reference.check_versions()
        write_models()
    (tensors, cached), noise = reference.both_ways(compute)
    folders = [FOLDER / "models" / name for name in (*MODELS, *COPIES)]
    record = reference.provenance(__file__, "transformers 4.17.0 GPT2LMHeadModel, float32", folders)
    reference.save_tensors(FOLDER / "logits.safetensors", tensors, reference.metadata(record, noise_floor=repr(noise)))
    document = {
        "provenance": record,
        "comment": "prefill k: also to be computed as k tokens, then one by one with the cache. Rows whose attention_mask "
        "is 0 are recorded as zeros: compare none. hidden_states: tensors <case>.hidden.<i>, 0 the embeddings, last after ln_f.",
        "noise_floor": noise,
        "cached_noise_floor": max(cached.values()),
        "cases": list(cases()),
    }
    reference.write_json(FOLDER / "logits.json", document)
    print(f"noise floor {noise:.2e}, cached against uncached {max(cached.values()):.2e}")


if __name__ == "__main__":
    main()
