"""Small pictures of kinds on which ink was once lost or invented, each with its truth; the same every time."""

from itertools import pairwise

import numpy as np

from bench.segmentation import surfaces
from bench.segmentation.draft import Draft, Lens, Pen, Scene, Stock
from bench.segmentation.hand import Hand
from bench.segmentation.scenes import arrow, rectangle, rules, turned
from tests.hand import LETTERS, written

TEXT = "an excellent idea to count the low land in a hot moment and note the amount we owe"
HAND = Hand("plain", [(w, [(s - (0, 100)) / 40 for s in written(w)]) for w in TEXT.split() if set(w) <= set(LETTERS)])
SCAN = Lens(slope=0.02, blur=0.4, noise=1.0, quality=92)
PHONE = Lens(exposure=0.85, slope=0.25, blur=0.7, noise=3.0, quality=75)
BLACK, BLUE, RED, GREEN = (22, 22, 26), (30, 60, 170), (196, 30, 40), (20, 128, 62)


def no_photograph(size, rng):
    """Cases have none."""
    raise AssertionError


def draft(height, width, seed=0, paper=(247, 245, 240)):
    """A sheet of paper; print is in the font that comes with Pillow."""
    case = Draft((height, width), np.random.default_rng(seed), Stock([HAND], no_photograph, [""]))
    case.surface = surfaces.paper(case.size, paper, case.rng)
    return case


def done(case, name, lens=SCAN) -> Scene:
    return case.scene(name, case.painted(), lens)


def box(case, x, y, w, h):
    """A box by hand, one stroke."""
    corners = [(x, y), (x, y + h), (x + w, y + h), (x + w, y), (x, y)]
    case.draw(np.concatenate([np.linspace(a, b, 9) for a, b in pairwise(corners)]))


def flow_chart(filled):
    """Boxes and arrows, the heads filled or open: the head's thickness says nothing about the rest."""
    case = draft(420, 360, 1)
    case.take(Pen(2.4, BLACK))
    t = np.linspace(0, 2 * np.pi, 60)
    case.draw(np.stack([180 + 90 * np.cos(t), 60 + 44 * np.sin(t)], axis=1))
    box(case, 70, 210, 220, 80)
    for y0, y1 in ((104, 210), (290, 380)):
        case.draw(np.array([(180.0, y0), (180, y1 - 4)]))
        head = np.array([(164.0, y1 - 24), (180, y1), (196, y1 - 24)])
        if filled:
            case.fill(head)
        else:
            case.draw(head)
    return done(case, "flow chart, filled heads" if filled else "flow chart, open heads")


def bold_letter(scale=1.0):
    """One letter by a very broad pen, which is no blot."""
    case = draft(round(600 * scale), round(800 * scale), 2, (252, 252, 252))
    case.take(Pen(56 * scale, (4, 4, 6), breathe=0.0))
    for stroke in written("a"):
        case.draw((stroke - (16, 80)) * 5.2 * scale + (case.width / 2, case.height / 2))
    return done(case, f"bold letter, {case.width} px")


def kraft():
    """White and black ink on brown paper: both are ink, and the gaps between white letters aren't."""
    case = draft(312, 760, 3)
    case.surface = surfaces.kraft(case.size, np.random.default_rng(3))
    for k, color in enumerate([BLACK, (246, 244, 238)]):
        case.take(Pen(4, color))
        for y in (0, 68):
            case.line(24, 72 + 134 * k + y, 740, 26)
    return done(case, "white and black on kraft")


def marker_heading():
    """A broad marker over fine notes."""
    case = draft(620, 760, 4, (252, 252, 252))
    case.take(Pen(21, BLACK, breathe=0.05))
    case.line(50, 150, 740, 62)
    case.take(Pen(2.2, BLACK))
    case.text((40, 190, 720, 600), 19, 62, full=1)
    return done(case, "marker over fine notes")


def ruled():
    """Writing on ruled lines as dark as the pen is blue."""
    case = draft(480, 700, 5)
    case.ruling((120, 156, 214), 0.9)
    rules(case, 44, 30, width=1.4)
    case.take(Pen(2.6, BLUE))
    case.text((40, 30, 680, 470), 17, 44, full=1)
    return done(case, "ruled", PHONE)


def boxes_on_ruling():
    """Boxes drawn by hand, their sides along the ruled lines."""
    case = draft(420, 640, 6)
    case.ruling((122, 160, 214), 0.8)
    rules(case, 38, 20, width=1.2)
    case.take(Pen(2.6, BLACK))
    for x in (60, 350):
        box(case, x, 100, 220, 110)
        case.line(x + 24, 168, x + 200, 17)
    arrow(case, (280, 150), (350, 150), 16)
    return done(case, "boxes on ruling", PHONE)


def squares():
    """Squares as dark as the ink."""
    case = draft(480, 640, 7)
    case.ruling((70, 74, 84), 0.85)
    rules(case, 26, 0, width=1.2)
    rules(case, 26, 0, upright=True, width=1.2)
    case.take(Pen(3, BLACK))
    case.text((30, 20, 620, 470), 18, 78, full=1)
    return done(case, "dark squares")


