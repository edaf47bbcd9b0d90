"""The server of ``websockets``, echoing. Arguments: the port, and for TLS the files of certificate chain and key."""

from __future__ import annotations

import asyncio
import ssl
import sys

from websockets.asyncio.server import ServerConnection, serve


async def echo(connection: ServerConnection) -> None:
    async for message in connection:
        await connection.send(message)


async def main(port: int, *tls_files: str) -> None:
    tls = None
    if tls_files:
        tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        tls.load_cert_chain(*tls_files)
    async with serve(echo, "127.0.0.1", port, ssl=tls, max_size=16 << 20, ping_interval=None) as server:
        await server.serve_forever()


asyncio.run(main(int(sys.argv[1]), *sys.argv[2:]))
