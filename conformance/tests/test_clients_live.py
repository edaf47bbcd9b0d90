"""Clients that others wrote, or that do not work, brought to the suite in every way there is."""

from __future__ import annotations

import asyncio
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import platformdirs
import pytest
from ws_conformance.cases import CASES
from ws_conformance.clients.api import API_CASES
from ws_conformance.clients.driving import Driver
from ws_conformance.clients.judging import run_client
from ws_conformance.clients.loop import Profile, numbering
from ws_conformance.clients.page import find_browser, opened_page
from ws_conformance.clients.serving import Serving, run_loop
from ws_conformance.clients.spawn import SpawnedClient, command_words
from ws_conformance.clients.visiting import Triggered, visited
from ws_conformance.command import root
from ws_conformance.command.files import ReportFolder, read_run
from ws_conformance.model import Case
from ws_conformance.peer import Role
from ws_conformance.run import Options
from ws_conformance.selection import Selection, select
from ws_conformance.testing import ends
from ws_conformance.usage import UsageError
from ws_reports.record import ExitCode, Run, Verdict

pytestmark = pytest.mark.exhaustive

BOUND_SECONDS = 60.0
HERE = Path(__file__).parent
GOOD = (sys.executable, str(HERE / "peers" / "websockets_client.py"), "{url}")
DRIVERS = HERE / "drivers"


def cases(*words: str) -> Sequence[Case]:
    return select(CASES, Selection(words=words), Role.CLIENT)


FEW = cases("control/ping/empty", "control/ping/125-bytes", "framing/opcode/0x3-empty")


def judged(driver: Driver, chosen: Sequence[Case] = FEW, options: Options | None = None) -> Run:
    """Return the record of a run against the client that ``driver`` brings."""

    async def story() -> Run:
        async with asyncio.timeout(BOUND_SECONDS):
            return await run_client(driver, "the client", chosen, options or Options())

    return asyncio.run(story())


def verdicts(run: Run) -> dict[str, Verdict]:
    return {case.id: case.verdict for case in run.cases}


def require(program: str) -> str:
    """Return where ``program`` is; without it there is nothing to try, which CI takes for a failure."""
    found = shutil.which(program)
    if found is None:
        missing = f"{program} is not there"
        if os.environ.get("WSSPEC_REQUIRE_PEERS") == "1":
            pytest.fail(missing)
        pytest.skip(missing)
    return found


def ws_folder() -> str:
    """Return the folder that npm's ws is installed in, outside the repository; the first run fills it."""
    require("node")
    npm = require("npm")
    folder = platformdirs.user_cache_path("wsspec") / "npm"
    if not (folder / "node_modules" / "ws" / "package.json").exists():
        folder.mkdir(parents=True, exist_ok=True)
        install = [npm, "install", "--prefix", str(folder), "--no-audit", "--no-fund", "ws@8.23.0"]
        subprocess.run(install, check=True, capture_output=True, timeout=300)
    return str(folder)


# --- spawned for each case ----------------------------------------------------------------------------------------


def test_a_client_is_started_for_each_case_and_passes() -> None:
    run = judged(SpawnedClient(GOOD))

    assert set(verdicts(run).values()) == {Verdict.PASS}
    assert run.run.exit == ExitCode.OK
    assert run.targets[0].role == "client"
    assert run.targets[0].probed == {"open": True, "pong": True, "echo": True, "deflate": True, "tls": True}
    assert "websockets" in (run.targets[0].agent or "")
    assert run.limits.parallel == SpawnedClient(GOOD).jobs


def test_a_client_that_is_killed_in_a_case_leaves_that_one_undecided_and_what_it_printed() -> None:
    fatal = "framing/length/text-of-125-bytes"
    client = SpawnedClient((sys.executable, str(DRIVERS / "dies_in.py"), "{url}", fatal))

    run = judged(client, cases(fatal, "framing/length/text-of-126-bytes"))

    by_id = {case.id: case for case in run.cases}
    assert by_id[fatal].verdict is Verdict.INCONCLUSIVE
    assert "signal 9" in (by_id[fatal].reason or "")
    other = by_id["framing/length/text-of-126-bytes"]
    assert other.verdict is Verdict.PASS
    for case in run.cases:
        assert f"\\x1b[31m{case.id} at ws://127.0.0.1:" in case.printed
    assert [line.text for line in other.prints] == other.printed.splitlines()


