"""Several targets or several runs side by side: a column for each target of each run, a row for each case.

What is compared is the outcome: the verdict, and of what did not pass also the signature, which names the smallest
fact that explains it. Results of different revisions of a case are not comparable.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from string import ascii_uppercase

from ws_reports.record import (
    CaseResult,
    Level,
    Run,
    Target,
    Verdict,
    gravest_check,
    requirement_verdicts,
    requirements_met,
    summarize,
    worst,
)

COLUMNS = len(ascii_uppercase)
"""How many columns are shown."""


class Change(StrEnum):
    """What became of a case from the other column to the first, where there are two."""

    NEWLY_FAILING = "newly failing"
    NEWLY_PASSING = "newly passing"
    OTHER_WAY = "changed way"
    OTHER_VERDICT = "another verdict"
    NOT_COMPARABLE = "changed its meaning"
    ONLY_HERE = "only in A"
    ONLY_THERE = "only in B"


@dataclass(frozen=True, slots=True)
class Column:
    """A target of a run, with its results by case id and occurrence, should a record have a case more than once.

    ``is_own`` is true for the targets of the run that the report is about.
    """

    letter: str
    run: Run
    target: Target
    results: Mapping[tuple[str, int], CaseResult]
    is_own: bool

    @property
    def counts(self) -> Mapping[Verdict, int]:
        return summarize(self.results.values())

    @property
    def met(self) -> Mapping[Level, tuple[int, int]]:
        return requirements_met(requirement_verdicts(self.run.requirements, self.results.values()))


@dataclass(frozen=True, slots=True)
class Row:
    """A case in each column, None where it is not. ``odd`` is the letter of the one column that differs."""

    id: str
    cells: tuple[CaseResult | None, ...]
    own: CaseResult | None
    differs: bool
    odd: str | None
    change: Change | None

    @property
    def seen(self) -> list[tuple[str, str]]:
        """Return what was seen where it is worth telling, and in which columns, by their letters."""
        found: dict[str, str] = {}
        for letter, cell in zip(ascii_uppercase, self.cells, strict=False):
            if cell is not None and cell.verdict not in _PLAIN and (words := cell.observed or cell.reason):
                found[words] = f"{found[words]}, {letter}" if words in found else letter
        return [(letters, words) for words, letters in found.items()]

    @property
    def area(self) -> str:
        return self.id.partition("/")[0]


_PLAIN = (Verdict.PASS, Verdict.UNSUPPORTED, Verdict.SKIPPED)


def columns(run: Run, compared: Sequence[Run] = ()) -> tuple[Column, ...]:
    """Return the columns of ``run`` and of those it is ``compared`` with, in order and lettered."""
    found: list[Column] = []
    for index, each in enumerate((run, *compared)):
        for target, results in zip(each.targets, _results(each), strict=False):
            found.append(Column(ascii_uppercase[len(found)], each, target, results, is_own=index == 0))
            if len(found) == COLUMNS:
                return tuple(found)
    return tuple(found)


def _results(run: Run) -> Sequence[Mapping[tuple[str, int], CaseResult]]:
    """Return the results of each target of ``run`` that is shown. A result has the name of its target, or the id."""
    shown = run.targets[:COLUMNS]
    found: list[dict[tuple[str, int], CaseResult]] = [{} for _ in shown]
    occurrences = [Counter[str]() for _ in shown]
    places: dict[str, list[int]] = {}
    for place, target in enumerate(shown):
        for word in {target.name, target.id}:
            places.setdefault(word, []).append(place)
    for case in run.cases:
        for place in (0,) if len(run.targets) == 1 else places.get(case.target, ()):
            found[place][case.id, occurrences[place][case.id]] = case
            occurrences[place][case.id] += 1
    return found


def rows(shown: Sequence[Column]) -> list[Row]:
    """Return a row for each case of the columns ``shown``, those of the first column first, in its order."""
    keys = dict.fromkeys(key for column in shown for key in column.results)
    return [_row(key, shown) for key in keys]


def changes(compared: Sequence[Row]) -> list[tuple[Change, list[Row]]]:
    """Return the rows in which something changed, by what did; none unless there are two columns."""
    found: dict[Change, list[Row]] = {}
    for row in compared:
        if row.change is not None:
            found.setdefault(row.change, []).append(row)
    return [(change, found[change]) for change in Change if change in found]


def _row(key: tuple[str, int], shown: Sequence[Column]) -> Row:
    cells = tuple(column.results.get(key) for column in shown)
    own = [cell for column, cell in zip(shown, cells, strict=True) if column.is_own and cell is not None]
    gravest = worst(cell.verdict for cell in own)
    outcomes = [None if cell is None else _outcome(cell) for cell in cells]
    is_comparable = len({cell.rev for cell in cells if cell is not None}) == 1
    return Row(
        id=key[0],
        cells=cells,
        own=next((cell for cell in own if cell.verdict is gravest), None),
        differs=is_comparable and len({outcome for outcome in outcomes if outcome is not None}) > 1,
        odd=_odd(shown, outcomes) if is_comparable else None,
        change=_change(*cells) if len(cells) == 2 else None,
    )


def _outcome(case: CaseResult) -> tuple[Verdict, str | None]:
    """Return what is compared of ``case``."""
    check = gravest_check(case) if case.verdict in (Verdict.FAIL, Verdict.LENIENT) else None
    return case.verdict, None if check is None else check.signature


def _odd(shown: Sequence[Column], outcomes: Sequence[tuple[Verdict, str | None] | None]) -> str | None:
    """Return the letter of the one column that differs from all others, where those agree and are at least two."""
    counts = Counter(outcome for outcome in outcomes if outcome is not None)
    if len(counts) != 2 or min(counts.values()) != 1 or max(counts.values()) == 1:
        return None
    return next(
        column.letter for column, outcome in zip(shown, outcomes, strict=True) if outcome and counts[outcome] == 1
    )


def _change(here: CaseResult | None, there: CaseResult | None) -> Change | None:
    if here is None:
        return Change.ONLY_THERE
    if there is None:
        return Change.ONLY_HERE
    if here.rev != there.rev:
        return Change.NOT_COMPARABLE
    if _outcome(here) == _outcome(there):
        return None
    failing = here.verdict is Verdict.FAIL, there.verdict is Verdict.FAIL
    if failing == (True, False):
        return Change.NEWLY_FAILING
    if failing == (False, True):
        return Change.NEWLY_PASSING
    return Change.OTHER_WAY if here.verdict is there.verdict else Change.OTHER_VERDICT
