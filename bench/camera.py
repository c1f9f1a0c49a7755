"""Photographs flat sheets by arithmetic: a pinhole camera over a table, bent paper, shadows, blur, noise.

Every photo comes with the exact map from the sheet to it, so that whatever was measured on the photo can be compared
with what is known of the sheet. Used by the tests and the benchmarks; needs OpenCV, which rapidocr brings.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from inksight.arrays import Array

Pixels = NDArray[np.uint8]

TABLES = ("wood", "dark", "cloth", "pale", "stone")


@dataclass(frozen=True)
class Camera:
    """How a sheet is photographed. Angles in degrees; lengths that aren't in pixels are shares of the sheet's width."""

    size: tuple[int, int] = (1500, 2000)
    """Width and height of the photo in pixels."""
    fill: float = 0.85
    """How much of the photo the sheet spans, in the direction in which it is the larger; above 1 it is cut off."""
    pitch: float = 0.0
    """The camera looks from below (positive) or above the sheet rather than straight down at it."""
    yaw: float = 0.0
    """... or from its right (positive) or left."""
    roll: float = 0.0
    """The sheet is turned clockwise in the photo; 180: it is upside down."""
    shift: tuple[float, float] = (0.0, 0.0)
    """How far the sheet lies off the middle of the photo, in shares of the photo's size."""
    arch: float = 0.0
    """The paper's middle stands up by this share."""
    spine: float = 0.0
    """The paper's left side rises by this share, as beside the spine of an open book."""
    table: str = "wood"
    """One of TABLES."""
    shadow: float = 0.25
    """How dark the photographer's shadow is, which lies over a corner."""
    lamp: float = 0.25
    """How much darker the far corner is than the near one."""
    blur: float = 0.6
    """Sigma in pixels."""
    noise: float = 2.5
    """Sigma in grey levels."""
    seed: int = 0


@dataclass(frozen=True, eq=False)
class Shot:
    """A photo, uint8 (H, W, 3), and where each point of the sheet is in it."""

    photo: Pixels
    sheet_size: tuple[int, int]
    camera: Camera
    _view: _View

    def to_photo(self, points: Array) -> Array:
        """Points of the sheet (n, 2), in its pixels -> pixels of the photo: float64 (n, 2)."""
        return self._view.apply(points)

    @property
    def corners(self) -> Array:
        """Where the sheet's corners are: top left, top right, bottom right, bottom left, float64 (4, 2)."""
        w, h = self.sheet_size
        return self.to_photo(np.array([[0, 0], [w, 0], [w, h], [0, h]], float))


def shoot(sheet: Pixels, camera: Camera) -> Shot:
    """The photo that `camera` takes of the sheet, uint8 (H, W, 3)."""
    rng = np.random.default_rng(camera.seed)
    size = sheet.shape[1], sheet.shape[0]
    view = _View.of(camera, size)
    x, y = view.sources()
    seen = cv2.remap(_reduced(sheet, view), x, y, cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE)
    on_sheet = _coverage(x, y, size).astype(np.float32)
    ground = table(camera.table, camera.size, rng) * (1 - 0.45 * _contact_shadow(on_sheet))[..., None]
    scene = seen / np.float32(255) * on_sheet[..., None] + ground * (1 - on_sheet[..., None])
    scene *= _light(camera, rng)[..., None]
    if view.bent:
        scene *= view.shade(x)[..., None]
    photo = cv2.GaussianBlur(scene, (0, 0), camera.blur) if camera.blur else scene
    photo = 255 * photo + rng.normal(0, camera.noise, photo.shape).astype(np.float32)
    return Shot(photo.clip(0, 255).astype(np.uint8), size, camera, view)


