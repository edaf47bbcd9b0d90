"""What permessage-deflate is offered and answered with, and which offers and answers are refused (RFC 7692 §5, §7.1).

Four parameters are agreed upon, two for each direction. The client's offers say what it wants of the server and what
it can do itself; the server's answer alone says what holds.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from ws_reference.errors import LocalProtocolError
from ws_reference.headers import Extension
from ws_reference.rules import Violation

PERMESSAGE_DEFLATE = "permessage-deflate"

SERVER_NO_CONTEXT_TAKEOVER = "server_no_context_takeover"
CLIENT_NO_CONTEXT_TAKEOVER = "client_no_context_takeover"
SERVER_MAX_WINDOW_BITS = "server_max_window_bits"
CLIENT_MAX_WINDOW_BITS = "client_max_window_bits"

DEFAULT_OFFER = Extension(PERMESSAGE_DEFLATE, ((CLIENT_MAX_WINDOW_BITS, None),))
"""What asks the server for nothing, and leaves it to the server how much memory it spends."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameters:
    """The parameters of an offer, or those that were agreed upon.

    No context takeover means that the one who compresses forgets each message before the next. The window of a
    compressor has two to the power of its bits, in bytes. None stands for a parameter that is absent, or has no value.
    """

    server_no_context_takeover: bool = False
    client_no_context_takeover: bool = False
    server_max_window_bits: int | None = None
    client_max_window_bits: int | None = None

    @classmethod
    def of(cls, extension: Extension) -> "Parameters":
        """Return the parameters of an offer or an answer.

        >>> Parameters.of(Extension("permessage-deflate", (("server_max_window_bits", "10"),))).server_max_window_bits
        10
        """
        values = dict(extension.parameters)
        return cls(
            server_no_context_takeover=SERVER_NO_CONTEXT_TAKEOVER in values,
            client_no_context_takeover=CLIENT_NO_CONTEXT_TAKEOVER in values,
            server_max_window_bits=_number(values.get(SERVER_MAX_WINDOW_BITS)),
            client_max_window_bits=_number(values.get(CLIENT_MAX_WINDOW_BITS)),
        )

    def extension(self) -> Extension:
        """Return the parameters as an answer says them.

        >>> str(Parameters(server_no_context_takeover=True, client_max_window_bits=12).extension())
        'permessage-deflate; server_no_context_takeover; client_max_window_bits=12'
        """
        parameters: list[tuple[str, str | None]] = []
        if self.server_no_context_takeover:
            parameters.append((SERVER_NO_CONTEXT_TAKEOVER, None))
        if self.client_no_context_takeover:
            parameters.append((CLIENT_NO_CONTEXT_TAKEOVER, None))
        if self.server_max_window_bits is not None:
            parameters.append((SERVER_MAX_WINDOW_BITS, str(self.server_max_window_bits)))
        if self.client_max_window_bits is not None:
            parameters.append((CLIENT_MAX_WINDOW_BITS, str(self.client_max_window_bits)))
        return Extension(PERMESSAGE_DEFLATE, tuple(parameters))


def _number(value: str | None) -> int | None:
    return int(value) if value is not None and _NO_NUMBER.fullmatch(value) is None else None


# Rules on one element, an offer or an answer


@dataclass(frozen=True, slots=True)
class ElementRule:
    """A requirement, and a function that says what is wrong with an element which breaks it, or None."""

    requirement: str
    fault: Callable[[Extension], str | None]


def unknown_parameter(element: Extension) -> str | None:
    """RFC 7692 §7: there are four parameters."""
    return "a parameter is not defined" if {name for name, _ in element.parameters} - _ALL_FOUR else None


def repeated_parameter(element: Extension) -> str | None:
    """RFC 7692 §7: each comes once at most."""
    names = [name for name, _ in element.parameters]
    return "a parameter comes more than once" if len(set(names)) < len(names) else None


def value_is(refused: re.Pattern[str], of: str, fault: str) -> Callable[[Extension], str | None]:
    """Return a function that objects to a value of the parameter ``of`` which has the form ``refused``.

    The grammar has no empty values, so "" stands for "no value".
    """

    def objection(element: Extension) -> str | None:
        values = (value or "" for name, value in element.parameters if name == of)
        return f"{of} {fault}" if any(map(refused.fullmatch, values)) else None

    return objection


