"""``wsspec replay``: play a case of a run again, and say whether it is any better."""

from __future__ import annotations

import asyncio
import sys
from dataclasses import dataclass
from pathlib import Path

import click
import msgspec
from ws_reports import console
from ws_reports.escape import line, visible
from ws_reports.record import CaseResult, ExitCode, Run, with_cases

from ..cases import ALL_CASES
from ..model import Case, Setting
from ..probing import NotThereError, able, reach
from ..recording import record_result
from ..redaction import redacted
from ..run import Options, exit_code
from ..segmentation import delivery_for
from ..sockets import OvertimeError, UnreachableError, examine_server
from ..urls import Connecting, Target, parse_target
from ..usage import UsageError, unknown
from . import options
from .files import RECORD, read_run
from .screen import report_style


@click.command(name="replay")
@click.argument("word", metavar="RUN-NNN")
@click.option("--url", metavar="URL", help="Play it against this target instead of the run's.")
@options.connecting
@options.colour
@click.option(
    "--report-dir",
    type=click.Path(path_type=Path),
    default=options.REPORT_FOLDER,
    show_default=True,
    help="Where the run's record is.",
)
def replay_command(word: str, url: str | None, connecting: Connecting, colour: str, report_dir: Path) -> int:
    """Play a case of a run again, with the same keys, and show what goes over the wire.

    RUN-NNN is what a failure prints; RUN.JSON#N names any record. Headers and TLS options are not in the record: give
    them again.
    """
    recorded = _recorded(word, report_dir)
    target = _target(recorded, url, connecting)
    try:
        again = asyncio.run(_play(recorded, target))
    except (NotThereError, UnreachableError, OvertimeError) as error:
        click.echo(line(f"✗ {target.url}  {error}"))
        click.echo(f"exit {int(ExitCode.NOT_REACHABLE)}  {ExitCode.NOT_REACHABLE.words}")
        return ExitCode.NOT_REACHABLE
    run = with_cases(msgspec.structs.replace(recorded.run, baseline=None), [again])
    click.echo(console.failure_block(again, run, report_style(colour, sys.stdout)), color=True)
    code = exit_code(run, Options())
    click.echo(f"before {recorded.result.verdict.value}, now {again.verdict.value}")
    click.echo(f"exit {int(code)}  {code.words}")
    return code


@dataclass(frozen=True, slots=True)
class _Recorded:
    """A result in a record, and the case that it is of."""

    run: Run
    result: CaseResult
    case: Case


def _recorded(word: str, folder: Path) -> _Recorded:
    """Find the result that ``word`` names. Raises UsageError and RecordError."""
    path, hash_sign, number = word.rpartition("#")
    if hash_sign:
        run = read_run(Path(path))
    else:
        run_id, _, number = word.rpartition("-")
        run = _run_in(folder, run_id)
    result = next((case for case in run.cases if str(case.n) == number.lstrip("0")), None)
    if result is None:
        raise UsageError(f"the record has no result '{visible(number, 20)}'", f"it has 1 to {len(run.cases)}")
    case = next((case for case in ALL_CASES if case.id == result.id), None)
    if case is None:
        raise unknown("case", result.id, (case.id for case in ALL_CASES), "'wsspec list'")
    if case.revision != result.rev:
        click.echo(f"note: the case has changed since (revision {result.rev}, now {case.revision})", err=True)
    return _Recorded(run, result, case)


def _run_in(folder: Path, run_id: str) -> Run:
    """Return the run of that id in ``folder``, or in the folder of a target in it."""
    paths = [path for path in (folder / RECORD, *sorted(folder.glob(f"*/{RECORD}"))) if path.exists()]
    runs = [read_run(path) for path in paths or [folder / RECORD]]
    found = next((run for run in runs if run.run.id == run_id), None)
    if found is None:
        ids = ", ".join(visible(run.run.id, 20) for run in runs[:10])
        problem = f"{folder} is of run {ids}, not of '{visible(run_id, 20)}'"
        raise UsageError(problem, "write RUN.JSON#N to name another record")
    return found


def _target(recorded: _Recorded, url: str | None, connecting: Connecting) -> Target:
    judged = next((each for each in recorded.run.targets if each.name == recorded.result.target), None)
    if url is None and (judged is None or judged.url is None or "***" in judged.url):
        raise UsageError("the record does not hold the whole URL of the target", "give it with --url")
    for hidden in recorded.run.redacted:
        name = hidden.removeprefix("header:")
        if name != hidden and not any(header.lower().startswith(name.lower()) for header in connecting.headers):
            click.echo(line(f"note: the run sent {name}, which the record does not hold; see --header"), err=True)
    return parse_target(url or (judged and judged.url) or "", connecting)


async def _play(recorded: _Recorded, target: Target) -> CaseResult:
    judged = next((each for each in recorded.run.targets if each.name == recorded.result.target), None)
    probed = {} if judged is None else judged.probed
    limits = recorded.run.limits
    setting = able(Setting(place=target.place, scale=limits.scale, seed=str(recorded.run.run.seed)), probed)
    delivery = delivery_for(recorded.result.segmentation or limits.segmentation, recorded.case.id)
    address, _ = await reach(target, setting)
    loop = asyncio.get_running_loop()
    began = loop.time()
    result = redacted(await examine_server(recorded.case, address, setting, delivery), target.secrets)
    again = record_result(
        result,
        n=recorded.result.n,
        target=recorded.result.target,
        seconds=loop.time() - began,
        run_id=recorded.run.run.id,
    )
    return msgspec.structs.replace(again, attempts=(*recorded.result.attempts, *again.attempts))
