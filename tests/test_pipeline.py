from dataclasses import replace

import cv2
import numpy as np
import pytest
from PIL import Image

import inksight
from inksight import pipeline
from inksight.errors import InputError
from inksight.evaluate.metrics import text_scores
from inksight.imaging.pictures import binarize, open_image
from inksight.imaging.raster import coverage
from inksight.imaging.segmentation import pen_ink
from inksight.ink import Stroke
from inksight.layout.detection import Detection
from tests.pages import EXAMPLES, TEXT, SkeletonTracer, contrast, drawn, exact, example, segmentation, turned, zigzag


@pytest.fixture
def known_ink(monkeypatch):
    """Of drawn pictures the ink is known: tests of what follows don't hang on a network."""
    monkeypatch.setattr(pipeline, "segment", exact)


@pytest.fixture
def tracer(monkeypatch, known_ink):
    stand_in = SkeletonTracer()
    monkeypatch.setattr(pipeline, "tracer", lambda *_: stand_in)
    return stand_in


def known(*detections):
    """A detector that always says the same."""
    return lambda rgb: detections


@pytest.fixture(scope="module")
def page():
    rgb, detections = example()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pipeline, "tracer", lambda *_: SkeletonTracer())
        return pipeline.convert(rgb, detector=known(*detections))


def test_the_example_page_is_read_in_order(page):
    lines = page.text.split("\n")
    expected = TEXT.split("\n")
    assert [line.split()[0] for line in lines[: len(expected)]] == [line.split()[0] for line in expected]
    assert sum(w.text in TEXT.split() for w in page.words) >= 0.9 * len(TEXT.split())


def test_nearly_all_ink_of_the_example_page_is_traced_and_no_ruling(page):
    mask = binarize(pen_ink(open_image(EXAMPLES / "page.jpg")))
    assert coverage(mask, page.strokes, 4.0) > 0.98
    assert (page.width, page.height) == (1200, 1500)
    longest = max((w for w in page.words if w.text), key=lambda w: w.box[2] - w.box[0])
    assert longest.box[2] - longest.box[0] < 250
    for word in page.words:
        x0, y0, x1, y1 = word.box
        a, b, c, d = word.ink_box
        assert x0 - 3 <= a
        assert y0 - 3 <= b
        assert c <= x1 + 3
        assert d <= y1 + 3


def test_underline_and_arrow_come_last_as_drawings(page):
    drawings = page.lines[-1].words
    assert {(w.text, w.kind) for w in drawings} == {("", "drawing")}
    widths = sorted(round(w.box[2] - w.box[0]) for w in drawings)
    assert abs(widths[-1] - 645) < 15  # the underline
    assert any(abs(w - 182) < 12 for w in widths)  # the arrow


@pytest.mark.parametrize("value", [0, 128, 255])
def test_a_blank_picture_is_an_empty_page(value):
    page = inksight.convert(np.full((60, 80, 3), value, np.uint8))
    assert (page.width, page.height, page.lines, page.text) == (80, 60, (), "")


def test_strokes_lie_where_the_ink_is(tracer):
    line = [(200.0, 150.0), (260.0, 190.0)]
    page = pipeline.convert(drawn(line), detector=known(Detection((210, 155, 250, 185))))
    (stroke,) = page.strokes
    ends = sorted(stroke.points[[0, -1]].tolist())
    assert np.allclose(ends, line, atol=2.5)
    assert np.allclose(page.words[0].box, (198, 148, 262, 192), atol=3)


def test_large_pictures_give_ink_in_their_own_pixels(tracer):
    line = [(2000.0, 1500.0), (2600.0, 1900.0)]
    page = pipeline.convert(drawn(line, size=(4000, 3000), pen=30), detector="none")
    (stroke,) = page.strokes
    assert np.allclose(sorted(stroke.points[[0, -1]].tolist()), line, atol=15)
    assert (page.width, page.height) == (4000, 3000)


def test_none_takes_everything_as_one_word(tracer):
    page = pipeline.convert(drawn(zigzag(50, 60), zigzag(180, 60)), detector="none")
    assert len(page.words) == 1
    assert len(page.words[0].strokes) >= 2


