"""Read ink packed for training: one .npz a collection, delta-coded int16 points.

The container: `xy` (points, 2), `stroke_len` points per stroke, `nstrokes` strokes per sample, `text`, `writer` and
`src` one line per sample, `meta` JSON, `ppi` a number per sample (for glyphs the advance width). Inside a stroke each
point is relative to the one before; its first point is relative to the first point of the stroke before it.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

from .errors import InputError


class PackedInk(NamedTuple):
    """A labelled sample: strokes int32 (n, 2) in tablet units, x right, y down, as written."""

    text: str
    writer: str
    source: str
    strokes: list[NDArray[np.int32]]
    advance: float


def read_packed(path: str | Path) -> Iterator[PackedInk]:
    """The samples of one packed file. Raises InputError when it is missing or not such a file."""
    try:
        with np.load(path) as archive:
            packed = {k: archive[k] for k in archive.files}
        texts, writers, sources = (str(packed[k]).split("\n") for k in ("text", "writer", "src"))
        steps, lengths, counts = packed["xy"].astype(np.int32), packed["stroke_len"], packed["nstrokes"]
        if min(len(texts), len(writers), len(sources)) < len(counts):
            raise ValueError("fewer labels than samples")
        if counts.sum() != len(lengths) or lengths.sum() != len(steps):
            raise ValueError("strokes or points are missing")
    except (OSError, EOFError, ValueError, TypeError, KeyError, BadZipFile, zlib.error) as error:
        reason = "no such file" if isinstance(error, FileNotFoundError) else "damaged, or of another kind"
        raise InputError(f"{path}: not a readable file of packed ink ({reason}); see train/README.md") from error
    advances = packed.get("ppi", np.zeros(len(counts))).tolist()
    stroke_ends, point_ends = np.cumsum(counts), np.cumsum(lengths)
    for i, end in enumerate(stroke_ends.tolist()):
        strokes, start = [], np.zeros(2, np.int32)
        for k in range(end - int(counts[i]), end):
            points = np.cumsum(steps[point_ends[k] - lengths[k] : point_ends[k]], axis=0, dtype=np.int32) + start
            start = points[0]
            strokes.append(points)
        yield PackedInk(texts[i], writers[i], sources[i], strokes, float(advances[i]))
