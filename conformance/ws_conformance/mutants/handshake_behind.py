"""Servers that take what surrounds a request for something else: its body, what follows it, what they waited for."""

from __future__ import annotations

import re
from collections.abc import Callable

from ws_reference import Limits, ServerHandshake

from ws_conformance.head import HeadReader
from ws_conformance.model import RequirementId
from ws_conformance.mutants.base import MakePeer, Mutant, Tampered, reference_peer, tampered, with_handshake
from ws_conformance.mutants.faults import losing_patience
from ws_conformance.peer import Chunk, Role, Signal
from ws_conformance.wire import PING, PONG, FrameReader, WireFrame, serialize

VALID_REQUEST = (
    b"GET / HTTP/1.1\r\nHost: wsspec.example\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
)


class ServesOn:
    """Answers each head as if it were the first on a connection, and takes bodies for heads.

    ``in_order`` is how answers of one moment are put in order.
    """

    def __init__(self, in_order: Callable[[list[Chunk]], list[Chunk]]) -> None:
        self._in_order = in_order
        self._server = reference_peer(Role.SERVER)
        self._heard = b""
        self._said: list[Chunk] = []

    def receive(self, chunk: Chunk, now: float) -> None:
        if not isinstance(chunk, bytes) or self._server.endpoint.connection is not None:
            self._server.receive(chunk, now)
            return
        *heads, self._heard = re.split(rb"(?<=\r\n\r\n)", self._heard + chunk)
        for head in heads:
            self._server.receive(head, now)
            self._said += (answer for answer in self._server.transmit(now) if isinstance(answer, bytes))
            if self._server.endpoint.connection is None:
                self._server = reference_peer(Role.SERVER)

    def transmit(self, now: float) -> list[Chunk]:
        said, self._said = self._in_order(self._said), []
        return [*said, *self._server.transmit(now)]

    def next_deadline(self) -> float | None:
        return None


class PongsBehindRefusals(Tampered):
    """Refuses and leaves TCP open, and answers a Ping all the same."""

    def __init__(self) -> None:
        super().__init__(reference_peer(Role.SERVER), incoming=self._listen)
        self._head = HeadReader()
        self._frames: FrameReader | None = None
        self._pongs: list[Chunk] = []

    def _listen(self, data: bytes) -> bytes:
        behind = data
        if self._frames is None:
            head, behind = self._head.feed(data) or (b"", b"")
            if b"Version: 99" in head:
                self._frames = FrameReader(1 << 16)
        if self._frames is not None:
            pings = (frame.payload for frame in self._frames.feed(behind) if frame.opcode == PING)
            self._pongs += (serialize(WireFrame(PONG, ping), masked=False, masking_key=b"") for ping in pings)
        return data

    def transmit(self, now: float) -> list[Chunk]:
        said = [chunk for chunk in super().transmit(now) if self._frames is None or chunk is not Signal.END]
        pongs, self._pongs = self._pongs, []
        return [*said, *pongs]


class LeavesTcpOpen(Tampered):
    """Never ends TCP before a connection is open."""

    def transmit(self, now: float) -> list[Chunk]:
        return [chunk for chunk in super().transmit(now) if chunk is not Signal.END]


class SpeaksFirst(Tampered):
    """Says ``greeting`` before it is asked anything."""

    def __init__(self, greeting: bytes) -> None:
        super().__init__(reference_peer(Role.SERVER))
        self._greeting = greeting

    def transmit(self, now: float) -> list[Chunk]:
        greeting, self._greeting = self._greeting, b""
        return [*([greeting] if greeting else []), *super().transmit(now)]


def reading(pattern: bytes, replacement: bytes) -> MakePeer:
    """Return a maker of servers that read ``replacement`` where ``pattern`` matches in one chunk."""
    edit = re.compile(pattern, re.DOTALL)
    return tampered(incoming=lambda data: edit.sub(replacement, data, count=1))


def holds_what_expects_a_100(data: bytes) -> bytes:
    return b"" if re.search(rb"\r\nExpect: 100-continue", data, re.IGNORECASE) else data


def says_100_for_refusals(data: bytes) -> bytes:
    return b"HTTP/1.1 100 Continue\r\n\r\n" if data.startswith(b"HTTP/1.1 4") else data


def knows_one_spelling_of_100(data: bytes) -> bytes:
    return b"" if b"100-Continue" in data else data


REQUESTS_OF_ONE = with_handshake(lambda **options: ServerHandshake(**{**options, "limits": Limits(header_fields=6)}))

