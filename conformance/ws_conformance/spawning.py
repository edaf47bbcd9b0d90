"""Programs that the suite starts itself: until they serve, what they print meanwhile, how they die, and their sure end.

A program leads a session and process group of its own, and nothing outside that group is ever signalled. It has to stay
in the foreground: what a process leaves behind in its group is killed as soon as the process itself has ended, while
the group's number cannot belong to anybody else yet.
"""

from __future__ import annotations

import asyncio
import contextlib
import math
import os
import re
import shlex
import signal
import socket
from bisect import bisect_right
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate
from pathlib import Path
from types import TracebackType
from typing import Self

from msgspec.structs import replace
from ws_reports.escape import visible

from .model import Departure, RequirementId, Setting, Way
from .probing import NotThereError, reach
from .urls import Connecting, Target, parse_target
from .usage import UsageError

READY_SECONDS = 60.0
"""How long a server may take until it completes an opening handshake, before ``--scale``."""

TERM_SECONDS = 3.0
"""How long a server may take to end after SIGTERM, before it is killed."""

DRAIN_SECONDS = 1.0
"""How long the last output of a server that has ended is waited for."""

DYING_SECONDS = 0.5
"""How long a server that serves no more is given to turn out dead."""

PRINTED_BYTES = 256 * 1024
"""How much of what a server prints is kept; the oldest is dropped first."""

SHOWN_BYTES = 4096
"""How much of it is shown beside a case or in an error, the last of it."""

SHOWN_LINES = 200
"""How many of its lines are kept by the clock, the last of them."""

LINE_BYTES = 1 << 26
"""How long a line may be of a program that is spoken with."""

RESTARTS = 20
RESTARTS_ALONE = 500
"""How often a server is started again in one run: after it died of who knows what, and of the one case under way."""

EXPECTS_ANY_CLIENT: RequirementId = "6455/10.1/server-expects-any-client"

PORT = "{port}"
URL = "ws://127.0.0.1:{port}/"

_READ_BYTES = 16 * 1024
_PORT_IS_TAKEN = re.compile(rb"address (is )?(already )?in use|EADDRINUSE", re.IGNORECASE)


class SpawnError(Exception):
    """A server cannot be started, does not serve, or died too often; says why, and what it printed last."""


@dataclass(frozen=True, slots=True)
class Line:
    """A line that a process printed, harmless; ``at`` is when its first byte was read, on the loop's clock."""

    at: float
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Crash:
    """A server was found dead, or serving nobody. ``under_way`` are the cases that were being played."""

    under_way: tuple[str, ...]
    how: str
    printed: str
    prints: tuple[Line, ...] = ()


def crash_departure(crash: Crash) -> Departure:
    """Return what a server departs from that went down in the one case under way: it has to reckon with any client."""
    return Departure(EXPECTS_ANY_CLIENT, f"the server {crash.how} during this case", Way.REACTION)


class Printed:
    """What a process prints, with the time at which it was read, within PRINTED_BYTES."""

    def __init__(self) -> None:
        self._parts: deque[tuple[float, bytes]] = deque()
        self._length = 0

    def add(self, at: float, data: bytes) -> None:
        self._parts.append((at, data))
        self._length += len(data)
        while self._length > PRINTED_BYTES:
            self._length -= len(self._parts.popleft()[1])

    def between(self, began: float, ended: float) -> bytes:
        """Return what was read from ``began`` to ``ended``, on the loop's clock."""
        return b"".join(data for _, data in self._read(began, ended))

    def _read(self, began: float, ended: float) -> Iterator[tuple[float, bytes]]:
        return ((at, data) for at, data in self._parts if began <= at <= ended)

    def lines(self, began: float = 0.0, ended: float = math.inf) -> str:
        """Return the last of it, as harmless lines."""
        printed = self.between(began, ended)
        lines = printed[-SHOWN_BYTES:].rstrip(b"\r\n").splitlines()
        left_out = len(printed) - SHOWN_BYTES
        note = [f"({left_out:,} bytes before this are not shown)"] if left_out > 0 else []
        return "\n".join([*note, *map(visible, lines)])

    def by_the_clock(self, began: float = 0.0, ended: float = math.inf) -> tuple[Line, ...]:
        """Return the same, line by line, but not more than SHOWN_LINES."""
        printed = self.between(began, ended)
        times = [at for at, _ in self._read(began, ended)]
        ends = list(accumulate(len(data) for _, data in self._read(began, ended)))
        place = max(0, len(printed) - SHOWN_BYTES)
        lines: list[Line] = []
        for line in printed[place:].splitlines(keepends=True):
            lines.append(Line(times[bisect_right(ends, place)], visible(line.rstrip(b"\r\n"))))
            place += len(line)
        return tuple(lines[-SHOWN_LINES:])


