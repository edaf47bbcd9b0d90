"""Messages in compressed form, once permessage-deflate was agreed upon (RFC 7692 §6, §7.2).

The connection gives each frame it sends to ``encode``, and each data frame it received to ``decode``. What a few bytes
decompress to may be a thousand times as much, so it is handed on in fragments: that is lawful, since fragments mean
nothing by themselves (§5.4), and nobody has to hold more than the message so far and one small fragment.

A received message becomes a complete DEFLATE stream: four bytes that its sender left out are put back, and a final
block is added. A decompressor that comes to the end of this stream just when the data ends has seen a whole message.
Decompressors therefore live no longer than a message, and each is given what the last one had in its window.
"""

import zlib
from collections.abc import Iterator
from typing import ClassVar, Final, Protocol

from ws_reference.closing import CloseCode
from ws_reference.compiling import mypyc_attr
from ws_reference.deflate_negotiation import Parameters
from ws_reference.frames import CONTINUATION, RSV1, Frame, FrameHeader, Role
from ws_reference.limits import DEFAULT_LIMITS, Limits
from ws_reference.rules import HeaderRule, Receiving, Violation

TAIL: Final = b"\x00\x00\xff\xff"
"""RFC 7692 §7.2.1: the end of the empty block with which each compressed message ends, and which is not sent."""

FINAL_BLOCK: Final = b"\x01\x00\x00\xff\xff"
"""RFC 1951 §3.2.4: an empty block that begins a byte and has its bit BFINAL set."""

END: Final = TAIL + FINAL_BLOCK

WINDOW_LENGTH: Final = 32 * 1024
CHUNK_LENGTH: Final = 32 * 1024
"""Decompressors are fed and emptied by this many bytes: what they have not yet read is copied at each step."""

SHORT_LENGTH: Final = 128 * 1024
"""A message that is not longer, and comes in one frame, is decompressed in one step."""

MOST_REMEMBERED: Final = WINDOW_LENGTH + CHUNK_LENGTH
"""How long a window may grow before its beginning is cut off, for what is kept is not to be moved for each byte."""


def control_frame_is_not_compressed(header: FrameHeader, receiving: Receiving) -> Violation | None:
    """RFC 7692 §6.1: RSV1 is clear on control frames."""
    if header.is_control and header.rsv & RSV1:
        return Violation("7692/6.1/rsv1-on-a-control-frame-fails", "RSV1 set on a control frame")
    return None


def rsv1_is_on_the_first_fragment(header: FrameHeader, receiving: Receiving) -> Violation | None:
    """RFC 7692 §6.1: RSV1 is clear on all fragments but the first."""
    if header.opcode == CONTINUATION and header.rsv & RSV1:
        return Violation("7692/6.1/rsv1-on-a-later-fragment-fails", "RSV1 set on a continuation frame")
    return None


RSV1_RULES: tuple[HeaderRule, ...] = (control_frame_is_not_compressed, rsv1_is_on_the_first_fragment)


class Compressor(Protocol):
    """What compresses: an object of zlib, or of a module that can stand in for it."""

    def compress(self, data: bytes, /) -> bytes: ...
    def flush(self, mode: int, /) -> bytes: ...


class Decompressor(Protocol):
    """What decompresses, ``max_length`` bytes at a time."""

    @property
    def eof(self) -> bool: ...
    @property
    def unconsumed_tail(self) -> bytes: ...
    @property
    def unused_data(self) -> bytes: ...
    def decompress(self, data: bytes, /, max_length: int) -> bytes: ...


