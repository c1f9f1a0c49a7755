"""The playground's API: answers in every format, and a clear 4xx for whatever is wrong."""

import gzip
import io
import json
import time
import zipfile
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageDraw, ImageFont
from starlette.testclient import TestClient

from inksight import formats, pipeline
from inksight.imaging.pictures import open_image
from inksight.ink import Page, Stroke, Word
from inksight.layout import detectors
from inksight.web import asked, desk, work
from inksight.web.app import application
from inksight.web.limits import Limits
from inksight.web.store import Result, Store

EXAMPLES = Path(__file__).parents[2] / "examples"
WORD = (EXAMPLES / "word.jpg").read_bytes()
NOTE = Page.of_words([Word((Stroke([[10, 10], [40, 30], [70, 12]], 3, "#203060"),), "hi", 0.9)], 100, 50)
DOCUMENT = formats.dumps(NOTE, "json")
EXTRAS = {"mp4", "rm", "rmdoc"}  # need an extra, and say so


def client(limits=Limits(), origins=()):  # noqa: B008
    return TestClient(application(limits, ["testserver"], origins), raise_server_exceptions=False)


EVENTS = "text/event-stream"


@pytest.fixture(scope="module")
def server():
    with client() as running:
        yield running


@pytest.fixture(scope="module")
def name(server):
    """Of a result."""
    answer = server.post("/api/word", files={"file": WORD})
    return answer.headers["location"].rpartition("/")[2]


def blank(width=120, height=60, fmt="PNG"):
    out = io.BytesIO()
    Image.new("RGB", (width, height), "white").save(out, fmt)
    return out.getvalue()


def refused(answer, status, *words):
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/json"
    for word in words:
        assert word in answer.json()["error"]


# ------------------------------------------------------------------------------------------------------- answers


def test_a_word_is_traced_as_the_library_traces_it(server):
    answer = server.post("/api/word", files={"file": ("a.jpg", WORD)})
    word = pipeline.trace(WORD)
    assert formats.loads(answer.content, "json") == Page.of_words([word], 520, 220)
    again = server.get(answer.headers["location"])
    assert again.content == answer.content


def test_a_page_is_converted(server):
    line = Image.open(EXAMPLES / "page.jpg").crop((150, 300, 900, 400))
    out = io.BytesIO()
    line.save(out, "PNG")
    page = formats.loads(server.post("/api/convert", files={"file": out.getvalue()}).content, "json")
    assert "until" in page.text
    assert (page.width, page.height) == (750, 100)


def test_events_tell_of_everything(server):
    answer = server.post("/api/convert", files={"file": WORD}, data={"detector": "none"}, headers={"Accept": EVENTS})
    events = [dict(row.split(": ", 1) for row in block.splitlines()) for block in answer.text.strip().split("\n\n")]
    steps = [json.loads(e["data"]) for e in events if e["event"] == "step"]
    assert [s["step"] for s in steps] == ["sheet", "segmentation", "detection", "tracing"]
    assert all(s["seconds"][s["step"]] >= 0 for s in steps)
    others = [e for e in events if e["event"] != "step"]
    assert [e["event"] for e in others] == ["picture", "boxes", "words", "page"]
    picture, boxes, words, page = (json.loads(e["data"]) for e in others)
    assert (picture["width"], picture["height"], picture["pages"], picture["page"]) == (520, 220, 1, 1)
    assert len(boxes["boxes"]) == words["done"] == words["total"] == 1
    assert page["page"]["words"][0]["strokes"]
    assert page["model"] == "words-v1"
    assert server.get(f"/api/results/{picture['result']}").json() == page["page"]
    photo = open_image(server.get(f"/api/results/{picture['result']}/photo").content)
    assert photo.shape == (220, 520, 3)


def test_events_of_a_failure(server):
    answer = server.post("/api/convert", files={"file": b"no picture"}, headers={"Accept": EVENTS})
    assert answer.text.startswith("event: error\n")
    assert "not a picture" in answer.text


