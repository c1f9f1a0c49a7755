"""The original's shape as bench.speed runs it, with one narrow layer. Skipped without PyTorch."""

import pytest

torch = pytest.importorskip("torch", reason="training needs PyTorch: make train-env")

from bench.speed import original  # noqa: E402


@pytest.mark.filterwarnings("ignore")
def test_graphs_are_made_once_and_write_the_tokens(monkeypatch, tmp_path):
    monkeypatch.setattr(original, "LAYERS", 1)
    monkeypatch.setattr(original, "WIDTH", 192)
    monkeypatch.setattr(original, "VOCABULARY", 50)
    first = original.with_onnx(3, 1, tmp_path)
    made = {p.name: p.stat().st_mtime_ns for p in tmp_path.iterdir()}
    assert set(made) == {"encoder.onnx", "step.onnx"}
    assert first["tokens"] == 3
    assert first["seconds"] > 0
    assert 4 < first["size_mb"] < 10  # in 8 bit: in 32 it would be 23
    original.with_onnx(3, 1, tmp_path)
    assert made == {p.name: p.stat().st_mtime_ns for p in tmp_path.iterdir()}
