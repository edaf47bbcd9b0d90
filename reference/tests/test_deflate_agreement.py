"""Compression between the reference and two other implementations, wsproto and websockets, in memory."""

from collections.abc import Callable, Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from websockets.client import ClientProtocol
from websockets.extensions.permessage_deflate import ClientPerMessageDeflateFactory, ServerPerMessageDeflateFactory
from websockets.frames import Frame as OtherFrame
from websockets.frames import Opcode as OtherOpcode
from websockets.http11 import Request
from websockets.server import ServerProtocol
from websockets.uri import parse_uri
from ws_reference import BinaryReceived, Connection, Endpoint, Event, Frame, Opcode, Role, TextReceived
from ws_reference.deflate_negotiation import DeflateNegotiation, Parameters
from ws_reference.headers import Extension
from wsproto import ConnectionType, WSConnection
from wsproto.events import AcceptConnection, BytesMessage
from wsproto.events import Request as WsprotoRequest
from wsproto.extensions import PerMessageDeflate

KEY = bytes.fromhex("37fa213d")

# Neither of the two knows windows of 8 bits in both directions, since zlib does not compress with them.
BITS = st.integers(9, 15)
PARAMETERS = st.builds(
    Parameters,
    server_no_context_takeover=st.booleans(),
    client_no_context_takeover=st.booleans(),
    server_max_window_bits=BITS,
    client_max_window_bits=BITS,
)
UNITS = st.binary(min_size=1, max_size=300)
MESSAGES = st.lists(st.one_of(st.binary(max_size=50), st.builds(bytes.__mul__, UNITS, st.integers(0, 60))), max_size=5)


def client(**arguments: object) -> Endpoint:
    return Endpoint(
        Role.CLIENT,
        new_nonce=lambda: b"the sample nonce",
        new_masking_key=lambda: KEY,
        **arguments,  # type: ignore[arg-type]  # passed through
    )


def binary(events: list[Event]) -> list[bytes]:
    return [event.payload for event in events if isinstance(event, BinaryReceived)]


def compressed_connection(endpoint: Endpoint) -> Connection:
    assert endpoint.connection is not None
    assert endpoint.connection.compression is not None
    return endpoint.connection


# By itself


def opened(asking: Endpoint, answering: Endpoint) -> None:
    answering.receive(asking.bytes_to_send())
    asking.receive(answering.bytes_to_send())


def test_a_client_and_a_server_agree_and_echo() -> None:
    asking, answering = client(deflate=DeflateNegotiation()), Endpoint(Role.SERVER, deflate=DeflateNegotiation())
    opened(asking, answering)

    compressed_connection(asking).send_text("Hello" * 1000)
    request = asking.bytes_to_send()
    answering.receive(request)
    echo = answering.bytes_to_send()

    assert len(request) < 100
    assert len(echo) < 100
    assert compressed_connection(asking).receive(echo) == [TextReceived("Hello" * 1000)]


@pytest.mark.parametrize("who_does_not", Role)
def test_without_agreement_nothing_is_compressed(who_does_not: Role) -> None:
    deflate = DeflateNegotiation()
    asking = client(deflate=None if who_does_not is Role.CLIENT else deflate)
    answering = Endpoint(Role.SERVER, deflate=None if who_does_not is Role.SERVER else deflate)
    opened(asking, answering)
    assert asking.connection is not None

    asking.connection.send_text("Hello")

    assert len(asking.bytes_to_send()) == 6 + 5


def test_a_client_fails_the_connection_on_an_answer_that_it_did_not_ask_for() -> None:
    class Generous(DeflateNegotiation):
        def agree(self, offer: Extension) -> Parameters:
            return Parameters(client_max_window_bits=10)

    offers = (Extension("permessage-deflate"),)
    asking = client(deflate=DeflateNegotiation(offers=offers))
    opened(asking, Endpoint(Role.SERVER, deflate=Generous()))

    assert asking.connection is None
    assert asking.failure is not None
    assert asking.failure.requirement == "7692/7.1.2.2/unoffered-parameter-in-an-answer-fails"


# With wsproto


def wsproto_client(agreed: Parameters) -> tuple[Endpoint, WSConnection]:
    """Return a server of ours and a client of wsproto's that have agreed."""
    server = Endpoint(Role.SERVER, deflate=DeflateNegotiation(wishes=agreed))
    other = WSConnection(ConnectionType.CLIENT)
    server.receive(other.send(WsprotoRequest(host="localhost", target="/", extensions=[PerMessageDeflate()])))
    other.receive_data(server.bytes_to_send())
    assert [type(event) for event in other.events()] == [AcceptConnection]
    return server, other


