"""What bench.browser says of two inks, without a browser."""

import numpy as np
import pytest

from bench.browser import Row, apart, report
from inksight.evaluate.sets import Sample
from inksight.ink import Stroke, Word

LINE = np.stack([np.linspace(10, 90, 30), np.full(30, 20.0)], axis=1)


def word(text, *strokes):
    return Word(tuple(Stroke(s) for s in strokes), text)


def test_apart():
    assert apart(word("a", LINE), word("a", LINE[::-1])) == pytest.approx(0, abs=1e-6)
    assert apart(word("a", LINE), word("a", np.add(LINE, (0, 3)))) == pytest.approx(3)
    assert apart(word("a", LINE), word("a")) == float("inf")
    assert apart(word(""), word("")) == 0


def test_report():
    picture = np.full((40, 100, 3), 255, np.uint8)
    truths = [Sample(picture, text, "writer", [LINE]) for text in ("one", "two")]
    rows = [
        Row(truths[0], word("one", LINE), word("one", LINE), 0.1, 0.3),
        Row(truths[1], word("two", LINE), word("too", LINE, np.add(LINE, (0, 9))), 0.2, 0.5),
    ]
    text = "\n".join(report(rows))
    assert "| words right | 1.00 | 0.50 |" in text
    assert "| seconds a word, median | 0.15 | 0.40 |" in text
    assert "50% have the same text and 50% as many strokes" in text
