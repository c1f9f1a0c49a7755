"""Batches for the five tasks: ink at random sizes and slants with its code, and real pictures of words.

All numpy; a batch is a dict of tensors ready for the device. Pictures of ink are drawn there, by train/render.py.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch.utils.data import IterableDataset

from inksight.tokens import (
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
    path_points,
)
from train.pack import SOURCES, UNIT

HEIGHT = 64
CELL = 4
"""Side of the pointer's cells, in canvas pixels."""
NONE = -100
"""Target that the loss ignores."""
LONGEST_CODE = 256
"""Decoder steps; longer samples are left out."""

SHARES = {"unipen_words": 0.62, "unipen_textwords": 0.14, "unipen_autowords": 0.06, "unipen_chars": 0.06, "fonts": 0.12}
"""How often ink comes from which source."""
UNWRITTEN = (
    "Goth", "Serif", "Greek", "bold", "Med", "medium", "Dualis", "Pluralis", "MistyNight", "SpaceRocks",
)  # fmt: skip
"""Parts of the names of fonts that no hand writes: blackletter, serifs, doubled lines, other letters than labelled."""
TASKS = {DERENDER: 0.3, DERENDER_TEXT: 0.2, RECOGNIZE_DERENDER: 0.4, RECOGNIZE: 0.1}
"""How often rendered ink is used for which task; real pictures are always for RECOGNIZE."""

Curve = NDArray[np.float64]


@dataclass
class Ink:
    """A sample in canvas pixels: dense curves to draw, their ranks for the code, the text, the canvas width."""

    text: str
    curves: list[Curve]
    ranks: list[Curve]
    width: int
    clutter: list[Curve]


class InkStore:
    """The packed samples of one split, with weights that balance donors, texts and sources."""

    def __init__(self, path: Path, split: str) -> None:
        with np.load(path) as z:
            data = {k: z[k] for k in z.files}
        self.texts, self.writers = (np.array(str(data[k]).split("\n")) for k in ("text", "writer"))
        self.xy, self.rank, self.advance = data["xy"], data["rank"], data["advance"]
        self.point_ends = np.cumsum(data["points"])
        self.stroke_ends = np.cumsum(data["strokes"])
        self.lengths, self.counts = data["points"], data["strokes"]
        chosen = data["val"] if split == "val" else ~data["val"]
        source = data["source"]
        self.pools: dict[str, tuple[NDArray, NDArray]] = {}
        for i, name in enumerate(SOURCES[:-1]):
            ids = np.flatnonzero(chosen & (source == i))
            if len(ids):
                self.pools[name] = ids, np.cumsum(self._weights(ids))
        glyphs = np.flatnonzero(source == len(SOURCES) - 1)
        fonts = {w: {self.texts[i]: i for i in glyphs if self.writers[i] == w} for w in set(self.writers[glyphs])}
        written = {w: f for w, f in fonts.items() if not any(part in w for part in UNWRITTEN)}
        self.fonts = {w: f for w, f in written.items() if set("abcdefghijklmnopqrstuvwxyz") <= set(f)}
        self.words = sorted({t for t in self.texts[self.pools["unipen_words"][0]] if 2 <= len(t) <= 12})

    def _weights(self, ids: NDArray) -> NDArray:
        weight = np.ones(len(ids))
        for label in (self.writers[ids], self.texts[ids]):
            _, index, count = np.unique(label, return_inverse=True, return_counts=True)
            weight *= count[index] ** -0.5
        return weight / weight.sum()

    def sample(self, i: int) -> tuple[str, list[Curve], list[Curve]]:
        """Text, curves in ink heights, and RDP ranks of sample i."""
        curves, ranks = [], []
        for k in range(self.stroke_ends[i] - self.counts[i], self.stroke_ends[i]):
            part = slice(self.point_ends[k] - self.lengths[k], self.point_ends[k])
            curves.append(self.xy[part] / UNIT)
            ranks.append(self.rank[part].astype(np.float64))
        return str(self.texts[i]), curves, ranks

    def draw(self, rng: np.random.Generator) -> tuple[str, list[Curve], list[Curve]]:
        """A random sample."""
        name = rng.choice(list(SHARES), p=list(SHARES.values()))
        if name == "fonts":
            return self.font_word(rng)
        ids, cumulated = self.pools.get(name, self.pools["unipen_words"])
        return self.sample(ids[min(np.searchsorted(cumulated, rng.random()), len(ids) - 1)])

    def font_word(self, rng: np.random.Generator) -> tuple[str, list[Curve], list[Curve]]:
        """A word set in a single-line font, uneven as by hand: where accented letters and odd characters come from."""
        font = self.fonts[rng.choice(sorted(self.fonts))]
        text = str(rng.choice(self.words))
        if rng.random() < 0.7:
            text = _accent(text, rng)
        if rng.random() < 0.3:
            text = text.capitalize() if rng.random() < 0.6 else text.upper()
        if rng.random() < 0.3:
            text = "".join(rng.choice(sorted(c for c in font if len(c) == 1), rng.integers(2, 7)))
        text = "".join(c for c in text if c in font) or "a"
        curves, ranks, x = [], [], 0.0
        for c in text:
            _, glyph, rank = self.sample(font[c])
            size, rise = 1 + rng.normal(0, 0.05), rng.normal(0, 0.02)
            curves += [g * size + (x, rise) for g in glyph]
            ranks += [r * size for r in rank]
            x += self.advance[font[c]] * size + rng.normal(0, 0.02)
        return text, curves, ranks


