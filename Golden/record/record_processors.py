"""Records Golden/decoding/processors.json: what the processors and warpers do to small rows of scores, and their order.

Authority: transformers 4.40.2 on torch 2.13.0 (CPU); run it in the environment of requirements-4.40.txt.
"""

import torch
from transformers import GenerationConfig
from transformers.generation import logits_process

import generation
import reference

CLASSES = {
    "RepetitionPenalty": logits_process.RepetitionPenaltyLogitsProcessor,
    "NoRepeatNGram": logits_process.NoRepeatNGramLogitsProcessor,
    "NoBadWords": logits_process.NoBadWordsLogitsProcessor,
    "MinLength": logits_process.MinLengthLogitsProcessor,
    "MinNewTokens": logits_process.MinNewTokensLengthLogitsProcessor,
    "Temperature": logits_process.TemperatureLogitsWarper,
    "TopK": logits_process.TopKLogitsWarper,
    "TopP": logits_process.TopPLogitsWarper,
}
COMMENT = [
    "scores: read as float32. processors: applied in order, by the class names without LogitsProcessor/LogitsWarper and their arguments. "
    "ids: what was decoded so far, one row for each row of scores. output: the scores afterwards.",
    "Blocked scores become minus infinity and stay that; nothing is renormalised.",
    "ties: equal scores. TopK keeps every score equal to the k-th; TopP sorts ascending (in order of index for up to 16 scores; beyond, "
    "torch.sort's order of equals is unspecified and nothing is recorded) and drops from the front while the "
    "cumulative probability is <= 1 - top_p (compared in float32): of equals the later index stays.",
    "errors: arguments the constructor, or the first call, refuses.",
    "order: class names as generate puts them together; supported: with the options of this package alone, all: with every option set.",
]

PEAKED = [0.5, -1.25, 3.0, 0.0, -0.5, 2.0, -3.5, 1.0]
FLAT = [-2.0, -2.1, -1.9, -2.05, -2.2, -1.95, -2.15, -2.3]
BLOCKED = [float("-inf"), -1.0, -2.0, float("-inf"), -0.5, -4.0, -1.5, float("-inf")]
TIED = [1.0, 2.0, 2.0, 1.0, 3.0, 2.0, 1.0, 2.0]
LEVEL = [0.25] * 8
A, B, C = [1, 2, 3, 1, 2], [5, 5, 5, 5, 5], [0, 4, 4, 0, 7]


def case(name, ids, scores, *processors, ties=False):
    return {"name": name, "processors": list(processors), "ids": ids, "scores": scores, "ties": ties}


def one(kind, **arguments):
    return {"name": kind, **arguments}


def repetition(penalty):
    return one("RepetitionPenalty", penalty=penalty)


def no_repeat(n):
    return one("NoRepeatNGram", ngram_size=n)


def bad_words(words, eos):
    return one("NoBadWords", bad_words_ids=words, eos_token_id=eos)


