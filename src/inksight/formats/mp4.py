"""MP4: the writing being written, as a film for chats, slides and video editors. The program FFmpeg makes it."""

from __future__ import annotations

import shutil
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from subprocess import PIPE, Popen
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from ..errors import InputError
from ..ink import Page
from .style import PLAIN, Style

if TYPE_CHECKING:
    from .film import Film


def dumps(page: Page, style: Style = PLAIN) -> bytes:
    """The page as MP4, played as film.film says, over paper where the style wants no background: a film has one.

    Raises InputError where there is no FFmpeg.
    """
    from .film import film

    ffmpeg = shutil.which("ffmpeg")
    if ffmpeg is None:
        raise InputError("an MP4 is made by the program ffmpeg: install it, or choose .gif, .apng or .webp")
    movie = film(page, replace(style, background="paper") if style.background == "none" else style)
    with TemporaryDirectory(prefix="inksight-") as folder:
        target = Path(folder, "film.mp4")
        _encode(movie, ffmpeg, target)
        return target.read_bytes()


def _encode(movie: Film, ffmpeg: str, target: Path) -> None:
    width, height = movie.start.size
    command = [
        ffmpeg, "-v", "error", "-f", "rawvideo", "-pix_fmt", "rgb24", "-video_size", f"{width}x{height}",
        "-framerate", f"100/{round(100 * movie.seconds)}", "-i", "-",
        "-pix_fmt", "yuv420p", "-movflags", "+faststart", str(target),
    ]  # fmt: skip
    with Popen(command, stdin=PIPE, stderr=PIPE) as process:
        assert process.stdin is not None
        with suppress(BrokenPipeError):  # FFmpeg says below why it gave up
            for picture, _, seconds in movie.shots():
                pixels = picture.convert("RGB").tobytes()
                for _ in range(round(seconds / movie.seconds)):
                    process.stdin.write(pixels)
        _, errors = process.communicate()
    if process.returncode:
        raise InputError(f"ffmpeg could not make the MP4: {' '.join(errors.decode(errors='replace').split())}")
