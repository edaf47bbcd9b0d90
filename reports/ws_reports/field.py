"""A record of many implementations as tables: a row for each case, a column for each implementation, by role."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import groupby
from typing import Literal

from ws_reports.record import (
    CaseResult,
    RequirementResult,
    Role,
    Run,
    Target,
    Verdict,
    gravest_check,
    requirement_verdicts,
)

Kind = Literal["server", "client", "proxy"]
"""What an implementation was judged as."""

KINDS: tuple[Kind, ...] = ("server", "proxy", "client")
"""In the order of columns."""

NOT_WELL = (Verdict.FAIL, Verdict.ERROR, Verdict.INCONCLUSIVE, Verdict.LENIENT)
"""The verdicts for which a row is worth a look."""

ODD_AMONG = 3
"""By how many targets a case is judged at least, for one that fails alone to be the odd one out."""


def kind_of(target: Target) -> Kind:
    """Return what ``target`` was judged as."""
    return "proxy" if target.stands_before is not None else target.role


@dataclass(frozen=True)
class Column:
    """An implementation in a role, and what it comes to."""

    target: Target
    counts: Mapping[Verdict, int]
    known: int

    @property
    def name(self) -> str:
        """What to call it where its role is plain."""
        return self.target.implementation or self.target.name

    @property
    def kind(self) -> Kind:
        return kind_of(self.target)

    @property
    def version(self) -> str:
        """The version of what was installed, without the name of the package."""
        return (self.target.build or "").rpartition(" ")[2]

    @property
    def deflates(self) -> bool | None:
        """Whether it agrees to compress; None where that is not known."""
        return self.target.probed.get("deflate")

    @property
    def played(self) -> int:
        return sum(count for verdict, count in self.counts.items() if verdict.was_run)


@dataclass(frozen=True)
class Row:
    """A case, and what became of it with each target that it was for, by the target's name."""

    id: str
    results: Mapping[str, CaseResult]

    @property
    def area(self) -> str:
        return self.id.partition("/")[0]

    @cached_property
    def counts(self) -> Mapping[Verdict, int]:
        return Counter(result.verdict for result in self.results.values())

    @property
    def is_well(self) -> bool:
        """Whether there is nothing to look at: nobody departs from what is wanted, and nobody is undecided."""
        return not any(self.counts[verdict] for verdict in NOT_WELL)

    @property
    def failing(self) -> list[str]:
        """The names of the targets that fail."""
        return [name for name, result in self.results.items() if result.verdict is Verdict.FAIL]

    @property
    def facts(self) -> Mapping[str, int | str]:
        """What a query can ask (see ``ws_reports.where``)."""
        counts = self.counts
        return {
            "failing": counts[Verdict.FAIL],
            "passing": counts[Verdict.PASS] + counts[Verdict.INFO],
            "lenient": counts[Verdict.LENIENT],
            "inconclusive": counts[Verdict.INCONCLUSIVE] + counts[Verdict.ERROR],
            "unsupported": counts[Verdict.UNSUPPORTED] + counts[Verdict.SKIPPED],
            "targets": sum(counts.values()),
            "area": self.area,
            "id": self.id,
        }

    @property
    def is_odd(self) -> bool:
        """Whether exactly one target fails, of enough that were judged."""
        judged = sum(count for verdict, count in self.counts.items() if verdict.was_run)
        return self.counts[Verdict.FAIL] == 1 and judged >= ODD_AMONG

    @cached_property
    def ways(self) -> list[tuple[Verdict, str, list[str]]]:
        """Who departs in the same way: verdict, what was seen, and the names; the gravest and most frequent first."""
        found: dict[tuple[Verdict, str], list[str]] = {}
        for name, result in self.results.items():
            if result.verdict in NOT_WELL:
                found.setdefault((result.verdict, way_of(result)), []).append(name)
        order = list(Verdict)
        ways = sorted(found.items(), key=lambda entry: (order.index(entry[0][0]), -len(entry[1])))
        return [(verdict, words, names) for (verdict, words), names in ways]


def way_of(result: CaseResult) -> str:
    """Return what was seen, in words that are the same wherever the same was seen, as far as they can be."""
    check = gravest_check(result)
    if check is not None and check.message:
        return check.message
    return result.reason or result.observed


@dataclass(frozen=True)
class Table:
    """All that was judged in one role: the columns, servers before proxies, and the rows, by area."""

    role: Role
    columns: Sequence[Column]
    rows: Sequence[Row]

    def areas(self) -> list[tuple[str, list[Row]]]:
        """Return each area with its rows."""
        return [(area, list(rows)) for area, rows in groupby(self.rows, key=lambda row: row.area)]


def tables(run: Run, kinds: Collection[Kind] = KINDS) -> list[Table]:
    """Return a table for servers, with proxies, and one for clients, of the targets of these ``kinds``, if any."""
    roles: tuple[Role, ...] = ("server", "client")
    found = (_table(run, role, kinds) for role in roles)
    return [table for table in found if table.columns]


def _table(run: Run, role: Role, kinds: Collection[Kind]) -> Table:
    mine = [target for target in run.targets if target.role == role and kind_of(target) in kinds]
    mine.sort(key=lambda target: KINDS.index(kind_of(target)))
    counts: dict[str, Counter[Verdict]] = {target.name: Counter() for target in mine}
    known = Counter[str]()
    rows: dict[str, dict[str, CaseResult]] = {}
    for case in run.cases:
        if case.target in counts:
            counts[case.target][case.verdict] += 1
            known[case.target] += case.verdict is Verdict.FAIL and case.overlay == "xfail"
            rows.setdefault(case.id, {})[case.target] = case
    return Table(
        role=role,
        columns=[Column(target, counts[target.name], known[target.name]) for target in mine],
        rows=[Row(identifier, rows[identifier]) for identifier in sorted(rows, key=_place)],
    )


def _place(identifier: str) -> tuple[str, str]:
    """Return where a row belongs: in its area, beside those whose ids begin in the same way."""
    return identifier.partition("/")[0], identifier


def requirement_rows(run: Run, columns: Sequence[Column]) -> list[tuple[RequirementResult, dict[str, Verdict]]]:
    """Return each requirement that something departs from, with its verdict for each target that it bears on."""
    by_target: dict[str, list[CaseResult]] = {column.target.name: [] for column in columns}
    for case in run.cases:
        if case.target in by_target:
            by_target[case.target].append(case)
    found: dict[str, dict[str, Verdict]] = {requirement.id: {} for requirement in run.requirements}
    for name, cases in by_target.items():
        for requirement in requirement_verdicts(run.requirements, cases):
            if requirement.verdict is not None:
                found[requirement.id][name] = requirement.verdict
    return [
        (requirement, found[requirement.id])
        for requirement in run.requirements
        if any(verdict in NOT_WELL for verdict in found[requirement.id].values())
    ]
