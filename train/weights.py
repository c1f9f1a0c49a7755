"""Weights in a file: matrices in 8 bit with a scale for each row, the rest in 16 bit. Larger files are read, too.

Rounding moves a weight by at most 1/254 of the largest of its row, which training on makes good within minutes.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file
from torch import Tensor

from inksight.recognition.tokens import CHARACTERS, FIRST_CHARACTER
from inksight.writing.accents import parts

SCALE = ".scale"
"""What is added to a matrix's name for the name of its rows' scales."""


def save(state: Mapping[str, Tensor], path: Path) -> None:
    """Write a model's state; matrices (n, m) of floats are rounded row by row."""
    kept: dict[str, Tensor] = {}
    for name, values in state.items():
        if not values.is_floating_point():
            kept[name] = values.contiguous()
        elif values.ndim == 2:
            scale = values.float().abs().amax(dim=1).clamp(min=1e-12) / 127
            kept[name] = (values.float() / scale[:, None]).round().to(torch.int8)
            kept[name + SCALE] = scale
        else:
            kept[name] = values.half().contiguous()
    save_file(kept, path)


def load(path: Path) -> dict[str, Tensor]:
    """A model's state, floats as float32."""
    kept = load_file(path)
    state = {}
    for name, values in kept.items():
        if name + SCALE in kept:
            state[name] = values.float() * kept[name + SCALE][:, None]
        elif not name.endswith(SCALE):
            state[name] = values.float() if values.is_floating_point() else values
    return state


def mean(paths: Sequence[Path]) -> dict[str, Tensor]:
    """The mean of several sets of one network's weights, as `load` gives them.

    Of runs that began with the same weights: it lies between them, and is as a rule better than each (Wortsman and
    others, "Model soups", 2022). What is no float is the first one's. Raises ValueError for different networks.
    """
    first, *others = map(load, paths)
    for path, other in zip(paths[1:], others, strict=True):
        if {k: v.shape for k, v in other.items()} != {k: v.shape for k, v in first.items()}:
            raise ValueError(f"{path}: weights of another network than {paths[0]}")
    whole = {name: [state[name] for state in (first, *others)] for name in first}
    return {n: torch.stack(v).mean(dim=0) if v[0].is_floating_point() else v[0] for n, v in whole.items()}


BY_CHARACTER = (
    "encoder.ctc.weight",
    "encoder.ctc.bias",
    "heads.text.weight",
    "heads.text.bias",
    "embedding.kind.weight",
)
"""Weights with a row for each id of the vocabulary."""
UNHEARD = 4.0
"""Nats by which a new character begins as less likely than the one that it takes after."""


def characters(path: Path) -> str:
    """The alphabet of the weights in a file: that of the config.json beside it, or the first one that shipped."""
    config = path.with_name("config.json")
    found: str = json.loads(config.read_text())["characters"] if config.exists() else CHARACTERS
    return found


def grown(state: Mapping[str, Tensor], known: str, wanted: str) -> dict[str, Tensor]:
    """The weights of a network that knew the characters `known`, for one that has those of `wanted`.

    A character that was known keeps its rows. A new one begins with the rows of its letter without accents, or else
    with the mean of all; `UNHEARD` in its bias lets it be read only once it is learnt.
    """
    out = dict(state)
    place = {c: FIRST_CHARACTER + i for i, c in enumerate(known)}
    for name in BY_CHARACTER:
        old = state[name]
        mean = old[FIRST_CHARACTER:].mean(dim=0)
        less = UNHEARD if name.endswith("bias") else 0.0
        new = [old[place[c]] if c in place else _like(c, old, place, mean) - less for c in wanted]
        out[name] = torch.cat([old[:FIRST_CHARACTER], torch.stack(new)])
    return out


def _like(character: str, rows: Tensor, place: Mapping[str, int], mean: Tensor) -> Tensor:
    """The rows of the letter without its accents, or the mean."""
    base, _ = parts(character)
    return rows[place[base]] if base in place else mean
