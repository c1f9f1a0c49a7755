"""Measures speed and writes its table and plots: see `bench.speed`."""

from __future__ import annotations

import argparse
import json
import pickle
import tempfile
import time
from collections.abc import Iterator, Sequence
from itertools import cycle
from pathlib import Path
from typing import Any

import numpy as np

from bench.speed import measure, report
from inksight.evaluate.sets import rendered, unipen_words
from inksight.formats.dataset import PackedInk
from inksight.recognition.models import DEFAULT_MODEL, MODELS

TOKENS = 300
"""What the original writes for a usual word: published samples have 265 to 368."""
LENGTHS = (2, 4, 6, 8, 10, 12, 16, 20)


def main() -> None:
    """Measure, or only write the report of an earlier run anew."""
    parser = argparse.ArgumentParser(prog="python -m bench.speed", description=__doc__.splitlines()[0])
    parser.add_argument("data", type=Path, help="the data folder, as inksight evaluate takes it")
    parser.add_argument("--quick", action="store_true", help="fewer and shorter runs: a trial, no figures to publish")
    parser.add_argument("--report", action="store_true", help="write the report of the results that are there")
    parser.add_argument("--results", type=Path, default=Path("bench/results/speed.json"))
    parser.add_argument("-o", "--output", type=Path, default=Path("docs/performance.md"))
    options = parser.parse_args()
    if not options.report:
        found = measured(options.data, options.quick)
        options.results.write_text(json.dumps(found, indent=1) + "\n")
    report.write(json.loads(options.results.read_text()), options.output)


def measured(data: Path, quick: bool) -> dict[str, Any]:
    """All figures."""
    start, runs, count = time.perf_counter(), 1 if quick else 3, 16 if quick else 96
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        file, longer = work / "words.pkl", {n: work / f"{n}.pkl" for n in LENGTHS}
        words = unipen_words(data, max(count, 64))
        file.write_bytes(pickle.dumps(rendered(words)))
        for n, path in longer.items():
            path.write_bytes(pickle.dumps(rendered(of_length(words, n, 2 if quick else 8))))
        found = {
            "machine": measure.machine(), "quick": quick, "tokens": 20 if quick else TOKENS,
            "startup": startup(work, runs), "package_mb": measure.megabytes(MODELS.parent),
            "models": {
                DEFAULT_MODEL: ours(False, file, count, runs), f"{DEFAULT_MODEL} --fast": ours(True, file, count, runs),
            },
            "lengths": {n: words_of(False, path, 2 if quick else 8, 1, 0, runs) for n, path in longer.items()},
            "counts": {
                n: words_of(False, file, n, 2, 0, runs) for n in ((4, 16) if quick else (4, 8, 16, 32, 64, 96))
            },
            "pixels": {
                s: measure.task("page", 2, fast=False, scale=s, runs=0 if quick else 1)
                for s in ((0.5,) if quick else (0.5, 0.75, 1.0, 1.5, 2.0))
            },
            "classical": {
                name: measure.task("classical", 1, name=name, file=str(file), most=count, runs=runs)
                for name in ("skeleton", "sknw", "autotrace")
            },
            "original": originals(work, quick),
        }  # fmt: skip
    return found | {"minutes": (time.perf_counter() - start) / 60}


def startup(work: Path, runs: int) -> dict[str, float]:
    """Seconds of commands from start to end."""
    word = str(measure.ROOT / "examples" / "word.jpg")
    return {
        "inksight --help": measure.command(["--help"], runs + 1),
        "inksight word": measure.command(["word", word, "-o", str(work / "word.json")], runs + 1),
    }


def ours(fast: bool, file: Path, count: int, runs: int) -> dict[str, Any]:
    """Figures of the shipped model."""
    rows = {
        f"words, {threads} threads, batch {batch or 'as on a page'}": words_of(fast, file, count, threads, batch, runs)
        for threads, batch in ((1, 1), (1, 8), (1, 0), (2, 0))
    }
    pages = {f"page, {n} threads": measure.task("page", n, fast=fast, scale=1.0, runs=runs) for n in (1, 2)}
    sizes = {"size_mb": sum(p.stat().st_size for p in (MODELS / DEFAULT_MODEL).glob("*.onnx")) / 1e6}
    return {"load": measure.task("load", 1, fast=fast) | sizes, **rows, **pages}


def words_of(fast: bool, file: Path, most: int, threads: int, batch: int, runs: int) -> dict[str, Any]:
    """Seconds per word of the first `most` words of a file."""
    return measure.task("words", threads, fast=fast, file=str(file), most=most, batch=batch, runs=runs)


def originals(work: Path, quick: bool) -> dict[str, dict[str, Any]]:
    """The original's shape by each way to run it."""
    tokens = 20 if quick else TOKENS
    ways: list[tuple[str, int]] = [("torch", 1), ("onnx", 1)] + ([] if quick else [("torch", 2), ("onnx", 2)])
    if _cuda():
        ways.append(("cuda", 1))
    return {
        f"{kind}, {threads} threads": measure.task("original", threads, kind=kind, tokens=tokens, folder=str(work))
        for kind, threads in ways
    }


def _cuda() -> bool:
    try:
        import torch
    except ImportError:
        return False
    return torch.cuda.is_available()


def of_length(words: Sequence[PackedInk], letters: int, count: int) -> list[PackedInk]:
    """`count` inks of at least so many letters: words side by side, cut to whole strokes where they are too long."""
    every = cycle(words)
    return [_joined(every, letters) for _ in range(count)]


def _joined(words: Iterator[PackedInk], letters: int) -> PackedInk:
    text, strokes, right, first = "", [], 0.0, None
    while len(text) < letters:
        word = next(words)
        first = first or word
        points = np.concatenate(word.strokes)
        height = max(float(np.ptp(points[:, 1])), 1.0)
        scale = 1000 / height
        wanted = min(1.0, (letters - len(text)) / len(word.text))
        least, most = float(points[:, 0].min()), float(points[:, 0].max())
        kept = [s for s in word.strokes if s[:, 0].min() <= least + wanted * (most - least)]
        moved = [((s - [least, points[:, 1].min()]) * scale + [right, 0]).astype(np.int32) for s in kept]
        strokes += moved
        right = max(float(s[:, 0].max()) for s in moved) + 200
        text += word.text[: letters - len(text)]
    assert first is not None
    return first._replace(text=text, strokes=strokes)


if __name__ == "__main__":
    main()