@pytest.mark.parametrize("size", [(400, 200), (3000, 1500)])  # the larger one is reduced first
def test_a_word_is_traced_as_a_page_of_one_word(known_ink, size):
    scale = size[0] / 400
    speck = [(380, 20), (381, 20)]
    picture = drawn(
        *(np.array(s) * scale for s in (zigzag(50, 60), zigzag(140, 60), speck)), size=size, pen=round(4 * scale)
    )
    for mode in ("derender", "recognize-and-derender"):
        word = inksight.trace(picture, mode=mode)
        (on_page,) = inksight.convert(picture, mode=mode, detector="none").words
        assert len(word.strokes) > 0
        assert word == on_page


def test_on_either_road_a_line_that_hangs_together_with_ink_is_ink(tracer, monkeypatch):
    def segmented(rgb):
        seen = exact(rgb)
        seen.maps[1, 70:, :], seen.maps[0, 70:, :] = seen.maps[0, 70:, :], 0  # the foot is taken for ruling
        return seen

    monkeypatch.setattr(pipeline, "segment", segmented)
    picture = drawn([(100, 40), (100, 100)])
    word = inksight.trace(picture)
    assert word == inksight.convert(picture, detector="none").words[0]
    assert word.box[3] > 95


def test_dots_of_the_paper_are_not_left_over_when_ink_is_opened_again(monkeypatch):
    def segmented(rgb):
        ink = contrast(rgb)
        ink[10::24, 10::24] = ink[11::24, 10::24] = ink[10::24, 11::24] = ink[11::24, 11::24] = 1
        return segmentation(ink)

    monkeypatch.setattr(pipeline, "segment", segmented)
    picture = drawn(zigzag(100, 100))
    word = inksight.Word((Stroke(zigzag(100, 100)),), box=(100, 100, 160, 124))
    page = inksight.Page(picture.shape[1], picture.shape[0], (inksight.Line((word,)),))
    assert pipeline.untraced(picture, page) == []
    assert len(pipeline.untraced(picture, replace(page, lines=()))) == 1


def test_light_ink_on_dark_works_as_well(tracer):
    lines = (zigzag(100, 100), zigzag(200, 100))
    boxes = known(Detection((100, 100, 160, 124)), Detection((200, 100, 260, 124)))
    dark, light = (pipeline.convert(drawn(*lines, light=v), detector=boxes) for v in (False, True))
    assert np.allclose([w.box for w in dark.words], [w.box for w in light.words], atol=2)


BOX = (95, 95, 165, 130)


@pytest.mark.parametrize(("sure", "heard"), [(0.9, "hello"), (0.3, "")])
def test_the_detectors_reading_is_passed_on_unless_it_is_a_guess(tracer, sure, heard):
    page = pipeline.convert(drawn(zigzag(100, 100)), detector=known(Detection(BOX, "hello", sure)))
    assert page.text == heard


TURNED = {20: "Ask Anna about the boat", 45: "Two herons by the old mill,", 90: "and bring 3 jars of honey."}


@pytest.mark.parametrize("angle", TURNED)
def test_turned_words_are_read_and_their_strokes_lie_on_the_ink(known_ink, angle):
    """The words' own places are told, not what they say: reading them takes an upright crop."""
    picture, words, corners = turned(angle, TURNED[angle])
    found = [Detection.around(c) for c in corners]
    page = pipeline.convert(picture, detector=known(*found))
    distance = cv2.distanceTransform((~binarize(contrast(picture))).astype(np.uint8), cv2.DIST_L2, 5)
    for stroke in page.strokes:
        x, y = np.clip(stroke.points.astype(int), 0, len(picture) - 1).T
        assert distance[y, x].max() <= 2
    assert coverage(binarize(contrast(picture)), page.strokes, 3.0) > 0.97
    text = " ".join(words)
    flat = pipeline.convert(picture, detector=known(*(replace(w, quad=None) for w in found)))
    assert text_scores(page.text, text)["cer"] < 0.15
    if angle > 20:  # which the model reads as it is
        assert text_scores(flat.text, text)["cer"] > 0.25  # where nobody says how they are turned


