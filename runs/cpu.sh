#!/usr/bin/env bash
# The whole way from data to scores on two cores. DATA is described in train/README.md.
#
#     make train-env && runs/cpu.sh DATA                              # a toy: shows that every step works
#     SIZE=small MINUTES=108 WORDS=400 runs/cpu.sh DATA               # what the shipped weights began as (log.md)
#
# WORDLIST names a file of further words for the reading's language model (train/language.py).
#
# Cost:   packing 6 minutes; then MINUTES (5); then a tenth of a second per evaluated word and row
# Scores: of the second line, after 337,000 samples: body LDTW 2.9 % of the ink height in the median, direction 0.85,
#         coverage 0.99, CER 0.15 (src/inksight/models/words-v1/README.md). The toy's model is not worth using.
set -euo pipefail
DATA=$(realpath "${1:?name the data folder, see train/README.md}")
cd "$(dirname "$0")/.."
source .venv/bin/activate
SIZE=${SIZE:-tiny}
RUN=.cache/$SIZE

[ -f .cache/ink.npz ] || python -m train.pack "$DATA/ink" .cache/ink.npz
[ -f .cache/words.npz ] || python -m train.pack_words "$DATA/words" .cache/words.npz
python -m train.train --ink .cache/ink.npz --words .cache/words.npz --out $RUN \
    --size "$SIZE" --minutes "${MINUTES:-5}" --batch 40 --lr 1.2e-3
python -m train.export $RUN/model.safetensors $RUN/model
python -m train.language --ink .cache/ink.npz --words .cache/words.npz ${WORDLIST:+--list "$WORDLIST"} $RUN/model
inksight evaluate "$DATA" --model $RUN/model --words "${WORDS:-50}"
