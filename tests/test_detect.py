from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

from inksight.errors import InputError
from inksight.imaging.pictures import binarize
from inksight.ink.curves import distance_to_polyline
from inksight.ink.frames import Affine
from inksight.layout import detectors, textline
from inksight.layout.components import crops
from inksight.layout.detection import Detection
from inksight.layout.reading_order import reading_order
from inksight.layout.word_filter import found_once
from tests.pages import TEXT, contrast, drawn, example, zigzag

# ------------------------------------------------------------------------------------------------------ detectors


def test_rapidocr_reads_the_example_page_offline_and_silently(capfd):
    rgb, words = example()
    read = {w.text for w in words}
    expected = TEXT.split()
    assert sum(t in read for t in expected) >= 0.9 * len(expected)
    assert capfd.readouterr() == ("", "")
    for w in words:
        x0, y0, x1, y1 = w.box
        assert -2 <= x0 < x1 <= rgb.shape[1] + 2
        assert -2 <= y0 < y1 <= rgb.shape[0] + 2
        assert 0 <= w.confidence <= 1


def test_rapidocr_keeps_the_words_of_a_line_together_and_in_order():
    _, words = example()
    lines = {}
    for w in words:
        lines.setdefault(w.line, []).append(w)
    assert any([w.text for w in line] == ["Ask", "Anna", "about", "the", "boat"] for line in lines.values())
    assert all(a.box[0] < b.box[0] for line in lines.values() for a, b in pairwise(line))


def test_a_blank_picture_has_no_words():
    assert list(detectors.load("rapidocr")(np.full((200, 300, 3), 240, np.uint8))) == []


def test_none_takes_the_picture_for_one_word():
    (word,) = detectors.load("none")(np.zeros((20, 30, 3), np.uint8))
    assert word == Detection((0, 0, 30, 20), "", 0.0, 0)


def test_an_unknown_detector_is_named_with_the_known_ones():
    with pytest.raises(InputError, match=r"^unknown detector 'magic'; use one of rapidocr, inksight, .*none$"):
        detectors.load("magic")


QUAD = np.array([[0, 0], [120, 0], [120, 20], [0, 20]], float)


def cells(*lefts, width=10):
    return np.array([[[x, 0], [x + width, 0], [x + width, 20], [x, 20]] for x in lefts], float)


def test_words_are_cut_at_the_spaces_of_the_text():
    found = textline.words("ab c", 0.9, QUAD, 3, cells(0, 12, 40))
    assert found == [Detection((0, 0, 22, 20), "ab", 0.9, 3), Detection((40, 0, 50, 20), "c", 0.9, 3)]


def test_words_are_cut_at_wide_gaps_without_a_space():
    assert [w.text for w in textline.words("abc", 0.9, QUAD, 0, cells(0, 12, 80))] == ["ab", "c"]


def test_a_line_without_character_boxes_is_shared_out_evenly():
    found = textline.words("abc de", 0.9, QUAD)
    assert [(w.text, w.box) for w in found] == [("abc", (0, 0, 60, 20)), ("de", (80, 0, 120, 20))]


# ----------------------------------------------------------------------------------------------------- components


def cut(words, *lines, pen=4, size=(400, 300)):
    return parts(contrast(drawn(*lines, pen=pen, size=size)), words)


def parts(ink, words):
    """(crops of the words, crops of everything else)."""
    found = crops(ink, binarize(ink), words)
    others = [c for _, c in found.missed] + found.drawings
    return [c for _, c in found.words], sorted(others, key=lambda c: c.box[1])


def near(box, expected, tolerance=4):
    return all(abs(a - b) <= tolerance for a, b in zip(box, expected, strict=True))


def test_a_box_that_clips_a_word_is_widened_to_its_ink():
    (crop,), drawings = cut([Detection((120, 95, 150, 130))], zigzag(100, 100))
    assert near(crop.box, (100, 100, 160, 124))
    assert drawings == []
    assert crop.ink[0].max() == crop.ink[:, 0].max() == 0  # a margin of paper


