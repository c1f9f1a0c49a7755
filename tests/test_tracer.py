"""Words traced with the shipped weights, and the fallbacks with a decoder that fails on purpose."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

import inksight
from inksight.centerline import skeleton
from inksight.errors import InputError
from inksight.imaging.crop import Crop
from inksight.imaging.pictures import open_image
from inksight.imaging.raster import coverage, spurious
from inksight.imaging.segmentation import pen_ink
from inksight.ink.curves import distance_to_polyline
from inksight.ink.frames import Affine
from inksight.recognition import calibration
from inksight.recognition import predict as module
from inksight.recognition.decoding import Decoded
from inksight.recognition.engine import Engine
from inksight.recognition.models import DEFAULT_MODEL, MODELS, OTHER_SCRIPTS, model_folder
from inksight.recognition.predict import Prediction, Predictor
from inksight.recognition.tracer import Hint, Tracer
from inksight.recognition.views import ROUNDS, Choice

EXAMPLES = Path(__file__).parent.parent / "examples"
WORD = EXAMPLES / "word.jpg"


@pytest.fixture(scope="module")
def tracer():
    return Tracer(Predictor())


@pytest.fixture(scope="module")
def crop():
    return Crop.of(pen_ink(open_image(WORD)))


def told(crop, word):
    """Coverage and spurious share of a word on its crop."""
    return coverage(crop.mask, word.strokes, crop.pen), spurious(crop.mask, word.strokes, crop.pen)


class Scripted:
    """A network whose answers, on the crop itself for a canvas, are known; `asked` are the modes and texts."""

    calibration = calibration.shipped()

    def __init__(self, answer, widest=99.0):
        self.answer, self.widest, self.asked = answer, widest, []

    def predict(self, crops, mode, texts):
        self.asked += [(mode, text) for text in texts or [None] * len(crops)]
        return [Prediction(self.answer(crop, mode), Affine()) for crop in crops]


class TestWithTheShippedWeights:
    @pytest.mark.parametrize("mode", ["derender", "derender-with-text", "recognize-and-derender"])
    def test_strokes_lie_on_the_ink(self, tracer, crop, mode):
        word = tracer.trace([crop], mode=mode, texts=["handwriting"])[0]
        covered, off = told(crop, word)
        assert covered > 0.93
        assert off < 0.05
        assert word.origin == mode

    def test_few_strokes_not_pieces(self, tracer, crop):
        assert 1 <= len(tracer.trace([crop])[0].strokes) <= 12

    def test_is_written_from_left_to_right(self, tracer, crop):
        x = np.concatenate([s.points[:, 0] for s in tracer.trace([crop])[0].strokes if s.length > 20])
        first, last = x[: len(x) // 4].mean(), x[-len(x) // 4 :].mean()
        assert last - first > 0.4 * np.ptp(x)

    def test_text_comes_with_the_modes_that_read_or_are_told(self, tracer, crop):
        assert tracer.trace([crop], mode="derender")[0].text == ""
        assert tracer.trace([crop], mode="derender-with-text", texts=["hello"])[0].text == "hello"
        read = tracer.trace([crop], mode="recognize-and-derender")[0]
        only_read = tracer.trace([crop], mode="recognize")[0]
        assert read.text == only_read.text != ""
        assert only_read.strokes == ()

    def test_picture_in_word_out(self):
        word = inksight.trace(WORD)
        width, height = open_image(WORD).shape[1::-1]
        assert 0 <= word.box[0] < word.box[2] <= width
        assert 0 <= word.box[1] < word.box[3] <= height
        assert 0 < word.confidence <= 1

    def test_sorts_of_input(self):
        pixels = open_image(WORD)
        from_path, from_bytes, from_array = inksight.trace_many([str(WORD), WORD.read_bytes(), pixels])
        assert from_path == from_bytes == from_array

    def test_light_on_dark_is_traced_alike(self, crop, tracer):
        pixels = open_image(WORD)
        dark = Crop.of(pen_ink(255 - pixels))
        covered, off = told(dark, tracer.trace([dark])[0])
        assert covered > 0.93
        assert off < 0.05

    def test_batches_do_not_change_the_result(self, tracer, crop):
        """Or hardly: 8-bit products are scaled by the greatest value in the batch, so single points may differ. Scales
        of each row's own would take six more operations for every product of a step, fixed ones need data at export.
        With 32-bit products nothing differs: tests/train/test_export.py."""
        narrow = crop.columns(0, crop.ink.shape[1] // 2)
        together = tracer.trace([crop, narrow, crop])
        alone = tracer.trace([crop])[0]
        assert together[0] == together[2]
        assert len(together[0].strokes) == len(alone.strokes)
        assert together[0].text == alone.text
        for a, b in zip(together[0].strokes, alone.strokes, strict=True):
            apart = [distance_to_polyline(p, q).mean() for p, q in ((a.points, b.points), (b.points, a.points))]
            assert max(apart) < 1

    def test_blank_is_an_empty_word(self, tracer):
        word = tracer.trace([Crop.of(np.zeros((50, 120), np.float32))])[0]
        assert (word.strokes, word.text, word.confidence) == ((), "", 0.0)
        assert word.box == (0, 0, 120, 50)

    def test_no_words_at_all(self, tracer):
        assert tracer.trace([]) == []

    def test_a_dot(self, tracer):
        dot = np.zeros((40, 40), np.float32)
        dot[18:22, 18:22] = 1
        word = tracer.trace([Crop.of(dot)], mode="derender")[0]
        assert len(word.strokes) >= 1
        assert np.hypot(*(word.strokes[0].points[0] - 20)) < 4


class TestArguments:
    def test_unknown_mode(self, tracer, crop):
        with pytest.raises(ValueError, match="unknown mode 'copy'; the modes are derender, "):
            tracer.trace([crop], mode="copy")

    def test_texts_that_do_not_match(self, tracer, crop):
        with pytest.raises(ValueError, match="2 texts for 1 inks"):
            tracer.trace([crop], texts=["a", "b"])


@pytest.mark.parametrize(
    ("heard", "sure", "own", "own_sure", "kept"),
    [
        ("hello", 0.9, "hallo", 0.5, "hello"),  # clearly surer
        ("hello", 0.9, "hallo", 0.7, "hallo"),  # not clearly
        ("hello", 0.3, "", 0.9, "hello"),  # nothing else was read
        ("hello", 1.0, "hallo", 0.99, "hello"),  # certain: somebody told it
        ("", 1.0, "hallo", 0.1, "hallo"),
        ("漢字", 0.6, "#", 0.9, "漢字"),  # only others read these
        ("漢", 0.6, "〓", 0.9, "漢"),  # and a single one where the model sees one
        ("一", 0.6, "-", 0.9, "-"),
        ("三平", 0.6, "밴드", 0.5, "밴드"),  # Korean looks Chinese to them
    ],
)
@pytest.mark.parametrize("mode", ["recognize", "recognize-and-derender"])
def test_the_surer_reading_is_kept(crop, mode, heard, sure, own, own_sure, kept):
    found = Decoded([], own, 0.9, own_sure, False, 0)
    tracer = Tracer(Scripted(lambda crop, mode: found))
    assert tracer.trace([crop], mode=mode, hints=[Hint(heard, sure)])[0].text == kept


def test_the_text_that_is_told_is_never_replaced(tracer, crop):
    words = tracer.trace([crop], mode="derender-with-text", texts=["hello"], hints=[Hint("hallo", 0.99)])
    assert words[0].text == "hello"


class TestOtherViews:
    @pytest.fixture
    def seen(self, monkeypatch):
        """What is decoded: (mode, text) of each canvas."""
        asked = []

        def decode(engine, canvases, mode, texts=None):
            asked.extend((mode, text) for text in texts or [None] * len(canvases))
            return real(engine, canvases, mode, texts)

        real = module.decode
        monkeypatch.setattr(module, "decode", decode)
        return asked

    @pytest.mark.parametrize("settled", [True, False])
    def test_a_word_in_doubt_is_looked_at_again(self, tracer, crop, seen, monkeypatch, settled):
        """Once, or if that doesn't settle it, from all sides."""
        monkeypatch.setattr(module, "consensus", lambda *_: Choice(1, settled))
        word = tracer.trace([crop])[0]
        read, *again = seen
        assert read == ("recognize-and-derender", None)
        assert again == [("derender-with-text", word.text)] * sum(map(len, ROUNDS[:1] if settled else ROUNDS))
        assert word.origin == "recognize-and-derender"
        covered, off = told(crop, word)
        assert covered > 0.93
        assert off < 0.05

    def test_the_surest_ink_comes_from_its_view(self, tracer, crop, monkeypatch):
        """Whichever view is chosen, its strokes lie on the ink, and the text is the first reading."""
        texts = set()
        for chosen in range(1 + sum(map(len, ROUNDS))):
            monkeypatch.setattr(module, "consensus", lambda inks, *_, n=chosen: Choice(min(n, len(inks) - 1), False))
            word = tracer.trace([crop])[0]
            covered, off = told(crop, word)
            assert covered > 0.93
            assert off < 0.05
            texts.add(word.text)
        assert len(texts) == 1

    def test_each_word_keeps_its_own_looks(self, tracer, crop, seen, monkeypatch):
        """Of two words one is settled at once; only the other is looked at again, and both get ink of their own."""
        wide = Crop.of(np.pad(crop.ink, ((0, 0), (40, 0))))
        real, asked = module.consensus, []

        def consensus(inks, *rest):
            asked.append(len(inks))
            choice = real(inks, *rest)
            return choice._replace(settled=len(asked) % 2 == 1)

        monkeypatch.setattr(module, "consensus", consensus)
        words = tracer.trace([crop, wide])
        assert asked == [2, 2, 5]
        assert len(seen) == 2 + 2 * len(ROUNDS[0]) + len(ROUNDS[1])
        for picture, word in zip((crop, wide), words, strict=True):
            assert told(picture, word)[0] > 0.93

    def test_fast_looks_once(self, crop, seen):
        word = inksight.trace(WORD, fast=True)
        assert len(seen) == 1
        assert told(crop, word)[0] > 0.93

    def test_what_is_only_read_is_looked_at_once(self, tracer, crop, seen):
        tracer.trace([crop], mode="recognize")
        assert len(seen) == 1

    def test_without_text_no_view_has_one(self, tracer, crop, seen):
        tracer.trace([crop], mode="derender")
        assert {mode for mode, _ in seen} == {"derender"}


