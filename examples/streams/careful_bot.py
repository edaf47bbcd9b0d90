"""A bot that outlives what happens to streams. Argument: the URL.

It checks each sequence number, asks for a new snapshot when one is missing or the book makes no sense, gives a silent
connection up, comes back after a delay that grows and is left to chance, and leaves with a Close. While it does not
know what is true it says nothing.
"""

import asyncio
import contextlib
import json
import random
import signal
import sys

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake

MARKET = "ALPHA-BETA"
FIRST_DELAY_SECONDS, LONGEST_DELAY_SECONDS = 0.5, 5.0
SILENCE_SECONDS = 3.0  # there is a heartbeat every second


class Book:
    """The book as far as it is known; ``sequence`` is None while it is not."""

    def __init__(self) -> None:
        self.sides: dict[str, dict[float, float]] = {"bids": {}, "asks": {}}
        self.sequence: int | None = None

    def snapshot(self, message: dict) -> None:
        self.sides = {name: {float(p): float(s) for p, s in message[name]} for name in ("bids", "asks")}
        self.sequence = message["sequence"]

    def delta(self, message: dict) -> bool:
        """Take a delta in; return whether the book is still known."""
        if self.sequence is None or message["sequence"] <= self.sequence:
            return self.sequence is not None
        if message["sequence"] != self.sequence + 1:
            self.sequence = None
            return False
        self.sequence = message["sequence"]
        for name, side in self.sides.items():
            for price, size in message[name]:
                side[float(price)] = float(size)
                if not float(size):
                    del side[float(price)]
        bid, ask = self.top
        if bid >= ask:
            self.sequence = None
        return self.sequence is not None

    @property
    def top(self) -> tuple[float, float]:
        return max(self.sides["bids"]), min(self.sides["asks"])


async def follow(connection: ClientConnection) -> None:
    """Follow the stream until the connection ends, or is silent for too long."""
    book = Book()
    await ask(connection, "subscribe")
    while True:
        async with asyncio.timeout(SILENCE_SECONDS):
            text = await connection.recv()
        try:
            message = json.loads(text)
        except ValueError:
            continue
        if message.get("type") == "snapshot":
            book.snapshot(message)
        elif message.get("type") == "delta":
            if not book.delta(message):
                await ask(connection, "snapshot")
            elif book.sequence == message["sequence"]:
                bid, offer = book.top
                print(json.dumps({"market": MARKET, "bid": bid, "ask": offer}), flush=True)  # noqa: T201


async def ask(connection: ClientConnection, what: str) -> None:
    await connection.send(json.dumps({"op": what, "channel": "book", "market": MARKET, "id": what}))


async def live(url: str) -> None:
    """Connect again and again, after a delay that grows with each connection that was refused."""
    refusals = 0
    while True:
        with contextlib.suppress(OSError, TimeoutError, InvalidHandshake, ConnectionClosed):
            async with connect(url) as connection:
                refusals = 0
                await follow(connection)
        longest = min(LONGEST_DELAY_SECONDS, FIRST_DELAY_SECONDS * 2**refusals)
        refusals += 1
        await asyncio.sleep(random.uniform(longest / 2, longest))


async def main(url: str) -> None:
    living = asyncio.create_task(live(url))
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, living.cancel)
    with contextlib.suppress(asyncio.CancelledError):
        await living  # leaving connect() closes in order


asyncio.run(main(sys.argv[1]))
