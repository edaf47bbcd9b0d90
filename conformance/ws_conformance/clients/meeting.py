"""Where a case waits for a client: the first connection plays it, and any other is dropped."""

from __future__ import annotations

import asyncio
import contextlib
import errno
from collections.abc import AsyncIterator, Callable

from msgspec.structs import replace

from ..carriers.tls import certified
from ..examiner import Examiner
from ..model import PLAIN_INVITATION, Case, Result, Setting
from ..peer import Chunk, Peer, Role, Signal
from ..playing import UnsupportedError
from ..sockets import CASE_SECONDS, OvertimeError, Wire

HOST = PLAIN_INVITATION.host

AGAIN = "again"
"""The tag of cases whose client may come again, on a new connection."""

RETRY_SECONDS = 0.05
"""How long to wait before a port is asked for again that another case has."""


class Meeting:
    """One case and the client that it is played against, once that has connected (``met``).

    A case that expects its client to come again, on another connection, has the tag AGAIN. Otherwise the first
    connection plays it, and any other is dropped.
    """

    def __init__(self, case: Case, setting: Setting) -> None:
        self._loop = asyncio.get_running_loop()
        self.case = case
        self.setting = setting
        self.met: asyncio.Future[None] = self._loop.create_future()
        """Done as soon as a client has connected."""
        self._examiner: Examiner | None = None
        self._over: asyncio.Future[None] = self._loop.create_future()
        self._wire: Wire | None = None
        self._line: _Line | None = None

    @property
    def is_over(self) -> bool:
        """Whether the case has come to its end."""
        return self._over.done()

    @property
    def examiner(self) -> Examiner:
        """The one who plays the case, with the setting as it is when the client is there."""
        if self._examiner is None:
            self._examiner = Examiner(self.case, Role.CLIENT, self.setting)
        return self._examiner

    def connect(self) -> asyncio.Protocol:
        """Return what serves a new connection."""
        if self._wire is not None and (AGAIN not in self.case.tags or self.is_over):
            return Dropped()
        if self._wire is not None:
            self.examiner.receive(Signal.AGAIN, self._loop.time())
        self._line = _Line(self)
        certificate = self.case.invitation.certificate
        peer: Peer = self._line if certificate is None else certified(self._line, certificate)
        self._wire = Wire(peer, self._look, self._crash)
        self._wire.closed.add_done_callback(lambda _: self._wait())
        if not self.met.done():
            self.met.set_result(None)
        return self._wire

    def refuse(self) -> None:
        """Note that the client does not connect to what it was given: TCP is over before a byte was said."""
        self.examiner.transmit(self._loop.time())
        self.examiner.receive(Signal.END, self._loop.time())
        self._turn()

    async def result(self) -> Result:
        """Return what came of the case, as soon as the connection is gone, which there has been or never will be.

        Raises OvertimeError if that takes too long, and whatever the examiner raises, which is our own fault.
        """
        seconds = CASE_SECONDS * self.setting.scale
        try:
            async with asyncio.timeout(seconds):
                await self._over
                if self._wire is not None:
                    self._wire.end()
                    await self._wire.closed
        except TimeoutError:
            raise OvertimeError(f"{self.case.id} was not over after {seconds:g} s") from None
        finally:
            if self._wire is not None:
                self._wire.abort()
        return self.examiner.result()

    def is_on(self, line: _Line) -> bool:
        """Return whether ``line`` is the connection on which the client is now."""
        return self._line is line

    def _turn(self) -> None:
        """Ask the examiner for its next move while nobody is connected."""
        self.examiner.transmit(self._loop.time())
        self._look()
        self._wait()

    def _wait(self) -> None:
        """See to it that time passes for the examiner while nobody is connected."""
        is_alone = self._wire is None or self._wire.closed.done()
        deadline = self.examiner.next_deadline()
        if is_alone and deadline is not None and not self.is_over:
            self._loop.call_at(deadline, self._turn)

    def _look(self) -> None:
        if self.examiner.finding is not None and not self._over.done():
            self._over.set_result(None)

    def _crash(self, error: Exception) -> None:
        if not self._over.done():
            self._over.set_exception(error)


class _Line:
    """A connection of a client: the examiner is on the last of them, and those before it are over."""

    def __init__(self, meeting: Meeting) -> None:
        self._meeting = meeting

    def receive(self, chunk: Chunk, now: float) -> None:
        if self._meeting.is_on(self):
            self._meeting.examiner.receive(chunk, now)

    def transmit(self, now: float) -> list[Chunk]:
        return self._meeting.examiner.transmit(now) if self._meeting.is_on(self) else [Signal.END]

    def next_deadline(self) -> float | None:
        return self._meeting.examiner.next_deadline() if self._meeting.is_on(self) else None


class Dropped(asyncio.Protocol):
    """A connection that nobody wants to have."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        transport.abort()


@contextlib.asynccontextmanager
async def invited(meeting: Meeting, host: str = HOST, port: int = 0) -> AsyncIterator[str]:
    """Listen for the client of ``meeting`` where its case says, or at ``host`` and ``port``; yields its URI.

    Raises UnsupportedError where this machine does not let us.
    """
    invitation = meeting.case.invitation
    if invitation.host == HOST:
        invitation = replace(invitation, host=host)
    address = "::1" if invitation.host == "[::1]" else HOST if invitation.host == "localhost" else invitation.host
    patience = CASE_SECONDS * meeting.setting.scale
    while True:
        listening = listening_on(meeting.connect, invitation.port or port, address)
        try:
            bound = await listening.__aenter__()
            break
        except OSError as error:
            if invitation == PLAIN_INVITATION or error.errno != errno.EADDRINUSE or patience <= 0:
                if invitation == PLAIN_INVITATION:
                    raise
                where = f"{invitation.host} port {invitation.port or port}"
                raise UnsupportedError(f"nobody can listen at {where} here: {error.strerror}") from error
            patience -= RETRY_SECONDS  # another case has the one port that both need
            await asyncio.sleep(RETRY_SECONDS)
    meeting.setting = replace(meeting.setting, place=invitation.place(bound))
    try:
        yield invitation.at(bound)
    finally:
        await listening.__aexit__(None, None, None)


@contextlib.asynccontextmanager
async def listening_on(make: Callable[[], asyncio.Protocol], port: int = 0, host: str = HOST) -> AsyncIterator[int]:
    """Serve each connection with what ``make`` returns, as long as the context lasts; yields the port."""
    server = await asyncio.get_running_loop().create_server(make, host, port)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
