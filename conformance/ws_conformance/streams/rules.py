"""What has to hold of a stream, one rule each, and which of the rules a profile gives something to judge by."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from .profile import Profile


@dataclass(frozen=True, slots=True, eq=False)
class Rule:
    """``holds`` says what holds; ``because`` why somebody loses something where it does not.

    ``is_advice`` is true where a departure costs nothing by itself.
    """

    id: str
    holds: str
    because: str
    is_advice: bool = False


OPENS = Rule(
    "stream/handshake-is-accepted",
    "Each opening handshake opens a connection.",
    "Whoever is refused, or sent elsewhere, sees nothing of the stream.",
)
SUBSCRIBES = Rule(
    "stream/subscription-is-acknowledged",
    "A subscription is acknowledged in time.",
    "Without the reply nobody knows whether the silence behind it means anything.",
)
READABLE = Rule(
    "stream/message-is-json", "Each message is JSON.", "A client that trusts its parser goes down with the message."
)
RECOGNISED = Rule(
    "stream/message-is-recognised",
    "Each message is of a kind that the profile knows, with all that such a message has.",
    "What a client passes over may have been what it waits for.",
)
NO_GAP = Rule(
    "stream/sequence-has-no-gap", "No number of a sequence is missing.", "What is missing is acted upon by nobody."
)
NO_REPEAT = Rule(
    "stream/sequence-repeats-nothing",
    "No number of a sequence comes twice.",
    "Who adds up what comes, adds it up twice.",
)
IN_ORDER = Rule(
    "stream/sequence-is-in-order",
    "Numbers of a sequence come in their order.",
    "An older state takes the place of a newer one.",
)
SNAPSHOT_FIRST = Rule(
    "stream/snapshot-comes-before-deltas",
    "A book's snapshot comes before its deltas.",
    "Deltas of an unknown state are of no use.",
)
SNAPSHOT_CURRENT = Rule(
    "stream/snapshot-is-current",
    "The first delta behind a snapshot follows it without a gap.",
    "A book that is put together from a stale snapshot is wrong until the next one, and does not look it.",
)
NOT_CROSSED = Rule(
    "stream/book-is-not-crossed",
    "The best bid of a book is below its best ask.",
    "Whoever trades on a crossed book buys what nobody sells.",
)
FOLLOWS = Rule(
    "stream/block-follows-its-parent",
    "Each block's parent is a block that was seen before it.",
    "What happened in the blocks between is missed.",
)
BLOCK_ONCE = Rule(
    "stream/block-comes-once", "No head comes twice.", "Who counts confirmations by heads, counts one too many."
)
REORGANISES = Rule(
    "stream/chain-is-reorganised-within-bounds",
    "A branch replaces no more blocks than the profile allows.",
    "What had so many confirmations was taken to be final.",
)
TAKEN_BACK = Rule(
    "stream/logs-of-dropped-blocks-are-taken-back",
    "Logs of blocks that a branch replaced come again as removed.",
    "Otherwise money that never arrived stays on the books.",
)
TIME_FORWARD = Rule(
    "stream/time-does-not-run-back",
    "The times that messages of a sequence say do not run back.",
    "Who sorts by time, sorts wrongly.",
    is_advice=True,
)
PROMPT = Rule(
    "stream/messages-are-prompt",
    "No message comes much later than the promptest one, by the times that they say.",
    "A price from a while ago is taken for one from now.",
)
NOT_SILENT = Rule(
    "stream/is-never-silent",
    "Something comes within the time that the profile allows for silence.",
    "A stream that stalls looks like a market in which nothing happens.",
)
HEARTBEAT = Rule(
    "stream/heartbeat-comes-in-time", "Heartbeats come in time.", "They are how a client knows that it is still fed."
)
PONG = Rule(
    "stream/ping-is-answered",
    "A Ping is answered in time.",
    "RFC 6455 §5.5.2. A client that gets no Pong gives the connection up.",
)
STAYS = Rule(
    "stream/connection-stays",
    "The endpoint does not end the connection before its lifetime is over, and then with a Close.",
    "Whatever happens until the client is back is lost.",
)
RECOVERS = Rule(
    "stream/comes-back",
    "Behind an end, the stream is there again in time.",
    "A client that is not let in again is blind.",
)
UNSUBSCRIBES = Rule(
    "stream/unsubscription-is-kept",
    "Once the end of a subscription is acknowledged, nothing more of it comes.",
    "What nobody wants costs both sides the same as what somebody does.",
)
KEEPS_RULES = Rule(
    "stream/traffic-keeps-the-rules",
    "Nothing passes that no endpoint may send.",
    "RFC 6455 and RFC 7692, as the observer of all cases holds them against what comes.",
)

CLOSES = Rule(
    "stream/closes-in-order",
    "Our Close is answered by a Close, and the endpoint ends TCP.",
    "RFC 6455 §5.5.1, §7.1.1. Connections that are not ended are paid for by whoever has them.",
)

ALL_RULES: tuple[Rule, ...] = (
    OPENS,
    SUBSCRIBES,
    READABLE,
    RECOGNISED,
    NO_GAP,
    NO_REPEAT,
    IN_ORDER,
    SNAPSHOT_FIRST,
    SNAPSHOT_CURRENT,
    NOT_CROSSED,
    FOLLOWS,
    BLOCK_ONCE,
    REORGANISES,
    TAKEN_BACK,
    TIME_FORWARD,
    PROMPT,
    NOT_SILENT,
    HEARTBEAT,
    PONG,
    STAYS,
    RECOVERS,
    UNSUBSCRIBES,
    CLOSES,
    KEEPS_RULES,
)


def reasons_against(profile: Profile) -> Mapping[Rule, str]:
    """Return the rules that ``profile`` gives nothing to judge by, each with what it does not say."""
    kinds = profile.kind
    roles = {kind.role for kind in kinds}
    bounds = profile.bounds
    numbers = "where a sequence number is" if not any(kind.sequence for kind in kinds) else None
    book = "what a snapshot and a delta are" if not roles >= {"snapshot", "delta"} else None
    has_numbered_book = book is None and any(kind.role == "delta" and kind.sequence for kind in kinds)
    blocks = "what a block is" if "block" not in roles else None
    logs = None if any(kind.role == "log" and kind.removed for kind in kinds) else "what a log is that is taken back"
    no_time = None if any(kind.time for kind in kinds) else "where a message says its time"
    missing: dict[Rule, str | None] = {
        SUBSCRIBES: None if any(each.acknowledged for each in profile.subscription) else "what acknowledges",
        RECOGNISED: "that it knows all kinds of messages" if profile.others == "ignore" else None,
        NO_GAP: numbers,
        NO_REPEAT: numbers,
        IN_ORDER: numbers,
        SNAPSHOT_FIRST: book,
        SNAPSHOT_CURRENT: None if has_numbered_book else book or "where a sequence number is",
        NOT_CROSSED: book,
        FOLLOWS: blocks,
        BLOCK_ONCE: blocks,
        REORGANISES: blocks,
        TAKEN_BACK: blocks or logs,
        TIME_FORWARD: no_time,
        PROMPT: "how late a message may be" if bounds.delay is None else None,
        NOT_SILENT: "how long it may be silent" if bounds.silence is None else None,
        HEARTBEAT: "how often there is a heartbeat" if bounds.heartbeat is None else None,
        UNSUBSCRIBES: None
        if any(each.unsubscribe and (each.unsubscribed or each.acknowledged) for each in profile.subscription)
        else "how to unsubscribe, and what acknowledges that",
    }
    return {rule: f"the profile does not say {reason}" for rule, reason in missing.items() if reason is not None}
