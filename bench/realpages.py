"""Real pages with transcripts: what RapidOCR finds and reads on the photo, and on the page as a segmenter cleans it.

    python -m bench.realpages DATA [--pages 24] [--segmenter module:function ...]

A cleaned page is the segmenter's ink, black on white. Pages of held-out hands only (`is_held_out` of the writer, the
volume or the collection). Writes bench/results/realpages.md when no --pages is given.
"""

from __future__ import annotations

import argparse
import io
import json
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields
from itertools import zip_longest
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, ImageDraw

from bench.segmentation.measure import FOUND
from bench.segmentation.segmenters import RULES, load
from inksight.arrays import Labels, Mask, Pixels
from inksight.evaluate.metrics import edit_distance
from inksight.evaluate.sets import is_held_out
from inksight.layout.detection import Detection
from inksight.layout.rapidocr import shared

RESULTS = Path(__file__).parent / "results" / "realpages.md"
PAGES = 24
PHOTO = "photo"
COVERED = 0.5
"""A line is found where words lie along so much of its length."""
BAND = 0.5
"""How far a line's ink may reach beyond its polygon, in heights of the line."""
WHOLE = ("wikitexte", "doniau")
"""Pages by these names are labelled almost whole: ink elsewhere was not written."""

Polygon = list[tuple[float, float]]


@dataclass(frozen=True)
class RealPage:
    """A photo, uint8 (H, W, 3), and its lines: polygons in pixels, and what is written in each."""

    name: str
    rgb: Pixels
    polygons: Sequence[Polygon]
    texts: Sequence[str]


@dataclass
class Sums:
    """What was found on some pages, to be added up. `outside` of the `ink` pixels lie beside the lines."""

    lines: int = 0
    found: int = 0
    characters: int = 0
    edits: float = 0
    ink: int = 0
    outside: int = 0

    def __add__(self, other: Sums) -> Sums:
        return Sums(*(getattr(self, f.name) + getattr(other, f.name) for f in fields(self)))

    @property
    def cells(self) -> str:
        """Lines found, CER, ink outside."""
        outside = f"{100 * self.outside / self.ink:.2f}" if self.ink else ""
        return f"{self.found / self.lines:.3f} | {self.edits / self.characters:.3f} | {outside}"


# --- the pages --------------------------------------------------------------------------------------------------------


def pages(data: Path, count: int | None) -> list[RealPage]:
    """Held-out pages, in turn from each collection: `count` of them, or all."""
    folders = [list(_held_out(path)) for path in sorted((data / "pages").glob("*.zip"))]
    chosen = [row for turn in zip_longest(*folders) for row in turn if row][:count]
    return [_page(path, row) for path, row in chosen]


def _held_out(path: Path) -> Iterator[tuple[Path, dict[str, Any]]]:
    with zipfile.ZipFile(path) as archive:
        for row in map(json.loads, archive.read("index.jsonl").decode("utf-8").splitlines()):
            if is_held_out(row.get("writer") or row.get("volume") or path.stem):
                yield path, row


def _page(path: Path, row: dict[str, Any]) -> RealPage:
    with zipfile.ZipFile(path) as archive:
        rgb = np.asarray(Image.open(io.BytesIO(archive.read(row["file"]))).convert("RGB"))
    lines = [line for line in row["lines"] if len(line["polygon"]) > 2 and line["text"].strip()]
    polygons = [[(float(x), float(y)) for x, y in line["polygon"]] for line in lines]
    return RealPage(f"{path.stem}/{row['file']}", rgb, polygons, [line["text"].strip() for line in lines])


# --- the measures -----------------------------------------------------------------------------------------------------


def read(page: RealPage, words: Sequence[Detection]) -> Sums:
    """How many lines the words cover, and how far each line's words differ from what is written there."""
    where = _numbered(page)
    of_line: dict[int, list[Detection]] = {}
    for word in words:
        x, y = (round(v) for v in _middle(word))
        line = int(where[min(max(y, 0), where.shape[0] - 1), min(max(x, 0), where.shape[1] - 1)])
        of_line.setdefault(line, []).append(word)
    sums = Sums(lines=len(page.texts), characters=sum(map(len, page.texts)))
    for number, (polygon, text) in enumerate(zip(page.polygons, page.texts, strict=True), start=1):
        own = sorted(of_line.get(number, []), key=lambda w: _middle(w)[0])
        sums.found += _covered(polygon, own) >= COVERED
        sums.edits += edit_distance(" ".join(w.text for w in own), text)
    return sums


