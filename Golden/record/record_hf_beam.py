"""Records Golden/decoding/hf_beam.json: beam search with finished hypotheses (`generate(num_beams=...)`).

Authority: transformers 4.40.2 on torch 2.13.0 (CPU); run it in the environment of requirements-4.40.txt.

A case is refused and its prompts drawn anew when a decision in it is a matter of noise: two neighbouring candidates of
a step closer than 5e-5, a hypothesis closer than 1e-5 (relative) to the worst one it must beat, to the score that would
end the search, or to its neighbour in the final order. Exact equality of a hypothesis with the attainable score
is kept: it is the same quotient.
"""

import itertools

import numpy as np
from transformers.generation import beam_search

import generation
import reference

HYPOTHESIS_GAP = 1e-5
PENALTIES, STOPPING = [0.0, 0.5, 1.0, 2.0, -1.0], [False, True, "never"]
BEAM_OPTIONS = {"beams": 4, "returned": 1, "length_penalty": 1.0, "early_stopping": False}

COMMENT = [
    "prompts: without padding. They are padded on the left with `pad` to the longest, which is masked and takes no position.",
    "eos: in this order; empty for none. pad: null where it is not needed.",
    "sequences: raw, `returned` rows for each prompt in turn, best first: padding, prompt, generated ids, *the first* of "
    "`eos` whichever ended it, padding. Unused ids after a hypothesis are `pad`. lengths: ids of each row that count, "
    "padding on the left and eos included.",
    "sequences_scores: sum of processed log-probabilities / generated_len ** length_penalty, the eos counted, the prompt not; "
    "null with one beam, which is greedy search.",
    "steps: how often the model ran. events: hypotheses ended by an eos; eos candidates dropped because they were not "
    "among the first `beams`; hypotheses that pushed out a worse one; prompts done before the last step.",
    "alone: each prompt alone gives the same rows (null for one prompt). It is false where a repetition penalty sees "
    "the padding's id.",
    "smallest_gap: of neighbouring candidates; smallest_hypothesis_gap: relative, of the decisions about hypotheses.",
    "error: generate raised that.",
]


class Watch:
    """Looks at every decision of one search."""

    def __init__(self):
        self.gap = self.hypothesis_gap = float("inf")
        self.steps = 0
        self.events = {"ended": 0, "dropped": 0, "pushed_out": 0, "done_early": 0}

    def decision(self, a, b, equal=False):
        if not (equal and a == b):
            self.hypothesis_gap = min(self.hypothesis_gap, abs(a - b) / max(1, abs(a)))

    def process(self, original):
        def process(scorer, input_ids, next_scores, next_tokens, next_indices, eos_token_id=None, **more):
            self.steps += 1
            done = scorer._done.tolist()
            for row, tokens in zip(*([x for x, d in zip(y.tolist(), done) if not d] for y in (next_scores, next_tokens))):
                self.gap = min(self.gap, generation.neighbours(row))
                eos = [i for i, t in enumerate(tokens) if t in (eos_token_id or [])]
                self.events["ended"] += sum(i < scorer.num_beams for i in eos)
                self.events["dropped"] += sum(i >= scorer.num_beams for i in eos)
            result = original(scorer, input_ids, next_scores, next_tokens, next_indices, eos_token_id=eos_token_id, **more)
            self.done = scorer._done.tolist()
            return result

        return process

    def add(self, original):
        def add(hypotheses, hyp, sum_logprobs, beam_indices=None, generated_len=None):
            if len(hypotheses) == hypotheses.num_beams:
                score = sum_logprobs / generated_len**hypotheses.length_penalty
                self.decision(score, hypotheses.worst_score)
                self.events["pushed_out"] += score > hypotheses.worst_score
            original(hypotheses, hyp, sum_logprobs, beam_indices, generated_len)
            assert generation.neighbours([b[0] for b in hypotheses.beams]) > 0

        return add

    def is_done(self, original):
        def is_done(hypotheses, best, cur_len, prompt_len):
            if len(hypotheses) == hypotheses.num_beams and hypotheses.early_stopping is not True:
                whole = hypotheses.early_stopping == "never" and hypotheses.length_penalty > 0
                length = (hypotheses.max_length if whole else cur_len) - prompt_len
                self.decision(hypotheses.worst_score, best / length**hypotheses.length_penalty, equal=True)
            return original(hypotheses, best, cur_len, prompt_len)

        return is_done

    def finalize(self, original):
        def finalize(scorer, *arguments, **more):
            self.events["done_early"] = 0 if scorer.is_done else sum(scorer._done.tolist())
            result = original(scorer, *arguments, **more)
            for hypotheses in scorer._beam_hyps:
                scores = sorted(b[0] for b in hypotheses.beams)
                for a, b in zip(scores, scores[1:]):
                    self.decision(a, b)
            return result

        return finalize

    def run(self, case):
        scorer, hypotheses = beam_search.BeamSearchScorer, beam_search.BeamHypotheses
        with (
            generation.replaced(scorer, "process", self.process),
            generation.replaced(scorer, "finalize", self.finalize),
            generation.replaced(hypotheses, "add", self.add),
            generation.replaced(hypotheses, "is_done", self.is_done),
        ):
            return generation.generate(
                case,
                do_sample=False,
                num_beams=case["beams"],
                length_penalty=case["length_penalty"],
                early_stopping=case["early_stopping"],
            )


