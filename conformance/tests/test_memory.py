from __future__ import annotations

import pytest
from msgspec.structs import replace
from ws_conformance import memory
from ws_conformance.memory import byte_by_byte, cut_at, rehearse, whole
from ws_conformance.model import SERVERS, Case, Pause
from ws_conformance.peer import Chunk, Role, Signal
from ws_conformance.vocabulary import fence, opened

CASE = Case(
    id="test/endless",
    roles=SERVERS,
    verifies=("6455/5.5.2/ping-is-answered",),
    steps=(*opened(), *fence()),
    because="§5.5.2: for a test.",
)


class Babbler:
    """Always has something to say, and never at a later time."""

    def receive(self, chunk: Chunk, now: float) -> None:
        pass

    def transmit(self, now: float) -> list[Chunk]:
        return [b"HTTP/1.1 100 Continue\r\n\r\n"]

    def next_deadline(self) -> float | None:
        return None


class LateRiser(Babbler):
    """Says one thing, at its own time."""

    def transmit(self, now: float) -> list[Chunk]:
        return [b"HTTP/1.1 400 No\r\n\r\n"] if now >= 1.5 else []

    def next_deadline(self) -> float | None:
        return 1.5


def test_chunks_are_delivered_whole_in_bytes_or_cut_in_two() -> None:
    chunks: list[Chunk] = [b"abc", Signal.END]

    assert list(whole(chunks)) == [b"abc", Signal.END]
    assert list(byte_by_byte(chunks)) == [b"a", b"b", b"c", Signal.END]
    assert list(cut_at(1)(chunks)) == [b"a", b"bc", Signal.END]
    assert list(cut_at(3)(chunks)) == [b"abc", Signal.END]


def test_the_clock_jumps_to_the_targets_deadline_as_well() -> None:
    result = rehearse(CASE, LateRiser(), Role.SERVER)

    assert result.transcript[-1].at == 1.5
    assert result.finding.observed == "HTTP status 400"


def test_two_peers_that_never_come_to_an_end_are_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory, "ROUNDS", 1000)
    patient = replace(CASE, steps=(Pause(1.0), *CASE.steps))

    with pytest.raises(AssertionError, match="no end after"):
        rehearse(patient, Babbler(), Role.SERVER)
