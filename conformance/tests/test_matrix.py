"""What the matrix of cases and mutants says of each."""

from __future__ import annotations

import pytest
from ws_conformance.cases import CASES
from ws_conformance.matrix import breaking, matrix, matrix_in_parallel, rehearse_probed
from ws_conformance.model import SERVERS, Case, Outcome
from ws_conformance.mutants import MUTANTS, Mutant, reference_peer
from ws_conformance.peer import Role
from ws_conformance.selection import Selection, select
from ws_conformance.vocabulary import opened

MASKING = select(CASES, Selection(words=("framing/mask/unmasked-text", "control/ping/empty")), Role.SERVER)
SOUND = Mutant(name="is no mutant", breaks=("6455/5.1/unmasked-frame-closes-the-connection",), make=reference_peer)
TRUSTING = next(mutant for mutant in MUTANTS if mutant.breaks == SOUND.breaks)
SLEEPY = Case(
    id="matrix/sleepy/opens",
    roles=SERVERS,
    verifies=("6455/4.2.2/valid-request-is-accepted",),
    steps=opened(),
    because="§4.2.2: whoever opens at all passes.",
)


def test_a_mutant_that_is_none_is_unnoticed_and_a_true_one_is_noticed() -> None:
    played = matrix(MASKING, (SOUND, TRUSTING), Role.SERVER)

    assert played.unnoticed == (SOUND,)
    assert [MASKING[place].id for place in played.noticing[1]] == ["framing/mask/unmasked-text"]


def test_a_case_that_notices_nothing_is_blind() -> None:
    played = matrix((*MASKING, SLEEPY), (TRUSTING,), Role.SERVER)

    assert [case.id for case in played.blind] == ["control/ping/empty", "matrix/sleepy/opens"]


@pytest.mark.exhaustive
def test_playing_every_pair_changes_neither_who_is_blind_nor_who_is_unnoticed() -> None:
    mutants = breaking(MASKING, MUTANTS)

    some, every = (matrix(MASKING, mutants, Role.SERVER, every_pair=every) for every in (False, True))

    assert (some.blind, some.unnoticed) == (every.blind, every.unnoticed)
    assert all(a <= b for a, b in zip(some.noticing, every.noticing, strict=True))


def test_other_processes_find_the_same() -> None:
    mutants = breaking(MASKING, MUTANTS)[:4]

    assert matrix_in_parallel(MASKING, mutants, Role.SERVER, processes=2) == matrix(MASKING, mutants, Role.SERVER)


def test_a_mutant_that_answers_no_ping_is_shown_alive_by_other_means() -> None:
    silent_to_pings = next(mutant for mutant in MUTANTS if mutant.breaks[0] == "6455/5.5.2/ping-is-answered")
    case = select(CASES, Selection(words=("control/ping/empty",)), Role.SERVER)[0]

    assert rehearse_probed(case, silent_to_pings, Role.SERVER).finding.outcome is not Outcome.UNDECIDED
