"""The reader of ink: its batches, that it learns, goes on where it stopped, and reads the same after export."""

import itertools
import json
import sys
from types import SimpleNamespace

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from inksight.original.online import FEATURES, STRIDE, OnlineRecogniser  # noqa: E402
from train import train_online  # noqa: E402
from train.export_online import export  # noqa: E402
from train.online import CHARACTERS, Batches, OnlineModel, held_out, read_ink, vary, written  # noqa: E402

SHAPES = {"l": [[(0, 0), (0, 40)]], "v": [[(0, 0), (10, 40), (20, 0)]], "t": [[(5, 0), (5, 40)], [(0, 10), (10, 10)]]}


def ink(text):
    """Letters side by side, of straight lines."""
    strokes = []
    for k, letter in enumerate(text):
        for line in SHAPES[letter]:
            dense = [np.linspace(a, b, 12) for a, b in itertools.pairwise(np.array(line, float))]
            strokes.append(np.rint(np.concatenate(dense) + np.array([k * 28, 0])).astype(int))
    return strokes


def words():
    texts = ["".join(t) for n in (1, 2, 3) for t in itertools.product("lvt", repeat=n)]
    return [written(t, f"w{i % 3}", ink(t)) for i, t in enumerate(texts)]


def test_batches_hold_what_the_network_and_the_loss_need():
    points, counts, labels, lengths = next(iter(Batches(words(), 8, 0)))
    assert points.shape == (8, int(counts.max()), FEATURES)
    assert len(labels) == int(lengths.sum())
    assert set(labels.tolist()) <= {CHARACTERS.index(c) + 1 for c in "lvt"}
    assert bool((-(-counts // STRIDE) >= lengths).all())
    assert bool(torch.isfinite(points).all())
    assert OnlineModel()(points).shape == (8, -(-int(counts.max()) // STRIDE), len(CHARACTERS) + 1)


def test_batches_are_decided_by_the_seed():
    one, again, other = (next(iter(Batches(words(), 8, seed)))[0] for seed in (1, 1, 2))
    assert torch.equal(one, again)
    assert one.shape != other.shape or not torch.equal(one, other)


def test_variations_are_small():
    word = words()[-1]
    moved = vary(word.points.astype(float), np.array([len(word.points)]), np.random.default_rng(0))
    centred = word.points - (0, 0.5)
    assert 0 < np.abs(moved - centred).max() < 1.5


@pytest.mark.parametrize("text", ["", "é", "a b", "x" * 25])
def test_labels_that_cannot_be_learnt_are_left_out(text):
    assert written(text, "w", ink("lvtlvtlvtlvt") * 3) is None
    assert written("lv", "w", [np.zeros((1, 2), int)]) is None


def test_held_out_words_are_spread_over_writers():
    assert {w.owner for w in held_out(words(), 3)} == {"w0", "w1", "w2"}
    assert [w.text for w in held_out(words(), 6)[:3]] == [w.text for w in held_out(words(), 3)]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A data folder with a training, a validation and a test writer."""
    from inksight.formats.dataset import PackedInk, pack

    folder = tmp_path_factory.mktemp("ink")
    rows = [PackedInk(w.text, f"{who}/1", "x", ink(w.text), 0.0) for w in words() for who in ("train", "val", "test")]
    for name in ("unipen_words", "unipen_textwords", "unipen_autowords"):
        (folder / f"{name}.npz").write_bytes(pack(rows))
    (folder / "unipen_split.json").write_text(json.dumps({"test": ["test/1"], "val": ["val/1"]}))
    return folder


def test_test_writers_are_in_neither_split(folder):
    assert {w.owner for w in read_ink(folder, "train")} == {"train/1"}
    assert {w.owner for w in read_ink(folder, "val")} == {"val/1"}


def train(folder, out, steps):
    arguments = ["", "--ink", folder, "--out", out, "--batch", 16, "--max-steps", steps, "--check-every", 25]
    sys.argv = [*map(str, arguments), "--average", "0.9", "--lr", "0.01"]
    train_online.main()
    return [json.loads(line) for line in (out / "log.jsonl").read_text().splitlines()]


def test_it_learns_goes_on_and_is_exported(folder, tmp_path, monkeypatch):
    monkeypatch.setattr(sys, "argv", [])
    first = train(folder, tmp_path, 50)
    assert [row["step"] for row in first] == [25, 50, 50]
    rows = train(folder, tmp_path, 125)
    assert rows[: len(first)] == first
    assert rows[-1]["step"] == 125
    assert rows[-1]["samples"] == 2000
    assert rows[-2]["loss"] < 0.3 * rows[0]["loss"]
    assert rows[-1]["val_cer"] < 0.5

    held = read_ink(folder, "val")
    run = SimpleNamespace(model=OnlineModel().eval())
    from safetensors.torch import load_file

    run.model.load_state_dict(load_file(tmp_path / "model.safetensors"))
    expected = train_online.readings(run.model, held, torch.device("cpu"))
    assert sum(a == w.text for a, w in zip(expected, held, strict=True)) > 0.5 * len(held)
    export(tmp_path / "model.safetensors", tmp_path / "float", quantize=False)
    export(tmp_path / "model.safetensors", tmp_path / "small")
    inks = [np.split(w.points, np.cumsum(w.lengths)[:-1]) for w in held]
    assert OnlineRecogniser(tmp_path / "float").read_many(inks) == expected
    small = OnlineRecogniser(tmp_path / "small").read_many(inks)
    assert sum(a == b for a, b in zip(small, expected, strict=True)) > 0.7 * len(held)
    sizes = [(tmp_path / name / "model.onnx").stat().st_size for name in ("float", "small")]
    assert sizes[1] < 0.7 * sizes[0]
