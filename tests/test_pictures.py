"""Opening pictures: every kind comes out as the same upright RGB, every bad input as one line."""

import io
import struct
import sys
import warnings
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw

from inksight.errors import InputError
from inksight.imaging import pictures, pixels
from inksight.imaging.pictures import count_pages, open_image, open_pages, open_picture
from tests import memory

W, H = 60, 40


def drawing(mode: str = "RGB") -> Image.Image:
    """White paper with a red block at the top left and a black one at the bottom right."""
    picture = Image.new("RGB", (W, H), "white")
    draw = ImageDraw.Draw(picture)
    draw.rectangle((4, 4, 19, 11), fill=(200, 0, 0))
    draw.rectangle((40, 24, 55, 35), fill=(0, 0, 0))
    return picture.convert(mode)


def encode(picture: Image.Image, kind: str, **options: object) -> bytes:
    file = io.BytesIO()
    picture.save(file, kind, **options)
    return file.getvalue()


def assert_drawing(rgb: np.ndarray, colour: bool = True, tolerance: int = 12) -> None:
    assert rgb.dtype == np.uint8
    assert rgb.shape == (H, W, 3)
    red = (200, 0, 0) if colour else (60, 60, 60)
    for (x, y), want in {(30, 20): (255, 255, 255), (12, 8): red, (48, 30): (0, 0, 0)}.items():
        assert np.abs(rgb[y, x].astype(int) - want).max() <= tolerance, (x, y, rgb[y, x])


def message(source: object, name: str | None = None) -> str:
    with pytest.raises(InputError) as caught:
        list(open_pages(source, name))  # type: ignore[arg-type]
    text = str(caught.value)
    assert "\n" not in text
    return text


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "TIFF", "WEBP", "GIF", "BMP", "PPM"])
def test_every_format_from_path_and_bytes(kind: str, tmp_path: Path) -> None:
    options = {"lossless": True} if kind == "WEBP" else {"quality": 95, "subsampling": 0} if kind == "JPEG" else {}
    data = encode(drawing(), kind, **options)
    path = tmp_path / "picture without an ending"
    path.write_bytes(data)
    for source in (data, path, str(path)):
        assert_drawing(open_image(source))


@pytest.mark.parametrize("mode", ["L", "1", "P", "CMYK", "YCbCr", "RGBA", "LA", "PA", "HSV"])
def test_every_mode_of_a_pil_image(mode: str) -> None:
    picture = drawing("RGB").convert("L").convert("LA") if mode == "LA" else drawing("P" if mode == "PA" else "RGB")
    if mode == "1":
        picture = picture.convert("1", dither=Image.Dither.NONE)
    colour = mode not in ("L", "1", "LA")
    rgb = open_image(picture.convert(mode))
    if mode == "1":
        rgb[4:12, 4:20] = 60  # the red is lost in one bit
    assert_drawing(rgb, colour)


def test_cmyk_jpeg() -> None:
    assert_drawing(open_image(encode(drawing("CMYK"), "JPEG", quality=95)), tolerance=20)


@pytest.mark.parametrize("kind", ["PNG", "TIFF"])
def test_16_bit_grey_keeps_its_levels(kind: str) -> None:
    ramp = np.tile(np.linspace(0, 65535, 256).astype(np.uint16), (10, 1))
    rgb = open_image(encode(Image.fromarray(ramp), kind))
    assert np.abs(rgb[5, :, 0].astype(int) - np.arange(256)).max() <= 1


@pytest.mark.parametrize("white", [1, 255, 4095, 65535])
def test_float_grey_finds_its_white_level(white: int) -> None:
    rgb = open_image(Image.fromarray(np.tile(np.linspace(0, white, 256, dtype=np.float32), (10, 1))))
    assert np.abs(rgb[5, :, 1].astype(int) - np.arange(256)).max() <= 1


