"""Words of other scripts, composed anew for every sample from packed characters, and their share of all ink.

What a word says is taken from lists of common words, or at random; what it looks like from one hand: a drawer's or a
writer's own letters, or ideal strokes bent by a random style. Where Chinese and Japanese order the strokes of a
character differently, each language's words keep their own: the kana beside them say which it is.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TypeVar

import numpy as np

from inksight.alphabets import is_ideograph, script_of
from inksight.evaluate.sets import is_held_out_character
from inksight.writing import hangul
from inksight.writing.drawing import Drawing
from inksight.writing.setting import Hand, extent, in_cells, into_cell, on_baseline
from inksight.writing.style import Style, ranked
from synth import drawings
from train.stores import InkStore, Samples

Random = np.random.Generator
Word = tuple[str, Drawing]
"""What is written, empty where nobody could read it out, and its ink."""
_A = TypeVar("_A")

SHARES = {
    "Latin": 0.6, "Chinese": 0.09, "Japanese": 0.08, "Korean": 0.07, "accented": 0.06, "Cyrillic": 0.035,
    "Greek": 0.03, "maths": 0.01, "drawings": 0.025,
}  # fmt: skip
"""The mixture: how often a sample is of which kind. "Latin" has shares of its own (train.data), "accented" are words of
Vietnamese and of other languages with many accents, set from the letters of UNIPEN's writers; "drawings" are boxes,
arrows, circles."""
LISTED = 0.6
"""How often a word of a list is written, rather than characters at random."""
LENGTHS = {1: 0.3, 2: 0.32, 3: 0.2, 4: 0.12, 5: 0.06}
"""How often so many random ideographs: more than that are too many steps for a sample."""
MAINLAND = {"hanzi": 0.6, "svgsZhHans": 0.3, "svgsZhHant": 0.1}
JAPANESE = {"kanjivg": 0.4, "svgsJa": 0.25, "kanjicanvas": 0.35}
"""Hands of ideographs, and how often each is a word's first choice."""
KATAKANA, KANA = 0.15, 0.25
"""How often Japanese is katakana by a drawer; else how often kana at random."""
DRAWN, CALM = ("kanjicanvas", "omniglot", "maths"), 0.4
"""Beginnings of the names of hands that people drew: they are bent by so much of what ideal strokes are."""
ACCENTED = {
    "vi": 0.6, "pl": 0.06, "cs": 0.06, "tr": 0.05, "ro": 0.04, "hu": 0.05, "fr": 0.04, "de": 0.03, "es": 0.03,
    "sv": 0.04,
}  # fmt: skip
CYRILLIC = {"ru": 0.6, "uk": 0.25, "bg": 0.15}
CYRILLIC_ALIKE = dict(
    zip("АВЕКМНОРСТХаеорсухипмтдзІіЈјЅѕвкнЗбШшУ", "ABEKMHOPCTXaeopcyxunmmg3IiJjSsBKH36WwY", strict=True)
)
GREEK_ALIKE = dict(zip("ΑΒΕΖΗΙΚΜΝΟΡΤΥΧονικχυ", "ABEZHIKMNOPTYXovikxu", strict=True))
"""Letters that a Latin writer's hand has already: the same strokes, or those of the cursive form."""
ALIKE = 0.6
"""How often a look-alike is a Latin writer's."""
SIZE = 100.0
"""Pixels of a drawing, before it is scaled: its curves have a point every four."""
DENSEST = 12.0
"""A drawing's lines are at most so many times as long as it is."""
SINGLE_LINE = ("lc_opengost-ar", "lc_opengost-br", "KST32B")
"""Fonts of Cyrillic and Greek."""
GREEK_DRAWN = 0.85
"""How often Greek is by a drawer, rather than in a font."""
FORMULA = 0.4
"""How often maths is a whole formula."""
LATE = 0.2
"""How often the accents of a word are written after all its letters."""


