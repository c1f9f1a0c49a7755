"""How the house stands: sizes, circles of imports, tests, and numbers set by hand, as a table.

    python -m bench.house [FOLDER ...]     a column for each checkout; this one, if none is named

- A function's length is that of its code from `def` to its end, without its docstring.
- A circle is a set of modules (or rooms, the folders right inside src/inksight, a lone module being one) each of which
  imports every other, if by way of others; imports inside functions and for types count as all do. What is asked of the
  package itself (`inksight.__version__`), a table of names, isn't followed.
- A number set by hand stands in a constant in capitals at the top of a module. Those in a model's config.json under
  "calibration" are fitted.
"""

from __future__ import annotations

import ast
import json
import sys
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from statistics import median
from typing import NamedTuple

HERE = Path(__file__).parent.parent
PACKAGE = "inksight"

Graph = Mapping[str, set[str]]


class Module(NamedTuple):
    """A module of the package: its full name, whether it is a package's own, its text and its syntax."""

    name: str
    is_package: bool
    text: str
    tree: ast.Module

    @property
    def room(self) -> str:
        parts = self.name.split(".")
        return parts[1] if len(parts) > 1 else PACKAGE


def modules(root: Path) -> dict[str, Module]:
    """All modules of the package, by name."""
    found = {}
    for path in sorted((root / "src" / PACKAGE).rglob("*.py")):
        parts = path.relative_to(root / "src").with_suffix("").parts
        own = parts[-1] == "__init__"
        name, text = ".".join(parts[:-1] if own else parts), path.read_text("utf-8")
        found[name] = Module(name, own, text, ast.parse(text))
    return found


def imports(module: Module, known: Iterable[str]) -> set[str]:
    """The modules among those known that a module imports, anywhere in it."""
    names = set(known)
    base = module.name.split(".") if module.is_package else module.name.split(".")[:-1]
    full = set()
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Import):
            full |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            start = base[: len(base) - node.level + 1] if node.level else []
            full |= {".".join([*start, *filter(None, [node.module]), alias.name]) for alias in node.names}
    meant = {name if name in names else name.rpartition(".")[0] for name in full}
    return (meant & names) - {module.name, PACKAGE}


def in_circles(graph: Graph) -> set[tuple[str, str]]:
    """The imports that lie in a circle."""
    reach = {node: _reachable(graph, node) for node in graph}
    return {(a, b) for a, targets in graph.items() for b in targets if a in reach[b]}


def _reachable(graph: Graph, start: str) -> set[str]:
    seen: set[str] = set()
    todo = [start]
    while todo:
        for node in graph[todo.pop()] - seen:
            seen.add(node)
            todo.append(node)
    return seen


def by_room(graph: Graph, room: Mapping[str, str]) -> dict[str, set[str]]:
    """The same between rooms."""
    rooms: dict[str, set[str]] = {r: set() for r in room.values()}
    for a, targets in graph.items():
        rooms[room[a]] |= {room[b] for b in targets} - {room[a]}
    return rooms


def function_lengths(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """(lines of code, name) of each function."""
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            lines = (node.end_lineno or node.lineno) - node.lineno + 1
            first = node.body[0]
            if ast.get_docstring(node) is not None:
                lines -= (first.end_lineno or first.lineno) - first.lineno + 1
            yield lines, node.name


def numbers_set_by_hand(tree: ast.Module) -> int:
    """How many numbers stand in constants at the top of a module."""
    values = []
    for node in tree.body:
        if isinstance(node, ast.Assign | ast.AnnAssign) and node.value is not None:
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            names = [n.id for t in targets for n in ast.walk(t) if isinstance(n, ast.Name)]
            if names and all(n.lstrip("_").isupper() for n in names):
                values += [v.value for v in ast.walk(node.value) if isinstance(v, ast.Constant)]
    return sum(isinstance(v, int | float) and not isinstance(v, bool) for v in values)


def fitted_numbers(root: Path) -> int:
    """How many numbers the shipped models' calibrations hold."""
    total = 0
    for path in (root / "src" / PACKAGE / "models").glob("*/config.json"):
        total += _count(json.loads(path.read_text("utf-8")).get("calibration", {}))
    return total


def _count(value: object) -> int:
    if isinstance(value, Mapping):
        return sum(map(_count, value.values()))
    return sum(map(_count, value)) if isinstance(value, list) else 1


def lines(paths: Iterable[Path]) -> int:
    """How many lines the files have together."""
    return sum(len(p.read_text("utf-8").splitlines()) for p in paths)


def facts(root: Path) -> dict[str, str]:
    """The table's column of a checkout."""
    found = modules(root)
    room = {name: module.room for name, module in found.items()}
    graph = {name: imports(module, found) for name, module in found.items()}
    functions = [f for module in found.values() for f in function_lengths(module.tree)]
    longest, name = max(functions)
    code = sum(len(m.text.splitlines()) for m in found.values())
    tests = lines((root / "tests").rglob("*.py"))
    scripts = [*(root / "browser").rglob("*.js"), *(root / "src" / PACKAGE / "web").rglob("*.js")]
    lone = [m for m in found.values() if m.name.count(".") == 1 and not m.is_package]
    out = {
        "modules, lines of Python": f"{len(found)}, {code:,}",
        "modules at the top": str(len(lone)),
        "rooms": str(len({room[m.name] for m in found.values() if m.name.count(".") > 1})),
        "function, median and longest": f"{median(n for n, _ in functions):g}, {longest} ({name})",
        "imports in circles of modules": str(len(in_circles(graph))),
        "imports in circles of rooms": str(len(in_circles(by_room(graph, room)))),
        "lines of tests to lines of code": f"{tests / code:.2f}",
        "lines of JavaScript": f"{lines(scripts):,}",
        "numbers set by hand": str(sum(numbers_set_by_hand(m.tree) for m in found.values())),
        "numbers in calibrations": str(fitted_numbers(root)),
    }
    sizes: dict[str, list[int]] = defaultdict(list)
    for module in found.values():
        if module.name.count(".") > 1 or (module.is_package and module.name != PACKAGE):
            sizes[module.room].append(len(module.text.splitlines()))
    return out | {f"{PACKAGE}/{r}: files, lines": f"{len(s)}, {sum(s):,}" for r, s in sorted(sizes.items())}


def main() -> None:
    """Print the table."""
    roots = [Path(a) for a in sys.argv[1:]] or [HERE]
    columns = [facts(root) for root in roots]
    print("|".join(["| ", *(f" {root.name} " for root in roots), ""]))
    print("| --- " * (len(roots) + 1) + "|")
    for key in dict.fromkeys(k for column in columns for k in column):
        print(" | ".join([f"| {key}", *(column.get(key, "") for column in columns)]) + " |")


if __name__ == "__main__":
    main()
