"""Scenes: what they claim to hold is what can be seen."""

from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest

from synth import camera, drawings, pens, ruling, surfaces, things, wear
from synth.assets import Assets
from synth.pack import characters, flat, latin, thinned
from synth.pens import Pen
from synth.scene import KINDS, compose


def _wave(length: float) -> np.ndarray:
    x = np.linspace(0, length, 30)
    return np.stack([x, 0.3 * np.sin(4 * x)], 1).astype(np.float32)


@pytest.fixture(scope="module")
def assets(tmp_path_factory: pytest.TempPathFactory) -> Assets:
    words = [[_wave(1.5), _wave(0.7) + np.float32([1.6, 0])], [_wave(2.5)]]
    nothing = {
        "photo_bytes": np.zeros(0, np.uint8),
        "photo_sizes": np.zeros(0, np.int64),
        "photo_pictures": np.array(""),
    }
    path = tmp_path_factory.mktemp("scenes") / "scenes.npz"
    np.savez(
        path,
        hands=np.array([1, 1]),
        neat=np.array(1),
        **flat(words, "word"),
        **flat([[_wave(0.8)]], "character"),
        **nothing,
    )
    return Assets(path, [])


@pytest.mark.parametrize("kind", list(KINDS))
def test_a_scene_has_maps_of_its_size_in_0_to_1(assets: Assets, kind: str) -> None:
    scene = compose(np.random.default_rng(4), assets, 128, kind)
    assert scene.rgb.shape == (128, 128, 3)
    assert scene.rgb.dtype == np.uint8
    for truth in (scene.ink, scene.ruling, scene.print):
        assert truth.shape == (128, 128)
        assert 0 <= truth.min() <= truth.max() <= 1


@pytest.mark.parametrize("kind", ["nothing", "print"])
def test_where_nobody_wrote_there_is_no_ink(assets: Assets, kind: str) -> None:
    rng = np.random.default_rng(0)
    assert not any(compose(rng, assets, 128, kind).ink.any() for _ in range(5))


def test_the_same_seed_gives_the_same_scene(assets: Assets) -> None:
    first, second = (compose(np.random.default_rng(9), assets, 160) for _ in range(2))
    np.testing.assert_array_equal(first.rgb, second.rgb)
    np.testing.assert_array_equal(first.ink, second.ink)


def test_ink_can_be_told_from_what_is_around_it(assets: Assets) -> None:
    """On a screen nothing but the pen differs from the ground."""
    rng, seen = np.random.default_rng(2), 0
    for _ in range(10):
        scene = compose(rng, assets, 160, "screen")
        inked, bare = scene.ink > 0.9, (scene.ink == 0) & (scene.ruling == 0)
        if inked.sum() > 50:
            colors = scene.rgb.astype(float)
            away = np.abs(colors[inked] - np.median(colors[bare], axis=0)).max(axis=1)
            assert np.median(away) > 10
            seen += 1
    assert seen > 3


def test_words_lie_on_their_ink(assets: Assets) -> None:
    rng = np.random.default_rng(1)
    for _ in range(5):
        scene = compose(rng, assets, 256, "paper")
        for word in scene.words:
            mask = np.zeros(scene.ink.shape, np.uint8)
            cv2.fillPoly(mask, [word.quad.astype(np.int32)], 1)
            if not word.printed and mask.sum() > 400:
                assert (scene.ink * mask).max() > 0.3


@pytest.mark.parametrize("width", [0.8, 1.5, 3.0, 5.5, 9.0])
def test_coverage_is_as_wide_as_the_pen(width: float) -> None:
    line = np.array([[10, 30.5], [90, 30.5]], np.float32)
    cover = pens.coverage((60, 100), [line], Pen((0, 0, 0), width))
    assert cover[:, 50].sum() == pytest.approx(width, abs=0.4)


def test_coverage_is_where_the_stroke_is() -> None:
    cover = pens.coverage((40, 40), [np.array([[20.5, 12.5]], np.float32)], Pen((0, 0, 0), 3.0))
    rows, columns = np.nonzero(cover > 0.5)
    assert rows.mean() + 0.5 == pytest.approx(12.5, abs=0.3)
    assert columns.mean() + 0.5 == pytest.approx(20.5, abs=0.3)


def test_clouds_have_mean_0_deviation_1_and_hang_together_as_far_as_they_are_coarse() -> None:
    fine, coarse = (surfaces.clouds((200, 300), np.random.default_rng(0), c, 0.5) for c in (1, 40))
    for field in (fine, coarse):
        assert field.shape == (200, 300)
        assert field.mean() == pytest.approx(0, abs=1e-3)
        assert field.std() == pytest.approx(1, abs=1e-3)
    assert np.mean(fine[:, 4:] * fine[:, :-4]) == pytest.approx(0, abs=0.05)
    assert np.mean(coarse[:, 4:] * coarse[:, :-4]) > 0.7


