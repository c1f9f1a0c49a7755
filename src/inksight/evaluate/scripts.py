"""Test words of other scripts: characters, drawers and writers that training never saw, set to words.

Of Cyrillic there is no ink that training has not: its fonts are the same, its look-alike letters are test writers'.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import TypeVar

import numpy as np
from tqdm import tqdm

from ..alphabets import is_ideograph
from ..errors import InputError
from ..formats.dataset import PackedInk, read_packed
from ..writing import hangul
from ..writing.drawing import Drawing
from ..writing.rules import by_the_rules
from ..writing.setting import Hand, extent, in_cells, into_cell, on_baseline
from ..writing.style import Style
from .sets import Sample, Selection, is_held_out_character, is_held_out_drawer, rendered

Random = np.random.Generator
Glyphs = Mapping[str, Sequence[PackedInk]]
"""Character -> its samples."""
_A = TypeVar("_A")
Maker = Callable[[Random], tuple[str, Drawing] | None]

TRIES = 30
"""Words tried for each one that is wanted: a drawer may lack a letter."""
UNITS = 1000.0
"""Of the composed ink, a cell or an x-height."""
LEVEL_1 = frozenset(
    bytes([row, cell]).decode("gb2312", "ignore") for row in range(0xB0, 0xD8) for cell in range(161, 255)
)
"""The 3,755 commonest characters of Chinese."""
WORDS = {
    "Japanese": "ありがとう ひらがな お茶 水曜日 読み方 東京 天気 食べる 新しい 山と川 手紙 今日は 小さい 先生",
    "Katakana": "カメラ テレビ ノート ホテル アメリカ トマト レモン ワイン タクシ オレンジ メモ クラス",
    "Korean": "한국어 사랑 나라 오늘 날씨 학교 친구 음악 커피 고양이 봄비 책상 종이 편지 하늘 바다 값 닭 읽다 의자",
    "Vietnamese": "Việt tiếng nước người đường không được cảm ơn trường học buổi sáng phê đẹp một những chữ viết thư",
    "Greek": "καλημέρα ευχαριστώ θάλασσα ήλιος βιβλίο γράμμα νερό δέντρο σπίτι φίλος ψωμί χαρτί ζωή ξένος άνοιξη",
    "Cyrillic": "привет письмо вода книга город утро дождь школа бумага ручка зима друг хлеб щука объём Москва Київ",
}
"""Everyday words of each language."""
GREEK_EXTENTS = {
    **dict.fromkeys("βζξ", (-0.7, 1.6)), **dict.fromkeys("δθλ", (-0.7, 1.0)), **dict.fromkeys("γημρχς", (0.0, 1.6)),
    **dict.fromkeys("φψ", (-0.5, 1.6)),
}  # fmt: skip
ALIKE = dict(zip("аеорсухиКМНВ", "aeopcyxuKMHB", strict=True))
"""Cyrillic letters that Latin writers have."""


def script_samples(folder: str | Path, selection: Selection, *, progress: bool = False) -> list[Sample]:
    """`selection.words` words of each script drawn by the evaluation's renderer; `Sample.script` names the set.

    Raises InputError when the folder is not the data's.
    """
    out, n, seed = [], selection.words, selection.seed
    for k, (name, make) in enumerate(tqdm(_makers(Path(folder)).items(), unit="script", disable=not progress)):
        rng = np.random.default_rng((seed, k))
        words = [_packed(name, *word) for word in islice(filter(None, (make(rng) for _ in range(TRIES * n))), n)]
        out += [replace(s, script=name) for s in rendered(words, seed=seed, clean=selection.clean)]
    return out


def _packed(name: str, text: str, drawing: Drawing) -> PackedInk:
    strokes = [np.rint(s * UNITS).astype(np.int32) for s in drawing.strokes()]
    return PackedInk(text, name, "scripts", strokes, 0.0)


def _makers(folder: Path) -> dict[str, Maker]:
    """What draws each set's words."""
    scripts, ink = folder / "scripts", folder / "ink"
    hanzi, kanji = _glyphs(read_packed(scripts / "hanzi.npz")), _glyphs(_standard(scripts))
    real = _glyphs(read_packed(scripts / "kanjicanvas.npz"))
    drawn = _drawers(scripts, {c: found[0] for c, found in kanji.items()})
    latin, lines = _test_hands(ink), _fonts(scripts)
    taught = [c for c in hanzi if c in LEVEL_1 and not is_held_out_character(c)]
    return {
        "Chinese": lambda rng: _ideal(_some(taught, 2, rng), hanzi, 1024, rng),
        "Chinese, unseen": lambda rng: _ideal(_some(_unseen(hanzi), 1, rng), hanzi, 1024, rng),
        "Japanese": lambda rng: _ideal(_some(_taught_words(), 1, rng), kanji, 1090, rng),
        "Japanese, unseen": lambda rng: _ideal(_some(_unseen(real), 1, rng), real, 256, rng, 0.0),
        "Katakana": lambda rng: _drawn_kana(drawn["Japanese_(katakana)"], rng),
        "Korean": lambda rng: _korean(drawn["Korean"], rng),
        "Vietnamese": lambda rng: on_baseline(_word("Vietnamese", rng), _latin(latin, rng), extent, rng),
        "Greek": lambda rng: _greek(drawn["Greek"], lines, rng),
        "Cyrillic": lambda rng: _cyrillic(_latin(latin, rng), lines, rng),
    }


