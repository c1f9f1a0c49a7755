"""`inksight render`, the options for the look of ink, and the filters behind two of them."""

import json
import subprocess
import sys

import numpy as np
import pytest
from click.testing import CliRunner
from PIL import Image

from inksight import cli, formats
from inksight.formats.style import INK_COLOR, Sheet, Style, paper, sheet, stroke_width, styled
from inksight.ink import Line, Page, Stroke, Word
from inksight.ink.filters import simplified, smoothed

EMPTY = Page(30, 20)


def page(color="#102030"):
    wave = np.stack([np.linspace(10, 90, 200), 30 + 5 * np.sin(np.linspace(0, 12, 200))], axis=1)
    words = (Word((Stroke(wave, 2.0, color), Stroke([[50, 10]], 3.0, color)), "hé <שלום>"), Word(text="lost"))
    return Page(100, 60, (Line(words), Line((Word((Stroke([[5, 50], [95, 52]]),), kind="drawing"),))))


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    formats.write(page(), "a.json")
    formats.write(EMPTY, "b.json")
    formats.write_pages([page(), EMPTY, page("#ff0000")], "book.xopp", "xopp")
    (tmp_path / "ink").mkdir()
    return tmp_path


def render(*arguments):
    """(exit code, standard output, standard error as lines)."""
    result = CliRunner().invoke(cli.main, ["render", *map(str, arguments)])
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result.exit_code, result.stdout, result.stderr.splitlines()


# ------------------------------------------------------------------------------------------------------------ files


def test_the_ink_goes_beside_its_file_as_svg(folder):
    assert render("a.json") == (0, "", ["a.json -> a.svg: 3 strokes"])
    assert formats.read("a.svg").text == page().text


@pytest.mark.parametrize("target", formats.FORMATS)
@pytest.mark.parametrize("source", ["a.json", "b.json"])
def test_everything_can_be_made_of_what_can_be_read(folder, source, target):
    name = f"x.{formats.ending(target)}"
    assert render(source, "-o", name, "--to", target)[0] == 0
    data = (folder / name).read_bytes()
    assert data or target in ("md", "txt")
    if target in formats.readable():
        read = [word for page in formats.loads_pages(data, target) for word in page.text.split()]
        assert read == formats.read(source).text.split()


@pytest.mark.parametrize("chain", [("svg", "inkml", "jsonl", "npz", "json"), ("inkml", "svg", "inkml")])
def test_ink_keeps_its_places_through_formats(folder, chain):
    here = "a.json"
    for i, target in enumerate(chain):
        there = f"{i}.{target}"
        assert render(here, "-o", there)[0] == 0
        here = there
    last = formats.read(here)
    for got, want in zip(last.strokes, page().strokes, strict=True):
        assert got.points == pytest.approx(want.points, abs=0.03)


def test_folders_patterns_and_several_pages(folder):
    assert render("a.json", "b.json", "-o", "ink", "--to", "svg")[0] == 0
    assert render("[ab].json", "-o", "ink/", "--to", "inkml")[0] == 0
    assert sorted(p.name for p in (folder / "ink").iterdir()) == ["a.inkml", "a.svg", "b.inkml", "b.svg"]
    assert render(folder / "ink", "-o", "deep/er/", "--to", "png")[0] == 1  # two files would be a.png
    assert render("book.xopp", "-o", "deep/er/", "--to", "png")[0] == 0
    pictures = [p.name for p in (folder / "deep/er").glob("book*")]
    assert sorted(pictures) == ["book-1.png", "book-2.png", "book-3.png"]


def test_several_pages_go_into_one_file_that_can_hold_them(folder):
    code, _, err = render("book.xopp", "a.json", "-o", "all.jsonl")
    assert (code, err) == (0, ["4 pages -> all.jsonl"])
    pages = formats.read_pages("all.jsonl")
    assert [len(p.strokes) for p in pages] == [3, 0, 3, 3]
    assert pages[2].strokes[0].color == "#ff0000"


