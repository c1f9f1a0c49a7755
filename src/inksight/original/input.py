"""The original's view of a word: a picture fitted into a square of 224 pixels, what is left over filled with a pad."""

from __future__ import annotations

import io

import numpy as np
from PIL import Image

from ..arrays import Map, Pixels
from ..imaging.crop import Crop
from ..ink.frames import Affine
from ..recognition.tokens import GRID

BLACK, WHITE = 0, 255
"""Pads: as the original's inference has it, and as paper is."""
QUALITY = 95
"""Of the JPEG that the released model is given: TensorFlow's default, which its authors took."""
INK_MARGIN = 0.02
"""Kept around the ink, as a share of its longer side. Training ink filled the square: in a loose crop, the original
makes up dots at the border."""


def fit_square(rgb: Pixels, pad: int = BLACK) -> tuple[Pixels, Affine]:
    """A picture, uint8 (H, W, 3), in the middle of the square, uint8 (224, 224, 3), and the map from it to the square.

    It fills the square along its longer side, and is enlarged for that, if need be. Sides are cut to whole pixels, as
    by the original; the map is exact for them.
    """
    height, width = rgb.shape[:2]
    ratio = min(GRID / width, GRID / height)
    size = max(1, int(width * ratio)), max(1, int(height * ratio))
    left, top = (GRID - size[0]) // 2, (GRID - size[1]) // 2
    square = Image.new("RGB", (GRID, GRID), (pad, pad, pad))
    square.paste(Image.fromarray(rgb).resize(size), (left, top))
    return np.asarray(square), Affine(size[0] / width, 0.0, left, 0.0, size[1] / height, top)


def draw_ink(ink: Map) -> Pixels:
    """An ink map, float32 (H, W), as black ink on white paper: uint8 (H, W, 3)."""
    grey = np.rint(255 * (1 - ink)).astype(np.uint8)
    return np.repeat(grey[:, :, None], 3, axis=2)


def fit_ink(crop: Crop) -> tuple[Pixels, Affine]:
    """The ink alone, drawn and fitted close into the square; the map from the crop to the square."""
    x0, y0, x1, y1 = map(int, crop.bounds)
    margin = 1 + int(np.ceil(INK_MARGIN * max(x1 - x0 - 1, y1 - y0 - 1)))
    left, top = max(0, x0 - margin), max(0, y0 - margin)
    close = crop.ink[top : y1 + margin, left : x1 + margin]
    square, frame = fit_square(draw_ink(close), WHITE)
    return square, Affine.translation(-left, -top).then(frame)


def jpeg(square: Pixels) -> bytes:
    """The square as the file that the released model takes."""
    file = io.BytesIO()
    Image.fromarray(square).save(file, "JPEG", quality=QUALITY)
    return file.getvalue()
