"""Records Golden/tokenizers/tiny: a byte-level BPE with 512 entries in GPT-2's style.

256 bytes, 255 merges and <|endoftext|> as the last id, trained by tokenizers 0.13.3 on the first 300 KB of
stories/tinystories-2MiB.txt (TinyStories, CDLA-Sharing-1.0). Everything the tiny golden models read and
write is in these ids.

    FOX_DATA=<data folder> python record_tiny_tokenizer.py
"""

import json

import tokenizers
from tokenizers import decoders, models, pre_tokenizers, processors, trainers

import reference

SIZE, BYTES = 512, 300_000
FOLDER = reference.GOLDEN / "tokenizers" / "tiny"


def main():
    reference.check_versions()
    data = reference.data_folder() / "stories" / "tinystories-2MiB.txt"
    text = data.read_bytes()[:BYTES].decode("utf-8", errors="ignore").replace("<|endoftext|>\n", "")

    # Trained without the special token, which a trainer would put first: GPT-2 has it last.
    trained = tokenizers.Tokenizer(models.BPE())
    trained.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    trainer = trainers.BpeTrainer(
        vocab_size=SIZE - 1, initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet()), show_progress=False
    )
    trained.train_from_iterator(text.splitlines(keepends=True), trainer)
    model = json.loads(trained.to_str())["model"]

    vocab = dict(model["vocab"]) | {"<|endoftext|>": SIZE - 1}
    merges = [tuple(m.split(" ")) for m in model["merges"]]
    assert len(vocab) == SIZE and len(merges) == SIZE - 1 - 256

    tiny = tokenizers.Tokenizer(models.BPE(vocab, merges))
    tiny.add_special_tokens(["<|endoftext|>"])
    tiny.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tiny.decoder = decoders.ByteLevel()
    tiny.post_processor = processors.ByteLevel(trim_offsets=False)
    assert tiny.get_vocab_size() == SIZE and tiny.token_to_id("<|endoftext|>") == SIZE - 1

    FOLDER.mkdir(parents=True, exist_ok=True)
    (FOLDER / "vocab.json").write_text(json.dumps(vocab, ensure_ascii=False) + "\n", encoding="utf-8")
    lines = ["#version: 0.2"] + [" ".join(m) for m in merges]
    (FOLDER / "merges.txt").write_text("\n".join(lines) + "\n", encoding="utf-8")
    (FOLDER / "tokenizer.json").write_text(tiny.to_str(pretty=True) + "\n", encoding="utf-8")

    again = tokenizers.ByteLevelBPETokenizer(str(FOLDER / "vocab.json"), str(FOLDER / "merges.txt"))
    loaded = tokenizers.Tokenizer.from_file(str(FOLDER / "tokenizer.json"))
    for line in text.splitlines(keepends=True):
        ids = tiny.encode(line).ids
        assert ids == again.encode(line).ids == loaded.encode(line).ids and loaded.decode(ids) == line and "<|" not in line
    print(f"wrote {FOLDER.relative_to(reference.PACKAGE)}: {len(text)} characters, {len(tiny.encode(text).ids)} tokens")


if __name__ == "__main__":
    main()
