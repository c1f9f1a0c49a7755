"""Training on several GPUs: one process for each, started by torchrun, in step with the others."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

import torch
from torch import distributed


@contextmanager
def together(device: torch.device) -> Iterator[tuple[int, int]]:
    """This process's rank and how many there are; at the end, each waits until the first is done, too."""
    rank, world = int(os.environ.get("RANK", 0)), int(os.environ.get("WORLD_SIZE", 1))
    if world == 1:
        yield rank, world
        return
    distributed.init_process_group("nccl" if device.type == "cuda" else "gloo")
    if device.type == "cuda":
        torch.cuda.set_device(int(os.environ["LOCAL_RANK"]))
    yield rank, world
    distributed.barrier()
    distributed.destroy_process_group()


def over(mine: bool, world: int, device: torch.device) -> bool:
    """Whether the time is up on any process: all of them stop at the same step, or the rest would wait forever."""
    if world == 1:
        return mine
    flag = torch.tensor(float(mine), device=device)
    distributed.all_reduce(flag, distributed.ReduceOp.MAX)
    return bool(flag)


def average_gradients(weights: Iterable[torch.nn.Parameter], world: int) -> None:
    """Give each process the mean of all gradients; those that one has none of count as 0."""
    for p in weights if world > 1 else ():
        if p.grad is None:
            p.grad = torch.zeros_like(p)
        distributed.all_reduce(p.grad)
        p.grad /= world
