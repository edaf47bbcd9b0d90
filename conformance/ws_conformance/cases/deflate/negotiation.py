"""Offers of permessage-deflate, and how a server answers or declines them (RFC 7692 §5, §7.1).

A server may always decline, so most cases pass with a server that knows no compression. What a server that compresses
should accept as well is asked of those that were seen to do it.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from ws_conformance.model import SERVERS, Case, Ends, Expect, Need, Open, Opens, Reaction, Refuses, RequirementId, Step
from ws_conformance.vocabulary import (
    PROTOCOL_ERROR,
    STATUS_IS_SENT,
    echoes,
    expect,
    fails_the_connection,
    fence,
    frame,
    request,
    send,
)
from ws_conformance.wire import RSV1, TEXT

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
    fitting,
    has,
    if_present,
    lacks,
    once,
)

CORRESPONDS: RequirementId = "7692/3/answer-corresponds-to-an-offer"
TOLD_IN_THE_ANSWER: RequirementId = "7692/3/acceptance-and-refusal-are-told-in-the-answer"
ONE_BY_ONE: RequirementId = "7692/5/alternatives-are-read-one-by-one"
PREFERRED: RequirementId = "7692/5/preferred-offer-is-accepted"
HINT_IGNORED: RequirementId = "7692/5/hint-may-be-ignored"
MAY_DIFFER: RequirementId = "7692/5/answer-may-differ-from-the-offer"
ONE_OWNER_OF_RSV1: RequirementId = "7692/5/rsv1-belongs-to-one-extension"
NAMES_NO_COMPRESSION: RequirementId = "7692/5/declining-server-names-no-compression"
ACCEPTANCE_IS_NAMED: RequirementId = "7692/5/acceptance-names-the-extension"
NOTHING_COMPRESSED: RequirementId = "7692/5/without-an-answer-nothing-is-compressed"
QUOTES_ARE_READ: RequirementId = "7692/5.2/quoted-value-in-an-offer-is-read"
FALLBACK_WORKS: RequirementId = "7692/5.2/fallback-to-another-extension-works"
IS_THE_NAME: RequirementId = "7692/7/name-is-permessage-deflate"
NAMES_AS_DEFINED: RequirementId = "7692/7/names-are-written-as-defined"
ARE_DEFINED: RequirementId = "7692/7/answered-parameters-are-defined"
ARE_UNIQUE: RequirementId = "7692/7/answered-parameters-are-unique"
UNSUPPORTED_DECLINED: RequirementId = "7692/7/unsupported-offer-is-declined"
NO_REFUSAL: RequirementId = "7692/7/declining-is-no-refusal"
FORGETS_REPEATED: RequirementId = "7692/7.1.1.1/acceptance-repeats-it"
FORGETS_BARE: RequirementId = "7692/7.1.1.1/it-has-no-value-in-an-answer"
FORGETS_SUPPORTED: RequirementId = "7692/7.1.1.1/server-supports-it"
FORGETS_ADDED: RequirementId = "7692/7.1.1.1/server-may-add-it"
CLIENT_FORGETS_ANSWERED: RequirementId = "7692/7.1.1.2/server-may-answer-with-it"
CLIENT_FORGETS_IGNORED: RequirementId = "7692/7.1.1.2/hint-may-be-ignored"
CLIENT_FORGETS_BARE: RequirementId = "7692/7.1.1.2/it-has-no-value-in-an-answer"
WINDOW_OR_DECLINE: RequirementId = "7692/7.1.2.1/server-without-support-declines"
WINDOW_REPEATED: RequirementId = "7692/7.1.2.1/acceptance-repeats-it"
LARGEST_REPEATED: RequirementId = "7692/7.1.2.1/acceptance-of-15-repeats-it"
WINDOW_NOT_ABOVE: RequirementId = "7692/7.1.2.1/answer-is-not-above-the-offer"
WINDOW_8_TO_15: RequirementId = "7692/7.1.2.1/answered-value-is-8-to-15"
WINDOW_ADDED: RequirementId = "7692/7.1.2.1/server-may-add-it"
BARE_IS_READ: RequirementId = "7692/7.1.2.2/offer-without-a-value-is-read"
HINT_IS_READ: RequirementId = "7692/7.1.2.2/offer-with-a-value-is-read"
CLIENT_WINDOW_ANSWERED: RequirementId = "7692/7.1.2.2/server-may-answer-with-it"
CLIENT_HINT_IGNORED: RequirementId = "7692/7.1.2.2/hint-may-be-ignored"
NOT_ABOVE_THE_HINT: RequirementId = "7692/7.1.2.2/answer-is-not-above-the-hint"
CLIENT_WINDOW_8_TO_15: RequirementId = "7692/7.1.2.2/answered-value-is-8-to-15"
NOT_UNOFFERED: RequirementId = "7692/7.1.2.2/unoffered-parameter-is-not-answered"
ANY_OFFER: RequirementId = "7692/7.1.3/any-supported-offer-may-be-accepted"
NOT_TOO_SMALL: RequirementId = "7692/7.3/window-is-1024-bytes-or-more"

NONE = ""

_DEFLATE = frozenset({Need.DEFLATE})


def offering(words: str, verifies: Iterable[RequirementId], offers: Iterable[str], *steps: Step, because: str) -> Case:
    """Return a case whose request has a line of Sec-WebSocket-Extensions for each of ``offers``."""
    return Case(
        id=f"deflate/offer/{words}",
        roles=SERVERS,
        verifies=tuple(verifies),
        steps=(Open(request(adding=extensions(*offers)), note="offer"), *steps),
        because=because,
    )


def answers(*answers: str, also: tuple[Reaction, ...] = (), about: Iterable[RequirementId] = ()) -> Expect:
    """The server agrees by one of ``answers``, or declines by opening without the extension."""
    fitting_or_none = Opens(extensions=f"({'|'.join(answers)})?")
    return expect(
        Reaction("opens with an answer that fits the offer, or without one", (fitting_or_none,)),
        *also,
        *_refusals(NO_REFUSAL),
        about=[CORRESPONDS, *about],
    )


def accepts(answer: str, *declining: RequirementId) -> Expect:
    """The server agrees by ``answer``; to decline is to depart from ``declining``. Needs a server that compresses."""
    return expect(
        Reaction("opens with an answer that fits the offer", (Opens(extensions=answer),)),
        Reaction("opens without an answer", (Opens(extensions=NONE),), declining),
        *_refusals(*declining, NO_REFUSAL),
        about=[CORRESPONDS],
        needs=_DEFLATE,
    )


def declines(*about: RequirementId, misspelt: bool = False) -> Expect:
    """The server opens without the extension; a ``misspelt`` list it may as well refuse (A44)."""
    return expect(
        Reaction("opens without an answer", (Opens(extensions=NONE),)),
        *_refusals(*(() if misspelt else (NO_REFUSAL,))),
        about=[*about, NAMES_NO_COMPRESSION],
    )


def answers_like(form: str, what: str) -> Expect:
    """The server agrees by an answer that is like the regular expression ``form``, whatever else it says."""
    return expect(
        Reaction(f"opens with an answer {what}, or without one", (Opens(extensions=f"(?i:({form})?)"),)),
        *_refusals(NO_REFUSAL),
    )


def _refusals(*departs_from: RequirementId) -> tuple[Reaction, ...]:
    return (
        Reaction("refuses with a status from 400 to 599", (Refuses(),), departs_from),
        Reaction("ends TCP without an answer", (Ends(),), (*departs_from, STATUS_IS_SENT)),
    )


DECLINED = Expect(reactions=(Reaction("opens without an answer", (Opens(extensions=NONE),)),), control=True)


class Offer(NamedTuple):
    """The words for a case's id, the parameters, the answers that fit, and what verifies it beside correspondence."""

    words: str
    parameters: tuple[str, ...]
    answer: str
    verifies: tuple[RequirementId, ...]


