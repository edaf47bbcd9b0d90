"""Connections that do no I/O, spoken to in chunks."""

from __future__ import annotations

from ws_conformance.peer import Signal
from ws_conformance.sansio import SansIOPeer, as_peer


class Scripted:
    """Says what it is told to, and keeps what it heard; None stands for the end."""

    def __init__(self, *says: bytes, ends_after: int = 100) -> None:
        self._says = list(says)
        self._ends_after = ends_after
        self.heard: list[bytes | None] = []

    @property
    def ended(self) -> bool:
        return len(self.heard) >= self._ends_after

    def feed(self, data: bytes) -> bytes:
        self.heard.append(data)
        return self._says.pop(0) if self._says else b""

    def feed_end(self) -> bytes:
        self.heard.append(None)
        return b"farewell"


def test_whoever_begins_is_asked_for_it_before_anything_is_heard() -> None:
    connection = Scripted(b"hello")

    peer = SansIOPeer(connection)

    assert peer.transmit(0.0) == [b"hello"]
    assert peer.transmit(0.0) == []
    assert connection.heard == [b""]
    assert peer.next_deadline() is None


def test_the_end_is_heard_once_and_answered() -> None:
    connection = Scripted()
    peer = SansIOPeer(connection)

    for chunk in (b"data", Signal.HALF_END, Signal.RESET):
        peer.receive(chunk, 0.0)

    assert connection.heard == [b"", b"data", None]
    assert peer.transmit(0.0) == [b"farewell"]


def test_whoever_has_ended_hears_nothing_more_and_says_so_once() -> None:
    connection = Scripted(b"", b"last", ends_after=2)
    peer = SansIOPeer(connection)

    peer.receive(b"first", 0.0)
    peer.receive(b"second", 0.0)

    assert connection.heard == [b"", b"first"]
    assert peer.transmit(0.0) == [b"last", Signal.END]
    assert peer.transmit(0.0) == []


def test_what_is_a_peer_already_stays_one() -> None:
    peer = SansIOPeer(Scripted())

    assert as_peer(peer) is peer
    assert isinstance(as_peer(Scripted()), SansIOPeer)
