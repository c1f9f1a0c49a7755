"""Whether a picture that a real program drew shows the ink of a page: every stroke in its place, width and color."""

from pathlib import Path

import numpy as np
from PIL import Image

from inksight.imaging.raster import coverage, paint, spurious
from inksight.ink import Line, Page, Stroke, Word


def note(width=400, height=300):
    """Two lines with wide and narrow strokes in two colors, and a dot over the i."""
    t = np.linspace(0, 1, 40)
    wave = np.stack([40 + 120 * t, 70 + 25 * np.sin(9 * t)], axis=1)
    arch = np.stack([200 + 80 * t, 70 + 25 * np.cos(7 * t)], axis=1)
    loop = np.stack([110 + 60 * np.cos(6 * t), 200 + 30 * np.sin(6 * t)], axis=1)
    hill = Word((Stroke(wave, 4, "#1a1a2e"), Stroke([[100, 30]], 6, "#1a1a2e")), "hill")
    bridge = Word((Stroke(arch, 3, "#b03030"),), "bridge")
    pond = Word((Stroke(loop, 5, "#1a1a2e"),), "pond")
    return Page(width, height, (Line((hill, bridge)), Line((pond,))))


def opened(path: Path):
    """uint8 (H, W, 3): the picture over white."""
    with Image.open(path) as picture:
        rgba = picture.convert("RGBA")
    white = Image.new("RGBA", rgba.size, "white")
    return np.asarray(Image.alpha_composite(white, rgba).convert("RGB"))


def differences(picture, page, *, place=0.75, width=0.25, color=40):
    """What of the page's ink the picture (uint8 (H, W, 3), on white) shows otherwise, in words; [] for nothing.

    `page` has the picture's pixels for its unit, and each stroke a width and a color. `place` is in pixels, `width` a
    share, `color` per channel, of 255.
    """
    if picture.shape[:2] != (round(page.height), round(page.width)):
        return [f"the picture is {picture.shape[1]} x {picture.shape[0]}"]
    dark = 255 - picture.min(axis=2).astype(int)
    found, strokes = [], page.strokes
    for i, stroke in enumerate(strokes):
        core = paint(dark.shape, [stroke], max(0.0, stroke.width / 2 - 1.5))
        want = [int(stroke.color[k : k + 2], 16) for k in (1, 3, 5)]
        got = np.median(picture[core], axis=0)
        if np.abs(got - want).max() > color:
            found.append(f"stroke {i} is {got}, not {want}")
        area = paint(dark.shape, [stroke], stroke.width / 2 + 3)
        depth = 255 - min(want)
        share = dark[area].sum() / depth / max(1, paint(dark.shape, [stroke], stroke.width / 2).sum())
        if abs(share - 1) > width:
            found.append(f"stroke {i} has {share:.2f} times its area")
    mask, reach = dark > 100, max(s.width for s in strokes) / 2
    if (lost := spurious(mask, strokes, place)) > 0.01:
        found.append(f"{lost:.0%} of the strokes aren't there")
    if (covered := coverage(mask, strokes, reach + place)) < 0.99:
        found.append(f"{1 - covered:.0%} of the ink belongs to no stroke")
    return found
