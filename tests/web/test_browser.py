"""What a user does in the playground, in real Chromium: from a picture to mended ink and its files."""

import gzip
import json
import os
import re
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import expect

from inksight import formats
from inksight.ink import Line, Page, Stroke, Word
from inksight.web.limits import Limits
from tests.browsing import tab_to
from tests.programs import PATIENCE
from tests.web.serving import served

EXAMPLES = Path(__file__).parents[2] / "examples"
DESKTOP, PHONE = {"width": 1280, "height": 800}, {"width": 360, "height": 740}


@pytest.fixture(scope="module")
def address():
    with served(Limits(upload_bytes=2**21, work_seconds=900)) as port:
        yield f"http://localhost:{port}/"


@pytest.fixture(scope="module")
def sketch(address):
    """The name of a result: the example sketch, converted."""
    with (EXAMPLES / "sketch.jpg").open("rb") as file:
        answer = httpx.post(address + "api/convert", files={"file": file}, timeout=PATIENCE)
    return answer.headers["Location"].rpartition("/")[2]


@pytest.fixture
def tab(chromium, address):
    """Makes tabs with the playground open; at the end none of them may have had an error or asked another server."""
    errors, contexts = [], []

    def open_tab(viewport=DESKTOP, **more):
        context = chromium.new_context(viewport=viewport, accept_downloads=True, **more)
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(1000 * PATIENCE)
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.on("console", lambda m: errors.append(m.text) if "Content Security" in m.text else None)
        page.on(
            "request", lambda r: errors.append(r.url) if not r.url.startswith((address, "blob:", "data:")) else None
        )
        page.goto(address)
        expect(page.locator("#format option").first).to_be_attached()
        return page

    yield open_tab
    for context in contexts:
        context.close()
    assert errors == []


def settings(page):
    """Have them in sight."""
    if not page.locator("#bring").is_visible():
        page.click("#new")
    if not page.locator("#kind").is_visible():
        page.locator("#bring summary").click()


def bring(page, name, kind="word"):
    """Upload an example, and wait for its ink."""
    settings(page)
    page.select_option("#kind", kind)
    page.set_input_files("#file", EXAMPLES / name)
    done(page)


def reopen(page, result):
    page.goto(page.url.split("#")[0] + "#" + result)
    done(page)


def done(page):
    """A result is there, good or doubtful; the next one is waited for anew."""
    expect(page.locator("#status")).to_have_attribute("data-kind", re.compile("^(look|good)$"), timeout=300_000)
    page.evaluate("delete document.getElementById('status').dataset.kind")


def said(page, text):
    expect(page.locator("#status")).to_contain_text(text, timeout=120_000)


def on_stage(page, x, y):
    """Where a point of the picture is on the screen."""
    frame = page.evaluate("(({ a, d, e, f }) => [a, d, e, f])(document.querySelector('#stage svg').getScreenCTM())")
    return frame[0] * x + frame[2], frame[1] * y + frame[3]


def drag(page, start, *ends):
    """With the mouse, in pixels of the picture."""
    page.mouse.move(*on_stage(page, *start))
    page.mouse.down()
    for end in ends:
        page.mouse.move(*on_stage(page, *end), steps=3)
    page.mouse.up()


def more(page):
    """Have the seldom used part of a word's card in sight."""
    if not page.locator("#card-join").is_visible():
        page.locator("#card summary").click()


def downloaded(page, fmt):
    page.select_option("#format", fmt)
    with page.expect_download() as download:
        page.click("#download")
    return download.value.suggested_filename, Path(download.value.path()).read_bytes()


def document(page):
    return json.loads(downloaded(page, "json")[1])


def written(page):
    """How many strokes are seen in full."""
    return page.locator(".ink path:not(.unwritten):not([stroke-dasharray])").count()


