"""Documents: PDF, hOCR, ALTO, PAGE XML, text and Markdown, opened by the programs that people open them with."""

import re
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pypdfium2
import pypdfium2.raw as pdfium
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from PIL import Image

from inksight import formats
from inksight.errors import InputError
from inksight.formats import Style, dumps, dumps_pages, loads, pdf
from inksight.formats.textlines import drawings, paragraphs, plain, text_lines
from inksight.ink import Cell, Line, Page, Stroke, Word
from inksight.ink.curves import distance_to_polyline
from inksight.ink.frames import Affine
from tests.programs import run

BOXED = ("alto", "hocr", "page")
SEVERAL = ("alto", "hocr", "md", "pdf", "txt")
TALL, DEEP = "bdfhklt", "gjpqy"


def written(text, x, y, height=40):
    """A word as a hand may write it: up and down for each letter on the line at `y`, tall and deep ones further."""
    step, points = 0.5 * height, []
    for i, letter in enumerate(text):
        top = y - height * (1.0 if letter in TALL or letter.isupper() else 0.55)
        foot = y + (0.4 * height if letter in DEEP else 0)
        points += [(x + i * step, top), (x + (i + 0.4) * step, foot), (x + (i + 0.8) * step, top)]
    return Word((Stroke(points, width=2.0, color="#203060"),), text, 0.9)


def page_of(*rows, degrees=0.0, pitch=90, gap=30, size=(1200, 900)):
    """Lines of writing, turned around the page's middle."""
    lines = []
    for i, row in enumerate(rows):
        x, words = 150 + 7 * (i % 3), []
        for text in row.split():
            words.append(written(text, x, 200 + i * pitch))
            x = words[-1].box[2] + gap
        lines.append(Line(tuple(words)))
    middle = size[0] / 2, size[1] / 2
    turn = Affine.translation(-middle[0], -middle[1]).then(Affine.rotation(np.radians(degrees)))
    turn = turn.then(Affine.translation(*middle))
    turned = [Line(tuple(Word(w.transformed(turn).strokes, w.text, 0.9) for w in line.words)) for line in lines]
    return Page(*size, tuple(turned))


ROWS = (
    "Field notes by the lake",
    "rain until ten , then a clear sky",
    "two herons",
    "bring 3 jars of honey",
    "I saw a fox",
)


def table():
    """A title, a table of two columns whose second row has two lines in a cell and none in the other, and an end."""
    cells = [None, Cell(0, 0, 0), Cell(0, 0, 1), Cell(0, 1, 1), Cell(0, 1, 1), None]
    texts = ["our herons", "place", "how many", "three a|b", "or four", "that is all"]
    places = [(100, 100), (100, 200), (500, 200), (500, 300), (500, 380), (100, 480)]
    lines = [Line((written(text, x, y),), cell) for text, (x, y), cell in zip(texts, places, cells, strict=True)]
    return Page(1200, 900, tuple(lines))


def saved(data, tmp_path, name="notes.pdf"):
    path = tmp_path / name
    path.write_bytes(data)
    return path


def texts(path, *options):
    """The rows that pdftotext reads, empty ones left out."""
    rows = run("pdftotext", *options, path, "-").replace("\f", "").splitlines()
    return [re.sub("[\u202a-\u202c]", "", row).strip() for row in rows if row.strip()]


def seen(path):
    """The same by PDFium, which is what Chromium shows PDF with."""
    document = pypdfium2.PdfDocument(path)
    rows = [row.strip() for page in document for row in page.get_textpage().get_text_range().splitlines()]
    return [row for row in rows if row]


# --------------------------------------------------------------------------------------------------------------- PDF


@pytest.mark.parametrize("degrees", [-4, -1, 0, 2, 5])
def test_pdf_text_comes_back_in_lines(degrees, tmp_path):
    path = saved(dumps(page_of(*ROWS, degrees=degrees), "pdf"), tmp_path)
    assert texts(path) == list(ROWS)
    assert texts(path, "-raw") == list(ROWS)
    assert seen(path) == list(ROWS)


def test_pdf_lines_break_where_text_follows_a_steep_line(tmp_path, monkeypatch):
    """Why lines are turned level: the test before can fail."""
    monkeypatch.setattr(pdf, "_STEEPEST", 9.0)
    assert texts(saved(dumps(page_of(*ROWS, degrees=5), "pdf"), tmp_path)) != list(ROWS)


def test_pdf_text_stays_on_its_ink_where_the_page_is_turned_far(tmp_path):
    page = page_of("Field notes by the quiet lake and mill", "rain until ten , then blue skies again", degrees=12)
    path = saved(dumps(page, "pdf", style=Style(dpi=72)), tmp_path)
    assert_on_ink(path, page, 0.5)


@pytest.mark.parametrize("gap", [-8, 0, 4, 40, 90, 200])
def test_pdf_words_are_apart_whatever_the_gap(gap, tmp_path):
    path = saved(dumps(page_of(*ROWS, gap=gap, size=(2600, 900)), "pdf"), tmp_path)
    assert texts(path) == list(ROWS)
    assert seen(path) == list(ROWS)