PLAIN = (
    Offer("bare", (), fitting(), (FORGETS_ADDED, WINDOW_ADDED)),
    Offer("server-forgets", (SERVER_FORGETS,), fitting(forgets=True), (WINDOW_ADDED,)),
    Offer("client-forgets", (CLIENT_FORGETS,), fitting(), (CLIENT_FORGETS_ANSWERED, CLIENT_FORGETS_IGNORED)),
    Offer("both-forget", (SERVER_FORGETS, CLIENT_FORGETS), fitting(forgets=True), (HINT_IGNORED,)),
    Offer(
        "client-window-bare",
        (CLIENT_WINDOW,),
        fitting(client_window=15),
        (CLIENT_WINDOW_ANSWERED, MAY_DIFFER, NOT_TOO_SMALL),
    ),
    Offer(
        "server-window-and-client-window",
        (CLIENT_WINDOW, f"{SERVER_WINDOW}=10"),
        fitting(server_window=10, client_window=15),
        (CLIENT_WINDOW_ANSWERED, MAY_DIFFER),
    ),
    Offer(
        "all-but-client-window",
        (f"{SERVER_WINDOW}=11", CLIENT_FORGETS, SERVER_FORGETS),
        fitting(forgets=True, server_window=11),
        (HINT_IGNORED,),
    ),
    Offer(
        "all-four",
        (SERVER_FORGETS, CLIENT_FORGETS, f"{SERVER_WINDOW}=12", CLIENT_WINDOW),
        fitting(forgets=True, server_window=12, client_window=15),
        (HINT_IGNORED,),
    ),
    Offer(
        "all-four-in-reverse",
        (CLIENT_WINDOW, f"{SERVER_WINDOW}=12", CLIENT_FORGETS, SERVER_FORGETS),
        fitting(forgets=True, server_window=12, client_window=15),
        (HINT_IGNORED,),
    ),
    *(
        Offer(f"server-window-{bits}", (f"{SERVER_WINDOW}={bits}",), fitting(server_window=bits), (MAY_DIFFER,))
        for bits in WINDOWS
    ),
    Offer("server-window-in-quotes", (f'{SERVER_WINDOW}="9"',), fitting(server_window=9), (QUOTES_ARE_READ,)),
)
"""Offers without a value of client_max_window_bits."""


