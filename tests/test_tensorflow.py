"""A SavedModel with the released one's signature, made and run by the real TensorFlow; skipped where it is missing."""

import numpy as np
import pytest

tf = pytest.importorskip("tensorflow", reason="the released weights need TensorFlow: pip install -e '.[tensorflow]'")
pytest.importorskip("tensorflow_text", reason="the released weights need it: pip install -e '.[tensorflow]'")

import inksight  # noqa: E402
from inksight.errors import InputError  # noqa: E402
from inksight.ink.curves import distance_to_polyline  # noqa: E402
from inksight.options import TraceOptions  # noqa: E402
from inksight.original.input import fit_square, jpeg  # noqa: E402
from inksight.original.savedmodel import SavedModel  # noqa: E402
from inksight.pipeline import tracer  # noqa: E402
from inksight.recognition.tokens import from_text  # noqa: E402
from tests.columns import ids_of, wave  # noqa: E402


def answer(prompt, file):
    """tests.columns.Columns for one word, in TensorFlow."""
    grey = tf.reduce_mean(tf.cast(tf.io.decode_jpeg(file, channels=3), tf.float32), axis=2)
    dark = tf.cast(grey < 128, tf.float32)
    rows = tf.range(224, dtype=tf.float32)[:, None] + 0.5
    count = tf.reduce_sum(dark, axis=0)
    x = tf.where(count > 0)[:, 0]
    middle = tf.math.divide_no_nan(tf.reduce_sum(dark * rows, axis=0), count)
    y = tf.cast(tf.gather(middle, x), tf.int64)
    ids = tf.concat([[tf.constant(450, tf.int64)], tf.reshape(tf.stack([x, y + 225], axis=1), [-1])], 0)
    ink = tf.strings.reduce_join(tf.strings.join(["<ink_token_", tf.strings.as_string(ids), ">"]))
    reads = tf.strings.regex_full_match(prompt, r"Recognize and derender\.")
    return tf.strings.join(["<extra_id_0> ", tf.where(reads, "wave", ""), ink])


class StandIn(tf.Module):  # type: ignore[name-defined]
    @tf.function(
        input_signature=[
            tf.TensorSpec([None], tf.string, "input_text"),
            tf.TensorSpec([None, 1], tf.string, "image/encoded"),
        ]
    )
    def __call__(self, input_text, image):
        answers = tf.map_fn(lambda pair: answer(*pair), (input_text, image[:, 0]), fn_output_signature=tf.string)
        return {"output_0": answers[:, None]}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    path = tmp_path_factory.mktemp("small-p")
    model = StandIn()
    tf.saved_model.save(model, str(path), signatures={"serving_default": model.__call__})
    return path


def test_answers_as_its_authors_call_it(folder):
    squares = [fit_square(wave(300, height)[0])[0] for height in (120, 300)]
    answers = SavedModel(folder).write([jpeg(s) for s in squares], ["Recognize and derender.", "Derender the ink."])
    assert [a.partition("<ink")[0] for a in answers] == ["<extra_id_0> wave", "<extra_id_0> "]
    for square, text in zip(squares, answers, strict=True):
        found, wanted = np.array(from_text(text)), np.array(ids_of(square))
        assert abs(len(found) - len(wanted)) <= 4  # JPEG
        assert found[0] == 450


def test_traces_a_picture(folder):
    picture, curve = wave()
    word = inksight.trace(picture, model=folder)
    assert (word.text, word.origin) == ("wave", "recognize-and-derender")
    assert distance_to_polyline(word.strokes[0].points, curve).max() < 1.5
    assert inksight.trace(picture, model=str(folder), mode="derender-with-text", text="hi").text == "hi"
    published = tracer(TraceOptions(model=folder)).as_published([wave(300, 300)[0]])
    assert published[0].text == "wave"


def test_pages_take_it(folder):
    page = inksight.convert(wave()[0], model=folder, detector="none")
    assert page.text == "wave"


def test_a_damaged_file(folder, tmp_path):
    (tmp_path / "saved_model.pb").write_bytes((folder / "saved_model.pb").read_bytes()[:500])
    with pytest.raises(InputError, match="TensorFlow can't load it"):
        inksight.trace(wave()[0], model=tmp_path)


def test_what_is_no_jpeg(folder):
    with pytest.raises(InputError, match="the model failed"):
        SavedModel(folder).write([b"no picture"], ["Derender the ink."])
