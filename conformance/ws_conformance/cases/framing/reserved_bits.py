"""RSV1, RSV2 and RSV3 without an extension that gives them a meaning (RFC 6455 §5.2)."""

from __future__ import annotations

from msgspec.structs import replace

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
BECAUSE = "§5.2: a bit that no negotiated extension defines is 0; whoever receives a 1 there fails the connection."

BITS = (("rsv1", RSV1), ("rsv2", RSV2), ("rsv3", RSV3))

COMBINATIONS = tuple(("-".join(name for name, bit in BITS if rsv & bit), rsv) for rsv in (4, 2, 1, 6, 5, 3, 7))
"""Each way to set one, two or all of the bits, by name."""

FRAMES: tuple[tuple[str, tuple[WireFrame, ...]], ...] = (
    ("text", (frame(TEXT, "reserved bits"),)),
    ("binary", (frame(BINARY, "reserved bits"),)),
    ("continuation", (frame(TEXT, "no reserved bits, ", fin=False), frame(CONTINUATION, "reserved bits"))),
    ("ping", (frame(PING, "reserved bits"),)),
    ("pong", (frame(PONG, "reserved bits"),)),
    ("close", (close_frame(1000, "reserved bits"),)),
)

PLACES: tuple[tuple[str, int, tuple[WireFrame, ...]], ...] = (
    ("rsv1-on-empty-text", RSV1, (frame(TEXT),)),
    ("rsv2-on-empty-ping", RSV2, (frame(PING),)),
    ("rsv3-on-text-of-126-bytes", RSV3, (frame(TEXT, counting(126)),)),
    ("rsv1-rsv2-rsv3-on-empty-close", RSV1 | RSV2 | RSV3, (close_frame(None),)),
    ("rsv1-on-first-fragment", RSV1, (frame(TEXT, "reserved bits", fin=False),)),
    (
        "rsv2-on-middle-fragment",
        RSV2,
        (frame(BINARY, "no reserved bits, ", fin=False), frame(CONTINUATION, "reserved bits", fin=False)),
    ),
    (
        "rsv3-on-ping-between-fragments",
        RSV3,
        (frame(TEXT, "no reserved bits", fin=False), frame(PING, "reserved bits")),
    ),
    ("rsv1-on-ping-behind-a-ping", RSV1, (frame(PING, "no reserved bits"), frame(PING, "reserved bits"))),
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
            steps=(
                *opened(),
                send(*last_one(frames, rsv)),
                *fails_the_connection(PROTOCOL_ERROR, offence=frames[-1]),
            ),
            because=BECAUSE,
        )
        for name, frames in FRAMES
        for bits, rsv in COMBINATIONS
    ),
    *(
        Case(
            id=f"framing/rsv/{name}",
            roles=BOTH,
            verifies=(RSV_FAILS,),
            steps=(
                *opened(),
                send(*last_one(frames, bit)),
                *fails_the_connection(PROTOCOL_ERROR, offence=frames[-1]),
            ),
            because=BECAUSE,
        )
        for name, bit, frames in PLACES
    ),
    *(
        Case(
            id=f"framing/rsv/{bits}-after-a-message",
            roles=BOTH,
            verifies=(RSV_FAILS,),
            steps=(
                *opened(),
                send(frame(TEXT, "no reserved bits"), note="a lawful message"),
                echoes(TEXT, "no reserved bits"),
                send(frame(TEXT, "reserved bits", rsv=rsv)),
                *fails_the_connection(PROTOCOL_ERROR),
            ),
            because=BECAUSE,
        )
        for bits, rsv in COMBINATIONS
        if rsv in (RSV1, RSV2, RSV3, RSV2 | RSV3)
    ),
)
