"""Ruled tables: cells between drawn or printed lines, straight ones or those of a hand."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..arrays import Array, Labels, Mask
from .detection import Detection

HEIGHT, LARGEST = 24, 1.5
"""Lines are looked for where words are so many pixels high, and in no larger a picture than so many times the page."""

LONG, LOOSE = 2.0, 0.5
"""In heights of words: lines are at least so long, and may end so far before those that they should meet."""

LONGEST = 12
"""So many lines say how far a table leans."""

SMALLEST = 0.6
"""Cells are at least so many heights of words wide and high."""

COVERED = 0.6
"""Cells cover at least this share of a table; boxes that arrows join cover less of their sketch. A cell fills this
share of its box."""

ACROSS = 0.25
"""In a table at most this share of the words lies across lines; on squared paper most do."""

PROSE = 3
"""Single lines of so many words, below each other, are running text on ruled paper."""

Table = dict[int, tuple[int, int]]
"""Row and column, from 0, of each word in it, by the word's place among all."""


def tables(words: Sequence[Detection], marks: Mask) -> list[Table]:
    """The ruled tables of a page. `marks`, bool (H, W), is all that was written, drawn or printed on it."""
    if len(words) < 3:
        return []
    scale = min(HEIGHT / max(float(np.median([w.height for w in words])), 1.0), LARGEST)
    boxes = np.array([w.box for w in words]) * scale
    found = [_table(grid, boxes) for grid in _grids(_resized(marks, scale))]
    return [table for table in found if table and not _is_prose(table, boxes)]


@dataclass(frozen=True)
class _Grid:
    """Lines that meet: where they are, uint8 (h, w), the corner of their box, and the slopes of the level and of the
    upright ones, in pixels a pixel."""

    lines: NDArray[np.uint8]
    corner: tuple[int, int]
    slopes: tuple[float, float]


def _resized(marks: Mask, scale: float) -> NDArray[np.uint8]:
    """The mask at another size, in which thin lines stay."""
    import cv2

    size = [max(1, round(n * scale)) for n in marks.shape[::-1]]
    way = cv2.INTER_AREA if scale < 1 else cv2.INTER_NEAREST
    return (cv2.resize(marks.astype(np.float32), size, interpolation=way) > 0.15).astype(np.uint8)


def _grids(marks: NDArray[np.uint8]) -> Iterator[_Grid]:
    """What is straight for long, a hand's straight included: lines made thick have long runs."""
    import cv2

    long, loose = round(LONG * HEIGHT), 2 * round(LOOSE * HEIGHT) + 1
    level = cv2.morphologyEx(cv2.dilate(marks, _block(1, 5)), cv2.MORPH_OPEN, _block(long, 1))
    upright = cv2.morphologyEx(cv2.dilate(marks, _block(5, 1)), cv2.MORPH_OPEN, _block(1, long))
    lines = np.maximum(cv2.dilate(level, _block(loose, 1)), cv2.dilate(upright, _block(1, loose)))
    count, labels, stats, _ = cv2.connectedComponentsWithStats(lines, connectivity=8)
    for i in range(1, count):
        x, y, w, h = stats[i, :4].tolist()
        if min(w, h) < 2 * HEIGHT:
            continue
        here = np.s_[y : y + h, x : x + w]
        own = labels[here] == i
        if (level[here] * own).any() and (upright[here] * own).any():
            slopes = _slope(level[here] * own), _slope((upright[here] * own).T)
            yield _Grid(own.astype(np.uint8), (x, y), slopes)


def _block(width: int, height: int) -> NDArray[np.uint8]:
    return np.ones((height, width), np.uint8)


def _slope(lines: NDArray[np.uint8]) -> float:
    """How many rows the level lines rise in a column: the median of the longest ones' slopes."""
    import cv2

    _, labels, stats, _ = cv2.connectedComponentsWithStats(np.ascontiguousarray(lines), connectivity=8)
    longest = 1 + np.argsort(-stats[1:, cv2.CC_STAT_WIDTH], kind="stable")[:LONGEST]
    slopes = []
    for i in longest.tolist():
        x, y, w, h = stats[i, :4].tolist()
        rows, columns = np.nonzero(labels[y : y + h, x : x + w] == i)
        slopes.append(np.polyfit(columns, rows, 1)[0])
    return float(np.median(slopes))


