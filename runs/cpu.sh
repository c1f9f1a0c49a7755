#!/usr/bin/env bash
# A toy: the whole way from data to scores on any computer. It shows that every step works; its model is not worth using.
#
#     make train-env && runs/cpu.sh DATA        # DATA as train/README.md describes it
#
# Cost:   (measured by the lead: minutes on N cores)
# Scores: (measured by the lead: the line that `inksight evaluate` prints)
set -euo pipefail
DATA=$(realpath "${1:?name the data folder, see train/README.md}")
cd "$(dirname "$0")/.."
source .venv/bin/activate
RUN=.cache/toy

[ -f .cache/ink.npz ] || python -m train.pack "$DATA/ink" .cache/ink.npz
[ -f .cache/words.npz ] || python -m train.pack_words "$DATA/words" .cache/words.npz
python -m train.train --ink .cache/ink.npz --words .cache/words.npz --out $RUN --size tiny --minutes "${MINUTES:-5}" --warmup 100
python -m train.export $RUN/model.safetensors $RUN/model
inksight evaluate "$DATA" --model $RUN/model --words 50
