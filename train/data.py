"""Batches for the five tasks: ink at random sizes and slants with its code, and real pictures of words.

All numpy; a batch is a dict of tensors ready for the device. Pictures of ink are drawn there, by train/render.py.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch.utils.data import IterableDataset

from inksight.recognition.tokens import (
    CHARACTERS,
    DERENDER,
    DERENDER_TEXT,
    DOWN,
    END,
    INK,
    MAX_STEP,
    MOVE,
    PAD,
    RECOGNIZE,
    RECOGNIZE_DERENDER,
    TOLERANCE,
    Vocabulary,
)
from inksight.writing.drawing import Drawing, Integers
from train.pack_words import pictures_of
from train.scripts import Scripts
from train.stores import InkStore

HEIGHT = 64
CELL = 4
"""Side of the pointer's cells, in canvas pixels."""
NONE = -100
"""Target that the loss ignores."""
LONGEST_CODE = 256
"""Decoder steps; longer samples are left out."""

POOL = 20
"""Samples of like width and length are found among those of so many batches: the more, the less is padding."""
FRAMED = 0.4
"""How often a sample lies on the canvas just as image.fit would lay it."""
TASKS = {DERENDER: 0.3, DERENDER_TEXT: 0.2, RECOGNIZE_DERENDER: 0.4, RECOGNIZE: 0.1}
"""How often rendered ink is used for which task; real pictures are always for RECOGNIZE."""


@dataclass
class Ink:
    """A sample in canvas pixels: its strokes, the text, the canvas width."""

    text: str
    drawing: Drawing
    width: int


class Store(Protocol):
    """What words are drawn from."""

    def draw(self, rng: np.random.Generator) -> tuple[str, Drawing]:
        """A random word's text ("": nobody could read it out) and its ink."""
        ...


def store_of(ink: Path, scripts: Path | None, split: str) -> Store:
    """The words of a split: those of a file of train.pack, with those of one of train.pack_scripts among them."""
    latin = InkStore(ink, split)
    return Scripts(scripts, split, latin) if scripts else latin


def place(store: Store, rng: np.random.Generator, max_width: int, *, augment: bool = True) -> Ink | None:
    """A random sample on a canvas of random size, slanted, turned and stretched; None if it doesn't fit."""
    text, drawing = store.draw(rng)
    if augment:
        slant, turn, stretch = rng.normal(0, 0.12), rng.normal(0, 0.035), np.exp(rng.normal(0, 0.13))
        rotation = np.array([[np.cos(turn), np.sin(turn)], [-np.sin(turn), np.cos(turn)]])
        drawing = drawing.turned(np.array([[stretch, 0.0], [-slant * stretch, 1.0]]) @ rotation)
    low = drawing.xy.min(axis=0)
    size = drawing.xy.max(axis=0) - low
    # As image.fit does it: the ink's height fills the canvas, but a dash or a dot is not blown up to it.
    tall = max(size[1], 0.08 * size[0], 0.02)
    framed = not augment or rng.random() < FRAMED
    fill = 0.8 if framed else rng.uniform(0.4, 0.94)
    scale = fill * HEIGHT / tall
    if augment and len(text) == 1 and tall < 0.35:
        scale *= rng.uniform(0.3, 1.0)  # a dot or a comma by itself
    margin = HEIGHT * (np.full(2, 0.1) if framed else rng.uniform(0.03, 0.5, 2))
    scale = min(scale, (max_width - margin.sum()) / max(size[0], 1e-6))
    if scale * size[1] < 0.2 * HEIGHT and len(text) > 3:
        return None
    drawn = size * scale
    spare = HEIGHT - drawn[1]
    top = spare * (0.5 if framed else np.clip(rng.normal(0.5, 0.15), 0.1, 0.9))
    width = int(np.ceil((drawn[0] + margin.sum()) / 32) * 32)
    width = min(max(width, 64), max_width)
    left = margin[0] + max(0.0, width - drawn[0] - margin.sum()) * (0.5 if framed else rng.random())
    placed = drawing.scaled(scale, np.array([left, top]) - low * scale)
    return Ink(text, placed, width)


def code_points(drawing: Drawing) -> tuple[Integers, Integers]:
    """recognition.tokens.path_points of all strokes at once: the points int64 (m, 2), and how many each stroke has."""
    kept = drawing.rank > TOLERANCE
    corners, stroke = drawing.xy[kept], drawing.stroke_numbers()[kept]
    legs = np.diff(corners, axis=0)
    parts = np.maximum(1, np.ceil(np.abs(legs).max(axis=1, initial=0) / (MAX_STEP - 1))).astype(np.int64)
    parts[stroke[1:] != stroke[:-1]] = 1  # the pen is up: the way ends at the next stroke's first point
    leg = np.repeat(np.arange(len(legs)), parts)
    share = (np.arange(len(leg)) - np.repeat(np.cumsum(parts) - parts, parts) + 1) / np.repeat(parts, parts)
    dense = np.concatenate([corners[:1], corners[leg] + share[:, None] * legs[leg]])
    owner = np.concatenate([stroke[:1], stroke[leg + 1]])
    grid = np.rint(dense).astype(np.int64)
    fresh = np.ones(len(grid), bool)
    fresh[1:] = (grid[1:] != grid[:-1]).any(axis=1) | (owner[1:] != owner[:-1])
    return grid[fresh], np.bincount(owner[fresh], minlength=len(drawing.count))


