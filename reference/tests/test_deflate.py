"""Compressed messages on a connection."""

import tracemalloc
import zlib
from collections.abc import Callable
from itertools import pairwise
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ws_reference.closing import CloseCode
from ws_reference.connection import Connection
from ws_reference.deflate import RSV1_RULES, SHORT_LENGTH, TAIL, PerMessageDeflate
from ws_reference.deflate_negotiation import Parameters
from ws_reference.errors import LocalProtocolError
from ws_reference.events import BinaryReceived, ConnectionFailed, Event, PingReceived, TextReceived
from ws_reference.frames import BINARY, CLOSE, CONTINUATION, PING, PONG, RSV1, TEXT, Frame, Role, serialize
from ws_reference.headers import Extension
from ws_reference.limits import Limits
from ws_reference.reader import MOST_GATHERED, FrameReader
from ws_reference.rules import ALL_RULES, reserved_bits_are_clear

KEY = bytes.fromhex("37fa213d")
HELLO = bytes.fromhex("f248cdc9c90700")
HELLO_AGAIN = bytes.fromhex("f200110000")
KIBIBYTE = 1024
FRAMES = Limits(frame_length=1 << 30, message_length=1 << 30)

BITS = st.none() | st.integers(8, 15)
PARAMETERS = st.builds(
    Parameters,
    server_no_context_takeover=st.booleans(),
    client_no_context_takeover=st.booleans(),
    server_max_window_bits=BITS,
    client_max_window_bits=BITS,
)
PAYLOADS = st.one_of(
    st.binary(max_size=200),
    st.builds(
        lambda unit, length: (unit * length)[:length], st.binary(min_size=1, max_size=700), st.integers(0, 40_000)
    ),
)


def connect(role: Role, agreed: Parameters | None = None, limits: Limits = FRAMES, **arguments: object) -> Connection:
    compression = PerMessageDeflate(role, agreed or Parameters(), limits=limits)
    return Connection(
        role,
        new_masking_key=lambda: KEY,
        limits=limits,
        compression=compression,
        **arguments,  # type: ignore[arg-type]  # passed through
    )


def wire(role: Role, *frames: Frame) -> bytes:
    """Return ``frames`` as the peer of an endpoint with ``role`` writes them."""
    return b"".join(serialize(frame, KEY if role is Role.SERVER else None) for frame in frames)


def frames_of(connection: Connection) -> list[Frame]:
    """Return the frames that ``connection`` has to send, read without regard to RSV1."""
    peer = Role.SERVER if connection.role is Role.CLIENT else Role.CLIENT
    rules = ALL_RULES.without(reserved_bits_are_clear)
    return FrameReader(peer, rules, FRAMES).receive(connection.bytes_to_send())


def failure(events: list[Event]) -> tuple[str, int]:
    """Return which requirement the last event says to be broken, and the close code."""
    assert isinstance(events[-1], ConnectionFailed)
    return events[-1].violation.requirement, events[-1].violation.close_code


def compressed(payload: bytes, *, final: bool = False, level: int = 9) -> bytes:
    """Return ``payload`` as zlib compresses it for one message, in non-final blocks or with a final one."""
    compressor = zlib.compressobj(level, wbits=-15)
    data = compressor.compress(payload)
    if final:
        return data + compressor.flush() + b"\x00"
    return (data + compressor.flush(zlib.Z_SYNC_FLUSH)).removesuffix(TAIL)


@pytest.fixture(params=Role)
def role(request: pytest.FixtureRequest) -> Role:
    """Return the role of the endpoint under test: each of the two."""
    assert isinstance(request.param, Role)
    return request.param


# RFC 7692 §7.2.3


@pytest.mark.parametrize(
    "payload",
    [
        "f2 48 cd c9 c9 07 00",
        "00 05 00 fa ff 48 65 6c 6c 6f 00",
        "f3 48 cd c9 c9 07 00 00",
        "f2 48 05 00 00 00 ff ff ca c9 c9 07 00",
    ],
)
def test_the_messages_of_the_examples_are_read_and_so_is_the_next(role: Role, payload: str) -> None:
    connection = connect(role)
    frame = Frame(TEXT, bytes.fromhex(payload), rsv=RSV1)

    events = connection.receive(wire(role, frame, Frame(TEXT, HELLO_AGAIN, rsv=RSV1), frame))

    assert events == [TextReceived("Hello")] * 3


