"""A browser's own WebSocket as a client: a page fetches one case after the other, plays it, and tells what it saw."""

from __future__ import annotations

import asyncio
import contextlib
import shutil
import tempfile
from collections import deque
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass
from urllib.parse import parse_qs

import msgspec
from ws_reports.escape import visible

from ..head import RequestHead
from ..model import PLAIN_INVITATION, Case, Need, Setting
from ..peer import Chunk, Peer
from ..playing import BrokenOffError, Encounter
from ..sockets import UnreachableError
from ..spawning import Printed, Process, exit_words, launch
from ..usage import UsageError
from .application import ChannelError, Event, read_event
from .channel import ANSWER_SECONDS, API, judged
from .driving import MEET_SECONDS
from .meeting import HOST, Meeting, invited, listening_on
from .reception import POLL_SECONDS, HttpAnswer
from .serving import Door

BROWSERS = {
    "chromium": ("chromium", "chromium-browser", "google-chrome", "chrome"),
}
"""The browsers that can be started, and the names that their programs have."""

FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)

WORKERS = 4
"""How many cases a page plays at once, unless the user says otherwise."""

START_SECONDS = 30.0
"""How long a browser may take to ask for its first case, before ``--scale``."""


@dataclass(slots=True)
class Job:
    """A case that waits for a page to play it: what the page is given, and what it will have seen."""

    instructions: dict[str, object]
    seen: asyncio.Future[list[Event]]


