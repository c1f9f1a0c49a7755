"""Words and lines from the segmentation network's own maps: the detector "inksight"."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from ..arrays import Array, Pixels
from ..imaging.segmentation import COARSE, Segmentation, segment
from ..ink import Box
from .detection import Detection

LEAST = 3
"""Regions of fewer cells are no words."""
SHRUNK = 0.25
"""By this share of its shorter side a word's region is shrunk at each side (train/segmenter.py)."""
SURE = 0.5
"""From this on, in 0..1, a cell of the network's map belongs to a word or a line."""

CLEARLY, RATHER = 4.0, 2.0
"""A word looks printed where there is so many times as much print as ink; the second beside another. Neat hands on six
scenes reach 3.1, print on three pages 1.5 to 110."""
READ_SURELY = 0.9
"""Print is read with at least this confidence (0..1)."""
PAGE = 4
"""A picture in which so many words are seen is that of a page: of 120 pictures of one word none has more than three."""
COVERED, WITHIN, HELD = 0.25, 0.05, 0.5
"""A word is not missed if a found one has more than the first share of its box, or more than the second and lies in it
by more than the third share of its own: a drawing around words is seen as one large word at times."""


class Words:
    """Finds words where the network sees them; doesn't read."""

    looks = True

    def __call__(self, rgb: Pixels) -> Sequence[Detection]:
        """The words of `rgb`, uint8 (H, W, 3)."""
        return words(segment(rgb))


def words(seen: Segmentation) -> list[Detection]:
    """The words of a segmented picture, in its pixels, in no order; those of one text line have the same `line`."""
    import cv2

    layout = seen.layout
    inside = (layout.word > SURE).astype(np.uint8)
    count, labels, stats, _ = cv2.connectedComponentsWithStats(inside, connectivity=4)
    _, lines = cv2.connectedComponents((layout.line > SURE).astype(np.uint8), connectivity=4)
    found = []
    for i in range(1, count):
        if stats[i, cv2.CC_STAT_AREA] < LEAST:
            continue
        x, y, w, h = stats[i, :4].tolist()
        rows, columns = np.nonzero(labels[y : y + h, x : x + w] == i)
        rows, columns = rows + y, columns + x
        angle = _angle(layout.angle[rows, columns])
        quad = _grown(np.stack([columns, rows], axis=1) + 0.5, angle) * COARSE
        line = np.bincount(lines[rows, columns]).argmax()
        found.append(Detection.around(quad, line=int(line) if line else count + i))
    return found


def missed(seen: Segmentation, found: Sequence[Detection]) -> list[Detection]:
    """The words that the network sees where none was found, with line numbers of their own. Print isn't among them."""
    boxes = np.array([w.box for w in found], np.float64).reshape(-1, 4)
    first = max((w.line for w in found), default=-1) + 1
    own = [w for w in words(seen) if not looks_printed(w, seen) and not _is_found(w.box, boxes)]
    return [replace(w, line=first + w.line) for w in own]


def _is_found(box: Box, others: Array) -> bool:
    """Whether one of the other boxes, (n, 4), covers much of a box or lies in it."""
    low, high = np.maximum(others[:, :2], box[:2]), np.minimum(others[:, 2:], box[2:])
    common = np.maximum(high - low, 0).prod(axis=1)
    own, theirs = (box[2] - box[0]) * (box[3] - box[1]), (others[:, 2:] - others[:, :2]).prod(axis=1)
    return bool(((common >= COVERED * own) | ((common > WITHIN * own) & (common > HELD * theirs))).any())


def are_print(found: Sequence[Detection], seen: Segmentation) -> list[bool]:
    """Whether each word is print: it clearly looks so, or rather so beside one that does, and it is read as surely as
    print is. Neat hands look like it, too, and of them nothing may be lost."""
    looks = [_print_to_ink(w, seen) if w.confidence >= READ_SURELY else 0.0 for w in found]
    is_print = [share >= CLEARLY for share in looks]
    lines: dict[int, list[int]] = {}
    for i, word in enumerate(found):
        lines.setdefault(word.line, []).append(i)
    for line in lines.values():
        along = sorted(line, key=lambda i: found[i].box[0])
        for way in (along, along[::-1]):
            for before, here in pairwise(way):
                is_print[here] |= is_print[before] and looks[here] >= RATHER
    return is_print


def looks_printed(word: Detection, seen: Segmentation) -> bool:
    """Whether a word's box clearly holds print rather than ink."""
    return _print_to_ink(word, seen) >= CLEARLY


def _print_to_ink(word: Detection, seen: Segmentation) -> float:
    x0, y0, x1, y1 = (max(round(v), 0) for v in word.box)
    window = np.s_[y0:y1, x0:x1]
    return float(seen.print[window].sum()) / max(float(seen.ink[window].sum()), 1.0)


def _angle(angles: NDArray[np.float32]) -> float:
    """The mean of directions that are known up to half a turn."""
    return float(np.angle(np.exp(2j * angles.astype(np.float64)).mean()) / 2)


def _grown(cells: Array, angle: float) -> Array:
    """The close box around cells (n, 2), turned by `angle`, with what its region was shrunk by: corners (4, 2)."""
    along, down = np.array([np.cos(angle), np.sin(angle)]), np.array([-np.sin(angle), np.cos(angle)])
    u, v = cells @ along, cells @ down
    x0, x1, y0, y1 = u.min() - 0.5, u.max() + 0.5, v.min() - 0.5, v.max() + 0.5
    inset = SHRUNK / (1 - 2 * SHRUNK) * min(x1 - x0, y1 - y0)
    x0, x1, y0, y1 = x0 - inset, x1 + inset, y0 - inset, y1 + inset
    return np.array([x * along + y * down for x, y in ((x0, y0), (x1, y0), (x1, y1), (x0, y1))])
