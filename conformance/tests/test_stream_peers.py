"""Libraries of others at both ends: endpoints that push are judged, and feeds are read."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from collections.abc import Callable
from pathlib import Path

import aiohttp
import pytest
from websockets.asyncio.client import connect
from ws_conformance.cases import ALL_CASES
from ws_conformance.run import Options
from ws_conformance.streams.living import Living, run_lives
from ws_conformance.streams.profile import find_profile
from ws_conformance.streams.scenarios import SCENARIOS
from ws_conformance.streams.serving import Feed, serving
from ws_conformance.streams.watch import Watching, playable, run_stream
from ws_conformance.testing import installed_from_npm
from ws_conformance.testing import serving as started
from ws_conformance.urls import Connecting, parse_target
from ws_reports.record import CaseResult, Run, Verdict

pytestmark = pytest.mark.exhaustive

PEERS = Path(__file__).with_name("peers")
EXAMPLES = Path(__file__).parents[2] / "examples" / "streams"
PROFILE = find_profile(str(PEERS / "push.toml"))
MESSAGES = 100


def ws_folder() -> str:
    """Return the folder that npm's ws is installed in."""
    folder = installed_from_npm("ws", "8.23.0")
    if folder is None:
        missing = "node and npm are not there, so npm's ws is not tried"
        if os.environ.get("WSSPEC_REQUIRE_PEERS") == "1":
            pytest.fail(missing)
        pytest.skip(missing)
    return str(folder)


SERVERS: dict[str, Callable[[int], list[str]]] = {
    "aiohttp": lambda port: [sys.executable, str(PEERS / "aiohttp_push.py"), str(port)],
    "ws": lambda port: ["node", str(PEERS / "ws_push.cjs"), str(port), ws_folder()],
}


@pytest.mark.parametrize("name", SERVERS)
def test_an_endpoint_that_others_wrote_is_judged_while_it_pushes(name: str) -> None:
    if name == "ws":
        ws_folder()
    cases = [case for case in playable(ALL_CASES) if case.id.startswith("control/ping/")]
    watching = Watching(profile=PROFILE, seconds=1.0, values={}, cases=cases)

    with started(SERVERS[name]) as server:
        target = parse_target(f"ws://127.0.0.1:{server.port}/", Connecting())
        run = asyncio.run(run_stream(target, watching, Options(seed=1, scale=2.0)))

    assert [case.id for case in run.cases if case.verdict in (Verdict.FAIL, Verdict.ERROR)] == []
    assert result(run, "stream/sequence-has-no-gap").verdict is Verdict.PASS
    assert result(run, "stream/unsubscription-is-kept").verdict is Verdict.PASS
    assert run.stream is not None
    assert run.stream.messages > 20
    assert run.stream.inflated_bytes or name == "aiohttp"


def result(run: Run, name: str) -> CaseResult:
    return next(case for case in run.cases if case.id == name)


async def read_by_websockets(url: str) -> int:
    async with connect(url) as connection:
        for channel in ("book", "trades"):
            await connection.send(json.dumps({"op": "subscribe", "channel": channel, "id": channel}))
        return len([json.loads(await connection.recv()) for _ in range(MESSAGES)])


async def read_by_aiohttp(url: str) -> int:
    async with aiohttp.ClientSession() as session, session.ws_connect(url, compress=15) as connection:
        for channel in ("book", "trades"):
            await connection.send_json({"op": "subscribe", "channel": channel, "id": channel})
        return len([await connection.receive_json() for _ in range(MESSAGES)])


async def read_by_ws(url: str) -> int:
    script = str(PEERS / "ws_subscriber.cjs")
    process = await asyncio.create_subprocess_exec(
        "node", script, url, str(MESSAGES), ws_folder(), stdout=asyncio.subprocess.PIPE
    )
    output, _ = await process.communicate()
    count, code, extensions = output.decode().split(maxsplit=2)
    assert (code, extensions.split(";")[0].strip()) == ("1000", "permessage-deflate")
    return int(count)


@pytest.mark.parametrize("read", [read_by_websockets, read_by_aiohttp, read_by_ws])
def test_a_feed_is_read_by_libraries_of_others(read: Callable[[str], asyncio.Future[int]]) -> None:
    async def both() -> int:
        async with serving(Feed(name="exchange", rate=500, seed=1)) as served:
            return await asyncio.wait_for(read(f"ws://127.0.0.1:{served.port}/"), 60)

    assert asyncio.run(both()) >= MESSAGES


async def lived(bot: str, *names: str) -> dict[str, CaseResult]:
    words = [sys.executable, str(EXAMPLES / bot), "{url}"]
    scenarios = [scenario for scenario in SCENARIOS["exchange"] if scenario.name in names]
    living = Living(words=words, feed="exchange", scenarios=scenarios)
    run = await run_lives(living, Options(seed=1, scale=2.0))
    return {case.id.removeprefix("stream-client/"): case for case in run.cases}


def test_a_careful_bot_outlives_what_a_naive_one_does_not() -> None:
    names = ("crossed-book", "close-1012", "gap")

    async def both() -> tuple[dict[str, CaseResult], dict[str, CaseResult]]:
        return await asyncio.gather(lived("careful_bot.py", *names), lived("naive_bot.py", *names))

    careful, naive = asyncio.run(both())

    assert {name: careful[name].verdict for name in names} == dict.fromkeys(names, Verdict.PASS)
    assert {name: naive[name].verdict for name in names} == dict.fromkeys(names, Verdict.FAIL)
    assert "beliefs were not true" in naive["crossed-book"].observed
