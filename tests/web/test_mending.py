"""The way of somebody who photographed a page and gets it right: in real Chromium, on a desktop, a phone, by keys."""

import gzip
import json
import re
from dataclasses import replace

import httpx
import numpy as np
import pytest
from playwright.sync_api import expect

from inksight import formats, pipeline
from inksight.formats import Style
from inksight.imaging.pictures import open_image
from inksight.ink import Line
from inksight.layout.detection import Detection
from tests.web.test_browser import (  # noqa: F401 (fixtures)
    DESKTOP,
    EXAMPLES,
    PHONE,
    address,
    document,
    done,
    downloaded,
    drag,
    on_stage,
    said,
    tab,
)

WORDS = {
    "mast": (0, (140.0, 135.0, 280.0, 195.0)),
    "sail": (1, (680.0, 220.0, 780.0, 280.0)),
    "old": (2, (640.0, 650.0, 735.0, 706.0)),
    "hull": (2, (758.0, 650.0, 857.0, 706.0)),
}
"""Where the example's words are: their lines and boxes."""

MISSED = ("mast", "hull")
TOO_MANY = [[700, 560], [760, 600], [800, 560]]


@pytest.fixture(scope="module")
def truth(address):  # noqa: F811
    """The example sketch as it is when its words are known, and the address of the server's result."""
    words = [Detection(box, text, 1.0, line) for text, (line, box) in WORDS.items()]
    page = pipeline.convert(EXAMPLES / "sketch.jpg", detector=lambda _: words, mode="derender-with-text", fast=True)
    assert sorted(w.text for w in page.words if w.kind == "word") == sorted(WORDS)
    page = replace(page, lines=[Line([replace(w, confidence=0.9) for w in line.words]) for line in page.lines])
    photo = Style(photo=open_image(EXAMPLES / "sketch.jpg"), background="photo")
    file = ("sketch.json", formats.dumps(page, "json", style=photo))
    (name,) = httpx.post(address + "api/open", files={"file": file}, timeout=600).json()["results"]
    url = f"{address}api/results/{name}"
    return httpx.get(url, timeout=60).json(), url


@pytest.fixture
def poor(truth):
    """The name of the result, spoilt: two words missed, one misread, a stroke too many in it, and the drawing."""
    document, url = truth
    words = [dict(w) for w in document["words"] if w["text"] not in MISSED]
    assert len(words) == len(document["words"]) - 2
    wrong = next(w for w in words if w["text"] == "old")
    wrong |= {"text": "ord", "confidence": 0.1, "strokes": [*wrong["strokes"], TOO_MANY]}
    for key in ("widths", "colors"):
        wrong[key] = [*wrong[key], wrong[key][0]]
    spoilt = document | {"words": words}
    assert httpx.put(url, json=spoilt, timeout=60).status_code == 204
    return url.rpartition("/")[2]


def box_of(truth, text):
    return next(w["box"] for w in truth[0]["words"] if w["text"] == text)


def missed_by_mouse(page, truth):
    for text in MISSED:
        x0, y0, x1, y1 = box_of(truth, text)
        page.click("[data-tool=box]")
        drag(page, (x0 - 5, y0 - 5), (x1 - 9, y1 - 9), (x1 + 5, y1 + 5))
        said(page, "Added: ")
        page.fill("#card-text", text)
        page.click("#card-say")
        said(page, "Marked")


def missed_by_keys(page, truth):
    """The box is moved where the word is, step by step: the steps are as long as eight pixels of the screen."""
    for text in MISSED:
        x0, y0, x1, y1 = box_of(truth, text)
        page.focus("#stage")
        page.keyboard.press("b")
        page.keyboard.press("ArrowRight")

        def shown():
            at = page.locator(".fresh")
            return [float(at.get_attribute(name)) for name in ("x", "y", "width", "height")]

        step = 8 / page.evaluate("document.querySelector('#stage svg').getScreenCTM().a")
        left, top, width, height = shown()
        ways = (("ArrowRight", "ArrowLeft", x0 - 4 - left), ("ArrowDown", "ArrowUp", y0 - 4 - top))
        for forth, back, way in ways:
            for _ in range(round(abs(way) / step)):
                page.keyboard.press(forth if way > 0 else back)
        left, top, width, height = shown()
        ways = (("ArrowRight", "ArrowLeft", x1 + 4 - left - width), ("ArrowDown", "ArrowUp", y1 + 4 - top - height))
        for forth, back, way in ways:
            for _ in range(round(abs(way) / step)):
                page.keyboard.press(f"Shift+{forth if way > 0 else back}")
        page.keyboard.press("Enter")
        said(page, "Added: ")
        expect(page.locator("#card-text")).to_be_focused()
        page.keyboard.type(text)
        page.focus("#card-say")
        page.keyboard.press("Enter")
        said(page, "Marked")


