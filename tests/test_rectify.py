"""Sheets laid flat: photographed by bench/camera.py, which knows where each point of the sheet went."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bench.camera import TABLES, Camera, clouds, shoot, table
from inksight import pipeline
from inksight.imaging import rectify
from inksight.imaging.pictures import binarize
from inksight.imaging.raster import coverage, spurious
from inksight.imaging.rectify import bend, flatten
from inksight.imaging.rectify.camera import flat_to_picture
from inksight.imaging.rectify.contour import contour
from inksight.imaging.rectify.outline import Outline, outlines
from inksight.imaging.rectify.render import render
from inksight.imaging.rectify.writing import direction, middle_lines
from inksight.imaging.segmentation import pen_ink
from inksight.imaging.sheet import as_it_is
from inksight.ink.frames import Affine, Bend, Homography
from inksight.layout.detection import Detection
from inksight.layout.rapidocr import shared
from tests.pages import SkeletonTracer, flat

SMALL = Camera(size=(900, 1200))
SIDE = 1600
GRID = np.stack(np.meshgrid([80.0, 300, 520, 740], [60.0, 350, 650, 940]), axis=-1).reshape(-1, 2)
"""Points of flat(), 800 x 1000."""


def similarity(p, q):
    """The turn in degrees and the scale that take p to q best, and how far each point stays off: (n,)."""
    a, b = (v - v.mean(axis=0) for v in (p, q))
    z, w = (v[:, 0] + 1j * v[:, 1] for v in (a, b))
    factor = (w * z.conj()).sum() / (abs(z) ** 2).sum()
    return np.degrees(np.angle(factor)), abs(factor), abs(w - factor * z)


def laid_flat(shot):
    """flatten()'s sheet, its turn against the true one, and how far points stay off in shares of the width."""
    sheet = flatten(shot.photo, SIDE, shared())
    turn, scale, off = similarity(GRID, sheet.frame.inverse().apply(shot.to_photo(GRID)))
    return sheet, turn, off / (scale * 800)


def blank(size=(800, 1000)):
    noise = np.random.default_rng(0).normal(0, 2, (size[1], size[0], 3))
    return (240 + noise).clip(0, 255).astype(np.uint8)


@pytest.mark.parametrize(
    "camera",
    [
        Camera(size=(900, 1200), pitch=20, roll=8, table="dark", shadow=0.3),
        Camera(size=(1200, 900), pitch=-12, yaw=15, roll=-6, table="cloth"),
        Camera(size=(900, 1200), yaw=-18, table="stone", fill=0.7, roll=95),
        Camera(size=(900, 1200), pitch=10, roll=183, table="pale", shadow=0),
    ],
)
def test_a_sheet_on_a_table_is_laid_flat_and_turned_upright(camera):
    shot = shoot(flat(), camera)
    sheet, turn, off = laid_flat(shot)
    assert abs(turn) < 1
    assert off.max() < 0.02
    straight = similarity(GRID, shot.to_photo(GRID))
    assert (straight[2] / (straight[1] * 800)).max() > 0.01 or camera.roll > 90  # there was something to do
    assert sheet.inside.mean() > 0.95
    assert max(sheet.rgb.shape) <= SIDE


@pytest.mark.parametrize(("table", "seed"), [(name, i) for i, name in enumerate(TABLES)])
def test_corners_are_found_to_a_few_pixels(table, seed):
    rng = np.random.default_rng(seed)
    pitch, yaw, roll = rng.uniform(-18, 18, 3).tolist()
    shot = shoot(flat(), Camera(size=(900, 1200), pitch=pitch, yaw=yaw, roll=roll, table=table, seed=seed))
    corners, sides = contour(shot.photo, outlines(shot.photo)[0])
    errors = [np.linalg.norm(np.roll(corners, k, axis=0) - shot.corners, axis=1).max() for k in range(4)]
    assert min(errors) < 5
    top = shot.to_photo(np.stack([np.linspace(0, 800, 30), np.zeros(30)], axis=1))
    course = np.concatenate(sides)
    assert np.linalg.norm(top[:, None] - course, axis=2).min(axis=1).max() < 6


@pytest.mark.parametrize("quarters", [1, 2, 3])
def test_turned_scans_come_upright(quarters):
    upright = flat()
    sheet = flatten(np.ascontiguousarray(np.rot90(upright, quarters)), SIDE, shared())
    assert sheet.rgb.shape == upright.shape
    assert abs(sheet.rgb.astype(int) - upright).mean() < 1


