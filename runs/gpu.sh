#!/usr/bin/env bash
# The full recipe, for one CUDA GPU. Stopped at any point, the same command goes on from the last checkpoint.
#
#     make train-env && runs/gpu.sh DATA [NAME]        # DATA as train/README.md describes it; NAME of the model's folder
#
# Several GPUs: put `torchrun --nproc-per-node 8` in place of `python` before `-m train.train`.
#
# Cost:   packing 6 minutes; then MINUTES (10). On an H100 the batches of 1024 take 0.13 s, most of it the launching of
#         kernels; 14 processes prepare more samples than it can take. runs/remote.sh is for a machine that gets
#         a copy of this tree and no more. Scores: log.md, 2026-11-28.
set -euo pipefail
DATA=$(realpath "${1:?name the data folder, see train/README.md}")
NAME=${2:-base}
cd "$(dirname "$0")/.."
source .venv/bin/activate
RUN=.cache/$NAME

[ -f .cache/ink.npz ] || python -m train.pack "$DATA/ink" .cache/ink.npz
[ -f .cache/words.npz ] || python -m train.pack_words "$DATA/words" .cache/words.npz
python -m train.train --ink .cache/ink.npz --words .cache/words.npz --out "$RUN" \
    --device cuda --size base --batch 1024 --workers 14 --lr 5e-3 --warmup 200 --minutes "${MINUTES:-10}"
python -m train.export "$RUN/model.safetensors" "src/inksight/models/$NAME"
python -m train.language --ink .cache/ink.npz --words .cache/words.npz ${WORDLIST:+--list "$WORDLIST"} "src/inksight/models/$NAME"
inksight evaluate "$DATA" --model "src/inksight/models/$NAME" --words 400
