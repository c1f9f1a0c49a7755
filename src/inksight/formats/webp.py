"""WebP: the writing being written, in full color with smooth edges; the smallest of the animations over a photo.

The chunks are those of the WebP container specification: each frame is a WebP of its new ink, laid over what is there.
"""

from __future__ import annotations

import io
import struct
from collections.abc import Iterator
from typing import TYPE_CHECKING

from ..ink import Page
from .style import PLAIN, Style

if TYPE_CHECKING:
    from PIL.Image import Image

_ANIMATED, _HAS_ALPHA = 0x02, 0x10
_KEEP_AND_LAY_OVER = 0
_PIXELS = (b"ALPH", b"VP8 ", b"VP8L")
"""The chunks of a still picture that hold its pixels."""


def dumps(page: Page, style: Style = PLAIN) -> bytes:
    """The page as WebP, played as film.film says, again and again unless the style says otherwise."""
    from .film import film

    frames: list[bytes] = []
    size = (0, 0)
    for picture, tile, seconds in film(page, style).shots():
        place = (tile.x // 2, tile.y // 2, tile.picture.width - 1, tile.picture.height - 1, round(1000 * seconds))
        first = not frames  # a photo is lossy, ink isn't
        frames.append(_chunk(b"ANMF", _u24(*place) + bytes([_KEEP_AND_LAY_OVER]) + _still(tile.picture, lossy=first)))
        size = picture.size
    header = _chunk(b"VP8X", bytes([_ANIMATED | _HAS_ALPHA, 0, 0, 0]) + _u24(size[0] - 1, size[1] - 1))
    loops = _chunk(b"ANIM", struct.pack("<IH", 0, style.loop is False))
    return _chunk(b"RIFF", b"".join([b"WEBP", header, loops, *frames]))


def _still(picture: Image, *, lossy: bool) -> bytes:
    """The chunks with the pixels of a picture as WebP."""
    out = io.BytesIO()
    picture.save(out, "WEBP", lossless=not lossy, quality=80 if lossy else 50)
    return b"".join(_chunk(kind, content) for kind, content in _chunks(out.getvalue()) if kind in _PIXELS)


def _chunks(file: bytes) -> Iterator[tuple[bytes, bytes]]:
    at = len(b"RIFF....WEBP")
    while at < len(file):
        kind, length = struct.unpack_from("<4sI", file, at)
        yield kind, file[at + 8 : at + 8 + length]
        at += 8 + length + length % 2


def _chunk(kind: bytes, content: bytes) -> bytes:
    return kind + struct.pack("<I", len(content)) + content + b"\0" * (len(content) % 2)


def _u24(*values: int) -> bytes:
    return b"".join(value.to_bytes(3, "little") for value in values)