def test_a_level_scan_comes_as_it_is():
    sheet = flatten(flat(), SIDE, shared())
    assert sheet.inside is None
    assert sheet.rgb is flat()
    assert isinstance(sheet.frame, Affine)


@pytest.mark.parametrize("angle", [-11, 4])
def test_skewed_writing_is_levelled_without_a_sheet_in_sight(angle):
    shot = shoot(flat(), Camera(size=(900, 1200), fill=1.5, roll=angle))
    sheet, turn, _ = laid_flat(shot)
    assert abs(turn) < 0.7
    y, x = np.nonzero(sheet.inside)  # nothing is made of what lies beyond the picture
    there = sheet.frame.apply(np.stack([x, y], axis=1)[::97] + 0.5)
    assert (there > -2).all()
    assert (there < np.array([902, 1202])).all()
    assert sheet.inside.sum() * sheet.frame.zoom((400, 400)) ** 2 == pytest.approx(900 * 1200, rel=0.02)


def test_a_cut_off_sheet_loses_its_table_alone():
    shot = shoot(flat(), Camera(size=(900, 1200), fill=1.05, shift=(-0.06, 0.05), table="dark"))
    sheet = flatten(shot.photo, SIDE, shared())
    at = sheet.frame.inverse().apply(shot.to_photo(np.array([[400, 500], [60, 300], [700, 200], [-30, 500]])))
    x, y = at.astype(int).clip(0, np.array(sheet.inside.shape[::-1]) - 1).T
    assert sheet.inside[y[:3], x[:3]].all()
    assert at[3, 0] < 0 or not sheet.inside[y[3], x[3]]


def test_bent_paper_is_straightened():
    shot = shoot(flat(), Camera(size=(900, 1200), pitch=28, arch=0.1, spine=0.15, table="dark"))
    lines = [np.stack([np.linspace(120, 700, 20), np.full(20, y)], axis=1) for y in (250.0, 450, 700)]

    def bent(apply):
        courses = [apply(shot.to_photo(line)) for line in lines]
        chords = [c[:1] + np.linspace(0, 1, 20)[:, None] * (c[-1:] - c[:1]) for c in courses]
        sizes = [np.ptp(c[:, 0]) for c in courses]
        return max(np.ptp((c - k)[:, 1]) / s for c, k, s in zip(courses, chords, sizes, strict=True))

    sheet = flatten(shot.photo, SIDE, shared())
    assert bent(lambda xy: xy) > 0.01
    assert bent(sheet.frame.inverse().apply) < 0.5 * bent(lambda xy: xy)
    xy = np.random.default_rng(0).uniform(0, sheet.rgb.shape[1::-1], (50, 2))
    assert abs(sheet.frame.inverse().apply(sheet.frame.apply(xy)) - xy).max() < 0.05


@pytest.mark.parametrize(
    ("edge", "held"),
    [(-20, True), (118, False), (104, True), (170, True)],  # beyond all, through a line, at its rim, between lines
)
def test_an_edge_that_cuts_a_line_of_writing_is_none(edge, held):
    """Lines 40 pixels high, one of twenty above the others; what lies wholly beside the sheet isn't of it."""
    tops = [100, *range(200, 200 + 19 * 50, 50)]
    boxes = np.array([[(50, y), (700, y), (700, y + 40), (50, y + 40)] for y in tops], float)
    course = np.array([(-5, edge), (805, edge), (805, 1300), (-5, 1300)], float)
    assert rectify._holds(course, boxes, (1300, 800)) == held


def test_the_likeliest_outline_that_cuts_no_writing_is_taken(monkeypatch):
    corners = [np.array([(0, y), (799, y), (799, 999), (0, 999)], float) for y in (70, 10)]
    found = [Outline(c, (False, True, True, True), 1.0 - k / 2) for k, c in enumerate(corners)]
    monkeypatch.setattr(rectify, "outlines", lambda rgb: found)
    monkeypatch.setattr(rectify, "contour", lambda rgb, o: (o.corners, _sides(o.corners)))
    boxes = np.array([[(50, y), (700, y), (700, y + 40), (50, y + 40)] for y in range(50, 950, 60)], float)
    edges = rectify._edges(blank(), boxes, Affine())
    assert edges.corners[:, 1].min() == 10


def _sides(corners):
    return [np.array([corners[i], corners[(i + 1) % 4]]) for i in range(4)]


