"""Records Golden/bert/relative.{json,safetensors}: BERTs that know how far apart tokens are, and not where they are.

Authority: BertForSequenceClassification of transformers 4.17.0 on torch 2.13.0 with `position_embedding_type`
`relative_key` (Shaw et al. 2018) and `relative_key_query` (Huang et al. 2020).

    python record_bert_relative.py

models/<type>/: weights as record_bert.py draws them. relative.json: for each type ids, mask, types, labels, probabilities
of dropout, seed, draws and loss. relative.safetensors: `<type>.hidden.<i>` [N, C] of the tokens whose mask is 1 and
`<type>.logits` [B, labels], without dropout; `<type>.<parameter>`: gradients of the loss, with dropout. `fresh/<type>`:
the weights of a fresh model after set_seed(5).
"""

import numpy as np
import torch
import transformers

import bert_models
import record_bert
import reference
from record_gpt2_gradients import draws_since

TYPES = ["relative_key", "relative_key_query"]
SIZES = dict(
    hidden_size=12, num_attention_heads=3, num_hidden_layers=2, intermediate_size=16, vocab_size=30, max_position_embeddings=14
)  # fmt: skip
DROPOUT = (0.1, 0.2, 0.1)
SEED = 5


def config(kind):
    config = transformers.BertConfig(position_embedding_type=kind, **SIZES)
    config.architectures = ["BertForSequenceClassification"]
    return config


def write_models():
    for index, kind in enumerate(TYPES):
        model = record_bert.CLASSIFIER(config(kind))
        rng = np.random.default_rng(4190 + index)
        tensors = {k: v if k.endswith("position_ids") else record_bert.draw(k, v.shape, rng) for k, v in model.state_dict().items()}
        folder = record_bert.FOLDER / "models" / kind
        reference.save_tensors(folder / "model.safetensors", tensors)
        (folder / "config.json").write_text(model.config.to_json_string(use_diff=False))


def compute(_):
    cases, tensors = [], {}
    for kind in TYPES:
        model = bert_models.load(record_bert.CLASSIFIER, record_bert.FOLDER / "models" / kind)
        given = record_bert.padded(700, [9, 1, 13, 5], 13, SIZES["vocab_size"], 2)
        # Tokens that are left out in the middle of a text leave a distance behind.
        given["mask"][0] = [1, 0, 0, 1, 1, 0, 1, 1, 1, 0, 0, 0, 0]
        names = {"input_ids": "ids", "attention_mask": "mask", "token_type_ids": "types"}
        inputs = {k: torch.tensor(given[v]) for k, v in names.items()}
        out = model(**inputs, output_hidden_states=True)
        tensors |= {f"{kind}.hidden.{i}": h[inputs["attention_mask"] == 1] for i, h in enumerate(out.hidden_states)}
        tensors[f"{kind}.logits"] = out.logits
        hidden, attention, head = DROPOUT
        for part in model.train().modules():
            if isinstance(part, torch.nn.Dropout):
                part.p = hidden
        for layer in model.bert.encoder.layer:
            layer.attention.self.dropout.p = attention
        model.dropout.p = head
        labels = [1, 0, 0, 1]
        torch.manual_seed(SEED)
        with torch.enable_grad():
            out = model(**inputs, labels=torch.tensor(labels))
            out.loss.backward()
        cases.append(
            {
                "name": kind, "model": kind, **given, "labels": labels, "problem_type": None, "dropout": list(DROPOUT),
                "seed": SEED, "draws": draws_since(SEED), "loss": out.loss.item(),
            }
        )  # fmt: skip
        # The table of absolute positions is there and not used: it has no gradient.
        for name, p in model.named_parameters():
            tensors[f"{kind}.{name}"] = torch.zeros_like(p) if p.grad is None else p.grad
        transformers.set_seed(SEED)
        tensors |= {f"fresh/{kind}.{k}": v for k, v in record_bert.CLASSIFIER(config(kind)).state_dict().items() if "distance" in k or "classifier" in k}
    return cases, tensors


def main():
    if not reference.in_a_pass():
        reference.check_versions()
        write_models()
    (cases, tensors), floor = reference.both_ways(compute)
    models = [record_bert.FOLDER / "models" / kind for kind in TYPES]
    record = reference.provenance(__file__, "BertForSequenceClassification of transformers 4.17.0, float32", models)
    reference.write_json(record_bert.FOLDER / "relative.json", {"provenance": record, "noise_floor": floor, "cases": cases})
    reference.save_tensors(record_bert.FOLDER / "relative.safetensors", tensors, reference.metadata(record, noise_floor=repr(floor)))


if __name__ == "__main__":
    main()
