"""Pictures: open them from anywhere, turn them into an ink map, fit a word into the model's canvas.

Three stages, each usable alone; they meet here, so that users of pictures need this module only:

1. `open_pages`, `open_image` (here): a file, bytes, a PIL image or an array become upright RGB pixels.
2. `ink_map`, `binarize` (inkmap.py): how much ink lies on each pixel, whatever the light, the paper, the pen's colour
   and the polarity were. This is all that the tracers ever see of a photo.
3. `fit`, `standardise` (canvas.py): a part of the ink map on the network's canvas, with the exact map between the two.

Frames: float pixels, x right, y down, origin at the top-left corner of the top-left pixel.
"""

from __future__ import annotations

import io
import itertools
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, TypeVar

import numpy as np
from numpy.typing import NDArray
from PIL import ExifTags, Image, ImageOps, TiffImagePlugin, UnidentifiedImageError

from ..arrays import Pixels
from ..errors import InputError
from ..ink.frames import Affine
from .canvas import fit, standardise
from .inkmap import binarize, ink_map, is_drawn

__all__ = [
    "MANY_MEGAPIXELS", "MAX_MEGAPIXELS", "MIN_SIDE", "PDF_DPI", "Picture", "Source", "binarize",
    "count_pages", "fit", "ink_map", "is_drawn", "open_image", "open_pages", "open_picture", "open_pictures",
    "standardise",
]  # fmt: skip

_Page = TypeVar("_Page")

Source = str | Path | bytes | Image.Image | NDArray[Any]

MAX_MEGAPIXELS = 120
"""Larger pictures are refused from their header: an A3 scan at 600 dpi and a phone's 108 MP photo still pass."""

MANY_MEGAPIXELS = 32
"""`open_picture` reads larger pictures at half or a quarter of their size: words are looked at 64 pixels high, and 100
million pixels would take a gigabyte."""

MIN_SIDE = 4
"""Pictures narrower or lower than this many pixels hold no handwriting."""

PDF_DPI = 200

