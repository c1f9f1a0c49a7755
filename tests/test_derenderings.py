"""InkSight-Derenderings: a small folder with its layout, made here."""

import os
import pickle
import sys
import types

import numpy as np
import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from inksight import cli, formats
from inksight.errors import InputError
from inksight.ink import Stroke, Word
from inksight.original import derenderings, gallery, human
from inksight.original.derenderings import FOLDERS, Derendering, Origin, dumps, find, read, square
from tests.pages import SkeletonTracer, drawn, zigzag

INK = """<ink xmlns="http://www.w3.org/2003/InkML">
<annotation type="application">InkSight</annotation><annotation type="sourceDataset">{dataset}</annotation>
<annotation type="inferenceMode">{mode}</annotation><annotation type="exampleId">{id}</annotation>
<annotation type="textField">{text}</annotation>{traces}</ink>"""
THEIR_MODES = {"vanilla": "Vanilla Derender", "d+t": "Derender with Text", "r+d": "Recognize and Derender"}
IDS = {"IAM": ["g06-1_2", "png-10"], "HierText": ["0d44_76"]}
TRACES = '<trace id="0">{x},100 180,120 200,60</trace><trace id="1">1,138</trace>'


@pytest.fixture
def folder(tmp_path):
    """Two data sets, three models, three modes; ids that begin with the letters of .png; an ink without traces."""
    for dataset, ids in IDS.items():
        (tmp_path / dataset / "images_sample").mkdir(parents=True)
        for id_ in ids:
            Image.fromarray(drawn(zigzag(30, 20), size=(120, 60))).save(
                tmp_path / dataset / "images_sample" / f"{id_}.png"
            )
        for m, model in enumerate(derenderings.MODELS):
            for folder, mode in THEIR_MODES.items():
                place = tmp_path / f"{model}_{dataset}_inkml" / folder
                place.mkdir(parents=True)
                for id_ in ids:
                    text = " " if folder == "vanilla" else "<é".replace("<", "&lt;")
                    traces = "" if id_ == "png-10" and folder == "r+d" else TRACES.format(x=20 + m)
                    ink = INK.format(dataset=dataset, mode=mode, id=id_, text=text, traces=traces)
                    (place / f"{id_}.inkml").write_text(ink)
    return tmp_path


# ------------------------------------------------------------------------------------------------------- reading


def test_all_of_it_is_found(folder):
    examples = find(folder)
    assert [(e.dataset, e.id) for e in examples] == [("HierText", "0d44_76"), ("IAM", "g06-1_2"), ("IAM", "png-10")]
    assert all(set(e.inks) == {Origin(m, f) for m in derenderings.MODELS for f in FOLDERS} for e in examples)
    assert gallery.origins(examples)[:4] == [("small-p", f) for f in FOLDERS] + [("small-i", "vanilla")]


def test_names_in_any_case_choose(folder):
    examples = find(folder, ["hiertext"], ["Large-I"])
    assert [(e.dataset, {o.model for o in e.inks}) for e in examples] == [("HierText", {"large-i"})]


def test_inks_inside_of_the_data_sets_folder(folder):
    for path in folder.glob("*_IAM_inkml"):
        path.rename(folder / "IAM" / path.name)
    assert all(len(e.inks) == 9 for e in find(folder))


@pytest.mark.parametrize(
    ("names", "message"),
    [
        ((["IAMX"], []), "has no data set IAMX; it has HierText, IAM"),
        (([], ["i"]), "no model i; it has small-p, small"),
    ],
)
def test_what_is_not_there(folder, names, message):
    with pytest.raises(InputError, match=message):
        find(folder, *names)


def test_a_folder_of_another_kind(tmp_path):
    with pytest.raises(InputError, match="no folder DATASET/images_sample"):
        find(tmp_path)


def test_an_ink_with_its_five_annotations(folder):
    ink = read(folder / "small-i_IAM_inkml/r+d/g06-1_2.inkml")
    assert (ink.application, ink.dataset, ink.example, ink.text) == ("InkSight", "IAM", "g06-1_2", "<é")
    assert ink.mode == "recognize-and-derender"
    assert [s.points.tolist() for s in ink.strokes] == [[[21, 100], [180, 120], [200, 60]], [[1, 138]]]
    empty = read(folder / "small-i_IAM_inkml/vanilla/g06-1_2.inkml")
    assert (empty.mode, empty.text) == ("derender", "")


# ------------------------------------------------------------------------------------------------------- writing

coordinates = st.lists(st.tuples(st.integers(0, 224), st.integers(0, 224)), min_size=1, max_size=5)


@given(st.lists(coordinates, max_size=4), st.sampled_from(list(THEIR_MODES)), st.text("a<&é字 ", max_size=5))
def test_an_ink_comes_back(tmp_path_factory, strokes, folder, text):
    ink = Derendering("IAM", "a<b", FOLDERS[folder], text.strip(), tuple(map(Stroke, strokes)))
    path = tmp_path_factory.mktemp("ink") / "ink.inkml"
    path.write_bytes(dumps(ink))
    assert read(path) == ink
    assert f">{THEIR_MODES[folder]}<" in path.read_text()


