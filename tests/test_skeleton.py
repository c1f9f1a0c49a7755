import numpy as np
import pytest

from inksight.centerline import skeleton
from inksight.centerline.skeleton import thin
from inksight.imaging.crop import Crop
from inksight.imaging.raster import coverage, paint, spurious
from inksight.ink.curves import arc_lengths
from tests.work import calls


def drawn(*curves, pen=4.0, shape=(100, 160)):
    """An ink map with the curves, given in the corner-origin frame."""
    return paint(shape, [np.asarray(c, np.float64) for c in curves], pen / 2).astype(np.float32)


def arc(cx, cy, r, start, stop, n=60):
    """Degrees, clockwise on the screen from the x axis."""
    t = np.radians(np.linspace(start, stop, n))
    return np.stack([cx + r * np.cos(t), cy + r * np.sin(t)], axis=1)


def trace(ink):
    return skeleton.trace(Crop.of(ink))


def pieces(mask, eight):
    """Number of connected components by flood fill."""
    left = {(int(r), int(c)) for r, c in zip(*np.nonzero(mask), strict=True)}
    steps = [(r, c) for r in (-1, 0, 1) for c in (-1, 0, 1) if (r, c) != (0, 0) and (eight or r * c == 0)]
    count = 0
    while left:
        count += 1
        front = [left.pop()]
        while front:
            r, c = front.pop()
            near = {(r + dr, c + dc) for dr, dc in steps} & left
            left -= near
            front += near
    return count


def holes(mask):
    return pieces(~np.pad(mask, 1), eight=False) - 1


def test_thin_keeps_the_topology_of_any_mask():
    random = np.random.default_rng(3)
    for _ in range(150):
        mask = random.random(random.integers(1, 14, 2)) < random.random()
        thinned = thin(mask)
        assert not (thinned & ~mask).any()
        assert pieces(thinned, eight=True) == pieces(mask, eight=True)
        assert holes(thinned) == holes(mask)


def test_thin_of_a_bar_is_its_middle_row():
    mask = np.zeros((11, 40), bool)
    mask[3:8, 4:36] = True
    thinned = thin(mask)
    assert (thinned.sum(axis=0) <= 1).all()
    assert set(np.nonzero(thinned)[0]) == {5}
    assert thinned.sum() >= 26


def test_thin_of_a_solid_square_and_of_a_ring():
    assert thin(np.ones((30, 30), bool)).sum() <= 30
    y, x = np.indices((41, 41)) - 20
    ring = abs(np.hypot(x, y) - 12) < 3
    on = np.nonzero(thin(ring))
    assert holes(thin(ring)) == 1
    assert abs(np.hypot(y[on], x[on]) - 12).max() < 1.5


def test_thin_is_quick():
    mask = drawn(*[[(10 * k, 5), (10 * k + 30, 95)] for k in range(36)], pen=5, shape=(100, 400)) > 0
    assert calls(lambda: thin(mask)) < 100  # passes over the whole picture, no walk from pixel to pixel


def test_a_line_comes_back_from_left_to_right_on_its_centre():
    for line in ([(20, 50), (140, 60)], [(140, 60), (20, 50)]):
        (stroke,) = trace(drawn(line))
        assert stroke.points[0] == pytest.approx((20, 50), abs=1.5)
        assert stroke.points[-1] == pytest.approx((140, 60), abs=1.5)
        off = (stroke.points[:, 1] - 50) - (stroke.points[:, 0] - 20) / 12
        assert abs(off).max() < 0.8  # thinning an even width leaves half a pixel


def test_a_vertical_bar_goes_down_and_a_ring_counter_clockwise_from_its_top_right():
    (bar,) = trace(drawn([(50, 90), (48, 10)]))
    assert bar.points[0, 1] < 13
    (ring,) = trace(drawn(arc(80, 50, 30, 0, 360)))
    assert ring.points[0, 1] < 30
    x, y = ring.points.T.astype(np.float64)
    assert np.sum(x * np.roll(y, -1) - y * np.roll(x, -1)) < 0  # y points down
    assert ring.points[0] == pytest.approx(ring.points[-1], abs=1.5)


@pytest.mark.parametrize("turn", [0, 30, 60])
def test_a_crossing_is_two_whole_strokes(turn):
    c, s = 40 * np.cos(np.radians(turn)), 40 * np.sin(np.radians(turn))
    first, second = [(80 - c, 50 - s), (80 + c, 50 + s)], [(80 + s, 50 - c), (80 - s, 50 + c)]
    strokes = trace(drawn(first, second, pen=5))
    assert len(strokes) == 2
    assert all(75 < s.length < 90 for s in strokes)


