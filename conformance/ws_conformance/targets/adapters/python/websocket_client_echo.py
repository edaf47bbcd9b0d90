"""The blocking client of websocket-client, echoing. Argument: the URL."""

import contextlib
import sys

import websocket

VISITS = 10_000  # a client comes back for the next case

for _ in range(VISITS):
    with contextlib.suppress(Exception):
        connection = websocket.create_connection(sys.argv[1])
        with contextlib.closing(connection):
            while connection.connected:
                opcode, message = connection.recv_data()
                if opcode in (websocket.ABNF.OPCODE_TEXT, websocket.ABNF.OPCODE_BINARY):
                    connection.send(message, opcode)
