#!/usr/bin/env bash
# Train on a GPU machine that is lent for minutes and sees nothing but a copy of this tree: no network, no data folder.
#
#     runs/lent.sh pack                  # here, before: .cache/lent/ gets the packed data (60 MB) and weights to go on from
#     runs/lent.sh train 8.75 [flags]    # there: 8.75 minutes; all other flags are train.train's
#     runs/lent.sh join FOLDER RUN       # here, after: the parts that came back in FOLDER become RUN/model.safetensors
#
# There, $OUT names the folder whose files come back, at most 16 MiB each. START=FILE names weights to pack (default: the
# shipped ones; SIZE=base, the default here, starts anew where the sizes differ).
set -euo pipefail
cd "$(dirname "$0")/.."
LENT=.cache/lent
case ${1:?pack, train or join} in
pack)
    mkdir -p $LENT
    xz -T0 -6 -c .cache/ink.npz >$LENT/ink.npz.xz
    cp .cache/words.npz $LENT/
    [ -z "${START:-}" ] || cp "$START" $LENT/start.safetensors
    du -sh $LENT
    ;;
train)
    minutes=${2:?minutes}
    shift 2
    export PYTHONPATH=src PYTHONUNBUFFERED=1
    python3 -c 'import lzma, shutil, sys
with lzma.open(sys.argv[1]) as a, open(sys.argv[2], "wb") as b: shutil.copyfileobj(a, b, 1 << 24)' $LENT/ink.npz.xz /tmp/ink.npz
    start=""
    [ ! -f $LENT/start.safetensors ] || start="--start $LENT/start.safetensors"
    run=/tmp/run
    python3 -m train.train --ink /tmp/ink.npz --words $LENT/words.npz --out $run $start --device ${DEVICE:-cuda} \
        --size "${SIZE:-base}" --batch ${BATCH:-1024} --workers ${WORKERS:-14} --warmup 200 --check-every 500 --minutes "$minutes" "$@"
    python3 -c 'import sys
from safetensors.torch import load_file, save_file
half = {k: v.half() if v.is_floating_point() else v for k, v in load_file(sys.argv[1]).items()}
save_file(half, sys.argv[2])' $run/model.safetensors $run/half.safetensors
    split -b 15M $run/half.safetensors "${OUT:?}/model.safetensors."
    cp $run/config.json $run/log.jsonl "$OUT/"
    ;;
join)
    mkdir -p "${3:?RUN}"
    cat "${2:?FOLDER}"/model.safetensors.* >"$3/model.safetensors"
    cp "$2/config.json" "$2/log.jsonl" "$3/"
    ;;
esac
