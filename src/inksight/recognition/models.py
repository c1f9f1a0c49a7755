"""Run a model: pictures and steps in, numbers out. Knows nothing of strokes, pages or files of ink."""

from __future__ import annotations

from pathlib import Path

from ..errors import InputError

MODELS = Path(__file__).parent.parent / "models"
"""The folder of the shipped models."""
DEFAULT_MODEL, OTHER_SCRIPTS = "words-v1", "scripts-v1"
"""The model for Latin letters, and the one that has learnt the others, too."""
PARTS = ("config.json", "encoder.onnx", "decoder.onnx")
"""The files without which a folder is no model of ours."""
SAVED_MODEL = "saved_model.pb"
"""The file that marks a folder as a TensorFlow SavedModel: the original's released weights."""


def shipped() -> list[str]:
    """The names of the models that come with the package and trace words, the default one first."""
    names = sorted(path.parent.name for path in MODELS.glob("*/encoder.onnx"))
    return sorted(names, key=lambda name: name != DEFAULT_MODEL)


def is_saved_model(model: str | Path) -> bool:
    """Whether this is the folder of a SavedModel."""
    return (Path(model) / SAVED_MODEL).is_file()


def model_folder(model: str | Path | None = None) -> Path:
    """The folder of a model: a shipped one by its name, any other by its path, or the default one.

    Raises InputError when it isn't there or lacks a file.
    """
    name = model or DEFAULT_MODEL
    folder = MODELS / str(name) if (MODELS / str(name)).is_dir() else Path(name)
    for part in PARTS:
        if not (folder / part).is_file():
            raise InputError(f"{folder}: not a model ({part} is missing); {_advice(folder)}")
    return folder


def located(model: str | Path | None = None) -> Path:
    """The folder of a model of ours or of a SavedModel: one absolute path, however the model is named.

    Raises InputError as `model_folder` does.
    """
    folder = Path(model) if model is not None and is_saved_model(model) else model_folder(model)
    return folder.resolve()


def _advice(folder: Path) -> str:
    """What to give instead."""
    if folder.suffix == ".zip" and folder.is_file():
        return "unpack it, and name the folder"
    inside = next(iter(sorted(folder.glob(f"*/{SAVED_MODEL}"))), None)
    if inside is not None:
        return f"name the folder in it, {inside.parent}"
    return f"give a model's folder or one of: {', '.join(shipped())}; inksight models tells more"