def _table(grid: _Grid, boxes: Array) -> Table | None:
    """The table that the lines make around the words, whose boxes are float64 (n, 4); None if they make none."""
    spaces = _Spaces.between(grid)
    held = _held(spaces.labels, boxes - np.tile(grid.corner, 2))
    inside = {i: cell for i, cell in held.items() if cell}
    cells = np.unique(list(inside.values()))
    if len(inside) < (1 - ACROSS) * len(held) or len(cells) < 3:
        return None
    if spaces.area[spaces.beside(cells)].sum() < COVERED * spaces.labels.size:
        return None
    rows, columns = (dict(zip(cells.tolist(), _rank(at[cells]).tolist(), strict=True)) for at in spaces.begin)
    if not (any(rows.values()) and any(columns.values())):
        return None
    return {i: (rows[cell], columns[cell]) for i, cell in inside.items()}


@dataclass(frozen=True)
class _Spaces:
    """What may be cells, numbered from 1: where they are, int32 (h, w), how large each is, and where each begins from
    above and from the left, were the lines level and upright: float64 (n,) each. What is 0 is none."""

    labels: Labels
    area: Array
    begin: tuple[Array, Array]

    @classmethod
    def between(cls, grid: _Grid) -> _Spaces:
        import cv2

        _, labels, stats, _ = cv2.connectedComponentsWithStats(1 - grid.lines, connectivity=4)
        stats[0] = 0
        x, y, w, h, area = stats.T
        whole = (np.minimum(w, h) >= SMALLEST * HEIGHT) & (area >= COVERED * w * h)
        labels = (np.cumsum(whole) * whole)[labels]
        begin = np.zeros((2, 1 + whole.sum()))
        for i, k in enumerate(np.flatnonzero(whole), start=1):
            left, top = x[k], y[k]
            own = labels[top : top + h[k], left : left + w[k]] == i
            level, upright = grid.slopes
            begin[:, i] = top + _begin(own.T, level, left), left + _begin(own, upright, top)
        return cls(labels, np.append(0, area[whole]).astype(np.float64), (begin[0], begin[1]))

    def beside(self, cells: NDArray[np.int64]) -> Mask:
        """Which begin in the row of one of the cells and in the column of one: bool (n,)."""
        above, left = (abs(at[:, None] - at[cells]).min(axis=1) for at in self.begin)
        near: Mask = (np.maximum(above, left) <= SMALLEST * HEIGHT) & (self.area > 0)
        return near


def _held(cells: Labels, boxes: Array) -> dict[int, int]:
    """The cell of each word among the lines, 0 for one that lies across them: it has most of the word's middle."""
    found = {}
    for i, (x0, y0, x1, y1) in enumerate(boxes.tolist()):
        dx, dy = (x1 - x0) / 4, (y1 - y0) / 4
        left, top, right, bottom = (round(v) for v in (x0 + dx, y0 + dy, x1 - dx, y1 - dy))
        if min(left, top) < 0 or right > cells.shape[1] or bottom > cells.shape[0]:
            continue
        counts = np.bincount(cells[top : bottom + 1, left : right + 1].ravel(), minlength=1)
        found[i] = int(counts.argmax()) if counts.max() > 0.7 * counts.sum() else 0
    return found


def _begin(cell: Mask, slope: float, first: int) -> float:
    """Where a cell, bool (h, w), begins from the left, were the lines beside it upright; `first` is its first row."""
    y = np.flatnonzero(cell.any(axis=1))
    return float(np.median(cell[y].argmax(axis=1) - slope * (first + y)))


def _rank(begin: Array) -> NDArray[np.int64]:
    """The rows or columns of cells that begin at these places: those that begin side by side have the same."""
    order = np.argsort(begin)
    steps = np.diff(begin[order], prepend=begin[order[0]]) > SMALLEST * HEIGHT
    rank = np.empty(len(begin), np.int64)
    rank[order] = np.cumsum(steps)
    return rank


def _is_prose(table: Table, boxes: Array) -> bool:
    """Whether all that fills more than a third of a column is single lines of running text."""
    cells: dict[tuple[int, int], list[int]] = {}
    for i, place in table.items():
        cells.setdefault(place, []).append(i)
    rows = {row for row, _ in cells}
    middles = boxes[:, 1::2].mean(axis=1)
    if np.median([np.ptp(middles[held]) for held in cells.values()]) > 0.75 * HEIGHT:
        return False
    counts = {column: [len(held) for (_, k), held in cells.items() if k == column] for _, column in cells}
    return all(np.mean(held) >= PROSE for held in counts.values() if len(held) > len(rows) / 3)
