"""Words are found on converted pages, misread or not, and the index follows what happens to the files."""

import json
import os
import random
import shutil
import sqlite3
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

import inksight
from inksight import formats
from inksight.errors import InputError
from inksight.ink import Line, Page, Word
from inksight.search import index, match, search
from tests.pages import EXAMPLES, TEXT, zigzag
from tests.test_cli import run

LINES = TEXT.splitlines()


def page(lines=LINES, size=(600, 500)):
    """A page with a word every 100 pixels and a line every 60."""

    def word(text, x, y):
        return Word((inksight.Stroke(zigzag(x, y)),), text, 0.9, (x, y, x + 60, y + 24), "skeleton")

    rows = [[word(t, 10 + 80 * i, 20 + 60 * j) for i, t in enumerate(line.split())] for j, line in enumerate(lines)]
    return Page(*size, tuple(Line(tuple(row)) for row in rows))


@pytest.fixture
def ink(tmp_path):
    page().save(tmp_path / "notes.json")
    return tmp_path


def texts(found):
    return [m.text for m in found]


# ------------------------------------------------------------------------------------------------------------- words


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("herons", ["herons"]),
        ("heron", ["herons"]),  # an ending
        ("hercns", ["herons"]),
        ("MILL", ["mill,"]),
        ("old mill", ["old mill,"]),
        ("oldmill", ["old mill,"]),
        ("her ons", ["herons"]),
        ("the", ["the"] * 7),
        ("mill, one fox", ["mill, one fox"]),  # over the line's end
        ("honey. Things", ["honey. Things"]),
        ("mill old", []),
        ("fax", []),  # too short for an error
        ("3", ["3"]),
        ("window", []),  # not "willow"
    ],
)
def test_words_and_phrases(ink, query, found):
    assert texts(search(query, ink))[: len(found) or None] == found


def test_a_match_says_where(ink):
    (m,) = search("mill one", ink)
    assert (m.file, m.page, m.line, m.score) == (ink / "notes.json", 1, 3, 1)
    assert m.boxes == ((410, 140, 470, 164), (10, 200, 70, 224))
    assert (m.before, m.text, m.after) == ("Two herons by the old", "mill, one", "fox at the edge of the wood")


@pytest.mark.parametrize(
    ("query", "text"),
    [("cafe", "Café"), ("strasse", "Straße"), ("dont", "don’t"), ("привет", "Привет!"), ("東京", "東京")],
)
def test_capitals_accents_and_punctuation_make_no_difference(tmp_path, query, text):
    page([f"before {text} after"]).save(tmp_path / "x.json")
    assert [(m.text, m.score) for m in search(query, tmp_path)] == [(text, 1)]


@given(first=st.integers(0, 44), count=st.integers(1, 6))
def test_every_phrase_of_a_page_is_found(first, count):
    words = TEXT.split()
    phrase = words[first : first + count]
    found = match.hits(match.normal(" ".join(phrase)), words, match.padded(words))
    assert match.Hit(first, first + len(phrase) - 1, 1.0) in found


def test_misread_words_are_found():
    """Of the page's longer words with one letter misread, all; and of other words, hardly any."""
    rng, words = random.Random(0), TEXT.split()
    long = [i for i, w in enumerate(words) if len(match.normal(w)) > 3]
    for i in long:
        letters = list(match.normal(words[i]))
        letters[rng.randrange(len(letters))] = rng.choice("xqzjk")
        read = [*words[:i], "".join(letters), *words[i + 1 :]]
        hits = match.hits(match.normal(words[i]), read, match.padded(read))
        assert any(h.first <= i <= h.last for h in hits), letters
        shared = match.trigrams(match.normal(words[i])) & match.trigrams("".join(letters))
        assert shared, letters  # else the index wouldn't come up with the page
    others = ["guitar", "planet", "summer", "kitchen", "purple", "rocket", "window", "dragon", "silver", "bottle"]
    assert not [h for w in others for h in match.hits(w, words, match.padded(words))]


