"""How a SavedModel is found and asked, with a stand-in for TensorFlow; tests/test_tensorflow.py has the real one."""

import os
import sys
from types import ModuleType, SimpleNamespace

import numpy as np
import pytest
from click.testing import CliRunner
from PIL import Image

from inksight.cli import main
from inksight.errors import InputError
from inksight.options import TraceOptions
from inksight.original import savedmodel
from inksight.original.derenderings import find
from inksight.original.released import Released
from inksight.original.savedmodel import SavedModel
from inksight.pipeline import tracer
from inksight.recognition.models import is_saved_model, model_folder
from inksight.recognition.tracer import Tracer
from tests.columns import Columns, wave


class OpError(Exception):
    pass


class Shape(tuple):
    """As TensorFlow's: None for a rank that isn't known is an empty one here."""

    rank = property(lambda self: len(self) or None)


class Signature:
    """Answers with what it was given; `calls` has the shapes."""

    def __init__(self, image=(None, 1), text=(None,), name="image_encoded", error=None):
        specs = {name: Shape(image), "input_text": Shape(text)}
        self.structured_input_signature = ((), {k: SimpleNamespace(shape=s) for k, s in specs.items()})
        self.name, self.error, self.calls = name, error, []

    def __call__(self, **fed):
        if self.error:
            raise self.error
        pictures, prompts = fed.pop(self.name), fed.pop("input_text")
        assert not fed
        self.calls.append((pictures.shape, prompts.shape))
        answers = [p + b" " + j for p, j in zip(prompts.ravel(), pictures.ravel(), strict=True)]
        found = np.array(answers, object)[:, None]
        return {"output_0": SimpleNamespace(numpy=lambda: found)}


@pytest.fixture
def tensorflow(monkeypatch):
    """A module that loads whatever `signatures` has."""
    fake = ModuleType("tensorflow")
    fake.signatures, fake.string, fake.tpus, fake.started = {}, "string", [], []
    fake.constant = lambda values, kind: values
    fake.saved_model = SimpleNamespace(load=lambda folder: SimpleNamespace(signatures=fake.signatures))
    fake.errors = SimpleNamespace(OpError=OpError)
    fake.config = SimpleNamespace(
        list_physical_devices=lambda kind: fake.tpus, experimental_connect_to_cluster=fake.started.append
    )
    fake.distribute = SimpleNamespace(cluster_resolver=SimpleNamespace(TPUClusterResolver=lambda tpu: tpu))
    fake.tpu = SimpleNamespace(experimental=SimpleNamespace(initialize_tpu_system=fake.started.append))
    monkeypatch.setitem(sys.modules, "tensorflow", fake)
    monkeypatch.setitem(sys.modules, "tensorflow_text", ModuleType("tensorflow_text"))
    monkeypatch.setattr(savedmodel.metadata, "version", lambda name: "2.17.1")
    monkeypatch.setattr(os, "environ", dict(os.environ))
    os.environ.pop("XLA_FLAGS", None)
    return fake


@pytest.fixture
def folder(tmp_path):
    path = tmp_path / "small-p"
    path.mkdir()
    (path / "saved_model.pb").touch()
    return path


PICTURES = [b"p%d" % i for i in range(5)]
PROMPTS = [f"é{i}" for i in range(5)]
ANSWERS = [f"é{i} p{i}" for i in range(5)]


@pytest.mark.parametrize(
    ("signature", "shapes"),
    [
        (Signature(), [((5, 1), (5,))]),
        (Signature(name="image/encoded"), [((5, 1), (5,))]),
        (Signature((), ()), [((5, 1), (5,))]),
        (Signature((None,), (None, 1)), [((5,), (5, 1))]),
        (Signature((2, 1), (2,)), [((2, 1), (2,))] * 3),
        (Signature((None, 1), (1,)), [((1, 1), (1,))] * 5),
    ],
)
def test_is_fed_as_its_signature_says(tensorflow, folder, signature, shapes):
    tensorflow.signatures["serving_default"] = signature
    model = SavedModel(folder)
    assert model.write(PICTURES, PROMPTS) == ANSWERS
    assert signature.calls == shapes
    assert model.write([], []) == []


