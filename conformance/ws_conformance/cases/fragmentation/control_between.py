"""Control frames between the fragments of a message, and in fragments themselves (RFC 6455 §5.4, §5.5)."""

from __future__ import annotations

from ws_conformance.cases.framing.latitude import counting
from ws_conformance.model import BOTH, Case, Expect, MessageIs, Need, PongIs
from ws_conformance.vocabulary import (
    PROTOCOL_ERROR,
    answers_ping,
    close_frame,
    echoes,
    expect,
    fails_the_connection,
    fence,
    fragments,
    frame,
    in_any_order,
    opened,
    send,
)
from ws_conformance.wire import BINARY, CONTINUATION, PING, PONG, TEXT, WireFrame

MAY_COME_BETWEEN = "6455/5.4/control-frames-may-come-between-fragments"
ANSWERED_BETWEEN = "6455/5.4/control-frame-is-answered-between-fragments"
FRAGMENTED_FAILS = "6455/5.5/fragmented-control-frame-fails"

NOT_WAITING = (
    "§5.4: control frames may stand between fragments so that a Ping need not wait for the end of a long message, "
    "which may never come."
)
UNHARMED = "§5.4: an endpoint handles control frames in the middle of a message, and the message is unharmed by them."
CONTROL_IS_WHOLE = "§5.5: control frames are never fragmented."

TYPES = (("text", TEXT), ("binary", BINARY))

MESSAGE = ("one ", "message ", "in ", "four fragments")
FRAGMENTS_SENT = (1, 2, 3)
"""How many of the four fragments are sent before the control frame."""


def echo_and_pong(opcode: int, text: str, payload: bytes) -> Expect:
    """The target answers a message and a Ping that came together; which one first is its own affair."""
    return expect(
        *in_any_order("answers both", MessageIs(opcode, text.encode()), PongIs(payload)),
        needs=frozenset({Need.ECHO, Need.PONG}),
    )


PINGS_IN_UNFINISHED_MESSAGES = (
    *(
        Case(
            id=f"fragmentation/between/ping-in-{name}-behind-{count}",
            roles=BOTH,
            verifies=(ANSWERED_BETWEEN, MAY_COME_BETWEEN),
            steps=(
                *opened(),
                send(*fragments(opcode, *MESSAGE)[:count], frame(PING, "do not wait")),
                answers_ping(b"do not wait"),
            ),
            because=NOT_WAITING,
        )
        for name, opcode in TYPES
        for count in FRAGMENTS_SENT
    ),
    *(
        Case(
            id=f"fragmentation/between/{name}-behind-a-fragment",
            roles=BOTH,
            verifies=(ANSWERED_BETWEEN, MAY_COME_BETWEEN),
            steps=(
                *opened(),
                send(frame(TEXT, "unfinished", fin=False), frame(PING, payload)),
                answers_ping(payload),
            ),
            because=NOT_WAITING,
        )
        for name, payload in (
            ("empty-ping", b""),
            ("ping-of-1-byte", b"1"),
            ("ping-of-125-bytes", counting(125)),
            ("ping-of-no-text", b"\xff\xfe\x00"),
        )
    ),
    Case(
        id="fragmentation/between/ping-behind-an-empty-fragment",
        roles=BOTH,
        verifies=(ANSWERED_BETWEEN, MAY_COME_BETWEEN),
        steps=(*opened(), send(frame(TEXT, fin=False), frame(PING, "do not wait")), answers_ping(b"do not wait")),
        because=NOT_WAITING,
    ),
    Case(
        id="fragmentation/between/a-ping-behind-each-fragment",
        roles=BOTH,
        verifies=(ANSWERED_BETWEEN, MAY_COME_BETWEEN),
        steps=(
            *opened(),
            send(frame(TEXT, "one ", fin=False), frame(PING, "behind one")),
            answers_ping(b"behind one"),
            send(frame(CONTINUATION, "two ", fin=False), frame(PING, "behind two")),
            answers_ping(b"behind two"),
            send(frame(CONTINUATION, "three ", fin=False), frame(PING, "behind three")),
            answers_ping(b"behind three"),
        ),
        because=NOT_WAITING,
    ),
    *(
        Case(
            id=f"fragmentation/between/{name}-behind-a-fragment",
            roles=BOTH,
            verifies=(MAY_COME_BETWEEN,),
            steps=(*opened(), send(frame(BINARY, "unfinished", fin=False), *pongs), *fence()),
            because="§5.4, §5.5.3: a Pong that answers nothing may come between fragments, and changes nothing.",
        )
        for name, pongs in (
            ("pong", (frame(PONG, "unsolicited"),)),
            ("empty-pong", (frame(PONG),)),
            ("pong-of-125-bytes", (frame(PONG, counting(125)),)),
            ("three-pongs", (frame(PONG, "one"), frame(PONG, "two"), frame(PONG, "three"))),
        )
    ),
)

