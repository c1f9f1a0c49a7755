"""Weights of the segmentation network -> the folder that the package ships.

    python -m train.export_segmenter .cache/page/model.safetensors src/inksight/models/page-v1

Several files of weights, from runs that began with the same ones, become their mean. The card, README.md, is written by
hand and stays.
"""

from __future__ import annotations

import argparse
import json
import shutil
import tempfile
from pathlib import Path

import onnx
import torch
from safetensors.torch import load_file, save_file
from torch import Tensor, nn
from torch.nn.utils.fusion import fuse_conv_bn_eval

from train.segmenter import COARSE, LAYOUT, MAPS, SHRUNK, Block, Config, Segmenter

OPSET = 20


class Graph(nn.Module):
    """uint8 (H, W, 3), H and W multiples of 32 -> maps (3, H, W) in 0..1 and layout (5, H / 4, W / 4), whose word and
    line are in 0..1."""

    def __init__(self, model: Segmenter) -> None:
        super().__init__()
        self.model = model

    def forward(self, picture: Tensor) -> tuple[Tensor, Tensor]:
        maps, layout = self.model(picture.permute(2, 0, 1)[None].float() / 255)
        regions, pose = layout[0, :2].sigmoid(), layout[0, 2:]
        return maps[0].sigmoid(), torch.cat([regions, pose])


def mean(paths: list[Path]) -> dict[str, Tensor]:
    """The mean of several files' weights."""
    states = [load_file(p) for p in paths]
    return {k: torch.stack([s[k].float() for s in states]).mean(0).to(v.dtype) for k, v in states[0].items()}


def folded(model: Segmenter) -> Segmenter:
    """The batch norms worked into the convolutions before them."""
    for module in model.modules():
        if isinstance(module, Block):
            module[0] = fuse_conv_bn_eval(module[0], module[1])
            module[1] = nn.Identity()
    return model


def export(state: dict[str, Tensor], folder: Path) -> None:
    """Write the model's folder; an existing one is replaced file by file."""
    model = Segmenter(Config()).eval()
    model.load_state_dict(state)
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as scratch:
        work = Path(scratch)
        save_file({k: v.contiguous() for k, v in model.state_dict().items()}, work / "model.safetensors")
        torch.onnx.export(
            Graph(folded(model)), (torch.zeros(64, 96, 3, dtype=torch.uint8),), str(work / "segmenter.onnx"),
            input_names=["picture"], output_names=["maps", "layout"], opset_version=OPSET, dynamo=False,
            dynamic_axes={"picture": {0: "h", 1: "w"}, "maps": {1: "h", 2: "w"}, "layout": {1: "h4", 2: "w4"}},
        )  # fmt: skip
        onnx.checker.check_model(work / "segmenter.onnx")
        for name in ("segmenter.onnx", "model.safetensors"):
            shutil.copyfile(work / name, folder / name)
    facts = model.config.as_dict() | {"format": 1, "maps": MAPS, "layout": LAYOUT, "coarse": COARSE, "shrunk": SHRUNK}
    (folder / "config.json").write_text(json.dumps(facts, indent=1) + "\n")


def main() -> None:
    """Export from the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("weights", type=Path, nargs="+")
    parser.add_argument("folder", type=Path)
    args = parser.parse_args()
    export(mean(args.weights), args.folder)


if __name__ == "__main__":
    main()
