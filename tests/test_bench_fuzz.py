"""A short run of the fuzzing harness, and that it sees what it looks for."""

import random

import pytest

from bench import fuzz
from inksight.errors import InputError


def test_no_broken_file_brings_a_traceback():
    assert fuzz.failures(fuzz.run(300, seed=1)) == []


def test_sound_files_are_read():
    assert {name: fuzz.attempt(k.open, k.seeds[0]) for name, k in fuzz.kinds().items()} == dict.fromkeys(
        fuzz.kinds(), "read"
    )


def test_mutations_are_the_same_for_the_same_seed():
    files = [fuzz.mutated(bytes(range(200)), b"other" * 40, random.Random(n)) for n in (1, 1, 2)]
    assert files[0] == files[1] != files[2]


def fail(error):
    def opened(_):
        raise error

    return opened


@pytest.mark.parametrize(
    ("error", "outcome"),
    [(InputError("a"), "refused"), (KeyError("a"), "KeyError at test_bench_fuzz.py:opened"), (MemoryError(), "over")],
)
def test_failures_are_seen(error, outcome):
    assert fuzz.attempt(fail(error), b"").startswith(outcome)


def test_a_resealed_png_is_the_same_unless_it_was_changed():
    (sound,) = fuzz.kinds()["png"].seeds
    assert fuzz.resealed(sound) == sound
    at = sound.index(b"IDAT") + 6
    spoiled = sound[:at] + bytes([sound[at] ^ 1]) + sound[at + 1 :]
    assert [len(fuzz.resealed(spoiled)), fuzz.resealed(spoiled)[:at]] == [len(sound), sound[:at]]
    assert fuzz.resealed(spoiled) != spoiled
