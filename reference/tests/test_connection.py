"""A connection between its two handshakes."""

import tracemalloc
from collections.abc import Iterator
from itertools import count, pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ws_reference.closing import close_body
from ws_reference.connection import Connection, State
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
from ws_reference.frames import Frame, Opcode, Role, parse_header, serialize
from ws_reference.limits import Limits
from ws_reference.masking import mask
from ws_reference.rules import (
    ALL_RULES,
    CloseRule,
    HeaderRule,
    LengthRule,
    Violation,
    close_body_has_a_whole_code,
    close_code_is_not_1005,
    continuation_has_a_message,
    control_frame_is_final,
    control_frame_is_short,
    frame_from_client_is_masked,
    frame_from_server_is_not_masked,
    length_is_minimal,
    new_message_waits_for_the_end_of_the_last,
    opcode_is_known,
    reason_is_utf8,
    reserved_bits_are_clear,
    top_bit_of_length_is_clear,
)

KEY = bytes.fromhex("37fa213d")


def connect(role: Role, **arguments: object) -> Connection:
    return Connection(role, new_masking_key=lambda: KEY, **arguments)  # type: ignore[arg-type]  # passed through


def wire(role: Role, *frames: Frame) -> bytes:
    """Return ``frames`` as the peer of an endpoint with ``role`` writes them."""
    return b"".join(serialize(frame, KEY if role is Role.SERVER else None) for frame in frames)


def sent(connection: Connection) -> list[Frame]:
    """Return the frames that ``connection`` has to send, and check how they are masked."""
    data = connection.bytes_to_send()
    frames = []
    while data:
        parsed = parse_header(data)
        assert parsed is not None
        header, start = parsed
        assert header.masked == (connection.role is Role.CLIENT)
        stop = start + header.payload_length
        payload = data[start:stop] if header.masking_key is None else mask(data[start:stop], header.masking_key)
        frames.append(Frame(header.opcode, payload, header.fin, header.rsv))
        data = data[stop:]
    return frames


def state_of(connection: Connection) -> State:
    """Return the state, so that a type checker does not believe it to stay the same for ever."""
    return connection.state


@pytest.fixture(params=Role)
def role(request: pytest.FixtureRequest) -> Role:
    assert isinstance(request.param, Role)
    return request.param


# Messages


def test_the_fragmented_example_of_section_5_7_is_one_message() -> None:
    connection = connect(Role.CLIENT)

    assert connection.receive(bytes.fromhex("0103 48656c")) == []
    assert connection.receive(bytes.fromhex("8002 6c6f")) == [TextReceived("Hello")]


def test_messages_and_control_frames_are_events_in_order(role: Role) -> None:
    connection = connect(role)
    frames = (
        Frame(Opcode.TEXT, "schö".encode()[:-1], fin=False),
        Frame(Opcode.PING, b"?"),
        Frame(Opcode.CONTINUATION, "ö".encode()[1:], fin=False),
        Frame(Opcode.PONG, b"!"),
        Frame(Opcode.CONTINUATION, b"n"),
        Frame(Opcode.BINARY, b"\xff", fin=False),
        Frame(Opcode.CONTINUATION),
        Frame(Opcode.BINARY, b"\xff"),
        Frame(Opcode.TEXT),
    )

    assert connection.receive(wire(role, *frames)) == [
        PingReceived(b"?"),
        PongReceived(b"!"),
        TextReceived("schön"),
        BinaryReceived(b"\xff"),
        BinaryReceived(b"\xff"),
        TextReceived(""),
    ]
    assert sent(connection) == [Frame(Opcode.PONG, b"?")]
    assert connection.state is State.OPEN
    assert not connection.should_end


def test_text_fails_at_its_first_bad_byte(role: Role) -> None:
    connection = connect(role)

    events = connection.receive(wire(role, Frame(Opcode.TEXT, b"abc\xf4\x90", fin=False), Frame(Opcode.PING, b"?")))

    requirement = "6455/8.1/invalid-utf-8-fails-the-connection"
    detail = "text is not UTF-8 from byte 3 on (0xf4): invalid continuation byte"
    assert events == [ConnectionFailed(Violation(requirement, detail, 1007))]
    assert sent(connection) == [Frame(Opcode.CLOSE, close_body(1007, detail))]


