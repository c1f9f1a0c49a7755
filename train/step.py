"""One decoder step as a graph with few operations: on a CPU, a step of a word costs as much as it has operations.

Projections of the same input are one product, scales lie in the weights, tables hold what depends on few numbers, and
shapes are constants but for the batch and the canvas's width.
"""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from inksight.recognition.tokens import DOWN, MAX_STEP, MOVE
from train.model import BINS, CELL, HEIGHT, DecoderLayer, Embedding, InkModel

ROWS = HEIGHT // CELL


class Place(nn.Module):
    """What the decoder is told at a step, as train.model.Embedding says it: (B, C)."""

    def __init__(self, embedding: Embedding) -> None:
        super().__init__()
        c = embedding.width
        rate = torch.exp(torch.arange(0, c, 2) * (-math.log(2000.0) / c))
        self.register_buffer("rate", torch.cat([rate, rate]))
        self.register_buffer("phase", torch.cat([torch.zeros(c // 2), torch.full((c // 2,), math.pi / 2)]))  # cosines
        self.register_buffer(
            "points", torch.cat([embedding.y.weight, embedding.dx.weight, embedding.dy.weight]).detach()
        )
        self.register_buffer("first", torch.tensor([HEIGHT + 1 + MAX_STEP, HEIGHT + 1 + BINS + MAX_STEP]))  # no move
        self.register_buffer("offsets", torch.cat([embedding.near, embedding.far])[None])
        self.register_buffer("cells", (embedding.far / CELL).long()[None])
        self.register_buffer("last_row", torch.tensor(ROWS - 1))
        self.kind, self.local = embedding.kind, embedding.local
        self.split = len(embedding.near), len(embedding.far)

    def forward(
        self,
        ids: Tensor,
        xy: Tensor,
        move: Tensor,
        step: Tensor,
        drawn: Tensor,
        across: Tensor,
        near: Tensor,
        far: Tensor,
    ) -> Tensor:
        """StepGraph says what comes in."""
        pen = xy.float()
        table = self.points[torch.cat([xy[:, 1:], move + self.first], dim=1)].sum(1)
        along = torch.sin(pen[:, :1] * self.rate + self.phase)
        at = torch.sin(step.float() * self.rate + self.phase) * 0.3
        point = table + along + self.local(self._seen(pen, xy, drawn, across, near, far))
        is_point = ((ids == DOWN) | (ids == MOVE)).float()[:, None]
        return self.kind(ids) + at + point * is_point

    def _seen(self, pen: Tensor, xy: Tensor, drawn: Tensor, across: Tensor, near: Tensor, far: Tensor) -> Tensor:
        """The ink around the pen, and which cells are drawn already: (B, features)."""
        per_row = torch._shape_as_tensor(far)[3:]
        canvas = torch.cat([per_row.float() * (CELL / 2), torch.tensor([HEIGHT / 2.0])])
        grid = ((pen[:, None] + self.offsets) / canvas - 1)[:, None]
        grids = grid.split(self.split, dim=2)
        maps = [
            F.grid_sample(m, g, mode="bilinear", align_corners=False).reshape(-1, m.shape[1] * n)
            for m, g, n in zip((near, far), grids, self.split, strict=True)
        ]
        column, row = (torch.div(xy, CELL, rounding_mode="trunc")[:, None] + self.cells).split(1, dim=2)
        column = torch.minimum(column.clamp(min=0), across[:, None, None] - 1)
        index = row.clamp(0, ROWS - 1) * per_row + column
        return torch.cat([*maps, drawn.gather(1, index[..., 0])], dim=1)


class Layer(nn.Module):
    """train.model.DecoderLayer for one step."""

    def __init__(self, layer: DecoderLayer) -> None:
        super().__init__()
        own, cross = layer.own, layer.cross
        self.heads, self.width = own.heads, own.q.in_features // own.heads
        scale = self.width**-0.5
        self.norm1, self.norm2, self.norm3, self.mlp = layer.norm1, layer.norm2, layer.norm3, layer.mlp
        self.project = _joined((own.q, scale), (own.kv, 1.0))
        self.ask = _joined((cross.q, scale))
        self.own_out, self.cross_out = own.out, cross.out

    def forward(
        self, x: Tensor, caches: tuple[Tensor, ...], unused: Tensor, beyond: Tensor
    ) -> tuple[Tensor, Tensor, Tensor]:
        """x (B, C), beyond (B, 1, 1, columns); the new key comes as (B, heads, C / heads, 1), the new value as
        (B, heads, 1, C / heads)."""
        cross_k, cross_v, own_k, own_v = caches
        flat = self.heads * self.width
        q, k1, v1 = self.project(self.norm1(x)).reshape(-1, 3 * self.heads, 1, self.width).split(self.heads, dim=1)
        fit = torch.cat([q @ own_k + unused, (q * k1).sum(-1, keepdim=True)], dim=-1).softmax(-1)
        mixed = fit[..., :-1] @ own_v + fit[..., -1:] * v1  # the caches are read where they lie
        x = x + self.own_out(mixed.reshape(-1, flat))
        q = self.ask(self.norm2(x)).reshape(-1, self.heads, 1, self.width)
        x = x + self.cross_out(((q @ cross_k + beyond).softmax(-1) @ cross_v).reshape(-1, flat))
        x = x + self.mlp(self.norm3(x))
        return x, k1.reshape(-1, self.heads, self.width, 1), v1


class Choose(nn.Module):
    """What a step's state says comes next, greedily: inksight.recognition.engine.Choices."""

    def __init__(self, model: InkModel) -> None:
        super().__init__()
        heads, c = model.heads, model.config.width
        self.norm, self.pointer = model.norm, model.config.pointer
        stop = nn.Linear(c, 1)
        stop.weight, stop.bias = _fixed(heads.stop.weight[:, :c]), _fixed(heads.stop.bias)
        parts = [heads.text, heads.lift, heads.dx, heads.query, heads.undrawn, stop, heads.dy[0]]
        self.sizes = [part.out_features for part in parts]
        self.ask = _joined(*[(part, self.pointer**-0.5 if part is heads.query else 1.0) for part in parts])
        self.given_dx = _fixed(F.linear(heads.given_dx.weight, heads.dy[0].weight))
        self.left = _fixed(heads.stop.weight[0, c])
        self.dy, self.place, self.inside = heads.dy[2], heads.place, heads.inside

    def forward(self, x: Tensor, drawn: Tensor, allowed: Tensor, outside: Tensor, keys: Tensor) -> tuple[Tensor, ...]:
        """x (B, C), outside (B, 1, cells a row); StepGraph says what else comes in."""
        h = self.norm(x)
        text, lift, dx, query, undrawn, stop, dy = self.ask(h).split(self.sizes, dim=1)
        dx_p, dx = dx.softmax(-1).max(-1)
        dy = self.dy(F.gelu(dy + self.given_dx[dx], approximate="none"))
        dy_p, dy = dy.softmax(-1).max(-1)
        keys, outside = keys.flatten(1, 2), outside.repeat(1, ROWS, 1).flatten(1)
        fit = self._fit(query, undrawn, stop, drawn, outside, keys)
        start = (fit + allowed).argmax(-1, keepdim=True)
        start_p = fit.softmax(-1).gather(1, start)[:, 0]
        cell = start.clamp(max=keys.shape[1] - 1)[..., None].expand(-1, 1, self.pointer)
        inside = self.inside(h + self.place(keys.gather(1, cell)[:, 0])).argmax(-1)
        move = torch.stack([dx, dy], dim=-1) - MAX_STEP
        return text.log_softmax(-1), lift[:, 0].sigmoid(), move, dx_p * dy_p, start[:, 0], start_p, inside

    def _fit(
        self, query: Tensor, undrawn: Tensor, stop: Tensor, drawn: Tensor, outside: Tensor, keys: Tensor
    ) -> Tensor:
        """train.model.Heads.point: logits of where the next stroke begins, at last of the ink being complete."""
        fit = (keys @ query[..., None])[..., 0] + undrawn[:, :1] * drawn + outside
        left = ((fit - fit.amax(-1, keepdim=True)).exp() * (1 - drawn)).sum(-1, keepdim=True)
        return torch.cat([fit, stop + self.left * left.clamp(min=1e-4).log()], dim=-1)


def past(across: Tensor, size: Tensor) -> Tensor:
    """For each sample (B,) 0 up to its number of places `across`, -1e9 past it: float32 (B, 1, size)."""
    return (torch.arange(size, device=across.device) >= across[:, None, None]).float() * -1e9


def _fixed(values: Tensor) -> nn.Parameter:
    return nn.Parameter(values.detach().clone(), requires_grad=False)


def _joined(*parts: tuple[nn.Linear, float]) -> nn.Linear:
    """Linear layers of the same input as one, each with the factor by which its output is multiplied."""
    weight = torch.cat([layer.weight * factor for layer, factor in parts])
    bias = torch.cat([layer.bias * factor for layer, factor in parts])
    joined = nn.Linear(weight.shape[1], weight.shape[0])
    joined.weight, joined.bias = _fixed(weight), _fixed(bias)
    return joined
