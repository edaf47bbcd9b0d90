"""What a receiver refuses, one rule for each requirement, in the order in which they are applied.

A rule looks at one thing that was received and returns a Violation, or None if it has no objection. Rules are
kept in tuples: leave one out, and the connection lets through what it would have refused.

There are three kinds, because three things are known at three times:

- header rules look at the first two octets of a frame: all but its length and masking key;
- length rules look at a length that did not fit into 7 bits, when its 16 or 64 bits are there;
- close rules look at the body of a Close frame.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

from ws_reference.closing import CloseCode, code_of
from ws_reference.frames import FrameHeader, Opcode, Role, parse_header


@dataclass(frozen=True, slots=True)
class Violation:
    """The peer broke a requirement: its id, what was seen, and the code to close with."""

    requirement: str
    detail: str
    close_code: int = CloseCode.PROTOCOL_ERROR


@dataclass(frozen=True, slots=True)
class Receiving:
    """What a receiver knows when a frame begins.

    ``rsv_in_use`` has those of the three RSV bits to which a negotiated extension gives a meaning.
    """

    role: Role
    message_under_way: bool = False
    rsv_in_use: int = 0


HeaderRule = Callable[[FrameHeader, Receiving], Violation | None]
LengthRule = Callable[[int, int], Violation | None]
CloseRule = Callable[[bytes], Violation | None]

_KNOWN_OPCODES = frozenset(Opcode)


# Header rules


def reserved_bits_are_clear(header: FrameHeader, receiving: Receiving) -> Violation | None:
    """§5.2: a bit that no negotiated extension defines is 0."""
    if header.rsv & ~receiving.rsv_in_use:
        bits = " and ".join(f"RSV{i}" for i in (1, 2, 3) if header.rsv & ~receiving.rsv_in_use & 8 >> i)
        return Violation("6455/5.2/reserved-bit-set-fails-the-connection", f"{bits} set without an extension")
    return None


def opcode_is_known(header: FrameHeader, receiving: Receiving) -> Violation | None:
    """§5.2: the opcode is one of six."""
    if header.opcode not in _KNOWN_OPCODES:
        return Violation("6455/5.2/unknown-opcode-fails-the-connection", f"reserved opcode 0x{header.opcode:x}")
    return None


def frame_from_client_is_masked(header: FrameHeader, receiving: Receiving) -> Violation | None:
    """§5.1: a server takes only masked frames."""
    if receiving.role is Role.SERVER and not header.masked:
        return Violation("6455/5.1/unmasked-frame-closes-the-connection", "unmasked frame from a client")
    return None


def frame_from_server_is_not_masked(header: FrameHeader, receiving: Receiving) -> Violation | None:
    """§5.1: a client takes only unmasked frames."""
    if receiving.role is Role.CLIENT and header.masked:
        return Violation("6455/5.1/masked-frame-closes-the-connection", "masked frame from a server")
    return None


def control_frame_is_final(header: FrameHeader, receiving: Receiving) -> Violation | None:
    """§5.5: a control frame is never a fragment."""
    if header.is_control and not header.fin:
        return Violation("6455/5.5/fragmented-control-frame-fails", "fragmented control frame")
    return None


def control_frame_is_short(header: FrameHeader, receiving: Receiving) -> Violation | None:
    """§5.5: a control frame carries 125 bytes at most, so 7 bits always hold its length."""
    if header.is_control and header.length_bits > 7:
        return Violation(
            "6455/5.5/long-control-frame-fails", f"control frame that needs {header.length_bits} bits for its length"
        )
    return None


def continuation_has_a_message(header: FrameHeader, receiving: Receiving) -> Violation | None:
    """§5.4: a continuation frame goes on with a message that has begun."""
    if header.opcode == Opcode.CONTINUATION and not receiving.message_under_way:
        return Violation("6455/5.4/continuation-needs-a-message", "continuation frame, but no message to continue")
    return None


def new_message_waits_for_the_end_of_the_last(header: FrameHeader, receiving: Receiving) -> Violation | None:
    """§5.4: messages do not interleave."""
    if receiving.message_under_way and header.opcode != Opcode.CONTINUATION and not header.is_control:
        return Violation(
            "6455/5.4/new-message-waits-for-the-end-of-the-last",
            f"message with opcode 0x{header.opcode:x} begins before the end of the last",
        )
    return None


HEADER_RULES: tuple[HeaderRule, ...] = (
    reserved_bits_are_clear,
    opcode_is_known,
    frame_from_client_is_masked,
    frame_from_server_is_not_masked,
    control_frame_is_final,
    control_frame_is_short,
    continuation_has_a_message,
    new_message_waits_for_the_end_of_the_last,
)


# Length rules


def length_is_minimal(length_bits: int, payload_length: int) -> Violation | None:
    """§5.2 asks senders for the shortest form; a peer that pads its lengths may have worse in mind."""
    if payload_length < (126 if length_bits == 16 else 1 << 16):
        return Violation(
            "6455/5.2/minimal-length-is-expected", f"length {payload_length} written with {length_bits} bits"
        )
    return None


def top_bit_of_length_is_clear(length_bits: int, payload_length: int) -> Violation | None:
    """§5.2: the highest of 64 bits is 0."""
    if payload_length >> 63:
        return Violation("6455/5.2/top-bit-length-is-refused", f"length 0x{payload_length:x} has its top bit set")
    return None


LENGTH_RULES: tuple[LengthRule, ...] = (length_is_minimal, top_bit_of_length_is_clear)


# Close rules


def close_body_has_a_whole_code(body: bytes) -> Violation | None:
    """§5.5.1: a body that is not empty begins with two bytes of code."""
    if len(body) == 1:
        return Violation("6455/5.5.1/one-byte-close-body-fails", "Close with a body of 1 byte")
    return None


def close_code_is_1000_or_above(body: bytes) -> Violation | None:
    """§7.4.2: 0 to 999 are not used."""
    return _refuse_codes(body, range(1000), "6455/7.4.2/codes-below-1000-are-not-used")


def close_code_is_not_1004(body: bytes) -> Violation | None:
    """§7.4.1: 1004 waits for a meaning."""
    return _refuse_codes(body, (1004,), "6455/7.4.1/code-1004-is-reserved")


def close_code_is_not_1005(body: bytes) -> Violation | None:
    """§7.4.1: 1005 stands for "there was no code"."""
    return _refuse_codes(body, (1005,), "6455/7.4.1/code-1005-is-not-sent")


def close_code_is_not_1006(body: bytes) -> Violation | None:
    """§7.4.1: 1006 stands for "there was no Close frame"."""
    return _refuse_codes(body, (1006,), "6455/7.4.1/code-1006-is-not-sent")


def close_code_is_not_1015(body: bytes) -> Violation | None:
    """§7.4.1: 1015 stands for "there was no TLS"."""
    return _refuse_codes(body, (1015,), "6455/7.4.1/code-1015-is-not-sent")


def close_code_is_assigned(body: bytes) -> Violation | None:
    """§7.4.2: what is left below 3000 waits for later RFCs. (1012 to 1014 were registered since.)"""
    return _refuse_codes(body, range(1016, 3000), "6455/7.4.2/codes-1016-to-2999-are-reserved")


def close_code_is_below_5000(body: bytes) -> Violation | None:
    """§7.4.2: the ranges end at 4999."""
    return _refuse_codes(body, range(5000, 1 << 16), "6455/7.4.2/codes-from-5000-are-not-used")


def reason_is_utf8(body: bytes) -> Violation | None:
    """§5.5.1, §8.1: the reason is text."""
    try:
        body[2:].decode()
    except UnicodeDecodeError:
        return Violation("6455/8.1/reason-invalid-utf-8-fails", "Close reason is not UTF-8", CloseCode.INVALID_DATA)
    return None


def _refuse_codes(body: bytes, codes: range | tuple[int, ...], requirement: str) -> Violation | None:
    code = code_of(body)
    return Violation(requirement, f"Close with code {code}") if code is not None and code in codes else None


CLOSE_RULES: tuple[CloseRule, ...] = (
    close_body_has_a_whole_code,
    close_code_is_1000_or_above,
    close_code_is_not_1004,
    close_code_is_not_1005,
    close_code_is_not_1006,
    close_code_is_not_1015,
    close_code_is_assigned,
    close_code_is_below_5000,
    reason_is_utf8,
)


# How they are applied


@dataclass(frozen=True, slots=True)
class Rules:
    """The rules of one connection."""

    header: tuple[HeaderRule, ...] = HEADER_RULES
    length: tuple[LengthRule, ...] = LENGTH_RULES
    close: tuple[CloseRule, ...] = CLOSE_RULES

    def without(self, left_out: HeaderRule | LengthRule | CloseRule) -> "Rules":
        """Return the same rules but for ``left_out``: the rules of an endpoint that is too trusting."""
        return Rules(
            tuple(rule for rule in self.header if rule is not left_out),
            tuple(rule for rule in self.length if rule is not left_out),
            tuple(rule for rule in self.close if rule is not left_out),
        )

    def header_violation(self, two_octets: bytes, receiving: Receiving) -> Violation | None:
        """Return the first objection to a frame that begins with ``two_octets``."""
        header = _header_of(two_octets)
        for rule in self.header:
            violation = rule(header, receiving)
            if violation is not None:
                return violation
        return None

    def length_violation(self, length_bits: int, payload_length: int) -> Violation | None:
        """Return the first objection to ``payload_length``, written with 16 or 64 bits."""
        for rule in self.length:
            violation = rule(length_bits, payload_length)
            if violation is not None:
                return violation
        return None

    def close_violation(self, body: bytes) -> Violation | None:
        """Return the first objection to the body of a Close frame."""
        for rule in self.close:
            violation = rule(body)
            if violation is not None:
                return violation
        return None


ALL_RULES = Rules()


@cache
def refused_headers(rules: tuple[HeaderRule, ...], role: Role, rsv_in_use: int) -> tuple[bytes, ...]:
    """Return two tables, for when no message is under way and for when one is.

    Each has 65,536 bytes: 1 for the first two octets that some rule refuses, 0 for those that none does. So a frame
    costs one look, however many rules there are. The tables are made once for each tuple of rules.
    """
    between, within = Receiving(role, False, rsv_in_use), Receiving(role, True, rsv_in_use)
    return _refused(rules, between), _refused(rules, within)


def _refused(rules: tuple[HeaderRule, ...], receiving: Receiving) -> bytes:
    """Return one of these tables. Of a length in 7 bits no rule sees the value, so one value stands for all 126."""
    table = bytearray()
    for first in range(256):
        for mask_bit in (0, 0x80):
            for length_field, how_many in ((0, 126), (126, 1), (127, 1)):
                header = _header_of(bytes((first, mask_bit | length_field)))
                table += bytes((any(rule(header, receiving) for rule in rules),)) * how_many
    return bytes(table)


@cache
def lawful_lengths(rules: tuple[LengthRule, ...]) -> bytearray:
    """Return a table with a byte for each length that 16 bits can hold: 1 if no rule refuses it, as far as was asked.

    It is filled by those who ask, for to ask for all takes a while, and few lengths are ever used.
    """
    return bytearray(1 << 16)


def _header_of(two_octets: bytes) -> FrameHeader:
    """Return the header that begins with ``two_octets``, with length and masking key zero where they come later."""
    parsed = parse_header(two_octets + bytes(12))
    assert parsed is not None
    return parsed[0]