def encode(ink: Ink, task: int, vocabulary: Vocabulary, rng: np.random.Generator, noise: float) -> dict[str, NDArray]:
    """The decoder's inputs and targets for one sample, each int64 (L,) or (L, 2).

    Inputs: `ids` (what kind of step), `xy` (pen position, jittered), `move` (the last move). Targets: `text` (next id),
    `lift` (0: the stroke goes on, 1: it ends or ink begins), `step` (dx, dy), `start` (x, y of the next stroke's first
    point, or -1 to stop). What says nothing in the vocabulary's characters is derendered, whatever the task.
    """
    letters = vocabulary.encode(ink.text)
    task = task if letters else DERENDER
    head = [task] + (letters if task != DERENDER else []) + ([] if task == RECOGNIZE else [INK])
    points, count = (
        (np.zeros((0, 2), np.int64), np.zeros(0, np.int64)) if task == RECOGNIZE else code_points(ink.drawing)
    )
    n, h = len(points), len(head)
    total = h + n
    out = {k: np.full((total, 2), v) for k, v in {"xy": 0, "move": 0, "step": NONE, "start": NONE}.items()}
    out |= {"ids": np.array(head + [MOVE] * n), "text": np.full(total, NONE), "lift": np.full(total, NONE)}
    if task == RECOGNIZE:
        out["text"][:] = [*letters, END]
    elif task == RECOGNIZE_DERENDER:
        out["text"][: h - 1] = [*letters, INK][: h - 1]
    if task == RECOGNIZE:
        return out
    last = h + np.cumsum(count) - 1
    first = last - count + 1
    seen = points.copy()
    if noise:
        # Slips of the pen: the decoder sees a point beside the line and learns to come back to it.
        slip = rng.random(n) < noise
        seen[slip] += rng.integers(-2, 3, (int(slip.sum()), 2))
    out["ids"][first] = DOWN
    out["xy"][h:] = seen
    out["move"][h + 1 :] = np.clip(np.diff(seen, axis=0), -MAX_STEP, MAX_STEP)
    out["move"][first] = 0
    out["lift"][h:], out["lift"][last] = 0, 1
    out["step"][h:-1] = np.clip(points[1:] - seen[:-1], -MAX_STEP, MAX_STEP)
    out["step"][last] = NONE
    out["start"][h - 1] = points[0]
    out["start"][last[:-1]] = points[first[1:] - h]
    out["start"][last[-1]] = -1
    return out


def collate(inks: list[Ink], codes: list[dict[str, NDArray]], letters: list[list[int]]) -> dict[str, torch.Tensor]:
    """Pad the codes, and add the segments to draw.

    `start` (B, S, 2) and its steps `asked` (B, S) hold the steps at which a stroke is begun or the end is said, side by
    side, padded with `NONE` and 0: so the loss need not look for them.
    """
    length = max(len(c["ids"]) for c in codes)
    fill = {"ids": PAD, "xy": 0, "move": 0}
    batch = {}
    for key in codes[0]:
        stack = np.full((len(codes), length, *codes[0][key].shape[1:]), fill.get(key, NONE), np.int64)
        for i, code in enumerate(codes):
            stack[i, : len(code["ids"])] = code[key]
        batch[key] = stack
    batch["asked"], batch["start"] = _asked(batch["start"])
    tensors = {k: torch.from_numpy(v) for k, v in batch.items()} | segments(inks)
    tensors["width"] = torch.tensor(max(i.width for i in inks))
    tensors["letters"] = torch.nn.utils.rnn.pad_sequence([torch.tensor(x) for x in letters], batch_first=True)
    tensors["letter_count"] = torch.tensor([len(x) for x in letters])
    return tensors


def _asked(start: Integers) -> tuple[Integers, Integers]:
    """`start` (B, L, 2) -> its steps with a target (B, S), and these targets (B, S, 2)."""
    row, step = np.nonzero(start[..., 0] != NONE)
    count = np.bincount(row, minlength=len(start))
    slot = np.arange(len(row)) - np.repeat(np.cumsum(count) - count, count)
    asked = np.zeros((len(start), max(int(count.max()), 1)), np.int64)
    targets = np.full((*asked.shape, 2), NONE)
    asked[row, slot], targets[row, slot] = step, start[row, step]
    return asked, targets


