"""Animated SVG: each stroke draws itself in writing order, as fast as a pen; in browsers and as an image on any page.

The paths of the plain SVG, with CSS: each path's dash grows over its length, and its easing says when. One animation
lasts as long as the whole writing, so that it can start anew; programs that know no animations show the finished ink.
"""

from __future__ import annotations

import numpy as np

from ..arrays import Array
from ..ink import Page, Stroke
from ..ink.curves import arc_lengths, significance
from ..ink.timing import HOLD, duration, playing_time, times
from .markup import number
from .style import PLAIN, Style, styled
from .svg import document

_CSS = """
.writing path {{ animation: ink-writes {seconds}s linear {turns} both }}
@keyframes ink-writes {{
  from {{ visibility: hidden; stroke-dasharray: 1 2; stroke-dashoffset: 1 }}
  to {{ visibility: visible; stroke-dasharray: 1 2; stroke-dashoffset: 0 }}
}}
@media (prefers-reduced-motion: reduce) {{ .writing path {{ animation: none }} }}
"""

_EVEN = 0.02
"""A stroke's speed is told so closely that its tip is off by no more than this part of the stroke's length."""


def dumps(page: Page, style: Style = PLAIN) -> bytes:
    """The page as animated SVG, over paper unless the style says otherwise.

    It plays in `timing.playing_time`, rests for 3 seconds and starts anew, unless `style.loop` is False.
    """
    page = styled(page, style)
    pen_time = duration(page.strokes)
    playing = playing_time(pen_time, style.speed)
    total = playing + HOLD
    scale = playing / pen_time / total if pen_time else 0.0  # from the pen's seconds to parts of the animation
    clock = iter(times(page.strokes))

    def easing(stroke: Stroke) -> str:
        return f' pathLength="1" style="animation-timing-function:{_linear(stroke, next(clock) * scale)}"'

    css = _CSS.format(seconds=number(total), turns="1" if style.loop is False else "infinite")
    return document(page, style, "paper", css, easing)


def _linear(stroke: Stroke, at: Array) -> str:
    """How much of the stroke is drawn after which part of the animation, as an easing function of CSS."""
    way = arc_lengths(stroke.points)
    drawn = way / way[-1] if way[-1] else np.ones(len(way))
    bends = significance(np.stack([(at - at[0]) / max(at[-1] - at[0], 1e-9), drawn], axis=1)) > _EVEN
    stops = dict.fromkeys([(0.0, float(at[0])), *zip(drawn[bends].tolist(), at[bends].tolist(), strict=True)])
    return f"linear(0,{','.join(f'{_short(part)} {_short(100 * when)}%' for part, when in stops)},1)"


def _short(value: float) -> str:
    return f"{value:.3f}".rstrip("0").rstrip(".")
