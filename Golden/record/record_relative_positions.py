"""Records Golden/bert/relative.{json,safetensors}: BERTs that tell positions apart by their distance.

Authority: `BertForSequenceClassification` of transformers 4.17.0 on torch 2.13.0 with `position_embedding_type`
relative_key and relative_key_query.

    python record_relative_positions.py

relative.json: the configuration, the seed of the fresh model, texts, labels and losses. relative.safetensors: logits of
each text, and the gradients of the loss of both texts as one batch, whose shorter one is padded: `<kind>.<parameter>`.
"""

import torch
from transformers import BertConfig, BertForSequenceClassification, set_seed

import reference

KINDS = ["relative_key", "relative_key_query"]
SEED = 3
# The second is as long as the model has positions: every distance occurs.
IDS = [[1, 5, 19, 0, 7, 7, 12, 3], [2, 4, 4, 9, 11, 3, 17, 18, 1, 6, 5, 13, 8, 15, 2, 10]]
LABELS = [1, 0]
BERT = dict(
    vocab_size=20, max_position_embeddings=16, hidden_size=8, num_hidden_layers=2, num_attention_heads=2, intermediate_size=24,
    initializer_range=0.5, hidden_dropout_prob=0.0, attention_probs_dropout_prob=0.0,
)  # fmt: skip


def compute(_):
    tensors = {}
    for kind in KINDS:
        set_seed(SEED)
        model = BertForSequenceClassification(BertConfig(position_embedding_type=kind, **BERT)).eval()
        for index, ids in enumerate(IDS):
            tensors[f"{kind}.logits.{index}"] = model(torch.tensor([ids])).logits.detach()
        width = max(map(len, IDS))
        ids = torch.tensor([text + [0] * (width - len(text)) for text in IDS])
        mask = torch.tensor([[1] * len(text) + [0] * (width - len(text)) for text in IDS])
        with torch.enable_grad():
            loss = model(ids, attention_mask=mask, labels=torch.tensor(LABELS)).loss
            loss.backward()
        tensors[f"{kind}.loss"] = loss.detach().reshape(1)
        for name, parameter in model.named_parameters():
            if parameter.grad is not None:  # the table of absolute positions has no part in anything
                tensors[f"{kind}.{name}"] = parameter.grad
    return tensors


def main():
    tensors, floor = reference.both_ways(compute)
    record = reference.provenance(__file__, "transformers 4.17.0; torch 2.13.0 autograd")
    folder = reference.GOLDEN / "bert"
    cases = {"kinds": KINDS, "seed": SEED, "ids": IDS, "labels": LABELS, "bert": BERT}
    reference.write_json(folder / "relative.json", {"provenance": record, "noise_floor": floor, **cases})
    reference.save_tensors(folder / "relative.safetensors", tensors, reference.metadata(record, noise_floor=repr(floor)))


if __name__ == "__main__":
    main()
