"""tungstenite's client by way of wreq, echoing. Argument: the URL."""

import asyncio
import contextlib
import sys

import wreq

VISITS = 10_000  # a client comes back for the next case


async def visit(url: str) -> None:
    async with await wreq.websocket(url) as connection:
        while (message := await connection.recv()) is not None:
            if message.text is not None:
                await connection.send(wreq.Message.from_text(message.text))
            elif message.binary is not None:
                await connection.send(wreq.Message.from_binary(bytes(message.data)))


async def main() -> None:
    for _ in range(VISITS):
        with contextlib.suppress(Exception):
            await visit(sys.argv[1])


asyncio.run(main())
