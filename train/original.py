"""The original's network (arXiv 2402.05804): a ViT's patch embeddings and the embedded prompt, read together by mT5.

    picture (B, 3, 224, 224) -> ViT -> 196 patches -> linear --+
                                                               +-> mT5 encoder -> mT5 decoder -> text and ink tokens
    "Recognize and derender." -> tokens -> mT5's embedding ----+

Ink is written with absolute tokens, two a point (`tokens.encode_original`), which are appended to the text vocabulary.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from transformers import AutoTokenizer, ByT5Tokenizer, MT5Config, ViTConfig
from transformers.models.mt5.modeling_mt5 import MT5ForConditionalGeneration
from transformers.models.vit.modeling_vit import ViTModel

from inksight.original import released
from inksight.recognition.tokens import GRID, VOCABULARY_SIZE, decode_original, encode_original

PATCHES = (GRID // 16) ** 2
LONGEST = 1024
"""Tokens that the decoder may write: about 500 points."""
NONE = -100
"""Target that the loss ignores."""
PROMPTS = {**released.PROMPTS, "recognize": "Recognize the text."}
"""The last one's wording is ours: the original's isn't published."""


def _mt5(width: int, feed_forward: int, layers: int, heads: int, dropout: float = 0.1) -> dict[str, Any]:
    shape = {"d_model": width, "d_ff": feed_forward, "num_layers": layers, "num_heads": heads, "d_kv": 64}
    return shape | {"dropout_rate": dropout}


PRESETS: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "tiny": (
        {"hidden_size": 64, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 128},
        _mt5(64, 128, 2, 2, dropout=0.0) | {"d_kv": 32},
    ),
    "same-budget": (
        {"hidden_size": 256, "num_hidden_layers": 4, "num_attention_heads": 4, "intermediate_size": 1024},
        _mt5(256, 640, 3, 4, dropout=0.0),
    ),
    "same-budget-small": (
        {"hidden_size": 192, "num_hidden_layers": 3, "num_attention_heads": 3, "intermediate_size": 768},
        _mt5(192, 512, 3, 3, dropout=0.0),
    ),
    "small-p": ({}, _mt5(768, 2048, 12, 12)),
    "large-i": (
        {"hidden_size": 1024, "num_hidden_layers": 24, "num_attention_heads": 16, "intermediate_size": 4096},
        _mt5(1024, 2816, 24, 16),
    ),
}
"""What differs from ViT-B/16 and from mT5's defaults: ViT-B/16 + mT5-base, ViT-L/16 + mT5-large; before them one for
tests, and two as large as our `base` and `small` (9.1 and 4.9 million parameters, with bytes for text), to compare
its code with ours at the same cost."""


class Codec:
    """Text and ink as one sequence. `tokenizer` is a folder or a hub id; left out, text is coded as UTF-8 bytes."""

    def __init__(self, tokenizer: str | Path | None = None) -> None:
        self.text: Any = ByT5Tokenizer(extra_ids=0) if tokenizer is None else AutoTokenizer.from_pretrained(tokenizer)
        self.ink = len(self.text)  # the first ink token's id

    def __len__(self) -> int:
        return self.ink + VOCABULARY_SIZE

    @property
    def pad(self) -> int:
        return int(self.text.pad_token_id)

    @property
    def end(self) -> int:
        return int(self.text.eos_token_id)

    def prompt(self, mode: str, text: str = "") -> list[int]:
        """What the encoder is asked, as ids."""
        return list(self.text(PROMPTS[mode].format(text)).input_ids)

    def encode(self, mode: str, text: str, strokes: Sequence[NDArray[Any]]) -> list[int]:
        """What the decoder is to write: the text if the mode asks for it, then the ink unless it is all."""
        said = list(self.text(text, add_special_tokens=False).input_ids) if mode.startswith("recognize") else []
        drawn = [] if mode == "recognize" else [self.ink + i for i in encode_original(strokes)]
        return [*said, *drawn, self.end]

    def parted(self, ids: Sequence[int]) -> tuple[str, list[int]]:
        """The text, and the ink's tokens (0..450). What comes after the end is left out."""
        kept = list(ids)[: list(ids).index(self.end)] if self.end in ids else list(ids)
        text = self.text.decode([i for i in kept if i < self.ink], skip_special_tokens=True)
        return text, [i - self.ink for i in kept if self.ink <= i < len(self)]

    def decode(self, ids: Sequence[int]) -> tuple[str, list[NDArray[np.int64]]]:
        """The text, and strokes on the square: int64 (n, 2) each."""
        text, ink = self.parted(ids)
        return text, decode_original(ink)


