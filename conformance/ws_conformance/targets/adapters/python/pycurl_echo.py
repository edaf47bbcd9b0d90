"""libcurl's client by way of pycurl, echoing. Argument: the URL.

libcurl's calls do not wait, and leave the answer to a Close to their user.
"""

import contextlib
import select
import sys
from collections.abc import Callable
from typing import Any

import pycurl

VISITS = 10_000  # a client comes back for the next case
READ_BYTES = 1 << 18
CONNECT_AND_UPGRADE = 2


def echo(connection: pycurl.Curl) -> None:
    """Send back what comes, frame by frame, until a Close is answered or libcurl says that it is over."""
    sock = connection.getinfo(pycurl.ACTIVESOCKET)
    message = b""
    while True:
        part, about = patient(sock, connection.ws_recv, READ_BYTES)
        if about.flags & pycurl.WS_CLOSE:
            patient(sock, connection.ws_send, part, pycurl.WS_CLOSE)
            return
        message += part
        if not about.bytesleft and not about.flags & pycurl.WS_CONT:
            opcode = about.flags & (pycurl.WS_TEXT | pycurl.WS_BINARY)
            sent = patient(sock, connection.ws_send, message, opcode)
            while sent < len(message):
                sent += patient(sock, connection.ws_send, message[sent:], opcode)
            message = b""


def patient(sock: int, call: Callable[..., Any], *arguments: object) -> Any:
    """Call as often as libcurl says "again"."""
    while True:
        try:
            return call(*arguments)
        except pycurl.error as error:
            if error.args[0] != pycurl.E_AGAIN:
                raise
        except BlockingIOError:
            pass
        select.select([sock], [], [], 0.05)


for _ in range(VISITS):
    handle = pycurl.Curl()
    with contextlib.suppress(Exception), contextlib.closing(handle):
        handle.setopt(pycurl.URL, sys.argv[1])
        handle.setopt(pycurl.CONNECT_ONLY, CONNECT_AND_UPGRADE)
        handle.perform()
        echo(handle)
