"""Weights -> the folder that the package ships: encoder.onnx, decoder.onnx, config.json, model.safetensors.

    python -m train.export .cache/run/model.safetensors src/inksight/models/NAME

Several files of weights, from runs that began with the same ones, become their mean.

The decoder is exported as one step with a key-value cache of fixed capacity: the graph reads the cache where it lies
and returns the new keys and values alone, so that nothing is copied from step to step.

Matrix products are computed in 8 bit, each input scaled by its greatest value; only the product of what the pen sees
stays in 32 bit, as a few large values beside many small ones would take the small ones' precision.
"""

from __future__ import annotations

import argparse
import json
import shutil
import tempfile
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path

import onnx
import torch
from onnxruntime.quantization import QuantType, quantize_dynamic
from torch import Tensor, nn

from inksight.recognition import calibration
from inksight.recognition.calibration import Calibration
from inksight.recognition.tokens import MAX_STEP, TOLERANCE
from train import weights
from train.model import CELL, COLUMN, Config, InkModel
from train.step import ROWS, Choose, Layer, Place, past

OPSET = 20
EXACT = "/local/"
"""In the names of nodes that stay in 32 bit."""


class EncoderGraph(nn.Module):
    """Picture -> what the steps read: window maps, the pointer's keys, each layer's cross keys and values."""

    def __init__(self, model: InkModel) -> None:
        super().__init__()
        self.model = model

    def forward(self, picture: Tensor) -> tuple[Tensor, ...]:
        columns, ctc, near, far, keys = self.model.encoder(picture)
        cross = []
        for layer in self.model.layers:
            k, v = layer.cross.keys(columns)
            cross += [k.transpose(-1, -2), v]
        return ctc.log_softmax(-1), near, far, keys.unflatten(1, (ROWS, -1)), *cross


