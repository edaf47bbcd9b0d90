"""What a client did that lives on a feed: each connection, watched from the feed's side, and judged by its scenario.

A witness stands before the feed's session, as a Peer, and lets an observer see all that the client sends. The judging
is a pure function of what the witnesses saw, of what the feed committed, and of what the client believed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

from ..head import read_response_head
from ..model import Breach, Close, Ended, Message, Ping, Requested
from ..mutants.feed_server import FeedSession
from ..observer import Observer
from ..peer import Chunk, Role, Signal
from .scenarios import (
    ANSWERS_CLOSE,
    ANSWERS_PINGS,
    ASKS_ANEW,
    BELIEVES,
    COMES_BACK,
    KEEPS_RULES,
    KEEPS_UP,
    LEAVES,
    LIVES_ON,
    NOTICES_SILENCE,
    ONE_AT_A_TIME,
    RANDOMISED,
    RESUBSCRIBES,
    SUBSCRIBES,
    WAITS,
    WAITS_LONGER,
    ClientRule,
    Scenario,
)

BREACHES = 50
"""How many breaches of one connection are kept."""

PONG_SECONDS = 2.0
"""How soon a client answers a Ping."""

SNAPSHOT_SECONDS = 3.0
"""How soon a client asks for a new snapshot when something is missing."""

SILENCE_SECONDS = 6.5
"""How soon a client does something about silence."""

SHORTEST_WAIT_SECONDS = 0.05
"""A client that connects again sooner than this has not waited."""

KNOCKS = 5
"""How many connections within one second are too many."""

GROWTH = 1.3
"""By how much the last of several waits has to exceed the first, to have grown."""

COMPARED = 3
"""In how many lives a client has to come back for its waits to be compared."""

SPREAD_SECONDS = 0.05
"""By how much they have to differ: less is the machine's doing."""

BEHIND = 150
"""How many batches a client may be behind at the end and keep up, which is a second and a half."""


class Witness:
    """One connection of a client, to ``session``, that came at ``now``."""

    def __init__(self, session: FeedSession, now: float) -> None:
        self.session = session
        self.came = now
        self.requested: float | None = None
        self.answered: float | None = None
        self.ended: float | None = None
        """When the client ended TCP, or TCP was over."""
        self.sent_close: float | None = None
        self.pinged: list[float] = []
        self.messages: list[float] = []
        self.breaches: list[Breach] = []
        self._observer = Observer(Role.CLIENT)

    def receive(self, chunk: Chunk, now: float) -> None:
        for seen in self._observer.observe(chunk):
            match seen:
                case Breach() if len(self.breaches) < BREACHES:
                    self.breaches.append(seen)
                case Requested():
                    self.requested = now
                case Message() if len(self.messages) < BREACHES * BREACHES:
                    self.messages.append(now)
                case Close():
                    self.sent_close = now
                case Ended():
                    self.over(now)
                case Ping() if len(self.pinged) < BREACHES * BREACHES:
                    self.pinged.append(now)
                case _:
                    pass
        self.session.receive(chunk, now)

    def transmit(self, now: float) -> list[Chunk]:
        said = self.session.transmit(now)
        if said and self.answered is None and self.requested is not None:
            self.answered = now
            self._observer.answered = True
            if isinstance(said[0], bytes):
                self._note_agreement(said[0])
        if Signal.END in said:
            self.over(now)
        return said

    def _note_agreement(self, data: bytes) -> None:
        head, _, _ = data.partition(b"\r\n\r\n")
        self._observer.agreed(read_response_head(head))

    def over(self, now: float) -> None:
        if self.ended is None:
            self.ended = now

    def next_deadline(self) -> float | None:
        return self.session.next_deadline()

    @property
    def was_open(self) -> bool:
        return self.session.facts.opened is not None


@dataclass(frozen=True, slots=True)
class Belief:
    """Something that the client said it believes, when, and whether it was true."""

    at: float
    words: str
    is_true: bool


@dataclass(slots=True)
class Life:
    """All that there is to judge a client by in one scenario, times on one clock.

    ``told_to_end`` is when we asked it to end, and ``died`` says how it ended before that, if it did.
    """

    scenario: Scenario
    began: float
    witnesses: list[Witness] = field(default_factory=list)
    committed: Sequence[tuple[str, float]] = ()
    beliefs: list[Belief] = field(default_factory=list)
    told_to_end: float = 0.0
    died: str | None = None

    @property
    def opened(self) -> list[Witness]:
        return [witness for witness in self.witnesses if witness.was_open]


@dataclass(frozen=True, slots=True)
class Judged:
    """What a rule comes to: ``broken`` says how it does not hold; ``unseen`` why nothing can be said."""

    rule: ClientRule
    broken: str | None = None
    unseen: str | None = None
    observed: str = ""


def judge(life: Life) -> list[Judged]:
    """Return what each rule of the scenario comes to."""
    return [_JUDGES[rule](life) for rule in life.scenario.rules]


