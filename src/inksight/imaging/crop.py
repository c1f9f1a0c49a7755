"""The ink of one word, as it travels from the page to the stroke: what is known of it is measured once."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from ..arrays import Map, Mask
from ..ink import Box
from ..ink.frames import Affine
from .raster import ink_box, pen_width
from .segmentation import binarize


@dataclass(frozen=True, eq=False)
class Crop:
    """The ink of one word or drawing alone, upright: `ink` is float32 (h, w), `frame` leads from it to the page."""

    ink: Map
    frame: Affine
    box: Box
    """The tight box of the ink, in pixels of the page."""

    @classmethod
    def of(cls, ink: Map) -> Crop:
        """A picture that is all of one word: an ink map, float32 (H, W), is its own page."""
        return cls(ink, Affine(), ink_box(binarize(ink)))

    @cached_property
    def mask(self) -> Mask:
        """Where there is ink: bool (h, w)."""
        return binarize(self.ink)

    @cached_property
    def is_blank(self) -> bool:
        """Whether there is none."""
        return not self.mask.any()

    @cached_property
    def pen(self) -> float:
        """The median width of its lines in pixels; 0 without ink."""
        return pen_width(self.mask)

    @cached_property
    def bounds(self) -> Box:
        """The tight box of the ink in the crop's own pixels; all of the crop where there is none."""
        return ink_box(self.mask)

    def trimmed(self) -> Crop:
        """Without what lies so far from the ink's box that no canvas shows it; a blank one as it is."""
        if self.is_blank:
            return self
        x0, y0, x1, y1 = (int(v) for v in self.bounds)
        margin = 8 + round(max(x1 - x0, y1 - y0) / 2 + 4 * pen_width(self.mask[y0:y1, x0:x1]))
        left, top = max(x0 - margin, 0), max(y0 - margin, 0)
        frame = Affine.translation(left, top).then(self.frame)
        return Crop(self.ink[top : y1 + margin, left : x1 + margin], frame, self.box)

    def columns(self, start: int, stop: int) -> Crop:
        """These columns by themselves, their own page; all of them are the crop as it is."""
        return self if (start, stop) == (0, self.ink.shape[1]) else Crop.of(self.ink[:, start:stop])
