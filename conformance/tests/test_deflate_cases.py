from __future__ import annotations

import zlib

import pytest
from ws_conformance.cases.deflate import agreed, data, frames, sent, sizes, takeover, undecodable
from ws_conformance.catalogue import load_catalogue
from ws_conformance.deflate import Bits, Literal, Match, fixed, message, serialize, stored
from ws_conformance.deflate_breaches import CompressedMessages, rsv_breach
from ws_conformance.head import Extension
from ws_conformance.memory import rehearse
from ws_conformance.model import Breach, Case, Need, Outcome, Setting
from ws_conformance.mutants.base import reference_peer
from ws_conformance.mutants.deflate import deflating_peer
from ws_conformance.mutants.deflate_data import MUTANTS
from ws_conformance.peer import Role
from ws_conformance.wire import BINARY, CONTINUATION, PONG, RSV1, RSV2, TEXT, WireFrame

CASES = (
    *data.CASES,
    *frames.CASES,
    *takeover.CASES,
    *undecodable.CASES,
    *sent.CASES,
    *agreed.CASES,
    *sizes.CASES,
)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_a_target_without_compression_is_not_judged(case: Case) -> None:
    for role in case.roles:
        finding = rehearse(case, reference_peer(role), role).finding
        assert (finding.outcome, finding.departures) == (Outcome.UNSUPPORTED, ())
    assert Need.DEFLATE in case.needs


def test_ids_and_names_are_unique_and_what_they_cite_exists() -> None:
    cited = {requirement for case in CASES for requirement in case.verifies}
    cited |= {requirement for mutant in MUTANTS for requirement in mutant.breaks}
    assert len({case.id for case in CASES}) == len(CASES)
    assert len({mutant.name for mutant in MUTANTS}) == len(MUTANTS)
    assert cited <= load_catalogue().keys()


def test_a_case_can_be_played_against_a_target_that_answers_no_pings() -> None:
    case = next(case for case in CASES if case.id == "deflate/undecodable/bytes-that-are-no-deflate")
    finding = rehearse(case, deflating_peer(Role.SERVER), Role.SERVER, setting=Setting(can=case.needs)).finding
    assert finding.outcome is Outcome.PLAYED


# --- what is held against those who compress --------------------------------------------------------------------------


def read(*payloads: bytes, role: Role = Role.SERVER, parameters: tuple[tuple[str, str | None], ...] = ()) -> list[str]:
    """Return the requirements that the last of ``payloads`` breaches."""
    reader = CompressedMessages(role, Extension("permessage-deflate", parameters), 100_000)
    found = [list(reader.inflate(payload)) for payload in payloads]
    return [seen.requirement for seen in found[-1] if isinstance(seen, Breach)]


FAR = message(stored(bytes(600)), fixed([Match(3, 513)]))


@pytest.mark.parametrize(
    ("payload", "breach"),
    [
        (message(fixed([Literal(b"Hello")])), None),
        (message(fixed([Literal(b"Hello")], final=True)), None),
        (b"", "7692/7.2.1/compressed-message-has-a-byte-at-least"),
        (message(fixed([Literal(b"Hello")]), tail_kept=4), "7692/7.2.1/tail-is-removed"),
        (b"\xff\xff", "1951/3.2.3/what-is-sent-is-deflate"),
        (zlib.compress(b"Hello"), "1951/3.2.3/what-is-sent-is-deflate"),
        (message((Bits(0b111, 3),)), "1951/3.2.3/what-is-sent-is-deflate"),
        (
            serialize(stored(b"Hello", length=9), fixed())[:10],
            "7692/7.2.1/message-ends-in-an-empty-stored-block",
        ),
        (
            serialize((*fixed(final=True)[:-1], Bits(0b111111, 6)), stored())[:-4],
            "7692/7.2.1/final-block-is-padded-with-zeros",
        ),
    ],
)
def test_a_compressed_message_has_a_form(payload: bytes, breach: str | None) -> None:
    assert breach in read(payload) or (breach is None and read(payload) == [])


@pytest.mark.parametrize("role", Role)
def test_a_window_binds_the_one_who_promised_it(role: Role) -> None:
    own, other = f"{role.value}_max_window_bits", f"{role.opposite.value}_max_window_bits"
    assert read(FAR, role=role, parameters=((own, "9"),)) == [f"7692/7.2.1/{role.value}-keeps-to-its-window"]
    assert read(FAR, role=role, parameters=((own, "10"),)) == []
    assert read(FAR, role=role, parameters=((other, "9"),)) == []


@pytest.mark.parametrize("role", Role)
def test_who_promised_to_forget_refers_to_nothing_before_the_message(role: Role) -> None:
    messages = (message(fixed([Literal(b"Hello")])), message(fixed([Match(5, 5)])))
    own, other = f"{role.value}_no_context_takeover", f"{role.opposite.value}_no_context_takeover"
    assert read(*messages, role=role, parameters=((own, None),)) == [f"7692/7.2.1/{role.value}-forgets-as-agreed"]
    assert read(*messages, role=role, parameters=((other, None),)) == []


@pytest.mark.parametrize(
    ("hints", "breaches"),
    [
        ([], []),
        ([(("client_no_context_takeover", None),)], ["7692/7.1.1.2/hint-is-kept"]),
        ([(("client_no_context_takeover", None),), ()], []),
        ([(("client_max_window_bits", "9"),)], ["7692/7.1.2.2/hint-is-kept"]),
        ([(("client_max_window_bits", "9"),), (("client_max_window_bits", None),)], []),
    ],
)
def test_a_client_that_hinted_is_seen_not_to_keep_to_it(
    hints: list[tuple[tuple[str, str | None], ...]], breaches: list[str]
) -> None:
    offers = [Extension("permessage-deflate", parameters) for parameters in hints]
    reader = CompressedMessages(Role.CLIENT, Extension("permessage-deflate"), 100_000, offers)
    list(reader.inflate(message(stored(bytes(600)))))

    seen = list(reader.inflate(message(fixed([Match(3, 513)]))))

    assert [found.requirement for found in seen if isinstance(found, Breach)] == breaches


@pytest.mark.parametrize(
    ("frame", "breach"),
    [
        (WireFrame(TEXT, rsv=RSV1), None),
        (WireFrame(BINARY, rsv=RSV1), None),
        (WireFrame(CONTINUATION, rsv=RSV1), "7692/6.1/rsv1-is-clear-on-later-fragments-sent"),
        (WireFrame(PONG, rsv=RSV1), "7692/6.1/rsv1-is-clear-on-control-frames-sent"),
        (WireFrame(TEXT, rsv=RSV1 | RSV2), "6455/5.2/reserved-bits-are-zero"),
    ],
)
def test_rsv1_stands_on_the_first_frame_of_a_message(frame: WireFrame, breach: str | None) -> None:
    found = rsv_breach(frame, compressing=True)
    without = rsv_breach(frame, compressing=False)
    assert (found.requirement if found else None) == breach
    assert without is not None
    assert without.requirement == "6455/5.2/reserved-bits-are-zero"


def test_a_message_that_inflates_to_too_much_is_not_read() -> None:
    reader = CompressedMessages(Role.SERVER, Extension("permessage-deflate"), 1_000)
    bomb = message(fixed([Literal(b"a"), *[Match(258, 1)] * 4]))
    assert list(reader.inflate(bomb)) == []
    assert reader.fault is not None
