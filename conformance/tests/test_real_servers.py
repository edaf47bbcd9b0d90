"""The suite against servers that others wrote. What it may find there is in their descriptions, and nothing else."""

from __future__ import annotations

import asyncio
import json
import os
import ssl
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import jsonschema
import pytest
import trustme
from ws_conformance.cases import CASES
from ws_conformance.examiner import replay
from ws_conformance.in_passing import counted_as_before
from ws_conformance.model import Case, Result, Setting
from ws_conformance.peer import Role
from ws_conformance.probing import probe
from ws_conformance.recording import record_result
from ws_conformance.run import Options, run_servers
from ws_conformance.sockets import examine_server
from ws_conformance.testing import Server, installed_from_npm, is_reviewed, serving
from ws_conformance.urls import Connecting, Target, parse_target
from ws_reports.record import CaseResult, Run, Verdict, encode, schema

pytestmark = pytest.mark.exhaustive

PEERS = Path(__file__).with_name("peers")
JOBS = 16
SETTLED = frozenset({Verdict.PASS, Verdict.LENIENT, Verdict.INFO, Verdict.UNSUPPORTED})
FOR_SERVERS = tuple(case for case in CASES if Role.SERVER in case.roles)
OVER_TLS = tuple(
    case for case in FOR_SERVERS if case.area in ("closing", "control", "framing") and "half-close" not in case.tags
)
"""Where TLS makes a difference: frames, records and ends. TLS cannot be ended in one direction only."""

SOME = 15
"""Of how many cases one is held against the schema, which takes long."""


ANOTHER = 3
"""Of how many cases that passed one is played in another run."""


@dataclass(frozen=True, slots=True)
class Judged:
    """One of the servers below, under way, and the record of a run against it. ``name`` is that of its reviews."""

    name: str
    target: Target
    cases: tuple[Case, ...]
    run: Run


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("peers")


def python(adapter: str) -> Callable[[int], list[str]]:
    return lambda port: [sys.executable, str(PEERS / adapter), str(port)]


def npm_ws(folder: Path) -> Iterator[Server]:
    modules = installed_ws()
    with serving(lambda port: ["node", str(PEERS / "ws_server.cjs"), str(port), str(modules)]) as server:
        yield server


def installed_ws() -> Path:
    """Return the folder that npm's ws is installed in."""
    folder = installed_from_npm("ws", "8.23.0")
    if folder is None:
        missing = "node and npm are not there, so npm's ws is not tried"
        if os.environ.get("WSSPEC_REQUIRE_PEERS") == "1":
            pytest.fail(missing)
        pytest.skip(missing)
    return folder


def over_tls(folder: Path) -> Iterator[Server]:
    authority = trustme.CA()
    certificate = authority.issue_cert("localhost")
    authority.cert_pem.write_to_path(folder / "authority.pem")
    certificate.private_key_and_cert_chain_pem.write_to_path(folder / "server.pem")
    tls = ssl.create_default_context(cafile=str(folder / "authority.pem"))
    command = python("websockets_server.py")
    with serving(lambda port: [*command(port), str(folder / "server.pem")], tls=tls) as server:
        yield server


def plain(adapter: str) -> Callable[[Path], Iterator[Server]]:
    def start(folder: Path) -> Iterator[Server]:
        with serving(python(adapter)) as server:
            yield server

    return start


SERVERS: dict[str, Callable[[Path], Iterator[Server]]] = {
    "websockets": plain("websockets_server.py"),
    "aiohttp": plain("aiohttp_server.py"),
    "tornado": plain("tornado_server.py"),
    "hypercorn": plain("asgi_echo.py"),
    "ws": npm_ws,
    "websockets over TLS": over_tls,
}


@pytest.fixture(scope="module", params=SERVERS)
def judged(request: pytest.FixtureRequest, folder: Path) -> Iterator[Judged]:
    name: str = request.param
    for server in SERVERS[name](folder):
        connecting = Connecting(ca=folder / "authority.pem" if server.scheme == "wss" else None)
        target = parse_target(server.url, connecting)
        cases = FOR_SERVERS if server.scheme == "ws" else OVER_TLS
        run = asyncio.run(run_servers([target], cases, Options(jobs=JOBS, seed=1, scale=3.0)))
        yield Judged(name.partition(" ")[0], target, cases, run)


async def play_all(target: Target, cases: tuple[Case, ...]) -> list[Result]:
    """Play ``cases`` once more, JOBS at a time, without any repetition; return what came of each."""
    site = await probe(target, Setting(seed="another run", scale=3.0))
    free = asyncio.Semaphore(JOBS)

    async def play(case: Case) -> Result:
        async with free:
            return await examine_server(case, site.address, site.setting)

    return await asyncio.gather(*map(play, cases))


def test_every_case_is_decided(judged: Judged) -> None:
    undecided = {
        case.id: case.reason
        for case in judged.run.cases
        if case.verdict in (Verdict.ERROR, Verdict.INCONCLUSIVE)
        or (case.verdict is Verdict.UNSUPPORTED and not case.id.startswith("deflate/"))
    }

    probed = judged.run.targets[0].probed
    assert {what for what, did in probed.items() if did} - {"deflate"} == {"open", "pong", "reply", "echo"}
    assert judged.run.run.complete
    assert [case.id for case in judged.run.cases] == [case.id for case in judged.cases]
    assert undecided == {}


def test_the_record_is_as_the_schema_says(judged: Judged) -> None:
    record = json.loads(encode(judged.run))

    jsonschema.Draft202012Validator(schema()).validate({**record, "cases": record["cases"][::SOME]})


def test_nothing_fails_that_nobody_reviewed(judged: Judged) -> None:
    unreviewed = [
        f"{case.id}: {check.requirement}: {check.message}"
        for case in judged.run.cases
        for check in case.checks
        if check.verdict is Verdict.FAIL and not is_reviewed(judged.name, "server", case.id)
    ]

    assert unreviewed == []


@pytest.mark.parametrize("judged", ["websockets", "ws"], indirect=True)
def test_another_run_fails_the_same_and_replays_to_its_findings(judged: Judged) -> None:
    """Whether a reset overtakes an answer, and the like, is up to chance: what passes may be lenient next time.

    What comes out otherwise is played once more, as a run does, since real servers on a busy machine may be slow.
    """
    before = {case.id: case for case in judged.run.cases}
    passed = [case for case in judged.cases if before[case.id].verdict is Verdict.PASS]
    neither = (Verdict.PASS, Verdict.UNSUPPORTED)
    not_passed = [case for case in judged.cases if before[case.id].verdict not in neither]
    played = (*passed[::ANOTHER], *not_passed)
    results = asyncio.run(play_all(judged.target, played))

    def others(results: list[Result]) -> dict[str, tuple[Verdict, Verdict, str]]:
        now = {
            result.case.id: (verdict_after(before[result.case.id], result), result.finding.reason) for result in results
        }
        return {
            case: (before[case].verdict, verdict, reason)
            for case, (verdict, reason) in now.items()
            if (verdict in SETTLED) is not (before[case].verdict in SETTLED)
        }

    different = others(results)
    again = tuple(case for case in played if case.id in different)
    assert others(asyncio.run(play_all(judged.target, again))) == {}
    assert [r.case.id for r in results if not r.lost and replay(r) != r.finding] == []


def verdict_after(before: CaseResult, result: Result) -> Verdict:
    """Return the verdict over ``result``, where what counted elsewhere in the run of ``before`` is a note again."""
    again = record_result(result, n=before.n, target=before.target, seconds=0.0, run_id="AGAIN")
    return counted_as_before(before, again).verdict
