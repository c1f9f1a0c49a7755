"""Excalidraw: every field that its element types ask for, and, where its package lies at hand, its own code.

npm install --prefix FOLDER @excalidraw/excalidraw@0.18.1 react@18 react-dom@18 esbuild
INKSIGHT_EXCALIDRAW=FOLDER python -m pytest tests/test_excalidraw.py
"""

import base64
import io
import json
import os
import re
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from inksight.formats import Style, dumps
from inksight.ink import Line, Page, Stroke, Word
from inksight.ink.curves import distance_to_polyline
from inksight.ink.frames import Affine
from tests.drawn import differences, note, opened
from tests.programs import run

DPI = Style(dpi=96)
"""A pixel of the page is one of the scene."""

WHITE = np.full((300, 400, 3), 255, np.uint8)


def scene(page, style=DPI):
    return json.loads(dumps(page, "excalidraw", style=style))


def drawn(page, style=DPI):
    return [e for e in scene(page, style)["elements"] if e["type"] == "freedraw"]


def points(element):
    return np.array(element["points"]) + np.array([element["x"], element["y"]])


# ------------------------------------------------------------------------------------------------------------ fields


def number(value):
    return isinstance(value, int | float) and not isinstance(value, bool) and np.isfinite(value)


def whole(value):
    return isinstance(value, int) and not isinstance(value, bool)


def color(value):
    return value == "transparent" or bool(re.fullmatch("#[0-9a-f]{6}", value))


def pairs(value):
    return bool(value) and all(len(p) == 2 and all(map(number, p)) for p in value)


def one_of(*values):
    return lambda value: any(value is v or (value == v and type(value) is type(v)) for v in values)


def strings(value):
    return all(isinstance(v, str) and v for v in value)


def text(value):
    return isinstance(value, str)


def data(value):
    return set(value) == {"text", "line", "word", "confidence"}


BASE = {
    "id": text,
    "type": one_of("freedraw", "text", "image"),
    "x": number,
    "y": number,
    "strokeColor": color,
    "backgroundColor": color,
    "fillStyle": one_of("hachure", "cross-hatch", "solid", "zigzag"),
    "strokeWidth": lambda value: number(value) and value > 0,
    "strokeStyle": one_of("solid", "dashed", "dotted"),
    "roundness": one_of(None),
    "roughness": one_of(0, 1, 2),
    "opacity": lambda value: whole(value) and 0 <= value <= 100,
    "width": lambda value: number(value) and value >= 0,
    "height": lambda value: number(value) and value >= 0,
    "angle": number,
    "seed": lambda value: whole(value) and 0 < value < 2**31,
    "version": lambda value: whole(value) and value > 0,
    "versionNonce": whole,
    "index": one_of(None),
    "isDeleted": one_of(False),
    "groupIds": strings,
    "frameId": one_of(None),
    "boundElements": one_of([]),
    "updated": whole,
    "link": one_of(None),
    "locked": one_of(True, False),
}
"""Of every element (_ExcalidrawElementBase)."""

OWN = {
    "freedraw": {
        "points": pairs,
        "pressures": lambda value: all(0 <= p <= 1 for p in value),
        "simulatePressure": one_of(False),
        "lastCommittedPoint": one_of(None),
        "customData": data,
    },
    "text": {
        "text": text,
        "originalText": text,
        "fontSize": lambda value: number(value) and value > 0,
        "fontFamily": one_of(2),
        "lineHeight": one_of(1.15),
        "textAlign": one_of("left", "center", "right"),
        "verticalAlign": one_of("top", "middle", "bottom"),
        "containerId": one_of(None),
        "autoResize": one_of(True),
        "customData": data,
    },
    "image": {
        "fileId": text,
        "status": one_of("saved"),
        "scale": one_of([1, 1]),
        "crop": one_of(None),
    },
}

coordinate = st.floats(-500, 3000, width=32)
some_strokes = st.builds(
    Stroke,
    st.lists(st.tuples(coordinate, coordinate), min_size=1, max_size=4),
    st.none() | st.floats(0.01, 500),
    st.none() | st.just("#a0b0c0"),
)
some_words = st.builds(Word, st.lists(some_strokes, max_size=3).map(tuple), st.text(max_size=5))
some_pages = st.builds(
    Page, st.floats(0, 3000), st.floats(0, 3000), st.lists(st.lists(some_words).map(Line), max_size=2).map(tuple)
)