@pytest.mark.parametrize("fmt", formats.FORMATS)
def test_every_format_is_rendered(server, fmt):
    answer = server.post(f"/api/render?to={fmt}", content=DOCUMENT)
    if fmt in EXTRAS and answer.status_code != 200:
        refused(answer, 422, "needs")
        return
    assert answer.status_code == 200
    assert answer.content == formats.dumps(formats.loads(DOCUMENT, "json"), fmt) or fmt in (
        "rm",
        "rmdoc",
        "npz",
        "xopp",
    )
    assert answer.headers["content-type"].partition(";")[0] == asked.MEDIA.get(fmt, "application/octet-stream")
    assert f"ink.{formats.ending(fmt)}" in answer.headers["content-disposition"]


@pytest.mark.parametrize(
    ("accept", "start"),
    [
        ("image/svg+xml", b"<?xml"), ("application/inkml+xml", b"<?xml"), ("application/pdf", b"%PDF"),
        ("image/*", b"<?xml"), ("text/html;q=0.1, image/png", b"\x89PNG"), ("*/*", b'{"format"'), ("", b'{"format"'),
        ("image/x-unknown, application/json;q=0.5", b'{"format"'),
    ],
)  # fmt: skip
def test_accept_names_the_format(server, accept, start):
    answer = server.post("/api/render", content=DOCUMENT, headers={"Accept": accept})
    assert answer.content.startswith(start)


def test_to_goes_before_accept(server):
    answer = server.post("/api/word?to=xopp", files={"file": WORD}, headers={"Accept": "image/svg+xml"})
    assert b"<xournal" in gzip.decompress(answer.content)


def test_the_look(server):
    svg = server.post("/api/render?to=svg&color=%23ff0000&width=9", content=DOCUMENT).text
    assert 'stroke="#ff0000"' in svg
    assert 'stroke-width="9"' in svg
    png = server.post("/api/render?to=png&size=50", content=DOCUMENT).content
    assert Image.open(io.BytesIO(png)).size == (50, 25)


def test_the_photo_lies_under_the_ink(server, name):
    ink = server.get(f"/api/results/{name}").content
    with_photo = server.post(f"/api/render?to=png&result={name}", content=ink).content
    assert Image.open(io.BytesIO(with_photo)).size == (520, 220)
    assert with_photo != server.post("/api/render?to=png", content=ink).content


def test_a_changed_document_is_kept(server, name):
    document = server.get(f"/api/results/{name}").json()
    document["words"][0]["text"] = "Zweige"
    assert server.put(f"/api/results/{name}", json=document).status_code == 204
    assert server.get(f"/api/results/{name}").json()["words"][0]["text"] == "Zweige"
    refused(server.put(f"/api/results/{name}", content=b"[]"), 422, "the document")


def test_a_word_is_traced_again(server, name):
    box = server.get(f"/api/results/{name}").json()["words"][0]["box"]
    word = server.post(f"/api/results/{name}/trace", json={"box": box, "text": "willow"}).json()
    assert word["text"] == "willow"
    assert np.abs(np.array(word["box"]) - box).max() < 12
    assert word["strokes"]
    assert server.post(f"/api/results/{name}/trace", json={"box": box, "mode": "derender"}).json()["text"] == ""


def test_a_large_photo_is_kept_small_and_its_ink_in_place(server):
    """As wide as a phone's, but not as high."""
    picture = Image.new("RGB", (4000, 900), "#f0ece4")
    word = Image.open(EXAMPLES / "word.jpg").resize((1040, 440))
    picture.paste(word, (2000, 300))
    out = io.BytesIO()
    picture.save(out, "JPEG")
    made = server.post("/api/convert", files={"file": out.getvalue()}, data={"detector": "none"})
    assert made.json()["width"] == 4000
    where = made.headers["location"]
    photo = Image.open(io.BytesIO(server.get(where + "/photo").content))
    assert max(photo.size) == 2500
    again = server.post(where + "/trace", json={"box": [2140, 360, 2930, 640], "text": "willow"}).json()
    points = np.concatenate([np.array(s) for s in again["strokes"]])
    assert (points.min(axis=0) > [2080, 300]).all()
    assert (points.max(axis=0) < [3000, 700]).all()
    assert np.ptp(points[:, 0]) > 600


