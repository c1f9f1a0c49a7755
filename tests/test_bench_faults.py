"""The harness of faults: what it compares, and a fault of each kind that needs no luck."""

import pytest

from bench import faults


def test_it_sees_what_is_wrong():
    want = {"a": b"1", "b": b"2"}
    assert faults.compared(want, want) == []
    assert faults.compared({"b": b"3", ".inksight-x": b""}, want) == [
        "a is missing",
        ".inksight-x is left over",
        "b is another",
    ]


@pytest.mark.parametrize("fault", faults.FAULTS)
def test_faults_of_a_run_that_writes_at_once(fault, tmp_path, monkeypatch):
    """Stands in for the conversion, so that all faults are met in a moment; the pictures come back."""
    code = "from pathlib import Path; [Path('out', p.name).write_bytes(b'ink') for p in Path('in').iterdir()]"
    monkeypatch.setattr(faults.Place, "command", ("-c", code))
    place = faults.Place(tmp_path / "a", ())
    faults.pictures(place.folder / "in")
    (place.folder / "out").mkdir()
    want = {f"out/page{n}.png": b"ink" for n in range(faults.PAGES)}
    assert faults.trial(fault, place, 0.0, want).wrong == []


def test_the_report_names_what_was_wrong():
    trials = [faults.Trial("killed", 2, []), faults.Trial("disk_full", 0, ["a is missing"])]
    text = faults.report(trials, 5)
    assert "1 of 2 times" in text
    assert "| killed | 1 | 0 | 2 |" in text
    assert "- disk_full: a is missing" in text
