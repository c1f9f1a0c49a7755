"""The human study: the agreement of raters, the page in Chromium, and the count of its answers."""

import base64
import json
import math
import re
import shutil

import numpy as np
import pytest
from click.testing import CliRunner
from PIL import Image
from playwright.sync_api import expect

from inksight import cli
from inksight.errors import InputError
from inksight.ink import Stroke, Word
from inksight.original import derenderings, study
from inksight.original.agreement import cohen, fleiss
from tests.pages import drawn, zigzag
from tests.programs import PATIENCE

# Fleiss' own example (1971, in the form in which textbooks have it): 10 subjects, 14 raters, 5 categories.
FLEISS = [
    [0, 0, 0, 0, 14],
    [0, 2, 6, 4, 2],
    [0, 0, 3, 5, 6],
    [0, 3, 9, 2, 0],
    [2, 2, 8, 1, 1],
    [7, 7, 0, 0, 0],
    [3, 2, 6, 3, 0],
    [2, 5, 3, 2, 2],
    [6, 5, 2, 1, 0],
    [0, 2, 2, 3, 7],
]


def pairs(table):
    """Two raters' answers out of a table of how often each pair of answers was given."""
    rows = [(a, b) for (a, b), n in table.items() for _ in range(n)]
    return [a for a, _ in rows], [b for _, b in rows]


# ----------------------------------------------------------------------------------------------------------- agreement


def test_fleiss_of_the_known_example():
    assert fleiss(FLEISS) == pytest.approx(0.210, abs=5e-4)


def test_cohen_of_known_examples():
    assert cohen(*pairs({("y", "y"): 20, ("y", "n"): 5, ("n", "y"): 10, ("n", "n"): 15})) == pytest.approx(0.4)
    assert cohen(*pairs({(1, 1): 45, (1, 2): 15, (2, 1): 25, (2, 2): 15})) == pytest.approx(0.1304, abs=5e-5)


def fleiss_of_two(a, b):
    return fleiss([[(x == k) + (y == k) for k in "abc"] for x, y in zip(a, b, strict=True)])


@pytest.mark.parametrize("kappa", [cohen, fleiss_of_two])
def test_full_and_no_agreement(kappa):
    assert kappa("abcab", "abcab") == pytest.approx(1)
    assert kappa("abab", "baba") == pytest.approx(-1)
    assert math.isnan(kappa("aaa", "aaa"))
    assert math.isnan(kappa("", ""))


def test_answers_by_chance_agree_by_nothing():
    rng = np.random.default_rng(0)
    a, b = rng.integers(0, 3, (2, 20_000)).tolist()
    assert abs(cohen(a, b)) < 0.03
    assert abs(fleiss([[(x == k) + (y == k) for k in range(3)] for x, y in zip(a, b, strict=True)])) < 0.03


def test_lone_answers_say_nothing_about_agreement():
    assert fleiss([*FLEISS, [1, 0, 0, 0, 0], [0, 0, 0, 0, 0]]) == pytest.approx(fleiss(FLEISS))


