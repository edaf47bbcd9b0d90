"""``wsspec client``: judge a client, which has to be brought to connect to us."""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace

import click
from ws_reports.record import Run

from ..awaiting import result_of
from ..cases import ALL_CASES
from ..clients.api import API_CASES
from ..clients.channel import Channel
from ..clients.driving import Driver
from ..clients.judging import run_client
from ..clients.loop import Profile, numbering
from ..clients.meeting import HOST
from ..clients.page import BROWSERS, WORKERS, find_browser, opened_page
from ..clients.serving import PORT, Serving, run_loop
from ..clients.spawn import JOBS, SpawnedClient, command_words
from ..clients.visiting import IDLE_SECONDS, Triggered, visited
from ..model import Case, Need
from ..peer import Role
from ..profiles import AUTOBAHN
from ..run import Listener, Options
from ..selection import Selection, select
from ..usage import UsageError
from . import completing, options
from .configured import Configurable
from .files import ReportFolder
from .running import Showing, running, showing
from .screen import Screen

BEYOND_THE_LOOP = frozenset({Need.URI, Need.TLS, Need.RETURN, Need.BROWSER})
"""What nobody can ask of a client that goes through Autobahn's loop, which has URLs of its own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Driving:
    """How the client is brought to connect. ``way`` is the option that says so, empty for a client that is spawned."""

    way: str
    host: str
    port: int
    trigger: str
    browser: str | None
    idle_seconds: float | None


def _gather(
    loop: bool,
    protocol: str,
    listen: bool,
    trigger: str | None,
    browser: str | None,
    page: bool,
    host: str,
    port: int | None,
    idle: float | None,
) -> Driving:
    ways = {
        "--autobahn": loop,
        "--protocol": protocol == "jsonl",
        "--listen": listen,
        "--trigger": trigger is not None,
        "--browser": browser is not None,
        "--page": page,
    }
    chosen = [way for way, is_chosen in ways.items() if is_chosen]
    if len(chosen) > 1:
        raise UsageError(f"{' and '.join(chosen)} exclude each other", "choose one way to drive the client")
    return Driving(
        way="".join(chosen),
        host=host,
        port=port if port is not None else PORT if loop else 0,
        trigger=trigger or "",
        browser=browser,
        idle_seconds=idle,
    )


_driving = options.gathered(
    "driving",
    _gather,
    click.option("--autobahn", "loop", is_flag=True, help="Serve the loop that Autobahn's clients go through."),
    click.option(
        "--protocol",
        type=click.Choice(("url", "jsonl")),
        default="url",
        show_default=True,
        help="COMMAND takes a URL, or it is an adapter that is spoken with in JSON lines.",
    ),
    click.option(
        "--listen", is_flag=True, help="The client connects again and again; COMMAND is started once, if any."
    ),
    click.option("--trigger", metavar="'CMD {url}'", help="This command makes the client connect."),
    click.option("--browser", type=click.Choice(tuple(BROWSERS)), help="Drive the WebSocket of this browser."),
    click.option("--page", is_flag=True, help="Serve the page that does so, for a browser of your own."),
    click.option("--host", default=HOST, show_default=True, help="Where to listen, with --listen and --trigger."),
    click.option("--port", type=click.IntRange(0, 65535), help=f"The port; a free one, or {PORT} with --autobahn."),
    click.option(
        "--idle",
        type=click.FloatRange(0, min_open=True),
        metavar="S",
        help=f"How long a client may stay away that comes by itself; {IDLE_SECONDS:g}, no limit with --autobahn.",
    ),
)


class _ClientCommand(options.WithCommand, Configurable):
    """A command whose defaults may come from a configuration, with a client's command behind it."""


