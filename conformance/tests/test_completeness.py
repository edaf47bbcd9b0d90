"""Every requirement that binds servers and can be tested is looked at by a case, and that case can see a fault."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator
from importlib.resources import files

import pytest
from ws_conformance.cases import CASES
from ws_conformance.catalogue import Grade, Requirement, load_catalogue
from ws_conformance.coverage import covering
from ws_conformance.matrix import rehearse_probed
from ws_conformance.model import Case
from ws_conformance.mutants import MUTANTS, Mutant
from ws_conformance.peer import Role

pytestmark = pytest.mark.exhaustive

HANDSHAKE_AND_FRAMES = frozenset({3629, 3986, 4648, 6455, 9110, 9112})
"""The RFCs that a server without extensions is tested by. Extensions have RFCs and cases of their own."""

SERVER_CASES = tuple(case for case in CASES if Role.SERVER in case.roles)
VERIFIED = frozenset(requirement for case in SERVER_CASES for requirement in case.verifies)
OBSERVING = ("observer.py", "head_breaches.py", "refusal.py")


def requirements() -> list[Requirement]:
    return [
        requirement
        for requirement in load_catalogue().values()
        if requirement.rfc in HANDSHAKE_AND_FRAMES
        and Role.SERVER in requirement.binds
        and requirement.untestable is None
    ]


def is_looked_at(requirement: Requirement) -> bool:
    return requirement.id in VERIFIED or any(other in VERIFIED for other in requirement.restates)


def test_every_testable_requirement_of_servers_is_verified_by_a_case() -> None:
    assert [requirement.id for requirement in requirements() if not is_looked_at(requirement)] == []


@pytest.mark.parametrize("module", OBSERVING)
def test_whatever_the_examiner_finds_on_the_way_is_verified_by_a_case(module: str) -> None:
    source = (files("ws_conformance") / module).read_text("utf-8")
    catalogue = load_catalogue()
    found = {catalogue[each] for each in re.findall(r'"(\d{4}/\d[\d.]*/[a-z0-9.-]+)"', source)}
    here = [each.id for each in found if each.rfc in HANDSHAKE_AND_FRAMES and Role.SERVER in each.binds]

    assert here
    assert sorted(set(here) - VERIFIED) == []


def test_every_duty_of_servers_that_a_case_verifies_is_seen_broken_in_some_mutant() -> None:
    """Then a report can say of it something else than that all is well."""
    unseen = {each.id for each in requirements() if each.id in VERIFIED and each.grade is not Grade.INFO}
    unseen -= {each.id for each in requirements() if each.restates}

    for case, mutant in likely_pairs():
        if not unseen.isdisjoint(case.verifies):
            finding = rehearse_probed(case, mutant, Role.SERVER).finding
            unseen -= {departure.requirement for departure in finding.departures}

    assert sorted(unseen) == []


def likely_pairs() -> Iterator[tuple[Case, Mutant]]:
    """Yield each case with each mutant, first those where the mutant breaks something that the case verifies."""
    pairs = list(itertools.product(SERVER_CASES, (mutant for mutant in MUTANTS if Role.SERVER in mutant.roles)))
    for is_likely in (True, False):
        yield from (pair for pair in pairs if set(pair[1].breaks).isdisjoint(pair[0].verifies) is not is_likely)


def test_a_requirement_that_restates_others_is_covered_by_their_cases() -> None:
    covered = covering(CASES)

    assert covered["6455/11.9/header-bits-are-reserved"] == covered["6455/5.2/reserved-bits-are-zero"]
    assert "framing/mask/header-of-an-answer" in covered["6455/11.8/opcode-is-registered"]
