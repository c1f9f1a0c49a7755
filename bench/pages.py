"""How well whole pages come out: words, reading order, text, strokes, time and memory, on the pages of sheets.py.

    python -m bench.pages DATA                          # all pages, with RapidOCR: bench/results/pages.md
    python -m bench.pages DATA --detector tesseract     # another detector beside it
    python -m bench.pages DATA --pages 4 12 --overlay /tmp/look

DATA is the folder of the evaluation's data (train/README.md). Linux tells the peak memory of each page.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Sequence
from dataclasses import dataclass, fields
from itertools import pairwise
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

import inksight
from inksight import pipeline
from inksight.errors import InputError
from inksight.evaluate.metrics import cer
from inksight.imaging.raster import distance
from inksight.ink import Box, Page, Word
from inksight.ink.curves import resample
from inksight.report import PageReport

from .sheets import Block, Sheet, pages

RESULTS = Path(__file__).parent / "results" / "pages.md"
SAME = 0.5
"""Boxes whose intersection over union is at least this are the same word."""
NEAR = 2.0
"""Pixels between a stroke and the ink."""


@dataclass
class Scores:
    """One page, or all of them: sums, from which the shares follow."""

    name: str
    truth: int = 0
    found: int = 0
    recalled: int = 0
    right: int = 0
    neighbours: int = 0
    torn: int = 0
    """Neighbours in a line or from line to line that aren't neighbours in the page's order."""
    edits: float = 0
    characters: int = 0
    strokes: int = 0
    near: int = 0
    drawings: int = 0
    drawn: int = 0
    """Drawings of which a drawing covers at least half."""
    covered: float = 0
    sheet: float = 0
    segmentation: float = 0
    detection: float = 0
    tracing: float = 0
    rest: float = 0
    cpu: float = 0
    peak: float = 0
    """MB."""

    def __add__(self, other: Scores) -> Scores:
        sums = {f.name: getattr(self, f.name) + getattr(other, f.name) for f in fields(self) if f.name != "name"}
        return Scores(self.name, **sums | {"peak": max(self.peak, other.peak)})

    def row(self, pages: int = 1) -> str:
        """A row of the table; times and coverage are means over the pages."""
        steps = ("sheet", "segmentation", "detection", "tracing", "rest")
        times = " | ".join(f"{getattr(self, k) / pages:.1f}" for k in steps)
        return (
            f"| {self.name} | {self.truth} | {_share(self.recalled, self.truth)} | {_share(self.right, self.found)} "
            f"| {self.torn} / {self.neighbours} | {_share(self.edits, self.characters)} "
            f"| {_share(self.near, self.strokes)} | {self.covered / pages:.3f} | {self.drawn} / {self.drawings} "
            f"| {times} | {self.cpu / pages:.1f} | {self.peak:.0f} |"
        )


HEAD = """\
| page | words | recall | precision | order torn | CER | strokes within 2 px | ink covered | drawings | sheet, s \
| segmentation, s | detection, s | tracing, s | rest, s | CPU, s | peak, MB |
| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |"""


def _share(part: float, whole: float) -> str:
    return f"{part / whole:.3f}" if whole else ""


def score(sheet: Sheet, page: Page, report: PageReport, cpu: float, peak: float) -> Scores:
    """A page beside its truth."""
    words = [w for w in page.words if w.kind == "word"]
    truth = sheet.words
    boxes = [w.ink_box for w in words]
    same = overlaps([w.box for w in truth], boxes)
    marks = overlaps([m.box for m in sheet.marks], boxes).max(axis=0, initial=0) >= SAME
    match = {int(j): int(i) for i, j in zip(*np.nonzero(same >= SAME), strict=True)}  # found word -> true word
    neighbours, torn = _order(sheet, [match[j] for j in range(len(words)) if j in match])
    edits, characters = _text_errors(sheet, page.text, [match[j] for j in range(len(words)) if j in match])
    near = _near(sheet.mask, page)
    drawn = [w for w in page.words if w.kind == "drawing"]
    return Scores(
        sheet.name,
        truth=len(truth),
        found=len(words) - int(marks.sum()),
        recalled=int((same.max(axis=1, initial=0) >= SAME).sum()),
        right=int(((same.max(axis=0, initial=0) >= SAME) & ~marks).sum()),
        neighbours=neighbours,
        torn=torn,
        edits=edits,
        characters=characters,
        strokes=len(near),
        near=sum(near),
        drawings=len(sheet.drawings),
        drawn=sum(_is_drawn(np.concatenate(d.strokes), drawn) for d in sheet.drawings),
        covered=report.covered,
        cpu=cpu,
        peak=peak,
        **report.seconds,
    )


def overlaps(a: Sequence[Box], b: Sequence[Box]) -> NDArray[np.float64]:
    """Intersection over union of each pair of boxes: float64 (n, m)."""
    left, right = np.array(a, float).reshape(-1, 1, 4), np.array(b, float).reshape(1, -1, 4)
    low, high = np.maximum(left[..., :2], right[..., :2]), np.minimum(left[..., 2:], right[..., 2:])
    both = np.maximum(high - low, 0).prod(axis=2)
    areas = [(boxes[..., 2:] - boxes[..., :2]).prod(axis=2) for boxes in (left, right)]
    return np.asarray(both / np.maximum(areas[0] + areas[1] - both, 1e-9))


def _order(sheet: Sheet, found: Sequence[int]) -> tuple[int, int]:
    """How many true neighbours were both found, and how many of them don't follow each other in the page's order."""
    ids = iter(range(len(sheet.words)))
    blocks = [[next(ids) for line in block.lines for _ in line] for block in sheet.blocks]
    if sheet.ordered:
        blocks = [[i for block in blocks for i in block]]
    there = set(found)
    pairs = [p for block in blocks for p in pairwise([i for i in block if i in there])]
    follows = set(pairwise(found))
    return len(pairs), sum(p not in follows for p in pairs)


def _text_errors(sheet: Sheet, text: str, found: Sequence[int]) -> tuple[float, int]:
    """Edits between the page's text and the true one, and that one's length; free blocks count in the order found."""
    blocks = sheet.blocks
    if not sheet.ordered:
        ids, place = 0, {w: k for k, w in enumerate(found)}
        firsts = []
        for block in blocks:
            own = range(ids, ids + sum(map(len, block.lines)))
            firsts.append(min((place[i] for i in own if i in place), default=len(place)))
            ids = own.stop
        blocks = [blocks[k] for k in np.argsort(firsts, kind="stable").tolist()]
    truth = "\n".join(_lines(b) for b in blocks)
    return cer(text, truth) * len(truth), len(truth)


def _lines(block: Block) -> str:
    return "\n".join(" ".join(w.text for w in line) for line in block.lines)


def _near(mask: NDArray[np.bool_], page: Page) -> list[bool]:
    """For each stroke whether all of it lies within 2 px of the ink."""
    away = distance(mask)
    h, w = mask.shape
    out = []
    for stroke in page.strokes:
        x, y = np.floor(resample(stroke.points, 0.5)).astype(int).T
        out.append(bool((away[y.clip(0, h - 1), x.clip(0, w - 1)] <= NEAR).all()))
    return out


def _is_drawn(points: NDArray[np.float64], drawings: Sequence[Word]) -> bool:
    """Whether drawings come near most of these points."""
    strokes = [resample(s.points, 2.0) for d in drawings for s in d.strokes]
    if not strokes:
        return False
    cells = {(int(x) // 8, int(y) // 8) for x, y in np.concatenate(strokes)}
    near = {(x + i, y + j) for x, y in cells for i in (-1, 0, 1) for j in (-1, 0, 1)}
    return bool(np.mean([(int(x) // 8, int(y) // 8) in near for x, y in points]) >= SAME)


# --- running ----------------------------------------------------------------------------------------------------------


def convert(picture: NDArray[np.uint8], detector: str) -> tuple[Page, PageReport, float, float]:
    """The page, its report, the seconds of processor time, and the peak of the process's memory meanwhile in MB."""
    reports: list[PageReport] = []
    _reset_peak()
    start = time.process_time()
    page = pipeline.convert(picture, detector=detector, report=reports.append)
    return page, reports[0], time.process_time() - start, _peak()


