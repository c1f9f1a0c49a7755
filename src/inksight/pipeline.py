"""From a picture to ink.

A word: take its ink, trace it. A page: lay it flat, find the words, take each one's ink, trace it, put the strokes
back, in reading order.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple, Protocol, Unpack

from . import threads
from .alphabets import IDEOGRAPH, is_unspaced
from .arrays import Map, Mask, Pixels
from .centerline.skeleton import trace as trace_skeleton
from .imaging import canvas, heap
from .imaging.appearance import measured
from .imaging.crop import Crop
from .imaging.pictures import Picture, Source, binarize, open_picture, open_pictures
from .imaging.raster import paint, pen_width
from .imaging.segmentation import Segmentation, segment
from .imaging.sheet import Sheet, as_it_is
from .ink import Box, Line, Page, Stroke, Word
from .ink.frames import Affine, Chain, Frame
from .layout import detectors, word_filter
from .layout.components import Crops, Inked, crops
from .layout.detection import Detection, Detector, looks
from .layout.dots import without_dots
from .layout.leftover import RADIUS, leftover
from .layout.pen_lines import by_pen
from .layout.reading_order import reading_order
from .layout.tables import cells
from .layout.words import are_print, missed
from .layout.words import words as words_seen
from .options import READING, TOLD_MODE, USUAL_PAGE, USUAL_TRACE, PageChoices, PageOptions, TraceChoices, TraceOptions
from .recognition.clipping import held
from .recognition.language import guessed
from .recognition.models import OTHER_SCRIPTS, is_saved_model, located
from .recognition.predict import Predictor
from .recognition.tracer import Hint, Tracer
from .report import Clock, PageReport, Report, covered

Progress = Callable[[int, int], None]
"""Called with the number of words done and the number of words."""


class Listener(Protocol):
    """Hears of words before the page is complete, in pixels of the given picture. What it raises ends the work."""

    def began(self, step: str) -> None:
        """A step of the work has begun: "sheet", "segmentation", "detection" or "tracing"."""

    def found(self, boxes: Sequence[Box]) -> None:
        """The words have been found."""

    def traced(self, words: Sequence[Word], done: int, total: int) -> None:
        """These words have been traced, `done` of `total` by now; how they look isn't known yet."""


WORKING_SIDE = 2500
"""Larger pictures are reduced to this: the tracer looks at words 64 pixels high, and a 12 megapixel photo would take
three times the time and memory."""

BATCH, CANVAS_PIXELS = 32, 4096
"""A batch has at most so many words, and its canvases, side by side, are at most so wide: time per word falls no more
with larger ones, and memory rises."""

SURE = 0.5
"""A detector's reading with less confidence is no reading."""

LARGE = 0.3
"""A box of this share of the picture's height whose reading is a guess is no word; its ink is a drawing."""


def trace(
    image: Source,
    options: TraceOptions = USUAL_TRACE,
    *,
    text: str | None = None,
    found: Callable[[int], None] = lambda words: None,
    **choices: Unpack[TraceChoices],
) -> Word:
    """A picture of one word -> its ink, in pixels of the picture.

    `image` is a path, bytes, a PIL image or an (H, W[, 3|4]) uint8 array. What `options` say can also be said by
    keyword: `mode` is "derender" (strokes alone), "derender-with-text" (`text` says what is written),
    "recognize-and-derender" (the default) or "recognize" (text alone); `model` another model's name or folder; `fast`
    looks at the word once instead of up to five times; `language` is one of options.LANGUAGES. A blank picture gives a
    word without strokes. `found` is told beforehand about how many words the picture seems to hold: from
    layout.words.PAGE on it is one of a page. Raises InputError for a picture that can't be read, ValueError for a bad
    mode.
    """
    return trace_many([image], replace(options, **choices), texts=[text], found=lambda _, words: found(words))[0]


