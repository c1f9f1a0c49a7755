"""Batches and products on whatever device trains."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import Tensor
from torch.utils.data import DataLoader, IterableDataset


def loader(dataset: IterableDataset, workers: int) -> Iterator[dict[str, Tensor]]:
    """Batches of an endless data set."""
    ahead = 4 if workers else None
    pinned = torch.cuda.is_available()
    return iter(DataLoader(dataset, batch_size=None, num_workers=workers, prefetch_factor=ahead, pin_memory=pinned))


def to(batch: dict[str, Tensor], device: torch.device) -> dict[str, Tensor]:
    """The batch on the device; the pictures' width is for the program, which would have to wait for it there."""
    return {k: v if k == "width" else v.to(device, non_blocking=True) for k, v in batch.items()}


def reduced(device: torch.device) -> torch.autocast:
    """Matrix products in bf16 where the device has them: a CPU without would be slower than in 32 bits."""
    able = device.type != "cpu" or torch.ops.mkldnn._is_mkldnn_bf16_supported()
    return torch.autocast(device.type, torch.bfloat16, enabled=able)


@contextmanager
def same_draws(device: torch.device) -> Iterator[None]:
    """What is drawn at random inside is the same each time; outside, nothing is changed by it."""
    with torch.random.fork_rng([device] if device.type == "cuda" else [], device_type=device.type):
        torch.manual_seed(1)
        yield
