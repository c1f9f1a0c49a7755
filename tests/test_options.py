"""What is chosen reaches what it is meant for, and a model is loaded once, however it is named."""

import os
from dataclasses import fields

import numpy as np
import pytest
from PIL import Image

import inksight
from inksight import options, pipeline
from inksight.ink import Word
from inksight.layout import rapidocr
from inksight.layout.detection import Detection
from inksight.options import PageOptions, TraceOptions
from inksight.original import released
from inksight.recognition.models import MODELS
from tests.pages import SkeletonTracer, drawn, zigzag

PICTURE = drawn(zigzag(100, 100))


@pytest.fixture
def asked(monkeypatch):
    """The options that tracers were asked for with."""
    seen = []
    monkeypatch.setattr(pipeline, "tracer", lambda chosen: seen.append(chosen) or SkeletonTracer())
    return seen


def test_the_keywords_are_those_of_the_options():
    assert list(options.TraceChoices.__annotations__) == [f.name for f in fields(TraceOptions)]
    assert set(options.PageChoices.__annotations__) == {f.name for f in fields(PageOptions)}


def test_an_unknown_choice_is_refused():
    with pytest.raises(ValueError, match=r"^unknown mode 'copy'; the modes are derender, "):
        inksight.trace(PICTURE, mode="copy")
    with pytest.raises(TypeError, match="speed"):
        inksight.convert(PICTURE, speed=2)


def test_keywords_go_over_options(asked):
    inksight.trace(PICTURE, TraceOptions("recognize", fast=True), mode="derender")
    assert asked == [TraceOptions("derender", fast=True)]


@pytest.mark.parametrize("fast", [False, True])
def test_fast_reaches_the_tracer_from_everywhere(asked, tmp_path, fast):
    pages = [Image.fromarray(PICTURE)] * 2
    pages[0].save(tmp_path / "two.tiff", save_all=True, append_images=pages[1:])
    inksight.trace(PICTURE, fast=fast)
    inksight.trace_many([PICTURE], texts=[None], fast=fast)
    inksight.convert(PICTURE, detector="none", fast=fast)
    assert len(list(pipeline.convert_pages(tmp_path / "two.tiff", detector="none", fast=fast))) == 2
    assert [chosen.fast for chosen in asked] == [fast] * 5


def test_a_language_reaches_the_tracer_given_or_told_by_the_words(asked):
    words, line = ("dans", "la", "maison", "de"), drawn(*(zigzag(90 * i + 20, 100) for i in range(4)))
    said = [Detection((90.0 * i, 60.0, 90.0 * i + 88, 200.0), word, 0.9) for i, word in enumerate(words)]
    inksight.trace(PICTURE, language="de")
    inksight.convert(line, detector=lambda rgb: said)
    inksight.convert(line, detector=lambda rgb: said, language="de")
    inksight.convert(line, detector=lambda rgb: said[:2])
    once = dict.fromkeys(asked)  # for drawings the same is asked again
    assert [chosen.language for chosen in once] == ["de", "fr", "de", None]


def test_chinese_and_japanese_words_have_a_model_of_their_own_unless_one_is_chosen(asked):
    line = drawn(*(zigzag(90 * i + 20, 100) for i in range(3)))
    said = [Detection((90.0 * i, 60.0, 90.0 * i + 88, 200.0), w, 0.9) for i, w in enumerate(("漢字", "かな", "word"))]
    inksight.convert(line, detector=lambda rgb: said)
    inksight.convert(line, detector=lambda rgb: said, model="words-v1")
    inksight.trace(PICTURE, mode="derender-with-text", text="漢字")
    assert sorted({str(chosen.model) for chosen in asked[:2]}) == ["None", "scripts-v1"]
    assert [chosen.model for chosen in asked[2:]] == ["words-v1", "scripts-v1"]


def test_ideographs_are_read_by_rapidocr_and_nothing_else_is(monkeypatch):
    class Reader:
        def read(self, pictures):
            return [("漢字", 0.9) if p.any() else ("", 0.0) for p in pictures]

    monkeypatch.setattr(rapidocr, "shared", Reader)
    seen = [Word(text=text) for text in ("〓〓", "abc", "〓")]
    shown = [np.ones((2, 2, 3), np.uint8)] * 2 + [np.zeros((2, 2, 3), np.uint8)]
    assert [w.text for w in pipeline._with_ideographs(seen, shown.__getitem__)] == ["漢字", "abc", "〓"]


def test_a_model_is_loaded_once_however_it_is_named(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    folder = MODELS / "words-v1"
    names = [None, "words-v1", str(folder), folder, os.path.relpath(folder)]
    tracers = {fast: {pipeline.tracer(TraceOptions(model=n, fast=fast)) for n in names} for fast in (False, True)}
    assert [len(found) for found in tracers.values()] == [1, 1]
    (thorough,), (quick,) = tracers.values()
    assert quick is not thorough
    assert quick.network.engine is thorough.network.engine


def test_the_original_is_loaded_once_fast_or_not(monkeypatch, tmp_path):
    (tmp_path / "saved_model.pb").write_bytes(b"")
    monkeypatch.setattr(released, "SavedModel", lambda folder: folder)
    monkeypatch.chdir(tmp_path)
    chosen = [TraceOptions(model=name, fast=fast) for name in (tmp_path, str(tmp_path), ".") for fast in (False, True)]
    assert len({pipeline.tracer(c) for c in chosen}) == 1
