"""The frames of compressed messages: where RSV1 stands, how messages are cut, and what comes between."""

from __future__ import annotations

from ws_conformance.deflate import Literal, fixed, message, serialize, stored
from ws_conformance.model import BOTH, Case, MessageIs, Need, PongIs, RequirementId, Step
from ws_conformance.vocabulary import (
    INVALID_DATA,
    NORMAL,
    PROTOCOL_ERROR,
    answers_close,
    close_frame,
    echoes,
    expect,
    fails_the_connection,
    fence,
    fragments,
    frame,
    in_any_order,
    send,
)
from ws_conformance.wire import BINARY, CLOSE, CONTINUATION, PING, PONG, RSV1, RSV2, RSV3, TEXT, WireFrame

from .words import HELLO, compressed, compressed_fragments, literally, opened_with_deflate, verifying

_MARKED_CONTROL: tuple[tuple[str, WireFrame], ...] = (
    ("a-ping", frame(PING, "RSV1 set", rsv=RSV1)),
    ("a-pong", frame(PONG, "RSV1 set", rsv=RSV1)),
    ("a-close", WireFrame(CLOSE, b"\x03\xe8", rsv=RSV1)),
    ("an-empty-ping", frame(PING, rsv=RSV1)),
)

_MARKED_LATER: tuple[tuple[str, tuple[WireFrame, ...]], ...] = (
    (
        "the-last-fragment",
        (compressed(TEXT, HELLO[:3], fin=False), frame(CONTINUATION, HELLO[3:], rsv=RSV1)),
    ),
    (
        "a-fragment-in-the-middle",
        (compressed(TEXT, HELLO[:3], fin=False), frame(CONTINUATION, HELLO[3:5], fin=False, rsv=RSV1)),
    ),
    (
        "a-fragment-of-an-uncompressed-message",
        (frame(TEXT, "Hel", fin=False), frame(CONTINUATION, "lo", rsv=RSV1)),
    ),
    (
        "a-last-fragment-without-payload",
        (compressed(TEXT, HELLO, fin=False), frame(CONTINUATION, rsv=RSV1)),
    ),
)

_OTHER_BITS: tuple[tuple[str, int], ...] = (("rsv2", RSV2), ("rsv3", RSV3), ("rsv1-and-rsv2", RSV1 | RSV2))

_RSV1_CASES: tuple[Case, ...] = (
    *(
        Case(
            id=f"deflate/rsv1/on-{words}",
            roles=BOTH,
            verifies=("7692/6.1/rsv1-on-a-control-frame-fails",),
            steps=(*opened_with_deflate(), send(offence), *fails_the_connection(PROTOCOL_ERROR, offence=offence)),
            because="RFC 7692 §6.1: control frames are never compressed, so RSV1 has no meaning there (§5.2).",
        )
        for words, offence in _MARKED_CONTROL
    ),
    *(
        Case(
            id=f"deflate/rsv1/on-{words}",
            roles=BOTH,
            verifies=("7692/6.1/rsv1-on-a-later-fragment-fails",),
            steps=(*opened_with_deflate(), send(*frames), *fails_the_connection(PROTOCOL_ERROR)),
            because="RFC 7692 §6.1: RSV1 stands on the first fragment alone, and says what holds for all of them.",
        )
        for words, frames in _MARKED_LATER
    ),
    *(
        Case(
            id=f"deflate/rsv1/{words}-on-a-message",
            roles=BOTH,
            verifies=("6455/5.2/reserved-bit-set-fails-the-connection",),
            steps=(
                *opened_with_deflate(),
                send(compressed(TEXT, HELLO, rsv=rsv)),
                *fails_the_connection(PROTOCOL_ERROR),
            ),
            because="§5.2: permessage-deflate gives a meaning to RSV1, and to no other bit (RFC 7692 §6).",
        )
        for words, rsv in _OTHER_BITS
    ),
)


def _read(words: str, frames: tuple[WireFrame, ...], text: str, because: str, *verifies: RequirementId) -> Case:
    """Return a case whose ``frames`` are one compressed text message."""
    return Case(
        id=f"deflate/fragments/{words}",
        roles=BOTH,
        verifies=verifying("7692/6.2/fragments-are-joined-and-decompressed", *verifies),
        steps=(*opened_with_deflate(), send(*frames), echoes(TEXT, text)),
        because=because,
    )


_CUT = "RFC 7692 §6.2: the payloads of all fragments are joined; a cut may be anywhere in the compressed data."
_FLUSHED = serialize(fixed([Literal(b"Hel")]), stored()), message(fixed([Literal(b"lo")]))