MESSAGES_AROUND_CONTROL = (
    *(
        Case(
            id=f"fragmentation/around/ping-in-{type_name}-behind-{count}",
            roles=BOTH,
            verifies=(MAY_COME_BETWEEN, ANSWERED_BETWEEN),
            steps=(
                *opened(),
                send(*fragments(opcode, *MESSAGE)[:count], frame(PING, "not in the message")),
                answers_ping(b"not in the message"),
                send(*fragments(opcode, *MESSAGE)[count:]),
                echoes(opcode, "".join(MESSAGE)),
            ),
            because=UNHARMED,
        )
        for type_name, opcode in TYPES
        for count in FRAGMENTS_SENT
    ),
    *(
        Case(
            id=f"fragmentation/around/{name}-in-text",
            roles=BOTH,
            verifies=(MAY_COME_BETWEEN, ANSWERED_BETWEEN),
            steps=(
                *opened(),
                send(*fragments(TEXT, *MESSAGE)[:2], frame(PING, payload)),
                answers_ping(payload),
                send(*fragments(TEXT, *MESSAGE)[2:]),
                echoes(TEXT, "".join(MESSAGE)),
            ),
            because=UNHARMED,
        )
        for name, payload in (("empty-ping", b""), ("ping-of-125-bytes", counting(125)))
    ),
    *(
        Case(
            id=f"fragmentation/around/pong-in-{type_name}-behind-{count}",
            roles=BOTH,
            verifies=(MAY_COME_BETWEEN,),
            steps=(
                *opened(),
                send(
                    *fragments(opcode, *MESSAGE)[:count],
                    frame(PONG, "not in the message"),
                    *fragments(opcode, *MESSAGE)[count:],
                ),
                echoes(opcode, "".join(MESSAGE)),
            ),
            because=UNHARMED,
        )
        for type_name, opcode in TYPES
        for count in (1, 3)
    ),
    *(
        Case(
            id=f"fragmentation/around/ping-and-{type_name}-in-one-segment",
            roles=BOTH,
            verifies=(MAY_COME_BETWEEN,),
            steps=(
                *opened(),
                send(frame(opcode, "around ", fin=False), frame(PING, "between"), frame(CONTINUATION, "it")),
                echo_and_pong(opcode, "around it", b"between"),
            ),
            because=UNHARMED,
        )
        for type_name, opcode in TYPES
    ),
    Case(
        id="fragmentation/around/three-pings-in-one-gap",
        roles=BOTH,
        verifies=(MAY_COME_BETWEEN, ANSWERED_BETWEEN),
        steps=(
            *opened(),
            send(frame(TEXT, "around ", fin=False), frame(PING, "one"), frame(PING, "two"), frame(PING, "three")),
            answers_ping(b"three"),
            send(frame(CONTINUATION, "three Pings")),
            echoes(TEXT, "around three Pings"),
        ),
        because=UNHARMED,
    ),
    Case(
        id="fragmentation/around/two-pings-in-five-fragments",
        roles=BOTH,
        verifies=(MAY_COME_BETWEEN, ANSWERED_BETWEEN),
        steps=(
            *opened(),
            send(frame(TEXT, "one ", fin=False), frame(CONTINUATION, "two ", fin=False), frame(PING, "first")),
            answers_ping(b"first"),
            send(
                frame(CONTINUATION, "three ", fin=False),
                frame(CONTINUATION, "four ", fin=False),
                frame(PING, "second"),
            ),
            answers_ping(b"second"),
            send(frame(CONTINUATION, "five")),
            echoes(TEXT, "one two three four five"),
        ),
        because=UNHARMED,
    ),
    Case(
        id="fragmentation/around/pings-between-empty-fragments",
        roles=BOTH,
        verifies=(MAY_COME_BETWEEN, ANSWERED_BETWEEN),
        steps=(
            *opened(),
            send(frame(TEXT, fin=False), frame(PING, "behind nothing")),
            answers_ping(b"behind nothing"),
            send(frame(CONTINUATION, fin=False), frame(PING, "behind nothing again")),
            answers_ping(b"behind nothing again"),
            send(frame(CONTINUATION, "all of it")),
            echoes(TEXT, "all of it"),
        ),
        because=UNHARMED,
    ),
    *(
        Case(
            id=f"fragmentation/around/{type_name}-behind-a-message-around-a-ping",
            roles=BOTH,
            verifies=(MAY_COME_BETWEEN, "6455/6.2/next-data-frame-begins-a-new-message"),
            steps=(
                *opened(),
                send(frame(TEXT, "around ", fin=False), frame(PING, "between")),
                answers_ping(b"between"),
                send(frame(CONTINUATION, "it")),
                echoes(TEXT, "around it"),
                send(frame(opcode, "the next message")),
                echoes(opcode, "the next message"),
            ),
            because=UNHARMED,
        )
        for type_name, opcode in TYPES
    ),
)

