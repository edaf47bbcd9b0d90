"""The client of Tornado: sends back what it gets, compressed where that was agreed upon. Argument: the URL."""

import asyncio
import sys

from tornado.websocket import websocket_connect


async def main(url: str) -> None:
    connection = await websocket_connect(url, max_message_size=1 << 28, compression_options={})
    while (message := await connection.read_message()) is not None:
        await connection.write_message(message, binary=isinstance(message, bytes))


asyncio.run(main(sys.argv[1]))
