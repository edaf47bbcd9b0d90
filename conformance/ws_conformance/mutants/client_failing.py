"""Faulty clients that lose the frames behind the answer, or do not end what they have failed (RFC 6455 §4.1)."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from ws_reference import ClientHandshake, Frame, Response, Violation, serialize

from ws_conformance.model import CLIENTS, RequirementId
from ws_conformance.mutants.base import Mutant, ReferencePeer, reference_peer, with_handshake
from ws_conformance.peer import Chunk, Peer, Role, Signal

STATUS: RequirementId = "6455/4.1/status-other-than-101-is-not-open"
ACCEPT: RequirementId = "6455/4.1/accept-is-checked"
MALFORMED: RequirementId = "6455/4.1/response-malformed-fails"
BEHIND: RequirementId = "6455/4.1/frames-behind-the-response-are-read"
VALIDATED: RequirementId = "6455/4.1/response-is-validated"
READS_CLOSE: RequirementId = "9112/9.6/client-that-reads-close-ends-the-connection"


# --- frames behind the head ---


class Losing(ClientHandshake):
    """Loses something of what comes behind the answer."""

    def keep(self, leftover: bytes) -> bytes:
        return b""

    def receive(self, data: bytes) -> Response | Violation | None:
        result = super().receive(data)
        self.leftover = self.keep(self.leftover)
        return result


class LosingTheFirstByte(Losing):
    def keep(self, leftover: bytes) -> bytes:
        return leftover[1:]


class LosingASingleByte(Losing):
    def keep(self, leftover: bytes) -> bytes:
        return leftover if len(leftover) != 1 else b""


class LosingHalfAFrame(Losing):
    def keep(self, leftover: bytes) -> bytes:
        return leftover if len(leftover) < 2 or len(leftover) == 2 + leftover[1] else b""


class LosingAllButTheFirstFrame(Losing):
    def keep(self, leftover: bytes) -> bytes:
        return leftover[: 2 + (leftover[1] & 0x7F)] if len(leftover) > 1 and leftover[1] < 126 else leftover


class LosingWhatIsLong(Losing):
    def keep(self, leftover: bytes) -> bytes:
        return leftover[:65_536]


class StrippingWhiteSpace(Losing):
    def keep(self, leftover: bytes) -> bytes:
        return leftover.strip()


# --- failures that do not end ---


class NeverEnds:
    """Is the reference as a client, but says nothing when it has failed the opening handshake."""

    def __init__(self, inner: ReferencePeer) -> None:
        self.inner = inner

    def receive(self, chunk: Chunk, now: float) -> None:
        self.inner.receive(chunk, now)

    def transmit(self, now: float) -> list[Chunk]:
        said = self.inner.transmit(now)
        return self.after_failing(said) if self.failed else said

    def next_deadline(self) -> float | None:
        return None

    @property
    def failed(self) -> bool:
        return self.inner.endpoint.connection is None and self.inner.endpoint.failure is not None

    def after_failing(self, said: list[Chunk]) -> list[Chunk]:
        return []


class SaysGoodbye(NeverEnds):
    """Sends a normal Close where it has to fail the connection."""

    def after_failing(self, said: list[Chunk]) -> list[Chunk]:
        return [serialize(Frame(8, b"\x03\xe8"), b"mask"), *said] if said else []


class AnswersPings(NeverEnds):
    """Fails the opening handshake, and answers Pings all the same."""

    _asked = False
    _payload = b""

    def receive(self, chunk: Chunk, now: float) -> None:
        super().receive(chunk, now)
        self._asked = isinstance(chunk, bytes) and chunk.startswith(b"\x89")
        self._payload = chunk[2:] if isinstance(chunk, bytes) else b""

    def after_failing(self, said: list[Chunk]) -> list[Chunk]:
        asked, self._asked = self._asked, False
        return [serialize(Frame(10, self._payload), b"mask")] if asked else []


class AsksAgain(NeverEnds):
    """Takes the connection on which it has failed for one of HTTP, and sends its next request over it."""

    def after_failing(self, said: list[Chunk]) -> list[Chunk]:
        return [b"GET / HTTP/1.1\r\nHost: wsspec.example\r\n\r\n"] if said else []


class StaysHalfOpen(NeverEnds):
    """Takes no notice when the server ends TCP before there is a connection."""

    def receive(self, chunk: Chunk, now: float) -> None:
        if isinstance(chunk, bytes) or self.inner.endpoint.connection is not None:
            super().receive(chunk, now)


class SaysMoreAtTheEnd(NeverEnds):
    """Sends a text when the server ends TCP before there is a connection."""

    _over = False

    def receive(self, chunk: Chunk, now: float) -> None:
        super().receive(chunk, now)
        self._over = isinstance(chunk, Signal)

    def transmit(self, now: float) -> list[Chunk]:
        said = super().transmit(now)
        return [serialize(Frame(1, b"hello?"), b"mask")] if said and self._over else said


def _around(wrapper: Callable[[ReferencePeer], Peer], role: Role) -> Peer:
    return wrapper(reference_peer(role))


MUTANTS: tuple[Mutant, ...] = (
    *(
        Mutant(name=f"client that {fault}", breaks=(BEHIND,), make=with_handshake(handshake), roles=CLIENTS)
        for fault, handshake in (
            ("loses what comes behind the answer", Losing),
            ("loses the first byte behind the answer", LosingTheFirstByte),
            ("loses a single byte behind the answer", LosingASingleByte),
            ("loses half a frame behind the answer", LosingHalfAFrame),
            ("loses all but the first frame behind the answer", LosingAllButTheFirstFrame),
            ("loses what is beyond 64 KiB behind the answer", LosingWhatIsLong),
            ("strips white space around what is behind the answer", StrippingWhiteSpace),
        )
    ),
    *(
        Mutant(name=f"client that {fault}", breaks=breaks, make=partial(_around, wrapper), roles=CLIENTS)
        for fault, breaks, wrapper in (
            (
                "never ends TCP when it has failed",
                (READS_CLOSE, STATUS, "9112/5.2/folded-answer-is-unfolded"),
                NeverEnds,
            ),
            ("sends a normal Close when it has failed", (VALIDATED, MALFORMED), SaysGoodbye),
            ("answers Pings when it has failed", (VALIDATED, ACCEPT), AnswersPings),
            ("asks again where it has failed", (READS_CLOSE, VALIDATED), AsksAgain),
            (
                "stays half open without an answer",
                ("9112/9.5/end-by-the-peer-is-noticed", "6455/7.2.1/lost-transport-fails-the-connection"),
                StaysHalfOpen,
            ),
            ("says more when the answer does not come", ("9112/8/incomplete-answer-is-not-open",), SaysMoreAtTheEnd),
        )
    ),
)
