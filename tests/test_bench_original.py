"""bench.original's report, with a stand-in for the network."""

import json
import sys

import numpy as np
import pytest

from bench import original
from inksight.formats.dataset import PackedInk
from tests.columns import Columns
from tests.synthetic import write_packed


@pytest.fixture
def data(tmp_path):
    """A data folder of two words, each a wave that has one point in each column."""
    ink = tmp_path / "data" / "ink"
    ink.mkdir(parents=True)
    (ink / "unipen_split.json").write_text(json.dumps({"test": ["a"], "val": []}))
    x = np.arange(0, 1200, 10)
    wave = np.stack([x, 200 * np.sin(x / 150)], axis=1).astype(np.int32)
    words = [PackedInk("wave", "a", "synthetic", [w], 400.0) for w in (wave, wave * (1, -1))]
    write_packed(ink / "unipen_words.npz", words[:1])
    write_packed(ink / "unipen_textwords.npz", words[1:])
    return tmp_path / "data"


@pytest.fixture
def run(data, tmp_path, monkeypatch, capsys):
    def of(*flags):
        writers = []
        monkeypatch.setattr(original, "Checkpoint", lambda folder, device: writers.append(Columns()) or writers[0])
        monkeypatch.setattr(sys, "argv", ["original", str(tmp_path), str(data), *flags])
        original.main()
        return writers[0], capsys.readouterr().out

    return of


def test_scores_are_those_of_the_ink(run, tmp_path):
    writer, table = run("--words", "2", "-o", str(tmp_path / "report"))
    assert table.startswith("|")
    report = json.loads((tmp_path / "report" / "report.json").read_text())
    scores = report["summary"]["model"]
    assert scores["cer"]["mean"] == 0
    assert scores["ldtw"]["mean"] < 6 < report["summary"]["mirrored"]["ldtw"]["mean"]
    assert scores["direction"]["mean"] > 0.9
    assert [w["origin"] for w in report["words"]] == ["recognize-and-derender"] * 2
    assert writer.seen[0][0, 0].tolist() == [255, 255, 255]


def test_as_published_the_photo_is_shown(run):
    writer, table = run("--words", "1", "--published", "--mode", "derender-with-text")
    assert writer.asked[0] == "Derender the ink: wave"
    assert (writer.seen[0][:20] < 20).all()
    assert "shuffled" in table


def test_a_folder_without_weights(data, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", ["original", str(tmp_path), str(data)])
    with pytest.raises(SystemExit) as stopped:
        original.main()
    assert stopped.value.code == 2
    assert "no run of train.train_original" in capsys.readouterr().err