def _subscribes(life: Life) -> Judged:
    if not life.witnesses:
        return Judged(SUBSCRIBES, broken=f"it did not connect{_death(life)}")
    if not any(witness.session.facts.subscribed for witness in life.witnesses):
        return Judged(SUBSCRIBES, broken=f"it connected, and subscribed to nothing{_death(life)}")
    return Judged(SUBSCRIBES, observed=", ".join(sorted(_topics(life.opened))))


def _answers_pings(life: Life) -> Judged:
    facts = [witness.session.facts for witness in life.opened]
    slowest = max((each.slowest_pong for each in facts), default=0.0)
    if not sum(each.pings for each in facts):
        return Judged(ANSWERS_PINGS, unseen="no Ping was sent")
    for witness in life.opened:
        due = witness.session.facts.ping_due
        until = witness.ended if witness.ended is not None else life.told_to_end
        if due is not None and until - due > PONG_SECONDS:
            return Judged(ANSWERS_PINGS, broken=f"a Ping had no answer after {until - due:.1f} s")
    if slowest > PONG_SECONDS:
        return Judged(ANSWERS_PINGS, broken=f"a Ping was answered after {slowest:.1f} s")
    return Judged(ANSWERS_PINGS, observed=f"within {slowest * 1000:.0f} ms")


def _keeps_rules(life: Life) -> Judged:
    found = [breach for witness in life.witnesses for breach in witness.breaches]
    if found:
        told = "; ".join(dict.fromkeys(f"{breach.detail} ({breach.requirement})" for breach in found[:5]))
        return Judged(KEEPS_RULES, broken=told)
    return Judged(KEEPS_RULES) if life.witnesses else Judged(KEEPS_RULES, unseen="it did not connect")


def _answers_close(life: Life) -> Judged:
    closed = [witness for witness in life.opened if witness.session.facts.close_said is not None]
    if not closed:
        return Judged(ANSWERS_CLOSE, unseen="no Close was sent to it")
    if all(witness.sent_close is not None for witness in closed):
        return Judged(ANSWERS_CLOSE)
    return Judged(ANSWERS_CLOSE, broken="TCP ended without its Close")


def _comes_back(life: Life) -> Judged:
    waits = list(_waits(life))
    if not waits and len(life.witnesses) == 1 and life.witnesses[0].ended is None:
        return Judged(COMES_BACK, unseen="no connection ended")
    last = life.witnesses[-1] if life.witnesses else None
    if last is None or not waits or not last.was_open:
        return Judged(COMES_BACK, broken=f"it did not come back{_death(life)}")
    return Judged(COMES_BACK, observed=f"after {', '.join(f'{wait:.2f} s' for wait in waits[:10])}")


def _resubscribes(life: Life) -> Judged:
    opened = life.opened
    if len(opened) < 2:
        return Judged(RESUBSCRIBES, unseen="it did not come back")
    before = _topics(opened[:1])
    missing = before - _topics(opened[1:])
    if missing:
        return Judged(RESUBSCRIBES, broken=f"it did not subscribe again to {', '.join(sorted(missing))}")
    return Judged(RESUBSCRIBES, observed=", ".join(sorted(before)))


def _waits_first(life: Life) -> Judged:
    waits = list(_waits(life))
    if not waits:
        return Judged(WAITS, unseen="it did not come back")
    came = [witness.came for witness in life.witnesses]
    knocks = max(sum(1 for other in came if at <= other < at + 1.0) for at in came)
    if knocks > KNOCKS:
        return Judged(WAITS, broken=f"it connected {knocks} times within a second")
    if min(waits) < SHORTEST_WAIT_SECONDS:
        return Judged(WAITS, broken=f"it came back {min(waits) * 1000:.0f} ms behind the end")
    return Judged(WAITS, observed=f"{min(waits):.2f} s at least")


def _waits_longer(life: Life) -> Judged:
    waits = list(_waits(life))[:3]
    words = ", ".join(f"{wait:.2f} s" for wait in waits)
    if len(waits) < 2:
        return Judged(WAITS_LONGER, unseen="it did not come back twice")
    if waits[-1] < GROWTH * waits[0]:
        return Judged(WAITS_LONGER, broken=f"it waited {words}")
    return Judged(WAITS_LONGER, observed=words)


def _one_at_a_time(life: Life) -> Judged:
    for one, other in zip(life.witnesses, life.witnesses[1:], strict=False):
        settled = min((at for at in (one.answered, one.ended) if at is not None), default=life.told_to_end)
        if other.came < settled:
            words = f"it came again {other.came - one.came:.2f} s later, while its handshake had no answer"
            return Judged(ONE_AT_A_TIME, broken=words)
    return Judged(ONE_AT_A_TIME) if life.witnesses else Judged(ONE_AT_A_TIME, unseen="it did not connect")


