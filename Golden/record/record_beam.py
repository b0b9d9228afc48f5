"""Records Golden/decoding: the homework's beam search (homework_cells.py) under the reference.

Authority: the homework's cells of Part 1 run by transformers 4.17.0 on torch 2.13.0 (CPU).

    python record_beam.py          # beam.json: the tiny random models of Golden/gpt2/models
    python record_beam.py tale     # beam_tale.json: Weights/tale-gpt2, F16 on disk, widened to F32

A case in which two neighbouring candidates of any step (the best `beams` + 1) lie closer than 5e-5 is refused and
its prompt drawn anew, unless it is about ties: no implementation could be asked to order them the same way.
With GPT-2's 50,257 words the noise is larger (a float32 log_softmax alone is 5e-5 off in the strict pass, and beam
scores add that up), so there the limit is 1e-3.
"""

import sys

import numpy as np
import torch
import transformers
from transformers.generation_logits_process import NoRepeatNGramLogitsProcessor

import homework_cells
import reference

FOLDER = reference.GOLDEN / "decoding"
MODELS = reference.GOLDEN / "gpt2" / "models"
TINY = reference.GOLDEN / "tokenizers" / "tiny"
GAP, TALE_GAP = 5e-5, 1e-3

WORD, BEAM, NONE = {"name": "WordBlock"}, {"name": "BeamBlock"}, []

COMMENT = [
    "token_scores: all columns, column 0 too (the initial beam scores, -1e9 but for the first beam). "
    "trace: one entry for each print of BeamBlock, exactly as Python prints it (a token may be a line break). "
    "texts: decode(skip_special_tokens=True) with 4.17's default clean-up of spaces; texts_raw: without the clean-up. "
    "smallest_gap: the least distance of neighbouring candidates (best beams + 1) met at any step. "
    "blocked: how many scores the processors lowered in all.",
    'ties: more beams than there are real candidates. Beams whose scores are about -1e9 then tie, and which of them torch.topk takes is '
    "unspecified: compare only beams with score > -1e8 and a score not equal to a neighbour's. Such a beam is recorded as ids of -1 and "
    "scores of -1e9; its texts mean nothing. What it printed on the way would be in the trace: no trace is recorded.",
]


# One search


class Counted:
    """A processor, counting the scores it lowers."""

    def __init__(self, processor):
        self.processor, self.blocked = processor, 0

    def __call__(self, input_ids, scores):
        before = scores.clone()
        scores = self.processor(input_ids, scores)
        self.blocked += int((scores != before).sum())
        return scores


def processor(spec):
    if spec["name"] == "NoRepeatNGram":
        return NoRepeatNGramLogitsProcessor(spec["n"])
    return {"WordBlock": homework_cells.WordBlock, "BeamBlock": homework_cells.BeamBlock}[spec["name"]]()


def search(model, tokenizer, name, case):
    """Runs one case {"model","prompt_ids","prompt","beams","steps","processors","ties"} and completes it."""
    gaps, trace = [], []

    def watch(candidates, beams):
        best = candidates.topk(min(beams + 1, len(candidates))).values.double()
        real = best[best > reference.BLOCKED]
        if len(real) > 1:
            gaps.append((real[:-1] - real[1:]).min().item())

    homework_cells.tokenizer = tokenizer
    homework_cells.watch = watch
    homework_cells.print = lambda *words: trace.append(" ".join(str(w) for w in words))
    processors = [Counted(processor(spec)) for spec in case["processors"]]
    out = homework_cells.run_beam_search(
        model, tokenizer, case["prompt"] or torch.tensor([case["prompt_ids"]]),
        num_beams=case["beams"], num_decode_steps=case["steps"], score_processors=processors,
    )  # fmt: skip
    case = {"name": name} | {k: v for k, v in case.items() if k != "ties"}
    length = out["output_ids"].shape[1] - case["steps"]
    case["prompt_ids"] = out["output_ids"][0, :length].tolist()
    case |= {k: v.tolist() for k, v in out.items()} | {"trace": trace, "texts": None, "texts_raw": None}
    if tokenizer and model.config.vocab_size == len(tokenizer):
        rows = out["output_ids"]
        case["texts"] = [tokenizer.decode(r, skip_special_tokens=True) for r in rows]
        case["texts_raw"] = [tokenizer.decode(r, skip_special_tokens=True, clean_up_tokenization_spaces=False) for r in rows]
    case["blocked"] = sum(p.blocked for p in processors)
    case["smallest_gap"] = min(gaps, default=None)
    return case


def apart(case, gap=GAP):
    """No tie within noise at any step."""
    return case["smallest_gap"] is None or case["smallest_gap"] >= gap


def clear(case, gap=GAP):
    """Neither that, nor a blocked beam among the results."""
    return apart(case, gap) and min(case["beam_scores"]) > reference.BLOCKED


def draw(attempts, accept, run):
    """The first attempt that is accepted."""
    for attempt in attempts:
        case = run(attempt)
        if accept(case):
            return case
    raise SystemExit(f"{case['name']}: no prompt without ties found")


# The tiny models

