"""A feed behind a port: what is made by the clock, for as many subscribers as there is room for."""

from __future__ import annotations

import asyncio
import contextlib
import random
import ssl
import time
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from ..clients.meeting import Dropped
from ..mutants.feed_server import FeedSession, encode
from ..sockets import Wire
from .feeding.exchange import Exchange
from .feeding.faults import Planned, Schedule
from .feeding.node import Node
from .feeding.publishing import Publisher
from .feeding.source import Source
from .pausing import PausingWire

FeedName = Literal["exchange", "node"]

SOURCES: Mapping[str, Callable[..., Source]] = {"exchange": Exchange, "node": Node}

RATE = 200.0
"""How many messages a second are made, unless the user says otherwise."""

FASTEST = 50_000.0
"""How many can be asked for."""

SUBSCRIBERS = 4_096
"""How many subscribers there may be, unless the user says otherwise."""

ARRIVING = 256
"""How many connections more there may be that are not yet subscribers, or no longer. Others are dropped."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Feed:
    """What is served: ``rate`` messages a second, made from ``seed``, with ``faults``, to as many as have ``room``."""

    name: FeedName
    rate: float = RATE
    seed: int = 0
    faults: Sequence[Planned] = ()
    deflate: bool = True
    room: int = SUBSCRIBERS
    ping_seconds: float | None = 20.0

    def publisher(self, now: float) -> Publisher:
        """Return what publishes it from ``now`` on, on the loop's clock."""
        source = SOURCES[self.name](random.Random(self.seed).random, rate=self.rate, now=now, epoch=time.time() - now)
        return Publisher(source, Schedule(self.faults), encode, now=now)


@dataclass(slots=True)
class Tally:
    """What came of serving: how many ``connections`` there were, and how many were too slow."""

    connections: int = 0
    shed: int = 0


@dataclass(slots=True)
class Served:
    """A feed that is being served at ``port``."""

    port: int
    publisher: Publisher
    tally: Tally


@contextlib.asynccontextmanager
async def serving(
    feed: Feed, *, host: str = "127.0.0.1", port: int = 0, tls: ssl.SSLContext | None = None
) -> AsyncIterator[Served]:
    """Serve ``feed`` as long as the context lasts. Raises OSError if the port cannot be had."""
    loop = asyncio.get_running_loop()
    publisher = feed.publisher(loop.time())
    wires: set[Wire] = set()
    tally = Tally()

    def left(wire: Wire, session: FeedSession) -> None:
        wires.discard(wire)
        tally.shed += session.facts.is_shed

    def connect() -> asyncio.Protocol:
        if len(wires) >= feed.room + ARRIVING:
            return Dropped()
        session = FeedSession(
            publisher, room=feed.room, deflate=feed.deflate, ping_seconds=feed.ping_seconds, now=loop.time()
        )
        wire = PausingWire(session, session)
        wires.add(wire)
        tally.connections += 1
        wire.closed.add_done_callback(lambda _: left(wire, session))
        return wire

    server = await loop.create_server(connect, host, port, ssl=tls, backlog=1024)
    try:
        yield Served(server.sockets[0].getsockname()[1], publisher, tally)
    finally:
        server.close()
        for wire in list(wires):
            wire.abort()
