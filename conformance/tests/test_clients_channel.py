"""Libraries behind adapters: the protocol, and what is judged of what their applications are told."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest
from ws_conformance.catalogue import load_catalogue
from ws_conformance.clients.api import API_CASES, ApiCase, NotToldOpen, ToldClosed, ToldMessages, ToldOpen
from ws_conformance.clients.application import (
    NONSENSE,
    ChannelError,
    Closed,
    CloseIt,
    Connect,
    Done,
    Event,
    Failed,
    GotMessage,
    Open,
    SendMessage,
    SendPing,
    Unsupported,
    command_line,
    read_event,
)
from ws_conformance.clients.channel import Channel, judged
from ws_conformance.clients.judging import run_client
from ws_conformance.judging import case_verdict, checks
from ws_conformance.memory import rehearse
from ws_conformance.model import Case, Outcome, Setting
from ws_conformance.mutants import reference_peer
from ws_conformance.peer import Role
from ws_conformance.playing import UnsupportedError
from ws_conformance.run import Options
from ws_conformance.testing import installed_from_npm
from ws_conformance.usage import UsageError
from ws_reports.record import Run, Verdict

pytestmark = pytest.mark.exhaustive

BOUND_SECONDS = 60.0
ADAPTERS = Path(__file__).parents[2] / "examples" / "adapters"
OURS = {api.case.id: api for api in API_CASES}


def script(words: str) -> ApiCase:
    return OURS[f"api/{words}"]


# --- the protocol -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("command", "fields"),
    [
        (Connect("ws://h/", ("chat",)), {"cmd": "connect", "url": "ws://h/", "subprotocols": ["chat"]}),
        (SendMessage("é"), {"cmd": "send", "type": "text", "data": "é"}),
        (SendMessage(b"\0\xff"), {"cmd": "send", "type": "binary", "data": "AP8="}),
        (SendPing(b"p"), {"cmd": "ping", "data": "cA=="}),
        (CloseIt(1000, "bye"), {"cmd": "close", "code": 1000, "reason": "bye"}),
        (CloseIt(), {"cmd": "close", "code": None, "reason": ""}),
        (NONSENSE, {"cmd": "fold-the-paper"}),
    ],
)
def test_a_command_is_one_line_of_json(command: SendMessage, fields: dict[str, object]) -> None:
    line = command_line(command)

    assert line.count(b"\n") == 1
    assert json.loads(line) == {"id": 1, **fields}


@pytest.mark.parametrize(
    ("line", "event"),
    [
        ('{"event": "open"}', Open("")),
        ('{"event": "open", "subprotocol": null, "extensions": ""}', Open("")),
        ('{"event": "open", "subprotocol": "chat"}', Open("chat")),
        ('{"event": "message", "data": "é"}', GotMessage("é")),
        ('{"event": "message", "type": "binary", "data": "AP8="}', GotMessage(b"\0\xff")),
        ('{"event": "closed"}', Closed(None, None, None)),
        ('{"event": "closed", "code": 1006, "reason": "", "clean": false}', Closed(1006, "", False)),
        ('{"event": "error", "text": "no"}', Failed("no")),
        ('{"event": "done"}', Done()),
        ('{"event": "unsupported"}', Unsupported()),
    ],
)
def test_an_event_is_read(line: str, event: Event) -> None:
    assert read_event(line.encode() + b"\n") == event


@pytest.mark.parametrize(
    "line",
    [
        "",
        "hello",
        "[]",
        "{}",
        '{"event": "opened"}',
        '{"event": "closed", "code": "1000"}',
        '{"event": "message", "type": "binary", "data": "no base64"}',
    ],
)
def test_what_is_no_event_is_an_error_that_shows_it(line: str) -> None:
    with pytest.raises(ChannelError, match="the adapter wrote '"):
        read_event(line.encode())


def test_words_about_events_hold_nothing_that_a_terminal_obeys() -> None:
    for event in (GotMessage("\x1b[2J"), Closed(1000, "\x1b[2J", True), Failed("\x1b[2J"), Open("\x1b[2J")):
        assert "\x1b" not in event.words()


# --- judging ------------------------------------------------------------------------------------------------------


def test_wants_hold_or_not_or_cannot_be_told() -> None:
    closed: list[Event] = [Open(""), Closed(1006, "", None)]

    assert ToldClosed(("r",), code=1006).holds(closed) is True
    assert ToldClosed(("r",), code=1005).holds(closed) is False
    assert ToldClosed(("r",), clean=True).holds(closed) is None
    assert ToldClosed(("r",), code=1006).holds([Open("")]) is None
    assert ToldMessages(("r",), ("a",)).holds([GotMessage("a")]) is True
    assert ToldMessages(("r",), ("a",)).holds([GotMessage("a"), GotMessage("a")]) is False
    assert ToldMessages(("r",), ("a",)).holds([GotMessage(b"a")]) is False
    assert ToldOpen(("r",), "x").holds([Open("x")]) is True
    assert ToldOpen(("r",), "x").holds([Open("")]) is False
    assert ToldOpen(("r",), "x").holds([Failed("no subprotocol")]) is None
    assert NotToldOpen(("r",)).holds([Failed("404")]) is True
    assert NotToldOpen(("r",)).holds([Open("")]) is False


def test_what_an_application_is_told_decides_the_verdict_where_the_wire_is_well() -> None:
    api = script("closed/without-a-code")
    result = rehearse(api.case, reference_peer(Role.CLIENT), Role.CLIENT)

    right = judged(api, result, [Open(""), Closed(1005, "", True)])
    wrong = judged(api, result, [Open(""), Closed(1000, "", True)])

    assert right == result
    assert case_verdict(checks(right)) is Verdict.PASS
    (check,) = checks(wrong)
    assert check.verdict is Verdict.FAIL
    assert check.requirement == "6455/7.1.5/absent-close-code-is-1005"
    assert check.message == (
        'the application was told: open, closed, code 1000, reason "", cleanly; wanted: closed, code 1005'
    )
    with pytest.raises(UnsupportedError, match="was not told what would show it: closed, code 1005"):
        judged(api, result, [Open(""), Closed(None, None, None)])
    with pytest.raises(UnsupportedError, match="does not support"):
        judged(api, result, [Open(""), Unsupported()])


@pytest.mark.parametrize("api", API_CASES, ids=lambda api: api.case.id)
def test_the_wire_of_each_case_goes_well_with_the_reference(api: ApiCase) -> None:
    result = rehearse(api.case, reference_peer(Role.CLIENT), Role.CLIENT, setting=Setting(pushes=True))

    # The reference's application does nothing but echo: it neither offers subprotocols nor closes.
    asks_more = api.subprotocols or any(isinstance(command, CloseIt) for command in api.commands)
    assert result.finding.outcome is Outcome.PLAYED or (asks_more and result.finding.outcome is Outcome.UNDECIDED)


def test_cases_have_ids_of_their_own_and_requirements_of_the_catalogue() -> None:
    assert len(OURS) == len(API_CASES)
    for api in API_CASES:
        assert api.case.id.startswith("api/")
        assert load_catalogue().keys() >= set(api.case.verifies)
        assert {requirement for want in api.wants for requirement in want.about} <= set(api.case.verifies)


# --- adapters -----------------------------------------------------------------------------------------------------


def through(words: Sequence[str], chosen: Sequence[Case]) -> Run:
    """Return the record of a run against the library behind the adapter that ``words`` start."""

    async def story() -> Run:
        async with asyncio.timeout(BOUND_SECONDS):
            channel = Channel(words)
            await channel.check()
            return await run_client(channel, "the adapter", chosen, Options())

    return asyncio.run(story())


def not_passed(run: Run) -> dict[str, Verdict]:
    return {case.id: case.verdict for case in run.cases if case.verdict is not Verdict.PASS}


ALL = tuple(api.case for api in API_CASES)
SENDS_ANYTHING = {
    f"api/ask/{words}": Verdict.FAIL
    for words in (
        *(f"close-with-{code}" for code in (0, 999, 1005, 1006, 1015, 5000, 65_535)),
        "close-with-a-reason-of-124-bytes",
        "close-with-a-reason-of-62-letters-in-124-bytes",
        "ping-of-126-bytes",
    )
}
TELLS_NOTHING_OF = {
    f"api/{words}": Verdict.UNSUPPORTED
    for words in (
        *(f"closed/{end}" for end in ("tcp-ends-without-a-close", "tcp-is-reset", "without-a-code")),
        "closed/cleanly",
        "closed/by-the-application",
        "open/without-a-subprotocol",
    )
}


def test_websockets_tells_its_application_what_it_should() -> None:
    run = through((sys.executable, str(ADAPTERS / "websockets_adapter.py")), ALL)

    assert not_passed(run) == {}
    by_id = {case.id: case for case in run.cases}
    assert by_id["api/closed/with-a-reason"].application[-1].startswith("read → closed, code 1001, reason")


def test_websocket_client_sends_whatever_its_application_asks_for() -> None:
    run = through((sys.executable, str(ADAPTERS / "websocket_client_adapter.py")), ALL)

    assert not_passed(run) == {**SENDS_ANYTHING, **TELLS_NOTHING_OF}


def test_ws_tells_its_application_what_it_should_except_whether_the_end_was_clean(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    folder = installed_from_npm("ws", "8.23.0")
    if folder is None:
        if os.environ.get("WSSPEC_REQUIRE_PEERS") == "1":
            pytest.fail("node and npm's ws are not there")
        pytest.skip("node and npm's ws are not there")
    monkeypatch.setenv("NODE_PATH", str(folder / "node_modules"))

    run = through(("node", str(ADAPTERS / "ws_adapter.cjs")), ALL)

    untold = ("api/closed/cleanly", "api/closed/by-the-application", "api/open/without-a-subprotocol")
    assert not_passed(run) == dict.fromkeys(untold, Verdict.UNSUPPORTED)


@pytest.mark.parametrize("path", sorted(ADAPTERS.iterdir()), ids=lambda path: path.name)
def test_an_adapter_is_short(path: Path) -> None:
    assert len(path.read_text().splitlines()) < 60


ANSWERS = "import sys\nfor line in sys.stdin: print({answer!r}, flush=True)"


@pytest.mark.parametrize(
    ("code", "problem"),
    [
        (ANSWERS.format(answer='{"event": "done"}'), "answered a command that does not exist with 'done'"),
        (ANSWERS.format(answer="what?"), "the adapter wrote 'what?'"),
        ("import sys; sys.stderr.write('no library\\n'); sys.exit(1)", "no library"),
    ],
)
def test_an_adapter_that_does_not_refuse_nonsense_is_not_believed(code: str, problem: str) -> None:
    with pytest.raises(UsageError) as caught:
        through((sys.executable, "-c", code), ALL[:1])

    assert problem in caught.value.problem


def test_an_adapter_that_dies_in_a_case_leaves_it_undecided() -> None:
    dying = (ADAPTERS / "websockets_adapter.py").read_text()
    dying = dying.replace("async def read(", "async def read_not(").replace(
        "if act is None", "if act is None and die()"
    )
    code = "import os\ndef die(): return os.environ.get('WSSPEC_CASE') is None or os._exit(9)\n" + dying

    run = through((sys.executable, "-c", code), ALL[:1])

    assert run.cases[0].verdict is Verdict.INCONCLUSIVE
