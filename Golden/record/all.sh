#!/bin/sh
# Records every golden anew (`make goldens`). See README.md for what each script needs.
# PYTHON: the reference's interpreter (default: .venv-reference, made by setup.sh).
# PYTHON_440: the one with transformers 4.40.2 (default: .venv-reference-4.40, made by setup.sh too);
# without it decoding/{hf_beam,processors,sampling}.json and gpt2/tale.json are kept as they are.
# folders/ is recorded by those with transformers 4.57.6 and 5.24.0, if setup.sh has made them.
# FOX_DATA: the data folder; without it the tiny tokenizer is kept as it is.
# FOX_FULL_SIZE: a folder with a random 124M GPT-2; without it gpt2/full-size.json is kept as it is.
# FOX_FULL_SIZE_BERT: a folder with a random BERT-base; without it bert/full-size.json is kept as it is.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
package=$(cd "$here/../.." && pwd)
python=${PYTHON:-$package/.venv-reference/bin/python}
python440=${PYTHON_440:-$package/.venv-reference-4.40/bin/python}
export PYTHONDONTWRITEBYTECODE=1

record() {
    echo "== $*" >&2
    "$python" "$here/$@"
}

if [ -n "${FOX_DATA:-}" ]; then record record_tiny_tokenizer.py; else echo "-- FOX_DATA is not set: tokenizers/tiny kept" >&2; fi
record record_character_classes.py
if [ -f "$package/Weights/tale-gpt2/vocab.json" ]; then
    record record_tokenizer.py "$package/Weights/tale-gpt2"
else
    echo "-- no Weights/tale-gpt2: tokenizers kept" >&2
fi
record record_gpt2_slow_files.py
record record_bert_characters.py
record record_bert_tokenizer.py
record record_safetensors.py
record record_checkpoints.py
record record_tensors.py
record record_random.py
record record_layers.py
record record_layer_gradients.py
record record_activations.py
record record_relative_positions.py
record record_init.py
record record_optimizer.py
record record_muon.py
record record_colors.py
record record_gpt2.py
record record_gpt2_gradients.py
record record_gpt2_attention.py
record record_training_arguments.py
record record_trainer.py
record record_trainer.py smoothed
record record_ranks.py
record record_ranks.py classifier
record record_bert.py
record record_bert_gradients.py
record record_bert_init.py
record record_classifier.py
record record_classifier.py smoothed
if [ -f "$package/Weights/minilm/model.safetensors" ]; then
    record record_minilm.py "$package/Weights/minilm"
    if [ -n "${FOX_DATA:-}" ]; then record record_classifier.py minilm "$package/Weights/minilm"; fi
else
    echo "-- no Weights/minilm: bert/minilm, training/classifier-minilm.json kept" >&2
fi
if [ -n "${FOX_FULL_SIZE_BERT:-}" ]; then
    record record_bert_full_size.py "$FOX_FULL_SIZE_BERT"
else
    echo "-- FOX_FULL_SIZE_BERT is not set: bert/full-size.json kept" >&2
fi
record record_beam.py
record record_datasets.py
record record_metrics.py
if [ -f "$package/Weights/tale-gpt2/model.safetensors" ]; then
    record record_beam.py tale
    record record_metrics.py pairs
    if [ -n "${FOX_DATA:-}" ]; then
        record record_datasets.py real
        record record_metrics.py data
    else
        echo "-- FOX_DATA is not set: datasets/real.json, metrics/pairs_data.json kept" >&2
    fi
else
    echo "-- no Weights/tale-gpt2: decoding/beam_tale.json, datasets/real.json, metrics/pairs*.json kept" >&2
fi
if [ -n "${FOX_FULL_SIZE:-}" ]; then
    record record_full_size.py "$FOX_FULL_SIZE"
    record record_training_full_size.py "$FOX_FULL_SIZE"
else
    echo "-- FOX_FULL_SIZE is not set: {gpt2,training}/full-size.json kept" >&2
fi
if [ -x "$python440" ]; then
    python=$python440
    record record_hf_beam.py
    record record_processors.py
    record record_sampling.py
    record record_tale.py
else
    echo "-- no reference of transformers 4.40.2: decoding/{hf_beam,processors,sampling}.json, gpt2/tale.json kept" >&2
fi
for version in 4.57 5; do
    python=$package/.venv-reference-$version/bin/python
    if [ -x "$python" ]; then
        record record_folders.py
    else
        echo "-- no reference of transformers $version: folders/$version kept" >&2
    fi
done
