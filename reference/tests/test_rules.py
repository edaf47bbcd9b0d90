"""What a receiver refuses."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ws_reference.closing import CloseCode, close_body
from ws_reference.frames import FrameHeader, Role, parse_header
from ws_reference.rules import ALL_RULES, CLOSE_RULES, HEADER_RULES, LENGTH_RULES, Receiving, refused_headers

RECEIVING = st.builds(Receiving, st.sampled_from(Role), st.booleans(), st.integers(0, 7))


def header_of(two_octets: bytes) -> FrameHeader:
    parsed = parse_header(two_octets + bytes(12))
    assert parsed is not None
    return parsed[0]


@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize("message_under_way", [False, True])
@pytest.mark.parametrize("rsv_in_use", [0, 4])
def test_the_table_says_what_the_rules_say(role: Role, message_under_way: bool, rsv_in_use: int) -> None:
    receiving = Receiving(role, message_under_way, rsv_in_use)
    table = refused_headers(HEADER_RULES, role, rsv_in_use)[message_under_way]

    assert len(table) == 65536
    for first in range(256):
        for second in (0, 1, 125, 126, 127, 128, 129, 253, 254, 255):
            octets = bytes((first, second))
            refused = any(rule(header_of(octets), receiving) for rule in HEADER_RULES)
            assert table[first << 8 | second] == refused
            assert (ALL_RULES.header_violation(octets, receiving) is not None) == refused


@pytest.mark.parametrize(
    ("octets", "receiving", "requirement", "detail"),
    [
        ("c180", Receiving(Role.SERVER), "6455/5.2/reserved-bit-set-fails-the-connection", "RSV1 set without"),
        ("f180", Receiving(Role.SERVER), "6455/5.2/reserved-bit-set-fails-the-connection", "RSV1 and RSV2 and RSV3"),
        ("f180", Receiving(Role.SERVER, False, 4), "6455/5.2/reserved-bit-set-fails-the-connection", "RSV2 and RSV3"),
        ("8380", Receiving(Role.SERVER), "6455/5.2/unknown-opcode-fails-the-connection", "reserved opcode 0x3"),
        ("8f80", Receiving(Role.SERVER), "6455/5.2/unknown-opcode-fails-the-connection", "reserved opcode 0xf"),
        ("8100", Receiving(Role.SERVER), "6455/5.1/unmasked-frame-closes-the-connection", "unmasked frame"),
        ("8180", Receiving(Role.CLIENT), "6455/5.1/masked-frame-closes-the-connection", "masked frame"),
        ("0980", Receiving(Role.SERVER), "6455/5.5/fragmented-control-frame-fails", "fragmented control frame"),
        ("89fe", Receiving(Role.SERVER), "6455/5.5/long-control-frame-fails", "needs 16 bits"),
        ("89ff", Receiving(Role.SERVER), "6455/5.5/long-control-frame-fails", "needs 64 bits"),
        ("8080", Receiving(Role.SERVER), "6455/5.4/continuation-needs-a-message", "no message to continue"),
        ("8180", Receiving(Role.SERVER, True), "6455/5.4/new-message-waits-for-the-end-of-the-last", "opcode 0x1"),
    ],
)
def test_a_header_that_breaks_one_rule_is_refused_for_it(
    octets: str, receiving: Receiving, requirement: str, detail: str
) -> None:
    violation = ALL_RULES.header_violation(bytes.fromhex(octets), receiving)

    assert violation is not None
    assert violation.requirement == requirement
    assert detail in violation.detail
    assert violation.close_code == CloseCode.PROTOCOL_ERROR


@pytest.mark.parametrize(
    ("length_bits", "payload_length", "requirement"),
    [
        (16, 125, "6455/5.2/minimal-length-is-expected"),
        (64, 65535, "6455/5.2/minimal-length-is-expected"),
        (64, 1 << 63, "6455/5.2/top-bit-length-is-refused"),
        (64, (1 << 63) - 1, None),
        (64, 65536, None),
        (16, 65535, None),
        (16, 126, None),
    ],
)
def test_lengths_are_minimal_and_below_the_top_bit(
    length_bits: int, payload_length: int, requirement: str | None
) -> None:
    violation = ALL_RULES.length_violation(length_bits, payload_length)

    assert (violation and violation.requirement) == requirement


@pytest.mark.parametrize(
    ("body", "requirement", "close_code"),
    [
        (b"\x03", "6455/5.5.1/one-byte-close-body-fails", 1002),
        (close_body(0), "6455/7.4.2/codes-below-1000-are-not-used", 1002),
        (close_body(999), "6455/7.4.2/codes-below-1000-are-not-used", 1002),
        (close_body(1004), "6455/7.4.1/code-1004-is-reserved", 1002),
        (b"\x03\xed", "6455/7.4.1/code-1005-is-not-sent", 1002),
        (close_body(1006), "6455/7.4.1/code-1006-is-not-sent", 1002),
        (close_body(1015), "6455/7.4.1/code-1015-is-not-sent", 1002),
        (close_body(1016), "6455/7.4.2/codes-1016-to-2999-are-reserved", 1002),
        (close_body(2999), "6455/7.4.2/codes-1016-to-2999-are-reserved", 1002),
        (close_body(5000), "6455/7.4.2/codes-from-5000-are-not-used", 1002),
        (close_body(65535), "6455/7.4.2/codes-from-5000-are-not-used", 1002),
        (close_body(1000) + b"\xff", "6455/8.1/reason-invalid-utf-8-fails", 1007),
    ],
)
def test_a_close_body_that_breaks_one_rule_is_refused_for_it(body: bytes, requirement: str, close_code: int) -> None:
    violation = ALL_RULES.close_violation(body)

    assert violation is not None
    assert (violation.requirement, violation.close_code) == (requirement, close_code)


@pytest.mark.parametrize("code", [*range(1000, 1004), *range(1007, 1015), 3000, 3999, 4000, 4999])
def test_codes_that_may_be_sent_are_accepted(code: int) -> None:
    assert ALL_RULES.close_violation(close_body(code, "until soon, Zoë")) is None


def test_an_empty_close_body_is_accepted() -> None:
    assert ALL_RULES.close_violation(b"") is None


@given(st.integers(0, 255), st.integers(0, 255), RECEIVING)
def test_a_rule_that_is_left_out_no_longer_objects(first: int, second: int, receiving: Receiving) -> None:
    octets = bytes((first, second))
    for left_out in HEADER_RULES:
        others = [rule for rule in HEADER_RULES if rule is not left_out]
        expected = any(rule(header_of(octets), receiving) for rule in others)
        assert (ALL_RULES.without(left_out).header_violation(octets, receiving) is not None) == expected


def test_length_and_close_rules_can_be_left_out_too() -> None:
    assert [len(ALL_RULES.without(rule).length) for rule in LENGTH_RULES] == [len(LENGTH_RULES) - 1] * len(LENGTH_RULES)
    assert [len(ALL_RULES.without(rule).close) for rule in CLOSE_RULES] == [len(CLOSE_RULES) - 1] * len(CLOSE_RULES)