@pytest.mark.parametrize("shape", [(H, W), (H, W, 3), (H, W, 4)])
def test_arrays(shape: tuple[int, ...]) -> None:
    array = np.asarray(drawing({2: "L", 3: "RGB"}.get(shape[-1] if len(shape) == 3 else 2, "RGBA")))
    assert array.shape == shape
    assert_drawing(open_image(array), colour=len(shape) == 3)
    assert_drawing(open_image(np.asfortranarray(array)), colour=len(shape) == 3)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "TIFF", "WEBP"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_exif_turn(kind: str, orientation: int) -> None:
    turns = Image.Transpose
    undo = {
        2: turns.FLIP_LEFT_RIGHT, 3: turns.ROTATE_180, 4: turns.FLIP_TOP_BOTTOM, 5: turns.TRANSPOSE,
        6: turns.ROTATE_90, 7: turns.TRANSVERSE, 8: turns.ROTATE_270,
    }  # fmt: skip
    stored = drawing().transpose(undo[orientation]) if orientation > 1 else drawing()
    exif = Image.Exif()
    exif[0x0112] = orientation
    options = {"JPEG": {"quality": 95, "subsampling": 0}, "WEBP": {"lossless": True}}.get(kind, {})
    data = encode(stored, kind, exif=exif, **options)
    assert_drawing(open_image(data))
    assert_drawing(open_image(Image.open(io.BytesIO(data))))


def test_damaged_exif_is_no_reason_to_refuse() -> None:
    data = encode(drawing(), "JPEG", quality=95, subsampling=0, exif=b"Exif\x00\x00II*\x00\xff\xff\xff\xff")
    assert_drawing(open_image(data))


@pytest.mark.parametrize("opacity", [255, 120, 20])
@pytest.mark.parametrize(("ink", "paper"), [((20, 20, 80), 255), ((255, 250, 240), 0), ((255, 230, 0), 0)])
def test_ink_on_transparency_stays_visible(ink: tuple[int, int, int], paper: int, opacity: int) -> None:
    picture = Image.new("RGBA", (W, H), (*ink, 0))
    ImageDraw.Draw(picture).line((5, 5, 50, 30), fill=(*ink, opacity), width=4)
    rgb = open_image(encode(picture, "PNG"))
    assert (rgb[35, 5] == paper).all()
    assert (rgb[17, 26] == ink).all()


def test_soft_strokes_on_transparency_keep_their_softness() -> None:
    alpha = np.zeros((H, W), np.uint8)
    alpha[10:20, 5:55] = np.linspace(0, 90, 50)
    rgb = open_image(np.dstack([np.full((H, W, 3), 255, np.uint8), alpha]))
    assert rgb[15, 54].min() == 255
    assert abs(int(rgb[15, 29, 0]) - 125) < 6
    assert rgb[0].max() == 0


def test_black_and_white_ink_on_transparency_both_show() -> None:
    picture = Image.new("RGBA", (W, H))
    for x, grey in ((10, 0), (40, 255)):
        ImageDraw.Draw(picture).line((x, 5, x, 30), fill=(grey, grey, grey, 255), width=4)
    rgb = open_image(picture).astype(int)
    assert abs(rgb[15, 10] - rgb[15, 25]).min() > 100
    assert abs(rgb[15, 40] - rgb[15, 25]).min() > 100


def test_light_picture_with_clear_corners_lies_over_white() -> None:
    picture = drawing("RGBA")
    picture.paste((0, 0, 0, 0), (0, 30, 10, 40))
    assert (open_image(picture)[35, 5] == 255).all()


def test_palette_with_a_transparent_entry() -> None:
    picture = drawing("RGBA")
    picture.paste((0, 0, 0, 0), (0, 30, 10, 40))
    assert (open_image(encode(picture, "GIF"))[35, 5] == 255).all()


