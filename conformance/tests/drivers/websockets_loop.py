"""The client of ``websockets`` in the loop of Autobahn's suite. Arguments: the server's URL, and which cases (N-M)."""

from __future__ import annotations

import asyncio
import json
import sys

from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake

AGENT = "websockets"


async def ask(url: str) -> str:
    async with connect(url) as connection:
        return str(await connection.recv())


async def main(server: str, wanted: str) -> None:
    count = json.loads(await ask(f"{server}/getCaseCount"))
    first, _, last = wanted.partition("-")
    for case in range(int(first or 1), min(int(last or count), count) + 1):
        try:
            async with connect(f"{server}/runCase?case={case}&agent={AGENT}", ping_interval=None) as connection:
                async for message in connection:
                    await connection.send(message)
        except (ConnectionClosed, InvalidHandshake, EOFError):
            pass  # how it ends is for the suite to judge
        await ask(f"{server}/getCaseStatus?case={case}&agent={AGENT}")
    async with connect(f"{server}/updateReports?agent={AGENT}") as connection:
        await connection.wait_closed()


asyncio.run(main(sys.argv[1], sys.argv[2] if len(sys.argv) > 2 else ""))
