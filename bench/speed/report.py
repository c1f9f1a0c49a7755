"""What was measured as a page of Markdown with plots."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

Results = Mapping[str, Any]
Points = Sequence[tuple[float, float]]

HEAD = """# Performance

Written by `python -m bench.speed DATA`{trial}; the figures are in bench/results/speed.json. One machine, one run, each
figure from a process of its own, the least of several runs: {machine}.
What each step of a word and of a page costs: [bench/results/profile.md](../bench/results/profile.md).

"""
ORIGINAL = """
The original's shape is train.original's `small-p` (ViT-B/16 and mT5-base) with random weights and a key-value cache,
writing {tokens} tokens, which is usual for a word. In ONNX its products are in 8 bit, as ours are. Its text vocabulary
has 32,000 tokens here, for which the published number of parameters leaves room.
"""


def write(found: Results, path: Path) -> None:
    """Write the page, and its plots beside it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(page(found), encoding="utf-8")
    for name, svg in plots(found).items():
        (path.parent / name).write_text(svg, encoding="utf-8")


def page(found: Results) -> str:
    """The Markdown."""
    m = found["machine"]
    features = ", ".join(m.get("features", []))
    machine = f"{m['processor']}{features and f' ({features})'}, {m['processors']} processors, load {m['load']:.1f}"
    machine += " at the start"
    trial = " with `--quick`: a trial, no figures to quote" if found["quick"] else ""
    parts = [HEAD.format(trial=trial, machine=machine), "## Speed\n\n", _table(_speed(found)), _ratios(found)]
    parts += [ORIGINAL.format(tokens=found["tokens"]), "\n![Milliseconds per word](performance-words.svg)\n"]
    parts += ["\n## Starting, memory, size\n\n", _table(_sizes(found))]
    parts += ["\n## A page of 48 words\n\n", _table(_pages(found))]
    parts += ["\n## Growth\n\n![By letters of a word](performance-letters.svg)\n"]
    parts += ["![By words together](performance-count.svg)\n![By pixels of the page](performance-pixels.svg)\n"]
    return "".join(parts)


def _speed(found: Results) -> list[list[str]]:
    rows = [["", "ms a word", "peak MB"]]
    for name, model in found["models"].items():
        rows += [_row(f"{name}: {what}", facts) for what, facts in model.items() if what.startswith("words")]
    rows += [_row(f"tracer without a model: {name}, 1 thread", facts) for name, facts in found["classical"].items()]
    rows += [_row(f"the original's shape: {name}", facts) for name, facts in found["original"].items()]
    return rows


def _row(name: str, facts: Results) -> list[str]:
    if "failed" in facts:
        return [name, f"not measured: {facts['failed']}", ""]
    return [name, f"{1000 * facts['seconds']:,.1f}", f"{facts['peak_mb']:.0f}"]


def ratios(found: Results) -> dict[str, float]:
    """How many times less time a word takes than in the original's shape at its best with as many threads, by threads.

    Ours from pictures of words, in batches as on a page; and the words of a page, whose ink map is made once for all.
    """
    ours = next(iter(found["models"].values()))
    out = {}
    for threads in (1, 2):
        theirs = [f["seconds"] for name, f in found["original"].items() if _counts(name, threads) and "failed" not in f]
        for name, row, key in (
            (f"{threads} threads", f"words, {threads} threads, batch as on a page", "seconds"),
            (f"{threads} threads on a page", f"page, {threads} threads", "tracing"),
        ):
            mine = ours.get(row, {"failed": ""})
            if theirs and "failed" not in mine:
                out[name] = min(theirs) / mine[key]
    return out


def _counts(name: str, threads: int) -> bool:
    return not name.startswith("cuda") and name.endswith(f"{threads} threads")


def _ratios(found: Results) -> str:
    said = [f"{times:,.0f} times less with {name}" for name, times in ratios(found).items()]
    return (
        f"\nTime per word against the original's shape at its best on this CPU: {', '.join(said)}.\n" if said else "\n"
    )


def _sizes(found: Results) -> list[list[str]]:
    rows = [["", ""], *([f"`{name}`", f"{s:.2f} s"] for name, s in found["startup"].items())]
    for name, model in found["models"].items():
        facts = model["load"]
        loaded = (
            facts.get("failed") or f"{1000 * facts['load']:.0f} ms, and {1000 * facts['import']:.0f} ms ONNX Runtime"
        )
        rows += [[f"{name}: loading", loaded], [f"{name}: graphs", f"{facts['size_mb']:.1f} MB"]]
    rows.append(["the package with its weights", f"{found['package_mb']:.1f} MB"])
    for name, facts in found["original"].items():
        if "size_mb" in facts:
            rows.append([f"the original's shape: {name}: graphs", f"{facts['size_mb']:.0f} MB"])
    return rows


