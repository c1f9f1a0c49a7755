"""Every format against the invariants of a file: round trips, odd pages, broken input, whole or nothing."""

import base64
import io
import itertools
import json
import math
import subprocess
import sys
from xml.etree import ElementTree

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays
from PIL import Image

from inksight import formats
from inksight.errors import InputError
from inksight.formats import FORMATS, Style, dumps, ending, loads, read, write
from inksight.formats.style import BOARD, rainbow, styled
from inksight.ink import Cell, Line, Page, Stroke, Word
from tests.work import calls

READABLE = ("inkml", "json", "jsonl", "svg")
MARKUP = ("inkml", "svg")
ORIGINS = ("", "derender", "derender-with-text", "recognize-and-derender", "recognize", "skeleton")


def points(limit, shape=None):
    shape = shape or array_shapes(min_dims=1, max_dims=1, max_side=5).map(lambda s: (s[0], 2))
    return arrays(np.float32, shape, elements=st.floats(-limit, limit, width=32))


def pages(limit, text):
    corner = st.integers(0, 8000).map(lambda v: v / 8)
    box = st.tuples(corner, corner, corner, corner).map(
        lambda b: (min(b[::2]), min(b[1::2]), max(b[::2]), max(b[1::2]))
    )
    width = st.none() | st.floats(0.01, 90)
    color = st.none() | st.sampled_from(["#000000", "#1a2b3c", "#ffffff"])
    strokes = st.lists(st.builds(Stroke, points(limit), width, color), max_size=3).map(tuple)
    kind = st.sampled_from(["word", "word", "drawing", "print"])
    word = st.builds(Word, strokes, text, st.floats(0, 1), box, st.sampled_from(ORIGINS), kind)
    cell = st.none() | st.builds(Cell, st.integers(0, 9), st.integers(0, 9), st.integers(0, 9))
    line = st.builds(lambda words, cell: Line(tuple(words), cell if words else None), st.lists(word, max_size=3), cell)
    size = st.floats(0, 5000)
    return st.builds(Page, size, size, st.lists(line, max_size=3).map(tuple))


def xml_char(c):
    return c in "\t\n\r" or (c >= " " and c not in "￾￿" and not "\ud800" <= c <= "\udfff")


any_text = st.text(max_size=12)
xml_text = any_text.map(lambda t: "".join(filter(xml_char, t)))


def rounded(stroke):
    """What 2 decimals keep; a stroke that rounds to one place is a dot."""
    xy = np.round(stroke.points.astype(np.float64), 2)
    return xy[:1] if (xy == xy[0]).all() else xy


def assert_close(got, want):
    assert (got.width, got.height) == pytest.approx((want.width, want.height), abs=0.01)
    assert [len(line.words) for line in got.lines] == [len(line.words) for line in want.lines]
    for a, b in zip(got.words, want.words, strict=True):
        assert (a.text, a.origin, a.kind) == (b.text, b.origin, b.kind)
        assert a.confidence == pytest.approx(b.confidence, abs=1e-4)
        assert a.box == pytest.approx(b.box, abs=0.01)
        assert len(a.strokes) == len(b.strokes)
        for s, t in zip(a.strokes, b.strokes, strict=True):
            assert np.allclose(rounded(s), rounded(t), atol=0.011, rtol=1e-6)
            assert s.color == t.color
            assert (s.width is None) == (t.width is None)
            assert s.width == pytest.approx(t.width, abs=0.006)


def sample():
    """Two lines of two words, with a dot and a bar."""
    a = Word((Stroke([[10, 40], [20, 20], [30, 40]]), Stroke([[20, 10]])), "hi", 0.75, origin="derender")
    b = Word((Stroke([[50.125, 40], [80, 30.5]]),), "to", 1.0, (45, 25, 85, 45), "skeleton")
    c = Word((Stroke([[10, 90], [60, 80]]),), "you", 0.5)
    return Page(200, 120, (Line((a, b)), Line((c,))))


# ------------------------------------------------------------------------------------------------------- round trips


@given(pages(2.0**127, any_text))
@settings(max_examples=60, deadline=None, derandomize=True)
def test_json_is_lossless(page):
    assert loads(dumps(page, "json"), "json") == page


def test_json_keeps_every_kind_of_float32():
    bits = np.random.default_rng(0).integers(0, 2**32, 200_000, dtype=np.uint32).view(np.float32)
    xy = bits[np.isfinite(bits)][:199_000].reshape(-1, 2)
    (stroke,) = loads(dumps(Page.of_words([Word((Stroke(xy),))], 1, 1), "json"), "json").strokes
    assert np.array_equal(stroke.points.view(np.uint32), xy.view(np.uint32))


def test_json_schema():
    document = json.loads(dumps(sample(), "json"))
    assert set(document) == {"format", "version", "width", "height", "words"}
    assert (document["format"], document["version"], document["width"], document["height"]) == ("inksight", 1, 200, 120)
    assert [w["line"] for w in document["words"]] == [0, 0, 1]
    assert document["words"][0] == {
        "text": "hi",
        "confidence": 0.75,
        "box": [10, 10, 30, 40],
        "line": 0,
        "origin": "derender",
        "strokes": [[[10, 40], [20, 20], [30, 40]], [[20, 10]]],
    }


def test_json_writes_the_shortest_decimals_and_a_row_per_word():
    page = Page.of_words([Word((Stroke([[0.1, 12.3]]),), "é"), Word()], 5, 5)
    rows = dumps(page, "json").decode().splitlines()
    assert len(rows) == 3
    assert '"strokes": [[[0.1, 12.3]]]' in rows[1]
    assert '"é"' in rows[1]


@given(pages(5000, xml_text))
@settings(max_examples=60, deadline=None, derandomize=True)
def test_svg_keeps_a_hundredth_of_a_pixel(page):
    assert_close(loads(dumps(page, "svg"), "svg"), styled(page, Style()))  # what is drawn has a look


@given(pages(5000, xml_text))
@settings(max_examples=60, deadline=None, derandomize=True)
def test_inkml_keeps_a_hundredth_of_a_pixel(page):
    assert_close(loads(dumps(page, "inkml"), "inkml"), page)


TEXTS = {
    "quotes": '"it\'s" <b>&amp;</b> ]]>',
    "emoji": "👩‍🚀 ok",
    "right to left": "שלום עולם مرحبا",
    "spaces": "  two  spaces \t\n",
    "return": "a\r\nb",
}


@pytest.mark.parametrize("fmt", READABLE)
@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
def test_text_survives(fmt, text):
    page = Page.of_words([Word((Stroke([[1, 2], [3, 4]]),), text), Word(text="x")], 9, 9)
    assert loads(dumps(page, fmt), fmt).words[0].text == text


