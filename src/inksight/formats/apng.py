"""APNG: the writing being written, in full color with smooth edges; browsers play it wherever a PNG may stand.

The chunks are those of PNG (third edition, section 11.3.6): each frame is a PNG of new ink, laid over what is there.
"""

from __future__ import annotations

import io
import itertools
import struct
import zlib
from typing import TYPE_CHECKING

from ..ink import Page
from .style import PLAIN, Style

if TYPE_CHECKING:
    from PIL.Image import Image

_KEEP, _OVER = 0, 1
"""Dispose and blend operations: a frame stays where it is, and is laid over those before."""


def dumps(page: Page, style: Style = PLAIN) -> bytes:
    """The page as APNG, played as film.film says, again and again unless the style says otherwise."""
    from .film import film

    header, numbers, chunks, count = b"", itertools.count(), [], 0
    for count, (_, tile, seconds) in enumerate(film(page, style).shots(), 1):
        head, data = _still(tile.picture)
        header = header or head
        control = (next(numbers), *tile.picture.size, tile.x, tile.y, round(100 * seconds), 100, _KEEP, _OVER)
        chunks.append(_chunk(b"fcTL", struct.pack(">5I2H2B", *control)))
        later = count > 1  # a viewer that knows PNG alone shows the first frame
        chunks.append(_chunk(b"fdAT", struct.pack(">I", next(numbers)) + data) if later else _chunk(b"IDAT", data))
    plays = struct.pack(">II", count, style.loop is False)
    return b"".join([_SIGNATURE, _chunk(b"IHDR", header), _chunk(b"acTL", plays), *chunks, _chunk(b"IEND", b"")])


_SIGNATURE = b"\x89PNG\r\n\x1a\n"


def _still(picture: Image) -> tuple[bytes, bytes]:
    """The header and the compressed pixels of a picture as PNG."""
    out = io.BytesIO()
    picture.save(out, "PNG", compress_level=9)
    file, at = out.getvalue(), len(_SIGNATURE)
    found = {b"IHDR": b"", b"IDAT": b""}
    while at < len(file):
        length, kind = struct.unpack_from(">I4s", file, at)
        if kind in found:
            found[kind] += file[at + 8 : at + 8 + length]
        at += length + 12
    return found[b"IHDR"], found[b"IDAT"]


def _chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))
