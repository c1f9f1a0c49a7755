"""The sheet in a picture, laid flat and turned upright, before anything looks for words.

    outline.py   the sheet's four edges on a table; contour.py follows them as they bend
    camera.py    how the sheet lay before the camera
    writing.py   the direction of the lines of writing, and which way is up
    bend.py      how far the lines are bent
    render.py    the picture in the new frame

Everything is measured on small pictures; the full one is resampled once. A picture whose writing is level and that
shows no table comes back as it is, apart from its size.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import cv2
import numpy as np
from numpy.typing import NDArray

from ...arrays import Array, Mask, Pixels
from ...ink.frames import Affine, Chain, Frame
from ..segmentation import binarize, segment
from ..sheet import Sheet, as_it_is
from . import bend
from .camera import flat_to_picture
from .contour import contour
from .outline import outlines
from .render import render
from .writing import direction, is_upside_down, middle_lines, strip

LOOK_SIDE = 736
"""Longer side in pixels of the picture in which the sheet and the lines of writing are looked for."""

LEVEL, ROUGHLY = np.radians(1), np.radians(8)
"""Writing that is turned by less stays as it is: detectors and tracer don't mind. By the second where the edges of the
sheet say better what is level, or where there are but words, each of which slopes in its own way."""

WORDS_LONG = 6.0
"""Lines of several words are that many times as long as high."""

THICK = 0.25
"""Writing is less high than this share of the picture's shorter side."""

READABLE = 0.6
"""Writing is read more surely; a table's grain is not."""

FEW = 3
"""With fewer lines of writing one looks closer: steep text in small letters is hard to find."""

BEND_SIDE = 1200
"""Longer side in pixels of the picture in which the bends of the lines are measured."""

HELD = 0.9
"""Share of the writing that must lie on a sheet; else it is something else that has four edges."""

CUT = 0.1, 0.75
"""A line of writing of which such a share lies on the sheet is cut by its edge, which then is none: what lies beyond is
lost. On forty photos of boards and notebooks lines cut in two have .35 to .61, those near an edge .84 on."""

LIKELY_BLANK = 0.35
"""The least score of an outline without any writing in it."""

SEAM = 0.004
"""Of the sheet's longer side: so far from its edges there is no ink but the edge's own shadow."""


@dataclass(frozen=True, eq=False)
class _Edges:
    """Where a sheet ends: the course of its four sides, float64 (n, 2) each, clockwise, and their corners (4, 2).

    `cut` says which of the sides are the picture's border; all four are where no sheet was found.
    """

    corners: Array
    sides: Sequence[Array]
    cut: Sequence[bool]

    @classmethod
    def straight(cls, corners: Array, cut: Sequence[bool]) -> _Edges:
        return cls(corners, [np.array([corners[i], corners[(i + 1) % 4]]) for i in range(4)], cut)

    @property
    def whole(self) -> bool:
        return not any(self.cut)

    @property
    def found(self) -> bool:
        return not all(self.cut)

    @property
    def course(self) -> Array:
        """All the way round."""
        return np.concatenate(self.sides)


class Reader(Protocol):
    """Finds lines of writing, and says how surely they can be read: `layout.rapidocr.RapidOcr` is one."""

    def lines(self, rgb: Pixels) -> Array:
        """The boxes of the lines of `rgb`, uint8 (H, W, 3): float64 (n, 4, 2), the corners one after the other."""

    def sureness(self, pictures: Sequence[Pixels]) -> list[float]:
        """How surely each picture of one line, uint8 (h, w, 3), is read: 0..1."""


def flatten(rgb: Pixels, side: int, reader: Reader) -> Sheet:
    """The sheet that `rgb`, uint8 (H, W, 3), shows, flat and upright, at most `side` pixels a side."""
    look = as_it_is(rgb, LOOK_SIDE)
    boxes = _text_lines(look.rgb, reader)
    edges = _edges(look.rgb, boxes, look.frame)
    boxes = _mapped(boxes, look.frame)
    camera = flat_to_picture(edges.corners, rgb.shape[1::-1]) if edges.whole else Affine()
    lines, heights = middle_lines(_mapped(boxes, camera.inverse()))
    if len(lines) < FEW:
        boxes = _second_look(rgb, camera, edges, reader)
        lines, heights = middle_lines(_mapped(boxes, camera.inverse()))
    rough = edges.whole or len(middle_lines(_mapped(boxes, camera.inverse()), WORDS_LONG)[0]) < FEW
    turn = _snapped(direction(lines) or 0.0, ROUGHLY if rough else LEVEL)
    level = Chain((Affine.rotation(turn), camera))
    lines = Affine.rotation(-turn).apply(lines.reshape(-1, 2)).reshape(-1, 2, 2)
    if is_upside_down(rgb, lines, heights, level, reader.sureness):
        turn += np.pi
        level = Chain((Affine.rotation(turn), camera))
    straight = _unbent(rgb, boxes, level, edges)
    if not edges.found and straight is level and turn == 0:
        return as_it_is(rgb, side)
    return _laid_flat(rgb, straight, edges, side)


