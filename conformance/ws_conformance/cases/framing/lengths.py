"""The three forms of the payload length, at each of their edges (RFC 6455 §5.2)."""

from __future__ import annotations

from ws_conformance.model import BOTH, Case, MessageIs, Need, PongIs, Quiet, Reaction, RequirementId
from ws_conformance.vocabulary import POLICY, PROTOCOL_ERROR, TOO_BIG, frame, opened, send
from ws_conformance.wire import BINARY, PING, TEXT

from .latitude import counting, echoes_within_limits, fails_or, fence_within_limits

LENGTHS = (0, 1, 124, 125, 126, 127, 128, 255, 256, 65_534, 65_535, 65_536, 65_537)
"""Both sides of each edge between two forms, and of the edge between one byte and two."""

MINIMAL_IS_EXPECTED = "6455/5.2/minimal-length-is-expected"
TOP_BIT_IS_REFUSED = "6455/5.2/top-bit-length-is-refused"
FRAME_SIZE_IS_LIMITED = "6455/10.4/frame-size-is-limited"


def is_read(length: int) -> RequirementId:
    """Return the requirement to read a length in the form that ``length`` has."""
    bits = 7 if length < 126 else 16 if length < 65_536 else 64
    return f"6455/5.2/length-{bits}-bits-is-read"


MESSAGES = tuple(
    Case(
        id=f"framing/length/{name}-of-{length}-bytes",
        roles=BOTH,
        verifies=(
            is_read(length),
            "6455/5.2/length-is-minimal",
            "6455/5.6/message-keeps-its-type",
            *(() if length else ("6455/5.2/empty-payload-is-read",)),
        ),
        steps=(
            *opened(),
            send(frame(opcode, counting(length))),
            echoes_within_limits(opcode, counting(length)),
        ),
        because="§5.2: a length is read in the form it is written in, and written in the shortest that holds it.",
    )
    for name, opcode in (("text", TEXT), ("binary", BINARY))
    for length in LENGTHS
)

FRAME_ENDS = tuple(
    Case(
        id=f"framing/length/ping-behind-{length}-bytes",
        roles=BOTH,
        verifies=(is_read(length), "6455/5.2/length-ends-the-frame"),
        steps=(
            *opened(),
            send(frame(BINARY, counting(length), fin=False), note="a fragment, so that nobody has to answer"),
            *fence_within_limits(length),
        ),
        because="§5.2: the length says where the next frame begins; a Ping there is seen by whoever has read it right.",
    )
    for length in LENGTHS
)

LONGER_THAN_NEEDED = ((0, 2), (5, 2), (125, 2), (0, 8), (5, 8), (126, 8), (65_535, 8))
"""Lengths, and the number of bytes that they are written in although fewer would do."""

NOT_MINIMAL_BECAUSE = (
    "§5.2: the rule to write a length in as few bytes as possible is the sender's. A receiver that fails the "
    "connection is right, and one that reads on is forbearing."
)

NOT_MINIMAL = (
    *(
        Case(
            id=f"framing/length/{length}-in-{8 * length_bytes}-bits",
            roles=BOTH,
            verifies=(MINIMAL_IS_EXPECTED,),
            steps=(
                *opened(),
                send(frame(TEXT, counting(length), length_bytes=length_bytes)),
                fails_or(
                    Reaction("echoes the message", (MessageIs(TEXT, counting(length)),), (MINIMAL_IS_EXPECTED,)),
                    codes=(PROTOCOL_ERROR, TOO_BIG) if length > 125 else (PROTOCOL_ERROR,),
                    needs=frozenset({Need.ECHO}),
                ),
            ),
            because=NOT_MINIMAL_BECAUSE,
        )
        for length, length_bytes in LONGER_THAN_NEEDED
    ),
    *(
        Case(
            id=f"framing/length/ping-of-{length}-in-{8 * length_bytes}-bits",
            roles=BOTH,
            verifies=(MINIMAL_IS_EXPECTED,),
            steps=(
                *opened(),
                send(frame(PING, counting(length), length_bytes=length_bytes)),
                fails_or(
                    Reaction("answers the Ping", (PongIs(counting(length)),), (MINIMAL_IS_EXPECTED,)),
                    needs=frozenset({Need.PONG}),
                ),
            ),
            because=NOT_MINIMAL_BECAUSE,
        )
        for length, length_bytes in LONGER_THAN_NEEDED
        if length <= 125
    ),
)

TOP_BIT_SET = tuple(
    Case(
        id=f"framing/length/top-bit-{name}",
        roles=BOTH,
        verifies=(TOP_BIT_IS_REFUSED, "6455/5.2/length-64-bits-is-read"),
        steps=(
            *opened(),
            send(frame(opcode, payload, declared_length=declared_length)),
            fails_or(
                Reaction("waits for the payload", (Quiet(),), (TOP_BIT_IS_REFUSED,)),
                codes=(PROTOCOL_ERROR, TOO_BIG),
            ),
        ),
        because="§5.2: the top bit of a 64-bit length is 0. No receiver's reaction is laid down, but there is no "
        "such payload to wait for, and none of its other bits are a length.",
    )
    for name, opcode, payload, declared_length in (
        ("and-nothing-else", TEXT, b"", 1 << 63),
        ("and-5", TEXT, b"Hello", 1 << 63 | 5),
        ("and-5-binary", BINARY, b"Hello", 1 << 63 | 5),
        ("and-70000", TEXT, counting(70_000), 1 << 63 | 70_000),
        ("and-all-others", TEXT, b"Hello", (1 << 64) - 1),
    )
)

HUGE = tuple(
    Case(
        id=f"framing/length/2-to-the-{power}-announced",
        roles=BOTH,
        verifies=(FRAME_SIZE_IS_LIMITED, "6455/7.1.1/any-means-may-close-when-necessary"),
        steps=(
            *opened(),
            send(frame(BINARY, "the beginning of very much", declared_length=1 << power)),
            fails_or(
                Reaction("waits for the payload", (Quiet(),), (FRAME_SIZE_IS_LIMITED,)),
                codes=(TOO_BIG, POLICY, PROTOCOL_ERROR),
            ),
        ),
        because="§10.4: endpoints should limit the size of a frame. Nobody has so much room, so there is nothing "
        "to wait for.",
    )
    for power in (40, 60)
)

CASES: tuple[Case, ...] = (*MESSAGES, *FRAME_ENDS, *NOT_MINIMAL, *TOP_BIT_SET, *HUGE)
