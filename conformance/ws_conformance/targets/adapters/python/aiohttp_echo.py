"""aiohttp, echoing. Arguments: server PORT | client URL."""

import asyncio
import contextlib
import sys

from aiohttp import ClientSession, ClientWebSocketResponse, WSMsgType, web

VISITS = 10_000  # a client comes back for the next case
OPTIONS = {"max_msg_size": 0, "compress": 15}  # a window of 15 bits: by default the client offers no compression


async def echo(connection: ClientWebSocketResponse | web.WebSocketResponse) -> None:
    async for message in connection:
        if message.type is WSMsgType.TEXT:
            await connection.send_str(message.data)
        elif message.type is WSMsgType.BINARY:
            await connection.send_bytes(message.data)


async def accept(request: web.Request) -> web.WebSocketResponse:
    connection = web.WebSocketResponse(max_msg_size=0)
    await connection.prepare(request)
    await echo(connection)
    return connection


def server(port: str) -> None:
    application = web.Application()
    application.router.add_get("/{path:.*}", accept)
    web.run_app(application, host="127.0.0.1", port=int(port), print=None, access_log=None, shutdown_timeout=1)


def client(url: str) -> None:
    for _ in range(VISITS):
        with contextlib.suppress(Exception):
            asyncio.run(visit(url))


async def visit(url: str) -> None:
    # A session of its own, lest two cases share a connection.
    async with (
        ClientSession() as session,
        session.ws_connect(url, **OPTIONS) as connection,
    ):
        await echo(connection)


{"server": server, "client": client}[sys.argv[1]](sys.argv[2])
