"""reMarkable, version 6: a page of fineliner strokes in one layer, for the tablet's 1404 x 1872 pixels.

x counts from the middle of the screen, y from its top. The page fills the screen from the middle; colors become the
nearest that the tablets have. The format knows no hidden text, so the words' text is left out.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise
from types import ModuleType
from typing import Any
from uuid import UUID

import numpy as np

from ..errors import lacking, require
from ..ink import Page, Stroke
from ..ink.frames import Affine
from .style import BOARD, PLAIN, SHEETS, Style, paper, rgb, sheet, styled

WIDTH, HEIGHT = 1404, 1872
"""The screen in pixels."""

AUTHOR = UUID("5b0f2f44-6f0e-5c5e-8d43-2c5d9a1b7e60")
"""Who drew the strokes: the same in all our files."""

_COLORS = {
    "BLACK": (0, 0, 0),
    "GRAY": (144, 144, 144),
    "BLUE": (78, 105, 201),
    "RED": (179, 62, 57),
    "GREEN_2": (161, 216, 125),
    "CYAN": (139, 208, 229),
    "MAGENTA": (183, 130, 205),
    "YELLOW_2": (247, 232, 81),
}
"""How the tablets' pens look on white (rmscene.scene_items.PenColor), without the white one, which nobody sees."""

_FINELINER = 1.8
"""Width in pixels of a fineliner with a thickness of 1."""

_DOT = 0.5
"""Length in pixels of the line that stands for a dot: readers draw nothing for a single point."""


def missing() -> str | None:
    """What to install where rmscene isn't there."""
    return lacking("rmscene", "remarkable", "writing for reMarkable")


def dumps(page: Page, style: Style = PLAIN) -> bytes:
    """The page as a .rm file. Raises InputError where rmscene isn't installed."""
    scene = require("rmscene", "remarkable", "writing for reMarkable")
    drawn = styled(page, style)
    per_mm = HEIGHT / SHEETS["device"][1]
    frame = sheet(page, replace(style, fit="device")).frame.then(Affine.scaling(per_mm))
    placed = drawn.with_strokes(lambda s: s.transformed(frame.then(Affine.translation(-WIDTH / 2, 0))))
    out = io.BytesIO()
    scene.write_blocks(out, _blocks(scene, placed.strokes, flipped=paper(drawn) == BOARD))
    return out.getvalue()


def _blocks(scene: ModuleType, strokes: tuple[Stroke, ...], flipped: bool) -> Iterator[Any]:
    """What the tablet keeps of a page with one layer; ids of author 0 are the program's, those of 1 ours."""
    items, crdt = require("rmscene.scene_items", "remarkable", ""), scene.CrdtId
    none, root, layer = crdt(0, 0), crdt(0, 1), crdt(0, 11)
    yield scene.AuthorIdsBlock(author_uuids={1: AUTHOR})
    yield scene.MigrationInfoBlock(migration_id=crdt(1, 1), is_device=True)
    yield scene.PageInfoBlock(loads_count=1, merges_count=0, text_chars_count=0, text_lines_count=0)
    yield scene.SceneTreeBlock(tree_id=layer, node_id=none, is_update=True, parent_id=root)
    yield scene.TreeNodeBlock(items.Group(node_id=root))
    label = scene.LwwValue(timestamp=crdt(0, 12), value="Ink")
    yield scene.TreeNodeBlock(items.Group(node_id=layer, label=label))
    place = scene.CrdtSequenceItem(crdt(0, 13), none, none, 0, layer)
    yield scene.SceneGroupItemBlock(parent_id=root, item=place)
    ids = [none, *(crdt(1, 16 + i) for i in range(len(strokes)))]
    for (before, this), stroke in zip(pairwise(ids), strokes, strict=True):  # each comes after the one before it
        place = scene.CrdtSequenceItem(this, before, none, 0, _line(items, stroke, flipped))
        yield scene.SceneLineItemBlock(parent_id=layer, item=place)


def _line(items: ModuleType, stroke: Stroke, flipped: bool) -> Any:
    """The tablet draws with the points' width, in quarters of a pixel; other programs with the line's thickness."""
    xy = stroke.points if len(stroke) > 1 else stroke.points + np.array([[-_DOT / 2, 0], [_DOT / 2, 0]])
    width = stroke.width or 1.0
    quarters = min(max(1, round(4 * width)), 0xFFFF)
    points = [items.Point(x, y, speed=0, direction=0, width=quarters, pressure=128) for x, y in xy.tolist()]
    color = items.PenColor[_nearest(stroke.color or "#000000", flipped)]
    return items.Line(color, items.Pen.FINELINER_2, points, thickness_scale=width / _FINELINER, starting_length=0.0)


def _nearest(color: str, flipped: bool) -> str:
    """The name of the pen that looks most like the color: hue counts more than lightness, as ink is dark.

    `flipped` is for ink on a dark board: light becomes dark, since the tablet's paper is white.
    """
    wanted = np.array(rgb(color), np.float64)
    if flipped:
        wanted += 255 - 2 * wanted.mean()

    def distance(name: str) -> float:
        apart = wanted - _COLORS[name]
        lightness = apart.mean()
        hue = apart - lightness
        return float(hue @ hue + lightness**2 / 2)

    return min(_COLORS, key=distance)
