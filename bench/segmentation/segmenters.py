"""What is measured: callables that take a picture, uint8 (H, W, 3), and return maps, float32 (H, W) each, by name.

"ink", "ruling" and "print" are known; from 0.5 on a pixel is taken for it. One that is missing isn't measured.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from inksight.arrays import Map, Pixels

if TYPE_CHECKING:
    from inksight.imaging.segmentation import Network

Segmenter: TypeAlias = Callable[[Pixels], Mapping[str, Map | None]]

RULES = "bench.segmentation.segmenters:rules"
"""The ink map by rules, as the product had it before there was a network."""


NETWORK = "bench.segmentation.segmenters:network"
"""The network that took their place."""


MARKS = "bench.segmentation.segmenters:marks"
"""The same, print or not: what a single word is traced from, and on a page what isn't read as surely as print is."""


def load(name: str) -> Segmenter:
    """The callable `module:function`, or the network in the folder of another model."""
    if Path(name).is_dir():
        from inksight.imaging.segmentation import Network

        return partial(network, seer=Network(Path(name)))
    module, _, function = name.partition(":")
    found: Segmenter = getattr(import_module(module), function)
    return found


def rules(rgb: Pixels) -> dict[str, Map]:
    """`page_ink` as a page's conversion uses it: binarised, and nothing where it doesn't look drawn."""
    from bench.rules.inkmap import binarize, is_drawn
    from bench.rules.page_ruling import page_ink

    ink = page_ink(rgb)
    mask = binarize(ink)
    return {"ink": (mask & is_drawn(ink, mask)).astype(np.float32)}


def marks(rgb: Pixels) -> dict[str, Map]:
    """All that the product's segmentation sees written or printed."""
    from inksight.imaging.segmentation import segment

    return {"ink": segment(rgb).marks}


def network(rgb: Pixels, seer: Network | None = None) -> dict[str, Map]:
    """The product's segmentation, its ink without the print."""
    from inksight.imaging.segmentation import segment
    from inksight.layout.pen_lines import by_pen

    seen = by_pen(segment(rgb, seer))
    return {"ink": seen.pen, "ruling": seen.ruling, "print": seen.print}
