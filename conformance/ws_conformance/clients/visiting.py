"""Clients that come by themselves: one that connects again and again, and one that something else sets off."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field

from ..model import PLAIN_INVITATION, Case, Need, Setting
from ..playing import Encounter
from ..ports import not_to_be_had
from ..sockets import UnreachableError
from ..spawning import Printed, Process, exit_words, launch
from .driving import MEET_SECONDS
from .meeting import AGAIN, HOST, Meeting, invited
from .spawn import filled_in, said, told

IDLE_SECONDS = 30.0
"""How long a client that comes by itself may stay away, unless the user says otherwise."""

WAITING = 128
"""How many connections may wait in the system until there is a case for them."""


@dataclass(slots=True)
class Visitor:
    """A client that connects to ``listener`` again and again; each connection gets the next case.

    Connections that come early wait in the system. It may stay away for ``start_seconds`` at first, and then for
    ``idle_seconds``. ``client`` is the program behind it, if we started it; when it has ended, or stays away, it is
    started again by ``start``, unless it did not come since the last time.
    """

    listener: socket.socket
    jobs: int = 1
    idle_seconds: float = IDLE_SECONDS
    start_seconds: float = IDLE_SECONDS
    client: tuple[Process, Printed] | None = None
    start: Callable[[], Awaitable[tuple[Process, Printed]]] | None = None
    is_shared: bool = True
    needs_met: frozenset[Need] = frozenset({Need.RETURN})
    _accepting: asyncio.Lock = field(default_factory=asyncio.Lock)
    _came: bool = False
    _gone: str = ""

    async def meet(self, case: Case, setting: Setting) -> Encounter:
        """Play ``case`` against the next connection."""
        began = asyncio.get_running_loop().time()
        connection = await self._next_connection()
        meeting = Meeting(case, setting)
        loop = asyncio.get_running_loop()
        await loop.connect_accepted_socket(meeting.connect, connection)
        returning = asyncio.create_task(self._let_it_return(meeting)) if AGAIN in case.tags else None
        try:
            result = await meeting.result()
        finally:
            if returning is not None:
                returning.cancel()
        printed = Printed() if self.client is None else self.client[1]
        return Encounter(result=result, printed=printed.lines(began), prints=printed.by_the_clock(began))

    async def _let_it_return(self, meeting: Meeting) -> None:
        """Give each connection that comes while the case goes on to it as well."""
        loop = asyncio.get_running_loop()
        async with self._accepting:
            while not meeting.is_over:
                connection = await accepted(self.listener)
                await loop.connect_accepted_socket(meeting.connect, connection)

    async def _next_connection(self) -> socket.socket:
        """Return the next connection. Once nobody came for too long, nobody is waited for any more."""
        async with self._accepting:
            while not self._gone:
                connection = await self._comes()
                if connection is not None:
                    self._came = True
                    return connection
                self._gone = self._away()
                if self.start is not None and self.client is not None and self._came and self._is_idle():
                    await self.client[0].end()
                    self.client = await self.start()
                    self._came, self._gone = False, ""
            raise UnreachableError(self._gone)

    async def _comes(self) -> socket.socket | None:
        """Return the next connection, or None when the client has ended or nobody came for too long."""
        coming = asyncio.create_task(accepted(self.listener))
        ends = {coming} if self.client is None else {coming, self.client[0].exited}
        try:
            await asyncio.wait(ends, timeout=self._patience, return_when=asyncio.FIRST_COMPLETED)
            return coming.result() if coming.done() else None
        finally:
            coming.cancel()

    @property
    def _patience(self) -> float:
        return self.idle_seconds if self._came else self.start_seconds

    def _is_idle(self) -> bool:
        """Return whether the program can be ended without harm to another case."""
        assert self.client is not None
        return self.jobs == 1 or self.client[0].status is not None

    def _away(self) -> str:
        """Return why nobody comes."""
        if self.client is None or self.client[0].status is None:
            return f"nobody connected for {self._patience:g} s"
        return f"the client {exit_words(self.client[0].status)}{said(self.client[1])}"


async def accepted(listener: socket.socket) -> socket.socket:
    """Return the next connection. One that comes while this is cancelled waits for the next call.

    The loop's own ``sock_accept`` takes it, and loses it.
    """
    loop = asyncio.get_running_loop()
    while True:
        somebody = asyncio.Event()
        loop.add_reader(listener, somebody.set)
        try:
            await somebody.wait()
        finally:
            loop.remove_reader(listener)
        with contextlib.suppress(BlockingIOError):
            connection, _ = listener.accept()
            connection.setblocking(False)
            return connection


@contextlib.asynccontextmanager
async def visited(
    words: Sequence[str] = (),
    *,
    host: str = HOST,
    port: int = 0,
    jobs: int = 1,
    idle_seconds: float = IDLE_SECONDS,
    start_seconds: float | None = None,
    environment: Mapping[str, str] | None = None,
    restarts: bool = False,
) -> AsyncIterator[tuple[Visitor, str]]:
    """Listen as long as the context lasts, and run the client that ``words`` start, if any; yields it and the URL.

    ``environment`` is what that client is told besides. It may take ``start_seconds``, None for ``idle_seconds``, to
    come for the first time. With ``restarts`` it is started again as long as it comes.
    """
    with _listener(host, port) as listener:
        url = f"ws://{host}:{listener.getsockname()[1]}/"
        visitor = Visitor(listener, jobs=jobs, idle_seconds=idle_seconds, start_seconds=start_seconds or idle_seconds)
        if not words:
            yield visitor, url
            return

        async def start() -> tuple[Process, Printed]:
            printed, told_besides = Printed(), {**(environment or {}), "WSSPEC_URL": url}
            return await launch(filled_in(words, url), printed, environment=told_besides), printed

        visitor.client, visitor.start = await start(), start if restarts else None
        try:
            yield visitor, url
        finally:
            await visitor.client[0].end()


def _listener(host: str, port: int) -> socket.socket:
    try:
        listener = socket.create_server((host, port), backlog=WAITING)
    except OSError as error:
        raise not_to_be_had(host, port, error) from error
    listener.setblocking(False)
    return listener


@dataclass(frozen=True, slots=True)
class Triggered:
    """A client that connects when the program that ``words`` start tells it to; ``{url}`` is where."""

    words: Sequence[str]
    host: str = HOST
    port: int = 0
    jobs: int = 1
    idle_seconds: float = IDLE_SECONDS
    is_shared: bool = True
    needs_met: frozenset[Need] = frozenset({Need.URI})

    async def meet(self, case: Case, setting: Setting) -> Encounter:
        """Set the client off, and play ``case`` against it."""
        meeting = Meeting(case, setting)
        printed = Printed()
        async with invited(meeting, self.host, self.port) as url:
            trigger = await launch(filled_in(self.words, url), printed, environment=told(url, case))
            try:
                is_over = await trigger.exits_within(MEET_SECONDS * setting.scale)
                if is_over and trigger.status != 0 and case.invitation == PLAIN_INVITATION:
                    raise UnreachableError(f"the trigger {exit_words(trigger.status)}{said(printed)}")
                await asyncio.wait({meeting.met}, timeout=self.idle_seconds)
                if not meeting.met.done() and case.invitation != PLAIN_INVITATION:
                    meeting.refuse()
                elif not meeting.met.done():
                    raise UnreachableError(f"nobody connected for {self.idle_seconds:g} s{said(printed)}")
                result = await meeting.result()
            finally:
                await trigger.end()
        return Encounter(result=result, printed=printed.lines(), prints=printed.by_the_clock())
