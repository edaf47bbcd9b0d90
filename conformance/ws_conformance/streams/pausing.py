"""A wire on which no more is said for now when the other end does not take what was."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Protocol

from ..peer import Peer
from ..sockets import Wire

UNSENT_BYTES = 256 * 1024
"""How much may wait to be taken by the other end before it is told no more for now."""


class Pausable(Protocol):
    """Whoever heeds that too much waits to be taken."""

    is_paused: bool


class PausingWire(Wire):
    """Joins ``peer`` to the transport it is given, and tells ``pausable`` when to pause."""

    def __init__(self, peer: Peer, pausable: Pausable, on_turn: Callable[[], None] = lambda: None) -> None:
        super().__init__(peer, on_turn)
        self._pausable = pausable

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        transport.set_write_buffer_limits(high=UNSENT_BYTES)
        super().connection_made(transport)

    def pause_writing(self) -> None:
        self._pausable.is_paused = True

    def resume_writing(self) -> None:
        self._pausable.is_paused = False
        self._loop.call_soon(self.wake)  # asyncio is in the middle of writing when it says this
