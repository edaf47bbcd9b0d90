"""The second of two loops: from frames to messages, and the end of the connection (RFC 6455 §5.4 to §8.1).

A connection does no I/O. Bytes from the peer go into ``receive``, which returns events. What the protocol makes this
endpoint say, and what the application says, comes out of ``bytes_to_send``. Once ``should_end`` is True, TCP is to
be closed as soon as those bytes are written.

What an endpoint owes its peer is in small methods, one duty each, so that each can be read, and replaced, by itself.
Whole messages have short cuts past them, in ``ws_reference.whole_messages`` and in ``send_text`` and ``send_binary``.
"""

from collections.abc import Callable
from dataclasses import replace
from enum import Enum
from typing import Final

from ws_reference.closing import CloseCode, close_body, code_of
from ws_reference.compiling import mypyc_attr
from ws_reference.deflate import PerMessageDeflate
from ws_reference.errors import LocalProtocolError
from ws_reference.events import (
    BinaryReceived,
    CloseReceived,
    ConnectionFailed,
    Event,
    PingReceived,
    PongReceived,
    TextReceived,
)
from ws_reference.frames import (
    BINARY,
    CLOSE,
    CONTINUATION,
    PING,
    PONG,
    TEXT,
    Frame,
    Role,
    serialize,
    serialize_onto,
)
from ws_reference.limits import DEFAULT_LIMITS, Limits
from ws_reference.masking import Mask, mask
from ws_reference.message import Message
from ws_reference.reader import FrameReader
from ws_reference.rules import ALL_RULES, Receiving, Rules, Violation, refused_headers
from ws_reference.utf8 import describe
from ws_reference.whole_messages import (
    COMPRESSED_BINARY,
    COMPRESSED_TEXT,
    WHOLE_BINARY,
    WHOLE_TEXT,
    WholeMessages,
)


class State(Enum):
    """Where a connection is in its life, which begins when the opening handshake is done."""

    OPEN = "open"
    CLOSING = "closing"
    """This endpoint has sent a Close frame and waits for its peer's (§7.1.3)."""
    CLOSED = "closed"
    """Close frames went both ways, or the connection failed, or TCP ended. Nothing more is read or sent."""


OPEN: Final[State] = State.OPEN
CLOSING: Final[State] = State.CLOSING
CLOSED: Final[State] = State.CLOSED


