"""A client that is started anew for each case, with the URL to connect to, and ended when the case is over."""

from __future__ import annotations

import asyncio
import os
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from ws_reports.escape import visible

from ..carriers.tls import authority_file
from ..model import PLAIN_INVITATION, Case, Need, Setting
from ..playing import BrokenOffError, Encounter
from ..sockets import UnreachableError
from ..spawning import Printed, Process, exit_words, launch
from ..usage import UsageError
from .driving import MEET_SECONDS
from .meeting import Meeting, invited

URL = "{url}"

TRUST = ("WSSPEC_CA", "SSL_CERT_FILE", "NODE_EXTRA_CA_CERTS", "CURL_CA_BUNDLE", "REQUESTS_CA_BUNDLE", "DENO_CERT")
"""Variables of the environment in which a client finds the file with our authority's certificate."""

JOBS = 2 * (os.cpu_count() or 1)
"""How many clients are under way at once, unless the user says otherwise."""

LEAVE_SECONDS = 0.25
"""How long a client may take to end by itself once its case is over, before it is asked to."""

ARRIVAL_SECONDS = 0.1
"""How long a connection may take to be noticed that a client has made before it ended."""


@dataclass(frozen=True, slots=True)
class SpawnedClient:
    """A program that takes a URL, connects to it and echoes. ``words`` is its command, with ``{url}`` to be filled in.

    The URL is in its environment as well, as WSSPEC_URL, and the id of the case as WSSPEC_CASE. ``environment`` is
    what it is told besides.
    """

    words: Sequence[str]
    jobs: int = JOBS
    environment: Mapping[str, str] = field(default_factory=dict)
    is_shared: bool = False
    needs_met: frozenset[Need] = frozenset({Need.URI})

    async def meet(self, case: Case, setting: Setting) -> Encounter:
        """Start the program, play ``case`` against it, and end it."""
        meeting = Meeting(case, setting)
        printed = Printed()
        async with invited(meeting) as url:
            environment = {**self.environment, **told(url, case)}
            process = await launch(filled_in(self.words, url), printed, environment=environment)
            try:
                await _arrival(meeting, process, printed, MEET_SECONDS * setting.scale)
                result = await meeting.result()
                if await process.exits_within(LEAVE_SECONDS) and was_killed(process):
                    how = exit_words(process.status)
                    raise BrokenOffError(f"the client {how} while it was judged", printed=printed.lines())
            finally:
                await process.end()
        return Encounter(result=result, printed=printed.lines(), prints=printed.by_the_clock())


async def _arrival(meeting: Meeting, process: Process, printed: Printed, seconds: float) -> None:
    """Return as soon as the client has connected, or has not, where a case gives it a reason to refuse.

    Raises UnreachableError if it does not connect to what any client connects to.
    """
    await asyncio.wait({meeting.met, process.exited}, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
    if process.exited.done():
        await asyncio.wait({meeting.met}, timeout=ARRIVAL_SECONDS)
    if meeting.met.done():
        return
    if meeting.case.invitation != PLAIN_INVITATION and not was_killed(process):
        meeting.refuse()
        return
    if process.exited.done():
        raise UnreachableError(f"the client {exit_words(process.status)} before it connected{said(printed)}")
    raise UnreachableError(f"the client did not connect within {seconds:g} s{said(printed)}")


def command_words(words: Sequence[str]) -> tuple[str, ...]:
    """Return the words of a command; a single one with blanks in it is split as a shell does. Raises UsageError."""
    if len(words) != 1:
        return tuple(words)
    try:
        return tuple(shlex.split(words[0]))
    except ValueError as error:
        raise UsageError(f"'{visible(words[0], 200)}' is no command ({error})", "close the quotes") from error


def filled_in(words: Sequence[str], url: str) -> list[str]:
    """Return ``words`` with ``url`` wherever ``{url}`` stands."""
    return [word.replace(URL, url) for word in words]


def told(url: str, case: Case) -> Mapping[str, str]:
    """Return what a client's environment says of its case, and for TLS, of our authority as usual runtimes read it."""
    trust = {} if case.invitation.certificate is None else dict.fromkeys(TRUST, authority_file())
    return {"WSSPEC_URL": url, "WSSPEC_CASE": case.id, **trust}


def was_killed(process: Process) -> bool:
    """Return whether a process that has ended was ended by a signal."""
    return process.status is not None and process.status < 0


def said(printed: Printed) -> str:
    """Return what a client printed, to follow what it did."""
    lines = printed.lines()
    return f"; it printed:\n{lines}" if lines else "; it printed nothing"
