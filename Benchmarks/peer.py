"""The reference's side of the benchmark: torch and transformers, each workload as a function that returns seconds.

Used by bench.py, in its process. Models are GPT2LMHeadModel of transformers 4.17.0 in inference mode with the key-value
cache on; prompts are those of Sources/Workshop/Bench/TimedWork.swift.
"""

import os
import pathlib
import sys
import time

os.environ.setdefault("TRANSFORMERS_OFFLINE", "1")
os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
RECORDERS = pathlib.Path(__file__).resolve().parents[1] / "Golden" / "record"
SHORT = [464, 7586, 21831, 18045]  # "The brown fox jumps"
BEAMS, STEPS, TOKENS, PROMPT = 5, 20, 64, 512


def long_prompt(vocabulary):
    return [(index * 7919 + 13) % vocabulary for index in range(PROMPT)]


class Models:
    """The model, read once; functions return (seconds for one unit, ids to compare)."""

    def __init__(self, folder):
        import torch

        sys.path.insert(0, str(RECORDERS))
        import homework_cells
        import reference

        self.torch, self.cells = torch, homework_cells
        self.gpt2 = reference.load_model(folder)

    def beam(self):
        """The homework's own loop; seconds a step after the prompt."""
        times = []
        self.cells.watch = lambda *_: times.append(time.perf_counter())
        with self.torch.inference_mode():
            out = self.cells.run_beam_search(self.gpt2, None, self.torch.tensor([SHORT]), BEAMS, STEPS)
        return (times[-1] - times[0]) / (STEPS - 1), out["output_ids"].flatten().tolist()

    def greedy(self):
        """Token by token with the cache; seconds a token after the prompt."""
        torch, ids = self.torch, list(SHORT)
        with torch.inference_mode():
            out = self.gpt2(torch.tensor([ids]), use_cache=True)
            ids.append(int(out.logits[0, -1].argmax()))
            start = time.perf_counter()
            for _ in range(TOKENS - 1):
                out = self.gpt2(torch.tensor([ids[-1:]]), past_key_values=out.past_key_values, use_cache=True)
                ids.append(int(out.logits[0, -1].argmax()))
        return (time.perf_counter() - start) / (TOKENS - 1), ids

    def prefill_all(self):
        with self.torch.inference_mode():
            ids = self.torch.tensor([long_prompt(self.gpt2.config.vocab_size)])
            start = time.perf_counter()
            best = int(self.gpt2(ids, use_cache=True).logits[0, -1].argmax())
        return time.perf_counter() - start, [best]

    def prefill_last(self):
        """Logits of the last token only, which transformers 4.17.0 computes when its parts are called apart."""
        with self.torch.inference_mode():
            ids = self.torch.tensor([long_prompt(self.gpt2.config.vocab_size)])
            start = time.perf_counter()
            hidden = self.gpt2.transformer(ids, use_cache=True).last_hidden_state
            best = int(self.gpt2.lm_head(hidden[:, -1]).argmax())
        return time.perf_counter() - start, [best]


class Tokenizers:
    """tiktoken and HF tokenizers on one text, one thread."""

    def __init__(self, folder, path):
        import tiktoken
        import tokenizers

        self.text = pathlib.Path(path).read_bytes().decode("utf-8")  # line ends as they are
        self.fast = tokenizers.ByteLevelBPETokenizer(f"{folder}/vocab.json", f"{folder}/merges.txt")
        # tiktoken's own loader of these two files; its "gpt2" would be fetched from the network.
        from tiktoken.load import data_gym_to_mergeable_bpe_ranks as load

        encoder = pathlib.Path(path).with_suffix(".encoder.json")
        words = pathlib.Path(f"{folder}/vocab.json").read_text(encoding="utf-8")
        encoder.write_text(words, encoding="utf-8")
        merges = pathlib.Path(path).with_suffix(".vocab.bpe")
        text = pathlib.Path(f"{folder}/merges.txt").read_text(encoding="utf-8")
        merges.write_text(text if text.startswith("#version") else "#version: 0.2\n" + text, encoding="utf-8")
        self.tiktoken = tiktoken.Encoding(
            name="gpt2",
            pat_str=r"""'(?:[sdmt]|ll|ve|re)| ?\p{L}++| ?\p{N}++| ?[^\s\p{L}\p{N}]++|\s++$|\s+(?!\S)|\s""",
            mergeable_ranks=load(vocab_bpe_file=str(merges), encoder_json_file=str(encoder)),
            special_tokens={"<|endoftext|>": 50256},
        )

    def run_tiktoken(self):
        start = time.perf_counter()
        count = len(self.tiktoken.encode_ordinary(self.text))
        return time.perf_counter() - start, [count]

    def run_huggingface(self):
        start = time.perf_counter()
        count = len(self.fast.encode(self.text).ids)
        return time.perf_counter() - start, [count]


def first_logits(folder):
    """What a fresh process does: everything up to the first logits. Run as `peer.py first-logits FOLDER`."""
    models = Models(folder)
    with models.torch.inference_mode():
        print(int(models.gpt2(models.torch.tensor([SHORT])).logits[0, -1].argmax()))


if __name__ == "__main__":
    if sys.argv[1] == "first-logits":
        first_logits(sys.argv[2])
