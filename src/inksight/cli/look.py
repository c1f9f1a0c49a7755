"""How the ink shall look: the options that convert, word and render share, handed to them as one `Look`."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, fields
from functools import wraps
from typing import TYPE_CHECKING, Any

import click

from .options import together

if TYPE_CHECKING:
    from ..arrays import Pixels
    from ..formats.style import Style
    from ..ink import Page

BACKGROUNDS = ("none", "photo", "paper")
SHEETS = ("a4", "letter", "device")

_POSITIVE = click.FloatRange(min=0, min_open=True)


@dataclass(frozen=True)
class Look:
    """The options' values; those that the user left out are None or False."""

    simplify: float | None
    smooth: float | None
    color: str | None
    width: float | None
    background: str | None
    fit: str | None
    dpi: float | None
    size: int | None
    speed: float
    loop: bool | None
    times: bool

    def page(self, page: Page) -> Page:
        """The page smoothed and simplified."""
        from ..ink import filters

        page = filters.smoothed(page, self.smooth) if self.smooth else page
        return filters.simplified(page, self.simplify) if self.simplify else page

    def style(self, photo: Pixels | None = None, name: str = "") -> Style:
        """What the writers want to know."""
        from ..formats.style import Style

        chosen = {f.name: getattr(self, f.name) for f in fields(self) if f.name not in ("simplify", "smooth")}
        return Style(photo=photo, name=name, **chosen)


def _color(ctx: click.Context, param: click.Parameter, value: str | None) -> str | None:
    if value is None:
        return None
    color = {"black": "#000000", "white": "#ffffff"}.get(value.lower(), value.lower())
    if color not in ("ink", "order") and not re.fullmatch("#[0-9a-f]{6}", color):
        raise click.BadParameter(f"'{value}' is none of ink, order, black, white and #rrggbb.")
    return color


_OPTIONS = together(
    click.option(
        "--color",
        metavar="ink|order|black|#rrggbb",
        callback=_color,
        help="The ink's own, a rainbow in writing order, or one for all.",
    ),
    click.option("--width", metavar="PX", type=_POSITIVE, help="Of all strokes, in pixels of the page. [their own]"),
    click.option("--background", type=click.Choice(BACKGROUNDS), help="What lies under the ink."),
    click.option("--smooth", metavar="PX", type=_POSITIVE, help="Smooth the strokes over about so many pixels."),
    click.option("--simplify", metavar="PX", type=_POSITIVE, help="Drop points within so many pixels of the rest."),
    click.option("--fit", type=click.Choice(SHEETS, case_sensitive=False), help="Put the page on this sheet."),
    click.option("--dpi", type=_POSITIVE, help="Pixels of the page per inch, for formats with lengths."),
    click.option("--size", metavar="PX", type=click.IntRange(1, 20_000), help="Longer side of a picture or animation."),
    click.option("--speed", type=_POSITIVE, default=1.0, help="Of animations; 2 is twice as fast as usual."),
    click.option("--loop/--once", default=None, help="Whether animations start anew."),
    click.option("--times", is_flag=True, help="Write made-up times for the points, where a format can hold them."),
)


def look(command: Callable[..., None]) -> Callable[..., None]:
    """--color, --width, ...: a command's argument `look`."""

    @wraps(command)
    def packed(**values: Any) -> None:
        chosen = Look(**{f.name: values.pop(f.name) for f in fields(Look)})
        if chosen.fit is not None and chosen.dpi is not None:
            raise click.UsageError("--fit and --dpi both say how large the page is: choose one")
        command(look=chosen, **values)

    return _OPTIONS(packed)
