"""Libraries that only some uses need, each in an extra named after what it gives."""

from __future__ import annotations

from importlib import import_module
from types import ModuleType

from .errors import InputError


def load(module: str, extra: str, use: str) -> ModuleType:
    """The module, imported now. Raises InputError that says which extra to install for `use` where it is missing."""
    try:
        return import_module(module)
    except ImportError as error:
        raise InputError(f"{use} needs {module.partition('.')[0]}: pip install 'inksight[{extra}]'") from error
