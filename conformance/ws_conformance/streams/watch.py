"""A watch over a stream: connect, follow, connect again when a connection has ended, until the time is over.

Meanwhile the protocol's own cases are played against the same endpoint, those that need no echo: each on a connection
of its own, which is subscribed to a part of the stream where the profile says so.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import msgspec
import psutil
from ws_reports.record import CaseResult, Run, Verdict, with_cases

from ..catalogue import catalogue_digest
from ..examiner import seeded
from ..model import SERVERS, Case, Expect, Need, Opens, Send, Setting, Step, steps_for
from ..noise import measured_noise
from ..peer import Role
from ..playing import Encounter
from ..probing import Behaviour, NotThereError, Site, probe
from ..recording import record_requirements, record_unplayed
from ..run import Listener, Options, begin, ended, new_setting, play_all
from ..selection import STRAINING
from ..servers import ServerAt
from ..sockets import CONNECT_SECONDS, UnreachableError, Wire, connect
from ..urls import Target
from ..vocabulary import frame, send
from ..wire import TEXT
from .following import Following
from .pausing import PausingWire
from .profile import Profile, filled
from .recording import Followed, record_rules, record_stream
from .rules import ALL_RULES
from .watching import Watcher

FIRST_PAUSE_SECONDS = 0.25
"""How long to wait at most before a new connection; it doubles with each that comes to nothing."""

LONGEST_PAUSE_SECONDS = 10.0
"""How long to wait between two connections, at most, whatever an endpoint asks for."""

LEAVE_SECONDS = 12.0
"""How long unsubscribing and closing may take in all, before ``--scale``."""

BEAT_SECONDS = 0.05
"""How often we find out how late we are."""

PROGRESS_SECONDS = 0.5
"""How often those who watch are told how it goes."""

LAG_SECONDS = 2.0
"""For how long our own lateness is remembered as an excuse for others."""

OVERRUN_SHARE = 0.8
OVERRUN_SECONDS = 0.5
"""What part of so many seconds we may be busy with what comes, before we count as not keeping up."""

QUIET_SECONDS = 3.0
"""How long a watch goes on behind the protocol cases, at least, if it was to be so long: delays are measured then."""

CASE_JOBS = 16
"""How many protocol cases are under way at once beside the stream, unless the user says otherwise."""

WITHOUT_ECHO = frozenset({Need.PONG, Need.DEFLATE})
"""What a case may need to be played against an endpoint that pushes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Watching:
    """How a stream is watched: for at least so many ``seconds``, with ``values`` for templates, and which ``cases``."""

    profile: Profile
    seconds: float
    values: Mapping[str, str]
    cases: Sequence[Case] = ()
    deflate: bool = True
    on_progress: Callable[[Watcher, float], None] = lambda watcher, seconds: None