def segments(inks: Sequence[Ink]) -> dict[str, torch.Tensor]:
    """All curves end to end as `segments` to draw (x0, y0, x1, y1), with their sample (`owner`) and `stroke`."""
    ends, owner, stroke = [np.zeros((0, 4))], [np.zeros(0, np.int64)], [np.zeros(0, np.int64)]
    for i, d in enumerate(ink.drawing for ink in inks):
        if not len(d.xy):
            continue
        # A point of the pen is drawn as a segment of length 0.
        single = np.repeat(d.count == 1, d.count)
        at = np.repeat(np.arange(len(d.xy)), np.where(single, 2, 1))
        of = d.stroke_numbers()[at]
        inside = of[1:] == of[:-1]
        ends.append(np.hstack([d.xy[at[:-1]], d.xy[at[1:]]])[inside])
        owner.append(np.full(len(ends[-1]), i))
        stroke.append(of[1:][inside])
    return {
        "segments": torch.from_numpy(np.concatenate(ends).astype(np.float32)),
        "owner": torch.from_numpy(np.concatenate(owner)),
        "stroke": torch.from_numpy(np.concatenate(stroke)),
    }


class InkBatches(IterableDataset):
    """Endless batches of rendered-ink tasks, samples of like width together."""

    def __init__(
        self,
        path: Path,
        batch: int,
        *,
        scripts: Path | None = None,
        characters: str = CHARACTERS,
        max_width: int = 448,
        seed: int = 0,
        noise: float = 0.15,
    ) -> None:
        self.path, self.scripts, self.characters = path, scripts, characters
        self.batch, self.max_width, self.seed, self.noise = batch, max_width, seed, noise

    def __iter__(self) -> Iterator[dict[str, torch.Tensor]]:
        worker = torch.utils.data.get_worker_info()
        rng = np.random.default_rng([self.seed, worker.id if worker else 0])
        store, vocabulary = store_of(self.path, self.scripts, "train"), Vocabulary(self.characters)
        tasks, odds = list(TASKS), list(TASKS.values())
        while True:
            pool = [ink for _ in range(POOL * self.batch) if (ink := place(store, rng, self.max_width))]
            pool.sort(key=lambda ink: (-(-ink.width // 64), int((ink.drawing.rank > TOLERANCE).sum())))
            groups = [pool[i : i + self.batch] for i in range(0, len(pool) - self.batch + 1, self.batch)]
            for g in rng.permutation(len(groups)):
                inks, codes = [], []
                for ink, task in zip(groups[g], rng.choice(tasks, len(groups[g]), p=odds), strict=True):
                    code = encode(ink, int(task), vocabulary, rng, self.noise)
                    if len(code["ids"]) <= LONGEST_CODE:
                        inks.append(ink)
                        codes.append(code)
                if inks:
                    yield collate(inks, codes, [vocabulary.encode(ink.text) for ink in inks])


class PictureBatches(IterableDataset):
    """Endless batches of real word pictures (a file of train.pack_words) for the recognition task."""

    def __init__(self, path: Path, batch: int, *, characters: str = CHARACTERS, seed: int = 0) -> None:
        self.path, self.batch, self.characters, self.seed = path, batch, characters, seed

    def __iter__(self) -> Iterator[dict[str, torch.Tensor]]:
        worker = torch.utils.data.get_worker_info()
        rng = np.random.default_rng([self.seed, 77, worker.id if worker else 0])
        vocabulary = Vocabulary(self.characters)
        texts, widths, pixels = pictures_of(self.path)
        ends = np.cumsum(widths)
        nothing = Drawing(np.zeros((0, 2)), np.zeros(0), np.zeros(0, np.int64))
        while True:
            # They are sorted by width: neighbours make a batch of like width.
            start = rng.integers(0, max(1, len(texts) - 4 * self.batch))
            rows = start + rng.choice(min(4 * self.batch, len(texts)), min(self.batch, len(texts)), replace=False)
            width = int(widths[rows].max())
            picture = np.zeros((len(rows), 1, HEIGHT, width), np.float32)
            for k, i in enumerate(rows):
                picture[k, 0, :, : widths[i]] = pixels[:, ends[i] - widths[i] : ends[i]] / 200
            inks = [Ink(texts[i], nothing, width) for i in rows]
            codes = [encode(ink, RECOGNIZE, vocabulary, rng, 0.0) for ink in inks]
            batch = collate(inks, codes, [vocabulary.encode(ink.text) for ink in inks])
            yield batch | {"picture": torch.from_numpy(picture)}


def device_standardise(canvas: torch.Tensor) -> torch.Tensor:
    """inksight.imaging.canvas.standardise for a batch (B, 1, H, W) on the device."""
    flat = canvas.flatten(1).float()
    ordered = flat.sort(dim=1).values
    n = flat.shape[1]
    median = (ordered[:, (n - 1) // 2] + ordered[:, n // 2]) / 2
    top = ordered[:, n - max(1, round(0.03 * n)) :].mean(dim=1)
    spread = (top - median).clamp(min=0.2)
    return ((canvas - median[:, None, None, None]) / spread[:, None, None, None]).clamp(-0.5, 1.5)
