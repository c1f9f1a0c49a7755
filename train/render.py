"""Draw ink as a camera might have seen it, in batches on the training device.

Values are darkness: 0 paper, 1 full ink. Every parameter is drawn at random for every sample.
"""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Tensor

from train.data import HEIGHT, device_standardise

PATCH = 15
"""Side of the square in which a segment leaves ink: segments are short and pens narrow."""


class Dice:
    """Random numbers per sample, shaped (B, 1, 1, 1)."""

    def __init__(self, batch: int, device: torch.device) -> None:
        self.batch, self.device = batch, device

    def uniform(self, low: float, high: float) -> Tensor:
        return torch.rand(self.batch, 1, 1, 1, device=self.device) * (high - low) + low

    def chance(self, probability: float) -> Tensor:
        return (self.uniform(0, 1) < probability).float()

    def noise(self, height: int, width: int) -> Tensor:
        return torch.randn(self.batch, 1, height, width, device=self.device)

    def smooth_noise(self, rows: int, columns: int, height: int, width: int) -> Tensor:
        return F.interpolate(self.noise(rows, columns), (height, width), mode="bilinear", align_corners=False)


def render(batch: dict[str, Tensor], *, augment: bool = True) -> Tensor:
    """Pictures (B, 1, 64, W) of a batch of train.data.collate, standardised as the network sees them."""
    size, width, device = len(batch["ids"]), int(batch["width"]), batch["ids"].device
    dice = Dice(size, device)
    if not augment:
        return device_standardise(draw(batch, size, width, torch.full((size,), 1.5, device=device), None))
    radius = torch.exp(torch.randn(size, device=device) * 0.45 + math.log(1.45)).clamp(0.55, 4.0)
    ink = draw(batch, size, width, radius, dice)
    ink = ink * pen_texture(dice, width)
    ink = ink * dice.uniform(0.35, 1.0) ** 0.7
    paper = background(dice, width)
    behind = ink.flip(-1).roll(1, 0) * dice.chance(0.08) * dice.uniform(0.05, 0.3)
    paper = torch.maximum(paper, blur(behind, dice.uniform(0.8, 2.0), dice.uniform(0.8, 2.0)))
    picture = paper + ink * (1 - paper.clamp(0, 1) * dice.uniform(0.3, 1.0))
    picture = picture + shading(dice, width)
    picture = camera(picture, dice)
    return device_standardise(picture)


def vary(picture: Tensor) -> Tensor:
    """Real pictures (B, 1, 64, W), each a little slanted, shrunk, moved and shaded anew; standardised."""
    dice = Dice(len(picture), picture.device)
    shrink, slant, turn = dice.uniform(1.0, 1.5), dice.uniform(-0.35, 0.35), dice.uniform(-0.03, 0.03)
    stretch = dice.uniform(0.85, 1.15)
    height, width = picture.shape[-2:]
    ratio = height / width  # affine_grid's axes both run from -1 to 1
    rows = torch.cat([shrink * stretch, slant * ratio, (shrink * stretch - 1) * dice.uniform(0, 1)], 3)
    lower = torch.cat([turn / ratio, shrink, (shrink - 1) * dice.uniform(-0.8, 0.8)], 3)
    grid = F.affine_grid(torch.cat([rows, lower], 2)[:, 0], list(picture.shape), align_corners=False)
    moved = F.grid_sample(picture, grid, align_corners=False)
    return device_standardise(camera(moved + shading(dice, width), dice))


