"""Dotted paper: dots that lie on a lattice are ruling, however the network sees each of them.

The network sees some 300 pixels around a pixel and tells a dot of the paper from that of an i by little; the sheet as a
whole tells them apart at once.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from ..imaging.segmentation import INK, Segmentation

LARGEST = 12
"""Dots are at most so many pixels wide and high."""
FEWEST, MOST = 60, 4000
"""Of fewer dots nobody could say that they lie on a lattice; more are noise."""
REACH = 4
"""A dot's neighbours on the lattice may be so many steps away: some are under ink, or not seen."""
STRAY, MOST_STRAY = 0.12, 0.3
"""They lie within the first share of the way to them of where the lattice has them, and within the second of a step."""
NEIGHBOURS = 3
"""So many of them along each axis."""
LIKE = 2.0
"""Dots of the paper have at most so many times the usual speck's pixels."""
REGULAR = 0.6
"""Paper is dotted if so large a share of all specks has neighbours on the lattice."""


def without_dots(seen: Segmentation) -> Segmentation:
    """With the dots of dotted paper as ruling."""
    import cv2

    mask = (np.maximum(seen.marks, seen.ruling) >= INK).astype(np.uint8)
    _, labels, stats, middles = cv2.connectedComponentsWithStats(mask, connectivity=8)
    specks = np.flatnonzero(stats[:, [cv2.CC_STAT_WIDTH, cv2.CC_STAT_HEIGHT]].max(axis=1) <= LARGEST)
    area = stats[specks, cv2.CC_STAT_AREA]
    specks = specks[area <= LIKE * np.median(area)] if len(area) else specks
    if not FEWEST <= len(specks) <= MOST:
        return seen
    on_lattice = _on_lattice(middles[specks].astype(np.float32))
    if on_lattice.mean() < REGULAR:
        return seen
    dots = np.zeros(len(stats), bool)
    dots[specks[on_lattice]] = True
    moved = dots[labels]
    rim = cv2.dilate(moved.astype(np.uint8), np.ones((5, 5), np.uint8)) > 0
    moved |= rim & (mask == 0)
    maps = seen.maps.copy()
    maps[1][moved] = maps.max(axis=0)[moved]
    maps[0][moved] = maps[2][moved] = 0
    return replace(seen, maps=maps)


def _on_lattice(at: NDArray[np.float32]) -> NDArray[np.bool_]:
    """Which of the points `at` (n, 2) have neighbours, along both axes of the lattice, where it has its own."""
    step = float(np.median(np.concatenate([_nearest(part, at) for part in _parts(at)])))
    if step < 2:
        return np.zeros(len(at), bool)
    return np.concatenate([_is_regular((at - part[:, None]) / step) for part in _parts(at)])


def _parts(points: NDArray[np.float32]) -> list[NDArray[np.float32]]:
    """The points, so few at a time that their distances to all others take little memory."""
    return np.array_split(points, max(1, len(points) // 128))


def _nearest(some: NDArray[np.float32], points: NDArray[np.float32]) -> NDArray[np.float32]:
    """How far the nearest other point is from each of some, along the axis where it is farther."""
    away = np.abs(points - some[:, None]).max(axis=2)
    away[away == 0] = np.inf
    return np.asarray(away.min(axis=1))


def _is_regular(steps: NDArray[np.float32]) -> NDArray[np.bool_]:
    """Of points whose ways to all others are (n, m, 2), in steps: whether enough lie on the lattice along each axis."""
    whole = np.rint(steps)
    far = np.abs(whole).max(axis=2)
    stray = np.abs(steps - whole).max(axis=2)
    fits = (stray < np.minimum(STRAY * far, MOST_STRAY)) & (far >= 1) & (far <= REACH)
    across, down = ((fits & (whole[..., axis] == 0)).sum(axis=1) for axis in (1, 0))
    return np.asarray(np.minimum(across, down) >= NEIGHBOURS)
