"""The shipped engine: ONNX Runtime on the CPU, one thread, a key-value cache that is never copied from step to step.

A decoder's inputs and outputs are arrays that stay where they are and are bound to the session once; a step writes the
few numbers that change. Several threads may use one engine, each with decoders of its own.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from copy import copy
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..errors import InputError
from ..interrupt import checkpoint
from . import calibration
from .language import LanguageModel, Mixture, of_language
from .models import model_folder
from .tokens import Vocabulary

F32 = NDArray[np.float32]
I64 = NDArray[np.int64]

CELL = 4
"""Side in canvas pixels of a cell of the map that says where strokes begin."""
OFF = np.float32(-1e9)
_CHUNK = 48  # the cache grows by this many steps


class Fed(NamedTuple):
    """What a decoder takes in at a step, a row for each of B samples."""

    ids: I64
    """The last decision's id (B,)."""
    xy: I64
    """Where the pen is, in canvas pixels (B, 2); 0 before the ink."""
    move: I64
    """How it came there (B, 2)."""
    drawn: F32
    """1 for cells that are drawn already (B, cells)."""
    allowed: F32
    """0 where a stroke may begin, OFF elsewhere (B, cells + 1); the last: whether the ink may be complete."""

    @classmethod
    def letters(cls, ids: I64, cells: int) -> Fed:
        """Steps of text: without a place, and with nothing drawn."""
        xy, move = np.zeros((2, len(ids), 2), np.int64)
        return cls(ids, xy, move, np.zeros((len(ids), cells), np.float32), np.zeros((len(ids), cells + 1), np.float32))

    def rows(self, chosen: I64) -> Fed:
        """Those of these samples, in this order."""
        return Fed(self.ids[chosen], self.xy[chosen], self.move[chosen], self.drawn[chosen], self.allowed[chosen])


class Choices(NamedTuple):
    """What a step found best, for a batch of B samples."""

    text: F32
    """Log-probabilities of the next id (B, V)."""
    lift: F32
    """Probability that the stroke ends here (B,)."""
    move: I64
    """The likeliest next move, dx and dy in canvas pixels (B, 2)."""
    move_p: F32
    """Its probability (B,)."""
    start: I64
    """The likeliest allowed cell where the next stroke begins (B,); the number of cells: the ink is complete."""
    start_p: F32
    """Its probability among all cells (B,)."""
    inside: I64
    """The likeliest pixel of that cell, counted row by row (B,)."""

    def copied(self) -> Choices:
        """The same in arrays that no further step changes."""
        floats = self.text.copy(), self.lift.copy(), self.move.copy(), self.move_p.copy()
        return Choices(*floats, self.start.copy(), self.start_p.copy(), self.inside.copy())


_ONE_CELL: dict[str, Any] = {"near": np.s_[..., :2], "far": np.s_[..., :1], "keys": np.s_[:, :, :1]}
"""The part of the pen's maps that is one cell wide."""


class Memory(NamedTuple):
    """What the encoder makes of pictures."""

    ctc: Sequence[F32]
    """Log-probabilities (columns, V) of each picture; id 0 is the blank."""
    maps: dict[str, NDArray[Any]]
    """What each decoder step reads; every array's first axis is the batch, and those of narrow pictures end in zeros.
    "across" says how many cells of a row are a picture's own."""

    def to_read(self, rows: I64) -> Memory:
        """That of these pictures, in this order, for steps of text alone: they have no place, and see no maps.

        Of the maps as little is kept as the decoder takes, cells of one column.
        """
        little = {k: v[_ONE_CELL.get(k, ...)][rows] for k, v in self.maps.items()}
        return Memory([self.ctc[i] for i in rows.tolist()], little)


