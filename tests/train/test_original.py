"""The original's network with random weights: its shapes, its code, and that it learns. Skipped without PyTorch."""

import json
import os
import sys
from dataclasses import asdict
from itertools import pairwise

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="training needs PyTorch: make train-env")
pytest.importorskip("transformers", reason="the original's network needs transformers: make train-env")

from bench.original import Checkpoint, tracing  # noqa: E402
from inksight.ink.curves import distance_to_polyline, significance, simplify  # noqa: E402
from inksight.original import released  # noqa: E402
from inksight.recognition.tokens import GRID, VOCABULARY_SIZE, decode_original, encode_original  # noqa: E402
from inksight.writing.drawing import Drawing  # noqa: E402
from tests.synthetic import word, write_packed  # noqa: E402
from train import pack, pack_words, train_original  # noqa: E402
from train.model import Config, InkModel  # noqa: E402
from train.original import NONE, PATCHES, PROMPTS, Codec, OriginalModel, Parts  # noqa: E402
from train.original_data import (  # noqa: E402
    DENSE,
    LONGEST,
    TASKS,
    TOLERANCE,
    USUAL,
    SquareInk,
    SquarePictures,
    alike,
    code,
    collate,
    pictures,
    place,
    squared,
)

LETTERS = "abcdefghijklmnopqrstuvwxyz"
WORDS = ["ink", "jot", "abc", "quiz"]


@pytest.fixture(scope="module")
def codec():
    return Codec()


@pytest.fixture
def model(codec):
    torch.manual_seed(0)
    return OriginalModel(Parts("tiny"), len(codec))


def drawing_of(curves):
    """Curves with their ranks."""
    return Drawing(
        np.concatenate(curves), np.concatenate(list(map(significance, curves))), np.array([*map(len, curves)])
    )


def words_of(texts):
    rng = np.random.default_rng(0)
    return [place(t, drawing_of([s / 1000 for s in word(t).strokes]), rng, augment=False) for t in texts]


def batch_of(texts, task, codec):
    words = words_of(texts)
    return collate(words, [code(w, task, codec) for w in words], codec)


def parameters(module):
    return sum(p.numel() for p in module.parameters())


# --------------------------------------------------------------------------------------------------------- shape


@pytest.mark.parametrize(
    ("preset", "vit", "width", "inner", "layers", "published"),
    [("small-p", 85.8, 768, 2048, 12, 340), ("large-i", 303.3, 1024, 2816, 24, 1000)],
)
def test_parameters_are_those_of_the_parts(preset, vit, width, inner, layers, published):
    """In millions. The published totals leave room for about 32,000 text tokens, not for mT5's 250,000."""
    vocabulary = 32_128 + VOCABULARY_SIZE
    with torch.device("meta"):
        model = OriginalModel(Parts(preset), vocabulary)
    text = 2 * vocabulary * width / 1e6
    body = layers * (12 * width**2 + 6 * width * inner) / 1e6  # three attentions and two gated layers
    assert parameters(model.vit) / 1e6 == pytest.approx(vit, abs=0.1)
    assert parameters(model.mt5) / 1e6 - text == pytest.approx(body, abs=0.2)
    assert parameters(model.join) == width * width + width
    assert parameters(model) / 1e6 == pytest.approx(published, rel=0.1)
    embeddings = model.mt5.shared.weight, model.mt5.encoder.embed_tokens.weight, model.mt5.decoder.embed_tokens.weight
    assert embeddings[0] is embeddings[1] is embeddings[2] is not model.mt5.lm_head.weight


@pytest.mark.parametrize(("preset", "size"), [("same-budget", "base"), ("same-budget-small", "small")])
def test_the_presets_for_comparison_are_as_large_as_ours(codec, preset, size):
    with torch.device("meta"):
        theirs = OriginalModel(Parts(preset), len(codec))
        ours = InkModel(Config.of(size))
    assert parameters(theirs) == pytest.approx(parameters(ours), rel=0.1)


@pytest.mark.parametrize("preset", ["tiny", "same-budget"])
def test_writes_what_the_loss_finds_likely(codec, preset):
    """With a cache and step by step, the same as all at once."""
    torch.manual_seed(0)
    model = OriginalModel(Parts(preset), len(codec)).eval()
    batch = batch_of(["ink", "jo"], "derender", codec)
    picture = pictures(batch, augment=False)
    written = torch.tensor(model.write(picture, batch["prompt"], codec.pad, longest=5))
    with torch.no_grad():
        logits = model(picture, batch["prompt"], written, codec.pad)[1]
    assert torch.equal(logits.argmax(dim=2), written)