PAIRS = [[WORD, BEAM], [BEAM, {"name": "NoRepeatNGram", "n": 2}], [{"name": "NoRepeatNGram", "n": 3}, WORD]]


def no_repeat(n):
    return {"name": "NoRepeatNGram", "n": n}


# model, beams, steps, prompt length, processors
GRID = [
    ("plain", 1, 1, 1, [NONE, [WORD], [no_repeat(1)]]),
    ("plain", 5, 10, 4, [NONE, [WORD], [BEAM], [no_repeat(2)]]),
    ("plain", 4, 3, 12, [NONE, [BEAM], [no_repeat(3)], PAIRS[0]]),
    ("plain", 12, 20, 20, [NONE, [BEAM], [no_repeat(4)]]),
    ("plain", 2, 20, 9, [[WORD], [BEAM], [no_repeat(1)], PAIRS[1]]),
    ("one-head", 3, 6, 10, [NONE, [WORD], [BEAM], [no_repeat(2)]]),
    ("one-head", 8, 2, 7, [NONE, PAIRS[1]]),
    ("twelve-heads", 1, 20, 20, [NONE, [WORD], [BEAM], [no_repeat(3)]]),
    ("twelve-heads", 7, 9, 16, [NONE, [BEAM], [no_repeat(1)], PAIRS[2]]),
    ("deep", 10, 12, 14, [NONE, [WORD], [BEAM], [no_repeat(2)], [no_repeat(4)]]),
    ("deep", 6, 20, 8, [NONE, [BEAM], PAIRS[0]]),
    ("unscaled", 5, 15, 18, [NONE, [WORD], [BEAM], [no_repeat(3)]]),
    ("unscaled", 11, 5, 3, [NONE, PAIRS[1]]),
    ("untied", 9, 11, 13, [NONE, [WORD], [BEAM], [no_repeat(2)]]),
    ("untied", 1, 16, 5, [NONE, [BEAM], [no_repeat(1)]]),
    ("few-words", 3, 4, 11, [NONE, [WORD], [BEAM], [no_repeat(3)]]),
    ("few-words", 12, 7, 6, [NONE, [BEAM], [no_repeat(1)], PAIRS[2]]),
    ("plain-f16", 5, 10, 10, [NONE, [BEAM]]),
    ("plain-bf16", 5, 10, 10, [NONE, [BEAM]]),
    # Ends with n_positions ids exactly, and with one more: the last token needs no position of its own.
    ("one-head", 5, 10, 6, [NONE, [BEAM]]),
    ("one-head", 5, 11, 6, [NONE]),
    ("few-words", 4, 6, 10, [NONE, [WORD]]),
    ("few-words", 4, 7, 10, [NONE]),
    ("deep", 3, 16, 16, [NONE, [BEAM]]),
    ("deep", 3, 17, 16, [NONE]),
    ("twelve-heads", 2, 20, 20, [NONE]),
    ("untied", 2, 20, 13, [NONE]),
]
TEXTS = [
    ("plain", 5, 10, "Once upon a time, there was a little girl", [NONE, [BEAM]]),
    ("deep", 4, 12, "the boy and the boy and the", [NONE, [WORD], [BEAM]]),
    ("plain", 3, 8, "He said , \" do n't go . \" She did n't , and I 'm sorry . Are you ?", [NONE, [no_repeat(2)]]),
    ("unscaled", 2, 6, "\n\n The café – naïve, 12 and 34!", [NONE, [WORD]]),
    ("twelve-heads", 1, 5, "<|endoftext|>One day, a dog", [NONE]),
]
TIES = [(50, 1, 4, NONE), (50, 2, 4, NONE), (50, 3, 4, NONE), (50, 3, 8, [BEAM]), (50, 3, 8, [WORD]), (38, 4, 5, NONE)]


def repetitive(seed, length, vocabulary):
    """Ids that repeat a motif of one to four of them with an odd one out now and then."""
    rng = np.random.default_rng(seed)
    motif = rng.integers(0, vocabulary, rng.integers(1, 5)).tolist()
    row = (motif * length)[:length]
    for i in range(length):
        if rng.random() < 0.2:
            row[i] = int(rng.integers(0, vocabulary))
    return row


def label(processors):
    return "+".join(p["name"] + str(p.get("n", "")) for p in processors) or "none"


