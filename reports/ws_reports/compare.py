"""What differs between two runs: which checks fail that did not, fail no more, or come out in another way.

Results are matched by target, case and check. Of a case whose revision changed nothing is said, because it asks for
something else now; nor of one that only one of the runs has, or did not play. What a run says of itself decides
nothing: a run that was interrupted is compared as far as it came.
"""

import statistics
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import Enum
from functools import cached_property

from ws_reports.escape import harmless
from ws_reports.record import CaseResult, Cause, Check, ExitCode, Level, RecordError, Run, Verdict, group_causes

SLOWER_FACTOR = 3.0
SLOWER_SECONDS = 0.25
NOISES = 10
"""A case is slower beyond noise if it takes so many times as long, and so much longer, and longer by so many times what
a case that does nothing takes on a bad day, its 99th percentile."""

DECIDED = frozenset({Verdict.PASS, Verdict.LENIENT, Verdict.INFO, Verdict.FAIL})
"""Verdicts that say something about the target."""


class Kind(Enum):
    """How a result differs from the one before."""

    NEWLY_FAILING = "newly failing"
    NEWLY_PASSING = "newly passing"
    UNDECIDED = "no longer decided"
    CHANGED = "changed way"


@dataclass(frozen=True, slots=True)
class CheckChange:
    """One requirement that came out in another way. A check is None where the run found nothing to say of it."""

    requirement: str
    kind: Kind
    before: Check | None
    after: Check | None


@dataclass(frozen=True, slots=True)
class Change:
    """A case that came out in another way, and its ``checks`` that did, the gravest first."""

    kind: Kind
    before: CaseResult
    after: CaseResult
    checks: tuple[CheckChange, ...]


class Reason(Enum):
    """Why nothing is said of a case."""

    REVISED = "changed its meaning"
    NEW = "only in the later run"
    GONE = "only in the earlier run"
    NOT_PLAYED = "not played in both"


@dataclass(frozen=True, slots=True)
class NotCompared:
    """A case of which nothing is said; ``target`` and ``case`` name it."""

    reason: Reason
    target: str
    case: str


@dataclass(frozen=True, slots=True)
class Timing:
    """How long the cases took that both runs played in the same way: medians in seconds, and which got slower."""

    before: float
    after: float
    slower: tuple[tuple[CaseResult, CaseResult], ...] = ()


@dataclass(frozen=True)
class Difference:
    """All that differs between two runs. ``timing`` is None where durations cannot be compared."""

    before: Run
    after: Run
    changes: tuple[Change, ...]
    same: int
    not_compared: tuple[NotCompared, ...]
    timing: Timing | None

    def of(self, kind: Kind) -> tuple[Change, ...]:
        """Return the changes of this kind, in the order of the later run."""
        return tuple(change for change in self.changes if change.kind is kind)

    @property
    def exit_code(self) -> ExitCode:
        """What a command ends with that looks for regressions: what is no longer decided may hide one."""
        if self.of(Kind.NEWLY_FAILING):
            return ExitCode.FAILURES
        lost = any(change.after.level is Level.MUST for change in self.of(Kind.UNDECIDED))
        return ExitCode.UNDECIDED if lost else ExitCode.OK

    @cached_property
    def causes(self) -> tuple[Cause, ...]:
        """What explains the new failures, each cause with the numbers of the later run."""
        return group_causes(change.after for change in self.of(Kind.NEWLY_FAILING))

    @cached_property
    def reasons(self) -> Mapping[Reason, int]:
        """How many cases are not compared for each reason."""
        return Counter(each.reason for each in self.not_compared)


def compare(before: Run, after: Run) -> Difference:
    """Return what differs between ``before`` and ``after``.

    Raises RecordError if they have no target in common, or one that has changed its role.
    """
    _check_targets(before, after)
    earlier, later = _by_key(before), _by_key(after)
    changes: list[Change] = []
    not_compared: list[NotCompared] = []
    pairs: list[tuple[CaseResult, CaseResult]] = []
    same = 0
    for key, case in later.items():
        other = earlier.get(key)
        reason = _incomparable(other, case)
        if other is None or reason is not None:
            not_compared.append(NotCompared(reason or Reason.NEW, case.target, case.id))
            continue
        pairs.append((other, case))
        change = _change(other, case)
        if change is None:
            same += 1
        else:
            changes.append(change)
    not_compared += [NotCompared(Reason.GONE, c.target, c.id) for key, c in earlier.items() if key not in later]
    return Difference(before, after, tuple(changes), same, tuple(not_compared), _timing(before, after, pairs))


# --- what can be compared ---------------------------------------------------------------------------------------------

_Key = tuple[str, str, int]


