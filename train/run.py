"""A training run: network, averaged weights, optimisers and counters, saved whole and resumed whole.

A script makes its network, optimisers and batches, and then

    run = Run(folder, model, optimizers, decay=0.999)       # goes on where the folder's state.pt stopped
    for progress in run.steps(minutes=90):
        run.learn(loss_of(next(batches)), learning_rate(run.step, progress, 2e-3, 300), samples=64)
        if run.step % 500 == 0:
            run.log({"loss": ...})
            run.save()

The folder gets log.jsonl, state.pt (everything to resume), model.safetensors (the averaged weights) and config.json.
"""

from __future__ import annotations

import argparse
import copy
import json
import math
import os
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

import torch
from safetensors.torch import save_file
from torch import Tensor, nn

from train.processes import average_gradients, over


def learning_rate(step: int, progress: float, peak: float, warmup: int, last: float = 0.02) -> float:
    """Linear warm-up, then a cosine down to `last` of the peak at progress 1."""
    falling = last + (1 - last) * 0.5 * (1 + math.cos(math.pi * min(progress, 1)))
    return peak * min(1, (step + 1) / warmup) * falling


def add_flags(parser: argparse.ArgumentParser, *, threads: int, workers: int, check_every: int) -> None:
    """What a script can be told of a run's folder, its machine and how often it speaks."""
    add = parser.add_argument
    add("--out", type=Path, required=True, help="folder of the run")
    add("--device", default="cpu")
    add("--threads", type=int, default=threads)
    add("--workers", type=int, default=workers, help="processes that prepare samples")
    add("--seed", type=int, default=0)
    add("--log-every", type=int, default=25, help="steps")
    add("--check-every", type=int, default=check_every, help="steps until it is validated and saved")


class Run:
    """`decay` is that of the averaged weights (None: none are kept), `facts` what config.json says beside the counters
    (None: there is none), `world` how many processes train together."""

    def __init__(
        self,
        folder: Path,
        model: nn.Module,
        optimizers: Sequence[torch.optim.Optimizer],
        *,
        decay: float | None = None,
        facts: Mapping[str, object] | None = None,
        world: int = 1,
    ) -> None:
        self.folder, self.model, self.optimizers = folder, model, optimizers
        self.decay, self.facts, self.world = decay, facts, world
        self.average = None if decay is None else copy.deepcopy(model).eval()
        self.device = next(model.parameters()).device
        self.step, self.samples, self.seconds = 0, 0, 0.0
        folder.mkdir(parents=True, exist_ok=True)
        if (folder / "state.pt").exists():
            self._resume()

    def steps(self, minutes: float, steps: float = math.inf, most: int = 10**9) -> Iterator[float]:
        """How far the run is, 0 to 1, before each step, until its minutes or steps are over (all calls count); `most`
        is for this call."""
        begin = time.monotonic() - self.seconds
        for _ in range(most):
            self.seconds = time.monotonic() - begin
            progress = max(self.seconds / (minutes * 60), self.step / steps)
            if over(progress >= 1, self.world, self.device):
                return
            yield progress
        self.seconds = time.monotonic() - begin

    def learn(self, loss: Tensor, rate: float, samples: int, clip: float = math.inf) -> Tensor:
        """A step of the optimisers on this process's `samples`; the gradient's norm, which is cut to `clip`."""
        for group in (g for optimizer in self.optimizers for g in optimizer.param_groups):
            group["lr"] = rate
        loss.backward()
        weights = [p for p in self.model.parameters() if p.requires_grad]
        average_gradients(weights, self.world)
        norm = torch.nn.utils.clip_grad_norm_(weights, clip)
        for optimizer in self.optimizers:
            optimizer.step()
            optimizer.zero_grad(set_to_none=True)
        self.step, self.samples = self.step + 1, self.samples + samples * self.world
        self._follow()
        return norm

    @torch.no_grad()
    def _follow(self) -> None:
        """Move the averaged weights, and batch norms' statistics, towards the network's."""
        if self.average is None or self.decay is None:
            return
        decay = min(self.decay, (self.step + 1) / (self.step + 10))
        pairs = list(zip(self.average.state_dict().values(), self.model.state_dict().values(), strict=True))
        moving = [(a, b) for a, b in pairs if a.dtype.is_floating_point]
        torch._foreach_lerp_([a for a, _ in moving], [b for _, b in moving], 1 - decay)
        for a, b in pairs:
            if not a.dtype.is_floating_point:
                a.copy_(b)

    def log(self, row: Mapping[str, object]) -> None:
        """Print a row, and add it to log.jsonl, with the counters before it."""
        told = {"step": self.step, "samples": self.samples, "seconds": round(self.seconds)} | dict(row)
        text = json.dumps({k: float(f"{v:.5g}") if isinstance(v, float) else v for k, v in told.items()})
        print(text, flush=True)
        with open(self.folder / "log.jsonl", "a") as log:
            log.write(text + "\n")

    def save(self) -> None:
        """Write the folder's files, each beside its place, then renamed."""
        state: dict[str, object] = {"model": self.model.state_dict()}
        if self.average is not None:
            state["average"] = self.average.state_dict()
            weights = {k: v.contiguous().cpu() for k, v in self.average.state_dict().items()}
            counters = {"samples": str(self.samples), "minutes": str(self._minutes)}
            self._write("model.safetensors", lambda path: save_file(weights, path, counters))
        state["optimizers"] = [o.state_dict() for o in self.optimizers]
        state |= {"step": self.step, "samples": self.samples, "seconds": self.seconds}
        self._write("state.pt", lambda path: torch.save(state, path))
        if self.facts is not None:
            told = dict(self.facts) | {"samples": self.samples, "minutes": self._minutes}
            text = json.dumps(told, indent=1, ensure_ascii=False)
            self._write("config.json", lambda path: path.write_text(text, encoding="utf-8"))

    def _write(self, name: str, write: Callable[[Path], object]) -> None:
        beside = self.folder / f"{name}.tmp"
        write(beside)
        os.replace(beside, self.folder / name)

    def _resume(self) -> None:
        state = torch.load(self.folder / "state.pt", map_location=self.device, weights_only=True)
        self.model.load_state_dict(state["model"])
        if self.average is not None:
            self.average.load_state_dict(state["average"])
        for optimizer, kept in zip(self.optimizers, state["optimizers"], strict=True):
            optimizer.load_state_dict(kept)
        self.step, self.samples, self.seconds = state["step"], state["samples"], state["seconds"]

    @property
    def _minutes(self) -> float:
        return round(self.seconds / 60, 1)
