"""``wsspec replay``: the same case with the same keys, and a word for what has become of a failure."""

from __future__ import annotations

import asyncio
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest
from msgspec.structs import replace
from ws_conformance.cases import ALL_CASES
from ws_conformance.clients.api import API_CASES
from ws_conformance.command import root
from ws_conformance.command.replaying import outcome
from ws_conformance.model import Case
from ws_conformance.mutants.demo_server import demo_server, echo_server
from ws_conformance.peer import Peer, Role
from ws_conformance.recording import record_unplayed
from ws_conformance.run import Options, run_servers, run_spawned
from ws_conformance.selection import Selection, select
from ws_conformance.sockets import listening
from ws_conformance.urls import Connecting, parse_target
from ws_reports.events import write_events
from ws_reports.record import CaseResult, Check, ExitCode, Run, Target, Verdict, decode, encode, with_cases

BOUND_SECONDS = 60.0
DRIVERS = Path(__file__).with_name("drivers")
FAILING = "framing/mask/unmasked-text"
FOR_BOTH = "control/ping/125-bytes"


@contextmanager
def serving(make_peer: Callable[[], Peer]) -> Iterator[str]:
    """Serve a new peer to each connection, from a thread; yields the URL."""
    loop = asyncio.new_event_loop()
    ready = threading.Event()
    over = asyncio.Event()
    urls: list[str] = []

    async def serve() -> None:
        async with listening(make_peer) as port:
            urls.append(f"ws://127.0.0.1:{port}/")
            ready.set()
            await over.wait()

    thread = threading.Thread(target=loop.run_until_complete, args=(serve(),))
    thread.start()
    try:
        assert ready.wait(BOUND_SECONDS)
        yield urls[0]
    finally:
        loop.call_soon_threadsafe(over.set)
        thread.join(BOUND_SECONDS)
        loop.close()


def run_of(make_peer: Callable[[], Peer], *words: str) -> Run:
    """Return the record of a run against ``make_peer``."""
    cases = select(ALL_CASES, Selection(words=words), Role.SERVER)

    async def story() -> Run:
        async with listening(make_peer) as port:
            target = parse_target(f"ws://127.0.0.1:{port}/", Connecting())
            return await run_servers([target], cases, Options())

    return asyncio.run(story())


@pytest.fixture(autouse=True)
def in_an_empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("FORCE_COLOR", raising=False)


@pytest.fixture(scope="module")
def failed() -> Run:
    return run_of(demo_server, FAILING)


def last_lines(capsys: pytest.CaptureFixture[str]) -> list[str]:
    return capsys.readouterr().out.splitlines()[-2:]


# --- servers ----------------------------------------------------------------------------------------------------------


def test_a_failure_is_fixed_or_still_there(failed: Run, capsys: pytest.CaptureFixture[str]) -> None:
    Path("run.json").write_bytes(encode(failed))

    with serving(demo_server) as broken, serving(echo_server) as sound:
        still = root.run(["replay", "run.json#1", "--url", broken])
        still_words = last_lines(capsys)
        fixed = root.run(["replay", "run.json#1", "--url", sound])

    assert (still, fixed) == (ExitCode.FAILURES, ExitCode.OK)
    assert still_words == ["STILL FAILS: before fail, now fail", "exit 1  unexpected failures"]
    assert last_lines(capsys) == ["FIXED: before fail, now pass", "exit 0  as expected"]


def test_a_run_that_did_not_finish_is_replayed_from_its_events(failed: Run, capsys: pytest.CaptureFixture[str]) -> None:
    Path("wsspec-report").mkdir()
    unfinished = replace(failed, run=replace(failed.run, complete=False, seconds=None, exit=None))
    Path("wsspec-report/events.ndjson").write_bytes(write_events(unfinished))

    with serving(echo_server) as sound:
        code = root.run(["replay", f"{failed.run.id}-001", "--url", sound])

    assert code == ExitCode.OK
    assert last_lines(capsys)[0].startswith("FIXED")


def test_the_same_keys_are_sent_again(failed: Run, capsys: pytest.CaptureFixture[str]) -> None:
    Path("run.json").write_bytes(encode(failed))
    key = next(event.frame.key for event in failed.cases[0].wire if event.frame is not None and event.frame.key)

    with serving(demo_server) as url:
        root.run(["replay", "run.json#1", "--url", url])

    assert key in capsys.readouterr().out


def test_a_record_without_a_seed_is_replayed_with_another(failed: Run, capsys: pytest.CaptureFixture[str]) -> None:
    Path("run.json").write_bytes(encode(replace(failed, run=replace(failed.run, seed=None))))

    with serving(echo_server) as url:
        code = root.run(["replay", "run.json#1", "--url", url])

    assert code == ExitCode.OK
    assert "note: the record has no seed" in capsys.readouterr().err


def test_what_a_sweep_found_nothing_about_is_sent_whole(failed: Run, capsys: pytest.CaptureFixture[str]) -> None:
    Path("run.json").write_bytes(encode(replace(failed, limits=replace(failed.limits, segmentation="sweep to 16"))))

    with serving(echo_server) as url:
        assert root.run(["replay", "run.json#1", "--url", url]) == ExitCode.OK

    assert last_lines(capsys)[0].startswith("FIXED")


# --- in a word --------------------------------------------------------------------------------------------------------


def result(verdict: Verdict, signature: str | None = None) -> CaseResult:
    check = Check(id="x", requirement="6455/5.2/x", verdict=verdict, signature=signature)
    return CaseResult(n=1, id="a/b", target="t1", verdict=verdict, checks=(check,))


