"""Prepare the ink of a data folder for training: smooth it, put it in order, rank its points, and write one file.

    python -m train.pack DATA/ink .cache/ink.npz

Everything here depends on a sample alone, so it is done once. What is drawn at random (slant, size, pen, paper) is done
for each batch in train/data.py and train/render.py.
"""

from __future__ import annotations

import argparse
import json
import os
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from inksight.formats.dataset import read_packed
from inksight.ink.curves import resample, significances, smooth
from inksight.ink.order import immediate_order

UNIT = 1200
"""Stored integers per ink height: a step of SPACING fits int8, LONGEST heights fit int16."""
SPACING = 0.045
"""Distance of the stored points along the curve, in ink heights: fine enough to draw a smooth line."""
LONGEST = 9.0
"""Samples wider than this many heights are left out: they would not fit the widest canvas at a readable size."""
RANKS = np.concatenate([[0.0], np.geomspace(0.004, 4.0, 254), [np.inf]])
"""What the stored ranks stand for: steps of 3 %, as they are only ever compared with a tolerance."""
SOURCES = ("unipen_words", "unipen_textwords", "unipen_autowords", "unipen_chars", "font_glyphs")


class Sample(NamedTuple):
    """One word, character or glyph: strokes in ink heights (baseline frame for glyphs), ranks for RDP."""

    text: str
    writer: str
    source: int
    split: str
    strokes: list[NDArray[np.float64]]
    ranks: list[NDArray[np.float64]]
    advance: float


def prepare(
    text: str, writer: str, source: int, split: str, strokes: list[NDArray[np.int32]], advance: float
) -> Sample | None:
    """Scale to ink height 1, smooth, resample, order and rank a sample; None if it can't be used."""
    if not strokes or not text.strip():
        return None
    points = np.concatenate(strokes).astype(np.float64)
    low, size = points.min(axis=0), np.ptp(points, axis=0)
    glyph = SOURCES[source] == "font_glyphs"
    # A dash or a dot has no height of its own: a share of its width, or of the tablet's usual size, stands in.
    height = 1000.0 if glyph else max(size[1], 0.1 * size[0], 1.0)
    if size[0] / height > LONGEST:
        return None
    origin = np.array([low[0], 0.0 if glyph else low[1]])
    # One unit of the tablet is the width of its staircase.
    sigma = 0.0 if glyph else min(max(0.012, 0.9 / height), 0.04)
    curves = [resample(smooth((s - origin) / height, sigma, SPACING / 3), SPACING) for s in strokes]
    curves = [curves[i] for i in immediate_order(curves)]
    return Sample(text, writer, source, split, curves, ranks_of(curves), advance / height)


def ranks_of(curves: list[NDArray[np.float64]]) -> list[NDArray[np.float64]]:
    """`significance` of each curve."""
    lengths = [len(c) for c in curves]
    return np.split(significances(np.concatenate(curves), lengths), np.cumsum(lengths)[:-1])


def _prepare(arguments: tuple) -> Sample | None:
    return prepare(*arguments)


def read(folder: Path) -> Iterator[tuple]:
    """Arguments of `prepare` for every sample of the folder that may be trained or validated on."""
    splits = json.loads((folder / "unipen_split.json").read_text())
    test, val = set(splits["test"]), set(splits["val"])
    licences = json.loads((folder / "font_licences.json").read_text())
    characters: Counter[str] = Counter()
    for source, name in enumerate(SOURCES):
        for s in read_packed(folder / f"{name}.npz"):
            if s.writer in test:  # test writers are never trained on
                continue
            if name == "font_glyphs" and not ("OFL" in licences.get(s.writer, "") or s.writer.startswith("Hershey")):
                continue
            if name == "unipen_chars":
                characters[s.text] += 1
                if characters[s.text] > 400:
                    continue
            yield s.text, s.writer, source, "val" if s.writer in val else "train", s.strokes, s.advance


def write(samples: list[Sample], path: Path, **more: NDArray) -> None:
    """Flat arrays, small enough to be carried about: `first` int16 (strokes, 2), where each stroke begins; `move` int8
    (points - strokes, 2), from point to point; `rank` uint8 (points,), indices into RANKS; lengths of strokes
    (`points`), strokes of samples (`strokes`), labels; and `more` arrays."""
    strokes = [np.rint(c * UNIT).astype(np.int64) for s in samples for c in s.strokes]
    ranks = np.concatenate([r for s in samples for r in s.ranks])
    arrays = {
        "first": np.stack([c[0] for c in strokes]).astype(np.int16),
        "move": np.concatenate([np.diff(c, axis=0) for c in strokes]).astype(np.int8),
        "rank": (np.searchsorted(RANKS, ranks, side="right") - 1).astype(np.uint8),
        "points": np.array([len(c) for c in strokes], np.int32),
        "strokes": np.array([len(s.strokes) for s in samples], np.int32),
        "source": np.array([s.source for s in samples], np.int8),
        "val": np.array([s.split == "val" for s in samples]),
        "advance": np.array([s.advance for s in samples], np.float32),
        "text": np.array("\n".join(s.text.replace("\n", " ") for s in samples)),
        "writer": np.array("\n".join(s.writer for s in samples)),
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_suffix(".tmp.npz")
    np.savez(beside, **arrays, **more)
    os.replace(beside, path)


def load(path: Path) -> dict[str, NDArray]:
    """The arrays of a file that `write` made, `first` and `move` as `xy`, int16 (points, 2) in 1 / UNIT ink heights."""
    with np.load(path) as z:
        data = {k: z[k] for k in z.files}
    first, length = data.pop("first").astype(np.int32), data["points"]
    begin = np.cumsum(length) - length
    steps = np.zeros((int(length.sum()), 2), np.int32)
    inside = np.ones(len(steps), bool)
    inside[begin] = False
    steps[inside] = data.pop("move")
    along = np.cumsum(steps, axis=0, dtype=np.int32)
    data["xy"] = (along + np.repeat(first - along[begin], length, axis=0)).astype(np.int16)
    return data


def main() -> None:
    """Pack a folder."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("output", type=Path)
    args = parser.parse_args()
    with ProcessPoolExecutor(os.cpu_count()) as pool:
        samples = [s for s in pool.map(_prepare, read(args.folder), chunksize=256) if s]
    write(samples, args.output)
    print(f"{len(samples)} samples, {sum(s.split == 'val' for s in samples)} of them for validation -> {args.output}")


if __name__ == "__main__":
    main()
