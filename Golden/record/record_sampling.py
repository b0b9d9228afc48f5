"""Records Golden/decoding/sampling.json: sampling and greedy runs, and the random draws below them.

Authority: transformers 4.40.2 on torch 2.13.0 (CPU); run it in the environment of requirements-4.40.txt.

A run is refused and its prompts drawn anew when one of its decisions is a matter of noise: the two largest p / q of a draw closer
than 1e-4 (relative), a cumulative probability closer than 1e-5 to what top-p keeps, the k-th score closer than
5e-5 to the next, or, in a greedy run, the two best scores closer than 5e-5.
"""

import torch
from transformers.generation import logits_process

import generation
import reference

PICK_GAP, TOP_P_GAP = 1e-4, 1e-5
SAMPLING = {"sample": True, "seed": 0, "temperature": 1.0, "top_k": 0, "top_p": 1.0, "returned": 1}

COMMENT = [
    "torch.multinomial(p, 1) is argmax(p / q) along each row, q drawn by exponential_(1) for the whole tensor, row by row: "
    "each element takes two u32, first the high one, of which u = (r64 & (2^53 - 1)) / 2^53 in double and q = float32(-log1p(-u)). "
    "The same on any number of threads and with ATEN_CPU_CAPABILITY default, avx2 and avx512.",
    "exponential, multinomial: `seed` for torch.manual_seed, then `skip` u32 are drawn; `draws`: u32 drawn by the call.",
    "cases: torch.manual_seed(seed), then generate. prompts, pad, eos, sequences, lengths: as in hf_beam.json. Rows are prompts times "
    "`returned`, a prompt's rows together. Each step softmaxes the processed logits (float32) and draws 2 x rows x vocabulary u32, "
    "finished rows included; they get `pad`. draws: in the whole run. top_k 0: off (generate's own default is 50).",
    "sample false: greedy, and nothing is drawn. alone: each prompt alone, with the same seed, gives the same rows (null for one prompt).",
    "smallest_gap: of two picks (relative) or, greedy, of two scores.",
]


# The draws


def drawn(seed, skip, call):
    """(what `call` gives after seed and skip, the u32 it drew)."""
    torch.manual_seed(seed)
    torch.rand(skip)
    result = call()
    after = torch.get_rng_state()
    for draws in range(5000):
        torch.manual_seed(seed)
        torch.rand(skip)
        torch.rand(draws)
        if torch.equal(torch.get_rng_state(), after):
            return result, draws
    raise SystemExit("how many were drawn?")


STARTS = [(0, 0), (42, 0), (2**32 + 1, 0), (1, 0), (7, 1), (7, 623)]


def exponential(seed, skip, size):
    values, draws = drawn(seed, skip, lambda: torch.empty(size).exponential_(1))
    assert draws == 2 * size
    return {"seed": seed, "skip": skip, "size": size, "values": values.tolist(), "draws": draws}


ROWS = {
    "one": [[1.0]],
    "certain": [[0.0, 0.0, 1.0, 0.0, 0.0]],
    "even": [[0.2] * 5] * 6,
    "thirds": [[0.0, 0.5, 0.25, 0.0, 0.25], [0.125, 0.0, 0.0, 0.875, 0.0], [0.5, 0.5, 0.0, 0.0, 0.0]],
    "not of sum one": [[3.0, 1.0, 0.5, 7.0, 2.0, 0.0, 1.0]] * 4,
    "seventeen": [[float(1 + (5 * i + 3 * j) % 17) for j in range(17)] for i in range(8)],
}


def multinomial(seed, skip, name):
    p = torch.tensor(ROWS[name])
    picks, draws = drawn(seed, skip, lambda: torch.multinomial(p, 1))
    assert draws == 2 * p.numel()
    gap = pick_gap(p, drawn(seed, skip, lambda: torch.empty(p.shape).exponential_(1))[0])
    assert gap > PICK_GAP, (seed, skip, name, gap)
    return {"name": name, "seed": seed, "skip": skip, "probabilities": ROWS[name], "picks": picks[:, 0].tolist(), "draws": draws}


def pick_gap(p, q):
    """Relative distance of the two largest p / q of a row, the least of all rows."""
    if p.shape[-1] == 1:
        return 1.0
    best = (p.double() / q.double()).topk(2).values
    return (1 - best[:, 1] / best[:, 0]).min().item()


