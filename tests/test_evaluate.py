"""Every measure must know the truth, and must tell a wrong ink from it."""

import io
import json
import math
import zipfile
import zlib

import numpy as np
import pytest
from PIL import Image

from inksight.errors import InputError
from inksight.evaluate import baselines, metrics
from inksight.evaluate.render import render
from inksight.evaluate.run import evaluate, score
from inksight.evaluate.sets import Sample, Selection, is_held_out, real_words, rendered, unipen_words
from inksight.imaging import raster
from inksight.ink import Stroke, Word


def line(*points):
    return np.array(points, np.float64)


# "uit" in pixels: a u and a body of two stems, a dot and a bar. 100 px high, strokes 4 px wide.
U = line((20, 60), (20, 100), (50, 110), (60, 60), (60, 110))
BODY = line((90, 60), (90, 110), (120, 100), (130, 10), (132, 110), (160, 100))
DOT = line((90, 35), (93, 37))
BAR = line((112, 40), (150, 38))
TRUTH = [U, BODY, DOT, BAR]
SHUFFLED = [BAR, BODY, DOT, U]
REVERSED = [s[::-1] for s in TRUTH]
MIRRORED = [s * (-1, 1) + np.array([210, 0]) for s in TRUTH]
MASK = raster.paint((130, 190), TRUTH, 2.0)
PEN = 4.0


def scores(strokes, truth=TRUTH, mask=MASK):
    return metrics.ink_scores(strokes, truth, PEN) | metrics.picture_scores(strokes, mask)


# --- the truth and the controls ---------------------------------------------------------------------------------------


def test_the_truth_is_perfect():
    s = scores(TRUTH)
    for measure in ("ldtw", "stroke_count_error", "chamfer_missed", "chamfer_added", "spurious"):
        assert s[measure] == pytest.approx(0, abs=1e-6), measure
    for measure in ("direction", "direction_of_passes", "order_tau", "pen_lift_f1", "mark_f1", "coverage"):
        assert s[measure] == pytest.approx(1), measure
    assert s["aiou"] > 0.75  # the dilation is square


def test_shuffled_strokes_fail_by_their_order_alone():
    s, true = scores(SHUFFLED), scores(TRUTH)
    assert s["ldtw"] > 20
    assert s["order_tau"] < 0.5
    assert s["air_travel"] > 1.2 * true["air_travel"]
    for measure in ("direction", "direction_of_passes", "pen_lift_f1", "coverage", "spurious", "aiou"):
        assert s[measure] == pytest.approx(true[measure]), measure


def test_reversed_strokes_fail_by_their_direction():
    s = scores(REVERSED)
    assert s["direction"] == 0
    assert s["direction_of_passes"] < 0.2
    assert s["ldtw"] > 20
    assert s["order_tau"] < 0.3
    assert s["pen_lift_f1"] == 1


def test_mirrored_ink_fails_everywhere():
    s = scores(MIRRORED)
    assert s["ldtw"] > 30
    assert s["order_tau"] < 0
    assert s["pen_lift_f1"] < 0.3
    assert s["mark_f1"] == 0
    assert s["coverage"] < 0.7
    assert s["spurious"] > 0.3
    assert s["aiou"] < 0.4
    assert s["chamfer_missed"] > 3


def test_empty_ink_gets_the_worst_of_everything():
    s = scores([])
    assert s["ldtw"] == s["chamfer_missed"] == metrics.WORST
    for measure in ("direction", "direction_of_passes", "pen_lift_f1", "mark_f1", "coverage", "aiou"):
        assert s[measure] == 0, measure
    assert s["stroke_count_error"] == 1
    assert math.isnan(s["air_travel"])


def test_scores_do_not_depend_on_the_scale():
    near = [s + np.array([1.5, -1]) for s in TRUTH]
    small, large = (
        metrics.ink_scores(near, TRUTH, PEN),
        metrics.ink_scores([s * 3 for s in near], [s * 3 for s in TRUTH], 12),
    )
    for measure, value in small.items():
        assert large[measure] == pytest.approx(value, abs=1e-3, nan_ok=True), measure


# --- LDTW -------------------------------------------------------------------------------------------------------------


def slow_mean_dtw(a, b):
    cost, length = np.full((len(a) + 1, len(b) + 1), np.inf), np.zeros((len(a) + 1, len(b) + 1))
    cost[0, 0] = 0
    for i in range(1, len(a) + 1):
        for j in range(1, len(b) + 1):
            came = min([(i - 1, j - 1), (i - 1, j), (i, j - 1)], key=lambda c: cost[c])
            cost[i, j] = cost[came] + np.linalg.norm(a[i - 1] - b[j - 1])
            length[i, j] = length[came] + 1
    return cost[-1, -1] / length[-1, -1]


