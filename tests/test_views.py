"""Other views of a word, and the choice among inks."""

from itertools import chain

import numpy as np
import pytest

from inksight.imaging.crop import Crop
from inksight.recognition.views import ROUNDS, STRAIGHT, View, consensus, slanted


def dots(h=40, w=90, at=((12, 5), (70, 20), (30, 36))):
    ink = np.zeros((h, w), np.float32)
    for x, y in at:
        ink[y, x] = 1.0
    return ink, np.array(at) + 0.5


@pytest.mark.parametrize("slant", [0.15, -0.4])
def test_slanted(slant):
    """Ink comes to where the frame says, none is lost, and the top goes to the right for a positive slant."""
    ink, points = dots()
    out, frame = slanted(ink, slant)
    assert out.dtype == np.float32
    assert out.sum() == pytest.approx(3.0)
    for (x, y), row in zip(frame.apply(points), points[:, 1], strict=True):
        assert y == row
        line = out[int(row)]
        assert (line * (np.arange(line.size) + 0.5)).sum() == pytest.approx(x, abs=1e-5)
    top, bottom = frame.apply([(10, 0), (10, 40)])[:, 0]
    assert (top > bottom) == (slant > 0)


@pytest.mark.parametrize("view", [STRAIGHT, *chain(*ROUNDS)])
def test_views_tell_where_the_ink_is(view):
    ink, points = dots(at=((12, 5), (70, 34)))
    canvas, frame = view.fit(Crop.of(ink), 64, 448)
    assert canvas.shape[0] == 64
    for x, y in frame.apply(points):
        near = canvas[int(y) - 3 : int(y) + 4, int(x) - 3 : int(x) + 4]
        assert near.max() > 0.5 * canvas.max()


def test_a_view_says_how_large_the_ink_is():
    ink = np.zeros((60, 80), np.float32)
    ink[10:50, 38:41] = 1
    heights = [(View(fill=fill).fit(Crop.of(ink), 64, 448)[0].max(axis=1) > 0.5).sum() for fill in (0.5, 0.8)]
    assert heights == pytest.approx([32, 51], abs=2)


WORD = [
    np.array([(0.0, 0.0), (0, 30)]),
    np.array([(20.0, 30.0), (40, 0), (60, 30)]),
    np.array([(30.0, 12.0), (50, 12)]),
]


NONE = [0, 0, 0]


def turned(strokes, which):
    return [s[::-1] if i == which else s for i, s in enumerate(strokes)]


def kept(*told):
    return consensus(*told).which


def test_what_others_bear_out_is_kept():
    shifted = [s + 0.8 for s in WORD]
    assert kept([turned(WORD, 1), WORD, shifted], [0.2, 0.2, 0.2], NONE, 1.0) in (1, 2)
    late_bar = [WORD[2], WORD[0], WORD[1]]
    assert kept([WORD, late_bar, shifted], [0.2, 0.2, 0.2], NONE, 1.0) in (0, 2)
    joined = [WORD[0], np.concatenate(WORD[1:])]
    assert kept([joined, WORD, shifted], [0.2, 0.2, 0.2], NONE, 1.0) in (1, 2)


def test_the_unit_does_not_matter():
    large = [[s * 7 for s in ink] for ink in (turned(WORD, 1), WORD, [s + 0.8 for s in WORD])]
    assert kept(large, [0.2, 0.2, 0.2], NONE, 7.0) in (1, 2)


def test_of_two_the_surer_is_kept():
    assert kept([WORD, turned(WORD, 1)], [0.2, 0.3], [0, 0], 1.0) == 1
    assert kept([WORD, turned(WORD, 1)], [0.3, 0.2], [0, 0], 1.0) == 0


def test_ink_left_out_counts_against_the_surer():
    assert kept([WORD, WORD], [0.26, 0.23], [0.03, 0.001], 1.0) == 1
    assert kept([WORD, WORD], [0.26, 0.23], [0.003, 0.001], 1.0) == 0


def test_no_ink_and_dots():
    assert kept([[], WORD, WORD], [0.3, 0.2, 0.2], NONE, 1.0) in (1, 2)
    assert kept([[], []], [0.3, 0.2], [0, 0], 1.0) == 0
    dot = [np.array([(5.0, 5.0)])]
    assert kept([dot, [np.array([(25.0, 5.0)])], [np.array([(5.5, 5.0)])]], [0.2, 0.2, 0.2], NONE, 1.0) in (0, 2)


def test_where_the_others_bear_an_ink_out_no_more_are_needed():
    shifted = [s + 0.8 for s in WORD]
    assert consensus([WORD, shifted], [0.2, 0.2], [0, 0], 1.0).settled
    assert not consensus([WORD, [s[::-1] for s in WORD]], [0.2, 0.2], [0, 0], 1.0).settled
    assert not consensus([WORD, []], [0.2, 0.2], [0, 0], 1.0).settled
