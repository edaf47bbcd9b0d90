"""The cases about the negotiation of permessage-deflate: the reference passes them, faulty copies do not."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial

import pytest
from ws_conformance.cases.deflate import negotiation, negotiation_client
from ws_conformance.catalogue import Grade, grade, load_catalogue
from ws_conformance.memory import rehearse
from ws_conformance.model import Case, Finding, Outcome
from ws_conformance.mutants.base import MakePeer, reference_peer
from ws_conformance.mutants.deflate_negotiation import (
    CLIENT_FORGETS,
    CLIENT_WINDOW,
    MUTANTS,
    SERVER_FORGETS,
    SERVER_WINDOW,
    element,
    negotiating_peer,
    offering,
    with_negotiation,
)
from ws_conformance.peer import Role
from ws_reference import DeflateNegotiation, Endpoint, Parameters

pytestmark = pytest.mark.exhaustive

CASES = {Role.SERVER: negotiation.CASES, Role.CLIENT: negotiation_client.CASES}

SERVERS: tuple[MakePeer, ...] = (
    negotiating_peer,
    *(
        with_negotiation(partial(DeflateNegotiation, wishes=wishes))
        for wishes in (
            Parameters(server_no_context_takeover=True, client_no_context_takeover=True),
            Parameters(server_max_window_bits=9, client_max_window_bits=9),
            Parameters(server_max_window_bits=15, client_max_window_bits=15),
        )
    ),
)
"""Servers that compress, each with other wishes."""

CLIENTS: tuple[MakePeer, ...] = (
    negotiating_peer,
    reference_peer,
    offering(element()),
    offering(element(CLIENT_FORGETS, f"{CLIENT_WINDOW}=10")),
    offering(element(SERVER_FORGETS)),
    offering(element(SERVER_FORGETS, f"{SERVER_WINDOW}=12")),
    offering(element(f"{SERVER_WINDOW}=10", CLIENT_WINDOW), element(CLIENT_WINDOW)),
    offering(element(f"{SERVER_WINDOW}=10"), element(CLIENT_WINDOW)),
)
"""Clients that make different offers."""

MAKERS = [(Role.SERVER, make) for make in SERVERS] + [(Role.CLIENT, make) for make in CLIENTS]


def finding(case: Case, make: MakePeer, role: Role) -> Finding:
    return rehearse(case, make(role), role).finding


def not_passed(cases: Iterable[Case], make: MakePeer, role: Role) -> list[str]:
    """Return the cases that say something against the target. Those that do not go with its offer say nothing."""
    found = {case.id: finding(case, make, role) for case in cases}
    return [key for key, each in found.items() if each.outcome is Outcome.FAILED or is_remarkable(each)]


def is_remarkable(found: Finding) -> bool:
    return any(grade(departure.requirement) is not Grade.INFO for departure in found.departures)


@pytest.mark.parametrize(("role", "make"), MAKERS)
def test_no_case_says_anything_against_the_reference(role: Role, make: MakePeer) -> None:
    assert not_passed(CASES[role], make, role) == []


def test_a_server_without_compression_passes_all_that_does_not_need_it() -> None:
    cases = [case for case in negotiation.CASES if not case.needs]

    assert len(cases) > 100
    assert not_passed(cases, reference_peer, Role.SERVER) == []


@pytest.mark.parametrize("role", Role)
def test_every_case_is_played_to_its_end_by_a_sound_reference(role: Role) -> None:
    makers = [make for each, make in MAKERS if each is role]

    undecided = [
        case.id
        for case in CASES[role]
        if all(finding(case, make, role).outcome is not Outcome.PLAYED for make in makers)
    ]

    assert undecided == []


def test_names_and_requirements_hold_together() -> None:
    catalogue = load_catalogue()
    ids = [case.id for cases in CASES.values() for case in cases]
    names = [mutant.name for mutant in MUTANTS]

    assert len(set(ids)) == len(ids)
    assert len(set(names)) == len(names)
    assert {r for cases in CASES.values() for case in cases for r in case.verifies} <= catalogue.keys()
    assert {r for mutant in MUTANTS for r in mutant.breaks} <= catalogue.keys()


class ClosesWith1010(Endpoint):
    """A client that opens whatever it is answered, and closes at once."""

    def _open(self, agreed: Parameters | None) -> None:
        super()._open(agreed)
        assert self.connection is not None
        self.connection.close(1010, "cannot go on with this")


def test_a_client_that_closes_with_1010_is_as_good_as_one_that_fails() -> None:
    negotiation_of_all = partial(DeflateNegotiation, answer_rules=())
    cases = [case for case in negotiation_client.CASES if case.id.startswith("deflate/answer/faulty-")]

    found = [
        finding(
            case,
            lambda role: negotiating_peer(role, negotiation=negotiation_of_all, endpoint=ClosesWith1010),
            Role.CLIENT,
        )
        for case in cases
    ]

    assert len(found) > 50
    assert [each.outcome for each in found if each.outcome is not Outcome.PLAYED or each.departures] == []
