"""The judge of a stream: what comes is told to it with the time, and it notes which rules do not hold.

It does no I/O and has no clock. ``now`` is in seconds on any clock that only grows; ``epoch`` is what has to be added
to it for the time since 1970. All that it keeps is bounded: streams, books, blocks, what is awaited, what it has noted.
"""

from __future__ import annotations

import math
from collections import Counter, OrderedDict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from ws_reports.escape import visible

from .book import Book
from .chain import Again, Block, Branches, Chain, Orphan
from .latency import Histogram
from .profile import Limits, Profile, Subscription
from .reading import NotJson, Reader, Reading, Unknown, captured, matcher, texts
from .rules import (
    ALL_RULES,
    BLOCK_ONCE,
    FOLLOWS,
    HEARTBEAT,
    IN_ORDER,
    KEEPS_RULES,
    NO_GAP,
    NO_REPEAT,
    NOT_CROSSED,
    NOT_SILENT,
    OPENS,
    PONG,
    PROMPT,
    READABLE,
    RECOGNISED,
    RECOVERS,
    REORGANISES,
    SNAPSHOT_CURRENT,
    SNAPSHOT_FIRST,
    STAYS,
    SUBSCRIBES,
    TAKEN_BACK,
    TIME_FORWARD,
    UNSUBSCRIBES,
    Rule,
)
from .sequence import Gap, Late, Repeated, Sequence
from .series import Series

KEPT = 20
"""How many findings of one rule are kept whole; the others are counted."""

BOOKS = 50
"""How many books are put together. Of more, only the numbers are judged."""

STREAMS = 1000
"""How many streams are told apart. What belongs to more is counted, but not judged."""

PINGS = 100
"""How many Pings may be without an answer at once."""

REQUIREMENTS = 200
"""How many requirements are told apart that the traffic departs from."""

CLOSING_SECONDS = 1.0
"""How long messages may still come behind an acknowledged end of a subscription: they were under way."""

GOING_AWAY = frozenset({1000, 1001, 1012, 1013})
"""Close codes by which an endpoint says that it ends the connection in order."""


@dataclass(frozen=True, slots=True)
class Found:
    """Something that should not be so: when it was noticed, in seconds from the beginning, and what it is."""

    at: float
    detail: str


@dataclass(slots=True)
class Noted:
    """What was noted of one rule: the ``first`` findings, and how many there are. ``held`` counts what was judged."""

    first: list[Found] = field(default_factory=list)
    count: int = 0
    held: int = 0
    remarks: list[Found] = field(default_factory=list)
    """What is worth telling, and breaks nothing."""


@dataclass(slots=True)
class _Stream:
    """What is known of one stream: its numbers, its times, and its book, if it has one."""

    name: str
    sequence: Sequence = field(default_factory=Sequence)
    last_time: float = -math.inf
    book: Book | None = None
    snapshot: int | None = None
    told_unfounded: bool = False
    is_lost: bool = False


@dataclass(slots=True)
class _Asked:
    """A subscription that was asked for on the connection at hand, or its end."""

    subscription: Subscription
    is_reply: Callable[[object], bool]
    is_refusal: Callable[[object], bool]
    due: float
    ends: bool


@dataclass(slots=True)
class Measured:
    """Numbers of the whole watch, all times in seconds."""

    messages: int = 0
    payload_bytes: int = 0
    numbered: int = 0
    kinds: Counter[str] = field(default_factory=Counter)
    delay: Histogram = field(default_factory=Histogram)
    disturbed_delay: Histogram = field(default_factory=Histogram)
    jitter: Histogram = field(default_factory=Histogram)
    pong: Histogram = field(default_factory=Histogram)
    connections: int = 0
    first_message: float | None = None
    recoveries: list[float] = field(default_factory=list)
    longest_silence: float = 0.0
    reorganisations: int = 0
    deepest: int = 0
    blocks: int = 0