def _asks_anew(life: Life) -> Judged:
    needing = [at for name, at in life.committed if name in ("gap", "crossed-book")]
    if not needing:  # a stale snapshot: the second one that was given is that
        given = sorted(at for witness in life.opened[1:] for at in witness.session.facts.snapshots)
        needing = given[:1]
    if not needing:
        return Judged(ASKS_ANEW, unseen="nothing came that made it necessary")
    at = needing[0]
    asked = [when for witness in life.opened for when in witness.session.facts.snapshots if when > at]
    if not asked:
        return Judged(ASKS_ANEW, broken="it asked for none, and stayed")
    if min(asked) - at > SNAPSHOT_SECONDS:
        return Judged(ASKS_ANEW, broken=f"it asked for one after {min(asked) - at:.1f} s")
    return Judged(ASKS_ANEW, observed=f"after {min(asked) - at:.2f} s")


def _notices_silence(life: Life) -> Judged:
    at = next((at for name, at in life.committed if name == "stall"), None)
    if at is None:
        return Judged(NOTICES_SILENCE, unseen="there was no silence")
    acts = [
        when
        for witness in life.witnesses
        for when in (witness.came, witness.sent_close, *witness.pinged, *witness.messages)
        if when is not None and at + 0.5 < when < at + SILENCE_SECONDS
    ]
    if not acts:
        return Judged(NOTICES_SILENCE, broken=f"in {SILENCE_SECONDS:g} s without a message it did nothing")
    return Judged(NOTICES_SILENCE, observed=f"after {min(acts) - at:.1f} s")


def _keeps_up(life: Life) -> Judged:
    shed = any(witness.session.facts.is_shed for witness in life.opened)
    last = life.opened[-1] if life.opened else None
    if last is None:
        return Judged(KEEPS_UP, unseen="it did not connect")
    if shed:
        return Judged(KEEPS_UP, broken="it read so slowly that it was sent away")
    if last.ended is None and last.session.topics and last.session.behind > BEHIND:
        return Judged(KEEPS_UP, broken=f"at the end it was {last.session.behind} batches behind")
    return Judged(KEEPS_UP)


def _lives_on(life: Life) -> Judged:
    if life.died is not None:
        return Judged(LIVES_ON, broken=life.died)
    last = life.opened[-1] if life.opened else None
    is_there = last is not None and (last.ended is None or last.ended >= life.told_to_end)
    if last is None or not is_there or not last.session.facts.subscribed:
        return Judged(LIVES_ON, broken="at the end it was not connected and subscribed")
    return Judged(LIVES_ON)


def _believes(life: Life) -> Judged:
    wrong = [belief for belief in life.beliefs if not belief.is_true]
    if not life.beliefs:
        return Judged(BELIEVES, unseen="it said nothing of what it believes, in lines of JSON on its standard output")
    if wrong:
        first = wrong[0]
        words = f"{len(wrong)} of {len(life.beliefs)} beliefs were not true, the first at {first.at - life.began:.1f} s"
        return Judged(BELIEVES, broken=f"{words}: {first.words}")
    return Judged(BELIEVES, observed=f"{len(life.beliefs)} beliefs were true")


def _leaves(life: Life) -> Judged:
    last = life.opened[-1] if life.opened else None
    if last is None or (last.ended is not None and last.ended < life.told_to_end):
        return Judged(LEAVES, unseen="it was not connected at the end")
    if last.sent_close is None:
        return Judged(LEAVES, broken="TCP ended without its Close")
    return Judged(LEAVES)


def judge_waits(lives: Sequence[Life]) -> Judged:
    """Return whether what the client waited for behind an end differs from one life to the next."""
    first = [wait for life in lives if RESUBSCRIBES in life.scenario.rules for wait in list(_waits(life))[:1]]
    words = ", ".join(f"{wait:.2f} s" for wait in first)
    if len(first) < COMPARED:
        return Judged(RANDOMISED, unseen=f"it came back in {len(first)} scenarios, and {COMPARED} are compared")
    if max(first) - min(first) < SPREAD_SECONDS:
        return Judged(RANDOMISED, broken=f"it waited {words}")
    return Judged(RANDOMISED, observed=words)


_JUDGES: dict[ClientRule, Callable[[Life], Judged]] = {
    SUBSCRIBES: _subscribes,
    ANSWERS_PINGS: _answers_pings,
    KEEPS_RULES: _keeps_rules,
    ANSWERS_CLOSE: _answers_close,
    COMES_BACK: _comes_back,
    RESUBSCRIBES: _resubscribes,
    WAITS: _waits_first,
    WAITS_LONGER: _waits_longer,
    ONE_AT_A_TIME: _one_at_a_time,
    ASKS_ANEW: _asks_anew,
    NOTICES_SILENCE: _notices_silence,
    KEEPS_UP: _keeps_up,
    LIVES_ON: _lives_on,
    BELIEVES: _believes,
    LEAVES: _leaves,
}


def _topics(witnesses: Sequence[Witness]) -> frozenset[str]:
    return frozenset(topic for witness in witnesses for topic in witness.session.facts.subscribed)


def _waits(life: Life) -> Iterator[float]:
    """Yield how long the client stayed away before each connection but the first."""
    for one, other in zip(life.witnesses, life.witnesses[1:], strict=False):
        if one.ended is not None and other.came >= one.ended:
            yield other.came - one.ended


def _death(life: Life) -> str:
    return f": {life.died}" if life.died is not None else ""
