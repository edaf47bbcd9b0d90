"""How a result stands before a CI service: passed, failed, undecided or skipped, as what, and in which words.

The formats that such services read have these four states and no more. A verdict and what a baseline makes of it
become one of them here, so that every format agrees, and agrees with how the run ended.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import Enum

from ws_reports.record import CaseResult, Check, ExitCode, Known, Run, Target, Verdict, gravest_check

FAILING = frozenset({Verdict.FAIL})
"""The verdicts that fail unless more is asked for."""

FAIL_ON: Mapping[str, frozenset[Verdict]] = {
    "must": FAILING,
    "should": frozenset({Verdict.FAIL, Verdict.LENIENT}),
    "info": frozenset({Verdict.FAIL, Verdict.LENIENT, Verdict.INFO}),
}
"""The verdicts that fail, by the word with which they are asked for."""

_WITHOUT_JUDGEMENT = (ExitCode.USAGE, ExitCode.NOT_REACHABLE, ExitCode.INTERNAL_ERROR, ExitCode.INTERRUPTED)
_KINDS: Mapping[Verdict, str] = {
    Verdict.FAIL: "MUST",
    Verdict.LENIENT: "SHOULD",
    Verdict.INFO: "INFO",
    Verdict.INCONCLUSIVE: "inconclusive",
    Verdict.ERROR: "harness",
    Verdict.UNSUPPORTED: "unsupported",
    Verdict.SKIPPED: "skipped",
}
_STALE = "stale-baseline"


class State(Enum):
    """What a CI service makes of a result, the gravest first."""

    FAILED = "failed"
    UNDECIDED = "undecided"
    SKIPPED = "skipped"
    PASSED = "passed"


@dataclass(frozen=True, slots=True)
class Standing:
    """One result in the eyes of a CI service. ``message`` is a sentence made of texts of the record.

    ``kind`` says as what it failed ("MUST", "SHOULD", "INFO", "stale-baseline"), is undecided ("inconclusive",
    "harness") or is skipped ("xfail", "unsupported", "skipped"); it is empty for what passed.
    """

    state: State
    kind: str = ""
    message: str = ""


def standing(case: CaseResult, failing: Collection[Verdict] = FAILING) -> Standing:
    """Return how ``case`` stands when the verdicts in ``failing`` fail."""
    match case.overlay:
        case "xpass":
            return Standing(State.FAILED, _STALE, f"is known to fail, and passes ({_known(case)})")
        case "expired":
            return Standing(State.FAILED, _STALE, f"is known no longer ({_known(case)}): {_departure(case)}")
        case "changed" if case.verdict in failing:
            return Standing(State.FAILED, _KINDS[case.verdict], f"is known to fail in another way: {_departure(case)}")
        case "xfail" if case.verdict in (*failing, Verdict.INCONCLUSIVE):
            return Standing(State.SKIPPED, "xfail", _known(case))
    if case.verdict in failing:
        return Standing(State.FAILED, _KINDS[case.verdict], _departure(case))
    match case.verdict:
        case Verdict.INCONCLUSIVE | Verdict.ERROR:
            return Standing(State.UNDECIDED, _KINDS[case.verdict], case.reason or _departure(case))
        case Verdict.UNSUPPORTED | Verdict.SKIPPED:
            return Standing(State.SKIPPED, _KINDS[case.verdict], case.reason or case.verdict.meaning)
        case _:
            return Standing(State.PASSED)


def run_standing(run: Run, failing: Collection[Verdict] = FAILING) -> Standing | None:
    """Return how ``run`` itself stands, or None where its results say it all.

    A service that sees only results takes a run without failures for a good one: even if hardly a case was played, or
    if what made it fail is in no case, such as a limit or an entry of a baseline.
    """
    if not run.run.complete:
        return Standing(State.UNDECIDED, "harness", f"the run did not finish: {len(run.cases):,} results so far")
    code = next((code for code in ExitCode if code == run.run.exit), ExitCode.OK)
    words = f"exit {int(code)}, {code.words}"
    if code in _WITHOUT_JUDGEMENT:
        return Standing(State.UNDECIDED, "harness", words)
    if code in (ExitCode.FAILURES, ExitCode.STALE_BASELINE) and not any(
        standing(case, failing).state is State.FAILED for case in run.cases
    ):
        kind = _STALE if code is ExitCode.STALE_BASELINE else "run"
        return Standing(State.FAILED, kind, f"the run ended with {words}; that is about no single case")
    return None


def targets(run: Run) -> Mapping[str, Target]:
    """Return the targets of ``run`` under each word by which a result may name them: the name and the id."""
    return {target.id: target for target in run.targets} | {target.name: target for target in run.targets}


def by_target(run: Run) -> list[tuple[Target, list[CaseResult]]]:
    """Return the targets of ``run`` by name, each with its results; one that only results name comes last."""
    known = dict(targets(run))
    found: dict[str, tuple[Target, list[CaseResult]]] = {target.name: (target, []) for target in run.targets}
    for case in run.cases:
        if case.target not in known:
            known[case.target] = Target(id=case.target, name=case.target, role="server")
        target = known[case.target]
        found.setdefault(target.name, (target, []))[1].append(case)
    return list(found.values())


def started_at(run: Run) -> datetime | None:
    """Return when ``run`` began, in UTC, or None if its record does not say so in RFC 3339."""
    try:
        started = datetime.fromisoformat(run.run.started)
        return None if started.tzinfo is None else started.astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def area(case: CaseResult) -> str:
    """Return the first part of the id of ``case``."""
    return case.id.partition("/")[0]


def known_words(known: Known) -> str:
    """Return what a baseline says of a known failure.

    >>> known_words(Known(reason="masks are optional here", issue="#412", expires="2027-01-31"))
    '#412 until 2027-01-31: masks are optional here'
    """
    until = f"until {known.expires}" if known.expires else None
    place = " ".join(filter(None, (known.issue, until)))
    return ": ".join(filter(None, (place, known.reason)))


def _known(case: CaseResult) -> str:
    """Return what a baseline says of ``case``, by the first check that has its overlay."""
    known = (check.known for check in case.checks if check.overlay == case.overlay)
    return next((known_words(each) for each in known if each is not None), "known failure")


def _departure(case: CaseResult) -> str:
    """Return the rule that ``case`` is about and what was seen."""
    check = gravest_check(case)
    return (case.reason or case.observed or case.verdict.meaning) if check is None else _sentence(check)


def _sentence(check: Check) -> str:
    return ": ".join(filter(None, (check.requirement, check.message or check.observed)))
