"""Each module of the page against the one of the package that it mirrors."""

import math
import re

import numpy as np
import pytest
from PIL import Image

from inksight import formats
from inksight.centerline.snap import snap
from inksight.imaging import appearance, raster
from inksight.imaging.canvas import fit, standardise
from inksight.imaging.crop import Crop
from inksight.imaging.segmentation import COARSE, Layout, Network, Segmentation, binarize, segment
from inksight.ink import Stroke, Word, timing
from inksight.ink.curves import distance_to_polyline, resample, simplify, smooth
from inksight.layout.words import words
from inksight.options import MODES
from inksight.recognition import calibration, tokens
from inksight.recognition.confidence import word_confidence
from inksight.recognition.decoding import Decoded, decode
from inksight.recognition.engine import CELL, Choices
from inksight.recognition.language import LanguageModel
from inksight.recognition.models import model_folder
from inksight.recognition.reading import candidates
from inksight.recognition.tidy import tidy
from inksight.recognition.tracer import on_the_ink
from inksight.recognition.views import ROUNDS, consensus
from tests.browser.node import call, calls, channels, curves
from tests.browser.pictures import PAPERS, ink, picture, strokes


def apart(ours, theirs):
    """How far two lists of curves are apart at most, each from the other's lines, in pixels; they must correspond."""
    assert len(ours) == len(theirs)
    worst = 0.0
    for one, other in zip(ours, theirs, strict=True):
        a, b = np.asarray(one, float), np.asarray(getattr(other, "points", other), float)
        worst = max(worst, distance_to_polyline(a, b).max(), distance_to_polyline(b, a).max())
    return worst


def wavy(n=60, seed=3):
    rng = np.random.default_rng(seed)
    t = np.linspace(0, 1, n)
    return np.stack([40 + 90 * t, 40 + 15 * np.sin(11 * t)], axis=1) + rng.normal(0, 0.4, (n, 2))


def test_pillow():
    """Resizing gives Pillow's bytes."""
    grey = np.ascontiguousarray(picture("noisy")[..., 1])
    field = (grey / 255).astype(np.float32)
    ways = [(97, 61, "box", None), (500, 220, "bilinear", None), (140, 64, "bicubic", (3.25, 5.5, 340.75, 141.0))]
    wanted = [
        ("pillow", "resize", (values, w, h, kind, *([list(box)] if box else [])))
        for values in (grey, field)
        for w, h, kind, box in ways
    ]
    answers = calls(*wanted)
    for values, part in ((grey, answers[:3]), (field, answers[3:6])):
        for (w, h, kind, box), got in zip(ways, part, strict=True):
            filters = Image.Resampling[kind.upper()]
            expected = np.asarray(Image.fromarray(values).resize((w, h), filters, box=box))
            assert got.dtype == expected.dtype
            assert np.abs(got.astype(float) - expected).max() <= (1e-4 if values is field else 0)


class Told:
    """Stands in for the network's session: ink is what lacks red, print what lacks green, blue is the writing's height.

    tests/browser/checks.mjs has the same in JavaScript.
    """

    def run(self, _, fed):
        tile = fed["picture"].astype(np.float32)
        h, w = tile.shape[0] // COARSE, tile.shape[1] // COARSE
        blue = tile[::COARSE, ::COARSE, 2]
        maps = np.stack([1 - tile[..., 0] / 255, np.zeros_like(tile[..., 0]), 1 - tile[..., 1] / 255])
        ones = np.ones((h, w), np.float32)
        return [maps, np.stack([ones, ones, blue / 40 - 2, ones, 0 * ones])]


LOOKED_AT = {
    "once": ((360, 150), 90, 90),
    "enlarged": ((360, 150), 50, 50),
    "with large letters from the small picture": ((360, 150), 50, 240),
    "reduced": ((1300, 180), 160, 160),
    "in tiles": ((1700, 300), 50, 230),
}
"""Size of a picture, and what blue says of its left and its right part."""


