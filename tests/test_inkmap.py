"""The ink map on photos that are drawn here: the ink stands out of the paper, whatever the light and the colours."""

import time

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFilter

from inksight.imaging.inkmap import binarize, ink_map

WHITE, PAPER, KRAFT, BOARD, PEN = (250, 250, 248), (235, 232, 225), (188, 150, 108), (45, 70, 58), (30, 30, 60)


def scribble(x: float, y: float, size: float, loops: int) -> list[tuple[float, float]]:
    """Loops of a pen from left to right around the height y."""
    t = np.linspace(0, loops * 2 * np.pi, loops * 24)
    xs = x + t / (2 * np.pi) * size * 0.8 - np.sin(t) * size * 0.4
    ys = y + np.cos(t) * size * 0.5 * (0.6 + 0.4 * np.sin(t * 0.23 + x))
    return list(zip(xs.tolist(), ys.tolist(), strict=True))


def strokes(width: int, height: int, size: int, pen: int, share: float = 1.0) -> np.ndarray:
    """How much ink lies on each pixel of a page of words, 0..1."""
    rng = np.random.default_rng(3)
    mask = Image.new("L", (width, height), 0)
    draw = ImageDraw.Draw(mask)
    for y in np.arange(1.5, height / size - 0.7, 2.5) * size:
        for x in np.arange(1.2, width / size - 5, 5) * size:
            if rng.random() < share:
                draw.line(scribble(x, y, size, int(rng.integers(2, 5))), fill=255, width=pen, joint="curve")
    return np.asarray(mask.filter(ImageFilter.GaussianBlur(0.6)), np.float32) / 255


def photo(
    mask: np.ndarray,
    paper: tuple[int, ...],
    ink: tuple[int, ...],
    *,
    shadow: float = 0.0,
    falloff: float = 0.4,
    noise: float = 3.0,
) -> np.ndarray:
    """Ink on paper under light that falls off, with the hard edge of a shadow across, and the noise of a sensor."""
    height, width = mask.shape
    y, x = np.mgrid[0:height, 0:width].astype(np.float32) / height
    aspect = width / height
    edge = (1 + np.tanh((x - 0.55 * aspect + 0.3 * (y - 0.5)) * 30)) / 2
    light = (1 - falloff * (x / aspect + y) / 2) * (1 - shadow * 0.6 * edge)
    colours = np.float32(paper) + mask[..., None] * (np.float32(ink) - np.float32(paper))
    grain = np.random.default_rng(1).normal(0, noise, colours.shape)
    return np.clip(colours * light[..., None] + grain, 0, 255).astype(np.uint8)


def separation(ink: np.ndarray, mask: np.ndarray) -> tuple[float, float, float]:
    """(share of the ink's core that binarize finds, share of what it finds that is ink, mean of the map on paper)."""
    found = binarize(ink)
    recall = found[mask > 0.7].mean()
    precision = (mask[found] > 0.1).mean()
    return float(recall), float(precision), float(ink[mask < 0.02].mean())


PHOTOS = {
    "pen on white": (WHITE, PEN, 0.0, 3.0),
    "under a shadow": (PAPER, PEN, 1.0, 3.0),
    "kraft paper": (KRAFT, PEN, 0.5, 3.0),
    "white on kraft": (KRAFT, (248, 248, 244), 0.5, 3.0),
    "chalk on a board": (BOARD, (215, 220, 210), 0.7, 3.0),
    "white on black": ((0, 0, 0), (255, 255, 255), 0.0, 0.0),
    "red": (WHITE, (235, 40, 40), 0.3, 2.0),
    "light blue": (WHITE, (140, 195, 250), 0.3, 2.0),
    "yellow": (WHITE, (250, 235, 60), 0.0, 2.0),
    "red on green of the same luminance": ((120, 200, 120), (250, 130, 130), 0.3, 2.0),
    "clean pencil": ((235, 235, 230), (190, 190, 190), 0.5, 3.0),
}


@pytest.mark.parametrize("name", PHOTOS)
def test_ink_stands_out(name: str) -> None:
    paper, ink, shadow, noise = PHOTOS[name]
    mask = strokes(800, 600, 40, 4)
    result = ink_map(photo(mask, paper, ink, shadow=shadow, noise=noise))
    assert result.dtype == np.float32
    assert result.shape == mask.shape
    assert result.min() >= 0
    assert result.max() <= 1
    recall, precision, on_paper = separation(result, mask)
    assert recall > 0.97
    assert precision > 0.98
    assert on_paper < 0.005
    assert result[mask > 0.9].mean() > 0.75


def test_faint_pencil_in_noise() -> None:
    mask = strokes(800, 600, 40, 3)
    recall, precision, on_paper = separation(ink_map(photo(mask, (228, 228, 224), (198, 198, 198), noise=5)), mask)
    assert recall > 0.9
    assert precision > 0.9
    assert on_paper < 0.01


@pytest.mark.parametrize(("paper", "ink"), [(PAPER, PEN), (BOARD, (215, 220, 210))])
def test_one_word_on_a_page_sets_the_polarity(paper: tuple[int, ...], ink: tuple[int, ...]) -> None:
    mask = np.zeros((600, 800), np.float32)
    mask[100:220, 120:420] = strokes(300, 120, 40, 4)
    recall, precision, _ = separation(ink_map(photo(mask, paper, ink, shadow=0.8)), mask)
    assert recall > 0.97
    assert precision > 0.98


def test_ruled_lines_stay_fainter_than_the_pen() -> None:
    mask = strokes(800, 600, 40, 4)
    page = photo(mask, WHITE, PEN, noise=2)
    page[90::40] = np.where(mask[90::40, :, None] > 0.05, page[90::40], (175, 205, 240))
    result = ink_map(page)
    lines = result[90::40][mask[90::40] < 0.02]
    assert lines.mean() < 0.5 * result[mask > 0.9].mean()
    assert separation(result, mask)[1] > 0.97  # Otsu leaves them out


