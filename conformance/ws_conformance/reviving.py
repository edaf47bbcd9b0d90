"""A server that the suite started, as an opponent: which case brings it down, what it prints, what it costs.

When it dies among many cases, each of them may have done it, and so may those that were over a moment before. All are
to be played again, alone; a case that is alone when the server dies is the one. After a case that was alone at its end
a smoke case shows that the server still serves.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, replace

from msgspec import structs
from ws_reports import record

from .budgets import Usage, too_much, with_departures
from .model import Case, Outcome
from .playing import BrokenOffError, Encounter
from .probing import Site, is_alive
from .servers import Cutting, ServerAt
from .sockets import Arrivals, OvertimeError, UnreachableError
from .spawning import Crash, Line, RestartBudget, SpawnedServer, SpawnError, crash_departure

RECENT_SECONDS = 1.0
"""How long after its end a case is still under suspicion when the server is found dead: dying takes a while."""

RECENT_CASES = 512
"""How many of them at most."""


@dataclass(slots=True)
class _Watch:
    """One case under way: when it began, in which life of the server, and whether it was alone all the time."""

    began: float
    starts: int
    alone: bool


class SpawnedServerAt:
    """The running ``server``, which was probed as ``site`` and is started again as often as ``budget`` allows."""

    is_shared = True

    def __init__(
        self, server: SpawnedServer, site: Site, cutting: Cutting, budget: RestartBudget | None = None
    ) -> None:
        self._server = server
        self._site = site
        self._cutting = cutting
        self._arrivals = Arrivals()
        self._budget = budget or RestartBudget(server)
        self._under_way: dict[str, _Watch] = {}
        self._ended: deque[tuple[float, str]] = deque(maxlen=RECENT_CASES)
        self._lost: str | None = None

    @property
    def scale(self) -> float:
        return self._site.setting.scale

    @property
    def jobs(self) -> int:
        return ServerAt(self._site, self._cutting).jobs

    async def examine(self, case: Case) -> Encounter:
        await self._budget.settled()
        if self._lost is not None:
            raise UnreachableError(self._lost)
        loop = asyncio.get_running_loop()
        watch = _Watch(loop.time(), self._server.starts, alone=not self._under_way)
        for other in self._under_way.values():
            other.alone = False
        self._under_way[case.id] = watch
        try:
            return await self._watched(case, watch)
        finally:
            del self._under_way[case.id]
            self._ended.append((loop.time(), case.id))

    async def absence(self) -> str | None:
        await self._budget.settled()
        if self._lost is None and await is_alive(self._here()) is not None:
            with contextlib.suppress(UnreachableError):
                await self._revive(_Watch(asyncio.get_running_loop().time(), self._server.starts, alone=True))
        return self._lost

    def _here(self) -> Site:
        """Return the site, with the port that the server has in this life."""
        if self._server.port == self._site.address.port:
            return self._site
        target = self._server.target
        return replace(
            self._site,
            target=target,
            address=replace(self._site.address, port=self._server.port),
            setting=structs.replace(self._site.setting, place=target.place),
        )

    async def _watched(self, case: Case, watch: _Watch) -> Encounter:
        """Play ``case``, and find out whether the server outlived it."""
        from .metering import Meter, sampling  # with psutil, which takes long to import

        meter = Meter(self._server.pid) if watch.alone else None
        try:
            async with sampling(meter) if meter is not None else contextlib.nullcontext():
                met = await ServerAt(self._here(), self._cutting, self._arrivals).examine(case)
        except (UnreachableError, OvertimeError) as error:
            if not await self._is_down(is_suspected=True):
                raise
            crash = await self._revive(watch)
            raise self._broken_off(crash) from error
        if not await self._is_down(is_suspected=len(self._under_way) == 1):
            return self._with_particulars(met, watch, meter.usage() if meter is not None and watch.alone else None)
        crash = await self._revive(watch)
        if not watch.alone or crash is None:
            raise self._broken_off(crash)
        blamed = replace(met, result=with_departures(met.result, (crash_departure(crash),)))
        return self._with_printed(blamed, crash.printed, crash.prints)

    async def _is_down(self, *, is_suspected: bool) -> bool:
        return not self._server.alive or (is_suspected and await is_alive(self._here()) is not None)

    async def _revive(self, watch: _Watch) -> Crash | None:
        """Start the server again, unless that was done since ``watch`` began. Raises UnreachableError if it is lost."""
        began = min((each.began for each in self._under_way.values()), default=watch.began)
        try:
            return await self._budget.revive(tuple(self._under_way), starts=watch.starts, began=began)
        except SpawnError as error:
            self._lost = self._hidden(str(error))
            raise UnreachableError(self._lost) from error

    def _broken_off(self, crash: Crash | None) -> BrokenOffError:
        if crash is None:
            return BrokenOffError("the server went down while this case was played, among others, and was restarted")
        since = asyncio.get_running_loop().time() - RECENT_SECONDS
        recent = {case_id for at, case_id in self._ended if at >= since}.difference(crash.under_way)
        others = len(crash.under_way) + len(recent) - 1
        reason = f"the server {crash.how} while this case was played" + (f", or by {others} others" if others else "")
        return BrokenOffError(reason, printed=self._hidden(crash.printed), others=recent, is_first=True)

    def _with_particulars(self, met: Encounter, watch: _Watch, usage: Usage | None) -> Encounter:
        """Return ``met`` with what the case cost, if it was alone, and what was printed, if it did not go well."""
        if usage is not None:
            met = replace(
                met,
                result=with_departures(met.result, too_much(met.result.case.id, usage)),
                usage=record.Usage(memory=usage.memory, cpu_seconds=usage.cpu_seconds),
            )
        finding = met.result.finding
        if finding.outcome is Outcome.PLAYED and not finding.departures:
            return met
        now, server = asyncio.get_running_loop().time(), self._server
        return self._with_printed(
            met, server.printed_between(watch.began, now), server.prints_between(watch.began, now)
        )

    def _with_printed(self, met: Encounter, printed: str, prints: Sequence[Line]) -> Encounter:
        hidden = tuple(replace(line, text=self._hidden(line.text)) for line in prints)
        return replace(met, printed=self._hidden(printed), prints=hidden)

    def _hidden(self, text: str) -> str:
        return self._site.target.secrets.hide_in_text(text)
