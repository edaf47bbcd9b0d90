"""A client that fails the connection may say nothing more and wait for the end of TCP; one that goes on may not."""

from __future__ import annotations

import pytest
from ws_conformance.cases import CASES
from ws_conformance.judging import case_verdict, checks
from ws_conformance.memory import rehearse
from ws_conformance.model import CLIENTS, Case, Need, Outcome, Setting
from ws_conformance.mutants import MUTANTS
from ws_conformance.mutants.base import reference_peer
from ws_conformance.peer import Chunk, Peer, Role, Signal
from ws_conformance.vocabulary import CLOSE_COMES_FIRST, PROTOCOL_ERROR, fails_the_connection, frame, opened, send
from ws_conformance.wire import PING
from ws_reports.record import Verdict

BY_ID = {case.id: case for case in CASES}
CLOSE = b"\x88"


class FallsSilent:
    """A client that neither says nor hears anything from where it would close on."""

    def __init__(self, client: Peer) -> None:
        self._client = client
        self._is_silent = False

    def receive(self, chunk: Chunk, now: float) -> None:
        if not self._is_silent:
            self._client.receive(chunk, now)

    def transmit(self, now: float) -> list[Chunk]:
        if self._is_silent:
            return []
        said = self._client.transmit(now)
        ends = [i for i, chunk in enumerate(said) if chunk is Signal.END or is_close(chunk)]
        self._is_silent = bool(ends)
        return said[: ends[0]] if ends else said

    def next_deadline(self) -> float | None:
        return None


def is_close(chunk: Chunk) -> bool:
    return isinstance(chunk, bytes) and chunk[:1] == CLOSE


def judged(case_id: str, client: Peer, setting: Setting | None = None) -> tuple[Verdict, set[str]]:
    result = rehearse(BY_ID[case_id], client, Role.CLIENT, setting=setting)
    return case_verdict(checks(result)), {departure.requirement for departure in result.finding.departures}


@pytest.mark.parametrize(
    "case_id",
    [
        "framing/mask/masked-text-to-client",
        "framing/rsv/rsv1-on-close",
        "fragmentation/stray/final",
        "utf8/malformed/ff-middle",
        "control/too-long/ping-of-126-bytes",
        "closing/body/one-byte-00",
    ],
)
def test_a_client_that_says_nothing_more_departs_from_what_it_should_do_alone(case_id: str) -> None:
    verdict, departures = judged(case_id, FallsSilent(reference_peer(Role.CLIENT)))

    assert verdict is Verdict.LENIENT
    assert departures == {CLOSE_COMES_FIRST}


@pytest.mark.parametrize("case_id", ["closing/handshake/code-alone", "client/masking/close"])
def test_a_client_that_does_not_answer_a_proper_close_fails(case_id: str) -> None:
    assert judged(case_id, FallsSilent(reference_peer(Role.CLIENT)))[0] is Verdict.FAIL


def test_a_client_that_goes_on_without_a_word_fails() -> None:
    mutant = next(mutant for mutant in MUTANTS if mutant.breaks == ("6455/5.1/masked-frame-closes-the-connection",))

    assert judged("framing/mask/masked-pong-to-client", mutant.make(Role.CLIENT))[0] is Verdict.FAIL


def test_of_a_client_that_answers_no_pings_nobody_can_tell() -> None:
    client = FallsSilent(reference_peer(Role.CLIENT))
    echoes = Setting(can=frozenset({Need.ECHO}))

    assert judged("framing/mask/masked-text-to-client", client, echoes)[0] is Verdict.INCONCLUSIVE


def test_a_frame_that_is_not_whole_may_swallow_a_ping() -> None:
    case = Case(
        id="framing/made-up",
        roles=CLIENTS,
        verifies=("6455/5.5/control-frames-have-125-bytes-at-most",),
        steps=(*opened(), send(frame(PING, "begun", declared_length=200)), *fails_the_connection(PROTOCOL_ERROR)),
        because="§5.5: made up for this test.",
    )

    result = rehearse(case, FallsSilent(reference_peer(Role.CLIENT)), Role.CLIENT)

    assert result.finding.outcome is Outcome.FAILED
