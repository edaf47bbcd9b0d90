"""libcurl's client by way of curl_cffi, echoing. Argument: the URL."""

import contextlib
import sys

from curl_cffi import CurlWsFlag, Session

VISITS = 10_000  # a client comes back for the next case

for _ in range(VISITS):
    with contextlib.suppress(Exception), Session() as session:
        connection = session.ws_connect(sys.argv[1])
        while not connection.closed:
            message, flags = connection.recv()
            if flags & CurlWsFlag.CLOSE:
                connection.close()
            else:
                connection.send(message, CurlWsFlag.TEXT if flags & CurlWsFlag.TEXT else CurlWsFlag.BINARY)
