"""Plays many cases against one target: at once, then again alone what did not go well, and doubting the target itself.

Cases share nothing, so their order does not matter; a failure among many connections may still be the fault of the
crowd. So what fails is repeated alone, or among a few where that would take too long, and the verdict is that of the
repetition. A target that dies or stops answering in a crowd is met by a smaller one, and at last by one case at a time;
if a smoke case finds nobody even then, what it failed since it was last seen alive is undecided. Cases that strain a
target come last, each alone and with a smoke case behind it: if that finds nobody, it was this case that did it.
"""

from __future__ import annotations

import asyncio
import math
import traceback
from collections import deque
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from typing import Protocol

import msgspec
from ws_reports.escape import visible
from ws_reports.record import CaseResult, Check, Printed, Usage, Verdict

from .budgets import with_departures
from .examiner import FAILING
from .model import Answer, Case, Control, Departure, Expect, Open, Quiet, Result, Send, Stimulus, Way, steps_for
from .probing import RETRY_SECONDS, Behaviour, Site
from .recording import need_words, record_result, record_unplayed
from .selection import STRAINING
from .sockets import OvertimeError, UnreachableError
from .spawning import EXPECTS_ANY_CLIENT, Line
from .wire import CLOSE

ALONE_SECONDS = 5.0
QUICK_SECONDS = 0.5
"""How long repetitions one by one may take in all, and how long a case may have taken that is repeated so, before
``--scale``. The quickest come first."""

FEW = 16
FEW_SECONDS = 60.0
"""How many are a small crowd, which repeats the others, and how long that may take in all, before ``--scale``."""

MANY = 200
CONFIRMED = 32
"""How many repetitions that change nothing are enough where so many more are left."""

HEAVY_BYTES = 32 * 1024
FRAME_BYTES = 64
HEAVY_JOBS = 8
"""A case that sends so much, where a frame counts as some bytes more, keeps both sides busy: few are played at once."""

CRASHES = 5
"""How often a target may go down in a crowd before those that are left make a smaller one, or are played one by one."""

REFUSALS = 5
"""How many connections in a row may be refused before the target is suspected to be gone."""

RECOVERY_SECONDS = 15.0
"""How long a target may take to answer again after a crowd that was too much for it, before ``--scale``: it finds its
queue full of connections that were given up.
"""

SUSPECTS = 8
"""How many of the cases that were under way when connections began to be refused are named."""

DOUBTFUL = frozenset({Verdict.FAIL, Verdict.INCONCLUSIVE})
"""Verdicts that are worth a repetition."""

Numbered = tuple[int, Case]


@dataclass(frozen=True, slots=True, kw_only=True)
class Encounter:
    """One case played: what the wire showed, and what else there is of it (see ``CaseResult``).

    ``prints`` are on the loop's clock, as the transcript is.
    ``segmentation`` and ``reason`` are there for a result that a cut of our own bytes brought about.
    """

    result: Result
    printed: str = ""
    prints: tuple[Line, ...] = ()
    application: tuple[str, ...] = ()
    usage: Usage | None = None
    segmentation: str | None = None
    reason: str | None = None


class UnsupportedError(Exception):
    """A target says itself that it cannot do what a case asks of it."""


class BrokenOffError(Exception):
    """A case came to an end that says nothing about it, as when the target's process was killed; says which.

    ``printed`` is what the process wrote then. ``others`` are ids of cases that are over, and as much under suspicion.
    ``is_first`` tells that no other case was broken off by the same event before.
    """

    def __init__(self, reason: str, *, printed: str = "", others: Collection[str] = (), is_first: bool = False) -> None:
        super().__init__(reason)
        self.printed = printed
        self.others = others
        self.is_first = is_first