class Watcher:
    """Judges a stream by ``profile``, whose waits are stretched by ``scale``, from ``began`` on."""

    def __init__(self, profile: Profile, *, began: float, epoch: float = 0.0, scale: float = 1.0) -> None:
        self.profile = profile
        self.limits = Limits.of(profile.bounds, scale)
        self.measured = Measured()
        self.series = Series(began)
        self.breaches: dict[str, Noted] = {}
        """What the traffic departs from, by requirement."""
        self.captured: dict[str, dict[str, str]] = {}
        """What replies have for templates, by subscription."""
        self.acknowledged: set[str] = set()
        """The subscriptions that are in force on the connection at hand."""
        self.lag = 0.0
        """How late whoever tells all this may be by its own fault, in seconds: nobody else is held to that.

        It is infinite as long as we do not keep up, for then nobody knows what is late.
        """
        self.beat_due = math.inf
        """When that will be measured again. If it was not by then, we are as late as that at least."""
        self.is_disturbed = False
        """Whether we have other work now, so that delays that are measured are ours as well."""
        self.wanted_snapshots: set[str] = set()
        """Subscriptions whose book is lost; whoever follows the stream may ask for a new snapshot."""
        self._began = began
        self._epoch = epoch
        self._reader = Reader(profile)
        self._notes = {rule: Noted() for rule in ALL_RULES}
        self._streams: OrderedDict[tuple[str, ...], _Stream] = OrderedDict()
        self._books = 0
        self._with_gaps: dict[int, _Stream] = {}
        self._chain = Chain()
        self._dropped: list[tuple[Block, float]] = []
        self._asked: dict[tuple[str, bool], _Asked] = {}
        self._ended_kinds: dict[str, float] = {}
        self._pings: OrderedDict[bytes, tuple[float, float]] = OrderedDict()
        self._promptest = math.inf
        self._last_delay: float | None = None
        self._is_open = False
        self._opened = began
        self._heard = began
        self._beat = began
        self._told_silence = False
        self._told_heartbeat = False
        self._is_parting = False
        self._ended_at: float | None = None
        self._told_absence = False
        self._subscription_of = {kind: each.name for each in profile.subscription for kind in each.kinds}

    # --- what was found ---

    def noted(self, rule: Rule) -> Noted:
        """Return what was noted of ``rule``."""
        return self._notes[rule]

    def find(self, rule: Rule, now: float, detail: str) -> None:
        """Note that ``rule`` does not hold."""
        note = self.noted(rule)
        note.count += 1
        self.series.at(now).findings += 1
        if len(note.first) < KEPT:
            note.first.append(Found(now - self._began, detail))

    def remark(self, rule: Rule, now: float, detail: str) -> None:
        """Note something that is worth telling."""
        note = self.noted(rule)
        if len(note.remarks) < KEPT:
            note.remarks.append(Found(now - self._began, detail))

    def breach(self, requirement: str, detail: str, now: float) -> None:
        """Note that the traffic departs from ``requirement``."""
        if requirement not in self.breaches and len(self.breaches) == REQUIREMENTS:
            return
        self.find(KEEPS_RULES, now, detail)
        note = self.breaches.setdefault(requirement, Noted())
        note.count += 1
        if len(note.first) < KEPT:
            note.first.append(Found(now - self._began, detail))

    # --- connections ---

    def opened(self, now: float) -> None:
        """Note that a connection is open. What was known of streams begins again: nobody saw what came meanwhile."""
        self.noted(OPENS).held += 1
        self.noted(KEEPS_RULES).held += 1
        self.measured.connections += 1
        self._is_open, self._opened = True, now
        self._heard = self._beat = now
        self._told_silence = self._told_heartbeat = self._is_parting = False
        self._streams.clear()
        self._books = 0
        self._with_gaps.clear()
        self._chain.pause()
        self._dropped.clear()
        self._asked.clear()
        self._ended_kinds.clear()
        self._pings.clear()
        self.captured.clear()
        self.acknowledged.clear()
        self.wanted_snapshots.clear()

    def refused(self, detail: str, now: float) -> None:
        """Note that an opening handshake opened no connection."""
        self.find(OPENS, now, detail)

    def ended(self, how: str, now: float, *, code: int | None = None) -> None:
        """Note that the target has ended the connection, with a Close that says ``code``, or without one (None)."""
        if not self._is_open:
            return
        self.tick(now)
        self._is_open = False
        lifetime = self.limits.lifetime
        if code in GOING_AWAY and lifetime is not None and now - self._opened >= lifetime:
            self.remark(STAYS, now, f"{how}, after {now - self._opened:.1f} s, as it may")
        else:
            self.find(STAYS, now, f"{how}, after {now - self._opened:.1f} s")
        self._ended_at = now
        self._told_absence = False

    def left(self, now: float) -> None:
        """Note that we end the connection ourselves, and the watch with it."""
        if self._is_open:
            self.tick(now)
            self.noted(STAYS).held += 1
        self._is_open = False
        self.measured.longest_silence = max(self.measured.longest_silence, now - self._heard)

    # --- what we do ---

    def asked(self, subscription: Subscription, number: str, now: float, *, ends: bool = False) -> None:
        """Note that we subscribe, or unsubscribe if that ``ends`` it, by a message with the id ``number``."""
        if ends:
            self._is_parting = True
        given = {"id": number}
        match = (subscription.unsubscribed or subscription.acknowledged) if ends else subscription.acknowledged
        if match is None:
            if not ends:
                self.acknowledged.add(subscription.name)
            return
        self._asked[subscription.name, ends] = _Asked(
            subscription,
            matcher(match, given),
            matcher(subscription.refused, given) if subscription.refused is not None else lambda document: False,
            now + self.limits.acknowledged,
            ends,
        )

    def pinged(self, payload: bytes, due: float, now: float) -> None:
        """Note that a Ping was sent that was ``due`` a moment ago."""
        if len(self._pings) < PINGS:
            self._pings[payload] = (due, now + self.limits.pong)

    def ponged(self, payload: bytes, now: float) -> None:
        """Note a Pong. It answers all Pings up to the one with its payload (§5.5.3), and is no part of the stream."""
        if payload not in self._pings:
            return
        self.noted(PONG).held += 1
        due, _ = self._pings[payload]
        if not self.is_disturbed:
            self.measured.pong.add(now - due)
        while self._pings:
            answered, _ = self._pings.popitem(last=False)
            if answered == payload:
                return

    @property
    def awaits_ends(self) -> bool:
        """Whether the end of some subscription was asked for, and is not acknowledged."""
        return any(ends for _, ends in self._asked)

    # --- what comes ---

    def message(self, payload: bytes, now: float) -> None:
        """Take in a message."""
        measured = self.measured
        measured.messages += 1
        measured.payload_bytes += len(payload)
        part = self.series.at(now)
        part.messages += 1
        part.bytes += len(payload)
        self._heard_something(now)
        reading = self._reader.read(payload)
        match reading:
            case NotJson(detail):
                self.find(READABLE, now, detail)
                return
            case Unknown(detail, document):
                if not self._replied(document, now) and self.profile.others == "fail":
                    self.find(RECOGNISED, now, detail)
                return
        kind = reading.kind
        measured.kinds[kind.name] += 1
        if self._ended_kinds and kind.name in self._ended_kinds and now > self._ended_kinds[kind.name]:
            self.find(UNSUBSCRIBES, now, f"a message '{kind.name}' came behind the end of its subscription")
        match kind.role:
            case "reply" | "error":
                self._replied(reading.document, now)
            case "heartbeat":
                self._beats(now)
            case "block":
                self._take_block(reading, now)
            case "log":
                self._take_log(reading, now)
            case "snapshot":
                self._take_snapshot(reading, now)
            case _:
                if reading.sequence is not None or kind.role == "delta":
                    self._take_numbered(reading, reading.sequence, now)
        if reading.time is not None:
            self._timed(reading, reading.time, now)
        if kind.role not in ("reply", "error", "heartbeat"):
            if measured.first_message is None:
                measured.first_message = now - self._opened
            if self._ended_at is not None:
                self._back(now - self._ended_at, now)

    def _back(self, seconds: float, now: float) -> None:
        self._ended_at = None
        self.noted(RECOVERS).held += 1
        if len(self.measured.recoveries) < KEPT * KEPT:
            self.measured.recoveries.append(seconds)
        self.remark(RECOVERS, now, f"the stream was there again after {seconds:.2f} s")

    def _heard_something(self, now: float) -> None:
        silence = now - self._heard
        if silence > self.measured.longest_silence:
            self.measured.longest_silence = silence
        self._heard = now
        self._told_silence = False

    def _beats(self, now: float) -> None:
        self.noted(HEARTBEAT).held += 1
        self._beat = now
        self._told_heartbeat = False

    def _replied(self, document: object, now: float) -> bool:
        """Note a reply to something that was asked for; return whether it is one."""
        for key, asked in self._asked.items():
            if asked.is_reply(document):
                del self._asked[key]
                self._agreed(asked, document, now)
                return True
            if asked.is_refusal(document):
                del self._asked[key]
                what = "the end of it" if asked.ends else "it"
                self.find(SUBSCRIBES, now, f"'{asked.subscription.name}': the endpoint refuses {what}")
                return True
        return False

    def _agreed(self, asked: _Asked, document: object, now: float) -> None:
        subscription = asked.subscription
        self.noted(SUBSCRIBES).held += 1
        if not asked.ends:
            self.captured[subscription.name] = dict(captured(subscription.captures, document))
            self.acknowledged.add(subscription.name)
            return
        self.noted(UNSUBSCRIBES).held += 1
        self.acknowledged.discard(subscription.name)
        for kind in subscription.kinds:
            self._ended_kinds[kind] = now + CLOSING_SECONDS

    # --- numbers and books ---

    def _stream(self, reading: Reading) -> _Stream | None:
        key = (reading.kind.counter or reading.kind.name, *reading.stream)
        stream = self._streams.get(key)
        if stream is None and len(self._streams) < STREAMS:
            name = visible(key[0], 60) + (f" of {texts(key[1:])}" if key[1:] else "")
            stream = self._streams[key] = _Stream(name)
        return stream

    def _take_snapshot(self, reading: Reading, now: float) -> None:
        stream = self._stream(reading)
        if stream is None:
            return
        self.noted(SNAPSHOT_FIRST).held += 1
        if stream.book is None:
            self._books += 1
        book = stream.book = stream.book or Book()
        stream.is_lost = self._books > BOOKS
        if not stream.is_lost:
            book.replace(reading.bids, reading.asks)
        if reading.sequence is not None:
            self._settle(stream, math.inf)
            stream.sequence.restart(reading.sequence)
            stream.snapshot = reading.sequence
        self._check_book(stream, book, now)

    def _take_numbered(self, reading: Reading, number: int | None, now: float) -> None:
        stream = self._stream(reading)
        if stream is None:
            return
        is_delta = reading.kind.role == "delta"
        if is_delta and stream.book is None and not stream.told_unfounded:
            stream.told_unfounded = True
            self.find(SNAPSHOT_FIRST, now, f"{stream.name}: a delta came before a snapshot")
            self._lose(stream, reading)
        is_next = True
        if number is not None:
            if stream.snapshot is not None and is_delta:
                if number <= stream.snapshot:
                    return  # the snapshot has it already
                self._check_snapshot(stream, stream.snapshot, reading, number, now)
            is_next = self._step(stream, reading, number, now)
        if is_delta and stream.book is not None and is_next and not stream.is_lost:
            stream.book.change(reading.bids, reading.asks)
            self._check_book(stream, stream.book, now)

    def _check_snapshot(self, stream: _Stream, snapshot: int, reading: Reading, number: int, now: float) -> None:
        """Judge the first delta that is newer than the ``snapshot`` of that number."""
        stream.snapshot = None
        begins = number if reading.sequence_from is None else reading.sequence_from
        follows = reading.previous == snapshot if reading.previous is not None else begins <= snapshot + 1
        self.noted(SNAPSHOT_CURRENT).held += 1
        if follows:
            stream.sequence.restart(number - 1 if reading.previous is None else snapshot)
            if reading.sequence_from is not None:
                reading.sequence_from = number
            return
        self.find(SNAPSHOT_CURRENT, now, f"{stream.name}: number {begins} came behind a snapshot of number {snapshot}")
        stream.sequence.restart()
        self._lose(stream, reading)

    def _step(self, stream: _Stream, reading: Reading, number: int, now: float) -> bool:
        """Judge a ``number``; return whether it is the next."""
        self.measured.numbered += 1
        until = now + self.limits.reorder
        wrong = stream.sequence.step(number, reading.sequence_from, reading.previous, until)
        match wrong:
            case None:
                return True
            case Gap():
                self._with_gaps[id(stream)] = stream
                self._settle(stream, now)
                self._lose(stream, reading)
            case Late():
                self.find(IN_ORDER, now, f"{stream.name}: {wrong}")
                self._settle(stream, now)
            case Repeated():
                self.find(NO_REPEAT, now, f"{stream.name}: {wrong}")
        return False

    def _settle(self, stream: _Stream, now: float) -> None:
        """Note what is missing and will not come any more."""
        for gap in stream.sequence.settled(now):
            self.find(NO_GAP, min(now, self._heard), f"{stream.name}: {gap}")
        if not stream.sequence.gaps:
            self._with_gaps.pop(id(stream), None)

    def _lose(self, stream: _Stream, reading: Reading) -> None:
        """Note that the book of ``stream`` can no longer be told, until there is a new snapshot."""
        if reading.kind.role != "delta":
            return
        stream.is_lost = True
        subscription = self._subscription_of.get(reading.kind.name)
        if subscription is not None:
            self.wanted_snapshots.add(subscription)

    def _check_book(self, stream: _Stream, book: Book, now: float) -> None:
        self.noted(NOT_CROSSED).held += 1
        if book.is_crossed:
            detail = f"{stream.name}: the best bid is {book.best_bid:.15g}, the best ask {book.best_ask:.15g}"
            self.find(NOT_CROSSED, now, detail)
            stream.is_lost = True  # what follows from it is not told again and again
            self.wanted_snapshots |= {
                self._subscription_of[k.name] for k in self.profile.kind if self._is_delta(k.name)
            }
        elif book.is_too_large:
            stream.is_lost = True
            book.replace((), ())

    def _is_delta(self, name: str) -> bool:
        return name in self._subscription_of and any(k.name == name and k.role == "delta" for k in self.profile.kind)

    # --- blocks ---

    def _take_block(self, reading: Reading, now: float) -> None:
        block = Block(reading.hash, reading.parent, reading.number)
        had_head = self._chain.head is not None
        self.measured.blocks += 1
        name = f"block {reading.number} {visible(reading.hash, 20)}"
        match self._chain.extend(block):
            case Again():
                self.find(BLOCK_ONCE, now, f"{name} came again")
            case Orphan(head):
                detail = f"{name} has the parent {visible(reading.parent, 20)}, which was not seen; the head was"
                self.find(FOLLOWS, now, f"{detail} {head.number} {visible(head.hash, 20)}")
            case Branches(dropped):
                self._reorganised(block, dropped, now)
            case _:
                if had_head:
                    self.noted(FOLLOWS).held += 1

    def _reorganised(self, block: Block, dropped: tuple[Block, ...], now: float) -> None:
        depth = len(dropped)
        self.measured.reorganisations += 1
        self.measured.deepest = max(self.measured.deepest, depth)
        self.noted(REORGANISES).held += 1
        words = f"block {block.number} {visible(block.hash, 20)} begins a branch that replaces {depth} blocks"
        if depth > self.limits.reorganisation:
            self.find(REORGANISES, now, f"{words}; {self.limits.reorganisation} are allowed")
        else:
            self.remark(REORGANISES, now, words)
        room = STREAMS - len(self._dropped)
        self._dropped += [(each, now + self.limits.taken_back) for each in dropped if each.logs][:room]

    def _take_log(self, reading: Reading, now: float) -> None:
        if not reading.removed:
            self._chain.add_log(reading.hash, reading.identity)
        elif self._chain.take_back(reading.hash, reading.identity):
            self.noted(TAKEN_BACK).held += 1

    # --- time ---

    def _timed(self, reading: Reading, time: float, now: float) -> None:
        delay = now + self._epoch - time
        measured = self.measured
        if self.is_disturbed:
            measured.disturbed_delay.add(delay)
        else:
            measured.delay.add(delay)
            if self._last_delay is not None:
                measured.jitter.add(abs(delay - self._last_delay))
        self._last_delay = None if self.is_disturbed else delay
        part = self.series.at(now)
        part.delay = max(part.delay, delay)
        if delay < self._promptest:
            self._promptest = delay
        bound = self.limits.delay
        if bound is not None and delay - self._promptest > bound + self.lateness(now):
            late = delay - self._promptest
            self.find(PROMPT, now, f"a message '{reading.kind.name}' came {late:.3f} s later than the promptest")
        if reading.sequence is not None and (stream := self._stream(reading)) is not None:
            if time < stream.last_time and reading.sequence == stream.sequence.last:
                self.find(TIME_FORWARD, now, f"{stream.name}: number {reading.sequence} is older than the one before")
            stream.last_time = max(stream.last_time, time)

    def lateness(self, now: float) -> float:
        """Return how late we may be ourselves at ``now``, in seconds."""
        return max(self.lag, now - self.beat_due)

    def overrun(self, now: float) -> None:
        """Note that we do not read as fast as it comes."""
        if self.lag != math.inf:
            self.lag = math.inf
            self.remark(PROMPT, now, "we do not read as fast as it comes; what is late meanwhile is not judged")

    def next_deadline(self) -> float | None:
        """Return when ``tick`` is to be called at the latest."""
        due = min(min(self._deadlines(), default=math.inf) + self.lag, min(self._gaps(), default=math.inf))
        return None if due == math.inf else due

    def _deadlines(self) -> Iterator[float]:
        limits = self.limits
        if self._ended_at is not None and not self._told_absence:
            yield self._ended_at + limits.recovery
        if not self._is_open:
            return
        if not self._is_parting:
            if limits.silence is not None and not self._told_silence:
                yield self._heard + limits.silence
            if limits.heartbeat is not None and not self._told_heartbeat:
                yield self._beat + limits.heartbeat
        if self._pings:
            yield next(iter(self._pings.values()))[1]
        for asked in self._asked.values():
            yield asked.due
        for _, due in self._dropped[:1]:
            yield due

    def _gaps(self) -> Iterator[float]:
        for stream in self._with_gaps.values():
            yield stream.sequence.gaps[0].until

    def tick(self, now: float) -> None:
        """Note what did not happen in time, which nobody knows before we have made up for our own lateness."""
        past = now - self.lateness(now)
        if self._ended_at is not None and not self._told_absence and past >= self._ended_at + self.limits.recovery:
            self._told_absence = True
            self.find(
                RECOVERS, now, f"{now - self._ended_at:.1f} s behind the end of the last connection, nothing came"
            )
        if not self._is_open:
            return
        self._tick_silence(now, past)
        while self._pings and (due := next(iter(self._pings.values()))[1]) <= past:
            self._pings.popitem(last=False)
            self.find(PONG, now, f"a Ping had no answer {now - due + self.limits.pong:.1f} s after it was sent")
        for key, asked in list(self._asked.items()):
            if asked.due <= past:
                del self._asked[key]
                what = "its end was" if asked.ends else "it was"
                detail = f"'{asked.subscription.name}': {what} not acknowledged within {self.limits.acknowledged:g} s"
                self.find(SUBSCRIBES, now, detail)
        while self._dropped and self._dropped[0][1] <= past:
            block, _ = self._dropped.pop(0)
            if block.logs:
                detail = f"block {block.number} {visible(block.hash, 20)} was replaced; of its logs {len(block.logs)}"
                self.find(TAKEN_BACK, now, f"{detail} were not taken back within {self.limits.taken_back:g} s")
        for stream in list(self._with_gaps.values()):
            self._settle(stream, now)

    def _tick_silence(self, now: float, past: float) -> None:
        limits = self.limits
        if self._is_parting:
            return  # whoever unsubscribes has no claim to hear anything
        silence, heartbeat = limits.silence, limits.heartbeat
        if silence is not None and not self._told_silence and past >= self._heard + silence:
            self._told_silence = True
            self.find(NOT_SILENT, now, f"nothing came for {now - self._heard:.1f} s")
        if heartbeat is not None and not self._told_heartbeat and past >= self._beat + heartbeat:
            self._told_heartbeat = True
            self.find(HEARTBEAT, now, f"no heartbeat came for {now - self._beat:.1f} s")