@pytest.mark.parametrize("name", LOOKED_AT)
def test_the_picture_is_shown_to_the_network_alike(name):
    (width, height), left, right = LOOKED_AT[name]
    rgb = np.array(Image.fromarray(picture("noisy")).resize((width, height), Image.Resampling.BICUBIC))
    rgb[..., 1] = np.roll(rgb[..., 1], 40, axis=1)
    rgb[:, : width // 2, 2], rgb[:, width // 2 :, 2] = left, right
    network = Network.__new__(Network)
    network._session = Told()
    expected = segment(rgb, network).marks
    difference = np.abs(call("checks", "inkOf", channels(rgb)) - expected)
    assert difference.mean() < 1e-3
    assert np.quantile(difference, 0.999) < 0.02
    assert expected.max() > 0.7
    if name.startswith("with"):
        assert np.abs(expected[:, 200:] - (1 - rgb[..., :2].min(axis=2) / 255)[:, 200:]).max() < 1e-6  # as it was


def test_words_are_counted_alike():
    rng = np.random.default_rng(5)
    map_ = np.asarray(Image.fromarray(rng.random((12, 30), np.float32)).resize((120, 48), Image.Resampling.BICUBIC))
    map_ = np.clip(map_, 0, 1)
    layout = Layout(map_, map_, np.full_like(map_, 30), np.zeros_like(map_))
    expected = words(Segmentation(np.zeros((3, 192, 480), np.float32), layout))
    assert len(expected) > 5
    assert call("segmentation", "wordsIn", map_) == len(expected)


@pytest.mark.parametrize("paper", PAPERS)
def test_canvas(paper):
    canvas, frame = fit(ink(paper), height=64, max_width=448)
    mask, fitted, seen = calls(
        ("segmentation", "binarize", (ink(paper),)),
        ("canvas", "fit", (ink(paper), 64, 448)),
        ("canvas", "standardise", (canvas,)),
    )
    assert np.array_equal(mask, binarize(ink(paper)))
    assert np.abs(fitted["canvas"] - canvas).max() < 1e-3
    found = fitted["frame"]
    assert np.allclose([found["scale"], found["dx"], found["dy"]], [frame.a, frame.c, frame.f], atol=1e-6)
    assert np.abs(seen - standardise(canvas)).max() < 1e-4


@pytest.mark.parametrize("view", [view for views in ROUNDS for view in views])
def test_views(view):
    canvas, frame = view.fit(Crop.of(ink("plain")), 64, 448)
    told = {"slant": view.slant, "fill": view.fill}
    fitted = call("views", "fitted", ink("plain"), told, 64, 448)
    assert fitted["canvas"].shape == canvas.shape
    assert np.abs(fitted["canvas"] - canvas).max() < 1e-3
    found = fitted["frame"]
    numbers = [found[name] for name in ("scale", "lean", "dx", "dy")]
    assert np.allclose(numbers, [frame.a, frame.b, frame.c, frame.f], atol=1e-6)
    there_and_back = call("checks", "thereAndBack", found, [[3.0, 4.0], [100.0, 60.0]])
    assert np.allclose(there_and_back, [[3, 4], [100, 60]])


def test_the_surest_of_several_inks():
    """The same choice, also where some are turned, shuffled, joined or empty."""
    rng = np.random.default_rng(5)
    word = [np.asarray(s, float) for s in strokes(360, 150)]
    cases = []
    for wrong in [0.05] * 4 + [0.3] * 8:
        inks = []
        for _ in range(5):
            lines = [s + rng.normal(0, 2, 2) for s in word if rng.random() > wrong / 3]
            lines = [s[::-1] if rng.random() < wrong else s for s in lines]
            inks.append([lines[i] for i in rng.permutation(len(lines))] if rng.random() < 1.5 * wrong else lines)
        cases.append((inks, rng.uniform(0.15, 0.25, 5).tolist(), rng.uniform(0, 0.05, 5).tolist(), 3.0))
    got = calls(*(("views", "consensus", ([curves(i) for i in inks], *rest)) for inks, *rest in cases))
    expected = [consensus(*case) for case in cases]
    assert got == [choice._asdict() for choice in expected]
    assert len({choice.which for choice in expected}) > 2
    assert {choice.settled for choice in expected} == {True, False}


def test_geometry():
    points = wavy()
    ways = {"resample": resample, "simplify": simplify, "smooth": smooth}
    cases = [(name, curve) for name in ways for curve in (points, points[:2], np.array([[3.0, 4.0]]))]
    got = calls(*(("geometry", name, (curve.tolist(), 1.7)) for name, curve in cases))
    for ours, (name, curve) in zip(got, cases, strict=True):
        assert np.allclose(ours, ways[name](curve, 1.7), atol=1e-6)


@pytest.mark.parametrize("paper", ["plain", "tiny"])
def test_fidelity(paper):
    mask = binarize(ink(paper))
    h, w = mask.shape
    lines = [np.add(s, (2.0, -1.0)) for s in strokes(w, h)[:3]]
    pen, away, near, painted, covered, off = calls(
        ("raster", "penWidth", (mask,)),
        ("raster", "distance", (mask,)),
        ("raster", "dilate", (mask, 2.3)),
        ("raster", "paint", (w, h, curves(lines), 2.3)),
        ("raster", "coverage", (mask, curves(lines), 2.3)),
        ("raster", "spurious", (mask, curves(lines), 0.8)),
    )
    assert pen == pytest.approx(raster.pen_width(mask))
    assert np.allclose(away, raster.distance(mask), atol=1e-4)
    assert np.array_equal(near, raster.dilate(mask, 2.3))
    assert np.array_equal(painted, raster.paint((h, w), lines, 2.3))
    assert covered == pytest.approx(raster.coverage(mask, lines, 2.3), abs=1e-6)
    assert off == pytest.approx(raster.spurious(mask, lines, 0.8), abs=1e-6)


@pytest.mark.parametrize("paper", ["plain", "noisy", "large"])
def test_snap(paper):
    h, w = ink(paper).shape
    lines = [np.add(s, (1.0, -0.7)) for s in strokes(w, h)]
    lines.append(np.add(lines[1][::-1], (0.8, 0.5)))  # the pen's way back over its line
    got = call("snap", "snap", ink(paper), curves(lines), 3.0)
    assert apart(got, snap(Crop.of(ink(paper)), [Stroke(s) for s in lines], reach=3.0)) < 0.05


def test_what_was_decoded_comes_onto_the_ink():
    canvas, frame = fit(ink("plain"), height=64, max_width=448)
    decoded = [np.rint(frame.apply(resample(s, 12))).astype(np.int64) for s in strokes(360, 150)]
    seen = calls(("canvas", "fit", (ink("plain"), 64, 448)))[0]
    assert seen["canvas"].shape == canvas.shape
    wide = {"scale": frame.a, "dx": frame.c, "dy": frame.f}
    got = call("checks", "settled", ink("plain"), curves(decoded), wide)
    assert apart(got, on_the_ink(Crop.of(ink("plain")), decoded, frame)) < 0.1


def test_tidy():
    """Late strokes: a crumb, the rest of a stroke, a letter that was skipped, a stroke drawn twice."""
    arc = [(10 + 3 * k, 30 + (k * k) // 4) for k in range(9)]
    told = [arc, [(80, 20), (80, 40), (90, 44)], [(14, 32), (16, 33)], [(36, 48), (42, 55), (50, 60)]]
    told += [[(55, 20), (57, 30), (55, 44)], [(81, 21), (81, 40), (90, 45)]]
    late = [2, 3, 4, 5]
    expected = tidy(told, late)
    assert len(expected) == 3
    assert call("tidy", "tidy", told, late) == [s.tolist() for s in expected]


def columns_of(text, vocabulary, seed, blur):
    """Log-probabilities in which a text can be read, more or less: float32 (columns, V)."""
    rng = np.random.default_rng(seed)
    ids = [i for k in vocabulary.encode(text) for i in (k, tokens.PAD)]
    scores = rng.normal(0, 1.5, (2 * len(ids) + 4, len(vocabulary)))
    scores[np.arange(len(ids)) * 2 + 1, ids] += 12 - blur
    scores[::2, tokens.PAD] += 9 - blur
    return (scores - np.log(np.exp(scores).sum(axis=1, keepdims=True))).astype(np.float32)


def test_reading():
    """The beam search finds the same texts with the same nats, with the shipped language model and without one."""
    path = model_folder(None) / "language.npz"
    with np.load(path) as z:
        shipped = {name: z[name] for name in ("ngrams", "cost", "backoff")} | {"order": int(z["order"])}
    vocabulary, weights = tokens.Vocabulary(), calibration.shipped()
    columns = [columns_of(t, vocabulary, i, b) for i, (t, b) in enumerate([("willow", 0), ("Müller's", 5), ("a b", 7)])]
    for ours, theirs in ((None, None), (shipped, LanguageModel(path))):
        got = call("checks", "read", [list(c) for c in columns], vocabulary.characters, ours, weights.as_config())
        for texts, log_p in zip(got, columns, strict=True):
            expected = candidates(log_p, vocabulary, theirs, weights)
            assert list(texts) == list(expected)
            assert np.allclose(list(texts.values()), list(expected.values()), atol=1e-3)


def test_the_language_model_is_read_from_its_file():
    path = model_folder(None) / "language.npz"
    asked = [
        ("", "T"),
        ("th", "e"),
        ("qu", "\x03"),
        ("straß", "e"),
        ("x", "\u0416"),
        ("été", "s"),
        ("", "~"),
        ("\u0416", "a"),
    ]
    got = call("checks", "nats", np.frombuffer(path.read_bytes(), np.uint8), asked)
    if got is None:
        pytest.skip("this node can't unpack .npz files; browsers can")
    language = LanguageModel(path)
    assert got == pytest.approx([language.logp(*pair) for pair in asked])


class Scripted:
    """An engine and its decoder, of which each step chooses what a script says; asked again, the first free cell."""

    vocabulary, language = tokens.Vocabulary("ab"), None

    def __init__(self, script):
        self.script, self.at, self.before = script, 0, -1

    def encode(self, canvases):
        self.cells = canvases[0].size // CELL**2

    def decoder(self, memory):
        return self

    def step(self, fed):
        now, again = self.script[self.at], self.before == self.at
        self.before = self.at
        start = int(np.flatnonzero(fed.allowed[0] == 0)[0]) if again else now["start"]
        numbers = ([now["lift"]], [now["move"]], [0.8], [self.cells if start < 0 else start], [0.5], [5])
        return Choices(np.zeros((1, 11), np.float32), *map(np.array, numbers))

    def advance(self):
        self.at += 1


@pytest.mark.parametrize("seed", range(4))
def test_decoding(seed):
    """The loop and its guards: moves at random, starts where there is ink, and some that end the word too early."""
    canvas = standardise(fit(ink("plain"), height=64, max_width=448)[0])
    rng = np.random.default_rng(seed)
    inked = np.flatnonzero(canvas.reshape(64 // CELL, CELL, -1, CELL).sum(axis=(1, 3)) > 8)
    script = [
        {
            "lift": float(rng.choice([0.1, 0.9], p=[0.9, 0.1])),
            "move": rng.integers(-18, 19, 2).tolist() if k % 200 < 120 or seed else [2 - 4 * (k % 2), 0],
            "start": int(rng.choice([*inked, -1, -1])),
        }
        for k in range(600)
    ]
    found = decode(Scripted(script), [canvas], "derender")[0]
    got = call("checks", "scripted", canvas, script)
    assert got["strokes"] == [s.tolist() for s in found.strokes]
    assert sum(map(len, got["strokes"])) > 40
    assert got["inkConfidence"] == pytest.approx(found.ink_confidence, rel=1e-6)
    assert (got["looped"], got["restarts"]) == (found.looped, found.restarts)
    assert got["residual"] == pytest.approx(found.residual)


def test_what_fails_stays_with_little_confidence():
    """The package would take the skeleton."""
    word = call("checks", "dotted", ink("plain"), calibration.shipped().as_config())
    assert word["origin"] == "derender"
    assert word["strokes"] == []  # dots at what is left are no strokes
    assert word["confidence"] <= 0.3


@pytest.mark.parametrize("paper", ["plain", "light ink", "noisy"])
def test_appearance(paper):
    lines = [Stroke(s) for s in strokes(360, 150)]
    expected = appearance.measured(Word(tuple(lines)), picture(paper), ink(paper)).strokes
    got = call("appearance", "measured", curves(lines), channels(picture(paper)), ink(paper))
    for ours, theirs in zip(got, expected, strict=True):
        assert ours["width"] == pytest.approx(theirs.width, abs=0.05)
        numbers = [[int(c[k : k + 2], 16) for k in (1, 3, 5)] for c in (ours["color"], theirs.color)]
        assert np.abs(np.subtract(*numbers)).max() <= 2


def test_timing():
    lines = [Stroke(s) for s in [*strokes(360, 150), [[7.0, 9.0]]]]
    for ours, theirs in zip(call("timing", "times", curves(lines)), timing.times(lines), strict=True):
        assert np.allclose(ours, theirs, atol=1e-3)


def test_trust():
    cases = [
        (known, mode) for known in ((0.9, 0.8, False, 0), (0.2, 1.0, True, 3), (1.0, 0.0, False, 1)) for mode in MODES
    ]
    names = ("inkConfidence", "textConfidence", "looped", "restarts")
    fitted = calibration.shipped()
    got = calls(
        *(
            ("confidence", "wordConfidence", (dict(zip(names, t, strict=True)), 0.97, 0.02, m, fitted.as_config()))
            for t, m in cases
        )
    )
    assert got == pytest.approx([word_confidence(Decoded([], "", *t), 0.97, 0.02, m, fitted) for t, m in cases])


def test_numbers_round_as_in_python():
    values = [0.5, 1.5, 2.5, -0.5, -1.5, 2.49, 7.0, -3.2]
    assert calls(*(("grid", "rint", (v,)) for v in values)) == [round(v) for v in values]


@pytest.mark.parametrize("kind", ["svg", "inkml", "json"])
def test_files(kind):
    """The package reads what the page gives away."""
    lines = [{"points": p, "width": 3.25, "color": "#20304a"} for p in curves(strokes(360, 150))]
    lines.append({"points": [[12.0, 14.0]], "width": None, "color": None})
    word = {"strokes": lines, "text": 'a <b> & "c"', "confidence": 0.625, "box": [30, 20, 330, 130]}
    page = {"width": 360, "height": 150, "word": word | {"origin": "recognize-and-derender"}}
    read = formats.loads(call("formats", kind, page).encode(), kind)
    assert (read.width, read.height) == (360, 150)
    assert read.words[0].text == word["text"]
    assert read.words[0].confidence == 0.625
    assert read.words[0].origin == "recognize-and-derender"
    assert read.words[0].box == (30, 20, 330, 130)
    assert apart(curves(read.strokes), [line["points"] for line in lines]) < 0.01
    assert {s.color for s in read.strokes[:-1]} == {"#20304a"}
    assert {s.width for s in read.strokes[:-1]} == {3.25}


def test_constants_are_the_package_s():
    """Numbers that were tuned stand in both languages; whoever changes one is told of the other."""
    from inksight.recognition import decoding, reading, tracer, views

    text = {name: _source(name) for name in ("decoding", "reading", "tracer", "confidence", "views")}
    assert _number(text["views"], "BORNE_OUT") == views.BORNE_OUT
    assert _number(text["decoding"], "MAX_POINTS") == decoding.MAX_POINTS
    assert _number(text["decoding"], "PATIENCE") == decoding.PATIENCE
    assert _number(text["decoding"], "MAX_RESTARTS") == decoding.MAX_RESTARTS
    assert _number(text["reading"], "BEAMS") == reading.BEAMS
    assert _number(text["reading"], "MAX_LETTERS") == reading.MAX_LETTERS
    assert _number(text["tracer"], "SMOOTHING") == tracer.SMOOTHING
    assert _number(text["tracer"], "CANVAS_REACH") == tracer.CANVAS_REACH
    assert f"[{tracer.ENOUGH_COVERED}, {tracer.TOO_SPURIOUS}]" in text["tracer"]


def _source(name):
    from browser.build import HERE

    return (HERE / "inksight" / f"{name}.js").read_text(encoding="utf-8")


def _number(source, name):
    found = re.search(rf"const {name} = ([\d.]+);", source)
    return float(found[1]) if found else math.nan
