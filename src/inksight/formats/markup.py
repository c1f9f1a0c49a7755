"""What the XML formats share: safe parsing, text that XML can hold, plain numbers."""

from __future__ import annotations

import re
from collections.abc import Iterable
from xml.etree import ElementTree
from xml.sax.saxutils import escape, quoteattr

_FORBIDDEN = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""Characters outside of `Char` in XML 1.0, section 2.2."""

PIXELS = {"px": 1.0, "in": 96.0, "cm": 96 / 2.54, "mm": 96 / 25.4, "pt": 96 / 72, "pc": 16.0}
"""What units of length are in CSS's pixels."""


class _Builder(ElementTree.TreeBuilder):
    def doctype(self, name: str, pubid: str | None, system: str | None) -> None:
        """Entities are declared in a DOCTYPE: without it nothing can expand or be fetched."""
        raise ValueError("it has a DOCTYPE; delete that line, ink needs none")


def parse(data: bytes) -> ElementTree.Element:
    """The root element, read without entities or network. Raises ValueError for broken XML and for a DOCTYPE."""
    try:
        return ElementTree.fromstring(data, ElementTree.XMLParser(target=_Builder()))
    except (ElementTree.ParseError, LookupError) as error:  # LookupError: an encoding nobody knows
        raise ValueError(f"broken XML ({error})") from error


def local(element: ElementTree.Element) -> str:
    """The element's name without its namespace."""
    return element.tag.rpartition("}")[2]


def escaped(content: str) -> str:
    """Escaped for use between tags, without the characters that XML 1.0 forbids."""
    return escape(_FORBIDDEN.sub("", content), {"\r": "&#13;"})


def quoted(content: str) -> str:
    """Escaped and quoted for use as an attribute's value, without the characters that XML 1.0 forbids."""
    return quoteattr(_FORBIDDEN.sub("", content))


def number(value: float) -> str:
    """At most 2 decimals, no -0 and no exponent, which xsd:decimal and old plotters don't know."""
    return f"{value:z.2f}".rstrip("0").rstrip(".")


def floats(content: str | None, count: int | None = None) -> tuple[float, ...] | None:
    """Numbers separated by spaces or commas, so many if `count` says it; None where the text holds anything else."""
    try:
        values = tuple(float(v) for v in (content or "").replace(",", " ").split())
    except ValueError:
        return None
    return values if count in (None, len(values)) else None


def numbers(values: Iterable[float]) -> str:
    """`floats` backwards."""
    return " ".join(map(number, values))


def css_color(value: str) -> str | None:
    """A color as CSS writes it ("#abc", "rgb(0, 0, 255)", "navy") as "#rrggbb"; None for anything else."""
    from PIL import ImageColor

    try:
        red, green, blue, *_ = ImageColor.getrgb(value.strip())
    except ValueError:  # none, currentColor, a gradient
        return None
    return f"#{red:02x}{green:02x}{blue:02x}"
