"""The fuzzer against a target behind a socket: scripts by chance, and what is found, shrunk.

Scripts are drawn in short rounds. Those of a round are played several at a time, and what came of each is remembered.
If one failed in a way that is new, Hypothesis is given the same round again, finds all of it remembered up to the
failure, and shrinks that, one connection after another. A failure counts when it is seen three times. Failures are told
apart by what they depart from and how, and each is shrunk by itself, in one round.
"""

from __future__ import annotations

import asyncio
import math
from collections import Counter
from collections.abc import Callable, Collection, Coroutine, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from unittest import SkipTest

from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis.database import DirectoryBasedExampleDatabase
from ws_conformance.embedding import Rig
from ws_conformance.judging import checks
from ws_conformance.model import Case
from ws_conformance.peer import Role
from ws_conformance.playing import BrokenOffError, Encounter, Opponent, UnsupportedError, needs_unmet
from ws_conformance.probing import Site
from ws_conformance.servers import Cutting, ServerAt
from ws_conformance.sockets import OvertimeError, UnreachableError
from ws_reports.record import Check, Verdict

from .drawing import ROUND, drawn_in_a_round, seeds
from .oracle import OutsideError, complete
from .script import Script
from .strategies import scripts

TIMES = 3
"""How often a failure has to be seen, until it is believed."""

KEPT = 100
"""How many scripts that failed in earlier runs are tried first, at most."""

SHRINKS = 400
"""How many scripts are tried at most to make the failures of one round smaller; a limit of time would not replay."""

NOTHING = "came to nothing"
"""How the tally calls scripts of which nothing can be told: they took too long, or something in between gave up."""


class GoneError(Exception):
    """The target serves nobody any more; says why. ``suspects`` are the cases before that, the last of them first."""

    def __init__(self, reason: str, suspects: Collection[Case]) -> None:
        super().__init__(reason)
        self.suspects = tuple(suspects)


@dataclass(frozen=True, slots=True)
class Find:
    """A way to fail, with the smallest script that shows it, and the case that this is."""

    signature: str
    script: Script
    case: Case

    @property
    def size(self) -> tuple[int, int]:
        """How much is said, to tell which of two is the smaller."""
        return len(self.script.turns), len(repr(self.script))


class _Enough(BaseException):
    """Takes the way out of Hypothesis, which would shrink any other exception, and forget what no longer fails."""


class _FoundError(Exception):
    """Tells Hypothesis that a script fails. Each signature has a subclass: that is how Hypothesis tells them apart."""


@dataclass(slots=True)
class Tally:
    """What came of a run of the fuzzer, also of one that was broken off.

    ``unsteady`` are cases that failed, but not each time, by their signature. ``kinds`` counts what was played, and
    what was not, by why.
    """

    finds: dict[str, Find] = field(default_factory=dict)
    unsteady: dict[str, Case] = field(default_factory=dict)
    kinds: Counter[str] = field(default_factory=Counter)

    def note(self, find: Find) -> bool:
        """Keep ``find`` if it is the smallest of its kind; return whether it is the first."""
        known = self.finds.get(find.signature)
        if known is None or find.size < known.size:
            self.finds[find.signature] = find
        return known is None

    @property
    def cases(self) -> list[Case]:
        return [find.case for find in self.finds.values()]


