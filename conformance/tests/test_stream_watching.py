"""The judge of a stream notices what should not be so, each by its own rule, and nothing else."""

from __future__ import annotations

import json
from collections.abc import Callable

import msgspec
import pytest
from ws_conformance.streams.latency import Histogram
from ws_conformance.streams.profile import Profile, find_profile
from ws_conformance.streams.recording import record_rules
from ws_conformance.streams.rules import ALL_RULES, Rule
from ws_conformance.streams.sequence import Gap, Late, Repeated, Sequence
from ws_conformance.streams.series import PARTS, Series
from ws_conformance.streams.watching import KEPT, Watcher
from ws_reports.record import Verdict

EXCHANGE = find_profile("exchange")
NODE = find_profile("node")


class Stand:
    """A watcher, and what is said to it: ``now`` moves on by itself, and everything is on time."""

    def __init__(self, profile: Profile) -> None:
        self.now = 100.0
        self.watcher = Watcher(profile, began=self.now)
        self.watcher.opened(self.now)
        self.number = 0

    def say(self, document: object, *, late: float = 0.0) -> Stand:
        self.now += 0.01
        for key in ("time", "timestamp"):
            if isinstance(document, dict) and document.get(key) is True:
                document[key] = int((self.now - late) * 1e6)
        self.watcher.message(document if isinstance(document, bytes) else json.dumps(document).encode(), self.now)
        return self

    def wait(self, seconds: float) -> Stand:
        """Let time pass, as a wire does: the watcher is asked whenever it wants to be."""
        end = self.now + seconds
        while (due := self.watcher.next_deadline()) is not None and due <= end:
            self.now = max(self.now, due)
            self.watcher.tick(self.now)
        self.now = end
        return self

    def delta(self, sequence: int, bids: object = (), asks: object = ()) -> Stand:
        levels = {"bids": bids, "asks": asks}
        return self.say({"type": "delta", "market": "M", "sequence": sequence, "time": True, **levels})

    def snapshot(self, sequence: int, bid: str = "99", ask: str = "101") -> Stand:
        levels = {"bids": [[bid, "1"]], "asks": [[ask, "1"]]}
        return self.say({"type": "snapshot", "market": "M", "sequence": sequence, **levels})

    def trade(self, sequence: int, *, late: float = 0.0) -> Stand:
        return self.say({"type": "trade", "market": "M", "sequence": sequence, "time": True}, late=late)

    def trades(self, count: int, *, every: float) -> Stand:
        for sequence in range(1, count + 1):
            self.wait(every).trade(sequence)
        return self

    def beats(self, seconds: float) -> Stand:
        for _ in range(int(seconds * 2)):
            self.wait(0.5).say({"type": "heartbeat", "time": True})
        return self

    def head(self, name: str, parent: str, number: int) -> Stand:
        head = {"hash": name, "parentHash": parent, "number": hex(number), "timestamp": hex(int(self.now))}
        return self.result(head)

    def heads(self, count: int) -> Stand:
        for number in range(1, count + 1):
            self.head(f"0x{number}", f"0x{number - 1}", number)
        return self

    def log(self, block: str, index: int, *, removed: bool = False) -> Stand:
        log = {"topics": [], "blockHash": block, "transactionHash": "0xt", "logIndex": hex(index), "removed": removed}
        return self.result(log)

    def pending(self, seconds: int) -> Stand:
        for _ in range(seconds):
            self.wait(1).result("0xpending")
        return self

    def result(self, result: object) -> Stand:
        return self.say({"method": "eth_subscription", "params": {"subscription": "0x1", "result": result}})

    def subscribed(self, name: str, *, ends: bool = False, answered: bool = True) -> Stand:
        self.number += 1
        subscription = next(each for each in self.watcher.profile.subscription if each.name == name)
        self.watcher.asked(subscription, str(self.number), self.now, ends=ends)
        if answered:
            self.say({"type": "unsubscribed" if ends else "subscribed", "id": self.number})
        return self

    def pinged(self) -> Stand:
        self.watcher.pinged(b"1", self.now, self.now)
        return self

    def gone(self, code: int | None) -> Stand:
        self.watcher.ended("it is gone", self.now, code=code)
        return self

    def refused(self) -> Stand:
        self.watcher.refused("the answer was 503", self.now)
        return self

    def breach(self) -> Stand:
        self.watcher.breach("6455/5.1/server-frames-are-not-masked", "a masked frame", self.now)
        return self

    @property
    def broken(self) -> list[str]:
        self.wait(1.5)  # for numbers that are merely late
        return [rule.id.removeprefix("stream/") for rule in ALL_RULES if self.watcher.noted(rule).count]