ACCENTS = {"a": "àâäáãå", "e": "éèêë", "i": "îïíì", "o": "ôöóòõø", "u": "ùûüú", "c": "ç", "n": "ñ", "s": "ß", "y": "ÿý"}


def _accent(text: str, rng: np.random.Generator) -> str:
    """The text with about a third of its letters accented."""
    return "".join(rng.choice(list(ACCENTS[c])) if c in ACCENTS and rng.random() < 0.35 else c for c in text)


def place(store: InkStore, rng: np.random.Generator, max_width: int, *, augment: bool = True) -> Ink | None:
    """A random sample on a canvas of random size, slanted, turned and stretched; None if it doesn't fit."""
    text, curves, ranks = store.draw(rng)
    if augment:
        slant, turn, stretch = rng.normal(0, 0.12), rng.normal(0, 0.035), np.exp(rng.normal(0, 0.13))
        map_ = np.array([[stretch, 0.0], [-slant * stretch, 1.0]]) @ np.array(
            [[np.cos(turn), np.sin(turn)], [-np.sin(turn), np.cos(turn)]]
        )
        curves = [c @ map_ for c in curves]
    points = np.concatenate(curves)
    low, size = points.min(axis=0), np.ptp(points, axis=0)
    # As image.fit does it: the ink's height fills the canvas, but a dash or a dot is not blown up to it.
    tall = max(size[1], 0.08 * size[0], 0.02)
    fill = rng.uniform(0.5, 0.94) if augment else 0.8
    scale = fill * HEIGHT / tall
    if augment and len(text) == 1 and tall < 0.35:
        scale *= rng.uniform(0.3, 1.0)  # a dot or a comma by itself
    margin = HEIGHT * (rng.uniform(0.03, 0.5, 2) if augment else np.full(2, 0.1))
    scale = min(scale, (max_width - margin.sum()) / max(size[0], 1e-6))
    if scale * size[1] < 0.2 * HEIGHT and len(text) > 3:
        return None
    drawn = size * scale
    spare = HEIGHT - drawn[1]
    top = spare * (np.clip(rng.normal(0.5, 0.15), 0.1, 0.9) if augment else 0.5)
    width = int(np.ceil((drawn[0] + margin.sum()) / 32) * 32)
    width = min(max(width, 64), max_width)
    left = margin[0] + max(0.0, width - drawn[0] - margin.sum()) * (rng.random() if augment else 0.5)
    shift = np.array([left, top]) - low * scale
    placed = [c * scale + shift for c in curves]
    clutter = _neighbours(store, rng, placed, width) if augment and rng.random() < 0.12 else []
    return Ink(text, placed, [r * scale for r in ranks], width, clutter)


