"""JSON Lines, CSV and NPZ: pages as data."""

import csv
import io
import json
from zipfile import ZIP_DEFLATED, ZipFile

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from inksight import formats
from inksight.errors import InputError
from inksight.formats import Style, dumps, dumps_pages, loads
from inksight.formats.dataset import read_packed
from inksight.ink import KINDS, Line, Page, Stroke, Word
from inksight.ink.timing import times

FEW = settings(max_examples=40, deadline=None)

number = st.floats(-1e5, 1e5, width=32)
points = st.lists(st.tuples(number, number), min_size=1, max_size=5)
color = st.none() | st.integers(0, 0xFFFFFF).map(lambda n: f"#{n:06x}")
strokes = st.builds(Stroke, points, st.none() | st.floats(0.125, 64, width=32), color)
texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
kinds = st.sampled_from(KINDS)
words = st.builds(
    Word,
    st.lists(strokes, max_size=3),
    texts,
    st.integers(0, 10_000).map(lambda n: n / 10_000),
    st.just((1.5, 2.0, 30.25, 40.0)),
    st.sampled_from(["", "derender", "skeleton"]),
    kinds,
)
lines = st.builds(Line, st.lists(words, min_size=1, max_size=3))
side = st.floats(1, 5000, width=32)
pages = st.builds(Page, side, side, st.lists(lines, min_size=1, max_size=3))
several = st.lists(pages, min_size=1, max_size=3)


def reread(found, fmt):
    return formats._module(fmt).loads_pages(dumps_pages(found, fmt))


def sample():
    a = Word((Stroke([[10, 40], [20, 20], [30, 40]], 2.5, "#102030"), Stroke([[20, 10]])), 'a "b", ü\n', 0.75)
    b = Word((Stroke([[50, 40], [80, 30.5]]),), "=1+1", 1.0, (45, 25, 85, 45), "skeleton", "drawing")
    return Page(200, 120, (Line((a, b)), Line((Word(text="no ink"),))))


# -------------------------------------------------------------------------------------------------------- round trips


@FEW
@given(several)
def test_json_lines_are_lossless(found):
    assert reread(found, "jsonl") == found


@FEW
@given(several)
@example([Page.of_words([Word(text=t, confidence=0.5) for t in ("\r", "a\rb", "a\r\nb", '"', ",")], 9, 9)])
def test_csv_keeps_all_but_boxes_and_origins(found):
    for got, want in zip(reread(found, "csv"), found, strict=True):
        assert (got.width, got.height) == (want.width, want.height)
        assert [len(line.words) for line in got.lines] == [len(line.words) for line in want.lines]
        for a, b in zip(got.words, want.words, strict=True):
            assert (a.strokes, a.text, a.confidence, a.kind) == (b.strokes, b.text, b.confidence, b.kind)


@FEW
@given(several)
def test_npz_keeps_hundredths_of_a_pixel(found):
    for got, want in zip(reread(found, "npz"), found, strict=True):
        assert (got.width, got.height) == (want.width, want.height)
        assert [len(line.words) for line in got.lines] == [len(line.words) for line in want.lines]
        for a, b in zip(got.words, want.words, strict=True):
            assert a.text == b.text.replace("\n", " ").replace("\0", " ")
            assert (a.confidence, a.box, a.origin, a.kind) == (b.confidence, b.box, b.origin, b.kind)
            for s, t in zip(a.strokes, b.strokes, strict=True):
                assert (s.width, s.color) == (t.width, t.color)
                assert np.abs(s.points - t.points).max() <= 0.0051 + 1e-6 * np.abs(t.points).max()


@pytest.mark.parametrize("fmt", ["jsonl", "npz"])
def test_pages_without_words_are_kept(fmt):
    found = [Page(10, 20), sample(), Page(30, 40)]
    assert [(p.width, p.height, len(p.words)) for p in reread(found, fmt)] == [(10, 20, 0), (200, 120, 3), (30, 40, 0)]


