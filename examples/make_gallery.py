"""Draws the playground's harder examples: a whiteboard, a note in dim light, a form filled in, a card in two inks.

Made as make_page.py makes the others, whose means they are drawn with:

    PYTHONPATH=/tmp/hershey python examples/make_gallery.py     # writes them into the playground
"""

from __future__ import annotations

import numpy as np
from make_page import PLAYGROUND, Array, Curve, Hand, by_hand, clouds, draw_ink, inked, paper, photograph
from PIL import Image, ImageDraw, ImageFont

BLACK, BLUE, RED = (0.10, 0.10, 0.12), (0.10, 0.18, 0.55), (0.76, 0.12, 0.14)
GREEN, WHITE = (0.06, 0.45, 0.22), (0.95, 0.94, 0.90)
FIELDS = [("Name", "Ada Winter"), ("Street", "12 Mill Lane"), ("Town", "Riverside"), ("Telephone", "555 0142")]


def glare(picture: Image.Image, centre: tuple[float, float], radius: float, strength: float) -> Image.Image:
    """A lamp mirrored by what is photographed: `centre` and `radius` in pixels."""
    y, x = np.mgrid[0 : picture.height, 0 : picture.width]
    spot = strength * np.exp(-((x - centre[0]) ** 2 + 2.2 * (y - centre[1]) ** 2) / radius**2)[..., None]
    seen = np.asarray(picture, float)
    return Image.fromarray((seen + (255 - seen) * spot).astype(np.uint8))


def dimmed(picture: Image.Image, light: float, rng: np.random.Generator) -> Image.Image:
    """The same with so little light that the sensor's noise shows."""
    seen = light * np.asarray(picture, float)
    return Image.fromarray((seen + rng.normal(0, 2.5, seen.shape)).clip(0, 255).astype(np.uint8))


def boxed(left: float, top: float, right: float, bottom: float, rng: np.random.Generator) -> Curve:
    """A box drawn in one stroke."""
    return by_hand([(left, top), (left, bottom), (right, bottom), (right, top), (left, top)], rng)


def whiteboard(rng: np.random.Generator) -> Image.Image:
    """Three markers, a flow of boxes, traces of wiping and a lamp in the board."""
    size = (1200, 800)
    hand, small = Hand(rng, "futural", 46, 1.2), Hand(rng, "futural", 36, 1.2)
    flow = [boxed(120 + 340 * i, 520, 350 + 340 * i, 630, rng) for i in range(3)]
    flow += [c for i, text in enumerate(("photo", "ink", "notes")) for c in small.line(text, 165 + 340 * i, 592)]
    for i in range(2):
        x = 356 + 340 * i
        flow += [by_hand([(x, 576), (x + 98, 576)], rng), by_hand([(x + 76, 560), (x + 98, 576), (x + 76, 592)], rng)]
    jobs = ("1 book the room", "2 print ten copies", "3 call Peter")
    plan = [c for i, text in enumerate(jobs) for c in hand.line(text, 130, 250 + 84 * i)]
    sheet = 0.93 + 0.012 * clouds(size, 120, rng) + 0.004 * clouds(size, 3, rng)
    sheet = np.repeat(sheet[..., None], 3, axis=2)
    heading, aside = hand.line("Plan for Friday", 130, 140), small.line("ask Maria", 800, 250)
    for colour, curves in ((RED, heading), (BLUE, plan), (GREEN, aside), (BLACK, flow)):
        sheet = inked(sheet, 0.9 * draw_ink(size, curves, 6.5, rng), colour)
    picture = photograph(sheet, [(48, 40), (1160, 62), (1178, 770), (26, 748)], (0.45, 0.45, 0.47), rng)
    return glare(picture, (760, 170), 150, 0.75)


def dim_note(rng: np.random.Generator) -> Image.Image:
    """A yellow note on wood, in the evening."""
    size = (760, 760)
    hand = Hand(rng, height=58, shake=1.3)
    lines = ("Back at nine.", "Soup is in", "the red pot.", "Love, Ida")
    curves = [c for i, text in enumerate(lines) for c in hand.line(text, 90 + 8 * i, 190 + 148 * i)]
    sheet = inked(paper(size, rng) * (1, 0.88, 0.45), 0.9 * draw_ink(size, curves, 5.5, rng), BLACK)
    return dimmed(photograph(sheet, [(110, 70), (668, 104), (640, 690), (70, 640)], (0.40, 0.26, 0.16), rng), 0.33, rng)


def form(rng: np.random.Generator) -> Image.Image:
    """Printed questions with written answers."""
    size = (1000, 760)
    printed = Image.new("L", size, 0)
    pen = ImageDraw.Draw(printed)
    pen.text((90, 70), "Library card", fill=235, font=ImageFont.load_default(46))
    pen.text((90, 140), "Please write clearly, in blue or black.", fill=235, font=ImageFont.load_default(24))
    hand, curves = Hand(rng, height=48), list[Curve]()
    for i, (name, answer) in enumerate(FIELDS):
        y = 280 + 120 * i
        pen.text((90, y - 34), name, fill=235, font=ImageFont.load_default(30))
        pen.line((290, y + 6, 900, y + 6), fill=150, width=2)
        curves += hand.line(answer, 320, y - 4)
    sheet = inked(paper(size, rng), np.asarray(printed, float) / 255, (0.12, 0.12, 0.13))
    sheet = inked(sheet, 0.9 * draw_ink(size, curves, 4.2, rng), BLUE)
    return photograph(sheet, [(30, 26), (966, 12), (984, 744), (12, 730)], (0.30, 0.32, 0.36), rng)


def card(rng: np.random.Generator) -> Image.Image:
    """Brown card, written on in black and in white."""
    size = (900, 560)
    fibres = 0.03 * clouds(size, 3, rng) + 0.02 * clouds(size, 40, rng)
    sheet: Array = np.array([0.62, 0.48, 0.34]) + fibres[..., None]
    hand = Hand(rng, height=62)
    inks = (("Happy birthday", 150, BLACK), ("to the best of", 300, WHITE), ("all neighbours", 450, WHITE))
    for text, baseline, colour in inks:
        sheet = inked(sheet, 0.95 * draw_ink(size, hand.line(text, 100, baseline), 5.5, rng), colour)
    return photograph(sheet, [(24, 20), (878, 34), (884, 546), (14, 532)], (0.20, 0.20, 0.22), rng)


def main() -> None:
    """Write the pictures; the seeds are fixed, so that they come out the same every time."""
    for seed, (name, draw) in enumerate(
        {"whiteboard": whiteboard, "note": dim_note, "form": form, "card": card}.items()
    ):
        draw(np.random.default_rng(seed)).save(PLAYGROUND / f"{name}.jpg", quality=72, optimize=True)


if __name__ == "__main__":
    main()
