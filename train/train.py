"""Train the tracing model.

One CPU:          python -m train.train --ink .cache/ink.npz --words .cache/words.npz --out .cache/run --minutes 90
One GPU:          the same with --device cuda --size base --batch 1024 --workers 14 --lr 5e-3
Several GPUs:     torchrun --nproc-per-node 8 -m train.train ... --device cuda
Go on with a run: the same command again (it finds OUT/state.pt); --start model.safetensors begins anew from weights

OUT gets log.jsonl (losses), state.pt (everything to resume), model.safetensors (the averaged weights) and config.json.
"""

from __future__ import annotations

import argparse
import math
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from inksight.alphabets import ALPHABET
from inksight.recognition.tokens import DERENDER, RECOGNIZE_DERENDER, Vocabulary
from train import weights
from train.data import InkBatches, PictureBatches, Store, collate, encode, place
from train.devices import loader, reduced, same_draws, to
from train.loss import losses, total
from train.model import Config, InkModel
from train.muon import Muon, parted
from train.processes import together
from train.render import render, vary
from train.run import Run, add_flags, learning_rate
from train.scripts import SHARES, Scripts
from train.stores import InkStore

HELD = 48
"""Words of validation writers in a batch, at most."""


def arguments() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add = parser.add_argument
    # what goes in
    add("--ink", type=Path, required=True, help="file made by train.pack")
    add("--words", type=Path, help="file made by train.pack_words; left out: ink only")
    add("--scripts", type=Path, help="file made by train.pack_scripts: all scripts are mixed in and read")
    add("--start", type=Path, help="weights (.safetensors) to start from")
    # the model
    add("--size", default="small", choices=["tiny", "small", "base"])
    # how long
    add("--minutes", type=float, default=30, help="wall-clock budget; the learning rate falls to zero over it")
    add("--max-steps", type=int, default=10**9, help="of this call")
    add("--steps", type=float, default=math.inf, help="or over so many steps, whichever are over first")
    # the optimiser
    add("--batch", type=int, default=64)
    add("--optimizer", default="muon", choices=["muon", "adamw"], help="for the matrices; the rest is AdamW's")
    add("--lr", type=float, default=2e-3)
    add("--warmup", type=int, default=300)
    add("--average", type=float, default=0.999, help="decay of the averaged weights")
    add("--pictures", type=float, default=0.12, help="share of steps on real pictures")
    add_flags(parser, threads=2, workers=0, check_every=500)
    return parser.parse_args()


def pictures(batch: dict[str, Tensor]) -> Tensor:
    """The pictures of a batch as the network sees them: real ones are in it, ink is drawn now."""
    if "picture" in batch:
        return vary(batch["picture"])
    return render(batch)


def validation(store: Store, vocabulary: Vocabulary, size: int, batches: int = 4) -> list[dict[str, Tensor]]:
    """The same batches of a validation store each time."""
    rng = np.random.default_rng(1)
    out = []
    for i in range(batches):
        inks = [ink for _ in range(size) if (ink := place(store, rng, 448))]
        task = (RECOGNIZE_DERENDER, DERENDER)[i % 2]
        codes = [encode(ink, task, vocabulary, rng, 0.0) for ink in inks]
        out.append(collate(inks, codes, [vocabulary.encode(ink.text) for ink in inks]))
    return out


def validations(args: argparse.Namespace, characters: str) -> dict[str, list[dict[str, Tensor]]]:
    """Batches of UNIPEN's validation writers, and of the scripts' characters and drawers that are held out."""
    latin, vocabulary, size = InkStore(args.ink, "val"), Vocabulary(characters), min(args.batch, HELD)
    found = {"val": validation(latin, vocabulary, size)}
    if args.scripts:
        others = {kind: share for kind, share in SHARES.items() if kind != "Latin"}
        found["scripts"] = validation(Scripts(args.scripts, "val", latin, others), vocabulary, size)
    return found


@torch.no_grad()
def check(model: InkModel, batches: list[dict[str, Tensor]], device: torch.device) -> dict[str, float]:
    """Nats per decision on the validation batches, drawn the same way each time."""
    sums: dict[str, Tensor] = {}
    with same_draws(device), reduced(device):
        for batch in batches:
            here = to(batch, device)
            add(sums, losses(model, here, pictures(here)))
    return averages(sums)


def add(sums: dict[str, Tensor], parts: dict[str, Tensor]) -> None:
    """Sum up on the device: reading a number off a GPU at each step would make it wait."""
    for key, value in parts.items():
        sums[key] = sums.get(key, 0) + value.detach()