class Process:
    """One life of a program: from its start until nothing of its process group is left.

    ``pipes`` is there for a program that is spoken with: its standard input, and its standard output.
    """

    def __init__(self, process: asyncio.subprocess.Process, printed: Printed) -> None:
        self._process = process
        self._printed = printed
        self.pipes: tuple[asyncio.StreamWriter, asyncio.StreamReader] | None = None
        self._drain_from = process.stdout
        if process.stdin is not None and process.stdout is not None:
            self.pipes = (process.stdin, process.stdout)
            self._drain_from = process.stderr
        self._drained = asyncio.create_task(self._drain())
        self.exited = asyncio.create_task(self._wait())

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def status(self) -> int | None:
        return self._process.returncode

    async def _wait(self) -> None:
        await self._process.wait()
        self._signal_group(signal.SIGKILL)
        await asyncio.wait({self._drained}, timeout=DRAIN_SECONDS)
        self._drained.cancel()

    async def _drain(self) -> None:
        assert self._drain_from is not None
        while data := await self._drain_from.read(_READ_BYTES):
            self._printed.add(asyncio.get_running_loop().time(), data)

    async def exits_within(self, seconds: float | None) -> bool:
        """Return whether it has ended, as soon as it has, or after so many seconds, if that is limited."""
        await asyncio.wait({self.exited}, timeout=seconds)
        return self.status is not None

    async def end(self) -> None:
        """End the process group: politely, and after TERM_SECONDS, or when cancelled, for sure."""
        try:
            if not self.exited.done():
                self._signal_group(signal.SIGTERM)
                await asyncio.wait({self.exited}, timeout=TERM_SECONDS)
        finally:
            if not self.exited.done():  # its pipes are open: it runs, or something that it started does
                self._signal_group(signal.SIGKILL)
            await asyncio.wait({self.exited})

    def _signal_group(self, how: signal.Signals) -> None:
        # EPERM: all that is left of the group are processes that have ended and were not waited for (macOS).
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.pid, how)


async def launch(
    words: Sequence[str],
    printed: Printed,
    *,
    environment: Mapping[str, str] | None = None,
    spoken_with: bool = False,
    folder: Path | None = None,
) -> Process:
    """Start a program in ``folder``, with ``environment`` added to ours. Raises UsageError if it cannot be run.

    If it is ``spoken_with``, it prints on standard error only, and its lines may be LINE_BYTES long.
    """
    try:
        process = await asyncio.create_subprocess_exec(
            *words,
            stdin=asyncio.subprocess.PIPE if spoken_with else asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE if spoken_with else asyncio.subprocess.STDOUT,
            env={**os.environ, **(environment or {})},
            cwd=folder,
            start_new_session=True,
            limit=LINE_BYTES,
        )
    except OSError as error:
        raise UsageError(
            f"{_shown(words[0])} cannot be run ({error.strerror})", "write the command as you would in a terminal"
        ) from error
    return Process(process, printed)


class SpawnedServer:
    """A server that ``command`` starts, with ``{port}`` filled in; it serves as long as the context lasts.

    ``url`` is where it serves then, ``{port}`` filled in as well, and ``connecting`` how to connect to it.
    The words of ``command`` are split as a shell does, but no shell runs; ``environment`` is added to ours. Before each
    start ``prepare``, if it is there, puts the port where the command finds it. Entering the context, and ``restart``,
    raise UsageError for a command that cannot be run and SpawnError for one that does not serve within
    ``ready_seconds``.
    """

    def __init__(
        self,
        command: str,
        *,
        url: str = URL,
        connecting: Connecting | None = None,
        setting: Setting | None = None,
        environment: Mapping[str, str] | None = None,
        ready_seconds: float = READY_SECONDS,
        prepare: Callable[[int], None] | None = None,
    ) -> None:
        self.command = command
        self.port = 0
        """Where it listens. It stays the same over restarts, unless another program takes it meanwhile."""
        self.starts = 0
        """How often it was started: who saw another number before knows that it was restarted since."""
        self._words = _words(command, needs_port=prepare is None)
        self._url = url
        self._connecting = connecting or Connecting()
        self._setting = setting or Setting()
        self._environment = environment
        self._ready_seconds = ready_seconds
        self._prepare = prepare
        self._printed = Printed()
        self._process: Process | None = None

    async def __aenter__(self) -> Self:
        await self.restart()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.end()

    @property
    def target(self) -> Target:
        """The server as a target."""
        return parse_target(self._url.replace(PORT, str(self.port)), self._connecting)

    @property
    def pid(self) -> int:
        """The id of its process, which is that of its process group, too."""
        assert self._process is not None, "it was not started"
        return self._process.pid

    @property
    def alive(self) -> bool:
        """Whether its process runs. That it serves is another question."""
        return self._process is not None and self._process.status is None

    @property
    def exit_status(self) -> int | None:
        """The status that its process ended with, the negative number of a signal; None while it runs."""
        return None if self._process is None else self._process.status

    async def restart(self) -> None:
        """End the server if it runs, start it, and return when it completes opening handshakes."""
        await self.end()
        try:
            await self._start()
        except BaseException:
            await self.end()
            raise

    async def end(self) -> None:
        """End the server and all that is left of its process group."""
        if self._process is not None:
            await self._process.end()

    async def exits_within(self, seconds: float | None) -> bool:
        """Return whether its process has ended, as soon as it has, or after so many seconds, if that is limited."""
        assert self._process is not None, "it was not started"
        return await self._process.exits_within(seconds)

    def printed_between(self, began: float, ended: float) -> str:
        """Return the last of what it printed from ``began`` to ``ended``, on the loop's clock, as harmless lines."""
        return self._printed.lines(began, ended)

    def prints_between(self, began: float, ended: float) -> tuple[Line, ...]:
        """Return the same by the clock."""
        return self._printed.by_the_clock(began, ended)

    async def _start(self) -> None:
        """Start it at the port it had, or at a free one; at another one if that turns out to be taken."""
        began = asyncio.get_running_loop().time()
        for port in (self.port or _free_port(), None):
            self.port = port or _free_port()
            self._process = await self._launch()
            self.starts += 1
            reason = await self._wait_until_it_serves(self._process)
            if reason is None:
                return
            now = asyncio.get_running_loop().time()
            if self.alive or not _PORT_IS_TAKEN.search(self._printed.between(began, now)):
                break
        raise SpawnError(f"{_shown(self.command)} does not serve: {reason}{self._last_words(began)}")

    async def _launch(self) -> Process:
        if self._prepare is not None:
            self._prepare(self.port)
        words = [word.replace(PORT, str(self.port)) for word in self._words]
        return await launch(words, self._printed, environment=self._environment)

    async def _wait_until_it_serves(self, process: Process) -> str | None:
        """Return None as soon as ``process`` completes an opening handshake, or why it does not."""
        limit = self._ready_seconds * self._setting.scale
        setting = replace(self._setting, place=self.target.place)
        trying = asyncio.create_task(reach(self.target, setting, wait_seconds=limit))
        try:
            await asyncio.wait({trying, process.exited}, return_when=asyncio.FIRST_COMPLETED)
            if process.exited.done():
                return f"it {exit_words(process.status)} before it answered an opening handshake"
            await trying
        except NotThereError as error:
            return f"no opening handshake within {limit:g} s; {error}"
        finally:
            trying.cancel()
            await asyncio.wait({trying})
        return None

    def _last_words(self, began: float) -> str:
        printed = self.printed_between(began, asyncio.get_running_loop().time())
        return f"\nit printed:\n{printed}" if printed else "\nit printed nothing"


