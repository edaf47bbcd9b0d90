"""``wsspec stream``: judge an endpoint that pushes, by a profile of its stream, while the stream flows."""

from __future__ import annotations

import os
import sys
from dataclasses import replace
from typing import TextIO

import click
from ws_reports.console import time_words
from ws_reports.escape import line
from ws_reports.record import Run

from ..awaiting import result_of
from ..cases import ALL_CASES
from ..peer import Role
from ..run import FailOn, Listener, Options
from ..selection import Selection, select
from ..streams.profile import BUILT_IN, Filling, find_profile, schema_document
from ..streams.rules import ALL_RULES
from ..streams.watch import Watching, playable, run_stream
from ..streams.watching import Watcher
from ..urls import Connecting, parse_target
from ..usage import UsageError
from . import completing, options
from .running import Showing, showing

SECONDS = 30.0
"""How long a stream is watched, unless the user says otherwise."""

LINE_SECONDS = 10.0
"""How far apart the lines are that a log gets of a watch, at least; of a long one there are LINES."""
LINES = 200


def _print_schema(context: click.Context, _: click.Parameter, wanted: bool) -> None:
    if wanted:
        click.echo(schema_document().decode(), nl=False)
        context.exit()


@click.command(name="stream")
@click.argument("url")
@click.option(
    "--profile",
    "word",
    required=True,
    metavar="FILE",
    help=f"What the stream is like: a file (docs/streams.md), or one of {', '.join(BUILT_IN)}.",
)
@click.option("--set", "values", multiple=True, metavar="NAME=VALUE", help="Set one of the profile's [values].")
@click.option(
    "--for",
    "seconds",
    type=options.seconds,
    default=str(SECONDS),
    show_default=True,
    metavar="S",
    help="Watch for S seconds (or 5m, 24h) at least.",
)
@click.option("--no-cases", is_flag=True, help="Play no cases of the protocol beside it.")
@click.option(
    "--area", multiple=True, metavar="AREA", help="Play the cases of this area only.", shell_complete=completing.areas
)
@click.option("--exclude", multiple=True, metavar="ID", help="Leave these cases out.", shell_complete=completing.cases)
@click.option("--no-deflate", is_flag=True, help="Offer no compression.")
@click.option("--jobs", type=click.IntRange(1, 1024), metavar="N", help="Cases at once.")
@click.option("--seed", type=int, help="Make the same keys and pauses as the run that had this seed.")
@options.fail_on
@options.exit_zero
@click.option(
    "--schema",
    is_flag=True,
    is_eager=True,
    expose_value=False,
    callback=_print_schema,
    help="Print the JSON Schema of profiles.",
)
@options.scale
@options.wait
@options.connecting
@showing
def stream_command(
    url: str,
    word: str,
    values: tuple[str, ...],
    seconds: float,
    no_cases: bool,
    area: tuple[str, ...],
    exclude: tuple[str, ...],
    no_deflate: bool,
    jobs: int | None,
    seed: int | None,
    fail_on: str,
    exit_zero: bool,
    scale: float,
    wait: float,
    connecting: Connecting,
    shown: Showing,
) -> int:
    """Subscribe to the stream at URL, watch it, and judge what comes and what does not.

    Meanwhile the protocol's own cases that need no echo are played against the same URL.
    """
    if seconds <= 0:
        raise click.UsageError("--for takes a time above 0")
    profile = find_profile(word, dict(_assignment(each) for each in values))
    filling = Filling(profile.values, os.environ)
    filled = filling.ready()
    connecting = replace(connecting, secrets=(*connecting.secrets, *filling.secrets))
    target = parse_target(url, connecting)
    cases = [] if no_cases else playable(select(ALL_CASES, Selection(areas=area, exclude=exclude), Role.SERVER))
    progress = Progress(shown.stream, seconds, shown.loudness >= 0)
    watching = Watching(
        profile=profile,
        seconds=seconds,
        values=filled,
        cases=cases,
        deflate=not no_deflate,
        on_progress=progress.tell,
    )
    how = Options(jobs=jobs, scale=scale, wait=wait, seed=seed, fail_on=FailOn(fail_on), exit_zero=exit_zero, name=None)
    screen, folder = shown.opened()
    listeners: list[Listener] = [screen] if folder is None else [folder, screen]
    listeners.insert(0, progress)
    run = result_of(run_stream(target, watching, how, listeners, argv=("wsspec", *sys.argv[1:])))
    shown.hand_over(run)
    return run.run.exit or 0


def _assignment(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals or not name:
        raise UsageError(f"--set {text[:60]} is not of the form NAME=VALUE", "as in --set market=ALPHA-BETA")
    return name, value


class Progress:
    """Tells how a watch goes: on a terminal in a line that changes, in a log now and then in a line of its own."""

    def __init__(self, stream: TextIO, seconds: float, is_wanted: bool) -> None:
        self._stream = stream
        self._seconds = seconds
        self._is_wanted = is_wanted
        self._is_terminal = stream.isatty()
        self._every = max(LINE_SECONDS, seconds / LINES)
        self._next = self._every
        self._last = (0.0, 0)
        self._width = 0

    def tell(self, watcher: Watcher, seconds: float) -> None:
        """Show where ``watcher`` is, ``seconds`` behind the beginning, if it is time for that."""
        if not self._is_wanted or not (self._is_terminal or seconds >= self._next):
            return
        self._next = seconds + self._every
        before, count = self._last
        messages = watcher.measured.messages
        rate = (messages - count) / (seconds - before) if seconds > before else 0.0
        self._last = (seconds, messages)
        found = sum(watcher.noted(rule).count for rule in ALL_RULES)
        delay = watcher.measured.delay
        late = f"  delay {time_words(delay.at(50))}, 99 % {time_words(delay.at(99))}" if delay.count else ""
        text = f"{_clock(seconds)} of {_clock(self._seconds)}  {messages:,} messages  {rate:,.0f}/s{late}"
        text += f"  {found} ✗" if found else ""
        if self._is_terminal:
            self._width = max(self._width, len(text))
            self._stream.write("\r" + text.ljust(self._width))
            self._stream.flush()
        else:
            click.echo(line(text), file=self._stream)

    def _clear(self) -> None:
        if self._width:
            self._stream.write("\r" + " " * self._width + "\r")
            self._stream.flush()
            self._width = 0

    # As a listener, it is out of the way when the others have something to show.

    def begun(self, *_: object) -> None:
        self._clear()

    def played(self, *_: object) -> None:
        return

    def ended(self, run: Run) -> None:
        self._is_wanted = False
        self._clear()


def _clock(seconds: float) -> str:
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
