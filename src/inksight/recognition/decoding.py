"""Canvases in, strokes and text out: greedy decoding in batches, with the guards that a decoder needs.

The text is that of `reading`, fed to the decoder; where the columns say nothing, the decoder reads letter by letter.

- A stroke that has been going over drawn ink for long is ended (loops).
- A stroke begins where there is ink, and the word isn't complete while ink is left that no stroke has covered: then the
  decoder is asked again where to go on, among the places left. `tidy` says what becomes of such strokes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..imaging.raster import paint, pen_width
from ..options import READING
from .engine import CELL, F32, I64, OFF, Choices, Decoder, Engine, Fed
from .reading import MAX_LETTERS, Reading, read
from .tidy import Path, tidy
from .tokens import DOWN, END, FIRST_CHARACTER, INK, MOVE, PAD, PROMPTS

MAX_POINTS = 420
"""Points after which a word is given up: the longest words of the training data have 250."""
PATIENCE = 24
"""Moves without new ink after which a stroke is taken for a loop."""
MAX_RESTARTS = 12
"""How often a finished word may be continued at residual ink."""

UNLIKELY, RESIDUE, BULGE = 0.01, 0.03, 2.0
"""A start that the decoder gives less than the first is refused, if what is left is a residue: less than the second of
the ink, less than the third times the square of the pen's reach, and joined to what is drawn. A bulge of the pen or the
rim of a corner is no stroke; a dot apart, an arc or a letter is."""

Canvas = NDArray[np.float32]


@dataclass
class Decoded:
    """A canvas's ink: int64 (n, 2) strokes in canvas pixels, the text, and how sure the decoder was."""

    strokes: list[NDArray[np.int64]]
    text: str
    """What was read, or the text given."""
    ink_confidence: float
    """Geometric mean of the probabilities of the choices made, 0..1; 1 without ink."""
    text_confidence: float
    """How sure the reading was, 0..1; 1 without text or with a given one."""
    looped: bool
    """A guard had to end a stroke or the word."""
    restarts: int
    """How many strokes were begun at residual ink when the word seemed complete."""
    residual: float = 0.0
    """Share (0..1) of the canvas's ink that the strokes don't cover."""


class _Word:
    """A sample on its way: what its canvas shows, and what is known of its strokes beside `_Pens`."""

    def __init__(self, mode: str, canvas: Canvas, reading: Reading) -> None:
        self.mode, self.reading, self.width = mode, reading, canvas.shape[1]
        self.mask = canvas > 0.5
        # The pen's ink reaches beside its path; what lies within is covered.
        self.reach = max(2.5, 0.8 * pen_width(self.mask))
        self.strokes: list[Path] = []  # those that are complete
        self.restarted: list[int] = []  # strokes begun at residual ink when the word seemed complete
        self.looped = False
        self.text_logs: list[float] = []  # of letters that the decoder read by itself
        self.ink_log = 0.0  # mean over the choices made


class _Pens:
    """A row for each word of the batch: what the decoder is fed next (`fed`), and how far its ink is."""

    def __init__(self, words: Sequence[_Word], prefixes: Sequence[list[int]], canvases: Sequence[Canvas]) -> None:
        count, self.per_row = len(words), max(c.shape[1] for c in canvases) // CELL
        self.words = list(words)
        self.width = np.array([w.width for w in words])
        self.height = canvases[0].shape[0]
        self.prefix = np.full((count, max(map(len, prefixes))), PAD, np.int64)  # fed before the decoder is asked
        for row, prefix in zip(self.prefix, prefixes, strict=True):
            row[: len(prefix)] = prefix
        self.told = np.array([len(p) for p in prefixes])
        self.at = 1
        cells = np.stack([_grid(_widened(_cells(c > 0.3, 1)), self.per_row) for c in canvases])
        self.fed = Fed.letters(self.prefix[:, 0].copy(), cells.shape[1])
        self.fed.allowed[:] = _mask(cells, complete=True)  # a stroke begins on or beside ink
        self.writing, self.done = np.zeros((2, count), np.bool_)
        self.idle, self.points, self.length = np.zeros((3, count), np.int64)  # length: of the stroke on its way
        self.track = np.zeros((count, MAX_POINTS, 2), np.int64)  # its points
        self.logs, self.choices = np.zeros((2, count))

    def keep(self, rows: I64) -> None:
        """Go on with these rows alone."""
        self.words, self.fed = [self.words[i] for i in rows.tolist()], self.fed.rows(rows)
        for name, values in vars(self).items():
            if isinstance(values, np.ndarray):
                setattr(self, name, values[rows])