def test_what_has_no_edges_is_no_sheet():
    picture = flat().copy()
    picture[300:304, 100:700] = picture[800:804, 100:700] = 30  # a frame, drawn
    picture[300:804, 100:104] = picture[300:804, 696:700] = 30
    assert not [o for o in outlines(picture) if o.whole]
    assert outlines(flat()) == []
    shade = shoot(flat(), Camera(size=(900, 1200), fill=1.6, shadow=0.5))  # its edge is soft
    assert flatten(shade.photo, SIDE, shared()).inside is None


class TestRender:
    def test_a_ramp_stays_a_ramp(self):
        x, y = np.meshgrid(np.arange(300) + 0.5, np.arange(200) + 0.5)
        ramp = np.repeat((0.4 * x + 0.5 * y)[..., None], 3, axis=2)
        frame = Homography.of_corners(
            [[0, 0], [120, 0], [120, 90], [0, 90]], [[20, 10], [260, 30], [240, 180], [40, 150]]
        )
        seen = render(ramp.round().astype(np.uint8), frame, (120, 90))
        px, py = np.meshgrid(np.arange(120) + 0.5, np.arange(90) + 0.5)
        u, v = frame.apply(np.stack([px.ravel(), py.ravel()], axis=1)).T
        assert abs(seen[..., 0].ravel() - (0.4 * u + 0.5 * v)).max() < 1.2

    def test_nothing_is_skipped_when_reducing(self):
        stripes = np.zeros((400, 400, 3), np.uint8)
        stripes[:, ::4] = 255
        seen = render(stripes, Affine.scaling(4), (100, 100))
        assert abs(seen[10:-10, 10:-10].astype(int) - 64).max() < 8


class TestDirection:
    @staticmethod
    def boxes(angle, count=6, long=200, high=20):
        turn = Affine.rotation(np.radians(angle))
        rows = [[[0, y], [long, y], [long, y + high], [0, y + high]] for y in range(0, 40 * count, 40)]
        return turn.apply(np.array(rows, float).reshape(-1, 2)).reshape(-1, 4, 2)

    @given(st.floats(-89, 89), st.integers(0, 3))
    @settings(max_examples=30)
    def test_is_that_of_the_long_boxes(self, angle, first):
        boxes = np.roll(self.boxes(angle), first, axis=1)  # whichever corner comes first
        lines, heights = middle_lines(boxes)
        assert heights == pytest.approx(np.full(6, 20.0))
        assert np.degrees(direction(lines)) == pytest.approx(angle, abs=1e-6)

    def test_square_boxes_and_quarrelling_ones_tell_nothing(self):
        assert direction(middle_lines(self.boxes(10, long=25))[0]) is None
        both = np.concatenate([self.boxes(0), self.boxes(90)])
        assert direction(middle_lines(both)[0]) is None


class TestBend:
    @staticmethod
    def page(field, spots=(0, 1)):
        """Rows of zigzags on a bent page, and their boxes."""
        mask = np.zeros((900, 700), bool)
        boxes = []
        for k, y in enumerate(np.arange(80.0, 860, 70)):
            x = np.arange(60.0, 640)
            xy = field.apply(np.stack([x, y + 8 * np.sin(x / 3 + k)], axis=1))
            for dy in spots:
                mask[(xy[:, 1] + dy).astype(int), xy[:, 0].astype(int)] = True
            boxes.append((xy[:, 0].min(), xy[:, 1].min() - 3, xy[:, 0].max(), xy[:, 1].max() + 3))
        return mask, np.array(boxes)

    @pytest.mark.parametrize("weights", [[[0.0, 0], [60, 0]], [[0.0, 60], [-50, 20]]])
    def test_is_measured_on_the_lines(self, weights):
        field = Bend(np.array(weights), (350, 450), 450)
        found = bend.fit(*self.page(field))
        x, y = np.meshgrid(np.linspace(80, 620, 9), np.linspace(90, 820, 9))
        level = np.stack([x.ravel(), y.ravel()], axis=1)
        gap = (found.shift(level)[0] - field.shift(level)[0]).reshape(9, 9)
        there = np.ptp(field.shift(level)[0].reshape(9, 9), axis=1).max()
        assert there > 15
        assert np.ptp(gap, axis=1).max() < 0.25 * there  # how high a line lies doesn't matter

    def test_straight_lines_are_left_alone(self):
        assert bend.fit(*self.page(Bend(np.zeros((1, 1)), (0, 0), 1))) is None
        assert bend.fit(np.zeros((900, 700), bool), np.zeros((0, 4))) is None