def test_standard_output(folder):
    code, out, _ = render("a.json", "-o", "-", "--to", "json")
    assert code == 0
    assert json.loads(out)["words"][0]["text"] == page().words[0].text


def test_standard_input(folder):
    command = [sys.executable, "-m", "inksight", "render", "-", "--to", "json"]
    given = formats.dumps(page(), "json")
    done = subprocess.run([*command, "--from", "json"], input=given, capture_output=True, check=True)
    assert done.stdout == given
    assert b"--from" in subprocess.run(command, input=given, capture_output=True).stderr


def test_an_ending_that_says_nothing(folder):
    (folder / "a.json").rename("a.ink")
    assert render("a.ink")[0] == 2
    assert render("a.ink", "--from", "json")[0] == 0


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["empty.jsonl"], "empty.jsonl: has no page of ink in it"),
        (["none.json"], "none.json: can't be read: No such file or directory"),
        (["a.doc"], "a.doc: unknown ending '.doc'; use one of"),
        (["ink"], "ink: no files of ink in this folder; name one that has some"),
        (["a.json", "--to", "json"], "a.json: the result would overwrite the input; name another file with -o"),
        (["broken.json"], "broken.json: not a usable json file: it isn't ink of InkSight"),
        (["a.json", "--background", "photo"], "there is no photo to lay under the ink"),
        (["a.json", "--photo", "none.png"], "none.png: no such file"),
        (["book.xopp", "--photo", "a.png"], "a.png: one photo can't lie under 3 pages"),
        (["a.json", "-o", "no/x.svg"], "no/x.svg: the folder no doesn't exist"),
    ],
)
def test_bad_input_is_one_line_and_exit_2(folder, arguments, message):
    (folder / "broken.json").write_text("{}")
    (folder / "empty.jsonl").write_text("")
    code, out, err = render(*arguments)
    assert (code, out) == (2, "")
    assert err[0].startswith(f"inksight: {message}")
    assert not list(folder.glob("*.svg"))


def test_a_broken_file_does_not_stop_the_others(folder):
    (folder / "broken.json").write_text("{}")
    code, _, err = render("a.json", "broken.json", "b.json", "-o", "ink/")
    assert code == 1
    assert len(list((folder / "ink").iterdir())) == 2
    assert err[-2].startswith("inksight: broken.json: ")
    assert err[-1] == "inksight: 2 of 3 pages converted"


# ---------------------------------------------------------------------------------------------------------- options


def rendered(*options):
    assert render("a.json", "-o", "x.svg", *options)[0] == 0
    return formats.read("x.svg")


def test_colors_and_widths(folder):
    assert [s.color for s in rendered().strokes] == ["#102030", "#102030", INK_COLOR]
    assert [s.width for s in rendered().strokes] == [2, 3, 2.5]
    assert {s.color for s in rendered("--color", "BLACK", "--width", "4").strokes} == {"#000000"}
    assert {s.width for s in rendered("--color", "#ABCDEF", "--width", "4").strokes} == {4}
    assert len({s.color for s in rendered("--color", "order").strokes}) == 3


def test_simplify_and_smooth(folder):
    plain = rendered().strokes[0]
    assert len(rendered("--simplify", "0.5").strokes[0]) < len(plain) / 4
    flat = rendered("--smooth", "30").strokes[0]
    assert np.ptp(flat.points[:, 1]) < 0.6 * np.ptp(plain.points[:, 1])


def test_the_photo_lies_under_the_ink(folder):
    Image.new("RGB", (100, 60), (200, 120, 40)).save("a.png")
    assert render("a.json", "--photo", "a.png", "-o", "x.svg")[0] == 0
    assert "data:image/jpeg" in (folder / "x.svg").read_text()
    assert render("a.json", "--photo", "a.png", "-o", "x.svg", "--background", "none")[0] == 0
    assert "data:image/jpeg" not in (folder / "x.svg").read_text()
    assert render("a.json", "--photo", "a.png", "--background", "photo", "-o", "x.png")[0] == 0
    assert np.asarray(Image.open("x.png").convert("RGB"))[55, 3].tolist() == pytest.approx([90, 54, 18], abs=2)


