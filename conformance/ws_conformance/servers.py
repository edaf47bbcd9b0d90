"""Servers as opponents: where they are, how the bytes that they get are cut, and what a sweep of cuts shows."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace

from ws_reports.record import Verdict, worst

from .judging import case_verdict, checks
from .model import Case, Result
from .playing import Encounter
from .probing import Site, is_alive
from .redaction import redacted
from .segmentation import SWEEP, SWEEP_CUTS, WHOLE, delivery_for, places_words
from .sockets import Arrivals, examine_server
from .urls import is_loopback

JOBS = 64
"""How many connections to a server are under way at once, unless the user says otherwise."""

JOBS_ON_THIS_MACHINE = 192
"""The same for a target on this machine, where connections cost nobody else anything."""


@dataclass(frozen=True, slots=True)
class Cutting:
    """How the examiner's bytes are cut (see ``segmentation``); in a ``sweep``, at each single place, one by one."""

    segmentation: str = WHOLE
    sweep: bool = False

    @property
    def words(self) -> str:
        """Return it as a record has it."""
        return f"{SWEEP} to {SWEEP_CUTS}" if self.sweep else self.segmentation


UNCUT = Cutting()


@dataclass(frozen=True, slots=True)
class ServerAt:
    """A server as an opponent: each case has a connection of its own."""

    site: Site
    cutting: Cutting = UNCUT
    arrivals: Arrivals = field(default_factory=Arrivals, compare=False)

    @property
    def scale(self) -> float:
        return self.site.setting.scale

    @property
    def jobs(self) -> int:
        address = self.site.address
        is_here = address.path is not None or is_loopback(address.host)
        return JOBS_ON_THIS_MACHINE if is_here and self.cutting == UNCUT else JOBS

    @property
    def is_shared(self) -> bool:
        return True

    async def examine(self, case: Case) -> Encounter:
        met = Encounter(result=await self._play(case, self.cutting.segmentation))
        return await swept(met, lambda place: self._play(case, place)) if self.cutting.sweep else met

    async def absence(self) -> str | None:
        return await is_alive(self.site)

    async def _play(self, case: Case, segmentation: str) -> Result:
        delivery = delivery_for(segmentation, case.id)
        result = await examine_server(case, self.site.address, self.site.setting, delivery, self.arrivals)
        return redacted(result, self.site.target.secrets)


async def swept(whole: Encounter, play: Callable[[str], Awaitable[Result]]) -> Encounter:
    """Return ``whole`` if no cut brings another verdict, or else the gravest verdict and what cuts bring it.

    ``play`` plays the case again, cut as it is told. A cut is believed when it brings the same verdict twice: a machine
    that stalls does not stall there again.
    """
    before = verdict_of(whole.result)
    results = {place: await play(str(place)) for place in cuts(whole.result)}
    suspected = {place: result for place, result in results.items() if verdict_of(result) is not before}
    changed = {
        place: result for place, result in suspected.items() if verdict_of(await play(str(place))) is verdict_of(result)
    }
    gravest = worst(map(verdict_of, changed.values()))
    if gravest is None:
        return whole
    places = [place for place, result in changed.items() if verdict_of(result) is gravest]
    behind = f"when each chunk is cut behind {places_words(places)}"
    if worst((before, gravest)) is before:
        return replace(whole, reason=f"{before.value} when sent whole, {gravest.value} {behind}")
    return Encounter(
        result=changed[places[0]],
        segmentation=str(places[0]),
        reason=f"{gravest.value} only {behind}; {before.value} when sent whole",
    )


def cuts(whole: Result) -> range:
    """Return the places at which some chunk that the examiner said can be cut, up to SWEEP_CUTS."""
    said = (len(chunk) for turn in whole.transcript for chunk in turn.said if isinstance(chunk, bytes))
    return range(1, min(SWEEP_CUTS + 1, max(said, default=0)))


def verdict_of(result: Result) -> Verdict:
    """Return the verdict that ``result`` comes to."""
    return case_verdict(checks(result))