def test_tiff_pages_without_thumbnails() -> None:
    thumbnail, second, third = Image.new("RGB", (8, 6)), drawing("L"), Image.new("RGB", (30, 50), (1, 2, 3))
    thumbnail.encoderinfo = {"tiffinfo": {254: 1}}  # type: ignore[attr-defined]
    data = encode(drawing(), "TIFF", save_all=True, append_images=[thumbnail, second, third])
    assert [p.shape for p in open_pages(data)] == [(H, W, 3), (H, W, 3), (50, 30, 3)]
    assert open_image(encode(drawing(), "TIFF", tiffinfo={254: 1})).shape == (H, W, 3)  # all that there is


def written(strokes: int, mode: str = "RGB") -> Image.Image:
    """So many strokes on a sheet, which is clear in RGBA."""
    picture = Image.new(mode, (W, H), (255, 255, 255, 0) if mode == "RGBA" else "white")
    for x in range(strokes):
        ImageDraw.Draw(picture).line((5 + 10 * x, 5, 5 + 10 * x, 30), fill="black", width=3)
    return picture


def strokes_in(rgb: np.ndarray) -> int:
    return int((np.diff((rgb[15, :, 0] < 128).astype(int)) > 0).sum())


@pytest.mark.parametrize("kind", ["GIF", "WEBP", "PNG", "AVIF"])
@pytest.mark.parametrize("mode", ["RGB", "RGBA"])
def test_of_an_animation_comes_the_frame_with_the_most_ink(kind: str, mode: str) -> None:
    frames = [written(n, mode) for n in (0, 1, 2, 3, 5, 0)]
    data = encode(frames[0], kind, save_all=True, append_images=frames[1:], duration=100)
    pages = list(open_pages(data))
    assert [strokes_in(page) for page in pages] == [5]


def test_the_last_frame_though_a_pen_hid_nothing_before() -> None:
    frames = [written(n) for n in (1, 3, 5, 5)]
    ImageDraw.Draw(frames[2]).point((3, 38), "black")
    data = encode(frames[0], "GIF", save_all=True, append_images=frames[1:], duration=100)
    assert open_image(data)[38, 3].min() > 200


def test_an_animation_that_breaks_off() -> None:
    frames = [written(n) for n in (1, 2, 5, 4)]
    data = encode(frames[0], "GIF", save_all=True, append_images=frames[1:], duration=100)
    assert strokes_in(open_image(data[:-30])) == 5


@pytest.mark.parametrize(("kind", "options"), [("JPEG2000", {}), ("AVIF", {"quality": 95}), ("TGA", {}), ("ICO", {}),
                                               ("PCX", {}), ("SGI", {}), ("QOI", {}), ("DDS", {})])  # fmt: skip
def test_what_else_pillow_reads(kind: str, options: dict[str, object]) -> None:
    picture = drawing()
    if kind == "ICO":
        options = {"sizes": [(W, H)]}
    assert_drawing(open_image(encode(picture, kind, **options)), tolerance=25)
    assert {".jp2", ".avif", ".tga", ".mpo", ".heic", ".pdf"} < pictures.endings()
    assert not {".eps", ".mp4", ".mpg", ".h5", ".txt"} & pictures.endings()


def test_of_an_mpo_the_first_picture() -> None:
    data = encode(drawing(), "MPO", save_all=True, append_images=[Image.new("RGB", (W, H))], quality=95, subsampling=0)
    assert_drawing(open_image(data))


def test_postscript_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("subprocess.check_call", lambda *_, **__: pytest.fail("a program was started"))
    assert "is not a picture" in message(encode(drawing(), "EPS"), "x.eps")


