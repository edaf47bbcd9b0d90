"""The survey that comes with the suite: what the implementations of the field come to by each case."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec.structs import replace
from ws_reports.record import Run, Verdict

if TYPE_CHECKING:
    from ws_reports.survey import Survey

SURVEY = Path(__file__).with_name("survey.json")


@cache
def load_survey() -> Survey:
    """Return the survey. Raises RecordError for a file that somebody has changed to what is none."""
    from ws_reports.survey import decode  # only what failed is looked up

    return decode(SURVEY.read_bytes(), f"{SURVEY.name} $")


def with_survey(run: Run) -> Run:
    """Return ``run`` in which each failure says how many of those that were surveyed fail as well, if any were."""
    if not any(case.verdict is Verdict.FAIL for case in run.cases):
        return run
    survey = load_survey()
    targets = {target.name: target for target in run.targets}
    cases = []
    for case in run.cases:
        target = targets.get(case.target)
        if case.verdict is Verdict.FAIL and target is not None:
            itself = target.name.removesuffix(f" {target.role}")
            case = replace(case, surveyed=survey.surveyed(case.id, target.role, but=itself))
        cases.append(case)
    return replace(run, cases=tuple(cases))
