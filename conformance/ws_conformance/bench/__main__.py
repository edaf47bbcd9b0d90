"""The command: ``python -m ws_conformance.bench``. The machine should have nothing else to do."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Iterator
from statistics import median

import click

from .cases import FOR_SERVERS, ORDINARY, core_cases, short_cases, spread
from .feeding import delays, round_trips, throughput
from .live import SERVERS, Cost, asyncio_floor, bytes_in_flight, floor, played, serving_alone, silent
from .rehearsing import rehearsals
from .rendering import rendered
from .starting import seconds_until_connected, seconds_until_over

Row = tuple[str, str, str]
"""What was measured, what was reached, and the goal, if there is one."""

SHORT = 500
TARGETS, CASES_EACH = 50, 1000
CONNECTIONS = (1, 2, 4, 8, 16, 32, 64)
NUMBERS = (100, 1_000, 10_000)
FASTEST, FEED_SECONDS = 50_000, 10
RATES = (200, 5_000)
ROUND_TRIPS = 20_000


@click.command()
@click.option("--rounds", type=click.IntRange(1), default=5, show_default=True, help="Figures are medians of so many.")
@click.option("--only", "wanted", multiple=True, help="Parts to measure; may be repeated.")
def main(rounds: int, wanted: tuple[str, ...]) -> None:
    """Measure and print a table."""
    parts: dict[str, Callable[[int], Iterable[Row]]] = {
        "start": _start,
        "memory": _memory,
        "live": _live,
        "silent": _silent,
        "growth": _growth,
        "reports": _reports,
        "feed": _feed,
    }
    if unknown := sorted(set(wanted) - parts.keys()):
        raise click.BadParameter(f"{unknown[0]!r} is no part; there are {', '.join(parts)}", param_hint="--only")
    click.echo("| what | measured | goal |\n|---|---:|---:|")
    for name, measure in parts.items():
        if not wanted or name in wanted:
            for row in measure(rounds):
                click.echo(f"| {' | '.join(row)} |")


def _start(rounds: int) -> Iterator[Row]:
    """Yield the shortest times: whatever else the machine does can only add to them."""
    for arguments, goal in ((("--version",), "0.25 s"), (("list",), "0.5 s")):
        seconds = min(seconds_until_over(*arguments) for _ in range(rounds))
        yield f"`wsspec {' '.join(arguments)}`", f"{seconds:.2f} s", goal
    yield "from the start to the target", f"{min(seconds_until_connected() for _ in range(rounds)):.2f} s", "0.15 s"


def _memory(rounds: int) -> Iterator[Row]:
    cases = spread(short_cases(), SHORT)
    found = [rehearsals(cases) for _ in range(rounds)]
    targets = median(shares.target for shares in found)
    examiners = median(shares.total - shares.target for shares in found)
    yield f"rehearse {SHORT} short cases: the reference's part", f"{1000 * targets:.0f} ms CPU", "25 ms"
    yield f"rehearse {SHORT} short cases: the examiner's part", f"{1000 * examiners:.0f} ms CPU", "250 ms"


def _live(rounds: int) -> Iterator[Row]:
    short, core = spread(short_cases(), SHORT), core_cases()
    for name in SERVERS:
        with serving_alone(name) as server:
            costs = [played(short, server.url) for _ in range(rounds)]
            yield f"{SHORT} short cases against {name}", _wall(costs), "0.5 s"
            yield "the same, each case", f"{median(cost.milliseconds_each for cost in costs):.2f} ms CPU", "0.15 ms"
            floors = median(floor(server, SHORT) for _ in range(rounds))
            yield "the least that the system takes for a conversation with it", f"{floors:.2f} ms CPU", ""
            floors = median(asyncio_floor(server, SHORT) for _ in range(rounds))
            yield "the least that asyncio takes for one, with nobody to judge it", f"{floors:.2f} ms CPU", ""
            yield (
                f"Autobahn's core set ({len(core)} cases) against {name}",
                _wall([played(core, server.url) for _ in range(rounds)]),
                "1 s",
            )
            whole = [played(ORDINARY, server.url) for _ in range(min(rounds, 3))]
            each = f"{median(cost.milliseconds_each for cost in whole):.1f} ms CPU each"
            yield f"all {len(ORDINARY)} cases that strain nobody against {name}", f"{_wall(whole)}, {each}", ""


def _wall(costs: Iterable[Cost]) -> str:
    return f"{median(cost.wall for cost in costs):.2f} s"


def _silent(rounds: int) -> Iterator[Row]:
    core = core_cases()
    seconds = median(asyncio.run(silent(core)) for _ in range(min(rounds, 3)))
    yield f"Autobahn's core set ({len(core)} cases) against a server that never answers", f"{seconds:.1f} s", "5 s"
    yield f"all {len(FOR_SERVERS)} cases against it", f"{asyncio.run(silent(FOR_SERVERS)):.1f} s", ""


def _growth(rounds: int) -> Iterator[Row]:
    cases = short_cases()
    short = spread(cases, SHORT)
    with serving_alone("wsspec echo") as server:
        for jobs in CONNECTIONS:
            costs = [played(short, server.url, jobs=jobs) for _ in range(rounds)]
            yield f"{SHORT} short cases, {jobs} at once", f"{median(cost.wall for cost in costs):.2f} s", ""
        for number in NUMBERS:
            cost = played(spread(cases, number), server.url)
            yield f"{number:,} short cases, each", f"{cost.milliseconds_each:.2f} ms CPU", "no more than few"
    held = median(bytes_in_flight(cases[0], 64) for _ in range(rounds))
    yield "a case in flight, with the server's end", f"{held / 1024:.0f} KiB", ""


def _reports(rounds: int) -> Iterator[Row]:
    cases = spread(short_cases(), CASES_EACH)
    for output in ("html", "matrix"):
        took = rendered(cases, TARGETS, output)
        reached = f"{took.seconds:.1f} s CPU, {took.peak_mib:.0f} MiB (record {took.record_mib:.0f} MiB)"
        yield f"the {output} page of {TARGETS} targets with {CASES_EACH:,} cases each", reached, "5 s, 500 MiB"


def _feed(rounds: int) -> Iterator[Row]:
    """Yield what comes of a feed; ``rounds`` are not heeded, for each figure is of many messages."""
    for name in ("exchange", "node"):
        for words, deflate in (("plain", False), ("compressed", True)):
            came = throughput(name, rate=FASTEST, deflate=deflate, seconds=FEED_SECONDS)
            reached = f"{came.messages:,.0f}, {came.wire_bytes / 1e6:.1f} MB, {came.processor:.0%} of a processor"
            yield f"{words} messages of the {name} to one subscriber, a second", reached, f"{FASTEST:,}"
    for name in ("exchange", "node"):
        for rate in RATES:
            late = delays(name, rate=rate, seconds=FEED_SECONDS)
            reached = _milliseconds(late.p50, late.p90, late.p99, late.p999, late.longest)
            yield f"delay of the {name}'s messages at {rate:,} a second: {PERCENTILES}", reached, ""
    times = round_trips(ROUND_TRIPS)
    reached = _milliseconds(*(times[int(len(times) * part)] for part in (0.5, 0.9, 0.99, 0.999)), times[-1])
    yield f"round trip of a bare echo: {PERCENTILES}", reached, ""


PERCENTILES = "50, 90, 99, 99.9 %, longest"


def _milliseconds(*seconds: float) -> str:
    return f"{', '.join(f'{1000 * each:.2g}' for each in seconds)} ms"


if __name__ == "__main__":
    main()
