"""How much of a reaction time is this machine's own: a null case, played over its loopback with nobody to judge.

What a run says of how quickly a target reacts holds the time that sockets, the event loop and other programs take as
well. The null case goes the same way, to a peer that returns what it hears and thinks of nothing: no reaction that is
quicker than this can be told from another.
"""

from __future__ import annotations

import asyncio
import contextlib
import math
from collections.abc import Sequence

from .peer import Chunk, Signal
from .sockets import Wire, listening

ROUND_TRIPS = 48
"""How many round trips the null case has."""

NULL_SECONDS = 0.04
"""How long it may take in all; what was measured by then counts."""

PERCENTILES = (50, 90, 99)

_BALL = b"\x89\x00"  # as little as a Ping


async def measured_noise() -> dict[str, float]:
    """Play the null case; return the PERCENTILES of its round trips in ms, as in "p50"; empty without a loopback."""
    rally = _Rally()
    with contextlib.suppress(OSError, TimeoutError):
        async with asyncio.timeout(NULL_SECONDS), listening(_Wall) as port:
            loop = asyncio.get_running_loop()
            _, wire = await loop.create_connection(lambda: Wire(rally), "127.0.0.1", port)
            try:
                await wire.closed
            finally:
                wire.abort()
    if not rally.seconds:
        return {}
    return {f"p{percent}": round(1000 * percentile(rally.seconds, percent), 4) for percent in PERCENTILES}


def percentile(values: Sequence[float], percent: int) -> float:
    """Return the least of ``values`` that ``percent`` of them do not exceed.

    >>> percentile([4, 1, 3, 2], 50), percentile([4, 1, 3, 2], 99)
    (2, 4)
    """
    return sorted(values)[math.ceil(len(values) * percent / 100) - 1]


class _Rally:
    """Says the ball again whenever it comes back. ``seconds`` are the times that it took."""

    def __init__(self) -> None:
        self.seconds: list[float] = []
        self._said_at = 0.0
        self._has_ball = True

    def receive(self, chunk: Chunk, now: float) -> None:
        if isinstance(chunk, bytes):
            self.seconds.append(now - self._said_at)
            self._has_ball = True

    def transmit(self, now: float) -> list[Chunk]:
        if not self._has_ball:
            return []
        self._has_ball = False
        self._said_at = now
        return [_BALL] if len(self.seconds) < ROUND_TRIPS else [Signal.END]

    def next_deadline(self) -> float | None:
        return None


class _Wall:
    """Says what it heard."""

    def __init__(self) -> None:
        self._heard: list[Chunk] = []

    def receive(self, chunk: Chunk, now: float) -> None:
        self._heard.append(chunk)

    def transmit(self, now: float) -> list[Chunk]:
        said, self._heard = self._heard, []
        return said

    def next_deadline(self) -> float | None:
        return None
