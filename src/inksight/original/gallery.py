"""The data set drawn: the picture, then over it the ink of each model in each mode, then what people traced."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from ..arrays import Pixels
from ..formats import Style
from ..formats.png import draw
from ..imaging.pictures import open_image
from ..ink import Stroke
from ..ink.frames import Affine
from ..recognition.tokens import GRID
from .derenderings import FOLDERS, HUMAN, Derendering, Example, Origin, page_of, rank, read, square

_GAP, _LINE = 6, 17


def origins(examples: Sequence[Example]) -> list[Origin]:
    """Whose inks there are, in the order in which they are shown."""
    found = {origin for example in examples for origin in example.inks}
    models = sorted({o.model for o in found}, key=rank)
    shown = [Origin(model, mode) for model in models for mode in FOLDERS if Origin(model, mode) in found]
    return shown + ([Origin(HUMAN)] if any(example.human for example in examples) else [])


def sheet(examples: Sequence[Example], panel: int = 160) -> Image.Image:
    """A row for each example, with panels of `panel` pixels. Raises InputError for a file that can't be read."""
    columns = origins(examples)
    step, row = panel + _GAP, panel + 2 * _LINE + _GAP
    picture = Image.new("RGB", (_GAP + step * (1 + len(columns)), _LINE + row * len(examples)), "white")
    pen = ImageDraw.Draw(picture)
    for i, origin in enumerate(columns, start=1):
        _write(pen, (_GAP + i * step, 2), " ".join(filter(None, origin)), panel)
    for k, example in enumerate(examples):
        _row(picture, example, columns, panel, _LINE + k * row)
    return picture


def _row(picture: Image.Image, example: Example, columns: Sequence[Origin], panel: int, top: int) -> None:
    pen, step = ImageDraw.Draw(picture), panel + _GAP
    rgb = open_image(example.picture)
    frame = square(rgb.shape[1], rgb.shape[0])
    ground = _padded(rgb, frame)
    _write(pen, (_GAP, top), f"{example.dataset} {example.id}", picture.width)
    at = top + _LINE
    picture.paste(Image.fromarray(ground).resize((panel, panel), Image.Resampling.LANCZOS), (_GAP, at))
    for i, origin in enumerate(columns, start=1):
        ink = _ink(example, origin, frame)
        if ink is None:
            continue
        x = _GAP + i * step
        picture.paste(draw(page_of(ink), Style(photo=ground, size=panel)).convert("RGB"), (x, at))
        _write(pen, (x, at + panel), ink.text if ink.strokes else f"{ink.text} (no ink)", panel)


def _padded(rgb: Pixels, frame: Affine) -> Pixels:
    """The picture on a white square of 224 x 224."""
    size = (max(1, int(rgb.shape[1] * frame.a)), max(1, int(rgb.shape[0] * frame.a)))
    ground = Image.new("RGB", (GRID, GRID), "white")
    ground.paste(Image.fromarray(rgb).resize(size, Image.Resampling.LANCZOS), (int(frame.c), int(frame.f)))
    return np.asarray(ground)


def _ink(example: Example, origin: Origin, frame: Affine) -> Derendering | None:
    if origin.model != HUMAN:
        return read(example.inks[origin]) if origin in example.inks else None
    if not example.human:
        return None
    return Derendering(example.dataset, example.id, "", "", on_square(example.human, frame))


def on_square(strokes: Sequence[Stroke], frame: Affine) -> tuple[Stroke, ...]:
    """What people traced, on the square.

    Nobody says in which frame they are: ink that doesn't lie on the square is taken to be in the picture's pixels.
    """
    points = np.concatenate([s.points for s in strokes])
    if points.min() >= 0 and points.max() <= GRID:
        return tuple(strokes)
    return tuple(s.transformed(frame) for s in strokes)


def _write(pen: ImageDraw.ImageDraw, place: tuple[int, int], text: str, width: int) -> None:
    """A line of text that ends with its panel. Pillow's own font has ASCII only."""
    font = ImageFont.load_default(12)
    text = text.encode("ascii", "backslashreplace").decode()
    while text and pen.textlength(text, font) > width:
        text = text[:-1]
    pen.text(place, text, fill="black", font=font)
