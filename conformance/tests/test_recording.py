from __future__ import annotations

from collections.abc import Iterable

import pytest
from ws_conformance.cases import CASES
from ws_conformance.memory import rehearse
from ws_conformance.model import SERVERS, Case, End, SendBytes, Step
from ws_conformance.mutants import MUTANTS, reference_peer
from ws_conformance.peer import Role
from ws_conformance.recording import (
    EVENTS,
    HEX_BYTES,
    abridged,
    case_level,
    case_title,
    folded,
    frame_words,
    record_requirements,
    record_result,
    record_unplayed,
    replay_id,
    wire_events,
)
from ws_conformance.vocabulary import (
    PROTOCOL_ERROR,
    close_frame,
    closes,
    echoes,
    fails_the_connection,
    fence,
    frame,
    opened,
    quiet,
    send,
)
from ws_conformance.wire import BINARY, TEXT, WireFrame, serialize
from ws_reports.record import CaseResult, Level, Verdict, WireEvent

PING_IS_ANSWERED = "6455/5.5.2/ping-is-answered"


def recorded(*steps: Step, mutant: str | None = None) -> CaseResult:
    case = Case(
        id="test/recorded", roles=SERVERS, verifies=(PING_IS_ANSWERED,), steps=steps, because="§5.5.2: for a test."
    )
    makers = {m.name: m.make for m in MUTANTS}
    target = reference_peer(Role.SERVER) if mutant is None else makers[mutant](Role.SERVER)
    return record_result(rehearse(case, target, Role.SERVER), n=7, target="t1", seconds=0.1, run_id="ABC")


def kinds(wire: Iterable[WireEvent]) -> list[tuple[str, str]]:
    return [(event.dir, event.kind) for event in wire]


def test_the_wire_is_cut_into_heads_frames_and_signals() -> None:
    result = recorded(*opened(), send(frame(TEXT, "hello")), echoes(TEXT, "hello"), *closes())

    assert kinds(result.wire) == [
        ("out", "http"),
        ("in", "http"),
        ("out", "frame"),
        ("in", "frame"),
        ("out", "frame"),
        ("in", "frame"),
        ("out", "frame"),
        ("in", "frame"),
        ("in", "end"),
    ]
    assert result.wire[4].words == 'FIN TEXT len 5 masked "hello"'
    assert result.wire[4].note == "stimulus"
    assert result.wire[5].frame is not None
    assert result.wire[5].hex == "810568656c6c6f"
    assert result.verdict is Verdict.PASS
    assert result.replay == "ABC-007" == replay_id("ABC", 7)


def test_the_event_that_was_not_permitted_is_marked() -> None:
    result = recorded(
        *opened(),
        send(frame(TEXT, "reserved", rsv=4)),
        *fails_the_connection(PROTOCOL_ERROR),
        mutant=_lax_about_bits(),
    )

    assert result.verdict is Verdict.FAIL
    assert [event.words for event in result.wire if event.ok is False] == ['FIN TEXT len 8 unmasked "reserved"']
    (check,) = [check for check in result.checks if check.event is not None]
    assert result.wire[check.event or 0].ok is False


def _lax_about_bits() -> str:
    breaking = "6455/5.2/reserved-bit-set-fails-the-connection"
    return next(m.name for m in MUTANTS if m.breaks == (breaking,) and Role.SERVER in m.roles)


def test_each_event_has_the_state_before_it_and_what_was_allowed_then() -> None:
    result = recorded(
        *opened(), send(frame(TEXT, "reserved", rsv=4)), *fails_the_connection(PROTOCOL_ERROR), mutant=_lax_about_bits()
    )

    assert [(event.dir, event.state) for event in result.wire] == [
        ("out", "connecting"),
        ("in", "connecting"),
        ("out", "open"),
        ("in", "open"),
        ("out", "open"),
        ("in", "must fail"),
    ]
    assert [event.allowed for event in result.wire[:4]] == [(), ("opens",), (), ("answers a Ping",)]
    assert result.wire[-1].allowed == result.accepted
    assert result.wire[-1].ok is False


