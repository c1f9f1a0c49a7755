"""Weights in a file: matrices in 8 bit with a scale for each row, the rest in 16 bit. Larger files are read, too.

Rounding moves a weight by at most 1/254 of the largest of its row, which training on makes good within minutes.
"""

from __future__ import annotations

from collections.abc import Mapping
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
