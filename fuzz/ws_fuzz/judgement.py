"""What follows for a server from objections to a request: it opens, refuses, or may do either (RFC 6455 §4.2)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import IntEnum

from ws_conformance.model import (
    AnswersAgain,
    CloseIs,
    Ends,
    Expect,
    InterimIs,
    Opens,
    Pattern,
    Quiet,
    Reaction,
    Refuses,
    RequirementId,
    Step,
)
from ws_conformance.vocabulary import NORMAL, STATUS_IS_SENT, expect

CARRIES_UPGRADE: RequirementId = "9110/15.5.22/a-426-carries-upgrade"

MANNERS_SECONDS = 1.0
"""How long it is looked at what becomes of a connection behind a refusal."""


class Weight(IntEnum):
    """What an objection permits: the higher wins."""

    WANTED = 1
    """Opening is right; to refuse departs from the requirement."""
    EITHER = 2
    """Opening and refusing are as good."""
    EXCUSED = 3
    """Refusing is right; to open departs from the requirement."""
    FORBIDDEN = 4
    """The connection must not open."""


@dataclass(frozen=True, slots=True)
class Objection:
    """One point in which a request is no plain opening handshake.

    ``because`` begins with the section. ``any_answer`` says that any status of HTTP is in order, since nobody asked for
    an upgrade. ``statuses`` are the ways to refuse with a status, where this is the only objection and HTTP asks for
    one. ``departs_from`` is what opening, or refusing, departs from, if that is not the requirement itself.
    """

    weight: Weight
    requirement: RequirementId
    because: str
    any_answer: bool = False
    statuses: tuple[Reaction, ...] = ()
    departs_from: RequirementId | None = None

    @property
    def departure(self) -> RequirementId:
        return self.departs_from or self.requirement


@dataclass(frozen=True, slots=True)
class Judged:
    """A head with all ``objections`` to it, of which the gravest counts."""

    objections: tuple[Objection, ...]

    @property
    def must_open(self) -> bool:
        return not self.objections

    @property
    def weight(self) -> Weight:
        return max(objection.weight for objection in self.objections)

    @property
    def because(self) -> str:
        return next(o.because for o in self.objections if o.weight is self.weight)

    @property
    def about(self) -> tuple[RequirementId, ...]:
        return tuple(dict.fromkeys(o.requirement for o in self.objections if o.weight is self.weight))


@dataclass(frozen=True, slots=True)
class Judgement(Judged):
    """What a server may do with a request, by all ``objections`` to it.

    ``extensions`` and ``subprotocol`` are what it may agree to if it opens (see ``Opens``). ``says_close`` is whether
    the client asked for the end of the connection, ``has_body`` whether the request announces a body, ``body_is_there``
    whether that came with it, and ``waits_for_100`` whether it is held back until the server asks for it.
    """

    extensions: str | None
    subprotocol: str | None
    says_close: bool = False
    has_body: bool = False
    body_is_there: bool = False
    waits_for_100: bool = False

    def expectation(self) -> Expect:
        """The server opens or refuses, as it may."""
        if self.waits_for_100:
            return expect(*_asking_for_the_body(self), seconds=MANNERS_SECONDS, about=self.about)
        if self.has_body and self.weight is not Weight.FORBIDDEN:
            return expect(*_keeping_the_body_apart(self), seconds=MANNERS_SECONDS, about=self.about)
        return expect(*self.refusals(), *self.openings(), about=self.about)

    def openings(self, *behind: Pattern, departs_from: tuple[RequirementId, ...] = ()) -> tuple[Reaction, ...]:
        """Return the ways to open, each with ``behind`` after it."""
        if self.weight is Weight.FORBIDDEN:
            return ()
        opens = Opens(subprotocol=self.subprotocol, extensions=self.extensions)
        excused = (o.departure for o in self.objections if o.weight is Weight.EXCUSED)
        return (Reaction("opens", (opens, *behind), tuple(dict.fromkeys((*excused, *departs_from)))),)

    def refusals(self) -> Iterator[Reaction]:
        """Yield the ways not to open."""
        wanted = self.weight is Weight.WANTED
        departs_from = tuple(dict.fromkeys(o.departure for o in self.objections)) if wanted else ()
        any_answer = any(o.any_answer for o in self.objections)
        if len(self.objections) == 1 and self.objections[0].statuses:
            yield from self.objections[0].statuses
        else:
            upgrade = (("Upgrade", "websocket"),)
            yield Reaction("refuses with 426 and Upgrade", (Refuses(426, 426, upgrade),), departs_from)
            yield Reaction("refuses with 426 alone", (Refuses(426, 426),), (*departs_from, CARRIES_UPGRADE))
            yield Reaction("refuses with a status from 400 to 599", (Refuses(400, 599),), departs_from)
        less = () if any_answer else (STATUS_IS_SENT,)
        yield Reaction("answers with another status than 101", (Refuses(200, 399),), (*departs_from, *less))
        if any_answer:
            yield Reaction("switches to another protocol that was asked for", (Refuses(101, 101),), departs_from)
        yield Reaction("ends TCP without an answer", (Ends(),), (*departs_from, STATUS_IS_SENT))
        yield Reaction("does not answer", (Quiet(),), (*departs_from, STATUS_IS_SENT))


def refusal_manners(judgement: Judgement) -> list[Step]:
    """Return what is expected of a server that refuses, and of the connection behind that.

    Nothing that is said there is a frame, and the connection ends or does not, as was announced (policy page, A69).
    """
    forbids: tuple[Pattern, ...] = ()
    if judgement.says_close:
        forbids = (AnswersAgain(),)
    elif judgement.has_body:
        forbids = (AnswersAgain(100, 199),)
    return [
        expect(
            *_refusals_and_what_follows(judgement),
            Reaction("ends TCP without an answer", (Ends(),), (STATUS_IS_SENT,)),
            Reaction("does not answer", (Quiet(),), (STATUS_IS_SENT,)),
            seconds=MANNERS_SECONDS,
            about=judgement.about,
            forbids=forbids,
        )
    ]


def _refusals_and_what_follows(judgement: Judgement) -> Iterator[Reaction]:
    """Yield the ways to refuse and then to end or to stay, those first that say more about it."""
    any_answer = any(o.any_answer for o in judgement.objections)
    statuses = ((400, 599, ()), (200, 399, () if any_answer else (STATUS_IS_SENT,)))
    close, length, coding = ("Connection", "close"), ("Content-Length", ""), ("Transfer-Encoding", "")
    for fields in ((close, length), (close, coding), (close,), (length,), (coding,), ()):
        stays: list[RequirementId] = []
        if close in fields:
            stays.append("9112/9.6/announced-close-happens")
        if judgement.says_close:
            stays.append("9112/9.6/asked-close-happens")
        if not {length, coding} & set(fields):
            stays.append("9110/8.6/refusal-states-its-length")
        ending = () if close in fields else ("9112/9.3/server-that-never-persists-says-close",)
        for lowest, highest, less in statuses:
            refuses = Refuses(lowest, highest, fields)
            yield Reaction("answers and ends TCP", (refuses, Ends()), (*less, *ending))
            yield Reaction("answers and leaves TCP open", (refuses, Quiet()), (*less, *stays))


def _keeping_the_body_apart(judgement: Judgement) -> Iterator[Reaction]:
    """Yield what may come of a request with a body in which a Close 1000 is hidden (policy page, A37 and A81)."""
    apart = ("9112/6/body-stays-a-body-behind-a-101",)
    yield Reaction("answers with a status other than 101", (Refuses(200, 599),))
    yield Reaction("ends TCP without an answer", (Ends(),))
    yield Reaction("does not answer", (Quiet(),))
    if not judgement.body_is_there:
        yield from judgement.openings()
        return
    yield from judgement.openings(Quiet())
    yield from judgement.openings(CloseIs(frozenset({NORMAL}), negated=True), departs_from=apart)
    yield from judgement.openings(Ends(), departs_from=apart)


def _asking_for_the_body(judgement: Judgement) -> Iterator[Reaction]:
    """Yield what may come of a request whose client waits for a 100 before it sends the body (RFC 9110 §7.8)."""
    yield Reaction("asks for the body and waits for it", (InterimIs(100), Quiet()))
    yield Reaction("asks for the body and refuses", (InterimIs(100), Refuses(200, 599)))
    yield Reaction("asks for the body and ends TCP", (InterimIs(100), Ends()))
    yield Reaction("answers with a status other than 101", (Refuses(200, 599),))
    yield Reaction("ends TCP without an answer", (Ends(),), (STATUS_IS_SENT,))
    for opening in judgement.openings():
        yield Reaction("asks for the body and opens", (InterimIs(100), *opening.pattern), opening.departs_from)
        first = "9110/7.8/a-100-comes-before-the-101"
        yield Reaction("opens and does not ask for the body", opening.pattern, (*opening.departs_from, first))
    at_once = "9110/10.1.1/expectation-is-answered-at-once"
    yield Reaction("waits for the body, for which it has not asked", (Quiet(),), (at_once,))


def with_status(*statuses: int, instead: RequirementId) -> tuple[Reaction, ...]:
    """Return the ways to refuse where HTTP wants one of ``statuses``; another departs from ``instead``."""
    return (
        *(Reaction(f"refuses with {status}", (Refuses(status, status),)) for status in statuses),
        Reaction("refuses with another status", (Refuses(400, 599),), (instead,)),
    )
