"""The live chart of the examples, in a browser: it draws a feed's book, also behind a gap and on a new connection."""

from __future__ import annotations

import asyncio
import json
import os
import re
from pathlib import Path
from typing import Any

import pytest
from websockets.asyncio.client import ClientConnection, connect
from ws_conformance.clients.page import FLAGS, find_browser
from ws_conformance.streams.feeding.faults import parse_fault
from ws_conformance.streams.serving import Feed, serving
from ws_conformance.usage import UsageError

pytestmark = pytest.mark.exhaustive

CHART = Path(__file__).parents[2] / "examples" / "streams" / "chart.html"
BOUND_SECONDS = 60
"""How long the browser may take for all."""

DRAWN = """new Promise((done) => {
    const look = () => {
        const told = ["top", "state"].map((id) => document.getElementById(id)?.textContent ?? "");
        if (!(parseInt(told[0].split(", ")[2]) >= 300)) return setTimeout(look, 50);
        const dots = document.getElementById("chart").getContext("2d").getImageData(0, 0, 1200, 300).data;
        done([...told, dots.filter((part, i) => i % 4 === 3 && part > 0).length]);
    };
    look();
})"""


def test_the_chart_of_the_examples_is_drawn_whatever_goes_wrong(tmp_path: Path) -> None:
    browser = chromium()
    faults = [parse_fault(fault, "exchange") for fault in ("gap@100ms", "drop@300ms")]

    async def story() -> tuple[object, int]:
        async with asyncio.timeout(BOUND_SECONDS), serving(Feed(name="exchange", rate=1_000, faults=faults)) as served:
            shown = await opened(browser, f"{CHART.as_uri()}?url=ws://127.0.0.1:{served.port}/", tmp_path, DRAWN)
            return shown, served.tally.connections

    shown, connections = asyncio.run(story())

    assert isinstance(shown, list)
    top, state, dots = shown
    assert re.fullmatch(r"bid \d+\.\d\d, ask \d+\.\d\d, \d+ changes", top)
    assert state == "connected"
    assert dots > 500
    assert connections == 2


def chromium() -> str:
    """Return where it is; without it there is nothing to try, which CI takes for a failure."""
    try:
        return find_browser("chromium")
    except UsageError as error:
        if os.environ.get("WSSPEC_REQUIRE_PEERS") == "1":
            pytest.fail(error.problem)
        pytest.skip(error.problem)


async def opened(browser: str, page: str, folder: Path, expression: str) -> object:
    """Return what ``expression`` comes to on ``page``, in a ``browser`` of its own."""
    flags = (*FLAGS, "--disable-dev-shm-usage", "--remote-debugging-port=0", f"--user-data-dir={folder}")
    process = await asyncio.create_subprocess_exec(browser, *flags, stderr=asyncio.subprocess.PIPE)
    assert process.stderr is not None
    try:
        found = None
        while found is None:
            found = re.search(r"DevTools listening on (\S+)", (await process.stderr.readline()).decode())
        async with connect(found[1], max_size=None, proxy=None) as wire:
            target = await called(wire, "Target.createTarget", url="about:blank")
            attached = await called(wire, "Target.attachToTarget", targetId=target["targetId"], flatten=True)
            session = attached["sessionId"]
            await called(wire, "Page.navigate", session, url=page)
            how = {"awaitPromise": True, "returnByValue": True}
            answer = await called(wire, "Runtime.evaluate", session, expression=expression, **how)
            return answer["result"]["value"]
    finally:
        process.terminate()
        await process.wait()


async def called(
    wire: ClientConnection, method: str, session: str | None = None, **parameters: object
) -> dict[str, Any]:
    """Return the answer to ``method`` of the debugging protocol."""
    message = {"id": 1, "method": method, "params": parameters}
    await wire.send(json.dumps(message if session is None else message | {"sessionId": session}))
    while (told := json.loads(await wire.recv())).get("id") != 1:
        pass
    assert "error" not in told, told
    return dict(told["result"])