def search(name, model, prompts, eos, pad, options, alone=True):
    """One case, run."""
    case = {"name": name, "model": model, "prompts": prompts, "pad": pad, "eos": eos}
    case |= BEAM_OPTIONS | generation.OPTIONS | options
    watch = Watch()
    try:
        out = watch.run(case)
    except (IndexError, RuntimeError, ValueError) as error:
        return case | {"error": {"type": type(error).__name__, "message": str(error)}}
    rows = out.sequences.tolist()
    greedy = case["beams"] == 1
    if greedy:
        watch.gap = min(generation.neighbours(row.topk(2).values.tolist()) for step in out.scores for row in step)
    case["sequences"], case["lengths"] = rows, generation.lengths(case, rows)
    case["sequences_scores"] = None if greedy else out.sequences_scores.tolist()
    case["steps"], case["events"] = len(out.scores), watch.events
    case["alone"] = None
    if alone and len(prompts) > 1:
        single = [search(name, model, [p], eos, pad, options) for p in prompts]
        together = generation.stripped(case, rows)
        case["alone"] = together == [generation.stripped(s, s["sequences"])[0] for s in single]
    finite = {k: None if v == float("inf") else v for k, v in vars(watch).items() if k.endswith("gap")}
    return case | {"smallest_gap": finite["gap"], "smallest_hypothesis_gap": finite["hypothesis_gap"], "error": None}


def clear(case):
    """Nothing in the case is decided by noise."""
    gap, hypothesis_gap = case["smallest_gap"], case["smallest_hypothesis_gap"]
    return (gap is None or gap >= generation.GAP) and (hypothesis_gap is None or hypothesis_gap >= HYPOTHESIS_GAP)


def without(case, key):
    """The case with one option at its default."""
    options = {k: case[k] for k in BEAM_OPTIONS | generation.OPTIONS} | {key: generation.OPTIONS[key]}
    return search("", case["model"], case["prompts"], case["eos"], case["pad"], options, alone=False)


def effective(case):
    """Every processor asked for changes the rows."""
    asked = [k for k in generation.OPTIONS if k != "max_new_tokens" and case[k] != generation.OPTIONS[k]]
    return all(without(case, k)["sequences"] != case["sequences"] for k in asked)


# What is asked for

# The whole table of length penalties and ways to stop, for: model, beams, returned, new ids, prompt lengths, eos ids
TABLES = [
    ("plain", 3, 3, 12, [5], 1),
    ("deep", 4, 2, 10, [9, 4], 1),
    ("untied", 2, 2, 12, [6, 6, 3], 2),
    ("twelve-heads", 5, 5, 12, [3], 3),
]