class Engine:
    """A model's two graphs. Raises InputError when the folder is not a model of this format."""

    def __init__(self, model: str | Path | None = None) -> None:
        folder = model_folder(model)
        config = _config(folder / "config.json")
        self.calibration = calibration.read(folder)
        self.vocabulary = Vocabulary(config["characters"])
        self.height, self.max_width = config["height"], config["max_width"]
        self.layers, self.heads = config["decoder_layers"], config["heads"]
        self.head_width = config["width"] // self.heads
        self._encoder, self._decoder = _session(folder / "encoder.onnx"), _session(folder / "decoder.onnx")
        language = folder / "language.npz"
        self.language = LanguageModel(language) if language.is_file() else None
        self._names = [o.name for o in self._encoder.get_outputs()]
        if not self._fits_together():
            raise InputError(f"{folder}: its files don't belong together; export the model again")

    def with_language(self, code: str) -> Engine:
        """The same model, reading with the letters of one of options.LANGUAGES in mind."""
        other = copy(self)
        own, letters = self.language, of_language(code)
        other.language = Mixture(own, letters) if own else letters
        return other

    def _fits_together(self) -> bool:
        """Whether the decoder takes what the encoder gives, and caches of as many layers as the config says."""
        caches = {f"own_{n}{i}" for i in range(self.layers) for n in "kv"}
        fed = (
            {"ids", "xy", "move", "step", "drawn", "allowed", "unused", "across"} | set(self._names) - {"ctc"} | caches
        )
        return "ctc" in self._names and {i.name for i in self._decoder.get_inputs()} == fed

    def encode(self, canvases: Sequence[F32]) -> Memory:
        """Standardised canvases (height, W), each W a multiple of 32; those of one width are encoded together."""
        widths = np.array([c.shape[1] for c in canvases])
        groups = [np.flatnonzero(widths == w) for w in np.unique(widths)]
        found = [self._encoded(np.stack([canvases[i] for i in rows.tolist()])) for rows in groups]
        columns = {i: m["ctc"][k] for rows, m in zip(groups, found, strict=True) for k, i in enumerate(rows.tolist())}
        maps = {name: _as_one(groups, [m[name] for m in found]) for name in self._names if name != "ctc"}
        return Memory([columns[i] for i in range(len(canvases))], {**maps, "across": widths // CELL})

    def _encoded(self, pictures: F32) -> dict[str, F32]:
        """The encoder's outputs for pictures (B, height, W)."""
        checkpoint()
        values = self._encoder.run(None, {"picture": np.ascontiguousarray(pictures[:, None], np.float32)})
        return dict(zip(self._names, values, strict=True))

    def decoder(self, memory: Memory) -> Decoder:
        """A decoder at step 0 for the memory's pictures. The maps are its own then: it changes them in `keep`."""
        return Decoder(self._decoder, memory, self.layers, self.heads, self.head_width)


def _as_one(groups: Sequence[I64], parts: Sequence[F32]) -> F32:
    """Arrays whose rows belong to these places of the batch as one, filled up with zeros to the size of the largest."""
    if len(parts) == 1:
        return parts[0]
    size = np.max([p.shape[1:] for p in parts], axis=0)
    whole = np.zeros((sum(map(len, parts)), *size), np.float32)
    for rows, part in zip(groups, parts, strict=True):
        place: tuple[Any, ...] = (rows, *map(slice, part.shape[1:]))
        whole[place] = part
    return whole


class Decoder:
    """Steps for a batch, with its cache."""

    def __init__(self, session: Any, memory: Memory, layers: int, heads: int, head_width: int) -> None:
        self._session = session
        self._memory = {k: np.ascontiguousarray(v) for k, v in memory.maps.items()}
        self._batch, self._vocabulary = len(memory.ctc), memory.ctc[0].shape[1]
        self._layers, self._shape = layers, (heads, head_width)
        self._step = 0
        self._unused = np.zeros(0, np.float32)
        self._own: dict[str, F32] = {}
        self._grow()

    @property
    def cells(self) -> int:
        """How many cells the widest canvas has."""
        _, rows, columns, _ = self._memory["keys"].shape
        return int(rows * columns)

    def _grow(self) -> None:
        """Room for more steps; the only time that the cache is copied."""
        heads, width = self._shape
        room = len(self._unused) + _CHUNK
        self._unused = np.concatenate([self._unused, np.full(_CHUNK, OFF)])
        for i in range(self._layers):
            for name, shape in (("own_k", (width, room)), ("own_v", (room, width))):
                fresh = np.zeros((self._batch, heads, *shape), np.float32)
                before = self._own.get(f"{name}{i}")
                if before is not None:
                    fresh[:, :, : before.shape[2], : before.shape[3]] = before
                self._own[f"{name}{i}"] = fresh
        self._bind()

    def _bind(self) -> None:
        """Tell the session where everything lies."""
        b, (heads, width), cells = self._batch, self._shape, self.cells
        self._asked: dict[str, NDArray[Any]] = {
            "ids": np.zeros(b, np.int64), "xy": np.zeros((b, 2), np.int64), "move": np.zeros((b, 2), np.int64),
            "step": np.zeros(1, np.int64), "drawn": np.zeros((b, cells), np.float32),
            "allowed": np.zeros((b, cells + 1), np.float32),
        }  # fmt: skip
        numbers, wholes = np.zeros((3, b), np.float32), np.zeros((2, b), np.int64)
        text, moved = np.zeros((b, self._vocabulary), np.float32), np.zeros((b, 2), np.int64)
        self._chosen = Choices(text, numbers[0], moved, numbers[1], wholes[0], numbers[2], wholes[1])
        self._fresh = [np.zeros((b, heads, width), np.float32) for _ in range(2 * self._layers)]
        shapes = [(b, heads, width, 1), (b, heads, 1, width)] * self._layers
        fresh = [new.reshape(shape) for new, shape in zip(self._fresh, shapes, strict=True)]
        outputs: list[NDArray[Any]] = [*self._chosen, *fresh]
        self._bound = self._session.io_binding()
        inputs: dict[str, NDArray[Any]] = {**self._asked, "unused": self._unused, **self._memory, **self._own}
        for name, values in inputs.items():
            self._bound.bind_input(name, "cpu", 0, values.dtype, values.shape, values.ctypes.data)
        for output, values in zip(self._session.get_outputs(), outputs, strict=True):
            self._bound.bind_output(output.name, "cpu", 0, values.dtype, values.shape, values.ctypes.data)

    def step(self, fed: Fed) -> Choices:
        """Take in one step and choose the next.

        The step may be asked again with another mask; `advance` then goes on to the next. What is returned is
        overwritten by the next step.
        """
        checkpoint()
        at = self._step
        if at == len(self._unused):
            self._grow()
        for name, values in {**fed._asdict(), "step": at}.items():
            self._asked[name][...] = values
        self._session.run_with_iobinding(self._bound)
        for i in range(self._layers):
            self._own[f"own_k{i}"][..., at] = self._fresh[2 * i]
            self._own[f"own_v{i}"][:, :, at] = self._fresh[2 * i + 1]
        return self._chosen

    def advance(self) -> None:
        """The step taken in last is history from now on."""
        self._unused[self._step] = 0
        self._step += 1

    def keep(self, rows: I64) -> None:
        """Go on with these samples of the batch alone, none of them before its new place: rows[i] >= i."""
        self._batch = len(rows)
        moved = np.flatnonzero(rows != np.arange(len(rows)))
        for arrays in (self._memory, self._own):
            for name, values in arrays.items():
                values[moved] = values[rows[moved]]
                arrays[name] = values[: len(rows)]
        self._bind()


def _config(path: Path) -> dict[str, Any]:
    """A model's config.json, its format and the values that the engine needs checked. Raises InputError."""
    try:
        config: dict[str, Any] = dict(json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError) as error:
        raise InputError(f"{path}: not a model's configuration; export the model again") from error
    if config.get("format") != 1:
        raise InputError(f"{path.parent}: made for another version of inksight (format {config.get('format')}, not 1)")
    for key in ("height", "max_width", "width", "heads", "decoder_layers"):
        if not (isinstance(config.get(key), int) and config[key] > 0):
            raise InputError(f"{path}: {key} must be a positive whole number; export the model again")
    if not isinstance(config.get("characters"), str):
        raise InputError(f"{path}: characters must be a text; export the model again")
    return config


def _session(path: Path) -> Any:
    import onnxruntime  # a fifth of a second: not for a blank page

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1  # words are small: workers scale, threads don't
    options.inter_op_num_threads = 1
    options.log_severity_level = 3
    try:
        return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    except Exception as error:
        raise InputError(f"{path}: ONNX Runtime can't load it ({str(error).splitlines()[0]})") from error