@pytest.mark.parametrize("fmt", ["csv", "jsonl", "npz"])
def test_a_file_of_two_pages_isn_t_one(fmt):
    with pytest.raises(InputError, match="it holds 2 pages, not one"):
        loads(dumps_pages([sample(), sample()], fmt), fmt)


# --------------------------------------------------------------------------------------------------------- JSON Lines


def test_a_row_is_the_native_json_with_the_picture_s_name():
    data = dumps_pages([sample(), sample()], "jsonl", styles=[Style(name='a "b".jpg'), Style()])
    rows = [json.loads(row) for row in data.decode().splitlines()]
    assert [row.get("name") for row in rows] == ['a "b".jpg', None]
    for row in rows:
        assert loads(json.dumps(row).encode(), "json") == sample()


def test_rows_may_be_empty_and_end_as_windows_likes():
    row = dumps(sample(), "jsonl")
    assert formats._module("jsonl").loads_pages(row.replace(b"\n", b"\r\n") + b"\r\n" + row) == [sample()] * 2


def test_a_broken_row_is_named():
    with pytest.raises(InputError, match="row 2: "):
        loads(dumps(sample(), "jsonl") + b'{"format": "inksight"', "jsonl")


# ---------------------------------------------------------------------------------------------------------------- CSV


def table(data):
    return list(csv.DictReader(io.StringIO(data.decode(), newline="")))


def test_csv_says_what_its_docstring_says():
    from inksight.formats import csv as module

    plain, rows = (table(dumps(sample(), "csv", style=Style(times=timed))) for timed in (False, True))
    assert all(column in module.__doc__ for column in module.COLUMNS)
    assert tuple(rows[0]) == module.COLUMNS
    assert [(r["line"], r["word"], r["stroke"], r["point"]) for r in rows] == [
        ("0", "0", "0", "0"), ("0", "0", "0", "1"), ("0", "0", "0", "2"), ("0", "0", "1", "0"),
        ("0", "1", "2", "0"), ("0", "1", "2", "1"), ("1", "2", "", ""),
    ]  # fmt: skip
    assert [(float(r["x"]), float(r["y"])) for r in rows[:3]] == [(10, 40), (20, 20), (30, 40)]
    assert {r["text"] for r in rows[:4]} == {'a "b", ü\n'}
    assert (rows[0]["width"], rows[0]["color"], rows[3]["width"], rows[3]["color"]) == ("2.5", "#102030", "", "")
    clock = np.concatenate(times(sample().strokes))
    assert [row | {"synthetic_t": ""} for row in rows] == plain
    assert np.allclose([float(r["synthetic_t"]) for r in rows[:6]], clock, atol=1e-4)


@pytest.mark.parametrize(
    ("table", "points"),
    [
        ("x,y\n1,2\n3,4\n", [[[1, 2], [3, 4]]]),
        ("y,x,pressure\n1,2,0.5\n", [[[2, 1]]]),
        ("\ufeffstroke,x,y\r\na,1,2\r\nb,5,6\r\na,3,4\r\n", [[[1, 2], [3, 4]], [[5, 6]]]),
        ("word,x,y\n1,9,9\n0,1,1\n", [[[1, 1]], [[9, 9]]]),
    ],
)
def test_csv_reads_tables_of_others(table, points):
    page = loads(table.encode(), "csv")
    assert [s.points.tolist() for s in page.strokes] == points
    assert page.width == max(x for stroke in points for x, _ in stroke)


@pytest.mark.parametrize(
    ("table", "reason"),
    [
        ("", "its first row doesn't name the columns x and y"),
        ("a,b\n1,2\n", "its first row doesn't name the columns x and y"),
        ("x,y\n1,two\n", "page 0, line 0, word 0: could not convert string to float: 'two'"),
        ("x,y\n1\n", "page 0, line 0, word 0: "),
        ("x,y\n1,nan\n", "a stroke's points must be finite numbers"),
        ("x,y,line\n1,2,first\n", "invalid literal for int"),
        ("x,y,color\n1,2,red\n", "a stroke's color is"),
        ('x,y,text\n1,2,"' + "a" * 200_000 + '"\n', "not a table"),
    ],
)
def test_broken_tables_are_refused_with_the_reason(table, reason):
    with pytest.raises(InputError, match=f"ink: not a usable csv file: .*{reason}"):
        loads(table.encode(), "csv")
    with pytest.raises(InputError):
        loads(b"x,y\n\xff\xfe,1\n", "csv")


