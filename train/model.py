"""The network that traces: a picture of a word in, its text and its pen strokes out.

What differs from InkSight (ViT + mT5, absolute tokens on a 224 square):
- a wide canvas, 64 high and as wide as the word, read by a small convolutional stem and a Transformer over its columns;
- one decoder step per point: dx, then dy given dx; a stroke's first point is found by pointing at a cell of a map;
- each step sees the ink under the pen: windows of the fine maps around it, and which cells are drawn already;
- a CTC head over the columns, which makes reading quick to learn and gives a second opinion on the text.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, fields

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from inksight.recognition.tokens import CHARACTERS, DOWN, FIRST_CHARACTER, MAX_STEP, MOVE

HEIGHT, CELL, COLUMN = 64, 4, 8
BINS = 2 * MAX_STEP + 1
NEVER = 1 << 20  # the step at which a cell that is never drawn would be drawn


@dataclass(frozen=True)
class Config:
    """Sizes. `Config.of(size)` is the one dial."""

    characters: str = CHARACTERS
    width: int = 192
    heads: int = 6
    encoder_layers: int = 3
    decoder_layers: int = 4
    stem: tuple[int, int, int] = (24, 48, 96)
    pointer: int = 64

    @classmethod
    def of(cls, size: str) -> Config:
        """tiny (tests), small (a CPU trains it), base (for a GPU)."""
        return {
            "tiny": cls(width=48, heads=2, encoder_layers=1, decoder_layers=1, stem=(8, 16, 24), pointer=16),
            "small": cls(),
            "base": cls(width=256, heads=8, encoder_layers=4, decoder_layers=4, stem=(32, 64, 128), pointer=64),
        }[size]

    @classmethod
    def from_dict(cls, values: dict) -> Config:
        known = {f.name for f in fields(cls)}
        kept = {k: tuple(v) if isinstance(v, list) else v for k, v in values.items() if k in known}
        return cls(**kept)

    @property
    def vocabulary(self) -> int:
        return FIRST_CHARACTER + len(self.characters)


def sinusoids(position: Tensor, width: int, longest: float = 2000.0) -> Tensor:
    """Sines and cosines of a position at `width` / 2 wavelengths from 2 pi to 2 pi `longest`: (..., width)."""
    rate = torch.exp(torch.arange(0, width, 2, device=position.device) * (-math.log(longest) / width))
    angle = position.float()[..., None] * rate
    return torch.cat([angle.sin(), angle.cos()], dim=-1)


class Residual(nn.Module):
    """Two 3x3 convolutions around a skip."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.body = nn.Sequential(*conv(channels, channels), *conv(channels, channels, activate=False))

    def forward(self, x: Tensor) -> Tensor:
        return F.relu(x + self.body(x))


def conv(inputs: int, outputs: int, stride: int = 1, activate: bool = True) -> list[nn.Module]:
    """A 3x3 convolution with batch norm."""
    layers: list[nn.Module] = [nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False), nn.BatchNorm2d(outputs)]
    return [*layers, nn.ReLU()] if activate else layers


class Stem(nn.Module):
    """Picture (B, 1, 64, W) -> maps at stride 2, 4 and 8."""

    def __init__(self, a: int, b: int, c: int) -> None:
        super().__init__()
        self.by2 = nn.Sequential(*conv(1, a, 2), *conv(a, a))
        self.by4 = nn.Sequential(*conv(a, b, 2), Residual(b), Residual(b))
        self.by8 = nn.Sequential(*conv(b, c, 2), Residual(c), Residual(c))

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        half = self.by2(x)
        quarter = self.by4(half)
        return half, quarter, self.by8(quarter)


