"""Words out of the segmentation network's maps, and which of them are print."""

from dataclasses import replace

import numpy as np
import pytest

from inksight.imaging.segmentation import COARSE, Layout, Segmentation
from inksight.layout.detection import Detection
from inksight.layout.words import Words, are_print, looks_printed, missed, words
from tests.pages import segmentation

SHAPE = (120, 400)
LINE = [(20, 20, 100, 52), (120, 20, 200, 52)]


def blank():
    return np.zeros(SHAPE, np.float32)


def near(box, expected, tolerance=COARSE):
    return all(abs(a - b) <= tolerance for a, b in zip(box, expected, strict=True))


def test_words_are_as_large_as_before_they_were_shrunk():
    found = sorted(words(segmentation(blank(), words=LINE)), key=lambda w: w.box)
    assert [near(w.box, b) for w, b in zip(found, LINE, strict=True)] == [True, True]
    assert {(w.text, w.confidence, w.quad) for w in found} == {("", 0.0, None)}


def test_words_of_one_line_region_share_a_line():
    seen = segmentation(blank(), words=[*LINE, (20, 70, 100, 102)])
    seen.layout.line[7:11, 7:48] = 1  # the line runs through the gap
    by_place = {w.box[:2]: w.line for w in words(seen)}
    (_, first), (_, below), (_, second) = sorted(by_place.items(), key=lambda item: (item[0][0] > 60, item[0][1]))
    assert first == second != below


def test_words_outside_every_line_have_lines_of_their_own():
    seen = segmentation(blank(), words=LINE)
    seen.layout.line[:] = 0
    assert len({w.line for w in words(seen)}) == 2


@pytest.mark.parametrize("degrees", [30, -45, 80])
def test_a_turned_word_is_turned(degrees):
    angle = np.radians(degrees)
    y, x = (np.mgrid[:60, :100] + 0.5) * COARSE - np.array([120, 200])[:, None, None]
    along, across = x * np.cos(angle) + y * np.sin(angle), y * np.cos(angle) - x * np.sin(angle)
    word = ((abs(along) < 50) & (abs(across) < 10)).astype(np.float32)  # 120 x 40, shrunk by 10 at each side
    layout = Layout(word, word, np.full_like(word, 40), np.full_like(word, angle))
    (found,) = words(Segmentation(np.zeros((3, 240, 400), np.float32), layout))
    assert found.angle == pytest.approx(angle, abs=0.05)
    assert found.height == pytest.approx(40, abs=2 * COARSE)
    middle = np.array(found.box).reshape(2, 2).mean(axis=0)
    assert middle == pytest.approx([200, 120], abs=COARSE)


def test_specks_are_no_words():
    seen = segmentation(blank())
    seen.layout.word[5, 5:7] = 1
    assert words(seen) == []


def test_the_detector_finds_nothing_on_a_blank_picture():
    assert list(Words()(np.full((90, 120, 3), 235, np.uint8))) == []


class TestMissed:
    def test_what_another_detector_found_is_not_missed(self):
        seen = segmentation(blank(), words=LINE)
        (one,) = missed(seen, [Detection((15, 15, 110, 60), "found", 0.9, 4)])
        assert near(one.box, LINE[1])
        assert one.line > 4

    def test_without_any_detection_all_are(self):
        assert len(missed(segmentation(blank(), words=LINE), [])) == 2

    def test_a_corner_of_a_box_covers_no_word(self):
        seen = segmentation(blank(), words=LINE[:1])
        assert len(missed(seen, [Detection((90, 40, 180, 80))])) == 1

    def test_a_drawing_around_words_that_were_found_is_no_word(self):
        seen = segmentation(blank(), words=[(20, 15, 200, 110)])
        assert missed(seen, [Detection((30, 50, 80, 80)), Detection((120, 50, 150, 80))]) == []
        assert len(missed(seen, [Detection((30, 50, 45, 60))])) == 1  # a speck in it is no word

    def test_print_is_not_missed(self):
        print_ = blank()
        print_[20:52, 20:100] = 0.9
        (one,) = missed(segmentation(blank(), print_, LINE), [])
        assert near(one.box, LINE[1])


class TestPrint:
    @pytest.mark.parametrize(("ink", "print_", "expected"), [(0.1, 0.9, True), (0.9, 0.1, False), (0.5, 0.5, False)])
    @pytest.mark.parametrize(("sure", "read"), [(0.95, True), (0.6, False), (0.0, False)])
    def test_is_what_is_mostly_printed_and_surely_read(self, ink, print_, expected, sure, read):
        seen = segmentation(np.full(SHAPE, ink, np.float32), np.full(SHAPE, print_, np.float32))
        word = Detection((20, 20, 100, 52), "word", sure)
        assert looks_printed(word, seen) is expected
        assert are_print([word], seen) == [expected and read]

    def test_what_rather_looks_printed_is_so_beside_print_alone(self):
        ink, print_ = np.full(SHAPE, 0.3, np.float32), np.full(SHAPE, 0.8, np.float32)
        ink[:, 100:150] = 0.1
        left, middle, right = (Detection((x, 20, x + 50, 52), "word", 0.95) for x in (50, 100, 150))
        seen = segmentation(ink, print_)
        assert are_print([right, left, middle], seen) == [True, True, True]
        assert are_print([left, right], seen) == [False, False]
        assert are_print([middle, replace(right, line=1)], seen) == [True, False]

    def test_a_blank_place_is_no_print(self):
        assert not looks_printed(Detection((20, 20, 100, 52)), segmentation(blank()))

    def test_a_box_beyond_the_picture_is_judged_by_what_is_in_it(self):
        seen = segmentation(blank(), np.ones(SHAPE, np.float32))
        assert looks_printed(Detection((-30, -20, 900, 500)), seen)