def test_the_example_in_fragments_is_read_however_it_is_cut(role: Role) -> None:
    first, second = Frame(TEXT, HELLO[:3], fin=False, rsv=RSV1), Frame(CONTINUATION, HELLO[3:])
    data = wire(role, first, Frame(PING, b"between"), second)

    for cut in range(len(data)):
        connection = connect(role)
        events = connection.receive(data[:cut]) + connection.receive(data[cut:])
        assert events == [PingReceived(b"between"), TextReceived("Hello")]


def test_a_flushed_fragment_and_an_empty_last_one_are_read(role: Role) -> None:
    connection = connect(role)

    events = connection.receive(
        wire(
            role,
            Frame(TEXT, HELLO + TAIL, fin=False, rsv=RSV1),
            Frame(CONTINUATION, fin=False),
            Frame(CONTINUATION, b"\x00"),
        )
    )

    assert events == [TextReceived("Hello")]


def test_uncompressed_messages_leave_the_window_alone(role: Role) -> None:
    connection = connect(role)
    plain = Frame(TEXT, b"plain"), Frame(BINARY, HELLO[:2], fin=False), Frame(CONTINUATION, HELLO[2:])

    events = connection.receive(wire(role, Frame(TEXT, HELLO, rsv=RSV1), *plain, Frame(TEXT, HELLO_AGAIN, rsv=RSV1)))

    assert events == [TextReceived("Hello"), TextReceived("plain"), BinaryReceived(HELLO), TextReceived("Hello")]


def test_a_message_that_stays_long_though_it_is_compressed_is_read(role: Role) -> None:
    noise = Random(1).randbytes(2 * SHORT_LENGTH)

    events = connect(role).receive(wire(role, Frame(BINARY, compressed(noise), rsv=RSV1)))

    assert events == [BinaryReceived(noise)]


def test_empty_messages_are_sent_and_read(role: Role) -> None:
    connection = connect(role)

    for _ in range(3):
        connection.send_text("")
    events = connection.receive(wire(role, Frame(BINARY, b"\x00", rsv=RSV1)))

    assert frames_of(connection) == [Frame(TEXT, b"\x00", rsv=RSV1)] * 3
    assert events == [BinaryReceived(b"")]


# RSV1


def test_rsv1_is_on_first_fragments_and_never_on_control_frames(role: Role) -> None:
    connection = connect(role)

    connection.send(Frame(TEXT, b"Hel", fin=False))
    connection.ping(b"Hello")
    connection.send(Frame(CONTINUATION, b"lo"))
    connection.receive(wire(role, Frame(PING, b"Hello Hello")))
    connection.close()

    opcodes_and_rsv = [(frame.opcode, frame.rsv) for frame in frames_of(connection)]
    assert opcodes_and_rsv == [(TEXT, RSV1), (PING, 0), (CONTINUATION, 0), (PONG, 0), (CLOSE, 0)]


@pytest.mark.parametrize("opcode", [CLOSE, PING, PONG])
def test_rsv1_on_a_control_frame_fails(role: Role, opcode: int) -> None:
    events = connect(role).receive(wire(role, Frame(opcode, rsv=RSV1)))

    assert failure(events) == ("7692/6.1/rsv1-on-a-control-frame-fails", 1002)


@pytest.mark.parametrize("first_rsv", [0, RSV1])
def test_rsv1_on_a_later_fragment_fails(role: Role, first_rsv: int) -> None:
    first, later = Frame(BINARY, HELLO, fin=False, rsv=first_rsv), Frame(CONTINUATION, b"\x00", rsv=RSV1)

    assert failure(connect(role).receive(wire(role, first, later))) == (
        "7692/6.1/rsv1-on-a-later-fragment-fails",
        1002,
    )


@pytest.mark.parametrize("rsv", [1, 2, 5, 7])
def test_the_other_reserved_bits_still_fail(role: Role, rsv: int) -> None:
    events = connect(role).receive(wire(role, Frame(TEXT, HELLO, rsv=rsv)))

    assert failure(events) == ("6455/5.2/reserved-bit-set-fails-the-connection", 1002)


