"""The example page as the detector sees it (run once for all tests), and pages drawn with lines."""

import socket
from functools import cache
from pathlib import Path
from unittest.mock import patch

import numpy as np
from PIL import Image, ImageDraw

from inksight import detect
from inksight.image import open_image
from inksight.ink import Word
from inksight.skeleton import trace

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
        return rgb, tuple(detect.load("rapidocr")(rgb))


def drawn(*lines, size=(400, 300), pen=4, light=False):
    """A uint8 (H, W, 3) picture with polylines in a dark pen on light paper, or the reverse."""
    paper, ink = ((40, 48, 44), (230, 230, 225)) if light else ((236, 234, 228), (30, 36, 70))
    image = Image.new("RGB", size, paper)
    for line in lines:
        ImageDraw.Draw(image).line([tuple(p) for p in line], fill=ink, width=pen, joint="curve")
    return np.asarray(image)


def zigzag(x, y, width=60, height=24, teeth=6):
    """Something like a word: float (n, 2)."""
    k = np.arange(teeth + 1)
    return np.stack([x + k * width / teeth, y + height * (k % 2)], axis=1)


class SkeletonTracer:
    """Stands in for the model's tracer; remembers what it was asked."""

    def __init__(self, text="", confidence=0.6):
        self.text, self.confidence, self.calls = text, confidence, []

    def trace_inks(self, inks, *, mode, texts=None):
        self.calls.append((mode, list(texts), [i.shape for i in inks]))
        return [
            Word(tuple(trace(i)), self.text, self.confidence, (0, 0, i.shape[1], i.shape[0]), origin=mode) for i in inks
        ]
