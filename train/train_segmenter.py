"""Train the segmentation network on scenes that are drawn as it learns.

One CPU:  python -m synth.pack DATA .cache/scenes.npz
          python -m train.train_segmenter --scenes .cache/scenes.npz --fonts FOLDER --out .cache/page --minutes 120
One GPU:  the same with --device cuda --batch 48 --workers 14 --lr 4e-3
Go on:    the same command again (it finds OUT/state.pt); --start model.safetensors begins anew from weights

OUT gets log.jsonl (losses, F1 by kind of scene), state.pt (everything to resume) and model.safetensors (averaged
weights).
"""

from __future__ import annotations

import argparse
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from safetensors.torch import load_file
from torch import Tensor
from torch.utils.data import DataLoader, IterableDataset, get_worker_info

from synth.assets import Assets
from synth.scene import KINDS, Scene, compose
from train.muon import Muon, parted
from train.real_pages import RealPages
from train.run import Run, add_flags, learning_rate
from train.segmenter import MAPS, Sample, Segmenter, blind, care, losses, truth, unseen

Batch = tuple[Tensor, ...]
"""Pictures, maps and care, uint8 (B, 3, H, W); the layout and how much it counts, float32 (B, 6, H / 4, W / 4)."""


def arguments() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add = parser.add_argument
    add("--scenes", type=Path, required=True, help="file made by synth.pack")
    add("--fonts", type=Path, action="append", default=[], help="folder of fonts for print; may be repeated")
    add("--pages", type=Path, help="file made by train.pack_pages")
    add("--real", type=float, default=0.2, help="share of samples from real pages")
    add("--start", type=Path, help="weights (.safetensors) to start from")
    add("--minutes", type=float, default=30, help="wall-clock budget; the learning rate falls over it")
    add("--batch", type=int, default=6)
    add("--side", type=int, default=384, help="of the scenes, a multiple of 32")
    add("--lr", type=float, default=2e-3)
    add("--last", type=float, default=0.02, help="the learning rate's share at the end")
    add("--warmup", type=int, default=100)
    add("--average", type=float, default=0.998)
    add("--save-every", type=int, default=100)
    add_flags(parser, threads=1, workers=1, check_every=500)
    return parser.parse_args()


class Scenes(IterableDataset):
    """Endless batches of scenes."""

    def __init__(self, args: argparse.Namespace, begun: int) -> None:
        self.args, self.begun = args, begun

    def __iter__(self) -> Iterator[Batch]:
        worker = get_worker_info()
        rng = np.random.default_rng([self.args.seed, self.begun, worker.id if worker else 0])
        assets = Assets(self.args.scenes, self.args.fonts)
        pages = RealPages(self.args.pages) if self.args.pages else None
        while True:
            samples = []
            for _ in range(self.args.batch):
                if pages and rng.random() < self.args.real:
                    samples.append(pages.crop(rng, self.args.side))
                else:
                    samples.append(sample(compose(rng, assets, self.args.side)))
            yield stacked(samples)


def sample(scene: Scene) -> Sample:
    """A scene with its whole truth."""
    maps, coarse = truth(scene)
    weights = care(maps)
    weights[(maps > 0) & blind(scene.rgb)] = 0
    for cover, counts in zip(maps, weights, strict=True):
        if cover.any() and scene.kind != "carved":  # whose marks are as light as their ground, in the mean
            counts[unseen(scene.rgb, cover)] = 0
    return scene.rgb.transpose(2, 0, 1), maps, weights, np.concatenate([coarse, np.ones_like(coarse[:1])])


def stacked(samples: list[Sample]) -> Batch:
    """Samples as a batch."""
    return tuple(torch.from_numpy(np.ascontiguousarray(np.stack(part))) for part in zip(*samples, strict=True))


