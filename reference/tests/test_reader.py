"""From bytes to frames."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ws_reference.frames import Frame, Opcode, Role, serialize
from ws_reference.limits import DEFAULT_LIMITS, Limits
from ws_reference.reader import MOST_GATHERED, FrameReader
from ws_reference.rules import ALL_RULES, Rules

KEY = bytes.fromhex("37fa213d")
NO_RULES = Rules((), (), ())


def reader(role: Role = Role.SERVER, rules: Rules = ALL_RULES, limits: Limits = DEFAULT_LIMITS) -> FrameReader:
    return FrameReader(role, rules, limits)


def wire(*frames: Frame) -> bytes:
    return b"".join(serialize(frame, KEY) for frame in frames)


def read_byte_by_byte(reading: FrameReader, data: bytes) -> list[Frame]:
    return [frame for i in range(len(data)) for frame in reading.receive(data[i : i + 1])]


def test_whole_frames_come_out_as_they_were() -> None:
    frames = [
        Frame(Opcode.TEXT, b"Hel", fin=False),
        Frame(Opcode.PING, b"!"),
        Frame(Opcode.CONTINUATION, b"lo"),
        Frame(Opcode.BINARY, bytes(70_000)),
        Frame(Opcode.CLOSE),
    ]
    reading = reader()

    assert reading.receive(wire(*frames)) == frames
    assert reading.violation is None


def test_a_data_frame_that_is_not_whole_comes_out_in_fragments() -> None:
    data = wire(Frame(Opcode.TEXT, b"Hello"))
    reading = reader()

    assert reading.receive(data[:6]) == []
    assert reading.receive(data[6:8]) == [Frame(Opcode.TEXT, b"He", fin=False)]
    assert reading.receive(b"") == []
    assert reading.receive(data[8:9]) == [Frame(Opcode.CONTINUATION, b"l", fin=False)]
    assert reading.receive(data[9:]) == [Frame(Opcode.CONTINUATION, b"lo")]


def read_gathering(data: bytes, reads: int, rsv_in_use: int = 0) -> list[Frame]:
    reading = FrameReader(Role.SERVER, NO_RULES, DEFAULT_LIMITS, rsv_in_use=rsv_in_use, gathers=True)
    parts = [data[i : i + reads] for i in range(0, len(data), reads)]
    return [frame for part in parts if not reading.gather(part) for frame in reading.receive(part)]


@pytest.mark.parametrize("reads", [1400, 64 * 1024])
def test_a_binary_payload_that_is_gathered_comes_out_whole(reads: int) -> None:
    frame = Frame(Opcode.BINARY, bytes(range(256)) * 256)

    assert read_gathering(wire(frame, frame, frame), reads) == [frame, frame, frame]


@pytest.mark.parametrize("reads", [1, 1400, 64 * 1024, 1024 * 1024])
def test_no_more_than_some_of_a_long_payload_is_gathered(reads: int) -> None:
    payload = bytes(range(256)) * 4096 if reads > 1 else bytes(range(256)) * 2

    frames = read_gathering(wire(Frame(Opcode.BINARY, payload)), reads)

    assert b"".join(frame.payload for frame in frames) == payload
    assert [frame.opcode for frame in frames] == [Opcode.BINARY] + [Opcode.CONTINUATION] * (len(frames) - 1)
    assert [frame.fin for frame in frames] == [False] * (len(frames) - 1) + [True]
    assert max(len(frame.payload) for frame in frames) <= MOST_GATHERED + reads


def test_what_is_looked_at_before_it_is_whole_is_not_gathered() -> None:
    assert len(read_gathering(wire(Frame(Opcode.TEXT, b"Hello")), 1)) == 5


def test_a_payload_that_an_extension_has_changed_is_gathered() -> None:
    frame = Frame(Opcode.TEXT, b"Hello", fin=False, rsv=4)

    assert read_gathering(wire(frame), 1, rsv_in_use=4) == [frame]
    assert len(read_gathering(wire(frame), 1, rsv_in_use=2)) == 5


def test_a_control_frame_comes_out_whole() -> None:
    assert read_byte_by_byte(reader(), wire(Frame(Opcode.PING, b"Hello"))) == [Frame(Opcode.PING, b"Hello")]


def test_a_client_reads_frames_that_are_not_masked() -> None:
    data = serialize(Frame(Opcode.BINARY, b"Hello"))

    assert reader(Role.CLIENT).receive(data) == [Frame(Opcode.BINARY, b"Hello")]
    assert b"".join(frame.payload for frame in read_byte_by_byte(reader(Role.CLIENT), data)) == b"Hello"


def test_rsv_bits_reach_the_connection_if_the_rules_let_them() -> None:
    frame = Frame(Opcode.TEXT, b"Hello", rsv=4)

    assert reader(rules=NO_RULES).receive(wire(frame)) == [frame]
    assert reader(rules=NO_RULES).receive(wire(frame)[:-1]) == [Frame(Opcode.TEXT, b"Hell", fin=False, rsv=4)]


@pytest.mark.parametrize("cut", [1, 2, 1000])
def test_frames_behind_a_violation_are_not_read(cut: int) -> None:
    data = wire(Frame(Opcode.PING), Frame(0x3), Frame(Opcode.PING))
    reading = reader()

    frames = []
    for i in range(0, len(data), cut):
        if reading.violation is None:
            frames += reading.receive(data[i : i + cut])

    assert frames == [Frame(Opcode.PING)]
    assert reading.violation is not None
    assert reading.violation.requirement == "6455/5.2/unknown-opcode-fails-the-connection"


@pytest.mark.parametrize("extended_length", ["fe0005", "ff0000000000000005", "ff8000000000000000"])
def test_a_bad_length_is_refused_when_it_is_known(extended_length: str) -> None:
    reading = reader()

    assert reading.receive(bytes.fromhex("82" + extended_length)) == []
    assert reading.violation is not None


def test_a_frame_longer_than_the_limit_is_refused_by_its_header() -> None:
    limits = Limits(frame_length=1000)
    allowed, refused = reader(limits=limits), reader(limits=limits)

    allowed.receive(wire(Frame(Opcode.BINARY, bytes(1000))))
    refused.receive(wire(Frame(Opcode.BINARY, bytes(1001)))[:4])

    assert allowed.violation is None
    assert refused.violation is not None
    assert refused.violation.close_code == 1009
    assert refused.violation.detail == "frame of 1001 bytes; the limit is 1000"


def test_a_message_longer_than_the_limit_is_refused_by_the_header_of_its_fragment() -> None:
    reading = reader(limits=Limits(message_length=1000))
    reading.receive(wire(Frame(Opcode.BINARY, bytes(600), fin=False), Frame(Opcode.CONTINUATION, bytes(400))))
    assert reading.violation is None

    reading.receive(wire(Frame(Opcode.BINARY, bytes(1000), fin=False)))
    assert reading.receive(wire(Frame(Opcode.PING, b"!"))) == [Frame(Opcode.PING, b"!")]
    reading.receive(wire(Frame(Opcode.CONTINUATION, bytes(1)))[:2])

    assert reading.violation is not None
    assert reading.violation.close_code == 1009
    assert reading.violation.detail == "message of at least 1001 bytes; the limit is 1000"


def test_a_message_in_too_many_fragments_is_refused() -> None:
    reading = reader(limits=Limits(fragments=3))
    fragment = Frame(Opcode.CONTINUATION, fin=False)
    reading.receive(wire(Frame(Opcode.TEXT, fin=False), fragment, Frame(Opcode.CONTINUATION)))
    reading.receive(wire(Frame(Opcode.TEXT, fin=False), fragment, fragment))
    assert reading.violation is None

    reading.receive(wire(Frame(Opcode.CONTINUATION)))

    assert reading.violation is not None
    assert reading.violation.close_code == 1008


@given(st.lists(st.tuples(st.booleans(), st.binary(max_size=200)), min_size=1, max_size=5), st.data())
def test_payloads_do_not_depend_on_the_cut(messages: list[tuple[bool, bytes]], data: st.DataObject) -> None:
    stream = wire(*(Frame(Opcode.TEXT if is_text else Opcode.BINARY, payload) for is_text, payload in messages))
    cuts = sorted(data.draw(st.lists(st.integers(0, len(stream)), max_size=10)))
    reading = reader()

    frames = [
        frame
        for start, stop in zip([0, *cuts], [*cuts, len(stream)], strict=True)
        for frame in reading.receive(stream[start:stop])
    ]

    assert b"".join(frame.payload for frame in frames) == b"".join(payload for _, payload in messages)
    assert sum(frame.fin for frame in frames) == len(messages)
