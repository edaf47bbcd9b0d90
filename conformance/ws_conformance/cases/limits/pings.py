"""Very many control frames at once (RFC 6455 §5.5.2, §5.5.3)."""

from __future__ import annotations

from ws_conformance.model import BOTH, Case, Need, PongIs, Reaction
from ws_conformance.vocabulary import frame, opened, send
from ws_conformance.wire import PING, PONG

from .strain import LIMITS, block, within_limits

COUNTS = (1_000, 10_000)

_PONG = frozenset({Need.PONG})

CASES: tuple[Case, ...] = (
    *(
        Case(
            id=f"limits/pings/{count}-at-once",
            roles=BOTH,
            verifies=("6455/5.5.2/ping-is-answered", "6455/5.5.3/pong-copies-the-payload"),
            steps=(
                *opened(),
                send(*(frame(PING, block(125)),) * (count - 1), frame(PING, "the last of many")),
                within_limits(
                    Reaction("answers the last Ping", (PongIs(b"the last of many"),)), length=131 * count, needs=_PONG
                ),
            ),
            because="§5.5.2, §5.5.3: of many Pings each may be answered, and the latest has to be; a target may also "
            "defend itself and close (§7.3).",
            tags=LIMITS,
        )
        for count in COUNTS
    ),
    *(
        Case(
            id=f"limits/pings/behind-{count}-pongs",
            roles=BOTH,
            verifies=("6455/5.5.3/unsolicited-pong-is-accepted", "6455/5.5.2/ping-is-answered"),
            steps=(
                *opened(),
                send(*(frame(PONG, block(125)),) * count, frame(PING, "behind them")),
                within_limits(
                    Reaction("answers the Ping behind them", (PongIs(b"behind them"),)),
                    length=131 * count,
                    needs=_PONG,
                ),
            ),
            because="§5.5.3: Pongs that answer nothing leave the connection as it was, however many they are; a target "
            "may also defend itself and close (§7.3).",
            tags=LIMITS,
        )
        for count in COUNTS
    ),
)
