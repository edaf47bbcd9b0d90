"""The middle of a feed: what a source makes is cut into batches, each encoded once for all who get the same of it.

Subscribers pull: each remembers the batch that it comes to next. What nobody has pulled in time is forgotten, so that
a slow subscriber costs nobody anything; it finds out that it is too late, and is to be sent away.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, field

from .faults import Planned, Schedule, Stage
from .source import ALL, Made, Source

TICK_SECONDS = 0.01
"""How long a batch is, at least; with many subscribers it is longer."""

SUBSCRIBER_SECONDS = 25e-6
"""What serving one subscriber a batch takes, about. Batches are so long that half the time is left."""

HEARTBEAT_SECONDS = 1.0

BACKLOG_BYTES = 16 << 20
"""How many bytes of messages are kept for those who have not pulled them yet."""

BACKLOG_BATCHES = 2_000
"""How many batches are."""

COMMITTED = 1_000
"""How many faults are remembered that were committed."""

HELD = 500_000
"""How many messages a fault can hold back."""

Encode = Callable[[Sequence[bytes], Hashable], bytes]
"""Returns messages as they go onto the wire in a form, such as "compressed by a window of 12 bits"."""


@dataclass(frozen=True, slots=True)
class Act:
    """Something that happens to everybody's connection: the name of a fault, and until when it lasts."""

    name: str
    until: float


@dataclass(slots=True)
class Batch:
    """What was made in one tick, and what befell connections behind it. Encoded once for all who get the same of it."""

    made: list[Made]
    acts: tuple[Act, ...]
    size: int
    _encoded: dict[tuple[frozenset[str], Hashable], bytes] = field(default_factory=dict)

    def encoded(self, topics: frozenset[str], form: Hashable, encode: Encode) -> bytes:
        """Return what a subscriber to ``topics`` gets, in this ``form``. What nobody gets is not encoded."""
        known = self._encoded.get((topics, form))
        if known is None:
            wanted = [payload for topic, payload in self.made if topic in topics or topic == ALL]
            known = self._encoded[topics, form] = encode(wanted, form)
        return known


class Publisher:
    """Publishes what ``source`` makes, with what is to go wrong by ``schedule``.

    ``subscribers`` is how many there are, for whoever serves them to keep. ``first`` and ``end`` are the numbers of the
    oldest batch that is kept and of the next one.
    """

    def __init__(self, source: Source, schedule: Schedule, encode: Encode, *, now: float) -> None:
        self.source = source
        self.schedule = schedule
        self.encode = encode
        self.subscribers = 0
        self.first = 0
        self.end = 0
        self.messages = 0
        self.committed: list[tuple[str, float]] = []
        """What went wrong, and when, the first of it."""
        self.began: float | None = None
        """When the first subscription came."""
        self._listening = 0
        self._batches: deque[Batch] = deque()
        self._bytes = 0
        self._last = now
        self._next_heartbeat = now + HEARTBEAT_SECONDS
        self._stalled_until = 0.0
        self._held_until = 0.0
        self._mute_until = 0.0
        self._held: list[Made] = []
        self._spoiling: list[str] = []
        self._swapped: Made | None = None

    @property
    def tick_seconds(self) -> float:
        return max(TICK_SECONDS, self.subscribers * SUBSCRIBER_SECONDS * 2)

    @property
    def next_tick(self) -> float:
        """When there will be something to pull, perhaps."""
        return self._last + self.tick_seconds

    def subscribed(self, now: float) -> None:
        """Note that somebody listens who did not before; the first one ever begins the schedule."""
        if self.began is None:
            self.began = now
        if self._listening == 0:  # nothing was made for nobody
            self.source.skip_to(now)
            self._last = now
            self._next_heartbeat = now + HEARTBEAT_SECONDS
        self._listening += 1

    def unsubscribed(self) -> None:
        """Note that somebody listens no longer."""
        self._listening -= 1

    def batch(self, number: int) -> Batch:
        return self._batches[number - self.first]

    def advance(self, now: float) -> None:
        """Make what is due by ``now`` into a batch, if a tick is over."""
        if self._listening == 0 or self.began is None or now < self.next_tick:
            return
        self._last = now
        acts = self._acts(self.schedule.due(now - self.began), now)
        made = self._made(now)
        if made or acts:
            self.messages += len(made)
            size = sum([len(payload) for _, payload in made])
            self._batches.append(Batch(made, acts, size))
            self._bytes += size
            self.end += 1
            while len(self._batches) > BACKLOG_BATCHES or self._bytes > BACKLOG_BYTES:
                self._bytes -= self._batches.popleft().size
                self.first += 1

    def _acts(self, planned: list[Planned], now: float) -> tuple[Act, ...]:
        """Begin what is ``planned``; return what of it befalls connections."""
        acts: list[Act] = []
        for each in planned:
            until = now + each.lasts
            if each.fault.stage is not Stage.MADE:
                self._commit(each.fault.name, now)
            match each.fault.name:
                case "stall":
                    self._stalled_until = until
                case "burst":
                    self._held_until = until
                case "missed-heartbeat":
                    self._mute_until = until
                case name if each.fault.stage is Stage.MADE:
                    self._spoiling.append(name)
                case name:
                    acts.append(Act(name, until))
        return tuple(acts)

    def _made(self, now: float) -> list[Made]:
        if now < self._stalled_until:
            self.source.skip_to(now)
            self._next_heartbeat = now
            return []
        made = self.source.advance(now)
        if now >= self._next_heartbeat:
            self._next_heartbeat += HEARTBEAT_SECONDS * (1 + (now - self._next_heartbeat) // HEARTBEAT_SECONDS)
            beat = self.source.heartbeat(now)
            if beat is not None and now >= self._mute_until:
                made.append((ALL, beat))
        if self._spoiling:
            made = self._spoiled(made, now)
        if now < self._held_until:
            self._held += made[: HELD - len(self._held)]
            return []
        if self._held:
            made, self._held = self._held + made, []
        return made

    def _spoiled(self, made: list[Made], now: float) -> list[Made]:
        """Return ``made`` with the first fault that is due committed to it; one that finds nothing waits."""
        fault = self._spoiling[0]
        marked = [index for index, (topic, _) in enumerate(made) if self.source.marks(topic)]
        match fault:
            case "gap" if marked:
                del made[marked[0]]
            case "duplicate" if marked:
                made.insert(marked[0], made[marked[0]])
            case "out-of-order" if marked and self._swapped is None:
                self._swapped = made.pop(marked[0])
                marked = [index - 1 for index in marked[1:]]
                if not marked:
                    return made
                made.insert(marked[0] + 1, self._swapped)
                self._swapped = None
            case "out-of-order" if marked and self._swapped is not None:
                made.insert(marked[0] + 1, self._swapped)
                self._swapped = None
            case "gap" | "duplicate" | "out-of-order":
                return made
            case _:
                made += self.source.go_wrong(fault, now)
        del self._spoiling[0]
        self._commit(fault, now)
        return made

    def _commit(self, fault: str, now: float) -> None:
        if len(self.committed) < COMMITTED:
            self.committed.append((fault, now))
