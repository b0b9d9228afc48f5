#!/bin/sh
# Milliseconds a step of beam search on GPT-2 small (random weights, five beams, 20 steps): ours, and
# the reference's in turn with it when Golden/record/setup.sh was run. `make bench` builds fox first.
set -eu
package=$(cd "$(dirname "$0")/.." && pwd)
model=$package/.build/bench-gpt2
[ -f "$model/config.json" ] || "$package/.build/release/fox" init gpt2 --seed 0 --out "$model"
python=$package/.venv-reference/bin/python
[ -x "$python" ] || python=python3
exec "$python" "$package/Benchmarks/beam_step.py" "$package/.build/release/fox" "$model" "$@"
