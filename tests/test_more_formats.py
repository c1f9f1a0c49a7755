"""Formats that other programs edit or play: DXF, Ink annotations, OneNote's pages, Obsidian's notes, Lottie."""

import ctypes
import email
import io
import json
import re

import ezdxf
import numpy as np
import pypdfium2
import pytest
from ezdxf import recover
from PIL import Image

from inksight.formats import Style, dumps, dumps_pages, format_of, loads
from inksight.ink import Line, Page, Stroke, Word
from tests.drawn import note
from tests.programs import run

DPI = 254.0
"""Ten pixels are a millimetre."""

PAGE = Page(
    400,
    300,
    (
        Line(
            (
                Word(
                    (Stroke([[20, 40], [60, 90], [100, 40]], 6, "#203060"), Stroke([[60, 20]], 6, "#203060")), "vi", 0.9
                ),
            )
        ),
        Line((Word((Stroke([[200, 200], [380, 280]], 4, "#c02020"),), kind="drawing"),)),
    ),
)


# --------------------------------------------------------------------------------------------------------------- DXF


def drawing(page=PAGE, **style):
    document, auditor = recover.read(io.BytesIO(dumps(page, "dxf", style=Style(dpi=DPI, **style))))
    assert not auditor.errors
    assert not auditor.fixes
    return document


def test_dxf_has_each_stroke_in_millimetres_and_in_order():
    document = drawing()
    assert document.units == ezdxf.units.MM
    lines = list(document.modelspace())
    assert [e.dxftype() for e in lines] == ["LWPOLYLINE"] * 3
    found = [np.array(e.get_points("xy")) for e in lines]
    assert np.allclose(found[0], [[2, 26], [6, 21], [10, 26]])
    assert np.allclose(found[2], [[20, 10], [38, 2]])
    assert np.hypot(*(found[1][1] - found[1][0])) < 0.1  # a dot
    assert [e.dxf.layer for e in lines] == ["INK", "INK", "DRAWING"]
    assert [e.rgb for e in lines] == [(0x20, 0x30, 0x60)] * 2 + [(0xC0, 0x20, 0x20)]
    assert not any(e.closed for e in lines)


def test_dxf_is_whole_for_strict_readers():
    data = dumps(PAGE, "dxf").decode("ascii")
    document = ezdxf.read(io.StringIO(data))
    assert not document.audit().has_errors
    handles = re.findall(r"(?m)^5\n([0-9A-F]+)$", data)[1:]  # the first is the seed
    assert len(handles) == len(set(handles))
    assert {"*Model_Space", "*Paper_Space"} <= {b.name for b in document.blocks}
    assert len(list(drawing(Page(10, 10)).modelspace())) == 0


# --------------------------------------------------------------------------------------------------- Ink annotations


def annotations(data):
    """Of the first page: what kind they are, their strokes in points, and what they say."""
    raw = pypdfium2.raw
    page = pypdfium2.PdfDocument(data)[0]
    found = []
    for i in range(raw.FPDFPage_GetAnnotCount(page.raw)):
        annot = raw.FPDFPage_GetAnnot(page.raw, i)
        strokes = []
        for k in range(raw.FPDFAnnot_GetInkListCount(annot)):
            size = raw.FPDFAnnot_GetInkListPath(annot, k, None, 0)
            points = (raw.FS_POINTF * size)()
            raw.FPDFAnnot_GetInkListPath(annot, k, points, size)
            strokes.append([(p.x, p.y) for p in points])
        text = (ctypes.c_ushort * 64)()
        raw.FPDFAnnot_GetStringValue(annot, b"Contents", text, 128)
        found.append((raw.FPDFAnnot_GetSubtype(annot), strokes, bytes(text).decode("utf-16-le").split("\0")[0]))
    return found


def test_pdf_ink_is_annotations():
    found = annotations(dumps(PAGE, "pdf-ink", style=Style(dpi=72)))
    assert [kind for kind, _, _ in found] == [pypdfium2.raw.FPDF_ANNOT_INK] * 2
    assert [text for _, _, text in found] == ["vi", ""]
    assert np.allclose(found[0][1][0], [(20, 260), (60, 210), (100, 260)], atol=0.01)
    assert [len(strokes) for _, strokes, _ in found] == [2, 1]


def test_pdf_ink_looks_as_pdf_does(tmp_path):
    page = note()
    pictures = []
    for fmt in ("pdf", "pdf-ink"):
        data = dumps(page, fmt, style=Style(dpi=72))
        pictures.append(np.asarray(pypdfium2.PdfDocument(data)[0].render(scale=1).to_pil().convert("L"), float))
        (tmp_path / f"{fmt}.pdf").write_bytes(data)
    assert (pictures[0] < 128).sum() > 500
    assert np.abs(pictures[0] - pictures[1]).mean() < 1
    run("pdftoppm", "-r", "72", "-png", tmp_path / "pdf-ink.pdf", tmp_path / "seen")
    seen = np.asarray(Image.open(next(tmp_path.glob("seen*.png"))).convert("L"), float)
    assert abs((seen < 128).sum() / (pictures[0] < 128).sum() - 1) < 0.2
    assert (
        run("pdftotext", tmp_path / "pdf-ink.pdf", "-").split() == run("pdftotext", tmp_path / "pdf.pdf", "-").split()
    )
    run("qpdf", "--check", tmp_path / "pdf-ink.pdf")