@pytest.mark.parametrize("kind", ["TIFF", "JPEG", "PNG"])
@pytest.mark.parametrize("orientation", [1, 6])
def test_pixels_that_are_no_squares(kind: str, orientation: int) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    data = encode(drawing(), kind, dpi=(200, 100), exif=exif)
    found, own = open_picture(data), open_image(data)
    assert own.shape == ((H, W, 3) if orientation == 1 else (W, H, 3))
    assert (found.height, found.width) == own.shape[:2]
    assert found.pixels.shape == ((2 * H, W, 3) if orientation == 1 else (W, 2 * H, 3))
    x, y = (48, 30) if orientation == 1 else (H - 30, 48)  # the black block
    (there,) = found.frame.inverse().apply([(x + 0.5, y + 0.5)]).astype(int)
    assert found.pixels[there[1], there[0]].max() < 30


@pytest.mark.parametrize("dpi", [(72, 72), (300, 72), (1, 300), (200, 201)])
def test_resolutions_that_are_squares_or_nonsense(dpi: tuple[int, int]) -> None:
    assert open_picture(encode(drawing(), "TIFF", dpi=dpi)).pixels.shape == (H, W, 3)


def pdf(*pages: str, size: tuple[float, float] = (72, 36)) -> bytes:
    """A PDF written by hand: a page for each content stream."""
    kids = " ".join(f"{3 + 2 * i} 0 R" for i in range(len(pages)))
    bodies = ["<< /Type /Catalog /Pages 2 0 R >>", f"<< /Type /Pages /Kids [{kids}] /Count {len(pages)} >>"]
    for i, content in enumerate(pages):
        box = f"[0 0 {size[0]} {size[1]}]"
        bodies.append(f"<< /Type /Page /Parent 2 0 R /MediaBox {box} /Contents {4 + 2 * i} 0 R >>")
        bodies.append(f"<< /Length {len(content)} >>\nstream\n{content}\nendstream")
    out, starts = b"%PDF-1.4\n", []
    for number, body in enumerate(bodies, 1):
        starts.append(len(out))
        out += f"{number} 0 obj\n{body}\nendobj\n".encode()
    table = "".join(f"{s:010d} 00000 n \n" for s in starts)
    end = f"xref\n0 {len(bodies) + 1}\n0000000000 65535 f \n{table}trailer\n<< /Size {len(bodies) + 1} /Root 1 0 R"
    return out + f"{end} >>\nstartxref\n{len(out)}\n%%EOF\n".encode()


def test_pdf_pages_at_200_dpi(tmp_path: Path) -> None:
    path = tmp_path / "notes.pdf"
    path.write_bytes(pdf("1 0 0 rg 0 18 36 18 re f", ""))
    first, second = open_pages(path)
    assert first.shape == second.shape == (100, 200, 3)
    assert (first[20, 20] == (255, 0, 0)).all()  # PDF's y points up: the block is at the top left
    assert (first[80, 20] == 255).all()
    assert (second == 255).all()


def book(*widths: int) -> bytes:
    pages = [Image.new("RGB", (width, 30), "white") for width in widths]
    return encode(pages[0], "TIFF", save_all=True, append_images=pages[1:], compression="tiff_deflate")


def second_directory(tiff: bytes) -> int:
    """Where the tags of the second page are."""
    (first,) = struct.unpack("<I", tiff[4:8])
    (count,) = struct.unpack("<H", tiff[first : first + 2])
    at = first + 2 + 12 * count
    return struct.unpack("<I", tiff[at : at + 4])[0]


def test_pages_are_counted_and_opened_alone(tmp_path: Path) -> None:
    for name, data in {"a.tif": book(50, 60, 70), "a.pdf": pdf("", "", ""), "a.png": encode(drawing(), "PNG")}.items():
        path = tmp_path / name
        path.write_bytes(data)
        pages = list(open_pages(path))
        assert count_pages(path) == len(pages) == (1 if name == "a.png" else 3)
        for i, page in enumerate(pages):
            assert np.array_equal(open_image(path, page=i), page)
        if len(pages) > 1:
            with pytest.raises(InputError, match="has no page 4"):
                open_image(path, page=3)
    assert count_pages(tmp_path / "gone.pdf") == 1


