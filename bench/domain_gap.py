"""Do the training's pictures look like real ones? A sheet of both, statistics, and programs that tell them apart.

Rendered words are drawn by train/render.py, real ones are crops of writers who are not held out for the evaluation.
Both are seen as the network sees them in use. Told apart by each feature alone, by a logistic regression on all of them
(cross-validated by writer), and by a small convolutional network on squares of the pictures: what is told easily is
what gives the rendered ones away. 0.5 means that nothing does.

    python -m bench.domain_gap --ink .cache/ink.npz --words DATA/words [-n 400] [--steps 1500] [-o looks.png]
"""

from __future__ import annotations

import argparse
import io
import json
import time
import zipfile
from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from PIL import Image

from inksight.evaluate.sets import _balanced, is_held_out
from inksight.imaging.pictures import fit, standardise
from inksight.imaging.segmentation import pen_ink
from train.data import HEIGHT, place, segments
from train.render import render
from train.stores import InkStore

Map = NDArray[np.float32]
Array = NDArray[np.float64]

MAX_WIDTH = 448
FILL = 0.8  # what the tracer uses
BATCH = 40
COLUMNS, SHOWN = 4, 100
FOLDS = 5
SQUARE = 64


def main() -> None:
    """Draw, measure, tell apart."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--ink", type=Path, required=True, help="file made by train.pack")
    parser.add_argument("--words", type=Path, required=True, help="folder of the real pictures' zip files")
    parser.add_argument("-n", type=int, default=400, help="pictures of each kind")
    parser.add_argument("--steps", type=int, default=1500, help="of training the network; 0: none")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("-o", dest="out", type=Path, help="sheet of pictures, PNG")
    options = parser.parse_args()
    drawn, seconds = rendered(options.ink, options.n, options.seed)
    crops = real(options.words, options.n, options.seed)
    print(f"drawing took {1000 * seconds:.0f} ms per {BATCH} samples")
    table(drawn, [c for c, _ in crops])
    groups = [str(i) for i in range(len(drawn))] + [writer for _, writer in crops]
    tell_by_features(drawn, [c for c, _ in crops], groups)
    if options.steps:
        looks_real = tell_by_network(drawn, [c for c, _ in crops], groups, options.steps)
        drawn = [drawn[i] for i in np.argsort(looks_real)[:: max(1, len(drawn) // SHOWN)]]
    if options.out:
        sheet(drawn, [c for c, _ in crops]).save(options.out)


def rendered(path: Path, n: int, seed: int) -> tuple[list[Map], float]:
    """Training pictures, each cut to its own width, and the least seconds that a batch took."""
    rng = np.random.default_rng(seed)
    torch.manual_seed(seed)
    store = InkStore(path, "train")
    out: list[Map] = []
    fastest = np.inf
    while len(out) < n:
        inks = [ink for _ in range(4 * BATCH) if (ink := place(store, rng, MAX_WIDTH))]
        inks.sort(key=lambda ink: ink.width)
        for start in range(0, len(inks) - BATCH + 1, BATCH):
            part = inks[start : start + BATCH]
            batch = segments(part)
            batch |= {"ids": torch.zeros(len(part), 1), "width": torch.tensor(max(ink.width for ink in part))}
            begin = time.perf_counter()
            pictures = render(batch)[:, 0].numpy()
            fastest = min(fastest, time.perf_counter() - begin)
            out += [p[:, : ink.width] for p, ink in zip(pictures, part, strict=True)]
    return [out[i] for i in rng.permutation(len(out))[:n]], float(fastest)


def real(folder: Path, n: int, seed: int) -> list[tuple[Map, str]]:
    """Real crops as the tracer shows them to the network, with their writers; as many of each file and writer."""
    paths = sorted(folder.glob("*.zip"))
    out = []
    for path in paths:
        with zipfile.ZipFile(path) as archive:
            rows = [json.loads(line) for line in archive.read("index.jsonl").decode().splitlines()]
            rows = [row for row in rows if row["text"] and not is_held_out(row["writer"])]
            for row in _balanced(rows, [row["writer"] for row in rows], n // len(paths), seed):
                rgb = np.asarray(Image.open(io.BytesIO(archive.read(row["file"]))).convert("RGB"))
                canvas, _ = fit(pen_ink(rgb), height=HEIGHT, max_width=MAX_WIDTH, fill=FILL)
                out.append((standardise(canvas), row["writer"]))
    return [out[i] for i in np.random.default_rng(seed).permutation(len(out))]


def sheet(drawn: Sequence[Map], crops: Sequence[Map]) -> Image.Image:
    """Rendered pictures on the left, those that the network tells best first, real ones on the right: 100 of each."""
    width, gap = 320, 4
    step = (width + gap, HEIGHT + gap)
    rows = -(-SHOWN // COLUMNS)
    page = Image.new("L", (2 * COLUMNS * step[0] + 20, rows * step[1]), 160)
    for side, pictures in enumerate((drawn, crops)):
        for k, picture in enumerate(pictures[:SHOWN]):
            grey = Image.fromarray((255 * (1 - (picture[:, :width] + 0.5) / 2)).astype(np.uint8))
            page.paste(grey, (side * (COLUMNS * step[0] + 20) + k % COLUMNS * step[0], k // COLUMNS * step[1]))
    return page


def features(picture: Map) -> dict[str, float]:
    """What is measured of one standardised picture."""
    mask = picture > 0.5
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    if not len(rows):
        rows, columns = np.array([0, HEIGHT - 1]), np.array([0, picture.shape[1] - 1])
    top, bottom, left, right = rows[0], rows[-1] + 1, columns[0], columns[-1] + 1
    box = picture[top:bottom, left:right]
    area = max(box.size, 1)
    out: dict[str, float] = {"ink share": float(mask.sum()) / area}
    out |= _darkness(picture, mask)
    gy, gx = np.diff(picture, axis=0)[:, :-1], np.diff(picture, axis=1)[:-1]
    slope = np.hypot(gx, gy)
    out |= {
        f"slope {q} %": float(np.percentile(slope[slope > 0.15], q)) if (slope > 0.15).any() else 0 for q in (50, 95)
    }
    pen = 2 * float(picture.clip(0, 1).sum()) / max(float(slope.sum()), 1e-6)
    out |= {"pen width": pen, "slope x/y": float(np.log((abs(gx).sum() + 1) / (abs(gy).sum() + 1)))}
    thick = cv2.distanceTransform(np.pad(mask, 1).astype(np.uint8), cv2.DIST_L2, 3)
    out["blob"] = float(thick.max())
    calm = picture - cv2.GaussianBlur(picture, (0, 0), 1.0)
    core = cv2.erode(mask.astype(np.uint8), np.ones((3, 3))) > 0
    out["grain in ink"] = float(calm[core].std()) if core.any() else 0.0
    out |= _pieces(mask, (top, bottom, left, right))
    out |= {"margin top": float(top), "margin bottom": float(HEIGHT - bottom)}
    out |= {"margin left": float(left), "margin right": float(picture.shape[1] - right)}
    out["fullest row"] = float((box > 0.5).mean(axis=1).max())
    out["fullest column"] = float((box > 0.5).mean(axis=0).max())
    rim = np.concatenate([box[:3].ravel(), box[-3:].ravel(), box[:, :3].ravel(), box[:, -3:].ravel()])
    out["ink in rim"] = float((rim > 0.5).mean())
    # A straight cut: ink that ends within one pixel along the border of its box.
    out["cut top"], out["cut bottom"] = (
        float((edge > 0.7).mean()) for edge in (box[:2].max(axis=0), box[-2:].max(axis=0))
    )
    out["cut left"], out["cut right"] = (
        float((edge > 0.7).mean()) for edge in (box[:, :2].max(axis=1), box[:, -2:].max(axis=1))
    )
    return out


def _darkness(picture: Map, mask: NDArray[np.bool_]) -> dict[str, float]:
    """The histogram of darkness, of the paper and of the ink."""
    far = cv2.dilate(mask.astype(np.uint8), np.ones((7, 7))) == 0
    paper, ink = picture[far] if far.any() else picture, picture[mask] if mask.any() else picture
    count, _ = np.histogram(picture, (0.1, 0.25, 0.4, 0.55, 0.7, 0.85, 1.0, 1.15, 1.5001))
    names = (0.1, 0.25, 0.4, 0.55, 0.7, 0.85, 1.0, 1.15)
    out = {f"dark {name}": float(c) / max(int(count.sum()), 1) for name, c in zip(names, count, strict=True)}
    out |= {"paper at 0": float((abs(picture) < 0.02).mean()), "paper below 0": float((picture < -0.02).mean())}
    out |= {
        "paper noise": float(paper.std()),
        "paper mean": float(paper.mean()),
        "paper 99 %": float(np.percentile(paper, 99)),
    }
    return out | {"ink spread": float(ink.std()), "ink mean": float(ink.mean())}


def _pieces(mask: NDArray[np.bool_], box: tuple[int, int, int, int]) -> dict[str, float]:
    """Connected pieces: how many, how small, and how many touch the box of all ink."""
    top, bottom, left, right = box
    count, _, stats, _ = cv2.connectedComponentsWithStats(mask.astype(np.uint8), connectivity=8)
    if count < 2:
        return dict.fromkeys(("pieces", "specks", "small pieces", "largest", "pieces at border"), 0.0)
    x, y, w, h, area = stats[1:].T
    touch = (x == left).astype(int) + (y == top) + (x + w == right) + (y + h == bottom)
    return {
        "pieces": float(count - 1),
        "specks": float((area < 6).sum()),
        "small pieces": float(((area >= 6) & (area < 40)).sum()),
        "largest": float(area.max() / area.sum()),
        "pieces at border": float((touch > 0).sum()),
    }


def table(drawn: Sequence[Map], crops: Sequence[Map]) -> None:
    """Each feature's quartiles on both sides, and how well it alone tells them apart (area under the curve)."""
    names, x, y = _matrix(drawn, crops)
    print(f"{'feature':18s} {'rendered 25 / 50 / 75 %':>26s} {'real 25 / 50 / 75 %':>26s}  tells")
    alone = [_auc(x[:, k], y) for k in range(len(names))]
    for k in np.argsort([-abs(a - 0.5) for a in alone]):
        spans = ("  ".join(f"{v:7.3f}" for v in np.percentile(x[y == side, k], (25, 50, 75))) for side in (0, 1))
        print(f"{names[k]:18s} {'  '.join(spans)}  {max(alone[k], 1 - alone[k]):.2f}")