def test_a_photo_becomes_ink_that_plays_and_is_taken_away(tab):
    page = tab()
    bring(page, "sketch.jpg", "convert")
    expect(page.locator(".lines")).to_contain_text("mast")
    strokes = page.locator(".ink path").count()
    assert strokes > 8
    assert written(page) == strokes
    expect(page.locator("#outcome")).to_contain_text(re.compile(r"4 words, \d drawings?: .*nobody has checked"))
    expect(page.locator("#facts")).to_contain_text(re.compile(r"\d+ strokes · model words-v1 · [\d.]+ s"))
    page.click("#play")
    expect(page.locator("#play")).to_have_text("Pause")
    expect(page.locator(".ink path.unwritten").first).to_be_attached()
    page.click("#play")
    page.locator("#scrub").fill("500")
    assert 0 < written(page) < strokes
    page.locator("#scrub").fill("1000")
    assert written(page) == strokes
    name, svg = downloaded(page, "svg")
    assert name == "sketch.svg"
    ink = formats.loads(svg, "svg")
    assert len(ink.strokes) == strokes
    assert (ink.width, ink.height) == (900, 760)
    assert formats.loads(downloaded(page, "inkml")[1], "inkml").words[0].text == "mast"
    name, notes = downloaded(page, "xopp")
    assert name == "sketch.xopp"
    assert b"<xournal" in gzip.decompress(notes)


def test_words_light_up_and_are_mended(tab, sketch):
    page = tab()
    reopen(page, sketch)
    old = page.locator(".lines button", has_text="old")
    old.hover()
    expect(page.locator(".ink .lit")).to_have_count(1)
    before = document(page)
    old.click()
    page.fill("#card-text", "odd")
    page.keyboard.press("Enter")
    said(page, "Traced again")
    expect(page.locator(".lines")).to_contain_text("odd")
    after = document(page)
    at = next(i for i, w in enumerate(after["words"]) if w["text"] == "odd")
    assert after["words"][at]["origin"].startswith("derender")  # with the text, or without where that fits better
    assert after["words"][:at] == before["words"][:at]
    more(page)
    page.click("#card-join")
    expect(page.locator(".lines button")).to_have_count(len(before["words"]) - 1)
    page.click("#card-delete")
    expect(page.locator(".lines button")).to_have_count(len(before["words"]) - 2)
    for _ in range(3):
        page.click("#undo")
    assert document(page) == before
    expect(page.locator("#undo")).to_be_disabled()
    page.click("#redo")
    expect(page.locator(".lines")).to_contain_text("odd")
    page.fill("#find", "MÁST")
    expect(page.locator("#found")).to_have_text("1 found")
    page.wait_for_timeout(300)  # the change is being kept
    page.reload()
    expect(page.locator(".lines")).to_contain_text("odd")


def test_a_box_is_moved(tab):
    page = tab()
    bring(page, "word.jpg")
    page.locator(".lines button").click()
    more(page)
    page.click("#card-box")
    page.locator("#mix").fill("50")
    drag(page, (60, 30), (200, 120), (260, 180))
    said(page, "Traced again")
    box = document(page)["words"][0]["box"]
    assert box[0] < 100
    assert box[2] < 480
    page.click("#undo")
    expect(page.locator("#undo")).to_be_disabled()


def test_light_ink_lies_on_a_dark_ground(tab):
    page = tab()
    bring(page, "board.jpg", "convert")
    expect(page.locator("#stage")).to_have_attribute("data-ground", "board")
    bring(page, "word.jpg")
    expect(page.locator("#stage")).to_have_attribute("data-ground", "paper")


def test_colours(tab, sketch):
    page = tab()
    reopen(page, sketch)
    for way, least in (("ink", 1), ("order", 8), ("word", 4), ("confidence", 3)):
        page.select_option("#color", way)
        assert len({p.get_attribute("stroke") for p in page.locator(".ink path").all()}) >= least
        assert page.locator("#legend").is_visible() == (way in ("order", "confidence"))


def test_writing_is_traced_and_compared(tab):
    page = tab(reduced_motion="reduce")
    page.click("#open-draw")
    page.click("#draw-go")
    expect(page.locator("#draw-status")).to_have_text("Write something first.")
    pad = page.locator("#draw-pad").bounding_box()
    for k in range(2):
        x, y = pad["x"] + 200 + 130 * k, pad["y"] + 90
        page.mouse.move(x, y)
        page.mouse.down()
        page.mouse.move(x + 4, y + 120, steps=8)
        page.mouse.up()
    page.click("#draw-go")
    said(page, "You drew 2 strokes")
    expect(page.locator("#draw")).to_be_hidden()
    assert page.locator(".ink path").count() >= 1


