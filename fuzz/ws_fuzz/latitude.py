"""Where implementations that all keep to the RFC differ: a name for each kind of difference, and why it is lawful."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from ws_conformance.model import (
    Breach,
    Close,
    Ended,
    Message,
    Observation,
    Opened,
    Ping,
    Pong,
    Refused,
    Result,
)
from ws_conformance.observer import Observer

LATITUDES: Mapping[str, str] = {
    "opening": "Which odd handshakes are taken: §4.2.1 and RFC 9110 leave room, and the policy page says where.",
    "refusal-status": "Which status a refusal has: any fitting 4xx or 5xx will do (§4.2.2).",
    "close-code": "Which code goes with a failed connection: several may fit (§7.1.7, §7.4.1).",
    "close-code-echo": "Whether a Close is answered with its own code, as is usual (§5.5.1).",
    "close-left-out": "Whether a Close comes before the end of a failed connection: §7.1.7 recommends it, no more.",
    "close-frame": "Whether a Close that should not have been sent is answered (§7.4, policy page A22 to A26).",
    "pong-coalescing": "Whether each Ping gets a Pong, or the latest alone (§5.5.3), and what a Close does to them.",
    "early-failure": "Whether a message that can no longer be lawful fails at once or at its end (§8.1, A29).",
    "answers-before-the-end": "What is still answered of what came together with a fault or a Close (§5.5.1, §7.1.7).",
    "end-of-tcp": "Who ends TCP first after a closing handshake, and whether it is reset (§7.1.1).",
    "order": "In which order messages and Pongs are answered: nothing says (§5.5.3, §6.1).",
    "lengths": "Whether a length in more bytes than it takes fails the connection: §5.2 binds the sender alone (A19).",
    "other": "Something else, which has no name yet.",
}
"""The names, each with the sentence that permits it."""


@dataclass(frozen=True, slots=True)
class Behaviour:
    """What a target did in one script, without the particulars that nobody compares."""

    opened: bool | None = None
    status: int | None = None
    messages: tuple[tuple[int, bytes], ...] = ()
    pongs: tuple[bytes, ...] = ()
    in_order: tuple[str, ...] = ()
    close: Close | None = None
    ended: bool = False


def behaviour_of(result: Result) -> Behaviour:
    """Return what the target of ``result`` did."""
    seen = list(_observations(result))
    refused = next((one.head.status for one in seen if isinstance(one, Refused)), None)
    close = next((one for one in seen if isinstance(one, Close)), None)
    return Behaviour(
        opened=any(isinstance(one, Opened) for one in seen),
        status=refused,
        messages=tuple((one.opcode, one.payload) for one in seen if isinstance(one, Message)),
        pongs=tuple(one.payload for one in seen if isinstance(one, Pong)),
        in_order=tuple(type(one).__name__ for one in seen if isinstance(one, Message | Pong)),
        close=None if close is None else Close(close.code, b""),
        ended=any(isinstance(one, Ended) for one in seen),
    )


def _observations(result: Result) -> Iterator[Observation]:
    """Yield what the examiner observed, read once more from what it heard."""
    observer = Observer(result.role)
    observer.answered = True
    for turn in result.transcript:
        if turn.heard is not None:
            for observed in observer.observe(turn.heard):
                if not isinstance(observed, Breach | Ping):
                    yield observed


def latitude_of(decides: Sequence[str], one: Behaviour, other: Behaviour) -> str | None:
    """Return the name of what ``one`` and ``other`` differ in, None if in nothing.

    ``decides`` are the requirements that the script was about.
    """
    if one == other:
        return None
    if (one.opened, one.status is None) != (other.opened, other.status is None):
        return "opening"
    if one.status != other.status:
        return "refusal-status"
    if sorted(one.messages) != sorted(other.messages):
        return "answers-before-the-end"
    if "6455/5.2/minimal-length-is-expected" in decides:
        return "lengths"
    if any(requirement.startswith("6455/4.1/") for requirement in decides) and one.pongs != other.pongs:
        return "opening"
    if one.close != other.close:
        return _closing(decides, one.close, other.close)
    if sorted(one.pongs) != sorted(other.pongs):
        return "early-failure" if any("/8.1/" in requirement for requirement in decides) else "pong-coalescing"
    if one.in_order != other.in_order or one.messages != other.messages or one.pongs != other.pongs:
        return "order"
    return "end-of-tcp" if one.ended != other.ended else "other"


def _closing(decides: Sequence[str], one: Close | None, other: Close | None) -> str:
    answers = "6455/5.5.1/close-is-answered" in decides
    if one is None or other is None:
        return "close-frame" if answers else "close-left-out"
    return "close-code-echo" if answers else "close-code"
