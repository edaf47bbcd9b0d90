"""An ASGI application that echoes, behind hypercorn, whose WebSocket is wsproto. Argument: the port."""

from __future__ import annotations

import asyncio
import sys

from hypercorn.asyncio import serve
from hypercorn.config import Config
from hypercorn.typing import ASGIReceiveCallable, ASGISendCallable, Scope


async def echo(scope: Scope, receive: ASGIReceiveCallable, send: ASGISendCallable) -> None:
    while True:
        event = await receive()
        match event["type"]:
            case "lifespan.startup":
                await send({"type": "lifespan.startup.complete"})
            case "lifespan.shutdown":
                await send({"type": "lifespan.shutdown.complete"})
                return
            case "http.request":
                await send({"type": "http.response.start", "status": 404, "headers": [(b"content-length", b"0")]})
                await send({"type": "http.response.body", "body": b"", "more_body": False})
            case "websocket.connect":
                await send({"type": "websocket.accept", "subprotocol": None, "headers": []})
            case "websocket.receive":
                await send({"type": "websocket.send", "bytes": event.get("bytes"), "text": event.get("text")})
            case "websocket.disconnect" | "http.disconnect":
                return


config = Config()
config.bind = [f"127.0.0.1:{int(sys.argv[1])}"]
config.websocket_max_message_size = 16 << 20
config.graceful_timeout = 0.5
asyncio.run(serve(echo, config))
