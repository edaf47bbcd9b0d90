"""Connections that do no I/O, as other libraries have them: what one has to offer, and how that becomes a Peer."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol, runtime_checkable

from .peer import Chunk, Peer, Signal


@runtime_checkable
class SansIO(Protocol):
    """One end of one connection, from its opening handshake to the end of TCP, and an application that echoes.

    A library's own connection is fitted to this in some twenty lines; see docs/embedding.md.
    """

    def feed(self, data: bytes) -> bytes:
        """Take in ``data``, and return what goes out now. The first call has no data: that is where a client begins."""

    def feed_end(self) -> bytes:
        """Take note that the other end has ended TCP, and return what goes out still. Called once at most."""

    @property
    def ended(self) -> bool:
        """Whether TCP is to be ended as soon as all is out. Nothing more is fed then."""


Factory = Callable[[], SansIO | Peer]
"""Makes a new connection, for each case."""


def as_peer(made: SansIO | Peer) -> Peer:
    """Return what a factory ``made`` as a Peer."""
    return SansIOPeer(made) if isinstance(made, SansIO) else made


class SansIOPeer:
    """A connection, spoken to in chunks."""

    def __init__(self, connection: SansIO) -> None:
        self._connection = connection
        self._out = connection.feed(b"")
        self._hears = True
        self._ended = False

    def receive(self, chunk: Chunk, now: float) -> None:
        if not self._hears or self._connection.ended:
            return
        if isinstance(chunk, bytes):
            self._out += self._connection.feed(chunk)
        elif isinstance(chunk, Signal):
            self._hears = False
            self._out += self._connection.feed_end()

    def transmit(self, now: float) -> list[Chunk]:
        chunks: list[Chunk] = [self._out] if self._out else []
        self._out = b""
        if self._connection.ended and not self._ended:
            self._ended = True
            chunks.append(Signal.END)
        return chunks

    def next_deadline(self) -> float | None:
        return None