def trace_many(
    images: Sequence[Source],
    options: TraceOptions = USUAL_TRACE,
    *,
    texts: Sequence[str | None] | None = None,
    found: Callable[[int, int], None] | None = None,
    **choices: Unpack[TraceChoices],
) -> list[Word]:
    """`trace` for several pictures, decoded in batches; `found` is told a picture's place, too."""
    chosen = replace(options, **choices)
    pictures = [open_picture(image) for image in images]
    given = [text or "" for text in texts] if texts is not None else [""] * len(pictures)
    if len(given) != len(pictures):
        raise ValueError(f"{len(given)} texts for {len(pictures)} pictures")
    told = given if chosen.mode == TOLD_MODE else [""] * len(pictures)
    sheets = [as_it_is(picture.pixels, WORKING_SIDE) for picture in pictures]
    seen = [_seen(sheet.rgb) for sheet in sheets]
    if found:
        for i, each in enumerate(seen):
            found(i, len(words_seen(each)))
    inked = [_one_word(each.marks, text) for each, text in zip(seen, told, strict=True)]
    words = _trace(inked, [False] * len(inked), chosen, lambda *_: None) if inked else []
    words = _with_ideographs(words, lambda i: sheets[i].rgb)
    return [
        measured(word, sheet.rgb, each.marks).transformed(Chain((sheet.frame, picture.frame)))
        for word, each, sheet, picture in zip(words, seen, sheets, pictures, strict=True)
    ]


def _with_ideographs(words: Sequence[Word], picture: Callable[[int], Pixels]) -> list[Word]:
    """The words with their Chinese and Japanese characters, which the network sees but can't tell apart, as RapidOCR
    reads them in each word's picture."""
    unread = [i for i, word in enumerate(words) if IDEOGRAPH in word.text]
    out = list(words)
    if unread:
        from .layout.rapidocr import shared

        for i, (text, _) in zip(unread, shared().read([picture(i) for i in unread]), strict=True):
            out[i] = replace(words[i], text=text or words[i].text)
    return out


def _part(rgb: Pixels, box: Box) -> Pixels:
    """What lies in a box of a picture."""
    x0, y0, x1, y1 = (max(round(v), 0) for v in box)
    return rgb[y0 : max(y1, y0 + 1), x0 : max(x1, x0 + 1)]


def tracer(options: TraceOptions = USUAL_TRACE) -> Tracer:
    """What traces words as the options say. A model is loaded once, however it is named. Raises InputError."""
    return _tracer(located(options.model), options.fast, options.language)


@lru_cache(maxsize=4)
def _tracer(folder: Path, fast: bool, language: str | None) -> Tracer:
    if is_saved_model(folder):
        return _released(folder)
    return Tracer(Predictor(folder, fast=fast, language=language))


@lru_cache(maxsize=1)
def _released(folder: Path) -> Tracer:
    """Half a gigabyte, which looks at each word once anyway."""
    from .original.released import Released

    return Tracer(Released(folder))


def convert(
    image: Source | Picture,
    options: PageOptions = USUAL_PAGE,
    *,
    progress: Progress | None = None,
    listener: Listener | None = None,
    taken: Sequence[Stroke] = (),
    report: Report | None = None,
    **choices: Unpack[PageChoices],
) -> Page:
    """The digital ink of a picture of handwriting, in pixels of the picture.

    `image` is a path, the bytes of a file, a PIL image or a uint8 array (H, W[, 3 or 4]); of a PDF, the first page.
    What `options` say can also be said by keyword: `mode`, `model`, `fast` and `language` as in `trace` (a language
    left out is told from the words); `detector` is one of options.DETECTORS or a callable, "none" takes the whole
    picture for one word; with `flatten` the ink is in the frame of the sheet, laid flat and turned upright, at most
    2500 pixels a side (`convert_shown` gives that picture, too).

    Words are in reading order; drawings, arrows and underlines follow in a last line, as words of kind "drawing". A
    blank picture gives a page without lines. Ink under the strokes `taken`, in pixels of the picture, is left out.
    `report` is called with a PageReport: the share of the ink that was traced, what was found, where the time went, and
    boxes of the ink that is left. Raises InputError for what can't be read, ValueError for a bad mode.
    """
    found = convert_shown(image, options, progress=progress, listener=listener, taken=taken, report=report, **choices)
    return found[1]


def convert_pages(
    source: Source,
    options: PageOptions = USUAL_PAGE,
    *,
    progress: Progress | None = None,
    **choices: Unpack[PageChoices],
) -> Iterator[tuple[Pixels, Page]]:
    """`convert_shown` for every page of a PDF or TIFF."""
    for picture in open_pictures(source):
        yield convert_shown(picture, options, progress=progress, **choices)