class Aspect(NamedTuple):
    """The words for a case's id, an offer, what is like the answers wanted, that in words, and what it verifies."""

    words: str
    offer: str
    like: str
    what: str
    verifies: tuple[RequirementId, ...]
    section: str


_EVERYTHING = deflate(SERVER_FORGETS, CLIENT_FORGETS, f"{SERVER_WINDOW}=12", CLIENT_WINDOW)
_ANY_VALUE = "(=[^;,]*)?"

ASPECTS = (
    Aspect(
        "has-the-name",
        deflate(),
        "permessage-deflate(;.*)?",
        "of that name",
        (IS_THE_NAME,),
        "7",
    ),
    Aspect(
        "comes-once",
        f"{deflate(SERVER_FORGETS)}, {deflate()}",
        "(?!.*permessage-deflate.*permessage-deflate).*",
        "that names the extension once",
        (ONE_OWNER_OF_RSV1,),
        "5",
    ),
    Aspect(
        "has-defined-parameters",
        _EVERYTHING,
        f"permessage-deflate(; ({'|'.join(ALL_FOUR)}){_ANY_VALUE})*",
        "with the four parameters only",
        (ARE_DEFINED,),
        "7",
    ),
    Aspect(
        "has-each-parameter-once",
        _EVERYTHING,
        f"{once(*ALL_FOUR)}.*",
        "without repeated parameters",
        (ARE_UNIQUE,),
        "7",
    ),
    Aspect(
        "grants-server-forgets",
        deflate(SERVER_FORGETS),
        has(SERVER_FORGETS),
        f"with {SERVER_FORGETS}",
        (FORGETS_REPEATED,),
        "7.1.1.1",
    ),
    Aspect(
        "grants-server-forgets-and-a-window",
        deflate(f"{SERVER_WINDOW}=12", SERVER_FORGETS),
        has(SERVER_FORGETS),
        f"with {SERVER_FORGETS}",
        (FORGETS_REPEATED,),
        "7.1.1.1",
    ),
    Aspect(
        "has-a-bare-server-forgets",
        deflate(SERVER_FORGETS),
        if_present(SERVER_FORGETS, ""),
        f"without a value of {SERVER_FORGETS}",
        (FORGETS_BARE,),
        "7.1.1.1",
    ),
    Aspect(
        "has-a-bare-client-forgets",
        deflate(CLIENT_FORGETS),
        if_present(CLIENT_FORGETS, ""),
        f"without a value of {CLIENT_FORGETS}",
        (CLIENT_FORGETS_BARE,),
        "7.1.1.2",
    ),
    *(
        Aspect(
            f"grants-a-window-of-{bits}",
            deflate(f"{SERVER_WINDOW}={bits}"),
            has(SERVER_WINDOW),
            f"with {SERVER_WINDOW}",
            (WINDOW_REPEATED, WINDOW_OR_DECLINE, UNSUPPORTED_DECLINED) if bits < 15 else (LARGEST_REPEATED,),
            "7.1.2.1",
        )
        for bits in WINDOWS
    ),
    *(
        Aspect(
            f"does-not-exceed-{bits}",
            deflate(f"{SERVER_WINDOW}={bits}"),
            rf"(?!.*; {SERVER_WINDOW}=0*({'|'.join(map(str, range(bits + 1, 17)))})\b).*",
            f"without a {SERVER_WINDOW} above {bits}",
            (WINDOW_NOT_ABOVE,),
            "7.1.2.1",
        )
        for bits in WINDOWS
    ),
    *(
        Aspect(
            f"has-a-right-window-for-{offered}",
            deflate(f"{SERVER_WINDOW}={offered}"),
            if_present(SERVER_WINDOW, NUMBER_8_TO_15),
            f"with a number from 8 to 15 for {SERVER_WINDOW}",
            (WINDOW_8_TO_15,),
            "7.1.2.1",
        )
        for offered in (8, 10, 15)
    ),
    *(
        Aspect(
            f"has-a-right-window-for-the-client-{words}",
            deflate(f"{CLIENT_WINDOW}{value}"),
            if_present(CLIENT_WINDOW, NUMBER_8_TO_15),
            f"with a number from 8 to 15 for {CLIENT_WINDOW}",
            (CLIENT_WINDOW_8_TO_15,),
            "7.1.2.2",
        )
        for words, value in (("that-gave-none", ""), ("that-gave-8", "=8"), ("that-gave-15", "=15"))
    ),
    *(
        Aspect(
            f"does-not-limit-the-client-for-{words}",
            deflate(*parameters),
            lacks(CLIENT_WINDOW),
            f"without {CLIENT_WINDOW}",
            (NOT_UNOFFERED,),
            "7.1.2.2",
        )
        for words, parameters in (
            ("nothing", ()),
            ("server-forgets", (SERVER_FORGETS,)),
            ("client-forgets", (CLIENT_FORGETS,)),
            ("server-window", (f"{SERVER_WINDOW}=10",)),
        )
    ),
)
"""What an answer is like to which offer, one thing at a time."""