def test_text_in_a_frame_that_is_not_whole_fails_at_its_first_bad_byte(role: Role) -> None:
    connection = connect(role)

    (event,) = connection.receive(wire(role, Frame(Opcode.TEXT, b"\xff" + bytes(1000)))[:50])

    assert isinstance(event, ConnectionFailed)


@pytest.mark.parametrize("frames", [(Frame(Opcode.TEXT, b"\xc3"),), (Frame(1, b"\xc3", fin=False), Frame(0))])
def test_text_fails_if_its_last_character_is_not_whole(role: Role, frames: tuple[Frame, ...]) -> None:
    connection = connect(role)

    (event,) = connection.receive(wire(role, *frames))

    assert isinstance(event, ConnectionFailed)
    assert event.violation.close_code == 1007


def test_a_frame_that_breaks_a_rule_fails_the_connection(role: Role) -> None:
    connection = connect(role)

    events = connection.receive(wire(role, Frame(Opcode.TEXT, b"before"), Frame(0x3), Frame(Opcode.TEXT, b"behind")))

    violation = Violation("6455/5.2/unknown-opcode-fails-the-connection", "reserved opcode 0x3")
    assert events == [TextReceived("before"), ConnectionFailed(violation)]
    assert sent(connection) == [Frame(Opcode.CLOSE, close_body(1002, "reserved opcode 0x3"))]
    assert connection.state is State.CLOSED
    assert connection.receive(wire(role, Frame(Opcode.TEXT, b"later"))) == []


def test_limits_fail_the_connection(role: Role) -> None:
    connection = connect(role, limits=Limits(message_length=10))

    connection.receive(wire(role, Frame(Opcode.BINARY, bytes(11))))

    assert sent(connection) == [
        Frame(Opcode.CLOSE, close_body(1009, "message of at least 11 bytes; the limit is 10")),
    ]


# The end


def test_a_close_frame_is_answered_with_the_same_body(role: Role) -> None:
    connection = connect(role)

    events = connection.receive(wire(role, Frame(Opcode.CLOSE, close_body(3000, "tschüß")), Frame(Opcode.PING)))

    assert events == [CloseReceived(3000, "tschüß")]
    assert (connection.close_code, connection.close_reason) == (3000, "tschüß")
    assert sent(connection) == [Frame(Opcode.CLOSE, close_body(3000, "tschüß"))]
    assert connection.state is State.CLOSED


def test_a_close_frame_without_a_body_has_the_code_1005_and_an_empty_answer(role: Role) -> None:
    connection = connect(role)

    assert connection.receive(wire(role, Frame(Opcode.CLOSE))) == [CloseReceived(1005, "")]
    assert sent(connection) == [Frame(Opcode.CLOSE)]


def test_a_close_frame_that_breaks_a_rule_fails_the_connection(role: Role) -> None:
    connection = connect(role)

    (event,) = connection.receive(wire(role, Frame(Opcode.CLOSE, close_body(1006))))

    assert isinstance(event, ConnectionFailed)
    assert sent(connection) == [Frame(Opcode.CLOSE, close_body(1002, "Close with code 1006"))]
    assert connection.close_code is None


def test_the_closing_handshake_can_be_started_from_here(role: Role) -> None:
    connection = connect(role)

    connection.close(1001, "lunch")
    assert state_of(connection) is State.CLOSING
    assert not connection.should_end
    assert connection.receive(wire(role, Frame(Opcode.TEXT, b"late"), Frame(Opcode.PING, b"?"))) == [
        TextReceived("late"),
        PingReceived(b"?"),
    ]
    assert connection.receive(wire(role, Frame(Opcode.CLOSE, close_body(1001)))) == [CloseReceived(1001, "")]

    assert sent(connection) == [Frame(Opcode.CLOSE, close_body(1001, "lunch")), Frame(Opcode.PONG, b"?")]
    assert connection.state is State.CLOSED


