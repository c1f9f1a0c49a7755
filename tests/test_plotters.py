"""The lines of docs/plotters.md, really run: HPGL and G-code have every stroke, in writing order, in its place."""

import re
import shlex
from pathlib import Path

import numpy as np
import pytest

from inksight.formats import Style, write
from inksight.ink import Line, Page, Stroke, Word
from tests.programs import need, run

DOC = (Path(__file__).parent.parent / "docs" / "plotters.md").read_text()


def page():
    """Three lines of scribbles with dots, out of order on purpose: the last stroke is the first one's underline."""
    rng = np.random.default_rng(0)
    words = []
    for x, y in [(150 * i + 200, 200 * j + 300) for j in (2, 0, 1) for i in range(5)]:
        scribble = np.add([x, y], np.cumsum(rng.normal(0, 8, (12, 2)), axis=0))
        words.append(Word((Stroke(scribble), Stroke([[x + 20, y - 50]]))))
    return Page(1200, 1500, (Line(tuple(words)), Line((Word((Stroke([[180, 380], [900, 385]]),)),))))


def commands(tool):
    """The arguments of the documented vpype line with `tool` in it."""
    (line,) = (row for row in DOC.splitlines() if row.startswith("vpype ") and f" {tool} " in row)
    return shlex.split(line)[1:]


@pytest.fixture
def plotted(tmp_path, monkeypatch):
    """Runs a documented line in a folder with notes.svg and pen.toml, with other vpype commands after reading."""
    need("vpype")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    Path("pen.toml").write_text(re.search(r"```toml\n(.*?)```", DOC, re.DOTALL)[1])
    write(page(), "notes.svg", style=Style(fit="a4"))

    def plot(tool, *between):
        arguments = commands(tool)
        at = arguments.index("notes.svg") + 1
        run("vpype", *arguments[:at], *between, *arguments[at:])
        return Path(arguments[-1]).read_text()

    return plot


def of_hpgl(text):
    """The strokes in HPGL: (n, 2) each; a stroke is what is drawn between PU and the next PU."""
    strokes, here, relative = [], np.zeros(2), False
    for code, numbers in re.findall(r"([A-Z]{2})([^;A-Z]*)", text):
        relative = code == "PR" or (relative and code != "PA")
        for point in (
            np.array([float(v) for v in numbers.split(",") if v.strip()]).reshape(-1, 2) if code in ("PU", "PD") else ()
        ):
            here = here + point if relative else point
            if code == "PU":
                strokes.append([here])
            else:
                strokes[-1].append(here)
    return [np.array(s) for s in strokes if len(s) > 1]


def of_gcode(text):
    """The strokes in G-code: what is drawn (G1) after each M3 until M5."""
    strokes, here, down = [], None, False
    for row in text.splitlines():
        if match := re.match(r"G[01] X(\S+) Y(\S+)", row):
            here = [float(match[1]), float(match[2])]
            if down:
                strokes[-1].append(here)
        elif row.startswith("M3"):
            strokes.append([here])
        down = row.startswith("M3") or (down and not row.startswith("M5"))
    return [np.array(s) for s in strokes]


def misplaced(got, want):
    """How far the drawn points lie from the page's under the best affine map, in parts of the drawing's size."""
    a = np.concatenate([s if len(s) > 1 else np.repeat(s, 2, axis=0) for s in want])
    b = np.concatenate(got)
    if len(a) != len(b):
        return np.inf
    a = np.column_stack([a, np.ones(len(a))])
    return np.abs(a @ np.linalg.lstsq(a, b, rcond=None)[0] - b).max() / np.ptp(b, axis=0).max()


@pytest.mark.parametrize(("tool", "parse"), [("write", of_hpgl), ("gwrite", of_gcode)])
def test_every_stroke_is_plotted_in_order_and_in_its_place(tool, parse, plotted):
    want = [s.points for s in page().strokes]
    got = parse(plotted(tool))
    assert len(got) == len(want) == 31
    assert misplaced(got, want) < 1e-3
    assert misplaced(got, want[1:] + want[:1]) > 0.05  # another order would be seen


@pytest.mark.parametrize(("tool", "parse"), [("write", of_hpgl), ("gwrite", of_gcode)])
def test_sorting_would_be_seen(tool, parse, plotted):
    got = parse(plotted(tool, "linesort"))
    assert len(got) == 31
    assert misplaced(got, [s.points for s in page().strokes]) > 0.05


@pytest.mark.parametrize("advice", ["layout --fit-to-margins 15mm a4", "scale --origin 105mm 148.5mm 0.9 0.9"])
def test_ink_at_the_edge_of_the_sheet_is_brought_within_reach_as_told(advice, plotted, monkeypatch):
    assert advice in DOC
    edge = Stroke([[5, 5], [1195, 5]])
    write(Page.of_words([Word((*page().strokes, edge))], 1200, 1690), "notes.svg", style=Style(fit="a4"))
    assert len(of_hpgl(plotted("write"))) < 32
    assert len(of_hpgl(plotted("write", *advice.split()))) == 32


def test_gcode_is_in_millimetres_of_the_sheet(plotted):
    """A page of 1200 x 1500 pixels fills A4 across: 0.175 mm a pixel, from the lower left corner."""
    first = of_gcode(plotted("gwrite"))[0][0]
    x, y = page().strokes[0].points[0].tolist()
    top = (297 - 1500 * 0.175) / 2
    assert first == pytest.approx([0.175 * x, 297 - top - 0.175 * y], abs=0.02)
