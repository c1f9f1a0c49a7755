"""A model's fitted numbers: where they come from, and how they are fitted."""

import json
from dataclasses import replace

import numpy as np
import pytest

from bench import calibrate
from inksight.errors import InputError
from inksight.recognition import calibration
from inksight.recognition.calibration import Calibration
from inksight.recognition.models import model_folder

SHIPPED = calibration.shipped()
NUMBERS = SHIPPED.as_config()


def config(folder, **changed):
    (folder / "config.json").write_text(json.dumps(changed))
    return folder


def test_the_shipped_numbers_are_those_of_its_config():
    assert json.loads((model_folder() / "config.json").read_text("utf-8"))["calibration"] == json.loads(
        json.dumps(NUMBERS)
    )


def test_a_model_without_its_own_has_the_shipped_one(tmp_path):
    assert calibration.read(config(tmp_path, format=1)) == SHIPPED
    own = replace(SHIPPED, language=0.25)
    assert calibration.read(config(tmp_path, calibration=own.as_config())) == own


@pytest.mark.parametrize(
    "broken",
    [None, [], {}, NUMBERS | {"language": "much"}, NUMBERS | {"ink": [1, 2]}, NUMBERS | {"text": [1, float("nan")]}],
)
def test_a_broken_one_is_refused(tmp_path, broken):
    with pytest.raises(InputError, match=r"config\.json: no usable calibration .*; fit it with"):
        calibration.read(config(tmp_path, calibration=broken))


def test_descent_finds_the_least_error():
    best = descended = Calibration(0.4, 0.9, 0.7, SHIPPED.ink, SHIPPED.text)

    def error(c):
        return (c.language - best.language) ** 2 + (c.letter - best.letter) ** 2 + 2 * (c.decoder - best.decoder) ** 2

    descended = calibrate.descend(error, SHIPPED)
    assert np.allclose([descended.language, descended.letter, descended.decoder], [0.4, 0.9, 0.7])


def test_what_is_fitted_is_written_into_the_config(tmp_path):
    fitted = replace(SHIPPED, decoder=0.75)
    calibrate.write(fitted, config(tmp_path, format=1, characters="äb") / "config.json")
    assert calibration.read(tmp_path) == fitted
    assert json.loads((tmp_path / "config.json").read_text("utf-8"))["characters"] == "äb"
