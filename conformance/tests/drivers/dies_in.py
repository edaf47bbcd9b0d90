"""A client of ``websockets`` that kills itself when it gets a message in one case. Arguments: the URL, the case."""

from __future__ import annotations

import asyncio
import os
import signal
import sys

from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed


async def main(url: str, case: str) -> None:
    sys.stderr.write(f"\x1b[31m{os.environ['WSSPEC_CASE']} at {os.environ['WSSPEC_URL']}\n")
    sys.stderr.flush()
    async with connect(url, ping_interval=None) as connection:
        try:
            async for message in connection:
                if os.environ["WSSPEC_CASE"] == case:
                    os.kill(os.getpid(), signal.SIGKILL)
                await connection.send(message)
        except ConnectionClosed:
            pass  # how it ends is for the suite to judge


asyncio.run(main(sys.argv[1], sys.argv[2]))
