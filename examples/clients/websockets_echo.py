"""The client of websockets: sends back what it gets. Argument: the URL."""

import asyncio
import sys

from websockets.asyncio.client import connect


async def main(url: str) -> None:
    async with connect(url, max_size=None, ping_interval=None, open_timeout=30) as connection:
        async for message in connection:
            await connection.send(message)


asyncio.run(main(sys.argv[1]))