def test_a_page_of_a_pdf(server):
    out = io.BytesIO()
    pages = [Image.new("RGB", (300, 200), "white"), Image.open(EXAMPLES / "word.jpg")]
    pages[0].save(out, "PDF", save_all=True, append_images=pages[1:])
    ask = {"detector": "none"}
    assert not server.post("/api/convert", files={"file": out.getvalue()}, data=ask).json()["words"]
    assert server.post("/api/convert", files={"file": out.getvalue()}, data=ask | {"page": "2"}).json()["words"]
    refused(server.post("/api/convert", files={"file": out.getvalue()}, data=ask | {"page": "3"}), 422, "no page 3")


def test_a_flat_sheet(server):
    small = Image.open(EXAMPLES / "page.jpg").resize((600, 750))
    out = io.BytesIO()
    small.save(out, "JPEG")
    answer = server.post(
        "/api/convert", files={"file": out.getvalue()}, data={"flatten": "1", "mode": "recognize", "detector": "none"}
    )
    photo = Image.open(io.BytesIO(server.get(answer.headers["location"] + "/photo").content))
    document = answer.json()
    assert photo.size == (document["width"], document["height"]) != (600, 750)


def test_fast(server, monkeypatch):
    """The tracer is told, and the ink is there."""
    told = []
    load = pipeline.tracer
    monkeypatch.setattr(pipeline, "tracer", lambda options: told.append(options.fast) or load(options))
    for data in ({}, {"fast": "1"}):
        for url in ("/api/word", "/api/convert"):
            assert server.post(url, files={"file": WORD}, data=data | {"detector": "none"}).json()["words"]
    assert told == [False, False, True, True]


def test_what_there_is_to_choose(server, monkeypatch):
    found = server.get("/api/models").json()
    assert found["models"][0]["name"] == found["default"] == "words-v1"
    assert [f["name"] for f in found["formats"]] == list(formats.FORMATS)
    assert {"rapidocr", "none"} <= set(found["detectors"]) <= {"rapidocr", "inksight", "none", "tesseract", "doctr"}
    monkeypatch.setattr(detectors, "is_here", lambda name: name == "rapidocr")
    assert server.get("/api/models").json()["detectors"] == ["rapidocr"]


# -------------------------------------------------------------------------------------------------------- errors


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", ["is empty"]), (b"GIF89a", ["not a picture"]), (b"hello", ["not a picture"]),
        (b"%PDF-1.7 no", ["damaged"]), (WORD[:3000], ["damaged"]), (blank(3, 3), ["too small"]),
    ],
)  # fmt: skip
def test_broken_pictures(server, data, words):
    refused(server.post("/api/convert", files={"file": ("x.jpg", data)}), 422, "the upload", *words)


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"mode": "sing"}, ["unknown mode", "derender"]), ({"detector": "boxes"}, ["unknown detector"]),
        ({"detector": "google-vision"}, ["unknown detector"]), ({"model": "../../etc"}, ["unknown model", "words-v1"]),
        ({"page": "0"}, ["page"]), ({"page": "two"}, ["page"]), ({"mode": "derender-with-text"}, ["text"]),
    ],
)  # fmt: skip
def test_wrong_fields(server, fields, words):
    refused(server.post("/api/convert", files={"file": WORD}, data=fields), 422, *words)


