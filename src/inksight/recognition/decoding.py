"""Canvases in, strokes and text out: greedy decoding in batches, with the guards that a decoder needs.

The text is that of `reading`, fed to the decoder; where the columns say nothing, the decoder reads letter by letter.

- A stroke that has been going over drawn ink for long is ended (loops).
- A stroke begins where there is ink, and the word isn't complete while ink is left that no stroke has covered: then the
  decoder is asked again where to go on, among the places left. What `tidy` does with such late strokes is said there.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..imaging.raster import paint, pen_width
from ..options import READING
from .engine import CELL, F32, I64, OFF, Choices, Decoder, Engine
from .reading import MAX_LETTERS, Reading, read
from .tidy import tidy
from .tokens import DOWN, END, FIRST_CHARACTER, INK, MOVE, PAD, PROMPTS

MAX_POINTS = 420
"""Points after which a word is given up: the longest words of the training data have 250."""
PATIENCE = 24
"""Moves without new ink after which a stroke is taken for a loop."""
MAX_RESCUES = 12
"""How often a finished word may be continued at ink left over."""

UNLIKELY, REST, BULGE = 0.01, 0.03, 2.0
"""A start that the decoder gives less than the first is refused, if what is left is a rest: less than the second of the
ink, less than the third times the square of the pen's reach, and joined to what is drawn. A bulge of the pen or the rim
of a corner is no stroke; a dot apart, an arc or a letter is."""

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
    rescued: int
    """How many strokes were begun at ink left over when the word seemed complete."""
    left: float = 0.0
    """Share (0..1) of the canvas's ink that the strokes don't cover."""


@dataclass
class _Word:
    """A sample on its way."""

    mode: str
    canvas: Canvas
    prefix: list[int]  # what the decoder is fed before it is asked
    reading: Reading
    strokes: list[list[tuple[int, int]]] = field(default_factory=list)
    idle: int = 0
    late: list[int] = field(default_factory=list)  # strokes begun at ink left over when the word seemed complete
    points: int = 0
    looped: bool = False
    done: bool = False
    writing: bool = False
    ink_logs: list[float] = field(default_factory=list)
    text_logs: list[float] = field(default_factory=list)  # of letters that the decoder read by itself

    def __post_init__(self) -> None:
        self.mask = self.canvas > 0.5
        # The pen's ink reaches beside its path; what lies within is covered.
        self.reach = max(2.5, 0.8 * pen_width(self.mask))


def decode(
    engine: Engine, canvases: Sequence[Canvas], mode: str, texts: Sequence[str | None] | None = None
) -> list[Decoded]:
    """Decode standardised canvases (height, W), all of the same W, in one batch. Results come in the order given.

    `texts` are read in "derender-with-text" alone, and come back as they are, with the characters that the model lacks.
    """
    vocabulary = engine.vocabulary
    memory = engine.encode(np.stack(canvases))
    last = END if mode == "recognize" else INK
    if mode in READING:
        readings = read(engine, memory, PROMPTS[mode], last)
    else:
        readings = [Reading(vocabulary.encode(text or ""), 1.0) for text in texts or [None] * len(canvases)]
    words = []
    for canvas, reading in zip(canvases, readings, strict=True):
        is_known = bool(reading.letters) or mode not in READING
        prefix = [PROMPTS[mode], *reading.letters, last] if is_known else [PROMPTS[mode]]
        words.append(_Word(mode, canvas, prefix, reading))
    _run(engine.decoder(memory), words)
    told = texts if texts and mode == "derender-with-text" else [None] * len(words)
    return [
        _finish(w, vocabulary.decode(w.reading.letters) if text is None else text)
        for w, text in zip(words, told, strict=True)
    ]


def _finish(word: _Word, text: str) -> Decoded:
    strokes = tidy(word.strokes, word.late)
    return Decoded(
        strokes=strokes,
        text=text,
        ink_confidence=_mean(word.ink_logs),
        text_confidence=_mean(word.text_logs) if word.text_logs else word.reading.confidence,
        looped=word.looped,
        rescued=len(word.late),
        left=float(_uncovered(word, strokes).sum() / max(word.mask.sum(), 1)),
    )


def _mean(logs: list[float]) -> float:
    return float(np.exp(np.mean(logs))) if logs else 1.0


def _run(decoder: Decoder, words: list[_Word]) -> None:
    """Step until every word is done; finished ones leave the batch when they are half of it."""
    active = list(words)
    ids = np.array([w.prefix.pop(0) for w in active], np.int64)
    xy, move = np.zeros((len(active), 2), np.int64), np.zeros((len(active), 2), np.int64)
    drawn = np.zeros((len(active), decoder.cells), np.float32)
    allowed = np.stack([_starts(w.canvas) for w in active])
    while active:
        choices = decoder.step(ids, xy, move, drawn, allowed)
        _ask_again(decoder, active, choices, (ids, xy, move, drawn, allowed))
        decoder.advance()
        for i, word in enumerate(active):
            if not word.done:
                ids[i], xy[i], move[i] = _next(word, i, choices, drawn[i], tuple(xy[i].tolist()))
        rows = np.flatnonzero([not w.done for w in active])
        if len(rows) <= len(active) // 2:
            active = [active[i] for i in rows]
            if active:
                ids, xy, move, drawn, allowed = ids[rows], xy[rows], move[rows], drawn[rows], allowed[rows]
                decoder.keep(rows)


def _starts(canvas: Canvas) -> NDArray[np.float32]:
    """The mask of cells where a stroke may begin: on or beside ink; the slot for "complete" is free."""
    near = _widened(_cells(canvas > 0.3, 1))
    return np.append(np.where(near.ravel(), 0, OFF), 0).astype(np.float32)


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


def _ask_again(decoder: Decoder, active: list[_Word], choices: Choices, feed: tuple[I64, I64, I64, F32, F32]) -> None:
    """Where a word would stop with ink left over, choose a start among what is left instead (changes `choices`)."""
    allowed = feed[4].copy()
    asked = {}
    for i, word in enumerate(active):
        if not word.done and _would_lift(word, choices, i) and choices.start[i] == decoder.cells:
            left = _left_over(word)
            cells = _cells(left, 4)
            if cells.any():
                allowed[i] = np.append(np.where(cells.ravel(), 0, OFF), OFF)
                asked[i] = left
    if not asked:
        return
    again = decoder.step(*feed[:4], allowed)
    for i, left in asked.items():
        if again.start_p[i] < UNLIKELY and _is_rest(active[i], left):
            continue
        active[i].late.append(len(active[i].strokes))
        choices.start[i], choices.inside[i], choices.start_p[i] = again.start[i], again.inside[i], again.start_p[i]


def _would_lift(word: _Word, choices: Choices, i: int) -> bool:
    """Whether the next decision is where a stroke begins."""
    return word.writing and not word.prefix and (not word.strokes or choices.lift[i] > 0.5 or word.idle >= PATIENCE)


def _left_over(word: _Word) -> NDArray[np.bool_]:
    """The ink that no stroke has covered, bool (height, W); none when it is too little to matter or the word had its
    chances."""
    if len(word.late) >= MAX_RESCUES or word.points >= MAX_POINTS or not word.strokes:
        return np.zeros_like(word.mask)
    left = _uncovered(word, word.strokes)
    return left if left.sum() >= max(6.0, 0.25 * word.reach**2) else np.zeros_like(left)


def _uncovered(word: _Word, strokes: Sequence[ArrayLike]) -> NDArray[np.bool_]:
    """The ink out of the pen's reach along the strokes: bool (height, W)."""
    painted = paint(word.mask.shape, [np.asarray(s, np.float64) for s in strokes], word.reach)
    left: NDArray[np.bool_] = word.mask & ~painted
    return left