def test_a_failure_behind_our_own_close_frame_sends_no_other(role: Role) -> None:
    connection = connect(role)
    connection.close()

    (event,) = connection.receive(wire(role, Frame(0x3)))

    assert isinstance(event, ConnectionFailed)
    assert sent(connection) == [Frame(Opcode.CLOSE, close_body(1000))]


@pytest.mark.parametrize("last", [Frame(Opcode.CLOSE), Frame(0x3)])
def test_the_server_ends_tcp_at_once_and_the_client_when_the_server_has(last: Frame) -> None:
    server, client = connect(Role.SERVER), connect(Role.CLIENT)

    server.receive(wire(Role.SERVER, last))
    client.receive(wire(Role.CLIENT, last))
    assert server.should_end
    assert not client.should_end

    client.receive_end()
    assert client.should_end


def test_tcp_that_ends_without_a_close_frame_has_the_code_1006(role: Role) -> None:
    connection = connect(role)

    connection.receive_end()

    assert connection.close_code == 1006
    assert connection.state is State.CLOSED
    assert connection.should_end


def test_tcp_that_ends_behind_a_close_frame_keeps_its_code(role: Role) -> None:
    connection = connect(role)
    connection.receive(wire(role, Frame(Opcode.CLOSE, close_body(1001))))

    connection.receive_end()

    assert connection.close_code == 1001


# Sending


def test_everything_that_may_be_sent_is_sent(role: Role) -> None:
    connection = connect(role)

    connection.send_text("schön")
    connection.send_binary(bytes(70_000))
    connection.send(Frame(Opcode.TEXT, b"Hel", fin=False))
    connection.ping(b"?")
    connection.pong()
    connection.send(Frame(Opcode.CONTINUATION, b"lo"))
    connection.close(1005)

    assert sent(connection) == [
        Frame(Opcode.TEXT, "schön".encode()),
        Frame(Opcode.BINARY, bytes(70_000)),
        Frame(Opcode.TEXT, b"Hel", fin=False),
        Frame(Opcode.PING, b"?"),
        Frame(Opcode.PONG),
        Frame(Opcode.CONTINUATION, b"lo"),
        Frame(Opcode.CLOSE),
    ]
    assert connection.bytes_to_send() == b""


@pytest.mark.parametrize(
    ("frame", "complaint"),
    [
        (Frame(Opcode.PING, bytes(126)), "control frame that needs 16 bits"),
        (Frame(Opcode.PONG, fin=False), "fragmented control frame"),
        (Frame(Opcode.CONTINUATION), "no message to continue"),
        (Frame(Opcode.TEXT, rsv=4), "RSV1 set without an extension"),
        (Frame(0x3), "reserved opcode 0x3"),
        (Frame(Opcode.CLOSE, close_body(1006)), "Close with code 1006"),
    ],
)
def test_what_the_peer_would_have_to_refuse_is_not_sent(role: Role, frame: Frame, complaint: str) -> None:
    connection = connect(role)

    with pytest.raises(LocalProtocolError, match=complaint):
        connection.send(frame)

    assert connection.bytes_to_send() == b""
    assert connection.state is State.OPEN


def test_a_new_message_is_not_sent_before_the_end_of_the_last(role: Role) -> None:
    connection = connect(role)
    connection.send(Frame(Opcode.TEXT, b"Hel", fin=False))

    with pytest.raises(LocalProtocolError, match="before the end of the last"):
        connection.send_text("Hello")


def test_text_without_a_utf8_form_is_not_sent(role: Role) -> None:
    with pytest.raises(LocalProtocolError, match="no UTF-8 form"):
        connect(role).send_text("\ud800")


