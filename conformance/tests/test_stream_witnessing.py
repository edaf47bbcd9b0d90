"""What a client did on a feed is judged by its scenario: each rule holds for a good life and not for a bad one."""

from __future__ import annotations

import random
from collections.abc import Callable

import pytest
from ws_conformance.mutants.feed_server import FeedSession, encode
from ws_conformance.streams.believing import Believing
from ws_conformance.streams.feeding.exchange import Exchange
from ws_conformance.streams.feeding.faults import Schedule, parse_fault
from ws_conformance.streams.feeding.publishing import Publisher
from ws_conformance.streams.feeding.truth import Head, Top, Truth
from ws_conformance.streams.scenarios import ALL_CLIENT_RULES, RANDOMISED, SCENARIOS, Scenario
from ws_conformance.streams.witnessing import Belief, Judged, Life, Witness, judge, judge_waits

HANDSHAKE = (
    b"GET / HTTP/1.1\r\nHost: h\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
)
SUBSCRIBE = b'{"op": "subscribe", "channel": "book"}'


class Stage:
    """A client's life in a scenario, put together by hand."""

    def __init__(self, scenario: str, *faults: str) -> None:
        self.scenario = next(each for each in SCENARIOS["exchange"] if each.name == scenario)
        planned = [parse_fault(fault, "exchange") for fault in faults]
        source = Exchange(random.Random(1).random, rate=50.0, now=0.0)
        self.publisher = Publisher(source, Schedule(planned), encode, now=0.0)
        self.life = Life(self.scenario, 0.0)
        self.now = 0.0

    def comes(self, *, opens: bool = True, subscribes: bool = True) -> Stage:
        session = FeedSession(self.publisher, room=9, ping_seconds=0.5, now=self.now)
        self.life.witnesses.append(Witness(session, self.now))
        if opens:
            self.hears(HANDSHAKE)
        if subscribes:
            self.says(SUBSCRIBE)
        return self

    def hears(self, data: bytes) -> Stage:
        self.witness.receive(data, self.now)
        self.witness.transmit(self.now)
        return self

    def says(self, payload: bytes, opcode: int = 1) -> Stage:
        key = random.Random(self.now * 1e6 + len(payload)).randbytes(4)
        masked = bytes(octet ^ key[i % 4] for i, octet in enumerate(payload))
        return self.hears(bytes((0x80 | opcode, 0x80 | len(payload))) + key + masked)

    def waits(self, seconds: float, *, answering: bool = True) -> Stage:
        for _ in range(round(seconds / 0.1)):
            self.now += 0.1
            self.witness.transmit(self.now)
            if answering and self.witness.ended is None and self.witness.session.facts.ping_due is not None:
                self.says(b"%d" % self.witness.session.facts.pings, opcode=0xA)
        return self

    def closes(self) -> Stage:
        return self.says(b"\x03\xe8", opcode=8).leaves()

    def leaves(self) -> Stage:
        self.witness.over(self.now)
        return self

    def told_to_end(self) -> Stage:
        self.life.told_to_end = self.now
        self.life.committed = self.publisher.committed
        return self

    @property
    def witness(self) -> Witness:
        return self.life.witnesses[-1]

    def broken(self) -> list[str]:
        if not self.life.told_to_end:
            self.told_to_end()
            if self.life.witnesses and self.witness.ended is None:
                self.closes()
        return [each.rule.id.removeprefix("stream-client/") for each in judge(self.life) if each.broken]


GOOD: dict[str, Callable[[], Stage]] = {
    "calm": lambda: Stage("calm").comes().waits(3).told_to_end().closes(),
    "refused": lambda: (
        Stage("refused").comes().leaves().waits(0.3).comes().leaves().waits(0.6).comes().leaves().waits(1.2).comes()
    ),
    "drop": lambda: Stage("drop", "drop@500ms").comes().waits(1).leaves().waits(0.3).comes().waits(1),
    "close": lambda: (
        Stage("close-1012", "close-1012@500ms").comes().waits(1).says(b"\x03\xf4", opcode=8).leaves().waits(1).comes()
    ),
    "gap": lambda: Stage("gap", "gap@500ms").comes().waits(1).says(b'{"op": "snapshot", "channel": "book"}').waits(1),
    "stall": lambda: Stage("stall", "stall@500ms=8s").comes().waits(3).leaves().comes().waits(6),
}


@pytest.mark.parametrize("life", GOOD)
def test_a_good_life_breaks_no_rule(life: str) -> None:
    assert GOOD[life]().broken() == []


