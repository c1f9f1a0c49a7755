"""What came of a page, in numbers: how much of its ink was traced, what was found, where the time went."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from .imaging.crop import Crop
from .imaging.raster import paint
from .ink import Box, Page, Stroke

DOUBTFUL = 0.59
"""A word with less confidence had better be looked at: its text is wrong with a chance of a third or more
(bench/calibrate.py)."""


@dataclass(frozen=True)
class PageReport:
    """`covered` is the share (0..1) of the page's ink that lies under a stroke, `doubtful` the number of words of low
    confidence, `seconds` the time by what it was spent on: "sheet", "detection", "tracing" and "rest"; `untraced` are
    boxes of ink without strokes, in pixels of the picture."""

    covered: float = 1.0
    words: int = 0
    drawings: int = 0
    doubtful: int = 0
    seconds: Mapping[str, float] = field(default_factory=dict)
    untraced: Sequence[Box] = ()

    @classmethod
    def of(cls, page: Page, covered: float, seconds: Mapping[str, float], untraced: Sequence[Box] = ()) -> PageReport:
        words = [w for w in page.words if w.kind == "word"]
        doubtful = sum(w.confidence < DOUBTFUL for w in words)
        drawings = sum(w.kind == "drawing" for w in page.words)
        return cls(covered, len(words), drawings, doubtful, dict(seconds), tuple(untraced))

    @property
    def note(self) -> str:
        """What to say beside the number of words: those in doubt, drawings, coverage."""
        doubtful = f"{self.doubtful} doubtful, " if self.doubtful else ""
        drawings = f"{self.drawings} drawing{'' if self.drawings == 1 else 's'}, " if self.drawings else ""
        return f"{doubtful}{drawings}{self.covered:.0%} of the ink"

    @property
    def profile(self) -> str:
        """One line: where the time went."""
        return ", ".join(f"{name} {seconds:.2f} s" for name, seconds in self.seconds.items())


Report = Callable[[PageReport], None]
"""Called once with the report of a page."""


class Clock:
    """Sums up the time spent on each of several things; `tell` is called with the name of each that begins."""

    def __init__(self, tell: Callable[[str], None] = lambda name: None) -> None:
        self._tell = tell
        self.seconds: dict[str, float] = {}
        self._start = time.perf_counter()

    @contextmanager
    def on(self, name: str) -> Iterator[None]:
        """Counts the time of a with block."""
        self._tell(name)
        start = time.perf_counter()
        try:
            yield
        finally:
            self.seconds[name] = self.seconds.get(name, 0.0) + time.perf_counter() - start

    def stopped(self) -> dict[str, float]:
        """The seconds, with those on nothing in particular as "rest"."""
        total = time.perf_counter() - self._start
        return {**self.seconds, "rest": total - sum(self.seconds.values())}


def covered(parts: Sequence[tuple[Crop, Sequence[Stroke]]], total: int) -> float:
    """Share (0..1) of a page's `total` pixels of ink that lie, in their crop, within a pen's width of its
    strokes; 1 without ink. What belongs to no part is not covered."""
    traced = sum(int((paint(c.mask.shape, strokes, max(1.0, c.pen)) & c.mask).sum()) for c, strokes in parts)
    return min(traced / total, 1.0) if total else 1.0
