"""The client of ``websockets``, echoing until the server closes. Argument: the URL."""

from __future__ import annotations

import asyncio
import sys

from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake


async def main(url: str) -> None:
    try:
        async with connect(url, max_size=16 << 20, ping_interval=None, close_timeout=5) as connection:
            async for message in connection:
                await connection.send(message)
    except (ConnectionClosed, InvalidHandshake):
        pass  # how it ends is what the examiner looks at


asyncio.run(main(sys.argv[1]))
