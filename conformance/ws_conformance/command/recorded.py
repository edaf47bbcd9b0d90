"""How a user names one result of a run, and what the record says of how it came about."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import click
from ws_reports import record
from ws_reports.escape import line, visible
from ws_reports.record import CaseResult, Run

from ..cases import ALL_CASES
from ..memory import Delivery
from ..model import Case, Place, Setting
from ..peer import Role
from ..probing import able
from ..segmentation import SWEEP, check_segmentation, delivery_for
from ..spawning import PORT
from ..urls import Connecting, Target, parse_target
from ..usage import UsageError, unknown
from . import options
from .files import EVENTS, RECORD, read_run

MOST_SCALE = 1000
"""The most that a record may multiply waits by."""

report_dir = click.option(
    "--report-dir",
    type=click.Path(path_type=Path),
    default=options.REPORT_FOLDER,
    show_default=True,
    help="Where the run's record is.",
)


@dataclass(frozen=True, slots=True)
class Recorded:
    """A result in a record, the case that it is of, and the target that it was played against."""

    run: Run
    result: CaseResult
    case: Case
    target: record.Target

    @property
    def role(self) -> Role:
        """The role of the target."""
        return Role(self.target.role)

    def setting(self, place: Place) -> Setting:
        """Return how the case was played, against a server at ``place``; a record without a seed has that of none."""
        scale = self.run.limits.scale
        if not 0 < scale <= MOST_SCALE:
            raise UsageError(f"the record multiplies waits by {scale:g}", f"{MOST_SCALE} is the most")
        setting = Setting(
            place=place,
            scale=scale,
            seed=str(self.run.run.seed),
            through_a_proxy=self.target.stands_before is not None,
        )
        return able(setting, self.target.probed)

    @property
    def delivery(self) -> Delivery | None:
        """How the examiner's bytes were cut."""
        segmentation = self.result.segmentation or self.run.limits.segmentation
        if not segmentation.startswith(SWEEP):
            check_segmentation(segmentation)
        return delivery_for(segmentation, self.case.id)


def find_recorded(word: str, folder: Path) -> Recorded:
    """Find the result that ``word`` names: RUN-NNN in ``folder``, or FILE#N. Raises UsageError and RecordError."""
    path, hash_sign, number = word.rpartition("#")
    if hash_sign:
        run = read_run(Path(path))
    else:
        run_id, _, number = word.rpartition("-")
        run = _read_folder(folder, run_id)
    result = next((case for case in run.cases if str(case.n) == number.lstrip("0")), None)
    if result is None:
        numbers = f"they go from {run.cases[0].n} to {run.cases[-1].n}" if run.cases else "it has no results at all"
        raise UsageError(f"the record has no result with the number '{visible(number, 20)}'", numbers)
    if not result.verdict.was_run:
        raise UsageError(f"{visible(result.id, 100)} was not played: {result.reason or ''}", "name a case that was")
    target = next((target for target in run.targets if target.name == result.target), None)
    if target is None:
        raise UsageError(f"the record has no target '{visible(result.target, 40)}'", "write it again with its producer")
    case = _case(result)
    if Role(target.role) not in case.roles:
        raise UsageError(f"{case.id} is no case for a {target.role}", "write the record again with its producer")
    return Recorded(run, result, case, target)


def _read_folder(folder: Path, run_id: str) -> Run:
    """Return the run of that id in ``folder`` or in the folder of a target in it, from its events if unfinished."""
    folders = (folder, *sorted(path.parent for path in folder.glob(f"*/{EVENTS}")))
    paths = [path for each in folders if (path := _record_in(each)).exists()]
    runs = [read_run(path) for path in paths or [folder / RECORD]]
    found = next((run for run in runs if run.run.id == run_id), None)
    if found is None:
        ids = ", ".join(visible(run.run.id, 20) for run in runs[:10])
        problem = f"{folder} is of run {ids}, not of '{visible(run_id, 20)}'"
        raise UsageError(problem, "write RUN.JSON#N to name another record")
    return found


def _record_in(folder: Path) -> Path:
    return folder / (RECORD if (folder / RECORD).exists() else EVENTS)


def _case(result: CaseResult) -> Case:
    case = next((case for case in ALL_CASES if case.id == result.id), None)
    if case is not None:
        return case
    from ..clients.api import API_CASES

    if any(api.case.id == result.id for api in API_CASES):
        raise UsageError(
            f"{result.id} asks an application through the control channel, which this command does not speak",
            f"run 'wsspec client --protocol jsonl {result.id} -- ADAPTER' again",
        )
    raise unknown("case", result.id, (case.id for case in ALL_CASES), "'wsspec list'")


def server_target(recorded: Recorded, url: str | None, connecting: Connecting) -> Target:
    """Return the server to play against: that of the run, unless ``url`` names another. Raises UsageError."""
    judged = recorded.target.url
    if url is None and judged is not None and PORT in judged:
        raise UsageError("the run started the server itself, and has ended it", "start it again and give its --url")
    if url is None and (judged is None or "***" in judged):
        raise UsageError("the record does not hold the whole URL of the target", "give it with --url")
    for hidden in recorded.run.redacted:
        name = hidden.removeprefix("header:")
        if name != hidden and not any(header.lower().startswith(name.lower()) for header in connecting.headers):
            click.echo(line(f"note: the run sent {name}, which the record does not hold; see --header"), err=True)
    return parse_target(url or judged or "", connecting)
