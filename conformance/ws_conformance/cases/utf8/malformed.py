"""Text with bytes that are no UTF-8, which fails the connection (RFC 6455 §8.1, RFC 3629 §3, §4)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from ws_conformance.model import BOTH, SERVERS, Case, CloseIs, Ends, PongIs, Reaction, Step
from ws_conformance.vocabulary import (
    CLOSE_COMES_FIRST,
    CODE_IS_APPROPRIATE,
    FAILING_ENDS,
    INVALID_DATA,
    TOO_BIG,
    echoes,
    ends_tcp,
    expect,
    fails_the_connection,
    fragments,
    frame,
    opened,
    send,
)
from ws_conformance.wire import CONTINUATION, PING, TEXT, WireFrame

FAILS = "6455/8.1/invalid-utf-8-fails-the-connection"
MAY_FAIL_EARLY = "6455/8.1/invalid-utf-8-may-fail-early"
NO_MENDING = "3629/3/decoder-refuses-what-is-invalid"
OVERLONG = "3629/3/overlong-is-invalid"
SURROGATES = "3629/3/surrogates-are-invalid"
ABOVE = "3629/3/above-10ffff-is-invalid"
NEVER = "3629/4/bytes-that-never-occur-are-invalid"
STRAY = "3629/4/stray-tail-is-invalid"
COMPLETE = "3629/4/sequence-is-complete"
SECOND_BYTE = "3629/4/second-byte-has-its-own-range"

TAIL = bytes(range(0x80, 0xC0))


class Malformed(NamedTuple):
    """Bytes that are no UTF-8, and why they are none."""

    words: str
    payload: bytes
    verifies: tuple[str, ...]
    why: str


def by_bytes(kind: str, verifies: tuple[str, ...], why: str, *payloads: str) -> tuple[Malformed, ...]:
    """Return one of each of ``payloads``, which are hexadecimal and stand in the id as they are."""
    return tuple(
        Malformed(f"{kind}-{payload.replace(' ', '-')}", bytes.fromhex(payload), verifies, why) for payload in payloads
    )


STRAY_TAILS = (
    *by_bytes(
        "stray-tail",
        (STRAY,),
        "§4: 80 to BF only ever follow a lead byte.",
        "80",
        "bf",
        "80 bf",
        "80 bf 80",
        "80 bf 80 bf",
        "80 bf 80 bf 80",
        "80 bf 80 bf 80 bf",
    ),
    Malformed("stray-tail-of-each-value", TAIL, (STRAY,), "§4: 80 to BF only ever follow a lead byte."),
    Malformed("stray-tail-in-the-middle", b"a\x80b", (STRAY,), "§4: 80 begins no character, also behind others."),
    Malformed("stray-tail-behind-two-bytes", b"\xc3\x9f\x80", (STRAY,), "§4: a lead byte C3 takes one tail, not two."),
    Malformed("stray-tail-behind-three-bytes", b"\xe2\x82\xac\x80", (STRAY,), "§4: a lead byte E2 takes two tails."),
    Malformed(
        "stray-tail-behind-four-bytes", b"\xf0\x9d\x84\x9e\xbf", (STRAY,), "§4: a lead byte F0 takes three tails."
    ),
)
NEVER_IN_UTF_8 = (
    *by_bytes(
        "never-occurs",
        (NEVER,),
        "§4: C0, C1 and F5 to FF occur nowhere in UTF-8.",
        "c0",
        "c1",
        "f5",
        "f6",
        "f7",
        "f8",
        "f9",
        "fa",
        "fb",
        "fc",
        "fd",
        "fe",
        "ff",
        "fe fe ff ff",
    ),
    Malformed(
        "latin-1", "caf\u00e9 cr\u00e8me".encode("latin-1"), (COMPLETE,), "§4: the letters of Latin-1 are lead bytes."
    ),
    Malformed("utf-16", "\ufefftext".encode("utf-16-le"), (NEVER,), "§6: FF FE is the signature of another encoding."),
)
OVERLONG_FORMS = by_bytes(
    "overlong",
    (OVERLONG,),
    "§3: a character has one form, the shortest; '/' is 2F and U+0000 is 00.",
    "c0 80",
    "c0 af",
    "c1 bf",
    "e0 80 80",
    "e0 80 af",
    "e0 9f bf",
    "f0 80 80 80",
    "f0 80 80 af",
    "f0 8f bf bf",
    "f8 80 80 80 80",
    "f8 80 80 80 af",
    "f8 87 bf bf bf",
    "fc 80 80 80 80 80",
    "fc 80 80 80 80 af",
    "fc 83 bf bf bf bf",
)
SURROGATE_FORMS = (
    *by_bytes(
        "surrogate",
        (SURROGATES,),
        "§3: U+D800 to U+DFFF are halves of UTF-16 and no characters.",
        "ed a0 80",
        "ed ad bf",
        "ed ae 80",
        "ed af bf",
        "ed b0 80",
        "ed be 80",
        "ed bf bf",
    ),
    *by_bytes(
        "surrogate-pair",
        (SURROGATES,),
        "§3: two surrogates in a row make a character in UTF-16, not in UTF-8.",
        "ed a0 80 ed b0 80",
        "ed a0 80 ed bf bf",
        "ed ad bf ed b0 80",
        "ed ad bf ed bf bf",
        "ed ae 80 ed b0 80",
        "ed ae 80 ed bf bf",
        "ed af bf ed b0 80",
        "ed af bf ed bf bf",
    ),
    Malformed(
        "surrogate-inside-a-word",
        "κ\u1f79σμε".encode() + b"\xed\xa0\x80" + b"edited",
        (SURROGATES, NO_MENDING),
        "§3: a surrogate makes the whole text invalid, valid as the rest may be.",
    ),
)
ABOVE_THE_LAST = (
    *by_bytes(
        "above-u-10ffff",
        (ABOVE,),
        "§3: the last character is U+10FFFF, F4 8F BF BF.",
        "f4 90 80 80",
        "f4 bf bf bf",
        "f5 80 80 80",
        "f7 bf bf bf",
        "f8 88 80 80 80",
        "fb bf bf bf bf",
        "fc 84 80 80 80 80",
        "fd bf bf bf bf bf",
    ),
    Malformed(
        "above-u-10ffff-inside-a-word",
        "κ\u1f79σμε".encode() + b"\xf4\x90\x80\x80" + b"edited",
        (ABOVE, NO_MENDING),
        "§3: a number above U+10FFFF makes the whole text invalid, valid as the rest may be.",
    ),
)
WRONG_SECOND_BYTES = by_bytes(
    "second-byte",
    (SECOND_BYTE,),
    "§4: behind E0, ED, F0 and F4 not every tail may come second.",
    "e0 80 bf",
    "e0 9f 80",
    "ed a0 bf",
    "ed bf 80",
    "f0 8f 80 80",
    "f4 90 bf bf",
)


def leads(first: int, last: int, *, behind: bytes) -> bytes:
    """Return the lead bytes from ``first`` to ``last``, with ``behind`` after each."""
    return b"".join(bytes((lead,)) + behind for lead in range(first, last + 1))


CUT_SHORT = (
    *by_bytes(
        "cut-short-by-ascii",
        (COMPLETE,),
        "§4: a lead byte asks for tails, and a space is none.",
        "c2 20",
        "e2 20",
        "e2 82 20",
        "f0 20",
        "f0 9f 20",
        "f0 9f 98 20",
    ),
    Malformed("e2-28-a1", b"\xe2\x28\xa1", (COMPLETE,), "§4: '(' is no tail, even with one behind it."),
    *(
        Malformed(words, payload, (rule,), "§4: a lead byte asks for tails, and a space is none.")
        for words, payload, rule in (
            ("each-two-byte-lead-and-a-space", leads(0xC0, 0xDF, behind=b" "), COMPLETE),
            ("each-three-byte-lead-and-a-space", leads(0xE0, 0xEF, behind=b" "), COMPLETE),
            ("each-four-byte-lead-and-a-space", leads(0xF0, 0xF6, behind=b" "), COMPLETE),
            ("each-five-byte-lead-and-a-space", leads(0xF8, 0xFB, behind=b" "), NEVER),
            ("each-six-byte-lead-and-a-space", leads(0xFC, 0xFD, behind=b" "), NEVER),
        )
    ),
    *by_bytes(
        "cut-short-by-a-lead",
        (COMPLETE,),
        "§4: a character has all its bytes before the next one begins.",
        "c2 c2 80",
        "e2 82 c2 80",
        "e2 e2 82 ac",
        "f0 9f 98 f0 9f 98 80",
        "f0 9f e2 82 ac",
    ),
    Malformed(
        "ten-cut-short-in-a-row",
        bytes.fromhex("c0 e080 f08080 f8808080 fc80808080 df efbf f7bfbf fbbfbfbf fdbfbfbfbf"),
        (COMPLETE, NEVER),
        "§4: none of these sequences has all its bytes.",
    ),
)
MALFORMED = (
    *STRAY_TAILS,
    *NEVER_IN_UTF_8,
    *OVERLONG_FORMS,
    *SURROGATE_FORMS,
    *ABOVE_THE_LAST,
    *WRONG_SECOND_BYTES,
    *CUT_SHORT,
)


class Place(NamedTuple):
    """Where in a text the byte FF stands, which fits nowhere."""

    words: str
    before: bytes
    behind: bytes
    what: str


PLACES = (
    Place("first", b"", b" begins this text", "the first byte"),
    Place("last", b"here ends this text: ", b"", "the last byte"),
    Place("middle", b"before ", b" behind", "a byte between others"),
    Place("byte-126", b"a" * 125, b"", "the last byte of a frame whose length needs 16 bits"),
    Place("byte-4097", b"a" * 4096, b"z" * 10, "a byte behind the first 4,096"),
    Place("byte-65536", b"a" * 65_535, b"", "the last byte of a frame whose length needs 64 bits"),
    Place("byte-65537", b"a" * 65_536, b"z", "a byte behind the first 65,536"),
    Place("behind-characters-of-each-length", "a¢€𤭢".encode(), b"z", "a byte behind characters of each length"),
)


LONG_BYTES = 65_536
"""From which length on a text may be refused because of its length."""


def not_taken(*frames: WireFrame) -> tuple[Step, ...]:
    """Send ``frames``; the target fails the connection, and 1007 is the code for it (§7.4.1).

    Frames behind the fault are sent with it, since text may be checked late (policy page, A29). A text may also be too
    long for the target, which 1009 says.
    """
    length = sum(len(part.payload) for part in frames)
    codes = (INVALID_DATA,) if length < LONG_BYTES else (INVALID_DATA, TOO_BIG)
    return (*opened(), send(*frames), *fails_the_connection(*codes))


def cut_everywhere(words: str, payload: bytes, verifies: Iterable[str]) -> Iterable[Case]:
    """Return a case for each place at which ``payload`` can be cut into two fragments."""
    return (
        Case(
            id=f"utf8/malformed/{words}-cut-at-{cut}",
            roles=BOTH,
            verifies=(FAILS, MAY_FAIL_EARLY, *verifies),
            steps=not_taken(*fragments(TEXT, payload[:cut], payload[cut:])),
            because="§8.1: the message as a whole is no UTF-8, wherever it is cut.",
        )
        for cut in range(1, len(payload))
    )


CASES: tuple[Case, ...] = (
    *(
        Case(
            id=f"utf8/malformed/{malformed.words}",
            roles=BOTH,
            verifies=(FAILS, *malformed.verifies),
            steps=not_taken(frame(TEXT, malformed.payload)),
            because=f"RFC 3629 {malformed.why}",
        )
        for malformed in MALFORMED
    ),
    *(
        Case(
            id=f"utf8/malformed/ff-{place.words}",
            roles=BOTH,
            verifies=(FAILS, NO_MENDING),
            steps=not_taken(frame(TEXT, place.before + b"\xff" + place.behind)),
            because=f"§8.1: one byte that is no UTF-8 makes the whole text invalid; here it is {place.what}.",
        )
        for place in PLACES
    ),
    *cut_everywhere("surrogate-ed-a0-80", b"\xed\xa0\x80", (SURROGATES,)),
    *cut_everywhere("overlong-c0-af", b"\xc0\xaf", (OVERLONG,)),
    *cut_everywhere("overlong-e0-80-af", b"\xe0\x80\xaf", (OVERLONG,)),
    *cut_everywhere("overlong-f0-80-80-af", b"\xf0\x80\x80\xaf", (OVERLONG,)),
    *cut_everywhere("above-u-10ffff-f4-90-80-80", b"\xf4\x90\x80\x80", (ABOVE,)),
    *(
        Case(
            id=f"utf8/malformed/{words}",
            roles=BOTH,
            verifies=(FAILS,),
            steps=not_taken(*frames),
            because=f"§8.1: {why}",
        )
        for words, frames, why in (
            (
                "surrogate-in-single-bytes",
                fragments(TEXT, *(bytes((octet,)) for octet in "κ\u1f79σμε".encode() + b"\xed\xa0\x80" + b"edited")),
                "the message as a whole is no UTF-8, although no byte of it is wrong by itself.",
            ),
            (
                "above-u-10ffff-in-the-middle-fragment",
                fragments(TEXT, "κ\u1f79σμε", b"\xf4\x90\x80\x80", "edited"),
                "an invalid fragment makes the message invalid, whatever is around it.",
            ),
            (
                "above-u-10ffff-over-three-fragments",
                fragments(TEXT, "κ\u1f79σμε".encode() + b"\xf4", b"\x90", b"\x80\x80edited"),
                "a sequence that lies across fragments is read as one.",
            ),
            ("ff-in-the-first-fragment", fragments(TEXT, b"\xff", "second"), "the first fragment counts."),
            ("ff-in-the-middle-fragment", fragments(TEXT, "first", b"\xff", "third"), "a middle fragment counts."),
            ("ff-in-the-last-fragment", fragments(TEXT, "first", b"\xff"), "the last fragment counts."),
            (
                "ff-in-the-last-of-100-fragments",
                fragments(TEXT, *("part ",) * 99, b"\xff"),
                "every fragment counts, however many there are.",
            ),
            (
                "lead-then-ascii-in-the-next-fragment",
                fragments(TEXT, b"a\xc3", b"z"),
                "the fragment behind a lead byte has to begin with a tail.",
            ),
            (
                "lead-then-lead-in-the-next-fragment",
                fragments(TEXT, b"a\xc3", b"\xc3\x9f"),
                "the fragment behind a lead byte has to begin with a tail.",
            ),
            (
                "stray-tail-in-the-next-fragment",
                fragments(TEXT, "ß", b"\x9f"),
                "a fragment begins with a tail only where the one before it has left a character open.",
            ),
            (
                "one-tail-too-many-in-the-next-fragment",
                fragments(TEXT, b"a\xe2\x82", b"\xac\xacz"),
                "a character that lies across fragments takes no more tails than its lead byte says.",
            ),
            (
                "stray-tail-behind-an-empty-fragment",
                fragments(TEXT, b"", b"\x80"),
                "an empty fragment begins no character.",
            ),
            (
                "ping-inside-a-surrogate",
                (frame(TEXT, b"\xed", fin=False), frame(PING, b"inside"), frame(CONTINUATION, b"\xa0\x80")),
                "a Ping between two fragments changes nothing of what they are together.",
            ),
            (
                "ping-behind-a-lead-then-ascii",
                (frame(TEXT, b"a\xc3", fin=False), frame(PING, b"inside"), frame(CONTINUATION, b"z")),
                "a Ping between two fragments does not end the character that is cut there.",
            ),
        )
    ),
    Case(
        id="utf8/malformed/ff-behind-a-valid-text",
        roles=BOTH,
        verifies=(FAILS,),
        steps=(
            *opened(),
            send(frame(TEXT, "valid")),
            echoes(TEXT, "valid"),
            send(frame(TEXT, b"\xff")),
            *fails_the_connection(INVALID_DATA),
        ),
        because="§8.1: every text message is checked, not only the first.",
    ),
    Case(
        id="utf8/malformed/found-early-or-late",
        roles=SERVERS,
        verifies=(FAILS, MAY_FAIL_EARLY),
        steps=(
            *opened(),
            send(frame(TEXT, b"\xff", fin=False), frame(PING, b"not yet the end")),
            expect(
                Reaction("sends Close 1007 at once", (CloseIs(frozenset({INVALID_DATA})),)),
                Reaction(
                    "sends another Close at once",
                    (CloseIs(frozenset({INVALID_DATA}), negated=True),),
                    (CODE_IS_APPROPRIATE,),
                ),
                Reaction("ends TCP at once", (Ends(),), (CLOSE_COMES_FIRST,)),
                Reaction("waits for the end of the message", (PongIs(b"not yet the end"),), (MAY_FAIL_EARLY,)),
            ),
            send(frame(CONTINUATION, b"the end"), note="end of the message"),
            expect(
                Reaction("sends a Close now", (CloseIs(frozenset(), negated=True),)),
                Reaction("ends TCP", (Ends(),)),
            ),
            ends_tcp(about=(FAILING_ENDS,)),
        ),
        because="§8.1: text may be checked while it arrives or when it is whole, but it is checked.",
    ),
)