def test_dots_and_commas_go_to_the_nearest_word():
    dot, comma = [(130, 88), (134, 88)], [(168, 124), (164, 134)]
    words = [Detection((98, 98, 160, 126)), Detection((98, 178, 160, 206))]
    (first, second), drawings = cut(words, zigzag(100, 100), zigzag(100, 180), dot, comma)
    assert near(first.box, (100, 86, 170, 136))
    assert near(second.box, (100, 180, 160, 204))
    assert drawings == []


def test_neighbours_are_masked():
    words = [Detection((95, 95, 165, 130)), Detection((95, 120, 165, 160))]
    (first, _), _ = cut(words, zigzag(100, 100), zigzag(100, 132))
    assert first.ink[int(130 - first.frame.f) :].max(initial=0) == 0


def test_words_that_touch_are_divided_between_their_boxes():
    descender = [(130, 124), (130, 184)]
    words = [Detection((98, 98, 162, 126)), Detection((98, 156, 162, 186))]
    (first, second), _ = cut(words, zigzag(100, 100), descender, zigzag(100, 160, height=24))
    assert first.box[3] < 160
    assert second.box[1] > 135
    assert near(second.box[2:], (160, 184))


def test_underlines_and_arrows_are_drawings_of_their_own():
    words = [Detection((98, 98, 162, 130)), Detection((198, 98, 262, 130))]
    found, drawings = cut(
        words, zigzag(100, 100), zigzag(200, 100), [(95, 136), (265, 137)], [(50, 280), (330, 220), (300, 218)]
    )
    assert near(found[0].box, (100, 100, 160, 124))
    assert near(found[1].box, (200, 100, 260, 124))
    assert [near(d.box, b, 6) for d, b in zip(drawings, [(95, 134, 265, 140), (50, 216, 332, 282)], strict=True)] == [
        True,
        True,
    ]


def test_what_is_faint_is_nothing_and_dark_dots_are_drawings():
    ink = contrast(drawn(zigzag(100, 100)))
    ink[200:204, 300:304] = 0.6
    ink[30:33, 20:380] = 0.65  # a rest of ruling
    ink[240:244, 300:304] = 0.95
    (word,), drawings = parts(ink, [Detection((95, 95, 165, 130))])
    assert near(word.box, (100, 100, 160, 124))
    assert [near(d.box, (300, 240, 304, 244)) for d in drawings] == [True]


def test_filled_shapes_are_drawings():
    ink = contrast(drawn(zigzag(100, 100)))
    ink[220:260, 60:100] = 1
    _, (shape,) = parts(ink, [Detection((95, 95, 165, 130))])
    assert near(shape.box, (60, 220, 100, 260))


def test_a_word_without_ink_is_none():
    words = [Detection((98, 98, 162, 126)), Detection((300, 20, 380, 50))]
    (first,), _ = cut(words, zigzag(100, 100))
    assert near(first.box, (100, 100, 160, 124))


def test_a_ring_around_a_word_is_a_drawing():
    ring = [(80, 90), (180, 90), (180, 136), (80, 136), (80, 90)]
    (word,), (frame,) = cut([Detection((82, 92, 178, 134))], zigzag(100, 100), ring)
    assert near(word.box, (100, 100, 160, 124))
    assert near(frame.box, (78, 88, 182, 138))


def test_a_word_below_a_box_is_no_mark_of_it():
    words, missed = cut([Detection((95, 95, 165, 130))], zigzag(100, 100), zigzag(100, 140))
    assert [near(w.box, (100, 100, 160, 124)) for w in words] == [True]
    assert [near(m.box, (100, 140, 160, 164)) for m in missed] == [True]


def test_without_words_all_ink_is_drawings():
    found, drawings = cut([], zigzag(100, 100), zigzag(300, 250))
    assert found == []
    assert len(drawings) == 2


# -------------------------------------------------------------------------------------------------------- spacing


def spaced(words, *lines):
    ink = contrast(drawn(*lines))
    return [w for w, _ in crops(ink, binarize(ink), words).words]


