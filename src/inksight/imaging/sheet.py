"""What a page is traced from: a flat, upright picture, and how it lies in the photo."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from PIL import Image

from ..arrays import Mask, Pixels
from ..ink.frames import Affine, Frame


@dataclass(frozen=True, eq=False)
class Sheet:
    """A flat, upright sheet: `rgb`, uint8 (H, W, 3), and the `frame` from its pixels to those of the input picture.

    `inside`, bool (H, W), is False beyond the edges of the sheet, where `rgb` goes on as paper; None where the sheet
    fills the picture.
    """

    rgb: Pixels
    frame: Frame
    inside: Mask | None = None


def as_it_is(rgb: Pixels, side: int) -> Sheet:
    """The whole picture, reduced to at most `side` pixels a side."""
    height, width = rgb.shape[:2]
    scale = side / max(height, width)
    if scale >= 1:
        return Sheet(rgb, Affine())
    size = max(1, round(width * scale)), max(1, round(height * scale))
    small = np.asarray(Image.fromarray(rgb).resize(size, Image.Resampling.BOX))
    return Sheet(small, Affine.scaling(width / size[0], height / size[1]))
