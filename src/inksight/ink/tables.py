"""Where lines stand in tables, and the texts of a table's cells."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import groupby
from typing import NamedTuple, Protocol, TypeVar

from ..alphabets import in_a_row

MOST_COLUMNS = 200
"""A table has at most so many."""


class Cell(NamedTuple):
    """A place in one of a page's tables, each number counting from 0."""

    table: int
    row: int
    column: int


class Placed(Protocol):
    """A line that says in which cell it stands, if in any."""

    @property
    def cell(self) -> Cell | None: ...

    @property
    def text(self) -> str: ...


L = TypeVar("L", bound=Placed)


def apart(lines: Iterable[L]) -> list[tuple[int | None, list[L]]]:
    """Lines that follow each other and are in the same table, with its number, or in none, with None."""
    groups = groupby(lines, lambda line: None if line.cell is None else line.cell.table)
    return [(table, list(members)) for table, members in groups]


def rows(lines: Sequence[Placed]) -> list[list[str]]:
    """The texts of the cells of a table, whose lines these are: rows of equal length. Rows and columns without any text
    are left out."""
    texts: dict[tuple[int, int], list[str]] = {}
    for line in lines:
        if line.cell is not None and line.text:
            texts.setdefault(line.cell[1:], []).append(line.text)
    across = sorted({column for _, column in texts})
    return [[in_a_row(texts.get((row, k), [])) for k in across] for row in sorted({row for row, _ in texts})]
