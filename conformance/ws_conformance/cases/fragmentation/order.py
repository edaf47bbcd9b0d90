"""Continuations of nothing, and messages that begin inside another (RFC 6455 §5.4)."""

from __future__ import annotations

from ws_conformance.model import BOTH, Case
from ws_conformance.vocabulary import (
    PROTOCOL_ERROR,
    answers_ping,
    echoes,
    fails_the_connection,
    fragments,
    frame,
    opened,
    send,
)
from ws_conformance.wire import BINARY, CONTINUATION, PING, PONG, TEXT, WireFrame

CONTINUATION_NEEDS_A_MESSAGE = "6455/5.4/continuation-needs-a-message"
NEW_MESSAGE_WAITS = "6455/5.4/new-message-waits-for-the-end-of-the-last"

NOTHING_TO_CONTINUE = "§5.4: a continuation goes on with a message; where none is under way, it has no lawful reading."
MESSAGES_DO_NOT_MIX = "§5.4: without an extension that can tell them apart, a message ends before the next one begins."

STRAYS: tuple[tuple[str, WireFrame], ...] = (
    ("final", frame(CONTINUATION, "continues nothing")),
    ("not-final", frame(CONTINUATION, "continues nothing", fin=False)),
    ("empty-final", frame(CONTINUATION)),
    ("empty-not-final", frame(CONTINUATION, fin=False)),
)

MESSAGES: tuple[tuple[str, int, tuple[str, ...]], ...] = (
    ("text", TEXT, ("a finished message",)),
    ("fragmented-text", TEXT, ("a finished ", "message")),
    ("fragmented-binary", BINARY, ("a finished ", "message")),
)

STRAY_CONTINUATIONS = (
    *(
        Case(
            id=f"fragmentation/stray/{name}",
            roles=BOTH,
            verifies=(CONTINUATION_NEEDS_A_MESSAGE,),
            steps=(*opened(), send(stray), *fails_the_connection(PROTOCOL_ERROR)),
            because=NOTHING_TO_CONTINUE,
        )
        for name, stray in STRAYS
    ),
    *(
        Case(
            id=f"fragmentation/stray/{name}-behind-a-{control_name}",
            roles=BOTH,
            verifies=(CONTINUATION_NEEDS_A_MESSAGE,),
            steps=(
                *opened(),
                send(frame(control, "begins no message"), stray),
                *fails_the_connection(PROTOCOL_ERROR),
            ),
            because=NOTHING_TO_CONTINUE,
        )
        for name, stray in STRAYS[:2]
        for control_name, control in (("ping", PING), ("pong", PONG))
    ),
    *(
        Case(
            id=f"fragmentation/stray/{name}-after-{message_name}",
            roles=BOTH,
            verifies=(CONTINUATION_NEEDS_A_MESSAGE,),
            steps=(
                *opened(),
                send(*fragments(opcode, *payloads), note="a lawful message"),
                echoes(opcode, "".join(payloads)),
                send(stray),
                *fails_the_connection(PROTOCOL_ERROR),
            ),
            because=NOTHING_TO_CONTINUE,
        )
        for name, stray in STRAYS[:3]
        for message_name, opcode, payloads in MESSAGES
    ),
)

TYPES = (("text", TEXT), ("binary", BINARY))

UNFINISHED: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("one-fragment", ("unfinished",)),
    ("an-empty-fragment", ("",)),
    ("three-fragments", ("un", "finish", "ed")),
)


def unfinished(opcode: int, payloads: tuple[str, ...]) -> tuple[WireFrame, ...]:
    """Return a message without its last fragment."""
    return fragments(opcode, *payloads, "never sent")[:-1]


NEW_MESSAGES = (
    *(
        Case(
            id=f"fragmentation/mixed/{new_name}-inside-{first_name}-behind-{place}",
            roles=BOTH,
            verifies=(NEW_MESSAGE_WAITS,),
            steps=(
                *opened(),
                send(*unfinished(first, payloads), frame(new, "another message")),
                *fails_the_connection(PROTOCOL_ERROR),
            ),
            because=MESSAGES_DO_NOT_MIX,
        )
        for first_name, first in TYPES
        for new_name, new in TYPES
        for place, payloads in UNFINISHED
    ),
    *(
        Case(
            id=f"fragmentation/mixed/{kind}-{new_name}-inside-{first_name}",
            roles=BOTH,
            verifies=(NEW_MESSAGE_WAITS,),
            steps=(
                *opened(),
                send(*unfinished(first, ("unfinished",)), frame(new, payload, fin=fin)),
                *fails_the_connection(PROTOCOL_ERROR),
            ),
            because=MESSAGES_DO_NOT_MIX,
        )
        for first_name, first in TYPES
        for new_name, new in TYPES
        for kind, payload, fin in (("unfinished", "another", False), ("empty", "", True))
    ),
    *(
        Case(
            id=f"fragmentation/mixed/{new_name}-inside-{first_name}-behind-a-ping",
            roles=BOTH,
            verifies=(NEW_MESSAGE_WAITS,),
            steps=(
                *opened(),
                send(*unfinished(first, ("unfinished",)), frame(PING, "lawful here")),
                answers_ping(b"lawful here", about=("6455/5.4/control-frames-may-come-between-fragments",)),
                send(frame(new, "another message")),
                *fails_the_connection(PROTOCOL_ERROR),
            ),
            because=MESSAGES_DO_NOT_MIX,
        )
        for first_name, first in TYPES
        for new_name, new in TYPES
    ),
    Case(
        id="fragmentation/mixed/text-inside-a-second-message",
        roles=BOTH,
        verifies=(NEW_MESSAGE_WAITS,),
        steps=(
            *opened(),
            send(*fragments(TEXT, "a finished ", "message"), note="a lawful message"),
            echoes(TEXT, "a finished message"),
            send(*unfinished(TEXT, ("unfinished",)), frame(TEXT, "another message")),
            *fails_the_connection(PROTOCOL_ERROR),
        ),
        because=MESSAGES_DO_NOT_MIX,
    ),
)

CASES: tuple[Case, ...] = (*STRAY_CONTINUATIONS, *NEW_MESSAGES)
