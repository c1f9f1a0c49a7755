"""Lines of the paper go from word pictures, what a pen drew stays."""

import time

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFilter

from inksight.imaging.inkmap import binarize
from inksight.imaging.ruling import FAINT, without_ruling

FINE = 4
PEN = 4


def drawn(height: int, width: int, *strokes: list[tuple[float, float]], pen: float = PEN) -> np.ndarray:
    """The ink map of strokes: float32 (H, W)."""
    picture = Image.new("L", (width * FINE, height * FINE), 0)
    pencil = ImageDraw.Draw(picture)
    for stroke in strokes:
        pencil.line([(x * FINE, y * FINE) for x, y in stroke], fill=255, width=round(pen * FINE), joint="curve")
    blurred = picture.reduce(FINE).filter(ImageFilter.GaussianBlur(0.6))
    return np.asarray(blurred, np.float32) / 255


def loops(width: int, middle: float, size: float) -> list[tuple[float, float]]:
    """A word of loops from 30 to width - 30."""
    t = np.linspace(0, 1, 400)
    x = 30 + (width - 60) * t + size * 0.4 * np.sin(14 * np.pi * t)
    return list(zip(x.tolist(), (middle - size * np.cos(14 * np.pi * t)).tolist(), strict=True))


def line(height: int, width: int, left: float, right: float, *, thickness: float = 2, level: float = 0.5) -> np.ndarray:
    """A line of the paper between two heights at the borders."""
    return level * drawn(height, width, [(-9, left), (width + 9, right)], pen=thickness)


