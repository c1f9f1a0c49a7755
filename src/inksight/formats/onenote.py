"""A page for OneNote's API: its HTML and, as InkML, the ink, in the one multipart body that a request sends.

    curl -H "Authorization: Bearer TOKEN" -H "Content-Type: multipart/form-data; boundary=inksight-ink" \\
        --data-binary @notes.onenote https://graph.microsoft.com/v1.0/me/onenote/pages

OneNote takes whole numbers of himetric (a hundredth of a millimetre), brushes in the same unit, and a pressure. The
text stands under the ink, so that OneNote's search finds it.
"""

from __future__ import annotations

from html import escape

from ..ink import Page, Stroke
from ..ink.frames import Affine
from .markup import escaped
from .style import INK_COLOR, PLAIN, Style, sheet, styled

BOUNDARY = "inksight-ink"
"""Between the parts; the request's Content-Type names it."""

_HIMETRIC = 100
"""In a millimetre."""

_CSS_PIXELS = 96 / 25.4
"""In a millimetre."""

_PRESSURE, _MOST = 16384, 32767

_INK = "http://www.w3.org/2003/InkML"

_CONTEXT = f"""<inkml:context xml:id="pen"><inkml:inkSource xml:id="picture"><inkml:traceFormat>
<inkml:channel name="X" type="integer" min="-2147483648" max="2147483647" units="himetric"/>
<inkml:channel name="Y" type="integer" min="-2147483648" max="2147483647" units="himetric"/>
<inkml:channel name="F" type="integer" max="{_MOST}" units="dev"/>
</inkml:traceFormat><inkml:channelProperties>
<inkml:channelProperty channel="X" name="resolution" value="1" units="1/himetric"/>
<inkml:channelProperty channel="Y" name="resolution" value="1" units="1/himetric"/>
<inkml:channelProperty channel="F" name="resolution" value="1" units="1/dev"/>
</inkml:channelProperties></inkml:inkSource></inkml:context>"""


def dumps(page: Page, style: Style = PLAIN) -> bytes:
    """The page as the body of a request, on the style's sheet."""
    parts = (
        ("presentation", "text/html", _html(page, style)),
        ("presentation-onenote-inkml", "application/inkml+xml", _inkml(page, style)),
    )
    rows = []
    for name, kind, content in parts:
        rows += [
            f"--{BOUNDARY}",
            f'Content-Disposition: form-data; name="{name}"',
            f"Content-Type: {kind}; charset=utf-8",
            "",
            content,
        ]
    return "\r\n".join([*rows, f"--{BOUNDARY}--", ""]).encode("utf-8", "replace")


def _html(page: Page, style: Style) -> str:
    top = round(sheet(page, style).height * _CSS_PIXELS)
    title = escape(style.name or (page.text.partition("\n")[0][:60] or "InkSight"))
    rows = "".join(f"<p>{escape(row)}</p>" for row in page.text.splitlines())
    place = f"position:absolute;left:0px;top:{top}px"
    return (
        f'<!DOCTYPE html>\n<html><head><title>{title}</title></head><body data-absolute-enabled="true">'
        f'<div style="{place}">{rows}</div></body></html>'
    )


def _inkml(page: Page, style: Style) -> str:
    frame = sheet(page, style).frame.then(Affine.scaling(_HIMETRIC))
    words = [word.transformed(frame) for word in styled(page, style).words]
    looks = {look: f"pen{i}" for i, look in enumerate(dict.fromkeys(_look(s) for w in words for s in w.strokes))}
    rows = [
        '<?xml version="1.0" encoding="utf-8"?>',
        f'<inkml:ink xmlns:inkml="{_INK}">',
        "<inkml:definitions>",
        _CONTEXT,
    ]
    rows += [*(_brush(name, *look) for look, name in looks.items()), "</inkml:definitions>"]
    number = 0
    for word in words:
        rows.append("<inkml:traceGroup>")
        rows += [f'<inkml:annotation type="textField">{escaped(word.text)}</inkml:annotation>'] if word.text else []
        for stroke in word.strokes:
            rows.append(_trace(stroke, number, looks[_look(stroke)]))
            number += 1
        rows.append("</inkml:traceGroup>")
    return "\n".join([*rows, "</inkml:ink>"])


def _look(stroke: Stroke) -> tuple[int, str]:
    return max(1, round(stroke.width or 1)), stroke.color or INK_COLOR


def _brush(name: str, width: int, color: str) -> str:
    values = f'<inkml:brushProperty name="width" value="{width}" units="himetric"/>'
    values += f'<inkml:brushProperty name="height" value="{width}" units="himetric"/>'
    values += (
        f'<inkml:brushProperty name="color" value="{color}"/><inkml:brushProperty name="ignorePressure" value="true"/>'
    )
    return f'<inkml:brush xml:id="{name}">{values}</inkml:brush>'


def _trace(stroke: Stroke, number: int, brush: str) -> str:
    points = ", ".join(f"{round(x)} {round(y)} {_PRESSURE}" for x, y in stroke.points.tolist())
    return f'<inkml:trace xml:id="st{number}" contextRef="#pen" brushRef="#{brush}">{points}</inkml:trace>'
