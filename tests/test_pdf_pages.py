"""PDF pages come as the pixels that they hold."""

import io

import numpy as np
import pytest
from PIL import Image

from inksight.errors import InputError
from inksight.imaging import pdf_pages, pdf_trial
from inksight.imaging.pictures import open_image, open_picture
from tests import memory, pdfs

W, H = 333, 177
NOISE = np.random.default_rng(0).integers(0, 255, (H, W, 3), np.uint8)


@pytest.mark.parametrize("dpi", [20, 72, 97.3, 300, 1200])
def test_a_page_of_one_picture_has_its_pixels(dpi):
    size = W / dpi * 72, H / dpi * 72
    data = pdfs.page(size, f"{size[0]} 0 0 {size[1]} 0 0 cm /P5 Do", pdfs.picture(NOISE))
    assert np.array_equal(open_image(data), NOISE)
    found = open_picture(data)
    assert (found.width, found.height) == (W, H)


def test_a_turned_page():
    data = pdfs.page((W, H), f"{W} 0 0 {H} 0 0 cm /P5 Do", pdfs.picture(NOISE), more="/Rotate 90")
    assert np.array_equal(open_image(data), np.rot90(NOISE, -1))


def test_a_turned_picture():
    data = pdfs.page((H / 4, W / 4), f"0 {-W / 4} {H / 4} 0 0 {W / 4} cm /P5 Do", pdfs.picture(NOISE))
    assert np.array_equal(open_image(data), np.rot90(NOISE, -1))


def test_a_cropped_page():
    data = pdfs.page((W, H), f"{W} 0 0 {H} 0 0 cm /P5 Do", pdfs.picture(NOISE), more=f"/CropBox [100 50 300 {H}]")
    assert np.array_equal(open_image(data), NOISE[: H - 50, 100:300])


def test_strips():
    ramp = np.linspace(0, 250, W * H).reshape(W, H).T.astype(np.uint8)
    content = f"q {W} 0 0 100 0 {H - 100} cm /P5 Do Q q {W} 0 0 {H - 100} 0 0 cm /P6 Do Q"
    rgb = open_image(pdfs.page((W, H), content, pdfs.picture(ramp[:100].copy()), pdfs.picture(ramp[100:].copy())))
    assert rgb.shape == NOISE.shape
    assert abs(rgb[..., 0].astype(int) - ramp).max() <= 2


def test_a_picture_inside_of_forms():
    form = pdfs.stream(
        f"/Subtype /Form /BBox [0 0 {W} {H}] /Matrix [.5 0 0 .5 0 0] /Resources << /XObject << /P6 6 0 R >> >>",
        f"{W} 0 0 {H} 0 0 cm /P6 Do".encode(),
    )
    data = pdfs.page((W / 6, H / 6), f"{1 / 3} 0 0 {1 / 3} 0 0 cm /P5 Do", form, pdfs.picture(NOISE))
    assert open_image(data).shape == NOISE.shape


def test_a_mask_may_be_finer_than_its_picture():
    paper, mask = np.zeros((10, 20), np.uint8), np.zeros((750, 600), np.uint8)
    mask[300:303] = 255
    objects = pdfs.picture(paper, "/SMask 6 0 R"), pdfs.picture(mask)
    rgb = open_image(pdfs.page((144, 180), "144 0 0 180 0 0 cm /P5 Do", *objects))
    assert rgb.shape == (750, 600, 3)
    assert rgb[301].max() < 30
    assert rgb[:298].min() == rgb[305:].min() == 255


def test_pixels_that_are_no_squares():
    fax = np.repeat(np.arange(0, 240, 4, dtype=np.uint8)[:, None], 200, axis=1)
    rgb = open_image(pdfs.page((72, 44.08), "72 0 0 44.08 0 0 cm /P5 Do", pdfs.picture(fax)))
    assert rgb.shape == (122, 200, 3)


@pytest.mark.parametrize("ink", ["0 0 m 72 36 l S", "BT ET 0 0 m 9 9 l S"])
def test_pen_lines_beside_a_coarse_picture_are_drawn_at_200_dpi(ink):
    paper = np.full((9, 18), 230, np.uint8)
    assert open_image(pdfs.page((72, 36), f"q 72 0 0 36 0 0 cm /P5 Do Q {ink}", pdfs.picture(paper))).shape[1] == 200


def test_a_small_logo_does_not_count():
    content = f"q {W} 0 0 {H} 0 0 cm /P5 Do Q q 30 0 0 15 3 3 cm /P6 Do Q"
    logo = np.zeros((400, 800, 3), np.uint8)
    assert open_image(pdfs.page((W, H), content, pdfs.picture(NOISE), pdfs.picture(logo))).shape == NOISE.shape


