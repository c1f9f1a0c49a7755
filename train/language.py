"""The texts of the training data -> language.npz, the n-grams of characters that reading weighs against the picture.

    python -m train.language --ink .cache/ink.npz --words .cache/words.npz --list LIST src/inksight/models/NAME

LIST holds further words, one a row, for what nobody wrote: the shipped file was made with those of SCOWL
(/usr/share/dict/american-english of Debian's package wamerican). Without it, only words met in training profit.
"""

from __future__ import annotations

import argparse
import math
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np

from inksight.recognition.language import END, START, STEP, UNKNOWN
from inksight.recognition.tokens import CHARACTERS

ORDER = 6
LISTED = 0.3
"""A listed word counts as this share of one that was written once."""
OTHER_CASE = 0.1
"""A word in capitals, in small letters or capitalised, when it was met otherwise, counts as this share of it."""
LEAST = {4: 0.5, 5: 0.9, 6: 0.9}
"""n-grams of these lengths that count less are left out: they are many and tell little."""


def written(ink: Path, words: Path) -> Counter[str]:
    """Texts of training writers, each with the square root of how often it was written."""
    with np.load(ink) as z:
        texts, chosen = str(z["text"]).split("\n"), ~z["val"] & (z["source"] < 3)  # whole words alone
    with np.load(words) as z:
        seen = Counter(str(z["text"]).split("\n"))
    counts: Counter[str] = Counter()
    for found in (Counter(texts[i] for i in np.flatnonzero(chosen)), seen):
        for text, n in found.items():
            counts[text] += n**0.5
    return counts


def widened(counts: Counter[str], listed: list[str]) -> Counter[str]:
    """With the listed words, and all words in other cases."""
    out = counts.copy()
    for word in listed:
        out[word] += LISTED
    for text, n in list(out.items()):
        for other in {text.lower(), text.upper(), text.capitalize()} - {text}:
            out[other] += n * OTHER_CASE
    return out


class NGrams:
    """Counts of what follows each context, and Witten-Bell's estimate from them (I. Witten, T. Bell, 1991)."""

    def __init__(self, texts: Counter[str], order: int = ORDER, least: Mapping[int, float] = LEAST) -> None:
        follow: dict[str, dict[str, float]] = defaultdict(lambda: defaultdict(float))
        for text, n in texts.items():
            whole = START + text + END
            for at in range(1, len(whole)):
                for size in range(min(order, at + 1)):
                    follow[whole[at - size : at]][whole[at]] += n
        self.follow = {c: kept for c, found in follow.items() if (kept := _frequent(c, found, least))}
        self._known: dict[tuple[str, str], float] = {}

    def weight(self, context: str) -> float:
        """The share of the shorter context's estimate after `context`."""
        found = self.follow[context]
        return len(found) / (len(found) + sum(found.values()))

    def p(self, context: str, character: str) -> float:
        """The probability of `character` after `context`."""
        key = context, character
        if key not in self._known:
            lower = self.p(context[1:], character) if context else math.exp(UNKNOWN)
            found = self.follow.get(context)
            if found is not None:
                own = found.get(character, 0.0) / sum(found.values())
                lower = self.weight(context) * lower + (1 - self.weight(context)) * own
            self._known[key] = lower
        return self._known[key]

    def table(self) -> Iterator[tuple[str, float, float]]:
        """Each n-gram with its nats, and the nats of backing off from it as a context."""
        grams = {c + x for c, found in self.follow.items() for x in found} | {c for c in self.follow if c}
        for gram in sorted(grams):
            back = math.log(self.weight(gram)) if gram in self.follow else 0.0
            yield gram, math.log(self.p(gram[:-1], gram[-1])), back


def _frequent(context: str, found: dict[str, float], least: Mapping[int, float]) -> dict[str, float]:
    bound = least.get(len(context) + 1, 0.0)
    return {c: n for c, n in found.items() if n >= bound}


def save(ngrams: NGrams, path: Path, order: int = ORDER) -> int:
    """Write what inksight.recognition.language reads; the number of n-grams."""
    grams, logs, backs = zip(*ngrams.table(), strict=True)
    cost, backoff = (np.clip(np.rint(np.array(v) / -STEP), 0, 255).astype(np.uint8) for v in (logs, backs))
    text = np.frombuffer("\n".join(grams).encode(), np.uint8)
    np.savez_compressed(path, ngrams=text, cost=cost, backoff=backoff, order=np.array(order))
    return len(grams)


def main() -> None:
    """Make the file from the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--ink", type=Path, required=True, help="file made by train.pack")
    parser.add_argument("--words", type=Path, required=True, help="file made by train.pack_words")
    parser.add_argument("--list", type=Path, help="further words, one a row")
    parser.add_argument("folder", type=Path, help="of the model; gets language.npz")
    args = parser.parse_args()
    rows = args.list.read_text(encoding="utf-8").split("\n") if args.list else []
    listed = [w for w in rows if w and not w.endswith("'s") and set(w) <= set(CHARACTERS)]
    count = save(NGrams(widened(written(args.ink, args.words), listed)), args.folder / "language.npz")
    print(f"{count} n-grams -> {args.folder / 'language.npz'}")


if __name__ == "__main__":
    main()
