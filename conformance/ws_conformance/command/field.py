"""``wsspec targets``: the programs of other people that the suite can install and start."""

from __future__ import annotations

import asyncio
import contextlib
import math
import signal
import sys
from collections.abc import Callable, Coroutine, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from ws_reports.escape import line
from ws_reports.record import ExitCode

from ..awaiting import result_of
from ..usage import UsageError

if TYPE_CHECKING:
    from ..targets.description import TargetDescription, TargetRole
    from ..targets.installing import InstalledTarget

from_folder = click.option(
    "--from",
    "folder",
    type=click.Path(path_type=Path),
    metavar="FOLDER",
    help="Descriptions of your own, in place of the suite's.",
)


@click.group(name="targets", invoke_without_command=True)
@from_folder
@click.pass_context
def targets_command(context: click.Context, folder: Path | None) -> int:
    """Other people's servers, clients and proxies: what there is, and what of it is installed.

    Each is described in a file by its name, in TOML: language, engine, used, tier; [install] with pip, npm, go, cargo,
    maven, apt, build, version; [server] with command, path, environment, ready_seconds, known; [client] with command,
    environment, lives_on, known; [proxy] with command, configuration, path, environment, ready_seconds, known; [limits]
    with lifted, kept; [known]. Everything is installed below the user's cache.
    """
    if context.invoked_subcommand is None:
        _list(_described((), folder))
    return ExitCode.OK


@targets_command.command(name="list")
@click.argument("names", metavar="[NAME…]", nargs=-1)
@from_folder
def list_command(names: tuple[str, ...], folder: Path | None) -> int:
    """List all targets, or those named."""
    _list(_described(names, folder))
    return ExitCode.OK


@targets_command.command(name="install")
@click.argument("names", metavar="NAME…", nargs=-1, required=True)
@from_folder
def install_command(names: tuple[str, ...], folder: Path | None) -> int:
    """Install targets, one after the other; what is installed already stays as it is."""
    results = [result_of(_install(target)) for target in _described(names, folder)]
    return ExitCode.OK if all(results) else ExitCode.NOT_REACHABLE


@targets_command.command(name="run")
@click.argument("name", metavar="NAME")
@click.argument("url", metavar="[URL]", required=False)
@click.option("--proxy", "is_proxy", is_flag=True, help="Start it as a proxy, before the server of 'wsspec echo'.")
@from_folder
def run_command(name: str, url: str | None, is_proxy: bool, folder: Path | None) -> int:
    """Start a server, or a proxy, and say where it is, until interrupted.

    With a URL, start the client, which connects to it.
    """
    (target,) = _described((name,), folder)
    role: TargetRole = "client" if url is not None else "proxy" if is_proxy else "server"
    if target.in_role(role) is None:
        raise UsageError(f"{name} is no {role}", f"it is known as: {', '.join(target.roles)}")
    return result_of(_run(target, role, url or ""))


def _described(names: Sequence[str], folder: Path | None) -> list[TargetDescription]:
    """Return the targets that ``names`` name, all if there are none. Raises UsageError."""
    from ..targets.description import FOLDER, all_targets, find_target

    folder = folder or FOLDER
    return [find_target(name, folder) for name in dict.fromkeys(names)] if names else all_targets(folder)


def _list(targets: Sequence[TargetDescription]) -> None:
    from ..targets.installing import installed

    rows = [("target", "tier", "language", "engine", "roles", "installed")]
    for target in targets:
        description, found = target.description, installed(target)
        state = "–" if found is None else (found.build or "✓")
        roles = " ".join(target.roles)
        rows.append((target.name, str(description.tier), description.language, description.engine, roles, state))
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        cells = (f"{cell:<{width}}" for cell, width in zip(row, widths, strict=True))
        click.echo(line("  ".join(cells).rstrip()))


async def _install(target: TargetDescription) -> bool:
    from ..targets.installing import InstallError, install

    try:
        found = await install(target, say=_saying(target.name))
    except InstallError as error:
        _tell(target.name, str(error))
        return False
    click.echo(line(f"✓ {target.name}  {found.build or 'needs no package'}"))
    return True


def _saying(name: str) -> Callable[[str], None]:
    return lambda words: click.echo(line(f"  {name}  {words}"), err=True)


def _tell(name: str, reason: str) -> None:
    """Print why a target could not be had, with what it printed, one harmless line each."""
    first, *printed = reason.splitlines() or [""]
    click.echo(line(f"✗ {name}  {first}"), err=True)
    for text in printed:
        click.echo(line(f"  {text}"), err=True)


async def _run(target: TargetDescription, role: TargetRole, url: str) -> int:
    from ..spawning import SpawnError, exit_words
    from ..targets.installing import InstallError, install
    from ..targets.starting import prepared_server

    try:
        installed = await install(target, say=_saying(target.name))
        if role == "client":
            return await _run_client(installed, url)
        async with prepared_server(installed, role) as server, server:
            click.echo(line(f"listening on {server.target.url}"))
            sys.stdout.flush()
            await _first_of(_interrupted(), server.exits_within(None))
            if server.exit_status is None:
                return ExitCode.OK
            _tell(target.name, f"it {exit_words(server.exit_status)}\n{server.printed_between(0, math.inf)}")
    except (InstallError, SpawnError) as error:
        _tell(target.name, str(error))
    return ExitCode.NOT_REACHABLE


async def _run_client(installed: InstalledTarget, url: str) -> int:
    from ..spawning import Printed, exit_words
    from ..targets.starting import running_client

    printed = Printed()
    async with running_client(installed, url, printed) as process:
        await _first_of(_interrupted(), process.exits_within(None))
        how = exit_words(process.status)
    _tell(installed.target.name, f"it {how}\n{printed.lines()}")
    return ExitCode.OK


async def _first_of(*waits: Coroutine[Any, Any, object]) -> None:
    """Return as soon as one of ``waits`` is over."""
    tasks = [asyncio.create_task(wait) for wait in waits]
    await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    for task in tasks:
        task.cancel()


async def _interrupted() -> None:
    """Return when the user has had enough."""
    over = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        with contextlib.suppress(NotImplementedError):  # Windows: Ctrl-C is a KeyboardInterrupt there
            loop.add_signal_handler(number, over.set)
    await over.wait()
