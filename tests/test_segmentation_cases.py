"""What the segmentation network makes of small pictures on which ink was once lost or invented; the truth is known."""

from dataclasses import replace

import numpy as np
import pytest

from bench.segmentation.measure import FOUND, SEEN, score
from tests import ink_cases

segmentation = pytest.importorskip("inksight.imaging.segmentation")

FEW = 0.002
"""A share of the picture that is taken for ink where there is none and matters to nobody: a few specks."""


def seen(rgb):
    """All marks for ink: these letters are as even as print, which a page tells apart by reading it, too."""
    found = segmentation.segment(rgb)
    return {"ink": found.marks, "ruling": found.ruling, "print": found.print}


def seen_without_print(rgb):
    return {"ink": segmentation.segment(rgb).pen}


@pytest.mark.parametrize("name", sorted(ink_cases.INKED.keys() - {"form"}))
def test_the_ink_is_found_and_nothing_else_is(name):
    least = 0.7 if name == "sand" else 0.85 if name in ("dim note", "whiteboard") else 0.92
    assert score(ink_cases.INKED[name](), seen).f1["ink"] > least


def test_print_and_ink_of_a_form_are_found():
    scene = ink_cases.form()
    assert score(replace(scene, ink=np.maximum(scene.ink, scene.printed)), seen).f1["ink"] > 0.92


def test_a_filled_arrowhead_takes_nothing_of_the_drawing_with_it():
    filled, opened = (seen(ink_cases.flow_chart(f).rgb)["ink"] >= FOUND for f in (True, False))
    below = slice(210, 400)  # the box and the arrow below the head
    assert np.mean(filled[below] == opened[below]) > 0.99


def test_a_broad_letter_is_filled_at_every_size():
    for scale in (1.0, 0.5):
        scene = ink_cases.bold_letter(scale)
        inside = scene.ink >= SEEN
        assert np.mean(seen(scene.rgb)["ink"][inside] >= FOUND) > 0.95


def test_both_inks_of_brown_paper_are_found_and_not_the_gaps_between_white_letters():
    result = score(ink_cases.kraft(), seen)
    assert 0.8 < result.area < 1.3


@pytest.mark.parametrize("case", [ink_cases.ruled, ink_cases.squares, ink_cases.boxes_on_ruling, ink_cases.form])
def test_ruling_is_ruling(case):
    assert score(case(), seen).f1["ruling"] > 0.85


@pytest.mark.parametrize("case", [ink_cases.form, ink_cases.printed_page])
def test_print_is_print(case):
    assert score(case(), seen).f1["print"] > 0.85


@pytest.mark.parametrize("case", [ink_cases.blank_ruled, ink_cases.printed_page])
def test_a_sheet_without_handwriting_has_no_ink(case):
    assert score(case(), seen_without_print).false["ink"] < FEW


@pytest.mark.parametrize("kind", ink_cases.NOTHING)
def test_where_there_is_nothing_no_ink_is_found(kind):
    assert score(ink_cases.of_no_thing(kind), seen).false["ink"] < FEW
