"""Records Golden/bert/init: fresh BERTs, and fresh heads of loaded ones, as the reference draws them from a seed.

Authority: transformers 4.17.0 (set_seed, Bert…(config), from_pretrained) on torch 2.13.0 (CPU), AVX2 or better.

    python record_bert_init.py

init.json: the cases: seed, configuration fields, `kind`: encoder or classifier, and of cases of from_pretrained which
parameters the checkpoint lacks (its others are zeros); `next`: the number of 32 bits and the normal that are drawn
next. init.safetensors: `<case>/<parameter>`; of heads only what was lacking.
"""

import torch
import transformers

import reference

SMALL = dict(vocab_size=23, max_position_embeddings=7, type_vocab_size=2, hidden_size=8, num_hidden_layers=2, num_attention_heads=2, intermediate_size=12)
TINY = dict(vocab_size=5, max_position_embeddings=2, type_vocab_size=3, hidden_size=3, num_hidden_layers=1, num_attention_heads=1, intermediate_size=5,
    initializer_range=0.5, num_labels=3, pad_token_id=4)  # fmt: skip
POOLER, CLASSIFIER = ["bert.pooler.dense.weight", "bert.pooler.dense.bias"], ["classifier.weight", "classifier.bias"]
# name: seed, fields, kind, what the checkpoint lacks; None: no checkpoint
CASES = {
    "small": (0, SMALL, "classifier", None),
    "small-encoder": (42, SMALL, "encoder", None),
    "small-head": (42, SMALL, "classifier", CLASSIFIER),
    "small-heads": (42, SMALL, "classifier", POOLER + CLASSIFIER),
    "small-bias": (3, SMALL, "classifier", CLASSIFIER[1:]),
    "tiny": (7, TINY, "classifier", None),
    "tiny-encoder": (8, TINY, "encoder", None),
    "tiny-head": (2**31, TINY, "classifier", CLASSIFIER),
    "tiny-heads": (9, TINY, "classifier", POOLER + CLASSIFIER),
}
KINDS = {"encoder": transformers.BertModel, "classifier": transformers.BertForSequenceClassification}


def main():
    reference.check_versions()
    cases, tensors = [], {}
    for name, (seed, fields, kind, lacks) in CASES.items():
        config = transformers.BertConfig(**fields)
        state = {k: torch.zeros_like(v) for k, v in KINDS[kind](config).state_dict().items() if k not in (lacks or [])}
        transformers.set_seed(seed)
        model = KINDS[kind](config) if lacks is None else KINDS[kind].from_pretrained(None, config=config, state_dict=state)
        following = torch.empty((), dtype=torch.int32).random_(0, 1 << 20).item(), torch.empty(1).normal_().item()
        cases.append({"name": name, "seed": seed, "config": fields, "kind": kind, "lacks": lacks, "next": following})
        for key, value in model.state_dict().items():
            if not key.endswith("position_ids") and (lacks is None or key in lacks):
                tensors[f"{name}/{key if kind == 'classifier' else 'bert.' + key}"] = value
    record = reference.provenance(__file__, "set_seed, BertModel, BertForSequenceClassification of transformers 4.17.0")
    record["aten_cpu_capability"] = "AVX2 or better"
    reference.write_json(reference.GOLDEN / "bert" / "init.json", {"provenance": record, "cases": cases})
    reference.save_tensors(reference.GOLDEN / "bert" / "init.safetensors", tensors, reference.metadata(record))


if __name__ == "__main__":
    main()
