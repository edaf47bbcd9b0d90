"""A run as a table of requirements in CSV (RFC 4180): which rule, what came of it with each target, by which cases.

It is a traceability matrix, for processes that live in spreadsheets. No cell is a formula.
"""

import csv
import io
from collections.abc import Iterator, Sequence

from ws_reports.escape import csv_cell, cut
from ws_reports.record import CaseResult, RequirementResult, Run, Verdict, requirement_verdicts

CELL_LENGTH = 2000
"""How many characters of one text are shown; spreadsheets take 32,767."""
CASES = 100
"""How many cases of one requirement are named."""

_COLUMNS = ("requirement", "rfc", "section", "level", "binds", "text", "verdict")
_LAST_COLUMNS = ("failed cases", "cases", "number of cases", "untestable", "because")


def render(run: Run) -> str:
    """Return the table on ``run``, with a line of headings and lines that end in CR and LF.

    With several targets, each has a column of verdicts behind the one for all.
    """
    names = list(dict.fromkeys(case.target for case in run.cases))
    by_target = [_verdicts(run, name) for name in names] if len(names) > 1 else []
    table = io.StringIO()
    writer = csv.writer(table)
    headings = [*_COLUMNS, *(f"verdict of {name}" for name in names if by_target), *_LAST_COLUMNS]
    writer.writerow([csv_cell(cut(heading, CELL_LENGTH)) for heading in headings])
    cases = {case.n: case for case in run.cases}
    for index, requirement in enumerate(run.requirements):
        row = _row(requirement, [verdicts[index] for verdicts in by_target], cases)
        writer.writerow([csv_cell(cut(value, CELL_LENGTH)) for value in row])
    return table.getvalue()


def _verdicts(run: Run, target: str) -> list[Verdict | None]:
    """Return what the cases against ``target`` say of each requirement, in their order."""
    results = requirement_verdicts(run.requirements, (case for case in run.cases if case.target == target))
    return [requirement.verdict for requirement in results]


def _row(
    requirement: RequirementResult, by_target: Sequence[Verdict | None], cases: dict[int, CaseResult]
) -> Iterator[str]:
    bearing = [cases[n] for n in requirement.cases if n in cases]
    yield requirement.id
    yield str(requirement.rfc)
    yield requirement.section
    yield requirement.level.value.upper()
    yield " ".join(requirement.binds)
    yield requirement.text
    yield from ("" if verdict is None else verdict.value for verdict in (requirement.verdict, *by_target))
    yield _named([case for case in bearing if case.verdict is Verdict.FAIL])
    yield _named(bearing)
    yield str(len(bearing))
    yield requirement.untestable or ""
    yield requirement.because or ""


def _named(cases: Sequence[CaseResult]) -> str:
    ids = list(dict.fromkeys(case.id for case in cases))
    return " ".join(ids[:CASES]) + (f" and {len(ids) - CASES} more" if len(ids) > CASES else "")
