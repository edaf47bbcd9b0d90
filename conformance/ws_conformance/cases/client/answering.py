"""What the cases of this area are made of: an answer to a client's opening handshake, and what may come of it.

Whether a client has opened shows in whether it answers a Ping. One that has not opened ends TCP, or leaves that to the
server; it may say why in a Close frame, although there is no connection yet to be closed.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from ws_conformance.model import (
    CLIENTS,
    Answer,
    Case,
    CloseIs,
    Ends,
    Expect,
    Need,
    PongIs,
    Quiet,
    Reaction,
    Requests,
    RequirementId,
    Response,
    Step,
)
from ws_conformance.vocabulary import CODE_IS_APPROPRIATE, GOING_AWAY, NORMAL, expect, frame, send
from ws_conformance.wire import PING, WireFrame

IS_VALIDATED: RequirementId = "6455/4.1/response-is-validated"
FAILS_AS_DEFINED: RequirementId = "6455/7.2.1/client-fails-as-defined"
MALFORMED_FAILS: RequirementId = "6455/4.1/response-malformed-fails"
VALID_OPENS: RequirementId = "6455/4.1/valid-response-opens"
MENDING: RequirementId = "9110/2.4/broken-element-may-be-mended"
READ_DEFENSIVELY: RequirementId = "9110/2.3/elements-are-read-defensively"
MAY_END_TCP: RequirementId = "6455/7.1.1/client-may-end-tcp-after-a-time"

OPEN, NOT_OPEN = b"open", b"not open"

_NORMAL_CODES: frozenset[int | None] = frozenset({NORMAL, GOING_AWAY})


class Variant(NamedTuple):
    """The words for a case's id, what is said there, and how that reads in a sentence."""

    words: str
    value: str
    what: str


ASKED = Expect(reactions=(Reaction("sends its opening handshake", (Requests(),)),), control=True)
"""The client's request, without which there is nothing to judge."""


def answered(
    words: str,
    verifies: Iterable[RequirementId],
    response: Response,
    *steps: Step,
    because: str,
    frames: tuple[WireFrame, ...] = (),
    note: str = "answer",
) -> Case:
    """Return a case that gives a client ``response``, and right behind it ``frames``."""
    return Case(
        id=f"client/{words}",
        roles=CLIENTS,
        verifies=tuple(verifies),
        steps=(ASKED, Answer(response, frames, note), *steps),
        because=because,
    )


def opens() -> tuple[Step, ...]:
    """The client takes the connection as open: it answers a Ping."""
    return (
        send(frame(PING, OPEN), note="is it open?"),
        expect(Reaction("opens, and answers a Ping", (PongIs(OPEN),)), needs=frozenset({Need.PONG})),
    )


def does_not_open(
    *, silent: Iterable[RequirementId] | None = (MAY_END_TCP,), opening: Iterable[RequirementId] | None = None
) -> tuple[Step, ...]:
    """The client does not take the connection as open.

    With ``silent``, it may say nothing and leave it to the server to end TCP, and by that departs from those. With
    ``opening``, it may open all the same and departs from those; without, a Pong fails it.
    """
    return (
        send(frame(PING, NOT_OPEN), note="is it open?"),
        expect(
            *_failures(()),
            *(() if silent is None else (_says_nothing(silent),)),
            *(() if opening is None else (_opens_all_the_same(opening),)),
            forbids=(PongIs(NOT_OPEN),) if opening is None else (),
        ),
    )


def opens_or_fails(*, failing: Iterable[RequirementId] = (), opening: Iterable[RequirementId] = ()) -> tuple[Step, ...]:
    """The client opens, or fails the connection, and departs from ``opening`` or ``failing``.

    One that says nothing may have failed it and leave it to the server to end TCP, or may wait for ever: who knows?
    """
    departing = tuple(failing)
    return (
        send(frame(PING, NOT_OPEN), note="is it open?"),
        expect(
            _opens_all_the_same(opening),
            *_failures(departing),
            _says_nothing((*departing, READ_DEFENSIVELY)),
            needs=frozenset({Need.PONG}),
        ),
    )


def _failures(departing: tuple[RequirementId, ...]) -> tuple[Reaction, ...]:
    """Return the ways to fail a connection that need no waiting (§7.1.7)."""
    return (
        Reaction("ends TCP", (Ends(),), departing),
        Reaction("sends a Close that reports a failure", (CloseIs(_NORMAL_CODES, negated=True),), departing),
        Reaction("sends a normal Close", (CloseIs(_NORMAL_CODES),), (*departing, CODE_IS_APPROPRIATE)),
    )


def _says_nothing(departing: Iterable[RequirementId]) -> Reaction:
    return Reaction("says nothing and leaves it to the server to end TCP", (Quiet(),), tuple(departing))


def _opens_all_the_same(departing: Iterable[RequirementId]) -> Reaction:
    return Reaction("opens, and answers a Ping", (PongIs(NOT_OPEN),), tuple(departing))