def test_a_large_box_with_a_guess_is_no_word(tracer):
    guess = Detection((0, 0, 400, 290), "1", 0.4)
    page = pipeline.convert(drawn(zigzag(100, 100)), detector=known(guess, Detection(BOX, "hello", 0.9)))
    assert [w.text for w in page.words] == ["hello"]
    page = pipeline.convert(drawn(zigzag(100, 100)), detector=known(guess))
    assert [w.kind for w in page.words] == ["drawing"]


LONE = (295, 215, 335, 255)


@pytest.mark.parametrize(
    ("detected", "own", "confidence", "kind"),
    [
        ("7", "7", 0.1, "word"),  # both read the same
        ("7", "x", 0.1, "drawing"),
        ("*$", "*$", 0.9, "drawing"),  # no letters
        ("7", "in", 0.7, "word"),  # the model is sure
        ("seven", "x", 0.1, "word"),  # too long for a drawing
    ],
)
def test_a_lone_sign_is_a_word_only_if_the_model_agrees(tracer, detected, own, confidence, kind):
    tracer.text, tracer.confidence = own, confidence
    find = known(Detection(BOX, "hello", 0.9), Detection(LONE, detected, 0.9, line=1))
    find.looks = True
    page = pipeline.convert(drawn(zigzag(100, 100), zigzag(300, 220, 30)), detector=find)
    found = next(w for w in page.words if w.box[0] > 200)
    assert found.kind == kind
    assert len(found.strokes) > 0


def test_words_that_the_detector_missed_are_read(tracer):
    tracer.text, tracer.confidence = "there", 0.8
    picture, find = drawn(zigzag(100, 100), zigzag(100, 220)), known(Detection(BOX, "hello", 0.9))
    assert [w.kind for w in pipeline.convert(picture, detector=find).words] == ["word", "word"]
    tracer.confidence = 0.2
    assert pipeline.convert(picture, detector=find).words[1].kind == "drawing"
    assert pipeline.convert(picture, detector=find, mode="derender").words[1].kind == "drawing"


def test_the_report_says_what_was_found_and_what_was_covered(tracer):
    reports = []
    picture = drawn(zigzag(100, 100), [(40, 250), (300, 280)])
    pipeline.convert(picture, detector=known(Detection(BOX, "hello", 0.9)), report=reports.append)
    (report,) = reports
    assert (report.words, report.drawings, report.doubtful) == (1, 1, 0)
    assert report.covered > 0.97
    assert set(report.seconds) == {"sheet", "segmentation", "detection", "tracing", "rest"}
    assert report.note == f"1 drawing, {report.covered:.0%} of the ink"
    tracer.trace = lambda crops, **_: [inksight.Word(confidence=0.0, box=(0, 0, 1, 1)) for _ in crops]
    pipeline.convert(picture, detector=known(Detection(BOX, "hello", 0.9)), report=reports.append)
    assert reports[1].covered < 0.7
    assert reports[1].doubtful == 1


class TestPrint:
    """A page with a written word and a printed one below it."""

    WORDS = Detection(BOX, "hello", 0.9), Detection((95, 195, 165, 230), "Name", 0.95, line=1)

    @pytest.fixture
    def page(self, tracer, monkeypatch):
        def segmented(rgb):
            ink, print_ = contrast(rgb), contrast(rgb)
            ink[150:], print_[:150] = 0, 0
            return segmentation(ink, print_)

        monkeypatch.setattr(pipeline, "segment", segmented)
        picture = drawn(zigzag(100, 100), zigzag(100, 200))
        return lambda **options: pipeline.convert(picture, detector=known(*self.WORDS), **options)

    def test_its_text_stays_without_strokes(self, page, tracer):
        found = page()
        assert [(w.text, w.kind, len(w.strokes) > 0) for w in found.words] == [
            ("hello", "word", True),
            ("Name", "print", False),
        ]
        assert found.words[1].box == self.WORDS[1].box
        assert found.text == "hello\nName"
        assert sum(len(shapes) for _, _, shapes in tracer.calls) == 1

    def test_it_is_traced_on_request(self, page):
        assert [(w.text, w.kind, len(w.strokes) > 0) for w in page(print="trace").words] == [
            ("hello", "word", True),
            ("Name", "word", True),
        ]

    def test_it_may_be_ignored(self, page):
        assert [w.text for w in page(print="ignore").words] == ["hello"]

    def test_it_is_neither_ink_to_cover_nor_a_word_nor_a_drawing(self, page):
        reports = []
        page(report=reports.append)
        assert reports[0].covered > 0.9
        assert (reports[0].words, reports[0].drawings) == (1, 0)

    def test_another_way_is_refused(self, page):
        with pytest.raises(ValueError, match="print is one of text, trace, ignore, not 'copy'"):
            page(print="copy")


