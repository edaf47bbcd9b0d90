"""From a finding to verdicts: the examiner says what was departed from, the catalogue what that is worth."""

from __future__ import annotations

from collections.abc import Iterable

from ws_reports.record import Check, Verdict

from .catalogue import Grade, grade
from .model import Departure, Finding, Outcome, RequirementId, Result, Way

_VERDICTS = {Grade.FAIL: Verdict.FAIL, Grade.LENIENT: Verdict.LENIENT, Grade.INFO: Verdict.INFO}

_TAKEN_OUT_BY_PROXIES: frozenset[RequirementId] = frozenset({"9110/15.5.22/a-426-carries-upgrade"})
"""Requirements of fields that an intermediary does not pass on (RFC 9110 §7.6.1; policy page, A98)."""

_GRAVEST_FIRST = (
    Verdict.FAIL,
    Verdict.INCONCLUSIVE,
    Verdict.LENIENT,
    Verdict.INFO,
    Verdict.PASS,
    Verdict.UNSUPPORTED,
)


def checks(result: Result) -> tuple[Check, ...]:
    """Return a check for each requirement that the case verifies or the target departed from."""
    finding = result.finding
    departed = {departure.requirement for departure in finding.departures}
    return (
        *(_departed(departure, result) for departure in finding.departures),
        *(_kept(requirement, finding) for requirement in result.case.verifies if requirement not in departed),
    )


def graded(requirement: RequirementId) -> Verdict:
    """Return what it comes to when ``requirement`` is departed from."""
    return _VERDICTS[grade(requirement)]


def case_verdict(found: Iterable[Check]) -> Verdict:
    """Return the word for a whole case: the gravest of its checks."""
    return min((check.verdict for check in found), key=_GRAVEST_FIRST.index)


def _departed(departure: Departure, result: Result) -> Check:
    finding = result.finding
    verdict = graded(departure.requirement)
    if result.setting.through_a_proxy and departure.requirement in _TAKEN_OUT_BY_PROXIES:
        verdict = Verdict.LENIENT
    is_the_failed_step = departure.way is Way.STEP
    return Check(
        id=departure.requirement.rpartition("/")[2],
        requirement=departure.requirement,
        verdict=verdict,
        accepted=finding.accepted if is_the_failed_step else (),
        observed=finding.observed if is_the_failed_step else departure.detail,
        signature=_signature(departure, finding),
        cause=_cause(departure, finding) if is_the_failed_step else None,
        message=departure.detail,
    )


def _signature(departure: Departure, finding: Finding) -> str:
    """Name the way of a departure without its particulars."""
    return f"{departure.requirement}: {finding.kind}" if departure.way is Way.STEP else departure.requirement


def _cause(departure: Departure, finding: Finding) -> str:
    """Return the smallest fact behind a failed step: the examiner's, or else which rule was broken, and by what."""
    rule = departure.requirement.rpartition("/")[2].replace("-", " ")
    return finding.cause or f"{rule}: {finding.kind}"


def _kept(requirement: RequirementId, finding: Finding) -> Check:
    undecided = requirement in finding.undecided
    without = Verdict.UNSUPPORTED if finding.outcome is Outcome.UNSUPPORTED else Verdict.INCONCLUSIVE
    return Check(
        id=requirement.rpartition("/")[2],
        requirement=requirement,
        verdict=without if undecided else Verdict.PASS,
        message=finding.reason if undecided else "",
    )
