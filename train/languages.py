"""Models of the letters of many languages, from how often their words are used.

    python -m train.languages src/inksight/recognition/languages

The words and their frequencies are those of PyPI's wordfreq (R. Speer, 2022; data CC BY-SA 4.0, as what is made of it
here); no text is kept, only how often letters follow one another, and the commonest words, by which a page's language
is told. A language's words in other alphabets, which its texts are full of, are left out.
"""

from __future__ import annotations

import argparse
import json
from collections import Counter
from pathlib import Path

from inksight.alphabets import script_of
from inksight.options import LANGUAGES
from inksight.recognition.language import COMMON
from train.language import NGrams, save, widened

ORDER = 5
LISTED = 20_000
LEAST = {3: 0.05, 4: 0.3, 5: 0.8}
"""n-grams of these lengths that count less are left out."""
_NAMES = {"no": "nb"}
"""What wordfreq calls a language."""
SHOWN = 150
"""Words by which a language is told."""


def words(language: str) -> dict[str, float]:
    """The commonest words of Latin letters, each with its frequency in a million."""
    from wordfreq import get_frequency_dict, top_n_list

    name = _NAMES.get(language, language)
    frequency = get_frequency_dict(name)
    listed = [w for w in top_n_list(name, LISTED) if all(script_of(c) in ("Latin", "") for c in w)]
    return {w: frequency[w] * 1e6 for w in listed if any(map(script_of, w))}


def model(frequency: dict[str, float]) -> NGrams:
    """Each word counts as the root of its frequency: rare ones are many, and are written, too."""
    return NGrams(widened(Counter({w: n**0.5 for w, n in frequency.items()}), []), ORDER, LEAST)


def main() -> None:
    """Make the files of all languages."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--languages", nargs="+", default=list(LANGUAGES), choices=list(LANGUAGES), metavar="CODE")
    args = parser.parse_args()
    args.folder.mkdir(parents=True, exist_ok=True)
    common = args.folder / COMMON
    shown = json.loads(common.read_text("utf-8")) if common.exists() else {}
    for language in args.languages:
        frequency = words(language)
        shown[language] = " ".join(list(frequency)[:SHOWN])
        path = args.folder / f"{language}.npz"
        print(language, save(model(frequency), path, ORDER), "n-grams,", path.stat().st_size // 1000, "kB", flush=True)
    common.write_text(json.dumps(shown, ensure_ascii=False, indent=1) + "\n", "utf-8")


if __name__ == "__main__":
    main()
