"""What a client offers of permessage-deflate, and what it makes of the server's answer (RFC 7692 §5, §7.1).

Which answers are lawful depends on the offer. A case whose answer does not go with what the client offers is undecided.
Whether a client has opened shows in whether it answers a Ping. One that cannot go on closes with 1010, or fails the
connection in any other way (A50).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from re import fullmatch

from ws_conformance.head import Extension, read_extension
from ws_conformance.model import (
    CLIENTS,
    Answer,
    Case,
    Close,
    CloseIs,
    Control,
    Ends,
    Expect,
    Need,
    Observation,
    PongIs,
    Quiet,
    Reaction,
    Requested,
    Requests,
    RequirementId,
    Step,
)
from ws_conformance.vocabulary import (
    CODE_IS_APPROPRIATE,
    GOING_AWAY,
    NORMAL,
    PROTOCOL_ERROR,
    expect,
    fails_the_connection,
    frame,
    response,
    send,
)
from ws_conformance.wire import PING, RSV1, TEXT

from .parameters import (
    ALL_FOUR,
    CLIENT_FORGETS,
    CLIENT_WINDOW,
    COMPRESSED_HELLO,
    FAULTS,
    NUMBER_8_TO_15,
    SERVER_FORGETS,
    SERVER_WINDOW,
    WINDOWS,
    deflate,
    extensions,
    has,
    if_present,
    lacks,
    once,
)

INVALID_FAILS: RequirementId = "7692/5/invalid-answer-fails"
TWO_OWNERS_FAIL: RequirementId = "7692/5/two-owners-of-rsv1-fail"
GOES_BY_THE_ANSWER: RequirementId = "7692/5/client-goes-by-the-answer"
NOTHING_COMPRESSED: RequirementId = "7692/5/without-an-answer-nothing-is-compressed"
MAY_HAVE_ALTERNATIVES: RequirementId = "7692/5/offer-may-have-alternatives"
MAY_TELL_ITS_WINDOW: RequirementId = "7692/5/client-may-tell-the-window-it-can-afford"
CLOSES_WITH_1010: RequirementId = "7692/5.1/client-that-cannot-proceed-closes-with-1010"
QUOTES_ARE_READ: RequirementId = "7692/5.2/quoted-value-in-an-answer-is-read"
UNSUPPORTED_FAILS: RequirementId = "7692/7/unsupported-answer-fails"
OFFERS_ARE_DEFINED: RequirementId = "7692/7/offered-parameters-are-defined"
OFFERS_ARE_UNIQUE: RequirementId = "7692/7/offered-parameters-are-unique"
FORGETS_ASKED: RequirementId = "7692/7.1.1.1/client-may-ask-for-it"
FORGETS_BARE: RequirementId = "7692/7.1.1.1/it-has-no-value-in-an-offer"
FORGETS_ADDED: RequirementId = "7692/7.1.1.1/added-parameter-is-accepted"
FORGETS_MISSING: RequirementId = "7692/7.1.1.1/answer-without-it-fails"
CLIENT_FORGETS_HINTED: RequirementId = "7692/7.1.1.2/client-may-hint"
CLIENT_FORGETS_BARE: RequirementId = "7692/7.1.1.2/it-has-no-value-in-an-offer"
CLIENT_FORGETS_SUPPORTED: RequirementId = "7692/7.1.1.2/client-supports-it"
WINDOW_ASKED: RequirementId = "7692/7.1.2.1/client-may-ask-for-it"
WINDOW_8_TO_15: RequirementId = "7692/7.1.2.1/offered-value-is-8-to-15"
WINDOW_ADDED: RequirementId = "7692/7.1.2.1/added-parameter-is-accepted"
WINDOW_MISSING: RequirementId = "7692/7.1.2.1/answer-without-it-fails"
WINDOW_ABOVE: RequirementId = "7692/7.1.2.1/answer-above-the-offer-fails"
CLIENT_WINDOW_OFFERED: RequirementId = "7692/7.1.2.2/client-may-offer-it"
CLIENT_WINDOW_8_TO_15: RequirementId = "7692/7.1.2.2/offered-value-is-8-to-15"
CLIENT_WINDOW_BARE: RequirementId = "7692/7.1.2.2/answer-without-a-value-fails"
CLIENT_WINDOW_KEPT: RequirementId = "7692/7.1.2.2/offering-client-keeps-to-any-value"
CLIENT_WINDOW_UNOFFERED: RequirementId = "7692/7.1.2.2/unoffered-parameter-in-an-answer-fails"
ANY_OFFER_ANSWERED: RequirementId = "7692/7.1.3/any-of-its-offers-may-be-answered"
ABOVE_THE_HINT: RequirementId = "7692/7.1.2.2/answer-above-the-hint-is-taken"
IS_THE_NAME: RequirementId = "7692/7/name-is-permessage-deflate"
NAMES_AS_DEFINED: RequirementId = "7692/7/names-are-written-as-defined"
NOT_TOO_SMALL: RequirementId = "7692/7.3/window-is-1024-bytes-or-more"
READS_AS_ONE_LIST: RequirementId = "6455/9.1/split-answer-reads-as-one-list"
LISTS_WHAT_IT_NEEDS: RequirementId = "6455/7.4.1/reason-with-1010-lists-the-extensions"
WHITE_SPACE: RequirementId = "6455/4.3/white-space-between-tokens-is-allowed"
AROUND_EQUALS: RequirementId = "6455/9.1/white-space-around-equals-is-open"
QUOTED_EQUALS: RequirementId = "6455/9.1/quoted-value-equals-the-token"
MAY_BE_SPLIT: RequirementId = "6455/9.1/field-may-be-split"
ORDER_OF_OFFERS: RequirementId = "6455/9.1/order-of-offers-is-preference"
DEFINED_ELSEWHERE: RequirementId = "6455/9.2/extensions-defined-elsewhere-may-be-used"
LINES_MAY_BE_COMBINED: RequirementId = "9110/5.3/lines-may-be-combined"
QUOTED_PAIR: RequirementId = "9110/5.6.4/quoted-pair-stands-for-its-byte"
NAMES_IN_ANY_CASE: RequirementId = "9110/5.6.6/parameter-names-match-in-any-case"
MAY_END_TCP: RequirementId = "6455/7.1.1/client-may-end-tcp-after-a-time"

ASKED_OPEN = b"does it open?"

_NORMAL_CODES: frozenset[int | None] = frozenset({NORMAL, GOING_AWAY})
_CANNOT_PROCEED = 1010

_DEFLATE = frozenset({Need.DEFLATE})


class Offers(Requests, frozen=True):
    """The client offers permessage-deflate; all its offers match ``all_like``, and some offer each of ``some_like``."""

    all_like: str = ".*"
    some_like: tuple[str, ...] = (".*",)

    def matches(self, observation: Observation) -> bool:
        if not isinstance(observation, Requested):
            return False
        offers = [str(offer) for offer in _offers(observation)]
        return all(fullmatch(self.all_like, offer) for offer in offers) and all(
            any(fullmatch(like, offer) for offer in offers) for like in self.some_like
        )


class ClosesNaming(CloseIs, frozen=True):
    """A Close with one of ``codes``, whose reason names ``extension``."""

    extension: bytes = b""

    def matches(self, observation: Observation) -> bool:
        return super().matches(observation) and isinstance(observation, Close) and self.extension in observation.reason


class OffersNothing(Requests, frozen=True):
    """The client does not offer permessage-deflate."""

    def matches(self, observation: Observation) -> bool:
        return isinstance(observation, Requested) and not list(_offers(observation))


def _offers(request: Requested) -> Iterator[Extension]:
    read = map(read_extension, request.head.elements("Sec-WebSocket-Extensions"))
    return (offer for offer in read if offer is not None and offer.name.lower() == "permessage-deflate")


def asked(words: str, offers: Requests, *, needs: frozenset[Need] = _DEFLATE) -> Expect:
    """The client's request; unless it ``offers`` what the case is about, the case is undecided."""
    return Expect(reactions=(Reaction(words, (offers,)),), control=True, needs=needs)


