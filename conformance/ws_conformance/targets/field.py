"""The field: many implementations, each installed, started and judged by the same cases, and one record of them all.

Whatever keeps a target from being judged is a result as well: the record has it as ``Target.absent``. Each target in
each role is a run of its own, which a listener of its own may write down with all particulars. In the record of the
field there are those of what did not simply pass.
"""

from __future__ import annotations

import asyncio
import traceback
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Protocol

import msgspec
from ws_reports import record
from ws_reports.escape import cut, harmless
from ws_reports.record import CaseResult, ExitCode, Run, Verdict, with_cases

from ..baseline import Expected, KnownFailures
from ..baseline.entries import Entry
from ..clients.judging import run_client
from ..model import Case
from ..noise import measured_noise
from ..peer import Role
from ..probing import NotThereError
from ..recording import record_requirements
from ..run import Listener, Options, begin, exit_code, new_setting, run_starting
from ..spawning import SpawnError
from ..usage import UsageError
from .description import TargetDescription, TargetRole
from .installing import InstalledTarget, InstallError, install
from .starting import driven_client, prepared_server, url_of

STANDS_BEFORE = "wsspec echo"
"""What a proxy is put before: the reference as a server."""

ABSENT_LENGTH = 4096
"""How many characters are kept of why a target could not be had."""

REVIEWED = "the descriptions of targets"
"""Where known failures come from, as the record calls it."""

_KNOWN_OUTCOMES = tuple(verdict.value for verdict in (Verdict.FAIL, Verdict.LENIENT, Verdict.INFO, Verdict.PASS))
"""What a reviewed failure may come to: a pattern of cases is wider than what fails, and versions differ."""


