"""Frames and the bytes they become."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ws_reference.frames import Frame, Opcode, parse_header, serialize

KEY = bytes.fromhex("37fa213d")
FRAMES = st.builds(
    Frame,
    opcode=st.integers(0, 15),
    payload=st.binary(max_size=300) | st.sampled_from((125, 126, 65535, 65536)).map(bytes),
    fin=st.booleans(),
    rsv=st.integers(0, 7),
)
KEYS = st.none() | st.binary(min_size=4, max_size=4)


@pytest.mark.parametrize(
    ("frame", "masking_key", "wire"),
    [
        (Frame(Opcode.TEXT, b"Hello"), None, "81 05 48 65 6c 6c 6f"),
        (Frame(Opcode.TEXT, b"Hello"), KEY, "81 85 37 fa 21 3d 7f 9f 4d 51 58"),
        (Frame(Opcode.TEXT, b"Hel", fin=False), None, "01 03 48 65 6c"),
        (Frame(Opcode.CONTINUATION, b"lo"), None, "80 02 6c 6f"),
        (Frame(Opcode.PING, b"Hello"), None, "89 05 48 65 6c 6c 6f"),
        (Frame(Opcode.PONG, b"Hello"), KEY, "8a 85 37 fa 21 3d 7f 9f 4d 51 58"),
        (Frame(Opcode.BINARY, bytes(256)), None, "82 7e 01 00" + 256 * " 00"),
        (Frame(Opcode.BINARY, bytes(65536)), None, "82 7f 00 00 00 00 00 01 00 00" + 65536 * " 00"),
    ],
)
def test_the_examples_of_section_5_7_are_written_as_printed(frame: Frame, masking_key: bytes | None, wire: str) -> None:
    assert serialize(frame, masking_key) == bytes.fromhex(wire)


@given(FRAMES, KEYS)
def test_a_header_that_was_written_reads_the_same(frame: Frame, masking_key: bytes | None) -> None:
    data = serialize(frame, masking_key)

    parsed = parse_header(data)

    assert parsed is not None
    header, length = parsed
    assert (header.fin, header.rsv, header.opcode) == (frame.fin, frame.rsv, frame.opcode)
    assert (header.masked, header.masking_key) == (masking_key is not None, masking_key)
    assert header.payload_length == len(frame.payload) == len(data) - length
    assert header.length_bits == (7 if len(frame.payload) < 126 else 16 if len(frame.payload) < 65536 else 64)
    assert header.is_control == (frame.opcode in range(8, 16))


@given(FRAMES, KEYS)
def test_a_header_cut_anywhere_needs_more(frame: Frame, masking_key: bytes | None) -> None:
    data = serialize(frame, masking_key)
    parsed = parse_header(data)
    assert parsed is not None

    assert [parse_header(data[:i]) for i in range(parsed[1])] == [None] * parsed[1]
