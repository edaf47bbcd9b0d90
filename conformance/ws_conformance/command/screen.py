"""What a run looks like while it goes on and when it is over: lines for a log, bars for a terminal."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, TextIO

import click
from ws_reports import console
from ws_reports.console import Style
from ws_reports.escape import line
from ws_reports.record import CaseResult, ExitCode, Run, Verdict

from ..probing import NotThereError, Site
from ..reach import out_of_reach
from ..run import over_budget, undelivered

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

COSTS_SHOWN = 3
"""How many of the cases that cost the most are listed, where that was measured."""

INCONCLUSIVE_SHOWN = 5
"""How many undecided cases are listed before the rest is counted."""


def coloured(choice: str, stream: TextIO, environment: Mapping[str, str] = os.environ) -> bool:
    """Return whether to colour what goes to ``stream``; the option wins over NO_COLOR, and that over the rest."""
    if choice != "auto":
        return choice == "always"
    if environment.get("NO_COLOR"):
        return False
    if environment.get("FORCE_COLOR"):
        return True
    return stream.isatty() and environment.get("TERM") != "dumb"


class Screen:
    """Tells a reader how a run goes.

    ``loudness`` is -2 for nothing, -1 for the summary, 0 for failures, one of each cause, 1 for a line per case as
    well, 2 for all failures and whatever else did not simply pass. ``files`` are named in the summary. ``progress`` is
    False for a reader who does not want to see it move.
    """

    def __init__(
        self, *, loudness: int, style: Style, stream: TextIO, files: Sequence[str] = (), progress: bool = True
    ) -> None:
        self._loudness = loudness
        self._style = style
        self._stream = stream
        self._files = files
        self._bars: Bars | None = None
        self._shows_progress = progress
        self._is_terminal = stream.isatty()

    def say(self, words: str) -> None:
        """Show ``words``, unless nothing is to be said before the end."""
        if self._loudness >= 0:
            self._show(line(words))

    def begun(self, run: Run, sites: Sequence[Site | NotThereError], plan: Mapping[str, int]) -> None:
        if all(isinstance(site, NotThereError) for site in sites):
            return
        if self._loudness >= 0:
            self._show(*_heading(run, sites, plan))
        if self._is_terminal and self._shows_progress:
            self._bars = Bars(plan, self._stream)

    def played(self, case: CaseResult) -> None:
        if self._bars is not None and case.attempts:
            self._bars.note(case)

    def ended(self, run: Run) -> None:
        if self._bars is not None:
            self._bars.close()
        if self._loudness < -1:
            return
        if run.run.exit == ExitCode.NOT_REACHABLE:
            self._show(*_not_reachable(run, self._style))
            if not any(case.attempts for case in run.cases):
                self._show(f"exit {run.run.exit}  {ExitCode.NOT_REACHABLE.words}")
                return
        if self._loudness >= 0 and not self._is_terminal:
            self._show(*console.area_lines(run, self._style))
        if self._loudness > 0:
            self._show(*(_case_line(case, self._style) for case in run.cases))
        if run.run.exit == ExitCode.OK and not _is_bad(run) and self._loudness < 2:
            self._show(*_remarks(run), *console.expectation_lines(run, self._style))
            self._show(console.all_well_line(run, self._style, self._files))
            return
        if self._loudness >= 0:
            # Under --fail-on should or info, a run can fail without a failure.
            failed_by_less = run.run.exit == ExitCode.FAILURES and not _has(run, Verdict.FAIL)
            self._show(*_findings(run, self._style, everything=self._loudness > 1 or failed_by_less))
        self._show(*_remarks(run), console.summary_block(run, self._style, self._files))

    def _show(self, *lines: str) -> None:
        for text in lines:
            click.echo(text, file=self._stream, color=True)


class Bars:
    """A bar on a terminal for each area, that grows with each case, with what did not go well so far."""

    def __init__(self, plan: Mapping[str, int], stream: TextIO) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

        self._areas: dict[str, dict[int, Verdict]] = {area: {} for area in plan}
        self._progress: Progress = Progress(
            TextColumn("  {task.description}"),
            BarColumn(20),
            MofNCompleteColumn(),
            TextColumn("{task.fields[found]}", markup=False),
            console=Console(file=stream),
            transient=True,
        )
        self._tasks: dict[str, TaskID] = {
            area: self._progress.add_task(area, total=count, found="") for area, count in plan.items()
        }
        self._progress.start()

    def note(self, case: CaseResult) -> None:
        """Count ``case``, once, by its last verdict."""
        area = case.id.partition("/")[0]
        seen = self._areas[area]
        seen[case.n] = case.verdict
        counts = Counter(seen.values())
        found = "  ".join(f"{counts[verdict]} {verdict.sign}" for verdict in _NOT_WELL if counts[verdict])
        self._progress.update(self._tasks[area], completed=len(seen), found=found)

    def close(self) -> None:
        """Take the bars off the screen."""
        self._progress.stop()


def _has(run: Run, *verdicts: Verdict) -> bool:
    return any(run.summary[verdict] for verdict in verdicts)


def _is_bad(run: Run) -> bool:
    """Return whether something did not go well that was not known before."""
    return any(case.verdict in _NOT_WELL[:3] and case.overlay != "xfail" for case in run.cases)


_NOT_WELL = (Verdict.FAIL, Verdict.ERROR, Verdict.INCONCLUSIVE, Verdict.LENIENT)


# --- the parts --------------------------------------------------------------------------------------------------------


def _heading(run: Run, sites: Sequence[Site | NotThereError], plan: Mapping[str, int]) -> Iterator[str]:
    catalogue = run.suite.catalogue
    yield line(
        f"{run.suite.name} {run.suite.version}  {catalogue.cases} cases  {catalogue.requirements} requirements  "
        f"run {run.run.id}" + (f"  shard {run.run.shard}" if run.run.shard else "")
    )
    for target, site in zip(run.targets, sites, strict=True):
        name = "" if target.name == target.id else f"{target.name}  "
        if isinstance(site, NotThereError):
            why, _, _ = str(site).partition("\n")
            yield line(f"target   {name}{target.url}  {why}")
            continue
        agent = f'  "{target.agent}"' if target.agent else ""
        took = f"  handshake {site.handshake_seconds * 1000:.1f} ms" if site.handshake_seconds else ""
        yield line(f"target   {name}{target.url}{agent}{took}")
        signs = {True: "✓", False: "✗", None: "–"}
        yield line("probed   " + "  ".join(f"{what} {signs[did]}" for what, did in target.probed.items()))
    yield line(f"plan     {sum(plan.values())} cases to play")


def _not_reachable(run: Run, style: Style) -> Iterator[str]:
    for target in run.targets:
        if target.probed.get("open") is False:
            reason = next((case.reason or "" for case in run.cases if case.target == target.name), "")
            what, *printed = reason.removeprefix("not played: ").split("\n")
            yield style.verdict(Verdict.FAIL, line(f"✗ {target.url}  {what}"))
            yield from (line(f"  | {said}") for said in printed)
            hint = "Is the server up? --wait 30 waits for it." if target.role == "server" else "Does it connect at all?"
            yield f"  No case was run against it. {hint}"


def _remarks(run: Run) -> Iterator[str]:
    """Yield what else there is to say of a run: what was measured of a stream, what cases cost, and so on."""
    if run.stream is not None and run.stream.connections:
        yield from map(line, console.stream_lines(run.stream))
    over = {case.n for case in over_budget(run)}
    costly = sorted((case for case in run.cases if case.usage), key=_memory, reverse=True)
    for index, case in enumerate(costly[: max(COSTS_SHOWN, len(over))]):
        label = "costs" if index == 0 else ""
        sign = "✗ over the budget  " if case.n in over else ""
        yield line(f"{label:<9}{sign}{case.usage and console.usage_words(case.usage)}  {case.id}")
    changed = [case for case in run.cases if case.segmentation is not None]
    if changed:
        come = "1 case comes" if len(changed) == 1 else f"{len(changed)} cases come"
        yield line(f"cuts     {come} to something else when our bytes are cut; -vv prints all")
    for index, (name, what) in enumerate(undelivered(run)):
        whose = f" of {name}" if len(run.targets) > 1 else ""
        yield line(f"{'declared' if index == 0 else '':<9}✗ {what} is declared{whose}, and was not seen")
    missed = out_of_reach(run)
    if missed:
        ways = ", ".join(f"{way} {count}" for way, count in sorted(missed.items(), key=lambda each: -each[1]))
        yield line(f"reach    {sum(missed.values())} requirements need a target that does more: {ways}")


def _memory(case: CaseResult) -> int:
    return 0 if case.usage is None else case.usage.memory


def _case_line(case: CaseResult, style: Style) -> str:
    word = case.overlay or case.verdict.value
    text = line(f"{case.verdict.sign} {word:<12} {case.seconds * 1000:>8.1f} ms  {case.id}")
    return style.verdict(case.verdict, text)


def _findings(run: Run, style: Style, *, everything: bool) -> Iterator[str]:
    """Yield the block of each failure, or of the first of each cause, with an empty line around each."""
    fold = "GITHUB_ACTIONS" in os.environ
    shown = set(_first_of_each_cause(run)) if not everything else {case.n for case in run.cases}
    wanted = {*_NOT_WELL, Verdict.INFO} if everything else {Verdict.FAIL, Verdict.ERROR}
    known = () if everything else ("xfail", "expired")
    failures = [case for case in run.cases if case.verdict in wanted and case.overlay not in known]
    for case in failures:
        if case.n in shown or case.verdict is Verdict.ERROR:
            yield line(f"::group::{case.id}").replace("\\x3a", ":", 1) if fold else ""
            yield console.failure_block(case, run, style)
            if fold:
                yield "::endgroup::"
    left = sum(case.n not in shown and case.verdict is Verdict.FAIL for case in failures)
    if left:
        yield f"\n  … {left} more of the same causes (--all prints them)"
    if not everything:
        yield from _undecided(run, style)
    yield ""


def _first_of_each_cause(run: Run) -> Iterator[int]:
    known = {case.n for case in run.cases if case.overlay in ("xfail", "expired")}
    left = ([n for n in cause.cases if n not in known] for cause in run.causes)
    return (numbers[0] for numbers in left if numbers)


def _undecided(run: Run, style: Style) -> Iterator[str]:
    cases = [case for case in run.cases if case.verdict is Verdict.INCONCLUSIVE and case.overlay != "xfail"]
    for case in cases[:INCONCLUSIVE_SHOWN]:
        yield ""
        yield style.verdict(case.verdict, line(f"{case.verdict.sign} {case.id}"))
        yield line(f"  {case.reason or ''}"[:300])
    if len(cases) > INCONCLUSIVE_SHOWN:
        yield f"\n  … {len(cases) - INCONCLUSIVE_SHOWN} more without a verdict (-vv prints them)"


def report_style(choice: str, stream: TextIO) -> Style:
    """Return the style for ``stream`` by the option --color and the environment."""
    return Style(colour=coloured(choice, stream))
