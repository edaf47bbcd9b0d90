"""The commands about streams say what they do, and what is wrong with what they are asked."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from ws_conformance.command import root
from ws_conformance.command.stream import Progress
from ws_conformance.streams.feeding.faults import FAULTS
from ws_conformance.streams.profile import find_profile
from ws_conformance.streams.scenarios import SCENARIOS
from ws_conformance.streams.watching import Watcher
from ws_reports.console import stream_lines, time_words
from ws_reports.record import ExitCode, Spread, Stream


def test_a_feed_says_where_it_is_and_with_which_seed(capsys: pytest.CaptureFixture[str]) -> None:
    code = root.run(["feed", "node", "--port", "0", "--for", "10ms", "--seed", "7", "--fault", "gap@1s"])

    shown = capsys.readouterr().out
    assert code == ExitCode.OK
    assert shown.startswith("listening on ws://127.0.0.1:")
    assert "node, seed 7" in shown
    assert "0 connections, 0 messages made" in shown


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        (["feed", "exchange", "--fault", "gapp"], "did you mean  gap"),
        (["feed", "exchange", "--fault", "reorganisation"], "a feed 'exchange' has no fault 'reorganisation'"),
        (["feed", "bourse"], "'bourse' is not one of"),
        (["feed", "exchange", "--tls-key", "k.pem"], "give the certificate"),
        (["stream-client"], "write its command behind '--'"),
        (["stream-client", "calmm", "--", "true"], "did you mean  calm"),
        (["stream", "ws://127.0.0.1:1/"], "Missing option '--profile'"),
        (["stream", "ws://127.0.0.1:1/", "--profile", "no/such.toml"], "name a file"),
    ],
)
def test_what_cannot_be_meant_is_told(arguments: list[str], problem: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert root.run(arguments) == ExitCode.USAGE
    assert problem in capsys.readouterr().err


def test_faults_scenarios_and_the_schema_are_listed(capsys: pytest.CaptureFixture[str]) -> None:
    assert root.run(["feed", "--faults"]) == ExitCode.OK
    listed = capsys.readouterr().out
    assert all(f"  {fault.name}" in listed for fault in FAULTS)
    assert root.run(["stream-client", "--scenarios"]) == ExitCode.OK
    listed = capsys.readouterr().out
    assert all(scenario.words in listed for scenarios in SCENARIOS.values() for scenario in scenarios)
    assert root.run(["stream", "--schema"]) == ExitCode.OK
    assert json.loads(capsys.readouterr().out)["title"] == "wsspec stream profile"


def test_a_client_that_is_no_program_is_told_from_one_that_does_not_connect(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = ["--report-dir", str(tmp_path), "--scale", "0.05"]

    assert root.run(["stream-client", *folder, "calm", "--", "/no/such/program"]) == ExitCode.USAGE
    assert "cannot be run" in capsys.readouterr().err
    assert root.run(["stream-client", *folder, "calm", "--", "true"]) == ExitCode.NOT_REACHABLE
    assert "it did not connect" in capsys.readouterr().out


def test_a_log_gets_a_line_now_and_then(tmp_path: Path) -> None:
    watcher = Watcher(find_profile("exchange"), began=0.0)
    with (tmp_path / "log").open("w+") as log:
        progress = Progress(log, 60.0, True)
        for second in range(35):
            progress.tell(watcher, float(second))
        log.seek(0)
        lines = log.read().splitlines()

    assert [line.split("  ")[0] for line in lines] == ["0:10 of 1:00", "0:20 of 1:00", "0:30 of 1:00"]


def test_what_was_measured_is_told_in_words() -> None:
    spread = Spread(count=1, mean=0.002, p50=0.002, p90=0.002, p99=0.002, p999=0.002, longest=1.5)
    stream = Stream(
        profile="node",
        seconds=10.0,
        connections=2,
        messages=1000,
        delay=spread,
        compressed_bytes=10,
        inflated_bytes=40,
        recoveries=(0.25,),
        blocks=20,
        reorganisations=1,
        deepest_reorganisation=3,
    )

    told = "\n".join(stream_lines(stream))

    assert "1,000 messages in 10.0 s (100/s)" in told
    assert "99 % 2.0 ms" in told
    assert "(25%)" in told
    assert "after 250.0 ms" in told
    assert "20 heads, 1 reorganisation, 3 blocks deep at most" in told
    assert [time_words(seconds) for seconds in (0.0000021, 0.5, 12.0)] == ["2 µs", "500.0 ms", "12.00 s"]
