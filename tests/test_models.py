"""`inksight models`, and the shipped models' folders."""

from click.testing import CliRunner

from inksight.cli import main
from inksight.recognition.models import DEFAULT_MODEL, MODELS, model_folder, shipped


def test_lists_what_is_there_and_where_the_rest_is():
    result = CliRunner().invoke(main, ["models"])
    assert result.exit_code == 0
    lines = result.output.splitlines()
    assert lines[1].split()[0] == DEFAULT_MODEL == shipped()[0]
    assert lines[1].endswith(" MB, Apache-2.0")
    assert " million parameters, " in lines[1]
    for name in shipped():
        assert str(MODELS / name) in result.output
    for said in ("Derendering/InkSight-Small-p", "non-commerical", "inksight[tensorflow]", "saved_model.pb"):
        assert said in result.output
    assert max(len(line) for line in lines if str(MODELS) not in line) <= 120


def test_every_shipped_model_is_whole():
    assert [model_folder(name).name for name in shipped()] == shipped()
