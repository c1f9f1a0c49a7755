"""Results that can be asked for again under random names: in memory, in a folder as well if wanted, and forgotten."""

from __future__ import annotations

import contextlib
import json
import re
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock

from ..formats.saving import save
from ..ink import Box

NAME = re.compile(r"[\w-]{16,64}", re.ASCII)


@dataclass
class Result:
    """A picture as JPEG (b"" for ink without one), the width and height in whose pixels its ink is, the ink last known,
    as JSON, what it is called, and boxes of the ink that was left out."""

    photo: bytes
    extent: tuple[float, float]
    ink: bytes = b""
    title: str = "ink"
    untraced: list[Box] = field(default_factory=list)
    until: float = 0.0

    @property
    def size(self) -> int:
        """Bytes in memory."""
        return len(self.photo) + len(self.ink)

    @property
    def facts(self) -> dict[str, object]:
        """All but picture and ink."""
        return {"title": self.title, "extent": self.extent, "untraced": self.untraced}


@dataclass
class Store:
    """Results by name, those that weren't asked for the longest first. Threads may share it.

    With a `folder` they are kept there, too, and what the memory has no more room for is read from it again; `seconds`
    count from when a result was last kept, also across restarts.
    """

    seconds: float
    room: int
    clock: Callable[[], float] = time.time
    folder: Path | None = None
    _results: dict[str, Result] = field(default_factory=dict)
    _lock: Lock = field(default_factory=Lock)

    def add(self, result: Result) -> str:
        """Keep a result; its new name, which nobody can guess."""
        name = secrets.token_urlsafe(16)
        with self._lock:
            self._keep(name, result)
            self._forget()
        self.changed(name, result)
        return name

    def get(self, name: str) -> Result | None:
        """The result of that name, if it is still there; its time begins anew."""
        with self._lock:
            self._forget()
            result = self._results.pop(name, None) or self._read(name)
            if result is not None:
                self._keep(name, result)
                if self.folder is not None:
                    (self.folder / f"{name}.facts").touch()
            return result

    def changed(self, name: str, result: Result) -> None:
        """To be told when a result isn't what it was, so that the folder has it."""
        if self.folder is None:
            return
        parts = {".jpg": result.photo, ".json": result.ink, ".facts": json.dumps(result.facts).encode()}
        for ending, data in parts.items():
            save(self.folder / (name + ending), data)

    def _keep(self, name: str, result: Result) -> None:
        result.until = self.clock() + self.seconds
        self._results[name] = result

    def _forget(self) -> None:
        now, size = self.clock(), sum(r.size for r in self._results.values())
        for name, result in list(self._results.items()):
            if result.until <= now or size > self.room:
                size -= result.size
                del self._results[name]
        for old in self.folder.glob("*.facts") if self.folder else ():
            with contextlib.suppress(OSError):
                if old.stat().st_mtime + self.seconds <= now and old.stem not in self._results:
                    self._delete(old.stem)

    def _delete(self, name: str) -> None:
        if self.folder is not None and NAME.fullmatch(name):
            for ending in (".facts", ".json", ".jpg"):
                (self.folder / (name + ending)).unlink(missing_ok=True)

    def _read(self, name: str) -> Result | None:
        if self.folder is None or not NAME.fullmatch(name):
            return None
        try:
            photo, ink, facts = ((self.folder / (name + ending)).read_bytes() for ending in (".jpg", ".json", ".facts"))
            known = json.loads(facts)
            width, height = known["extent"]
            boxes = [(a, b, c, d) for a, b, c, d in known["untraced"]]
            return Result(photo, (width, height), ink, str(known["title"]), boxes)
        except (OSError, ValueError, KeyError, TypeError):
            return None