def test_inks_are_written_as_the_data_set_has_them():
    ink = Derendering("IAM", "a", "derender", "", (Stroke([[1.6, 2.2], [-3, 300]]),))
    expected = INK.format(dataset="IAM", mode="Vanilla Derender", id="a", text=" ", traces="")
    data = dumps(ink).decode()
    assert [line for line in data.splitlines() if "annotation" in line] == [
        part + "</annotation>" for line in expected.splitlines()[1:] for part in line.split("</annotation>")[:-1]
    ]
    assert '<trace id="0">2,2 0,224</trace>' in data


@given(st.integers(4, 900), st.integers(4, 900))
def test_the_square_holds_the_whole_picture_in_its_middle(width, height):
    (x0, y0), (x1, y1) = square(width, height).apply([[0, 0], [width, height]]).tolist()
    assert max(x1 - x0, y1 - y0) == pytest.approx(224)
    assert min(x0, y0) >= 0
    assert max(x1, y1) <= 224 + 1e-9
    assert abs(x0 + x1 - 224) <= 2
    assert abs(y0 + y1 - 224) <= 2


def test_another_picture_of_the_same_name_is_left_alone(tmp_path):
    first, second = np.zeros((8, 9, 3), np.uint8), np.ones((8, 9, 3), np.uint8)
    derenderings.write(tmp_path, "m", "own", "a", first, {"derender": Word()})
    with pytest.raises(InputError, match="another picture has this name"):
        derenderings.write(tmp_path, "m", "own", "a", second, {"derender": Word()})
    derenderings.write(tmp_path, "n", "own", "a", first, {"derender": Word()})
    assert list(find(tmp_path)[0].inks) == [("m", "vanilla"), ("n", "vanilla")]


@pytest.mark.parametrize("name", ["a_b", "../x", "", ".x"])
def test_names_that_would_break_the_layout(tmp_path, name):
    with pytest.raises(InputError, match="no name for"):
        derenderings.write(tmp_path, "m", name, "a", np.zeros((8, 8, 3), np.uint8), {})
    assert not list(tmp_path.iterdir())


# -------------------------------------------------------------------------------------------------- human traces


@pytest.fixture
def theirs(monkeypatch):
    """Classes like those of the program that wrote the traces."""
    module = types.ModuleType("ink")

    class Stroke:
        def __init__(self, x, y):
            self.x, self.y = x, y

    class Ink:
        def __init__(self, strokes):
            self.strokes = strokes

    for cls in (Stroke, Ink):
        cls.__module__, cls.__qualname__ = "ink", cls.__name__
        setattr(module, cls.__name__, cls)
    monkeypatch.setitem(sys.modules, "ink", module)
    return module


CONTAINERS = [list, np.array, lambda v: np.array(v, ">f4"), lambda v: [np.float64(x) for x in v]]


@pytest.mark.parametrize("container", CONTAINERS)
def test_human_traces(tmp_path, theirs, container):
    strokes = [theirs.Stroke(container([1.0, 2.0]), container([3.0, 4.5])), theirs.Stroke([], [])]
    np.save(tmp_path / "t.npy", {"0d44_76": theirs.Ink(strokes), "b": theirs.Ink([])}, allow_pickle=True)
    del sys.modules["ink"]
    found = human.read_traces(tmp_path / "t.npy")
    assert {key: [s.points.tolist() for s in ink] for key, ink in found.items()} == {
        "0d44_76": [[[1, 3], [2, 4.5]]],
        "b": [],
    }


@pytest.mark.parametrize("protocol", [3, 4])  # all that NumPy has ever saved with in Python 3
def test_human_traces_of_any_protocol(tmp_path, theirs, protocol):
    content = np.array({"a": theirs.Ink([theirs.Stroke(np.array([1]), np.array([2]))])}, object)
    with open(tmp_path / "t.npy", "wb") as file:
        np.lib.format.write_array_header_1_0(file, np.lib.format.header_data_from_array_1_0(content))
        pickle.dump(content, file, protocol)
    assert human.read_traces(tmp_path / "t.npy")["a"][0].points.tolist() == [[1, 2]]


class Evil:
    """Runs a command when it is unpickled as Python does it."""

    def __init__(self, mark):
        self.mark = mark

    def __reduce__(self):
        return os.system, (f"touch '{self.mark}'",)


def test_pickled_code_is_not_run(tmp_path):
    np.save(tmp_path / "t.npy", {"a": Evil(tmp_path / "run")}, allow_pickle=True)
    with pytest.raises(InputError, match="an ink without strokes"):
        human.read_traces(tmp_path / "t.npy")
    assert not (tmp_path / "run").exists()
    np.load(tmp_path / "t.npy", allow_pickle=True)
    assert (tmp_path / "run").exists()  # so it could have been


@pytest.mark.parametrize("data", [b"", b"hello", b"\x93NUMPY\x01\x00", "numbers", "cut"])
def test_broken_human_traces(tmp_path, data):
    path = tmp_path / "t.npy"
    np.save(path, [1.0, 2.0] if data == "numbers" else {"a": 1}, allow_pickle=True)
    path.write_bytes({"numbers": path.read_bytes(), "cut": path.read_bytes()[:-9]}.get(data, data))
    with pytest.raises(InputError, match=r"t.npy: not a file of human traces \("):
        human.read_traces(path)


