"""Does the page in the browser give the package's ink, and how long does it take?

Words of test writers, drawn as photos, go one by one through inksight.trace and through the page in headless Chromium.

    python -m bench.browser DATA [--words 100] [--runtime ARCHIVE] [--report bench/results/browser.md]
"""

from __future__ import annotations

import argparse
import datetime
import io
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from playwright.sync_api import Page as Tab
from playwright.sync_api import sync_playwright

import inksight
from browser.build import build
from browser.serve import serving
from inksight import formats
from inksight.evaluate import metrics
from inksight.evaluate.sets import Sample, rendered, unipen_words
from inksight.ink import Word
from inksight.ink.curves import distance_to_polyline

_SLOW = 120_000
"""Milliseconds after which a word is given up."""

_READ_SECONDS = "e => Number(e.textContent.match(/([\\d.]+) s$/)[1])"


@dataclass(frozen=True)
class Row:
    """A word's text and ink by the package and by the page."""

    sample: Sample
    ours: Word
    page: Word
    our_seconds: float
    page_seconds: float

    @property
    def apart(self) -> float:
        """Median distance of each ink's points from the other's lines, in pixels of the picture; inf without ink."""
        return apart(self.page, self.ours)


def apart(one: Word, other: Word) -> float:
    """Median distance of each one's points from the other's lines, in pixels; inf where one has no ink, 0 if both."""
    if not (one.strokes and other.strokes):
        return 0.0 if not one.strokes and not other.strokes else float("inf")
    ways = [
        np.min([distance_to_polyline(s.points, t.points) for t in lines.strokes], axis=0)
        for some, lines in ((one, other), (other, one))
        for s in some.strokes
    ]
    return float(np.median(np.concatenate(ways)))


@contextmanager
def in_chromium(archive: Path | None) -> Iterator[Callable[[NDArray[np.uint8]], tuple[Word, float]]]:
    """Traces pictures in the page; with its own measure of the seconds. The model is loaded."""
    program = shutil.which("chromium")
    if program is None:
        sys.exit("chromium is not installed; install it (tests/packages.txt)")
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        build(Path(folder) / "page", archive=archive)
        with serving(Path(folder) / "page") as address:
            browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
            tab = browser.new_page()
            tab.set_default_timeout(_SLOW)
            tab.goto(address)
            tab.wait_for_selector("#status:has-text('loaded')")
            yield lambda rgb: _traced(tab, rgb)
            browser.close()


def _traced(tab: Tab, rgb: NDArray[np.uint8]) -> tuple[Word, float]:
    out = io.BytesIO()
    Image.fromarray(rgb).save(out, "PNG")
    tab.evaluate("document.getElementById('status').textContent = ''")
    tab.set_input_files("#file", {"name": "word.png", "mimeType": "image/png", "buffer": out.getvalue()})
    tab.wait_for_selector("#status:has-text('Done.'), #status[data-kind=bad]")
    if tab.locator("#status[data-kind=bad]").count():
        return Word(), float("nan")
    seconds = float(tab.eval_on_selector("#facts", _READ_SECONDS))
    if not tab.locator("#downloads").is_visible():
        return Word(text=tab.inner_text("#text")), seconds
    with tab.expect_download() as download:
        tab.click("#downloads [data-format=json]")
    return formats.loads(Path(download.value.path()).read_bytes(), "json").words[0], seconds


def measure(samples: Sequence[Sample], archive: Path | None) -> list[Row]:
    """Every word both ways, one after the other, so that a busy machine is as busy for both."""
    rows = []
    with in_chromium(archive) as traced:
        inksight.trace(samples[0].picture)  # loads the model
        traced(samples[0].picture)
        for sample in samples:
            start = time.perf_counter()
            ours = inksight.trace(sample.picture)
            seconds = time.perf_counter() - start
            word, page_seconds = traced(sample.picture)
            rows.append(Row(sample, ours, word, seconds, page_seconds))
    return rows


def report(rows: Sequence[Row]) -> list[str]:
    """The table, and how far the two agree."""
    ways = {"ours": "our_seconds", "page": "page_seconds"}
    pairs = {way: [(r.sample, getattr(r, way)) for r in rows] for way in ways}
    cells = [(name, [score(pairs[way]) for way in ways]) for name, score in _SCORES.items()]
    for name, share in (("median", 50), ("90th percentile", 90)):
        times = [np.nanpercentile([getattr(r, key) for r in rows], share) for key in ways.values()]
        cells.append((f"seconds a word, {name}", [f"{t:.2f}" for t in times]))
    same = np.mean([r.ours.text == r.page.text for r in rows])
    counts = np.mean([len(r.ours.strokes) == len(r.page.strokes) for r in rows])
    distances = np.array([r.apart for r in rows])
    return [
        "| | package | page |",
        "| --- | --- | --- |",
        *(f"| {name} | {ours} | {page} |" for name, (ours, page) in cells),
        "",
        f"Of {len(rows)} words, {same:.0%} have the same text and {counts:.0%} as many strokes in both. Half of the",
        f"points lie within 1 px of the other's lines in {np.mean(distances <= 1):.0%} of the words, within 0.1 px in",
        f"{np.mean(distances <= 0.1):.0%} (median over the words {np.median(distances):.2f} px).",
    ]


def _cer(pairs: Sequence[tuple[Sample, Word]]) -> str:
    return f"{np.mean([metrics.cer(word.text, sample.text) for sample, word in pairs]):.3f}"


def _exact(pairs: Sequence[tuple[Sample, Word]]) -> str:
    return f"{np.mean([word.text == sample.text for sample, word in pairs]):.2f}"


def _ldtw(pairs: Sequence[tuple[Sample, Word]]) -> str:
    known = [(s.strokes, w) for s, w in pairs if s.strokes is not None and w.strokes]
    scores = [metrics.ldtw([np.asarray(s.points, np.float64) for s in w.strokes], truth) for truth, w in known]
    return f"{np.median(scores):.2f} ({np.mean(scores):.2f})"


_SCORES: dict[str, Callable[[Sequence[tuple[Sample, Word]]], str]] = {
    "CER": _cer,
    "words right": _exact,
    "LDTW in % of the ink height, median (mean)": _ldtw,
}


def main() -> None:
    """Measure, print, and write the report where one is asked for."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("data")
    parser.add_argument("--words", type=int, default=100)
    parser.add_argument("--runtime", type=Path, help="the archive that `npm pack` makes of onnxruntime-web")
    parser.add_argument("--report", type=Path)
    options = parser.parse_args()
    rows = measure(rendered(unipen_words(options.data, options.words)), options.runtime)
    load = os.getloadavg()[0] / (os.cpu_count() or 1)
    text = "\n".join(report(rows))
    print(text)
    if options.report:
        head = f"`python -m bench.browser DATA --words {options.words}` on {datetime.date.today()}"
        busy = f"when it ended, {load:.1f} processes wanted each core"
        options.report.write_text(f"# The page in the browser\n\n{head}; {busy}.\n\n{text}\n")


if __name__ == "__main__":
    main()