# The runs


class Watch:
    """Looks at every decision of one run."""

    def __init__(self):
        self.gap, self.clear = float("inf"), True

    def multinomial(self, original):
        def multinomial(p, num_samples):
            before = torch.get_rng_state()
            q = torch.empty(p.shape).exponential_(1)
            torch.set_rng_state(before)
            picks = original(p, num_samples)
            assert torch.equal(picks, (p / q).argmax(-1, keepdim=True))
            self.gap = min(self.gap, pick_gap(p, q))
            return picks

        return multinomial

    def top_p(self, original):
        def call(warper, ids, scores):
            cumulative = scores.double().sort().values.softmax(-1).cumsum(-1)[:, :-1]
            self.clear &= (cumulative - (1 - warper.top_p)).abs().min().item() > TOP_P_GAP
            return original(warper, ids, scores)

        return call

    def top_k(self, original):
        def call(warper, ids, scores):
            best = scores.topk(warper.top_k + 1).values[:, -2:].double()
            self.clear &= bool((best[:, 0] - best[:, 1]).min() > generation.GAP)
            return original(warper, ids, scores)

        return call

    def run(self, case):
        if not case["sample"]:
            out = generation.generate(case, do_sample=False, num_beams=1)
            self.gap = min(generation.neighbours(row.topk(2).values.tolist()) for step in out.scores for row in step)
            return out
        with (
            generation.replaced(torch, "multinomial", self.multinomial),
            generation.replaced(logits_process.TopPLogitsWarper, "__call__", self.top_p),
            generation.replaced(logits_process.TopKLogitsWarper, "__call__", self.top_k),
        ):
            warpers = {k: case[k] for k in ("temperature", "top_k", "top_p")}
            return generation.generate(case, do_sample=True, num_beams=1, **warpers)


def sample(name, model, prompts, eos, pad, options, alone=True):
    """One case, run."""
    case = {"name": name, "model": model, "prompts": prompts, "pad": pad, "eos": eos}
    case |= SAMPLING | generation.OPTIONS | options
    watch = Watch()
    torch.manual_seed(case["seed"])
    out = watch.run(case)
    after = torch.get_rng_state()
    rows = out.sequences.tolist()
    vocabulary = out.scores[0].shape[-1]
    draws = 2 * len(rows) * vocabulary * len(out.scores) if case["sample"] else 0
    torch.manual_seed(case["seed"])
    torch.rand(draws)
    assert torch.equal(torch.get_rng_state(), after), name
    case["sequences"], case["lengths"] = rows, generation.lengths(case, rows)
    case["steps"], case["draws"], case["alone"] = len(out.scores), draws, None
    if alone and len(prompts) > 1:
        single = [sample("", model, [p], eos, pad, options) for p in prompts]
        together = generation.stripped(case, rows)
        case["alone"] = together == [generation.stripped(s, s["sequences"])[0] for s in single]
    return case | {"smallest_gap": watch.gap, "clear": watch.clear}


