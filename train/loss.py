"""The losses of a batch: nats of each decision that the decoder takes, and CTC for the columns."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from inksight.tokens import MAX_STEP, PAD
from train.data import NONE
from train.model import CELL, InkModel, drawing_times

CTC_WEIGHT = 0.4
"""Per letter; the ink losses are per point."""


def losses(model: InkModel, batch: dict[str, Tensor], picture: Tensor) -> dict[str, Tensor]:
    """Sums over the batch of each loss (`text`, `lift`, `dx`, `dy`, `start`, `inside`, `ctc`), and the counts behind
    them (`points`, `starts`, `letters`)."""
    encoded = model.encoder(picture)
    _, ctc, _, far, keys = encoded
    per_row = far.shape[-1]
    drawn_at = drawing_times(batch["ids"], batch["xy"], batch["move"], per_row)
    state = model.decode(batch, encoded, drawn_at)
    heads, out = model.heads, {}

    text = batch["text"] != NONE
    out["text"] = F.cross_entropy(heads.text(state[text]).float(), batch["text"][text], reduction="sum")
    going = batch["lift"] != NONE
    out["lift"] = F.binary_cross_entropy_with_logits(
        heads.lift(state[going])[:, 0].float(), batch["lift"][going].float(), reduction="sum"
    )
    moving = batch["step"][..., 0] != NONE
    dx, dy = (batch["step"][moving] + MAX_STEP).unbind(-1)
    here = state[moving]
    out["dx"] = F.cross_entropy(heads.dx(here).float(), dx, reduction="sum")
    out["dy"] = F.cross_entropy(heads.y_given_x(here, dx).float(), dy, reduction="sum")
    out |= pointer_losses(model, batch, state, keys, drawn_at, per_row)
    log_p = F.log_softmax(ctc.float(), dim=-1).transpose(0, 1)
    columns = torch.full((len(ctc),), ctc.shape[1], device=ctc.device)
    out["ctc"] = F.ctc_loss(
        log_p, batch["letters"], columns, batch["letter_count"], blank=PAD, reduction="sum", zero_infinity=True
    )
    out["points"], out["letters"] = moving.sum(), batch["letter_count"].sum()
    return out


def pointer_losses(
    model: InkModel, batch: dict[str, Tensor], state: Tensor, keys: Tensor, drawn_at: Tensor, per_row: int
) -> dict[str, Tensor]:
    """Losses of where strokes begin: the cell (or stop), and the pixel inside the cell."""
    asked = batch["start"][..., 0] != NONE
    sample, step = asked.nonzero(as_tuple=True)
    if len(sample) == 0:
        zero = state.sum() * 0
        return {"start": zero, "inside": zero, "starts": torch.zeros((), device=state.device)}
    # Gather each sample's questions side by side: (B, S, C).
    counts = asked.sum(1)
    slot = torch.arange(len(sample), device=state.device) - (counts.cumsum(0) - counts)[sample]
    width = int(counts.max())
    states = state.new_zeros(len(state), width, state.shape[-1]).index_put((sample, slot), state[sample, step])
    steps = torch.zeros(len(state), width, dtype=torch.long, device=state.device).index_put((sample, slot), step)
    drawn = drawn_at[:, None] <= steps[..., None]
    logits = model.heads.point(states, keys, drawn)[sample, slot].float()
    x, y = batch["start"][sample, step].unbind(-1)
    stops = x < 0
    cell = (y.clamp(0, 63) // CELL) * per_row + (x // CELL).clamp(0, per_row - 1)
    target = torch.where(stops, keys.shape[1], cell)
    out = {"start": F.cross_entropy(logits, target, reduction="sum"), "starts": asked.sum()}
    real = ~stops
    inside = (y.clamp(0, 63) % CELL * CELL + x % CELL)[real]
    key = keys[sample[real], cell[real]]
    out["inside"] = F.cross_entropy(
        model.heads.offset(state[sample[real], step[real]], key).float(), inside, reduction="sum"
    )
    return out


def total(parts: dict[str, Tensor]) -> Tensor:
    """The loss to go down on: nats per point, the text and CTC on top."""
    ink = parts["lift"] + parts["dx"] + parts["dy"] + parts["start"] + parts["inside"]
    points, letters = parts["points"].clamp(min=1), parts["letters"].clamp(min=1)
    return (ink + parts["text"]) / (points + letters) + CTC_WEIGHT * parts["ctc"] / letters
