"""The server of ``tornado``, echoing. Argument: the port."""

from __future__ import annotations

import asyncio
import sys

from tornado.web import Application
from tornado.websocket import WebSocketHandler

LONGEST = 16 << 20


class Echo(WebSocketHandler):
    def check_origin(self, origin: str) -> bool:
        return True

    def get_compression_options(self) -> dict[str, int]:
        return {}

    async def on_message(self, message: str | bytes) -> None:
        await self.write_message(message, binary=isinstance(message, bytes))


async def main(port: int) -> None:
    application = Application([("/.*", Echo)], websocket_max_message_size=LONGEST)
    application.listen(port, "127.0.0.1", max_buffer_size=LONGEST)
    await asyncio.Event().wait()


asyncio.run(main(int(sys.argv[1])))
