"""Text lines and the words in them."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from ..ink.frames import Affine
from .detection import Detection

Corners = NDArray[np.float64]
"""float64 (4, 2): the corners of a box, from the text's top left clockwise as one reads it; (n, 4, 2): of n boxes."""

WIDE_GAP = 1.2
"""Neighbouring characters whose centres are farther apart than this many line heights belong to two words."""


def words(
    text: str, confidence: float, quad: Corners, line: int = 0, characters: Corners | None = None
) -> list[Detection]:
    """The words of one text line, or the one word without text where there is none.

    `quad` (4, 2) is the line's box, `characters` (n, 4, 2) has the boxes of its visible characters; where they aren't
    known or don't fit the text, all characters count as equally wide.
    """
    parts = text.split()
    if not parts:
        return [Detection.around(quad, line=line)]
    visible = "".join(parts)
    known = characters is not None and len(characters) == len(visible)
    cells = characters if characters is not None and known else _even_cells(text, quad)
    starts = set(np.cumsum([0] + [len(p) for p in parts]).tolist())
    if known:
        gaps = np.linalg.norm(np.diff(cells.mean(axis=1), axis=0), axis=1)
        starts |= set((np.flatnonzero(gaps > WIDE_GAP * side(quad, 3)) + 1).tolist())
    found = []
    for a, b in pairwise(sorted(starts)):
        corners = hull(cells[a:b], quad)
        found.append(Detection.around(corners, visible[a:b], confidence, line, _along(cells[a:b], corners)))
    return found


def _along(boxes: Corners, quad: Corners) -> tuple[float, ...]:
    """Where the middles of the boxes (n, 4, 2) lie along the top of `quad`, in shares of its length."""
    top = quad[1] - quad[0]
    return tuple(((boxes.mean(axis=1) - quad[0]) @ top / max(float(top @ top), 1e-9)).tolist())


def side(quad: Corners, i: int) -> float:
    """The length of the side from corner i to the next: 0 is the top, 3 the left."""
    return float(np.linalg.norm(quad[i] - quad[(i + 1) % 4]))


def cells(centres: NDArray[np.float64], length: float, quad: Corners) -> Corners:
    """The parts of a line's box that lie half a unit to both sides of each centre, the line being `length` long."""
    left, right = ((centres + half)[:, None] / max(length, 1) for half in (-0.5, 0.5))
    across, down = quad[1] - quad[0], quad[3] - quad[0]
    top = quad[0] + np.stack([left * across, right * across], axis=1)
    return np.concatenate([top, top[:, ::-1] + down], axis=1)


def hull(boxes: Corners, quad: Corners) -> Corners:
    """The closest box around the boxes (n, 4, 2) that is turned as `quad` is: (4, 2)."""
    along = quad[1] - quad[0] + quad[2] - quad[3]
    frame = Affine.rotation(-float(np.arctan2(along[1], along[0])))
    points = frame.apply(boxes.reshape(-1, 2))
    (x0, y0), (x1, y1) = points.min(axis=0), points.max(axis=0)
    return frame.inverse().apply([[x0, y0], [x1, y0], [x1, y1], [x0, y1]])


def upright(x0: float, y0: float, x1: float, y1: float) -> Corners:
    """The corners of an upright box."""
    return np.array([[x0, y0], [x1, y0], [x1, y1], [x0, y1]], np.float64)


def _even_cells(text: str, quad: Corners) -> Corners:
    """Boxes for the visible characters of `text`, as if all its characters were equally wide."""
    every = cells(np.arange(len(text), dtype=np.float64) + 0.5, len(text), quad)
    return every[[not c.isspace() for c in text]]
