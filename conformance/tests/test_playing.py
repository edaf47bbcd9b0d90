"""Who is played against whom, how many at once, and what is played again: with an opponent in memory."""

from __future__ import annotations

import asyncio
import math
from collections import Counter
from collections.abc import Callable, Sequence

import pytest
from ws_conformance import playing
from ws_conformance.cases import CASES
from ws_conformance.memory import rehearse
from ws_conformance.model import Case
from ws_conformance.mutants.demo_server import echo_server
from ws_conformance.mutants.liars import NeverSpeaks, OpensAnd
from ws_conformance.peer import Peer, Role
from ws_conformance.playing import BrokenOffError, Encounter, Playing
from ws_conformance.selection import Selection, select
from ws_conformance.sockets import UnreachableError
from ws_reports.record import CaseResult, Verdict


class Remembered:
    """An opponent that counts. ``peer_for`` makes whoever is met in a case that is played for the nth time."""

    is_shared = True
    scale = 1.0

    def __init__(self, peer_for: Callable[[str, int], Peer], jobs: int = 192) -> None:
        self.jobs = jobs
        self._peer_for = peer_for
        self._under_way: Counter[bool] = Counter()
        self.most: Counter[bool] = Counter()
        """How many light (False) and heavy (True) cases were under way at once, at most."""
        self.most_in_all = 0
        self.times: Counter[str] = Counter()
        self.looks = 0
        """How often somebody looked whether it is still there."""

    async def examine(self, case: Case) -> Encounter:
        heavy = case.id.startswith("deflate/sizes")
        self.times[case.id] += 1
        self._under_way[heavy] += 1
        self.most |= self._under_way
        self.most_in_all = max(self.most_in_all, self._under_way.total())
        await asyncio.sleep(0)  # the others get their turn
        self._under_way[heavy] -= 1
        peer = self._peer_for(case.id, self.times[case.id])
        return Encounter(result=rehearse(case, peer, Role.SERVER))

    async def absence(self) -> str | None:
        self.looks += 1
        return None


def opens_and_is_silent() -> Peer:
    return OpensAnd(Role.SERVER, NeverSpeaks)


def chosen(*words: str) -> Sequence[Case]:
    return select(CASES, Selection(words=words), Role.SERVER)


def played(opponent: Remembered, cases: Sequence[Case], *, was_mute: bool = False) -> dict[str, CaseResult]:
    results: dict[str, CaseResult] = {}

    def note(result: CaseResult) -> None:
        results[result.id] = result

    whole = Playing(opponent, name="somebody", run_id="run", jobs=opponent.jobs, report=note, was_mute=was_mute)
    asyncio.run(whole.play(list(enumerate(cases, start=1))))
    return results


PINGS = "control/ping"


def silent_at_first_to(*silent: str) -> Callable[[str, int], Peer]:
    return lambda case, time: opens_and_is_silent() if case in silent and time == 1 else echo_server()


def test_few_heavy_cases_are_played_at_once() -> None:
    opponent = Remembered(lambda case, time: echo_server())

    played(opponent, chosen("deflate/sizes/*-of-131072-bytes*", "framing/opcode"))

    assert opponent.most[True] == playing.HEAVY_JOBS
    assert opponent.most[False] > playing.HEAVY_JOBS


@pytest.mark.parametrize("jobs", [1, playing.HEAVY_JOBS, 20])
def test_no_more_cases_are_played_at_once_than_there_are_jobs(jobs: int) -> None:
    opponent = Remembered(lambda case, time: echo_server(), jobs)

    played(opponent, chosen("deflate/sizes/*-of-131072-bytes*", "framing/opcode"))

    assert opponent.most_in_all == jobs


def test_what_silence_may_hold_up_is_played_first() -> None:
    echoes, waits, fails = (
        "control/ping/empty",
        "framing/length/2-to-the-60-announced",
        "framing/rsv/rsv1-on-text",
    )
    opponent = Remembered(lambda case, time: echo_server(), jobs=1)

    played(opponent, chosen(echoes, waits, fails))

    assert [*opponent.times][-1] == echoes