def test_short_words_need_to_be_right(ink):
    assert [m.score for m in search("fox", ink)] == [1]
    assert search("fax", ink) == []


def test_the_most_alike_come_first(tmp_path):
    for name, text in {"a": "a hercn", "b": "herons", "c": "heron"}.items():
        page([text]).save(tmp_path / f"{name}.json")
    assert [m.file.stem for m in search("heron", tmp_path)] == ["c", "b", "a"]


# ------------------------------------------------------------------------------------------------------------- files


@pytest.mark.parametrize("fmt", ["json", "jsonl", "svg", "inkml", "pdf"])
def test_formats_that_keep_the_text(tmp_path, fmt):
    page().save(tmp_path / f"x.{fmt}")
    (m,) = search("mill one", tmp_path)
    assert (m.line, m.text) == (3, "mill, one")
    scale = m.width / 600  # PDF has points
    expected = np.array([(410, 140, 470, 164), (10, 200, 70, 224)]) * scale
    assert np.abs(np.array(m.boxes) - expected).max() < (12 if fmt == "pdf" else 0.01)


@pytest.mark.parametrize("fmt", ["jsonl", "pdf"])
def test_pages_of_one_file(tmp_path, fmt):
    formats.write_pages([page(["one"]), page(["two"]), page(["three"])], tmp_path / f"x.{fmt}", fmt)
    assert [(m.page, m.text) for m in search("three", tmp_path)] == [(3, "three")]


def test_of_several_results_of_a_page_one_is_searched(ink):
    for fmt in ("svg", "pdf", "inkml"):
        page().save(ink / f"notes.{fmt}")
    page(["herons again"]).save(ink / "other.svg")
    assert [m.file.name for m in search("herons", ink)] == ["notes.json", "other.svg"]


def test_other_files_are_passed_over(ink):
    (ink / "package.json").write_text('{"name": "herons"}')
    (ink / "broken.svg").write_text("<svg herons")
    Image.new("RGB", (50, 50)).save(ink / "scan.pdf")
    (ink / ".hidden").mkdir()
    shutil.copy(ink / "notes.json", ink / ".hidden/x.json")
    (ink / "half.json").write_bytes((ink / "notes.json").read_bytes()[:-50])
    errors = []
    assert len(search("herons", ink, on_error=errors.append)) == 1
    assert len(errors) == 1
    assert str(errors[0]).startswith(f"{ink}/half.json: not a usable json file")


def test_a_damaged_page_of_a_pdf_is_told(ink):
    data = formats.dumps(page(), "pdf")
    (ink / "damaged.pdf").write_bytes(data.replace(b"/Type /Page ", b"/Type /Pale "))
    errors = []
    search("herons", ink, on_error=errors.append)
    assert [str(e).partition(": ")[0] for e in errors] == [f"{ink}/damaged.pdf"]


@pytest.mark.parametrize(("query", "folder"), [("?!", "."), ("", "."), ("x", "nowhere")])
def test_bad_input(tmp_path, query, folder):
    with pytest.raises(InputError, match=r"nothing to search for|no such folder"):
        search(query, tmp_path / folder)


# ------------------------------------------------------------------------------------------------------------- index


@pytest.fixture
def reads(monkeypatch):
    """The names of the files that are read."""
    names = []
    real = index.entries
    monkeypatch.setattr(index, "entries", lambda path, data: names.append(path.name) or real(path, data))
    monkeypatch.setattr(index, "_RECENT", 0)
    return names