def test_a_client_that_ends_without_connecting_is_not_there_and_its_last_words_are_told() -> None:
    run = judged(SpawnedClient(("sh", "-c", "echo 'no \033[2Jluck'; exit 3")))

    assert run.run.exit == ExitCode.NOT_REACHABLE
    assert set(verdicts(run).values()) == {Verdict.INCONCLUSIVE}
    reason = run.cases[0].reason or ""
    assert "ended with status 3 before it connected" in reason
    assert "no \\x1b[2Jluck" in reason


def test_a_client_that_never_connects_is_given_up() -> None:
    run = judged(SpawnedClient(("sleep", "60")), options=Options(scale=0.02))

    assert run.run.exit == ExitCode.NOT_REACHABLE
    assert "did not connect within" in (run.cases[0].reason or "")


def test_a_client_that_connects_in_some_cases_only_is_undecided_in_the_others() -> None:
    absent = "control/ping/empty"
    script = f'[ "$WSSPEC_CASE" = {absent} ] && exit 0; exec {" ".join(GOOD[:2])} "$WSSPEC_URL"'

    run = judged(SpawnedClient(("sh", "-c", script)))

    assert verdicts(run)[absent] is Verdict.INCONCLUSIVE
    reasons = {case.id: case.reason for case in run.cases}
    assert "ended with status 0 before it connected; it printed nothing" in (reasons[absent] or "")
    assert {verdict for case, verdict in verdicts(run).items() if case != absent} == {Verdict.PASS}
    assert run.run.exit == ExitCode.UNDECIDED


def test_nothing_that_a_client_started_is_left_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ws_conformance.spawning.TERM_SECONDS", 0.1)
    pids = tmp_path / "pids"
    script = f"trap '' TERM; sleep 60 & echo $! >> {pids}; {' '.join(GOOD[:2])} $WSSPEC_URL"

    judged(SpawnedClient(("sh", "-c", script)), FEW[:1])

    for pid in map(int, pids.read_text().split()):
        assert ends(pid, seconds=5.0), f"process {pid} is still there"


def test_a_command_that_cannot_be_run_is_an_error_of_its_author() -> None:
    with pytest.raises(UsageError, match="cannot be run"):
        judged(SpawnedClient(("no-such-program", "{url}")))
    with pytest.raises(UsageError, match="is no command"):
        command_words(("echo 'never closed",))
    assert command_words(("echo 'one word' {url}",)) == ("echo", "one word", "{url}")


# --- the loop of Autobahn's suite ---------------------------------------------------------------------------------


LOOPED = cases("framing/length/text-of-*", "framing/length/binary-of-*", "control/ping/empty", "utf8/valid")


def looped(words: Sequence[str], profile: Profile, *, idle_seconds: float | None = None) -> Run:
    slots = numbering(LOOPED, profile)
    serving = Serving(slots=slots, words=words, port=0, idle_seconds=idle_seconds)

    async def story() -> Run:
        async with asyncio.timeout(BOUND_SECONDS):
            return await run_loop(serving, Options())

    return asyncio.run(story())


LOOPING: dict[str, Callable[[], Sequence[str]]] = {
    "websockets": lambda: (sys.executable, str(DRIVERS / "websockets_loop.py"), "{url}"),
    "aiohttp/one after the other": lambda: (sys.executable, str(DRIVERS / "aiohttp_loop.py"), "{url}"),
    "ws": lambda: ("node", str(DRIVERS / "ws_loop.cjs"), "{url}", ws_folder()),
}