def test_what_did_not_go_well_and_there_is_no_time_to_repeat_alone_is_repeated_among_a_few(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(playing, "QUICK_SECONDS", -1.0)

    results = played(Remembered(silent_at_first_to("control/ping/empty")), chosen(PINGS))

    assert {result.verdict for result in results.values()} == {Verdict.PASS}
    assert results["control/ping/empty"].attempts == (Verdict.INCONCLUSIVE, Verdict.PASS)


def test_what_there_is_no_time_for_is_undecided_if_the_crowd_was_to_blame_for_others(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(playing, "QUICK_SECONDS", -1.0)
    monkeypatch.setattr(playing, "FEW", 1)
    monkeypatch.setattr(playing, "FEW_SECONDS", 0.01)
    first, second = (case.id for case in chosen(PINGS)[:2])

    class Slow(Remembered):
        async def examine(self, case: Case) -> Encounter:
            if self.times[case.id]:
                await asyncio.sleep(2 * playing.FEW_SECONDS)
            return await super().examine(case)

    results = played(Slow(silent_at_first_to(first, second)), chosen(PINGS))

    assert results[first].verdict is Verdict.PASS
    assert results[second].verdict is Verdict.INCONCLUSIVE
    assert f"others fared better when they were repeated: {first}" in (results[second].reason or "")


def test_what_there_is_no_time_for_stays_as_it_is_if_nothing_fared_better(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(playing, "QUICK_SECONDS", -1.0)
    monkeypatch.setattr(playing, "FEW_SECONDS", 0.0)
    silent = chosen(PINGS)[0].id

    results = played(
        Remembered(lambda case, time: opens_and_is_silent() if case == silent else echo_server()), chosen(PINGS)
    )

    assert "a working connection is needed" in (results[silent].reason or "")


def test_where_many_fail_and_come_to_the_same_the_rest_is_not_repeated(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(playing, "QUICK_SECONDS", -1.0)
    monkeypatch.setattr(playing, "FEW", 1)
    monkeypatch.setattr(playing, "CONFIRMED", 2)
    monkeypatch.setattr(playing, "MANY", 3)
    pings = {case.id for case in chosen(PINGS)}
    opponent = Remembered(lambda case, time: opens_and_is_silent() if case in pings else echo_server())

    played(opponent, chosen(PINGS, "framing"))

    assert sum(opponent.times[ping] == 2 for ping in pings) == 2


@pytest.mark.parametrize("is_well_alone", [True, False])
def test_of_a_target_that_fails_most_some_are_repeated_and_more_only_if_that_changes_something(
    monkeypatch: pytest.MonkeyPatch, is_well_alone: bool
) -> None:
    monkeypatch.setattr(playing, "QUICK_SECONDS", -1.0)
    monkeypatch.setattr(playing, "FEW", 1)
    monkeypatch.setattr(playing, "CONFIRMED", 2)
    opponent = Remembered(lambda case, time: echo_server() if is_well_alone and time == 2 else opens_and_is_silent())

    results = played(opponent, chosen(PINGS))

    verdicts = {result.verdict for result in results.values()}
    assert verdicts == {Verdict.PASS} if is_well_alone else verdicts <= playing.DOUBTFUL
    assert sum(times == 2 for times in opponent.times.values()) == (len(results) if is_well_alone else 2)


def test_what_said_nothing_before_there_was_a_crowd_is_not_repeated_for_being_silent_in_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(playing, "QUICK_SECONDS", -1.0)
    opponent = Remembered(lambda case, time: opens_and_is_silent())

    played(opponent, chosen(PINGS), was_mute=True)

    assert set(opponent.times.values()) == {1}


def test_what_is_quick_is_repeated_whoever_fails_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(playing, "QUICK_SECONDS", math.inf)
    monkeypatch.setattr(playing, "ALONE_SECONDS", math.inf)
    opponent = Remembered(lambda case, time: opens_and_is_silent())

    played(opponent, chosen(PINGS), was_mute=True)

    assert set(opponent.times.values()) == {2}


@pytest.mark.parametrize(("repeated", "looks"), [((), 1), (("control/ping/empty",), 2)])
def test_a_target_is_looked_at_again_only_after_something_was_played(repeated: Sequence[str], looks: int) -> None:
    opponent = Remembered(silent_at_first_to(*repeated))

    played(opponent, chosen(PINGS))

    assert opponent.looks == looks


class Mortal(Remembered):
    """An opponent that goes down in ``deadly`` cases, and takes with it all that are under way; it is lost at last."""

    def __init__(self, *deadly: str, lives: int = 1000) -> None:
        super().__init__(lambda case, time: echo_server())
        self._deadly = deadly
        self._lives = lives
        self.crowds: list[int] = []
        """How many were under way in each of its deaths."""

    async def examine(self, case: Case) -> Encounter:
        if not self._lives:
            raise UnreachableError("it is no more")
        deaths = len(self.crowds)
        met = await super().examine(case)
        if len(self.crowds) > deaths:
            raise BrokenOffError("it went down, and this was under way")
        if case.id in self._deadly and self._under_way.total():
            self.crowds.append(self._under_way.total() + 1)
            self._lives -= 1
            raise BrokenOffError("it went down", is_first=True)
        return met

    async def absence(self) -> str | None:
        return None if self._lives else "it is no more"


def test_who_goes_down_again_and_again_is_met_by_fewer_and_at_last_by_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(playing, "CRASHES", 1)
    cases = chosen(PINGS, "framing", "fragmentation")
    opponent = Mortal(*(case.id for case in cases[::3]))

    results = played(opponent, cases)

    assert {result.verdict for result in results.values()} == {Verdict.PASS}
    many, few = opponent.crowds
    assert many > playing.FEW >= few


def test_what_came_to_an_end_around_a_crash_and_cannot_be_repeated_is_undecided() -> None:
    first, second, *_ = (case.id for case in chosen(PINGS))

    class Last(Mortal):
        async def examine(self, case: Case) -> Encounter:
            try:
                return await super().examine(case)
            except BrokenOffError as error:
                raise BrokenOffError(str(error), others=[first], is_first=True) from error

    results = played(Last(second, lives=1), chosen(PINGS))

    assert results[first].verdict is Verdict.INCONCLUSIVE
    assert "the target went down around it" in (results[first].reason or "")


class OneAtATime(Remembered):
    """An opponent that serves one connection, and nobody else meanwhile; it is gone for as many ``looks_gone``."""

    def __init__(self, peer_for: Callable[[str, int], Peer], looks_gone: int = 0) -> None:
        super().__init__(peer_for)
        self._looks_gone = looks_gone

    async def examine(self, case: Case) -> Encounter:
        met = await super().examine(case)
        if self._under_way.total():
            raise UnreachableError("no connection within 3 s")
        return met

    async def absence(self) -> str | None:
        self.looks += 1
        self._looks_gone -= 1
        return "no connection within 3 s" if self._under_way.total() or self._looks_gone >= 0 else None


def test_a_target_that_serves_one_connection_at_a_time_is_judged_by_what_it_does_alone() -> None:
    silent = chosen(PINGS)[0].id
    opponent = OneAtATime(lambda case, time: opens_and_is_silent() if case == silent and time == 1 else echo_server())

    results = played(opponent, chosen(PINGS, "framing/length"))

    assert {result.verdict for result in results.values()} == {Verdict.PASS}


def test_a_target_may_take_a_while_to_answer_again_after_a_crowd(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(playing, "RETRY_SECONDS", 0.0)

    results = played(OneAtATime(lambda case, time: echo_server(), looks_gone=5), chosen(PINGS))

    assert {result.verdict for result in results.values()} == {Verdict.PASS}


def test_a_target_that_does_not_answer_again_is_gone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(playing, "RECOVERY_SECONDS", 0.01)

    results = played(OneAtATime(lambda case, time: echo_server(), looks_gone=10**9), chosen(PINGS))

    assert Counter(result.verdict for result in results.values())[Verdict.PASS] <= 1, "one was the last of the crowd"