def _text_lines(rgb: Pixels, reader: Reader) -> Array:
    """The boxes of the lines of writing, float64 (n, 4, 2).

    Without those as large as the sheet that they mistake; and where there are but a few, which may be a table's grain,
    without those that can't be read.
    """
    boxes = reader.lines(rgb)
    sides = np.linalg.norm(boxes - np.roll(boxes, 1, axis=1), axis=2)
    boxes = np.asarray(boxes[sides.min(axis=1, initial=np.inf) < THICK * min(rgb.shape[:2])])
    if len(boxes) >= FEW:
        return boxes
    lines, heights = middle_lines(boxes, 0)
    strips = [strip(rgb, line, height, Affine()) for line, height in zip(lines, heights.tolist(), strict=True)]
    both = [way for s in strips for way in (s, s[::-1, ::-1])]
    read = np.array(reader.sureness(both) if both else []).reshape(-1, 2)
    return np.asarray(boxes[read.max(axis=1, initial=0) > READABLE])


def _second_look(rgb: Pixels, camera: Frame, edges: _Edges, reader: Reader) -> Array:
    """The boxes of the text lines in the flat sheet as it lies, or turned by 90 degrees if there are more then."""
    found = []
    for turn in (0.0, np.pi / 2):
        sheet = _laid_flat(rgb, Chain((Affine.rotation(turn), camera)), edges, LOOK_SIDE)
        found.append(_mapped(_text_lines(sheet.rgb, reader), sheet.frame))
    return max(found, key=lambda boxes: len(middle_lines(boxes)[0]))


def _mapped(boxes: Array, frame: Frame) -> Array:
    """Boxes (n, 4, 2) in another frame."""
    return frame.apply(boxes.reshape(-1, 2)).reshape(-1, 4, 2)


def _snapped(angle: float, tolerance: float) -> float:
    """The angle, or the nearest quarter turn if it is that near."""
    quarter = round(angle / (np.pi / 2)) * np.pi / 2
    return quarter if abs(angle - quarter) < tolerance else angle


def _edges(rgb: Pixels, boxes: Array, frame: Frame) -> _Edges:
    """The edges of the likeliest sheet that holds the writing in `boxes`, float64 (n, 4, 2), moved by `frame`."""
    for outline in outlines(rgb):
        if len(boxes) == 0 and not (outline.whole and outline.score > LIKELY_BLANK):
            continue
        if _holds(outline.corners, boxes, rgb.shape[:2]):
            edges = _Edges(*contour(rgb, outline), outline.cut)
            if not _holds(edges.course, boxes, rgb.shape[:2]):
                edges = _Edges.straight(outline.corners, outline.cut)
            return _Edges(frame.apply(edges.corners), [frame.apply(s) for s in edges.sides], edges.cut)
    return _Edges.straight(frame.apply(_rim(rgb)), (True, True, True, True))


def _holds(course: Array, boxes: Array, shape: tuple[int, ...]) -> bool:
    """Whether nearly all of the writing in the boxes lies within the course, and no line is cut by it."""
    inside = _shares_inside(boxes, course, shape)
    least, most = CUT
    cut = (inside > least) & (inside < most)
    return not len(boxes) or bool(inside.mean() >= HELD and not cut.any())


def _shares_inside(boxes: Array, course: Array, shape: tuple[int, ...]) -> NDArray[np.float64]:
    """How much of each box (n, 4, 2) lies within the course: (n,)."""
    region = np.zeros(shape[:2], np.uint8)
    cv2.fillPoly(region, [course.round().astype(np.int32)], 1)
    along, down = np.linspace(0.05, 0.95, 15)[:, None, None, None], np.linspace(0.1, 0.9, 5)[:, None, None]
    left, right = ((1 - down) * a + down * b for a, b in ((boxes[:, 0], boxes[:, 3]), (boxes[:, 1], boxes[:, 2])))
    points = ((1 - along) * left + along * right).astype(int)
    x, y = (points[..., k].clip(0, shape[1 - k] - 1) for k in (0, 1))
    return np.asarray(region[y, x].mean(axis=(0, 1)))


