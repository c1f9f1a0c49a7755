"""How far predicted ink is from the true ink, and from the picture.

Strokes are sequences of arrays (n >= 1, 2) in pixels, in writing order. Distances are given in % of the height of the
true ink (`ink_height`). Published numbers in other units (x-heights, 64 x 64 canvases) do not compare.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from ..arrays import Array, Mask
from ..imaging import raster
from ..ink.curves import arc_lengths, resample
from ..ink.order import immediate_order

Strokes: TypeAlias = Sequence[NDArray[np.floating]]
WORST = 100.0
"""Where distances (in % of the ink height) end: an empty prediction has it, none a greater LDTW."""

_STEP = 0.02  # of the ink height: spacing of the samples along the arc
_MOST = 1200  # samples per curve: very long ink is sampled more coarsely, so that time stays bounded
_MARK_LENGTH = 0.32  # of the ink height: 0.8 x-heights, an x-height being about 0.4 of the ink of a word
_MARK_RADIUS = 0.15  # of the ink height: how far apart the centres of a matched pair of marks may lie
_PARALLEL = 0.7  # cosine from which two tangents count as running along the same line
_LOOPED = 2.0  # times the true length: ink this long goes round in circles

_PASS_LDTW = 2.0  # 0.05 x-heights, an x-height being about 0.4 of the ink of a word
_PASS_COVERAGE, _PASS_SPURIOUS, _PASS_STROKES = 0.98, 0.02, 1


def ink_height(strokes: Strokes) -> float:
    """The vertical extent of the ink in pixels, at least 1."""
    y = np.concatenate([s[:, 1] for s in strokes])
    return max(float(np.ptp(y)), 1.0)


# --- order-aware measures ---------------------------------------------------------------------------------------------


def ldtw(predicted: Strokes, truth: Strokes) -> float:
    """Length-normalised DTW in % of the ink height, the better of the two natural orders of the truth.

    Marks are left out of both (see `split_marks`), the rest is sampled evenly along the arc. The truth counts as
    written and with its delayed bars and dots behind their letters. `WORST` for an empty prediction.
    """
    if not predicted:
        return WORST
    height = ink_height(truth)
    drawn = split_marks(predicted, height)[0]
    orders = {tuple(range(len(truth))), tuple(immediate_order(truth))}
    bodies = [split_marks([truth[i] for i in order], height)[0] for order in sorted(orders)]
    longest = max(_length(drawn), _length(bodies[0]))
    step = max(_STEP * height, longest / _MOST)
    curve = _sampled(drawn, step)
    best = min(mean_dtw(curve, _sampled(body, step)) for body in bodies)
    return min(best / height * 100, WORST)


def mean_dtw(a: Array, b: Array) -> float:
    """DTW cost of two point sequences (n, 2) and (m, 2) divided by the length of the optimal warping path.

    Euclidean local cost, both ends anchored, steps (1, 0), (0, 1) and (1, 1) of equal weight (PEN-Net, eq. 1).
    Runs over anti-diagonals i + j = d, each as one vector indexed by i; of equally cheap paths the diagonal step wins.
    """
    n, m = len(a), len(b)
    ax, ay = np.ascontiguousarray(a.T, np.float32)
    bx, by = np.ascontiguousarray(b[::-1].T, np.float32)
    # Slot i + 1 holds row i; slot 0 is the wall before the first row.
    cost, before = np.full((2, n + 1), np.inf, np.float32)
    steps, steps_before = np.zeros((2, n + 1), np.float32)
    before[0] = 0.0  # the corner before (0, 0)
    for d in range(n + m - 1):
        lo, hi = max(0, d - m + 1), min(n, d + 1)
        along = slice(m - 1 - d + lo, m - 1 - d + hi)
        here, back = slice(lo + 1, hi + 1), slice(lo, hi)
        best, length = before[back].copy(), steps_before[back].copy()
        for rows in (back, here):
            better = cost[rows] < best
            np.copyto(best, cost[rows], where=better)
            np.copyto(length, steps[rows], where=better)
        before[:], steps_before[:] = np.inf, 0.0
        best += np.hypot(ax[lo:hi] - bx[along], ay[lo:hi] - by[along])
        before[here], steps_before[here] = best, length + 1
        before, cost, steps, steps_before = cost, before, steps_before, steps
    return float(cost[n] / steps[n])


def split_marks(strokes: Strokes, height: float) -> tuple[list[Array], list[Array]]:
    """(body, marks): marks are dots and accents, which a hand may write at once or at the end.

    A mark is not the first stroke, has an arc of at most 0.8 x-heights, touches nothing longer and lies in the upper
    half of the ink. If nothing else is left, everything is body. `height` is that of the true ink.
    """
    curves = [np.asarray(s, np.float64) for s in strokes]
    short = [k > 0 and arc_lengths(s)[-1] <= _MARK_LENGTH * height for k, s in enumerate(curves)]
    body = _sampled([s for s, small in zip(curves, short, strict=True) if not small], _STEP * height)
    middle = np.median(body[:, 1]) if len(body) else np.inf

    def hangs(mark: Array) -> bool:
        gap = np.linalg.norm(mark[:, None] - body[None], axis=2).min()
        return bool(gap > 2 * _STEP * height and mark[:, 1].max() < middle)

    is_mark = [small and hangs(resample(s, _STEP * height)) for s, small in zip(curves, short, strict=True)]
    rest = [s for s, mark in zip(curves, is_mark, strict=True) if not mark]
    return rest, [s for s, mark in zip(curves, is_mark, strict=True) if mark]


def mark_f1(predicted: Strokes, truth: Strokes) -> float:
    """F1 of the marks, matched one to one by their centres; NaN where neither ink has any."""
    height = ink_height(truth)
    ours, theirs = (
        [(m.min(axis=0) + m.max(axis=0)) / 2 for m in split_marks(s, height)[1]] for s in (predicted, truth)
    )
    return _f1(ours, theirs, _MARK_RADIUS * height)


def pen_lift_f1(predicted: Strokes, truth: Strokes, radius: float) -> float:
    """F1 of the strokes' end points (both ends, pooled), matched one to one within `radius` pixels."""
    return _f1([s[k] for s in predicted for k in (0, -1)], [s[k] for s in truth for k in (0, -1)], radius)


