"""Several frames in one segment, and messages that keep their type (RFC 6455 §5.1, §5.2, §5.6)."""

from __future__ import annotations

from ws_conformance.model import (
    BOTH,
    CLIENTS,
    Answer,
    Case,
    Expect,
    MessageIs,
    Need,
    PongIs,
    Reaction,
    Requests,
    Step,
)
from ws_conformance.vocabulary import (
    answers_ping,
    echoes,
    expect,
    fragments,
    frame,
    in_any_order,
    opened,
    response,
    send,
)
from ws_conformance.wire import BINARY, PING, PONG, TEXT, WireFrame

from .latitude import counting

LENGTH_ENDS_THE_FRAME = "6455/5.2/length-ends-the-frame"
KEEPS_ITS_TYPE = "6455/5.6/message-keeps-its-type"
ANY_TIME = "6455/5.1/data-frames-are-taken-at-any-time"
GLUED_BECAUSE = "§5.2: a frame ends where its length says, and the next one begins there, in the same segment or not."
GLUED_TO_101_BECAUSE = "§4.1, §5.1: the connection is open behind the last byte of the 101; frames may come at once."


def echoes_all(*messages: tuple[int, str]) -> Expect:
    """The application sends all of these messages back; in which order is its own affair."""
    patterns = (MessageIs(opcode, text.encode()) for opcode, text in messages)
    return expect(*in_any_order("echoes every message", *patterns), needs=frozenset({Need.ECHO}))


def behind_the_101(*frames: WireFrame) -> tuple[Step, ...]:
    """Open the connection of a client with ``frames`` in the same segment as the answer to its handshake."""
    return (
        Expect(reactions=(Reaction("sends its opening handshake", (Requests(),)),), control=True),
        Answer(response(), frames),
    )


GLUED = (
    Case(
        id="framing/sequence/two-texts",
        roles=BOTH,
        verifies=(LENGTH_ENDS_THE_FRAME, ANY_TIME),
        steps=(
            *opened(),
            send(frame(TEXT, "first"), frame(TEXT, "second")),
            echoes_all((TEXT, "first"), (TEXT, "second")),
        ),
        because=GLUED_BECAUSE,
    ),
    Case(
        id="framing/sequence/text-and-binary",
        roles=BOTH,
        verifies=(LENGTH_ENDS_THE_FRAME, KEEPS_ITS_TYPE),
        steps=(
            *opened(),
            send(frame(TEXT, "text"), frame(BINARY, "binary")),
            echoes_all((TEXT, "text"), (BINARY, "binary")),
        ),
        because=GLUED_BECAUSE,
    ),
    Case(
        id="framing/sequence/three-texts",
        roles=BOTH,
        verifies=(LENGTH_ENDS_THE_FRAME, ANY_TIME),
        steps=(
            *opened(),
            send(frame(TEXT, "first"), frame(TEXT, "second"), frame(TEXT, "third")),
            echoes_all((TEXT, "first"), (TEXT, "second"), (TEXT, "third")),
        ),
        because=GLUED_BECAUSE,
    ),
    Case(
        id="framing/sequence/empty-text-and-text",
        roles=BOTH,
        verifies=(LENGTH_ENDS_THE_FRAME, "6455/5.2/empty-payload-is-read"),
        steps=(
            *opened(),
            send(frame(TEXT), frame(TEXT, "behind an empty one")),
            echoes_all((TEXT, ""), (TEXT, "behind an empty one")),
        ),
        because=GLUED_BECAUSE,
    ),
    Case(
        id="framing/sequence/fragments-and-text",
        roles=BOTH,
        verifies=(LENGTH_ENDS_THE_FRAME, "6455/6.2/next-data-frame-begins-a-new-message"),
        steps=(
            *opened(),
            send(*fragments(BINARY, "in ", "fragments"), frame(TEXT, "whole")),
            echoes_all((BINARY, "in fragments"), (TEXT, "whole")),
        ),
        because=GLUED_BECAUSE,
    ),
    Case(
        id="framing/sequence/ping-and-text",
        roles=BOTH,
        verifies=(LENGTH_ENDS_THE_FRAME,),
        steps=(
            *opened(),
            send(frame(PING, "ping"), frame(TEXT, "text")),
            expect(
                *in_any_order("answers both", PongIs(b"ping"), MessageIs(TEXT, b"text")),
                needs=frozenset({Need.ECHO, Need.PONG}),
            ),
        ),
        because=GLUED_BECAUSE,
    ),
    Case(
        id="framing/sequence/text-and-ping",
        roles=BOTH,
        verifies=(LENGTH_ENDS_THE_FRAME,),
        steps=(
            *opened(),
            send(frame(TEXT, "text"), frame(PING, "ping")),
            expect(
                *in_any_order("answers both", PongIs(b"ping"), MessageIs(TEXT, b"text")),
                needs=frozenset({Need.ECHO, Need.PONG}),
            ),
        ),
        because=GLUED_BECAUSE,
    ),
    *(
        Case(
            id=f"framing/sequence/ping-behind-{count}-pongs",
            roles=BOTH,
            verifies=(LENGTH_ENDS_THE_FRAME,),
            steps=(
                *opened(),
                send(*(frame(PONG, counting(length)) for length in range(count)), frame(PING, "the last of all")),
                expect(Reaction("answers the Ping", (PongIs(b"the last of all"),)), needs=frozenset({Need.PONG})),
            ),
            because=GLUED_BECAUSE,
        )
        for count in (2, 3, 10, 100)
    ),
)

