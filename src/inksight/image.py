"""Pictures: open them from anywhere, turn them into an ink map, fit a word into the model's canvas.

Three stages, each usable alone:

1. `open_pages`, `open_image`: a file, bytes, a PIL image or an array become upright RGB pixels, or an `InputError`.
2. `ink_map`, `binarize`: how much ink lies on each pixel, whatever the light, the paper, the pen's colour and the
   polarity were. This is all that the tracers ever see of a photo.
3. `fit`, `standardise`: the ink map's crop on the canvas of the network, with the exact affine map between the two.

Frames: float pixels, x right, y down, origin at the top-left corner of the top-left pixel.
"""

from __future__ import annotations

import io
import math
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter, ImageOps, TiffImagePlugin, UnidentifiedImageError

from .errors import InputError
from .geometry import Affine
from .ink import Box

Pixels = NDArray[np.uint8]
"""uint8 (H, W, 3): RGB."""

Map = NDArray[np.float32]
"""float32 (H, W): 0 = paper, 1 = full ink."""

Source = str | Path | bytes | Image.Image | NDArray[Any]

MAX_MEGAPIXELS = 120
"""Larger pictures are refused from their header: an A3 scan at 600 dpi and a phone's 108 MP photo still pass."""

MIN_SIDE = 4
"""Pictures narrower or lower than this many pixels hold no handwriting."""

PDF_DPI = 200

# ---------------------------------------------------------------------------------------------------------- opening