@pytest.mark.parametrize("path", ["/api/convert", "/api/word"])
def test_missing_pictures(server, path):
    refused(server.post(path), 422, '"file"')
    refused(server.post(path, data={"file": "text"}), 422, '"file"')
    refused(server.post(path, files=[("file", WORD), ("file", WORD)]), 400, "Too many files")
    refused(server.post(path, content=b"x", headers={"Content-Type": "multipart/form-data; boundary=a"}), 400)


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("to=doc", ["unknown format", "svg"]), ("to=svg&color=red", ["color"]), ("to=svg&fit=a0", ["sheet"]),
        ("to=svg&width=-1", ["positive"]), ("to=png&size=99999", ["size"]), ("to=svg&width=x", ["float"]),
        ("to=svg&background=sea", ["background"]), ("to=svg&background=photo", ["photo"]),
    ],
)  # fmt: skip
def test_wrong_looks(server, query, words):
    refused(server.post(f"/api/render?{query}", content=DOCUMENT), 422, *words)


@pytest.mark.parametrize(
    "body",
    [
        b"", b"[]", b"null", b"{}", b'{"box": 1}', b'{"box": [1, 2, 3]}', b'{"box": [0, 0, 1e9, 5]}', b"[" * 9999,
        b'{"box": [NaN, 0, 9, 9]}', b'{"box": [9000, 0, 9100, 50]}', b'{"box": [90, 90, 10, 10]}',
        b'{"box": ["a", 0, 9, 9]}', b'{"box": [0, 0, 50, 50], "mode": "sing"}',
    ],
)  # fmt: skip
def test_wrong_boxes(server, name, body):
    refused(server.post(f"/api/results/{name}/trace", content=body), 422)


def test_odd_words_in_a_box(server, name):
    """Numbers for text are no text; a mode of another type is none."""
    answer = server.post(f"/api/results/{name}/trace", json={"box": [60, 30, 470, 170], "text": 5, "mode": []})
    assert answer.status_code == 200


def test_what_is_not_there(server):
    for path in ("/api/results/nothing", "/api/results/nothing/photo"):
        refused(server.get(path), 404, "forgotten")
    refused(server.put("/api/results/nothing", content=DOCUMENT), 404)
    refused(server.get("/nothing"), 404)
    refused(server.get("/static/../app.py"), 404)
    refused(server.get("/static/%2e%2e/app.py"), 404)
    refused(server.get("/api/convert"), 405)
    refused(server.post("/api/render", content=DOCUMENT, headers={"Accept": "audio/ogg"}), 406, "?to=")


def test_limits():
    with client(Limits(upload_bytes=20_000, document_bytes=1000, pixels=6_000, pages=2)) as server:
        refused(server.post("/api/convert", files={"file": bytes(30_000)}), 413, "scale")
        chunks = (bytes(5000) for _ in range(9))  # without Content-Length
        refused(server.post("/api/render?to=svg", content=chunks), 413)
        refused(server.post("/api/render?to=svg", content=bytes(2000)), 413, "document")
        refused(server.post("/api/convert", files={"file": blank(100, 61)}), 422, "pixels")
        large = formats.dumps(Page(1e6, 1e6), "json")
        refused(server.post("/api/render?to=png", content=large), 422, "pixels")
        out = io.BytesIO()
        Image.new("L", (10, 10)).save(out, "TIFF", save_all=True, append_images=[Image.new("L", (10, 10))] * 2)
        refused(server.post("/api/convert", files={"file": out.getvalue()}), 422, "2 pages")


@pytest.mark.parametrize(
    "host", ["evil.example", "testserver.evil.example", "", "localhost.evil.example:80", "[::1].x"]
)
def test_other_names_are_not_answered(server, host):
    refused(server.get("/healthz", headers={"Host": host}), 421, "--name")


@pytest.mark.parametrize("host", ["testserver", "TestServer:8765", "192.168.1.5:8765", "127.0.0.1", "[fe80::1]:80"])
def test_own_names_are(server, host):
    assert server.get("/healthz", headers={"Host": host}).json()["status"] == "ok"


