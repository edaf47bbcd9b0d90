"""Clients that come again, some of them in a wrong way (RFC 6455 §4.4, §7.2.3, RFC 9110 §15.4)."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from ws_conformance.model import CLIENTS, RequirementId
from ws_conformance.mutants.base import MakePeer, Mutant, reference_peer
from ws_conformance.peer import Chunk, Peer, Role, Signal

Rewrite = Callable[[bytes, bytes], bytes]
"""Makes the second request of the first and the answer to that."""


class ComesAgain:
    """A client that asks again, on a new connection, when it is answered with a redirect or another version."""

    def __init__(self, rewrite: Rewrite, most: int) -> None:
        self._client: Peer = reference_peer(Role.CLIENT)
        self._rewrite = rewrite
        self._left = most
        self._request = b""
        self._to_say: list[Chunk] = []

    def receive(self, chunk: Chunk, now: float) -> None:
        if isinstance(chunk, bytes) and chunk[9:12] in (b"302", b"426") and self._left:
            self._left -= 1
            self._request = self._rewrite(self._request, chunk)
            self._to_say += [Signal.END, Signal.AGAIN, self._request]
        else:
            self._client.receive(chunk, now)

    def transmit(self, now: float) -> list[Chunk]:
        if self._to_say:
            said, self._to_say = self._to_say, []
            return said
        said = self._client.transmit(now)
        if not self._request and said and isinstance(said[0], bytes):
            self._request = said[0]
        return said

    def next_deadline(self) -> float | None:
        return None


def new_key(request: bytes) -> bytes:
    return re.sub(rb"(Sec-WebSocket-Key: )....", rb"\1wsSP", request)


def moved(request: bytes, answer: bytes) -> bytes:
    return new_key(re.sub(rb"^GET \S+", b"GET /moved" if b"moved" in answer else b"GET /", request))


def below_where_it_was(request: bytes, answer: bytes) -> bytes:
    return moved(request, answer).replace(b"GET /", b"GET //", 1)


def with_the_same_key(request: bytes, answer: bytes) -> bytes:
    return re.sub(rb"^GET \S+", b"GET /moved", request)


def with_credentials(request: bytes, answer: bytes) -> bytes:
    return moved(request, answer)[:-2] + b"Authorization: Basic d3NzcGVj\r\n\r\n"


def with_another_version(request: bytes, answer: bytes) -> bytes:
    return new_key(request.replace(b"Version: 13", b"Version: 25"))


class ComesBack:
    """A client that connects again when its connection is over, after the next of ``delays``, in seconds."""

    def __init__(self, delays: Sequence[float]) -> None:
        self._delays = list(delays)
        self._returns = 0
        self._client: Peer = reference_peer(Role.CLIENT)
        self._back_at: float | None = None

    def receive(self, chunk: Chunk, now: float) -> None:
        if isinstance(chunk, bytes):
            self._client.receive(chunk, now)
        elif self._back_at is None and self._delays:
            self._back_at = now + self._delays.pop(0)

    def transmit(self, now: float) -> list[Chunk]:
        if self._back_at is None:
            return [chunk for chunk in self._client.transmit(now) if isinstance(chunk, bytes)]
        if now < self._back_at:
            return []
        self._back_at = None
        self._returns += 1
        self._client = reference_peer(Role.CLIENT)
        key = rb"\g<1>%02d" % self._returns
        said = (chunk for chunk in self._client.transmit(now) if isinstance(chunk, bytes))
        return [Signal.AGAIN, *(re.sub(rb"(Sec-WebSocket-Key: )..", key, chunk) for chunk in said)]

    def next_deadline(self) -> float | None:
        return self._back_at


def coming_again(rewrite: Rewrite = moved, most: int = 5) -> MakePeer:
    return lambda role: ComesAgain(rewrite, most)


def coming_back(*delays: float) -> MakePeer:
    return lambda role: ComesBack(delays)


def fails(role: Role) -> Peer:
    """Return a client that waits for ever behind a refusal, and asks for pages."""
    return ComesAgain(lambda request, answer: b"GET /page HTTP/1.1\r\nHost: wsspec.example\r\n\r\n", 30)


SOUND: tuple[MakePeer, ...] = (coming_again(), coming_back(0.7, 1.1, 2.3, 4.2, 9.0, 15.0))
"""Clients that come again as they should."""

FAULTS: tuple[tuple[str, MakePeer, tuple[RequirementId, ...]], ...] = (
    (
        "puts a location behind where it was",
        coming_again(below_where_it_was),
        ("9110/10.2.2/location-may-be-relative",),
    ),
    ("asks anew with the same key", coming_again(with_the_same_key), ("6455/4.1/key-is-fresh-for-each-connection",)),
    ("takes credentials along", coming_again(with_credentials), ("9110/15.4/redirect-leaves-credentials-behind",)),
    ("follows redirects for ever", coming_again(most=500), ("9110/15.4/redirect-loops-are-stopped",)),
    (
        "follows redirects with user information",
        coming_again(),
        ("9110/4.2.4/user-information-in-a-redirect-is-an-error",),
    ),
    (
        "asks with a version that nobody named",
        coming_again(with_another_version),
        ("6455/4.4/client-may-retry-with-an-advertised-version",),
    ),
    ("asks for a page behind a refusal", fails, ("9110/10.2.2/location-may-be-relative",)),
    (
        "comes back at once, each time",
        coming_back(*[0.0] * 8),
        ("6455/7.2.3/reconnecting-uses-backoff", "6455/7.2.3/first-reconnect-is-delayed-at-random"),
    ),
    ("comes back at once first", coming_back(0.0, 1, 2, 4, 8), ("6455/7.2.3/first-reconnect-is-delayed-at-random",)),
    ("comes back each second", coming_back(*[1.0] * 8), ("6455/7.2.3/reconnect-delays-grow",)),
)

MUTANTS: tuple[Mutant, ...] = tuple(
    Mutant(name=f"again: {words}", breaks=breaks, make=make, roles=CLIENTS) for words, make, breaks in FAULTS
)
