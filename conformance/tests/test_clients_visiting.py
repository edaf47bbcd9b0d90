"""A client that comes by itself: a connection that nobody waits for at that moment, and a program that comes once."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import sys
from pathlib import Path

import pytest
from ws_conformance.cases import CASES
from ws_conformance.clients.visiting import accepted, visited
from ws_conformance.judging import case_verdict, checks
from ws_conformance.model import Setting
from ws_conformance.sockets import UnreachableError
from ws_reports.record import Verdict

BOUND_SECONDS = 30.0
ONCE = (sys.executable, str(Path(__file__).with_name("peers") / "websockets_client.py"), "{url}")
PINGS = [case for case in CASES if case.id in ("control/ping/empty", "control/ping/125-bytes")]


def test_a_connection_that_comes_as_the_wait_for_it_is_cancelled_is_there_for_the_next_wait() -> None:
    async def come_between() -> None:
        with socket.create_server(("127.0.0.1", 0)) as listener:
            listener.setblocking(False)
            waiting = asyncio.create_task(accepted(listener))
            await asyncio.sleep(0)
            with socket.create_connection(listener.getsockname(), BOUND_SECONDS) as client:
                asyncio.get_running_loop().call_soon(waiting.cancel)
                with contextlib.suppress(asyncio.CancelledError):
                    await waiting

                async with asyncio.timeout(BOUND_SECONDS):
                    connection = await accepted(listener)

                with connection:
                    assert connection.getpeername() == client.getsockname()

    asyncio.run(come_between())


def test_a_program_that_came_and_ended_is_started_again_for_the_next_case() -> None:
    async def story() -> list[Verdict]:
        async with visited(ONCE, restarts=True) as (visitor, _):
            met = [await visitor.meet(case, Setting(scale=5.0)) for case in PINGS]
        return [case_verdict(checks(encounter.result)) for encounter in met]

    assert asyncio.run(story()) == [Verdict.PASS, Verdict.PASS]


def test_a_program_may_take_longer_to_come_at_first_than_it_may_stay_away_later() -> None:
    async def story() -> Verdict:
        async with visited(ONCE, idle_seconds=0.0, start_seconds=BOUND_SECONDS) as (visitor, _):
            return case_verdict(checks((await visitor.meet(PINGS[0], Setting(scale=5.0))).result))

    assert asyncio.run(story()) is Verdict.PASS


def test_a_program_that_ends_and_never_came_is_gone() -> None:
    async def story() -> None:
        async with visited((sys.executable, "-c", "raise SystemExit(3)")) as (visitor, _):
            await visitor.meet(PINGS[0], Setting())

    with pytest.raises(UnreachableError, match="the client ended with status 3"):
        asyncio.run(story())