FAULTS: tuple[tuple[str, MakePeer, tuple[RequirementId, ...]], ...] = (
    (
        "answers every head on a connection",
        lambda role: ServesOn(list),
        ("9112/9.3/unread-body-is-not-a-request", "9112/9.6/nothing-is-processed-after-close"),
    ),
    (
        "answers the last request first",
        lambda role: ServesOn(lambda said: said[::-1]),
        ("9112/9.3.2/answers-come-in-order",),
    ),
    (
        "answers a Ping behind a refusal",
        lambda role: PongsBehindRefusals(),
        ("6455/4.2.1/bad-request-is-not-processed-further", "6455/7.2.2/server-aborts-by-closing"),
    ),
    (
        "leaves TCP open whatever happens",
        lambda role: LeavesTcpOpen(reference_peer(role)),
        (
            "9112/6.1/coding-in-http-1.0-ends-the-connection",
            "9112/6.3/incomplete-body-ends-the-connection",
            "6455/5.5.1/server-ends-tcp-at-once",
        ),
    ),
    (
        "resets a connection whose request takes long",
        losing_patience(Signal.RESET, 0.6),
        ("9112/9.5/timed-out-request-ends-gracefully",),
    ),
    (
        "greets with a message",
        lambda role: SpeaksFirst(b"\x81\x07welcome\r\n\r\n"),
        ("6455/5.1/data-frames-wait-for-the-handshake",),
    ),
    (
        "greets with a Ping",
        lambda role: SpeaksFirst(b"\x89\x04\r\n\r\n"),
        ("6455/5.5.2/ping-waits-for-the-handshake",),
    ),
    ("takes few fields", REQUESTS_OF_ONE, ("9110/2.3/own-lengths-are-read-back",)),
    ("folds the long s", reading(b"\xc5\xbf", b"s"), ("6455/2.1/ascii-case-is-ignored-for-a-to-z-only",)),
    ("folds the Kelvin sign", reading(b"\xe2\x84\xaa", b"k"), ("6455/2.1/ascii-case-is-ignored-for-a-to-z-only",)),
    (
        "finds a handshake in a form",
        reading(rb"^POST .*handshake=\r\n", b""),
        ("6455/1.6/other-protocols-do-not-open-a-connection",),
    ),
    (
        "takes a mail client's greeting for a request",
        reading(rb"^EHLO .*\r\n\r\n", VALID_REQUEST),
        ("6455/1.6/other-protocols-do-not-open-a-connection",),
    ),
    (
        "refuses foreign origins with 400",
        reading(rb"Origin: https://other", b"Origin : https://other"),
        ("6455/10.2/unacceptable-origin-gets-403",),
    ),
    (
        "opens without asking for the body",
        reading(rb"Expect: 100-[Cc]ontinue\r\nContent-Length: \d+\r\n", b""),
        ("9110/7.8/a-100-comes-before-the-101", "9110/10.1.1/expect-matches-in-any-case"),
    ),
    (
        "waits for a body that it has not asked for",
        tampered(incoming=holds_what_expects_a_100),
        ("9110/10.1.1/expectation-is-answered-at-once",),
    ),
    (
        "knows 100-continue in small letters only",
        tampered(incoming=knows_one_spelling_of_100),
        ("9110/10.1.1/expect-matches-in-any-case",),
    ),
    (
        "asks for a body and says nothing more",
        lambda role: LeavesTcpOpen(reference_peer(role), outgoing=says_100_for_refusals),
        ("9110/10.1.1/a-100-is-followed-by-a-final-answer",),
    ),
    (
        "says 100 to everybody",
        tampered(outgoing=lambda data: re.sub(rb"^(?=HTTP/1.1 )", b"HTTP/1.1 100 Continue\r\n\r\n", data)),
        ("9110/10.1.1/expectation-in-http-1.0-is-ignored", "9110/15.2/no-1xx-for-http-1.0"),
    ),
    (
        "ends TCP behind an early refusal without having said close",
        tampered(outgoing=lambda data: data.replace(b"Connection: close", b"Connection: x-open")),
        ("9110/10.1.1/early-refusal-says-what-follows",),
    ),
    (
        "refuses with 403 whatever the fault",
        tampered(outgoing=lambda data: re.sub(rb"^HTTP/1.1 (?:4..|501) [^\r]*", b"HTTP/1.1 403 Forbidden", data)),
        (
            "9112/3/unknown-long-method-gets-501",
            "9112/6.1/unknown-coding-gets-501",
            "9112/3.2/white-space-in-the-target-gets-400-or-301",
        ),
    ),
)

MUTANTS = tuple(Mutant(name=name, breaks=breaks, make=make) for name, make, breaks in FAULTS)