def test_a_t_junction_is_a_bar_and_a_stem_with_the_bar_whole():
    strokes = trace(drawn([(20, 20), (140, 20)], [(80, 20), (80, 90)]))
    assert len(strokes) == 2
    assert max(s.length for s in strokes) == pytest.approx(120, abs=5)


def test_a_retraced_stem_saves_the_lift():
    stem, arch = [(40, 5), (40, 92)], [(40, 72), *arc(60, 72, 20, 180, 360), (80, 92)]
    (stroke,) = trace(drawn(stem, arch))  # an h
    assert stroke.points[0] == pytest.approx((40, 7), abs=3)
    assert stroke.points[-1] == pytest.approx((80, 90), abs=3)
    assert 87 + 83 + 10 < stroke.length < 87 + 83 + 40  # down, back, over


def test_a_loop_stays_in_its_stroke():
    t = np.linspace(-np.pi, np.pi, 200)
    curve = np.stack([80 + 14 * t - 45 * np.sin(t), 50 + 30 * np.cos(t)], axis=1)
    (stroke,) = trace(drawn(curve, pen=3))
    assert stroke.length == pytest.approx(arc_lengths(curve)[-1], rel=0.06)
    assert stroke.points[0] == pytest.approx(curve[0], abs=3)


def test_order_is_left_to_right_with_marks_after_their_letter():
    stems = [[(x, 40), (x, 90)] for x in (130, 80, 30)]
    dots = [[(x + 1, 22), (x + 2, 24)] for x in (130, 30)]
    middles = [np.mean(s.points, axis=0) for s in trace(drawn(*stems, *dots))]
    assert [round(x / 50) for x, _ in middles] == [1, 1, 2, 3, 3]
    assert [y < 30 for _, y in middles] == [False, True, False, False, True]


def test_dots_stay_and_specks_go():
    ink = drawn([(20, 50), (90, 50)], [(120, 50)], pen=6)
    ink[10, 10] = 1
    strokes = trace(ink)
    assert len(strokes) == 2
    assert strokes[1].points.mean(axis=0) == pytest.approx((120, 50), abs=1.5)


def test_nothing_is_lost_and_nothing_made_up():
    random = np.random.default_rng(4)
    for _ in range(5):
        curve = np.stack([np.linspace(15, 385, 60), 50 + np.cumsum(random.normal(0, 6, 60)).clip(-35, 35)], axis=1)
        ink = drawn(curve, arc(200, 50, 20, 0, 360), pen=3.5, shape=(100, 400))
        strokes = trace(ink)
        assert coverage(ink > 0.5, strokes, 3) > 0.98
        assert spurious(ink > 0.5, strokes, 1) < 0.01


def test_the_stairs_of_the_pixels_are_smoothed_away():
    (stroke,) = trace(drawn([(10, 30), (150, 51)], pen=3))
    steps = np.diff(stroke.points.astype(np.float64), axis=0)
    angle = np.degrees(np.arctan2(steps[:, 1], steps[:, 0]))
    assert np.std(angle) < 5


def masks():
    y, x = np.indices((60, 90))
    noise = np.random.default_rng(5).random((60, 90))
    yield from (np.zeros((20, 30)), np.zeros((0, 7)), np.ones((60, 90)), np.ones((1, 1)), np.ones((1, 9)), (x + y) % 2)
    yield from (x % 2, (x % 4 == 0) | (y % 4 == 0), noise < 0.1, noise < 0.5, noise < 0.8, noise)
    yield np.hypot(x - 45, y - 30) // 2 % 3 == 0
    yield np.full((5, 5), np.nan)


@pytest.mark.parametrize("mask", list(masks()))
def test_no_mask_makes_it_fail(mask):
    h, w = mask.shape
    for stroke in trace(mask.astype(np.float32)):
        assert ((stroke.points >= -1) & (stroke.points <= [w + 1, h + 1])).all()


def test_noise_takes_work_in_proportion_to_its_area():
    for shape in ((20, 40), (80, 160)):
        noise = np.random.default_rng(6).random(shape).round().astype(np.float32)
        assert calls(lambda noise=noise: trace(noise)) < 100 * noise.size


def test_a_blank_map_has_no_strokes():
    assert trace(np.zeros((50, 80), np.float32)) == []


def test_the_bowl_of_an_a_is_walked_counter_clockwise():
    bowl, stem = arc(60, 60, 25, -20, 330), [(85, 30), (85, 80), (100, 90)]
    strokes = trace(drawn(bowl, stem, pen=4))
    longest = max(strokes, key=lambda s: s.length)
    first = longest.points[: len(longest) // 2].astype(np.float64) - [60, 60]
    sweep = np.unwrap(np.arctan2(first[:, 1], first[:, 0]))
    assert sweep[-1] - sweep[0] < -np.pi / 2
