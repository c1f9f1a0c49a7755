#!/usr/bin/env bash
# Train on a machine that gets nothing but a copy of this tree: no network, no data folder.
#
#     runs/remote.sh pack                  # here, before: .cache/remote/ gets the packed data (60 MB) and weights to go on from
#     runs/remote.sh train 8.75 [flags]    # there: 8.75 minutes; all other flags are train.train's
#     runs/remote.sh original 4 [flags]    # there: the original's shape at our size and budget, train.train_original
#     runs/remote.sh join FOLDER RUN       # here, after: the parts that came back in FOLDER become the folder of a run
#
# There, $OUT names the folder whose files come back, at most 16 MiB each. START=FILE names weights to pack (default: the
# shipped ones; SIZE=base, the default here, starts anew where the sizes differ).
set -euo pipefail
cd "$(dirname "$0")/.."
PACKED=.cache/remote

unpack() {
    export PYTHONPATH=src PYTHONUNBUFFERED=1
    python3 -c 'import lzma, shutil, sys
with lzma.open(sys.argv[1]) as a, open(sys.argv[2], "wb") as b: shutil.copyfileobj(a, b, 1 << 24)' $PACKED/ink.npz.xz /tmp/ink.npz
}

send() { # FILE, and what lies beside it
    split -b 15M "$1" "${OUT:?}/$(basename "$1")."
    cp "$(dirname "$1")"/{config.json,log.jsonl} "$OUT/"
}

case ${1:?pack, train, original or join} in
pack)
    mkdir -p $PACKED
    xz -T0 -6 -c .cache/ink.npz >$PACKED/ink.npz.xz
    cp .cache/words.npz $PACKED/
    [ -z "${START:-}" ] || cp "$START" $PACKED/start.safetensors
    du -sh $PACKED
    ;;
train)
    minutes=${2:?minutes}
    shift 2
    unpack
    start=""
    [ ! -f $PACKED/start.safetensors ] || start="--start $PACKED/start.safetensors"
    run=/tmp/run
    python3 -m train.train --ink /tmp/ink.npz --words $PACKED/words.npz --out $run $start --device "${DEVICE:-cuda}" \
        --size "${SIZE:-base}" --batch "${BATCH:-1024}" --workers "${WORKERS:-14}" --warmup 200 --check-every 500 \
        --minutes "$minutes" "$@"
    python3 -c 'import sys
from safetensors.torch import load_file, save_file
half = {k: v.half() if v.is_floating_point() else v for k, v in load_file(sys.argv[1]).items()}
save_file(half, sys.argv[1])' $run/model.safetensors
    send $run/model.safetensors
    ;;
original)
    minutes=${2:?minutes}
    shift 2
    unpack
    run=/tmp/original
    python3 -m train.train_original --ink /tmp/ink.npz --words $PACKED/words.npz --out $run --preset same-budget \
        --optimizer muon --device "${DEVICE:-cuda}" --batch "${BATCH:-256}" --workers "${WORKERS:-14}" \
        --minutes "$minutes" "$@"
    python3 -c 'import sys, torch
state = torch.load(sys.argv[1], map_location="cpu", weights_only=True)
half = {k: v.half() if v.is_floating_point() else v for k, v in state["model"].items()}
torch.save(state | {"model": half, "optimizers": []}, sys.argv[1])' $run/state.pt
    send $run/state.pt
    ;;
join)
    mkdir -p "${3:?RUN}"
    for name in model.safetensors state.pt; do
        compgen -G "${2:?FOLDER}/$name.*" >/dev/null || continue
        cat "$2/$name".* >"$3/$name"
    done
    cp "$2"/{config.json,log.jsonl} "$3/"
    ;;
esac
