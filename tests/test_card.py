"""bench/card.py: what it writes is what the reports say."""

import pytest

from bench import card
from inksight.recognition.models import OTHER_SCRIPTS

GOOD = {
    "ldtw": 1.0,
    "coverage": 0.99,
    "spurious": 0.0,
    "fallback": 0.0,
    "pen_lift_f1": 1.0,
    "direction_of_passes": 1.0,
}


def report(*words, mode="recognize-and-derender"):
    measures = {m for w in words for m in w}
    mean = {m: dict.fromkeys(("mean", "median", "p90"), sum(w[m] for w in words) / len(words)) for m in measures}
    return {
        "settings": {"words": len(words), "mode": mode},
        "summary": {"model": mean},
        "words": [{"text": f"w{k}", "writer": f"x{k % 2}"} for k in range(len(words))],
        "rows": {"model": list(words)},
    }


def test_parts_replace_what_stands_between_their_marks():
    page = "a\n<!-- begin test -->\nold\n<!-- end test -->\nb <!-- begin real --><!-- end real -->"
    once = card.filled(page, {"test": r"new \1 text", "real": "R"})
    assert once.startswith("a\n<!-- begin test -->\nnew \\1 text\n<!-- end test -->\nb")
    assert "old" not in once
    assert card.filled(once, {"test": r"new \1 text", "real": "R"}) == once


@pytest.mark.parametrize("page", ["", "<!-- begin test -->", "<!-- begin test --><!-- end test -->" * 2])
def test_a_card_without_its_marks_is_left_alone(page):
    with pytest.raises(ValueError, match="not once"):
        card.filled(page, {"test": ""})


def test_the_shipped_card_has_every_mark():
    page = (card.CARDS / card.DEFAULT_MODEL / "README.md").read_text("utf-8")
    names = ("test", "real", "modes", "targets", "failures")
    assert "NEW" in card.filled(page, dict.fromkeys(names, "NEW"))
    others = (card.CARDS / OTHER_SCRIPTS / "README.md").read_text("utf-8")
    assert "NEW" in card.filled(others, {"scripts": "NEW"})


def test_each_script_has_a_column():
    summary = {"ldtw": {"median": 2.5, "mean": 3.0, "p90": 6.0}}
    found = {"Greek": {"words": 4, "summary": summary}, "Korean": {"words": 3, "summary": summary}}
    text = card.by_script({"settings": {"fast": True}, "scripts": found})["scripts"]
    assert text.startswith("`inksight evaluate DATA --scripts --words 4 --fast`")
    assert [cell.strip() for cell in text.split("\n")[2].split("|")[2:-1]] == ["Greek", "Korean"]
    assert text.count("2.5") == 2


@pytest.mark.parametrize(
    ("change", "cause"),
    [
        ({}, "another order"),
        ({"direction_of_passes": 0.5}, "backwards"),
        ({"pen_lift_f1": 0.5}, "broken or joined elsewhere than"),
        ({"pen_lift_f1": 0.5, "direction_of_passes": 0.5}, "backwards in part"),
        ({"spurious": 0.2}, "invented"),
        ({"coverage": 0.5, "spurious": 0.2}, "missing"),
        ({"fallback": 1.0, "coverage": 0.5}, "skeleton"),
    ],
)
def test_causes(change, cause):
    first = card.failures(report(*[GOOD | change] * 3)).splitlines()[0]
    assert first.startswith("- 3 of 3: ")
    assert cause in first


def test_only_the_worst_words_are_blamed():
    many = [GOOD | {"ldtw": 50.0, "coverage": 0.1}] * card.WORST
    lines = card.failures(report(*many, *[GOOD] * 10)).splitlines()
    assert len(lines) == 2
    assert "missing" in lines[0]
    assert "50.0 %" in lines[1]


def test_targets_are_met_or_missed():
    words = {m: 1.0 for _, m, *_ in card.TARGETS}
    said = card.targets({"test": report(words), "real": report(words)})
    assert "| direction | over 0.95 | 1 | met |" in said
    assert "| CER | under 0.08 | 1 | **missed** |" in said


def test_modes_are_compared_on_the_same_words_by_what_they_do():
    told = report(GOOD | {"cer": 1.0}, mode="derender")
    reading = report(GOOD | {"cer": 0.1}, mode="recognize")
    rows = card.beside([report(GOOD | {"cer": 0.2}), told, reading]).splitlines()
    cells = {r.split("|")[1].strip(): [c.strip() for c in r.split("|")[2:-1]] for r in rows}
    assert cells["coverage"] == ["0.99", "0.99", ""]
    assert cells["CER"] == ["0.2", "", "0.1"]
    with pytest.raises(ValueError, match="same words"):
        card.beside([report(GOOD), report(GOOD, GOOD)])


def test_the_original_becomes_a_row():
    ours, theirs = report(GOOD, GOOD), report(GOOD | {"ldtw": 7.0})
    ours["rows"]["skeleton"], ours["summary"]["skeleton"] = ours["rows"]["model"], ours["summary"]["model"]
    table = card.whole(card.with_row(ours, "theirs", theirs))
    assert [c.strip() for c in table.splitlines()[0].split("|")[2:-1]] == ["model", "theirs", "skeleton"]
    assert [c.strip() for c in table.splitlines()[2].split("|")[2:-1]] == ["2", "1", "2"]
    assert [c.strip() for c in table.splitlines()[3].split("|")[2:-1]] == ["1", "7", "1"]


def test_a_row_of_other_words_is_refused():
    other = report(GOOD)
    other["words"][0]["text"] = "another"
    with pytest.raises(ValueError, match="not of the same words"):
        card.with_row(report(GOOD, GOOD), "theirs", other)
