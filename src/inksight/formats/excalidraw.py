"""Excalidraw: a freedraw element for each stroke, grouped by word, with the word's text for the app's search.

The scene has 96 pixels per inch, as large as the sheet. Ids and seeds are made from the ink, so that the same page
always gives the same file.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Iterator
from itertools import count
from typing import Any

import numpy as np

from ..arrays import Array, Pixels
from ..ink import Box, Page, Stroke, Word
from ..ink.frames import Affine
from .style import PLAIN, Style, background, jpeg, paper, sheet, styled

_PIXELS = 96 / 25.4
"""Per millimetre."""

_PRESSURE = 0.5

_PEN = 4.25 * 2 * float(np.sin(_PRESSURE * np.pi / 2))
"""How wide Excalidraw draws an element with a strokeWidth of 1 under this pressure."""

_STEP, _STEPS = 2.0, 5
"""Excalidraw's smoothing lags behind by most of a step and so cuts corners: before each, there are so many short steps
(in pixels)."""

_SETTLING = 2
"""How often the last point is repeated, so that the smoothing gets there."""

_DOT = 1e-4
"""Distance of a dot's second point: an element with a single one is thrown away when a file is opened."""

_FONT, _LEADING, _ADVANCE = 2, 1.15, 0.55
"""Helvetica, and its height of a line and width of a letter in size 1."""


def dumps(page: Page, style: Style = PLAIN) -> bytes:
    """The page as an Excalidraw scene. Coordinates have 2 decimals."""
    drawn = styled(page, style)
    under = background(drawn, style, "paper")
    frame = sheet(page, style).frame.then(Affine.scaling(_PIXELS))
    scene = _Scene(drawn)
    if under == "photo" and style.photo is not None:
        (x0, y0), (x1, y1) = frame.apply([(0, 0), (page.width, page.height)]).tolist()
        scene.photo(style.photo, (x0, y0, x1, y1))
    for i, line in enumerate(drawn.lines):
        for j, word in enumerate(line.words):
            scene.word(word.transformed(frame), i, j)
    document = {
        "type": "excalidraw",
        "version": 2,
        "source": "inksight",
        "elements": scene.elements,
        "appState": {"viewBackgroundColor": "transparent" if under == "none" else paper(drawn)},
        "files": scene.files,
    }
    return json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")


class _Scene:
    """Collects elements; each gets the next id."""

    def __init__(self, page: Page) -> None:
        self.elements: list[dict[str, Any]] = []
        self.files: dict[str, dict[str, Any]] = {}
        self._numbers: Iterator[int] = count(1)
        self._name = hashlib.sha256(b"".join(s.points.tobytes() for s in page.strokes)).hexdigest()[:12]

    def photo(self, photo: Pixels, box: Box) -> None:
        """Locked, so that a pen or a selection doesn't move it."""
        data = jpeg(photo)
        name = hashlib.sha1(data, usedforsecurity=False).hexdigest()
        url = f"data:image/jpeg;base64,{base64.b64encode(data).decode()}"
        self.files[name] = {"mimeType": "image/jpeg", "id": name, "dataURL": url, "created": 1}
        own = {"fileId": name, "status": "saved", "scale": [1, 1], "crop": None}
        self._add("image", box, [], **own, locked=True)

    def word(self, word: Word, line: int, number: int) -> None:
        """The strokes in one group, under them the text, which isn't seen but found."""
        text = word.text.strip()
        group = [f"{self._name}-{line}.{number}"] if len(word.strokes) + bool(text) > 1 else []
        data = {"text": word.text, "line": line, "word": number, "confidence": round(word.confidence, 4)}
        if text:
            self._text(text, word.box, group, data)
        for stroke in word.strokes:
            self._stroke(stroke, group, data)

    def _text(self, text: str, box: Box, group: list[str], data: dict[str, Any]) -> None:
        x0, y0, x1, y1 = box
        size = round(max(1.0, min((y1 - y0) / _LEADING, (x1 - x0) / (_ADVANCE * len(text)))), 2)
        top = (y0 + y1 - size * _LEADING) / 2
        place = (x0, top, x0 + size * _ADVANCE * len(text), top + size * _LEADING)
        own = {"text": text, "originalText": text, "fontSize": size, "fontFamily": _FONT, "lineHeight": _LEADING}
        own |= {"textAlign": "left", "verticalAlign": "top", "containerId": None, "autoResize": True}
        self._add("text", place, group, **own, opacity=0, customData=data)

    def _stroke(self, stroke: Stroke, group: list[str], data: dict[str, Any]) -> None:
        xy = _eased(stroke.points.astype(np.float64))
        start = xy[0]
        tail = start + _DOT if len(xy) == 1 else np.repeat(xy[-1:], _SETTLING, axis=0)
        points = (np.vstack([xy, tail]) - start).round(2 if len(xy) > 1 else 4)
        (x0, y0), (x1, y1) = points.min(axis=0), points.max(axis=0)
        own = {"points": points.tolist(), "pressures": [_PRESSURE] * len(points)}
        own |= {"simulatePressure": False, "lastCommittedPoint": None}
        width = max(round((stroke.width or 1.0) / _PEN, 3), 0.001)
        self._add("freedraw", (0.0, 0.0, x1 - x0, y1 - y0), group, **own, customData=data)
        place = {"x": round(float(start[0]), 2), "y": round(float(start[1]), 2)}  # of the first point, not of the box
        self.elements[-1] |= place | {"strokeColor": stroke.color, "strokeWidth": width}

    def _add(self, kind: str, box: Box, groups: list[str], **own: Any) -> None:
        number = next(self._numbers)
        x0, y0, x1, y1 = (float(v) for v in box)
        element = {
            "id": f"{self._name}-{number}",
            "type": kind,
            "x": round(x0, 2),
            "y": round(y0, 2),
            "width": round(x1 - x0, 4),
            "height": round(y1 - y0, 4),
            "angle": 0,
            "strokeColor": "#000000",
            "backgroundColor": "transparent",
            "fillStyle": "solid",
            "strokeWidth": 1,
            "strokeStyle": "solid",
            "roughness": 0,
            "roundness": None,
            "opacity": 100,
            "groupIds": groups,
            "frameId": None,
            "index": None,
            "boundElements": [],
            "link": None,
            "locked": False,
            "seed": number,
            "version": 1,
            "versionNonce": number,
            "isDeleted": False,
            "updated": 1,
        }
        self.elements.append(element | own)


def _eased(points: Array) -> Array:
    """The stroke with short steps at the end of each long one; a stroke that doesn't move becomes its first point."""
    if (points == points[0]).all():
        return points[:1]
    ends, steps = points[1:], points[:-1] - points[1:]
    length = np.hypot(steps[:, 0], steps[:, 1])[:, None]
    back = _STEP * np.arange(_STEPS, -1, -1)  # from the step's end
    kept = (back < length - _STEP) | (back == 0)
    share = back / np.maximum(length, _STEP)
    return np.concatenate([points[:1], (ends[:, None] + share[:, :, None] * steps[:, None])[kept]])
