"""The short cut of whole messages: it leads where the two loops lead."""

import tracemalloc
from collections.abc import Iterator
from itertools import count, pairwise, product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ws_reference.closing import close_body
from ws_reference.connection import Connection, State
from ws_reference.deflate import PerMessageDeflate
from ws_reference.deflate_negotiation import Parameters
from ws_reference.errors import LocalProtocolError
from ws_reference.events import BinaryReceived, ConnectionFailed, Event, TextReceived
from ws_reference.frames import RSV1, Frame, Opcode, Role, serialize
from ws_reference.limits import DEFAULT_LIMITS, Limits
from ws_reference.rules import ALL_RULES, HEADER_RULES, LENGTH_RULES, Rules

KEY = bytes.fromhex("37fa213d")
KIBIBYTE = 1024


class Plain(Connection):
    """Takes no short cuts, as any subclass."""


def connect(kind: type[Connection], role: Role, **arguments: object) -> Connection:
    keys = (i.to_bytes(4, "big") for i in count(1))
    return kind(role, new_masking_key=lambda: next(keys), **arguments)  # type: ignore[arg-type]  # passed through


def wire(role: Role, *frames: Frame) -> bytes:
    """Return ``frames`` as the peer of an endpoint with ``role`` writes them."""
    return b"".join(serialize(frame, KEY if role is Role.SERVER else None) for frame in frames)


def pieces(data: bytes, cuts: list[int]) -> Iterator[bytes]:
    return (data[start:stop] for start, stop in pairwise([0, *sorted(cuts), len(data)]))


def outcome(connection: Connection, chunks: Iterator[bytes]) -> tuple[object, ...]:
    """Return all that can be told of ``connection`` after it has received ``chunks``."""
    events = [event for chunk in chunks for event in connection.receive(chunk)]
    return events, connection.bytes_to_send(), connection.state, connection.close_code, connection.close_reason


@pytest.fixture(params=Role)
def role(request: pytest.FixtureRequest) -> Role:
    assert isinstance(request.param, Role)
    return request.param


# The same as by the two loops

PAYLOADS = st.one_of(
    st.text(max_size=30).map(str.encode),
    st.binary(max_size=150),
    st.sampled_from(("schön" * 40, "🦊" * 50, "a" * 125, "a" * 126)).map(str.encode),
)
FRAMES = st.builds(
    Frame,
    opcode=st.sampled_from((1, 2, 1, 2, 1, 2, 0, 8, 9, 10, 3)),
    payload=PAYLOADS | st.just(close_body(1000)),
    fin=st.sampled_from((True, True, True, False)),
    rsv=st.sampled_from((0, 0, 0, 0, 0, 0, 0, 4)),
)
RULES = st.sampled_from(
    (ALL_RULES, *map(ALL_RULES.without, HEADER_RULES), *map(ALL_RULES.without, LENGTH_RULES), Rules((), (), ()))
)
LIMITS = st.sampled_from((DEFAULT_LIMITS, Limits(frame_length=100), Limits(message_length=60), Limits(fragments=2)))


@settings(deadline=None)
@given(
    st.sampled_from(Role),
    st.booleans(),
    RULES,
    LIMITS,
    st.lists(FRAMES, max_size=8),
    st.binary(max_size=20),
    st.data(),
)
def test_it_makes_no_difference(
    role: Role,
    masked_as_it_should: bool,
    rules: Rules,
    limits: Limits,
    frames: list[Frame],
    rest: bytes,
    data: st.DataObject,
) -> None:
    writer = role if masked_as_it_should else Role.CLIENT if role is Role.SERVER else Role.SERVER
    stream = wire(writer, *frames) + rest
    cuts = data.draw(st.lists(st.integers(0, len(stream)), max_size=10))

    short, plain = (connect(kind, role, rules=rules, limits=limits) for kind in (Connection, Plain))

    assert outcome(short, pieces(stream, cuts)) == outcome(plain, pieces(stream, cuts))


COMPRESSED = st.builds(
    lambda text, rest, flush, opcode: Frame(opcode, zlib_compressed(text * 40) if flush else rest, rsv=RSV1),
    st.text(max_size=20).map(str.encode) | st.binary(max_size=20),
    st.binary(max_size=10),
    st.sampled_from((True, True, True, False)),
    st.sampled_from((1, 2)),
)