@pytest.mark.parametrize("left_out", RSV1_RULES)
def test_without_a_rule_on_rsv1_the_bit_is_passed_over(left_out: object) -> None:
    rules = tuple(rule for rule in RSV1_RULES if rule is not left_out)
    compression = PerMessageDeflate(Role.SERVER, Parameters(), header_rules=rules)
    connection = Connection(Role.SERVER, compression=compression)
    frames = [Frame(TEXT, HELLO, fin=False, rsv=RSV1)]
    if left_out is RSV1_RULES[0]:
        frames += [Frame(PING, rsv=RSV1), Frame(CONTINUATION, b"")]
    else:
        frames += [Frame(CONTINUATION, b"", rsv=RSV1)]

    assert isinstance(connection.receive(wire(Role.SERVER, *frames))[-1], TextReceived | PingReceived)


def test_rsv1_is_not_for_the_caller_to_set(role: Role) -> None:
    connection = connect(role)

    with pytest.raises(LocalProtocolError, match="RSV1"):
        connection.send(Frame(TEXT, HELLO, rsv=RSV1))


# What is refused


@pytest.mark.parametrize(
    "payload",
    [
        b"\xff\xff",
        bytes.fromhex("06 00"),
        HELLO_AGAIN,
        bytes.fromhex("00 05 00 05 00 48 65 6c 6c 6f 00"),
        HELLO + TAIL,
        HELLO[:-1] + b"\x01",
        bytes.fromhex("f3 48 cd c9 c9 07 00"),
        b"",
    ],
)
@pytest.mark.parametrize("fragmented", [False, True])
def test_undecodable_data_fails_the_connection(role: Role, payload: bytes, fragmented: bool) -> None:
    frames = [Frame(BINARY, payload, rsv=RSV1)]
    if fragmented:
        frames = [Frame(BINARY, payload, fin=False, rsv=RSV1), Frame(CONTINUATION)]

    events = connect(role).receive(wire(role, *frames, Frame(PING)))

    assert len(events) == 1
    assert failure(events) == ("7692/7.2.2/undecodable-data-is-not-delivered", CloseCode.INVALID_DATA)


@pytest.mark.parametrize(
    "payload",
    [compressed(bytes(range(250)) * 2)[:100], bytes.fromhex("00 ff ff 00 00 48 65 6c 6c 6f"), b"\xfa"],
)
def test_data_that_breaks_off_fails_the_connection(role: Role, payload: bytes) -> None:
    events = connect(role).receive(wire(role, Frame(BINARY, payload, rsv=RSV1)))

    assert len(events) == 1
    assert failure(events)[0].startswith("7692/7.2.2/")


def test_a_stored_block_that_announces_more_than_there_is_breaks_off(role: Role) -> None:
    events = connect(role).receive(wire(role, Frame(BINARY, bytes.fromhex("00 ff ff 00 00 48"), rsv=RSV1)))

    assert failure(events) == ("7692/7.2.2/broken-off-data-is-not-delivered", CloseCode.INVALID_DATA)


@pytest.mark.parametrize("text", [b"caf\xe9 au lait", b"caf\xc3", b"a" * 100_000 + b"\xff" + b"a" * 100_000])
@pytest.mark.parametrize("fragmented", [False, True])
def test_text_is_utf8_once_it_is_decompressed(role: Role, text: bytes, fragmented: bool) -> None:
    data = compressed(text)
    frames = [Frame(TEXT, data, rsv=RSV1)]
    if fragmented:
        frames = [Frame(TEXT, data[:4], fin=False, rsv=RSV1), Frame(CONTINUATION, data[4:])]

    events = connect(role).receive(wire(role, *frames))

    assert failure(events) == ("6455/8.1/invalid-utf-8-fails-the-connection", CloseCode.INVALID_DATA)


def test_compressed_text_need_not_be_utf8(role: Role) -> None:
    data = compressed("Größe".encode())
    frames = [
        Frame(TEXT, data[:1], fin=False, rsv=RSV1),
        *(Frame(CONTINUATION, data[i : i + 1], False) for i in range(1, 7)),
    ]

    events = connect(role).receive(wire(role, *frames, Frame(CONTINUATION, data[7:])))

    assert events == [TextReceived("Größe")]


