import json
from types import SimpleNamespace

import numpy as np
import pytest
from click.testing import CliRunner
from PIL import Image, ImageDraw, ImageFont

from inksight import formats, pipeline
from inksight.cli import main
from inksight.errors import InputError
from inksight.ink import Line, Page, Word
from inksight.layout import detectors, google_vision
from inksight.layout.detection import Detection
from inksight.layout.doctr import Doctr
from inksight.layout.rapidocr import shared
from inksight.layout.tesseract import Tesseract, _parse
from tests.pages import TEXT, SkeletonTracer, drawn, example, turned, zigzag
from tests.programs import need

BLANK = np.full((200, 300, 3), 240, np.uint8)


def blank(width, height):
    return np.full((height, width, 3), 240, np.uint8)


def overlap(a, b):
    """Intersection over union."""
    w, h = min(a[2], b[2]) - max(a[0], b[0]), min(a[3], b[3]) - max(a[1], b[1])
    common = max(w, 0) * max(h, 0)
    return common / ((a[2] - a[0]) * (a[3] - a[1]) + (b[2] - b[0]) * (b[3] - b[1]) - common)


# ------------------------------------------------------------------------------------------------------- RapidOCR


@pytest.mark.parametrize("angle", [20, 45, 90, -90])
def test_rapidocr_reads_turned_lines_and_says_how_they_are_turned(angle):
    picture, texts, _ = turned(angle)
    words = shared()(picture)
    read = [w.text for w in words]
    assert sum(t in read for t in texts) >= 0.75 * len(texts)
    assert all(abs(np.degrees(w.angle) - angle) < 5 for w in words)


def test_a_narrow_letter_is_upright():
    image = Image.new("RGB", (300, 200), (236, 234, 228))
    ImageDraw.Draw(image).text((60, 60), "1", font=ImageFont.load_default(64), fill=(30, 36, 70))
    (word,) = shared()(np.asarray(image))
    assert (word.text, word.angle) == ("1", 0)


# ------------------------------------------------------------------------------------------------------ Tesseract


def test_tesseract_reads_the_example_page():
    need("tesseract")
    rgb, reference = example()
    words = Tesseract()(rgb)
    read = [w.text for w in words]
    assert sum(t in read for t in TEXT.split()) >= 0.4 * len(TEXT.split())
    found = [max(overlap(w.box, r.box) for w in words) > 0.3 for r in reference]
    assert np.mean(found) > 0.65
    assert all(0 <= w.confidence <= 1 for w in words)
    assert len({w.line for w in words}) >= 8


def test_tesseract_finds_nothing_on_a_blank_sheet():
    need("tesseract")
    assert Tesseract()(BLANK) == []


def test_tesseract_without_its_data_says_which(monkeypatch):
    need("tesseract")
    monkeypatch.setenv("INKSIGHT_TESSERACT_LANG", "tlh")
    with pytest.raises(InputError, match=r"no data for the language 'tlh': install it \(Debian: tesseract-ocr-tlh\)"):
        Tesseract()(BLANK)


