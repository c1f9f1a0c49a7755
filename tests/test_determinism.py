"""A page's ink is the same, bit by bit: alone or in a batch, in one thread or two, in this process or in others."""

import pytest
from PIL import Image

from inksight import pipeline
from inksight.formats import dumps
from tests.pages import EXAMPLES
from tests.test_cli import run

LINES = 60, 180, 900, 420
"""Two lines of the example page."""


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A picture of a word, and one of two lines."""
    place = tmp_path_factory.mktemp("pictures")
    (place / "word.jpg").write_bytes((EXAMPLES / "word.jpg").read_bytes())
    Image.open(EXAMPLES / "page.jpg").crop(LINES).save(place / "lines.png")
    return place


def inks(folder, number):
    """The ink of each picture, converted alone in so many threads."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("inksight.threads.count", lambda: number)
        pages = {path.stem: pipeline.convert(path, fast=True) for path in sorted(folder.iterdir())}
    return {name: dumps(page, "json") for name, page in pages.items()}


@pytest.fixture(scope="module")
def alone(folder):
    return inks(folder, 1)


def test_the_pictures_have_words(alone):
    assert all(ink.count(b'"strokes"') > count for ink, count in ((alone["word"], 0), (alone["lines"], 5)))


def test_again(folder, alone):
    assert inks(folder, 1) == alone


def test_in_two_threads(folder, alone):
    assert inks(folder, 2) == alone


@pytest.mark.parametrize("jobs", ["1", "2"])
def test_in_a_batch(folder, alone, tmp_path, jobs):
    code, _, err = run("convert", "--fast", str(folder), "-o", f"{tmp_path}/", "--to", "json", "--jobs", jobs)
    assert code == 0, err
    assert {path.stem: path.read_bytes() for path in tmp_path.glob("*.json")} == alone