ROWS = [A, B, C], [PEAKED, FLAT, BLOCKED]
CASES = [
    case("repetition penalty: below zero times, above divided", *ROWS, repetition(1.3)),
    case("repetition penalty below 1 rewards", *ROWS, repetition(0.5)),
    case("repetition penalty: once for each id", [[2, 2, 2, 2]], [PEAKED], repetition(2.0)),
    case("no repeated single", *ROWS, no_repeat(1)),
    case("no repeated pair", *ROWS, no_repeat(2)),
    case("no repeated triple", *ROWS, no_repeat(3)),
    case("no repeated triple of the same", [[5, 5, 5], [5, 5, 4]], [PEAKED, FLAT], no_repeat(3)),
    case("n-gram as long as the ids and one more", [[1, 2, 3]], [PEAKED], no_repeat(4)),
    case("n-gram far longer than the ids", [[1, 2, 3]], [PEAKED], no_repeat(6)),
    case("two followers of one word", [[1, 2, 1, 3, 1]], [PEAKED], no_repeat(2)),
    case("bad single words", *ROWS, bad_words([[2], [7]], [])),
    case("a bad word that is an eos is dropped", *ROWS, bad_words([[2], [7], [5]], [7, 2])),
    case("a longer bad word that ends in an eos stays", *ROWS, bad_words([[2, 7], [2, 3]], [7])),
    case("only an eos is bad", [A], [PEAKED], bad_words([[7]], [7])),
    case("bad pairs and a triple", *ROWS, bad_words([[2, 3], [1, 2, 4], [5, 5, 5], [6, 1]], [])),
    case("the same bad word twice", [A], [PEAKED], bad_words([[2, 3], [2, 3], [4], [4]], [])),
    case("bad words with the same end", [A], [PEAKED], bad_words([[2, 3], [1, 2, 3], [3]], [])),
    case("a bad word as long as the ids", [[1, 2]], [PEAKED], bad_words([[2, 3]], [])),
    case("a bad word longer than the ids is ignored, though its beginning is there", [[2]], [PEAKED], bad_words([[2, 3]], [])),
    case("the same with three", [[1, 2]], [PEAKED], bad_words([[1, 2, 3]], [])),
    case("minimum length not reached", *ROWS, one("MinLength", min_length=6, eos_token_id=[2])),
    case("minimum length reached", *ROWS, one("MinLength", min_length=5, eos_token_id=[2])),
    case("minimum length, several eos", *ROWS, one("MinLength", min_length=9, eos_token_id=[2, 0, 5])),
    case("new ids too few", *ROWS, one("MinNewTokens", prompt_length_to_skip=3, min_new_tokens=3, eos_token_id=[2])),
    case("new ids enough", *ROWS, one("MinNewTokens", prompt_length_to_skip=3, min_new_tokens=2, eos_token_id=[2])),
    case("new ids, several eos", *ROWS, one("MinNewTokens", prompt_length_to_skip=5, min_new_tokens=1, eos_token_id=[1, 4])),
    *[case(f"temperature {t}", *ROWS, one("Temperature", temperature=t)) for t in (0.7, 1.5, 0.01, 1.0)],
    *[case(f"top {k}", *ROWS, one("TopK", top_k=k, min_tokens_to_keep=1)) for k in (1, 3, 8, 50)],
    case("top 1, at least 3", *ROWS, one("TopK", top_k=1, min_tokens_to_keep=3)),
    case("top 6 of 5 unblocked", [C], [BLOCKED], one("TopK", top_k=6, min_tokens_to_keep=1)),
    case("top 3 with ties", [A, B], [TIED, LEVEL], one("TopK", top_k=3, min_tokens_to_keep=1), ties=True),
    *[case(f"top p {p}", *ROWS, one("TopP", top_p=p, min_tokens_to_keep=1)) for p in (0.9, 0.5, 0.1, 1e-6, 0.0, 0.999)],
    case("top p 0.1, at least 3", *ROWS, one("TopP", top_p=0.1, min_tokens_to_keep=3)),
    case("top p 0.6, at least 2", *ROWS, one("TopP", top_p=0.6, min_tokens_to_keep=2)),
    *[
        case(f"top p {p} with ties", [A, B], [TIED, LEVEL], one("TopP", top_p=p, min_tokens_to_keep=1), ties=True)
        for p in (0.9, 0.6, 0.3, 1e-6)
    ],
    case("top p exactly at a sum", [B], [LEVEL], one("TopP", top_p=0.5, min_tokens_to_keep=1), ties=True),
    case("temperature, then top 4, then top p", *ROWS, one("Temperature", temperature=0.8),
         one("TopK", top_k=4, min_tokens_to_keep=1), one("TopP", top_p=0.8, min_tokens_to_keep=1)),
    case("all of them", *ROWS, repetition(1.2), no_repeat(2), bad_words([[7], [2, 4], [5]], [5]),
         one("MinLength", min_length=7, eos_token_id=[5]),
         one("MinNewTokens", prompt_length_to_skip=3, min_new_tokens=4, eos_token_id=[5]),
         one("Temperature", temperature=1.7), one("TopK", top_k=4, min_tokens_to_keep=1),
         one("TopP", top_p=0.7, min_tokens_to_keep=1)),
]  # fmt: skip