def test_many_are_answered_in_batches(tensorflow, folder):
    tensorflow.signatures["serving_default"] = signature = Signature()
    assert len(SavedModel(folder).write([b"p"] * 70, ["q"] * 70)) == 70
    assert [pictures[0] for pictures, _ in signature.calls] == [32, 32, 6]


@pytest.mark.parametrize("signatures", [{}, {"serving_default": Signature(name="photo")}, {"other": Signature()}])
def test_another_model(tensorflow, folder, signatures):
    tensorflow.signatures.update(signatures)
    with pytest.raises(InputError, match=r"not the original's model, whose signature takes input_text"):
        SavedModel(folder)


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (OpError("No OpKernel 'TPUPartitionedCall'\nmore"), "'TPUPartitionedCall'); it is the variant for TPUs"),
        (OpError("Invalid JPEG"), "failed (Invalid JPEG); get it anew"),
    ],
)
def test_a_model_that_fails(tensorflow, folder, error, said):
    tensorflow.signatures["serving_default"] = Signature(error=error)
    with pytest.raises(InputError) as caught:
        SavedModel(folder).write([b"p"], ["q"])
    assert said in str(caught.value)


def test_a_tpu_is_made_ready(tensorflow, folder):
    tensorflow.signatures["serving_default"] = Signature()
    SavedModel(folder)
    assert tensorflow.started == []
    tensorflow.tpus.append("TPU:0")
    SavedModel(folder)
    assert tensorflow.started == ["local", "local"]


@pytest.mark.parametrize(
    ("version", "before", "after"),
    [("2.17.1", None, None), ("2.18.0rc1", None, savedmodel.UNFUSED), ("2.20.0", "--mine", "--mine")],
)
def test_newer_versions_are_kept_from_fusing(tensorflow, folder, monkeypatch, version, before, after):
    tensorflow.signatures["serving_default"] = Signature()
    monkeypatch.setattr(savedmodel.metadata, "version", lambda name: version)
    if before:
        os.environ["XLA_FLAGS"] = before
    SavedModel(folder)
    assert os.environ.get("XLA_FLAGS") == after


def test_without_tensorflow(folder, monkeypatch):
    monkeypatch.setitem(sys.modules, "tensorflow", None)
    with pytest.raises(InputError, match=r"needs tensorflow: pip install 'inksight\[tensorflow\]'"):
        tracer(TraceOptions(model=str(folder)))


def test_what_is_no_saved_model(tmp_path, folder):
    assert is_saved_model(folder)
    assert not is_saved_model(tmp_path / "missing")
    archive = tmp_path / "small-p-cpu.zip"
    archive.touch()
    for path, advice in [
        (tmp_path / "missing", r"missing: not a model \(config.json is missing\); give a model's folder"),
        (archive, "unpack it, and name the folder"),
        (tmp_path, f"name the folder in it, {folder}"),
    ]:
        with pytest.raises(InputError, match=advice):
            model_folder(path)


@pytest.fixture
def picture(tmp_path):
    path = tmp_path / "a.png"
    Image.fromarray(wave()[0]).save(path)
    return str(path)


def test_the_command_line_says_what_is_missing(folder, picture, monkeypatch):
    monkeypatch.setitem(sys.modules, "tensorflow", None)
    result = CliRunner().invoke(main, ["word", picture, "--model", str(folder)])
    assert result.exit_code == 2
    assert result.stderr.splitlines() == [
        "inksight: the original's released model needs tensorflow: pip install 'inksight[tensorflow]'"
    ]


def test_its_derenderings_are_called_as_its_folder(folder, picture, tmp_path, monkeypatch):
    monkeypatch.setattr("inksight.pipeline.tracer", lambda *_: Tracer(Released(Columns())))
    given = ["derenderings", "write", picture, "-o", str(tmp_path / "set"), "--dataset", "IAM", "--model", str(folder)]
    result = CliRunner().invoke(main, given)
    assert result.exit_code == 0, result.stderr
    (example,) = find(tmp_path / "set")
    assert set(example.inks) == {("small-p", "vanilla"), ("small-p", "r+d")}
