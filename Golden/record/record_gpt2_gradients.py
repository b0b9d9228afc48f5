"""Records Golden/gpt2/gradients.{json,safetensors}: the loss of tiny GPT-2s and the gradient of every parameter.

Authority: GPT2LMHeadModel of transformers 4.17.0 on torch 2.13.0. The models are those of record_gpt2.py.

    python record_gpt2_gradients.py

gradients.json: per case the model, ids, labels, probabilities of dropout, seed, how many numbers of 32 bits
dropout drew, and the loss. gradients.safetensors: `<case>.<parameter>`.
"""

import torch

import reference

# name: model, rows, tokens, dropout of (embeddings, attention, residuals), seed, labels without a score
CASES = {
    "few-words": ("few-words", 3, 7, (0, 0, 0), 0, 0),
    "deep": ("deep", 2, 32, (0, 0, 0), 0, 20),
    "unscaled": ("unscaled", 2, 11, (0, 0, 0), 0, 0),
    "untied": ("untied", 2, 9, (0, 0, 0), 0, 3),
    "plain-dropout": ("plain", 4, 13, (0.1, 0.1, 0.1), 42, 0),
    "untied-dropout": ("untied", 3, 8, (0.5, 0.2, 0.3), 7, 5),
    "one-head-some-dropout": ("one-head", 2, 16, (0, 0.4, 0), 3, 0),
}


def draws_since(seed):
    """How many u32 the default generator has drawn: it is compared with fresh ones, block by block."""
    state = torch.get_rng_state()
    fresh = torch.Generator().manual_seed(seed)
    for draws in range(1 << 20):
        if torch.equal(fresh.get_state()[:5024], state[:5024]):
            return draws
        torch.empty((), dtype=torch.int32).random_(generator=fresh)
    raise AssertionError("too many draws")


def compute(_):
    cases, tensors = [], {}
    for name, (folder, rows, tokens, dropout, seed, ignored) in CASES.items():
        model = reference.load_model(reference.GOLDEN / "gpt2" / "models" / folder).train()
        model.transformer.drop.p = dropout[0]
        for block in model.transformer.h:
            block.attn.attn_dropout.p, block.attn.resid_dropout.p, block.mlp.dropout.p = dropout[1], dropout[2], dropout[2]
        torch.manual_seed(1)
        ids = torch.randint(0, model.config.vocab_size, (rows, tokens))
        labels = ids.clone()
        labels.view(-1)[torch.randperm(rows * tokens)[:ignored]] = -100
        torch.manual_seed(seed)
        with torch.enable_grad():
            loss = model(input_ids=ids, labels=labels).loss
            loss.backward()
        cases.append(
            {
                "name": name, "model": folder, "ids": ids.tolist(), "labels": labels.tolist(), "dropout": list(dropout),
                "seed": seed, "draws": draws_since(seed), "loss": loss.item(),
            }
        )
        tensors |= {f"{name}.{k}": p.grad for k, p in model.named_parameters()}
    return cases, tensors


def main():
    (cases, tensors), floor = reference.both_ways(compute)
    models = [reference.GOLDEN / "gpt2" / "models" / m for m in dict.fromkeys(c[0] for c in CASES.values())]
    record = reference.provenance(__file__, "GPT2LMHeadModel of transformers 4.17.0", models)
    folder = reference.GOLDEN / "gpt2"
    reference.write_json(folder / "gradients.json", {"provenance": record, "noise_floor": floor, "cases": cases})
    reference.save_tensors(folder / "gradients.safetensors", tensors, reference.metadata(record, noise_floor=repr(floor)))


if __name__ == "__main__":
    main()