def draw(
    batch: dict[str, Tensor], size: int, width: int, radius: Tensor, dice: Dice | None, height: int = HEIGHT
) -> Tensor:
    """Anti-aliased strokes (B, 1, height, W): each segment's distance field on a small patch, joined by the maximum."""
    segments, owner, stroke = batch["segments"], batch["owner"], batch["stroke"]
    device = segments.device
    start, end = segments[:, :2], segments[:, 2:]
    chord = end - start
    r = radius[owner]
    if dice is not None:
        r = r * pen_pressure(chord, owner, stroke, dice)
    corner = ((start + end) / 2 - PATCH / 2).round()
    axis = torch.arange(PATCH, device=device)
    px = corner[:, :1] + axis + 0.5 - start[:, :1]  # pixel centres relative to the segment's start: (N, PATCH)
    py = corner[:, 1:] + axis + 0.5 - start[:, 1:]
    cx, cy = chord[:, 0, None, None], chord[:, 1, None, None]
    dot = px[:, None, :] * cx + py[:, :, None] * cy
    t = (dot / (cx**2 + cy**2).clamp(min=1e-6)).clamp(0, 1)
    distance = ((px[:, None, :] - t * cx) ** 2 + (py[:, :, None] - t * cy) ** 2 + 1e-9).sqrt()
    value = (r[:, None, None] - distance + 0.5).clamp(0, 1)
    column, row = (corner[:, :1] + axis).long(), (corner[:, 1:] + axis).long()
    inside = ((column >= 0) & (column < width))[:, None, :] & ((row >= 0) & (row < height))[:, :, None]
    keep = inside & (value > 0)
    index = (owner[:, None, None] * height + row[:, :, None]) * width + column[:, None, :]
    canvas = torch.zeros(size * height * width, device=device)
    canvas = canvas.scatter_reduce(0, index[keep], value[keep], "amax")
    return canvas.view(size, 1, height, width)


def pen_pressure(chord: Tensor, owner: Tensor, stroke: Tensor, dice: Dice) -> Tensor:
    """A factor on the radius per segment: slow waves along the stroke, a broad nib, lighter and heavier strokes."""
    b, device = dice.batch, chord.device
    nib = (dice.chance(0.25) * dice.uniform(0.2, 0.75)).flatten()[owner]
    nib_angle = dice.uniform(0, math.pi).flatten()[owner]
    along = torch.atan2(chord[:, 1], chord[:, 0])
    broad = 1 - nib * torch.cos(along - nib_angle).abs()
    wave = (dice.uniform(0.0, 0.3)).flatten()[owner]
    rate, phase = dice.uniform(0.05, 0.3).flatten()[owner], dice.uniform(0, 6.28).flatten()[owner]
    at = torch.arange(len(chord), device=device) * rate + phase
    each = torch.randn(b, 64, device=device)[owner, stroke % 64] * 0.1
    return (broad * (1 + wave * torch.sin(at)) * (1 + each)).clamp(0.35, 1.8)