# Windows


def test_a_window_outlives_final_blocks(role: Role) -> None:
    final_hello = bytes.fromhex("f348cdc9c90700")
    match_back, stored_end = bytes.fromhex("f3001100"), b"\x00"
    connection = connect(role)

    events = connection.receive(
        wire(
            role,
            Frame(TEXT, final_hello + match_back + stored_end, rsv=RSV1),
            Frame(TEXT, b"\x01", rsv=RSV1),
            Frame(TEXT, match_back, fin=False, rsv=RSV1),
            Frame(CONTINUATION, match_back + stored_end),
        )
    )

    assert events == [TextReceived("HelloHello"), TextReceived(""), TextReceived("HelloHello")]


def test_a_window_reaches_back_over_many_short_messages(role: Role) -> None:
    messages = [Random(i).randbytes(KIBIBYTE) for i in range(100)]
    messages.append(messages[-31])
    compressor = zlib.compressobj(wbits=-15)
    payloads = [compressor.compress(message) + compressor.flush(zlib.Z_SYNC_FLUSH) for message in messages]

    events = connect(role).receive(wire(role, *[Frame(BINARY, data.removesuffix(TAIL), rsv=RSV1) for data in payloads]))

    assert len(payloads[-1]) < 100
    assert events == [BinaryReceived(message) for message in messages]


def test_who_agreed_to_forget_forgets(role: Role) -> None:
    agreed = Parameters(server_no_context_takeover=True, client_no_context_takeover=True)
    connection = connect(role, agreed)

    for _ in range(2):
        connection.send_text("Hello")
    events = connection.receive(wire(role, Frame(TEXT, HELLO, rsv=RSV1), Frame(TEXT, HELLO_AGAIN, rsv=RSV1)))

    assert [frame.payload for frame in frames_of(connection)[:2]] == [HELLO, HELLO]
    assert events[0] == TextReceived("Hello")
    assert failure(events)[0] == "7692/7.2.2/undecodable-data-is-not-delivered"


def test_forgetting_holds_for_one_direction(role: Role) -> None:
    own = "server" if role is Role.SERVER else "client"
    connection = connect(role, Parameters.of(Extension("permessage-deflate", ((f"{own}_no_context_takeover", None),))))

    for _ in range(2):
        connection.send_text("Hello")
    events = connection.receive(wire(role, Frame(TEXT, HELLO, rsv=RSV1), Frame(TEXT, HELLO_AGAIN, rsv=RSV1)))

    assert [frame.payload for frame in frames_of(connection)] == [HELLO, HELLO]
    assert events == [TextReceived("Hello")] * 2


def test_a_forgetful_sender_remembers_within_a_message() -> None:
    connection = connect(Role.SERVER, Parameters(server_no_context_takeover=True))

    connection.send(Frame(TEXT, b"Hello", fin=False))
    connection.send(Frame(CONTINUATION, b"Hello"))

    assert [frame.payload for frame in frames_of(connection)] == [HELLO + TAIL, HELLO_AGAIN]


@pytest.mark.parametrize("bits", range(8, 16))
def test_no_match_reaches_beyond_the_agreed_window(role: Role, bits: int) -> None:
    own = "server" if role is Role.SERVER else "client"
    noise = Random(bits).randbytes(1 << bits)
    message = noise + b"x" + noise + noise[: 1 << bits - 1] * 2
    connection = connect(role, Parameters.of(Extension("permessage-deflate", ((f"{own}_max_window_bits", str(bits)),))))

    connection.send_binary(message)
    connection.send_binary(noise)

    first, second = frames_of(connection)
    assert read_within(bits, first.payload + TAIL + second.payload + TAIL) == message + noise


def read_within(bits: int, data: bytes) -> bytes:
    """Return what ``data`` decompresses to with a window of two to the power of ``bits``, and not a byte more.

    zlib also finds what it has put out since it was last called. Asked for single bytes it has nothing but the window.
    """
    decompressor = zlib.decompressobj(-bits)
    read = []
    for byte in data:
        rest, chunk = bytes((byte,)), b"more"
        while rest or chunk:
            chunk = decompressor.decompress(rest, 1)
            read.append(chunk)
            rest = decompressor.unconsumed_tail
    return b"".join(read)


