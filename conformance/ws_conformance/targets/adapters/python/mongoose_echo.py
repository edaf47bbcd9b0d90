"""Mongoose, the C library, by way of cymongoose, echoing. Arguments: server PORT | client URL."""

import sys
from typing import Any

import cymongoose as mongoose

VISITS = 10_000  # a client comes back for the next case
OPCODE = 0x0F  # of the first byte of a frame
POLL_MILLISECONDS = 50


class Echo:
    over = False

    def __call__(self, connection: Any, event: int, data: Any) -> None:
        if event == mongoose.MG_EV_HTTP_MSG:
            connection.ws_upgrade(data)
        elif event == mongoose.MG_EV_WS_MSG:
            connection.ws_send(data.data, data.flags & OPCODE)
        elif event == mongoose.MG_EV_CLOSE:
            self.over = True


def server(port: str) -> None:
    loop = mongoose.Manager(Echo())
    loop.listen(f"http://127.0.0.1:{port}")
    while True:
        loop.poll(POLL_MILLISECONDS)


def client(url: str) -> None:
    for _ in range(VISITS):
        echo = Echo()
        loop = mongoose.Manager(echo)
        loop.ws_connect(url)
        while not echo.over:
            loop.poll(POLL_MILLISECONDS)


mongoose.log_set(mongoose.MG_LL_NONE)
{"server": server, "client": client}[sys.argv[1]](sys.argv[2])
