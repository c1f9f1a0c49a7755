import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from inksight.ink import Stroke, Word
from inksight.ink.frames import Affine, Bend, Chain, Homography

W, H = 1800.0, 2400.0
SHEET = np.array([[0, 0], [W, 0], [W, H], [0, H]])
jitter = arrays(np.float64, (4, 2), elements=st.floats(-300, 300))
on_sheet = arrays(np.float64, st.tuples(st.integers(1, 20), st.just(2)), elements=st.floats(0, 1)).map(
    lambda u: u * [W, H]
)
homographies = jitter.map(lambda d: Homography.of_corners(SHEET, SHEET + d))
bends = arrays(np.float64, (3, 3), elements=st.floats(-20, 20)).map(lambda w: Bend(w, (W / 2, H / 2), H / 2))
turns = st.builds(lambda a, x: Affine.rotation(a).then(Affine.translation(x, -x)), st.floats(-4, 4), st.floats(-99, 99))
chains = st.builds(lambda *frames: Chain(frames), bends, homographies, turns)


@settings(max_examples=60)
@given(homographies | bends | turns | chains, on_sheet)
def test_the_inverse_comes_back(frame, xy):
    assert abs(frame.inverse().apply(frame.apply(xy)) - xy).max() < 0.01


@settings(max_examples=30)
@given(chains, on_sheet)
def test_zoom_is_the_root_of_the_growth_of_areas(frame, xy):
    x, y = xy[0]
    a, b, c = frame.apply([[x, y], [x + 0.01, y], [x, y + 0.01]])
    area = np.linalg.det([b - a, c - a]) / 1e-4
    assert frame.zoom((x, y)) == pytest.approx(abs(area) ** 0.5, rel=1e-2)
    back = frame.apply([(x, y)])[0]
    assert frame.inverse().zoom((back[0], back[1])) == pytest.approx(1 / frame.zoom((x, y)), rel=1e-4)


@given(jitter)
def test_corners_go_where_they_are_told(d):
    assert Homography.of_corners(SHEET, SHEET + d).apply(SHEET) == pytest.approx(SHEET + d, abs=1e-5)


@given(turns, homographies, on_sheet)
def test_then_is_one_after_the_other(turn, camera, xy):
    assert Homography.of(turn).then(camera).apply(xy) == pytest.approx(camera.apply(turn.apply(xy)), abs=1e-5)


def test_a_long_line_bends_with_the_paper():
    bend = Bend(np.array([[0.0], [30.0]]), (100, 100), 100)
    line = np.array([[0.0, 5], [200, 5]])
    seen = Stroke(line).transformed(Chain((bend, Affine.translation(0, 10)))).points
    x = seen[:, 0].astype(float)
    assert seen[[0, -1]].tolist() == [[0, 45], [200, 45]]
    assert np.diff(x).max() <= 25
    assert seen[:, 1] == pytest.approx(15 + 30 * ((x - 100) / 100) ** 2, abs=1e-4)
    assert len(Stroke(line).transformed(Affine.scaling(2)).points) == 2
    assert len(Stroke([[3, 4]]).transformed(bend).points) == 1


def test_a_bend_moves_points_up_and_down_alone():
    bend = Bend(np.array([[0.0], [30.0]]), (100, 100), 100)
    assert bend.apply([[0, 5], [100, 5], [200, 5], [150, 5]]).tolist() == [[0, 35], [100, 5], [200, 35], [150, 12.5]]


@pytest.mark.parametrize(
    ("points", "say"),
    [([[0, 0], [1, 1], [2, 2], [0, 5]], "on a line"), ([[0, 0], [0, 0], [2, 2], [0, 5]], "on a line")],
)
def test_what_is_no_quadrilateral_is_refused(points, say):
    with pytest.raises(ValueError, match=say):
        Homography.of_corners(points, SHEET)


def test_a_flat_homography_has_no_inverse():
    with pytest.raises(ValueError, match="no inverse"):
        Homography(np.zeros((3, 3))).inverse()


def test_words_move_with_their_boxes_and_widths():
    half = Homography.of_corners(SHEET, SHEET / 2)
    word = Word((Stroke([[100, 100], [200, 140]], width=6),), "a", box=(90, 90, 210, 150)).transformed(half)
    assert word.box == pytest.approx((45, 45, 105, 75))
    assert word.strokes[0].width == pytest.approx(3)
    assert word.strokes[0].points == pytest.approx(np.array([[50, 50], [100, 70]]))
