"""The body of a Close frame: half a code, and reasons of every length and kind (RFC 6455 §5.5.1, §7.1.6)."""

from __future__ import annotations

from typing import NamedTuple

from ws_conformance.model import BOTH, Case
from ws_conformance.vocabulary import PROTOCOL_ERROR, TOO_BIG, close_frame, fails_the_connection, frame, opened, send
from ws_conformance.wire import CLOSE

from .answers import LIMIT_IS_125, ONE_BYTE_FAILS, REASON_FAILS, accepts, refuses_one_byte, refuses_reason

WITH_BODY = "6455/5.5.1/close-with-a-body-is-accepted"
REASON_IS_ACCEPTED = "6455/5.5.1/reason-is-accepted"
REASON_IS_UTF_8 = "6455/5.5.1/reason-is-utf-8"
REASON_IS_READ = "6455/7.1.6/close-reason-is-read"

LENGTHS = (1, 2, 121, 122, 123)


class Reason(NamedTuple):
    """A reason, and what is special about it."""

    words: str
    reason: bytes
    what: str


LAWFUL = (
    Reason("two-byte-characters", "größer".encode(), "characters of two bytes"),
    Reason("three-byte-characters", "€ 1,50".encode(), "characters of three bytes"),
    Reason("four-byte-characters", "𝄞 ends".encode(), "characters of four bytes"),
    Reason("u-0000", b"before\0behind", "U+0000, which ends a string in C"),
    Reason("u-feff", "\ufeffreason".encode(), "U+FEFF at its beginning"),
    Reason("u-ffff", "\uffff".encode(), "a noncharacter"),
    Reason("u-10ffff", "\U0010ffff".encode(), "the last of all characters"),
    Reason("line-ends", b"one\r\ntwo", "line ends"),
    Reason("123-bytes-of-41-characters", ("€" * 41).encode(), "as many characters of three bytes as will fit"),
    Reason("123-bytes-of-31-characters", ("𝄞" * 30 + "€").encode(), "as many characters of four bytes as will fit"),
)
ILL_FORMED = (
    Reason("80", b"\x80", "a tail without a lead byte"),
    Reason("ff", b"\xff", "a byte that never occurs"),
    Reason("c0-80", b"\xc0\x80", "U+0000 in two bytes instead of one"),
    Reason("c0-af", b"\xc0\xaf", "'/' in two bytes instead of one"),
    Reason("e0-80-af", b"\xe0\x80\xaf", "'/' in three bytes instead of one"),
    Reason("f0-80-80-af", b"\xf0\x80\x80\xaf", "'/' in four bytes instead of one"),
    Reason("ed-a0-80", b"\xed\xa0\x80", "a surrogate"),
    Reason("ed-a0-80-ed-b0-80", b"\xed\xa0\x80\xed\xb0\x80", "a pair of surrogates"),
    Reason("f4-90-80-80", b"\xf4\x90\x80\x80", "a number above U+10FFFF"),
    Reason("f8-88-80-80-80", b"\xf8\x88\x80\x80\x80", "a sequence of five bytes"),
    Reason("c3-28", b"\xc3\x28", "a lead byte with '(' behind it"),
    Reason("c3", b"\xc3", "one of two bytes"),
    Reason("e2-82", b"\xe2\x82", "two of three bytes"),
    Reason("f0-9d-84", b"\xf0\x9d\x84", "three of four bytes"),
    Reason("latin-1", "grösser".encode("latin-1"), "Latin-1"),
    Reason(
        "surrogate-inside-a-word", "κ\u1f79σμε".encode() + b"\xed\xa0\x80" + b"edited", "a surrogate behind valid text"
    ),
    Reason("ff-behind-122-bytes", b"a" * 122 + b"\xff", "a byte that never occurs, in the last place of all"),
    Reason("cut-at-123-bytes", ("€" * 41).encode()[:122] + b"\xe2", "a character cut because 123 bytes are full"),
)

CASES: tuple[Case, ...] = (
    *(
        Case(
            id=f"closing/body/one-byte-{octet:02x}",
            roles=BOTH,
            verifies=(ONE_BYTE_FAILS,),
            steps=(*opened(), send(frame(CLOSE, bytes((octet,)))), *refuses_one_byte()),
            because="§5.5.1: a body that is not empty begins with two bytes of code, so one byte is none.",
        )
        for octet in (0x00, 0x03, 0xE8, 0xFF)
    ),
    *(
        Case(
            id=f"closing/body/reason-of-{length}-bytes",
            roles=BOTH,
            verifies=(WITH_BODY, REASON_IS_READ),
            steps=(*opened(), send(close_frame(1000, "r" * length)), *accepts(1000)),
            because="§5.5.1, §5.5: a reason may fill what the code leaves of 125 bytes.",
        )
        for length in LENGTHS
    ),
    *(
        Case(
            id=f"closing/body/reason-of-{length}-bytes",
            roles=BOTH,
            verifies=(LIMIT_IS_125,),
            steps=(*opened(), send(close_frame(1000, "r" * length)), *fails_the_connection(PROTOCOL_ERROR, TOO_BIG)),
            because=f"§5.5: with {length} bytes of reason behind the code, a control frame is longer than 125 bytes.",
        )
        for length in (124, 125, 254)
    ),
    *(
        Case(
            id=f"closing/body/reason-with-{reason.words}",
            roles=BOTH,
            verifies=(REASON_IS_ACCEPTED, REASON_IS_READ, REASON_IS_UTF_8),
            steps=(*opened(), send(close_frame(1000, reason.reason)), *accepts(1000)),
            because=f"§5.5.1: any UTF-8 is a reason, whose meaning is left open; this one has {reason.what}.",
        )
        for reason in LAWFUL
    ),
    *(
        Case(
            id=f"closing/body/ill-formed-reason-{reason.words}",
            roles=BOTH,
            verifies=(REASON_FAILS, REASON_IS_UTF_8),
            steps=(*opened(), send(close_frame(1000, reason.reason)), *refuses_reason()),
            because=f"§8.1, §7.1.6: a reason is read as UTF-8, and this is none: {reason.what}.",
        )
        for reason in ILL_FORMED
    ),
)