@pytest.mark.parametrize("fmt", MARKUP)
def test_xml_drops_only_the_characters_that_xml_forbids(fmt):
    page = Page.of_words([Word((Stroke([[1, 2]]),), "a\x00b\x0c\x1b\ud800\ufffec\x85", origin="\x01o")], 9, 9)
    (word,) = loads(dumps(page, fmt), fmt).words
    assert (word.text, word.origin) == ("abc\x85", "o")


def test_json_keeps_control_characters_and_lone_surrogates():
    page = Page.of_words([Word(text="a\x00\x1b\ud800\ufffe")], 9, 9)
    assert loads(dumps(page, "json"), "json") == page


EMPTY = {
    "no line": Page(30, 20),
    "no size": Page(0, 0),
    "an empty line": Page.of_words([], 30, 20),
    "empty lines around a word": Page(
        30, 20, (Line(), Line((Word((Stroke([[1, 1]], 2.5, "#102030"),)),)), Line(), Line())
    ),
    "a word without ink": Page.of_words([Word(text="lost", box=(1, 2, 3, 4))], 30, 20),
    "a word of nothing": Page.of_words([Word()], 30, 20),
    "two words of nothing": Page.of_words([Word(), Word()], 30, 20),
}


@pytest.mark.parametrize("fmt", READABLE)
@pytest.mark.parametrize("page", EMPTY.values(), ids=EMPTY)
def test_empty_pages_keep_their_shape(fmt, page):
    assert loads(dumps(page, fmt), fmt) == page


@pytest.mark.parametrize("fmt", READABLE)
def test_ten_times_the_strokes_take_ten_times_the_work(fmt):
    rng = np.random.default_rng(0)
    words = [Word(tuple(Stroke(rng.uniform(0, 900, (8, 2))) for _ in range(20)), "w") for _ in range(60)]
    few, many = (Page.of_words(words[:n], 900, 900) for n in (6, 60))
    assert len(loads(dumps(many, fmt), fmt).strokes) == 1200
    assert calls(lambda: loads(dumps(many, fmt), fmt)) < 12 * calls(lambda: loads(dumps(few, fmt), fmt))


# --------------------------------------------------------------------------------------------------------------- SVG

SVG = "{http://www.w3.org/2000/svg}"


def svg(body, attributes='width="100" height="50"'):
    return loads(f'<svg xmlns="http://www.w3.org/2000/svg" {attributes}>{body}</svg>'.encode(), "svg")


def drawn(body):
    return [s.points.tolist() for s in svg(body).strokes]


def test_svg_is_one_path_per_stroke_grouped_by_word():
    root = ElementTree.fromstring(dumps(sample(), "svg", style=Style(color="#123456", width=2.5)))
    assert (root.get("width"), root.get("height"), root.get("viewBox")) == ("200", "120", "0 0 200 120")
    (ink,) = root
    assert (ink.get("fill"), ink.get("stroke"), ink.get("stroke-width")) == ("none", "#123456", "2.5")
    assert (ink.get("stroke-linecap"), ink.get("stroke-linejoin")) == ("round", "round")
    lines = [[word.findtext(SVG + "title") for word in line] for line in ink]
    assert lines == [["hi", "to"], ["you"]]
    assert [p.get("d") for p in root.iter(SVG + "path")] == [
        "M10 40 L20 20 30 40",
        "M20 10 h0.001",
        "M50.12 40 L80 30.5",
        "M10 90 L60 80",
    ]
    word = ink[0][0]
    assert (word.get("data-confidence"), word.get("data-origin")) == ("0.7500", "derender")


def test_svg_stroke_width_follows_the_size_of_the_writing():
    def width(height):
        root = ElementTree.fromstring(dumps(Page.of_words([Word((Stroke([[0, 0], [9, height]]),))], 999, 999), "svg"))
        return float(root[0].get("stroke-width"))

    assert width(100) == 4
    assert width(300) == 12
    assert width(0) == 1


@pytest.mark.parametrize(
    "wrong", [{"color": '"/><x'}, {"color": "red"}, {"fit": "a3"}, {"width": 0}, {"dpi": -1}, {"speed": float("nan")}]
)
def test_a_style_refuses_what_can_not_be(wrong):
    with pytest.raises(ValueError, match="|".join(("color", "sheet", "positive"))):
        Style(**wrong)


@pytest.mark.parametrize(
    ("path", "lines"),
    [
        ("M1 2L3 4", [[[1, 2], [3, 4]]]),
        ("M1,2 3,4 5-6", [[[1, 2], [3, 4], [5, -6]]]),
        ("m1 2 3 4 1e1.5", [[[1, 2], [4, 6], [14, 6.5]]]),
        ("M1 2H5V7h-1v1", [[[1, 2], [5, 2], [5, 7], [4, 7], [4, 8]]]),
        ("M0 0L4 0 4 4Z", [[[0, 0], [4, 0], [4, 4], [0, 0]]]),
        ("M0 0h4zl1 1", [[[0, 0], [4, 0], [0, 0]], [[0, 0], [1, 1]]]),
        ("M1 1L2 2M5 5L6 6m1 1l1 1", [[[1, 1], [2, 2]], [[5, 5], [6, 6]], [[7, 7], [8, 8]]]),
        ("M3 4L3 4", [[[3, 4]]]),
        ("M3 4Z", [[[3, 4]]]),
        ("", []),
    ],
)
def test_svg_reads_lines_of_paths(path, lines):
    assert drawn(f'<path d="{path}"/>') == lines


@pytest.mark.parametrize(
    ("path", "through"),
    [
        ("M0 0C0 40 80 40 80 0", lambda t: (240 * t**2 * (1 - t) + 80 * t**3, 120 * t * (1 - t))),
        ("M0 0c0 40 80 40 80 0", lambda t: (240 * t**2 * (1 - t) + 80 * t**3, 120 * t * (1 - t))),
        ("M0 0Q40 60 80 0", lambda t: (80 * t, 120 * t * (1 - t))),
        ("M0 0q40 60 80 0", lambda t: (80 * t, 120 * t * (1 - t))),
    ],
)
def test_svg_flattens_curves_to_a_tenth_of_a_pixel(path, through):
    from inksight.ink.curves import distance_to_polyline

    (line,) = drawn(f'<path d="{path}"/>')
    curve = np.array([through(t) for t in np.linspace(0, 1, 500)])
    assert distance_to_polyline(curve, line).max() < 0.1
    assert distance_to_polyline(line, curve).max() < 0.02
    assert 5 < len(line) < 40


