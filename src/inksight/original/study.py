"""The paper's human study as a page: raters see pictures beside tracings, and don't know whose these are.

`make` writes one HTML file that needs no network; each rater opens it, answers the paper's two questions, and saves the
answers as JSON. `score` counts them. The page holds whose ink it is in a sealed form that the answers bring back, so
that scoring needs nothing else.
"""

from __future__ import annotations

import base64
import hashlib
import io
import json
import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from ..arrays import Pixels
from ..errors import InputError
from ..imaging.pictures import open_image
from ..ink import Stroke
from .agreement import cohen, fleiss
from .derenderings import HUMAN, Example, Origin, find, read, square
from .gallery import on_square, origins

TRACING = ("good", "okay", "bad")
"""Answers to "Is the digital ink output a reasonable tracing of the input image?", from best to worst."""
BY_HAND = ("yes", "no")
"""Answers to "Could this digital ink output have been produced by a human?"."""
_FORMAT = "inksight-study"
_LARGEST = 900  # pixels: pictures are no larger in the page
_PAGE = Path(__file__).with_name("study.html")
_SLOT = "/*STUDY*/null"


@dataclass(frozen=True)
class Pair:
    """A picture (its place among the study's pictures) and a tracing of it: strokes in the picture's pixels."""

    picture: int
    origin: str
    strokes: tuple[Stroke, ...]


def chosen(
    folder: str | Path,
    datasets: Sequence[str] = (),
    models: Sequence[str] = (),
    mode: str | None = None,
    number: int | None = None,
) -> list[Example]:
    """Examples for a study: as `derenderings.files.find` finds them, but the inks of one mode alone (in the data set's
    words), if one is named, and `number` pictures of each data set. What people traced belongs to every mode."""
    examples = find(folder, datasets, models)
    by_name: dict[str, list[Example]] = defaultdict(list)
    for one in examples:
        inks = {origin: path for origin, path in one.inks.items() if mode in (None, origin.mode)}
        by_name[one.dataset].append(replace(one, inks=inks))
    return [one for some in by_name.values() for one in some[:number]]


def make(examples: Sequence[Example], *, seed: int = 0, title: str = "Tracings") -> bytes:
    """The page, as HTML, with every ink of the examples. `seed` decides the order; each rater has another.

    Raises InputError for files that can't be read, where there is no ink, and for two inks of one name.
    """
    pictures = [open_image(e.picture) for e in examples]
    pairs = [pair for k, e in enumerate(examples) for pair in _pairs(k, e, pictures[k].shape, examples)]
    if not pairs:
        raise InputError("none of the pictures has an ink; write some with `inksight derenderings write`")
    key = [[f"{examples[p.picture].dataset}/{examples[p.picture].id}", p.origin] for p in pairs]
    twice = next((f"{picture} ({origin})" for picture, origin in key if key.count([picture, origin]) > 1), None)
    if twice is not None:
        raise InputError(f"{twice} is there twice; name the pictures or the models otherwise")
    sealed = base64.b64encode(json.dumps(key).encode()).decode()
    study = {
        "format": _FORMAT,
        "version": 1,
        "title": title,
        "seed": seed,
        "id": hashlib.sha256(f"{seed} {sealed}".encode()).hexdigest()[:12],
        "key": sealed,
        "pictures": [_picture(p) for p in pictures],
        "pairs": [{"picture": p.picture, "ink": [_path(s) for s in p.strokes]} for p in pairs],
    }
    text = json.dumps(study, ensure_ascii=False).replace("<", "\\u003c")  # nothing may end the script
    return _PAGE.read_text("utf-8").replace(_SLOT, text, 1).encode()


def _pairs(place: int, example: Example, shape: tuple[int, ...], examples: Sequence[Example]) -> list[Pair]:
    """Every ink of an example, in the pixels of its picture."""
    frame = square(shape[1], shape[0])
    back = frame.inverse()
    found = []
    for origin in origins(examples):
        if origin in example.inks:
            strokes = read(example.inks[origin]).strokes
        elif origin.model == HUMAN and example.human:
            strokes = on_square(example.human, frame)
        else:
            continue
        found.append(Pair(place, _name(origin), tuple(s.transformed(back) for s in strokes)))
    return found


def _name(origin: Origin) -> str:
    return " ".join(filter(None, origin))


def _picture(rgb: Pixels) -> dict[str, Any]:
    """The picture's size, and its bytes as a link."""
    picture = Image.fromarray(rgb)
    picture.thumbnail((_LARGEST, _LARGEST))
    out = io.BytesIO()
    picture.save(out, "JPEG", quality=88)
    link = "data:image/jpeg;base64," + base64.b64encode(out.getvalue()).decode()
    return {"width": rgb.shape[1], "height": rgb.shape[0], "link": link}


def _path(stroke: Stroke) -> str:
    """The stroke as the data of an SVG path; a dot is a line to itself, which round ends make visible."""
    points = [f"{x:.1f} {y:.1f}" for x, y in stroke.points.tolist()]
    return "M" + "L".join(points if len(points) > 1 else points * 2)


