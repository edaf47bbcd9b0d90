"""The reference as a target, and three ways to a faulty copy of it: a rule left out, a duty neglected, bytes edited.

Only this package imports the reference. What it makes are Peers, so that cases can be rehearsed against them in memory
and a demonstration served over TCP.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

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
    LocalProtocolError,
    RequestRule,
    ServerHandshake,
    WebSocketUri,
    parse_uri,
)
from ws_reference import Role as ReferenceRole
from ws_reference.limits import DEFAULT_LIMITS

from ws_conformance.carriers.tls import trusting
from ws_conformance.examiner import seeded
from ws_conformance.memory import Invited
from ws_conformance.model import RequirementId
from ws_conformance.peer import Chunk, Peer, Role, Signal

MakePeer = Callable[[Role], Peer]
ReadUri = Callable[[str], WebSocketUri]


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
        self._endpoint: Endpoint | None = endpoint
        self._ended = False

    @property
    def endpoint(self) -> Endpoint:
        assert self._endpoint is not None
        return self._endpoint

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


HERE = "ws://wsspec.example/"
"""What a client connects to that is not given a URI."""

Secure = Callable[[Peer, str], Peer]
"""Puts TLS around a client's Peer, for a server name."""


class ClientPeer(ReferencePeer):
    """The reference as a client: ``make`` makes it when it knows what URI it is to open.

    A URI that ``read_uri`` refuses is not opened: TCP ends at once. ``secure`` puts TLS around it.
    """

    def __init__(self, make: Callable[[WebSocketUri], Endpoint], read_uri: ReadUri, secure: Secure) -> None:
        self._make = make
        self._read_uri = read_uri
        self._secure = secure
        self._uri = HERE
        self._endpoint: Endpoint | None = None
        self._carried: Peer | None = None
        self._refused = False
        self._ended = False

    def invite(self, uri: str) -> None:
        """Connect to ``uri``."""
        self._uri = uri
        try:
            parts = self._read_uri(uri)
            self._endpoint = self._make(parts)
        except (LocalProtocolError, UnicodeEncodeError):
            self._refused = True
            return
        if parts.secure and self._carried is None:
            self._carried = self._secure(_Inside(self), parts.host.strip("[]"))

    @property
    def endpoint(self) -> Endpoint:
        if self._endpoint is None:
            self._endpoint = self._make(self._read_uri(self._uri))
        return self._endpoint

    def receive(self, chunk: Chunk, now: float) -> None:
        if self._refused:
            return
        if self._carried is not None:
            self._carried.receive(chunk, now)
        else:
            super().receive(chunk, now)

    def transmit(self, now: float) -> list[Chunk]:
        if self._refused:
            said: list[Chunk] = [] if self._ended else [Signal.END]
            self._ended = True
            return said
        return super().transmit(now) if self._carried is None else self._carried.transmit(now)


class _Inside:
    """What a client says and hears inside TLS."""

    def __init__(self, client: ClientPeer) -> None:
        self._client = client

    def receive(self, chunk: Chunk, now: float) -> None:
        ReferencePeer.receive(self._client, chunk, now)

    def transmit(self, now: float) -> list[Chunk]:
        return ReferencePeer.transmit(self._client, now)

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

    def invite(self, uri: str) -> None:
        if isinstance(self._inner, Invited):
            self._inner.invite(uri)


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
    read_uri: ReadUri = parse_uri,
    secure: Secure = trusting,
) -> ReferencePeer:
    """Return the reference as a Peer that echoes; each of its parts can be replaced by a faulty one."""
    entropy = seeded("reference")
    made = partial(
        endpoint,
        ReferenceRole(role.value),
        handshake=handshake,
        connection=connection,
        subprotocols=subprotocols,
        limits=limits,
        new_nonce=lambda: entropy(16),
        new_masking_key=lambda: entropy(4),
    )
    if role is Role.SERVER:
        return ReferencePeer(made())
    return ClientPeer(lambda uri: made(host=uri.authority, target=uri.resource_name), read_uri, secure)


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
