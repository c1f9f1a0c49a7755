"""The digital-ink document: Page > Line > Word > Stroke.

Everything is immutable and holds plain numpy points; nothing here knows of files or models. Coordinates are pixels of
the input picture (x right, y down, origin at the top-left corner of the top-left pixel), in writing order.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Literal, TypeGuard, get_args

import numpy as np
from numpy.typing import ArrayLike

from ..alphabets import in_a_row
from ..arrays import Points
from .tables import Cell, apart, rows

if TYPE_CHECKING:
    from .frames import Frame

Box = tuple[float, float, float, float]
"""(x0, y0, x1, y1) with x0 <= x1 and y0 <= y1."""

Kind = Literal["word", "drawing", "print"]
"""What strokes belong to: a word, or a sketch, an arrow, an underline; or print."""
KINDS: tuple[Kind, ...] = get_args(Kind)


def is_color(value: object) -> TypeGuard[str]:
    """Whether it is a color as we write it: "#rrggbb" with small letters."""
    return isinstance(value, str) and re.fullmatch("#[0-9a-f]{6}", value) is not None


def as_kind(name: str | None) -> Kind:
    """The kind of that name; an unknown one is a word."""
    return next((kind for kind in KINDS if kind == name), "word")


@dataclass(frozen=True, eq=False)
class Stroke:
    """One pen-down movement: where the pen went between touching the paper and leaving it.

    `points` is float32 (n, 2), n >= 1, finite and read-only. `width` is that of the line on the paper, in the points'
    unit, and `color` the ink's, as "#rrggbb"; None where they aren't known. Raises ValueError for points of another
    shape, for NaN, for a width that isn't positive, and for a color written otherwise.
    """

    points: Points
    width: float | None = None
    color: str | None = None

    def __init__(self, points: ArrayLike, width: float | None = None, color: str | None = None) -> None:
        array = np.array(points, dtype=np.float32)  # a copy, so that freezing it surprises nobody
        if array.ndim != 2 or array.shape[1] != 2 or len(array) == 0:
            raise ValueError(f"a stroke needs points of shape (n >= 1, 2), not {array.shape}")
        if not np.isfinite(array).all():
            raise ValueError("a stroke's points must be finite numbers")
        if width is not None and not (np.isfinite(width) and width > 0):
            raise ValueError(f"a stroke's width must be a positive number, not {width}")
        if color is not None and not is_color(color):
            raise ValueError(f'a stroke\'s color is "#rrggbb", not {color!r}')
        array.setflags(write=False)
        object.__setattr__(self, "points", array)
        object.__setattr__(self, "width", None if width is None else float(width))
        object.__setattr__(self, "color", color)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Stroke) or (self.width, self.color) != (other.width, other.color):
            return False
        return np.array_equal(self.points, other.points)

    __hash__ = None  # type: ignore[assignment]

    def __len__(self) -> int:
        return len(self.points)

    @cached_property
    def box(self) -> Box:
        """The tight bounding box of the points."""
        x0, y0 = self.points.min(axis=0).tolist()
        x1, y1 = self.points.max(axis=0).tolist()
        return x0, y0, x1, y1

    @cached_property
    def length(self) -> float:
        """Arc length in pixels; 0 for a single point."""
        return float(np.linalg.norm(np.diff(self.points.astype(np.float64), axis=0), axis=1).sum())

    def transformed(self, frame: Frame) -> Stroke:
        """The stroke seen in another frame; its width grows as lengths do in its middle."""
        x0, y0, x1, y1 = self.box
        zoom = frame.zoom(((x0 + x1) / 2, (y0 + y1) / 2))
        width = self.width * zoom if self.width is not None and zoom > 0 else None
        return Stroke(frame.along(self.points), width, self.color)


@dataclass(frozen=True)
class Word:
    """Strokes in writing order with the text that they spell.

    `confidence` (0..1) says how far to trust the result. `origin` names the way it came: an inference mode
    ("derender", "derender-with-text", "recognize-and-derender", "recognize"), "skeleton" for the classical fallback, or
    "" where it isn't known. `box` is (x0, y0, x1, y1); left out, it is the box of the strokes. A `kind` of "drawing" is
    ink that belongs to no word; it has no text. One of "print" was printed, not written; it may have no strokes.
    """

    strokes: tuple[Stroke, ...] = ()
    text: str = ""
    confidence: float = 1.0
    box: Box = field(default=(0.0, 0.0, 0.0, 0.0))
    origin: str = ""
    kind: Kind = "word"

    def __post_init__(self) -> None:
        object.__setattr__(self, "strokes", tuple(self.strokes))
        if not 0.0 <= self.confidence <= 1.0:
            raise ValueError(f"confidence must lie in 0..1, not {self.confidence}")
        if self.kind not in KINDS:
            raise ValueError(f"a kind is one of {', '.join(KINDS)}, not {self.kind!r}")
        box = tuple(float(v) for v in self.box)
        if box == (0.0, 0.0, 0.0, 0.0) and self.strokes:
            box = bounding_box(self.strokes)
        if len(box) != 4 or not np.isfinite(box).all() or box[0] > box[2] or box[1] > box[3]:
            raise ValueError(f"a box is (x0, y0, x1, y1) with x0 <= x1 and y0 <= y1, not {self.box}")
        object.__setattr__(self, "box", box)

    @property
    def ink_box(self) -> Box:
        """The tight box of the strokes; `box` when there are none."""
        return bounding_box(self.strokes) if self.strokes else self.box

    def transformed(self, frame: Frame) -> Word:
        """The word seen in another frame; the box becomes the upright box around the turned one."""
        x0, y0, x1, y1 = self.box
        corners = frame.apply(np.array([[x0, y0], [x1, y0], [x1, y1], [x0, y1]]))
        (a, b), (c, d) = corners.min(axis=0).tolist(), corners.max(axis=0).tolist()
        return replace(self, strokes=tuple(s.transformed(frame) for s in self.strokes), box=(a, b, c, d))

    def with_strokes(self, change: Callable[[Stroke], Stroke]) -> Word:
        """The word with each stroke changed, in order; the box stays."""
        return replace(self, strokes=tuple(map(change, self.strokes)))


@dataclass(frozen=True)
class Line:
    """Words from left to right (in reading order), all in the same cell of a table, or in none."""

    words: tuple[Word, ...] = ()
    cell: Cell | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "words", tuple(self.words))

    @property
    def text(self) -> str:
        """The words' texts with single spaces between, as far as their script has any; words without text are left
        out."""
        return in_a_row(w.text for w in self.words)


@dataclass(frozen=True)
class Page:
    """A picture's ink: lines in reading order, in pixels of a picture of `width` x `height`."""

    width: float
    height: float
    lines: tuple[Line, ...] = ()

    def __post_init__(self) -> None:
        object.__setattr__(self, "lines", tuple(self.lines))
        if not (np.isfinite([self.width, self.height]).all() and self.width >= 0 and self.height >= 0):
            raise ValueError(f"a page's size must be finite and not negative, not {self.width} x {self.height}")

    @classmethod
    def of_words(cls, words: Iterable[Word], width: float, height: float) -> Page:
        """A page of one line."""
        return cls(width, height, (Line(tuple(words)),))

    @property
    def words(self) -> tuple[Word, ...]:
        """All words and drawings, in order."""
        return tuple(w for line in self.lines for w in line.words)

    @property
    def strokes(self) -> tuple[Stroke, ...]:
        return tuple(s for w in self.words for s in w.strokes)

    @property
    def text(self) -> str:
        """The lines' texts, one per row; lines without text are left out. A table's row is one, with tabs between its
        cells."""
        found: list[str] = []
        for table, lines in apart(self.lines):
            found += (line.text for line in lines) if table is None else map("\t".join, rows(lines))
        return "\n".join(filter(None, found))

    def numbered_words(self) -> Iterator[tuple[int, Word]]:
        """(index of the line, word) in reading order."""
        for i, line in enumerate(self.lines):
            for word in line.words:
                yield i, word

    def with_strokes(self, change: Callable[[Stroke], Stroke]) -> Page:
        """The page with each stroke changed, in order."""
        return self.with_words(lambda word: word.with_strokes(change))

    def with_words(self, change: Callable[[Word], Word]) -> Page:
        """The page with each word changed, in order."""
        return replace(self, lines=tuple(replace(line, words=tuple(map(change, line.words))) for line in self.lines))

    def transformed(self, frame: Frame, width: float, height: float) -> Page:
        """The page seen in another frame, that of a picture of this size."""
        return replace(self.with_words(lambda word: word.transformed(frame)), width=width, height=height)

    def save(self, path: str | Path) -> None:
        """Write the page to `path` in the format that its ending names (.json, .svg, .inkml, ...).

        Raises inksight.errors.InputError for an ending that no writer has.
        """
        from .. import write  # the front door knows who writes files; this room knows of no other

        write(self, path)


def bounding_box(strokes: Iterable[Stroke]) -> Box:
    """The tight box around all strokes. Raises ValueError when there are none."""
    boxes = np.array([s.box for s in strokes])
    if len(boxes) == 0:
        raise ValueError("no strokes, no box")
    x0, y0 = boxes[:, :2].min(axis=0).tolist()
    x1, y1 = boxes[:, 2:].max(axis=0).tolist()
    return x0, y0, x1, y1
