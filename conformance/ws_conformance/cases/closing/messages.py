"""A Close among messages: behind one, inside one, and before its answer could be sent (RFC 6455 §5.5.1, §5.4)."""

from __future__ import annotations

from ws_conformance.model import BOTH, Case, Expect, MessageIs
from ws_conformance.vocabulary import (
    close_frame,
    closes,
    echoes,
    ends_tcp,
    expect,
    fragments,
    frame,
    opened,
    pongs,
    send,
)
from ws_conformance.wire import BINARY, CONTINUATION, PING, TEXT

from .answers import IS_ANSWERED, answers, any_answers

BETWEEN_FRAGMENTS = "6455/5.4/control-frame-is-answered-between-fragments"
NOTHING_FOLLOWS = "6455/5.5.1/nothing-follows-a-close"
MESSAGE_MAY_BE_FINISHED = "6455/5.5.1/message-may-be-finished-before-the-close"

KIB_256 = "a quarter of a mebibyte; " * 10_486


def answers_behind(messages: int) -> Expect:
    """The target answers a Close 1000; before that, its application has up to so many ``messages`` to say."""
    return expect(
        *(reaction for count in range(messages + 1) for reaction in any_answers(1000, *(MessageIs(),) * count)),
        about=(IS_ANSWERED,),
    )


CASES: tuple[Case, ...] = (
    *(
        Case(
            id=f"closing/messages/behind-an-echoed-{words}",
            roles=BOTH,
            verifies=(IS_ANSWERED,),
            steps=(
                *opened(),
                send(frame(opcode, "Hello World!")),
                echoes(opcode, "Hello World!"),
                *closes(),
            ),
            because="§5.5.1: when all is said, the closing handshake ends the connection.",
        )
        for words, opcode in (("text", TEXT), ("binary", BINARY))
    ),
    Case(
        id="closing/messages/behind-a-fragmented-message",
        roles=BOTH,
        verifies=(IS_ANSWERED,),
        steps=(
            *opened(),
            send(*fragments(TEXT, "in ", "three ", "parts")),
            echoes(TEXT, "in three parts"),
            *closes(),
        ),
        because="§5.5.1: a Close is answered behind a fragmented message as behind any other.",
    ),
    *(
        Case(
            id=f"closing/messages/together-with-{words}",
            roles=BOTH,
            verifies=(IS_ANSWERED, NOTHING_FOLLOWS, MESSAGE_MAY_BE_FINISHED),
            steps=(
                *opened(),
                send(*(frame(TEXT, text) for text in texts), close_frame()),
                answers_behind(len(texts)),
                ends_tcp(about=(NOTHING_FOLLOWS,)),
            ),
            because="§5.5.1: messages that are still to be answered are answered before the Close, or not at all.",
        )
        for words, texts in (
            ("a-text", ("still to be answered",)),
            ("three-texts", ("one", "two", "three")),
            ("a-long-text", (KIB_256,)),
            ("a-long-and-a-short-text", (KIB_256, "Hello World!")),
        )
    ),
    *(
        Case(
            id=f"closing/messages/inside-{words}",
            roles=BOTH,
            verifies=(IS_ANSWERED, BETWEEN_FRAGMENTS),
            steps=(
                *opened(),
                send(*frames, close_frame(1001, "before the end of the message")),
                answers(1001),
                ends_tcp(),
            ),
            because="§5.4, §5.5.1: a Close may come between fragments and is answered; the rest need not come.",
        )
        for words, frames in (
            ("a-text", (frame(TEXT, "unfinished", fin=False),)),
            ("a-binary", (frame(BINARY, b"unfinished", fin=False),)),
            ("an-empty-fragment", (frame(TEXT, fin=False),)),
            (
                "a-text-of-three-fragments",
                (frame(TEXT, "un", fin=False), frame(CONTINUATION, "fin", fin=False), frame(CONTINUATION, fin=False)),
            ),
            ("a-character", (frame(TEXT, b"unfinished \xe2\x82", fin=False),)),
        )
    ),
    Case(
        id="closing/messages/inside-a-text-behind-a-ping",
        roles=BOTH,
        verifies=(IS_ANSWERED, BETWEEN_FRAGMENTS),
        steps=(
            *opened(),
            send(frame(TEXT, "unfinished", fin=False), frame(PING, b"inside a message")),
            pongs(b"inside a message"),
            send(close_frame(None)),
            answers(None),
            ends_tcp(),
        ),
        because="§5.4: a Ping and then a Close may come between fragments, and both are answered.",
    ),
    Case(
        id="closing/messages/inside-the-second-message",
        roles=BOTH,
        verifies=(IS_ANSWERED, BETWEEN_FRAGMENTS),
        steps=(
            *opened(),
            send(frame(TEXT, "whole"), frame(TEXT, "unfinished", fin=False), close_frame()),
            answers_behind(1),
            ends_tcp(),
        ),
        because="§5.4, §5.5.1: a Close inside a message is answered, whether or not one went before.",
    ),
)