def exchange_day(stand: Stand) -> None:
    """Say what a sound exchange says."""
    stand.subscribed("book")
    stand.snapshot(10)
    for sequence in range(11, 20):
        stand.delta(sequence, [["99.5", str(sequence % 2)]], [["101", "2"]])
        stand.trade(sequence)
        stand.say({"type": "heartbeat", "time": True})
    stand.pinged()
    stand.watcher.ponged(b"1", stand.now)
    stand.subscribed("book", ends=True)


def node_day(stand: Stand) -> None:
    """Say what a sound node says, a reorganisation with all that belongs to it among it."""
    stand.head("0xa", "0x0", 1)
    stand.log("0xb", 0)
    stand.head("0xb", "0xa", 2)
    stand.head("0xc", "0xb", 3)
    stand.log("0xb", 0, removed=True)
    stand.head("0xb2", "0xa", 2)
    stand.log("0xb2", 0)
    stand.head("0xc2", "0xb2", 3)
    stand.result("0xpending")


def test_a_sound_stream_breaks_no_rule() -> None:
    exchange, node = Stand(EXCHANGE), Stand(NODE)

    exchange_day(exchange)
    node_day(node)

    assert exchange.broken == []
    assert node.broken == []
    assert node.watcher.measured.deepest == 2


EXCHANGE_FAULTS: dict[str, tuple[Callable[[Stand], Stand], list[str]]] = {
    "gap": (lambda s: s.trade(1).trade(3), ["sequence-has-no-gap"]),
    "repeated": (lambda s: s.trade(1).trade(1), ["sequence-repeats-nothing"]),
    "out of order": (lambda s: s.trade(1).trade(3).trade(2).trade(4), ["sequence-is-in-order"]),
    "delta first": (lambda s: s.delta(5), ["snapshot-comes-before-deltas"]),
    "stale snapshot": (lambda s: s.snapshot(10).delta(15), ["snapshot-is-current"]),
    "crossed": (lambda s: s.snapshot(1).delta(2, [["102", "1"]]), ["book-is-not-crossed"]),
    "not json": (lambda s: s.say(b"{nonsense"), ["message-is-json"]),
    "of no kind": (lambda s: s.say({"type": "surprise"}), ["message-is-recognised"]),
    "late": (lambda s: s.trade(1).say({"type": "heartbeat", "time": True}, late=1.2), ["messages-are-prompt"]),
    "back": (lambda s: s.trade(1).trade(2, late=0.5), ["time-does-not-run-back"]),
    "no ack": (lambda s: s.subscribed("book", answered=False).beats(6), ["subscription-is-acknowledged"]),
    "no pong": (lambda s: s.pinged().beats(3), ["ping-is-answered"]),
    "silence": (lambda s: s.wait(4), ["is-never-silent", "heartbeat-comes-in-time"]),
    "no heartbeat": (lambda s: s.trades(6, every=0.5), ["heartbeat-comes-in-time"]),
    "gone": (lambda s: s.gone(None), ["connection-stays"]),
    "gone for good": (lambda s: s.gone(1012).wait(11), ["connection-stays", "comes-back"]),
    "refused": (lambda s: s.refused(), ["handshake-is-accepted"]),
    "goes on": (
        lambda s: s.subscribed("trades").trade(1).subscribed("trades", ends=True).beats(2).trade(2),
        ["unsubscription-is-kept"],
    ),
    "breach": (lambda s: s.breach(), ["traffic-keeps-the-rules"]),
}


