"""Muon for the matrices of the network, AdamW for everything else, in one optimiser.

Muon (Jordan et al. 2024): the momentum of a matrix is replaced by the nearest matrix with orthogonal rows or columns,
so that all directions of the weights learn equally fast. The update's size is scaled as by Liu et al. 2025 ("Muon is
scalable for LLM training", eq. 4), which lets both parts share one learning rate.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable

import torch
from torch import Tensor, nn

ROUNDS = 5
LEAST = 32
"""Matrices narrower than this, heads and embeddings are left to AdamW."""


def parted(model: nn.Module) -> tuple[list[nn.Parameter], list[nn.Parameter]]:
    """(the hidden layers' matrices, everything else): weights of linear and convolutional layers that aren't heads."""
    hidden = {
        module.weight
        for name, module in model.named_modules()
        if isinstance(module, nn.Linear | nn.Conv2d) and not name.startswith("heads.") and not name.endswith("ctc")
        if min(module.weight.flatten(1).shape) >= LEAST
    }
    matrices = [p for p in model.parameters() if p in hidden]
    return matrices, [p for p in model.parameters() if p not in hidden]


def orthogonal(matrices: Tensor) -> Tensor:
    """(B, m, n) -> about the nearest matrices whose singular values are 1, by a Newton-Schulz iteration of degree five.

    The coefficients, Jordan's, leave singular values between 0.7 and 1.2, which training doesn't mind.
    """
    a, b, c = 3.4445, -4.7750, 2.0315
    x = matrices.bfloat16() if matrices.is_cuda else matrices
    tall = x.shape[-2] > x.shape[-1]
    x = x.mT if tall else x
    x = x / (x.norm(dim=(-2, -1), keepdim=True) + 1e-7)
    for _ in range(ROUNDS):
        gram = x @ x.mT
        x = a * x + (b * gram + c * gram @ gram) @ x
    return (x.mT if tall else x).to(matrices.dtype)


class Muon(torch.optim.Optimizer):
    """Muon with Nesterov momentum and decoupled weight decay. Matrices of one shape are updated together."""

    def __init__(
        self, matrices: Iterable[nn.Parameter], lr: float, momentum: float = 0.95, weight_decay: float = 0.02
    ) -> None:
        super().__init__(matrices, {"lr": lr, "momentum": momentum, "weight_decay": weight_decay})

    @torch.no_grad()
    def step(self, closure: Callable[[], float] | None = None) -> None:
        for group in self.param_groups:
            by_shape: dict[torch.Size, list[nn.Parameter]] = defaultdict(list)
            for p in group["params"]:
                if p.grad is not None:
                    by_shape[p.flatten(1).shape].append(p)
            for shape, weights in by_shape.items():
                self._update(weights, shape, group)

    def _update(self, weights: list[nn.Parameter], shape: torch.Size, group: dict) -> None:
        gradients = [p.grad for p in weights]
        momenta = [self.state[p].setdefault("momentum", torch.zeros_like(p)) for p in weights]
        torch._foreach_lerp_(momenta, gradients, 1 - group["momentum"])
        ahead = torch._foreach_lerp(gradients, momenta, group["momentum"])
        moves = orthogonal(torch.stack([u.flatten(1) for u in ahead])) * (0.2 * max(shape) ** 0.5)
        torch._foreach_mul_(weights, 1 - group["lr"] * group["weight_decay"])
        torch._foreach_add_(weights, [m.view_as(p) for m, p in zip(moves, weights, strict=True)], alpha=-group["lr"])