def stroke_count_error(predicted: Strokes, truth: Strokes) -> float:
    """|n - n*| / n* of the numbers of strokes."""
    return abs(len(predicted) - len(truth)) / len(truth)


def _f1(ours: Sequence[Array], theirs: Sequence[Array], radius: float) -> float:
    """F1 of two point sets, pairs taken greedily from the nearest on; NaN for two empty sets."""
    if not ours and not theirs:
        return float("nan")
    if not ours or not theirs:
        return 0.0
    apart = np.linalg.norm(np.asarray(ours)[:, None] - np.asarray(theirs)[None], axis=2)
    pairs = 0
    while apart.min() <= radius:
        i, j = np.unravel_index(apart.argmin(), apart.shape)
        apart[i, :] = apart[:, j] = np.inf
        pairs += 1
    return 2 * pairs / (len(ours) + len(theirs))


def _sampled(strokes: Strokes, step: float) -> Array:
    """All strokes as one sequence of points, evenly spaced; pen-up travel is left out."""
    return np.concatenate([resample(s, step) for s in strokes]) if len(strokes) else np.zeros((0, 2))


def _length(strokes: Strokes) -> float:
    return sum(float(arc_lengths(s)[-1]) for s in strokes)


# --- nearest-point measures -------------------------------------------------------------------------------------------


class Passes:
    """Evenly spaced samples of some ink: where the pen passed, which way, and in which stroke.

    `points` and `tangents` (of length 1, or 0 for a dot) are float64 (n, 2), `stroke` int (n,).
    """

    def __init__(self, strokes: Strokes, step: float) -> None:
        curves = [resample(s, step) for s in strokes]
        self.points = np.concatenate(curves)
        self.stroke = np.repeat(np.arange(len(curves)), [len(c) for c in curves])
        slopes = np.concatenate([np.gradient(c, axis=0) if len(c) > 1 else np.zeros((1, 2)) for c in curves])
        self.tangents = slopes / np.maximum(np.linalg.norm(slopes, axis=1, keepdims=True), 1e-9)


