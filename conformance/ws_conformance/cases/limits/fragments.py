"""Messages of very many fragments, empty ones and messages without an end among them (RFC 6455 §5.4, §10.4)."""

from __future__ import annotations

from ws_conformance.model import BOTH, Case, Need, PongIs, Reaction, Send
from ws_conformance.vocabulary import frame, opened
from ws_conformance.wire import BINARY, CONTINUATION, PING, TEXT, WireFrame

from .strain import LIMITS, SIZE_LIMITS, echoes_or_refuses, within_limits

COUNTS = (1_000, 16_384, 131_000)
EMPTY_COUNT = 10_000

JOINED = (
    "6455/5.4/fragments-are-reassembled",
    "6455/5.4/fragments-of-any-size-are-accepted",
    SIZE_LIMITS,
)


def many(opcode: int, payload: bytes, count: int, *, fin: bool) -> tuple[WireFrame, ...]:
    """Return so many fragments of one message; the last of them is final if ``fin``."""
    middle = frame(CONTINUATION, payload, fin=False)
    return frame(opcode, payload, fin=False), *(middle,) * (count - 2), frame(CONTINUATION, payload, fin=fin)


FINISHED = tuple(
    Case(
        id=f"limits/fragments/{count}-{name}-of-one-byte",
        roles=BOTH,
        verifies=JOINED,
        steps=(*opened(), Send(many(opcode, b"x", count, fin=True)), echoes_or_refuses(opcode, b"x", count)),
        because="§5.4: a message may come in any number of fragments; §10.4: a target that takes no more says so.",
        tags=LIMITS,
    )
    for name, opcode in (("text", TEXT), ("binary", BINARY))
    for count in COUNTS
)

UNFINISHED = tuple(
    Case(
        id=f"limits/fragments/{count}-{words}-without-an-end",
        roles=BOTH,
        verifies=(SIZE_LIMITS, "6455/5.4/control-frame-is-answered-between-fragments"),
        steps=(
            *opened(),
            Send((*many(BINARY, payload, count, fin=False), frame(PING, "behind them"))),
            within_limits(
                Reaction("answers the Ping behind them", (PongIs(b"behind them"),)),
                length=7 * count,
                needs=frozenset({Need.PONG}),
            ),
        ),
        because="§10.4: fragments that never end a message are kept within a limit; §5.4: and a Ping between them is "
        "answered as long as they are taken.",
        tags=LIMITS,
    )
    for words, payload, count in (
        *(("of-one-byte", b"x", count) for count in COUNTS),
        ("empty", b"", EMPTY_COUNT),
    )
)

EMPTY = tuple(
    Case(
        id=f"limits/fragments/{EMPTY_COUNT}-{name}-empty",
        roles=BOTH,
        verifies=JOINED,
        steps=(
            *opened(),
            Send((*many(opcode, b"", EMPTY_COUNT, fin=False), frame(CONTINUATION, "something at last"))),
            echoes_or_refuses(opcode, b"something at last"),
        ),
        because="§5.4: empty fragments add nothing to a message and do not end it.",
        tags=LIMITS,
    )
    for name, opcode in (("text", TEXT), ("binary", BINARY))
)

CASES: tuple[Case, ...] = (*FINISHED, *UNFINISHED, *EMPTY)
