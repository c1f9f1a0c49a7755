import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from inksight.ink.curves import (
    arc_lengths,
    distance_to_polyline,
    resample,
    resample_all,
    significance,
    significances,
    simplify,
    simplify_all,
    smooth,
)
from inksight.ink.frames import Affine

coordinate = st.floats(-500, 500).map(lambda v: round(v, 3))
curves = arrays(np.float64, st.tuples(st.integers(1, 25), st.just(2)), elements=coordinate)
factor = st.floats(0.01, 100)
frames = st.builds(
    lambda angle, sx, sy, slant, dx, dy: Affine.rotation(angle).then(Affine(sx, slant, dx, 0, sy, dy)),
    st.floats(-4, 4),
    factor,
    factor | factor.map(lambda v: -v),
    st.floats(-2, 2),
    coordinate,
    coordinate,
)


def plain_rdp(xy, tolerance):
    """Ramer-Douglas-Peucker as the textbooks have it."""
    if len(xy) < 3:
        return xy
    d = distance_to_polyline(xy[1:-1], xy[[0, -1]])
    k = int(d.argmax()) + 1
    if d[k - 1] <= tolerance:
        return xy[[0, -1]]
    return np.concatenate([plain_rdp(xy[: k + 1], tolerance)[:-1], plain_rdp(xy[k:], tolerance)])


class TestArcLengths:
    def test_of_a_right_angle(self):
        assert arc_lengths([[0, 0], [3, 4], [3, 4], [3, 14]]).tolist() == [0, 5, 5, 15]
        assert arc_lengths([[7, 7]]).tolist() == [0]


class TestResample:
    @given(curves, st.floats(0.5, 50))
    def test_is_even_fine_enough_and_on_the_curve(self, xy, step):
        even = resample(xy, step)
        assert even[0] == pytest.approx(xy[0])
        assert distance_to_polyline(even, xy).max() < 1e-6
        if len(even) == 1:
            assert arc_lengths(xy)[-1] == 0
            return
        assert even[-1] == pytest.approx(xy[-1])
        assert np.linalg.norm(np.diff(even, axis=0), axis=1).max() <= step * (1 + 1e-6)
        assert len(even) == max(2, math.ceil(arc_lengths(xy)[-1] / step - 1e-9) + 1)

    def test_of_a_straight_line(self):
        assert resample([[0, 0], [1, 0], [10, 0]], 2.5)[:, 0].tolist() == [0, 2.5, 5, 7.5, 10]

    @pytest.mark.parametrize("step", [0, -1, math.nan])
    def test_refuses_a_step_that_is_none(self, step):
        with pytest.raises(ValueError, match="step"):
            resample([[0, 0], [1, 1]], step)


class TestSimplify:
    @given(curves, st.floats(0, 100))
    def test_agrees_with_the_textbook(self, xy, tolerance):
        assert simplify(xy, tolerance).tolist() == plain_rdp(xy, tolerance).tolist()

    @given(curves, st.floats(0, 100))
    def test_stays_within_the_tolerance(self, xy, tolerance):
        assert distance_to_polyline(xy, simplify(xy, tolerance)).max() <= tolerance + 1e-9

    @given(curves)
    def test_coarser_is_a_part_of_finer(self, xy):
        rank = significance(xy)
        assert (rank[[0, -1]] == np.inf).all()
        assert (rank >= 0).all()
        assert simplify(xy, 1e9).tolist() == xy[sorted({0, len(xy) - 1})].tolist()


