"""Pictures of pages with matches marked, as with a highlighter."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from .. import formats
from ..errors import InputError
from ..files import PICTURES
from ..formats import Style
from ..image import Pixels, open_image

if TYPE_CHECKING:
    from PIL.Image import Image

    from . import Match

MARKER, EDGE = (255, 235, 59), (230, 81, 0)
_SAME_SHAPE = 0.02
"""A picture is of a page whose width to height differs by no more."""
_LEAST_MARGIN = 2


def draw(file: Path, page: int, matches: Sequence[Match]) -> Image:
    """Page `page`, from 1, of a converted file, with the matches there marked.

    The page is its photo where that lies beside the file, else its ink. Raises InputError where neither can be read.
    """
    from PIL import Image, ImageChops, ImageDraw

    size = matches[0].width, matches[0].height
    picture = Image.fromarray(_picture(file, page, size))
    zoom = picture.width / size[0], picture.height / size[1]
    marks = Image.new("RGB", picture.size, "white")
    pen, margin = ImageDraw.Draw(marks), max(_LEAST_MARGIN, picture.height // 300)
    for x0, y0, x1, y1 in (box for match in matches for box in match.boxes):
        edges = x0 * zoom[0] - margin, y0 * zoom[1] - margin, x1 * zoom[0] + margin, y1 * zoom[1] + margin
        pen.rounded_rectangle(edges, 3 * margin, MARKER, EDGE, max(1, margin // 2))
    return ImageChops.multiply(picture, marks)


def _picture(file: Path, page: int, size: tuple[float, float]) -> Pixels:
    for photo, number in _photos(file):
        try:
            rgb = open_image(photo, page=number - 1)
        except InputError:
            continue
        height, width = rgb.shape[:2]
        if abs(width * size[1] / (height * size[0]) - 1) < _SAME_SHAPE:
            return rgb
    if file.suffix.lower() == ".pdf":
        return open_image(file, page=page - 1)
    return open_image(formats.dumps(formats.read(file), "png", style=Style(color="ink")))


def _photos(file: Path) -> Iterator[tuple[Path, int]]:
    """Pictures beside the file with its name, or with several pages, one of which gave the file."""
    numbered = re.fullmatch(r"(.+)-(\d+)", file.stem)
    for path in sorted(p for p in file.parent.iterdir() if p.suffix.lower() in PICTURES and p != file):
        if path.stem == file.stem:
            yield path, 1
        elif numbered and path.stem == numbered[1] and int(numbered[2]) > 0:
            yield path, int(numbered[2])