def _check_targets(before: Run, after: Run) -> None:
    roles = {target.name: target.role for target in before.targets}
    common = [target for target in after.targets if target.name in roles]
    for index, target in enumerate(after.targets):
        if roles.get(target.name, target.role) != target.role:
            raise RecordError(
                f"{harmless(after.run.id)} $.targets[{index}].role",
                f"{harmless(target.name)} is a {target.role} here, and was a {roles[target.name]} before",
                "Compare runs against targets of one role.",
            )
    if not common:
        raise RecordError(
            f"{harmless(after.run.id)} $.targets",
            f"no target has the name of one before ({', '.join(map(harmless, roles)) or 'there was none'})",
            "Compare two runs against the same targets.",
        )


def _by_key(run: Run) -> dict[_Key, CaseResult]:
    """Return the results by target, case, and which of several results of that case it is."""
    seen: Counter[tuple[str, str]] = Counter()
    results: dict[_Key, CaseResult] = {}
    for case in run.cases:
        name = (case.target, case.id)
        results[(*name, seen[name])] = case
        seen[name] += 1
    return results


def _incomparable(before: CaseResult | None, after: CaseResult) -> Reason | None:
    if before is None:
        return Reason.NEW
    if before.rev != after.rev:
        return Reason.REVISED
    return None if before.verdict.was_run and after.verdict.was_run else Reason.NOT_PLAYED


# --- one case ---------------------------------------------------------------------------------------------------------


def _change(before: CaseResult, after: CaseResult) -> Change | None:
    """Return how ``after`` differs from ``before``, or None if it does not."""
    checks = tuple(_check_changes(before, after))
    kind = _kind(before.verdict, after.verdict)
    if any(check.kind is Kind.NEWLY_FAILING for check in checks):
        kind = Kind.NEWLY_FAILING
    if kind is None and checks:
        kind = Kind.CHANGED
    return None if kind is None else Change(kind, before, after, checks)


def _kind(was: Verdict, now: Verdict) -> Kind | None:
    """Return what it is when a verdict goes from ``was`` to ``now``."""
    if was is now:
        return None
    if now is Verdict.FAIL:
        return Kind.NEWLY_FAILING
    if now not in DECIDED:
        return Kind.UNDECIDED if was in DECIDED else None
    return Kind.NEWLY_PASSING if was is Verdict.FAIL else Kind.CHANGED


def _check_changes(before: CaseResult, after: CaseResult) -> Iterator[CheckChange]:
    """Yield the requirements of which the two results say something different, failures first."""
    earlier, later = _by_requirement(before), _by_requirement(after)
    found = [
        CheckChange(requirement, kind, earlier.get(requirement), later.get(requirement))
        for requirement in dict.fromkeys((*later, *earlier))
        if (kind := _check_kind(before, earlier.get(requirement), after, later.get(requirement))) is not None
    ]
    yield from sorted(found, key=lambda change: list(Kind).index(change.kind))


def _by_requirement(case: CaseResult) -> dict[str, Check]:
    return {check.requirement: check for check in reversed(case.checks)}


def _check_kind(before: CaseResult, was: Check | None, after: CaseResult, now: Check | None) -> Kind | None:
    """Return how one requirement came out differently.

    What a case does not list, because nobody has to show it, was kept if the case was decided.
    """
    earlier, later = _verdict(before, was), _verdict(after, now)
    kind = _kind(earlier, later)
    if kind is Kind.NEWLY_FAILING and before.verdict is Verdict.FAIL and earlier not in DECIDED:
        return Kind.CHANGED  # the case failed at an earlier step, and said nothing of this one
    if kind is None and was is not None and now is not None and was.signature != now.signature:
        return Kind.CHANGED
    return kind


def _verdict(case: CaseResult, check: Check | None) -> Verdict:
    if check is not None:
        return check.verdict
    return Verdict.PASS if case.verdict in DECIDED else case.verdict


# --- how long it took -------------------------------------------------------------------------------------------------


def _timing(before: Run, after: Run, pairs: Iterable[tuple[CaseResult, CaseResult]]) -> Timing | None:
    """Return how long the cases took in both runs, if they were played at the same pace and came to the same end."""
    pace = [(run.limits.scale, run.limits.parallel, run.limits.segmentation) for run in (before, after)]
    alike = [(was, now) for was, now in pairs if was.verdict is now.verdict and was.seconds > 0 and now.seconds > 0]
    if pace[0] != pace[1] or not alike:
        return None
    noise = max(run.env.noise_ms.get("p99", 0.0) for run in (before, after)) / 1000
    at_least = max(SLOWER_SECONDS, NOISES * noise)
    return Timing(
        before=statistics.median(was.seconds for was, _ in alike),
        after=statistics.median(now.seconds for _, now in alike),
        slower=tuple(
            (was, now)
            for was, now in alike
            if now.seconds > SLOWER_FACTOR * was.seconds and now.seconds > was.seconds + at_least
        ),
    )
