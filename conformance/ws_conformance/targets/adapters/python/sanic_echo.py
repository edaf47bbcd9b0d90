"""Sanic, echoing. Argument: the port."""

import sys
from typing import Any

from sanic import Sanic

application = Sanic("echo")
application.config.WEBSOCKET_MAX_SIZE = 1 << 28
application.config.WEBSOCKET_PING_INTERVAL = None
application.config.GRACEFUL_SHUTDOWN_TIMEOUT = 1


@application.websocket("/")
@application.websocket("/<path:path>", name="any")
async def echo(request: Any, connection: Any, path: str = "") -> None:
    async for message in connection:
        await connection.send(message)


if __name__ == "__main__":
    application.run("127.0.0.1", int(sys.argv[1]), single_process=True, access_log=False, motd=False)
