"""Frames that come right behind the answer's empty line, in the same segment (RFC 6455 §4.1, RFC 9112 §6.3)."""

from __future__ import annotations

from ws_conformance.model import Case, MessageIs, Need, PongIs, Reaction, RequirementId, SendBytes
from ws_conformance.vocabulary import (
    PROTOCOL_ERROR,
    echoes,
    expect,
    fails_the_connection,
    fragments,
    frame,
    in_any_order,
    response,
)
from ws_conformance.wire import BINARY, PING, PONG, RSV1, TEXT

from .answering import answered, opens

ARE_READ: RequirementId = "6455/4.1/frames-behind-the-response-are-read"
PING_IS_ANSWERED: RequirementId = "6455/5.5.2/ping-is-answered"
AT_ANY_TIME: RequirementId = "6455/5.1/data-frames-are-taken-at-any-time"
BOUNDARIES: RequirementId = "6455/1.2/message-boundaries-are-not-network-boundaries"
MASKED_CLOSES: RequirementId = "6455/5.1/masked-frame-closes-the-connection"
RESERVED_BIT_FAILS: RequirementId = "6455/5.2/reserved-bit-set-fails-the-connection"
UNKNOWN_OPCODE_FAILS: RequirementId = "6455/5.2/unknown-opcode-fails-the-connection"
STRAY_CONTINUATION: RequirementId = "6455/5.4/continuation-needs-a-message"

GLUED = b"glued"
WHOLE_PING = b"\x89\x05glued"
LONG = "behind the head " * 4_500

CASES: tuple[Case, ...] = (
    answered(
        "behind/ping",
        (ARE_READ, PING_IS_ANSWERED),
        response(),
        expect(Reaction("answers the Ping", (PongIs(GLUED),)), needs=frozenset({Need.PONG})),
        frames=(frame(PING, GLUED),),
        because="§4.1: the connection is open behind the empty line, so a Ping there is answered.",
    ),
    answered(
        "behind/empty-ping",
        (ARE_READ, PING_IS_ANSWERED),
        response(),
        expect(Reaction("answers the Ping", (PongIs(b""),)), needs=frozenset({Need.PONG})),
        frames=(frame(PING),),
        because="§4.1: behind the empty line are frames, even if it is only the two bytes of an empty Ping.",
    ),
    answered(
        "behind/unsolicited-pong",
        (ARE_READ,),
        response(),
        *opens(),
        frames=(frame(PONG, "nobody asked"),),
        because="§4.1, §5.5.3: the first frame may be a Pong that answers nothing.",
    ),
    *(
        answered(
            f"behind/ping-cut-after-{cut}-bytes",
            (ARE_READ, BOUNDARIES),
            response(behind=WHOLE_PING[:cut]),
            SendBytes(WHOLE_PING[cut:], note="the rest of the Ping"),
            expect(Reaction("answers the Ping", (PongIs(GLUED),)), needs=frozenset({Need.PONG})),
            because="§4.1: what stands behind the empty line may be a part of a frame, and the rest comes later.",
        )
        for cut in range(1, len(WHOLE_PING))
    ),
    answered(
        "behind/two-pings",
        (ARE_READ, PING_IS_ANSWERED),
        response(),
        expect(Reaction("answers the latest Ping", (PongIs(b"second"),)), needs=frozenset({Need.PONG})),
        frames=(frame(PING, "first"), frame(PING, "second")),
        because="§4.1, §5.5.3: every frame behind the answer is read; the latest Ping may be answered alone.",
    ),
    *(
        answered(
            f"behind/{words}",
            (ARE_READ, AT_ANY_TIME),
            response(),
            echoes(opcode, payload),
            frames=(frame(opcode, payload),),
            because="§4.1: a message may come together with the answer, and is delivered.",
        )
        for words, opcode, payload in (
            ("text", TEXT, "glued"),
            ("empty-text", TEXT, ""),
            ("binary", BINARY, "glued"),
            ("text-that-looks-like-a-head", TEXT, "HTTP/1.1 200 OK\r\n\r\n"),
            ("text-of-72000-bytes", TEXT, LONG),
        )
    ),
    answered(
        "behind/fragments",
        (ARE_READ, AT_ANY_TIME),
        response(),
        echoes(TEXT, "glued together"),
        frames=fragments(TEXT, "glued ", "together"),
        because="§4.1, §5.4: a fragmented message may come together with the answer, too.",
    ),
    answered(
        "behind/text-and-ping",
        (ARE_READ, AT_ANY_TIME, PING_IS_ANSWERED),
        response(),
        expect(
            *in_any_order("answers both", MessageIs(TEXT, b"glued"), PongIs(GLUED)),
            needs=frozenset({Need.PONG, Need.ECHO}),
        ),
        frames=(frame(TEXT, "glued"), frame(PING, GLUED)),
        because="§4.1: every frame behind the answer is read, not only the first.",
    ),
    answered(
        "behind/three-texts",
        (ARE_READ, AT_ANY_TIME),
        response(),
        *(echoes(TEXT, text) for text in ("first", "second", "third")),
        frames=tuple(frame(TEXT, text) for text in ("first", "second", "third")),
        because="§4.1: every frame behind the answer is read, not only the first.",
    ),
    *(
        answered(
            f"behind/{words}",
            (verified,),
            response(),
            *fails_the_connection(PROTOCOL_ERROR),
            frames=(offence,),
            because="§4.1, §7.1.7: what stands behind the empty line is frames, and judged like any.",
        )
        for words, verified, offence in (
            ("masked-text", MASKED_CLOSES, frame(TEXT, "masked", masked=True)),
            ("text-with-rsv1", RESERVED_BIT_FAILS, frame(TEXT, "reserved bit", rsv=RSV1)),
            ("opcode-3", UNKNOWN_OPCODE_FAILS, frame(0x3, "unknown opcode")),
            ("continuation", STRAY_CONTINUATION, frame(0x0, "nothing to continue")),
        )
    ),
)