def test_tesseract_that_is_missing_says_how_to_install_it(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(InputError, match=r"needs the program tesseract, .*apt install tesseract-ocr.*brew install"):
        Tesseract()


def test_tesseracts_table():
    head = "level page_num block_num par_num line_num word_num left top width height conf text"
    rows = [
        "4 1 1 1 1 0 10 20 200 30 -1 ",
        "5 1 1 1 1 1 10 20 50 30 96.5 the",
        "5 1 1 1 1 2 70 20 60 30 40 boat",
        "5 1 1 1 1 3 140 20 9 30 95  ",
        "5 1 2 1 1 1 10 90 50 30 0 or",
    ]
    assert _parse("\n".join(r.replace(" ", "\t") for r in [head, *rows])) == [
        Detection((10, 20, 60, 50), "the", 0.965, 0),
        Detection((70, 20, 130, 50), "boat", 0.4, 0),
        Detection((10, 90, 60, 120), "or", 0.0, 1),
    ]


# ---------------------------------------------------------------------------------------------------------- boxes


PAGE = Page(
    400,
    300,
    (
        Line((Word((), "Ask", 0.75, (10, 20, 60, 50)), Word((), "Anna", 0.5, (80, 20, 150, 50)))),
        Line((Word((), "boat.", 1.0, (12, 90, 99, 130)),)),
    ),
)


def saved(path, content):
    path.write_bytes(content if isinstance(content, bytes) else json.dumps(content).encode())
    return path


@pytest.mark.parametrize("fmt", ["json", "hocr", "alto", "page"])
@pytest.mark.parametrize("scale", [1, 2.5])
def test_boxes_of_documents_come_in_pixels_of_the_picture(tmp_path, fmt, scale):
    path = saved(tmp_path / "notes.xml", formats.dumps(PAGE, fmt))
    found = detectors.load("boxes", path)(blank(int(400 * scale), int(300 * scale)))
    assert [(w.text, w.line) for w in found] == [("Ask", 0), ("Anna", 0), ("boat.", 1)]
    assert np.allclose([w.confidence for w in found], [0.75, 0.5, 1], atol=0.006)
    assert np.allclose([w.box for w in found], np.array([w.box for w in PAGE.words]) * scale, atol=scale)


def test_boxes_of_a_plain_list(tmp_path):
    rows = [
        [60, 20, 10, 50],
        {"box": [80, 20, 150, 50], "text": "Anna", "confidence": 0.5, "line": 0},
        {"quad": [[200, 100], [200, 200], [170, 200], [170, 100]], "text": "down"},
    ]
    first, second, third = detectors.load("boxes", saved(tmp_path / "a.json", rows))(blank(400, 300))
    assert first == Detection((10, 20, 60, 50))
    assert second == Detection((80, 20, 150, 50), "Anna", 0.5, 0)
    assert (third.text, third.confidence, third.box, third.line) == ("down", 1, (170, 100, 200, 200), 2)
    assert np.isclose(np.degrees(third.angle), 90)
    sized = saved(tmp_path / "b.json", {"width": 400, "height": 300, "words": rows})
    assert detectors.load("boxes", sized)(blank(800, 600))[0].box == (20, 40, 120, 100)


def test_a_line_is_cut_into_its_words(tmp_path):
    (ask, anna) = detectors.load("boxes", saved(tmp_path / "a.json", [{"box": [0, 0, 80, 30], "text": "Ask Anna"}]))(
        BLANK
    )
    assert (ask.text, ask.box, anna.text, anna.box) == ("Ask", (0, 0, 30, 30), "Anna", (40, 0, 80, 30))
    assert ask.line == anna.line


def test_a_folder_has_the_boxes_of_its_pictures(tmp_path):
    saved(tmp_path / "notes.hocr", formats.dumps(PAGE, "hocr"))
    saved(tmp_path / "book-2.json", [[1, 2, 3, 4]])
    saved(tmp_path / "two.hocr", formats.dumps_pages([Page(400, 300), PAGE], "hocr"))
    (tmp_path / "notes.jpg").write_bytes(b"")
    assert len(detectors.load("boxes", tmp_path, picture="scans/notes.jpg")(blank(400, 300))) == 3
    assert len(detectors.load("boxes", tmp_path, picture="book.pdf", page=2)(blank(400, 300))) == 1
    assert len(detectors.load("boxes", tmp_path, picture="two.pdf", page=2)(blank(400, 300))) == 3
    assert len(detectors.load("boxes", tmp_path, picture="two.pdf", page=1)(blank(400, 300))) == 0
    with pytest.raises(InputError, match=r"two\.hocr: not usable word boxes: it has 2 pages, no page 3$"):
        detectors.load("boxes", tmp_path, picture="two.pdf", page=3)
    with pytest.raises(InputError, match=r"has no gone\.json/.* for the picture gone\.jpg; add it$"):
        detectors.load("boxes", tmp_path, picture="gone.jpg")


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"{", "Expecting"),
        (b"", "isn't hOCR"),
        (b"\xff\xfe\x00", "decode"),
        (b"<alto/>", "it has 0 pages, no page 1"),
        (b"[" * 100_000, "nested too deeply"),
        ({"words": 3}, r"Expected `array`, got `int` - at `\$.words`"),
        (b"[[%d, 0, 1, 1]]" % 10**400, "out of range"),
        (b'{"width": %d, "height": 1, "words": []}' % 10**400, "out of range"),
        ([{"quad": None}], "word 0: it is neither"),
        ([[0, 0, 1, 1e10]], "word 0: a box is"),
        ([[1, 2, 3]], r"word 0: a box is \[x0, y0, x1, y1\]"),
        ([[1, 2, 3, 4], {"text": "a"}], r"word 1: it is neither"),
        ([{"box": [0, 0, 1, None]}], "Expected `float`, got `null`"),
        ([{"box": [0, 0, 1, float("nan")]}], "word 0: a box is"),
        ([{"box": [0, 0, 1, 1], "confidence": "high"}], "Expected `float`, got `str`"),
        ([{"box": [0, 0, 1, 1], "text": 3}], "got `int`"),
        ({"format": "inksight", "version": 99}, "update inksight"),
    ],
)
def test_unusable_boxes_are_told(tmp_path, content, reason):
    path = saved(tmp_path / "bad.json", content)
    with pytest.raises(InputError, match=rf"^{path}: not usable word boxes: .*{reason}"):
        detectors.load("boxes", path)


