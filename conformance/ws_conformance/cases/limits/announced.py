"""Frames that announce more than will ever come (RFC 6455 §10.4)."""

from __future__ import annotations

from ws_conformance.model import BOTH, Case, End
from ws_conformance.vocabulary import frame, opened, send
from ws_conformance.wire import BINARY, CONTINUATION, TEXT

from .strain import CLOSED_WHEN_TCP_IS, HALF_CLOSE, SIZE_LIMITS, notices_the_end

POWERS = (31, 32, 62)
BEGINNING = "the beginning of very much"

BECAUSE = (
    "§10.4: a target protects itself from sizes beyond its own. It may refuse the frame or wait for it; what has come "
    "of it when TCP ends is no message."
)

CASES: tuple[Case, ...] = (
    *(
        Case(
            id=f"limits/announced/{name}-of-2-to-the-{power}",
            roles=BOTH,
            verifies=(SIZE_LIMITS, CLOSED_WHEN_TCP_IS),
            steps=(
                *opened(),
                send(frame(opcode, BEGINNING, declared_length=1 << power)),
                End(half=True),
                notices_the_end(),
            ),
            because=BECAUSE,
            tags=HALF_CLOSE,
        )
        for name, opcode in (("text", TEXT), ("binary", BINARY))
        for power in POWERS
    ),
    Case(
        id="limits/announced/2-to-the-63-in-two-fragments",
        roles=BOTH,
        verifies=(SIZE_LIMITS, CLOSED_WHEN_TCP_IS),
        steps=(
            *opened(),
            send(frame(TEXT, BEGINNING, fin=False), frame(CONTINUATION, BEGINNING, declared_length=(1 << 63) - 1)),
            End(half=True),
            notices_the_end(),
        ),
        because=BECAUSE,
        tags=HALF_CLOSE,
    ),
)
