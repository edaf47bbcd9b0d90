"""Connections that break off: at every point of their life by RST, and by FIN where something is half sent."""

from __future__ import annotations

from typing import NamedTuple

from ws_conformance.model import (
    BOTH,
    CLIENTS,
    SERVERS,
    Case,
    End,
    Ends,
    Expect,
    Open,
    Quiet,
    Reaction,
    Refuses,
    Requests,
    SendBytes,
    Step,
)
from ws_conformance.vocabulary import close_frame, expect, fragments, frame, opened, request, send
from ws_conformance.wire import BINARY, CONTINUATION, TEXT

from .strain import AFTERMATH, CLOSED_WHEN_TCP_IS, HALF_CLOSE, KIB, TRUSTS_NO_INPUT, block, notices_the_end

INCOMPLETE_GETS_ERROR = "9112/8/incomplete-request-may-get-an-error"
INCOMPLETE_IS_NOT_OPEN = "9112/8/incomplete-answer-is-not-open"
END_IS_NOTICED = "9112/9.5/end-by-the-peer-is-noticed"
EXPECTS_ANY_CLIENT = "6455/10.1/server-expects-any-client"
COMPLETE_WITH_FIN = "6455/6.2/message-is-complete-with-fin"


class Phase(NamedTuple):
    """A point in the life of a connection, and how to get there."""

    words: str
    steps: tuple[Step, ...]


HALF_A_LINE = SendBytes(b"GET / HT", note="half a request line")
HALF_A_HEAD = SendBytes(b"GET / HTTP/1.1\r\nHost: wsspec.example\r\nUpgrade: webso", note="half a head")

PHASES = (
    Phase("before-the-request", ()),
    Phase("inside-the-request-line", (HALF_A_LINE,)),
    Phase("inside-the-head", (HALF_A_HEAD,)),
    Phase("behind-the-request", (Open(request()),)),
    Phase("behind-the-opening-handshake", opened()),
    Phase("inside-a-header", (*opened(), SendBytes(b"\x82", note="half a header"))),
    Phase("inside-a-length", (*opened(), SendBytes(b"\x82\xff\0\0\0", note="half a length"))),
    Phase("inside-a-masking-key", (*opened(), SendBytes(b"\x82\x85\x37\xfa", note="half a masking key"))),
    Phase("inside-a-payload", (*opened(), send(frame(BINARY, "too short", declared_length=100)))),
    Phase("inside-a-long-payload", (*opened(), send(frame(BINARY, block(64 * KIB), declared_length=100_000)))),
    Phase("inside-a-message", (*opened(), send(frame(TEXT, "unfinished", fin=False)))),
    Phase("behind-a-message", (*opened(), send(frame(TEXT, "no echo of this can arrive")))),
    Phase("behind-a-close", (*opened(), send(close_frame()))),
)

RESETS = tuple(
    Case(
        id=f"limits/ends/reset-{phase.words}",
        roles=SERVERS,
        verifies=(EXPECTS_ANY_CLIENT, TRUSTS_NO_INPUT),
        steps=(*phase.steps, End(reset=True)),
        because="§10.1: a connection may break off at any moment; the server goes on serving others.",
        tags=AFTERMATH,
    )
    for phase in PHASES
)

HALF_REQUESTS = tuple(
    Case(
        id=f"limits/ends/half-closed-{words}",
        roles=SERVERS,
        verifies=(END_IS_NOTICED, INCOMPLETE_GETS_ERROR),
        steps=(
            *steps,
            End(half=True),
            expect(
                Reaction("refuses with a status from 400 to 599", (Refuses(),)),
                Reaction("ends TCP", (Ends(),)),
                Reaction("stays half open", (Quiet(),), (END_IS_NOTICED,)),
            ),
        ),
        because="RFC 9112 §8, §9.5: a request that breaks off opens nothing; the server may say so, and ends its side.",
        tags=HALF_CLOSE,
    )
    for words, steps in (
        ("before-the-request", ()),
        ("inside-the-request-line", (HALF_A_LINE,)),
        ("inside-the-head", (HALF_A_HEAD,)),
    )
)

HALF_ANSWER = Case(
    id="limits/ends/half-closed-inside-the-answer",
    roles=CLIENTS,
    verifies=(INCOMPLETE_IS_NOT_OPEN, END_IS_NOTICED),
    steps=(
        Expect(reactions=(Reaction("sends its opening handshake", (Requests(),)),), control=True),
        SendBytes(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnec", note="half an answer"),
        End(half=True),
        expect(
            Reaction("ends TCP", (Ends(),)),
            Reaction("stays half open", (Quiet(),), (END_IS_NOTICED,)),
        ),
    ),
    because="RFC 9112 §8: an answer that breaks off does not open the connection, so no frame follows.",
    tags=HALF_CLOSE,
)

PARTS = (
    ("a-text-without-its-last-fragment", (frame(TEXT, "partial", fin=False),)),
    ("a-binary-without-its-last-fragment", (frame(BINARY, "partial", fin=False),)),
    (
        "three-fragments-without-the-last",
        (*fragments(TEXT, "par", "ti", "al")[:2], frame(CONTINUATION, "al", fin=False)),
    ),
    ("a-text-without-its-last-byte", (frame(TEXT, "partial", declared_length=8),)),
    ("a-binary-without-its-last-byte", (frame(BINARY, "partial", declared_length=8),)),
    ("a-long-binary-without-its-last-byte", (frame(BINARY, block(64 * KIB), declared_length=64 * KIB + 1),)),
    (
        "a-last-fragment-without-its-last-byte",
        (frame(TEXT, "par", fin=False), frame(CONTINUATION, "tial", declared_length=5)),
    ),
    ("a-last-fragment-without-any-byte", (frame(TEXT, "partial", fin=False), frame(CONTINUATION, declared_length=1))),
)

PARTIAL = tuple(
    Case(
        id=f"limits/ends/half-closed-behind-{words}",
        roles=BOTH,
        verifies=(COMPLETE_WITH_FIN, CLOSED_WHEN_TCP_IS),
        steps=(*opened(), send(*frames), End(half=True), notices_the_end()),
        because="§6.2: a message is complete with its final frame; what came before TCP ended is none, and nobody "
        "gets it.",
        tags=HALF_CLOSE,
    )
    for words, frames in PARTS
)

CASES: tuple[Case, ...] = (*RESETS, *HALF_REQUESTS, HALF_ANSWER, *PARTIAL)
