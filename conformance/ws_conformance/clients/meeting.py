"""Where a case waits for a client: the first connection plays it, and any other is dropped."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable

from ..examiner import Examiner
from ..model import Case, Result, Setting
from ..peer import Role
from ..sockets import CASE_SECONDS, OvertimeError, Wire

HOST = "127.0.0.1"


class Meeting:
    """One case and the client that it is played against, once that has connected (``met``)."""

    def __init__(self, case: Case, setting: Setting) -> None:
        loop = asyncio.get_running_loop()
        self.met: asyncio.Future[None] = loop.create_future()
        """Done as soon as a client has connected."""
        self._examiner = Examiner(case, Role.CLIENT, setting)
        self._over: asyncio.Future[None] = loop.create_future()
        self._wire: Wire | None = None

    @property
    def is_over(self) -> bool:
        """Whether the case has come to its end."""
        return self._over.done()

    def connect(self) -> asyncio.Protocol:
        """Return what serves a new connection."""
        if self._wire is not None:
            return Dropped()
        self._wire = Wire(self._examiner, self._look, self._crash)
        self.met.set_result(None)
        return self._wire

    async def result(self) -> Result:
        """Return what came of the case, as soon as the connection is gone, which there has to be.

        Raises OvertimeError if that takes too long, and whatever the examiner raises, which is our own fault.
        """
        assert self._wire is not None, "nobody has connected"
        seconds = CASE_SECONDS * self._examiner.setting.scale
        try:
            async with asyncio.timeout(seconds):
                await self._over
                self._wire.end()
                await self._wire.closed
        except TimeoutError:
            raise OvertimeError(f"{self._examiner.case.id} was not over after {seconds:g} s") from None
        finally:
            self._wire.abort()
        return self._examiner.result()

    def _look(self) -> None:
        if self._examiner.finding is not None and not self._over.done():
            self._over.set_result(None)

    def _crash(self, error: Exception) -> None:
        if not self._over.done():
            self._over.set_exception(error)


class Dropped(asyncio.Protocol):
    """A connection that nobody wants to have."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        transport.abort()


@contextlib.asynccontextmanager
async def listening_on(make: Callable[[], asyncio.Protocol], port: int = 0, host: str = HOST) -> AsyncIterator[int]:
    """Serve each connection with what ``make`` returns, as long as the context lasts; yields the port."""
    server = await asyncio.get_running_loop().create_server(make, host, port)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