def test_svg_smooth_commands_mirror_the_last_handle():
    assert drawn('<path d="M0 0C0 9 9 9 9 0S18-9 18 0"/>') == drawn('<path d="M0 0C0 9 9 9 9 0C9-9 18-9 18 0"/>')
    assert drawn('<path d="M0 0Q5 9 9 0T18 0"/>') == drawn('<path d="M0 0Q5 9 9 0Q13-9 18 0"/>')
    assert drawn('<path d="M0 0L9 0S9 9 18 0"/>') == drawn('<path d="M0 0L9 0C9 0 9 9 18 0"/>')


def test_svg_reads_color_and_width_as_they_are_inherited():
    strokes = svg("""<g stroke="navy" stroke-width="2" transform="scale(3)">
        <path d="M0 0L1 1"/><path d="M0 0L1 1" stroke="rgb(1,2,3)" style="stroke-width:1mm;fill:none"/>
        <path d="M0 0L1 1" stroke="none"/></g><path d="M0 0L1 1" stroke="#abc"/><path d="M0 0L1 1"/>""").strokes
    assert [s.color for s in strokes] == ["#000080", "#010203", None, "#aabbcc", None]
    assert [s.width for s in strokes] == [6, pytest.approx(3 * 96 / 25.4), 6, 1, None]


def test_svg_says_once_what_most_strokes_have():
    pens = [(2, "#000000"), (2, "#000000"), (3, "#000000"), (2, "#ff0000")]
    page = Page.of_words([Word(tuple(Stroke([[i, 0], [i, 9]], *pen) for i, pen in enumerate(pens)))], 9, 9)
    paths = list(ElementTree.fromstring(dumps(page, "svg")).iter(SVG + "path"))
    assert [sorted(set(p.attrib) - {"d"}) for p in paths] == [[], [], ["stroke-width"], ["stroke"]]
    assert [(s.width, s.color) for s in loads(dumps(page, "svg"), "svg").strokes] == pens


@pytest.mark.parametrize(
    ("style", "size", "view"),
    [
        (Style(), ("200", "120"), "0 0 200 120"),
        (Style(dpi=254), ("20mm", "12mm"), "0 0 200 120"),
        (Style(fit="a4"), ("297mm", "210mm"), "0 -10.71 200 141.41"),
        (Style(fit="letter"), ("279.4mm", "215.9mm"), "0 -17.27 200 154.55"),
        (Style(fit="device"), ("157.2mm", "209.6mm"), "0 -73.33 200 266.67"),
    ],
)
def test_svg_has_the_size_of_its_sheet(style, size, view):
    root = ElementTree.fromstring(dumps(sample(), "svg", style=style))
    assert (root.get("width"), root.get("height")) == size
    assert root.get("viewBox") == view


def test_svg_backgrounds():
    photo = np.full((120, 200, 3), 200, np.uint8)

    def under(page, **style):
        root = ElementTree.fromstring(dumps(page, "svg", style=Style(**style)))
        return [(e.get("class"), e.get("fill")) for e in root if e.get("class")]

    chalk = Page.of_words([Word((Stroke([[1, 1], [5, 5]], 2, "#f0f0e0"),))], 9, 9)
    assert under(sample(), photo=photo) == []
    assert under(sample(), background="paper") == [("paper", "#ffffff")]
    assert under(sample(), background="photo", photo=photo) == [("paper", "#ffffff"), ("photo", None)]
    assert under(chalk) == [("paper", BOARD)]  # light ink can't be seen on nothing
    assert under(chalk, background="none") == []
    with pytest.raises(InputError, match="no photo"):
        under(sample(), background="photo")


def test_photos_come_back():
    """From each format that holds one, where it lay."""
    photo = np.full((120, 200, 3), (200, 100, 50), np.uint8)
    for fmt, fit in itertools.product(("json", "svg", "xopp"), (None, "a4")):
        style = Style(photo=photo, background="photo", fit=fit)
        data = dumps(sample(), fmt, style=style)
        ((picture, box),) = formats.photos(data, fmt)
        with Image.open(io.BytesIO(picture)) as opened:
            assert opened.size == (200, 120)
        page = loads(data, fmt)
        (_, top), (across, down) = np.reshape(box, (2, 2))
        fits = fit and fmt != "json"
        assert across == pytest.approx(page.width)
        assert page.width / (down - top) == pytest.approx(200 / 120, rel=0.01)
        assert top == pytest.approx((page.height - (down - top)) / 2, abs=0.02)
        assert (top > 1) == bool(fits)
        assert formats.photos(dumps(sample(), fmt), fmt) == [None]
    assert formats.photos(dumps(sample(), "inkml"), "inkml") == [None]


def test_photos_of_other_programs():
    png = io.BytesIO()
    Image.new("RGB", (2, 3)).save(png, "PNG")
    url = "data:image/png;base64," + base64.b64encode(png.getvalue()).decode()
    images = f"""<image href="{url}" x="1" width="4" height="5"/>
        <g transform="scale(2) translate(5)"><image href="{url}" width="40" height="50"/></g>
        <image href="{url}" width="900" height="9" transform="rotate(9)"/>
        <image href="data:image/png;base64,?" width="999" height="999"/>
        <image href="photo.jpg" width="999" height="9"/>"""
    svg = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 99 99">{images}</svg>'.encode()
    assert formats.photos(svg, "svg") == [(png.getvalue(), (10, 0, 90, 100))]
    texted = base64.encodebytes(png.getvalue()).decode()
    page = f"""<page width="90" height="90"><layer><image left="1" top="2" right="3" bottom="4">{texted}</image></layer>
        </page><page width="9" height="9"><layer><image left="3" right="1">{texted}</image></layer></page>"""
    assert formats.photos(f"<xournal>{page}</xournal>".encode(), "xopp") == [(png.getvalue(), (1, 2, 3, 4)), None]


def test_svg_reads_other_elements_under_nested_transforms():
    body = """
    <defs><path d="M0 0L1 1"/></defs><rect width="5" height="5"/><text>no</text>
    <g transform="translate(10 20)"><g transform="scale(2), rotate(90)">
      <polyline points="0,0 1,0 1,1"/><line x1="0" y1="0" x2="0" y2="3"/></g></g>
    <path transform="matrix(1 0 0 -1 5 50)" d="M1 2L3 4"/>
    <path transform="rotate(180 10 10)" d="M0 0L20 20"/>"""
    got = drawn(body)
    want = [[[10, 20], [10, 22], [8, 22]], [[10, 20], [4, 20]], [[6, 48], [8, 46]], [[20, 20], [0, 0]]]
    assert [len(s) for s in got] == [len(s) for s in want]
    assert all(np.allclose(a, b, atol=1e-4) for a, b in zip(got, want, strict=True))


def test_svg_of_others_is_one_word_in_units_of_the_view_box():
    page = svg('<path d="M10 10L20 20"/><line x1="10" y1="10" x2="11" y2="10"/>', 'width="9cm" viewBox="10 10 30 40"')
    assert (page.width, page.height, len(page.words)) == (30, 40, 1)
    assert page.strokes[0].points.tolist() == [[0, 0], [10, 10]]


