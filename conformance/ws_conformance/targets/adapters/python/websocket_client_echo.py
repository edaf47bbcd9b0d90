"""The blocking client of websocket-client, echoing. Argument: the URL."""

import contextlib
import sys
from typing import Any

import websocket

VISITS = 10_000  # a client comes back for the next case


def echo(connection: Any) -> None:
    """Send back what comes. It is asked for by recv, which, unlike recv_data, refuses a text that is no UTF-8."""
    while True:
        message = connection.recv()
        if not connection.connected:  # it returns "" for a Close, too
            return
        if isinstance(message, str):
            connection.send(message)
        else:
            connection.send_binary(message)


for _ in range(VISITS):
    with contextlib.suppress(Exception):
        connection: Any = websocket.create_connection(sys.argv[1])
        try:
            echo(connection)
        finally:
            connection.shutdown()  # close leaves TCP alone once the Close was answered