# ---------------------------------------------------------------------------------------------------------------- NPZ


def test_npz_is_what_training_reads(tmp_path):
    path = tmp_path / "ink.npz"
    path.write_bytes(dumps(sample(), "npz"))
    first, second, third = read_packed(path)
    assert (first.text, first.writer, second.source, third.strokes) == ('a "b", ü ', "", "skeleton", [])
    assert first.strokes[0].tolist() == [[1000, 4000], [2000, 2000], [3000, 4000]]
    assert second.strokes[0].dtype == np.int32


def test_npz_needs_no_pickle_and_is_small():
    t = np.linspace(0, 20, 60)
    curve = Stroke(np.stack([100 + 30 * t, 500 + 40 * np.sin(t)], axis=1))
    page = Page.of_words([Word((curve,) * 10, "word")] * 40, 1000, 1000)
    data = dumps(page, "npz")
    assert len(data) < 4 * len(page.strokes) * 60
    with np.load(io.BytesIO(data), allow_pickle=False) as archive:
        assert json.loads(str(archive["meta"]))["unit"] == 0.01
        assert archive["page"].tolist() == [0] * 40


def test_npz_refuses_ink_that_it_cannot_hold():
    with pytest.raises(InputError, match="holds no ink 10 million pixels away; write JSON"):
        dumps(Page.of_words([Word((Stroke([[1e8, 0]]),))], 10, 10), "npz")


def spoiled(**changes):
    """A file with some arrays replaced, or (None) left out."""
    with np.load(io.BytesIO(dumps(sample(), "npz"))) as archive:
        arrays = dict(archive) | changes
    out = io.BytesIO()
    np.savez(out, **{key: value for key, value in arrays.items() if value is not None})
    return out.getvalue()


def packed(**members):
    """An .npz file of these arrays, or bytes that are none."""
    out = io.BytesIO()
    with ZipFile(out, "w", ZIP_DEFLATED) as archive:
        for name, content in members.items():
            with archive.open(f"{name}.npy", "w") as file:
                file.write(content) if isinstance(content, bytes) else np.save(file, content)
    return out.getvalue()


def header(shape):
    """An .npz file that tells of more than it has."""
    out = io.BytesIO()
    np.lib.format.write_array_header_1_0(out, {"descr": "<i4", "fortran_order": False, "shape": shape})
    return packed(xy=out.getvalue())


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "not an .npz file"),
        (b"not ink", "not an .npz file|pickled"),
        (dumps(sample(), "npz")[:-40], "not an .npz file"),
        (spoiled(page_size=None), "it holds no pages of ours"),
        (spoiled(text=None), "arrays are missing"),
        (spoiled(box=None), "arrays are missing"),
        (spoiled(page=np.array([0, 0, -1])), "there is no line . on page -1"),
        (spoiled(line=np.array([0, 0, 1 << 30])), "there is no line 1073741824"),  # without filling the memory
        (spoiled(page_size=np.zeros(2)), "arrays are missing or don't fit"),
        (packed(xy=np.zeros(1 << 25, np.int8)), "too large"),
        (packed(xy=b"other than an array"), "other things than arrays"),
        (header((1 << 50, 2)), "not an .npz file .*allocate"),
        (spoiled(page=np.array([0, 0, 7])), "arrays are missing or don't fit"),
        (spoiled(line=np.array([0])), "zip"),
        (spoiled(nstrokes=np.array([9, 9, 9])), "strokes or points are missing"),
        (spoiled(color=np.array("red")), "zip|shorter|color"),
        (spoiled(text=np.array(["a", None], object)), "pickle|Object arrays"),
    ],
)
def test_broken_npz_files_are_refused_with_the_reason(data, reason):
    with pytest.raises(InputError, match=f"ink: not a usable npz file: .*({reason})"):
        loads(data, "npz")
