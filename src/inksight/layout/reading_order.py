"""Reading order: which words make a line, and which line comes next."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from ..ink import Box, Cell
from .detection import Detection

SAME_LINE_GAP = 1.0
"""Pieces of text side by side are one line if the gap between them is at most this many line heights."""


Line = list[int]
"""Indices of a line's words."""


def reading_order(words: Sequence[Detection], cells: Sequence[Cell | None] = ()) -> list[Line]:
    """Indices of the words, line by line, from left to right within a line. `cells` says where each word stands in a
    table: tables are read cell by cell, row by row."""
    pieces: dict[Cell | None, dict[int, Line]] = {}
    for i, word in enumerate(words):
        pieces.setdefault(cells[i] if cells else None, {}).setdefault(word.line, []).append(i)
    lines = {cell: _joined(list(own.values()), words) for cell, own in pieces.items()}
    blocks = [[line] for line in lines.pop(None, [])] + _tables(lines, words)
    order = _sorted([_hull([words[i].box for line in block for i in line]) for block in blocks])
    return [sorted(line, key=lambda i: words[i].upright[0]) for k in order for line in blocks[k]]


def _tables(lines: Mapping[Cell | None, list[Line]], words: Sequence[Detection]) -> list[list[Line]]:
    """The lines of each table, in reading order."""
    tables: dict[int, list[Line]] = {}
    for cell in sorted(cell for cell in lines if cell is not None):
        own = lines[cell]
        order = _sorted([_hull([words[i].box for i in line]) for line in own])
        tables.setdefault(cell.table, []).extend(own[k] for k in order)
    return list(tables.values())


def _hull(boxes: Sequence[Box]) -> Box:
    array = np.array(boxes)
    (x0, y0), (x1, y1) = array[:, :2].min(axis=0).tolist(), array[:, 2:].max(axis=0).tolist()
    return x0, y0, x1, y1


def _joined(lines: list[list[int]], words: Sequence[Detection]) -> list[list[int]]:
    """The lines, those that continue each other to the right made one."""
    joined: list[list[int]] = []
    for line in sorted(lines, key=lambda line: min(words[i].box[0] for i in line)):
        first = min((words[i].box for i in line), key=lambda box: box[0])
        for other in joined:
            last = max((words[i].box for i in other), key=lambda box: box[2])
            if _continues(last, first):
                other += line
                break
        else:
            joined.append(list(line))
    return joined


def _continues(left: Box, right: Box) -> bool:
    """Whether the word `right` stands just behind the word `left`, at the same height."""
    height = min(left[3] - left[1], right[3] - right[1])
    overlap = min(left[3], right[3]) - max(left[1], right[1])
    return overlap > 0.5 * height and -0.5 * height < right[0] - left[2] < SAME_LINE_GAP * height


def _sorted(boxes: Sequence[Box]) -> list[int]:
    """Lines in reading order, columns one after the other.

    Line a comes before line b if they share a range of x and a is higher, or if a lies to the left of b and no line
    between them in height reaches over both (Breuel 2003, "High performance document layout analysis"). Where these
    wishes contradict each other, the highest line goes first.
    """
    if not boxes:
        return []
    before = _precedence(np.array(boxes))
    order: list[int] = []
    left = set(range(len(boxes)))
    while left:
        free = [i for i in left if not any(before[j, i] for j in left)]
        following = min(free or left, key=lambda i: (boxes[i][1], boxes[i][0]))
        order.append(following)
        left.remove(following)
    return order


def _precedence(boxes: NDArray[np.float64]) -> NDArray[np.bool_]:
    """[a, b]: whether line a has to come before line b: bool (n, n)."""
    x0, y0, x1, y1 = boxes.T
    middle = (y0 + y1) / 2
    shares_x = (x0[:, None] < x1) & (x0 < x1[:, None])
    higher = middle[:, None] < middle
    before: NDArray[np.bool_] = shares_x & higher
    for a, b in np.argwhere(x1[:, None] <= x0):
        low, high = sorted((middle[a], middle[b]))
        between = (low < middle) & (middle < high)
        before[a, b] = not (between & shares_x[a] & shares_x[b]).any()
    return before
