"""The rooms of the package: imports go one way, from the first of them to the last, and nowhere in a circle."""

import ast
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

import inksight

ROOMS = (
    "errors", "interrupt", "threads", "options", "arrays", "alphabets", "ink", "writing", "formats", "imaging",
    "centerline", "layout", "recognition", "report", "batch", "evaluate", "original", "pipeline", "search", "web",
    "cli", "__main__",
)  # fmt: skip
"""Each knows those before it alone."""
FRONT_DOOR = {"inksight.__version__", "inksight.write"}
"""What any room may ask of the package itself, which is a table of names and loads nothing."""

SOURCE = Path(inksight.__file__).parent


def named(path):
    """(the module's full name, whether it is a package)"""
    parts = ("inksight", *path.relative_to(SOURCE).with_suffix("").parts)
    return (".".join(parts[:-1]), True) if parts[-1] == "__init__" else (".".join(parts), False)


MODULES = {named(path)[0]: path for path in SOURCE.rglob("*.py")}


def imported(name):
    """The full names that a module of ours imports from the package, anywhere in it, for types as well."""
    path = MODULES[name]
    package = name.split(".") if named(path)[1] else name.split(".")[:-1]
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else []
            yield from (".".join([*base, *filter(None, [node.module]), alias.name]) for alias in node.names)


def ours(name):
    """The modules of ours that a module imports, without what it asks at the front door."""
    for full in imported(name):
        if full.split(".")[0] == "inksight" and full not in FRONT_DOOR:
            yield full if full in MODULES else full.rpartition(".")[0]


def room(name):
    return name.split(".")[1]


def test_every_room_has_its_place():
    assert {room(name) for name in MODULES if name != "inksight"} == set(ROOMS)


@pytest.mark.parametrize("name", sorted(MODULES.keys() - {"inksight"}))
def test_imports_go_one_way(name):
    back = {n for n in ours(name) if n == "inksight" or ROOMS.index(room(n)) > ROOMS.index(room(name))}
    assert not back, f"{name} imports what is built on it"


def test_no_module_imports_itself_by_way_of_others():
    TopologicalSorter({name: set(ours(name)) - {name} for name in MODULES if name != "inksight"}).prepare()


def test_a_way_back_is_seen(monkeypatch, tmp_path):
    module = tmp_path / "curves.py"
    module.write_text("def f():\n    from ..pipeline import convert\n    from .. import formats, __version__\n")
    monkeypatch.setitem(MODULES, "inksight.ink.curves", module)
    monkeypatch.setitem(globals(), "named", lambda path: ("inksight.ink.curves", False))
    assert set(ours("inksight.ink.curves")) == {"inksight.pipeline", "inksight.formats"}
    with pytest.raises(AssertionError, match="built on it"):
        test_imports_go_one_way("inksight.ink.curves")