@mypyc_attr(allow_interpreted_subclasses=True)
class Connection:
    """One WebSocket connection, seen from the end that has ``role``.

    A client needs ``new_masking_key``, which returns four bytes from a strong source of entropy (§5.3).
    ``rsv_in_use`` has those RSV bits to which a negotiated extension gives a meaning. ``compression`` brings its own,
    and rules with it; None means that no compression was agreed upon. ``mask`` masks and unmasks.

    A subclass wants its duties to be asked, so it takes no short cuts, and so does one in ``compression``.
    """

    def __init__(
        self,
        role: Role,
        *,
        new_masking_key: Callable[[], bytes] | None = None,
        rules: Rules = ALL_RULES,
        limits: Limits = DEFAULT_LIMITS,
        rsv_in_use: int = 0,
        compression: PerMessageDeflate | None = None,
        mask: Mask = mask,
    ) -> None:
        if role is Role.CLIENT and new_masking_key is None:
            raise LocalProtocolError("a client masks its frames (§5.1), so it needs new_masking_key")
        self.role = role
        self.state = OPEN
        self.close_code: int | None = None
        """§7.1.5: the peer's code, 1005 if its Close frame had none, 1006 if TCP ended without one; None until then."""
        self.close_reason = ""
        self.compression = compression
        # What our peer, which has the other role, must refuse is what we must not send.
        self._peer_role = Role.SERVER if role is Role.CLIENT else Role.CLIENT
        self._peer_rsv_in_use = rsv_in_use
        self._peer_refuses = refused_headers(ALL_RULES.header, self._peer_role, rsv_in_use)
        if compression is not None:
            rules = replace(rules, header=(*rules.header, *compression.header_rules))
            rsv_in_use |= compression.rsv_in_use
        self._rules = rules
        self._mask = mask
        takes_short_cuts = type(self) is Connection and (compression is None or type(compression) is PerMessageDeflate)
        self._reader = FrameReader(role, rules, limits, mask, rsv_in_use=rsv_in_use, gathers=takes_short_cuts)
        self._short_cut: WholeMessages | None = None
        if takes_short_cuts:
            self._short_cut = WholeMessages(role, rules, limits, mask, rsv_in_use=rsv_in_use, compression=compression)
        self._message: Message | None = None
        self._new_masking_key = new_masking_key if role is Role.CLIENT else None
        self._mask_bit = 0x80 if role is Role.CLIENT else 0
        self._peer_ended = False
        self._to_send: list[bytes] = []
        self._sending_message = False
        # Whether a whole message breaks none of those rules, and nobody is to be asked: true between two messages.
        self._message_may_begin = takes_short_cuts

    # What is received

    def receive(self, data: bytes) -> list[Event]:
        """Return what ``data`` brings. Never raises because of it: what the peer does wrong is an event as well.

        §5.5.1, §7.1.7: behind a Close frame, or a failure, nothing is read.
        """
        if self._reader.gather(data):
            return []
        return self._process(data) if self._short_cut is None else self._process_quickly(data, self._short_cut)

    def _process(self, data: bytes, position: int = 0) -> list[Event]:
        events: list[Event] = []
        if self.state is CLOSED:
            return events
        for frame in self._reader.receive(data, position):
            event: Event | None
            if frame.opcode >= 0x8:
                event = self._receive_control(frame)
            elif self.compression is None:
                event = self._receive_data(frame)
            else:
                event = self._receive_compressed(frame, self.compression)
            if event is not None:
                events.append(event)
                if self.state is CLOSED:
                    return events
        failure = self.check_text()
        if failure is None and self._reader.violation is not None:
            failure = self.fail(self._reader.violation)
        if failure is not None:
            events.append(failure)
        return events

    def _process_quickly(self, data: bytes, short_cut: WholeMessages) -> list[Event]:
        """Return the same: a frame that is under way is read to its end, then messages as long as they are whole."""
        position = self._reader.missing
        if position >= len(data):
            return self._process(data)
        events = self._process(data[:position]) if position else []
        unread = self._reader.take_unread()
        if unread is not None and self.state is not CLOSED:
            data = unread + data if unread else data
            position, is_cut = short_cut.receive(data, position, events)
            # What has waited once waits no more, so that no byte is read more than twice here.
            if is_cut and position >= len(unread):
                self._reader.put_back(data[position:])
                return events
        return events + self._process(data, position) if position < len(data) else events

    def receive_end(self) -> None:
        """Note that the peer has ended TCP, or that it broke."""
        self._peer_ended = True
        self.state = CLOSED
        if self.close_code is None:
            self.close_code = CloseCode.ABNORMAL

    def _receive_data(self, frame: Frame) -> Event | None:
        """§5.4: the message is complete with the frame whose FIN bit is set, and has the type of its first frame."""
        message = self._message
        if message is None or frame.opcode != CONTINUATION:
            if frame.fin:
                return self.deliver(frame.opcode, frame.payload)
            message = self._message = Message(frame.opcode)
        message.add(frame.payload)
        if not frame.fin:
            return None
        self._message = None
        return self.deliver(message.opcode, message.payload())

    def _receive_compressed(self, frame: Frame, compression: PerMessageDeflate) -> Event | None:
        """RFC 7692 §6: what a frame decompresses to is received like so many fragments, and checked one by one."""
        for fragment in compression.decode(frame):
            event = self._receive_data(fragment) or self.check_text()
            if event is not None:
                return event
        return self.fail(compression.violation) if compression.violation is not None else None

    def _receive_control(self, frame: Frame) -> Event | None:
        """§5.5: control frames come at any time, between the fragments of a message, too."""
        failure = self.check_text()
        if failure is not None:
            return failure
        if frame.opcode == PING:
            self.answer_ping(frame.payload)
            return PingReceived(frame.payload)
        if frame.opcode == PONG:
            return PongReceived(frame.payload)
        if frame.opcode == CLOSE:
            return self._receive_close(frame.payload)
        return None

    def _receive_close(self, body: bytes) -> Event:
        violation = self._rules.close_violation(body)
        if violation is not None:
            return self.fail(violation)
        code = code_of(body)
        self.close_code = CloseCode.NO_CODE if code is None else code
        self.close_reason = body[2:].decode(errors="replace")
        if self.state is OPEN:
            self.answer_close(body)
        self.state = CLOSED
        return CloseReceived(self.close_code, self.close_reason)

    # Duties of a receiver

    def deliver(self, opcode: int, payload: bytes) -> Event:
        """§6.2: a message has been received. Text is for the application to read, so it has to be UTF-8 (§8.1)."""
        if opcode != TEXT:
            return BinaryReceived(payload)
        try:
            return TextReceived(payload.decode())
        except UnicodeDecodeError as error:
            return self._fail_not_utf8(describe(error))

    def check_text(self) -> ConnectionFailed | None:
        """§8.1: a text that can no longer become valid fails the connection before its last fragment comes."""
        objection = self._message.settle() if self._message is not None else None
        return self._fail_not_utf8(objection) if objection is not None else None

    def answer_ping(self, payload: bytes) -> None:
        """§5.5.2, §5.5.3: a Ping is answered by a Pong with the same payload."""
        self.write(Frame(PONG, payload))

    def answer_close(self, body: bytes) -> None:
        """§5.5.1: a Close frame is answered by another, which says the same.

        Giving back the whole body gives back the code if there is one, and makes none up if there is not: 1005 is
        never on the wire (§7.4.1).
        """
        self.write(Frame(CLOSE, body))

    def fail(self, violation: Violation) -> ConnectionFailed:
        """§7.1.7: fail the connection. The Close frame, unless one was sent already, says why."""
        if self.state is OPEN:
            self.write(Frame(CLOSE, close_body(violation.close_code, violation.detail[:100])))
        self.state = CLOSED
        return ConnectionFailed(violation)

    @property
    def should_end(self) -> bool:
        """Whether TCP is to be closed, once all is sent.

        §7.1.1: the server closes it at once, the client when the server has done so. A client whose server never does
        may give up after a time that seems reasonable to it; that is for the owner of its clock.
        """
        return self._peer_ended or (self.state is CLOSED and self.role is Role.SERVER)

    def _fail_not_utf8(self, detail: str) -> ConnectionFailed:
        return self.fail(Violation("6455/8.1/invalid-utf-8-fails-the-connection", detail, CloseCode.INVALID_DATA))

    # What is sent

    def send_text(self, text: str) -> None:
        """Send a text message in one frame."""
        try:
            payload = text.encode()
        except UnicodeEncodeError as error:
            raise LocalProtocolError(f"the text has no UTF-8 form: {error}") from error
        if self._message_may_begin and self.state is OPEN:
            first = WHOLE_TEXT
            if self.compression is not None:
                first, payload = COMPRESSED_TEXT, self.compression.compress(payload)
            masking_key = self._new_masking_key() if self._new_masking_key is not None else None
            serialize_onto(self._to_send, first, payload, masking_key, self._mask)
        else:
            self.send(Frame(TEXT, payload))

    def send_binary(self, payload: bytes) -> None:
        """Send a binary message in one frame."""
        if self._message_may_begin and self.state is OPEN:
            first = WHOLE_BINARY
            if self.compression is not None:
                first, payload = COMPRESSED_BINARY, self.compression.compress(payload)
            masking_key = self._new_masking_key() if self._new_masking_key is not None else None
            serialize_onto(self._to_send, first, payload, masking_key, self._mask)
        else:
            self.send(Frame(BINARY, payload))

    def ping(self, payload: bytes = b"") -> None:
        """Send a Ping; the peer owes us a Pong with the same payload, of at most 125 bytes."""
        self.send(Frame(PING, payload))

    def pong(self, payload: bytes = b"") -> None:
        """Send a Pong that nobody asked for (§5.5.3). Pings are answered without it."""
        self.send(Frame(PONG, payload))

    def close(self, code: int = CloseCode.NORMAL, reason: str = "") -> None:
        """Start the closing handshake (§7.1.2). The code 1005 sends a Close frame with neither code nor reason."""
        try:
            body = close_body(code, reason)
        except (OverflowError, UnicodeEncodeError) as error:
            raise LocalProtocolError(f"no Close frame can say {code} and {reason!r}: {error}") from error
        self.send(Frame(CLOSE, body))

    def send(self, frame: Frame) -> None:
        """Send ``frame``; LocalProtocolError if it is not lawful in itself, or not now.

        A message in fragments is sent frame by frame. That such a message is UTF-8 is up to the caller. Where
        compression was agreed upon the payload is given as it is, with RSV1 clear, and compressed on its way.
        """
        opcode = frame.opcode
        if self.state is not OPEN and (self.state is CLOSED or opcode not in (PING, PONG)):
            raise LocalProtocolError(
                f"a frame with opcode 0x{opcode:x} cannot be sent: the connection is {self.state.value}"
            )
        first = frame.fin << 7 | frame.rsv << 4 | opcode
        second = self._mask_bit | min(len(frame.payload), 126)
        violation = None
        if self._peer_refuses[self._sending_message][first << 8 | second]:
            receiving = Receiving(self._peer_role, self._sending_message, self._peer_rsv_in_use)
            violation = ALL_RULES.header_violation(bytes((first, second)), receiving)
        elif opcode == CLOSE:
            violation = ALL_RULES.close_violation(frame.payload)
        if violation is not None:
            raise LocalProtocolError(f"the peer would have to refuse this: {violation.detail}")
        self.write(frame if self.compression is None else self.compression.encode(frame))
        if opcode < 0x8:
            self._sending_message = not frame.fin
            self._message_may_begin = self._short_cut is not None and frame.fin
        elif opcode == CLOSE:
            self.state = CLOSING

    # Duties of a sender

    def masking_key(self) -> bytes | None:
        """§5.1, §5.3: a client masks each frame with a fresh key, a server masks none."""
        return self._new_masking_key() if self._new_masking_key is not None else None

    def write(self, frame: Frame) -> None:
        """Put the bytes of ``frame`` behind all that is to be sent, whatever it says."""
        self._to_send.append(serialize(frame, self.masking_key(), self._mask))

    def bytes_to_send(self) -> bytes:
        """Return what is to be written to the peer, and forget it."""
        return b"".join(self.chunks_to_send())

    def chunks_to_send(self) -> list[bytes]:
        """Return the same in chunks, to be written one behind the other: what is not masked is not copied for it."""
        chunks, self._to_send = self._to_send, []
        return chunks
