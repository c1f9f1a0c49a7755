"""The reader of ink: its network, and batches of ink at random sizes, slants and orders.

What the network sees of a word is made by inksight/original/online.py, in training as in use.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from inksight.formats.dataset import read_packed
from inksight.ink.order import immediate_order
from inksight.original.online import F64, FEATURES, features, joined, normalised

CHARACTERS = "".join(map(chr, range(33, 127)))
"""Printable ASCII: UNIPEN's labels have nothing else."""
FILES = ("unipen_words", "unipen_textwords", "unipen_autowords")
_LONGEST = 24  # letters
_POOL = 24  # batches that are sorted by length together


class OnlineModel(nn.Module):
    """Convolutions that halve the points twice, then an LSTM in both directions, then a score for each character."""

    def __init__(self, width: int = 112, layers: int = 1, classes: int = len(CHARACTERS) + 1) -> None:
        super().__init__()
        shape = ((FEATURES, 48, 1), (48, 96, 2), (96, 128, 2))
        self.stem = nn.Sequential(
            *(
                layer
                for a, b, stride in shape
                for layer in (nn.Conv1d(a, b, 5, stride, 2, bias=False), nn.BatchNorm1d(b), nn.SiLU())
            )
        )
        self.rows = nn.LSTM(128, width, layers, batch_first=True, bidirectional=True)
        self.scores = nn.Linear(2 * width, classes)

    def forward(self, points: Tensor) -> Tensor:
        """Points float32 (B, n, FEATURES) -> log-probabilities (B, ceil(n / 4), classes); class 0 is the blank."""
        columns = self.stem(points.transpose(1, 2)).transpose(1, 2)
        return self.scores(self.rows(columns)[0]).log_softmax(-1)


class Written(NamedTuple):
    """A word as it was written: points (n, 2) at ink height 1, the points of each stroke, the label and whose it is."""

    points: NDArray[np.float32]
    lengths: NDArray[np.int64]
    text: str
    owner: str


def read_ink(folder: Path, split: str) -> list[Written]:
    """The words of a split ("train" or "val"; test writers are in neither) of a folder DATA/ink of train/README.md."""
    listed = json.loads((folder / "unipen_split.json").read_text())
    test, val = set(listed["test"]), set(listed["val"])
    words = []
    for name in FILES:
        for sample in read_packed(folder / f"{name}.npz"):
            if sample.writer in test or (sample.writer in val) != (split == "val"):
                continue
            word = written(sample.text, sample.writer, sample.strokes)
            if word is not None:
                words.append(word)
    return words


def written(text: str, owner: str, strokes: Sequence[NDArray]) -> Written | None:
    """A word for training, or None where its label or its ink can't be used."""
    points, lengths = joined(strokes)
    if not 0 < len(text) <= _LONGEST or not set(text) <= set(CHARACTERS) or len(points) < 2:
        return None
    points = normalised(points, lengths, np.array([len(lengths)]))
    return Written(points.astype(np.float32), lengths, text, owner)


class Batches:
    """Endless batches of random words in random variations, each of words of about one length."""

    def __init__(self, words: Sequence[Written], size: int, seed: int) -> None:
        self.words, self.size, self.rng = words, size, np.random.default_rng(seed)
        self.ends = [np.cumsum(w.lengths)[:-1] for w in words]
        self.orders: dict[int, list[int]] = {}
        self.extent = np.array([_arc(w) for w in words])
        self.share = _shares(words)

    def __iter__(self) -> Iterator[tuple[Tensor, Tensor, Tensor, Tensor]]:
        """Points (B, n, FEATURES), their counts (B,), labels one after the other, and their lengths (B,)."""
        while True:
            pool = self.rng.choice(len(self.words), self.size * _POOL, p=self.share)
            pool = pool[np.argsort(self.extent[pool])]
            for k in self.rng.permutation(_POOL).tolist():
                yield self._batch(pool[k * self.size : (k + 1) * self.size].tolist())

    def _batch(self, chosen: Sequence[int]) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        parts = [self._strokes(i) for i in chosen]
        counts = np.array([len(strokes) for strokes in parts])
        points, lengths = joined([s for strokes in parts for s in strokes])
        per_word = np.add.reduceat(lengths, np.cumsum(counts) - counts)
        points = vary(points, per_word, self.rng)
        points, lengths = thinned(points, lengths, per_word, self.rng)
        return collate(features(points, lengths, counts), [self.words[i].text for i in chosen])

    def _strokes(self, i: int) -> list[NDArray[np.float32]]:
        """A word's strokes, now and then with its dots at once instead of as written, or one stroke cut in two."""
        strokes = np.split(self.words[i].points, self.ends[i])
        if len(strokes) > 2 and self.rng.random() < 0.1:
            if i not in self.orders:
                self.orders[i] = immediate_order(strokes)
            strokes = [strokes[k] for k in self.orders[i]]
        if self.rng.random() < 0.1:
            k = int(self.rng.integers(len(strokes)))
            if len(strokes[k]) > 12:
                cut = int(self.rng.integers(4, len(strokes[k]) - 4))
                strokes[k : k + 1] = [strokes[k][:cut], strokes[k][cut:]]
        return strokes