def junk_but_in(good_modes, strokes):
    """A network that answers with junk in every mode but the good ones."""
    junk = [np.array([[1, 1], [2, 2]])]
    return Scripted(lambda crop, mode: Decoded(strokes if mode in good_modes else junk, "it", 0.9, 0.9, False, 0))


class TestFallbacks:
    @pytest.fixture
    def line(self):
        ink = np.zeros((60, 200), np.float32)
        ink[28:33, 20:180] = 1
        return Crop.of(ink)

    def test_another_mode_is_tried(self, line):
        word = Tracer(junk_but_in(["derender"], [np.array([[22, 30], [100, 30], [178, 30]])])).trace([line])[0]
        assert word.origin == "derender"
        assert word.text == "it"
        assert told(line, word)[0] > 0.93

    def test_the_skeleton_is_last(self, line):
        word = Tracer(junk_but_in([], [])).trace([line])[0]
        assert word.origin == "skeleton"
        assert word.text == "it"
        assert word.confidence <= 0.3
        assert told(line, word)[0] > 0.9


class TestWideWords:
    """Five times as wide as high each, for a network that takes them up to twice."""

    @pytest.fixture
    def wide(self):
        ink = np.zeros((40, 200), np.float32)
        for x in range(10, 190, 20):
            ink[5:35, x : x + 4] = 1
        return Crop.of(ink)

    @pytest.fixture
    def network(self):
        return Scripted(
            lambda crop, mode: Decoded([np.rint(s.points) for s in skeleton.trace(crop)], "x", 0.9, 0.5, False, 0), 2.0
        )

    def test_they_are_traced_in_parts_and_put_together(self, wide, network):
        narrow = wide.columns(0, 40)
        words = Tracer(network).trace([wide, narrow], texts=["three words long", "a"], mode="derender-with-text")
        assert len(network.asked) == 4
        assert "".join(text for _, text in network.asked).replace(" ", "") == "threewordslonga"
        assert [told(crop, word)[0] > 0.98 for crop, word in zip((wide, narrow), words, strict=True)] == [True, True]
        assert len(words[0].strokes) == 9

    def test_what_others_read_is_shared_out(self, wide, network):
        word = Tracer(network).trace([wide], hints=[Hint("abcdef", 0.95)])[0]
        assert word.text == "ab cd ef"
        assert [text for _, text in network.asked] == [None] * 3


