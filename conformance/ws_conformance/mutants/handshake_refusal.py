"""Servers that refuse badly: without a word, with an unfitting one, or with no end."""

from __future__ import annotations

import re

from ws_reference import Endpoint, Refusal, ServerHandshake

from ws_conformance.model import RequirementId
from ws_conformance.mutants.base import MakePeer, Mutant, reference_peer, with_handshake
from ws_conformance.mutants.handshake_answer import replacing
from ws_conformance.peer import Peer, Role

STATUS_IS_SENT = "6455/10.7/bad-handshake-gets-a-status"
NAMES_VERSIONS = "6455/4.2.2/version-mismatch-names-versions"
UPGRADE_IS_SENT = "9110/15.5.22/a-426-carries-upgrade"


class RefusesSilently(ServerHandshake):
    """Ends TCP instead of refusing."""

    def refuse(self, refusal: Refusal) -> bytes:
        return b""


class RefusesWithoutALength(ServerHandshake):
    """Does not say how long its refusal is."""

    def refuse(self, refusal: Refusal) -> bytes:
        return re.sub(rb"Content-Length: \d+\r\n", b"", super().refuse(refusal))


class KeepsRefusedConnections(Endpoint):
    """Leaves TCP open behind a refusal, and listens no more."""

    def receive(self, data: bytes) -> None:
        if self.failure is None or self.connection is not None:
            super().receive(data)

    @property
    def should_end(self) -> bool:
        return super().should_end and (self.connection is not None or self._peer_ended)


def keeps_without_a_length(role: Role) -> Peer:
    return reference_peer(role, endpoint=KeepsRefusedConnections, handshake=RefusesWithoutALength)


def keeps_though_asked(role: Role) -> Peer:
    return reference_peer(role, endpoint=KeepsRefusedConnections)


def refusing_with(status: int) -> MakePeer:
    """Return a maker of servers that say ``status`` and nothing else to whatever they refuse."""

    class Refusing(ServerHandshake):
        def refuse(self, refusal: Refusal) -> bytes:
            return super().refuse(Refusal(refusal.violation, status))

    return with_handshake(Refusing)


FAULTS: tuple[tuple[str, MakePeer, tuple[RequirementId, ...]], ...] = (
    ("ends TCP instead of refusing", with_handshake(RefusesSilently), (STATUS_IS_SENT,)),
    ("refuses with 200", refusing_with(200), (STATUS_IS_SENT,)),
    ("refuses with a redirection", refusing_with(302), (STATUS_IS_SENT,)),
    ("refuses whatever it is with 500", refusing_with(500), ("9112/3.2/host-refusal-is-400", NAMES_VERSIONS)),
    (
        "refuses white space with 403",
        replacing(b"HTTP/1.1 400", b"HTTP/1.1 403"),
        ("9112/5.1/white-space-refusal-is-400", "9112/3.2.4/asterisk-form-with-get-is-refused"),
    ),
    ("refuses whatever it is with 426", refusing_with(426), (UPGRADE_IS_SENT, "9110/9.1/unknown-method-gets-501")),
    (
        "refuses whatever it is with 501",
        refusing_with(501),
        ("9110/9.1/get-is-supported", "9110/9.1/method-not-allowed-gets-405"),
    ),
    (
        "refuses a version and names another",
        replacing(b"Sec-WebSocket-Version: 13", b"Sec-WebSocket-Version: 8"),
        (NAMES_VERSIONS,),
    ),
    (
        "refuses a version and names none",
        replacing(b"Sec-WebSocket-Version: 13\r\n", b""),
        (NAMES_VERSIONS, "6455/4.4/unsupported-version-gets-all-versions"),
    ),
    (
        "refuses with 426 and does not say Upgrade",
        replacing(b"Upgrade: websocket\r\nSec-WebSocket-Version", b"Sec-WebSocket-Version"),
        (UPGRADE_IS_SENT,),
    ),
    (
        "refuses with 405 and does not say Allow",
        replacing(b"Allow: GET\r\n", b""),
        ("9110/10.2.1/a-405-lists-methods",),
    ),
    (
        "refuses a long target with 400",
        replacing(b"HTTP/1.1 414", b"HTTP/1.1 400"),
        ("9112/3/too-long-target-gets-414",),
    ),
    (
        "refuses large fields with 500",
        replacing(b"HTTP/1.1 431", b"HTTP/1.1 500"),
        ("9110/5.4/too-large-fields-get-a-4xx", "9110/2.3/elements-are-read-defensively"),
    ),
    (
        "refuses with no end to be seen",
        keeps_without_a_length,
        ("9110/8.6/refusal-states-its-length",),
    ),
    (
        "keeps a connection that was to be closed",
        keeps_though_asked,
        ("9112/9.6/asked-close-happens", "9112/9.6/announced-close-happens"),
    ),
    (
        "ends TCP behind a refusal without having said close",
        replacing(b"Connection: close", b"Connection: x-open"),
        ("9112/9.3/server-that-never-persists-says-close", "9112/9.6/close-is-announced"),
    ),
)

MUTANTS = tuple(Mutant(name=name, breaks=breaks, make=make) for name, make, breaks in FAULTS)
