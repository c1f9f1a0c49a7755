"""Training on all scripts, with characters that nobody wrote and the tiny network. Skipped without PyTorch."""

import json
import string
import sys

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="training needs PyTorch: make train-env")

from inksight.alphabets import ALPHABET, IDEOGRAPH, script_of, spelled  # noqa: E402
from inksight.evaluate.sets import is_held_out_character, is_held_out_drawer  # noqa: E402
from inksight.formats.dataset import PackedInk  # noqa: E402
from inksight.recognition.tokens import DERENDER, RECOGNIZE, Vocabulary  # noqa: E402
from inksight.writing.hangul import INITIALS, VOWELS  # noqa: E402
from inksight.writing.rules import _STROKES, by_the_rules  # noqa: E402
from tests.synthetic import glyph, word, write_packed  # noqa: E402
from train import pack, pack_scripts, train  # noqa: E402
from train.data import InkBatches, collate, encode, place  # noqa: E402
from train.loss import losses  # noqa: E402
from train.model import Config, InkModel  # noqa: E402
from train.render import render  # noqa: E402
from train.scripts import ACCENTED, CYRILLIC, SHARES, Bank, Scripts  # noqa: E402
from train.stores import InkStore  # noqa: E402

HANZI = [chr(code) for code in range(0x4E00, 0x4E60)]
KANA = [chr(code) for code in range(0x3042, 0x3060, 2)] + list("アカサ")
DRAWN = {"Korean": INITIALS + VOWELS, "Greek": "αβγδεζ", "Japanese_(katakana)": "アカサ"}
GREEK, RUSSIAN = "αβγδεζηθικλμν", "абвгдежзик"


def sample(text, writer, source, strokes=None):
    return PackedInk(text, writer, source, strokes or glyph(text[0]), 700.0)


def bars(letter):
    """As many strokes as the letter of Hangul has, from the right to the left."""
    count = _STROKES.get(letter, 2)
    return [np.array([[900, 90 * i], [500, 90 * i + 5], [0, 90 * i]], np.int32) for i in range(count)]


@pytest.fixture(scope="module")
def scripts(tmp_path_factory):
    """A folder of the layout of DATA/scripts, packed."""
    folder = tmp_path_factory.mktemp("scripts")
    write = {
        "hanzi": [sample(c, "model", "hanzi-writer-data") for c in HANZI],
        "cjk_anim": [sample(c, "model", f"animCJK/{f}") for c in HANZI for f in ("svgsJa", "svgsZhHans", "svgsZhHant")],
        "kanjivg": [sample(c, "model", "kanjivg/") for c in HANZI + KANA] + [sample("一", "model", "kanjivg/Kaisho")],
        "kanjicanvas": [sample(c, "kanjicanvas", "kanjicanvas/kanji") for c in HANZI + KANA],
        "omniglot_scripts": [
            sample(c, f"omniglot/{d:02}", f"omniglot/{alphabet}", bars(c) if alphabet == "Korean" else None)
            for d in (1, 2, 3)
            for alphabet, letters in (
                ("Korean", INITIALS + VOWELS),
                ("Greek", GREEK),
                ("Japanese_(katakana)", "アカサ"),
            )
            for c in letters
        ],
        "lff_glyphs": [
            PackedInk(c, font, "font", [s - np.array([0, 1000], np.int32) for s in glyph(c)], 700.0)
            for font in ("lc_opengost-ar", "lc_opengost-br", "KST32B")
            for c in "x" + GREEK + RUSSIAN
        ],
        "maths": [sample(c, "mathnote", f"mathnote/{c}") for c in "x+=12α"],
        "formulas": [sample("\\frac{1}{2}", "mathnote", "mathnote/run_001 1:1")],
    }
    for name, samples in write.items():
        write_packed(folder / f"{name}.npz", samples)
    lists = {
        "zh": ["丁七", "万", "丈三"],
        "ja": ["三つ", "あか", "丁"],
        "ko": ["한국", "각", "나라"],
        "el": ["αβγ", "δελ"],
    }
    lists |= {language: ["việt", "đường", "abc"] for language in ACCENTED}
    lists |= {language: ["баба", "где"] for language in CYRILLIC}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pack_scripts, "word_lists", lambda: lists)
        patch.setattr(sys, "argv", ["pack_scripts", str(folder), str(folder / "scripts.npz")])
        pack_scripts.main()
    return folder / "scripts.npz"


