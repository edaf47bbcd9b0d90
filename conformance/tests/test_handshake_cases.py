"""Which cases of the opening handshake ask something of the server that answers, and what they find lenient."""

from __future__ import annotations

import pytest
from ws_conformance.cases.handshake import CASES
from ws_conformance.judging import case_verdict, checks
from ws_conformance.memory import rehearse
from ws_conformance.model import Setting
from ws_conformance.mutants.handshake_refusal import MUTANTS
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


@pytest.mark.parametrize(("through_a_proxy", "verdict"), [(False, Verdict.FAIL), (True, Verdict.LENIENT)])
def test_a_proxy_may_take_upgrade_out_of_a_426(through_a_proxy: bool, verdict: Verdict) -> None:
    (case,) = (case for case in CASES if case.id == "handshake/version/426-carries-upgrade")
    (mutant,) = (mutant for mutant in MUTANTS if mutant.breaks == ("9110/15.5.22/a-426-carries-upgrade",))

    result = rehearse(case, mutant.make(Role.SERVER), Role.SERVER, setting=Setting(through_a_proxy=through_a_proxy))

    assert case_verdict(checks(result)) is verdict