_FRAGMENT_CASES: tuple[Case, ...] = (
    _read(
        "the-example-in-two",
        compressed_fragments(TEXT, HELLO[:3], HELLO[3:]),
        "Hello",
        "RFC 7692 §7.2.3.1: the example, cut behind its third byte.",
        "7692/7.2.3.1/block-cut-into-fragments-is-read",
    ),
    *(
        _read(f"cut-behind-byte-{place}", compressed_fragments(TEXT, HELLO[:place], HELLO[place:]), "Hello", _CUT)
        for place in (0, 1, 6, 7)
    ),
    _read("byte-by-byte", compressed_fragments(TEXT, *(HELLO[i : i + 1] for i in range(7))), "Hello", _CUT),
    _read("an-empty-one-in-the-middle", compressed_fragments(TEXT, HELLO[:2], b"", b"", HELLO[2:]), "Hello", _CUT),
    _read(
        "flushed-at-the-cut",
        compressed_fragments(TEXT, *_FLUSHED),
        "Hello",
        "RFC 7692 §7.2.1: a sender may flush before it cuts; the four bytes are then left in the first fragment.",
        "7692/7.2.1/flushed-fragment-is-read",
    ),
    _read(
        "an-empty-one-at-the-end",
        compressed_fragments(TEXT, serialize(fixed([Literal(b"Hello")]), stored()), b"\x00"),
        "Hello",
        "RFC 7692 §7.2.3.6: a sender who learns late that there is no more ends with one byte of 0.",
        "7692/7.2.3.6/empty-last-fragment-is-read",
        "7692/7.2.1/flushed-fragment-is-read",
    ),
    _read(
        "cut-inside-a-code-point",
        compressed_fragments(
            TEXT, serialize(fixed([Literal(b"\xe2\x82")]), stored()), message(fixed([Literal(b"\xac")]))
        ),
        "\u20ac",
        "RFC 7692 §6.1: text is UTF-8 as a whole, wherever its compressed data is cut.",
        "7692/6.1/decompressed-text-is-utf-8",
    ),
)


def _between(words: str, between: tuple[WireFrame, ...], reactions: tuple[Step, ...], because: str) -> Case:
    """Return a case with ``between`` inside a compressed message; what follows must be read all the same."""
    first, last = compressed_fragments(TEXT, HELLO[:3], HELLO[3:])
    return Case(
        id=f"deflate/fragments/{words}-between",
        roles=BOTH,
        verifies=verifying("7692/6.2/control-frames-come-between-compressed-fragments"),
        steps=(*opened_with_deflate(), send(first, *between, last), *reactions),
        because=because,
    )


_HELLO_IS = MessageIs(TEXT, b"Hello")

_CONTROL_CASES: tuple[Case, ...] = (
    _between(
        "a-ping",
        (frame(PING, "between"),),
        (
            expect(
                *in_any_order("answers the Ping and echoes the message", PongIs(b"between"), _HELLO_IS),
                needs=frozenset({Need.ECHO}),
            ),
        ),
        "RFC 7692 §6.2: control frames may come between the fragments of a compressed message as of any other.",
    ),
    _between(
        "a-pong",
        (frame(PONG, HELLO),),
        (echoes(TEXT, "Hello"),),
        "RFC 7692 §6.2: the payload of a control frame is not compressed and is no part of the message.",
    ),
    _between(
        "three-pings",
        tuple(frame(PING, "between") for _ in range(3)),
        (echoes(TEXT, "Hello"), *fence()),
        "RFC 7692 §6.2: control frames may come between the fragments of a compressed message, several in a row too.",
    ),
    Case(
        id="deflate/fragments/a-close-inside-a-compressed-message",
        roles=BOTH,
        verifies=("6455/5.5.1/close-is-answered", "7692/6.2/control-frames-come-between-compressed-fragments"),
        steps=(
            *opened_with_deflate(),
            send(compressed(TEXT, HELLO[:3], fin=False), close_frame(NORMAL)),
            *answers_close(NORMAL),
        ),
        because="§5.5.1: a Close frame is answered also where a compressed message will never be whole.",
    ),
    Case(
        id="deflate/fragments/a-ping-is-answered-inside-a-compressed-message",
        roles=BOTH,
        verifies=("7692/6.2/control-frames-come-between-compressed-fragments",),
        steps=(
            *opened_with_deflate(),
            send(compressed(TEXT, HELLO[:3], fin=False), frame(PING, "inside")),
            expect(*in_any_order("answers the Ping", PongIs(b"inside"))),
        ),
        because="RFC 7692 §6.2, §5.5.2: a Ping is answered without waiting for the end of a compressed message.",
    ),
)