def _is_rest(word: _Word, left: NDArray[np.bool_]) -> bool:
    """Whether what is left over is little, and all of it lies within a few pen widths of ink that is drawn."""
    if left.sum() >= min(REST * word.mask.sum(), BULGE * word.reach**2):
        return False
    near = word.mask & ~left
    for _ in range(int(3 * word.reach)):
        near = near | (_widened(near) & left)
    return int((left & ~near).sum()) < 6


def _next(
    word: _Word, i: int, choices: Choices, drawn: NDArray[np.float32], pen: tuple[int, ...]
) -> tuple[int, tuple[int, ...], tuple[int, ...]]:
    """The word's next step: (id, pen position, move). Marks the cells that the move draws."""
    if word.prefix:
        token = word.prefix.pop(0)
        word.writing, word.done = token == INK, token == END
        return token, (0, 0), (0, 0)
    if not word.writing:
        return _next_letter(word, choices.text[i])
    if _would_lift(word, choices, i):
        return _next_start(word, i, choices, drawn)
    word.ink_logs.append(float(np.log(max(choices.move_p[i] * (1 - choices.lift[i]), 1e-6))))
    dx, dy = choices.move[i].tolist()
    height, width = word.canvas.shape
    x, y = min(max(pen[0] + dx, 0), width - 1), min(max(pen[1] + dy, 0), height - 1)
    dx, dy = x - pen[0], y - pen[1]
    word.idle = 0 if _draw(drawn, (x, y), (dx, dy), width) else word.idle + 1
    if (dx, dy) == (0, 0):
        word.idle = PATIENCE  # a pen that stands still has nothing more to draw
    else:
        word.strokes[-1].append((x, y))
    word.points += 1
    if word.points >= MAX_POINTS:
        word.done = word.looped = True
    return MOVE, (x, y), (dx, dy)