def assert_on_ink(path, page, share):
    """Each word's text lies where it is written, on a page of 72 dpi: the boxes share so much of the smaller one."""
    rows = re.findall(
        r'xMin="(.*?)" yMin="(.*?)" xMax="(.*?)" yMax="(.*?)">(.*?)</word>', run("pdftotext", "-bbox", path, "-")
    )
    found = {text: np.array([float(v) for v in box]) for *box, text in rows}
    assert set(found) == {w.text for w in page.words}
    for word in page.words:
        a, b = found[word.text], np.array(word.box)
        width, height = np.minimum(a[2:], b[2:]) - np.maximum(a[:2], b[:2])
        smaller = min(np.prod(a[2:] - a[:2]), np.prod(b[2:] - b[:2]))
        assert width > 0
        assert height > 0
        assert width * height >= share * smaller, word.text


def test_pdf_text_lies_over_the_right_words(tmp_path):
    page = page_of("Field notes by the lake", "rain until ten , then", degrees=2)
    path = saved(dumps(page, "pdf", style=Style(dpi=72)), tmp_path)
    assert_on_ink(path, page, 0.8)
    shifted = Page(
        page.width,
        page.height,
        tuple(Line(tuple(w.transformed(Affine.translation(40, 40)) for w in line.words)) for line in page.lines),
    )
    with pytest.raises(AssertionError):
        assert_on_ink(path, shifted, 0.8)


SCRIPTS = {
    "latin": "naïve façade Łódź “quotes”",
    "marks": "e\u0301t\u0301e hi",
    "greek and cyrillic": "Ωραία Дорога",
    "chinese and korean": "漢字 かな 한국",
    "hindi": "नमस्ते हिन्दी",
    "emoji": "ok 👩‍🚀 🎉",
    "markup": "(a) <b>& \\n $5 %",
    "hebrew": "שָׁלוֹם",
    "arabic": "مرحبا",
    "hebrew with a number": "א12ב",
}  # fmt: skip


@pytest.mark.parametrize("text", SCRIPTS.values(), ids=SCRIPTS)
def test_pdf_text_of_any_script_is_found(text, tmp_path):
    path = saved(dumps(page_of(text), "pdf"), tmp_path)
    assert texts(path) == [text]
    if not any("\u0590" < c < "\u05ff" for c in text):  # PDFium orders Hebrew points in its own way
        assert seen(path) == [text]


def test_pdf_reads_right_to_left_lines_from_the_right(tmp_path):
    assert texts(saved(dumps(page_of("עולם שלום"), "pdf"), tmp_path)) == ["שלום עולם"]


def paths(data):
    """(width in pixels of the page, color) of every path that is drawn, in order, as PDFium sees them."""
    page = pypdfium2.PdfDocument(data)[0]
    found = []
    for item in page.get_objects(filter=[pdfium.FPDF_PAGEOBJ_PATH]):
        width, color = pdfium.c_float(), [pdfium.c_uint() for _ in range(4)]
        pdfium.FPDFPageObj_GetStrokeWidth(item.raw, width)
        pdfium.FPDFPageObj_GetStrokeColor(item.raw, *color)
        found.append((round(width.value, 2), "#" + bytes(c.value for c in color[:3]).hex()))
    return found


def test_pdf_strokes_keep_order_width_and_color():
    looks = [(1.5, "#ff0000"), (1.5, "#ff0000"), (4.25, "#00ff80"), (1.5, "#102030")]
    strokes = tuple(Stroke([[10, 10 * i], [50, 10 * i]], *look) for i, look in enumerate(looks, start=1))
    page = Page.of_words([Word(strokes, "x")], 100, 100)
    assert paths(dumps(page, "pdf")) == looks
    assert {w for w, _ in paths(dumps(page, "pdf", style=Style(width=3)))} == {3.0}
    assert {c for _, c in paths(dumps(page, "pdf", style=Style(color="#123456")))} == {"#123456"}
    assert len({c for _, c in paths(dumps(page, "pdf", style=Style(color="order")))}) == 4


def painted(data, tmp_path, page):
    """The first page's gray values as pdftoppm draws it, a pixel for each of the page's."""
    path = saved(data, tmp_path)
    run("pdftoppm", "-r", "96", "-gray", "-singlefile", path, tmp_path / "drawn")
    picture = np.asarray(Image.open(tmp_path / "drawn.pgm"))
    assert picture.shape == (page.height, page.width)
    return picture


def test_pdf_ink_is_drawn_where_it_is(tmp_path):
    """The page at 96 dpi: dark on all points, light off them; text leaves no trace."""
    page = Page.of_words([Word((Stroke([[40, 60], [120, 200], [200, 60]]), Stroke([[250, 90]], 6.0)), "Av.")], 300, 240)
    drawn = painted(dumps(page, "pdf", style=Style(dpi=96)), tmp_path, page)
    rows, columns = np.nonzero(drawn < 128)
    centres = np.stack([columns, rows], axis=1) + 0.5
    off = np.minimum(*(distance_to_polyline(centres, s.points) for s in page.strokes))
    assert off.max() < 4
    assert off[np.argmax(centres[:, 0])] < 4
    for x, y in [(80, 130), (160, 130), (250, 90)]:
        assert drawn[y - 2 : y + 2, x - 2 : x + 2].min() < 128
    moved = np.minimum(*(distance_to_polyline(centres, s.points + 6) for s in page.strokes))
    assert moved.max() > 4