def pen_texture(dice: Dice, width: int) -> Tensor:
    """How evenly the pen covers: pencil grain, dry felt, skipping ball pens."""
    grain = (1 - dice.chance(0.3) * dice.uniform(0.2, 1.1) * dice.noise(HEIGHT, width).abs()).clamp(0.15, 1)
    skips = dice.smooth_noise(16, width // 4, HEIGHT, width) * dice.chance(0.2) * dice.uniform(0.1, 0.4)
    fading = dice.smooth_noise(2, 4, HEIGHT, width) * dice.uniform(0.0, 0.2)
    return (grain * (1 - skips.clamp(min=0)) * (1 + fading)).clamp(0.1, 1.2)


def background(dice: Dice, width: int) -> Tensor:
    """What is on the paper besides the word: ruled or squared lines, a margin, fibres, stains."""
    device = dice.device
    y = torch.arange(HEIGHT, device=device).view(1, 1, -1, 1) + 0.5
    x = torch.arange(width, device=device).view(1, 1, 1, -1) + 0.5
    tilt, pitch = dice.uniform(-0.03, 0.03), dice.uniform(10, 70)
    thick = dice.uniform(0.25, 1.4)

    def lines(at: Tensor, phase: Tensor) -> Tensor:
        off = ((at + phase) % pitch - pitch / 2).abs()
        return (thick - off + 0.5).clamp(0, 1)

    rows = lines(y + tilt * x, dice.uniform(0, 70))
    columns = lines(x - tilt * y, dice.uniform(0, 70))
    ruled = dice.chance(0.3)
    squared = ruled * dice.chance(0.35)
    strength = dice.uniform(0.05, 0.95)  # some are as dark as the ink
    paper = torch.maximum(rows * ruled, columns * squared) * strength
    blots = (dice.smooth_noise(4, max(2, width // 24), HEIGHT, width) - 1.2).clamp(0, 0.5)
    paper = torch.maximum(paper, blots * dice.chance(0.1) * dice.uniform(0.2, 0.8))
    return paper


def shading(dice: Dice, width: int) -> Tensor:
    """What is left of uneven light after flattening, and the paper's own unrest."""
    slow = dice.smooth_noise(2, 3, HEIGHT, width) * dice.uniform(0, 0.1)
    fibres = dice.smooth_noise(32, width // 2, HEIGHT, width) * dice.uniform(0, 0.05)
    return slow + fibres


def camera(picture: Tensor, dice: Dice) -> Tensor:
    """Defocus and shake, few pixels, sensor noise, JPEG, contrast curve."""
    soft = dice.uniform(0.05, 1.0) ** 2 * 1.7
    shake = dice.chance(0.15) * dice.uniform(0, 1.2)
    along_x = dice.chance(0.5)
    picture = blur(picture, soft + shake * along_x, soft + shake * (1 - along_x))
    picture = fewer_pixels(picture)
    picture = picture + dice.noise(*picture.shape[-2:]) * dice.uniform(0, 1) ** 2 * 0.12
    squeezed = jpeg(picture, dice.uniform(0.02, 0.16))
    picture = torch.where(dice.chance(0.3) > 0, squeezed, picture)
    return picture.clamp(0, 1.3) ** dice.uniform(0.75, 1.35)


def blur(picture: Tensor, sigma_x: Tensor, sigma_y: Tensor) -> Tensor:
    """A Gaussian of its own for every sample, sigmas (B, 1, 1, 1) in pixels."""
    b, reach = len(picture), 4
    at = torch.arange(-reach, reach + 1, device=picture.device).float()

    def kernel(sigma: Tensor) -> Tensor:
        k = torch.exp(-0.5 * (at / sigma.view(b, 1).clamp(min=0.05)) ** 2)
        return k / k.sum(1, keepdim=True)

    flat = picture.transpose(0, 1)  # the batch as channels of one picture
    flat = F.conv2d(F.pad(flat, (reach, reach, 0, 0), "replicate"), kernel(sigma_x).view(b, 1, 1, -1), groups=b)
    flat = F.conv2d(F.pad(flat, (0, 0, reach, reach), "replicate"), kernel(sigma_y).view(b, 1, -1, 1), groups=b)
    return flat.transpose(0, 1)


def fewer_pixels(picture: Tensor) -> Tensor:
    """A third of the samples at a lower resolution (down to 20 pixels high) and back."""
    out = picture.clone()
    third = len(picture) // 3
    for part in torch.randperm(len(picture), device=picture.device)[:third].chunk(3):
        if len(part):
            h = int(torch.randint(20, 48, ()))
            w = max(8, round(picture.shape[-1] * h / HEIGHT))
            small = F.interpolate(picture[part], (h, w), mode="area")
            out[part] = F.interpolate(small, picture.shape[-2:], mode="bilinear", align_corners=False)
    return out


def jpeg(picture: Tensor, step: Tensor) -> Tensor:
    """Quantise the cosine transform of 8x8 blocks, coarser at high frequencies."""
    n = torch.arange(8, device=picture.device).float()
    basis = torch.cos(math.pi * (n[None] + 0.5) * n[:, None] / 8) * math.sqrt(2 / 8)
    basis[0] /= math.sqrt(2)
    coarse = 1 + (n[:, None] + n[None])
    b, _, h, w = picture.shape
    blocks = picture.view(b, h // 8, 8, w // 8, 8).transpose(2, 3)
    frequencies = basis @ blocks @ basis.T
    grain = step[..., None] * coarse
    blocks = basis.T @ ((frequencies / grain).round() * grain) @ basis
    return blocks.transpose(2, 3).reshape(b, 1, h, w)
