"""How what was observed is said to people. Everything a target sent passes ``visible`` here, once."""

from __future__ import annotations

from collections.abc import Iterable

from ws_reports.escape import visible

from .model import (
    AnsweredAgain,
    Close,
    Ended,
    Interim,
    Message,
    Observation,
    Opened,
    Ping,
    Pong,
    Refused,
    Requested,
    Unreadable,
)
from .peer import Secured
from .wire import opcode_name

SHOWN = 60
"""How many characters of a payload are shown."""

FIRST, LAST = 6, 4
"""How many observations of a long list are shown, from its beginning and from its end."""


def payload_words(payload: bytes) -> str:
    """Return ``payload`` as quoted visible text, cut where it gets long, with its length where it was cut."""
    if len(payload) <= SHOWN:
        return f'"{visible(payload)}"'
    return f'"{visible(payload[:SHOWN])}…" ({len(payload)} bytes)'


def observation_words(observation: Observation) -> str:
    """Return what was observed as a few plain words."""
    match observation:
        case Opened():
            return "101, the connection opens"
        case Refused(head):
            return f"HTTP status {head.status}"
        case Interim(head):
            return f"the interim status {head.status}"
        case AnsweredAgain(head):
            return f"a second answer, with HTTP status {head.status}"
        case Requested(head):
            return f"the request {visible(head.start_line, 80)}"
        case Secured(version, server_name):
            return f"{visible(version, 20)} for {visible(server_name or 'no name', 80)}"
        case Message(opcode, payload):
            return f"{opcode_name(opcode).lower()} message {payload_words(payload)}"
        case Ping(payload):
            return f"Ping {payload_words(payload)}"
        case Pong(payload):
            return f"Pong {payload_words(payload)}"
        case Close(None, b""):
            return "Close without a code"
        case Close(None):
            return "Close with a body of 1 byte"
        case Close(code, reason):
            return f"Close {code}" + (f" {payload_words(reason)}" if reason else "")
        case Ended(reset):
            return "TCP reset" if reset else "end of TCP"
        case Unreadable(detail):
            return detail


def all_words(observations: Iterable[Observation]) -> str:
    """Return all of ``observations`` as one phrase."""
    seen = list(observations)
    if len(seen) <= FIRST + LAST:
        return ", then ".join(map(observation_words, seen)) or "nothing"
    middle = f"{len(seen) - FIRST - LAST:,} more"
    return ", then ".join([*map(observation_words, seen[:FIRST]), middle, *map(observation_words, seen[-LAST:])])


def all_kinds(observations: Iterable[Observation]) -> str:
    """Return ``observations`` without their particulars, so that failures of one cause read alike."""
    return ", then ".join(dict.fromkeys(_kind(o) for o in observations)) or "nothing"


def _kind(observation: Observation) -> str:
    match observation:
        case Opened() | Ended():
            return observation_words(observation)
        case Close(code):
            return observation_words(Close(code, b""))
        case Refused():
            return "a refusal"
        case Interim():
            return "an interim answer"
        case AnsweredAgain():
            return "a second answer"
        case Requested():
            return "a request"
        case Secured():
            return "TLS"
        case Message():
            return "a message"
        case Ping():
            return "a Ping"
        case Pong():
            return "a Pong"
        case Unreadable():
            return "something unreadable"
