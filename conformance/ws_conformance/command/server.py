"""``wsspec server``: judge servers over the network."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Sequence
from dataclasses import replace

import click
from ws_reports.record import encode

from ..cases import CASES
from ..model import Case
from ..peer import Role
from ..run import Listener, Options, run_servers
from ..selection import Selection, select
from ..urls import Connecting, Target, parse_target
from ..usage import UsageError
from . import options
from .files import ReportFolder
from .running import running, showing
from .screen import Screen


@click.command(name="server")
@click.argument("words", metavar="URL… [CASE…]", nargs=-1, required=True)
@options.selecting
@options.connecting
@running
@showing
def server_command(
    words: tuple[str, ...],
    selection: Selection,
    connecting: Connecting,
    how: Options,
    shown: tuple[Screen, ReportFolder | None, bool],
) -> int:
    """Judge the servers at URL… by all cases, or by those that the options and CASE… (ids or globs) select.

    URLs begin with ws://, wss:// or ws+unix://. A word without a colon is a case.
    """
    targets, cases = aim(words, selection, connecting)
    screen, folder, wants_json = shown
    listeners: list[Listener] = [screen] if folder is None else [folder, screen]
    run = asyncio.run(run_servers(targets, cases, how, listeners, argv=("wsspec", *sys.argv[1:])))
    if wants_json:
        sys.stdout.buffer.write(encode(run))
    return run.run.exit or 0


def aim(words: Sequence[str], selection: Selection, connecting: Connecting) -> tuple[list[Target], Sequence[Case]]:
    """Return the targets and the cases that ``words`` and the options name. Raises UsageError."""
    urls = [word for word in words if ":" in word]
    if not urls:
        raise UsageError(f"no URL among the arguments {' '.join(words)}", "write for example ws://127.0.0.1:8080/")
    chosen = tuple(word for word in words if ":" not in word)
    targets = [parse_target(url, connecting) for url in urls]
    return targets, select(CASES, replace(selection, words=chosen), Role.SERVER)
