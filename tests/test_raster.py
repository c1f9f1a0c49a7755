import numpy as np
import pytest
from PIL import Image, ImageDraw

from inksight.imaging.raster import coverage, dilate, distance, paint, pen_width, spurious
from inksight.ink import Stroke


def brute_distance(mask):
    rows, columns = np.nonzero(mask)
    y, x = np.indices(mask.shape)
    return np.sqrt(((y[..., None] - rows) ** 2 + (x[..., None] - columns) ** 2).min(axis=-1))


@pytest.mark.parametrize("shape", [(1, 1), (1, 9), (9, 1), (13, 40), (40, 13), (2, 2)])
@pytest.mark.parametrize("density", [0.01, 0.2, 0.9])
def test_distance_is_exact(shape, density):
    mask = np.random.default_rng(1).random(shape) < density
    mask[0, -1] = True
    np.testing.assert_allclose(distance(mask), brute_distance(mask), rtol=1e-6)


def test_distance_to_nothing_is_infinite():
    assert np.isinf(distance(np.zeros((3, 4), bool))).all()
    assert distance(np.ones((3, 4), bool)).max() == 0
    assert not dilate(np.zeros((3, 4), bool), 2).any()


def test_distance_is_float32_and_exact_far_away():
    mask = np.zeros((200, 600), bool)
    mask[3, 590] = True
    d = distance(mask)
    assert d.dtype == np.float32
    assert d[199, 0] == pytest.approx(np.hypot(196, 590))


@pytest.mark.parametrize("radius", [0, 0.9, 1, 1.5, 3.7, 30])
def test_dilate_is_the_thresholded_distance(radius):
    mask = np.random.default_rng(2).random((20, 31)) < 0.01
    np.testing.assert_array_equal(dilate(mask, radius), brute_distance(mask) <= radius)


@pytest.mark.parametrize("width", [1, 2, 3, 4, 6])
def test_pen_width_of_bars(width):
    mask = np.zeros((60, 90), bool)
    mask[10 : 10 + width, 5:80] = True
    mask[5:55, 40 : 40 + width] = True
    assert pen_width(mask) == pytest.approx(width, abs=0.05)


@pytest.mark.parametrize("angle", [0.3, 0.8, 1.2, 2.0])
def test_pen_width_of_a_slanted_line_with_a_blot(angle):
    middle, along = np.array([80, 80]), 70 * np.array([np.cos(angle), np.sin(angle)])
    mask = paint((160, 160), [[middle - along, middle + along], [[80, 80]]], 2.5)
    mask |= paint((160, 160), [[[80, 80]]], 9)
    assert pen_width(mask) == pytest.approx(5, rel=0.12)


def test_pen_width_of_nothing():
    assert pen_width(np.zeros((4, 4), bool)) == 0


def test_paint_measures_from_pixel_centres():
    y, x = np.indices((30, 40)) + 0.5
    centre = np.array([17.3, 12.8])
    expected = np.hypot(x - centre[0], y - centre[1]) <= 4.2
    np.testing.assert_array_equal(paint((30, 40), [centre[None]], 4.2), expected)


def test_paint_agrees_with_a_drawing():
    points = [(5, 5), (60, 40), (90, 8)]
    drawing = Image.new("L", (100, 50))
    ImageDraw.Draw(drawing).line([(x - 0.5, y - 0.5) for x, y in points], fill=255, width=5, joint="curve")
    ours, theirs = paint((50, 100), [Stroke(points)], 2.5), np.asarray(drawing) > 0
    # no more than 0.8, as PIL rounds the corners to pixels and leaves the caps flat
    assert (ours & theirs).sum() / (ours | theirs).sum() > 0.8


def test_paint_marks_at_least_the_pixels_passed_and_cuts_at_the_frame():
    assert paint((4, 6), [[(0.5, 1.5), (5.5, 1.5)]], 0)[1].all()
    assert paint((4, 6), [[(0.5, 1.5), (5.5, 1.5)]], 0).sum() == 6
    assert not paint((4, 6), [[(-90, 1), (-80, 3)]], 2).any()
    assert paint((4, 6), [[(-90, 1), (90, 1)]], 1.6).sum() == 18
    assert not paint((4, 6), [], 3).any()


def test_coverage_and_spurious_of_half_a_line():
    mask = np.zeros((20, 110), bool)
    mask[9:12, 5:105] = True
    truth, half, beside = [(5, 10.5), (105, 10.5)], [(5, 10.5), (55, 10.5)], [(5, 2), (105, 2)]
    assert coverage(mask, [truth], 2) == 1
    assert spurious(mask, [truth], 2) == 0
    assert coverage(mask, [half], 2) == pytest.approx(0.52, abs=0.02)
    assert spurious(mask, [half], 2) == 0
    assert coverage(mask, [beside], 2) == 0
    assert spurious(mask, [beside], 2) == 1
    assert spurious(mask, [truth, beside], 2) == pytest.approx(0.5, abs=0.01)
    assert spurious(mask, [[(55, 10.5), (205, 10.5)]], 2) == pytest.approx(2 / 3, abs=0.03)
    assert coverage(mask, [Stroke(half), Stroke(truth)], 2) == 1


def test_shares_of_nothing():
    blank = np.zeros((5, 7), bool)
    assert coverage(blank, [[(1, 1)]], 2) == 1
    assert coverage(~blank, [], 2) == 0
    assert spurious(~blank, [], 2) == 0
    assert spurious(blank, [[(1, 1)]], 2) == 1
    assert spurious(~blank, [[(1, 1)]], 2) == 0
