"""axe-core finds nothing to mend in the playground: npm install --prefix tests --no-package-lock brings it."""

import json
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import expect

from inksight import formats
from inksight.ink import Line, Page, Stroke, Word
from tests.web.test_browser import DESKTOP, PHONE, address, done, settings, tab  # noqa: F401 (fixtures)

AXE = Path(__file__).parents[1] / "node_modules" / "axe-core" / "axe.min.js"
WORDS = [
    Word((Stroke([[20, 30], [60, 70], [100, 30]]),), "sure", 0.95),
    Word((Stroke([[120, 30], [190, 70]]),), "ord", 0.2),
]
NOTE = Page(240, 160, (Line(WORDS), Line([Word((Stroke([[20, 120], [200, 140]]),), kind="drawing")])))


@pytest.fixture(scope="module")
def result(address):  # noqa: F811
    file = ("notes.json", formats.dumps(NOTE, "json"))
    return httpx.post(address + "api/open", files={"file": file}, timeout=60).json()["results"][0]


@pytest.fixture(scope="module")
def axe():
    if not AXE.is_file():
        pytest.skip("axe-core is not installed: npm install --prefix tests --no-package-lock")
    return AXE.read_text(encoding="utf-8")


def violations(page, axe):
    page.evaluate(axe)
    found = page.evaluate("axe.run(document, { resultTypes: ['violations'] })")["violations"]
    return [(v["id"], [n["target"] for n in v["nodes"]]) for v in found]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_axe_finds_nothing(tab, axe, result, size, scheme):  # noqa: F811
    page = tab(size, color_scheme=scheme)
    settings(page)
    assert violations(page, axe) == []
    page.goto(page.url.split("#")[0] + "#" + result)
    done(page)
    assert violations(page, axe) == []
    page.click("#next")
    expect(page.locator("#card")).to_be_visible()
    for summary in page.locator(".card summary:visible").all():
        summary.click()
    assert violations(page, axe) == []


def test_axe_finds_nothing_in_the_api(tab, axe, address):  # noqa: F811
    page = tab()
    page.goto(address + "docs")
    expect(page.locator("section").first).to_be_visible()
    assert violations(page, axe) == []
    api = json.loads(httpx.get(address + "openapi.json").text)
    assert page.locator("h2").count() == sum(len(methods) for methods in api["paths"].values())
