"""A reader of ink that never sees a picture: what the pen did, point by point, to the text that it wrote.

It stands for the paper's "accuracy of an online handwriting recogniser": ink that looks right but was not written as a
hand writes (strokes in a strange order, run backwards, cut in pieces) is read worse than the true one. The network is
trained by train/train_online.py on the training writers' ink alone; it lies in `online-v1`.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..errors import InputError

F64 = NDArray[np.float64]
F32 = NDArray[np.float32]
Counts = NDArray[np.int64]

FEATURES = 11
"""Numbers that the network gets for each point; see `features`."""
STRIDE = 4
"""Points for each step of the network's answer."""
_FINE = 0.03  # spacing in ink heights at which the tablet's staircase is smoothed away
_SPACING = 0.11  # spacing of the points that the network sees
_APART = 1.0  # arc length put between strokes, so that they stay apart on one axis
_FAR = 3.0  # moves of the lifted pen are cut at so many ink heights
_FOLDER = Path(__file__).with_name("online-v1")


class OnlineRecogniser:
    """Reads words from their strokes.

    Raises InputError when the folder is not a recogniser that train/export_online.py wrote.
    """

    def __init__(self, folder: str | Path = _FOLDER) -> None:
        import onnxruntime

        try:
            config = json.loads(Path(folder, "config.json").read_text("utf-8"))
            self.characters: str = config["characters"]
            if config["features"] != FEATURES:
                raise ValueError("other features")
            options = onnxruntime.SessionOptions()
            options.intra_op_num_threads = 1
            path = Path(folder, "model.onnx")
            self._session = onnxruntime.InferenceSession(path.read_bytes(), options)
        except Exception as error:  # ONNX Runtime's own errors have no common class
            raise InputError(f"{folder}: not an online recogniser ({error}); export it again") from error

    def read(self, strokes: Sequence[ArrayLike]) -> str:
        """The text of one word: strokes (n >= 1, 2) in writing order, x right, y down, any unit; "" for none."""
        return self.read_many([strokes])[0]

    def read_many(self, words: Iterable[Sequence[ArrayLike]]) -> list[str]:
        """The text of each word, read one by one: no word's reading depends on the others."""
        return [self._read(word) for word in words]

    def _read(self, strokes: Sequence[ArrayLike]) -> str:
        points, lengths = joined(strokes)
        if not len(points):
            return ""
        given = features(points, lengths, np.array([len(lengths)]))[0]
        scores = self._session.run(None, {"points": given[None]})[0]
        return decode(np.asarray(scores)[0].argmax(-1), self.characters)


def decode(best: NDArray[np.int64], characters: str) -> str:
    """The text of the best id of every step, as CTC has it: repeats are one, 0 is nothing, 1 the first character."""
    kept = best[np.flatnonzero(np.diff(best, prepend=0))]
    return "".join(characters[i - 1] for i in kept.tolist() if i)


def joined(strokes: Sequence[ArrayLike]) -> tuple[F64, Counts]:
    """Strokes as one array of points (n, 2) and the number of points of each; strokes without points are left out."""
    curves = [np.asarray(s, np.float64).reshape(-1, 2) for s in strokes]
    curves = [c for c in curves if len(c)]
    if not curves:
        return np.zeros((0, 2)), np.zeros(0, np.int64)
    return np.concatenate(curves), np.array([len(c) for c in curves])


def features(points: F64, lengths: Counts, strokes: Counts) -> list[F32]:
    """What the network sees of each of several words: float32 (n, 11), n at least `STRIDE`.

    `points` (all, 2) are those of all strokes of all words, `lengths` the points of each stroke, `strokes` the strokes
    of each word. Words are scaled to ink height 1, smoothed and resampled. Per point: the move of the lifted pen that
    led here (x, y; 0 inside a stroke), whether a stroke begins and ends here, the direction (cos, sin), the turn
    (cos, sin), the height on the line, how far the pen is behind the rightmost point so far, the step.
    """
    points = normalised(points, lengths, strokes)
    fine, many = evenly(points, lengths, _FINE)
    points, lengths = evenly(_smooth(_smooth(fine, many), many), many, _SPACING)
    per_word = np.add.reduceat(lengths, np.cumsum(strokes) - strokes)
    rows = _rows(points, lengths, per_word)
    words = np.split(rows, np.cumsum(per_word)[:-1])
    return [np.pad(w, ((0, max(0, STRIDE - len(w))), (0, 0))) for w in words]


