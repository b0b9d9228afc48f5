"""Records Golden/gpt2/tale.json: the logits of Weights/tale-gpt2 as transformers reads the folder.

Authority: `GPT2LMHeadModel.from_pretrained` and `GPT2Tokenizer.from_pretrained` of transformers 4.40.2 on torch 2.13.0
(CPU), the folder unchanged, its F16 weights widened to F32 (`torch_dtype`).

    python record_tale.py

For each text: its ids, and after each token the log of the sum of exponentials of all logits, the five largest logits
with their ids, and the logit of the token that follows (none after the last).
"""

import torch
import transformers

import reference

FOLDER = reference.WEIGHTS / "tale-gpt2"
TEXTS = {
    "homework": "The brown fox jumps",
    "barn": "Once upon a time, in a barn near a farm house,",
    "story": "The old woman said to the youngest of her three sons, “Go into the forest, and bring me what the wolf has hidden!”\n"
    "So he went; and when he had gone a little way, he met a hare.",
    "not a story": "SELECT 7 * 6 FROM naïve_café; -- 東京 🦊",
}


def compute(_):
    transformers.logging.set_verbosity_error()
    tokenizer = transformers.GPT2Tokenizer.from_pretrained(str(FOLDER))
    model, info = transformers.GPT2LMHeadModel.from_pretrained(
        str(FOLDER), torch_dtype=torch.float32, output_loading_info=True)
    assert not any(info.values()), info
    return [case(name, tokenizer.encode(text), model) | {"text": text} for name, text in TEXTS.items()]


def case(name, ids, model):
    logits = model.eval()(torch.tensor([ids])).logits[0]
    best = logits.topk(5)
    return {
        "name": name, "ids": ids, "log_sum_exp": logits.double().logsumexp(-1).tolist(),
        "best": best.indices.tolist(), "best_logits": best.values.tolist(),
        "following": [logits[i, following].item() for i, following in enumerate(ids[1:])],
    }  # fmt: skip


def main():
    cases, noise = reference.both_ways(compute, reference.PINNED_440)
    record = reference.provenance(__file__, "GPT2LMHeadModel.from_pretrained of transformers 4.40.2, float32", [FOLDER])
    reference.write_json(
        reference.GOLDEN / "gpt2" / "tale.json", {"provenance": record, "noise_floor": noise, "cases": cases})
    print(f"noise floor {noise:.2e}")


if __name__ == "__main__":
    main()
