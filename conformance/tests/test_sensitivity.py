"""The suite's proof of its own teeth: all cases against all faulty copies of the reference, in both directions."""

from __future__ import annotations

from collections import Counter
from functools import cache
from itertools import product

import pytest
from ws_conformance.cases import CASES
from ws_conformance.catalogue import Grade, load_catalogue
from ws_conformance.matrix import Matrix, matrix_in_parallel, notices, rehearse_probed
from ws_conformance.model import Case, Outcome
from ws_conformance.mutants import MUTANTS, Mutant
from ws_conformance.mutants.liars import LIARS
from ws_conformance.peer import Role

pytestmark = pytest.mark.exhaustive

FEWEST_MUTANTS = 250


@cache
def played(role: Role) -> Matrix:
    return matrix_in_parallel(CASES, MUTANTS, role)


@pytest.mark.parametrize("role", Role)
def test_every_mutant_is_noticed_and_every_case_notices_one(role: Role) -> None:
    found = played(role)

    assert [mutant.name for mutant in found.unnoticed] == []
    assert [case.id for case in found.blind] == []


@pytest.mark.parametrize("role", Role)
def test_every_duty_that_a_case_verifies_is_seen_broken_in_some_mutant(role: Role) -> None:
    """Then a report can say of it something else than that all is well."""
    verified = {requirement for case in CASES if role in case.roles for requirement in case.verifies}
    duties = {
        each.id
        for each in load_catalogue().values()
        if role in each.binds and each.untestable is None and each.grade is not Grade.INFO and not each.restates
    }

    unseen = (duties & verified) - played(role).departed
    mine = [case for case in CASES if role in case.roles]
    faulty = (*LIARS, *(mutant for mutant in MUTANTS if role in mutant.roles))
    for case, mutant in product(mine, faulty):
        if not unseen.isdisjoint(case.verifies):
            finding = rehearse_probed(case, mutant, role).finding
            unseen -= {departure.requirement for departure in finding.departures}

    assert sorted(unseen) == []


def test_there_are_many_mutants_and_no_two_of_a_name() -> None:
    assert len([mutant for mutant in MUTANTS if Role.SERVER in mutant.roles]) >= FEWEST_MUTANTS
    assert [name for name, count in Counter(mutant.name for mutant in MUTANTS).items() if count > 1] == []


def test_what_a_mutant_breaks_is_in_the_catalogue() -> None:
    assert {r for mutant in MUTANTS for r in mutant.breaks} <= load_catalogue().keys()


@pytest.mark.parametrize("liar", LIARS, ids=lambda liar: liar.name)
def test_no_area_is_passed_by_a_liar(liar: Mutant) -> None:
    mine = [case for case in CASES if Role.SERVER in case.roles]
    areas = {case.area for case in mine}

    caught = {area for area in areas if any(catches(case, liar) for case in mine if case.area == area)}

    assert areas - caught == set()


def catches(case: Case, liar: Mutant) -> bool:
    result = rehearse_probed(case, liar, Role.SERVER)
    return notices(result) or result.finding.outcome is Outcome.UNDECIDED
