import numpy as np

from inksight.ink import Stroke
from inksight.recognition.clipping import held

MASK = np.zeros((40, 120), bool)
MASK[18:22, 10:50] = True
MASK[18:22, 70:110] = True


def test_a_stroke_on_the_ink_stays_as_it_is():
    stroke = Stroke([(12, 20), (48, 20)], 2.0, "#112233")
    assert held([stroke], MASK) == [stroke]


def test_a_stroke_across_paper_is_cut_in_two():
    left, right = held([Stroke([(12, 20), (108, 20)], 2.0, "#112233")], MASK)
    assert left.points[0].tolist() == [12, 20]
    assert right.points[-1].tolist() == [108, 20]
    assert left.points[-1, 0] < 53
    assert right.points[0, 0] > 67
    assert (left.width, right.color) == (2.0, "#112233")


def test_ends_off_the_ink_are_dropped_and_so_is_a_stroke_without_any():
    (stroke,) = held([Stroke([(30, 5), (30, 20), (45, 20)])], MASK)
    assert stroke.points[0, 1] > 15
    assert held([Stroke([(5, 35), (100, 35)])], MASK) == []


def test_a_slip_is_put_back():
    (stroke,) = held([Stroke([(12, 20), (28, 20), (30, 25), (32, 20), (48, 20)])], MASK)
    assert stroke.points[:, 1].max() < 24
    assert stroke.length > 36


def test_without_ink_nothing_changes():
    stroke = Stroke([(1, 1), (5, 5)])
    assert held([stroke], np.zeros((9, 9), bool)) == [stroke]
