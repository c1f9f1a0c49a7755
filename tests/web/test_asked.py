"""What a form says of how to convert."""

import pytest

from inksight.options import PRINT
from inksight.web.asked import wish
from inksight.web.guard import Refused


@pytest.mark.parametrize("choice", PRINT)
def test_print_is_a_choice(choice):
    assert wish({"print": choice}, {"words-v1": None}).options.print == choice


def test_print_stays_text_unless_something_else_is_asked_for():
    assert wish({}, {"words-v1": None}).options.print == "text"


def test_the_language_is_a_choice():
    assert wish({"language": "fr"}, {"words-v1": None}).options.language == "fr"
    assert wish({}, {"words-v1": None}).options.language is None
    with pytest.raises(Refused, match="language 'tlh'; use one of en, fr"):
        wish({"language": "tlh"}, {"words-v1": None})


def test_an_unknown_choice_is_refused_with_the_known_ones():
    with pytest.raises(Refused, match="text, trace, ignore"):
        wish({"print": "burn"}, {"words-v1": None})
