"""reMarkable: read back by rmscene, drawn by rmc, and the notebook's container checked field by field."""

import io
import json
import sys
import zipfile
from pathlib import Path
from uuid import UUID

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inksight.errors import InputError
from inksight.formats import Style, dumps, dumps_pages, rm
from inksight.formats.rmdoc import _places
from inksight.ink import Line, Page, Stroke, Word
from inksight.ink.frames import Affine
from tests.drawn import differences, note, opened
from tests.programs import run

ORIGIN = np.array([rm.WIDTH / 2, 0])
"""Of the tablet's coordinates, from the top-left corner of its screen."""


def lines(data):
    """The strokes that rmscene finds, in its order."""
    rmscene = pytest.importorskip("rmscene")
    tree = rmscene.read_tree(io.BytesIO(data))
    (layer,) = tree.root.children.values()
    return list(layer.children.values())


def points(line):
    return np.array([(p.x, p.y) for p in line.points])


def page_of(*strokes, width=1404, height=1872):
    return Page.of_words([Word(tuple(strokes))], width, height)


coordinate = st.floats(-500, 3000, width=32)
some_strokes = st.builds(
    Stroke,
    st.lists(st.tuples(coordinate, coordinate), min_size=2, max_size=4),
    st.none() | st.floats(0.25, 500),
)


@given(st.lists(some_strokes, max_size=5))
@settings(max_examples=40)
def test_rmscene_reads_what_was_written(strokes):
    got = lines(dumps(page_of(*strokes), "rm"))
    assert len(got) == len(strokes)
    for line, stroke in zip(got, strokes, strict=True):
        assert np.allclose(points(line) + ORIGIN, stroke.points, atol=1e-3)
        if stroke.width:
            assert {p.width for p in line.points} == {round(4 * stroke.width) or 1}
            assert line.thickness_scale * 1.8 == pytest.approx(stroke.width)


@pytest.mark.parametrize(
    ("size", "corners"),
    [
        ((1404, 1872), [(-702, 0), (702, 1872)]),
        ((702, 936), [(-702, 0), (702, 1872)]),
        ((1872, 1404), [(-702, 409.5), (702, 1462.5)]),
        ((100, 1872), [(-50, 0), (50, 1872)]),
    ],
)
def test_the_page_fills_the_screen_from_its_middle(size, corners):
    (line,) = lines(dumps(page_of(Stroke([(0, 0), size]), width=size[0], height=size[1]), "rm"))
    assert np.allclose(points(line), corners, atol=0.01)


def test_a_dot_is_a_short_line():
    (line,) = lines(dumps(page_of(Stroke([[50, 60]], 3)), "rm"))
    assert np.allclose(points(line) + ORIGIN, [[49.75, 60], [50.25, 60]], atol=1e-3)


@pytest.mark.parametrize(
    ("color", "pen"),
    [
        ("#000000", "BLACK"),
        ("#1a1a2e", "BLACK"),  # ink whose color isn't known
        ("#303030", "BLACK"),
        ("#8a8d90", "GRAY"),
        ("#203080", "BLUE"),  # a ballpoint
        ("#4060d0", "BLUE"),
        ("#a02020", "RED"),
        ("#ff0000", "RED"),
        ("#30a040", "GREEN_2"),
        ("#f0e040", "YELLOW_2"),
        ("#9030b0", "MAGENTA"),
        ("#30c0f0", "CYAN"),
    ],
)
def test_colors_become_the_nearest_pen(color, pen):
    stroke = Stroke([[1, 1], [2, 2]], 2, color)
    black = [Stroke([[1, 1], [2, 2]], 2, "#000000")] * 2  # so that the page isn't taken for a board
    assert lines(dumps(page_of(stroke, *black), "rm"))[0].color.name == pen


