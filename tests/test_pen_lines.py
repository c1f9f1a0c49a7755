"""Single lines are the pen's where the sheet isn't ruled, and they hang together with ink."""

import numpy as np
import pytest

from inksight.imaging.segmentation import Layout, Segmentation
from inksight.layout.pen_lines import by_pen


def seen(ink=(), ruling=(), printed=(), side=512):
    """Of a sheet with marks in these windows."""
    maps = np.zeros((3, side, side), np.float32)
    for channel, windows in zip(maps, (ink, ruling, printed), strict=True):
        for window in windows:
            channel[window] = 0.9
    return Segmentation(maps, Layout(*np.zeros((4, side // 4, side // 4), np.float32)))


BOX = np.s_[100:160, 100:103]
SHAFT = np.s_[158:160, 103:200]


def test_a_shaft_that_ends_in_ink_is_ink():
    found = by_pen(seen(ink=[BOX], ruling=[SHAFT]))
    assert found.ink[SHAFT].min() > 0.8
    assert found.ruling.max() == 0


def test_where_both_are_half_seen_they_are_one():
    sheet = seen(ink=[BOX], ruling=[SHAFT])
    sheet.maps[:2, 158:160, 103:106] = 0.3
    assert by_pen(sheet).ink[159, 104] == pytest.approx(0.6)


def test_a_line_by_itself_stays_ruling():
    sheet = seen(ink=[BOX], ruling=[np.s_[300:302, :]])
    np.testing.assert_array_equal(by_pen(sheet).maps, sheet.maps)


def test_a_long_line_that_a_letter_touches_stays_ruling():
    sheet = seen(ink=[np.s_[290:300, 50:53]], ruling=[np.s_[300:302, :]])
    np.testing.assert_array_equal(by_pen(sheet).maps, sheet.maps)


def test_on_ruled_sheets_lines_are_ruling():
    sheet = seen(ink=[BOX], ruling=[SHAFT, *(np.s_[y : y + 2, :] for y in range(200, 500, 40))])
    np.testing.assert_array_equal(by_pen(sheet).maps, sheet.maps)


def test_on_printed_forms_lines_are_ruling():
    sheet = seen(ink=[BOX], ruling=[SHAFT], printed=[np.s_[300:340, 100:300]])
    np.testing.assert_array_equal(by_pen(sheet).maps, sheet.maps)


def test_a_sheet_without_lines_is_left_as_it_is():
    sheet = seen(ink=[BOX])
    assert by_pen(sheet) is sheet
