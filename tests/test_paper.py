"""The paper's measures: an OCR that reads the drawn ink, and a recogniser that reads the strokes."""

import json
import math

import numpy as np
import pytest
from click.testing import CliRunner

from inksight import cli
from inksight.errors import InputError
from inksight.evaluate import baselines, metrics
from inksight.evaluate.render import render
from inksight.evaluate.run import evaluate, score
from inksight.evaluate.sets import Sample, Selection
from inksight.imaging.pictures import open_image
from inksight.ink import Stroke, Word
from inksight.layout.detection import Detection
from inksight.original.derenderings import Origin, find, read, square
from inksight.original.online import STRIDE, OnlineRecogniser, decode, features, joined
from inksight.original.paper import Character, PaperScores, character_f1, characters, iou, redrawn
from tests.hand import written
from tests.test_evaluate import pack

WORDS = [
    "the", "and", "time", "hill", "moon", "line", "tent", "noon", "wine", "hello", "tool", "action", "melted", "exam",
    "zone", "mail", "united", "watch", "london", "cotton", "exit", "void", "invite", "candle", "deal",
]  # fmt: skip


@pytest.fixture(scope="module")
def recogniser():
    return OnlineRecogniser()


def seen(strokes):
    return features(*joined(strokes), np.array([len(strokes)]))[0]


# ---------------------------------------------------------------------------------------------------- reading the ink


def test_ink_is_read_as_written_but_not_shuffled_nor_backwards(recogniser):
    """Every control looks like the truth: what makes it worse is the order or the direction alone."""
    inks = [written(word) for word in WORDS]
    rng = np.random.default_rng(0)
    ways = {
        "true": inks,
        "shuffled": [[s[i] for i in rng.permutation(len(s))] for s in inks],
        "reversed": [[stroke[::-1] for stroke in s] for s in inks],
        "backwards": [[stroke[::-1] for stroke in s[::-1]] for s in inks],
    }
    letters = sum(map(len, WORDS))
    wrong = {
        way: sum(map(metrics.edit_distance, map(str.lower, recogniser.read_many(some)), WORDS)) / letters
        for way, some in ways.items()
    }
    assert wrong["true"] < 0.25
    for way in ("shuffled", "reversed", "backwards"):
        assert wrong[way] > wrong["true"] + 0.3, wrong


def test_size_and_place_do_not_matter(recogniser):
    near = written("hello")
    far = [s * 0.013 + np.array([-700, 90]) for s in near]
    assert np.allclose(seen(near), seen(far), atol=1e-4)
    assert recogniser.read(near) == recogniser.read(far)


def test_any_ink_can_be_read(recogniser):
    inks = [[], [np.zeros((0, 2))], [[[3, 4]]], [[[3, 4]], [[3, 4]]], [[[0, 0], [90, 0]]], [np.zeros((5, 2))]]
    texts = recogniser.read_many(inks)
    assert texts[:2] == ["", ""]
    assert all(isinstance(text, str) for text in texts)
    for ink in inks[2:]:
        assert len(seen(ink)) >= STRIDE
        assert np.isfinite(seen(ink)).all()


def test_words_seen_together_are_seen_alike():
    one, two = written("hello"), written("tent")
    points, lengths = joined([*one, *two])
    both = features(points, lengths, np.array([len(one), len(two)]))
    assert np.allclose(both[0], seen(one), atol=1e-5)
    assert np.allclose(both[1], seen(two), atol=1e-5)


def test_the_pen_that_comes_back_for_a_dot_is_seen():
    dotted = [np.array([[0, 0], [0, 100.0]]), np.array([[80, 0], [80, 100.0]]), np.array([[0, -30], [0, -28.0]])]
    rows = seen(dotted)
    begins = np.flatnonzero(rows[:, 2])
    assert len(begins) == 3
    assert rows[begins[1], 0] > 0.5  # the move of the lifted pen
    assert rows[begins[2], 0] < -0.5
    assert rows[begins[2], 9] < -0.5  # behind the rightmost point
    assert rows[begins[0], 5] == pytest.approx(1)  # downwards


def test_decoding():
    assert decode(np.array([0, 1, 1, 0, 1, 2, 2, 0]), "ab") == "aab"
    assert decode(np.array([2, 2, 1]), "ab") == "ba"
    assert decode(np.zeros(4, int), "ab") == ""


def test_folders_that_are_no_recogniser(tmp_path):
    for content in (None, "{}", json.dumps({"characters": "ab", "features": 3})):
        if content:
            (tmp_path / "config.json").write_text(content)
        with pytest.raises(InputError, match="not an online recogniser"):
            OnlineRecogniser(tmp_path)


# ------------------------------------------------------------------------------------------------- the OCR's characters


def test_characters_have_boxes_between_their_neighbours():
    word = Detection((10, 20, 50, 40), "a bｃ", letters=(0.1, 0.3, 0.5, 0.9))
    found = characters([word, Detection((0, 0, 5, 5))])
    assert [c.label for c in found] == ["a", "b", "c"]
    assert [c.box for c in found] == [
        pytest.approx(box) for box in ((10, 20, 18, 40), (26, 20, 38, 40), (38, 20, 50, 40))
    ]
    even = characters([Detection((0, 0, 30, 10), "xyz")])
    assert even[1].box == pytest.approx((10, 0, 20, 10))


