"""Letters of languages: which language a page is in, and what a language changes."""

import math
from collections import Counter

import pytest

from inksight.options import LANGUAGES, TraceOptions
from inksight.recognition import language
from inksight.recognition.language import END, LanguageModel, Mixture, guessed, of_language
from train.language import NGrams, save

FRENCH = "les enfants de la ville sont dans une maison avec leur mère et le chien"
GERMAN = "die Kinder und der Hund sind mit ihrer Mutter in einem Haus nicht weit von der Stadt"
ENGLISH = "the sky is clear and it was not cold in the night"


def test_every_language_has_its_letters_and_common_words():
    assert set(language._common()) == set(LANGUAGES)
    for code in LANGUAGES:
        assert math.exp(of_language(code).logp("", "a")) < 1
        assert len(language._common()[code]) > 100


def test_each_language_likes_its_own_words():
    def nats(code, words):
        letters = of_language(code)
        return sum(letters.logp(w[:i], c) for w in words.split() for i, c in enumerate([*w, END]))

    assert nats("fr", FRENCH) > nats("de", FRENCH) + 20
    assert nats("de", GERMAN) > nats("fr", GERMAN) + 20


@pytest.mark.parametrize(
    ("text", "code"), [(FRENCH, "fr"), (GERMAN, "de"), (ENGLISH, "en"), ("Wanderer Kunz 17.3.", None), ("", None)]
)
def test_a_page_tells_its_language(text, code):
    assert guessed(text.split()) == code


def test_capitals_and_punctuation_hide_no_word():
    assert guessed(w.upper() + "," for w in FRENCH.split()) == "fr"


def test_a_mixture_is_the_mean(tmp_path):
    models = []
    for name, text in (("one", "aab"), ("two", "abb")):
        save(NGrams(Counter([text])), tmp_path / f"{name}.npz")
        models.append(LanguageModel(tmp_path / f"{name}.npz"))
    both = Mixture(*models)
    for before, letter in (("", "a"), ("a", "b"), ("ab", END), ("b", "z")):
        shares = [math.exp(m.logp(before, letter)) for m in models]
        assert math.exp(both.logp(before, letter)) == pytest.approx(sum(shares) / 2)


def test_an_unknown_language_is_refused():
    with pytest.raises(ValueError, match="unknown language 'xx'; there are en, fr"):
        TraceOptions(language="xx")