@pytest.mark.parametrize(("color", "pen"), [("#f4f4e8", "BLACK"), ("#ffffff", "BLACK"), ("#a0c0ff", "BLUE")])
def test_chalk_can_be_seen_on_the_white_screen(color, pen):
    assert lines(dumps(page_of(Stroke([[1, 1], [2, 2]], 2, color)), "rm"))[0].color.name == pen


def test_files_are_the_same_every_time():
    assert dumps(note(), "rm") == dumps(note(), "rm")
    assert dumps(note(), "rmdoc") == dumps(note(), "rmdoc")


def test_without_rmscene_the_message_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "rmscene", None)
    with pytest.raises(InputError, match=r"inksight\[remarkable\]"):
        dumps(note(), "rm")


def test_rmc_draws_every_stroke(tmp_path):
    page = Page(468, 624, note().lines)
    rmc = pytest.importorskip("rmc").__name__
    (tmp_path / "a.rm").write_bytes(dumps(page, "rm"))
    run(str(Path(sys.executable).with_name(rmc)), "-t", "pdf", tmp_path / "a.rm", "-o", tmp_path / "a.pdf")
    size = ["-scale-to-x", "1404", "-scale-to-y", "1872"]
    run("pdftoppm", "-png", "-singlefile", *size, tmp_path / "a.pdf", tmp_path / "a")
    picture = opened(tmp_path / "a.png")

    def as_shown(moved=0.0, colors=("#000000", "#b33e39")):
        shown = {"#1a1a2e": colors[0], "#b03030": colors[1]}
        frame = Affine.scaling(3).then(Affine.translation(moved, 0))
        lines = tuple(Line(tuple(w.transformed(frame) for w in line.words)) for line in page.lines)
        placed = Page(1404, 1872, lines)
        return placed.with_strokes(lambda s: Stroke(s.points, s.width, shown[s.color]))

    assert differences(picture, as_shown(), place=2) == []
    assert differences(picture, as_shown(moved=8), place=2)
    assert differences(picture, as_shown(colors=("#000000", "#4e69c9")), place=2)


# --------------------------------------------------------------------------------------------------------- notebooks


def notebook(pages, **style):
    """(name of the document, content, metadata, names and bytes of the pages) as they lie in the zip."""
    data = dumps_pages(pages, "rmdoc", styles=[Style(**style)] * len(pages))
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    (content,) = (name for name in files if name.endswith(".content"))
    name = content.removesuffix(".content")
    rest = {k: v for k, v in files.items() if not k.endswith((".content", ".metadata"))}
    return name, json.loads(files[content]), json.loads(files[f"{name}.metadata"]), rest


def test_a_notebook_names_its_pages_in_order():
    strokes = [Stroke([[i, i], [9, 9]]) for i in range(3)]
    name, content, metadata, files = notebook([page_of(s) for s in strokes], name="holiday.jpg")
    rows = content["cPages"]["pages"]
    assert list(files) == [f"{UUID(name)}/{UUID(row['id'])}.rm" for row in rows]
    assert [row["idx"]["value"] for row in rows] == ["ba", "bb", "bc"]
    assert [points(lines(data)[0])[0, 1] for data in files.values()] == pytest.approx([0, 1, 2])
    assert (content["fileType"], content["formatVersion"], content["pageCount"]) == ("notebook", 2, 3)
    assert (metadata["type"], metadata["visibleName"], metadata["parent"]) == ("DocumentType", "holiday", "")


def test_notebooks_of_other_ink_or_name_have_other_ids():
    names = [notebook([page_of(Stroke([[i, 1], [2, 2]]))], name=n)[0] for i in (0, 1) for n in ("a", "b")]
    assert len(set(names)) == 4


def test_pages_alike_are_still_two():
    assert len(notebook([note(), note()])[3]) == 2


@pytest.mark.parametrize("count", [0, 1, 26, 27, 700])
def test_places_sort_as_pages_do(count):
    places = _places(count)
    assert places == sorted(set(places))
    assert len(places) == count
