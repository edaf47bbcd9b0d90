"""The examiner as a server, with the client of websockets on the other end."""

from __future__ import annotations

import asyncio
import contextlib
import sys
import tomllib
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake
from ws_conformance.cases import CASES
from ws_conformance.examiner import replay
from ws_conformance.judging import case_verdict, checks
from ws_conformance.model import Case, Result, Setting
from ws_conformance.peer import Role
from ws_conformance.sockets import examine_client
from ws_conformance.testing import running
from ws_reports.record import Verdict

pytestmark = pytest.mark.exhaustive

CLIENT = Path(__file__).with_name("peers") / "websockets_client.py"
REVIEWED = {
    (review["case"], review["requirement"])
    for review in tomllib.loads((CLIENT.with_name("reviewed.toml")).read_text())["stands"]
    if review["target"] == "websockets client"
}
JOBS = 24
SCALE = 2.0
FOR_CLIENTS = {case.id: case for case in CASES if Role.CLIENT in case.roles}


@contextlib.asynccontextmanager
async def client_process(url: str) -> AsyncIterator[None]:
    with running([sys.executable, str(CLIENT), url]):
        yield


@contextlib.asynccontextmanager
async def client_task(url: str) -> AsyncIterator[None]:
    async def echo() -> None:
        with contextlib.suppress(ConnectionClosed, InvalidHandshake, EOFError, OSError):
            async with connect(url, max_size=16 << 20, ping_interval=None, close_timeout=0.5) as connection:
                async for message in connection:
                    await connection.send(message)

    task = asyncio.create_task(echo())
    yield
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task


async def play_all() -> list[Result]:
    free = asyncio.Semaphore(JOBS)

    async def play(case: Case) -> Result:
        async with free:
            return await examine_client(case, Setting(scale=SCALE), client_task)

    return await asyncio.gather(*map(play, FOR_CLIENTS.values()))


def test_nothing_fails_that_nobody_reviewed_and_each_case_replays_to_its_finding() -> None:
    results = asyncio.run(play_all())

    unreviewed = [
        f"{result.case.id}: {check.requirement}: {check.message}"
        for result in results
        for check in checks(result)
        if check.verdict is Verdict.FAIL and (result.case.id, check.requirement) not in REVIEWED
    ]
    assert unreviewed == []
    assert [r.case.id for r in results if case_verdict(checks(r)) is Verdict.INCONCLUSIVE] == []
    assert [r.case.id for r in results if not r.lost and replay(r) != r.finding] == []


@pytest.mark.parametrize(
    "case",
    [
        "framing/mask/masked-text-to-client",
        "control/ping/125-bytes",
        "closing/handshake/code-and-reason",
        "utf8/truncated/e2-82",
    ],
)
def test_the_client_passes_in_a_process_of_its_own(case: str) -> None:
    result = asyncio.run(examine_client(FOR_CLIENTS[case], Setting(scale=SCALE), client_process))

    assert case_verdict(checks(result)) is Verdict.PASS, result.finding
