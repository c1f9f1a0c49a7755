"""Xournal++: round trips, files drawn by hand, and what the real program shows."""

import gzip

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inksight.errors import InputError
from inksight.formats import Style, dumps, dumps_pages, loads
from inksight.formats.xopp import loads_pages
from inksight.ink import Line, Page, Stroke, Word
from inksight.ink.frames import Affine
from tests.drawn import differences, note, opened
from tests.programs import run

DPI = Style(dpi=96)
"""A pixel is three quarters of a point."""


def xml(page, style=DPI):
    return gzip.decompress(dumps(page, "xopp", style=style)).decode()


def xopp(body, head='fileversion="4"'):
    return loads_pages(f"<xournal {head}>{body}</xournal>".encode())


def drawn(strokes, size='width="100" height="50"'):
    return xopp(f"<page {size}><background/><layer>{strokes}</layer></page>")[0].strokes


def in_pixels(page):
    frame = Affine.scaling(96 / 72)
    lines = tuple(Line(tuple(w.transformed(frame) for w in line.words)) for line in page.lines)
    return Page(page.width * 96 / 72, page.height * 96 / 72, lines)


def render(page, tmp_path, style=DPI):
    """The page as Xournal++ draws it, a pixel for each of its own: uint8 (H, W, 3)."""
    (tmp_path / "a.xopp").write_bytes(dumps(page, "xopp", style=style))
    run("xournalpp", f"--create-img={tmp_path / 'a.png'}", "--export-png-dpi=96", tmp_path / "a.xopp")
    return opened(tmp_path / "a.png")


# ------------------------------------------------------------------------------------------------------- round trips

coordinate = st.floats(-500, 5000, width=32)
some_strokes = st.lists(
    st.builds(
        Stroke,
        st.lists(st.tuples(coordinate, coordinate), min_size=1, max_size=4),
        st.none() | st.floats(0.5, 50),
        st.none() | st.integers(0, 0xFFFFFF).map(lambda n: f"#{n:06x}"),
    ),
    min_size=1,
    max_size=3,
).map(tuple)
texts = st.text(st.characters(codec="utf-8", categories=("L", "N", "P", "S")), max_size=9)
some_words = st.builds(Word, some_strokes, texts)
some_lines = st.lists(some_words, min_size=1, max_size=3).map(lambda words: Line(tuple(words)))
some_pages = st.builds(Page, st.floats(10, 5000), st.floats(10, 5000), st.lists(some_lines, max_size=3).map(tuple))


@given(some_pages)
@settings(max_examples=60)
def test_ours_come_back(page):
    got = in_pixels(loads(dumps(page, "xopp", style=DPI), "xopp"))
    assert (got.width, got.height) == pytest.approx((page.width, page.height), abs=0.01)
    assert [line.text for line in got.lines] == [line.text for line in page.lines]
    assert [len(w.strokes) for w in got.words] == [len(w.strokes) for w in page.words]
    for a, b in zip(got.strokes, page.strokes, strict=True):
        assert b.color in (None, a.color)
        assert b.width is None or a.width == pytest.approx(b.width, abs=0.05)
        assert np.abs(a.points - (b.points if len(a) > 1 else b.points[:1])).max() < 0.02


@given(st.lists(some_pages, min_size=1, max_size=3))
@settings(max_examples=10)
def test_pages_come_back_in_order(pages):
    got = loads_pages(dumps_pages(pages, "xopp"))
    assert [p.text for p in got] == [p.text for p in pages]


@pytest.mark.parametrize("text", ['"it\'s" <b>&amp;</b> ]]>', "👩‍🚀 ok", "שלום עולם", "  two  spaces ", "a\r\nb"])
def test_text_survives(text):
    page = Page.of_words([Word((Stroke([[1, 2], [3, 4]]),), text)], 9, 9)
    assert loads(dumps(page, "xopp"), "xopp").words[0].text == text


@pytest.mark.parametrize("page", [Page(30, 20), Page(0, 0), Page(30, 20, (Line(), Line((Word(),))))])
def test_pages_without_ink_have_their_size(page):
    got = loads(dumps(page, "xopp", style=DPI), "xopp")
    assert (got.lines, got.width) == ((), max(1, page.width) * 0.75)


