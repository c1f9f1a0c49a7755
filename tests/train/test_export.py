"""The graphs against the network that they were made of, with the tiny network. Skipped without PyTorch."""

from dataclasses import asdict

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="training needs PyTorch: make train-env")

import onnx  # noqa: E402

from inksight.recognition.engine import CELL, Engine, Fed  # noqa: E402
from inksight.recognition.tokens import DERENDER, DOWN, INK, MAX_STEP, MOVE  # noqa: E402
from train import weights  # noqa: E402
from train.export import export  # noqa: E402
from train.model import Config, InkModel, drawing_times  # noqa: E402

IDS = [DERENDER, INK, DOWN, MOVE, MOVE, DOWN, MOVE]
MOVES = [(0, 0), (0, 0), (0, 0), (9, -3), (18, 4), (0, 0), (-5, 18)]
PENS = [(0, 0), (0, 0), (10, 20), (19, 17), (37, 21), (90, 3), (85, 21)]


@pytest.fixture(scope="module")
def model():
    torch.manual_seed(3)
    model = InkModel(Config.of("tiny")).eval()
    for p in model.parameters():  # scales and biases are 1 and 0 at first: nothing would tell if one were left out
        p.data += 0.1 * torch.randn_like(p)
    return model


@pytest.fixture(scope="module")
def folders(model, tmp_path_factory):
    """The model's folder in 8 bit and in 32."""
    folder = tmp_path_factory.mktemp("model")
    for name in ("small", "exact"):
        export(model.state_dict(), asdict(model.config), folder / name, quantize=name == "small")
    return folder


@pytest.fixture(scope="module")
def told(model):
    """What the network says of two pictures at once: states, and which cells are drawn at each step."""
    torch.manual_seed(4)
    picture = torch.rand(2, 1, 64, 96)
    batch = {
        "ids": torch.tensor([IDS, IDS]),
        "xy": torch.tensor([PENS, PENS]),
        "move": torch.tensor([MOVES, MOVES]),
    }
    with torch.no_grad():
        encoded = model.encoder(picture)
        times = drawing_times(batch["ids"], batch["xy"], batch["move"], 24)
        states = model.decode(batch, encoded, times)
        drawn = (times[:, None] <= torch.arange(len(IDS))[:, None]).float()
        return picture, batch, encoded, states, drawn


@torch.no_grad()
def expected(model, encoded, states, drawn):
    """The choices by the network's own heads, for all steps: text, lift, move, move_p, start, start_p, inside."""
    heads = model.heads
    dx_p, dx = heads.dx(states).softmax(-1).max(-1)
    dy_p, dy = heads.y_given_x(states, dx).softmax(-1).max(-1)
    start_p, start = heads.point(states, encoded[4], drawn).softmax(-1).max(-1)
    cell = start.clamp(max=drawn.shape[-1] - 1)
    inside = heads.offset(states, encoded[4][torch.arange(2)[:, None], cell]).argmax(-1)
    move = torch.stack([dx, dy], dim=-1) - MAX_STEP
    text, lift = heads.text(states).log_softmax(-1), heads.lift(states)[..., 0].sigmoid()
    return text, lift, move, dx_p * dy_p, start, start_p, inside


def test_steps_one_by_one_are_the_network_s(model, folders, told):
    picture, batch, encoded, states, drawn = told
    engine = Engine(folders / "exact")
    memory = engine.encode(picture[:, 0].numpy())
    assert np.allclose(memory.ctc, encoded[1].log_softmax(-1), atol=1e-4)
    decoder = engine.decoder(memory)
    wanted = expected(model, encoded, states, drawn)
    free = np.zeros((2, drawn.shape[-1] + 1), np.float32)
    for at in range(len(IDS)):
        found = decoder.step(Fed(*(batch[k][:, at].numpy() for k in ("ids", "xy", "move")), drawn[:, at].numpy(), free))
        decoder.advance()
        for name, mine, theirs in zip(found._fields, found, wanted, strict=True):
            assert np.allclose(mine, theirs[:, at], atol=2e-4), (at, name)


def test_canvases_of_any_width_are_decoded_together_as_alone(folders):
    engine = Engine(folders / "exact")
    rng = np.random.default_rng(6)
    pictures = [rng.random((64, w)).astype(np.float32) for w in (96, 160, 64, 96)]
    alone = [engine.decoder(engine.encode([p])) for p in pictures]
    together = engine.decoder(engine.encode(pictures))
    rows = [0, 1, 2, 3]
    for at in range(len(IDS)):
        if at == 3:
            rows = [3, 1]  # the others are done
            together.keep(np.array([3, 1]))
        found = together.step(fed(at, len(rows), together.cells))
        together.advance()
        for k, i in enumerate(rows):
            wanted = alone[i].step(fed(at, 1, alone[i].cells))
            alone[i].advance()
            for name in ("text", "lift", "move", "move_p", "start_p", "inside"):
                assert np.allclose(getattr(found, name)[k], getattr(wanted, name)[0], atol=2e-4), (at, i, name)
            row, column = divmod(int(wanted.start[0]), pictures[i].shape[1] // CELL)
            ends = wanted.start[0] == alone[i].cells
            assert found.start[k] == (together.cells if ends else row * (160 // CELL) + column)


def fed(at, count, cells):
    """The same step for so many samples; no cell is drawn, and strokes may begin anywhere."""
    places = [np.repeat([values[at]], count, axis=0) for values in (PENS, MOVES)]
    return Fed(np.full(count, IDS[at]), *places, *(np.zeros((count, cells + n), np.float32) for n in (0, 1)))


def test_eight_bits_choose_much_the_same(folders, told):
    picture, batch, _, _, drawn = told
    found = []
    for name in ("exact", "small"):
        engine = Engine(folders / name)
        decoder = engine.decoder(engine.encode(picture[:, 0].numpy()))
        free = np.zeros((2, drawn.shape[-1] + 1), np.float32)
        step = [batch[k][:, 0].numpy() for k in ("ids", "xy", "move")]
        found.append(decoder.step(Fed(*step, drawn[:, 0].numpy(), free)))
    for exact, small in zip(found[0].text, found[1].text, strict=True):
        assert np.corrcoef(exact, small)[0, 1] > 0.9


def test_what_the_pen_sees_stays_exact(folders):
    nodes = onnx.load(folders / "small" / "decoder.onnx").graph.node
    whole = [n.name for n in nodes if "/local/" in n.name and n.op_type in ("MatMul", "Gemm")]
    assert len(whole) == 1
    assert sum(n.op_type == "MatMulInteger" for n in nodes) > 8
    assert not any("/local/" in n.name and n.op_type == "MatMulInteger" for n in nodes)


def test_exported_again_from_its_own_folder(model, folders):
    """Nothing is lost by going on from the small file but what rounding takes."""
    state = weights.load(folders / "small" / "model.safetensors")
    for name, values in model.state_dict().items():
        assert torch.allclose(state[name], values, atol=float(values.abs().max()) / 200)
