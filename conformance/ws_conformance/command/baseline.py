"""``wsspec baseline``: the list of known failures, made from a run, kept up to date, held against runs, and pruned."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime
from pathlib import Path

import click
from ws_reports import console
from ws_reports.console import Style
from ws_reports.escape import line
from ws_reports.record import ExitCode, Run, gravest

from ..baseline import FILE_NAME, KnownFailures, held_against
from ..baseline.editing import Change, Note, initial, pruned, updated
from ..run import FailOn, Options, exit_code, fails, over_budget, undelivered
from ..usage import UsageError
from . import options
from .configured import Configurable, configuration, expected, last_records, load_baseline
from .files import read_run, write_whole

SHOWN = 20
"""How many entries of each kind are shown of what was changed."""

Function = Callable[..., int]


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise click.BadParameter(f"'{text}' is no date, written YYYY-MM-DD") from error


def _common(function: Function) -> Function:
    """Add the options that all commands about a list have."""
    for option in (
        click.argument("paths", metavar="[RUN.JSON…]", nargs=-1, type=click.Path(path_type=Path)),
        click.option("--baseline", type=click.Path(path_type=Path), metavar="FILE", help=f"The list; {FILE_NAME}."),
        click.option(
            "--report-dir",
            type=click.Path(path_type=Path),
            default=options.REPORT_FOLDER,
            show_default=True,
            help="Where the last run is.",
        ),
        click.option("--today", type=_day, metavar="DATE", help="Take this for today's date (YYYY-MM-DD)."),
    ):
        function = option(function)
    return function


def _noting(function: Function) -> Function:
    """Add the options that say what new entries have."""
    for option in (
        click.option("--reason", metavar="TEXT", help="Why new entries are known; by default, since when."),
        click.option("--issue", metavar="URL", help="Where they are dealt with."),
        click.option("--owner", metavar="NAME", help="Who deals with them."),
        click.option("--expires", type=_day, metavar="DATE", help="Until when they are accepted (YYYY-MM-DD)."),
    ):
        function = option(function)
    return function


_failing = click.option(
    "--fail-on",
    type=click.Choice([fail_on.value for fail_on in FailOn]),
    default=FailOn.MUST.value,
    show_default=True,
    help="Which departures are failures.",
)
_dry = click.option("--dry-run", is_flag=True, help="Show what would be changed, and write nothing.")


@click.group(name="baseline")
def baseline_command() -> None:
    """Known failures: list today's, and from then on a run fails when anything changes.

    The list is a TOML file with a table [[known]] for each check: check = "CASE#CHECK" ('*' for one part of a path or
    for any check, '**' for any number of parts), target, outcome = "…" or outcomes = ["…", "pass"], reason, issue,
    owner, expires = YYYY-MM-DD.
    """


@baseline_command.command(name="init", cls=Configurable)
@_common
@_failing
@_noting
def init_command(
    paths: tuple[Path, ...],
    baseline: Path | None,
    report_dir: Path,
    fail_on: str,
    today: date | None,
    reason: str | None,
    issue: str | None,
    owner: str | None,
    expires: date | None,
) -> int:
    """List what fails in the last run, or in RUN.JSON…, as known."""
    path = _list_file(baseline)
    if path.exists():
        raise UsageError(f"{path} is there already", "'wsspec baseline update' adds to it")
    day = today or _now()
    note = _note(reason, issue, owner, expires, day)
    change = initial(_runs(paths, report_dir), expected(None), note, day, FailOn(fail_on).verdicts)
    _write(path, change)
    count = len(change.added)
    click.echo(line(f"{count:,} known {'failure' if count == 1 else 'failures'} in {path}"))
    return ExitCode.OK


@baseline_command.command(name="update", cls=Configurable)
@_common
@_failing
@_noting
@click.option("--new-cases-only", is_flag=True, help="Only add failures of cases that are new since the list was made.")
@_dry
def update_command(
    paths: tuple[Path, ...],
    baseline: Path | None,
    report_dir: Path,
    fail_on: str,
    today: date | None,
    reason: str | None,
    issue: str | None,
    owner: str | None,
    expires: date | None,
    new_cases_only: bool,
    dry_run: bool,
) -> int:
    """Bring the list up to date: add what fails, follow what fails in another way, drop what passes.

    Comments, order, reasons and dates stay. After an upgrade of wsspec, --new-cases-only adds what new cases find, and
    leaves everything else to fail.
    """
    known = load_baseline(_list_file(baseline))
    day = today or _now()
    change = updated(
        known,
        _runs(paths, report_dir),
        expected(known),
        _note(reason, issue, owner, expires, day),
        day,
        FailOn(fail_on).verdicts,
        new_cases_only=new_cases_only,
    )
    return _changed(known, change, dry_run)


@baseline_command.command(name="prune", cls=Configurable)
@_common
@_dry
def prune_command(
    paths: tuple[Path, ...],
    baseline: Path | None,
    report_dir: Path,
    today: date | None,
    dry_run: bool,
) -> int:
    """Drop the entries that pass now, are past their date, or name nothing that is there."""
    known = load_baseline(_list_file(baseline))
    return _changed(known, pruned(known, _runs(paths, report_dir), today or _now()), dry_run)


@baseline_command.command(name="check", cls=Configurable)
@_common
@_failing
def check_command(
    paths: tuple[Path, ...], baseline: Path | None, report_dir: Path, fail_on: str, today: date | None
) -> int:
    """Say what the list makes of the last run, or of RUN.JSON…, and exit as that run would."""
    known = load_baseline(_list_file(baseline))
    how = Options(fail_on=FailOn(fail_on), expected=expected(known), today=today or _now())
    codes = [_check(run, how) for run in _runs(paths, report_dir)]
    code = gravest(codes)
    click.echo(f"exit {int(code)}  {code.words}")
    return code


def _check(run: Run, how: Options) -> ExitCode:
    run = held_against(run, how.expected, how.today, how.fail_on.verdicts)
    for target in run.targets:
        click.echo(line(f"run {run.run.id} of {target.name}  {target.url or ''}"))
    failed = [case for case in run.cases if fails(case, how.fail_on.verdicts) and case.overlay is None]
    for case in failed[:SHOWN]:
        click.echo(line(f"✗ new    {case.id} fails and is not listed"))
    if len(failed) > SHOWN:
        click.echo(f"✗ new    … {len(failed) - SHOWN:,} more")
    for case in over_budget(run):
        click.echo(line(f"✗ cost   {case.id} costs more memory than it may"))
    for _, what in undelivered(run):
        click.echo(line(f"✗ none   {what} is declared, and was not seen"))
    for text in console.expectation_lines(run, Style()):
        click.echo(text)
    return exit_code(run, how, interrupted=not run.run.complete)


# --- what they have in common -----------------------------------------------------------------------------------------


def _now() -> date:
    return datetime.now(UTC).date()


def _list_file(path: Path | None) -> Path:
    return path or configuration().folder / FILE_NAME


def _note(reason: str | None, issue: str | None, owner: str | None, expires: date | None, today: date) -> Note:
    return Note(reason=reason or f"failed when it was listed, on {today}", issue=issue, owner=owner, expires=expires)


def _runs(paths: Sequence[Path], report_dir: Path) -> list[Run]:
    """Return the runs at ``paths``, or else the last ones."""
    found = paths or last_records(report_dir)
    if not found:
        raise UsageError(f"there is no run in {report_dir}", "judge something first, or name a RUN.JSON")
    return [read_run(path) for path in found]


def _changed(known: KnownFailures, change: Change, dry_run: bool) -> int:
    """Show what is other in the list, and write it."""
    for sign, entries in (("+", change.added), ("~", change.changed), ("-", change.removed), ("!", change.left)):
        for entry in entries[:SHOWN]:
            click.echo(line(f"{sign} {entry}"))
        if len(entries) > SHOWN:
            click.echo(f"{sign} … {len(entries) - SHOWN:,} more")
    if change.left:
        click.echo("! marks entries that name more than one check: change those by hand")
    counts = f"{len(change.added):,} added, {len(change.changed):,} changed, {len(change.removed):,} removed"
    click.echo(line(f"{known.file}: {counts}{', nothing written' if dry_run else ''}"))
    if not dry_run and change.text != known.text:
        _write(Path(known.file), change)
    return ExitCode.OK


def _write(path: Path, change: Change) -> None:
    try:
        write_whole(path, change.text.encode())
    except OSError as error:
        raise UsageError(f"{path}: {error.strerror}", "name a file that can be written") from error
