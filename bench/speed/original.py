"""The time of the original's network (train.original, small-p: ViT-B/16 and mT5-base) for a word, with random weights.

In PyTorch it is train.original itself with transformers' key-value cache. For ONNX the same products are written out
plainly: weights in 8 bit, a cache of fixed size, inputs and outputs bound to the session.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

VOCABULARY = 32_000 + 451
"""Text tokens for which the published number of parameters leaves room, and the ink's."""
WIDTH, HEADS, LAYERS, PATCHES, PROMPT = 768, 12, 12, 196, 8
PIXELS = 3 * 16 * 16
"""Numbers in a patch."""


def with_torch(tokens: int, threads: int, folder: Path) -> dict[str, float]:
    """Seconds to load and per word, and millions of parameters."""
    torch.set_num_threads(threads)
    return _generate("cpu", tokens)


def with_cuda(tokens: int, threads: int, folder: Path) -> dict[str, float]:
    """The same on a GPU in 16 bit."""
    torch.set_num_threads(threads)
    return _generate("cuda", tokens)


def _generate(device: str, tokens: int) -> dict[str, float]:
    from train.original import OriginalModel, Parts

    start = time.perf_counter()
    model = OriginalModel(Parts("small-p"), VOCABULARY).eval().to(device)
    if device == "cuda":
        model = model.bfloat16()
    kind = next(model.parameters()).dtype
    loaded = time.perf_counter() - start
    picture = torch.rand(1, 3, 224, 224, device=device, dtype=kind) * 2 - 1
    prompt = torch.full((1, PROMPT), 5, device=device)

    def write(count: int) -> None:
        read = model.read(picture, prompt, 0)
        model.mt5.generate(**read, max_new_tokens=count, min_new_tokens=count, do_sample=False, num_beams=1)

    with torch.no_grad():
        write(2)
        start = time.perf_counter()
        write(tokens)
        if device == "cuda":
            torch.cuda.synchronize()
    parameters = sum(p.numel() for p in model.parameters()) / 1e6
    return {"seconds": time.perf_counter() - start, "load": loaded, "tokens": tokens, "parameters": parameters}


