"""Lottie: the writing being written, as a vector animation that apps and web pages play.

A shape layer for each stroke: its path, a trim that grows from its start to its end while the pen is on it, and a round
stroke. Later strokes lie above earlier ones. Times are those of the other animations.
"""

from __future__ import annotations

import json
import math
from typing import Any

import numpy as np

from ..arrays import Array
from ..ink import Page, Stroke
from ..ink.timing import HOLD, playing_time, times
from .style import INK_COLOR, PLAIN, Style, background, paper, rgb, styled

_RATE = 60
"""Frames a second."""

_DOT = 0.01
"""Length in pixels of the line that stands for a dot; round caps show it as one."""

_ROUND = 2
"""How Lottie calls round caps and joints."""


def dumps(page: Page, style: Style = PLAIN) -> bytes:
    """The page as Lottie, over paper unless the style says otherwise.

    It plays in `timing.playing_time` and then rests for 3 seconds; whether it starts anew is up to the player.
    """
    drawn = styled(page, style)
    clock = times(drawn.strokes)
    pen_time = float(clock[-1][-1]) if clock else 0.0
    playing = playing_time(pen_time, style.speed)
    speed = _RATE * playing / pen_time if pen_time else 0.0  # frames for each second of the pen
    last = math.ceil(_RATE * (playing + HOLD))
    layers = [_layer(s, at * speed, last) for s, at in zip(drawn.strokes, clock, strict=True)][::-1]
    if background(drawn, style, "paper") == "paper":
        layers.append(_ground(page, paper(drawn), last))
    for index, layer in enumerate(layers, start=1):
        layer["ind"] = index
    head = {"v": "5.7.4", "fr": _RATE, "ip": 0, "op": last, "w": math.ceil(page.width), "h": math.ceil(page.height)}
    document = head | {"nm": style.name or "InkSight", "ddd": 0, "assets": [], "layers": layers}
    return json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")


def _still(value: Any) -> dict[str, Any]:
    return {"a": 0, "k": value}


_PLACE = {
    "o": _still(100),
    "r": _still(0),
    "p": _still([0, 0, 0]),
    "a": _still([0, 0, 0]),
    "s": _still([100, 100, 100]),
}


def _of_layer(shapes: list[dict[str, Any]], begin: float, end: float) -> dict[str, Any]:
    group = {
        "ty": "gr",
        "it": [
            *shapes,
            {
                "ty": "tr",
                **{k: _still([0, 0]) for k in "pa"},
                "s": _still([100, 100]),
                "r": _still(0),
                "o": _still(100),
            },
        ],
    }
    return {"ty": 4, "ks": _PLACE, "shapes": [group], "ip": round(begin, 2), "op": end, "st": 0, "bm": 0}


def _color(color: str) -> dict[str, Any]:
    return _still([*(round(v / 255, 4) for v in rgb(color)), 1])


def _layer(stroke: Stroke, at: Array, last: int) -> dict[str, Any]:
    """A stroke that is drawn from the frame at[0] to the frame at[-1]."""
    points = stroke.points.astype(np.float64)
    if len(points) == 1:
        points = np.vstack([points, points + np.array([_DOT, 0.0])])
    vertices, flat = points.round(2 if len(stroke.points) > 1 else 4).tolist(), [[0, 0]] * len(points)
    path = {"ty": "sh", "ks": _still({"c": False, "v": vertices, "i": flat, "o": flat})}
    begin, end = float(at[0]), max(float(at[-1]), float(at[0]) + 1)
    ease = {"i": {"x": [1], "y": [1]}, "o": {"x": [0], "y": [0]}}
    grows = {"a": 1, "k": [{"t": round(begin, 2), "s": [0], **ease}, {"t": round(end, 2), "s": [100]}]}
    trim = {"ty": "tm", "s": _still(0), "e": grows, "o": _still(0), "m": 1}
    line = {
        "ty": "st",
        "c": _color(stroke.color or INK_COLOR),
        "o": _still(100),
        "w": _still(round(stroke.width or 1, 2)),
        "lc": _ROUND,
        "lj": _ROUND,
    }
    return _of_layer([path, trim, line], begin, last)


def _ground(page: Page, color: str, last: int) -> dict[str, Any]:
    size = [math.ceil(page.width), math.ceil(page.height)]
    rectangle = {"ty": "rc", "p": _still([size[0] / 2, size[1] / 2]), "s": _still(size), "r": _still(0)}
    return _of_layer([rectangle, {"ty": "fl", "c": _color(color), "o": _still(100)}], 0, last)
