"""The example page as the detector sees it (run once for all tests), and pages drawn with lines."""

import socket
from functools import cache
from pathlib import Path
from unittest.mock import patch

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

from inksight.centerline.skeleton import trace
from inksight.imaging.pictures import open_image
from inksight.imaging.rectify.render import render
from inksight.imaging.segmentation import COARSE, Layout, Segmentation, pen_ink
from inksight.ink import Word
from inksight.ink.frames import Affine, Homography
from inksight.layout import detectors
from inksight.recognition.tracer import Hint

EXAMPLES = Path(__file__).parent.parent / "examples"
TEXT = """Field notes, Monday
Rain until ten, then a clear sky.
Two herons by the old mill,
one fox at the edge of the wood
Ask Anna about the boat
and bring 3 jars of honey.
Things to draw: the bridge,
the willow, the quiet pond."""


def no_network(*_):
    raise AssertionError("the network was used")


@cache
def example():
    """(pixels, detections) of examples/page.jpg, found offline."""
    rgb = open_image(EXAMPLES / "page.jpg")
    with patch.object(socket.socket, "connect", no_network):
        return rgb, tuple(detectors.load("rapidocr")(rgb))


@cache
def flat():
    """The sheet in examples/page.jpg laid flat by what is known of its making, in even light, 800 x 1000: uint8."""
    corners = [(62, 44), (1152, 72), (1176, 1462), (30, 1440)]  # in make_page.py
    to_photo = Homography.of_corners([(-4, -4), (804, -4), (804, 1004), (-4, 1004)], corners)
    seen = Image.fromarray(render(open_image(EXAMPLES / "page.jpg"), to_photo, (800, 1000)))
    paper = seen.resize((100, 125)).filter(ImageFilter.MaxFilter(5)).filter(ImageFilter.GaussianBlur(3))
    light = np.asarray(paper.resize(seen.size, Image.Resampling.BICUBIC), float)
    return (np.asarray(seen) / light * 238).clip(0, 255).astype(np.uint8)


def drawn(*lines, size=(400, 300), pen=4, light=False):
    """A uint8 (H, W, 3) picture with polylines in a dark pen on light paper, or the reverse."""
    paper, ink = ((40, 48, 44), (230, 230, 225)) if light else ((236, 234, 228), (30, 36, 70))
    image = Image.new("RGB", size, paper)
    for line in lines:
        ImageDraw.Draw(image).line([tuple(p) for p in line], fill=ink, width=pen, joint="curve")
    return np.asarray(image)


def contrast(rgb):
    """The exact ink of a picture with one pen on even paper, on which its corner lies: float32 (H, W)."""
    apart = rgb.astype(np.float64) - rgb[0, 0]
    pen = apart.reshape(-1, 3)[np.abs(apart).sum(axis=2).argmax()]
    return (apart @ pen / max(pen @ pen, 1)).clip(0, 1).astype(np.float32)


def exact(rgb):
    """Stands in for `segment` on such pictures: all ink is a pen's, and words are seen nowhere."""
    return segmentation(contrast(rgb))


def segmentation(ink, print_=None, words=()):
    """What a faultless network says of a picture: its ink and print, float32 (H, W), and words on level lines, each in
    the middle half of its box (x0, y0, x1, y1)."""
    nothing = np.zeros_like(ink)
    coarse = np.zeros([-(-n // COARSE) for n in ink.shape], np.float32)
    layout = Layout(coarse, coarse.copy(), np.full_like(coarse, 36), np.zeros_like(coarse))
    for x0, y0, x1, y1 in words:
        inset = (y1 - y0) / 4
        a, b, c, d = (round(v / COARSE) for v in (x0 + inset, y0 + inset, x1 - inset, y1 - inset))
        layout.word[b:d, a:c] = layout.line[b:d, a:c] = 1
    return Segmentation(np.stack([ink, nothing, nothing if print_ is None else print_]), layout)


def zigzag(x, y, width=60, height=24, teeth=6):
    """Something like a word: float (n, 2)."""
    k = np.arange(teeth + 1)
    return np.stack([x + k * width / teeth, y + height * (k % 2)], axis=1)


def turned(angle, line="Two herons by the old mill,", size=1000):
    """A line of the example page on a blank sheet, turned clockwise by `angle` degrees.

    (picture uint8 (size, size, 3), the words, the corners of each word's box from the text's top left)
    """
    rgb, words = example()
    found = [w for w in words if w.text in line.split()]
    number = max({w.line for w in found}, key=lambda n: sum(w.line == n for w in found))
    found = [w for w in words if w.line == number]
    boxes = np.array([w.box for w in found])
    middle = (boxes[:, :2].min(axis=0) + boxes[:, 2:].max(axis=0)) / 2
    low, high = boxes.min(axis=0)[:2] - (10, 2), boxes.max(axis=0)[2:] - (-10, -2)
    ink = np.zeros(rgb.shape[:2], np.float32)
    part = np.s_[int(low[1]) : int(high[1]), int(low[0]) : int(high[0])]
    ink[part] = pen_ink(rgb)[part]
    turn = Affine.translation(*-middle).then(Affine.rotation(np.radians(angle)))
    turn = turn.then(Affine.translation(size / 2, size / 2))
    back = turn.inverse()
    matrix = (back.a, back.b, back.c, back.d, back.e, back.f)
    sheet = Image.fromarray(ink).transform((size, size), Image.Transform.AFFINE, matrix, Image.Resampling.BICUBIC)
    picture = np.repeat(np.clip(235 * (1 - 0.8 * np.asarray(sheet)), 0, 255)[..., None], 3, axis=2).astype(np.uint8)
    corners = [turn.apply([(x0, y0), (x1, y0), (x1, y1), (x0, y1)]) for x0, y0, x1, y1 in boxes]
    return picture, line.split(), corners


class SkeletonTracer:
    """Stands in for the model's tracer: what it doesn't read the detector says. `calls` is what it was asked."""

    def __init__(self, text="", confidence=0.6):
        self.text, self.confidence, self.calls = text, confidence, []

    def trace(self, crops, *, mode, texts=None, hints=None):
        self.calls.append((mode, list(texts), [c.ink.shape for c in crops]))
        read = [self.text or hint.text for hint in hints or [Hint()] * len(crops)]
        return [
            Word(tuple(trace(c)), text, self.confidence, (0, 0, *c.ink.shape[::-1]), origin=mode)
            for c, text in zip(crops, read, strict=True)
        ]
