"""The page's folder: what is in it, what is refused, and that it asks nobody else for anything."""

import gzip
import json
import re
import shutil

import httpx
import pytest

from browser import build as building
from browser import runtime
from browser.serve import serving
from inksight.errors import InputError


@pytest.fixture
def stand_in(monkeypatch):
    """The page can be built without the runtime."""
    monkeypatch.setattr(runtime, "files", lambda archive: {"ort.js": b"0", "ort-wasm.js": b"0", "ort-wasm.wasm": b"00"})


def test_the_folder_is_whole(stand_in, tmp_path):
    size = building.build(tmp_path / "page")
    files = {str(p.relative_to(tmp_path / "page")): p.stat().st_size for p in (tmp_path / "page").rglob("*.*")}
    assert sum(files.values()) == size
    sizes = json.loads((tmp_path / "page" / "files.json").read_text())
    assert sizes == {name: n for name, n in files.items() if name != "files.json"}
    assert {
        "index.html",
        "example.jpg",
        "model/encoder.onnx.gz",
        "model/segmenter.onnx.gz",
        "runtime/ort-wasm.wasm.gz",
        "licences.txt",
    } <= sizes.keys()
    assert {"tracer", "segmentation", "decoding", "reading", "snap"} <= {
        name.removeprefix("inksight/").removesuffix(".js") for name in sizes if name.startswith("inksight/")
    }
    packed = (tmp_path / "page" / "model" / "segmenter.onnx.gz").read_bytes()
    assert gzip.decompress(packed) == building.SEGMENTER.read_bytes()
    assert "Copyright (c) Microsoft" in (tmp_path / "page" / "licences.txt").read_text()


def test_every_import_is_there(stand_in, tmp_path):
    building.build(tmp_path / "page")
    scripts = [p for p in (tmp_path / "page").rglob("*.js") if p.parent.name != "runtime"]
    found = [(p, name) for p in scripts for name in re.findall(r'from "(\.[^"]+)"', p.read_text())]
    assert len(found) > 40
    assert [name for p, name in found if not (p.parent / name).is_file()] == []


def test_the_page_names_no_other_server(stand_in, tmp_path):
    building.build(tmp_path / "page")
    html = (tmp_path / "page" / "index.html").read_text()
    policy = re.search(r'Content-Security-Policy" content="([^"]+)"', html)[1]
    rules = dict(rule.strip().split(" ", 1) for rule in policy.split(";"))
    assert rules["default-src"] == "'none'"
    assert rules["connect-src"] == "'self'"
    assert rules["script-src"] == "'self' 'wasm-unsafe-eval'"
    names = ("http://www.w3.org/2000/svg", "http://www.w3.org/2003/InkML")  # of languages, not places
    for path in (tmp_path / "page").rglob("*"):
        if path.suffix in (".js", ".html", ".css") and path.parent.name != "runtime":
            addresses = re.findall(r"(?:https?:)?//[\w.-]+\.[\w./-]+", path.read_text())
            assert [a for a in addresses if a not in names] == [], path.name


def test_building_again_replaces_only_a_page(stand_in, tmp_path):
    building.build(tmp_path / "page")
    (tmp_path / "page" / "stale.js").write_text("0")
    building.build(tmp_path / "page")
    assert not (tmp_path / "page" / "stale.js").exists()
    mine = tmp_path / "mine"
    mine.mkdir()
    (mine / "thesis.txt").write_text("years of work")
    with pytest.raises(InputError, match="no page built before"):
        building.build(mine)
    assert (mine / "thesis.txt").exists()
    assert {p.name for p in tmp_path.iterdir()} == {"page", "mine"}


def test_another_archive_is_refused(tmp_path):
    (tmp_path / "other.tgz").write_bytes(b"anything else")
    with pytest.raises(InputError, match="SHA-512 differs"):
        runtime.files(tmp_path / "other.tgz")
    with pytest.raises(InputError, match="no such file"):
        runtime.files(tmp_path / "missing.tgz")


def test_without_npm_it_says_what_to_do(monkeypatch, tmp_path):
    monkeypatch.setattr(runtime, "CACHE", tmp_path)
    monkeypatch.setattr(shutil, "which", lambda name: None)
    with pytest.raises(InputError, match="--runtime FILE"):
        runtime.files()


def test_a_model_is_chosen_by_its_folder(stand_in, tmp_path):
    with pytest.raises(InputError, match="nowhere"):
        building.build(tmp_path / "page", model=str(tmp_path / "nowhere"))
    assert not (tmp_path / "page").exists()


def test_serving(stand_in, tmp_path):
    building.build(tmp_path / "page")
    with serving(tmp_path / "page") as address:
        assert address.startswith("http://127.0.0.1:")
        kinds = {"": "text/html", "page.js": "text/javascript", "runtime/ort-wasm.wasm.gz": "application/"}
        for name, kind in kinds.items():
            answer = httpx.get(address + name)
            assert answer.status_code == 200
            assert answer.headers["content-type"].startswith(kind)
        assert httpx.get(address + "../pyproject.toml").status_code == 404
