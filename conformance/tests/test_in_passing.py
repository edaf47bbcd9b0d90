from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from ws_conformance.cases import ALL_CASES
from ws_conformance.in_passing import counted_as_before, counted_once
from ws_conformance.memory import rehearse
from ws_conformance.mutants.base import MakePeer, Tampered, reference_peer, without_rule
from ws_conformance.mutants.deflate_negotiation import agreeing
from ws_conformance.mutants.handshake_answer import answering
from ws_conformance.peer import Peer, Role
from ws_conformance.recording import record_result
from ws_reference.rules import frame_from_client_is_masked
from ws_reports.record import CaseResult, Verdict

BY_ID = {case.id: case for case in ALL_CASES}
LENGTH = "9110/8.6/no-content-length-in-a-101"
ABOUT_IT = "handshake/answer/valid-request"
EMPTY, TEXT, UNMASKED = "control/ping/empty", "control/ping/13-bytes", "framing/mask/unmasked-text"

WITH_A_LENGTH = answering(Content_Length="0")


def played(make: MakePeer, *ids: str, target: str = "t1", begin: int = 1) -> list[CaseResult]:
    """Return what comes of the cases ``ids``, in this order, against servers that ``make`` makes."""
    results = []
    for n, case_id in enumerate(ids, start=begin):
        result = rehearse(BY_ID[case_id], make(Role.SERVER), Role.SERVER)
        results.append(record_result(result, n=n, target=target, seconds=0.0, run_id="TEST"))
    return results


def counted(results: Sequence[CaseResult]) -> list[CaseResult]:
    others = {case.n: case for case in counted_once(results)}
    return [others.get(case.n, case) for case in results]


def verdicts(results: Sequence[CaseResult]) -> list[Verdict]:
    return [case.verdict for case in results]


def checks(case: CaseResult, requirement: str = LENGTH) -> list[tuple[Verdict, str]]:
    return [(check.verdict, check.message) for check in case.checks if check.requirement == requirement]


def test_a_breach_counts_in_the_cases_that_are_about_it() -> None:
    results = played(WITH_A_LENGTH, EMPTY, ABOUT_IT, TEXT)
    assert verdicts(results) == [Verdict.FAIL] * 3

    now = counted(results)

    assert verdicts(now) == [Verdict.PASS, Verdict.FAIL, Verdict.PASS]
    assert checks(now[0]) == [(Verdict.INFO, f'Content-Length: "0" in a 101; counts in {ABOUT_IT}')]
    assert checks(now[1]) == [(Verdict.FAIL, 'Content-Length: "0" in a 101')]


def test_a_breach_that_no_such_case_shows_counts_in_the_first_that_does_whatever_came_in_first() -> None:
    results = played(WITH_A_LENGTH, EMPTY, TEXT, UNMASKED)

    assert verdicts(counted(results)) == [Verdict.FAIL, Verdict.PASS, Verdict.PASS]
    assert verdicts(counted(results[::-1])) == [Verdict.PASS, Verdict.PASS, Verdict.FAIL]


def test_another_breach_of_the_same_requirement_counts_for_itself() -> None:
    results = [*played(WITH_A_LENGTH, EMPTY, TEXT), *played(answering(Content_Length="5"), EMPTY, TEXT, begin=3)]

    assert verdicts(counted(results)) == [Verdict.FAIL, Verdict.PASS, Verdict.FAIL, Verdict.PASS]


def test_each_target_answers_for_its_own() -> None:
    results = [*played(WITH_A_LENGTH, EMPTY, TEXT), *played(WITH_A_LENGTH, EMPTY, TEXT, target="t2", begin=3)]

    assert verdicts(counted(results)) == [Verdict.FAIL, Verdict.PASS, Verdict.FAIL, Verdict.PASS]


def test_what_a_case_fails_by_itself_it_goes_on_failing_by() -> None:
    def careless(role: Role) -> Peer:
        inner = without_rule(frame_from_client_is_masked)(role)
        return Tampered(inner, outgoing=lambda data: data.replace(b"\r\n\r\n", b"\r\nContent-Length: 0\r\n\r\n"))

    (_, case) = counted(played(careless, EMPTY, UNMASKED))

    assert case.verdict is Verdict.FAIL
    assert [check.requirement for check in case.checks if check.verdict is Verdict.FAIL] == [
        "6455/5.1/unmasked-frame-closes-the-connection"
    ]


def test_a_case_about_another_agreement_is_unsupported_and_says_why() -> None:
    silent = agreeing(lambda offer, agreed: replace(agreed, server_max_window_bits=None))
    results = played(
        silent, "deflate/offer/server-window-10", "deflate/agreed/server-that-keeps-to-9-bits-reads-distance-32768"
    )

    now = counted(results)

    assert verdicts(now) == [Verdict.FAIL, Verdict.UNSUPPORTED]
    assert "is about a target that agrees to compress as the case needs it" in str(now[1].reason)


def test_a_target_without_a_fault_is_left_as_it_is() -> None:
    assert list(counted_once(played(reference_peer, EMPTY, ABOUT_IT, UNMASKED))) == []


def test_what_counted_elsewhere_counts_there_when_a_case_is_played_again() -> None:
    before = counted(played(WITH_A_LENGTH, ABOUT_IT, EMPTY))[1]
    (again,) = played(WITH_A_LENGTH, EMPTY, begin=2)
    (another,) = played(answering(Content_Length="5"), EMPTY, begin=2)

    assert counted_as_before(before, again).verdict is Verdict.PASS
    assert counted_as_before(before, another).verdict is Verdict.FAIL
