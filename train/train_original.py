"""Train the original's network (train/original.py) on the same data as ours.

A try on a CPU:   python -m train.train_original --ink .cache/ink.npz --words .cache/words.npz --out .cache/original \\
                      --preset tiny --optimizer adamw --minutes 5
As large as ours: the same with --preset same-budget --optimizer muon --device cuda --batch 256 --workers 12 --minutes 4
As published:     torchrun --nproc-per-node 8 -m train.train_original ... --device cuda --preset small-p --batch 64 \\
                      --vit google/vit-base-patch16-224-in21k --freeze-vit --tokenizer google/mt5-base
Go on with a run: the same command again (it finds OUT/state.pt)
Its scores:       python -m bench.original OUT DATA

The published schedule is 340,000 steps of 512 words. OUT gets log.jsonl, state.pt and config.json.
"""

from __future__ import annotations

import argparse
from dataclasses import asdict
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from train.devices import loader, reduced, same_draws, to
from train.muon import Muon, parted
from train.original import PRESETS, Codec, OriginalModel, Parts
from train.original_data import SquareInk, SquarePictures, pictures
from train.processes import together
from train.run import Run, add_flags, learning_rate

RATES = {"adamw": 3e-4, "adafactor": 1e-2, "muon": 2e-3}
"""Peak learning rates; Adafactor's is relative to the size of the weights."""
HELD = 64
"""Words of validation writers in a batch, at most."""


def arguments() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add = parser.add_argument
    # what goes in
    add("--ink", type=Path, required=True, help="file made by train.pack")
    add("--words", type=Path, help="file made by train.pack_words; left out: ink only")
    # the model
    add("--preset", default="small-p", choices=list(PRESETS))
    add("--vit", help="folder or hub id of a pretrained ViT")
    add("--mt5", help="folder or hub id of a pretrained mT5")
    add("--tokenizer", help="folder or hub id of a tokenizer; left out: bytes")
    add("--freeze-vit", action="store_true", help="train the rest alone, as the original did")
    # how long
    add("--steps", type=int, default=340_000, help="the learning rate falls to zero over them, or over")
    add("--minutes", type=float, default=float("inf"), help="all runs into OUT together, whichever is over first")
    # the optimiser
    add("--batch", type=int, default=64, help="words on each device")
    add("--optimizer", default="adafactor", choices=list(RATES))
    add("--lr", type=float, help=f"peak; left out: {RATES}")
    add("--warmup", type=int, help="steps; left out: 5000, or 300 with --minutes")
    add("--pictures", type=float, default=0.2, help="share of steps on real pictures: one task of five")
    add_flags(parser, threads=2, workers=0, check_every=1000)
    args = parser.parse_args()
    args.lr = args.lr or RATES[args.optimizer]
    args.warmup = args.warmup or (300 if args.minutes < float("inf") else 5000)
    return args


def optimizers(model: OriginalModel, name: str, rate: float) -> list[torch.optim.Optimizer]:
    """For the weights that aren't frozen; Muon leaves the output layer and what is no matrix to AdamW."""
    weights = [p for p in model.parameters() if p.requires_grad]
    if name == "adafactor":
        return [torch.optim.Adafactor(weights, lr=rate)]
    hidden = set(parted(model)[0]) - {model.mt5.lm_head.weight} if name == "muon" else set()
    adam = torch.optim.AdamW([p for p in weights if p not in hidden], lr=rate, betas=(0.9, 0.98), weight_decay=0.01)
    return [Muon([p for p in weights if p in hidden], lr=rate), adam] if hidden else [adam]


class OriginalRun(Run):
    """A run of the original's network, whose weights aren't averaged."""

    model: OriginalModel

    def __init__(self, args: argparse.Namespace, device: torch.device, world: int) -> None:
        torch.manual_seed(args.seed)
        self.codec = Codec(args.tokenizer)
        parts = Parts(args.preset, args.vit, args.mt5, args.tokenizer)
        model = OriginalModel(parts, len(self.codec)).to(device)
        if args.freeze_vit:
            model.freeze_vit()
        chosen = optimizers(model, args.optimizer, args.lr)
        super().__init__(args.out, model, chosen, facts=asdict(parts), world=world)

    def loss(self, batch: dict[str, Tensor], picture: Tensor) -> Tensor:
        """Mean nats per token."""
        with reduced(picture.device):
            loss, _ = self.model(picture, batch["prompt"], batch["labels"], self.codec.pad)
        return loss

    @torch.no_grad()
    def check(self, held: list[dict[str, Tensor]]) -> dict[str, object]:
        """Mean nats per token on batches of validation writers, drawn the same way each time."""
        self.model.eval()
        with same_draws(self.device):
            here = [to(batch, self.device) for batch in held]
            found = [float(self.loss(batch, pictures(batch))) for batch in here]
        self.model.train()
        return {"val_loss": float(np.mean(found))}


def validation(args: argparse.Namespace, codec: Codec, batches: int = 4) -> list[dict[str, Tensor]]:
    """The same batches of validation writers each time."""
    endless = iter(SquareInk(args.ink, codec, min(args.batch, HELD), split="val", seed=1))
    return [next(endless) for _ in range(batches)]


def main() -> None:
    """Train for the steps, or until the minutes are over."""
    args = arguments()
    device = torch.device(args.device)
    torch.set_num_threads(args.threads)
    with together(device) as (rank, world):
        run = OriginalRun(args, device, world)
        print(f"{sum(p.numel() for p in run.model.parameters()) / 1e6:.2f} M parameters, step {run.step}", flush=True)
        train(run, args, rank)
        if rank == 0:
            run.save()


def train(run: OriginalRun, args: argparse.Namespace, rank: int) -> None:
    """The loop."""
    seed = args.seed + 1000 * rank + run.step
    torch.manual_seed(seed)  # every process draws and drops out in its own way
    ink = loader(SquareInk(args.ink, run.codec, args.batch, seed=seed), args.workers)
    words = SquarePictures(args.words, run.codec, args.batch, seed=seed) if args.words else None
    real = loader(words, min(args.workers, 2)) if words is not None else None
    held, rng = validation(args, run.codec) if rank == 0 else [], np.random.default_rng(seed)
    run.model.train()
    for progress in run.steps(args.minutes, args.steps):
        batch = to(next(real if real is not None and rng.random() < args.pictures else ink), run.device)
        rate = learning_rate(run.step, progress, args.lr, args.warmup)
        loss = run.loss(batch, pictures(batch))
        norm = run.learn(loss, rate, len(batch["prompt"]), clip=1.0)
        if rank == 0 and run.step % args.log_every == 0:
            run.log({"lr": rate, "norm": float(norm), "loss": loss.item()})
        if rank == 0 and run.step % args.check_every == 0:
            run.log(run.check(held))
            run.save()
    if rank == 0 and run.step % args.check_every:
        run.log(run.check(held))


if __name__ == "__main__":
    main()
