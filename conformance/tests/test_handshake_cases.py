"""The cases of the opening handshake can fail, and the faults of servers in it are noticed."""

from __future__ import annotations

from functools import cache

import pytest
from ws_conformance.cases.handshake import CASES
from ws_conformance.catalogue import Grade, grade
from ws_conformance.memory import Delivery, byte_by_byte, rehearse, whole
from ws_conformance.model import Case, Outcome
from ws_conformance.mutants.base import Mutant, reference_peer
from ws_conformance.mutants.handshake import MUTANTS
from ws_conformance.peer import Role

pytestmark = pytest.mark.exhaustive


@cache
def notices(case: Case, mutant: Mutant) -> bool:
    """Return whether a report on ``mutant`` would say anything but "pass" or "info" of ``case``."""
    finding = rehearse(case, mutant.make(Role.SERVER), Role.SERVER).finding
    return finding.outcome is Outcome.FAILED or any(
        grade(departure.requirement) is not Grade.INFO for departure in finding.departures
    )


@pytest.mark.parametrize("delivery", [whole, byte_by_byte])
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_the_reference_passes(case: Case, delivery: Delivery) -> None:
    finding = rehearse(case, reference_peer(Role.SERVER), Role.SERVER, delivery=delivery).finding

    assert (finding.outcome, finding.departures) == (Outcome.PLAYED, ())


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name)
def test_a_case_about_what_it_breaks_notices_the_mutant(mutant: Mutant) -> None:
    about_it = [case for case in CASES if set(mutant.breaks) & set(case.verifies)]

    assert any(notices(case, mutant) for case in about_it)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_the_case_can_fail(case: Case) -> None:
    assert any(notices(case, mutant) for mutant in MUTANTS)


def test_most_cases_run_against_any_server() -> None:
    needy = [case.id for case in CASES if case.needs]

    assert needy == ["handshake/answer/frames-follow", "handshake/early-frames/ping", "handshake/early-frames/text"]


def test_ids_and_names_are_unique() -> None:
    assert len({case.id for case in CASES}) == len(CASES)
    assert len({mutant.name for mutant in MUTANTS}) == len(MUTANTS)