def convert_shown(
    image: Source | Picture,
    options: PageOptions = USUAL_PAGE,
    *,
    progress: Progress | None = None,
    listener: Listener | None = None,
    taken: Sequence[Stroke] = (),
    report: Report | None = None,
    **choices: Unpack[PageChoices],
) -> tuple[Pixels, Page]:
    """`convert` with the picture that the ink lies over, uint8 (H, W, 3), to be shown as large as the page.

    That is the picture itself, reduced if it has more than 32 million pixels, or with `flatten` the flat sheet.
    """
    heap.keep_small()
    options = replace(options, **choices)
    picture = image if isinstance(image, Picture) else open_picture(image)
    find = detectors.load(options.detector) if isinstance(options.detector, str) else options.detector
    clock = Clock(listener.began) if listener else Clock()
    with clock.on("sheet"):
        sheet = _sheet(picture.pixels, find, options.flatten)
    frame: Frame = Affine() if options.flatten else Chain((sheet.frame, picture.frame))
    with clock.on("segmentation"):
        seen = _seen(sheet.rgb)
        seen = seen if sheet.inside is None else seen.within(sheet.inside)
        if taken:
            seen = seen.within(~_under([s.transformed(frame.inverse()) for s in taken], seen))
    with clock.on("detection"):
        ink, parts, printed = _parts(find, picture.pixels, sheet, seen, options.print)
    mask = binarize(ink)
    if listener and mask.any():
        listener.found([Word(box=c.box).transformed(frame).box for _, c in parts.words])
    with clock.on("tracing"):
        tell = _telling(progress, listener, frame)
        read = printed if options.print == "text" else []
        traced = _traced(sheet.rgb, parts, read, options, tell, trust=not looks(find))
    lines = _in_lines(traced, binarize(seen.maps.max(axis=0)))
    flat = measured(Page(sheet.rgb.shape[1], sheet.rgb.shape[0], lines), sheet.rgb, ink)
    page = flat if options.flatten else flat.transformed(frame, picture.width, picture.height)
    if report:
        every = [c for _, c in (*parts.words, *parts.missed)] + parts.drawings
        left = [Word(box=box).transformed(frame).box for box in leftover(ink, mask, flat.strokes)]
        report(PageReport.of(page, _covered(every, flat, int(mask.sum())), clock.stopped(), left))
    return (sheet.rgb if options.flatten else picture.pixels), page


def untraced(image: Source | Picture, page: Page) -> list[Box]:
    """Boxes of the picture's ink that none of the page's strokes covers, both in pixels of the picture."""
    picture = image if isinstance(image, Picture) else open_picture(image)
    sheet = as_it_is(picture.pixels, WORKING_SIDE)
    frame = Chain((sheet.frame, picture.frame))
    ink = _seen(sheet.rgb).marks
    strokes = [s.transformed(frame.inverse()) for s in page.strokes]
    return [Word(box=box).transformed(frame).box for box in leftover(ink, binarize(ink), strokes)]


def _seen(rgb: Pixels) -> Segmentation:
    """What the network sees in a picture, set right by what only the whole of it tells: the paper's dots, pen lines."""
    return by_pen(without_dots(segment(rgb)))


def _under(strokes: Sequence[Stroke], seen: Segmentation) -> Mask:
    """The pixels whose ink is that of the strokes: bool (H, W)."""
    return paint(seen.marks.shape, strokes, RADIUS * pen_width(binarize(seen.marks)))


def _sheet(rgb: Pixels, find: Detector, flatten: bool) -> Sheet:
    """What the detector and the tracer see. Who knows where the words are speaks of the picture as it is."""
    if flatten or looks(find):
        return flat_sheet(rgb)
    return as_it_is(rgb, WORKING_SIDE)


def flat_sheet(rgb: Pixels) -> Sheet:
    """The sheet that `rgb`, uint8 (H, W, 3), shows, flat and upright, of the size that words are looked for in."""
    from .imaging.rectify import flatten  # brings OpenCV: only when a page is converted
    from .layout.rapidocr import shared

    return flatten(rgb, WORKING_SIDE, shared())


