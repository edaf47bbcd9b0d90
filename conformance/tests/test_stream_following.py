"""Feed and judge, joined in memory in virtual time: a clean stream raises no alarm, and every fault raises its own."""

from __future__ import annotations

import random
import zlib

import pytest
from ws_conformance.deflate_breaches import InflatedMessages
from ws_conformance.examiner import seeded
from ws_conformance.head import Extension
from ws_conformance.model import Breach, Place
from ws_conformance.mutants.feed_server import FeedSession, encode
from ws_conformance.peer import Peer, Role, Signal
from ws_conformance.streams.feeding.faults import FAULTS, Schedule, parse_fault
from ws_conformance.streams.feeding.publishing import Publisher
from ws_conformance.streams.following import Following
from ws_conformance.streams.profile import find_profile
from ws_conformance.streams.recording import record_rules
from ws_conformance.streams.rules import ALL_RULES, REORGANISES
from ws_conformance.streams.serving import SOURCES
from ws_conformance.streams.watching import Watcher
from ws_reports.record import Verdict

BACK_SECONDS = 0.3
"""How long the follower stays away when a connection has ended."""


def watched(
    feed: str, *faults: str, seed: int = 1, seconds: float = 6.0, rate: float = 30.0, deflate: bool = True
) -> Watcher:
    """Return the judge that has followed ``feed`` for so many virtual ``seconds``, over any number of connections."""
    source = SOURCES[feed](random.Random(seed).random, rate=rate, now=0.0)
    planned = [parse_fault(fault, feed) for fault in faults]
    publisher = Publisher(source, Schedule(planned), encode, now=0.0)
    profile = find_profile(feed)
    watcher = Watcher(profile, began=0.0)
    entropy = seeded(str(seed))
    now = 0.0
    while now < seconds:
        server = FeedSession(publisher, room=10, ping_seconds=1.0, now=now)
        client = Following(watcher, Place(), profile.values, entropy, deflate=deflate, now=now)
        now = join(client, server, now, seconds) + BACK_SECONDS
    return watcher


def join(client: Following, server: FeedSession, now: float, until: float) -> float:
    """Carry what both say until the connection has ended; the client leaves at ``until``. Return when that was."""
    for _ in range(1_000_000):
        if now >= until:
            client.leave(now)
        moved = carry(client, server, now) + carry(server, client, now)
        if client.is_over:
            carry(client, server, now)
            return now
        if not moved:
            deadlines = [at for at in (client.next_deadline(), server.next_deadline()) if at is not None]
            now = max(now, min(deadlines)) if now >= until else max(now, min((*deadlines, until)))
    raise AssertionError("it never ends")


def carry(speaker: Peer, listener: Peer, now: float) -> int:
    chunks = speaker.transmit(now)
    for chunk in chunks:
        listener.receive(chunk, now)
    return len(chunks)


def broken(watcher: Watcher) -> dict[str, str]:
    """Return the rules that do not hold, each with what was found first."""
    noted = {rule.id.removeprefix("stream/"): watcher.noted(rule) for rule in ALL_RULES}
    return {name: note.first[0].detail for name, note in noted.items() if note.count}


@pytest.mark.parametrize("feed", SOURCES)
def test_a_clean_stream_raises_no_alarm(feed: str) -> None:
    watcher = watched(feed)

    assert broken(watcher) == {}
    results = list(record_rules(watcher, seconds=6.0, first=1, target="t1", hide=str))
    assert {each.verdict for each in results} == {Verdict.PASS, Verdict.UNSUPPORTED}
    assert watcher.measured.connections == 1
    assert watcher.measured.messages > 50
    assert watcher.measured.pong.count >= 5


@pytest.mark.exhaustive
@pytest.mark.parametrize("feed", SOURCES)
def test_a_hundred_clean_streams_raise_no_alarm(feed: str) -> None:
    alarms = {
        seed: broken(watched(feed, seed=seed, seconds=5.0, rate=20.0, deflate=seed % 2 == 0)) for seed in range(100)
    }

    assert {seed: found for seed, found in alarms.items() if found} == {}


NOTICED_BY = {
    "redirect": "handshake-is-accepted",
    "status-429": "handshake-is-accepted",
    "status-503": "handshake-is-accepted",
    "gap": {"exchange": "sequence-has-no-gap", "node": "block-follows-its-parent"},
    "duplicate": {"exchange": "sequence-repeats-nothing", "node": "block-comes-once"},
    "out-of-order": {"exchange": "sequence-is-in-order", "node": "block-follows-its-parent"},
    "crossed-book": "book-is-not-crossed",
    "stale-snapshot": "snapshot-is-current",
    "garbage": "message-is-json",
    "missed-heartbeat": "heartbeat-comes-in-time",
    "stall": "is-never-silent",
    "burst": "messages-are-prompt",
    "trickle": "messages-are-prompt",
    "no-pong": "ping-is-answered",
    "close-1001": "connection-stays",
    "close-1012": "connection-stays",
    "close-1013": "connection-stays",
    "disconnect": "connection-stays",
    "drop": "connection-stays",
    "half-message": "connection-stays",
}
CAN = [(feed, fault.name) for fault in FAULTS for feed in sorted(fault.feeds)]