@pytest.mark.parametrize(
    ("attributes", "size"),
    [
        ('width="100px" height="1in"', (100, 96)),
        ('width="25.4mm" height="2.54cm"', (96, 96)),
        ('width="100%"', (41, 7)),
        ("", (41, 7)),
    ],
)
def test_svg_page_size(attributes, size):
    page = svg('<path d="M1 2L40.5 7"/>', attributes)
    assert (page.width, page.height) == pytest.approx(size)


def test_svg_of_ours_may_be_moved_and_added_to():
    data = dumps(sample(), "svg").decode()
    data = data.replace('<g class="line">', '<g class="line" transform="translate(0,10)">', 1)
    data = data.replace("</svg>", '<path d="M0 0L5 5"/></svg>')
    page = loads(data.encode(), "svg")
    assert [line.text for line in page.lines] == ["hi to", "you", ""]
    assert page.words[1].box == (45, 35, 85, 55)
    assert page.words[0].strokes[1].points.tolist() == [[20, 20]]
    assert page.words[3].strokes[0].points.tolist() == [[0, 0], [5, 5]]


# ------------------------------------------------------------------------------------------------------------- InkML

INK = "{http://www.w3.org/2003/InkML}"


def inkml(body):
    return loads(f'<ink xmlns="http://www.w3.org/2003/InkML">{body}</ink>'.encode(), "inkml")


def test_inkml_has_the_five_annotations_and_flat_traces_for_a_word():
    page = Page.of_words(
        [Word((Stroke([[1, 2], [3, 4.25]]), Stroke([[5, 6]])), "hi", origin="derender-with-text")], 9, 8
    )
    root = ElementTree.fromstring(dumps(page, "inkml", style=Style(name="photo 1")))
    notes = {e.get("type"): e.text for e in root.findall(INK + "annotation")}
    assert notes["application"] == "InkSight"
    assert notes["sourceDataset"] == "user pictures"
    assert notes["inferenceMode"] == "Derender with Text"
    assert notes["exampleId"] == "photo 1"
    assert notes["textField"] == "hi"
    assert [e.text for e in root.findall(INK + "trace")] == ["1 2, 3 4.25", "5 6"]


CHILDREN = {
    "ink": {"annotation", "definitions", "trace", "traceGroup"},
    "definitions": {"inkSource", "context", "brush"},
    "brush": {"brushProperty"},
    "inkSource": {"traceFormat", "activeArea"},
    "traceFormat": {"channel"},
    "traceGroup": {"annotation", "trace", "traceGroup"},
}
ID = "{http://www.w3.org/XML/1998/namespace}id"
ATTRIBUTES = {
    "annotation": {"type"},
    "trace": {ID, "contextRef", "brushRef"},
    "brush": {ID},
    "brushProperty": {"name", "value", "units"},
    "traceGroup": {ID},
    "channel": {"name", "type", "units"},
    "inkSource": {ID},
    "context": {ID, "inkSourceRef"},
    "activeArea": {"width", "height", "units"},
}


@pytest.mark.parametrize("style", [Style(), Style(color="order", width=2), Style(times=True)])
@pytest.mark.parametrize("page", [sample(), Page.of_words(sample().words[:1], 9, 9), *EMPTY.values()])
def test_inkml_keeps_the_rules_of_the_schema_and_of_wacoms_reader(page, style):
    root = ElementTree.fromstring(dumps(page, "inkml", style=style))
    ids = [e.get(ID) for e in root.iter() if e.get(ID)]
    assert len(ids) == len(set(ids))
    for element in root.iter():
        name = element.tag.removeprefix(INK)
        assert {child.tag.removeprefix(INK) for child in element} <= CHILDREN.get(name, set())
        assert set(element.attrib) <= ATTRIBUTES.get(name, set())
    channels = [c.get("name") for c in root.find(f"{INK}definitions/{INK}inkSource/{INK}traceFormat")]
    assert channels == (["X", "Y", "T"] if style.times else ["X", "Y"])
    context = root.find(f"{INK}definitions/{INK}context")
    assert all(trace.get("contextRef") == "#" + context.get(ID) for trace in root.iter(INK + "trace"))
    assert all(trace.get(ID) for trace in root.iter(INK + "trace"))
    assert all(trace.get("brushRef", "#" + ids[0])[1:] in ids for trace in root.iter(INK + "trace"))
    for group in root.iter(INK + "traceGroup"):
        assert group.get(ID)
        assert all(note.text for note in group.findall(INK + "annotation"))


def test_inkml_of_the_data_set():
    page = inkml("""
        <annotation type="application">InkSight</annotation><annotation type="sourceDataset">IAM</annotation>
        <annotation type="inferenceMode">Recognize and Derender</annotation>
        <annotation type="exampleId">a01</annotation>
        <annotation type="textField">word</annotation>
        <trace id="0">10,20 11,22 13,25</trace><trace id="1">100,0</trace>""")
    assert (page.width, page.height, page.text) == (224, 224, "word")
    assert page.words[0].origin == "recognize-and-derender"
    assert [s.points.tolist() for s in page.strokes] == [[[10, 20], [11, 22], [13, 25]], [[100, 0]]]


def test_inkml_of_the_data_set_without_traces_or_text():
    head = '<annotation type="application">InkSight</annotation><annotation type="textField">{}</annotation>'
    assert inkml(head.format(" ")) == Page(224, 224)
    assert inkml(head.format("lost")).words == (Word(text="lost"),)


def test_inkml_with_more_channels_in_another_order():
    page = inkml("""
        <annotation type="label">x^2</annotation><annotation type="normalizedLabel">x^{2}</annotation>
        <traceFormat><channel name="T"/><channel name="Y"/><channel name="X"/>
          <intermittentChannels><channel name="F"/></intermittentChannels></traceFormat>
        <trace>0 5 1,10 6.5 2:7,20 7 3e0</trace>""")
    assert page.strokes[0].points.tolist() == [[1, 5], [2, 6.5], [3, 7]]
    assert (page.text, page.width, page.height) == ("x^{2}", 3, 7)


def test_inkml_of_crohme_ignores_groups_that_only_refer():
    page = inkml("""
        <traceFormat><channel name="X" type="decimal"/><channel name="Y" type="decimal"/></traceFormat>
        <annotation type="truth">$a$</annotation>
        <trace id="0">\n985 3317, 986 3320\n</trace><trace id="1">1 2</trace><trace id="2"> </trace>
        <trace id="3" type="penUp">7 7</trace>
        <traceGroup xml:id="7"><annotation type="truth">Segmentation</annotation><traceGroup xml:id="8">
          <annotation type="truth">a</annotation><traceView traceDataRef="0"/></traceGroup></traceGroup>""")
    assert [line.text for line in page.lines] == ["$a$"]
    assert [len(s) for s in page.strokes] == [2, 1]