def averages(sums: dict[str, Tensor]) -> dict[str, float]:
    """Sums of train.loss.losses as nats per point, per start and per letter."""
    total = {k: float(v) for k, v in sums.items()}
    points, starts, letters = (max(total[k], 1.0) for k in ("points", "starts", "letters"))
    return {
        "nats_per_point": sum(total[k] for k in ("lift", "dx", "dy", "start", "inside")) / (points + starts),
        "move": (total["dx"] + total["dy"]) / points,
        "lift": total["lift"] / points,
        "start": total["start"] / starts,
        "inside": total["inside"] / starts,
        "text": total["text"] / letters,
        "ctc": total["ctc"] / letters,
    }


def optimizers(model: InkModel, kind: str, rate: float) -> list[torch.optim.Optimizer]:
    """Muon for the hidden matrices (or AdamW, as `kind` says), and AdamW for the rest."""
    hidden, rest = parted(model) if kind == "muon" else ([], list(model.parameters()))
    groups = [
        {"params": [p for p in rest if p.ndim >= 2], "weight_decay": 0.02},
        {"params": [p for p in rest if p.ndim < 2], "weight_decay": 0.0},
    ]
    adam = torch.optim.AdamW(groups, lr=rate, betas=(0.9, 0.98), fused=True)
    return [Muon(hidden, lr=rate), adam] if hidden else [adam]


def begin(args: argparse.Namespace, device: torch.device, world: int) -> Run:
    """A new run, or where the one in the folder stopped."""
    torch.manual_seed(args.seed)
    config = replace(Config.of(args.size), characters=ALPHABET) if args.scripts else Config.of(args.size)
    model = InkModel(config).to(device)
    if args.start:
        state = weights.grown(weights.load(args.start), weights.characters(args.start), config.characters)
        model.load_state_dict(state, strict=False)
    chosen = optimizers(model, args.optimizer, args.lr)
    return Run(args.out, model, chosen, decay=args.average, facts=asdict(config), world=world)


def main() -> None:
    """Train until the minutes are over."""
    args = arguments()
    device = torch.device(args.device)
    torch.set_num_threads(args.threads)
    with together(device) as (rank, world):
        run = begin(args, device, world)
        train(run, args, rank)
        if rank == 0:
            run.save()


def train(run: Run, args: argparse.Namespace, rank: int) -> None:
    """The loop."""
    seed = args.seed + 1000 * rank + run.step
    characters = run.model.config.characters
    ink = loader(InkBatches(args.ink, args.batch, scripts=args.scripts, characters=characters, seed=seed), args.workers)
    pictured = PictureBatches(args.words, args.batch, characters=characters, seed=seed) if args.words else None
    real = loader(pictured, min(args.workers, 2)) if pictured else None
    report = Report(run, args, validations(args, characters)) if rank == 0 else None
    print(f"{sum(p.numel() for p in run.model.parameters()) / 1e6:.2f} M parameters, step {run.step}", flush=True)
    rng = np.random.default_rng(seed)
    for progress in run.steps(args.minutes, args.steps, args.max_steps):
        rate = learning_rate(run.step, progress, args.lr, args.warmup)
        batch = to(next(real if real is not None and rng.random() < args.pictures else ink), run.device)
        with reduced(run.device):
            parts = losses(run.model, batch, pictures(batch))
            loss = total(parts)
        norm = run.learn(loss, rate, len(batch["ids"]), clip=1.0)
        if report:
            report.step(parts, {"lr": rate, "norm": norm})


class Report:
    """Logs the losses every `log_every` steps; validates and saves every `check_every`."""

    def __init__(self, run: Run, args: argparse.Namespace, held: dict[str, list[dict[str, Tensor]]]) -> None:
        self.run, self.held = run, held
        self.log_every, self.check_every = args.log_every, args.check_every
        self.sums: dict[str, Tensor] = {}

    def step(self, parts: dict[str, Tensor], facts: dict[str, float | Tensor]) -> None:
        """A step has been taken; `facts` are logged with the losses."""
        run = self.run
        add(self.sums, parts)
        row: dict[str, object] = {}
        if run.step % self.log_every == 0:
            row |= {key: float(value) for key, value in facts.items()} | averages(self.sums)
            self.sums.clear()
        if run.step % self.check_every == 0:
            for name, batches in self.held.items():
                row |= {f"{name}_{k}": v for k, v in check(run.average, batches, run.device).items()}
            run.save()
        if row:
            run.log(row)


if __name__ == "__main__":
    main()