@dataclass(frozen=True, eq=False)
class _View:
    """Sheet -> paper in space -> photo."""

    camera: Camera
    sheet_size: tuple[int, int]
    distance: float
    focus: tuple[float, float]

    @classmethod
    def of(cls, camera: Camera, sheet_size: tuple[int, int]) -> _View:
        """The camera stands where the sheet fills the photo as asked, its middle where asked."""
        width, height = camera.size
        middle = (width / 2 + camera.shift[0] * width, height / 2 + camera.shift[1] * height)
        view = cls(camera, sheet_size, 3.0, (0.0, 0.0))
        for _ in range(8):
            low, high = view._outline().min(axis=0), view._outline().max(axis=0)
            spans = float(((high - low) / camera.size).max())
            view = replace(view, distance=view.distance * spans / camera.fill)
            low, high = view._outline().min(axis=0), view._outline().max(axis=0)
            x, y = (np.array(view.focus) + middle - (low + high) / 2).tolist()
            view = replace(view, focus=(x, y))
        return view

    @property
    def bent(self) -> bool:
        return bool(self.camera.arch or self.camera.spine)

    def _outline(self) -> Array:
        t = np.linspace(0, 1, 30)
        w, h = self.sheet_size
        sides = [(t, 0 * t), (0 * t + 1, t), (t, 0 * t + 1), (0 * t, t)]
        return self.apply(np.concatenate([np.stack(s, axis=1) for s in sides]) * [w, h])

    def _profile(self) -> tuple[Array, Array, Array]:
        """Arc length along the paper's width (0..1), how far to the right that lies, and how high above the table."""
        t = np.linspace(0, 1, 400)
        z = 4 * self.camera.arch * t * (1 - t) + self.camera.spine * (1 - t) ** 4
        step = np.hypot(np.diff(t), np.diff(z))
        arc = np.concatenate([[0.0], np.cumsum(step)])
        return arc / arc[-1], t / arc[-1], z / arc[-1]

    def apply(self, points: Array) -> Array:
        w, h = self.sheet_size
        xy = np.asarray(points, float).reshape(-1, 2) / w
        if self.bent:
            arc, right, up = self._profile()
            x, z = _extended(xy[:, 0], arc, right), _extended(xy[:, 0], arc, up)
        else:
            x, z = xy[:, 0], np.zeros(len(xy))
        space = np.stack([x - 0.5, xy[:, 1] - h / w / 2, -z]) * min(1.0, w / h)
        a, b, c = np.radians([self.camera.pitch, self.camera.yaw, self.camera.roll])
        turn_x = np.array([[1, 0, 0], [0, np.cos(a), -np.sin(a)], [0, np.sin(a), np.cos(a)]])
        turn_y = np.array([[np.cos(b), 0, np.sin(b)], [0, 1, 0], [-np.sin(b), 0, np.cos(b)]])
        turn_z = np.array([[np.cos(c), -np.sin(c), 0], [np.sin(c), np.cos(c), 0], [0, 0, 1]])
        u, v, depth = turn_x @ turn_y @ turn_z @ space
        focal = 1.15 * max(self.camera.size)
        return np.stack([u, v], axis=1) * (focal / (depth + self.distance))[:, None] + self.focus

    def sources(self) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """For the centre of each photo pixel its place on the sheet, in OpenCV's pixels: float32 (H, W) twice.

        Newton's method on every eighth pixel; in between the map is as good as linear.
        """
        width, height = self.camera.size
        gx, gy = np.meshgrid(np.arange(-8, width + 16, 8.0), np.arange(-8, height + 16, 8.0))
        target = np.stack([gx.ravel(), gy.ravel()], axis=1)
        w, h = self.sheet_size
        corners = np.array([[0, 0], [w, 0], [w, h], [0, h]], np.float32)
        to_sheet = cv2.getPerspectiveTransform(self.apply(corners).astype(np.float32), corners)
        xy = cv2.perspectiveTransform(target[None], to_sheet)[0]
        for _ in range(12 if self.bent else 2):
            here = self.apply(xy)
            jx, jy = (self.apply(xy + d) - here for d in ([0.5, 0], [0, 0.5]))
            jacobian = np.stack([jx, jy], axis=2) / 0.5
            step = np.linalg.solve(jacobian, (target - here)[..., None])[..., 0]
            xy += step.clip(-w / 4, w / 4)
        fields = xy.reshape(*gx.shape, 2).astype(np.float32)
        px, py = np.meshgrid((np.arange(width) + 0.5 + 8) / 8, (np.arange(height) + 0.5 + 8) / 8)
        full = cv2.remap(fields, px.astype(np.float32), py.astype(np.float32), cv2.INTER_LINEAR)
        return full[..., 0] - np.float32(0.5), full[..., 1] - np.float32(0.5)

    def shade(self, x: NDArray[np.float32]) -> NDArray[np.float32]:
        """How much light bent paper returns, at places across the sheet: float32, as `x`."""
        arc, right, up = self._profile()
        slope = np.gradient(up, right)
        light = 1 + 0.35 * slope.clip(-1, 1)
        return np.interp(x / self.sheet_size[0], arc, light).astype(np.float32)