class Fuzzer:
    """Judges the target of ``rig`` by scripts, up to ``jobs`` at a time, in coroutines that run on ``runner``.

    ``failing`` are the verdicts that count, and ``on_find`` is told each new find.
    """

    def __init__(
        self,
        rig: Rig,
        role: Role,
        runner: asyncio.Runner,
        *,
        failing: Collection[Verdict],
        jobs: int = 1,
        on_find: Callable[[Find], None] = lambda find: None,
    ) -> None:
        self.tally = Tally()
        self._rig = rig
        self._runner = runner
        self._failing = failing
        self._jobs = min(jobs, rig.opponent.jobs)
        self._on_find = on_find
        self._strategy = scripts(role, compression="deflate" in {need.value for need in rig.site.setting.can})
        self._known: dict[Script, str | None] = {}
        self._recent: list[Case] = []
        self._errors: dict[str, type[_FoundError]] = {}
        self._settled: set[str] = set()
        self._gone: GoneError | None = None
        self._end = math.inf
        self._left = 0

    def run(self, examples: int, seconds: float, *, chance: int, database: Path | None) -> Tally:
        """Try so many ``examples``, and no new one after so many ``seconds``.

        Those come first that failed in an earlier run with the same folder ``database``.

        Raises GoneError, and what is our own fault; the tally is what was found by then.
        """
        self._end = self._now() + seconds
        kept = None if database is None else DirectoryBasedExampleDatabase(database)
        if kept is not None:
            self._hypothesise(KEPT, chance, kept, Phase.reuse)
        for count, of_the_round in zip(_rounds(examples), seeds(chance), strict=False):
            if self._now() > self._end or self._gone:
                break
            self._known.clear()
            self._run_in(self._judge_all(drawn_in_a_round(self._strategy, count, of_the_round)))
            if self.tally.finds.keys() - self._settled:
                self._hypothesise(count, of_the_round, kept, Phase.generate)
        if not self._gone:
            self._run_in(self._look_whether_it_is_there())
        if self._gone:
            raise self._gone
        return self.tally

    def _hypothesise(
        self, examples: int, chance: int, database: DirectoryBasedExampleDatabase | None, phase: Phase
    ) -> None:
        """Let Hypothesis try what the database has, or a round, and shrink what fails."""
        self._left = SHRINKS

        @settings(
            max_examples=examples,
            phases=(phase, Phase.shrink),
            database=database,
            deadline=None,
            # What takes time is the target, and what is large is meant to be.
            suppress_health_check=list(HealthCheck),
        )
        @seed(chance)  # below the settings: above them, it would take the database away
        @given(self._strategy)
        def nothing_is_found(script: Script) -> None:
            self._try(script)

        with suppress(_Enough):
            try:
                nothing_is_found()
            except* _FoundError:
                pass  # the tally has them
            except* SkipTest:
                pass  # the database has nothing
        self._settled.update(self.tally.finds)

    def _try(self, script: Script) -> None:
        """Raise an error of its own kind for each signature with which scripts fail."""
        if script not in self._known:
            if self._gone or self._left == 0 or self._now() > self._end:
                raise _Enough
            self._left -= 1
            self._run_in(self._judge(script))
        signature = self._known.get(script)
        if signature is not None and signature not in self._settled:
            error = self._errors.setdefault(signature, type("Found", (_FoundError,), {}))
            raise error(signature)

    # --- playing ---

    async def _judge_all(self, drawn: Collection[Script]) -> None:
        """Judge what was ``drawn``, several at a time."""
        waiting = iter(dict.fromkeys(drawn))

        async def work() -> None:
            for script in waiting:
                if self._gone or self._now() > self._end:
                    return
                if script not in self._known:
                    await self._judge(script)

        async with asyncio.TaskGroup() as group:
            for _ in range(self._jobs):
                group.create_task(work())

    async def _judge(self, script: Script) -> None:
        """Remember in what way ``script`` fails, each time; None if it does not, or if it cannot be played."""
        self._known[script] = None
        try:
            case = complete(script)
        except OutsideError:
            self.tally.kinds["outside of what the oracle knows"] += 1
            return
        missing = needs_unmet(case, self._rig.site, self._rig.options.behaviour)
        if missing is not None:
            self.tally.kinds[missing] += 1
            return
        self.tally.kinds["played"] += 1
        signature = await self._signature(script, case)
        if signature is None:
            return
        for _ in range(TIMES - 1):
            if await self._signature(script, case) != signature:
                self.tally.unsteady.setdefault(signature, case)
                return
        self._known[script] = signature
        find = Find(signature, script, case)
        if self.tally.note(find):
            self._on_find(find)

    async def _signature(self, script: Script, case: Case) -> str | None:
        """Play ``case`` once, and return in what way it fails, None if it does not."""
        if self._gone:
            return None
        self._recent = [case, *self._recent[: 2 * self._jobs - 1]]
        opponent = cut_as_wanted(self._rig.opponent, self._rig.site, script)
        try:
            met = await opponent.examine(case)
        except UnreachableError:
            if case in self._recent:
                self._recent.remove(case)  # the target has not heard a word of it, this time
            await self._look_whether_it_is_there()
            return None
        except (OvertimeError, BrokenOffError, UnsupportedError):
            self.tally.kinds[NOTHING] += 1
            return None
        return signature_of(checks(met.result), self._failing)

    async def _look_whether_it_is_there(self) -> None:
        reason = await self._rig.opponent.absence()
        if reason is not None and self._gone is None:
            self._gone = GoneError(reason, self._recent)

    def _now(self) -> float:
        return self._runner.get_loop().time()

    def _run_in(self, coroutine: Coroutine[object, object, None]) -> None:
        self._runner.run(coroutine)


def _rounds(examples: int) -> Iterator[int]:
    """Yield how many scripts each round has, ``examples`` in all."""
    for tried in range(0, examples, ROUND):
        yield min(ROUND, examples - tried)


def cut_as_wanted(opponent: Opponent, site: Site, script: Script) -> Opponent:
    """Return ``opponent`` with its bytes cut as ``script`` says, as far as that can be had."""
    return ServerAt(site, Cutting(script.segmentation)) if isinstance(opponent, ServerAt) else opponent


def signature_of(found: Collection[Check], failing: Collection[Verdict]) -> str | None:
    """Return the signature of the gravest of ``found``, if it is among those that count."""
    for verdict in (Verdict.FAIL, Verdict.LENIENT, Verdict.INFO):
        for check in found:
            if check.verdict is verdict and verdict in failing:
                return check.signature
    return None


@dataclass(frozen=True, slots=True)
class Again:
    """The target of a rig, met once more with each find: its bytes are cut as they were."""

    rig: Rig
    finds: dict[str, Find]
    """By the id of the case."""

    @property
    def scale(self) -> float:
        return self.rig.opponent.scale

    @property
    def jobs(self) -> int:
        return 1

    @property
    def is_shared(self) -> bool:
        return self.rig.opponent.is_shared

    async def examine(self, case: Case) -> Encounter:
        opponent = cut_as_wanted(self.rig.opponent, self.rig.site, self.finds[case.id].script)
        return await opponent.examine(case)

    async def absence(self) -> str | None:
        return await self.rig.opponent.absence()