@pytest.mark.parametrize("profile", Profile)
@pytest.mark.parametrize("name", LOOPING)
def test_a_client_that_was_written_for_autobahns_suite_goes_through_unchanged(name: str, profile: Profile) -> None:
    run = looped(LOOPING[name](), profile)

    slots = numbering(LOOPED, profile)
    assert [case.id for case in run.cases] == [slot.case.id for slot in slots]
    assert {case.id: case.reason for case in run.cases if case.verdict is not Verdict.PASS} == {}
    assert [target.agent for target in run.targets] == [name]
    assert run.run.exit == ExitCode.OK
    assert run.run.complete


def test_a_client_that_stops_half_way_leaves_the_rest_of_the_loop_undecided() -> None:
    run = looped((*LOOPING["websockets"](), "1-3"), Profile.ALL)

    assert [case.verdict for case in run.cases[:3]] == [Verdict.PASS] * 3
    assert {case.verdict for case in run.cases[3:]} == {Verdict.INCONCLUSIVE}
    assert "the client ended with status 0" in (run.cases[-1].reason or "")
    assert run.run.exit == ExitCode.UNDECIDED


def test_a_loop_that_nobody_goes_through_says_so() -> None:
    run = looped(("sh", "-c", "echo 'not today'"), Profile.AUTOBAHN)

    assert run.run.exit == ExitCode.NOT_REACHABLE
    assert "not today" in (run.cases[0].reason or "")
    assert {case.verdict for case in run.cases} == {Verdict.INCONCLUSIVE}


def test_a_loop_without_a_client_of_its_own_ends_when_nobody_comes() -> None:
    run = looped((), Profile.AUTOBAHN, idle_seconds=0.2)

    assert run.run.exit == ExitCode.NOT_REACHABLE
    assert "nobody was connected for 0.2 s" in (run.cases[0].reason or "")


def test_a_loop_that_is_interrupted_writes_what_there_is(tmp_path: Path) -> None:
    folder = ReportFolder(tmp_path / "report")

    async def story() -> Run:
        listening = asyncio.Event()
        serving = Serving(slots=numbering(FEW, Profile.ALL), port=0, on_listening=lambda url: listening.set())
        running = asyncio.create_task(run_loop(serving, Options(), [folder]))
        async with asyncio.timeout(BOUND_SECONDS):
            await listening.wait()
            running.cancel()
            return await running

    run = asyncio.run(story())

    assert run.run.exit == ExitCode.INTERRUPTED
    assert not run.run.complete
    assert read_run(tmp_path / "report" / "run.json") == run


def test_a_port_that_is_taken_is_said_to_be() -> None:
    async def story() -> None:
        async with visited(port=0) as (visitor, _):
            serving = Serving(slots=(), port=visitor.listener.getsockname()[1])
            await run_loop(serving, Options())

    with pytest.raises(UsageError, match="cannot listen on"):
        asyncio.run(story())


# --- clients that come by themselves ------------------------------------------------------------------------------


def visited_by(times: int, idle_seconds: float = 10.0) -> Run:
    words = (sys.executable, str(DRIVERS / "again_and_again.py"), "{url}", str(times))

    async def story() -> Run:
        async with asyncio.timeout(BOUND_SECONDS), visited(words, idle_seconds=idle_seconds) as (visitor, _):
            return await run_client(visitor, "the client", FEW, Options())

    return asyncio.run(story())


def test_a_client_that_connects_again_and_again_gets_one_case_after_the_other() -> None:
    run = visited_by(100)

    assert set(verdicts(run).values()) == {Verdict.PASS}
    assert run.run.exit == ExitCode.OK


def test_a_client_that_comes_no_more_leaves_the_rest_undecided() -> None:
    run = visited_by(6)  # five times for the probes, once for the first case

    assert [case.verdict for case in run.cases] == [Verdict.PASS, Verdict.INCONCLUSIVE, Verdict.INCONCLUSIVE]
    assert "the client ended with status 0" in (run.cases[-1].reason or "")


