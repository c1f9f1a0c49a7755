"""layout/dots.py: the dots of the paper go, those of letters stay."""

import numpy as np
import pytest

from inksight.layout.dots import without_dots
from tests.pages import segmentation

SIZE = 400


def dotted(step, angle=0.0, share=1.0, seed=0):
    """Dots of 3 pixels every `step` pixels, of which a share is seen: float32 (SIZE, SIZE), and their middles."""
    rng, ink = np.random.default_rng(seed), np.zeros((SIZE, SIZE), np.float32)
    cells = np.stack(np.meshgrid(np.arange(-30, 30), np.arange(-30, 30)), axis=-1).reshape(-1, 2) * step
    turn = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    at = np.rint(cells @ turn + SIZE / 2).astype(int)
    at = at[((at > 3) & (at < SIZE - 4)).all(axis=1)]
    at = at[rng.random(len(at)) < share]
    for x, y in at:
        ink[y - 1 : y + 2, x - 1 : x + 2] = 0.9
    return ink


def word(ink):
    """A stem with its dot, between dots of the paper."""
    ink[150:190, 208:212] = 1
    ink[139:144, 208:213] = 1
    return ink


@pytest.mark.parametrize(("step", "angle", "share"), [(20, 0, 1), (20, 0.05, 0.8), (33, 0, 0.9), (14, -0.08, 1)])
def test_dots_of_the_paper_are_ruling_and_those_of_letters_ink(step, angle, share):
    paper = dotted(step, angle, share)
    seen = without_dots(segmentation(word(paper.copy())))
    left = seen.ink >= 0.5
    alone = word(np.zeros_like(paper)) >= 0.5
    assert left[alone].mean() > 0.97
    assert (left & ~alone).sum() < 0.15 * (paper > 0.5).sum()  # those at the border have few neighbours
    assert (seen.ruling >= 0.5).sum() > 0.8 * (paper > 0.5).sum()


def test_specks_without_order_stay():
    ink = np.zeros((SIZE, SIZE), np.float32)
    for x, y in np.random.default_rng(0).integers(5, SIZE - 5, (300, 2)):
        ink[y - 1 : y + 2, x - 1 : x + 2] = 0.9
    assert np.array_equal(without_dots(segmentation(ink)).ink, ink)


def test_a_few_dots_in_a_row_stay():
    ink = np.zeros((SIZE, SIZE), np.float32)
    ink[100:103, 20:380:20] = 1
    assert np.array_equal(without_dots(segmentation(ink)).ink, ink)
