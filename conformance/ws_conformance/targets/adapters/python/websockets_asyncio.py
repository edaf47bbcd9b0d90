"""The asyncio side of websockets, echoing. Arguments: server PORT | client URL."""

import asyncio
import contextlib
import sys

from websockets.asyncio.client import ClientConnection, connect
from websockets.asyncio.server import ServerConnection, serve

VISITS = 10_000  # a client comes back for the next case


async def echo(connection: ClientConnection | ServerConnection) -> None:
    async for message in connection:
        await connection.send(message)


async def server(port: str) -> None:
    async with serve(echo, "127.0.0.1", int(port), max_size=None, ping_interval=None) as listening:
        await listening.serve_forever()


async def client(url: str) -> None:
    for _ in range(VISITS):
        with contextlib.suppress(Exception):
            async with connect(url, max_size=None, ping_interval=None) as connection:
                await echo(connection)


asyncio.run({"server": server, "client": client}[sys.argv[1]](sys.argv[2]))
