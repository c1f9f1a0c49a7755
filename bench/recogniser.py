"""Does derendered ink help a recogniser? The paper's experiment, with our own small reader of ink.

Words of training writers are parted in two: A, whose pen strokes are taken as recorded, and B, which is drawn as photos
that our model turns into ink ("derendered"; it is told the text, as labelled pictures have one). The reader is trained
from nothing, in the same number of steps, on A alone, on derendered B alone, on both together, and, as a yardstick, on
B as recorded and on A and B as recorded. The error is that on real ink of writers whom neither network saw.

    python -m bench.recogniser DATA [--words 1500] [--steps 1500] [--cache .cache] [-o bench/results/recogniser.md]

Derendered ink is kept in the cache; a second run finds it there.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import tempfile
import time
from argparse import Namespace
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import torch

from inksight import trace_many
from inksight.evaluate.metrics import edit_distance
from inksight.evaluate.sets import rendered
from inksight.formats.dataset import PackedInk, pack, read_packed
from train.online import FILES, Written, held_out, written
from train.train_online import begin, readings, train

_FINE = 8  # units of the cache's integers per pixel
_BATCH = 16


def main() -> None:
    """Measure, print, and write."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("data", type=Path)
    parser.add_argument("--words", type=int, default=1500, help="in A, and in B")
    parser.add_argument("--steps", type=int, default=1500, help="of training, for each row")
    parser.add_argument("--batch", type=int, default=32)
    parser.add_argument("--val", type=int, default=500, help="words of validation writers that are read")
    parser.add_argument("--model", help="a folder; left out: the model that comes with inksight")
    parser.add_argument("--cache", type=Path, default=Path(".cache"))
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("-o", "--output", type=Path, help="also write the table there")
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    begin = time.time()
    chosen = ink_of(args.data / "ink", "train", 2 * args.words, args.seed)
    val = for_training(ink_of(args.data / "ink", "val", args.val, args.seed))
    a, b = chosen[::2], chosen[1::2]
    again = derendered(b, args.cache, args.model, args.seed)
    trained = compare(
        {
            "real A": for_training(a),
            "derendered B": for_training(again),
            "real A + derendered B": for_training([*a, *again]),
            "real B": for_training(b),
            "real A + real B": for_training([*a, *b]),
        },
        val,
        args,
    )
    text = report(trained, args, len(val), time.time() - begin)
    print(text)
    if args.output:
        args.output.write_text(text + "\n")


def ink_of(folder: Path, split: str, number: int, seed: int) -> list[PackedInk]:
    """Words of the split's writers, every writer in turn, in random order."""
    listed = json.loads((folder / "unipen_split.json").read_text())
    test, val = set(listed["test"]), set(listed["val"])
    found: list[PackedInk] = []
    for name in FILES[:2]:  # the words cut automatically have too many wrong cuts
        for sample in read_packed(folder / f"{name}.npz"):
            if sample.writer not in test and (sample.writer in val) == (split == "val") and len(sample.text) > 1:
                found.append(sample)
    usable = [s for s in found if written(s.text, s.writer, s.strokes)]
    rng = np.random.default_rng(seed)
    turn: dict[str, int] = {}
    keys = []
    for i in rng.permutation(len(usable)).tolist():
        turn[usable[i].writer] = turn.get(usable[i].writer, 0) + 1
        keys.append((turn[usable[i].writer], i))
    some = [i for _, i in sorted(keys)[:number]]
    return [usable[i] for i in rng.permutation(some).tolist()]


def for_training(samples: Sequence[PackedInk]) -> list[Written]:
    """The samples in the form that training takes; those that it can't use are left out."""
    words = [written(s.text, s.writer, s.strokes) for s in samples]
    return [w for w in words if w is not None]


def derendered(samples: Sequence[PackedInk], cache: Path, model: str | None, seed: int) -> list[PackedInk]:
    """The samples drawn as photos and turned into ink again; words that come out empty are left out."""
    what = repr((model, seed, [(s.text, s.writer, sum(map(len, s.strokes))) for s in samples]))
    path = cache / f"derendered-{hashlib.sha256(what.encode()).hexdigest()[:12]}.npz"
    if not path.exists():
        made: list[PackedInk] = []
        for at in range(0, len(samples), _BATCH):
            some = samples[at : at + _BATCH]
            pictures = [s.picture for s in rendered(some, seed=seed + at)]
            words = trace_many(pictures, mode="derender-with-text", texts=[s.text for s in some], model=model)
            for sample, word in zip(some, words, strict=True):
                strokes = [np.rint(s.points * _FINE).astype(np.int32) for s in word.strokes]
                if strokes:
                    made.append(sample._replace(strokes=strokes))
            print(f"\rderendered {at + len(some)} of {len(samples)}", end="", flush=True)
        print()
        cache.mkdir(parents=True, exist_ok=True)
        beside = path.with_suffix(".tmp")
        beside.write_bytes(pack(made))
        os.replace(beside, path)
    return list(read_packed(path))


def compare(
    sets: Mapping[str, Sequence[Written]], val: Sequence[Written], args: Namespace
) -> dict[str, tuple[int, float, float]]:
    """For each training set: its size, and the CER and the share of exact words on real ink."""
    held = held_out(val, args.val)
    settings = Namespace(minutes=1e9, max_steps=args.steps, batch=args.batch, lr=3e-3, average=0.995)
    settings.seed, settings.check_every = args.seed, 10**9
    found = {}
    for name, words in sets.items():
        with tempfile.TemporaryDirectory() as scratch:
            run = begin(Path(scratch), torch.device("cpu"), settings)
            train(run, settings, words, held)
        texts = readings(run.average, held, run.device)
        wrong = sum(edit_distance(t, w.text) for t, w in zip(texts, held, strict=True))
        exact = sum(t == w.text for t, w in zip(texts, held, strict=True)) / len(held)
        found[name] = len(words), wrong / sum(len(w.text) for w in held), exact
        print(f"{name}: CER {found[name][1]:.3f}", flush=True)
    return found


def report(found: Mapping[str, tuple[int, float, float]], args: Namespace, val: int, seconds: float) -> str:
    """Markdown."""
    lines = [
        "# Does derendered ink help a recogniser?",
        "",
        f"`python -m bench.recogniser DATA --words {args.words} --steps {args.steps}`: the reader of ink trained from",
        f"nothing for {args.steps} steps of {args.batch} words on each set, then read the real ink of {val} words by",
        f"other writers. A and B are different words of training writers. {seconds / 60:.0f} minutes in all.",
        "",
        "| trained on | words | CER on real ink | exact words |",
        "| --- | --- | --- | --- |",
    ]
    lines += [f"| {name} | {n} | {cer:.3f} | {exact:.3f} |" for name, (n, cer, exact) in found.items()]
    return "\n".join(lines)


if __name__ == "__main__":
    main()