def _reset_peak() -> None:
    Path("/proc/self/clear_refs").write_text("5", "ascii")


def _peak() -> float:
    status = Path("/proc/self/status").read_text("ascii")
    return int(status.split("VmHWM:")[1].split()[0]) / 1e3


def overlay(sheet: Sheet, page: Page, path: Path) -> None:
    """The strokes over the dimmed page, with true boxes (green), words (red) and drawings (blue)."""
    image = Image.fromarray((sheet.picture // 2 + 127).astype(np.uint8))
    pen = ImageDraw.Draw(image)
    for piece in sheet.words:
        pen.rectangle(piece.box, outline=(0, 160, 0), width=2)
    for word in page.words:
        color = (220, 0, 0) if word.kind == "word" else (0, 0, 220)
        pen.rectangle(word.ink_box, outline=color, width=1)
        pen.text((word.ink_box[0], word.ink_box[1] - 11), f"{word.text} {word.confidence:.2f}", fill=(190, 0, 190))
        for stroke in word.strokes:
            pen.line([tuple(p) for p in stroke.points.tolist()], fill=color, width=2)
    image.save(path)


def main() -> None:
    """Measure, print, write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("--detector", action="append", help="rapidocr (default), tesseract, ...; several times")
    parser.add_argument("--pages", type=int, nargs="+", help="their numbers; only all pages are written to the results")
    parser.add_argument("--overlay", type=Path, help="a folder for pictures of the strokes over the pages")
    options = parser.parse_args()
    warm = np.full((64, 64, 3), 255, np.uint8)
    warm[20:40, 20:24] = 0
    sections = []
    for detector in options.detector or ["rapidocr"]:
        try:
            pipeline.convert(warm, detector=detector)  # models are loaded once
        except InputError as error:
            print(f"{detector}: left out ({error})")
            continue
        rows = []
        for sheet in pages(options.data, options.pages):
            page, *measured = convert(sheet.picture, detector)
            rows.append(score(sheet, page, *measured))
            print(rows[-1].row(), flush=True)
            if options.overlay:
                options.overlay.mkdir(parents=True, exist_ok=True)
                overlay(sheet, page, options.overlay / f"{detector}-{sheet.name[:2]}.png")
        total = sum(rows, Scores("all"))
        sections.append("\n".join([f"## {detector}", "", HEAD, total.row(len(rows)), *(r.row() for r in rows), ""]))
    text = "\n".join(["# Whole pages", "", _method(), "", *sections])
    print(text)
    if not options.pages:
        RESULTS.parent.mkdir(exist_ok=True)
        RESULTS.write_text(text, "utf-8")


def _method() -> str:
    return f"""\
Version {inksight.__version__}, {time.strftime("%Y-%m-%d")}. Pages made by bench/sheets.py from words of UNIPEN's test
and validation writers; `python -m bench.pages DATA`. Recall and precision of words at an intersection over union of
0.5; order torn: neighbours in reading order that don't follow each other; CER of the page's whole text; times are means
for a page, by the clock (CPU: of the processor, all cores); peak is the process's highest memory while it works."""


if __name__ == "__main__":
    main()