class TestModels:
    def test_shipped_model_is_complete(self):
        folder = model_folder()
        assert folder == MODELS / DEFAULT_MODEL
        graphs = {"README.md", "config.json", "decoder.onnx", "encoder.onnx"}
        assert {p.name for p in folder.iterdir()} == graphs | {"language.npz"}
        assert {p.name for p in model_folder(OTHER_SCRIPTS).iterdir()} == graphs | {"model.safetensors"}
        assert sum(p.stat().st_size for p in MODELS.rglob("*.*")) <= 30e6

    def test_no_such_model(self, tmp_path):
        with pytest.raises(InputError, match=r"not a model \(config.json is missing\); .* one of: words-v1"):
            Engine(tmp_path)

    def test_another_version(self, tmp_path):
        for path in model_folder().glob("*.*"):
            shutil.copy(path, tmp_path)
        config = json.loads((tmp_path / "config.json").read_text()) | {"format": 99}
        (tmp_path / "config.json").write_text(json.dumps(config))
        with pytest.raises(InputError, match="another version of inksight"):
            Engine(tmp_path)

    def test_broken_graph(self, tmp_path):
        for path in model_folder().glob("*.*"):
            shutil.copy(path, tmp_path)
        (tmp_path / "decoder.onnx").write_bytes(b"nothing")
        with pytest.raises(InputError, match=r"decoder.onnx: ONNX Runtime can't load it"):
            Engine(tmp_path)

    def test_model_by_its_folder(self, crop, tmp_path):
        for path in model_folder().glob("*.*"):
            shutil.copy(path, tmp_path)
        assert Tracer(Predictor(tmp_path)).trace([crop]) == Tracer(Predictor()).trace([crop])