def test_pdf_holds_no_picture_unless_asked(tmp_path):
    page, photo = page_of("hi there"), np.full((90, 120, 3), 200, np.uint8)
    photo[:, :60] = (250, 240, 30)
    listed = run("pdfimages", "-list", saved(dumps(page, "pdf", style=Style(photo=photo)), tmp_path)).splitlines()
    assert len(listed) == 2
    behind = dumps(page, "pdf", style=Style(photo=photo, background="photo"))
    (row,) = run("pdfimages", "-list", saved(behind, tmp_path)).splitlines()[2:]
    assert row.split()[3:9] == ["120", "90", "rgb", "3", "8", "jpeg"]
    drawn = painted(dumps(page, "pdf", style=Style(photo=photo, background="photo", dpi=96)), tmp_path, page)
    assert abs(int(drawn[850, 300]) - 219) < 6
    assert abs(int(drawn[850, 900]) - 200) < 6
    assert texts(saved(behind, tmp_path)) == ["hi there"]


def test_pdf_light_ink_lies_on_a_dark_board(tmp_path):
    page = Page.of_words([Word((Stroke([[40, 60], [120, 100]], 3.0, "#f0f0f0"),), "a")], 200, 160)
    drawn = painted(dumps(page, "pdf", style=Style(dpi=96)), tmp_path, page)
    assert drawn[5, 5] < 60
    assert drawn[80, 80] > 180
    assert painted(dumps(page, "pdf", style=Style(dpi=96, background="none")), tmp_path, page)[5, 5] == 255


@pytest.mark.parametrize(
    ("style", "size"),
    [
        (Style(dpi=100), (864, 648)),
        (Style(dpi=300), (288, 216)),
        (Style(), (841.89, 631.42)),
        (Style(fit="a4"), (841.89, 595.28)),
        (Style(fit="letter"), (792, 612)),
        (Style(fit="device"), (445.61, 594.14)),
    ],
)
def test_pdf_page_size(style, size):
    data = dumps(page_of("hi"), "pdf", style=style)
    assert pypdfium2.PdfDocument(data)[0].get_size() == pytest.approx(size, abs=0.02)


def test_pdf_of_several_pages(tmp_path):
    pages = [page_of("first page"), Page(500, 700), page_of("third", "page", size=(900, 1200))]
    styles = [Style(name="a", dpi=72), Style(name="b", dpi=72), Style(name="c", dpi=72)]
    path = saved(dumps_pages(pages, "pdf", styles=styles), tmp_path)
    assert [page.get_size() for page in pypdfium2.PdfDocument(path)] == [(1200, 900), (500, 700), (900, 1200)]
    assert [t.split() for t in run("pdftotext", path, "-").split("\f")] == [
        ["first", "page"],
        [],
        ["third", "page"],
        [],
    ]
    assert "No syntax or stream encoding errors" in run("qpdf", "--check", path)


ODD = {
    "no line": Page(30, 20),
    "no size": Page(0, 0),
    "an empty line": Page.of_words([], 30, 20),
    "a word without ink": Page.of_words([Word(text="lost", box=(1, 2, 3, 4))], 30, 20),
    "a word of nothing": Page.of_words([Word(), Word(text="at the corner")], 30, 20),
    "a dot": Page.of_words([Word((Stroke([[5, 5]]),), ".")], 30, 20),
    "off the page": Page.of_words([Word((Stroke([[-50, -9], [90, 70]]),))], 30, 20),
    "controls": Page.of_words([Word(text="a\x00b\n\x1b\ud800\ufffe\t c", box=(1, 2, 30, 40))], 90, 80),
    "a drawing": Page.of_words([Word((Stroke([[1, 2], [3, 4]]),), kind="drawing")], 30, 20),
    "unread": Page.of_words([Word((Stroke([[1, 2], [3, 4]]),)), written("read", 20, 30)], 100, 50),
}


@pytest.mark.parametrize("page", ODD.values(), ids=ODD)
def test_pdf_of_odd_pages_is_sound(page, tmp_path):
    path = saved(dumps(page, "pdf"), tmp_path)
    assert "No syntax or stream encoding errors" in run("qpdf", "--check", path)
    assert " ".join(texts(path)) == " ".join(plain(w.text) for w in page.words if plain(w.text))


def test_pdf_names_itself_and_is_the_same_each_time(tmp_path):
    page, style = page_of(*ROWS), Style(name="Notizen „3“ 🎉 (a)")
    data = dumps(page, "pdf", style=style)
    assert data == dumps(page, "pdf", style=style)
    about = run("pdfinfo", saved(data, tmp_path))
    assert re.search(r"^Title: +Notizen „3“ 🎉 \(a\)$", about, re.MULTILINE)
    assert re.search(r"^Creator: +inksight \d", about, re.MULTILINE)
    (font,) = run("pdffonts", tmp_path / "notes.pdf").splitlines()[2:]
    assert font.split()[:7] == ["Glyphless", "CID", "TrueType", "Identity-H", "yes", "no", "yes"]


def test_pdf_of_many_characters(tmp_path):
    """More than a block of the character map takes."""
    text = "".join(map(chr, range(0x4E00, 0x4E00 + 250)))
    page = Page.of_words([Word(text=text, box=(10, 10, 8990, 60))], 9000, 100)
    assert texts(saved(dumps(page, "pdf"), tmp_path)) == [text]


