"""Turn our InkML into Wacom's Universal Ink Model (.uim): strokes in their order, words and their text.

Wacom's library needs an old protobuf, which onnxruntime can't use, so it gets an environment of its own:

    python -m venv uim-env && uim-env/bin/pip install universal-ink-library
    inksight convert notes.jpg -o notes.inkml
    uim-env/bin/python examples/inkml_to_uim.py notes.inkml notes.uim
"""

import logging
import sys
from pathlib import Path

from uim.codec.parser.inkml import InkMLParser
from uim.codec.parser.uim import UIMParser
from uim.codec.writer.encoder.encoder_3_1_0 import UIMEncoder310
from uim.model.semantics.schema import SegmentationSchema


def main(source: str, target: str) -> None:
    """Write the model and read it back; widths and colors are the library's own."""
    logging.disable(logging.WARNING)  # one for each annotation that the model has no place for
    parser = InkMLParser()
    parser.register_value("textField", SegmentationSchema.HAS_CONTENT)
    Path(target).write_bytes(UIMEncoder310().encode(parser.parse(source)))
    ink = UIMParser().parse(target)
    words = sum(s.predicate == SegmentationSchema.HAS_CONTENT for s in ink.knowledge_graph.statements)
    print(f"{target}: {len(ink.strokes)} strokes, {words} words")


if __name__ == "__main__":
    main(*sys.argv[1:])