def damaged(where: str) -> bytes:
    """A book of three pages whose second is broken, in its pixels or in its tags, or which is cut off in there."""
    data, at = bytearray(book(50, 60, 70)), second_directory(book(50, 60, 70))
    if where == "cut":
        return bytes(data[: at + 9])
    field = next(
        f for f in range(at + 2, at + 200, 12) if data[f : f + 2] == (b"\x11\x01" if where == "pixels" else b"\x00\x01")
    )
    data[field + 8 : field + 12] = (len(data) - 2 if where == "pixels" else 0).to_bytes(4, "little")
    return bytes(data)


@pytest.mark.parametrize(("where", "count"), [("pixels", 3), ("tags", 3), ("cut", 2)])
def test_a_damaged_page_leaves_the_others(tmp_path: Path, where: str, count: int) -> None:
    path = tmp_path / "book.tif"
    path.write_bytes(damaged(where))
    assert count_pages(path) == count
    assert open_image(path).shape == (30, 50, 3)
    with pytest.raises(InputError, match=r"book\.tif, page 2: "):
        open_image(path, page=1)
    if count == 3:
        assert open_image(path, page=2).shape == (30, 70, 3)


def heic(picture: Image.Image, **options: object) -> bytes:
    pillow_heif = pytest.importorskip("pillow_heif")
    pillow_heif.register_heif_opener()
    return encode(picture, "HEIF", **options)


def test_heic() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    assert_drawing(open_image(heic(drawing(), quality=95)), tolerance=25)
    turned = heic(drawing().transpose(Image.Transpose.ROTATE_90), quality=95, exif=exif.tobytes())
    assert_drawing(open_image(turned), tolerance=25)


def test_heic_without_its_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pillow_heif", None)
    data = b"\x00\x00\x00\x18ftypheic\x00\x00\x00\x00mif1heic" + bytes(100)
    assert message(data, "IMG_1.HEIC") == 'IMG_1.HEIC: is a HEIC picture; to read it, pip install "inksight[heic]"'


# ------------------------------------------------------------------------------------------------------- bad input

KINDS = "JPEG, PNG, TIFF, WebP, GIF, BMP, HEIC, PDF"
TOO_LARGE = "is too large (more than 120 million pixels); scale it down"
DAMAGED = "is damaged or cut off; copy or export it again"


def test_missing_file(tmp_path: Path) -> None:
    path = tmp_path / "nothing.png"
    assert message(path) == f"{path}: no such file; check the name"
    assert message(str(path), "nothing") == "nothing: no such file; check the name"


def test_folder(tmp_path: Path) -> None:
    assert message(tmp_path) == f"{tmp_path}: is a folder; name the pictures in it"


def test_name_that_no_file_can_have() -> None:
    assert message("a\0b", "odd") == "odd: cannot be opened (embedded null byte)"


def test_empty_file(tmp_path: Path) -> None:
    path = tmp_path / "empty.jpg"
    path.touch()
    assert message(path) == f"{path}: is empty (0 bytes); copy or export it again"
    assert message(b"") == "the picture: is empty (0 bytes); copy or export it again"