class RestartBudget:
    """Starts a server again after a crash, and keeps who may have caused it in ``crashes``.

    It does so at most ``most`` times where several cases may have caused it, or none, and ``most_alone`` times where
    only one was under way.
    """

    def __init__(self, server: SpawnedServer, most: int = RESTARTS, most_alone: int = RESTARTS_ALONE) -> None:
        self.crashes: list[Crash] = []
        self._server = server
        self._left = most
        self._left_alone = most_alone
        self._restarting = asyncio.Lock()

    async def settled(self) -> None:
        """Return as soon as no restart is under way."""
        async with self._restarting:
            return

    async def revive(self, under_way: Sequence[str], *, starts: int, began: float) -> Crash | None:
        """Restart the server because it no longer serves; return what became of it.

        ``under_way`` names the cases that were being played, of which the first began at ``began``, when the server
        had been started ``starts`` times. If it has been restarted since, nothing is done and None is returned.
        Raises SpawnError when it has crashed too often, or does not come up again.
        """
        async with self._restarting:
            server = self._server
            if server.starts != starts:
                return None
            dead = await server.exits_within(DYING_SECONDS)
            how = exit_words(server.exit_status) if dead else "serves no more, although its process runs"
            now = asyncio.get_running_loop().time()
            crash = Crash(
                under_way=tuple(under_way),
                how=how,
                printed=server.printed_between(began, now),
                prints=server.prints_between(began, now),
            )
            self.crashes.append(crash)
            self._spend(crash)
            await server.restart()
            return crash

    def _spend(self, crash: Crash) -> None:
        """Take one restart off what is left. Raises SpawnError if nothing is."""
        is_alone = len(crash.under_way) == 1
        if not (self._left_alone if is_alone else self._left):
            often = f"was started again {len(self.crashes) - 1} times already"
            raise SpawnError(f"{_shown(self._server.command)} {crash.how}, and {often}")
        self._left_alone -= is_alone
        self._left -= not is_alone


def exit_words(status: int | None) -> str:
    """Return how a process ended, to follow the word for it."""
    if status is None:
        return "still runs"
    if status < 0:
        return f"was ended by signal {-status} ({signal.strsignal(-status)})"
    return f"ended with status {status}"


def _words(command: str, *, needs_port: bool) -> list[str]:
    try:
        words = shlex.split(command)
    except ValueError as error:
        raise UsageError(f"{_shown(command)} is no command ({error})", "close the quotes") from error
    if needs_port and not any(PORT in word for word in words):
        raise UsageError(
            f"{_shown(command)} does not say where the port goes",
            f"write {PORT} where the server takes the port to listen on",
        )
    return words


def _shown(command: str) -> str:
    return f"'{visible(command, 200)}'"


def _free_port() -> int:
    """Return a port of 127.0.0.1 that nobody listens on at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port
