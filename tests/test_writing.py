"""Words composed of characters: the right parts in the right places, in the order of writing."""

import unicodedata

import numpy as np
import pytest

from inksight.alphabets import ALPHABET, IDEOGRAPH, composed, in_a_row, script_of, spelled
from inksight.ink.curves import significance
from inksight.recognition.tokens import CHARACTERS, Vocabulary
from inksight.writing import hangul
from inksight.writing.accents import accented, parts
from inksight.writing.drawing import Drawing, end_to_end
from inksight.writing.setting import extent, in_cells, into_cell, on_baseline
from inksight.writing.style import Style, ranked

BAR = Drawing.of([[(0.0, 0.0), (1.0, 0.0)]])
BOX = Drawing.of([[(0.0, 0.0), (0.0, 1.0)], [(0.0, 0.0), (1.0, 0.0), (1.0, 1.0)], [(0.0, 1.0), (1.0, 1.0)]])
"""A square of three strokes, each of which begins close to the end of another."""


@pytest.fixture
def rng():
    return np.random.default_rng(0)


class TestAlphabets:
    def test_every_character_once_and_the_old_ones_first(self):
        assert len(set(ALPHABET)) == len(ALPHABET)
        assert ALPHABET.startswith(CHARACTERS)

    def test_all_of_vietnamese_can_be_read(self):
        letters = [b + q for b in "aeiouyAEIOUY" for q in ("", "\u0302", "\u0306", "\u031b")]
        whole = {unicodedata.normalize("NFC", a + tone) for a in letters for tone in "\u0300\u0301\u0303\u0309\u0323"}
        assert not [c for c in whole if len(c) == 1 and 0x1EA0 <= ord(c) <= 0x1EF9 and c not in ALPHABET]

    @pytest.mark.parametrize("text", ["한국어", "닭이 값", "かなカナ", "Việt Nam", "Ωμέγα", "Привет", "ㅋㅋ"])
    def test_what_is_read_comes_back(self, text):
        vocabulary = Vocabulary(ALPHABET)
        assert vocabulary.decode(vocabulary.encode(text)) == text

    def test_a_syllable_is_read_letter_by_letter(self):
        assert len(Vocabulary(ALPHABET).encode("한글")) == 6
        assert composed("\u1112\u1161\u11ab\u1100") == "한ㄱ"
        assert composed("\u11ab") == "ㄴ"

    def test_ideographs_are_seen_but_not_told_apart(self):
        assert spelled("漢字です", ALPHABET) == IDEOGRAPH * 2 + "です"

    def test_a_small_alphabet_leaves_the_rest_out(self):
        assert spelled("a한漢ж", CHARACTERS) == "a"

    @pytest.mark.parametrize(("words", "text"), [(["a", "", "b"], "a b"), (["漢字", "です。"], "漢字です。"),
        (["中文", "and", "more"], "中文 and more"), (["한국", "말"], "한국 말"), ([], "")])  # fmt: skip
    def test_spaces_stand_where_a_script_has_them(self, words, text):
        assert in_a_row(words) == text

    @pytest.mark.parametrize(("text", "script"), [("aệ", "Latin"), ("漢々", "Han"), ("のー", "Kana"),
        ("글ㅋ", "Hangul"), ("λώ", "Greek"), ("жЄ", "Cyrillic"), ("3 。", "")])  # fmt: skip
    def test_scripts(self, text, script):
        assert {script_of(c) for c in text} == {script}


