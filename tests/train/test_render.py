"""Training pictures: ink where the strokes are, whatever else is on the paper. Skipped without PyTorch."""

import math
from itertools import pairwise

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="training needs PyTorch: make train-env")

from torch.utils._python_dispatch import TorchDispatchMode  # noqa: E402

from inksight.imaging.pictures import standardise as standardise_one  # noqa: E402
from train import render as rendering  # noqa: E402
from train.render import CHOICES, HEIGHT, draw, enlarge, extent, render, standardise, vary  # noqa: E402
from train.seen import colored, ink_map  # noqa: E402

WIDTH = 160


def batch_of(*samples):
    """A batch of samples of curves, each a list of points."""
    segments, owner, stroke = [], [], []
    for i, curves in enumerate(samples):
        for j, curve in enumerate(curves):
            points = curve if len(curve) > 1 else [*curve, *curve]
            segments += [[*a, *b] for a, b in pairwise(points)]
            owner += [i] * (len(points) - 1)
            stroke += [j] * (len(points) - 1)
    return {
        "segments": torch.tensor(segments, dtype=torch.float32),
        "owner": torch.tensor(owner),
        "stroke": torch.tensor(stroke),
        "ids": torch.zeros(len(samples), 1),
        "width": torch.tensor(WIDTH),
    }


def wave(x0=30, x1=120, y=32, height=14):
    """A line of waves, in short segments."""
    return [(x, y + height * math.sin(x / 6)) for x in np.arange(x0, x1, 1.5).tolist()]


def words(n):
    """Waves of other heights and lengths, each with a dot above."""
    return [[wave(30 + i % 7, 100 + i % 30, height=10 + i % 9), [(60.0, 12.0)]] for i in range(n)]


def chosen(monkeypatch, **only):
    """No accidents but those given."""
    plain = dict.fromkeys(CHOICES, (0, 0, 0)) | {"pitch": (1, 9, 9), "jpeg": (1, 1e-4, 1e-4)}
    monkeypatch.setattr(rendering, "CHOICES", plain | only)
    rendering._table.cache_clear()


@pytest.fixture(autouse=True)
def _tables_of_other_choices():
    torch.manual_seed(0)
    yield
    rendering._table.cache_clear()


class TestDraw:
    def test_a_dot_is_round(self):
        batch = batch_of([[(40.0, 32.0)]])
        ink = draw(batch, 1, WIDTH, torch.tensor([3.0]), None)[0, 0]
        assert float(ink.sum()) == pytest.approx(math.pi * 9, rel=0.15)
        assert ink.max() == 1
        assert ink[32 - 5 : 32 + 5, 40 - 5 : 40 + 5].sum() == ink.sum()

    def test_ink_beyond_the_canvas_is_nowhere(self):
        curves = [[(x, y), (x + 1, y)] for x, y in ((-30, 20), (400, 20), (40, -40), (40, 200), (-2000, -2000))]
        ink = draw(batch_of([[(20.0, 20.0)]], curves, [[(20.0, 20.0)]]), 3, WIDTH, torch.ones(3), None)
        assert ink[0].sum() > 0
        assert ink[1].sum() == 0
        assert torch.equal(ink[0], ink[2])

    def test_ink_is_cut_at_the_border(self):
        across = [[(float(x), 63.0) for x in range(-20, 200, 2)], [(159.0, float(y)) for y in range(-20, 90, 2)]]
        ink = draw(batch_of(across, [[(80.0, 32.0)]]), 2, WIDTH, torch.full((2,), 1.5), None)
        assert ink[0, 0, -1].min() == 1
        assert ink[0, 0, :, -1].min() == 1
        assert ink[0, 0, :60, :156].max() == 0
        assert ink[1, 0, [0, -1]].max() == 0

    @pytest.mark.parametrize("scale", [0.4, 0.75, 1.0])
    def test_a_small_picture_enlarged_shows_ink_at_its_place(self, scale):
        batch, radius = batch_of([wave()]), torch.tensor([2.0])
        plain = draw(batch, 1, WIDTH, radius, None)
        part = torch.tensor([scale])
        small = draw(batch, 1, WIDTH, radius, None, scale=part, patch=rendering.SMALL_PATCH)
        seen = enlarge(small, part.view(1, 1, 1, 1))
        for axis in (2, 3):
            at = torch.arange(plain.shape[axis]) + 0.5
            weights = [picture.sum(5 - axis).flatten() for picture in (plain, seen)]
            centres = [float((w * at).sum() / w.sum()) for w in weights]
            assert centres[0] == pytest.approx(centres[1], abs=0.25)
        assert (plain - seen).abs().mean() < 0.03


