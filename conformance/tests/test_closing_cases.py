from __future__ import annotations

from collections.abc import Iterator
from functools import cache

import pytest
from ws_conformance.cases.closing import CASES
from ws_conformance.catalogue import load_catalogue
from ws_conformance.matrix import notices
from ws_conformance.memory import Delivery, byte_by_byte, rehearse, whole
from ws_conformance.model import Case, Outcome
from ws_conformance.mutants.base import Mutant, reference_peer
from ws_conformance.mutants.closing import MUTANTS
from ws_conformance.peer import Role

pytestmark = pytest.mark.exhaustive


def plays(case: Case) -> list[Role]:
    return [role for role in Role if role in case.roles]


def is_noticed(mutant: Mutant, case: Case) -> bool:
    """Say whether ``case`` gives ``mutant`` anything but a pass, in a role in which it is faulty."""
    return any(notices(rehearse(case, mutant.make(role), role)) for role in mutant.roles & case.roles)


@cache
def matrix() -> dict[str, frozenset[str]]:
    """Return, for each mutant, the ids of the cases that notice it."""
    return {mutant.name: frozenset(case.id for case in CASES if is_noticed(mutant, case)) for mutant in MUTANTS}


def cases_about(mutant: Mutant) -> Iterator[str]:
    return (case.id for case in CASES if set(case.verifies) & set(mutant.breaks))


@pytest.mark.parametrize("delivery", [whole, byte_by_byte])
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_the_reference_passes_without_a_departure(case: Case, delivery: Delivery) -> None:
    for role in plays(case):
        finding = rehearse(case, reference_peer(role), role, delivery=delivery).finding

        assert (finding.outcome, finding.departures) == (Outcome.PLAYED, ()), finding.reason


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name)
def test_each_mutant_is_noticed_by_a_case_about_what_it_breaks(mutant: Mutant) -> None:
    assert matrix()[mutant.name].intersection(cases_about(mutant))


def test_each_case_notices_a_mutant() -> None:
    noticing = frozenset().union(*matrix().values())

    assert {case.id for case in CASES} - noticing == set()


def test_names_of_mutants_are_unique() -> None:
    assert len({mutant.name for mutant in MUTANTS}) == len(MUTANTS)


def test_what_mutants_break_is_in_the_catalogue() -> None:
    assert {requirement for mutant in MUTANTS for requirement in mutant.breaks} <= load_catalogue().keys()
