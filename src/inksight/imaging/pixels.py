"""One decoded picture as upright RGB, in strips: a copy of all its pixels in another depth would double the memory."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import ExifTags, Image, TiffImagePlugin

from ..arrays import Pixels
from ..ink.frames import Affine
from .bounds import MAX_BYTES, check_size, decoding, too_heavy

STRIP_PIXELS = 4_000_000
"""So many are converted at a time."""

SLOW_MEGAPIXELS = 8
"""Decoders that Pillow has in Python, not in C, take a second for one or two million pixels."""

UNSQUARE = 1.01, 3.0
"""A pixel's sides stand in a ratio between these where it is no square: 204 x 98 dpi is a fax, 300 x 72 a mistake."""

FAINT, FAINT_SHARE = 100, 0.05
"""Ink on transparency is laid over white unless so much of it would differ by fewer grey levels than that."""

_BYTES = {"1": 1, "L": 1, "P": 1, "I;16": 2, "I;16B": 2, "I;16L": 2, "I;16N": 2}  # a pixel of other modes takes 4
_DECODER_BYTES = {"WEBP": 8, "AVIF": 8, "HEIF": 8, "JPEG2000": 16}  # beside the picture, as measured


@dataclass(frozen=True, eq=False)
class Picture:
    """A picture of `width` x `height` pixels, upright, with `pixels`, uint8 (H, W, 3), that may be fewer.

    They are squares also where those of the picture are none.
    """

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