def test_pages_of_other_sites(server):
    evil = {"Origin": "http://evil.example"}
    refused(server.post("/api/word", files={"file": WORD}, headers=evil), 403)
    refused(server.get("/api/models", headers={"Origin": "null"}), 403)
    refused(server.get("/api/models", headers={"Origin": "https://testserver"}), 403)  # the same name, another scheme
    assert "access-control-allow-origin" not in server.get("/healthz", headers={"Origin": "http://testserver"}).headers
    with client(origins=["https://notes.example"]) as open_server:
        answer = open_server.get("/api/models", headers={"Origin": "https://notes.example"})
        assert answer.headers["access-control-allow-origin"] == "https://notes.example"
        refused(open_server.get("/api/models", headers=evil), 403)


@pytest.mark.parametrize(("site", "taken"), [("cross-site", False), ("same-site", False), ("same-origin", True),
                                             ("none", True), (None, True)])  # fmt: skip
def test_posts_that_name_no_origin(server, site, taken):
    """Browsers that leave the Origin out still say whether another site has caused the request."""
    headers = {"Sec-Fetch-Site": site} if site else {}
    assert (server.post("/api/word", headers=headers).status_code != 403) == taken
    assert server.get("/healthz", headers=headers).status_code == 200


def test_a_server_that_is_being_stopped_says_so():
    with client() as server:
        server.app.state.close()
        answer = server.post("/api/word", files={"file": WORD})
        assert (answer.status_code, answer.json()) == (503, {"error": "the server is being stopped"})


def test_every_answer_is_guarded(server, name):
    for path in ("/", "/healthz", "/static/js/main.js", "/nothing", f"/api/results/{name}"):
        headers = server.get(path).headers
        assert "script-src 'self';" in headers["content-security-policy"]
        assert "unsafe" not in headers["content-security-policy"]
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["cache-control"] == ("no-store" if path.startswith("/api/") else "no-cache")


def test_the_page_fetches_nothing_from_elsewhere():
    static = Path(work.__file__).parent / "static"
    for path in static.rglob("*.*"):
        if path.suffix in (".html", ".css", ".js", ".svg"):
            text = (
                path.read_text(encoding="utf-8")
                .replace("http://www.w3.org/2000/svg", "")
                .replace("http://localhost", "")
            )
            assert "http://" not in text, path
            assert "https://" not in text, path
            assert " style=" not in text, path
    assert sum(p.stat().st_size for p in (static / "examples").iterdir()) < 450_000


# ---------------------------------------------------------------------------------------------------- broken input


@settings(max_examples=25)
@given(data=st.data())
def test_fuzzed_pictures_never_break_the_server(server, data):
    """Real files with some bytes changed or cut off: an answer or a clear refusal."""
    picture = data.draw(st.sampled_from([blank(fmt=f) for f in ("PNG", "JPEG", "GIF", "BMP", "TIFF", "WEBP", "PDF")]))
    damaged = bytearray(picture[: data.draw(st.integers(1, len(picture)))])
    for _ in range(data.draw(st.integers(0, 8))):
        damaged[data.draw(st.integers(0, len(damaged) - 1))] = data.draw(st.integers(0, 255))
    answer = server.post("/api/convert", files={"file": bytes(damaged)}, data={"detector": "none", "mode": "recognize"})
    assert answer.status_code in (200, 422), answer.text


NUMBERS = st.sampled_from([0, 1, -5, 3.5, 1e4, 1e9, 1e30, -1e38, 1e39])
STROKES = st.lists(st.lists(st.tuples(NUMBERS, NUMBERS), min_size=1, max_size=4), max_size=3)