# model, prompt lengths, number of eos ids, options; of bad words the lengths: they are what the run would make
GREEDY = [
    ("plain", [4], 0, {"max_new_tokens": 20}),
    ("plain", [1], 0, {"max_new_tokens": 1}),
    ("deep", [7], 1, {"max_new_tokens": 12}),
    ("deep", [7, 3, 5], 2, {"max_new_tokens": 12}),
    ("untied", [3, 3], 0, {"max_new_tokens": 20}),
    ("twelve-heads", [5, 2], 1, {"max_new_tokens": 20, "no_repeat_ngram_size": 2}),
    ("unscaled", [6], 1, {"max_new_tokens": 16, "repetition_penalty": 1.3}),
    ("unscaled", [6, 4], 1, {"max_new_tokens": 16, "repetition_penalty": 1.3}),
    ("few-words", [3], 1, {"max_new_tokens": 12, "min_new_tokens": 6}),
    ("plain", [5], 2, {"max_new_tokens": 14, "bad_words_ids": [1, 2]}),
    ("one-head", [2], 0, {"max_new_tokens": 15}),
    ("plain-f16", [2, 9], 1, {"max_new_tokens": 20, "no_repeat_ngram_size": 3, "repetition_penalty": 1.1}),
]
SAMPLED = [
    ("plain", [4], 0, {"seed": 0, "max_new_tokens": 20}),
    ("plain", [4], 0, {"seed": 42, "max_new_tokens": 20}),
    ("plain", [4], 0, {"seed": 2**32 + 1, "max_new_tokens": 20}),
    ("plain", [1], 0, {"seed": 1, "max_new_tokens": 1}),
    ("deep", [7], 1, {"seed": 42, "max_new_tokens": 20, "temperature": 0.5}),
    ("deep", [7], 0, {"seed": 3, "max_new_tokens": 12, "temperature": 1.5}),
    ("untied", [3], 0, {"seed": 0, "max_new_tokens": 20, "temperature": 0.1}),
    ("one-head", [5], 0, {"seed": 5, "max_new_tokens": 12, "temperature": 2.0}),
    ("unscaled", [5], 0, {"seed": 42, "max_new_tokens": 20, "top_k": 50}),
    ("unscaled", [5], 0, {"seed": 42, "max_new_tokens": 20, "top_k": 1}),
    ("twelve-heads", [6], 1, {"seed": 0, "max_new_tokens": 20, "top_k": 5}),
    ("twelve-heads", [6], 0, {"seed": 7, "max_new_tokens": 20, "top_k": 10, "temperature": 0.8}),
    ("few-words", [4], 1, {"seed": 2**32 + 1, "max_new_tokens": 12, "top_k": 12}),
    ("plain", [8], 0, {"seed": 0, "max_new_tokens": 20, "top_p": 0.9}),
    ("plain", [8], 1, {"seed": 8, "max_new_tokens": 20, "top_p": 0.5}),
    ("deep", [2], 0, {"seed": 42, "max_new_tokens": 16, "top_p": 0.1}),
    ("untied", [6], 2, {"seed": 9, "max_new_tokens": 20, "top_p": 0.8, "temperature": 0.7}),
    ("untied", [6], 1, {"seed": 10, "max_new_tokens": 20, "top_k": 20, "top_p": 0.95, "temperature": 0.9}),
    ("plain-bf16", [9], 0, {"seed": 42, "max_new_tokens": 20, "top_k": 40, "top_p": 0.7}),
    ("deep", [6], 0, {"seed": 11, "max_new_tokens": 20, "temperature": 0.6, "repetition_penalty": 1.3}),
    ("deep", [6], 1, {"seed": 12, "max_new_tokens": 20, "top_k": 8, "repetition_penalty": 0.8}),
    ("unscaled", [4], 0, {"seed": 0, "max_new_tokens": 20, "top_k": 4, "no_repeat_ngram_size": 2}),
    ("few-words", [4], 0, {"seed": 42, "max_new_tokens": 12, "top_k": 3, "no_repeat_ngram_size": 1}),
    ("plain", [4], 1, {"seed": 13, "max_new_tokens": 20, "top_k": 6, "min_new_tokens": 9}),
    ("plain", [4], 2, {"seed": 14, "max_new_tokens": 16, "top_k": 6, "bad_words_ids": [1, 1, 2]}),
    ("twelve-heads", [5], 3, {"seed": 15, "max_new_tokens": 20, "top_p": 0.6, "temperature": 0.8,
                              "repetition_penalty": 1.2, "no_repeat_ngram_size": 3, "min_new_tokens": 4,
                              "bad_words_ids": [1, 2]}),
    ("plain", [5, 3], 0, {"seed": 0, "max_new_tokens": 12}),
    ("plain", [5, 3, 7], 1, {"seed": 42, "max_new_tokens": 20, "top_k": 5}),
    ("deep", [4, 4], 2, {"seed": 2**32 + 1, "max_new_tokens": 20, "top_p": 0.7, "temperature": 0.8}),
    ("few-words", [2, 5, 3], 3, {"seed": 16, "max_new_tokens": 12}),
    ("unscaled", [1, 8], 1, {"seed": 17, "max_new_tokens": 20, "top_k": 6, "repetition_penalty": 1.3}),
    ("untied", [6, 2, 4], 1, {"seed": 18, "max_new_tokens": 20, "top_k": 10, "min_new_tokens": 5,
                              "no_repeat_ngram_size": 2, "bad_words_ids": [1]}),
    ("plain", [5, 3, 2], 3, {"seed": 21, "max_new_tokens": 45, "top_k": 5}),  # all end before the last step
    ("plain", [4], 1, {"seed": 19, "max_new_tokens": 16, "top_k": 8, "returned": 3}),
    ("twelve-heads", [3, 6], 1, {"seed": 20, "max_new_tokens": 16, "top_k": 8, "returned": 2}),
]  # fmt: skip


