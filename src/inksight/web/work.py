"""What the server does for a request: pictures in, ink out. Runs in worker threads, and knows nothing of HTTP."""

from __future__ import annotations

import io
import json
import time
import zipfile
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from threading import Lock
from typing import Any

import numpy as np
from PIL import Image

from .. import formats, pipeline
from ..arrays import Pixels
from ..errors import InputError
from ..formats import Style
from ..formats.photos import Photo
from ..imaging.pictures import Picture, count_pages, open_image, open_picture
from ..ink import Box, Page, Stroke, Word
from ..ink.frames import Affine
from ..layout.detection import Detection
from ..options import USUAL_PAGE, PageOptions
from ..report import PageReport
from .desk import Ticket
from .limits import Limits
from .rates import Rates
from .store import Result

NAME = "the upload"
BOX_MARGIN = 0.6
"""Of a word's height: how much of the picture around its box is looked at."""
MOSTLY = 0.5
"""A word of whose box a larger share lies in another box is the word of that."""
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
    most_words: int = 0
    """A picture with more isn't traced; 0: any number."""


class TooMany(Exception):
    """A picture has more words than the wish allows; tracing them would take so many seconds."""

    def __init__(self, words: int, seconds: float) -> None:
        super().__init__(f"{words} words were found, more than most_words allows; they would take {seconds:.0f} s")
        self.words, self.seconds = words, seconds


RATES = Rates()
"""Of this machine."""

USUAL_WORDS = 40
"""Of a page whose words aren't counted yet."""


def prepare() -> None:
    """Load what nearly every picture needs, before the first one comes."""
    from ..layout.rapidocr import shared

    pipeline.tracer()
    shared().prepare()


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


def convert(picture: Picture, wish: Wish, ticket: Ticket, tell: Tell) -> tuple[Page, list[Box]]:
    """The ink of a page, and boxes of what was left out.

    `tell` gets "step" when one begins, "boxes" when the words are found and "words" whenever some are traced.
    """
    watch, reports = _Watch(picture, wish, ticket, tell), list[PageReport]()
    flat = replace(wish.options, flatten=False)  # the picture is, since it was opened
    page = pipeline.convert(picture, flat, listener=watch, report=reports.append)
    watch.learn(reports[0])
    return page, list(reports[0].untraced)


class _Watch:
    """A pipeline.Listener that tells, and stops the work when nobody listens."""

    def __init__(self, picture: Picture, wish: Wish, ticket: Ticket, tell: Tell) -> None:
        self.wish, self.ticket, self.tell = wish, ticket, tell
        self.megapixels = picture.pixels.shape[0] * picture.pixels.shape[1] / 1e6
        self.words = 0

    def began(self, step: str) -> None:
        self.ticket.renew()
        self.tell("step", {"step": step, "seconds": RATES.expected(self.megapixels, self.words or USUAL_WORDS)})

    def found(self, boxes: Sequence[Box]) -> None:
        self.ticket.check()
        self.words = len(boxes)
        if 0 < self.wish.most_words < len(boxes):
            raise TooMany(len(boxes), RATES.expected(self.megapixels, len(boxes))["tracing"])
        self.tell("boxes", {"boxes": [list(b) for b in boxes]})

    def traced(self, words: Sequence[Word], done: int, total: int) -> None:
        self.ticket.renew()
        self.tell("words", {"words": [as_object(w) for w in words], "done": done, "total": total})

    def learn(self, report: PageReport) -> None:
        """How long it took."""
        for step in RATES.seconds:
            RATES.learn(step, self.words if step == "tracing" else self.megapixels, report.seconds.get(step, 0.0))


def trace(picture: Picture, wish: Wish, ticket: Ticket, tell: Tell) -> tuple[Page, list[Box]]:
    """The ink of a picture of one word, of which nothing is told before it is complete."""

    def counted(words: int) -> None:
        if 0 < wish.most_words < words:
            raise TooMany(words, RATES.expected(0.0, words)["tracing"])

    found = pipeline.trace(picture.pixels, wish.options, text=wish.text, found=counted)
    word = found.transformed(picture.frame)
    return Page.of_words([word] if word.strokes or word.text else [], picture.width, picture.height), []