BAD: dict[str, tuple[Callable[[], Stage], list[str]]] = {
    "never there": (lambda: Stage("calm"), ["subscribes", "lives-on"]),
    "says nothing": (lambda: Stage("calm").comes(subscribes=False).waits(1), ["subscribes", "lives-on"]),
    "no pongs": (lambda: Stage("calm").comes().waits(4, answering=False), ["answers-pings"]),
    "no close": (lambda: Stage("calm").comes().waits(1).told_to_end().leaves(), ["closes-in-order"]),
    "leaves early": (lambda: Stage("calm").comes().waits(1).leaves().waits(1), ["lives-on"]),
    "unmasked": (lambda: Stage("calm").comes().hears(b"\x81\x02hi").waits(1), ["keeps-the-rules", "lives-on"]),
    "two at once": (
        lambda: Stage("calm").comes(opens=False, subscribes=False).waits(0.5).comes().waits(1),
        ["opens-one-connection-at-a-time"],
    ),
    "stays away": (
        lambda: Stage("drop", "drop@500ms").comes().waits(1).leaves().waits(3),
        ["lives-on", "comes-back"],
    ),
    "forgets": (
        lambda: Stage("drop", "drop@500ms").comes().waits(1).leaves().waits(1).comes(subscribes=False).waits(1),
        ["lives-on", "subscribes-again"],
    ),
    "hurries": (
        lambda: Stage("drop").comes().waits(1).leaves().comes().waits(1),
        ["waits-before-it-comes-back"],
    ),
    "hammers": (
        lambda: (
            Stage("refused").comes().leaves().waits(0.1).comes().leaves().waits(0.1).comes().leaves().waits(0.1).comes()
        ),
        ["waits-longer-each-time"],
    ),
    "gap passed over": (
        lambda: Stage("gap", "gap@500ms").comes().waits(3),
        ["asks-for-a-new-snapshot"],
    ),
    "close unanswered": (
        lambda: Stage("close-1012", "close-1012@500ms").comes().waits(1).leaves().waits(1).comes(),
        ["answers-a-close"],
    ),
    "sleeps": (lambda: Stage("stall", "stall@500ms=8s").comes().waits(10), ["notices-silence"]),
}


@pytest.mark.parametrize("life", BAD)
def test_a_bad_life_breaks_its_own_rule(life: str) -> None:
    live, broken = BAD[life]

    assert live().broken() == broken


def test_a_wrong_belief_is_told_and_a_life_without_beliefs_is_not_judged_by_them() -> None:
    stage = Stage("calm").comes().waits(1)
    stage.life.beliefs = [Belief(0.5, "", True), Belief(0.7, '{"bid": 1}', False)]

    judged = {each.rule.id: each for each in judge(stage.told_to_end().life)}

    assert judged["stream-client/believes-what-is-true"] == Judged(
        judged["stream-client/believes-what-is-true"].rule,
        broken='1 of 2 beliefs were not true, the first at 0.7 s: {"bid": 1}',
    )
    silent = {each.rule.id: each for each in judge(Stage("calm").comes().life)}
    assert silent["stream-client/believes-what-is-true"].unseen


def test_waits_that_are_always_the_same_are_told() -> None:
    def lives(*waits: float) -> list[Life]:
        return [Stage("drop", "drop@500ms").comes().waits(1).leaves().waits(wait).comes().life for wait in waits]

    assert judge_waits(lives(0.5, 0.5, 0.5)).broken
    assert judge_waits(lives(0.5, 0.8, 0.5)).observed
    assert judge_waits(lives(0.5, 0.8)).unseen
    assert judge_waits([]).rule is RANDOMISED


def test_beliefs_are_read_line_by_line_however_they_are_cut() -> None:
    truth = Truth()
    truth.top_is("ALPHA-BETA", Top(0.0, 1, "71.20", "71.30"))
    truth.top_is("ALPHA-BETA", Top(5.0, 2, "71.25", "71.30"))
    truth.head_is(Head(0.0, 1007, "0xab"))
    printed = Believing(truth, 2.0)
    lines = (
        b'{"bid": "71.2", "ask": 71.30}\n'
        b"a log line\n"
        b'{"bid": "71.25", "ask": "71.3"}\n'
        b'{"bid": "x", "ask": "71.3"}\n'
        b'{"block": "0x3ef", "hash": "0xab"}\n'
        b'{"block": 1008, "hash": "0xab"}\n'
        b'{"something": "else"}\n' + b"{" * 20_000 + b"\n"
    )

    for start in range(0, len(lines), 7):
        printed.add(8.0, lines[start : start + 7])

    assert [belief.is_true for belief in printed.beliefs] == [False, True, False, True, False]


@pytest.mark.parametrize("feed", SCENARIOS)
def test_scenarios_have_names_of_their_own_and_faults_that_their_feed_has(feed: str) -> None:
    scenarios = SCENARIOS[feed]

    assert len({scenario.name for scenario in scenarios}) == len(scenarios)
    for fault in (fault for scenario in scenarios for fault in scenario.faults):
        parse_fault(fault, feed)


def test_every_rule_is_asked_in_some_scenario() -> None:
    asked = {rule for scenarios in SCENARIOS.values() for scenario in scenarios for rule in rules(scenario)}

    assert asked == set(ALL_CLIENT_RULES)


def rules(scenario: Scenario) -> set[object]:
    return {*scenario.rules, RANDOMISED}
