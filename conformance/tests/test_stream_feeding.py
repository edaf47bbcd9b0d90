"""Feeds are the same for the same seed, sound unless told otherwise, and each of their faults is noticed by the judge.

A feed's subscriber and the judge are joined in memory, in virtual time: a day of trading takes a moment.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Hashable, Sequence

import pytest
from ws_conformance.head import read_request_head
from ws_conformance.model import Breach, Message
from ws_conformance.mutants.feed_server import Compressed, FeedSession, encode
from ws_conformance.observer import Observer
from ws_conformance.peer import Role, Signal
from ws_conformance.streams.feeding.exchange import Exchange
from ws_conformance.streams.feeding.faults import FAULTS, Schedule, Stage, parse_fault
from ws_conformance.streams.feeding.node import Node
from ws_conformance.streams.feeding.publishing import BACKLOG_BATCHES, Publisher
from ws_conformance.streams.feeding.source import ALL, Source
from ws_conformance.usage import UsageError

MAKERS: dict[str, Callable[..., Source]] = {"exchange": Exchange, "node": Node}


def made(feed: str, seed: int, seconds: float = 3.0) -> list[tuple[str, bytes]]:
    source = MAKERS[feed](random.Random(seed).random, rate=200.0, now=0.0)
    return [each for tick in range(int(seconds * 100)) for each in source.advance(tick / 100)]


@pytest.mark.parametrize("feed", MAKERS)
def test_the_same_seed_makes_the_same_stream_and_another_one_another(feed: str) -> None:
    assert made(feed, 1) == made(feed, 1)
    assert made(feed, 1) != made(feed, 2)


@pytest.mark.parametrize("feed", MAKERS)
def test_what_is_made_does_not_depend_on_how_often_it_is_asked_for(feed: str) -> None:
    often = MAKERS[feed](random.Random(1).random, rate=100.0, now=0.0)
    once = MAKERS[feed](random.Random(1).random, rate=100.0, now=0.0)

    assert [each for tick in range(20) for each in often.advance(tick / 100)] == once.advance(0.19)


def test_a_books_truth_never_crosses() -> None:
    source = Exchange(random.Random(3).random, rate=5_000.0, now=0.0)
    for tick in range(100):
        source.advance(tick / 100)
    top = source.truth.newest_top("ALPHA-BETA")

    assert top is not None
    assert float(top.bid) < float(top.ask)
    assert source.truth.was_top("ALPHA-BETA", float(top.bid), float(top.ask), 1.0)
    assert not source.truth.was_top("ALPHA-BETA", float(top.ask), float(top.bid), 0.0)


def test_what_was_true_before_is_not_true_since() -> None:
    node = Node(random.Random(1).random, rate=1.0, now=0.0)
    node.advance(0.5)
    first = node.truth.newest_head()
    node.advance(1.0)

    assert first is not None
    assert node.truth.was_head(first.number, first.hash, 0.9)
    assert not node.truth.was_head(first.number, first.hash, 1.05)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("gapp", "fault 'gapp' is not known"),
        ("gap@soon", "not of the form"),
        ("gap=3s", "over at once"),
        ("status-503@3s", "happens to whoever comes"),
        ("reorganisation", "a feed 'exchange' has no fault"),
        ("gap*3", "nothing says how far apart"),
        ("gap/0s", "too often"),
    ],
)
def test_a_fault_that_cannot_be_is_told_with_a_remedy(text: str, problem: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse_fault(text, "exchange")

    assert problem in caught.value.problem
    assert caught.value.remedy


def test_faults_happen_when_they_are_planned_and_as_often() -> None:
    schedule = Schedule([parse_fault("gap@1s/2s*2", "exchange"), parse_fault("status-429*2", "exchange")])

    happened = [second for second in range(10) for _ in schedule.due(float(second))]

    assert happened == [1, 3]
    assert [schedule.refusal() for _ in range(3)] == ["status-429", "status-429", None]


def test_a_batch_is_encoded_once_for_all_that_agreed_upon_the_same() -> None:
    calls: list[Sequence[bytes]] = []

    def counted(payloads: Sequence[bytes], form: Hashable) -> bytes:
        calls.append(payloads)
        return encode(payloads, form)

    publisher = Publisher(Exchange(random.Random(1).random, rate=100.0, now=0.0), Schedule(), counted, now=0.0)
    publisher.subscribed(0.0)
    publisher.advance(1.0)
    batch = publisher.batch(publisher.first)

    books, trades = (frozenset({f"{channel}/ALPHA-BETA"}) for channel in ("book", "trades"))
    forms = (Compressed(12), Compressed(12), None)
    first, second, plain = (batch.encoded(books, form, counted) for form in forms)
    batch.encoded(books | trades, Compressed(12), counted)

    assert first is second
    assert len(first) < len(plain)
    assert len(calls) == 3
    assert [payload for topic, payload in batch.made if topic in books or topic == ALL] == calls[0] == calls[1]


def test_whoever_comes_late_needs_nothing_that_came_before() -> None:
    publisher = Publisher(Exchange(random.Random(1).random, rate=2_000.0, now=0.0), Schedule(), encode, now=0.0)
    offers = (b"permessage-deflate", b"permessage-deflate; server_no_context_takeover", b"", b"permessage-deflate")
    reads = [Read(publisher, offer, 0.1 * late) for late, offer in enumerate(offers)]

    for tick in range(60):
        for read in reads:
            read.until(tick / 100)
    first, alone, plain, last = reads

    assert len(first.messages) > len(alone.messages) > len(plain.messages) > len(last.messages) > 100
    assert all(read.messages[-100:] == first.messages[-100:] for read in reads)
    assert first.length < alone.length


def test_whoever_is_too_slow_is_sent_away_and_what_is_kept_for_it_is_bounded() -> None:
    publisher = Publisher(Exchange(random.Random(1).random, rate=50.0, now=0.0), Schedule(), encode, now=0.0)
    session = FeedSession(publisher, room=1, now=0.0)
    session.receive(HANDSHAKE, 0.0)
    session.receive(text(b'{"op": "subscribe", "channel": "trades"}'), 0.0)
    session.is_paused = True
    for tick in range(2 * BACKLOG_BATCHES):
        publisher.advance(tick / 50)
        session.transmit(tick / 50)
    session.is_paused = False

    said = session.transmit(tick / 50)

    assert publisher.end - publisher.first <= BACKLOG_BATCHES
    assert session.facts.is_shed
    assert b"too slow" in b"".join(chunk for chunk in said if isinstance(chunk, bytes))
    assert publisher.subscribers == 0


def test_whoever_asks_and_pings_and_reads_nothing_is_not_answered_for_ever() -> None:
    publisher = Publisher(Exchange(random.Random(1).random, rate=1.0, now=0.0), Schedule(), encode, now=0.0)
    session = FeedSession(publisher, room=1, now=0.0)
    session.receive(HANDSHAKE, 0.0)
    session.transmit(0.0)
    session.is_paused = True

    session.receive(b"\x89\x80" + bytes(4), 0.0)
    assert session.transmit(0.0) == []
    for _ in range(200):
        session.receive(text(b'{"op": "snapshot", "channel": "book"}'), 0.0)
    said = b"".join(chunk for chunk in session.transmit(0.0) if isinstance(chunk, bytes))

    assert said.count(b'"snapshot"') == 100
    assert b"too many requests" in said


def test_there_is_room_for_so_many_and_no_more() -> None:
    publisher = Publisher(Exchange(random.Random(1).random, rate=1.0, now=0.0), Schedule(), encode, now=0.0)
    first, second = (FeedSession(publisher, room=1, now=0.0) for _ in range(2))
    first.receive(HANDSHAKE, 0.0)
    second.receive(HANDSHAKE, 0.0)

    said = second.transmit(0.0)

    assert b" 101 " in first.transmit(0.0)[0]  # type: ignore[operator]  # bytes come first
    assert b" 503 " in said[0]  # type: ignore[operator]  # bytes come first
    assert said[-1] is Signal.END


@pytest.mark.parametrize(
    "offer",
    [
        b"",
        b"permessage-deflate",
        b"permessage-deflate; server_max_window_bits=9",
        b"permessage-deflate; server_no_context_takeover",
    ],
)
def test_what_a_feed_sends_breaks_no_rule_of_the_protocol(offer: bytes) -> None:
    publisher = Publisher(Exchange(random.Random(1).random, rate=200.0, now=0.0), Schedule(), encode, now=0.0)
    read = Read(publisher, offer, 0.0)

    for tick in range(100):
        read.until(tick / 50)

    assert read.breaches == []
    assert len(read.messages) > 100


def test_every_fault_says_what_it_is_and_where_it_happens() -> None:
    assert len({fault.name for fault in FAULTS}) == len(FAULTS)
    assert {fault.stage for fault in FAULTS} == set(Stage)
    for fault in FAULTS:
        for feed in fault.feeds:
            assert parse_fault(fault.name, feed).fault is fault


HANDSHAKE = (
    b"GET / HTTP/1.1\r\nHost: h\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
)


class Read:
    """A subscriber to all books who came at some moment, with an ``offer`` of extensions, and what it read."""

    def __init__(self, publisher: Publisher, offer: bytes, came: float) -> None:
        self.messages: list[bytes] = []
        self.breaches: list[Breach] = []
        self.length = 0
        self._came = came
        self._session = FeedSession(publisher, room=4, now=came)
        self._observer = Observer(Role.SERVER)
        extensions = b"Sec-WebSocket-Extensions: %s\r\n" % offer if offer else b""
        self._request = HANDSHAKE[:-2] + extensions + b"\r\n"

    def until(self, now: float) -> None:
        """Read what there is at ``now``."""
        if self._request and now >= self._came:
            self._observer.asked(read_request_head(self._request))
            self._session.receive(self._request + text(b'{"op": "subscribe", "channel": "book"}'), now)
            self._request = b""
        for chunk in self._session.transmit(now):
            self.length += len(chunk) if isinstance(chunk, bytes) else 0
            for seen in self._observer.observe(chunk):
                match seen:
                    case Message():
                        self.messages.append(seen.payload)
                    case Breach():
                        self.breaches.append(seen)
                    case _:
                        pass


def text(payload: bytes) -> bytes:
    """Return a client's frame with ``payload``, masked with zeros."""
    return bytes((0x81, 0x80 | len(payload))) + bytes(4) + payload
