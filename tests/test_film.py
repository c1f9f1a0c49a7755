"""The moving formats: what is written when, for how long, over what; and that programs of others see the same."""

import io
import itertools
import json
import math
import sys

import numpy as np
import pytest
from PIL import Image, ImageSequence

from inksight.errors import InputError
from inksight.formats import Style, dumps
from inksight.formats import drawing as pictures
from inksight.formats.film import film
from inksight.formats.style import rainbow, styled
from inksight.ink import Line, Page, Stroke, Word
from inksight.ink.timing import HOLD
from tests.programs import need, run

ANIMATIONS = ("apng", "gif", "webp")
"""What Pillow reads back."""


def scribble(x, y, loops=4, size=20):
    """Something like a word, 4 letters a loop."""
    t = np.linspace(0, 2 * math.pi * loops, 16 * loops)
    return Stroke(np.stack([x + size * t / 6 + size / 2 * np.cos(t), y + size * np.sin(t)], axis=1))


def notes(words=40, across=5, size=(800, 600)):
    """A page of scribbles with a dot each."""
    places = [(40 + 150 * (i % across), 50 + 65 * (i // across)) for i in range(words)]
    found = [Word((scribble(x, y), Stroke([[x + 30, y - 28]])), f"word{i}") for i, (x, y) in enumerate(places)]
    return Page(*size, tuple(Line(tuple(found[i : i + across])) for i in range(0, words, across)))


def strokes(count=5, size=(200, 120), **look):
    """Upright strokes at x = 20, 50, 80, ..., drawn downwards."""
    drawn = tuple(Stroke([[20 + 30 * i, 30], [20 + 30 * i, 100]], 6, **look) for i in range(count))
    return Page.of_words([Word(drawn)], *size)


def photo(page, shade=200, noise=0):
    grain = np.random.default_rng(0).normal(0, noise, (int(page.height), int(page.width), 3))
    return np.clip(shade + grain, 0, 255).astype(np.uint8)


def frames(page, fmt, **style):
    """The frames as float arrays in RGBA, and for how many seconds each is seen."""
    picture = Image.open(io.BytesIO(dumps(page, fmt, style=Style(**style))))
    shown = [
        (np.asarray(f.convert("RGBA")).astype(float), f.info["duration"] / 1000)
        for f in ImageSequence.Iterator(picture)
    ]
    return [f for f, _ in shown], [seconds for _, seconds in shown]


# ------------------------------------------------------------------------------------------------------------ timing


def test_a_word_takes_about_two_seconds_and_a_page_about_twelve():
    word, page = film(notes(1), Style()), film(notes(40), Style())
    assert 1 < len(word.tiles) * word.seconds < 3
    assert 5 < len(page.tiles) * page.seconds < 15
    assert len(page.tiles) <= 240
    assert len(film(notes(72, 8), Style()).tiles) <= 240


@pytest.mark.parametrize("speed", [0.5, 2, 10])
def test_speed_divides_the_time(speed):
    usual, other = film(notes(10), Style()), film(notes(10), Style(speed=speed))
    assert other.seconds * len(other.tiles) == pytest.approx(usual.seconds * len(usual.tiles) / speed, rel=0.1)


@pytest.mark.parametrize("speed", [1e-9, 1e9])
def test_no_speed_is_out_of_reach_of_the_files(speed):
    for fmt in ANIMATIONS:
        shown, seconds = frames(strokes(), fmt, speed=speed)
        assert len(shown) <= 241
        assert HOLD < sum(seconds) < 610


def test_strokes_appear_at_their_time_and_stay():
    page = strokes()
    movie = film(page, Style(color="#000000"))
    seen = [np.asarray(shot.picture.convert("L")).copy() for shot in movie.shots()]
    inked = [(shot < 128).any(axis=0) for shot in seen]
    first = [next(k for k, columns in enumerate(inked) if columns[20 + 30 * i]) for i in range(5)]
    assert first == sorted(set(first))
    assert first[0] <= 1
    for before, after in itertools.pairwise(seen):
        assert (after <= before).all()
        assert (after < before).any()


def test_a_stroke_grows_from_its_beginning():
    reached = [
        np.flatnonzero((np.asarray(s.picture.convert("L")) < 128).any(axis=1))
        for s in film(strokes(1), Style(color="#000000", speed=0.1)).shots()
    ]
    ends = [int(rows[-1]) for rows in reached if len(rows)]
    assert ends == sorted(ends)
    assert len(set(ends)) > 10
    assert {int(rows[0]) for rows in reached if len(rows)} == {27}


# ---------------------------------------------------------------------------------------------------------- pictures


def apart(a, b):
    """How different two RGBA pictures look, whatever color what can't be seen has."""
    seen = np.maximum(a[..., 3:], b[..., 3:]) / 255
    return np.abs((a - b)[..., :3] * seen).mean() + np.abs((a - b)[..., 3]).mean()


def whole(page, style):
    """The page drawn at once, as PNG does, without dots at the pen-downs."""
    page = styled(page, style, "order")
    picture, edges = pictures.backdrop(page, style, int(page.width), int(page.height))
    pictures.draw(picture, pictures.pens(page, 1.0), edges)
    return np.asarray(picture).astype(float)


@pytest.mark.parametrize("under", ["photo", "paper", "none"])
@pytest.mark.parametrize("fmt", ANIMATIONS)
def test_the_last_frame_is_the_page(fmt, under):
    page = notes(12, 4, (640, 240))
    style = Style(photo=photo(page), background=under)
    want = whole(page, style)
    got = frames(page, fmt, photo=style.photo, background=under)[0][-1]
    less = whole(Page(640, 240, page.lines[:2]), style)  # the same without a line: it must be told apart

    assert apart(got, less) > 5
    rough = under == "none" and fmt != "webp"  # GIF knows no half pixels, and Pillow lays no half pixels over nothing
    assert apart(got, want) < (0.6 if rough else 0.15) * apart(got, less)


@pytest.mark.parametrize("fmt", ANIMATIONS)
def test_backgrounds(fmt):
    page = strokes()
    corners = {
        under: frames(page, fmt, background=under, photo=photo(page))[0][0][5, 5]
        for under in ("photo", "paper", "none")
    }
    assert corners["photo"] == pytest.approx([90, 90, 90, 255], abs=1)
    assert corners["paper"].tolist() == [255, 255, 255, 255]
    assert corners["none"][3] == 0
    with pytest.raises(InputError, match="there is no photo"):
        dumps(page, fmt, style=Style(background="photo"))
    assert frames(strokes(color="#eeeeee"), fmt, color="ink")[0][0][5, 5, 0] < 100  # chalk is seen on a board


@pytest.mark.parametrize("fmt", ANIMATIONS)
def test_colors(fmt):
    middle = (slice(60, 70), slice(138, 142))
    last = {
        c: frames(strokes(color="#208040"), fmt, color=c)[0][-1][middle][..., :3].mean(axis=(0, 1))
        for c in (None, "ink", "#ff0000")
    }
    assert last[None] == pytest.approx(rainbow(4, 5), abs=3)
    assert last["ink"] == pytest.approx([0x20, 0x80, 0x40], abs=3)
    assert last["#ff0000"] == pytest.approx([255, 0, 0], abs=3)


def test_edges_lie_under_ink_that_is_there_already():
    cross = Page.of_words([Word((Stroke([[10, 50], [90, 50]], 6), Stroke([[50, 10], [50, 90]], 6)))], 100, 100)
    last = frames(cross, "apng", photo=photo(cross), background="photo")[0][-1]
    assert (
        last[47:53, 44].min(axis=0)[0] == 230
    )  # red goes on beside the crossing, where the second stroke has its edge
    assert last[47:53, 44, 1:3].max() == 0
    assert last[30, 46:47, :3].min() > 200  # which is white elsewhere


@pytest.mark.parametrize(("size", "style", "want"), [
    ((200, 120), {}, (200, 120)), ((201, 121), {}, (202, 122)), ((2000, 1200), {}, (800, 480)),
    ((2000, 1200), {"size": 300}, (300, 180)), ((200, 120), {"size": 400}, (400, 240)), ((0, 0), {}, (2, 2)),
])  # fmt: skip
def test_size(size, style, want):
    assert film(strokes(size=size), Style(**style)).start.size == want


# ------------------------------------------------------------------------------------------------------------- files


@pytest.mark.parametrize("fmt", ANIMATIONS)
@pytest.mark.parametrize("page", [Page(0, 0), Page(60, 40), Page.of_words([Word(text="a")], 60, 40)])
def test_empty_pages_are_one_frame(fmt, page):
    shown, seconds = frames(page, fmt)
    assert len(shown) == 1
    assert sum(seconds) > HOLD


@pytest.mark.parametrize("fmt", ANIMATIONS)
def test_a_dot_and_ink_beyond_the_page(fmt):
    page = Page.of_words(
        [Word((Stroke([[30, 20]], 8), Stroke([[-500, -500], [-400, -450]]), Stroke([[50, 5], [500, 5]])))], 60, 40
    )
    last = frames(page, fmt, color="#000000")[0][-1]
    assert last[20, 30, 0] == last[5, 59, 0] == 0


@pytest.mark.parametrize("fmt", ANIMATIONS)
def test_the_written_page_stays_and_the_film_starts_anew_unless_told_otherwise(fmt):
    assert frames(strokes(), fmt)[1][-1] >= HOLD
    played = {
        loop: Image.open(io.BytesIO(dumps(strokes(), fmt, style=Style(loop=loop)))).info for loop in (None, True, False)
    }
    assert played[None]["loop"] == played[True]["loop"] == 0
    assert played[False].get("loop", 1) == 1


@pytest.mark.parametrize(("fmt", "most"), [("gif", 1_500_000), ("apng", 2_500_000), ("webp", 1_000_000)])
def test_files_of_a_page_over_its_photo_are_small(fmt, most):
    page = notes(40)
    assert len(dumps(page, fmt, style=Style(photo=photo(page, noise=6)))) < most


def test_many_strokes_are_few_frames():
    rng = np.random.default_rng(0)
    drawn = tuple(Stroke([p, p + 3]) for p in rng.uniform(0, 500, (2_000, 2)))
    page = Page.of_words([Word(drawn)], 500, 500)
    assert len(list(film(page, Style()).shots())) <= 241


# ---------------------------------------------------------------------------------------------------- other programs


@pytest.mark.parametrize("fmt", ["apng", "gif"])
def test_ffprobe_counts_the_frames(fmt, tmp_path):
    need("ffmpeg")
    page = strokes(size=(201, 121))
    file = tmp_path / f"ink.{fmt}"
    file.write_bytes(dumps(page, fmt))
    told = run("ffprobe", "-v", "error", "-count_frames", "-show_streams", "-of", "json", file)
    stream = json.loads(told)["streams"][0]
    assert (stream["width"], stream["height"]) == (202, 122)
    assert int(stream["nb_read_frames"]) == len(list(film(page, Style()).shots()))


@pytest.mark.parametrize(("fmt", "under"), [("apng", "none"), ("gif", "paper")])
def test_ffmpeg_ends_with_the_page(fmt, under, tmp_path):
    page = notes(12, 4, (640, 240))
    style = Style(photo=photo(page), background=under)
    need("ffmpeg")
    (tmp_path / f"ink.{fmt}").write_bytes(dumps(page, fmt, style=style))
    run("ffmpeg", "-v", "error", "-i", tmp_path / f"ink.{fmt}", "-update", "1", tmp_path / "last.png")
    last = np.asarray(Image.open(tmp_path / "last.png").convert("RGBA")).astype(float)
    assert is_finished(last, page, style)


# --------------------------------------------------------------------------------------------------------------- MP4


def decoded(data):
    """What FFmpeg's libraries find in the film: the stream, and its pictures."""
    av = pytest.importorskip("av", reason="MP4 needs PyAV: pip install 'inksight[video]'")
    with av.open(io.BytesIO(data)) as file:
        return file.streams.video[0], [np.asarray(f.to_image().convert("RGBA")).astype(float) for f in file.decode()]


def test_mp4_has_a_picture_for_every_moment():
    page = strokes(size=(201, 121))
    movie = film(page, Style())
    stream, seen = decoded(dumps(page, "mp4"))
    assert (stream.name, stream.format.name, stream.width, stream.height) == ("h264", "yuv420p", 202, 122)
    assert len(seen) == 1 + len(movie.tiles) + round(HOLD / movie.seconds)
    assert float(stream.duration * stream.time_base) == pytest.approx(len(seen) * movie.seconds)


@pytest.mark.parametrize("under", ["paper", "photo"])
def test_mp4_ends_with_the_page(under):
    page = notes(12, 4, (640, 240))
    style = Style(photo=photo(page), background=under)
    assert is_finished(decoded(dumps(page, "mp4", style=style))[1][-1], page, style)


def is_finished(picture, page, style):
    """Whether it looks more like the page than like the page without its last line."""
    less = whole(Page(page.width, page.height, page.lines[:-1]), style)
    return apart(picture, whole(page, style)) < 0.5 * apart(picture, less)


def test_mp4_can_be_played_while_it_arrives():
    pytest.importorskip("av")
    data = dumps(strokes(), "mp4")
    assert 0 < data.index(b"moov") < data.index(b"mdat")


def test_mp4_lies_over_paper_where_nothing_is_wanted():
    pytest.importorskip("av")
    assert dumps(strokes(), "mp4", style=Style(background="none")) == dumps(strokes(), "mp4")


def test_mp4_without_pyav_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "av", None)
    with pytest.raises(InputError, match=r"an MP4 needs av: pip install 'inksight\[video\]'"):
        dumps(strokes(), "mp4")
