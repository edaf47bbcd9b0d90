"""libcurl, by way of curl_cffi: sends back what it gets. Argument: the URL."""

import sys

from curl_cffi import WebSocket


def echo(connection: WebSocket, message: str | bytes) -> None:
    if isinstance(message, str):
        connection.send_str(message)
    else:
        connection.send_bytes(message)


WebSocket(on_message=echo).run_forever(sys.argv[1])
