"""The suite's own frame codec, which writes anything and forgives everything (RFC 6455 §5.2).

It checks nothing: judging what a target sends is the observer's work. It shares no code with the reference, so that an
error in one cannot hide in the other.
"""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct

CONTINUATION, TEXT, BINARY, CLOSE, PING, PONG = 0x0, 0x1, 0x2, 0x8, 0x9, 0xA
OPCODE_NAMES = {CONTINUATION: "CONT", TEXT: "TEXT", BINARY: "BINARY", CLOSE: "CLOSE", PING: "PING", PONG: "PONG"}
RESERVED_OPCODES = (0x3, 0x4, 0x5, 0x6, 0x7, 0xB, 0xC, 0xD, 0xE, 0xF)

RSV1, RSV2, RSV3 = 0x4, 0x2, 0x1


def opcode_name(opcode: int) -> str:
    """Return the name of ``opcode`` as it is written in reports."""
    return OPCODE_NAMES.get(opcode) or f"opcode {opcode:#x}"


class WireFrame(Struct, frozen=True):
    """One frame, lawful or not. ``payload`` is always unmasked, ``rsv`` the three bits as a number from 0 to 7.

    For a frame to be sent, None means "as it should be": ``masked`` by the sender's role, ``masking_key`` fresh,
    ``length_bytes`` (0, 2 or 8 bytes of extended length) minimal, ``declared_length`` that of the payload.
    A frame that was read has all of them set.
    """

    opcode: int
    payload: bytes = b""
    fin: bool = True
    rsv: int = 0
    masked: bool | None = None
    masking_key: bytes | None = None
    length_bytes: int | None = None
    declared_length: int | None = None

    @property
    def is_control(self) -> bool:
        return self.opcode >= 0x8


def minimal_length_bytes(length: int) -> int:
    """Return how many bytes of extended length the shortest encoding of ``length`` has (§5.2)."""
    return 0 if length < 126 else 2 if length < 65_536 else 8


def apply_mask(payload: bytes, key: bytes) -> bytes:
    """Mask or unmask ``payload`` (§5.3), as one exclusive-or of two large numbers."""
    length = len(payload)
    pattern = (key * (length // 4 + 1))[:length]
    return (int.from_bytes(payload, "big") ^ int.from_bytes(pattern, "big")).to_bytes(length, "big")


def serialize(frame: WireFrame, *, masked: bool, masking_key: bytes) -> bytes:
    """Return the bytes of ``frame``; ``masked`` and ``masking_key`` are used where the frame leaves them open."""
    if frame.masked is not None:
        masked = frame.masked
    key = masking_key if frame.masking_key is None else frame.masking_key
    length = len(frame.payload) if frame.declared_length is None else frame.declared_length
    extended = minimal_length_bytes(length) if frame.length_bytes is None else frame.length_bytes
    first = frame.fin << 7 | frame.rsv << 4 | frame.opcode
    second = masked << 7 | (length if extended == 0 else 126 if extended == 2 else 127)
    head = bytes((first, second)) + (length.to_bytes(extended, "big") if extended else b"")
    return head + key + apply_mask(frame.payload, key) if masked else head + frame.payload


PIECE_BYTES = 4_096


def pieces(data: bytes) -> Iterator[bytes]:
    """Yield ``data`` in parts of PIECE_BYTES, for a reader that may have had enough before its end."""
    for start in range(0, len(data), PIECE_BYTES):
        yield data[start : start + PIECE_BYTES]


class FrameReader:
    """Turns a stream of bytes into frames, whatever they are.

    ``limit`` is the longest payload it waits for, in bytes. ``too_long`` is the declared length of a longer frame, once
    one has come: from there on the stream cannot be read and ``feed`` returns nothing.
    """

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.too_long: int | None = None
        self._buffer = bytearray()
        self._wanted = 2

    def feed(self, data: bytes) -> list[WireFrame]:
        """Return the frames that ``data`` completes."""
        if self.too_long is not None:
            return []
        self._buffer += data
        frames = []
        while len(self._buffer) >= self._wanted and (frame := self._take()) is not None:
            frames.append(frame)
        return frames

    @property
    def pending(self) -> bytes:
        """The bytes of a frame that is not complete yet."""
        return bytes(self._buffer)

    def _take(self) -> WireFrame | None:
        """Take one frame from the front of the buffer, or note how many bytes that would need."""
        buffer = self._buffer
        first, second = buffer[0], buffer[1]
        indicated = second & 0x7F
        extended = 0 if indicated < 126 else 2 if indicated == 126 else 8
        masked = bool(second & 0x80)
        start = 2 + extended + 4 * masked
        if len(buffer) < start:
            self._wanted = start
            return None
        length = int.from_bytes(buffer[2 : 2 + extended], "big") if extended else indicated
        if length > self.limit:
            self.too_long = length
            self._buffer.clear()
            return None
        if len(buffer) < start + length:
            self._wanted = start + length
            return None
        key = bytes(buffer[start - 4 : start]) if masked else None
        with memoryview(buffer) as view:  # a slice of the buffer itself would be one copy more
            payload = bytes(view[start : start + length])
        del buffer[: start + length]
        self._wanted = 2
        return WireFrame(
            opcode=first & 0x0F,
            payload=payload if key is None else apply_mask(payload, key),
            fin=bool(first & 0x80),
            rsv=first >> 4 & 0x7,
            masked=masked,
            masking_key=key,
            length_bytes=extended,
            declared_length=length,
        )