def _neighbours(store: InkStore, rng: np.random.Generator, placed: list[Curve], width: int) -> list[Curve]:
    """Another word's ink of which only a piece at the crop's edge is seen; it never touches the word itself."""
    _, curves, _ = store.draw(rng)
    points = np.concatenate(curves)
    low, high = points.min(axis=0), points.max(axis=0)
    scale = HEIGHT * rng.uniform(0.5, 0.9) / max(high[1] - low[1], 0.2)
    ink = np.concatenate(placed)
    x0, y0, x1, y1 = *ink.min(axis=0), *ink.max(axis=0)
    gap = rng.uniform(3, 8)
    side = rng.integers(4)
    anchor = {
        0: (x0 - gap - high[0] * scale, rng.uniform(-20, 20)),
        1: (x1 + gap - low[0] * scale, rng.uniform(-20, 20)),
        2: (rng.uniform(-50, width), y0 - gap - high[1] * scale),
        3: (rng.uniform(-50, width), y1 + gap - low[1] * scale),
    }[int(side)]
    return [c * scale + anchor for c in curves]


def encode(ink: Ink, task: int, vocabulary: Vocabulary, rng: np.random.Generator, noise: float) -> dict[str, NDArray]:
    """The decoder's inputs and targets for one sample, each int64 (L,) or (L, 2).

    Inputs: `ids` (what kind of step), `xy` (pen position, jittered), `move` (the last move). Targets: `text` (next id),
    `lift` (0: the stroke goes on, 1: it ends or ink begins), `step` (dx, dy), `start` (x, y of the next stroke's first
    point, or -1 to stop).
    """
    letters = vocabulary.encode(ink.text)
    strokes = (
        []
        if task == RECOGNIZE
        else [path_points(c, significances=r) for c, r in zip(ink.curves, ink.ranks, strict=True)]
    )
    head = [task] + (letters if task != DERENDER else []) + ([] if task == RECOGNIZE else [INK])
    n = sum(len(s) for s in strokes)
    total, h = len(head) + n, len(head)
    out = {k: np.full((total, 2), v) for k, v in {"xy": 0, "move": 0, "step": NONE, "start": NONE}.items()}
    out |= {"ids": np.array(head + [MOVE] * n), "text": np.full(total, NONE), "lift": np.full(total, NONE)}
    if task == RECOGNIZE:
        out["text"][:] = [*letters, END]
    elif task == RECOGNIZE_DERENDER:
        out["text"][: h - 1] = [*letters, INK][: h - 1]
    if not strokes:
        return out
    first = h + np.cumsum([0] + [len(s) for s in strokes[:-1]])
    last = h + np.cumsum([len(s) for s in strokes]) - 1
    points = np.concatenate(strokes)
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
    out["start"][h - 1] = strokes[0][0]
    out["start"][last[:-1]] = points[first[1:] - h]
    out["start"][last[-1]] = -1
    return out


def collate(inks: list[Ink], codes: list[dict[str, NDArray]], letters: list[list[int]]) -> dict[str, torch.Tensor]:
    """Pad the codes, and add the segments to draw."""
    length = max(len(c["ids"]) for c in codes)
    fill = {"ids": PAD, "xy": 0, "move": 0}
    batch = {}
    for key in codes[0]:
        shape = (len(codes), length, *codes[0][key].shape[1:])
        stack = np.full(shape, fill.get(key, NONE), np.int64)
        for i, code in enumerate(codes):
            stack[i, : len(code["ids"])] = code[key]
        batch[key] = torch.from_numpy(stack)
    batch |= segments([ink.curves + ink.clutter for ink in inks])
    batch["width"] = torch.tensor(max(i.width for i in inks))
    batch["letters"] = torch.nn.utils.rnn.pad_sequence([torch.tensor(x) for x in letters], batch_first=True)
    batch["letter_count"] = torch.tensor([len(x) for x in letters])
    return batch


