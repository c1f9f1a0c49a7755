"""Draw ink as a camera might have seen it, and as the ink map then shows it, in batches on the training device.

Values are darkness: 0 paper, 1 full ink. The ink is drawn at the camera's scale, between lines of the paper and ink of
neighbours that the crop's border cuts; then come lens and sensor, then the segmentation network, which says where ink
is, then what canvas.py makes of it: the crop enlarged to the canvas.

Everything is drawn at random for every sample, and nothing waits for the device: no value is read back from it.
Frames: canvas pixels, and the camera's, which are `scale` as large.
"""

from __future__ import annotations

import math
from functools import lru_cache

import torch
import torch.nn.functional as F
from torch import Tensor

from train.data import HEIGHT
from train.seen import ink_map

PATCH = 15
"""Side of the square in which a segment leaves ink: segments are short and pens narrow."""
SMALL_PATCH, WIDEST = 11, 3.5
"""The same for pens of at most this radius."""
NOWHERE = 1e4
"""Beyond every canvas."""

CHOICES = {
    # The pen. Radii in canvas pixels.
    "broad": (0.15, 0.4, 2.2),
    "grain": (0.3, 0.1, 0.8),
    "skips": (0.2, 0.1, 0.35),
    # The camera: pixels per canvas pixel, of the pictures that have fewer; blur in camera pixels.
    "fewer": (0.7, 0.02, 0.5),
    "soft": (1, 0.05, 1.0),
    "shake": (0.12, 0, 0.9),
    "shake_x": (0.5, 1, 1),
    "noise": (1, 0, 0.9),
    # The crop: how far its border lies from the ink (above, below, left, right), and what it cuts of neighbours.
    "gap_top": (1, 0, 14),
    "gap_bottom": (1, 0, 14),
    "gap_left": (1, 0, 22),
    "gap_right": (1, 0, 22),
    "tight": (0.06, 1, 3),
    "open": (0.15, 1, 1),
    "scrap_top": (0.22, 1, 11),
    "scrap_bottom": (0.18, 1, 10),
    "scrap_left": (0.12, 1, 9),
    "scrap_right": (0.1, 1, 9),
    "along_x": (1, -60, 60),
    "along_y": (1, -10, 10),
    # Lines of the paper, in canvas pixels.
    "rows": (0.33, 1, 1),
    "columns": (0.1, 1, 1),
    "bar": (0.06, -1, 1),
    "bar_at": (1, 3, 16),
    "pitch": (1, 10, 70),
    "phase_x": (1, 0, 70),
    "phase_y": (1, 0, 70),
    "tilt": (1, -0.03, 0.03),
    "thick": (1, 0.25, 1.3),
    "strength": (1, 0.15, 1.2),
    "broken": (0.85, 1, 1),
    "stubs": (0.45, 1, 1),
    "runs": (0.5, 1, 1),
    "rest": (1, -0.3, 0.9),
    # What else is on the paper, as shares of full ink.
    "blots": (0.07, 0.2, 0.9),
    "behind": (0.08, 0.08, 0.35),
    "shade": (0.3, 0, 0.06),
    "dust": (0.06, 0.2, 0.8),
    "over": (1, 0.3, 1.0),
    "jpeg": (0.9, 0.015, 0.12),
}
"""What is drawn at random: how often it happens, the least and the most; 0 where it doesn't."""


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

    def choices(self) -> dict[str, Tensor]:
        """All of CHOICES, rolled at once: a step on a GPU is bound by the number of its operations."""
        often, least, span = _table(self.device)
        happens, much = torch.rand(2, len(often), self.batch, 1, 1, 1, device=self.device)
        return dict(zip(CHOICES, ((much * span + least) * (happens < often)).unbind(), strict=True))


@lru_cache
def _table(device: torch.device) -> Tensor:
    """How often, least, and most less least: (3, choices, 1, 1, 1, 1)."""
    rows = [(often, least, most - least) for often, least, most in CHOICES.values()]
    return torch.tensor(rows, device=device).T[..., None, None, None, None]


