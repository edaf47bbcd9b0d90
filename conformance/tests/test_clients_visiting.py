"""A client that comes by itself: what becomes of a connection that nobody waits for at that moment."""

from __future__ import annotations

import asyncio
import contextlib
import socket

from ws_conformance.clients.visiting import accepted

BOUND_SECONDS = 30.0


def test_a_connection_that_comes_as_the_wait_for_it_is_cancelled_is_there_for_the_next_wait() -> None:
    async def come_between() -> None:
        with socket.create_server(("127.0.0.1", 0)) as listener:
            listener.setblocking(False)
            waiting = asyncio.create_task(accepted(listener))
            await asyncio.sleep(0)
            with socket.create_connection(listener.getsockname(), BOUND_SECONDS) as client:
                asyncio.get_running_loop().call_soon(waiting.cancel)
                with contextlib.suppress(asyncio.CancelledError):
                    await waiting

                async with asyncio.timeout(BOUND_SECONDS):
                    connection = await accepted(listener)

                with connection:
                    assert connection.getpeername() == client.getsockname()

    asyncio.run(come_between())