def test_what_goes_wrong_is_said(tab, tmp_path):
    page = tab()
    (tmp_path / "notes.jpg").write_bytes(b"nothing like a picture")
    page.set_input_files("#file", tmp_path / "notes.jpg")
    expect(page.locator("#status[data-kind=bad]")).to_contain_text("is not a picture that can be read")
    expect(page.locator("#progress")).to_be_hidden()
    (tmp_path / "large.jpg").write_bytes(os.urandom(2**21 + 1))
    page.set_input_files("#file", tmp_path / "large.jpg")
    expect(page.locator("#status[data-kind=bad]")).to_contain_text("larger than 2 MB")
    page.goto(page.url.split("#")[0] + "#gone")
    page.reload()
    expect(page.locator("#status[data-kind=bad]")).to_contain_text("not here any more")
    page.route("**/api/convert", lambda route: route.abort())
    page.set_input_files("#file", EXAMPLES / "word.jpg")
    expect(page.locator("#status[data-kind=bad]")).to_contain_text("doesn't answer")


def test_pasting_and_dropping(tab):
    page = tab()
    settings(page)
    page.select_option("#kind", "word")
    give = """async ([kind, url]) => {
        const files = new DataTransfer();
        files.items.add(new File([await (await fetch(url)).blob()], "word.jpg"));
        document.dispatchEvent(kind === "paste"
            ? new ClipboardEvent("paste", { clipboardData: files }) : new DragEvent("drop", { dataTransfer: files }));
    }"""
    for kind in ("paste", "drop"):
        page.evaluate(give, [kind, "static/examples/word.jpg"])
        done(page)
        assert page.locator(".ink path").count() > 0


def test_a_phone(tab):
    page = tab(PHONE, has_touch=True, is_mobile=True, device_scale_factor=2)
    page.locator("#examples button", has_text="A word").tap()
    done(page)
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    page.tap("#play")
    expect(page.locator("#play")).to_have_text("Pause")
    page.tap("#grip")
    page.locator(".lines button").tap()
    card = page.locator("#card").bounding_box()
    assert card["x"] >= 0
    assert card["x"] + card["width"] <= 360
    assert card["y"] + card["height"] <= 740
    page.tap("#card-close")
    for control in page.locator("button:visible, select:visible, .button:visible").all():
        assert control.bounding_box()["height"] >= 24  # WCAG 2.5.8
    assert downloaded(page, "xopp")[0] == "word.xopp"


def test_keys_alone(tab):
    """From the page's beginning to a mended, moved and downloaded word, without a pointer."""
    page = tab()
    press = page.keyboard.press
    tab_to(page, "#examples button:nth-child(2)")
    press("Enter")
    done(page)
    tab_to(page, "#play")
    press("Space")
    expect(page.locator("#play")).to_have_text("Pause")
    tab_to(page, "#stage")
    frame = page.locator("#stage svg").get_attribute("viewBox")
    press("+")
    press("ArrowRight")
    assert page.locator("#stage svg").get_attribute("viewBox") != frame
    press("0")
    assert page.locator("#stage svg").get_attribute("viewBox") == frame
    tab_to(page, ".lines button")
    press("Enter")
    expect(page.locator("#card-text")).to_be_focused()
    page.keyboard.type("willow")
    press("Enter")
    said(page, "Traced again")
    expect(page.locator(".lines button")).to_have_text("willow")
    tab_to(page, "#card summary")
    press("Enter")
    tab_to(page, "#card-box")
    press("Enter")
    expect(page.locator("#stage")).to_be_focused()
    for key in ("ArrowLeft", "ArrowUp", "Shift+ArrowRight", "Enter"):
        press(key)
    expect(page.locator("body")).not_to_have_attribute("aria-busy", "true", timeout=120_000)
    tab_to(page, "#card-text")
    press("Escape")
    expect(page.locator("#card")).to_be_hidden()
    expect(page.locator(".lines button")).to_be_focused()
    press("Control+z")
    tab_to(page, "#download")
    with page.expect_download() as download:
        press("Enter")
    assert download.value.suggested_filename == "word.svg"


