"""Weights in a file: matrices in 8 bit with a scale for each row, the rest in 16 bit. Larger files are read, too.

Rounding moves a weight by at most 1/254 of the largest of its row, which training on makes good within minutes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file
from torch import Tensor

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