@pytest.fixture(scope="module")
def ink(tmp_path_factory):
    """A file of train.pack: words and single letters of three writers."""
    folder = tmp_path_factory.mktemp("ink")
    writers = ["first", "second", "watched"]
    for name in pack.SOURCES[:-1]:
        texts = string.ascii_letters if name == "unipen_chars" else ["ink", "jot", "quiz"]
        write_packed(folder / f"{name}.npz", [word(text, writer) for writer in writers for text in texts])
    write_packed(folder / "font_glyphs.npz", [word(letter, "EMSToy") for letter in string.ascii_lowercase])
    (folder / "unipen_split.json").write_text(json.dumps({"test": [], "val": ["watched"]}))
    (folder / "font_licences.json").write_text(json.dumps({"EMSToy": "under the OFL"}))
    pack.write([s for s in map(pack._prepare, pack.read(folder)) if s], folder / "packed.npz")
    return folder / "packed.npz"


@pytest.fixture(scope="module")
def latin(ink):
    return InkStore(ink, "train")


class TestHeldOut:
    def test_training_and_validation_share_no_character_and_no_drawer(self, scripts):
        training, validation = Bank(scripts, "train"), Bank(scripts, "val")
        for bank, held in ((training, False), (validation, True)):
            shown = {c for name in ("hanzi", "kanjivg", "kanjicanvas") for c in bank.ideographs[name]}
            assert shown
            assert {is_held_out_character(c) for c in shown} == {held}
            assert {is_held_out_drawer(name.rpartition("/")[0]) for name in bank.drawers("")} == {held}

    def test_about_a_tenth_of_the_characters(self):
        held = sum(is_held_out_character(chr(code)) for code in range(0x4E00, 0x9FA6))
        assert 0.09 < held / 20902 < 0.11
        assert not any(map(is_held_out_character, "aあアαж"))

    def test_training_writes_no_held_out_syllable(self, scripts, latin):
        store, rng = Scripts(scripts, "train", latin, {"Korean": 1}), np.random.default_rng(0)
        texts = "".join(store.draw(rng)[0] for _ in range(150))
        assert len(set(texts)) > 50
        assert not any(map(is_held_out_character, texts))


class TestRules:
    def test_bars_are_turned_to_run_forwards(self):
        turned = by_the_rules("ㄷ", bars("ㄷ"), None)
        assert all(s[0, 0] < s[-1, 0] for s in turned)

    def test_a_letter_of_too_many_strokes_is_left_out(self):
        assert by_the_rules("ㄴ", bars("ㄷ"), None) is None

    def test_slips_are_left_out(self):
        slip = np.array([[5, 5], [6, 6]], np.int32)
        assert len(by_the_rules("ㄷ", [*bars("ㄷ"), slip], None)) == 2

    def test_kana_keep_the_order_and_directions_that_are_taught(self):
        taught = [np.array([[0, 0], [90, 0]], np.int32), np.array([[50, 0], [50, 90]], np.int32)]
        assert len(by_the_rules("ナ", taught, taught)) == 2
        assert by_the_rules("ナ", [taught[0], taught[1][::-1]], taught) is None
        assert by_the_rules("ナ", taught[:1], taught) is None


