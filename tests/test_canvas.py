"""Fitting: the affine map says exactly where each point of the ink map went."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inksight.imaging.canvas import fit, standardise

HEIGHT, MAX_WIDTH, FILL = 64, 512, 0.8


def dots(centres: np.ndarray, sigma: float, shape: tuple[int, int]) -> np.ndarray:
    """Gaussian dots around `centres`."""
    y, x = np.mgrid[0 : shape[0], 0 : shape[1]] + 0.5
    distance = np.min([np.hypot(x - cx, y - cy) for cx, cy in centres], axis=0)
    return np.exp(-0.5 * (distance / sigma) ** 2).astype(np.float32)


def centroid(canvas: np.ndarray, near: np.ndarray, reach: float) -> np.ndarray:
    y, x = np.mgrid[0 : canvas.shape[0], 0 : canvas.shape[1]] + 0.5
    weight = canvas * (np.hypot(x - near[0], y - near[1]) < reach)
    return np.array([(weight * x).sum(), (weight * y).sum()]) / weight.sum()


@pytest.mark.parametrize("size", [12, 30, 51, 64, 100, 333, 800])
@pytest.mark.parametrize("shift", [0.0, 0.37])
def test_dots_land_where_the_affine_says(size: int, shift: float) -> None:
    centres = np.array([[0.2, 0.25], [0.8, 0.3], [1.4, 0.75], [1.83, 0.7]]) * size + shift
    ink = dots(centres, 0.05 * size, (size, 2 * size))
    canvas, frame = fit(ink, (shift, shift, 2 * size + shift, size + shift))
    for at in frame.apply(centres):
        found = centroid(canvas, at, 0.17 * frame.a * size)
        assert np.abs(found - at).max() < 0.1


@pytest.mark.parametrize("width", [200, 600, 3000])
def test_edges_land_where_the_affine_says(width: int) -> None:
    """A bar keeps its width, its height and its centre."""
    ink = np.zeros((width // 4, width), np.float32)
    ink[width // 10 : width // 7, width // 5 : width // 3] = 1
    canvas, frame = fit(ink, (0, 0, width, width // 4))
    (x0, y0), (x1, y1) = frame.apply([[width // 5, width // 10], [width // 3, width // 7]])
    for profile, low, high in ((canvas.max(axis=0), x0, x1), (canvas.max(axis=1), y0, y1)):
        assert profile.sum() == pytest.approx(high - low, abs=0.2)
        centre = (profile * (np.arange(len(profile)) + 0.5)).sum() / profile.sum()
        assert centre == pytest.approx((low + high) / 2, abs=0.1)


boxes = st.tuples(
    st.floats(-300, 300), st.floats(-300, 300), st.floats(0, 900, width=32), st.floats(0, 400, width=32)
).map(lambda b: (b[0], b[1], b[0] + b[2], b[1] + b[3]))


@settings(max_examples=150, deadline=None)
@given(box=boxes, height=st.sampled_from([32, 64, 96]), max_width=st.sampled_from([64, 256, 512]))
def test_frame_and_canvas_of_any_box(box: tuple[float, float, float, float], height: int, max_width: int) -> None:
    ink = np.zeros((150, 200), np.float32)
    ink[40:44, 20:180] = 1
    canvas, frame = fit(ink, box, height=height, max_width=max_width)
    rows, width = canvas.shape
    assert canvas.dtype == np.float32
    assert rows == height
    assert width % 32 == 0
    assert 64 <= width <= max_width
    assert canvas.min() >= 0
    assert canvas.max() <= 1
    (x0, y0), (x1, y1) = frame.apply([box[:2], box[2:]])
    assert (x0 + x1) / 2 == pytest.approx(width / 2, abs=1e-6)
    assert (y0 + y1) / 2 == pytest.approx(height / 2, abs=1e-6)
    assert y1 - y0 <= FILL * height + 1e-6
    assert x0 >= (1 - FILL) / 2 * height - 1e-6
    assert frame.a == frame.e <= 8
    assert frame.b == frame.d == 0
    corners = np.array([[x0, y0], [x1, y1], [0, 0], [width, height]])
    assert np.allclose(frame.apply(frame.inverse().apply(corners)), corners, atol=1e-6)


def test_word_takes_its_share_of_the_canvas() -> None:
    ink = np.zeros((300, 400), np.float32)
    ink[100:104, 50:250] = ink[156:160, 50:250] = 1  # a word's box of 200 x 60, drawn with a pen of 4
    canvas, frame = fit(ink)
    (x0, y0), (x1, y1) = frame.apply([[50, 100], [250, 160]])
    assert y1 - y0 == pytest.approx(FILL * HEIGHT)
    assert canvas.shape == (HEIGHT, 192)
    assert canvas.sum() == pytest.approx(2 * 4 * 200 * frame.a**2, rel=0.02)  # no ink is lost or won
    assert x0 == pytest.approx(192 - x1)
    wide, frame = fit(ink, (50, 100, 2050, 160))
    assert wide.shape == (HEIGHT, MAX_WIDTH)
    assert frame.a == pytest.approx((MAX_WIDTH - 0.2 * HEIGHT) / 2000)


@pytest.mark.parametrize(("width", "height"), [(30, 4), (5, 5), (4, 40), (200, 6), (1, 1)])
def test_dots_and_dashes_are_not_blown_up(width: int, height: int) -> None:
    ink = np.zeros((100, 300), np.float32)
    ink[20 : 20 + height, 30 : 30 + width] = 1
    canvas, frame = fit(ink)
    assert min(width, height) * frame.a < 0.35 * HEIGHT
    assert canvas.shape[1] <= MAX_WIDTH
    # cutting the cubic's negative lobes adds a little
    assert canvas.sum() == pytest.approx(width * height * frame.a**2, rel=0.2 / min(width, height))


def test_blank_map_is_fitted_whole() -> None:
    canvas, frame = fit(np.zeros((100, 200), np.float32))
    assert not canvas.any()
    assert frame.a == pytest.approx(FILL * HEIGHT / 100)


@pytest.mark.parametrize(
    ("box", "options", "match"),
    [
        ((5, 0, 4, 9), {}, "box is"),
        ((0, 0, np.nan, 9), {}, "box is"),
        ((0, 0, np.inf, 9), {}, "box is"),
        (None, {"max_width": 32}, "max_width"),
        (None, {"max_width": 100}, "max_width"),
    ],
)
def test_impossible_arguments(box: tuple[float, float, float, float] | None, options: dict, match: str) -> None:
    with pytest.raises(ValueError, match=match):
        fit(np.zeros((10, 10), np.float32), box, **options)


def test_standardise() -> None:
    canvas = np.full((64, 256), 0.1, np.float32)
    canvas[30:34] = 0.5  # 6 % of the pixels
    canvas[0, 0] = 1.0
    seen = standardise(canvas)
    assert seen.dtype == np.float32
    assert seen.shape == canvas.shape
    assert np.allclose(seen[40], 0)
    assert np.allclose(seen[31], 1, atol=0.01)
    assert seen[0, 0] == 1.5
    assert seen.min() >= -0.5
    faint = standardise(0.1 * canvas)
    assert faint[31, 5] == pytest.approx(0.04 / 0.2, abs=1e-3)  # noise isn't stretched to ink
    assert not standardise(np.zeros((64, 64), np.float32)).any()
