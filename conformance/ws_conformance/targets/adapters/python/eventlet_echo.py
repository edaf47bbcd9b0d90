"""The WebSocket server of eventlet, echoing. Argument: the port."""

import sys
from typing import Any

import eventlet
from eventlet.websocket import WebSocketWSGI
from eventlet.wsgi import server

LARGEST_FRAME = 1 << 28


def echo(connection: Any) -> None:
    while (message := connection.wait()) is not None:
        connection.send(message)


listening = eventlet.listen(("127.0.0.1", int(sys.argv[1])))
server(listening, WebSocketWSGI(echo, max_frame_length=LARGEST_FRAME), log_output=False)
