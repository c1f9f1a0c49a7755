"""What is done with strokes that came late: joined, moved, dropped."""

import pytest

from inksight.recognition.tidy import tidy


def lists(strokes):
    return [s.tolist() for s in strokes]


def line(x0, x1, y):
    """A horizontal stroke with a point every 4 pixels."""
    step = 4 if x1 > x0 else -4
    return [[x, y] for x in range(x0, x1 + step, step)]


def upright(x, y0, y1):
    return [[x, y] for y in range(y0, y1 + 4, 4)]


@pytest.mark.parametrize(
    ("strokes", "late", "expected"),
    [
        ([upright(10, 8, 40), upright(60, 8, 40), upright(30, 8, 40)], [2], [0, 2, 1]),  # a letter that was skipped
        ([upright(40, 8, 40), upright(80, 8, 40), upright(4, 8, 40)], [2], [2, 0, 1]),  # the first one
        ([upright(4, 8, 40), upright(80, 8, 40), upright(30, 8, 40), upright(60, 8, 40)], [2, 3], [0, 2, 3, 1]),
        ([upright(4, 8, 40), upright(80, 8, 40), upright(30, 8, 40), upright(40, 8, 40)], [2], [0, 2, 3, 1]),
        ([upright(60, 8, 40), upright(10, 8, 40)], [], [0, 1]),  # none is late: the writer's own order
    ],
)
def test_late_strokes_go_to_their_place(strokes, late, expected):
    assert lists(tidy(strokes, late)) == [strokes[k] for k in expected]


def test_a_late_stroke_that_goes_on_where_another_ended_is_one_with_it():
    first, rest, far = line(8, 40, 20), line(44, 60, 22), upright(100, 8, 40)
    assert lists(tidy([first, far, rest], [2])) == [first + rest, far]


def test_a_late_stroke_that_leads_into_another_is_one_with_it():
    begin, second = line(8, 40, 20), line(44, 60, 22)
    assert lists(tidy([second, begin], [1])) == [begin + second]


@pytest.mark.parametrize(
    "late",
    [
        line(36, 8, 24),  # turns back
        line(52, 80, 20),  # too far
        upright(24, 24, 48),  # begins beside the middle
    ],
)
def test_other_late_strokes_stay_strokes(late):
    assert len(tidy([line(8, 40, 20), late], [1])) == 2


def test_only_late_strokes_are_joined():
    assert len(tidy([line(8, 40, 20), line(44, 60, 20)], [])) == 2


def test_a_speck_beside_a_stroke_is_dropped_and_a_dot_is_not():
    stem = upright(20, 20, 56)
    speck, dot = [[24, 30], [25, 31]], [[20, 6], [21, 7]]
    assert lists(tidy([stem, speck], [1])) == [stem]
    assert lists(tidy([stem, dot], [1])) == [stem, dot]
    assert lists(tidy([stem, speck], [])) == [stem, speck]  # drawn in its turn: meant
    bar = line(12, 28, 30)
    assert lists(tidy([stem, bar], [1])) == [stem, bar]


def test_a_word_of_late_strokes_alone_is_kept():
    assert lists(tidy([[[10, 10]]], [0])) == [[[10, 10]]]
    assert tidy([], []) == []
