"""MP4: the writing being written, as a film for chats, slides and video editors. PyAV brings the coder."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from ..errors import lacking, require
from ..ink import Page
from .style import PLAIN, Style

if TYPE_CHECKING:
    from .film import Film


def missing() -> str | None:
    """What to install where PyAV isn't there."""
    return lacking("av", "video", "an MP4")


def dumps(page: Page, style: Style = PLAIN) -> bytes:
    """The page as MP4 (H.264), played as film.film says, over paper where the style wants no background.

    Raises InputError where PyAV isn't installed.
    """
    from .film import film

    movie = film(page, replace(style, background="paper") if style.background == "none" else style)
    with TemporaryDirectory(prefix="inksight-") as folder:
        target = Path(folder, "film.mp4")
        _encode(movie, target)
        return target.read_bytes()


def _encode(movie: Film, target: Path) -> None:
    av = require("av", "video", "an MP4")
    with av.open(target, "w", options={"movflags": "faststart"}) as file:  # it plays while it arrives
        stream = file.add_stream("libx264", rate=Fraction(100, round(100 * movie.seconds)))
        stream.width, stream.height = movie.start.size
        stream.pix_fmt = "yuv420p"  # what every player knows
        for picture, _, seconds in movie.shots():
            pixels = picture.convert("RGB")
            for _ in range(round(seconds / movie.seconds)):
                file.mux(stream.encode(av.VideoFrame.from_image(pixels)))
        file.mux(stream.encode())
