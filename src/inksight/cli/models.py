"""`inksight models`: what can read and trace words, and where it is to be had."""

from __future__ import annotations

import json
from pathlib import Path

import click

RELEASED = """\
The original's weights (Google's InkSight, arXiv 2402.05804), which don't come with inksight
  Small-p       ViT-B/16 and mT5-base, about 340 million parameters; 0.5 GB to download, 0.7 GB unpacked
    CPU, GPU    https://huggingface.co/Derendering/InkSight-Small-p
                (hf download Derendering/InkSight-Small-p --local-dir small-p), or
                https://storage.googleapis.com/derendering_model/small-p-cpu.zip
    TPU         https://storage.googleapis.com/derendering_model/small-p-tpu.zip
    terms       tagged Apache-2.0; but its authors say "for research, non-commerical usecases only", as it was trained
                on research data sets. Take it as not for commercial use. It must not be used to forge handwriting.
    runs with   pip install 'inksight[tensorflow]'; TensorFlow 2.15 to 2.17 gives the ink that its authors saw
    time        minutes for each word on a CPU
  Small-i, Large-i were never released. Weights of the same shape can be trained: docs/original.md in the repository.
"""

TAKEN = """\
--model takes
  the name of a model that comes with inksight;
  a folder with config.json, encoder.onnx and decoder.onnx, as train/export.py writes it;
  a folder with saved_model.pb: the original's weights, unpacked.
"""


@click.command()
def models() -> None:
    """List the models: those that come with inksight, and the original's.

    \b
    Examples:
      inksight models
      inksight word crop.png --model small-p/        the original's weights, once they are there
    """
    from ..recognition.models import MODELS, shipped

    click.echo("Models that come with inksight; the first is used where --model is left out")
    for name in shipped():
        click.echo(f"  {name:<13} {_facts(MODELS / name)}")
        click.echo(f"                {MODELS / name}")
    click.echo("\n" + RELEASED)
    click.echo(TAKEN, nl=False)


def _facts(folder: Path) -> str:
    """What is worth knowing of a shipped model."""
    count = json.loads((folder / "config.json").read_text("utf-8")).get("parameters")
    parts = [f"{count / 1e6:.1f} million parameters"] if count else []
    used = sum(f.stat().st_size for f in folder.iterdir() if f.suffix in (".onnx", ".npz", ".json"))
    return ", ".join([*parts, f"{used / 1e6:.0f} MB", "Apache-2.0"])
