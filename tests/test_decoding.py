"""The decoding loop and its guards, driven by a scripted decoder: no weights needed."""

import numpy as np
import pytest

from inksight.recognition import calibration
from inksight.recognition.decoding import PATIENCE, _closed_up, decode
from inksight.recognition.engine import CELL, OFF, Choices, Memory
from inksight.recognition.tokens import (
    DERENDER_TEXT,
    DOWN,
    END,
    FIRST_CHARACTER,
    INK,
    MOVE,
    PAD,
    RECOGNIZE,
    RECOGNIZE_DERENDER,
    Vocabulary,
)

WIDTH, HEIGHT = 128, 64
CELLS = WIDTH * HEIGHT // CELL**2
VOCABULARY = Vocabulary("ab")


def canvas(*lines):
    """A canvas with horizontal lines (x0, x1, y), five pixels thick."""
    out = np.zeros((HEIGHT, WIDTH), np.float32)
    for x0, x1, y in lines:
        out[y - 2 : y + 3, x0:x1] = 1
    return out


def cell_of(x, y):
    return y // CELL * (WIDTH // CELL) + x // CELL


class Script:
    """A decoder that writes `letters`, then draws `strokes` of points; where a start is masked, the first free cell."""

    def __init__(self, strokes, letters=(), last=INK, ctc="", sure=0.5):
        self.ctc, self.sure = ctc, sure  # of a start where the script has none
        self.letters, self.last = [*letters, last], last
        self.points = [(tuple(p), k == len(s) - 1) for s in strokes for k, p in enumerate(s)]
        self.cells, self.seen, self.at, self.asked, self.redirected = CELLS, [], 0, 0, False

    def step(self, fed):
        ids, xy, _, _, allowed = fed
        text = np.full((1, len(VOCABULARY)), -9.0, np.float32)
        lift, moved = np.zeros(1, np.float32), np.zeros((1, 2), np.int64)
        start, inside = np.full(1, CELLS), np.zeros(1, np.int64)
        self.seen.append(int(ids[0]))
        if self.letters and ids[0] not in (INK, DOWN, MOVE):
            text[0, self.letters[0]] = -0.1
        else:
            on_script = ids[0] in (DOWN, MOVE) and 0 < self.at <= len(self.points) and not self.redirected
            lift[0] = float(not on_script or self.points[self.at - 1][1])
            self.redirected = False
            if self.at < len(self.points):
                x, y = self.points[self.at][0]
                start[0], inside[0] = cell_of(x, y), y % CELL * CELL + x % CELL
                moved[0] = x - xy[0, 0], y - xy[0, 1]
            if lift[0] and allowed[0, start[0]] == OFF:
                self.asked, self.redirected = self.asked + 1, True
                start[0], inside[0] = int(np.flatnonzero(allowed[0] == 0)[0]), 0
        half = np.full(1, 0.5, np.float32)
        start_p = np.full(1, self.sure if self.redirected else 0.5, np.float32)
        return Choices(text, lift, moved, half, start, start_p, inside)

    def advance(self):
        if self.seen[-1] not in (INK, DOWN, MOVE) and self.letters:
            self.letters.pop(0)
        elif self.seen[-1] in (INK, DOWN, MOVE) and not self.redirected:
            self.at += 1

    def keep(self, rows):
        pass


class Engine:
    """Hands out one script."""

    vocabulary = VOCABULARY
    language = None
    calibration = calibration.shipped()

    def __init__(self, script):
        self.script = script

    def encode(self, canvases):
        ctc = np.full((1, 6, len(VOCABULARY)), -9.0, np.float32)
        for column, letter in enumerate(self.script.ctc.ljust(6, "-")):
            ctc[0, column, VOCABULARY.encode(letter)[0] if letter != "-" else PAD] = 0
        return Memory(ctc, {})

    def decoder(self, memory):
        return self.script


def run(script, picture, mode="derender", text=None):
    return decode(Engine(script), [picture], mode, [text])[0]


def test_strokes_come_as_decoded():
    strokes = [[(10, 20), (24, 20), (40, 20)], [(60, 41), (75, 40)]]
    found = run(Script(strokes), canvas((10, 41, 20), (60, 76, 40)))
    assert [s.tolist() for s in found.strokes] == [[list(p) for p in s] for s in strokes]
    assert not found.looped
    assert found.restarts == 0


def test_confidence_is_the_mean_probability_of_the_choices():
    found = run(Script([[(10, 20), (24, 20)]]), canvas((10, 25, 20)))
    assert found.ink_confidence == pytest.approx(0.5, rel=0.01)
    assert found.text_confidence == 1.0


def test_given_text_is_fed_and_not_decoded():
    script = Script([[(10, 20), (24, 20)]])
    found = run(script, canvas((10, 25, 20)), "derender-with-text", "ba")
    assert script.seen[:4] == [DERENDER_TEXT, FIRST_CHARACTER + 1, FIRST_CHARACTER, INK]
    assert found.text == "ba"
    assert len(found.strokes) == 1