def render(batch: dict[str, Tensor], *, augment: bool = True) -> Tensor:
    """Pictures (B, 1, 64, W) of a batch of train.data.collate, standardised as the network sees them."""
    with torch.autocast(batch["ids"].device.type, enabled=False):
        return _render(batch, augment)


def _render(batch: dict[str, Tensor], augment: bool) -> Tensor:
    size, width, device = len(batch["ids"]), int(batch["width"]), batch["ids"].device
    if not augment:
        return standardise(draw(batch, size, width, torch.full((size,), 1.5, device=device), None))
    dice = Dice(size, device)
    p = dice.choices()
    box = extent(batch, size)
    radius, scale = pens(p, box)
    ink = draw(batch, size, width, radius, dice, scale=scale.flatten(), patch=SMALL_PATCH)
    noise = dice.noise(HEIGHT, width)
    left, stained, skips, shade = coarse_fields(p, ink, dice)
    window = crop(p, box)
    seen = torch.maximum(ink, scraps(ink, p, box, window, scale))
    seen = seen * (1 - p["grain"] * noise.abs()).clamp(0.12, 1) * skips
    paper = torch.maximum(lines(p, left, box, scale), stained)
    picture = paper + seen * (1 - paper.clamp(0, 1) * p["over"])
    picture = picture + shade + (noise.flip(-1) - 1.7).clamp(0, 1) * p["dust"]
    picture = camera(picture, p, noise.flip(-2), scale)
    return standardise(enlarge(inside(ink_map(picture), window, scale), scale))


def vary(picture: Tensor) -> Tensor:
    """Real pictures (B, 1, 64, W), each a little slanted, shrunk, moved and photographed anew; standardised."""
    with torch.autocast(picture.device.type, enabled=False):
        return _vary(picture)


def _vary(picture: Tensor) -> Tensor:
    dice = Dice(len(picture), picture.device)
    p = dice.choices()
    shrink, slant, turn = dice.uniform(1.0, 1.5), dice.uniform(-0.35, 0.35), dice.uniform(-0.03, 0.03)
    stretch, scale = dice.uniform(0.85, 1.15), (1 - p["fewer"]).clamp(min=0.65)
    height, width = picture.shape[-2:]
    ratio = height / width  # affine_grid's axes both run from -1 to 1
    map_ = torch.cat([shrink * stretch, slant * ratio, turn / ratio, shrink], 1).view(-1, 2, 2)
    shift = torch.cat([(shrink * stretch - 1) * dice.uniform(0, 1), (shrink - 1) * dice.uniform(-0.8, 0.8)], 1)
    s = scale.view(-1, 1, 1)
    shift = shift.view(-1, 2, 1) + map_.sum(2, keepdim=True) * (1 - s) / s  # the camera's picture lies at the top left
    grid = F.affine_grid(torch.cat([map_ / s, shift], 2), list(picture.shape), align_corners=False)
    seen = camera(F.grid_sample(picture, grid, align_corners=False), p, dice.noise(height, width), scale)
    return standardise(enlarge(ink_map(seen), scale))


# --- ink --------------------------------------------------------------------------------------------------------------


def extent(batch: dict[str, Tensor], size: int) -> Tensor:
    """The ink's least and greatest x and y on the canvas: (B, 4, 1, 1, 1) of x0, y0, x1, y1."""
    owner = batch["owner"][:, None].expand(-1, 2)
    start = batch["segments"][:, :2]
    empty = start.new_zeros(size, 2)
    low = empty.scatter_reduce(0, owner, start, "amin", include_self=False)
    high = empty.scatter_reduce(0, owner, start, "amax", include_self=False)
    return torch.cat([low, high], 1)[..., None, None, None]