def trace_box(kept: Result, box: Box, wish: Wish, instead_of: Sequence[int] | None = None) -> Word:
    """The ink of one word of a result's picture. What belongs to its words is left out, but for those `instead_of`:
    where None are named, those that lie in the box for the most part.

    `box` and ink are in pixels of the picture. Raises InputError for a box outside of it.
    """
    if not kept.photo:
        raise InputError("this ink came without its photo, so nothing can be traced on it; draw the word instead")
    page = _read(kept.ink) if kept.ink else Page(*kept.extent)
    if instead_of is None:
        instead_of = [i for i, w in enumerate(page.words) if _share(w.box, box) > MOSTLY]
    taken = [s for i, w in enumerate(page.words) if i not in instead_of for s in w.strokes]
    picture = Picture(open_image(kept.photo), *map(round, kept.extent))
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
    frame = Affine.translation(x0, y0).then(picture.frame)
    here_taken = [s for s in (t.transformed(frame.inverse()) for t in taken) if _touches(s, (0, 0, x1 - x0, y1 - y0))]
    options = replace(wish.options, detector=lambda _: [here], print="trace")  # whoever draws a box wants its ink
    found = pipeline.convert(part, options, taken=here_taken)
    word = next((w for w in found.words if w.kind == "word"), Word(box=here.box, confidence=0.0))
    return replace(word.transformed(frame), text=wish.text or word.text)


def _share(inner: Box, outer: Box) -> float:
    """The part (0..1) of the first box's area that lies in the second."""
    width = min(inner[2], outer[2]) - max(inner[0], outer[0])
    height = min(inner[3], outer[3]) - max(inner[1], outer[1])
    return max(0.0, width) * max(0.0, height) / max(1e-9, (inner[2] - inner[0]) * (inner[3] - inner[1]))


def _touches(stroke: Stroke, box: Box) -> bool:
    (a, b, c, d), (x0, y0, x1, y1) = stroke.box, box
    return a <= x1 and c >= x0 and b <= y1 and d >= y0


def opened_ink(data: bytes, name: str, limits: Limits) -> list[Result]:
    """The pages of a file of ink, whose name's ending tells the format, over their photos where the file holds them.
    What of the ink there is left out is told of a file with one page.

    Raises InputError for what can't be read.
    """
    fmt = formats.format_of(name)
    pages = formats.loads_pages(data, fmt, name=name)
    if len(pages) > limits.pages:
        raise InputError(f"{name}: has more than {limits.pages} pages; split it")
    found = []
    for number, (page, photo) in enumerate(zip(pages, formats.photos(data, fmt, name=name), strict=True), start=1):
        title = Path(name).stem + (f"-{number}" if len(pages) > 1 else "")
        picture = None
        if photo is not None:
            _check_size(photo.data, limits.pixels)
            with suppress(InputError):  # a picture that can't be read: the ink is there all the same
                page, picture = _over(page, photo, open_image(photo.data, name))
        shown = as_jpeg(picture) if picture else b""
        left = pipeline.untraced(picture, page) if picture and len(pages) == 1 else []
        found.append(Result(shown, (page.width, page.height), formats.dumps(page, "json"), title, left))
    return found


def _over(page: Page, photo: Photo, pixels: Pixels) -> tuple[Page, Picture]:
    """The page as it lies over its photo: in the photo's pixels, unless the photo fills the page and is no finer."""
    (x0, y0, x1, y1), (height, width) = photo.box, pixels.shape[:2]
    if photo.box != (0.0, 0.0, page.width, page.height) or width > page.width:
        frame = Affine.translation(-x0, -y0).then(Affine.scaling(width / (x1 - x0), height / (y1 - y0)))
        page = page.transformed(frame, width, height)
    return page, Picture(pixels, round(page.width), round(page.height))


def bundled(results: Sequence[Result], fmt: str, style: Style, *, packed: bool) -> bytes:
    """Several results as one file of the format, or `packed`, as a zip with a file for each. Raises InputError."""
    pages = [_read(r.ink) for r in results]
    styles = [replace(style, photo=open_image(r.photo) if r.photo else None, name=r.title) for r in results]
    if not packed:
        return formats.dumps_pages(pages, fmt, styles=styles)
    out, used = io.BytesIO(), Counter[str]()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for result, page, own in zip(results, pages, styles, strict=True):
            used[result.title] += 1
            again = f" ({used[result.title]})" if used[result.title] > 1 else ""
            entry = zipfile.ZipInfo(f"{result.title}{again}.{formats.ending(fmt)}", time.gmtime()[:6])
            archive.writestr(entry, formats.dumps(page, fmt, style=own))
    return out.getvalue()


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
