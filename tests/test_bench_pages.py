"""The measures of bench/pages.py on pages made by hand: all is well, and every one of them can fail."""

import numpy as np
import pytest

from bench.pages import score
from bench.sheets import Block, Piece, Sheet
from inksight.imaging.raster import paint
from inksight.ink import Line, Page, Stroke, Word, bounding_box
from inksight.report import PageReport
from tests.pages import zigzag


def piece(text, x, y):
    strokes = [zigzag(x, y).astype(np.float64)]
    return Piece(strokes, text, bounding_box([Stroke(s) for s in strokes]))


@pytest.fixture
def sheet():
    lines = [[piece("one", 20, 20), piece("two", 120, 20)], [piece("six", 20, 80), piece("ten", 120, 80)]]
    made = Sheet("made", [Block(lines)], [piece("", 20, 140)])
    made.mask = paint((200, 220), [s for p in made.pieces for s in p.strokes], 2)
    return made


def read(sheet, order=(0, 1, 2, 3), shift=0.0):
    pieces = [sheet.words[i] for i in order]
    words = [Word(tuple(Stroke(s + shift) for s in p.strokes), p.text) for p in pieces]
    drawing = Word(tuple(Stroke(s + shift) for s in sheet.drawings[0].strokes), kind="drawing")
    return Page(220, 200, (Line(tuple(words[:2])), Line(tuple(words[2:])), Line((drawing,))))


def scored(sheet, page):
    return score(sheet, page, PageReport(), 0.0, 0.0)


def test_the_truth_is_perfect(sheet):
    s = scored(sheet, read(sheet))
    assert (s.recalled, s.right, s.found, s.truth) == (4, 4, 4, 4)
    assert (s.torn, s.neighbours, s.edits) == (0, 3, 0)
    assert (s.near, s.strokes) == (5, 5)
    assert (s.drawn, s.drawings) == (1, 1)


def test_what_is_elsewhere_is_neither_found_nor_on_the_ink(sheet):
    s = scored(sheet, read(sheet, shift=40.0))
    assert (s.recalled, s.right, s.near, s.drawn) == (0, 0, 0, 0)


def test_another_order_tears_neighbours_apart_and_changes_the_text(sheet):
    s = scored(sheet, read(sheet, order=(0, 2, 1, 3)))
    assert s.torn == 3
    assert s.edits > 0


def test_words_in_free_blocks_may_come_in_any_order(sheet):
    sheet.blocks = [Block([line]) for line in sheet.blocks[0].lines]
    page = read(sheet, order=(2, 3, 0, 1))
    assert scored(sheet, page).torn == 1
    sheet.ordered = False
    s = scored(sheet, page)
    assert (s.torn, s.neighbours, s.edits) == (0, 2, 0)
