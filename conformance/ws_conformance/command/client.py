"""``wsspec client``: judge a client, which has to be brought to connect to us."""

from __future__ import annotations

import asyncio
import sys
from dataclasses import dataclass, replace

import click
from ws_reports.record import encode

from ..cases import CASES
from ..clients.driving import Driver
from ..clients.judging import run_client
from ..clients.loop import Profile, numbering
from ..clients.serving import PORT, Serving, run_loop
from ..clients.spawn import JOBS, SpawnedClient, command_words
from ..peer import Role
from ..run import Listener, Options
from ..selection import Selection, select
from ..usage import UsageError
from . import options
from .files import ReportFolder
from .running import running, showing
from .screen import Screen

_COMMAND = "ws_conformance.command"


@dataclass(frozen=True, slots=True, kw_only=True)
class Driving:
    """How the client is brought to connect."""

    loop: bool
    profile: Profile
    port: int | None
    by_lines: bool
    idle_seconds: float | None


def _gather(loop: bool, profile: str, port: int | None, protocol: str, idle: float | None) -> Driving:
    return Driving(loop=loop, profile=Profile(profile), port=port, by_lines=protocol == "jsonl", idle_seconds=idle)


_driving = options.gathered(
    "driving",
    _gather,
    click.option("--autobahn", "loop", is_flag=True, help="Serve the loop of Autobahn's suite; COMMAND is optional."),
    click.option(
        "--profile",
        type=click.Choice([profile.value for profile in Profile]),
        default=Profile.ALL.value,
        show_default=True,
        help="Number Autobahn's cases and then ours, or Autobahn's only.",
    ),
    click.option("--port", type=click.IntRange(0, 65535), help=f"Where to listen; 0 takes a free port. Loop: {PORT}."),
    click.option(
        "--protocol",
        type=click.Choice(("url", "jsonl")),
        default="url",
        show_default=True,
        help="COMMAND takes a URL, or it is an adapter that is spoken with in JSON lines.",
    ),
    click.option("--idle", type=click.FloatRange(0, min_open=True), metavar="S", help="End when nobody comes for S s."),
)


class _WithCommand(click.Command):
    """A command whose arguments end at ``--``; what follows is somebody else's command."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        if "--" in args:
            place = args.index("--")
            ctx.meta[_COMMAND] = tuple(args[place + 1 :])
            args = args[:place]
        return super().parse_args(ctx, args)

    def collect_usage_pieces(self, ctx: click.Context) -> list[str]:
        return [*super().collect_usage_pieces(ctx), "-- COMMAND…"]


@click.command(name="client", cls=_WithCommand)
@click.argument("words", metavar="[CASE…]", nargs=-1)
@options.selecting_for_clients
@_driving
@running
@showing
def client_command(
    words: tuple[str, ...],
    selection: Selection,
    driving: Driving,
    how: Options,
    shown: tuple[Screen, ReportFolder | None, bool],
) -> int:
    """Judge the client that COMMAND starts, by all cases or by those that the options and CASE… select.

    COMMAND is started for each case, with the URL to connect to in place of {url}, and in WSSPEC_URL; the id of the
    case is in WSSPEC_CASE. It connects, sends back each message, and ends when the connection does.
    """
    cases = select(CASES, replace(selection, words=words), Role.CLIENT)
    screen, folder, wants_json = shown
    listeners: list[Listener] = [screen] if folder is None else [folder, screen]
    command = command_words(click.get_current_context().meta.get(_COMMAND, ()))
    argv = ("wsspec", *sys.argv[1:])
    if driving.loop:
        serving = Serving(
            slots=numbering(cases, driving.profile),
            words=command,
            port=PORT if driving.port is None else driving.port,
            idle_seconds=driving.idle_seconds,
            on_listening=lambda url: screen.say(f"listening on {url}/ as Autobahn's suite does"),
            on_reports=folder.save if folder is not None else lambda run: None,
        )
        run = asyncio.run(run_loop(serving, how, listeners, argv=argv))
    else:
        run = asyncio.run(run_client(_driver(command, how), " ".join(command), cases, how, listeners, argv=argv))
    if wants_json:
        sys.stdout.buffer.write(encode(run))
    return run.run.exit or 0


def _driver(command: tuple[str, ...], how: Options) -> Driver:
    if not command:
        raise UsageError("there is no client to start", "write its command behind '--', with {url} for the URL")
    return SpawnedClient(command, jobs=how.jobs or JOBS)