class TestScripts:
    @pytest.mark.parametrize(
        ("kind", "scripts_seen"),
        [
            ("Chinese", {"Han"}), ("Japanese", {"Han", "Kana"}), ("Korean", {"Hangul"}), ("accented", {"Latin"}),
            ("Cyrillic", {"Cyrillic"}), ("Greek", {"Greek"}), ("maths", {"", "Latin", "Greek"}),
            ("drawings", set()),
        ],
    )  # fmt: skip
    def test_every_kind_is_drawn_in_both_splits(self, scripts, latin, kind, scripts_seen):
        for split in ("train", "val"):
            store, rng = Scripts(scripts, split, latin, {kind: 1}), np.random.default_rng(0)
            words = [store.draw(rng) for _ in range(40)]
            assert {script_of(c) for text, _ in words for c in text} <= scripts_seen
            for text, drawing in words:
                assert len(drawing.xy) == len(drawing.rank) == drawing.count.sum()
                assert len(spelled(text, ALPHABET)) >= len(text)
                assert np.isfinite(drawing.xy).all()

    def test_the_shares_are_kept(self, scripts, latin):
        store, rng = Scripts(scripts, "train", latin), np.random.default_rng(0)
        texts = [store.draw(rng)[0] for _ in range(600)]
        latin_share = np.mean([bool(t) and all(c in string.ascii_letters for c in t) for t in texts])
        assert sum(SHARES.values()) == pytest.approx(1)
        assert abs(latin_share - SHARES["Latin"]) < 0.1

    def test_a_formula_is_derendered_whatever_the_task(self, scripts, latin):
        store, rng = Scripts(scripts, "train", latin, {"maths": 1}), np.random.default_rng(0)
        placed = [ink for _ in range(40) if (ink := place(store, rng, 448))]
        formula = next(ink for ink in placed if not ink.text)
        code = encode(formula, RECOGNIZE, Vocabulary(ALPHABET), rng, 0.0)
        assert code["ids"][0] == DERENDER
        assert len(code["ids"]) > 2

    def test_what_has_no_text_is_not_asked_for_one(self, scripts, latin):
        store, rng = Scripts(scripts, "train", latin, {"maths": 1}), np.random.default_rng(0)
        formulas = [ink for _ in range(40) if (ink := place(store, rng, 448)) and not ink.text][:2]
        vocabulary, model = Vocabulary(ALPHABET), InkModel(Config.of("tiny"))
        codes = [encode(ink, DERENDER, vocabulary, rng, 0.0) for ink in formulas]
        batch = collate(formulas, codes, [[], []])
        parts = losses(model, batch, render(batch))
        assert parts["ctc"] == 0
        assert parts["letters"] == 0
        assert parts["dx"] > 0

    def test_ideographs_are_labelled_as_such(self, ink, scripts):
        batches = iter(InkBatches(ink, 8, scripts=scripts, characters=ALPHABET))
        (ideograph,) = Vocabulary(ALPHABET).encode(IDEOGRAPH)
        assert any((next(batches)["letters"] == ideograph).any() for _ in range(12))


def test_trains_on_from_weights_of_a_smaller_alphabet(ink, scripts, tmp_path, monkeypatch):
    """Twenty steps; what comes out has all scripts, and a row of its own in the validation."""

    def run(out, *more):
        flags = f"--ink {ink} --out {out} --size tiny --batch 4 --threads 1 --log-every 5 --check-every 20"
        monkeypatch.setattr(sys, "argv", ["train", *flags.split(), *more])
        train.main()
        return json.loads((out / "config.json").read_text()), (out / "log.jsonl").read_text().splitlines()

    before, _ = run(tmp_path / "a", "--max-steps", "5")
    start = ("--start", str(tmp_path / "a" / "model.safetensors"))
    after, rows = run(tmp_path / "b", "--max-steps", "20", "--scripts", str(scripts), *start)
    assert before["characters"] != after["characters"] == ALPHABET
    last = json.loads(rows[-1])
    assert (last["step"], len(rows)) == (20, 4)
    assert all(np.isfinite(last[f"{name}_nats_per_point"]) for name in ("val", "scripts"))


def test_a_bar_by_itself_is_packed():
    flat = sample("ㅡ", "omniglot/01", "omniglot/Korean", [np.array([[0, 0], [900, 2]], np.int32)])
    (packed,) = pack_scripts.prepare([flat], pack_scripts.NAMES.index("omniglot_scripts"))
    assert np.ptp(packed.strokes[0][:, 0]) == pytest.approx(10)


def test_corners_are_bevelled_and_ends_kept():
    corner = np.array([[0.0, 0.0], [1.0, 0.0], [1.0, 1.0]])
    xy, counts = pack_scripts.rounded(np.concatenate([corner, corner[:2] + 5]), [3, 2], 0.1)
    assert counts.tolist() == [4, 2]
    assert xy == pytest.approx(np.array([[0, 0], [0.9, 0], [1, 0.1], [1, 1], [5, 5], [6, 5]]))
