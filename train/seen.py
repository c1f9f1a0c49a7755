"""What the segmentation network makes of pictures of words, on the training device.

The tracer never sees a photo: it sees the share of each pixel that ink covers, as the segmentation network tells it. So
in training, too, that network looks at the pictures.
"""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

import torch
from safetensors.torch import load_file
from torch import Tensor

from train.segmenter import MAPS, Segmenter

WEIGHTS = Path(__file__).parent.parent / "src" / "inksight" / "models" / "page-v1" / "model.safetensors"
PALEST, DARK_GROUND, COLORED = 0.35, 0.1, 0.5
"""Least contrast of ink and paper; how often light ink on dark ground; how often ink that isn't grey."""


@lru_cache
def segmenter(device: torch.device) -> Segmenter:
    """The network that ships."""
    network = Segmenter()
    network.load_state_dict(load_file(WEIGHTS))
    return network.to(device).eval().requires_grad_(False)


@torch.no_grad()
def ink_map(darkness: Tensor) -> Tensor:
    """Pictures (B, 1, H, W), sides multiples of 32, 0 paper, 1 ink -> the share of each pixel that ink covers."""
    logits, _ = segmenter(darkness.device)(colored(darkness))
    marks = logits[:, [MAPS.index("ink"), MAPS.index("print")]]
    return torch.sigmoid(marks.amax(1, keepdim=True))


def colored(darkness: Tensor) -> Tensor:
    """The pictures as photos (B, 3, H, W), 0..1 in steps of 8 bit: paper and ink of random colours."""
    size, device = len(darkness), darkness.device

    def roll(channels: int = 1) -> Tensor:
        return torch.rand(size, channels, 1, 1, device=device)

    paper = (1 - 0.5 * roll() ** 2) * (1 - 0.12 * roll(3) * roll())
    hue = (roll() < COLORED) * roll(3) * roll()
    ink = paper * (1 - (PALEST + (1 - PALEST) * roll()) * (1 - hue))
    light = paper + (ink - paper) * darkness.clamp(-0.2, 1.2)
    picture = torch.where(roll() < DARK_GROUND, 1 - light, light)
    return (picture.clamp(0, 1) * 255).round() / 255