def wsproto_server(agreed: Parameters) -> tuple[Endpoint, WSConnection]:
    """Return a client of ours and a server of wsproto's that have agreed."""
    asking = client(deflate=DeflateNegotiation(offers=[agreed.extension()]))
    other = WSConnection(ConnectionType.SERVER)
    other.receive_data(asking.bytes_to_send())
    assert [type(event) for event in other.events()] == [WsprotoRequest]
    asking.receive(other.send(AcceptConnection(extensions=[PerMessageDeflate()])))
    return asking, other


def wsproto_payloads(other: WSConnection) -> Iterator[bytes]:
    """Yield the binary messages that ``other`` has received."""
    parts: list[bytes] = []
    for event in other.events():
        assert isinstance(event, BytesMessage)
        parts.append(bytes(event.data))
        if event.message_finished:
            yield b"".join(parts)
            parts = []


@pytest.mark.parametrize("shake_hands", [wsproto_client, wsproto_server])
@settings(deadline=None)
@given(PARAMETERS, MESSAGES, st.integers(1, 500))
def test_wsproto_reads_ours_and_we_read_wsprotos(
    shake_hands: Callable[[Parameters], tuple[Endpoint, WSConnection]],
    agreed: Parameters,
    messages: list[bytes],
    fragment_length: int,
) -> None:
    endpoint, other = shake_hands(agreed)
    connection = compressed_connection(endpoint)

    for message in messages:
        send_in_fragments(connection, message, fragment_length)
        other.receive_data(connection.bytes_to_send())
        assert list(wsproto_payloads(other)) == [message]
        first, rest = message[:fragment_length], message[fragment_length:]
        data = other.send(BytesMessage(first, message_finished=False)) + other.send(BytesMessage(rest))
        assert binary(connection.receive(data)) == [message]


def send_in_fragments(connection: Connection, message: bytes, fragment_length: int) -> None:
    starts = range(0, len(message) or 1, fragment_length)
    for start in starts:
        opcode = Opcode.CONTINUATION if start else Opcode.BINARY
        connection.send(Frame(opcode, message[start : start + fragment_length], fin=start == starts[-1]))


# With websockets


def websockets_client(agreed: Parameters) -> tuple[Endpoint, ClientProtocol]:
    """Return a server of ours and a client of websockets' that have agreed."""
    server = Endpoint(Role.SERVER, deflate=DeflateNegotiation(wishes=agreed))
    factory = ClientPerMessageDeflateFactory(client_max_window_bits=True)
    other = ClientProtocol(parse_uri("ws://localhost/"), extensions=[factory], max_size=None)
    other.send_request(other.connect())
    server.receive(b"".join(other.data_to_send()))
    other.receive_data(server.bytes_to_send())
    other.events_received()
    assert other.handshake_exc is None
    return server, other


def websockets_server(agreed: Parameters) -> tuple[Endpoint, ServerProtocol]:
    """Return a client of ours and a server of websockets' that have agreed."""
    asking = client(deflate=DeflateNegotiation(offers=[agreed.extension()]))
    other = ServerProtocol(extensions=[ServerPerMessageDeflateFactory()], max_size=None)
    other.receive_data(asking.bytes_to_send())
    (request,) = other.events_received()
    assert isinstance(request, Request)
    other.send_response(other.accept(request))
    asking.receive(b"".join(other.data_to_send()))
    return asking, other


@pytest.mark.parametrize("shake_hands", [websockets_client, websockets_server])
@settings(deadline=None)
@given(PARAMETERS, MESSAGES, st.integers(1, 500))
def test_websockets_reads_ours_and_we_read_those_of_websockets(
    shake_hands: Callable[[Parameters], tuple[Endpoint, ClientProtocol | ServerProtocol]],
    agreed: Parameters,
    messages: list[bytes],
    fragment_length: int,
) -> None:
    endpoint, other = shake_hands(agreed)
    connection = compressed_connection(endpoint)

    for message in messages:
        send_in_fragments(connection, message, fragment_length)
        other.receive_data(connection.bytes_to_send())
        frames = [event for event in other.events_received() if isinstance(event, OtherFrame)]
        assert [frame.opcode for frame in frames[1:]] == [OtherOpcode.CONT] * (len(frames) - 1)
        assert b"".join(frame.data for frame in frames) == message
        other.send_binary(message[:fragment_length], fin=False)
        other.send_continuation(message[fragment_length:], fin=True)
        assert binary(connection.receive(b"".join(other.data_to_send()))) == [message]