@pytest.mark.parametrize(
    "options",
    [
        ["--color", "red-ish"],
        ["--width", "0"],
        ["--width", "-1"],
        ["--dpi", "0"],
        ["--fit", "a3"],
        ["--background", "wood"],
        ["--simplify", "x"],
        ["--fit", "a4", "--dpi", "100"],
        ["--speed", "0"],
        ["--size", "0"],
    ],
)
def test_impossible_options_are_refused(folder, options):
    code, _, err = render("a.json", *options)
    assert code == 2
    assert err[-1].startswith("Error: ")
    assert not (folder / "a.svg").exists()


# ---------------------------------------------------------------------------------------------------------- filters


def test_filters_keep_the_ends_the_look_and_the_words():
    for changed in (simplified(page(), 1), smoothed(page(), 3)):
        assert [w.text for w in changed.words] == [w.text for w in page().words]
        assert [w.box for w in changed.words] == [w.box for w in page().words]
        for got, want in zip(changed.strokes, page().strokes, strict=True):
            assert (got.width, got.color) == (want.width, want.color)
            assert got.points[[0, -1]] == pytest.approx(want.points[[0, -1]])
    assert simplified(EMPTY, 1) == smoothed(EMPTY, 1) == EMPTY


# ------------------------------------------------------------------------------------------------------------ style


def test_every_stroke_is_styled_and_nothing_else_changes():
    for style in (Style(), Style(color="order", width=5), Style(color="#00ff00")):
        dressed = styled(page(), style)
        assert all(s.width and s.color for s in dressed.strokes)
        assert [s.points.tolist() for s in dressed.strokes] == [s.points.tolist() for s in page().strokes]
        assert [w.text for w in dressed.words] == [w.text for w in page().words]
    assert styled(EMPTY, Style()) == EMPTY


def test_unknown_widths_are_guessed_from_the_known_ones_or_the_writing():
    assert stroke_width(page(), Style()) == 2.5
    assert stroke_width(page(), Style(width=7)) == 7
    bare = page().with_strokes(lambda s: Stroke(s.points))
    assert stroke_width(bare, Style()) == 1
    assert stroke_width(EMPTY, Style()) == 1


def test_light_ink_needs_a_dark_board():
    assert paper(styled(page(), Style())) == "#ffffff"
    assert paper(styled(page("#eeeeee"), Style())) != "#ffffff"
    assert paper(styled(page("#eeeeee"), Style(color="#000000"))) == "#ffffff"
    assert paper(EMPTY) == "#ffffff"


@pytest.mark.parametrize(
    ("size", "style", "want"),
    [
        ((2100, 2970), Style(), Sheet(210, 297, 0.1)),
        ((2970, 2100), Style(), Sheet(297, 210, 0.1)),
        ((96, 48), Style(), Sheet(25.4, 12.7, 25.4 / 96)),
        ((2540, 1270), Style(dpi=254), Sheet(254, 127, 0.1)),
        ((1000, 1000), Style(fit="a4"), Sheet(210, 297, 0.21, 0, 43.5)),
        ((2000, 1000), Style(fit="a4"), Sheet(297, 210, 0.1485, 0, 30.75)),
        ((2000, 1000), Style(fit="device"), Sheet(157.2, 209.6, 0.0786, 0, 65.5)),
        ((0, 0), Style(fit="letter"), Sheet(215.9, 279.4, 215.9, 0, 31.75)),
    ],
)
def test_sheets(size, style, want):
    got = sheet(Page(*size), style)
    assert [got.width, got.height, got.scale, got.x, got.y] == pytest.approx(
        [want.width, want.height, want.scale, want.x, want.y]
    )
    corners = got.frame.apply([[0, 0], size])
    assert (corners >= -1e-6).all()
    assert (corners <= np.array([got.width, got.height]) + 1e-6).all()
    assert got.frame.inverse().apply([[0, 0], [got.width, got.height]]).ravel() == pytest.approx(
        [got.view[0], got.view[1], got.view[0] + got.view[2], got.view[1] + got.view[3]]
    )
