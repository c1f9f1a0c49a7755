import numpy as np
import pytest

from inksight.ink.order import immediate_order


def line(*points):
    return np.array(points, np.float64)


def stem(x, top=40.0):
    return line((x, top), (x, 100))


def arch(x):  # the n's arch, as wide as it is high
    return line((x, 60), (x + 30, 40), (x + 40, 100))


def dot(x):
    return line((x, 15), (x + 3, 16))


def bar(x0, x1, y=30.0):
    return line((x0, y), (x1, y))


ascender = stem(0, top=0)


def test_a_word_in_one_stroke_keeps_its_marks_where_they_are():
    body = line((0, 0), (0, 100), (40, 60), (60, 100), (120, 50), (160, 100))
    assert immediate_order([body, bar(-20, 20), dot(100)]) == [0, 1, 2]


def test_a_delayed_dot_goes_behind_its_stem():
    strokes = [stem(20), arch(50), stem(110, 0), arch(120), dot(24)]
    assert immediate_order(strokes) == [0, 4, 1, 2, 3]


def test_a_delayed_bar_goes_behind_the_cursive_piece_that_it_crosses():
    first = line((0, 60), (30, 0), (30, 100), (60, 60), (90, 100))
    second = line((100, 60), (130, 100), (160, 40), (190, 100))
    assert immediate_order([first, second, dot(131), bar(10, 55)]) == [0, 3, 1, 2]


def test_two_delayed_dots_of_one_letter_keep_their_order():
    assert immediate_order([arch(0), arch(60), arch(120), dot(30), dot(15)]) == [0, 3, 4, 1, 2]


def test_marks_of_a_single_body_stay_as_written_even_from_right_to_left():
    body = line((0, 0), (0, 100), (80, 60), (160, 100))
    assert immediate_order([body, dot(150), dot(80), bar(-10, 30)]) == [0, 1, 2, 3]


def test_printed_letters_stay():
    i_then_n = [stem(10), dot(10), stem(40), arch(40)]
    capital_e = [stem(10, 0), bar(10, 50, 0), bar(10, 40, 50), bar(10, 50, 100), stem(80), arch(80)]
    capital_h = [stem(10, 0), stem(60, 0), bar(10, 60, 50), stem(80)]
    x_and_stop = [line((0, 0), (40, 100)), line((40, 0), (0, 100)), line((60, 99), (61, 100))]
    for strokes in (i_then_n, capital_e, capital_h, x_and_stop):
        assert immediate_order(strokes) == list(range(len(strokes)))


def test_an_underline_is_no_bar():
    strokes = [stem(0, 0), arch(10), arch(60), bar(-5, 110, 98)]
    assert immediate_order(strokes) == [0, 1, 2, 3]


@pytest.mark.parametrize("strokes", [[], [dot(3)], [line((1, 1))], [line((1, 1)), line((1, 1))]])
def test_little_ink(strokes):
    assert immediate_order(strokes) == list(range(len(strokes)))


def test_any_scale_place_and_always_a_permutation():
    rng = np.random.default_rng(0)
    for _ in range(30):
        walks = [np.cumsum(rng.normal(0, 8, (rng.integers(1, 9), 2)), axis=0) for _ in range(8)]
        strokes = [walk + np.array([rng.uniform(0, 200), 50]) for walk in walks]
        order = immediate_order(strokes)
        assert sorted(order) == list(range(8))
        assert immediate_order([s * 7.5 + (300, -900) for s in strokes]) == order