def normalised(points: F64, lengths: Counts, strokes: Counts) -> F64:
    """Each word at ink height 1, from x = 0 and y = 0 on. A dash has no height: a share of its width stands in."""
    per_word = np.add.reduceat(lengths, np.cumsum(strokes) - strokes)
    at = np.cumsum(per_word) - per_word
    low, high = np.minimum.reduceat(points, at, axis=0), np.maximum.reduceat(points, at, axis=0)
    size = high - low
    height = np.maximum(np.maximum(size[:, 1], 0.1 * size[:, 0]), 1e-6)
    scaled: F64 = (points - np.repeat(low, per_word, axis=0)) / np.repeat(height, per_word)[:, None]
    return scaled


def evenly(points: F64, lengths: Counts, spacing: float) -> tuple[F64, Counts]:
    """Every stroke resampled to steps of about `spacing` along itself; its ends stay. Gives points and their counts."""
    first, last = np.cumsum(lengths) - lengths, np.cumsum(lengths) - 1
    steps = np.hypot(*np.diff(points, axis=0, prepend=points[:1]).T)
    steps[first] = _APART
    along = np.cumsum(steps)
    begin, extent = along[first], along[last] - along[first]
    counts = np.maximum(np.rint(extent / spacing).astype(np.int64), extent > 0) + 1
    inside = np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts)
    where = np.repeat(begin, counts) + inside * np.repeat(extent / np.maximum(counts - 1, 1), counts)
    return np.stack([np.interp(where, along, points[:, k]) for k in (0, 1)], axis=1), counts


def _ends(lengths: Counts) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Which points are the first, and which the last, of a stroke."""
    first, last = np.zeros((2, int(lengths.sum())), bool)
    first[np.cumsum(lengths) - lengths] = True
    last[np.cumsum(lengths) - 1] = True
    return first, last


def _smooth(points: F64, lengths: Counts) -> F64:
    """Weights 1 2 1 along every stroke; its ends stay."""
    first, last = _ends(lengths)
    fixed = (first | last)[:, None]
    return np.where(fixed, points, (np.roll(points, 1, axis=0) + 2 * points + np.roll(points, -1, axis=0)) / 4)


def _rows(points: F64, lengths: Counts, per_word: Counts) -> F32:
    """The features of all words' points, one below the other."""
    first, last = _ends(lengths)
    moves = np.diff(points, axis=0, prepend=points[:1])
    moves[np.cumsum(per_word) - per_word] = 0
    lifted = np.where(first[:, None], np.clip(moves, -_FAR, _FAR), 0)
    inner = np.where(first[:, None], 0, moves)
    ahead = np.where(last[:, None], 0, np.roll(inner, -1, axis=0))
    back = np.where(first[:, None], ahead, inner)
    ahead = np.where(last[:, None], back, ahead)
    a, b = back[:, 0] + 1j * back[:, 1], ahead[:, 0] + 1j * ahead[:, 1]
    along, turn = _unit(a + b), _unit(b * a.conj())
    wide = np.repeat(np.arange(len(per_word)) * 1e4, per_word)  # so that one word's right end is not the next one's
    behind = points[:, 0] + wide - np.maximum.accumulate(points[:, 0] + wide)
    rows = [lifted[:, 0], lifted[:, 1], first, last, along.real, along.imag, turn.real, turn.imag]
    rows += [points[:, 1] - 0.5, np.maximum(behind, -_FAR), np.abs(a) / _SPACING]
    return np.stack(rows, axis=1).astype(np.float32)


def _unit(numbers: NDArray[np.complex128]) -> NDArray[np.complex128]:
    """Complex numbers of length 1, or 0."""
    size = np.abs(numbers)
    unit: NDArray[np.complex128] = np.divide(numbers, size, out=np.zeros_like(numbers), where=size > 1e-9)
    return unit
