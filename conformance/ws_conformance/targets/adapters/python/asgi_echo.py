"""An ASGI application that echoes, for any server of such; it knows nothing but WebSocket."""

from typing import Any


async def application(scope: dict[str, Any], receive: Any, send: Any) -> None:
    if scope["type"] == "http":
        await send({"type": "http.response.start", "status": 404, "headers": [(b"content-length", b"0")]})
        await send({"type": "http.response.body"})
        return
    while True:
        event = await receive()
        match event["type"]:
            case "lifespan.startup":
                await send({"type": "lifespan.startup.complete"})
            case "lifespan.shutdown":
                await send({"type": "lifespan.shutdown.complete"})
                return
            case "websocket.connect":
                await send({"type": "websocket.accept"})
            case "websocket.receive" if event.get("text") is not None:
                await send({"type": "websocket.send", "text": event["text"]})
            case "websocket.receive":
                await send({"type": "websocket.send", "bytes": event["bytes"]})
            case "websocket.disconnect":
                return