# ------------------------------------------------------------------------------------------- hOCR, ALTO and PAGE XML


def xml_char(c):
    return c >= " " and c not in "\x7f\ufffe\uffff" and not "\ud800" <= c <= "\udfff" and not c.isspace()


def boxes():
    corner = st.integers(0, 8000).map(lambda v: v / 8)
    return st.tuples(corner, corner, corner, corner).map(
        lambda b: (min(b[::2]), min(b[1::2]), max(b[::2]), max(b[1::2]))
    )


def boxed_pages():
    text = st.text(max_size=8).map(lambda t: "".join(filter(xml_char, t)))
    word = st.builds(Word, st.just(()), text, st.floats(0, 1), boxes())
    drawing = st.builds(lambda box: Word((), box=box, kind="drawing"), boxes())
    line = st.lists(word | drawing, max_size=3).map(lambda words: Line(tuple(words)))
    return st.builds(Page, st.just(1000.0), st.just(1000.0), st.lists(line, max_size=4).map(tuple))


@pytest.mark.parametrize(("fmt", "pixel"), [("alto", 0.011), ("hocr", 1), ("page", 1)])
@given(page=boxed_pages())
@settings(max_examples=40, deadline=None)
def test_boxes_and_text_come_back(fmt, pixel, page):
    got = loads(dumps(page, fmt), fmt)
    assert (got.width, got.height) == (1000, 1000)
    want = [line.words for line in text_lines(page)]
    lines = [line.words for line in text_lines(got)]
    assert [[w.text for w in words] for words in lines] == [[w.text for w in words] for words in want]
    pairs = [(a, b) for x, y in zip(lines, want, strict=True) for a, b in zip(x, y, strict=True)]
    pairs += zip(drawings(got), drawings(page), strict=True)
    for a, b in pairs:
        assert a.box == pytest.approx(b.box, abs=pixel)
        assert a.kind == "drawing" or a.confidence == pytest.approx(b.confidence, abs=0.0051)


@pytest.mark.parametrize("fmt", BOXED)
@pytest.mark.parametrize("page", ODD.values(), ids=ODD)
def test_odd_pages_are_well_formed(fmt, page, tmp_path):
    data = dumps(page, fmt, style=Style(name='"<a>&\x01;'))
    run("xmllint", "--noout", "--nonet", saved(data, tmp_path, "a.xml"))
    got = loads(data, fmt)
    assert len(got.words) == len(page.words)
    assert (
        "".join(w.text for w in got.words).split()
        == "".join(re.sub("[\x00-\x08\x0b-\x1f\ud800\ufffe]", "", w.text) for w in page.words).split()
    )


@pytest.mark.parametrize("fmt", BOXED)
def test_truncated_documents_are_refused(fmt):
    data = dumps(page_of("hi there"), fmt)
    for end in range(0, len(data) - 12, 61):
        with pytest.raises(InputError):
            loads(data[:end], fmt)


def names(data):
    """Every element without its namespace."""
    root = ElementTree.fromstring(data)
    for element in root.iter():
        element.tag = element.tag.rpartition("}")[2]
    return root


def followed(order, children):
    """Whether the children's names match a pattern of names."""
    return re.fullmatch(order, "".join(f"{child.tag} " for child in children))


ALTO_RULES = {
    "alto": ("(Description )?Layout ", set()),
    "Description": ("MeasurementUnit (sourceImageInformation )?(Processing )*", set()),
    "sourceImageInformation": ("fileName ", set()),
    "Processing": ("processingSoftware ", {"ID"}),
    "processingSoftware": ("softwareName softwareVersion ", set()),
    "Layout": ("(Page )+", set()),
    "Page": ("PrintSpace ", {"ID", "PHYSICAL_IMG_NR", "WIDTH", "HEIGHT"}),
    "PrintSpace": ("(TextBlock |ComposedBlock |Illustration )*", {"HPOS", "VPOS", "WIDTH", "HEIGHT"}),
    "ComposedBlock": ("(TextBlock )+", {"ID", "HPOS", "VPOS", "WIDTH", "HEIGHT", "TYPE"}),
    "TextBlock": ("(TextLine )+", {"ID", "HPOS", "VPOS", "WIDTH", "HEIGHT"}),
    "Illustration": ("", {"ID", "HPOS", "VPOS", "WIDTH", "HEIGHT", "TYPE"}),
    "TextLine": ("(String (SP )?)+", {"ID", "HPOS", "VPOS", "WIDTH", "HEIGHT", "BASELINE"}),
    "String": ("", {"ID", "HPOS", "VPOS", "WIDTH", "HEIGHT", "WC", "CONTENT"}),
}
PAGE_RULES = {
    "PcGts": ("Metadata Page ", set()),
    "Metadata": ("Creator Created LastChange ", set()),
    "Page": (
        "(ReadingOrder )?(TextRegion |TableRegion |LineDrawingRegion )*",
        {"imageFilename", "imageWidth", "imageHeight"},
    ),
    "ReadingOrder": ("OrderedGroup ", set()),
    "OrderedGroup": ("(RegionRefIndexed )+", {"id"}),
    "RegionRefIndexed": ("", {"index", "regionRef"}),
    "TableRegion": ("Coords (TextRegion )*", {"id"}),
    "TextRegion": ("Coords (Roles )?(TextLine )*(TextEquiv )?", {"id"}),
    "Roles": ("TableCellRole ", set()),
    "TableCellRole": ("", {"rowIndex", "columnIndex"}),
    "LineDrawingRegion": ("Coords ", {"id"}),
    "TextLine": ("Coords (Baseline )?(Word )*(TextEquiv )?", {"id"}),
    "Word": ("Coords (TextEquiv )?", {"id"}),
    "TextEquiv": ("Unicode ", set()),
    "Coords": ("", {"points"}),
    "Baseline": ("", {"points"}),
}