class Opponent(Protocol):
    """Whoever is judged, as somebody who can be played against, in as many cases at once as wanted."""

    @property
    def scale(self) -> float:
        """What waits are multiplied by."""

    @property
    def jobs(self) -> int:
        """How many cases at once suit it."""

    @property
    def is_shared(self) -> bool:
        """Whether all cases meet one process, so that one case may be what ends another."""

    async def examine(self, case: Case) -> Encounter:
        """Play ``case``.

        Raises UnreachableError, OvertimeError, BrokenOffError, UnsupportedError, and whatever is our own fault.
        """

    async def absence(self) -> str | None:
        """Return None if it is still there, or else what shows that it is not."""


class Playing:
    """One opponent and the results it got so far. ``report`` is told each, and again when one is replaced.

    Of an opponent that ``was_mute`` before there was a crowd, only what is quick is repeated: it is no crowd's fault
    that it says nothing.
    """

    def __init__(
        self,
        opponent: Opponent,
        *,
        name: str,
        run_id: str,
        jobs: int,
        report: Callable[[CaseResult], None],
        was_mute: bool = False,
    ) -> None:
        self._opponent = opponent
        self._name = name
        self._run_id = run_id
        self._jobs = jobs
        self._report = report
        self._was_mute = was_mute
        self._results: dict[int, CaseResult] = {}
        self._under_way: dict[int, str] = {}
        self._refusals = 0
        self._unheard: set[int] = set()
        self._suspects: tuple[str, ...] = ()
        self._since_alive: set[int] = set()
        self._suspected: set[int] = set()
        self._crashes = 0
        self._is_too_much = False
        self._numbers: dict[str, int] = {}
        self._gone: str | None = None
        self._was_seen_since = False
        self._looking = asyncio.Lock()

    async def play(self, cases: Sequence[Numbered]) -> None:
        """Play ``cases``, then repeat alone what did not go well, then strain the target, if some of them do."""
        straining = [(n, case) for n, case in cases if STRAINING in case.tags]
        ordinary = [(n, case) for n, case in cases if STRAINING not in case.tags]
        self._numbers = {case.id: n for n, case in ordinary}
        left: Sequence[Numbered] = ordinary
        for crowd in (self._jobs, min(FEW, self._jobs)):
            left = await self._crowd(left, crowd)
            await self._look()
        for n, case in left:
            self._settle(await self._attempt(n, case))
        await self._look()
        await self._repeat_suspected([(n, case) for n, case in ordinary if n in self._suspected])
        await self._repeat_doubtful(ordinary)
        await self._look()
        for n, case in straining:
            self._settle(await self._attempt(n, case))
            self._since_alive.clear()

    async def _crowd(self, cases: Sequence[Numbered], crowd: int) -> Sequence[Numbered]:
        """Play ``cases``, so many at once, but few of the heavy ones, and first those that silence may hold up.

        Return those that are left: who goes down again and again, or answers nobody any more, has met too many.
        """
        self._crashes, self._is_too_much = 0, False
        heavy_jobs = HEAVY_JOBS if crowd > HEAVY_JOBS else 0  # a smaller crowd is no crowd
        heavy = deque((n, case) for n, case in cases if heavy_jobs and _is_heavy(case))
        numbers = {n for n, _ in heavy}
        rest = [(n, case) for n, case in cases if n not in numbers]
        light = deque(sorted(rest, key=lambda numbered: not _may_meet_silence(numbered[1])))
        async with asyncio.TaskGroup() as group:
            for waiting, jobs in ((light, crowd - heavy_jobs), (heavy, heavy_jobs)):
                for _ in range(min(jobs, len(waiting))):
                    group.create_task(self._work(waiting))
        return [*light, *heavy]

    async def _work(self, waiting: deque[Numbered]) -> None:
        while waiting and not self._is_too_much and self._crashes < CRASHES:
            n, case = waiting.popleft()
            self._settle(await self._attempt(n, case))

    async def _repeat(self, cases: Iterable[Numbered], seconds: float = math.inf) -> Sequence[Numbered]:
        """Play each of ``cases`` again with nothing else under way; return those that there was no time for."""
        loop = asyncio.get_running_loop()
        end = loop.time() + seconds
        waiting = deque(sorted(cases, key=lambda numbered: self._results[numbered[0]].seconds))
        while waiting and not self._gone and loop.time() + self._results[waiting[0][0]].seconds <= end:
            await self._again(*waiting.popleft())
        return waiting

    async def _repeat_suspected(self, cases: Iterable[Numbered]) -> None:
        """Play each of ``cases`` again alone: the target went down around them.

        What cannot be repeated is undecided, whatever it came to: connections end when a target does.
        """
        for n, case in await self._repeat(cases):
            if self._results[n].verdict is not Verdict.INCONCLUSIVE:
                reason = f"the target went down around it, and there was no repeating it: {self._gone}"
                self._settle(self._unplayed(n, case, Verdict.INCONCLUSIVE, reason, attempted=True))

    async def _repeat_doubtful(self, cases: Sequence[Numbered]) -> None:
        """Play again those of ``cases`` that did not go well: alone what is quick, the rest among a few.

        Where a target did not come to serve some of them at all, its silence in others says nothing either.
        """
        was_too_slow = any(self._results[n].verdict is Verdict.INCONCLUSIVE for n in self._unheard)
        unclear = self._unheard if was_too_slow else frozenset[int]()
        doubtful = [
            (n, case)
            for n, case in cases
            if n not in self._suspected and (n in unclear or self._results[n].verdict in DOUBTFUL)
        ]
        alone_seconds = ALONE_SECONDS * self._opponent.scale
        if self._jobs == 1:  # there was no crowd
            await self._repeat(doubtful, alone_seconds)
            return
        quick = [(n, case) for n, case in doubtful if self._results[n].seconds <= QUICK_SECONDS * self._opponent.scale]
        left = [*await self._repeat(quick, alone_seconds), *(each for each in doubtful if each not in quick)]
        if self._was_mute:
            return
        await self._repeat_few_at_once(left, are_most=2 * len(doubtful) > len(cases))
        if was_too_slow:  # for many; who serves one connection at a time lets even a few wait
            unheard = [(n, case) for n, case in doubtful if n in self._unheard]
            await self._repeat(unheard, FEW_SECONDS * self._opponent.scale)

    async def _repeat_few_at_once(self, cases: Iterable[Numbered], *, are_most: bool) -> None:
        """Play each of ``cases`` again with few others under way, as long as there is time for it.

        If one of them comes to something else then, those that there is no time for are undecided. Where they are MANY,
        or most of all, and CONFIRMED of them come to the same, the rest are taken to do so, too.
        """
        loop = asyncio.get_running_loop()
        end = loop.time() + FEW_SECONDS * self._opponent.scale
        waiting = deque(cases)
        changed: list[str] = []
        repeated = 0

        def is_worth_while() -> bool:
            is_confirmed = not changed and repeated >= CONFIRMED and (are_most or len(waiting) >= MANY)
            return bool(waiting) and not self._gone and not is_confirmed and loop.time() < end

        async def work() -> None:
            nonlocal repeated
            while is_worth_while():
                n, case = waiting.popleft()
                before = self._results[n].verdict
                again = await self._again(n, case)
                repeated += 1
                if again.verdict is not before:
                    changed.append(case.id)

        async with asyncio.TaskGroup() as group:
            for _ in range(min(self._jobs, FEW, len(waiting))):
                group.create_task(work())
        if changed and not self._gone:
            reason = f"there was no time to repeat it, and others fared better when they were repeated: {changed[0]}"
            for n, _ in waiting:
                self._settle(undecided(self._results[n], reason))

    async def _again(self, n: int, case: Case) -> CaseResult:
        """Play ``case`` once more, and let the outcome take the place of the one before."""
        before = self._results[n]
        again = await self._attempt(n, case)
        again = msgspec.structs.replace(again, attempts=(*before.attempts, *again.attempts))
        self._settle(again)
        return again

    def _settle(self, result: CaseResult) -> None:
        self._results[result.n] = result
        if result.verdict is Verdict.FAIL:
            self._since_alive.add(result.n)
        self._report(result)

    # --- one case ---

    async def _attempt(self, n: int, case: Case) -> CaseResult:
        if self._gone:
            return self._unplayed(n, case, Verdict.INCONCLUSIVE, f"the target no longer answers: {self._gone}")
        loop = asyncio.get_running_loop()
        self._was_seen_since = False
        self._under_way[n] = case.id
        began = loop.time()
        try:
            met = await self._opponent.examine(case)
            self._refusals = 0
            self._note_hearing(n, met.result)
            seconds = loop.time() - began
            if STRAINING in case.tags and self._opponent.is_shared:
                met = replace(met, result=with_departures(met.result, await self._aftermath()))
            return _recorded(met, n=n, target=self._name, seconds=seconds, run_id=self._run_id)
        except UnreachableError as error:
            return await self._refused(n, case, error)
        except OvertimeError as error:
            return self._unplayed(n, case, Verdict.INCONCLUSIVE, str(error), attempted=True)
        except BrokenOffError as error:
            if self._opponent.is_shared:
                self._crashes += error.is_first
                self._suspected |= {n, *(self._numbers[other] for other in error.others if other in self._numbers)}
            undone = self._unplayed(n, case, Verdict.INCONCLUSIVE, str(error), attempted=True)
            return msgspec.structs.replace(undone, printed=error.printed)
        except UnsupportedError as error:
            return self._unplayed(n, case, Verdict.UNSUPPORTED, str(error), attempted=True)
        except Exception as error:
            return self._unplayed(n, case, Verdict.ERROR, crash_words(error), attempted=True)
        finally:
            del self._under_way[n]

    def _note_hearing(self, n: int, result: Result) -> None:
        """Note whether the target said anything at all in case ``n``."""
        if any(isinstance(turn.heard, bytes) for turn in result.transcript):
            self._unheard.discard(n)
        else:
            self._unheard.add(n)

    async def _refused(self, n: int, case: Case, error: UnreachableError) -> CaseResult:
        """Note that the target took no connection, and what it was doing when that began."""
        if not self._refusals and self._opponent.is_shared:
            self._suspects = tuple(other for number, other in self._under_way.items() if number != n)
        self._refusals += 1
        self._unheard.add(n)
        reason = f"{error}{_meanwhile(self._suspects)}"
        if self._refusals >= REFUSALS:
            await (self._look() if len(self._under_way) == 1 else self._look_amid_others())
        return self._unplayed(n, case, Verdict.INCONCLUSIVE, reason, attempted=True)

    def _unplayed(self, n: int, case: Case, verdict: Verdict, reason: str, *, attempted: bool = False) -> CaseResult:
        return record_unplayed(case, verdict, reason, n=n, target=self._name, run_id=self._run_id, attempted=attempted)

    # --- the target itself ---

    async def _aftermath(self) -> tuple[Departure, ...]:
        """Return what the target departs from if the case that was just played, alone, was its end."""
        self._gone = await self._opponent.absence()
        if self._gone is None:
            return ()
        return (Departure(EXPECTS_ANY_CLIENT, f"the target serves nobody after this case: {self._gone}", Way.REACTION),)

    async def _look_amid_others(self) -> None:
        """Find out whether the target still answers while others are under way: if not, they may be too many for it."""
        refusals = self._refusals
        async with self._looking:
            if self._gone or self._is_too_much or self._refusals < refusals:
                return
            self._is_too_much = await self._opponent.absence() is not None
            self._refusals = 0

    async def _look(self) -> None:
        """Find out whether the target still answers, unless nothing was played since it was last seen alive.

        If it does not, what it failed since then is undecided.
        """
        refusals = self._refusals
        async with self._looking:
            if self._gone or self._was_seen_since or self._refusals < refusals:
                return
            self._was_seen_since = True
            self._gone = await self._absence()
            self._refusals = 0
            if self._gone:
                reason = f"the target no longer answers, and may have been ill before: {self._gone}"
                for n in sorted(self._since_alive):
                    self._settle(undecided(self._results[n], reason))
            self._since_alive.clear()

    async def _absence(self) -> str | None:
        """Return None if the target answers, or does so again after a crowd, or else what shows that it is gone."""
        loop = asyncio.get_running_loop()
        end = loop.time() + RECOVERY_SECONDS * self._opponent.scale * self._is_too_much
        while True:
            gone = await self._opponent.absence()
            if gone is None or loop.time() >= end:
                return gone
            await asyncio.sleep(RETRY_SECONDS)


