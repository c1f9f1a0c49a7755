"""How well a network of the original's shape writes: its scores by our own measures, beside the baselines and controls.

    python -m bench.original RUN DATA                    RUN: the folder of a run of train.train_original
    python -m bench.original small-p/ DATA --words 20    or the released weights (pip install 'inksight[tensorflow]')

By default its ink goes the shipped model's way: shown the ink alone, snapped, checked, derendered again or traced by
the skeleton where it fails. --published shows the photo on black, as the authors' notebook does, and takes the ink as
it comes. The table goes to standard output; -o FOLDER also takes table.md, report.json and sheet.png.
"""

from __future__ import annotations

import argparse
import io
import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from inksight.errors import InputError
from inksight.evaluate.run import TraceMany, evaluate
from inksight.evaluate.sets import Selection
from inksight.imaging.crop import Crop
from inksight.imaging.segmentation import pen_ink
from inksight.ink import Word
from inksight.options import DEFAULT_MODE, MODES, TOLD_MODE
from inksight.original.released import Released, Writer
from inksight.recognition.models import is_saved_model
from inksight.recognition.tokens import to_text
from inksight.recognition.tracer import Tracer


class Checkpoint:
    """Runs the network of a training run. Raises InputError when the folder has none."""

    longest = 1024
    """Tokens after which an answer ends."""

    def __init__(self, run: Path, device: str = "cpu") -> None:
        if not (run / "config.json").is_file() or not (run / "state.pt").is_file():
            raise InputError(f"{run}: no run of train.train_original; name its --out")
        import torch

        from train.original import Codec, OriginalModel, Parts

        facts = json.loads((run / "config.json").read_text("utf-8"))
        state = torch.load(run / "state.pt", map_location="cpu", weights_only=True)
        self.device = torch.device(device)
        self.codec = Codec(facts["tokenizer"])
        parts = Parts(facts["preset"], facts["vit"], facts["mt5"], facts["tokenizer"])
        self.model = OriginalModel(parts, len(self.codec))
        self.model.load_state_dict(state["model"])
        self.model.to(self.device).eval()

    def write(self, pictures: Sequence[bytes], prompts: Sequence[str]) -> list[str]:
        """As the released model: the answers to JPEGs and prompts."""
        import torch
        from torch.nn.utils.rnn import pad_sequence

        from train.devices import reduced

        squares = [np.asarray(Image.open(io.BytesIO(p)).convert("RGB"), np.float32) / 127.5 - 1 for p in pictures]
        picture = torch.from_numpy(np.stack(squares)).permute(0, 3, 1, 2).to(self.device)
        ids = [torch.tensor(self.codec.text(prompt).input_ids) for prompt in prompts]
        prompt = pad_sequence(ids, batch_first=True, padding_value=self.codec.pad).to(self.device)
        with reduced(self.device):
            written = self.model.write(picture, prompt, self.codec.pad, self.longest)
        return [self._answer(row) for row in written]

    def _answer(self, ids: list[int]) -> str:
        text, ink = self.codec.parted(ids)
        return text + to_text(ink)


def tracing(writer: Writer | Path, mode: str, published: bool) -> TraceMany:
    """What inksight.evaluate takes for a tracer."""
    network = Released(writer)

    def trace(pictures: Sequence[NDArray[np.uint8]], texts: Sequence[str]) -> list[Word]:
        told = list(texts) if mode == TOLD_MODE else None
        if published:
            return network.as_published(pictures, mode=mode, texts=told)
        return Tracer(network).trace([Crop.of(pen_ink(p)) for p in pictures], mode=mode, texts=told)

    return trace


def main() -> None:
    """Evaluate."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add = parser.add_argument
    add("model", type=Path, help="folder of a run, or of a SavedModel")
    add("data", type=Path, help="the data folder, see train/README.md")
    add("--words", type=int, default=100)
    add("--real", action="store_true", help="real pictures instead of drawn ink")
    add("--mode", choices=MODES, default=DEFAULT_MODE)
    add("--published", action="store_true", help="without our checks")
    add("--device", default="cpu")
    add("-o", "--output", type=Path, metavar="FOLDER")
    args = parser.parse_args()
    try:
        writer = args.model if is_saved_model(args.model) else Checkpoint(args.model, args.device)
        trace = tracing(writer, args.mode, args.published)
        report = evaluate(args.data, Selection(args.words, real=args.real), trace, {"mode": args.mode}, progress=True)
        print(report.table())
        if args.output:
            report.save(args.output)
    except InputError as error:
        parser.error(str(error))


if __name__ == "__main__":
    main()