_MIXED_CASES: tuple[Case, ...] = (
    Case(
        id="deflate/mixed/an-uncompressed-message",
        roles=BOTH,
        verifies=("7692/6/uncompressed-message-is-taken-as-it-is", "7692/6.2/uncompressed-message-is-delivered"),
        steps=(*opened_with_deflate(), send(frame(TEXT, "not compressed")), echoes(TEXT, "not compressed")),
        because="RFC 7692 §6: that compression was agreed upon does not mean that each message is compressed.",
    ),
    Case(
        id="deflate/mixed/an-uncompressed-message-in-fragments",
        roles=BOTH,
        verifies=("7692/6/uncompressed-message-is-taken-as-it-is", "7692/6.2/uncompressed-message-is-delivered"),
        steps=(*opened_with_deflate(), send(*fragments(TEXT, "not ", "compressed")), echoes(TEXT, "not compressed")),
        because="RFC 7692 §6: RSV1 of the first frame says that the message is not compressed, for all its fragments.",
    ),
    Case(
        id="deflate/mixed/uncompressed-bytes-that-look-compressed",
        roles=BOTH,
        verifies=("7692/6/uncompressed-message-is-taken-as-it-is", "7692/6.2/uncompressed-message-is-delivered"),
        steps=(*opened_with_deflate(), send(frame(BINARY, HELLO)), echoes(BINARY, HELLO)),
        because="RFC 7692 §6: RSV1 alone tells compressed messages from others, not their bytes.",
    ),
    Case(
        id="deflate/mixed/one-after-another",
        roles=BOTH,
        verifies=verifying("7692/6/compressed-and-uncompressed-messages-mix"),
        steps=(
            *opened_with_deflate(),
            send(compressed(TEXT, literally(b"first"))),
            echoes(TEXT, "first"),
            send(frame(TEXT, "second")),
            echoes(TEXT, "second"),
            send(compressed(BINARY, literally(b"third"))),
            echoes(BINARY, b"third"),
            send(frame(BINARY, b"fourth")),
            echoes(BINARY, b"fourth"),
        ),
        because="RFC 7692 §6: a sender decides for each message.",
    ),
    Case(
        id="deflate/mixed/in-one-segment",
        roles=BOTH,
        verifies=verifying("7692/6/compressed-and-uncompressed-messages-mix"),
        steps=(
            *opened_with_deflate(),
            send(frame(TEXT, "first"), compressed(TEXT, literally(b"second")), frame(TEXT, "third")),
            echoes(TEXT, "first"),
            echoes(TEXT, "second"),
            echoes(TEXT, "third"),
        ),
        because="RFC 7692 §6: a sender decides for each message, and how they share segments means nothing.",
    ),
)


def _ill(words: str, frames: tuple[WireFrame, ...]) -> Case:
    """Return a case whose compressed text is no UTF-8."""
    return Case(
        id=f"deflate/utf8/{words}",
        roles=BOTH,
        verifies=("7692/6.1/decompressed-text-is-utf-8", "6455/8.1/invalid-utf-8-fails-the-connection"),
        steps=(*opened_with_deflate(), send(*frames), *fails_the_connection(INVALID_DATA)),
        because="§8.1: what a compressed text message decompresses to has to be UTF-8 (RFC 7692 §6.1).",
    )


_UTF8_CASES: tuple[Case, ...] = (
    _ill("an-invalid-byte", (compressed(TEXT, literally(b"Hello\xff")),)),
    _ill("a-surrogate", (compressed(TEXT, literally(b"\xed\xa0\x80")),)),
    _ill("an-overlong-slash", (compressed(TEXT, literally(b"\xc0\xaf")),)),
    _ill("a-code-point-that-is-not-whole", (compressed(TEXT, literally(b"\xe2\x82")),)),
    _ill("an-invalid-byte-in-a-stored-block", (compressed(TEXT, message(stored(b"Hello\xff"))),)),
    _ill(
        "an-invalid-byte-in-the-last-fragment",
        compressed_fragments(TEXT, *(literally(b"Hello\xff")[i : i + 1] for i in range(len(literally(b"Hello\xff"))))),
    ),
    Case(
        id="deflate/utf8/invalid-bytes-in-a-binary-message",
        roles=BOTH,
        verifies=verifying("7692/6.1/opcode-of-the-original-is-read"),
        steps=(*opened_with_deflate(), send(compressed(BINARY, literally(b"\xff\xfe"))), echoes(BINARY, b"\xff\xfe")),
        because="RFC 7692 §6.1: the opcode says what the decompressed message is, and binary data is any bytes (§5.6).",
    ),
    Case(
        id="deflate/utf8/a-text-beyond-ascii",
        roles=BOTH,
        verifies=verifying("7692/6.1/decompressed-text-is-utf-8", "7692/6.1/compressed-bytes-need-not-be-utf-8"),
        steps=(
            *opened_with_deflate(),
            send(compressed(TEXT, literally("\u20ac \U0001f600".encode()))),
            echoes(TEXT, "\u20ac \U0001f600"),
        ),
        because="RFC 7692 §6.1: UTF-8 is asked for of the message, not of the bytes that it is compressed to.",
    ),
)

CASES: tuple[Case, ...] = (*_RSV1_CASES, *_FRAGMENT_CASES, *_CONTROL_CASES, *_MIXED_CASES, *_UTF8_CASES)
