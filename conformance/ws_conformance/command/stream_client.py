"""``wsspec stream-client``: judge a program that lives on a stream, by what befalls it and what it does then."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from fnmatch import fnmatchcase

import click

from ..awaiting import result_of
from ..clients.spawn import command_words
from ..run import FailOn, Listener, Options
from ..streams.living import JOBS, Living, run_lives
from ..streams.scenarios import SCENARIOS, Scenario
from ..streams.serving import SOURCES, FeedName
from ..usage import UsageError, unknown
from . import options
from .running import Showing, showing


def _print_scenarios(context: click.Context, _: click.Parameter, wanted: bool) -> None:
    if wanted:
        for feed, scenarios in SCENARIOS.items():
            click.echo(f"{feed}:")
            for scenario in scenarios:
                click.echo(f"  {scenario.name:<16} {scenario.words}")
        context.exit()


class _WithCommand(options.WithCommand):
    """A command with a client's command behind it."""


@click.command(name="stream-client", cls=_WithCommand)
@click.argument("names", metavar="[SCENARIO…]", nargs=-1)
@click.option(
    "--feed",
    type=click.Choice(list(SOURCES)),
    default="exchange",
    show_default=True,
    help="What it lives on; see 'wsspec feed'.",
)
@click.option("--jobs", type=click.IntRange(1, 64), metavar="N", help=f"Scenarios at once; by default {JOBS}.")
@click.option("--no-deflate", is_flag=True, help="Agree to no compression.")
@click.option("--seed", type=int, help="Make the same stream as the run that had this seed.")
@options.fail_on
@options.exit_zero
@click.option(
    "--scenarios",
    is_flag=True,
    is_eager=True,
    expose_value=False,
    callback=_print_scenarios,
    help="Show what can befall a client.",
)
@options.scale
@showing
def stream_client_command(
    names: tuple[str, ...],
    feed: FeedName,
    jobs: int | None,
    no_deflate: bool,
    seed: int | None,
    fail_on: str,
    exit_zero: bool,
    scale: float,
    shown: Showing,
) -> int:
    """Start COMMAND against a made-up stream in which things go wrong, and judge what it does.

    {url} in COMMAND is where to connect; it is in WSSPEC_URL as well. Each SCENARIO (a name or a glob, all by default)
    is a life of its own. If the client prints lines of JSON, {"market": …, "bid": …, "ask": …} or {"block": …, "hash":
    …}, what it believes is held against the truth.
    """
    words = command_words(options.given_command())
    if not words:
        raise UsageError("there is no client to start", "write its command behind '--', with {url} for the URL")
    living = Living(words=words, feed=feed, scenarios=_chosen(SCENARIOS[feed], names), deflate=not no_deflate)
    how = Options(jobs=jobs, scale=scale, seed=seed, fail_on=FailOn(fail_on), exit_zero=exit_zero)
    screen, folder = shown.opened()
    listeners: list[Listener] = [screen] if folder is None else [folder, screen]
    run = result_of(run_lives(living, how, listeners, argv=("wsspec", *sys.argv[1:])))
    shown.hand_over(run)
    return run.run.exit or 0


def _chosen(scenarios: Sequence[Scenario], names: Sequence[str]) -> list[Scenario]:
    """Return the scenarios that ``names`` name, all if there are none. Raises UsageError for a name that is none."""
    known = [scenario.name for scenario in scenarios]
    for name in names:
        if not any(fnmatchcase(each, name) for each in known):
            raise unknown("scenario", name, known, "'wsspec stream-client --scenarios'")
    return [each for each in scenarios if not names or any(fnmatchcase(each.name, name) for name in names)]