@pytest.mark.parametrize(("feed", "fault"), CAN, ids=lambda name: name)
def test_each_fault_is_noticed(feed: str, fault: str) -> None:
    # A snapshot of a while ago is asked for when there has been a while.
    others = ("drop@5s",) if fault == "stale-snapshot" else ()
    watcher = watched(feed, fault, *others, seconds=12.0, rate=30.0)

    if fault == "reorganisation":
        assert broken(watcher) == {}
        assert "replaces 3 blocks" in watcher.noted(REORGANISES).remarks[0].detail
        return
    rule = NOTICED_BY[fault]
    assert (rule[feed] if isinstance(rule, dict) else rule) in broken(watcher)


def test_half_a_message_is_told_from_a_plain_end() -> None:
    assert "in the middle of a message" in broken(watched("exchange", "half-message"))["connection-stays"]
    assert "without a Close" in broken(watched("exchange", "drop"))["connection-stays"]
    assert "Close 1012" in broken(watched("exchange", "close-1012"))["connection-stays"]


def test_how_long_it_took_to_come_back_is_measured() -> None:
    recoveries = watched("exchange", "drop@2s/3s*2").measured.recoveries

    assert recoveries == [pytest.approx(BACK_SECONDS, abs=0.1)] * 2


def test_what_is_compressed_is_followed_as_well() -> None:
    plain, compressed = (watched("node", deflate=deflate, seconds=3.0) for deflate in (False, True))

    assert broken(plain) == broken(compressed) == {}
    assert plain.measured.messages == compressed.measured.messages


@pytest.mark.parametrize(
    "payload",
    [
        "f2 48 cd c9 c9 07 00",
        "f3 48 cd c9 c9 07 00 00",  # RFC 7692 §7.2.3.4: a final block
        "f2 48 05 00 00 00 ff ff ca c9 c9 07 00",  # RFC 7692 §7.2.3.5: two blocks
    ],
)
def test_what_an_endless_stream_compresses_is_read_whatever_its_blocks(payload: str) -> None:
    messages = InflatedMessages(Role.SERVER, Extension("permessage-deflate", ()), 100, lambda: 0.0)

    assert [list(messages.inflate(bytes.fromhex(payload))) for _ in range(2)] == [[b"Hello"]] * 2
    assert (messages.bytes_out, messages.fault) == (10, None)


def test_a_compressed_message_that_is_too_long_or_no_deflate_ends_the_stream() -> None:
    long, wrong = (InflatedMessages(Role.SERVER, Extension("permessage-deflate", ()), 100, lambda: 0.0) for _ in "ab")

    assert list(long.inflate(zlib.compress(b"a" * 10_000, wbits=-15)[:-1])) == []
    assert long.fault == "a message of more than 100 bytes, more than is read"
    assert [breach.requirement for breach in wrong.inflate(b"\xff\xff") if isinstance(breach, Breach)]
    assert wrong.fault


def test_an_endpoint_that_closes_and_keeps_tcp_is_left_and_told_of() -> None:
    watcher, client = opened()
    client.receive(b"\x88\x02\x03\xf4", 0.0)  # Close 1012
    client.transmit(0.0)
    due = client.next_deadline()

    assert due is not None
    assert due <= 2.0
    said = client.transmit(2.0)

    assert client.is_over
    assert said[-1] is Signal.END
    assert "the end of TCP behind the Closes" in broken(watcher)["closes-in-order"]
    assert "Close 1012" in broken(watcher)["connection-stays"]


def test_whoever_does_not_take_our_pongs_gets_no_more_of_them() -> None:
    _, client = opened()
    client.is_paused = True
    client.receive(b"\x89\x00" * 100, 0.0)

    assert client.transmit(0.0) == []


def opened() -> tuple[Watcher, Following]:
    """Return a subscriber whose connection is open, with its judge; it has said all that it has to say for now."""
    profile = find_profile("exchange")
    watcher = Watcher(profile, began=0.0)
    client = Following(watcher, Place(), profile.values, seeded("1"), deflate=False, now=0.0)
    source = SOURCES["exchange"](random.Random(1).random, rate=1.0, now=0.0)
    server = FeedSession(Publisher(source, Schedule(), encode, now=0.0), room=1, now=0.0)
    carry(client, server, 0.0)
    carry(server, client, 0.0)
    client.transmit(0.0)
    return watcher, client
