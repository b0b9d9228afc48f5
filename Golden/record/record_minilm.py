"""Records Golden/bert/minilm.{json,safetensors}: what the reference computes with all-MiniLM-L6-v2.

Authority: BertModel of transformers 4.17.0 and BertTokenizerFast (tokenizers 0.13.3) on torch 2.13.0 (CPU).

    python record_minilm.py MODEL_DIR        # Weights/minilm, brought by Weights/fetch-minilm.sh

minilm.json: the texts and their ids, padded to the longest. minilm.safetensors: `hidden` [N, C], the last states of the
texts in `hidden_texts`, without padding; `pooled`, `mean`, `unit` [B, C] of all (see record_bert.py).
"""

import pathlib
import sys

import torch
import transformers

import bert_models
import record_bert
import reference

TEXTS = [
    "The quick brown fox jumps over the lazy dog.",
    "A fast auburn fox leaps above a sleepy hound!",
    "",
    "it 's a charming and often affecting journey .",
    "Once upon a time, in a barn near a farm house, there lived a little white kitten named Cotton.",
    "Größe, naïve café; 東京 は 日本 の 首都 です。 123,456.78",
    "supercalifragilisticexpialidocious " * 8,
]
HIDDEN_TEXTS = [0, 2]


def compute(_):
    folder = sys.argv[1]
    tokenizer = transformers.BertTokenizerFast.from_pretrained(folder)
    model = bert_models.load(transformers.BertModel, folder)
    given = tokenizer(TEXTS, padding=True, return_tensors="pt")
    hidden = model(**given).last_hidden_state
    mask = given["attention_mask"]
    mean = record_bert.pool(hidden, mask.float())
    tensors = {
        "hidden": torch.cat([hidden[t][mask[t] == 1] for t in HIDDEN_TEXTS]),
        "pooled": model.pooler(hidden),
        "mean": mean,
        "unit": torch.nn.functional.normalize(mean, dim=1),
    }
    return {"texts": TEXTS, "ids": given["input_ids"], "mask": mask, "hidden_texts": HIDDEN_TEXTS}, tensors


def main():
    if len(sys.argv) != 2:
        raise SystemExit(__doc__)
    (case, tensors), noise = reference.both_ways(compute)
    record = reference.provenance(__file__, "BertModel and BertTokenizerFast of transformers 4.17.0, float32")
    record["models"] = {"minilm": reference.sha256(pathlib.Path(sys.argv[1]) / "model.safetensors")}
    reference.write_json(record_bert.FOLDER / "minilm.json", {"provenance": record, "noise_floor": noise, **case})
    reference.save_tensors(record_bert.FOLDER / "minilm.safetensors", tensors, reference.metadata(record, noise_floor=repr(noise)))
    print(f"noise floor {noise:.2e}")


if __name__ == "__main__":
    main()
