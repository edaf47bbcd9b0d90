"""Frames that a target sends: each has the form of §5.2, and nothing stands between them (RFC 6455 §5.2, §6.1).

The examiner holds every frame that it receives against §5. Here one is drawn out of the target, and then another, so
that the end of the first is seen to be where its length says.
"""

from __future__ import annotations

from ws_conformance.model import (
    BOTH,
    ByRole,
    Case,
    CloseIs,
    Ends,
    Expect,
    MessageIs,
    Need,
    PingIs,
    PongIs,
    Quiet,
    Reaction,
    SendBytes,
    Step,
)
from ws_conformance.vocabulary import (
    CLOSE_COMES_FIRST,
    UNSUPPORTED,
    expect,
    frame,
    opened,
    pongs,
    send,
)
from ws_conformance.wire import BINARY, PING, TEXT, WireFrame, serialize

from .latitude import REFUSES_THE_SIZE, counting

OF_ANY_FRAME = (
    "6455/5.1/data-travels-in-frames",
    "6455/5.2/fields-come-in-order",
    "6455/5.2/fields-are-binary",
    "6455/5.2/length-counts-the-payload",
    "6455/5.2/masking-key-is-absent-without-the-bit",
)
OF_A_MESSAGE = (
    "6455/5.2/extension-data-is-empty-without-an-extension",
    "6455/5.2/application-data-is-the-whole-payload",
    "6455/5.2/first-fragment-may-be-the-last",
    "6455/5.4/sender-may-put-control-frames-between-fragments",
    "6455/5.4/fragments-may-have-any-size",
    "6455/6.1/data-may-be-sent-in-fragments",
    "6455/7.4.1/code-1003-is-unacceptable-data",
)
OF_A_LONG_LENGTH = ("6455/5.2/length-is-in-network-byte-order", "6455/5.2/length-top-bit-is-zero")
LENGTH_ENDS_THE_TEXT = "6455/10.7/length-ends-the-text"
IN_PARTS = (
    "6455/1.2/message-boundaries-are-not-network-boundaries",
    "6455/5.4/frame-may-be-processed-in-part",
    "6455/6.2/incoming-data-is-parsed-as-frames",
)
UNASKED = (
    "6455/1.2/either-side-may-send-at-will",
    "6455/5.1/data-frames-may-come-at-any-time",
    "6455/5.5.2/ping-may-have-a-payload",
    "6455/5.5.2/ping-may-be-sent-while-open",
    "6455/5.5.3/pong-may-be-sent-while-open",
    "6455/5.5.3/pong-may-be-unsolicited",
    "6455/7.1.5/either-endpoint-may-start-closing",
    "6455/7.3/server-may-close-at-any-time",
    CLOSE_COMES_FIRST,
)

IDLE_SECONDS = 0.5
STRANGE_TEXT = "one line\r\n\r\n\0another\ufffd\n"


def echoes(opcode: int, payload: bytes) -> Expect:
    """The application sends this message back; it may also take no such messages, or none of that length."""
    return expect(
        Reaction("echoes the message", (MessageIs(opcode, payload),)),
        Reaction("takes no messages of this type, with Close 1003", (CloseIs(frozenset({UNSUPPORTED})),)),
        *(REFUSES_THE_SIZE if len(payload) > 125 else ()),
        needs=frozenset({Need.ECHO}),
    )


def in_two_parts(whole: WireFrame, at: int) -> ByRole:
    """Send ``whole`` in two segments, the first of so many bytes, without a masking key to a client."""

    def parts(*, masked: bool) -> tuple[SendBytes, SendBytes]:
        data = serialize(whole, masked=masked, masking_key=b"mask")
        return SendBytes(data[:at], "beginning of a frame"), SendBytes(data[at:], "rest of it")

    return ByRole(server=parts(masked=True), client=parts(masked=False))


def pinged(payload: bytes) -> tuple[Step, ...]:
    """A Pong, if there is one, is well made; whether there is one is asked by cases about Pings."""
    return send(frame(PING, payload)), expect(
        Reaction("answers with a Pong of the same payload", (PongIs(payload),)),
        Reaction("sends no Pong", (Quiet(),)),
    )


CASES: tuple[Case, ...] = (
    *(
        Case(
            id=f"framing/sent/pong-of-{length}-bytes",
            roles=BOTH,
            verifies=OF_ANY_FRAME,
            steps=(*opened(), *pinged(counting(length)), *pinged(b"behind it")),
            because="§5.2: header, length and payload come in this order, and the next frame where the length ends.",
        )
        for length in (0, 1, 125)
    ),
    *(
        Case(
            id=f"framing/sent/{words}-of-{length}-bytes",
            roles=BOTH,
            verifies=(*OF_ANY_FRAME, *OF_A_MESSAGE, *(OF_A_LONG_LENGTH if length > 125 else ())),
            steps=(
                *opened(),
                send(frame(opcode, counting(length))),
                echoes(opcode, counting(length)),
            ),
            because="§6.1: what an application says goes out as the payload of frames, all of it and nothing besides.",
        )
        for words, opcode in (("text", TEXT), ("binary", BINARY))
        for length in (0, 125, 126, 256, 258, 65_536, 65_792)
    ),
    Case(
        id="framing/sent/text-with-line-ends-and-nul",
        roles=BOTH,
        verifies=(LENGTH_ENDS_THE_TEXT, *OF_ANY_FRAME),
        steps=(
            *opened(),
            send(frame(TEXT, STRANGE_TEXT), frame(TEXT, "behind it")),
            echoes(TEXT, STRANGE_TEXT.encode()),
            echoes(TEXT, b"behind it"),
        ),
        because="§10.7: a text ends where the length of its frame says, whatever is in it.",
    ),
    *(
        Case(
            id=f"framing/sent/after-a-ping-cut-{words}",
            roles=BOTH,
            verifies=IN_PARTS,
            steps=(
                *opened(),
                in_two_parts(frame(PING, "in two parts"), at),
                pongs(b"in two parts"),
            ),
            because="§6.2: frames are read as they come, in whatever pieces the network delivers them.",
        )
        for words, at in (("inside-the-header", 1), ("inside-the-payload", 8))
    ),
    Case(
        id="framing/sent/after-half-a-message",
        roles=BOTH,
        verifies=IN_PARTS,
        steps=(
            *opened(),
            in_two_parts(frame(TEXT, counting(90)), 50),
            echoes(TEXT, counting(90)),
        ),
        because="§5.4: a receiver may hand on a part of a frame, or wait for all of it; the message is the same.",
    ),
    Case(
        id="framing/sent/unasked",
        roles=BOTH,
        verifies=UNASKED,
        steps=(
            *opened(),
            expect(
                Reaction("says nothing", (Quiet(),)),
                Reaction("sends a message", (MessageIs(),)),
                Reaction("sends a Ping", (PingIs(),)),
                Reaction("sends a Close", (CloseIs(frozenset(), negated=True),)),
                Reaction("ends TCP without a Close", (Ends(),), (CLOSE_COMES_FIRST,)),
                seconds=IDLE_SECONDS,
            ),
        ),
        because="§5.1: either side may send when it likes, or nothing, and §7.3: it may begin to close.",
    ),
)
