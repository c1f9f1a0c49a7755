"""The arrays that go from hand to hand, by what they hold."""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Points: TypeAlias = NDArray[np.float32]
"""float32 (n, 2): x, y of a stroke, in writing order."""
Array: TypeAlias = NDArray[np.float64]
"""float64, what is computed with: (n, 2) for the points of a curve, unless said otherwise."""
Pixels: TypeAlias = NDArray[np.uint8]
"""uint8 (H, W, 3): a picture, red, green and blue."""
Map: TypeAlias = NDArray[np.float32]
"""float32 (H, W): a number for each pixel; of an ink map from 0, paper, to 1, full ink."""
Mask: TypeAlias = NDArray[np.bool_]
"""bool (H, W): yes or no for each pixel."""
Labels: TypeAlias = NDArray[np.int32]
"""int32 (H, W): which thing each pixel belongs to."""
