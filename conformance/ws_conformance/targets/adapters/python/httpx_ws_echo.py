"""httpx-ws, which is wsproto below httpx, echoing. Argument: the URL."""

import contextlib
import sys

from httpx_ws import connect_ws
from wsproto.events import BytesMessage, TextMessage

VISITS = 10_000  # a client comes back for the next case
LARGEST_MESSAGE = 1 << 28

OPTIONS = {"max_message_size_bytes": LARGEST_MESSAGE, "keepalive_ping_interval_seconds": None}

for _ in range(VISITS):
    with contextlib.suppress(Exception), connect_ws(sys.argv[1], **OPTIONS) as connection:
        while True:
            match connection.receive():
                case TextMessage(data=text):
                    connection.send_text(text)
                case BytesMessage(data=message):
                    connection.send_bytes(bytes(message))