def _parts(
    find: Detector, rgb: Pixels, sheet: Sheet, seen: Segmentation, way: str
) -> tuple[Map, Crops, list[Detection]]:
    """The ink that is to be traced, how it falls into words, and the words that are print; `way` is one of PRINT."""
    if find is detectors.whole_page:
        return seen.marks, Crops([_one_word(seen.marks)] if binarize(seen.marks).any() else [], [], []), []
    found = _detected(find, rgb, sheet, seen) if binarize(seen.marks).any() else []
    is_print = [False] * len(found) if way == "trace" else are_print(found, seen)
    apart = [word for word, so in zip(found, is_print, strict=True) if so]
    ink = seen.without_print([word.box for word in apart])
    words = [word for word, so in zip(found, is_print, strict=True) if not so]
    return ink, crops(ink, binarize(ink), words), apart


def _one_word(ink: Map, text: str = "") -> Inked:
    """A whole picture's ink as that of one word; `text` is what somebody knows it to say."""
    crop = Crop.of(ink).trimmed()
    return Inked(Detection(crop.box, text, float(bool(text))), crop)


def _detected(find: Detector, rgb: Pixels, sheet: Sheet, seen: Segmentation) -> list[Detection]:
    """The words, in pixels of the sheet; to those that a detector finds by looking come those that it missed."""
    found = _believed(_found(find, rgb, sheet), len(sheet.rgb))
    return found + missed(seen, found) if looks(find) else found


def _found(find: Detector, rgb: Pixels, sheet: Sheet) -> Sequence[Detection]:
    """The words, in pixels of the sheet."""
    if looks(find):
        return find(sheet.rgb)
    plain = as_it_is(rgb, WORKING_SIDE)
    to_sheet = Chain((plain.frame, sheet.frame.inverse()))
    return [word.transformed(to_sheet) for word in find(plain.rgb)]


def _believed(words: Sequence[Detection], page_height: int) -> list[Detection]:
    """The detections, each once, without large ones (a whole sheet) whose reading is a guess."""
    found = [w for w in words if not w.text or w.confidence >= SURE or w.height < LARGE * page_height]
    return word_filter.found_once(found)


_Telling = Callable[[Sequence[Word], int, int], None]


def _telling(progress: Progress | None, listener: Listener | None, frame: Frame) -> _Telling:
    """Tells of the words traced last, how many are done, and how many there are."""

    def tell(words: Sequence[Word], done: int, total: int) -> None:
        if progress:
            progress(done, total)
        if listener and words:
            listener.traced([w.transformed(frame) for w in words], done, total)

    return tell


class _Traced(NamedTuple):
    """The words of a page, print among them, as they were found, and its drawings."""

    words: list[Word]
    places: list[Detection]
    drawings: list[Word]


def _traced(
    rgb: Pixels, parts: Crops, printed: Sequence[Detection], options: TraceOptions, tell: _Telling, trust: bool
) -> _Traced:
    """What is on the page that `rgb` shows, in no order; with `trust` every detected word is one, whatever the model
    reads."""
    reads = options.mode in READING
    inked = parts.words + (parts.missed if reads else [])
    drawings = parts.drawings + ([] if reads else [c for _, c in parts.missed])
    seen = [d for d, _ in parts.words]
    unsure = [reads and not trust and x for x in word_filter.doubtful(seen)] + [True] * (len(inked) - len(seen))
    chosen = replace(options, language=options.language or (_language(seen) if reads else None))
    words = _trace(inked, unsure, chosen, tell) if inked else []
    words = _with_ideographs(words, lambda i: _part(rgb, inked[i].word.box))
    kept = [i for i, w in enumerate(words) if not unsure[i] or word_filter.is_word(w, inked[i].word)]
    read = [words[i] for i in kept] + [_as_print(word) for word in printed]
    places = [inked[i].word for i in kept] + list(printed)
    sketches = [_as_drawing(words[i], inked[i].crop) for i in sorted(set(range(len(words))) - set(kept))]
    sketches += [_sketch(c) for c in drawings]
    return _Traced(read, places, sketches)


def _in_lines(traced: _Traced, marks: Mask) -> tuple[Line, ...]:
    """The lines in reading order, drawings in the last. `marks` is all that is on the page, ruling too."""
    where = cells(traced.places, marks)
    lines = [Line(tuple(traced.words[k] for k in line), where[line[0]]) for line in reading_order(traced.places, where)]
    return tuple(lines) + ((Line(tuple(traced.drawings)),) if traced.drawings else ())