CONTROL_KINDS: tuple[tuple[str, WireFrame], ...] = (
    ("ping", frame(PING, "frag", fin=False)),
    ("pong", frame(PONG, "frag", fin=False)),
    ("close", WireFrame(close_frame().opcode, close_frame(1000, "frag").payload, fin=False)),
    ("empty-ping", frame(PING, fin=False)),
    ("empty-pong", frame(PONG, fin=False)),
    ("empty-close", WireFrame(close_frame().opcode, fin=False)),
    ("ping-of-125-bytes", frame(PING, counting(125), fin=False)),
)

FRAGMENTED_CONTROL = (
    *(
        Case(
            id=f"fragmentation/control/{name}",
            roles=BOTH,
            verifies=(FRAGMENTED_FAILS,),
            steps=(*opened(), send(fragment), *fails_the_connection(PROTOCOL_ERROR, offence=fragment)),
            because=CONTROL_IS_WHOLE,
        )
        for name, fragment in CONTROL_KINDS
    ),
    *(
        Case(
            id=f"fragmentation/control/{name}-with-continuation",
            roles=BOTH,
            verifies=(FRAGMENTED_FAILS,),
            steps=(
                *opened(),
                send(fragment, frame(CONTINUATION, "ment")),
                *fails_the_connection(PROTOCOL_ERROR, offence=fragment),
            ),
            because=CONTROL_IS_WHOLE,
        )
        for name, fragment in CONTROL_KINDS[:3]
    ),
    *(
        Case(
            id=f"fragmentation/control/{name}-inside-a-message",
            roles=BOTH,
            verifies=(FRAGMENTED_FAILS, "6455/5.4/control-frames-are-not-fragmented"),
            steps=(
                *opened(),
                send(frame(TEXT, "unfinished", fin=False), fragment),
                *fails_the_connection(PROTOCOL_ERROR, offence=fragment),
            ),
            because=CONTROL_IS_WHOLE,
        )
        for name, fragment in CONTROL_KINDS[:3]
    ),
)

WHAT_A_TARGET_SENDS = (
    Case(
        id="fragmentation/control/pong-from-target",
        roles=BOTH,
        verifies=("6455/5.5/control-frames-are-not-fragmented",),
        steps=(*opened(), *fence(counting(125))),
        because="§5.5: a Pong is one frame, also where it is as long as a Pong can be.",
    ),
    Case(
        id="fragmentation/control/echo-from-target",
        roles=BOTH,
        verifies=("6455/5.4/sender-continuation-needs-a-message", "6455/5.4/sender-does-not-interleave-messages"),
        steps=(
            *opened(),
            send(frame(TEXT, "first")),
            echoes(TEXT, "first"),
            send(frame(BINARY, "second")),
            echoes(BINARY, "second"),
        ),
        because="§5.4: an endpoint sends one message after the other, each with an opcode first and FIN last.",
    ),
)

CASES: tuple[Case, ...] = (
    *PINGS_IN_UNFINISHED_MESSAGES,
    *MESSAGES_AROUND_CONTROL,
    *FRAGMENTED_CONTROL,
    *WHAT_A_TARGET_SENDS,
)
