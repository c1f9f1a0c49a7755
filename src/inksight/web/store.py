"""Results that can be asked for again: kept in memory under random names, and forgotten."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from threading import Lock


@dataclass
class Result:
    """A picture as JPEG, the width and height in whose pixels its ink is, and the ink last known, as JSON."""

    photo: bytes
    extent: tuple[int, int]
    ink: bytes = b""
    until: float = 0.0

    @property
    def size(self) -> int:
        """Bytes in memory."""
        return len(self.photo) + len(self.ink)


@dataclass
class Store:
    """Results by name, those that weren't asked for the longest first. Threads may share it."""

    seconds: float
    room: int
    clock: Callable[[], float] = time.monotonic
    _results: dict[str, Result] = field(default_factory=dict)
    _lock: Lock = field(default_factory=Lock)

    def add(self, result: Result) -> str:
        """Keep a result; its new name, which nobody can guess."""
        name = secrets.token_urlsafe(16)
        with self._lock:
            self._keep(name, result)
            self._forget()
        return name

    def get(self, name: str) -> Result | None:
        """The result of that name, if it is still there; its time begins anew."""
        with self._lock:
            self._forget()
            result = self._results.pop(name, None)
            if result is not None:
                self._keep(name, result)
            return result

    def _keep(self, name: str, result: Result) -> None:
        result.until = self.clock() + self.seconds
        self._results[name] = result

    def _forget(self) -> None:
        now, size = self.clock(), sum(r.size for r in self._results.values())
        for name, result in list(self._results.items()):
            if result.until <= now or size > self.room:
                size -= result.size
                del self._results[name]
