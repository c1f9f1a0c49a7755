"""The frame of a PDF file (ISO 32000): numbered objects, a table of where each begins, a trailer."""

from __future__ import annotations

import hashlib
import zlib


class PdfFile:
    """Takes objects in PDF's notation and gives the file's bytes; the same objects give the same bytes."""

    def __init__(self) -> None:
        self._objects: list[bytes] = []

    def reserve(self) -> str:
        """A reference ("7 0 R") to an object that comes later."""
        self._objects.append(b"null")
        return f"{len(self._objects)} 0 R"

    def add(self, content: str | bytes, reference: str | None = None) -> str:
        """The reference to an object; with `reference`, the reserved one is filled."""
        reference = reference or self.reserve()
        self._objects[int(reference.split()[0]) - 1] = content.encode("ascii") if isinstance(content, str) else content
        return reference

    def stream(self, data: bytes, entries: str = "", *, packed: bool = False) -> str:
        """The reference to a stream; it is compressed, unless it is `packed` and `entries` say how."""
        body = data if packed else zlib.compress(data)
        filtered = "" if packed else "/Filter /FlateDecode "
        head = f"<< {filtered}/Length {len(body)} {entries} >>\nstream\n"
        return self.add(head.encode("ascii") + body + b"\nendstream")

    def dumps(self, catalog: str, about: dict[str, str]) -> bytes:
        """The file. `catalog` is a reference, `about` are entries of the document's description."""
        info = self.add(f"<< {' '.join(f'/{key} {value}' for key, value in about.items())} >>")
        file = bytearray(b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n")  # bytes beyond ASCII: so that nobody takes it for text
        places = []
        for number, content in enumerate(self._objects, start=1):
            places.append(len(file))
            file += b"%d 0 obj\n%b\nendobj\n" % (number, content)
        mark = hashlib.md5(file, usedforsecurity=False).hexdigest()
        size, start = len(places) + 1, len(file)
        file += b"xref\n0 %d\n0000000000 65535 f \n" % size + b"".join(b"%010d 00000 n \n" % p for p in places)
        trailer = f"<< /Size {size} /Root {catalog} /Info {info} /ID [<{mark}> <{mark}>] >>"
        return bytes(file) + f"trailer\n{trailer}\nstartxref\n{start}\n%%EOF\n".encode("ascii")


def text(content: str) -> str:
    """A string that people read, in PDF's notation."""
    return f"<feff{content.encode('utf-16-be', 'replace').hex()}>"