@pytest.mark.parametrize(
    ("points", "expected"), [([[3, 4], [224, 0]],) * 2, ([[0, 0], [448, 0]], [[0, 84], [224, 84]])]
)
def test_human_traces_lie_on_the_square_or_in_the_picture(points, expected):
    (stroke,) = gallery.on_square([Stroke(points)], square(448, 112))
    assert stroke.points.tolist() == expected


# ------------------------------------------------------------------------------------------------------ commands


def run(*arguments):
    result = CliRunner().invoke(cli.main, ["derenderings", *map(str, arguments)])
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result.exit_code, result.stderr.splitlines()


def colorful(picture, box):
    """How many pixels of a panel show ink: strong colors, which the pictures haven't."""
    rgb = np.asarray(picture.crop(box)).astype(int)
    return int((np.ptp(rgb, axis=2) > 100).sum())


def test_view_draws_every_ink_beside_its_picture(folder, theirs):
    strokes = [theirs.Stroke([20, 200], [100, 120])]
    np.save(folder / "human_tracing_hash_to_ink.npy", {"0d44_76": theirs.Ink(strokes)}, allow_pickle=True)
    assert run("view", folder, "-o", folder / "sheet.png") == (0, [f"3 examples -> {folder / 'sheet.png'}"])
    with Image.open(folder / "sheet.png") as picture:
        step, row = 166, 200
        assert picture.size == (6 + step * 11, 17 + row * 3)
        panels = [[colorful(picture, (6 + step * i, 34 + row * k, 166 + step * i, 194 + row * k)) for i in range(11)]
                  for k in range(3)]  # fmt: skip
    assert [[p > 50 for p in row] for row in panels] == [
        [False] + [True] * 10,
        [False] + [True] * 9 + [False],
        [False] + [True, True, False] * 3 + [False],
    ]


def test_view_draws_a_picture_for_each_example(folder):
    assert run("view", folder, "-o", folder / "out", "--dataset", "iam", "--model", "small-p", "-n", 1)[0] == 0
    assert [p.relative_to(folder).as_posix() for p in folder.glob("out/**/*.png")] == ["out/IAM/g06-1_2.png"]


def test_view_tells_of_a_broken_ink_and_draws_the_others(folder):
    broken = folder / "small-p_IAM_inkml/d+t/png-10.inkml"
    broken.write_text("<ink")
    code, errors = run("view", folder, "-o", folder / "out")
    assert code == 1
    assert len(list(folder.glob("out/**/*.png"))) == 2
    assert errors[1].startswith(f"inksight: {broken}: not a usable inkml file")


def test_write_makes_what_view_reads(tmp_path, monkeypatch):
    stand_in = SkeletonTracer("hi", 0.9)
    monkeypatch.setattr("inksight.pipeline.tracer", lambda *_: stand_in)
    (tmp_path / "in").mkdir()
    pictures = {name: drawn(zigzag(60, 40), size=(200, 100)) for name in ("a", "b.c")}
    for name, picture in pictures.items():
        Image.fromarray(picture).save(tmp_path / "in" / f"{name}.png")
    (tmp_path / "texts.tsv").write_text("a\thello\n")
    more = ("--dataset", "own", "--name", "ours", "--texts", tmp_path / "texts.tsv")
    assert run("write", tmp_path / "in", "-o", tmp_path / "out", *more) == (0, [f"2 examples -> {tmp_path / 'out'}"])
    assert ("derender-with-text", ["hello"]) in [call[:2] for call in stand_in.calls]
    first, second = find(tmp_path / "out")
    assert [mode for _, mode in first.inks] == ["vanilla", "d+t", "r+d"]
    assert [mode for _, mode in second.inks] == ["vanilla", "r+d"]
    assert formats.read(second.inks[Origin("ours", "r+d")]).text == "hi"
    points = np.concatenate([s.points for s in read(first.inks[Origin("ours", "vanilla")]).strokes])
    assert points.min(axis=0) == pytest.approx([60 * 1.12, 56 + 40 * 1.12], abs=3)
    again = ("write", tmp_path / "out/own/images_sample", "-o", tmp_path / "out", "--dataset", "own", "--name", "again")
    assert run(*again)[0] == 0
    assert len(find(tmp_path / "out")[0].inks) == 5


@pytest.mark.parametrize(
    ("texts", "message"), [("a", "'a' isn't an ID, a tab and a text"), (None, "can't be read")]
)  # fmt: skip
def test_write_with_texts_that_cannot_be_used(tmp_path, texts, message):
    Image.fromarray(drawn(zigzag(60, 40))).save(tmp_path / "a.png")
    if texts:
        (tmp_path / "t.tsv").write_text(texts)
    code, errors = run(
        "write", tmp_path / "a.png", "-o", tmp_path / "o", "--dataset", "d", "--texts", tmp_path / "t.tsv"
    )
    assert code == 2
    assert message in errors[-1]
    assert not (tmp_path / "o").exists()