class Follower:
    """Follows the stream at ``target``, one connection after the other, and keeps count."""

    def __init__(self, target: Target, watching: Watching, setting: Setting) -> None:
        loop = asyncio.get_running_loop()
        self.began = loop.time()
        self.watcher = Watcher(watching.profile, began=self.began, epoch=time.time() - self.began, scale=setting.scale)
        self.opened = asyncio.Event()
        """Set as soon as one connection was open."""
        self.reasons: list[str] = []
        """Why there is none, the last ones."""
        self._target = target
        self._watching = watching
        self._setting = setting
        self._entropy = seeded(f"{setting.seed}/stream")
        self._chance = random.Random(f"{setting.seed}/pauses")
        self._leaving = asyncio.Event()
        self._following: Following | None = None
        self._wire: Wire | None = None
        self._past = Followed(seconds=0.0)
        self._memory = 0
        self._busy = 0.0
        self._process = psutil.Process()

    async def follow(self) -> None:
        """Follow the stream until told to leave, and then until the last connection is closed."""
        failures = 0
        while not self._leaving.is_set():
            following = self._new_following()
            await self._meet(following)
            failures = 0 if following.is_open else failures + 1
            if not self._leaving.is_set():
                await self._pause(failures, following.retry_after)

    def leave(self) -> None:
        """Begin to leave: unsubscribe, then close."""
        self._leaving.set()
        if self._following is not None and self._wire is not None:
            self._following.leave(asyncio.get_running_loop().time())
            self._wire.wake()

    def abort(self) -> None:
        """Drop the connection."""
        self._leaving.set()
        self.watcher.left(asyncio.get_running_loop().time())
        if self._wire is not None:
            self._wire.abort()

    def _new_following(self) -> Following:
        return Following(
            self.watcher,
            self._target.place,
            self._watching.values,
            self._entropy,
            deflate=self._watching.deflate,
            scale=self._setting.scale,
            now=asyncio.get_running_loop().time(),
            clock=time.perf_counter,
        )

    async def _meet(self, following: Following) -> None:
        """Follow one connection to its end."""
        now = asyncio.get_running_loop().time
        try:
            wire = await connect(
                self._target.address,
                lambda: PausingWire(following, following, lambda: self._note(following)),
                CONNECT_SECONDS * self._setting.scale,
            )
        except UnreachableError as error:
            self.watcher.refused(str(error), now())
            self._failed(str(error))
            return
        self._following, self._wire = following, wire
        try:
            if self._leaving.is_set():
                following.leave(now())
                wire.wake()
            await wire.closed
        finally:
            self._following = self._wire = None
            wire.abort()
            self._past = self._with(following)
            self._busy += following.busy_seconds
        if not following.is_open:
            found = self.watcher.noted(ALL_RULES[0]).first
            self._failed(found[-1].detail if found else "no connection was opened")

    def _note(self, following: Following) -> None:
        if following.is_open:
            self.opened.set()

    def _failed(self, reason: str) -> None:
        self.reasons = [*self.reasons, reason][-3:]

    async def _pause(self, failures: int, asked: float | None) -> None:
        """Stay away for a time that chance makes, and longer each time that nothing came of it (§7.2.3)."""
        longest = FIRST_PAUSE_SECONDS * 2.0 ** min(failures, 10)
        pause = max(self._chance.uniform(longest / 2, longest), asked or 0.0)
        try:
            async with asyncio.timeout(min(pause, LONGEST_PAUSE_SECONDS)):
                await self._leaving.wait()
        except TimeoutError:
            return

    # --- what is known ---

    @property
    def busy_seconds(self) -> float:
        """How long we have been busy with what came, on all connections."""
        return self._busy + (self._following.busy_seconds if self._following is not None else 0.0)

    def sample(self) -> None:
        """Take note of how much memory we take."""
        self._memory = max(self._memory, self._process.memory_info().rss)

    @property
    def followed(self) -> Followed:
        """What is known of all connections so far."""
        now = asyncio.get_running_loop().time()
        whole = self._with(self._following) if self._following is not None else self._past
        return replace(whole, seconds=now - self.began, memory=self._memory or None)

    def _with(self, following: Following) -> Followed:
        compressed, inflated, seconds = following.inflated
        return Followed(
            seconds=0.0,
            wire_bytes=self._past.wire_bytes + following.wire_bytes,
            compressed_bytes=self._past.compressed_bytes + compressed,
            inflated_bytes=self._past.inflated_bytes + inflated,
            inflating_seconds=self._past.inflating_seconds + seconds,
        )


async def run_stream(
    target: Target,
    watching: Watching,
    options: Options,
    listeners: Sequence[Listener] = (),
    *,
    argv: Sequence[str] = (),
) -> Run:
    """Watch the stream at ``target`` and return the record, complete or, if interrupted, partial."""
    loop = asyncio.get_running_loop()
    began = loop.time()
    setting = new_setting(options)
    catalogue_digest(), record_requirements(Role.SERVER)  # slow the first time, which must not be while a stream flows
    noise_ms = await measured_noise()
    follower = Follower(target, watching, msgspec.structs.replace(setting, place=target.place))
    following = asyncio.create_task(follower.follow())
    beating = asyncio.create_task(_beat(follower, watching))
    session = _Session(target, watching, options, listeners, follower)
    playing: asyncio.Task[Run] | None = None
    try:
        site = await session.site(setting, following)
        run = begin([target], [site], options, seed=int(setting.seed), argv=argv, jobs=CASE_JOBS, noise_ms=noise_ms)
        follower.watcher.is_disturbed = bool(watching.cases)
        playing = asyncio.create_task(session.play(run, site, began))
        if isinstance(site, Site):
            await asyncio.wait({playing})
            follower.watcher.is_disturbed = False
            quiet = min(QUIET_SECONDS, watching.seconds) if watching.cases else 0.0
            left = max(quiet, follower.began + watching.seconds - loop.time())
            await asyncio.wait({following}, timeout=left)
        run = await playing
        await session.part(following, in_order=run.run.complete)
        interrupted = not run.run.complete
    except asyncio.CancelledError:
        interrupted = True
        if playing is None:
            site = NotThereError("the run was interrupted before the endpoint was tried")
            run = begin([target], [site], options, seed=int(setting.seed), argv=argv, noise_ms=noise_ms)
            _Between(listeners).begun(run, [site], {})
        else:
            playing.cancel()
            run = await playing
    finally:
        beating.cancel()
        await session.part(following, in_order=False)
    return session.conclude(run, loop.time() - began, interrupted=interrupted)


