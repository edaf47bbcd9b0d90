"""Messages that are long, in one frame, in many, or in many small writes, and many messages (RFC 6455 §5.2, §10.4)."""

from __future__ import annotations

from ws_conformance.model import BOTH, Case, Expect, MessageIs, Need, Reaction, Send
from ws_conformance.vocabulary import echoes, frame, opened, send
from ws_conformance.wire import BINARY, CONTINUATION, TEXT, WireFrame

from .strain import KIB, LIMITS, MIB, block, echoes_or_refuses, long_fragments, long_frame

TYPES = (("text", TEXT), ("binary", BINARY))

LENGTHS = (
    ("64-kib", 64 * KIB, 1),
    ("256-kib", 256 * KIB, 1),
    ("1-mib", MIB, 1),
    ("4-mib", MIB, 4),
    ("8-mib", MIB, 8),
    ("16-mib", MIB, 16),
    ("64-mib", MIB, 64),
)
"""Words, and a unit and how often it is repeated, so that nothing longer than a unit is ever kept here."""

FRAGMENT_LENGTHS = (64, 256, KIB, 4 * KIB, 16 * KIB, 64 * KIB, 256 * KIB, MIB)
WRITE_LENGTHS = (64, 128, 256, 512, KIB, 2 * KIB)
ROUND_TRIP_LENGTHS = (0, 16, 64, 256, KIB, 4 * KIB)
ROUND_TRIPS = 1000

IS_READ = ("6455/5.2/length-64-bits-is-read", "6455/6.2/application-data-is-the-message")
IS_JOINED = ("6455/5.4/fragments-are-reassembled", "6455/5.4/fragments-of-any-size-are-accepted")

ONE_FRAME = tuple(
    Case(
        id=f"limits/messages/{name}-of-{words}",
        roles=BOTH,
        verifies=IS_READ,
        steps=(*opened(), long_frame(opcode, block(unit), times), echoes_or_refuses(opcode, block(unit), times)),
        because="§5.2: a long frame is read to its end and its payload is the message; §10.4: or the target has a "
        "limit, and says so.",
        tags=LIMITS,
    )
    for name, opcode in TYPES
    for words, unit, times in LENGTHS
)


def in_fragments(opcode: int, unit: bytes, times: int) -> tuple[WireFrame, ...]:
    """Return a message of so many fragments, each ``unit``."""
    first = frame(opcode, unit, fin=False)
    middle = frame(CONTINUATION, unit, fin=False)
    return first, *(middle,) * (times - 2), frame(CONTINUATION, unit)


MANY_FRAMES = tuple(
    Case(
        id=f"limits/messages/{name}-of-4-mib-in-fragments-of-{length}",
        roles=BOTH,
        verifies=IS_JOINED,
        steps=(
            *opened(),
            Send(in_fragments(opcode, block(length), 4 * MIB // length)),
            echoes_or_refuses(opcode, block(length), 4 * MIB // length),
        ),
        because="§5.4: the fragments of a message are joined, however many they are; §10.4: or the target has a limit.",
        tags=LIMITS,
    )
    for name, opcode in TYPES
    for length in FRAGMENT_LENGTHS
)

LONG_FRAGMENTS = tuple(
    Case(
        id=f"limits/messages/{name}-of-{words}-in-fragments-of-1-mib",
        roles=BOTH,
        verifies=IS_JOINED,
        steps=(*opened(), long_fragments(opcode, block(MIB), times), echoes_or_refuses(opcode, block(MIB), times)),
        because="§5.4, §10.4: a message may be too long although none of its frames is; it is joined, or refused.",
        tags=LIMITS,
    )
    for name, opcode in TYPES
    for words, times in (("16-mib", 16), ("64-mib", 64))
)

SMALL_WRITES = tuple(
    Case(
        id=f"limits/messages/{name}-of-1-mib-in-writes-of-{length}",
        roles=BOTH,
        verifies=(*IS_READ, "6455/5.2/length-ends-the-frame"),
        steps=(
            *opened(),
            long_frame(opcode, block(length), MIB // length),
            echoes_or_refuses(opcode, block(length), MIB // length),
        ),
        because="§5.2: a frame ends where its length says, in however many pieces it comes.",
        tags=LIMITS,
    )
    for name, opcode in TYPES
    for length in WRITE_LENGTHS
)


def first_echo(opcode: int, payload: bytes) -> Expect:
    """A target that takes no message of this length at all is not to be judged by a thousand of them."""
    echo = Reaction("echoes the message", (MessageIs(opcode, payload),))
    return Expect(reactions=(echo,), control=True, needs=frozenset({Need.ECHO}))


MANY_MESSAGES = tuple(
    Case(
        id=f"limits/messages/{ROUND_TRIPS}-{name}-of-{length}-bytes",
        roles=BOTH,
        verifies=("6455/6.2/next-data-frame-begins-a-new-message", "6455/5.6/message-keeps-its-type"),
        steps=(
            *opened(),
            send(frame(opcode, block(length))),
            first_echo(opcode, block(length)),
            *(send(frame(opcode, block(length))), echoes(opcode, block(length))) * (ROUND_TRIPS - 1),
        ),
        because="§6.2: behind the last frame of a message the next one begins, each as if it were the first.",
        tags=LIMITS,
    )
    for name, opcode in TYPES
    for length in ROUND_TRIP_LENGTHS
)

CASES: tuple[Case, ...] = (*ONE_FRAME, *MANY_FRAMES, *LONG_FRAGMENTS, *SMALL_WRITES, *MANY_MESSAGES)
