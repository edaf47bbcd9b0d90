"""The reference as a target, and three ways to a faulty copy of it: a rule left out, a duty neglected, bytes edited.

Only this package imports the reference. What it makes are Peers, so that cases can be rehearsed against them in memory
and a demonstration served over TCP.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from ws_conformance.model import RequirementId
from ws_conformance.peer import Chunk, Peer, Role, Signal
from ws_reference import Endpoint

MakePeer = Callable[[Role], Peer]


@dataclass(frozen=True, slots=True, kw_only=True)
class Mutant:
    """A faulty copy of the reference. ``name`` says what is wrong; ``breaks`` are the requirements it departs from.

    At least one case that verifies one of ``breaks`` has to notice it. ``roles`` are those in which it is faulty.
    """

    name: str
    breaks: tuple[RequirementId, ...]
    make: MakePeer
    roles: frozenset[Role] = frozenset({Role.SERVER})


class ReferencePeer:
    """The reference's endpoint, spoken to in chunks."""

    def __init__(self, endpoint: Endpoint) -> None:
        self.endpoint = endpoint
        self._ended = False

    def receive(self, chunk: Chunk, now: float) -> None:
        if isinstance(chunk, bytes):
            self.endpoint.receive(chunk)
        else:
            self.endpoint.receive_end()

    def transmit(self, now: float) -> list[Chunk]:
        if self._ended:
            return []
        data = self.endpoint.bytes_to_send()
        chunks: list[Chunk] = [data] if data else []
        if self.endpoint.should_end:
            self._ended = True
            chunks.append(Signal.END)
        return chunks

    def next_deadline(self) -> float | None:
        return None


class Tampered:
    """A Peer whose bytes are edited on their way: ``outgoing`` edits what it says, ``incoming`` what it hears.

    Both are given one chunk of bytes at a time and may return it changed. Signals pass unchanged.
    """

    def __init__(
        self,
        inner: Peer,
        *,
        outgoing: Callable[[bytes], bytes] = lambda data: data,
        incoming: Callable[[bytes], bytes] = lambda data: data,
    ) -> None:
        self._inner = inner
        self._outgoing = outgoing
        self._incoming = incoming

    def receive(self, chunk: Chunk, now: float) -> None:
        self._inner.receive(self._incoming(chunk) if isinstance(chunk, bytes) else chunk, now)

    def transmit(self, now: float) -> list[Chunk]:
        edited = (self._outgoing(c) if isinstance(c, bytes) else c for c in self._inner.transmit(now))
        return [chunk for chunk in edited if chunk != b""]

    def next_deadline(self) -> float | None:
        return self._inner.next_deadline()
