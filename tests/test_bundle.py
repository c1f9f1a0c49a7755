"""Many curves at once are each what they are alone."""

import numpy as np
import pytest

from inksight.ink.bundle import Bundle, gaussians, resample_all, smooth_all
from inksight.ink.curves import arc_lengths, resample, smooth


@pytest.fixture(scope="module")
def curves():
    rng = np.random.default_rng(5)
    walks = [np.cumsum(rng.normal(0, s, (n, 2)), axis=0) for n, s in ((2, 3), (30, 2), (7, 0.1), (90, 4), (3, 0.01))]
    dots = [np.array([[4.0, 5.0]]), np.full((3, 2), 7.0)]  # a point, and one that stands still
    return [dots[0], *walks, np.array([[0.0, 0], [0, 0], [6, 8]]), dots[1]]


@pytest.mark.parametrize("step", [0.3, 1.0, 2.5, 100.0])
def test_resampled_as_alone(curves, step):
    for together, curve in zip(resample_all(curves, step), curves, strict=True):
        alone = resample(curve, step)
        assert together.shape == alone.shape
        assert np.allclose(together, alone, rtol=0, atol=1e-9)
        assert (together[[0, -1]] == curve[[0, -1]]).all()


@pytest.mark.parametrize("sigma", [0.4, 1.5, 6.0])
def test_smoothed_as_alone(curves, sigma):
    for together, curve in zip(smooth_all(curves, sigma), curves, strict=True):
        alone = smooth(curve, sigma)
        assert np.allclose(together, alone[: len(together)], rtol=0, atol=1e-9)
        assert len(together) == len(alone) or arc_lengths(curve)[-1] == 0  # a dot is one point


def test_a_multiple_of_the_step_gives_no_point_more():
    line = np.array([[0.0, 0.0], [0.3 * 7, 0.0]])
    assert [len(c) for c in resample_all([line + 1000] * 50, 0.3)] == [8] * 50


def test_convolved_as_by_numpy(curves):
    bundle = Bundle.of(curves)
    kernels = gaussians(np.linspace(0.7, 2, len(curves)), 2.5)
    for together, curve, kernel in zip(
        bundle.split(bundle.convolved(bundle.points, kernels)), curves, kernels, strict=True
    ):
        padded = np.pad(curve, ((len(kernel) // 2,) * 2, (0, 0)))
        alone = np.stack([np.convolve(column, kernel, mode="valid") for column in padded.T], axis=1)
        assert np.allclose(together, alone, rtol=0, atol=1e-9)


def test_gaussians_are_cut_where_each_is_told():
    kernels = gaussians(np.array([1.0, 2.0]), 3.0, np.array([3, 2]))
    assert (kernels > 0).sum(axis=1).tolist() == [7, 5]
    assert np.allclose(kernels.sum(axis=1), 1)


def test_nothing_at_all():
    assert resample_all([], 1.0) == smooth_all([], 1.0) == []


@pytest.mark.parametrize("step", [0.0, -1.0, float("nan")])
def test_a_step_is_positive(step):
    with pytest.raises(ValueError, match="step must be positive"):
        resample_all([np.zeros((2, 2))], step)
