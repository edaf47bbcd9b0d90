"""A run: some targets, some cases, and the record of what came of them, told to listeners as it grows."""

from __future__ import annotations

import asyncio
import contextlib
import platform
import secrets
import ssl
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from enum import Enum
from typing import Protocol

import msgspec
from ws_reports import record
from ws_reports.record import CaseResult, ExitCode, Level, Run, Verdict, with_cases
from ws_reports.standing import FAIL_ON

from .baseline import NOTHING, Expected, held_against
from .cases import ALL_CASES
from .catalogue import catalogue_digest, load_catalogue
from .in_passing import counted_once
from .model import REACTION_SECONDS, Case, Setting
from .noise import measured_noise
from .peer import Role
from .playing import Numbered, Opponent, Playing, needs_unmet
from .probing import NOTHING_DECLARED, Behaviour, Declared, NotThereError, Site, delivered, probe
from .profiles import Profile
from .recording import record_requirements, record_unplayed
from .reviving import SpawnedServerAt
from .servers import JOBS, UNCUT, Cutting, ServerAt
from .sharding import Shard, shared_seed
from .sockets import CASE_SECONDS, CONNECT_SECONDS
from .spawning import URL, SpawnedServer, SpawnError
from .targets.surveyed import with_survey
from .urls import Connecting, Target
from .version import suite_version

RUN_ID_LETTERS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


class FailOn(Enum):
    """Which departures make a run fail."""

    MUST = "must"
    SHOULD = "should"
    INFO = "info"
    NEVER = "never"

    @property
    def verdicts(self) -> frozenset[Verdict]:
        """Return the verdicts that make a run fail."""
        return FAIL_ON.get(self.value, frozenset())


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """How a run is made. ``wait`` and ``time_limit`` are seconds.

    ``jobs`` None stands for a number that suits the target, ``seed`` None for a new one. ``exchange`` is a text that
    the target replies to, and a part of the reply. ``memory`` is how many bytes a server that we started may take for
    one case before the run fails. Of the cases, only those of ``shard`` are played, if there is one.

    ``name`` is what the target is called, ``build`` its version, ``declared`` what it says that it can do. ``expected``
    are known failures, which hold on the day ``today``, and ``profile`` is where the cases come from, if from one.
    ``stands_before`` is the server that the target, a proxy, is in front of.
    """

    jobs: int | None = None
    scale: float = 1.0
    wait: float = 0.0
    time_limit: float | None = None
    behaviour: Behaviour = Behaviour.AUTO
    seed: int | None = None
    fail_on: FailOn = FailOn.MUST
    exit_zero: bool = False
    exchange: tuple[bytes, bytes] | None = None
    cutting: Cutting = UNCUT
    memory: int | None = None
    shard: Shard | None = None
    name: str | None = None
    build: str | None = None
    declared: Declared = NOTHING_DECLARED
    expected: Expected = NOTHING
    profile: Profile | None = None
    stands_before: str | None = None
    today: date = field(default_factory=lambda: datetime.now(UTC).date())


Plan = tuple[list[CaseResult], list[Numbered]]
"""Results of cases that cannot be played, and the cases that can."""


class Listener(Protocol):
    """Someone who wants to know how a run goes on."""

    def begun(self, run: Run, sites: Sequence[Site | NotThereError], plan: Mapping[str, int]) -> None:
        """The targets were tried; ``run`` has no cases yet. ``plan`` says how many will be played, for each area."""

    def played(self, case: CaseResult) -> None:
        """A case has a result. One that is played again comes again."""

    def ended(self, run: Run) -> None:
        """The run is over, or was interrupted; ``run`` is its record."""


