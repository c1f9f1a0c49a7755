"""The weights that the original's authors released, a TensorFlow SavedModel: JPEGs and prompts in, its answers out.

TensorFlow is imported when such a model is loaded, and not before.
"""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from importlib import metadata
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import InputError, require

BATCH = 32
"""Pictures answered together where the signature leaves it open, as in the authors' notebook."""
FUSING = (2, 18)
"""From this version on, TensorFlow fuses matrix products on GPUs in a way that changes the released model's ink."""
UNFUSED = (
    "--xla_gpu_autotune_level=0 --xla_disable_hlo_passes=custom-kernel-fusion-rewriter,custom_kernel-fusion-autotuner"
)
"""XLA_FLAGS that keep it from that; read once, when TensorFlow starts."""


class SavedModel:
    """The `serving_default` signature of a SavedModel's folder.

    Raises InputError when TensorFlow is missing, or the folder is no such model.
    """

    def __init__(self, folder: str | Path) -> None:
        self.folder = Path(folder)
        self._tf = tf = _tensorflow()
        _start_tpu(tf)
        try:
            self._model = tf.saved_model.load(str(folder))  # kept: the signature doesn't keep its variables alive
        except Exception as error:  # of many kinds, from protobuf's to missing ops
            raise InputError(f"{folder}: TensorFlow can't load it ({_first_line(error)}); get it anew") from error
        self._signature: Any = dict(self._model.signatures).get("serving_default")
        inputs = self._signature.structured_input_signature[1] if self._signature is not None else {}
        # the picture's name is spelled image/encoded or image_encoded
        self._image = next(((name, spec) for name, spec in inputs.items() if "image" in name), None)
        self._text = next(((name, spec) for name, spec in inputs.items() if "text" in name), None)
        if self._image is None or self._text is None or len(inputs) != 2:
            raise InputError(f"{folder}: not the original's model, whose signature takes input_text and image/encoded")

    def write(self, pictures: Sequence[bytes], prompts: Sequence[str]) -> list[str]:
        """What the model writes for JPEG files and as many prompts. Raises InputError where it fails."""
        fixed = next((n for n in map(_batch, (self._image, self._text)) if n is not None), None)
        answers: list[str] = []
        for at in range(0, len(pictures), fixed or BATCH):
            last = min(at + (fixed or BATCH), len(pictures))
            rows = [*range(at, last)] + [last - 1] * (at + fixed - last if fixed else 0)
            answers += self._answer([pictures[i] for i in rows], [prompts[i].encode() for i in rows])[: last - at]
        return answers

    def _answer(self, pictures: list[bytes], prompts: list[bytes]) -> list[str]:
        fed = dict((self._fed(self._image, pictures, 2), self._fed(self._text, prompts, 1)))
        try:
            (found,) = self._signature(**fed).values()
        except self._tf.errors.OpError as error:
            hint = "it is the variant for TPUs; get the one for CPUs" if "TPU" in str(error) else "get it anew"
            raise InputError(f"{self.folder}: the model failed ({_first_line(error)}); {hint}") from error
        answers: NDArray[Any] = found.numpy()
        return [answer.decode("utf-8", "replace") for answer in answers.reshape(len(prompts), -1)[:, 0]]

    def _fed(self, taken: Any, values: list[bytes], usual: int) -> tuple[str, Any]:
        """An input's name, and the values as a tensor of its rank, or of the usual one."""
        name, spec = taken
        rank = usual if spec.shape.rank is None else spec.shape.rank
        shape = (len(values),) + (1,) * (rank - 1)
        return name, self._tf.constant(np.array(values, object).reshape(shape), self._tf.string)


def _batch(taken: Any) -> int | None:
    """How many samples an input takes at once; None for any number."""
    shape = taken[1].shape
    return shape[0] if shape.rank else None


def _tensorflow() -> Any:
    """The module, with what has to be set before its first import."""
    try:
        version = tuple(int(n) for n in re.findall(r"\d+", metadata.version("tensorflow"))[:2])
    except metadata.PackageNotFoundError:  # a build of another name
        version = FUSING
    if version >= FUSING:
        os.environ.setdefault("XLA_FLAGS", UNFUSED)
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    tf = require("tensorflow", "tensorflow", "the original's released model")
    require("tensorflow_text", "tensorflow", "the original's released model")  # its operations split the text
    return tf


def _start_tpu(tf: Any) -> None:
    """Make this machine's TPU ready, where it has one."""
    if tf.config.list_physical_devices("TPU"):
        resolver = tf.distribute.cluster_resolver.TPUClusterResolver(tpu="local")
        tf.config.experimental_connect_to_cluster(resolver)
        tf.tpu.experimental.initialize_tpu_system(resolver)


def _first_line(error: Exception) -> str:
    lines = str(error).strip().splitlines()
    return lines[0][:160] if lines else type(error).__name__
