"""Test words of other scripts: from characters and drawers that training never sees, composed on ink nobody wrote."""

import json
import string

import numpy as np
import pytest

from inksight.errors import InputError
from inksight.evaluate import scripts
from inksight.evaluate.run import score
from inksight.evaluate.scripts import ALIKE, LEVEL_1, WORDS, script_samples
from inksight.evaluate.sets import Selection, is_held_out_character
from inksight.formats.dataset import PackedInk
from inksight.ink import Stroke, Word
from inksight.writing.hangul import INITIALS, VOWELS
from inksight.writing.rules import _STROKES
from tests.synthetic import glyph, write_packed

HANZI = sorted(c for c in LEVEL_1 if c)[:80]
SETS = (
    "Chinese", "Chinese, unseen", "Japanese", "Japanese, unseen", "Katakana", "Korean", "Vietnamese", "Greek",
    "Cyrillic",
)  # fmt: skip


def sample(text, writer, source, strokes=None):
    return PackedInk(text, writer, source, strokes or glyph(text), 700.0)


def bars(letter):
    return [np.array([[0, 90 * i], [900, 90 * i + 5]], np.int32) for i in range(_STROKES.get(letter, 2))]


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    folder = tmp_path_factory.mktemp("data")
    (folder / "ink").mkdir()
    (folder / "scripts").mkdir()
    katakana = sorted(set("".join(WORDS["Katakana"].split())))
    japanese = sorted(set("".join(WORDS["Japanese"].split())) | set(katakana))
    greek = sorted(set("αβγδεζηθικλμνξοπρστυφχψω"))
    drawn = {"Korean": INITIALS + VOWELS, "Greek": greek, "Japanese_(katakana)": katakana}
    files = {
        "hanzi": [sample(c, "model", "hanzi-writer-data") for c in HANZI],
        "kanjivg": [sample(c, "model", "kanjivg/") for c in japanese],
        "kanjicanvas": [sample(c, "kanjicanvas", "kanjicanvas/kanji") for c in HANZI],
        "omniglot_scripts": [
            sample(c, f"omniglot/{d}", f"omniglot/{alphabet}", bars(c) if alphabet == "Korean" else None)
            for d in ("02", "03")
            for alphabet, letters in drawn.items()
            for c in letters
        ],
        "lff_glyphs": [
            PackedInk(c, "lc_opengost-ar", "font", [s - np.array([0, 1000], np.int32) for s in glyph(c)], 700.0)
            for c in sorted(set("xς" + "".join(WORDS["Cyrillic"].split())))
        ],
    }
    for name, samples in files.items():
        write_packed(folder / "scripts" / f"{name}.npz", samples)
    letters = [sample(c, writer, "unipen") for writer in ("tested", "trained") for c in string.ascii_letters]
    write_packed(folder / "ink" / "unipen_chars.npz", letters)
    (folder / "ink" / "unipen_split.json").write_text(json.dumps({"test": ["tested"], "val": []}))
    return folder


@pytest.fixture(scope="module")
def samples(data):
    return script_samples(data, Selection(words=4, scripts=True))


def test_so_many_words_of_each_script(samples):
    assert [s.script for s in samples] == [name for name in SETS for _ in range(4)]
    for s in samples:
        assert s.text
        assert s.mask.any()
        assert sum(map(len, s.strokes)) > 1


def test_what_is_called_unseen_is_held_out_and_the_rest_is_not(samples):
    for s in samples:
        if "unseen" in s.script:
            assert all(map(is_held_out_character, s.text))
        if s.script == "Chinese":
            assert not any(map(is_held_out_character, s.text))


def test_drawers_and_writers_are_those_that_training_leaves_out(data):
    assert {d for drawers in scripts._drawers(data / "scripts", {}).values() for d in drawers} == {"omniglot/03"}
    assert len(scripts._test_hands(data / "ink")) == 1


def test_the_same_words_for_the_same_seed(data, samples):
    again = script_samples(data, Selection(words=4, scripts=True))
    other = script_samples(data, Selection(words=4, scripts=True, seed=1))
    assert [s.text for s in again] == [s.text for s in samples] != [s.text for s in other]
    assert all(np.array_equal(a.picture, b.picture) for a, b in zip(again, samples, strict=True))


def test_the_report_has_a_column_for_each_script(samples):
    truth = {s.picture.tobytes(): s for s in samples}

    def perfect(pictures, texts):
        known = [truth[p.tobytes()] for p in pictures]
        return [Word(tuple(map(Stroke, s.strokes)), s.text) for s in known]

    report = score(samples[::4], perfect)
    heading, _, words, *rows = report.by_script().splitlines()
    assert [c.strip() for c in heading.strip("|").split("|")[1:]] == list(SETS)
    assert words.count(" 1 ") == len(SETS)
    assert any(row.startswith("| stroke-count error") and row.count(" 0 ") == len(SETS) for row in rows)
    assert report.tables().endswith(report.by_script())
    kept = report.to_json()["scripts"]
    assert {name: part["words"] for name, part in kept.items()} == dict.fromkeys(SETS, 1)
    assert all(part["summary"]["stroke_count_error"]["mean"] == 0 for part in kept.values())


def test_look_alikes_are_latin_letters():
    assert set(ALIKE.values()) <= set(string.ascii_letters)


def test_a_folder_without_the_scripts_is_refused(tmp_path):
    with pytest.raises(InputError, match="no such file"):
        script_samples(tmp_path, Selection(words=1, scripts=True))
