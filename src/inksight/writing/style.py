"""A hand: what is the same all through a word, and what is uneven from stroke to stroke."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..ink.curves import significances
from .drawing import Drawing, Floats


@dataclass(frozen=True)
class Style:
    """How somebody writes characters whose ideal strokes are known. Lengths in sides of a character's cell.

    `rise` tilts flat strokes, right end up; `uneven` moves each stroke, `turns` (radians) turns and `bows` bends it;
    `warp` is the size of the smooth deformation of each character; `joins` is how often the pen stays down to a next
    stroke that begins within `reach`; `pitch` is the distance of characters, `sizes` how much their sizes differ,
    `drift` how far they stray from the line, `kana` the size of kana beside ideographs.
    """

    rise: float
    uneven: float
    turns: float
    bows: float
    warp: float
    joins: float
    reach: float
    pitch: float
    sizes: float
    drift: float
    kana: float

    @classmethod
    def random(cls, rng: np.random.Generator) -> Style:
        """From neat to hasty."""
        haste = rng.random()
        return cls(
            rise=rng.normal(0.05, 0.06),
            uneven=0.006 + 0.022 * haste * rng.random(),
            turns=0.02 + 0.07 * haste * rng.random(),
            bows=0.01 + 0.06 * haste * rng.random(),
            warp=0.008 + 0.03 * rng.random(),
            joins=max(0.0, 0.9 * haste - 0.4) * rng.random(),
            reach=rng.uniform(0.15, 0.4),
            pitch=rng.uniform(0.84, 1.14),
            sizes=rng.uniform(0.01, 0.09),
            drift=rng.uniform(0.005, 0.05),
            kana=rng.uniform(0.68, 0.95),
        )

    def bent(self, character: Drawing, rng: np.random.Generator, amount: float = 1.0) -> Drawing:
        """A character (in its cell, a square of side 1) as this hand writes it once.

        `amount` is 1 for ideal strokes, less for what somebody wrote. The ranks are the old ones: `ranked` mends them,
        of a whole word at once.
        """
        xy = _each_bent(character, self, amount, rng)
        xy[:, 1] -= amount * self.rise * (xy[:, 0] - 0.5)
        xy += _waves(xy, amount * self.warp, rng)
        return Drawing(xy, character.rank, character.count)

    def joined(self, character: Drawing, rng: np.random.Generator) -> Drawing:
        """The character with some strokes joined to their next one, by a straight line."""
        ends = np.cumsum(character.count)
        gap = np.linalg.norm(character.xy[ends[:-1]] - character.xy[ends[:-1] - 1], axis=1)
        joined = (gap < self.reach) & (rng.random(len(gap)) < self.joins)
        groups = np.cumsum(np.concatenate([[0], ~joined]))
        return Drawing(character.xy, character.rank, np.bincount(groups, character.count).astype(np.int64))


def ranked(drawing: Drawing) -> Drawing:
    """The drawing with the ranks of its points as they lie now."""
    return Drawing(drawing.xy, significances(drawing.xy, drawing.count), drawing.count)


def _each_bent(character: Drawing, style: Style, amount: float, rng: np.random.Generator) -> Floats:
    """Each stroke moved, turned about its middle and bowed."""
    count, n = character.count, len(character.count)
    stroke, last = character.stroke_numbers(), np.cumsum(count) - 1
    first = last - count + 1
    start, chord = character.xy[first], character.xy[last] - character.xy[first]
    middle = start + chord / 2
    share = (np.arange(len(stroke)) - first[stroke]) / np.maximum(count - 1, 1)[stroke]
    angle = rng.normal(0, amount * style.turns, n)
    away = character.xy - middle[stroke]
    turned = away + angle[stroke, None] * away[:, ::-1] * (-1, 1)
    across = rng.normal(0, amount * style.bows, n)[:, None] * chord[:, ::-1] * (-1, 1)
    bow = across[stroke] * (4 * share * (1 - share))[:, None]
    moved: Floats = middle[stroke] + turned + bow + rng.normal(0, amount * style.uneven, (n, 2))[stroke]
    return moved


def _waves(xy: Floats, size: float, rng: np.random.Generator) -> Floats:
    """A smooth field of displacements at the points: three waves, each 0.7 to 2.5 cells long, in random directions."""
    out = np.zeros_like(xy)
    for _ in range(3):
        angle, length = rng.uniform(0, 2 * np.pi), rng.uniform(0.7, 2.5)
        phase = (xy @ [np.cos(angle), np.sin(angle)]) * (2 * np.pi / length) + rng.uniform(0, 2 * np.pi)
        out += np.sin(phase)[:, None] * rng.normal(0, size, 2)
    return out