def label(options):
    return ",".join(f"{k}={v}" for k, v in options.items() if v != (SAMPLING | generation.OPTIONS)[k] or k == "seed")


def situation(rng, model, sizes, n_eos, options):
    """Prompts, eos, pad and options, so that eos and bad words are what the run would make."""
    vocabulary = generation.model(model).config.vocab_size
    prompts = [generation.random_prompt(rng, n, vocabulary) for n in sizes]
    bad = options.get("bad_words_ids", [])
    pad = int(rng.integers(0, vocabulary)) if len(set(sizes)) > 1 else None
    if not (n_eos or bad):
        return prompts, [], pad, options
    bare = {k: v for k, v in options.items() if k not in ("bad_words_ids", "min_new_tokens")}
    made = [row[max(sizes) :] for row in sample("", model, prompts, [], 0, bare, alone=False)["sequences"]]
    common = sorted({x for row in made for x in row})
    if len(common) <= n_eos:
        return None
    eos = rng.choice(common, n_eos, replace=False).tolist()
    words = [generation.part(rng, made[rng.integers(0, len(made))], n) for n in bad]
    if any(w == [x] for w in words for x in eos):
        return None
    return prompts, eos, eos[0] if eos else pad, options | ({"bad_words_ids": words} if bad else {})


def effective(case):
    """Every processor and warper asked for changes the rows."""
    defaults = SAMPLING | generation.OPTIONS
    keys = [k for k in defaults if k not in ("sample", "seed", "returned", "max_new_tokens") and case[k] != defaults[k]]
    options = {k: case[k] for k in defaults}
    arguments = case["model"], case["prompts"], case["eos"], case["pad"]
    return all(
        sample("", *arguments, options | {k: defaults[k]}, alone=False)["sequences"] != case["sequences"] for k in keys
    )


def run(model, sizes, n_eos, options):
    title = f"{model}/{'+'.join(map(str, sizes))}/{n_eos} eos/{label(options)}"

    def attempt(rng):
        chosen = situation(rng, model, sizes, n_eos, options)
        if chosen is None:
            return None
        case = sample(title, model, *chosen)
        gap = PICK_GAP if case["sample"] else generation.GAP
        ends = not n_eos or any(row[n - 1] in case["eos"] for row, n in zip(case["sequences"], case["lengths"]))
        ends = ends and (not n_eos or len(sizes) == 1 or len(set(case["lengths"])) > 1)
        return case if case["clear"] and case["smallest_gap"] >= gap and ends and effective(case) else None

    return generation.draw(title, attempt)


def results(strict):
    unit = {
        "exponential": [exponential(*start, size) for size in (1, 5, 16, 33) for start in STARTS],
        "multinomial": [multinomial(*start, name) for name in ROWS for start in STARTS],
    }
    if strict:
        keys = SAMPLING | generation.OPTIONS
        cases = [
            sample(c["name"], c["model"], c["prompts"], c["eos"], c["pad"], {k: c[k] for k in keys})
            for c in strict["cases"]
        ]
    else:
        cases = [run(*row) for row in SAMPLED]
        cases += [run(*row, {"sample": False} | options) for *row, options in GREEDY]
        assert len({c["name"] for c in cases}) == len(SAMPLED + GREEDY)
    for case in cases:
        case.pop("clear", None)
    return unit | {"cases": cases}


def main():
    strict, native = reference.both_results(results, reference.PINNED_440)
    noise = reference.difference(strict["cases"], native["cases"])
    assert strict["exponential"] == native["exponential"] and strict["multinomial"] == native["multinomial"]
    models = sorted({generation.MODELS / c["model"] for c in strict["cases"]})
    document = {
        "provenance": reference.provenance(__file__, f"{generation.AUTHORITY}; torch 2.13.0's draws", models),
        "comment": " ".join(COMMENT),
        "noise_floor": noise,
        **strict,
    }
    reference.write_json(generation.FOLDER / "sampling.json", document)
    print(f"{len(strict['cases'])} cases, noise floor of the gaps {noise:.2e}")


if __name__ == "__main__":
    main()