class TestRender:
    def test_plain_ink_has_nothing_beside_it(self, monkeypatch):
        chosen(monkeypatch)
        curves = [wave()]
        picture = render(batch_of(curves, curves))[0, 0]
        x, y = np.array(curves[0]).astype(int).T
        assert picture[y, x].mean() > 0.8
        rows, columns = np.nonzero(picture.numpy() > 0.2)
        far = np.hypot(rows[:, None] - y, columns[:, None] - x).min(axis=1)
        assert far.max() < 6

    def test_what_is_written_stays_visible(self):
        batch = batch_of(*words(60))
        picture = render(batch)
        assert torch.isfinite(picture).all()
        assert picture.min() >= -0.5
        assert picture.max() <= 1.5
        own = draw(batch, 60, WIDTH, torch.full((60,), 0.6), None) > 0.6
        near = torch.nn.functional.max_pool2d(picture, 3, 1, 1)
        shares = [float((near[i][own[i]] > 0.35).float().mean()) for i in range(60)]
        assert np.mean(shares) > 0.95
        assert np.percentile(shares, 10) > 0.85

    def test_neighbours_come_from_the_side_they_are_cut_at(self, monkeypatch):
        for side in ("top", "bottom", "left", "right"):
            gaps = {f"gap_{k}": (1, 8, 8) for k in ("top", "bottom", "left", "right")}
            chosen(monkeypatch, **gaps, **{f"scrap_{side}": (1, 6, 6)})
            batch = batch_of(*words(8))
            box, p = extent(batch, 8), rendering.Dice(8, torch.device("cpu")).choices()
            _, scale = rendering.pens(p, box)
            ink = draw(batch, 8, WIDTH, torch.full((8,), 1.5), None)
            found = rendering.scraps(ink, p, box, rendering.crop(p, box), torch.ones_like(scale))
            assert found.sum() > 0
            for i, (x0, y0, x1, y1) in enumerate(box.view(8, 4).tolist()):
                rows, columns = torch.nonzero(found[i, 0], as_tuple=True)
                if side in ("left", "right") and not len(rows):
                    continue
                edge = {"top": rows + 0.5 - (y0 - 8), "bottom": y1 + 8 - rows - 0.5, "left": columns + 0.5 - (x0 - 8)}
                depth = edge.get(side, x1 + 8 - columns - 0.5)
                assert depth.max() <= 6 + 1.5 + 1

    def test_beyond_the_crop_is_paper(self, monkeypatch):
        gaps = {f"gap_{k}": (1, 3, 3) for k in ("top", "bottom", "left", "right")}
        chosen(monkeypatch, **gaps, rows=(1, 1, 1), strength=(1, 1, 1), thick=(1, 1, 1))
        batch = batch_of(*words(6))
        for picture, (x0, y0, x1, y1) in zip(render(batch)[:, 0], extent(batch, 6).view(6, 4).tolist(), strict=True):
            beside = picture.clone()
            assert beside[:, int(x0) - 3 : int(x0)].max() > 0.5  # the ruling
            beside[int(y0) - 5 : int(y1) + 6, int(x0) - 5 : int(x1) + 6] = 0
            assert beside.abs().max() < 0.01

    def test_ruling_is_left_whole_in_runs_or_as_stubs(self, monkeypatch):
        full = {"open": (1, 1, 1), "rows": (1, 1, 1), "strength": (1, 1, 1), "thick": (1, 1, 1)}
        monkeypatch.setattr(rendering, "ink_map", lambda picture: picture)  # which would take most of it off
        shares = []
        for how in ({}, {"broken": (1, 1, 1), "rest": (1, 0.2, 0.2)}, {"broken": (1, 1, 1), "stubs": (1, 1, 1)}):
            chosen(monkeypatch, **full, **how)
            shares.append(float((render(batch_of(*words(12)))[:, :, 2:-2, :20] > 0.5).float().mean()))
        assert shares[0] > 2 * shares[1] > 0
        assert shares[2] < 0.01

    def test_nothing_is_read_back_from_the_device(self):
        """Each of these operations would make a GPU's program wait."""

        class Watch(TorchDispatchMode):
            def __torch_dispatch__(self, func, types, args=(), kwargs=None):
                name = func.overloadpacket.__name__
                assert name not in {"_local_scalar_dense", "nonzero", "masked_select", "is_nonzero", "equal"}, name
                if name == "index":
                    assert all(i is None or i.dtype != torch.bool for i in args[1]), "index by a mask"
                return func(*args, **(kwargs or {}))

        batch = batch_of(*words(7))
        batch["width"] = WIDTH
        picture = torch.rand(5, 1, HEIGHT, WIDTH)
        with Watch():
            render(batch)
            vary(picture)

    @pytest.mark.parametrize("size", [1, 2, 5])
    def test_any_number_of_words(self, size):
        assert render(batch_of(*words(size))).shape == (size, 1, HEIGHT, WIDTH)

    def test_precision_is_that_of_floats_even_in_half(self):
        batch = batch_of(*words(4))
        with torch.autocast("cpu", torch.bfloat16):
            assert render(batch).dtype == vary(torch.rand(4, 1, HEIGHT, 96)).dtype == torch.float32


