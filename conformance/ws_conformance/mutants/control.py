"""Faulty copies of the reference for the area control."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from msgspec.structs import replace
from ws_reference import Connection, Event, FrameHeader, Receiving
from ws_reference.rules import control_frame_is_short

from ws_conformance.model import BOTH
from ws_conformance.mutants.base import MakePeer, Mutant, with_connection, without_rule
from ws_conformance.mutants.faults import (
    Frames,
    changing,
    edited,
    excusing,
    has_opcode,
    is_behind,
    is_inside_a_message,
    losing,
    refusing,
    under_way,
    with_payload,
)
from ws_conformance.wire import BINARY, CLOSE, PING, PONG, TEXT, WireFrame

IS_ANSWERED = ("6455/5.5.2/ping-is-answered",)
COPIES_THE_PAYLOAD = ("6455/5.5.3/pong-copies-the-payload",)
PONG_IS_ACCEPTED = ("6455/5.5.3/unsolicited-pong-is-accepted",)
PONG_IS_NO_QUESTION = ("6455/5.5.3/unsolicited-pong-is-no-question",)
TOLD_BY_THE_OPCODE = ("6455/5.5/control-frames-are-told-by-the-opcode",)
LONG_FAILS = ("6455/5.5/long-control-frame-fails",)
AT_ANY_TIME = ("6455/6.2/control-frames-are-handled-when-received",)


# --- payloads of Pongs, made of those of Pings; None stands for no Pong ---


def nothing(payload: bytes) -> bytes | None:
    return None


def empty(payload: bytes) -> bytes | None:
    return b""


def nothing_for_an_empty_one(payload: bytes) -> bytes | None:
    return payload or None


def nothing_for_a_full_one(payload: bytes) -> bytes | None:
    return payload if len(payload) < 125 else None


def at_most_124_bytes(payload: bytes) -> bytes | None:
    return payload[:124]


def at_most_63_bytes(payload: bytes) -> bytes | None:
    return payload[:63]


def one_byte_more(payload: bytes) -> bytes | None:
    return payload + b"\0"


def up_to_the_first_zero(payload: bytes) -> bytes | None:
    return payload.partition(b"\0")[0]


def as_utf_8(payload: bytes) -> bytes | None:
    return payload.decode(errors="replace").encode()


def as_ascii(payload: bytes) -> bytes | None:
    return payload.decode("ascii", errors="replace").encode("ascii", errors="replace")


def with_seven_bits(payload: bytes) -> bytes | None:
    return bytes(byte & 0x7F for byte in payload)


def without_white_space_around(payload: bytes) -> bytes | None:
    return payload.strip()


def in_lower_case(payload: bytes) -> bytes | None:
    return payload.lower()


def filled_to_126_bytes(payload: bytes) -> bytes | None:
    return payload.ljust(126, b"\0")


def padded_to_two_bytes(payload: bytes) -> bytes | None:
    return payload.ljust(2, b"\0")


def without_a_close_code(payload: bytes) -> bytes | None:
    return payload.removeprefix(b"\x03\xe8")


def without_what_looks_like_a_frame(payload: bytes) -> bytes | None:
    return payload if payload[:1] not in (b"\x88", b"\x89") else b""


def pongs(answer: Callable[[bytes], bytes | None]) -> MakePeer:
    """Return a maker of references that answer a Ping with what ``answer`` makes of its payload."""

    class Answers(Connection):
        def answer_ping(self, payload: bytes) -> None:
            answered = answer(payload)
            if answered is not None:
                super().answer_ping(answered)

    return with_connection(Answers)


class AnswersTheFirstOfEachSegment(Connection):
    """Keeps the first Ping of those that wait, where it should keep the latest."""

    def receive(self, data: bytes) -> list[Event]:
        self._has_answered = False
        return super().receive(data)

    def answer_ping(self, payload: bytes) -> None:
        if not self._has_answered:
            self._has_answered = True
            super().answer_ping(payload)


class AnswersWithTheFirstPayload(Connection):
    """Answers every Ping as it answered the first."""

    _first: bytes | None = None

    def answer_ping(self, payload: bytes) -> None:
        self._first = payload if self._first is None else self._first
        super().answer_ping(self._first)


class LeavesOldBytesInThePong(Connection):
    """Writes a shorter payload over a longer one before, and sends both."""

    _buffer = b""

    def answer_ping(self, payload: bytes) -> None:
        self._buffer = payload + self._buffer[len(payload) :]
        super().answer_ping(self._buffer)


# --- frames that an edit is about ---


def is_longer_than_16_bits(header: FrameHeader, receiving: Receiving) -> bool:
    return header.length_bits == 64


def is_pong(frame: WireFrame, before: Sequence[WireFrame]) -> bool:
    return frame.opcode == PONG


def is_empty_pong(frame: WireFrame, before: Sequence[WireFrame]) -> bool:
    return frame.opcode == PONG and not frame.payload


def is_full_pong(frame: WireFrame, before: Sequence[WireFrame]) -> bool:
    return frame.opcode == PONG and len(frame.payload) == 125


def is_pong_that_is_not_ascii(frame: WireFrame, before: Sequence[WireFrame]) -> bool:
    return frame.opcode == PONG and not frame.payload.isascii()


def is_pong_with_a_close_code(frame: WireFrame, before: Sequence[WireFrame]) -> bool:
    return frame.opcode == PONG and len(frame.payload) == 2


def is_second_pong(frame: WireFrame, before: Sequence[WireFrame]) -> bool:
    return frame.opcode == PONG and any(other.opcode == PONG for other in before)


def is_first_pong(frame: WireFrame, before: Sequence[WireFrame]) -> bool:
    return frame.opcode == PONG and not before


def is_first_ping(frame: WireFrame, before: Sequence[WireFrame]) -> bool:
    return frame.opcode == PING and not before


def is_third_ping(frame: WireFrame, before: Sequence[WireFrame]) -> bool:
    return frame.opcode == PING and sum(other.opcode == PING for other in before) == 2


def is_ping_seen_before(frame: WireFrame, before: Sequence[WireFrame]) -> bool:
    return frame.opcode == PING and any(other.opcode == PING and other.payload == frame.payload for other in before)


def is_ping_behind_a_message(frame: WireFrame, before: Sequence[WireFrame]) -> bool:
    return frame.opcode == PING and any(not other.is_control for other in before) and not under_way(before)


def is_ping_behind_a_binary_message(frame: WireFrame, before: Sequence[WireFrame]) -> bool:
    return frame.opcode == PING and is_behind(BINARY, before)


def is_ping_behind_a_pong(frame: WireFrame, before: Sequence[WireFrame]) -> bool:
    return frame.opcode == PING and is_behind(PONG, before)


def is_ping_with_the_payload_of_a_pong(frame: WireFrame, before: Sequence[WireFrame]) -> bool:
    return frame.opcode == PING and any(other.opcode == PONG and other.payload == frame.payload for other in before)


def is_too_long(frame: WireFrame, before: Sequence[WireFrame]) -> bool:
    return frame.is_control and len(frame.payload) > 125


def is_too_long_behind_a_ping(frame: WireFrame, before: Sequence[WireFrame]) -> bool:
    return is_too_long(frame, before) and is_behind(PING, before)


def is_exactly_126(frame: WireFrame, before: Sequence[WireFrame]) -> bool:
    return frame.is_control and len(frame.payload) == 126


def is_65536_or_more(frame: WireFrame, before: Sequence[WireFrame]) -> bool:
    return frame.is_control and len(frame.payload) > 65_535


# --- what is done to them ---


def as_text(frame: WireFrame) -> WireFrame:
    return replace(frame, opcode=TEXT)


def as_ping(frame: WireFrame) -> WireFrame:
    return replace(frame, opcode=PING)


def as_close(frame: WireFrame) -> WireFrame:
    return with_payload(replace(frame, opcode=CLOSE), b"")


def short(frame: WireFrame) -> WireFrame:
    return with_payload(frame, frame.payload[:125])


def pings_delivered_as_well(frame: WireFrame, before: Sequence[WireFrame]) -> Frames:
    return (frame, as_text(frame)) if frame.opcode == PING else (frame,)


def closes_behind_the_pings(frame: WireFrame, before: Sequence[WireFrame]) -> Frames:
    """Leave a Close until the next frame is handled."""
    if frame.opcode == CLOSE:
        return ()
    return (frame, before[-1]) if is_behind(CLOSE, before) else (frame,)


PONGS: tuple[Mutant, ...] = (
    *(
        Mutant(name=f"answers {what}", breaks=IS_ANSWERED, make=pongs(answer), roles=BOTH)
        for what, answer in (
            ("no Ping", nothing),
            ("no empty Ping", nothing_for_an_empty_one),
            ("no Ping of 125 bytes", nothing_for_a_full_one),
        )
    ),
    *(
        Mutant(name=f"answers a Ping {how}", breaks=COPIES_THE_PAYLOAD, make=pongs(answer))
        for how, answer in (
            ("with an empty Pong", empty),
            ("of 125 bytes with 124", at_most_124_bytes),
            ("with 63 bytes at most", at_most_63_bytes),
            ("with a byte too many", one_byte_more),
            ("with the bytes before the first zero", up_to_the_first_zero),
            ("with what UTF-8 makes of its payload", as_utf_8),
            ("with what ASCII makes of its payload", as_ascii),
            ("with the lower seven bits of each byte", with_seven_bits),
            ("without white space at the ends", without_white_space_around),
            ("in lower case", in_lower_case),
            ("with two bytes at least", padded_to_two_bytes),
            ("without what looks like a close code", without_a_close_code),
            ("with nothing where the payload looks like a frame", without_what_looks_like_a_frame),
        )
    ),
    *(
        Mutant(name=name, breaks=(*IS_ANSWERED, *COPIES_THE_PAYLOAD), make=with_connection(connection))
        for name, connection in (
            ("answers only the first of several Pings that wait", AnswersTheFirstOfEachSegment),
            ("answers every Ping with the payload of the first", AnswersWithTheFirstPayload),
            ("leaves bytes of an earlier Ping in a Pong", LeavesOldBytesInThePong),
        )
    ),
    *(
        Mutant(name=f"answers no {what}", breaks=breaks, make=edited(incoming=losing(which)))
        for what, breaks, which in (
            ("Ping that comes first of all", ("6455/5.5.2/ping-is-taken-at-any-time",), is_first_ping),
            ("third Ping", IS_ANSWERED, is_third_ping),
            ("Ping that has the payload of an earlier one", IS_ANSWERED, is_ping_seen_before),
            ("Ping behind a message", AT_ANY_TIME, is_ping_behind_a_message),
            ("Ping behind a binary message", AT_ANY_TIME, is_ping_behind_a_binary_message),
            ("Ping behind a Pong", IS_ANSWERED, is_ping_behind_a_pong),
            ("Ping that has the payload of a Pong", IS_ANSWERED, is_ping_with_the_payload_of_a_pong),
        )
    ),
    Mutant(
        name="delivers Pings as messages as well",
        breaks=TOLD_BY_THE_OPCODE,
        make=edited(incoming=pings_delivered_as_well),
    ),
    Mutant(
        name="answers a Ping before the Close in front of it",
        breaks=("6455/5.5.2/ping-after-close-needs-no-pong",),
        make=edited(incoming=closes_behind_the_pings),
    ),
)

UNSOLICITED_PONGS: tuple[Mutant, ...] = (
    *(
        Mutant(name=f"fails on {what}", breaks=PONG_IS_ACCEPTED, make=edited(incoming=refusing(which)))
        for what, which in (
            ("Pongs that nobody asked for", is_pong),
            ("empty Pongs", is_empty_pong),
            ("Pongs of 125 bytes", is_full_pong),
            ("Pongs that are not ASCII", is_pong_that_is_not_ascii),
            ("a second Pong", is_second_pong),
            ("a Pong that comes first of all", is_first_pong),
            ("a Pong that holds a close code", is_pong_with_a_close_code),
        )
    ),
    *(
        Mutant(name=name, breaks=breaks, make=edited(incoming=changing(is_pong, change)))
        for name, breaks, change in (
            ("closes on a Pong", PONG_IS_ACCEPTED, as_close),
            ("answers a Pong with a Pong", PONG_IS_NO_QUESTION, as_ping),
            ("delivers Pongs as messages", (*TOLD_BY_THE_OPCODE, *PONG_IS_ACCEPTED), as_text),
        )
    ),
)

TOO_LONG: tuple[Mutant, ...] = (
    Mutant(
        name="accepts control frames of any length",
        breaks=LONG_FAILS,
        make=without_rule(control_frame_is_short),
        roles=BOTH,
    ),
    *(
        Mutant(name=f"accepts long {what}", breaks=LONG_FAILS, make=excusing(control_frame_is_short, gap))
        for what, gap in (
            ("Pings", has_opcode(PING)),
            ("Pongs", has_opcode(PONG)),
            ("Closes", has_opcode(CLOSE)),
            ("control frames inside a message", is_inside_a_message),
            ("control frames with a 64-bit length", is_longer_than_16_bits),
        )
    ),
    *(
        Mutant(name=name, breaks=LONG_FAILS, make=edited(incoming=edit))
        for name, edit in (
            ("reads 125 bytes of a long control frame", changing(is_too_long, short)),
            ("reads 125 bytes of a control frame of 126", changing(is_exactly_126, short)),
            ("reads 125 bytes of a control frame from 65,536 on", changing(is_65536_or_more, short)),
            ("ignores long control frames", losing(is_too_long)),
            ("ignores control frames of exactly 126 bytes", losing(is_exactly_126)),
            ("overlooks long control frames behind a Ping", changing(is_too_long_behind_a_ping, short)),
        )
    ),
)

SENDING: tuple[Mutant, ...] = (
    Mutant(
        name="sends Pongs of 126 bytes",
        breaks=("6455/5.5/control-payload-is-at-most-125",),
        make=pongs(filled_to_126_bytes),
    ),
)

MUTANTS: tuple[Mutant, ...] = (*PONGS, *UNSOLICITED_PONGS, *TOO_LONG, *SENDING)
