"""An echo server whose process ends when it gets a text of 125 bytes. Argument: the port."""

from __future__ import annotations

import asyncio
import os
import sys

from websockets.asyncio.server import ServerConnection, serve

FATAL_LENGTH = 125


async def echo(connection: ServerConnection) -> None:
    async for message in connection:
        if isinstance(message, str) and len(message.encode()) == FATAL_LENGTH:
            os.write(1, b"\x1b[31mthe end is near\n")
            os._exit(3)
        await connection.send(message)


async def main(port: int) -> None:
    async with serve(echo, "127.0.0.1", port, ping_interval=None) as server:
        await server.serve_forever()


asyncio.run(main(int(sys.argv[1])))