def zlib_compressed(payload: bytes) -> bytes:
    return PerMessageDeflate(Role.SERVER, Parameters()).encode(Frame(Opcode.BINARY, payload)).payload


@settings(deadline=None)
@given(st.sampled_from(Role), st.booleans(), st.lists(FRAMES | COMPRESSED, max_size=8), st.data())
def test_it_makes_no_difference_where_messages_are_compressed(
    role: Role, forgets: bool, frames: list[Frame], data: st.DataObject
) -> None:
    agreed = Parameters(server_no_context_takeover=forgets, client_no_context_takeover=forgets)
    stream = wire(role, *frames)
    cuts = data.draw(st.lists(st.integers(0, len(stream)), max_size=10))

    short, plain = (connect(kind, role, compression=PerMessageDeflate(role, agreed)) for kind in (Connection, Plain))

    assert outcome(short, pieces(stream, cuts)) == outcome(plain, pieces(stream, cuts))


@pytest.mark.parametrize("cut", [0, 1, 3, 9])
def test_a_window_is_the_same_for_messages_on_the_short_cut_and_beside_it(role: Role, cut: int) -> None:
    sender = PerMessageDeflate(role, Parameters())
    text, fragment = Frame(Opcode.TEXT, b"Hello, Hello"), Frame(Opcode.TEXT, b"Hello, ", fin=False)
    said = [sender.encode(frame) for frame in (text, fragment, Frame(Opcode.CONTINUATION, b"Hello"), text, text)]
    stream = wire(role, *said)
    connection = connect(Connection, role, compression=PerMessageDeflate(role, Parameters()))

    events = [event for piece in pieces(stream, [cut, len(stream) - cut]) for event in connection.receive(piece)]

    assert events == [TextReceived("Hello, Hello")] * 4


@settings(deadline=None)
@given(st.sampled_from(Role), st.lists(FRAMES | st.text(max_size=9) | st.binary(max_size=9) | st.none(), max_size=8))
def test_it_makes_no_difference_to_what_is_sent(role: Role, said: list[Frame | str | bytes | None]) -> None:
    short, plain = connect(Connection, role), connect(Plain, role)

    def say(connection: Connection, what: Frame | str | bytes | None) -> str:
        try:
            match what:
                case Frame():
                    connection.send(what)
                case str():
                    connection.send_text(what)
                case bytes():
                    connection.send_binary(what)
                case None:
                    connection.close()
        except LocalProtocolError as error:
            return str(error)
        return ""

    assert [say(short, what) for what in said] == [say(plain, what) for what in said]
    assert short.bytes_to_send() == plain.bytes_to_send()
    assert short.state is plain.state


LENGTHS = (0, 125, 126, 65_535, 65_536, 200_000)
READS = (1000, 5000, 64 * KIBIBYTE, 1 << 20)


@pytest.mark.parametrize(("length", "reads"), [(126, 1), (8000, 1), (5000, 7), *product(LENGTHS, READS)])
def test_messages_of_any_length_come_in_any_reads(role: Role, length: int, reads: int) -> None:
    text = ("Größe " * length)[:length]
    messages: list[Event] = [TextReceived(text), BinaryReceived(text.encode()), TextReceived("x")]
    frames = (Frame(Opcode.TEXT, text.encode()), Frame(Opcode.BINARY, text.encode()), Frame(Opcode.TEXT, b"x"))
    stream = wire(role, *frames)
    connection = connect(Connection, role)

    chunks = (stream[start : start + reads] for start in range(0, len(stream), reads))

    assert [event for chunk in chunks for event in connection.receive(chunk)] == messages


@pytest.mark.parametrize("cut", range(5))
@pytest.mark.parametrize("bad", [b"sch\xc3n", b"sch\xff", b"schoen \xf0\x9f\xa6", b"\xed\xa0\x80"])
def test_a_text_fails_with_its_first_bad_byte_wherever_it_is_cut(role: Role, bad: bytes, cut: int) -> None:
    stream = wire(role, Frame(Opcode.TEXT, bad + b"and so on"))
    header = len(stream) - len(bad) - 9
    cuts = [header + cut, header + len(bad)]

    short, plain = connect(Connection, role), connect(Plain, role)
    whole = outcome(connect(Plain, role), pieces(stream[: header + len(bad) + 1], [header + 1]))

    assert outcome(short, pieces(stream, cuts)) == outcome(plain, pieces(stream, cuts)) == whole
    assert short.state is State.CLOSED