def test_words_run_together_are_cut_at_the_gap_and_so_is_the_text():
    one = Detection((98, 98, 202, 126), "onetwo", 0.9, letters=(0.05, 0.2, 0.45, 0.72, 0.85, 0.95))
    a, b = spaced([one], zigzag(100, 100, 46), zigzag(166, 100, 34))
    assert [(w.text, w.line) for w in (a, b)] == [("one", 0), ("two", 0)]
    assert near(a.box, (98, 98, 148, 126))
    assert near(b.box, (164, 98, 202, 126))


def test_letters_are_no_words():
    assert [
        w.text for w in spaced([Detection((98, 98, 202, 126), "ab")], zigzag(100, 100, 46), zigzag(152, 100, 48))
    ] == ["ab"]


def test_a_word_torn_apart_is_joined():
    torn = [Detection((98, 98, 148, 162), "wil", 0.9), Detection((148, 98, 202, 162), "low", 0.8)]
    (word,) = spaced(torn, zigzag(100, 100, 46, 60), zigzag(151, 100, 49, 60))
    assert (word.text, word.confidence) == ("willow", 0.8)


COMMA = [(176, 120), (172, 130)]


def test_a_word_found_twice_is_one():
    whole, again = Detection((98, 98, 202, 126), "onetwo", 0.9), Detection((99, 97, 201, 127), "Onetwo", 0.7, line=1)
    part, other = Detection((150, 100, 202, 126), "two", 0.8, line=2), Detection((150, 100, 202, 126), "six", 0.8)
    small = Detection((110, 100, 114, 108), "t", 0.8)
    unread = Detection((110, 99, 150, 125))
    assert found_once([part, whole, again, other, small, unread]) == [again, other, small, unread]
    assert found_once([whole, whole]) == [whole]
    assert found_once([]) == []


ONE = Detection((98, 98, 148, 126), "one", 0.8)
COMMAS = {
    "found by itself": ([ONE, Detection((170, 114, 180, 134), ",", 0.9)], "one,"),
    "cut off": ([Detection((98, 98, 180, 134), "one,", 0.8, letters=(0.1, 0.3, 0.5, 0.95))], "one,"),
    "not read": ([Detection((98, 98, 180, 134), "one", 0.8, letters=(0.1, 0.3, 0.5))], "one"),
}


@pytest.mark.parametrize(("words", "text"), COMMAS.values(), ids=COMMAS)
def test_a_comma_is_no_word(words, text):
    (found,) = spaced(words, zigzag(100, 100, 46), COMMA)
    assert (found.text, found.confidence) == (text, 0.8)
    assert near(found.box, (98, 98, 178, 132))


def test_a_comma_far_away_stays_where_it_is():
    comma = Detection((270, 114, 280, 134), ",", 0.8)
    assert [w.text for w in spaced([ONE, comma], zigzag(100, 100, 46), [(276, 120), (272, 130)])] == ["one", ","]


def test_a_dash_between_words_is_one():
    words = [Detection((x, 98, x + 44, 126), t, 0.9) for x, t in ((98, "one"), (160, "-"), (222, "two"))]
    lines = zigzag(100, 100, 40), [(164, 112), (200, 112)], zigzag(224, 100, 40)
    assert [w.text for w in spaced(words, *lines)] == ["one", "-", "two"]


# --------------------------------------------------------------------------------------------------- turned words


def turned_about(points, degrees, centre=(200, 150)):
    turn = Affine.translation(-centre[0], -centre[1]).then(Affine.rotation(np.radians(degrees)))
    return turn.then(Affine.translation(*centre)).apply(points)


def corners(x0, y0, x1, y1):
    return [(x0, y0), (x1, y0), (x1, y1), (x0, y1)]


ANGLES = [20, 45, 90, 135, 180, -30, -90]


