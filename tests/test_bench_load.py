"""The harness of load: it tells right answers from wrong ones, and a busy server from a broken one."""

import pytest

from bench import load

RIGHT = (200, b"ink")


def seen(answers, number, monkeypatch):
    given = iter(answers)

    def upload(*_):
        answer = next(given)
        if isinstance(answer, Exception):
            raise answer
        return answer

    monkeypatch.setattr(load, "upload", upload)
    monkeypatch.setattr(load.time, "sleep", lambda _: None)
    clients = load.Clients(0, [(b"picture", RIGHT)])
    clients.one(number)
    return dict(clients.seen), clients.wrong


@pytest.mark.parametrize(
    ("kind", "answers", "outcomes"),
    [
        ("usual", [RIGHT], ["right"]),
        ("slow", [(429, b""), (429, b""), RIGHT], ["busy", "right"]),
        ("leaves", [None], ["left"]),
        ("no picture", [(422, b"not a picture")], ["right"]),
    ],
)
def test_right_answers(kind, answers, outcomes, monkeypatch):
    found, wrong = seen(answers, load.KINDS.index(kind), monkeypatch)
    assert list(found) == [(kind, outcome) for outcome in outcomes]
    assert wrong == []


@pytest.mark.parametrize("answer", [(200, b"another"), (500, b"ink"), (422, b""), ConnectionResetError()])
def test_wrong_answers(answer, monkeypatch):
    assert len(seen([answer], 0, monkeypatch)[1]) == 1


def test_a_foolish_file_that_is_taken_is_wrong(monkeypatch):
    assert len(seen([RIGHT], load.KINDS.index("no picture"), monkeypatch)[1]) == 1
