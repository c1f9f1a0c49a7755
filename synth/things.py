"""What lies or hangs about where people write: magnets, holes, pens, markers, keyboards, bags. None of it is ink."""

from __future__ import annotations

from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from synth import pens
from synth.surfaces import Map, Picture, clouds


class Thing(NamedTuple):
    """How much of every pixel it covers, 0..1 (H, W), and its colours (H, W, 3), 0..255."""

    cover: Map
    paint: Picture


def thing(shape: tuple[int, int], rng: np.random.Generator) -> Thing:
    """Something, somewhere in a picture of this shape."""
    make = _KINDS[int(rng.integers(len(_KINDS)))]
    return make(shape, rng)


def _plain(cover: Map, rng: np.random.Generator, most: float = 255) -> Thing:
    color = rng.uniform(0, most, 3).astype(np.float32)
    return Thing(cover, color + clouds(cover.shape, rng, 30, 0.5)[..., None] * 12)


def _disc(shape: tuple[int, int], rng: np.random.Generator) -> Thing:
    """A punched hole or a magnet."""
    at, turns = rng.uniform(0, max(shape), 2), np.linspace(0, 2 * np.pi, 24, endpoint=False)
    disc = np.stack([np.cos(turns), np.sin(turns)], 1) * rng.uniform(4, 30) + at
    return _plain(pens.filled(shape, [disc.astype(np.float32)]), rng)


def _bar(shape: tuple[int, int], rng: np.random.Generator) -> Thing:
    """A pen, an eraser, a clip."""
    at, turn = rng.uniform(0, max(shape), 2), rng.uniform(0, 2 * np.pi)
    return _plain(pens.filled(shape, [_quad(at, turn, rng.uniform(40, 300), rng.uniform(8, 40))]), rng)


def _lump(shape: tuple[int, int], rng: np.random.Generator) -> Thing:
    """A shoe, a bag, a hand's shadow: large and dark, of any form."""
    at, turns = rng.uniform(0, max(shape), 2), np.linspace(0, 2 * np.pi, 24, endpoint=False)
    radius = rng.uniform(25, 120) * (1 + 0.3 * np.interp(turns, np.linspace(0, 6.3, 8), rng.normal(0, 1, 8)))
    lump = np.stack([np.cos(turns), np.sin(turns) * rng.uniform(0.3, 1)], 1) * radius[:, None] + at
    cover = cv2.GaussianBlur(pens.filled(shape, [lump.astype(np.float32)]), (0, 0), rng.uniform(0.5, 6))
    return _plain(cover, rng, 110)


def _rings(shape: tuple[int, int], rng: np.random.Generator) -> Thing:
    """The spiral or the row of stamped holes along a border."""
    xs, edge = np.arange(0, max(shape), rng.uniform(12, 50)), rng.choice([6.0, max(shape) - 6.0])
    places = np.float32([[x, edge + (0 if rng.random() < 0.9 else 4)] for x in xs])
    places = places if rng.random() < 0.6 else np.ascontiguousarray(places[:, ::-1])
    return _plain(pens.coverage(shape, list(places[:, None]), pens.Pen((0, 0, 0), rng.uniform(5, 14))), rng)


def _markers(shape: tuple[int, int], rng: np.random.Generator) -> Thing:
    """Felt pens side by side: body, cap, label."""
    mask, paint = np.zeros(shape, np.uint8), np.zeros((*shape, 3), np.uint8)
    length, at, way = rng.uniform(50, 170), rng.uniform(0, max(shape), 2), rng.uniform(0, 2 * np.pi)
    width = length * rng.uniform(0.08, 0.18)
    for _ in range(int(rng.integers(1, 9))):
        turn = way + rng.normal(0, 0.1)
        along = np.array([np.cos(turn), np.sin(turn)])
        body = (rng.uniform(0, 255, 3) * rng.uniform(0.1, 1, 3)).tolist()
        cap = body if rng.random() < 0.4 else rng.uniform(0, 90, 3).tolist()
        parts = [(0.0, 0.7, 1.0, body), (0.7, 1.0, 1.2, cap)]
        if rng.random() < 0.6:
            parts.append((0.1, 0.6, 0.5, rng.uniform(200, 255, 3).tolist()))
        for start, end, wide, color in parts:
            quad = _quad(at + along * length * (start + end) / 2, turn, length * (end - start), width * wide)
            for target, value in ((paint, color), (mask, 255)):
                cv2.fillPoly(target, [np.rint(quad * 16).astype(np.int32)], value, cv2.LINE_AA, 4)
        at = at + np.array([-along[1], along[0]]) * width * rng.uniform(1.3, 3)
    return Thing(mask.astype(np.float32) / 255, paint.astype(np.float32))


def _keyboard(shape: tuple[int, int], rng: np.random.Generator) -> Thing:
    """Keys in rows along one side, a letter on each."""
    height, width = shape
    key, reach = rng.uniform(18, 60), rng.uniform(0.1, 0.4) * height
    base = rng.uniform(5, 200)
    paint = np.full((*shape, 3), base, np.uint8)
    mask = np.zeros(shape, np.uint8)
    mask[: int(reach)] = 255
    face = tuple([float(np.clip(base + rng.choice([-1, 1]) * rng.uniform(8, 60), 0, 255))] * 3)
    letter = (235.0,) * 3 if face[0] < 128 else (20.0,) * 3
    for y in np.arange(reach - key * rng.uniform(0.2, 1.1), -key, -key * 1.15):
        for x in np.arange(-key * rng.random(), width, key * 1.15):
            corner = int(x), int(y)
            cv2.rectangle(paint, corner, (int(x + key), int(y + key)), face, cv2.FILLED, cv2.LINE_AA)
            text = chr(int(rng.integers(65, 91)))
            place = (int(x + 0.2 * key), int(y + 0.5 * key))
            cv2.putText(paint, text, place, cv2.FONT_HERSHEY_SIMPLEX, key / 80, letter, 1, cv2.LINE_AA)
    turns = int(rng.integers(4)) if height == width else 0
    cover, colors = (np.ascontiguousarray(np.rot90(m, turns)).astype(np.float32) for m in (mask, paint))
    return Thing(cover / 255, colors)


def _quad(middle: NDArray[np.float64], turn: float, length: float, width: float) -> NDArray[np.float32]:
    """The corners (4, 2) of a rectangle that lies at an angle."""
    box = np.array([[-length, -width], [length, -width], [length, width], [-length, width]]) / 2
    rotation = np.array([[np.cos(turn), np.sin(turn)], [-np.sin(turn), np.cos(turn)]])
    return (box @ rotation + middle).astype(np.float32)


_KINDS = (_disc, _disc, _bar, _bar, _rings, _lump, _markers, _markers, _keyboard)
