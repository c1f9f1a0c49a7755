"""The experiment "does derendered ink help a recogniser", in small."""

import json
import sys

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from bench import recogniser  # noqa: E402
from inksight.formats.dataset import PackedInk, pack  # noqa: E402
from inksight.ink import Stroke, Word  # noqa: E402


@pytest.fixture
def data(tmp_path):
    (tmp_path / "ink").mkdir()
    rng = np.random.default_rng(0)
    rows = [
        PackedInk(f"ab{i}", f"{who}/{i % 3}", "x", [rng.integers(0, 99, (30, 2), np.int32)], 0.0)
        for i in range(12)
        for who in ("train", "val", "test")
    ]
    for name in ("unipen_words", "unipen_textwords"):
        (tmp_path / "ink" / f"{name}.npz").write_bytes(pack(rows))
    split = {"test": [f"test/{i}" for i in range(3)], "val": [f"val/{i}" for i in range(3)]}
    (tmp_path / "ink" / "unipen_split.json").write_text(json.dumps(split))
    return tmp_path


def test_words_are_of_the_split_and_each_writers_turn_comes(data):
    some = recogniser.ink_of(data / "ink", "train", 6, 0)
    assert sorted(w.writer for w in some) == [f"train/{i}" for i in (0, 0, 1, 1, 2, 2)]
    assert {w.writer.split("/")[0] for w in recogniser.ink_of(data / "ink", "val", 99, 0)} == {"val"}


def test_it_runs_and_keeps_the_derendered_ink(data, tmp_path, monkeypatch, capsys):
    told = []

    def trace_many(pictures, *, mode, texts, model):
        told.extend(texts)
        return [Word((Stroke([[0, 0], [20.5, 30], [40, 0]]),)) for _ in pictures[1:]] + [Word()]

    monkeypatch.setattr(recogniser, "trace_many", trace_many)
    arguments = [data, "--words", 6, "--steps", 2, "--batch", 4, "--val", 5, "--cache", tmp_path / "cache"]
    monkeypatch.setattr(sys, "argv", ["", *map(str, arguments), "-o", str(tmp_path / "table.md")])
    recogniser.main()
    assert len(told) == 6
    table = (tmp_path / "table.md").read_text()
    assert "| real A | 6 |" in table
    assert "| derendered B | 5 |" in table  # the one that came out empty is left out
    assert "| real A + derendered B | 11 |" in table
    recogniser.main()
    assert len(told) == 6  # the second run takes the inks from the cache
    monkeypatch.setattr(sys, "argv", [*sys.argv, "--seed", "1"])
    recogniser.main()
    assert len(told) == 12