def test_only_what_changed_is_read(ink, reads):
    (ink / "sub").mkdir()
    page(["a fox"]).save(ink / "sub/b.json")
    assert len(search("fox", ink)) == 2
    assert sorted(reads) == ["b.json", "notes.json"]
    reads.clear()
    assert len(search("fox", ink)) == 2
    os.utime(ink / "notes.json")  # touched, but the same
    assert len(search("fox", ink)) == 2
    assert reads == []
    page(["a wolf"]).save(ink / "sub/b.json")
    page(["a fox cub"]).save(ink / "c.json")
    assert [m.file.name for m in search("fox", ink)] == ["c.json", "notes.json"]
    assert sorted(reads) == ["b.json", "c.json"]
    (ink / "notes.json").unlink()
    shutil.rmtree(ink / "sub")
    assert [m.file.name for m in search("fox", ink)] == ["c.json"]
    assert search("wolf", ink) == []


def test_a_quick_change_is_seen(ink):
    """Of the same size and, as on coarse clocks, at the same time."""
    search("fox", ink)
    time = (ink / "notes.json").stat().st_mtime_ns
    (ink / "notes.json").write_bytes((ink / "notes.json").read_bytes().replace(b'"fox"', b'"owl"'))
    os.utime(ink / "notes.json", ns=(time, time))
    assert texts(search("owl", ink)) == ["owl"]


def test_the_index_moves_with_its_folder(ink, reads, tmp_path_factory):
    search("fox", ink)
    moved = tmp_path_factory.mktemp("new") / "ink"
    shutil.copytree(ink, moved)
    reads.clear()
    assert [m.file for m in search("fox", moved)] == [moved / "notes.json"]
    assert reads == []


@pytest.mark.parametrize("content", [b"no database" * 100, "other version"])
def test_a_damaged_or_old_index_is_made_anew(ink, content):
    if isinstance(content, bytes):
        (ink / index.NAME).write_bytes(content)
    else:
        with sqlite3.connect(ink / index.NAME) as db:
            db.execute("PRAGMA user_version = 99")
    assert texts(search("herons", ink)) == ["herons"]


def test_a_folder_that_cannot_be_written(ink, monkeypatch, tmp_path_factory):
    cache = tmp_path_factory.mktemp("cache")
    monkeypatch.setenv("XDG_CACHE_HOME", str(cache))
    (ink / index.NAME).mkdir()  # nobody can open that as a file, root included
    for _ in range(2):
        assert texts(search("herons", ink)) == ["herons"]
    assert len(list((cache / "inksight").glob("*.db"))) == 1


def test_a_full_disk_is_told(ink, monkeypatch):
    real = index._connect

    def small(path):
        db = real(path)
        db.execute(f"PRAGMA max_page_count = {db.execute('PRAGMA page_count').fetchone()[0]}")
        return db

    monkeypatch.setattr(index, "_connect", small)
    page([" ".join(f"word{i}" for i in range(300))] * 20).save(ink / "large.json")
    code, out, err = run("search", "herons", ink)
    assert (code, out, len(err)) == (2, "", 1)
    assert "full" in err[0]


# ----------------------------------------------------------------------------------------------------------- command


def test_the_command(ink):
    code, out, err = run("search", "mill one", ink)
    text = "Two herons by the old mill, one fox at the edge of the wood"
    assert (code, err) == (0, [])
    assert out == f"{ink}/notes.json:1:3:410,140,470,164+10,200,70,224: {text}\n"
    assert run("search", "zebra", ink) == (1, "", [])
    assert run("search", "x", ink / "nowhere")[0] == 2


def test_json_rows(ink):
    code, out, _ = run("search", "the", ink, "--json")
    rows = [json.loads(row) for row in out.splitlines()]
    assert code == 0
    assert rows[0] == {
        "file": f"{ink}/notes.json", "page": 1, "line": 3, "boxes": [[250, 140, 310, 164]], "score": 1,
        "before": "Two herons by", "text": "the", "after": "old mill,", "width": 600, "height": 500,
    }  # fmt: skip


