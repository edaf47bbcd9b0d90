"""Servers that the suite starts: ready, restarted, ended, and what they say when they are not."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import sys
from pathlib import Path

import pytest
from ws_conformance.catalogue import Grade, grade
from ws_conformance.model import Setting
from ws_conformance.spawning import (
    PRINTED_BYTES,
    SHOWN_BYTES,
    SHOWN_LINES,
    Line,
    Printed,
    RestartBudget,
    SpawnedServer,
    SpawnError,
    crash_departure,
    exit_words,
)
from ws_conformance.testing import ends, runs
from ws_conformance.usage import UsageError

pytestmark = pytest.mark.exhaustive

PEER = Path(__file__).parent / "peers" / "websockets_server.py"
ECHO = f"{sys.executable} {PEER} {{port}}"
QUICKLY = Setting(scale=0.01)
BOUND_SECONDS = 60.0

STUBBORN = """
import signal, subprocess, sys, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
print("child", child.pid, flush=True)
time.sleep(600)
"""

CHATTY = """
import runpy, sys
print("\\033[2Jone\\ntwo", flush=True)
sys.argv = sys.argv[1:]
runpy.run_path(sys.argv[0], run_name="__main__")
"""

TAKEN = """
import pathlib, runpy, sys
first = pathlib.Path(sys.argv[1])
if not first.exists():
    first.touch()
    sys.exit("OSError: [Errno 98] Address already in use")
sys.argv = [sys.argv[2], sys.argv[3]]
runpy.run_path(sys.argv[0], run_name="__main__")
"""

AT_ONE_PATH = """
import sys
from websockets.sync.server import serve

def answer(connection, request):
    if request.path != "/echo" or request.headers["Host"] != "127.0.0.1:" + sys.argv[1]:
        return connection.respond(404, "")

with serve(lambda connection: None, "127.0.0.1", int(sys.argv[1]), process_request=answer) as server:
    server.serve_forever()