def test_prompts_are_the_released_ones():
    assert {k: v for k, v in PROMPTS.items() if k != "recognize"} == {
        k: v for k, v in released.PROMPTS.items() if k != "recognize"
    }


def test_patches_and_prompt_are_read_together(model, codec):
    batch = batch_of(["ink", "jots"], "derender-with-text", codec)
    picture = pictures(batch, augment=False)
    read = model.read(picture, batch["prompt"], codec.pad)
    assert PATCHES == 196
    assert read["inputs_embeds"].shape == (2, PATCHES + batch["prompt"].shape[1], 64)
    lengths = [PATCHES + len(f"Derender the ink: {text}") + 1 for text in ("ink", "jots")]
    assert read["attention_mask"].sum(dim=1).tolist() == lengths
    loss, logits = model(picture, batch["prompt"], batch["labels"], codec.pad)
    assert logits.shape == (*batch["labels"].shape, 259 + VOCABULARY_SIZE)
    assert loss.item() < 1.5 * np.log(len(codec))


def test_a_frozen_vit_stays_as_it_is(model, codec):
    model.freeze_vit()
    batch = batch_of(WORDS[:2], "derender", codec)
    model(pictures(batch, augment=False), batch["prompt"], batch["labels"], codec.pad)[0].backward()
    assert all(p.grad is None for p in model.vit.parameters())
    assert model.join.weight.grad.abs().sum() > 0


def test_pretrained_parts_come_from_folders(model, codec, tmp_path):
    model.vit.save_pretrained(tmp_path / "vit")
    model.mt5.save_pretrained(tmp_path / "mt5")
    codec.text.save_pretrained(tmp_path / "text")
    torch.manual_seed(1)
    again = Codec(tmp_path / "text")
    other = OriginalModel(Parts("tiny", str(tmp_path / "vit"), str(tmp_path / "mt5")), len(again) + 9)
    assert len(again) == len(codec)
    assert again.encode("recognize", "é", []) == codec.encode("recognize", "é", [])
    for name in ("vit", "mt5"):
        theirs = getattr(other, name).state_dict()
        assert all(torch.equal(theirs[k][: len(v)], v) for k, v in getattr(model, name).state_dict().items())
    assert len(other.mt5.lm_head.weight) == len(other.mt5.shared.weight) == len(again) + 9


# ---------------------------------------------------------------------------------------------------------- code


@pytest.mark.parametrize("task", PROMPTS)
def test_what_is_asked_and_written(codec, task):
    (w,) = words_of(["jot"])
    prompt, label = code(w, task, codec)
    assert codec.text.decode(prompt, skip_special_tokens=True) == PROMPTS[task].format("jot")
    text, strokes = codec.decode(label)
    assert text == ("jot" if task.startswith("recognize") else "")
    expected = [] if task == "recognize" else decode_original(encode_original(w.coded))
    assert [s.tolist() for s in strokes] == [s.tolist() for s in expected]
    assert len(label) == w.tokens if task == "recognize-and-derender" else len(label) < w.tokens


def test_nothing_is_read_behind_the_end(codec):
    ids = [*codec.encode("recognize", "né", []), codec.ink + 450, codec.ink + 1, codec.ink + 300]
    assert codec.decode(ids) == ("né", [])


@pytest.mark.parametrize("size", [0.1, 1.0, 7.0])
def test_points_are_those_of_the_simplified_curves(size):
    """Ranks are kept through all scalings, so that nothing is simplified anew for each sample."""
    curves = [s / 1000 * size for s in word("quiz").strokes]
    (w,) = [place("quiz", drawing_of(curves), np.random.default_rng(0), augment=False)]
    scale = np.ptp(w.drawing.xy[:, 0]) / np.ptp(np.concatenate(curves)[:, 0])
    expected = [simplify(c * scale, TOLERANCE) for c in curves]
    assert [len(s) for s in w.coded] == [len(s) for s in expected]
    for got, want in zip(w.coded, expected, strict=True):
        assert np.allclose(got - got[0], want - want[0])


def test_curves_are_drawn_in_short_pieces():
    w = place("l", drawing_of([np.array([[0.0, 0], [0, 1]]), np.array([[0.5, 0.5]])]), np.random.default_rng(0))
    line, dot = np.split(w.drawing.xy, [w.drawing.count[0]])
    assert len(dot) == 1
    assert np.hypot(*np.diff(line, axis=0).T).max() <= DENSE + 1e-9
    assert distance_to_polyline(line, line[[0, -1]]).max() < 1e-9
    assert [len(s) for s in w.coded] == [2, 1]


# ------------------------------------------------------------------------------------------------------ pictures


