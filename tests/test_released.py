"""The original's network as a tracer, with a stand-in for the network."""

import numpy as np
import pytest

from inksight.errors import InputError
from inksight.imaging.crop import Crop
from inksight.imaging.raster import coverage, spurious
from inksight.ink.curves import distance_to_polyline
from inksight.original.released import Released, parse, prompt
from inksight.recognition.tokens import to_text
from inksight.recognition.tracer import Hint, Tracer
from tests.columns import Columns, wave
from tests.pages import contrast


@pytest.mark.parametrize(
    ("mode", "text", "asked"),
    [
        ("derender", None, "Derender the ink."),
        ("derender-with-text", "né", "Derender the ink: né"),
        ("derender-with-text", None, "Derender the ink."),
        ("recognize-and-derender", None, "Recognize and derender."),
        ("recognize", None, "Recognize and derender."),
    ],
)
def test_prompts_are_as_published(mode, text, asked):
    assert prompt(mode, text) == asked


class TestAnswers:
    def test_text_stands_before_the_ink_behind_a_sentinel(self):
        text, strokes, looped = parse("<extra_id_0> Neat:" + to_text([450, 6, 257, 7, 258, 450, 9, 260]))
        assert text == "Neat:"
        assert [s.tolist() for s in strokes] == [[[6, 32], [7, 33]], [[9, 35]]]
        assert not looped

    def test_without_ink(self):
        assert parse("<extra_id_0> I") == ("I", [], False)

    def test_ids_that_there_are_not(self):
        assert parse("vin" + to_text([450, 6, 999]))[:2] == ("vin", [])

    def test_the_longest_is_a_loop(self):
        assert parse(to_text([450] + [5, 230] * 511))[2]


@pytest.fixture
def inks():
    return [Crop.of(contrast(p)) for p in (wave()[0], wave(200, 300, start=40, end=170)[0])]


def told(crop, word):
    return coverage(crop.mask, word.strokes, crop.pen), spurious(crop.mask, word.strokes, crop.pen)


@pytest.mark.parametrize("mode", ["derender", "derender-with-text", "recognize-and-derender"])
def test_ink_comes_back_where_it_was(inks, mode):
    writer = Columns()
    words = Tracer(Released(writer)).trace(inks, mode=mode, texts=["one", "two"])
    for (_, curve), ink, word in zip((wave(), wave(200, 300, start=40, end=170)), inks, words, strict=True):
        covered, off = told(ink, word)
        assert covered > 0.95
        assert off < 0.02
        assert word.origin == mode
        assert len(word.strokes) == 1
        assert distance_to_polyline(word.strokes[0].points, curve).max() < 1.5
    texts = {"derender": ["", ""], "derender-with-text": ["one", "two"], "recognize-and-derender": ["wave"] * 2}
    assert [w.text for w in words] == texts[mode]
    assert writer.seen[0][0, 0].tolist() == [255, 255, 255]


def test_reading_alone_has_no_ink(inks):
    writer = Columns()
    word = Tracer(Released(writer)).trace(inks[:1], mode="recognize")[0]
    assert (word.text, word.strokes) == ("wave", ())
    assert writer.asked == ["Recognize and derender."]


class Reluctant(Columns):
    """Writes ink only when asked for nothing else."""

    def ink(self, square, prompt):
        return super().ink(square, prompt) if prompt == "Derender the ink." else ""


def test_where_ink_is_missing_it_is_asked_for_alone(inks):
    writer = Reluctant()
    word = Tracer(Released(writer)).trace(inks[:1])[0]
    assert writer.asked == ["Recognize and derender.", "Derender the ink."]
    assert (word.text, word.origin) == ("wave", "derender")
    assert told(inks[0], word)[0] > 0.95


class Mute(Columns):
    def ink(self, square, prompt):
        return ""


def test_where_there_is_none_the_skeleton_traces(inks):
    word = Tracer(Released(Mute())).trace(inks[:1])[0]
    assert (word.text, word.origin) == ("wave", "skeleton")
    assert word.confidence <= 0.3
    assert told(inks[0], word)[0] > 0.95


class Dotting(Columns):
    """Adds dots: one on the border, where there is no ink, and one on the ink."""

    def ink(self, square, prompt):
        ids = super().ink(square, prompt)
        return to_text([450, 0, 225]) + ids + "<ink_token_450>" + "".join(ids.partition("<ink_token_450>")[2][:28])


def test_dots_that_fill_the_square_are_left_out(inks):
    words = Tracer(Released(Dotting())).trace(inks[:1])
    assert [len(s) > 1 for s in words[0].strokes] == [True, False]


def test_wide_words_are_traced_in_parts():
    picture, _ = wave(900, 100, start=10, end=890)
    writer = Columns("ab")
    crops = [Crop.of(ink) for ink in (contrast(picture), np.zeros((20, 30), np.float32))]
    words = Tracer(Released(writer)).trace(crops, hints=[Hint("abcd", 0.2), Hint()])
    assert len(writer.seen) >= 3
    assert words[0].text == "ab" * len(writer.seen)
    assert len(words[0].strokes) == len(writer.seen)
    assert told(crops[0], words[0])[0] > 0.9
    assert words[1].strokes == ()


def test_a_surer_reading_is_taken(inks):
    tracer = Tracer(Released(Columns()))
    heard = [w.text for sure in (0.6, 0.9) for w in tracer.trace(inks[:1], hints=[Hint("weave", sure)])]
    assert heard == ["wave", "weave"]


def test_texts_must_match(inks):
    with pytest.raises(ValueError, match="1 texts for 2 inks"):
        Tracer(Released(Columns())).trace(inks, texts=["a"])


class TestAsPublished:
    def test_the_photo_is_shown_on_black(self):
        writer = Columns()
        word = Released(writer).as_published([wave()[0]])[0]
        assert (writer.seen[0][:60] < 20).all()
        assert (writer.seen[0][75, :] > 200).all()
        assert word.text == "wave"

    def test_strokes_are_in_pixels_of_the_picture(self):
        picture, curve = wave(300, 300)
        word = Released(Columns()).as_published([picture], mode="derender-with-text", texts=["so"])[0]
        assert (word.text, word.origin) == ("so", "derender-with-text")
        assert distance_to_polyline(word.strokes[0].points, curve).max() < 3

    def test_a_word_without_ink_is_derendered(self):
        writer = Reluctant()
        words = Released(writer).as_published([wave(300, 300)[0]] * 2)
        assert writer.asked == ["Recognize and derender."] * 2 + ["Derender the ink."] * 2
        assert [(w.text, w.origin, len(w.strokes)) for w in words] == [("wave", "derender", 1)] * 2

    def test_reading_alone(self):
        word = Released(Columns()).as_published([wave()[0]], mode="recognize")[0]
        assert (word.text, word.strokes) == ("wave", ())


def test_a_folder_without_a_model(tmp_path):
    with pytest.raises(InputError):
        Released(tmp_path)
