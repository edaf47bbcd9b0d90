"""A server that answers {"op": "ping"} with {"op": "pong"} and closes on all else. Arguments: the port, the code."""

from __future__ import annotations

import asyncio
import json
import sys

from websockets.asyncio.server import ServerConnection, serve


async def answer(connection: ServerConnection) -> None:
    async for message in connection:
        try:
            request = json.loads(message) if isinstance(message, str) else None
        except ValueError:
            request = None
        if request != {"op": "ping"}:
            await connection.close(int(sys.argv[2]), "not a request")
            return
        await connection.send(json.dumps({"op": "pong"}))


async def main(port: int) -> None:
    async with serve(answer, "127.0.0.1", port, ping_interval=None) as server:
        await server.serve_forever()


asyncio.run(main(int(sys.argv[1])))
