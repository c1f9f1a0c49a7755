"""Train the reader of ink that `inksight evaluate --paper` uses.

    python -m train.train_online --ink DATA/ink --out .cache/online --minutes 45 --threads 1
    python -m train.train_online ... --device cuda --batch 256
    Go on with a run: the same command again (it finds OUT/state.pt)

OUT gets log.jsonl, state.pt (everything to resume) and model.safetensors (the averaged weights);
train/export_online.py makes the folder that the package ships of it.
"""

from __future__ import annotations

import argparse
import copy
import json
import math
import os
import time
from collections.abc import Sequence
from pathlib import Path

import torch
from safetensors.torch import save_file
from torch import Tensor
from torch.nn.functional import ctc_loss

from inksight.evaluate.metrics import edit_distance
from inksight.original.online import STRIDE, decode, features
from train.online import CHARACTERS, Batches, OnlineModel, Written, collate, held_out, read_ink


def arguments() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add = parser.add_argument
    add("--ink", type=Path, required=True, help="folder DATA/ink of train/README.md")
    add("--out", type=Path, required=True, help="folder of the run")
    add("--minutes", type=float, default=45, help="wall-clock budget; the learning rate falls to zero over it")
    add("--max-steps", type=int, default=10**9, help="or so many steps, whatever is over first")
    add("--batch", type=int, default=32)
    add("--lr", type=float, default=3e-3)
    add("--average", type=float, default=0.998, help="decay of the averaged weights")
    add("--device", default="cpu")
    add("--threads", type=int, default=1)
    add("--seed", type=int, default=0)
    add("--check-every", type=int, default=400)
    return parser.parse_args()


class Run:
    """Model, averaged weights, optimiser, counters; saved whole, resumed whole."""

    def __init__(self, folder: Path, device: torch.device, lr: float, seed: int) -> None:
        torch.manual_seed(seed)
        self.folder, self.device = folder, device
        self.model = OnlineModel().to(device)
        self.average = copy.deepcopy(self.model).eval()
        self.optimizer = torch.optim.AdamW(self.model.parameters(), lr=lr, betas=(0.9, 0.98), weight_decay=0.01)
        self.step, self.samples, self.seconds = 0, 0, 0.0
        if (folder / "state.pt").exists():
            state = torch.load(folder / "state.pt", map_location=device, weights_only=True)
            self.model.load_state_dict(state["model"])
            self.average.load_state_dict(state["average"])
            self.optimizer.load_state_dict(state["optimizer"])
            self.step, self.samples, self.seconds = state["step"], state["samples"], state["seconds"]

    def learn(self, batch: Sequence[Tensor], rate: float) -> float:
        """One step; gives the loss in nats per letter."""
        points, counts, labels, lengths = (part.to(self.device) for part in batch)
        for group in self.optimizer.param_groups:
            group["lr"] = rate
        scores = self.model(points).transpose(0, 1)
        loss = ctc_loss(scores, labels, -(-counts // STRIDE), lengths, reduction="sum", zero_infinity=True)
        (loss / lengths.sum()).backward()
        torch.nn.utils.clip_grad_norm_(self.model.parameters(), 1.0)
        self.optimizer.step()
        self.optimizer.zero_grad(set_to_none=True)
        self.step, self.samples = self.step + 1, self.samples + len(points)
        return float(loss.detach() / lengths.sum())

    @torch.no_grad()
    def follow(self, decay: float) -> None:
        """Move the averaged weights towards the model's."""
        decay = min(decay, (self.step + 1) / (self.step + 10))
        for a, b in zip(self.average.state_dict().values(), self.model.state_dict().values(), strict=True):
            if a.dtype.is_floating_point:
                a.lerp_(b, 1 - decay)
            else:
                a.copy_(b)

    def save(self) -> None:
        """Write beside, then rename."""
        state = {name: getattr(self, name).state_dict() for name in ("model", "average", "optimizer")}
        state |= {"step": self.step, "samples": self.samples, "seconds": self.seconds}
        torch.save(state, self.folder / "state.tmp")
        os.replace(self.folder / "state.tmp", self.folder / "state.pt")
        weights = {k: v.contiguous().cpu() for k, v in self.average.state_dict().items()}
        facts = {"samples": str(self.samples), "minutes": str(round(self.seconds / 60, 1))}
        save_file(weights, self.folder / "model.tmp", facts)
        os.replace(self.folder / "model.tmp", self.folder / "model.safetensors")


@torch.no_grad()
def readings(model: OnlineModel, words: Sequence[Written], device: torch.device) -> list[str]:
    """What the model reads, word by word as in use."""
    texts = []
    for word in words:
        rows = features(word.points.astype(float), word.lengths, torch.tensor([len(word.lengths)]).numpy())
        best = model(collate(rows, [""])[0].to(device)).argmax(-1)[0]
        texts.append(decode(best.cpu().numpy(), CHARACTERS))
    return texts


def main() -> None:
    """Train until the minutes are over."""
    args = arguments()
    torch.set_num_threads(args.threads)
    args.out.mkdir(parents=True, exist_ok=True)
    run = Run(args.out, torch.device(args.device), args.lr, args.seed)
    held = held_out(read_ink(args.ink, "val"), 500)
    words = read_ink(args.ink, "train")
    count = sum(p.numel() for p in run.model.parameters())
    print(f"{count / 1e6:.2f} M parameters, {len(words)} words, step {run.step}", flush=True)
    train(run, args, words, held)
    check(run, held, 0.0)


def train(run: Run, args: argparse.Namespace, words: Sequence[Written], held: Sequence[Written]) -> None:
    """The loop."""
    batches = iter(Batches(words, args.batch, args.seed + run.step))
    begin, before, total, steps = time.time(), run.seconds, 0.0, 0
    while run.step < args.max_steps:
        run.seconds = before + time.time() - begin
        done = max(run.seconds / (args.minutes * 60), run.step / args.max_steps)
        if done >= 1:
            break
        rate = args.lr * min(1, (run.step + 1) / 150) * (0.5 + 0.5 * math.cos(math.pi * done))
        total, steps = total + run.learn(next(batches), rate), steps + 1
        run.follow(args.average)
        if run.step % args.check_every == 0:
            check(run, held, total / steps)
            total, steps = 0.0, 0


def check(run: Run, held: Sequence[Written], loss: float) -> None:
    """Read the validation writers' words, log, and save."""
    texts = readings(run.average, held, run.device)
    wrong = sum(edit_distance(a, w.text) for a, w in zip(texts, held, strict=True)) / sum(len(w.text) for w in held)
    exact = sum(a == w.text for a, w in zip(texts, held, strict=True)) / len(held)
    row = {"step": run.step, "samples": run.samples, "seconds": round(run.seconds), "loss": round(loss, 4)}
    row |= {"val_cer": round(wrong, 4), "val_exact": round(exact, 4)}
    print(json.dumps(row), flush=True)
    with open(run.folder / "log.jsonl", "a") as log:
        log.write(json.dumps(row) + "\n")
    run.save()


if __name__ == "__main__":
    main()
