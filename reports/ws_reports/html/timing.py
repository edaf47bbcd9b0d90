"""How long the target took to react: per case, spread over a logarithmic scale, by area, and the slowest.

The reaction time of a case is the time from its stimulus to the next thing that came from the target. It is measured
at the examiner, among all the other cases that were played at the same time.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from ws_reports.record import CaseResult, Run, WireEvent

BARS_PER_DECADE = 6
SHORTEST, LONGEST = 1e-5, 1e3
"""The ends of the scale, in seconds, at their widest."""
SLOWEST = 20
"""How many of the slowest cases are listed."""
AREAS = 50
"""How many areas are listed."""
PERCENTILES = 8
"""How many percentiles of the noise are told."""


@dataclass(frozen=True, slots=True)
class Scale:
    """A logarithmic scale of seconds, from one power of ten to another."""

    low: int
    high: int

    def place(self, seconds: float) -> float:
        """Return where ``seconds`` is, in percent; what is beyond an end is at that end."""
        if not seconds > 0:
            return 0.0
        place = 100 * (math.log10(seconds) - self.low) / (self.high - self.low)
        return min(100.0, max(0.0, place))

    @property
    def ticks(self) -> list[tuple[float, str]]:
        """Return place and words of each power of ten."""
        return [(self.place(10.0**power), duration(10.0**power)) for power in range(self.low, self.high + 1)]


@dataclass(frozen=True, slots=True)
class Bar:
    """How many reactions took from ``start`` to ``end`` seconds; ``share`` is of the highest bar."""

    start: float
    end: float
    count: int
    share: float


@dataclass(frozen=True, slots=True)
class Spread:
    """How a number of reaction times are spread, in seconds."""

    name: str
    count: int
    median: float
    p90: float
    p99: float
    longest: float


@dataclass(frozen=True, slots=True)
class Timing:
    """All of it. ``limit`` is how long a reaction may take, ``noise`` the percentiles of a case that does nothing."""

    scale: Scale
    bars: tuple[Bar, ...]
    total: Spread
    areas: tuple[Spread, ...]
    slowest: tuple[tuple[CaseResult, float], ...]
    limit: float | None
    noise: tuple[tuple[str, float], ...]


def timing(run: Run) -> Timing | None:
    """Return how long the targets of ``run`` took to react; None if no case shows a reaction."""
    measured = [(case, seconds) for case in run.cases if (seconds := reaction_seconds(case)) is not None]
    if not measured:
        return None
    noise = noise_seconds(run)
    times = [seconds for _, seconds in measured]
    limit = run.limits.react
    scale = scale_for([*times, *(seconds for _, seconds in noise), *([] if limit is None else [limit])])
    areas: dict[str, list[float]] = {}
    for case, seconds in measured:
        areas.setdefault(case.id.partition("/")[0], []).append(seconds)
    return Timing(
        scale=scale,
        bars=_bars(times, scale),
        total=_spread("all", times),
        areas=tuple(_spread(name, found) for name, found in list(areas.items())[:AREAS]),
        slowest=tuple(sorted(measured, key=lambda pair: -pair[1])[:SLOWEST]),
        limit=limit,
        noise=tuple(noise),
    )


def noise_seconds(run: Run) -> list[tuple[str, float]]:
    """Return the percentiles of the noise, in seconds, the last of them the longest."""
    noise = ((name, value / 1000) for name, value in run.env.noise_ms.items())
    return sorted(noise, key=lambda pair: pair[1])[-PERCENTILES:]


def reaction_seconds(case: CaseResult) -> float | None:
    """Return how long the target took to react to the last stimulus of ``case``; None if nothing shows it.

    Where no event is called the stimulus, it is the last thing that was sent and that something came after.
    """
    reaction: float | None = None
    answer: WireEvent | None = None
    for event in reversed(case.wire):
        if event.dir == "in":
            answer = event
        elif answer is not None and (reaction is None or event.note == "stimulus"):
            reaction = max(0.0, answer.t - event.t)
            if event.note == "stimulus":
                break
    return reaction


def duration(seconds: float) -> str:
    """Return ``seconds`` with three digits and the unit they are read best in.

    >>> [duration(seconds) for seconds in (0.0000031, 0.000412, 0.0312, 4.6728, 120.0)]
    ['3.1 µs', '412 µs', '31.2 ms', '4.67 s', '120 s']
    """
    size, unit = (1.0, "s") if seconds >= 1 else (1e-3, "ms") if seconds >= 1e-3 else (1e-6, "µs")
    value = seconds / size
    return f"{value:,.0f} {unit}" if value >= 100 else f"{value:.3g} {unit}"


def scale_for(times: Iterable[float]) -> Scale:
    """Return the scale that holds ``times``, of at least three powers of ten."""
    within = [min(LONGEST, max(SHORTEST, seconds)) for seconds in times]
    low, high = math.floor(math.log10(min(within))), math.ceil(math.log10(max(within)))
    return Scale(low, max(high, low + 3))


def _bars(times: Sequence[float], scale: Scale) -> tuple[Bar, ...]:
    number = (scale.high - scale.low) * BARS_PER_DECADE
    counts = [0] * number
    for seconds in times:
        counts[min(number - 1, int(scale.place(seconds) * number / 100))] += 1
    edges = [10.0 ** (scale.low + index / BARS_PER_DECADE) for index in range(number + 1)]
    highest = max(counts)
    return tuple(
        Bar(edges[index], edges[index + 1], count, count / highest) for index, count in enumerate(counts) if count
    )


def _spread(name: str, times: Iterable[float]) -> Spread:
    ordered = sorted(times)
    median, p90, p99 = (ordered[math.ceil(share * len(ordered)) - 1] for share in (0.5, 0.9, 0.99))
    return Spread(name, len(ordered), median, p90, p99, ordered[-1])