def test_pdf_ink_of_several_pages():
    data = dumps_pages([PAGE, PAGE], "pdf-ink")
    assert len(pypdfium2.PdfDocument(data)) == 2


# ----------------------------------------------------------------------------------------------------------- OneNote


def parts(data):
    message = email.message_from_bytes(b"Content-Type: multipart/form-data; boundary=inksight-ink\r\n\r\n" + data)
    return {p.get_param("name", header="content-disposition"): p for p in message.get_payload()}


def test_onenote_takes_the_page_and_its_ink():
    found = parts(dumps(PAGE, "onenote", style=Style(dpi=DPI)))
    assert list(found) == ["presentation", "presentation-onenote-inkml"]
    html, inkml = found.values()
    assert html.get_content_type() == "text/html"
    assert "<p>vi</p>" in html.get_payload(decode=True).decode()
    assert inkml.get_content_type() == "application/inkml+xml"
    data = inkml.get_payload(decode=True)
    points = [[int(v) for v in p.split()] for p in re.search(rb">([^<]+)</inkml:trace>", data)[1].decode().split(",")]
    assert points[0][:2] == [200, 400]  # hundredths of a millimetre
    page = loads(data, "inkml")
    millimetre = 96 / 25.4
    for ours, theirs in zip(PAGE.strokes, page.strokes, strict=True):
        assert np.allclose(theirs.points / millimetre, ours.points / 10, atol=0.02)
        assert theirs.color == ours.color
    assert page.words[0].text == "vi"


def test_onenote_escapes_what_is_written():
    page = Page.of_words([Word(PAGE.strokes, "<b>&")], 400, 300)
    html, inkml = parts(dumps(page, "onenote")).values()
    assert "<p>&lt;b&gt;&amp;</p>" in html.get_payload(decode=True).decode()
    assert loads(inkml.get_payload(decode=True), "inkml").words[0].text == "<b>&"


# ---------------------------------------------------------------------------------------------------------- Obsidian


def test_an_excalidraw_note_has_the_drawing_and_its_text():
    data = dumps(note(), "excalidraw-md").decode()
    assert data.startswith("---\n\nexcalidraw-plugin: parsed\n")
    scene = json.loads(re.search(r"## Drawing\n```json\n(.*)\n```\n%%", data)[1])
    plain = json.loads(dumps(note(), "excalidraw"))
    bare = [{k: v for k, v in e.items() if k not in ("id", "groupIds")} for e in scene["elements"]]
    assert bare == [{k: v for k, v in e.items() if k not in ("id", "groupIds")} for e in plain["elements"]]
    assert len({e["id"] for e in scene["elements"]}) == len(scene["elements"])
    listed = re.search(r"## Text Elements\n(.*?)%%", data, re.S)[1]
    texts = dict(reversed(t) for t in re.findall(r"(.*) \^(.{8})\n\n", listed))
    assert texts == {e["id"]: e["text"] for e in scene["elements"] if e["type"] == "text"}
    before = data.split("# Excalidraw Data")[0]
    assert all(row in before for row in note().text.splitlines())  # a search finds words that follow each other


def test_its_ending_tells_it_from_markdown():
    assert format_of("notes.excalidraw.md") == "excalidraw-md"
    assert format_of("notes.md") == "md"


# ------------------------------------------------------------------------------------------------------------ Lottie


def frames(data, *numbers):
    """What a player draws in these frames: grey pictures, float64."""
    rlottie = pytest.importorskip("rlottie_python", reason="pip install rlottie-python")
    animation = rlottie.LottieAnimation.from_data(data.decode())
    count = animation.lottie_animation_get_totalframe()
    pictures = [animation.render_pillow_frame(frame_num=round(n * (count - 1))) for n in numbers]
    white = [Image.alpha_composite(Image.new("RGBA", p.size, "white"), p.convert("RGBA")) for p in pictures]
    return [np.asarray(p.convert("L"), float) for p in white]


def test_lottie_writes_the_strokes_one_after_the_other():
    document = json.loads(dumps(PAGE, "lottie"))
    strokes = [layer for layer in document["layers"] if layer["shapes"][0]["it"][0]["ty"] == "sh"]
    begins = [layer["ip"] for layer in strokes][::-1]
    assert begins == sorted(begins)
    assert strokes[-1]["shapes"][0]["it"][0]["ks"]["k"]["v"] == [[20, 40], [60, 90], [100, 40]]


def test_a_player_shows_the_ink_grow():
    page = note()
    ink = [(picture < 128).sum() for picture in frames(dumps(page, "lottie"), 0, 0.25, 0.5, 1)]
    assert ink[0] < ink[1] < ink[2] <= ink[3]
    still = np.asarray(
        Image.open(io.BytesIO(dumps(page, "png", style=Style(color="#000000", background="paper")))).convert("L")
    )
    assert 0.7 < ink[3] / (still < 128).sum() < 1.3