def test_the_cameras_view_gives_the_sheets_shape():
    for ratio in (0.7, 1.0, 1.5):
        sheet = np.full((round(1000 / ratio), 1000, 3), 240, np.uint8)
        shot = shoot(sheet, Camera(size=(900, 1200), pitch=24, yaw=12, roll=5, fill=0.9))
        flat_size = flat_to_picture(shot.corners, (900, 1200)).inverse().apply(shot.corners)[2]
        assert flat_size[0] / flat_size[1] == pytest.approx(ratio, rel=0.12)


# ------------------------------------------------------------------------------------------------- the whole way


@pytest.fixture
def tracer(monkeypatch):
    monkeypatch.setattr(pipeline, "tracer", lambda *_: SkeletonTracer())


def test_ink_comes_back_in_the_photos_frame(tracer):
    shot = shoot(flat(), Camera(size=(1200, 1600), pitch=18, yaw=8, roll=172, table="dark"))
    page = pipeline.convert(shot.photo)
    mask = binarize(pen_ink(shot.photo))
    assert (page.width, page.height) == (1200, 1600)
    assert page.text.split("\n")[0].startswith("Field")
    assert spurious(mask, page.strokes, 2.0) < 0.01
    inside = Homography.of_corners(shot.corners, [[0, 0], [1, 0], [1, 1], [0, 1]]).apply(
        np.concatenate([s.points for s in page.strokes])
    )
    assert ((inside > 0.01) & (inside < 0.99)).all()  # no table, no edges
    written = np.zeros_like(mask)
    (x0, y0), (x1, y1) = (f(shot.to_photo(np.array([[110, 110], [780, 700]])), axis=0) for f in (np.min, np.max))
    written[int(y0) : int(y1), int(x0) : int(x1)] = True
    assert coverage(mask & written, page.strokes, 3.0) > 0.9


def test_flattened_the_page_is_the_sheet(tracer):
    shot = shoot(flat(), Camera(size=(900, 1200), pitch=15, roll=90, table="dark"))
    shown, page = pipeline.convert_shown(shot.photo, flatten=True)
    assert shown.shape[:2] == (page.height, page.width)
    assert page.height > page.width
    assert spurious(binarize(pen_ink(shown)), page.strokes, 2.0) < 0.01
    plain = pipeline.convert(shot.photo)
    assert [w.text for w in plain.words] == [w.text for w in page.words]


def test_who_knows_where_words_are_speaks_of_the_picture_as_it_came(tracer):
    shot = shoot(flat(), Camera(size=(900, 1200), pitch=15, roll=20, table="dark"))
    corners = shot.to_photo(np.array([[120.0, 130], [480, 130], [480, 200], [120, 200]]))
    known = lambda rgb: [Detection.around(corners, "Field notes, Monday", 1.0)]  # noqa: E731
    for flatten_too in (False, True):
        shown, page = pipeline.convert_shown(shot.photo, detector=known, flatten=flatten_too)
        word = next(w for w in page.words if w.text)
        assert coverage_of(word, shown)


def coverage_of(word, shown):
    x0, y0, x1, y1 = word.ink_box
    wide, high = x1 - x0, y1 - y0
    return wide > 3 * high if shown.shape[0] != 1200 else wide > 1.5 * high


def cat():
    """A texture that is no page."""
    rng = np.random.default_rng(3)
    fur = 0.4 + 0.08 * clouds((800, 600), 40, rng) + 0.06 * clouds((800, 600), 3, rng)
    return (255 * np.repeat(fur[..., None], 3, axis=2)).clip(0, 255).astype(np.uint8)


@pytest.mark.parametrize("name", ["cat", "wood", "sheet on wood", "sheet"])
def test_nothing_written_nothing_found(tracer, name):
    rng = np.random.default_rng(0)
    picture = {
        "cat": cat,
        "wood": lambda: (255 * table("wood", (900, 1200), rng)).astype(np.uint8),
        "sheet on wood": lambda: shoot(blank(), Camera(size=(900, 1200), roll=7, pitch=10)).photo,
        "sheet": blank,
    }[name]()
    page = pipeline.convert(picture)
    assert page.lines == ()
    assert (page.height, page.width) == picture.shape[:2]


def test_as_it_is_only_reduces():
    sheet = as_it_is(flat(), 500)
    assert sheet.rgb.shape == (500, 400, 3)
    assert sheet.frame.apply([[400, 500]]).tolist() == [[800, 1000]]