async def run_servers(
    targets: Sequence[Target],
    cases: Sequence[Case],
    options: Options,
    listeners: Sequence[Listener] = (),
    *,
    argv: Sequence[str] = (),
) -> Run:
    """Judge each of ``targets`` by ``cases`` and return the record, complete or, if interrupted, partial."""
    began = asyncio.get_running_loop().time()
    setting = new_setting(options)
    noise_ms = await measured_noise()
    sites = [await _probed(target, setting, options) for target in targets]
    run = begin(targets, sites, options, seed=int(setting.seed), argv=argv, noise_ms=noise_ms)
    opponents = [ServerAt(site, options.cutting) if isinstance(site, Site) else None for site in sites]
    return await play_all(run, sites, opponents, cases, options, listeners, began=began)


async def run_spawned(
    command: str,
    cases: Sequence[Case],
    options: Options,
    listeners: Sequence[Listener] = (),
    *,
    url: str = URL,
    connecting: Connecting | None = None,
    argv: Sequence[str] = (),
) -> Run:
    """Start the server that ``command`` names, judge it by ``cases``, end it, and return the record."""
    setting = new_setting(options)
    server = SpawnedServer(command, url=url, connecting=connecting, setting=setting)
    return await run_starting(server, setting, cases, options, listeners, url=url, argv=argv)


async def run_starting(
    server: SpawnedServer,
    setting: Setting,
    cases: Sequence[Case],
    options: Options,
    listeners: Sequence[Listener] = (),
    *,
    url: str = URL,
    argv: Sequence[str] = (),
) -> Run:
    """Start ``server``, which serves at ``url``, judge it by ``cases``, end it, and return the record."""
    began = asyncio.get_running_loop().time()
    noise_ms = await measured_noise()
    async with contextlib.AsyncExitStack() as stack:
        site: Site | NotThereError
        try:
            await stack.enter_async_context(server)
            site = await _probed(server.target, setting, options)
        except SpawnError as error:
            site = NotThereError(str(error))
        # The port is another one in each life of the server, and in each shard of a run.
        target = replace(server.target, url=server.target.secrets.hide_in_text(url))
        run = begin([target], [site], options, seed=int(setting.seed), argv=argv, noise_ms=noise_ms)
        opponent = SpawnedServerAt(server, site, options.cutting) if isinstance(site, Site) else None
        return await play_all(run, [site], [opponent], cases, options, listeners, began=began)


def new_setting(options: Options) -> Setting:
    """Return the setting for a run with ``options``, before anything is known of a target."""
    seed = options.seed
    if seed is None:
        seed = secrets.randbits(32) if options.shard is None else shared_seed()
    return Setting(scale=options.scale, seed=str(seed), through_a_proxy=options.stands_before is not None)


async def play_all(
    run: Run,
    sites: Sequence[Site | NotThereError],
    opponents: Sequence[Opponent | None],
    cases: Sequence[Case],
    options: Options,
    listeners: Sequence[Listener],
    *,
    began: float,
) -> Run:
    """Play ``cases`` against each of ``opponents``, those of the targets of ``run``, and return the record.

    The opponent of a target that is not there is None. ``began`` is when the run began, on the loop's clock.
    """
    run = msgspec.structs.replace(run, run=msgspec.structs.replace(run.run, planned=len(sites) * len(cases)))
    results: dict[int, CaseResult] = {}

    def note(result: CaseResult) -> None:
        results[result.n] = result
        for listener in listeners:
            listener.played(result)

    plans = [_plan(run, index, site, cases, options) for index, site in enumerate(sites)]
    for listener in listeners:
        listener.begun(run, sites, Counter(case.area for _, playable in plans for _, case in playable))
    for result in (result for unplayed, _ in plans for result in unplayed):
        note(result)
    interrupted = False
    try:
        async with asyncio.timeout(options.time_limit):
            for target, site, opponent, (_, playable) in zip(run.targets, sites, opponents, plans, strict=True):
                if opponent is not None:
                    jobs = options.jobs or opponent.jobs
                    was_mute = isinstance(site, Site) and site.was_mute
                    playing = Playing(
                        opponent, name=target.name, run_id=run.run.id, jobs=jobs, report=note, was_mute=was_mute
                    )
                    await playing.play(playable)
    except TimeoutError:
        reason = f"the time limit of {options.time_limit:g} s was reached"
        for result in _not_played(run, plans, results.keys(), reason):
            note(result)
    except asyncio.CancelledError:
        interrupted = True
    for result in list(counted_once(results.values())):
        note(result)
    seconds = asyncio.get_running_loop().time() - began
    run = ended(with_cases(run, results.values()), seconds, options, interrupted=interrupted)
    for listener in listeners:
        listener.ended(run)
    return run


