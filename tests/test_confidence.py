"""Confidence: what it rises and falls with, and the fit of bench/calibrate.py on answers that are known."""

from dataclasses import replace

import numpy as np
import pytest

from bench import calibrate
from inksight.options import READING
from inksight.recognition import calibration
from inksight.recognition.confidence import word_confidence
from inksight.recognition.decoding import Decoded

BOTH = "recognize-and-derender"
FITTED = calibration.shipped()
WELL = Decoded([], "word", ink_confidence=0.3, text_confidence=0.99, looped=False, restarts=0)


@pytest.mark.parametrize(
    "change",
    [{"ink_confidence": 0.1}, {"text_confidence": 0.4}, {"looped": True}, {"restarts": 1}],
)
def test_whatever_went_wrong_lowers_it(change):
    good, worse = (
        word_confidence(WELL, 0.99, 0.01, BOTH, FITTED),
        word_confidence(replace(WELL, **change), 0.99, 0.01, BOTH, FITTED),
    )
    assert 0 < worse < 0.97 * good < 0.97


def test_ink_that_misses_the_picture_has_none():
    assert word_confidence(WELL, 0.4, 0.5, BOTH, FITTED) == 0
    assert word_confidence(WELL, 0.7, 0.1, BOTH, FITTED) < word_confidence(WELL, 0.99, 0.0, BOTH, FITTED)


def test_a_text_counts_only_where_it_was_read():
    told = replace(WELL, text_confidence=1.0)
    assert word_confidence(told, 1, 0, "derender-with-text", FITTED) == word_confidence(told, 1, 0, "derender", FITTED)
    assert word_confidence(told, 1, 0, "derender", FITTED) > word_confidence(told, 1, 0, BOTH, FITTED)
    assert BOTH in READING


@pytest.mark.parametrize("share", [0.0, 1.0])
def test_certainty_is_never_promised(share):
    sure = replace(WELL, ink_confidence=1.0, text_confidence=share)
    assert 0 < word_confidence(sure, 1, 0, BOTH, FITTED) < 1


def test_the_fit_finds_the_weights_that_made_the_data():
    rng = np.random.default_rng(0)
    x = rng.normal(0, (1, 5), (20000, 2))
    y = (rng.random(20000) < 1 / (1 + np.exp(-(0.5 + x @ (1.0, -0.3))))).astype(float)
    assert calibrate.fit(x, y) == pytest.approx([0.5, 1.0, -0.3], abs=0.06)


def test_what_is_said_of_a_word_is_learnt_elsewhere():
    x, folds = np.arange(40.0)[:, None] % 2, np.arange(40) // 20
    y = np.where(folds == 0, x[:, 0], 1 - x[:, 0])  # each half teaches the opposite of the other
    said = calibrate.elsewhere(x, y, folds)
    assert np.abs(said - y).min() > 0.5


def test_reliability_tells_promises_kept_from_broken():
    said = np.repeat([0.1, 0.3, 0.5, 0.7, 0.9], 100)
    kept = np.tile(np.arange(100) / 100, 5) < said
    assert "mean gap 0.000" in calibrate.reliability("", said, kept.astype(float))[-1]
    assert "mean gap 0.480" in calibrate.reliability("", said, 1.0 - kept)[-1]
    assert calibrate.area_under_roc(np.array([0.1, 0.9]), np.array([0.0, 1.0])) == 1
    assert calibrate.area_under_roc(np.array([0.9, 0.1]), np.array([0.0, 1.0])) == 0
    assert calibrate.area_under_roc(np.array([0.5, 0.5]), np.array([0.0, 1.0])) == 0.5
