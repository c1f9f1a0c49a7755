"""The example notebook runs from top to bottom."""

import json
from pathlib import Path

from inksight.options import MODES

EXAMPLES = Path(__file__).parent.parent / "examples"


def test_the_notebook_runs(monkeypatch, capsys):
    notebook = json.loads((EXAMPLES / "notebook.ipynb").read_text(encoding="utf-8"))
    assert notebook["nbformat"] == 4
    monkeypatch.chdir(EXAMPLES)
    names = {"__name__": "__main__"}
    for number, cell in enumerate(notebook["cells"]):
        if cell["cell_type"] == "code":
            assert not cell["outputs"]
            exec(compile("".join(cell["source"]), f"cell {number}", "exec"), names)
    said = capsys.readouterr().out
    assert "'willow'" in said
    assert all(f"{mode}: " in said for mode in MODES[:3])
    assert "In doubt: \n" not in said
    assert "a drawing" in said
    assert "sketch.gif" in said
