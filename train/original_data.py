"""Batches for the original's five tasks: words on a square of 224 x 224, with prompts and targets as token ids.

The tasks and what is varied (angle, color, width, noise, cluttered backgrounds) are as published; the amounts are ours.
Unlike the original's, ink doesn't always fill the square, so that the network knows loose crops.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor
from torch.nn.utils.rnn import pad_sequence
from torch.utils.data import IterableDataset

from inksight.geometry import resample, simplify
from inksight.tokens import GRID
from train.data import Curve, InkStore, segments
from train.original import LONGEST, NONE, Codec
from train.render import Dice, draw

TASKS = ("derender", "derender-with-text", "recognize-and-derender", "recognize")
"""Of rendered ink, equally often; the fifth is to recognize real pictures."""
TOLERANCE = 0.7
"""How far the coded curve may lie from the true one before rounding, in pixels of the square."""
DENSE = 4.0
"""The longest piece of a curve that is drawn at once: render.PATCH holds it with the widest pen."""


@dataclass
class Word:
    """A sample on the square: its curves, and the box of the crop in it (left, top, right, bottom); all else is pad."""

    text: str
    curves: list[Curve]
    crop: tuple[float, float, float, float]

    @property
    def coded(self) -> list[NDArray[np.float64]]:
        return [simplify(c, TOLERANCE) for c in self.curves]


def place(text: str, curves: list[Curve], rng: np.random.Generator, *, augment: bool = True) -> Word:
    """The ink turned a little, with margins around it, and the crop fitted into the square."""
    turn = rng.normal(0, 0.08) if augment else 0.0
    matrix = np.array([[math.cos(turn), math.sin(turn)], [-math.sin(turn), math.cos(turn)]])
    curves = [c @ matrix for c in curves]
    points = np.concatenate(curves)
    low, size = points.min(axis=0), np.maximum(np.ptp(points, axis=0), 0.02)
    before, after = rng.uniform(0.02, 0.15, (2, 2)) * size.max() if augment else np.full((2, 2), 0.03) * size.max()
    whole = size + before + after
    scale = GRID / whole.max()
    corner = (GRID - whole * scale) / 2
    placed = [resample((c - low + before) * scale + corner, DENSE) for c in curves]
    (left, top), (right, bottom) = corner.tolist(), (corner + whole * scale).tolist()
    return Word(text, placed, (left, top, right, bottom))


Code = tuple[list[int], list[int]]
"""The prompt's ids, and those to be written."""


def code(word: Word, task: str, codec: Codec) -> Code:
    """A word's code for a task."""
    return codec.prompt(task, word.text), codec.encode(task, word.text, word.coded)


def collate(words: list[Word], codes: list[Code], codec: Codec) -> dict[str, Tensor]:
    """Prompts and labels, padded, and what is to be drawn."""
    crops = torch.tensor([word.crop for word in words])
    return segments([word.curves for word in words]) | padded(codes, codec) | {"crop": crops}


def padded(codes: list[Code], codec: Codec) -> dict[str, Tensor]:
    """`prompt` and `labels`, int64 (B, L) each."""
    prompts, labels = ([torch.tensor(ids) for ids in part] for part in zip(*codes, strict=True))
    return {
        "prompt": pad_sequence(prompts, batch_first=True, padding_value=codec.pad),
        "labels": pad_sequence(labels, batch_first=True, padding_value=NONE),
    }


class SquareInk(IterableDataset):
    """Endless batches of the four tasks on rendered ink, from a file of train.pack."""

    def __init__(self, path: Path, codec: Codec, batch: int, *, split: str = "train", seed: int = 0) -> None:
        self.path, self.codec, self.batch, self.split, self.seed = path, codec, batch, split, seed

    def __iter__(self) -> Iterator[dict[str, Tensor]]:
        worker = torch.utils.data.get_worker_info()
        rng = np.random.default_rng([self.seed, worker.id if worker else 0])
        store = InkStore(self.path, self.split)
        while True:
            words = [place(*store.draw(rng)[:2], rng) for _ in range(self.batch)]
            codes = [code(word, str(rng.choice(TASKS)), self.codec) for word in words]
            kept = [i for i, (_, label) in enumerate(codes) if len(label) <= LONGEST]
            if kept:
                yield collate([words[i] for i in kept], [codes[i] for i in kept], self.codec)


