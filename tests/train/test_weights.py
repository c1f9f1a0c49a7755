"""Weights in a small file. Skipped without PyTorch."""

from dataclasses import replace

import pytest

torch = pytest.importorskip("torch", reason="training needs PyTorch: make train-env")

from safetensors.torch import save_file  # noqa: E402

from inksight.alphabets import ALPHABET  # noqa: E402
from inksight.recognition.tokens import CHARACTERS, FIRST_CHARACTER, Vocabulary  # noqa: E402
from train import weights  # noqa: E402
from train.model import Config, InkModel  # noqa: E402


@pytest.fixture
def state():
    torch.manual_seed(0)
    return {
        "matrix": torch.randn(5, 40) * torch.tensor([1e-4, 1e-2, 1.0, 10.0, 0.0])[:, None],
        "bias": torch.randn(7),
        "kernel": torch.randn(3, 2, 3, 3),
        "count": torch.tensor(12),
    }


def test_rows_come_back_to_within_half_a_step(state, tmp_path):
    weights.save(state, tmp_path / "w.safetensors")
    found = weights.load(tmp_path / "w.safetensors")
    assert found.keys() == state.keys()
    step = state["matrix"].abs().amax(dim=1, keepdim=True) / 127
    assert bool(((found["matrix"] - state["matrix"]).abs() <= 0.501 * step).all())
    assert torch.allclose(found["bias"], state["bias"], rtol=1e-3)
    assert torch.allclose(found["kernel"], state["kernel"], rtol=1e-3, atol=1e-6)
    assert found["count"] == 12
    assert all(v.dtype == torch.float32 for k, v in found.items() if k != "count")


def test_saved_again_nothing_changes(state, tmp_path):
    weights.save(state, tmp_path / "a.safetensors")
    once = weights.load(tmp_path / "a.safetensors")
    weights.save(once, tmp_path / "b.safetensors")
    again = weights.load(tmp_path / "b.safetensors")
    assert all(torch.allclose(again[k], once[k], rtol=1e-6, atol=0) for k in once)


def test_a_matrix_takes_a_quarter_of_the_room(tmp_path):
    weights.save({"matrix": torch.randn(400, 400)}, tmp_path / "w.safetensors")
    assert (tmp_path / "w.safetensors").stat().st_size < 0.27 * 4 * 400 * 400


@pytest.mark.parametrize("kind", [torch.float16, torch.float32])
def test_older_files_are_read(kind, tmp_path):
    save_file({"matrix": torch.eye(3, dtype=kind)}, tmp_path / "w.safetensors")
    assert torch.equal(weights.load(tmp_path / "w.safetensors")["matrix"], torch.eye(3))


def test_the_mean_lies_between(state, tmp_path):
    paths = [tmp_path / f"{name}.safetensors" for name in "abc"]
    for k, path in enumerate(paths):
        save_file({n: v * (k + 1) for n, v in state.items()}, path)
    mean = weights.mean(paths)
    assert torch.allclose(mean["kernel"], 2 * state["kernel"])
    assert mean["count"] == 12
    assert all(torch.equal(v, state[n]) for n, v in weights.mean(paths[:1]).items())


def test_other_networks_have_no_mean(tmp_path):
    paths = [tmp_path / "a.safetensors", tmp_path / "b.safetensors"]
    for size, path in enumerate(paths):
        save_file({"bias": torch.zeros(size + 1)}, path)
    with pytest.raises(ValueError, match=r"b\.safetensors: weights of another network"):
        weights.mean(paths)


class TestGrown:
    @pytest.fixture
    def small(self):
        torch.manual_seed(0)
        return InkModel(Config.of("tiny")).eval()

    @pytest.fixture
    def large(self, small):
        model = InkModel(replace(small.config, characters=ALPHABET)).eval()
        model.load_state_dict(weights.grown(small.state_dict(), CHARACTERS, ALPHABET))
        return model

    def test_what_was_known_is_read_as_before(self, small, large):
        picture = torch.rand(2, 1, 64, 96)
        with torch.no_grad():
            before, after = small.encoder(picture), large.encoder(picture)
        assert torch.equal(after[1][..., : before[1].shape[-1]], before[1])
        assert torch.equal(after[0], before[0])

    def test_a_new_letter_takes_after_its_plain_one_and_is_not_read_yet(self, large):
        plain, accented = Vocabulary(ALPHABET).encode("aạ")
        ctc = large.encoder.ctc
        assert torch.equal(ctc.weight[accented], ctc.weight[plain])
        assert ctc.bias[accented] == ctc.bias[plain] - weights.UNHEARD

    def test_an_alphabet_in_another_order_takes_its_rows_along(self, small):
        state = small.state_dict()
        turned = weights.grown(state, CHARACTERS, CHARACTERS[::-1])
        rows = state["heads.text.weight"]
        assert torch.equal(turned["heads.text.weight"][FIRST_CHARACTER:], rows[FIRST_CHARACTER:].flip(0))
        assert torch.equal(turned["heads.text.weight"][:FIRST_CHARACTER], rows[:FIRST_CHARACTER])

    def test_the_alphabet_stands_beside_the_weights(self, tmp_path):
        assert weights.characters(tmp_path / "model.safetensors") == CHARACTERS
        (tmp_path / "config.json").write_text('{"characters": "xyz"}')
        assert weights.characters(tmp_path / "model.safetensors") == "xyz"