def _is_heavy(case: Case) -> bool:
    """Return whether ``case`` sends so much that many like it would be in each other's way."""
    steps = chain.from_iterable(steps_for(role, case.steps) for role in case.roles)
    frames = chain.from_iterable(step.frames for step in steps if isinstance(step, Send | Open | Answer))
    return sum(len(frame.payload) + FRAME_BYTES for frame in frames) >= HEAVY_BYTES * len(case.roles)


def _may_meet_silence(case: Case) -> bool:
    """Return whether the clock may have to end a step of ``case``.

    That is where a target may wait, and where it has to fail the connection: a faulty one is silent then.
    """
    return any(_may_be_silent(steps_for(role, case.steps)) for role in case.roles)


def _may_be_silent(steps: Iterable[Stimulus | Expect | Control]) -> bool:
    for step in steps:
        if isinstance(step, Send) and any(frame.opcode == CLOSE for frame in step.frames):
            return False  # what follows is the closing handshake
        if isinstance(step, Expect) and not step.control and (Quiet in (kinds := step.kinds) or kinds <= FAILING):
            return True
    return False


def needs_unmet(case: Case, site: Site, behaviour: Behaviour) -> str | None:
    """Return why ``case`` cannot be played against ``site``, or None if it can."""
    if behaviour is Behaviour.HANDSHAKE and case.area not in ("handshake", "client"):
        return "the target is declared to do no more than the opening handshake"
    if "half-close" in case.tags and site.address.tls is not None:
        return "TLS cannot be ended in one direction only"
    missing = case.needs - site.setting.can
    return f"needs {need_words(missing)}, which the target was not seen to do" if missing else None


