"""The loop of Autobahn's clients, in memory: its numbers, its paths, its agents."""

from __future__ import annotations

import json
from collections.abc import Iterable
from functools import partial

import pytest
from ws_conformance.autobahn import autobahn_table
from ws_conformance.cases import CASES
from ws_conformance.clients.loop import AGENTS, BEHAVIORS, Agent, Loop, Profile, numbering
from ws_conformance.clients.reception import Receptionist
from ws_conformance.head import HeadReader, read_response_head
from ws_conformance.model import Setting
from ws_conformance.mutants import reference_peer
from ws_conformance.mutants.liars import ClosesAtOnce, OpensAnd
from ws_conformance.peer import Chunk, Peer, Role
from ws_conformance.wire import TEXT, FrameReader
from ws_reports.record import CaseResult, Verdict

CHOSEN = [case for case in CASES if Role.CLIENT in case.roles and case.area in ("framing", "control")]
SLOTS = numbering(CHOSEN, Profile.ALL)

REQUEST = (
    "GET {target} HTTP/1.1\r\nHost: wsspec.example\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
)


loop = partial(Loop, SLOTS, Setting(seed="loop"), "ABC123")


def ask(loop: Loop, target: str) -> tuple[int, str]:
    """Return the status of the answer to ``target``, and the text that follows."""
    peer = Receptionist(loop.route)
    peer.receive(REQUEST.format(target=target).encode(), 0.0)
    said = b"".join(chunk for chunk in peer.transmit(0.0) if isinstance(chunk, bytes))
    whole = HeadReader().feed(said)
    assert whole is not None
    texts = [frame.payload.decode() for frame in FrameReader(10_000).feed(whole[1]) if frame.opcode == TEXT]
    return read_response_head(whole[0]).status, "".join(texts)


def play(loop: Loop, target: str, client: Peer) -> None:
    """Have ``client``, whose request becomes one for ``target``, go through a case, in virtual time."""
    peer, now = Receptionist(loop.route), 0.0
    is_first = True
    for _ in range(10_000):
        said = client.transmit(now)
        if said and is_first and isinstance(said[0], bytes):
            said[0], is_first = said[0].replace(b"GET / ", f"GET {target} ".encode(), 1), False
        moved = carry(said, peer, now)
        moved = carry(peer.transmit(now), client, now) or moved
        deadlines = [at for at in (peer.next_deadline(), client.next_deadline()) if at is not None]
        if not moved and not deadlines:
            return
        now = now if moved else max(now, min(deadlines))
    raise AssertionError("no end")


def carry(said: Iterable[Chunk], listener: Peer, now: float) -> bool:
    chunks = list(said)
    for chunk in chunks:
        listener.receive(chunk, now)
    return bool(chunks)


# --- numbers ------------------------------------------------------------------------------------------------------


def test_autobahns_numbers_come_first_in_their_order_and_then_our_other_cases() -> None:
    names = [slot.name for slot in SLOTS]
    autobahns = [name for name in names if name in autobahn_table()]

    assert names[: len(autobahns)] == autobahns
    assert autobahns == sorted(autobahns, key=lambda name: [int(part) for part in name.split(".")])
    assert names[0] == "1.1.1"
    assert {slot.case.id for slot in SLOTS} == {case.id for case in CHOSEN}
    assert len(names) == len(set(names))


def test_a_number_of_autobahns_stands_for_the_first_of_our_cases_for_it() -> None:
    by_name = {slot.name: slot.case.id for slot in SLOTS}

    assert by_name["3.2"] == autobahn_table()["3.2"][0]


def test_the_profile_autobahn_has_its_numbers_only() -> None:
    slots = numbering(CHOSEN, Profile.AUTOBAHN)

    assert slots == SLOTS[: len(slots)]
    assert {slot.name for slot in slots} <= autobahn_table().keys()


# --- paths --------------------------------------------------------------------------------------------------------


def test_the_count_and_the_ids_of_cases_are_told() -> None:
    assert ask(loop(), "/getCaseCount") == (101, str(len(SLOTS)))
    status, text = ask(loop(), "/getCaseInfo?case=1")
    assert status == 101
    assert json.loads(text)["id"] == "1.1.1"
    assert json.loads(text)["description"]
    assert json.loads(ask(loop(), f"/getCaseInfo?case={len(SLOTS)}")[1])["id"] == SLOTS[-1].name


