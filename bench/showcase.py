"""Scenes as people photograph them, made by the project, beside the ink that comes out: the picture of the README.

python -m bench.showcase docs/scenes.jpg
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw

import inksight
from bench.segmentation.draft import Scene
from inksight.arrays import Pixels
from inksight.ink import Page
from tests import ink_cases

CASES: Mapping[str, Callable[[], Scene]] = ink_cases.INKED
SHOWN = ("whiteboard", "dim note", "kraft", "boxes on ruling", "form", "sand")
COLUMNS, WIDTH, MARGIN = 2, 560, 12


def drawn(page: Page) -> Image.Image:
    """The page's strokes on white, as wide and in the colours that were measured; ink that is white becomes grey."""
    picture = Image.new("RGB", (2 * page.width, 2 * page.height), "white")
    pen = ImageDraw.Draw(picture)
    for stroke in page.strokes:
        color = stroke.color or "#000000"
        shown = "#888888" if min(int(color[i : i + 2], 16) for i in (1, 3, 5)) > 170 else color
        points = [tuple(p) for p in (2 * stroke.points).tolist()]
        pen.line(points * 2 if len(points) == 1 else points, shown, max(2, round(2 * (stroke.width or 2))), "curve")
    return picture.resize((page.width, page.height), Image.Resampling.LANCZOS)


def pair(rgb: Pixels) -> Image.Image:
    """A scene and its ink side by side, WIDTH pixels wide."""
    page = inksight.convert(rgb)
    both = Image.new("RGB", (2 * page.width + MARGIN, page.height), "white")
    both.paste(Image.fromarray(rgb), (0, 0))
    both.paste(drawn(page), (page.width + MARGIN, 0))
    return both.resize((WIDTH, round(both.height * WIDTH / both.width)), Image.Resampling.LANCZOS)


def main() -> None:
    """Write the picture."""
    pairs = [pair(CASES[name]().rgb) for name in SHOWN]
    columns = [pairs[i::COLUMNS] for i in range(COLUMNS)]
    heights = [sum(p.height + MARGIN for p in column) for column in columns]
    sheet = Image.new("RGB", (COLUMNS * (WIDTH + MARGIN), max(heights)), "white")
    for i, column in enumerate(columns):
        y = 0
        for picture in column:
            sheet.paste(picture, (i * (WIDTH + MARGIN), y))
            y += picture.height + MARGIN
    Image.fromarray(np.asarray(sheet)).save(Path(sys.argv[1]), quality=82)


if __name__ == "__main__":
    main()