# --- hands ------------------------------------------------------------------------------------------------------------


def _glyphs(samples: Iterable[PackedInk]) -> dict[str, list[PackedInk]]:
    found: dict[str, list[PackedInk]] = defaultdict(list)
    for sample in samples:
        found[sample.text].append(sample)
    return dict(found)


def _standard(scripts: Path) -> Iterable[PackedInk]:
    """KanjiVG's characters in their standard form."""
    return (s for s in read_packed(scripts / "kanjivg.npz") if s.source.endswith("/"))


def _drawers(scripts: Path, models: Mapping[str, PackedInk]) -> dict[str, dict[str, dict[str, list[PackedInk]]]]:
    """Alphabet -> held-out drawer -> letters that keep to the rules."""
    found: dict[str, dict[str, dict[str, list[PackedInk]]]] = defaultdict(
        lambda: defaultdict(lambda: defaultdict(list))
    )
    for s in read_packed(scripts / "omniglot_scripts.npz"):
        if is_held_out_drawer(s.writer):
            strokes = by_the_rules(s.text, s.strokes, models[s.text].strokes if s.text in models else None)
            if strokes is not None:
                found[s.source.split("/")[-1]][s.writer][s.text].append(s._replace(strokes=strokes))
    return found


def _test_hands(ink: Path) -> list[Glyphs]:
    """The letters of each of UNIPEN's test writers who wrote enough of them."""
    try:
        writers = set(json.loads((ink / "unipen_split.json").read_text("utf-8"))["test"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise InputError(
            f"{ink.parent}: no readable ink/unipen_split.json in it; give the folder of the data"
        ) from error
    hands: dict[str, list[PackedInk]] = defaultdict(list)
    for s in read_packed(ink / "unipen_chars.npz"):
        if s.writer in writers and np.ptp(np.concatenate(s.strokes)[:, 1]) > 0:
            hands[s.writer].append(s)
    glyphs = [_glyphs(samples) for _, samples in sorted(hands.items())]
    return [g for g in glyphs if set("aeionhtg") <= set(g)]


def _fonts(scripts: Path) -> list[Glyphs]:
    by_font: dict[str, list[PackedInk]] = defaultdict(list)
    for s in read_packed(scripts / "lff_glyphs.npz"):
        by_font[s.writer].append(s)
    return [_glyphs(samples) for _, samples in sorted(by_font.items())]


def _latin(hands: Sequence[Glyphs], rng: Random) -> Hand:
    hand = _any(hands, rng)
    return lambda c: _sample(hand, c, rng)


def _sample(glyphs: Glyphs, character: str, rng: Random, side: float = 1.0) -> Drawing | None:
    """A sample of the character, in units of `side`."""
    found = glyphs.get(character)
    return Drawing.of([s / side for s in _any(found, rng).strokes]) if found else None


def _any(items: Sequence[_A], rng: Random) -> _A:
    return items[int(rng.integers(len(items)))]


def _some(items: Sequence[str], most: int, rng: Random) -> str:
    return "".join(_any(items, rng) for _ in range(most))


def _word(name: str, rng: Random) -> str:
    return _some(WORDS[name].split(), 1, rng)


def _unseen(glyphs: Glyphs) -> list[str]:
    return [c for c in glyphs if is_held_out_character(c)]


def _taught_words() -> list[str]:
    return [w for w in WORDS["Japanese"].split() if not any(is_ideograph(c) and is_held_out_character(c) for c in w)]


# --- words ------------------------------------------------------------------------------------------------------------


def _ideal(text: str, glyphs: Glyphs, side: float, rng: Random, amount: float = 1.0) -> tuple[str, Drawing] | None:
    """Characters of taught strokes in cells, bent by a hand; real ink (`amount` 0) as it is."""
    style = Style.random(rng)

    def character(c: str) -> Drawing | None:
        found = _sample(glyphs, c, rng, side)
        return style.bent(found, rng, amount) if found else None

    return _cells(text, character, style, rng)


def _drawn_kana(drawers: Mapping[str, Glyphs], rng: Random) -> tuple[str, Drawing] | None:
    drawer = drawers[_any(sorted(drawers), rng)]

    def kana(c: str) -> Drawing | None:
        found = _sample(drawer, c, rng)
        return into_cell(found) if found else None

    return _cells(_word("Katakana", rng), kana, Style.random(rng), rng)


def _korean(drawers: Mapping[str, Glyphs], rng: Random) -> tuple[str, Drawing] | None:
    drawer = drawers[_any(sorted(drawers), rng)]

    def syllable(c: str) -> Drawing | None:
        return hangul.syllable(c, lambda jamo: _sample(drawer, jamo, rng), rng)

    return _cells(_word("Korean", rng), syllable, Style.random(rng), rng)


def _cells(text: str, hand: Hand, style: Style, rng: Random) -> tuple[str, Drawing] | None:
    drawn = in_cells(text, hand, style, rng)
    return (text, drawn) if drawn else None


def _greek(drawers: Mapping[str, Glyphs], fonts: Sequence[Glyphs], rng: Random) -> tuple[str, Drawing] | None:
    drawer, font = drawers[_any(sorted(drawers), rng)], _any(fonts, rng)

    def letter(c: str) -> Drawing | None:
        return _sample(drawer, c, rng) or (_sample(font, c, rng, UNITS) if c == "ς" else None)

    return on_baseline(_word("Greek", rng), letter, lambda c: GREEK_EXTENTS.get(c) or extent(c), rng)


def _cyrillic(latin: Hand, fonts: Sequence[Glyphs], rng: Random) -> tuple[str, Drawing] | None:
    font, style = _any(fonts, rng), Style.random(rng)
    height = next(-_box(font[c][0])[0] for c in "xхο" if c in font)

    def letter(c: str) -> Drawing | None:
        own = latin(ALIKE[c]) if c in ALIKE else None
        found = own or _sample(font, c, rng, UNITS)
        return found if own or not found else style.bent(found, rng)

    def printed(c: str) -> tuple[float, float]:
        if c not in font:
            return extent(c)
        top, bottom = _box(font[c][0])
        return top / height + 1, bottom / height + 1

    return on_baseline(_word("Cyrillic", rng), letter, printed, rng)


def _box(glyph: PackedInk) -> tuple[float, float]:
    """Its top and bottom."""
    y = np.concatenate(glyph.strokes)[:, 1]
    return float(y.min()), float(y.max())