def decode(
    engine: Engine, canvases: Sequence[Canvas], mode: str, texts: Sequence[str | None] | None = None
) -> list[Decoded]:
    """Decode standardised canvases (height, W) in one batch. Results come in the order given.

    `texts` are read in "derender-with-text" alone, and come back as they are, with the characters that the model lacks.
    """
    vocabulary = engine.vocabulary
    memory = engine.encode(canvases)
    last = END if mode == "recognize" else INK
    if mode in READING:
        readings = read(engine, memory, PROMPTS[mode], last)
    else:
        readings = [Reading(vocabulary.encode(text or ""), 1.0) for text in texts or [None] * len(canvases)]
    words, prefixes = [], []
    for canvas, reading in zip(canvases, readings, strict=True):
        is_known = bool(reading.letters) or mode not in READING
        prefixes.append([PROMPTS[mode], *reading.letters, last] if is_known else [PROMPTS[mode]])
        words.append(_Word(mode, canvas, reading))
    _run(engine.decoder(memory), _Pens(words, prefixes, canvases))
    told = texts if texts and mode == "derender-with-text" else [None] * len(words)
    return [
        _finish(w, vocabulary.decode(w.reading.letters) if text is None else text)
        for w, text in zip(words, told, strict=True)
    ]


def _finish(word: _Word, text: str) -> Decoded:
    strokes = tidy(word.strokes, word.restarted)
    return Decoded(
        strokes=strokes,
        text=text,
        ink_confidence=float(np.exp(word.ink_log)),
        text_confidence=float(np.exp(np.mean(word.text_logs))) if word.text_logs else word.reading.confidence,
        looped=word.looped,
        restarts=len(word.restarted),
        residual=float(_uncovered(word, strokes).sum() / max(word.mask.sum(), 1)),
    )


def _run(decoder: Decoder, pens: _Pens) -> None:
    """Step until every word is done; finished ones leave the batch."""
    while pens.words:
        choices = decoder.step(pens.fed)
        lifts = _would_lift(pens, choices)
        choices = _ask_again(decoder, pens, choices, lifts)
        decoder.advance()
        _move_on(pens, choices, lifts)
        done = np.flatnonzero(pens.done)
        if len(done):
            for i in done.tolist():
                pens.words[i].ink_log = pens.logs[i] / max(pens.choices[i], 1)
            rows = _closed_up(pens.done)
            pens.keep(rows)
            if len(rows):
                decoder.keep(rows)


def _closed_up(done: NDArray[np.bool_]) -> I64:
    """The rows to keep, the last ones in the places of those that are done before them: little has to be moved."""
    kept = np.flatnonzero(~done)
    rows = np.arange(len(kept))
    rows[done[: len(kept)]] = kept[kept >= len(kept)]
    return rows


def _grid(cells: NDArray[np.bool_], per_row: int) -> NDArray[np.bool_]:
    """The cells (rows, columns) one after another, in rows of the widest canvas."""
    return np.pad(cells, ((0, 0), (0, per_row - cells.shape[1]))).ravel()


def _mask(cells: NDArray[np.bool_], complete: bool) -> F32:
    """What the decoder adds: 0 for cells where a stroke may begin, and at last whether the ink may be complete."""
    ends = np.full((*cells.shape[:-1], 1), complete)
    return np.where(np.concatenate([cells, ends], axis=-1), np.float32(0), OFF)


