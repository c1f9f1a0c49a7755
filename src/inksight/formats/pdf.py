"""PDF: the strokes as lines with their width and color, and under them the reading, to be found, marked and copied.

The text is invisible, in a font without shapes. Programs that read text out of a PDF guess at its lines and words from
sizes, gaps and heights. So that all of them guess right, a line has one size and one straight baseline, a word is as
wide as its ink, and the gap to the next is a space of usual width.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise

import numpy as np

from .. import __version__
from ..arrays import Pixels
from ..ink import Box, Page
from ..ink.frames import Affine
from . import glyphless
from .markup import number
from .pdffile import PdfFile, text
from .style import INK_COLOR, PLAIN, Style, background, jpeg, paper, rgb, sheet, styled
from .textlines import Baseline, TextLine, plain, text_lines

_POINT = 25.4 / 72
"""Millimetres."""

_NARROWEST, _WIDEST = 0.2, 0.7
"""Gaps between words, in sizes of the font: poppler joins words that are closer, and splits lines at wider gaps."""

_THINNEST = 0.1
"""Width of a character, in sizes of the font: characters in one place are taken for one."""

_STEEPEST = 0.35
"""How much a line may rise or fall from end to end, in sizes of the font, before poppler takes it for several."""

_ASTRAY = 1.5
"""A line that falls by so many sizes of the font keeps its slope all the same: level text would lie on other lines."""


def dumps(page: Page, style: Style = PLAIN) -> bytes:
    """The page as PDF on the style's sheet, over the style's background or none."""
    return dumps_pages([page], [style])


def dumps_pages(pages: Sequence[Page], styles: Sequence[Style]) -> bytes:
    """The pages as one file, whose title is the first picture's name. The same pages give the same bytes."""
    return written(pages, styles)


Annotate = Callable[[Page, Affine, PdfFile], list[str]]
"""References to the annotations of a page that show its ink; the frame leads from its pixels to PDF's points."""


def written(pages: Sequence[Page], styles: Sequence[Style], annotate: Annotate | None = None) -> bytes:
    """The pages as one file, their ink as lines of the page or as what `annotate` makes of it."""
    file = PdfFile()
    tree, font = file.reserve(), glyphless.Font(file)
    leaves = [_page(page, style, file, tree, font, annotate) for page, style in zip(pages, styles, strict=True)]
    font.write()
    file.add(f"<< /Type /Pages /Kids [{' '.join(leaves)}] /Count {len(leaves)} >>", tree)
    catalog = file.add(f"<< /Type /Catalog /Pages {tree} >>")
    return file.dumps(catalog, {"Title": text(styles[0].name), "Creator": text(f"inksight {__version__}")})


def _page(page: Page, style: Style, file: PdfFile, tree: str, font: glyphless.Font, annotate: Annotate | None) -> str:
    page, on = styled(page, style), sheet(page, style)
    width, height = on.width / _POINT, on.height / _POINT
    frame = on.frame.then(Affine.scaling(1 / _POINT, -1 / _POINT)).then(Affine.translation(0, height))  # y points up
    under, images, rows = background(page, style, "none"), "", []
    if under == "paper":
        rows.append(f"{color(paper(page))} rg 0 0 {number(width)} {number(height)} re f")
    if under == "photo" and style.photo is not None:
        images = f"/XObject << /Photo {_image(style.photo, file)} >>"
        rows.append(f"q {_matrix(Affine(page.width, 0, 0, 0, -page.height, page.height).then(frame))} cm /Photo Do Q")
    rows += [row for line in text_lines(page) for row in _text(line, frame, font)]
    if annotate is None:
        rows += [f"q {_matrix(frame)} cm 1 J 1 j", *_ink(page), "Q"]
    annots = f"/Annots [{' '.join(annotate(page, frame, file))}]" if annotate else ""
    content = file.stream("\n".join(rows).encode("ascii"))
    return file.add(
        f"<< /Type /Page /Parent {tree} /MediaBox [0 0 {number(width)} {number(height)}] "
        f"/Resources << /Font << /Text {font.reference} >> {images} >> /Contents {content} {annots} >>"
    )


