"""Faulty copies of the reference for the area framing."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from functools import partial

from msgspec.structs import replace
from ws_reference import ALL_RULES, BinaryReceived, Connection, Event, FrameHeader, Limits, Opcode, Receiving, Violation
from ws_reference.rules import (
    frame_from_client_is_masked,
    frame_from_server_is_not_masked,
    length_is_minimal,
    opcode_is_known,
    reserved_bits_are_clear,
    top_bit_of_length_is_clear,
)

from ws_conformance.model import BOTH, CLIENTS, RequirementId
from ws_conformance.mutants import sending
from ws_conformance.mutants.base import (
    MakePeer,
    Mutant,
    Tampered,
    reference_peer,
    tampered,
    with_connection,
    without_rule,
)
from ws_conformance.mutants.faults import (
    FrameEdit,
    Frames,
    Gap,
    Which,
    changing,
    edited,
    excusing,
    has_opcode,
    is_inside_a_message,
    losing,
    refusing,
    under_way,
    with_payload,
)
from ws_conformance.peer import Peer, Role
from ws_conformance.wire import (
    BINARY,
    CONTINUATION,
    PING,
    PONG,
    RESERVED_OPCODES,
    RSV1,
    RSV2,
    RSV3,
    TEXT,
    FrameReader,
    WireFrame,
    apply_mask,
    serialize,
)

UNMASKED_CLOSES = ("6455/5.1/unmasked-frame-closes-the-connection",)
MASKED_CLOSES = ("6455/5.1/masked-frame-closes-the-connection",)
PAYLOAD_IS_UNMASKED = ("6455/5.3/payload-is-unmasked",)
ANY_KEY_IS_ACCEPTED = ("6455/5.3/any-masking-key-is-accepted",)
RSV_FAILS = ("6455/5.2/reserved-bit-set-fails-the-connection",)
UNKNOWN_FAILS = ("6455/5.2/unknown-opcode-fails-the-connection",)
LENGTH_IS_MINIMAL = ("6455/5.2/length-is-minimal",)
MINIMAL_IS_EXPECTED = ("6455/5.2/minimal-length-is-expected",)
LENGTH_ENDS_THE_FRAME = ("6455/5.2/length-ends-the-frame",)
KEEPS_ITS_TYPE = ("6455/5.6/message-keeps-its-type",)
EMPTY_IS_READ = ("6455/5.2/empty-payload-is-read",)


# --- gaps: headers that a rule overlooks ---


def is_control(header: FrameHeader, receiving: Receiving) -> bool:
    return header.is_control


def is_data(header: FrameHeader, receiving: Receiving) -> bool:
    return not header.is_control


def is_fragment(header: FrameHeader, receiving: Receiving) -> bool:
    return not header.fin


def is_long(header: FrameHeader, receiving: Receiving) -> bool:
    return header.length_bits > 7


def has_rsv(rsv: int) -> Gap:
    return lambda header, receiving: header.rsv == rsv


GAPS: tuple[tuple[str, Gap], ...] = (
    ("control frames", is_control),
    ("data frames", is_data),
    ("Texts", has_opcode(TEXT)),
    ("Binaries", has_opcode(BINARY)),
    ("Pings", has_opcode(PING)),
    ("Pongs", has_opcode(PONG)),
    ("Closes", has_opcode(Opcode.CLOSE)),
    ("continuations", has_opcode(CONTINUATION)),
    ("fragments", is_fragment),
    ("frames inside a message", is_inside_a_message),
    ("frames of more than 125 bytes", is_long),
)


# --- frames that an edit is about ---


def is_empty(frame: WireFrame, before: Sequence[WireFrame]) -> bool:
    return not frame.payload


def is_not_the_first(frame: WireFrame, before: Sequence[WireFrame]) -> bool:
    return bool(before)


def is_anything(frame: WireFrame, before: Sequence[WireFrame]) -> bool:
    return True


def is_control_frame(frame: WireFrame, before: Sequence[WireFrame]) -> bool:
    return frame.is_control


def is_pong(frame: WireFrame, before: Sequence[WireFrame]) -> bool:
    return frame.opcode == PONG


def is_empty_message(frame: WireFrame, before: Sequence[WireFrame]) -> bool:
    return not frame.payload and frame.fin and frame.opcode in (TEXT, BINARY)


def is_empty_and_reserved(frame: WireFrame, before: Sequence[WireFrame]) -> bool:
    return not frame.payload and frame.opcode in RESERVED_OPCODES


def is_reserved_inside_a_message(frame: WireFrame, before: Sequence[WireFrame]) -> bool:
    return frame.opcode in RESERVED_OPCODES and under_way(before)


def has_zero_key(frame: WireFrame, before: Sequence[WireFrame]) -> bool:
    return frame.masking_key == bytes(4)


def has_a_key_seen_before(frame: WireFrame, before: Sequence[WireFrame]) -> bool:
    return frame.masking_key in [other.masking_key for other in before]


def has_length(length: int) -> Which:
    return lambda frame, before: len(frame.payload) == length


def has_length_from(length: int) -> Which:
    return lambda frame, before: len(frame.payload) >= length


# --- what is done to them ---


def masked(frame: WireFrame) -> WireFrame:
    """Mask a frame that is not: with a key of zeros, which changes nothing else."""
    return frame if frame.masked else replace(frame, masked=True, masking_key=bytes(4))


def masked_with_letters(frame: WireFrame) -> WireFrame:
    return replace(frame, masked=True, masking_key=b"mask")


def not_masked(frame: WireFrame) -> WireFrame:
    return replace(frame, masked=False)


def without_rsv(frame: WireFrame) -> WireFrame:
    return replace(frame, rsv=0)


def with_rsv1(frame: WireFrame) -> WireFrame:
    return replace(frame, rsv=RSV1)


def with_opcode_11(frame: WireFrame) -> WireFrame:
    return replace(frame, opcode=0xB)


def without_the_last_byte(frame: WireFrame) -> WireFrame:
    return with_payload(frame, frame.payload[:-1])


def in_two_bytes_at_least(frame: WireFrame) -> WireFrame:
    return replace(frame, length_bytes=max(frame.length_bytes or 0, 2))


def in_the_shortest_form(frame: WireFrame) -> WireFrame:
    return replace(frame, length_bytes=None)


def in_eight_bytes(frame: WireFrame) -> WireFrame:
    return replace(frame, length_bytes=8)


def with_length_bytes_swapped(frame: WireFrame) -> WireFrame:
    return replace(frame, declared_length=int.from_bytes(len(frame.payload).to_bytes(2, "big"), "little"))


def with_length_of_two_bytes(frame: WireFrame) -> WireFrame:
    return replace(frame, declared_length=len(frame.payload) & 0xFFFF)


def is_16_bit(frame: WireFrame, before: Sequence[WireFrame]) -> bool:
    return frame.length_bytes == 2


def unmasked_with(key_of: Callable[[WireFrame, Sequence[WireFrame]], bytes]) -> FrameEdit:
    """Return an edit after which the payloads are what another key makes of them."""

    def edit(frame: WireFrame, before: Sequence[WireFrame]) -> Frames:
        right = frame.masking_key or bytes(4)
        return (replace(frame, payload=apply_mask(apply_mask(frame.payload, right), key_of(frame, before))),)

    return edit


def key_of_the_first(frame: WireFrame, before: Sequence[WireFrame]) -> bytes:
    return (before[0] if before else frame).masking_key or bytes(4)


def key_from_its_second_byte(frame: WireFrame, before: Sequence[WireFrame]) -> bytes:
    key = frame.masking_key or bytes(4)
    return key[1:] + key[:1]


def key_backwards(frame: WireFrame, before: Sequence[WireFrame]) -> bytes:
    return (frame.masking_key or bytes(4))[::-1]


def key_from_where_the_last_fragment_stopped(frame: WireFrame, before: Sequence[WireFrame]) -> bytes:
    key = frame.masking_key or bytes(4)
    turn = sum(len(other.payload) for other in before if not other.is_control) % 4 if under_way(before) else 0
    return key[turn:] + key[:turn]


def last_group_left_masked(frame: WireFrame, before: Sequence[WireFrame]) -> Frames:
    whole = len(frame.payload) // 4 * 4
    rest = apply_mask(frame.payload[whole:], frame.masking_key or bytes(4))
    return (replace(frame, payload=frame.payload[:whole] + rest),)


def byte_125_left_masked(frame: WireFrame, before: Sequence[WireFrame]) -> Frames:
    key = frame.masking_key or bytes(4)
    return (
        replace(frame, payload=frame.payload[:124] + apply_mask(frame.payload[124:125], key) + frame.payload[125:]),
    )


def key_taken_for_payload(frame: WireFrame, before: Sequence[WireFrame]) -> Frames:
    return (with_payload(frame, (frame.masking_key or b"") + frame.payload),)


def first_frames_only(count: int) -> Callable[[bytes], bytes]:
    """Return what loses all but ``count`` frames of a segment."""

    def edit(segment: bytes) -> bytes:
        if segment.startswith((b"GET ", b"HTTP/")):
            return segment
        frames = FrameReader(1 << 20).feed(segment)
        if len(frames) <= count:
            return segment
        return segment[: sum(len(serialize(frame, masked=False, masking_key=b"")) for frame in frames[:count])]

    return edit


def nothing_behind_the_101(segment: bytes) -> bytes:
    return segment[: segment.index(b"\r\n\r\n") + 4] if segment.startswith(b"HTTP/") else segment


def top_bit_taken_away(segment: bytes) -> bytes:
    if len(segment) > 9 and segment[1] & 0x7F == 127:
        return segment[:2] + bytes((segment[2] & 0x7F,)) + segment[3:]
    return segment


# --- references with other rules, limits and duties ---


def length_is_minimal_in_64_bits(length_bits: int, payload_length: int) -> Violation | None:
    return length_is_minimal(length_bits, payload_length) if length_bits == 64 else None


def length_is_minimal_unless_zero(length_bits: int, payload_length: int) -> Violation | None:
    return length_is_minimal(length_bits, payload_length) if payload_length else None


def with_length_rule(rule: Callable[[int, int], Violation | None]) -> MakePeer:
    """Return a maker of references whose rule about minimal lengths is ``rule``."""
    rules = dataclasses.replace(ALL_RULES, length=(rule, top_bit_of_length_is_clear))
    return with_connection(partial(Connection, rules=rules))


def without_limits(role: Role) -> Peer:
    """Return a reference that waits for whatever is announced."""
    return reference_peer(
        role,
        connection=partial(Connection, rules=ALL_RULES.without(top_bit_of_length_is_clear)),
        limits=Limits(frame_length=1 << 64, message_length=1 << 64),
    )


class DeliversBinaryOnly(Connection):
    def deliver(self, opcode: int, payload: bytes) -> Event:
        return BinaryReceived(payload)


class DeliversTextWherePossible(Connection):
    def deliver(self, opcode: int, payload: bytes) -> Event:
        try:
            payload.decode()
        except UnicodeDecodeError:
            return super().deliver(opcode, payload)
        return super().deliver(Opcode.TEXT, payload)


class DeliversBinaryAsIfItWereText(Connection):
    def deliver(self, opcode: int, payload: bytes) -> Event:
        return super().deliver(opcode, payload.decode(errors="replace").encode())


def is_read(bits: int) -> tuple[RequirementId, ...]:
    return (f"6455/5.2/length-{bits}-bits-is-read",)


MASKING: tuple[Mutant, ...] = (
    Mutant(name="accepts unmasked frames", breaks=UNMASKED_CLOSES, make=without_rule(frame_from_client_is_masked)),
    *(
        Mutant(name=f"accepts unmasked {what}", breaks=UNMASKED_CLOSES, make=excusing(frame_from_client_is_masked, gap))
        for what, gap in GAPS
    ),
    *(
        Mutant(name=name, breaks=UNMASKED_CLOSES, make=edited(incoming=changing(which, masked)))
        for name, which in (
            ("accepts unmasked frames without payload", is_empty),
            ("looks for a mask in the first frame only", is_not_the_first),
            ("accepts unmasked frames of exactly 125 bytes", has_length(125)),
            ("accepts unmasked frames from 65,536 bytes on", has_length_from(65_536)),
        )
    ),
    Mutant(
        name="accepts masked frames, though it is a client",
        breaks=MASKED_CLOSES,
        make=without_rule(frame_from_server_is_not_masked),
        roles=CLIENTS,
    ),
    *(
        Mutant(
            name=f"accepts masked {what}, though it is a client",
            breaks=MASKED_CLOSES,
            make=excusing(frame_from_server_is_not_masked, gap),
            roles=CLIENTS,
        )
        for what, gap in GAPS
    ),
    *(
        Mutant(
            name=f"accepts {what}, though it is a client",
            breaks=MASKED_CLOSES,
            make=edited(incoming=changing(which, not_masked)),
            roles=CLIENTS,
        )
        for what, which in (
            ("frames masked with zeros", has_zero_key),
            ("masked frames without payload", is_empty),
            ("masked frames from 65,536 bytes on", has_length_from(65_536)),
        )
    ),
    *(
        Mutant(name=name, breaks=ANY_KEY_IS_ACCEPTED, make=edited(incoming=refusing(which)))
        for name, which in (
            ("refuses a masking key of zeros", has_zero_key),
            ("refuses a masking key that it has seen before", has_a_key_seen_before),
        )
    ),
    *(
        Mutant(name=name, breaks=PAYLOAD_IS_UNMASKED, make=edited(incoming=edit))
        for name, edit in (
            ("unmasks every frame with the key of the first", unmasked_with(key_of_the_first)),
            ("begins to unmask with the second byte of the key", unmasked_with(key_from_its_second_byte)),
            ("reads the masking key backwards", unmasked_with(key_backwards)),
            (
                "goes on in the key from fragment to fragment",
                unmasked_with(key_from_where_the_last_fragment_stopped),
            ),
            ("leaves a last group of less than four bytes masked", last_group_left_masked),
            ("leaves the 125th byte masked", byte_125_left_masked),
        )
    ),
    Mutant(
        name="takes the masking key for payload",
        breaks=("6455/5.2/masking-key-is-read",),
        make=edited(incoming=key_taken_for_payload),
    ),
)

SENDING: tuple[Mutant, ...] = (
    *(
        Mutant(
            name=f"masks {what}, though it is a server",
            breaks=("6455/5.1/server-frames-are-not-masked",),
            make=edited(outgoing=changing(which, masked_with_letters)),
        )
        for what, which in (("its frames", is_anything), ("its Pongs", is_pong))
    ),
    *(
        Mutant(
            name=f"does not mask {what}, though it is a client",
            breaks=("6455/5.1/client-frames-are-masked",),
            make=edited(outgoing=changing(which, not_masked)),
            roles=CLIENTS,
        )
        for what, which in (("its frames", is_anything), ("its Pongs", is_pong))
    ),
    Mutant(
        name="sets RSV1 on its Pongs",
        breaks=("6455/5.2/reserved-bits-are-zero",),
        make=edited(outgoing=changing(is_pong, with_rsv1)),
    ),
    Mutant(
        name="answers a Ping with opcode 0xb",
        breaks=("6455/5.2/opcode-is-defined",),
        make=edited(outgoing=changing(is_pong, with_opcode_11)),
    ),
    *(
        Mutant(name=name, breaks=LENGTH_IS_MINIMAL, make=edited(outgoing=changing(which, change)))
        for name, which, change in (
            ("writes every length in 16 bits at least", is_anything, in_two_bytes_at_least),
            ("writes a length of 0 in 16 bits", is_empty, in_two_bytes_at_least),
            ("writes a length of 125 in 16 bits", has_length(125), in_two_bytes_at_least),
            ("writes lengths from 126 on in 64 bits", has_length_from(126), in_eight_bytes),
            ("writes a length of 65,535 in 64 bits", has_length(65_535), in_eight_bytes),
        )
    ),
)

LENGTHS: tuple[Mutant, ...] = (
    *(
        Mutant(
            name=f"loses the last byte of frames of {length} bytes",
            breaks=is_read(bits),
            make=edited(incoming=changing(has_length(length), without_the_last_byte)),
        )
        for length, bits in ((125, 7), (126, 16), (65_535, 16), (65_536, 64))
    ),
    *(
        Mutant(
            name=f"fails on frames of exactly {length} bytes",
            breaks=is_read(bits),
            make=edited(incoming=refusing(has_length(length))),
        )
        for length, bits in (
            (0, 7),
            (1, 7),
            (124, 7),
            (125, 7),
            (126, 16),
            (127, 16),
            (128, 16),
            (255, 16),
            (256, 16),
            (65_534, 16),
            (65_535, 16),
            (65_536, 64),
            (65_537, 64),
        )
    ),
    Mutant(
        name="reads a 16-bit length in the wrong byte order",
        breaks=(*is_read(16), *LENGTH_ENDS_THE_FRAME),
        make=edited(incoming=changing(is_16_bit, with_length_bytes_swapped)),
    ),
    Mutant(
        name="reads only the last two bytes of a 64-bit length",
        breaks=(*is_read(64), *LENGTH_ENDS_THE_FRAME),
        make=edited(
            incoming=changing(has_length_from(65_536), with_length_of_two_bytes), inner=without_rule(length_is_minimal)
        ),
    ),
    Mutant(
        name="takes a length with its top bit set for what the other bits say",
        breaks=is_read(64),
        make=lambda role: Tampered(without_rule(length_is_minimal)(role), incoming=top_bit_taken_away),
    ),
    Mutant(
        name="waits for a payload of 2**63 bytes and more",
        breaks=("6455/5.2/top-bit-length-is-refused", "6455/10.4/frame-size-is-limited"),
        make=without_limits,
    ),
    Mutant(name="ignores empty messages", breaks=EMPTY_IS_READ, make=edited(incoming=losing(is_empty_message))),
    Mutant(name="fails on empty messages", breaks=EMPTY_IS_READ, make=edited(incoming=refusing(is_empty_message))),
    Mutant(
        name="takes lengths in any form", breaks=MINIMAL_IS_EXPECTED, make=without_rule(length_is_minimal), roles=BOTH
    ),
    Mutant(
        name="takes lengths of control frames in any form",
        breaks=MINIMAL_IS_EXPECTED,
        make=edited(incoming=changing(is_control_frame, in_the_shortest_form)),
    ),
    *(
        Mutant(name=f"takes {what}", breaks=MINIMAL_IS_EXPECTED, make=with_length_rule(rule))
        for what, rule in (
            ("16-bit lengths that 7 bits would hold", length_is_minimal_in_64_bits),
            ("a length of 0 in any form", length_is_minimal_unless_zero),
        )
    ),
)

RESERVED_BITS: tuple[Mutant, ...] = (
    Mutant(name="ignores reserved bits", breaks=RSV_FAILS, make=without_rule(reserved_bits_are_clear), roles=BOTH),
    *(
        Mutant(name=f"ignores RSV{number}", breaks=RSV_FAILS, make=with_connection(partial(Connection, rsv_in_use=bit)))
        for number, bit in ((1, RSV1), (2, RSV2), (3, RSV3))
    ),
    *(
        Mutant(
            name=f"ignores reserved bits when they are {rsv:03b}",
            breaks=RSV_FAILS,
            make=excusing(reserved_bits_are_clear, has_rsv(rsv)),
        )
        for rsv in (3, 5, 6, 7)
    ),
    *(
        Mutant(name=f"ignores reserved bits of {what}", breaks=RSV_FAILS, make=excusing(reserved_bits_are_clear, gap))
        for what, gap in GAPS
    ),
    *(
        Mutant(name=name, breaks=RSV_FAILS, make=edited(incoming=changing(which, without_rsv)))
        for name, which in (
            ("ignores reserved bits of frames without payload", is_empty),
            ("looks for reserved bits in the first frame only", is_not_the_first),
        )
    ),
)

OPCODES: tuple[Mutant, ...] = (
    Mutant(name="accepts any opcode", breaks=UNKNOWN_FAILS, make=without_rule(opcode_is_known), roles=BOTH),
    *(
        Mutant(
            name=f"accepts opcode {opcode:#x}",
            breaks=UNKNOWN_FAILS,
            make=excusing(opcode_is_known, has_opcode(opcode)),
        )
        for opcode in RESERVED_OPCODES
    ),
    *(
        Mutant(name=f"accepts any opcode on {what}", breaks=UNKNOWN_FAILS, make=excusing(opcode_is_known, gap))
        for what, gap in (
            ("control frames", is_control),
            ("data frames", is_data),
            ("fragments", is_fragment),
            ("frames inside a message", is_inside_a_message),
            ("frames of more than 125 bytes", is_long),
        )
    ),
    *(
        Mutant(name=f"ignores {what}", breaks=UNKNOWN_FAILS, make=edited(incoming=losing(which)))
        for what, which in (
            ("empty frames with an unknown opcode", is_empty_and_reserved),
            ("unknown opcodes between fragments", is_reserved_inside_a_message),
        )
    ),
)

SEQUENCES: tuple[Mutant, ...] = (
    *(
        Mutant(
            name=f"reads {count} frames of each segment",
            breaks=LENGTH_ENDS_THE_FRAME,
            make=tampered(incoming=first_frames_only(count)),
        )
        for count in (1, 2, 3, 64)
    ),
    Mutant(
        name="loses what comes with the 101",
        breaks=("6455/5.1/data-frames-are-taken-at-any-time", "6455/5.5.2/ping-is-taken-at-any-time"),
        make=tampered(incoming=nothing_behind_the_101),
        roles=CLIENTS,
    ),
    Mutant(name="takes every message for binary", breaks=KEEPS_ITS_TYPE, make=with_connection(DeliversBinaryOnly)),
    Mutant(
        name="takes every message for text that could be text",
        breaks=KEEPS_ITS_TYPE,
        make=with_connection(DeliversTextWherePossible),
    ),
    Mutant(
        name="makes UTF-8 of binary messages",
        breaks=("6455/5.6/binary-is-opaque",),
        make=with_connection(DeliversBinaryAsIfItWereText),
    ),
)

MUTANTS: tuple[Mutant, ...] = (*MASKING, *SENDING, *LENGTHS, *RESERVED_BITS, *OPCODES, *SEQUENCES, *sending.FRAMES)
