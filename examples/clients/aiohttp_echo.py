"""The client of aiohttp: sends back what it gets, compressed where that was agreed upon. Argument: the URL."""

import asyncio
import sys

from aiohttp import ClientSession, WSMsgType


async def main(url: str) -> None:
    async with ClientSession() as session, session.ws_connect(url, max_msg_size=0, compress=15) as connection:
        async for message in connection:
            if message.type == WSMsgType.TEXT:
                await connection.send_str(message.data)
            elif message.type == WSMsgType.BINARY:
                await connection.send_bytes(message.data)


asyncio.run(main(sys.argv[1]))
