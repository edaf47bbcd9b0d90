"""What was measured, as a table and as a picture. Only ratios: they mean something on other machines, too."""

from __future__ import annotations

import math
import platform
from collections.abc import Iterable, Sequence
from html import escape
from importlib.metadata import PackageNotFoundError, version

from .goals import FLOOR, GOALS, PLAIN, STANDARD_FLOOR, WSPROTO
from .measuring import Measured, mean_ratio

PACKAGES = ("wsproto", "websockets", "autobahn", "aiohttp", "picows", "h11")


def table(results: Sequence[Measured]) -> str:
    """Return a page of Markdown: the goals, then how fast everybody is, as a multiple of wsproto."""
    names = _names(results)
    lines = [
        "# The last run",
        "",
        f"CPython {platform.python_version()}, {', '.join(versions())}.",
        "",
        "Each figure is the median over all turns of how many times as fast somebody is, in a turn, as somebody else;",
        "as wsproto, where nothing else is said. `python -m reference.bench --save` makes this page.",
        "",
        "## Goals",
        "",
        *_rows(("what", "who", "next to", "goal", "reached"), _goals(results)),
        "",
        "## All workloads",
        "",
        *_rows(("workload, role", *names), _measured(results, names)),
    ]
    return "\n".join(lines) + "\n"


def _names(results: Sequence[Measured]) -> list[str]:
    """Return who took part in any workload, in order."""
    return list(dict.fromkeys(name for result in results for name in result.nanoseconds))


def versions() -> list[str]:
    """Return the names and versions of those who took part, as far as they are installed."""
    found = []
    for package in PACKAGES:
        try:
            found.append(f"{package} {version(package)}")
        except PackageNotFoundError:
            continue
    return found


def _goals(results: Sequence[Measured]) -> Iterable[Sequence[str]]:
    for goal in GOALS:
        measured = goal.measured(results)
        if measured is not None:
            yield goal.words, goal.subject, goal.other, f"{goal.at_least:g}", f"{measured:.2f}"


def _measured(results: Sequence[Measured], names: Sequence[str]) -> Iterable[Sequence[str]]:
    for result in results:
        figures = (result.ratio(name, WSPROTO) for name in names)
        yield result.label, *map(_figure, figures)
    means = (mean_ratio(results, name, WSPROTO) for name in names)
    yield "**geometric mean**", *map(_figure, means)


def _figure(ratio: float | None) -> str:
    return "" if ratio is None else f"{ratio:.2f}" if ratio < 10 else f"{ratio:.1f}" if ratio < 100 else f"{ratio:.0f}"


def _rows(head: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    return [f"| {' | '.join(row)} |" for row in (head, ["---"] * len(head), *rows)]


# The picture

ROW_HEIGHT = 16
LABEL_WIDTH = 330
PLOT_WIDTH = 620
DECADES = (-0.7, 3.0)
"""The powers of ten at the ends of the axis: a fifth of wsproto's speed, and a thousand times it."""

COLOURS = ("#d62728", "#ff9896", "#8c1015", "#7f7f7f", "#1f77b4", "#9467bd", "#2ca02c", "#bcbd22")


def picture(results: Sequence[Measured]) -> str:
    """Return an SVG with a row for each workload and a dot for everybody; a bar ends at the floor."""
    names = [name for name in _names(results) if name not in (FLOOR, STANDARD_FLOOR)]
    top = ROW_HEIGHT * 4
    height = top + ROW_HEIGHT * (len(results) + 1)
    width = LABEL_WIDTH + PLOT_WIDTH + 20
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" role="img" aria-label="{_TITLE}"'
        ' font-family="sans-serif" font-size="11">',
        f'<rect width="{width}" height="{height}" fill="white"/>',
        f'<text x="10" y="18" font-size="14">{_TITLE}</text>',
        *_legend(names),
        *_axis(top, height - ROW_HEIGHT),
    ]
    for i, result in enumerate(results):
        parts += _row(result, names, top + ROW_HEIGHT * (i + 0.5))
    return "\n".join([*parts, "</svg>"]) + "\n"


_TITLE = "Times as fast as wsproto, one row for each workload (logarithmic)"


def _legend(names: Sequence[str]) -> Iterable[str]:
    x = 10.0
    for name, colour in zip(names, COLOURS, strict=False):
        yield f'<circle cx="{x + 4:.0f}" cy="34" r="4" fill="{colour}"/>'
        yield f'<text x="{x + 12:.0f}" y="38">{escape(name)}</text>'
        x += 30 + 5.6 * len(name)
    yield f'<rect x="{x:.0f}" y="29" width="24" height="9" fill="#eee"/>'
    yield f'<text x="{x + 28:.0f}" y="38">up to the floor</text>'


def _axis(top: float, bottom: float) -> Iterable[str]:
    for ratio in (0.2, 0.5, 1, 2, 5, 10, 20, 50, 100, 200, 500, 1000):
        x = _x(ratio)
        stroke = "#888" if ratio == 1 else "#ddd"
        yield f'<path d="M{x:.1f} {top}V{bottom}" stroke="{stroke}"/>'
        yield f'<text x="{x:.1f}" y="{top - 4}" text-anchor="middle" fill="#555">{ratio:g}</text>'


def _row(result: Measured, names: Sequence[str], y: float) -> Iterable[str]:
    yield f'<text x="{LABEL_WIDTH - 10}" y="{y + 4:.1f}" text-anchor="end">{escape(result.label)}</text>'
    floor = result.ratio(FLOOR, WSPROTO)
    if floor is not None:
        yield (
            f'<rect x="{_x(0):.1f}" y="{y - 5:.1f}" width="{_x(floor) - _x(0):.1f}" height="10" fill="#888"'
            ' fill-opacity="0.15"/>'
        )
    for name, colour in reversed(list(zip(names, COLOURS, strict=False))):
        ratio = result.ratio(name, WSPROTO)
        if ratio is not None:
            radius = 4.5 if name == PLAIN else 3.5
            yield f'<circle cx="{_x(ratio):.1f}" cy="{y:.1f}" r="{radius}" fill="{colour}"/>'


def _x(ratio: float) -> float:
    first, last = DECADES
    decade = min(max(math.log10(ratio) if ratio else first, first), last)
    return LABEL_WIDTH + PLOT_WIDTH * (decade - first) / (last - first)
