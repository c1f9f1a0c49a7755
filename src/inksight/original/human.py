"""Ink that people traced, out of a NumPy file of pickled objects, without running what the pickle asks for.

The file holds one dict, from the ids of examples to inks: objects with `strokes`, which have `x` and `y`. Their classes
belong to a program that isn't here, and a pickle may call anything. So every name in it stands for an inert record, and
arrays are put together here, from their bytes.
"""

from __future__ import annotations

import pickle
import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from ..errors import InputError
from ..ink import Stroke


def read_traces(path: str | Path) -> dict[str, tuple[Stroke, ...]]:
    """Strokes for each id, in the file's own frame; x and y may be lists or arrays. Raises InputError."""
    try:
        with open(path, "rb") as file:
            content = _content(file)
        if not isinstance(content, Mapping):
            raise ValueError("holds no dict")
        return {_text(key): _strokes(ink) for key, ink in content.items()}
    except OSError as error:
        raise InputError(f"{path}: can't be read: {error.strerror}") from error
    except Exception as error:  # unpickling what isn't a pickle raises nearly anything
        raise InputError(f"{path}: not a file of human traces ({error}); download it again") from error


def _content(file: BinaryIO) -> Any:
    """What a .npy file of objects holds."""
    version = np.lib.format.read_magic(file)
    header = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
    if header(file)[2] != np.dtype(object):
        raise ValueError("holds numbers, not inks")
    content = _Unpickler(file).load()
    values = content.values if isinstance(content, _Array) else content
    return values[0] if isinstance(values, list) and len(values) == 1 else values


class _Unpickler(pickle.Unpickler):
    """Finds nothing but the stand-ins below."""

    def find_class(self, module: str, name: str) -> Any:
        if module.partition(".")[0] == "numpy":
            return _NUMPY.get(name, _Record)
        return _Record


class _Record:
    """An object of any class: its attributes, and what it was made from."""

    def __init__(self, *args: Any) -> None:
        self.args = args


class _Dtype(_Record):
    """The type of an array's values."""

    order = "="

    def __setstate__(self, state: Sequence[Any]) -> None:
        self.order = _text(state[1]).replace("|", "=")

    @property
    def numeric(self) -> np.dtype[Any]:
        code = _text(self.args[0])
        if not re.fullmatch(r"[iuf][1248]", code) or self.order not in "<>=":
            raise ValueError(f"an array of '{code}'")
        return np.dtype(self.order + code)


class _Array(_Record):
    """An array: a list of objects, or numbers."""

    values: Any = ()

    def __setstate__(self, state: Sequence[Any]) -> None:
        _, shape, dtype, fortran, data = state
        if isinstance(data, list):
            self.values = data
        else:
            self.values = np.frombuffer(data, dtype.numeric).reshape(shape, order="F" if fortran else "C")


def _scalar(dtype: _Dtype, data: bytes) -> float:
    return float(np.frombuffer(data, dtype.numeric)[0])


_NUMPY: dict[str, Callable[..., Any]] = {"_reconstruct": _Array, "ndarray": _Array, "dtype": _Dtype, "scalar": _scalar}


def _text(value: Any) -> str:
    return value.decode() if isinstance(value, bytes) else str(value)


def _strokes(ink: Any) -> tuple[Stroke, ...]:
    """The strokes of an ink that have points."""
    points = [np.stack([_numbers(_part(s, "x")), _numbers(_part(s, "y"))], axis=1) for s in _part(ink, "strokes")]
    return tuple(Stroke(p) for p in points if len(p))


def _part(thing: Any, name: str) -> Any:
    """A part of a record, also of one that was pickled as a dict."""
    found = thing.get(name) if isinstance(thing, dict) else getattr(thing, name, None)
    if found is None:
        raise ValueError(f"an ink without {name}")
    return found


def _numbers(values: Any) -> Any:
    return np.asarray(values.values if isinstance(values, _Array) else values, np.float64).reshape(-1)
