"""The examples run, against each other."""

import asyncio
import runpy
from pathlib import Path

EXAMPLES = Path(__file__).parent.parent / "examples"


def test_the_client_hears_from_the_server_what_it_said() -> None:
    echo = runpy.run_path(str(EXAMPLES / "echo_server.py"))["echo"]
    ask = runpy.run_path(str(EXAMPLES / "echo_client.py"))["ask"]

    async def converse() -> object:
        server = await asyncio.start_server(echo, "127.0.0.1", 0)
        async with server, asyncio.timeout(10):
            return await ask(server.sockets[0].getsockname()[1], "Hello, world")

    assert asyncio.run(converse()) == "Hello, world"