class StepGraph(nn.Module):
    """One decoder step, greedy inside: which move, and where a next stroke would begin."""

    def __init__(self, model: InkModel) -> None:
        super().__init__()
        self.place, self.choose = Place(model.embedding), Choose(model)
        self.layers = nn.ModuleList(map(Layer, model.layers))

    def forward(
        self,
        ids: Tensor,
        xy: Tensor,
        move: Tensor,
        step: Tensor,
        drawn: Tensor,
        allowed: Tensor,
        unused: Tensor,
        across: Tensor,
        near: Tensor,
        far: Tensor,
        keys: Tensor,
        *caches: Tensor,
    ) -> tuple[Tensor, ...]:
        """int64 ids (B,), xy and move (B, 2), step (1,); float32 drawn (B, cells), allowed (B, cells + 1) and unused
        (capacity,), the latter two 0 or -1e9; int64 across (B,), how many cells of a row each sample's canvas has, the
        others being there to be as wide as the widest; the encoder's maps; caches: per layer cross keys, cross values,
        own keys, own values."""
        x = self.place(ids, xy, move, step, drawn, across, near, far)
        outside = past(across, keys.shape[2])
        beyond = past(across // (COLUMN // CELL), caches[0].shape[3])[:, None]
        fresh: list[Tensor] = []
        for layer, own in zip(self.layers, zip(*[iter(caches)] * 4, strict=True), strict=True):
            x, key, value = layer(x, own, unused, beyond)
            fresh += [key, value]
        return *self.choose(x, drawn, allowed, outside, keys), *fresh


def encoder_graph(model: InkModel, path: Path) -> None:
    """Write encoder.onnx; batch and width are free."""
    names = ["ctc", "near", "far", "keys", *(f"cross_{n}{i}" for i in range(len(model.layers)) for n in "kv")]
    axes = {"picture": {0: "batch", 3: "width"}, "ctc": {0: "batch", 1: "columns"}}
    axes |= {"near": {0: "batch", 3: "half"}, "far": {0: "batch", 3: "quarter"}, "keys": {0: "batch", 2: "quarter"}}
    for i in range(len(model.layers)):
        axes |= {f"cross_k{i}": {0: "batch", 3: "columns"}, f"cross_v{i}": {0: "batch", 2: "columns"}}
    torch.onnx.export(
        EncoderGraph(model), (torch.zeros(2, 1, 64, 128),), str(path), input_names=["picture"], output_names=names,
        dynamic_axes=axes, opset_version=OPSET, dynamo=False,
    )  # fmt: skip


def decoder_graph(model: InkModel, path: Path) -> None:
    """Write decoder.onnx; batch, width and the cache's capacity are free."""
    config = model.config
    b, width, capacity = 2, 128, 32
    head = config.width // config.heads
    cells, columns = ROWS * width // CELL, width // COLUMN
    long = torch.long
    inputs = {
        "ids": (torch.full((b,), 7, dtype=long), {0: "batch"}),
        "xy": (torch.zeros(b, 2, dtype=long), {0: "batch"}),
        "move": (torch.zeros(b, 2, dtype=long), {0: "batch"}),
        "step": (torch.zeros(1, dtype=long), {}),
        "drawn": (torch.zeros(b, cells), {0: "batch", 1: "cells"}),
        "allowed": (torch.zeros(b, cells + 1), {0: "batch", 1: "slots"}),
        "unused": (torch.zeros(capacity), {0: "capacity"}),
        "across": (torch.full((b,), width // CELL, dtype=long), {0: "batch"}),
        "near": (torch.zeros(b, 12, 32, width // 2), {0: "batch", 3: "half"}),
        "far": (torch.zeros(b, 24, 16, width // 4), {0: "batch", 3: "quarter"}),
        "keys": (torch.zeros(b, ROWS, width // CELL, config.pointer), {0: "batch", 2: "quarter"}),
    }
    for i in range(config.decoder_layers):
        shape = b, config.heads
        inputs[f"cross_k{i}"] = torch.zeros(*shape, head, columns), {0: "batch", 3: "columns"}
        inputs[f"cross_v{i}"] = torch.zeros(*shape, columns, head), {0: "batch", 2: "columns"}
        inputs[f"own_k{i}"] = torch.zeros(*shape, head, capacity), {0: "batch", 3: "capacity"}
        inputs[f"own_v{i}"] = torch.zeros(*shape, capacity, head), {0: "batch", 2: "capacity"}
    outputs = ["text", "lift", "moved", "moved_p", "start", "start_p", "inside"]
    outputs += [f"new_{n}{i}" for i in range(config.decoder_layers) for n in "kv"]
    axes = {name: free for name, (_, free) in inputs.items()} | {name: {0: "batch"} for name in outputs}
    torch.onnx.export(
        StepGraph(model), tuple(value for value, _ in inputs.values()), str(path), input_names=list(inputs),
        output_names=outputs, dynamic_axes=axes, opset_version=OPSET, dynamo=False,
    )  # fmt: skip


def export(state: Mapping[str, Tensor], config: dict, folder: Path, *, quantize: bool = True) -> None:
    """Write the model's folder; an existing one is replaced file by file."""
    model = InkModel(Config.from_dict(config)).eval()
    model.load_state_dict(state)
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as scratch:
        work = Path(scratch)
        for name, write in (("encoder.onnx", encoder_graph), ("decoder.onnx", decoder_graph)):
            write(model, work / "float.onnx")
            if quantize:
                _quantized(work / "float.onnx", work / name)
            else:
                (work / "float.onnx").rename(work / name)
            onnx.checker.check_model(work / name)
            shutil.copyfile(work / name, folder / name)
        weights.save(model.state_dict(), work / "model.safetensors")
        shutil.copyfile(work / "model.safetensors", folder / "model.safetensors")
    facts = asdict(model.config) | {k: config[k] for k in ("samples", "minutes") if k in config}
    facts["parameters"] = sum(values.numel() for values in model.state_dict().values())
    facts["calibration"] = _calibration(folder).as_config()
    facts |= {"format": 1, "max_step": MAX_STEP, "tolerance": TOLERANCE, "height": 64, "max_width": 448}
    (folder / "config.json").write_text(json.dumps(facts, indent=1, ensure_ascii=False) + "\n")


def _calibration(folder: Path) -> Calibration:
    """What is there already, else the shipped model's; `bench.calibrate` fits it to the new weights."""
    return calibration.read(folder) if (folder / "config.json").is_file() else calibration.shipped()


def _quantized(graph: Path, path: Path) -> None:
    """Write the graph with its products of a matrix and weights in 8 bit.

    Weights use half of that range: processors without VNNI add pairs of products in 16 bit, and cut what doesn't fit.
    """
    nodes = [node.name for node in onnx.load(graph).graph.node if EXACT in node.name]
    quantize_dynamic(
        graph, path, op_types_to_quantize=["MatMul"], weight_type=QuantType.QInt8, per_channel=True, reduce_range=True,
        nodes_to_exclude=[*nodes, *(f"{name}_MatMul" for name in nodes)],  # what a Gemm is called once it is split
        extra_options={"MatMulConstBOnly": True},
    )  # fmt: skip


def main() -> None:
    """Export from the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("weights", type=Path, nargs="+", help="model.safetensors; config.json lies beside the first")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--float", action="store_true", help="keep 32-bit weights in the graphs")
    args = parser.parse_args()
    config = json.loads((args.weights[0].parent / "config.json").read_text())
    try:
        state = weights.mean(args.weights)
    except ValueError as error:
        parser.error(str(error))
    export(state, config, args.folder, quantize=not args.float)


if __name__ == "__main__":
    main()
