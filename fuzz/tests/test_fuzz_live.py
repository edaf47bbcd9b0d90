"""The fuzzer against live targets: it finds what is wrong, shrinks it, and leaves sound targets alone."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest
from msgspec import json, structs
from ws_conformance.command import root
from ws_conformance.embedding import Rig, in_process_rig
from ws_conformance.memory import rehearse
from ws_conformance.model import Case, Departure, Finding, Need, Outcome, Result, Setting, Way
from ws_conformance.mutants import MUTANTS, reference_peer
from ws_conformance.peer import Peer, Role
from ws_conformance.playing import Encounter
from ws_conformance.run import Options
from ws_conformance.sockets import UnreachableError
from ws_conformance.testing import serving_peers
from ws_conformance.vectors import Document
from ws_fuzz.live import TIMES, Fuzzer, GoneError, Tally
from ws_fuzz.opinions import Opinion, opinion_of
from ws_reports.record import ExitCode, Run, Verdict, decode

pytestmark = pytest.mark.exhaustive

CLIENT = Path(__file__).parents[2] / "conformance" / "tests" / "peers" / "websockets_client.py"
HOUR = 3_600.0
SECONDS = 600.0
"""More than any of the processes here needs."""


@pytest.fixture(autouse=True)
def in_an_empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for variable in ("NO_COLOR", "FORCE_COLOR", "GITHUB_ACTIONS", "WSSPEC_SCALE"):
        monkeypatch.delenv(variable, raising=False)


def mutant(name: str) -> Callable[[], Peer]:
    found = next(mutant for mutant in MUTANTS if mutant.name == name)
    return lambda: found.make(Role.SERVER)


# --- in this process, where no time passes ----------------------------------------------------------------------------


def fuzzed(make: Callable[[], Peer], examples: int, *, chance: int = 1, database: Path | None = None) -> Tally:
    """Return what the fuzzer finds in what ``make`` makes, a server."""
    with asyncio.Runner() as runner:
        rig = runner.run(in_process_rig(make, Role.SERVER, Options(seed=1)))
        fuzzer = Fuzzer(rig, Role.SERVER, runner, failing={Verdict.FAIL})
        return fuzzer.run(examples, HOUR, chance=chance, database=database)


def test_a_sound_server_fails_nothing() -> None:
    tally = fuzzed(lambda: reference_peer(Role.SERVER), 50)

    assert tally.finds == {}
    assert tally.unsteady == {}
    assert tally.kinds["played"] > 30


FAULTY = "answers a Ping in lower case"


def test_what_is_wrong_is_found_and_shrunk_to_a_case_that_tells_faulty_from_sound() -> None:
    tally = fuzzed(mutant(FAULTY), 150)

    assert tally.cases
    for case in tally.cases:
        assert opinion_of(rehearse(case, mutant(FAULTY)(), Role.SERVER)) is Opinion.FAILS
        assert opinion_of(rehearse(case, reference_peer(Role.SERVER), Role.SERVER)) is Opinion.PASSES
    # An opening handshake, a Ping, a fence, what is expected of each, and not much besides.
    assert min(len(case.steps) for case in tally.cases) <= 10


# --- opponents that are hard to live with -----------------------------------------------------------------------------


@dataclass
class Moody:
    """An opponent that fails the ``failing``-th cases it is met with, and is gone from the ``last`` on."""

    failing: frozenset[int] = frozenset()
    last: int = 1_000_000
    jobs: int = 1
    heard: list[Case] = field(default_factory=list)
    scale: float = 1.0
    is_shared: bool = True

    async def examine(self, case: Case) -> Encounter:
        if len(self.heard) >= self.last:
            raise UnreachableError("nobody listens")
        self.heard.append(case)
        await asyncio.sleep(0)
        fails = len(self.heard) in self.failing
        departures = (Departure(case.verifies[0], "in a mood", Way.REACTION),) if fails else ()
        finding = Finding(outcome=Outcome.PLAYED, reason="", departures=departures)
        return Encounter(result=Result(case=case, role=Role.SERVER, setting=Setting(), finding=finding, transcript=()))

    async def absence(self) -> str | None:
        return "nobody listens" if len(self.heard) >= self.last else None


def fuzzer(opponent: Moody, runner: asyncio.Runner, *, jobs: int = 1) -> Fuzzer:
    rig: Rig = runner.run(in_process_rig(lambda: reference_peer(Role.SERVER), Role.SERVER, Options(seed=1)))
    able = replace(rig.site, setting=structs.replace(rig.site.setting, can=frozenset(Need) - {Need.DEFLATE}))
    there = replace(rig, opponent=opponent, site=able)
    return Fuzzer(there, Role.SERVER, runner, failing={Verdict.FAIL}, jobs=jobs)


def test_the_same_seed_asks_the_same() -> None:
    asked = []
    for chance in (1, 1, 2):
        opponent = Moody()
        with asyncio.Runner() as runner:
            fuzzer(opponent, runner).run(30, HOUR, chance=chance, database=None)
        asked.append(opponent.heard)

    assert asked[0] == asked[1] != asked[2]


@pytest.mark.parametrize("last", [12, 1])
def test_a_target_that_is_gone_ends_it_and_what_it_heard_last_is_named(last: int) -> None:
    opponent = Moody(last=last)
    with asyncio.Runner() as runner, pytest.raises(GoneError) as gone:
        fuzzer(opponent, runner).run(50, HOUR, chance=1, database=None)

    assert gone.value.suspects[0] is opponent.heard[-1]
    assert len(opponent.heard) == last


def test_of_several_connections_at_a_time_all_are_under_suspicion() -> None:
    opponent = Moody(last=20, jobs=3)
    with asyncio.Runner() as runner, pytest.raises(GoneError) as gone:
        fuzzer(opponent, runner, jobs=8).run(50, HOUR, chance=1, database=None)

    assert set(opponent.heard[-3:]) <= set(gone.value.suspects)
    assert len(gone.value.suspects) <= 6


def test_a_target_that_is_gone_after_the_last_script_is_missed_as_well() -> None:
    with asyncio.Runner() as runner:
        fuzzing = fuzzer(Moody(), runner)
        fuzzing.run(5, HOUR, chance=1, database=None)
        played = fuzzing.tally.kinds["played"]

        with pytest.raises(GoneError):
            fuzzer(Moody(last=played), runner).run(5, HOUR, chance=1, database=None)


def test_what_fails_once_is_not_believed() -> None:
    with asyncio.Runner() as runner:
        opponent = Moody(failing=frozenset({3}))
        tally = fuzzer(opponent, runner).run(10, HOUR, chance=1, database=None)

    assert tally.finds == {}
    assert len(tally.unsteady) == 1
    assert len(opponent.heard) <= 10 + TIMES


def test_no_script_is_begun_when_the_time_is_up() -> None:
    with asyncio.Runner() as runner:
        opponent = Moody()
        fuzzer(opponent, runner).run(10, -1.0, chance=1, database=None)

    assert opponent.heard == []


# --- over sockets -----------------------------------------------------------------------------------------------------


def recorded() -> Run:
    return decode(Path("wsspec-report/run.json").read_bytes())


def kept() -> tuple[Case, ...]:
    read: dict[str, object] = {}
    exec(compile(Path("wsspec-report/finds.py").read_text(), "finds", "exec"), read)
    cases = read["CASES"]
    assert isinstance(cases, tuple)
    return cases


def test_a_find_is_recorded_written_as_cases_and_tried_first_by_others_with_the_same_database(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ws_fuzz.live.SHRINKS", 20)
    make = mutant(FAULTY)
    with serving_peers(make) as url:
        assert (
            root.run(["fuzz", "server", url, "--examples", "50", "--seed", "1", "--scale", "0.5"]) == ExitCode.FAILURES
        )
        assert any(case.verdict is Verdict.FAIL for case in recorded().cases)
        cases = kept()
        assert {opinion_of(rehearse(case, make(), Role.SERVER)) for case in cases} == {Opinion.FAILS}
        exported = json.decode(Path("wsspec-report/finds.json").read_bytes(), type=Document)
        assert {vector.id for vector in exported.vectors} <= {case.id for case in cases}

        argv = ["fuzz", "server", url, "--examples", "1", "--seed", "2", "--no-report", "--scale", "0.5"]
        other = subprocess.run(
            [sys.executable, "-m", "ws_conformance", *argv], capture_output=True, text=True, timeout=SECONDS
        )

    assert other.returncode == ExitCode.FAILURES, other.stderr
    assert finds_in(other.stdout) & finds_in(capsys.readouterr().out)


def finds_in(shown: str) -> set[str]:
    """Return the ways to fail that a run has told of; the cases may be other ones, shrunk further."""
    return {line for line in shown.splitlines() if line.startswith("found: ")}


def test_a_client_is_started_for_each_script(capsys: pytest.CaptureFixture[str]) -> None:
    code = root.run(["fuzz", "client", "--examples", "3", "--seed", "1", "--", sys.executable, str(CLIENT), "{url}"])

    assert code == ExitCode.OK
    assert "3 scripts: played" in capsys.readouterr().out


def test_who_is_not_there_is_not_fuzzed() -> None:
    assert root.run(["fuzz", "server", "ws://127.0.0.1:1/"]) == ExitCode.NOT_REACHABLE


def test_other_machines_are_left_alone_unless_somebody_vouches(capsys: pytest.CaptureFixture[str]) -> None:
    assert root.run(["fuzz", "server", "ws://192.0.2.1/"]) == ExitCode.USAGE
    assert "--i-may-test-this-host 192.0.2.1" in capsys.readouterr().err


def test_a_client_needs_a_command(capsys: pytest.CaptureFixture[str]) -> None:
    assert root.run(["fuzz", "client"]) == ExitCode.USAGE
    assert "{url}" in capsys.readouterr().err


def test_without_hypothesis_the_command_says_what_is_missing(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "hypothesis", None)
    monkeypatch.delitem(sys.modules, "ws_fuzz.live", raising=False)

    assert root.run(["fuzz", "server", "ws://127.0.0.1:1/"]) == ExitCode.USAGE
    assert "wsspec[fuzz]" in capsys.readouterr().err
