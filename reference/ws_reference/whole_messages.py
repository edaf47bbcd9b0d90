"""A short cut: from bytes straight to messages that are whole, in one frame each that breaks no rule (RFC 6455 §5.6).

Most connections carry little else, so this is where they spend their time. What comes out is what the two loops would
make of the same bytes, and whatever is not as plain as that is left to them. Were it not for this module, nothing would
change but the pace.
"""

from functools import cache
from typing import Final

from ws_reference.deflate import PerMessageDeflate
from ws_reference.events import BinaryReceived, Event, TextReceived
from ws_reference.frames import Role
from ws_reference.limits import Limits
from ws_reference.masking import Mask
from ws_reference.rules import HeaderRule, Rules, lawful_lengths, refused_headers

WHOLE_TEXT: Final = 0x81
WHOLE_BINARY: Final = 0x82
"""The first octet of a message in one frame: FIN, no RSV bit, and the opcode."""

COMPRESSED_TEXT: Final = 0xC1
COMPRESSED_BINARY: Final = 0xC2
"""The same with RSV1 (RFC 7692 §6)."""

REFUSED: Final = 0xFF
"""Stands for a length where the second octet of a frame is not one that a message may have here."""

SHORT_LENGTH: Final = 4 * 1024
"""In bytes, the longest message of which a beginning may wait, to be read again with the rest, unless it is compressed:
then there is nothing to read in a beginning, and up to 64 KiB may wait.
"""


class WholeMessages:
    """Reads messages that stand one behind the other, none of them inside another.

    Those in compressed form are read by ``compression``, if there is one.
    """

    def __init__(
        self,
        role: Role,
        rules: Rules,
        limits: Limits,
        mask: Mask,
        *,
        rsv_in_use: int,
        compression: PerMessageDeflate | None,
    ) -> None:
        self._rules = rules
        self._mask = mask
        self._longest = min(limits.frame_length, limits.message_length)
        self._is_masked = role is Role.SERVER
        self._compression = compression
        self._compressed = b"" if compression is None else bytes((COMPRESSED_TEXT, COMPRESSED_BINARY))
        self._lawful_lengths = lawful_lengths(rules.length)
        self._lengths = _lengths(rules.header, role, rsv_in_use, self._compressed)

    def receive(self, data: bytes, position: int, messages: list[Event]) -> tuple[int, bool]:
        """Append to ``messages`` those that ``data`` has from ``position`` on.

        Return where they end, and whether what is left there may wait for more: it does if it is the beginning of a
        short or compressed message, without a fault so far. A text that is cut within a character does not: the loops
        know those.
        """
        lengths, is_masked, compressed = self._lengths, self._is_masked, self._compressed
        lawful, header_length = self._lawful_lengths, 6 if is_masked else 2
        end = len(data)
        while end - position >= header_length:
            first, length = data[position], lengths[data[position + 1]]
            if first != WHOLE_TEXT and first != WHOLE_BINARY and first not in compressed:
                break
            start = position + header_length
            if length > 125:
                start += 2
                if length != 126 or start > end:
                    break
                length = data[position + 2] << 8 | data[position + 3]
                if not lawful[length]:
                    if self._rules.length_violation(16, length) is not None:
                        break
                    lawful[length] = 1
            stop = start + length
            if length > self._longest:
                break
            if stop > end:
                if first in compressed:
                    return position, True
                if length > SHORT_LENGTH:
                    break
            payload = data[start:stop]
            if is_masked:
                payload = self._mask(payload, data[start - 4 : start])
            message: Event | None
            try:
                if first == WHOLE_TEXT:
                    message = TextReceived(payload.decode())
                elif first == WHOLE_BINARY:
                    message = BinaryReceived(payload)
                else:
                    message = self._decompress(first, payload)
            except UnicodeDecodeError:
                break
            if message is None:
                break
            if stop > end:
                return position, True
            messages.append(message)
            position = stop
        return position, False

    def _decompress(self, first: int, payload: bytes) -> Event | None:
        """Return the message in compressed form, unless it is left to the loops: then nothing has happened."""
        assert self._compression is not None
        message = self._compression.whole_message(payload)
        if message is None:
            return None
        event = BinaryReceived(message) if first == COMPRESSED_BINARY else TextReceived(message.decode())
        self._compression.remember(message)
        return event


@cache
def _lengths(rules: tuple[HeaderRule, ...], role: Role, rsv_in_use: int, compressed: bytes) -> bytes:
    """Return the 7 bits of length in each second octet, or REFUSED where a message must not have that octet."""
    refused, _ = refused_headers(rules, role, rsv_in_use)
    is_masked = role is Role.SERVER
    first_octets = (WHOLE_TEXT, WHOLE_BINARY, *compressed)
    return bytes(
        REFUSED
        if (second >= 0x80) != is_masked or any(refused[first << 8 | second] for first in first_octets)
        else second & 0x7F
        for second in range(256)
    )