def test_a_page_without_pictures_is_reduced_when_it_is_huge():
    rgb = open_image(pdfs.page((14_000, 7_000), "0 0 1 rg 0 0 7000 7000 re f"))
    assert rgb.shape == (4000, 8000, 3)
    assert (rgb[2000, 100] == (0, 0, 255)).all()


def test_a_page_with_too_much_on_it(monkeypatch):
    monkeypatch.setattr(pdf_pages, "PARTS", 50)
    with pytest.raises(InputError, match=r"the picture: holds too much to be drawn; print it to a new PDF"):
        open_image(pdfs.page((72, 72), "0 0 m 9 9 l S " * 60))


def test_a_progressive_jpeg_that_would_not_fit(monkeypatch):
    image = Image.fromarray(NOISE)
    monkeypatch.setattr(pdf_pages, "PROGRESSIVE_MEGAPIXELS", W * H / 1e6 - 0.001)
    content = f"{W} 0 0 {H} 0 0 cm /P5 Do"
    assert open_image(pdfs.page((W, H), content, pdfs.packed(image, "JPEG"))).shape == NOISE.shape
    with pytest.raises(InputError, match="takes too much memory"):
        open_image(pdfs.page((W, H), content, pdfs.packed(image, "JPEG", progressive=True)))


def test_a_large_jpeg_2000_is_halved(monkeypatch):
    monkeypatch.setattr(pdf_pages, "WAVELET_MEGAPIXELS", 0.01)
    data = pdfs.page((W, H), f"{W} 0 0 {H} 0 0 cm /P5 Do", pdfs.packed(Image.fromarray(NOISE), "JPEG2000"))
    assert open_image(data).shape[1] == round(W * 0.98 / 4)


def test_memory_of_a_scan_of_a_hundred_million_pixels(tmp_path):
    path, sheet = tmp_path / "sheet.pdf", np.full((12_000, 8_000, 3), 255, np.uint8)
    path.write_bytes(pdfs.page((600, 900), "600 0 0 900 0 0 cm /P5 Do", pdfs.picture(sheet)))
    shape, most = memory.of_opening(path)
    assert shape == (6928, 4619, 3)
    assert most < 400


def nested(depth, times):
    """A page with forms that each draw the next one so many times."""
    inner = [f"/P{n} Do ".encode() * times for n in range(6, 5 + depth)] + [b"0 0 9 9 re f"]
    resources = (f"/Resources << /XObject << /P{n} {n} 0 R >> >>" for n in range(6, 6 + depth))
    forms = [
        pdfs.stream(f"/Subtype /Form /BBox [0 0 99 99] {named if n < depth else ''}", content)
        for n, (named, content) in enumerate(zip(resources, inner, strict=True), 1)
    ]
    return pdfs.page((99, 99), "/P5 Do", *forms)


class TestForms:
    def test_inside_of_each_other(self):
        assert open_image(nested(8, 2))[-5:, :5].max() == 0

    @pytest.mark.parametrize("on_disk", [True, False])
    def test_that_would_be_drawn_forever(self, on_disk, tmp_path, monkeypatch):
        """A million million times: it never ends, however fast the machine."""
        monkeypatch.setattr(pdf_trial, "SECONDS", 1)
        source = nested(40, 2)
        if on_disk:
            (tmp_path / "forms.pdf").write_bytes(source)
            source = tmp_path / "forms.pdf"
        with pytest.raises(InputError, match="holds too much to be drawn"):
            open_image(source)

    def test_that_are_too_many(self):
        with pytest.raises(InputError, match="holds too much to be drawn"):
            open_image(nested(18, 2))

    def test_a_page_without_them_is_not_tried(self, monkeypatch):
        monkeypatch.setattr(pdf_trial, "ends", None)
        assert open_image(nested(1, 1))[-5:, :5].max() == 0

    def test_names_may_be_written_in_numbers(self):
        assert pdf_trial.nests(io.BytesIO(b"<< /Subtype /F#6Frm >> <</Subtype/Form/X 1>>"))
        assert not pdf_trial.nests(io.BytesIO(b"/Subtype /Form /Formal"))

    def test_names_across_chunks_are_found(self, monkeypatch):
        monkeypatch.setattr(pdf_trial, "_CHUNK", 9)
        assert pdf_trial.nests(io.BytesIO(b"/Subtype /Form 1234 /Subtype /Form"))