def test_boxes_of_another_picture_are_refused(tmp_path):
    path = saved(tmp_path / "a.json", formats.dumps(PAGE, "json"))
    with pytest.raises(InputError, match=r"a\.json: is for a picture of 400 x 300, not 300 x 400: give that picture$"):
        detectors.load("boxes", path)(blank(300, 400))


def test_which_detectors_take_files(tmp_path):
    with pytest.raises(InputError, match=r"^the detector boxes takes the words from a file: .*--boxes$"):
        detectors.load("boxes")
    with pytest.raises(InputError, match=r"^the detector rapidocr reads no file; use one of boxes, google-vision$"):
        detectors.load("rapidocr", tmp_path)
    with pytest.raises(InputError, match=r"gone\.json: can't be read: No such file"):
        detectors.load("boxes", tmp_path / "gone.json")


def test_the_command_takes_boxes(tmp_path, monkeypatch):
    monkeypatch.setattr(pipeline, "tracer", lambda *_: SkeletonTracer())
    (tmp_path / "boxes").mkdir()
    for name, x in (("a", 50), ("b", 200)):
        Image.fromarray(drawn(zigzag(x, 100))).save(tmp_path / f"{name}.png")
        saved(tmp_path / "boxes" / f"{name}.json", [{"box": [x - 5, 95, x + 65, 130], "text": f"word {name}"}])
    pictures, out, boxes = [str(tmp_path / f"{n}.png") for n in "ab"], tmp_path / "ink", str(tmp_path / "boxes")
    done = CliRunner().invoke(main, ["convert", *pictures, "-o", str(out), "--to", "json", "--boxes", boxes])
    assert done.exit_code == 0, done.output
    assert [formats.read(out / f"{n}.json").text for n in "ab"] == ["word a", "word b"]
    again = CliRunner().invoke(main, ["convert", pictures[0], "-o", str(out), "--to", "json", "--boxes", str(out)])
    assert again.exit_code == 0, again.output  # what it wrote serves as boxes, too
    missing = CliRunner().invoke(main, ["convert", pictures[0], "-o", "-", "--to", "json", "--detector", "boxes"])
    assert missing.exit_code == 2
    assert "with --boxes" in missing.output


# -------------------------------------------------------------------------------------------------- Google Vision


def vision_word(text, corners, after=None, confidence=0.9, key="vertices"):
    symbols = [{"text": c} for c in text]
    if after:
        symbols[-1]["property"] = {"detectedBreak": {"type": after}}
    vertices = [{k: v for k, v in (("x", x), ("y", y)) if v} for x, y in corners]
    return {"symbols": symbols, "boundingBox": {key: vertices}, "confidence": confidence}


def corners(x0, y0, x1, y1):
    return [(x0, y0), (x1, y0), (x1, y1), (x0, y1)]


def vision_page(*words, size=(400, 300)):
    page = {"blocks": [{"paragraphs": [{"words": list(words)}]}]}
    return page | ({"width": size[0], "height": size[1]} if size else {})


def vision(*pages):
    return {"fullTextAnnotation": {"pages": list(pages), "text": "..."}}


SMALL = vision_page(
    vision_word("Ask", corners(0, 20, 60, 50), "SPACE"),
    vision_word("Anna", corners(80, 20, 150, 50), confidence=0.8),
    vision_word(".", corners(152, 40, 158, 50), "EOL_SURE_SPACE"),
    vision_word("don", corners(10, 90, 50, 130)),
    vision_word("'", corners(50, 90, 55, 100)),
    vision_word("t", corners(56, 90, 70, 130), "SURE_SPACE"),
    vision_word("hon", corners(90, 90, 150, 130), "HYPHEN"),
    vision_word("ey", corners(10, 140, 60, 170)),
)


def snake(value):
    return google_vision._snake(value)


