"""Bytes that are no UTF-8 but need not be: in a binary message, a Ping or a Pong (RFC 6455 §5.6, §5.5.2)."""

from __future__ import annotations

from typing import NamedTuple

from ws_conformance.model import BOTH, Case
from ws_conformance.vocabulary import answers_ping, echoes, fence, fragments, frame, opened, send
from ws_conformance.wire import BINARY, PING, PONG, TEXT

from .valid import take

IS_OPAQUE = "6455/5.6/binary-is-opaque"
KEEPS_ITS_TYPE = "6455/5.6/message-keeps-its-type"
PONG_COPIES = "6455/5.5.3/pong-copies-the-payload"
IS_ACCEPTED = "6455/5.5.3/unsolicited-pong-is-accepted"
NO_QUESTION = "6455/5.5.3/unsolicited-pong-is-no-question"


class Opaque(NamedTuple):
    """A payload that is no UTF-8."""

    words: str
    payload: bytes


PAYLOADS = (
    Opaque("stray-tail", b"\x80"),
    Opaque("overlong", b"\xc0\xaf"),
    Opaque("surrogate", b"\xed\xa0\x80"),
    Opaque("above-u-10ffff", b"\xf4\x90\x80\x80"),
    Opaque("cut-short", b"binary \xe2\x82"),
    Opaque("fe-and-ff", b"\xfe\xff"),
    Opaque("each-value", bytes(range(256))),
)

CASES: tuple[Case, ...] = (
    *(
        Case(
            id=f"utf8/opaque/binary-{opaque.words}",
            roles=BOTH,
            verifies=(IS_OPAQUE, KEEPS_ITS_TYPE),
            steps=(*opened(), send(frame(BINARY, opaque.payload)), echoes(BINARY, opaque.payload)),
            because="§5.6: a binary message is not text, so any bytes will do.",
        )
        for opaque in PAYLOADS
    ),
    Case(
        id="utf8/opaque/binary-in-fragments",
        roles=BOTH,
        verifies=(IS_OPAQUE, KEEPS_ITS_TYPE),
        steps=(
            *opened(),
            send(*fragments(BINARY, b"\xc3", b"\xc3", b"\x28")),
            echoes(BINARY, b"\xc3\xc3\x28"),
        ),
        because="§5.6, §5.4: the fragments of a binary message are binary, although their opcode does not say so.",
    ),
    Case(
        id="utf8/opaque/taken-binary-each-value",
        roles=BOTH,
        verifies=(IS_OPAQUE,),
        steps=(*opened(), *take(frame(BINARY, bytes(range(256))))),
        because="§5.6: a binary message may hold any bytes, so these do not fail the connection.",
    ),
    Case(
        id="utf8/opaque/text-between-binaries",
        roles=BOTH,
        verifies=(KEEPS_ITS_TYPE, IS_OPAQUE),
        steps=(
            *opened(),
            send(frame(BINARY, b"\xc3"), frame(TEXT, "text"), frame(BINARY, b"\x9f")),
            echoes(BINARY, b"\xc3"),
            echoes(TEXT, "text"),
            echoes(BINARY, b"\x9f"),
        ),
        because="§5.6: what is UTF-8 is asked of text alone, whatever comes before and behind it.",
    ),
    Case(
        id="utf8/opaque/ping",
        roles=BOTH,
        verifies=(PONG_COPIES,),
        steps=(*opened(), send(frame(PING, b"\xc0\xaf\xff")), answers_ping(b"\xc0\xaf\xff")),
        because="§5.5.2, §5.5.3: what a Ping carries is no text, and the Pong copies it byte for byte.",
    ),
    Case(
        id="utf8/opaque/pong",
        roles=BOTH,
        verifies=(IS_ACCEPTED, NO_QUESTION),
        steps=(*opened(), send(frame(PONG, b"\xc0\xaf\xff")), *fence()),
        because="§5.5.3: what an unsolicited Pong carries is no text, and nothing comes of it.",
    ),
)
