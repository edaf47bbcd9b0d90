"""The reference as a target, and three ways to a faulty copy of it: a rule left out, a duty neglected, bytes edited.

Only this package imports the reference. What it makes are Peers, so that cases can be rehearsed against them in memory
and a demonstration served over TCP.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from ws_reference import (
    ALL_RULES,
    REQUEST_RULES,
    ClientHandshake,
    CloseRule,
    Connection,
    Endpoint,
    HeaderRule,
    LengthRule,
    Limits,
    RequestRule,
    ServerHandshake,
)
from ws_reference import Role as ReferenceRole
from ws_reference.limits import DEFAULT_LIMITS

from ws_conformance.examiner import seeded
from ws_conformance.model import RequirementId
from ws_conformance.peer import Chunk, Peer, Role, Signal

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


SUBPROTOCOLS = ("chat", "superchat")
"""What the reference speaks when it is a server under test."""


def reference_peer(
    role: Role,
    *,
    endpoint: Callable[..., Endpoint] = Endpoint,
    handshake: Callable[..., ServerHandshake | ClientHandshake] | None = None,
    connection: Callable[..., Connection] = Connection,
    subprotocols: Sequence[str] = SUBPROTOCOLS,
    limits: Limits = DEFAULT_LIMITS,
) -> ReferencePeer:
    """Return the reference as a Peer that echoes; each of its parts can be replaced by a faulty one."""
    entropy = seeded("reference")
    return ReferencePeer(
        endpoint(
            ReferenceRole(role.value),
            handshake=handshake,
            connection=connection,
            subprotocols=subprotocols,
            host="wsspec.example",
            limits=limits,
            new_nonce=lambda: entropy(16),
            new_masking_key=lambda: entropy(4),
        )
    )


def with_connection(connection: Callable[..., Connection]) -> MakePeer:
    """Return a maker of references whose connection is a faulty one."""
    return lambda role: reference_peer(role, connection=connection)


def with_handshake(handshake: Callable[..., ServerHandshake | ClientHandshake]) -> MakePeer:
    """Return a maker of references whose opening handshake is a faulty one."""
    return lambda role: reference_peer(role, handshake=handshake)


def without_rule(*left_out: HeaderRule | LengthRule | CloseRule) -> MakePeer:
    """Return a maker of references that do not refuse what these rules refuse."""
    rules = ALL_RULES
    for rule in left_out:
        rules = rules.without(rule)
    return with_connection(lambda *args, **kwargs: Connection(*args, rules=rules, **kwargs))


def without_request_rule(*left_out: RequestRule) -> MakePeer:
    """Return a maker of servers that open on requests which these rules refuse."""
    rules = tuple(rule for rule in REQUEST_RULES if rule not in left_out)
    return with_handshake(lambda **kwargs: ServerHandshake(rules=rules, **kwargs))


def tampered(
    *,
    outgoing: Callable[[bytes], bytes] = lambda data: data,
    incoming: Callable[[bytes], bytes] = lambda data: data,
) -> MakePeer:
    """Return a maker of references whose bytes are edited on their way out or in."""
    return lambda role: Tampered(reference_peer(role), outgoing=outgoing, incoming=incoming)