def decode(picture: Image.Image, name: str, most: int, *, lent: bool = False, square: bool = False) -> Picture:
    """The current frame, reduced by 2, 4 or 8 until it has no more than `most` million pixels.

    A `lent` picture is the caller's, who finds it as it was. With `square`, pixels that are no squares by the
    picture's resolution become some. Raises InputError.
    """
    check_size(*picture.size, name)
    with decoding(name):
        stretch = _stretch(picture) if square else (1.0, 1.0)
        width, height = picture.size
        total = width * height * stretch[0] * stretch[1]
        factor = next((k for k in (1, 2, 4) if total <= most * 1e6 * k * k), 8)
        drafted = 1 if lent else _draft(picture, factor)
        _check_memory(picture, drafted, name)
        picture.load()
        if drafted == 1:
            width, height = picture.size  # a TIFF has been turned
        turn = _orientation(picture)
        pixels = _upright(picture, turn, factor // drafted)
        if turn >= 5:
            width, height = height, width
        return Picture(_stretched(pixels, stretch), width, height)


def _stretch(picture: Image.Image) -> tuple[float, float]:
    """How many times wider and higher the upright picture is with square pixels."""
    try:
        x, y = map(float, picture.info.get("dpi") or picture.info.get("aspect") or picture.info["jfif_density"])
        if not UNSQUARE[0] < max(x / y, y / x) < UNSQUARE[1]:
            return 1.0, 1.0
    except Exception:  # no metadata, or damaged ones
        return 1.0, 1.0
    if _orientation(picture) >= 5:
        x, y = y, x
    return max(1.0, y / x), max(1.0, x / y)


def _orientation(picture: Image.Image) -> int:
    """How the camera was held: 1 upright, 5 to 8 with width and height exchanged (EXIF's numbers)."""
    try:
        value = picture.getexif().get(ExifTags.Base.Orientation, 1)
        return int(value) if 1 <= value <= 8 else 1
    except Exception:  # damaged metadata: the pixels are fine
        return 1


def _draft(picture: Image.Image, factor: int) -> int:
    """Lets those decoders that can do it decode a smaller picture; gives by how much, 1 for all others."""
    width, height = picture.size
    if picture.format == "JPEG2000":
        picture.reduce = factor.bit_length() - 1  # type: ignore[method-assign, assignment]
        return factor
    picture.draft(None, (width // factor, height // factor))  # JPEG; nothing happens to others
    return round(width / picture.size[0])


def _check_memory(picture: Image.Image, drafted: int, name: str) -> None:
    """Raises InputError for what would take too much to decode."""
    pixels = picture.size[0] * picture.size[1]
    if any(tile[0] in Image.DECODERS for tile in getattr(picture, "tile", ())) and pixels > SLOW_MEGAPIXELS * 1e6:
        raise too_heavy(name)
    each = _BYTES.get(picture.mode, 4) + _DECODER_BYTES.get(picture.format or "", 0)
    if isinstance(picture, TiffImagePlugin.TiffImageFile):
        each *= 2 if _orientation(picture) > 1 else 1  # Pillow turns it
    if pixels * each + _coefficients(picture, drafted) + _block(picture) > MAX_BYTES:
        raise too_heavy(name)


def _coefficients(picture: Image.Image, drafted: int) -> int:
    """Bytes that a progressive JPEG keeps of all scans, however small it is decoded."""
    if picture.format not in ("JPEG", "MPO") or not picture.info.get("progressive"):
        return 0
    layers = [(across, down) for _, across, down, _ in picture.layer]  # type: ignore[attr-defined]
    finest = max(a * d for a, d in layers)
    return int(2 * sum(a * d for a, d in layers) / finest * np.prod(picture.size) * drafted**2)


def _block(picture: Image.Image) -> int:
    """Bytes of the strip or tile of a compressed TIFF that is unpacked as one."""
    if not isinstance(picture, TiffImagePlugin.TiffImageFile) or picture.tile[0][0] != "libtiff":
        return 0
    tags, (width, height) = picture.tag_v2, picture.size
    bits = sum(tags.get(TiffImagePlugin.BITSPERSAMPLE, (1,)))
    across, down = tags.get(TiffImagePlugin.TILEWIDTH), tags.get(TiffImagePlugin.TILELENGTH)
    rows = min(tags.get(TiffImagePlugin.ROWSPERSTRIP, height), height)
    return int((across or width) * (down or rows) * bits // 8)


def _upright(picture: Image.Image, turn: int, factor: int) -> Pixels:
    """The loaded picture as uint8 (H, W, 3), turned as the orientation says and reduced by `factor`."""
    to_rgb = _converter(picture)
    width, height = -(-picture.size[0] // factor), -(-picture.size[1] // factor)
    upright = np.empty((width, height, 3) if turn >= 5 else (height, width, 3), np.uint8)
    stored = upright.transpose(1, 0, 2) if turn >= 5 else upright
    stored = stored[:: -1 if turn in (3, 4, 6, 7) else 1, :: -1 if turn in (2, 3, 7, 8) else 1]
    y = 0
    for strip in _strips(picture, factor):
        rgb = to_rgb(strip)
        part = np.asarray(rgb.reduce(factor) if factor > 1 else rgb)
        stored[y : y + len(part)] = part
        y += len(part)
    return upright


def _strips(picture: Image.Image, factor: int = 1) -> Iterator[Image.Image]:
    """The picture from top to bottom, in parts whose height is a multiple of `factor`, but for the last."""
    width, height = picture.size
    rows = max(1, STRIP_PIXELS // width // factor) * factor
    for y in range(0, height, rows):
        yield picture.crop((0, y, width, min(y + rows, height)))


def _converter(picture: Image.Image) -> Callable[[Image.Image], Image.Image]:
    """What makes a strip of this picture RGB."""
    if picture.mode.startswith(("I", "F")):
        return _from_deep_grey(picture)
    if picture.has_transparency_data:
        return _over_paper(picture)
    return lambda strip: strip if strip.mode == "RGB" else strip.convert("RGB")


def _from_deep_grey(picture: Image.Image) -> Callable[[Image.Image], Image.Image]:
    """16-bit, 32-bit and float grey as 8-bit, white being the smallest usual white level that nothing exceeds."""

    def values(strip: Image.Image) -> NDArray[np.float32]:
        return np.nan_to_num(np.asarray(strip).astype(np.float32), posinf=0, neginf=0)

    top = max(float(values(strip).max()) for strip in _strips(picture))
    white = next((w for w in (1, 255, 4095, 65535) if top <= w), top)

    def convert(strip: Image.Image) -> Image.Image:
        return Image.fromarray(np.clip(values(strip) * (255 / white) + 0.5, 0, 255).astype(np.uint8)).convert("RGB")

    return convert


def _over_paper(picture: Image.Image) -> Callable[[Image.Image], Image.Image]:
    """Strips over paper on which the ink shows, if there is ink on a picture that is mostly clear; else over white."""
    seen = np.zeros((256, 256))  # how many pixels have this alpha and this grey
    for strip in _strips(picture):
        rgba = strip.convert("RGBA")
        grey, alpha = np.asarray(rgba.convert("RGB").convert("L")), np.asarray(rgba.getchannel("A"))
        seen += np.bincount((alpha.ravel().astype(np.intp) << 8) + grey.ravel(), minlength=65536).reshape(256, 256)
    opacity = np.arange(256) @ seen
    is_ink = 0 < opacity.sum() < 127.5 * seen.sum()
    paper = _paper(opacity) if is_ink else 255
    strongest = int(np.flatnonzero(seen.sum(axis=1)).max())
    gain = 255 / strongest if is_ink else 1.0

    def convert(strip: Image.Image) -> Image.Image:
        rgba = strip.convert("RGBA")
        if gain > 1:
            rgba.putalpha(rgba.getchannel("A").point(lambda a: round(a * gain)))
        return Image.alpha_composite(Image.new("RGBA", rgba.size, (paper, paper, paper)), rgba).convert("RGB")

    return convert


def _paper(opacity: NDArray[np.float64]) -> int:
    """White, or black or grey where white would swallow some of the ink, whose `opacity` is given for each grey."""
    levels = np.repeat(np.arange(256), np.ceil(opacity / opacity.sum() * 1000).astype(int))
    contrast = {paper: np.quantile(abs(levels - paper), FAINT_SHARE) for paper in (255, 0, 128)}
    return 255 if contrast[255] > FAINT else max(contrast, key=lambda paper: contrast[paper])


def _stretched(pixels: Pixels, stretch: tuple[float, float]) -> Pixels:
    """The pixels, so many times wider and higher."""
    if stretch == (1.0, 1.0):
        return pixels
    height, width = pixels.shape[:2]
    size = round(width * stretch[0]), round(height * stretch[1])
    return np.array(Image.fromarray(pixels).resize(size, Image.Resampling.BICUBIC))