def _language(words: Sequence[Detection]) -> str | None:
    """The language of a page by what the detector read; None for English, which the model's own letters know best."""
    found = guessed(map(_reading, words))
    return None if found == "en" else found


def _trace(inked: Sequence[Inked], unsure: Sequence[bool], options: TraceOptions, tell: _Telling) -> list[Word]:
    """The words in pixels of the page, batch by batch in a few threads. Of unsure ones the model isn't told."""
    words: dict[int, Word] = {}
    tell([], 0, len(inked))

    def work(batch: Sequence[int]) -> dict[int, Word]:
        traced = _trace_batch([inked[i] for i in batch], [unsure[i] for i in batch], options)
        return dict(zip(batch, traced, strict=True))

    with closing(threads.each(work, _batches([canvas.width(crop) for _, crop in inked]))) as done:
        for fresh in done:
            words |= fresh
            tell(list(fresh.values()), len(words), len(inked))
    return [words[i] for i in range(len(inked))]


def _batches(widths: Sequence[int]) -> list[list[int]]:
    """Which words to trace together: those with canvases of like width, few enough that all threads have work; wide
    ones first, as the last batch is best a short one. However many threads there are, they are the same: what a word
    is traced with changes its canvas by some blank columns, and so its ink a little."""
    room = min(CANVAS_PIXELS, max(sum(widths) // (2 * threads.MOST), CANVAS_PIXELS // 4))
    waiting = sorted(range(len(widths)), key=lambda i: -widths[i])
    batches = []
    while waiting:
        size = max(1, min(BATCH, room // widths[waiting[0]]))
        batches.append(waiting[:size])
        waiting = waiting[size:]
    return batches


def _trace_batch(inked: Sequence[Inked], unsure: Sequence[bool], options: TraceOptions) -> list[Word]:
    """The words of one batch, each by the model for its script."""
    texts = [_reading(word) for word, _ in inked]
    hints = [
        Hint("" if blind else text, 0.0 if blind else word.confidence, word.letters)
        for (word, _), text, blind in zip(inked, texts, unsure, strict=True)
    ]
    others = [options.model is None and is_unspaced(text) for text in texts]
    words: dict[int, Word] = {}
    for other in set(others):
        # Chinese and Japanese have a model of their own, unless one is chosen.
        chosen = replace(options, model=OTHER_SCRIPTS, language=None) if other else options
        rows = [i for i, here in enumerate(others) if here == other]
        crops, told = [inked[i].crop for i in rows], [texts[i] or None for i in rows]
        traced = tracer(chosen).trace(crops, mode=options.mode, texts=told, hints=[hints[i] for i in rows])
        words |= {i: _on_page(word, crop) for i, word, crop in zip(rows, traced, crops, strict=True)}
    return [words[i] for i in range(len(inked))]


def _reading(word: Detection) -> str:
    """What the detector read, unless it is a guess."""
    return word.text if word.confidence >= SURE else ""


def _on_page(word: Word, crop: Crop) -> Word:
    """The traced word, held to its ink and moved from its crop into the page."""
    strokes = tuple(held(word.strokes, crop.mask))
    return replace(replace(word, strokes=strokes).transformed(crop.frame), box=crop.box)


def _as_print(word: Detection) -> Word:
    """A printed word: its text, no strokes."""
    return Word((), word.text, word.confidence, word.box, kind="print")


def _as_drawing(word: Word, crop: Crop) -> Word:
    """What turned out to be no word: its strokes as the model drew them; where it gave up, as a drawing's are."""
    return _sketch(crop) if word.origin == "skeleton" else replace(word, text="", kind="drawing")


def _sketch(crop: Crop) -> Word:
    """A drawing: strokes without text."""
    strokes = tuple(s.transformed(crop.frame) for s in held(trace_skeleton(crop), crop.mask))
    return Word(strokes, box=crop.box, origin="skeleton", kind="drawing")


def _covered(parts: Sequence[Crop], page: Page, total: int) -> float:
    """The share of the sheet's `total` pixels of ink that lie under a stroke of their part of the page."""
    by_box = {w.box: w.strokes for w in page.words}
    traced = [(c, [s.transformed(c.frame.inverse()) for s in by_box.get(c.box, ())]) for c in parts]
    return covered(traced, total)
