#!/bin/sh
# The benchmark: ours and the reference's in turn, when Golden/record/setup.sh was run (PYTHON names
# another Python that has it). Writes Benchmarks/RESULTS.md and .build/bench.json; with --quick, in
# under five minutes, only prints; with --training, times training steps instead and writes
# Benchmarks/TRAINING.md; with --engines, decoding beside ONNX Runtime, OpenVINO, CTranslate2 and llama.cpp, of
# which $PYTHON has any, and writes this processor's section of Benchmarks/ENGINES.md; with --bert, a BERT's evaluation and training, and writes Benchmarks/BERT.md.
# `make bench` builds the programs first.
set -eu
package=$(cd "$(dirname "$0")/.." && pwd)
built=$package/.build/release
model=${FOX_BENCH_MODEL:-$package/.build/bench-gpt2}
[ -f "$model/config.json" ] || "$built/fox" init gpt2 --seed 0 --out "$model"
if [ ! -f "$model/merges.txt" ]; then
  cp "$package/Weights/tale-gpt2/vocab.json" "$package/Weights/tale-gpt2/merges.txt" "$model"
fi
python=${PYTHON:-$package/.venv-reference/bin/python}
[ -x "$python" ] || python=python3
for option in "$@"; do
  [ "$option" = --bert ] || continue
  bert=${FOX_BENCH_BERT:-$package/.build/bench-bert}
  [ -f "$bert/config.json" ] || "$built/fox" init bert --seed 0 --out "$bert"
  exec "$python" "$package/Benchmarks/bert.py" --foxbench "$built/foxbench" --model "$bert" \
    --markdown "$package/Benchmarks/BERT.md"
done
for option in "$@"; do
  [ "$option" = --training ] || continue
  exec "$python" "$package/Benchmarks/training.py" --foxbench "$built/foxbench" --model "$model" \
    --markdown "$package/Benchmarks/TRAINING.md"
done
for option in "$@"; do
  [ "$option" = --engines ] || continue
  exec "$python" "$package/Benchmarks/engines.py" --foxbench "$built/foxbench" --model "$model" \
    --markdown "$package/Benchmarks/ENGINES.md" "$@"
done
results="--markdown $package/Benchmarks/RESULTS.md --json $package/.build/bench.json"
for option in "$@"; do [ "$option" = --quick ] && results=; done
exec "$python" "$package/Benchmarks/bench.py" --fox "$built/fox" --foxbench "$built/foxbench" \
  --model "$model" $results "$@"
