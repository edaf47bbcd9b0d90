"""Faulty copies of the reference for the area limits: those that show on the wire, and those that die.

What is merely without limits is no mutant: it is lawful to take everything, and what that costs is the meter's to say.
"""

from __future__ import annotations

from collections.abc import Callable

from ws_reference import (
    BinaryReceived,
    CloseCode,
    Connection,
    ConnectionFailed,
    Endpoint,
    Event,
    Frame,
    Limits,
    State,
    TextReceived,
    Violation,
)

from ws_conformance.model import BOTH, CLIENTS
from ws_conformance.mutants.base import (
    MakePeer,
    Mutant,
    ReferencePeer,
    Tampered,
    reference_peer,
    tampered,
    with_connection,
)
from ws_conformance.mutants.liars import ClosesAtOnce
from ws_conformance.peer import Chunk, Peer, Role, Signal

MANY = 500
"""How much of many frames some mutants can bear."""

LONG = 60_000
"""The length in bytes from which some mutants get a message wrong; other areas end just above."""

NO_LIMITS = Limits(frame_length=1 << 63, message_length=1 << 64, head_length=1 << 30, header_fields=1 << 20)

Alter = Callable[[bytes], bytes]


# --- long messages ----------------------------------------------------------------------------------------------------


def echoing(alter: Alter) -> MakePeer:
    """Return a maker of references that alter what they echo."""

    class Altering(Endpoint):
        def react(self, connection: Connection, event: Event) -> None:
            match event:
                case TextReceived(text) if connection.state is State.OPEN:
                    connection.send_text(alter(text.encode()).decode())
                case BinaryReceived(payload) if connection.state is State.OPEN:
                    connection.send_binary(alter(payload))
                case _:
                    super().react(connection, event)

    return lambda role: reference_peer(role, endpoint=Altering)


def without_the_last_byte(payload: bytes) -> bytes:
    return payload[:-1] if len(payload) >= LONG else payload


def with_another_byte_in_the_middle(payload: bytes) -> bytes:
    middle = len(payload) // 2
    return payload[:middle] + b"?" + payload[middle + 1 :] if len(payload) >= LONG else payload


def up_to_the_first_mib(payload: bytes) -> bytes:
    return payload[: 1 << 20]


def with_its_first_64_kib_at_the_end(payload: bytes) -> bytes:
    return payload[1 << 16 :] + payload[: 1 << 16] if len(payload) >= 1 << 20 else payload


class EchoesLongTextAsBinary(Endpoint):
    def react(self, connection: Connection, event: Event) -> None:
        match event:
            case TextReceived(text) if len(text) >= LONG and connection.state is State.OPEN:
                connection.send_binary(text.encode())
            case _:
                super().react(connection, event)


class ForgetsLongMessages(Endpoint):
    def react(self, connection: Connection, event: Event) -> None:
        match event:
            case TextReceived(payload) | BinaryReceived(payload) if len(payload) >= LONG:
                pass
            case _:
                super().react(connection, event)


class EchoesSoMany(Endpoint):
    """Echoes no more than MANY messages."""

    echoed = 0

    def react(self, connection: Connection, event: Event) -> None:
        if isinstance(event, TextReceived | BinaryReceived):
            self.echoed += 1
        if self.echoed <= MANY:
            super().react(connection, event)


class SilentAboutItsLimits(Connection):
    """Stops reading at what is too big, and says nothing."""

    def fail(self, violation: Violation) -> ConnectionFailed:
        return ConnectionFailed(violation) if violation.close_code == CloseCode.TOO_BIG else super().fail(violation)


# --- many frames ------------------------------------------------------------------------------------------------------


class LosesAFragment(Connection):
    """Leaves out the fragment behind MANY others."""

    fragments = 0

    def _receive_data(self, frame: Frame) -> Event | None:
        self.fragments = 0 if self._message is None else self.fragments + 1
        lost = self.fragments == MANY
        return super()._receive_data(Frame(frame.opcode, b"", frame.fin, frame.rsv) if lost else frame)


class EndsAtAnEmptyFragment(Connection):
    """Takes an empty fragment for the last one, once there were MANY."""

    fragments = 0

    def _receive_data(self, frame: Frame) -> Event | None:
        self.fragments += 1
        ends = self.fragments == MANY and not frame.payload
        return super()._receive_data(Frame(frame.opcode, b"", True, frame.rsv) if ends else frame)


class DeafInALongMessage(Connection):
    """Answers no Ping inside a message of more than MANY fragments."""

    fragments = 0

    def _receive_data(self, frame: Frame) -> Event | None:
        self.fragments = 0 if frame.fin else self.fragments + 1
        return super()._receive_data(frame)

    def answer_ping(self, payload: bytes) -> None:
        if self.fragments <= MANY:
            super().answer_ping(payload)


class DeafBehindManyControlFrames(Connection):
    """Hears MANY control frames and no more."""

    heard = 0

    def _receive_control(self, frame: Frame) -> Event | None:
        self.heard += 1
        return super()._receive_control(frame) if self.heard <= MANY else None