@pytest.mark.parametrize(("fmt", "rules"), [("alto", ALTO_RULES), ("page", PAGE_RULES)])
@pytest.mark.parametrize("page", [page_of(*ROWS), table(), *ODD.values()])
def test_documents_keep_the_rules_of_their_schema(fmt, rules, page):
    """What ALTO 4.4 and PAGE of 2019-07-15 ask for; both schemas were read for it, none may be kept here."""
    root = names(dumps(page, fmt))
    ids = [e.get("ID") or e.get("id") for e in root.iter() if e.get("ID") or e.get("id")]
    assert len(ids) == len(set(ids))
    assert all(re.fullmatch(r"[A-Za-z_][\w.-]*", name) for name in ids)
    for element in root.iter():
        order, required = rules.get(element.tag, ("", set()))
        assert followed(order, element), (element.tag, [e.tag for e in element])
        assert required <= set(element.attrib)
        assert set(element.attrib) <= required | {"conf", "SCHEMAVERSION"}
        if element.tag in ("Coords", "Baseline"):
            assert re.fullmatch(r"([0-9]+,[0-9]+ )+([0-9]+,[0-9]+)", element.get("points"))
        for key in {"WC", "conf"} & set(element.attrib):
            assert 0 <= float(element.get(key)) <= 1


@pytest.mark.parametrize("page", [page_of(*ROWS), table()])
def test_hocr_check_finds_nothing(page, tmp_path):
    """It takes lines of several pages for overlapping ones."""
    pages = [page, ODD["a drawing"], ODD["unread"]]
    path = saved(dumps_pages(pages, "hocr"), tmp_path, "a.hocr")
    check = Path(sys.executable).with_name("hocr-check")
    report = subprocess.run([check, path], capture_output=True, text=True, check=True).stderr
    assert "ok 1 " in report
    assert "not ok" not in report


def test_hocr_says_where_lines_stand():
    """A baseline counts from the lower left corner of the line's box, and falls with the line."""
    root = names(dumps(page_of("bdp bqd hkl pqy bdh", degrees=3), "hocr"))
    title = next(e.get("title") for e in root.iter() if e.get("class") == "ocr_line")
    slope, offset = map(float, re.search(r"baseline (\S+) (\S+);", title).groups())
    assert slope == pytest.approx(np.tan(np.radians(3)), abs=0.006)
    x0, _, _, y1 = map(int, re.search(r"bbox (\d+) (\d+) (\d+) (\d+)", title).groups())
    (line,) = text_lines(page_of("bdp bqd hkl pqy bdh", degrees=3))
    assert y1 + offset == pytest.approx(line.baseline.at(x0), abs=1)


@pytest.mark.parametrize("degrees", [-6, 0, 3])
def test_baselines_run_through_the_feet_of_letters(degrees):
    page = page_of("field gapping jolly query", "quay by the quiet pond", degrees=degrees)
    turn = Affine.rotation(np.radians(degrees))
    for i, line in enumerate(text_lines(page)):
        ((x, y),) = turn.apply([(300 - 600, 200 + 90 * i - 450)]) + np.array([600, 450])
        assert line.baseline.slope == pytest.approx(np.tan(np.radians(degrees)), abs=0.02)
        assert line.baseline.at(x) == pytest.approx(y, abs=4)