class SquarePictures(IterableDataset):
    """Endless batches of the fifth task, from a file of train.pack_words: real pictures, in greys."""

    def __init__(self, path: Path, codec: Codec, batch: int, *, seed: int = 0) -> None:
        self.path, self.codec, self.batch, self.seed = path, codec, batch, seed

    def __iter__(self) -> Iterator[dict[str, Tensor]]:
        worker = torch.utils.data.get_worker_info()
        rng = np.random.default_rng([self.seed, 77, worker.id if worker else 0])
        with np.load(self.path) as z:
            texts, widths, pixels = str(z["text"]).split("\n"), z["width"], z["pixels"]
        ends = np.cumsum(widths)
        while True:
            rows = rng.integers(0, len(texts), self.batch).tolist()
            crops = [1 - pixels[:, ends[i] - widths[i] : ends[i]].astype(np.float32) / 200 for i in rows]
            squares = [squared(torch.from_numpy(crop), float(rng.integers(2))) for crop in crops]
            codes = [(self.codec.prompt("recognize"), self.codec.encode("recognize", texts[i], [])) for i in rows]
            yield padded(codes, self.codec) | {"picture": torch.stack(squares)}


def squared(crop: Tensor, pad: float) -> Tensor:
    """A grey crop (H, W), 0 black to 1 white, fitted into the square: (3, 224, 224) in -1..1."""
    height, width = (max(1, int(n * GRID / max(crop.shape))) for n in crop.shape)
    small = F.interpolate(crop[None, None], (height, width), mode="bilinear", antialias=True)
    top, left = (GRID - height) // 2, (GRID - width) // 2
    grey = F.pad(small, (left, GRID - width - left, top, GRID - height - top), value=pad)
    return grey[0].clamp(0, 1).expand(3, -1, -1) * 2 - 1


def pictures(batch: dict[str, Tensor], *, augment: bool = True) -> Tensor:
    """(B, 3, 224, 224) in -1..1: real pictures as they are, ink drawn anew, in any color on any paper."""
    if "picture" in batch:
        return batch["picture"]
    crop, device = batch["crop"], batch["crop"].device
    size = len(crop)
    if not augment:
        ink = draw(batch, size, GRID, torch.full((size,), 2.0, device=device), None, GRID)
        return 1 - 2 * ink.expand(-1, 3, -1, -1)
    dice = Dice(size, device)
    radius = torch.exp(torch.randn(size, device=device) * 0.4 + math.log(2.0)).clamp(0.7, 2.6)
    ink = draw(batch, size, GRID, radius, dice, GRID)
    picture = _paper(dice) * (1 - ink) + _color(dice, 0.0, 0.4) * ink
    swapped = dice.chance(0.15)
    picture = swapped * (1 - picture) + (1 - swapped) * picture
    picture = picture + dice.chance(0.5) * dice.uniform(0, 0.12) * torch.randn_like(picture)
    soft = F.avg_pool2d(picture, 3, 1, 1, count_include_pad=False)
    blurred = dice.chance(0.3)
    picture = (blurred * soft + (1 - blurred) * picture).clamp(0, 1)
    inside = _inside(crop)
    return (picture * inside + dice.chance(0.5) * (1 - inside)) * 2 - 1


def _color(dice: Dice, low: float, high: float) -> Tensor:
    """(B, 3, 1, 1)."""
    return torch.rand(dice.batch, 3, 1, 1, device=dice.device) * (high - low) + low


def _paper(dice: Dice) -> Tensor:
    """Light paper, uneven, some of it ruled or squared, with stains: (B, 3, 224, 224)."""
    paper = _color(dice, 0.65, 1.0) + dice.uniform(0, 0.12) * dice.smooth_noise(4, 4, GRID, GRID)
    at = torch.arange(GRID, device=dice.device)
    step = dice.uniform(18, 90)
    rows = ((at[:, None] + dice.uniform(0, 90)) % step < dice.uniform(1, 3)).float()
    columns = ((at + dice.uniform(0, 90)) % step < dice.uniform(1, 3)).float() * dice.chance(0.4)
    lines = torch.maximum(rows, columns) * dice.chance(0.3)
    stains = (dice.smooth_noise(8, 8, GRID, GRID) - 1).clamp(0, 1) * dice.chance(0.3)
    return paper - lines * _color(dice, 0.05, 0.35) - stains * _color(dice, 0.0, 0.3)


def _inside(crop: Tensor) -> Tensor:
    """1 on the pixels of each crop (B, 4), 0 on the pad: (B, 1, 224, 224)."""
    at = torch.arange(GRID, device=crop.device) + 0.5
    left, top, right, bottom = crop[:, :, None].unbind(1)
    across, down = (at > left) & (at < right), (at > top) & (at < bottom)
    return (across[:, None, :] & down[:, :, None])[:, None].float()
