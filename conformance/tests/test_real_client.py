"""The examiner as a server, with a client that others wrote. What it may find is in that target's description."""

from __future__ import annotations

import asyncio
import contextlib
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from pathlib import Path

import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake
from ws_conformance.cases import CASES
from ws_conformance.clients.meeting import AGAIN
from ws_conformance.examiner import replay
from ws_conformance.judging import case_verdict, checks
from ws_conformance.model import Case, Need, Result, Setting
from ws_conformance.peer import Role
from ws_conformance.sockets import examine_client
from ws_conformance.testing import is_reviewed, running
from ws_reports.record import Verdict

pytestmark = pytest.mark.exhaustive

PEERS = Path(__file__).with_name("peers")
UNDECIDED = {"deflate/sent/client-keeps-to-8-bits", "deflate/sent/client-keeps-to-8-bits-across-messages"}
"""zlib has no window of 8 bits for raw data, so a client that goes by it cannot open these."""
JOBS = 24
SECONDS = 60.0
"""How long a case may take: the machine may be busy."""
ABLE = Setting(can=frozenset({Need.PONG, Need.REPLY, Need.ECHO, Need.DEFLATE}), scale=2.0)
"""What these clients do: each connects once, to a URL that the case does not choose, without TLS."""
FOR_CLIENTS = {
    case.id: case for case in CASES if Role.CLIENT in case.roles and AGAIN not in case.tags and case.needs <= ABLE.can
}


async def websockets_echo(url: str) -> None:
    with contextlib.suppress(ConnectionClosed, InvalidHandshake, EOFError, OSError):
        async with connect(url, max_size=16 << 20, ping_interval=None, close_timeout=0.5) as connection:
            async for message in connection:
                await connection.send(message)


CLIENTS: dict[str, Callable[[str], Awaitable[None]]] = {"websockets": websockets_echo}


async def play_all(echo: Callable[[str], Awaitable[None]], cases: Iterable[Case], jobs: int) -> list[Result]:
    free = asyncio.Semaphore(jobs)

    @contextlib.asynccontextmanager
    async def started(url: str) -> AsyncIterator[None]:
        task = asyncio.ensure_future(echo(url))
        yield
        task.cancel()
        with contextlib.suppress(Exception, asyncio.CancelledError):  # what a client raises is its own affair
            await task

    async def play(case: Case) -> Result:
        async with free:
            return await examine_client(case, ABLE, started, seconds=SECONDS)

    return await asyncio.gather(*map(play, cases))


@pytest.mark.parametrize("name", CLIENTS)
def test_nothing_fails_that_nobody_reviewed_and_each_case_replays_to_its_finding(name: str) -> None:
    """What stays undecided, as on a busy machine, is played once more, one case after another."""
    results = asyncio.run(play_all(CLIENTS[name], FOR_CLIENTS.values(), JOBS))
    undecided = [result.case for result in results if case_verdict(checks(result)) is Verdict.INCONCLUSIVE]
    again = asyncio.run(play_all(CLIENTS[name], undecided, 1))
    results = [*(result for result in results if result.case not in undecided), *again]

    unreviewed = [
        f"{result.case.id}: {check.requirement}: {check.message}"
        for result in results
        for check in checks(result)
        if check.verdict is Verdict.FAIL and not is_reviewed(name, "client", result.case.id)
    ]
    assert unreviewed == []
    assert {r.case.id for r in results if case_verdict(checks(r)) is Verdict.INCONCLUSIVE} <= UNDECIDED
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
    @contextlib.asynccontextmanager
    async def started(url: str) -> AsyncIterator[None]:
        with running([sys.executable, str(PEERS / "websockets_client.py"), url]):
            yield

    result = asyncio.run(examine_client(FOR_CLIENTS[case], ABLE, started))

    assert case_verdict(checks(result)) is Verdict.PASS, result.finding
