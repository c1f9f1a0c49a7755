"""How the segmentation network is shown pictures: of any size, in tiles, at the scale that suits their writing."""

import numpy as np
import pytest
from PIL import Image

from inksight.imaging import segmentation as module
from inksight.imaging.segmentation import COARSE, IDEAL, Layout, Seen, Segmentation, binarize, pen_ink, segment
from tests.pages import drawn, zigzag


@pytest.fixture(scope="module")
def network():
    return module.network()


def words(width, height):
    """Rows of zigzags, 24 pixels high."""
    places = [(x, y) for y in range(30, height - 40, 60) for x in range(30, width - 80, 90)]
    return drawn(*(zigzag(x, y) for x, y in places), size=(width, height))


class Fake:
    """A network that sees writing `height` pixels high, at whatever size, wherever a pixel is dark; `sizes` it saw."""

    def __init__(self, height, word=True):
        self.height, self.word, self.sizes = height, word, []

    def see(self, rgb):
        h, w = rgb.shape[:2]
        self.sizes.append((w, h))
        dark = (rgb.mean(axis=2) < 128).astype(np.float32)
        layout = np.zeros((5, -(-h // COARSE), -(-w // COARSE)), np.float32)
        layout[:2] = self.word
        layout[2] = np.log2(self.height) - 5
        layout[3] = 1
        return Seen(np.stack([dark, 0 * dark, 0 * dark]), layout)


@pytest.mark.parametrize(("told", "most"), [("1", 1), ("", 0)])
def test_the_network_takes_no_more_threads_than_the_process_may(monkeypatch, told, most):
    monkeypatch.setenv("OMP_NUM_THREADS", told)
    assert module.Network()._session.get_session_options().intra_op_num_threads == most


class TestTiles:
    @pytest.fixture
    def apart(self, network, monkeypatch):
        """How far the maps are apart, float32 (3, H, W), that are seen in tiles and at once."""

        def seen(tile, overlap, picture):
            monkeypatch.setattr(module, "TILE", tile)
            monkeypatch.setattr(module, "OVERLAP", overlap)
            return network.see(picture).maps

        def measured(tile, overlap):
            picture = words(1020, 150)
            whole = seen(4096, 0, picture)
            assert whole[0].max() > 0.5
            return np.abs(seen(tile, overlap, picture) - whole)

        return measured

    def test_tiles_that_overlap_by_all_that_the_network_sees_give_what_the_whole_gives(self, apart):
        assert apart(900, 384).max() < 1e-3

    def test_the_overlap_is_enough(self, apart):
        off = apart(512, module.OVERLAP)
        assert (off > 0.1).mean() < 1e-3
        assert off.mean() < 2e-3

    @pytest.mark.parametrize("length", [32, 800, 1024, 1056, 3008, 30016])
    def test_tiles_cover_the_length_once_and_are_bounded(self, length):
        spans = list(module._spans(length))
        assert [s.kept.start for s in spans] == [0, *(s.kept.stop for s in spans[:-1])]
        assert spans[-1].kept.stop == length
        for s in spans:
            assert s.inner.stop - s.inner.start == s.kept.stop - s.kept.start
            assert s.seen.start + s.inner.start == s.kept.start
            assert s.seen.stop - s.seen.start <= module.TILE + 32
            assert s.kept.start % 32 == s.kept.stop % 32 == s.seen.start % 32 == 0


class TestSizes:
    @pytest.mark.parametrize("size", [(1, 1), (3, 70), (33, 31), (20, 3000)])
    def test_maps_are_as_large_as_the_picture(self, size):
        width, height = size
        seen = segment(np.full((height, width, 3), 200, np.uint8))
        assert seen.maps.shape == (3, height, width)
        assert seen.maps.dtype == np.float32
        assert {m.shape for m in seen.layout} == {(-(-height // COARSE), -(-width // COARSE))}
        assert 0 <= seen.maps.min() <= seen.maps.max() <= 1

    def test_ink_lies_where_it_was_drawn_at_sizes_that_are_no_multiples(self):
        picture = drawn(zigzag(60, 40), size=(211, 117))
        rows, columns = np.nonzero(binarize(pen_ink(picture)))
        assert abs(columns.mean() - 90) < 4
        assert abs(rows.mean() - 52) < 4

    def test_a_strip_of_30000_pixels(self):
        seen = segment(np.full((20, 30000, 3), 230, np.uint8))
        assert seen.ink.shape == (20, 30000)
        assert not binarize(seen.marks).any()

    @pytest.mark.parametrize(
        "bad",
        [np.zeros((9, 9), np.uint8), np.zeros((9, 9, 4), np.uint8), np.zeros((9, 9, 3)), np.zeros((9, 9, 3), int)],
    )
    def test_only_rgb_is_taken(self, bad):
        with pytest.raises(ValueError, match=r"segment takes uint8 \(H, W, 3\), not"):
            segment(bad)


BLANK = {
    "white": np.full((120, 160, 3), 255, np.uint8),
    "black": np.zeros((120, 160, 3), np.uint8),
    "a dot of a picture": np.full((1, 1, 3), 90, np.uint8),
    "gradient": np.repeat(np.linspace(0, 255, 320)[None, :, None], 240, axis=0).repeat(3, axis=2).astype(np.uint8),
    "noise": np.random.default_rng(0).integers(0, 256, (240, 320, 3), np.uint8),
}


@pytest.mark.parametrize("name", BLANK)
def test_nothing_written_is_no_ink(name):
    assert binarize(segment(BLANK[name]).marks).mean() < 0.001


class TestScale:
    @pytest.mark.parametrize(("height", "looked_at"), [(36, 36), (27, 27), (18, 36), (72, 36), (5, 15), (400, 140)])
    def test_writing_is_seen_as_high_as_in_training(self, height, looked_at):
        """Within the bounds of enlarging and reducing; nearly right is left as it is."""
        assert height * module._scale(height, (800, 600)) == pytest.approx(looked_at)

    def test_the_picture_that_is_seen_has_a_bound(self):
        width, height = 4000, 3000
        scale = module._scale(4.0, (width, height))
        assert width * height * scale**2 == pytest.approx(module.MOST_PIXELS)

    def test_writing_of_the_right_height_is_seen_once(self):
        fake = Fake(IDEAL)
        segment(words(400, 300), fake)
        assert fake.sizes == [(400, 300)]

    def test_small_writing_is_seen_enlarged_as_well(self):
        fake = Fake(IDEAL / 2)
        seen = segment(words(400, 300), fake)
        assert fake.sizes == [(400, 300), (800, 600)]
        assert seen.maps.shape == (3, 300, 400)
        assert np.median(seen.layout.height) == pytest.approx(IDEAL / 4)  # what it says of the larger picture counts

    def test_large_pictures_are_first_seen_small(self):
        fake = Fake(IDEAL / 2)
        segment(np.full((1500, 2048, 3), 240, np.uint8), fake)
        assert fake.sizes == [(1024, 750), (2048, 1500)]

    def test_where_no_words_are_seen_the_picture_counts_as_it_is(self):
        fake = Fake(10, word=False)
        segment(words(400, 300), fake)
        assert fake.sizes == [(400, 300)]

    def test_large_letters_beside_fine_ones_come_from_the_small_picture(self):
        """The fine picture's word holds but where the small one sees letters too large for it."""
        size = 40, 20
        fine = Segmentation(np.full((3, 20, 40), 0.2, np.float32), layout(size, 30))
        coarse = layout(size, 30)
        coarse.height[:, 5:] = 300
        joined = module._joined(fine, Segmentation(np.full((3, 20, 40), 0.8, np.float32), coarse), 110)
        assert (joined.ink[:, :4] == np.float32(0.2)).all()
        assert (joined.ink[:, -16:] == np.float32(0.8)).all()
        assert joined.layout.height[0].tolist() == [30] * 2 + [30] * 3 + [300] * 5

    def test_half_size_and_double_size_show_the_same_ink(self, network):
        picture = words(400, 300)
        large = np.asarray(Image.fromarray(picture).resize((800, 600), Image.Resampling.BICUBIC))
        ink, again = binarize(pen_ink(picture)), binarize(pen_ink(large))[::2, ::2]
        assert ink.any()
        assert (ink & again).sum() > 0.7 * (ink | again).sum()


def layout(size, height):
    shape = -(-size[1] // COARSE), -(-size[0] // COARSE)
    return Layout(*(np.full(shape, v, np.float32) for v in (1, 1, height, 0)))


class TestSegmentation:
    def test_print_goes_in_the_boxes_of_printed_words_and_close_to_them(self):
        ink, print_ = np.zeros((8, 40), np.float32), np.zeros((8, 40), np.float32)
        ink[:, :4] = print_[:, 6:30] = 1
        seen = Segmentation(np.stack([ink, 0 * ink, print_]), Layout(*[np.zeros((2, 10), np.float32)] * 4))
        assert binarize(seen.without_print([]))[0].nonzero()[0].tolist() == [*range(4), *range(6, 30)]
        left = binarize(seen.without_print([(0, 1, 18, 6)]))[0].nonzero()[0]
        assert left.tolist() == [*range(4), *range(20, 30)]  # to 0.4 heights beyond

    def test_nothing_lies_outside(self):
        seen = Segmentation(np.full((3, 8, 16), 0.9, np.float32), layout((16, 8), 30))
        inside = np.zeros((8, 16), bool)
        inside[:, :8] = True
        held = seen.within(inside)
        assert (held.maps[:, inside] == np.float32(0.9)).all()
        assert not held.maps[:, ~inside].any()
        assert held.layout.word[0].tolist() == [1, 1, 0, 0]