CHANNELS = '<traceFormat xml:id="f"><channel name="X"{}/><channel name="Y"{}/></traceFormat>'


@pytest.mark.parametrize(
    ("x", "y", "properties", "points"),
    [
        ("", "", "", [[1, 2], [30, 40]]),
        (' units="mm"', ' units="cm"', "", [[96 / 25.4, 2 * 96 / 2.54], [30 * 96 / 25.4, 40 * 96 / 2.54]]),
        (' units="in"', ' units="dev"', "", [[96, 2], [30 * 96, 40]]),
        (' type="integer" units="cm"', "", ("X", 10, "1/cm"), [[9.6 / 2.54, 2], [288 / 2.54, 40]]),
        (' type="decimal" units="in"', "", ("X", 1000, "1/in"), [[96, 2], [30 * 96, 40]]),
        (' units="dev"', "", ("X", 0.5, "mm"), [[48 / 25.4, 2], [15 * 96 / 25.4, 40]]),
        (' units="himetric"', ' units="furlong"', "", [[0.96 / 25.4, 2], [28.8 / 25.4, 40]]),
        ("", ' orientation="-ve"', "", [[1, 38], [30, 0]]),
    ],
)
def test_inkml_knows_units_resolutions_and_which_way_is_up(x, y, properties, points):
    if properties:
        row = '<channelProperty channel="{}" name="resolution" value="{}" units="{}"/>'.format(*properties)
        properties = f"<channelProperties>{row}</channelProperties>"
    page = inkml(f"""<definitions><inkSource xml:id="s">{CHANNELS.format(x, y)}{properties}</inkSource></definitions>
        <trace>1 2, 30 40</trace>""")
    assert page.strokes[0].points.ravel().tolist() == pytest.approx(np.ravel(points).tolist(), rel=1e-6)


def test_inkml_contexts_have_their_own_channels_transforms_and_brushes():
    page = inkml(f"""<definitions>
        <traceFormat xml:id="swapped"><channel name="Y"/><channel name="X"/></traceFormat>
        <canvasTransform xml:id="twice"><mapping type="affine"><affine>2 0 10, 0 2 0,</affine></mapping>
        </canvasTransform>
        <canvasTransform xml:id="curved"><mapping type="mathml"/></canvasTransform>
        <brush xml:id="b"><brushProperty name="width" value="3"/><brushProperty name="color" value="red"/></brush>
        <brush xml:id="c"><brushProperty name="width" value="1" units="mm"/></brush>
        <brush xml:id="d"><brushProperty name="tip" value="ellipse"/></brush>
        <context xml:id="plain">{CHANNELS.format("", "")}</context>
        <context xml:id="large" contextRef="#plain" canvasTransformRef="#twice" brushRef="#b"/>
        <context xml:id="odd" traceFormatRef="#swapped" canvasTransformRef="#curved"/></definitions>
        <trace>1 2, 50 60</trace><trace contextRef="#large">1 2, 5 6</trace>
        <traceGroup contextRef="#odd" brushRef="#c"><trace>1 2, 5 6</trace>
            <trace brushRef="#d" contextRef="#nowhere">7 8, 9 9</trace></traceGroup>""")
    assert [s.points.tolist() for s in page.strokes] == [
        [[1, 2], [50, 60]], [[12, 4], [20, 12]], [[2, 1], [6, 5]], [[8, 7], [9, 9]]
    ]  # fmt: skip
    assert [s.color for s in page.strokes] == [None, "#ff0000", None, None]
    assert [s.width for s in page.strokes] == [None, 6, pytest.approx(96 / 25.4), None]


def test_inkml_without_a_page_is_moved_onto_one_and_enlarged_where_its_units_are_none():
    below = inkml("<trace>-5 2, 20 30</trace>")
    assert (below.width, below.height, below.strokes[0].points.tolist()) == (25, 30, [[0, 2], [25, 30]])
    inches = inkml("<trace>0.5 0.5, 0.75 1.5</trace><trace>1 1</trace>")
    assert (inches.width, inches.height) == (40, 60)
    assert inches.strokes[0].points.tolist() == [[20, 20], [30, 60]]
    assert inkml("<trace>1 1</trace>").strokes[0].points.tolist() == [[1, 1]]


def test_inkml_of_math_writing_has_times():
    """The form of a file of the data set: an annotation each for label and normalized label, times in seconds."""
    page = inkml("""<annotation type="label">a</annotation><annotation type="normalizedLabel">a</annotation>
        <traceFormat><channel name="X" type="decimal"/><channel name="Y" type="decimal"/>
        <channel name="T" type="decimal"/></traceFormat>
        <trace id="0">20.5 31.25 0.0,21.0 30.0 16.7</trace><trace id="1">40 41 310.2,50 60 327</trace>""")
    assert [s.points.tolist() for s in page.strokes] == [[[20.5, 31.25], [21, 30]], [[40, 41], [50, 60]]]


def test_inkml_times_are_synthetic_and_do_not_change_the_ink():
    data = dumps(sample(), "inkml", style=Style(times=True))
    root = ElementTree.fromstring(data)
    assert [e.text for e in root.findall(INK + "annotation[@type='times']")] == ["synthetic"]
    clock = [int(point.split()[2]) for trace in root.iter(INK + "trace") for point in trace.text.split(",")]
    assert clock[0] == 0
    assert clock == sorted(clock)
    assert loads(data, "inkml") == loads(dumps(sample(), "inkml"), "inkml")
    assert b"synthetic" not in dumps(sample(), "inkml")


def test_inkml_brushes_are_shared():
    strokes = tuple(Stroke([[i, 1]], width) for i, width in enumerate((2.0, 3.5, 2.0, None)))
    root = ElementTree.fromstring(dumps(Page.of_words([Word(strokes)], 9, 9), "inkml"))
    assert [e.get("value") for e in root.iter(INK + "brushProperty")] == ["2", "3.5"]
    assert [e.get("brushRef") for e in root.iter(INK + "trace")] == ["#pen0", "#pen1", "#pen0", None]


def test_inkml_decodes_differences_as_in_the_specification():
    page = inkml("""<trace>1125 18432,'23'43,"7"-8,3-5,7 -3,6 2,6 8,3 6,3 6,2 2,* 4,!9!?</trace>""")
    x = [1125, 1148, 1178, 1211, 1251, 1297, 1349, 1404, 1462, 1522, 1584, 9]
    y = [18432, 18475, 18510, 18540, 18567, 18596, 18633, 18676, 18725, 18776, 18831, 4]
    assert page.strokes[0].points.tolist() == [list(p) for p in zip(x, y, strict=True)]


