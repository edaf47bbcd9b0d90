"""One WebSocket frame: its fields, and the bytes they become (RFC 6455 §5.2, §5.3).

Nothing here judges. ``parse_header`` reads what no peer may send, and ``serialize`` writes it; what a receiver
refuses is told in ``ws_reference.rules``.
"""

from dataclasses import dataclass
from enum import Enum, IntEnum
from struct import Struct
from typing import Final

from ws_reference.masking import Mask, mask


class Role(Enum):
    """Which end of the connection an endpoint is: the client opens it and masks what it sends."""

    CLIENT = "client"
    SERVER = "server"

    __hash__ = object.__hash__  # that of Enum is written in Python


class Opcode(IntEnum):
    """What a frame carries (§5.2). The values that are not here are reserved."""

    CONTINUATION = 0x0
    TEXT = 0x1
    BINARY = 0x2
    CLOSE = 0x8
    PING = 0x9
    PONG = 0xA


CONTINUATION: Final = Opcode.CONTINUATION.value
TEXT: Final = Opcode.TEXT.value
BINARY: Final = Opcode.BINARY.value
CLOSE: Final = Opcode.CLOSE.value
PING: Final = Opcode.PING.value
PONG: Final = Opcode.PONG.value
"""The same as mere numbers: Python 3.11 is slow to find the members of an Enum, and this is done for every frame."""

RSV1: Final = 0x4
"""The first of the three reserved bits, as it stands in the number that they make together."""


@dataclass(slots=True, init=False)
class Frame:
    """One frame, its payload unmasked.

    ``rsv`` is the number that RSV1, RSV2 and RSV3 make together: RSV1 alone is 4. Not frozen, because freezing
    doubles the cost of making one; nobody changes a frame all the same. The events tell why it has an __init__.
    """

    opcode: int
    payload: bytes
    fin: bool
    rsv: int

    def __init__(self, opcode: int, payload: bytes = b"", fin: bool = True, rsv: int = 0) -> None:
        self.opcode = opcode
        self.payload = payload
        self.fin = fin
        self.rsv = rsv


@dataclass(frozen=True, slots=True)
class FrameHeader:
    """What comes before the payload, in the order in which it comes.

    ``length_bits`` is how many bits hold the length: 7, 16 or 64. ``masking_key`` is None in an unmasked frame.
    """

    fin: bool
    rsv: int
    opcode: int
    masked: bool
    length_bits: int
    payload_length: int
    masking_key: bytes | None

    @property
    def is_control(self) -> bool:
        """§5.5: the highest bit of a control frame's opcode is 1."""
        return self.opcode >= 0x8


def parse_header(data: bytes) -> tuple[FrameHeader, int] | None:
    """Return the header at the start of ``data`` and its length in bytes, or None for "need more".

    The examples of §5.7, an unmasked and a masked text frame:

    >>> parse_header(bytes.fromhex("8105"))[1]
    2
    >>> header, length = parse_header(bytes.fromhex("818537fa213d7f9f4d5158"))
    >>> header.masking_key.hex(), header.payload_length, length
    ('37fa213d', 5, 6)
    """
    if len(data) < 2:
        return None
    first, second = data[0], data[1]
    length_bits, payload_length, position = 7, second & 0x7F, 2
    if payload_length > 125:
        length_bits = 16 if payload_length == 126 else 64
        position += length_bits // 8
        payload_length = int.from_bytes(data[2:position], "big")
    masked = bool(second & 0x80)
    masking_key = None
    if masked:
        position += 4
        masking_key = data[position - 4 : position]
    if len(data) < position:
        return None
    header = FrameHeader(
        fin=bool(first & 0x80),
        rsv=first >> 4 & 0x7,
        opcode=first & 0xF,
        masked=masked,
        length_bits=length_bits,
        payload_length=payload_length,
        masking_key=masking_key,
    )
    return header, position


def serialize(frame: Frame, masking_key: bytes | None = None, mask: Mask = mask) -> bytes:
    """Return the bytes of ``frame``, masked with ``masking_key`` unless that is None.

    >>> serialize(Frame(Opcode.TEXT, b"Hello")).hex(" ")
    '81 05 48 65 6c 6c 6f'
    >>> serialize(Frame(Opcode.PONG, b"Hello"), bytes.fromhex("37fa213d")).hex(" ")
    '8a 85 37 fa 21 3d 7f 9f 4d 51 58'
    >>> serialize(Frame(Opcode.BINARY, bytes(256)))[:4].hex(" ")
    '82 7e 01 00'
    """
    first, payload = frame.fin << 7 | frame.rsv << 4 | frame.opcode, frame.payload
    mask_bit = 0 if masking_key is None else 0x80
    length = len(payload)
    if length < 126:
        header = _pack_7_bits(first, mask_bit | length)
    elif length < 1 << 16:
        header = _pack_16_bits(first, mask_bit | 126, length)
    else:
        header = _pack_64_bits(first, mask_bit | 127, length)
    return header + payload if masking_key is None else header + masking_key + mask(payload, masking_key)


def serialize_onto(parts: list[bytes], first: int, payload: bytes, masking_key: bytes | None, mask: Mask) -> None:
    """Append to ``parts`` what stands one behind the other in a frame that begins with the octet ``first``.

    A payload that is not masked is not even copied. The header is made here, too: to have ``serialize`` call this, or
    both call a third, costs each of them a tenth of its time where frames are short.
    """
    mask_bit = 0
    if masking_key is not None:
        mask_bit = 0x80
        payload = mask(payload, masking_key)
    length = len(payload)
    if length < 126:
        parts.append(_pack_7_bits(first, mask_bit | length))
    elif length < 1 << 16:
        parts.append(_pack_16_bits(first, mask_bit | 126, length))
    else:
        parts.append(_pack_64_bits(first, mask_bit | 127, length))
    if masking_key is not None:
        parts.append(masking_key)
    parts.append(payload)


_pack_7_bits: Final = Struct("!BB").pack
_pack_16_bits: Final = Struct("!BBH").pack
_pack_64_bits: Final = Struct("!BBQ").pack