@pytest.mark.parametrize(
    ("case_id", "states"),
    [
        ("handshake/host/missing", ["connecting", "must fail", "must fail", "closing"]),
        ("closing/handshake/code-alone", ["connecting"] * 2 + ["open"] * 3 + ["closing"] * 2),
        ("closing/tcp/half-closed-idle", ["connecting"] * 2 + ["open"] * 3 + ["closing"]),
    ],
)
def test_a_refusal_and_a_closing_handshake_have_their_states(case_id: str, states: list[str]) -> None:
    case = next(case for case in CASES if case.id == case_id)

    result = rehearse(case, reference_peer(Role.SERVER), Role.SERVER)

    assert [event.state for event in wire_events(result)] == states


def test_silence_alone_is_no_failing_of_the_connection() -> None:
    result = recorded(quiet(0.1), End())

    assert [event.state for event in result.wire] == ["connecting"]


def test_bytes_that_never_become_a_frame_are_told_when_they_are_sent() -> None:
    result = recorded(*opened(), send(frame(TEXT, "short", declared_length=1000)), End())

    assert kinds(result.wire)[-2:] == [("out", "bytes"), ("out", "end")]


def test_a_frame_in_several_pieces_is_told_whole_in_the_end() -> None:
    whole = serialize(WireFrame(TEXT, b"in pieces"), masked=True, masking_key=b"keys")

    result = recorded(*opened(), SendBytes(whole[:4]), SendBytes(whole[4:]), echoes(TEXT, "in pieces"))

    told = [event for event in result.wire if event.dir == "out" and event.kind == "frame"]
    assert told[-1].hex == whole.hex()


def test_long_frames_are_kept_in_part_with_their_digest() -> None:
    payload = bytes(HEX_BYTES * 2)

    result = recorded(*opened(), send(frame(BINARY, payload)), echoes(BINARY, payload))

    (event,) = [event for event in result.wire if event.dir == "in" and event.length > HEX_BYTES]
    assert len(event.hex) == 2 * HEX_BYTES
    assert event.sha256 is not None
    assert event.length == 2 * HEX_BYTES + 4


def test_a_refusal_is_a_head_and_a_body() -> None:
    case = next(case for case in CASES if case.id == "handshake/host/missing")

    result = record_result(
        rehearse(case, reference_peer(Role.SERVER), Role.SERVER), n=1, target="t1", seconds=0.1, run_id="ABC"
    )

    assert kinds(result.wire)[:3] == [("out", "http"), ("in", "http"), ("in", "bytes")]


def test_endless_wires_are_abridged_and_equal_steps_folded() -> None:
    event = WireEvent(t=0.0, dir="in", kind="frame", words="x")

    short = list(abridged([event] * (EVENTS * 2)))
    long = list(abridged([event] * (EVENTS * 2 + 5)))

    assert len(short) == EVENTS * 2
    assert len(long) == EVENTS * 2 + 1
    assert long[EVENTS].words == "5 more"
    assert list(folded(["a", "b", "b", "a"])) == ["a", "b (2 times)", "a"]


def test_steps_are_said_in_plain_words() -> None:
    steps = recorded(*opened(), *fence()).steps

    assert steps[0] == "open the connection"
    assert "show that the connection works" in steps
    assert 'send FIN PING len 5 "fence" (fence)' in steps


@pytest.mark.parametrize(
    ("sent", "words"),
    [
        (frame(TEXT, "a", fin=False, rsv=5), 'RSV1 RSV3 TEXT len 1 "a"'),
        (frame(BINARY, b"\x00", masked=False), 'FIN BINARY len 1 unmasked "\\x00"'),
        (close_frame(1002, "why"), 'FIN CLOSE len 5 1002 "why"'),
        (close_frame(None), "FIN CLOSE len 0"),
        (frame(TEXT, "", length_bytes=8), "FIN TEXT len 0 in 8 bytes"),
    ],
)
def test_a_frame_is_said_in_words(sent: WireFrame, words: str) -> None:
    assert frame_words(sent) == words


def test_a_case_that_was_not_played_has_its_reason() -> None:
    case = CASES[0]

    result = record_unplayed(case, Verdict.UNSUPPORTED, "needs an echo", n=1, target="t1", run_id="ABC")

    assert (result.verdict, result.reason, result.attempts) == (Verdict.UNSUPPORTED, "needs an echo", ())
    assert result.title == case_title(case)
    assert case_level(case) in Level


def test_requirements_are_recorded_for_a_role() -> None:
    everything, servers = record_requirements(), record_requirements(Role.SERVER)

    assert 0 < len(servers) < len(everything)
    assert all("server" in requirement.binds for requirement in servers)
