"""Control frames of more than 125 bytes (RFC 6455 §5.5)."""

from __future__ import annotations

from ws_conformance.cases.framing.latitude import fails_or
from ws_conformance.model import BOTH, Case
from ws_conformance.vocabulary import (
    NORMAL,
    PROTOCOL_ERROR,
    TOO_BIG,
    close_frame,
    fails_the_connection,
    frame,
    opened,
    send,
)
from ws_conformance.wire import PING, PONG, TEXT, WireFrame

LONG_FAILS = "6455/5.5/long-control-frame-fails"
BECAUSE = "§5.5: the payload of a control frame is 125 bytes or less; a receiver fails the connection on a longer one."

LENGTHS = (126, 127, 256)
VERY_LONG = (65_535, 65_536)
"""So long that a target may end TCP before it has read all, and RST is what comes of that."""

KINDS = (("ping", PING), ("pong", PONG))


def long_close(length: int) -> WireFrame:
    """Return a Close frame whose body is ``length`` bytes, all of them lawful but for their number."""
    return close_frame(NORMAL, b"x" * (length - 2))


CASES: tuple[Case, ...] = (
    *(
        Case(
            id=f"control/too-long/{name}-of-{length}-bytes",
            roles=BOTH,
            verifies=(LONG_FAILS,),
            steps=(
                *opened(),
                send(frame(opcode, b"x" * length)),
                *fails_the_connection(PROTOCOL_ERROR, TOO_BIG, offence=frame(opcode, b"x" * length)),
            ),
            because=BECAUSE,
        )
        for name, opcode in KINDS
        for length in LENGTHS
    ),
    *(
        Case(
            id=f"control/too-long/{name}-of-{length}-bytes",
            roles=BOTH,
            verifies=(LONG_FAILS,),
            steps=(*opened(), send(frame(opcode, b"x" * length)), fails_or(codes=(PROTOCOL_ERROR, TOO_BIG))),
            because=BECAUSE,
        )
        for name, opcode in KINDS
        for length in VERY_LONG
    ),
    *(
        Case(
            id=f"control/too-long/close-of-{length}-bytes",
            roles=BOTH,
            verifies=(LONG_FAILS,),
            steps=(*opened(), send(long_close(length)), *fails_the_connection(PROTOCOL_ERROR, TOO_BIG)),
            because=BECAUSE,
        )
        for length in (126, 127)
    ),
    *(
        Case(
            id=f"control/too-long/{name}-of-126-bytes-inside-a-message",
            roles=BOTH,
            verifies=(LONG_FAILS,),
            steps=(
                *opened(),
                send(frame(TEXT, "unfinished", fin=False), frame(opcode, b"x" * 126)),
                *fails_the_connection(PROTOCOL_ERROR, TOO_BIG, offence=frame(opcode, b"x" * 126)),
            ),
            because=BECAUSE,
        )
        for name, opcode in KINDS
    ),
    *(
        Case(
            id=f"control/too-long/{name}-of-126-bytes-behind-a-ping",
            roles=BOTH,
            verifies=(LONG_FAILS,),
            steps=(
                *opened(),
                send(frame(PING, "short enough"), frame(opcode, b"x" * 126)),
                *fails_the_connection(PROTOCOL_ERROR, TOO_BIG, offence=frame(opcode, b"x" * 126)),
            ),
            because=BECAUSE,
        )
        for name, opcode in KINDS
    ),
)