_FORMATS = ("JPEG", "PNG", "TIFF", "WEBP", "GIF", "BMP", "PPM", "HEIF")  # no EPS: it would start Ghostscript
_HEIF_BRANDS = (b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1")


def open_pages(source: Source, name: str | None = None) -> Iterator[Pixels]:
    """Each page of a picture, upright, as uint8 (H, W, 3): all pages of a PDF or TIFF, one of anything else.

    `source` is a path, the bytes of a file, a PIL image, or a uint8 array (H, W), (H, W, 3) or (H, W, 4). `name` is
    what errors call it (default: the path). PDF pages are rendered at 200 dpi; transparency is laid over white, or
    over black where the ink is light. Raises InputError, at the page it concerns, for whatever can't be read.
    """
    label = name or (str(source) if isinstance(source, str | Path) else "the picture")
    if isinstance(source, np.ndarray):
        source = _from_array(source, label)
    if isinstance(source, Image.Image):
        yield _decode(source, label)
        return
    with _open_file(source, label) as file:
        head = file.read(1024)
        file.seek(0)
        yield from _pdf_pages(file, label) if b"%PDF-" in head else _picture_pages(file, head, label)


def open_image(source: Source, name: str | None = None) -> Pixels:
    """The only or first page of a picture as uint8 (H, W, 3); see `open_pages`. Raises InputError."""
    return next(open_pages(source, name))


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
        raise InputError(f"{name}: is damaged or cut off; copy or export it again") from None


def _picture_pages(file: BinaryIO, head: bytes, name: str) -> Iterator[Pixels]:
    if head[4:8] == b"ftyp" and head[8:12] in _HEIF_BRANDS:
        _register_heif(name)
    with _decoding(name):
        formats = [f for f in _FORMATS if f != "HEIF" or f in Image.OPEN]
        picture = Image.open(file, formats=formats)
    is_tiff = isinstance(picture, TiffImagePlugin.TiffImageFile)  # frames of GIF, WebP and MPO aren't pages
    with picture:
        index, found = 0, True
        while found:
            if not (is_tiff and _is_thumbnail(picture)):
                yield _decode(picture, name)
            index += 1
            with _decoding(name):
                found = is_tiff and _seek(picture, index)


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


def _pdf_pages(file: BinaryIO, name: str) -> Iterator[Pixels]:
    import pypdfium2  # loads a shared library: only when there is a PDF to read

    try:
        document = pypdfium2.PdfDocument(file)
    except pypdfium2.PdfiumError as error:
        if error.err_code == pypdfium2.raw.FPDF_ERR_PASSWORD:
            raise InputError(f"{name}: is locked with a password; save a copy without one") from None
        raise InputError(f"{name}: is damaged or not a PDF; copy or export it again") from None
    with document:
        if len(document) == 0:
            raise InputError(f"{name}: has no pages")
        for index in range(len(document)):
            with _decoding(name):
                page = document[index]
                scale = PDF_DPI / 72
                _check_size(page.get_width() * scale, page.get_height() * scale, f"{name}, page {index + 1}")
                pixels = page.render(scale=scale, rev_byteorder=True).to_pil().convert("RGB")
                page.close()
            yield np.array(pixels)


def _decode(picture: Image.Image, name: str) -> Pixels:
    """The current frame as upright RGB."""
    _check_size(*picture.size, name)
    with _decoding(name):
        picture.load()
        return np.array(_to_rgb(_upright(picture)))


def _upright(picture: Image.Image) -> Image.Image:
    try:
        return ImageOps.exif_transpose(picture)
    except Exception:  # damaged metadata: the pixels are fine
        return picture


def _to_rgb(picture: Image.Image) -> Image.Image:
    if picture.mode.startswith(("I", "F")):
        return _from_deep_grey(picture).convert("RGB")
    if picture.has_transparency_data:
        return _over_paper(picture.convert("RGBA"))
    return picture.convert("RGB")


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


# ---------------------------------------------------------------------------------------------------------- ink map

_BLOCKS = 16  # the longer side is cut into at most this many blocks; paper and light are taken as even within one
_BLOCK = 48  # side of a block in the reduced picture; also the smallest block in pixels of the picture
_FAINTEST = 0.08  # contrast beyond the noise from which ink is stretched to 1; fainter marks stay grey
_DARK = 32.0  # grey levels added to the paper's when dividing by it: keeps the noise of black surfaces small


def ink_map(rgb: Pixels) -> Map:
    """How much ink lies on each pixel: float32 (H, W), 0 = paper, 1 = full ink.

    Works the same for dark ink on light and light ink on dark paper, in any colour and under uneven light:

    1. The picture is reduced and cut into blocks; the tails of the blocks' colours beyond the paper colours around
       say which way the ink differs from the paper and in which channels. That direction gives one grey channel.
    2. The paper is that channel's morphological closing (opening for light ink) with a window wider than any stroke:
       shadows and surfaces larger than the window stay paper, with their edges.
    3. Contrast = (paper - grey - noise) / (paper + 32), divided by the ink's usual contrast.

    A picture in which nothing rises above the noise gives 0 everywhere. Raises ValueError for another shape or dtype.
    """
    if rgb.dtype != np.uint8 or rgb.ndim != 3 or rgb.shape[2] != 3:
        raise ValueError(f"ink_map takes uint8 (H, W, 3), not {rgb.dtype} {rgb.shape}")
    picture = Image.fromarray(rgb)
    weights, light_ink = _ink_direction(*_blocks(picture))
    grey = picture.convert("L", matrix=(*weights, 0.0))
    ink, clear = _contrast(grey, light_ink)
    if 0 < clear < 12:  # faint ink in noise: strokes survive a slight blur better than the noise does
        ink, _ = _contrast(grey.filter(ImageFilter.GaussianBlur(1.0)), light_ink)
    return ink


def _block_size(width: int, height: int) -> float:
    """Side of a block in pixels: 1/16 of a page's longer side, but about the height of a small crop."""
    return max(max(width, height) / _BLOCKS, min(width, height, _BLOCK))


def _blocks(picture: Image.Image) -> tuple[Pixels, int, int]:
    """The picture resized to whole blocks of 48 x 48, with the number of rows and columns of blocks."""
    size = _block_size(*picture.size)
    columns, rows = (max(1, round(n / size)) for n in picture.size)
    small = picture.resize((columns * _BLOCK, rows * _BLOCK), Image.Resampling.BOX)
    return np.asarray(small), rows, columns


def _ink_direction(small: Pixels, rows: int, columns: int) -> tuple[tuple[float, ...], bool]:
    """Channel weights (sum 1, none negative) along which ink differs most from paper, and whether ink is the lighter.

    A block's 1st and 99th percentile tell of ink only as far as they leave the range of the medians of the block and
    its neighbours: what lies within is the edge of a shadow or of the sheet.
    """
    blocks = small.reshape(rows, _BLOCK, columns, _BLOCK, 3).swapaxes(1, 2).reshape(rows, columns, -1, 3)
    dark, paper, light = np.percentile(blocks, (1, 50, 99), axis=2).astype(np.float32)
    below = np.maximum(-_maximum(-paper, 1, 1) - dark, 0)
    above = np.maximum(light - _maximum(paper, 1, 1), 0)
    light_ink = bool((above**3).sum() > (below**3).sum())
    tails = above if light_ink else below
    weights = (tails**2).sum(axis=(0, 1)) ** 0.5 + 1e-3
    return tuple((weights / weights.sum()).tolist()), light_ink


def _maximum(values: Map, ry: int, rx: int) -> Map:
    """Running maximum over (2 ry + 1) x (2 rx + 1) pixels along the first two axes, the border left out."""
    for axis, radius in ((0, ry), (1, rx)):
        window, span = 2 * radius + 1, 1
        edge = [(0, 0)] * values.ndim
        edge[axis] = (radius, radius)
        values = np.moveaxis(np.pad(values, edge, constant_values=-np.inf), axis, 0)
        while span < window:  # a window of n is the union of two shorter ones
            step = min(span, window - span)
            values = np.maximum(values[:-step], values[step:])
            span += step
        values = np.moveaxis(values, 0, axis)
    return values


def _contrast(grey: Image.Image, light_ink: bool) -> tuple[Map, float]:
    """The ink map of one grey channel, and how many sigmas of the paper's noise its ink stands out; 0 for no ink."""
    paper, ink = _paper(grey, light_ink), np.asarray(grey, np.float32)
    ink = np.subtract(ink, paper) if light_ink else np.subtract(paper, ink)
    paper += _DARK
    step = max(1, math.isqrt(ink.size // 400_000))
    some, some_paper = ink[::step, ::step].copy(), paper[::step, ::step]
    low, middle = np.percentile(some, (16, 50))
    sigma = max(float(middle - low), 0.7)  # of the side without ink; at least that of rounding
    some -= middle
    inked = some > np.maximum(5 * sigma, 0.05 * some_paper)
    if not inked.any():
        return np.zeros_like(ink), 0.0
    clear = float(np.percentile(some[inked], 75)) / sigma
    usual = float(np.percentile((some[inked] - 3 * sigma) / some_paper[inked], 75))
    ink -= middle + 3 * sigma
    ink /= paper
    ink *= 1 / max(usual, _FAINTEST)
    return np.clip(ink, 0, 1, out=ink), clear


def _paper(grey: Image.Image, light_ink: bool) -> Map:
    """The grey that each pixel would have without ink: float32 (H, W)."""
    small, rows, columns = _blocks(grey)
    is_page = min(rows, columns) >= _BLOCKS // 2
    radius = _BLOCK // 4 if is_page else _BLOCK // 2  # strokes fill more of a crop
    margin = 2 * radius if is_page else 0  # lets a shadow run on beyond the page; in a crop, letters touch the border
    values = np.pad(small.astype(np.float32), margin, mode="edge") * (-1 if light_ink else 1)
    values = -_maximum(-_maximum(values, radius, radius), radius, radius)
    height, width = small.shape
    values = abs(values[margin : margin + height, margin : margin + width])
    return np.array(Image.fromarray(values).resize(grey.size, Image.Resampling.BILINEAR))


def binarize(ink: Map) -> NDArray[np.bool_]:
    """The pixels of an ink map that are ink: bool (H, W), all False for a blank map.

    Otsu's threshold (1979) over 64 levels, held in 0.25..0.5: below lie smears and noise, above the rims of strokes.
    """
    count, edges = np.histogram(ink, bins=64, range=(0, 1))
    level = (edges[:-1] + edges[1:]) / 2
    below, mass = np.cumsum(count), np.cumsum(count * level)
    above = count.sum() - below
    with np.errstate(divide="ignore", invalid="ignore"):
        between = below * above * (mass / below - (mass[-1] - mass) / above) ** 2
    threshold = float(edges[1:][np.nan_to_num(between).argmax()])
    return ink > min(max(threshold, 0.25), 0.5)


# -------------------------------------------------------------------------------------------------------- the canvas

_WIDTH_STEP = 32  # canvases are whole multiples of this wide, so that words share batches
_MIN_WIDTH = 64
_MAX_SCALE = 8.0
_MAX_PEN = 0.15  # of the canvas height: a dot or a dash may fill its box, but not the canvas


def fit(
    ink: Map, box: Box | None = None, *, height: int = 64, max_width: int = 512, fill: float = 0.8
) -> tuple[Map, Affine]:
    """A word's part of an ink map on the model's canvas: (float32 (height, W), the affine map from `ink` to it).

    `box` (x0, y0, x1, y1; default: the box of the ink, or everything where there is none) may reach beyond the map,
    which counts as paper there. Its centre comes to the centre of the canvas, without turning or distortion. The scale
    is the largest for which the box takes at most `fill` of the canvas height, at most `max_width` less the same
    margins at both sides, the pen at most 0.15 of the canvas height (a dot, a dash or an l stays small), and a pixel
    at most 8 pixels. W is the width with margins rounded up to a multiple of 32, at least 64. The crop is resampled
    with an antialiased cubic, so that fine pens survive shrinking; the map is exact to a hundredth of a pixel.

    Raises ValueError for a box that isn't finite or ends before it begins, and for a max_width that isn't a
    multiple of 32 from 64 on.
    """
    x0, y0, x1, y1 = box if box is not None else _ink_box(ink)
    if not (np.isfinite([x0, y0, x1, y1]).all() and x0 <= x1 and y0 <= y1):
        raise ValueError(f"a box is (x0, y0, x1, y1) with x0 <= x1 and y0 <= y1, not {box}")
    if max_width < _MIN_WIDTH or max_width % _WIDTH_STEP:
        raise ValueError(f"max_width must be a multiple of {_WIDTH_STEP} from {_MIN_WIDTH} on, not {max_width}")
    margins = (1 - fill) * height
    scale = min(
        fill * height / max(y1 - y0, 1),
        (max_width - margins) / max(x1 - x0, 1),
        _MAX_PEN * height / max(_pen(ink, (x0, y0, x1, y1)), 1e-3),
        _MAX_SCALE,
    )
    needed = math.ceil(((x1 - x0) * scale + margins) / _WIDTH_STEP - 1e-6) * _WIDTH_STEP
    width = min(max(needed, _MIN_WIDTH), max_width)
    frame = Affine(scale, 0.0, (width - scale * (x0 + x1)) / 2, 0.0, scale, (height - scale * (y0 + y1)) / 2)
    return _resample(ink, frame, width, height), frame


def _ink_box(ink: Map) -> Box:
    mask = binarize(ink)
    columns, rows = np.flatnonzero(mask.any(axis=0)), np.flatnonzero(mask.any(axis=1))
    if len(rows) == 0:
        return 0.0, 0.0, float(ink.shape[1]), float(ink.shape[0])
    return float(columns[0]), float(rows[0]), float(columns[-1] + 1), float(rows[-1] + 1)


def _crop(ink: Map, x0: int, y0: int, x1: int, y1: int) -> Map:
    """ink[y0:y1, x0:x1], with paper where that lies beyond the map."""
    out = np.zeros((y1 - y0, x1 - x0), np.float32)
    h, w = ink.shape
    left, top, right, bottom = max(x0, 0), max(y0, 0), min(x1, w), min(y1, h)
    if left < right and top < bottom:
        out[top - y0 : bottom - y0, left - x0 : right - x0] = ink[top:bottom, left:right]
    return out


def _pen(ink: Map, box: Box) -> float:
    """Usual width of the lines in a box: twice their area over their outline, which is the map's total variation."""
    x0, y0, x1, y1 = box
    crop = _crop(ink, math.floor(x0) - 1, math.floor(y0) - 1, math.ceil(x1) + 1, math.ceil(y1) + 1)
    dy, dx = np.diff(crop, axis=0)[:, :-1], np.diff(crop, axis=1)[:-1]
    return 2 * float(crop.sum()) / max(float(np.hypot(dx, dy).sum()), 1e-6)


def _resample(ink: Map, frame: Affine, width: int, height: int) -> Map:
    """The canvas of `width` x `height` that `frame` (scale and shift only) maps the ink map to."""
    scale = frame.a
    left, top = -frame.c / scale, -frame.f / scale  # of the canvas, in the map
    right, bottom = left + width / scale, top + height / scale
    reach = math.ceil(2 / min(scale, 1)) + 1  # of the cubic, so that it never sees the crop's end
    x, y = math.floor(left) - reach, math.floor(top) - reach
    crop = _crop(ink, x, y, math.ceil(right) + reach, math.ceil(bottom) + reach)
    window = (left - x, top - y, right - x, bottom - y)
    canvas = Image.fromarray(crop).resize((width, height), Image.Resampling.BICUBIC, box=window)
    clipped: Map = np.clip(np.asarray(canvas, np.float32), 0, 1)
    return clipped


def standardise(canvas: Map) -> Map:
    """What the network sees: paper at 0, ink at about 1, clipped to -0.5..1.5; float32 of the same shape.

    (canvas - median) / max(0.2, mean of the brightest 3 % - median). The training has the same lines in PyTorch.
    """
    centred = canvas - np.median(canvas)
    count = max(1, int(0.03 * canvas.size))
    ink = np.partition(centred, canvas.size - count, axis=None)[-count:].mean()
    seen: Map = np.clip(centred / max(float(ink), 0.2), -0.5, 1.5).astype(np.float32)
    return seen
