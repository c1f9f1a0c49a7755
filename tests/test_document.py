import math
from dataclasses import FrozenInstanceError, replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from inksight.ink import Line, Page, Stroke, Word, bounding_box
from inksight.ink.frames import Affine

coordinate = st.floats(-1e4, 1e4, width=32)
points = arrays(np.float32, st.tuples(st.integers(1, 20), st.just(2)), elements=coordinate)
strokes = points.map(Stroke)
words = st.builds(Word, st.lists(strokes, min_size=1, max_size=5), st.text(max_size=8), st.floats(0, 1))

L_SHAPE = Stroke([[1, 2], [1, 6], [4, 6]])
DOT = Stroke([[7, 0]])


class TestStroke:
    def test_keeps_a_frozen_copy(self):
        source = np.array([[1.0, 2.0], [3.0, 4.0]])
        stroke = Stroke(source)
        source[0] = 9
        assert stroke.points.tolist() == [[1, 2], [3, 4]]
        assert stroke.points.dtype == np.float32
        with pytest.raises(ValueError, match="read-only"):
            stroke.points[0] = 9
        with pytest.raises(FrozenInstanceError):
            stroke.points = source

    @pytest.mark.parametrize("shape", [(0, 2), (2,), (3, 3), (2, 2, 1), ()])
    def test_refuses_other_shapes(self, shape):
        with pytest.raises(ValueError, match=r"shape \(n >= 1, 2\)"):
            Stroke(np.zeros(shape))

    @pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
    def test_refuses_what_is_not_a_number(self, value):
        with pytest.raises(ValueError, match="finite"):
            Stroke([[0, 0], [value, 1]])

    def test_length_and_box(self):
        assert (L_SHAPE.length, DOT.length) == (7, 0)
        assert (L_SHAPE.box, DOT.box) == ((1, 2, 4, 6), (7, 0, 7, 0))
        assert len(L_SHAPE) == 3

    def test_equality_is_of_points(self):
        assert Stroke(L_SHAPE.points) == L_SHAPE
        assert Stroke(L_SHAPE.points[::-1]) != L_SHAPE
        assert L_SHAPE.points.tolist() != L_SHAPE

    @given(points, st.floats(-100, 100), st.floats(-100, 100))
    def test_a_shift_moves_the_box(self, xy, dx, dy):
        stroke = Stroke(xy)
        moved = stroke.transformed(Affine.translation(dx, dy))
        assert moved.box == pytest.approx(np.add(stroke.box, (dx, dy, dx, dy)), abs=2e-3)
        assert moved.length == pytest.approx(stroke.length, rel=1e-3, abs=0.05)


class TestWord:
    def test_takes_the_box_of_its_strokes(self):
        assert Word((L_SHAPE, DOT)).box == (1, 0, 7, 6)

    def test_keeps_a_wider_box_beside_the_ink_box(self):
        word = Word((L_SHAPE,), box=(0, 0, 9, 9))
        assert (word.box, word.ink_box) == ((0, 0, 9, 9), (1, 2, 4, 6))
        assert Word(box=(0, 0, 9, 9)).ink_box == (0, 0, 9, 9)

    @pytest.mark.parametrize("box", [(1, 0, 0, 1), (0, 1, 1, 0), (0, 0, math.nan, 1), (0, 0, math.inf, 1), (0, 0, 1)])
    def test_refuses_a_box_that_is_none(self, box):
        with pytest.raises(ValueError, match="a box is"):
            Word(box=box)

    @pytest.mark.parametrize("confidence", [-0.1, 1.1, math.nan])
    def test_refuses_a_confidence_outside_0_to_1(self, confidence):
        with pytest.raises(ValueError, match="confidence"):
            Word(confidence=confidence)

    @given(words)
    def test_the_box_holds_all_ink(self, word):
        x0, y0, x1, y1 = word.box
        xy = np.concatenate([s.points for s in word.strokes])
        assert ((xy >= (x0, y0)) & (xy <= (x1, y1))).all()
        assert word.box == word.ink_box == bounding_box(word.strokes)

    @given(words, st.floats(-3, 3), st.floats(0.1, 10))
    def test_ink_stays_in_the_box_under_any_map_and_comes_back(self, word, angle, scale):
        frame = Affine.rotation(angle).then(Affine.scaling(scale))
        turned = word.transformed(frame)
        slack = 1e-5 * (1 + np.abs(turned.box).max())
        (a, b, c, d), (x0, y0, x1, y1) = turned.ink_box, turned.box
        assert a >= x0 - slack
        assert b >= y0 - slack
        assert c <= x1 + slack
        assert d <= y1 + slack
        back = turned.transformed(frame.inverse())
        for ours, theirs in zip(back.strokes, word.strokes, strict=True):
            assert ours.points == pytest.approx(theirs.points, abs=0.02)
        assert (turned.text, turned.confidence) == (word.text, word.confidence)


class TestPage:
    page = Page(
        100,
        50,
        [
            Line([Word((L_SHAPE,), "dear"), Word((DOT,)), Word((DOT, L_SHAPE), "reader")]),
            Line([Word((DOT,))]),
            Line(),
            Line([Word(text="yes")]),
        ],
    )

    def test_reads_lines_and_words_in_order(self):
        assert self.page.text == "dear reader\nyes"
        assert [w.text for w in self.page.words] == ["dear", "", "reader", "", "yes"]
        assert [i for i, _ in self.page.numbered_words()] == [0, 0, 0, 1, 3]
        assert self.page.strokes == (L_SHAPE, DOT, DOT, L_SHAPE, DOT)

    def test_of_words_is_one_line(self):
        assert Page.of_words(self.page.words, 100, 50).lines == (Line(self.page.words),)

    def test_nothing_on_it_is_fine(self):
        assert (Page(0, 0).words, Page(0, 0).strokes, Page(0, 0).text) == ((), (), "")

    @pytest.mark.parametrize("size", [(-1, 5), (5, -1), (math.nan, 5), (5, math.inf)])
    def test_refuses_a_size_that_is_none(self, size):
        with pytest.raises(ValueError, match="size"):
            Page(*size)

    def test_equality_is_of_values_and_lists_become_tuples(self):
        other = Page(100, 50, list(self.page.lines))
        assert other == self.page
        assert replace(other, width=99) != self.page


def test_no_strokes_have_no_box():
    with pytest.raises(ValueError, match="no strokes"):
        bounding_box([])
