"""How fast the suite is, in memory and over TCP: ``python -m ws_conformance.bench``.

In memory, every case is rehearsed with the reference on one core. Live, every case is played against ``wsspec echo`` in
a process of its own, and against a server that opens connections and never says another word. Each number is the
median of some rounds; the machine should have nothing else to do.
"""

from __future__ import annotations

import asyncio
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

from .cases import CASES
from .memory import rehearse
from .model import Case
from .mutants import reference_peer
from .mutants.liars import LIARS
from .peer import Role
from .run import Options, run_servers
from .sockets import listening
from .urls import Connecting, parse_target

if TYPE_CHECKING:
    from collections.abc import Iterator

ROUNDS = 5
SILENT = next(liar for liar in LIARS if liar.name == "opens, and never says a word again")


def rehearsals(cases: Sequence[Case]) -> float:
    """Return how many of ``cases`` were rehearsed with the reference in a second."""
    began = time.perf_counter()
    for case in cases:
        rehearse(case, reference_peer(Role.SERVER), Role.SERVER)
    return len(cases) / (time.perf_counter() - began)


def live(cases: Sequence[Case], url: str) -> float:
    """Return how many of ``cases`` were played against the server at ``url`` in a second."""
    began = time.perf_counter()
    run = asyncio.run(run_servers([parse_target(url, Connecting())], cases, Options()))
    return sum(case.verdict.was_run for case in run.cases) / (time.perf_counter() - began)


async def silent(cases: Sequence[Case], scale: float = 1.0) -> float:
    """Return how many seconds ``cases`` take against a server that opens connections and says nothing more.

    ``scale`` multiplies every wait.
    """
    began = time.perf_counter()
    async with listening(lambda: SILENT.make(Role.SERVER)) as port:
        await run_servers([parse_target(f"ws://127.0.0.1:{port}/", Connecting())], cases, Options(scale=scale))
    return time.perf_counter() - began


@contextmanager
def echo_server() -> Iterator[str]:
    """Run ``wsspec echo`` in a process of its own; yields its URL."""
    command = [sys.executable, "-m", "ws_conformance", "echo", "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield process.stdout.readline().split()[-1]
        finally:
            process.terminate()


def _median(measure: Callable[[], float], rounds: int) -> float:
    return statistics.median(measure() for _ in range(rounds))


@click.command()
@click.option("--rounds", type=click.IntRange(1), default=ROUNDS, show_default=True)
def main(rounds: int) -> None:
    """Measure and print a table."""
    cases = [case for case in CASES if Role.SERVER in case.roles]
    click.echo(f"{len(cases)} cases for servers, median of {rounds}")
    click.echo(f"in memory, one core           {_median(lambda: rehearsals(cases), rounds):>10,.0f} cases/s")
    with echo_server() as url:
        click.echo(f"live, wsspec echo             {_median(lambda: live(cases, url), rounds):>10,.0f} cases/s")
    seconds = _median(lambda: asyncio.run(silent(cases)), 1)
    click.echo(f"live, never answers (once)    {seconds:>10,.1f} s")


if __name__ == "__main__":
    main()
