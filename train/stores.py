"""Packed samples as drawings: drawn at random with odds that balance sources, donors and texts."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from inksight.writing.drawing import Drawing, end_to_end
from inksight.writing.setting import extent, on_baseline
from train.pack import RANKS, SOURCES, UNIT, load

SHARES = {
    "unipen_words": 0.56, "unipen_textwords": 0.13, "unipen_autowords": 0.04, "unipen_chars": 0.05, "fonts": 0.12,
    "set": 0.1,
}  # fmt: skip
"""How often ink comes from which source; "set" is words set of a writer's single characters."""
UNWRITTEN = (
    "Goth", "Serif", "Greek", "bold", "Med", "medium", "Dualis", "Pluralis", "MistyNight", "SpaceRocks",
)  # fmt: skip
"""Parts of the names of fonts that no hand writes: blackletter, serifs, doubled lines, other letters than labelled."""
JOINT = 0.13
"""A letter of a font that ends this close to where the next one begins, in ink heights, is joined with it."""
ACCENTS = {"a": "àâäáãå", "e": "éèêë", "i": "îïíì", "o": "ôöóòõø", "u": "ùûüú", "c": "ç", "n": "ñ", "s": "ß", "y": "ÿý"}


class Samples:
    """Packed samples, each as a drawing: a file of train.pack or train.pack_scripts."""

    def __init__(self, path: Path) -> None:
        data = load(path)
        self.texts, self.writers = (np.array(str(data[k]).split("\n")) for k in ("text", "writer"))
        self.source, self.val, self.advance = data["source"], data["val"], data["advance"]
        self.xy, self.rank = data["xy"], data["rank"]
        self.lengths, self.counts = data["points"], data["strokes"]
        self.stroke_ends = np.cumsum(data["strokes"])
        self.point_ends = np.concatenate([[0], np.cumsum(data["points"], dtype=np.int64)])

    def sample(self, i: int) -> Drawing:
        """Sample i, in ink heights or in its frame."""
        strokes = slice(self.stroke_ends[i] - self.counts[i], self.stroke_ends[i])
        points = slice(self.point_ends[strokes.start], self.point_ends[strokes.stop])
        return Drawing(self.xy[points] / UNIT, RANKS[self.rank[points]], self.lengths[strokes].astype(np.int64))


class InkStore(Samples):
    """The packed samples of one split, with weights that balance donors, texts and sources."""

    def __init__(self, path: Path, split: str) -> None:
        super().__init__(path)
        chosen = self.val if split == "val" else ~self.val
        self.pools: dict[str, tuple[NDArray, NDArray]] = {}
        for i, name in enumerate(SOURCES[:-1]):
            ids = np.flatnonzero(chosen & (self.source == i))
            if len(ids):
                self.pools[name] = ids, np.cumsum(self._weights(ids))
        glyphs = np.flatnonzero(self.source == len(SOURCES) - 1)
        fonts = {w: {self.texts[i]: i for i in glyphs if self.writers[i] == w} for w in set(self.writers[glyphs])}
        written = {w: f for w, f in fonts.items() if not any(part in w for part in UNWRITTEN)}
        self.fonts = {w: f for w, f in sorted(written.items()) if set("abcdefghijklmnopqrstuvwxyz") <= set(f)}
        self.hands = self._hands()
        self.words = sorted({t for t in self.texts[self.pools["unipen_words"][0]] if 2 <= len(t) <= 12})
        self.odds = {k: v for k, v in SHARES.items() if k in self.pools or k == "fonts" or (k == "set" and self.hands)}

    def _weights(self, ids: NDArray) -> NDArray:
        weight = np.ones(len(ids))
        for label in (self.writers[ids], self.texts[ids]):
            _, index, count = np.unique(label, return_inverse=True, return_counts=True)
            weight *= count[index] ** -0.5
        return weight / weight.sum()

    def _hands(self) -> list[dict[str, list[int]]]:
        """For each writer of enough single characters, the samples of each character."""
        by_writer: dict[str, dict[str, list[int]]] = defaultdict(lambda: defaultdict(list))
        for i in self.pools["unipen_chars"][0] if "unipen_chars" in self.pools else ():
            if len(self.texts[i]) == 1:
                by_writer[self.writers[i]][self.texts[i]].append(int(i))
        return [dict(hand) for _, hand in sorted(by_writer.items()) if len(hand) >= 10]

    def draw(self, rng: np.random.Generator) -> tuple[str, Drawing]:
        """A random sample and its text."""
        odds = np.array(list(self.odds.values()))
        name = list(self.odds)[int(np.searchsorted(np.cumsum(odds / odds.sum()), rng.random(), side="right"))]
        if name == "fonts":
            return self.font_word(rng)
        if name == "set":
            return self.set_word(rng)
        ids, cumulated = self.pools[name]
        i = ids[min(np.searchsorted(cumulated, rng.random()), len(ids) - 1)]
        return str(self.texts[i]), self.sample(i)

    def font_word(self, rng: np.random.Generator) -> tuple[str, Drawing]:
        """A word set in a single-line font, uneven as by hand: where accented letters and odd characters come from."""
        font = self.fonts[list(self.fonts)[rng.integers(len(self.fonts))]]
        text = str(self.words[rng.integers(len(self.words))])
        if rng.random() < 0.7:
            text = _accent(text, rng)
        if rng.random() < 0.3:
            text = text.capitalize() if rng.random() < 0.6 else text.upper()
        if rng.random() < 0.3:
            text = "".join(rng.choice(sorted(c for c in font if len(c) == 1), rng.integers(2, 7)))
        text = "".join(c for c in text if c in font) or "a"
        glyphs, x = [], 0.0
        for c in text:
            size, rise = 1 + rng.normal(0, 0.05), rng.normal(0, 0.02)
            glyphs.append(self.sample(font[c]).scaled(size, (x, rise)))
            x += self.advance[font[c]] * size + rng.normal(0, 0.02)
        return text, end_to_end(glyphs, JOINT)

    def set_word(self, rng: np.random.Generator) -> tuple[str, Drawing]:
        """Single characters of one writer side by side: numbers, names and letter sequences that nobody wrote as words.

        The tablet's baseline is unknown, so each character gets the place and the height that its kind has in print.
        """
        hand = self.hands[rng.integers(len(self.hands))]
        text = str(self.words[rng.integers(len(self.words))])
        kind = rng.random()
        if kind < 0.35:
            text = "".join(rng.choice(sorted(hand), rng.integers(2, 8)))
        elif kind < 0.6:
            text = text.capitalize() if kind < 0.5 else text.upper()
        text = "".join(c for c in text if c in hand)[:10]
        if not text:
            text = str(rng.choice(sorted(hand)))
        set_so = on_baseline(text, lambda c: self.sample(rng.choice(hand[c])), extent, rng)
        return set_so or self.set_word(rng)


def _accent(text: str, rng: np.random.Generator) -> str:
    """The text with about a third of its letters accented."""
    return "".join(rng.choice(list(ACCENTS[c])) if c in ACCENTS and rng.random() < 0.35 else c for c in text)