class RepeatsAnOldPong(Connection):
    """Answers every Ping behind MANY others with the payload of the first of those."""

    answered: tuple[bytes, ...] = ()

    def answer_ping(self, payload: bytes) -> None:
        self.answered = (*self.answered, payload)[: MANY + 1]
        super().answer_ping(self.answered[1] if len(self.answered) > MANY else payload)


# --- slow, and broken off ---------------------------------------------------------------------------------------------


def nothing_less_than_two_bytes(data: bytes) -> bytes:
    """Leave out what comes as a single byte, as a reader does that wants a whole header from each read."""
    return data if len(data) > 1 else b""


class ClosesInNameOnly(Connection):
    """Says Close when the connection fails, and leaves TCP open."""

    def fail(self, violation: Violation) -> ConnectionFailed:
        failed = super().fail(violation)
        self.state = State.CLOSING
        return failed


class DeafToTheEnd(ReferencePeer):
    """Does not notice that TCP has ended."""

    def receive(self, chunk: Chunk, now: float) -> None:
        if isinstance(chunk, bytes):
            super().receive(chunk, now)


class DeliversParts(Endpoint):
    """Echoes what there is of a message when TCP ends."""

    def receive_end(self) -> None:
        connection = self.connection
        if connection is not None and connection._message is not None and connection.state is State.OPEN:
            connection.send_binary(connection._message.payload())
        super().receive_end()


class DeliversWholeFragments(DeliversParts):
    """Echoes the fragments of a message when TCP ends, unless it ends inside one."""

    def receive_end(self) -> None:
        if self.connection is None or not self.connection._reader.missing:
            super().receive_end()
        else:
            Endpoint.receive_end(self)


WHOLE_REQUEST = (
    b"GET / HTTP/1.1\r\nHost: wsspec.example\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
)


class OpensOnHalfARequest:
    """Takes the end of TCP for the end of the head."""

    def __init__(self, inner: ReferencePeer) -> None:
        self._inner = inner

    def receive(self, chunk: Chunk, now: float) -> None:
        if isinstance(chunk, Signal) and self._inner.endpoint.connection is None:
            self._inner = reference_peer(Role.SERVER)
            chunk = WHOLE_REQUEST
        self._inner.receive(chunk, now)

    def transmit(self, now: float) -> list[Chunk]:
        return self._inner.transmit(now)

    def next_deadline(self) -> float | None:
        return None


class SwallowsRefusals:
    """Says neither status nor end of TCP when it refuses an opening handshake."""

    def __init__(self, inner: Peer) -> None:
        self._inner = inner
        self._refused = False

    def receive(self, chunk: Chunk, now: float) -> None:
        self._inner.receive(chunk, now)

    def transmit(self, now: float) -> list[Chunk]:
        said = self._inner.transmit(now)
        self._refused = self._refused or any(isinstance(c, bytes) and c.startswith(b"HTTP/1.1 4") for c in said)
        return [] if self._refused else said

    def next_deadline(self) -> float | None:
        return self._inner.next_deadline()


def nothing_long(data: bytes) -> bytes:
    """Leave out what comes in more than 16 KiB."""
    return data if len(data) <= 1 << 14 else b""


