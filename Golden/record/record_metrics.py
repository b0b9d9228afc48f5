"""Records Golden/metrics/: ROUGE, GLUE's metrics, seeds and perplexity under the reference.

Authorities: rouge_score 0.1.2 (with NLTK's Porter stemmer), scikit-learn, scipy and NumPy for metrics.json; the homework's
cells of Part 2 (homework_part2.py) on transformers 4.17.0 for pairs.json and pairs_data.json.

    python record_metrics.py                      # metrics.json
    python record_metrics.py pairs                # pairs.json: own sentences on Weights/tale-gpt2
    FOX_DATA=… python record_metrics.py data      # pairs_data.json: CoQA's and MCTest's on the same, numbers only
"""

import contextlib
import hashlib
import io
import itertools
import json
import math
import random
import sys
import warnings

import nltk
import numpy as np
import rouge_score
import scipy
import sklearn
import torch
import transformers
from nltk.stem import porter
from rouge_score import rouge_scorer, scoring
from scipy.stats import pearsonr, spearmanr
from sklearn.metrics import accuracy_score, f1_score, matthews_corrcoef

import homework_cells
import homework_part2
import reference

TALE = reference.WEIGHTS / "tale-gpt2"
TYPES = [f"rouge{n}" for n in range(1, 10)] + ["rougeL", "rougeLsum"]


def number(value):
    """A float; what JSON lacks as the string of JSON-5."""
    value = float(value)
    return "NaN" if math.isnan(value) else value


# ROUGE

FOX = "The quick brown fox jumps over the lazy dog."
TEXTS = [
    (FOX, "The quick brown dog jumps on the log."), (FOX, FOX), (FOX, ""), ("", FOX), ("", ""), ("...", "!?"),
    ("a b c d e f g h i j", "a b c d e f g h i j k"), ("testing one two", "testing"), ("a a a a b", "a a b b b"),
    ("Don't they're it's 3.14 C++", "dont theyre its 3 14 c"), ("café naïve 日本 🦊 end", "caf na ve end"),
    ("\u212aelvin \u0130stanbul \u0130", "kelvin i stanbul i"), ("The cats' running quickly\nwas agreed upon\n\nnews today",
    "News today\ncat runs quick\nagree"), ("w1 w2 w3 w4 w5", "w1 w2 w6 w7 w8\nw1 w3 w8 w9 w5"), ("a\nb\nc", "c\nb\na"), ("one\ttwo\u00a0three", "ONE TWO THREE"),
    ("policies studies flies dies", "policy study fly die"), ("x " * 30, "x " * 7), ("the the the\nthe the", "the\nthe\nthe the the the"),
]  # fmt: skip


def scores(target, prediction, stemmer):
    result = rouge_scorer.RougeScorer(TYPES, use_stemmer=stemmer).score(target, prediction)
    return [list(map(float, result[t])) for t in TYPES]


def rouge_cases():
    draw = random.Random(3)
    words = "run running runs ran cat cats the The a of, happy happily national nationality \n . relational".split(" ")
    fuzz = [tuple(" ".join(draw.choice(words) for _ in range(draw.randint(0, 24))) for _ in range(2)) for _ in range(40)]
    return [
        {"target": t, "prediction": p, "plain": scores(t, p, False), "stemmed": scores(t, p, True)} for t, p in TEXTS + fuzz
    ]


def multi_cases():
    cases = [([FOX, "The quick brown dog", "jumps on the log"], "The quick brown dog jumps on the log."), (["a b", "b a"], "a"), (["x"], "y")]
    result = []
    for targets, prediction in cases:
        best = rouge_scorer.RougeScorer(TYPES).score_multi(targets, prediction)
        result.append({"targets": targets, "prediction": prediction, "scores": [list(map(float, best[t])) for t in TYPES]})
    return result


def stems():
    """Words of all kinds and their stems: stems and suffixes combined, irregular forms, digits, ys."""
    draw = random.Random(5)
    stemmer = porter.PorterStemmer()
    roots = "agr pl fl happ rel nation oper commun form electr hop sens adjust tr enjo sk geo archaeo theo radic vi cease contro ro fizz hiss fall tann b d l fa".split()
    suffixes = ("s es ies sses ed ing eed ied y ational tional enci anci izer bli abli alli entli eli ousli ization ation ator alism iveness fulness ousness "
                "aliti iviti biliti fulli logi icate ative alize iciti ical ful ness al ance ence er ic able ible ant ement ment ent ion sion tion ou ism ate iti "
                "ous ive ize e ll lls ally allied logy logies ying").split()  # fmt: skip
    words = {r + s for r in roots for s in suffixes}
    words |= {draw.choice(sorted(words)) + draw.choice(suffixes) for _ in range(400)}
    words |= {"".join(draw.choice("aeiouybcdlst1") for _ in range(draw.randint(1, 9))) for _ in range(600)}
    words |= {*"sky skies dying lying tying news innings inning outings outing cannings canning howe proceed exceed succeed".split()}
    words |= {"yyyyyyy", "a", "is", "the", "1990s", "x", "aaa", "feed", "bled", "sing", "ties", "spied", "generalizations"}
    return [f"{w} {stemmer.stem(w)}" for w in sorted(words)]


