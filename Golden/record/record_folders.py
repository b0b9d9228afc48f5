"""Records Golden/folders/: model folders as today's transformers saves them, and what it computes from them.

Authority: from_pretrained and generate of transformers 4.57.6 or 5.24.0 on torch 2.13.0 (CPU), the version that saved the
folder. Each version has an environment of its own (setup.sh 4.57 5) and is recorded in turn:

    .venv-reference-4.57/bin/python record_folders.py
    .venv-reference-5/bin/python record_folders.py

Folders are what `save_pretrained` of model and tokenizer writes without being asked for anything, but for `shards`, which
is cut in parts. Vocabularies are learned from, or listed in, this file; weights are drawn with a wide deviation, so that
no two tokens are equally likely.

Golden/folders/<4.57|5>.json: for each folder texts with ids, tokens, offsets and types, and texts of greedy search and of
beams that end as generation_config.json says. Golden/folders/<4.57|5>.safetensors: `<folder>/<text>`, logits of a GPT-2
and of a classifier, hidden states of an encoder.
"""

import pathlib
import shutil
import tempfile

import tokenizers
import torch
import transformers
from transformers import (
    AutoTokenizer, BertConfig, BertForPreTraining, BertForSequenceClassification, BertModel, BertTokenizerFast, GPT2Config,
    GPT2LMHeadModel, GPT2Tokenizer, GPT2TokenizerFast,
)  # fmt: skip

import reference

VERSION = transformers.__version__
PINNED = reference.PINNED_457 if VERSION.startswith("4.") else reference.PINNED_5
NAME = "4.57" if VERSION.startswith("4.") else "5"
FOLDERS = reference.GOLDEN / "folders" / NAME

STORY = (
    "The old woman said to the fox that it's late. The fox said that the old man's house isn't far, and the wolf didn't "
    "say a word. 12 years later, in 1812, they'd all been there: the wolf, the fox, the old woman and the old man."
)
GPT2_TEXTS = [
    "The old woman said", "the fox[PAD] and the <x> wolf", "it's  1812\n", "", "<|endoftext|>Résumé 😀", "a<|end|>b",
]
BERT_TEXTS = [
    ["The old woman said"], ["Résumé, the FOX's [E1] wolf", "a [MASK] [SEP] fox!"], ["unknown 😀 words"], ["", "the"],
]
PIECES = (
    "[PAD] [UNK] [CLS] [SEP] [MASK] the The fox wolf old woman said resume Résumé ' s , ! . a un ##known word ##s "
    "##w ##o FOX ##X F ##O"
).split()


def byte_level(folder):
    """A byte-level BPE of 300 entries, learned from the story: vocab.json and merges.txt."""
    learned = tokenizers.ByteLevelBPETokenizer()
    learned.train_from_iterator([STORY], vocab_size=300, min_frequency=2, special_tokens=["<|endoftext|>"])
    learned.save_model(str(folder))


def gpt2(tokenizer, **changes):
    config = GPT2Config(
        vocab_size=len(tokenizer), n_positions=40, n_embd=16, n_layer=2, n_head=2, initializer_range=0.3,
        bos_token_id=tokenizer.bos_token_id, eos_token_id=tokenizer.eos_token_id, **changes)  # fmt: skip
    return GPT2LMHeadModel(config)


def bert(kind, tokenizer, **changes):
    config = BertConfig(
        vocab_size=len(tokenizer), max_position_embeddings=24, hidden_size=16, num_hidden_layers=2, num_attention_heads=2,
        intermediate_size=24, initializer_range=0.3, **changes)  # fmt: skip
    return kind(config)


def save_plain(folder, source):
    """GPT-2 with the tokenizer of the vocabulary alone."""
    tokenizer = GPT2TokenizerFast.from_pretrained(source)
    gpt2(tokenizer).save_pretrained(folder)
    tokenizer.save_pretrained(folder)


def save_extended(folder, source):
    """GPT-2 with tokens added and a generation configuration of its own, output words of their own."""
    tokenizer = GPT2Tokenizer.from_pretrained(source)
    more = "additional_special_tokens" if NAME == "4.57" else "extra_special_tokens"
    tokenizer.add_special_tokens({"pad_token": "[PAD]", more: ["<|end|>"]})
    tokenizer.add_tokens(["<x>"])
    model = gpt2(tokenizer, tie_word_embeddings=False, activation_function="gelu_new", n_inner=40)
    model.eval()
    ids = torch.tensor([tokenizer(GPT2_TEXTS[0])["input_ids"]])
    found = model.generate(ids, max_new_tokens=9, do_sample=False, pad_token_id=0, repetition_penalty=1.3,
                           attention_mask=torch.ones_like(ids))[0].tolist()
    # A token that greedy search comes to, so that a text ends.
    ends = [tokenizer.eos_token_id, tokenizer.convert_tokens_to_ids("<|end|>"), found[-1]]
    model.generation_config.eos_token_id = ends
    model.generation_config.pad_token_id = tokenizer.pad_token_id
    model.generation_config.update(repetition_penalty=1.3, num_beams=3, early_stopping=True, length_penalty=0.7)
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)


def save_shards(folder, source):
    """GPT-2 in bfloat16, cut in parts."""
    tokenizer = AutoTokenizer.from_pretrained(folder.parent / "gpt2-plain")
    gpt2(tokenizer).to(torch.bfloat16).save_pretrained(folder, max_shard_size="12KB")
    tokenizer.save_pretrained(folder)