class TestHangul:
    def test_takes_syllables_apart_as_unicode_does(self):
        for syllable in "가힣한글쀏의":
            names = [unicodedata.name(c).split()[-1] for c in unicodedata.normalize("NFD", syllable)]
            assert [unicodedata.name(c).split()[-1] for c in hangul.letters(syllable) if c] == names

    def test_nothing_else_is_a_syllable(self):
        with pytest.raises(ValueError, match="no Hangul syllable"):
            hangul.letters("ㄱ")

    @pytest.mark.parametrize(("syllable", "order"), [("가", "ㄱㅏ"), ("각", "ㄱㅏㄱ"), ("고", "ㄱㅗ"), ("과", "ㄱㅗㅏ"),
        ("곽", "ㄱㅗㅏㄱ"), ("값", "ㄱㅏㅂㅅ"), ("의", "ㅇㅡㅣ")])  # fmt: skip
    def test_letters_are_written_in_their_order(self, syllable, order, rng):
        asked = []
        hangul.syllable(syllable, lambda c: asked.append(c) or BOX, rng)
        assert "".join(asked) == order

    def test_the_six_layouts(self, rng):
        def middles(syllable):
            drawn = hangul.syllable(syllable, lambda c: BOX, rng, uneven=0.0)
            boxes = np.split(drawn.xy, len(drawn.xy) // len(BOX.xy))
            return [(b.min(axis=0) + b.max(axis=0)) / 2 for b in boxes]

        initial, vowel = middles("가")
        assert vowel[0] > initial[0] + 0.3
        initial, vowel = middles("고")
        assert vowel[1] > initial[1] + 0.3
        initial, lying, upright = middles("과")
        assert lying[1] > initial[1] + 0.3
        assert upright[0] > lying[0] + 0.3
        for syllable in "각곡곽":
            *others, final = middles(syllable)
            assert all(final[1] > other[1] + 0.2 for other in others[:2])

    def test_a_bar_keeps_its_thickness(self):
        low, high = hangul.into(Drawing.of([[(0, 0), (10, 1)]]), (0.0, 0.5, 1.0, 1.0)).box()
        assert high - low == pytest.approx([1.0, 0.1])

    def test_a_hand_that_lacks_a_letter_writes_no_syllable(self, rng):
        assert hangul.syllable("각", lambda c: None if c == "ㅏ" else BOX, rng) is None


class TestAccents:
    @pytest.mark.parametrize(("letter", "base", "marks"), [("ệ", "e", "\u0302\u0323"), ("ướ"[0], "u", "\u031b"),
        ("đ", "d", "\u0335"), ("ớ", "o", "\u031b\u0301"), ("a", "a", ""), ("ł", "l", "\u0335")])  # fmt: skip
    def test_parts_in_the_order_of_writing(self, letter, base, marks):
        assert parts(letter) == (base, marks)

    def test_marks_lie_where_they_belong(self, rng):
        for letter, above in (("á", True), ("ạ", False), ("ç", False), ("ố", True), ("ü", True)):
            base, marks = parts(letter)
            body, *drawn = accented(BOX, base, marks, rng)
            low, high = body.box()
            for mark in drawn:
                top, bottom = mark.box()[0][1], mark.box()[1][1]
                assert (bottom < low[1]) if above else (top > high[1] - 0.1)

    def test_tones_stand_over_the_quality_mark(self, rng):
        _, circumflex, acute = accented(BOX, *parts("ấ"), rng)
        assert acute.box()[1][1] < circumflex.box()[1][1]

    def test_an_i_loses_its_dot(self, rng):
        i = Drawing.of([[(0.0, 0.0), (0.0, 1.0)], [(0.0, -0.4), (0.0, -0.38)]])
        assert [len(d.count) for d in accented(i, "i", "\u0301", rng)] == [1, 1]
        assert [len(d.count) for d in accented(i, "i", "\u0323", rng)] == [2, 1]


class TestStyle:
    def test_an_ideal_hand_changes_nothing(self, rng):
        ideal = Style(0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 1)
        assert np.allclose(ideal.bent(BOX, rng).xy, BOX.xy)
        assert ideal.joined(BOX, rng).count.tolist() == BOX.count.tolist()

    def test_hands_stay_near_the_ideal_and_keep_every_stroke(self, rng):
        for _ in range(50):
            bent = ranked(Style.random(rng).bent(BOX, rng))
            assert bent.count.tolist() == BOX.count.tolist()
            assert np.abs(bent.xy - BOX.xy).max() < 0.5
            for stroke, rank in zip(bent.strokes(), np.split(bent.rank, np.cumsum(bent.count)[:-1]), strict=True):
                assert rank == pytest.approx(significance(stroke))

    def test_joined_strokes_are_those_whose_ends_are_close(self, rng):
        hasty = Style(0, 0, 0, 0, 0, 1.0, 0.5, 1, 0, 0, 1)
        far = Drawing.of([[(0, 0), (1, 0)], [(1.0, 0.2), (1, 1)], [(0, 0.5), (0, 1)]])
        assert hasty.joined(far, rng).count.tolist() == [4, 2]

    def test_ranks_follow_the_points(self):
        moved = ranked(Drawing(BOX.xy * (3, 1), BOX.rank, BOX.count))
        assert moved.rank[3] == pytest.approx(significance(moved.xy[2:5])[1])


class TestSetting:
    def test_cells_stand_side_by_side(self, rng):
        even = Style(0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 1)
        drawn = in_cells("一二三", lambda c: BOX, even, rng)
        starts = [s[:, 0].min() for s in drawn.strokes()][::3]
        assert starts == pytest.approx([0, 1, 2])

    def test_kana_are_smaller(self, rng):
        style = Style(0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0.7)
        kanji, kana = in_cells("字", lambda c: BOX, style, rng), in_cells("か", lambda c: BOX, style, rng)
        assert np.ptp(kana.xy, axis=0) == pytest.approx(0.7 * np.ptp(kanji.xy, axis=0))

    def test_what_a_hand_lacks_makes_no_word_in_cells(self, rng):
        assert in_cells("ab", {"a": BOX}.get, Style.random(rng), rng) is None

    def test_letters_stand_on_the_line(self, rng):
        text, drawn = on_baseline("ag", lambda c: BOX, extent, rng)
        a, g = np.split(drawn.xy, 2)
        assert text == "ag"
        assert a[:, 1].max() == pytest.approx(1.0, abs=0.4)
        assert g[:, 1].max() > a[:, 1].max()
        assert g[:, 0].min() > a[:, 0].max()

    def test_what_a_hand_lacks_is_left_out_of_text_and_ink(self, rng):
        assert on_baseline("ax", {"a": BOX}.get, extent, rng)[0] == "a"
        assert on_baseline("x", {"a": BOX}.get, extent, rng) is None

    def test_late_marks_come_last(self, rng):
        marks = Drawing.of([[(0.0, 0.0), (0.0, 1.0)]])
        at_once = on_baseline("áé", {"a": marks, "e": marks}.get, extent, rng)[1]
        late = on_baseline("áé", {"a": marks, "e": marks}.get, extent, rng, late=True)[1]

        def heights(drawn):
            return [bool(s[:, 1].max() < 0.2) for s in drawn.strokes()]

        assert heights(at_once) == [False, True, False, True]
        assert heights(late) == [False, False, True, True]

    def test_a_letter_from_anywhere_comes_to_the_middle_of_its_cell(self):
        low, high = into_cell(BAR.scaled(70, (300, 200))).box()
        assert [low[0], high[0], low[1]] == pytest.approx([0.1, 0.9, 0.5])


def test_end_to_end_joins_where_the_pen_need_not_be_lifted():
    second = BAR.scaled(1.0, (1.05, 0.0))
    assert end_to_end([BAR, second]).count.tolist() == [2, 2]
    assert end_to_end([BAR, second], joint=0.1).count.tolist() == [4]