def attend(q: Tensor, k: Tensor, v: Tensor, causal: bool) -> Tensor:
    """Softmax attention. Written out on the CPU, where PyTorch's fused bf16 kernel is several times slower."""
    if q.is_cuda:
        return F.scaled_dot_product_attention(q, k, v, is_causal=causal)
    fit = q @ k.transpose(-1, -2) / math.sqrt(q.shape[-1])
    if causal:
        later = torch.ones(fit.shape[-2:], dtype=torch.bool, device=fit.device).triu(1)
        fit = fit.masked_fill(later, -1e4)
    return fit.softmax(dim=-1).to(v.dtype) @ v


class Attention(nn.Module):
    """Multi-head attention whose keys and values may come from elsewhere."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.q, self.kv, self.out = nn.Linear(width, width), nn.Linear(width, 2 * width), nn.Linear(width, width)

    def split(self, x: Tensor) -> Tensor:
        """(B, T, C) -> (B, heads, T, C / heads)."""
        return x.unflatten(-1, (self.heads, -1)).transpose(1, 2)

    def keys(self, x: Tensor) -> tuple[Tensor, Tensor]:
        k, v = self.kv(x).chunk(2, dim=-1)
        return self.split(k), self.split(v)

    def forward(self, x: Tensor, source: Tensor, causal: bool = False) -> Tensor:
        k, v = self.keys(source)
        mixed = attend(self.split(self.q(x)), k, v, causal)
        return self.out(mixed.transpose(1, 2).flatten(2))


class Mlp(nn.Sequential):
    """Two layers, four times as wide inside."""

    def __init__(self, width: int) -> None:
        super().__init__(nn.Linear(width, 4 * width), nn.GELU(approximate="tanh"), nn.Linear(4 * width, width))


class EncoderLayer(nn.Module):
    """Pre-norm self-attention and MLP."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.norm1, self.norm2 = nn.LayerNorm(width), nn.LayerNorm(width)
        self.attention, self.mlp = Attention(width, heads), Mlp(width)

    def forward(self, x: Tensor) -> Tensor:
        y = self.norm1(x)
        x = x + self.attention(y, y)
        return x + self.mlp(self.norm2(x))