_ALL_FOUR = {
    SERVER_NO_CONTEXT_TAKEOVER,
    CLIENT_NO_CONTEXT_TAKEOVER,
    SERVER_MAX_WINDOW_BITS,
    CLIENT_MAX_WINDOW_BITS,
}

_NO_VALUE, _ANY_VALUE = re.compile(""), re.compile(".+")
_NO_NUMBER = re.compile(".*[^0-9].*")
_LEADING_ZERO = re.compile("0[0-9]+")
_BELOW_8 = re.compile("0*[0-7]")
_ABOVE_15 = re.compile("0*(1[6-9]|[2-9][0-9]|[1-9][0-9]{2,})")

OFFER_RULES: tuple[ElementRule, ...] = (
    ElementRule("7692/7/offer-with-an-unknown-parameter-is-declined", unknown_parameter),
    ElementRule("7692/7/offer-with-a-repeated-parameter-is-declined", repeated_parameter),
    ElementRule(
        "7692/7.1.1.1/offer-with-a-value-is-declined", value_is(_ANY_VALUE, SERVER_NO_CONTEXT_TAKEOVER, "has a value")
    ),
    ElementRule(
        "7692/7.1.1.2/offer-with-a-value-is-declined", value_is(_ANY_VALUE, CLIENT_NO_CONTEXT_TAKEOVER, "has a value")
    ),
    ElementRule(
        "7692/7.1.2.1/offer-without-a-value-is-declined", value_is(_NO_VALUE, SERVER_MAX_WINDOW_BITS, "has no value")
    ),
    ElementRule(
        "7692/7.1.2.1/offer-that-is-no-number-is-declined", value_is(_NO_NUMBER, SERVER_MAX_WINDOW_BITS, "is no number")
    ),
    ElementRule(
        "7692/7.1.2.1/offer-with-a-leading-zero-is-declined",
        value_is(_LEADING_ZERO, SERVER_MAX_WINDOW_BITS, "begins with 0"),
    ),
    ElementRule("7692/7.1.2.1/offer-below-8-is-declined", value_is(_BELOW_8, SERVER_MAX_WINDOW_BITS, "is below 8")),
    ElementRule("7692/7.1.2.1/offer-above-15-is-declined", value_is(_ABOVE_15, SERVER_MAX_WINDOW_BITS, "is above 15")),
    ElementRule(
        "7692/7.1.2.2/offer-that-is-no-number-is-declined", value_is(_NO_NUMBER, CLIENT_MAX_WINDOW_BITS, "is no number")
    ),
    ElementRule(
        "7692/7.1.2.2/offer-with-a-leading-zero-is-declined",
        value_is(_LEADING_ZERO, CLIENT_MAX_WINDOW_BITS, "begins with 0"),
    ),
    ElementRule("7692/7.1.2.2/offer-below-8-is-declined", value_is(_BELOW_8, CLIENT_MAX_WINDOW_BITS, "is below 8")),
    ElementRule("7692/7.1.2.2/offer-above-15-is-declined", value_is(_ABOVE_15, CLIENT_MAX_WINDOW_BITS, "is above 15")),
)
"""What a server declines. An offer of client_max_window_bits may go without a value, an answer may not."""

