"""What a matrix looks like while it is played: plain lines for a log, a bar for each target on a terminal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self, TextIO

import click
from ws_reports import record
from ws_reports.console import Style
from ws_reports.escape import line
from ws_reports.field import Column, tables
from ws_reports.field_text import column_lines, reason_lines
from ws_reports.record import CaseResult, ExitCode, Run, Verdict

from ..peer import Role
from ..probing import NotThereError, Site
from ..run import Listener
from ..targets.field import Entrant, Outcome, passing_though_known
from ..usage import UsageError
from .files import PAGE, RECORD, ReportFolder, write_whole

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID


class FieldScreen:
    """Tells a reader how the field does, and writes it down in ``folder``.

    ``loudness`` is -2 for nothing, -1 for the summary, 0 for a line when anything begins or ends, 1 for what absent
    targets printed as well. ``planned`` is how many cases there are for each role.
    """

    def __init__(
        self,
        entrants: Sequence[Entrant],
        *,
        planned: Mapping[Role, int],
        folder: Path,
        loudness: int,
        style: Style,
        stream: TextIO,
    ) -> None:
        self._entrants = entrants
        self._planned = planned
        self._folder = folder
        self._loudness = loudness
        self._style = style
        self._stream = stream
        self._progress: Progress | None = None
        self._bars: dict[str, TaskID] = {}
        self._done = 0
        self._overcome: list[str] = []

    def prepare(self) -> None:
        """Make sure that the report can be written, before anything takes long. Raises UsageError."""
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            for outdated in (RECORD, PAGE):
                (self._folder / outdated).unlink(missing_ok=True)
        except OSError as error:
            raise UsageError(f"--report-dir {self._folder}: {error.strerror}", "name a folder to write to") from error
        if self._loudness >= 0:
            self._show(line(f"{len(self._entrants)} to judge, by up to {max(self._planned.values())} cases each"))

    def __enter__(self) -> Self:
        if self._loudness >= 0 and self._stream.isatty():
            from rich.console import Console
            from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

            self._progress = Progress(
                TextColumn("  {task.description}", markup=False),
                BarColumn(20),
                MofNCompleteColumn(),
                TextColumn("{task.fields[doing]}", markup=False),
                console=Console(file=self._stream),
                transient=True,
            )
            self._progress.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._progress is not None:
            self._progress.stop()

    # --- while it goes on ---

    def said(self, entrant: Entrant, words: str) -> None:
        if self._progress is None:
            if self._loudness >= 0:
                self._show(line(f"  {entrant.name}  {words}"))
            return
        if entrant.name not in self._bars:
            self._bars[entrant.name] = self._progress.add_task(
                entrant.name, total=self._planned[entrant.judged_as], doing=""
            )
        self._progress.update(self._bars[entrant.name], doing=line(words))

    def listener(self, entrant: Entrant) -> Sequence[Listener]:
        return [_Counting(self, entrant), ReportFolder(self._folder / folder_name(entrant))]

    def counted(self, entrant: Entrant, cases: int) -> None:
        """Note that so many cases of an entrant were played."""
        if self._progress is not None and entrant.name in self._bars:
            self._progress.update(self._bars[entrant.name], completed=cases)

    def ended(self, entrant: Entrant, outcome: Outcome) -> None:
        self._done += 1
        if self._progress is not None and entrant.name in self._bars:
            self._progress.remove_task(self._bars.pop(entrant.name))
        if outcome.run is not None and outcome.absent is None:
            self._overcome += [f"{entrant.name}: {pattern}" for pattern in passing_though_known(entrant, outcome.run)]
        if self._loudness >= 0:
            self._tell(_column(entrant, outcome))

    def _tell(self, column: Column) -> None:
        (text,) = column_lines([column], self._style)
        of = len(self._entrants)
        self._show(f"{self._done:>{len(str(of))}}/{of} {text}")
        if self._loudness > 0:
            self._show(*reason_lines(column.target))

    # --- at the end ---

    def conclude(self, run: Run) -> None:
        """Write record and page, and show what it comes to."""
        from ws_reports.html.field import render

        write_whole(self._folder / RECORD, record.encode(run))
        write_whole(self._folder / PAGE, render(run, _links(self._entrants)).encode())
        if self._loudness < -1:
            return
        found = tables(run)
        if self._loudness >= 0:
            columns = [column for each in found for column in each.columns]
            self._show("", *column_lines(columns, self._style), "")
        for text in self._overcome:
            self._show(self._style.verdict(Verdict.LENIENT, line(f"known no more, all pass: {text}")))
        for each in found:
            not_well = sum(not row.is_well for row in each.rows)
            odd = sum(row.is_odd for row in each.rows)
            cases = f"{len(each.rows):,} cases for {each.role}s: {not_well:,} not passed by everybody"
            self._show(line(f"{cases}, {odd:,} failed by exactly one"))
        self._show(line(f"files   {self._folder / PAGE}  {RECORD}"))
        code = ExitCode(run.run.exit or 0)
        verdict = Verdict.PASS if code is ExitCode.OK else Verdict.FAIL
        self._show(self._style.verdict(verdict, f"exit {int(code)}  {code.words}"))

    def _show(self, *lines: str) -> None:
        for text in lines:
            if self._progress is not None and self._progress.live.is_started:
                from rich.text import Text

                self._progress.console.print(Text.from_ansi(text), soft_wrap=True)
            else:
                click.echo(text, file=self._stream, color=True)


class _Counting:
    """Counts what was played of one entrant."""

    def __init__(self, screen: FieldScreen, entrant: Entrant) -> None:
        self._screen = screen
        self._entrant = entrant
        self._numbers: set[int] = set()

    def begun(self, run: Run, sites: Sequence[Site | NotThereError], plan: Mapping[str, int]) -> None:
        pass

    def played(self, case: CaseResult) -> None:
        self._numbers.add(case.n)
        self._screen.counted(self._entrant, len(self._numbers))

    def ended(self, run: Run) -> None:
        pass


def folder_name(entrant: Entrant) -> str:
    """Return the folder, below that of the matrix, of an entrant's own report."""
    return f"{entrant.target.name}-{entrant.role}"


def _links(entrants: Sequence[Entrant]) -> Mapping[str, str]:
    return {entrant.name: f"{folder_name(entrant)}/{PAGE}" for entrant in entrants}


def _column(entrant: Entrant, outcome: Outcome) -> Column:
    """Return what an entrant comes to."""
    cases = () if outcome.run is None or outcome.absent is not None else outcome.run.cases
    verdicts = [case.verdict for case in cases]
    known = sum(case.verdict is Verdict.FAIL and case.overlay == "xfail" for case in cases)
    target = record.Target(
        id="t1",
        name=entrant.name,
        role=entrant.judged_as.value,
        build=outcome.build,
        implementation=entrant.target.name,
        absent=outcome.absent,
    )
    return Column(target, {verdict: verdicts.count(verdict) for verdict in Verdict}, known)
