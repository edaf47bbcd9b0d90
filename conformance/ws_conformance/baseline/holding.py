"""A run held against what is expected of it: which failures are known, and which entries of the list hold no more.

Everything here is a function of the record, the list and a date, so that a run can be held against a list later, or
elsewhere. Whatever could not be decided, or was not played, says nothing about an entry.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from itertools import chain

from msgspec.structs import replace
from ws_reports import record
from ws_reports.escape import harmless
from ws_reports.record import CaseResult, Check, Overlay, Run, Verdict
from ws_reports.standing import FAILING

from ..catalogue import load_catalogue
from ..profiles import suite_cases
from .entries import Entry, KnownFailures, check_name, outcome_of

SOON_DAYS = 14
"""How many days before an entry expires that is said."""

NAMED = 3
"""How many checks of a pattern are named."""

_DEPARTED = (Verdict.FAIL, Verdict.LENIENT, Verdict.INFO)
_WELL = (Verdict.PASS, Verdict.LENIENT, Verdict.INFO)
_GRAVEST_FIRST: tuple[Overlay, ...] = ("changed", "expired", "xpass", "xfail")


@dataclass(frozen=True, slots=True, kw_only=True)
class Expected:
    """What is expected of a run: ``known`` failures, and requirements that are not met, by the file ``declared_in``.

    ``declared`` has the reason for each of the latter.
    """

    known: KnownFailures | None = None
    declared: Mapping[str, str] = field(default_factory=dict)
    declared_in: str = ""


NOTHING = Expected()


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """What is made of one check. ``overlay`` None: its verdict says nothing about the entry that names it."""

    case: CaseResult
    check: Check
    overlay: Overlay | None
    entry: Entry | None = None
    reason: str = ""

    @property
    def known(self) -> record.Known:
        """What the record says of it."""
        return record.Known(reason=self.reason) if self.entry is None else self.entry.in_record()


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """What some runs say of an entry: of each check that it names, or ``is_over`` or ``is_unmatched`` if it names none.

    It is over when what it names was played, went well, and shows no such check.
    """

    entry: Entry
    marks: tuple[Mark, ...] = ()
    is_over: bool = False
    is_unmatched: bool = False

    def marked(self, overlay: Overlay) -> list[Mark]:
        """Return the checks of which that is to be said."""
        return [mark for mark in self.marks if mark.overlay == overlay]

    @property
    def is_stale(self) -> bool:
        """Whether nothing that it names fails any more."""
        return self.is_over or (bool(self.marks) and all(mark.overlay == "xpass" for mark in self.marks))


def held_against(run: Run, expected: Expected, today: date, failing: Collection[Verdict] = FAILING) -> Run:
    """Return ``run`` with what becomes of it if ``expected`` is what is known, and ``failing`` are the bad verdicts."""
    book = _Book(expected, today, _exempt(run))
    marks = [[list(book.marks(case, check)) for check in case.checks] for case in run.cases]
    cases = (_overlaid(case, mine, book.exempt, failing) for case, mine in zip(run.cases, marks, strict=True))
    run = replace(run, cases=tuple(cases), baseline=None)
    if expected.known is None and not expected.declared:
        return run
    return replace(run, baseline=_summary(run, expected, today, list(chain.from_iterable(chain(*marks)))))


def standings(runs: Sequence[Run], known: KnownFailures, today: date) -> list[Standing]:
    """Return what ``runs``, taken together, say of each entry."""
    marks: list[Mark] = []
    for run in runs:
        book = _Book(Expected(known=known), today, _exempt(run))
        marks += (mark for case in run.cases for check in case.checks for mark in book.marks(case, check))
    return _standings(runs, known, marks)


def _exempt(run: Run) -> Mapping[str, str]:
    """Return the cases that cannot make ``run`` fail, with the reason."""
    profile = run.suite.profile
    if profile is None:
        return {}
    return dict.fromkeys(profile.changed, f"its meaning changed since {profile.id}@{profile.frozen} was frozen")


# --- checks -----------------------------------------------------------------------------------------------------------


class _Book:
    """Says what is expected of a check."""

    def __init__(self, expected: Expected, today: date, exempt: Mapping[str, str]) -> None:
        self.exempt = exempt
        self._declared = expected.declared
        self._today = today
        self._exact: dict[str, list[Entry]] = {}
        self._patterns: list[Entry] = []
        for entry in expected.known.entries if expected.known is not None else ():
            (self._patterns if entry.is_pattern else self._exact.setdefault(entry.check, [])).append(entry)

    def marks(self, case: CaseResult, check: Check) -> Iterator[Mark]:
        """Yield what is made of ``check`` by each entry that names it. The first that says anything counts."""
        is_exempt = case.id in self.exempt
        if is_exempt and check.verdict is not Verdict.PASS:
            yield Mark(case=case, check=check, overlay="xfail", reason=self.exempt[case.id])
        entries = self._entries(case, check)
        for rank, entry in enumerate(entries):
            overlay = _overlay(check, entry, self._today) if rank == 0 and not is_exempt else None
            yield Mark(case=case, check=check, overlay=overlay, entry=entry)
        if not entries and check.requirement in self._declared and check.verdict in _DEPARTED:
            yield Mark(case=case, check=check, overlay="xfail", reason=self._declared[check.requirement])

    def _entries(self, case: CaseResult, check: Check) -> list[Entry]:
        """Return the entries that name ``check``: exact ones before patterns, those for its target before others."""
        found = [
            *self._exact.get(check_name(case, check), ()),
            *(entry for entry in self._patterns if entry.names(case.id, check.id)),
        ]
        mine = (entry for entry in found if entry.target in (None, case.target))
        return sorted(mine, key=lambda entry: (entry.is_pattern, entry.target is None))


def _overlay(check: Check, entry: Entry, today: date) -> Overlay | None:
    is_known = bool(entry.allowed & {outcome_of(check), check.verdict.value})
    if check.verdict is Verdict.PASS:
        return None if is_known else "xpass"
    if check.verdict not in _DEPARTED:
        return "xfail" if is_known else None
    if entry.allowed and not is_known:
        return "changed"
    return "expired" if entry.expires is not None and today > entry.expires else "xfail"


def _overlaid(
    case: CaseResult, marks: Sequence[Sequence[Mark]], exempt: Collection[str], failing: Collection[Verdict]
) -> CaseResult:
    """Return ``case`` with what was made of its checks, and of itself if nothing bad in it is left unexplained."""
    had_any = case.overlay or any(check.overlay or check.known for check in case.checks)
    if not had_any and not any(marks) and case.id not in exempt:
        return case
    checks = []
    explained = True
    for check, mine in zip(case.checks, marks, strict=True):
        mark = next((mark for mark in mine if mark.overlay is not None), None)
        is_bad = check.verdict in failing or check.verdict is case.verdict is Verdict.INCONCLUSIVE
        explained = explained and not (is_bad and mark is None)
        checks.append(replace(check, overlay=mark and mark.overlay, known=mark and mark.known))
    overlays = {check.overlay for check in checks}
    if case.id in exempt and not checks and case.verdict is not Verdict.PASS:
        overlays = {"xfail"}
    gravest = next((overlay for overlay in _GRAVEST_FIRST if overlay in overlays), None)
    return replace(case, checks=tuple(checks), overlay=gravest if explained else None)


# --- entries ----------------------------------------------------------------------------------------------------------


def _standings(runs: Sequence[Run], known: KnownFailures, marks: Iterable[Mark]) -> list[Standing]:
    by_entry: dict[tuple[str, str | None], list[Mark]] = defaultdict(list)
    for mark in marks:
        if mark.entry is not None:
            by_entry[mark.entry.check, mark.entry.target].append(mark)
    words = _check_words(runs)
    found = []
    for entry in known.entries:
        mine = by_entry[entry.check, entry.target]
        found.append(Standing(entry=entry, marks=tuple(mine)) if mine else _without_marks(entry, runs, words))
    return found


def _without_marks(entry: Entry, runs: Sequence[Run], check_words: Collection[str]) -> Standing:
    """Return the standing of an entry that names no check of ``runs``.

    A target or a case that was not meant in these runs says nothing.
    """
    if entry.target is not None and not any(target.name == entry.target for run in runs for target in run.targets):
        return Standing(entry=entry)
    cases = [
        case for run in runs for case in run.cases if entry.target in (None, case.target) and entry.names_case(case.id)
    ]
    if entry.check.partition("#")[2] not in check_words or not (cases or any(map(entry.names_case, suite_cases()))):
        return Standing(entry=entry, is_unmatched=True)
    return Standing(entry=entry, is_over=any(case.checks and case.verdict in _WELL for case in cases))


def _check_words(runs: Sequence[Run]) -> frozenset[str]:
    """Return all that a check may be called."""
    requirements = chain(load_catalogue(), (requirement.id for run in runs for requirement in run.requirements))
    of_checks = (check.id for run in runs for case in run.cases for check in case.checks)
    return frozenset(("*", *(requirement.rpartition("/")[2] for requirement in requirements), *of_checks))


# --- words ------------------------------------------------------------------------------------------------------------


def _summary(run: Run, expected: Expected, today: date, marks: Sequence[Mark]) -> record.Baseline:
    known = expected.known
    found = _standings([run], known, marks) if known is not None else []
    exempt = _exempt(run)
    expected_to_fail = [mark for mark in marks if mark.overlay == "xfail" and mark.case.id not in exempt]
    return record.Baseline(
        file=harmless(known.file if known is not None else expected.declared_in),
        xfail=sum(mark.entry is not None for mark in expected_to_fail),
        declared=sum(mark.entry is None for mark in expected_to_fail),
        stale=(*_told(found, stale_words), *_overcome(run, expected.declared)),
        changed=_told(found, changed_words),
        expired=_told(found, expired_words),
        unmatched=_told(found, unmatched_words),
        soon=_told(found, lambda standing: soon_words(standing, today)),
    )


def _told(found: Iterable[Standing], words: Callable[[Standing], str | None]) -> tuple[str, ...]:
    return tuple(said for said in map(words, found) if said is not None)


def _overcome(run: Run, declared: Mapping[str, str]) -> Iterator[str]:
    """Yield what was declared as not implemented, and is seen to be."""
    seen: dict[str, set[Verdict]] = defaultdict(set)
    for check in chain.from_iterable(case.checks for case in run.cases):
        seen[check.requirement].add(check.verdict)
    for requirement in declared:
        if seen[requirement] - {Verdict.UNSUPPORTED} == {Verdict.PASS}:
            yield harmless(f"{requirement} is declared as not implemented, but passes")


def stale_words(standing: Standing) -> str | None:
    """Return which checks of an entry pass now, or None."""
    passing = standing.marked("xpass")
    listed = f"{standing.entry.words} is listed{_issue(standing.entry)}"
    if standing.is_over:
        return f"{listed} but is seen no more"
    if not passing:
        return None
    if not standing.entry.is_pattern:
        return f"{listed} but passes now"
    return f"{listed} but {len(passing)} of {len(standing.marks)} pass now: {_names(passing)}"


def changed_words(standing: Standing) -> str | None:
    """Return which checks of an entry fail in another way, or None."""
    changed = standing.marked("changed")
    if not changed:
        return None
    wanted = " or ".join(f'"{outcome}"' for outcome in sorted(standing.entry.allowed))
    shown = dict.fromkeys(f'"{outcome_of(mark.check)}"' for mark in changed)
    where = f" in {_names(changed)}" if standing.entry.is_pattern else ""
    return harmless(
        f"{standing.entry.words} is listed{_issue(standing.entry)} with {wanted}, but now it is "
        f"{' or '.join(list(shown)[:NAMED])}{where}: a different failure"
    )


def expired_words(standing: Standing) -> str | None:
    """Return that an entry is past its date and what it names still fails, or None."""
    if not standing.marked("expired"):
        return None
    return f"{standing.entry.words} was known until {standing.entry.expires}{_owner(standing.entry)}, and still fails"


def unmatched_words(standing: Standing) -> str | None:
    """Return that an entry names nothing that exists, or None."""
    return f"{standing.entry.words} names no check that this wsspec has" if standing.is_unmatched else None


def soon_words(standing: Standing, today: date) -> str | None:
    """Return that an entry will be past its date soon, or None."""
    expires = standing.entry.expires
    if expires is None or not standing.marked("xfail") or (expires - today).days > SOON_DAYS:
        return None
    days = (expires - today).days
    when = {0: "expires today", 1: "expires tomorrow"}.get(days, f"expires in {days} days")
    return f"{standing.entry.words} {when} ({expires}{_owner(standing.entry)})"


def _issue(entry: Entry) -> str:
    return "" if entry.issue is None else f" ({harmless(entry.issue)})"


def _owner(entry: Entry) -> str:
    return "" if entry.owner is None else f", owner {harmless(entry.owner)}"


def _names(marks: Sequence[Mark]) -> str:
    named = ", ".join(check_name(mark.case, mark.check) for mark in marks[:NAMED])
    return named + (f" and {len(marks) - NAMED} more" if len(marks) > NAMED else "")