def test_text_without_ink_is_kept():
    page = Page.of_words([Word(text="lost", box=(10, 20, 50, 40))], 99, 99)
    (word,) = in_pixels(loads(dumps(page, "xopp", style=DPI), "xopp")).words
    assert (word.text, word.strokes) == ("lost", ())
    assert np.allclose(word.box, page.words[0].box, atol=12)


def test_files_are_the_same_every_time():
    assert dumps(note(), "xopp") == dumps(note(), "xopp")


# ------------------------------------------------------------------------------------------------ what others draw


def test_widths_colors_and_tools_of_others():
    got = drawn(
        '<stroke tool="pen" color="blue" width="1.41">1 2 3 4</stroke>'
        '<stroke tool="pen" color="#ff00007f" width="3 1 2">1 2 3 4 5 6</stroke>'
        '<stroke tool="highlighter" color="mauve" width="0">1 2 3 4\n5 6</stroke>'
        '<stroke tool="eraser" color="#ffffffff" width="9">1 2 3 4</stroke>'
        '<stroke>7 8 7 8</stroke><stroke/><stroke>5</stroke><text x="1">typed</text><image>x</image>'
    )
    assert [(s.width, s.color) for s in got] == [(1.41, "#3333cc"), (1.5, "#ff0000"), (None, None), (None, None)]
    assert [s.points.tolist() for s in got[2:]] == [[[1, 2], [3, 4], [5, 6]], [[7, 8]]]


def test_layers_and_pages_of_others():
    layer = '<layer><stroke width="1">1 2 3 4</stroke></layer>'
    first, second, third = xopp(f'<title/><page width="9" height="8">{layer}{layer}</page><page>{layer}</page><page/>')
    assert (first.width, first.height, len(first.words), len(first.strokes)) == (9, 8, 1, 2)
    assert (second.width, len(second.strokes), third.lines) == (0, 1, ())


def test_typed_text_of_others_is_a_word_without_ink():
    body = '<stroke width="1">1 2 3 4</stroke><text size="10" x="5" y="6">typed by hand</text>'
    ink, typed = xopp(f'<page width="9" height="8"><layer>{body}</layer></page>')[0].lines
    assert (len(ink.words[0].strokes), ink.text) == (1, "")
    assert (typed.text, typed.words[0].strokes, typed.words[0].box[:2]) == ("typed by hand", (), (5, 6))


def test_words_are_found_again_after_xournalpp_has_saved():
    forgotten = xml(note()).replace(' word="', ' was="')
    added = forgotten.replace("</layer></page>", '<stroke width="1">210 45 220 50</stroke></layer></page>')
    (page,) = loads_pages(added.encode())
    assert [line.text for line in page.lines] == ["hill bridge", "pond"]
    assert [len(w.strokes) for w in page.words] == [2, 2, 1]


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "broken XML"),
        (b"<ink/>", "not <xournal>"),
        (gzip.compress(b"<xournal/>", mtime=0)[:-9], "cut short"),
        (b"\x1f\x8bnonsense", "broken gzip"),
        (b"<xournal/>", "0 pages"),
        (b"<xournal><page/><page/></xournal>", "2 pages"),
        (b"<!DOCTYPE x><xournal/>", "DOCTYPE"),
        (b"<xournal><page><layer><stroke>a b</stroke></layer></page></xournal>", "could not convert"),
        (b"<xournal><page><layer><stroke>1 nan</stroke></layer></page></xournal>", "finite"),
        (b'<xournal><page width="-1" height="2"/></xournal>', "size"),
    ],
)
def test_broken_files_are_named(data, reason):
    with pytest.raises(InputError, match=f"my.xopp.*{reason}"):
        loads(data, "xopp", name="my.xopp")


def test_a_small_file_cannot_fill_the_memory():
    with pytest.raises(InputError, match="too large"):
        loads(gzip.compress(bytes(1 << 25)), "xopp")


# ------------------------------------------------------------------------------------------------ the real program


def test_xournalpp_draws_every_stroke(tmp_path):
    picture = render(note(), tmp_path)
    assert differences(picture, note()) == []


