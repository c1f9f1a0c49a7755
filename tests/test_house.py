"""The script that measures the house, on a package small enough to count by hand."""

import json

import pytest

from bench import house

FILES = {
    "src/inksight/__init__.py": '__version__ = "1"\n',
    "src/inksight/low.py": "SIZE, _NAMES = 3, ('a', 'b')\nRATES = {'x': -0.5}\nready = 7\n\n\n"
    "def f():\n    '''Text.'''\n    return 1\n",
    "src/inksight/room/__init__.py": "",
    "src/inksight/room/a.py": "from ..low import f\nfrom . import b\nfrom .. import __version__\n",
    "src/inksight/room/b.py": "def g():\n    from .a import f\n\n    return f\n",
    "src/inksight/models/m/config.json": json.dumps({"calibration": {"ink": [1, 2.5], "most": 3}, "size": 9}),
    "browser/x.js": "let a;\nlet b;\n",
    "tests/test_x.py": "assert 1\n" * 6,
}


@pytest.fixture
def root(tmp_path):
    for name, text in FILES.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    return tmp_path


def test_the_facts(root):
    facts = house.facts(root)
    assert facts["modules, lines of Python"] == "5, 16"
    assert (facts["modules at the top"], facts["rooms"]) == ("1", "1")
    assert facts["function, median and longest"] == "3, 4 (g)"
    assert facts["lines of tests to lines of code"] == f"{6 / 16:.2f}"
    assert facts["lines of JavaScript"] == "2"
    assert (facts["numbers set by hand"], facts["numbers in calibrations"]) == ("2", "3")
    assert facts["inksight/room: files, lines"] == "3, 7"


def test_circles_are_seen_where_they_are(root):
    facts = house.facts(root)
    assert (facts["imports in circles of modules"], facts["imports in circles of rooms"]) == ("2", "0")
    (root / "src/inksight/low.py").write_text("def f():\n    from .room import b\n")
    facts = house.facts(root)
    assert (facts["imports in circles of modules"], facts["imports in circles of rooms"]) == ("4", "2")
