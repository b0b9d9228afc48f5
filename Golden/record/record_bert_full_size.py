"""Records Golden/bert/full-size.json: BERT at its true size (109M parameters) on random weights.

Authority: BertForSequenceClassification of transformers 4.17.0 on torch 2.13.0 (CPU). The weights are not kept: the
folder is made again by `fox init bert --out MODEL_DIR --seed 0` and known by the sha256 of its model.safetensors.

    python record_bert_full_size.py MODEL_DIR

Logits of a padded batch, and of a training step with dropout the loss, the draws and, for each parameter, the norm of
its gradient and 3 projections: sums of its values with signs that are drawn, by `bernoulli_(0.5)` of a generator with the
parameter's index as seed. Of a difference of gradients, a projection is about as long as the difference.
"""

import pathlib
import sys

import torch

import bert_models
import record_bert
import reference

LENGTHS, WIDTH, SEED, PROJECTIONS = [24, 7, 31, 2, 16, 11], 40, 5, 3


def draws_since(seed):
    """How many u32 the default generator has drawn, by the last state of each block of 624."""
    state, fresh = torch.get_rng_state(), torch.Generator().manual_seed(seed)
    for draws in range(0, 1 << 30, 624):
        if torch.equal(fresh.get_state()[24:5016], state[24:5016]):
            break
        torch.empty(624, dtype=torch.int32).random_(generator=fresh)
    else:
        raise AssertionError("too many draws")
    draws -= 624  # the words of a block are made when its first is drawn
    fresh = torch.Generator().manual_seed(seed)
    for _ in range(0, draws, 624):
        torch.empty(624, dtype=torch.int32).random_(generator=fresh)
    for more in range(625):
        if torch.equal(fresh.get_state()[:5024], state[:5024]):
            return draws + more
        torch.empty((), dtype=torch.int32).random_(generator=fresh)
    raise AssertionError("no such state")


def projections(index, gradient):
    generator = torch.Generator().manual_seed(index)
    signs = (torch.empty(gradient.numel()).bernoulli_(0.5, generator=generator) * 2 - 1 for _ in range(PROJECTIONS))
    return [(gradient.double() * sign).sum().item() for sign in signs]


def compute(_):
    model = bert_models.load(record_bert.CLASSIFIER, sys.argv[1])
    given = record_bert.padded(600, LENGTHS, WIDTH, model.config.vocab_size, 2)
    labels = [t % 2 for t in range(len(LENGTHS))]
    tensors = [torch.tensor(given[k]) for k in ("ids", "mask", "types")]
    logits = model(*tensors).logits
    model.train()
    torch.manual_seed(SEED)
    with torch.enable_grad():
        loss = model(*tensors, labels=torch.tensor(labels)).loss
        draws = draws_since(SEED)
        loss.backward()
    gradients = []
    for index, (name, parameter) in enumerate(model.named_parameters()):
        gradient = parameter.grad.flatten()
        gradients.append({"name": name, "norm": gradient.double().norm().item(), "projections": projections(index, gradient)})
    return {**given, "labels": labels, "logits": logits.tolist(), "seed": SEED, "draws": draws, "loss": loss.item(), "gradients": gradients}


def main():
    if len(sys.argv) != 2:
        raise SystemExit(__doc__)
    result, noise = reference.both_ways(compute)
    record = reference.provenance(__file__, "transformers 4.17.0 BertForSequenceClassification, float32")
    record["models"] = {"full-size": reference.sha256(pathlib.Path(sys.argv[1]) / "model.safetensors")}
    reference.write_json(record_bert.FOLDER / "full-size.json", {"provenance": record, "noise_floor": noise, **result})
    print(f"noise floor {noise:.2e}")


if __name__ == "__main__":
    main()
