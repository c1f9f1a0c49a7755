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
import json
import os
import time
from dataclasses import asdict
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from train.muon import Muon, parted
from train.original import PRESETS, Codec, OriginalModel, Parts
from train.original_data import SquareInk, SquarePictures, pictures
from train.processes import average_gradients, over, together
from train.train import learning_rate, loader, reduced, to

RATES = {"adamw": 3e-4, "adafactor": 1e-2, "muon": 2e-3}
"""Peak learning rates; Adafactor's is relative to the size of the weights."""
HELD = 64
"""Words of validation writers in a batch, at most."""


def arguments() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add = parser.add_argument
    # what goes in and comes out
    add("--ink", type=Path, required=True, help="file made by train.pack")
    add("--words", type=Path, help="file made by train.pack_words; left out: ink only")
    add("--out", type=Path, required=True, help="folder of the run")
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
    # the machine
    add("--device", default="cpu")
    add("--threads", type=int, default=2)
    add("--workers", type=int, default=0, help="processes that prepare ink")
    add("--seed", type=int, default=0)
    # how often
    add("--log-every", type=int, default=25)
    add("--check-every", type=int, default=1000)
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


class Run:
    """A training run, saved whole and resumed whole."""

    def __init__(self, args: argparse.Namespace, device: torch.device) -> None:
        torch.manual_seed(args.seed)
        self.folder, self.codec = args.out, Codec(args.tokenizer)
        self.parts = Parts(args.preset, args.vit, args.mt5, args.tokenizer)
        self.model = OriginalModel(self.parts, len(self.codec)).to(device)
        if args.freeze_vit:
            self.model.freeze_vit()
        self.optimizers = optimizers(self.model, args.optimizer, args.lr)
        self.step, self.samples, self.seconds = 0, 0, 0.0
        if (self.folder / "state.pt").exists():
            state = torch.load(self.folder / "state.pt", map_location=device, weights_only=True)
            self.model.load_state_dict(state["model"])
            for optimizer, kept in zip(self.optimizers, state["optimizers"], strict=True):
                optimizer.load_state_dict(kept)
            self.step, self.samples, self.seconds = state["step"], state["samples"], state["seconds"]

    def loss(self, batch: dict[str, Tensor], picture: Tensor) -> Tensor:
        """Mean nats per token."""
        with reduced(picture.device):
            loss, _ = self.model(picture, batch["prompt"], batch["labels"], self.codec.pad)
        return loss

    def learn(self, loss: Tensor, rate: float, world: int) -> Tensor:
        """One step of the optimisers; the norm of the gradient."""
        for group in (g for o in self.optimizers for g in o.param_groups):
            group["lr"] = rate
        loss.backward()
        weights = [p for p in self.model.parameters() if p.requires_grad]
        average_gradients(weights, world)
        norm = torch.nn.utils.clip_grad_norm_(weights, 1.0)
        for optimizer in self.optimizers:
            optimizer.step()
            optimizer.zero_grad(set_to_none=True)
        return norm

    @torch.no_grad()
    def check(self, held: list[dict[str, Tensor]], device: torch.device) -> float:
        """Mean nats per token on batches of validation writers, drawn the same way each time."""
        self.model.eval()
        with torch.random.fork_rng([device] if device.type == "cuda" else [], device_type=device.type):
            torch.manual_seed(1)
            here = [to(batch, device) for batch in held]
            found = [float(self.loss(batch, pictures(batch))) for batch in here]
        self.model.train()
        return float(np.mean(found))

    def save(self) -> None:
        """Write beside, then rename."""
        state = {
            "model": self.model.state_dict(),
            "optimizers": [o.state_dict() for o in self.optimizers],
            "step": self.step,
            "samples": self.samples,
            "seconds": self.seconds,
        }
        torch.save(state, self.folder / "state.tmp")
        os.replace(self.folder / "state.tmp", self.folder / "state.pt")
        facts = asdict(self.parts) | {"samples": self.samples, "minutes": round(self.seconds / 60, 1)}
        (self.folder / "config.json").write_text(json.dumps(facts, indent=1))

    def log(self, row: dict[str, float]) -> None:
        text = json.dumps({k: round(v, 6) for k, v in row.items()})
        print(text, flush=True)
        with open(self.folder / "log.jsonl", "a") as log:
            log.write(text + "\n")


def validation(args: argparse.Namespace, codec: Codec, batches: int = 4) -> list[dict[str, Tensor]]:
    """The same batches of validation writers each time."""
    endless = iter(SquareInk(args.ink, codec, min(args.batch, HELD), split="val", seed=1))
    return [next(endless) for _ in range(batches)]


def main() -> None:
    """Train for the steps, or until the minutes are over."""
    args = arguments()
    device = torch.device(args.device)
    torch.set_num_threads(args.threads)
    args.out.mkdir(parents=True, exist_ok=True)
    with together(device) as (rank, world):
        run = Run(args, device)
        print(f"{sum(p.numel() for p in run.model.parameters()) / 1e6:.2f} M parameters, step {run.step}", flush=True)
        train(run, args, device, rank, world)
        if rank == 0:
            run.save()


def train(run: Run, args: argparse.Namespace, device: torch.device, rank: int, world: int) -> None:
    """The loop."""
    seed = args.seed + 1000 * rank + run.step
    torch.manual_seed(seed)  # every process draws and drops out in its own way
    ink = loader(SquareInk(args.ink, run.codec, args.batch, seed=seed), args.workers)
    words = SquarePictures(args.words, run.codec, args.batch, seed=seed) if args.words else None
    real = loader(words, min(args.workers, 2)) if words is not None else None
    held = validation(args, run.codec) if rank == 0 else []
    rng, begin, before = np.random.default_rng(seed), time.time(), run.seconds
    run.model.train()
    while run.step < args.steps and not over(run.seconds > args.minutes * 60, world, device):
        batch = to(next(real if real is not None and rng.random() < args.pictures else ink), device)
        rate = learning_rate(run.step, progress(run, args), args.lr, args.warmup)
        loss = run.loss(batch, pictures(batch))
        norm = run.learn(loss, rate, world)
        run.step, run.samples = run.step + 1, run.samples + len(batch["prompt"]) * world
        run.seconds = before + time.time() - begin
        if rank == 0 and run.step % args.log_every == 0:
            row = {"step": run.step, "samples": run.samples, "seconds": round(run.seconds), "lr": rate}
            run.log(row | {"norm": float(norm), "loss": loss.item()})
        if rank == 0 and run.step % args.check_every == 0:
            run.log({"step": run.step, "val_loss": run.check(held, device)})
            run.save()
    if rank == 0 and run.step % args.check_every:
        run.log({"step": run.step, "samples": run.samples, "val_loss": run.check(held, device)})


def progress(run: Run, args: argparse.Namespace) -> float:
    """How much of the run is over, 0 to 1."""
    return max(run.step / args.steps, run.seconds / (args.minutes * 60))


if __name__ == "__main__":
    main()
