"""What the server does for a request: pictures in, ink out. Runs in worker threads, and knows nothing of HTTP."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from threading import Lock
from typing import Any

import numpy as np
from PIL import Image

from .. import formats, pipeline
from ..errors import InputError
from ..formats import Style
from ..imaging.pictures import Picture, count_pages, open_image, open_picture
from ..ink import Box, Page, Word
from ..ink.frames import Affine
from ..layout import detectors
from ..layout.detection import Detection
from ..options import USUAL_PAGE, PageOptions
from .desk import Ticket
from .limits import Limits

NAME = "the upload"
BOX_MARGIN = 0.6
"""Of a word's height: how much of the picture around its box is looked at."""
SMALLEST_BOX = 4
"""Pixels."""

Tell = Callable[[str, dict[str, Any]], None]
"""Called with the name and the content of an event."""

_opening = Lock()  # PDFium is made for one thread; and large pictures are better decoded one after the other


@dataclass(frozen=True)
class Wish:
    """How a picture is to be converted."""

    options: PageOptions = USUAL_PAGE
    """With `flatten` picture and ink are those of the flat sheet."""
    text: str | None = None
    """What the word says."""
    page: int = 1
    """Of a PDF or TIFF, from 1."""


def prepare() -> None:
    """Load what nearly every picture needs, before the first one comes."""
    pipeline.tracer()
    detectors.load("rapidocr")


def opened(data: bytes, wish: Wish, limits: Limits) -> tuple[Picture, int]:
    """The picture that is to be converted, and how many pages the file has. Raises InputError."""
    with _opening:
        _check_size(data, limits.pixels)
        pages = count_pages(data)
        if pages > limits.pages:
            raise InputError(f"{NAME}: has more than {limits.pages} pages; split it")
        picture = open_picture(data, NAME, page=wish.page - 1)
    if wish.options.flatten:
        picture = Picture.of(pipeline.flat_sheet(picture.pixels).rgb)
    return picture, pages


def _check_size(data: bytes, pixels: int) -> None:
    try:
        with Image.open(io.BytesIO(data)) as picture:
            width, height = picture.size
    except Exception:  # a PDF, or no picture: opening it says so
        return
    if width * height > pixels:
        raise InputError(f"{NAME}: has more than {pixels // 10**6} million pixels; scale it down")


def as_jpeg(picture: Picture) -> bytes:
    """The picture as it is kept and shown: with no more pixels than the pipeline looks at."""
    out, shown = io.BytesIO(), Image.fromarray(picture.pixels)
    shown.thumbnail((pipeline.WORKING_SIDE, pipeline.WORKING_SIDE))
    shown.save(out, "JPEG", quality=88)
    return out.getvalue()


def convert(picture: Picture, wish: Wish, ticket: Ticket, tell: Tell) -> Page:
    """The ink of a page; `tell` gets "boxes" when the words are found and "words" whenever some are traced."""
    flat = replace(wish.options, flatten=False)  # the picture is, since it was opened
    return pipeline.convert(picture, flat, listener=_Watch(ticket, tell))


@dataclass(frozen=True)
class _Watch:
    """A pipeline.Listener that tells, and stops the work when nobody listens."""

    ticket: Ticket
    tell: Tell

    def found(self, boxes: Sequence[Box]) -> None:
        self.ticket.check()
        self.tell("boxes", {"boxes": [list(b) for b in boxes]})

    def traced(self, words: Sequence[Word], done: int, total: int) -> None:
        self.ticket.check()
        self.tell("words", {"words": [as_object(w) for w in words], "done": done, "total": total})


def trace(picture: Picture, wish: Wish, ticket: Ticket, tell: Tell) -> Page:
    """The ink of a picture of one word, of which nothing is told before it is complete."""
    found = pipeline.trace(picture.pixels, wish.options, text=wish.text)
    word = found.transformed(picture.frame)
    return Page.of_words([word] if word.strokes or word.text else [], picture.width, picture.height)


def trace_box(photo: bytes, size: tuple[int, int], box: Box, wish: Wish) -> Word:
    """The ink of one word of a picture of this width and height, of which `photo` may have fewer pixels.

    `box` and ink are in pixels of the picture. Raises InputError for a box outside of it.
    """
    picture = Picture(open_image(photo), *size)
    there = picture.frame.inverse()
    (a, b), (c, d) = there.apply([box[:2], box[2:]]).tolist()
    height, width = picture.pixels.shape[:2]
    margin = BOX_MARGIN * (d - b)
    x0, y0 = max(0, int(a - margin)), max(0, int(b - margin))
    x1, y1 = min(width, int(np.ceil(c + margin))), min(height, int(np.ceil(d + margin)))
    if min(x1 - x0, y1 - y0, c - a, d - b) < SMALLEST_BOX:
        raise InputError("the box lies outside of the picture or is too small; draw it around the word")
    here = Detection((a - x0, b - y0, c - x0, d - y0), wish.text or "", 1.0 if wish.text else 0.0)
    part = np.ascontiguousarray(picture.pixels[y0:y1, x0:x1])
    page = pipeline.convert(part, replace(wish.options, detector=lambda _: [here]))
    word = next((w for w in page.words if w.kind == "word"), Word(box=here.box, confidence=0.0))
    return replace(word.transformed(Affine.translation(x0, y0).then(picture.frame)), text=wish.text or word.text)


def as_object(word: Word) -> dict[str, Any]:
    """The word as the JSON format has it."""
    page = json.loads(formats.dumps(Page.of_words([word], 1, 1), "json"))
    found: dict[str, Any] = page["words"][0]
    return found


def checked(ink: bytes) -> bytes:
    """A document in JSON as the format writes it. Raises InputError for anything else."""
    return formats.dumps(_read(ink), "json")


def rendered(ink: bytes, fmt: str, style: Style, photo: bytes | None, limits: Limits) -> bytes:
    """A document in JSON as a file of another format, over the photo (JPEG) if there is one. Raises InputError."""
    page = _read(ink)
    if page.width * page.height > limits.pixels:
        raise InputError(f"the document: has more than {limits.pixels // 10**6} million pixels; scale it down")
    return formats.dumps(page, fmt, style=style, photo=None if photo is None else open_image(photo))


def _read(ink: bytes) -> Page:
    return formats.loads(ink, "json", name="the document")