def _extended(x: Array, arc: Array, values: Array) -> Array:
    """Linear interpolation that goes on straight beyond both ends: the map must be smooth outside of the sheet, too."""
    inner = np.interp(x, arc, values)
    left = (values[1] - values[0]) / (arc[1] - arc[0])
    right = (values[-1] - values[-2]) / (arc[-1] - arc[-2])
    return inner + np.minimum(x, 0) * left + np.maximum(x - 1, 0) * right


def _reduced(sheet: Pixels, view: _View) -> Pixels:
    """The sheet without what the photo is too coarse to show."""
    w, h = view.sheet_size
    a, b, c = view.apply(np.array([[w / 2, h / 2], [w / 2 + 1, h / 2], [w / 2, h / 2 + 1]], float))
    scale = abs(float(np.linalg.det(np.stack([b - a, c - a])))) ** 0.5
    sigma = 0.45 * (1 / scale - 1)
    return cv2.GaussianBlur(sheet, (0, 0), sigma) if sigma > 0.2 else sheet


def _coverage(x: NDArray[np.float32], y: NDArray[np.float32], size: tuple[int, int]) -> NDArray[np.float32]:
    """How much of each photo pixel is sheet, 0..1."""
    scale = max(1e-3, float(np.median(np.hypot(*np.gradient(x)))))
    inside = np.minimum(np.minimum(x + 0.5, size[0] - 0.5 - x), np.minimum(y + 0.5, size[1] - 0.5 - y))
    return (inside / scale + 0.5).clip(0, 1)


def _contact_shadow(on_sheet: NDArray[np.float32]) -> NDArray[np.float32]:
    """The narrow dark seam that a sheet's edge throws on the table, to the lower right."""
    reach = max(on_sheet.shape) / 150
    soft = cv2.GaussianBlur(on_sheet, (0, 0), reach)
    return np.asarray(cv2.warpAffine(soft, np.array([[1, 0, reach], [0, 1, reach]]), soft.shape[::-1]), np.float32)


def _light(camera: Camera, rng: np.random.Generator) -> NDArray[np.float32]:
    width, height = camera.size
    x, y = np.meshgrid(np.linspace(0, 1, width), np.linspace(0, 1, height))
    angle = rng.uniform(0, 2 * np.pi)
    along = (x - 0.5) * np.cos(angle) + (y - 0.5) * np.sin(angle)
    lamp = 1.0 - camera.lamp * (along + 0.5).clip(0, None) ** 1.5
    edge = 0.5 + 0.35 * rng.uniform(-1, 1)
    hand = 1 - camera.shadow / (1 + np.exp(-(0.8 * x + 0.6 * y - 0.35 - edge) / 0.03))
    return (lamp * hand).astype(np.float32)


def clouds(size: tuple[int, int], cell: float, rng: np.random.Generator, stretch: float = 1.0) -> NDArray[np.float32]:
    """Smooth noise of mean 0 and deviation about 1 with blobs `cell` pixels high and `stretch` times as wide."""
    shape = int(size[1] / cell) + 3, int(size[0] / (cell * stretch)) + 3
    small = rng.normal(0, 1, shape).astype(np.float32)
    return np.asarray(cv2.resize(small, size, interpolation=cv2.INTER_CUBIC), np.float32)


def table(name: str, size: tuple[int, int], rng: np.random.Generator) -> NDArray[np.float32]:
    """A table's surface: reflectance, float32 (H, W, 3)."""
    unit = max(size) / 2000
    colour = {"wood": (0.50, 0.36, 0.24), "dark": (0.14, 0.13, 0.13), "cloth": (0.32, 0.40, 0.52)}
    colour |= {"pale": (0.78, 0.76, 0.72), "stone": (0.48, 0.48, 0.46)}
    grain = 0.04 * clouds(size, 60 * unit, rng) + 0.02 * clouds(size, 3, rng)
    if name == "wood":
        grain += 0.10 * clouds(size, 9 * unit, rng, stretch=60) + 0.05 * clouds(size, 3 * unit, rng, stretch=90)
    elif name == "cloth":
        x, y = np.meshgrid(np.arange(size[0]), np.arange(size[1]))
        step = 160 * unit
        grain += 0.16 * ((np.sin(2 * np.pi * x / step) > 0.2).astype(np.float32) + (np.sin(2 * np.pi * y / step) > 0.2))
    elif name == "stone":
        grain += 0.12 * np.abs(clouds(size, 14 * unit, rng)) + 0.06 * clouds(size, 5 * unit, rng)
    return (np.array(colour[name], np.float32) * (1 + grain)[..., None]).clip(0, 1)