@pytest.mark.parametrize(("n", "m"), [(1, 1), (1, 7), (7, 1), (12, 30), (30, 12), (25, 25)])
def test_dtw_is_the_textbook_one(n, m):
    rng = np.random.default_rng(n * 100 + m)
    a, b = rng.normal(0, 10, (n, 2)), rng.normal(0, 10, (m, 2))
    assert metrics.mean_dtw(a, b) == pytest.approx(slow_mean_dtw(a, b), rel=1e-5)


def test_dtw_of_a_parallel_line_is_its_distance():
    a = np.stack([np.arange(50.0), np.zeros(50)], axis=1)
    assert metrics.mean_dtw(a, a + np.array([0, 3])) == pytest.approx(3, rel=1e-5)


def test_ldtw_grows_with_the_distance_and_never_exceeds_it():
    near, far = (metrics.ldtw([s + np.array([shift, 0]) for s in TRUTH], TRUTH) for shift in (2, 4))
    assert 1 < near <= 2
    assert 1.5 * near < far <= 4


def test_ldtw_accepts_a_dot_and_a_bar_at_once_or_at_the_end():
    first, second = line((0, 50), (40, 0), (40, 100), (90, 100)), line((100, 100), (140, 50), (200, 100))
    bar = line((20, 30), (75, 28))
    delayed, at_once = [first, second, bar], [first, bar, second]
    assert metrics.ldtw(at_once, delayed) == pytest.approx(0, abs=1e-6)
    assert metrics.ldtw([U, DOT, BODY, BAR], TRUTH) == pytest.approx(0, abs=1e-6)
    assert metrics.ldtw([bar, second, first], delayed) > 10


def test_marks_are_dots_not_first_strokes_nor_bars_that_touch_nor_what_stands_on_the_line():
    stop = line((175, 109), (176, 110))
    body, marks = metrics.split_marks([*TRUTH, stop], 100)
    assert len(marks) == 1
    assert np.array_equal(marks[0], DOT)
    assert len(body) == 4
    assert metrics.split_marks([DOT, U], 100)[1] == []
    assert metrics.split_marks([DOT, DOT + 5], 100)[1] == []


def test_mark_f1_counts_lost_and_invented_dots():
    two = [*TRUTH, DOT - np.array([30, 0])]
    assert metrics.mark_f1(two, TRUTH) == pytest.approx(2 / 3)
    assert metrics.mark_f1(TRUTH, two) == pytest.approx(2 / 3)
    assert metrics.mark_f1([U, BODY, BAR], TRUTH) == 0
    assert math.isnan(metrics.mark_f1([U], [U, BODY]))


# --- lifts, direction, retraces, picture ------------------------------------------------------------------------------


def test_pen_lifts_and_counts_of_a_broken_stroke():
    broken = [U[:3], U[2:], BODY, DOT, BAR]
    assert metrics.pen_lift_f1(broken, TRUTH, PEN) == pytest.approx(16 / 18)
    assert metrics.stroke_count_error(broken, TRUTH) == 0.25
    assert metrics.ldtw(broken, TRUTH) < 0.5


def test_a_lift_matches_once_only():
    here = line((0, 0), (50, 0))
    assert metrics.pen_lift_f1([here, here], [here], PEN) == pytest.approx(4 / 6)


def test_direction_is_a_share_of_the_length():
    first, second = line((0, 0), (100, 0)), line((0, 50), (300, 50))
    back = [first, second[::-1]]
    assert metrics.Comparison(back, [first, second]).direction() == pytest.approx(0.25, abs=0.01)
    assert metrics.Comparison(back, [first, second]).direction_of_passes(2) == pytest.approx(0.25, abs=0.01)


def test_retraces_are_missed_when_drawn_once():
    down, up = line((0, 0), (0, 100)), line((0, 100), (0, 0))
    there_and_back = [np.concatenate([down, up[1:] + np.array([0.2, 0])])]
    assert metrics.Comparison(there_and_back, there_and_back).retrace_recall(4) == 1
    assert metrics.Comparison([down], there_and_back).retrace_recall(4) == 0
    assert metrics.Comparison([down], there_and_back).direction_of_passes(2) == pytest.approx(0.5, abs=0.05)
    assert math.isnan(metrics.Comparison([down], [down]).retrace_recall(4))