async def _beat(follower: Follower, watching: Watching) -> None:
    """Take the measure of ourselves, and tell how it goes, again and again."""
    loop = asyncio.get_running_loop()
    watcher = follower.watcher
    due = loop.time()
    lags: deque[float] = deque(maxlen=round(LAG_SECONDS / BEAT_SECONDS))
    works: deque[tuple[float, float]] = deque([(due, 0.0)], maxlen=lags.maxlen)
    told = loop.time()
    overrun_until = 0.0
    while True:
        lags.append(max(0.0, loop.time() - due))
        works.append((loop.time(), follower.busy_seconds))
        (since, before), (until, after) = works[0], works[-1]
        if until - since > OVERRUN_SECONDS and after - before > OVERRUN_SHARE * (until - since):
            watcher.overrun(until)
            overrun_until = until + LAG_SECONDS
        elif until >= overrun_until:
            watcher.lag = max(lags)
        if loop.time() >= told:
            told = loop.time() + PROGRESS_SECONDS
            follower.sample()
            watching.on_progress(watcher, loop.time() - follower.began)
        due = watcher.beat_due = loop.time() + BEAT_SECONDS
        await asyncio.sleep(BEAT_SECONDS)


class _Session:
    """One run of a watch: what is played beside it, and what is made of both."""

    def __init__(
        self, target: Target, watching: Watching, options: Options, listeners: Sequence[Listener], follower: Follower
    ) -> None:
        self._target = target
        self._watching = watching
        self._options = options
        self._listeners = listeners
        self._follower = follower
        self._site: Site | NotThereError | None = None
        self._alone: str | None = None
        """Why no case can be played beside the stream, though that is open."""

    async def site(self, setting: Setting, following: asyncio.Task[None]) -> Site | NotThereError:
        """Return the endpoint as it is seen to be, once the stream is open, or why it cannot be."""
        opened = asyncio.create_task(self._follower.opened.wait())
        try:
            patience = max(self._follower.watcher.limits.recovery, self._options.wait)
            await asyncio.wait({opened, following}, timeout=patience, return_when=asyncio.FIRST_COMPLETED)
            if not opened.done():
                self._site = NotThereError(f"no connection was opened; {'; '.join(self._follower.reasons)}")
            else:
                self._site = await self._seen_beside(setting) if self._watching.cases else self._unseen(setting)
        finally:
            opened.cancel()
        return self._site

    async def _seen_beside(self, setting: Setting) -> Site:
        """Return the endpoint as it is seen to be by whoever comes while we are there already."""
        try:
            site = await probe(self._target, setting, Behaviour.OPAQUE)
        except NotThereError as error:
            self._alone = f"no connection beside the stream: {error}; --no-cases judges the stream alone"
            return self._unseen(setting)
        return replace(site, probed={**site.probed, "pushes": True})

    def _unseen(self, setting: Setting) -> Site:
        return Site(
            target=self._target,
            address=self._target.address,
            setting=msgspec.structs.replace(setting, place=self._target.place, pushes=True),
            agent=None,
            probed={"open": True},
            handshake_seconds=0.0,
        )

    async def play(self, run: Run, site: Site | NotThereError, began: float) -> Run:
        """Play the protocol cases, and return the record with them."""
        opponent = None
        if isinstance(site, Site) and self._watching.cases and self._alone is None:
            opponent = Subscribed(ServerAt(site), self._watching)
        between = _Between(self._listeners)
        options = replace(self._options, jobs=self._options.jobs or CASE_JOBS)
        run = await play_all(run, [site], [opponent], self._watching.cases, options, [between], began=began)
        return run if self._alone is None else with_cases(run, self._unplayed(run, self._alone))

    def _unplayed(self, run: Run, reason: str) -> list[CaseResult]:
        target, run_id = run.targets[0].name, run.run.id
        results = [
            record_unplayed(case, Verdict.INCONCLUSIVE, reason, n=n, target=target, run_id=run_id)
            for n, case in enumerate(self._watching.cases, start=1)
        ]
        for result in results:
            for listener in self._listeners:
                listener.played(result)
        return results

    async def part(self, following: asyncio.Task[None], *, in_order: bool) -> None:
        """End the last connection, in order if there is time for that."""
        if in_order and not following.done():
            self._follower.leave()
            await asyncio.wait({following}, timeout=LEAVE_SECONDS * self._options.scale)
        if not following.done():
            self._follower.abort()
            following.cancel()
            await asyncio.wait({following})
        if not following.cancelled():
            following.result()  # a crash of our own is not to pass for the endpoint's doing

    def conclude(self, run: Run, seconds: float, *, interrupted: bool) -> Run:
        """Return ``run`` with what the judge noted, and tell it to the listeners."""
        follower = self._follower
        hide = self._target.secrets.hide_in_text
        first = max((case.n for case in run.cases), default=0) + 1
        unreached = str(self._site) if isinstance(self._site, NotThereError) else None
        results = list(
            record_rules(
                follower.watcher,
                seconds=follower.followed.seconds,
                first=first,
                target=run.targets[0].name,
                hide=hide,
                unreached=unreached,
            )
        )
        for result in results:
            for listener in self._listeners:
                listener.played(result)
        run = with_cases(run, (*run.cases, *results))
        info = msgspec.structs.replace(run.run, planned=len(self._watching.cases) + len(ALL_RULES))
        run = msgspec.structs.replace(run, run=info, stream=record_stream(follower.watcher, follower.followed, hide))
        run = ended(run, seconds, self._options, interrupted=interrupted)
        for listener in self._listeners:
            listener.ended(run)
        return run


