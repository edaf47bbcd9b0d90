"""Which cases of the opening handshake ask something of the server that answers, and what they find lenient."""

from __future__ import annotations

import pytest
from ws_conformance.cases.handshake import CASES
from ws_conformance.judging import case_verdict, checks
from ws_conformance.memory import rehearse
from ws_conformance.mutants.liars import ClosesAtOnce
from ws_conformance.peer import Role
from ws_reports.record import Verdict


def test_most_cases_run_against_any_server() -> None:
    needy = [case.id for case in CASES if case.needs]

    assert needy == ["handshake/answer/frames-follow", "handshake/early-frames/ping", "handshake/early-frames/text"]


@pytest.mark.parametrize("words", ["50-of-them", "50-parameters"])
def test_tcp_that_ends_for_many_offers_may_have_ended_for_their_size(words: str) -> None:
    (case,) = (case for case in CASES if case.id == f"handshake/extension/unknown-{words}")

    result = rehearse(case, ClosesAtOnce(), Role.SERVER)

    assert case_verdict(checks(result)) is Verdict.LENIENT
    assert [departure.requirement for departure in result.finding.departures] == ["9110/5.4/too-large-fields-get-a-4xx"]
