"""The original's network with random weights: its shapes, its code, and that it learns. Skipped without PyTorch."""

import json
import sys

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="training needs PyTorch: make train-env")
pytest.importorskip("transformers", reason="the original's network needs transformers: make train-env")

from inksight.tokens import GRID, VOCABULARY_SIZE, decode_original, encode_original  # noqa: E402
from tests.synthetic import word, write_packed  # noqa: E402
from train import pack, train_original  # noqa: E402
from train.original import NONE, PATCHES, PROMPTS, Codec, OriginalModel, Parts  # noqa: E402
from train.original_data import (  # noqa: E402
    TASKS,
    SquareInk,
    SquarePictures,
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


def words_of(texts):
    rng = np.random.default_rng(0)
    return [place(t, [s / 1000 for s in word(t).strokes], rng, augment=False) for t in texts]


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


def test_nothing_is_read_behind_the_end(codec):
    ids = [*codec.encode("recognize", "né", []), codec.ink + 450, codec.ink + 1, codec.ink + 300]
    assert codec.decode(ids) == ("né", [])


# ------------------------------------------------------------------------------------------------------ pictures


def test_words_lie_on_the_square_as_they_are_drawn(codec):
    batch, words = batch_of(WORDS, "derender", codec), words_of(WORDS)
    drawn = pictures(batch, augment=False)
    assert drawn.shape == (len(WORDS), 3, GRID, GRID)
    for picture, w in zip(drawn[:, 0].numpy(), words, strict=True):
        points = np.concatenate(w.curves)
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


def overfit(texts, steps, rate, codec, batch_size):
    """Train the tiny preset on words; the share of them that it then writes without a single wrong token."""
    torch.manual_seed(0)
    torch.set_num_threads(1)
    model = OriginalModel(Parts("tiny"), len(codec))
    batch = batch_of(texts, "recognize-and-derender", codec)
    picture, chosen = pictures(batch, augment=False), np.random.default_rng(0)
    optimizer = train_original.optimizer(model, "adamw", rate)
    for step in range(steps):
        optimizer.param_groups[0]["lr"] = rate * min(1, (step + 1) / 20) * (1 - step / steps)
        rows = chosen.choice(len(texts), min(batch_size, len(texts)), replace=False)
        loss, _ = model(picture[rows], batch["prompt"][rows], batch["labels"][rows], codec.pad)
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
    written = model.eval().write(picture, batch["prompt"], codec.pad, longest=batch["labels"].shape[1])
    wanted = [row[row != NONE].tolist() for row in batch["labels"]]
    return np.mean([ids[: len(want)] == want for ids, want in zip(written, wanted, strict=True)])


def test_overfits_a_handful_of_words(codec):
    assert overfit(["ink", "jo"], 120, 5e-3, codec, 2) == 1


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
    np.savez(path, text="né\nsix", width=np.array([80, 96]), pixels=np.zeros((64, 176), np.uint8))
    return path


def test_batches_have_all_tasks(packed, real, codec):
    batch = next(iter(SquareInk(packed, codec, 32)))
    asked = {codec.text.decode(row, skip_special_tokens=True).partition(":")[0] for row in batch["prompt"]}
    assert asked == {PROMPTS[task].partition(":")[0] for task in TASKS}
    batch = next(iter(SquarePictures(real, codec, 8)))
    assert {codec.decode(row[row != NONE].tolist())[0] for row in batch["labels"]} == {"né", "six"}
    assert pictures(batch).shape == (8, 3, GRID, GRID)


@pytest.mark.parametrize("name", ["adafactor", "adamw"])
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
    assert (after["step"], after["samples"]) == (3, 6)
    changed = {k.partition(".")[0] for k, v in after["model"].items() if not torch.equal(v, before["model"][k])}
    assert changed == {"join", "mt5"}
    assert json.loads((tmp_path / "config.json").read_text())["preset"] == "tiny"