@settings(max_examples=60)
@given(
    fmt=st.sampled_from(formats.FORMATS),
    strokes=STROKES,
    size=st.tuples(NUMBERS, NUMBERS),
    width=st.none() | NUMBERS,
    text=st.text(max_size=5) | st.just("\ud800"),
)
def test_odd_documents_never_break_the_server(server, fmt, strokes, size, width, text):
    word = {
        "text": text,
        "confidence": 0.5,
        "box": [0, 0, 1, 1],
        "line": 0,
        "strokes": strokes,
        "widths": [width] * len(strokes),
    }
    document = {"format": "inksight", "version": 1, "width": size[0], "height": size[1], "words": [word]}
    answer = server.post(f"/api/render?to={fmt}", content=json.dumps(document))
    assert answer.status_code in (200, 422), answer.text


# ------------------------------------------------------------------------------------------------------- the store


def test_results_are_forgotten():
    now = [0.0]
    store = Store(seconds=10, room=1000, clock=lambda: now[0])
    first, second = (store.add(Result(bytes(400), (1, 1))) for _ in range(2))
    assert first != second
    assert len(first) >= 20
    now[0] = 6.0
    assert store.get(first)  # its time begins anew
    now[0] = 12.0
    assert store.get(first)
    assert store.get(second) is None
    third = store.add(Result(bytes(700), (1, 1)))  # no room for both
    assert store.get(first) is None
    assert store.get(third)


# ----------------------------------------------------------------------------------------- keeping, opening, asking


def opened(server, name, data):
    return server.post("/api/open", files={"file": (name, data)})


@pytest.mark.parametrize("fmt", ["json", "inkml", "svg", "xopp"])
def test_ink_opens_again(server, fmt):
    answer = opened(server, f"notes.{fmt}", formats.dumps(NOTE, fmt))
    (name,) = answer.json()["results"]
    page = formats.loads(server.get(f"/api/results/{name}").content, "json")
    assert len(page.strokes) == 1
    assert "hi" in page.text or fmt == "svg"
    assert server.get(f"/api/results/{name}/facts").json() == {"title": "notes", "untraced": [], "photo": False}
    refused(server.get(f"/api/results/{name}/photo"), 404, "without its photo")
    refused(server.post(f"/api/results/{name}/trace", json={"box": [0, 0, 50, 50]}), 422, "without its photo")


def test_the_photo_comes_along(server, name):
    ink = server.get(f"/api/results/{name}").content
    saved = server.post(f"/api/render?to=json&background=photo&result={name}", content=ink)
    assert "word.json" in saved.headers["content-disposition"] or "upload" in saved.headers["content-disposition"]
    (again,) = opened(server, "notes.json", saved.content).json()["results"]
    assert open_image(server.get(f"/api/results/{again}/photo").content).shape == (220, 520, 3)
    assert server.get(f"/api/results/{again}").json()["words"] == json.loads(ink)["words"]
    assert server.get(f"/api/results/{again}/facts").json()["untraced"] == []


@pytest.mark.parametrize(("fmt", "fit"), [("svg", ""), ("svg", "a4"), ("xopp", ""), ("xopp", "a4")])
def test_the_photo_comes_along_in_other_formats(server, name, fmt, fit):
    """The ink lies on it where it lay, and words can be traced on it."""
    ink = server.get(f"/api/results/{name}").content
    saved = server.post(f"/api/render?to={fmt}&fit={fit}&background=photo&result={name}", content=ink)
    (again,) = opened(server, f"notes.{fmt}", saved.content).json()["results"]
    assert open_image(server.get(f"/api/results/{again}/photo").content).shape == (220, 520, 3)
    before, after = json.loads(ink), server.get(f"/api/results/{again}").json()
    assert (after["width"], after["height"]) == pytest.approx((520, 220), abs=0.1)
    points = [np.concatenate(d["words"][0]["strokes"]) for d in (before, after)]
    assert np.abs(points[0] - points[1]).max() < 0.1
    wish = {"box": after["words"][0]["box"], "mode": "derender", "instead_of": [0]}
    assert server.post(f"/api/results/{again}/trace", json=wish).json()["strokes"]


