import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from inksight.ink.curves import distance_to_polyline
from inksight.options import MODES
from inksight.recognition.tokens import (
    CHARACTERS,
    DOWN,
    FIRST_CHARACTER,
    GRID,
    INK,
    MAX_STEP,
    MOVE,
    PROMPTS,
    START_OF_STROKE,
    TOLERANCE,
    VOCABULARY_SIZE,
    Vocabulary,
    decode_original,
    decode_path,
    encode_original,
    encode_path,
    from_text,
    path_points,
    to_text,
)


def strokes_of(elements, dtype):
    """Lists of strokes whose coordinates are drawn from `elements`."""
    return st.lists(arrays(dtype, st.tuples(st.integers(1, 12), st.just(2)), elements=elements), max_size=6)


grid_strokes = strokes_of(st.integers(0, GRID), np.int64)
canvas_strokes = strokes_of(st.floats(-20, 150).map(lambda v: round(v, 2)), np.float64)
streams = st.lists(st.integers(0, VOCABULARY_SIZE - 1) | st.just(START_OF_STROKE), max_size=60)


def listed(strokes):
    return [s.tolist() for s in strokes]


class TestOriginal:
    def test_numbers_of_the_paper(self):
        assert (GRID, START_OF_STROKE, VOCABULARY_SIZE) == (224, 450, 451)

    def test_the_example_of_its_diagram(self):
        assert to_text(encode_original([[[6, 32]]])) == "<ink_token_450><ink_token_6><ink_token_257>"

    @given(grid_strokes)
    def test_round_trip_through_text(self, strokes):
        assert listed(decode_original(from_text(to_text(encode_original(strokes))))) == listed(strokes)

    @given(streams)
    def test_decoding_any_stream_is_settled_after_one_pass(self, ids):
        strokes = decode_original(ids)
        assert all(len(s) and s.min() >= 0 and s.max() <= GRID for s in strokes)
        assert listed(decode_original(encode_original(strokes))) == listed(strokes)

    def test_rounds_and_clamps(self):
        assert encode_original([[[-3, 1.4], [230, 2.6]]]) == [450, 0, 226, 224, 228]
        assert encode_original([np.zeros((0, 2))]) == []

    @pytest.mark.parametrize(
        ("ids", "strokes"),
        [
            ([], []),
            ([450, 450], []),
            ([6, 257], [[[6, 32]]]),  # no start
            ([450, 6, 257, 7], [[[6, 32]]]),  # a dangling x at the end
            ([450, 6, 450, 7, 258], [[[7, 33]]]),  # and before a start
            ([450, 257, 6, 8, 259], [[[8, 34]]]),  # y before x: the pair is dropped
            ([450, 6, 7, 257, 8, 258], []),  # misaligned: stays so until the next start
        ],
    )
    def test_is_as_tolerant_as_the_original(self, ids, strokes):
        assert listed(decode_original(ids)) == strokes

    @pytest.mark.parametrize("bad", [-1, 451])
    def test_refuses_unknown_ids(self, bad):
        with pytest.raises(ValueError, match=str(bad)):
            decode_original([450, 6, 257, bad])

    def test_text_between_the_tokens_is_skipped(self):
        assert from_text("hello <ink_token_450> <ink_token_6>, <ink_token_x><ink_token_257>") == [450, 6, 257]


class TestPath:
    @given(canvas_strokes)
    def test_points_can_be_coded_and_lie_on_the_curve(self, strokes):
        coded = [path_points(s) for s in strokes]
        for points, curve in zip(coded, strokes, strict=True):
            assert (np.abs(np.diff(points, axis=0)).sum(axis=1) > 0).all()
            assert points[0].tolist() == np.rint(curve[0]).tolist()
            assert points[-1].tolist() == np.rint(curve[-1]).tolist()
            rounding = 0.5**0.5 + 1e-6
            assert distance_to_polyline(points, curve).max() <= TOLERANCE + rounding
            assert distance_to_polyline(curve, points).max() <= TOLERANCE + rounding
        assert listed(decode_path(encode_path(coded))) == listed(coded)

    def test_a_straight_line_takes_few_points_and_a_dot_one(self):
        assert path_points([[0, 0], [3, 0.1], [51, 0]]).tolist() == [[0, 0], [17, 0], [34, 0], [51, 0]]
        assert path_points([[5.2, 6.7]]).tolist() == [[5, 7]]

    def test_rows_say_where_pens_go_down_and_how_they_move(self):
        rows = encode_path([[[5, 6], [7, 6]], [[1, 1]]])
        assert rows.tolist() == [[1, 5, 6], [0, 2, 0], [1, 1, 1]]
        assert encode_path([]).shape == (0, 3)

    def test_moves_before_the_first_pen_down_start_from_nothing(self):
        assert listed(decode_path([[0, 2, 3], [0, 1, 1], [1, 9, 9]])) == [[[2, 3], [3, 4]], [[9, 9]]]
        assert decode_path([]) == []

    def test_refuses_what_has_no_code(self):
        with pytest.raises(ValueError, match="empty stroke"):
            encode_path([[]])
        with pytest.raises(ValueError, match="longer than"):
            encode_path([[[0, 0], [0, MAX_STEP + 1]]])


class TestVocabulary:
    def test_ids_are_distinct(self):
        assert len(set(CHARACTERS)) == len(CHARACTERS)
        assert max(DOWN, MOVE, INK, *PROMPTS.values()) < FIRST_CHARACTER
        assert tuple(PROMPTS) == MODES

    @given(st.text(CHARACTERS))
    def test_round_trip(self, text):
        vocabulary = Vocabulary()
        ids = vocabulary.encode(text)
        assert vocabulary.decode([PROMPTS["derender"], *ids, INK]) == text
        assert all(FIRST_CHARACTER <= i < len(vocabulary) for i in ids)

    def test_leaves_out_what_it_lacks(self):
        vocabulary = Vocabulary("ab")
        assert vocabulary.encode("a€b中a") == [FIRST_CHARACTER, FIRST_CHARACTER + 1, FIRST_CHARACTER]
        assert len(vocabulary) == FIRST_CHARACTER + 2
