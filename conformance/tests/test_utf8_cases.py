"""What cases about text say of servers that err elsewhere."""

from __future__ import annotations

import pytest
from ws_conformance.cases.utf8 import CASES
from ws_conformance.judging import case_verdict, checks
from ws_conformance.memory import rehearse
from ws_conformance.model import Case
from ws_conformance.mutants.base import Tampered, reference_peer
from ws_conformance.peer import Chunk, Peer, Role, Signal
from ws_conformance.wire import BINARY, TEXT
from ws_reports.record import Verdict

TAKEN = [case for case in CASES if "/taken-" in case.id and Role.SERVER in case.roles]
CLOSES = (b"\x88\x02\x03\xe8", b"\x88\x02\x03\xef")


def without_a_close(role: Role) -> Peer:
    """Return a server that ends TCP wherever it should send a Close."""

    def edited(data: bytes) -> bytes:
        for close in CLOSES:
            data = data.removesuffix(close)
        return data

    return Tampered(reference_peer(role), outgoing=edited)


class EndsTcpForMessages:
    """A server that opens and answers Pings, and ends TCP when a message begins."""

    def __init__(self) -> None:
        self._inner = reference_peer(Role.SERVER)

    def receive(self, chunk: Chunk, now: float) -> None:
        begins_a_message = isinstance(chunk, bytes) and chunk[0] & 0x0F in (TEXT, BINARY) and chunk[1] & 0x80
        self._inner.receive(Signal.END if begins_a_message else chunk, now)

    def transmit(self, now: float) -> list[Chunk]:
        return self._inner.transmit(now)

    def next_deadline(self) -> float | None:
        return None


def verdict(case: Case, peer: Peer) -> Verdict:
    return case_verdict(checks(rehearse(case, peer, Role.SERVER)))


@pytest.mark.parametrize("case", TAKEN[::5], ids=lambda case: str(case.id))
def test_a_server_that_answers_no_close_has_taken_the_text_all_the_same(case: Case) -> None:
    assert verdict(case, without_a_close(Role.SERVER)) is Verdict.PASS


@pytest.mark.parametrize("case", TAKEN[::5], ids=lambda case: str(case.id))
def test_a_server_that_ends_tcp_for_a_message_has_not_taken_it(case: Case) -> None:
    assert verdict(case, EndsTcpForMessages()) is Verdict.FAIL
