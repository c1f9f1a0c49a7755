import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from inksight.errors import InputError
from inksight.formats.dataset import PackedInk, read_packed
from tests.synthetic import write_packed

points = arrays(np.int32, st.tuples(st.integers(1, 8), st.just(2)), elements=st.integers(-4000, 4000))
label = st.text("abc é-9", min_size=1, max_size=5)
samples = st.lists(
    st.builds(PackedInk, label, label, label, st.lists(points, max_size=4), st.integers(0, 900).map(float)), max_size=5
)


ONE = [PackedInk("a", "w", "s", [np.array([[5, 6], [7, 8]], np.int32), np.array([[1, 2]], np.int32)], 0.0)]


@given(samples)
def test_round_trip(tmp_path_factory, samples):
    path = tmp_path_factory.mktemp("packed") / "ink.npz"
    write_packed(path, samples)
    back = list(read_packed(path))
    assert [(s.text, s.writer, s.source, s.advance) for s in back] == [
        (s.text, s.writer, s.source, s.advance) for s in samples
    ]
    for ours, theirs in zip(back, samples, strict=True):
        assert [s.tolist() for s in ours.strokes] == [s.tolist() for s in theirs.strokes]
        assert all(s.dtype == np.int32 for s in ours.strokes)


def rewrite(path, **changes):
    """A file of one sample with some arrays replaced, or (None) left out."""
    write_packed(path, ONE)
    with np.load(path) as archive:
        arrays = dict(archive) | changes
    np.savez(path, **{k: v for k, v in arrays.items() if v is not None})


def truncate(path):
    write_packed(path, ONE)
    path.write_bytes(path.read_bytes()[:-30])


def test_advance_is_optional(tmp_path):
    rewrite(tmp_path / "ink.npz", ppi=None)
    assert next(read_packed(tmp_path / "ink.npz")).advance == 0


@pytest.mark.parametrize(
    "spoil",
    [
        lambda path: None,
        lambda path: path.write_bytes(b""),
        lambda path: path.write_text("not ink"),
        lambda path: np.save(path.open("wb"), np.zeros(3)),
        truncate,
        lambda path: rewrite(path, text=None),
        lambda path: rewrite(path, nstrokes=np.array([1, 1])),
        lambda path: rewrite(path, xy=np.zeros((1, 2), np.int16)),
        lambda path: rewrite(path, nstrokes=np.array([1])),
    ],
    ids=["missing", "empty", "text", "npy", "truncated", "no labels", "few labels", "few points", "few strokes"],
)
def test_what_is_no_packed_ink_is_refused_in_one_line(tmp_path, spoil):
    path = tmp_path / "ink.npz"
    spoil(path)
    with pytest.raises(InputError) as caught:
        list(read_packed(path))
    message = str(caught.value)
    assert message.startswith(f"{path}: not a readable file of packed ink")
    assert "\n" not in message