def _numbered(page: RealPage) -> Labels:
    """For each pixel the number of the line that it lies in, from 1, or 0: int32 (H, W). Polygons win over bands."""
    canvas = Image.new("I", page.rgb.shape[1::-1])
    pen = ImageDraw.Draw(canvas)
    for number, polygon in enumerate(page.polygons, start=1):
        pen.line([*polygon, polygon[0]], fill=number, width=max(1, round(BAND * _height(polygon))))
    for number, polygon in enumerate(page.polygons, start=1):
        pen.polygon(polygon, fill=number)
    return np.asarray(canvas)


def _height(polygon: Polygon) -> float:
    """Of a line: its area over its width."""
    x, y = np.array(polygon).T
    area = abs(float(x @ np.roll(y, 1) - y @ np.roll(x, 1))) / 2
    return area / max(1.0, float(np.ptp(x)))


def _middle(word: Detection) -> tuple[float, float]:
    x0, y0, x1, y1 = word.box
    return (x0 + x1) / 2, (y0 + y1) / 2


def _covered(polygon: Polygon, words: Sequence[Detection]) -> float:
    """The share of a line's width along which it has words."""
    low, high = (f(x for x, _ in polygon) for f in (min, max))
    there = np.zeros(max(1, round(high - low)), bool)
    for word in words:
        there[max(0, round(word.box[0] - low)) : max(0, round(word.box[2] - low))] = True
    return float(there.mean())


def outside(page: RealPage, ink: Mask) -> Sums:
    """The ink that lies in no line nor near one, of pages that are labelled whole."""
    if not Path(page.name).name.startswith(WHOLE):
        return Sums()
    return Sums(ink=int(ink.sum()), outside=int((ink & (_numbered(page) == 0)).sum()))


# --- running ----------------------------------------------------------------------------------------------------------


def measure(page: RealPage, segmenters: Sequence[str]) -> dict[str, Sums]:
    """The photo, and the page cleaned by each segmenter, by name."""
    out = {PHOTO: read(page, shared()(page.rgb))}
    for name in segmenters:
        ink = np.asarray(load(name)(page.rgb)["ink"])
        cleaned = np.repeat(np.rint(255 * (1 - np.clip(ink, 0, 1))).astype(np.uint8)[..., None], 3, axis=2)
        out[name] = read(page, shared()(cleaned)) + outside(page, ink >= FOUND)
    return out


METHOD = """# Real pages, read as they are and cleaned

{count} pages of held-out hands (`python -m bench.realpages DATA`). Lines: the share along at least half of which
RapidOCR finds words. CER: of what it reads within each line's outline; abbreviations and corrections are transcribed in
each source's way, so that it comes nowhere near 0. Outside: per cent of the ink beside all lines, on pages that are
labelled whole.

| pages | | shown | lines found | CER | ink outside, % |
| --- | ---: | --- | ---: | ---: | ---: |
"""


def table(results: Sequence[tuple[RealPage, dict[str, Sums]]]) -> str:
    """Markdown: all pages, then each collection, with a row for each picture that was read."""
    collections = sorted({page.name.split("/")[0] for page, _ in results})
    text = METHOD.format(count=len(results))
    for group in ["", *collections]:
        rows = [sums for page, sums in results if page.name.startswith(group)]
        for shown in rows[0]:
            total = sum((r[shown] for r in rows), Sums())
            text += f"| {group or '**all**'} | {len(rows)} | {shown} | {total.cells} |\n"
    return text


def main() -> None:
    """Measure, print, write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("--pages", type=int, help=f"so many; left out: {PAGES}, and the results are written")
    parser.add_argument("--segmenter", action="append", metavar="MODULE:FUNCTION", help="several times: each a row")
    options = parser.parse_args()
    results = []
    for page in pages(options.data, options.pages or PAGES):
        results.append((page, measure(page, options.segmenter or [RULES])))
        print(page.name, *(f"{name}: {s.cells}" for name, s in results[-1][1].items()), flush=True)
    print(table(results))
    if options.pages is None:
        RESULTS.write_text(table(results), "utf-8")


if __name__ == "__main__":
    main()
