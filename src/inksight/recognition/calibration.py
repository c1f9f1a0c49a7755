"""Numbers that were fitted to a model: "calibration" in its config.json. bench/calibrate.py fits them anew."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import InputError
from .models import DEFAULT_MODEL, MODELS

INK_WEIGHTS, TEXT_WEIGHTS = 4, 2


@dataclass(frozen=True)
class Calibration:
    """What weighs what, when a word is read and when its confidence is reckoned."""

    language: float
    """Of the language model's nats, beside those of the picture."""
    letter: float
    """Nats for each letter: long texts are else too dear."""
    decoder: float
    """Of the decoder's nats."""
    ink: tuple[float, ...]
    """Weights of nothing and of `confidence.ink_features`."""
    text: tuple[float, ...]
    """Weights of nothing and of `confidence.text_features`."""

    @classmethod
    def of(cls, numbers: Mapping[str, Any]) -> Calibration:
        """That of a config.json. Raises ValueError where a number is missing or isn't one."""
        try:
            language, letter, decoder = (float(numbers[name]) for name in ("language", "letter", "decoder"))
            ink, text = (tuple(map(float, numbers[name])) for name in ("ink", "text"))
        except (KeyError, TypeError) as error:
            raise ValueError(f"{error} in calibration") from error
        if (len(ink), len(text)) != (INK_WEIGHTS, TEXT_WEIGHTS) or not np.isfinite(
            [language, letter, decoder, *ink, *text]
        ).all():
            raise ValueError("numbers of another version")
        return cls(language, letter, decoder, ink, text)

    def as_config(self) -> dict[str, Any]:
        """As config.json holds it."""
        return {f.name: getattr(self, f.name) for f in fields(self)}


def read(folder: Path) -> Calibration:
    """The calibration of a model; of one that has none, that of the shipped one. Raises InputError for a broken one."""
    path = folder / "config.json"
    try:
        config = json.loads(path.read_text(encoding="utf-8"))
        if "calibration" not in config:
            config = json.loads((MODELS / DEFAULT_MODEL / "config.json").read_text(encoding="utf-8"))
        return Calibration.of(config["calibration"])
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise InputError(f"{path}: no usable calibration ({error}); fit it with python -m bench.calibrate") from error


def shipped() -> Calibration:
    """That of the shipped model."""
    return read(MODELS / DEFAULT_MODEL)