def test_a_text_that_is_cut_fails_before_it_is_whole(role: Role) -> None:
    connection = connect(Connection, role)
    stream = wire(role, Frame(Opcode.TEXT, b"ab\xff" + bytes(1000)))

    assert connection.receive(stream[:-1001]) == []
    (event,) = connection.receive(stream[-1001:-1000])

    assert isinstance(event, ConnectionFailed)
    assert event.violation.detail == "text is not UTF-8 from byte 2 on (0xff): invalid start byte"


def test_messages_behind_a_fragmented_one_take_it_again(role: Role) -> None:
    fragments = (Frame(Opcode.TEXT, b"a", fin=False), Frame(Opcode.PING), Frame(Opcode.CONTINUATION, b"b"))
    connection = connect(Connection, role)

    assert connection.receive(wire(role, *fragments, Frame(Opcode.TEXT, b"c")))[1:] == [
        TextReceived("ab"),
        TextReceived("c"),
    ]


def test_a_length_that_needs_no_16_bits_fails_behind_one_that_does(role: Role) -> None:
    lawful = wire(role, Frame(Opcode.BINARY, bytes(126)))
    padded = b"\x82" + (b"\x7e" if role is Role.CLIENT else b"\xfe") + b"\x00\x7d" + KEY + bytes(125)

    for _ in range(2):
        event, failure = connect(Connection, role).receive(lawful + padded)
        assert event == BinaryReceived(bytes(126))
        assert isinstance(failure, ConnectionFailed)
        assert failure.violation.requirement == "6455/5.2/minimal-length-is-expected"


# Who does not take it


def test_a_subclass_has_its_duties_asked() -> None:
    class Shouting(Connection):
        def deliver(self, opcode: int, payload: bytes) -> Event:
            return super().deliver(opcode, payload.upper())

        def masking_key(self) -> bytes:
            return KEY

    connection = connect(Shouting, Role.CLIENT)
    connection.send_text("hi")

    assert connection.receive(b"\x81\x02hi") == [TextReceived("HI")]
    assert connection.bytes_to_send() == serialize(Frame(Opcode.TEXT, b"hi"), KEY)


# Memory


@pytest.mark.parametrize("opcode", [Opcode.TEXT, Opcode.BINARY])
@pytest.mark.parametrize("length", [1, 5, 100])
def test_tiny_pieces_cost_little_more_than_they_carry(role: Role, opcode: Opcode, length: int) -> None:
    how_many = 5_000
    stream = wire(role, Frame(opcode, b"x" * how_many * length + b"x"))
    header = len(stream) - how_many * length - 1
    connection = connect(Connection, role)
    connection.receive(stream[:header])

    tracemalloc.start()
    for start in range(header, len(stream) - 1, length):
        connection.receive(stream[start : start + length])
    held = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()

    assert held < how_many * length + 64 * KIBIBYTE


@pytest.mark.parametrize("opcode", [Opcode.TEXT, Opcode.BINARY])
@pytest.mark.parametrize("reads", [1400, 64 * KIBIBYTE])
def test_a_long_message_is_never_in_memory_more_than_twice(role: Role, opcode: Opcode, reads: int) -> None:
    length = 4 * 1024 * KIBIBYTE
    stream = wire(role, Frame(opcode, bytes(length)))
    connection = connect(Connection, role)

    tracemalloc.start()
    for start in range(0, len(stream), reads):
        connection.receive(stream[start : start + reads])
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()

    assert peak < 2 * length + 6 * 64 * KIBIBYTE


def test_what_a_server_sends_is_not_copied() -> None:
    payload = bytes(64 * KIBIBYTE)
    connection = connect(Connection, Role.SERVER)

    connection.send_binary(payload)
    header, sent = connection.chunks_to_send()

    assert sent is payload
    assert header + sent == serialize(Frame(Opcode.BINARY, payload))
    assert connection.chunks_to_send() == []