def letters():
    """Scalars whose lower case holds a letter or digit that ROUGE counts, and which."""
    pairs = ((c, [x for x in chr(c).lower() if x in "abcdefghijklmnopqrstuvwxyz0123456789"]) for c in range(0x110000) if not 0xD800 <= c < 0xE000)
    return [[c, "".join(x)] for c, x in pairs if x and c > 127]


def bootstrap():
    draw = random.Random(9)
    result = []
    for count, samples, interval, seed in [(1, 10, 0.95, 0), (2, 100, 0.95, 1), (7, 1000, 0.95, 42), (33, 1000, 0.9, 2**32 - 1), (8, 50, 1.0, 5)]:
        rows = [[round(draw.random(), 3) for _ in range(3)] for _ in range(count)]
        np.random.seed(seed)
        aggregator = scoring.BootstrapAggregator(confidence_interval=interval, n_samples=samples)
        for row in rows:
            aggregator.add_scores({"x": scoring.Score(*row)})
        bounds = aggregator.aggregate()["x"]
        result.append({"scores": rows, "samples": samples, "confidence": interval, "seed": seed,
                       "bounds": [list(map(float, b)) for b in (bounds.low, bounds.mid, bounds.high)],
                       "mean": [float(x) for x in np.mean(rows, axis=0)]})  # fmt: skip
    return result


def homework_rouge():
    """The homework's inner `rouge`, taken out of its cell by way of ids that its tokenizer gives back."""
    draw = random.Random(13)
    result = []

    class Output(dict):
        def tolist(self):
            return self["ids"]

        def __getitem__(self, key):
            return self if key == 0 else dict.__getitem__(self, key)

    class Tokenizer:
        """Texts are lists of ids in JSON; decoding gives the prediction."""

        def __call__(self, text, return_tensors):
            return {"input_ids": Output(ids=json.loads(text or "[]"))}

        def decode(self, ids, skip_special_tokens):
            return json.dumps(ids)

    for n, sizes in itertools.product((1, 2, 3, 5), [(1, 0), (1, 1), (5, 3), (12, 32), (30, 8), (3, 40)]):
        gold, prediction = ([draw.randrange(6) for _ in range(size)] for size in sizes)
        homework_part2.run_beam_search = lambda *_, **__: {"output_ids": [prediction]}
        value = homework_part2.compute_rouge(None, Tokenizer(), [("no such text", json.dumps(gold))], n=n)
        result.append({"n": n, "gold": gold, "prediction": prediction, "score": float(value)})
    return result


# GLUE


def simple_accuracy(preds, labels):
    return float((preds == labels).mean())


def glue(task, preds, labels):
    """`evaluate`'s metrics/glue, and `run_glue`'s combined score."""
    if task == "cola":
        result = {"matthews_correlation": matthews_corrcoef(labels, preds)}
    elif task == "stsb":
        result = {"pearson": float(pearsonr(preds, labels)[0]), "spearmanr": float(spearmanr(preds, labels)[0])}
    elif task in ("mrpc", "qqp"):
        result = {"accuracy": simple_accuracy(preds, labels), "f1": float(f1_score(y_true=labels, y_pred=preds, average="binary"))}
    else:
        result = {"accuracy": simple_accuracy(preds, labels)}
    if len(result) > 1:
        result["combined_score"] = np.mean(list(result.values())).item()
    return {k: number(v) for k, v in result.items()}


