"""`inksight convert` over many pages: folders, books, one file for all, resuming, shards, and what goes wrong."""

import errno
import gzip
import os
import shutil
import subprocess
import sys

import pytest
from PIL import Image

from inksight import formats, pipeline
from inksight.centerline.skeleton import trace
from inksight.formats import saving
from inksight.imaging.pictures import count_pages
from inksight.ink import Word
from tests.pages import EXAMPLES, drawn, zigzag
from tests.programs import PATIENCE
from tests.test_cli import run
from tests.test_pictures import damaged


class Tracer:
    """Stands in for the model's: everything says "hi". `calls` counts the pages."""

    def __init__(self):
        self.calls = 0

    def trace(self, crops, **asked):
        self.calls += 1
        return [Word(tuple(trace(c)), "hi", 0.9, (0, 0, *c.ink.shape[::-1])) for c in crops]


@pytest.fixture(autouse=True)
def tracer(monkeypatch):
    stand_in = Tracer()
    monkeypatch.setattr(pipeline, "tracer", lambda *_: stand_in)
    return stand_in


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """The working directory, with a notebook of four pages and a book of three in folders."""
    monkeypatch.chdir(tmp_path)
    for name in ("notebook/page1.png", "notebook/page2.png", "notebook/page10.png", "notebook/old/page1.png"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(drawn(zigzag(100, 100), size=(200 + len(name), 300))).save(name)
    (tmp_path / "notebook/._page1.png").write_bytes(b"what a Mac leaves")
    pages = [Image.fromarray(drawn(zigzag(x, 100))) for x in (50, 120, 200)]
    pages[0].save("book.pdf", save_all=True, append_images=pages[1:], resolution=200)
    return tmp_path


def convert(*arguments):
    return run("convert", "--detector", "none", *arguments)


def names(place):
    return sorted(str(p.relative_to(place)) for p in place.rglob("*") if p.is_file())


# --------------------------------------------------------------------------------------------------- what goes where


def test_a_folder_into_a_new_folder(folder):
    code, _, err = convert("notebook", "-o", "new/ink", "--to", "json")
    assert code == 0
    assert names(folder / "new/ink") == ["page1.json", "page10.json", "page2.json"]
    assert [line.split(" -> ")[0] for line in err] == [f"notebook/page{i}.png" for i in (1, 2, 10)]


def test_recursive_keeps_the_folders(folder):
    assert convert("-r", "notebook", "-o", "ink", "--to", "json")[0] == 0
    assert names(folder / "ink") == ["old/page1.json", "page1.json", "page10.json", "page2.json"]


def test_pictures_that_are_results_are_no_input(folder):
    for _ in range(2):
        assert convert("-r", "notebook", "-o", "notebook/ink", "--to", "png", "--overwrite")[0] == 0
        assert len(names(folder / "notebook/ink")) == 4


def test_pages_are_numbered_as_files_are_sorted(folder):
    page = Image.fromarray(drawn(zigzag(50, 100)))
    page.save("long.tiff", save_all=True, append_images=[page] * 9)
    assert convert("long.tiff", "-o", "ink/")[0] == 0
    assert names(folder / "ink") == [f"long-{i:02}.svg" for i in range(1, 11)]


def sizes(path):
    return [page.width for page in formats.loads_pages((path).read_bytes(), path.suffix[1:])]


def test_several_pages_in_one_file(folder):
    for name in ("all.jsonl", "notebook/all.pdf"):
        for _ in range(2):  # the result is no input of the next run
            code, _, err = convert("notebook", "book.pdf", "-o", name)
            assert code == 0
            assert err[-1] == f"6 pages -> {name}"
    widths = [200 + len(f"notebook/page{i}.png") for i in (1, 2, 10)]
    assert sizes(folder / "all.jsonl")[:3] == widths
    assert len(sizes(folder / "all.jsonl")) == count_pages("notebook/all.pdf") == 6
    assert not list(folder.glob(".*"))


def test_several_pages_to_standard_output(folder):
    code, out, _ = convert("book.pdf", "-o", "-", "--to", "jsonl")
    assert code == 0
    assert len(out.splitlines()) == 3


def test_photos_of_one_file_are_opened_one_by_one(folder, monkeypatch):
    assert convert("notebook", "-o", "all.xopp", "--background", "photo")[0] == 0
    assert gzip.decompress((folder / "all.xopp").read_bytes()).count(b"<image ") == 3


def test_nothing_goes_over_a_picture(folder):
    Image.open("notebook/page1.png").save("notebook/page1.jpg")
    before = (folder / "notebook/page1.png").read_bytes()
    code, _, err = convert("notebook/page1.jpg", "notebook/page1.png", "--to", "png")
    assert code == 2
    assert err[0] == (
        "inksight: notebook/page1.jpg: the result would overwrite the input notebook/page1.png; "
        "name another file with -o"
    )
    assert convert("notebook", "book.pdf", "-o", "book.pdf")[0] == 2
    assert (folder / "notebook/page1.png").read_bytes() == before


# ------------------------------------------------------------------------------------------------- resuming, shards


def test_finished_pages_are_kept(folder, tracer):
    convert("notebook", "-o", "ink/", "--to", "json")
    (folder / "ink/page2.json").unlink()
    os.utime("notebook/page10.png", ns=(0, (folder / "ink/page10.json").stat().st_mtime_ns + 1))
    kept = (folder / "ink/page1.json").stat().st_mtime_ns
    tracer.calls = 0
    code, _, err = convert("notebook", "-o", "ink/", "--to", "json")
    assert code == 0
    assert err[0] == "1 of 3 pages are finished; --overwrite does them again"
    assert tracer.calls == 2
    assert (folder / "ink/page1.json").stat().st_mtime_ns == kept
    convert("notebook", "-o", "ink/", "--to", "json", "--overwrite")
    assert tracer.calls == 5


def test_a_single_page_is_always_done(folder, tracer):
    for _ in range(2):
        assert convert("notebook/page1.png", "-o", "x.json")[0] == 0
    assert tracer.calls == 2


def test_a_failed_page_of_one_file_is_all_that_is_left(folder, tracer):
    (folder / "notebook/page3.png").write_bytes(b"no picture")
    code, _, err = convert("notebook", "-o", "all.jsonl")
    assert code == 1
    assert err[-2].startswith("inksight: notebook/page3.png: is not a picture")
    assert err[-1] == "inksight: 3 of 4 pages converted"
    assert len(sizes(folder / "all.jsonl")) == 3
    Image.open("notebook/page1.png").save("notebook/page3.png")
    tracer.calls = 0
    assert convert("notebook", "-o", "all.jsonl")[0] == 0
    assert tracer.calls == 1
    assert len(sizes(folder / "all.jsonl")) == 4


def test_shards_do_each_page_once(folder):
    for i in (1, 2, 3):
        assert convert("notebook", "book.pdf", "-o", "ink/", "--shard", f"{i}/3")[0] == 0
        assert len(names(folder / "ink")) == 2 * i


@pytest.mark.parametrize("shard", ["0/3", "4/3", "2", "a/b", "1/0"])
def test_bad_shards(folder, shard):
    code, _, err = convert("notebook", "-o", "ink/", "--shard", shard)
    assert code == 2
    assert f"'{shard}' is not like 2/4, the second of four parts." in err[-1]


def test_shards_need_a_folder(folder):
    code, _, err = convert("notebook", "-o", "all.jsonl", "--shard", "1/2")
    assert (code, len(err)) == (2, 1)
    assert err[0].endswith("name a folder")


# ----------------------------------------------------------------------------------------------------- what goes wrong


@pytest.mark.parametrize(("where", "good"), [("pixels", 2), ("tags", 2), ("cut", 1)])
def test_a_broken_page_of_a_book_leaves_the_others(folder, where, good):
    (folder / "broken.tif").write_bytes(damaged(where))
    code, _, err = convert("broken.tif", "-o", "ink/", "--to", "json")
    assert code == 1
    assert err[-2].startswith("inksight: broken.tif, page 2: is ")
    assert err[-1] == f"inksight: {good} of {good + 1} pages converted"
    assert names(folder / "ink") == ["broken-1.json", "broken-3.json"][:good]


def test_what_all_pages_miss_is_told_once(folder, monkeypatch):
    monkeypatch.undo()
    monkeypatch.chdir(folder)
    code, _, err = run("convert", "notebook", "--model", "nowhere", "-o", "ink/")
    assert code == 2
    assert len(err) == 2
    assert "nowhere" in err[0]
    assert err[1] == "inksight: 0 of 3 pages converted"


def test_a_full_disk_stops_the_run(folder, monkeypatch, tracer):
    real, room = saving.save, iter([True, False, False])

    def save(target, data):
        if not next(room):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        real(target, data)

    monkeypatch.setattr(formats, "save", save)
    code, _, err = convert("notebook", "-o", "ink/", "--to", "json")
    assert code == 1
    assert tracer.calls == 2
    assert err[1:] == [
        "inksight: ink/page2.json: can't write into ink: No space left on device; choose another place",
        "inksight: stopped, as nothing more can be written; with more space the same command goes on from there",
        "inksight: 1 of 3 pages converted",
    ]
    assert names(folder / "ink") == ["page1.json"]


def test_a_full_disk_stops_the_keeping_of_photos(folder, monkeypatch, tracer):
    def save(target, data):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(saving, "save", save)
    code, _, err = convert("notebook", "-o", "all.xopp", "--background", "photo")
    assert (code, tracer.calls) == (2, 1)
    assert err[0] == "inksight: notebook/page1.png: its photo can't be kept for the end: No space left on device"
    assert not (folder / "all.xopp").exists()


def test_ray_is_told_how_to_install(folder, monkeypatch):
    monkeypatch.setitem(sys.modules, "ray", None)
    assert convert("notebook", "-o", "ink/", "--ray") == (
        2,
        "",
        ["inksight: --ray needs ray: pip install 'inksight[ray]'", "inksight: 0 of 3 pages converted"],
    )
    assert convert("notebook", "-o", "ink/", "--ray", "--jobs", "2")[0] == 2


# ------------------------------------------------------------------------------------------------------ the real model


def test_two_processes_with_the_real_model(folder, monkeypatch):
    """As users start it: told in the order of the names, then nothing to do."""
    monkeypatch.undo()
    (folder / "words").mkdir()
    for i in range(3):
        shutil.copy(EXAMPLES / "word.jpg", folder / f"words/{i}.jpg")
    done = inksight(folder, "word", "words", "-o", "ink/", "--to", "json", "--jobs", "2")
    assert done.returncode == 0, done.stderr
    told = [line.split(" -> ")[0] for line in done.stderr.splitlines() if " -> " in line]  # others tell of the progress
    assert told == [f"words/{i}.jpg" for i in range(3)]
    words = [formats.read(folder / f"ink/{i}.json") for i in range(3)]
    assert words[0].text
    assert words[0] == words[1] == words[2]
    again = inksight(folder, "word", "words", "-o", "ink/", "--to", "json", "--jobs", "2")
    assert again.stderr == "3 of 3 pages are finished; --overwrite does them again\n"


def inksight(folder, *arguments):
    program = [sys.executable, "-c", "from inksight.cli import main; main()", *arguments]
    return subprocess.run(program, cwd=folder, capture_output=True, text=True, timeout=PATIENCE, check=False)


def test_progress_in_a_log_is_a_line_now_and_then(tmp_path, monkeypatch):
    """Standard error is no terminal here: nothing at first, then whole lines."""
    for i in range(3):
        shutil.copy(EXAMPLES / "word.jpg", tmp_path / f"{i}.jpg")
    monkeypatch.setattr("inksight.cli.running.LOGGED", 0)
    code, _, errors = run("convert", tmp_path, "-o", tmp_path / "ink", "--detector", "none")
    assert code == 0
    lines = [line for line in errors if "page/s" in line or "s/page" in line]
    assert any("3/3" in line and "words/s" in line for line in lines)
    assert not any("\r" in line for line in errors)
    monkeypatch.setattr("inksight.cli.running.LOGGED", 1000)
    _, _, errors = run("convert", tmp_path, "-o", tmp_path / "again", "--detector", "none")
    assert not any("page" in line and "words/s" in line for line in errors)
