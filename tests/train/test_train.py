"""Training on ink that nobody wrote, with the tiny network. Skipped without PyTorch: see `make train-env`."""

import io
import json
import sys
import zipfile

import numpy as np
import pytest
from PIL import Image, ImageDraw

torch = pytest.importorskip("torch", reason="training needs PyTorch: make train-env")

from inksight.evaluate.sets import is_held_out  # noqa: E402
from inksight.imaging.pictures import standardise  # noqa: E402
from inksight.recognition.tokens import (  # noqa: E402
    DERENDER,
    DERENDER_TEXT,
    DOWN,
    END,
    INK,
    MOVE,
    RECOGNIZE,
    RECOGNIZE_DERENDER,
    Vocabulary,
    path_points,
)
from inksight.writing.drawing import Drawing, end_to_end  # noqa: E402
from tests.synthetic import glyph, word, write_packed  # noqa: E402
from train import pack, pack_words, train  # noqa: E402
from train.data import (  # noqa: E402
    HEIGHT,
    NONE,
    InkBatches,
    PictureBatches,
    code_points,
    collate,
    device_standardise,
    encode,
    place,
)
from train.loss import losses, total  # noqa: E402
from train.model import NEVER, Config, InkModel, drawing_times  # noqa: E402
from train.muon import Muon, orthogonal, parted  # noqa: E402
from train.render import render  # noqa: E402
from train.stores import InkStore  # noqa: E402

