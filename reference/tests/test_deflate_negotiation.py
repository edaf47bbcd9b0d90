"""Offers of permessage-deflate, and the answers to them."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ws_reference.deflate_negotiation import (
    ANSWER_RULES,
    CORRESPONDENCE_RULES,
    OFFER_RULES,
    CorrespondenceRule,
    DeflateNegotiation,
    ElementRule,
    Parameters,
)
from ws_reference.errors import LocalProtocolError
from ws_reference.headers import Extension, parse_extensions
from ws_reference.rules import Violation

NAME = "permessage-deflate"


def extensions(value: str) -> tuple[Extension, ...]:
    """Return the extensions of a well-formed field."""
    parsed = parse_extensions(value)
    assert parsed is not None
    return parsed


def accepted(offers: str, **arguments: object) -> str | None:
    """Return what a server answers to ``offers``, or None if it declines."""
    agreed = DeflateNegotiation(**arguments).accept(extensions(offers))  # type: ignore[arg-type]  # passed through
    return str(agreed.extension()) if agreed is not None else None


def read(answer: str, offers: str = f"{NAME}; client_max_window_bits", **arguments: object) -> object:
    """Return what a client makes of ``answer``: the id of what it breaks, or what was agreed upon, or None."""
    negotiation = DeflateNegotiation(offers=extensions(offers), **arguments)  # type: ignore[arg-type]  # passed through
    outcome = negotiation.read_answer(extensions(answer))
    return outcome.requirement if isinstance(outcome, Violation) else outcome


@pytest.mark.parametrize(
    ("offers", "answer"),
    [
        (NAME, NAME),
        (f"{NAME}; client_max_window_bits", NAME),
        (f"{NAME}; client_max_window_bits=10", f"{NAME}; client_max_window_bits=10"),
        (f'{NAME}; client_max_window_bits="10"', f"{NAME}; client_max_window_bits=10"),
        (f"{NAME}; server_max_window_bits=8", f"{NAME}; server_max_window_bits=8"),
        (f'{NAME}; server_max_window_bits="15"', f"{NAME}; server_max_window_bits=15"),
        (f"{NAME}; server_no_context_takeover", f"{NAME}; server_no_context_takeover"),
        (f"{NAME}; client_no_context_takeover", f"{NAME}; client_no_context_takeover"),
        (
            f"{NAME}; client_max_window_bits; server_max_window_bits=10, {NAME}; client_max_window_bits",
            f"{NAME}; server_max_window_bits=10",
        ),
        (f"{NAME}; unknown, {NAME}; server_no_context_takeover", f"{NAME}; server_no_context_takeover"),
        (f"permessage-foo; x=10, {NAME}", NAME),
        ("permessage-foo", None),
        (f"{NAME}; unknown", None),
    ],
)
def test_a_server_accepts_the_first_offer_that_it_can(offers: str, answer: str | None) -> None:
    assert accepted(offers) == answer


def test_a_server_adds_its_wishes_as_far_as_the_offer_permits() -> None:
    wishes = Parameters(
        server_no_context_takeover=True,
        client_no_context_takeover=True,
        server_max_window_bits=12,
        client_max_window_bits=11,
    )
    forgetting = f"{NAME}; server_no_context_takeover; client_no_context_takeover"

    assert accepted(NAME, wishes=wishes) == f"{forgetting}; server_max_window_bits=12"
    assert (
        accepted(f"{NAME}; client_max_window_bits; server_max_window_bits=10", wishes=wishes)
        == f"{forgetting}; server_max_window_bits=10; client_max_window_bits=11"
    )
    assert (
        accepted(f"{NAME}; client_max_window_bits=9; server_max_window_bits=15", wishes=wishes)
        == f"{forgetting}; server_max_window_bits=12; client_max_window_bits=9"
    )


NOT_FLAGS = ("1", "true", "15")
NO_NUMBERS = ("-10", "+10", "10.0", "1e1", "0xa", "1_0", "ten")
LEADING_ZEROS = ("08", "010", "0015")
BELOW_8 = ("0", "1", "7")
ABOVE_15 = ("16", "20", "100", "4294967304", "1" * 5000)

FAULTS = [
    ("7692/7/offer-with-an-unknown-parameter-is-declined", ("unknown", "unknown=1", "max_window_bits=10")),
    (
        "7692/7/offer-with-a-repeated-parameter-is-declined",
        (
            "server_no_context_takeover; server_no_context_takeover",
            "server_max_window_bits=10; server_max_window_bits=11",
            "client_max_window_bits=10; client_max_window_bits=10",
        ),
    ),
    ("7692/7.1.1.1/offer-with-a-value-is-declined", [f"server_no_context_takeover={v}" for v in NOT_FLAGS]),
    ("7692/7.1.1.2/offer-with-a-value-is-declined", [f"client_no_context_takeover={v}" for v in NOT_FLAGS]),
    ("7692/7.1.2.1/offer-without-a-value-is-declined", ["server_max_window_bits"]),
    ("7692/7.1.2.1/offer-that-is-no-number-is-declined", [f"server_max_window_bits={v}" for v in NO_NUMBERS]),
    ("7692/7.1.2.1/offer-with-a-leading-zero-is-declined", [f"server_max_window_bits={v}" for v in LEADING_ZEROS]),
    ("7692/7.1.2.1/offer-below-8-is-declined", [f"server_max_window_bits={v}" for v in BELOW_8]),
    ("7692/7.1.2.1/offer-above-15-is-declined", [f"server_max_window_bits={v}" for v in ABOVE_15]),
    ("7692/7.1.2.2/offer-that-is-no-number-is-declined", [f"client_max_window_bits={v}" for v in NO_NUMBERS]),
    ("7692/7.1.2.2/offer-with-a-leading-zero-is-declined", [f"client_max_window_bits={v}" for v in LEADING_ZEROS]),
    ("7692/7.1.2.2/offer-below-8-is-declined", [f"client_max_window_bits={v}" for v in BELOW_8]),
    ("7692/7.1.2.2/offer-above-15-is-declined", [f"client_max_window_bits={v}" for v in ABOVE_15]),
]
PAIRS = [(requirement, parameters) for requirement, each in FAULTS for parameters in each]


@pytest.mark.parametrize(("requirement", "parameters"), PAIRS)
def test_one_rule_declines_what_only_it_forbids(requirement: str, parameters: str) -> None:
    the_others = tuple(rule for rule in OFFER_RULES if rule.requirement != requirement)

    assert accepted(f"{NAME}; {parameters}") is None
    assert accepted(f"{NAME}; {parameters}, {NAME}") == NAME
    if len(parameters) < 1000:  # Python makes no number of more digits than 4,300
        assert accepted(f"{NAME}; {parameters}", offer_rules=the_others) is not None


def answer_id(requirement: str) -> str:
    return requirement.replace("/offer-", "/answer-").replace("-is-declined", "-fails")


@pytest.mark.parametrize(
    ("requirement", "parameters"),
    [*PAIRS, ("7692/7.1.2.2/offer-without-a-value-is-declined", "client_max_window_bits")],
)
def test_one_rule_fails_the_client_on_an_answer_that_only_it_forbids(requirement: str, parameters: str) -> None:
    the_others = tuple(rule for rule in ANSWER_RULES if rule.requirement != answer_id(requirement))

    assert read(f"{NAME}; {parameters}") == answer_id(requirement)
    if len(parameters) < 1000:
        assert isinstance(read(f"{NAME}; {parameters}", answer_rules=the_others), Parameters)


@pytest.mark.parametrize(
    ("offers", "answer", "requirement"),
    [
        (f"{NAME}; server_no_context_takeover", NAME, "7692/7.1.1.1/answer-without-it-fails"),
        (f"{NAME}; server_max_window_bits=10", NAME, "7692/7.1.2.1/answer-without-it-fails"),
        (
            f"{NAME}; server_max_window_bits=10",
            f"{NAME}; server_max_window_bits=11",
            "7692/7.1.2.1/answer-above-the-offer-fails",
        ),
        (NAME, f"{NAME}; client_max_window_bits=15", "7692/7.1.2.2/unoffered-parameter-in-an-answer-fails"),
    ],
)
def test_an_answer_corresponds_to_an_offer(offers: str, answer: str, requirement: str) -> None:
    the_others = tuple(rule for rule in CORRESPONDENCE_RULES if rule.requirement != requirement)

    assert read(answer, offers) == requirement
    assert isinstance(read(answer, offers, correspondence_rules=the_others), Parameters)


def test_an_answer_may_correspond_to_any_of_several_offers_but_not_to_bits_of_them() -> None:
    offers = f"{NAME}; server_max_window_bits=10; client_max_window_bits, {NAME}; server_no_context_takeover"

    assert isinstance(read(f"{NAME}; server_max_window_bits=9; client_max_window_bits=9", offers), Parameters)
    assert isinstance(read(f"{NAME}; server_no_context_takeover", offers), Parameters)
    assert read(f"{NAME}; server_no_context_takeover; client_max_window_bits=9", offers) == (
        "7692/7.1.2.1/answer-without-it-fails"
    )


def test_an_answer_without_compression_declines_it() -> None:
    assert read("permessage-foo") is None


def test_compression_is_answered_once() -> None:
    assert read(f"{NAME}, {NAME}") == "7692/5/two-owners-of-rsv1-fail"


@pytest.mark.parametrize(
    ("offers", "answer", "agreed"),
    [
        (f"{NAME}; client_max_window_bits", NAME, Parameters(client_max_window_bits=15)),
        (f"{NAME}; client_max_window_bits=10", NAME, Parameters(client_max_window_bits=10)),
        (
            f"{NAME}; client_max_window_bits=10",
            f"{NAME}; client_max_window_bits=12",
            Parameters(client_max_window_bits=10),
        ),
        (
            f"{NAME}; client_max_window_bits=10",
            f"{NAME}; client_max_window_bits=9",
            Parameters(client_max_window_bits=9),
        ),
        (
            f"{NAME}; client_no_context_takeover",
            NAME,
            Parameters(client_no_context_takeover=True, client_max_window_bits=15),
        ),
        (f"{NAME}; client_no_context_takeover, {NAME}", NAME, Parameters(client_max_window_bits=15)),
        (
            NAME,
            f"{NAME}; server_max_window_bits=9; server_no_context_takeover; client_no_context_takeover",
            Parameters(
                server_no_context_takeover=True,
                client_no_context_takeover=True,
                server_max_window_bits=9,
                client_max_window_bits=15,
            ),
        ),
    ],
)
def test_a_client_keeps_to_the_answer_and_to_its_own_hints(offers: str, answer: str, agreed: Parameters) -> None:
    assert read(answer, offers) == agreed


@pytest.mark.parametrize("offer", [f"{NAME}; server_max_window_bits=7", f"{NAME}; unknown"])
def test_nobody_offers_what_has_to_be_declined(offer: str) -> None:
    with pytest.raises(LocalProtocolError, match="the peer would have to refuse this"):
        DeflateNegotiation(offers=extensions(offer))

    assert DeflateNegotiation(offers=extensions(offer), offer_rules=()).offers == extensions(offer)


def test_nobody_wishes_what_has_to_be_refused() -> None:
    with pytest.raises(LocalProtocolError, match="client_max_window_bits is above 15"):
        DeflateNegotiation(wishes=Parameters(client_max_window_bits=16))


PARAMETERS = st.builds(
    Parameters,
    server_no_context_takeover=st.booleans(),
    client_no_context_takeover=st.booleans(),
    server_max_window_bits=st.none() | st.integers(8, 15),
    client_max_window_bits=st.none() | st.integers(8, 15),
)


@given(PARAMETERS)
def test_parameters_are_read_as_they_are_written(parameters: Parameters) -> None:
    assert Parameters.of(*extensions(str(parameters.extension()))) == parameters


@given(st.lists(PARAMETERS, min_size=1, max_size=3), PARAMETERS)
def test_what_a_server_answers_a_client_takes(offers: list[Parameters], wishes: Parameters) -> None:
    client = DeflateNegotiation(offers=[offer.extension() for offer in offers])
    agreed = DeflateNegotiation(wishes=wishes).accept(client.offers)
    assert agreed is not None

    outcome = client.read_answer([agreed.extension()])

    assert isinstance(outcome, Parameters)
    assert replace(outcome, client_max_window_bits=None) == replace(
        agreed,
        client_max_window_bits=None,
        client_no_context_takeover=agreed.client_no_context_takeover or outcome.client_no_context_takeover,
    )


def test_no_requirement_has_two_rules() -> None:
    rules: tuple[ElementRule | CorrespondenceRule, ...] = (*OFFER_RULES, *ANSWER_RULES, *CORRESPONDENCE_RULES)

    assert len({rule.requirement for rule in rules}) == len(rules)
