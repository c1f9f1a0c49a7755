"""The page in real Chromium: from a picture to ink, without a request to anybody."""

import io
import json
import re
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import expect

import inksight
from browser.build import build
from browser.serve import serving
from inksight import formats
from inksight.errors import InputError
from inksight.imaging.pictures import open_image
from inksight.imaging.segmentation import pen_ink
from inksight.ink.curves import distance_to_polyline
from tests.browsing import tab_to
from tests.programs import PATIENCE, missing, need

EXAMPLES = Path(__file__).parents[2] / "examples"
WORDS = {
    "Field": (209, 185, 378, 254),
    "until": (343, 289, 485, 355),
    "herons": (320, 387, 509, 453),
    "mill,": (800, 398, 927, 467),
    "bridge,": (741, 778, 926, 860),
    "quiet": (568, 869, 709, 957),
}
"""Where some words stand on examples/page.jpg."""
DESKTOP, PHONE = {"width": 1000, "height": 900}, {"width": 360, "height": 740}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    need("chromium")
    target = tmp_path_factory.mktemp("browser") / "page"
    try:
        build(target)
    except InputError as error:
        missing(f"the page can't be built: {error}")
    return target


@pytest.fixture(scope="module")
def address(folder):
    with serving(folder) as at:
        yield at


@pytest.fixture(scope="module")
def opened(chromium, address):
    """A page whose model is loaded, and what went wrong or elsewhere in it."""
    context = chromium.new_context(viewport=DESKTOP, accept_downloads=True)
    page = context.new_page()
    page.set_default_timeout(1000 * PATIENCE)
    expect.set_options(timeout=1000 * PATIENCE)
    errors, requests = [], []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("console", lambda m: errors.append(m.text) if m.type == "error" else None)
    page.on("request", lambda request: requests.append(request.url))
    page.goto(address)
    expect(page.locator("#status")).to_have_text("The model is loaded.")
    yield page, errors, requests
    context.close()


@pytest.fixture
def tab(opened):
    """The page; the test may cause no error in it, and no request to another server."""
    page, errors, requests = opened
    page.set_viewport_size(DESKTOP)
    page.select_option("#mode", "recognize-and-derender")
    errors.clear()
    yield page
    own = urlsplit(page.url).netloc
    assert [url for url in requests if urlsplit(url.removeprefix("blob:")).netloc != own] == []
    assert errors == []


def png(rgb):
    out = io.BytesIO()
    Image.fromarray(rgb).save(out, "PNG")
    return out.getvalue()


def bring(page, data, name="word.png"):
    page.evaluate("document.getElementById('status').textContent = ''")
    page.set_input_files("#file", {"name": name, "mimeType": "image/png", "buffer": data})


def done(page):
    expect(page.locator("#status")).to_have_text("Done.")


def downloaded(page, kind):
    with page.expect_download() as download:
        page.click(f"#downloads [data-format={kind}]")
    assert download.value.suggested_filename == f"ink.{kind}"
    return Path(download.value.path()).read_bytes()


def crop(name):
    x0, y0, x1, y1 = WORDS[name]
    return np.ascontiguousarray(open_image(EXAMPLES / "page.jpg")[y0:y1, x0:x1])


def apart(ours, theirs):
    """Median distance of each one's points to the other's lines, in pixels."""
    ways = [
        np.min([distance_to_polyline(s.points, other.points) for other in others], axis=0)
        for some, others in ((ours, theirs), (theirs, ours))
        for s in some
    ]
    return float(np.median(np.concatenate(ways)))


def test_words_come_out_as_in_the_package(tab):
    """Kernels round otherwise in WebAssembly, so that a word may differ now and then, but not many."""
    same, near = [], []
    for name in WORDS:
        bring(tab, png(crop(name)))
        done(tab)
        ours = formats.loads(downloaded(tab, "json"), "json")
        theirs = inksight.trace(crop(name))
        assert ours.words[0].text == tab.locator("#text").inner_text()
        assert (ours.height, ours.width) == crop(name).shape[:2]
        if ours.words[0].text == theirs.text:
            same.append(name)
        if apart(ours.strokes, theirs.strokes) < 1.0:
            near.append(name)
    assert len(same) >= 4, same
    assert len(near) >= 4, near


def test_a_page_is_told(tab):
    bring(tab, (EXAMPLES / "board.jpg").read_bytes(), "board.jpg")
    expect(tab.locator("#status")).to_contain_text(re.compile(r"looks like a page: \d words or more.*inksight convert"))


