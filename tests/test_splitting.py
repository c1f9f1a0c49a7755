"""Words too wide for the canvas, and lines of characters: where they are cut, and how the parts come together."""

import numpy as np
import pytest

from inksight.imaging.crop import Crop
from inksight.ink import Stroke, Word
from inksight.recognition.splitting import AT_ONCE, cuts, joined


def squares(n, gap=10, side=40):
    """Ink of n framed squares side by side, each with an upright gap of its own in the middle, 60 pixels high."""
    ink = np.zeros((60, n * (side + gap)), np.float32)
    for i in range(n):
        x = i * (side + gap)
        ink[10:50, x : x + 16] = 1
        ink[10:50, x + 24 : x + side] = 1
    return Crop.of(ink)


def middles(n):
    return tuple((i + 0.4) / (n - 0.2) for i in range(n))


@pytest.mark.parametrize(("n", "parts"), [(1, 1), (AT_ONCE, 1), (AT_ONCE + 1, 2), (10, 3)])
def test_characters_are_cut_apart_between_them(n, parts):
    at = cuts(squares(n), "字" * n, middles(n))
    assert len(at) == parts + 1
    for x in at[1:-1]:
        assert x % 50 in range(40, 50)
        assert round(x / 50) % AT_ONCE == 0


def test_other_texts_are_cut_where_they_are_too_wide():
    assert cuts(squares(5), "abcde", middles(5)) == cuts(squares(5))
    assert len(cuts(squares(5))) == 2


def test_parts_of_a_chinese_line_get_no_spaces():
    crop = squares(6)
    parts = [Word((Stroke(np.array([[5.0, 20.0], [60.0, 40.0]])),), text) for text in ("你好吗", "我很好")]
    assert joined(parts, [0, 145, 300], crop).text == "你好吗我很好"
    words = [Word(w.strokes, text) for w, text in zip(parts, ("two", "words"), strict=True)]
    assert joined(words, [0, 145, 300], crop).text == "two words"
