#!/usr/bin/env bash
# The full recipe, for one CUDA GPU. Stopped at any point, the same command goes on from the last checkpoint.
#
#     make train-env && runs/gpu.sh DATA [NAME]        # DATA as train/README.md describes it; NAME of the model's folder
#
# Several GPUs: put `torchrun --nproc-per-node 8` in place of `python` before `-m train.train`.
#
# Cost and scores: not run yet, no GPU was to be had. The shipped weights come from runs/cpu.sh.
set -euo pipefail
DATA=$(realpath "${1:?name the data folder, see train/README.md}")
NAME=${2:-base}
cd "$(dirname "$0")/.."
source .venv/bin/activate
RUN=.cache/$NAME

[ -f .cache/ink.npz ] || python -m train.pack "$DATA/ink" .cache/ink.npz
[ -f .cache/words.npz ] || python -m train.pack_words "$DATA/words" .cache/words.npz
python -m train.train --ink .cache/ink.npz --words .cache/words.npz --out "$RUN" \
    --device cuda --size base --batch 512 --workers 12 --compile --minutes "${MINUTES:-300}"
python -m train.export "$RUN/model.safetensors" "src/inksight/models/$NAME"
python -m train.language --ink .cache/ink.npz --words .cache/words.npz ${WORDLIST:+--list "$WORDLIST"} "src/inksight/models/$NAME"
inksight evaluate "$DATA" --model "src/inksight/models/$NAME" --words 400
