"""A Pong that nobody asked for (RFC 6455 §5.5.3)."""

from __future__ import annotations

from ws_conformance.model import BOTH, Case, Need, PongIs, Reaction, Step
from ws_conformance.vocabulary import answers_ping, closes, echo_fence, echoes, expect, frame, opened, pongs, send
from ws_conformance.wire import BINARY, PING, PONG, TEXT

IS_ACCEPTED = "6455/5.5.3/unsolicited-pong-is-accepted"
IS_NO_QUESTION = "6455/5.5.3/unsolicited-pong-is-no-question"

IS_NOT_ANSWERED = "§5.5.3: a Pong may come unsolicited, as a heartbeat, and no answer to it is expected."

PAYLOADS: tuple[tuple[str, bytes], ...] = (
    ("empty", b""),
    ("1-byte", b"1"),
    ("with-payload", b"unsolicited pong payload"),
    ("125-bytes", b"unsolicited " * 10 + b"pong."),
    ("not-utf-8", b"\x00\xff\xfe\xfd\xfc\xfb\x00\xff"),
    ("zeros", bytes(125)),
    ("like-a-close-code", b"\x03\xe8"),
)


def fence_behind_pong(payload: bytes) -> tuple[Step, ...]:
    """Show that a Pong with ``payload`` was not answered, not even by another Pong, which would be forbearing."""
    return (
        send(frame(PING, "fence"), note="fence"),
        expect(
            Reaction("answers nothing but the Ping", (PongIs(b"fence"),)),
            Reaction("answers the Pong, then the Ping", (PongIs(payload), PongIs(b"fence")), (IS_NO_QUESTION,)),
            needs=frozenset({Need.PONG}),
        ),
    )


CASES: tuple[Case, ...] = (
    *(
        Case(
            id=f"control/pong/{name}",
            roles=BOTH,
            verifies=(IS_ACCEPTED, IS_NO_QUESTION),
            steps=(*opened(), send(frame(PONG, payload)), *fence_behind_pong(payload)),
            because=IS_NOT_ANSWERED,
        )
        for name, payload in PAYLOADS
    ),
    *(
        Case(
            id=f"control/pong/{count}-in-one-segment",
            roles=BOTH,
            verifies=(IS_ACCEPTED, IS_NO_QUESTION),
            steps=(
                *opened(),
                send(*(frame(PONG, "heartbeat") for _ in range(count))),
                *fence_behind_pong(b"heartbeat"),
            ),
            because=IS_NOT_ANSWERED,
        )
        for count in (2, 10)
    ),
    Case(
        id="control/pong/first-frame",
        roles=BOTH,
        verifies=(IS_ACCEPTED,),
        steps=(opened()[0], send(frame(PONG, "the first frame")), *fence_behind_pong(b"the first frame")),
        because="§5.5.3: a Pong may come at any time once the connection is established, even first of all.",
    ),
    *(
        Case(
            id=f"control/pong/before-a-{name}-message",
            roles=BOTH,
            verifies=(IS_ACCEPTED,),
            steps=(
                *opened(),
                send(frame(PONG, "no message"), frame(opcode, "a message")),
                echoes(opcode, "a message"),
            ),
            because="§5.5.3: a Pong is about the connection; the application gets no message of it.",
        )
        for name, opcode in (("text", TEXT), ("binary", BINARY))
    ),
    Case(
        id="control/pong/is-no-message",
        roles=BOTH,
        verifies=(IS_ACCEPTED, "6455/5.5/control-frames-are-told-by-the-opcode"),
        steps=(*opened(), send(frame(PONG, "no message")), *echo_fence()),
        because="§5.5.3: a Pong is about the connection; the application gets no message of it.",
    ),
    Case(
        id="control/pong/before-a-ping",
        roles=BOTH,
        verifies=(IS_ACCEPTED, "6455/5.5.2/ping-is-answered"),
        steps=(
            *opened(),
            send(frame(PONG, "unsolicited pong payload"), frame(PING, "ping payload")),
            pongs(b"ping payload"),
        ),
        because="§5.5.2: a Pong from one side answers no Ping from the same side.",
    ),
    Case(
        id="control/pong/same-payload-as-the-next-ping",
        roles=BOTH,
        verifies=("6455/5.5.2/ping-is-answered",),
        steps=(*opened(), send(frame(PONG, "same"), frame(PING, "same")), answers_ping(b"same")),
        because="§5.5.2: a Ping is answered, whatever Pong came from the same side before.",
    ),
    *(
        Case(
            id=f"control/pong/{name}-before-a-close",
            roles=BOTH,
            verifies=(IS_ACCEPTED,),
            steps=(*opened(), send(frame(PONG, payload)), *closes()),
            because="§5.5.3: a Pong that nobody asked for leaves the connection as it was: it closes as usual.",
        )
        for name, payload in (("empty", b""), ("with-payload", b"unsolicited pong payload"))
    ),
)
