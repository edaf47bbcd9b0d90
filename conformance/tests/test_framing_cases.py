"""The cases about frames: the reference passes them, and between them and the mutants nothing goes unnoticed."""

from __future__ import annotations

from functools import cache

import pytest
from ws_conformance.cases.framing import CASES
from ws_conformance.catalogue import Grade, grade
from ws_conformance.memory import Delivery, byte_by_byte, rehearse, whole
from ws_conformance.model import Case, Need, Outcome, Setting
from ws_conformance.mutants.base import Mutant, reference_peer
from ws_conformance.mutants.framing import MUTANTS
from ws_conformance.peer import Role

pytestmark = pytest.mark.exhaustive

ABILITIES = (frozenset(Need), frozenset({Need.ECHO}), frozenset[Need]())
"""What a mutant may be thought able to do. One that cannot even pass a control is not judged by it."""


@cache
def notices(case: Case, mutant: Mutant, role: Role) -> bool:
    """Return whether ``case`` shows that something is wrong with ``mutant``."""
    for can in ABILITIES:
        if case.needs <= can:
            finding = rehearse(case, mutant.make(role), role, setting=Setting(can=can)).finding
            if finding.outcome is Outcome.FAILED or any(
                grade(departure.requirement) in (Grade.FAIL, Grade.LENIENT) for departure in finding.departures
            ):
                return True
    return False


@pytest.mark.parametrize("delivery", [whole, byte_by_byte])
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_the_reference_passes(case: Case, delivery: Delivery) -> None:
    for role in case.roles:
        finding = rehearse(case, reference_peer(role), role, delivery=delivery).finding

        assert (finding.outcome, finding.departures) == (Outcome.PLAYED, ()), finding.reason


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name)
def test_a_mutant_is_noticed_in_each_role_by_a_case_about_what_it_breaks(mutant: Mutant) -> None:
    for role in mutant.roles:
        about_it = [case for case in CASES if role in case.roles and set(case.verifies) & set(mutant.breaks)]

        assert any(notices(case, mutant, role) for case in about_it)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_a_case_notices_a_mutant(case: Case) -> None:
    about_it = [mutant for mutant in MUTANTS if set(case.verifies) & set(mutant.breaks)]

    assert any(notices(case, mutant, role) for mutant in about_it for role in case.roles & mutant.roles)
