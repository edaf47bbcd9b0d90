"""websocket-client: sends back what it gets. Argument: the URL."""

import sys

from websocket import create_connection

connection = create_connection(sys.argv[1], timeout=30)
while True:
    message = connection.recv()
    if not connection.connected:  # recv returns "" for a Close, too
        break
    if isinstance(message, str):
        connection.send(message)
    else:
        connection.send_binary(message)
