"""Tables: which words stand in which cell.

A table is ruled (grid.py), or it is words that stand below each other in columns, with gaps that run through all rows.
Columns of running text look like that, too: what tells them apart is that most of a table's cells hold a word or two.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from ..arrays import Mask
from ..ink import Cell
from . import grid
from .detection import Detection
from .grid import Table

Span = tuple[float, float]
"""From the left to the right end of something."""

GAP = 1.5
"""A gap between columns is at least so many heights of a word wide."""

SAME_ROW, NEXT_ROW = 0.5, 3.0
"""In usual heights of words: how far the middles of a row's words may lie apart, and those of one row and the next."""

SHORT = 1.5
"""Columns whose cells hold more words than this, in the mean, are running text."""

FILLED, OF_TWO = 0.6, 0.9
"""More than this share of a table's cells holds something; two columns with holes are notes beside each other."""

_MARKER = re.compile(r"[^\w\s]|\(?\d{1,2}[.):]?|\w[.):]")
"""What begins the items of a list."""


def cells(words: Sequence[Detection], marks: Mask) -> list[Cell | None]:
    """The cell of each word, or None. `marks`, bool (H, W), is all that was written, drawn or printed on the page."""
    found: list[Cell | None] = [None] * len(words)
    ruled = [_by_lines(words, table) for table in grid.tables(words, marks)]
    apart = [i for i in range(len(words)) if not any(i in table for table in ruled)]
    tables = sorted([*ruled, *_aligned(words, apart)], key=lambda table: min(words[i].box[1] for i in table))
    for number, table in enumerate(tables):
        for i, (row, column) in table.items():
            found[i] = Cell(number, row, column)
    return found


def _by_lines(words: Sequence[Detection], ruled: Table) -> Table:
    """The table with the lines of text for its rows where these are a table of their own: not every hand rules rows."""
    height = float(np.median([words[i].height for i in ruled]))
    table, first = Table(), 0
    for row in sorted({row for row, _ in ruled.values()}):
        lines = _rows(words, [i for i, place in ruled.items() if place[0] == row], height)
        held = _counts(lines, {i: column for i, (_, column) in ruled.items()})
        are_rows = len(lines) >= 3 and _is_table(held[:, held.any(axis=0)])
        table |= {i: (first + k * are_rows, ruled[i][1]) for k, line in enumerate(lines) for i in line}
        first += len(lines) if are_rows else 1
    return table


def _counts(rows: Sequence[Sequence[int]], column: dict[int, int]) -> NDArray[np.int64]:
    """How many words each cell holds: int64 (rows, columns)."""
    held = np.zeros((len(rows), 1 + max(column[i] for row in rows for i in row)), np.int64)
    for k, row in enumerate(rows):
        np.add.at(held[k], [column[i] for i in row], 1)
    return held


def _aligned(words: Sequence[Detection], chosen: Sequence[int]) -> Iterator[Table]:
    """The tables without lines among the chosen words."""
    if len(chosen) < 4:
        return
    height = float(np.median([words[i].height for i in chosen]))
    rows = _rows(words, chosen, height)
    start = 0
    while start < len(rows):
        end = _end(words, rows, start, height)
        table = _table(words, rows[start:end], height)
        if table:
            yield table
        start = end if table else start + 1


def _rows(words: Sequence[Detection], chosen: Sequence[int], height: float) -> list[list[int]]:
    """The words by the height at which they stand, whatever is between them, from top to bottom."""
    rows: list[list[int]] = []
    for i in sorted(chosen, key=lambda i: _middle(words[i])):
        if rows and _middle(words[i]) - float(np.mean([_middle(words[k]) for k in rows[-1]])) < SAME_ROW * height:
            rows[-1].append(i)
        else:
            rows.append([i])
    return [sorted(row, key=lambda i: words[i].box[0]) for row in rows]


def _middle(word: Detection) -> float:
    return (word.box[1] + word.box[3]) / 2


def _end(words: Sequence[Detection], rows: Sequence[Sequence[int]], start: int, height: float) -> int:
    """The row after the last one that follows the row `start` closely and leaves gaps free that run through all."""
    columns: list[Span] = []
    for k in range(start, len(rows)):
        if k > start and _middle(words[rows[k][0]]) - _middle(words[rows[k - 1][0]]) > NEXT_ROW * height:
            return k
        columns = _columns([*columns, *_spans(words, rows[k])], height)
        if len(columns) < 2:
            return max(k, start + 1)
    return len(rows)


def _spans(words: Sequence[Detection], row: Sequence[int]) -> list[Span]:
    return [(words[i].box[0], words[i].box[2]) for i in row]


def _columns(spans: Sequence[Span], height: float) -> list[Span]:
    """What the spans, seen from above, cover between wide gaps, from left to right."""
    found: list[Span] = []
    for left, right in sorted(spans):
        if found and left - found[-1][1] <= GAP * height:
            found[-1] = found[-1][0], max(found[-1][1], right)
        else:
            found.append((left, right))
    return found


def _table(words: Sequence[Detection], rows: Sequence[Sequence[int]], height: float) -> Table | None:
    """The rows as a table, without rows of one cell at its ends; None if they are none."""
    starts = np.array([left for left, _ in _columns([s for row in rows for s in _spans(words, row)], height)])
    place = {i: int(np.searchsorted(starts, words[i].box[0], "right")) - 1 for row in rows for i in row}
    full = [k for k, row in enumerate(rows) if len({place[i] for i in row}) > 1]
    if not full:
        return None
    kept = rows[full[0] : full[-1] + 1]
    if not _is_table(_counts(kept, place)) or _is_list(words, kept, place, len(starts)):
        return None
    return {i: (k, place[i]) for k, row in enumerate(kept) for i in row}


def _is_table(held: NDArray[np.int64]) -> bool:
    """Whether cells that hold so many words, (rows, columns), are those of a table: enough of them, well filled, and
    short in all columns but one."""
    rows, columns = held.shape
    filled = held > 0
    long = held.sum(axis=0) / np.maximum(filled.sum(axis=0), 1) > SHORT
    enough = columns >= 2 and rows + columns >= 5 and filled.sum(axis=0).min() >= 2
    return bool(enough and filled.mean() > (OF_TWO if columns == 2 else FILLED) and long.sum() <= max(1, columns // 2))


def _is_list(words: Sequence[Detection], rows: Sequence[Sequence[int]], place: dict[int, int], columns: int) -> bool:
    """Whether the first of two columns only numbers what stands in the second."""
    first = [words[i].text for row in rows for i in row if place[i] == 0]
    return columns == 2 and all(_MARKER.fullmatch(text) for text in first)