class Bank(Samples):
    """The packed characters of one split by hand; ideal forms of what is no ideograph are in both splits."""

    def __init__(self, path: Path, split: str) -> None:
        super().__init__(path)
        with np.load(path) as z:
            self.words: dict[str, list[str]] = json.loads(str(z["lists"]))
        found: dict[str, dict[str, list[int]]] = defaultdict(lambda: defaultdict(list))
        for i, (text, hand) in enumerate(zip(self.texts.tolist(), self.writers.tolist(), strict=True)):
            ideal = not is_ideograph(text) and not hand.startswith("omniglot")
            if ideal or bool(self.val[i]) == (split == "val"):
                found[hand][text].append(i)
        self.hands = {name: dict(glyphs) for name, glyphs in sorted(found.items())}
        self.ideographs = {name: [c for c in glyphs if is_ideograph(c)] for name, glyphs in self.hands.items()}
        self.extents = self._extents()

    def drawers(self, alphabet: str) -> list[str]:
        """Hands that drew this alphabet of Omniglot."""
        return [name for name in self.hands if name.startswith("omniglot") and name.endswith(alphabet)]

    def one(self, hand: str, character: str, rng: Random) -> Drawing | None:
        """A sample of the hand's character, as packed."""
        ids = self.hands.get(hand, {}).get(character)
        return self.sample(ids[rng.integers(len(ids))]) if ids else None

    def written(self, hand: str, character: str, style: Style, rng: Random) -> Drawing | None:
        """The hand's character in its cell, bent by the style."""
        drawn = self.one(hand, character, rng)
        if drawn is None:
            return None
        drawn = into_cell(drawn) if hand.startswith("omniglot") else drawn
        return style.bent(drawn, rng, CALM if hand.startswith(DRAWN) else 1.0)

    def listed(self, language: str, rng: Random) -> str:
        """A word of the language, common ones more often."""
        words = self.words[language]
        return words[int(len(words) * rng.random() ** 2)]

    def extent(self, character: str) -> tuple[float, float]:
        """Where a character's top and bottom are, as the single-line fonts have it."""
        return self.extents.get(character) or extent(character)

    def _extents(self) -> dict[str, tuple[float, float]]:
        out: dict[str, tuple[float, float]] = {}
        for font in (f for f in SINGLE_LINE if f in self.hands):
            glyphs = {c: self.sample(ids[0]).box() for c, ids in self.hands[font].items()}
            height = next(-glyphs[c][0][1] for c in "xхο" if c in glyphs)
            for c, (low, high) in glyphs.items():
                out.setdefault(c, (float(low[1] / height + 1), float(high[1] / height + 1)))
        return out


class Scripts:
    """Draws words in the shares of the mixture: `latin` for what is Latin, and for the letters that others share."""

    def __init__(self, path: Path, split: str, latin: InkStore, shares: Mapping[str, float] = SHARES) -> None:
        self.bank, self.latin, self.training = Bank(path, split), latin, split == "train"
        makers: dict[str, Callable[[Random], Word | None]] = {
            "Latin": latin.draw, "Chinese": self.chinese, "Japanese": self.japanese, "Korean": self.korean,
            "accented": self.accented, "Cyrillic": self.cyrillic, "Greek": self.greek, "maths": self.maths,
            "drawings": drawing,
        }  # fmt: skip
        self.makers = {makers[kind]: share for kind, share in shares.items()}
        self.kana = sorted({c for h in JAPANESE for c in self.bank.hands.get(h, ()) if script_of(c) == "Kana"})
        self.korean_drawers, self.greek_drawers, self.kana_drawers = map(
            self.bank.drawers, ("Korean", "Greek", "(katakana)")
        )
        self.signs = sorted(c for c in self.bank.hands.get("maths", ()) if len(c) == 1)
        self.formulas = [i for ids in self.bank.hands.get("formulas", {}).values() for i in ids]

    def draw(self, rng: Random) -> Word:
        """A random word."""
        word = None
        while word is None:
            word = _pick(self.makers, rng)(rng)
        return word

    def chinese(self, rng: Random) -> Word | None:
        """Ideographs in mainland or Taiwanese form and order."""
        name, style = _pick(MAINLAND, rng), Style.random(rng)
        listed = self.training and rng.random() < LISTED
        text = self.bank.listed("zh", rng)[:5] if listed else self._at_random(name, rng)
        return _in_cells(text, self._ideographs(name, MAINLAND, style, rng), style, rng)

    def japanese(self, rng: Random) -> Word | None:
        """Kanji and kana in Japanese form and order, or katakana by a drawer."""
        style = Style.random(rng)
        if self.kana_drawers and rng.random() < KATAKANA:
            drawer = _any(self.kana_drawers, rng)
            text = _several(list(self.bank.hands[drawer]), 5, rng)
            return _in_cells(text, lambda c: self.bank.written(drawer, c, style, rng), style, rng)
        name = _pick(JAPANESE, rng)
        if rng.random() < KANA:
            text = _several(self.kana, 5, rng)
        else:
            listed = self.training and rng.random() < LISTED
            text = self.bank.listed("ja", rng)[:6] if listed else self._at_random(name, rng)
        return _in_cells(text, self._ideographs(name, JAPANESE, style, rng), style, rng)

    def korean(self, rng: Random) -> Word | None:
        """Syllables of the letters of one drawer; those that he lacks are another's."""
        drawer, style = _any(self.korean_drawers, rng), Style.random(rng)
        text = self.bank.listed("ko", rng)[:6] if rng.random() < LISTED else _syllables(rng)
        if self.training and any(map(is_held_out_character, text)):
            return None

        def letter(jamo: str) -> Drawing | None:
            return self.bank.one(drawer, jamo, rng) or self.bank.one(_any(self.korean_drawers, rng), jamo, rng)

        def syllable(c: str) -> Drawing | None:
            drawn = hangul.syllable(c, letter, rng) if hangul.is_syllable(c) else None
            return drawn and style.bent(drawn, rng, CALM)

        return _in_cells(text, syllable, style, rng)

    def accented(self, rng: Random) -> Word | None:
        """Words of languages of many accents in the letters of a UNIPEN writer."""
        text = _cased(self.bank.listed(_pick(ACCENTED, rng), rng), rng)
        return on_baseline(text, self._latin_hand(rng), extent, rng, late=bool(rng.random() < LATE))

    def cyrillic(self, rng: Random) -> Word | None:
        """Words in single-line letters, and a Latin writer's for those that look alike."""
        return self._alphabetic(_pick(CYRILLIC, rng), CYRILLIC_ALIKE, None, rng)

    def greek(self, rng: Random) -> Word | None:
        """Words in a drawer's letters, with capitals of single-line fonts or a Latin writer."""
        drawer = _any([*self.greek_drawers, "maths"], rng) if rng.random() < GREEK_DRAWN else None
        return self._alphabetic("el", GREEK_ALIKE, drawer, rng)

    def maths(self, rng: Random) -> Word | None:
        """A formula as it was written, without a text; or symbols on a line."""
        if self.formulas and rng.random() < FORMULA:
            return "", self.bank.sample(_any(self.formulas, rng))
        return on_baseline(_several(self.signs, 6, rng), lambda c: self.bank.one("maths", c, rng), _in_formula, rng)

    def _alphabetic(self, language: str, alike: Mapping[str, str], drawer: str | None, rng: Random) -> Word | None:
        """A listed word on a baseline: each letter the drawer's, a look-alike, or the font's."""
        font, style, latin = _any(SINGLE_LINE, rng), Style.random(rng), self._latin_hand(rng)

        def letter(c: str) -> Drawing | None:
            own = self.bank.one(drawer, c, rng) if drawer else None
            if own is None and c in alike and rng.random() < ALIKE:
                own = latin(alike[c])
            return own or self.bank.written(font, c, style, rng)

        word = on_baseline(_cased(self.bank.listed(language, rng), rng), letter, self.bank.extent, rng)
        return word and (word[0], ranked(word[1]))

    def _latin_hand(self, rng: Random) -> Hand:
        """The letters of a random UNIPEN writer."""
        hand = _any(self.latin.hands, rng) if self.latin.hands else {}
        return lambda c: self.latin.sample(_any(hand[c], rng)) if c in hand else None

    def _ideographs(self, first: str, hands: Mapping[str, float], style: Style, rng: Random) -> Hand:
        """Characters of the first hand; those that it lacks by others."""
        order = [first, *(h for h in hands if h != first)]
        return lambda c: next((d for h in order if (d := self.bank.written(h, c, style, rng))), None)

    def _at_random(self, hand: str, rng: Random) -> str:
        known = self.bank.ideographs[hand]
        return "".join(_any(known, rng) for _ in range(_pick(LENGTHS, rng)))


