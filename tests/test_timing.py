"""Made-up times: they rise, know no units, and the pen slows down where a hand would."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inksight.ink import Stroke
from inksight.ink.timing import DWELL, LONGEST_LIFT, duration, times

coordinate = st.floats(-1e4, 1e4, width=32)
strokes = st.lists(st.lists(st.tuples(coordinate, coordinate), min_size=1, max_size=12).map(Stroke), max_size=5)


def line(*corners, per_side=40):
    """A polyline with many points."""
    ends = np.array(corners, float)
    at = np.linspace(0, len(ends) - 1, per_side * (len(ends) - 1) + 1)
    return Stroke(np.stack([np.interp(at, np.arange(len(ends)), ends[:, k]) for k in (0, 1)], axis=1))


def circle(radius):
    angle = np.linspace(0, 2 * np.pi, 400)
    return Stroke(radius * np.stack([np.cos(angle), np.sin(angle)], axis=1))


@settings(max_examples=50, deadline=None)
@given(strokes)
def test_times_rise_from_zero_over_all_strokes(ink):
    found = times(ink)
    assert [len(t) for t in found] == [len(s) for s in ink]
    assert all(np.isfinite(t).all() and (np.diff(t) >= 0).all() for t in found)
    assert all(after[0] > before[-1] for before, after in pairwise(found))
    assert not ink or found[0][0] == 0
    assert duration(ink) >= (found[-1][-1] if ink else 0)


@pytest.mark.parametrize("scale", [0.01, 1000])
def test_the_unit_does_not_matter(scale):
    ink = [line((0, 0), (30, 40), (60, 0)), line((20, 20), (40, 20))]
    larger = [Stroke(s.points * np.float32(scale)) for s in ink]
    assert np.concatenate(times(larger)) == pytest.approx(np.concatenate(times(ink)), rel=1e-3)


def test_a_pen_slows_down_at_a_corner_and_at_both_ends():
    corner = line((0, 0), (50, 100), (100, 0))
    (when,) = times([corner])
    speed = np.linalg.norm(np.diff(corner.points, axis=0), axis=1) / np.diff(when)
    quarter = len(speed) // 4
    assert speed[2 * quarter] < 0.5 * speed[quarter]
    assert max(speed[0], speed[-1]) < 0.5 * speed[quarter]


def test_a_small_circle_takes_longer_for_its_way_by_the_cube_root_of_its_size():
    """The two-thirds power law: speed goes with the cube root of the radius, the time for a turn with its 2/3 power."""
    frame = line((0, 0), (0, 100))  # sets the letters' height, with the median of the three
    large, small = (t[-1] - t[0] for t in times([circle(100), circle(50), frame])[:2])
    assert large / small == pytest.approx(2 ** (2 / 3), rel=0.1)


def test_the_pen_takes_time_in_the_air_and_on_a_dot():
    here, near, far = Stroke([[0, 0]]), Stroke([[5, 0]]), Stroke([[5000, 0]])
    bar = line((0, 0), (0, 10))
    starts = [times([bar, here, dot])[2][0] - times([bar, here])[1][0] for dot in (near, far)]
    assert starts[0] < starts[1] == pytest.approx(LONGEST_LIFT + DWELL)
    assert duration([here]) == DWELL
    assert duration([]) == 0


def test_a_long_line_through_small_writing_costs_no_memory():
    (when, _) = times([Stroke([[0, 0], [1e7, 0]]), Stroke([[0, 0], [0, 1e-3]])])
    assert 0 < when[-1] < 1e10
