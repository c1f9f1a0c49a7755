"""PDF files written by hand: whatever content, whatever pictures, no library's idea of what is usual."""

import io
import zlib

import numpy as np
from PIL import Image


def stream(entries: str, content: bytes) -> bytes:
    return b"<< %s /Length %d >>\nstream\n%s\nendstream" % (entries.encode(), len(content), content)


def document(*objects: bytes) -> bytes:
    """The objects, numbered from 1, the first being the catalog."""
    out, starts = b"%PDF-1.5\n", []
    for number, body in enumerate(objects, 1):
        starts.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    count = len(objects) + 1
    table = b"".join(b"%010d 00000 n \n" % start for start in starts)
    trailer = b"trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (count, len(out))
    return out + b"xref\n0 %d\n0000000000 65535 f \n" % count + table + trailer


def picture(pixels: np.ndarray, more: str = "") -> bytes:
    """An image object of uint8 (H, W) or (H, W, 3), losslessly packed."""
    space, (height, width) = "DeviceGray" if pixels.ndim == 2 else "DeviceRGB", pixels.shape[:2]
    entries = f"/Subtype /Image /Width {width} /Height {height} /ColorSpace /{space} /BitsPerComponent 8 {more}"
    return stream(f"{entries} /Filter /FlateDecode", zlib.compress(pixels.tobytes(), 1))


def packed(image: Image.Image, kind: str, **options: object) -> bytes:
    """An image object in RGB, packed as a JPEG or a JPEG 2000."""
    file = io.BytesIO()
    image.save(file, kind, **options)
    name = {"JPEG": "DCTDecode", "JPEG2000": "JPXDecode"}[kind]
    size = f"/Width {image.width} /Height {image.height}"
    return stream(f"/Subtype /Image {size} /ColorSpace /DeviceRGB /BitsPerComponent 8 /Filter /{name}", file.getvalue())


def page(size: tuple[float, float], content: str, *objects: bytes, more: str = "") -> bytes:
    """A document of one page, whose content may name the objects /P5, /P6, ..., as they are numbered."""
    names = " ".join(f"/P{n} {n} 0 R" for n in range(5, 5 + len(objects)))
    entries = f"/MediaBox [0 0 {size[0]} {size[1]}] /Contents 4 0 R /Resources << /XObject << {names} >> >> {more}"
    return document(
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        f"<< /Type /Page /Parent 2 0 R {entries} >>".encode(),
        stream("", content.encode()),
        *objects,
    )
