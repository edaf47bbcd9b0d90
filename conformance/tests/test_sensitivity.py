"""The suite's proof of its own teeth: all cases against all faulty copies of the reference, in both directions."""

from __future__ import annotations

from collections import Counter

import pytest
from ws_conformance.cases import CASES
from ws_conformance.catalogue import load_catalogue
from ws_conformance.matrix import matrix_in_parallel, notices, rehearse_probed
from ws_conformance.model import Outcome
from ws_conformance.mutants import MUTANTS
from ws_conformance.mutants.liars import LIARS
from ws_conformance.peer import Role

pytestmark = pytest.mark.exhaustive

FEWEST_MUTANTS = 250


@pytest.mark.parametrize("role", Role)
def test_every_mutant_is_noticed_and_every_case_notices_one(role: Role) -> None:
    found = matrix_in_parallel(CASES, MUTANTS, role)

    assert [mutant.name for mutant in found.unnoticed] == []
    assert [case.id for case in found.blind] == []


def test_there_are_many_mutants_and_no_two_of_a_name() -> None:
    assert len([mutant for mutant in MUTANTS if Role.SERVER in mutant.roles]) >= FEWEST_MUTANTS
    assert [name for name, count in Counter(mutant.name for mutant in MUTANTS).items() if count > 1] == []


def test_what_a_mutant_breaks_is_in_the_catalogue() -> None:
    assert {r for mutant in MUTANTS for r in mutant.breaks} <= load_catalogue().keys()


@pytest.mark.parametrize("liar", LIARS, ids=lambda liar: liar.name)
def test_no_area_is_passed_by_a_liar(liar: object) -> None:
    mutant = next(each for each in LIARS if each is liar)
    passed: dict[str, bool] = {}
    for case in CASES:
        if Role.SERVER in case.roles:
            result = rehearse_probed(case, mutant, Role.SERVER)
            failed = notices(result) or result.finding.outcome is Outcome.UNDECIDED
            passed[case.area] = passed.get(case.area, True) and not failed

    assert [area for area, all_passed in passed.items() if all_passed] == []
