"""A Ping and its Pong (RFC 6455 §5.5.2, §5.5.3)."""

from __future__ import annotations

from ws_conformance.cases.framing.latitude import REFUSES_THE_SIZE
from ws_conformance.model import BOTH, ByRole, Case, CloseIs, Ends, MessageIs, Need, Pattern, PongIs, Reaction
from ws_conformance.vocabulary import (
    CODE_IS_ECHOED,
    NORMAL,
    answers_ping,
    close_frame,
    echoes,
    expect,
    frame,
    in_any_order,
    opened,
    send,
)
from ws_conformance.wire import BINARY, PING, TEXT

IS_ANSWERED = "6455/5.5.2/ping-is-answered"
COPIES_THE_PAYLOAD = "6455/5.5.3/pong-copies-the-payload"
LATEST_MAY_DO = "6455/5.5.3/latest-ping-may-be-answered-alone"
CLOSE_IS_ANSWERED = "6455/5.5.1/close-is-answered"
NO_PONG_AFTER_CLOSE = "6455/5.5.2/ping-after-close-needs-no-pong"
ENDS_CLEANLY = "6455/7.1.1/tcp-is-ended-cleanly"

LETTERS = b"every letter and digit has its place 0123456789 " * 3

PAYLOADS: tuple[tuple[str, bytes], ...] = (
    ("empty", b""),
    ("1-byte", LETTERS[:1]),
    ("2-bytes", LETTERS[:2]),
    ("13-bytes", b"Hello, world!"),
    ("64-bytes", LETTERS[:64]),
    ("124-bytes", LETTERS[:124]),
    ("125-bytes", LETTERS[:125]),
    ("125-zeros", bytes(125)),
    ("125-bytes-ff", b"\xff" * 125),
    ("one-zero", b"\0"),
    ("zero-inside", b"before\0behind"),
    ("zero-at-the-end", b"at the end\0"),
    ("white-space", b" \t\r\n "),
    ("utf-8", "Grüße, κόσμε, 世界, 😀".encode()),
    ("not-utf-8", b"\x00\xff\xfe\xfd\xfc\xfb\x00\xff"),
    ("bytes-00-to-55", bytes(range(0x56))),
    ("bytes-56-to-aa", bytes(range(0x56, 0xAB))),
    ("bytes-ab-to-ff", bytes(range(0xAB, 0x100))),
    ("like-a-ping", b"\x89\x00"),
    ("like-a-close", b"\x88\x02\x03\xe8"),
    ("like-a-close-code", b"\x03\xe8"),
)

PAYLOADS_COPIED = tuple(
    Case(
        id=f"control/ping/{name}",
        roles=BOTH,
        verifies=(IS_ANSWERED, COPIES_THE_PAYLOAD, "6455/5.5/control-payload-is-at-most-125"),
        steps=(*opened(), send(frame(PING, payload)), answers_ping(payload)),
        because="§5.5.3: the Pong has the Application data of the Ping that it answers, byte for byte.",
    )
    for name, payload in PAYLOADS
)

SEVERAL = (
    *(
        Case(
            id=f"control/ping/{count}-in-turn",
            roles=BOTH,
            verifies=(IS_ANSWERED, COPIES_THE_PAYLOAD),
            steps=(
                *opened(),
                *(
                    step
                    for i in range(count)
                    for step in (send(frame(PING, f"payload-{i}")), answers_ping(f"payload-{i}".encode()))
                ),
            ),
            because="§5.5.2: each Ping gets its Pong, when the one before has had its own.",
        )
        for count in (2, 10)
    ),
    *(
        Case(
            id=f"control/ping/{count}-in-one-segment",
            roles=BOTH,
            verifies=(IS_ANSWERED, COPIES_THE_PAYLOAD, LATEST_MAY_DO),
            steps=(
                *opened(),
                send(*(frame(PING, f"payload-{i}") for i in range(count))),
                expect(
                    Reaction("answers the latest Ping, at least", (PongIs(f"payload-{count - 1}".encode()),)),
                    *(REFUSES_THE_SIZE if count > 10 else ()),
                ),
            ),
            because="§5.5.3: of several Pings that wait, the latest is answered; the others may be.",
        )
        for count in (2, 3, 10, 100)
    ),
    Case(
        id="control/ping/two-of-the-same-payload",
        roles=BOTH,
        verifies=(IS_ANSWERED, COPIES_THE_PAYLOAD),
        steps=(
            *opened(),
            send(frame(PING, "same")),
            answers_ping(b"same"),
            send(frame(PING, "same")),
            answers_ping(b"same"),
        ),
        because="§5.5.2: a Ping gets a Pong, whether or not one with the same payload came before.",
    ),
    Case(
        id="control/ping/long-then-empty",
        roles=BOTH,
        verifies=(IS_ANSWERED, COPIES_THE_PAYLOAD),
        steps=(
            *opened(),
            send(frame(PING, LETTERS[:125])),
            answers_ping(LETTERS[:125]),
            send(frame(PING)),
            answers_ping(b""),
        ),
        because="§5.5.3: each Pong has the payload of its own Ping, and nothing left over from another.",
    ),
    Case(
        id="control/ping/first-frame",
        roles=BOTH,
        verifies=(IS_ANSWERED, "6455/5.5.2/ping-is-taken-at-any-time"),
        steps=(opened()[0], send(frame(PING, "the first frame")), answers_ping(b"the first frame")),
        because="§5.5.2: a Ping may come at any time once the connection is established, even first of all.",
    ),
)