def _pages(found: Results) -> list[list[str]]:
    rows = [["", "s a page", "s for the first", "ms a word, tracing alone", "peak MB"]]
    for name, model in found["models"].items():
        for what, facts in model.items():
            if what.startswith("page") and "failed" not in facts:
                times = f"{facts['seconds']:.2f}", f"{facts['first']:.2f}", f"{1000 * facts['tracing']:.1f}"
                rows.append([f"{name}: {what}", *times, f"{facts['peak_mb']:.0f}"])
    return rows


def _table(rows: Sequence[Sequence[str]]) -> str:
    head, *body = rows
    lines = [head, ["---"] * len(head), *body]
    return "".join(f"| {' | '.join(cell.replace('|', '/') for cell in line)} |\n" for line in lines)


def plots(found: Results) -> dict[str, str]:
    """The plots as SVG, by their files' names."""
    bars = [(name, 1000 * f["seconds"]) for name, f in _everything(found) if "failed" not in f]

    def points(part: str, y: str, x: str | None = None, by: float = 1.0) -> Points:
        rows = [(float(f[x]) if x else float(n), f) for n, f in found[part].items() if "failed" not in f]
        return [(at, f[y] * (by if by else at)) for at, f in rows]

    return {
        "performance-words.svg": bars_svg(bars, "ms a word"),
        "performance-letters.svg": line_svg(points("lengths", "seconds", by=1000), "letters", "ms a word"),
        "performance-count.svg": line_svg(points("counts", "seconds", by=0), "words together", "s for all, 2 threads"),
        "performance-pixels.svg": line_svg(
            points("pixels", "seconds", "megapixels"), "megapixels of the page", "s a page, 2 threads"
        ),
    }


def _everything(found: Results) -> list[tuple[str, Results]]:
    """What the bars show."""
    rows = [
        (f"{n}, {k.removeprefix('words, ')}", f)
        for n, m in found["models"].items()
        for k, f in m.items()
        if k.startswith("words")
    ]
    rows += [(f"{n}, 1 thread", f) for n, f in found["classical"].items()]
    return rows + [(f"original's shape, {n}", f) for n, f in found["original"].items()]


def bars_svg(bars: Sequence[tuple[str, float]], unit: str) -> str:
    """Horizontal bars on a logarithmic scale."""
    if not bars:
        return _svg(640, 40, ["<text x='10' y='25'>nothing was measured</text>"])
    low = 10 ** math.floor(math.log10(min(v for _, v in bars)) - 0.01)
    span = math.log10(max(v for _, v in bars) / low) or 1.0
    out = []
    for i, (name, value) in enumerate(bars):
        y, width = 26 * i + 10, 270 * math.log10(value / low) / span
        out.append(f"<text x='290' y='{y + 14}' text-anchor='end'>{escape(name)}</text>")
        out.append(f"<rect x='300' y='{y}' width='{width:.1f}' height='18' fill='#4477aa'/>")
        out.append(f"<text x='{306 + width:.1f}' y='{y + 14}'>{value:,.3g}</text>")
    y = 26 * len(bars) + 24
    return _svg(660, y + 10, [*out, f"<text x='300' y='{y}'>{escape(unit)}, logarithmic</text>"])


def line_svg(points: Points, x_name: str, y_name: str) -> str:
    """A line through points, both axes from 0."""
    if not points:
        return _svg(480, 40, ["<text x='10' y='25'>nothing was measured</text>"])
    right, top = max(x for x, _ in points), max(y for _, y in points)
    place = [(60 + 390 * x / right, 230 - 200 * y / top) for x, y in points]
    out = ["<path d='M60 20V230H460' fill='none' stroke='#888'/>"]
    out.append(f"<polyline points='{' '.join(f'{x:.1f},{y:.1f}' for x, y in place)}' fill='none' stroke='#4477aa'/>")
    out += [f"<circle cx='{x:.1f}' cy='{y:.1f}' r='3' fill='#4477aa'/>" for x, y in place]
    out += [
        f"<text x='{x:.1f}' y='248' text-anchor='middle'>{v:.3g}</text>"
        for (x, _), (v, _) in zip(place, points, strict=True)
    ]
    out.append(f"<text x='52' y='34' text-anchor='end'>{top:.3g}</text><text x='52' y='234' text-anchor='end'>0</text>")
    out.append(f"<text x='255' y='268' text-anchor='middle'>{escape(x_name)}</text>")
    return _svg(480, 278, [*out, f"<text x='66' y='14'>{escape(y_name)}</text>"])


def _svg(width: int, height: int, parts: Sequence[str]) -> str:
    style = "font-family='sans-serif' font-size='13' fill='#222'"
    inside = "\n".join(parts)
    size = f"viewBox='0 0 {width} {height}' width='{width}' height='{height}'"
    ground = f"<rect width='{width}' height='{height}' fill='white'/>"
    return f"<svg xmlns='http://www.w3.org/2000/svg' {size} {style}>\n{ground}\n{inside}\n</svg>\n"