def paper(height: int, width: int, pitch: int, *, squared: bool, level: float = 0.5, lean: float = 0.0) -> np.ndarray:
    """Ruled or squared paper."""
    out = np.zeros((height, width), np.float32)
    for y in range(pitch // 2, height, pitch):
        out = np.maximum(out, line(height, width, y, y + lean * width, level=level))
    for x in range(pitch // 2, width, pitch) if squared else ():
        out = np.maximum(out, line(width, height, x, x, level=level).T)
    return out


def check_gone(word: np.ndarray, ruling: np.ndarray, recall: float = 0.97, precision: float = 0.97) -> np.ndarray:
    """Take the ruling off the word and compare with the word alone."""
    ink = np.maximum(word, ruling)
    before = ink.copy()
    out = without_ruling(ink)
    assert np.array_equal(ink, before)
    assert out.dtype == np.float32
    assert out.shape == ink.shape
    found, truth = out > FAINT, word > FAINT
    assert truth[ink > FAINT].mean() < precision  # or there was nothing to do
    assert found[word > 0.5].mean() >= recall
    assert (word > 0.05)[found].mean() >= precision
    return out


WORD = drawn(90, 300, loops(300, 45, 22))


@pytest.mark.parametrize("level", [0.3, 0.6, 1.0])
@pytest.mark.parametrize("lean", [0.0, 0.03, -0.05])
def test_ruled_paper_goes(level: float, lean: float) -> None:
    check_gone(WORD, paper(90, 300, 28, squared=False, level=level, lean=lean), 0.95, 0.95)


@pytest.mark.parametrize("level", [0.3, 0.6, 1.0])
def test_squared_paper_goes(level: float) -> None:
    ruling = paper(90, 300, 28, squared=True, level=level)
    out = check_gone(WORD, ruling, 0.95, 0.95)
    beyond = binarize(ruling) & (WORD < 0.01)
    assert not (binarize(out) & beyond)[:14].any()  # not even dots where two lines cross
    assert not (binarize(out) & beyond)[76:].any()


@pytest.mark.parametrize(("left", "right"), [(67, 67), (40, 46), (5, 5), (84, 80)])
def test_a_lone_line_goes(left: float, right: float) -> None:
    check_gone(WORD, line(90, 300, left, right, thickness=2.5, level=0.9), 0.95, 0.97)


def test_a_curved_line_goes() -> None:
    sag = [(x, 70 + 2.5 * (x / 150 - 1) ** 2) for x in range(-10, 311, 10)]
    check_gone(WORD, 0.7 * drawn(90, 300, sag, pen=2))


def test_a_broken_faint_line_goes() -> None:
    ruling = line(90, 300, 76, 76, level=0.4)
    ruling[:, 100:108] = 0
    check_gone(WORD, ruling)


def test_crossing_strokes_have_no_gaps() -> None:
    stems = [[(x, 10), (x + 8, 80)] for x in range(40, 270, 30)]
    word = drawn(90, 300, *stems)
    out = check_gone(word, paper(90, 300, 20, squared=False, level=1.0), 0.99, 0.93)
    inked = word[14:76].argmax(axis=1)
    assert (out[14:76][np.arange(62), inked] > 0.5).all()


def test_a_bowl_on_the_line_stays_closed() -> None:
    t = np.linspace(0, 2 * np.pi, 60)
    bowls = [
        list(zip((x + 16 * np.cos(t)).tolist(), (45 + 22 * np.sin(t)).tolist(), strict=True)) for x in (50, 100, 150)
    ]
    out = without_ruling(np.maximum(drawn(90, 220, *bowls), line(90, 220, 67, 67, level=1.0, thickness=3)))
    assert (out[60:75, 15:25] < 0.2).all()
    for x in (50, 100, 150):
        assert (out[64:71, x - 8 : x + 9].max(axis=0) > 0.5).all()


def test_what_is_darker_or_thicker_than_the_line_stays() -> None:
    word = np.maximum(WORD, drawn(90, 300, [(60, 75), (140, 75)], pen=2))
    word = np.maximum(word, drawn(90, 300, [(170, 75), (240, 75)], pen=5))
    check_gone(word, line(90, 300, 75, 75, level=0.4))


def test_a_pale_line_goes_from_a_narrow_picture() -> None:
    letter = drawn(80, 70, [(20, 10), (20, 60), (50, 60)])
    check_gone(letter, line(80, 70, 35, 36, level=0.35))


def test_a_line_like_the_pens_goes_from_a_narrow_picture_with_margins() -> None:
    letter = drawn(80, 70, loops(70, 40, 25))
    check_gone(letter, line(80, 70, 60, 61, level=1.0, thickness=3), 0.9)


def test_upright_lines_go_when_there_are_several() -> None:
    ruling = np.maximum(line(300, 90, 20, 22, level=0.4), line(300, 90, 260, 262, level=0.4)).T
    check_gone(WORD, ruling)


LETTERS: dict[str, tuple[int, int, list[list[tuple[float, float]]]]] = {
    "T": (60, 50, [[(0, 2), (50, 2)], [(25, 2), (25, 60)]]),
    "E": (60, 46, [[(2, 0), (2, 60)], [(0, 2), (46, 2)], [(0, 30), (46, 30)], [(0, 58), (46, 58)]]),
    "L": (60, 46, [[(2, 0), (2, 60)], [(0, 58), (46, 58)]]),
    "Z": (60, 50, [[(0, 2), (50, 2), (0, 58), (50, 58)]]),
    "+": (50, 50, [[(0, 25), (50, 25)], [(25, 0), (25, 50)]]),
    "#": (50, 50, [[(0, 15), (50, 15)], [(0, 35), (50, 35)], [(15, 0), (15, 50)], [(35, 0), (35, 50)]]),
    "H": (60, 50, [[(3, 0), (3, 60)], [(47, 0), (47, 60)], [(0, 30), (50, 30)]]),
    "l": (60, 20, [[(10, 0), (10, 60)]]),
    "ll": (60, 30, [[(8, 0), (8, 60)], [(22, 0), (22, 60)]]),
    "lll": (60, 150, [[(x, 0), (x, 60)] for x in (10, 75, 140)]),
    "1": (60, 14, [[(7, 0), (7, 60)]]),
    "dash": (8, 60, [[(0, 4), (60, 4)]]),
    "dash with margins": (60, 80, [[(10, 30), (70, 30)]]),
    "dash across": (40, 120, [[(0, 20), (120, 20)]]),
    "underscore": (50, 150, [[(0, 45), (150, 45)]]),
    "equals sign": (40, 100, [[(0, 12), (100, 12)], [(0, 28), (100, 28)]]),
    "underline": (90, 300, [loops(300, 40, 20), [(10, 78), (290, 78)]]),
    "long bar": (90, 300, [loops(300, 50, 20), [(8, 10), (292, 14)]]),
    "word": (90, 300, [loops(300, 45, 22)]),
}


@pytest.mark.parametrize("name", LETTERS)
def test_what_a_pen_drew_stays(name: str) -> None:
    height, width, strokes = LETTERS[name]
    ink = drawn(height, width, *strokes)
    assert ink.max() > 0.9
    assert np.array_equal(binarize(without_ruling(ink)), binarize(ink))


@pytest.mark.parametrize("shape", [(0, 0), (1, 1), (1, 300), (300, 1), (12, 12), (13, 200), (60, 200)])
@pytest.mark.parametrize("level", [0.0, 1.0])
def test_blank_full_and_tiny_maps_pass(shape: tuple[int, int], level: float) -> None:
    ink = np.full(shape, level, np.float32)
    assert np.array_equal(without_ruling(ink), ink)


def test_noise_takes_no_long_time() -> None:
    ink = np.random.default_rng(0).random((120, 500), np.float32) ** 3
    start = time.perf_counter()
    without_ruling(ink)
    assert time.perf_counter() - start < 1
