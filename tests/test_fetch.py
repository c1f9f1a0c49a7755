"""train/fetch: downloads as their formats describe them, made up here, become the files that training reads."""

import io
import json
import tarfile
import zipfile

import numpy as np
import pytest
from PIL import Image

from inksight.formats.dataset import read_packed
from inksight.layout.detection import Detection
from train.fetch import __main__ as fetching
from train.fetch import download, fonts, unipen, words

ABOUT = ".COMMENT a donor\n.COORD T X Y\n.X_POINTS_PER_INCH 200\n"
RECORDED = """
.WRITER_ID Ada_Example
.STYLE MIXED

.PEN_DOWN
0 10 100
1 10 100
2 12 90
.PEN_UP
3 50 50
.PEN_DOWN
4 30 95
5 34 91
.PEN_UP
.PEN_DOWN
6 60 80
7 61 70
8 62 60
"""
SEGMENTS = """.VERSION 1.0
.INCLUDE abc/ABOUT.DOC
.INCLUDE abc/data/one.dat
.INCLUDE abc/data/lost.dat
.HIERARCHY WORD CHARACTER
.SEGMENT WORD 0-1 ? "in"
.SEGMENT WORD 2:1-2:2 OK "a "quoted" word"
.SEGMENT WORD 2-7 ? "torn"
.SEGMENT WORD 1 BAD ""
.SEGMENT CHARACTER 1 ? "n"
"""
FONT = """<svg xmlns="http://www.w3.org/2000/svg"><metadata>Under the
SIL Open Font License (OFL)</metadata><defs><font horiz-adv-x="300"><font-face units-per-em="500"/>
<missing-glyph d="M 0 0 L 9 9"/>
<glyph unicode="L" d="M 10 350 L 10 0 L 200 0"/><glyph unicode="i" horiz-adv-x="100" d="M 5 200 L 5 0 M 5 300 L 5 310"/>
<glyph unicode="fi" d="M 0 0 L 9 9"/><glyph unicode=" "/></font></defs></svg>"""


@pytest.fixture
def release(tmp_path):
    root = tmp_path / "unipen"
    for name, text in {
        "include/abc/ABOUT.DOC": ABOUT,
        "include/abc/data/one.dat": RECORDED,
        "data/7/abc/one.dat": SEGMENTS,
        "data/2/abc/one.dat": SEGMENTS,
    }.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    return root


def test_unipens_words_are_cut_out_turned_and_without_names(release):
    first, second = unipen.samples(release, "7", "WORD")
    assert (first.text, first.source, second.text) == ("in", "7/abc/mixed", 'a "quoted" word')
    assert [s.tolist() for s in first.strokes] == [[[0, 0], [2, 10]], [[20, 5], [24, 9]]]
    assert [s.tolist() for s in second.strokes] == [[[0, 0], [1, 10]]]
    assert first.writer == second.writer
    assert first.writer.startswith("abc/")
    assert "Ada" not in first.writer
    assert unipen.writer("apc", "Ada") == unipen.writer("apd", "Ada") != unipen.writer("apd", "Bob")


@pytest.mark.parametrize(
    ("delineation", "points"),
    [
        ("0", [3]),
        ("0-1", [3, 2]),
        ("0:1-1:0", [2, 1]),
        ("1,0", [2, 3]),
        ("0:2", [1]),
        ("3", []),
        ("x", []),
        ("1-3", []),
    ],
)
def test_delineations(release, delineation, points):
    recording = unipen.read(release / "data/7/abc/one.dat", release)
    assert [len(p) for p in unipen.delineated(recording.components, delineation)] == points


def test_writers_kept_apart_are_told_by_their_names_alone():
    writers = [unipen.writer("abc", str(n)) for n in range(1200)]
    kept = unipen.split(writers)
    assert not set(kept["test"]) & set(kept["val"])
    assert 150 < len(kept["test"]) < 250
    assert 50 < len(kept["val"]) < 150
    assert set(unipen.split(writers[:50])["test"]) == set(writers[:50]) & set(kept["test"])


def test_glyphs_stand_on_the_baseline_1000_to_the_em(tmp_path):
    (tmp_path / "OneLine.svg").write_text(FONT)
    tall, dotted = fonts.samples(tmp_path / "OneLine.svg")
    assert (tall.text, tall.writer, tall.source, tall.advance) == ("L", "OneLine", "font/OneLine", 600)
    assert [s.tolist() for s in tall.strokes] == [[[20, -700], [20, 0], [400, 0]]]
    assert dotted.advance == 200
    assert [s.tolist() for s in dotted.strokes] == [[[10, -400], [10, 0]], [[10, -600], [10, -620]]]
    assert fonts.licence(tmp_path / "OneLine.svg") == "Under the SIL Open Font License (OFL)"


@pytest.mark.parametrize("text", ["<svg xmlns='http://www.w3.org/2000/svg'><path d='M 0 0'/></svg>", "no <xml"])
def test_what_is_no_font_has_no_glyphs(tmp_path, text):
    (tmp_path / "a.svg").write_text(text)
    assert list(fonts.samples(tmp_path / "a.svg")) == []
    assert fonts.licence(tmp_path / "a.svg") == ""


def line(text, *boxes):
    return words.Word(text=text, box=(0, 0, 400, 40)), [Detection((x, 5, x + 40, 35), said) for x, said in boxes]