FOREIGN = {
    "tesseract": (
        "hocr",
        """<?xml version="1.0" encoding="UTF-8"?>
        <!DOCTYPE html PUBLIC "-//W3C//DTD XHTML 1.0 Transitional//EN" "http://localhost:1/xhtml1-transitional.dtd">
        <html xmlns="http://www.w3.org/1999/xhtml"><head><meta http-equiv="x" content="y"/></head><body>
        <div class='ocr_page' title='image "a; bbox 9 9 9 9.jpg"; bbox 0 0 600 400; ppageno 0'>
        <div class='ocr_carea' title="bbox 1 2 3 4"><p class='ocr_par'>
        <span class='ocr_header' title="bbox 10 20 200 60; baseline 0.01 -5">
        <span class='ocrx_word' title='bbox 10 20 90 60; x_wconf 95'><strong>Field</strong></span>
        <span class='ocrx_word' title='bbox 100 20 200 60; x_wconf 0'>notes</span></span></p></div></div></body>
        </html>""",
        [[("Field", (10, 20, 90, 60), 0.95), ("notes", (100, 20, 200, 60), 0.0)]],
    ),
    "unclosed HTML of lines": (
        "hocr",
        """<HTML><META name=ocr-system content=ocropus><BODY><DIV CLASS=ocr_page TITLE="bbox 0 0 600 400">
        <P><SPAN CLASS="ocr_line" TITLE="bbox 10 20 200 60">Tom&nbsp;&amp; Ann&eacute;<br></SPAN>
        <P><SPAN CLASS="ocrx_line">no box</SPAN></DIV></BODY></HTML>""",
        [[("Tom & Anné", (10, 20, 200, 60), 1.0)], [("no box", (0, 0, 600, 400), 1.0)]],
    ),
    "words without lines": (
        "hocr",
        """<div class="ocr_page" title="bbox 0 0 600 400"><p><b class="ocrx_word" title="bbox 1 2 3 4">a</b>
        <b class="ocrx_word" title="bbox 5 2 7 4; x_wconf 50.5">b</b></p></div>""",
        [[("a", (1, 2, 3, 4), 1.0), ("b", (5, 2, 7, 4), 0.505)]],
    ),
    "tesseract's ALTO 3": (
        "alto",
        """<alto xmlns="http://www.loc.gov/standards/alto/ns-v3#"><Layout><Page WIDTH="600" HEIGHT="400" ID="p">
        <PrintSpace><ComposedBlock><TextBlock><TextLine HPOS="10" VPOS="20" WIDTH="190" HEIGHT="40">
        <String HPOS="10" VPOS="20" WIDTH="80" HEIGHT="40" WC="0.95" CONTENT="Field"/><SP WIDTH="10"/>
        <String HPOS="100" VPOS="20" WIDTH="100" HEIGHT="40" WC="nan" CONTENT="&lt;&amp;"/></TextLine></TextBlock>
        </ComposedBlock></PrintSpace></Page></Layout></alto>""",
        [[("Field", (10, 20, 90, 60), 0.95), ("<&", (100, 20, 200, 60), 1.0)]],
    ),
    "ALTO 2 without boxes of words": (
        "alto",
        """<ns:alto xmlns:ns="http://www.loc.gov/standards/alto/ns-v2#"><ns:Description>
        <ns:MeasurementUnit>mm10</ns:MeasurementUnit></ns:Description><ns:Layout>
        <ns:Page WIDTH="600" HEIGHT="400"><ns:PrintSpace><ns:TextBlock>
        <ns:TextLine HPOS="10.5" VPOS="20" WIDTH="100" HEIGHT="40"><ns:String CONTENT="a whole line"/></ns:TextLine>
        <ns:TextLine HPOS="10" VPOS="80" WIDTH="100" HEIGHT="40"/></ns:TextBlock></ns:PrintSpace></ns:Page>
        </ns:Layout></ns:alto>""",
        [[("a whole line", (10.5, 20, 110.5, 60), 1.0)], [("", (10, 80, 110, 120), 1.0)]],
    ),
    "ALTO with polygons": (
        "alto",
        """<alto><Layout><Page WIDTH="600" HEIGHT="400"><PrintSpace><TextBlock><TextLine><Shape>
        <Polygon POINTS="10,20 200,22 200,60 10,58"/></Shape><String CONTENT="kraken"/></TextLine></TextBlock>
        </PrintSpace></Page></Layout></alto>""",
        [[("kraken", (10, 20, 200, 60), 1.0)]],
    ),
    "transkribus": (
        "page",
        """<PcGts xmlns="http://schema.primaresearch.org/PAGE/gts/pagecontent/2013-07-15"><Page imageFilename="a.jpg"
        imageWidth="600" imageHeight="400"><ReadingOrder><OrderedGroup><RegionRefIndexed index="1" regionRef="r1"/>
        <RegionRefIndexed index="0" regionRef="r2"/></OrderedGroup></ReadingOrder>
        <TextRegion id="r1"><Coords points="0,0 600,0 600,400"/><TextLine><Coords points="10,80 200,85 190,120"/>
        </TextLine></TextRegion><TextRegion id="r2"><Coords points="0,0 1,1"/><TextLine id="l1" custom="x">
        <Coords points="10,22 200,20 205,60 12,58"/><Baseline points="10,55 200,55"/>
        <TextEquiv><Unicode>Dear Ann,</Unicode></TextEquiv></TextLine></TextRegion></Page></PcGts>""",
        [[("Dear Ann,", (10, 20, 205, 60), 1.0)], [("", (10, 80, 200, 120), 1.0)]],
    ),
    "PAGE of 2010, two readings, the line's text alone": (
        "page",
        """<p:PcGts xmlns:p="http://schema.primaresearch.org/PAGE/gts/pagecontent/2010-03-19">
        <p:Page imageWidth="600" imageHeight="400"><p:TableRegion><p:TextRegion><p:TextLine><p:Coords>
        <p:Point x="10" y="20"/><p:Point x="90" y="60"/></p:Coords><p:Word><p:Coords><p:Point x="10" y="20"/>
        <p:Point x="90" y="60"/></p:Coords>
        <p:TextEquiv index="1" conf="0.2"><p:Unicode>Fjeld</p:Unicode></p:TextEquiv>
        <p:TextEquiv index="0" conf="0.7"><p:Unicode>Field</p:Unicode></p:TextEquiv></p:Word></p:TextLine>
        <p:TextLine><p:Word><p:Coords points="1,2 3,4"/></p:Word><p:Word><p:Coords points="5,2 7,4"/></p:Word>
        <p:TextEquiv><p:Unicode>two words</p:Unicode></p:TextEquiv></p:TextLine></p:TextRegion></p:TableRegion>
        </p:Page></p:PcGts>""",
        [[("Field", (10, 20, 90, 60), 0.7)], [("two", (1, 2, 3, 4), 1.0), ("words", (5, 2, 7, 4), 1.0)]],
    ),
}  # fmt: skip