@pytest.mark.parametrize(
    "target",
    [
        "/",
        "/runCases?case=1&agent=a",
        "/runCase?case=0&agent=a",
        f"/runCase?case={len(SLOTS) + 1}&agent=a",
        "/runCase?case=-1&agent=a",
        "/runCase?case=99999999999999999999&agent=a",
        "/runCase?case=²&agent=a",
        "/runCase?agent=a",
        "/runCase?casetuple=99.1&agent=a",
        "/getCaseInfo",
        "/getCaseStatus?case=x&agent=a",
        "//[::1",
    ],
)
def test_what_is_not_there_gets_a_404(target: str) -> None:
    assert ask(loop(), target) == (404, "")


def test_a_case_is_played_by_number_and_by_tuple_and_its_behavior_is_told() -> None:
    results: list[CaseResult] = []
    going = loop(on_result=results.append)

    play(going, "/runCase?case=1&agent=good", reference_peer(Role.CLIENT))
    play(going, "/runCase?casetuple=1.1.2&agent=good", reference_peer(Role.CLIENT))
    play(going, "/runCase?case=1&agent=bad", OpensAnd(Role.CLIENT, ClosesAtOnce))

    assert [(result.target, result.n, result.verdict) for result in results[:2]] == [
        ("t1", 1, Verdict.PASS),
        ("t1", 2, Verdict.PASS),
    ]
    assert results[0].aliases == {"autobahn": ("1.1.1",)}
    assert results[2].target == "t2"
    assert results[2].n == len(SLOTS) + 1
    assert json.loads(ask(going, "/getCaseStatus?case=1&agent=good")[1]) == {"behavior": "OK"}
    bad = json.loads(ask(going, "/getCaseStatus?case=1&agent=bad")[1])["behavior"]
    assert bad == BEHAVIORS.get(results[2].verdict, "UNIMPLEMENTED")


def test_a_case_that_is_played_again_has_two_attempts() -> None:
    going = loop()

    for _ in range(2):
        play(going, "/runCase?case=2&agent=a", reference_peer(Role.CLIENT))

    assert going.agents["a"].results[2].attempts == (Verdict.PASS, Verdict.PASS)


def test_the_status_of_a_case_that_is_under_way_is_waited_for() -> None:
    going = loop()
    under_way = Receptionist(going.route)
    under_way.receive(REQUEST.format(target="/runCase?case=1&agent=slow").encode(), 0.0)
    under_way.transmit(0.0)

    assert ask(going, "/getCaseStatus?case=1&agent=slow") == (101, "")
    assert json.loads(ask(going, "/getCaseStatus?case=2&agent=slow")[1]) == {"behavior": "UNIMPLEMENTED"}


# --- agents -------------------------------------------------------------------------------------------------------


def test_agents_that_differ_in_punctuation_only_are_two() -> None:
    seen: list[Agent] = []
    going = loop(on_agent=seen.append)

    for name in ("foo-1.0", "foo_1_0", "foo-1.0"):
        play(going, f"/runCase?case=1&agent={name}", reference_peer(Role.CLIENT))

    assert [(agent.name, agent.target) for agent in seen] == [("foo-1.0", "t1"), ("foo_1_0", "t2")]


def test_agents_may_overlap() -> None:
    going = loop()
    peers = {name: Receptionist(going.route) for name in ("one", "two")}
    for name, peer in peers.items():
        peer.receive(REQUEST.format(target=f"/runCase?case=1&agent={name}").encode(), 0.0)

    assert all(peer.transmit(0.0)[0] for peer in peers.values())
    assert going.agents.keys() == {"one", "two"}


def test_there_is_a_bound_to_the_number_of_agents() -> None:
    going = loop()

    statuses = [ask(going, f"/runCase?case=1&agent=a{i}")[0] for i in range(AGENTS + 1)]

    assert set(statuses[:AGENTS]) == {101}
    assert statuses[AGENTS] == 404


def test_a_client_that_stops_half_way_leaves_the_rest_undecided() -> None:
    going = loop()
    play(going, "/runCase?case=1&agent=a", reference_peer(Role.CLIENT))
    play(going, "/runCase?case=3&agent=a", reference_peer(Role.CLIENT))

    rest = list(going.not_played("not played: the client ended with status 0"))

    assert [result.n for result in rest] == [2, *range(4, len(SLOTS) + 1)]
    assert {result.verdict for result in rest} == {Verdict.INCONCLUSIVE}
    assert {result.reason for result in rest} == {"not played: the client ended with status 0"}


def test_reports_and_the_end_are_asked_for_by_path() -> None:
    asked: list[None] = []
    going = loop(on_reports=lambda: asked.append(None))

    assert ask(going, "/updateReports?agent=a") == (101, "")
    assert not going.is_over
    ask(going, "/updateReports?agent=a&shutdownOnComplete=true")
    assert going.is_over
    assert len(asked) == 2
    stopped = loop()
    ask(stopped, "/stopServer")
    assert stopped.is_over
