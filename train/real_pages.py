"""Crops of real pages for the segmentation network, with what is known of their ink (train/pack_pages.py)."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np

from synth import camera
from train.segmenter import COARSE, Sample, care


class RealPages:
    """A file that train.pack_pages made."""

    def __init__(self, path: Path) -> None:
        with np.load(path) as z:
            raw, sizes = z["bytes"].tobytes(), z["sizes"]
        ends = np.cumsum(sizes).tolist()
        self._blobs = [raw[end - size : end] for end, size in zip(ends, sizes.tolist(), strict=True)]

    def crop(self, rng: np.random.Generator, side: int) -> Sample:
        """A piece of a page at any size, in other light, through another camera. Only its ink is known."""
        i = 3 * int(rng.integers(len(self._blobs) // 3))
        rgb = self._decoded(i, cv2.IMREAD_COLOR)[..., ::-1]
        coverage, known = (self._decoded(i + k, cv2.IMREAD_GRAYSCALE) for k in (1, 2))
        scale = float(np.exp(rng.uniform(np.log(0.6), np.log(2.0))))
        cut = min(round(side / scale), *rgb.shape[:2])
        top, left = (int(rng.integers(0, n - cut + 1)) for n in rgb.shape[:2])
        window = np.s_[top : top + cut, left : left + cut]
        size, way = (side, side), cv2.INTER_AREA if cut > side else cv2.INTER_CUBIC
        picture = cv2.resize(np.ascontiguousarray(rgb[window]), size, interpolation=way).astype(np.float32)
        ink = cv2.resize(coverage[window], size, interpolation=cv2.INTER_AREA if cut > side else cv2.INTER_LINEAR)
        judged = cv2.resize(known[window], size, interpolation=cv2.INTER_NEAREST) > 0
        if rng.random() < 0.7:
            camera.light(picture, rng)
        if rng.random() < 0.1:
            picture = 255 - picture
        seen = camera.photograph(picture, rng)
        maps = np.stack([ink, np.zeros_like(ink), np.zeros_like(ink)])
        weights = care(maps) * judged
        weights[1:] = 0
        coarse = np.zeros((6, side // COARSE, side // COARSE), np.float32)
        return seen.transpose(2, 0, 1), maps, weights, coarse

    def _decoded(self, i: int, mode: int) -> np.ndarray:
        return cv2.imdecode(np.frombuffer(self._blobs[i], np.uint8), mode)
