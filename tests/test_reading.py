"""Texts from columns: the beam search against all paths counted out, and what language and decoder change."""

import itertools
from collections import Counter

import numpy as np
import pytest

from inksight.errors import InputError
from inksight.recognition import calibration, reading
from inksight.recognition.engine import Choices, Memory
from inksight.recognition.language import END as END_OF_TEXT
from inksight.recognition.language import LanguageModel
from inksight.recognition.tokens import END, FIRST_CHARACTER, INK, PAD, RECOGNIZE, Vocabulary
from train.language import NGrams, save

VOCABULARY = Vocabulary("abc")

WEIGHTS = calibration.shipped()


def columns(*rows):
    """Log-probabilities of blank, a, b, c at each column."""
    out = np.full((len(rows), len(VOCABULARY)), -30.0, np.float32)
    shares = np.array(rows, np.float32)
    out[:, PAD] = np.log(shares[:, 0])
    out[:, FIRST_CHARACTER:] = np.log(shares[:, 1:])
    return out


def counted_out(log_p):
    """The probability of each text: all paths, with repeats merged and blanks dropped."""
    ids = [PAD, *range(FIRST_CHARACTER, len(VOCABULARY))]
    total = Counter()
    for path in itertools.product(ids, repeat=len(log_p)):
        kept = [i for i, before in zip(path, (None, *path), strict=False) if i != before and i != PAD]
        total[VOCABULARY.decode(kept)] += float(np.exp(sum(log_p[t, i] for t, i in enumerate(path))))
    return total


@pytest.mark.parametrize("seed", range(5))
def test_search_finds_what_counting_all_paths_finds(seed):
    rng = np.random.default_rng(seed)
    log_p = columns(*rng.dirichlet([0.6] * 4, size=5))
    found = reading.candidates(log_p, VOCABULARY, None, WEIGHTS)
    (text, share), *_ = counted_out(log_p).most_common(1)
    assert next(iter(found)) == text
    assert np.exp(found[text]) == pytest.approx(share, rel=0.05)  # beams that were dropped lose a little


def test_blank_columns_are_skipped_without_changing_the_result():
    letters = [(0.1, 0.6, 0.2, 0.1), (0.2, 0.1, 0.6, 0.1)]
    blank = (0.9999, 3e-5, 3e-5, 4e-5)
    found = reading.candidates(columns(letters[0], blank, blank, letters[1]), VOCABULARY, None, WEIGHTS)
    assert next(iter(found)) == "ab"
    assert next(iter(reading.candidates(columns(letters[0], blank, letters[0]), VOCABULARY, None, WEIGHTS))) == "aa"


def written(path, texts):
    save(NGrams(Counter(texts)), path)
    return LanguageModel(path)


def test_language_decides_between_what_looks_alike(tmp_path):
    log_p = columns((0.1, 0.8, 0.05, 0.05), (0.9998, 1e-4, 5e-5, 5e-5), (0.1, 0.02, 0.43, 0.45))
    assert next(iter(reading.candidates(log_p, VOCABULARY, None, WEIGHTS))) == "ac"
    language = written(tmp_path / "language.npz", {"ab": 20, "b": 3})
    assert next(iter(reading.candidates(log_p, VOCABULARY, language, WEIGHTS))) == "ab"


def test_language_model_gives_probabilities(tmp_path):
    language = written(tmp_path / "language.npz", {"abba": 5, "abc": 9, "cab": 2})
    for before in ("", "a", "ab", "ccc"):
        shares = [np.exp(language.logp(before, c)) for c in ("a", "b", "c", END_OF_TEXT)]
        assert sum(shares) == pytest.approx(1, abs=0.06)  # numbers are kept in steps of 1/16 nat
    assert language.logp("ab", "c") > language.logp("ab", "a") - 3
    assert language.logp("ab", "é") < -6


@pytest.mark.parametrize("content", [b"", b"not a zip"])
def test_a_broken_language_model_is_named(tmp_path, content):
    (tmp_path / "language.npz").write_bytes(content)
    with pytest.raises(InputError, match=r"language\.npz: not a language model"):
        LanguageModel(tmp_path / "language.npz")


class Engine:
    """An engine whose decoder likes one text."""

    vocabulary, language, calibration = VOCABULARY, None, WEIGHTS

    def __init__(self, liked):
        self.liked = VOCABULARY.encode(liked)

    def decoder(self, memory):
        return Decoder(len(memory.ctc), [*self.liked, INK])


class Decoder:
    cells = 4

    def __init__(self, batch, code):
        self.batch, self.code, self.at = batch, code, 0

    def step(self, fed):
        text = np.full((self.batch, len(VOCABULARY)), -6.0, np.float32)
        text[:, self.code[min(self.at, len(self.code) - 1)]] = -0.01
        none = np.zeros(self.batch, np.float32)
        return Choices(text, none, np.zeros((self.batch, 2), int), none, none.astype(int), none, none.astype(int))

    def advance(self):
        self.at += 1

    def keep(self, rows):
        self.batch = len(rows)


@pytest.mark.parametrize("liked", ["ab", "ac"])
def test_decoder_decides_between_close_texts(liked):
    log_p = columns((0.02, 0.96, 0.01, 0.01), (0.1, 0.02, 0.43, 0.45))
    memory = Memory(log_p[None], {})
    (found,) = reading.read(Engine(liked), memory, RECOGNIZE, INK)
    assert VOCABULARY.decode(found.letters) == liked
    assert found.confidence > 0.5


def test_a_clear_text_is_not_asked_about():
    log_p = columns((1e-4, 0.9998, 5e-5, 5e-5), (0.9998, 1e-4, 5e-5, 5e-5))
    (found,) = reading.read(Engine("c"), Memory(log_p[None], {}), RECOGNIZE, END)
    assert (VOCABULARY.decode(found.letters), found.confidence) == ("a", 1.0)
