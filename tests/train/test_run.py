"""A training run of a network of one matrix: its schedule, its averages, and that it goes on where it stopped."""

import json
from itertools import islice

import pytest

torch = pytest.importorskip("torch", reason="training needs PyTorch: make train-env")

from safetensors.torch import load_file  # noqa: E402

from train.run import Run, learning_rate  # noqa: E402


def begun(folder, **more):
    torch.manual_seed(0)
    model = torch.nn.Linear(4, 2)
    return Run(folder, model, [torch.optim.AdamW(model.parameters())], **more)


def learnt(run, count, clip=1.0):
    """So many steps taken; the norms of their gradients."""
    seen = torch.ones(3, 4)
    return [float(run.learn(run.model(seen).square().sum(), 0.1, len(seen), clip)) for _ in run.steps(99, most=count)]


def test_the_rate_rises_and_falls():
    rates = [learning_rate(step, step / 100, 2.0, 10) for step in range(101)]
    assert rates[0] == pytest.approx(0.2, rel=0.01)
    assert max(rates) == rates[9]
    assert rates[-1] == pytest.approx(0.04)
    assert learning_rate(100, 1.5, 2.0, 10, last=0) == 0


def test_it_goes_on_where_it_stopped(tmp_path):
    whole, first = begun(tmp_path / "whole", decay=0.5), begun(tmp_path / "parts", decay=0.5, facts={"width": 4})
    learnt(whole, 5)
    learnt(first, 2)
    first.save()
    assert not list(first.folder.glob("*.tmp"))
    second = begun(tmp_path / "parts", decay=0.5)
    assert (second.step, second.samples) == (2, 6)
    assert second.seconds == first.seconds
    learnt(second, 3)
    assert torch.equal(second.model.weight, whole.model.weight)
    assert torch.equal(second.average.weight, whole.average.weight)
    assert json.loads((first.folder / "config.json").read_text()) == {"width": 4, "samples": 6, "minutes": 0.0}


def test_files_of_before_are_read(tmp_path):
    """These are the names in every state.pt that there is."""
    run = begun(tmp_path, decay=0.5)
    learnt(run, 2)
    run.save()
    state = torch.load(tmp_path / "state.pt", weights_only=True)
    assert set(state) == {"model", "average", "optimizers", "step", "samples", "seconds"}
    kept = load_file(tmp_path / "model.safetensors")
    assert all(torch.equal(kept[k], v) for k, v in state["average"].items())


def test_the_average_lags_behind(tmp_path):
    run = begun(tmp_path, decay=0.5)
    before = run.model.weight.detach().clone()
    learnt(run, 1)
    assert torch.allclose(run.average.weight, before.lerp(run.model.weight, 1 - 2 / 11))
    assert not run.average.training


def test_it_ends_with_its_steps(tmp_path):
    run = begun(tmp_path)
    loss = run.model.weight.sum
    progress = [(p, run.learn(loss(), 0.1, 1))[0] for p in run.steps(1e9, steps=4)]
    assert progress == pytest.approx([0, 0.25, 0.5, 0.75])
    assert run.average is None
    run.save()
    assert [p.name for p in tmp_path.iterdir()] == ["state.pt"]
    assert list(islice(begun(tmp_path).steps(1e9, steps=4), 1)) == []


def test_gradients_are_cut(tmp_path):
    moved = {}
    for clip in (1e-9, 1e9):
        run = begun(tmp_path)
        run.optimizers = [torch.optim.SGD(run.model.parameters())]
        before = run.model.weight.detach().clone()
        (norm,) = learnt(run, 1, clip)
        moved[clip] = float((run.model.weight - before).norm().detach())
        assert norm > 0.1
    assert moved[1e-9] < 1e-8 < moved[1e9]


def test_rows_have_the_counters_and_five_digits(tmp_path, capsys):
    run = begun(tmp_path)
    learnt(run, 2)
    run.log({"lr": 0.000012345678, "f1": {"ink": 0.5}})
    row = json.loads((tmp_path / "log.jsonl").read_text())
    assert row == json.loads(capsys.readouterr().out)
    assert row == {"step": 2, "samples": 6, "seconds": 0, "lr": 1.2346e-05, "f1": {"ink": 0.5}}
