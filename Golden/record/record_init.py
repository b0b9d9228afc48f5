"""Records Golden/gpt2/init: fresh GPT-2s as the reference draws them from a seed.

Authority: transformers 4.17.0 (set_seed, GPT2LMHeadModel(config)) on torch 2.13.0 (CPU), AVX2 or better.

    python record_init.py

init.json: the cases (seed, configuration fields); init.safetensors: `<case>/<parameter>`.
"""

import transformers

import reference

CASES = {
    "small": (0, dict(vocab_size=37, n_positions=9, n_embd=8, n_layer=2, n_head=2)),
    "wide": (42, dict(vocab_size=50, n_positions=3, n_embd=30, n_layer=1, n_head=3, n_inner=7, initializer_range=0.5)),
    "tiny": (7, dict(vocab_size=5, n_positions=2, n_embd=3, n_layer=3, n_head=1)),
    "untied": (2**31, dict(vocab_size=20, n_positions=4, n_embd=12, n_layer=1, n_head=1, tie_word_embeddings=False)),
}


def main():
    reference.check_versions()
    cases, tensors = [], {}
    for name, (seed, fields) in CASES.items():
        transformers.set_seed(seed)
        config = transformers.GPT2Config(**fields)
        model = transformers.GPT2LMHeadModel(config)
        cases.append({"name": name, "seed": seed, "config": fields})
        for key, value in model.state_dict().items():
            if key.endswith((".attn.bias", ".attn.masked_bias")):
                continue
            if key == "lm_head.weight" and config.tie_word_embeddings:
                continue
            tensors[f"{name}/{key.removeprefix('transformer.')}"] = value
    record = reference.provenance(__file__, "set_seed and GPT2LMHeadModel(config) of transformers 4.17.0")
    record["aten_cpu_capability"] = "AVX2 or better"
    reference.write_json(reference.GOLDEN / "gpt2" / "init.json", {"provenance": record, "cases": cases})
    reference.save_tensors(reference.GOLDEN / "gpt2" / "init.safetensors", tensors, reference.metadata(record))


if __name__ == "__main__":
    main()