_FORMATS = ("JPEG", "PNG", "TIFF", "WEBP", "GIF", "BMP", "PPM", "HEIF")  # no EPS: it would start Ghostscript
_HEIF_BRANDS = (b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1")


@dataclass(frozen=True, eq=False)
class Picture:
    """A picture of `width` x `height` pixels, upright, with `pixels`, uint8 (H, W, 3), that may be fewer."""

    pixels: Pixels
    width: int
    height: int

    @classmethod
    def of(cls, pixels: Pixels) -> Picture:
        """All of its pixels."""
        return cls(pixels, pixels.shape[1], pixels.shape[0])

    @property
    def frame(self) -> Affine:
        """From `pixels` to the picture."""
        return Affine.scaling(self.width / self.pixels.shape[1], self.height / self.pixels.shape[0])


def open_pages(source: Source, name: str | None = None, *, first: int = 0) -> Iterator[Pixels]:
    """Each page of a picture, upright, as uint8 (H, W, 3): all pages of a PDF or TIFF, one of anything else.

    `source` is a path, the bytes of a file, a PIL image, or a uint8 array (H, W), (H, W, 3) or (H, W, 4). `name` is
    what errors call it (default: the path). The pages before `first`, counted from 0, are passed over unread. PDF pages
    are rendered at 200 dpi; transparency is laid over white, or over black where the ink is light. Raises InputError,
    at the page it concerns, for whatever can't be read.
    """
    for picture in _open(source, name, first, MAX_MEGAPIXELS):
        yield picture.pixels


def open_pictures(source: Source, name: str | None = None, *, first: int = 0) -> Iterator[Picture]:
    """The same with the pixels of large pictures reduced; see `MANY_MEGAPIXELS`."""
    return _open(source, name, first, MANY_MEGAPIXELS)


def open_image(source: Source, name: str | None = None, *, page: int = 0) -> Pixels:
    """One page of a picture, the first unless `page` says which from 0, as uint8 (H, W, 3); see `open_pages`.

    Raises InputError.
    """
    return _only(open_pages(source, name, first=page), source, name, page)


def open_picture(source: Source, name: str | None = None, *, page: int = 0) -> Picture:
    """The same with the pixels of large pictures reduced; see `MANY_MEGAPIXELS`."""
    return _only(open_pictures(source, name, first=page), source, name, page)


def _only(pages: Iterator[_Page], source: Source, name: str | None, page: int) -> _Page:
    for found in pages:
        return found
    raise InputError(f"{name or _label(source)}: has no page {page + 1}")


def _open(source: Source, name: str | None, first: int, most: int) -> Iterator[Picture]:
    """The pages, each with at most `most` million pixels."""
    label = name or _label(source)
    if isinstance(source, np.ndarray):
        source = _from_array(source, label)
    if isinstance(source, Image.Image):
        yield _decode(source, label, most, lent=True)
        return
    with _open_file(source, label) as file:
        head = file.read(1024)
        file.seek(0)
        if b"%PDF-" in head:
            yield from map(Picture.of, _pdf_pages(file, label, first))
        else:
            yield from _picture_pages(file, head, label, first, most)


def _label(source: Source) -> str:
    return str(source) if isinstance(source, str | Path) else "the picture"


def count_pages(source: str | Path | bytes) -> int:
    """How many pages `open_pages` tries to give, told from the file's structure without decoding any.

    A damaged page counts, the end of a TIFF whose pages can't be followed further as one; a file that can't be read
    counts as one page, which says why when it is opened.
    """
    try:
        with _open_file(source, "") as file, _decoding(""):
            head = file.read(1024)
            file.seek(0)
            if b"%PDF-" in head:
                import pypdfium2

                with pypdfium2.PdfDocument(file) as document:
                    return max(1, len(document))
            with Image.open(file, formats=["TIFF"]) as picture:
                return sum(1 for _ in _tiff_pages(picture))
    except InputError:
        return 1


def _open_file(source: str | Path | bytes, name: str) -> BinaryIO:
    if isinstance(source, bytes):
        file: BinaryIO = io.BytesIO(source)
    else:
        path = Path(source)
        if path.is_dir():
            raise InputError(f"{name}: is a folder; name the pictures in it")
        try:
            file = path.open("rb")
        except FileNotFoundError:
            raise InputError(f"{name}: no such file; check the name") from None
        except (OSError, ValueError) as error:  # ValueError: a null byte in the name
            reason = getattr(error, "strerror", None) or str(error)
            raise InputError(f"{name}: cannot be opened ({reason.lower()})") from None
    if file.seek(0, io.SEEK_END) == 0:
        file.close()
        raise InputError(f"{name}: is empty (0 bytes); copy or export it again")
    file.seek(0)
    return file


def _from_array(array: NDArray[Any], name: str) -> Image.Image:
    if array.dtype != np.uint8 or not (array.ndim == 2 or (array.ndim == 3 and array.shape[2] in (3, 4))):
        shape = " x ".join(map(str, array.shape))
        want = "uint8 of H x W, H x W x 3 or H x W x 4"
        raise InputError(f"{name}: an array must be {want}, not {array.dtype} of {shape or 'no shape'}")
    _check_size(array.shape[1], array.shape[0], name)
    return Image.fromarray(np.ascontiguousarray(array))


def _check_size(width: float, height: float, name: str) -> None:
    if min(width, height) < MIN_SIDE:
        size, least = f"{width:.0f} x {height:.0f}", f"{MIN_SIDE} x {MIN_SIDE}"
        raise InputError(f"{name}: is too small ({size} pixels); it takes at least {least}")
    if width * height > MAX_MEGAPIXELS * 1e6:
        raise _too_large(name)


def _too_large(name: str) -> InputError:
    return InputError(f"{name}: is too large (more than {MAX_MEGAPIXELS} million pixels); scale it down")


@contextmanager
def _decoding(name: str) -> Iterator[None]:
    """Turns what decoders raise on foreign bytes, which is anything, into InputError; silences their warnings."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    except InputError:
        raise
    except Image.DecompressionBombError:
        raise _too_large(name) from None
    except UnidentifiedImageError:
        kinds = "JPEG, PNG, TIFF, WebP, GIF, BMP, HEIC, PDF"
        raise InputError(f"{name}: is not a picture that can be read; convert it to one of {kinds}") from None
    except Exception:
        raise _damaged(name) from None


def _damaged(name: str) -> InputError:
    return InputError(f"{name}: is damaged or cut off; copy or export it again")


def _picture_pages(file: BinaryIO, head: bytes, name: str, first: int, most: int) -> Iterator[Picture]:
    if head[4:8] == b"ftyp" and head[8:12] in _HEIF_BRANDS:
        _register_heif(name)
    with _decoding(name):
        formats = [f for f in _FORMATS if f != "HEIF" or f in Image.OPEN]
        picture = Image.open(file, formats=formats)
    is_tiff = isinstance(picture, TiffImagePlugin.TiffImageFile)  # frames of GIF, WebP and MPO aren't pages
    with picture:
        several = is_tiff and getattr(picture, "is_animated", False)
        for number, sound in enumerate(_tiff_pages(picture) if is_tiff else [True], start=1):
            label = f"{name}, page {number}" if several else name
            if number > first and not sound:
                raise _damaged(label)
            if number > first:
                yield _decode(picture, label, most)


def _tiff_pages(picture: Image.Image) -> Iterator[bool]:
    """Goes through the pages of a TIFF, and says of each whether its header is sound."""
    for index in itertools.count():
        is_page = sound = True
        try:
            with _decoding(""):
                if not _seek(picture, index):
                    return
                is_page = index == 0 or not _is_thumbnail(picture)
        except InputError:
            sound = False
        if is_page:
            yield sound
        if picture.tell() != index:  # the way to the next page is lost
            return


def _is_thumbnail(picture: Image.Image) -> bool:
    """Whether this TIFF frame is marked as a smaller copy of another one (tag NewSubfileType, bit 0)."""
    return bool(getattr(picture, "tag_v2", {}).get(254, 0) & 1)


def _seek(picture: Image.Image, index: int) -> bool:
    try:
        picture.seek(index)
    except EOFError:
        return False
    return True


def _register_heif(name: str) -> None:
    try:
        import pillow_heif  # an extra, because its wheels are under the GPL
    except ImportError:
        raise InputError(f'{name}: is a HEIC picture; to read it, pip install "inksight[heic]"') from None
    pillow_heif.register_heif_opener()


def _pdf_pages(file: BinaryIO, name: str, first: int) -> Iterator[Pixels]:
    import pypdfium2  # loads a shared library: only when there is a PDF to read

    try:
        document = pypdfium2.PdfDocument(file)
    except pypdfium2.PdfiumError as error:
        if error.err_code == pypdfium2.raw.FPDF_ERR_PASSWORD:
            raise InputError(f"{name}: is locked with a password; save a copy without one") from None
        raise InputError(f"{name}: is damaged or not a PDF; copy or export it again") from None
    with document:
        for index in range(first, len(document)):
            label = f"{name}, page {index + 1}" if len(document) > 1 else name
            with _decoding(label):
                page = document[index]
                scale = PDF_DPI / 72
                _check_size(page.get_width() * scale, page.get_height() * scale, label)
                pixels = page.render(scale=scale, rev_byteorder=True).to_pil().convert("RGB")
                page.close()
            yield np.array(pixels)


def _decode(picture: Image.Image, name: str, most: int, lent: bool = False) -> Picture:
    """The current frame as upright RGB, reduced by 2, 4 or 8 until it has no more than `most` million pixels.

    A `lent` picture is the caller's, who finds it as it was.
    """
    width, height = picture.size
    _check_size(width, height, name)
    factor = next((k for k in (1, 2, 4) if width * height <= most * 1e6 * k * k), 8)
    with _decoding(name):
        if not lent:
            picture.draft(None, (width // factor, height // factor))  # JPEG decodes less; nothing happens to others
        factor //= round(width / picture.size[0])
        picture.load()
        upright = _upright(picture)
        if upright is not picture and _is_turned(picture):
            width, height = height, width
        rgb = _to_rgb(upright)
        return Picture(np.array(rgb.reduce(factor) if factor > 1 else rgb), width, height)


def _is_turned(picture: Image.Image) -> bool:
    """Whether the camera says that width and height are to be exchanged."""
    return int(picture.getexif().get(ExifTags.Base.Orientation, 1)) >= 5


def _upright(picture: Image.Image) -> Image.Image:
    try:
        unturned = picture.getexif().get(ExifTags.Base.Orientation, 1) == 1
        return picture if unturned else ImageOps.exif_transpose(picture)  # which copies in any case
    except Exception:  # damaged metadata: the pixels are fine
        return picture


def _to_rgb(picture: Image.Image) -> Image.Image:
    if picture.mode.startswith(("I", "F")):
        return _from_deep_grey(picture).convert("RGB")
    if picture.has_transparency_data:
        return _over_paper(picture.convert("RGBA"))
    return picture if picture.mode == "RGB" else picture.convert("RGB")


def _from_deep_grey(picture: Image.Image) -> Image.Image:
    """16-bit, 32-bit and float grey as 8-bit, white being the smallest usual white level that nothing exceeds."""
    values = np.nan_to_num(np.asarray(picture).astype(np.float32), posinf=0, neginf=0)
    top = float(values.max())
    white = next((w for w in (1, 255, 4095, 65535) if top <= w), top)
    return Image.fromarray(np.clip(values * (255 / white) + 0.5, 0, 255).astype(np.uint8))


def _over_paper(picture: Image.Image) -> Image.Image:
    """Over white; over black where light ink lies on transparency, which white would swallow."""
    grey, alpha = np.asarray(picture.convert("RGB").convert("L")), np.asarray(picture.getchannel("A"))
    drawn = alpha > 127
    light_ink = 0 < drawn.mean() < 0.5 and float(np.median(grey[drawn])) > 153
    paper = Image.new("RGBA", picture.size, "black" if light_ink else "white")
    return Image.alpha_composite(paper, picture).convert("RGB")
