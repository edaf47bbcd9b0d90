"""Whole endpoints, against each other and by themselves."""

from collections.abc import Callable
from functools import partial
from typing import ClassVar

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ws_reference import (
    HEADER_RULES,
    ClientHandshake,
    Connection,
    Endpoint,
    Frame,
    LocalProtocolError,
    Opcode,
    Role,
    Rules,
    ServerHandshake,
    State,
    Violation,
    serialize,
)

KEY = bytes.fromhex("37fa213d")


def server(**arguments: object) -> Endpoint:
    return Endpoint(Role.SERVER, **arguments)  # type: ignore[arg-type]  # passed through


def client(**arguments: object) -> Endpoint:
    return Endpoint(
        Role.CLIENT,
        new_nonce=lambda: b"the sample nonce",
        new_masking_key=lambda: KEY,
        **arguments,  # type: ignore[arg-type]  # passed through
    )


def opened(endpoint: Endpoint) -> Connection:
    """Return the connection of ``endpoint``, once a plain endpoint of the other role has opened it."""
    other = client() if endpoint.role is Role.SERVER else server()
    converse(endpoint, other)
    assert endpoint.connection is not None
    return endpoint.connection


def converse(one: Endpoint, other: Endpoint) -> None:
    """Carry bytes, and the end of TCP, between two endpoints until both are silent."""
    silent = 0
    while silent < 2:
        data = one.bytes_to_send()
        silent = 0 if data else silent + 1
        other.receive(data)
        if one.should_end:
            other.receive_end()
        one, other = other, one


def test_a_client_and_a_server_open_echo_and_close() -> None:
    asking, answering = client(subprotocols=("superchat", "chat")), server(subprotocols=("chat",))
    converse(asking, answering)
    assert asking.connection is not None
    assert answering.connection is not None

    answering.connection.send_text("Hello")
    answering.receive(asking.bytes_to_send())
    asking.receive(answering.bytes_to_send())
    echo = asking.bytes_to_send()
    asking.connection.close(1001)
    answering.receive(asking.bytes_to_send())
    asking.receive(answering.bytes_to_send())

    assert echo == serialize(Frame(Opcode.TEXT, b"Hello"), KEY)
    assert answering.should_end
    assert not asking.should_end
    asking.receive_end()
    assert asking.should_end
    assert asking.connection.close_code == answering.connection.close_code == 1001
    assert asking.failure is answering.failure is None


@pytest.mark.parametrize("make", [server, client])
def test_text_and_binary_messages_come_back_as_they_are(make: Callable[[], Endpoint]) -> None:
    endpoint = make()
    key = KEY if endpoint.role is Role.SERVER else None
    opened(endpoint)

    for frame in (Frame(Opcode.TEXT, b"Hello"), Frame(Opcode.BINARY, b"\xff")):
        endpoint.receive(serialize(frame, key))
        assert endpoint.bytes_to_send() == serialize(frame, None if key else KEY)


def test_nothing_is_echoed_behind_our_own_close_frame() -> None:
    endpoint = server()
    opened(endpoint).close()
    endpoint.bytes_to_send()

    endpoint.receive(serialize(Frame(Opcode.TEXT, b"late"), KEY) + serialize(Frame(Opcode.BINARY), KEY))

    assert endpoint.bytes_to_send() == b""


def test_frames_that_come_with_the_opening_handshake_are_read() -> None:
    asking, answering = client(), server()

    answering.receive(asking.bytes_to_send() + serialize(Frame(Opcode.TEXT, b"early"), KEY))

    assert answering.bytes_to_send().endswith(b"\r\n\r\n" + serialize(Frame(Opcode.TEXT, b"early")))


def test_an_opening_handshake_that_comes_byte_by_byte_is_read() -> None:
    asking, answering = client(), server()

    for byte in asking.bytes_to_send() + serialize(Frame(Opcode.TEXT, b"early"), KEY):
        answering.receive(bytes((byte,)))

    assert answering.bytes_to_send().endswith(b"\r\n\r\n" + serialize(Frame(Opcode.TEXT, b"early")))


def test_a_failure_is_told_and_ends_the_connection() -> None:
    endpoint = server()
    connection = opened(endpoint)

    endpoint.receive(serialize(Frame(0x3), KEY))

    assert endpoint.failure == Violation("6455/5.2/unknown-opcode-fails-the-connection", "reserved opcode 0x3")
    assert connection.state is State.CLOSED
    assert endpoint.should_end


def test_a_server_that_refuses_answers_and_ends() -> None:
    endpoint = server()
    assert not endpoint.should_end

    endpoint.receive(b"GET / HTTP/1.0\r\n\r\n")
    endpoint.receive(b"more")

    assert endpoint.bytes_to_send().startswith(b"HTTP/1.1 505 ")
    assert endpoint.should_end
    assert endpoint.connection is None
    assert endpoint.failure is not None


def test_a_client_that_is_refused_ends() -> None:
    endpoint = client()
    endpoint.bytes_to_send()

    endpoint.receive(b"HTTP/1.1 404 Not Found\r\n\r\n\x81\x00")

    assert endpoint.should_end
    assert endpoint.bytes_to_send() == b""
    assert endpoint.failure is not None
    assert endpoint.failure.requirement == "6455/4.1/status-other-than-101-is-not-open"


@pytest.mark.parametrize("make", [server, client])
def test_an_end_before_the_connection_is_open_ends_it(make: Callable[[], Endpoint]) -> None:
    endpoint = make()
    endpoint.receive_end()
    endpoint.receive(b"late")

    assert endpoint.should_end


@pytest.mark.parametrize("missing", ["new_nonce", "new_masking_key"])
def test_a_client_needs_randomness(missing: str) -> None:
    arguments = {"new_nonce": lambda: bytes(16), "new_masking_key": lambda: KEY}
    del arguments[missing]

    with pytest.raises(LocalProtocolError, match="needs"):
        Endpoint(Role.CLIENT, **arguments)  # type: ignore[arg-type]  # a part of the keywords


@given(st.sampled_from((server, client)), st.booleans(), st.lists(st.binary(max_size=60), max_size=6))
def test_no_bytes_make_it_raise(make: Callable[[], Endpoint], is_open: bool, chunks: list[bytes]) -> None:
    endpoint = make()
    if is_open:
        opened(endpoint)

    for chunk in chunks:
        endpoint.receive(chunk)
        endpoint.bytes_to_send()

    endpoint.receive_end()
    assert endpoint.should_end


def test_the_parts_can_be_replaced() -> None:
    class Deaf(Connection):
        def answer_ping(self, payload: bytes) -> None:
            """Neglect this duty."""

    class Chatty(ServerHandshake):
        spoken: ClassVar = "chat"

        def choose_subprotocol(self, request: object) -> str | None:
            return self.spoken

    deaf = server(connection=Deaf, handshake=Chatty)
    trusting = client(
        connection=partial(Connection, rules=Rules((), (), ())), handshake=partial(ClientHandshake, rules=())
    )
    converse(deaf, trusting)
    assert deaf.connection is not None
    assert trusting.connection is not None

    trusting.connection.ping()
    deaf.receive(trusting.bytes_to_send())
    trusting.receive(b"\x83\x01!")

    assert deaf.bytes_to_send() == b""
    assert trusting.bytes_to_send() == serialize(Frame(Opcode.BINARY, b"!"), KEY)
    assert len(HEADER_RULES) == 8
