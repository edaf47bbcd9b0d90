"""A server that echoes, over asyncio: ``python echo_server.py 8080``."""

import asyncio
import sys

from ws_reference import Endpoint, Role


async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Serve one connection until it is over."""
    endpoint = Endpoint(Role.SERVER)
    while not endpoint.should_end:
        data = await reader.read(65536)
        if data:
            endpoint.receive(data)
        else:
            endpoint.receive_end()
        writer.write(endpoint.bytes_to_send())
        await writer.drain()
    writer.close()


async def serve(port: int) -> None:
    """Listen on ``port`` of this host for ever."""
    server = await asyncio.start_server(echo, "127.0.0.1", port)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(serve(int(sys.argv[1])))
