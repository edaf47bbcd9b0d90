"""trio-websocket, echoing. Arguments: server PORT | client URL."""

import contextlib
import sys

import trio
from trio_websocket import (
    ConnectionClosed,
    WebSocketConnection,
    WebSocketRequest,
    open_websocket_url,
    serve_websocket,
)

LARGEST_MESSAGE = 1 << 28


async def echo(connection: WebSocketConnection) -> None:
    with contextlib.suppress(ConnectionClosed):
        while True:
            await connection.send_message(await connection.get_message())


async def accept(request: WebSocketRequest) -> None:
    await echo(await request.accept())


async def server(port: str) -> None:
    await serve_websocket(accept, "127.0.0.1", int(port), None, max_message_size=LARGEST_MESSAGE)


async def client(url: str) -> None:
    async with open_websocket_url(url, max_message_size=LARGEST_MESSAGE) as connection:
        await echo(connection)


trio.run({"server": server, "client": client}[sys.argv[1]], sys.argv[2])