def test_words_lie_on_the_square_as_they_are_drawn(codec):
    batch, words = batch_of(WORDS, "derender", codec), words_of(WORDS)
    drawn = pictures(batch, augment=False)
    assert drawn.shape == (len(WORDS), 3, GRID, GRID)
    for picture, w in zip(drawn[:, 0].numpy(), words, strict=True):
        points = w.drawing.xy
        left, top, right, bottom = w.crop
        assert (points >= (left, top)).all()
        assert (points <= (right, bottom)).all()
        assert max(right - left, bottom - top) == pytest.approx(GRID)
        x, y = np.floor(points).astype(int).T
        assert picture[y, x].mean() < -0.8  # ink is dark
        assert picture.mean() > 0.5
        coded = np.concatenate(w.coded)
        assert np.abs(coded[:, None] - points).max(axis=2).min(axis=1).max() < 1


def test_augmented_pictures_are_colored_and_padded(codec):
    torch.manual_seed(0)
    drawn = pictures(batch_of(["abcabc"] * 16, "derender", codec))
    assert drawn.min() >= -1
    assert drawn.max() <= 1
    assert (drawn[:, 0] - drawn[:, 2]).abs().mean() > 0.05
    assert set(drawn[:, 0, 0, 112].tolist()) == {-1.0, 1.0}


@pytest.mark.parametrize("shape", [(64, 200), (64, 30)])
def test_crops_keep_their_aspect(shape):
    picture = squared(torch.zeros(shape), 1.0)
    inked = (picture[0] < 0).nonzero()
    height, width = (inked.max(dim=0).values - inked.min(dim=0).values + 1).tolist()
    assert max(height, width) == GRID
    assert width / height == pytest.approx(shape[1] / shape[0], rel=0.02)
    assert (picture[0] < 0).sum() == height * width


# ------------------------------------------------------------------------------------------------------ training


def overfitted(texts, steps, rate, codec, batch_size):
    """The tiny preset, trained on words; and the share of them that it then writes without a single wrong token."""
    torch.manual_seed(0)
    torch.set_num_threads(1)
    model = OriginalModel(Parts("tiny"), len(codec))
    batch = batch_of(texts, "recognize-and-derender", codec)
    picture, chosen = pictures(batch, augment=False), np.random.default_rng(0)
    optimizers = train_original.optimizers(model, "muon", rate)
    for step in range(steps):
        rows = chosen.choice(len(texts), min(batch_size, len(texts)), replace=False)
        loss, _ = model(picture[rows], batch["prompt"][rows], batch["labels"][rows], codec.pad)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        for optimizer in optimizers:
            optimizer.param_groups[0]["lr"] = rate * min(1, (step + 1) / 20) * (1 - step / steps)
            optimizer.step()
            optimizer.zero_grad()
    written = model.eval().write(picture, batch["prompt"], codec.pad, longest=batch["labels"].shape[1])
    wanted = [row[row != NONE].tolist() for row in batch["labels"]]
    return model, np.mean([ids[: len(want)] == want for ids, want in zip(written, wanted, strict=True)])


def test_overfits_a_handful_of_words_and_traces_them(codec, tmp_path, monkeypatch):
    texts = ["ink", "jo"]
    model, share = overfitted(texts, 50, 1e-2, codec, 2)
    assert share == 1
    torch.save({"model": model.state_dict()}, tmp_path / "state.pt")
    (tmp_path / "config.json").write_text(json.dumps(asdict(Parts("tiny"))))
    drawn = pictures(batch_of(texts, "derender", codec), augment=False)
    photos = [((p.permute(1, 2, 0).numpy() + 1) * 127.5).round().astype(np.uint8) for p in drawn]
    monkeypatch.setattr(Checkpoint, "longest", 140)
    traced = tracing(Checkpoint(tmp_path), "recognize-and-derender", published=True)(photos, texts)
    assert [w.text for w in traced] == texts
    for found, w in zip(traced, words_of(texts), strict=True):
        assert len(found.strokes) == len(w.coded)
        points = np.concatenate([s.points for s in found.strokes])
        true = np.concatenate(w.coded)
        assert np.abs(points[:, None] - true).max(axis=2).min(axis=1).mean() < 2


@pytest.mark.skipif(not os.environ.get("INKSIGHT_SLOW_TESTS"), reason="takes minutes: INKSIGHT_SLOW_TESTS=1")
def test_overfits_fifty_words(codec):
    """Two letters each, so that the labels stay short."""
    texts = [a + b for a in "abcdefghij" for b in "klmno"]
    assert overfitted(texts, 400, 1e-2, codec, 10)[1] >= 0.95