@pytest.mark.parametrize(("code", "reason"), [(-1, ""), (65536, ""), (1000, "\ud800")])
def test_a_close_frame_that_no_bytes_can_say_is_not_sent(role: Role, code: int, reason: str) -> None:
    with pytest.raises(LocalProtocolError, match="no Close frame can say"):
        connect(role).close(code, reason)


def test_after_a_close_frame_only_pings_and_pongs_are_sent(role: Role) -> None:
    connection = connect(role)
    connection.close()
    connection.ping()

    with pytest.raises(LocalProtocolError, match="opcode 0x1 cannot be sent: the connection is closing"):
        connection.send_text("too late")
    with pytest.raises(LocalProtocolError, match="opcode 0x8 cannot be sent"):
        connection.close()


def test_nothing_is_sent_when_the_connection_is_closed(role: Role) -> None:
    connection = connect(role)
    connection.receive_end()

    with pytest.raises(LocalProtocolError, match="the connection is closed"):
        connection.ping()


def test_a_client_needs_masking_keys_and_takes_a_fresh_one_for_each_frame() -> None:
    keys = (i.to_bytes(4, "big") for i in count(1))
    client = Connection(Role.CLIENT, new_masking_key=lambda: next(keys))

    client.ping()
    client.receive(serialize(Frame(Opcode.PING)))

    assert client.bytes_to_send() == bytes.fromhex("898000000001 8a8000000002")
    with pytest.raises(LocalProtocolError, match="new_masking_key"):
        Connection(Role.CLIENT)


def test_a_bit_of_a_negotiated_extension_goes_both_ways(role: Role) -> None:
    connection = connect(role, rsv_in_use=4)
    frame = Frame(Opcode.BINARY, b"Hello", rsv=4)

    connection.send(frame)

    assert sent(connection) == [frame]
    assert connection.receive(wire(role, frame)) == [BinaryReceived(b"Hello")]


# With a rule less


@pytest.mark.parametrize(
    ("left_out", "data", "events"),
    [
        (reserved_bits_are_clear, "f080 37fa213d 8180 37fa213d", None),
        (reserved_bits_are_clear, "f180 37fa213d", [TextReceived("")]),
        (opcode_is_known, "8380 37fa213d", [BinaryReceived(b"")]),
        (opcode_is_known, "8b80 37fa213d", []),
        (frame_from_client_is_masked, "8105 48656c6c6f", [TextReceived("Hello")]),
        (frame_from_client_is_masked, "0105 4865", []),
        (control_frame_is_final, "0985 37fa213d 7f9f4d5158", [PingReceived(b"Hello")]),
        (control_frame_is_short, "89fe007e" + 130 * "00", [PingReceived(bytes(126))]),
        (continuation_has_a_message, "8085 37fa213d 7f9f4d5158", [BinaryReceived(b"Hello")]),
        (continuation_has_a_message, "0080 37fa213d 8085 37fa213d 7f9f4d5158", [BinaryReceived(b"Hello")]),
        (
            new_message_waits_for_the_end_of_the_last,
            "0180 37fa213d 0280 37fa213d 8085 37fa213d 7f9f4d5158",
            [BinaryReceived(b"Hello")],
        ),
        (length_is_minimal, "81fe0005 37fa213d 7f9f4d5158", [TextReceived("Hello")]),
        (close_body_has_a_whole_code, "8881 37fa213d 34", [CloseReceived(1005, "")]),
        (close_code_is_not_1005, "8882 37fa213d 3417", [CloseReceived(1005, "")]),
        (reason_is_utf8, "8883 37fa213d 3412 de", [CloseReceived(1000, "\ufffd")]),
    ],
)
def test_without_a_rule_the_server_takes_what_it_would_have_refused(
    left_out: HeaderRule | LengthRule | CloseRule, data: str, events: list[Event] | None
) -> None:
    strict, trusting = connect(Role.SERVER), connect(Role.SERVER, rules=ALL_RULES.without(left_out))

    received = trusting.receive(bytes.fromhex(data))

    assert isinstance(strict.receive(bytes.fromhex(data))[-1], ConnectionFailed)
    if events is not None:
        assert received == events