def _arc(word: Written) -> float:
    return float(np.hypot(*np.diff(word.points, axis=0).T).sum())


def _shares(words: Sequence[Written]) -> F64:
    """How often each word is drawn: a few writers and a few texts fill the data, so both count less than evenly."""
    share = np.ones(len(words))
    for keys, power in (([w.owner.split("/")[0] for w in words], 0.4), ([w.text for w in words], 0.3)):
        _, inverse, counts = np.unique(keys, return_inverse=True, return_counts=True)
        share *= counts[inverse] ** -power
    normal: F64 = share / share.sum()
    return normal


def vary(points: F64, per_word: NDArray[np.int64], rng: np.random.Generator) -> F64:
    """Another hand and another tablet for each word: slant, width, turn, waves, jitter; `per_word` points of each."""
    n = len(per_word)

    def spread(*size: float) -> list[F64]:
        return [np.repeat(rng.normal(0, s, n), per_word) for s in size]

    slant, turn, wide, high, phase, other = spread(0.2, 0.05, 0.18, 0.12, 3.0, 3.0)
    x, y = points[:, 0] * np.exp(wide), (points[:, 1] - 0.5) * np.exp(high)
    wave, swell = spread(0.04, 0.025)
    x, y = x + slant * y + wave * np.sin(2.5 * x + phase), y + turn * x + swell * np.sin(1.5 * x + other)
    jitter = np.abs(spread(0.008)[0])[:, None]
    return np.stack([x, y], axis=1) + jitter * rng.normal(size=points.shape)


def thinned(
    points: F64, lengths: NDArray[np.int64], per_word: NDArray[np.int64], rng: np.random.Generator
) -> tuple[F64, NDArray[np.int64]]:
    """Half of the words lose up to three in ten of their points; the ends of strokes stay."""
    share = np.where(rng.random(len(per_word)) < 0.5, rng.uniform(0, 0.3, len(per_word)), 0)
    kept = rng.random(len(points)) >= np.repeat(share, per_word)
    first = np.cumsum(lengths) - lengths
    kept[first] = kept[first + lengths - 1] = True
    return points[kept], np.add.reduceat(kept, first, dtype=np.int64)


def collate(rows: Sequence[NDArray[np.float32]], texts: Sequence[str]) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Features and texts of words as one batch, see `Batches`."""
    points = torch.zeros(len(rows), max(map(len, rows)), FEATURES)
    for k, row in enumerate(rows):
        points[k, : len(row)] = torch.from_numpy(row)
    labels = torch.tensor([CHARACTERS.index(c) + 1 for text in texts for c in text])
    return points, torch.tensor([len(r) for r in rows]), labels, torch.tensor([len(t) for t in texts])


def held_out(words: Sequence[Written], number: int, seed: int = 0) -> list[Written]:
    """The first `number` in rounds of one word of each writer, so that no writer fills the sample."""
    rng, seen, keys = np.random.default_rng(seed), dict[str, int](), []
    for i in rng.permutation(len(words)).tolist():
        seen[words[i].owner] = seen.get(words[i].owner, 0) + 1
        keys.append((seen[words[i].owner], words[i].owner, i))
    return [words[i] for _, _, i in sorted(keys)[:number]]
