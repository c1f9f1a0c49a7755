"""Train the tracing model.

One CPU:          python -m train.train --ink .cache/ink.npz --words .cache/words.npz --out .cache/run --minutes 90
One GPU:          the same with --device cuda --size base --batch 1024 --workers 14 --lr 5e-3
Several GPUs:     torchrun --nproc-per-node 8 -m train.train ... --device cuda
Go on with a run: the same command again (it finds OUT/state.pt); --start model.safetensors begins anew from weights

OUT gets log.jsonl (losses), state.pt (everything to resume), model.safetensors (the averaged weights) and config.json.
"""

from __future__ import annotations

import argparse
import copy
import json
import math
import os
import time
from collections.abc import Iterator
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import save_file
from torch import Tensor
from torch.utils.data import DataLoader, IterableDataset

from inksight.alphabets import ALPHABET
from inksight.recognition.tokens import DERENDER, RECOGNIZE_DERENDER, Vocabulary
from train import weights
from train.data import InkBatches, PictureBatches, Store, collate, encode, place
from train.loss import losses, total
from train.model import Config, InkModel
from train.muon import Muon, parted
from train.processes import average_gradients, over, together
from train.render import render, vary
from train.scripts import SHARES, Scripts
from train.stores import InkStore


def arguments() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add = parser.add_argument
    # what goes in and comes out
    add("--ink", type=Path, required=True, help="file made by train.pack")
    add("--words", type=Path, help="file made by train.pack_words; left out: ink only")
    add("--scripts", type=Path, help="file made by train.pack_scripts: all scripts are mixed in and read")
    add("--out", type=Path, required=True, help="folder of the run")
    add("--start", type=Path, help="weights (.safetensors) to start from")
    # the model
    add("--size", default="small", choices=["tiny", "small", "base"])
    # how long
    add("--minutes", type=float, default=30, help="wall-clock budget; the learning rate falls to zero over it")
    add("--max-steps", type=int, default=10**9)
    add("--steps", type=int, help="the learning rate falls to zero over so many steps instead of over the minutes")
    # the optimiser
    add("--batch", type=int, default=64)
    add("--optimizer", default="muon", choices=["muon", "adamw"], help="for the matrices; the rest is AdamW's")
    add("--lr", type=float, default=2e-3)
    add("--warmup", type=int, default=300)
    add("--average", type=float, default=0.999, help="decay of the averaged weights")
    add("--pictures", type=float, default=0.12, help="share of steps on real pictures")
    # the machine
    add("--device", default="cpu")
    add("--threads", type=int, default=2)
    add("--workers", type=int, default=0, help="processes that prepare ink")
    add("--seed", type=int, default=0)
    # how often
    add("--log-every", type=int, default=25)
    add("--check-every", type=int, default=500)
    return parser.parse_args()


def learning_rate(step: int, progress: float, peak: float, warmup: int) -> float:
    """Linear warm-up, then a cosine down to 2 % at progress 1."""
    return peak * min(1, (step + 1) / warmup) * (0.02 + 0.98 * 0.5 * (1 + math.cos(math.pi * min(progress, 1))))


def to(batch: dict[str, Tensor], device: torch.device) -> dict[str, Tensor]:
    """The batch on the device; the pictures' width is for the program, which would have to wait for it there."""
    return {k: v if k == "width" else v.to(device, non_blocking=True) for k, v in batch.items()}


def pictures(batch: dict[str, Tensor]) -> Tensor:
    """The pictures of a batch as the network sees them: real ones are in it, ink is drawn now."""
    if "picture" in batch:
        return vary(batch["picture"])
    return render(batch)


def reduced(device: torch.device) -> torch.autocast:
    """Matrix products in bf16 where the device has them: a CPU without would be slower than in 32 bits."""
    able = device.type != "cpu" or torch.ops.mkldnn._is_mkldnn_bf16_supported()
    return torch.autocast(device.type, torch.bfloat16, enabled=able)


def loader(dataset: IterableDataset, workers: int) -> Iterator[dict[str, Tensor]]:
    """Batches of an endless data set."""
    ahead = 4 if workers else None
    pinned = torch.cuda.is_available()
    return iter(DataLoader(dataset, batch_size=None, num_workers=workers, prefetch_factor=ahead, pin_memory=pinned))


def validation(store: Store, vocabulary: Vocabulary, batches: int = 4, size: int = 48) -> list[dict[str, Tensor]]:
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
    latin, vocabulary = InkStore(args.ink, "val"), Vocabulary(characters)
    found = {"val": validation(latin, vocabulary)}
    if args.scripts:
        others = {kind: share for kind, share in SHARES.items() if kind != "Latin"}
        found["scripts"] = validation(Scripts(args.scripts, "val", latin, others), vocabulary)
    return found


@torch.no_grad()
def check(model: InkModel, batches: list[dict[str, Tensor]], device: torch.device, autocast: torch.autocast) -> dict:
    """Nats per decision on the validation batches, drawn the same way each time."""
    sums: dict[str, Tensor] = {}
    model.eval()
    with torch.random.fork_rng([device] if device.type == "cuda" else [], device_type=device.type):
        torch.manual_seed(1)
        for batch in batches:
            here = to(batch, device)
            with autocast:
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