def test_chamfer_knows_missed_from_added():
    missed, added = metrics.Comparison([U, BODY], TRUTH).chamfer()
    assert missed > 0.5
    assert added == pytest.approx(0, abs=1e-6)
    missed, added = metrics.Comparison([*TRUTH, line((170, 20), (185, 20))], TRUTH).chamfer()
    assert missed == pytest.approx(0, abs=1e-6)
    assert added > 0.5


def test_air_travel():
    assert metrics.air_travel([line((0, 0), (10, 0)), line((15, 0), (25, 0))]) == pytest.approx(0.25)
    assert metrics.air_travel([line((0, 0), (10, 0))]) == 0


def test_backward_jumps_are_shares_of_the_ways_between_strokes():
    assert metrics.backward_jumps(TRUTH) == pytest.approx(0)  # back to the dot, but by less than the ink's height
    assert metrics.backward_jumps([BODY, U, BODY, U]) == pytest.approx(2 / 3)
    assert math.isnan(metrics.backward_jumps([U]))


def test_ink_that_goes_round_in_circles_is_looped():
    assert metrics.ink_scores([U, *TRUTH], TRUTH, PEN)["looped"] == 0
    assert metrics.ink_scores([np.concatenate([s, s[::-1], s]) for s in TRUTH], TRUTH, PEN)["looped"] == 1


@pytest.mark.parametrize(
    ("ink", "passes"),
    [
        (TRUTH, 1),
        ([s + np.array([1, 0]) for s in TRUTH], 1),
        ([*TRUTH, DOT], 1),  # one stroke too many may be
        ([*TRUTH, DOT, DOT], 0),
        ([s + np.array([4, 0]) for s in TRUTH], 0),
        (SHUFFLED, 0),
        (REVERSED, 0),
        (MIRRORED, 0),
        ([U, BODY], 0),  # uncovered
        ([*TRUTH[:3], np.concatenate([BAR, BAR[-1:] + np.array([0, -25]), BAR[-1:]])], 0),  # off the ink
        ([], 0),
    ],
)
def test_the_hard_pass_wants_all_at_once(ink, passes):
    assert metrics.ink_passes(ink, TRUTH, scores(ink)) == passes


def test_text():
    assert metrics.edit_distance("kitten", "sitting") == 3
    assert metrics.edit_distance("", "abc") == metrics.edit_distance("abc", "") == 3
    assert metrics.text_scores("hallo", "hello") == {"cer": 0.2, "cer_caseless": 0.2, "exact": 0.0}
    assert metrics.text_scores("hello", "hello") == {"cer": 0.0, "cer_caseless": 0.0, "exact": 1.0}
    assert metrics.text_scores("HELLA", "hello") == {"cer": 1.0, "cer_caseless": 0.2, "exact": 0.0}
    assert metrics.cer("", "word") == 1


# --- the renderer -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("clean", [True, False])
def test_rendered_ink_lies_under_its_strokes(clean):
    for seed in range(6):
        picture, strokes, mask = render(TRUTH, np.random.default_rng(seed), clean)
        assert picture.dtype == np.uint8
        assert picture.shape == (*mask.shape, 3)
        assert len(strokes) == len(TRUTH)
        pen = max(raster.pen_width(mask), 2)
        assert raster.coverage(mask, strokes, pen) > 0.97
        assert raster.spurious(mask, strokes, pen / 2) < 0.02
        grey = picture.astype(float).mean(axis=2)
        apart = abs(grey[mask].mean() - grey[~raster.dilate(mask, 3)].mean())
        assert apart > 15  # ink can be seen


def test_rendering_is_decided_by_the_seed_and_varies():
    one, again, other = (render(TRUTH, np.random.default_rng(s))[0] for s in (1, 1, 2))
    assert np.array_equal(one, again)
    assert one.shape != other.shape or not np.array_equal(one, other)


