import numpy as np
import pytest

from bench import phone, realpages
from bench.segmentation import segmenters
from bench.segmentation.draft import Frame, Scene, tilted
from bench.segmentation.measure import f_score, near, score
from bench.segmentation.raster import Canvas
from inksight.imaging import segmentation
from inksight.layout.detection import Detection
from tests import ink_cases


def test_a_stroke_covers_its_length_times_its_width_and_its_ends():
    canvas = Canvas((60, 120))
    canvas.stroke(np.array([(20.0, 30.0), (60.0, 33.0), (100.0, 30.0)]), 8.0)
    want = 2 * np.hypot(40, 3) * 8 + np.pi * 16
    assert canvas.coverage().sum() == pytest.approx(want, rel=0.03)


def test_a_frame_is_undone():
    frame = tilted((400, 600), np.random.default_rng(0), turn=0.1, tilt=0.2, bend=0.05)
    points = np.array([(10.0, 20.0), (300, 200), (590, 390)])
    np.testing.assert_allclose(frame.undo(frame.apply(points)), points, atol=1e-6)
    assert np.abs(frame.apply(points) - points).max() > 2
    np.testing.assert_array_equal(Frame().apply(points), points)


def test_a_case_is_the_same_every_time_and_its_truth_lies_where_the_picture_is_dark():
    first, second = ink_cases.flow_chart(True), ink_cases.flow_chart(True)
    np.testing.assert_array_equal(first.rgb, second.rgb)
    grey = first.rgb.mean(axis=2)
    assert grey[first.ink > 0.9].max() < 110
    assert grey[~near(first.ink > 0)].min() > 200


def stripe(column, size=(40, 40)):
    mask = np.zeros(size, bool)
    mask[5:35, column : column + 3] = True
    return mask


def test_what_lies_a_pixel_off_is_found_and_what_lies_further_off_is_not():
    def f1(found, truth):
        return f_score(found, truth, near(found), near(truth))

    assert f1(stripe(10), stripe(10)) == 1
    assert f1(stripe(11), stripe(10)) == 1
    assert f1(stripe(12), stripe(10)) == pytest.approx(2 / 3)
    assert f1(stripe(20), stripe(10)) == 0
    assert f1(np.zeros((40, 40), bool), stripe(10)) == 0


def scene(ink, ruling):
    nothing = np.zeros(ink.shape, np.float32)
    return Scene("", np.zeros((*ink.shape, 3), np.uint8), ink.astype(np.float32), ruling.astype(np.float32), nothing)


def test_ruling_under_ink_is_neither_found_nor_missed():
    ruling = stripe(10).T
    case = scene(stripe(10), ruling)
    through, around = ruling, ruling & ~stripe(10)
    for found in (through, around):
        result = score(case, lambda _, f=found: {"ink": case.ink, "ruling": f.astype(np.float32)})
        assert result.f1 == {"ink": 1, "ruling": 1}
    assert result.area == 1


def test_ink_found_where_there_is_none_is_told_as_a_share_of_the_picture():
    nothing = np.zeros((40, 40), bool)
    result = score(scene(nothing, nothing), lambda _: {"ink": stripe(3).astype(np.float32)})
    assert result.f1 == {}
    assert result.false == {"ink": 90 / 1600}


def test_another_model_is_measured_by_its_folder():
    rgb = ink_cases.flow_chart(True).rgb
    own = segmenters.network(rgb)
    np.testing.assert_array_equal(segmenters.load(str(segmentation._MODEL))(rgb)["ink"], own["ink"])


def page():
    polygons = [[(10.0, 10.0), (110, 10), (110, 30), (10, 30)], [(10, 50), (110, 50), (110, 70), (10, 70)]]
    return realpages.RealPage("copiste/wikitexte_1.jpg", np.zeros((100, 120, 3), np.uint8), polygons, ["ab cd", "efgh"])


def test_words_are_read_in_their_line_in_order():
    words = [Detection((70, 11, 105, 29), "cd"), Detection((12, 12, 60, 28), "ab"), Detection((15, 52, 40, 68), "ef")]
    sums = realpages.read(page(), words)
    assert (sums.lines, sums.found, sums.characters, sums.edits) == (2, 1, 9, 2)


def test_ink_beside_the_lines_is_counted_of_pages_that_are_labelled_whole():
    ink = np.zeros((100, 120), bool)
    ink[15:25, 20:40] = ink[90:95, 20:40] = True
    sums = realpages.outside(page(), ink)
    assert (sums.ink, sums.outside) == (300, 100)


def test_the_table_counts_the_verdicts_that_were_given(tmp_path, monkeypatch):
    verdicts = tmp_path / "phone.tsv"
    verdicts.write_text("photo\tbefore\tafter\na\tright\t\nb\tlost: half\tright\n", "utf-8")
    monkeypatch.setattr(phone, "VERDICTS", verdicts)
    assert "| **right** | **1 of 2** | **1 of 1** |" in phone.table()