@given(some_pages, st.sampled_from(["photo", "paper", "none"]))
@settings(max_examples=60)
def test_every_element_has_every_field(page, under):
    document = scene(page, Style(dpi=96, photo=WHITE, background=under))
    assert set(document) == {"type", "version", "source", "elements", "appState", "files"}
    assert (document["type"], document["version"]) == ("excalidraw", 2)
    assert color(document["appState"]["viewBackgroundColor"])
    for element in document["elements"]:
        fields = BASE | OWN[element["type"]]
        assert set(element) == set(fields)
        assert [name for name, fits in fields.items() if not fits(element[name])] == []
    ids = Counter(e["id"] for e in document["elements"])
    assert not ids or max(ids.values()) == 1
    assert {e["fileId"] for e in document["elements"] if "fileId" in e} == set(document["files"])


def test_the_table_of_fields_can_fail():
    element = drawn(note())[0]
    fields = BASE | OWN["freedraw"]
    for name, wrong in {"seed": 1.5, "opacity": 101, "groupIds": [0], "locked": 0, "points": [[1]]}.items():
        assert fields[name](element[name])
        assert not fields[name](wrong)


# --------------------------------------------------------------------------------------------------------------- ink


@given(some_pages)
@settings(max_examples=40)
def test_points_lie_on_the_strokes(page):
    elements = drawn(page)
    assert len(elements) == len(page.strokes)
    for element, stroke in zip(elements, page.strokes, strict=True):
        xy = points(element)
        assert len(element["pressures"]) == len(xy) >= 2
        assert distance_to_polyline(xy, stroke.points).max() < 0.02
        assert np.abs(xy[[0, -1]] - stroke.points[[0, -1]]).max() < 0.02
        size = element["width"], element["height"]
        assert size == pytest.approx(tuple(np.ptp(np.array(element["points"]), axis=0)), abs=1e-3)


def test_the_scene_is_as_large_as_the_sheet():
    page = Page.of_words([Word((Stroke([[0, 0], [2000, 1000]], 10),))], 2000, 1000)
    for style, end in [
        (Style(dpi=192), (1000, 500)),
        (Style(), (1122.52, 561.26)),  # A4 has 297 mm across
        (Style(fit="letter"), (1056, 672)),
    ]:
        assert points(drawn(page, style)[0])[-1] == pytest.approx(end, abs=0.02)


def test_a_dot_keeps_its_two_points():
    (element,) = drawn(Page.of_words([Word((Stroke([[5, 6]], 2),))], 9, 9))
    assert element["points"] == [[0, 0], [0.0001, 0.0001]]


def test_words_are_groups_with_their_text():
    elements = scene(note())["elements"]
    groups = [
        [e["type"] for e in elements if e["groupIds"] == [g]] for g in dict.fromkeys(e["groupIds"][0] for e in elements)
    ]
    assert groups == [["text", "freedraw", "freedraw"], ["text", "freedraw"], ["text", "freedraw"]]
    texts = [(e["text"], e["opacity"]) for e in elements if e["type"] == "text"]
    assert texts == [("hill", 0), ("bridge", 0), ("pond", 0)]
    assert elements[-1]["customData"] == {"text": "pond", "line": 1, "word": 0, "confidence": 1.0}


def test_text_lies_on_its_word():
    for element, word in zip((e for e in scene(note())["elements"] if e["type"] == "text"), note().words, strict=True):
        x0, y0, x1, y1 = word.box
        assert element["x"] == pytest.approx(x0, abs=0.01)
        assert element["width"] <= x1 - x0 + 0.01
        assert element["y"] + element["height"] / 2 == pytest.approx((y0 + y1) / 2, abs=0.02)


def test_a_single_stroke_without_text_needs_no_group():
    assert drawn(Page.of_words([Word((Stroke([[5, 6]]),))], 9, 9))[0]["groupIds"] == []


def test_colors_and_the_canvas():
    assert [e["strokeColor"] for e in drawn(note())] == ["#1a1a2e", "#1a1a2e", "#b03030", "#1a1a2e"]
    light = note().with_strokes(lambda s: Stroke(s.points, 2, "#f0f0e0"))
    canvas = [
        scene(p, Style(background=b))["appState"]["viewBackgroundColor"]
        for p, b in [(note(), None), (light, None), (note(), "none")]
    ]
    assert canvas == ["#ffffff", "#1f2426", "transparent"]


