"""A note for Obsidian's Excalidraw plugin (.excalidraw.md): the drawing, and its text, which Obsidian's search finds.

The text stands in front as Markdown, line by line, and word by word where the plugin keeps the texts of a drawing, each
with the id of its element. The drawing is the scene that `excalidraw` writes, as plain JSON.
"""

from __future__ import annotations

import hashlib
import json
from typing import Any

from ..ink import Page
from . import excalidraw, md
from .style import PLAIN, Style

_FRONT = "---\n\nexcalidraw-plugin: parsed\ntags: [excalidraw]\n\n---\n"
_TO_DRAWING = "==⚠  Switch to EXCALIDRAW VIEW in the MORE OPTIONS menu of this document. ⚠==\n"
"""What a note says to those who see its text; the plugin looks for it."""

_ID = 8
"""Characters of an id: the plugin tells by the caret and their number where a text ends."""


def dumps(page: Page, style: Style = PLAIN) -> bytes:
    """The page as a note in UTF-8."""
    scene = json.loads(excalidraw.dumps(page, style))
    for element in scene["elements"]:
        element["id"] = _short(element["id"])
        element["groupIds"] = [_short(group) for group in element["groupIds"]]
    texts = "".join(
        f"{element['text']} ^{element['id']}\n\n" for element in scene["elements"] if element["type"] == "text"
    )
    reading = md.dumps(page, style).decode()
    drawing = json.dumps(scene, ensure_ascii=False, separators=(",", ":"))
    parts = [
        _FRONT,
        _TO_DRAWING,
        reading,
        f"# Excalidraw Data\n\n## Text Elements\n{texts}%%",
        f"## Drawing\n```json\n{drawing}\n```\n%%\n",
    ]
    return "\n".join(parts).encode("utf-8", "replace")


def _short(name: Any) -> str:
    """An id as the plugin makes them, from a longer one."""
    return hashlib.sha1(str(name).encode(), usedforsecurity=False).hexdigest()[:_ID]
