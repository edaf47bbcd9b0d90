"""The client of ``aiohttp`` in the loop of Autobahn's suite. Argument: the server's URL."""

from __future__ import annotations

import asyncio
import sys

from aiohttp import ClientSession, WSMsgType
from aiohttp.client_exceptions import ClientError

AGENT = "aiohttp/one%20after%20the%20other"


async def main(server: str) -> None:
    async with ClientSession() as session:
        async with session.ws_connect(f"{server}/getCaseCount") as connection:
            count = int((await connection.receive()).data)
        for case in range(1, count + 1):
            try:
                async with session.ws_connect(f"{server}/runCase?case={case}&agent={AGENT}") as connection:
                    async for message in connection:
                        if message.type == WSMsgType.TEXT:
                            await connection.send_str(message.data)
                        elif message.type == WSMsgType.BINARY:
                            await connection.send_bytes(message.data)
            except (ClientError, ConnectionError):
                pass  # how it ends is for the suite to judge
        async with session.ws_connect(f"{server}/updateReports?agent={AGENT}&shutdownOnComplete=true") as connection:
            await connection.receive()


asyncio.run(main(sys.argv[1]))
