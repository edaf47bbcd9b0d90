"""The cases about clients: the reference passes them, every mutant is noticed, every case notices one."""

from __future__ import annotations

import pytest
from ws_conformance.cases.client import CASES
from ws_conformance.catalogue import Grade, grade
from ws_conformance.memory import Delivery, byte_by_byte, rehearse, whole
from ws_conformance.model import Case, Finding, Outcome
from ws_conformance.mutants.base import MakePeer, Mutant, reference_peer
from ws_conformance.mutants.client import MUTANTS
from ws_conformance.peer import Role

pytestmark = pytest.mark.exhaustive


def finding(case: Case, make: MakePeer = reference_peer, delivery: Delivery = whole) -> Finding:
    return rehearse(case, make(Role.CLIENT), Role.CLIENT, delivery=delivery).finding


def notices(case: Case, mutant: Mutant) -> bool:
    found = finding(case, mutant.make)
    return found.outcome is Outcome.FAILED or any(
        grade(departure.requirement) is not Grade.INFO for departure in found.departures
    )


def is_about(case: Case, mutant: Mutant) -> bool:
    return bool(set(case.verifies) & set(mutant.breaks))


@pytest.mark.parametrize("delivery", [whole, byte_by_byte])
def test_the_reference_passes_every_case_about_clients(delivery: Delivery) -> None:
    found = {case.id: finding(case, delivery=delivery) for case in CASES}

    assert [key for key, each in found.items() if each.outcome is not Outcome.PLAYED or each.departures] == []


def test_every_faulty_client_is_noticed_by_a_case_about_what_it_breaks() -> None:
    unnoticed = [
        mutant.name for mutant in MUTANTS if not any(notices(case, mutant) for case in CASES if is_about(case, mutant))
    ]

    assert unnoticed == []


def test_every_case_about_clients_notices_a_faulty_one() -> None:
    noticing_none = [
        case.id
        for case in CASES
        if not any(
            notices(case, mutant) for mutant in sorted(MUTANTS, key=lambda mutant: is_about(case, mutant), reverse=True)
        )
    ]

    assert noticing_none == []