# --------------------------------------------------------------------------------------------------------------- PNG


def pixels(page, **options):
    return np.asarray(Image.open(io.BytesIO(dumps(page, "png", **options))))


def bars(count=5, size=(200, 120)):
    """Upright strokes at x = 20, 50, 80, ..., drawn downwards."""
    strokes = tuple(Stroke([[20 + 30 * i, 30], [20 + 30 * i, 100]]) for i in range(count))
    return Page.of_words([Word(strokes)], *size)


def test_png_draws_each_stroke_in_its_place_and_colour():
    picture = pixels(bars(), style=Style(width=4))
    assert picture.shape == (120, 200, 3)
    for i in range(5):
        x = 20 + 30 * i
        assert (
            picture[60:90, x - 1 : x + 1] == rainbow(i, 5)
        ).all()  # corner frame: pixels 19 and 20 lie around x = 20
        assert (picture[60:90, [x - 3, x + 2]] == 255).all()
    assert (picture[:20] == 255).all()
    assert (picture[110:] == 255).all()


def test_png_runs_through_the_rainbow():
    colors = [rainbow(i, 5) for i in range(5)]
    assert colors[0][0] > 200 > 50 > max(colors[0][1:])
    assert len(set(colors)) == 5
    assert colors[4][2] > colors[4][0] > colors[4][1]
    assert rainbow(0, 1) == colors[0]


def test_png_marks_the_pen_down():
    picture = pixels(bars(1), style=Style(width=4))
    inked = (picture != 255).any(axis=2)
    rows = inked.sum(axis=1)
    assert rows[30] == 8  # a dot of twice the width
    assert rows[65] == rows[99] == 4
    assert not inked[103:].any()


def test_png_dims_the_photo_and_outlines_in_white():
    photo = np.full((120, 200, 3), (200, 100, 50), np.uint8)
    photo[5, 7] = 0
    picture = pixels(bars(1), photo=photo, style=Style(width=4))
    assert picture[0, 0].tolist() == [90, 45, 22]
    assert picture[5, 7].tolist() == [0, 0, 0]
    assert picture[5, 8].tolist() == [90, 45, 22]
    assert (picture[65, [17, 22]] == 255).all()
    assert picture[65, 25].tolist() == [90, 45, 22]
    assert (photo[0, 0] == (200, 100, 50)).all()


def test_png_smooths_the_edges_of_small_pictures():
    slanted = Page.of_words([Word((Stroke([[20, 20], [120, 60]]),))], 150, 80)
    shades = {tuple(p) for p in pixels(slanted, style=Style(width=4)).reshape(-1, 3).tolist()}
    assert len(shades) > 2


def test_png_of_a_photo_of_another_size_has_the_page_s():
    assert pixels(bars(), photo=np.zeros((60, 100, 3), np.uint8)).shape == (120, 200, 3)


@pytest.mark.parametrize("page", EMPTY.values(), ids=EMPTY)
def test_png_of_empty_pages(page):
    assert pixels(page).shape == (max(1, page.height), max(1, page.width), 3)


def test_png_shows_a_single_point():
    assert (
        pixels(Page.of_words([Word((Stroke([[10, 10]]),))], 20, 20), style=Style(width=4))[9:11, 9:11] == rainbow(0, 1)
    ).all()


def test_png_draws_strokes_across_twelve_megapixels():
    across = Page.of_words(
        [Word((Stroke([[10, 10], [3990, 2990]], 4), Stroke([[20, 2990], [3990, 20]], 4)))], 4000, 3000
    )
    picture = pixels(across, style=Style(color="#000000"))
    assert picture.shape == (3000, 4000, 3)
    assert (picture[1500, 1998:2003] == 0).any()
    assert (picture < 128).any(axis=2).sum() == pytest.approx(2 * 4 * math.hypot(3980, 2980), rel=0.15)


@pytest.mark.parametrize("size", [60, 120, 400])
def test_png_of_another_size(size):
    picture = pixels(bars(), style=Style(size=size, color="#000000"))
    assert picture.shape == (math.ceil(120 * size / 200), size, 3)
    assert (picture[round(65 * size / 200), [round((20 + 30 * i) * size / 200) for i in range(5)]] < 100).all()


def test_png_to_check_has_thin_lines_and_another_the_ink_s_width():
    wide = Page.of_words([Word((Stroke([[20, 30], [20, 90]], 12),))], 60, 120)
    drawn = {color: pixels(wide, style=Style(color=color))[60] for color in (None, "order", "ink")}
    assert {color: int((row < 250).any(axis=1).sum()) for color, row in drawn.items()} == {
        None: 4,
        "order": 12,
        "ink": 12,
    }


def test_png_backgrounds_and_colors():
    photo = np.full((120, 200, 3), 200, np.uint8)
    ink = Page.of_words([Word((Stroke([[100, 20], [100, 100]], 6, "#208040"),))], 200, 120)
    none = pixels(ink, style=Style(background="none", color="ink"))
    assert none.shape == (120, 200, 4)
    assert none[5, 5].tolist() == [0, 0, 0, 0]
    assert none[60, 100].tolist() == [0x20, 0x80, 0x40, 255]
    assert pixels(ink, photo=photo, style=Style(background="paper"))[5, 5].tolist() == [255, 255, 255]
    assert pixels(ink, photo=photo)[5, 5].tolist() == [90, 90, 90]
    assert pixels(ink, style=Style(color="#0000ff"))[60, 100].tolist() == [0, 0, 255]
    assert pixels(ink, style=Style(color="ink"))[20, 100 + 5].tolist() == [255, 255, 255]  # no dot at the pen-down
    chalk = Page.of_words([Word((Stroke([[100, 20], [100, 100]], 6, "#f0f0f0"),))], 200, 120)
    assert pixels(chalk, style=Style(color="ink"))[5, 5].max() < 100
    with pytest.raises(InputError, match="there is no photo"):
        pixels(ink, style=Style(background="photo"))


def test_png_refuses_a_page_that_fills_the_memory():
    with pytest.raises(InputError, match="a page of 1000000 x 1000000 pixels is too large for a PNG; write SVG"):
        dumps(Page(1e6, 1e6), "png")


# -------------------------------------------------------------------------------------------------- files and errors


@pytest.mark.parametrize("fmt", FORMATS)
def test_a_file_holds_what_dumps_gives(fmt, tmp_path):
    path = tmp_path / f"notes.{ending(fmt).upper()}"
    write(sample(), path, fmt=None if ending(fmt) == fmt else fmt)
    assert path.read_bytes() == dumps(sample(), fmt)
    assert list(tmp_path.iterdir()) == [path]
    if fmt in READABLE:
        assert_close(read(path), styled(sample(), Style()) if fmt == "svg" else sample())