def _matrix(drawn: Sequence[Map], crops: Sequence[Map]) -> tuple[list[str], Array, NDArray[np.int64]]:
    rows = [features(p) for p in (*drawn, *crops)]
    names = list(rows[0])
    return names, np.array([[row[k] for k in names] for row in rows]), np.repeat([0, 1], [len(drawn), len(crops)])


def _auc(score: Array, y: NDArray[np.int64]) -> float:
    """The chance that a real picture scores higher than a rendered one; ties count half."""
    ones = int(y.sum())
    return float((_ranks(score)[y == 1].sum() - ones * (ones + 1) / 2) / (ones * (len(y) - ones)))


def _ranks(values: Array) -> Array:
    """Ranks from 1 on; equal values share their middle one."""
    _, place, count = np.unique(values, return_inverse=True, return_counts=True)
    return np.asarray((np.cumsum(count) - (count - 1) / 2)[place])


def _folds(groups: Sequence[str]) -> NDArray[np.int64]:
    """A fold per picture; a writer's pictures share one."""
    names = sorted(set(groups))
    fold = dict(zip(names, np.random.default_rng(0).permutation(len(names)) % FOLDS, strict=True))
    return np.array([fold[g] for g in groups])


def tell_by_features(drawn: Sequence[Map], crops: Sequence[Map], groups: Sequence[str]) -> None:
    """A logistic regression on all features."""
    names, x, y = _matrix(drawn, crops)
    kept = [k for k, name in enumerate(names) if "margin" not in name]  # train/data.py places words on purpose anyhow
    names, x = [names[k] for k in kept], x[:, kept]
    order = np.stack([_ranks(v) for v in x.T], axis=1) / len(x) - 0.5  # no feature's tail rules
    value = torch.tensor(np.concatenate([order, order**2 - 1 / 12], axis=1) * 3.5, dtype=torch.float32)
    target, fold = torch.tensor(y, dtype=torch.float32), _folds(groups)
    score, weights = np.zeros(len(y)), torch.zeros(value.shape[1])
    for f in range(FOLDS):
        train, held = torch.tensor(fold != f), fold == f
        w = torch.zeros(value.shape[1] + 1, requires_grad=True)
        optimiser = torch.optim.LBFGS([w], max_iter=60)

        def closure(w: torch.Tensor = w, train: torch.Tensor = train) -> torch.Tensor:
            w.grad = None
            loss = F.binary_cross_entropy_with_logits(value[train] @ w[1:] + w[0], target[train])
            loss = loss + 0.01 * (w[1:] ** 2).sum()
            loss.backward()
            return loss

        optimiser.step(closure)
        score[held] = (value @ w[1:] + w[0]).detach().numpy()[held]
        weights += w[1:].detach() / FOLDS
    heavy = weights[: len(names)].abs().argsort(descending=True)[:8]
    says = ", ".join(f"{names[k]} {weights[k]:+.2f}" for k in heavy)
    print(f"logistic on {len(names)} features: area under the curve {_auc(score, y):.3f}; {says}")


