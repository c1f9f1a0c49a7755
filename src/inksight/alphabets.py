"""The characters of the scripts that the network reads, and what each is to it."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

IDEOGRAPH = "〓"
"""Stands for any Chinese or Japanese ideograph: another reader tells their thousands apart. (The geta mark, which
printers set for a sort that they lack.)"""

LATIN = (
    " !\"#$%&'()*+,-./0123456789:;<=>?@ABCDEFGHIJKLMNOPQRSTUVWXYZ[\\]^_`abcdefghijklmnopqrstuvwxyz{|}~"
    "ÀÁÂÃÄÅÆÇÈÉÊËÌÍÎÏÑÒÓÔÕÖØŒÙÚÛÜÝŸàáâãäåæçèéêëìíîïñòóôõöøœùúûüýÿß«»’°€£§"
)
"""English, French, German and their neighbours: all that the first shipped weights know, in the order of their ids."""
ACCENTED = "ĂĐĨŨƠƯăđĩũơư" + "".join(map(chr, range(0x1EA0, 0x1EFA)))
"""The rest of Vietnamese."""
CENTRAL = "ĄĆĘŁŃŚŹŻąćęłńśźżČĎĚŇŘŠŤŮŽčďěňřšťůžĞİŞğışŐŰőűȘȚșțĽĹŔľĺŕĀĒĢĪĶĻŅŪāēģīķļņūĖĮŲėįųÐÞðþ"
"""Polish, Czech, Slovak, Turkish, Hungarian, Romanian, Latvian, Lithuanian, Icelandic."""
GREEK = "ΑΒΓΔΕΖΗΘΙΚΛΜΝΞΟΠΡΣΤΥΦΧΨΩαβγδεζηθικλμνξοπρςστυφχψωΆΈΉΊΌΎΏάέήίόύώϊϋΐΰ"
CYRILLIC = "".join(map(chr, range(0x410, 0x450))) + "ЁёІіЇїЄєҐґЎўЂђЋћЉљЊњЈјЏџЃѓЌќЅѕ"
HIRAGANA, KATAKANA = "".join(map(chr, range(0x3041, 0x3094))), "".join(map(chr, range(0x30A1, 0x30F7))) + "ー"
JAMO = "".join(map(chr, [*range(0x1100, 0x1113), *range(0x1161, 0x1176), *range(0x11A8, 0x11C3)]))
"""Letters of Hangul syllables: initials, vowels, finals. A syllable is read as two or three of them."""
EASTERN = "、。「」『』・〜！？（），：；々"
MATHS = "±×÷·√∞∫∑∏∂∇∈∉⊂∪∩∀∃≤≥≠≈≡→←↔⇒∧∨¬′∅ℝ²³"

ALPHABET = LATIN + ACCENTED + CENTRAL + GREEK + CYRILLIC + HIRAGANA + KATAKANA + JAMO + EASTERN + MATHS + IDEOGRAPH
"""All of them. New characters come at the end, so that weights trained with fewer keep their columns."""

SCRIPTS = {
    "Han": r"\u2e80-\u2fdf\u3005\u3007\u3013\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff",
    "Kana": r"\u3041-\u3096\u309d\u309e\u30a1-\u30fa\u30fc-\u30fe\uff66-\uff9f",
    "Hangul": r"\u1100-\u11ff\u3131-\u318e\uac00-\ud7a3",
    "Greek": r"\u0370-\u03ff\u1f00-\u1fff",
    "Cyrillic": r"\u0400-\u052f",
    "Latin": r"A-Za-z\u00aa\u00ba\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u024f\u1e00-\u1eff",
}
"""Script -> its characters, as the inside of a regular expression's brackets."""
_ALL = {name: re.compile(f"[{inside}]") for name, inside in SCRIPTS.items()}
_SYLLABLE = re.compile("[\uac00-\ud7a3]")
_LETTERS = re.compile("[\u1100-\u11ff]+")


def script_of(character: str) -> str:
    """Its script (a key of `SCRIPTS`), or "" for what all scripts share."""
    return next((name for name, found in _ALL.items() if found.match(character)), "")


def is_ideograph(character: str) -> bool:
    """Whether it is read as `IDEOGRAPH`."""
    return script_of(character) == "Han" and character != "々"


def in_a_row(words: Iterable[str]) -> str:
    """The words with single spaces between, but none between Chinese or Japanese ones; empty ones are left out."""
    out = ""
    for word in filter(None, words):
        out += ("" if not out or (_is_unspaced(out[-1]) and _is_unspaced(word[0])) else " ") + word
    return out


def is_unspaced(text: str) -> bool:
    """Whether the text is Chinese or Japanese alone, which our own network can't tell apart."""
    return bool(text) and all(map(_is_unspaced, text)) and any(map(script_of, text))


def _is_unspaced(character: str) -> bool:
    return script_of(character) in ("Han", "Kana") or character in EASTERN


def spelled(text: str, alphabet: str) -> str:
    """The text in characters of `alphabet`: what it lacks as letters of the syllable, as `IDEOGRAPH`, or left out."""
    return "".join(part for c in text for part in ([c] if c in alphabet else _parts(c)) if part in alphabet)


def _parts(character: str) -> str:
    if _SYLLABLE.match(character):
        return unicodedata.normalize("NFD", character)
    if "\u3131" <= character <= "\u3163":
        return unicodedata.normalize("NFKC", character)
    return IDEOGRAPH if is_ideograph(character) else ""


def composed(text: str) -> str:
    """The text with its letters of Hangul put together to syllables; a letter that makes none stands by itself."""
    return _LETTERS.sub(lambda found: "".join(map(_alone, unicodedata.normalize("NFC", found.group()))), text)


def _alone(character: str) -> str:
    """A letter of a syllable as it stands by itself; a syllable as it is."""
    part, _, name = unicodedata.name(character).removeprefix("HANGUL ").partition(" ")
    return unicodedata.lookup(f"HANGUL LETTER {name}") if part in ("CHOSEONG", "JUNGSEONG", "JONGSEONG") else character