@pytest.mark.parametrize(
    "document",
    [vision(SMALL), {"responses": [vision(SMALL)]}, [vision(SMALL)], snake(vision(SMALL))],
    ids=["one", "batch", "list", "snake"],
)
def test_google_visions_words_are_put_together_as_written(tmp_path, document):
    found = detectors.load("google-vision", saved(tmp_path / "a.json", document))(blank(800, 600))
    assert [(w.text, w.line) for w in found] == [("Ask", 0), ("Anna.", 0), ("don't", 1), ("hon-", 1), ("ey", 2)]
    assert [w.confidence for w in found] == [0.9, 0.8, 0.9, 0.9, 0.9]
    assert found[0].box == (0, 40, 120, 100)
    assert found[1].box == (160, 40, 316, 100)


def test_google_visions_turned_words(tmp_path):
    falling = vision_word("down", [(200, 100), (200, 200), (170, 200), (170, 100)], "SPACE")
    rising = vision_word("up", [(100, 200), (100, 150), (130, 150), (130, 200)])
    mark = vision_word("!", [(100, 145), (100, 140), (130, 140), (130, 145)])
    path = saved(tmp_path / "a.json", vision(vision_page(falling, rising, mark)))
    found = detectors.load("google-vision", path)(blank(400, 300))
    assert [(w.text, round(np.degrees(w.angle))) for w in found] == [("down", 90), ("up!", -90)]
    assert np.allclose(found[1].box, (100, 140, 130, 200))
    assert found[0].quad == ((200, 100), (200, 200), (170, 200), (170, 100))


@pytest.mark.parametrize("size", [(400, 300), None])
def test_google_visions_normalized_corners(tmp_path, size):
    word = vision_word("Ask", corners(0.25, 0.5, 0.5, 0.6), key="normalizedVertices")
    (found,) = detectors.load("google-vision", saved(tmp_path / "a.json", vision(vision_page(word, size=size))))(
        blank(800, 600)
    )
    assert np.allclose(found.box, (200, 300, 400, 360))


def test_google_visions_pages_and_older_answers(tmp_path):
    two = saved(tmp_path / "book.json", vision(SMALL, vision_page(vision_word("b", corners(1, 1, 9, 9)))))
    (second,) = detectors.load("google-vision", tmp_path, picture="book.pdf", page=2)(blank(400, 300))
    assert second.text == "b"
    with pytest.raises(InputError, match="it has 2 pages, no page 3"):
        detectors.load("google-vision", two, page=3)
    plain = [{"description": "Ask\nAnna"}, {"description": "Ask", "boundingPoly": {"vertices": [{}, {}, {}, {}]}}]
    plain[1]["boundingPoly"]["vertices"] = [{"x": x, "y": y} for x, y in corners(1, 2, 30, 20)]
    (word,) = detectors.load("google-vision", saved(tmp_path / "a.json", {"textAnnotations": plain}))(BLANK)
    assert (word.text, word.box) == ("Ask", (1, 2, 30, 20))
    assert detectors.load("google-vision", saved(tmp_path / "b.json", {"responses": [{}]}))(BLANK) == []


@pytest.mark.parametrize(
    ("document", "reason"),
    [
        ({"responses": [{"error": {"code": 7, "message": "billing is off"}}]}, "the service answered: billing is off"),
        ({"cats": 3}, "not a response of Google Vision: it has no fullTextAnnotation"),
        ([3], "not a response of Google Vision"),
        (3, "not a response of Google Vision"),
        (vision(vision_page(vision_word("a", [(1, 2)]))), "doesn't have four corners"),
        (vision(vision_page(vision_word("a", [(10**400, 2)] * 4))), "out of range"),
        (vision({"width": [1], "height": 140, "blocks": []}), "got `array`"),
        (b"[" * 100_000, "nested too deeply"),
    ],
)
def test_unusable_answers_are_told(tmp_path, document, reason):
    path = saved(tmp_path / "a.json", document)
    with pytest.raises(InputError, match=rf"^{path}: .*{reason}"):
        detectors.load("google-vision", path)


def test_google_vision_is_asked(monkeypatch):
    vision_library = pytest.importorskip("google.cloud.vision")
    exceptions = pytest.importorskip("google.api_core.exceptions")
    asked = []

    def answer(self, image):
        asked.append(image.content[:2])
        if len(asked) > 1:
            raise exceptions.PermissionDenied("billing is off")
        return vision_library.AnnotateImageResponse(snake(vision(SMALL)))

    monkeypatch.setattr(vision_library.ImageAnnotatorClient, "__init__", lambda self: None)
    monkeypatch.setattr(vision_library.ImageAnnotatorClient, "document_text_detection", answer)
    ask = google_vision.GoogleVision()
    assert [w.text for w in ask(blank(800, 600))] == ["Ask", "Anna.", "don't", "hon-", "ey"]
    assert asked == [b"\xff\xd8"]
    with pytest.raises(InputError, match=r"^Google Vision: .*billing is off"):
        ask(BLANK)