HINTS = (
    *((str(bits), str(bits), bits) for bits in WINDOWS),
    ("9-in-quotes", '"9"', 9),
)
"""The words, what stands behind the equals sign, and what it means."""


class Alternatives(NamedTuple):
    """The words for a case's id, the lines of offers, the answers that fit one of them, and what that verifies."""

    words: str
    lines: tuple[str, ...]
    answers: tuple[str, ...]
    verifies: tuple[RequirementId, ...]


ALTERNATIVES = (
    Alternatives(
        "small-window-or-any",
        (f"{deflate(CLIENT_WINDOW, f'{SERVER_WINDOW}=10')}, {deflate(CLIENT_WINDOW)}",),
        (fitting(server_window=10, client_window=15), fitting(client_window=15)),
        (ANY_OFFER,),
    ),
    Alternatives(
        "small-window-or-any-on-two-lines",
        (deflate(CLIENT_WINDOW, f"{SERVER_WINDOW}=10"), deflate(CLIENT_WINDOW)),
        (fitting(server_window=10, client_window=15), fitting(client_window=15)),
        (ANY_OFFER,),
    ),
    Alternatives("the-same-twice", (f"{deflate()}, {deflate()}",), (fitting(),), (ANY_OFFER,)),
    Alternatives(
        "one-of-eight-windows",
        (", ".join(deflate(f"{SERVER_WINDOW}={bits}", SERVER_FORGETS) for bits in WINDOWS),),
        tuple(fitting(forgets=True, server_window=bits) for bits in WINDOWS),
        (ANY_OFFER,),
    ),
)

