"""Pictures: open them from anywhere, tell their ink from everything else, fit a word into the model's canvas.

Three stages, each usable alone; they meet here, so that users of pictures need this module only:

1. `open_pages`, `open_image` (here): a file, bytes, a PIL image or an array become upright RGB pixels.
2. `segment`, `binarize` (segmentation.py): what of it a pen has drawn, whatever the light, the surface, the pen's
   colour and the polarity. This is all that the tracers ever see of a photo.
3. `fit`, `standardise` (canvas.py): a part of the ink map on the network's canvas, with the exact map between the two.

Frames: float pixels, x right, y down, origin at the top-left corner of the top-left pixel.
"""

from __future__ import annotations

import ctypes
import io
import itertools
from collections.abc import Iterator
from contextlib import suppress
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any, BinaryIO, TypeVar

import numpy as np
from numpy.typing import NDArray
from PIL import Image, TiffImagePlugin

from ..arrays import Pixels
from ..errors import InputError
from . import animation, pdf_pages
from .bounds import MAX_MEGAPIXELS, MIN_SIDE, check_size, damaged, decoding
from .canvas import fit, standardise
from .pixels import Picture, decode
from .segmentation import binarize

__all__ = [
    "MANY_MEGAPIXELS", "MAX_MEGAPIXELS", "MIN_SIDE", "Picture", "Source", "binarize", "count_pages", "endings", "fit",
    "open_image", "open_pages", "open_picture", "open_pictures",
    "standardise",
]  # fmt: skip

_Page = TypeVar("_Page")

Source = str | Path | bytes | Image.Image | NDArray[Any]

MANY_MEGAPIXELS = 32
"""`open_picture` reads larger pictures at half or a quarter of their size: words are looked at 64 pixels high, and 100
million pixels would take a gigabyte."""

PIPED_BYTES = 512 * 2**20
"""So much is read from what is no file."""

_CLOSED = ("EPS", "FITS", "IPTC")
"""Pictures that Pillow hands on: to Ghostscript, to gzip without a bound, to whatever decoder is named inside."""