class TestSeen:
    def test_ink_of_any_colour_on_any_ground_is_found(self):
        darkness = draw(batch_of(*words(24)), 24, WIDTH, torch.full((24,), 1.6), None)
        found = ink_map(darkness)
        assert found.shape == darkness.shape
        on, beside = (darkness > 0.9), torch.nn.functional.max_pool2d(darkness, 5, 1, 2) == 0
        assert min(float(m[i].mean()) for m, i in zip(found, on, strict=True)) > 0.6
        assert found[beside].mean() < 0.01

    def test_colours_differ_and_lie_in_8_bit(self):
        photos = colored(torch.rand(40, 1, HEIGHT, 64))
        assert torch.equal(photos, (photos * 255).round() / 255)
        means = photos.mean((2, 3))
        assert means.std(0).min() > 0.05
        assert (means.amax(1) - means.amin(1)).max() > 0.1


class TestVary:
    def test_a_real_picture_stays_itself(self):
        batch = batch_of(*words(24))
        plain = draw(batch, 24, WIDTH, torch.full((24,), 2.0), None)
        seen = vary(plain)
        assert torch.isfinite(seen).all()
        ink = (seen > 0.5).flatten(1).sum(1) / (plain > 0.5).flatten(1).sum(1)
        assert ink.min() > 0.3
        assert ink.max() < 1.8


class TestStandardise:
    def test_agrees_with_the_package(self):
        canvases = draw(batch_of(*words(5)), 5, WIDTH, torch.full((5,), 2.0), None)[:, 0]
        canvases = canvases * torch.linspace(0.1, 1, 5)[:, None, None] + torch.linspace(0, 0.2, 5)[:, None, None]
        canvases[2] = 0
        ours = standardise(canvases[:, None])[:, 0].numpy()
        theirs = np.stack([standardise_one(c) for c in canvases.numpy()])
        assert ours == pytest.approx(theirs, abs=0.03)


def test_jpeg_of_the_finest_steps_changes_nothing():
    picture = torch.rand(3, 1, HEIGHT, 96)
    assert torch.allclose(rendering.jpeg(picture, torch.full((3, 1, 1, 1), 1e-5)), picture, atol=1e-3)
    coarse = rendering.jpeg(picture, torch.full((3, 1, 1, 1), 0.5))
    assert (coarse - picture).abs().mean() > 0.05


def test_blur_is_each_samples_own():
    picture = torch.zeros(2, 1, HEIGHT, 96)
    picture[:, :, 32, 48] = 1
    out = rendering.blur(picture, *torch.tensor([[0.01, 1.5], [1.0, 0.01]]).view(2, 2, 1, 1, 1))
    assert out.sum((1, 2, 3)).tolist() == pytest.approx([1, 1], abs=1e-4)
    spread = [(row > 1e-3).nonzero()[:, 1:].amax(0) - (row > 1e-3).nonzero()[:, 1:].amin(0) for row in out]
    assert spread[0].tolist()[1] == 0 < spread[0].tolist()[0]
    assert spread[1].tolist()[0] == 0 < spread[1].tolist()[1]
