import numpy as np
import pytest

from inksight.centerline import snap as module
from inksight.imaging.crop import Crop
from inksight.imaging.raster import paint
from inksight.ink import Stroke
from inksight.ink.curves import arc_lengths, distance_to_polyline, resample


def rendered(*curves, pen=4.0, shape=(90, 240), fine=4):
    """An antialiased ink map of the curves."""
    big = paint((shape[0] * fine, shape[1] * fine), [np.asarray(c) * fine for c in curves], pen * fine / 2)
    return big.reshape(shape[0], fine, shape[1], fine).mean(axis=(1, 3), dtype=np.float32)


def snap(ink, strokes, reach):
    return module.snap(Crop.of(ink), strokes, reach=reach)


def wave(rise=18.0):
    t = np.linspace(0, 4 * np.pi, 300)
    return np.stack([20 + 16 * t, 45 + rise * np.sin(t)], axis=1)


def shaken(curve, amplitude, seed=0):
    """The curve under smooth noise of this standard deviation in px."""
    even = resample(curve, 1.0)
    kernel = np.exp(-0.5 * (np.arange(-24, 25) / 8) ** 2)
    noise = np.random.default_rng(seed).normal(0, amplitude, (len(even) + 48, 2)) / np.sqrt((kernel**2).sum())
    return even + np.stack([np.convolve(noise[:, i], kernel, "valid") for i in (0, 1)], axis=1)


def error(stroke, truth):
    return float(distance_to_polyline(stroke.points, truth).mean())


@pytest.mark.parametrize("pen", [2.0, 4.0, 6.0])
@pytest.mark.parametrize("amplitude", [1.0, 1.5])
def test_shaken_strokes_come_back(pen, amplitude):
    ink = rendered(wave(), pen=pen)
    for seed in range(3):
        before = Stroke(shaken(wave(), amplitude, seed))
        (after,) = snap(ink, [before], reach=4)
        assert error(after, wave()) < 0.35 * error(before, wave())


@pytest.mark.parametrize("pen", [1.5, 3.0, 5.0])
def test_what_is_centred_stays(pen):
    (after,) = snap(rendered(wave(), pen=pen), [Stroke(wave())], reach=3)
    assert distance_to_polyline(after.points, wave()).max() < 0.35
    assert after.length == pytest.approx(arc_lengths(wave())[-1], rel=0.02)


def test_lines_side_by_side_are_not_merged():
    upper, lower = [(20, 40), (220, 40)], [(20, 46), (220, 46)]
    ink = rendered(upper, lower, pen=3.5)
    shifted = [Stroke(np.add(c, (0, d))) for c, d in ((upper, 1.5), (lower, -1.5))]
    after = snap(ink, shifted, reach=6)
    assert error(after[0], np.array(upper)) < 0.4
    assert error(after[1], np.array(lower)) < 0.4


def test_a_crossing_does_not_pull():
    level, steep = [(20, 45), (220, 45)], [(90, 10), (150, 80)]
    ink = rendered(level, steep, pen=5)
    level_after, steep_after = snap(ink, [Stroke(level), Stroke(steep)], reach=4)
    assert abs(level_after.points[:, 1] - 45).max() < 0.4
    assert distance_to_polyline(steep_after.points, steep).max() < 0.4


def test_no_kinks():
    (after,) = snap(rendered(wave(), pen=4), [Stroke(shaken(wave(), 1.5))], reach=4)
    steps = np.diff(after.points[1:-1].astype(np.float64), axis=0)
    angle = np.arctan2(steps[:, 1], steps[:, 0])
    turn = abs((np.diff(angle) + np.pi) % (2 * np.pi) - np.pi)
    assert np.degrees(turn).max() < 40


def test_a_retraced_stroke_keeps_both_ways_together():
    there_and_back = [(120, 15), (120, 75), (120, 15)]
    (after,) = snap(rendered(there_and_back, pen=4), [Stroke(np.add(there_and_back, (1.5, 0)))], reach=4)
    assert abs(after.points[:, 0] - 120).max() < 0.5
    assert after.points[:, 1].max() > 72


def test_passes_over_one_line_keep_their_distance_and_their_middle_lies_on_the_ink():
    down, up = [(119.5, 15), (119.5, 75)], [(122, 75), (122, 15)]
    ink = rendered([(120, 15), (120, 75)], pen=4)
    for strokes in ([Stroke(down), Stroke(up)], [Stroke([*down, *up])]):
        points = np.concatenate([s.points for s in snap(ink, strokes, reach=4)]).astype(np.float64)
        middle = points[(points[:, 1] > 25) & (points[:, 1] < 65)]
        left, right = middle[middle[:, 0] < 120], middle[middle[:, 0] >= 120]
        assert right[:, 0].mean() - left[:, 0].mean() == pytest.approx(2.5, abs=0.3)
        assert (right[:, 0].mean() + left[:, 0].mean()) / 2 == pytest.approx(120, abs=0.5)


def test_reach_limits_the_move():
    ink = rendered([(20, 45), (220, 45)], pen=4)
    stroke = Stroke([(20, 49), (220, 49)])
    (after,) = snap(ink, [stroke], reach=0.5)
    assert abs(after.points[:, 1] - 49).max() <= 0.5 + 1e-4
    (after,) = snap(ink, [stroke], reach=5)
    assert abs(after.points[:, 1] - 45).max() < 0.3


def test_what_is_far_from_ink_stays():
    (after,) = snap(rendered([(20, 15), (220, 15)]), [Stroke([(20, 70), (220, 75)])], reach=3)
    assert distance_to_polyline(after.points, [(20, 70), (220, 75)]).max() < 1e-3


def test_ends_are_drawn_out_to_the_ink_s_end():
    ink = rendered([(20, 45), (220, 45)], pen=4)
    (after,) = snap(ink, [Stroke([(22.5, 45), (217, 45)])], reach=4)
    assert after.points[0] == pytest.approx((20, 45), abs=0.4)
    assert after.points[-1] == pytest.approx((220, 45), abs=0.4)
    (inside,) = snap(ink, [Stroke([(80, 45), (150, 45)])], reach=4)
    assert inside.length == pytest.approx(70, abs=0.1)


def test_a_point_without_a_direction_moves_by_itself():
    points = np.stack([np.arange(5.0), np.zeros(5)], axis=1)
    along, move = np.array([[1.0, 0.0]] * 2 + [[0.0, 0.0]] + [[-1.0, 0.0]] * 2), np.array([[0.0, 1.0]] * 5)
    assert module._together(points, along, move, np.ones(5), 4.0, 2.0) == pytest.approx(move)


def test_dots_blank_maps_and_the_empty_list():
    ink = rendered([(60, 45)], pen=6)
    dot = Stroke([(61, 46)])
    assert snap(ink, [dot], reach=3) == [dot]
    assert snap(ink, [], reach=3) == []
    line = Stroke([(0, 0), (50, 50)])
    assert snap(np.zeros((60, 60), np.float32), [line], reach=3) == [line]
    assert snap(np.zeros((0, 0), np.float32), [line], reach=3) == [line]


def test_strokes_may_leave_the_picture_and_maps_may_be_tiny():
    for shape in ((1, 1), (1, 8), (8, 1), (5, 5)):
        (after,) = snap(np.ones(shape, np.float32), [Stroke([(-20, -5), (30, 9)])], reach=3)
        assert np.isfinite(after.points).all()
