"""How a client comes back by itself when its connection broke: the delays, and what §7.2.3 has against them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from .model import Breach, RequirementId, Turn
from .peer import Signal

BACKS_OFF: RequirementId = "6455/7.2.3/reconnecting-uses-backoff"
FIRST_IS_RANDOM: RequirementId = "6455/7.2.3/first-reconnect-is-delayed-at-random"
DELAYS_GROW: RequirementId = "6455/7.2.3/reconnect-delays-grow"

AT_ONCE_SECONDS = 0.02
"""What is shorter is no delay, but the time that a connection takes."""

GROWTH = 1.3
"""How much longer than the shortest of the first delays the longest of the last has to be, jitter allowed for."""


def delays(transcript: Sequence[Turn]) -> Iterator[float]:
    """Yield how long after the end of each connection, in seconds, the client was there again."""
    over: float | None = None
    for turn in transcript:
        if turn.heard is Signal.AGAIN and over is not None:
            yield turn.at - over
            over = None
        elif over is None and (_is_end(turn.heard) or any(map(_is_end, turn.said))):
            over = turn.at


def returning_breaches(transcript: Sequence[Turn]) -> Iterator[Breach]:
    """Yield what §7.2.3 has against the delays of a client that came back several times."""
    first, *later = delays(transcript)
    shown = ", ".join(f"{delay:.2f}" for delay in (first, *later))
    if max((first, *later)) < AT_ONCE_SECONDS:
        yield Breach(BACKS_OFF, f"a client that comes back at once each time, after {shown} s")
    if first < AT_ONCE_SECONDS:
        yield Breach(FIRST_IS_RANDOM, f"a client that comes back {first * 1000:.0f} ms after its connection broke")
    half = len(later) // 2
    if half and max(later[half:]) < GROWTH * min(later[:half]):
        yield Breach(DELAYS_GROW, f"delays of {shown} s")


def _is_end(chunk: object) -> bool:
    return chunk in (Signal.END, Signal.RESET)