@pytest.mark.parametrize(
    ("text", "seen", "want"),
    [
        ("un petit mot", [(0, "un"), (50, "petit"), (120, "mot")], [("un", True), ("petit", True), ("mot", True)]),
        ("un petit mot", [(120, "mot"), (50, "pctit"), (0, "un")], [("un", True), ("petit", False), ("mot", True)]),
        ("un petit mot", [(0, "unpetit"), (120, "mot")], [("mot", True)]),  # two were seen as one: neither is cut out
        ("un petit mot", [(0, "un"), (50, "xyzzy"), (120, "mot")], [("un", True), ("mot", True)]),
        ("un petit mot", [(500, "un")], []),
        ("", [(0, "un")], []),
    ],
)
def test_words_of_a_line_are_laid_against_what_was_read(text, seen, want):
    told, found = line(text, *seen)
    assert [(text, checked) for _, text, checked in words.aligned(told, found)] == want


def test_copistes_pages_become_words(tmp_path):
    (tmp_path / "alto").mkdir()
    (tmp_path / "jpg").mkdir()
    (tmp_path / "alto/p_1.xml").write_text(
        '<alto xmlns="http://www.loc.gov/standards/alto/ns-v4#"><Layout><Page WIDTH="400" HEIGHT="300"><PrintSpace>'
        '<TextBlock><TextLine HPOS="10" VPOS="100" WIDTH="380" HEIGHT="120"><String CONTENT="bon jour" HPOS="10" '
        'VPOS="100" WIDTH="380" HEIGHT="120"/></TextLine></TextBlock></PrintSpace></Page></Layout></alto>'
    )
    Image.new("RGB", (400, 300), "white").save(tmp_path / "jpg/p_1.jpg")
    shapes = []

    def find(rgb):
        shapes.append(rgb.shape)
        return [Detection((200, 110, 380, 210), "jour"), Detection((20, 110, 120, 210), "bon")]

    count = words.pack(words.copiste(tmp_path, find), tmp_path / "w.zip")
    assert (count, shapes) == (2, [(300, 400, 3)])
    with zipfile.ZipFile(tmp_path / "w.zip") as archive:
        rows = [json.loads(row) for row in archive.read("index.jsonl").splitlines()]
        with Image.open(io.BytesIO(archive.read("00001.jpg"))) as picture:
            assert (picture.mode, picture.size) == ("L", (round(186 * 80 / 106), 80))
    assert rows[0] == {"file": "00000.jpg", "text": "bon", "writer": "p_1", "lang": "fr", "checked": True}


def test_the_folder_is_built_as_training_reads_it(release, tmp_path):
    """From downloads that are there already."""
    (tmp_path / "cnc-text-tool").mkdir()
    (tmp_path / "cnc-text-tool/OneLine.svg").write_text(FONT)
    for name in fetching.FONTS:
        (tmp_path / name).mkdir(exist_ok=True)
    (tmp_path / "dhsd/pictures").mkdir(parents=True)
    ink = np.zeros((64, 256, 4), np.uint8)
    ink[20:40, 50:60] = 0, 0, 0, 255
    Image.fromarray(ink).save(tmp_path / "dhsd/pictures/1_0.png")
    (tmp_path / "dhsd/data.csv").write_text("file_name,text,writer_id\npictures/1_0.png,Söllingen,1\n", "utf-8")
    fetching.main([str(tmp_path / "data"), "unipen", "fonts", "dhsd", "--originals", str(tmp_path)])
    data = tmp_path / "data"
    assert [s.text for s in read_packed(data / "ink/unipen_words.npz")] == ["in", 'a "quoted" word']
    assert [s.text for s in read_packed(data / "ink/unipen_chars.npz")] == ["n"]
    assert [s.text for s in read_packed(data / "ink/font_glyphs.npz")] == ["L", "i"]
    assert json.loads((data / "ink/unipen_split.json").read_text()).keys() == {"test", "val"}
    assert "OFL" in json.loads((data / "ink/font_licences.json").read_text())["OneLine"]
    with zipfile.ZipFile(data / "words/dhsd_words.zip") as archive:
        with Image.open(io.BytesIO(archive.read("00000.jpg"))) as picture:
            grey = np.asarray(picture)
        assert json.loads(archive.read("index.jsonl"))["text"] == "Söllingen"
    assert grey[0, 0] > 250
    assert grey[30, 55] < 10


def test_a_download_is_unpacked_whole_and_nowhere_else(tmp_path):
    def archive(*names):
        with tarfile.open(tmp_path / "a.tar.gz", "w:gz") as file:
            for name in names:
                file.addfile(tarfile.TarInfo(name))
        return tmp_path / "a.tar.gz"

    download.unpack(archive("top-123/data/x.dat"), tmp_path / "unipen")
    assert (tmp_path / "unipen/data/x.dat").is_file()
    with pytest.raises(tarfile.FilterError):
        download.unpack(archive("top/../../../x.dat"), tmp_path / "dhsd")
    assert not (tmp_path / "dhsd").exists()


def test_what_cannot_be_downloaded_ends_with_one_line(tmp_path, monkeypatch, capsys):
    def refuse(address):
        raise OSError(f"no way to {address}")

    monkeypatch.setattr(download.urllib.request, "urlopen", refuse)
    with pytest.raises(SystemExit, match="2"):
        fetching.main([str(tmp_path), "dhsd"])
    said = capsys.readouterr().err
    assert said.startswith("dhsd: can't be downloaded or read (no way to https://github.com/nauman-riaz/DHSD/archive/")
    assert said.count("\n") == 1