class Page:
    """A page, or several, in a browser; it asks for jobs at ``route``."""

    is_shared = True
    needs_met: frozenset[Need] = frozenset({Need.URI, Need.BROWSER})

    def __init__(self, jobs: int) -> None:
        self.jobs = jobs
        self.door = Door(self.route)
        self.browser: tuple[Process, Printed] | None = None
        self._waiting: deque[int] = deque()
        self._jobs: dict[int, Job] = {}
        self._count = 0
        self._was_visited = False

    # --- for the page ---

    def route(self, head: RequestHead) -> Peer:
        """Return who answers the page's request ``head``."""
        path, _, words = head.target.partition("?")
        match path:
            case "/":
                return HttpAnswer("200 OK", _document(self.jobs), "text/html; charset=utf-8")
            case "/next":
                self._was_visited = True
                self._take_in({name: values[-1] for name, values in parse_qs(words).items()})
                return Later(self._next)
            case _:
                return HttpAnswer("404 Not Found", b"There are / and /next.\n")

    def _take_in(self, query: dict[str, str]) -> None:
        """Note what the page saw of the case that it is through with."""
        number = query.get("case", "")
        job = self._jobs.get(int(number)) if number.isascii() and number.isdigit() and len(number) < 9 else None
        if job is None or job.seen.done():
            return
        try:
            events = msgspec.json.decode(query.get("seen", "[]"), type=list[msgspec.Raw])
            job.seen.set_result([read_event(bytes(event)) for event in events])
        except (msgspec.MsgspecError, ChannelError) as error:
            job.seen.set_exception(BrokenOffError(f"the page told what cannot be read: {visible(str(error), 200)}"))

    def _next(self) -> bytes | None:
        return msgspec.json.encode(self._jobs[self._waiting.popleft()].instructions) if self._waiting else None

    # --- for the run ---

    async def meet(self, case: Case, setting: Setting) -> Encounter:
        """Have a page play ``case``."""
        script = API.get(case.id)
        meeting = Meeting(case, setting)
        self._count += 1
        number = self._count
        async with invited(meeting) as url:
            instructions = {
                "number": number,
                "url": url,
                "echo": script is None,
                "subprotocols": script.subprotocols if script is not None else (),
                "commands": [command.fields() for command in script.commands] if script is not None else (),
            }
            job = self._jobs[number] = Job(instructions, asyncio.get_running_loop().create_future())
            self._waiting.append(number)
            try:
                await self._arrival(meeting, job, setting.scale)
                result = await meeting.result()
                await asyncio.wait({job.seen}, timeout=ANSWER_SECONDS * setting.scale)
                if not job.seen.done():
                    raise BrokenOffError("the page does not tell what it saw, although the connection is over")
                seen = job.seen.result()
            finally:
                del self._jobs[number]
                with contextlib.suppress(ValueError):
                    self._waiting.remove(number)
        if script is not None:
            result = judged(script, result, seen)
        return Encounter(result=result, application=tuple(event.words() for event in seen))

    async def _arrival(self, meeting: Meeting, job: Job, scale: float) -> None:
        """Return as soon as the page has connected. Raises UnreachableError if it does not."""
        ends: set[asyncio.Future[None] | asyncio.Future[list[Event]]] = {meeting.met, job.seen}
        seconds = (MEET_SECONDS if self._was_visited else START_SECONDS) * scale
        await asyncio.wait(ends, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        if meeting.met.done():
            return
        if meeting.case.invitation != PLAIN_INVITATION and job.seen.done():
            meeting.refuse()
            return
        why = f"no page connected within {seconds:g} s"
        if job.seen.done():
            why = f"the page did not connect: {', '.join(event.words() for event in job.seen.result())}"
        if self.browser is not None and self.browser[0].status is not None:
            why = f"the browser {exit_words(self.browser[0].status)}"
        raise UnreachableError(why)


class Later:
    """Answers over HTTP as soon as there is something to answer."""

    def __init__(self, body: Callable[[], bytes | None]) -> None:
        self._body = body
        self._answer: HttpAnswer | None = None
        self._deadline: float | None = None
        self._is_over = False

    def receive(self, chunk: Chunk, now: float) -> None:
        self._is_over = not isinstance(chunk, bytes)

    def transmit(self, now: float) -> list[Chunk]:
        if self._answer is None and not self._is_over:
            body = self._body()
            if body is None:
                self._deadline = now + POLL_SECONDS
                return []
            self._deadline = None
            self._answer = HttpAnswer("200 OK", body, "application/json")
        return self._answer.transmit(now) if self._answer is not None else []

    def next_deadline(self) -> float | None:
        return None if self._is_over else self._deadline


def find_browser(name: str) -> str:
    """Return the program of the browser that is called ``name``. Raises UsageError if it is not installed."""
    found = next(filter(None, map(shutil.which, BROWSERS[name])), None)
    if found is None:
        programs = ", ".join(BROWSERS[name])
        raise UsageError(
            f"{name} is not installed (looked for {programs})",
            "install it, or say --page and open the page in a browser of your own",
        )
    return found


@contextlib.asynccontextmanager
async def opened_page(program: str | None, *, port: int = 0, jobs: int = WORKERS) -> AsyncIterator[tuple[Page, str]]:
    """Serve the page as long as the context lasts, and open it in the browser ``program``, if any; yields its URL."""
    page = Page(jobs)
    async with listening_on(page.door.connect, port) as bound:
        url = f"http://{HOST}:{bound}/"
        try:
            async with _browsing(program, page, url):
                yield page, url
        finally:
            await page.door.abort()


@contextlib.asynccontextmanager
async def _browsing(program: str | None, page: Page, url: str) -> AsyncIterator[None]:
    if program is None:
        yield
        return
    with tempfile.TemporaryDirectory(prefix="wsspec-", ignore_cleanup_errors=True) as profile:
        printed = Printed()
        process = await launch(_browser_words(program, profile, url), printed)
        page.browser = (process, printed)
        try:
            yield
        finally:
            await process.end()


def _browser_words(program: str, profile: str, url: str) -> Sequence[str]:
    return (program, *FLAGS, f"--user-data-dir={profile}", url)


def _document(workers: int) -> bytes:
    from importlib.resources import files

    text = files(__package__).joinpath("page.html").read_text("utf-8")
    return text.replace("{workers}", str(workers)).encode()
