"""gevent-websocket, echoing. Argument: the port."""

import contextlib
import sys
from collections.abc import Callable
from typing import Any

from gevent.pywsgi import WSGIServer
from geventwebsocket import WebSocketError
from geventwebsocket.handler import WebSocketHandler


def echo(environ: dict[str, Any], start_response: Callable[[str, list[tuple[str, str]]], object]) -> list[bytes]:
    connection = environ.get("wsgi.websocket")
    if connection is None:
        start_response("404 Not Found", [])
        return []
    with contextlib.suppress(WebSocketError):
        while (message := connection.receive()) is not None:
            connection.send(message)
    return []


WSGIServer(("127.0.0.1", int(sys.argv[1])), echo, handler_class=WebSocketHandler, log=None).serve_forever()