def test_the_comparison_can_fail(tmp_path):
    picture = render(note(), tmp_path)
    words = note().words
    for other in (
        note().with_strokes(lambda s: Stroke(s.points + 3, s.width, s.color)),
        note().with_strokes(lambda s: Stroke(s.points, s.width * 1.6, s.color)),
        note().with_strokes(lambda s: Stroke(s.points, s.width, "#803090")),
        Page.of_words([*words, Word((Stroke([[300, 200]], 6, "#1a1a2e"),))], 400, 300),
        Page.of_words(words[:2], 400, 300),
        Page(401, 300, note().lines),
    ):
        assert differences(picture, other)


def test_xournalpp_reads_named_colors_as_we_do(tmp_path):
    from inksight.formats.xopp import _COLORS

    rows = [
        f'<stroke tool="pen" color="{n}" width="8">0 {10 * i + 5} 99 {10 * i + 5}</stroke>'
        for i, n in enumerate(_COLORS)
    ]
    page = f'<page width="100" height="110"><background type="solid" color="#ffffffff" style="plain"/><layer>{rows}'
    (tmp_path / "a.xopp").write_bytes(
        gzip.compress(f'<xournal creator="me" fileversion="4">{page}</layer></page></xournal>'.encode())
    )
    run("xournalpp", f"--create-img={tmp_path / 'a.png'}", "--export-png-dpi=72", tmp_path / "a.xopp")
    column = opened(tmp_path / "a.png")[5::10, 50]
    assert ["#" + bytes(c.tolist()).hex() for c in column] == list(_COLORS.values())


def test_text_is_searched_but_not_seen(tmp_path):
    (tmp_path / "a.xopp").write_bytes(dumps_pages([note(), note()], "xopp", styles=[DPI, Style(fit="a4")]))
    run("xournalpp", f"--create-pdf={tmp_path / 'a.pdf'}", tmp_path / "a.xopp")
    told = run("pdftotext", "-layout", tmp_path / "a.pdf", "-").split("\f")
    for page in told[:2]:
        assert [row.split() for row in page.splitlines() if row] == [["hill", "bridge"], ["pond"]]
    sizes = [row.split()[1:] for row in run("pdfinfo", "-l", "2", tmp_path / "a.pdf").splitlines() if "size:" in row]
    assert sizes[0][1:4] == ["size:", "300", "x"]
    assert sizes[1][1:3] == ["size:", "841.89"]


def test_text_lies_on_its_word(tmp_path):
    (tmp_path / "a.xopp").write_bytes(dumps(note(), "xopp", style=DPI))
    run("xournalpp", f"--create-pdf={tmp_path / 'a.pdf'}", tmp_path / "a.xopp")
    for word in note().words:
        (row,) = (r for r in run("pdftotext", "-bbox", tmp_path / "a.pdf", "-").splitlines() if f">{word.text}<" in r)
        x0, y0, x1, y1 = (float(v) / 0.75 for v in row.split('"')[1::2])
        a, b, c, d = word.box
        assert a - 2 < x0 < a + 5
        assert b < (y0 + y1) / 2 < d
        assert x1 < c + 20


@pytest.mark.parametrize("background", ["none", "paper", None])
def test_light_ink_gets_dark_paper_unless_none_is_wanted(background, tmp_path):
    page = note().with_strokes(lambda s: Stroke(s.points, s.width, "#f0f0e0"))
    corner = render(page, tmp_path, Style(dpi=96, background=background))[0, 0].tolist()
    assert corner == ([255] * 3 if background == "none" else [0x1F, 0x24, 0x26])


def test_the_photo_lies_under_the_ink_and_over_the_text(tmp_path):
    photo = np.full((300, 400, 3), (200, 180, 90), np.uint8)
    picture = render(note(), tmp_path, Style(dpi=96, photo=photo, background="photo"))
    paper = np.all(np.abs(picture.astype(int) - [200, 180, 90]) < 6, axis=2)
    expected = render(note(), tmp_path)
    assert paper[expected.min(axis=2) == 255].mean() > 0.999
    ink = expected.max(axis=2) < 60
    assert np.abs(picture.astype(int) - expected)[ink].max() < 30