def test_without_its_rule_a_client_takes_masked_frames() -> None:
    trusting = connect(Role.CLIENT, rules=ALL_RULES.without(frame_from_server_is_not_masked))

    assert trusting.receive(serialize(Frame(Opcode.TEXT, b"Hello"), KEY)) == [TextReceived("Hello")]


def test_without_its_rule_and_limits_a_server_waits_for_a_length_with_its_top_bit_set() -> None:
    trusting = connect(
        Role.SERVER,
        rules=ALL_RULES.without(top_bit_of_length_is_clear),
        limits=Limits(frame_length=1 << 64, message_length=1 << 64),
    )

    assert trusting.receive(bytes.fromhex("82ff8000000000000000 37fa213d 00")) == []
    assert trusting.state is State.OPEN


# Properties


FRAMES = st.builds(
    Frame,
    opcode=st.sampled_from((0, 1, 2, 1, 2, 8, 9, 10, 3)),
    payload=st.text(max_size=50).map(str.encode) | st.binary(max_size=200) | st.just(close_body(1000)),
    fin=st.booleans(),
)


def pieces(data: bytes, cuts: list[int]) -> Iterator[bytes]:
    return (data[start:stop] for start, stop in pairwise([0, *sorted(cuts), len(data)]))


@given(st.sampled_from(Role), st.lists(FRAMES, max_size=8), st.binary(max_size=20), st.data())
def test_events_and_answers_do_not_depend_on_the_cut(
    role: Role, frames: list[Frame], rest: bytes, data: st.DataObject
) -> None:
    stream = wire(role, *frames) + rest
    cuts = data.draw(st.lists(st.integers(0, len(stream)), max_size=10))
    whole, in_pieces, in_bytes = connect(role), connect(role), connect(role)

    events = whole.receive(stream)

    assert [event for piece in pieces(stream, cuts) for event in in_pieces.receive(piece)] == events
    assert [event for i in range(len(stream)) for event in in_bytes.receive(stream[i : i + 1])] == events
    assert whole.bytes_to_send() == in_pieces.bytes_to_send() == in_bytes.bytes_to_send()
    assert whole.state is in_pieces.state is in_bytes.state


@given(st.sampled_from(Role), st.lists(st.binary(max_size=100), max_size=20))
def test_no_bytes_make_it_raise(role: Role, chunks: list[bytes]) -> None:
    connection = connect(role)

    for chunk in chunks:
        connection.receive(chunk)

    connection.receive_end()


@pytest.mark.parametrize("length", [1, 2, 5])
def test_a_message_in_tiny_fragments_costs_little_more_than_it_carries(length: int) -> None:
    connection = connect(Role.CLIENT)
    first, fragment = (serialize(Frame(opcode, bytes(length), fin=False)) for opcode in (Opcode.TEXT, 0))

    tracemalloc.start()
    connection.receive(first)
    for _ in range(20_000):
        connection.receive(fragment)
    held = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()

    assert held < 20_000 * length + 64 * 1024


@pytest.mark.parametrize("opcode", [Opcode.TEXT, Opcode.BINARY])
def test_a_long_message_is_never_in_memory_more_than_twice(role: Role, opcode: Opcode) -> None:
    length = 4 * 1024 * 1024
    stream = wire(role, Frame(opcode, bytes(length)))
    connection = connect(role)

    tracemalloc.start()
    for start in range(0, len(stream), 65536):
        connection.receive(stream[start : start + 65536])
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()

    assert peak < 2 * length + 6 * 65536


def test_a_message_in_100_000_fragments_is_delivered() -> None:
    fragment = Frame(Opcode.CONTINUATION, b"x", fin=False)
    stream = wire(Role.CLIENT, Frame(Opcode.TEXT, fin=False), *([fragment] * 100_000), Frame(Opcode.CONTINUATION))

    assert connect(Role.CLIENT).receive(stream) == [TextReceived("x" * 100_000)]
