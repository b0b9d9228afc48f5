"""Records Golden/gpt2/attention: how much each token of tiny GPT-2s attends to which.

Authority: `output_attentions` of GPT2LMHeadModel of transformers 4.17.0 on torch 2.13.0 (CPU), of the models that
record_gpt2.py writes.

    python record_gpt2_attention.py

attention.json: the cases; attention.safetensors: `<case>` [layers, H, T, T].
"""

import numpy as np
import torch

import reference

FOLDER = reference.GOLDEN / "gpt2"
CASES = [("plain", 9), ("deep", 6), ("unscaled", 5), ("one-head", 1), ("twelve-heads", 7)]


def cases():
    for index, (model, count) in enumerate(CASES):
        ids = np.random.default_rng(900 + index).integers(0, 512, count).tolist()
        yield dict(name=f"{model}/{count}", model=model, ids=ids)


def compute(strict):
    tensors = {}
    for case in cases():
        model = reference.load_model(FOLDER / "models" / case["model"])
        out = model(torch.tensor([case["ids"]]), output_attentions=True, return_dict=True)
        tensors[case["name"]] = torch.cat(out.attentions)
    return tensors


def main():
    tensors, noise = reference.both_ways(compute)
    folders = [FOLDER / "models" / name for name, _ in CASES]
    record = reference.provenance(__file__, "transformers 4.17.0 GPT2LMHeadModel, output_attentions", folders)
    reference.save_tensors(FOLDER / "attention.safetensors", tensors, reference.metadata(record, noise_floor=repr(noise)))
    reference.write_json(FOLDER / "attention.json", {"provenance": record, "noise_floor": noise, "cases": list(cases())})
    print(f"noise floor {noise:.2e}")


if __name__ == "__main__":
    main()
