"""Lines of text on a page, as documents have them: boxes, baselines, paragraphs; and words that are mere boxes."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import groupby, pairwise

import numpy as np
from numpy.typing import NDArray

from ..ink import Box, Cell, Line, Page, Word
from ..ink.tables import apart

CLEARLY = 1.5
"""A distance between lines that is so many times the usual one ends a paragraph."""

_LOOSEST = 2.5
"""Word heights from line to line that are still usual, however few lines there are to tell."""


@dataclass(frozen=True)
class Baseline:
    """What letters stand on: y = slope * x + offset, in pixels of the page."""

    slope: float
    offset: float

    def at(self, x: float) -> float:
        return self.slope * x + self.offset


@dataclass(frozen=True)
class TextLine:
    """The words of a line, at least one, without the drawings in it."""

    words: tuple[Word, ...]
    cell: Cell | None = None

    @property
    def text(self) -> str:
        return Line(self.words).text

    @cached_property
    def box(self) -> Box:
        """The box around the words' boxes."""
        return around(self.words)

    @cached_property
    def height(self) -> float:
        """The median of the words' heights."""
        return float(np.median([w.box[3] - w.box[1] for w in self.words]))

    @cached_property
    def baseline(self) -> Baseline:
        """A straight line through the feet of the letters; level where there are too few of them to tell a slope."""
        feet = _feet(self)
        x, y = feet.T
        slope = _slope(feet) if np.ptp(x) > 2 * self.height else 0.0
        return Baseline(slope, float(np.median(y - slope * x)))


def around(words: Iterable[Word]) -> Box:
    """The box around the boxes of the words, of which there must be one."""
    boxes = np.array([w.box for w in words])
    x0, y0 = boxes[:, :2].min(axis=0).tolist()
    x1, y1 = boxes[:, 2:].max(axis=0).tolist()
    return x0, y0, x1, y1


def _feet(line: TextLine) -> NDArray[np.float64]:
    """Where the ink is lowest, (n, 2), in stretches as wide as half a word is high; mostly a letter's foot.

    Of words without ink, the middle of their box's lower side.
    """
    inked = [s.points for w in line.words for s in w.strokes]
    if not inked:
        return np.array([((w.box[0] + w.box[2]) / 2, w.box[3]) for w in line.words])
    points = np.concatenate(inked).astype(np.float64)
    stretch = np.floor(points[:, 0] / max(line.height / 2, 1.0))
    order = np.lexsort((points[:, 1], stretch))
    return points[order][np.diff(stretch[order], append=np.inf) > 0]  # the last of each stretch


def _slope(feet: NDArray[np.float64]) -> float:
    """The median slope of all pairs that lie far apart (Theil and Sen): loops below the line don't turn it."""
    dx, dy = (v[None, :] - v[:, None] for v in feet.T)
    far = dx > np.ptp(feet[:, 0]) / 4
    return float(np.median(dy[far] / dx[far]))


def text_lines(page: Page) -> list[TextLine]:
    """The lines that hold words."""
    found = [(tuple(w for w in line.words if w.kind != "drawing"), line.cell) for line in page.lines]
    return [TextLine(words, cell) for words, cell in found if words]


def drawings(page: Page) -> list[Word]:
    """What belongs to no word."""
    return [w for w in page.words if w.kind == "drawing"]


@dataclass(frozen=True)
class Block:
    """What stands by itself on a page: a paragraph, or a table."""

    lines: list[TextLine]
    is_table: bool = False

    @property
    def box(self) -> Box:
        return around(w for line in self.lines for w in line.words)

    @property
    def cells(self) -> list[tuple[Cell | None, Block]]:
        """The table's cells as blocks of their own, in reading order; a paragraph is one that has no place."""
        if not self.is_table:
            return [(None, self)]
        return [(cell, Block(list(lines))) for cell, lines in groupby(self.lines, lambda line: line.cell)]


def blocks(page: Page) -> list[Block]:
    """The page's paragraphs and tables, in reading order."""
    found: list[Block] = []
    for table, lines in apart(text_lines(page)):
        found += map(Block, paragraphs(lines)) if table is None else [Block(lines, is_table=True)]
    return found


def paragraphs(lines: Sequence[TextLine]) -> list[list[TextLine]]:
    """Lines that follow each other closely; a clearly larger distance begins a paragraph, as another column does."""
    if not lines:
        return []
    steps = [_step(a, b) for a, b in pairwise(lines)]
    loosest = _LOOSEST * float(np.median([line.height for line in lines]))
    usual = min(loosest, float(np.median([s for s in steps if s is not None] or [loosest])))
    found = [[lines[0]]]
    for step, line in zip(steps, lines[1:], strict=True):
        if step is None or step > CLEARLY * usual:
            found.append([])
        found[-1].append(line)
    return found


def _step(above: TextLine, below: TextLine) -> float | None:
    """From baseline to baseline where the lines are beside each other; None where `below` isn't under `above`."""
    left, right = max(above.box[0], below.box[0]), min(above.box[2], below.box[2])
    middle = (left + right) / 2
    step = below.baseline.at(middle) - above.baseline.at(middle)
    return step if left < right and step > 0 else None


def plain(text: str) -> str:
    """The text in one row: single spaces, without what controls terminals and what is no character."""
    return " ".join("".join(c for c in text if c.isspace() or not _is_noise(c)).split())


def _is_noise(character: str) -> bool:
    return unicodedata.category(character) in ("Cc", "Cs") or character in "\ufffe\uffff"


def pixels(box: Box, page: Page) -> tuple[int, int, int, int]:
    """The box in whole pixels, rounded outwards and cut at the page's edges."""
    edges = np.minimum(np.ceil((page.width, page.height) * 2), 2**31 - 1)
    outwards = np.concatenate([np.floor(box[:2]), np.ceil(box[2:])])
    x0, y0, x1, y1 = np.clip(outwards, 0, edges).astype(int).tolist()
    return x0, y0, x1, y1


# ---------------------------------------------------------------------------------------------------------- reading


def box_around(points: str) -> Box | None:
    """The box around points like "x,y x,y" or "x y x y", if there are any. Raises ValueError for what is no number."""
    values = [float(v) for v in points.replace(",", " ").split()]
    xs, ys = values[::2], values[1::2]
    return (min(xs), min(ys), max(xs), max(ys)) if ys else None


def boxed(text: str, box: Box, confidence: float | None = None, *, drawing: bool = False) -> Word:
    """A word of other tools: corners in any order, a confidence that may be missing or out of 0..1."""
    x0, y0, x1, y1 = box
    sure = 1.0 if confidence is None or confidence != confidence else min(max(confidence, 0.0), 1.0)
    corners = (min(x0, x1), min(y0, y1), max(x0, x1), max(y0, y1))
    return Word((), text, sure, corners, kind="drawing" if drawing else "word")


def page_of(lines: Iterable[Sequence[Word]], width: float, height: float) -> Page:
    """The page of these lines, those without words left out; where its size isn't known (0), it ends with the words."""
    kept = tuple(Line(tuple(words)) for words in lines if words)
    right, bottom = np.max([(0.0, 0.0), *(w.box[2:] for line in kept for w in line.words)], axis=0).tolist()
    return Page(width or right, height or bottom, kept)