def test_page_save_and_another_format_than_the_ending(tmp_path):
    sample().save(tmp_path / "a.json")
    assert read(tmp_path / "a.json") == sample()
    write(sample(), tmp_path / "a.txt", fmt="json")
    assert read(tmp_path / "a.txt", fmt="json") == sample()


@pytest.mark.parametrize("fmt", FORMATS)
def test_standard_output(fmt, capsysbinary):
    write(sample(), "-", fmt=fmt)
    assert capsysbinary.readouterr().out == dumps(sample(), fmt)


def raises(message):
    import re

    return pytest.raises(InputError, match=f"^{re.escape(message)}$")


def test_unknown_formats_are_told_with_the_known_ones(tmp_path):
    known = "use one of " + ", ".join(f".{name}" for name in FORMATS if formats.ending(name) == name)
    with raises(f"notes.doc: unknown ending '.doc'; {known}"):
        write(sample(), "notes.doc")
    with raises(f"notes: no ending that names a format; {known}"):
        read("notes")
    with raises(f"unknown format 'doc'; use one of {', '.join(FORMATS)}"):
        dumps(sample(), "doc")
    with raises(f"standard output has no ending: name a format ({', '.join(FORMATS)})"):
        write(sample(), "-")
    (tmp_path / "a.png").write_bytes(b"")
    readable = ", ".join(f".{name}" for name in FORMATS if hasattr(formats._module(name), "loads"))
    with raises(f"{tmp_path}/a.png: .png files hold no ink that could be read; use one of {readable}"):
        read(tmp_path / "a.png")


def test_a_missing_folder_is_named(tmp_path):
    with raises(f"{tmp_path}/no/a.svg: the folder {tmp_path}/no doesn't exist; create it first"):
        write(sample(), tmp_path / "no" / "a.svg")


def test_a_place_that_cannot_be_written(tmp_path, monkeypatch):
    def refuse(*_):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("pathlib.Path.write_bytes", refuse)  # a read-only folder stops no administrator
    with raises(f"{tmp_path}/a.svg: can't write into {tmp_path}: Permission denied; choose another place"):
        write(sample(), tmp_path / "a.svg")
    monkeypatch.undo()
    (tmp_path / "b.svg").mkdir()
    with raises(f"{tmp_path}/b.svg: can't write into {tmp_path}: Is a directory; choose another place"):
        write(sample(), tmp_path / "b.svg")
    assert [p.name for p in tmp_path.iterdir()] == ["b.svg"]


@pytest.mark.parametrize("broken", ["os.replace", "inksight.formats.svg.dumps"])
@pytest.mark.parametrize("old", [None, b"old"])
def test_a_failing_writer_leaves_what_was_there(broken, old, tmp_path, monkeypatch):
    def fail(*_):
        raise OSError(28, "No space left on device")

    path = tmp_path / "a.svg"
    if old:
        path.write_bytes(old)
    dumps(sample(), "svg")
    monkeypatch.setattr(broken, fail)
    with pytest.raises((InputError, OSError), match="No space left"):
        write(sample(), path)
    assert [p.read_bytes() for p in tmp_path.iterdir()] == ([old] if old else [])


def test_links_and_devices_stay_what_they_are(tmp_path):
    (tmp_path / "real.svg").write_bytes(b"old")
    (tmp_path / "link.svg").symlink_to(tmp_path / "real.svg")
    write(sample(), tmp_path / "link.svg")
    assert (tmp_path / "link.svg").is_symlink()
    assert (tmp_path / "real.svg").read_bytes() == dumps(sample(), "svg")
    write(sample(), "/dev/null", fmt="svg")
    from pathlib import Path

    assert Path("/dev/null").is_char_device()


def test_reading_a_missing_file_or_a_folder(tmp_path):
    with raises(f"{tmp_path}/a.svg: can't be read: No such file or directory"):
        read(tmp_path / "a.svg")
    (tmp_path / "b.json").mkdir()
    with raises(f"{tmp_path}/b.json: can't be read: Is a directory"):
        read(tmp_path / "b.json")


def document(**changes):
    word = {"text": "a", "confidence": 1, "box": [0, 0, 1, 1], "line": 0, "strokes": [[[0, 0]]], "cell": None}
    whole = {"format": "inksight", "version": 1, "width": 9, "height": 9, "words": [word]}
    word.update({k: v for k, v in changes.items() if k in word})
    return json.dumps(whole | {k: v for k, v in changes.items() if k not in word})


BROKEN = [
    ("json", "", "Expecting value"),
    ("json", "[]", "isn't ink of InkSight"),
    ("json", '{"format": "other"}', "isn't ink of InkSight"),
    ("json", '{"format": "inksight", "version": 1}', "the key 'words' is missing"),
    ("json", document(version=2), "its version is 2, this program reads 1: update inksight"),
    ("json", document(words=5), "wrong type"),
    ("json", document(words=[5]), "wrong type"),
    ("json", document(width="wide"), "wrong type"),
    ("json", document(cell=[0, 1]), 'a "cell" is [table, row, column]'),
    ("json", document(cell=[0, 1, 10**9]), "a table has at most 100000 rows and 200 columns"),
    ("json", document(width=-1), "size must be finite"),
    ("json", document(confidence=7), "word 0: confidence must lie in 0..1"),
    ("json", document(confidence=float("nan")), "word 0: confidence"),
    ("json", document(box=[1, 2, 3]), "word 0: a box is"),
    ("json", document(strokes=[[]]), "word 0: a stroke needs points"),
    ("json", document(strokes=[[[1, 2], [3]]]), "word 0:"),
    ("json", document(strokes=[[[1, 1e300]]]), "word 0: a stroke's points must be finite"),
    ("json", document(strokes=[[[1, "a"]]]), "word 0: could not convert"),
    ("json", document(line=10**9), "from 0 to 99999"),
    ("json", document(line=-1), "from 0 to 99999"),
    ("json", document(line="x"), "wrong type"),
    ("json", "[" * 100_000, "nested too deeply"),
    ("json", b"\xff\xfe\xfa", "decode"),
    ("svg", "", "broken XML"),
    ("svg", "<svg><g></svg>", "broken XML (mismatched tag"),
    ("svg", "<html/>", "it is <html>, not <svg>"),
    ("svg", '<svg><path d="L1 1"/></svg>', "must begin with M"),
    ("svg", '<svg><path d="5 M1 1"/></svg>', "must begin with M, not '5'"),
    ("svg", '<svg><path d="M1 1 L2"/></svg>', "can't read the path data 'L2'"),
    ("svg", '<svg><path d="M1 1 L2 #"/></svg>', "can't read the path data"),
    ("svg", '<svg><path d="M1 1 B2 2"/></svg>', "can't read the path data"),
    ("svg", '<svg><path d="M1 1 A2 2 0 0 1 5 5"/></svg>', "arcs in paths aren't read"),
    ("svg", '<svg><path d="M1 1 L1e999 1"/></svg>', "points must be finite"),
    ("svg", '<svg><path d="M1 1 C1e300 1 -1e300 5 5 5"/></svg>', "points must be finite"),
    ("svg", '<svg><g transform="spin(3)"/></svg>', "can't read the transform 'spin'"),
    ("svg", '<svg><g transform="scale(3"/></svg>', "can't read the transform"),
    ("svg", '<svg viewBox="0 0 -1 5"/>', "size must be finite"),
    ("svg", '<svg><g class="word" data-confidence="7"/></svg>', "confidence must lie in 0..1"),
    ("svg", f"<svg><path transform='{' ' * 20_000}x'/></svg>", "can't read the transform"),  # none may take minutes
    ("inkml", f"<ink><trace>1 2{' ' * 20_000}x</trace></ink>", "can't read the trace"),
    ("svg", "<svg>" + "<g>" * 5000 + "</g>" * 5000 + "</svg>", "nested too deeply"),
    ("inkml", "<ink", "broken XML"),
    ("inkml", "<svg/>", "it is <svg>, not <ink>"),
    ("inkml", "<ink><trace>1 a, 2 3</trace></ink>", "can't read the trace '1 a, 2 3'"),
    ("inkml", "<ink><trace>1 2, 3</trace></ink>", "can't read the trace"),
    ("inkml", "<ink><trace>1 2x, 3 4</trace></ink>", "can't read the trace '1 2x, 3 4'"),
    ("inkml", "<ink><trace>T F</trace></ink>", "could not convert"),
    ("inkml", "<ink><trace>1e999 1</trace></ink>", "points must be finite"),
    ("inkml", '<ink><traceFormat><channel name="X"/></traceFormat></ink>', "no channels X and Y"),
    ("inkml", '<ink><annotation type="box">5 5 1 1</annotation></ink>', "a box is"),
    ("inkml", "<ink>" + "<traceGroup>" * 5000 + "</traceGroup>" * 5000 + "</ink>", "nested too deeply"),
]


