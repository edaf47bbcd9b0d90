from __future__ import annotations

import pytest
import ws_reference
from hypothesis import given
from hypothesis import strategies as st
from ws_conformance.wire import (
    BINARY,
    CLOSE,
    CONTINUATION,
    PING,
    PONG,
    TEXT,
    FrameReader,
    WireFrame,
    apply_mask,
    minimal_length_bytes,
    opcode_name,
    serialize,
)

KEY = bytes.fromhex("37fa213d")

# §5.7's examples: the bytes, and the frame that they are.
EXAMPLES = (
    ("810548656c6c6f", WireFrame(TEXT, b"Hello"), False),
    ("818537fa213d7f9f4d5158", WireFrame(TEXT, b"Hello"), True),
    ("010348656c", WireFrame(TEXT, b"Hel", fin=False), False),
    ("80026c6f", WireFrame(CONTINUATION, b"lo"), False),
    ("890548656c6c6f", WireFrame(PING, b"Hello"), False),
    ("8a8537fa213d7f9f4d5158", WireFrame(PONG, b"Hello"), True),
    ("827e0100" + "00" * 256, WireFrame(BINARY, bytes(256)), False),
    ("827f0000000000010000" + "00" * 65536, WireFrame(BINARY, bytes(65536)), False),
)

frames = st.builds(
    WireFrame,
    opcode=st.integers(0, 15),
    payload=st.binary(max_size=300),
    fin=st.booleans(),
    rsv=st.integers(0, 7),
)


def read(data: bytes, size: int = 0) -> list[WireFrame]:
    """Read ``data`` in pieces of ``size`` bytes, or whole."""
    reader = FrameReader(1 << 20)
    step = size or len(data) or 1
    return [frame for i in range(0, len(data), step) for frame in reader.feed(data[i : i + step])]


@pytest.mark.parametrize(("data", "frame", "masked"), EXAMPLES)
def test_the_examples_of_the_rfc_are_written_and_read(data: str, frame: WireFrame, masked: bool) -> None:
    assert serialize(frame, masked=masked, masking_key=KEY).hex() == data

    (seen,) = read(bytes.fromhex(data))

    assert (seen.opcode, seen.payload, seen.fin, seen.rsv, seen.masked) == (
        frame.opcode,
        frame.payload,
        frame.fin,
        0,
        masked,
    )


@given(st.lists(frames, max_size=4), st.booleans(), st.integers(1, 9))
def test_any_cut_gives_the_same_frames(sent: list[WireFrame], masked: bool, size: int) -> None:
    data = b"".join(serialize(frame, masked=masked, masking_key=KEY) for frame in sent)

    assert read(data, size) == read(data)
    assert [frame.payload for frame in read(data)] == [frame.payload for frame in sent]


@given(frames, st.booleans())
def test_both_codecs_of_the_house_agree_on_every_lawful_length(frame: WireFrame, masked: bool) -> None:
    """The reference and the suite share no code; here they meet."""
    data = serialize(frame, masked=masked, masking_key=KEY)

    parsed = ws_reference.parse_header(data)

    assert parsed is not None
    header, length = parsed
    assert (header.fin, header.rsv, header.opcode) == (frame.fin, frame.rsv, frame.opcode)
    assert header.payload_length == len(frame.payload)
    assert length + header.payload_length == len(data)


@given(st.binary(max_size=2000), st.binary(min_size=4, max_size=4))
def test_masking_is_the_octet_wise_algorithm(payload: bytes, key: bytes) -> None:
    assert apply_mask(payload, key) == bytes(octet ^ key[i % 4] for i, octet in enumerate(payload))


def test_a_frame_can_be_unlawful_in_every_field() -> None:
    frame = WireFrame(0xB, b"x", fin=False, rsv=5, masked=True, masking_key=b"\0\0\0\0", length_bytes=8)

    data = serialize(frame, masked=False, masking_key=KEY)

    assert data.hex() == "5bff000000000000000100000000" + "78"


def test_a_declared_length_may_lie() -> None:
    frame = WireFrame(TEXT, b"", declared_length=1 << 63)

    assert serialize(frame, masked=False, masking_key=KEY).hex() == "817f8000000000000000"


def test_a_frame_beyond_the_limit_ends_the_reading() -> None:
    reader = FrameReader(100)

    assert reader.feed(bytes.fromhex("817e0065")) == []

    assert reader.too_long == 101
    assert reader.feed(bytes.fromhex("8100")) == []


def test_a_frame_that_is_not_whole_is_pending() -> None:
    reader = FrameReader(100)

    reader.feed(b"\x81\x05He")

    assert reader.pending == b"\x81\x05He"


@pytest.mark.parametrize(("length", "extended"), [(0, 0), (125, 0), (126, 2), (65535, 2), (65536, 8)])
def test_the_minimal_length_changes_at_126_and_65536(length: int, extended: int) -> None:
    assert minimal_length_bytes(length) == extended


def test_an_opcode_has_a_name_even_if_it_is_reserved() -> None:
    assert opcode_name(CLOSE) == "CLOSE"
    assert opcode_name(0xB) == "opcode 0xb"
