"""Autobahn|Python on asyncio, echoing. Arguments: server PORT | client URL."""

import asyncio
import contextlib
import sys
from urllib.parse import urlsplit

from autobahn.asyncio.websocket import (
    WebSocketClientFactory,
    WebSocketClientProtocol,
    WebSocketServerFactory,
    WebSocketServerProtocol,
)
from autobahn.exception import Disconnected
from autobahn_deflate import CLIENT_OPTIONS, SERVER_OPTIONS

VISITS = 10_000  # a client comes back for the next case


class Server(WebSocketServerProtocol):
    def onMessage(self, payload: bytes, isBinary: bool) -> None:  # noqa: N802, N803
        with contextlib.suppress(Disconnected):  # a message is handed out behind a Close, too
            self.sendMessage(payload, isBinary)


class Client(WebSocketClientProtocol):
    def onMessage(self, payload: bytes, isBinary: bool) -> None:  # noqa: N802, N803
        with contextlib.suppress(Disconnected):  # a message is handed out behind a Close, too
            self.sendMessage(payload, isBinary)


async def server(port: str) -> None:
    factory = WebSocketServerFactory()
    factory.protocol = Server
    factory.setProtocolOptions(**SERVER_OPTIONS)
    listening = await asyncio.get_running_loop().create_server(factory, "127.0.0.1", int(port))
    await listening.serve_forever()


async def client(url: str) -> None:
    place = urlsplit(url)
    factory = WebSocketClientFactory(url)
    factory.protocol = Client
    factory.setProtocolOptions(**CLIENT_OPTIONS)
    for _ in range(VISITS):
        with contextlib.suppress(Exception):
            _, connection = await asyncio.get_running_loop().create_connection(factory, place.hostname, place.port)
            await connection.is_closed


asyncio.run({"server": server, "client": client}[sys.argv[1]](sys.argv[2]))