@pytest.mark.parametrize(("fmt", "content", "reason"), BROKEN)
def test_broken_files_are_named_with_the_reason_in_one_line(fmt, content, reason, tmp_path):
    path = tmp_path / f"broken.{fmt}"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(InputError) as caught:
        read(path)
    message = str(caught.value)
    assert message.startswith(f"{path}: not a usable {fmt} file: ")
    assert reason in message
    assert "\n" not in message


@pytest.mark.parametrize("fmt", READABLE)
def test_truncated_files_are_refused(fmt):
    data = dumps(sample(), fmt)
    for end in range(0, len(data) - 10, 37):
        with pytest.raises(InputError):
            loads(data[:end], fmt)


@pytest.mark.parametrize(("fmt", "root"), [("svg", "svg"), ("inkml", "ink")])
@pytest.mark.parametrize(
    "doctype",
    [
        '<!DOCTYPE x SYSTEM "http://localhost:1/x.dtd">',
        '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>',
        '<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/hostname">]>',
    ],
)
def test_xml_with_a_doctype_is_refused(fmt, root, doctype):
    with pytest.raises(InputError, match="it has a DOCTYPE"):
        loads(f"{doctype}<{root}>&a;</{root}>".encode(), fmt)


def test_nothing_heavy_is_imported_before_a_png_is_written():
    code = "import sys; from inksight import formats; from inksight.ink.document import Page\n"
    code += "[formats.dumps(Page(1, 1), f) for f in ('json', 'svg', 'inkml')]; assert 'PIL' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True)


def test_every_format_keeps_the_contract():
    for name in FORMATS:
        module = formats._module(name)
        assert module.__doc__
        assert callable(module.dumps)
        assert hasattr(module, "loads") or name not in READABLE


def test_the_table_of_formats_knows_every_format():
    """docs/formats.md is made by bench/formats.py, from real runs."""
    from bench.formats import ROWS

    assert set(ROWS) == set(FORMATS)


def test_absurd_sizes_are_written():
    wide = Page.of_words([Word((Stroke([[0, 0], [100, 50]], width=1e9),))], 100, 100)
    assert loads(dumps(wide, "json"), "json") == wide
    assert dumps(wide, "gif")
    vast = Page.of_words([Word((Stroke([[1e30, -1e30], [2e30, 1e30]]),), "x")], 1e31, 1e31)
    assert loads(dumps(vast, "json"), "json") == vast
    assert loads(dumps(vast, "hocr"), "hocr").text == "x"


class TestMuchOutOfLittle:
    """Small files must not keep the machine busy: the work is bounded, or grows with the file alone."""

    @pytest.mark.parametrize(
        ("fmt", "head", "page", "tail"),
        [("xopp", b"<xournal>", b"<page/>", b"</xournal>"), ("alto", b"<alto>", b"<Page/>", b"</alto>"),
         ("hocr", b"", b'<p class="ocr_page"></p>', b""), ("jsonl", b"", b"{}\n", b"")],
    )  # fmt: skip
    def test_too_many_pages(self, fmt, head, page, tail):
        with pytest.raises(InputError, match="it has more than 10000 pages; split it"):
            formats.loads_pages(head + page * 10_001 + tail, fmt)

    def test_deep_inkml_is_gone_through_once(self, monkeypatch):
        """The names that are looked at grow with the file, not with the file times its depth."""
        from inksight.formats import inkml

        looked, usual = [], inkml.local
        monkeypatch.setattr(inkml, "local", lambda e: looked.append(e) or usual(e))
        depth, count = 200, 2000
        groups = "<traceGroup>" * depth + "<x/>" * count + "</traceGroup>" * depth
        assert formats.loads(f"<ink>{groups}</ink>".encode(), "inkml").words == ()
        assert len(looked) < 12 * (depth + count)

    def test_groups_that_refer_to_traces(self):
        ink = "<ink><trace>1 1, 9 9</trace><traceGroup><traceGroup><traceView/></traceGroup></traceGroup></ink>"
        assert [len(w.strokes) for w in formats.loads(ink.encode(), "inkml").words] == [1]

    def test_curves_are_points_on_them(self):
        from inksight.formats.svgpath import flatten

        ((_, *points),) = flatten("M0 0C0 40 40 80 80 80", 0.1)
        t = np.arange(1, len(points) + 1)[:, None] / len(points)
        controls = np.array([(0, 0), (0, 40), (40, 80), (80, 80)])
        curve = sum(
            c * w * t**k * (1 - t) ** (3 - k) for k, (c, w) in enumerate(zip(controls, (1, 3, 3, 1), strict=True))
        )
        assert np.abs(curve - points).max() < 1e-9
        assert len(points) > 5
