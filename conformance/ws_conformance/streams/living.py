"""Lives of a client: for each scenario a feed of its own, a process that is started against it, and the judgement."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

import msgspec
from ws_reports.record import CaseResult, Check, Level, Printed, Run, Verdict, with_cases, worst

from ..clients.driving import client_target
from ..clients.meeting import Dropped
from ..clients.spawn import filled_in
from ..judging import graded
from ..mutants.feed_server import FeedSession
from ..noise import measured_noise
from ..peer import Role
from ..playing import crash_words
from ..probing import NotThereError, Site
from ..run import Listener, Options, begin, ended, new_setting
from ..spawning import exit_words, launch
from .believing import Believing
from .feeding.faults import parse_fault
from .feeding.publishing import Publisher
from .pausing import PausingWire
from .scenarios import KEEPS_RULES, RANDOMISED, ClientRule, Scenario
from .serving import RATE, Feed, FeedName
from .witnessing import Judged, Life, Witness, judge, judge_waits

MEET_SECONDS = 10.0
"""How long a client may take to connect and subscribe, before ``--scale``."""

CONNECTIONS = 200
"""How many connections a client may make in one life. Others are dropped."""

PING_SECONDS = 0.5
"""How often a client is sent a Ping."""

JOBS = 4
"""How many lives are under way at once, unless the user says otherwise."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Living:
    """What is lived: ``words`` is the client's command, with ``{url}`` to be filled in."""

    words: Sequence[str]
    feed: FeedName
    scenarios: Sequence[Scenario]
    deflate: bool = True


async def run_lives(
    living: Living, options: Options, listeners: Sequence[Listener] = (), *, argv: Sequence[str] = ()
) -> Run:
    """Live each scenario, several at once, and return the record, complete or, if interrupted, partial."""
    return await _Lives(living, options, listeners).run(argv)