def test_ink_that_no_step_takes_up_is_not_covered(tracer, monkeypatch):
    """Faint specks are dropped, but they are ink that the network saw."""

    def segmented(rgb):
        ink = contrast(rgb)
        rows, columns = np.random.default_rng(0).integers((200, 200), (279, 380), (230, 2)).T
        ink[rows, columns] = ink[rows + 1, columns] = 0.6
        return segmentation(ink)

    monkeypatch.setattr(pipeline, "segment", segmented)
    reports = []
    pipeline.convert(drawn(zigzag(100, 100)), detector=known(Detection(BOX)), report=reports.append)
    assert reports[0].covered < 0.7


def test_the_tracer_is_told_mode_and_texts_and_progress_is_told(tracer):
    words = [Detection((x - 5, 45, x + 65, 80), f"w{i}", 0.9) for i, x in enumerate(range(20, 1700, 84))]
    picture = drawn(*(zigzag(w.box[0] + 5, 50) for w in words), size=(1800, 120))
    seen = []
    told = known(*words)
    pipeline.convert(
        picture,
        mode="derender-with-text",
        detector=told,
        progress=lambda done, total: seen.append((done, total)),
    )
    assert sorted(t for _, texts, _ in tracer.calls for t in texts) == sorted(w.text for w in words)
    assert {mode for mode, _, _ in tracer.calls} == {"derender-with-text"}
    assert (seen[0], seen[-1]) == ((0, 20), (20, 20))
    assert seen == sorted(set(seen))
    assert len(seen) > 2


def test_batches_hold_every_word_once_and_are_bounded():
    widths = [64] * 150 + [448] * 23 + [128, 96, 160, 128]
    batches = pipeline._batches(widths)
    assert sorted(i for b in batches for i in b) == list(range(len(widths)))
    assert [widths[i] for b in batches for i in b] == sorted(widths, reverse=True)
    assert all(len(b) <= pipeline.BATCH and len(b) * widths[b[0]] <= pipeline.CANVAS_PIXELS for b in batches)
    assert pipeline._batches([]) == []


def test_as_many_threads_as_you_like_give_the_same_page(monkeypatch, known_ink):
    words = [Detection((x - 5, 45, x + 65, 80), f"w{i}", 0.9) for i, x in enumerate(range(20, 1700, 84))]
    picture = drawn(*(zigzag(w.box[0] + 5, 50) for w in words), size=(1800, 120))
    pages = []
    for number in (1, 2):
        monkeypatch.setattr(pipeline.threads, "count", lambda number=number: number)
        pages.append(pipeline.convert(picture, detector=known(*words)))
    assert pages[0] == pages[1]


def test_every_page_of_a_document(tracer, tmp_path):
    pages = [Image.fromarray(drawn(zigzag(x, 100))) for x in (50, 200)]
    pages[0].save(tmp_path / "two.tiff", save_all=True, append_images=pages[1:])
    boxes = [page.words[0].box for _, page in pipeline.convert_pages(tmp_path / "two.tiff", detector="none")]
    assert [round(b[0], -1) for b in boxes] == [50, 200]


def test_what_cannot_be_opened_is_said(tmp_path):
    with pytest.raises(InputError, match=r"gone.jpg: no such file; check the name$"):
        inksight.convert(tmp_path / "gone.jpg")
    with pytest.raises(InputError, match=r"^unknown detector 'x'"):
        inksight.convert(drawn(zigzag(10, 10)), detector="x")


def test_the_package_names_its_parts():
    from inksight.ink import document

    assert inksight.Page is document.Page
    assert inksight.trace is pipeline.trace
    with pytest.raises(AttributeError, match="no attribute 'nonsense'"):
        _ = inksight.nonsense
