"""Records Golden/bert/gradients.{json,safetensors}: the loss of tiny BERTs and the gradient of every parameter.

Authority: BertForSequenceClassification of transformers 4.17.0 on torch 2.13.0. The models are those of record_bert.py.

    python record_bert_gradients.py

gradients.json: per case the model, ids, mask, types, labels, kind of loss, probabilities of dropout (hidden, attention,
classifier), seed, how many numbers of 32 bits dropout drew, and the loss. gradients.safetensors: `<case>.<parameter>`.
"""

import torch

import bert_models
import record_bert
import reference
from record_gpt2_gradients import draws_since

# name: model, lengths, padded length, dropout of (hidden, attention, classifier), seed, kind of loss
CASES = {
    "plain": ("plain", [6, 6], 6, (0, 0, 0), 0, None),
    "plain-padded": ("plain", [5, 1, 9], 11, (0, 0, 0), 0, None),
    "plain-dropout": ("plain", [7, 3, 10, 1], 13, (0.1, 0.1, None), 42, None),
    "relu-dropout": ("relu", [4, 12], 12, (0.2, 0.5, 0.3), 7, None),
    "relu-some-dropout": ("relu", [3, 2], 9, (0, 0.4, 0), 3, "single_label_classification"),
    "relu-multi": ("relu", [4, 2, 5], 6, (0, 0, 0.2), 5, "multi_label_classification"),
    "relu-regression": ("relu", [4, 2], 4, (0, 0, 0), 5, "regression"),
    "new-regression": ("new", [8, 3, 12], 12, (0.3, 0.1, None), 11, None),
    "one-regression": ("new", [5], 7, (0, 0, 0), 11, None),
}
IGNORED = {"relu-some-dropout"}  # the first label is -100


def labels_of(name, kind, rows, count):
    torch.manual_seed(2)
    if kind == "multi_label_classification":
        return (torch.rand(rows, count) < 0.5).float()
    if kind == "regression" or count == 1:
        return torch.randn(rows, count)
    labels = torch.randint(0, count, (rows,))
    if name in IGNORED:
        labels[0] = -100
    return labels


def compute(_):
    cases, tensors = [], {}
    for name, (folder, lengths, columns, dropout, seed, kind) in CASES.items():
        model = bert_models.load(record_bert.CLASSIFIER, record_bert.FOLDER / "models" / folder).train()
        config, (hidden, attention, head) = model.config, dropout
        config.problem_type = kind
        for part in model.modules():
            if isinstance(part, torch.nn.Dropout):
                part.p = hidden
        for layer in model.bert.encoder.layer:
            layer.attention.self.dropout.p = attention
        model.dropout.p = hidden if head is None else head
        given = record_bert.padded(400 + seed, lengths, columns, config.vocab_size, config.type_vocab_size, pad=config.pad_token_id or 0)
        if name == "plain-padded":
            given["ids"][0][2] = config.pad_token_id  # a real token whose vector is not learned
        labels = labels_of(name, kind, len(lengths), config.num_labels)
        torch.manual_seed(seed)
        with torch.enable_grad():
            out = model(torch.tensor(given["ids"]), torch.tensor(given["mask"]), torch.tensor(given["types"]), labels=labels)
            out.loss.backward()
        cases.append(
            {
                "name": name, "model": folder, **given, "labels": labels.flatten().tolist(), "problem_type": kind,
                "dropout": list(dropout), "seed": seed, "draws": draws_since(seed), "loss": out.loss.item(),
            }
        )  # fmt: skip
        tensors |= {f"{name}.{k}": p.grad for k, p in model.named_parameters()}
    return cases, tensors


def main():
    (cases, tensors), floor = reference.both_ways(compute)
    models = [record_bert.FOLDER / "models" / m for m in dict.fromkeys(c[0] for c in CASES.values())]
    record = reference.provenance(__file__, "BertForSequenceClassification of transformers 4.17.0", models)
    reference.write_json(record_bert.FOLDER / "gradients.json", {"provenance": record, "noise_floor": floor, "cases": cases})
    reference.save_tensors(record_bert.FOLDER / "gradients.safetensors", tensors, reference.metadata(record, noise_floor=repr(floor)))


if __name__ == "__main__":
    main()