@pytest.mark.parametrize(("name", "sizes"), [("adamw", [1]), ("adafactor", [1]), ("muon", [1, 1])])
def test_each_weight_has_one_optimizer(model, name, sizes):
    model.freeze_vit()
    groups = [o.param_groups for o in train_original.optimizers(model, name, 1e-3)]
    assert [len(g) for g in groups] == sizes
    held = [p for g in groups for group in g for p in group["params"]]
    assert len({id(p) for p in held}) == len(held) == sum(p.requires_grad for p in model.parameters())
    if name == "muon":
        (hidden,) = groups[0]
        assert all(p.ndim == 2 for p in hidden["params"])
        assert not {id(model.mt5.lm_head.weight), id(model.mt5.shared.weight)} & set(map(id, hidden["params"]))


@pytest.mark.parametrize("batch", [2, 16])
def test_words_of_like_length_come_together(batch):
    lengths = np.random.default_rng(0).integers(2, 1100, 200).tolist()
    groups = alike(lengths, batch)
    assert sorted(i for g in groups for i in g) == [i for i, n in enumerate(lengths) if n <= LONGEST]
    assert max(map(len, groups)) == batch
    for g in groups:
        assert len(g) == 1 or len(g) * max(lengths[i] for i in g) <= batch * USUAL
    spans = [(min(lengths[i] for i in g), max(lengths[i] for i in g)) for g in groups]
    assert all(a[1] <= b[0] for a, b in pairwise(spans))


@pytest.fixture(scope="module")
def packed(tmp_path_factory):
    """The file that train.pack makes of a data folder."""
    folder = tmp_path_factory.mktemp("ink")
    for name in pack.SOURCES[:-1]:
        write_packed(folder / f"{name}.npz", [word(text, writer) for writer in ("a", "watched") for text in WORDS])
    write_packed(folder / "font_glyphs.npz", [word(letter, "EMSToy") for letter in LETTERS])
    (folder / "unipen_split.json").write_text(json.dumps({"test": [], "val": ["watched"]}))
    (folder / "font_licences.json").write_text(json.dumps({"EMSToy": "under the OFL"}))
    pack.write([s for s in map(pack._prepare, pack.read(folder)) if s], folder / "packed.npz")
    return folder / "packed.npz"


@pytest.fixture(scope="module")
def real(tmp_path_factory):
    """A file as train.pack_words makes them."""
    path = tmp_path_factory.mktemp("words") / "words.npz"
    pack_words.write([("né", np.zeros((64, 80), np.uint8)), ("six", np.zeros((64, 96), np.uint8))], path)
    return path


def test_batches_have_all_tasks(packed, real, codec):
    some = [batch for batch, _ in zip(SquareInk(packed, codec, 8), range(8), strict=False)]
    assert all(1 <= len(batch["prompt"]) == len(batch["labels"]) == len(batch["crop"]) <= 8 for batch in some)
    prompts = [row for batch in some for row in batch["prompt"]]
    asked = {codec.text.decode(row, skip_special_tokens=True).partition(":")[0] for row in prompts}
    assert asked == {PROMPTS[task].partition(":")[0] for task in TASKS}
    batch = next(iter(SquarePictures(real, codec, 8)))
    assert {codec.decode(row[row != NONE].tolist())[0] for row in batch["labels"]} == {"né", "six"}
    assert pictures(batch).shape == (8, 3, GRID, GRID)


@pytest.mark.parametrize("name", ["adafactor", "muon"])
def test_trains_and_resumes(packed, real, tmp_path, monkeypatch, name):
    def run(steps):
        flags = f"--ink {packed} --words {real} --out {tmp_path} --preset tiny --batch 2 --threads 1 --log-every 1"
        more = f"--check-every 2 --freeze-vit --pictures 0.5 --optimizer {name} --steps {steps} --warmup 1"
        monkeypatch.setattr(sys, "argv", ["train_original", *flags.split(), *more.split()])
        train_original.main()
        rows = [json.loads(line) for line in (tmp_path / "log.jsonl").read_text().splitlines()]
        return torch.load(tmp_path / "state.pt", weights_only=True), rows

    before, rows = run(2)
    assert before["step"] == 2
    assert [r["step"] for r in rows] == [1, 2, 2]
    assert 0 < rows[-1]["val_loss"] < 20
    same, _ = run(2)
    assert all(torch.equal(same["model"][k], v) for k, v in before["model"].items())
    after, _ = run(3)
    assert after["step"] == 3
    assert before["samples"] < after["samples"] <= 6
    assert 0 < before["seconds"] < after["seconds"]
    changed = {k.partition(".")[0] for k, v in after["model"].items() if not torch.equal(v, before["model"][k])}
    assert changed == {"join", "mt5"}
    assert json.loads((tmp_path / "config.json").read_text())["preset"] == "tiny"
