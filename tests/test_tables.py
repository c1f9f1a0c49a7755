"""Tables on a page: ruled by a printer or by a hand, or by gaps alone; and what is none."""

import numpy as np
import pytest

import inksight
from inksight.ink import Cell, Line, Page, Word
from inksight.ink.frames import Affine
from inksight.ink.tables import rows
from inksight.layout.detection import Detection
from inksight.layout.reading_order import reading_order
from inksight.layout.tables import cells
from tests.ink_cases import BLACK, Pen, box, draft
from tests.pages import drawn

SIZE = 900, 700
NOTHING = np.zeros(SIZE[::-1], bool)
HEIGHT = 30


def words(*lines, y=60, step=70):
    """Words at (x, text) in lines below each other, or None for an empty line; each line is one piece, as detectors
    find it."""
    found = []
    for k, line in enumerate(lines):
        for x, text in line or ():
            top = y + k * step
            found.append(Detection((x, top, x + 14 * len(text), top + HEIGHT), text, 0.9, line=k))
    return found


def spread(text, *starts):
    """The text's parts, apart by bars, at these places; the words of a part follow each other."""
    placed = []
    for x, part in zip(starts, text.split("|"), strict=True):
        for word in part.split():
            placed.append((x, word))
            x += 14 * len(word) + 12
    return placed


def ruled(*lines):
    """What is drawn where there are these lines (x0, y0, x1, y1)."""
    return drawn(*[[(a, b), (c, d)] for a, b, c, d in lines], size=SIZE)[..., 0] < 128


def frame(columns, rows, wobble=0.0):
    """Lines through these places; a hand's don't meet, and lean."""
    (left, right), (top, bottom) = (columns[0], columns[-1]), (rows[0], rows[-1])
    level = [(left + wobble, y - wobble, right - wobble, y + wobble) for y in rows]
    return [*level, *[(x + wobble, top + wobble, x - wobble, bottom - wobble) for x in columns]]


def read(found, marks=NOTHING):
    """The page's text."""
    where = cells(found, marks)
    lines = [
        Line(tuple(Word(text=found[i].text, box=found[i].box) for i in line), where[line[0]])
        for line in reading_order(found, where)
    ]
    return Page(*SIZE, tuple(lines)).text.split("\n")


LEDGER = [spread(t, 60, 350, 640) for t in ("day|place|herons", "Mon|old mill|2", "Tue||11", "Wed|the bridge|1")]
READ = ["day\tplace\therons", "Mon\told mill\t2", "Tue\t\t11", "Wed\tthe bridge\t1"]
ROOM = [30, 320, 610, 860], [40, 110, 180, 250, 320]


class TestRuled:
    @pytest.mark.parametrize("wobble", [0, 5, -4])
    def test_rows_come_in_order_with_tabs_between_cells(self, wobble):
        assert read(words(*LEDGER), ruled(*frame(*ROOM, wobble))) == READ

    def test_without_a_border(self):
        lines = [line for line in frame(*ROOM) if line[0] != line[2] or line[0] in ROOM[0][1:-1]]
        lines = [line for line in lines if line[1] != line[3] or line[1] in ROOM[1][1:-1]]
        assert len(lines) == 5
        assert read(words(*LEDGER), ruled(*lines)) == READ

    @pytest.mark.parametrize("degrees", [-2, 2])
    def test_leaning_as_a_whole(self, degrees):
        turn = Affine.rotation(np.radians(degrees)).then(Affine.translation(12 - 6 * degrees, 30 - 10 * degrees))
        lines = [turn.apply([line[:2], line[2:]]).ravel().tolist() for line in frame(*ROOM)]
        assert read([w.transformed(turn) for w in words(*LEDGER)], ruled(*lines)) == READ

    def test_several_lines_in_a_cell_are_read_before_the_next(self):
        found = words(
            spread("one|four", 60, 350), spread("two|five", 60, 350), None, spread("six|seven", 60, 350), step=40
        )
        marks = ruled(*frame([30, 320, 610], [40, 150, 240]))
        assert read(found, marks) == ["one two\tfour five", "six\tseven"]

    def test_rows_need_no_lines_of_their_own(self):
        marks = ruled(*frame(ROOM[0], [40, 110, 320]))
        assert read(words(*LEDGER), marks) == READ
        upright = [line for line in frame(ROOM[0], [40, 110, 320]) if line[0] == line[2] not in (30, 860)]
        assert read(words(*LEDGER), ruled((30, 110, 860, 110), *upright)) == READ

    def test_a_head_over_two_columns(self):
        found = words(spread("the whole week", 60), *LEDGER[1:])
        lines = [line for line in frame(*ROOM) if line[0] != line[2] or line[0] in (30, 860)]
        marks = ruled(*lines, (320, 110, 320, 320), (610, 110, 610, 320))
        assert read(found, marks) == ["the whole week\t\t", *READ[1:]]

    def test_text_around_stays_in_its_order(self):
        found = words(spread("our herons", 60), *LEDGER, spread("that is all", 60))
        marks = ruled(*frame(ROOM[0], [y + 70 for y in ROOM[1]]))
        assert read(found, marks) == ["our herons", *READ, "that is all"]

    def test_two_tables_are_two(self):
        found = words(*LEDGER[:2], None, None, *LEDGER[2:])
        low = [y + 280 for y in ROOM[1][:3]]
        where = cells(found, ruled(*frame(ROOM[0], ROOM[1][:3]), *frame(ROOM[0], low)))
        assert {cell.table for cell in where} == {0, 1}

    def test_squared_paper_is_no_table(self):
        found = words(*[spread(f"two herons by the {w}", 60) for w in ("mill", "old bridge", "willow", "pond")])
        assert cells(found, ruled(*frame(range(0, 900, 36), range(0, 700, 36)))) == [None] * len(found)

    def test_ruled_paper_with_a_margin_is_no_table(self):
        found = words(*[spread(f"two herons by the {w}", 160) for w in ("mill", "old bridge", "willow", "pond")])
        marks = ruled(*[(0, y, 900, y) for y in range(30, 700, 70)], (130, 0, 130, 700))
        assert cells(found, marks) == [None] * len(found)

    def test_boxes_that_arrows_join_are_no_table(self):
        found = words(spread("start|look", 90, 500), None, None, spread("wait|end", 90, 500))
        sides = [frame([x, x + 160], [y, y + 90]) for x in (60, 470) for y in (30, 240)]
        arrows = [(220, 75, 470, 75), (140, 120, 140, 240), (550, 120, 550, 240), (220, 285, 470, 285)]
        assert cells(found, ruled(*(line for side in sides for line in side), *arrows)) == [None] * len(found)


