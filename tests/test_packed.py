import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from inksight.errors import InputError
from inksight.packed import PackedInk, read_packed

points = arrays(np.int32, st.tuples(st.integers(1, 8), st.just(2)), elements=st.integers(-4000, 4000))
label = st.text("abc é-9", min_size=1, max_size=5)
samples = st.lists(
    st.builds(PackedInk, label, label, label, st.lists(points, max_size=4), st.integers(0, 900).map(float)), max_size=5
)


def pack(samples):
    """The container's arrays, as a writer of the format makes them."""
    steps, lengths = [np.zeros((0, 2), np.int16)], []
    for sample in samples:
        start = np.zeros(2, np.int32)
        for stroke in sample.strokes:
            steps.append(np.diff(stroke, axis=0, prepend=start[None]).astype(np.int16))
            start = stroke[0]
            lengths.append(len(stroke))
    return {
        "xy": np.concatenate(steps),
        "stroke_len": np.array(lengths, np.int32),
        "nstrokes": np.array([len(s.strokes) for s in samples], np.int32),
        "text": np.array("\n".join(s.text for s in samples)),
        "writer": np.array("\n".join(s.writer for s in samples)),
        "src": np.array("\n".join(s.source for s in samples)),
        "ppi": np.array([s.advance for s in samples], np.float32),
        "meta": np.array("{}"),
    }


ONE = [PackedInk("a", "w", "s", [np.array([[5, 6], [7, 8]], np.int32), np.array([[1, 2]], np.int32)], 0.0)]


@given(samples)
def test_round_trip(tmp_path_factory, samples):
    path = tmp_path_factory.mktemp("packed") / "ink.npz"
    np.savez_compressed(path, **pack(samples))
    back = list(read_packed(path))
    assert [(s.text, s.writer, s.source, s.advance) for s in back] == [
        (s.text, s.writer, s.source, s.advance) for s in samples
    ]
    for ours, theirs in zip(back, samples, strict=True):
        assert [s.tolist() for s in ours.strokes] == [s.tolist() for s in theirs.strokes]
        assert all(s.dtype == np.int32 for s in ours.strokes)


def test_advance_is_optional(tmp_path):
    arrays = pack(ONE)
    del arrays["ppi"]
    np.savez(tmp_path / "ink.npz", **arrays)
    assert next(read_packed(tmp_path / "ink.npz")).advance == 0


def truncated(path):
    np.savez(path, **pack(ONE))
    path.write_bytes(path.read_bytes()[:-30])


def without_text(path):
    np.savez(path, **{k: v for k, v in pack(ONE).items() if k != "text"})


def with_labels_missing(path):
    np.savez(path, **(pack(ONE * 3) | {"text": np.array("a\nb")}))


def with_points_missing(path):
    np.savez(path, **(pack(ONE) | {"xy": np.zeros((1, 2), np.int16)}))


@pytest.mark.parametrize(
    "spoil",
    [
        lambda path: None,
        lambda path: path.write_bytes(b""),
        lambda path: path.write_text("not ink"),
        lambda path: np.save(path.open("wb"), np.zeros(3)),
        truncated,
        without_text,
        with_labels_missing,
        with_points_missing,
    ],
    ids=["missing", "empty", "text", "npy", "truncated", "without text", "labels missing", "points missing"],
)
def test_what_is_no_packed_ink_is_refused_in_one_line(tmp_path, spoil):
    path = tmp_path / "ink.npz"
    spoil(path)
    with pytest.raises(InputError) as caught:
        list(read_packed(path))
    message = str(caught.value)
    assert message.startswith(f"{path}: not a readable file of packed ink")
    assert "\n" not in message
