"""What a maker of a stream is to whoever publishes it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from .truth import Truth

Chance = Callable[[], float]
"""Returns a number from 0 to 1, of which 1 is not one. The same chance makes the same stream."""

Made = tuple[str, bytes]
"""A topic that can be subscribed to, and a message."""

ALL = ""
"""The topic that everybody gets."""

CATCH_UP_SECONDS = 0.2
"""How much is made up for at once when the machine had no time. What should have been made before that never is."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What comes of a subscriber's message: replies, topics that it gets from now on, and those it gets no more.

    ``is_snapshot`` is true where the whole state is among the replies.
    """

    replies: tuple[bytes, ...] = ()
    is_snapshot: bool = False
    adds: frozenset[str] = frozenset()
    drops: frozenset[str] = frozenset()


class Source(Protocol):
    """Makes a stream. ``now`` is in seconds on any clock that only grows."""

    truth: Truth
    skipped: int
    """How many messages were never made because there was no time."""

    def skip_to(self, now: float) -> None:
        """Make nothing of the time until ``now``."""

    def advance(self, now: float) -> list[Made]:
        """Return what is made until ``now``, each with the time at which it was due."""

    def heartbeat(self, now: float) -> bytes | None:
        """Return a heartbeat, None if the stream has none."""

    def answer(self, request: bytes, now: float) -> Answer:
        """Return what comes of a subscriber's message."""

    def go_wrong(self, fault: str, now: float) -> list[Made]:
        """Commit a fault that is in what is made; return what is made of it at once."""

    def marks(self, topic: str) -> bool:
        """Return whether a message of ``topic`` is one whose loss, repetition or place would be noticed."""
