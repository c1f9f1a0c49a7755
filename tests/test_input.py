"""The original's square."""

import io

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from inksight.imaging.crop import Crop
from inksight.original.input import draw_ink, fit_ink, fit_square, jpeg


@given(st.integers(1, 900), st.integers(1, 900))
def test_a_picture_fills_the_square_and_the_map_says_where(width, height):
    square, frame = fit_square(np.full((height, width, 3), 200, np.uint8), pad=0)
    assert square.shape == (224, 224, 3)
    filled = square[:, :, 0] > 100
    (left, top), (right, bottom) = np.rint(frame.apply([(0, 0), (width, height)])).astype(int)
    assert filled[top:bottom, left:right].all()
    assert filled.sum() == (right - left) * (bottom - top)
    assert 223 <= max(right - left, bottom - top) <= 224
    assert abs(left - (224 - right)) <= 1
    assert abs(top - (224 - bottom)) <= 1


def test_sizes_and_places_are_the_originals():
    """Its own word, 250 x 126: a ratio of 0.896, 224 x 112, under a pad of 56."""
    square, frame = fit_square(np.full((126, 250, 3), 255, np.uint8))
    assert (square[:56] == 0).all()
    assert (square[56:168] == 255).all()
    assert (square[168:] == 0).all()
    assert frame.inverse().apply([(0, 56), (224, 168)]).round(6).tolist() == [[0, 0], [250, 126]]


def test_ink_is_black_on_white_and_close():
    ink = np.zeros((80, 200), np.float32)
    ink[30:50, 60:160] = 1
    square, frame = fit_ink(Crop.of(ink))
    dark = np.argwhere(square[:, :, 0] < 128)
    assert dark.min(axis=0)[1] <= 8
    assert dark.max(axis=0)[1] >= 215
    (left, top), (right, bottom) = frame.apply([(60, 30), (160, 50)])
    assert (dark[:, 1].min(), dark[:, 1].max() + 1) == pytest.approx((left, right), abs=1.5)
    assert (dark[:, 0].min(), dark[:, 0].max() + 1) == pytest.approx((top, bottom), abs=1.5)
    assert square[0, 0].tolist() == [255, 255, 255]
    assert draw_ink(np.array([[0, 1, 0.5]], np.float32))[0, :, 0].tolist() == [255, 0, 128]


def test_jpeg_is_the_same_picture():
    square = np.full((224, 224, 3), 255, np.uint8)
    square[100:120, 30:190] = 20
    opened = Image.open(io.BytesIO(jpeg(square)))
    assert opened.format == "JPEG"
    assert np.abs(np.asarray(opened).astype(int) - square).mean() < 2