def events(document, *more):
    """What the server tells of a page that comes to no end: its first words, and then `more`."""
    head = {"result": document["name"], "title": "notes", "width": document["width"], "height": document["height"]}
    words, boxes = document["words"][:2], [w["box"] for w in document["words"] if w["text"]]
    told = [("picture", head | {"pages": 1, "page": 1}), ("boxes", {"boxes": boxes})]
    told += [("words", {"words": words, "done": 2, "total": len(boxes)}), *more]
    return "".join(f"event: {kind}\ndata: {json.dumps(content)}\n\n" for kind, content in told)


@pytest.fixture
def unended(address, sketch):
    """Events of a page of which only the first words are traced before the server gives up."""
    found = httpx.get(f"{address}api/results/{sketch}", timeout=PATIENCE).json() | {"name": sketch}
    assert len([w for w in found["words"] if w["text"]]) > 2
    return events(found, ("error", {"error": "this takes too long; cut the picture into parts"}))


def fulfil(page, path, body):
    page.route(f"**/api/{path}", lambda route: route.fulfill(body=body, content_type="text/event-stream"))


def test_what_was_traced_before_the_end_stays(tab, unended, address, sketch):
    before = httpx.get(f"{address}api/results/{sketch}", timeout=PATIENCE).content
    page = tab()
    fulfil(page, "convert", unended)
    page.set_input_files("#file", EXAMPLES / "word.jpg")
    expect(page.locator("#status[data-kind=bad]")).to_contain_text("This takes too long")
    said(page, "The words traced by then are here")
    expect(page.locator(".lines button")).to_have_count(2)
    expect(page.locator("#outcome")).to_contain_text(re.compile(r"2 words.*pieces? of ink left out"))
    left = page.locator(".untraced").count()
    page.locator(".untraced").first.click()
    page.click("#left-trace")
    said(page, "Added: ")
    assert page.locator(".untraced").count() < left
    assert len(document(page)["words"]) == 3
    httpx.put(f"{address}api/results/{sketch}", content=before, timeout=PATIENCE)


def test_a_page_brought_as_a_word_becomes_one(tab, unended):
    page = tab()
    many = {"error": "12 words were found", "words": 12, "seconds": 3}
    fulfil(page, "word", f"event: error\ndata: {json.dumps(many)}\n\n")
    fulfil(page, "convert", unended)
    settings(page)
    page.select_option("#kind", "word")
    page.set_input_files("#file", EXAMPLES / "word.jpg")
    expect(page.locator("#ask")).to_contain_text("looks like a page: 12 words")
    page.click("#ask-yes")
    expect(page.locator(".lines button")).to_have_count(2)


def test_print_looks_printed_and_is_not_doubted(tab, address):
    words = [Word((), "Name", 0.3, (20, 20, 90, 50), kind="print"), Word((Stroke([[120, 30], [190, 45]]),), "Ada", 0.9)]
    file = ("form.json", formats.dumps(Page(240, 80, (Line(words),)), "json"))
    (name,) = httpx.post(address + "api/open", files={"file": file}, timeout=PATIENCE).json()["results"]
    page = tab()
    reopen(page, name)
    expect(page.locator("#outcome")).to_have_text("1 word, 1 printed; none seems wrong.")
    expect(page.locator(".ink .print text")).to_have_text("Name")
    expect(page.locator(".lines .print")).to_have_text("Name")
    expect(page.locator(".doubt")).to_have_count(0)


def test_how_to_read_is_asked_for(tab):
    page = tab()
    asked = []
    page.route("**/api/convert", lambda route: (asked.append(route.request.post_data_buffer), route.abort()))
    settings(page)
    page.select_option("#print", "trace")
    page.select_option("#language", "fr")
    page.set_input_files("#file", EXAMPLES / "word.jpg")
    expect(page.locator("#status[data-kind=bad]")).to_be_visible()
    for field, value in (("print", "trace"), ("language", "fr")):
        assert re.search(rf'name="{field}"\r\n\r\n{value}\r\n'.encode(), asked[0])


def test_stop(tab):
    page = tab()
    page.route("**/api/convert", lambda route: None)  # never answered
    page.set_input_files("#file", EXAMPLES / "word.jpg")
    page.click("#stop")
    expect(page.locator("#status")).to_have_text("Stopped.")
    expect(page.locator("#progress")).to_be_hidden()
