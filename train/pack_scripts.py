"""Prepare the ink of scripts other than English for training: one file, beside that of train.pack.

    python -m train.pack_scripts ../shared/data/scripts .cache/scripts.npz

Characters keep their place in their cell or on their baseline, and the order of their strokes, which is a rule. Mouse
ink that breaks it is left out. What is held out (inksight.evaluate.sets) is marked for validation, never trained on.
"""

from __future__ import annotations

import argparse
import json
import os
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from inksight.evaluate.sets import is_held_out_character, is_held_out_drawer
from inksight.ink.curves import arc_lengths, resample, significance, smooth
from inksight.formats.dataset import PackedInk, read_packed
from inksight.writing.alphabets import EASTERN, script_of
from train.pack import LONGEST, SPACING, Sample, write


class Source(NamedTuple):
    """A file: the side of its characters' cell or em in its units (0: each sample's own ink height), and how much of
    its corners is rounded off, in the same measure after scaling."""

    name: str
    side: float
    rounding: float


SOURCES = (
    Source("hanzi", 1024, 0.02),
    Source("cjk_anim", 1024, 0.02),
    Source("kanjivg", 1090, 0.008),
    Source("kanjicanvas", 256, 0.008),
    Source("omniglot_scripts", 0, 0.02),
    Source("lff_glyphs", 1000, 0.0),
    Source("maths", 0, 0.012),
    Source("formulas", 0, 0.004),
)
NAMES = [source.name for source in SOURCES]
LANGUAGES = ("zh", "ja", "ko", "vi", "el", "ru", "uk", "bg", "pl", "cs", "tr", "ro", "hu", "fr", "de", "es", "pt", "sv")
LISTED = 6000
"""Words taken of each language."""
STRAY = 0.04
"""Strokes of the mouse shorter than this, in ink heights, are slips, unless all are."""

_STROKES = {
    **dict(zip("ㄱㄲㄴㄷㄸㄹㅁㅂㅃㅅㅆㅇㅋㅌㅍㅎ", map(int, "1212433482412343"), strict=True)),
    **dict(zip("ㅏㅐㅑㅒㅓㅔㅕㅖㅗㅛㅜㅠㅡㅣ", map(int, "23342334232311"), strict=True)),
    **dict(zip("ㅘㅙㅚㅝㅞㅟㅢ", map(int, "4534532"), strict=True)),
}
"""Strokes of the letters of Hangul as they are taught; ㅈ, ㅉ and ㅊ are written in two ways."""


def prepare(ink: PackedInk, source: int, side: float, rounding: float) -> Sample | None:
    """Scale a sample to its frame, round off corners, resample and rank; None if it is too wide or empty."""
    strokes = _without_slips(ink.strokes) if source == NAMES.index("omniglot_scripts") else ink.strokes
    points = np.concatenate(strokes).astype(np.float64)
    low, size = points.min(axis=0), np.ptp(points, axis=0)
    scale = side or max(size[1], 0.1 * size[0], 1.0)
    if size[0] / scale > LONGEST:
        return None
    origin = np.zeros(2) if side else low
    curves = [resample(smooth((s - origin) / scale, rounding, SPACING / 3), SPACING) for s in strokes]
    split = "val" if is_held_out_character(ink.text) or is_held_out_drawer(ink.writer) else "train"
    return Sample(
        ink.text, _hand(ink, source), source, split, curves, [significance(c) for c in curves], ink.advance / scale
    )


def _prepare(arguments: tuple) -> Sample | None:
    return prepare(*arguments)


def _hand(ink: PackedInk, source: int) -> str:
    """Whose hand or style it is: the collection or font, and the drawer."""
    folder = ink.source.split("/")[-1]
    return {"cjk_anim": folder, "omniglot_scripts": f"{ink.writer}/{folder}", "lff_glyphs": ink.writer}.get(
        NAMES[source], NAMES[source]
    )


def _without_slips(strokes: Sequence[NDArray[np.int32]]) -> list[NDArray[np.int32]]:
    height = max(float(np.ptp(np.concatenate(strokes), axis=0).max()), 1.0)
    long = [s for s in strokes if arc_lengths(s)[-1] > STRAY * height]
    return long or list(strokes)


def read(folder: Path) -> Iterator[tuple]:
    """Arguments of `prepare` for every sample that keeps to the rules of its script."""
    models = {s.text: s.strokes for s in read_packed(folder / "kanjivg.npz") if s.source.endswith("/")}
    for number, source in enumerate(SOURCES):
        for ink in read_packed(folder / f"{source.name}.npz"):
            if source.name in ("hanzi", "cjk_anim", "kanjivg") and not _is_plain(ink):
                continue
            kept = _by_the_rules(ink, models) if source.name == "omniglot_scripts" else ink
            if kept is not None:
                yield kept, number, source.side, source.rounding


def _is_plain(ink: PackedInk) -> bool:
    """An ideograph in its standard form, kana, or a sign between them."""
    variant = ink.source.startswith("kanjivg/") and not ink.source.endswith("/")
    radical = "\u2e80" <= ink.text <= "\u2fdf"
    eastern = script_of(ink.text) in ("Han", "Kana") or ink.text in EASTERN
    return len(ink.text) == 1 and eastern and not variant and not radical


def _by_the_rules(ink: PackedInk, models: Mapping[str, Sequence[NDArray[np.int32]]]) -> PackedInk | None:
    """The drawer's letter if its strokes are as many as they should be, and run as they should."""
    strokes = _without_slips(ink.strokes)
    if script_of(ink.text) == "Hangul":
        usual = _STROKES.get(ink.text)
        return ink._replace(strokes=[_forwards(s) for s in strokes]) if usual in (None, len(strokes)) else None
    model = models.get(ink.text)
    if script_of(ink.text) != "Kana" or model is None:
        return ink
    same = len(strokes) == len(model) and all(_chord(a) @ _chord(b) > 0 for a, b in zip(strokes, model, strict=True))
    return ink if same else None


def _forwards(stroke: NDArray[np.int32]) -> NDArray[np.int32]:
    """A bar from left to right, a stem downwards; a bent stroke as it is."""
    chord = _chord(stroke)
    straight = np.hypot(*chord) > 0.85 * arc_lengths(stroke)[-1]
    along = chord[0] if abs(chord[0]) > abs(chord[1]) else chord[1]
    return stroke[::-1] if straight and along < 0 else stroke


def _chord(stroke: NDArray[np.int32]) -> NDArray[np.float64]:
    return (stroke[-1] - stroke[0]).astype(np.float64)


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
