"""The interface of everything that speaks: bytes and signals in, bytes and signals out, no I/O and no clock."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from typing import Protocol


class Role(Enum):
    """Which end of the WebSocket connection something is (RFC 6455 §1.2)."""

    CLIENT = "client"
    SERVER = "server"

    @property
    def opposite(self) -> Role:
        """The role of whoever talks to this one."""
        return Role.SERVER if self is Role.CLIENT else Role.CLIENT


class Signal(Enum):
    """What TCP can say besides bytes.

    A peer that hears ``END`` knows that no more bytes will come; TCP does not tell whether the sender still listens.
    A peer that says ``END`` is done with the connection, one that says ``HALF_END`` goes on reading. ``TRUNCATED`` is
    an end of TCP that TLS did not announce. ``AGAIN`` is said by a client that is on a new connection from here on.
    """

    END = "end"
    HALF_END = "half-end"
    RESET = "reset"
    TRUNCATED = "truncated"
    AGAIN = "again"


@dataclass(frozen=True, slots=True)
class Secured:
    """TLS is there, in this ``version``; the client named ``server_name``, or None."""

    version: str
    server_name: str | None


Chunk = bytes | Signal | Secured

Entropy = Callable[[int], bytes]
"""Returns that many bytes that a target cannot guess. Randomness is an argument, so that a run can be repeated."""


class Peer(Protocol):
    """One end of a conversation. ``now`` is seconds on any clock that only grows."""

    def receive(self, chunk: Chunk, now: float) -> None:
        """Take in what the other end said."""

    def transmit(self, now: float) -> list[Chunk]:
        """Return what to say now, in order; empty when there is nothing to say."""

    def next_deadline(self) -> float | None:
        """Return when ``transmit`` is to be called at the latest, or None for "only after the next chunk"."""