def pens(p: dict[str, Tensor], box: Tensor) -> tuple[Tensor, Tensor]:
    """The pen's radius in canvas pixels (B,) and the camera's scale (B, 1, 1, 1); neighbours in the batch share both.

    No pen is so broad that it would fill the letters.
    """
    size = len(box)
    roll = torch.randn((size + 1) // 2, device=box.device).repeat_interleave(2)[:size]
    broad, fewer = (p[k].flatten()[_even(size, box.device)] for k in ("broad", "fewer"))
    height = (box[:, 3] - box[:, 1]).flatten()
    radius = torch.exp(roll * 0.33) + broad
    radius = torch.minimum(radius.clamp(0.55, 4.2), (0.07 * height + 0.3).clamp(min=1.3))
    # In the camera a pen isn't wider than SMALL_PATCH holds, nor so fine that it would be lost.
    scale = torch.minimum(torch.maximum(1 - fewer, 0.75 / radius), WIDEST / (1.3 * radius))
    return radius, scale.clamp(max=1).view(-1, 1, 1, 1)


@lru_cache
def _even(size: int, device: torch.device) -> Tensor:
    """0, 0, 2, 2, 4, 4, ..."""
    return torch.arange(size, device=device) // 2 * 2


@lru_cache
def _partner(size: int, device: torch.device) -> Tensor:
    """1, 0, 3, 2, 5, 4, ...: the sample that shares the pen; the last one of an odd number is its own."""
    return (torch.arange(size, device=device) ^ 1).clamp(max=size - 1)


def draw(
    batch: dict[str, Tensor],
    size: int,
    width: int,
    radius: Tensor,
    dice: Dice | None,
    height: int = HEIGHT,
    *,
    scale: Tensor | None = None,
    patch: int = PATCH,
) -> Tensor:
    """Anti-aliased strokes (B, 1, height, W): each segment's distance field on a small patch, joined by the maximum.

    `radius` (B,) is in canvas pixels; `scale` (B,) shrinks the picture towards its top-left corner. With `dice` the pen
    is pressed unevenly.
    """
    segments, owner = batch["segments"], batch["owner"]
    device = segments.device
    chord = segments[:, 2:] - segments[:, :2]
    r = radius[owner]
    if dice is not None:
        r = r * pen_pressure(chord, owner, batch["stroke"], dice)
    if scale is not None:
        shrink = scale[owner]
        segments, r = segments * shrink[:, None], r * shrink
    if patch < PATCH:
        r = r.clamp(max=WIDEST)
    middle, half = (segments[:, 2:] + segments[:, :2]) / 2, (segments[:, 2:] - segments[:, :2]) / 2
    half = half + 1e-4  # a dot has a direction, too
    length = half.norm(dim=1, keepdim=True)
    along = half / length
    # Patches that reach beyond a row's or picture's end fall into a margin behind it, which is cut off.
    corner = (middle - patch / 2).round()
    corner = torch.minimum(corner.clamp(min=-patch), _ends(width, height, device))
    offset = torch.arange(patch, device=device)
    at = corner[:, :, None] + (offset + 0.5) - middle[:, :, None]  # pixel centres from the segment's middle: (N, 2, P)
    ahead, aside = at * along[:, :, None], at * along.flip(1)[:, :, None]
    beyond = ahead[:, 0, None, :] + ahead[:, 1, :, None]
    beyond = beyond.abs_().sub_(length[:, :, None]).clamp_(min=0)
    across = aside[:, 0, None, :] - aside[:, 1, :, None]
    distance = beyond.mul_(beyond).addcmul_(across, across).sqrt_()
    value = torch.sub(r[:, None, None] + 0.5, distance).clamp_(0, 1)
    row, tall = width + patch, height + patch
    before = patch + 1
    first = ((owner * tall + before) + corner[:, 1].long()) * row + corner[:, 0].long()
    index = first[:, None, None] + (offset[:, None] * row + offset)
    canvas = torch.zeros((before + size * tall + 1) * row, device=device)
    canvas = canvas.scatter_reduce_(0, index.flatten(), value.flatten(), "amax")
    canvas = canvas[before * row : (before + size * tall) * row].view(size, 1, tall, row)
    return canvas[:, :, :height, :width].contiguous()


@lru_cache
def _ends(width: int, height: int, device: torch.device) -> Tensor:
    return torch.tensor([width, height], dtype=torch.float32, device=device)


def pen_pressure(chord: Tensor, owner: Tensor, stroke: Tensor, dice: Dice) -> Tensor:
    """A factor on the radius per segment: slow waves along the stroke, a broad nib, lighter and heavier strokes."""
    b, device = dice.batch, chord.device
    roll = torch.rand(b, 6, device=device)[owner]
    nib = (0.2 + 0.55 * roll[:, 0]) * (roll[:, 1] < 0.25)
    angle = torch.atan2(chord[:, 1], chord[:, 0]) - math.pi * roll[:, 2]
    at = torch.arange(len(chord), device=device) * (0.05 + 0.25 * roll[:, 3]) + 6.28 * roll[:, 4]
    each = torch.randn(b, 64, device=device)[owner, stroke % 64] * 0.1
    return ((1 - nib * torch.cos(angle).abs()) * (1 + 0.3 * roll[:, 5] * torch.sin(at)) * (1 + each)).clamp(0.35, 1.8)


# --- paper ------------------------------------------------------------------------------------------------------------


def crop(p: dict[str, Tensor], box: Tensor) -> Tensor:
    """The crop's borders on the canvas, near the ink: (B, 4, 1, 1, 1) of left, top, right, bottom.

    Some cut off a little of the ink's own rim; some are so far away that nothing is cut.
    """
    gaps = torch.stack([p["gap_left"], p["gap_top"], p["gap_right"], p["gap_bottom"]], 1)
    gaps = gaps * (p["tight"] == 0)[:, None] + (1 - p["tight"])[:, None] * (p["tight"] > 0)[:, None]
    gaps = gaps + NOWHERE * p["open"][:, None]
    return torch.cat([box[:, :2] - gaps[:, :2], box[:, 2:] + gaps[:, 2:]], 1)


def scraps(ink: Tensor, p: dict[str, Tensor], box: Tensor, window: Tensor, scale: Tensor) -> Tensor:
    """Ink of neighbours that reaches into the crop from above, below, left and right: another sample's, moved.

    Rows and columns each have three zones, before, beside and behind the word, with a shift of their own; beside it in
    both is the word itself, where nothing comes.
    """
    size, _, height, width = ink.shape
    other = _partner(size, ink.device)
    there = box[other]
    reach = torch.stack([p["scrap_left"], p["scrap_top"], p["scrap_right"], p["scrap_bottom"]], 1)
    limits = torch.cat([window[:, :2].clamp(min=0) + reach[:, :2], _low_end(window, width, height) - reach[:, 2:]], 1)
    missing = torch.cat([-(reach[:, :2] == 0).float(), (reach[:, 2:] == 0).float()], 1) * NOWHERE
    limits = limits + missing
    # Before the word ends the other's ink, behind it begins the other's.
    shift_before, shift_behind = limits[:, :2] - there[:, 2:], limits[:, 2:] - there[:, :2]
    shift_beside = torch.stack([p["along_x"], p["along_y"]], 1)
    plan = torch.cat([limits[:, :2], limits[:, 2:], shift_before, shift_beside, shift_behind], 1) * scale[:, None]
    plan = plan.view(size, 5, 2)[:, :, _axis(width, height, ink.device)]  # (B, 5, W + H)
    start, end, before, beside, behind = plan.unbind(1)
    at = _positions(width, height, ink.device)
    first, last = at < start, at >= end
    source = (at - torch.where(first, before, torch.where(last, behind, beside))).floor().long()
    x, y = source[:, :width], source[:, width:]
    free = (first | last).float()
    good_x, good_y = ((v >= 0) & (v < n) for v, n in ((x, width), (y, height)))
    index = (other[:, None] * height + y.clamp(0, height - 1))[:, :, None] * width + x.clamp(0, width - 1)[:, None, :]
    found = ink.flatten()[index]
    beside_both = torch.maximum(free[:, width:, None], free[:, None, :width])
    return (found * beside_both * (good_y[:, :, None] & good_x[:, None, :]))[:, None]


def _low_end(window: Tensor, width: int, height: int) -> Tensor:
    """The crop's right and bottom border, at most the canvas's."""
    return torch.minimum(window[:, 2:], _ends(width, height, window.device)[:, None, None, None])


@lru_cache
def _positions(width: int, height: int, device: torch.device) -> Tensor:
    """Pixel centres of columns and rows, one after the other: (W + H,)."""
    return torch.cat([torch.arange(width, device=device), torch.arange(height, device=device)]) + 0.5


@lru_cache
def _axis(width: int, height: int, device: torch.device) -> Tensor:
    """0 for each column, 1 for each row: (W + H,)."""
    return (torch.arange(width + height, device=device) >= width).long()


def lines(p: dict[str, Tensor], left: Tensor, box: Tensor, scale: Tensor) -> Tensor:
    """Ruling, as far as it is `left`, squares, and the bar of a margin."""
    height, width = left.shape[-2:]
    at = _positions(width, height, left.device) / scale  # (B, 1, 1, W + H), in canvas pixels
    x, y = at[..., :width], at[..., width:].transpose(2, 3)
    bar = torch.where(p["bar"] < 0, box[:, 0] - p["bar_at"], box[:, 2] + p["bar_at"])
    barred = p["bar"] != 0
    pitch_x = torch.where(barred, NOWHERE, p["pitch"])
    phase_x = torch.where(barred, pitch_x / 2 - bar, p["phase_x"])

    def line(along: Tensor, phase: Tensor, pitch: Tensor, shown: Tensor) -> Tensor:
        off = ((along + phase).remainder(pitch) - pitch / 2).abs_()
        return ((p["thick"] - off) * scale + 0.5).clamp_(0, 1) * shown

    flat = (box[:, 3] - box[:, 1]) < 0.2 * HEIGHT  # a dash, which nobody can tell from a rest of ruling
    rows = line(y + p["tilt"] * x, p["phase_y"], p["pitch"], p["rows"] * ~flat)
    columns = line(x - p["tilt"] * y, phase_x, pitch_x, torch.maximum(barred.float(), p["columns"]))
    return torch.maximum(rows * left, columns) * p["strength"]


def coarse_fields(p: dict[str, Tensor], ink: Tensor, dice: Dice) -> tuple[Tensor, ...]:
    """What changes slowly from place to place, made coarse and enlarged together; each (B, 1, H, W).

    Where ruling is left (0..1: everywhere, in runs, or beside strokes); blots and a word's ink that shows through from
    the other side; how much of the ink the pen leaves (1: all); and what is left of uneven light.
    """
    height, width = ink.shape[-2] // 4, ink.shape[-1] // 4
    near = F.avg_pool2d(ink, 4)
    rough, fine = dice.noise(height, width), dice.noise(height // 2, width // 2)
    blotchy = F.interpolate(dice.noise(4, width // 4), (height, width), mode="bilinear")
    runs = torch.where(p["runs"] > 0, blotchy * 1.5, F.interpolate(fine, (height, width))) - p["rest"]
    left = torch.where(p["stubs"] > 0, near * 8 - 1, runs)
    left = torch.where(p["broken"] > 0, left * 3 + 0.5, 1.0).clamp(0, 1)
    stained = torch.maximum((blotchy.flip(-1) - 1.2).clamp(0, 0.6) * p["blots"], near.flip(-1).roll(1, 0) * p["behind"])
    skips = (1 - p["skips"] * rough.clamp(min=0)).clamp(min=0.15)
    fields = torch.cat([left, stained, skips, blotchy.flip(-2) * p["shade"]], 1)
    return F.interpolate(fields, ink.shape[-2:], mode="bilinear").split(1, 1)


# --- camera -----------------------------------------------------------------------------------------------


def camera(picture: Tensor, p: dict[str, Tensor], noise: Tensor, scale: Tensor | float = 1.0) -> Tensor:
    """Defocus and shake, sensor noise, JPEG."""
    soft = p["soft"] ** 2 * 1.3 * scale + 0.35
    shake = p["shake"] * scale
    picture = blur(picture, soft + shake * p["shake_x"], soft + shake * (1 - p["shake_x"]))
    picture = picture + noise * grain(p)
    return jpeg(picture, p["jpeg"] + 1e-3)


def grain(p: dict[str, Tensor]) -> Tensor:
    """The sensor's noise, as a standard deviation."""
    return p["noise"] ** 2 * 0.12


def blur(picture: Tensor, sigma_x: Tensor, sigma_y: Tensor) -> Tensor:
    """A Gaussian of its own for every sample, sigmas (B, 1, 1, 1) in pixels."""
    b, reach = len(picture), 4
    at = torch.arange(-reach, reach + 1, device=picture.device)
    kernel = torch.exp(-0.5 * (at / torch.cat([sigma_x, sigma_y], 1).clamp(min=0.05)) ** 2)  # (B, 2, 1, 9)
    kernel = kernel / kernel.sum(3, keepdim=True)
    flat = F.pad(picture.transpose(0, 1), (reach, reach, reach, reach), "replicate")  # the batch as channels of one
    flat = F.conv2d(flat, kernel[:, :1], groups=b)
    return F.conv2d(flat, kernel[:, 1:].transpose(2, 3), groups=b).transpose(0, 1)


def jpeg(picture: Tensor, step: Tensor) -> Tensor:
    """Quantise the cosine transform of 8x8 blocks, coarser at high frequencies."""
    basis, coarse = _cosines(picture.device)
    b, _, h, w = picture.shape
    blocks = picture.reshape(b, h // 8, 8, w // 8, 8).transpose(2, 3).reshape(b, h * w // 64, 64)
    grain = step.view(b, 1, 1) * coarse
    blocks = (((blocks @ basis.T) / grain).round_() * grain) @ basis
    return blocks.view(b, h // 8, w // 8, 8, 8).transpose(2, 3).reshape(b, 1, h, w)


@lru_cache
def _cosines(device: torch.device) -> tuple[Tensor, Tensor]:
    """The cosine transform of a flattened block, (64, 64), and how coarsely each frequency is quantised, (64,)."""
    n = torch.arange(8, device=device).float()
    basis = torch.cos(math.pi * (n[None] + 0.5) * n[:, None] / 8) * math.sqrt(2 / 8)
    basis[0] /= math.sqrt(2)
    return torch.kron(basis, basis), (1 + n[:, None] + n[None]).flatten()


def inside(picture: Tensor, window: Tensor, scale: Tensor) -> Tensor:
    """The picture with paper beyond the crop's borders."""
    height, width = picture.shape[-2:]
    at = _positions(width, height, picture.device)  # of pixels whose half or more is inside
    left, top, right, bottom = (window * scale[:, None]).unbind(1)
    across = ((at[:width] > left) & (at[:width] < right)).float()
    down = ((at[width:] > top) & (at[width:] < bottom)).float().transpose(2, 3)
    return picture * across * down


def enlarge(picture: Tensor, scale: Tensor) -> Tensor:
    """From the camera's pixels to the canvas's."""
    height, width = picture.shape[-2:]
    x, y = _centres(width, height, picture.device)
    s = scale.view(-1, 1, 1)
    grid = torch.stack(torch.broadcast_tensors(x * s + (s - 1), y * s + (s - 1)), 3)
    return F.grid_sample(picture, grid, padding_mode="border", align_corners=False)


@lru_cache
def _centres(width: int, height: int, device: torch.device) -> tuple[Tensor, Tensor]:
    """Pixel centres from -1 to 1: (1, 1, W) and (1, H, 1)."""
    x, y = ((torch.arange(n, device=device) * 2 + 1) / n - 1 for n in (width, height))
    return x[None, None, :], y[None, :, None]


def standardise(canvas: Tensor) -> Tensor:
    """inksight.imaging.canvas.standardise for a batch (B, 1, H, W), its statistics from a quarter of the pixels.

    The rest tells little more, and sorting is dear.
    """
    sample = canvas[..., ::2, ::2].flatten(1)
    count = max(1, int(0.03 * sample.shape[1]))
    median = sample.median(1).values
    top = sample.topk(count, 1, sorted=False).values.mean(1)
    spread = (top - median).clamp(min=0.2)
    return ((canvas - median[:, None, None, None]) / spread[:, None, None, None]).clamp(-0.5, 1.5)