def whiteboard():
    """Four colours between dark rails."""
    case = draft(520, 900, 8)
    case.surface = surfaces.flat(case.size, (150, 140, 126))
    case.place(rectangle(450, 260, 860, 500), surfaces.flat(case.size, (48, 50, 54)))
    case.place(rectangle(450, 260, 830, 466), surfaces.whiteboard(case.size, np.random.default_rng(8)))
    for k, color in enumerate([BLACK, RED, GREEN, BLUE]):
        case.take(Pen(4, color, grain=0.1))
        x, y = 60 + 400 * (k % 2), 60 + 210 * (k // 2)
        case.text((x, y, x + 370, y + 190), 18, 56, full=1)
    return done(case, "whiteboard", PHONE)


def sticky_note():
    """The edge of a note and its shadow are no strokes."""
    case = draft(460, 520, 9, (182, 150, 116))
    case.frame = turned(260, 230, 0.07)
    case.place(rectangle(260, 230, 340, 340), surfaces.flat(case.size, (250, 232, 110)))
    case.take(Pen(3, BLACK))
    case.text((110, 80, 420, 390), 20, 66, full=1)
    return done(case, "sticky note", PHONE)


def dim_note():
    """A framed note in little light."""
    case = draft(430, 640, 10, (132, 112, 92))
    for w, h, color in ((600, 400, (92, 62, 42)), (560, 360, (40, 28, 20)), (540, 340, (246, 240, 226))):
        case.place(rectangle(320, 215, w, h), surfaces.flat(case.size, color))
    case.take(Pen(3.4, BLACK))
    case.text((80, 70, 570, 370), 22, 72, full=1)
    return done(case, "dim framed note", Lens(0.32, 0.5, vignette=0.4, warmth=0.08, blur=0.8, noise=4, quality=70))


def form():
    """A printed sentence, printed fields, and what was written into them."""
    case = draft(460, 640, 11)
    y = case.print((40, 30, 600, 110), 26, lines=3)
    case.ruling((60, 62, 70), 0.9)
    case.take(Pen(2.6, BLUE))
    for k in range(4):
        at = y + 40 + 72 * k
        case.print((40, at, 200, at + 30), 24, lines=1)
        case.rule(np.array([(210.0, at + 26), (600, at + 26)]), 1.4)
        case.line(220, at + 22, 600, 17)
    return done(case, "form")


def sand():
    """Letters drawn in sand, their strokes shaded, of no colour of their own."""
    case = draft(420, 700, 12)
    case.surface = surfaces.sand(case.size, np.random.default_rng(12))
    case.take(Pen(14, BLACK, breathe=0.1))
    case.line(60, 190, 660, 70)
    case.line(60, 350, 660, 70)
    return case.scene("letters in sand", surfaces.carved(case.surface, case.ink(), 14, 0.8, 0.5, light=2.2), PHONE)


def blank_ruled():
    """A ruled sheet that nobody wrote on, half in shadow."""
    case = draft(460, 640, 13)
    case.ruling((122, 160, 214), 0.8)
    rules(case, 40, 20, width=1.3)
    return done(case, "blank ruled sheet", Lens(exposure=0.8, slope=0.4, shadow=0.5, noise=3))


def printed_page():
    """Print alone."""
    case = draft(520, 640, 14)
    case.print((40, 40, 600, 480), 28)
    return done(case, "printed page", PHONE)


def of_no_thing(kind):
    """No ink, ruling or print: noise, a gradient, wood, one colour, sizes out of the ordinary."""
    rng = np.random.default_rng(15)
    slope = np.linspace(20, 235, 400)
    rgb = {
        "noise": lambda: rng.integers(0, 256, (240, 320, 3)),
        "gradient": lambda: np.broadcast_to((slope[:, None] * 0.5 + slope[None] * 0.5)[..., None], (400, 400, 3)),
        "wood": lambda: surfaces.wood((360, 480), rng).clip(0, 255),
        "black": lambda: np.zeros((200, 300, 3)),
        "1x1": lambda: np.full((1, 1, 3), 255),
        "30000x20": lambda: np.full((20, 30_000, 3), 240),
    }[kind]()
    nothing = np.zeros(rgb.shape[:2], np.float32)
    return Scene(kind, rgb.astype(np.uint8), nothing, nothing, nothing)


NOTHING = ("noise", "gradient", "wood", "black", "1x1", "30000x20")
INKED = {
    "filled heads": lambda: flow_chart(True),
    "open heads": lambda: flow_chart(False),
    "bold letter": bold_letter,
    "bold letter, small": lambda: bold_letter(0.5),
    "kraft": kraft,
    "marker heading": marker_heading,
    "ruled": ruled,
    "boxes on ruling": boxes_on_ruling,
    "squares": squares,
    "whiteboard": whiteboard,
    "sticky note": sticky_note,
    "dim note": dim_note,
    "form": form,
    "sand": sand,
}
"""The cases with ink, by name."""