def _widened(cells: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """The cells (or pixels) and their eight neighbours."""
    padded = np.pad(cells, 1)
    near = np.zeros_like(cells)
    for dy in range(3):
        for dx in range(3):
            near |= padded[dy : dy + cells.shape[0], dx : dx + cells.shape[1]]
    return near


def _cells(mask: NDArray[np.bool_], least: int) -> NDArray[np.bool_]:
    """Cells of which at least `least` pixels are set: bool (height / 4, W / 4)."""
    h, w = mask.shape
    filled: NDArray[np.bool_] = mask.reshape(h // CELL, CELL, w // CELL, CELL).sum(axis=(1, 3)) >= least
    return filled


def _would_lift(pens: _Pens, choices: Choices) -> NDArray[np.bool_]:
    """Whether each word's next decision is where a stroke begins."""
    ends = (pens.length == 0) | (choices.lift > 0.5) | (pens.idle >= PATIENCE)
    lifts: NDArray[np.bool_] = pens.writing & ends & ~pens.done
    return lifts


def _ask_again(decoder: Decoder, pens: _Pens, choices: Choices, lifts: NDArray[np.bool_]) -> Choices:
    """Where a word would stop with residual ink, a start among what is left is chosen instead."""
    stops = np.flatnonzero(lifts & (choices.start == decoder.cells)).tolist()
    left = {i: ink for i in stops if _cells(ink := _residual(pens, i), 4).any()}
    if not left:
        return choices
    allowed = pens.fed.allowed.copy()
    for i, ink in left.items():
        allowed[i] = _mask(_grid(_cells(ink, 4), pens.per_row), complete=False)
    choices = choices.copied()
    again = decoder.step(pens.fed._replace(allowed=allowed))
    for i, ink in left.items():
        if again.start_p[i] < UNLIKELY and _is_residue(pens.words[i], ink):
            continue
        pens.words[i].restarted.append(len(pens.words[i].strokes) + int(pens.length[i] > 0))
        choices.start[i], choices.inside[i], choices.start_p[i] = again.start[i], again.inside[i], again.start_p[i]
    return choices


def _residual(pens: _Pens, i: int) -> NDArray[np.bool_]:
    """A word's ink that no stroke has covered, bool (height, W); none when it is too little to matter or the word had
    its chances."""
    word = pens.words[i]
    if len(word.restarted) >= MAX_RESTARTS or pens.points[i] >= MAX_POINTS or not pens.length[i]:
        return np.zeros_like(word.mask)
    left = _uncovered(word, [*word.strokes, pens.track[i, : pens.length[i]]])
    return left if left.sum() >= max(6.0, 0.25 * word.reach**2) else np.zeros_like(left)


def _uncovered(word: _Word, strokes: Sequence[ArrayLike]) -> NDArray[np.bool_]:
    """The ink out of the pen's reach along the strokes: bool (height, W)."""
    painted = paint(word.mask.shape, [np.asarray(s, np.float64) for s in strokes], word.reach)
    left: NDArray[np.bool_] = word.mask & ~painted
    return left


def _is_residue(word: _Word, left: NDArray[np.bool_]) -> bool:
    """Whether what is left is little, and all of it lies within a few pen widths of ink that is drawn."""
    if left.sum() >= min(RESIDUE * word.mask.sum(), BULGE * word.reach**2):
        return False
    near = word.mask & ~left
    for _ in range(int(3 * word.reach)):
        near = near | (_widened(near) & left)
    return int((left & ~near).sum()) < 6


def _move_on(pens: _Pens, choices: Choices, lifts: NDArray[np.bool_]) -> None:
    """Every word's next step: what the decoder will be fed. Marks the cells that a move draws."""
    told, reads = pens.told > pens.at, ~pens.writing
    moves = pens.writing & ~lifts
    pens.fed.xy[~moves], pens.fed.move[~moves] = 0, 0
    if told.any():
        pens.fed.ids[told] = pens.prefix[told, pens.at]
    for i in np.flatnonzero(reads & ~told).tolist():
        pens.fed.ids[i] = _next_letter(pens.words[i], choices.text[i])
    _move(pens, choices, np.flatnonzero(moves))
    for i in np.flatnonzero(lifts).tolist():
        _next_start(pens, i, choices)
    pens.writing |= reads & (pens.fed.ids == INK)
    pens.done |= reads & (pens.fed.ids == END)
    pens.at += 1


def _move(pens: _Pens, choices: Choices, rows: I64) -> None:
    """The pen goes on in these rows."""
    lift = choices.lift[rows]
    pens.logs[rows] += np.log(np.maximum(choices.move_p[rows] * (1 - lift), 1e-6))
    pens.choices[rows] += 1
    before = pens.fed.xy[rows]
    to = np.clip(before + choices.move[rows], 0, np.stack([pens.width[rows], np.full(len(rows), pens.height)], 1) - 1)
    moved = to - before
    fresh = _draw(pens, rows, to, moved)
    still = ~moved.any(axis=1)  # a pen that stands still has nothing more to draw
    pens.idle[rows] = np.where(still, PATIENCE, np.where(fresh, 0, pens.idle[rows] + 1))
    going = rows[~still]
    pens.track[going, pens.length[going]] = to[~still]
    pens.length[going] += 1
    pens.points[rows] += 1
    pens.fed.ids[rows], pens.fed.xy[rows], pens.fed.move[rows] = MOVE, to, moved
    for i in rows[pens.points[rows] >= MAX_POINTS].tolist():
        pens.words[i].looped = True
        _end_stroke(pens, i)
        pens.done[i] = True


def _next_letter(word: _Word, log_p: NDArray[np.float32]) -> int:
    """Reading: a character, or what ends the text in this mode."""
    last = INK if word.mode == "recognize-and-derender" else END
    options = np.full_like(log_p, -np.inf)
    options[FIRST_CHARACTER:] = log_p[FIRST_CHARACTER:]
    options[last] = log_p[last]
    token = int(options.argmax()) if len(word.reading.letters) < MAX_LETTERS else last
    word.text_logs.append(float(log_p[token]))
    if token != last:
        word.reading.letters.append(token)
    return token


def _next_start(pens: _Pens, i: int, choices: Choices) -> None:
    """A word's pen is lifted: the next stroke's first point, or the end of the word."""
    if pens.idle[i] >= PATIENCE and pens.length[i] > PATIENCE:
        pens.length[i] -= PATIENCE
        pens.words[i].looped = True
    _end_stroke(pens, i)
    pens.idle[i] = 0
    pens.logs[i] += np.log(max(choices.start_p[i], 1e-6))
    pens.choices[i] += 1
    cell = int(choices.start[i])
    if cell == pens.fed.drawn.shape[1] or pens.points[i] >= MAX_POINTS:
        pens.done[i] = True
        return
    inside = int(choices.inside[i])
    pen = np.array([[cell % pens.per_row, cell // pens.per_row]]) * CELL + [inside % CELL, inside // CELL]
    pens.track[i, 0], pens.length[i] = pen[0], 1
    pens.points[i] += 1
    _draw(pens, np.array([i]), pen, np.zeros_like(pen))
    pens.fed.ids[i], pens.fed.xy[i] = DOWN, pen[0]


def _end_stroke(pens: _Pens, i: int) -> None:
    """What is on its way becomes a stroke of the word."""
    if pens.length[i]:
        pens.words[i].strokes.append(pens.track[i, : pens.length[i]].copy())
    pens.length[i] = 0


_ALONG = np.linspace(0, 1, 5)[:, None]


def _draw(pens: _Pens, rows: I64, at: I64, move: I64) -> NDArray[np.bool_]:
    """Mark the cells that moves to `at` touch, sampled at five places as in training; whether one of each is new."""
    column, row = np.moveaxis(((at[:, None] - move[:, None] * _ALONG) // CELL).astype(np.int64), 2, 0)
    places = rows[:, None], row * pens.per_row + column
    fresh: NDArray[np.bool_] = (pens.fed.drawn[places] == 0).any(axis=1)
    pens.fed.drawn[places] = 1
    return fresh