OFFERED = asked("offers permessage-deflate", Offers())


def hint_permits(bits: int) -> str:
    """Return a regular expression for offers that let a client's window be limited to ``bits``, hints minded."""
    larger = "|".join(str(window) for window in WINDOWS if window >= bits)
    return rf".*; {CLIENT_WINDOW}(=({larger}))?(;.*|$)"


ASKS_NOTHING = r"(?!.*; server_).*"
"""What offers are like that ask the server for nothing, so that a plain answer fits."""

ASKED_WITH_CLIENT_WINDOW = asked(
    "offers client_max_window_bits, 15 permitted", Offers(some_like=(f"(?!.*; server_){hint_permits(15)}",))
)


def answering(
    words: str,
    verifies: Iterable[RequirementId],
    offered: Expect,
    answers: Iterable[str],
    *steps: Step,
    because: str,
) -> Case:
    """Return a case that answers the client's offer with a line for each of ``answers``."""
    return Case(
        id=f"deflate/answer/{words}",
        roles=CLIENTS,
        verifies=tuple(verifies),
        steps=(offered, Answer(response(adding=extensions(*answers)), note="answer"), *steps),
        because=because,
    )


def does_not_go_on(*opening: RequirementId) -> tuple[Step, ...]:
    """The client fails the connection. With ``opening``, it may open all the same and departs from those."""
    opens_anyway = (Reaction("opens, and answers a Ping", (PongIs(ASKED_OPEN),), opening),) if opening else ()
    silent = Reaction("says nothing and leaves it to the server to end TCP", (Quiet(),), (MAY_END_TCP,))
    return (
        send(frame(PING, ASKED_OPEN), note="is it open?"),
        expect(*_failures(), silent, *opens_anyway, forbids=() if opening else (PongIs(ASKED_OPEN),)),
    )