class _Lives:
    """A run of lives while it goes on."""

    def __init__(self, living: Living, options: Options, listeners: Sequence[Listener]) -> None:
        self._living = living
        self._options = options
        self._listeners = listeners
        self._setting = new_setting(options)
        self._results: dict[int, CaseResult] = {}
        self._lives: dict[int, Life] = {}

    async def run(self, argv: Sequence[str]) -> Run:
        clock = asyncio.get_running_loop().time
        began = clock()
        target = client_target(" ".join(self._living.words))
        noise_ms = await measured_noise()
        gone = await self._absence()
        site = (
            NotThereError(gone)
            if gone is not None
            else Site(
                target=target,
                address=target.address,
                setting=self._setting,
                agent=None,
                probed={"open": True},
                handshake_seconds=0.0,
            )
        )
        seed = int(self._setting.seed)
        jobs = self._options.jobs or JOBS
        run = begin(
            [target], [site], self._options, seed=seed, argv=argv, role=Role.CLIENT, jobs=jobs, noise_ms=noise_ms
        )
        planned = len(self._living.scenarios) + 1
        run = msgspec.structs.replace(run, run=msgspec.structs.replace(run.run, planned=planned))
        for listener in self._listeners:
            listener.begun(run, [site], {"stream-client": planned if gone is None else 0})
        interrupted = False
        try:
            if gone is None:
                await self._live_all(run.targets[0].name, jobs)
            else:
                for n, scenario in enumerate(self._living.scenarios, start=1):
                    self._note(_unlived(scenario, f"not played: {gone}", n=n, target=run.targets[0].name))
        except asyncio.CancelledError:
            interrupted = True
        run = ended(with_cases(run, self._results.values()), clock() - began, self._options, interrupted=interrupted)
        for listener in self._listeners:
            listener.ended(run)
        return run

    async def _absence(self) -> str | None:
        """Return None if the client connects and subscribes, or else what it does instead."""
        calm = replace(self._living.scenarios[0], faults=(), seconds=0.0, hold_seconds=0.0, rate=None)
        life, printed = await self._live(calm)
        if any(witness.session.facts.subscribed for witness in life.witnesses):
            return None
        said = printed.lines()
        what = "it connected, and subscribed to nothing" if life.witnesses else "it did not connect"
        how = f": {life.died}" if life.died else f" within {MEET_SECONDS * self._setting.scale:g} s"
        return f"{what}{how}; it printed:\n{said}" if said else f"{what}{how}"

    async def _live_all(self, target: str, jobs: int) -> None:
        waiting = list(enumerate(self._living.scenarios, start=1))[::-1]

        async def work() -> None:
            while waiting:
                n, scenario = waiting.pop()
                await self._live_one(n, scenario, target)

        async with asyncio.TaskGroup() as group:
            for _ in range(min(jobs, len(waiting))):
                group.create_task(work())
        n = len(self._living.scenarios) + 1
        lives = [self._lives[number] for number in sorted(self._lives)]
        self._note(_whole_result(judge_waits(lives), n=n, target=target))

    async def _live_one(self, n: int, scenario: Scenario, target: str) -> None:
        began = asyncio.get_running_loop().time()
        try:
            life, printed = await self._live(scenario)
        except Exception as error:
            self._note(_unlived(scenario, crash_words(error), n=n, target=target, verdict=Verdict.ERROR))
            return
        self._lives[n] = life
        seconds = asyncio.get_running_loop().time() - began
        self._note(_life_result(life, printed, n=n, target=target, seconds=seconds))

    def _note(self, result: CaseResult) -> None:
        self._results[result.n] = result
        for listener in self._listeners:
            listener.played(result)

    async def _live(self, scenario: Scenario) -> tuple[Life, Believing]:
        """Start the client against a feed of its own, let ``scenario`` happen to it, and end it."""
        loop = asyncio.get_running_loop()
        faults = [parse_fault(text, self._living.feed) for text in scenario.faults]
        feed = Feed(
            name=self._living.feed,
            rate=scenario.rate or RATE,
            seed=int(self._setting.seed),
            faults=faults,
            deflate=self._living.deflate,
        )
        publisher = feed.publisher(loop.time())
        life = Life(scenario, loop.time())
        door = _Door(life, publisher, feed)
        lag = scenario.lag_seconds * self._setting.scale
        printed = Believing(publisher.source.truth, lag)
        server = await loop.create_server(door.connect, "127.0.0.1", 0)
        try:
            url = f"ws://127.0.0.1:{server.sockets[0].getsockname()[1]}/"
            process = await launch(filled_in(self._living.words, url), printed, environment={"WSSPEC_URL": url})
            try:
                await asyncio.wait(
                    {door.subscribed, process.exited},
                    timeout=MEET_SECONDS * self._setting.scale,
                    return_when=asyncio.FIRST_COMPLETED,
                )
                if door.subscribed.done() and not process.exited.done():
                    await process.exits_within(scenario.seconds)
                if process.status is not None:
                    life.died = f"its process {exit_words(process.status)}"
            finally:
                life.told_to_end = loop.time()
                await process.end()
        finally:
            server.close()
            await door.close()
        life.committed = publisher.committed
        life.beliefs = printed.beliefs
        return life, printed


class _Door:
    """Where a client comes in: each connection has a session, and a witness before it."""

    def __init__(self, life: Life, publisher: Publisher, feed: Feed) -> None:
        self.subscribed: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        """Done as soon as the client has subscribed to something."""
        self._life = life
        self._publisher = publisher
        self._feed = feed
        self._wires: set[PausingWire] = set()

    def connect(self) -> asyncio.Protocol:
        life = self._life
        if len(life.witnesses) >= CONNECTIONS:
            return Dropped()
        now = asyncio.get_running_loop().time()
        session = FeedSession(
            self._publisher,
            room=self._feed.room,
            deflate=self._feed.deflate,
            ping_seconds=PING_SECONDS,
            hold_seconds=life.scenario.hold_seconds if not life.witnesses else 0.0,
            now=now,
        )
        witness = Witness(session, now)
        life.witnesses.append(witness)
        wire = PausingWire(witness, session, self._look)
        self._wires.add(wire)
        wire.closed.add_done_callback(lambda _: self._left(wire, witness))
        return wire

    def _look(self) -> None:
        if not self.subscribed.done() and self._publisher.began is not None:
            self.subscribed.set_result(None)

    def _left(self, wire: PausingWire, witness: Witness) -> None:
        self._wires.discard(wire)
        witness.over(asyncio.get_running_loop().time())

    async def close(self) -> None:
        closed = [wire.closed for wire in self._wires]
        for wire in list(self._wires):
            wire.abort()
        if closed:
            await asyncio.wait(closed)


# --- the record -------------------------------------------------------------------------------------------------------