def test_a_photo_that_cannot_be_read_costs_no_ink(server):
    saved = formats.dumps(NOTE, "json").replace(b'"words"', b'"photo": "data:image/jpeg;base64,AAAA", "words"', 1)
    (name,) = opened(server, "notes.json", saved).json()["results"]
    assert server.get(f"/api/results/{name}/facts").json()["photo"] is False


def test_ink_left_out_is_told(server, name):
    """The word is taken away: its ink is what is left."""
    ink = server.get(f"/api/results/{name}").json()
    box = ink["words"][0]["box"]
    empty = json.dumps(ink | {"words": []}).encode()
    saved = server.post(f"/api/render?to=json&background=photo&result={name}", content=empty).content
    (again,) = opened(server, "notes.json", saved).json()["results"]
    found = server.get(f"/api/results/{again}/facts").json()["untraced"]
    hull = [*np.min(found, axis=0)[:2], *np.max(found, axis=0)[2:]]
    assert np.abs(np.array(hull) - box).max() < 15


def test_what_does_not_open(server):
    refused(opened(server, "notes.png", blank()), 422, "notes.png", "no ink")
    refused(opened(server, "notes.doc", b"x"), 422, "unknown ending")
    refused(opened(server, "notes.json", b"[]"), 422, "notes.json")
    refused(server.post("/api/open"), 422, '"file"')


def test_ink_of_neighbours_is_not_taken_twice(server):
    """Two strokes side by side; a box over both takes the one that belongs to nobody."""
    picture = Image.new("L", (200, 120), 255)
    draw = ImageDraw.Draw(picture)
    for x in (60, 120):
        draw.line((x, 30, x, 90), 0, 6)
    out = io.BytesIO()
    picture.save(out, "PNG")
    made = server.post("/api/convert", files={"file": out.getvalue()}, data={"detector": "none"})
    where = made.headers["location"]
    left = {"text": "l", "confidence": 1, "box": [57, 27, 63, 93], "line": 0, "strokes": [[[60, 30], [60, 90]]]}
    server.put(where, json={"format": "inksight", "version": 1, "width": 200, "height": 120, "words": [left]})
    box = [40, 20, 140, 100]
    fresh = server.post(where + "/trace", json={"box": box, "mode": "derender", "instead_of": []}).json()
    assert fresh["strokes"]
    assert np.concatenate(fresh["strokes"])[:, 0].min() > 110
    both = server.post(where + "/trace", json={"box": box, "mode": "derender", "instead_of": [0]}).json()
    assert np.concatenate(both["strokes"])[:, 0].min() < 70


def test_a_box_drawn_around_print_gets_its_ink(server):
    picture = Image.new("RGB", (420, 160), "white")
    ImageDraw.Draw(picture).text((60, 50), "Library", fill=(20, 20, 20), font=ImageFont.load_default(60))
    page = Page(420, 160, ())
    saved = formats.dumps(page, "json", style=formats.Style(photo=np.asarray(picture), background="photo"))
    (name,) = opened(server, "notes.json", saved).json()["results"]
    wish = {"box": [50, 45, 300, 125], "mode": "recognize-and-derender"}
    word = server.post(f"/api/results/{name}/trace", json=wish).json()
    assert len(word["strokes"]) >= 5
    assert word.get("kind", "word") == "word"


def test_a_page_brought_as_a_word_is_told(server):
    board = (EXAMPLES / "board.jpg").read_bytes()
    answer = server.post("/api/word", files={"file": board}, data={"most_words": "3"})
    refused(answer, 422, "words were found", "most_words")
    assert server.post("/api/word", files={"file": WORD}, data={"most_words": "3"}).status_code == 200


def test_work_has_its_time_anew_whenever_something_comes_of_it(monkeypatch):
    now = [0.0]
    monkeypatch.setattr(desk, "time", SimpleNamespace(monotonic=lambda: now[0]))
    ticket = desk.Ticket(10.0)
    ticket.begin()
    for now[0] in (9.0, 18.0, 27.0):
        ticket.renew()
    now[0] = 37.5
    with pytest.raises(desk.TooLong):
        ticket.renew()


