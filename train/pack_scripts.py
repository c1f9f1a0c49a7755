"""Prepare the ink of scripts other than English for training: one file, beside that of train.pack.

    python -m train.pack_scripts ../shared/data/scripts .cache/scripts.npz

Characters keep their place in their cell or on their baseline, and the order of their strokes, which is a rule. Mouse
ink that breaks it is left out. What is held out (inksight.evaluate.sets) is marked for validation, never trained on.
"""

from __future__ import annotations

import argparse
import json
import os
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import NamedTuple

import numpy as np

from inksight.evaluate.sets import is_held_out_character, is_held_out_drawer
from inksight.formats.dataset import PackedInk, read_packed
from inksight.ink.curves import resample, smooth
from inksight.writing.alphabets import EASTERN, script_of
from inksight.writing.rules import by_the_rules
from train.pack import SPACING, Sample, ranks_of, write


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


def prepare(ink: PackedInk, source: int, side: float, rounding: float) -> Sample | None:
    """Scale a sample to its frame, round off corners, resample and rank; None if it is too wide or empty."""
    points = np.concatenate(ink.strokes).astype(np.float64)
    low, size = points.min(axis=0), np.ptp(points, axis=0)
    scale = side or max(size[1], 0.1 * size[0], 1.0)
    if size[0] / scale > WIDEST:
        return None
    origin = np.zeros(2) if side else low
    curves = [resample(smooth((s - origin) / scale, rounding, SPACING / 3), SPACING) for s in ink.strokes]
    split = "val" if is_held_out_character(ink.text) or is_held_out_drawer(ink.writer) else "train"
    return Sample(ink.text, _hand(ink, source), source, split, curves, ranks_of(curves), ink.advance / scale)


def _prepare(arguments: tuple) -> Sample | None:
    return prepare(*arguments)


def _hand(ink: PackedInk, source: int) -> str:
    """Whose hand or style it is: the collection or font, and the drawer."""
    folder = ink.source.split("/")[-1]
    return {"cjk_anim": folder, "omniglot_scripts": f"{ink.writer}/{folder}", "lff_glyphs": ink.writer}.get(
        NAMES[source], NAMES[source]
    )


def read(folder: Path) -> Iterator[tuple]:
    """Arguments of `prepare` for every sample that keeps to the rules of its script."""
    models = {s.text: s.strokes for s in read_packed(folder / "kanjivg.npz") if s.source.endswith("/")}
    for number, source in enumerate(SOURCES):
        for ink in read_packed(folder / f"{source.name}.npz"):
            if source.name in ("hanzi", "cjk_anim", "kanjivg") and not _is_plain(ink):
                continue
            drawn = source.name == "omniglot_scripts"
            strokes = by_the_rules(ink.text, ink.strokes, models.get(ink.text)) if drawn else ink.strokes
            if strokes is not None:
                yield ink._replace(strokes=strokes), number, source.side, source.rounding


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
    with ProcessPoolExecutor(os.cpu_count()) as pool:
        samples = [s for s in pool.map(_prepare, read(args.folder), chunksize=256) if s]
    write(samples, args.output, lists=np.array(json.dumps(word_lists(), ensure_ascii=False)))
    print(f"{len(samples)} samples, {sum(s.split == 'val' for s in samples)} of them for validation -> {args.output}")


if __name__ == "__main__":
    main()
