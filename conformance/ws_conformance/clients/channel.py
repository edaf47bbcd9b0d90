"""An adapter between a library and the suite: commands go in, and what its application sees comes out.

For ordinary cases the application is an echo, which we are ourselves. For those of ``api`` it does what the case says,
and what it was told is judged as well as the wire.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from msgspec.structs import replace

from ..model import PLAIN_INVITATION, Case, Departure, Need, Outcome, Result, Setting, Way
from ..playing import BrokenOffError, Encounter, UnsupportedError
from ..sockets import UnreachableError
from ..spawning import Printed, Process, exit_words, launch
from ..usage import UsageError
from .api import API_CASES, ApiCase
from .application import (
    NONSENSE,
    QUIT,
    READ,
    ChannelError,
    Closed,
    CloseIt,
    Command,
    Connect,
    Event,
    Failed,
    GotMessage,
    Open,
    SendMessage,
    Unsupported,
    command_line,
    read_event,
)
from .driving import MEET_SECONDS
from .meeting import Meeting, invited
from .spawn import ARRIVAL_SECONDS, JOBS, said, told

ANSWER_SECONDS = 5.0
"""How long an adapter may take to answer a command that waits for nobody."""

EVENTS = 100_000
"""How many messages an application is told of in one case."""

TOLD_LENGTH = 400
"""How many characters are shown of what an application was told."""

SHOWN_EVENTS = 100
"""How many events of a case are kept."""

API = {api.case.id: api for api in API_CASES}


@dataclass(slots=True)
class Application:
    """The application of one case: what it did and what it was told, in order."""

    process: Process
    script: ApiCase | None
    seen: list[Event] = field(default_factory=list)
    story: list[str] = field(default_factory=list)

    async def live(self, url: str) -> None:
        """Connect, do what there is to do, and read until the connection is closed. Raises ChannelError."""
        script = self.script
        answer = await self.do(Connect(url, script.subprotocols if script is not None else ()))
        if not isinstance(answer, Open):
            return
        for command in script.commands if script is not None else ():
            if isinstance(await self.do(command), Failed) and isinstance(command, CloseIt):
                await self.do(CloseIt(1000))  # what was refused is over; the connection is not
        for _ in range(EVENTS):
            answer = await self.do(READ)
            if isinstance(answer, GotMessage) and script is None:
                await self.do(SendMessage(answer.data))
            elif not isinstance(answer, GotMessage):
                return

    async def do(self, command: Command) -> Event:
        """Return what the adapter answers to ``command``."""
        assert self.process.pipes is not None, "it was not launched to be spoken with"
        to_adapter, from_adapter = self.process.pipes
        to_adapter.write(command_line(command))
        try:
            await to_adapter.drain()
            line = await from_adapter.readline()
        except (OSError, ValueError) as error:
            raise ChannelError(f"the adapter does not listen, or its line does not end ({error})") from error
        if not line:
            raise ChannelError(f"the adapter ended where it was to answer '{command.words()}'")
        event = read_event(line)
        self.seen.append(event)
        if len(self.story) < SHOWN_EVENTS:
            self.story.append(f"{command.words()} → {event.words()}")
        return event


@dataclass(frozen=True, slots=True)
class Channel:
    """A library behind an adapter, which is started anew for each case. ``words`` is the adapter's command."""

    words: Sequence[str]
    jobs: int = JOBS
    is_shared: bool = False
    needs_met: frozenset[Need] = frozenset({Need.URI})

    async def check(self) -> None:
        """Raise UsageError unless the adapter refuses a command that does not exist."""
        printed = Printed()
        process = await launch(self.words, printed, environment=_environment({}), spoken_with=True)
        try:
            async with asyncio.timeout(ANSWER_SECONDS):
                answer = await Application(process, None).do(NONSENSE)
        except (TimeoutError, ChannelError) as error:
            problem = str(error) or f"the adapter did not answer within {ANSWER_SECONDS:g} s"
            raise UsageError(f"{problem}{said(printed)}", "docs/clients.md says what an adapter does") from error
        finally:
            await process.end()
        if not isinstance(answer, Unsupported):
            raise UsageError(
                f"the adapter answered a command that does not exist with '{answer.words()}'",
                'it has to answer {"event": "unsupported"}, or nothing that it answers means anything',
            )

    async def meet(self, case: Case, setting: Setting) -> Encounter:
        """Start the adapter, have it connect, play ``case``, and end it."""
        script = API.get(case.id)
        meeting = Meeting(case, setting)
        printed = Printed()
        async with invited(meeting) as url:
            process = await launch(self.words, printed, environment=_environment(told(url, case)), spoken_with=True)
            application = Application(process, script)
            living = asyncio.create_task(application.live(url))
            try:
                await _arrival(meeting, living, application, printed, MEET_SECONDS * setting.scale)
                result = await meeting.result()
                await asyncio.wait({living}, timeout=ANSWER_SECONDS * setting.scale)
                _check_story(living, application, process, printed)
                if script is not None:
                    result = judged(script, result, application.seen)
                await _leave(process)
            finally:
                living.cancel()
                await process.end()
        return Encounter(
            result=result,
            printed=printed.lines(),
            prints=printed.by_the_clock(),
            application=tuple(application.story),
        )