TYPES = (
    Case(
        id="framing/type/text-then-binary-then-text",
        roles=BOTH,
        verifies=(KEEPS_ITS_TYPE,),
        steps=(
            *opened(),
            send(frame(TEXT, "same bytes")),
            echoes(TEXT, "same bytes"),
            send(frame(BINARY, "same bytes")),
            echoes(BINARY, "same bytes"),
            send(frame(TEXT, "same bytes")),
            echoes(TEXT, "same bytes"),
        ),
        because="§5.6: the opcode makes a message text or binary, not what is in it.",
    ),
    Case(
        id="framing/type/binary-of-every-byte-value",
        roles=BOTH,
        verifies=("6455/5.6/binary-is-opaque", "6455/5.2/payload-holds-any-byte"),
        steps=(
            *opened(),
            send(frame(BINARY, bytes(range(125)))),
            echoes(BINARY, bytes(range(125))),
            send(frame(BINARY, bytes(range(125, 250)))),
            echoes(BINARY, bytes(range(125, 250))),
            send(frame(BINARY, bytes(range(131, 256)))),
            echoes(BINARY, bytes(range(131, 256))),
        ),
        because="§5.6: a binary message is any bytes at all.",
    ),
    Case(
        id="framing/type/binary-that-looks-like-a-frame",
        roles=BOTH,
        verifies=("6455/5.6/binary-is-opaque", "6455/5.2/payload-holds-any-byte"),
        steps=(
            *opened(),
            send(frame(BINARY, b"\x88\x02\x03\xe8", masking_key=bytes(4))),
            echoes(BINARY, b"\x88\x02\x03\xe8"),
        ),
        because="§5.2: what stands inside a payload is never read as a header.",
    ),
)

BEHIND_THE_101 = (
    Case(
        id="framing/sequence/ping-behind-the-101",
        roles=CLIENTS,
        verifies=("6455/5.5.2/ping-is-taken-at-any-time",),
        steps=(*behind_the_101(frame(PING, "behind the 101")), answers_ping(b"behind the 101")),
        because=GLUED_TO_101_BECAUSE,
    ),
    Case(
        id="framing/sequence/text-behind-the-101",
        roles=CLIENTS,
        verifies=(ANY_TIME,),
        steps=(*behind_the_101(frame(TEXT, "behind the 101")), echoes(TEXT, "behind the 101")),
        because=GLUED_TO_101_BECAUSE,
    ),
)

CASES: tuple[Case, ...] = (*GLUED, *TYPES, *BEHIND_THE_101)