class _Between:
    """Tells listeners how the cases go, but not that all is over, for it is not."""

    def __init__(self, listeners: Sequence[Listener]) -> None:
        self._listeners = listeners

    def begun(self, run: Run, sites: Sequence[Site | NotThereError], plan: Mapping[str, int]) -> None:
        info = msgspec.structs.replace(run.run, planned=(run.run.planned or 0) + len(ALL_RULES))
        for listener in self._listeners:
            listener.begun(msgspec.structs.replace(run, run=info), sites, {**plan, "stream": len(ALL_RULES)})

    def played(self, case: CaseResult) -> None:
        for listener in self._listeners:
            listener.played(case)

    def ended(self, run: Run) -> None:
        return


@dataclass(frozen=True, slots=True)
class Subscribed:
    """A server as an opponent whose stream flows while cases are played: they subscribe to what ``watching`` says."""

    server: ServerAt
    watching: Watching

    @property
    def scale(self) -> float:
        return self.server.scale

    @property
    def jobs(self) -> int:
        return CASE_JOBS

    @property
    def is_shared(self) -> bool:
        return True

    async def examine(self, case: Case) -> Encounter:
        return await self.server.examine(subscribed(case, self.watching))

    async def absence(self) -> str | None:
        return await self.server.absence()


def subscribed(case: Case, watching: Watching) -> Case:
    """Return ``case`` with subscriptions behind its opening handshake, if it opens a connection and goes on."""
    templates = [each.send for each in watching.profile.subscription if each.with_cases]
    steps = tuple(steps_for(Role.SERVER, case.steps))
    place = next((i for i, step in enumerate(steps) if _opens(step)), None)
    if not templates or place is None or place + 1 == len(steps) or case.area == "handshake":
        return case
    subscribing = _subscribing(templates, watching)
    return msgspec.structs.replace(case, roles=SERVERS, steps=(*steps[: place + 1], *subscribing, *steps[place + 1 :]))


def _opens(step: Step) -> bool:
    return isinstance(step, Expect) and any(
        isinstance(pattern, Opens) for reaction in step.reactions for pattern in reaction.pattern
    )


def _subscribing(templates: Sequence[str], watching: Watching) -> list[Send]:
    texts = (filled(text, {**watching.values, "id": str(n)}) for n, text in enumerate(templates, start=1))
    return [send(frame(TEXT, text), note="control") for text in texts]


def playable(cases: Sequence[Case]) -> list[Case]:
    """Return those of ``cases`` that a server without an echo can be played against, and that strain nobody."""
    mine = (case for case in cases if Role.SERVER in case.roles and STRAINING not in case.tags)
    return [case for case in mine if case.needs <= WITHOUT_ECHO]
