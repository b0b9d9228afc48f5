"""Records Golden/bert: tiny random BERTs of odd shapes, and what the reference computes with them.

Authority: BertModel and BertForSequenceClassification of transformers 4.17.0 on torch 2.13.0 (CPU).

    python record_bert.py

models/<name>/{config.json,model.safetensors}: weights drawn wider than BERT's own (and LayerNorms and biases away
from 1 and 0), so that a forgotten bias, a wrong epsilon or a wrong order shows in every number. `bare` has names
without `bert.` and no classifier, `old` the gamma and beta and the heads of the first checkpoints.
outputs.json: the cases; outputs.safetensors, for each: `<case>.hidden.<i>` [N, C], the tokens whose mask is 1, one
after the other (0: the embeddings, i: after layer i), `<case>.pooled` [B, C], `<case>.logits` [B, labels],
`<case>.mean` [B, C], the mean over tokens, and `<case>.unit`, the same divided by its length. pooled and logits only
where every first token is real: the reference's pooler reads the first column, whatever the mask says.
"""

import json

import numpy as np
import torch
import transformers

import bert_models
import reference

FOLDER = reference.GOLDEN / "bert"
CLASSIFIER = transformers.BertForSequenceClassification

MODELS = {
    "plain": (CLASSIFIER, dict(hidden_size=12, num_attention_heads=3, num_hidden_layers=2, intermediate_size=24, vocab_size=90, max_position_embeddings=24)),
    "relu": (CLASSIFIER, dict(hidden_size=10, num_attention_heads=2, num_hidden_layers=1, intermediate_size=13, vocab_size=50, max_position_embeddings=16,
        type_vocab_size=1, layer_norm_eps=1e-2, hidden_act="relu", pad_token_id=7, classifier_dropout=0.3,
        id2label={0: "no", 1: "perhaps", 2: "yes"}, label2id={"no": 0, "perhaps": 1, "yes": 2})),
    "new": (CLASSIFIER, dict(hidden_size=8, num_attention_heads=4, num_hidden_layers=3, intermediate_size=20, vocab_size=40, max_position_embeddings=12,
        type_vocab_size=3, hidden_act="gelu_new", num_labels=1, pad_token_id=None)),
    "bare": (transformers.BertModel, dict(hidden_size=9, num_attention_heads=1, num_hidden_layers=1, intermediate_size=9, vocab_size=30, max_position_embeddings=9)),
    "old": (transformers.BertForPreTraining, dict(hidden_size=6, num_attention_heads=2, num_hidden_layers=1, intermediate_size=12, vocab_size=20, max_position_embeddings=10)),
}  # fmt: skip


def draw(name, shape, rng):
    if "embeddings.weight" in name:
        mean, std = 0.0, 0.6
    elif "LayerNorm" in name:
        mean, std = (1.0, 0.25) if name.endswith("weight") else (0.0, 0.15)
    else:
        mean, std = 0.0, 0.35 if name.endswith("weight") else 0.1
    return torch.from_numpy((mean + std * rng.standard_normal(tuple(shape))).astype(np.float32))


def write_models():
    for index, (name, (kind, fields)) in enumerate(MODELS.items()):
        model = kind(transformers.BertConfig(**fields))
        model.config.architectures = [kind.__name__]
        rng = np.random.default_rng(4171 + index)
        tensors = {k: v if k.endswith("position_ids") else draw(k, v.shape, rng) for k, v in model.state_dict().items()}
        tensors.pop("cls.predictions.decoder.bias", None)  # the same as cls.predictions.bias
        if name == "old":
            tensors = {k.replace("LayerNorm.weight", "LayerNorm.gamma").replace("LayerNorm.bias", "LayerNorm.beta"): v for k, v in tensors.items()}
        folder = FOLDER / "models" / name
        reference.save_tensors(folder / "model.safetensors", tensors)
        (folder / "config.json").write_text(model.config.to_json_string(use_diff=False))


def ids(seed, rows, columns, vocabulary):
    return np.random.default_rng(seed).integers(1, vocabulary, (rows, columns)).tolist()