def segments(samples: list[list[Curve]]) -> dict[str, torch.Tensor]:
    """All curves end to end as `segments` to draw (x0, y0, x1, y1), with their sample (`owner`) and `stroke`."""
    ends, owner, stroke = [np.zeros((0, 4))], [np.zeros(0, np.int64)], [np.zeros(0, np.int64)]
    for i, curves in enumerate(samples):
        for j, curve in enumerate(curves):
            points = curve if len(curve) > 1 else np.repeat(curve, 2, axis=0)
            ends.append(np.hstack([points[:-1], points[1:]]))
            owner.append(np.full(len(points) - 1, i))
            stroke.append(np.full(len(points) - 1, j))
    return {
        "segments": torch.from_numpy(np.concatenate(ends).astype(np.float32)),
        "owner": torch.from_numpy(np.concatenate(owner)),
        "stroke": torch.from_numpy(np.concatenate(stroke)),
    }


class InkBatches(IterableDataset):
    """Endless batches of rendered-ink tasks, samples of like width together."""

    def __init__(self, path: Path, batch: int, *, max_width: int = 448, seed: int = 0, noise: float = 0.15) -> None:
        self.path, self.batch, self.max_width, self.seed, self.noise = path, batch, max_width, seed, noise

    def __iter__(self) -> Iterator[dict[str, torch.Tensor]]:
        worker = torch.utils.data.get_worker_info()
        rng = np.random.default_rng([self.seed, worker.id if worker else 0])
        store, vocabulary = InkStore(self.path, "train"), Vocabulary()
        tasks, odds = list(TASKS), list(TASKS.values())
        while True:
            pool = [ink for _ in range(8 * self.batch) if (ink := place(store, rng, self.max_width))]
            pool.sort(key=lambda ink: (-(-ink.width // 64), sum(int((r > TOLERANCE).sum()) for r in ink.ranks)))
            groups = [pool[i : i + self.batch] for i in range(0, len(pool) - self.batch + 1, self.batch)]
            for g in rng.permutation(len(groups)):
                inks, codes = [], []
                for ink in groups[g]:
                    code = encode(ink, int(rng.choice(tasks, p=odds)), vocabulary, rng, self.noise)
                    if len(code["ids"]) <= LONGEST_CODE:
                        inks.append(ink)
                        codes.append(code)
                if inks:
                    yield collate(inks, codes, [vocabulary.encode(ink.text) for ink in inks])


class PictureBatches(IterableDataset):
    """Endless batches of real word pictures (a file of train.pack_words) for the recognition task."""

    def __init__(self, path: Path, batch: int, *, seed: int = 0) -> None:
        self.path, self.batch, self.seed = path, batch, seed

    def __iter__(self) -> Iterator[dict[str, torch.Tensor]]:
        worker = torch.utils.data.get_worker_info()
        rng = np.random.default_rng([self.seed, 77, worker.id if worker else 0])
        vocabulary = Vocabulary()
        with np.load(self.path) as z:
            texts, widths, pixels = str(z["text"]).split("\n"), z["width"], z["pixels"]
        ends = np.cumsum(widths)
        while True:
            # They are sorted by width: neighbours make a batch of like width.
            start = rng.integers(0, max(1, len(texts) - 4 * self.batch))
            rows = start + rng.choice(min(4 * self.batch, len(texts)), min(self.batch, len(texts)), replace=False)
            width = int(widths[rows].max())
            picture = np.zeros((len(rows), 1, HEIGHT, width), np.float32)
            for k, i in enumerate(rows):
                picture[k, 0, :, : widths[i]] = pixels[:, ends[i] - widths[i] : ends[i]] / 200
            inks = [Ink(texts[i], [], [], width, []) for i in rows]
            codes = [encode(ink, RECOGNIZE, vocabulary, rng, 0.0) for ink in inks]
            batch = collate(inks, codes, [vocabulary.encode(ink.text) for ink in inks])
            yield batch | {"picture": torch.from_numpy(picture)}


def device_standardise(canvas: torch.Tensor) -> torch.Tensor:
    """inksight.image.standardise for a batch (B, 1, H, W) on the device."""
    flat = canvas.flatten(1).float()
    ordered = flat.sort(dim=1).values
    n = flat.shape[1]
    median = (ordered[:, (n - 1) // 2] + ordered[:, n // 2]) / 2
    top = ordered[:, n - max(1, round(0.03 * n)) :].mean(dim=1)
    spread = (top - median).clamp(min=0.2)
    return ((canvas - median[:, None, None, None]) / spread[:, None, None, None]).clamp(-0.5, 1.5)
