"""The reader of ink for use: weights of a run to the folder that the package ships, model.onnx and config.json.

python -m train.export_online .cache/online/model.safetensors src/inksight/original/online-v1
"""

from __future__ import annotations

import argparse
import json
import os
import tempfile
from pathlib import Path

import onnx
import torch
from onnxruntime.quantization import QuantType, quantize_dynamic
from safetensors import safe_open
from safetensors.torch import load_file

from inksight.original.online import FEATURES
from train.online import CHARACTERS, OnlineModel

OPSET = 18


def export(weights: Path, folder: Path, *, quantize: bool = True) -> None:
    """Write the folder; files that are there are replaced. `quantize`: the LSTM's weights in 8 bit, the rest in 32."""
    model = OnlineModel().eval()
    model.load_state_dict(load_file(weights))
    with safe_open(weights, "pt") as file:
        facts = {key: float(value) for key, value in (file.metadata() or {}).items()}
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as scratch:
        plain, small = Path(scratch, "plain.onnx"), Path(scratch, "small.onnx")
        torch.onnx.export(
            model, (torch.zeros(1, 64, FEATURES),), str(plain), input_names=["points"], output_names=["scores"],
            dynamic_axes={"points": {1: "points"}, "scores": {1: "steps"}}, opset_version=OPSET, dynamo=False,
        )  # fmt: skip
        if quantize:
            quantize_dynamic(plain, small, op_types_to_quantize=["LSTM", "MatMul"], weight_type=QuantType.QInt8)
        else:
            small = plain
        onnx.checker.check_model(small)
        beside = folder / "model.onnx.tmp"
        beside.write_bytes(small.read_bytes())
        os.replace(beside, folder / "model.onnx")
    config = {"format": 1, "features": FEATURES, "characters": CHARACTERS} | facts
    (folder / "config.json").write_text(json.dumps(config, indent=1) + "\n")


def main() -> None:
    """Export from the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("weights", type=Path, help="model.safetensors of a run of train.train_online")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--float", action="store_true", help="keep 32-bit weights")
    args = parser.parse_args()
    export(args.weights, args.folder, quantize=not args.float)


if __name__ == "__main__":
    main()