def test_the_photo_lies_below_everything_and_is_locked():
    photo = np.full((30, 40, 3), (200, 180, 90), np.uint8)
    document = scene(note(), Style(dpi=96, photo=photo, background="photo"))
    image, *rest = document["elements"]
    assert (image["type"], image["locked"], any(e["locked"] for e in rest)) == ("image", True, False)
    assert [image[k] for k in ("x", "y", "width", "height")] == [0, 0, 400, 300]
    (file,) = document["files"].values()
    assert (file["id"], file["mimeType"]) == (image["fileId"], "image/jpeg")
    with Image.open(io.BytesIO(base64.b64decode(file["dataURL"].partition("base64,")[2]))) as picture:
        assert (picture.size, picture.format) == ((40, 30), "JPEG")


def test_files_are_the_same_every_time_and_other_ink_has_other_ids():
    assert dumps(note(), "excalidraw") == dumps(note(), "excalidraw")
    other = note().with_strokes(lambda s: Stroke(s.points + 1, s.width))
    assert not {e["id"] for e in drawn(note())} & {e["id"] for e in drawn(other)}


# ------------------------------------------------------------------------------------------------ Excalidraw's own code

ENTRY = """
import { restoreElements, exportToSvg } from "@excalidraw/excalidraw";
window.show = async (scene) => {
  const elements = restoreElements(scene.elements, null);
  const appState = { ...scene.appState, exportBackground: true };
  const svg = await exportToSvg({ elements, appState, files: scene.files, exportPadding: 0, skipInliningFonts: true });
  document.body.replaceChildren(svg);
  const restored = document.createElement("script");
  restored.type = "application/json";
  restored.textContent = JSON.stringify(elements);
  document.head.append(restored);
};
"""

PAGE = """<!doctype html><meta charset="utf-8"><style>body{margin:0}svg{display:block}</style><body></body>
<script src="bundle.js"></script><script>show(SCENE)</script>"""


@pytest.fixture(scope="module")
def package(tmp_path_factory):
    """A folder with Excalidraw's code in one file."""
    modules = os.environ.get("INKSIGHT_EXCALIDRAW")
    if not modules:
        pytest.skip("INKSIGHT_EXCALIDRAW doesn't name a folder with the npm package (see the top of this file)")
    folder = tmp_path_factory.mktemp("excalidraw")
    (folder / "entry.js").write_text(ENTRY)
    (folder / "node_modules").symlink_to(Path(modules).resolve() / "node_modules")
    production = ['--define:process.env.NODE_ENV="production"', '--define:process.env.IS_PREACT="false"']
    bundle = ["--bundle", "--format=iife", "--log-level=error", f"--outfile={folder / 'bundle.js'}", *production]
    run(str(folder / "node_modules/.bin/esbuild"), folder / "entry.js", *bundle)
    return folder


def shown(package, document, size):
    """(the elements as Excalidraw restores them, the picture that it draws)."""
    (package / "page.html").write_text(PAGE.replace("SCENE", json.dumps(document).replace("</", "<\\/")))
    options = ["--headless", "--no-sandbox", "--disable-gpu", "--virtual-time-budget=20000", "--window-size=800,800"]
    page = (package / "page.html").as_uri()
    dom = run("chromium", *options, f"--screenshot={package / 'a.png'}", "--dump-dom", page)
    (restored,) = re.findall('<script type="application/json">(.*?)</script>', dom, re.DOTALL)
    return json.loads(restored), opened(package / "a.png")[: size[1], : size[0]]


def test_excalidraw_restores_and_draws_every_stroke(package):
    document = scene(note(), Style(dpi=96, photo=WHITE, background="photo"))  # the photo holds the page's frame
    restored, picture = shown(package, document, (400, 300))
    changed = {"version", "versionNonce", "index", "updated"}  # what Excalidraw counts up when it opens a file
    for got, want in zip(restored, document["elements"], strict=True):
        assert {k for k in want if got.get(k) != want[k]} <= changed
        assert set(got) <= set(want)
    assert differences(picture, note()) == []
    moved = Affine.translation(4, 0)
    assert differences(picture, note().with_strokes(lambda s: s.transformed(moved)))
