"""Scenes: what they claim to hold is what can be seen."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from synth import pens
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