def test_boxes_of_a_turned_word_lie_along_it():
    corners = [(0, 0), (60, 60), (50, 70), (-10, 10)]
    first, last = characters([Detection.around(corners, "ab")])
    assert first.box == pytest.approx((-10, 0, 30, 40), abs=1)
    assert last.box == pytest.approx((20, 30, 60, 70), abs=1)


def test_iou():
    assert iou((0, 0, 2, 2), (0, 0, 2, 2)) == 1
    assert iou((0, 0, 2, 2), (1, 0, 3, 2)) == pytest.approx(1 / 3)
    assert iou((0, 0, 2, 2), (2, 0, 3, 2)) == iou((0, 0, 0, 0), (0, 0, 0, 0)) == 0


def at(x, label="a"):
    return Character(label, (x, 0, x + 10, 10))


@pytest.mark.parametrize(
    ("ours", "theirs", "f1"),
    [
        ([at(0), at(20, "b")], [at(0), at(20, "b")], 1),
        ([at(0)], [at(3)], 1),  # IoU 0.54
        ([at(0)], [at(4)], 0),  # 0.43
        ([at(0)], [at(0, "b")], 0),
        ([at(0), at(1)], [at(0)], 2 / 3),  # a box is matched once
        ([at(2), at(0)], [at(0), at(1)], 1),  # the best pair first
        ([at(0)], [], 0),
        ([], [at(0)], 0),
    ],
)
def test_f1_of_characters(ours, theirs, f1):
    assert character_f1(ours, theirs) == pytest.approx(f1)
    assert character_f1(theirs, ours) == pytest.approx(f1)


def test_f1_of_nothing_is_unknown():
    assert math.isnan(character_f1([], []))


# -------------------------------------------------------------------------------------------------------- both together


def sample(text, seed=0):
    picture, strokes, mask = render(written(text), np.random.default_rng(seed), clean=True)
    return Sample(picture, text, "nobody", strokes, mask)


def test_drawn_ink_looks_like_the_picture():
    one = sample("hello")
    again = redrawn(one.strokes, one.mask)
    assert again.shape == one.picture.shape
    dark, ink = again[:, :, 0] < 128, one.mask
    assert (dark & ink).sum() / (dark | ink).sum() > 0.7


def test_no_picture_is_read_twice(recogniser):
    asked = []

    def read(rgb):
        asked.append(rgb)
        return [Detection((10, 10, 60, 40), "hello")]

    scores, one = PaperScores(read, recogniser), sample("hello")
    assert scores(one, one.strokes, one.mask)["char_f1"] == 1
    assert len(asked) == 2
    assert scores(one, one.strokes[:1], one.mask)["char_f1"] == 1
    assert len(asked) == 3
    scores(one, one.strokes, one.mask)
    assert len(asked) == 3
    assert scores(one, [], one.mask) == {"char_f1": 0.0, "online_cer": 1.0, "online_exact": 0.0}
    assert len(asked) == 3


def test_the_papers_rows_tell_good_ink_from_bad():
    """With the OCR and the recogniser that come with the package."""
    samples = [sample(text) for text in ("hello", "united", "cotton", "london")]
    by_picture = {id(s.picture): s for s in samples}

    def trace(pictures, texts):
        return [Word(tuple(Stroke(s) for s in by_picture[id(p)].strokes), "x") for p in pictures]

    report = score(samples, trace, also=PaperScores())
    mean = {row: {m: v["mean"] for m, v in found.items()} for row, found in report.summary().items()}
    assert set(baselines.WRITTEN) <= set(mean)
    for row in ("model", "as written"):
        assert mean[row]["char_f1"] > 0.7
        assert mean[row]["online_cer"] < 0.35
    assert mean["mirrored"]["char_f1"] < mean["as written"]["char_f1"] - 0.3
    assert mean["empty"]["char_f1"] == 0
    assert mean["shuffled"]["char_f1"] == pytest.approx(mean["as written"]["char_f1"])  # an OCR sees no order
    for row in ("shuffled", "reversed", "empty"):
        assert mean[row]["online_cer"] > mean["as written"]["online_cer"] + 0.2
    table = report.table()
    for heading in ("character F1, picture to ink", "CER of the ink's reader", "exact words of the ink's reader"):
        assert heading in table


def test_the_command(tmp_path, monkeypatch):
    (tmp_path / "ink").mkdir()
    (tmp_path / "ink" / "unipen_split.json").write_text(json.dumps({"test": ["a/1"], "val": []}))
    for name in ("unipen_words", "unipen_textwords"):
        pack(tmp_path / "ink" / f"{name}.npz", [("hello", "a/1", [s * 10 for s in written("hello")])])
    plain = evaluate(tmp_path, Selection(1), lambda pictures, texts: [Word()])
    assert "online_cer" not in plain.rows["model"][0]
    command = ["evaluate", str(tmp_path), "--words", "1", "--paper", "--inks", str(tmp_path / "inks")]
    result = CliRunner().invoke(cli.main, command)
    assert result.exit_code == 0, result.output
    (example,) = find(tmp_path / "inks")
    assert set(example.inks) == {("inksight", "r+d"), ("skeleton", "vanilla"), ("written", "vanilla")}
    back = square(*reversed(open_image(example.picture).shape[:2])).inverse()
    ink = [back.apply(s.points) for s in read(example.inks[Origin("written", "vanilla")]).strokes]
    assert len(ink) == len(written("hello"))
    assert metrics.edit_distance(OnlineRecogniser().read(ink).lower(), "hello") <= 3
    assert "| as written |" in result.output
    assert "CER of the ink's reader" in result.output