@pytest.mark.parametrize("fault", EXCHANGE_FAULTS)
def test_each_fault_of_an_exchange_breaks_its_own_rule(fault: str) -> None:
    stand = Stand(EXCHANGE)
    commit, broken = EXCHANGE_FAULTS[fault]

    commit(stand)

    assert stand.broken == broken


NODE_FAULTS: dict[str, tuple[Callable[[Stand], Stand], list[str]]] = {
    "orphan": (lambda s: s.head("0xa", "0x0", 1).head("0xc", "0xb", 3), ["block-follows-its-parent"]),
    "again": (lambda s: s.head("0xa", "0x0", 1).head("0xa", "0x0", 1), ["block-comes-once"]),
    "deep": (lambda s: s.heads(15).head("0xnew", "0x1", 2), ["chain-is-reorganised-within-bounds"]),
    "logs stay": (
        lambda s: s.heads(2).log("0x2", 0).head("0xb2", "0x1", 2).pending(6),
        ["logs-of-dropped-blocks-are-taken-back"],
    ),
}


@pytest.mark.parametrize("fault", NODE_FAULTS)
def test_each_fault_of_a_node_breaks_its_own_rule(fault: str) -> None:
    stand = Stand(NODE)
    commit, broken = NODE_FAULTS[fault]

    commit(stand)

    assert stand.broken == broken


def test_a_lost_book_asks_for_a_snapshot_and_is_judged_again_behind_it() -> None:
    stand = Stand(EXCHANGE)
    stand.snapshot(1)
    stand.delta(2)
    stand.delta(4, [["200", "1"]])

    assert stand.watcher.wanted_snapshots == {"book"}
    stand.snapshot(4)
    stand.delta(5, [["150", "1"]])

    assert stand.broken == ["sequence-has-no-gap", "book-is-not-crossed"]


def test_a_head_that_was_seen_on_an_earlier_connection_may_come_again() -> None:
    stand = Stand(NODE).heads(3)
    stand.gone(1012)
    stand.watcher.opened(stand.now)
    stand.head("0x3", "0x2", 3).head("0x4", "0x3", 4)

    assert stand.broken == ["connection-stays"]


def test_an_end_after_the_lifetime_is_as_it_may_be() -> None:
    profile = msgspec.structs.replace(EXCHANGE, bounds=msgspec.structs.replace(EXCHANGE.bounds, lifetime="10s"))
    stand = Stand(profile)
    stand.beats(10).gone(1001)
    stand.wait(1)
    stand.watcher.opened(stand.now)
    stand.trade(1)

    assert stand.broken == []
    assert stand.watcher.measured.recoveries == [pytest.approx(1.0, abs=0.1)]


def test_while_we_do_not_keep_up_nobody_is_blamed_for_what_is_late() -> None:
    stand = Stand(EXCHANGE)
    stand.trade(1).pinged()
    stand.watcher.overrun(stand.now)

    stand.wait(30)
    stand.trade(2).say({"type": "heartbeat", "time": True}, late=9.0)

    assert stand.broken == []
    results = record_rules(stand.watcher, seconds=30.0, first=1, target="t1", hide=str)
    prompt = next(each for each in results if each.id == "stream/messages-are-prompt")
    assert prompt.verdict is Verdict.INCONCLUSIVE
    assert "as fast as it comes" in (prompt.reason or "")