ALPHABET = "abcdefghijklmnopqrstuvwxyz"
WORDS = ["ink", "jot", "abc", "quiz", "fjord", "lynx", "wimp", "hedge"]
TASKS = [DERENDER, DERENDER_TEXT, RECOGNIZE_DERENDER, RECOGNIZE]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A data folder as train/README.md describes it."""
    folder = tmp_path_factory.mktemp("ink")
    writers = ["first", "second", "examined", "watched"]
    for name in pack.SOURCES[:-1]:
        write_packed(folder / f"{name}.npz", [word(text, writer) for writer in writers for text in WORDS])
    fonts = [word(letter, font) for font in ("EMSToy", "Unlicensed") for letter in ALPHABET]
    write_packed(folder / "font_glyphs.npz", fonts)
    (folder / "unipen_split.json").write_text(json.dumps({"test": ["examined"], "val": ["watched"]}))
    (folder / "font_licences.json").write_text(json.dumps({"EMSToy": "under the OFL", "Unlicensed": ""}))
    return folder


@pytest.fixture(scope="module")
def packed(folder):
    """The file that train.pack makes of it."""
    samples = [s for s in map(pack._prepare, pack.read(folder)) if s]
    pack.write(samples, folder / "packed.npz")
    return folder / "packed.npz"


@pytest.fixture(scope="module")
def pictures(tmp_path_factory):
    """The file that train.pack_words makes of a zip of pictures, each word by a held-out writer and by another."""
    folder = tmp_path_factory.mktemp("words")
    writers = [next(f"{i}" for i in range(99) if is_held_out(f"{i}") == held) for held in (True, False)]
    with zipfile.ZipFile(folder / "toy_words.zip", "w") as archive:
        rows = []
        for i, text in enumerate(WORDS * 2):
            picture = Image.new("RGB", (80 * len(text), 150), "white")
            for stroke in word(text).strokes:
                ImageDraw.Draw(picture).line([(x / 10 + 5, y / 10 + 30) for x, y in stroke.tolist()], "black", 3)
            jpeg = io.BytesIO()
            picture.save(jpeg, "JPEG")
            archive.writestr(f"{i}.jpg", jpeg.getvalue())
            rows.append({"file": f"{i}.jpg", "text": text, "writer": writers[i // len(WORDS)]})
        archive.writestr("index.jsonl", "\n".join(map(json.dumps, rows)))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "argv", ["pack_words", str(folder), str(folder / "words.npz"), "--jobs", "1"])
        pack_words.main()
    return folder / "words.npz"


@pytest.fixture
def inks(packed):
    """A sample of each word, placed plainly."""
    store, rng = InkStore(packed, "train"), np.random.default_rng(0)
    found = {}
    while len(found) < len(WORDS):
        ink = place(store, rng, 448, augment=False)
        if ink and ink.text in WORDS:
            found[ink.text] = ink
    return [found[w] for w in WORDS]


def batch_of(inks, task, noise=0.0):
    vocabulary, rng = Vocabulary(), np.random.default_rng(0)
    codes = [encode(ink, task, vocabulary, rng, noise) for ink in inks]
    return collate(inks, codes, [vocabulary.encode(ink.text) for ink in inks])


def paths(drawing):
    """What tokens.path_points says of each stroke."""
    cuts = np.cumsum(drawing.count)[:-1]
    pairs = zip(np.split(drawing.xy, cuts), np.split(drawing.rank, cuts), strict=True)
    return [path_points(c, significances=r) for c, r in pairs]


class TestPack:
    def test_leaves_out_test_writers_and_fonts_without_a_licence(self, folder, packed):
        writers = {a[1] for a in pack.read(folder)}
        assert writers == {"first", "second", "watched", "EMSToy"}
        assert set(InkStore(packed, "train").writers) == writers

    def test_splits_are_disjoint(self, packed):
        for split, expected in (("train", {"first", "second"}), ("val", {"watched"})):
            store = InkStore(packed, split)
            ids = np.concatenate([ids for ids, _ in store.pools.values()])
            assert set(store.writers[ids]) == expected

    def test_ink_is_one_high_and_its_ends_are_kept(self):
        sample = pack.prepare("jot", "w", 0, "train", word("jot").strokes, 0.0)
        assert np.ptp(np.concatenate(sample.strokes)[:, 1]) == pytest.approx(1, abs=0.05)
        for points, rank in zip(sample.strokes, sample.ranks, strict=True):
            assert len(points) == len(rank)
            assert np.isinf(rank[[0, -1]]).all()

    def test_what_is_packed_comes_back(self, folder, packed):
        samples = [s for s in map(pack._prepare, pack.read(folder)) if s]
        data = pack.load(packed)
        points = np.concatenate([c for s in samples for c in s.strokes])
        ranks = np.concatenate([r for s in samples for r in s.ranks])
        assert np.abs(data["xy"] / pack.UNIT - points).max() <= 0.51 / pack.UNIT
        found = pack.RANKS[data["rank"]]
        assert (np.isinf(found) == np.isinf(ranks)).all()
        tells = np.isfinite(ranks) & (ranks > 0.004)
        assert (np.abs(found[tells] / ranks[tells] - 1) < 0.03).all()

    @pytest.mark.parametrize(("text", "strokes"), [("a", []), (" ", glyph("a"))])
    def test_leaves_out_what_cannot_be_used(self, text, strokes):
        assert pack.prepare(text, "w", 0, "train", strokes, 0.0) is None


class TestPictures:
    def test_held_out_writers_are_left_out(self, pictures):
        with np.load(pictures) as file:
            assert sorted(str(file["text"]).split("\n")) == sorted(WORDS)
            texts, widths, pixels = pack_words.pictures_of(pictures)
            assert texts == str(file["text"]).split("\n")
            assert (pixels.shape, pixels.dtype) == ((HEIGHT, widths.sum()), np.uint8)

    def test_pictures_come_back_in_strips(self, tmp_path, monkeypatch):
        monkeypatch.setattr(pack_words, "STRIP", 200)
        made = [(f"word {k}", np.full((HEIGHT, 64 + 32 * k), 40 * k, np.uint8)) for k in range(4)]
        pack_words.write(made[::-1], tmp_path / "strips.npz")
        texts, widths, pixels = pack_words.pictures_of(tmp_path / "strips.npz")
        assert (texts, widths.tolist()) == ([t for t, _ in made], [p.shape[1] for _, p in made])
        for (_, picture), end, width in zip(made, np.cumsum(widths), widths, strict=True):
            assert np.abs(pixels[:, end - width : end].astype(int) - picture).mean() < 8

    def test_batches_are_for_reading(self, pictures):
        batch, vocabulary = next(iter(PictureBatches(pictures, 4))), Vocabulary()
        assert batch["picture"].shape == (4, 1, HEIGHT, int(batch["width"]))
        assert (batch["ids"][:, 0] == RECOGNIZE).all()
        assert {vocabulary.decode(row.tolist()) for row in batch["letters"]} < set(WORDS)
        assert ((batch["picture"] > 0.5).float().mean(dim=(1, 2, 3)) > 0.01).all()


class TestDraw:
    def test_letters_of_a_font_are_joined_where_they_meet(self):
        letter = Drawing(np.array([[0.0, 0.0], [1.0, 0.0]]), np.full(2, np.inf), np.array([2]))
        near, far = letter.scaled(1, (1.05, 0.0)), letter.scaled(1, (3.0, 0.0))
        assert end_to_end([letter, near, far], 0.1).count.tolist() == [4, 2]
        assert end_to_end([letter, near, far]).count.tolist() == [2, 2, 2]

    def test_words_are_set_of_one_writers_characters(self, packed, monkeypatch):
        store = InkStore(packed, "train")
        store.hands = [{t: [i] for i, t in enumerate(store.texts) if t in WORDS} | {"a": [0]}]
        store.words = ["a"]
        text, drawing = store.set_word(np.random.default_rng(3))
        assert text
        assert len(drawing.xy) == drawing.count.sum() > 0


class TestEncode:
    def test_all_strokes_at_once_as_one_by_one(self, inks):
        for ink in inks:
            points, count = code_points(ink.drawing.scaled(3.0, (0.2, 0.3)))
            expected = paths(ink.drawing.scaled(3.0, (0.2, 0.3)))
            assert count.tolist() == [len(s) for s in expected]
            assert np.abs(points - np.concatenate(expected)).max() <= 1  # halves are rounded either way

    @pytest.mark.parametrize("task", [DERENDER, DERENDER_TEXT, RECOGNIZE_DERENDER])
    def test_following_the_targets_draws_the_path(self, inks, task):
        for ink in inks:
            code = encode(ink, task, Vocabulary(), np.random.default_rng(0), 0.0)
            expected = paths(ink.drawing)
            step = int(np.flatnonzero(code["ids"] == INK)[0])
            drawn = []
            while (code["start"][step] >= 0).all():
                drawn.append([code["start"][step].tolist()])
                step += 1
                assert (code["ids"][step], code["xy"][step].tolist()) == (DOWN, drawn[-1][-1])
                while code["lift"][step] == 0:
                    drawn[-1].append((code["xy"][step] + code["step"][step]).tolist())
                    assert (code["step"][step] == code["move"][step + 1]).all()
                    step += 1
                    assert (code["ids"][step], code["xy"][step].tolist()) == (MOVE, drawn[-1][-1])
                assert code["lift"][step] == 1
            assert step == len(code["ids"]) - 1
            assert code["start"][step].tolist() == [-1, -1]
            assert drawn == [s.tolist() for s in expected]

    def test_after_a_slip_the_target_comes_back_to_the_path(self, inks):
        code = encode(inks[3], DERENDER, Vocabulary(), np.random.default_rng(0), 0.5)
        points = np.concatenate(paths(inks[3].drawing))
        seen, h = code["xy"][2:], 2
        assert (seen != points).any()
        moving = np.flatnonzero(code["step"][h:, 0] != NONE)
        assert (seen[moving] + code["step"][h:][moving] == points[moving + 1]).all()

    @pytest.mark.parametrize("task", TASKS)
    def test_text_is_told_asked_or_left_out(self, inks, task):
        vocabulary = Vocabulary()
        code = encode(inks[0], task, vocabulary, np.random.default_rng(0), 0.0)
        letters = vocabulary.encode("ink")
        given = [i for i in code["ids"][1:4].tolist() if i in letters]
        asked = code["text"][code["text"] != NONE].tolist()
        expected = {
            DERENDER: ([], []),
            DERENDER_TEXT: (letters, []),
            RECOGNIZE_DERENDER: (letters, [*letters, INK]),
            RECOGNIZE: (letters, [*letters, END]),
        }
        assert code["ids"][0] == task
        assert (given, asked) == expected[task]


class TestRender:
    def test_ink_is_drawn_where_the_strokes_are(self, inks):
        batch = batch_of(inks, DERENDER)
        picture = render(batch, augment=False)[:, 0].numpy()
        assert picture.shape == (len(inks), HEIGHT, int(batch["width"]))
        for row, ink in zip(picture, inks, strict=True):
            points = np.floor(ink.drawing.xy).astype(int)
            on = np.zeros(row.shape, bool)
            on[points[:, 1], points[:, 0]] = True
            near = on.copy()
            for dy in range(-3, 4):
                for dx in range(-3, 4):
                    near |= np.roll(on, (dy, dx), (0, 1))
            assert row[on].mean() > 0.9
            assert np.abs(row[~near]).max() < 0.01

    def test_augmented_pictures_differ_and_stay_in_range(self, inks):
        batch = batch_of(inks, DERENDER)
        torch.manual_seed(0)
        first, second = render(batch), render(batch)
        assert torch.isfinite(first).all()
        assert first.min() >= -0.5
        assert first.max() <= 1.5
        assert (first - second).abs().mean() > 0.03

    def test_standardising_agrees_with_the_package(self):
        rng = np.random.default_rng(0)
        canvases = rng.random((5, HEIGHT, 96)).astype(np.float32) ** 4
        canvases[1] *= 0.1
        canvases[2] = 0
        ours = device_standardise(torch.from_numpy(canvases[:, None]))[:, 0].numpy()
        theirs = np.stack([standardise(c) for c in canvases])
        assert ours == pytest.approx(theirs, abs=1e-4)


class TestModel:
    @pytest.fixture
    def model(self):
        torch.manual_seed(0)
        return InkModel(Config.of("tiny"))

    def test_a_step_knows_nothing_of_the_future(self, model, inks):
        model.eval()
        batch = batch_of(inks[:2], RECOGNIZE_DERENDER)
        picture, at = render(batch, augment=False), 12
        other = {k: v.clone() for k, v in batch.items()}
        other["xy"][:, at:] = 40
        other["move"][:, at:] = 3
        other["ids"][:, at:] = DOWN
        states = []
        with torch.no_grad():
            encoded = model.encoder(picture)
            for b in (batch, other):
                drawn_at = drawing_times(b["ids"], b["xy"], b["move"], encoded[3].shape[-1])
                states.append(model.decode(b, encoded, drawn_at))
        assert torch.allclose(states[0][:, :at], states[1][:, :at], atol=1e-5)
        assert not torch.allclose(states[0][:, at:], states[1][:, at:], atol=1e-2)

    def test_cells_are_drawn_when_the_pen_gets_there(self):
        ids = torch.tensor([[DERENDER, INK, DOWN, MOVE, DOWN]])
        xy = torch.tensor([[[0, 0], [0, 0], [2, 2], [14, 2], [2, 10]]])
        move = torch.tensor([[[0, 0], [0, 0], [0, 0], [12, 0], [0, 0]]])
        times = drawing_times(ids, xy, move, per_row=4).view(HEIGHT // 4, 4)
        assert times[0].tolist() == [2, 3, 3, 3]
        assert times[2].tolist() == [4, NEVER, NEVER, NEVER]
        assert (times != NEVER).sum() == 5

    def test_overfits_a_handful_of_words(self, model, inks):
        batch = batch_of(inks[:4], RECOGNIZE_DERENDER)
        picture = render(batch, augment=False)
        optimizer = torch.optim.AdamW(model.parameters(), lr=5e-3)
        history = []
        for _ in range(60):
            loss = total(losses(model, batch, picture))
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            history.append(loss.item())
        assert np.isfinite(history).all()
        assert history[-1] < 0.5 * history[0]

    @pytest.mark.parametrize("task", TASKS)
    def test_every_task_has_a_loss_and_a_gradient(self, model, inks, task):
        batch = batch_of(inks[:2], task)
        total(losses(model, batch, render(batch))).backward()
        norms = [p.grad.norm().item() for p in model.parameters() if p.grad is not None]
        assert np.isfinite(norms).all()
        assert sum(norms) > 0


class TestMuon:
    def test_the_update_is_orthogonal(self):
        torch.manual_seed(0)
        for shape in ((3, 40, 100), (2, 100, 40)):
            values = torch.linalg.svdvals(orthogonal(torch.randn(shape)))
            assert values.min() > 0.5
            assert values.max() < 1.3

    def test_heads_and_embeddings_are_left_to_adam(self):
        model = InkModel(Config.of("tiny"))
        hidden, rest = parted(model)
        assert len(hidden) + len(rest) == len(list(model.parameters()))
        assert any(p is model.layers[0].own.q.weight for p in hidden)
        assert not any(p is w for p in hidden for w in (model.heads.dx.weight, model.embedding.kind.weight))

    def test_finds_the_least_squares(self):
        torch.manual_seed(0)
        weight = torch.nn.Parameter(torch.randn(32, 40))
        goal, seen = torch.randn(32, 40), torch.randn(40, 200)
        optimizer, history = Muon([weight], lr=0.3, weight_decay=0.0), []
        for k in range(150):
            optimizer.param_groups[0]["lr"] = 0.3 * (1 - k / 150)
            loss = ((weight - goal) @ seen).square().mean()
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            history.append(loss.item())
        assert history[-1] < 0.01 * history[0]


class TestTrain:
    @pytest.fixture
    def run(self, packed, tmp_path, monkeypatch):
        """Train for some steps; the saved state and the log's rows."""

        def run(steps, *more):
            flags = f"--ink {packed} --out {tmp_path} --size tiny --batch 4 --threads 1 --log-every 1 --check-every 2"
            monkeypatch.setattr(sys, "argv", ["train", *flags.split(), "--max-steps", str(steps), *more])
            train.main()
            rows = [json.loads(line) for line in (tmp_path / "log.jsonl").read_text().splitlines()]
            return torch.load(tmp_path / "state.pt", weights_only=True), rows

        return run

    def test_resumes_where_it_stopped(self, run):
        before, rows = run(3)
        assert (before["step"], [r["step"] for r in rows]) == (3, [1, 2, 3])
        assert "val_nats_per_point" in rows[1]
        after, rows = run(2)
        assert (after["step"], [r["step"] for r in rows]) == (5, [1, 2, 3, 4, 5])
        assert after["samples"] > before["samples"]
        same, _ = run(0)
        assert same["step"] == 5
        for part in ("model", "average"):
            assert all(torch.equal(same[part][k], v) for k, v in after[part].items())

    @pytest.mark.filterwarnings("error")
    def test_reads_real_pictures_beside_the_ink(self, run, pictures):
        state, rows = run(4, "--words", str(pictures), "--pictures", "0.5")
        assert state["step"] == 4
        assert all(r["ctc"] > 0 for r in rows)

    def test_steps_say_when_it_ends(self, run):
        state, rows = run(9, "--steps", "3", "--optimizer", "adamw")
        assert (state["step"], len(state["optimizers"])) == (3, 1)
        assert rows[-1]["lr"] < rows[0]["lr"] or len(rows) == 3

    def test_leaves_weights_and_their_config(self, run, tmp_path):
        run(1)
        config = Config.from_dict(json.loads((tmp_path / "config.json").read_text()))
        assert config == Config.of("tiny")
        InkModel(config).load_state_dict(train.weights.load(tmp_path / "model.safetensors"))
        assert not list(tmp_path.glob("*.tmp"))

    def test_batches_repeat_with_their_seed(self, packed):
        first, second, other = (next(iter(InkBatches(packed, 4, seed=s))) for s in (1, 1, 2))
        assert torch.equal(first["ids"], second["ids"])
        assert torch.equal(first["segments"], second["segments"])
        assert first["ids"].shape != other["ids"].shape or not torch.equal(first["ids"], other["ids"])
