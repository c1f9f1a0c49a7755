"""How long the steps of a page take on this machine: learnt from the pages that it did."""

from __future__ import annotations

from dataclasses import dataclass, field
from threading import Lock

WEIGHT = 0.3
"""How much the last page counts in the mean."""

FIRST = {"sheet": 0.4, "segmentation": 1.5, "detection": 0.5, "tracing": 0.08}
"""Seconds for each unit before anything was measured: a slow laptop's."""


@dataclass
class Rates:
    """Seconds a unit of each step: a word for "tracing", a megapixel of the picture for the others.

    Threads may share it.
    """

    seconds: dict[str, float] = field(default_factory=lambda: dict(FIRST))
    _lock: Lock = field(default_factory=Lock)

    def learn(self, step: str, units: float, seconds: float) -> None:
        """A step of so many units took so long."""
        if units > 0:
            with self._lock:
                self.seconds[step] += WEIGHT * (seconds / units - self.seconds[step])

    def expected(self, megapixels: float, words: int) -> dict[str, float]:
        """Seconds that each step will take."""
        return {s: round((words if s == "tracing" else megapixels) * rate, 2) for s, rate in self.seconds.items()}