@pytest.mark.parametrize(("fmt", "data", "want"), FOREIGN.values(), ids=FOREIGN)
def test_documents_of_others_are_read(fmt, data, want):
    page = loads(data.encode(), fmt)
    assert (page.width, page.height) == (600, 400)
    assert [[(w.text, w.box, w.confidence) for w in line.words] for line in page.lines] == want


def test_tesseracts_files_are_read(tmp_path):
    from PIL import ImageDraw, ImageFont

    picture = Image.new("L", (700, 160), 255)
    ImageDraw.Draw(picture).text((30, 40), "Two herons by the mill", font=ImageFont.load_default(48), fill=0)
    picture.save(tmp_path / "a.png", dpi=(150, 150))
    run("tesseract", tmp_path / "a.png", tmp_path / "a", "--psm", "6", "hocr", "alto")
    pages = [loads((tmp_path / f"a.{end}").read_bytes(), fmt) for end, fmt in (("hocr", "hocr"), ("xml", "alto"))]
    for page in pages:
        assert page.text == "Two herons by the mill"
        assert (page.width, page.height) == (700, 160)
        for word in page.words:
            assert 20 <= word.box[0] < word.box[2] < 650
            assert 40 <= word.box[1] < word.box[3] < 120
            assert word.confidence > 0.5
    assert [w.box for w in pages[0].words] == [w.box for w in pages[1].words]


BROKEN = [
    ("hocr", "<p>text</p>", 'no element has the class "ocr_page"'),
    ("hocr", b"\xff\xfe<", "can't decode"),
    ("hocr", '<p class="ocr_page">' + "<div>" * 30_000 + "</i>" * 30_000, "nested too deeply"),
    ("hocr", "<html>" + "<a " * 50_000, "breaks off inside of a tag"),
    ("hocr", '<i class="ocr_page"></i><i class="ocr_page"></i>', "it holds 2 pages"),
    ("hocr", '<i class="ocr_page" title="bbox 0 0 nan 9"></i>', "size must be finite"),
    ("alto", "<svg/>", "it is <svg>, not <alto>"),
    ("alto", "<alto/>", "it holds 0 pages"),
    ("alto", "<alto><Page/><Page/></alto>", "it holds 2 pages"),
    ("alto", '<!DOCTYPE a [<!ENTITY a "b">]><alto>&a;</alto>', "it has a DOCTYPE"),
    ("alto", '<alto><Page WIDTH="-5" HEIGHT="1"/></alto>', "size must be finite and not negative"),
    ("page", "<alto/>", "it is <alto> without a <Page>, not <PcGts> with one"),
    ("page", "<PcGts/>", "it is <PcGts> without a <Page>, not <PcGts> with one"),
    ("page", '<!DOCTYPE a SYSTEM "http://localhost:1/a"><PcGts/>', "it has a DOCTYPE"),
    ("page", "<PcGts><Page><TextLine><Coords points='1,2 3.3.3,4'/></TextLine></Page></PcGts>", "could not convert"),
]


@pytest.mark.parametrize(("fmt", "data", "reason"), BROKEN, ids=[reason for *_, reason in BROKEN])
def test_broken_documents_are_refused_with_the_reason(fmt, data, reason):
    with pytest.raises(InputError, match=re.escape(reason)):
        loads(data if isinstance(data, bytes) else data.encode(), fmt, name="a.xml")


@pytest.mark.parametrize("fmt", ["alto", "hocr"])
def test_several_pages_come_back(fmt):
    pages = [page_of("one"), Page(5, 6), page_of("two words")]
    got = formats._module(fmt).loads_pages(dumps_pages(pages, fmt))
    assert [(p.width, p.height, p.text) for p in got] == [(p.width, p.height, p.text) for p in pages]


def test_an_ending_of_several_formats_asks_for_the_format(tmp_path):
    with pytest.raises(InputError, match=r"'.xml' may be one of several formats; say which with --to: alto, page"):
        formats.write(page_of("hi"), tmp_path / "a.xml")


@pytest.mark.parametrize("fmt", SEVERAL)
def test_which_files_hold_several_pages(fmt):
    assert formats.holds_pages(fmt)


@pytest.mark.parametrize(
    ("fmt", "kind", "cell"), [("alto", "ComposedBlock", "TextBlock"), ("page", "TableRegion", "TextRegion")]
)
def test_a_table_holds_its_cells(fmt, kind, cell):
    (found,) = (e for e in names(dumps(table(), fmt)).iter() if e.tag == kind)
    assert [len(e.findall("TextLine")) for e in found.findall(cell)] == [1, 1, 2]


def test_page_xml_says_where_cells_stand():
    roles = [e for e in names(dumps(table(), "page")).iter() if e.tag == "TableCellRole"]
    assert [(int(e.get("rowIndex")), int(e.get("columnIndex"))) for e in roles] == [(0, 0), (0, 1), (1, 1)]