def stroke_by_pointer(page, touch=False):
    """The stroke too many is tapped and erased."""
    page.locator("[data-tool=pick]").click()
    at = on_stage(page, *TOO_MANY[1])
    page.touchscreen.tap(*at) if touch else page.mouse.click(*at)
    expect(page.locator("#strokes-title")).to_have_text("1 stroke chosen")
    page.locator("#stroke-erase").click()
    said(page, "1 stroke erased")
    page.locator("[data-tool=hand]").click()


def stroke_by_keys(page):
    page.locator(".lines button", has_text="ord").focus()
    page.keyboard.press("Enter")
    page.focus("#strokes-title")
    page.keyboard.press("Enter")
    page.locator("#stroke-list button").last.focus()
    page.keyboard.press("Enter")
    expect(page.locator("#strokes-title")).to_have_text("1 stroke chosen")
    page.focus("#stage")
    page.keyboard.press("Delete")
    said(page, "1 stroke erased")


def word_and_sketch(page, press):
    """From doubt to doubt: the misread word is told, the drawing is looked at."""
    while page.locator("#next").is_visible():
        press("#next")
        expect(page.locator("#card")).to_be_visible()
        if page.locator("#card-text").input_value() == "ord":
            page.locator("#card-text").fill("old")
            press("#card-trace")
            said(page, "Traced again")
        press("#card-say")
        said(page, "Marked")
    expect(page.locator("#outcome")).to_contain_text(re.compile(r"4 words, \d drawings?; none seems wrong."))


def goes_on(page, tab, truth, tmp_path, **settings):  # noqa: F811
    """Saved as .xopp and .json, all closed, the .json opened again, and worked on."""
    name, notes = downloaded(page, "xopp")
    assert name == "sketch.xopp"
    assert b"<xournal" in gzip.decompress(notes)
    name, saved = downloaded(page, "json")
    (tmp_path / name).write_bytes(saved)
    mended = json.loads(saved)
    assert mended["photo"].startswith("data:image/jpeg")
    page.context.close()
    page = tab(**settings)
    page.set_input_files("#file", tmp_path / name)
    done(page)
    if page.locator("#grip").is_visible():
        page.click("#grip")
    again = document(page)
    assert again["words"] == mended["words"]
    assert len(again["photo"]) > 10_000
    page.locator(".lines button", has_text="hull").click()
    page.click("#card-trace")  # the photo came along
    said(page, "Traced again")
    assert formats.loads(downloaded(page, "xopp")[1], "xopp").text.split() == truth[0]["texts"]


def check(mended, truth):
    """Words and strokes as they were before the page was spoilt, and in the same order."""
    was = [w for w in truth[0]["words"] if w.get("kind") != "drawing"]
    now = [w for w in mended["words"] if w.get("kind") != "drawing"]
    assert [w["text"] for w in now] == [w["text"] for w in was]
    for old, new in zip(was, now, strict=True):
        assert np.abs(np.array(old["box"]) - new["box"]).max() < 12
    truth[0]["texts"] = [w["text"] for w in was]


@pytest.mark.parametrize("way", ["desktop", "phone", "keys"])
def test_a_poor_page_is_set_right(tab, truth, poor, tmp_path, way):  # noqa: F811
    phone = {"viewport": PHONE, "has_touch": True, "is_mobile": True}
    settings = phone if way == "phone" else {"viewport": DESKTOP}
    page = tab(**settings)
    page.goto(page.url.split("#")[0] + "#" + poor)
    done(page)
    expect(page.locator("#outcome")).to_contain_text(re.compile(r"2 words, \d drawings?: 1 word may be wrong"))

    def by_keys(selector):
        page.focus(selector)
        page.keyboard.press("Enter")

    if way == "keys":
        missed_by_keys(page, truth)
        stroke_by_keys(page)
        word_and_sketch(page, by_keys)
    else:
        missed_by_mouse(page, truth)
        stroke_by_pointer(page, touch=way == "phone")
        word_and_sketch(page, page.click)
    check(document(page), truth)
    goes_on(page, tab, truth, tmp_path, **settings)