@dataclass(frozen=True)
class Parts:
    """What a model is made of: a preset, and folders or hub ids of pretrained parts, where there are any.

    A pretrained part brings its own shape.
    """

    preset: str = "small-p"
    vit: str | None = None
    mt5: str | None = None
    tokenizer: str | None = None


class OriginalModel(nn.Module):
    """ViT, a linear map to mT5's width, mT5."""

    def __init__(self, parts: Parts, vocabulary: int) -> None:
        super().__init__()
        vit, mt5 = PRESETS[parts.preset]
        if parts.vit is None:
            self.vit = ViTModel(ViTConfig(**vit), add_pooling_layer=False)
        else:
            self.vit = ViTModel.from_pretrained(parts.vit, add_pooling_layer=False)
        if parts.mt5 is None:
            self.mt5 = MT5ForConditionalGeneration(MT5Config(vocab_size=vocabulary, **mt5))
            _give_output_layer(self.mt5, vocabulary)
        else:
            self.mt5 = MT5ForConditionalGeneration.from_pretrained(parts.mt5)
            output = self.mt5.lm_head.weight.detach().clone()
            self.mt5.resize_token_embeddings(vocabulary)
            _give_output_layer(self.mt5, vocabulary, output)
        self.join = nn.Linear(self.vit.config.hidden_size, self.mt5.config.d_model)

    def freeze_vit(self) -> None:
        """Train the rest alone."""
        self.vit.requires_grad_(False)

    def read(self, picture: Tensor, prompt: Tensor, pad: int) -> dict[str, Tensor]:
        """Picture (B, 3, 224, 224) in -1..1 and prompt ids (B, P), padded -> what mT5's encoder takes, (B, 196 + P)."""
        patches = self.vit(pixel_values=picture).last_hidden_state[:, 1:]  # without the class token
        seen = torch.cat([self.join(patches), self.mt5.get_input_embeddings()(prompt)], dim=1)
        mask = torch.cat([torch.ones_like(patches[..., 0], dtype=torch.long), (prompt != pad).long()], dim=1)
        return {"inputs_embeds": seen, "attention_mask": mask}

    def forward(self, picture: Tensor, prompt: Tensor, labels: Tensor, pad: int) -> tuple[Tensor, Tensor]:
        """Mean nats per token of `labels` (B, L), NONE where there is none; the logits (B, L, vocabulary)."""
        out = self.mt5(**self.read(picture, prompt, pad), labels=labels)
        return out.loss, out.logits

    @torch.no_grad()
    def write(self, picture: Tensor, prompt: Tensor, pad: int, longest: int = LONGEST) -> list[list[int]]:
        """What it writes, greedily and with a key-value cache: ids for each picture."""
        read = self.read(picture, prompt, pad)
        ids = self.mt5.generate(**read, max_new_tokens=longest, do_sample=False, num_beams=1)
        return ids[:, 1:].tolist()  # the first is the decoder's start


def _give_output_layer(mt5: MT5ForConditionalGeneration, vocabulary: int, known: Tensor | None = None) -> None:
    """A last layer of its own, as mT5 has it, where transformers shares the embedding's; `known` are its first rows."""
    width = mt5.config.d_model
    mt5.lm_head = nn.Linear(width, vocabulary, bias=False)
    nn.init.normal_(mt5.lm_head.weight, std=width**-0.5)  # logits of about 1: nothing scales them down later
    if known is not None:
        rows = min(vocabulary, len(known))
        mt5.lm_head.weight.data[:rows] = known[:rows]