def _unbent(rgb: Pixels, boxes: Array, to_rgb: Frame, edges: _Edges) -> Frame:
    """`to_rgb`, or where the lines of writing in `boxes` (n, 4, 2) are bent, a frame in which they are straight."""
    level = _laid_flat(rgb, to_rgb, edges, BEND_SIDE)
    back = level.frame.inverse()
    lines = _mapped(boxes, back)
    upright = np.concatenate([lines.min(axis=1), lines.max(axis=1)], axis=1)
    ink = binarize(segment(level.rgb).ink)
    sides = [back.apply(side) for side, cut in zip(edges.sides, edges.cut, strict=True) if not cut]
    lying = [s for s in sides if abs(s[-1, 0] - s[0, 0]) > abs(s[-1, 1] - s[0, 1])]
    bent = bend.fit(ink if level.inside is None else ink & level.inside, upright, lying)
    return to_rgb if bent is None else Chain((bent, level.frame))


def _laid_flat(rgb: Pixels, to_rgb: Frame, edges: _Edges, side: int) -> Sheet:
    """The part of `rgb` within the edges, in the frame that `to_rgb` leads from.

    It has the picture's own resolution, as far as `side` permits.
    """
    back = to_rgb.inverse()
    seen = back.along(np.concatenate([edges.course, edges.course[:1]]).clip(0, rgb.shape[1::-1]))
    (x0, y0), (x1, y1) = (f(seen, axis=0).tolist() for f in (np.min, np.max))
    scale = min(to_rgb.zoom(((x0 + x1) / 2, (y0 + y1) / 2)), side / max(x1 - x0, y1 - y0))
    width, height = max(4, round((x1 - x0) * scale)), max(4, round((y1 - y0) * scale))
    place = Affine.scaling((x1 - x0) / width, (y1 - y0) / height).then(Affine.translation(x0, y0))
    frame = Chain((place, to_rgb))
    window = 2 * round(SEAM * max(width, height)) + 1 if edges.found else 1
    on_sheet = cv2.erode(_filled(frame, edges.course, (width, height)), np.ones((window, window), np.uint8))
    inside = (on_sheet > 0) & (_filled(frame, _rim(rgb), (width, height)) > 0)
    return Sheet(_papered(render(rgb, frame, (width, height)), inside), frame, inside)


def _filled(frame: Frame, course: Array, size: tuple[int, int]) -> NDArray[np.uint8]:
    """1 within the course, which lies where `frame` leads, 0 without: uint8 (H, W)."""
    region = np.zeros(size[::-1], np.uint8)
    polygon = frame.inverse().along(np.concatenate([course, course[:1]]))
    cv2.fillPoly(region, [polygon.round().astype(np.int32)], 1)
    return region


def _rim(rgb: Pixels) -> Array:
    """The corners of the picture."""
    height, width = rgb.shape[:2]
    return np.array([[0, 0], [width, 0], [width, height], [0, height]], float)


def _papered(rgb: Pixels, inside: Mask) -> Pixels:
    """The picture with what lies outside replaced by the paper beside it."""
    height, width = inside.shape
    size = max(2, width // 32), max(2, height // 32)
    known = cv2.resize(inside.astype(np.float32), size, interpolation=cv2.INTER_AREA)
    sums = cv2.resize(np.where(inside[..., None], rgb, 0).astype(np.uint8), size, interpolation=cv2.INTER_AREA)
    near = [cv2.GaussianBlur(v.astype(np.float32), (0, 0), s) for s in (2, 8, 32) for v in (sums, known)]
    paper = near[4] / np.maximum(near[5], 1e-6)[..., None]
    for total, weight in ((near[2], near[3]), (near[0], near[1])):
        paper = np.where(weight[..., None] > 0.05, total / np.maximum(weight, 1e-6)[..., None], paper)
    full = cv2.resize(paper.clip(0, 255).astype(np.uint8), (width, height), interpolation=cv2.INTER_LINEAR)
    return np.where(inside[..., None], rgb, full)