def _next_letter(word: _Word, log_p: NDArray[np.float32]) -> tuple[int, tuple[int, ...], tuple[int, ...]]:
    """Reading: a character, or what ends the text in this mode."""
    last = INK if word.mode == "recognize-and-derender" else END
    options = np.full_like(log_p, -np.inf)
    options[FIRST_CHARACTER:] = log_p[FIRST_CHARACTER:]
    options[last] = log_p[last]
    token = int(options.argmax()) if len(word.reading.letters) < MAX_LETTERS else last
    word.text_logs.append(float(log_p[token]))
    if token == last:
        word.writing, word.done = token == INK, token == END
    else:
        word.reading.letters.append(token)
    return token, (0, 0), (0, 0)


def _next_start(
    word: _Word, i: int, choices: Choices, drawn: NDArray[np.float32]
) -> tuple[int, tuple[int, ...], tuple[int, ...]]:
    """The pen is lifted: the next stroke's first point, or the end of the word."""
    if word.idle >= PATIENCE and len(word.strokes[-1]) > PATIENCE:
        word.strokes[-1] = word.strokes[-1][: len(word.strokes[-1]) - PATIENCE]
        word.looped = True
    word.idle = 0
    word.ink_logs.append(float(np.log(max(choices.start_p[i], 1e-6))))
    cell = int(choices.start[i])
    if cell == len(drawn) or word.points >= MAX_POINTS:
        word.done = True
        return PAD, (0, 0), (0, 0)
    per_row = word.canvas.shape[1] // CELL
    inside = int(choices.inside[i])
    x = cell % per_row * CELL + inside % CELL
    y = cell // per_row * CELL + inside // CELL
    word.strokes.append([(x, y)])
    word.points += 1
    _draw(drawn, (x, y), (0, 0), word.canvas.shape[1])
    return DOWN, (x, y), (0, 0)


_ALONG = np.linspace(0, 1, 5)


def _draw(drawn: NDArray[np.float32], at: tuple[int, int], move: tuple[int, int], width: int) -> bool:
    """Mark the cells that a move touches, sampled at five places as in training; True if one of them is new."""
    column = ((at[0] - move[0] * _ALONG) // CELL).astype(int)
    row = ((at[1] - move[1] * _ALONG) // CELL).astype(int)
    index = row * (width // CELL) + column
    fresh = bool((drawn[index] == 0).any())
    drawn[index] = 1
    return fresh