def validation(args: argparse.Namespace, each: int = 6) -> dict[str, Batch]:
    """The same scenes of every kind each time, with photographs that training doesn't use."""
    assets = Assets(args.scenes, args.fonts, held_out=True)
    found = {}
    for i, kind in enumerate(KINDS):
        rng = np.random.default_rng([7, i])
        found[kind] = stacked([sample(compose(rng, assets, 384, kind)) for _ in range(each)])
    return found


@torch.no_grad()
def check(run: Run, kinds: dict[str, Batch]) -> dict[str, dict[str, float]]:
    """F1 of every map by kind of scene, in the mean of the scenes that have such marks; where none has, less the share
    of the picture that is marked falsely."""
    scores = {}
    for kind, (pictures, maps, *_) in kinds.items():
        logits, _ = run.average(pictures.to(run.device).float() / 255)
        found, there = (logits > 0).cpu().numpy(), maps.numpy() > 127
        scores[kind] = {name: round(_mean_f1(found[:, i], there[:, i]), 3) for i, name in enumerate(MAPS)}
    return scores


def _mean_f1(found: NDArray[np.bool_], there: NDArray[np.bool_]) -> float:
    scores = [f1(a, b) for a, b in zip(found, there, strict=True) if b.any()]
    return float(np.mean(scores)) if scores else -float(found.mean())


def f1(found: NDArray[np.bool_], there: NDArray[np.bool_]) -> float:
    """Harmonic mean of precision and recall of the pixels of a map (H, W), one being hit by one within a pixel."""
    near_found, near_there = (cv2.dilate(m.astype(np.uint8), np.ones((3, 3), np.uint8)) > 0 for m in (found, there))
    precision = (found & near_there).sum() / max(found.sum(), 1)
    recall = (there & near_found).sum() / max(there.sum(), 1)
    return float(2 * precision * recall / max(precision + recall, 1e-9))


def begin(args: argparse.Namespace, device: torch.device) -> Run:
    """A new run, or where the one in the folder stopped."""
    torch.manual_seed(args.seed)
    model = Segmenter().to(device, memory_format=torch.channels_last)
    if args.start:
        model.load_state_dict(load_file(args.start))
    hidden, rest = parted(model)
    optimizers = [Muon(hidden, lr=args.lr), torch.optim.AdamW(rest, lr=args.lr, weight_decay=0.01)]
    return Run(args.out, model, optimizers, decay=args.average)


def main() -> None:
    """Train until the minutes are over."""
    args = arguments()
    torch.set_num_threads(args.threads)
    cv2.setNumThreads(0)  # now: workers are forked, and would wait for threads that they don't have
    run = begin(args, torch.device(args.device))
    kinds = validation(args)
    ahead = 3 if args.workers else None
    batches = iter(DataLoader(Scenes(args, run.step), batch_size=None, num_workers=args.workers, prefetch_factor=ahead))
    train(run, args, batches, kinds)
    run.log({"f1": check(run, kinds)})
    run.save()


def train(run: Run, args: argparse.Namespace, batches: Iterator[Batch], kinds: dict[str, Batch]) -> None:
    """The loop."""
    sums: dict[str, float] = defaultdict(float)
    for progress in run.steps(args.minutes):
        rate = learning_rate(run.step, progress, args.lr, args.warmup, args.last)
        pictures, *wanted = (t.to(run.device, non_blocking=True) for t in next(batches))
        parts = losses(run.model, pictures.contiguous(memory_format=torch.channels_last), *wanted)
        run.learn(torch.stack(list(parts.values())).sum(), rate, len(pictures))
        for key, value in parts.items():
            sums[key] += value.detach().item()
        if run.step % args.log_every == 0:
            run.log({"lr": rate} | {k: v / args.log_every for k, v in sums.items()})
            sums.clear()
        if run.step % args.check_every == 0:
            run.log({"f1": check(run, kinds)})
        if run.step % args.save_every == 0:
            run.save()


if __name__ == "__main__":
    main()