def test_a_match_beyond_a_window_is_told_from_one_within() -> None:
    noise = Random(9).randbytes(1 << 9)

    assert read_within(9, compressed(noise * 2)) == noise * 2
    with pytest.raises(zlib.error, match="too far back"):
        read_within(8, compressed(noise * 2))


@settings(deadline=None)
@given(PARAMETERS, st.lists(st.tuples(PAYLOADS, st.lists(st.integers(0, 70_000), max_size=3)), max_size=4), st.data())
def test_what_is_compressed_is_what_the_peer_reads(
    agreed: Parameters, messages: list[tuple[bytes, list[int]]], data: st.DataObject
) -> None:
    server, client = connect(Role.SERVER, agreed), connect(Role.CLIENT, agreed)
    sender, receiver = data.draw(st.permutations((server, client)))
    received: list[Event] = []

    for payload, cuts in messages:
        bounds = sorted({0, *(cut for cut in cuts if cut < len(payload)), len(payload)})
        parts = [payload[start:stop] for start, stop in pairwise(bounds)] or [b""]
        for i, part in enumerate(parts):
            sender.send(Frame(CONTINUATION if i else BINARY, part, fin=i == len(parts) - 1))
        on_the_wire = sender.bytes_to_send()
        cut = data.draw(st.integers(0, len(on_the_wire)))
        received += receiver.receive(on_the_wire[:cut]) + receiver.receive(on_the_wire[cut:])

    assert received == [BinaryReceived(payload) for payload, _ in messages]


@settings(deadline=None)
@given(st.lists(st.tuples(PAYLOADS, st.booleans(), st.integers(0, 9)), max_size=4), st.integers(10, 5000))
def test_what_zlib_compresses_is_read_however_it_is_split(
    messages: list[tuple[bytes, bool, int]], fragment_length: int
) -> None:
    connection = connect(Role.CLIENT, Parameters(server_no_context_takeover=True))
    received: list[Event] = []

    for payload, final, level in messages:
        data = compressed(payload, final=final, level=level)
        starts = range(0, len(data), fragment_length)
        for start in starts:
            opcode, rsv = (CONTINUATION, 0) if start else (BINARY, RSV1)
            frame = Frame(opcode, data[start : start + fragment_length], start == starts[-1], rsv)
            received += connection.receive(wire(Role.CLIENT, frame))

    assert received == [BinaryReceived(payload) for payload, _, _ in messages]


@settings(deadline=None)
@given(PARAMETERS, st.lists(PAYLOADS, max_size=4))
def test_zlib_reads_what_is_compressed(agreed: Parameters, messages: list[bytes]) -> None:
    connection = connect(Role.SERVER, agreed)
    decompressor = zlib.decompressobj(-15)

    for payload in messages:
        connection.send_binary(payload)
        (frame,) = frames_of(connection)
        if agreed.server_no_context_takeover:
            decompressor = zlib.decompressobj(-15)
        assert decompressor.decompress(frame.payload + TAIL) == payload
        assert not frame.payload.endswith(TAIL)


@settings(deadline=None)
@given(st.lists(st.binary(max_size=40), max_size=8), st.booleans())
def test_random_bytes_never_raise(payloads: list[bytes], is_text: bool) -> None:
    connection = connect(Role.CLIENT)

    for i, payload in enumerate(payloads):
        opcode, rsv = (CONTINUATION, 0) if i else (TEXT if is_text else BINARY, RSV1)
        connection.receive(wire(Role.CLIENT, Frame(opcode, payload, fin=i == len(payloads) - 1, rsv=rsv)))


