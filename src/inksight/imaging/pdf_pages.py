"""The pages of a PDF by the pixels that they hold, not by the inches that they claim."""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, BinaryIO

import numpy as np
from PIL import Image

from ..arrays import Pixels
from ..errors import InputError
from . import pdf_trial
from .bounds import check_size, damaged, decoding, too_heavy

if TYPE_CHECKING:
    import pypdfium2

PAGE_MEGAPIXELS = 32
"""A page with more pixels is reduced."""

DPI, MASKED_DPI = 200, 300
"""The least for a page that is not pictures alone; pictures under a mask, which may be finer than they are."""

PAGE_AREA = 2e6
"""Square points: the pages of a coarse picture under a mask are no larger, those of a phone's photo at 72 dpi are."""

SMALL = 0.1
"""Pictures that take less than this share of the largest one's area don't count: a logo, a stamp."""

PICTURES_MEGAPIXELS, PARTS = 500, 200_000
"""A page that holds more is refused: drawing it would take too long."""

DEEPEST = 64
"""Forms inside of each other; PDFium draws no more than forty."""

WAVELET_MEGAPIXELS = 16
"""JPEG 2000 is decoded as a whole, at half the size where it has more."""

PROGRESSIVE_MEGAPIXELS = 60
"""A progressive JPEG is kept as a whole, too, and can't be decoded smaller."""

INSET = 1e-6
"""Share of the page by which it is drawn smaller: a picture that is rounded up by a pixel is smeared over all."""


@dataclass
class _Contents:
    """What a page shows: the finest of its pictures, in pixels per point, and whether there is anything else."""

    zoom: float = 0.0
    pictures_alone: bool = True
    masked: bool = False
    wavelet_pixels: int = 0


def pages(file: BinaryIO, name: str, first: int) -> Iterator[Pixels]:
    """The pages from `first` on as uint8 (H, W, 3).

    A page of pictures has their pixels, one for one where they lie straight; another is drawn at 200 dpi or what its
    pictures have, if that is more. Both are reduced to 32 million pixels. Raises InputError.
    """
    nests = pdf_trial.nests(file)
    with _opened(file, name) as document:
        for index in range(first, len(document)):
            label = f"{name}, page {index + 1}" if len(document) > 1 else name
            if nests and not pdf_trial.ends(file, index):
                raise _too_much(label)
            with decoding(label):
                page = document[index]
                pixels = _drawn(page, *_size(page, label))
                page.close()
            yield pixels


def count(file: BinaryIO) -> int:
    """How many pages there are."""
    with _opened(file, "") as document:
        return len(document)


def _opened(file: BinaryIO, name: str) -> pypdfium2.PdfDocument:
    import pypdfium2  # loads a shared library: only when there is a PDF to read

    try:
        return pypdfium2.PdfDocument(file)
    except pypdfium2.PdfiumError as error:
        if error.err_code == pypdfium2.raw.FPDF_ERR_PASSWORD:
            raise InputError(f"{name}: is locked with a password; save a copy without one") from None
        raise InputError(f"{name}: is damaged or not a PDF; copy or export it again") from None


def _size(page: pypdfium2.PdfPage, name: str) -> tuple[int, int]:
    """Width and height to draw the page at."""
    width, height = page.get_size()
    if not (width > 0 and height > 0):
        raise damaged(name)
    holds = _contents(page, name)
    zoom = holds.zoom
    if not zoom or not holds.pictures_alone or holds.masked:
        zoom = max(zoom, (MASKED_DPI if holds.masked else DPI) / 72)
    zoom = min(zoom, (PAGE_MEGAPIXELS * 1e6 / (width * height)) ** 0.5)
    halvings = max(0, np.ceil(np.log2(max(1, holds.wavelet_pixels) / (WAVELET_MEGAPIXELS * 1e6)) / 2))
    if halvings:
        zoom = min(zoom, 0.98 * holds.zoom / 2**halvings)  # just below: at half the size a level is left out
    size = round(width * zoom), round(height * zoom)
    check_size(*size, name)
    return size


