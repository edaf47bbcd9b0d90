"""What a client sends is masked, all of it, with the key that is in the frame (RFC 6455 §5.1, §5.3, §10.3)."""

from __future__ import annotations

from ws_conformance.model import CLIENTS, Answer, Case, CloseIs, MessageIs, Need, PongIs, Reaction, RequirementId, Step
from ws_conformance.vocabulary import (
    close_frame,
    echoes,
    ends_tcp,
    expect,
    fragments,
    frame,
    pongs,
    response,
    send,
)
from ws_conformance.wire import BINARY, PING, TEXT

from .answering import ASKED

FRAMES_ARE_MASKED: RequirementId = "6455/5.1/client-frames-are-masked"
HAS_THE_MASK_BIT: RequirementId = "6455/5.3/masked-frame-has-the-mask-bit"
PAYLOAD_IS_MASKED: RequirementId = "6455/5.3/payload-is-masked"
COVERS_THE_PAYLOAD: RequirementId = "6455/5.3/masking-covers-the-whole-payload"
KEEPS_THE_LENGTH: RequirementId = "6455/5.3/masking-keeps-the-length"
KEY_IS_IN_THE_FRAME: RequirementId = "6455/5.3/masking-key-is-in-the-frame"
MASKS_WHAT_IT_SENDS: RequirementId = "6455/6.1/client-masks-what-it-sends"
KEY_IS_FRESH: RequirementId = "6455/5.3/masking-key-is-fresh"
KEY_IS_UNPREDICTABLE: RequirementId = "6455/5.3/masking-key-is-unpredictable"
KEY_IS_CHOSEN_AT_RANDOM: RequirementId = "6455/5.3/masking-key-is-chosen-at-random"
KEY_IS_NEW: RequirementId = "6455/10.3/masking-key-is-new-for-each-frame"
ALL_IS_MASKED: RequirementId = "6455/10.3/all-client-data-is-masked"

LOOKS_LIKE_A_REQUEST = "GET /poisoned HTTP/1.1\r\nHost: wsspec.example\r\n\r\n"
"""What a script would have a client send to fool a cache between it and the server (§10.3)."""


def numbered(length: int) -> bytes:
    """Return ``length`` bytes that are all different from their neighbours, none of them zero."""
    return (bytes(range(1, 256)) * (length // 255 + 1))[:length]


def begun() -> tuple[Step, ...]:
    """Open the connection, and leave it to the case to find out whether it works: a wrong mask breaks that, too."""
    return ASKED, Answer(response())


CASES: tuple[Case, ...] = (
    Case(
        id="client/masking/empty-pong",
        roles=CLIENTS,
        verifies=(FRAMES_ARE_MASKED, HAS_THE_MASK_BIT),
        steps=(
            *begun(),
            send(frame(PING)),
            expect(Reaction("answers with an empty Pong", (PongIs(b""),)), needs=frozenset({Need.PONG})),
        ),
        because="§5.1: a client masks every frame, even one without a payload.",
    ),
    *(
        Case(
            id=f"client/masking/pong-of-{length}-bytes",
            roles=CLIENTS,
            verifies=(FRAMES_ARE_MASKED, PAYLOAD_IS_MASKED, COVERS_THE_PAYLOAD, KEEPS_THE_LENGTH),
            steps=(
                *begun(),
                send(frame(PING, numbered(length))),
                expect(
                    Reaction("answers with a Pong of the same payload", (PongIs(numbered(length)),)),
                    needs=frozenset({Need.PONG}),
                ),
            ),
            because="§5.3: byte i of the payload goes with byte i mod 4 of the key, from the first byte to the last.",
        )
        for length in (1, 2, 3, 4, 5, 6, 7, 8, 9, 31, 32, 33, 124, 125)
    ),
    Case(
        id="client/masking/pong-behind-pong",
        roles=CLIENTS,
        verifies=(KEY_IS_IN_THE_FRAME, PAYLOAD_IS_MASKED),
        steps=(
            *begun(),
            send(frame(PING, numbered(3))),
            expect(Reaction("answers with a Pong", (PongIs(numbered(3)),)), needs=frozenset({Need.PONG})),
            send(frame(PING, numbered(6))),
            expect(Reaction("answers with a Pong", (PongIs(numbered(6)),)), needs=frozenset({Need.PONG})),
        ),
        because="§5.3: the key of a frame stands in this frame, and counting begins anew in each.",
    ),
    *(
        Case(
            id=f"client/masking/{words}",
            roles=CLIENTS,
            verifies=(FRAMES_ARE_MASKED, PAYLOAD_IS_MASKED, ALL_IS_MASKED, MASKS_WHAT_IT_SENDS),
            steps=(*begun(), send(frame(opcode, payload)), echoes(opcode, payload)),
            because="§10.3: all data from a client is masked, so that nobody decides which bytes are on the wire.",
        )
        for words, opcode, payload in (
            ("text-that-looks-like-a-request", TEXT, LOOKS_LIKE_A_REQUEST.encode()),
            ("empty-text", TEXT, b""),
            ("binary-of-126-bytes", BINARY, numbered(126)),
            ("binary-of-65535-bytes", BINARY, numbered(65_535)),
            ("binary-of-65536-bytes", BINARY, numbered(65_536)),
        )
    ),
    Case(
        id="client/masking/fragments",
        roles=CLIENTS,
        verifies=(FRAMES_ARE_MASKED, KEY_IS_IN_THE_FRAME),
        steps=(
            *begun(),
            send(*fragments(BINARY, numbered(5), numbered(7), numbered(3))),
            echoes(BINARY, numbered(5) + numbered(7) + numbered(3)),
        ),
        because="§5.3: however a client cuts a message, each of its frames has a key and is masked with it.",
    ),
    Case(
        id="client/masking/keys-of-40-pongs",
        roles=CLIENTS,
        verifies=(KEY_IS_FRESH,),
        steps=(
            *begun(),
            *(step for i in range(40) for step in (send(frame(PING, f"{i}")), pongs(f"{i}".encode()))),
        ),
        because="§5.3: a client picks a new key for each frame.",
    ),
    Case(
        id="client/masking/keys-of-1450-echoes",
        roles=CLIENTS,
        verifies=(KEY_IS_UNPREDICTABLE, KEY_IS_CHOSEN_AT_RANDOM, KEY_IS_NEW),
        steps=(
            *begun(),
            *(
                step
                for batch in range(29)
                for step in (
                    send(*(frame(TEXT, f"{batch}/{i}") for i in range(50))),
                    expect(
                        Reaction(
                            "echoes 50 messages", tuple(MessageIs(TEXT, f"{batch}/{i}".encode()) for i in range(50))
                        ),
                        needs=frozenset({Need.ECHO}),
                    ),
                )
            ),
        ),
        because="§5.3, §10.3: keys come from a strong source: those of 1,400 frames do not foretell the next 50.",
    ),
    Case(
        id="client/masking/close",
        roles=CLIENTS,
        verifies=(FRAMES_ARE_MASKED, HAS_THE_MASK_BIT),
        steps=(
            *begun(),
            send(close_frame(1000, "masked, too")),
            expect(Reaction("answers with a Close", (CloseIs(frozenset(), negated=True),))),
            ends_tcp(),
        ),
        because="§5.1, §5.5.1: a client masks its Close like any other frame.",
    ),
)