MUTANTS: tuple[Mutant, ...] = (
    *(
        Mutant(
            name=f"echoes a long message {alter.__name__.replace('_', ' ')}",
            breaks=("6455/6.2/application-data-is-the-message", "6455/5.4/fragments-are-reassembled"),
            make=echoing(alter),
            roles=BOTH,
        )
        for alter in (
            without_the_last_byte,
            with_another_byte_in_the_middle,
            up_to_the_first_mib,
            with_its_first_64_kib_at_the_end,
        )
    ),
    Mutant(
        name="echoes long text as binary",
        breaks=("6455/6.2/application-data-is-the-message",),
        make=lambda role: reference_peer(role, endpoint=EchoesLongTextAsBinary),
        roles=BOTH,
    ),
    Mutant(
        name="forgets a message of 60,000 bytes or more",
        breaks=("6455/5.2/length-64-bits-is-read",),
        make=lambda role: reference_peer(role, endpoint=ForgetsLongMessages),
        roles=BOTH,
    ),
    Mutant(
        name="echoes 500 messages and no more",
        breaks=("6455/6.2/next-data-frame-begins-a-new-message",),
        make=lambda role: reference_peer(role, endpoint=EchoesSoMany),
        roles=BOTH,
    ),
    Mutant(
        name="is silent about a message that is too big",
        breaks=("6455/5.2/length-64-bits-is-read", "6455/5.4/fragments-are-reassembled"),
        make=with_connection(SilentAboutItsLimits),
        roles=BOTH,
    ),
    Mutant(
        name="loses the 501st fragment",
        breaks=("6455/5.4/fragments-are-reassembled",),
        make=with_connection(LosesAFragment),
        roles=BOTH,
    ),
    Mutant(
        name="takes the 500th fragment for the last if it is empty",
        breaks=("6455/5.4/fragments-of-any-size-are-accepted",),
        make=with_connection(EndsAtAnEmptyFragment),
        roles=BOTH,
    ),
    Mutant(
        name="answers no Ping inside a message of more than 500 fragments",
        breaks=("6455/5.4/control-frame-is-answered-between-fragments",),
        make=with_connection(DeafInALongMessage),
        roles=BOTH,
    ),
    Mutant(
        name="hears 500 control frames and no more",
        breaks=("6455/5.5.2/ping-is-answered", "6455/5.5.3/unsolicited-pong-is-accepted"),
        make=with_connection(DeafBehindManyControlFrames),
        roles=BOTH,
    ),
    Mutant(
        name="answers the 501st Ping and all behind it with an old payload",
        breaks=("6455/5.5.3/pong-copies-the-payload",),
        make=with_connection(RepeatsAnOldPong),
        roles=BOTH,
    ),
    Mutant(
        name="loses what comes as a single byte",
        breaks=("6455/6.2/incoming-data-is-parsed-as-frames",),
        make=tampered(incoming=nothing_less_than_two_bytes),
        roles=BOTH,
    ),
    Mutant(
        name="says Close when the connection fails, and leaves TCP open",
        breaks=("6455/7.1.7/failing-ends-the-connection",),
        make=with_connection(ClosesInNameOnly),
    ),
    Mutant(
        name="does not notice the end of TCP",
        breaks=("6455/7.1.4/connection-is-closed-when-tcp-is", "9112/9.5/end-by-the-peer-is-noticed"),
        make=lambda role: DeafToTheEnd(reference_peer(role, limits=NO_LIMITS).endpoint),
        roles=BOTH,
    ),
    Mutant(
        name="delivers what there is of a message when TCP ends, however much is announced",
        breaks=("6455/6.2/message-is-complete-with-fin", "6455/10.4/size-limits-protect"),
        make=lambda role: reference_peer(role, endpoint=DeliversParts, limits=NO_LIMITS),
        roles=BOTH,
    ),
    Mutant(
        name="delivers the whole fragments of a message when TCP ends",
        breaks=("6455/6.2/message-is-complete-with-fin",),
        make=lambda role: reference_peer(role, endpoint=DeliversWholeFragments),
        roles=BOTH,
    ),
    Mutant(
        name="opens on half a request when TCP ends",
        breaks=("9112/8/incomplete-request-may-get-an-error",),
        make=lambda role: OpensOnHalfARequest(reference_peer(role)),
    ),
    Mutant(
        name="swallows its refusals",
        breaks=("9110/2.3/elements-are-read-defensively",),
        make=lambda role: SwallowsRefusals(reference_peer(role)),
    ),
    Mutant(
        name="waits for ever behind a head of more than 16 KiB",
        breaks=("9110/2.3/elements-are-read-defensively",),
        make=lambda role: Tampered(reference_peer(role), incoming=nothing_long),
        roles=CLIENTS,
    ),
)


# --- what dies --------------------------------------------------------------------------------------------------------

Kills = Callable[[Chunk, Endpoint], bool]
"""Whether what is heard kills the process, given the endpoint that hears it."""


class Mortal(ReferencePeer):
    """One connection of a process that ``kills`` can end, and with it all its connections."""

    def __init__(self, role: Role, kills: Kills) -> None:
        super().__init__(reference_peer(role, limits=NO_LIMITS).endpoint)
        self._role = role
        self._kills = kills
        self.dead = False

    def receive(self, chunk: Chunk, now: float) -> None:
        self.dead = self.dead or self._kills(chunk, self.endpoint)
        if not self.dead:
            super().receive(chunk, now)

    def transmit(self, now: float) -> list[Chunk]:
        return [Signal.RESET] if self.dead else super().transmit(now)

    def another(self) -> Peer:
        """Return the next connection to the same process."""
        return ClosesAtOnce() if self.dead else reference_peer(self._role)


def reset_of_nothing(chunk: Chunk, endpoint: Endpoint) -> bool:
    return chunk is Signal.RESET and endpoint.connection is None


def reset_inside_a_frame(chunk: Chunk, endpoint: Endpoint) -> bool:
    connection = endpoint.connection
    return (
        chunk is Signal.RESET
        and connection is not None
        and bool(connection._reader.missing or connection._reader._held)
    )


def reset_between_frames(chunk: Chunk, endpoint: Endpoint) -> bool:
    connection = endpoint.connection
    return (
        chunk is Signal.RESET
        and connection is not None
        and connection.state is State.OPEN
        and not (connection._reader.missing or connection._reader._held)
    )


def reset_behind_a_close(chunk: Chunk, endpoint: Endpoint) -> bool:
    connection = endpoint.connection
    return chunk is Signal.RESET and connection is not None and connection.state is State.CLOSED


def _dying_of(kills: Kills) -> MakePeer:
    return lambda role: Mortal(role, kills)


MORTALS: tuple[Mutant, ...] = tuple(
    Mutant(
        name=f"dies of a {kills.__name__.replace('_', ' ')}",
        breaks=("6455/10.1/server-expects-any-client",),
        make=_dying_of(kills),
    )
    for kills in (reset_of_nothing, reset_inside_a_frame, reset_between_frames, reset_behind_a_close)
)
"""What only the next connection can tell."""
