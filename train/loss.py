"""The losses of a batch: nats of each decision that the decoder takes, and CTC for the columns."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from inksight.recognition.tokens import MAX_STEP, PAD
from train.data import NONE
from train.model import CELL, InkModel, drawing_times

CTC_WEIGHT = 0.4
"""Per letter; the ink losses are per point."""


def losses(model: InkModel, batch: dict[str, Tensor], picture: Tensor) -> dict[str, Tensor]:
    """Sums over the batch of each loss (`text`, `lift`, `dx`, `dy`, `start`, `inside`, `ctc`), and the counts behind
    them (`points`, `starts`, `letters`).

    Every step is asked everything, and what has no target is left out of the sums: picking the steps out first would
    make a GPU wait for their number.
    """
    encoded = model.encoder(picture)
    _, ctc, _, far, keys = encoded
    per_row = far.shape[-1]
    drawn_at = drawing_times(batch["ids"], batch["xy"], batch["move"], per_row)
    state = model.decode(batch, encoded, drawn_at)
    heads, out = model.heads, {}

    out["text"] = _nats(heads.text(state), batch["text"])
    going = batch["lift"] != NONE
    said = F.binary_cross_entropy_with_logits(
        heads.lift(state)[..., 0].float(), batch["lift"].float(), reduction="none"
    )
    out["lift"] = (said * going).sum()
    moving = batch["step"][..., 0] != NONE
    dx, dy = torch.where(moving[..., None], batch["step"] + MAX_STEP, NONE).unbind(-1)
    out["dx"] = _nats(heads.dx(state), dx)
    out["dy"] = _nats(heads.y_given_x(state, dx.clamp(min=0)), dy)
    out |= pointer_losses(model, batch, state, keys, drawn_at, per_row)
    log_p = F.log_softmax(ctc.float(), dim=-1).transpose(0, 1)
    columns = torch.full((len(ctc),), ctc.shape[1], device=ctc.device)
    read = F.ctc_loss(
        log_p, batch["letters"], columns, batch["letter_count"], blank=PAD, reduction="none", zero_infinity=True
    )
    out["ctc"] = (read * (batch["letter_count"] > 0)).sum()  # what has no text may be read in any way
    out["points"], out["letters"] = moving.sum(), batch["letter_count"].sum()
    return out


def pointer_losses(
    model: InkModel, batch: dict[str, Tensor], state: Tensor, keys: Tensor, drawn_at: Tensor, per_row: int
) -> dict[str, Tensor]:
    """Losses of where strokes begin: the cell (or stop), and the pixel inside the cell."""
    step = batch["asked"]
    states = state.gather(1, step[..., None].expand(-1, -1, state.shape[-1]))
    x, y = batch["start"].unbind(-1)
    asked, stops = x != NONE, x == -1
    cell = (y.clamp(0, 63) // CELL) * per_row + (x.clamp(min=0) // CELL).clamp(max=per_row - 1)
    target = torch.where(stops, keys.shape[1], cell).masked_fill(~asked, NONE)
    logits = model.heads.point(states, keys, drawn_at[:, None] <= step[..., None])
    inside = (y.clamp(0, 63) % CELL * CELL + x.clamp(min=0) % CELL).masked_fill(~asked | stops, NONE)
    key = keys.gather(1, cell[..., None].expand(-1, -1, keys.shape[-1]))
    return {
        "start": _nats(logits, target),
        "starts": asked.sum(),
        "inside": _nats(model.heads.offset(states, key), inside),
    }


def _nats(logits: Tensor, target: Tensor) -> Tensor:
    """The sum of the cross entropies (…, classes) against targets (…), without those that are `NONE`."""
    return F.cross_entropy(logits.flatten(0, -2).float(), target.flatten(), ignore_index=NONE, reduction="sum")


def total(parts: dict[str, Tensor]) -> Tensor:
    """The loss to go down on: nats per point, the text and CTC on top."""
    ink = parts["lift"] + parts["dx"] + parts["dy"] + parts["start"] + parts["inside"]
    points, letters = parts["points"].clamp(min=1), parts["letters"].clamp(min=1)
    return (ink + parts["text"]) / (points + letters) + CTC_WEIGHT * parts["ctc"] / letters