def _matrix(frame: Affine) -> str:
    values = frame.a, frame.d, frame.b, frame.e, frame.c, frame.f
    return " ".join(f"{v:.5f}" for v in values)


def color(value: str) -> str:
    """ "#rrggbb" as PDF writes a color."""
    return " ".join(f"{v / 255:.3f}" for v in rgb(value))


def _image(photo: Pixels, file: PdfFile) -> str:
    height, width = photo.shape[:2]
    size = f"/Type /XObject /Subtype /Image /Width {width} /Height {height}"
    coding = "/ColorSpace /DeviceRGB /BitsPerComponent 8 /Filter /DCTDecode"
    return file.stream(jpeg(photo), f"{size} {coding}", packed=True)


def _ink(page: Page) -> Iterator[str]:
    """Each stroke on its own, in writing order; a point is drawn to itself, which round caps show as a dot."""
    look = None
    for stroke in page.strokes:
        if look != (look := (stroke.color or INK_COLOR, stroke.width or 1.0)):
            yield f"{color(look[0])} RG {number(look[1])} w"
        start, *rest = [f"{number(x)} {number(y)}" for x, y in stroke.points.tolist()]
        yield f"{start} m {' '.join(f'{p} l' for p in rest or [start])} S"


def _text(line: TextLine, frame: Affine, font: glyphless.Font) -> Iterator[str]:
    """The words from left to right, each with the space behind it, and upright even where the line isn't level.

    Poppler would take a turned word apart, and PDFium leaves a lone character out.
    """
    words = sorted(((w.box, glyphless.visual(plain(w.text))) for w in line.words if plain(w.text)), key=lambda w: w[0])
    if not words:
        return
    size = _size(line)
    base = _guided(line, size)
    yield f"BT 3 Tr /Text {number(size * frame.zoom())} Tf"
    for box, end, word in _spaced(words, size):
        stretch = (end - box[0]) / (len(word) * size * glyphless.ADVANCE / 1000)
        ((x, y),) = frame.apply([(box[0], base.at((box[0] + box[2]) / 2))]).tolist()
        yield f"1 0 0 1 {number(x)} {number(y)} Tm {number(100 * stretch)} Tz {font.encode(word + ' ')} Tj"
    yield "ET"


def _size(line: TextLine) -> float:
    """The size of the font in pixels, with which it reaches from the baseline to the middle word's upper end."""
    rises = [line.baseline.at((w.box[0] + w.box[2]) / 2) - w.box[1] for w in line.words]
    return max(float(np.median(rises)) / glyphless.ASCENT * 1000, line.height / 2, 1.0)


def _guided(line: TextLine, size: float) -> Baseline:
    """The line's baseline, turned level around its middle as far as is needed for programs to see one line."""
    x0, _, x1, _ = line.box
    fall = abs(line.baseline.slope) * (x1 - x0)
    if not _STEEPEST * size < fall < _ASTRAY * size:
        return line.baseline
    middle, slope = (x0 + x1) / 2, line.baseline.slope * _STEEPEST * size / fall
    return Baseline(slope, line.baseline.at(middle) - slope * middle)


def _spaced(words: Sequence[tuple[Box, str]], size: float) -> Iterator[tuple[Box, float, str]]:
    """Each word with the x where it ends so that the gap behind it isn't too narrow nor too wide."""
    for (box, word), (following, _) in pairwise([*words, ((words[-1][0][2] + _NARROWEST * size,) * 4, "")]):
        end = min(max(box[2], following[0] - _WIDEST * size), following[0] - _NARROWEST * size)
        yield box, max(end, box[0] + _THINNEST * size * len(word)), word