@pytest.mark.parametrize("noticed", [True, False])
def test_nobody_is_blamed_for_the_time_that_we_were_away_ourselves(noticed: bool) -> None:
    stand = Stand(EXCHANGE)
    stand.trade(1).pinged()
    if noticed:
        stand.watcher.beat_due = stand.now + 0.05
    stand.now += 6
    stand.watcher.tick(stand.now)
    stand.trade(2, late=5.9)
    if noticed:
        stand.watcher.beat_due, stand.watcher.lag = stand.now + 9, 6.0

    awaited = ["messages-are-prompt", "is-never-silent", "heartbeat-comes-in-time", "ping-is-answered"]
    assert sorted(stand.broken) == ([] if noticed else sorted(awaited))


def test_books_are_as_many_and_as_large_as_is_said_and_what_is_beyond_is_given_up() -> None:
    stand = Stand(EXCHANGE)
    levels = [[str(price), "1"] for price in range(1, 10_002)]
    stand.say({"type": "snapshot", "market": "large", "sequence": 1, "bids": levels, "asks": []})
    for number in range(60):
        snapshot = {"type": "snapshot", "market": f"M{number}", "sequence": 1, "bids": [["2", "1"]], "asks": []}
        stand.say(snapshot)

    books = [stream.book for stream in stand.watcher._streams.values()]
    assert len([book for book in books if book is not None and book.best_bid is not None]) == 49
    assert stand.beats(0.5).broken == []


def test_nothing_that_a_target_sends_grows_without_bound() -> None:
    stand = Stand(EXCHANGE)

    for number in range(3000):
        stand.say({"type": "trade", "market": f"M{number}", "sequence": 3 * number, "time": True})
        stand.say(b"garbage")
        stand.trade(number * 5)

    assert len(stand.watcher._streams) <= 1000
    assert all(len(stand.watcher.noted(rule).first) <= KEPT for rule in ALL_RULES)
    assert all(len(stream.sequence.gaps) <= 101 for stream in stand.watcher._streams.values())


def test_a_sequence_tells_gaps_late_and_repeated_numbers_apart() -> None:
    sequence = Sequence()

    seen = [sequence.step(number, None, None, 5.0) for number in (1, 2, 6, 4, 4, 7)]

    assert seen == [None, None, Gap(3, 5, 5.0), Late(4, 6), Repeated(4, 6), None]
    assert sequence.settled(4.9) == []
    assert sequence.settled(5.0) == [Gap(3, 3, 5.0), Gap(5, 5, 5.0)]


def test_a_sequence_may_stand_for_ranges_or_name_the_one_before() -> None:
    ranges, linked = Sequence(), Sequence()

    assert [ranges.step(last, first, None, 1.0) for last, first in ((5, 1), (9, 6), (12, 11))] == [
        None,
        None,
        Gap(10, 10, 1.0),
    ]
    assert [linked.step(number, None, before, 1.0) for number, before in ((10, 3), (17, 10), (30, 20))] == [
        None,
        None,
        Gap(17, None, 1.0),
    ]


def test_a_histogram_is_right_to_within_two_in_a_hundred_and_stays_small() -> None:
    histogram = Histogram()
    for micros in range(1, 100_001):
        histogram.add(micros / 1e6)
    histogram.add(1e9)

    for percent in (50.0, 90.0, 99.0):
        assert histogram.at(percent) == pytest.approx(percent / 1000, rel=0.02)
    assert histogram.at(100) == 1e9
    assert sum(count for _, _, count in histogram.buckets()) == histogram.count == 100_001
    assert len(list(histogram.buckets())) < 1500


def test_a_series_has_a_bounded_number_of_parts_and_loses_nothing() -> None:
    series = Series(0.0)
    for second in range(10_000):
        series.at(float(second)).messages += 1

    assert len(series.parts) <= PARTS
    assert sum(part.messages for part in series.parts) == 10_000


def test_every_rule_has_an_id_of_its_own() -> None:
    ids = [rule.id for rule in ALL_RULES]

    assert len(set(ids)) == len(ids)
    assert all(isinstance(rule, Rule) and rule.id.startswith("stream/") for rule in ALL_RULES)
