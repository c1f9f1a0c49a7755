"""What users are meant to see: the one error, also raised for libraries that only some uses need."""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec
from types import ModuleType

LONGEST = 1000
"""Characters of a message."""


class InputError(Exception):
    """The input can't be used. The message is one line that names the file and what to do about it.

    The command line prints it and exits with code 2; library callers may catch it.
    """

    def __init__(self, message: str) -> None:
        super().__init__(one_line(message))


def one_line(text: str) -> str:
    """The text as one line of at most LONGEST characters: names of files may hold line breaks and worse."""
    shown = "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)
    return shown if len(shown) <= LONGEST else f"{shown[: LONGEST // 2]} ... {shown[-LONGEST // 2 :]}"


def lacking(module: str, extra: str, use: str) -> str | None:
    """What to install for `use`, unless the module is there."""
    return None if find_spec(module) else f"{use} needs {module}: pip install 'inksight[{extra}]'"


def require(module: str, extra: str, use: str) -> ModuleType:
    """The module, imported now. Raises InputError that says which extra to install for `use` where it is missing."""
    try:
        return import_module(module)
    except ImportError as error:
        raise InputError(f"{use} needs {module.partition('.')[0]}: pip install 'inksight[{extra}]'") from error
