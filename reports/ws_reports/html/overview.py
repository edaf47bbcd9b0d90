"""What a reader sees first: what the run comes to, for which causes, and in which areas."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import accumulate, islice

from ws_reports.html.words import several
from ws_reports.record import CaseResult, Cause, Check, RequirementResult, Run, Verdict, gravest_check

CAUSES = 200
"""How many causes are listed."""
AREAS = 50
"""How many areas are listed."""
LEAST_SHARE = 0.006
"""How much of a bar a part takes at least."""
REASONS = 8
"""How many reasons are listed."""
EXAMPLES = 3
"""How many cases of a cause are named."""


@dataclass(frozen=True, slots=True)
class Area:
    """The cases whose ids begin with one word."""

    name: str
    counts: Mapping[Verdict, int]

    @property
    def played(self) -> int:
        return sum(count for verdict, count in self.counts.items() if verdict.was_run)


@dataclass(frozen=True, slots=True)
class Group:
    """The cases of one cause. ``check`` and ``requirement`` are those of the first; ``is_known`` says all are listed.

    ``share`` is how many cases there are, in percent of those of the largest group.
    """

    cause: Cause
    check: Check | None
    requirement: RequirementResult | None
    examples: tuple[CaseResult, ...]
    is_known: bool
    share: float


def headline(run: Run) -> tuple[Verdict, str]:
    """Return what the run comes to, as a verdict and as a sentence."""
    counts = Counter(case.verdict for case in run.cases)
    noun = "case" if len(run.targets) < 2 else "result"
    judged = sum(count for verdict, count in counts.items() if verdict.was_run)
    if failed := counts[Verdict.FAIL]:
        known = sum(case.verdict is Verdict.FAIL and case.overlay == "xfail" for case in run.cases)
        tail = f", for {several(len(run.causes), 'cause')}" if run.causes else ""
        tail += f" ({known:,} known)" if known else ""
        return Verdict.FAIL, f"{failed:,} of {several(judged, noun)} fail{'s' * (failed == 1)}{tail}"
    if broken := counts[Verdict.ERROR]:
        return Verdict.ERROR, f"Nothing failed, but {several(broken, noun)} met an error of the suite"
    if undecided := counts[Verdict.INCONCLUSIVE]:
        return Verdict.INCONCLUSIVE, f"Nothing failed, but {several(undecided, noun)} could not be decided"
    if not judged:
        return Verdict.SKIPPED, "Nothing was judged"
    return Verdict.PASS, f"Nothing failed in {several(judged, noun)}"


def bar(counts: Mapping[Verdict, int]) -> list[tuple[Verdict, float, float]]:
    """Return verdict, start and width, in percent, of each part of a bar for ``counts``; none too thin to be seen."""
    total = sum(counts.values())
    shares = {verdict: max(LEAST_SHARE, counts[verdict] / total) for verdict in _BAR if counts.get(verdict)}
    widths = [100 * share / sum(shares.values()) for share in shares.values()]
    return list(zip(shares, accumulate(widths, initial=0.0), widths, strict=False))


def areas(cases: Iterable[CaseResult]) -> list[Area]:
    """Return the areas of ``cases``, in their order."""
    found: defaultdict[str, Counter[Verdict]] = defaultdict(Counter)
    for case in cases:
        found[case.id.partition("/")[0]][case.verdict] += 1
    return [Area(name, counts) for name, counts in islice(found.items(), AREAS)]


def departures(cases: Iterable[CaseResult]) -> list[CaseResult]:
    """Return what is worth a look where nothing failed: the cases that did not simply pass, the gravest first."""
    notable = (Verdict.ERROR, Verdict.INCONCLUSIVE, Verdict.LENIENT)
    return sorted((case for case in cases if case.verdict in notable), key=lambda case: notable.index(case.verdict))


def reasons(cases: Iterable[CaseResult]) -> list[tuple[Verdict, str, int]]:
    """Return why cases were not judged, and how many for each reason, the most frequent first."""
    counts = Counter((case.verdict, case.reason or "") for case in cases if case.verdict in _UNJUDGED)
    return [(verdict, reason, count) for (verdict, reason), count in counts.most_common(REASONS)]


def causes(run: Run) -> Iterator[Group]:
    """Yield the causes of ``run``, the largest first."""
    cases: dict[int, CaseResult] = {}
    for case in run.cases:
        cases.setdefault(case.n, case)
    requirements = {requirement.id: requirement for requirement in run.requirements}
    largest = max((len(cause.cases) for cause in run.causes), default=1) or 1
    for cause in run.causes[:CAUSES]:
        members = [cases[n] for n in cause.cases if n in cases]
        check = gravest_check(members[0]) if members else None
        yield Group(
            cause=cause,
            check=check,
            requirement=requirements.get(check.requirement) if check is not None else None,
            examples=tuple(members[:EXAMPLES]),
            is_known=bool(members) and all(case.overlay == "xfail" for case in members),
            share=100 * len(cause.cases) / largest,
        )


_UNJUDGED = (Verdict.ERROR, Verdict.INCONCLUSIVE, Verdict.UNSUPPORTED, Verdict.SKIPPED)
_BAR = (
    *(Verdict.FAIL, Verdict.ERROR, Verdict.INCONCLUSIVE, Verdict.LENIENT, Verdict.INFO, Verdict.PASS),
    *(Verdict.UNSUPPORTED, Verdict.SKIPPED),
)
"""The verdicts from left to right: what needs a look is where reading begins."""
