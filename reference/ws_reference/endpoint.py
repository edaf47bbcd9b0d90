"""A whole endpoint that echoes: opening handshake, messages, closing handshake (RFC 6455 §1.2).

It does no I/O either. Whoever owns the socket passes on what is received, writes what ``bytes_to_send`` returns, and
then closes TCP if ``should_end`` says so.
"""

from collections.abc import Callable, Sequence
from functools import partial

from ws_reference.connection import Connection, State
from ws_reference.deflate import PerMessageDeflate
from ws_reference.deflate_negotiation import DeflateNegotiation, Parameters
from ws_reference.errors import LocalProtocolError
from ws_reference.events import BinaryReceived, ConnectionFailed, Event, TextReceived
from ws_reference.frames import Role
from ws_reference.handshake import ClientHandshake, ServerHandshake
from ws_reference.limits import DEFAULT_LIMITS, Limits
from ws_reference.request_rules import Refusal, Request
from ws_reference.response_rules import Response
from ws_reference.rules import Violation


class Endpoint:
    """A client or a server that sends back every message it gets.

    ``handshake`` and ``connection`` make its two parts: classes, or functions that take the same arguments. A client
    needs ``new_nonce`` and ``new_masking_key``, and ``host`` and ``target`` name what it asks for. With ``deflate`` it
    offers compression, or accepts it, and ``compression`` makes the part that compresses.
    """

    def __init__(
        self,
        role: Role,
        *,
        handshake: Callable[..., ServerHandshake | ClientHandshake] | None = None,
        connection: Callable[..., Connection] = Connection,
        deflate: DeflateNegotiation | None = None,
        compression: Callable[..., PerMessageDeflate] = PerMessageDeflate,
        subprotocols: Sequence[str] = (),
        host: str = "localhost",
        target: str = "/",
        new_nonce: Callable[[], bytes] | None = None,
        new_masking_key: Callable[[], bytes] | None = None,
        limits: Limits = DEFAULT_LIMITS,
    ) -> None:
        self.role = role
        self.connection: Connection | None = None
        """The connection, once the opening handshake is done."""
        self.failure: Violation | None = None
        """What the peer did wrong, for the log (§7.1.7)."""
        self._make_connection = partial(connection, role, new_masking_key=new_masking_key, limits=limits)
        self._make_compression = partial(compression, role, limits=limits)
        self._peer_ended = False
        self._handshake: ServerHandshake | ClientHandshake
        self._to_send = b""
        make_handshake = handshake or _HANDSHAKES[role]
        if deflate is not None:
            make_handshake = partial(make_handshake, deflate=deflate)
        if role is Role.SERVER:
            self._handshake = make_handshake(subprotocols=subprotocols, limits=limits)
            return
        if new_nonce is None or new_masking_key is None:
            raise LocalProtocolError("a client needs new_nonce (§4.1) and new_masking_key (§5.3)")
        client = make_handshake(host=host, target=target, new_nonce=new_nonce, subprotocols=subprotocols, limits=limits)
        assert isinstance(client, ClientHandshake)
        self._handshake = client
        self._to_send = client.request()

    def receive(self, data: bytes) -> None:
        """Take what the peer sent."""
        if self.connection is None and not self.should_end:
            self._shake_hands(data)
            data = self._handshake.leftover
        if self.connection is not None:
            for event in self.connection.receive(data):
                self.react(self.connection, event)

    def receive_end(self) -> None:
        """Note that the peer has ended TCP."""
        self._peer_ended = True
        if self.connection is not None:
            self.connection.receive_end()

    @property
    def should_end(self) -> bool:
        """Whether TCP is to be closed, once all is sent."""
        if self.connection is not None:
            return self.connection.should_end
        return self._peer_ended or self.failure is not None

    def bytes_to_send(self) -> bytes:
        """Return what is to be written to the peer, and forget it."""
        data, self._to_send = self._to_send, b""
        return data if self.connection is None else data + self.connection.bytes_to_send()

    # Duties

    def react(self, connection: Connection, event: Event) -> None:
        """Answer a message with the same message, as long as messages may be sent."""
        match event:
            case ConnectionFailed(violation):
                self.failure = violation
            case TextReceived(text) if connection.state is State.OPEN:
                connection.send_text(text)
            case BinaryReceived(payload) if connection.state is State.OPEN:
                connection.send_binary(payload)

    # The opening handshake

    def _shake_hands(self, data: bytes) -> None:
        if isinstance(self._handshake, ServerHandshake):
            self._answer(self._handshake, data)
        else:
            self._check_answer(self._handshake, data)

    def _answer(self, handshake: ServerHandshake, data: bytes) -> None:
        match handshake.receive(data):
            case Request() as request:
                self._to_send = handshake.accept(request)
                self._open(handshake.agreed)
            case Refusal() as refusal:
                self._to_send = handshake.refuse(refusal)
                self.failure = refusal.violation

    def _check_answer(self, handshake: ClientHandshake, data: bytes) -> None:
        """§7.1.7: there is no Close frame to send before the connection is established."""
        match handshake.receive(data):
            case Violation() as violation:
                self.failure = violation
            case Response():
                self._open(handshake.agreed)

    def _open(self, agreed: Parameters | None) -> None:
        """Make the connection; it gets no part that compresses unless that was agreed upon."""
        if agreed is None:
            self.connection = self._make_connection()
        else:
            self.connection = self._make_connection(compression=self._make_compression(agreed))


_HANDSHAKES: dict[Role, Callable[..., ServerHandshake | ClientHandshake]] = {
    Role.SERVER: ServerHandshake,
    Role.CLIENT: ClientHandshake,
}