def padded(seed, lengths, columns, vocabulary, types=1, left=False, pad=0):
    rows, masks, kinds = [], [], []
    for i, n in enumerate(lengths):
        fill, row = [pad] * (columns - n), ids(seed + i, 1, n, vocabulary)[0]
        first = np.random.default_rng(seed - i).integers(0, n + 1)
        kind = [0] * first + [types - 1] * (n - first)
        rows.append(fill + row if left else row + fill)
        masks.append([0] * len(fill) + [1] * n if left else [1] * n + [0] * len(fill))
        kinds.append([0] * len(fill) + kind if left else kind + [0] * len(fill))
    return dict(ids=rows, mask=masks, types=kinds)


def cases():
    def case(name, model, ids, mask=None, types=None):
        return dict(name=name, model=model, ids=ids, mask=mask, types=types)

    for i, (name, (_, fields)) in enumerate(MODELS.items()):
        yield case(f"{name}/one", name, ids(100 + i, 1, 1, fields["vocab_size"]))
        yield case(f"{name}/full", name, ids(200 + i, 2, fields["max_position_embeddings"], fields["vocab_size"]))
    yield case("plain/padded", "plain", **padded(300, [9, 1, 14, 5], 16, 90, 2))
    yield case("plain/left-padded", "plain", **padded(310, [4, 7], 9, 90, 2, left=True))
    holes = padded(320, [11, 11], 11, 90)
    holes["mask"] = [[1, 0, 0, 1, 1, 0, 1, 1, 1, 1, 0], [1] * 11]
    yield case("plain/holes", "plain", **holes)
    yield case("relu/padded", "relu", **padded(330, [3, 10], 12, 50, pad=7))
    yield case("new/padded", "new", **padded(340, [12, 2, 6], 12, 40, 3))
    yield case("old/padded", "old", **padded(350, [2, 3], 5, 20, 2))


def pool(hidden, mask):
    """The mean over tokens, as sentence-transformers takes it."""
    return (hidden * mask[..., None]).sum(1) / mask.sum(1, keepdim=True).clamp(min=1e-9)


def compute(_):
    models, tensors = {}, {}
    for case in cases():
        name, folder = case["name"], case["model"]
        if folder not in models:
            kind = CLASSIFIER if MODELS[folder][0] is CLASSIFIER else transformers.BertModel
            models[folder] = bert_models.load(kind, FOLDER / "models" / folder)
        model = models[folder]
        given = {k: torch.tensor(case[v]) for k, v in (("input_ids", "ids"), ("attention_mask", "mask"), ("token_type_ids", "types")) if case[v]}
        out = model(**given, output_hidden_states=True)
        mask = given.get("attention_mask", torch.ones_like(given["input_ids"]))
        tensors |= {f"{name}.hidden.{i}": h[mask == 1] for i, h in enumerate(out.hidden_states)}
        mean = pool(out.hidden_states[-1], mask.float())
        tensors |= {f"{name}.mean": mean, f"{name}.unit": torch.nn.functional.normalize(mean, dim=1)}
        if mask[:, 0].all():
            body = getattr(model, "bert", model)
            tensors[f"{name}.pooled"] = body.pooler(out.hidden_states[-1])
            if "logits" in out:
                tensors[f"{name}.logits"] = out.logits
    return tensors


def main():
    if not reference.in_a_pass():
        reference.check_versions()
        write_models()
    tensors, noise = reference.both_ways(compute)
    record = reference.provenance(__file__, "BertModel, BertForSequenceClassification of transformers 4.17.0, float32", [FOLDER / "models" / m for m in MODELS])
    reference.save_tensors(FOLDER / "outputs.safetensors", tensors, reference.metadata(record, noise_floor=repr(noise)))
    reference.write_json(FOLDER / "outputs.json", {"provenance": record, "noise_floor": noise, "cases": list(cases())})
    print(f"noise floor {noise:.2e}")


if __name__ == "__main__":
    main()
