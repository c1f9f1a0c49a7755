"""A page: lay it flat, find the words, take each one's ink, trace it, put the strokes back, in reading order."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import numpy as np

from . import detect
from . import sheet as sheets
from .appearance import measured
from .detect import Detection, Detector
from .detect.components import Crop, crops
from .detect.layout import reading_order
from .detect.ruling import without_ruling
from .frames import Chain, Frame
from .image import Map, Picture, Pixels, Source, binarize, ink_map, open_picture, open_pictures
from .ink import Box, Line, Page, Word
from .sheet import Sheet
from .skeleton import trace as trace_skeleton

if TYPE_CHECKING:
    from .tracer import Tracer

Progress = Callable[[int, int], None]
"""Called with the number of words done and the number of words."""


class Listener(Protocol):
    """Hears of words before the page is complete, in pixels of the given picture. What it raises ends the work."""

    def found(self, boxes: Sequence[Box]) -> None:
        """The words have been found."""

    def traced(self, words: Sequence[Word], done: int, total: int) -> None:
        """These words have been traced, `done` of `total` by now; how they look isn't known yet."""


WORKING_SIDE = 2500
"""Larger pictures are reduced to this: the tracer looks at words 64 pixels high, and a 12 megapixel photo would take
three times the time and memory."""

BATCH = 16
"""Words between two reports of progress."""

SURE = 0.5
"""A detector's reading with less confidence is no reading."""

LARGE = 0.3
"""A box of this share of the picture's height whose reading is a guess is no word; its ink is a drawing."""


def convert(
    image: Source | Picture,
    *,
    mode: str = "recognize-and-derender",
    detector: str | Detector = "rapidocr",
    model: str | Path | None = None,
    progress: Progress | None = None,
    listener: Listener | None = None,
    flatten: bool = False,
) -> Page:
    """The digital ink of a picture of handwriting, in pixels of the picture.

    `image` is a path, the bytes of a file, a PIL image or a uint8 array (H, W[, 3 or 4]); of a PDF, the first page.
    `detector` is one of inksight.detect.NAMES or a callable; "none" takes the whole picture for one word. `model` is a
    folder with a model's files; left out, the one that comes with the package. Words are in reading order; drawings,
    arrows and underlines follow in a last line, as words without text and with the origin "skeleton". A blank picture
    gives a page without lines. With `flatten` the ink is in the frame of the sheet, laid flat and turned upright, at
    most 2500 pixels a side; `convert_shown` gives that picture, too. Raises InputError for what can't be read.
    """
    return convert_shown(
        image, mode=mode, detector=detector, model=model, progress=progress, listener=listener, flatten=flatten
    )[1]


def convert_shown(
    image: Source | Picture,
    *,
    mode: str = "recognize-and-derender",
    detector: str | Detector = "rapidocr",
    model: str | Path | None = None,
    progress: Progress | None = None,
    listener: Listener | None = None,
    flatten: bool = False,
) -> tuple[Pixels, Page]:
    """The same with the picture that the ink lies over, uint8 (H, W, 3), to be shown as large as the page.

    That is the picture itself, reduced if it has more than 32 million pixels, or with `flatten` the flat sheet.
    """
    picture = image if isinstance(image, Picture) else open_picture(image)
    return _convert(picture, mode, detector, model, progress, listener, flatten)


def convert_pages(
    source: Source,
    *,
    mode: str = "recognize-and-derender",
    detector: str | Detector = "rapidocr",
    model: str | Path | None = None,
    progress: Progress | None = None,
    flatten: bool = False,
) -> Iterator[tuple[Pixels, Page]]:
    """`convert_shown` for every page of a PDF or TIFF."""
    for picture in open_pictures(source):
        yield _convert(picture, mode, detector, model, progress, flatten=flatten)


