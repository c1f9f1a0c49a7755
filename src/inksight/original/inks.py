"""The inks of an evaluation in the layout of InkSight-Derenderings: to be looked at, and judged in a study."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from ..arrays import Array
from ..errors import InputError
from ..evaluate import baselines
from ..evaluate.report import Report
from ..ink import Stroke, Word
from .derenderings import FOLDERS, write

DATASET = "evaluation"
"""What the pictures are called together."""
OURS, SKELETON, WRITTEN = "inksight", "skeleton", "written"
"""What the inks are called there: the model's, the centreline tracer's, and as they were written."""


def write_inks(report: Report, folder: str | Path) -> None:
    """Write each sample's picture with the inks of the model, of the skeleton and, if it is known, as written.

    Raises InputError where the report's mode gives no ink, and for a folder that can't be written.
    """
    mode = report.settings.get("mode", "")
    if mode not in FOLDERS.values():
        raise InputError(f"the mode '{mode}' gives no ink to write; choose another with --mode")
    digits = len(str(len(report.samples)))
    for k, (sample, word) in enumerate(zip(report.samples, report.words, strict=True), start=1):
        rows = {OURS: {mode: word}, SKELETON: {"derender": _word(baselines.ordered_skeleton(sample))}}
        if sample.strokes is not None:
            rows[WRITTEN] = {"derender": _word(sample.strokes)}
        for name, words in rows.items():
            write(folder, name, DATASET, f"{k:0{digits}d}", sample.picture, words)


def _word(strokes: Sequence[Array]) -> Word:
    return Word(tuple(Stroke(s) for s in strokes))