def _recorded(met: Encounter, *, n: int, target: str, seconds: float, run_id: str) -> CaseResult:
    recorded = record_result(met.result, n=n, target=target, seconds=seconds, run_id=run_id)
    start = next((turn.at for turn in met.result.transcript), math.inf)
    return msgspec.structs.replace(
        recorded,
        printed=met.printed,
        prints=tuple(Printed(t=max(0.0, line.at - start), text=line.text) for line in met.prints),
        application=met.application,
        usage=met.usage,
        segmentation=met.segmentation,
        reason=met.reason or recorded.reason,
    )


def undecided(result: CaseResult, reason: str) -> CaseResult:
    """Return ``result`` with every failure in it taken back."""

    def taken_back(check: Check) -> Check:
        if check.verdict is not Verdict.FAIL:
            return check
        return msgspec.structs.replace(check, verdict=Verdict.INCONCLUSIVE)

    return msgspec.structs.replace(
        result, verdict=Verdict.INCONCLUSIVE, reason=reason, checks=tuple(map(taken_back, result.checks))
    )


def crash_words(error: BaseException) -> str:
    """Return where our own code failed, on one harmless line."""
    lines = "".join(traceback.format_exception(error)).strip().splitlines()
    return visible(" | ".join(line.strip() for line in lines), 2000)


def _meanwhile(suspects: Sequence[str]) -> str:
    """Name what was under way when connections began to be refused: one of them may have done it."""
    if not suspects:
        return ""
    more = len(suspects) - SUSPECTS
    return f"; under way when this began: {', '.join(suspects[:SUSPECTS])}" + (f" and {more} more" if more > 0 else "")
