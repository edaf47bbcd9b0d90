"""The suite inside another test runner: a target is tried once, and then judged by as many cases at a time as wanted.

A target is a server at a URL, the command of a client, or something in this process that does no I/O. What comes of it
is a run's record each time, so that all that can be made of a record can be made of this.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import msgspec
from ws_reports.escape import visible
from ws_reports.record import Run

from .clients.driving import Driven, Driver, client_target, probe_client
from .clients.spawn import SpawnedClient
from .memory import rehearse, whole
from .model import Case, Need, Result, Setting
from .peer import Role
from .playing import Encounter, Opponent
from .probing import Site, able, probe, what_it_does
from .run import Options, begin, new_setting, play_all
from .sansio import Factory, as_peer
from .segmentation import delivery_for
from .selection import STRAINING
from .servers import ServerAt, swept
from .urls import Connecting, is_on_this_machine, parse_target
from .usage import UsageError


@dataclass(frozen=True, slots=True, kw_only=True)
class Rig:
    """A target that was tried, and all that it takes to judge it. ``run`` is a record that has no cases yet."""

    run: Run
    site: Site
    opponent: Opponent
    options: Options

    async def judge(self, cases: Sequence[Case]) -> Run:
        """Play ``cases`` and return the record. Raises UsageError, and what a connection in this process raises.

        No result has a name for ``wsspec replay``, which knows of stored records only.
        """
        if any(STRAINING in case.tags for case in cases) and not is_on_this_machine(self.site.address):
            host = visible(self.site.address.host, 100)
            raise UsageError(f"a case strains its target, and {host} is not this machine", "use 'wsspec server' for it")
        began = asyncio.get_running_loop().time()
        run = await play_all(self.run, [self.site], [self.opponent], cases, self.options, (), began=began)
        if not run.run.complete:
            raise asyncio.CancelledError
        if isinstance(self.opponent, InProcess) and self.opponent.crashes:
            raise self.opponent.crashes.pop()
        unnamed = tuple(msgspec.structs.replace(case, replay=None) for case in run.cases)
        return msgspec.structs.replace(run, cases=unnamed)


async def server_rig(url: str, options: Options, connecting: Connecting) -> Rig:
    """Try the server at ``url``. Raises UsageError and NotThereError."""
    target, setting = parse_target(url, connecting), new_setting(options)
    site = await probe(target, setting, options.behaviour, exchange=options.exchange, wait_seconds=options.wait)
    return _rig(site, ServerAt(site, options.cutting), options, Role.SERVER)


async def client_rig(words: Sequence[str], options: Options) -> Rig:
    """Try the client that the command ``words`` starts, with ``{url}`` in it. Raises UsageError and NotThereError."""
    driver = SpawnedClient(words)
    site = await _probed_client(driver, " ".join(words), options)
    return _rig(site, Driven(driver, site), options, Role.CLIENT)


async def in_process_rig(factory: Factory, role: Role, options: Options) -> Rig:
    """Try what ``factory`` makes, which has ``role``. Raises NotThereError, and what the connections raise."""
    opponent = InProcess(factory, role, options)
    name = getattr(factory, "__qualname__", repr(factory))
    if role is Role.CLIENT:
        site = await _probed_client(opponent, name, options)
    else:
        site = await _probed_in_process(opponent, name)
    return _rig(site, replace(opponent, setting=site.setting), options, role)


def _rig(site: Site, opponent: Opponent, options: Options, role: Role) -> Rig:
    seed = int(site.setting.seed)
    run = begin([site.target], [site], options, seed=seed, argv=(), role=role, jobs=opponent.jobs)
    return Rig(run=run, site=site, opponent=opponent, options=options)


async def _probed_client(driver: Driver, words: str, options: Options) -> Site:
    return await probe_client(driver, client_target(words), new_setting(options), options.behaviour)


# --- in this process --------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class InProcess:
    """What ``factory`` makes, as an opponent, in virtual time. ``crashes`` are exceptions that came out of it."""

    factory: Factory
    role: Role
    options: Options
    setting: Setting = field(default_factory=Setting)
    crashes: list[Exception] = field(default_factory=list)
    scale: float = 1.0
    jobs: int = 1
    is_shared: bool = False
    needs_met: frozenset[Need] = frozenset()

    async def meet(self, case: Case, setting: Setting) -> Encounter:
        """Play ``case``, without any cuts but those that each case is played with."""
        return Encounter(result=await self._play(case, setting, self.options.cutting.segmentation))

    async def examine(self, case: Case) -> Encounter:
        met = await self.meet(case, self.setting)
        if not self.options.cutting.sweep:
            return met
        return await swept(met, lambda place: self._play(case, self.setting, place))

    async def absence(self) -> str | None:
        return None

    async def _play(self, case: Case, setting: Setting, segmentation: str) -> Result:
        try:
            peer = as_peer(self.factory())
            delivery = delivery_for(segmentation, case.id) or whole
            return rehearse(case, peer, self.role, setting=setting, delivery=delivery)
        except Exception as error:
            error.add_note(f"while {case.id} was played")
            self.crashes.append(error)
            raise


async def _probed_in_process(opponent: InProcess, words: str) -> Site:
    """Find out what a server in this process does; that it opens connections is for the cases to see."""
    setting = msgspec.structs.replace(new_setting(opponent.options), can=frozenset(), pushes=True)

    async def play(case: Case) -> Result:
        return (await opponent.meet(case, setting)).result

    options = opponent.options
    probed = await what_it_does(play, options.behaviour, options.exchange, scale=options.scale)
    target = client_target(words)
    return Site(
        target=target,
        address=target.address,
        setting=able(setting, probed, options.exchange),
        agent=None,
        probed=probed,
        handshake_seconds=0.0,
    )