def save_classifier(folder, source):
    tokenizer = BertTokenizerFast.from_pretrained(source)
    names = {0: "bad", 1: "good", 2: "neither"}
    model = bert(
        BertForSequenceClassification, tokenizer, id2label=names, label2id={v: k for k, v in names.items()},
        problem_type="single_label_classification")  # fmt: skip
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)


def save_pretraining(folder, source):
    """BERT as it is pretrained, cased, with tokens added."""
    tokenizer = BertTokenizerFast.from_pretrained(source, do_lower_case=False)
    tokenizer.add_tokens(["[E1]"])
    bert(BertForPreTraining, tokenizer, hidden_act="relu").save_pretrained(folder)
    tokenizer.save_pretrained(folder)


SAVED = {
    "gpt2-plain": save_plain, "gpt2-extended": save_extended, "gpt2-shards": save_shards,
    "bert-classifier": save_classifier, "bert-pretraining": save_pretraining,
}  # fmt: skip


def save_all():
    shutil.rmtree(FOLDERS, ignore_errors=True)
    for seed, (name, save) in enumerate(SAVED.items()):
        with tempfile.TemporaryDirectory() as source:
            source = pathlib.Path(source)
            if name.startswith("gpt2"):
                byte_level(source)
            else:
                (source / "vocab.txt").write_text("\n".join(PIECES) + "\n", encoding="utf-8")
            torch.manual_seed(seed)
            save(FOLDERS / name, source)


def encoded(tokenizer, texts):
    found = tokenizer(*texts, return_offsets_mapping=tokenizer.is_fast, return_token_type_ids=True)
    return {
        "texts": texts, "ids": found["input_ids"], "tokens": tokenizer.convert_ids_to_tokens(found["input_ids"]),
        "offsets": [place for pair in found.get("offset_mapping", []) for place in pair],
        "types": found["token_type_ids"], "text": tokenizer.decode(found["input_ids"], clean_up_tokenization_spaces=False),
    }  # fmt: skip


def generated(model, ids, **options):
    found = model.generate(
        torch.tensor([ids]), max_new_tokens=16, do_sample=False, return_dict_in_generate=True, output_scores=True,
        attention_mask=torch.ones(1, len(ids), dtype=torch.long), **options)  # fmt: skip
    end = model.generation_config.eos_token_id
    ends = set(end if isinstance(end, list) else [end])
    rows = []
    for row in found.sequences.tolist():
        added = row[len(ids):]
        stop = next((i for i, token in enumerate(added) if token in ends), len(added) - 1)
        rows.append(row[: len(ids) + stop + 1])
    scores = found.sequences_scores.tolist() if "sequences_scores" in found else None
    return {"prompt": ids, "options": options, "rows": rows, "scores": scores}


def compute(strict):
    transformers.logging.set_verbosity_error()
    result = {}
    for name in SAVED:
        folder = FOLDERS / name
        tokenizer = AutoTokenizer.from_pretrained(folder)
        case = {"name": name, "count": len(tokenizer), "tokenizer": type(tokenizer).__name__, "tensors": {}}
        if name.startswith("gpt2"):
            model = GPT2LMHeadModel.from_pretrained(folder, dtype=torch.float32).eval()
            case["encodings"] = [encoded(tokenizer, [text]) for text in GPT2_TEXTS]
            case["generated"] = []
            for index, encoding in enumerate(case["encodings"]):
                ids = encoding["ids"]
                if not ids:
                    continue
                if index in (0, 2):
                    case["tensors"][str(index)] = model(torch.tensor([ids])).logits[0]
                if index < 3:
                    for options in (
                        {}, {"num_beams": 1}, {"num_beams": 3, "num_return_sequences": 3, "early_stopping": False},
                        {"num_beams": 4, "num_return_sequences": 2, "length_penalty": 0.5, "early_stopping": True},
                        {"num_beams": 2, "num_return_sequences": 1, "length_penalty": -1.0, "early_stopping": "never"},
                    ):  # fmt: skip
                        case["generated"].append(generated(model, ids, **options))
        else:
            kind = BertForSequenceClassification if name == "bert-classifier" else BertModel
            model = kind.from_pretrained(folder, dtype=torch.float32).eval()
            case["encodings"] = [encoded(tokenizer, texts) for texts in BERT_TEXTS]
            for index, texts in enumerate(BERT_TEXTS):
                output = model(**tokenizer(*texts, return_tensors="pt"))
                case["tensors"][str(index)] = output.logits if name == "bert-classifier" else output.last_hidden_state[0]
        result[name] = case
    return result


def main():
    reference.check_versions(PINNED)
    if not reference.in_a_pass():
        save_all()
    strict, floor = reference.both_ways(compute, PINNED)
    record = reference.provenance(__file__, f"from_pretrained and generate of transformers {VERSION}, float32")
    record["models"] = {
        f"{name}/{path.name}": reference.sha256(path)
        for name in SAVED for path in sorted((FOLDERS / name).glob("*.safetensors"))
    }  # fmt: skip
    tensors = {f"{name}/{key}": value for name, case in strict.items() for key, value in case.pop("tensors").items()}
    document = {"provenance": record, "noise_floor": floor, "cases": list(strict.values())}
    reference.write_json(FOLDERS.parent / f"{NAME}.json", document)
    reference.save_tensors(FOLDERS.parent / f"{NAME}.safetensors", tensors, reference.metadata(record))


if __name__ == "__main__":
    main()
