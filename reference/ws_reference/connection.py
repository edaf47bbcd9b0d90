"""The second of two loops: from frames to messages, and the end of the connection (RFC 6455 §5.4 to §8.1).

A connection does no I/O. Bytes from the peer go into ``receive``, which returns events; what the protocol asks this
endpoint to say, and what the application says, comes out of ``bytes_to_send``. When ``should_end`` is True, TCP is to
be closed as soon as those bytes are written.

What an endpoint has to do is in small methods, one duty each, so that it can be read, and replaced, one at a time.
"""

from collections.abc import Callable
from enum import Enum

from ws_reference.closing import CloseCode, close_body, code_of
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
from ws_reference.frames import Frame, Opcode, Role, serialize
from ws_reference.limits import Limits
from ws_reference.message import Message
from ws_reference.reader import FrameReader
from ws_reference.rules import Receiving, Rules, Violation
from ws_reference.utf8 import Utf8Validator


class State(Enum):
    """Where the connection is in its life, from its opening handshake on."""

    OPEN = "open"
    CLOSING = "closing"
    """This endpoint has sent a Close frame and waits for the other one (§7.1.3)."""
    CLOSED = "closed"
    """Close frames went both ways, or the connection failed, or TCP ended. Nothing is sent or read any more."""


class Connection:
    """One WebSocket connection after its opening handshake, seen from the end that has ``role``.

    A client needs ``new_masking_key``, which returns four bytes from a strong source of entropy (§5.3).
    ``rsv_in_use`` has the RSV bits that negotiated extensions define.
    """

    def __init__(
        self,
        role: Role,
        *,
        new_masking_key: Callable[[], bytes] | None = None,
        rules: Rules = Rules(),  # noqa: B008 - a frozen value
        limits: Limits = Limits(),  # noqa: B008 - a frozen value
        rsv_in_use: int = 0,
    ) -> None:
        if role is Role.CLIENT and new_masking_key is None:
            raise LocalProtocolError("a client needs new_masking_key: it masks all frames (§5.1)")
        self.role = role
        self.state = State.OPEN
        self.close_code: int | None = None
        """§7.1.5: what the peer's Close frame said; 1005 if no code, 1006 if none came; None if one may still come."""
        self.close_reason = ""
        self._rules = rules
        self._reader = FrameReader(Receiving(role, rsv_in_use=rsv_in_use), rules, limits)
        self._new_masking_key = new_masking_key
        self._message: Message | None = None
        self._sending_message = False
        self._failed = False
        self._peer_ended = False
        self._to_send: list[bytes] = []

    # Receiving

    def receive(self, data: bytes) -> list[Event]:
        """Return what ``data`` brings. Never raises: the peer's mistakes are events, too."""
        events: list[Event] = []
        if self.state is State.CLOSED:
            return events
        for frame in self._reader.receive(data):
            opcode = frame.opcode
            if opcode < 0x8:
                event = self._receive_data(frame)
            else:
                event = self._check_text() or self._receive_control(frame)
            if event is not None:
                events.append(event)
                if self.state is State.CLOSED:
                    return events
        failure = self._check_text()
        if failure is None and self._reader.violation is not None:
            failure = self.fail(self._reader.violation)
        if failure is not None:
            events.append(failure)
        return events

    def receive_end(self) -> None:
        """Note that the peer has ended TCP. If no Close frame came before, the close code is 1006 (§7.1.5)."""
        self._peer_ended = True
        self.state = State.CLOSED
        if self.close_code is None:
            self.close_code = CloseCode.ABNORMAL

    def _receive_data(self, frame: Frame) -> Event | None:
        """§5.4: a frame that begins a message, goes on with it, or ends it."""
        message = self._message
        if frame.opcode != Opcode.CONTINUATION or message is None:
            if frame.fin:
                return self._receive_message(frame.opcode, frame.payload)
            message = self._message = Message(frame.opcode)
        message.add(frame.payload)
        if not frame.fin:
            return None
        failure = self._check_text(final=True)
        if failure is not None:
            return failure
        self._message = None
        return self.deliver(message.opcode, message.payload())