WITH_MESSAGES = (
    *(
        Case(
            id=f"control/ping/after-a-{name}-message",
            roles=BOTH,
            verifies=(IS_ANSWERED, "6455/6.2/control-frames-are-handled-when-received"),
            steps=(
                *opened(),
                send(frame(opcode, "a message")),
                echoes(opcode, "a message"),
                send(frame(PING, "behind a message")),
                answers_ping(b"behind a message"),
            ),
            because="§5.5.2: a Ping is answered at any time, messages or not.",
        )
        for name, opcode in (("text", TEXT), ("binary", BINARY))
    ),
    Case(
        id="control/ping/messages-and-pings-by-turns",
        roles=BOTH,
        verifies=(IS_ANSWERED, "6455/6.2/control-frames-are-handled-when-received"),
        steps=(
            *opened(),
            send(frame(PING, "first")),
            answers_ping(b"first"),
            send(frame(TEXT, "a message")),
            echoes(TEXT, "a message"),
            send(frame(PING, "second")),
            answers_ping(b"second"),
            send(frame(BINARY, "another message")),
            echoes(BINARY, "another message"),
            send(frame(PING, "third")),
            answers_ping(b"third"),
        ),
        because="§5.5.2: a Ping is answered at any time, messages or not.",
    ),
    Case(
        id="control/ping/is-no-message",
        roles=BOTH,
        verifies=(IS_ANSWERED, "6455/5.5/control-frames-are-told-by-the-opcode"),
        steps=(
            *opened(),
            send(frame(PING, "no message"), frame(TEXT, "a message")),
            expect(
                *in_any_order("answers both, each in its way", PongIs(b"no message"), MessageIs(TEXT, b"a message")),
                needs=frozenset({Need.ECHO}),
            ),
        ),
        because="§5.5: a Ping is about the connection; the application gets no message of it.",
    ),
)


def answers_close_but_perhaps_a_pong(payload: bytes) -> ByRole:
    """The target answers our Close, and preferably leaves alone the Ping behind it."""
    same, other = CloseIs(frozenset({NORMAL})), CloseIs(frozenset({NORMAL}), negated=True)
    pong = PongIs(payload)

    def reactions(*end: Pattern) -> tuple[Reaction, ...]:
        return (
            Reaction("answers the Close", (same, *end)),
            Reaction("answers the Close with another code", (other, *end), (CODE_IS_ECHOED,)),
            Reaction("answers the Ping, then the Close", (pong, same, *end), (NO_PONG_AFTER_CLOSE,)),
            # The Ping may lie unread, and a reset may overtake the answer.
            Reaction("resets TCP", (Ends(reset=True),), (ENDS_CLEANLY,)),
        )

    late = Reaction("answers the Close, then the Ping", (same, pong, Ends()), (NO_PONG_AFTER_CLOSE,))
    return ByRole(
        server=(expect(*reactions(Ends()), late, about=(CLOSE_IS_ANSWERED,)),),
        client=(expect(*reactions(), about=(CLOSE_IS_ANSWERED,)),),
    )


BEHIND_A_CLOSE = (
    Case(
        id="control/ping/behind-a-close",
        roles=BOTH,
        verifies=(NO_PONG_AFTER_CLOSE, CLOSE_IS_ANSWERED),
        steps=(
            *opened(),
            send(close_frame(NORMAL), frame(PING, "behind the Close")),
            answers_close_but_perhaps_a_pong(b"behind the Close"),
        ),
        because="§5.5.2: whoever has received a Close need not answer a Ping.",
    ),
)

CASES: tuple[Case, ...] = (*PAYLOADS_COPIED, *SEVERAL, *WITH_MESSAGES, *BEHIND_A_CLOSE)