@pytest.mark.parametrize("data", [b"hello", b"\x89PNG\r\n\x1a\n", b"%!PS-Adobe-3.0 EPSF-3.0\n" * 9, bytes(5000)])
def test_not_a_picture(data: bytes) -> None:
    assert message(data, "x") == f"x: is not a picture that can be read; convert it to one of {KINDS}"


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "BMP", "TIFF"])
def test_truncated(kind: str) -> None:
    noise = np.random.default_rng(0).integers(0, 255, (200, 300, 3), np.uint8)
    data = encode(Image.fromarray(noise), kind)
    assert message(data[: len(data) // 2], "cut") == f"cut: {DAMAGED}"


def test_too_small() -> None:
    want = "dot: is too small (1 x 1 pixels); it takes at least 4 x 4"
    assert message(encode(Image.new("L", (1, 1)), "PNG"), "dot") == want
    assert message(np.zeros((1, 1), np.uint8), "dot") == want
    assert message(np.zeros((0, 9, 3), np.uint8)) == "the picture: is too small (9 x 0 pixels); it takes at least 4 x 4"


def bomb(width: int, height: int) -> bytes:
    """A PNG of which only the header exists: whoever decodes it fails in another way."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"")) + chunk(b"IEND", b"")


@pytest.mark.parametrize("side", [30_000, 13_000, 11_000])  # Pillow's error, Pillow's warning and ours; ours alone
def test_bomb_is_refused_from_its_header(side: int) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert message(bomb(side, side), "bomb.png") == f"bomb.png: {TOO_LARGE}"


def test_pillows_warning_does_not_leak(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 2000)  # 60 x 40 lies between the warning and the error
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert_drawing(open_image(encode(drawing(), "PNG")))


def test_bombs_that_are_no_files() -> None:
    huge = np.broadcast_to(np.uint8(0), (30_000, 30_000))
    assert message(huge) == f"the picture: {TOO_LARGE}"


@pytest.mark.parametrize(
    ("mode", "kind", "options"),
    [("RGB", "WEBP", {}), ("RGB", "TIFF", {"compression": "tiff_deflate", "tiffinfo": {278: H}}),
     ("RGB", "JPEG", {"progressive": True, "subsampling": 0}), ("RGBA", "PNG", {}), ("RGB", "JPEG2000", {})],
)  # fmt: skip
def test_what_takes_too_much_memory_is_refused(
    monkeypatch: pytest.MonkeyPatch, mode: str, kind: str, options: dict[str, object]
) -> None:
    data = encode(drawing(mode), kind, **options)
    each = {"PNG": 4, "TIFF": 7, "JPEG": 10, "WEBP": 12, "JPEG2000": 20}[kind]
    monkeypatch.setattr(pixels, "MAX_BYTES", each * W * H)
    open_picture(data)
    monkeypatch.setattr(pixels, "MAX_BYTES", each * W * H - 1)
    assert "takes too much memory to decode" in message(data, "x")


def test_what_pillow_decodes_in_python_is_refused_sooner(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pixels, "SLOW_MEGAPIXELS", W * H / 1e6 - 0.0001)
    assert "takes too much memory to decode" in message(encode(drawing(), "QOI"), "x")
    assert_drawing(open_image(encode(drawing(), "PNG")))


def test_memory_of_a_transparent_picture_of_119_million_pixels(tmp_path: Path) -> None:
    side, path = 10_900, tmp_path / "clear.png"
    row = zlib.compressobj(1)
    body = b"".join([row.compress(bytes(4 * side + 1)) for _ in range(side)] + [row.flush()])

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = chunk(b"IHDR", struct.pack(">IIBBBBB", side, side, 8, 6, 0, 0, 0))
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + header + chunk(b"IDAT", body) + chunk(b"IEND", b""))
    shape, most = memory.of_opening(path)
    assert shape == (5450, 5450, 3)
    assert most < 700


def test_libtiff_does_not_write_to_standard_error(capfd: pytest.CaptureFixture[str]) -> None:
    message(encode(drawing(), "TIFF", compression="tiff_lzw")[:-300] + bytes(40))
    data = bytearray(encode(drawing(), "TIFF", compression="tiff_deflate"))
    data[20:60] = b"\x55" * 40
    assert "damaged" in message(bytes(data))
    assert capfd.readouterr().err == ""


LOCKED = (  # a page locked with the user password "secret", RC4 of 40 bits
    b"<< /Filter /Standard /V 1 /R 2 /P -4 /O <" + b"41" * 32 + b"> /U <" + b"42" * 32 + b"> >>"
)


def test_pdf_with_a_password() -> None:
    trailer = b"/Root 1 0 R /ID [<00112233445566778899aabbccddeeff> <00112233445566778899aabbccddeeff>] /Encrypt "
    data = pdf("").replace(b"/Root 1 0 R", trailer + LOCKED)
    assert message(data, "tax.pdf") == "tax.pdf: is locked with a password; save a copy without one"


def test_broken_pdf() -> None:
    assert message(b"%PDF-1.7\n" + bytes(500), "b.pdf") == "b.pdf: is damaged or not a PDF; copy or export it again"
    assert message(pdf(), "none.pdf") == "none.pdf: is damaged or not a PDF; copy or export it again"


@pytest.mark.parametrize(
    ("array", "what"),
    [
        (np.zeros((40, 60)), "float64 of 40 x 60"),
        (np.zeros((40, 60, 2), np.uint8), "uint8 of 40 x 60 x 2"),
        (np.zeros((3, 40, 60, 3), np.uint8), "uint8 of 3 x 40 x 60 x 3"),
        (np.zeros(40, np.uint8), "uint8 of 40"),
        (np.zeros((), np.uint8), "uint8 of no shape"),
        (np.zeros((40, 60), bool), "bool of 40 x 60"),
    ],
)
def test_wrong_arrays(array: np.ndarray, what: str) -> None:
    assert message(array) == f"the picture: an array must be uint8 of H x W, H x W x 3 or H x W x 4, not {what}"


def test_blank_page_is_no_error() -> None:
    assert (open_image(Image.new("RGB", (100, 80), "white")) == 255).all()


class TestLargePictures:
    @pytest.fixture(autouse=True)
    def small_limit(self, monkeypatch):
        monkeypatch.setattr(pictures, "MANY_MEGAPIXELS", W * H / 1e6 / 3)

    @pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
    @pytest.mark.parametrize("orientation", [1, 3, 6])
    def test_are_reduced_and_say_how_large_they_were(self, kind, orientation):
        exif = Image.Exif()
        exif[0x0112] = orientation
        data = encode(drawing(), kind, exif=exif)
        picture, full = open_picture(data), open_image(data)
        assert (picture.height, picture.width) == full.shape[:2]
        assert picture.pixels.shape == (full.shape[0] // 2, full.shape[1] // 2, 3)
        assert abs(picture.pixels.astype(int) - full[::2, ::2]).mean() < 25
        assert picture.frame.apply([picture.pixels.shape[1::-1]]).tolist() == [[picture.width, picture.height]]

    def test_a_picture_of_the_callers_is_left_as_it_is(self):
        file = Image.open(io.BytesIO(encode(drawing(), "JPEG")))
        assert open_picture(file).pixels.shape == (H // 2, W // 2, 3)
        assert file.size == (W, H)

    def test_odd_sizes(self):
        picture = open_picture(np.full((41, 61, 3), 200, np.uint8))
        assert (picture.width, picture.height) == (61, 41)
        assert picture.frame.apply([picture.pixels.shape[1::-1]])[0] == pytest.approx((61, 41))


def test_a_text_that_unpacks_to_gigabytes_is_not_unpacked() -> None:
    data = encode(drawing(), "PNG")
    body = b"zTXtnote\0\0" + zlib.compress(bytes(100_000_000))
    chunk = struct.pack(">I", len(body) - 4) + body + struct.pack(">I", zlib.crc32(body))
    assert "is damaged" in message(data[:-12] + chunk + data[-12:], "x")


def test_a_gif_that_breaks_off_in_its_second_frame_is_its_first() -> None:
    file = io.BytesIO()
    blue = Image.new("RGB", (W, H), "navy")
    drawing().save(file, "GIF", save_all=True, append_images=[blue])
    data = file.getvalue()
    with Image.open(io.BytesIO(data)) as gif:
        gif.seek(1)
        end = gif.tile[0].offset - 1  # before the byte that says how many bits its colours have
    assert_drawing(open_image(data[:end]))
