"""Prepare the ink of scripts other than English for training: one file, beside that of train.pack.

    python -m train.pack_scripts ../shared/data/scripts .cache/scripts.npz

Characters keep their place in their cell or on their baseline, and the order of their strokes, which is a rule. Mouse
ink that breaks it is left out. What is held out (inksight.evaluate.sets) is marked for validation, never trained on.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from inksight.alphabets import EASTERN, script_of
from inksight.evaluate.sets import is_held_out_character, is_held_out_drawer
from inksight.formats.dataset import PackedInk, read_packed
from inksight.ink.curves import resample_all, significances
from inksight.writing.rules import by_the_rules
from train.pack import SPACING, Sample, write


class Source(NamedTuple):
    """A file: the side of its characters' cell or em in its units (0: each sample's own ink height), and how much of
    its corners is rounded off, in the same measure after scaling."""

    name: str
    side: float
    rounding: float


SOURCES = (
    Source("hanzi", 1024, 0.02),
    Source("cjk_anim", 1024, 0.02),
    Source("kanjivg", 1090, 0.0),
    Source("kanjicanvas", 256, 0.0),
    Source("omniglot_scripts", 0, 0.02),
    Source("lff_glyphs", 1000, 0.0),
    Source("maths", 0, 0.012),
    Source("formulas", 0, 0.0),
)
NAMES = [source.name for source in SOURCES]
LANGUAGES = ("zh", "ja", "ko", "vi", "el", "ru", "uk", "bg", "pl", "cs", "tr", "ro", "hu", "fr", "de", "es", "pt", "sv")
WIDEST = 12.0
"""Samples wider than this many of their heights are left out; a bar by itself counts as a tenth of its width high."""
LISTED = 6000
"""Words taken of each language."""


def prepare(inks: Sequence[PackedInk], source: int) -> list[Sample]:
    """Samples scaled to their frame, with rounded corners, resampled and ranked; without those that are too wide."""
    _, side, rounding = SOURCES[source]
    scaled = [_scaled(ink, side) for ink in inks]
    kept = [(ink, *found) for ink, found in zip(inks, scaled, strict=True) if found]
    counts = [len(s) for _, strokes, _ in kept for s in strokes]
    xy, counts = rounded(np.concatenate([s for _, strokes, _ in kept for s in strokes]), counts, rounding)
    xy, counts = resample_all(xy, counts, SPACING)
    ends = np.cumsum(counts)[:-1]
    curves, ranks = iter(np.split(xy, ends)), iter(np.split(significances(xy, counts), ends))
    out = []
    for ink, strokes, scale in kept:
        n = len(strokes)
        held = is_held_out_character(ink.text) or is_held_out_drawer(ink.writer)
        own, ranked = list(islice(curves, n)), list(islice(ranks, n))
        split, advance = "val" if held else "train", ink.advance / scale
        out.append(Sample(ink.text, _hand(ink, source), source, split, own, ranked, advance))
    return out


def _scaled(ink: PackedInk, side: float) -> tuple[list[NDArray[np.float64]], float] | None:
    """The strokes in their frame, and its side in units of the ink; None if they are too wide."""
    points = np.concatenate(ink.strokes)
    low, size = points.min(axis=0), np.ptp(points, axis=0)
    scale = side or max(float(size[1]), 0.1 * float(size[0]), 1.0)
    origin = np.zeros(2) if side else low
    return None if size[0] / scale > WIDEST else ([(s - origin) / scale for s in ink.strokes], scale)


def rounded(xy: NDArray[np.float64], counts: ArrayLike, radius: float) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Curves end to end, of so many points each, with a bevel of up to `radius` to both sides of every inner point."""
    count = np.asarray(counts, np.int64)
    if not radius:
        return xy, count
    last = np.cumsum(count) - 1
    inner = np.ones(len(xy), bool)
    inner[last] = inner[last - count + 1] = False
    at = np.flatnonzero(inner)
    legs = [xy[at + step] - xy[at] for step in (-1, 1)]
    lengths = [np.maximum(np.linalg.norm(leg, axis=1), 1e-9) for leg in legs]
    before, after = (
        xy[at] + leg * (np.minimum(radius, size / 2.5) / size)[:, None] for leg, size in zip(legs, lengths, strict=True)
    )
    out = np.insert(xy, at + 1, after, axis=0)
    out[at + np.arange(len(at))] = before
    return out, count + np.add.reduceat(inner.astype(np.int64), last - count + 1)


def _hand(ink: PackedInk, source: int) -> str:
    """Whose hand or style it is: the collection or font, and the drawer."""
    folder = ink.source.split("/")[-1]
    return {"cjk_anim": folder, "omniglot_scripts": f"{ink.writer}/{folder}", "lff_glyphs": ink.writer}.get(
        NAMES[source], NAMES[source]
    )


def read(folder: Path, source: Source) -> Iterator[PackedInk]:
    """The samples of a file that keep to the rules of their script."""
    drawn, ideal = source.name == "omniglot_scripts", source.name in ("hanzi", "cjk_anim", "kanjivg")
    taught = read_packed(folder / "kanjivg.npz") if drawn else ()
    models = {s.text: s.strokes for s in taught if s.source.endswith("/")}
    for ink in read_packed(folder / f"{source.name}.npz"):
        strokes = by_the_rules(ink.text, ink.strokes, models.get(ink.text)) if drawn else ink.strokes
        if strokes is not None and (_is_plain(ink) or not ideal):
            yield ink._replace(strokes=strokes)


def _is_plain(ink: PackedInk) -> bool:
    """An ideograph in its standard form, kana, or a sign between them."""
    variant = ink.source.startswith("kanjivg/") and not ink.source.endswith("/")
    radical = "\u2e80" <= ink.text <= "\u2fdf"
    eastern = script_of(ink.text) in ("Han", "Kana") or ink.text in EASTERN
    return len(ink.text) == 1 and eastern and not variant and not radical


def word_lists() -> dict[str, list[str]]:
    """The commonest words of each language, by wordfreq (R. Speer; data CC BY-SA 4.0)."""
    from wordfreq import top_n_list

    return {language: top_n_list(language, LISTED) for language in LANGUAGES}


def main() -> None:
    """Pack a folder."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("output", type=Path)
    args = parser.parse_args()
    samples = [s for i, source in enumerate(SOURCES) for s in prepare(list(read(args.folder, source)), i)]
    write(samples, args.output, lists=np.array(json.dumps(word_lists(), ensure_ascii=False)))
    print(f"{len(samples)} samples, {sum(s.split == 'val' for s in samples)} of them for validation -> {args.output}")


if __name__ == "__main__":
    main()