ANSWER_RULES: tuple[ElementRule, ...] = (
    ElementRule("7692/7/answer-with-an-unknown-parameter-fails", unknown_parameter),
    ElementRule("7692/7/answer-with-a-repeated-parameter-fails", repeated_parameter),
    ElementRule(
        "7692/7.1.1.1/answer-with-a-value-fails", value_is(_ANY_VALUE, SERVER_NO_CONTEXT_TAKEOVER, "has a value")
    ),
    ElementRule(
        "7692/7.1.1.2/answer-with-a-value-fails", value_is(_ANY_VALUE, CLIENT_NO_CONTEXT_TAKEOVER, "has a value")
    ),
    ElementRule(
        "7692/7.1.2.1/answer-without-a-value-fails", value_is(_NO_VALUE, SERVER_MAX_WINDOW_BITS, "has no value")
    ),
    ElementRule(
        "7692/7.1.2.1/answer-that-is-no-number-fails", value_is(_NO_NUMBER, SERVER_MAX_WINDOW_BITS, "is no number")
    ),
    ElementRule(
        "7692/7.1.2.1/answer-with-a-leading-zero-fails",
        value_is(_LEADING_ZERO, SERVER_MAX_WINDOW_BITS, "begins with 0"),
    ),
    ElementRule("7692/7.1.2.1/answer-below-8-fails", value_is(_BELOW_8, SERVER_MAX_WINDOW_BITS, "is below 8")),
    ElementRule("7692/7.1.2.1/answer-above-15-fails", value_is(_ABOVE_15, SERVER_MAX_WINDOW_BITS, "is above 15")),
    ElementRule(
        "7692/7.1.2.2/answer-without-a-value-fails", value_is(_NO_VALUE, CLIENT_MAX_WINDOW_BITS, "has no value")
    ),
    ElementRule(
        "7692/7.1.2.2/answer-that-is-no-number-fails", value_is(_NO_NUMBER, CLIENT_MAX_WINDOW_BITS, "is no number")
    ),
    ElementRule(
        "7692/7.1.2.2/answer-with-a-leading-zero-fails",
        value_is(_LEADING_ZERO, CLIENT_MAX_WINDOW_BITS, "begins with 0"),
    ),
    ElementRule("7692/7.1.2.2/answer-below-8-fails", value_is(_BELOW_8, CLIENT_MAX_WINDOW_BITS, "is below 8")),
    ElementRule("7692/7.1.2.2/answer-above-15-fails", value_is(_ABOVE_15, CLIENT_MAX_WINDOW_BITS, "is above 15")),
)
"""What a client does not take as an answer, whatever it offered."""


# Rules on an answer and the offer that it may correspond to


@dataclass(frozen=True, slots=True)
class CorrespondenceRule:
    """A requirement, and a function of an offer and an answer that says how the answer does not fit, or None."""

    requirement: str
    fault: Callable[[Extension, Extension], str | None]


def forgetting_is_not_granted(offer: Extension, answer: Extension) -> str | None:
    """RFC 7692 §7.1.1.1: the server accepts the request by repeating it."""
    if Parameters.of(offer).server_no_context_takeover and not Parameters.of(answer).server_no_context_takeover:
        return f"{SERVER_NO_CONTEXT_TAKEOVER} was asked for and is missing"
    return None


def window_is_not_granted(offer: Extension, answer: Extension) -> str | None:
    """RFC 7692 §7.1.2.1: the server accepts the request by a value of its own."""
    if SERVER_MAX_WINDOW_BITS in dict(offer.parameters) and SERVER_MAX_WINDOW_BITS not in dict(answer.parameters):
        return f"{SERVER_MAX_WINDOW_BITS} was asked for and is missing"
    return None


def window_is_too_large(offer: Extension, answer: Extension) -> str | None:
    """RFC 7692 §7.1.2.1: that value is the offered one or smaller."""
    wanted, granted = Parameters.of(offer).server_max_window_bits, Parameters.of(answer).server_max_window_bits
    if wanted is not None and granted is not None and granted > wanted:
        return f"{SERVER_MAX_WINDOW_BITS} is above the {wanted} that was asked for"
    return None


def window_limit_was_not_offered(offer: Extension, answer: Extension) -> str | None:
    """RFC 7692 §7.1.2.2: a client's window is limited only if the client said that it can be."""
    if CLIENT_MAX_WINDOW_BITS in dict(answer.parameters) and CLIENT_MAX_WINDOW_BITS not in dict(offer.parameters):
        return f"{CLIENT_MAX_WINDOW_BITS} was not offered"
    return None


CORRESPONDENCE_RULES: tuple[CorrespondenceRule, ...] = (
    CorrespondenceRule("7692/7.1.1.1/answer-without-it-fails", forgetting_is_not_granted),
    CorrespondenceRule("7692/7.1.2.1/answer-without-it-fails", window_is_not_granted),
    CorrespondenceRule("7692/7.1.2.1/answer-above-the-offer-fails", window_is_too_large),
    CorrespondenceRule("7692/7.1.2.2/unoffered-parameter-in-an-answer-fails", window_limit_was_not_offered),
)


