"""Run a model: pictures and steps in, numbers out. Knows nothing of strokes, pages or files of ink."""

from __future__ import annotations

from pathlib import Path

from ..errors import InputError

MODELS = Path(__file__).parent.parent / "models"
"""The folder of the shipped models."""
DEFAULT_MODEL = "words-v1"


def model_folder(model: str | Path | None = None) -> Path:
    """The folder of a model: a shipped one by its name, any other by its path, or the default one.

    Raises InputError when it isn't there or lacks a file.
    """
    name = model or DEFAULT_MODEL
    folder = MODELS / str(name) if (MODELS / str(name)).is_dir() else Path(name)
    for part in ("config.json", "encoder.onnx", "decoder.onnx"):
        if not (folder / part).is_file():
            shipped = ", ".join(sorted(p.parent.name for p in MODELS.glob("*/config.json")))
            raise InputError(f"{folder}: not a model ({part} is missing); give a model's folder or one of: {shipped}")
    return folder