def glue_cases():
    draw = random.Random(17)
    result = []
    lists = [([0, 1, 1, 0, 1], [0, 1, 0, 0, 1]), ([1] * 4, [1] * 4), ([0] * 4, [0] * 4), ([1] * 4, [0] * 4), ([0, 0, 0, 0], [1, 0, 1, 0]),
             ([1, 0, 1], [1, 1, 1]), ([1], [1]), ([0], [1])]  # fmt: skip
    for size in (10, 100, 872):
        lists.append(tuple([draw.randrange(2) for _ in range(size)] for _ in range(2)))
    three = [([0, 1, 2, 2, 1], [0, 2, 2, 2, 1]), tuple([draw.randrange(3) for _ in range(50)] for _ in range(2))]
    scores = [([1.0, 2.0, 3.0, 4.0], [1.1, 1.9, 3.5, 3.9]), ([2.5] * 4, [1.0, 2.0, 3.0, 4.0]), ([1.0, 2.0, 3.0], [0.0] * 3), ([1.0, 1.0], [1.0, 1.0]),
              ([1.0, 2.0], [5.0, 4.0]), ([1.0, 1.0, 2.0, 2.0, 3.0], [0.0, 1.0, 1.0, 2.0, 2.0]), ([0.1, 0.1000000001, 5.0], [1.0, 2.0, 3.0])]  # fmt: skip
    for size in (20, 300):
        scores.append(([round(draw.uniform(0, 5), 3) for _ in range(size)], [round(draw.uniform(0, 5) * 5) / 5 for _ in range(size)]))
    for task in ("cola", "mnli", "mrpc", "qnli", "qqp", "rte", "sst2", "stsb", "wnli"):
        given = scores if task == "stsb" else lists + (three if task in ("mnli", "cola") else [])
        if task in ("qnli", "rte", "wnli", "qqp"):
            given = given[:1]
        for preds, labels in given:
            kind = np.float32 if task == "stsb" else np.int64
            values = glue(task, np.array(preds, kind), np.array(labels, kind))
            result.append({"task": task, "predictions": preds, "references": labels, "values": values})
    return result


def shifted():
    """The homework's `compute_metrics`: nothing is masked."""
    draw = random.Random(19)
    result = []
    for rows, columns, masked in [(2, 5, 0), (3, 9, 4), (1, 2, 0), (4, 1, 0)]:
        labels = np.array([[draw.randrange(4) for _ in range(columns)] for _ in range(rows)])
        preds = np.array([[draw.randrange(4) for _ in range(columns)] for _ in range(rows)])
        for _ in range(masked):
            labels[draw.randrange(rows), draw.randrange(columns)] = -100
        flat = labels[:, 1:].reshape(-1), preds[:, :-1].reshape(-1)
        value = float(accuracy_score(*flat)) if len(flat[0]) else float("nan")
        result.append({"labels": labels.tolist(), "predictions": preds.tolist(), "accuracy": number(value)})
    return result


def seeds():
    """Four accuracies of the homework, and means and deviations of other lists."""
    draw = random.Random(23)

    def accuracy(correct, total):
        return (np.arange(total) < correct).astype(np.float32).mean().item()

    lists = [[accuracy(c, 872) for c in (604, 605, 585, 561)], [0.5], [0.1, 0.2, 0.3], [accuracy(c, 872) for c in (434, 436, 528, 430)]]
    lists += [[draw.gauss(0, 1) for _ in range(size)] for size in (7, 8, 9, 127, 128, 129, 300)]
    cases = [{"values": v, "mean": float(np.mean(v)), "std": float(np.std(v)), "sum": float(np.sum(v))} for v in lists]
    assert f"{cases[0]['mean']} +/- {cases[0]['std']}" == "0.6751720309257507 +/- 0.020520400137613005"
    squares = []
    for size in (1, 5, 300):
        a, b = (np.array([draw.uniform(0, 5) for _ in range(size)], np.float32) for _ in range(2))
        squares.append({"predictions": a.tolist(), "references": b.tolist(), "mse": ((a - b) ** 2).mean().item()})
    return {"seed_lists": cases, "accuracies": [[c, 872, accuracy(c, 872)] for c in range(0, 873, 9)], "squares": squares}


# Pairs on a model

OWN = [
    "The brown fox jumps over the lazy dog. He was very tired. Then he slept.",
    "Once upon a time, in a barn near a farm house, there lived a little white kitten. Her name was Cotton. She was happy.",
    "\"Who are you ?\" said the king. The old woman did n't answer him. She laughed.",
    "Tom had a red ball. He played with it every day. One day it was lost.",
    "One. Two. Three.",
    "There was once a poor man who had three sons, and the youngest of them was called Jack. Jack went into the forest to cut wood. Night fell.",
    "Caf\u00e9 na\u00efve \U0001f98a!. The fox \u2013 old and grey \u2013 ran away. End.",
    "no sentence here",
]
LOSSES = [0.0, 1.0, 3.4296, 88.7, 709.0, 710.0, 1e6]


def tokenizer():
    return transformers.GPT2TokenizerFast(str(TALE / "vocab.json"), str(TALE / "merges.txt"))