@dataclass(frozen=True)
class Entrant:
    """A target in one of its roles."""

    target: TargetDescription
    role: TargetRole

    @property
    def name(self) -> str:
        """What it is called in a record."""
        return f"{self.target.name} {self.role}"

    @property
    def judged_as(self) -> Role:
        """The role that it is judged in."""
        return Role.CLIENT if self.role == "client" else Role.SERVER


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What became of an entrant: a ``run`` of its own, or why there is none."""

    run: Run | None = None
    build: str | None = None
    absent: str | None = None
    is_our_fault: bool = False


class Spectator(Protocol):
    """Someone who wants to know how the field does."""

    def said(self, entrant: Entrant, words: str) -> None:
        """Something is done with an entrant that takes a while."""

    def listener(self, entrant: Entrant) -> Sequence[Listener]:
        """Return who listens to the run of an entrant, which is about to begin."""

    def ended(self, entrant: Entrant, outcome: Outcome) -> None:
        """An entrant is done."""


@dataclass(frozen=True, kw_only=True)
class Field:
    """Who is judged, and by what: ``cases`` for each role. ``jobs`` is how many targets at once."""

    entrants: Sequence[Entrant]
    cases: Mapping[Role, Sequence[Case]]
    options: Options
    jobs: int
    cache: Path | None = None
    argv: Sequence[str] = ()
    outcomes: dict[str, Outcome] = field(default_factory=dict)

    async def play(self, spectator: Spectator) -> Run:
        """Judge all and return the record, complete or, if interrupted, partial."""
        began = asyncio.get_running_loop().time()
        seed = int(new_setting(self.options).seed)
        options = replace(self.options, seed=seed)
        noise_ms = await measured_noise()
        run = begin([], [], options, seed=seed, argv=self.argv, jobs=self.jobs, noise_ms=noise_ms)
        slots = asyncio.Semaphore(self.jobs)
        by_target: dict[str, list[Entrant]] = {}
        for entrant in self.entrants:
            by_target.setdefault(entrant.target.name, []).append(entrant)
        interrupted = False
        try:
            async with asyncio.TaskGroup() as group:
                for entrants in by_target.values():
                    group.create_task(self._in_turn(entrants, options, slots, spectator))
        except asyncio.CancelledError:
            interrupted = True
        return self._whole(run, asyncio.get_running_loop().time() - began, interrupted=interrupted)

    async def _in_turn(
        self, entrants: Sequence[Entrant], options: Options, slots: asyncio.Semaphore, spectator: Spectator
    ) -> None:
        """Judge one target in each of its roles."""
        async with slots:
            for entrant in entrants:
                outcome = self.outcomes[entrant.name] = await self._outcome(entrant, options, spectator)
                spectator.ended(entrant, outcome)
                if outcome.run is not None and not outcome.run.run.complete:
                    return

    async def _outcome(self, entrant: Entrant, options: Options, spectator: Spectator) -> Outcome:
        installed: InstalledTarget | None = None
        try:
            installed = await install(entrant.target, self.cache, say=lambda words: spectator.said(entrant, words))
            spectator.said(entrant, "is judged")
            run = await self._judged(entrant, installed, options, spectator.listener(entrant))
        except (InstallError, SpawnError, NotThereError, UsageError) as error:
            reason = error.problem if isinstance(error, UsageError) else str(error)
            return Outcome(build=None if installed is None else installed.build, absent=_words(reason))
        except Exception as error:
            return Outcome(absent=_words(f"a fault of the suite: {error!r}\n{_traceback(error)}"), is_our_fault=True)
        if run.targets[0].probed.get("open") is False and run.run.complete:
            reason = next((case.reason or "" for case in run.cases), "").removeprefix("not played: ")
            return Outcome(run=run, build=installed.build, absent=_words(reason) or "it was not there")
        return Outcome(run=run, build=installed.build)

    async def _judged(
        self, entrant: Entrant, installed: InstalledTarget, options: Options, listeners: Sequence[Listener]
    ) -> Run:
        cases = self.cases[entrant.judged_as]
        expected = reviewed(entrant, cases, options)
        options = replace(
            options,
            name=entrant.name,
            build=installed.build,
            expected=expected,
            stands_before=_stands_before(entrant),
        )
        if entrant.role == "client":
            async with driven_client(installed) as (driver, words):
                return await run_client(driver, words, cases, options, listeners, argv=self.argv)
        setting = new_setting(options)
        async with prepared_server(installed, entrant.role, setting) as server:
            url = url_of(installed, entrant.role)
            return await run_starting(server, setting, cases, options, listeners, url=url, argv=self.argv)

    # --- the record ---

    def _whole(self, run: Run, seconds: float, *, interrupted: bool) -> Run:
        """Return ``run`` with the runs of all entrants in it."""
        targets: list[record.Target] = []
        cases: list[CaseResult] = []
        base = known = 0
        for index, entrant in enumerate(self.entrants, start=1):
            outcome = self.outcomes.get(entrant.name, Outcome(absent="the run was interrupted before it was judged"))
            targets.append(_target(f"t{index}", entrant, outcome))
            if outcome.run is not None and outcome.absent is None:
                cases += (lean(case, base) for case in outcome.run.cases)
                known += 0 if outcome.run.baseline is None else outcome.run.baseline.xfail
            base += len(self.cases[entrant.judged_as])
        roles = {entrant.judged_as for entrant in self.entrants}
        run = msgspec.structs.replace(
            run,
            run=msgspec.structs.replace(run.run, planned=base),
            targets=tuple(targets),
            requirements=record_requirements(roles.pop() if len(roles) == 1 else None),
            baseline=record.Baseline(file=REVIEWED, xfail=known) if known else None,
        )
        run = with_cases(run, cases)
        is_our_fault = any(outcome.is_our_fault for outcome in self.outcomes.values()) and not interrupted
        code = ExitCode.INTERNAL_ERROR if is_our_fault else exit_code(run, self.options, interrupted=interrupted)
        info = msgspec.structs.replace(run.run, complete=not interrupted, seconds=seconds, exit=int(code))
        return msgspec.structs.replace(run, run=info)


def reviewed(entrant: Entrant, cases: Sequence[Case], options: Options) -> Expected:
    """Return what is expected of an entrant: its reviewed failures, as far as they are about ``cases``."""
    entries = tuple(
        Entry(check=f"{pattern}#*", target=entrant.name, outcomes=_KNOWN_OUTCOMES, reason=sentence)
        for pattern, sentence in entrant.target.known(entrant.role).items()
    )
    mine = tuple(entry for entry in entries if any(entry.names_case(case.id) for case in cases))
    if not mine:
        return options.expected
    return Expected(known=KnownFailures(file=f"{entrant.target.name}.toml", entries=mine))


def passing_though_known(entrant: Entrant, run: Run) -> list[str]:
    """Return the reviewed failures of which nothing is seen: of their cases some were played, and all of those pass."""
    found = []
    for pattern in entrant.target.known(entrant.role):
        entry = Entry(check=f"{pattern}#*", reason="")
        verdicts = {case.verdict for case in run.cases if entry.names_case(case.id)} - {Verdict.UNSUPPORTED}
        if verdicts == {Verdict.PASS}:
            found.append(pattern)
    return found


def lean(case: CaseResult, base: int) -> CaseResult:
    """Return ``case`` with its number behind ``base``, and without its particulars if there is nothing to explain."""
    case = msgspec.structs.replace(case, n=base + case.n)
    if case.verdict in (Verdict.FAIL, Verdict.ERROR, Verdict.INCONCLUSIVE):
        return msgspec.structs.replace(case, steps=(), prints=())
    checks = () if case.verdict is Verdict.PASS else case.checks
    brief = msgspec.structs.replace(case, checks=checks, wire=(), steps=(), accepted=(), because="", title="")
    return msgspec.structs.replace(brief, prints=(), printed="", application=(), aliases={}, tags=(), attempts=())


def _target(identifier: str, entrant: Entrant, outcome: Outcome) -> record.Target:
    found = None if outcome.run is None else outcome.run.targets[0]
    description = entrant.target.description
    target = found or record.Target(id=identifier, name=entrant.name, role=entrant.judged_as.value)
    return msgspec.structs.replace(
        target,
        id=identifier,
        name=entrant.name,
        build=outcome.build,
        implementation=entrant.target.name,
        language=harmless(description.language),
        engine=harmless(description.engine),
        stands_before=_stands_before(entrant),
        absent=outcome.absent,
        probed=target.probed if outcome.absent is None else {"open": False},
    )


def _stands_before(entrant: Entrant) -> str | None:
    return STANDS_BEFORE if entrant.role == "proxy" else None


def _traceback(error: Exception) -> str:
    return "".join(traceback.format_exception(error))


def _words(reason: str) -> str:
    """Return why a target is absent: lines that are harmless, and not too many."""
    return cut("\n".join(map(harmless, reason.splitlines())), ABSENT_LENGTH)