SEE = """async ([pixels, width, height]) => {
    const [ort, { Engine }, { Grid }, { segment }] = await Promise.all(
        ["runtime/ort", "inksight/engine", "inksight/grid", "inksight/segmentation"].map((m) => import(`./${m}.js`)),
    );
    const at = (name) => new URL(name, location.href).href;
    ort.env.wasm.numThreads = 1;
    const wasm = (await fetch("runtime/ort-wasm.wasm.gz")).body.pipeThrough(new DecompressionStream("gzip"));
    ort.env.wasm.wasmPaths = { mjs: at("runtime/ort-wasm.js") };
    ort.env.wasm.wasmBinary = new Uint8Array(await new Response(wasm).arrayBuffer());
    const packed = (await fetch("model/segmenter.onnx.gz")).body.pipeThrough(new DecompressionStream("gzip"));
    const graph = new Uint8Array(await new Response(packed).arrayBuffer());
    const segmenter = await ort.InferenceSession.create(graph, { executionProviders: ["wasm"] });
    const network = { ort, sessions: { segmenter }, segment: Engine.prototype.segment };
    const channels = pixels.map((channel) => new Grid(width, height, Uint8Array.from(channel)));
    return Array.from((await segment(network, channels)).ink.data);
}"""


@pytest.mark.parametrize("name", ["until", "quiet"])
def test_the_ink_is_seen_as_in_the_package(tab, name):
    rgb = crop(name)
    height, width = rgb.shape[:2]
    found = tab.evaluate(SEE, [rgb.reshape(-1, 3).T.tolist(), width, height])
    expected = pen_ink(rgb)
    difference = np.abs(np.reshape(found, (height, width)) - expected)
    assert expected.max() > 0.5
    assert difference.mean() < 2e-3
    assert np.quantile(difference, 0.99) < 0.05


def test_nothing_leaves(tab, opened, address):
    """Once loaded, the page works without a network and asks for nothing; its worker can't reach another server."""
    _, _, requests = opened
    with serving(EXAMPLES) as elsewhere:
        assert httpx.get(elsewhere + "demo.py").status_code == 200  # it would answer
        ask = f"fetch('{elsewhere}demo.py', {{ mode: 'no-cors' }}).then(() => 'answered', (e) => e.name)"
        assert tab.evaluate(ask) == "TypeError"
        assert tab.workers[0].evaluate(ask) == "TypeError"
        own = f"fetch('{address}files.json').then((r) => r.status)"
        assert tab.workers[0].evaluate(own) == 200
    opened[1].clear()  # the policy told the console of it
    requests[:] = []
    tab.context.set_offline(True)
    bring(tab, png(crop("until")))
    done(tab)
    tab.context.set_offline(False)
    assert [url for url in requests if not url.startswith("blob:")] == []


def test_the_page_answers_while_it_works(tab):
    bring(tab, png(crop("until")))
    assert len(tab.workers) == 1
    assert tab.evaluate("document.getElementById('status').textContent") != "Done."
    done(tab)


def test_what_goes_wrong_is_said(tab, tmp_path):
    bad = tab.locator("#status[data-kind=bad]")
    bring(tab, b"nothing like a picture", "notes.jpg")
    expect(bad).to_contain_text("notes.jpg is not a picture that this browser can read")
    expect(tab.locator("#progress")).to_be_hidden()
    bring(tab, b"", "empty.png")
    expect(bad).to_contain_text("empty.png is empty")
    bring(tab, png(np.zeros((3, 50, 3), np.uint8)), "thin.png")
    expect(bad).to_contain_text("too small (50 × 3 pixels)")
    with (tmp_path / "huge.png").open("wb") as file:
        file.truncate(51_000_000)
    tab.set_input_files("#file", tmp_path / "huge.png")
    expect(bad).to_contain_text("huge.png is larger than 50 MB")
    bring(tab, png(np.full((80, 200, 3), 240, np.uint8)), "blank.png")
    expect(bad).to_contain_text("No ink was found")
    expect(tab.locator("#downloads")).to_be_hidden()