def tell_by_network(drawn: Sequence[Map], crops: Sequence[Map], groups: Sequence[str], steps: int) -> Array:
    """Three convolutions on random squares; a picture's score is the mean over five squares.

    Returns the scores of the rendered ones: high for those that look real.
    """
    torch.manual_seed(0)
    rng, fold = np.random.default_rng(0), _folds(groups)
    pictures = [np.pad(p, ((0, 0), (0, max(0, SQUARE - p.shape[1])))) for p in (*drawn, *crops)]
    y = np.repeat([0, 1], [len(drawn), len(crops)])
    train, held = np.flatnonzero(fold > 0), np.flatnonzero(fold == 0)
    net = torch.nn.Sequential(
        torch.nn.Conv2d(1, 12, 5, 2, 2), torch.nn.ReLU(), torch.nn.Conv2d(12, 24, 3, 2, 1), torch.nn.ReLU(),
        torch.nn.Conv2d(24, 32, 3, 2, 1), torch.nn.ReLU(), torch.nn.AdaptiveAvgPool2d(1), torch.nn.Flatten(),
        torch.nn.Linear(32, 1),
    )  # fmt: skip
    optimiser = torch.optim.Adam(net.parameters(), 2e-3)

    def squares(which: NDArray[np.int64]) -> torch.Tensor:
        out = []
        for i in which:
            x = int(rng.integers(0, pictures[i].shape[1] - SQUARE + 1))
            out.append(pictures[i][:, x : x + SQUARE])
        return torch.from_numpy(np.stack(out))[:, None]

    for _ in range(steps):
        which = rng.choice(train, 48)
        loss = F.binary_cross_entropy_with_logits(net(squares(which))[:, 0], torch.tensor(y[which]).float())
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    with torch.no_grad():
        score = np.mean([net(squares(np.arange(len(y))))[:, 0].numpy() for _ in range(5)], axis=0)
    print(f"network: area under the curve {_auc(score[held], y[held]):.3f} on {len(held)} pictures")
    return np.asarray(score[y == 0], np.float64)


if __name__ == "__main__":
    main()