class DeflateNegotiation:
    """What one endpoint wants of permessage-deflate, and how it comes to an agreement with its peer.

    A client sends ``offers``, the one it likes best first. A server accepts what is offered, and adds to its answer
    what it ``wishes``, as far as the offer permits it.
    """

    def __init__(
        self,
        *,
        offers: Sequence[Extension] = (DEFAULT_OFFER,),
        wishes: Parameters = Parameters(),
        offer_rules: tuple[ElementRule, ...] = OFFER_RULES,
        answer_rules: tuple[ElementRule, ...] = ANSWER_RULES,
        correspondence_rules: tuple[CorrespondenceRule, ...] = CORRESPONDENCE_RULES,
    ) -> None:
        self.offers = tuple(offers)
        self.wishes = wishes
        self._offer_rules = offer_rules
        self._answer_rules = answer_rules
        self._correspondence_rules = correspondence_rules
        own = [*(_objection(offer, offer_rules) for offer in offers), _objection(wishes.extension(), answer_rules)]
        for violation in filter(None, own):
            raise LocalProtocolError(f"the peer would have to refuse this: {violation.detail}")

    # What a server does

    def accept(self, offered: Sequence[Extension]) -> Parameters | None:
        """Return what the server agrees to, or None if it declines all that is ``offered``.

        RFC 7692 §5, §7: the first offer that can be accepted is. One that breaks a rule is declined, and the next one
        looked at.
        """
        offers = (offer for offer in offered if offer.name == PERMESSAGE_DEFLATE)
        acceptable = next((offer for offer in offers if _objection(offer, self._offer_rules) is None), None)
        return self.agree(acceptable) if acceptable is not None else None

    # What a client does

    def read_answer(self, answered: Sequence[Extension]) -> Parameters | Violation | None:
        """Return what was agreed upon, or why the client fails the connection, or None if its offers were declined."""
        answers = [extension for extension in answered if extension.name == PERMESSAGE_DEFLATE]
        if not answers:
            return None
        violation = self.check_owner_of_rsv1(answers) or _objection(answers[0], self._answer_rules)
        return violation or self.check_correspondence(answers[0]) or self.keep_hints(Parameters.of(answers[0]))

    # Duties of a server

    def agree(self, offer: Extension) -> Parameters:
        """RFC 7692 §7.1: what is asked for is granted, what is hinted at is used, wishes are added if they may be."""
        offered, wishes = Parameters.of(offer), self.wishes
        if CLIENT_MAX_WINDOW_BITS not in dict(offer.parameters):
            wishes = replace(wishes, client_max_window_bits=None)
        return Parameters(
            server_no_context_takeover=offered.server_no_context_takeover or wishes.server_no_context_takeover,
            client_no_context_takeover=offered.client_no_context_takeover or wishes.client_no_context_takeover,
            server_max_window_bits=_least(offered.server_max_window_bits, wishes.server_max_window_bits),
            client_max_window_bits=_least(offered.client_max_window_bits, wishes.client_max_window_bits),
        )

    # Duties of a client

    def check_owner_of_rsv1(self, answers: Sequence[Extension]) -> Violation | None:
        """RFC 7692 §5: two extensions cannot both give RSV1 a meaning."""
        if len(answers) > 1:
            return Violation("7692/5/two-owners-of-rsv1-fail", f"{PERMESSAGE_DEFLATE} is answered more than once")
        return None

    def check_correspondence(self, answer: Extension) -> Violation | None:
        """RFC 7692 §3: an answer corresponds to one of the offers, and need not tell which. None means that it does."""
        objections = [self._objection_to_pair(offer, answer) for offer in self.offers]
        return None if None in objections else objections[0]

    def keep_hints(self, agreed: Parameters) -> Parameters:
        """RFC 7692 §7.1.1.2, §7.1.2.2: what all its offers hinted at, a client does unasked."""
        hints = [Parameters.of(offer) for offer in self.offers]
        all_forget = all(hint.client_no_context_takeover for hint in hints)
        largest_window = max(hint.client_max_window_bits or 15 for hint in hints)
        return replace(
            agreed,
            client_no_context_takeover=agreed.client_no_context_takeover or all_forget,
            client_max_window_bits=_least(agreed.client_max_window_bits, largest_window),
        )

    def _objection_to_pair(self, offer: Extension, answer: Extension) -> Violation | None:
        for rule in self._correspondence_rules:
            fault = rule.fault(offer, answer)
            if fault is not None:
                return Violation(rule.requirement, fault)
        return None


def _objection(element: Extension, rules: tuple[ElementRule, ...]) -> Violation | None:
    for rule in rules:
        fault = rule.fault(element)
        if fault is not None:
            return Violation(rule.requirement, fault)
    return None


def _least(one: int | None, other: int | None) -> int | None:
    """Return the smaller of two limits, of which each may be None for "no limit"."""
    return min((limit for limit in (one, other) if limit is not None), default=None)
