"""``wsspec replay``: play a case of a run again, and say whether it is any better."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Sequence
from pathlib import Path

import click
import msgspec
from ws_reports import console
from ws_reports.escape import line
from ws_reports.record import CaseResult, Check, ExitCode, Verdict, gravest_check, with_cases

from ..awaiting import result_of
from ..clients.driving import Driver
from ..clients.spawn import SpawnedClient, command_words
from ..clients.visiting import IDLE_SECONDS, visited
from ..in_passing import counted_as_before
from ..model import Need, Result, Setting
from ..peer import Role
from ..playing import BrokenOffError, Encounter, UnsupportedError
from ..probing import NotThereError, reach
from ..recording import need_words, record_result
from ..redaction import redacted
from ..sockets import OvertimeError, UnreachableError, examine_server
from ..urls import Connecting, Target
from ..usage import UsageError
from . import options
from .recorded import Recorded, find_recorded, report_dir, server_target
from .screen import report_style

NOBODY = (NotThereError, UnreachableError, OvertimeError, BrokenOffError, UnsupportedError)
"""What is raised where nobody can be played against."""

OF_THE_DRIVER = frozenset({Need.URI, Need.RETURN, Need.BROWSER})
"""What a case may need of the way in which a client is brought to it."""


@click.command(name="replay", cls=options.WithCommand)
@click.argument("word", metavar="RUN-NNN")
@click.option("--url", metavar="URL", help="Play it against this server instead of the run's.")
@click.option("--port", type=click.IntRange(0, 65535), default=0, help="Where to listen for a client; a free port.")
@options.connecting
@options.colour
@report_dir
def replay_command(word: str, url: str | None, port: int, connecting: Connecting, colour: str, report_dir: Path) -> int:
    """Play a case of a run again, with the same keys, show what goes over the wire, and say whether it is fixed.

    RUN-NNN is what a failure prints; FILE#N names a result of any run.json or events.ndjson. Headers and TLS options
    are not in a record: give them again. A case for clients is played against the client that COMMAND starts, with the
    URL to connect to in place of {url}, or else against whoever connects.
    """
    recorded = find_recorded(word, report_dir)
    if recorded.case.revision != recorded.result.rev:
        now = recorded.case.revision
        click.echo(f"note: the case has changed since (revision {recorded.result.rev}, now {now})", err=True)
    if recorded.run.run.seed is None:
        click.echo("note: the record has no seed, so masking keys and nonces are others", err=True)
    try:
        again = result_of(_again(recorded, url, port, connecting))
    except NOBODY as error:
        click.echo(line(f"✗ {error}"))
        click.echo(f"exit {int(ExitCode.NOT_REACHABLE)}  {ExitCode.NOT_REACHABLE.words}")
        return ExitCode.NOT_REACHABLE
    run = with_cases(msgspec.structs.replace(recorded.run, baseline=None), [again])
    click.echo(console.failure_block(again, run, report_style(colour, sys.stdout)), color=True)
    code = _CODES.get(again.verdict, ExitCode.OK)
    click.echo(f"{outcome(recorded.result, again)}: before {recorded.result.verdict.value}, now {again.verdict.value}")
    click.echo(f"exit {int(code)}  {code.words}")
    return code


_CODES = {
    Verdict.FAIL: ExitCode.FAILURES,
    Verdict.INCONCLUSIVE: ExitCode.UNDECIDED,
    Verdict.ERROR: ExitCode.INTERNAL_ERROR,
}


def outcome(before: CaseResult, now: CaseResult) -> str:
    """Return in a word or two what has become of ``before``."""
    if now.verdict in (Verdict.INCONCLUSIVE, Verdict.ERROR):
        return "UNDECIDED"
    if before.verdict is not Verdict.FAIL:
        return "FAILS NOW" if now.verdict is Verdict.FAIL else "NO FAILURE"
    if now.verdict is not Verdict.FAIL:
        return "FIXED"
    return "STILL FAILS" if _way(gravest_check(before)) == _way(gravest_check(now)) else "OTHER FAILURE"


def _way(check: Check | None) -> tuple[str, str | None] | None:
    return None if check is None else (check.requirement, check.signature)


async def _again(recorded: Recorded, url: str | None, port: int, connecting: Connecting) -> CaseResult:
    """Play the case of ``recorded`` again, and return the result, with the attempts before it."""
    loop = asyncio.get_running_loop()
    command = command_words(options.given_command())
    if recorded.role is Role.SERVER:
        if command:
            raise UsageError("the case is one for servers, which no command starts here", "give the server's --url")
        target = server_target(recorded, url, connecting)
        began = loop.time()
        met = Encounter(result=await _with_server(recorded, target))
    else:
        if url is not None:
            raise UsageError("the case is one for clients, which have no URL", "give the client's command behind --")
        began = loop.time()
        met = await _with_client(recorded, command, port)
    again = record_result(
        met.result,
        n=recorded.result.n,
        target=recorded.result.target,
        seconds=loop.time() - began,
        run_id=recorded.run.run.id,
    )
    again = counted_as_before(recorded.result, again)
    attempts = (*recorded.result.attempts, again.verdict)
    return msgspec.structs.replace(again, attempts=attempts, printed=met.printed)


async def _with_server(recorded: Recorded, target: Target) -> Result:
    setting = recorded.setting(target.place)
    delivery = recorded.delivery
    try:
        address, _ = await reach(target, setting)
    except NotThereError as error:
        raise NotThereError(f"{target.url}  {error}") from error
    return redacted(await examine_server(recorded.case, address, setting, delivery), target.secrets)


async def _with_client(recorded: Recorded, command: Sequence[str], port: int) -> Encounter:
    """Play against the client that ``command`` starts, or against the first that connects."""
    if command:
        return await _met(recorded, SpawnedClient(command))
    async with visited(port=port, idle_seconds=IDLE_SECONDS) as (visitor, url):
        click.echo(f"listening on {url} for a client, for {IDLE_SECONDS:g} s")
        return await _met(recorded, visitor)


async def _met(recorded: Recorded, driver: Driver) -> Encounter:
    missing = recorded.case.needs & OF_THE_DRIVER - driver.needs_met
    if missing:
        ways = "start it with a command behind --, or without one wait until it connects, and comes again"
        raise UsageError(f"the case needs {need_words(missing)}, which this way to a client does not give", ways)
    setting = recorded.setting(Setting().place)
    return await driver.meet(recorded.case, msgspec.structs.replace(setting, can=setting.can | driver.needs_met))
