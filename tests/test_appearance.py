"""The look of ink, measured on pictures whose pens are known."""

import numpy as np
import pytest
from PIL import Image, ImageFilter

from inksight.evaluate.render import brush
from inksight.imaging.appearance import measured
from inksight.ink import Page, Stroke, Word

RNG = np.random.default_rng(0)
SIZE = (200, 260)
PENS = {"black": (25, 25, 30), "blue": (20, 35, 150), "red": (160, 20, 30), "green": (15, 90, 50)}
WAVES = [np.stack([np.linspace(20, 240, 120), y + 12 * np.sin(np.linspace(0, 9, 120))], axis=1) for y in (50, 100, 150)]


def photo(pens, curves=WAVES, paper=(250, 244, 230), light=1.0, blur=0.8):
    """Curves drawn with (width, color) pens, under a light that falls off to the right, and noise.

    (uint8 (H, W, 3), the ink in it, float32 (H, W))
    """
    ink = np.zeros(SIZE)
    scene = np.full((*SIZE, 3), paper, float)
    for curve, (width, color) in zip(curves, pens, strict=True):
        alpha = brush([np.asarray(curve, float)], SIZE, width - 0.25, None)[:, :, None]  # the brush adds a quarter
        scene = scene * (1 - alpha) + np.array(color) * alpha
        ink = np.maximum(ink, alpha[:, :, 0])
    scene *= light * np.linspace(1, 0.6, SIZE[1])[None, :, None] * np.array([1.04, 1.0, 0.92])
    seen = np.clip(scene + RNG.normal(0, 2, scene.shape), 0, 255).astype(np.uint8)
    soft = ImageFilter.GaussianBlur(blur)
    covered = Image.fromarray((255 * ink).round().astype(np.uint8)).filter(soft)
    return np.asarray(Image.fromarray(seen).filter(soft)), np.asarray(covered, np.float32) / 255


def looks(rgb, ink, curves=WAVES):
    page = Page.of_words([Word((Stroke(curve),)) for curve in curves], *SIZE[::-1])  # a pen for each word
    strokes = measured(page, rgb, ink).strokes
    return [s.width for s in strokes], [tuple(bytes.fromhex(s.color[1:])) for s in strokes]


@pytest.mark.parametrize("width", [2, 3, 5, 12])
@pytest.mark.parametrize("light", [1.0, 0.45])
def test_the_width_is_the_pen_s_whatever_the_light(width, light):
    found, _ = looks(*photo([(width, PENS["black"])] * 3, light=light))
    assert found == pytest.approx([width] * 3, rel=0.12, abs=0.45)


def test_each_stroke_has_its_own_width():
    found, _ = looks(*photo([(w, PENS["blue"]) for w in (2.5, 5, 10)]))
    assert found == pytest.approx([2.5, 5, 10], rel=0.12)


def test_a_short_bar_over_a_stem_is_as_wide_as_the_word_s_pen():
    stem, bar = np.array([[60.0, 20.0], [60.0, 160.0]]), np.array([[52.0, 60.0], [68.0, 60.0]])
    double = np.array([[55.0, 25.0], [55.0, 90.0]])  # beside the stem: profiles across the bar find it, not paper
    rgb, ink = photo([(5, PENS["black"])] * 3, (stem, bar, double))
    alone = measured(Word((Stroke(bar),)), rgb, ink).strokes[0].width
    together = [s.width for s in measured(Word(tuple(map(Stroke, (stem, double, bar)))), rgb, ink).strokes]
    assert alone is not None
    assert alone > 1.4 * max(together)


@pytest.mark.parametrize("name", PENS)
@pytest.mark.parametrize("light", [1.0, 0.45])
def test_the_color_is_the_pen_s_whatever_the_light(name, light):
    _, colors = looks(*photo([(5, PENS[name])] * 3, light=light))
    assert np.array(colors) == pytest.approx(np.tile(PENS[name], (3, 1)), abs=25)


def test_the_light_matters_where_it_is_not_taken_away():
    """The proof that the test above can fail: the pixels themselves are far off."""
    rgb, _ = photo([(5, PENS["red"])] * 3, light=0.45)
    x, y = WAVES[0][60].astype(int)
    assert np.abs(rgb[y, x].astype(int) - PENS["red"]).max() > 60


def test_pens_stay_apart_and_strokes_of_one_pen_are_alike():
    colors = looks(*photo([(4, PENS["black"]), (4, PENS["blue"]), (4, PENS["black"])]))[1]
    assert colors[0] == colors[2]
    assert colors[1][2] > colors[1][0] + 60


def test_chalk_on_a_board_keeps_its_color():
    widths, colors = looks(*photo([(5, (240, 225, 150))] * 3, paper=(38, 48, 44)))
    assert widths == pytest.approx([5] * 3, rel=0.15)
    assert all(min(c[:2]) > 150 and c[2] < c[0] for c in colors)


def test_chalk_in_the_shade_is_as_light_as_in_the_light():
    halves = [np.stack([np.linspace(x, x + 90, 60), np.full(60, 100.0)], axis=1) for x in (20, 150)]
    rgb, ink = photo([(6, (230, 228, 220))] * 2, halves, paper=(50, 60, 56))  # the light falls off to the right
    x = [int(h[:, 0].mean()) for h in halves]
    assert (rgb[100, x[0]].astype(int) - rgb[100, x[1]]).min() > 35
    colors = looks(rgb, ink, halves)[1]
    assert colors[0] == colors[1]
    assert min(colors[0]) > 150


def test_a_dot_is_as_wide_as_it_is():
    dots = [np.array([[x, 100.0]]) for x in (60, 120, 200)]
    widths, _ = looks(*photo([(w, PENS["black"]) for w in (4, 6, 9)], dots), dots)
    assert widths == pytest.approx([4, 6, 9], rel=0.2)


def test_a_line_beside_does_not_make_it_wider():
    close = [WAVES[0], WAVES[0] + [0, 7], WAVES[0] + [0, 14]]
    assert looks(*photo([(3, PENS["black"])] * 3, close), close)[0] == pytest.approx([3] * 3, rel=0.2)


def test_what_is_not_on_the_picture_stays_unknown():
    rgb, ink = photo([(4, PENS["black"])] * 3)
    nowhere = Stroke([[20, 20], [200, 22]])
    outside = Stroke([[-500, -500], [9000, -400]])
    known = Stroke([[30, 180], [200, 185]], 3.0, "#123456")
    page = Page.of_words([Word((nowhere, outside, known))], *SIZE)
    assert measured(page, rgb, ink) == page
    assert measured(Page(9, 9), rgb, ink) == Page(9, 9)


def test_ink_that_fills_the_picture_stays_unknown():
    black = np.zeros((20, 20, 3), np.uint8)
    word = Word((Stroke([[2, 10], [18, 10]]),))
    assert measured(word, black, np.ones((20, 20), np.float32)) == word