def _contents(page: pypdfium2.PdfPage, name: str) -> _Contents:
    from pypdfium2 import PdfImage, raw

    holds, pictures, total = _Contents(), [], 0
    for number, part in enumerate(page.get_objects(max_depth=DEEPEST)):
        if isinstance(part, PdfImage):
            pixels, kind = np.prod(part.get_px_size()), part.get_filters(skip_simple=True)
            total += pixels
            pictures.append(_spread(part))
            holds.masked |= _is_masked(part, *pictures[-1])
            if "JPXDecode" in kind:
                holds.wavelet_pixels = max(holds.wavelet_pixels, pixels)
            elif "DCTDecode" in kind and pixels > PROGRESSIVE_MEGAPIXELS * 1e6 and _is_progressive(part):
                raise too_heavy(name)
        elif part.type != raw.FPDF_PAGEOBJ_FORM and not _is_invisible(part):
            holds.pictures_alone = False
        if number >= PARTS or total > PICTURES_MEGAPIXELS * 1e6:
            raise _too_much(name)
    largest = max((area for area, _ in pictures), default=0.0)
    holds.zoom = max((zoom for area, zoom in pictures if area >= SMALL * largest and area > 0), default=0.0)
    return holds


def _too_much(name: str) -> InputError:
    return InputError(f"{name}: holds too much to be drawn; print it to a new PDF, or save it as a picture")


def _spread(picture: Any) -> tuple[float, float]:
    """The area that a picture takes, in square points, and how many pixels it has per point in its finer direction."""
    matrix, form = picture.get_matrix(), picture.container
    while form is not None:
        matrix, form = matrix.multiply(form.get_matrix()), form.container
    (a, b, c, d, _, _), (width, height) = matrix.get(), picture.get_px_size()
    across, down = np.hypot(a, b), np.hypot(c, d)
    if not (across > 0 and down > 0):
        return 0.0, 0.0
    return abs(a * d - b * c), float(max(width / across, height / down))


def _is_masked(picture: Any, area: float, zoom: float) -> bool:
    """Whether something behind shows through a coarse picture: its mask's size can't be asked for."""
    if zoom * 72 >= MASKED_DPI or not 0 < area < PAGE_AREA:
        return False
    return bool((picture.get_bitmap(render=True, scale_to_original=False).to_numpy()[..., 3] < 255).any())


def _is_progressive(picture: Any) -> bool:
    data = io.BytesIO(bytes(picture.get_data()))
    with Image.open(data, formats=["JPEG"]) as jpeg:
        return bool(jpeg.info.get("progressive"))


def _is_invisible(part: Any) -> bool:
    """Whether this is the text that a scanner has read, laid over its picture unseen."""
    from pypdfium2 import raw

    if part.type != raw.FPDF_PAGEOBJ_TEXT:
        return False
    return bool(raw.FPDFTextObj_GetTextRenderMode(part) == raw.FPDF_TEXTRENDERMODE_INVISIBLE)


def _drawn(page: pypdfium2.PdfPage, width: int, height: int) -> Pixels:
    from pypdfium2 import PdfBitmap, raw

    bitmap = PdfBitmap.new_native(width, height, raw.FPDFBitmap_BGR, rev_byteorder=True)
    bitmap.fill_rect((255, 255, 255, 255), 0, 0, width, height)
    across, down = (size / own * (1 - INSET) for size, own in zip((width, height), page.get_size(), strict=True))
    matrix = raw.FS_MATRIX(across, 0, 0, down, 0, 0)
    flags = raw.FPDF_ANNOT | raw.FPDF_REVERSE_BYTE_ORDER
    raw.FPDF_RenderPageBitmapWithMatrix(bitmap, page, matrix, raw.FS_RECTF(0, 0, width, height), flags)
    return np.asarray(bitmap.to_numpy())