"""


@pytest.fixture
def script(tmp_path: Path) -> Path:
    return tmp_path / "server.py"


def command(script: Path, text: str, *arguments: str) -> str:
    script.write_text(text)
    return " ".join((sys.executable, str(script), *arguments, "{port}"))


def test_a_server_serves_within_the_context_and_is_gone_behind_it() -> None:
    async def scenario() -> int:
        async with SpawnedServer(ECHO) as server:
            assert server.alive
            assert server.exit_status is None
            assert server.target.url == f"ws://127.0.0.1:{server.port}/"
            with socket.create_connection(("127.0.0.1", server.port)):
                return server.pid

    assert not runs(asyncio.run(scenario()))


def test_a_server_is_ready_when_it_serves_at_its_own_url(script: Path) -> None:
    async def scenario() -> None:
        url = "ws://127.0.0.1:{port}/echo"
        async with SpawnedServer(command(script, AT_ONE_PATH), url=url, ready_seconds=BOUND_SECONDS) as server:
            assert server.alive

    asyncio.run(scenario())


def test_a_restarted_server_keeps_its_port() -> None:
    async def scenario() -> None:
        async with SpawnedServer(ECHO) as server:
            port, pid = server.port, server.pid
            await server.restart()
            assert (server.port, server.starts) == (port, 2)
            assert server.pid != pid
            assert not runs(pid)

    asyncio.run(scenario())


def test_a_crash_is_seen_named_and_mended_once() -> None:
    async def scenario() -> None:
        async with SpawnedServer(ECHO) as server:
            budget = RestartBudget(server)
            os.kill(server.pid, signal.SIGKILL)

            crashes = await asyncio.gather(*(budget.revive(["some/case"], starts=1, began=0.0) for _ in range(3)))

            assert server.alive
            assert server.starts == 2
            assert [crash for crash in crashes if crash is not None] == budget.crashes
            assert [(crash.under_way, crash.how) for crash in budget.crashes] == [
                (("some/case",), "was ended by signal 9 (Killed)")
            ]
            departure = crash_departure(budget.crashes[0])
            assert departure.detail == "the server was ended by signal 9 (Killed) during this case"
            assert grade(departure.requirement) is Grade.FAIL

    asyncio.run(scenario())


def test_a_server_that_runs_but_serves_no_more_is_restarted_too() -> None:
    async def scenario() -> None:
        async with SpawnedServer(ECHO) as server:
            crash = await RestartBudget(server).revive([], starts=1, began=0.0)

            assert crash is not None
            assert crash.how == "serves no more, although its process runs"
            assert server.starts == 2

    asyncio.run(scenario())


def test_restarts_have_an_end() -> None:
    async def scenario() -> None:
        async with SpawnedServer(ECHO) as server:
            with pytest.raises(SpawnError, match="started again 0 times"):
                await RestartBudget(server, most=0).revive([], starts=1, began=0.0)

    asyncio.run(scenario())


def test_the_error_for_a_server_that_ends_says_how_and_what_it_printed() -> None:
    async def scenario() -> None:
        async with SpawnedServer("sh -c 'echo no such module >&2; exit 3' {port}"):
            raise AssertionError("it cannot serve")

    with pytest.raises(SpawnError) as caught:
        asyncio.run(scenario())

    assert "it ended with status 3 before it answered" in str(caught.value)
    assert str(caught.value).endswith("it printed:\nno such module")


def test_a_server_that_never_serves_is_given_up_and_ended() -> None:
    server = SpawnedServer("sh -c 'exec sleep 600' {port}", setting=QUICKLY)

    async def scenario() -> None:
        async with server:
            raise AssertionError("it cannot serve")

    with pytest.raises(SpawnError, match=r"no opening handshake within 0\.6 s.*\nit printed nothing"):
        asyncio.run(scenario())

    assert not runs(server.pid)


def test_a_server_that_ignores_the_polite_end_is_killed_with_its_children(
    script: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ws_conformance.spawning.TERM_SECONDS", 0.1)
    server = SpawnedServer(command(script, STUBBORN), setting=Setting(scale=0.02))

    async def scenario() -> None:
        async with server:
            raise AssertionError("it cannot serve")

    with pytest.raises(SpawnError) as caught:
        asyncio.run(scenario())

    child = int(str(caught.value).rpartition("child ")[2])
    assert not runs(server.pid)
    assert ends(child, BOUND_SECONDS)


def test_a_cancelled_start_leaves_nothing_behind() -> None:
    server = SpawnedServer("sh -c 'exec sleep 600' {port}")

    async def scenario() -> None:
        async with asyncio.timeout(0.5):
            await server.restart()

    with pytest.raises(TimeoutError):
        asyncio.run(scenario())

    assert not runs(server.pid)


def test_an_exception_in_the_context_ends_the_server() -> None:
    server = SpawnedServer(ECHO)

    async def scenario() -> None:
        async with server:
            raise KeyError

    with pytest.raises(KeyError):
        asyncio.run(scenario())

    assert not runs(server.pid)


def test_a_port_that_was_taken_meanwhile_is_replaced_once(script: Path, tmp_path: Path) -> None:
    async def scenario() -> None:
        async with SpawnedServer(command(script, TAKEN, str(tmp_path / "tried"), str(PEER))) as server:
            assert server.starts == 2

    asyncio.run(scenario())


def test_what_is_printed_meanwhile_is_shown_harmless(script: Path) -> None:
    async def scenario() -> None:
        async with SpawnedServer(command(script, CHATTY, str(PEER))) as server:
            now = asyncio.get_running_loop().time()
            assert server.printed_between(0.0, now) == "\\x1b[2Jone\ntwo"
            assert server.printed_between(now, now + 1.0) == ""

    asyncio.run(scenario())


def test_only_the_last_of_what_is_printed_is_kept() -> None:
    printed = Printed()

    for second in range(100):
        printed.add(float(second), bytes(PRINTED_BYTES // 10))

    assert len(printed.between(0.0, 100.0)) == PRINTED_BYTES // 10 * 10
    assert printed.between(0.0, 89.0) == b""


def test_what_is_printed_has_the_time_at_which_each_line_began() -> None:
    printed = Printed()
    for at, data in ((1.0, b"early\nbe"), (2.0, b"gun"), (3.0, b" early\r\n\x1blate"), (4.0, b"\nlater")):
        printed.add(at, data)

    assert printed.by_the_clock() == (
        Line(1.0, "early"),
        Line(1.0, "begun early"),
        Line(3.0, "\\x1blate"),
        Line(4.0, "later"),
    )
    assert printed.by_the_clock(3.0, 3.0) == (Line(3.0, " early"), Line(3.0, "\\x1blate"))
    assert printed.by_the_clock(5.0) == ()


def test_by_the_clock_only_the_last_lines_and_bytes_are_kept() -> None:
    many, long = Printed(), Printed()
    many.add(1.0, b"\n" * SHOWN_LINES + b"last\n")
    long.add(1.0, b"x" * SHOWN_BYTES)
    long.add(2.0, b"y" * SHOWN_BYTES + b"\nlast")

    assert len(many.by_the_clock()) == SHOWN_LINES
    assert many.by_the_clock()[-1] == Line(1.0, "last")
    assert [(line.at, len(line.text)) for line in long.by_the_clock()] == [(2.0, SHOWN_BYTES - 5), (2.0, 4)]


@pytest.mark.parametrize(
    ("wrong", "problem"),
    [
        ("server --port 80", "does not say where the port goes"),
        ("server '{port}", "is no command"),
    ],
)
def test_a_command_that_cannot_be_meant_is_refused_at_once(wrong: str, problem: str) -> None:
    with pytest.raises(UsageError, match=problem):
        SpawnedServer(wrong)


def test_a_command_that_does_not_exist_is_named() -> None:
    async def scenario() -> None:
        async with SpawnedServer("no-such-command-anywhere {port}"):
            raise AssertionError("it cannot be run")

    with pytest.raises(UsageError, match=r"'no-such-command-anywhere' cannot be run \(No such file or directory\)"):
        asyncio.run(scenario())


def test_how_a_process_ended_is_said_in_words() -> None:
    assert exit_words(None) == "still runs"
    assert exit_words(1) == "ended with status 1"
    assert exit_words(-11) == "was ended by signal 11 (Segmentation fault)"