def test_the_staircase_of_a_coarse_tablet_is_smoothed():
    steps = np.stack([np.arange(60) // 2, (np.arange(60) + 1) // 2], axis=1)
    _, (stroke,), _ = render([steps], np.random.default_rng(0), clean=True)
    slope = np.diff(stroke, axis=0)[4:-4]
    assert np.abs(slope[:, 0] - slope[:, 1]).max() < 0.25 * np.linalg.norm(slope, axis=1).mean()


def test_long_and_flat_ink_stays_within_bounds():
    picture, _, mask = render([line((0, 0), (5000, 20)), line((0, 20), (5, 20))], np.random.default_rng(0))
    assert picture.shape[1] < 1100
    assert mask.any()


# --- sets -------------------------------------------------------------------------------------------------------------


def pack(path, words):
    """Write words (text, writer, strokes) in the container of packed ink."""
    rows, starts = [], []
    for _, _, strokes in words:
        start = np.zeros(2, int)
        for s in strokes:
            s = np.asarray(s).astype(int)
            rows.append(np.concatenate([s[:1] - start, np.diff(s, axis=0)]))
            starts.append(len(s))
            start = s[0]
    np.savez(
        path,
        xy=np.concatenate(rows).astype(np.int16),
        stroke_len=np.array(starts),
        nstrokes=np.array([len(w[2]) for w in words]),
        text="\n".join(w[0] for w in words),
        writer="\n".join(w[1] for w in words),
        src="\n".join("x" for _ in words),
        meta="{}",
    )


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    folder = tmp_path_factory.mktemp("data")
    (folder / "ink").mkdir()
    (folder / "words").mkdir()
    split = {"test": ["a/1", "a/2"], "val": ["b/1"]}
    (folder / "ink" / "unipen_split.json").write_text(json.dumps(split))
    words = [(f"w{k}", w, TRUTH) for k in range(9) for w in ("a/1", "b/1", "c/1")] + [("lone", "a/2", TRUTH)]
    pack(folder / "ink" / "unipen_words.npz", [*words, ("x", "a/2", TRUTH)])
    pack(folder / "ink" / "unipen_textwords.npz", [("12", "a/2", TRUTH), ("--", "a/2", [line((0, 0), (9, 0))])])
    jpeg = io.BytesIO()
    Image.fromarray(render(TRUTH, np.random.default_rng(0))[0]).save(jpeg, "JPEG")
    for name in ("copiste_words.zip", "dhsd_words.zip"):
        rows = [{"file": "0.jpg", "text": "mot", "writer": f"w{k}", "lang": "fr"} for k in range(40)]
        with zipfile.ZipFile(folder / "words" / name, "w") as archive:
            archive.writestr("index.jsonl", "\n".join(json.dumps(r) for r in rows))
            archive.writestr("0.jpg", jpeg.getvalue())
    return folder


def test_unipen_words_are_the_splits_balanced_and_the_same_each_time(data):
    words = unipen_words(data, 4)
    assert [w.writer for w in words].count("a/2") == 2
    assert {w.writer for w in words} == {"a/1", "a/2"}
    assert [w.text for w in unipen_words(data, 3)] == [w.text for w in words[:3]]
    assert {w.writer for w in unipen_words(data, 99, split="val")} == {"b/1"}
    assert len(unipen_words(data, 99)) == 11  # no single character, no ink without height
    assert np.array_equal(words[0].strokes[1], BODY)


def test_a_picture_depends_on_seed_and_place_alone(data):
    words = unipen_words(data, 3)
    assert np.array_equal(rendered(words)[1].picture, rendered(words[:2])[1].picture)
    assert not np.array_equal(rendered(words, seed=1)[1].mask, rendered(words)[1].mask)


def test_real_words_are_of_held_out_writers(data):
    samples = real_words(data, 6)
    assert 1 <= len(samples) <= 6
    assert all(is_held_out(s.writer) and s.strokes is None for s in samples)
    assert is_held_out("w") == (zlib.crc32(b"w") % 8 == 0)
    assert 0.05 < np.mean([is_held_out(f"writer{k}") for k in range(2000)]) < 0.2


def test_a_folder_that_is_no_data(tmp_path):
    message = f"{tmp_path}: no readable ink/unipen_split.json in it; give the folder of the data"
    with pytest.raises(InputError) as error:
        unipen_words(tmp_path, 5)
    assert str(error.value) == message
    with pytest.raises(InputError, match=r"copiste_words\.zip: not a readable set of word pictures"):
        real_words(tmp_path, 5)


# --- the whole run ----------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def samples(data):
    return rendered(unipen_words(data, 8), clean=True)


def oracle(samples):
    """A tracer that knows the truth by the picture."""

    def trace(pictures, texts):
        known = {id(s.picture): s for s in samples}
        return [
            Word(tuple(Stroke(s) for s in known[id(p)].strokes), text=t) for p, t in zip(pictures, texts, strict=True)
        ]

    return trace


def test_the_peers_are_what_they_say(samples):
    truth = samples[0].strokes
    assert [len(s) for s in baselines.reversed_strokes(samples[0])] == [len(s) for s in truth]
    assert np.array_equal(baselines.reversed_strokes(samples[0])[0][0], truth[0][-1])
    twice = baselines.mirrored(Sample(samples[0].picture, "", "", baselines.mirrored(samples[0])))
    assert all(np.allclose(a, b) for a, b in zip(twice, truth, strict=True))
    cell = max(np.ptp(np.concatenate(truth), axis=0)) / 224
    worst = max(np.abs(a - b).max() for a, b in zip(baselines.on_original_grid(samples[0]), truth, strict=True))
    assert 0 < worst <= cell / 2 + 1e-9
    assert sorted(len(s) for s in baselines.shuffled(samples[0])) == sorted(len(s) for s in truth)
    with pytest.raises(ValueError, match="true strokes"):
        baselines.mirrored(Sample(samples[0].picture, "", ""))


def test_a_perfect_tracer_beats_every_row(samples):
    summary = score(samples, oracle(samples)).summary()
    assert summary["model"]["ldtw"]["p90"] < 0.01
    assert summary["model"]["exact"]["mean"] == 1
    assert set(summary) == {"model", *baselines.BASELINES, *baselines.CEILINGS, *baselines.CONTROLS}
    assert summary["model"]["hard_pass"]["mean"] == 1
    assert summary["model"]["failed"]["mean"] == 0
    assert 0 < summary["224 grid"]["ldtw"]["mean"] < 2
    assert 0 < summary["our code"]["ldtw"]["mean"] < 4
    assert summary["skeleton"]["coverage"]["mean"] > 0.5
    for control in ("shuffled", "reversed", "mirrored", "empty"):
        assert summary[control]["ldtw"]["mean"] > 10, control
        assert summary[control]["ink_pass"]["mean"] < 0.2, control


def test_a_hard_pass_needs_the_text_too_and_rows_can_be_added(samples):
    truth = oracle(samples)

    def misread(pictures, texts):
        return truth(pictures, ["" for _ in texts])

    summary = score(samples, misread, more={"mine": lambda s: s.strokes}).summary()
    assert summary["model"]["ink_pass"]["mean"] == summary["mine"]["ink_pass"]["mean"] == 1
    assert summary["model"]["hard_pass"]["mean"] == 0
    assert list(summary)[:3] == ["model", "skeleton", "mine"]


def test_failures_are_counted_word_by_word(samples):
    truth = oracle(samples)

    def trace(pictures, texts):
        if any(p is samples[2].picture for p in pictures):
            raise RuntimeError("a bad word")
        words = truth(pictures, texts)
        return [Word() if p is samples[3].picture else w for p, w in zip(pictures, words, strict=True)]

    mean = {m: s["mean"] for m, s in score(samples, trace).summary()["model"].items()}
    assert mean["crashed"] == pytest.approx(1 / 8)
    assert mean["empty"] == pytest.approx(2 / 8)
    assert mean["failed"] == pytest.approx(2 / 8)
    assert mean["fallback"] == 0
    assert mean["ldtw"] == pytest.approx(25, abs=0.1)


def test_the_report_is_saved_whole(data, samples, tmp_path):
    word = Word((Stroke(U),), text="ü", origin="skeleton")
    report = evaluate(data, Selection(8, clean=True), lambda pictures, texts: [word] * len(pictures))
    report.save(tmp_path / "report")
    assert sorted(f.name for f in (tmp_path / "report").iterdir()) == ["report.json", "sheet.png", "table.md"]
    read = json.loads((tmp_path / "report" / "report.json").read_text("utf-8"), parse_constant=pytest.fail)
    assert read["settings"]["words"] == 8
    assert read["summary"]["model"]["fallback"]["mean"] == 1
    assert len(read["words"]) == len(read["rows"]["model"]) == 8
    assert "body LDTW" in (tmp_path / "report" / "table.md").read_text("utf-8")
    assert Image.open(tmp_path / "report" / "sheet.png").width > 500
    with pytest.raises(InputError, match="choose another folder"):
        report.save(tmp_path / "missing" / "report")


def test_real_pictures_have_no_ink_scores(data):
    report = evaluate(data, Selection(4, real=True), lambda pictures, texts: [Word(text="mot")] * len(pictures))
    summary = report.summary()
    assert set(summary) == {"model", "skeleton"}
    assert "ldtw" not in summary["model"]
    assert summary["model"]["exact"]["mean"] == 1
    assert summary["model"]["coverage"]["mean"] == 0
