"""Ink packed for training: one .npz a collection, delta-coded integer points.

The container: `xy` (points, 2), `stroke_len` points per stroke, `nstrokes` strokes per sample, `text`, `writer` and
`src` one line per sample, `meta` JSON, `ppi` a number per sample (for glyphs the advance width). Inside a stroke each
point is relative to the one before; its first point is relative to the first point of the stroke before it. It may hold
more arrays, which `unpack` ignores. Nothing in it is pickled.
"""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..errors import InputError

Arrays = Mapping[str, NDArray[Any]]


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
        with open(path, "rb") as file:
            samples = unpack(arrays(file))
    except (OSError, ValueError) as error:
        reason = "no such file" if isinstance(error, FileNotFoundError) else "damaged, or of another kind"
        raise InputError(f"{path}: not a readable file of packed ink ({reason}); see train/README.md") from error
    return samples


def arrays(file: BinaryIO) -> Arrays:
    """The arrays of an .npz file. Raises ValueError for anything else, and for pickled objects."""
    try:
        with np.load(file, allow_pickle=False) as archive:
            found = {key: archive[key] for key in archive.files}
    except OSError:
        raise
    except Exception as error:  # NumPy reads damaged files in trust: from KeyError to MemoryError all was seen
        raise ValueError(f"not an .npz file ({error})") from error
    if not all(isinstance(array, np.ndarray) for array in found.values()):
        raise ValueError("not an .npz file (it holds other things than arrays)")
    return found


def unpack(packed: Arrays) -> Iterator[PackedInk]:
    """The samples in the arrays. Raises ValueError where arrays are missing or don't belong together."""
    try:
        texts, writers, sources = (str(packed[k]).split("\n") for k in ("text", "writer", "src"))
        steps, lengths, counts = packed["xy"].astype(np.int32), packed["stroke_len"], packed["nstrokes"]
        if min(len(texts), len(writers), len(sources)) < len(counts):
            raise ValueError("fewer labels than samples")
        if counts.sum() != len(lengths) or lengths.sum() != len(steps):
            raise ValueError("strokes or points are missing")
    except (KeyError, TypeError) as error:
        raise ValueError(f"arrays are missing ({error})") from error
    advances = packed.get("ppi", np.zeros(len(counts))).tolist()

    def samples() -> Iterator[PackedInk]:
        stroke_ends, point_ends = np.cumsum(counts), np.cumsum(lengths)
        for i, end in enumerate(stroke_ends.tolist()):
            strokes, start = [], np.zeros(2, np.int32)
            for k in range(end - int(counts[i]), end):
                points = np.cumsum(steps[point_ends[k] - lengths[k] : point_ends[k]], axis=0, dtype=np.int32) + start
                start = points[0]
                strokes.append(points)
            yield PackedInk(texts[i], writers[i], sources[i], strokes, float(advances[i]))

    return samples()


def pack(samples: Sequence[PackedInk], meta: str = "{}", **more: Any) -> bytes:
    """The samples, and `more` arrays, as the bytes of an .npz file; labels lose their line breaks."""
    steps, lengths = [np.zeros((0, 2), np.int32)], []
    for sample in samples:
        start = np.zeros(2, np.int32)
        for stroke in sample.strokes:
            steps.append(np.diff(stroke, axis=0, prepend=start[None]))
            start = stroke[0]
            lengths.append(len(stroke))
    xy = np.concatenate(steps)
    small = np.abs(xy).max(initial=0) <= np.iinfo(np.int16).max
    out = io.BytesIO()
    np.savez_compressed(
        out,
        xy=xy.astype(np.int16 if small else np.int32),
        stroke_len=np.array(lengths, np.int32),
        nstrokes=np.array([len(s.strokes) for s in samples], np.int32),
        text=labels([s.text for s in samples]),
        writer=labels([s.writer for s in samples]),
        src=labels([s.source for s in samples]),
        ppi=np.array([s.advance for s in samples], np.float32),
        meta=np.array(meta),
        **more,
    )
    return out.getvalue()


def labels(values: Sequence[str]) -> NDArray[np.str_]:
    """Strings as one array, a line each."""
    return np.array("\n".join(v.replace("\n", " ").replace("\0", " ") for v in values))
