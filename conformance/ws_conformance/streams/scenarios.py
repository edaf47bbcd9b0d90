"""What befalls a client that lives on a stream: scenarios, each with what goes wrong and what is asked of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, eq=False)
class ClientRule:
    """What a client does that lives on a stream, and why. ``is_advice`` is true where no MUST of an RFC says so."""

    id: str
    holds: str
    because: str
    is_advice: bool = False


SUBSCRIBES = ClientRule(
    "stream-client/subscribes", "It connects and subscribes.", "Nothing else can be seen of it otherwise."
)
ANSWERS_PINGS = ClientRule(
    "stream-client/answers-pings",
    "It answers each Ping in time, whatever else it does.",
    "RFC 6455 §5.5.2. Servers give up whoever does not.",
)
KEEPS_RULES = ClientRule(
    "stream-client/keeps-the-rules",
    "It sends nothing that no client may send.",
    "RFC 6455 and RFC 7692, as the observer of all cases holds them against what it sends.",
)
ANSWERS_CLOSE = ClientRule("stream-client/answers-a-close", "It answers a Close with a Close.", "RFC 6455 §5.5.1.")
COMES_BACK = ClientRule(
    "stream-client/comes-back",
    "It connects again when a connection has ended, or was refused.",
    "Streams end, if only once a day. A client that stays away is blind.",
)
RESUBSCRIBES = ClientRule(
    "stream-client/subscribes-again",
    "On a new connection it subscribes to all that it had subscribed to.",
    "The endpoint has forgotten it. Silence looks like a quiet market.",
)
WAITS = ClientRule(
    "stream-client/waits-before-it-comes-back",
    "It waits a moment before it connects again, and does not knock many times a second.",
    "RFC 6455 §7.2.3: a crowd that comes back at once keeps a server down.",
    is_advice=True,
)
WAITS_LONGER = ClientRule(
    "stream-client/waits-longer-each-time",
    "It waits longer each time that it is refused.",
    "RFC 6455 §7.2.3: the delay between attempts grows.",
    is_advice=True,
)
ONE_AT_A_TIME = ClientRule(
    "stream-client/opens-one-connection-at-a-time",
    "It opens no second connection while one is being opened.",
    "RFC 6455 §4.1 item 2: there is at most one connection in the state CONNECTING.",
)
ASKS_ANEW = ClientRule(
    "stream-client/asks-for-a-new-snapshot",
    "When its state can no longer be right, it asks for a new snapshot, or connects again.",
    "What is built on a gap is wrong until then.",
)
NOTICES_SILENCE = ClientRule(
    "stream-client/notices-silence",
    "When nothing comes for long, it sends a Ping, subscribes anew, or connects again.",
    "A stall keeps the connection and brings nothing.",
    is_advice=True,
)
KEEPS_UP = ClientRule(
    "stream-client/keeps-up",
    "It reads as fast as the stream comes, or asks for less.",
    "What waits to be read grows without bound, and is old when it is read.",
)
LIVES_ON = ClientRule(
    "stream-client/lives-on",
    "Behind the fault it is connected and subscribed.",
    "A crash at night is noticed in the morning.",
)
BELIEVES = ClientRule(
    "stream-client/believes-what-is-true",
    "What it says that it believes was true a moment ago.",
    "This is what it trades on.",
)
LEAVES = ClientRule(
    "stream-client/closes-in-order",
    "Told to end, it sends a Close before it ends TCP.",
    "RFC 6455 §7.1.2.",
    is_advice=True,
)

RANDOMISED = ClientRule(
    "stream-client/waits-are-randomised",
    "It does not always wait for the same time before it comes back.",
    "RFC 6455 §7.2.3: the first delay is random, lest a crowd comes back at once.",
    is_advice=True,
)
"""This is seen over several scenarios."""

ALL_CLIENT_RULES: tuple[ClientRule, ...] = (
    SUBSCRIBES,
    ANSWERS_PINGS,
    KEEPS_RULES,
    ANSWERS_CLOSE,
    COMES_BACK,
    RESUBSCRIBES,
    WAITS,
    WAITS_LONGER,
    ONE_AT_A_TIME,
    ASKS_ANEW,
    NOTICES_SILENCE,
    KEEPS_UP,
    LIVES_ON,
    BELIEVES,
    LEAVES,
    RANDOMISED,
)

_ALWAYS = (SUBSCRIBES, KEEPS_RULES, ONE_AT_A_TIME, LIVES_ON, BELIEVES)
_RETURNING = (*_ALWAYS, COMES_BACK, RESUBSCRIBES, WAITS)


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """One life of the client: what goes wrong by ``faults``, in ``seconds`` behind its first subscription.

    ``rules`` are asked of it. ``rate`` is what is made, in messages a second, None for what is usual. Its handshake is
    answered ``hold_seconds`` late. What it believes may be ``lag_seconds`` old.
    """

    name: str
    words: str
    faults: tuple[str, ...] = ()
    seconds: float = 6.0
    rules: tuple[ClientRule, ...] = _ALWAYS
    rate: float | None = None
    hold_seconds: float = 0.0
    lag_seconds: float = 2.0

    @property
    def id(self) -> str:
        return f"stream-client/{self.name}"


def _ended(name: str, words: str, *more: ClientRule) -> Scenario:
    return Scenario(
        name=name, words=words, faults=(f"{name}@1.5s",), seconds=7.0, rules=(*_RETURNING, *more), lag_seconds=3.0
    )


COMMON: tuple[Scenario, ...] = (
    Scenario(
        name="calm",
        words="Nothing goes wrong; then it is told to end.",
        seconds=5.0,
        rules=(*_ALWAYS, ANSWERS_PINGS, KEEPS_UP, LEAVES),
    ),
    Scenario(
        name="slow-handshake",
        words="The answer to its opening handshake takes two seconds.",
        seconds=3.0,
        hold_seconds=2.0,
    ),
    Scenario(
        name="refused",
        words="It is refused three times, with 503.",
        faults=("status-503*3",),
        seconds=3.0,
        rules=(*_ALWAYS, COMES_BACK, WAITS, WAITS_LONGER),
    ),
    Scenario(
        name="throttled",
        words="It is refused twice, with 429.",
        faults=("status-429*2",),
        seconds=3.0,
        rules=(*_ALWAYS, COMES_BACK, WAITS),
    ),
    _ended("close-1001", "The endpoint goes away.", ANSWERS_CLOSE),
    _ended("close-1012", "The endpoint restarts.", ANSWERS_CLOSE),
    _ended("close-1013", "The endpoint asks to be tried again later.", ANSWERS_CLOSE),
    _ended("disconnect", "The endpoint ends a connection that has lasted long enough.", ANSWERS_CLOSE),
    _ended("drop", "TCP ends without a Close."),
    _ended("half-message", "TCP ends in the middle of a message."),
    Scenario(name="garbage", words="A message is no JSON.", faults=("garbage@1.5s",), lag_seconds=3.0),
    Scenario(
        name="stall",
        words="Nothing comes for eight seconds, and the connection stays.",
        faults=("stall@1.5s=8s",),
        seconds=13.0,
        rules=(*_ALWAYS, NOTICES_SILENCE),
        lag_seconds=12.0,
    ),
    Scenario(
        name="burst",
        words="For two seconds nothing comes, then all of it at once.",
        faults=("burst@1.5s=2s",),
        rules=(*_ALWAYS, ANSWERS_PINGS),
        lag_seconds=5.0,
    ),
    Scenario(
        name="flood",
        words="Two thousand messages come in a second.",
        rate=2_000.0,
        seconds=5.0,
        rules=(*_ALWAYS, ANSWERS_PINGS, KEEPS_UP),
        lag_seconds=3.0,
    ),
)

SCENARIOS: Mapping[str, tuple[Scenario, ...]] = {
    "exchange": (
        *COMMON,
        Scenario(
            name="gap", words="A change of the book is left out.", faults=("gap@1.5s",), rules=(*_ALWAYS, ASKS_ANEW)
        ),
        Scenario(
            name="out-of-order",
            words="A change of the book comes behind the next.",
            faults=("out-of-order@1.5s",),
            lag_seconds=3.0,
        ),
        Scenario(name="duplicate", words="A change of the book comes twice.", faults=("duplicate@1.5s",)),
        Scenario(
            name="crossed-book",
            words="A bid comes that is above the best ask.",
            faults=("crossed-book@1.5s",),
            rules=(*_ALWAYS, ASKS_ANEW),
        ),
        Scenario(
            name="stale-snapshot",
            words="Behind a reconnect, the snapshot is one of a while ago.",
            faults=("drop@1.5s", "stale-snapshot@1.5s"),
            seconds=8.0,
            rules=(*_RETURNING, ASKS_ANEW),
            lag_seconds=4.0,
        ),
    ),
    "node": (
        *COMMON,
        Scenario(
            name="reorganisation",
            words="A branch of four blocks takes the place of the last three.",
            faults=("reorganisation@2s",),
        ),
        Scenario(name="duplicate", words="A head comes twice.", faults=("duplicate@1.5s",)),
    ),
}