def judged(script: ApiCase, result: Result, seen: Sequence[Event]) -> Result:
    """Return ``result`` with what the application should have been told, or not. Raises UnsupportedError."""
    if any(isinstance(event, Unsupported) for event in seen):
        raise UnsupportedError("the adapter does not support what the case asks for")
    holding = {want: want.holds(seen) for want in script.wants}
    for want, holds in holding.items():
        if holds is None:
            raise UnsupportedError(f"the application was not told what would show it: {want.words()}")
    missed = [want for want, holds in holding.items() if not holds]
    if not missed:
        return result
    observed = ", ".join(event.words() for event in seen)[:TOLD_LENGTH] or "nothing"
    detail = f"the application was told: {observed}; wanted: {', '.join(want.words() for want in missed)}"
    failed = [requirement for want in missed for requirement in want.about]
    kept = (departure for departure in result.finding.departures if departure.requirement not in failed)
    finding = replace(
        result.finding,
        outcome=Outcome.FAILED,
        reason=detail,
        departures=(*kept, *(Departure(requirement, detail, Way.STEP) for requirement in failed)),
        undecided=tuple(requirement for requirement in result.finding.undecided if requirement not in failed),
        accepted=tuple(want.words() for want in script.wants),
        observed=observed,
        kind="what the application was told",
    )
    return replace(result, finding=finding)


async def _arrival(
    meeting: Meeting, living: asyncio.Task[None], application: Application, printed: Printed, seconds: float
) -> None:
    """Return as soon as the client has connected, or told that it will not, where a case gives it a reason.

    Raises UnreachableError if it does not connect to what any client connects to.
    """
    await asyncio.wait({meeting.met, living}, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
    if living.done():
        await asyncio.wait({meeting.met}, timeout=ARRIVAL_SECONDS)
    if meeting.met.done():
        return
    if meeting.case.invitation != PLAIN_INVITATION and _was_told_no(application):
        meeting.refuse()
        return
    error = living.exception() if living.done() else None
    if error is not None and not isinstance(error, ChannelError):
        raise error
    why = str(error or "; ".join(application.story) or f"no connection within {seconds:g} s")
    raise UnreachableError(f"the client did not connect: {why}{said(printed)}")


def _was_told_no(application: Application) -> bool:
    return any(isinstance(event, Failed | Closed) for event in application.seen)


def _check_story(living: asyncio.Task[None], application: Application, process: Process, printed: Printed) -> None:
    """Raise BrokenOffError if what the application was told is not known to the end."""
    error = living.exception() if living.done() else None
    if isinstance(error, ChannelError):
        how = "" if process.status is None else f" (it {exit_words(process.status)})"
        raise BrokenOffError(f"{error}{how}{said(printed)}", printed=printed.lines())
    if error is not None:
        raise error
    if not living.done() and application.script is not None and not _is_told_of_the_end(application):
        problem = f"the adapter did not answer within {ANSWER_SECONDS:g} s after the end{said(printed)}"
        raise BrokenOffError(problem, printed=printed.lines())


def _is_told_of_the_end(application: Application) -> bool:
    return any(isinstance(event, Closed | Failed) for event in application.seen)


async def _leave(process: Process) -> None:
    """Tell the adapter to quit, if it still listens."""
    if process.pipes is not None and process.status is None:
        process.pipes[0].write(command_line(QUIT))
        await process.exits_within(ARRIVAL_SECONDS)


def _environment(more: Mapping[str, str]) -> Mapping[str, str]:
    return {"PYTHONUNBUFFERED": "1", **more}