async def _probed(target: Target, setting: Setting, options: Options) -> Site | NotThereError:
    try:
        return await probe(
            target,
            setting,
            options.behaviour,
            declared=options.declared,
            exchange=options.exchange,
            wait_seconds=options.wait,
        )
    except NotThereError as error:
        return error


# --- the plan ---------------------------------------------------------------------------------------------------------


def _plan(run: Run, index: int, site: Site | NotThereError, cases: Sequence[Case], options: Options) -> Plan:
    """Number ``cases`` for the target at ``index`` and tell those that can be played from those that cannot.

    Those of other shards have numbers as well, so that no two shards have one in common.
    """
    unplayed: list[CaseResult] = []
    playable: list[Numbered] = []
    name = run.targets[index].name
    for n, case in enumerate(cases, start=1 + index * len(cases)):
        if options.shard is not None and not options.shard.holds(case):
            continue
        reason = needs_unmet(case, site, options.behaviour) if isinstance(site, Site) else f"not played: {site}"
        verdict = Verdict.UNSUPPORTED if isinstance(site, Site) else Verdict.INCONCLUSIVE
        if reason is None:
            playable.append((n, case))
        else:
            unplayed.append(record_unplayed(case, verdict, reason, n=n, target=name, run_id=run.run.id))
    return unplayed, playable


def _not_played(run: Run, plans: Sequence[Plan], played: Collection[int], reason: str) -> Iterator[CaseResult]:
    """Yield a result with ``reason`` for each case that has none yet, its number not being among ``played``."""
    for target, (_, playable) in zip(run.targets, plans, strict=True):
        for n, case in [(n, case) for n, case in playable if n not in played]:
            yield record_unplayed(case, Verdict.INCONCLUSIVE, reason, n=n, target=target.name, run_id=run.run.id)


# --- the record -------------------------------------------------------------------------------------------------------


def begin(
    targets: Sequence[Target],
    sites: Sequence[Site | NotThereError],
    options: Options,
    *,
    seed: int,
    argv: Sequence[str],
    role: Role = Role.SERVER,
    jobs: int | None = None,
    noise_ms: Mapping[str, float] | None = None,
) -> Run:
    """Return the record of a run that has no cases yet.

    ``jobs`` is how many at once suit the targets, and ``noise_ms`` what the null case took, as far as that is known.
    """
    hidden = [target.secrets for target in targets]
    for secrets_of_one in hidden:
        argv = [secrets_of_one.hide_in_text(word) for word in argv]
    return Run(
        run=record.RunInfo(
            id="".join(secrets.choice(RUN_ID_LETTERS) for _ in range(6)),
            started=datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            argv=tuple(argv),
            seed=seed,
            shard=None if options.shard is None else str(options.shard),
        ),
        suite=record.Suite(
            name="wsspec",
            version=suite_version(),
            catalogue=record.Catalogue(
                version=suite_version(),
                sha256=catalogue_digest(),
                cases=len(ALL_CASES),
                requirements=len(load_catalogue()),
            ),
            profile=None if options.profile is None else record_profile(options.profile),
        ),
        env=record.Environment(
            python=platform.python_version(),
            os=f"{platform.system()} {platform.release()} {platform.machine()}",
            tls=ssl.OPENSSL_VERSION,
            noise_ms=dict(noise_ms or {}),
        ),
        targets=tuple(
            record_target(index, target, site, options, role)
            for index, (target, site) in enumerate(zip(targets, sites, strict=True), start=1)
        ),
        limits=record.Limits(
            connect=CONNECT_SECONDS * options.scale,
            react=REACTION_SECONDS * options.scale,
            case=CASE_SECONDS * options.scale,
            quiet="fence",
            scale=options.scale,
            parallel=options.jobs
            or jobs
            or max((ServerAt(site, options.cutting).jobs for site in sites if isinstance(site, Site)), default=JOBS),
            segmentation=options.cutting.words,
            memory=options.memory,
        ),
        requirements=record_requirements(role),
        redacted=tuple(dict.fromkeys(name for each in hidden for name in each.names)),
    )


