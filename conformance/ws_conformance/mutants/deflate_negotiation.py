"""Endpoints that offer, answer or judge permessage-deflate in wrong ways (RFC 7692 §5, §7.1)."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from itertools import pairwise

from ws_reference import (
    ANSWER_RULES,
    CORRESPONDENCE_RULES,
    OFFER_RULES,
    REQUEST_RULES,
    RESPONSE_RULES,
    ClientHandshake,
    CorrespondenceRule,
    DeflateNegotiation,
    ElementRule,
    Endpoint,
    Extension,
    Parameters,
    Refusal,
    Request,
    ServerHandshake,
    Violation,
)
from ws_reference.response_rules import extensions_were_offered

from ws_conformance.model import CLIENTS, RequirementId
from ws_conformance.peer import Chunk, Role

from .base import MakePeer, Mutant, ReferencePeer, Tampered, reference_peer

DEFLATE = "permessage-deflate"
SERVER_FORGETS, CLIENT_FORGETS = "server_no_context_takeover", "client_no_context_takeover"
SERVER_WINDOW, CLIENT_WINDOW = "server_max_window_bits", "client_max_window_bits"

NO_REFUSAL: RequirementId = "7692/7/declining-is-no-refusal"
ONE_BY_ONE: RequirementId = "7692/5/alternatives-are-read-one-by-one"
CORRESPONDS: RequirementId = "7692/3/answer-corresponds-to-an-offer"
NOTHING_COMPRESSED: RequirementId = "7692/5/without-an-answer-nothing-is-compressed"
INVALID_FAILS: RequirementId = "7692/5/invalid-answer-fails"


def negotiating_peer(
    role: Role,
    *,
    negotiation: Callable[[], DeflateNegotiation] = DeflateNegotiation,
    handshake: Callable[..., ServerHandshake | ClientHandshake] | None = None,
    endpoint: Callable[..., Endpoint] = Endpoint,
) -> ReferencePeer:
    """Return the reference as a Peer that offers permessage-deflate, or accepts it."""
    return reference_peer(role, endpoint=partial(endpoint, deflate=negotiation()), handshake=handshake)


def with_negotiation(negotiation: Callable[[], DeflateNegotiation]) -> MakePeer:
    """Return a maker of references that come to an agreement in a faulty way."""
    return lambda role: negotiating_peer(role, negotiation=negotiation)


def offering(*offers: Extension) -> MakePeer:
    """Return a maker of clients that make these offers, lawful or not."""
    return with_negotiation(partial(DeflateNegotiation, offers=offers, offer_rules=()))


def element(*parameters: str) -> Extension:
    """Return an offer or an answer with ``parameters``, each a name or a name and a value."""
    pairs = (parameter.partition("=") for parameter in parameters)
    return Extension(DEFLATE, tuple((name, value if equals else None) for name, equals, value in pairs))


# --- faults that are overlooked, in offers and in answers ---


def without(rule: ElementRule) -> MakePeer:
    """Return a maker of references that overlook what ``rule`` objects to."""
    return with_negotiation(
        partial(
            DeflateNegotiation,
            offer_rules=tuple(r for r in OFFER_RULES if r is not rule),
            answer_rules=tuple(r for r in ANSWER_RULES if r is not rule),
        )
    )


def unless(content: Callable[[Extension], bool]) -> MakePeer:
    """Return a maker of references that object to nothing in an element which ``content`` is pleased with."""

    def lenient(rules: tuple[ElementRule, ...]) -> tuple[ElementRule, ...]:
        return tuple(replace(rule, fault=partial(_fault, rule, content)) for rule in rules)

    return with_negotiation(
        partial(DeflateNegotiation, offer_rules=lenient(OFFER_RULES), answer_rules=lenient(ANSWER_RULES))
    )


def _fault(rule: ElementRule, content: Callable[[Extension], bool], checked: Extension) -> str | None:
    return None if content(checked) else rule.fault(checked)


def parameter_like(form: str) -> Callable[[Extension], bool]:
    """Return whether an element has a parameter that is spelled like the regular expression ``form``."""
    return lambda checked: re.search(rf"; ({form})(;|$)", str(checked)) is not None


def repeats(checked: Extension) -> bool:
    return len(dict(checked.parameters)) < len(checked.parameters)


def repeats_itself(checked: Extension) -> bool:
    """Return whether a parameter comes twice with the same value."""
    return len(set(checked.parameters)) < len(checked.parameters)


def repeats_at_a_distance(checked: Extension) -> bool:
    """Return whether a parameter comes again, and not as the next one."""
    names = [name for name, _ in checked.parameters]
    return repeats(checked) and all(first != second for first, second in pairwise(names))


def repeats_another_value(checked: Extension) -> bool:
    return repeats(checked) and not repeats_itself(checked)


OVERLOOKED: tuple[tuple[str, str, str, Callable[[Extension], bool]], ...] = (
    ("an unknown parameter without a value", "7", "with-an-unknown-parameter", parameter_like("foo")),
    ("an unknown parameter with a value", "7", "with-an-unknown-parameter", parameter_like("foo=10")),
    ("what is left out at a name's end", "7", "with-an-unknown-parameter", parameter_like("server_max_window")),
    ("a longer name", "7", "with-an-unknown-parameter", parameter_like("server_no_context_takeovers")),
    ("hyphens for underscores", "7", "with-an-unknown-parameter", parameter_like("[a-z]+-no-context-takeover")),
    ("a name without its first word", "7", "with-an-unknown-parameter", parameter_like("_?max_window_bits=10")),
    ("a parameter twice the same", "7", "with-a-repeated-parameter", repeats_itself),
    ("a parameter twice with two values", "7", "with-a-repeated-parameter", repeats_another_value),
    ("a parameter that comes again later", "7", "with-a-repeated-parameter", repeats_at_a_distance),
    ("server_no_context_takeover=true", "7.1.1.1", "with-a-value", parameter_like(f"{SERVER_FORGETS}=true")),
    ("server_no_context_takeover=1", "7.1.1.1", "with-a-value", parameter_like(f"{SERVER_FORGETS}=1")),
    ("server_no_context_takeover=15", "7.1.1.1", "with-a-value", parameter_like(f"{SERVER_FORGETS}=15")),
    ("server_no_context_takeover=0", "7.1.1.1", "with-a-value", parameter_like(f"{SERVER_FORGETS}=0")),
    ("client_no_context_takeover=true", "7.1.1.2", "with-a-value", parameter_like(f"{CLIENT_FORGETS}=true")),
    ("client_no_context_takeover=1", "7.1.1.2", "with-a-value", parameter_like(f"{CLIENT_FORGETS}=1")),
    ("client_no_context_takeover=15", "7.1.1.2", "with-a-value", parameter_like(f"{CLIENT_FORGETS}=15")),
    ("client_no_context_takeover=0", "7.1.1.2", "with-a-value", parameter_like(f"{CLIENT_FORGETS}=0")),
    *(
        (f"{name} that {what}", section, rule, parameter_like(f"{name}={form}"))
        for name, section in ((SERVER_WINDOW, "7.1.2.1"), (CLIENT_WINDOW, "7.1.2.2"))
        for what, rule, form in (
            ("is 0", "below-8", "0"),
            ("is 1", "below-8", "1"),
            ("is 7", "below-8", "7"),
            ("is 16", "above-15", "16"),
            ("has two digits", "above-15", "(16|32)"),
            ("is a byte", "above-15", "255"),
            ("is 8 in 32 bits", "above-15", "4294967304"),
            ("is very long", "above-15", "1{20,}"),
            ("is 8 behind a zero", "with-a-leading-zero", "08"),
            ("is 9 behind a zero", "with-a-leading-zero", "09"),
            ("is 10 behind a zero", "with-a-leading-zero", "010"),
            ("is 15 behind two zeros", "with-a-leading-zero", "0015"),
            ("is negative", "that-is-no-number", "-10"),
            ("has a plus sign", "that-is-no-number", r"\+10"),
            ("has a decimal point", "that-is-no-number", r"10\.0"),
            ("has an exponent", "that-is-no-number", "1e1"),
            ("is hexadecimal", "that-is-no-number", "0xa"),
            ("has an underscore", "that-is-no-number", "1_0"),
            ("is a word", "that-is-no-number", "ten"),
        )
    ),
)
"""What is overlooked, of which section, the words that requirements have for it, and whether it is there."""


MISQUOTED: tuple[tuple[str, tuple[tuple[str, str], ...], bytes, bytes], ...] = (
    ("nothing in quotes for no value", (("7.1.1.1", "with-a-value"), ("7.1.1.2", "with-a-value")), b'=""', b""),
    (
        "nothing in quotes for 15",
        (("7.1.2.1", "that-is-no-number"), ("7.1.2.2", "that-is-no-number")),
        b'bits=""',
        b"bits=15",
    ),
    (
        "a number and a space for a number",
        (("7.1.2.1", "that-is-no-number"), ("7.1.2.2", "that-is-no-number")),
        b'="10 "',
        b"=10",
    ),
)
"""What is taken for what, the sections and words of the requirements, and the bytes of both."""


# --- servers ---


def agreeing(change: Callable[[Parameters, Parameters], Parameters]) -> MakePeer:
    """Return a maker of servers that agree to something else: ``change`` is given the offer and the right answer."""

    class Changing(DeflateNegotiation):
        def agree(self, offer: Extension) -> Parameters:
            return change(Parameters.of(offer), super().agree(offer))

    return with_negotiation(Changing)


def writing(rewrite: Callable[[str, str], str]) -> MakePeer:
    """Return a maker of servers that say something else than they agreed to.

    ``rewrite`` is given the offers and the right answer, which is empty if all were declined.
    """

    class Writing(ServerHandshake):
        def answer_fields(self, request: Request) -> list[tuple[str, str]]:
            fields = dict(super().answer_fields(request))
            offers = ", ".join(map(str, request.extensions))
            answer = rewrite(offers, fields.pop("Sec-WebSocket-Extensions", ""))
            return [*fields.items(), *([("Sec-WebSocket-Extensions", answer)] if answer else [])]

    return lambda role: negotiating_peer(role, handshake=Writing)


def adding(parameter: str) -> MakePeer:
    """Return a maker of servers that put ``parameter`` behind each answer."""
    return writing(lambda offers, answer: f"{answer}; {parameter}" if answer else "")


def replacing(form: str, by: str) -> MakePeer:
    """Return a maker of servers that replace what is like ``form`` in an answer."""
    return writing(lambda offers, answer: re.sub(form, by, answer))


def considering(is_looked_at: Callable[[Extension], bool]) -> MakePeer:
    """Return a maker of servers that decline all offers but those which are looked at."""

    class Considering(DeflateNegotiation):
        def accept(self, offered: Sequence[Extension]) -> Parameters | None:
            return super().accept([offer for offer in offered if is_looked_at(offer)])

    return with_negotiation(Considering)


class LooksAtTheFirst(DeflateNegotiation):
    """Looks at no extension but the first."""

    def accept(self, offered: Sequence[Extension]) -> Parameters | None:
        return super().accept(offered[:1])


class LooksAtTheFirstOfItsName(DeflateNegotiation):
    """Looks at no offer of permessage-deflate but the first."""

    def accept(self, offered: Sequence[Extension]) -> Parameters | None:
        return super().accept([offer for offer in offered if offer.name == DEFLATE][:1])


class AnswersTheFirst(DeflateNegotiation):
    """Accepts if any offer can be accepted, and answers the first of them, whichever that is."""

    def accept(self, offered: Sequence[Extension]) -> Parameters | None:
        return self.agree(offered[0]) if super().accept(offered) is not None else None


class AnswersTheLast(DeflateNegotiation):
    """Accepts if any offer can be accepted, and answers the last of them, whichever that is."""

    def accept(self, offered: Sequence[Extension]) -> Parameters | None:
        return self.agree(offered[-1]) if super().accept(offered) is not None else None


class CompressesUnasked(Endpoint):
    """Reads and sends compressed messages, whether that was agreed upon or not."""

    def _open(self, agreed: Parameters | None) -> None:
        super()._open(agreed or Parameters())


class DeafAfterDeclining(Endpoint):
    """Hears nothing once it has declined."""

    def receive(self, data: bytes) -> None:
        if self.connection is None or self._handshake.agreed is not None:
            super().receive(data)


def refusing(is_refused: Callable[[Request], bool]) -> MakePeer:
    """Return a maker of servers that refuse requests with 400 for the extensions they offer."""

    def rule(request: Request) -> Refusal | None:
        return Refusal(Violation("wsspec", "only a faulty server minds"), 400) if is_refused(request) else None

    return lambda role: negotiating_peer(role, handshake=partial(ServerHandshake, rules=(*REQUEST_RULES, rule)))


def is_to_be_declined(request: Request) -> bool:
    return bool(request.extensions) and DeflateNegotiation().accept(request.extensions) is None


def mentions(name: str) -> Callable[[Request], bool]:
    return lambda request: name in (request.headers.combined("sec-websocket-extensions") or "")


def misreading(form: bytes, by: bytes) -> MakePeer:
    """Return a maker of references that take ``by`` for everything like ``form`` in what they are told."""
    return lambda role: Tampered(negotiating_peer(role), incoming=lambda data: re.sub(form, by, data))


def too_large(offer: Parameters, agreed: Parameters, *, only_for: Sequence[int] = range(8, 15)) -> Parameters:
    bits = offer.server_max_window_bits
    return replace(agreed, server_max_window_bits=bits + 1) if bits in only_for and bits is not None else agreed


def above_the_hint(offer: Parameters, agreed: Parameters, *, only_for: Sequence[int] = range(8, 15)) -> Parameters:
    bits = offer.client_max_window_bits
    return replace(agreed, client_max_window_bits=bits + 1) if bits in only_for and bits is not None else agreed


def window_of_15(offer: Parameters, agreed: Parameters) -> Parameters:
    return replace(agreed, server_max_window_bits=15 if offer.server_max_window_bits else None)


def does_not_grant_small_windows(offer: Parameters, agreed: Parameters) -> Parameters:
    is_small = (agreed.server_max_window_bits or 15) < 9
    return replace(agreed, server_max_window_bits=None) if is_small else agreed


def limits_those_who_forget(offer: Parameters, agreed: Parameters) -> Parameters:
    return replace(agreed, client_max_window_bits=10) if offer.client_no_context_takeover else agreed


def limits_those_who_limit(offer: Parameters, agreed: Parameters) -> Parameters:
    return replace(agreed, client_max_window_bits=agreed.client_max_window_bits or offer.server_max_window_bits)


WINDOW_REPEATED = "7692/7.1.2.1/acceptance-repeats-it"
NOT_ABOVE = "7692/7.1.2.1/answer-is-not-above-the-offer"
NOT_ABOVE_THE_HINT = "7692/7.1.2.2/answer-is-not-above-the-hint"
FORGETS_REPEATED = "7692/7.1.1.1/acceptance-repeats-it"
UNOFFERED = "7692/7.1.2.2/unoffered-parameter-is-not-answered"
QUOTES = "7692/5.2/quoted-value-in-an-offer-is-read"
ONE_OWNER = "7692/5/rsv1-belongs-to-one-extension"
UNIQUE = "7692/7/answered-parameters-are-unique"
WINDOW_8_TO_15 = "7692/7.1.2.1/answered-value-is-8-to-15"
CLIENT_WINDOW_8_TO_15 = "7692/7.1.2.2/answered-value-is-8-to-15"

SERVER_FAULTS: tuple[tuple[str, RequirementId, MakePeer], ...] = (
    (
        "does not grant server_no_context_takeover",
        FORGETS_REPEATED,
        agreeing(lambda offer, agreed: replace(agreed, server_no_context_takeover=False)),
    ),
    (
        "grants server_no_context_takeover unless a window is asked for",
        FORGETS_REPEATED,
        agreeing(
            lambda offer, agreed: (
                replace(agreed, server_no_context_takeover=False) if agreed.server_max_window_bits else agreed
            )
        ),
    ),
    (
        "does not grant server_max_window_bits",
        WINDOW_REPEATED,
        agreeing(lambda offer, agreed: replace(agreed, server_max_window_bits=None)),
    ),
    ("does not grant a window of 8 bits", WINDOW_REPEATED, agreeing(does_not_grant_small_windows)),
    ("grants a larger window than is asked for", NOT_ABOVE, agreeing(too_large)),
    *(
        (f"grants {bits + 1} bits for {bits}", NOT_ABOVE, agreeing(partial(too_large, only_for=[bits])))
        for bits in range(8, 15)
    ),
    ("grants 15 bits, whatever is asked for", NOT_ABOVE, agreeing(window_of_15)),
    ("writes a window of 15 bits as 16", WINDOW_8_TO_15, replacing(f"{SERVER_WINDOW}=15", f"{SERVER_WINDOW}=16")),
    (
        "limits the client's window unasked",
        UNOFFERED,
        agreeing(lambda offer, agreed: replace(agreed, client_max_window_bits=agreed.client_max_window_bits or 15)),
    ),
    ("limits the window of clients that limit the server's", UNOFFERED, agreeing(limits_those_who_limit)),
    ("limits the window of clients that forget", UNOFFERED, agreeing(limits_those_who_forget)),
    ("limits the client to more than its hint", NOT_ABOVE_THE_HINT, agreeing(above_the_hint)),
    *(
        (f"limits the client to {bits + 1} for a hint of {bits}", NOT_ABOVE_THE_HINT, limiting)
        for bits in range(8, 15)
        for limiting in [agreeing(partial(above_the_hint, only_for=[bits]))]
    ),
    (
        "writes a client's window of 15 bits as 16",
        CLIENT_WINDOW_8_TO_15,
        replacing(f"{CLIENT_WINDOW}=15", f"{CLIENT_WINDOW}=16"),
    ),
    ("repeats the offers as its answer", CORRESPONDS, writing(lambda offers, answer: offers if answer else "")),
    (
        "answers all offers",
        ONE_OWNER,
        writing(lambda offers, answer: f"{answer}, {answer}" if "," in offers else answer),
    ),
    ("answers twice", ONE_OWNER, writing(lambda offers, answer: f"{answer}, {answer}" if answer else "")),
    (
        "names the extension that it declines",
        "7692/5/declining-server-names-no-compression",
        writing(lambda offers, answer: answer or (DEFLATE if DEFLATE in offers else "")),
    ),
    ("adds a parameter of its own", "7692/7/answered-parameters-are-defined", adding("level=9")),
    ("calls the extension by another name", "7692/7/name-is-permessage-deflate", replacing(DEFLATE, "deflate")),
    ("answers each parameter twice", UNIQUE, replacing("(; [^;]+)", r"\1\1")),
    ("answers server_no_context_takeover twice", UNIQUE, replacing(f"(; {SERVER_FORGETS})", r"\1\1")),
    (
        "gives server_no_context_takeover a value",
        "7692/7.1.1.1/it-has-no-value-in-an-answer",
        replacing(SERVER_FORGETS, f"{SERVER_FORGETS}=true"),
    ),
    (
        "gives client_no_context_takeover a value",
        "7692/7.1.1.2/it-has-no-value-in-an-answer",
        replacing(CLIENT_FORGETS, f"{CLIENT_FORGETS}=1"),
    ),
    ("leaves out the value of its window", WINDOW_8_TO_15, replacing(f"{SERVER_WINDOW}=[0-9]+", SERVER_WINDOW)),
    (
        "leaves out the value of the client's window",
        CLIENT_WINDOW_8_TO_15,
        replacing(f"{CLIENT_WINDOW}=[0-9]+", CLIENT_WINDOW),
    ),
    ("writes its window with a leading zero", WINDOW_8_TO_15, replacing(f"{SERVER_WINDOW}=", f"{SERVER_WINDOW}=0")),
    (
        "writes a client's window of one digit with a leading zero",
        CLIENT_WINDOW_8_TO_15,
        replacing(f"{CLIENT_WINDOW}=([89])", rf"{CLIENT_WINDOW}=0\1"),
    ),
    ("answers the parameters of all that it is offered", CORRESPONDS, with_negotiation(AnswersTheFirst)),
    ("answers the last offer, acceptable or not", CORRESPONDS, with_negotiation(AnswersTheLast)),
    (
        "does not know server_no_context_takeover",
        "7692/7.1.1.1/server-supports-it",
        considering(lambda offer: SERVER_FORGETS not in dict(offer.parameters)),
    ),
    (
        "wants a value of client_max_window_bits",
        "7692/7.1.2.2/offer-without-a-value-is-read",
        considering(lambda offer: (CLIENT_WINDOW, None) not in offer.parameters),
    ),
    (
        "wants no value of client_max_window_bits",
        "7692/7.1.2.2/offer-with-a-value-is-read",
        considering(lambda offer: dict(offer.parameters).get(CLIENT_WINDOW) is None),
    ),
    (
        "wants client_max_window_bits below 15",
        "7692/7.1.2.2/offer-with-a-value-is-read",
        considering(lambda offer: dict(offer.parameters).get(CLIENT_WINDOW) != "15"),
    ),
    (
        "looks at no extension but the first",
        "7692/5.2/fallback-to-another-extension-works",
        with_negotiation(LooksAtTheFirst),
    ),
    ("looks at no offer but the first", ONE_BY_ONE, with_negotiation(LooksAtTheFirstOfItsName)),
    (
        "reads compressed messages that were not agreed upon",
        NOTHING_COMPRESSED,
        lambda role: negotiating_peer(role, endpoint=CompressesUnasked),
    ),
    (
        "hears nothing once it has declined",
        NO_REFUSAL,
        lambda role: negotiating_peer(role, endpoint=DeafAfterDeclining),
    ),
    ("refuses whoever offers what it declines", NO_REFUSAL, refusing(is_to_be_declined)),
    ("refuses whoever offers compression", NO_REFUSAL, refusing(mentions(DEFLATE))),
    ("refuses whoever writes the name in capitals", NO_REFUSAL, refusing(mentions("Permessage"))),
    ("refuses whoever uses quotes", NO_REFUSAL, refusing(mentions('"'))),
    ("refuses whoever mentions client_max_window_bits", NO_REFUSAL, refusing(mentions(CLIENT_WINDOW))),
    ("reads each number in quotes as 15", QUOTES, misreading(rb'="[0-9]+"', b"=15")),
    ("reads each number in quotes as 10", QUOTES, misreading(rb'="[0-9]+"', b"=10")),
)
"""What is wrong, the requirement that it breaks, and a server like that."""


# --- clients ---


def judging(*rules: CorrespondenceRule, offers: Sequence[Extension]) -> MakePeer:
    """Return a maker of clients that make ``offers`` and hold an answer against these rules only."""
    return with_negotiation(partial(DeflateNegotiation, offers=offers, correspondence_rules=rules))


def objecting(is_minded: Callable[[Extension], bool]) -> MakePeer:
    """Return a maker of clients that fail the connection on some more answers."""

    def fault(offer: Extension, answer: Extension) -> str | None:
        return "only a faulty client minds" if is_minded(answer) else None

    rules = (*CORRESPONDENCE_RULES, CorrespondenceRule("wsspec", fault))
    return with_negotiation(partial(DeflateNegotiation, correspondence_rules=rules))


class GoesByItsFirstOffer(DeflateNegotiation):
    """Holds the answer against the first offer only."""

    def check_correspondence(self, answer: Extension) -> Violation | None:
        return self._objection_to_pair(self.offers[0], answer)


class GoesByItsLastOffer(DeflateNegotiation):
    """Holds the answer against the last offer only."""

    def check_correspondence(self, answer: Extension) -> Violation | None:
        return self._objection_to_pair(self.offers[-1], answer)


def with_three_offers(negotiation: Callable[..., DeflateNegotiation]) -> MakePeer:
    """Return a maker of clients that do not like best what an answer is most likely to fit."""
    window = element(f"{SERVER_WINDOW}=10")
    return with_negotiation(partial(negotiation, offers=[window, element(CLIENT_WINDOW), window]))


class Deaf(ReferencePeer):
    """A Peer that sends its request, and waits for an answer for ever."""

    def receive(self, chunk: Chunk, now: float) -> None:
        pass


def deaf_client_that_hints(role: Role) -> Deaf:
    """Return a client that offers a window of less than 15 bits, and hears no answer."""
    hinting = partial(DeflateNegotiation, offers=[element(f"{CLIENT_WINDOW}=10")])
    return Deaf(negotiating_peer(role, negotiation=hinting).endpoint)


class TakesTwoOwners(DeflateNegotiation):
    """Goes by the first of several answers."""

    def check_owner_of_rsv1(self, answers: Sequence[Extension]) -> Violation | None:
        return None


class TakesEqualOwners(DeflateNegotiation):
    """Fails on several answers only if they differ."""

    def check_owner_of_rsv1(self, answers: Sequence[Extension]) -> Violation | None:
        return super().check_owner_of_rsv1(answers) if len(set(answers)) > 1 else None


def taking_any_extension(role: Role) -> ReferencePeer:
    """Return a client that does not look for extensions which it did not offer."""
    rules = tuple(rule for rule in RESPONSE_RULES if rule is not extensions_were_offered)
    return negotiating_peer(role, handshake=partial(ClientHandshake, rules=rules))


def offering_nothing(role: Role) -> ReferencePeer:
    """Return a client that does not offer compression and takes it all the same."""
    rules = tuple(rule for rule in RESPONSE_RULES if rule is not extensions_were_offered)
    return reference_peer(role, handshake=partial(ClientHandshake, rules=rules))


def has(name: str, *values: str | None) -> Callable[[Extension], bool]:
    """Return whether an answer has the parameter ``name`` with one of ``values``."""
    return lambda answer: name in dict(answer.parameters) and dict(answer.parameters)[name] in values


ANY_OFFER_ANSWERED = "7692/7.1.3/any-of-its-offers-may-be-answered"
WINDOW_ADDED = "7692/7.1.2.1/added-parameter-is-accepted"
WHITE_SPACE = "6455/4.3/white-space-between-tokens-is-allowed"

CLIENT_FAULTS: tuple[tuple[str, RequirementId, MakePeer], ...] = (
    ("offers an unknown parameter", "7692/7/offered-parameters-are-defined", offering(element("level=9"))),
    (
        "offers an unknown parameter second",
        "7692/7/offered-parameters-are-defined",
        offering(element(CLIENT_WINDOW), element("level=9")),
    ),
    (
        "offers a parameter twice",
        "7692/7/offered-parameters-are-unique",
        offering(element(CLIENT_FORGETS, CLIENT_FORGETS)),
    ),
    (
        "offers server_no_context_takeover with a value",
        "7692/7.1.1.1/it-has-no-value-in-an-offer",
        offering(element(f"{SERVER_FORGETS}=true")),
    ),
    (
        "offers client_no_context_takeover with a value",
        "7692/7.1.1.2/it-has-no-value-in-an-offer",
        offering(element(f"{CLIENT_FORGETS}=1")),
    ),
    *(
        (f"offers {name} {words}", f"7692/{section}/offered-value-is-8-to-15", offering(element(f"{name}{value}")))
        for name, section in ((SERVER_WINDOW, "7.1.2.1"), (CLIENT_WINDOW, "7.1.2.2"))
        for words, value in (("of 7 bits", "=7"), ("of 16 bits", "=16"), ("with a leading zero", "=09"))
    ),
    (
        "offers server_max_window_bits without a value",
        "7692/7.1.2.1/offered-value-is-8-to-15",
        offering(element(SERVER_WINDOW)),
    ),
    (
        "takes a bare client_max_window_bits for an answer",
        "7692/7.1.2.2/answer-without-a-value-fails",
        unless(parameter_like(CLIENT_WINDOW)),
    ),
    ("goes by the first of several answers", "7692/5/two-owners-of-rsv1-fail", with_negotiation(TakesTwoOwners)),
    ("takes the same answer twice", "7692/5/two-owners-of-rsv1-fail", with_negotiation(TakesEqualOwners)),
    ("takes what it did not offer", INVALID_FAILS, taking_any_extension),
    ("takes compression that it did not offer", INVALID_FAILS, offering_nothing),
    (
        "does not miss server_no_context_takeover in the answer",
        "7692/7.1.1.1/answer-without-it-fails",
        judging(offers=[element(SERVER_FORGETS)]),
    ),
    (
        "does not miss server_max_window_bits in the answer",
        "7692/7.1.2.1/answer-without-it-fails",
        judging(offers=[element(f"{SERVER_WINDOW}=10")]),
    ),
    (
        "takes a larger window than it asked for",
        "7692/7.1.2.1/answer-above-the-offer-fails",
        judging(*CORRESPONDENCE_RULES[:2], offers=[element(f"{SERVER_WINDOW}=10")]),
    ),
    (
        "takes a limit for its window that it did not offer",
        "7692/7.1.2.2/unoffered-parameter-in-an-answer-fails",
        judging(offers=[element()]),
    ),
    ("goes by the first of its offers", ANY_OFFER_ANSWERED, with_three_offers(GoesByItsFirstOffer)),
    ("goes by the last of its offers", ANY_OFFER_ANSWERED, with_three_offers(GoesByItsLastOffer)),
    ("hears no answer", "7692/7.1.2.2/answer-above-the-hint-is-taken", deaf_client_that_hints),
    (
        "does not go on with what it offered",
        "7692/5/client-goes-by-the-answer",
        objecting(lambda answer: not answer.parameters),
    ),
    (
        "does not know client_no_context_takeover",
        "7692/7.1.1.2/client-supports-it",
        objecting(has(CLIENT_FORGETS, None)),
    ),
    (
        "minds that the server forgets unasked",
        "7692/7.1.1.1/added-parameter-is-accepted",
        objecting(has(SERVER_FORGETS, None)),
    ),
    *(
        (f"minds that the server limits itself to {bits} bits", WINDOW_ADDED, objecting(has(SERVER_WINDOW, str(bits))))
        for bits in range(8, 16)
    ),
    *(
        (
            f"does not keep to {bits} bits",
            "7692/7.1.2.2/offering-client-keeps-to-any-value",
            objecting(has(CLIENT_WINDOW, str(bits))),
        )
        for bits in range(9, 16)
    ),
    (
        "does not read quotes in an answer",
        "7692/5.2/quoted-value-in-an-answer-is-read",
        misreading(b'="15"', b'="x"'),
    ),
    (
        "reads a value up to its backslash",
        "9110/5.6.4/quoted-pair-stands-for-its-byte",
        misreading(rb'="1\\5"', b"=1"),
    ),
    ("wants white space in an answer", WHITE_SPACE, misreading(rb"deflate;(?=\S)", b"deflate.")),
    ("takes a space for a part of the name", WHITE_SPACE, misreading(rb"deflate +;", b"deflate.;")),
    ("takes a tab for a part of the name", WHITE_SPACE, misreading(rb"deflate\t+;", b"deflate.;")),
    (
        "waits for ever on a spaced equals sign",
        "6455/9.1/white-space-around-equals-is-open",
        misreading(rb"(?s)\A.*bits = .*", b""),
    ),
    (
        "waits for ever on a parameter in capitals",
        "9110/5.6.6/parameter-names-match-in-any-case",
        misreading(rb"(?s)\A.*; CLIENT_.*", b""),
    ),
    (
        "reads compressed messages that the server did not agree to",
        NOTHING_COMPRESSED,
        lambda role: negotiating_peer(role, endpoint=CompressesUnasked),
    ),
)
"""What is wrong, the requirement that it breaks, and a client like that."""

MUTANTS: tuple[Mutant, ...] = (
    *(
        Mutant(name=f"does not heed {rule.requirement}", breaks=(rule.requirement,), make=without(rule))
        for rule in OFFER_RULES
    ),
    *(
        Mutant(name=f"does not heed {rule.requirement}", breaks=(rule.requirement,), make=without(rule), roles=CLIENTS)
        for rule in ANSWER_RULES
    ),
    *(
        Mutant(
            name=f"accepts offers with {what}",
            breaks=(f"7692/{section}/offer-{rule}-is-declined",),
            make=unless(content),
        )
        for what, section, rule, content in OVERLOOKED
    ),
    *(
        Mutant(
            name=f"takes answers with {what}",
            breaks=(f"7692/{section}/answer-{rule}-fails",),
            make=unless(content),
            roles=CLIENTS,
        )
        for what, section, rule, content in OVERLOOKED
    ),
    *(
        Mutant(
            name=f"takes {what} in offers",
            breaks=tuple(f"7692/{section}/offer-{rule}-is-declined" for section, rule in broken),
            make=misreading(form, by),
        )
        for what, broken, form, by in MISQUOTED
    ),
    *(
        Mutant(
            name=f"takes {what} in answers",
            breaks=tuple(f"7692/{section}/answer-{rule}-fails" for section, rule in broken),
            make=misreading(form, by),
            roles=CLIENTS,
        )
        for what, broken, form, by in MISQUOTED
    ),
    *(Mutant(name=f"compression: {what}", breaks=(broken,), make=make) for what, broken, make in SERVER_FAULTS),
    *(
        Mutant(name=f"compression: {what}", breaks=(broken,), make=make, roles=CLIENTS)
        for what, broken, make in CLIENT_FAULTS
    ),
)
