"""Pictures of pages with matches marked, as with a highlighter."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from .. import formats
from ..arrays import Pixels
from ..errors import InputError
from ..formats import Style
from ..imaging.pictures import endings, open_image

if TYPE_CHECKING:
    from PIL.Image import Image

    from . import Match

MARKER, EDGE = (255, 225, 0, 90), (230, 81, 0, 255)
"""Red, green, blue and opacity: ink shows through on paper and on boards."""
_SAME_SHAPE = 0.02
"""A picture is of a page whose width to height differs by no more."""
_LEAST_MARGIN = 2


def draw(file: Path, page: int, matches: Sequence[Match], folders: Sequence[Path]) -> Image:
    """Page `page`, from 1, of a converted file, with the matches there marked, RGB.

    The page is its photo if one of `folders` has it, else its ink. Raises InputError where neither can be read.
    """
    from PIL import Image, ImageDraw

    width, height = matches[0].width, matches[0].height
    photos = (photo for folder in folders for photo in _photos(file, folder))
    rgb = next((rgb for photo in photos if (rgb := _opened(*photo, width / height)) is not None), None)
    picture = Image.fromarray(_ink(file, page) if rgb is None else rgb).convert("RGBA")
    marks = Image.new("RGBA", picture.size)
    pen, margin = ImageDraw.Draw(marks), max(_LEAST_MARGIN, picture.height // 300)
    across, down = picture.width / width, picture.height / height
    for x0, y0, x1, y1 in (box for match in matches for box in match.boxes):
        edges = x0 * across - margin, y0 * down - margin, x1 * across + margin, y1 * down + margin
        pen.rounded_rectangle(edges, 3 * margin, MARKER, EDGE, max(1, margin // 2))
    return Image.alpha_composite(picture, marks).convert("RGB")


def _ink(file: Path, page: int) -> Pixels:
    if file.suffix.lower() == ".pdf":
        return open_image(file, page=page - 1)
    pages = formats.loads_pages(file.read_bytes(), formats.format_of(file), name=file)
    return open_image(formats.dumps(pages[page - 1], "png", style=Style(color="ink")))


def _opened(photo: Path, page: int, shape: float) -> Pixels | None:
    """The photo, if it can be read and has the page's width to height."""
    try:
        rgb = open_image(photo, page=page - 1)
    except InputError:
        return None
    return rgb if abs(rgb.shape[1] / rgb.shape[0] / shape - 1) < _SAME_SHAPE else None


def _photos(file: Path, folder: Path) -> Iterator[tuple[Path, int]]:
    """Pictures with the file's name, or with several pages, of which the file's number is one; and the page."""
    numbered = re.fullmatch(r"(.+)-0*([1-9]\d*)", file.stem)
    pictures = folder.iterdir() if folder.is_dir() else []
    for path in sorted(p for p in pictures if p.suffix.lower() in endings() and p != file):
        if path.stem == file.stem:
            yield path, 1
        elif numbered and path.stem == numbered[1]:
            yield path, int(numbered[2])
