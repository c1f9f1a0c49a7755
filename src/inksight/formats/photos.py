"""The photo that lies under the ink of a file: what goes on with the ink needs it."""

from __future__ import annotations

import base64
import binascii
import re
from typing import NamedTuple

from ..ink import Box

_URL = re.compile(r"data:image/[\w.+-]+;base64,", re.ASCII)


class Photo(NamedTuple):
    """The bytes of a picture's file, and its place in the page's frame."""

    data: bytes
    box: Box


def of_url(url: object) -> bytes | None:
    """The picture in a data URL; None for anything else."""
    head = _URL.match(url) if isinstance(url, str) else None
    return unpacked(url[head.end() :]) if head and isinstance(url, str) else None


def unpacked(content: str) -> bytes | None:
    """What Base64, with line breaks or without, stands for; None for anything else."""
    try:
        return base64.b64decode("".join(content.split()), validate=True) or None
    except (binascii.Error, ValueError):
        return None


def largest(photos: list[Photo]) -> Photo | None:
    """That which covers the most; None without any."""
    return max(photos, key=lambda p: (p.box[2] - p.box[0]) * (p.box[3] - p.box[1]), default=None)