def test_google_vision_without_credentials(monkeypatch):
    vision_library = pytest.importorskip("google.cloud.vision")
    exceptions = pytest.importorskip("google.auth.exceptions")

    def refuse(self):
        raise exceptions.DefaultCredentialsError("none found")

    monkeypatch.setattr(vision_library.ImageAnnotatorClient, "__init__", refuse)
    with pytest.raises(InputError, match=r"no credentials: set GOOGLE_APPLICATION_CREDENTIALS .*--boxes$"):
        google_vision.GoogleVision()


# ---------------------------------------------------------------------------------------------------------- docTR


def test_doctrs_boxes_grow_by_a_tenth():
    quad = np.array([[0.5, 0.25], [0.5, 0.5], [0.4, 0.5], [0.4, 0.25]])
    words = [
        SimpleNamespace(value="Ask", confidence=0.75, geometry=((0.1, 0.2), (0.3, 0.25))),
        SimpleNamespace(value="down", confidence=0.5, geometry=quad),
    ]
    lines = [SimpleNamespace(words=[w]) for w in words]
    document = SimpleNamespace(pages=[SimpleNamespace(blocks=[SimpleNamespace(lines=lines)])])
    ask, down = Doctr(lambda pages: document)(blank(1000, 400))
    assert (ask.text, ask.confidence, ask.line, ask.quad) == ("Ask", 0.75, 0, None)
    assert np.allclose(ask.box, (80, 78, 320, 102))
    assert np.isclose(np.degrees(down.angle), 90)
    assert np.allclose(down.box, (390, 90, 510, 210))
    assert down.line == 1


def test_doctrs_own_steps_around_other_networks():
    """OnnxTR's whole way from the page to words (its weights aren't to be had offline) with RapidOCR's networks."""
    pytest.importorskip("onnxtr")
    from onnxtr.models.detection.postprocessor.base import GeneralDetectionPostProcessor
    from onnxtr.models.detection.predictor import DetectionPredictor
    from onnxtr.models.predictor import OCRPredictor
    from onnxtr.models.preprocessor import PreProcessor
    from onnxtr.models.recognition.predictor import RecognitionPredictor

    class Boxes:
        assume_straight_pages = False
        postprocessor = GeneralDetectionPostProcessor(bin_thresh=0.3, box_thresh=0.5, assume_straight_pages=False)

        def __call__(self, pictures, **options):
            shares = networks.text_det.session(pictures.transpose(0, 3, 1, 2))
            return {"preds": self.postprocessor(shares.transpose(0, 2, 3, 1))}

    class Texts:
        def __call__(self, pictures, **options):
            lines, _ = networks.text_rec.postprocess_op(networks.text_rec.session(pictures.transpose(0, 3, 1, 2)))
            return {"preds": lines}

    shared()(example()[0][:200])
    networks = shared()._engine
    half = {"preserve_aspect_ratio": True, "mean": (0.5, 0.5, 0.5), "std": (0.5, 0.5, 0.5)}
    predictor = OCRPredictor(
        DetectionPredictor(PreProcessor((1024, 1024), 1, symmetric_pad=True, **half), Boxes()),
        RecognitionPredictor(PreProcessor((48, 640), 1, **half), Texts()),
        assume_straight_pages=False,
        disable_crop_orientation=True,
        disable_page_orientation=True,
    )
    rgb, reference = example()
    found = Doctr(predictor)(rgb)
    read = " ".join(w.text for w in found).split()
    assert sum(t in read for t in TEXT.split()) > 0.5 * len(TEXT.split())
    best = [max(found, key=lambda w, r=r: overlap(w.box, r.box)).box for r in reference]
    holds = [a[1] < r.box[1] + 5 and a[3] > r.box[3] - 5 for a, r in zip(best, reference, strict=True)]
    assert np.mean(holds) > 0.8


def test_doctr_that_is_missing_says_how_to_install_it(monkeypatch):
    monkeypatch.setattr("inksight.layout.doctr.find_spec", lambda name: None)
    monkeypatch.setitem(__import__("sys").modules, "onnxtr.models", None)
    with pytest.raises(InputError, match=r"^the detector doctr needs onnxtr: pip install 'inksight\[doctr\]'$"):
        Doctr()
