"""A watch over a socket: what comes of it is in the record, whether it ends by itself or is interrupted."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from ws_conformance.cases import ALL_CASES
from ws_conformance.command import root
from ws_conformance.model import Send
from ws_conformance.run import Options
from ws_conformance.streams.feeding.faults import parse_fault
from ws_conformance.streams.profile import find_profile
from ws_conformance.streams.rules import ALL_RULES
from ws_conformance.streams.serving import Feed, serving
from ws_conformance.streams.watch import WITHOUT_ECHO, Watching, playable, run_stream, subscribed
from ws_conformance.urls import Connecting, parse_target
from ws_reports.record import CaseResult, ExitCode, Run, Verdict

PROFILE = find_profile("exchange")


def watching(seconds: float, *areas: str) -> Watching:
    cases = [case for case in playable(ALL_CASES) if case.id in areas]
    return Watching(profile=PROFILE, seconds=seconds, values=PROFILE.values, cases=cases)


def watched(feed: Feed, watch: Watching, also: Callable[[asyncio.Task[Run]], Awaitable[None]] | None = None) -> Run:
    """Return the record of a watch over ``feed``, served on a port of this machine."""

    async def run() -> Run:
        async with serving(feed) as served:
            target = parse_target(f"ws://127.0.0.1:{served.port}/", Connecting())
            task = asyncio.create_task(run_stream(target, watch, Options(seed=1)))
            if also is not None:
                await also(task)
            return await task

    return asyncio.run(run())


def verdicts(run: Run) -> dict[str, Verdict]:
    return {case.id: case.verdict for case in run.cases}


def result(run: Run, name: str) -> CaseResult:
    return next(case for case in run.cases if case.id == name)


def test_a_clean_stream_passes_with_cases_of_the_protocol_beside_it() -> None:
    run = watched(
        Feed(name="exchange", seed=3, rate=100), watching(1.0, "control/ping/empty", "framing/opcode/reserved-3")
    )

    failing = [case.id for case in run.cases if case.verdict in (Verdict.FAIL, Verdict.ERROR)]
    assert failing == []
    assert run.run.complete
    assert run.run.planned == len(run.cases)
    assert {rule.id for rule in ALL_RULES} <= verdicts(run).keys()
    assert verdicts(run)["stream/subscription-is-acknowledged"] is Verdict.PASS
    assert verdicts(run)["stream/unsubscription-is-kept"] is Verdict.PASS
    assert verdicts(run)["stream/closes-in-order"] is Verdict.PASS
    assert run.stream is not None
    assert run.stream.connections == 1
    assert run.stream.messages > 50
    assert 0 < run.stream.compressed_bytes < run.stream.wire_bytes


@pytest.mark.exhaustive
def test_faults_fail_the_run_and_are_told_in_the_record() -> None:
    faults = [parse_fault(text, "exchange") for text in ("status-503", "gap@300ms", "close-1012@700ms")]
    run = watched(Feed(name="exchange", seed=3, faults=faults), watching(2.5))

    assert run.run.exit == ExitCode.FAILURES
    assert "503" in result(run, "stream/handshake-is-accepted").observed
    assert "missing" in result(run, "stream/sequence-has-no-gap").observed
    assert "Close 1012" in result(run, "stream/connection-stays").observed
    assert run.stream is not None
    assert len(run.stream.recoveries) == 1
    assert {finding.rule for finding in run.stream.findings} >= {"stream/sequence-has-no-gap", "stream/comes-back"}


@pytest.mark.exhaustive
def test_an_endpoint_that_lets_nobody_else_in_is_judged_alone() -> None:
    run = watched(Feed(name="exchange", seed=3, room=1), watching(1.0, "control/ping/empty"))

    assert run.run.exit == ExitCode.UNDECIDED
    assert "--no-cases" in (result(run, "control/ping/empty").reason or "")
    assert verdicts(run)["stream/sequence-has-no-gap"] is Verdict.PASS


def test_an_interruption_loses_nothing() -> None:
    async def interrupt(task: asyncio.Task[Run]) -> None:
        await asyncio.wait({task}, timeout=1.0)
        task.cancel()

    run = watched(Feed(name="node", seed=3), watching(3600.0), interrupt)

    assert run.run.exit == ExitCode.INTERRUPTED
    assert not run.run.complete
    assert run.stream is not None
    assert run.stream.connections == 1


@pytest.mark.exhaustive
def test_nobody_there_is_told_as_that(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code = root.run(
        ["stream", "ws://127.0.0.1:1/", "--profile", "exchange", "--scale", "0.1", "--report-dir", str(tmp_path)]
    )

    assert code == ExitCode.NOT_REACHABLE
    assert "refused" in capsys.readouterr().out
    assert (tmp_path / "index.html").exists()


def test_cases_that_are_played_beside_a_stream_need_no_echo_and_subscribe_behind_the_handshake() -> None:
    cases = playable(ALL_CASES)
    case = subscribed(next(case for case in cases if case.id == "control/ping/empty"), watching(1.0))

    assert len(cases) > 1000
    assert all(each.needs <= WITHOUT_ECHO for each in cases)
    said = [step for step in case.steps if isinstance(step, Send)]
    assert b'"channel": "ticker"' in said[0].frames[0].payload


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        (["--profile", "exchang"], "did you mean  exchange"),
        (["--profile", "exchange", "--set", "markt=X"], "did you mean  market"),
        (["--profile", "exchange", "--set", "market"], "not of the form NAME=VALUE"),
        (["--profile", "exchange", "--for", "0s"], "above 0"),
    ],
)
def test_what_cannot_be_meant_is_told_with_a_remedy(
    arguments: list[str], problem: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert root.run(["stream", "ws://127.0.0.1:1/", *arguments]) == ExitCode.USAGE
    assert problem in capsys.readouterr().err
