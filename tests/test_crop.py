"""What is known of a word's ink, and that it stays in its place when the crop is cut."""

import numpy as np
import pytest

from inksight.imaging.crop import Crop
from inksight.imaging.raster import pen_width
from inksight.recognition.views import View


@pytest.fixture
def crop():
    ink = np.zeros((500, 400), np.float32)
    ink[100:104, 50:90] = 1
    ink[110:114, 120:180] = 0.8
    ink[112, 200] = 0.3  # no ink
    return Crop.of(ink)


def test_it_is_measured(crop):
    assert crop.box == crop.bounds == (50, 100, 180, 114)
    assert crop.pen == pytest.approx(pen_width(crop.ink >= 0.5))
    assert crop.mask.sum() == 400
    assert not crop.is_blank


def test_trimmed_it_keeps_its_place(crop):
    close = crop.trimmed()
    assert (close.pen, close.box, close.mask.sum()) == (crop.pen, crop.box, crop.mask.sum())
    x0, y0, x1, y1 = close.bounds
    assert close.frame.apply([(x0, y0), (x1, y1)]).tolist() == [[50, 100], [180, 114]]
    assert close.ink.size < 0.9 * crop.ink.size
    again = close.trimmed()
    assert again.ink.shape == close.ink.shape
    assert again.frame == close.frame


@pytest.mark.parametrize("size", [(3, 3), (40, 6), (12, 90), (200, 20), (30, 30)])
def test_trimmed_it_gives_the_same_canvas(size):
    """With the haze that lies around the ink."""
    width, height = size
    ink = np.random.default_rng(0).uniform(0, 0.3, (700, 900)).astype(np.float32)
    ink[300 : 300 + height, 400 : 400 + width] = 1
    whole = Crop.of(ink)
    close = whole.trimmed()
    assert close.ink.size < whole.ink.size
    for view in (View(), View(fill=0.72)):
        assert np.abs(view.fit(whole, 64, 448)[0] - view.fit(close, 64, 448)[0]).max() < 1e-3


def test_columns_are_a_page_of_their_own(crop):
    part = crop.columns(100, 190)
    assert part.box == (20, 110, 80, 114)
    assert crop.columns(0, 400) is crop


def test_nothing_is_as_large_as_it_was():
    blank = Crop.of(np.zeros((20, 30), np.float32))
    assert blank.is_blank
    assert blank.trimmed() is blank
    assert blank.box == (0, 0, 30, 20)
    assert blank.pen == 0
