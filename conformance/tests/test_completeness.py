"""Every requirement that can be tested is looked at by a case."""

from __future__ import annotations

import re
from importlib.resources import files

import pytest
from ws_conformance.cases import CASES
from ws_conformance.catalogue import Requirement, load_catalogue
from ws_conformance.coverage import covering
from ws_conformance.model import Case
from ws_conformance.peer import Role

pytestmark = pytest.mark.exhaustive

OBSERVING = ("observer.py", "deflate_breaches.py", "head_breaches.py", "refusal.py")


def cases_for(role: Role) -> list[Case]:
    return [case for case in CASES if role in case.roles]


def verified(role: Role) -> frozenset[str]:
    return frozenset(requirement for case in cases_for(role) for requirement in case.verifies)


def requirements(role: Role) -> list[Requirement]:
    return [each for each in load_catalogue().values() if role in each.binds and each.untestable is None]


@pytest.mark.parametrize("role", Role)
def test_every_testable_requirement_is_verified_by_a_case(role: Role) -> None:
    covered = covering(CASES, (role,))

    assert [each.id for each in requirements(role) if each.id not in covered] == []


@pytest.mark.parametrize("module", OBSERVING)
@pytest.mark.parametrize("role", Role)
def test_whatever_the_examiner_finds_on_the_way_is_verified_by_a_case(role: Role, module: str) -> None:
    source = (files("ws_conformance") / module).read_text("utf-8")
    catalogue = load_catalogue()
    found = {catalogue[each] for each in re.findall(r'"(\d{4}/\d[\d.]*/[a-z0-9.-]+)"', source)}

    assert found
    assert sorted({each.id for each in found if role in each.binds} - verified(role)) == []


def test_a_requirement_that_restates_others_is_covered_by_their_cases() -> None:
    covered = covering(CASES)

    assert covered["6455/11.9/header-bits-are-reserved"] == covered["6455/5.2/reserved-bits-are-zero"]
    assert "framing/mask/header-of-an-answer" in covered["6455/11.8/opcode-is-registered"]
