"""niquests, which is wsproto below urllib3-future, echoing. Argument: the URL."""

import contextlib
import sys

import niquests

VISITS = 10_000  # a client comes back for the next case

for _ in range(VISITS):
    with contextlib.suppress(Exception), niquests.Session() as session:
        connection = session.get(sys.argv[1]).extension
        while connection and (message := connection.next_payload()) is not None:
            connection.send_payload(message)