class Comparison:
    """Predicted against true ink, sample by sample. Neither may be empty."""

    def __init__(self, predicted: Strokes, truth: Strokes) -> None:
        self.height = ink_height(truth)
        longest = max(_length(predicted), _length(truth))
        step = max(_STEP * self.height, longest / _MOST)
        self.drawn, self.true = Passes(predicted, step), Passes(truth, step)
        self.apart = _distances(self.true.points, self.drawn.points)  # (true samples, drawn samples)
        self.nearest = self.apart.argmin(axis=1)
        self.orders = {tuple(range(len(truth))), tuple(immediate_order(truth))}

    def chamfer(self) -> tuple[float, float]:
        """(missed, added) in % of the ink height: mean distance from the truth to the prediction, and back."""
        missed, added = self.apart.min(axis=1).mean(), self.apart.min(axis=0).mean()
        return float(missed) / self.height * 100, float(added) / self.height * 100

    def direction(self) -> float:
        """Share of the true ink's length whose nearest predicted sample runs the same way (positive dot product)."""
        along = (self.true.tangents * self.drawn.tangents[self.nearest]).sum(axis=1)
        return _share(along > 0, self._moves())

    def direction_of_passes(self, radius: float) -> float:
        """Direction that forgives the nearest-sample rule its blindness where the pen passed twice.

        A true sample is right when any predicted sample within `radius` pixels of it runs parallel to it and the same
        way; where there is none within the radius, the nearest sample decides.
        """
        along = self.true.tangents @ self.drawn.tangents.T
        near = self.apart <= radius
        right = (near & (along > _PARALLEL)).any(axis=1)
        alone = ~near.any(axis=1)
        right[alone] = along[alone, self.nearest[alone]] > 0
        return _share(right, self._moves())

    def order_tau(self, radius: float) -> float:
        """Kendall's tau between the true time and the time of the nearest predicted sample, -1..1.

        True samples that another pass of the pen comes near (within `radius` pixels) are left out, as their nearest
        sample is ambiguous. The better of the truth as written and in immediate order. NaN with fewer than two samples.
        """
        single = np.flatnonzero(~(self._other_passes(radius)).any(axis=1))
        keep = single[:: max(1, len(single) // 300)]
        if len(keep) < 2:
            return float("nan")
        return max(self._tau(keep, order) for order in self.orders)

    def _tau(self, keep: NDArray[np.intp], order: Sequence[int]) -> float:
        rank = np.argsort(order)[self.true.stroke[keep]]
        true = np.empty(len(keep))
        true[np.lexsort((keep, rank))] = np.arange(len(keep))
        drawn = self.nearest[keep].astype(np.float64)
        a, b = np.triu_indices(len(keep), 1)
        return float((np.sign(true[a] - true[b]) * np.sign(drawn[a] - drawn[b])).mean())

    def retrace_recall(self, radius: float) -> float:
        """Share of the retraced true ink (the pen came back within `radius` pixels) that the prediction retraces too.

        NaN where the truth has less than a tenth of its height in retraces.
        """
        opposite = self.true.tangents @ self.true.tangents.T < -_PARALLEL
        retraced = (self._other_passes(radius) & opposite).any(axis=1)
        if retraced.sum() * _STEP < 0.1:
            return float("nan")
        along = self.true.tangents[retraced] @ self.drawn.tangents.T
        near = self.apart[retraced] <= radius
        both = (near & (along > _PARALLEL)).any(axis=1) & (near & (along < -_PARALLEL)).any(axis=1)
        return float(both.mean())

    def _other_passes(self, radius: float) -> Mask:
        """Whether two true samples are close in space though not in time: bool (n, n)."""
        n = len(self.true.points)
        same_stroke = self.true.stroke[:, None] == self.true.stroke[None]
        in_time = np.abs(np.arange(n)[:, None] - np.arange(n)[None]) * _STEP * self.height <= 2 * radius
        near: Mask = _distances(self.true.points, self.true.points) <= radius
        return np.asarray(near & ~(same_stroke & in_time))

    def _moves(self) -> Mask:
        return np.asarray((self.true.tangents != 0).any(axis=1))


def _distances(a: Array, b: Array) -> Array:
    return np.hypot(a[:, None, 0] - b[None, :, 0], a[:, None, 1] - b[None, :, 1])


def _share(hits: Mask, of: Mask) -> float:
    """Share of hits among the samples in question; 1 when there are none (a word of dots has no direction)."""
    return float(hits[of].mean()) if of.any() else 1.0


# --- against the picture ----------------------------------------------------------------------------------------------


def adaptive_iou(mask: Mask, strokes: Strokes) -> float:
    """AIoU (PEN-Net, 3.1): the best IoU of the ink with the strokes, drawn 1 px wide and dilated 3 x 3 k times.

    Blind to order. 0 for no strokes.
    """
    drawn = raster.paint(mask.shape, strokes, 0.0)
    best = 0.0
    while drawn.any():
        iou = float((drawn & mask).sum() / (drawn | mask).sum())
        if iou < best:
            break
        best = iou
        grown = _dilated(drawn)
        if (grown == drawn).all():
            break
        drawn = grown
    return best


def _dilated(mask: Mask) -> Mask:
    padded = np.pad(mask, 1)
    rows = padded[:-2] | padded[1:-1] | padded[2:]
    return np.asarray(rows[:, :-2] | rows[:, 1:-1] | rows[:, 2:])


def air_travel(strokes: Strokes) -> float:
    """Length of the straight ways between the strokes over the length of the ink; NaN when there is no ink length."""
    ink = _length(strokes)
    air = sum(float(np.linalg.norm(b[0] - a[-1])) for a, b in pairwise(strokes))
    return air / ink if ink else float("nan")


def backward_jumps(strokes: Strokes) -> float:
    """Share of the ways between strokes that go back to the left by more than the ink's height; NaN without any way.

    A hand goes back for delayed dots and bars alone; strokes without a natural order jump all the time.
    """
    if len(strokes) < 2:
        return float("nan")
    height = ink_height(strokes)
    return float(np.mean([b[0][0] < a[-1][0] - height for a, b in pairwise(strokes)]))


# --- text -------------------------------------------------------------------------------------------------------------


def edit_distance(a: str, b: str) -> int:
    """Levenshtein distance: the fewest insertions, deletions and replacements of characters."""
    row = list(range(len(b) + 1))
    for i, x in enumerate(a, 1):
        corner, row[0] = row[0], i
        for j, y in enumerate(b, 1):
            corner, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, corner + (x != y))
    return row[-1]


def cer(predicted: str, truth: str) -> float:
    """Character error rate of one word: edit distance over the length of the truth (which must not be empty)."""
    return edit_distance(predicted, truth) / len(truth)


# --- all of them ------------------------------------------------------------------------------------------------------


def ink_scores(predicted: Strokes, truth: Strokes, pen: float) -> dict[str, float]:
    """All measures that need the true strokes. `pen` is the pen's width in pixels.

    NaN marks what does not apply (no marks, no retraces), and stays out of means.
    """
    height = ink_height(truth)
    radius = max(pen, 0.05 * height)
    scores = {
        "ldtw": ldtw(predicted, truth),
        "pen_lift_f1": pen_lift_f1(predicted, truth, radius),
        "stroke_count_error": stroke_count_error(predicted, truth),
        "mark_f1": mark_f1(predicted, truth),
        "looped": float(_length(predicted) > _LOOPED * _length(truth)),
    }
    if not predicted:
        nothing = dict.fromkeys(("direction", "direction_of_passes", "retrace_recall", "order_tau"), 0.0)
        return scores | {"chamfer_missed": WORST, "chamfer_added": 0.0} | nothing
    both = Comparison(predicted, truth)
    missed, added = both.chamfer()
    return scores | {
        "direction": both.direction(),
        "direction_of_passes": both.direction_of_passes(radius / 2),
        "order_tau": both.order_tau(radius),
        "retrace_recall": both.retrace_recall(radius),
        "chamfer_missed": missed,
        "chamfer_added": added,
    }


def picture_scores(predicted: Strokes, mask: Mask) -> dict[str, float]:
    """All measures that need only the ink's mask, bool (H, W).

    The pen's width is measured on the mask (at least 2 px). Ink counts as covered within one pen width of a stroke
    (half a width to the pen's edge, half a width of tolerance), a stroke as spurious beyond half a width of any ink.
    """
    pen = max(raster.pen_width(mask), 2.0)
    return {
        "coverage": raster.coverage(mask, predicted, pen),
        "spurious": raster.spurious(mask, predicted, pen / 2),
        "aiou": adaptive_iou(mask, predicted),
        "air_travel": air_travel(predicted),
        "backward_jumps": backward_jumps(predicted),
    }


def text_scores(predicted: str, truth: str) -> dict[str, float]:
    """Character error rate, with and without regard to capitals, and whether the word is exactly right (1 or 0).

    UNIPEN has words written in capitals under labels in small letters: what ignores them tells more of the reading.
    """
    caseless = cer(predicted.lower(), truth.lower())
    return {"cer": cer(predicted, truth), "cer_caseless": caseless, "exact": float(predicted == truth)}


def ink_passes(predicted: Strokes, truth: Strokes, scores: Mapping[str, float]) -> float:
    """1 where the ink meets every strict limit at once, else 0; `scores` are those of the ink and of its picture.

    LDTW under 0.05 x-heights, more than 0.98 of the ink covered, less than 0.02 off it, at most one stroke too many or
    too few.
    """
    drawn_well = scores["ldtw"] < _PASS_LDTW and abs(len(predicted) - len(truth)) <= _PASS_STROKES
    return float(drawn_well and scores["coverage"] > _PASS_COVERAGE and scores["spurious"] < _PASS_SPURIOUS)