@pytest.mark.parametrize(
    ("before", "now", "word"),
    [
        (result(Verdict.FAIL, "echo"), result(Verdict.FAIL, "echo"), "STILL FAILS"),
        (result(Verdict.FAIL, "echo"), result(Verdict.FAIL, "hang"), "OTHER FAILURE"),
        (result(Verdict.FAIL), result(Verdict.PASS), "FIXED"),
        (result(Verdict.FAIL), result(Verdict.LENIENT), "FIXED"),
        (result(Verdict.FAIL), result(Verdict.INCONCLUSIVE), "UNDECIDED"),
        (result(Verdict.PASS), result(Verdict.FAIL), "FAILS NOW"),
        (result(Verdict.LENIENT), result(Verdict.PASS), "NO FAILURE"),
        (result(Verdict.PASS), result(Verdict.ERROR), "UNDECIDED"),
    ],
)
def test_what_has_become_of_a_failure_is_said_in_a_word(before: CaseResult, now: CaseResult, word: str) -> None:
    assert outcome(before, now) == word


# --- clients ----------------------------------------------------------------------------------------------------------


def client_run(case: Case, verdict: Verdict = Verdict.INCONCLUSIVE) -> Run:
    """Return the record of a run against a client in which ``case`` came to nothing."""
    played = record_unplayed(case, verdict, "for a test", n=1, target="t1", run_id="CLIENT", attempted=True)
    target = Target(id="t1", name="t1", role="client", probed={"open": True, "pong": True, "echo": True})
    bare = run_of(echo_server, "control/ping/empty")
    return with_cases(replace(bare, targets=(target,)), [played])


def client_command() -> Sequence[str]:
    return (sys.executable, str(Path(__file__).with_name("peers") / "websockets_client.py"), "{url}")


def case_for_clients(name: str) -> Case:
    return next(case for case in ALL_CASES if case.id == name)


def test_a_case_for_clients_is_played_against_the_client_that_is_started(capsys: pytest.CaptureFixture[str]) -> None:
    Path("run.json").write_bytes(encode(client_run(case_for_clients(FOR_BOTH))))

    code = root.run(["replay", "run.json#1", "--", *client_command()])

    assert code == ExitCode.OK
    assert last_lines(capsys)[0] == "NO FAILURE: before inconclusive, now pass"


def test_a_client_that_does_not_connect_is_exit_3(capsys: pytest.CaptureFixture[str]) -> None:
    Path("run.json").write_bytes(encode(client_run(case_for_clients(FOR_BOTH))))

    code = root.run(["replay", "run.json#1", "--", sys.executable, "-c", "print('no, thanks')"])

    assert code == ExitCode.NOT_REACHABLE
    assert "before it connected" in capsys.readouterr().out


# --- what cannot be replayed ------------------------------------------------------------------------------------------


def changed(run: Run, **changes: object) -> Run:
    return with_cases(run, [replace(run.cases[0], **changes)])


def test_what_cannot_be_replayed_is_said_with_a_remedy(failed: Run, capsys: pytest.CaptureFixture[str]) -> None:
    spawned = replace(failed, targets=(replace(failed.targets[0], url="ws://127.0.0.1:{port}/"),))
    records = {
        "spawned": (spawned, [], "started the server itself", "--url"),
        "skipped": (changed(failed, verdict=Verdict.SKIPPED, reason="left out"), [], "was not played: left out", ""),
        "unknown": (changed(failed, id="framing/mask/no-such"), [], "'framing/mask/no-such' is not known", ""),
        "api": (client_run(API_CASES[0].case), [], "control channel", "--protocol jsonl"),
        "orphan": (changed(failed, target="t9"), [], "no target 't9'", "producer"),
        "role": (replace(failed, targets=(replace(failed.targets[0], role="client"),)), [], "no case for a client", ""),
        "scale": (replace(failed, limits=replace(failed.limits, scale=1e9)), [], "multiplies waits by 1e+09", "1000"),
        "cut": (replace(failed, limits=replace(failed.limits, segmentation="x")), [], "'x' is no way to cut", "glued"),
        "server": (failed, ["--", "true"], "one for servers", "--url"),
        "client": (client_run(case_for_clients(FOR_BOTH)), ["--url", "ws://a/"], "no URL", "--"),
    }  # fmt: skip
    for name, (run, arguments, problem, remedy) in records.items():
        Path(f"{name}.json").write_bytes(encode(run))

        code = root.run(["replay", f"{name}.json#1", *arguments])

        shown = capsys.readouterr().err
        assert code == ExitCode.USAGE, name
        assert problem in shown, name
        assert remedy in shown, name


def test_a_number_that_is_not_in_the_record_is_a_mistake(failed: Run, capsys: pytest.CaptureFixture[str]) -> None:
    Path("run.json").write_bytes(encode(failed))

    assert root.run(["replay", "run.json#7"]) == ExitCode.USAGE
    assert "they go from 1 to 1" in capsys.readouterr().err


def test_a_case_that_has_changed_since_is_played_with_a_note(failed: Run, capsys: pytest.CaptureFixture[str]) -> None:
    Path("run.json").write_bytes(encode(changed(failed, rev=7)))

    with serving(echo_server) as url:
        root.run(["replay", "run.json#1", "--url", url])

    assert "note: the case has changed since (revision 7, now 1)" in capsys.readouterr().err


def test_the_record_of_a_server_that_was_started_says_so() -> None:
    command = f"{sys.executable} -m ws_conformance echo --port {{port}}"
    cases = select(ALL_CASES, Selection(words=("control/ping/empty",)), Role.SERVER)

    run = asyncio.run(run_spawned(command, cases, Options()))

    assert decode(encode(run)).targets[0].url == "ws://127.0.0.1:{port}/"
