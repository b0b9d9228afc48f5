"""Records Golden/training/full-size.json: the homework's training at its true size on random weights.

Authority: transformers 4.17.0 (Trainer) on torch 2.13.0 (CPU), GPT-2 small (124M parameters, dropout 0.1),
8 blocks of 256 tokens a step, the homework's optimiser and schedule, 8 steps.

    python record_training_full_size.py MODEL_DIR [OUT.json]

MODEL_DIR is made by `fox init gpt2 --out MODEL_DIR --seed 0` and known by the sha256 of its model.safetensors.
About ten minutes and 9 GB. The run has the schema of trainer.json; only numbers are kept, no weights.
"""

import pathlib
import sys

import transformers

import record_trainer
import reference

STEPS = 8
RUN = dict(
    model={}, weights_seed=0, samples=8 * STEPS, tokens=256, evaluation=0,
    arguments=dict(
        per_device_train_batch_size=8, num_train_epochs=1, learning_rate=5e-5, logging_steps=1, save_strategy="no",
        seed=42))  # fmt: skip


def compute(strict):
    transformers.logging.set_verbosity_error()
    config = reference.load_config(sys.argv[1])
    run = dict(RUN, model={"vocab_size": config.vocab_size})
    record_trainer.make_model = lambda *_: reference.load_model(sys.argv[1]).train()
    return record_trainer.played("full-size", run)


def main():
    if len(sys.argv) not in (2, 3):
        raise SystemExit(__doc__)
    strict, native = reference.both_results(compute)
    record = reference.provenance(__file__, "Trainer of transformers 4.17.0 on GPT2LMHeadModel, float32")
    record["models"] = {"full-size": reference.sha256(pathlib.Path(sys.argv[1]) / "model.safetensors")}
    noise = record_trainer.floor(strict, native)
    case = {**strict[0], "noise_floor": noise}
    path = sys.argv[2] if len(sys.argv) == 3 else reference.GOLDEN / "training" / "full-size.json"
    reference.write_json(path, {"provenance": record, "cases": [case]})
    print("noise floor", noise)


if __name__ == "__main__":
    main()
