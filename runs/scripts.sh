#!/usr/bin/env bash
# Train on from the shipped weights with the ink of all scripts (train/scripts.py has the mixture), on a CPU or a GPU.
# Stopped at any point, the same command goes on from the last checkpoint.
#
#     make train-env && runs/scripts.sh DATA                                                  # two cores
#     runs/scripts.sh DATA --device cuda --batch 512 --workers 14 --lr 2e-3 --minutes 10      # a GPU
#
# What follows DATA are flags of train.train. PACKED names the folder of the packed files (made if need be), START the
# weights, RUN the folder of the run. The commonest words of each language come from PyPI's wordfreq.
#
# Cost: packing 10 minutes; then MINUTES (60)
set -euo pipefail
DATA=$(realpath "${1:?name the data folder, see train/README.md}")
shift
cd "$(dirname "$0")/.."
[ ! -f .venv/bin/activate ] || source .venv/bin/activate
PACKED=${PACKED:-.cache} RUN=${RUN:-.cache/scripts}

[ -f "$PACKED/scripts.npz" ] || python -m train.pack_scripts "$DATA/scripts" "$PACKED/scripts.npz"
[ -f "$PACKED/ink.npz" ] || python -m train.pack "$DATA/ink" "$PACKED/ink.npz"
[ -f "$PACKED/words.npz" ] || python -m train.pack_words "$DATA/words" "$PACKED/words.npz"
python -m train.train --ink "$PACKED/ink.npz" --words "$PACKED/words.npz" --scripts "$PACKED/scripts.npz" \
    --start "${START:-src/inksight/models/scripts-v1/model.safetensors}" --out "$RUN" \
    --minutes "${MINUTES:-60}" --batch 40 --lr 1e-3 "$@"
