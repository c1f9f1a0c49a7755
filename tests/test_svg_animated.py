"""Animated SVG: the easing by itself, and what Chromium really shows at given times."""

import re
from xml.etree import ElementTree

import numpy as np
import pytest
from PIL import Image

from inksight.formats import Style, dumps, loads
from inksight.formats.style import styled
from inksight.ink import Page, Stroke, Word
from inksight.ink.timing import HOLD, duration, playing_time, times
from tests.programs import run

SVG = "{http://www.w3.org/2000/svg}"
WIDTH, HEIGHT = 120, 60


def page():
    """A bar, a dot and a corner, from left to right."""
    strokes = (Stroke([[10, 10], [10, 50]]), Stroke([[40, 30]]), Stroke([[60, 10], [60, 50], [110, 50]]))
    return Page.of_words([Word(strokes, "i <&")], WIDTH, HEIGHT)


def animated(ink, **style):
    return dumps(ink, "svg-animated", style=Style(width=6, **style))


def easings(data):
    """For each path the stops of its linear(): [(part drawn, part of the animation)]."""
    paths = ElementTree.fromstring(data).iter(SVG + "path")
    stops = [re.findall(r"([\d.]+) ([\d.]+)%", path.get("style")) for path in paths]
    return [[(float(part), float(at) / 100) for part, at in each] for each in stops]


def test_each_stroke_draws_itself_when_the_pen_is_there():
    data = animated(page())
    pen_time = duration(page().strokes)
    total = playing_time(pen_time, 1) + HOLD
    scale = playing_time(pen_time, 1) / pen_time / total
    for stops, clock in zip(easings(data), times(page().strokes), strict=True):
        (first, begins), *_, (last, ends) = stops
        assert (first, last) == (0, 1)
        assert [begins, ends] == pytest.approx([clock[0] * scale, clock[-1] * scale], abs=1e-5)
        assert stops == sorted(stops)
    assert f"ink-writes {total:.2f}".rstrip("0") in data.decode()


def test_speed_and_loop():
    assert "infinite" in animated(page()).decode()
    once = animated(page(), loop=False).decode()
    assert "linear 1 both" in once
    assert "infinite" not in once
    slow, fast = (easings(animated(page(), speed=speed))[-1][-1][1] for speed in (1, 4))
    assert fast < slow / 2  # of an animation that ends with the same rest


def test_it_is_the_same_ink():
    assert loads(animated(page()), "svg") == styled(page(), Style(width=6))
    assert loads(animated(Page(9, 9)), "svg") == Page(9, 9)


def screenshot(tmp_path, *parts, flags=(), script=""):
    """What Chromium shows of SVG files or HTML, one beside the other: a list of bool (HEIGHT, WIDTH), True on ink."""
    cells = "".join(f"<div>{part.decode().partition('?>')[2]}</div>" for part in parts)
    style = f"<style>body{{margin:0;display:flex}}div{{width:{WIDTH}px;height:{HEIGHT}px}}</style>"
    (tmp_path / "page.html").write_text(f"<!DOCTYPE html>{style}{cells}<script>{script}</script>", "utf-8")
    out = tmp_path / "shot.png"
    run(
        "chromium", "--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--force-device-scale-factor=1",
        f"--user-data-dir={tmp_path / 'profile'}", f"--window-size={max(500, WIDTH * len(parts))},200",
        "--virtual-time-budget=2000", *flags, f"--screenshot={out}", (tmp_path / "page.html").as_uri(),
    )  # fmt: skip
    seen = np.asarray(Image.open(out).convert("L")) < 128
    return [seen[:HEIGHT, i * WIDTH : (i + 1) * WIDTH] for i in range(len(parts))]


def test_chromium_shows_the_strokes_one_after_the_other(tmp_path):
    """Each copy stands still at a time of its own: while the bar, the dot and the corner are drawn, and at the end."""
    ink = page()
    pen_time = duration(ink.strokes)
    scale = 1000 * playing_time(pen_time, 1) / pen_time
    bar, dot, corner = (t * scale for t in times(ink.strokes))
    moments = [0, bar.mean(), (bar[-1] + dot[0]) / 2, (dot[0] + corner[0]) / 2, corner[1], 1000 * duration(ink.strokes)]
    freeze = f"""const at = {[float(m) for m in moments]};
        document.querySelectorAll('div').forEach((div, i) => i && div.getAnimations({{subtree: true}}).forEach(a => {{
            a.pause(); a.currentTime = at[i - 1]; }}));"""
    copies = [animated(ink)] * len(moments)
    still, *shown = screenshot(tmp_path, dumps(ink, "svg", style=Style(width=6)), *copies, script=freeze)
    parts = [
        [bool(mask[y, x]) for x, y in ((10, 12), (10, 48), (40, 30), (60, 12), (60, 45), (100, 50))] for mask in shown
    ]
    assert parts == [
        [False, False, False, False, False, False],
        [True, False, False, False, False, False],
        [True, True, False, False, False, False],
        [True, True, True, False, False, False],
        [True, True, True, True, True, False],
        [True, True, True, True, True, True],
    ]
    assert (shown[-1] != still).mean() < 0.002  # the finished ink looks like the plain SVG
    assert (shown[-2] != still).mean() > 0.02  # and the comparison sees a missing line


@pytest.mark.parametrize("wanted", [True, False])
def test_chromium_leaves_out_the_motion_for_those_who_do_not_want_it(wanted, tmp_path):
    """One frame of an animation that is stopped at its middle, if there is one."""
    parts = [dumps(page(), "svg", style=Style(width=6)), animated(page())]
    stop = "document.getAnimations().forEach(a => { a.pause(); a.currentTime = 300 })"
    flags = [] if wanted else ["--force-prefers-reduced-motion"]
    still, shown = screenshot(tmp_path, *parts, flags=flags, script=stop)
    assert np.array_equal(still, shown) != wanted
    assert still.any()


def test_other_programs_show_the_finished_ink(tmp_path):
    (tmp_path / "a.svg").write_bytes(animated(page()))
    (tmp_path / "b.svg").write_bytes(dumps(page(), "svg", style=Style(width=6, background="paper")))
    for name in "ab":
        run("inkscape", "--export-type=png", tmp_path / f"{name}.svg")
    a, b = (np.asarray(Image.open(tmp_path / f"{name}.png").convert("L")) for name in "ab")
    assert np.array_equal(a, b)
    assert (a < 128).mean() > 0.05