def test_slips_of_the_pen_are_told(server, name):
    upload = {"file": WORD}
    refused(server.post("/api/convert", files=upload, data={"detectr": "none"}), 422, "'detectr'", "detector", "model")
    refused(server.post("/api/render?to=svg&colour=order", content=DOCUMENT), 422, "'colour'", "color")
    refused(server.post(f"/api/results/{name}/trace", json={"box": [0, 0, 9, 9], "txt": "a"}), 422, "'txt'", "text")
    refused(server.get("/api/convert"), 405, "POST: curl -F file=@notes.jpg")
    refused(server.post("/api/models"), 405, "GET: curl")
    refused(server.delete(f"/api/results/{name}"), 405, "PUT: curl")


def test_the_api_can_be_read(server):
    assert "docs.js" in server.get("/docs").text


def test_too_many_words_are_told_before_they_are_traced(server):
    answer = server.post("/api/convert", files={"file": WORD}, data={"detector": "none", "most_words": "1"})
    assert answer.status_code == 200
    page = Image.open(EXAMPLES / "page.jpg").crop((150, 300, 900, 400))
    out = io.BytesIO()
    page.save(out, "PNG")
    ask = {"most_words": "1"}
    answer = server.post("/api/convert", files={"file": out.getvalue()}, data=ask)
    refused(answer, 422, "most_words")
    assert answer.json()["words"] > 1
    assert answer.json()["seconds"] > 0
    events = server.post("/api/convert", files={"file": out.getvalue()}, data=ask, headers={"Accept": EVENTS}).text
    assert "event: error" in events
    assert '"words": ' in events


def test_several_results_together(server, name):
    (other,) = opened(server, "notes.json", DOCUMENT).json()["results"]
    names = {"results": [name, other]}
    book = server.post("/api/bundle?to=pdf", json=names)
    assert book.content.startswith(b"%PDF")
    assert book.content.count(b"/Type /Page ") == 2
    packed = zipfile.ZipFile(io.BytesIO(server.post("/api/bundle?to=svg&zip=1", json=names).content))
    assert len(packed.namelist()) == 2
    assert "notes.svg" in packed.namelist()
    refused(server.post("/api/bundle?to=svg", json=names), 422, "one page")
    refused(server.post("/api/bundle?to=pdf", json={"results": []}), 422, "results")
    refused(server.post("/api/bundle?to=pdf", json={"results": ["nothing"]}), 404, "not here")


def test_what_this_installation_can_write(server, monkeypatch):
    monkeypatch.setattr("inksight.errors.find_spec", lambda name: None)
    kinds = {f["name"]: f for f in server.get("/api/models").json()["formats"]}
    assert "inksight[video]" in kinds["mp4"]["missing"]
    assert kinds["svg"]["missing"] is None
    assert kinds["xopp"]["reads"]
    assert not kinds["png"]["reads"]


def test_a_folder_outlives_the_server(tmp_path):
    store = Store(seconds=60, room=10**6, folder=tmp_path)
    name = store.add(Result(b"photo", (30, 20), b"ink", "notes", [(1.0, 2.0, 3.0, 4.0)]))
    kept = store.get(name)
    kept.ink = b"changed"
    store.changed(name, kept)
    again = Store(seconds=60, room=10**6, folder=tmp_path).get(name)
    assert (again.photo, again.ink, again.title) == (b"photo", b"changed", "notes")
    assert again.untraced == [(1.0, 2.0, 3.0, 4.0)]
    assert Store(seconds=60, room=10**6, folder=tmp_path).get("../" + name) is None
    late = Store(seconds=60, room=10**6, folder=tmp_path, clock=lambda: time.time() + 100)
    assert late.get(name) is None
    assert not list(tmp_path.iterdir())
