"""A font without shapes, for text that lies unseen under ink and can be found and copied in any script.

Each character is `ADVANCE` wide and reaches from `DESCENT` to `ASCENT`, in thousandths of the font size. It draws
nothing, but has an extent, because some programs take what has none for not there.
"""

from __future__ import annotations

import struct
import unicodedata
from collections.abc import Iterable
from itertools import groupby

from .pdffile import PdfFile

ADVANCE, ASCENT, DESCENT = 500, 700, -300

_MOST_ROWS = 100  # that a block of a character map may have
_MADE = 3_600_000_000  # in 2018, in seconds since 1904


def visual(word: str) -> str:
    """The word's characters from left to right, the order in which PDF has them: Hebrew and Arabic come reversed."""
    if not any(unicodedata.bidirectional(c) in ("R", "AL") for c in word):
        return word
    runs = ["".join(run) for _, run in groupby(reversed(word), _leftwards)]
    return "".join(run if _leftwards(run[0]) else run[::-1] for run in runs)


def _leftwards(character: str) -> bool:
    """Whether it is written from right to left; marks go with the letters that they stand on."""
    return unicodedata.bidirectional(character) in ("R", "AL", "NSM")


class Font:
    """The font of one file. Characters are numbered as they are first used, from 1."""

    def __init__(self, file: PdfFile) -> None:
        self._file = file
        self._codes: dict[str, int] = {}
        self.reference = file.reserve()

    def encode(self, text: str) -> str:
        """The text as a string in PDF's notation."""
        return "<" + "".join(f"{self._codes.setdefault(c, len(self._codes) + 1):04X}" for c in text) + ">"

    def write(self) -> None:
        """Add the font, once no text follows."""
        add, stream, program = self._file.add, self._file.stream, truetype()
        descriptor = add(
            f"<< /Type /FontDescriptor /FontName /Glyphless /Flags 4 /FontBBox [0 {DESCENT} {ADVANCE} {ASCENT}] "
            f"/ItalicAngle 0 /Ascent {ASCENT} /Descent {DESCENT} /CapHeight {ASCENT} /StemV 80 "
            f"/FontFile2 {stream(program, f'/Length1 {len(program)}')} >>"
        )
        glyphs = stream(bytes(2) + b"\x00\x01" * len(self._codes))
        descendant = add(
            f"<< /Type /Font /Subtype /CIDFontType2 /BaseFont /Glyphless /FontDescriptor {descriptor} /DW {ADVANCE} "
            f"/CIDSystemInfo << /Registry (Adobe) /Ordering (Identity) /Supplement 0 >> /CIDToGIDMap {glyphs} >>"
        )
        add(
            f"<< /Type /Font /Subtype /Type0 /BaseFont /Glyphless /Encoding /Identity-H "
            f"/DescendantFonts [{descendant}] /ToUnicode {stream(to_unicode(self._codes))} >>",
            self.reference,
        )


def to_unicode(characters: Iterable[str]) -> bytes:
    """The table that says which characters the codes 1, 2, ... stand for."""
    rows = [f"<{code:04X}> <{c.encode('utf-16-be').hex()}>" for code, c in enumerate(characters, start=1)]
    blocks = [rows[i : i + _MOST_ROWS] for i in range(0, len(rows), _MOST_ROWS)]
    table = [
        "/CIDInit /ProcSet findresource begin 12 dict begin begincmap",
        "/CIDSystemInfo << /Registry (Adobe) /Ordering (UCS) /Supplement 0 >> def",
        "/CMapName /Adobe-Identity-UCS def /CMapType 2 def",
        "1 begincodespacerange <0000> <FFFF> endcodespacerange",
        *(row for block in blocks for row in (f"{len(block)} beginbfchar", *block, "endbfchar")),
        "endcmap CMapName currentdict /CMap defineresource pop end end",
    ]
    return "\n".join(table).encode("ascii")


def truetype() -> bytes:
    """The font's program, TrueType: glyph 0 is nothing, glyph 1 a line without breadth across its whole extent."""
    extent = (0, DESCENT, ADVANCE, ASCENT)
    line = (1, 0, 1, 1, 0, ADVANCE, DESCENT, ASCENT - DESCENT)  # last point, no program, two flags, steps in x and y
    name = "Glyphless".encode("utf-16-be")
    tables = {
        b"OS/2": struct.pack(">HhHHH11h26x4sHHHhhhHH8x", 1, ADVANCE, 400, 5, 0, *[0] * 11, b"    ", 64, 0, 0xFFFF,
                             ASCENT, DESCENT, 0, ASCENT, -DESCENT),
        b"cmap": struct.pack(">HHHHLHHHHH", 0, 1, 3, 1, 12, 6, 10, 0, 0, 0),
        b"glyf": struct.pack(">5hHH2B4h", 1, *extent, *line),
        b"head": struct.pack(">LLLLHHqq4hHHhhh", 0x10000, 0x10000, 0, 0x5F0F3CF5, 0, 1000, _MADE, _MADE, *extent,
                             0, 8, 2, 0, 0),
        b"hhea": struct.pack(">LhhhHhhhh14xH", 0x10000, ASCENT, DESCENT, 0, ADVANCE, 0, 0, ADVANCE, 1, 1),
        b"hmtx": struct.pack(">Hhh", ADVANCE, 0, 0),
        b"loca": struct.pack(">HHH", 0, 0, 12),
        b"maxp": struct.pack(">LHHH4xH16x", 0x10000, 2, 2, 1, 1),
        b"name": struct.pack(">9H", 0, 1, 18, 3, 1, 0x409, 6, len(name), 0) + name,
        b"post": struct.pack(">L8xL16x", 0x30000, 1),
    }  # fmt: skip
    return _sfnt(tables)


def _sfnt(tables: dict[bytes, bytes]) -> bytes:
    """A font file of these tables, with their checksums."""
    count = len(tables)
    power = count.bit_length() - 1
    index = struct.pack(">LHHHH", 0x10000, count, 16 << power, power, 16 * count - (16 << power))
    start, body = len(index) + 16 * count, b""
    for tag, table in sorted(tables.items()):
        index += tag + struct.pack(">LLL", _checksum(table), start + len(body), len(table))
        body += table + bytes(-len(table) % 4)
    whole, place = index + body, len(index) + body.index(tables[b"head"]) + 8  # where head wants the file's checksum
    return whole[:place] + struct.pack(">L", (0xB1B0AFBA - _checksum(whole)) % 2**32) + whole[place + 4 :]


def _checksum(data: bytes) -> int:
    padded = data + bytes(-len(data) % 4)
    return int(sum(word for (word,) in struct.iter_unpack(">L", padded))) % 2**32