class Run:
    """A training run: model, averaged weights, optimiser, counters; saved whole, resumed whole."""

    def __init__(self, args: argparse.Namespace, device: torch.device) -> None:
        torch.manual_seed(args.seed)
        self.folder = args.out
        config = replace(Config.of(args.size), characters=ALPHABET) if args.scripts else Config.of(args.size)
        self.model = InkModel(config).to(device)
        if args.start:
            state = weights.grown(weights.load(args.start), weights.characters(args.start), config.characters)
            self.model.load_state_dict(state, strict=False)
        self.average = copy.deepcopy(self.model).eval()
        self.optimizers = optimizers(self.model, args.optimizer, args.lr)
        self.step, self.samples, self.seconds = 0, 0, 0.0
        if (self.folder / "state.pt").exists():
            state = torch.load(self.folder / "state.pt", map_location=device, weights_only=True)
            self.model.load_state_dict(state["model"])
            self.average.load_state_dict(state["average"])
            for optimizer, kept in zip(self.optimizers, state["optimizers"], strict=True):
                optimizer.load_state_dict(kept)
            self.step, self.samples, self.seconds = state["step"], state["samples"], state["seconds"]

    @torch.no_grad()
    def follow(self, decay: float) -> None:
        """Move the averaged weights towards the model's."""
        decay = min(decay, (self.step + 1) / (self.step + 10))
        pairs = list(zip(self.average.state_dict().values(), self.model.state_dict().values(), strict=True))
        moving = [(a, b) for a, b in pairs if a.dtype.is_floating_point]
        torch._foreach_lerp_([a for a, _ in moving], [b for _, b in moving], 1 - decay)
        for a, b in pairs:
            if not a.dtype.is_floating_point:
                a.copy_(b)

    def save(self) -> None:
        """Write beside, then rename."""
        state = {
            "model": self.model.state_dict(),
            "average": self.average.state_dict(),
            "optimizers": [o.state_dict() for o in self.optimizers],
            "step": self.step,
            "samples": self.samples,
            "seconds": self.seconds,
        }
        torch.save(state, self.folder / "state.tmp")
        os.replace(self.folder / "state.tmp", self.folder / "state.pt")
        weights = {k: v.contiguous().cpu() for k, v in self.average.state_dict().items()}
        save_file(weights, self.folder / "model.tmp")
        os.replace(self.folder / "model.tmp", self.folder / "model.safetensors")
        facts = asdict(self.model.config) | {"samples": self.samples, "minutes": round(self.seconds / 60, 1)}
        (self.folder / "config.json").write_text(json.dumps(facts, indent=1, ensure_ascii=False))


def main() -> None:
    """Train until the minutes are over."""
    args = arguments()
    device = torch.device(args.device)
    torch.set_num_threads(args.threads)
    args.out.mkdir(parents=True, exist_ok=True)
    with together(device) as (rank, world):
        run = Run(args, device)
        train(run, args, device, rank, world)
        if rank == 0:
            run.save()


def train(run: Run, args: argparse.Namespace, device: torch.device, rank: int, world: int) -> None:
    """The loop."""
    model = run.model
    autocast = reduced(device)
    seed = args.seed + 1000 * rank + run.step
    characters = model.config.characters
    ink = loader(InkBatches(args.ink, args.batch, scripts=args.scripts, characters=characters, seed=seed), args.workers)
    pictured = PictureBatches(args.words, args.batch, characters=characters, seed=seed) if args.words else None
    real = loader(pictured, min(args.workers, 2)) if pictured else None
    held = validations(args, characters) if rank == 0 else {}
    print(f"{sum(p.numel() for p in model.parameters()) / 1e6:.2f} M parameters, step {run.step}", flush=True)

    rng = np.random.default_rng(seed)
    begin, before = time.time(), run.seconds
    sums: dict[str, Tensor] = {}
    for _ in range(args.max_steps):
        run.seconds = before + time.time() - begin
        done = run.seconds > args.minutes * 60 or bool(args.steps and run.step >= args.steps)
        if over(done, world, device):
            break
        progress = run.step / args.steps if args.steps else run.seconds / (args.minutes * 60)
        rate = learning_rate(run.step, progress, args.lr, args.warmup)
        for group in (g for o in run.optimizers for g in o.param_groups):
            group["lr"] = rate
        batch = to(next(real if real is not None and rng.random() < args.pictures else ink), device)
        with autocast:
            parts = losses(model, batch, pictures(batch))
            loss = total(parts)
        loss.backward()
        average_gradients(model.parameters(), world)
        norm = torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        for optimizer in run.optimizers:
            optimizer.step()
            optimizer.zero_grad(set_to_none=True)
        run.step, run.samples = run.step + 1, run.samples + len(batch["ids"]) * world
        run.follow(args.average)
        if rank == 0:
            report(run, args, parts, norm, rate, sums, held, device, autocast)


def report(
    run: Run,
    args: argparse.Namespace,
    parts: dict[str, Tensor],
    norm: Tensor,
    rate: float,
    sums: dict[str, Tensor],
    held: dict[str, list[dict[str, Tensor]]],
    device: torch.device,
    autocast: torch.autocast,
) -> None:
    """Log the losses every `log_every` steps; validate and save every `check_every`."""
    add(sums, parts)
    row: dict[str, object] = {}
    if run.step % args.log_every == 0:
        row = {"step": run.step, "samples": run.samples, "seconds": round(run.seconds), "lr": rate, "norm": float(norm)}
        row |= averages(sums)
        sums.clear()
    if run.step % args.check_every == 0:
        for name, batches in held.items():
            row |= {f"{name}_{k}": v for k, v in check(run.average, batches, device, autocast).items()}
        run.save()
    if row:
        text = json.dumps({k: round(v, 5) if isinstance(v, float) else v for k, v in row.items()})
        print(text, flush=True)
        with open(run.folder / "log.jsonl", "a") as log:
            log.write(text + "\n")


if __name__ == "__main__":
    main()