@mypyc_attr(allow_interpreted_subclasses=True)
class PerMessageDeflate:
    """Compresses what an endpoint with ``role`` sends, and decompresses what it receives.

    ``violation`` is None until a message cannot be decompressed, or is longer than ``limits`` permit.
    ``level`` is zlib's, from 1 for the fastest to 9 for the smallest; -1 is a good middle. For a faster library than
    zlib, as zlib-ng, override ``new_compressor``, ``new_decompressor`` and ``error``, which is what the latter raises.
    """

    rsv_in_use: ClassVar[int] = RSV1
    error: ClassVar[type[Exception]] = zlib.error

    def __init__(
        self,
        role: Role,
        agreed: Parameters,
        *,
        limits: Limits = DEFAULT_LIMITS,
        level: int = -1,
        header_rules: tuple[HeaderRule, ...] = RSV1_RULES,
    ) -> None:
        self.header_rules = header_rules
        self.violation: Violation | None = None
        self._limit = limits.message_length
        self._most_at_once = min(self._limit, SHORT_LENGTH) + 1
        self._level = level
        if role is Role.SERVER:
            self._forgets, self._peer_forgets = agreed.server_no_context_takeover, agreed.client_no_context_takeover
            window_bits = agreed.server_max_window_bits
        else:
            self._forgets, self._peer_forgets = agreed.client_no_context_takeover, agreed.server_no_context_takeover
            window_bits = agreed.client_max_window_bits
        self._window_bits = window_bits or 15
        self._compressor: Compressor | None = None
        self._decompressor: Decompressor | None = None
        self._window = bytearray()
        self._is_compressed = False
        self._length = 0

    # What is sent

    def encode(self, frame: Frame) -> Frame:
        """Return what is sent for ``frame``: its payload compressed, unless it is a control frame.

        RFC 7692 §7.2.1: the end that all messages have is removed, but not from fragments before the last. The
        examples of §7.2.3.1 and §7.2.3.2 there:

        >>> deflate = PerMessageDeflate(Role.CLIENT, Parameters())
        >>> deflate.encode(Frame(1, b"Hello")).payload.hex(" ")
        'f2 48 cd c9 c9 07 00'
        >>> deflate.encode(Frame(1, b"Hello")).payload.hex(" ")
        'f2 00 11 00 00'
        """
        if frame.opcode >= 0x8:
            return frame
        is_first = frame.opcode != CONTINUATION
        payload = self.compress(frame.payload, is_first=is_first, is_last=frame.fin)
        return Frame(frame.opcode, payload, frame.fin, RSV1 if is_first else 0)

    def compress(self, payload: bytes, *, is_first: bool = True, is_last: bool = True) -> bytes:
        """Return what is sent for the ``payload`` of a fragment, which is the first of a message, the last, or both."""
        if self._compressor is None or (is_first and self._forgets):
            self._compressor = self.new_compressor()
        compressed = self._compressor.compress(payload) + self._compressor.flush(zlib.Z_SYNC_FLUSH)
        return compressed.removesuffix(TAIL) if is_last else compressed

    # What is received

    def decode(self, frame: Frame) -> Iterator[Frame]:
        """Return the fragments that the data frame ``frame`` stands for; an uncompressed one is its own.

        RFC 7692 §6: a message is compressed if its first frame has RSV1 set. An example of §7.2.3.5 there:

        >>> payload = bytes.fromhex("f2 48 05 00 00 00 ff ff ca c9 c9 07 00")
        >>> list(PerMessageDeflate(Role.SERVER, Parameters()).decode(Frame(1, payload, rsv=RSV1)))
        [Frame(opcode=1, payload=b'Hello', fin=True, rsv=0)]
        """
        if frame.opcode != CONTINUATION:
            self._is_compressed = bool(frame.rsv & RSV1)
            self._length = 0
            if self._peer_forgets:
                self._window.clear()
        if not self._is_compressed:
            return iter((frame,))
        if frame.fin and frame.opcode != CONTINUATION:
            message = self.whole_message(frame.payload)
            if message is not None:
                self.remember(message)
                return iter((Frame(frame.opcode, message),))
        return self._fragments(frame)

    def whole_message(self, payload: bytes) -> bytes | None:
        """Return what the ``payload`` of a message in one frame decompresses to; None if that is long, or faulty.

        Nothing has happened then, and the message is to be decompressed from its beginning, step by step. What is
        delivered is to be remembered.
        """
        if len(payload) > SHORT_LENGTH:
            return None
        if self._peer_forgets:
            self._window.clear()
        decompressor = self.new_decompressor(self._window)
        try:
            message = decompressor.decompress(payload + END, self._most_at_once)
        except self.error:
            return None
        return message if decompressor.eof and not decompressor.unused_data and len(message) <= self._limit else None

    def _fragments(self, frame: Frame) -> Iterator[Frame]:
        """Yield what ``frame`` decompresses to, one fragment for each chunk."""
        chunks = self._decompress(frame.payload + END if frame.fin else frame.payload)
        opcode, chunk = frame.opcode, next(chunks, b"")
        for next_chunk in chunks:
            yield Frame(opcode, chunk, fin=False)
            opcode, chunk = CONTINUATION, next_chunk
        if frame.fin and self.violation is None:
            self.violation = self.check_end()
        if self.violation is None:
            yield Frame(opcode, chunk, frame.fin)

    def _decompress(self, data: bytes) -> Iterator[bytes]:
        """Yield what ``data`` decompresses to, until there is a violation."""
        for start in range(0, len(data), CHUNK_LENGTH):
            rest, is_full = data[start : start + CHUNK_LENGTH], False
            while rest or is_full:
                decompressor = self._decompressor or self.new_decompressor(self._window)
                try:
                    chunk = decompressor.decompress(rest, CHUNK_LENGTH)
                except self.error as error:
                    self.violation = _undecodable("7692/7.2.2/undecodable-data-is-not-delivered", str(error))
                    return
                self._length += len(chunk)
                if self._length > self._limit:
                    detail = f"message of at least {self._length} bytes; the limit is {self._limit}"
                    self.violation = Violation("6455/10.4/size-limits-protect", detail, CloseCode.TOO_BIG)
                    return
                yield chunk
                self.remember(chunk)
                # RFC 7692 §7.2.1: a final block ends a stream, but not the message. Another stream follows.
                self._decompressor = None if decompressor.eof else decompressor
                rest = decompressor.unused_data if decompressor.eof else decompressor.unconsumed_tail
                is_full = len(chunk) == CHUNK_LENGTH and not decompressor.eof

    def remember(self, chunk: bytes) -> None:
        """Keep of what a message decompressed to, or of a part of that, what a match may refer to."""
        window = self._window
        if len(chunk) >= WINDOW_LENGTH:
            window.clear()  # not a byte of it can be reached over such a chunk
            chunk = chunk[-WINDOW_LENGTH:]
        window += chunk
        if len(window) > MOST_REMEMBERED:
            del window[:-WINDOW_LENGTH]

    # Duties

    def new_compressor(self) -> Compressor:
        """RFC 7692 §7.2.1: never look farther back than was agreed.

        zlib makes windows of 9 to 15 bits. With 9 it finds nothing more than 250 bytes back, so these will do for 8.
        """
        return zlib.compressobj(self._level, zlib.DEFLATED, -min(max(self._window_bits, 9), 15))

    def new_decompressor(self, window: bytearray) -> Decompressor:
        """RFC 7692 §7.2.2: all distances up to 32,768 are read, for a smaller window is a permission and no duty.

        Of ``window`` zlib takes as much as that from its end.
        """
        return zlib.decompressobj(-15, window)

    def check_end(self) -> Violation | None:
        """RFC 7692 §7.2.2: with the bytes put back that were left out, a message is whole."""
        if self._decompressor is not None:
            return _undecodable("7692/7.2.2/broken-off-data-is-not-delivered", "compressed message breaks off")
        return None


def _undecodable(requirement: str, detail: str) -> Violation:
    return Violation(requirement, detail, CloseCode.INVALID_DATA)