class TestWithoutLines:
    def test_columns_of_short_cells_are_a_table(self):
        assert read(words(*LEDGER)) == READ

    def test_one_column_may_be_long(self):
        found = words(*[spread(t, 60, 640) for t in ("a boat with two oars|12", "nets|3", "three jars of honey|9")])
        assert read(found) == ["a boat with two oars\t12", "nets\t3", "three jars of honey\t9"]

    def test_columns_of_text_stay_columns(self):
        left, right = (
            ["two herons by the", "old mill and one", "fox at the edge"],
            ["ask Anna about", "the boat and bring", "jars of honey"],
        )
        found = words(*[spread(f"{a}|{b}", 60, 480) for a, b in zip(left, right, strict=True)])
        found = [Detection(w.box, w.text, line=2 * w.line + (w.box[0] > 400)) for w in found]
        assert read(found) == left + right

    def test_an_address_is_no_table(self):
        found = words(*[spread(t, 60) for t in ("Anna Heron", "12 High Street", "99 Old Mill", "NR1 4AB Norwich")])
        assert cells(found, NOTHING) == [None] * len(found)

    def test_addresses_side_by_side_stay_columns(self):
        rows = ("Anna Heron|Bob Fox", "12 High Street|3 Low Road", "Norwich NR1|Ely CB7")
        found = words(*[spread(t, 60, 480) for t in rows])
        assert cells(found, NOTHING) == [None] * len(found)

    def test_notes_beside_each_other_are_no_table(self):
        found = words(*[spread(t, 60, 480) for t in ("time|if found", "|return it", "space|else go on")])
        assert cells(found, NOTHING) == [None] * len(found)

    def test_a_numbered_list_is_no_table(self):
        found = words(*[spread(f"{i}.|{w}", 60, 160) for i, w in enumerate(("bread", "honey", "two nets"), 1)])
        assert cells(found, NOTHING) == [None] * len(found)

    def test_a_wide_gap_alone_makes_no_table(self):
        found = words(spread("Norwich|Monday", 60, 640), *[spread("two herons by the old mill and a fox", 60)] * 3)
        assert cells(found, NOTHING) == [None] * len(found)


def test_a_drawn_table_is_read_row_by_row():
    """From the picture on: a pen's lines, a pen's words."""
    case = draft(330, 800, 3, (252, 252, 252))
    case.take(Pen(3.0, BLACK))
    for x in (30, 280, 530):
        for y in (30, 120, 210):
            box(case, x, y, 250, 90)
            case.line(x + 40, y + 62, x + 130, 19)
    page = inksight.convert(case.painted().round().clip(0, 255).astype(np.uint8), fast=True)
    places = [line.cell[1:] for line in page.lines if line.cell]
    assert places == [(row, column) for row in range(3) for column in range(3)]
    assert [row.count("\t") for row in page.text.split("\n")] == [2, 2, 2]


def test_rows_are_equally_long_and_empty_ones_left_out():
    lines = [
        Line((Word(text=t),), Cell(0, row, column))
        for t, row, column in (("a", 0, 0), ("b", 2, 3), ("c", 2, 3), ("", 5, 5))
    ]
    assert rows(lines) == [["a", ""], ["", "b c"]]


def test_boxes_without_height_need_no_huge_picture():
    found = [Detection((x, y, x + 9, y), "a") for x in (100, 400) for y in (100, 200)]
    assert cells(found, NOTHING) == [None] * 4