def tiny_cases(strict):
    """All cases of the tiny models; `strict`: the first pass's, whose prompts a second pass takes over."""
    models, tokenizer, result = {}, gpt2_tokenizer(TINY), []

    def add(name, beams, steps, processors, prompts=None, prompt=None, what=None, ties=False):
        if name not in models:
            models[name] = reference.load_model(MODELS / name)
        title = f"{name}/{what}+{steps}x{beams}/{label(processors)}"

        def run(ids):
            case = dict(model=name, prompt_ids=ids, prompt=prompt, beams=beams, steps=steps, processors=processors)
            return search(models[name], tokenizer, title, case)

        def accept(case):
            blocks = case["blocked"] or not processors or steps == 1
            return apart(case) if ties else clear(case) and blocks

        if strict:
            case = run(None if prompt else strict[len(result)]["prompt_ids"])
        else:
            case = draw(prompts or [None], accept, run)
        result.append((forget_ties(case) if ties else case) | {"ties": ties})

    for index, (name, beams, steps, length, choices) in enumerate(GRID):
        vocabulary = 37 if name == "few-words" else 512
        for processors in choices:
            prompts = (repetitive(1000 * index + attempt, length, vocabulary) for attempt in range(200))
            add(name, beams, steps, processors, prompts, what=length)
    for index, (name, beams, steps, text, choices) in enumerate(TEXTS):
        for processors in choices:
            add(name, beams, steps, processors, prompt=text, what=f"text{index}")
    for index, (beams, steps, length, processors) in enumerate(TIES):
        prompts = (repetitive(90_000 + 1000 * index + attempt, length, 37) for attempt in range(200))
        add("few-words", beams, steps, processors, prompts, what=length, ties=True)
    assert len({c["name"] for c in result}) == len(result)
    return result


def forget_ties(case):
    """Blocked beams are unspecified, in ids, scores and prints: -1, -1e9 and no trace stand for them."""
    case["trace"] = []
    for i, score in enumerate(case["beam_scores"]):
        if score < reference.BLOCKED:
            case["output_ids"][i] = [-1] * len(case["output_ids"][i])
            case["beam_scores"][i] = -1e9
            case["token_scores"][i] = [-1e9] * len(case["token_scores"][i])
    return case


# The model in Weights/

FOX, BARN = "The brown fox jumps", "Once upon a time, in a barn near a farm house,"
AGAIN = f"{BARN} a young boy was playing. {BARN}"
TALE = [
    *[(FOX, beams, steps, NONE) for beams, steps in ((5, 10), (4, 3), (3, 10), (2, 10), (1, 10))],
    *[(BARN, beams, 20, NONE) for beams in (1, 2, 3, 4, 5)],
    *[(BARN, 1, 20, processors) for processors in ([WORD], [BEAM])],
    (AGAIN, 3, 40, [BEAM]),
    (AGAIN, 3, 40, [no_repeat(3)]),
]


def tale_cases(strict):
    folder = reference.WEIGHTS / "tale-gpt2"
    model, tokenizer = reference.load_model(folder), gpt2_tokenizer(folder)
    result = []
    for text, beams, most, processors in TALE:
        prompt = {FOX: "fox", BARN: "barn", AGAIN: "again"}[text]
        # As many steps as no near tie stands in the way of.
        for steps in [strict[len(result)]["steps"]] if strict else range(most, 0, -1):
            case = dict(model="tale-gpt2", prompt_ids=None, prompt=text, beams=beams, steps=steps, processors=processors)
            case = search(model, tokenizer, f"tale/{prompt}+{steps}x{beams}/{label(processors)}", case)
            if strict or clear(case, TALE_GAP):
                break
            print(case["name"], "is not clear:", case["smallest_gap"], file=sys.stderr)
        result.append(case | {"exact_beam_scores": exact_scores(case, model), "ties": False})
    assert result[-2]["trace"]
    return result


def gpt2_tokenizer(folder):
    return transformers.GPT2Tokenizer.from_pretrained(str(folder))


EXACT = (
    "exact_beam_scores: the same beams with the logarithm of the softmax over 50,257 words in float64: that of float32 "
    "errs by up to 2.5e-5 a token, always to the same side."
)


def exact_scores(case, model):
    scores, first = [], len(case["prompt_ids"])
    for ids in case["output_ids"]:
        logits = model(torch.tensor([ids]))[0][0].double()
        steps = logits.log_softmax(-1)[:-1].gather(1, torch.tensor(ids[1:])[:, None])[:, 0]
        scores.append(steps[first - 1 :].sum().item())
    return scores


def main():
    tale = sys.argv[1:] == ["tale"]
    cases, native = reference.both_results(tale_cases if tale else tiny_cases)
    noise = reference.difference(cases, native)

    def noise_of(key):
        return reference.difference([c[key] for c in cases], [c[key] for c in native])

    folders = [reference.WEIGHTS / "tale-gpt2"] if tale else sorted({MODELS / c["model"] for c in cases})
    authority = "the homework's run_beam_search, WordBlock and BeamBlock (Part 1) on transformers 4.17.0, float32"
    document = {
        "provenance": reference.provenance(__file__, authority, folders),
        "comment": " ".join(COMMENT[:1] + [EXACT] if tale else COMMENT),
        "noise_floor": noise,
        "noise_floors": {key: noise_of(key) for key in ("token_scores", "beam_scores")},
        "cases": cases,
    }
    reference.write_json(FOLDER / ("beam_tale.json" if tale else "beam.json"), document)
    traced = sum(bool(c["trace"]) for c in cases)
    gap = min(c["smallest_gap"] for c in cases if c["smallest_gap"] is not None)
    print(f"{len(cases)} cases, {traced} with a trace, noise floor {noise:.2e}, smallest gap {gap:.2e}")


if __name__ == "__main__":
    main()
