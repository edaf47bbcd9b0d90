"""Tornado, echoing. Arguments: server PORT | client URL."""

import asyncio
import contextlib
import sys

from tornado.web import Application
from tornado.websocket import WebSocketClosedError, WebSocketHandler, websocket_connect

VISITS = 10_000  # a client comes back for the next case
LARGEST_MESSAGE = 1 << 28


class Echo(WebSocketHandler):
    def check_origin(self, origin: str) -> bool:
        return True

    def get_compression_options(self) -> dict[str, int]:
        return {}  # the default is none at all

    async def on_message(self, message: str | bytes) -> None:
        with contextlib.suppress(WebSocketClosedError):
            await self.write_message(message, binary=isinstance(message, bytes))


async def server(port: str) -> None:
    application = Application([("/.*", Echo)], websocket_max_message_size=LARGEST_MESSAGE)
    application.listen(int(port), "127.0.0.1", max_buffer_size=LARGEST_MESSAGE)
    await asyncio.Event().wait()


async def client(url: str) -> None:
    for _ in range(VISITS):
        with contextlib.suppress(Exception):
            connection = await websocket_connect(url, compression_options={}, max_message_size=LARGEST_MESSAGE)
            while (message := await connection.read_message()) is not None:
                await connection.write_message(message, binary=isinstance(message, bytes))


asyncio.run({"server": server, "client": client}[sys.argv[1]](sys.argv[2]))