_HEIF_BRANDS = {b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1"}
_AVIF_BRANDS = {b"avif", b"avis"}


def open_pages(source: Source, name: str | None = None, *, first: int = 0) -> Iterator[Pixels]:
    """Each page of a picture, upright, as uint8 (H, W, 3): all pages of a PDF or TIFF, one of anything else.

    `source` is a path, the bytes of a file, a PIL image, or a uint8 array (H, W), (H, W, 3) or (H, W, 4). `name` is
    what errors call it (default: the path). The pages before `first`, counted from 0, are passed over unread. A PDF's
    pages have the pixels that they hold, see pdf_pages.py; of an animation comes the frame with the most ink, see
    animation.py; transparency is laid over paper on which the ink shows. Raises InputError, at the page it concerns,
    for whatever can't be read.
    """
    for picture in _open(source, name, first, MAX_MEGAPIXELS, square=False):
        yield picture.pixels


def open_pictures(source: Source, name: str | None = None, *, first: int = 0) -> Iterator[Picture]:
    """The same as they are looked at: large pictures reduced, see `MANY_MEGAPIXELS`, and with square pixels where those
    of the picture are none."""
    return _open(source, name, first, MANY_MEGAPIXELS, square=True)


def open_image(source: Source, name: str | None = None, *, page: int = 0) -> Pixels:
    """One page of a picture, the first unless `page` says which from 0, as uint8 (H, W, 3); see `open_pages`.

    Raises InputError.
    """
    return _only(open_pages(source, name, first=page), source, name, page)


def open_picture(source: Source, name: str | None = None, *, page: int = 0) -> Picture:
    """The same as it is looked at; see `open_pictures`."""
    return _only(open_pictures(source, name, first=page), source, name, page)


def _only(pages: Iterator[_Page], source: Source, name: str | None, page: int) -> _Page:
    for found in pages:
        return found
    raise InputError(f"{name or _label(source)}: has no page {page + 1}")


def _open(source: Source, name: str | None, first: int, most: int, square: bool) -> Iterator[Picture]:
    """The pages, each with at most `most` million pixels."""
    label = name or _label(source)
    if isinstance(source, np.ndarray):
        source = _from_array(source, label)
    if isinstance(source, Image.Image):
        yield decode(source, label, most, lent=True, square=square)
        return
    with _open_file(source, label) as file:
        head = file.read(1024)
        file.seek(0)
        if b"%PDF-" in head:
            yield from map(Picture.of, pdf_pages.pages(file, label, first))
            return
        yield from _picture_pages(file, head, label, first, most, square)


def _label(source: Source) -> str:
    return str(source) if isinstance(source, str | Path) else "the picture"


def count_pages(source: str | Path | bytes) -> int:
    """How many pages `open_pages` tries to give, told from the file's structure without decoding any.

    A damaged page counts, the end of a TIFF whose pages can't be followed further as one; a file that can't be read
    counts as one page, which says why when it is opened.
    """
    try:
        with _open_file(source, "") as file, decoding(""):
            head = file.read(1024)
            file.seek(0)
            if b"%PDF-" in head:
                return max(1, pdf_pages.count(file))
            with Image.open(file, formats=["TIFF"]) as picture:
                return sum(1 for _ in _tiff_pages(picture))
    except InputError:
        return 1


@cache
def endings() -> frozenset[str]:
    """The endings of files that are pictures or hold some, in small letters, with their dot."""
    Image.init()
    kinds = {e: k for e, k in Image.registered_extensions().items() if k in Image.OPEN and k not in _CLOSED}
    pictures = {e for e, kind in kinds.items() if Image.MIME.get(kind, "").startswith("image/")}
    return frozenset(pictures | {".heic", ".heif", ".mpo", ".pdf"})


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
    if not file.seekable():  # a pipe
        file = io.BytesIO(file.read(PIPED_BYTES))
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
    check_size(array.shape[1], array.shape[0], name)
    return Image.fromarray(np.ascontiguousarray(array))


def _picture_pages(file: BinaryIO, head: bytes, name: str, first: int, most: int, square: bool) -> Iterator[Picture]:
    with decoding(name):
        picture = Image.open(file, formats=_kinds(head, name))
    is_tiff = isinstance(picture, TiffImagePlugin.TiffImageFile)  # frames of others aren't pages
    with picture:
        with decoding(name):
            animation.settle(picture, MANY_MEGAPIXELS)
        several = is_tiff and getattr(picture, "is_animated", False)
        for number, sound in enumerate(_tiff_pages(picture) if is_tiff else [True], start=1):
            label = f"{name}, page {number}" if several else name
            if number > first and not sound:
                raise damaged(label)
            if number > first:
                yield decode(picture, label, most, square=square)


def _kinds(head: bytes, name: str) -> list[str]:
    """What Pillow can read here."""
    brands = {head[8:12]} | {head[i : i + 4] for i in range(16, int.from_bytes(head[:4], "big") & 1023, 4)}
    if head[4:8] == b"ftyp" and brands & _HEIF_BRANDS and not brands & _AVIF_BRANDS:
        _register_heif(name)
    _quieten()
    Image.init()
    return [kind for kind in Image.OPEN if kind not in _CLOSED]


@cache
def _quieten() -> None:
    """Keeps libtiff from writing to standard error; what it writes is raised, too."""
    spec = find_spec("PIL._imaging")
    with suppress(AttributeError, OSError):  # where it is linked in another way
        ctypes.CDLL(spec.origin if spec else None).TIFFSetErrorHandler(None)


def _tiff_pages(picture: Image.Image) -> Iterator[bool]:
    """Goes through the pages of a TIFF, and says of each whether its header is sound."""
    for index in itertools.count():
        is_page = sound = True
        try:
            with decoding(""):
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
