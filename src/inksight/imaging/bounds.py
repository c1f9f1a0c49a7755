"""What a picture may be, and how what is wrong with one is told."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager

from PIL import Image, UnidentifiedImageError

from ..errors import InputError

MAX_MEGAPIXELS = 120
"""Larger pictures are refused from their header: an A3 scan at 600 dpi and a phone's 108 MP photo still pass."""

MAX_BYTES = 600 * 10**6
"""What a decoder may take, estimated from the picture's header: with the interpreter, 700 MB are not passed."""

MIN_SIDE = 4
"""Pictures narrower or lower than this many pixels hold no handwriting."""


def check_size(width: float, height: float, name: str) -> None:
    """Raises InputError for a picture with too few or too many pixels."""
    if min(width, height) < MIN_SIDE:
        size, least = f"{width:.0f} x {height:.0f}", f"{MIN_SIDE} x {MIN_SIDE}"
        raise InputError(f"{name}: is too small ({size} pixels); it takes at least {least}")
    if width * height > MAX_MEGAPIXELS * 1e6:
        raise too_large(name)


def too_large(name: str) -> InputError:
    """The error about a picture with too many pixels."""
    return InputError(f"{name}: is too large (more than {MAX_MEGAPIXELS} million pixels); scale it down")


def too_heavy(name: str) -> InputError:
    """The error about a picture of a kind whose decoder takes too much memory for so many pixels."""
    limit = f"more than {MAX_BYTES // 10**6} MB"
    return InputError(f"{name}: takes too much memory to decode ({limit}); scale it down, or save it as a plain JPEG")


def damaged(name: str) -> InputError:
    """The error about a file that breaks off or makes no sense."""
    return InputError(f"{name}: is damaged or cut off; copy or export it again")


@contextmanager
def decoding(name: str) -> Iterator[None]:
    """Turns what decoders raise on foreign bytes, which is anything, into InputError; silences their warnings."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    except InputError:
        raise
    except Image.DecompressionBombError:
        raise too_large(name) from None
    except UnidentifiedImageError:
        kinds = "JPEG, PNG, TIFF, WebP, GIF, BMP, HEIC, PDF"
        raise InputError(f"{name}: is not a picture that can be read; convert it to one of {kinds}") from None
    except Exception:
        raise damaged(name) from None
