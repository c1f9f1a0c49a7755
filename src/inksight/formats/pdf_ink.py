"""PDF whose ink can be edited: each word's strokes as Ink annotations, which viewers select, recolor, move and delete.

The invisible text under the ink is that of `pdf`; each annotation also says its word, in the list of comments. It has
an appearance, since not every viewer draws an annotation that comes without one.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

import numpy as np

from ..ink import Page, Stroke
from ..ink.frames import Affine
from . import pdf
from .markup import number, numbers
from .pdffile import PdfFile, text
from .style import INK_COLOR, PLAIN, Style

_PRINTED = 4
"""The flag of an annotation that is printed, too."""


def dumps(page: Page, style: Style = PLAIN) -> bytes:
    """The page as PDF on the style's sheet."""
    return dumps_pages([page], [style])


def dumps_pages(pages: Sequence[Page], styles: Sequence[Style]) -> bytes:
    """The pages as one file."""
    return pdf.written(pages, styles, ink_annotations)


def ink_annotations(page: Page, frame: Affine, file: PdfFile) -> list[str]:
    """References to the annotations of a `styled` page; `frame` leads from its pixels to the points of PDF."""
    found: list[str] = []
    for word in (w.transformed(frame) for w in page.words):
        for _, strokes in groupby(word.strokes, key=lambda s: (s.color, s.width)):
            found.append(file.add(_annotation(list(strokes), word.text, len(found), file)))
    return found


def _annotation(strokes: Sequence[Stroke], content: str, index: int, file: PdfFile) -> str:
    """Strokes of one look, in points."""
    width, color = strokes[0].width or 1.0, strokes[0].color or INK_COLOR
    points = np.concatenate([s.points for s in strokes])
    low, high = points.min(axis=0) - width, points.max(axis=0) + width
    box = numbers([*low.tolist(), *high.tolist()])
    lists = " ".join(f"[{numbers(s.points.ravel().tolist())}]" for s in strokes)
    drawn = "\n".join([f"{pdf.color(color)} RG {number(width)} w 1 J 1 j", *map(_path, strokes)])
    look = file.stream(drawn.encode("ascii"), f"/Type /XObject /Subtype /Form /BBox [{box}] /Resources << >>")
    return (
        f"<< /Type /Annot /Subtype /Ink /Rect [{box}] /InkList [{lists}] /C [{pdf.color(color)}] /F {_PRINTED} "
        f"/BS << /Type /Border /W {number(width)} /S /S >> /NM (ink{index}) /Contents {text(content)} "
        f"/AP << /N {look} >> >>"
    )


def _path(stroke: Stroke) -> str:
    start, *rest = [numbers(p) for p in stroke.points.tolist()]
    return f"{start} m {' '.join(f'{p} l' for p in rest or [start])} S"
