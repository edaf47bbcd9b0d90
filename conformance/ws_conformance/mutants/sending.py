"""Faulty copies of the reference that write frames wrongly, or choose codes for their Close that nobody may send."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from msgspec.structs import replace

from ws_conformance.model import BOTH, SERVERS, RequirementId
from ws_conformance.mutants.base import MakePeer, Mutant, tampered
from ws_conformance.mutants.faults import changing, edited, losing_patience, with_payload
from ws_conformance.peer import Role, Signal
from ws_conformance.wire import CLOSE, FrameReader, WireFrame

WHOLE_PAYLOAD = "6455/5.2/application-data-is-the-whole-payload"
COUNTS = "6455/5.2/length-counts-the-payload"
NETWORK_ORDER = "6455/5.2/length-is-in-network-byte-order"

Change = Callable[[WireFrame], WireFrame]


def sending(change: Change, *, data_only: bool = False) -> MakePeer:
    """Return a maker of references that make ``change`` to what they send."""
    return edited(outgoing=changing(lambda frame, before: not (data_only and frame.is_control), change))


def with_length_from_its_end(frame: WireFrame) -> WireFrame:
    length = len(frame.payload)
    if not frame.length_bytes:
        return frame
    return replace(frame, declared_length=int.from_bytes(length.to_bytes(frame.length_bytes, "big"), "little"))


def with_top_bit(frame: WireFrame) -> WireFrame:
    return replace(frame, declared_length=1 << 63 | len(frame.payload)) if frame.length_bytes == 8 else frame


def with_key_of_zeros(frame: WireFrame) -> WireFrame:
    return replace(frame, payload=bytes(4) + frame.payload, declared_length=len(frame.payload))


def with_key_counted(frame: WireFrame) -> WireFrame:
    return replace(frame, declared_length=None, length_bytes=None, payload=frame.payload + bytes(4))


def with_own_code(code: int) -> Change:
    """Return the change of the codes of failing to ``code``."""

    def change(frame: WireFrame) -> WireFrame:
        fails = frame.opcode == CLOSE and frame.payload[:2] in (b"\x03\xea", b"\x03\xef")
        return with_payload(frame, code.to_bytes(2, "big")) if fails else frame

    return change


def with_half_a_code(frame: WireFrame) -> WireFrame:
    return with_payload(frame, frame.payload[:1]) if frame.opcode == CLOSE else frame


def with_its_halves_swapped(data: bytes) -> bytes:
    """Write the bits of a first byte in another order."""
    if data[:1] not in (b"\x81", b"\x82", b"\x88", b"\x8a"):
        return data
    return bytes([data[0] << 4 & 0xF0 | data[0] >> 4]) + data[1:]


def only_whole_frames(data: bytes) -> bytes:
    """Drop what does not end with a frame, as a server does that takes segments for frames."""
    if data.startswith(b"GET "):
        return data
    reader = FrameReader(1 << 20)
    reader.feed(data)
    return b"" if reader.pending else data


FRAME_FAULTS: tuple[tuple[str, MakePeer, tuple[RequirementId, ...]], ...] = (
    ("writes lengths from their last byte", sending(with_length_from_its_end), (NETWORK_ORDER,)),
    ("sets the top bit of long lengths", sending(with_top_bit), ("6455/5.2/length-top-bit-is-zero",)),
    (
        "writes a key of zeros before what it does not mask",
        sending(with_key_of_zeros),
        ("6455/5.2/masking-key-is-absent-without-the-bit", COUNTS),
    ),
    ("counts a key that it does not write", sending(with_key_counted), (COUNTS,)),
    (
        "writes the halves of a header the other way",
        tampered(outgoing=with_its_halves_swapped),
        ("6455/5.2/fields-come-in-order", "6455/5.2/fields-are-binary"),
    ),
    (
        "puts a zero before its messages",
        sending(lambda frame: with_payload(frame, b"\0" + frame.payload), data_only=True),
        ("6455/5.2/extension-data-is-empty-without-an-extension",),
    ),
    (
        "loses the last byte of its messages",
        sending(lambda frame: with_payload(frame, frame.payload[:-1]), data_only=True),
        (WHOLE_PAYLOAD,),
    ),
    (
        "ends its texts at U+0000",
        sending(lambda frame: with_payload(frame, frame.payload.partition(b"\0")[0]), data_only=True),
        ("6455/10.7/length-ends-the-text",),
    ),
    (
        "ends TCP when nothing has been said for a moment",
        losing_patience(Signal.END, 0.3),
        ("6455/7.1.7/close-frame-comes-first",),
    ),
    (
        "takes segments for frames",
        tampered(incoming=only_whole_frames),
        ("6455/6.2/incoming-data-is-parsed-as-frames",),
    ),
)
CODE_FAULTS: tuple[tuple[str, MakePeer, tuple[RequirementId, ...]], ...] = (
    (
        "fails a connection with half a code",
        sending(with_half_a_code),
        ("6455/5.5.1/close-body-is-empty-or-at-least-two-bytes",),
    ),
    *(
        (f"fails a connection with {code}", sending(with_own_code(code)), (requirement,))
        for code, requirement in (
            (999, "6455/7.4.2/codes-below-1000-are-not-used"),
            (1004, "6455/7.4.1/code-1004-is-reserved"),
            (5000, "6455/7.4.2/codes-from-5000-are-not-used"),
        )
    ),
)
SERVER_CODE_FAULTS = (
    ("fails a connection with 1010", sending(with_own_code(1010)), ("6455/7.4.1/code-1010-is-not-used-by-servers",)),
)


def _mutants(
    faults: Iterable[tuple[str, MakePeer, tuple[RequirementId, ...]]], roles: frozenset[Role] = SERVERS
) -> tuple[Mutant, ...]:
    return tuple(Mutant(name=name, breaks=breaks, make=make, roles=roles) for name, make, breaks in faults)


FRAMES = _mutants(FRAME_FAULTS)
CODES = (*_mutants(CODE_FAULTS, BOTH), *_mutants(SERVER_CODE_FAULTS))
