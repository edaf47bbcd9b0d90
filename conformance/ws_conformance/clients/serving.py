"""A run of the Autobahn loop: a port, perhaps a program that goes through the loop, and the record of it all."""

from __future__ import annotations

import asyncio
import contextlib
from collections import Counter
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass

import msgspec
from ws_reports.record import CaseResult, Run, with_cases

from ..in_passing import counted_once
from ..peer import Role
from ..ports import bound
from ..probing import NotThereError, Site
from ..run import Listener, Options, begin, ended, new_setting, record_target, target_name
from ..sockets import Wire
from ..spawning import Printed, Process, exit_words, launch
from .driving import client_target
from .loop import Agent, Loop, Slot
from .meeting import HOST, Dropped, listening_on
from .reception import PARTING_SECONDS, Receptionist, Route
from .spawn import filled_in, said

PORT = 9001
"""Where clients written for Autobahn's suite look for it."""

CONNECTIONS = 512
"""How many connections may be there at once; more are dropped."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Serving:
    """How the loop is served. ``words`` is the command of a client to start, if any; ``port`` 0 takes a free one.

    With ``idle_seconds``, the run is over when nobody has been connected for so long.
    """

    slots: Sequence[Slot]
    words: Sequence[str] = ()
    port: int = PORT
    idle_seconds: float | None = None
    on_listening: Callable[[str], None] = lambda url: None
    on_reports: Callable[[Run], None] = lambda run: None


class Door:
    """The connections that are there, each with a receptionist for it."""

    def __init__(self, route: Route, on_turn: Callable[[], None] = lambda: None) -> None:
        self._route = route
        self._on_turn = on_turn
        self._wires: set[Wire] = set()
        self._changed = asyncio.Event()
        self.crashes: list[Exception] = []

    def connect(self) -> asyncio.Protocol:
        """Return what serves a new connection."""
        if len(self._wires) == CONNECTIONS:
            return Dropped()
        wire = Wire(Receptionist(self._route), self._on_turn, self.crashes.append)
        self._wires.add(wire)
        wire.closed.add_done_callback(lambda _: self._leave(wire))
        self._changed.set()
        return wire

    def _leave(self, wire: Wire) -> None:
        self._wires.discard(wire)
        self._changed.set()

    async def quiet(self, seconds: float) -> None:
        """Return when nobody has been connected for ``seconds``."""
        with contextlib.suppress(TimeoutError):
            while True:
                self._changed.clear()
                async with asyncio.timeout(None if self._wires else seconds):
                    await self._changed.wait()

    async def close(self) -> None:
        """Return when all connections are gone, which are dropped after PARTING_SECONDS."""
        if self._wires:
            await asyncio.wait([wire.closed for wire in self._wires], timeout=PARTING_SECONDS)
        await self.abort()

    async def abort(self) -> None:
        """Drop all connections, and return when they are gone."""
        closed = [wire.closed for wire in self._wires]
        for wire in list(self._wires):
            wire.abort()
        if closed:
            await asyncio.wait(closed)


async def run_loop(
    serving: Serving, options: Options, listeners: Sequence[Listener] = (), *, argv: Sequence[str] = ()
) -> Run:
    """Serve the loop until it is over, and return the record, with a target for each agent."""
    return await _Session(serving, options, listeners, argv).run()


class _Session:
    """A run of the loop while it goes on."""

    def __init__(self, serving: Serving, options: Options, listeners: Sequence[Listener], argv: Sequence[str]) -> None:
        self._serving = serving
        self._options = options
        self._listeners = listeners
        self._setting = new_setting(options)
        self._run = begin([], [], options, seed=int(self._setting.seed), argv=argv, role=Role.CLIENT, jobs=1)
        self._results: dict[int, CaseResult] = {}
        self._nobody: NotThereError | None = None
        self._asked_to_end = asyncio.Event()
        self._loop = Loop(
            serving.slots,
            self._setting,
            self._run.run.id,
            target_name=lambda index: target_name(index, options),
            on_agent=self._greet,
            on_result=self._note,
            on_reports=lambda: serving.on_reports(self._so_far()),
        )
        self._door = Door(self._loop.route, self._look)

    async def run(self) -> Run:
        clock = asyncio.get_running_loop().time
        began = clock()
        interrupted = False
        reason = "the run was interrupted"
        try:
            async with asyncio.timeout(self._options.time_limit):
                reason = await self._serve()
        except TimeoutError:
            reason = f"the time limit of {self._options.time_limit:g} s was reached"
        except asyncio.CancelledError:
            interrupted = True
        if not self._loop.agents:
            self._nobody = NotThereError(f"nobody asked for a case, and {reason}")
            self._loop.admit(" ".join(self._serving.words) or "(nobody)")
        if not interrupted:
            for result in self._loop.not_played(f"not played: {self._nobody or reason}"):
                self._note(result)
        for result in list(counted_once(self._results.values())):
            self._note(result)
        run = ended(self._so_far(), clock() - began, self._options, interrupted=interrupted)
        for listener in self._listeners:
            listener.ended(run)
        if self._door.crashes:
            raise self._door.crashes[0]
        return run

    # --- until the end ---

    async def _serve(self) -> str:
        """Serve the loop, and return what ended it."""
        async with _listening(self._door.connect, self._serving.port) as url:
            self._serving.on_listening(url)
            async with _running(self._serving.words, url) as client:
                reason = await self._end(client)
            await self._door.close()
        return reason

    async def _end(self, client: tuple[Process, Printed] | None) -> str:
        """Return, as soon as nothing more is to come, why."""
        watches = [self._is_asked_to_end()]
        if client is not None:
            watches.append(_leaves(*client))
        if self._serving.idle_seconds is not None:
            watches.append(self._is_idle(self._serving.idle_seconds))
        tasks = [asyncio.create_task(watch) for watch in watches]
        try:
            done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in tasks:
                task.cancel()
        return done.pop().result()

    async def _is_asked_to_end(self) -> str:
        await self._asked_to_end.wait()
        return "the client asked for the end of the run"

    async def _is_idle(self, seconds: float) -> str:
        await self._door.quiet(seconds)
        return f"nobody was connected for {seconds:g} s"

    # --- the record ---

    def _look(self) -> None:
        if self._loop.is_over or self._door.crashes:
            self._asked_to_end.set()

    def _greet(self, agent: Agent) -> None:
        """Put a target into the record; the first begins the run."""
        target = client_target(agent.name)
        site = self._nobody or Site(
            target=target,
            address=target.address,
            setting=self._setting,
            agent=agent.name,
            probed={"open": True},
            handshake_seconds=0.0,
        )
        entry = record_target(agent.index, target, site, self._options, Role.CLIENT)
        self._run = msgspec.structs.replace(self._run, targets=(*self._run.targets, entry))
        if agent.index == 1:
            plan = Counter(slot.case.area for slot in self._serving.slots if self._nobody is None)
            for listener in self._listeners:
                listener.begun(self._run, [site], plan)

    def _note(self, result: CaseResult) -> None:
        self._results[result.n] = result
        for listener in self._listeners:
            listener.played(result)

    def _so_far(self) -> Run:
        return with_cases(self._run, self._results.values())


@contextlib.asynccontextmanager
async def _listening(connect: Callable[[], asyncio.Protocol], port: int) -> AsyncIterator[str]:
    async with bound(listening_on(connect, port), HOST, port) as taken:
        yield f"ws://{HOST}:{taken}"


@contextlib.asynccontextmanager
async def _running(words: Sequence[str], url: str) -> AsyncIterator[tuple[Process, Printed] | None]:
    """Run the client, if there is one to run; it may say its farewells before it is ended."""
    if not words:
        yield None
        return
    printed = Printed()
    process = await launch(filled_in(words, url), printed, environment={"WSSPEC_URL": url})
    try:
        yield process, printed
        await process.exits_within(PARTING_SECONDS)
    finally:
        await process.end()


async def _leaves(process: Process, printed: Printed) -> str:
    await asyncio.wait({process.exited})
    return f"the client {exit_words(process.status)}{said(printed)}"