ERRORS = [
    repetition(0.0),
    repetition(-1.0),
    repetition(2),
    no_repeat(0),
    no_repeat(-1),
    bad_words([], []),
    bad_words([[]], []),
    bad_words([[-1]], []),
    bad_words([[8]], []),
    one("MinLength", min_length=-1, eos_token_id=[2]),
    one("MinNewTokens", prompt_length_to_skip=0, min_new_tokens=-1, eos_token_id=[2]),
    one("Temperature", temperature=0.0),
    one("Temperature", temperature=-1.0),
    one("Temperature", temperature=1),
    one("TopK", top_k=0, min_tokens_to_keep=1),
    one("TopK", top_k=-3, min_tokens_to_keep=1),
    one("TopP", top_p=1.5, min_tokens_to_keep=1),
    one("TopP", top_p=-0.1, min_tokens_to_keep=1),
    one("TopP", top_p=0.5, min_tokens_to_keep=0),
]

SUPPORTED = {
    "repetition_penalty": 1.2,
    "no_repeat_ngram_size": 2,
    "bad_words_ids": [[7]],
    "min_length": 4,
    "min_new_tokens": 3,
    "temperature": 0.7,
    "top_k": 5,
    "top_p": 0.9,
}
ALL = SUPPORTED | {
    "guidance_scale": 1.5,
    "sequence_bias": {(3,): 1.0},
    "diversity_penalty": 1.0,
    "num_beams": 2,
    "num_beam_groups": 2,
    "encoder_repetition_penalty": 1.1,
    "encoder_no_repeat_ngram_size": 2,
    "forced_bos_token_id": 1,
    "forced_eos_token_id": 2,
    "remove_invalid_values": True,
    "exponential_decay_length_penalty": (3, 1.1),
    "suppress_tokens": [3],
    "begin_suppress_tokens": [4],
    "forced_decoder_ids": [[1, 2]],
    "renormalize_logits": True,
    "typical_p": 0.9,
    "epsilon_cutoff": 0.01,
    "eta_cutoff": 0.01,
}


def build(specification):
    arguments = {k: v for k, v in specification.items() if k != "name"}
    return CLASSES[specification["name"]](**arguments)


def run(ids, scores, processors):
    """The scores after all of them; none may write into its input."""
    ids, scores = torch.tensor(ids), torch.tensor(scores)
    for processor in processors:
        before = scores.clone()
        after = build(processor)(ids, scores)
        assert torch.equal(scores, before)
        scores = after
    return scores.tolist()


def refused(specification):
    try:
        run([A], [PEAKED], [specification])
    except (ValueError, IndexError) as error:
        return {"processor": specification, "type": type(error).__name__, "message": str(error)}
    raise SystemExit(f"{specification} is accepted")


def order(options):
    """Class names of the two lists; a class that needs what we have not is named by a mere stand-in."""
    config = GenerationConfig(eos_token_id=[2], **options)
    everything = "guidance_scale" in options
    model = generation.model("few-words")
    processors = model._get_logits_processor(
        config,
        input_ids_seq_length=3,
        encoder_input_ids=torch.tensor([[1, 2, 3]]),
        prefix_allowed_tokens_fn=(lambda *_: [1]) if everything else None,
        logits_processor=logits_process.LogitsProcessorList(),
        model_kwargs={"use_cache": True},
    )
    warpers = model._get_logits_warper(config)
    keep = [w.min_tokens_to_keep for w in warpers if hasattr(w, "min_tokens_to_keep")]
    names = {"processors": [type(p).__name__ for p in processors], "warpers": [type(w).__name__ for w in warpers]}
    return names | {"min_tokens_to_keep": keep[0]}


def results(_):
    cases = [c | {"output": run(c["ids"], c["scores"], c["processors"])} for c in CASES]
    assert len({c["name"] for c in cases}) == len(cases)
    return {
        "cases": cases,
        "errors": [refused(specification) for specification in ERRORS],
        "order": {"supported": order(SUPPORTED), "supported, 3 beams": order(SUPPORTED | {"num_beams": 3}), "all": order(ALL)},
    }


def main():
    strict, noise = reference.both_ways(results, reference.PINNED_440)
    document = {
        "provenance": reference.provenance(__file__, "transformers 4.40.2's logits processors and warpers, float32"),
        "comment": " ".join(COMMENT),
        "noise_floor": noise,
        **strict,
    }
    reference.write_json(generation.FOLDER / "processors.json", document)
    print(f"{len(strict['cases'])} cases, {len(strict['errors'])} errors, noise floor {noise:.2e}")


if __name__ == "__main__":
    main()
