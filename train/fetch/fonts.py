"""Single-line SVG fonts (SVG 1.1, chapter 20) to labelled ink: 1000 units to the em, y down, the baseline at 0."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from xml.etree.ElementTree import Element

import numpy as np

from inksight.formats.dataset import PackedInk
from inksight.formats.markup import parse
from inksight.formats.svgpath import flatten

EM = 1000
_SVG = "{http://www.w3.org/2000/svg}"


def samples(path: Path) -> Iterator[PackedInk]:
    """The glyphs of a file; none where it is no font. The writer is the font, `advance` how far the pen goes on."""
    root = _parsed(path)
    font = None if root is None else root.find(f".//{_SVG}font")
    if font is None:
        return
    face = font.find(f"{_SVG}font-face")
    zoom = EM / float(face.get("units-per-em", EM) if face is not None else EM)
    for glyph in font.iter(f"{_SVG}glyph"):
        text, data = glyph.get("unicode", ""), glyph.get("d", "")
        advance = float(glyph.get("horiz-adv-x") or font.get("horiz-adv-x") or EM)
        if len(text) == 1 and (curves := flatten(data, 1 / zoom)):
            strokes = [np.rint(np.array(c) * [zoom, -zoom]).astype(np.int32) for c in curves]
            yield PackedInk(text, path.stem, f"font/{path.stem}", strokes, advance * zoom)


def licence(path: Path) -> str:
    """What the file says of itself: its description, where such fonts name their licence."""
    root = _parsed(path)
    found = [] if root is None else root.iter(f"{_SVG}metadata")
    return " ".join(" ".join("".join(e.itertext()).split()) for e in found)


def _parsed(path: Path) -> Element | None:
    try:
        return parse(path.read_bytes())
    except ValueError:  # a file that only browsers forgive
        return None