# ------------------------------------------------------------------------------------------------------------ the page


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Three pictures with inks of two models; one ink is empty."""
    folder = tmp_path_factory.mktemp("data")
    for k, name in enumerate("abc"):
        picture = drawn(zigzag(30, 20), size=(200, 100))
        ink = Word((Stroke(zigzag(30 + k, 20)), Stroke([[150, 80]])), "hi")
        derenderings.write(folder, "ours", "own", name, picture, {"derender": ink, "recognize-and-derender": ink})
        derenderings.write(folder, "skeleton", "own", name, picture, {"derender": ink if k else Word()})
    return folder


def run(*arguments):
    return CliRunner().invoke(cli.main, ["study", *map(str, arguments)])


def content(page):
    """What the page shows and asks about."""
    return json.loads(re.search(r"const study = (.*);\n", page.decode()).group(1))


def test_the_page_holds_everything_but_no_names(folder, tmp_path):
    result = run("make", folder, "-o", tmp_path / "s.html")
    assert result.exit_code == 0, result.output
    page = (tmp_path / "s.html").read_bytes()
    assert not re.search(rb"https?://(?!www.w3.org)|src=|ours|skeleton|vanilla", page)
    shown = content(page)
    assert len(shown["pairs"]) == 9
    assert sorted(p["picture"] for p in shown["pairs"]) == [0, 0, 0, 1, 1, 1, 2, 2, 2]
    assert [len(p["ink"]) for p in shown["pairs"]].count(0) == 1
    first = next(p["ink"] for p in shown["pairs"] if p["ink"])
    assert float(first[0][1:].split()[0]) == pytest.approx(30, abs=1)  # in the picture's own pixels
    assert len(json.loads(base64.b64decode(shown["key"]))) == 9


def test_what_people_traced_is_judged_too(folder, tmp_path):
    shutil.copytree(folder, tmp_path / "data")
    traced = {"a": {"strokes": [{"x": [30.0, 190.0], "y": [20.0, 90.0]}]}}  # on the square of 224, as it is published
    np.save(tmp_path / "data" / "human_tracing_hash_to_ink.npy", traced, allow_pickle=True)
    page = content(study.make(study.chosen(tmp_path / "data", mode="r+d")))
    key = json.loads(base64.b64decode(page["key"]))
    assert [origin for _, origin in key].count("human") == 1
    (path,) = page["pairs"][key.index(["own/a", "human"])]["ink"]
    numbers = [float(n) for n in re.findall(r"-?[\d.]+", path)]
    assert numbers == pytest.approx([30 / 1.12, (20 - 56) / 1.12, 190 / 1.12, (90 - 56) / 1.12], abs=0.06)


def test_a_study_is_the_same_again_and_another_with_another_seed(folder):
    examples = study.chosen(folder)
    assert study.make(examples, seed=1) == study.make(examples, seed=1)
    assert content(study.make(examples, seed=1))["id"] != content(study.make(examples, seed=2))["id"]


def test_what_to_show_can_be_chosen(folder):
    assert {o for e in study.chosen(folder, mode="r+d") for o in e.inks} == {("ours", "r+d")}
    assert [len(e.inks) for e in study.chosen(folder, models=["skeleton"], number=2)] == [1, 1]


def test_texts_cannot_end_the_script(folder):
    page = study.make(study.chosen(folder, number=1), title="</script><b>")
    assert page.count(b"</script>") == 1
    assert content(page)["title"] == "</script><b>"


def test_folders_that_cannot_be_shown(folder, tmp_path):
    assert run("make", tmp_path, "-o", tmp_path / "s.html").exit_code == 2
    (tmp_path / "x" / "images_sample").mkdir(parents=True)
    Image.new("RGB", (9, 9)).save(tmp_path / "x" / "images_sample" / "a.png")
    result = run("make", tmp_path, "-o", tmp_path / "s.html")
    assert result.exit_code == 2
    assert "none of the pictures has an ink" in result.output
    assert "is there twice" in run("make", folder, folder, "-o", tmp_path / "s.html").output
    assert "choose another place" in run("make", folder, "-o", tmp_path / "no" / "s.html").output


# ------------------------------------------------------------------------------------------------------- in the browser


@pytest.fixture
def tab(chromium, folder, tmp_path):
    """A tab with the study of one model and mode, which may have no error and ask nobody for anything."""
    (tmp_path / "s.html").write_bytes(study.make(study.chosen(folder, mode="vanilla"), title="A study"))
    context = chromium.new_context(accept_downloads=True, viewport={"width": 1000, "height": 900})
    page, errors = context.new_page(), []
    page.set_default_timeout(1000 * PATIENCE)
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("request", lambda r: errors.append(r.url) if not r.url.startswith(("file:", "data:", "blob:")) else None)
    page.goto((tmp_path / "s.html").as_uri())
    yield page
    context.close()
    assert errors == []


def begin(page, rater):
    page.fill("#rater", rater)
    page.click("text=Begin")


def saved(page, tmp_path):
    with page.expect_download() as download:
        page.click("#save")
    path = tmp_path / download.value.suggested_filename
    download.value.save_as(path)
    return path


def test_a_rater_answers_by_keys_and_buttons(tab, tmp_path):
    expect(tab).to_have_title("A study")
    begin(tab, "Ann B.")
    expect(tab.locator("#count")).to_have_text("1 of 6")
    expect(tab.locator("#picture image")).to_be_visible()
    expect(tab.locator("#next")).to_be_disabled()
    for key in ("1", "y", "Enter"):
        tab.keyboard.press(key)
    expect(tab.locator("#count")).to_have_text("2 of 6")
    tab.click("text=It's a bad tracing")
    expect(tab.locator("#next")).to_be_disabled()
    tab.check("input[name=human][value=no]")
    tab.click("#next")
    tab.click("#back")
    expect(tab.locator("input[value=bad]")).to_be_checked()
    tab.keyboard.press("2")
    for _ in range(5):
        for key in ("2", "n", "Enter"):
            tab.keyboard.press(key)
    expect(tab.locator("#end")).to_be_visible()
    path = saved(tab, tmp_path)
    assert path.name == "answers-Ann-B-.json"
    answers = study.read_answers(path)
    assert answers.rater == "Ann B."
    assert len(answers.given) == 6
    assert sorted(answers.given.values()) == sorted([("good", "yes")] + [("okay", "no")] * 5)
    assert {origin for _, origin in answers.given} == {"ours vanilla", "skeleton vanilla"}


def test_the_ink_is_drawn_and_laid_over_the_picture(tab):
    begin(tab, "x")
    seen = set()
    for _ in range(6):
        seen.add(tab.locator("#ink path").count())
        shown = tab.locator("#none").is_visible()
        assert shown == (tab.locator("#ink path").count() == 0)
        for key in ("1", "y", "Enter"):
            tab.keyboard.press(key)
    assert seen == {0, 2}
    tab.click("#again")
    expect(tab.locator("#ink image")).to_have_attribute("opacity", "0")
    tab.keyboard.press("o")
    expect(tab.locator("#ink image")).to_have_attribute("opacity", "0.45")


def test_the_order_is_a_raters_own_and_the_answers_outlast_the_page(tab, tmp_path):
    orders = {}
    for name in ("Ann", "Bob", "Eve", "Ann"):
        begin(tab, name)
        orders.setdefault(name, []).append(tab.evaluate("order.join()"))
        if len(orders["Ann"]) == 1 and name == "Ann":
            for key in ("3", "n", "Enter"):
                tab.keyboard.press(key)
            expect(tab.locator("#count")).to_have_text("2 of 6")
        if name == "Ann" and len(orders["Ann"]) == 2:
            expect(tab.locator("#count")).to_have_text("2 of 6")
            assert len(study.read_answers(saved(tab, tmp_path)).given) == 1
        tab.reload()
    assert orders["Ann"][0] == orders["Ann"][1]
    assert len({o[0] for o in orders.values()}) > 1


# ------------------------------------------------------------------------------------------------------------- scoring

KEY = [["own/a", "ours"], ["own/b", "ours"], ["own/a", "human"], ["own/b", "human"]]


def answers(path, rater, tracing, human, study="s1", key=KEY):
    content = {"format": "inksight-study", "version": 1, "study": study, "rater": rater}
    content["key"] = base64.b64encode(json.dumps(key).encode()).decode()
    content["answers"] = [
        {"pair": k, "tracing": t, "human": h} for k, (t, h) in enumerate(zip(tracing, human, strict=True))
    ]
    path.write_text(json.dumps(content))
    return path


def test_votes_are_counted_for_each_origin(tmp_path):
    a = answers(tmp_path / "a.json", "Ann", ["good", "bad", "good", "good"], ["yes", "no", "yes", "yes"])
    b = answers(tmp_path / "b.json", "Bob", ["okay", "bad", "good", "good"], ["yes", "yes", "yes", "yes"])
    c = answers(tmp_path / "c.json", "Eve", ["bad", "good", "good", "bad"], ["no", "no", "yes", "no"])
    result = run("score", a, b, c, "-o", tmp_path / "s.json")
    assert result.exit_code == 0, result.output
    scores = json.loads((tmp_path / "s.json").read_text())
    assert scores["rows"]["ours"] == {
        "pairs": 2, "good": 0, "okay": 0.5, "bad": 0.5, "reasonable": 0.5, "human": 0.5,
    }  # fmt: skip
    assert scores["rows"]["human"]["good"] == scores["rows"]["human"]["human"] == 1
    expected = fleiss([[1, 1, 1], [1, 0, 2], [3, 0, 0], [2, 0, 1]])
    assert scores["agreement"]["tracing"]["fleiss"] == pytest.approx(expected)
    one, two = cohen(*[["good", "bad", "good", "good"], ["okay", "bad", "good", "good"]]), -1
    assert scores["agreement"]["tracing"]["cohen"] > two
    assert one > scores["agreement"]["tracing"]["cohen"]  # Eve agrees less
    assert "| ours | 2 | 0 % | 50 % | 50 % | 50 % | 50 % |" in result.output
    assert "Agreement of 3 raters on 'tracing'" in result.output


def test_two_raters_and_one(tmp_path):
    a = answers(tmp_path / "a.json", "Ann", ["good", "good", "okay", "bad"], ["yes", "no", "yes", "no"])
    b = answers(tmp_path / "b.json", "Bob", ["good", "okay", "okay", "bad"], ["no", "yes", "no", "yes"])
    scores = study.score([study.read_answers(a), study.read_answers(b)])
    assert scores["rows"]["ours"]["okay"] == 0.5  # of two answers the worse counts
    assert scores["rows"]["ours"]["human"] == 0  # one of two is not more than half
    assert scores["agreement"]["human"] == pytest.approx({"fleiss": -1, "cohen": -1})
    alone = run("score", a, "-o", tmp_path / "s.json")
    assert "undefined" in alone.output
    assert json.loads((tmp_path / "s.json").read_text())["agreement"]["human"]["fleiss"] is None


@pytest.mark.parametrize("data", ["", "[]", "{}", '{"format": "inksight-study", "key": "!"}'])
def test_other_files_are_refused(tmp_path, data):
    (tmp_path / "a.json").write_text(data)
    result = run("score", tmp_path / "a.json")
    assert result.exit_code == 2
    assert "not the answers of a study" in result.output


def test_answers_that_do_not_belong_together(tmp_path):
    good, yes = ["good"] * 4, ["yes"] * 4
    a = answers(tmp_path / "a.json", "Ann", good, yes)
    assert "different studies" in run("score", a, answers(tmp_path / "b.json", "Bob", good, yes, "s2")).output
    assert "of the rater 'Ann'" in run("score", a, answers(tmp_path / "c.json", "Ann", good, yes)).output
    assert "not the answers" in run("score", answers(tmp_path / "d.json", "Eve", ["fine"], ["yes"])).output
    assert run("score", tmp_path / "none.json").exit_code == 2
    with pytest.raises(InputError, match=r"none\.json: can't be read"):
        study.read_answers(tmp_path / "none.json")