def _life_result(life: Life, printed: Believing, *, n: int, target: str, seconds: float) -> CaseResult:
    scenario = life.scenario
    found = [check for judged in judge(life) for check in _checks(judged, life)]
    verdict = worst(check.verdict for check in found) or Verdict.INCONCLUSIVE
    began = life.began
    return CaseResult(
        n=n,
        id=scenario.id,
        target=target,
        tags=("stream-client",),
        title=scenario.words,
        because="A client that lives on a stream has to outlive what happens to streams.",
        requirements=tuple(rule.id for rule in scenario.rules),
        level=Level.MUST,
        verdict=verdict,
        seconds=seconds,
        attempts=(verdict,),
        checks=tuple(found),
        steps=tuple(scenario.faults),
        accepted=tuple(rule.holds for rule in scenario.rules),
        observed="; ".join(check.observed for check in found if check.verdict is verdict and check.observed),
        application=tuple(_told(life)),
        printed=printed.lines(),
        prints=tuple(Printed(t=max(0.0, line.at - began), text=line.text) for line in printed.by_the_clock()),
        reason="; ".join(check.message for check in found if check.verdict is verdict)
        if verdict in (Verdict.INCONCLUSIVE, Verdict.UNSUPPORTED)
        else None,
    )


def _checks(judged: Judged, life: Life) -> list[Check]:
    rule = judged.rule
    if rule is KEEPS_RULES and judged.broken is not None:
        kinds = Counter(breach.requirement for witness in life.witnesses for breach in witness.breaches)
        details = {breach.requirement: breach.detail for witness in life.witnesses for breach in witness.breaches}
        return [
            Check(
                id=requirement.rpartition("/")[2],
                requirement=requirement,
                verdict=graded(requirement),
                observed=details[requirement],
                signature=requirement,
                message=f"{details[requirement]}, {count} times" if count > 1 else details[requirement],
            )
            for requirement, count in kinds.items()
        ]
    return [_check(judged)]


def _check(judged: Judged) -> Check:
    rule = judged.rule
    verdict = Verdict.PASS
    if judged.broken is not None:
        verdict = Verdict.LENIENT if rule.is_advice else Verdict.FAIL
    elif judged.unseen is not None:
        verdict = Verdict.UNSUPPORTED
    return Check(
        id=rule.id.rpartition("/")[2],
        requirement=rule.id,
        verdict=verdict,
        accepted=(rule.holds,),
        observed=judged.broken or judged.observed,
        signature=rule.id if judged.broken else None,
        message=judged.broken or judged.unseen or "",
    )


def _told(life: Life) -> list[str]:
    """Return what happened to the client and what it did, in order, a line for each."""
    began = life.began
    lines = [(at, f"the feed: {name}") for name, at in life.committed[:20]]
    for number, witness in enumerate(life.witnesses[:20], start=1):
        facts = witness.session.facts
        lines.append((witness.came, f"connection {number} comes"))
        lines += [(at, f"connection {number} subscribes to {topic}") for topic, at in facts.subscribed.items()]
        lines += [(at, f"connection {number} is given a snapshot") for at in facts.snapshots[:10]]
        if witness.sent_close is not None:
            lines.append((witness.sent_close, f"connection {number}: the client sends a Close"))
        if witness.ended is not None:
            lines.append((witness.ended, f"connection {number} is over"))
    lines.append((life.told_to_end, "the client is told to end"))
    return [f"{at - began:7.3f} s  {words}" for at, words in sorted(lines)]


def _whole_result(judged: Judged, *, n: int, target: str) -> CaseResult:
    check = _check(judged)
    return CaseResult(
        n=n,
        id="stream-client/all-lives",
        target=target,
        tags=("stream-client",),
        title="What shows only over several lives.",
        because=RANDOMISED.because,
        requirements=(judged.rule.id,),
        level=_level(judged.rule),
        verdict=check.verdict,
        attempts=(check.verdict,),
        checks=(check,),
        accepted=(judged.rule.holds,),
        observed=check.observed,
        reason=judged.unseen,
    )


def _level(rule: ClientRule) -> Level:
    return Level.SHOULD if rule.is_advice else Level.MUST


def _unlived(
    scenario: Scenario, reason: str, *, n: int, target: str, verdict: Verdict = Verdict.INCONCLUSIVE
) -> CaseResult:
    return CaseResult(
        n=n,
        id=scenario.id,
        target=target,
        tags=("stream-client",),
        title=scenario.words,
        verdict=verdict,
        reason=reason,
    )