def test_reading_of_the_columns_is_fed():
    script = Script([[(10, 20), (24, 20)]], ctc="ab")
    found = run(script, canvas((10, 25, 20)), "recognize-and-derender")
    assert script.seen[:4] == [RECOGNIZE_DERENDER, FIRST_CHARACTER, FIRST_CHARACTER + 1, INK]
    assert found.text == "ab"
    assert found.text_confidence > 0.99
    assert len(found.strokes) == 1


def test_decoder_reads_where_the_columns_read_nothing():
    letters = [FIRST_CHARACTER, FIRST_CHARACTER + 1]
    found = run(Script([[(10, 20), (24, 20)]], letters), canvas((10, 25, 20)), "recognize-and-derender")
    assert found.text == "ab"
    assert found.text_confidence == pytest.approx(np.exp(-0.1))
    assert len(found.strokes) == 1


def test_recognize_ends_with_the_text():
    script = Script([], [FIRST_CHARACTER + 1], last=END)
    found = run(script, canvas((10, 25, 20)), "recognize")
    assert (found.text, found.strokes) == ("b", [])
    assert script.seen == [RECOGNIZE, FIRST_CHARACTER + 1]


def test_ctc_merges_repeats_and_drops_blanks():
    assert run(Script([], ctc="a-ab-"), canvas((8, 13, 20)), "recognize").text == "aab"
    assert run(Script([], ctc="aab"), canvas((8, 13, 20)), "recognize").text == "ab"


def test_ink_left_at_the_end_is_asked_for():
    script = Script([[(10, 20), (24, 20), (40, 20)]])
    found = run(script, canvas((10, 41, 20), (70, 90, 40)))
    assert found.restarts >= 1
    assert any(s[0][0] >= 66 for s in found.strokes)


@pytest.mark.parametrize(("top", "sure", "restarts"), [(32, 0.5, True), (32, 0.001, False), (20, 0.001, True)])
def test_an_unlikely_stroke_is_begun_at_ink_apart_and_not_at_a_residue(top, sure, restarts):
    picture = canvas((10, 120, 40))
    picture[top : top + 6, 60:62] = 1  # at 32 it grows out of the line, at 20 it is a dot
    script = Script([[(x, 40) for x in (*range(10, 118, 12), 118)]], sure=sure)
    assert (run(script, picture).restarts >= 1) == restarts


@pytest.mark.parametrize(("wide", "restarts"), [(6, False), (16, True)])
def test_a_residue_is_little_for_the_pen_however_long_the_word(wide, restarts):
    """Both are under 3 % of the ink, and joined to it."""
    heights = (6, 18, 30, 42, 54)
    picture = canvas(*((8, 120, y) for y in heights))
    picture[33:40, 50 : 50 + wide] = 1
    script = Script([[(x, y) for x in (*range(8, 118, 12), 119)] for y in heights], sure=0.001)
    assert (run(script, picture).restarts >= 1) == restarts


def test_a_repeated_stroke_is_dropped():
    line, again = [(10, 20), (24, 20), (40, 20)], [(40, 21), (24, 19), (11, 20)]
    bar = [(20, 18), (20, 34)]
    found = run(Script([line, again, bar]), canvas((10, 41, 20)))
    assert [s.tolist() for s in found.strokes] == [[list(p) for p in s] for s in (line, bar)]


def test_strokes_side_by_side_are_no_repeats():
    equals = [[(10, 20), (24, 20)], [(10, 26), (24, 26)]]
    assert len(run(Script(equals), canvas((10, 25, 20), (10, 25, 26))).strokes) == 2


def test_a_loop_is_ended_and_cut():
    back_and_forth = [(10 + 14 * (k % 2), 20) for k in range(3 * PATIENCE)]
    found = run(Script([back_and_forth]), canvas((10, 26, 20)))
    assert found.looped
    assert sum(len(s) for s in found.strokes) <= PATIENCE


def test_a_pen_that_stands_still_is_lifted():
    found = run(Script([[(10, 20), (24, 20)] + [(24, 20)] * 50]), canvas((10, 25, 20)))
    assert found.strokes[0].tolist() == [[10, 20], [24, 20]]


def test_no_stroke_begins_on_bare_paper():
    script = Script([[(100, 60), (110, 60)]])
    found = run(script, canvas((10, 41, 20)))
    assert script.asked > 0
    assert all(s[0][0] < 50 for s in found.strokes)


def test_those_that_go_on_close_up_and_none_moves_back():
    for seed in range(50):
        done = np.random.default_rng(seed).random(seed % 9 + 1) < 0.5
        rows = _closed_up(done)
        assert sorted(rows.tolist()) == np.flatnonzero(~done).tolist()
        assert (rows >= np.arange(len(rows))).all()


def test_always_ends():
    class Endless(Script):
        def step(self, fed):
            choices = super().step(fed)
            choices.lift[:] = 0 if fed.ids[0] in (DOWN, MOVE) else 1
            choices.move[:] = (7, 0) if fed.xy[0, 0] < 100 else (-90, 5)
            choices.start[:] = cell_of(10, 20)
            return choices

    found = run(Endless([[(10, 20)]]), np.ones((HEIGHT, WIDTH), np.float32))
    assert found.looped or found.strokes
