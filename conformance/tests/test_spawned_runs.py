"""Runs against a server that the suite starts: who brings it down, what it prints, what it costs, how it ends."""

from __future__ import annotations

import asyncio
import contextlib
import sys
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import psutil
import pytest
from ws_conformance.budgets import MIB
from ws_conformance.cases import ALL_CASES
from ws_conformance.model import Case
from ws_conformance.peer import Role
from ws_conformance.probing import NotThereError, Site, probe
from ws_conformance.reviving import SpawnedServerAt
from ws_conformance.run import Options, begin, new_setting, play_all, run_spawned
from ws_conformance.selection import Selection, select
from ws_conformance.spawning import RestartBudget, SpawnedServer
from ws_reports import console, html
from ws_reports.record import CaseResult, ExitCode, Run, Verdict

pytestmark = pytest.mark.exhaustive

PEERS = Path(__file__).parent / "peers"
ECHO = f"{sys.executable} {PEERS / 'websockets_server.py'} {{port}}"
MORTAL = f"{sys.executable} {PEERS / 'mortal.py'} {{port}}"
EXPECTS_ANY_CLIENT = "6455/10.1/server-expects-any-client"
FATAL = "framing/length/text-of-125-bytes"
BOUND_SECONDS = 180.0
PATIENT = 3.0
"""What waits are multiplied by: processes are started on machines that are busy."""


def cases(*words: str) -> Sequence[Case]:
    return select(ALL_CASES, Selection(words=words), Role.SERVER)


def judged(command: str, chosen: Sequence[Case], options: Options | None = None, *, url: str | None = None) -> Run:
    options = replace(options or Options(), scale=PATIENT)
    started = run_spawned(command, chosen, options) if url is None else run_spawned(command, chosen, options, url=url)
    return asyncio.run(asyncio.wait_for(started, BOUND_SECONDS))


def downed(run: Run) -> list[CaseResult]:
    """Return the cases that the server did not outlive."""
    return [
        case
        for case in run.cases
        if any(check.requirement == EXPECTS_ANY_CLIENT and check.verdict is Verdict.FAIL for check in case.checks)
    ]


class Remembering:
    """A listener that keeps who the target was, and calls a halt at the first result."""

    def __init__(self) -> None:
        self.first = asyncio.Event()

    def begun(self, run: Run, sites: Sequence[Site | NotThereError], plan: Mapping[str, int]) -> None:
        pass

    def played(self, case: CaseResult) -> None:
        self.first.set()

    def ended(self, run: Run) -> None:
        pass


def children() -> set[int]:
    mine = psutil.Process().children(recursive=True)
    alive = set()
    for process in mine:
        with contextlib.suppress(psutil.NoSuchProcess):
            if process.status() != psutil.STATUS_ZOMBIE:
                alive.add(process.pid)
    return alive


# --- a sound server ---------------------------------------------------------------------------------------------------


def test_a_server_is_started_judged_and_ended() -> None:
    before = children()

    run = judged(ECHO, cases("control/ping"), url="ws://localhost:{port}/chat?room=1")

    assert {case.verdict for case in run.cases} == {Verdict.PASS}
    assert run.run.exit == ExitCode.OK
    assert run.targets[0].url == "ws://localhost:{port}/chat?room=1"
    assert children() <= before


def test_a_server_is_ended_when_the_run_is_interrupted() -> None:
    before = children()

    async def story() -> Run:
        listener = Remembering()
        run = asyncio.create_task(run_spawned(ECHO, cases("framing"), Options(jobs=1), [listener]))
        await listener.first.wait()
        run.cancel()
        return await run

    run = asyncio.run(story())

    assert run.run.exit == ExitCode.INTERRUPTED
    assert children() <= before


def test_a_server_that_does_not_come_up_is_not_there_and_what_it_printed_is_told() -> None:
    run = judged(f"{sys.executable} -c 'import sys; sys.exit(\"no such {{port}}\")'", cases("control/ping/empty"))

    assert run.run.exit == ExitCode.NOT_REACHABLE
    assert "ended with status 1" in (run.cases[0].reason or "")
    assert "no such" in (run.cases[0].reason or "")


# --- a server that dies -----------------------------------------------------------------------------------------------


def test_of_many_cases_under_way_the_one_that_brings_the_server_down_is_named() -> None:
    chosen = cases("framing/length", "framing/mask/unmasked-text", "control/ping")

    run = judged(MORTAL, chosen)

    assert FATAL in {case.id for case in downed(run)}
    assert all("text" in case.id or "125" in case.id for case in downed(run))
    assert {case.verdict for case in run.cases} <= {Verdict.PASS, Verdict.LENIENT, Verdict.FAIL}
    assert [case.id for case in run.cases if case.verdict is Verdict.FAIL] == [case.id for case in downed(run)]


def test_what_the_server_printed_is_beside_the_case_and_harmless() -> None:
    run = judged(MORTAL, cases(FATAL))

    (case,) = run.cases
    assert "the end is near" in case.printed
    assert "\x1b" not in case.printed
    assert "the end is near" in console.failure_block(case, run)
    assert "the end is near" in html.render(run)
    assert [line.text for line in case.prints] == ["\\x1b[31mthe end is near"]
    assert case.prints[0].t >= 0


def test_a_case_that_is_played_alone_is_blamed_at_once() -> None:
    run = judged(MORTAL, cases("framing/length"), Options(jobs=1))

    fatal = next(case for case in run.cases if case.id == FATAL)
    assert fatal.attempts == (Verdict.FAIL, Verdict.FAIL)
    assert "the server ended with status 3 during this case" in [check.message for check in fatal.checks]


def test_a_server_that_dies_too_often_is_given_up() -> None:
    async def story() -> Run:
        options = Options(jobs=1)
        setting = new_setting(options)
        async with SpawnedServer(MORTAL, setting=setting) as server:
            site = await probe(server.target, setting)
            opponent = SpawnedServerAt(server, site, options.cutting, RestartBudget(server, most_alone=0))
            run = begin([server.target], [site], options, seed=1, argv=())
            chosen = cases("framing/length")
            return await play_all(run, [site], [opponent], chosen, options, (), began=0.0)

    run = asyncio.run(story())

    assert run.run.exit == ExitCode.UNDECIDED
    assert any("was started again 0 times already" in (case.reason or "") for case in run.cases)


# --- what it costs ----------------------------------------------------------------------------------------------------


def test_what_a_case_costs_is_measured_where_it_is_played_alone() -> None:
    run = judged(ECHO, cases("limits/messages/binary-of-4-mib", "control/ping"))

    costs = {case.id: case.usage for case in run.cases}
    usage = costs["limits/messages/binary-of-4-mib"]
    assert usage is not None
    assert usage.memory > 4 * MIB
    assert usage.cpu_seconds >= 0
    assert costs["control/ping/empty"] is None


@pytest.mark.parametrize(("mib", "code"), [(1, ExitCode.FAILURES), (1000, ExitCode.OK)])
def test_more_memory_than_the_user_allows_fails_the_run(mib: int, code: ExitCode) -> None:
    run = judged(ECHO, cases("limits/messages/binary-of-4-mib"), Options(memory=mib * MIB))

    assert {case.verdict for case in run.cases} == {Verdict.PASS}
    assert run.limits.memory == mib * MIB
    assert run.run.exit == code
