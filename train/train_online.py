"""Train the reader of ink that `inksight evaluate --paper` uses.

    python -m train.train_online --ink DATA/ink --out .cache/online --minutes 45 --threads 1
    python -m train.train_online ... --device cuda --batch 256
    Go on with a run: the same command again (it finds OUT/state.pt)

OUT gets log.jsonl, state.pt (everything to resume) and model.safetensors (the averaged weights);
train/export_online.py makes the folder that the package ships of it.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

import torch
from torch import Tensor
from torch.nn.functional import ctc_loss

from inksight.evaluate.metrics import edit_distance
from inksight.original.online import STRIDE, decode, features
from train.online import CHARACTERS, Batches, OnlineModel, Written, collate, held_out, read_ink
from train.run import Run, learning_rate

WARMUP = 150
"""Steps."""


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


def begin(folder: Path, device: torch.device, args: argparse.Namespace) -> Run:
    """A new run, or where the one in the folder stopped; of the arguments, seed, lr and average matter."""
    torch.manual_seed(args.seed)
    model = OnlineModel().to(device)
    optimizer = torch.optim.AdamW(model.parameters(), lr=args.lr, betas=(0.9, 0.98), weight_decay=0.01)
    return Run(folder, model, [optimizer], decay=args.average)


def loss_of(model: OnlineModel, batch: Sequence[Tensor]) -> Tensor:
    """Nats per letter."""
    points, counts, labels, lengths = batch
    scores = model(points).transpose(0, 1)
    loss = ctc_loss(scores, labels, -(-counts // STRIDE), lengths, reduction="sum", zero_infinity=True)
    return loss / lengths.sum()


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
    run = begin(args.out, torch.device(args.device), args)
    held = held_out(read_ink(args.ink, "val"), 500)
    words = read_ink(args.ink, "train")
    count = sum(p.numel() for p in run.model.parameters())
    print(f"{count / 1e6:.2f} M parameters, {len(words)} words, step {run.step}", flush=True)
    train(run, args, words, held)
    run.log(check(run, held))
    run.save()


def train(run: Run, args: argparse.Namespace, words: Sequence[Written], held: Sequence[Written]) -> None:
    """The loop."""
    batches = iter(Batches(words, args.batch, args.seed + run.step))
    total, count = 0.0, 0
    for progress in run.steps(args.minutes, args.max_steps):
        batch = [part.to(run.device) for part in next(batches)]
        loss = loss_of(run.model, batch)
        run.learn(loss, learning_rate(run.step, progress, args.lr, WARMUP, last=0.0), len(batch[0]), clip=1.0)
        total, count = total + float(loss.detach()), count + 1
        if run.step % args.check_every == 0:
            run.log({"loss": total / count} | check(run, held))
            run.save()
            total, count = 0.0, 0


def check(run: Run, held: Sequence[Written]) -> dict[str, object]:
    """How the validation writers' words are read."""
    texts = readings(run.average, held, run.device)
    wrong = sum(edit_distance(a, w.text) for a, w in zip(texts, held, strict=True)) / sum(len(w.text) for w in held)
    exact = sum(a == w.text for a, w in zip(texts, held, strict=True)) / len(held)
    return {"val_cer": wrong, "val_exact": exact}


if __name__ == "__main__":
    main()
