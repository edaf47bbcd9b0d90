"""The threaded side of websockets, echoing. Arguments: server PORT | client URL."""

import contextlib
import sys

from websockets.sync.client import ClientConnection, connect
from websockets.sync.server import ServerConnection, serve

VISITS = 10_000  # a client comes back for the next case


def echo(connection: ClientConnection | ServerConnection) -> None:
    for message in connection:
        connection.send(message)


def server(port: str) -> None:
    with serve(echo, "127.0.0.1", int(port), max_size=None, ping_interval=None) as listening:
        listening.serve_forever()


def client(url: str) -> None:
    for _ in range(VISITS):
        with contextlib.suppress(Exception), connect(url, max_size=None, ping_interval=None) as connection:
            echo(connection)


{"server": server, "client": client}[sys.argv[1]](sys.argv[2])