def test_dots_are_wide_enough_in_the_truth_to_cover_a_pixel() -> None:
    dot, line = np.zeros((1, 2), np.float32), np.zeros((2, 2), np.float32)
    assert ruling.Ruling([dot], (0, 0, 0), 0.8, 1).true_width == ruling.TRUE_DOT
    assert ruling.Ruling([line], (0, 0, 0), 0.8, 1).true_width == ruling.TRUE_WIDTH
    assert ruling.Ruling([dot], (0, 0, 0), 5, 1).true_width == 5
    cover = pens.coverage((20, 20), [dot + 10], Pen((0, 0, 0), ruling.TRUE_DOT))
    assert cover.max() > 0.9


def test_a_drawn_table_has_its_cells_between_its_lines() -> None:
    lines, cells = drawings.table(np.random.default_rng(1), 300, 200, 40)
    points = np.concatenate(lines)
    assert np.abs(points).max() < 200
    assert len(cells) >= 4
    for x, y, width in cells:
        assert -180 < x < x + width < 180
        assert -120 < y < 120


@pytest.mark.parametrize("make", things._KINDS)
def test_a_thing_covers_some_of_the_picture(make: Callable) -> None:
    rng = np.random.default_rng(3)
    found = [make((96, 96), rng) for _ in range(8)]
    for cover, paint in found:
        assert cover.shape == (96, 96)
        assert paint.shape == (96, 96, 3)
        assert 0 <= cover.min() <= cover.max() <= 1 + 1e-5
    assert max(cover.mean() for cover, _ in found) > 0.02


def test_wiped_marks_are_paler_than_they_were() -> None:
    rng = np.random.default_rng(0)
    marks = np.zeros((96, 96), np.float32)
    marks[40:44, 10:86] = 1
    board = np.full((96, 96, 3), 230, np.float32)
    wear.wiped(board, marks, (0, 0, 0), rng)
    assert 100 < board[marks > 0].mean() < 229
    assert board[:10].min() == 230


def test_beyond_a_seam_the_board_goes_on() -> None:
    rng = np.random.default_rng(5)
    for _ in range(5):
        board = np.full((128, 128, 3), 200, np.float32)
        gap = wear.seam(board, rng)
        assert board[gap < 0.01].mean() > 150
        if gap.max() > 0.9:
            assert board[gap > 0.9].mean() < board[gap < 0.01].mean()


def test_an_app_whitens_the_ground_and_keeps_the_ink_dark() -> None:
    picture = np.full((120, 120, 3), 170, np.float32)
    picture[58:62, 10:110] = 60
    seen = camera._whitened(picture, np.random.default_rng(0))
    assert np.median(seen[:40]) > 245
    assert np.median(seen[59:61, 20:100]) < 120


def test_a_pale_pen_on_rough_ground_doesnt_stand_out() -> None:
    rng = np.random.default_rng(0)
    ground = rng.uniform(60, 200, (40, 40, 3)).astype(np.float32)
    cover = np.zeros((40, 40), np.float32)
    cover[20] = 1
    pale, dark = ground.copy(), ground.copy()
    pale[20] -= 12
    dark[20] = 0
    assert not pens.stands_out(ground, pale, cover)
    assert pens.stands_out(np.full_like(ground, 200), np.where(cover[..., None] > 0, 0, np.float32(200)), cover)


def test_thinning_keeps_ends_and_shape() -> None:
    curve = np.stack([np.linspace(0, 2, 400), np.zeros(400)], 1).astype(np.float32)
    thin = thinned(curve)
    assert len(thin) < 60
    np.testing.assert_allclose(thin[[0, -1]], curve[[0, -1]], atol=1e-6)


def _container(path: Path, writers: list[str]) -> None:
    """Two-stroke words, one a writer, in the container of train/README.md."""
    n = len(writers)
    np.savez(
        path, xy=np.int16([[0, 0], [30, 0], [5, 10], [0, 40]] * n), stroke_len=np.int32([2, 2] * n),
        nstrokes=np.int32([2] * n), text=np.array("\n".join(["ab"] * n)), writer=np.array("\n".join(writers)),
    )  # fmt: skip


def test_writers_kept_apart_are_not_packed(tmp_path: Path) -> None:
    for name in ("unipen_words", "unipen_textwords"):
        _container(tmp_path / f"{name}.npz", ["a", "b", "c"])
    (tmp_path / "unipen_split.json").write_text('{"test": ["b"], "val": ["c"]}')
    (hand,) = latin(tmp_path, np.random.default_rng(0))
    assert len(hand) == 2


def test_scripts_may_be_missing(tmp_path: Path) -> None:
    assert characters(tmp_path, np.random.default_rng(0)) == []