def test_a_faster_library_can_take_the_place_of_zlib() -> None:
    class OtherError(Exception):
        pass

    class Refusing:
        eof, unconsumed_tail, unused_data = False, b"", b""

        def decompress(self, data: bytes, /, max_length: int) -> bytes:
            raise OtherError("this is another library")

    class WithAnotherLibrary(PerMessageDeflate):
        error = OtherError

        def new_decompressor(self, window: bytearray) -> Refusing:
            return Refusing()

    connection = Connection(Role.SERVER, compression=WithAnotherLibrary(Role.SERVER, Parameters()))

    events = connection.receive(wire(Role.SERVER, Frame(TEXT, HELLO, rsv=RSV1)))

    assert failure(events) == ("7692/7.2.2/undecodable-data-is-not-delivered", CloseCode.INVALID_DATA)


# Limits

LIMIT = 512 * KIBIBYTE
BEYOND = 64 * LIMIT


def final_blocks(payload: bytes) -> bytes:
    """Return ``payload`` in final blocks, 32 KiB in each."""
    starts = range(0, len(payload), 32 * KIBIBYTE)
    return b"".join(compressed(payload[start : start + 32 * KIBIBYTE], final=True)[:-1] for start in starts) + b"\x00"


@pytest.mark.parametrize(
    ("opcode", "bomb"),
    [
        (BINARY, lambda: compressed(bytes(BEYOND))),
        (BINARY, lambda: final_blocks(bytes(BEYOND))),
        (TEXT, lambda: compressed(b"a" * BEYOND)),
        (TEXT, lambda: compressed("\N{GRINNING FACE}".encode() + b"a" * BEYOND)),
        (TEXT, lambda: compressed("é".encode() * (BEYOND // 2))),
    ],
    ids=["zeros", "final blocks", "ASCII", "wide characters", "two-byte characters"],
)
@pytest.mark.parametrize("fragment_length", [100, 64 * KIBIBYTE, 1 << 30])
def test_a_bomb_is_refused_before_it_fills_more_than_the_limit(
    opcode: int, bomb: Callable[[], bytes], fragment_length: int
) -> None:
    data = bomb()
    starts = range(0, len(data), fragment_length)
    frames = [
        Frame(CONTINUATION if start else opcode, data[start : start + fragment_length], start == starts[-1])
        for start in starts
    ]
    frames[0].rsv = RSV1
    stream = wire(Role.CLIENT, *frames)
    pieces = [stream[start : start + 16 * KIBIBYTE] for start in range(0, len(stream), 16 * KIBIBYTE)]
    events: list[Event] = []
    connect(Role.CLIENT)  # makes the tables that all connections share

    tracemalloc.start()
    connection = connect(Role.CLIENT, limits=Limits(message_length=LIMIT))
    for piece in pieces:
        events += connection.receive(piece)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()

    assert failure(events) == ("6455/10.4/size-limits-protect", CloseCode.TOO_BIG)
    assert peak < LIMIT + 64 * KIBIBYTE + 2 * MOST_GATHERED + DECOMPRESSOR


DECOMPRESSOR = 160 * KIBIBYTE
"""What is held besides the message, a chunk of it, what was gathered, and a copy of that with its end put back: the
window, here and in zlib, and copies of what came last.
"""


@pytest.mark.parametrize("limit", [0, 1, 10])
def test_a_message_one_byte_too_long_is_refused(limit: int) -> None:
    deflate = PerMessageDeflate(Role.CLIENT, Parameters(), limits=Limits(message_length=limit))

    assert list(deflate.decode(Frame(BINARY, compressed(bytes(limit)), rsv=RSV1))) == [Frame(BINARY, bytes(limit))]
    assert list(deflate.decode(Frame(BINARY, compressed(bytes(limit + 1)), rsv=RSV1))) == []
    assert deflate.violation is not None
    assert deflate.violation.close_code == CloseCode.TOO_BIG


def test_the_limit_is_on_what_is_decompressed_and_counts_each_message_anew() -> None:
    connection = connect(Role.CLIENT, limits=Limits(message_length=LIMIT))
    frame = Frame(BINARY, compressed(bytes(LIMIT)), rsv=RSV1)
    too_long = Frame(BINARY, compressed(bytes(LIMIT + 1)), rsv=RSV1)

    assert connection.receive(wire(Role.CLIENT, frame, frame)) == [BinaryReceived(bytes(LIMIT))] * 2
    assert failure(connection.receive(wire(Role.CLIENT, too_long))) == (
        "6455/10.4/size-limits-protect",
        CloseCode.TOO_BIG,
    )