# model, prompt lengths, number of eos ids, options; of bad words the lengths: they are what the search would make
SINGLES = [
    ("plain", [4], 0, {"beams": 1}),
    ("plain", [4], 1, {"beams": 1, "max_new_tokens": 12}),
    ("plain", [1], 0, {"beams": 2, "max_new_tokens": 1}),
    ("plain", [3], 1, {"beams": 6, "max_new_tokens": 1, "returned": 6}),
    ("deep", [7], 0, {"beams": 6, "returned": 6, "max_new_tokens": 8}),
    ("deep", [7, 2], 0, {"beams": 3, "returned": 2, "max_new_tokens": 6, "length_penalty": 2.0}),
    ("one-head", [3, 5, 1], 0, {"beams": 2, "max_new_tokens": 7, "early_stopping": "never"}),
    ("few-words", [2], 1, {"beams": 6, "returned": 4, "max_new_tokens": 12}),
    ("few-words", [2, 4, 3], 3, {"beams": 6, "returned": 3, "max_new_tokens": 12, "early_stopping": True}),
    ("unscaled", [12], 2, {"beams": 5, "returned": 5, "max_new_tokens": 12, "length_penalty": -1.0}),
    ("unscaled", [1, 1], 1, {"beams": 4, "returned": 1, "max_new_tokens": 9, "early_stopping": "never"}),
    ("plain-bf16", [6, 4], 1, {"beams": 5, "returned": 2, "max_new_tokens": 12}),
    ("plain", [6], 1, {"no_repeat_ngram_size": 2, "max_new_tokens": 12}),
    ("plain", [8, 5], 1, {"no_repeat_ngram_size": 3, "max_new_tokens": 12, "returned": 4, "early_stopping": True}),
    ("few-words", [4], 0, {"no_repeat_ngram_size": 2, "max_new_tokens": 12, "beams": 6, "returned": 6}),
    ("deep", [5], 1, {"repetition_penalty": 1.3, "max_new_tokens": 12, "returned": 4}),
    ("deep", [5, 5, 5], 2, {"repetition_penalty": 1.3, "max_new_tokens": 10, "beams": 3, "length_penalty": 0.0}),
    ("untied", [9, 3], 1, {"repetition_penalty": 1.3, "max_new_tokens": 12, "beams": 5, "early_stopping": "never"}),
    ("untied", [4], 1, {"min_new_tokens": 5, "max_new_tokens": 12, "returned": 3}),
    ("twelve-heads", [6, 2], 2, {"min_new_tokens": 8, "max_new_tokens": 12, "beams": 2, "early_stopping": True}),
    ("twelve-heads", [3], 1, {"min_new_tokens": 12, "max_new_tokens": 12, "beams": 3, "returned": 2}),
    ("unscaled", [5], 1, {"bad_words_ids": [1, 1], "max_new_tokens": 10, "returned": 4}),
    ("unscaled", [5, 7], 1, {"bad_words_ids": [2], "max_new_tokens": 12, "beams": 5}),
    ("plain", [4], 2, {"bad_words_ids": [3, 2, 1], "max_new_tokens": 12, "beams": 3, "returned": 3}),
    ("deep", [6, 3, 4], 0, {"bad_words_ids": [2, 2], "max_new_tokens": 9, "beams": 2, "returned": 2}),
    ("plain", [5], 1, {"repetition_penalty": 1.3, "no_repeat_ngram_size": 2, "max_new_tokens": 12, "beams": 6}),
    ("deep", [8], 2, {"no_repeat_ngram_size": 3, "bad_words_ids": [1, 2], "min_new_tokens": 4, "returned": 2,
                      "max_new_tokens": 12, "length_penalty": 0.5}),
    ("untied", [4, 6], 1, {"repetition_penalty": 1.3, "min_new_tokens": 6, "max_new_tokens": 12, "beams": 5,
                           "returned": 5, "early_stopping": True, "length_penalty": 2.0}),
]  # fmt: skip

# A model of 16 positions: the last id needs none, the next does; an eos in time saves the search. Padding counts too.
LIMITS = [
    ("one-head", [6], 0, {"beams": 3, "max_new_tokens": 11}),
    ("one-head", [6, 2], 0, {"beams": 2, "max_new_tokens": 11}),
    ("few-words", [14], 1, {"beams": 2, "max_new_tokens": 8, "early_stopping": True}),
]
ERRORS = [
    ("one-head", [6], 0, {"beams": 3, "max_new_tokens": 12}),
    ("one-head", [6, 2], 0, {"beams": 2, "max_new_tokens": 12}),
    ("few-words", [17], 0, {"beams": 2, "max_new_tokens": 1}),
    ("plain", [3], 1, {"beams": 2, "returned": 3}),
    ("plain", [3], 1, {"beams": 1, "returned": 2}),
]


def label(options):
    return ",".join(f"{k}={v}" for k, v in options.items() if v != (BEAM_OPTIONS | generation.OPTIONS)[k])


def situation(rng, model, sizes, n_eos, options):
    """Prompts, eos, pad and options with their words, so that eos and bad words are what the search would make."""
    vocabulary = generation.model(model).config.vocab_size
    prompts = [generation.random_prompt(rng, n, vocabulary) for n in sizes]
    options, bad = BEAM_OPTIONS | generation.OPTIONS | options, options.get("bad_words_ids", [])
    pad = int(rng.integers(0, vocabulary)) if len(set(sizes)) > 1 else None
    if not (n_eos or bad):
        return prompts, [], pad, options
    plain = {"beams": options["beams"], "max_new_tokens": min(8, options["max_new_tokens"])}
    plain["max_new_tokens"] = min(plain["max_new_tokens"], room(model) - max(sizes))
    found = search("", model, prompts, [], 0, plain | {"returned": options["beams"]}, alone=False)
    made = [row[max(sizes) :] for row in found["sequences"]]
    common = sorted({x for row in made for x in row})
    if len(common) <= n_eos:
        return None
    eos = rng.choice(common, n_eos, replace=False).tolist()
    words = [generation.part(rng, made[rng.integers(0, len(made))], n) for n in bad]
    if any(w == [x] for w in words for x in eos):
        return None
    return prompts, eos, eos[0] if eos else pad, options | {"bad_words_ids": words}


