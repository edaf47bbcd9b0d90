"""The area limits: the reference passes, mutants are noticed, and all of it takes little room."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
import ws_conformance.cases.limits
from ws_conformance.cases.limits import CASES
from ws_conformance.cases.limits.strain import AFTERMATH, KIB, LIMITS, MIB, RepeatedIs, block
from ws_conformance.catalogue import Grade, grade, load_catalogue
from ws_conformance.memory import Delivery, byte_by_byte, rehearse
from ws_conformance.model import SERVERS, Case, Message, Outcome, Send, SendBytes, steps_for
from ws_conformance.mutants import reference_peer
from ws_conformance.mutants.base import Mutant
from ws_conformance.mutants.limits import MORTALS, MUTANTS, Mortal
from ws_conformance.peer import Chunk, Role
from ws_conformance.vocabulary import opened
from ws_conformance.wire import BINARY, TEXT

pytestmark = pytest.mark.exhaustive

FINE_BYTES = 4 * KIB
"""How much of a conversation is delivered byte by byte; the rest follows in pieces of an odd length."""

PIECE = 9_973

SMOKE = Case(
    id="smoke/opens",
    roles=SERVERS,
    verifies=("6455/10.1/server-trusts-no-input",),
    steps=opened(),
    because="§10.1: the server goes on serving others.",
)


def finely() -> Delivery:
    """Return a delivery for one conversation."""
    left = FINE_BYTES

    def delivery(chunks: list[Chunk]) -> Iterator[Chunk]:
        nonlocal left
        for chunk in chunks:
            if isinstance(chunk, bytes):
                fine, rest = chunk[:left], chunk[left:]
                left -= len(fine)
                yield from byte_by_byte([fine])
                yield from (rest[place : place + PIECE] for place in range(0, len(rest), PIECE))
            else:
                yield chunk

    return delivery


def concerns(case: Case, mutant: Mutant) -> bool:
    return not set(case.verifies).isdisjoint(mutant.breaks)


def notices(case: Case, mutant: Mutant, role: Role) -> bool:
    finding = rehearse(case, mutant.make(role), role).finding
    return any(grade(departure.requirement) is not Grade.INFO for departure in finding.departures)


def shows_afterwards(case: Case, mutant: Mutant, role: Role) -> bool:
    """Whether the target of ``case`` serves nobody any more."""
    peer = mutant.make(role)
    assert isinstance(peer, Mortal)
    rehearse(case, peer, role)
    return rehearse(SMOKE, peer.another(), role).finding.outcome is not Outcome.PLAYED


def plays() -> list[tuple[Case, Role]]:
    return [(case, role) for case in CASES for role in Role if role in case.roles]


def weight(play: tuple[Case, Role]) -> int:
    """Return about how many bytes and frames a case sends, so that the light ones can come first."""
    case, role = play
    steps = list(steps_for(role, case.steps))
    payloads = sum(len(step.data) for step in steps if isinstance(step, SendBytes))
    return payloads + sum(
        len(step.frames) * (9 + len(step.frames[0].payload)) for step in steps if isinstance(step, Send)
    )


@pytest.mark.parametrize(("case", "role"), plays(), ids=lambda value: getattr(value, "id", None) or value.value)
def test_the_reference_passes_however_the_bytes_arrive(case: Case, role: Role) -> None:
    finding = rehearse(case, reference_peer(role), role, delivery=finely()).finding

    assert finding.outcome is Outcome.PLAYED, finding.reason
    assert finding.departures == ()


def test_every_mutant_is_noticed_by_a_case_that_verifies_what_it_breaks_and_every_case_notices_one() -> None:
    blind = {(case.id, role) for case, role in plays() if case.tags != AFTERMATH}
    unnoticed = {(mutant.name, role) for mutant in MUTANTS for role in mutant.roles}

    for case, role in sorted(plays(), key=weight):
        for mutant in sorted(MUTANTS, key=lambda mutant: not concerns(case, mutant)):
            open_question = (case.id, role) in blind or ((mutant.name, role) in unnoticed and concerns(case, mutant))
            if role in mutant.roles and open_question and notices(case, mutant, role):
                blind.discard((case.id, role))
                if concerns(case, mutant):
                    unnoticed.discard((mutant.name, role))

    assert not blind
    assert not unnoticed


def test_what_dies_of_a_broken_connection_is_found_out_by_the_next_one() -> None:
    cases = [case for case in CASES if case.tags == AFTERMATH]
    seen = {
        (case.id, mutant.name) for case in cases for mutant in MORTALS if shows_afterwards(case, mutant, Role.SERVER)
    }

    assert {case_id for case_id, _ in seen} == {case.id for case in cases}
    assert {name for _, name in seen} == {mutant.name for mutant in MORTALS}


def test_every_case_is_tagged_named_and_cites_the_catalogue() -> None:
    catalogue = load_catalogue()

    assert len({case.id for case in CASES}) == len(CASES)
    for case in CASES:
        assert case.area == "limits"
        assert case.tags >= LIMITS
        assert all(catalogue[requirement].binds & case.roles for requirement in case.verifies), case.id


def test_cases_keep_no_long_payloads() -> None:
    kept = {
        id(step.data): len(step.data)
        for case in CASES
        for role in case.roles
        for step in steps_for(role, case.steps)
        if isinstance(step, SendBytes)
    }

    assert sum(kept.values()) < 16 * MIB


def test_a_repeated_message_is_compared_without_being_made() -> None:
    pattern = RepeatedIs(TEXT, unit=b"abcd", times=3)

    assert pattern.matches(Message(TEXT, b"abcdabcdabcd"))
    assert not pattern.matches(Message(BINARY, b"abcdabcdabcd"))
    assert not pattern.matches(Message(TEXT, b"abcdabcdabc"))
    assert not pattern.matches(Message(TEXT, b"abcdabcdabcdabcd"))
    assert not pattern.matches(Message(TEXT, b"abcdabxdabcd"))


def test_a_block_is_as_long_as_it_is_asked_to_be() -> None:
    for length in (0, 1, 9, 4095, 4096, 4097, 70_000):
        assert len(block(length)) == length


def test_the_incumbents_cases_are_covered() -> None:
    path = Path(ws_conformance.cases.limits.__path__[0]) / "autobahn.toml"
    table = tomllib.loads(path.read_text(encoding="utf-8"))
    known = {case.id for case in CASES}
    wanted = {
        f"9.{sub}.{number}"
        for sub, count in {"1": 6, "2": 6, "3": 9, "4": 9, "5": 6, "6": 6, "7": 6, "8": 6}.items()
        for number in range(1, count + 1)
    }

    assert table.keys() == wanted
    assert {case_id for ours in table.values() for case_id in ours} <= known
