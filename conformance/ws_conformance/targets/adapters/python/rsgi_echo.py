"""An RSGI application that echoes: the interface of Granian's own."""

from typing import Any

BINARY, TEXT = 1, 2


async def application(scope: Any, protocol: Any) -> None:
    if scope.proto != "ws":
        protocol.response_empty(404, [])
        return
    connection = await protocol.accept()
    while (message := await connection.receive()).kind:  # 0 says that it is over
        if message.kind == TEXT:
            await connection.send_str(message.data)
        elif message.kind == BINARY:
            await connection.send_bytes(message.data)
    protocol.close()