def opens(*failing: RequirementId) -> tuple[Step, ...]:
    """The client opens: it answers a Ping. With ``failing``, it may fail the connection and departs from those."""
    return (
        send(frame(PING, ASKED_OPEN), note="is it open?"),
        expect(
            Reaction("opens, and answers a Ping", (PongIs(ASKED_OPEN),)),
            *(_failures(*failing) if failing else ()),
            needs=frozenset({Need.PONG}),
        ),
    )


def opens_or_not() -> tuple[Step, ...]:
    """The client opens, or fails the connection; waiting is neither."""
    return (
        send(frame(PING, ASKED_OPEN), note="is it open?"),
        expect(Reaction("opens, and answers a Ping", (PongIs(ASKED_OPEN),)), *_failures()),
    )


def _failures(*departing: RequirementId) -> tuple[Reaction, ...]:
    return (
        Reaction("closes with 1010", (CloseIs(frozenset({_CANNOT_PROCEED})),), departing),
        Reaction("ends TCP", (Ends(),), departing),
        Reaction("sends a Close that reports a failure", (CloseIs(_NORMAL_CODES, negated=True),), departing),
        Reaction("sends a normal Close", (CloseIs(_NORMAL_CODES),), (*departing, CODE_IS_APPROPRIATE)),
    )


def offered_as_defined(words: str, verifies: Iterable[RequirementId], like: str, *, because: str) -> Case:
    """Return a case about the offers in a client's request, of which all have to match ``like``."""
    return Case(
        id=f"deflate/offer/from-the-client-{words}",
        roles=CLIENTS,
        verifies=tuple(verifies),
        steps=(
            expect(
                Reaction("offers permessage-deflate as it is defined", (Offers(all_like=f"(?i:{like})"),)),
                Reaction("does not offer permessage-deflate", (OffersNothing(),)),
            ),
        ),
        because=because,
    )


