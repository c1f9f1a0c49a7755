"""RapidOCR: text lines by PP-OCRv6 (small), read by its recogniser; the weights come inside its wheel.

What the settings below are for:
- low scores are kept: a word that can't be read still has to be traced;
- no upside-down classifier: on short handwritten words it turns more than it mends;
- the detector sees at most 1280 pixels a side: its own default of 2000 takes 2.4 times as long and 960 loses words of
  pages with 40 lines; the recogniser reads from 2000;
- a tall box holds text that falls, that rises, or a single upright letter: the way that reads surest is the right one;
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

from ..geometry import Affine
from ..image import Pixels
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

TALL = 1.5
"""From this height to width on, RapidOCR takes a box for text that falls, turned by 90 degrees."""

WIDE_GAP = 1.2
"""Neighbouring characters whose centres are farther apart than this many line heights belong to two words."""

Quad = NDArray[np.float64]
"""float64 (4, 2): the corners of a box, from the text's top left clockwise."""

Quads = NDArray[np.float64]
"""float64 (n, 4, 2): n such boxes."""


class RapidOcr:
    """The default detector. Works offline."""

    def __init__(self) -> None:
        from rapidocr import RapidOCR

        self._engine = RapidOCR(params=_SETTINGS)

    def __call__(self, rgb: Pixels) -> Sequence[Detection]:
        """The words of `rgb`, uint8 (H, W, 3)."""
        bgr = np.ascontiguousarray(rgb[:, :, ::-1])
        result: Any = self._engine(bgr)
        if not result.txts:
            return []
        characters: Sequence[Any] = result.word_results
        if len(characters) != len(result.txts):  # it leaves out lines without them: no telling which
            characters = [()] * len(result.txts)
        found = []
        lines = zip(result.txts, result.scores, result.boxes, characters, strict=True)
        for i, (text, score, corners, chars) in enumerate(lines):
            quad, cells = np.asarray(corners, float), np.array([c[2] for c in chars], float).reshape(-1, 4, 2)
            if _side(quad, 3) >= TALL * _side(quad, 0):
                text, score, quad, cells = self._surest_way(bgr, quad)
            found += _words(text, min(max(float(score), 0.0), 1.0), quad, cells, i)
        return found

    def _surest_way(self, bgr: Pixels, quad: Quad) -> tuple[str, float, Quad, Quads]:
        """What a tall box says: text, score, its box from the text's top left, and the boxes of its characters."""
        from rapidocr.utils.process_img import get_rotate_crop_image

        falling = get_rotate_crop_image(bgr, np.roll(quad, -1, axis=0).astype(np.float32))
        pictures = [np.ascontiguousarray(np.rot90(falling, k)) for k in (-1, 0, 2)]
        read: Any = self._engine.recognize_txt(pictures)
        way = int(np.argmax(read.scores))
        turned = np.roll(quad, (0, -1, 1)[way], axis=0)
        info = read.word_results[way]
        columns = np.concatenate([[], *info.word_cols]).astype(np.float64) + 0.5
        width = float(np.median(np.diff(columns))) if len(columns) > 1 else info.line_txt_len
        return read.txts[way], read.scores[way], turned, _cells(columns / width, info.line_txt_len / width, turned)


def _side(quad: Quad, i: int) -> float:
    """The length of the side from corner i to the next."""
    return float(np.linalg.norm(quad[i] - quad[(i + 1) % 4]))


def _words(text: str, score: float, quad: Quad, cells: Quads, line: int) -> list[Detection]:
    """The words of one text line. `quad` (4, 2) is the line's box, `cells` the boxes of its visible characters."""
    parts = text.split()
    visible = "".join(parts)
    if len(cells) != len(visible):
        cells = _even_cells(text, quad)
    gaps = np.linalg.norm(np.diff(cells.mean(axis=1), axis=0), axis=1)
    starts = set(np.cumsum([0] + [len(p) for p in parts]).tolist())
    starts |= set((np.flatnonzero(gaps > WIDE_GAP * _side(quad, 3)) + 1).tolist())
    along = quad[1] - quad[0]
    frame = Affine.rotation(-float(np.arctan2(along[1], along[0])))
    found = []
    for a, b in pairwise(sorted(starts)):
        points = frame.apply(cells[a:b].reshape(-1, 2))
        (x0, y0), (x1, y1) = points.min(axis=0), points.max(axis=0)
        corners = frame.inverse().apply([[x0, y0], [x1, y0], [x1, y1], [x0, y1]])
        found.append(Detection.around(corners, visible[a:b], score, line))
    return found


def _even_cells(text: str, quad: Quad) -> Quads:
    """Boxes for the visible characters of `text`, as if all its characters were equally wide."""
    cells = _cells(np.arange(len(text)) + 0.5, len(text), quad)
    return cells[[not c.isspace() for c in text]]


def _cells(centres: NDArray[np.float64], length: float, quad: Quad) -> Quads:
    """The parts of a line's box that lie half a unit to both sides of each centre, the line being `length` long."""
    left, right = ((centres + side)[:, None] / max(length, 1) for side in (-0.5, 0.5))
    across, down = quad[1] - quad[0], quad[3] - quad[0]
    top = quad[0] + np.stack([left * across, right * across], axis=1)
    return np.concatenate([top, top[:, ::-1] + down], axis=1)
