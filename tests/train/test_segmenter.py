"""The segmentation network: its truth, its loss, its export."""

from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from inksight.imaging.segmentation import Network  # noqa: E402
from synth.scene import Scene, Written  # noqa: E402
from train.export_segmenter import export, mean  # noqa: E402
from train.segmenter import LAYOUT, Segmenter, blind, care, layout, losses, truth, unseen  # noqa: E402


def _word(x0: float, y0: float, x1: float, y1: float, line: int = 0, height: float = 32) -> Written:
    return Written(np.float32([[x0, y0], [x1, y0], [x1, y1], [x0, y1]]), height, line, False)


def test_neighbouring_words_part_and_lines_hold_together() -> None:
    import cv2

    seen = layout([_word(10, 20, 90, 60), _word(96, 20, 180, 60), _word(10, 70, 180, 110, line=1)], (128, 192))
    assert seen.shape == (len(LAYOUT), 32, 48)
    assert cv2.connectedComponents(seen[0].astype(np.uint8), connectivity=4)[0] - 1 == 3
    assert cv2.connectedComponents(seen[1].astype(np.uint8), connectivity=4)[0] - 1 == 2
    np.testing.assert_allclose(seen[2][seen[0] > 0], 0, atol=1e-6)  # log2(32) - 5
    np.testing.assert_allclose(seen[3][seen[0] > 0], 1, atol=1e-6)


def test_a_turned_word_tells_its_direction() -> None:
    quad = np.float32([[100, 20], [100, 120], [70, 120], [70, 20]])  # reads downwards
    seen = layout([Written(quad, 32, 0, False)], (128, 128))
    inside = seen[0] > 0
    assert inside.any()
    np.testing.assert_allclose(seen[3][inside], -1, atol=1e-3)
    np.testing.assert_allclose(seen[4][inside], 0, atol=1e-3)


def _scene(side: int = 64) -> Scene:
    ink = np.zeros((side, side), np.float32)
    ink[20:24, 8:56] = 1
    rgb = np.repeat((255 * (1 - ink))[..., None], 3, 2).astype(np.uint8)
    return Scene(rgb, ink, np.zeros_like(ink), np.zeros_like(ink), [_word(8, 16, 56, 28)], "paper")


def test_what_isnt_known_doesnt_count() -> None:
    model = Segmenter().eval()
    maps, coarse = truth(_scene())
    picture = torch.from_numpy(_scene().rgb.transpose(2, 0, 1)[None].copy())
    weights = care(maps)
    weights[:, :, 32:] = 0
    known = np.concatenate([coarse, np.ones_like(coarse[:1])])
    wrong = maps.copy()
    wrong[:, :, 32:] = 255 - wrong[:, :, 32:]

    def loss(wanted: np.ndarray) -> float:
        parts = losses(model, picture, *(torch.from_numpy(v[None]) for v in (wanted, weights, known)))
        return float(sum(p.detach() for p in parts.values()))

    assert loss(wrong) == pytest.approx(loss(maps))


def test_nobody_knows_what_was_where_all_is_white() -> None:
    rgb = np.full((40, 40, 3), 255, np.uint8)
    rgb[:, 20:] = 120
    lost = blind(rgb)
    assert lost[20, 5]
    assert not lost[:, 17:].any()


def test_marks_that_noise_has_swallowed_are_unseen_and_plain_ones_arent() -> None:
    rng = np.random.default_rng(0)
    cover = np.zeros((64, 64), np.uint8)
    cover[30:33, 8:56] = 255
    pale = np.where(cover > 0, 190, 200)[..., None].repeat(3, 2).astype(np.uint8)
    noisy = np.clip(pale + rng.normal(0, 40, pale.shape), 0, 255).astype(np.uint8)
    assert not unseen(pale, cover).any()
    assert unseen(noisy, cover)[30:33, 12:52].mean() > 0.8
    assert not unseen(noisy, cover)[cover == 0].any()


def test_a_broad_mark_without_anything_around_it_to_compare_with_counts() -> None:
    cover = np.full((64, 64), 255, np.uint8)
    assert not unseen(np.full((64, 64, 3), 40, np.uint8), cover).any()


def test_it_learns_one_scene() -> None:
    torch.manual_seed(0)
    model = Segmenter()
    maps, coarse = truth(_scene())
    known = np.concatenate([coarse, np.ones_like(coarse[:1])])
    batch = [
        torch.from_numpy(np.ascontiguousarray(v)[None])
        for v in (_scene().rgb.transpose(2, 0, 1), maps, care(maps), known)
    ]
    optimizer = torch.optim.Adam(model.parameters(), 3e-3)
    found = []
    for _ in range(30):
        parts = losses(model, *batch)
        optimizer.zero_grad()
        sum(parts.values()).backward()
        optimizer.step()
        found.append(float(parts["ink"].detach()))
    assert found[-1] < 0.6 * found[0]


def test_the_exported_graph_says_what_the_network_says(tmp_path: Path) -> None:
    torch.manual_seed(1)
    model = Segmenter()
    model.train()
    model(torch.rand(4, 3, 64, 64))  # statistics of their own
    model.eval()
    export(model.state_dict(), tmp_path)
    rgb = np.random.default_rng(0).integers(0, 256, (70, 101, 3), np.uint8)
    seen = Network(tmp_path).see(rgb)
    padded = np.pad(rgb, ((0, 26), (0, 27), (0, 0)), mode="edge")
    with torch.no_grad():
        maps, coarse = model(torch.from_numpy(padded).permute(2, 0, 1)[None].float() / 255)
    np.testing.assert_allclose(seen.maps, maps[0].sigmoid()[:, :70, :101], atol=1e-4)
    np.testing.assert_allclose(seen.layout[2:], coarse[0, 2:, :18, :26], atol=1e-3)


def test_the_mean_of_weights(tmp_path: Path) -> None:
    from safetensors.torch import save_file

    for name, value in (("a", 1.0), ("b", 3.0)):
        save_file({"w": torch.full((2,), value)}, tmp_path / name)
    assert mean([tmp_path / "a", tmp_path / "b"])["w"].tolist() == [2.0, 2.0]
