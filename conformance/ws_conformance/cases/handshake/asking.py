"""What the cases of this area are made of: one request, and the answers to it that HTTP permits."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from ws_conformance.model import (
    SERVERS,
    Case,
    Ends,
    Expect,
    Open,
    Opens,
    Quiet,
    Reaction,
    Refuses,
    Request,
    RequirementId,
    Step,
)
from ws_conformance.vocabulary import STATUS_IS_SENT, expect

FAULT_GETS_AN_ERROR: RequirementId = "6455/4.2.1/bad-request-gets-an-http-error"
GRAMMAR: RequirementId = "6455/4.2.1/grammar-violation-is-refused"
EMPTY_ELEMENTS: RequirementId = "9110/5.6.1.2/empty-list-elements-are-skipped"
TAB_IS_WHITE_SPACE: RequirementId = "9110/5.6.3/tab-is-white-space"
TOO_LARGE: RequirementId = "9110/5.4/too-large-fields-get-a-4xx"
WHITE_SPACE_IS_CUT: RequirementId = "9110/5.5/white-space-is-no-part-of-a-value"

NO_STATUS = (
    Reaction("ends TCP without an answer", (Ends(),), (STATUS_IS_SENT,)),
    Reaction("does not answer", (Quiet(),), (STATUS_IS_SENT,)),
)
"""Two ways to open nothing that say less than they should (§10.7)."""


class Variant(NamedTuple):
    """A value to send, the words for it in the case's id, and what is special about it."""

    words: str
    value: str
    what: str


def asking(
    words: str, verifies: Iterable[RequirementId], request: Request, *steps: Step, because: str, note: str = "request"
) -> Case:
    """Return a case that sends ``request`` as the first thing on a connection to a server."""
    return Case(
        id=f"handshake/{words}",
        roles=SERVERS,
        verifies=tuple(verifies),
        steps=(Open(request, note=note), *steps),
        because=because,
    )


def answers_without_upgrade(*, about: Iterable[RequirementId] = ()) -> Expect:
    """The server does not open the connection; any answer that HTTP knows is in order, for nobody asked for more."""
    return expect(
        Reaction("answers with a status other than 101", (Refuses(200, 599),)),
        Reaction("switches to another protocol that was asked for", (Refuses(101, 101),)),
        *NO_STATUS,
        about=about,
    )


def opens_or_answers(*departs_from: RequirementId, about: Iterable[RequirementId] = ()) -> Expect:
    """The server opens, or gives any other answer that HTTP knows and by that departs from ``departs_from``."""
    return expect(
        Reaction("opens", (Opens(),)),
        Reaction("answers with a status other than 101", (Refuses(200, 599),), departs_from),
        about=about,
    )


def opens_unless_too_large(*, about: Iterable[RequirementId] = ()) -> Expect:
    """The server opens, or finds the head larger than it will take, and should say so with a 4xx (policy page, A63)."""
    return expect(
        Reaction("opens", (Opens(),)),
        Reaction("refuses with a status from 400 to 499", (Refuses(400, 499),)),
        Reaction("refuses with a status from 500 to 599", (Refuses(500, 599),), (TOO_LARGE,)),
        Reaction("ends TCP without an answer", (Ends(),), (TOO_LARGE,)),
        about=about,
    )


def refuses_with(status: int, *otherwise: Reaction, instead: RequirementId) -> Expect:
    """The server refuses with ``status``, or with another 4xx or 5xx and by that departs from ``instead``."""
    return expect(
        Reaction(f"refuses with {status}", (Refuses(status, status),)),
        Reaction(f"refuses with another status than {status}", (Refuses(),), (instead,)),
        *NO_STATUS,
        *otherwise,
    )
