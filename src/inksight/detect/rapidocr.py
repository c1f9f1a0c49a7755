"""RapidOCR: text lines by PP-OCRv6 (small), read by its recogniser; the weights come inside its wheel.

What the settings below are for:
- low scores are kept: a word that can't be read still has to be traced;
- no upside-down classifier: on short handwritten words it turns more than it mends;
- the detector sees at most 1280 pixels a side: its own default of 2000 takes 2.4 times as long and 960 loses words of
  pages with 40 lines; the recogniser reads from 2000;
- one line at a time is read faster on a CPU, and in 70 MB less, than lines padded to the longest of six;
- boxes of single characters, from which words are formed here: RapidOCR's own words break wherever one letter of the
  line was taken for Chinese.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..image import Pixels
from ..ink import Box
from . import Detection

_SETTINGS: dict[str, Any] = {
    "Global.log_level": "critical",
    "Global.use_cls": False,
    "Global.text_score": 0.0,
    "Global.max_side_len": 2000,
    "Global.return_word_box": True,
    "Global.return_single_char_box": True,
    "Det.limit_type": "max",
    "Det.limit_side_len": 1280,
    "Rec.rec_batch_num": 1,
}

WIDE_GAP = 1.2
"""Neighbouring characters whose centres are farther apart than this many line heights belong to two words."""

Quads = NDArray[np.float64]
"""float64 (n, 4, 2): the corners of n boxes, from the top left clockwise."""


class RapidOcr:
    """The default detector. Works offline."""

    def __init__(self) -> None:
        from rapidocr import RapidOCR

        self._engine = RapidOCR(params=_SETTINGS)

    def __call__(self, rgb: Pixels) -> Sequence[Detection]:
        """The words of `rgb`, uint8 (H, W, 3)."""
        result: Any = self._engine(np.ascontiguousarray(rgb[:, :, ::-1]))  # it takes BGR
        if not result.txts:
            return []
        characters: Sequence[Any] = result.word_results
        if len(characters) != len(result.txts):  # it leaves out lines without them: no telling which
            characters = [()] * len(result.txts)
        found = []
        lines = zip(result.txts, result.scores, result.boxes, characters, strict=True)
        for i, (text, score, quad, chars) in enumerate(lines):
            cells = np.array([c[2] for c in chars], float).reshape(-1, 4, 2)
            found += _words(text, min(max(float(score), 0.0), 1.0), np.asarray(quad, float), cells, i)
        return found


def _words(text: str, score: float, quad: NDArray[np.float64], cells: Quads, line: int) -> list[Detection]:
    """The words of one text line. `quad` (4, 2) is the line's box, `cells` the boxes of its visible characters."""
    parts = text.split()
    visible = "".join(parts)
    if len(cells) != len(visible):
        cells = _even_cells(text, quad)
    height = np.linalg.norm(quad[3] - quad[0])
    gaps = np.linalg.norm(np.diff(cells.mean(axis=1), axis=0), axis=1)
    starts = set(np.cumsum([0] + [len(p) for p in parts]).tolist())
    starts |= set((np.flatnonzero(gaps > WIDE_GAP * height) + 1).tolist())
    return [Detection(_hull(cells[a:b]), visible[a:b], score, line) for a, b in pairwise(sorted(starts))]


def _even_cells(text: str, quad: NDArray[np.float64]) -> Quads:
    """Boxes for the visible characters of `text`, as if all its characters were equally wide."""
    at = np.arange(len(text) + 1)[:, None] / len(text)
    top, bottom = quad[0] + at * (quad[1] - quad[0]), quad[3] + at * (quad[2] - quad[3])
    cells = np.stack([top[:-1], top[1:], bottom[1:], bottom[:-1]], axis=1)
    return cells[[not c.isspace() for c in text]]


def _hull(cells: Quads) -> Box:
    """The upright box around the boxes."""
    (x0, y0), (x1, y1) = cells.min(axis=(0, 1)).tolist(), cells.max(axis=(0, 1)).tolist()
    return x0, y0, x1, y1
