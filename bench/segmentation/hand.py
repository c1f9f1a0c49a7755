"""Handwriting for the scenes: words of UNIPEN's test writers, and single-line fonts that look like a hand."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from inksight.arrays import Array
from inksight.evaluate.sets import unipen_words
from inksight.formats.dataset import read_packed
from inksight.ink.curves import resample, smooth

Strokes = list[Array]
Random = np.random.Generator

FEWEST = 20
"""Words that a writer must have."""
STAIRS = 1.2
"""Gaussian along the arc, in tablet units, that takes the stairs of coarse tablets away."""
FONTS = ("EMSPancakes", "EMSFelix", "EMSCasualHand", "EMSAllure", "EMSDelight", "EMSNeato", "EMSPepita", "EMSBird")
"""Of the single-line fonts, some under the Open Font License that look written."""
TEXT = (
    "déjà vu garçon über Straße naïve où là-bas mañana Ångström forêt cœur élève août façade Grüße niño señal "
    'português Zürich 1,50 € 24.12. 14:30 km² 3×4=12 x+y=z a/b §7 No. 5 (ja) "oui" quand? hé! etc. & Co.'
)
WORDS = TEXT.split()


@dataclass(frozen=True)
class Hand:
    """A writer's words in units of the x-height, their baseline at y = 0, beginning at x = 0."""

    name: str
    words: Sequence[tuple[str, Strokes]]

    def word(self, rng: Random) -> tuple[str, Strokes]:
        """Any of the words."""
        return self.words[int(rng.integers(len(self.words)))]


def hands(data: str | Path) -> list[Hand]:
    """All hands of the data folder, the same every time. Raises InputError when it is no such folder."""
    found = defaultdict(list)
    for word in unipen_words(data, 5000):
        found[word.writer].append((word.text, [_smooth(np.asarray(s, float)) for s in word.strokes]))
    writers = [_scaled(name, words) for name, words in sorted(found.items()) if len(words) >= FEWEST]
    return [w for w in writers if len(w.words) >= FEWEST] + list(_fonts(Path(data) / "ink" / "font_glyphs.npz"))


def _smooth(points: Array) -> Array:
    return smooth(points, STAIRS) if len(points) > 2 else points


def _scaled(name: str, words: Sequence[tuple[str, Strokes]]) -> Hand:
    """All words by the same factor; those that look mislabelled are left out."""
    feet = [_turn(strokes, 1) for _, strokes in words]
    heads = [_turn(strokes, -1) for _, strokes in words]
    tall = float(np.median([np.ptp(np.concatenate(s)[:, 1]) for _, s in words]))
    x_height = max(float(np.median(np.subtract(feet, heads))), 0.35 * tall)
    kept = []
    for (text, strokes), foot in zip(words, feet, strict=True):
        there = [(s - (np.concatenate(strokes)[:, 0].min(), foot)) / x_height for s in strokes]
        width, height = np.ptp(np.concatenate(there), axis=0)
        if height < 5 and 0.25 < width / len(text) < 2.5:
            kept.append((text, there))
    return Hand(name, kept)


def _turn(strokes: Strokes, sign: int) -> float:
    """The middle of the points where the pen turns up (1) or down (-1)."""
    step = 0.08 * float(np.ptp(np.concatenate(strokes)[:, 1])) + 1e-6
    turns: list[float] = []
    for stroke in strokes:
        y = sign * resample(stroke, step)[:, 1]
        turns += y[1:-1][(y[1:-1] >= y[:-2]) & (y[1:-1] > y[2:])].tolist() or [float(y.max())]
    return sign * float(np.median(turns))


def _fonts(path: Path) -> Iterator[Hand]:
    """Words with accents and signs, which UNIPEN has none of, set in single-line fonts."""
    glyphs = {(g.writer, g.text): g for g in read_packed(path) if g.writer in FONTS}
    for font in FONTS:
        x_height = -float(np.concatenate(glyphs[font, "x"].strokes)[:, 1].min())
        words = []
        for text in WORDS:
            if all((font, c) in glyphs for c in text):
                x, strokes = 0.0, []
                for glyph in (glyphs[font, c] for c in text):
                    strokes += [(s + np.array([x, 0])) / x_height for s in glyph.strokes]
                    x += glyph.advance
                words.append((text, strokes))
        yield Hand(font, words)