class DecoderLayer(nn.Module):
    """Pre-norm causal self-attention, attention to the columns, MLP."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.norm1, self.norm2, self.norm3 = nn.LayerNorm(width), nn.LayerNorm(width), nn.LayerNorm(width)
        self.own, self.cross, self.mlp = Attention(width, heads), Attention(width, heads), Mlp(width)

    def forward(self, x: Tensor, columns: Tensor) -> Tensor:
        y = self.norm1(x)
        x = x + self.own(y, y, causal=True)
        x = x + self.cross(self.norm2(x), columns)
        return x + self.mlp(self.norm3(x))


class Encoder(nn.Module):
    """Picture -> column tokens (B, W / 8, C), CTC logits, window maps and the pointer's keys (B, cells, pointer)."""

    def __init__(self, config: Config) -> None:
        super().__init__()
        a, b, c = config.stem
        self.stem = Stem(a, b, c)
        self.column = nn.Linear(c * HEIGHT // 8, config.width)
        self.layers = nn.ModuleList(EncoderLayer(config.width, config.heads) for _ in range(config.encoder_layers))
        self.norm = nn.LayerNorm(config.width)
        self.ctc = nn.Linear(config.width, config.vocabulary)  # id 0 (PAD) is the blank
        self.near, self.far = nn.Conv2d(a, 12, 1), nn.Conv2d(b, 24, 1)
        self.cell, self.context = nn.Conv2d(b, config.pointer, 1), nn.Linear(config.width, config.pointer)
        self.row = nn.Parameter(torch.randn(HEIGHT // CELL, 1, config.pointer) * 0.1)

    def forward(self, picture: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor, Tensor]:
        half, quarter, eighth = self.stem(picture)
        x = self.column(eighth.permute(0, 3, 1, 2).flatten(2))
        middle = (torch.arange(x.shape[1], device=x.device) + 0.5) * COLUMN
        x = x + sinusoids(middle, x.shape[-1]).to(x.dtype)
        for layer in self.layers:
            x = layer(x)
        x = self.norm(x)
        context = self.context(x).repeat_interleave(COLUMN // CELL, dim=1)  # a column is two cells wide
        keys = self.cell(quarter).permute(0, 2, 3, 1) + context[:, None] + self.row
        return x, self.ctc(x), self.near(half), self.far(quarter), keys.flatten(1, 2)


def window(side: int, spacing: float) -> Tensor:
    """Offsets in pixels of a square grid around the pen: (side^2, 2)."""
    line = (torch.arange(side) - side // 2) * spacing
    return torch.stack(torch.meshgrid(line, line, indexing="xy"), dim=-1).flatten(0, 1)


def look(features: Tensor, xy: Tensor, offsets: Tensor, width: int) -> Tensor:
    """Features (B, C, h, w) of a (64, width) canvas around each pen position (B, L, 2): (B, L, C * offsets)."""
    at = xy[:, :, None] + offsets
    # Not one multiplication by a constant (2 / width, 2 / HEIGHT): the exported graph must keep the width free.
    grid = torch.stack([at[..., 0] * 2 / width - 1, at[..., 1] * 2 / HEIGHT - 1], dim=-1)
    # In 32 bits: half of them would put a pen at x = 400 a pixel off.
    seen = F.grid_sample(features.float(), grid.float(), mode="bilinear", align_corners=False).to(features.dtype)
    return seen.permute(0, 2, 1, 3).flatten(2)


class Embedding(nn.Module):
    """What the decoder is told at a step: the kind of step, where the pen is, its last move, the ink around it."""

    def __init__(self, config: Config) -> None:
        super().__init__()
        self.width = config.width
        self.kind = nn.Embedding(config.vocabulary, config.width)
        self.dx, self.dy = nn.Embedding(BINS, config.width), nn.Embedding(BINS, config.width)
        self.y = nn.Embedding(HEIGHT + 1, config.width)
        self.register_buffer("near", window(5, 2.0), persistent=False)
        self.register_buffer("far", window(7, 4.0), persistent=False)
        self.local = nn.Linear(12 * 25 + 24 * 49 + 49, config.width)

    def forward(
        self, ids: Tensor, xy: Tensor, move: Tensor, step: Tensor, near: Tensor, far: Tensor, drawn: Tensor
    ) -> Tensor:
        """ids, step (B, L); xy, move (B, L, 2); drawn (B, L, 49): is the cell at each far offset drawn -> (B, L, C)."""
        width = 2 * near.shape[-1]
        pen = xy.float()
        seen = [look(near, pen, self.near, width), look(far, pen, self.far, width), drawn.to(near.dtype)]
        dx, dy = (move + MAX_STEP).unbind(-1)
        place = sinusoids(xy[..., 0], self.width) + self.y(xy[..., 1].clamp(0, HEIGHT))
        point = place + self.dx(dx) + self.dy(dy) + self.local(torch.cat(seen, dim=-1))
        is_point = ((ids == DOWN) | (ids == MOVE))[..., None]
        return self.kind(ids) + sinusoids(step, self.width) * 0.3 + point * is_point


class Heads(nn.Module):
    """What a step's state (…, C) says comes next."""

    def __init__(self, config: Config) -> None:
        super().__init__()
        c, p = config.width, config.pointer
        self.text, self.lift, self.dx = nn.Linear(c, config.vocabulary), nn.Linear(c, 1), nn.Linear(c, BINS)
        self.given_dx, self.dy = nn.Embedding(BINS, c), nn.Sequential(nn.Linear(c, c), nn.GELU(), nn.Linear(c, BINS))
        self.query, self.stop = nn.Linear(c, p), nn.Linear(c + 1, 1)
        self.undrawn = nn.Linear(c, 2)
        self.place, self.inside = nn.Linear(p, c), nn.Sequential(nn.GELU(), nn.Linear(c, CELL * CELL))

    def y_given_x(self, state: Tensor, dx: Tensor) -> Tensor:
        """Logits of dy for a chosen bin of dx."""
        return self.dy(state + self.given_dx(dx))

    def point(self, state: Tensor, keys: Tensor, drawn: Tensor) -> Tensor:
        """Logits over where the next stroke begins (B, S, cells + 1), last slot: stop; drawn (B, S, cells)."""
        fit = self.query(state) @ keys.transpose(1, 2) / math.sqrt(keys.shape[-1])
        weight = self.undrawn(state)
        fit = fit + weight[..., :1] * drawn.to(fit.dtype)
        left = (fit - fit.amax(dim=-1, keepdim=True).detach()).exp().mul(1 - drawn.to(fit.dtype)).sum(-1, keepdim=True)
        stop = self.stop(torch.cat([state, left.clamp(min=1e-4).log()], dim=-1))
        return torch.cat([fit, stop], dim=-1)

    def offset(self, state: Tensor, key: Tensor) -> Tensor:
        """Logits over the 4 x 4 pixels of a chosen cell (row by row)."""
        return self.inside(state + self.place(key))


class InkModel(nn.Module):
    """Encoder, decoder and heads."""

    def __init__(self, config: Config) -> None:
        super().__init__()
        self.config = config
        self.encoder, self.embedding, self.heads = Encoder(config), Embedding(config), Heads(config)
        self.layers = nn.ModuleList(DecoderLayer(config.width, config.heads) for _ in range(config.decoder_layers))
        self.norm = nn.LayerNorm(config.width)

    def decode(self, batch: dict[str, Tensor], encoded: tuple[Tensor, ...], drawn_at: Tensor) -> Tensor:
        """All steps at once (teacher forcing): states (B, L, C). `drawn_at` (B, cells): when each cell is drawn."""
        columns, _, near, far, _ = encoded
        ids = batch["ids"]
        step = torch.arange(ids.shape[1], device=ids.device).expand_as(ids)
        drawn = cells_around(drawn_at, batch["xy"], self.embedding.far, far.shape[-1]) <= step[..., None]
        x = self.embedding(ids, batch["xy"], batch["move"], step, near, far, drawn)
        for layer in self.layers:
            x = layer(x, columns)
        return self.norm(x)


def cells_around(cells: Tensor, xy: Tensor, offsets: Tensor, per_row: int) -> Tensor:
    """Values of a map of cells (B, 16 * per_row) at each offset around each pen position: (B, L, offsets).

    Outside the canvas the nearest cell inside stands in.
    """
    at = ((xy[:, :, None] + offsets) / CELL).floor().long()
    index = at[..., 1].clamp(0, HEIGHT // CELL - 1) * per_row + at[..., 0].clamp(0, per_row - 1)
    return cells.gather(1, index.flatten(1)).view(index.shape)


def drawing_times(ids: Tensor, xy: Tensor, move: Tensor, per_row: int) -> Tensor:
    """The first step at which the pen, arriving at its point, has touched each cell: int64 (B, 16 * per_row).

    A move is sampled at five places, closer than a cell. Cells never touched hold NEVER.
    """
    share = torch.linspace(0, 1, 5, device=xy.device)[:, None]
    at = ((xy[:, :, None] - move[:, :, None] * share) / CELL).floor().long()
    index = at[..., 1].clamp(0, HEIGHT // CELL - 1) * per_row + at[..., 0].clamp(0, per_row - 1)
    is_point = (ids == DOWN) | (ids == MOVE)
    step = torch.arange(ids.shape[1], device=ids.device).expand_as(ids)
    time = torch.where(is_point, step, NEVER)[..., None].expand_as(index)
    empty = torch.full((len(ids), HEIGHT // CELL * per_row), NEVER, device=ids.device)
    return empty.scatter_reduce(1, index.flatten(1), time.flatten(1), "amin")
