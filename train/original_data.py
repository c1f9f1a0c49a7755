"""Batches for the original's five tasks: words on a square of 224 x 224, with prompts and targets as token ids.

The tasks and what is varied (angle, color, width, noise, cluttered backgrounds) are as published; the amounts are ours.
Unlike the original's, ink doesn't always fill the square, so that the network knows loose crops. Words of like length
come together, and fewer of the long ones: a batch's memory grows with its longest label.
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

from inksight.recognition.tokens import GRID
from inksight.writing.drawing import Drawing
from train.data import Ink, segments
from train.original import LONGEST, NONE, Codec
from train.pack_words import pictures_of
from train.render import Dice, draw
from train.stores import InkStore

TASKS = ("derender", "derender-with-text", "recognize-and-derender", "recognize")
"""Of rendered ink, equally often; the fifth is to recognize real pictures."""
TOLERANCE = 0.7
"""How far the coded curve may lie from the true one before rounding, in pixels of the square."""
DENSE = 4.0
"""The longest piece of a curve that is drawn at once: render.PATCH holds it with the widest pen."""
POOL = 8
"""Batches that are drawn at once, to put words of like length together."""
USUAL = 400
"""Tokens that each label of a whole batch has room for; of words with longer ones, a batch takes fewer."""


@dataclass
class Word:
    """A sample on the square: its strokes, and the crop's box in it (left, top, right, bottom); all else is pad."""

    text: str
    drawing: Drawing
    crop: tuple[float, float, float, float]

    @property
    def coded(self) -> list[NDArray[np.float64]]:
        """The points that the code is made of, (n, 2) for each stroke."""
        kept = self.drawing.rank > TOLERANCE
        count = np.bincount(self.drawing.stroke_numbers()[kept], minlength=len(self.drawing.count))
        return np.split(self.drawing.xy[kept], np.cumsum(count)[:-1])

    @property
    def tokens(self) -> int:
        """How long its longest label is, at most: a token for each byte, point's coordinate, stroke, and the end."""
        points = int((self.drawing.rank > TOLERANCE).sum())
        return len(self.text.encode()) + 2 * points + len(self.drawing.count) + 1


def place(text: str, drawing: Drawing, rng: np.random.Generator, *, augment: bool = True) -> Word:
    """The ink turned a little, with margins around it, and the crop fitted into the square."""
    turn = rng.normal(0, 0.08) if augment else 0.0
    drawing = drawing.turned(np.array([[math.cos(turn), math.sin(turn)], [-math.sin(turn), math.cos(turn)]]))
    low = drawing.xy.min(axis=0)
    size = np.maximum(drawing.xy.max(axis=0) - low, 0.02)
    before, after = rng.uniform(0.02, 0.15, (2, 2)) * size.max() if augment else np.full((2, 2), 0.03) * size.max()
    whole = size + before + after
    scale = GRID / whole.max()
    corner = (GRID - whole * scale) / 2
    placed = drawing.scaled(scale, corner + (before - low) * scale)
    (left, top), (right, bottom) = corner.tolist(), (corner + whole * scale).tolist()
    return Word(text, dense(placed, DENSE), (left, top, right, bottom))


def dense(drawing: Drawing, step: float) -> Drawing:
    """The same strokes with points at most `step` apart; the new ones have rank 0."""
    legs, stroke = np.diff(drawing.xy, axis=0), drawing.stroke_numbers()
    parts = np.maximum(1, np.ceil(np.hypot(*legs.T) / step)).astype(np.int64)
    parts[stroke[1:] != stroke[:-1]] = 1  # the pen is up
    leg = np.repeat(np.arange(len(legs)), parts)
    nth = np.arange(len(leg)) - np.repeat(np.cumsum(parts) - parts, parts) + 1
    last = nth == parts[leg]
    xy = np.where(last[:, None], drawing.xy[leg + 1], drawing.xy[leg] + (nth / parts[leg])[:, None] * legs[leg])
    rank = np.where(last, drawing.rank[leg + 1], 0.0)
    count = np.bincount(np.append(stroke[:1], stroke[leg + 1]), minlength=len(drawing.count))
    return Drawing(np.concatenate([drawing.xy[:1], xy]), np.append(drawing.rank[:1], rank), count)


Code = tuple[list[int], list[int]]
"""The prompt's ids, and those to be written."""


def code(word: Word, task: str, codec: Codec) -> Code:
    """A word's code for a task."""
    return codec.prompt(task, word.text), codec.encode(task, word.text, word.coded)


def collate(words: list[Word], codes: list[Code], codec: Codec) -> dict[str, Tensor]:
    """Prompts and labels, padded, and what is to be drawn."""
    crops = torch.tensor([word.crop for word in words])
    return segments([Ink(word.text, word.drawing, GRID) for word in words]) | padded(codes, codec) | {"crop": crops}


def padded(codes: list[Code], codec: Codec) -> dict[str, Tensor]:
    """`prompt` and `labels`, int64 (B, L) each."""
    prompts, labels = ([torch.tensor(ids) for ids in part] for part in zip(*codes, strict=True))
    return {
        "prompt": pad_sequence(prompts, batch_first=True, padding_value=codec.pad),
        "labels": pad_sequence(labels, batch_first=True, padding_value=NONE),
    }


class SquareInk(IterableDataset):
    """Endless batches of the four tasks on rendered ink, from a file of train.pack; at most `batch` words each."""

    def __init__(self, path: Path, codec: Codec, batch: int, *, split: str = "train", seed: int = 0) -> None:
        self.path, self.codec, self.batch, self.split, self.seed = path, codec, batch, split, seed

    def __iter__(self) -> Iterator[dict[str, Tensor]]:
        worker = torch.utils.data.get_worker_info()
        rng = np.random.default_rng([self.seed, worker.id if worker else 0])
        store = InkStore(self.path, self.split)
        while True:
            words = [place(*store.draw(rng), rng) for _ in range(POOL * self.batch)]
            groups = alike([word.tokens for word in words], self.batch)
            for g in rng.permutation(len(groups)):
                chosen = [words[i] for i in groups[g]]
                codes = [code(word, TASKS[rng.integers(len(TASKS))], self.codec) for word in chosen]
                yield collate(chosen, codes, self.codec)


def alike(lengths: list[int], batch: int) -> list[list[int]]:
    """Numbers of words whose labels are so long, in groups of at most `batch` of about equal length, and of no more
    tokens than `batch` usual ones when padded. Words too long for the decoder are left out."""
    groups: list[list[int]] = [[]]
    for i in np.argsort(lengths, kind="stable").tolist():
        if lengths[i] > LONGEST:
            break
        size = len(groups[-1]) + 1
        if groups[-1] and (size > batch or size * lengths[i] > batch * USUAL):
            groups.append([])
        groups[-1].append(i)
    return [group for group in groups if group]


class SquarePictures(IterableDataset):
    """Endless batches of the fifth task, from a file of train.pack_words: real pictures, in greys."""

    def __init__(self, path: Path, codec: Codec, batch: int, *, seed: int = 0) -> None:
        self.path, self.codec, self.batch, self.seed = path, codec, batch, seed

    def __iter__(self) -> Iterator[dict[str, Tensor]]:
        worker = torch.utils.data.get_worker_info()
        rng = np.random.default_rng([self.seed, 77, worker.id if worker else 0])
        texts, widths, pixels = pictures_of(self.path)
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