@click.command(name="client", cls=_ClientCommand)
@click.argument("words", metavar="[CASE…]", nargs=-1, shell_complete=completing.cases)
@options.selecting_for_clients
@_driving
@running
@showing
def client_command(
    words: tuple[str, ...],
    selection: Selection,
    driving: Driving,
    how: Options,
    shown: Showing,
) -> int:
    """Judge the client that COMMAND starts, by all cases or by those that the options and CASE… select.

    COMMAND is started for each case, with the URL to connect to in place of {url}, and in WSSPEC_URL; the id of the
    case is in WSSPEC_CASE. It connects, sends back each message, and ends when the connection does. Clients that
    cannot be started like this are driven in other ways: --autobahn, --protocol jsonl, --listen, --trigger, --browser.
    """
    how = replace(how, profile=selection.profile)
    cases = select(known_cases(driving), replace(selection, words=words), Role.CLIENT)
    screen, folder = shown.opened()
    command = command_words(options.given_command())
    run = result_of(judge_client(driving, command, cases, how, screen, folder))
    shown.hand_over(run)
    return run.run.exit or 0


def known_cases(driving: Driving) -> Sequence[Case]:
    """Return all cases, those about the application's interface among them if it can be asked."""
    tells = driving.way in ("--protocol", "--browser", "--page")
    return (*ALL_CASES, *(api.case for api in API_CASES)) if tells else ALL_CASES


async def judge_client(
    driving: Driving,
    command: Sequence[str],
    cases: Sequence[Case],
    how: Options,
    screen: Screen,
    folder: ReportFolder | None,
) -> Run:
    """Judge the client that is driven so by ``cases``, tell ``screen`` and ``folder``, and return the record."""
    listeners: list[Listener] = [screen] if folder is None else [folder, screen]
    argv = ("wsspec", *sys.argv[1:])
    if driving.way == "--autobahn":
        if how.shard is not None:
            raise UsageError(
                "--autobahn and --shard exclude each other, because such a client counts through all numbers itself",
                "divide the cases with --autobahn-case, or drive the client in another way",
            )
        cases = [case for case in cases if case.needs.isdisjoint(BEYOND_THE_LOOP)]
        is_autobahns = how.profile is not None and how.profile.id == AUTOBAHN
        serving = Serving(
            slots=numbering(cases, Profile.AUTOBAHN if is_autobahns else Profile.ALL),
            words=command,
            port=driving.port,
            idle_seconds=driving.idle_seconds,
            on_listening=lambda url: screen.say(f"listening on {url} for clients of Autobahn's suite"),
            on_reports=folder.save if folder is not None else lambda run: None,
        )
        return await run_loop(serving, how, listeners, argv=argv)
    async with _driver(driving, command, how, screen) as (driver, words):
        return await run_client(driver, words, cases, how, listeners, argv=argv)


@asynccontextmanager
async def _driver(
    driving: Driving, command: Sequence[str], how: Options, screen: Screen
) -> AsyncIterator[tuple[Driver, str]]:
    """Yield what brings the client, and words for that."""
    words = " ".join(command)
    idle_seconds = driving.idle_seconds or IDLE_SECONDS
    match driving.way:
        case "--listen":
            async with visited(
                command, host=driving.host, port=driving.port, jobs=how.jobs or 1, idle_seconds=idle_seconds
            ) as (visitor, url):
                screen.say(f"listening on {url} for a client that comes again and again")
                yield visitor, words or f"a client that connects to {url}"
        case "--trigger":
            yield (
                Triggered(command_words((driving.trigger,)), driving.host, driving.port, how.jobs or 1, idle_seconds),
                driving.trigger,
            )
        case "--browser" | "--page":
            program = find_browser(driving.browser) if driving.browser is not None else None
            async with opened_page(program, port=driving.port, jobs=how.jobs or WORKERS) as (page, url):
                screen.say(f"the page is at {url}")
                yield page, program or "a browser"
        case "--protocol":
            channel = Channel(_needed(command), jobs=how.jobs or JOBS)
            await channel.check()
            yield channel, words
        case _:
            yield SpawnedClient(_needed(command), jobs=how.jobs or JOBS), words


def _needed(command: Sequence[str]) -> Sequence[str]:
    if not command:
        raise UsageError("there is no client to start", "write its command behind '--', with {url} for the URL")
    return command
