"""`inksight models`, and the shipped models' folders."""

import numpy as np
from click.testing import CliRunner

from inksight.cli import main
from inksight.cli.models import _count
from inksight.recognition.models import DEFAULT_MODEL, MODELS, model_folder, shipped


def test_lists_what_is_there_and_where_the_rest_is():
    result = CliRunner().invoke(main, ["models"])
    assert result.exit_code == 0
    lines = result.output.splitlines()
    assert lines[1].split()[0] == DEFAULT_MODEL == shipped()[0]
    assert lines[1].endswith(" MB, Apache-2.0")
    assert ("million parameters" in lines[1]) == (_count(MODELS / DEFAULT_MODEL / "model.safetensors") > 0)
    for name in shipped():
        assert str(MODELS / name) in result.output
    for said in ("Derendering/InkSight-Small-p", "non-commerical", "inksight[tensorflow]", "saved_model.pb"):
        assert said in result.output
    assert max(len(line) for line in lines if str(MODELS) not in line) <= 120


def test_counts_weights(tmp_path):
    header = b'{"__metadata__": {"a": "b"}, "w": {"dtype": "F16", "shape": [3, 4]}, "b": {"dtype": "F16", "shape": []}}'
    path = tmp_path / "model.safetensors"
    path.write_bytes(len(header).to_bytes(8, "little") + header + np.zeros(26, np.uint8).tobytes())
    assert _count(path) == 13
    assert _count(tmp_path / "missing") == 0


def test_every_shipped_model_is_whole():
    assert [model_folder(name).name for name in shipped()] == shipped()