CASES: tuple[Case, ...] = (
    offered_as_defined(
        "has-defined-parameters",
        (OFFERS_ARE_DEFINED,),
        rf"permessage-deflate(; ({'|'.join(ALL_FOUR)})(=[^;]*)?)*",
        because="RFC 7692 §7: there are four parameters, and an offer with another one is declined.",
    ),
    offered_as_defined(
        "has-each-parameter-once",
        (OFFERS_ARE_UNIQUE, MAY_HAVE_ALTERNATIVES, ORDER_OF_OFFERS),
        f"{once(*ALL_FOUR)}.*",
        because="RFC 7692 §7: an offer with a parameter that comes twice is declined.",
    ),
    *(
        offered_as_defined(
            f"has-a-right-{words}",
            verifies,
            if_present(name, value),
            because=f"RFC 7692 §{section}: {name}, if it is offered, {what}.",
        )
        for words, name, value, verifies, section, what in (
            ("server-forgets", SERVER_FORGETS, "", (FORGETS_BARE, FORGETS_ASKED), "7.1.1.1", "has no value"),
            (
                "client-forgets",
                CLIENT_FORGETS,
                "",
                (CLIENT_FORGETS_BARE, CLIENT_FORGETS_HINTED),
                "7.1.1.2",
                "has no value",
            ),
            (
                "server-window",
                SERVER_WINDOW,
                NUMBER_8_TO_15,
                (WINDOW_8_TO_15, WINDOW_ASKED),
                "7.1.2.1",
                "has a value from 8 to 15",
            ),
            (
                "client-window",
                CLIENT_WINDOW,
                f"({NUMBER_8_TO_15})?",
                (CLIENT_WINDOW_8_TO_15, CLIENT_WINDOW_OFFERED, MAY_TELL_ITS_WINDOW, NOT_TOO_SMALL),
                "7.1.2.2",
                "has no value, or one from 8 to 15",
            ),
        )
    ),
    *(
        answering(
            f"faulty-{fault.words}",
            (*fault.of_an_answer, INVALID_FAILS, CLOSES_WITH_1010),
            OFFERED,
            [deflate(*fault.parameters)],
            *does_not_go_on(),
            because=f"RFC 7692 §{fault.section}: a client fails the connection on this answer, for {fault.what}.",
        )
        for fault in FAULTS
    ),
    answering(
        "faulty-client-window-bare",
        (CLIENT_WINDOW_BARE, INVALID_FAILS, CLOSES_WITH_1010),
        OFFERED,
        [deflate(CLIENT_WINDOW)],
        *does_not_go_on(),
        because="RFC 7692 §7.1.2.2: the parameter may go without a value in an offer, and not in an answer.",
    ),
    *(
        answering(
            f"twice-{words}",
            (TWO_OWNERS_FAIL, INVALID_FAILS),
            OFFERED,
            lines,
            *does_not_go_on(),
            because="RFC 7692 §5: two extensions cannot both give RSV1 a meaning, not even the same one twice.",
        )
        for words, lines in (
            ("on-one-line", [f"{deflate()}, {deflate()}"]),
            ("on-two-lines", [deflate(), deflate()]),
            ("with-different-parameters", [f"{deflate()}, {deflate(CLIENT_FORGETS)}"]),
        )
    ),
    answering(
        "another-extension",
        (INVALID_FAILS,),
        OFFERED,
        ["permessage-foo"],
        *does_not_go_on(),
        because="RFC 7692 §5: what the client did not offer cannot be agreed upon.",
    ),
    answering(
        "another-extension-beside-it",
        (INVALID_FAILS,),
        OFFERED,
        [f"{deflate()}, permessage-foo"],
        *does_not_go_on(),
        because="RFC 7692 §5: what the client did not offer cannot be agreed upon, whatever is beside it.",
    ),
    answering(
        "without-an-offer",
        (INVALID_FAILS,),
        asked("does not offer permessage-deflate", OffersNothing(), needs=frozenset()),
        [deflate()],
        *does_not_go_on(),
        because="RFC 7692 §5: what the client did not offer cannot be agreed upon.",
    ),
    answering(
        "plain",
        (GOES_BY_THE_ANSWER, IS_THE_NAME, DEFINED_ELSEWHERE),
        asked(
            "makes an offer that a plain answer fits",
            Offers(some_like=(ASKS_NOTHING,)),
        ),
        [deflate()],
        *opens(),
        because="RFC 7692 §5: the server accepted the offer, and the client goes by the answer.",
    ),
    answering(
        "client-forgets",
        (CLIENT_FORGETS_SUPPORTED,),
        asked(
            "makes an offer that the answer fits",
            Offers(some_like=(ASKS_NOTHING,)),
        ),
        [deflate(CLIENT_FORGETS)],
        *opens(),
        because="RFC 7692 §7.1.1.2: every client that offers the extension supports this in an answer.",
    ),
    *(
        answering(
            f"client-forgets-behind-{words}",
            (WHITE_SPACE, CLIENT_FORGETS_SUPPORTED),
            asked("makes an offer that the answer fits", Offers(some_like=(ASKS_NOTHING,))),
            [answer],
            *opens(),
            because="§4.3 of RFC 6455, RFC 9110 §5.6.6: white space may stand before and behind a semicolon, or not.",
        )
        for words, answer in (
            ("no-space", f"permessage-deflate;{CLIENT_FORGETS}"),
            ("spaces", f"permessage-deflate  ;  {CLIENT_FORGETS}"),
            ("tabs", f"permessage-deflate\t;\t{CLIENT_FORGETS}"),
        )
    ),
    answering(
        "server-forgets-unasked",
        (FORGETS_ADDED, UNSUPPORTED_FAILS),
        asked("does not ask for server_no_context_takeover or a window", Offers(all_like=ASKS_NOTHING)),
        [deflate(SERVER_FORGETS)],
        *opens(FORGETS_ADDED),
        because="RFC 7692 §7.1.1.1: a server may add this, and whoever keeps a window can read what follows.",
    ),
    *(
        answering(
            f"server-window-{words}-unasked",
            (WINDOW_ADDED, *((QUOTES_ARE_READ,) if '"' in value else (UNSUPPORTED_FAILS,))),
            asked("does not ask for server_no_context_takeover or a window", Offers(all_like=ASKS_NOTHING)),
            [deflate(f"{SERVER_WINDOW}={value}")],
            *opens(WINDOW_ADDED),
            because="RFC 7692 §7.1.2.1: a server may add this, and a larger window reads all that a smaller one does.",
        )
        for words, value in (*((str(bits), str(bits)) for bits in WINDOWS), ("15-in-quotes", '"15"'))
    ),
    *(
        answering(
            f"client-window-{bits}",
            (CLIENT_WINDOW_KEPT, UNSUPPORTED_FAILS),
            asked(
                f"offers client_max_window_bits, {bits} permitted",
                Offers(some_like=(f"(?!.*; server_){hint_permits(bits)}",)),
            ),
            [deflate(f"{CLIENT_WINDOW}={bits}")],
            *opens(),
            because="RFC 7692 §7.1.2.2: a client that offers the parameter can keep to the server's limit.",
        )
        for bits in WINDOWS
        if bits > 8
    ),
    *(
        answering(
            f"client-window-15-{words}",
            (verified, CLIENT_WINDOW_KEPT),
            ASKED_WITH_CLIENT_WINDOW,
            [deflate(f"{CLIENT_WINDOW}={value}")],
            *opens(),
            because=f"§9.1 of RFC 6455, RFC 9110 {section}: {value} in an answer means 15, as it does without quotes.",
        )
        for words, verified, section, value in (
            ("in-quotes", QUOTED_EQUALS, "§5.6.6", '"15"'),
            ("with-a-quoted-pair", QUOTED_PAIR, "§5.6.4", '"1\\5"'),
        )
    ),
    answering(
        "client-window-behind-a-spaced-equals-sign",
        (AROUND_EQUALS,),
        ASKED_WITH_CLIENT_WINDOW,
        [deflate(f"{CLIENT_WINDOW} = 15")],
        *opens_or_not(),
        because="§9.1 of RFC 6455: RFC 2616 implied white space at an equals sign, later HTTP has none; both are fine.",
    ),
    *(
        answering(
            f"client-window-{bits}-unoffered",
            (CLIENT_WINDOW_UNOFFERED, INVALID_FAILS),
            asked("does not offer client_max_window_bits", Offers(all_like=lacks(CLIENT_WINDOW))),
            [deflate(f"{CLIENT_WINDOW}={bits}")],
            *does_not_go_on(),
            because="RFC 7692 §7.1.2.2: the server may limit a client's window only if the client said that it can be.",
        )
        for bits in (8, 10, 15)
    ),
    answering(
        "server-forgets-missing",
        (FORGETS_MISSING, INVALID_FAILS),
        asked("asks for server_no_context_takeover in all offers", Offers(all_like=has(SERVER_FORGETS))),
        [deflate()],
        *does_not_go_on(FORGETS_MISSING),
        because="RFC 7692 §7.1.1.1: a server accepts the request by repeating it; this answer fits no offer.",
    ),
    answering(
        "server-window-missing",
        (WINDOW_MISSING, INVALID_FAILS),
        asked("asks for server_max_window_bits in all offers", Offers(all_like=has(SERVER_WINDOW))),
        [deflate()],
        *does_not_go_on(WINDOW_MISSING),
        because="RFC 7692 §7.1.2.1: a server accepts the request by a value of its own; this answer fits no offer.",
    ),
    answering(
        "server-window-above-the-offers",
        (WINDOW_ABOVE, INVALID_FAILS),
        asked(
            "asks for a window of less than 15 bits in all offers",
            Offers(all_like=rf".*; {SERVER_WINDOW}=([89]|1[0-4])(;.*|$)"),
        ),
        [deflate(f"{SERVER_WINDOW}=15")],
        *does_not_go_on(WINDOW_ABOVE),
        because="RFC 7692 §7.1.2.1: a server answers with the same value or a smaller one; this answer fits no offer.",
    ),
    *(
        answering(
            f"to-the-one-offer-{words}",
            (ANY_OFFER_ANSWERED, GOES_BY_THE_ANSWER),
            asked(f"makes several offers, one of them {words}", Offers(some_like=offers)),
            [answer],
            *opens(),
            because="RFC 7692 §5, §7.1.3: an answer fits one of the offers, whichever the client likes best.",
        )
        for words, offers, answer in (
            ("without-a-window", (has(SERVER_WINDOW), ASKS_NOTHING), deflate()),
            (
                "with-client-window",
                (lacks(CLIENT_WINDOW), f"(?!.*; server_){hint_permits(15)}"),
                deflate(f"{CLIENT_WINDOW}=15"),
            ),
        )
    ),
    answering(
        "client-window-above-the-hint",
        (ABOVE_THE_HINT,),
        asked(
            "hints at a window of less than 15 bits",
            Offers(all_like=rf"(?!.*; server_).*; {CLIENT_WINDOW}=([89]|1[0-4])(;.*|$)"),
        ),
        [deflate(f"{CLIENT_WINDOW}=15")],
        *opens(ABOVE_THE_HINT),
        because="RFC 7692 §7.1.2.2: the value was a hint, which binds the client, not the server.",
    ),
    *(
        answering(
            words,
            (NAMES_AS_DEFINED, *verified),
            asked("makes an offer that the answer fits", Offers(some_like=(ASKS_NOTHING,))),
            [answer],
            *opens_or_not(),
            because="RFC 7692 §7: nobody says whether letter case counts in these names; to open or fail is as good.",
        )
        for words, verified, answer in (
            ("names-in-capitals", (), "Permessage-Deflate"),
            ("parameter-in-capitals", (NAMES_IN_ANY_CASE,), deflate(CLIENT_FORGETS.upper())),
        )
    ),
    answering(
        "split-over-two-lines",
        (READS_AS_ONE_LIST, MAY_BE_SPLIT, LINES_MAY_BE_COMBINED),
        asked("makes an offer that a plain answer fits", Offers(some_like=(ASKS_NOTHING,))),
        ["", deflate()],
        *opens(READS_AS_ONE_LIST),
        because="§9.1 of RFC 6455, erratum 3433: several lines in an answer are one list (policy page, A4).",
    ),
    answering(
        "none-and-is-it-needed",
        ("6455/7.4.1/code-1010-is-missing-extension", LISTS_WHAT_IT_NEEDS),
        OFFERED,
        [],
        send(frame(PING, ASKED_OPEN), note="is it open?"),
        expect(
            Reaction("opens, and answers a Ping", (PongIs(ASKED_OPEN),)),
            Reaction(
                "closes with 1010, and names the extension",
                (ClosesNaming(frozenset({_CANNOT_PROCEED}), extension=b"permessage-deflate"),),
            ),
            Reaction("closes with 1010", (CloseIs(frozenset({_CANNOT_PROCEED})),), (LISTS_WHAT_IT_NEEDS,)),
            *_failures()[1:],
        ),
        because="§7.4.1 of RFC 6455: a client that needs the extension closes with 1010 and says which; others go on.",
    ),
    answering(
        "none",
        (NOTHING_COMPRESSED, GOES_BY_THE_ANSWER),
        OFFERED,
        [],
        Control(),
        send(frame(TEXT, COMPRESSED_HELLO, rsv=RSV1)),
        *fails_the_connection(PROTOCOL_ERROR),
        because="RFC 7692 §5, §5.2 of RFC 6455: where no compression was agreed upon, RSV1 has no meaning.",
    ),
)