class Attention(nn.Module):
    """Products of multi-head attention; keys and values may be a cache and what is new."""

    def __init__(self) -> None:
        super().__init__()
        self.q, self.k, self.v, self.out = (nn.Linear(WIDTH, WIDTH, bias=False) for _ in range(4))

    def split(self, x: Tensor) -> Tensor:
        return x.reshape(1, -1, HEADS, WIDTH // HEADS).transpose(1, 2)

    def mix(self, x: Tensor, k: Tensor, v: Tensor, bias: Tensor | float = 0.0) -> Tensor:
        """Keys come as (1, heads, C / heads, T), values as (1, heads, T, C / heads)."""
        mixed = (self.split(self.q(x)) @ k + bias).softmax(-1) @ v
        return self.out(mixed.transpose(1, 2).reshape(1, -1, WIDTH))


class Feed(nn.Module):
    """Feed-forward products, gated as in mT5 or plain as in ViT."""

    def __init__(self, inner: int, gated: bool) -> None:
        super().__init__()
        self.gate = nn.Linear(WIDTH, inner, bias=False) if gated else None
        self.up, self.down = nn.Linear(WIDTH, inner, bias=False), nn.Linear(inner, WIDTH, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        inner = nn.functional.gelu(self.up(x), approximate="tanh")
        return self.down(inner if self.gate is None else inner * self.gate(x))


class Layer(nn.Module):
    """An encoder's layer, or with `crossed` a decoder's."""

    def __init__(self, inner: int, gated: bool, crossed: bool = False) -> None:
        super().__init__()
        self.own, self.feed = Attention(), Feed(inner, gated)
        self.cross = Attention() if crossed else None
        self.norms = nn.ModuleList(nn.LayerNorm(WIDTH) for _ in range(3 if crossed else 2))


class Encoder(nn.Module):
    """Patches and prompt -> each decoder layer's keys and values."""

    def __init__(self, decoder: nn.ModuleList) -> None:
        super().__init__()
        self.vit = nn.ModuleList(Layer(3072, gated=False) for _ in range(LAYERS))
        self.mt5 = nn.ModuleList(Layer(2048, gated=True) for _ in range(LAYERS))
        self.patch, self.join = nn.Linear(PIXELS, WIDTH), nn.Linear(WIDTH, WIDTH)
        self.crosses = nn.ModuleList(layer.cross for layer in decoder)

    def forward(self, patches: Tensor, prompt: Tensor) -> tuple[Tensor, ...]:
        x = self.join(self._through(self.vit, self.patch(patches)))
        x = self._through(self.mt5, torch.cat([x, prompt], dim=1))
        return tuple(part for c in self.crosses for part in (c.split(c.k(x)).transpose(2, 3), c.split(c.v(x))))

    def _through(self, layers: nn.ModuleList, x: Tensor) -> Tensor:
        for layer in layers:
            y, own = layer.norms[0](x), layer.own
            x = x + own.mix(y, own.split(own.k(y)).transpose(2, 3), own.split(own.v(y)))
            x = x + layer.feed(layer.norms[1](x))
        return x


class Step(nn.Module):
    """One token in, the next one out, and its keys and values."""

    def __init__(self) -> None:
        super().__init__()
        self.layers = nn.ModuleList(Layer(2048, gated=True, crossed=True) for _ in range(LAYERS))
        self.embedding, self.head = nn.Embedding(VOCABULARY, WIDTH), nn.Linear(WIDTH, VOCABULARY, bias=False)
        self.norm = nn.LayerNorm(WIDTH)

    def forward(self, token: Tensor, unused: Tensor, *caches: Tensor) -> tuple[Tensor, ...]:
        x, fresh = self.embedding(token)[None], []
        for layer, (ck, cv, k, v) in zip(self.layers, zip(*[iter(caches)] * 4, strict=True), strict=True):
            y, own = layer.norms[0](x), layer.own
            k1, v1 = own.split(own.k(y)).transpose(2, 3), own.split(own.v(y))
            x = x + own.mix(y, torch.cat([k, k1], dim=3), torch.cat([v, v1], dim=2), unused)
            x = x + layer.cross.mix(layer.norms[1](x), ck, cv)
            x = x + layer.feed(layer.norms[2](x))
            fresh += [k1, v1]
        return self.head(self.norm(x))[:, 0].argmax(-1), *fresh


def with_onnx(tokens: int, threads: int, folder: Path) -> dict[str, float]:
    """Seconds to load and per word, and megabytes; the graphs are made in `folder` unless they are there."""
    if not (folder / "step.onnx").exists():
        _make(folder, tokens)
    start = time.perf_counter()
    encoder, step = (_session(folder / name, threads) for name in ("encoder.onnx", "step.onnx"))
    loaded = time.perf_counter() - start
    start = time.perf_counter()
    patches, prompt = (np.zeros((1, *s), np.float32) for s in ((PATCHES, PIXELS), (PROMPT, WIDTH)))
    _write(step, encoder.run(None, {"patches": patches, "prompt": prompt}), tokens)
    seconds = time.perf_counter() - start
    size = sum(p.stat().st_size for p in folder.glob("*.onnx")) / 1e6
    return {"seconds": seconds, "load": loaded, "tokens": tokens, "size_mb": size}


def _write(step: Any, crossed: list[Any], tokens: int) -> None:
    """Let it write so many tokens."""
    head = WIDTH // HEADS
    token, unused = np.zeros(1, np.int64), np.full(tokens + 1, -1e9, np.float32)
    unused[-1] = 0  # the token's own
    caches = [np.zeros((1, HEADS, *s), np.float32) for _ in range(LAYERS) for s in ((head, tokens), (tokens, head))]
    fresh = [np.zeros((1, HEADS, *s), np.float32) for _ in range(LAYERS) for s in ((head, 1), (1, head))]
    given: list[Any] = [token, unused, *_ordered(crossed, caches)]
    inputs = dict(zip((i.name for i in step.get_inputs()), given, strict=True))
    bound = step.io_binding()
    for name, values in inputs.items():
        bound.bind_input(name, "cpu", 0, values.dtype, values.shape, values.ctypes.data)
    results: list[Any] = [token, *fresh]
    for output, values in zip(step.get_outputs(), results, strict=True):
        bound.bind_output(output.name, "cpu", 0, values.dtype, values.shape, values.ctypes.data)
    for at in range(tokens):
        step.run_with_iobinding(bound)
        for i, new in enumerate(fresh):
            caches[i][(..., slice(at, at + 1)) if i % 2 == 0 else np.s_[:, :, at : at + 1]] = new
        unused[at] = 0


def _ordered(crossed: list[Any], own: list[Any]) -> Iterator[Any]:
    """Per layer the cross keys and values, then its own."""
    for i in range(LAYERS):
        yield from (np.ascontiguousarray(c) for c in crossed[2 * i : 2 * i + 2])
        yield from own[2 * i : 2 * i + 2]


def _make(folder: Path, tokens: int) -> None:
    """Export with random weights, products in 8 bit."""
    step = Step().eval()
    encoder, head = Encoder(step.layers).eval(), WIDTH // HEADS
    crossed = [torch.zeros(1, HEADS, *s) for s in ((head, PATCHES + PROMPT), (PATCHES + PROMPT, head))]
    own = [torch.zeros(1, HEADS, *s) for s in ((head, tokens), (tokens, head))]
    caches = [*crossed, *own] * LAYERS
    names = ["token", "unused", *(f"cache{i}" for i in range(len(caches)))]
    _export(step, (torch.zeros(1, dtype=torch.long), torch.zeros(tokens + 1), *caches), names, folder / "step.onnx")
    pictures = torch.zeros(1, PATCHES, PIXELS), torch.zeros(1, PROMPT, WIDTH)
    _export(encoder, pictures, ["patches", "prompt"], folder / "encoder.onnx")


def _export(model: nn.Module, inputs: tuple[Tensor, ...], names: list[str], path: Path) -> None:
    from onnxruntime.quantization import QuantType, quantize_dynamic

    whole = path.with_suffix(".float")
    torch.onnx.export(model, inputs, str(whole), input_names=names, opset_version=18, dynamo=False)
    extra = {"MatMulConstBOnly": True}
    quantize_dynamic(
        whole, path, op_types_to_quantize=["MatMul"], weight_type=QuantType.QInt8, per_channel=True, extra_options=extra
    )
    whole.unlink()


def _session(path: Path, threads: int) -> Any:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads, options.log_severity_level = threads, 3
    return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
