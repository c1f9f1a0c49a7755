"""What a word says: the likeliest text under the CTC head, the language model and the decoder together.

A prefix beam search over the columns (A. Hannun et al., arXiv 1408.2873) weighs pictures and language; of the best few
texts, the one that the decoder also finds likely is taken. The weights are the model's own (calibration.py).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .calibration import Calibration
from .engine import Engine, Fed, Memory
from .language import END as END_OF_TEXT
from .language import LanguageModel
from .tokens import FIRST_CHARACTER, PAD, Vocabulary

BEAMS = 10
"""Prefixes kept from column to column."""
CHOICES = 7
"""Characters tried at a column."""
SURELY = -0.003
"""A blank with more than this is nothing but a blank."""
FINALISTS, MARGIN = 6, 6.0
"""Texts shown to the decoder, and how many nats behind the best they may be."""
MAX_LETTERS = 40

Logs = NDArray[np.float32]
"""Log-probabilities (columns, V) of one picture; id PAD is the blank."""


@dataclass(frozen=True)
class Reading:
    """A text as ids of the vocabulary, and its share (0..1) among the texts that were considered."""

    letters: list[int]
    confidence: float


def read(engine: Engine, memory: Memory, prompt: int, last: int) -> list[Reading]:
    """The texts of the pictures in `memory`; `prompt` and `last` are the ids before and after them in the decoder."""
    found = [candidates(log_p, engine.vocabulary, engine.language, engine.calibration) for log_p in memory.ctc]
    asked = [(i, text) for i, texts in enumerate(found) if len(texts) > 1 for text in texts]
    spelled = {text: engine.vocabulary.encode(text) for texts in found for text in texts}
    heard = dict(zip(asked, _decoder_says(engine, memory, asked, spelled, prompt, last), strict=True))
    out = []
    for i, texts in enumerate(found):
        names = list(texts)
        total = np.array([texts[t] + engine.calibration.decoder * heard.get((i, t), 0.0) for t in names])
        shares = np.exp(total - total.max())
        best = int(total.argmax())
        out.append(Reading(spelled[names[best]], float(shares[best] / shares.sum())))
    return out


def candidates(
    log_p: Logs, vocabulary: Vocabulary, language: LanguageModel | None, weights: Calibration
) -> dict[str, float]:
    """The likeliest texts, best first, at most FINALISTS, and their nats under CTC and the language model."""
    search = _Search(vocabulary, language, weights)
    for column in log_p:
        search.step(column)
    return search.finalists()


class _Search:
    """Prefixes with the log-probability of all paths that give them: ending in a blank, and in their last letter."""

    def __init__(self, vocabulary: Vocabulary, language: LanguageModel | None, weights: Calibration) -> None:
        self.characters, self.language, self.weights = vocabulary.characters, language, weights
        self.beams: dict[str, tuple[float, float]] = {"": (0.0, -math.inf)}
        self.prior = {"": 0.0}

    def step(self, column: Logs) -> None:
        """Take in the next column."""
        blank = float(column[PAD])
        if blank > SURELY:
            self.beams = {t: (_either(*logs) + blank, -math.inf) for t, logs in self.beams.items()}
            return
        likely = np.argsort(-column)[:CHOICES].tolist()
        letters = [(self.characters[i - FIRST_CHARACTER], float(column[i])) for i in likely if i >= FIRST_CHARACTER]
        after: dict[str, list[float]] = {}
        for prefix, (by_blank, by_letter) in self.beams.items():
            either = _either(by_blank, by_letter)
            _join(after, prefix, 0, either + blank)
            for letter, p in letters:
                if prefix.endswith(letter):  # the same letter: it goes on, or a blank stood between
                    _join(after, prefix, 1, by_letter + p)
                    _join(after, prefix + letter, 1, by_blank + p)
                elif len(prefix) < MAX_LETTERS:
                    _join(after, prefix + letter, 1, either + p)
        best = self._best(after)
        self.beams = {t: (after[t][0], after[t][1]) for t in best}

    def _best(self, after: dict[str, list[float]]) -> list[str]:
        """The likeliest prefixes, best first. The language model is asked only where it can matter: a letter more gains
        a prefix at most the weight of a letter."""
        either = {t: _either(*logs) for t, logs in after.items()}
        bonus = self.weights.letter if self.language else 0.0
        sure = sorted((either[t] + self.prior[t] for t in after if t in self.prior), reverse=True)
        least = sure[BEAMS - 1] if len(sure) >= BEAMS else -math.inf
        total = {
            t: either[t] + self._prior(t)
            for t in after
            if t in self.prior or either[t] + self.prior[t[:-1]] + bonus >= least
        }
        return sorted(total, key=lambda t: total[t], reverse=True)[:BEAMS]

    def _prior(self, text: str) -> float:
        known = self.prior.get(text)
        if known is None:
            known = self._prior(text[:-1]) + self._next(text[:-1], text[-1])
            self.prior[text] = known
        return known

    def _next(self, before: str, character: str) -> float:
        if self.language is None:
            return 0.0
        return self.weights.language * self.language.logp(before, character) + self.weights.letter

    def finalists(self) -> dict[str, float]:
        """The best texts now, best first."""
        total = {t: _either(*logs) + self._prior(t) + self._next(t, END_OF_TEXT) for t, logs in self.beams.items()}
        best = sorted(total, key=lambda t: total[t], reverse=True)[:FINALISTS]
        return {t: total[t] for t in best if total[t] > total[best[0]] - MARGIN}


def _either(a: float, b: float) -> float:
    """log(exp a + exp b)."""
    high, low = (a, b) if a > b else (b, a)
    return high if low < high - 30 or low == -math.inf else high + math.log1p(math.exp(low - high))


def _join(logs: dict[str, list[float]], text: str, kind: int, value: float) -> None:
    entry = logs.setdefault(text, [-math.inf, -math.inf])
    entry[kind] = _either(entry[kind], value)


def _decoder_says(
    engine: Engine,
    memory: Memory,
    asked: Sequence[tuple[int, str]],
    spelled: dict[str, list[int]],
    prompt: int,
    last: int,
) -> list[float]:
    """The decoder's nats for texts of pictures (by their place in `memory`). Long texts come first, so that those
    that end leave the batch."""
    if not asked:
        return []
    order = sorted(range(len(asked)), key=lambda k: -len(spelled[asked[k][1]]))
    codes = [[prompt, *spelled[asked[k][1]], last] for k in order]
    decoder = engine.decoder(memory.to_read(np.array([asked[k][0] for k in order])))
    nats = np.zeros(len(asked))
    for at in range(len(codes[0]) - 1):
        count = sum(len(code) > at + 1 for code in codes)
        if count < len(codes):
            codes = codes[:count]
            decoder.keep(np.arange(count))
        fed = np.array([code[at : at + 2] for code in codes])
        choices = decoder.step(Fed.letters(fed[:, 0], decoder.cells))
        decoder.advance()
        nats[order[:count]] += choices.text[np.arange(count), fed[:, 1]]
    return nats.tolist()
