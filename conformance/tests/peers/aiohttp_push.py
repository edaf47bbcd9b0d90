"""A server of ``aiohttp`` that pushes prices to whoever subscribes. Argument: the port."""

from __future__ import annotations

import asyncio
import contextlib
import json
import sys
from datetime import UTC, datetime

from aiohttp import WSMsgType, web

TICK_SECONDS = 0.02


async def push(connection: web.WebSocketResponse) -> None:
    with contextlib.suppress(ConnectionError):
        for number in range(1_000_000):
            price = {"n": number, "price": 6455 + number, "at": datetime.now(UTC).isoformat()}
            await connection.send_str(json.dumps(price))
            await asyncio.sleep(TICK_SECONDS)


async def serve(request: web.Request) -> web.WebSocketResponse:
    connection = web.WebSocketResponse()
    await connection.prepare(request)
    pushing: asyncio.Task[None] | None = None
    async for message in connection:
        asked = message.data if message.type is WSMsgType.TEXT else ""
        if asked == '{"subscribe": "prices"}' and pushing is None:
            await connection.send_str('{"subscribed": "prices"}')
            pushing = asyncio.create_task(push(connection))
        elif asked == '{"unsubscribe": "prices"}' and pushing is not None:
            pushing.cancel()
            pushing = None
            await connection.send_str('{"unsubscribed": "prices"}')
    if pushing is not None:
        pushing.cancel()
    return connection


application = web.Application()
application.router.add_get("/{path:.*}", serve)
web.run_app(application, host="127.0.0.1", port=int(sys.argv[1]), print=None, shutdown_timeout=1)
