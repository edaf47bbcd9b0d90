"""Targets that do not echo: servers that push, and servers that take only what they know."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from pathlib import Path

import pytest
from ws_conformance.cases import CASES
from ws_conformance.memory import rehearse
from ws_conformance.model import SERVERS, Case, Need, Outcome, Setting
from ws_conformance.mutants.liars import NeverSpeaks, OpensAnd
from ws_conformance.peer import Chunk, Peer, Role
from ws_conformance.probing import Behaviour, Site, probe
from ws_conformance.reach import ANSWERS_PINGS, out_of_reach
from ws_conformance.run import Options, run_servers
from ws_conformance.selection import Selection, select
from ws_conformance.sockets import listening
from ws_conformance.testing import serving
from ws_conformance.urls import Connecting, parse_target
from ws_conformance.vocabulary import opened
from ws_reports.record import CaseResult, Run, Verdict

pytestmark = pytest.mark.exhaustive

PEERS = Path(__file__).parent / "peers"
BEHIND_THE_HANDSHAKE = select(CASES, Selection(exclude=("handshake",)), Role.SERVER)
EXCHANGE = (b'{"op": "ping"}', b"pong")
BOUND_SECONDS = 180.0

PATIENT = Options(scale=3.0, jobs=8)
"""For all cases against real servers, on a machine that may be busy."""


def judged(program: str, *arguments: str, options: Options, cases: Sequence[Case]) -> Run:
    """Return the record of a run against one of the programs in ``peers``."""
    return judged_at_once([(program, *arguments)], options=options, cases=cases)[0]


def judged_at_once(programs: Sequence[Sequence[str]], *, options: Options, cases: Sequence[Case]) -> list[Run]:
    """Return the records of runs against ``programs`` in ``peers``, with their arguments; they wait together."""

    def command(program: str, *arguments: str) -> Callable[[int], Sequence[str]]:
        return lambda port: [sys.executable, str(PEERS / program), str(port), *arguments]

    async def story(urls: Sequence[str]) -> list[Run]:
        targets = [parse_target(url, Connecting()) for url in urls]
        async with asyncio.timeout(BOUND_SECONDS):
            return await asyncio.gather(*(run_servers([target], cases, options) for target in targets))

    with ExitStack() as stack:
        servers = [stack.enter_context(serving(command(*words))) for words in programs]
        return asyncio.run(story([server.url for server in servers]))


def not_well(run: Run) -> list[tuple[str, str, str]]:
    bad = (Verdict.FAIL, Verdict.INCONCLUSIVE, Verdict.ERROR)
    return [(case.id, case.observed, case.reason or "") for case in run.cases if case.verdict in bad]


def with_verdict(run: Run, verdict: Verdict) -> list[CaseResult]:
    return [case for case in run.cases if case.verdict is verdict]


# --- real servers that do not echo ------------------------------------------------------------------------------------


TICKER = "ticker.py"
CLOSING = ("1003", "1008", "4400")


@pytest.fixture(scope="module")
def runs() -> dict[str, Run]:
    """All cases behind the handshake, against a server that pushes and those that close with one of CLOSING."""
    programs = [(TICKER,), *(("json_only.py", code) for code in CLOSING)]
    records = judged_at_once(programs, options=PATIENT, cases=BEHIND_THE_HANDSHAKE)
    return dict(zip((TICKER, *CLOSING), records, strict=True))


def test_a_server_that_pushes_without_being_asked_fails_nothing(runs: dict[str, Run]) -> None:
    run = runs[TICKER]

    assert run.targets[0].probed == {
        "open": True,
        "pong": True,
        "reply": False,
        "echo": False,
        "pushes": True,
        "deflate": True,
    }
    assert not_well(run) == []
    assert len(with_verdict(run, Verdict.PASS)) > len(BEHIND_THE_HANDSHAKE) / 3


@pytest.mark.parametrize("code", CLOSING)
def test_a_server_that_closes_on_unknown_messages_fails_nothing(code: str, runs: dict[str, Run]) -> None:
    run = runs[code]

    assert run.targets[0].probed == {
        "open": True,
        "pong": True,
        "reply": False,
        "echo": False,
        "pushes": False,
        "deflate": True,
    }
    assert not_well(run) == []
    assert with_verdict(run, Verdict.PASS)


def test_an_exchange_that_the_user_names_shows_that_a_target_replies() -> None:
    chosen = select(CASES, Selection(words=("framing/mask",)), Role.SERVER)

    run = judged("json_only.py", "1008", options=Options(behaviour=Behaviour.REPLY, exchange=EXCHANGE), cases=chosen)

    assert run.targets[0].probed == {
        "open": True,
        "pong": True,
        "reply": True,
        "echo": None,
        "pushes": False,
        "deflate": True,
    }
    assert not_well(run) == []


def test_a_reply_that_does_not_come_shows_that_it_does_not_reply() -> None:
    run = judged(
        "json_only.py",
        "1008",
        options=Options(behaviour=Behaviour.REPLY, exchange=(b'{"op": "ping"}', b"ping?"), scale=1.0),
        cases=select(CASES, Selection(words=("framing/mask/unmasked-text",)), Role.SERVER),
    )

    assert run.targets[0].probed["reply"] is False


# --- what is concluded ------------------------------------------------------------------------------------------------


def site_of(
    behaviour: Behaviour,
    exchange: tuple[bytes, bytes] | None = None,
    *,
    afterwards: Callable[[], Peer] = NeverSpeaks,
) -> Site:
    """Return the site of a server that opens connections, and ``afterwards`` never speaks unless it is told."""

    async def story() -> Site:
        async with listening(lambda: OpensAnd(Role.SERVER, afterwards)) as port:
            target = parse_target(f"ws://127.0.0.1:{port}/", Connecting())
            return await probe(target, Setting(scale=0.1), behaviour, exchange=exchange)

    return asyncio.run(story())


def setting_of(behaviour: Behaviour, exchange: tuple[bytes, bytes] | None = None) -> Setting:
    return site_of(behaviour, exchange).setting


def test_who_answers_nothing_that_is_tried_was_mute_and_who_replies_was_not() -> None:
    assert site_of(Behaviour.AUTO).was_mute
    assert not site_of(Behaviour.AUTO, afterwards=Replies).was_mute
    assert not site_of(Behaviour.HANDSHAKE).was_mute


@pytest.mark.parametrize("behaviour", Behaviour)
def test_whoever_is_not_known_to_echo_may_speak_at_any_time(behaviour: Behaviour) -> None:
    setting = setting_of(behaviour)

    assert setting.pushes is (behaviour is not Behaviour.ECHO)
    assert setting.can == (frozenset({Need.REPLY, Need.ECHO}) if behaviour is Behaviour.ECHO else frozenset())


def test_an_exchange_that_failed_is_not_relied_on() -> None:
    assert setting_of(Behaviour.REPLY, EXCHANGE).exchange is None


class Replies(NeverSpeaks):
    """Says its one message in reply to whatever comes."""

    def __init__(self) -> None:
        self._asked = False

    def receive(self, chunk: Chunk, now: float) -> None:
        self._asked = True

    def transmit(self, now: float) -> list[Chunk]:
        said: list[Chunk] = [b"\x81\x0e" + b'{"op": "pong"}'] if self._asked else []
        self._asked = False
        return said


def test_where_neither_pong_nor_echo_is_there_the_exchange_shows_that_a_connection_works() -> None:
    case = Case(
        id="behaviour/works",
        roles=SERVERS,
        verifies=("6455/4.2.2/valid-request-is-accepted",),
        steps=opened(),
        because="§4.2.2: made up for this test.",
    )
    setting = Setting(can=frozenset({Need.REPLY}), pushes=True, exchange=EXCHANGE)

    def outcome(afterwards: Callable[[], Peer]) -> Outcome:
        return rehearse(case, OpensAnd(Role.SERVER, afterwards), Role.SERVER, setting=setting).finding.outcome

    assert outcome(Replies) is Outcome.PLAYED
    assert outcome(NeverSpeaks) is Outcome.UNDECIDED


def test_the_summary_counts_what_is_out_of_reach_by_the_behaviour_that_would_reach_it() -> None:
    chosen = select(CASES, Selection(areas=("framing", "control", "utf8")), Role.SERVER)

    async def story(behaviour: Behaviour) -> Run:
        async with listening(lambda: OpensAnd(Role.SERVER, NeverSpeaks)) as port:
            target = parse_target(f"ws://127.0.0.1:{port}/", Connecting())
            return await run_servers([target], chosen, Options(scale=0.05, behaviour=behaviour))

    nothing = out_of_reach(asyncio.run(story(Behaviour.HANDSHAKE)))

    assert nothing["opaque"] > 0
    assert nothing["echo"] > 0
    assert set(nothing) <= {"opaque", ANSWERS_PINGS, "reply", "echo"}
