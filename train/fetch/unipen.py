"""UNIPEN's files (UNIPEN 1.0 format definition) to labelled ink.

A file of `data/CATEGORY/DONOR/` names segments by their pen-down components, counted from 0, and includes files of
`include/`, which hold the components, who wrote them, and in which style. UNIPEN's y points up.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from inksight.formats.dataset import PackedInk

Component = NDArray[np.int32]

CATEGORIES = {"unipen_words": ("7", "WORD"), "unipen_chars": ("2", "CHARACTER")}
"""Which folder of `data/`, and which level of its segments, goes into which file."""

_SITES = {"hpb": "hp", "hpp": "hp", "sta": "hp", **{d: d[:2] for d in ("apa", "apb", "apc", "apd", "ape")}}
_SITES |= dict.fromkeys(("cea", "ceb", "cec", "ced", "cee"), "ce")
"""Donors that are one house: their writers may be the same people."""

_SEGMENT = re.compile(r'\.SEGMENT\s+(\S+)\s+(\S+)\s+\S+\s+"(.*)"\s*$')
_RANGE = re.compile(r"(\d+)(?::(\d+))?(?:-(\d+)(?::(\d+))?)?$")


@dataclass
class Recording:
    """What a data file holds with all that it includes."""

    components: list[Component] = field(default_factory=list)
    """Pen-down runs of points, as recorded: int32 (n, 2), y up."""
    segments: list[tuple[str, str, str]] = field(default_factory=list)
    """(level, delineation, label)."""
    writer: str = ""
    style: str = ""
    columns: tuple[int, int] = (0, 1)
    """Which numbers of a point are x and y; a file may say it for those that are included after it."""


def read(path: Path, root: Path) -> Recording:
    """The recording of a file of `root`/data."""
    recording = Recording()
    _read(path, root, recording)
    return recording


def _read(path: Path, root: Path, into: Recording) -> None:
    points: list[list[int]] = []
    down = False
    for line in [*path.read_text("latin-1").splitlines(), ".END"]:
        if not line.startswith("."):
            if down and len(values := line.split()) > max(into.columns):
                points.append([int(float(values[k])) for k in into.columns])
            continue
        if points:
            into.components.append(np.array(points, np.int32))
        points, down = [], line.startswith(".PEN_DOWN")
        name, _, value = line.partition(" ")
        match name:
            case ".INCLUDE" if (included := root / "include" / value.strip()).is_file():
                _read(included, root, into)
            case ".COORD" if {"X", "Y"} <= set(value.split()):
                into.columns = value.split().index("X"), value.split().index("Y")
            case ".WRITER_ID":
                into.writer = value.strip()
            case ".STYLE":
                into.style = value.strip().lower()
            case ".SEGMENT" if found := _SEGMENT.match(line):
                into.segments.append((found[1], found[2], found[3]))


def delineated(components: Sequence[Component], delineation: str) -> list[Component]:
    """The parts that "3", "3-5", "3:10-5:20" or a list of such names: component, and point in it, ends included.

    Empty where they aren't all there.
    """
    parts: list[Component] = []
    for piece in delineation.split(","):
        if not (found := _RANGE.match(piece)):
            return []
        first, last = int(found[1]), int(found[3] or found[1])
        if last >= len(components):
            return []
        for k in range(first, last + 1):
            start = int(found[2] or 0) if k == first else 0
            end = int(found[4]) + 1 if k == last and found[4] else None
            parts.append(components[k][start:end])
    return [p for p in parts if len(p)]


def samples(root: Path, category: str, level: str) -> Iterator[PackedInk]:
    """The labelled segments of one level in all files of a category, of the release that is unpacked at `root`."""
    for path in sorted((root / "data" / category).rglob("*.dat")):
        recording = read(path, root)
        donor = path.relative_to(root / "data" / category).parts[0]
        source = "/".join(filter(None, [category, donor, recording.style]))
        for found, delineation, label in recording.segments:
            strokes = delineated(recording.components, delineation)
            if found == level and label and strokes:
                yield PackedInk(label, writer(donor, recording.writer or path.stem), source, upright(strokes), 0.0)


def writer(donor: str, name: str) -> str:
    """A name for a writer that doesn't tell who it is: the site, and a digest of the name."""
    return f"{_SITES.get(donor, donor)}/{hashlib.sha256(name.encode()).hexdigest()[:6]}"


def upright(strokes: Sequence[Component]) -> list[Component]:
    """The strokes with y down, from (0, 0) on, without points that repeat the one before."""
    every = np.concatenate(strokes)
    left, top = every[:, 0].min(), every[:, 1].max()
    turned = [np.stack([s[:, 0] - left, top - s[:, 1]], axis=1) for s in strokes]
    return [s[np.r_[True, (np.diff(s, axis=0) != 0).any(axis=1)]] for s in turned]


def split(writers: Sequence[str]) -> dict[str, list[str]]:
    """Which writers are kept apart: of twelve two for the test, one for validation, told by their names alone."""
    share = {w: int(w.rpartition("/")[2], 16) % 12 for w in set(writers)}
    return {
        "test": sorted(w for w, s in share.items() if s < 2),
        "val": sorted(w for w, s in share.items() if s == 2),
    }