@pytest.mark.parametrize("angle", ANGLES)
def test_turned_words_are_cut_out_upright_and_lead_back(angle):
    box, line = (165, 135, 235, 165), zigzag(170, 138)
    word = Detection.around(turned_about(corners(*box), angle))
    assert np.isclose(np.cos(word.angle - np.radians(angle)), 1)
    assert np.isclose(word.height, 30)
    (crop,), drawings = cut([word], turned_about(line, angle))
    assert drawings == []
    rows, columns = np.nonzero(binarize(crop.ink))
    assert near((np.ptp(columns), np.ptp(rows)), (60 + 4, 24 + 4), 3)  # it lies as it was written
    back = crop.frame.apply(np.stack([columns, rows], axis=1) + 0.5)
    written = distance_to_polyline(back, turned_about(line, angle))
    assert written.max() < 4
    assert near(crop.box, (*back.min(axis=0), *back.max(axis=0)))
    there = crop.frame.inverse().apply(crop.frame.apply([(0, 0), (7, 3)]))
    assert np.allclose(there, [(0, 0), (7, 3)], atol=1e-9)


def test_a_turn_by_a_right_angle_changes_no_pixel():
    line = turned_about(zigzag(170, 138), 90)
    (upright,), _ = cut([Detection((180, 110, 220, 190))], line)
    (crop,), _ = cut([Detection.around(turned_about(corners(165, 135, 235, 165), 90))], line)
    assert np.allclose(crop.ink, np.rot90(upright.ink), atol=1e-5)


def test_slightly_turned_words_are_left_as_they_are():
    word = Detection.around(turned_about(corners(165, 135, 235, 165), 4))
    assert (word.quad, word.angle) == (None, 0)


def test_lines_close_to_each_other_are_told_apart_by_their_own_boxes():
    """Upright boxes around words that are turned by 45 degrees hold half of the next line."""
    boxes = [(140, y, 260, y + 30) for y in (100, 140, 180)]
    letters = [[turned_about(zigzag(x, y + 3, 20, 24, 2), 45) for x in range(144, 250, 28)] for _, y, _, _ in boxes]
    words = [Detection.around(turned_about(corners(*b), 45)) for b in boxes]

    def own(found):
        """The share of each word's ink that its crop got."""
        cut_out, _ = cut(found, *(line for word in letters for line in word))
        counts = np.zeros((len(words), len(words)))
        for i, crop in enumerate(cut_out):
            rows, columns = np.nonzero(binarize(crop.ink))
            at = crop.frame.apply(np.stack([columns, rows], axis=1) + 0.5)
            whose = np.argmin([np.min([distance_to_polyline(at, s) for s in word], axis=0) for word in letters], axis=0)
            counts[i] = np.bincount(whose, minlength=len(words))
        return counts.diagonal() / counts.sum(axis=0)

    assert own(words).min() > 0.99
    assert own([replace(w, quad=None) for w in words]).min() < 0.8


def test_words_of_a_turned_line_are_read_along_it():
    boxes = [(100 + 40 * k, 140, 130 + 40 * k, 160) for k in range(4)]
    words = [Detection.around(turned_about(corners(*b), 90)) for b in boxes]
    assert reading_order([words[i] for i in (2, 0, 3, 1)]) == [[1, 3, 0, 2]]


# --------------------------------------------------------------------------------------------------------- layout


def order(*boxes, lines=None):
    words = [Detection(b, line=i if lines is None else lines[i]) for i, b in enumerate(boxes)]
    return reading_order(words)


def test_words_of_a_line_go_from_left_to_right():
    assert order((60, 0, 90, 20), (0, 2, 50, 22), lines=[0, 0]) == [[1, 0]]


def test_pieces_side_by_side_are_one_line():
    assert order((60, 0, 90, 20), (0, 2, 50, 22), (0, 40, 90, 60)) == [[1, 0], [2]]


def test_columns_are_read_one_after_the_other_below_a_common_title():
    title = (0, 0, 300, 20)
    left = [(0, y, 100, y + 20) for y in (40, 70, 100)]
    right = [(180, y, 300, y + 20) for y in (44, 74, 104)]
    boxes = [*(b for pair in zip(right, left, strict=True) for b in pair), title]
    assert [boxes[i] for (i,) in order(*boxes)] == [title, *left, *right]


def test_a_line_across_both_columns_ends_them():
    boxes = [(0, 0, 100, 20), (180, 0, 300, 20), (0, 40, 300, 60), (0, 80, 100, 100), (180, 80, 300, 100)]
    assert order(*boxes) == [[0], [1], [2], [3], [4]]


def test_nothing_has_no_order():
    assert reading_order([]) == []