def measured(stories, texts):
    """compute_perplexity and compute_rouge of the pairs of some stories, pair by pair."""
    model, words = reference.load_model(TALE), tokenizer()
    with contextlib.redirect_stdout(io.StringIO()):
        pairs = homework_part2.preprocess_coqa(stories)
    nll, lengths, found, gaps = [], [], [], []

    def loss(value, length):
        nll.append(float(value) / length)
        lengths.append(length)

    perplexity = float(homework_part2.compute_perplexity(model, words, pairs, watch=loss))

    def watch(candidates, beams):
        best = candidates.topk(beams + 1).values.double()
        real = best[best > reference.BLOCKED]
        gaps[-1] = min(gaps[-1], (real[:-1] - real[1:]).min().item())

    def beam(output, prediction, score):
        found.append((prediction, output["output_ids"][0].tolist(), float(score)))
        gaps.append(float("inf"))

    gaps.append(float("inf"))
    homework_cells.watch = watch
    rouge = float(homework_part2.compute_rouge(model, words, pairs, watch=beam))
    rows = []
    for (first, second), loss, length, (prediction, ids, score), gap in zip(pairs, nll, lengths, found, gaps):
        row = {"first": first, "second": second, "prediction": prediction} if texts else {"prediction_sha256": hashlib.sha256(prediction.encode()).hexdigest()}
        rows.append(row | {"target_length": length, "loss": loss, "rouge": score, "smallest_gap": gap})
    return {"skipped": len(stories) - len(pairs), "perplexity": perplexity, "rouge_3": rouge, "pairs": rows}


def forgiving(strict, native):
    """The noise floor of losses, and which predictions both passes agree on."""
    noise = 0.0
    for key, result in strict.items():
        for a, b in zip(result["pairs"], native[key]["pairs"]):
            noise = max(noise, abs(a["loss"] - b["loss"]))
            text = "prediction" if "prediction" in a else "prediction_sha256"
            a["both_passes"] = a[text] == b[text]
    return noise


def per_text(model, words, texts):
    """`perplexity` of `evaluate`, one text at a time; and with the softmax of the same logits in float64, for
    torch's float32 one along an axis that is not the last is 2e-4 off."""
    result, exact = [], []
    for text in texts:
        ids = torch.tensor([[words.bos_token_id] + words(text)["input_ids"]])
        logits = model(ids).logits
        loss = torch.nn.CrossEntropyLoss(reduction="none")(logits[:, :-1].transpose(1, 2), ids[:, 1:])
        result.append(torch.exp(loss.sum(1) / loss.shape[1]).item())
        exact.append(torch.nn.CrossEntropyLoss()(logits[0, :-1].double(), ids[0, 1:]).exp().item())
    return {"texts": texts, "perplexities": result, "exact": exact, "mean_perplexity": float(np.mean(result))}


def compute_pairs(strict):
    model = reference.load_model(TALE)
    return {"own": measured(OWN, texts=True) | {"stories": OWN}, "per_text": per_text(model, tokenizer(), OWN)}


def compute_data(strict):
    data = reference.data_folder()
    coqa = [r["story"] for r in json.loads((data / "coqa/coqa-dev-first5.json").read_text())["data"]]
    with open(data / "mctest/mctest-stories.jsonl") as f:
        mctest = [json.loads(line)["story"] for line in f][:100]
    return {"coqa": measured(coqa, texts=False), "mctest": measured(mctest, texts=False)}


def record_pairs(path, compute):
    strict, native = reference.both_results(compute)
    extra = strict.pop("per_text", None), native.pop("per_text", None)
    document = {"provenance": reference.provenance(__file__, "the homework's compute_perplexity and compute_rouge on transformers 4.17.0", [TALE])}
    document["loss_noise"] = forgiving(strict, native)
    if extra[0]:
        document["per_text_noise"] = reference.difference(extra[0], extra[1])
        document["per_text"] = extra[0]
    for key, result in strict.items():
        document[key] = {k: v for k, v in result.items() if k != "pairs"}
        document[f"{key}_pairs"] = result["pairs"]
        document[key]["native_rouge_3"] = native[key]["rouge_3"]
    reference.write_json(path, document)


def main():
    folder = reference.GOLDEN / "metrics"
    if sys.argv[1:] == ["pairs"]:
        return record_pairs(folder / "pairs.json", compute_pairs)
    if sys.argv[1:] == ["data"]:
        return record_pairs(folder / "pairs_data.json", compute_data)
    warnings.simplefilter("ignore")
    record = reference.provenance(__file__, f"rouge_score 0.1.2, NLTK {nltk.__version__}, scikit-learn {sklearn.__version__}, scipy {scipy.__version__}, "
                                  f"NumPy {np.__version__}; the homework's compute_rouge")  # fmt: skip
    for key in ("threads", "aten_cpu_capability"):
        del record[key]
    document = {
        "provenance": record, "types": TYPES, "rouge": rouge_cases(), "multi": multi_cases(), "stems": stems(), "letters": letters(),
        "bootstrap": bootstrap(), "homework": homework_rouge(), "glue": glue_cases(), "shifted": shifted(), **seeds(),
        "losses": [[x, number(math.exp(x)) if x < 709.7 else "Infinity"] for x in LOSSES],
    }  # fmt: skip
    reference.write_json(folder / "metrics.json", document)


if __name__ == "__main__":
    main()