def drawing(rng: Random) -> Word | None:
    """A box, an arrow, a circle, an underline; None where one is filled, or hatched so densely that no stroke shows."""
    curves, filled = drawings.draw(rng, SIZE)
    if filled:
        return None
    whole = Drawing.of([c / SIZE for c in curves])
    low, high = whole.box()
    length = sum(np.hypot(*np.diff(s, axis=0).T).sum() for s in whole.strokes())
    return None if length > DENSEST * max(high - low) else ("", whole)


def _in_cells(text: str, hand: Hand, style: Style, rng: Random) -> Word | None:
    drawn = in_cells(text, hand, style, rng)
    return drawn and (text, drawn)


def _pick(odds: Mapping[_A, float], rng: Random) -> _A:
    """One of the keys, as often as the values say."""
    ends = np.cumsum(list(odds.values()))
    return list(odds)[min(int(np.searchsorted(ends, rng.random() * ends[-1], side="right")), len(ends) - 1)]


def _any(items: Sequence[_A], rng: Random) -> _A:
    return items[rng.integers(len(items))]


def _several(characters: Sequence[str], most: int, rng: Random) -> str:
    return "".join(_any(characters, rng) for _ in range(rng.integers(1, most + 1)))


def _syllables(rng: Random) -> str:
    """Syllables at random, half of them without a final."""
    size = rng.integers(1, 5)
    return "".join(
        chr(hangul.FIRST + 28 * int(rng.integers(399)) + int(rng.integers(28)) * int(rng.random() < 0.5))
        for _ in range(size)
    )


def _cased(word: str, rng: Random) -> str:
    """As listed, capitalised, or in capitals."""
    kind = rng.random()
    return word if kind < 0.7 else word.capitalize() if kind < 0.9 else word.upper()


def _in_formula(character: str) -> tuple[float, float]:
    """Where a symbol's top and bottom are: big operators and roots reach beyond the letters."""
    if character in "∫∑∏√∮":
        return -0.9, 1.3
    return (0.3, 0.9) if character in "→←↔⇒≈∼⋅·" else extent(character)
