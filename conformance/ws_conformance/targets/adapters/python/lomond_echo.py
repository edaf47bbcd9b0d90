"""The client of lomond, echoing. Argument: the URL."""

import sys

from lomond import WebSocket

VISITS = 10_000  # a client comes back for the next case

for _ in range(VISITS):
    connection = WebSocket(sys.argv[1], compress=True)
    for event in connection.connect(ping_rate=0):
        if event.name == "text":
            connection.send_text(event.text)
        elif event.name == "binary":
            connection.send_binary(event.data)