@pytest.mark.parametrize("fmt", BOXED)
def test_the_lines_of_tables_come_back_in_order(fmt):
    assert [line.text for line in loads(dumps(table(), fmt), fmt).lines] == [line.text for line in table().lines]


# ------------------------------------------------------------------------------------------------- text and Markdown


def spaced(*steps):
    """Lines whose baselines are so far apart."""
    lines, y = [], 100
    for i, step in enumerate(steps):
        y += step
        lines.append(Line((written(f"line{i}", 100, y),)))
    return Page(900, 2000, tuple(lines))


@pytest.mark.parametrize(
    ("steps", "sizes"),
    [
        ((0, 80, 80, 80, 80), [5]),
        ((0, 80, 80, 160, 80), [3, 2]),
        ((0, 90, 75, 85, 140, 80, 150), [4, 2, 1]),
        ((0, 80), [2]),
        ((0, 400), [1, 1]),
        ((0,), [1]),
        ((), []),
        ((0, 80, -80, 80), [2, 2]),
    ],
)
def test_paragraphs_begin_after_a_clearly_larger_gap(steps, sizes):
    assert [len(lines) for lines in paragraphs(text_lines(spaced(*steps)))] == sizes


def test_columns_are_paragraphs_of_their_own():
    left, right = (page_of("one two", "three") for _ in range(2))
    moved = [Line(tuple(w.transformed(Affine.translation(600, 0)) for w in line.words)) for line in right.lines]
    page = Page(1200, 900, (*left.lines, *moved))
    assert [len(lines) for lines in paragraphs(text_lines(page))] == [2, 2]


def test_text_has_rows_paragraphs_and_pages():
    drawing = Line((Word((Stroke([[1, 1]]),), kind="drawing"),))
    page = spaced(0, 80, 200)
    page = Page(900, 900, (*page.lines[:2], Line((Word((Stroke([[100, 240]]),)),)), page.lines[2], drawing))
    assert dumps(page, "txt").decode() == "line0\nline1\n\nline2\n"
    assert dumps_pages([page, Page(9, 9), spaced(0)], "txt").decode() == "line0\nline1\n\nline2\n\f\fline0\n"
    assert dumps(page, "md").decode() == "line0  \nline1\n\nline2\n\n*(1 drawing)*\n"
    assert dumps_pages([spaced(0), spaced(0)], "md").decode() == "line0\n\n---\n\nline0\n"


def test_the_cells_of_a_table_stay_apart():
    rows = "place\thow many\n\tthree a|b or four"
    assert table().text == f"our herons\n{rows}\nthat is all"
    assert dumps(table(), "txt").decode() == f"our herons\n\n{rows}\n\nthat is all\n"
    tokens = MarkdownIt("commonmark").enable("table").parse(dumps(table(), "md").decode())
    assert [t.map for t in tokens if t.type == "table_open"] == [[2, 5]]
    cells = [t.content for t in tokens if t.type == "inline"]
    assert cells == ["our herons", "place", "how many", "", "three a|b or four", "that is all"]


def test_text_is_plain():
    page = Page.of_words(
        [Word(text="a\x00\n\u2028b\x1b[1m\ud800", box=(1, 1, 9, 9)), Word(text=" c\td ", box=(9, 1, 20, 9))], 90, 90
    )
    assert dumps(page, "txt").decode() == "a b[1m c d\n"


def shown(data):
    """The rows of each paragraph as Markdown's readers see them; anything but paragraphs of plain text fails."""
    found = []
    for token in MarkdownIt("commonmark").enable(["table", "strikethrough"]).parse(data.decode()):
        assert token.type in ("paragraph_open", "inline", "paragraph_close"), token.type
        for child in token.children or ():
            assert child.type in ("text", "hardbreak", "text_special"), child.type
        if token.children:
            found.append("".join("\n" if c.type == "hardbreak" else c.content for c in token.children).split("\n"))
    return found


TRICKY = """# no title
- no item
* no item
+ none
1. first
2) second
> said
---
===
***
    code
`x` **b** _i_ ~~s~~
[a](b) ![c](d)
<b>&amp;&lt;
a | b
| --- |
\\
x\\
$5 and $6
==no==
#tag
```""".splitlines()


@given(st.lists(st.sampled_from(TRICKY) | st.text("#-+=*_`[]()<>~|$&\\!:. 1a\"'", max_size=9), min_size=1, max_size=4))
@settings(max_examples=300, deadline=None)
def test_markdown_shows_what_is_written(rows):
    lines = [Line((Word(text=row, box=(100, 100 + 80 * i, 300, 140 + 80 * i)),)) for i, row in enumerate(rows)]
    want = [plain(row) for row in rows if plain(row)]
    assert shown(dumps(Page(900, 900, tuple(lines)), "md")) == ([want] if want else [])


def test_markdown_reader_sees_what_is_not_escaped():
    """The test before can fail."""
    with pytest.raises(AssertionError):
        shown(b"# a title")


def test_documents_import_nothing_heavy():
    code = "import sys; from inksight import formats; from inksight.ink.document import Page\n"
    code += f"[formats.dumps(Page(1, 1), f) for f in {(*BOXED, *SEVERAL)}]; assert 'PIL' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True)