def test_a_client_that_never_comes_is_waited_for_once() -> None:
    async def story() -> Run:
        async with asyncio.timeout(BOUND_SECONDS), visited(idle_seconds=0.1) as (visitor, _):
            return await run_client(visitor, "nobody", FEW, Options())

    run = asyncio.run(story())

    assert run.run.exit == ExitCode.NOT_REACHABLE
    assert "nobody connected for 0.1 s" in (run.cases[0].reason or "")


def test_a_trigger_sets_a_client_off() -> None:
    run = judged(Triggered(("sh", "-c", f"{' '.join(GOOD[:2])} {{url}}")))

    assert set(verdicts(run).values()) == {Verdict.PASS}


def test_a_trigger_that_fails_or_brings_nobody_is_told() -> None:
    failing = judged(Triggered(("sh", "-c", "echo 'no route'; exit 7")))
    idle = judged(Triggered(("true",), idle_seconds=0.1))

    assert failing.run.exit == idle.run.exit == ExitCode.NOT_REACHABLE
    assert "the trigger ended with status 7; it printed:\nno route" in (failing.cases[0].reason or "")
    assert "nobody connected for 0.1 s" in (idle.cases[0].reason or "")


# --- a browser ----------------------------------------------------------------------------------------------------


def test_a_browser_plays_cases_and_tells_what_its_api_saw() -> None:
    require("chromium")
    wanted = ("api/closed/without-a-code", "api/closed/tcp-ends-without-a-close", "api/message/behind-a-bad-frame")
    chosen = (*FEW, *(api.case for api in API_CASES if api.case.id in wanted))

    async def story() -> Run:
        async with asyncio.timeout(BOUND_SECONDS), opened_page(find_browser("chromium")) as (driver, _):
            return await run_client(driver, "chromium", chosen, Options())

    run = asyncio.run(story())

    assert {case.id: case.reason for case in run.cases if case.verdict is not Verdict.PASS} == {}
    by_id = {case.id: case for case in run.cases}
    assert by_id["api/closed/without-a-code"].application == ("open", 'closed, code 1005, reason "", cleanly')
    assert by_id["control/ping/empty"].application[-1].startswith("closed, code 1000")
    assert "Chrome" in (run.targets[0].agent or "")


def test_a_browser_that_is_not_installed_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "which", lambda name: None)

    with pytest.raises(UsageError, match="chromium is not installed") as caught:
        find_browser("chromium")
    assert "--page" in caught.value.remedy


# --- the command --------------------------------------------------------------------------------------------------


def test_the_command_judges_a_client_and_ends_with_zero(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code = root.run(["client", "control/ping/empty", "--report-dir", str(tmp_path), "--", *GOOD])

    output = capsys.readouterr().out
    assert code == ExitCode.OK
    assert "probed   open ✓  pong ✓  echo ✓" in output
    assert (tmp_path / "run.json").exists()


def test_the_command_serves_the_loop(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    looping = ["--autobahn", "--port", "0", "--autobahn-case", "1.1", "--profile", "autobahn"]

    code = root.run(["client", *looping, "--report-dir", str(tmp_path), "--", *LOOPING["websockets"]()])

    output = capsys.readouterr().out
    assert code == ExitCode.OK
    assert "listening on ws://127.0.0.1:" in output
    assert (tmp_path / "run.json").exists()


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        (["client"], "there is no client to start"),
        (["client", "--listen", "--autobahn"], "--autobahn and --listen exclude each other"),
        (["client", "--protocol", "jsonl"], "there is no client to start"),
        (["client", "no/such/case", "--", "true"], "case 'no/such/case' is not known"),
        (["client", "--no-report", "--", "no-such-program"], "'no-such-program' cannot be run"),
        (["client", "--trigger", "'", "--no-report"], "is no command"),
    ],
)
def test_a_wrong_demand_is_exit_2(arguments: list[str], problem: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert root.run(arguments) == ExitCode.USAGE
    assert problem in capsys.readouterr().err