def room(model):
    return generation.model(model).config.n_positions + 1


def table(model, beams, returned, steps, sizes, n_eos):
    """All length penalties and ways to stop, for one situation in which they matter."""
    shape = {"beams": beams, "returned": returned, "max_new_tokens": steps}
    title = f"{model}/{'+'.join(map(str, sizes))}x{beams}/{n_eos} eos"

    def attempt(rng):
        chosen = situation(rng, model, sizes, n_eos, shape)
        if chosen is None:
            return None
        prompts, eos, pad, options = chosen
        cases = []
        for penalty, stopping in itertools.product(PENALTIES, STOPPING):
            more = {"length_penalty": penalty, "early_stopping": stopping}
            name = f"{title}/length_penalty={penalty},early_stopping={stopping}"
            cases.append(search(name, model, prompts, eos, pad, options | more))
            if not clear(cases[-1]):
                return None
        first = [str(c["sequences"]) for c in cases]
        by_penalty = all(len(set(first[3 * i : 3 * i + 3])) > 1 for i in (2, 3))
        dropped = sum(c["events"]["dropped"] for c in cases) and sum(c["events"]["pushed_out"] for c in cases)
        return cases if len(set(first)) >= 5 and by_penalty and dropped else None

    return generation.draw(title, attempt)


def single(model, sizes, n_eos, options):
    """One situation in which an eos and every processor matter."""
    title = f"{model}/{'+'.join(map(str, sizes))}/{n_eos} eos/{label(options)}"

    def attempt(rng):
        chosen = situation(rng, model, sizes, n_eos, options)
        if chosen is None:
            return None
        case = search(title, model, *chosen)
        if case["error"]:
            return None
        ends = any(row[n - 1] in case["eos"] for row, n in zip(case["sequences"], case["lengths"]))
        needless = not n_eos or case["min_new_tokens"] == case["max_new_tokens"]
        return case if clear(case) and (ends or needless) and effective(case) else None

    return generation.draw(title, attempt)


def failing(model, sizes, n_eos, options):
    """One case that `generate` refuses."""
    prompts = [generation.random_prompt(np.random.default_rng(n), n, 37) for n in sizes]
    eos = list(range(n_eos))
    title = f"{model}/{'+'.join(map(str, sizes))}/{n_eos} eos/{label(options)}/error"
    case = search(title, model, prompts, eos, 0, options)
    assert case["error"], title
    return case


def cases(strict):
    if strict:
        keys = BEAM_OPTIONS | generation.OPTIONS
        return [
            search(c["name"], c["model"], c["prompts"], c["eos"], c["pad"], {k: c[k] for k in keys}) for c in strict
        ]
    result = [case for row in TABLES for case in table(*row)] + [single(*row) for row in SINGLES + LIMITS]
    result += [failing(*row) for row in ERRORS]
    assert len({c["name"] for c in result}) == len(result)
    return result


def relative_noise(strict, native):
    """The largest difference of a reported score, relative to it where it is above 1: length_penalty -1 makes them large."""
    pairs = zip(*([x for c in cases for x in c.get("sequences_scores") or []] for cases in (strict, native)))
    return max(abs(a - b) / max(1, abs(a)) for a, b in pairs)


def main():
    strict, native = reference.both_results(cases, reference.PINNED_440)
    noise = reference.difference(*([{k: v for k, v in c.items() if "gap" not in k} for c in r] for r in (strict, native)))
    document = {
        "provenance": reference.provenance(
            __file__, generation.AUTHORITY, sorted({generation.MODELS / c["model"] for c in strict})
        ),
        "comment": " ".join(COMMENT),
        "noise_floor": noise,
        "relative_noise_floor": relative_noise(strict, native),
        "cases": strict,
    }
    reference.write_json(generation.FOLDER / "hf_beam.json", document)
    print(f"{len(strict)} cases, noise floor {noise:.2e}")


if __name__ == "__main__":
    main()
