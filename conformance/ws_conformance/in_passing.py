"""What a target does wrong in passing, whatever a case is about: it counts once in a run, not wherever it shows.

A target that puts a length into each 101 breaks one requirement, and nearly every case has a 101 in it. If all of them
failed by that, nobody could see what else is wrong. So a breach is held against the cases that are about it; if it
shows in none of those, against the first case that shows it, to the particulars. Elsewhere it is a note, and what is
left gives the verdict (policy page, A96).
"""

from __future__ import annotations

from collections.abc import Collection, Iterator

from msgspec.structs import replace
from ws_reports.record import CaseResult, Check, Verdict

from .judging import case_verdict
from .seen_in_bytes import SEEN_IN_BYTES

_DEPARTED = frozenset({Verdict.FAIL, Verdict.LENIENT})
_COUNTS_IN = "; counts in "
_WITHOUT_VERDICT = frozenset({Verdict.UNSUPPORTED, Verdict.INCONCLUSIVE})


def counted_once(cases: Collection[CaseResult]) -> Iterator[CaseResult]:
    """Yield those of ``cases`` that come out otherwise when each breach in passing counts once for its target."""
    in_order = sorted(cases, key=lambda case: case.n)
    about = {
        (case.target, check.requirement): case
        for case in reversed(in_order)
        for check in case.checks
        if check.verdict in _DEPARTED and check.requirement in case.requirements
    }
    first: dict[tuple[str, str, str], CaseResult] = {}
    for case in in_order:
        notes: dict[Check, Check] = {}
        for check in filter(_is_in_passing, case.checks):
            if check.requirement not in case.requirements:
                key = (case.target, check.requirement, check.message)
                counts_in = about.get(key[:2]) or first.setdefault(key, case)
                if counts_in is not case:
                    notes[check] = _note(check, counts_in)
        if notes:
            yield _with_notes(case, notes)


def counted_as_before(before: CaseResult, again: CaseResult) -> CaseResult:
    """Return ``again``, the same case alone, with what counted elsewhere in the run of ``before`` as notes."""
    noted = {(check.requirement, check.message): check for check in before.checks if check.verdict is Verdict.INFO}
    notes = {
        check: note
        for check in filter(_is_in_passing, again.checks)
        for (requirement, message), note in noted.items()
        if requirement == check.requirement and message.startswith(f"{check.message}{_COUNTS_IN}")
    }
    return _with_notes(again, notes) if notes else again


def _is_in_passing(check: Check) -> bool:
    """Return whether ``check`` is a breach that an observer saw, and no step that was not met."""
    return check.verdict in _DEPARTED and check.requirement in SEEN_IN_BYTES and not check.accepted


def _note(check: Check, counts_in: CaseResult) -> Check:
    return replace(check, verdict=Verdict.INFO, message=f"{check.message}{_COUNTS_IN}{counts_in.id}")


def _with_notes(case: CaseResult, notes: dict[Check, Check]) -> CaseResult:
    left = [check for check in case.checks if check not in notes]
    verdict = case_verdict(left)
    reason = next((check.message for check in left if check.verdict is verdict in _WITHOUT_VERDICT), case.reason)
    return replace(case, checks=tuple(notes.get(check, check) for check in case.checks), verdict=verdict, reason=reason)
