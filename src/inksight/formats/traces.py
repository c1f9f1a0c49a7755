"""InkML's little language: the values of a trace (InkML, section 3.2.1)."""

from __future__ import annotations

import re

_VALUE = re.compile(r"""\s*([!'"]?)\s*([-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?|[*?TF])""")
"""A value with its prefix (InkML, section 3.2.1): explicit, first or second difference; * and ? repeat the last."""

_ALIEN = re.compile(r"""[^\s\d.,:eETF+*?!'"-]""")
"""What no value is made of."""

Value = tuple[str, str]
"""A prefix, often empty, and a number, "*" or "?"."""


def parse(text: str, count: int) -> list[list[Value]]:
    """The (prefix, value) pairs of each point; `count` of them, or any number from 2 where it is 0.

    W3C's form is "x y, x y"; the data set has "x,y x,y". Intermittent channels, behind a colon, are dropped.
    """
    text = " ".join(text.split())  # the search for values is slow in long gaps
    for pieces in (text.split(","), text.split()):
        points = [_VALUE.findall(piece.partition(":")[0]) for piece in pieces if piece.strip()]
        if not points:
            return []
        size = count or len(points[0])
        if size >= 2 and all(len(p) == size for p in points) and not _ALIEN.search(text):
            return points
    raise ValueError(f"can't read the trace '{text[:40]}'")


def decode(tokens: list[Value]) -> list[float]:
    """The values of one channel: a prefix holds until the next one."""
    order, number, change, value = 0, 0.0, 0.0, 0.0
    values = []
    for prefix, token in tokens:
        order = {"!": 0, "'": 1, '"': 2}.get(prefix, order)
        number = number if token in "*?" else float(token)
        change = (number - value, number, change + number)[order]
        value = number if order == 0 else value + change
        values.append(value)
    return values