def test_files_and_replay(tab):
    bring(tab, png(crop("until")))
    done(tab)
    document = json.loads(downloaded(tab, "json"))
    count = len(document["words"][0]["strokes"])
    expect(tab.locator("#facts")).to_contain_text(re.compile(rf"^{count} strokes? · \d+ % sure · [\d.]+ s$"))
    for kind in ("svg", "inkml"):
        read = formats.loads(downloaded(tab, kind), kind)
        assert len(read.strokes) == count
        assert read.words[0].text == document["words"][0]["text"]
    whole = tab.evaluate("document.getElementById('stage').toDataURL()")
    tab.locator("#scrub").fill("300")
    part = tab.evaluate("document.getElementById('stage').toDataURL()")
    assert part != whole
    tab.click("#play")
    expect(tab.locator("#play")).to_have_text("Pause")
    expect(tab.locator("#play")).to_have_text("Play")  # it has come to its end
    assert tab.locator("#scrub").input_value() == "1000"
    assert tab.evaluate("document.getElementById('stage').toDataURL()") == whole


def test_modes(tab):
    bring(tab, png(crop("until")))
    done(tab)
    tab.evaluate("document.getElementById('status').textContent = ''")
    tab.select_option("#mode", "recognize")
    done(tab)
    expect(tab.locator("#facts")).to_contain_text("0 strokes")
    assert tab.locator("#text").inner_text()
    tab.select_option("#mode", "derender-with-text")
    tab.fill("#told", "untie")
    tab.evaluate("document.getElementById('status').textContent = ''")
    tab.keyboard.press("Tab")
    done(tab)
    expect(tab.locator("#text")).to_have_text("untie")


def test_pasting_and_dropping(tab):
    give = """async ([kind, url]) => {
        const files = new DataTransfer();
        files.items.add(new File([await (await fetch(url)).blob()], "word.jpg"));
        document.dispatchEvent(kind === "paste"
            ? new ClipboardEvent("paste", { clipboardData: files }) : new DragEvent("drop", { dataTransfer: files }));
    }"""
    for kind in ("paste", "drop"):
        tab.evaluate("document.getElementById('status').textContent = ''")
        tab.evaluate(give, [kind, "example.jpg"])
        done(tab)
        expect(tab.locator("#facts")).to_contain_text("strokes")


def test_keys_alone(tab):
    press = tab.keyboard.press
    tab.evaluate("document.getElementById('status').textContent = ''; document.activeElement.blur()")
    tab_to(tab, "#example")
    press("Enter")
    done(tab)
    tab_to(tab, "#play")
    press("Space")
    expect(tab.locator("#play")).to_have_text("Pause")
    tab_to(tab, "#downloads [data-format=svg]")
    with tab.expect_download() as download:
        press("Enter")
    assert download.value.suggested_filename == "ink.svg"


def test_a_phone(tab):
    tab.set_viewport_size(PHONE)
    tab.evaluate("document.getElementById('status').textContent = ''")
    tab.click("#example")
    done(tab)
    assert tab.evaluate("document.documentElement.scrollWidth") <= 360
    for control in tab.locator("button:visible, select:visible, .button:visible, input[type=range]:visible").all():
        box = control.bounding_box()
        assert box["height"] >= 24  # WCAG 2.5.8
        assert box["x"] + box["width"] <= 360
    stage = tab.locator("#stage").bounding_box()
    assert stage["width"] > 300


def test_a_folder_without_its_model_says_so(chromium, folder, tmp_path):
    for path in folder.iterdir():
        if path.name != "model":
            (tmp_path / path.name).symlink_to(path)
    with serving(tmp_path) as at:
        page = chromium.new_page()
        page.goto(at)
        expect(page.locator("#status[data-kind=bad]")).to_contain_text("is missing on the server (404)")
        page.close()


def test_it_is_installed_and_works_without_a_network(chromium, address):
    context = chromium.new_context(viewport=PHONE)
    page = context.new_page()
    page.set_default_timeout(1000 * PATIENCE)
    page.goto(address)
    expect(page.locator("#status")).to_have_text("The model is loaded.", timeout=1000 * PATIENCE)
    page.wait_for_function("navigator.serviceWorker.controller !== null", timeout=1000 * PATIENCE)
    manifest = httpx.get(address + page.locator("link[rel=manifest]").get_attribute("href")).json()
    assert httpx.get(address + manifest["icons"][0]["src"]).headers["content-type"] == "image/svg+xml"
    context.set_offline(True)
    page.reload()
    page.click("#example")
    expect(page.locator("#text")).to_have_text("willow", timeout=1000 * PATIENCE)
    context.close()
