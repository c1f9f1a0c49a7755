"""What the playground does to words and strokes, in node."""

import os
import subprocess
from pathlib import Path

from inksight.web import answers
from tests.programs import need


def test_edits():
    environment = os.environ | {"INKSIGHT_JS": str(answers.STATIC / "js")}
    command = [need("node"), "--test", str(Path(__file__).with_name("edits.mjs"))]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stdout[-4000:]