def marked(path, base=None):
    """Where a picture is yellower than paper and ink are, or than the picture `base`: the box around, in pixels."""
    rgb = np.asarray(Image.open(path)).astype(int)
    yellow = rgb[..., :2].min(axis=2) - rgb[..., 2]
    if base is not None:
        before = np.asarray(Image.open(base)).astype(int)
        yellow -= before[..., :2].min(axis=2) - before[..., 2]
    rows, columns = np.nonzero(yellow > 40)
    return columns.min(), rows.min(), columns.max() + 1, rows.max() + 1


@pytest.mark.parametrize("fmt", ["json", "svg", "pdf"])
def test_overlays_without_a_photo_show_the_ink(tmp_path, fmt):
    (tmp_path / "ink/sub").mkdir(parents=True)
    page().save(tmp_path / f"ink/sub/x.{fmt}")
    code, _, err = run("search", "herons", tmp_path / "ink", "--overlay", tmp_path / "hits")
    assert code == 0
    assert err == [f"-> {tmp_path}/hits/sub/x.png"]
    picture = Image.open(tmp_path / "hits/sub/x.png")
    scale = picture.width / 600
    off = np.abs(np.array(marked(tmp_path / "hits/sub/x.png")) / scale - (90, 140, 150, 164))
    assert off.max() < (12 if fmt == "pdf" else 6)  # text in a PDF is as wide as the letters of its font
    assert (np.asarray(picture.convert("L")) < 100).any()  # ink


@pytest.mark.parametrize(("where", "name"), [("beside", "x"), ("photos", "x"), ("photos", "x-02")])
def test_overlays_over_the_photo(tmp_path, where, name):
    (tmp_path / "ink").mkdir()
    (tmp_path / "photos").mkdir()
    page().save(tmp_path / f"ink/{name}.json")
    blue, red = Image.new("RGB", (1200, 1000), (40, 40, 200)), Image.new("RGB", (1200, 1000), (200, 40, 40))
    place = tmp_path / ("ink" if where == "beside" else "photos")
    red.save(place / "x.tiff", save_all=True, append_images=[blue])
    if name == "x":
        blue.save(place / "x.png")
    arguments = ["--photos", tmp_path / "photos"] if where == "photos" else []
    assert run("search", "herons", tmp_path / "ink", "--overlay", tmp_path / "hits", *arguments)[0] == 0
    picture = np.asarray(Image.open(tmp_path / f"hits/{name}.png"))
    assert picture.shape == (1000, 1200, 3)
    assert tuple(picture[5, 5]) == (40, 40, 200)
    assert tuple(picture[300, 240]) != (40, 40, 200)


def test_a_picture_of_another_shape_is_no_photo_of_the_page(ink):
    Image.new("RGB", (500, 500), "red").save(ink / "notes.png")
    run("search", "herons", ink, "--overlay", ink / "hits")
    assert Image.open(ink / "hits/notes.png").size == (600, 500)


def test_a_newcomer_finds_a_word_with_two_commands(tmp_path, monkeypatch):
    """With the real detector and the shipped weights, on two lines of a photo."""
    monkeypatch.chdir(tmp_path)
    Path("notebook").mkdir()
    Image.open(EXAMPLES / "page.jpg").crop((0, 375, 1200, 575)).save("notebook/monday.jpg", quality=95)
    assert run("convert", "notebook", "-o", "ink/")[0] == 0
    code, out, _ = run("search", "herons by the old mill", "ink", "--overlay", "found", "--photos", "notebook")
    assert code == 0
    assert out.startswith("ink/monday.svg:1:1:")
    x0, y0, x1, y1 = (float(v) for v in out.split(":")[3].split(","))
    assert np.abs(np.array(marked("found/monday.png", "notebook/monday.jpg")) - (x0, y0, x1, y1)).max() < 12
    assert (x0, y0, x1, y1) == pytest.approx((330, 20, 920, 95), abs=25)


def test_other_versions_of_a_page_do_not_change_it(ink):
    found = search("herons", ink)
    (ink / "notes.json").rename(ink / "x.json")
    assert [replace(m, file=ink / "notes.json") for m in search("herons", ink)] == found