def record_target(
    index: int, target: Target, site: Site | NotThereError, options: Options, role: Role
) -> record.Target:
    """Return the ``index``-th target as the record has it, the first being 1."""
    return record.Target(
        id=f"t{index}",
        name=target_name(index, options),
        role=role.value,
        url=target.url,
        agent=site.agent if isinstance(site, Site) else None,
        build=options.build,
        stands_before=options.stands_before,
        behaviour=options.behaviour.value,
        probed=site.probed if isinstance(site, Site) else {"open": False},
        declared=options.declared.in_record(),
    )


def target_name(index: int, options: Options) -> str:
    """Return what the ``index``-th target is called, the first being 1: as the user says, or as the record does."""
    if options.name is None:
        return f"t{index}"
    return options.name if index == 1 else f"{options.name} {index}"


def record_profile(profile: Profile) -> record.Profile:
    """Return ``profile`` as the record has it."""
    return record.Profile(id=profile.id, frozen=profile.frozen, changed=profile.changed, retired=profile.retired)


def ended(run: Run, seconds: float, options: Options, *, interrupted: bool) -> Run:
    """Return ``run``, which has all its cases, with what was expected of it and how it ended."""
    run = with_survey(held_against(run, options.expected, options.today, options.fail_on.verdicts))
    code = exit_code(run, options, interrupted=interrupted)
    info = msgspec.structs.replace(run.run, complete=not interrupted, seconds=seconds, exit=int(code))
    return msgspec.structs.replace(run, run=info)


def over_budget(run: Run) -> list[CaseResult]:
    """Return the cases that cost more memory than the user allows."""
    most = run.limits.memory
    return [] if most is None else [case for case in run.cases if case.usage is not None and case.usage.memory > most]


def undelivered(run: Run) -> list[tuple[str, str]]:
    """Return each target that was reached, by its name, with something that it is declared to offer and does not."""
    return [
        (target.name, what)
        for target in run.targets
        if target.probed.get("open")
        for what, seen in delivered(target.declared, target.probed).items()
        if seen is False
    ]


def fails(case: CaseResult, failing: Collection[Verdict]) -> bool:
    """Return whether ``case`` has one of the verdicts ``failing``, and that was not expected."""
    return case.verdict in failing and case.overlay in (None, "changed")


def exit_code(run: Run, options: Options, *, interrupted: bool = False) -> ExitCode:
    """Return what a command ends with whose work was ``run``: the gravest of what holds."""
    failing = options.fail_on.verdicts
    holds = {
        ExitCode.INTERRUPTED: interrupted,
        ExitCode.INTERNAL_ERROR: run.summary[Verdict.ERROR] > 0,
        ExitCode.NOT_REACHABLE: any(target.probed.get("open") is False for target in run.targets),
        ExitCode.FAILURES: any(fails(case, failing) for case in run.cases)
        or bool(over_budget(run))
        or bool(undelivered(run)),
        ExitCode.STALE_BASELINE: run.baseline is not None and not run.baseline.holds,
        ExitCode.UNDECIDED: any(
            case.verdict is Verdict.INCONCLUSIVE and case.level is Level.MUST and case.overlay != "xfail"
            for case in run.cases
        ),
    }
    code = record.gravest(code for code, does in holds.items() if does)
    return ExitCode.OK if options.exit_zero and code in _FORGIVEN else code


_FORGIVEN = (ExitCode.FAILURES, ExitCode.STALE_BASELINE, ExitCode.UNDECIDED)
"""What ``exit_zero`` makes a 0 of."""
