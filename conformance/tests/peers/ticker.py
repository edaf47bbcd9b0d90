"""A server that pushes prices without being asked, and ignores whatever it is sent. Argument: the port."""

from __future__ import annotations

import asyncio
import contextlib
import json
import sys

from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosed

TICK_SECONDS = 0.02


async def tick(connection: ServerConnection) -> None:
    with contextlib.suppress(ConnectionClosed):
        for number in range(1_000_000):
            await connection.send(json.dumps({"symbol": "RFC", "price": 6455 + number}))
            await asyncio.sleep(TICK_SECONDS)


async def push(connection: ServerConnection) -> None:
    ticking = asyncio.create_task(tick(connection))
    async for _ in connection:
        pass
    await ticking


async def main(port: int) -> None:
    async with serve(push, "127.0.0.1", port, ping_interval=None) as server:
        await server.serve_forever()


asyncio.run(main(int(sys.argv[1])))
