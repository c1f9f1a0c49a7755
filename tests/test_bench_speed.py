"""The measuring of speed and its report, on made-up figures; what is timed is tested where it lives."""

import copy
import math
from xml.etree import ElementTree

import numpy as np
import pytest

from bench.speed import measure, report
from bench.speed.__main__ import of_length
from inksight.formats.dataset import PackedInk


def row(seconds, **more):
    return {"seconds": seconds, "peak_mb": 200.0} | more


@pytest.fixture
def found():
    """Results as bench.speed leaves them in its file."""
    ours = {
        "load": {"load": 0.15, "import": 0.2, "size_mb": 7.8, "peak_mb": 100.0},
        "words, 1 threads, batch as on a page": row(0.05),
        "words, 2 threads, batch as on a page": row(0.03),
        "page, 2 threads": row(4.5, first=6.25, tracing=0.0271, words=48),
    }
    return {
        "machine": {"processor": "Abacus", "processors": 2, "load": 0.1},
        "quick": False,
        "tokens": 300,
        "startup": {"inksight --help": 0.25},
        "package_mb": 15.0,
        "models": {"words-v1": ours},
        "lengths": {"2": row(0.02), "20": row(0.1)},
        "counts": {"4": row(0.1), "8": row(0.05)},
        "pixels": {"0.5": row(2.0, megapixels=3.0), "1.0": row(4.0, megapixels=12.0)},
        "classical": {"skeleton": row(0.008), "sknw": {"failed": "no module named sknw"}},
        "original": {"torch, 1 threads": row(14.0), "onnx, 1 threads": row(9.0), "cuda, 1 threads": row(2.0)},
        "minutes": 8.0,
    }


def test_ratio_is_to_the_best_on_the_same_number_of_threads(found):
    assert report.ratios(found)["1 threads"] == pytest.approx(180)
    found["original"]["onnx, 2 threads"] = row(6.0)
    assert report.ratios(found)["2 threads"] == pytest.approx(200)
    tracing = found["models"]["words-v1"]["page, 2 threads"]["tracing"]
    assert report.ratios(found)["2 threads on a page"] == pytest.approx(6.0 / tracing)


def test_page_says_what_was_found(found):
    text = report.page(found)
    assert "180 times less with 1 threads" in text
    assert "| words-v1: words, 1 threads, batch as on a page | 50.0 | 200 |" in text
    assert "| the original's shape: onnx, 1 threads | 9,000.0 | 200 |" in text
    assert "| words-v1: page, 2 threads | 4.50 | 6.25 | 27.1 | 200 |" in text
    assert "not measured: no module named sknw" in text
    assert "a trial" not in text
    assert "a trial" in report.page(found | {"quick": True})


def test_nothing_of_the_original_measured(found):
    found["original"] = {"torch, 1 threads": {"failed": "No module named 'torch'"}}
    assert report.ratios(found) == {}
    assert "times less" not in report.page(found)


def test_report_and_plots_are_written(found, tmp_path):
    report.write(found, tmp_path / "docs" / "performance.md")
    text = (tmp_path / "docs" / "performance.md").read_text()
    pictures = sorted(p.name for p in (tmp_path / "docs").glob("*.svg"))
    assert len(pictures) == 4
    assert all(f"({name})" in text for name in pictures)
    for name in pictures:
        ElementTree.parse(tmp_path / "docs" / name)


def test_line_goes_through_its_points(found):
    svg = report.plots(found)["performance-pixels.svg"]
    circles = [e for e in ElementTree.fromstring(svg).iter() if e.tag.endswith("circle")]
    (x0, y0), (x1, y1) = [(float(c.get("cx")), float(c.get("cy"))) for c in circles]
    assert (x1 - 60) == pytest.approx(4 * (x0 - 60), abs=0.3)  # 12 and 3 megapixels
    assert (230 - y1) == pytest.approx(2 * (230 - y0), abs=0.3)  # 4 and 2 seconds


def test_words_together_are_shown_as_their_sum(found):
    circles = ElementTree.fromstring(report.plots(found)["performance-count.svg"])
    heights = [230 - float(c.get("cy")) for c in circles.iter() if c.tag.endswith("circle")]
    assert heights[0] == pytest.approx(heights[1])  # 4 x 0.1 s and 8 x 0.05 s


def test_bars_are_logarithmic():
    svg = ElementTree.fromstring(report.bars_svg([("a", 1.0), ("b < c", 10.0), ("d", 100.0)], "ms"))
    widths = [float(e.get("width")) for e in svg.iter() if e.tag.endswith("rect")][1:]
    assert widths[2] - widths[1] == pytest.approx(widths[1] - widths[0], abs=0.2)
    assert all(map(math.isfinite, widths))


def test_plots_without_figures(found):
    empty = copy.deepcopy(found) | {"lengths": {}, "counts": {"4": {"failed": "out of memory"}}}
    assert "nothing was measured" in report.plots(empty)["performance-count.svg"]


def test_a_task_that_fails_says_why():
    assert "KeyError" in measure.task("no such task", 1)["failed"]


def test_a_task_may_be_told_a_name():
    assert "no_such_tracer" in measure.task("classical", 1, name="no_such_tracer", file="", most=1, runs=1)["failed"]


def test_a_task_that_takes_too_long():
    assert measure.task("load", 1, limit=0.01, fast=False) == {"failed": "not done within 0 s"}


def test_a_task_measures_in_a_process_of_its_own():
    facts = measure.task("load", 1, fast=False)
    assert facts["load"] > 0
    assert facts["import"] > 0
    assert 20 < facts["peak_mb"] < 2000


def test_the_memory_of_the_process_before_does_not_count():
    before = np.ones(50_000_000)
    assert measure.task("load", 1, fast=False)["peak_mb"] < before.nbytes / 1e6 < 2000


def test_a_command_that_fails_is_no_time():
    with pytest.raises(measure.subprocess.CalledProcessError):
        measure.command(["no-such-command"], 1)


@pytest.mark.parametrize("letters", [2, 5, 12, 20])
def test_words_of_any_length(letters):
    line = np.array([[0, 0], [300, 100]], np.int32)
    strokes = [line + np.array([x, 0], np.int32) for x in (0, 300, 600)]
    words = [PackedInk("abc", "w", "s", strokes, 0.0)]
    for made in of_length(words, letters, 3):
        assert len(made.text) == letters
        points = np.concatenate(made.strokes)
        assert np.ptp(points[:, 0]) > 0.7 * letters * np.ptp(points[:, 1])