class TestSmooth:
    @given(curves, st.floats(0, 20))
    def test_holds_the_ends_and_stays_near(self, xy, sigma):
        xy = xy * min(1, 40 * (sigma or np.inf) / max(arc_lengths(xy)[-1], 1e-9))  # keeps the examples small
        out = smooth(xy, sigma)
        assert np.isfinite(out).all()
        assert out[0].tolist() == xy[0].tolist()
        if arc_lengths(xy)[-1] > 0:
            assert out[-1].tolist() == xy[-1].tolist()
            assert distance_to_polyline(out, xy).max() <= 3.5 * sigma + 1e-6  # no farther than the kernel reaches

    @given(st.floats(0.1, 10), coordinate, coordinate)
    def test_leaves_a_straight_line_as_it_is(self, sigma, dx, dy):
        line = np.array([[0, 0], [dx / 10, dy / 10]])
        assert smooth(line, sigma) == pytest.approx(resample(line, sigma / 2), abs=1e-9)

    def test_turns_a_staircase_into_a_ramp(self):
        k = np.arange(60)
        stairs = np.stack([(k + 1) // 2, k // 2], axis=1).astype(float)
        ramp = [[0.5, 0], [30.5, 30]]
        rough, fine = (distance_to_polyline(c[20:-20], ramp).max() for c in (stairs, smooth(stairs, 3)))
        assert rough > 0.35
        assert fine < 0.01

    def test_zero_only_copies(self):
        xy = np.array([[0.0, 0], [5, 1], [9, 9]])
        out = smooth(xy, 0)
        assert out.tolist() == xy.tolist()
        assert out is not xy


class TestDistance:
    @given(curves, curves)
    def test_agrees_with_many_samples_of_the_curve(self, queries, xy):
        dense = resample(xy, 2.0)
        brute = np.linalg.norm(queries[:, None] - dense, axis=2).min(axis=1)
        exact = distance_to_polyline(queries, xy)
        assert (exact <= brute + 1e-9).all()
        assert (brute <= exact + 2.0).all()

    def test_beyond_the_ends_it_is_to_the_end(self):
        assert distance_to_polyline([[-3, 4], [5, 2], [13, -4]], [[0, 0], [10, 0]]).tolist() == [5, 2, 5]
        assert distance_to_polyline([[3, 4]], [[0, 0]]).tolist() == [5]


class TestAffine:
    @given(frames, curves)
    def test_the_inverse_comes_back(self, frame, xy):
        assert frame.inverse().apply(frame.apply(xy)) == pytest.approx(xy, abs=1e-6)
        assert frame.apply(frame.inverse().apply(xy)) == pytest.approx(xy, abs=1e-6)

    @given(frames, frames, curves)
    def test_then_is_one_after_the_other(self, first, second, xy):
        assert first.then(second).apply(xy) == pytest.approx(second.apply(first.apply(xy)), rel=1e-9, abs=1e-6)

    def test_named_maps(self):
        assert Affine().apply([[3, 4]]).tolist() == [[3, 4]]
        assert Affine.translation(1, -2).apply([[3, 4]]).tolist() == [[4, 2]]
        assert Affine.scaling(2).apply([[3, 4]]).tolist() == [[6, 8]]
        assert Affine.scaling(2, 3).apply([[3, 4]]).tolist() == [[6, 12]]

    def test_a_quarter_turn_takes_right_to_down(self):
        assert Affine.rotation(math.pi / 2).apply([[1, 0], [0, 1]]) == pytest.approx(np.array([[0, 1], [-1, 0]]))

    @pytest.mark.parametrize("frame", [Affine.scaling(0), Affine(1, 2, 0, 2, 4, 0), Affine(a=math.nan)])
    def test_a_flat_map_has_no_inverse(self, frame):
        with pytest.raises(ValueError, match="no inverse"):
            frame.inverse()


def test_several_curves_are_simplified_as_one_by_one():
    rng = np.random.default_rng(5)
    several = [rng.normal(size=(n, 2)).cumsum(axis=0) for n in (1, 2, 3, 40, 200)]
    several += [np.zeros((6, 2)), np.array([[0, 0], [1, 0], [2, 0]]), np.array([[0, 0], [3, 3], [0, 0]])]
    for tolerance in (0.0, 0.4, 5.0):
        for together, alone in zip(simplify_all(several, tolerance), several, strict=True):
            assert np.array_equal(together, simplify(alone, tolerance))
    assert simplify_all([], 1.0) == []


@pytest.mark.parametrize("step", [0.07, 1.0, 30.0])
def test_curves_end_to_end_are_resampled_and_ranked_as_one_by_one(step):
    rng = np.random.default_rng(4)
    parts = [rng.normal(0, 3, (n, 2)) for n in (5, 1, 2, 9)] + [np.ones((3, 2))]
    xy, counts = resample_all(np.concatenate(parts), [len(p) for p in parts], step)
    alone = [resample(p, step) for p in parts]
    assert counts.tolist() == [len(p) for p in alone]
    assert xy == pytest.approx(np.concatenate(alone))
    assert significances(xy, counts) == pytest.approx(
        np.concatenate([significance(p) for p in np.split(xy, np.cumsum(counts)[:-1])])
    )
