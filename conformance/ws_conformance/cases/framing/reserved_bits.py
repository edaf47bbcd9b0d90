"""RSV1, RSV2 and RSV3 without an extension that gives them a meaning (RFC 6455 §5.2)."""

from __future__ import annotations

from dataclasses import replace

from ws_conformance.model import BOTH, Case
from ws_conformance.vocabulary import (
    PROTOCOL_ERROR,
    close_frame,
    echoes,
    fails_the_connection,
    frame,
    opened,
    send,
)
from ws_conformance.wire import BINARY, CONTINUATION, PING, PONG, RSV1, RSV2, RSV3, TEXT, WireFrame

from .latitude import counting

RSV_FAILS = "6455/5.2/reserved-bit-set-fails-the-connection"
BECAUSE = "§5.2: a bit that no negotiated extension defines is 0, and whoever receives another value fails the connection."

BITS = (("rsv1", RSV1), ("rsv2", RSV2), ("rsv3", RSV3))

COMBINATIONS = tuple(
    ("-".join(name for name, bit in BITS if rsv & bit), rsv) for rsv in (4, 2, 1, 6, 5, 3, 7)
)
"""Each way to set one, two or all of the bits, by name."""

FRAMES: tuple[tuple[str, tuple[WireFrame, ...]], ...] = (
    ("text", (frame(TEXT, "reserved bits"),)),
    ("binary", (frame(BINARY, "reserved bits"),)),
    ("continuation", (frame(TEXT, "no reserved bits, ", fin=False), frame(CONTINUATION, "reserved bits"))),
    ("ping", (frame(PING, "reserved bits"),)),
    ("pong", (frame(PONG, "reserved bits"),)),
    ("close", (close_frame(1000, "reserved bits"),)),
)

PLACES: tuple[tuple[str, tuple[WireFrame, ...]], ...] = (
    ("empty-text", (frame(TEXT),)),
    ("empty-ping", (frame(PING),)),
    ("text-of-126-bytes", (frame(TEXT, counting(126)),)),
    ("first-fragment", (frame(TEXT, "reserved bits", fin=False),)),
    (
        "middle-fragment",
        (frame(BINARY, "no reserved bits, ", fin=False), frame(CONTINUATION, "reserved bits", fin=False)),
    ),
    ("ping-between-fragments", (frame(TEXT, "no reserved bits", fin=False), frame(PING, "reserved bits"))),
    ("ping-behind-a-ping", (frame(PING, "no reserved bits"), frame(PING, "reserved bits"))),
)


def last_one(frames: tuple[WireFrame, ...], rsv: int) -> tuple[WireFrame, ...]:
    """Return ``frames`` with reserved bits on the last one."""
    return (*frames[:-1], replace(frames[-1], rsv=rsv))


CASES: tuple[Case, ...] = (
    *(
        Case(
            id=f"framing/rsv/{bits}-on-{name}",
            roles=BOTH,
            verifies=(RSV_FAILS,),
            steps=(*opened(), send(*last_one(frames, rsv)), *fails_the_connection(PROTOCOL_ERROR)),
            because=BECAUSE,
        )
        for name, frames in FRAMES
        for bits, rsv in COMBINATIONS
    ),
    *(
        Case(
            id=f"framing/rsv/{bit_name}-on-{name}",
            roles=BOTH,
            verifies=(RSV_FAILS,),
            steps=(*opened(), send(*last_one(frames, bit)), *fails_the_connection(PROTOCOL_ERROR)),
            because=BECAUSE,
        )
        for name, frames in PLACES
        for bit_name, bit in BITS
    ),
    *(
        Case(
            id=f"framing/rsv/{bit_name}-after-a-message",
            roles=BOTH,
            verifies=(RSV_FAILS,),
            steps=(
                *opened(),
                send(frame(TEXT, "no reserved bits"), note="a lawful message"),
                echoes(TEXT, "no reserved bits"),
                send(frame(TEXT, "reserved bits", rsv=bit)),
                *fails_the_connection(PROTOCOL_ERROR),
            ),
            because=BECAUSE,
        )
        for bit_name, bit in BITS
    ),
)