def test_sheet_on_a_striped_table_keeps_its_pencil() -> None:
    mask = np.zeros((800, 1000), np.float32)
    mask[250:550, 300:700] = strokes(400, 300, 40, 3)
    page = photo(mask, (230, 230, 226), (185, 185, 185), noise=2)
    wood = (np.float32((95, 65, 45)) + 12 * np.sin(np.arange(800) * 0.4)[:, None, None]).astype(np.uint8)
    sheet = np.zeros(mask.shape, bool)
    sheet[200:600, 250:750] = True
    page = np.where(sheet[..., None], page, wood)
    inner = np.s_[230:570, 280:720]
    recall, precision, _ = separation(ink_map(page)[inner], mask[inner])
    assert recall > 0.95
    assert precision > 0.95


@pytest.mark.parametrize("pen", [3, 6, 10, 14])
@pytest.mark.parametrize(("paper", "ink"), [(PAPER, PEN), ((20, 24, 22), (230, 230, 220))])
def test_word_crops_of_60_pixels(pen: int, paper: tuple[int, ...], ink: tuple[int, ...]) -> None:
    big = Image.new("L", (800, 240), 0)
    draw = ImageDraw.Draw(big)
    for x in (140, 440):
        draw.line(scribble(x, 120, 130, 3), fill=255, width=4 * pen, joint="curve")
    mask = np.asarray(big.resize((200, 60), Image.Resampling.BOX), np.float32) / 255
    recall, precision, _ = separation(ink_map(photo(mask, paper, ink)), mask)
    assert recall > 0.97
    assert precision > 0.97


@pytest.mark.parametrize("pen", [10, 15])
@pytest.mark.parametrize(("paper", "ink"), [(PAPER, PEN), (BOARD, (215, 220, 210))])
def test_bold_letters_fill_blocks_of_a_crop(pen: int, paper: tuple[int, ...], ink: tuple[int, ...]) -> None:
    drawn = Image.new("L", (360, 150), 0)
    ImageDraw.Draw(drawn).line(scribble(70, 75, 80, 4), fill=255, width=pen, joint="curve")
    mask = np.asarray(drawn.filter(ImageFilter.GaussianBlur(0.6)), np.float32) / 255
    recall, precision, on_paper = separation(ink_map(photo(mask, paper, ink)), mask)
    assert recall > 0.97
    assert precision > 0.97
    assert on_paper < 0.01


@pytest.mark.parametrize(
    ("x0", "y0", "x1", "y1"), [(20, 20, 50, 25), (30, 20, 36, 26), (33, 4, 37, 36), (0, 18, 70, 22)]
)
@pytest.mark.parametrize(("paper", "ink"), [(PAPER, PEN), (BOARD, (215, 220, 210))])
def test_crops_of_a_dash_a_dot_a_stem_and_a_line(
    x0: int, y0: int, x1: int, y1: int, paper: tuple[int, ...], ink: tuple[int, ...]
) -> None:
    mask = np.zeros((40, 70), np.float32)
    mask[y0:y1, x0:x1] = 1
    assert (binarize(ink_map(photo(mask, paper, ink))) == (mask > 0)).all()


@pytest.mark.parametrize("shape", [(4, 4), (4, 3000), (2000, 5), (47, 49), (300, 300)])
@pytest.mark.parametrize("level", [0, 128, 255])
def test_flat_pictures_of_any_shape_are_blank(shape: tuple[int, int], level: int) -> None:
    result = ink_map(np.full((*shape, 3), level, np.uint8))
    assert result.shape == shape
    assert not result.any()
    assert not binarize(result).any()


@pytest.mark.parametrize(("shape", "shadow"), [((600, 800), 1.0), ((60, 200), 0.0), ((30, 30), 0.0)])
@pytest.mark.parametrize("noise", [1.0, 3.0, 8.0])
@pytest.mark.parametrize("paper", [PAPER, BOARD])
def test_blank_photos_hold_no_ink(shape: tuple[int, int], shadow: float, noise: float, paper: tuple[int, ...]) -> None:
    result = ink_map(photo(np.zeros(shape, np.float32), paper, (0, 0, 0), shadow=shadow, noise=noise))
    assert result.mean() < 1e-3
    assert binarize(result).mean() < 1e-3


def test_12_megapixels_in_a_second() -> None:
    mask = strokes(1000, 750, 40, 4)
    page = np.tile(photo(mask, PAPER, PEN, shadow=0.5), (4, 4, 1))
    start = time.process_time()
    ink_map(page)
    assert time.process_time() - start < 2  # 0.3 s alone on a core


@pytest.mark.parametrize("bad", [np.zeros((9, 9), np.uint8), np.zeros((9, 9, 4), np.uint8), np.zeros((9, 9, 3))])
def test_only_rgb_is_taken(bad: np.ndarray) -> None:
    with pytest.raises(ValueError, match="ink_map takes uint8"):
        ink_map(bad)


def test_binarize_finds_the_level_between() -> None:
    ink = np.zeros((50, 80), np.float32)
    ink[10:20] = 0.15  # smear
    ink[30:34] = 0.8
    assert (binarize(ink) == (ink > 0.5)).all()
    ink[ink > 0.5] = 0.35  # faint, but all that there is
    assert (binarize(ink) == (ink > 0.3)).all()
    assert not binarize(np.zeros((5, 5), np.float32)).any()
    assert not binarize(np.full((5, 5), 0.2, np.float32)).any()