def _convert(
    picture: Picture,
    mode: str,
    detector: str | Detector,
    model: str | Path | None,
    progress: Progress | None,
    listener: Listener | None = None,
    flatten: bool = False,
) -> tuple[Pixels, Page]:
    find = detect.load(detector) if isinstance(detector, str) else detector
    sheet = _sheet(picture.pixels, find, flatten)
    shown, width, height, frame = sheet.rgb, sheet.rgb.shape[1], sheet.rgb.shape[0], Chain()
    if not flatten:
        shown, width, height, frame = picture.pixels, picture.width, picture.height, Chain((sheet.frame, picture.frame))
    ink = without_ruling(ink_map(sheet.rgb))
    if sheet.inside is not None:
        ink = np.where(sheet.inside, ink, np.float32(0))
    mask = binarize(ink)
    if not mask.any():
        return shown, Page(width, height)
    found = _believed(_found(find, picture.pixels, sheet), len(sheet.rgb))
    rgb = sheet.rgb
    cut, drawings = crops(rgb, ink, mask, found)
    inked = [(d, c) for d, c in zip(found, cut, strict=True) if c is not None]
    detections = [d for d, _ in inked]
    if listener:
        listener.found([Word(box=c.box).transformed(frame).box for _, c in inked])
    words = _trace(inked, mode, _tracer(model), _telling(progress, listener, frame)) if inked else []
    lines = [[words[i] for i in line] for line in reading_order(detections)]
    if drawings:
        lines.append([_sketch(c) for c in drawings])
    page = measured(Page(rgb.shape[1], rgb.shape[0], tuple(Line(tuple(line)) for line in lines)), rgb, ink)
    moved = tuple(Line(tuple(w.transformed(frame) for w in line.words)) for line in page.lines)
    return shown, Page(width, height, moved)


def _sheet(rgb: Pixels, find: Detector, flatten: bool) -> Sheet:
    """What the detector and the tracer see. Who knows where the words are speaks of the picture as it is."""
    if flatten or detect.looks(find):
        return sheets.flatten(rgb, WORKING_SIDE)
    return sheets.as_it_is(rgb, WORKING_SIDE)


def _found(find: Detector, rgb: Pixels, sheet: Sheet) -> Sequence[Detection]:
    """The words, in pixels of the sheet."""
    if detect.looks(find):
        return find(sheet.rgb)
    plain = sheets.as_it_is(rgb, WORKING_SIDE)
    to_sheet = Chain((plain.frame, sheet.frame.inverse()))
    return [word.transformed(to_sheet) for word in find(plain.rgb)]


def _tracer(model: str | Path | None) -> Tracer:
    from .tracer import tracer  # loads onnxruntime: not for a blank page

    return tracer(model)


def _believed(words: Sequence[Detection], page_height: int) -> list[Detection]:
    """The detections, those with a guessed reading without it; large ones (a whole sheet) with a guess are left out."""
    believed = []
    for word in words:
        if word.confidence >= SURE or not word.text:
            believed.append(word)
        elif word.height < LARGE * page_height:
            believed.append(replace(word, text="", confidence=0.0))
    return believed


_Telling = Callable[[Sequence[Word], int, int], None]


def _telling(progress: Progress | None, listener: Listener | None, frame: Frame) -> _Telling:
    """Tells of the words traced last, how many are done, and how many there are."""

    def tell(words: Sequence[Word], done: int, total: int) -> None:
        if progress:
            progress(done, total)
        if listener and words:
            listener.traced([w.transformed(frame) for w in words], done, total)

    return tell


def _trace(inked: Sequence[tuple[Detection, Crop]], mode: str, tracer: Tracer, tell: _Telling) -> list[Word]:
    """The words in pixels of the page; words of like width are traced together."""
    order = sorted(range(len(inked)), key=lambda i: inked[i][1].ink.shape[1] / inked[i][1].ink.shape[0])
    words: dict[int, Word] = {}
    tell([], 0, len(order))
    for start in range(0, len(order), BATCH):
        batch = order[start : start + BATCH]
        inks: list[Map] = [inked[i][1].ink for i in batch]
        found = [inked[i][0] for i in batch]
        heard = [(d.text, d.confidence) for d in found]
        traced = tracer.trace_inks(inks, mode=mode, texts=[d.text or None for d in found], heard=heard)
        fresh = {i: _on_page(w, inked[i][1]) for i, w in zip(batch, traced, strict=True)}
        words |= fresh
        tell(list(fresh.values()), len(words), len(order))
    return [words[i] for i in range(len(inked))]


def _on_page(word: Word, crop: Crop) -> Word:
    """The traced word moved from its crop into the page."""
    return replace(word.transformed(crop.frame), box=crop.box)


def _sketch(crop: Crop) -> Word:
    """A drawing: strokes without text."""
    strokes = tuple(s.transformed(crop.frame) for s in trace_skeleton(crop.ink))
    return Word(strokes, box=crop.box, origin="skeleton", kind="drawing")