# ------------------------------------------------------------------------------------------------------------- scoring


@dataclass(frozen=True)
class Answers:
    """What one rater said: (picture, whose ink) -> (answer of `TRACING`, answer of `BY_HAND`)."""

    rater: str
    study: str
    given: Mapping[tuple[str, str], tuple[str, str]]


def read_answers(path: str | Path) -> Answers:
    """One rater's file. Raises InputError for any other file."""
    try:
        content = json.loads(Path(path).read_text("utf-8"))
        if content["format"] != _FORMAT:
            raise ValueError("another format")
        key = [(str(picture), str(origin)) for picture, origin in json.loads(base64.b64decode(content["key"]))]
        given = {key[int(a["pair"])]: (str(a["tracing"]), str(a["human"])) for a in content["answers"]}
        if any(one not in TRACING or other not in BY_HAND for one, other in given.values()):
            raise ValueError("an unknown answer")
        return Answers(str(content["rater"]), str(content["study"]), given)
    except OSError as error:
        raise InputError(f"{path}: can't be read: {error.strerror}") from error
    except (ValueError, LookupError, TypeError) as error:
        raise InputError(f"{path}: not the answers of a study; save them again from its page") from error


def score(answers: Sequence[Answers]) -> dict[str, Any]:
    """Votes and agreement: {"raters", "pairs", "rows": {whose ink: {...}}, "agreement": {question: {...}}}.

    A pair's tracing is as the middle rater has it (the majority's answer of three, "okay" if they all differ, the worse
    of two); it could be by hand if more than half say so. Raises InputError for files of different studies and for two
    of one rater.
    """
    if len({a.study for a in answers}) > 1:
        raise InputError("the answers are to different studies; score one study at a time")
    names = [a.rater for a in answers]
    twice = next((n for n in names if names.count(n) > 1), None)
    if twice is not None:
        raise InputError(f"two files have answers of the rater '{twice}'; give one of each")
    votes: dict[tuple[str, str], list[tuple[str, str]]] = defaultdict(list)
    for one in answers:
        for pair, answer in one.given.items():
            votes[pair].append(answer)
    rows = {
        origin: _row([given for (_, whose), given in sorted(votes.items()) if whose == origin])
        for origin in sorted({origin for _, origin in votes})
    }
    agreement = {
        question: _agreement(answers, votes, k, kinds)
        for k, (question, kinds) in enumerate((("tracing", TRACING), ("human", BY_HAND)))
    }
    return {"raters": sorted(names), "pairs": len(votes), "rows": rows, "agreement": agreement}


def _row(votes: Sequence[Sequence[tuple[str, str]]]) -> dict[str, float]:
    """Of one origin: shares of its pairs."""
    tracing = [_middle([a for a, _ in given]) for given in votes]
    human = [sum(b == "yes" for _, b in given) * 2 > len(given) for given in votes]
    row = {"pairs": float(len(votes))} | {kind: tracing.count(kind) / len(votes) for kind in TRACING}
    return row | {"reasonable": row["good"] + row["okay"], "human": sum(human) / len(votes)}


def _middle(given: Sequence[str]) -> str:
    return TRACING[sorted(map(TRACING.index, given))[len(given) // 2]]


def _agreement(
    answers: Sequence[Answers],
    votes: Mapping[tuple[str, str], Sequence[tuple[str, str]]],
    question: int,
    kinds: Sequence[str],
) -> dict[str, float]:
    """Fleiss' kappa over all raters, and the mean of Cohen's over all pairs of raters."""
    counts = [[sum(a[question] == kind for a in given) for kind in kinds] for given in votes.values()]
    cohens = []
    for one, other in combinations(answers, 2):
        both = sorted(set(one.given) & set(other.given))
        cohens.append(cohen([one.given[p][question] for p in both], [other.given[p][question] for p in both]))
    known = [c for c in cohens if not math.isnan(c)]
    return {"fleiss": fleiss(counts), "cohen": float(np.mean(known)) if known else float("nan")}


def table(scores: Mapping[str, Any]) -> str:
    """The scores as a Markdown table and two lines about the agreement."""
    heads = ("pairs", "good", "okay", "bad", "reasonable", "human")
    lines = ["| ink | pairs | good | okay | bad | reasonable (good or okay) | by hand, maybe |", "|---" * 7 + "|"]
    for origin, row in scores["rows"].items():
        cells = [f"{row[h]:.0f}" if h == "pairs" else f"{100 * row[h]:.0f} %" for h in heads]
        lines.append("| " + " | ".join([origin, *cells]) + " |")
    lines.append("")
    for question, kappas in scores["agreement"].items():
        values = ", ".join(
            f"{name} {'undefined' if math.isnan(kappas[k]) else format(kappas[k], '.2f')}"
            for k, name in (("fleiss", "Fleiss' kappa"), ("cohen", "mean of Cohen's kappas"))
        )
        lines.append(f"Agreement of {len(scores['raters'])} raters on '{question}': {values}")
    return "\n".join(lines)
