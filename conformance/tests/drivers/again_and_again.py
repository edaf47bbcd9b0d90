"""A client of ``websockets`` that connects again whenever it is disconnected. Arguments: the URL, and how often."""

from __future__ import annotations

import asyncio
import sys

from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake


async def main(url: str, times: int) -> None:
    for _ in range(times):
        try:
            async with connect(url, ping_interval=None) as connection:
                async for message in connection:
                    await connection.send(message)
        except ConnectionRefusedError:
            return
        except (ConnectionClosed, InvalidHandshake, EOFError):
            pass  # how it ends is for the suite to judge


asyncio.run(main(sys.argv[1], int(sys.argv[2])))
