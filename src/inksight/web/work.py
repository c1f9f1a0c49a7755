"""What the server does for a request: pictures in, ink out. Runs in worker threads, and knows nothing of HTTP."""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from PIL import Image

from .. import formats, pipeline, tracer
from ..detect import Detection
from ..errors import InputError
from ..formats import Style
from ..geometry import Affine
from ..image import Pixels, count_pages, open_image
from ..ink import Box, Page, Word
from .desk import Ticket

NAME = "the upload"
MARGIN = 0.6
"""Of a word's height: how much of the picture around its box is looked at."""

Tell = Callable[[str, dict[str, Any]], None]
"""Called with the name and the content of an event."""


@dataclass(frozen=True)
class Wish:
    """How a picture is to be converted."""

    mode: str = "recognize-and-derender"
    text: str | None = None
    detector: str = "rapidocr"
    model: str | None = None
    page: int = 0
    """Of a PDF or TIFF, from 0."""


def opened(data: bytes, page: int, pixels: int) -> tuple[Pixels, int]:
    """The picture of an uploaded file's page, and how many pages there are. Raises InputError."""
    _check_size(data, pixels)
    return open_image(data, NAME, page=page), count_pages(data)


def _check_size(data: bytes, pixels: int) -> None:
    try:
        with Image.open(io.BytesIO(data)) as picture:
            width, height = picture.size
    except Exception:  # a PDF, or no picture: opening it says so
        return
    if width * height > pixels:
        raise InputError(f"{NAME}: has more than {pixels // 10**6} million pixels; scale it down")


def as_jpeg(rgb: Pixels) -> bytes:
    """The picture as it is kept and shown."""
    out = io.BytesIO()
    Image.fromarray(rgb).save(out, "JPEG", quality=88)
    return out.getvalue()


def convert(rgb: Pixels, wish: Wish, ticket: Ticket, tell: Tell) -> Page:
    """The ink of a page; `tell` gets "boxes" when the words are found and "words" whenever some are traced."""
    watch = _Watch(ticket, tell)
    return pipeline.convert(rgb, mode=wish.mode, detector=wish.detector, model=wish.model, listener=watch)


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


def trace(rgb: Pixels, wish: Wish) -> Page:
    """The ink of a picture of one word."""
    word = tracer.trace(rgb, mode=wish.mode, text=wish.text, model=wish.model)
    height, width = rgb.shape[:2]
    return Page.of_words([word] if word.strokes or word.text else [], width, height)


def trace_box(rgb: Pixels, box: Box, wish: Wish) -> Word:
    """The ink of one word of a page, in pixels of the page. Raises InputError for a box outside of the picture."""
    height, width = rgb.shape[:2]
    margin = MARGIN * (box[3] - box[1])
    x0, y0 = max(0, int(box[0] - margin)), max(0, int(box[1] - margin))
    x1, y1 = min(width, int(np.ceil(box[2] + margin))), min(height, int(np.ceil(box[3] + margin)))
    if min(x1 - x0, y1 - y0) < 4:
        raise InputError("the box lies outside of the picture or is too small; draw it around the word")
    here = Detection((box[0] - x0, box[1] - y0, box[2] - x0, box[3] - y0), wish.text or "", 1.0 if wish.text else 0.0)
    part = np.ascontiguousarray(rgb[y0:y1, x0:x1])
    page = pipeline.convert(part, mode=wish.mode, detector=lambda _: [here], model=wish.model)
    word = next((w for w in page.words if w.kind == "word"), Word(box=here.box, confidence=0.0))
    return replace(word.transformed(Affine.translation(x0, y0)), text=wish.text or word.text)


def as_object(word: Word) -> dict[str, Any]:
    """The word as the JSON format has it."""
    import json

    page = json.loads(formats.dumps(Page.of_words([word], 1, 1), "json"))
    found: dict[str, Any] = page["words"][0]
    return found


def rendered(ink: bytes, fmt: str, style: Style) -> bytes:
    """A document in JSON as a file of another format. Raises InputError."""
    return formats.dumps(formats.loads(ink, "json", name="the document"), fmt, style=style)