FALLBACKS = (
    ("unknown-parameter", ("foo",)),
    ("repeated-parameter", (SERVER_FORGETS, SERVER_FORGETS)),
    ("server-forgets-with-a-value", (f"{SERVER_FORGETS}=true",)),
    ("client-forgets-with-a-value", (f"{CLIENT_FORGETS}=1",)),
    ("server-window-bare", (SERVER_WINDOW,)),
    ("server-window-16", (f"{SERVER_WINDOW}=16",)),
    ("client-window-7", (f"{CLIENT_WINDOW}=7",)),
    ("client-window-08", (f"{CLIENT_WINDOW}=08",)),
)
"""Offers that are to be declined, of which the next offer has nothing."""

FIRST_OR_SECOND = (
    ("server-forgets", SERVER_FORGETS, fitting(forgets=True)),
    ("small-window", f"{SERVER_WINDOW}=10", fitting(server_window=10)),
)

CASES: tuple[Case, ...] = (
    *(
        offering(
            offer.words,
            (CORRESPONDS, *offer.verifies),
            [deflate(*offer.parameters)],
            answers(offer.answer, about={QUOTES_ARE_READ}.intersection(offer.verifies)),
            because="RFC 7692 §5, §7.1: a server that accepts answers by what fits the offer; it may always decline.",
        )
        for offer in PLAIN
    ),
    *(
        offering(
            f"client-window-{words}",
            (
                NOT_ABOVE_THE_HINT,
                CLIENT_HINT_IGNORED,
                CORRESPONDS,
                *((QUOTES_ARE_READ,) if '"' in value else ()),
            ),
            [deflate(f"{CLIENT_WINDOW}={value}")],
            answers(
                fitting(client_window=bits),
                also=(
                    Reaction(
                        "opens with a larger client_max_window_bits than the client gave",
                        (Opens(extensions=fitting(client_window=15)),),
                        (NOT_ABOVE_THE_HINT,),
                    ),
                ),
            ),
            because=f"RFC 7692 §7.1.2.2: a server leaves the hint alone, or limits the client to {bits} or less.",
        )
        for words, value, bits in HINTS
    ),
    *(
        Case(
            id=f"deflate/answer/{aspect.words}",
            roles=SERVERS,
            verifies=aspect.verifies,
            steps=(
                Open(request(adding=extensions(aspect.offer)), note="offer"),
                answers_like(aspect.like, aspect.what),
            ),
            because=f"RFC 7692 §{aspect.section}: whatever a server agrees to, its answer is one {aspect.what}.",
        )
        for aspect in ASPECTS
    ),
    *(
        offering(
            f"alternatives-{each.words}",
            (CORRESPONDS, *each.verifies),
            each.lines,
            answers(*each.answers),
            because="RFC 7692 §5, §7.1.3: a server accepts one of the offers, and its answer fits that one.",
        )
        for each in ALTERNATIVES
    ),
    *(
        offering(
            f"alternatives-{first[0]}-or-{second[0]}",
            (PREFERRED, ANY_OFFER, CORRESPONDS),
            [f"{deflate(first[1])}, {deflate(second[1])}"],
            answers(first[2], also=(Reaction("accepts the second", (Opens(extensions=second[2]),), (PREFERRED,)),)),
            because="RFC 7692 §5: the client put first what it likes best, and the server should accept that.",
        )
        for first, second in (FIRST_OR_SECOND, FIRST_OR_SECOND[::-1])
    ),
    offering(
        "names-in-capitals",
        (NAMES_AS_DEFINED, NO_REFUSAL),
        ["Permessage-Deflate; Server_No_Context_Takeover"],
        answers(fitting(), fitting(forgets=True)),
        because="RFC 7692 §7: nobody says whether letter case counts in these names; either way the server opens.",
    ),
    *(
        offering(
            f"faulty-{fault.words}",
            (*fault.of_an_offer, NAMES_NO_COMPRESSION, *(() if fault.misspelt else (NO_REFUSAL,))),
            [deflate(*fault.parameters)],
            declines(*fault.of_an_offer, misspelt=fault.misspelt),
            because=f"RFC 7692 §{fault.section}: this offer is to be declined, for {fault.what}.",
        )
        for fault in FAULTS
    ),
    *(
        offering(
            f"fallback-from-{words}",
            (CORRESPONDS,),
            [f"{deflate(*parameters)}, {deflate()}"],
            answers(fitting()),
            because="RFC 7692 §5, §7: the first offer is to be declined, so an answer has to fit the second.",
        )
        for words, parameters in FALLBACKS
    ),
    offering(
        "faulty-behind-a-plain-one",
        (CORRESPONDS,),
        [f"{deflate()}, {deflate(f'{CLIENT_WINDOW}=16')}"],
        answers(fitting()),
        because="RFC 7692 §5, §7: the second offer is to be declined, so an answer has to fit the first.",
    ),
    offering(
        "all-alternatives-faulty",
        (NAMES_NO_COMPRESSION, NO_REFUSAL),
        [f"{deflate('foo')}, {deflate(f'{SERVER_WINDOW}=16')}, {deflate(CLIENT_FORGETS, CLIENT_FORGETS)}"],
        declines(),
        because="RFC 7692 §5: when each offer is to be declined, the answer names no compression.",
    ),
    *(
        offering(
            f"{words}-is-accepted",
            (requirement, CORRESPONDS),
            [offer],
            accepts(answer, requirement),
            because=f"RFC 7692 §{section}: a server that accepts the plain offer should accept this as well.",
        )
        for words, requirement, offer, answer, section in (
            ("server-forgets", FORGETS_SUPPORTED, deflate(SERVER_FORGETS), fitting(forgets=True), "7.1.1.1"),
            ("client-window-bare", BARE_IS_READ, deflate(CLIENT_WINDOW), fitting(client_window=15), "7.1.2.2"),
            ("client-window-10", HINT_IS_READ, deflate(f"{CLIENT_WINDOW}=10"), fitting(client_window=15), "7.1.2.2"),
            ("client-window-15", HINT_IS_READ, deflate(f"{CLIENT_WINDOW}=15"), fitting(client_window=15), "7.1.2.2"),
            (
                "behind-another-extension",
                FALLBACK_WORKS,
                f"permessage-foo; x=10, {deflate()}",
                fitting(),
                "5.2",
            ),
        )
    ),
    *(
        offering(
            f"{words}-is-no-obstacle",
            (ONE_BY_ONE, CORRESPONDS),
            lines,
            accepts(fitting(), ONE_BY_ONE),
            because="RFC 7692 §5: the first offer is to be declined, and the second one is as good as alone.",
        )
        for words, lines in (
            ("unknown-parameter-before-it", [f"{deflate('foo')}, {deflate()}"]),
            ("unknown-parameter-on-the-line-before", [deflate("foo"), deflate()]),
            ("window-of-16-before-it", [f"{deflate(f'{SERVER_WINDOW}=16')}, {deflate()}"]),
        )
    ),
    offering(
        "declined-and-a-compressed-message",
        (NOTHING_COMPRESSED, TOLD_IN_THE_ANSWER),
        [deflate("foo")],
        DECLINED,
        send(frame(TEXT, COMPRESSED_HELLO, rsv=RSV1)),
        *fails_the_connection(PROTOCOL_ERROR),
        because="RFC 7692 §5, §5.2 of RFC 6455: where no compression was agreed upon, RSV1 has no meaning.",
    ),
    offering(
        "declined-and-a-ping",
        (NO_REFUSAL,),
        [deflate("foo")],
        DECLINED,
        *fence(b"uncompressed"),
        because="RFC 7692 §5: when the offer is declined, the connection goes on without compression.",
    ),
    offering(
        "declined-and-a-plain-message",
        (NOTHING_COMPRESSED, ACCEPTANCE_IS_NAMED),
        [deflate("foo")],
        DECLINED,
        send(frame(TEXT, "sent as it is, and to be echoed as it is")),
        echoes(TEXT, "sent as it is, and to be echoed as it is"),
        because="RFC 7692 §5: when the offer is declined, messages go uncompressed in both directions.",
    ),
)
