"""A client that says one thing and returns the answer, over asyncio: ``python echo_client.py 8080 Hello``."""

import asyncio
import os
import sys

from ws_reference import ClientHandshake, Connection, Role, TextReceived, Violation


async def ask(port: int, text: str) -> str:
    """Return what the server on ``port`` of this host answers to ``text``."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    handshake = ClientHandshake(host=f"127.0.0.1:{port}", new_nonce=lambda: os.urandom(16))
    writer.write(handshake.request())
    while (outcome := handshake.receive(await reader.read(65536))) is None:
        pass
    if isinstance(outcome, Violation):
        raise ConnectionError(outcome.detail)
    connection = Connection(Role.CLIENT, new_masking_key=lambda: os.urandom(4))
    answer = ""
    connection.send_text(text)
    data = handshake.leftover
    while not connection.should_end:
        for event in connection.receive(data):
            if isinstance(event, TextReceived):
                answer = event.text
                connection.close()
        writer.write(connection.bytes_to_send())
        data = await reader.read(65536)
        if not data:
            connection.receive_end()
    writer.close()
    return answer


if __name__ == "__main__":
    sys.stdout.write(asyncio.run(ask(int(sys.argv[1]), sys.argv[2])) + "\n")
