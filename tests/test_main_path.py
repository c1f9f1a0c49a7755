"""The main job from end to end, with the shipped weights and the real detector: a photo in, digital ink out."""

from functools import cache

import numpy as np
import pytest
from click.testing import CliRunner
from PIL import Image

import inksight
from inksight import formats
from inksight.cli import main
from inksight.evaluate.metrics import text_scores
from inksight.imaging.pictures import binarize, open_image
from inksight.imaging.raster import coverage, pen_width, spurious
from inksight.imaging.segmentation import pen_ink
from tests.pages import EXAMPLES, TEXT


@pytest.fixture(scope="module")
def page():
    return inksight.convert(EXAMPLES / "page.jpg")


def test_words_are_traced_by_the_model(page):
    origins = [w.origin for w in page.words if w.text]
    assert len(origins) >= 42
    assert origins.count("recognize-and-derender") >= 0.9 * len(origins)


def test_the_page_is_read(page):
    assert text_scores(page.text, TEXT)["cer"] < 0.12


def test_underline_arrow_and_star_are_drawings(page):
    drawn = [w for w in page.words if w.kind == "drawing"]
    expected = [(540, 270), (910, 1010), (960, 1145)]
    centres = [((w.box[0] + w.box[2]) / 2, (w.box[1] + w.box[3]) / 2) for w in drawn]
    assert len(drawn) == 3
    assert all(min(np.hypot(x - a, y - b) for x, y in centres) < 60 for a, b in expected)


@cache
def mask_of(name):
    return binarize(pen_ink(open_image(EXAMPLES / f"{name}.jpg")))


def test_strokes_lie_on_the_ink_and_are_few(page):
    mask = mask_of("page")
    assert spurious(mask, page.strokes, 3) < 0.03
    letters = sum(c.isalpha() for c in page.text)
    assert 0.2 * letters < len(page.strokes) < 1.5 * letters


@pytest.mark.parametrize("name", ["page", "board"])
def test_the_words_ink_is_covered(name, page):
    found, ink = page if name == "page" else inksight.convert(EXAMPLES / f"{name}.jpg"), mask_of(name)
    shares = []
    for word in found.words:
        x0, y0, x1, y1 = (round(v) for v in word.box)
        mask = ink[y0:y1, x0:x1]
        strokes = [s.points - np.float32([x0, y0]) for s in word.strokes]
        shares.append(coverage(mask, strokes, pen_width(mask)))
    assert np.mean(shares) > 0.93


def test_written_by_the_command_and_read_back(tmp_path):
    line = Image.open(EXAMPLES / "page.jpg").crop((150, 300, 900, 400))
    line.save(tmp_path / "line.png")
    result = CliRunner().invoke(main, ["convert", str(tmp_path / "line.png"), "-o", str(tmp_path / "line.json")])
    assert result.exit_code == 0, result.output
    assert formats.read(tmp_path / "line.json") == inksight.convert(np.asarray(line)) != inksight.Page(750, 100)
