"""DXF (AutoCAD 2004) for plotters, lasers and CNC: each stroke as an open LWPOLYLINE, in millimetres, in writing order.

The tool goes along a stroke once, so polylines have no width. Words lie on the layer INK, drawings on the layer
DRAWING, and each polyline has its ink's color. y points up, and the sheet's lower left corner is the origin.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count

from ..ink import Page, Stroke
from ..ink.frames import Affine
from .style import INK_COLOR, PLAIN, Style, sheet, styled

_MILLIMETRES = 4
"""Of $INSUNITS."""

_DOT = 0.05
"""Length in millimetres of the line that stands for a dot: a polyline needs two points."""

_LAYERS = {"0": 7, "INK": 7, "DRAWING": 3}
"""With their colors of AutoCAD's index."""

Tags = list[tuple[int, object]]
"""Group codes and values, which make a DXF file, two rows for each."""


def dumps(page: Page, style: Style = PLAIN) -> bytes:
    """The page as ASCII DXF on the style's sheet. Coordinates have 4 decimals."""
    file = _File()
    entities = list(_entities(page, style, file))
    tags = [*_header(), *file.tables(), *file.blocks(), (0, "SECTION"), (2, "ENTITIES"), *entities, (0, "ENDSEC")]
    tags += [*file.objects(), (0, "EOF")]
    return "".join(f"{code}\n{value}\n" for code, value in tags).encode("ascii")


def _header() -> Tags:
    variables = (
        ("$ACADVER", 1, "AC1018"),
        ("$HANDSEED", 5, "FFFFFF"),
        ("$INSUNITS", 70, _MILLIMETRES),
        ("$MEASUREMENT", 70, 1),
    )
    tags = [tag for name, code, value in variables for tag in ((9, name), (code, value))]
    return [(0, "SECTION"), (2, "HEADER"), *tags, (0, "ENDSEC")]


def _entities(page: Page, style: Style, file: _File) -> Iterator[tuple[int, object]]:
    on = sheet(page, style)
    frame = on.frame.then(Affine.scaling(1, -1)).then(Affine.translation(0, on.height))
    for word in styled(page, style).words:
        for stroke in word.strokes:
            layer = "DRAWING" if word.kind == "drawing" else "INK"
            yield from file.polyline(stroke.transformed(frame), layer)


class _File:
    """Gives each thing its handle, as the format wants it."""

    def __init__(self) -> None:
        self._handles = (f"{n:X}" for n in count(0x10))
        self.model, self.paper, self.root = next(self._handles), next(self._handles), next(self._handles)

    def polyline(self, stroke: Stroke, layer: str) -> Tags:
        """A stroke, its points in millimetres."""
        points = stroke.points.astype(float).tolist()
        if len(points) == 1:
            ((x, y),) = points
            points.append([x + _DOT, y])
        head: Tags = [(0, "LWPOLYLINE"), (5, next(self._handles)), (330, self.model), (100, "AcDbEntity"), (8, layer)]
        head += [(420, int((stroke.color or INK_COLOR)[1:], 16)), (100, "AcDbPolyline"), (90, len(points)), (70, 0)]
        return head + [tag for x, y in points for tag in ((10, f"{x:.4f}"), (20, f"{y:.4f}"))]

    def tables(self) -> Tags:
        """The section of that name: what readers expect to be there, and the layers."""
        rows: Tags = [(0, "SECTION"), (2, "TABLES")]
        rows += self._table("VPORT", [])
        lines = ("ByBlock", ""), ("ByLayer", ""), ("Continuous", "Solid line")
        rows += self._table("LTYPE", [self._linetype(name, about) for name, about in lines])
        rows += self._table("LAYER", [self._layer(name, color) for name, color in _LAYERS.items()])
        rows += self._table("STYLE", [self._style()])
        rows += self._table("VIEW", []) + self._table("UCS", [])
        rows += self._table("APPID", [self._record("APPID", "AcDbRegAppTableRecord", "ACAD")])
        rows += self._table("DIMSTYLE", [])
        records = ("*Model_Space", self.model), ("*Paper_Space", self.paper)
        rows += self._table("BLOCK_RECORD", [self._block_record(*record) for record in records])
        return [*rows, (0, "ENDSEC")]

    def _table(self, name: str, records: list[Tags]) -> Tags:
        head: Tags = [(0, "TABLE"), (2, name), (5, next(self._handles)), (330, 0), (100, "AcDbSymbolTable")]
        head += [(70, len(records))] + ([(100, "AcDbDimStyleTable")] if name == "DIMSTYLE" else [])
        return [*head, *(tag for record in records for tag in record), (0, "ENDTAB")]

    def _record(self, kind: str, subclass: str, name: str, handle: str | None = None) -> Tags:
        own: Tags = [(0, kind), (5, handle or next(self._handles)), (330, 0), (100, "AcDbSymbolTableRecord")]
        return [*own, (100, subclass), (2, name), *([] if kind == "BLOCK_RECORD" else [(70, 0)])]

    def _linetype(self, name: str, about: str) -> Tags:
        return [*self._record("LTYPE", "AcDbLinetypeTableRecord", name), (3, about), (72, 65), (73, 0), (40, 0.0)]

    def _layer(self, name: str, color: int) -> Tags:
        return [*self._record("LAYER", "AcDbLayerTableRecord", name), (62, color), (6, "Continuous")]

    def _style(self) -> Tags:
        plain: Tags = [(40, 0.0), (41, 1.0), (50, 0.0), (71, 0), (42, 2.5), (3, "txt"), (4, "")]
        return [*self._record("STYLE", "AcDbTextStyleTableRecord", "Standard"), *plain]

    def _block_record(self, name: str, handle: str) -> Tags:
        return [*self._record("BLOCK_RECORD", "AcDbBlockTableRecord", name, handle), (340, 0)]

    def blocks(self) -> Tags:
        """The two blocks that every drawing has, empty: what is in them stands under ENTITIES."""
        rows: Tags = [(0, "SECTION"), (2, "BLOCKS")]
        for name, owner in (("*Model_Space", self.model), ("*Paper_Space", self.paper)):
            common: Tags = [(330, owner), (100, "AcDbEntity"), (8, "0")]
            rows += [(0, "BLOCK"), (5, next(self._handles)), *common, (100, "AcDbBlockBegin"), (2, name), (70, 0)]
            rows += [(10, 0.0), (20, 0.0), (30, 0.0), (3, name), (1, "")]
            rows += [(0, "ENDBLK"), (5, next(self._handles)), *common, (100, "AcDbBlockEnd")]
        return [*rows, (0, "ENDSEC")]

    def objects(self) -> Tags:
        """The root dictionary, with the one entry that AutoCAD asks for."""
        group = next(self._handles)
        rows: Tags = [(0, "SECTION"), (2, "OBJECTS")]
        rows += [
            (0, "DICTIONARY"),
            (5, self.root),
            (330, 0),
            (100, "AcDbDictionary"),
            (281, 1),
            (3, "ACAD_GROUP"),
            (350, group),
        ]
        rows += [(0, "DICTIONARY"), (5, group), (330, self.root), (100, "AcDbDictionary"), (281, 1)]
        return [*rows, (0, "ENDSEC")]
