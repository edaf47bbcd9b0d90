from __future__ import annotations

from collections.abc import Callable

import pytest
from ws_conformance.examiner import EVIDENCE_BYTES, PATIENCE_SECONDS, Examiner, replay, seeded
from ws_conformance.memory import byte_by_byte, cut_at, rehearse, whole
from ws_conformance.model import (
    BOTH,
    CLIENTS,
    SERVERS,
    AnswersAgain,
    Case,
    End,
    Ends,
    InterimIs,
    Need,
    Open,
    Outcome,
    Pause,
    Place,
    PongIs,
    Quiet,
    Reaction,
    Refuses,
    Result,
    SendBytes,
    Setting,
    State,
    Step,
    Way,
)
from ws_conformance.mutants import reference_peer
from ws_conformance.mutants.liars import NeverSpeaks
from ws_conformance.observer import accept_for
from ws_conformance.peer import Chunk, Role, Signal
from ws_conformance.vocabulary import (
    FAILING_ENDS,
    PROTOCOL_ERROR,
    answers_ping,
    close_frame,
    closes,
    echo_fence,
    echoes,
    ends_tcp,
    expect,
    fails_the_connection,
    fence,
    fragments,
    frame,
    in_any_order,
    opened,
    opens,
    opens_or_refuses,
    quiet,
    refuses,
    refuses_or_opens,
    request,
    send,
)
from ws_conformance.wire import CLOSE, PING, PONG, TEXT, FrameReader, WireFrame, serialize

ABOUT = "6455/5.5.2/ping-is-answered"


def a_case(*steps: Step, verifies: tuple[str, ...] = (ABOUT,)) -> Case:
    return Case(id="test/case", roles=BOTH, verifies=verifies, steps=steps, because="§5.5.2: for a test.")


class Scripted:
    """A server that opens, and answers each frame by what ``answer`` returns for it."""

    def __init__(self, answer: Callable[[WireFrame], list[Chunk]]) -> None:
        self._answer = answer
        self._frames = FrameReader(1 << 20)
        self._head = b""
        self._opened = False
        self._out: list[Chunk] = []

    def receive(self, chunk: Chunk, now: float) -> None:
        if not isinstance(chunk, bytes):
            return
        if not self._opened:
            self._head += chunk
            if not self._head.endswith(b"\r\n\r\n"):
                return
            key = next(
                line[19:] for line in self._head.decode().split("\r\n") if line.startswith("Sec-WebSocket-Key: ")
            )
            answer = "HTTP/1.1 101 x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: "
            self._out.append(f"{answer}{accept_for(key)}\r\n\r\n".encode())
            self._opened = True
            return
        for received in self._frames.feed(chunk):
            if received.payload == b"control":
                self._out.append(told(PONG, b"control"))
            else:
                self._out += self._answer(received)

    def transmit(self, now: float) -> list[Chunk]:
        said, self._out = self._out, []
        return said

    def next_deadline(self) -> float | None:
        return None


def told(opcode: int, payload: bytes = b"") -> bytes:
    return serialize(WireFrame(opcode, payload), masked=False, masking_key=b"")


def play(case: Case, answer: Callable[[WireFrame], list[Chunk]], setting: Setting | None = None) -> Result:
    return rehearse(case, Scripted(answer), Role.SERVER, setting=setting)


def nothing(received: WireFrame) -> list[Chunk]:
    return []


@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize("delivery", [whole, byte_by_byte, cut_at(1), cut_at(3)])
def test_the_reference_passes_however_its_bytes_are_cut(role: Role, delivery: Callable[..., list[Chunk]]) -> None:
    case = a_case(
        *opened(),
        send(*fragments(TEXT, "in ", "two")),
        echoes(TEXT, "in two"),
        *fence(),
        *echo_fence(),
        *closes(),
    )

    finding = rehearse(case, reference_peer(role), role, delivery=delivery).finding

    assert (finding.outcome, finding.departures) == (Outcome.PLAYED, ())


def test_a_step_that_is_not_met_says_what_was_expected_and_what_came() -> None:
    case = a_case(*opened(), send(frame(TEXT, "bad", rsv=4)), *fails_the_connection(PROTOCOL_ERROR))

    finding = play(case, lambda received: [told(TEXT, b"bad")]).finding

    assert finding.outcome is Outcome.FAILED
    assert [departure.requirement for departure in finding.departures] == [ABOUT]
    assert finding.departures[0].way is Way.STEP
    assert finding.accepted[:2] == ("sends Close 1002", "sends a Close without a code (departs from a SHOULD)")
    assert finding.reason == 'text message "bad"; wanted: sends Close 1002'
    assert finding.observed == 'text message "bad"'
    assert finding.kind == "a message"
    assert finding.step == 4


def test_silence_fails_a_step_when_its_time_is_over() -> None:
    result = play(a_case(*opened(), send(frame(PING, b"?")), answers_ping(b"?")), nothing)

    assert result.finding.observed == "nothing"
    assert result.transcript[-1].at == 2.0


def test_scale_stretches_every_wait() -> None:
    case = a_case(*opened(), send(frame(PING, b"?")), answers_ping(b"?"))

    assert play(case, nothing, Setting(scale=3.0)).transcript[-1].at == 6.0


def test_a_chosen_reaction_is_a_departure_from_what_it_names() -> None:
    case = a_case(*opened(), send(frame(TEXT, "bad", rsv=4)), *fails_the_connection(PROTOCOL_ERROR))

    finding = play(case, lambda received: [told(0x8, b"\x03\xe8"), Signal.END]).finding

    assert finding.outcome is Outcome.PLAYED
    assert [(d.requirement, d.way) for d in finding.departures] == [
        ("6455/7.1.7/close-code-is-appropriate", Way.REACTION)
    ]


def test_ending_without_a_close_is_permitted_and_noted() -> None:
    case = a_case(*opened(), send(frame(TEXT, "bad", rsv=4)), *fails_the_connection(PROTOCOL_ERROR))

    for signal, departed in (
        (Signal.END, {"6455/7.1.7/close-frame-comes-first"}),
        (Signal.RESET, {"6455/7.1.7/close-frame-comes-first", "6455/7.1.1/tcp-is-ended-cleanly"}),
    ):
        finding = play(case, lambda received, signal=signal: [signal]).finding  # type: ignore[misc]  # binds the value

        assert {departure.requirement for departure in finding.departures} == departed


def test_a_server_that_waits_after_its_close_is_answered_late() -> None:
    def waits(received: WireFrame) -> list[Chunk]:
        return [Signal.END] if received.opcode == 0x8 else [told(0x8, b"\x03\xea")]

    case = a_case(*opened(), send(frame(TEXT, "bad", rsv=4)), *fails_the_connection(PROTOCOL_ERROR))

    result = play(case, waits)

    assert result.finding.outcome is Outcome.PLAYED
    assert [d.requirement for d in result.finding.departures] == ["6455/7.1.1/server-initiates-the-tcp-close"]
    assert result.transcript[-1].at == PATIENCE_SECONDS


def test_a_server_that_never_ends_fails_only_what_the_step_is_about() -> None:
    case = a_case(*opened(), send(frame(TEXT, "bad", rsv=4)), *fails_the_connection(PROTOCOL_ERROR))

    finding = play(case, lambda received: [told(0x8, b"\x03\xea")] if received.opcode == TEXT else []).finding

    assert FAILING_ENDS in [d.requirement for d in finding.departures if d.way is Way.STEP]
    assert finding.undecided == (ABOUT,)


def test_a_breach_is_found_in_every_case_and_does_not_end_it() -> None:
    case = a_case(*opened(), send(frame(PING, b"?")), answers_ping(b"?"))

    finding = play(
        case, lambda received: [serialize(WireFrame(PONG, b"?"), masked=True, masking_key=b"mask")] * 2
    ).finding

    assert finding.outcome is Outcome.PLAYED
    assert [(d.requirement, d.way) for d in finding.departures] == [
        ("6455/5.1/server-frames-are-not-masked", Way.BREACH)
    ]


def test_a_connection_that_does_not_work_leaves_the_case_undecided() -> None:
    finding = rehearse(a_case(*opened(), *fence()), NeverSpeaks(), Role.SERVER).finding

    assert finding.outcome is Outcome.UNDECIDED
    assert finding.undecided == (ABOUT,)
    assert finding.departures == ()


@pytest.mark.parametrize("can", [{Need.PONG}, {Need.ECHO}, set()])
def test_the_control_is_what_the_target_can_do(can: set[Need]) -> None:
    case = a_case(*opened(), *closes())

    result = rehearse(case, reference_peer(Role.SERVER), Role.SERVER, setting=Setting(can=frozenset(can)))

    assert result.finding.outcome is Outcome.PLAYED


def test_unsolicited_pongs_and_pings_are_passed_over() -> None:
    def chatty(received: WireFrame) -> list[Chunk]:
        return [told(PONG, b"by the way"), told(PING, b"there?"), told(PONG, received.payload)]

    result = play(a_case(*opened(), send(frame(PING, b"?")), answers_ping(b"?")), chatty)

    assert result.finding.outcome is Outcome.PLAYED


def test_a_ping_of_the_target_is_answered() -> None:
    answers: list[WireFrame] = []

    def pinging(received: WireFrame) -> list[Chunk]:
        answers.append(received)
        return [told(PING, b"there?")] if received.opcode == TEXT else [told(PONG, b"fence")]

    play(a_case(*opened(), send(frame(TEXT, "x")), *fence()), pinging)

    assert WireFrame(PONG, b"there?").payload in [answer.payload for answer in answers if answer.opcode == PONG]


def test_a_message_that_nobody_sent_for_fails_the_case() -> None:
    def twice(received: WireFrame) -> list[Chunk]:
        return [told(TEXT, received.payload) * 2]

    finding = play(a_case(*opened(), send(frame(TEXT, "once")), echoes(TEXT, "once")), twice).finding

    assert finding.outcome is Outcome.FAILED
    assert "nothing called for" in finding.reason


def test_messages_of_a_target_that_pushes_are_passed_over() -> None:
    def pushing(received: WireFrame) -> list[Chunk]:
        return [told(TEXT, b"news"), told(PONG, received.payload), told(TEXT, b"more news")]

    case = a_case(*opened(), *fence())

    assert play(case, pushing, Setting(pushes=True)).finding.outcome is Outcome.PLAYED
    assert play(case, pushing).finding.outcome is Outcome.FAILED


def test_an_end_that_was_seen_holds_for_later_steps() -> None:
    case = a_case(*opened(), send(frame(PING, b"?")), answers_ping(b"?"), ends_tcp(), ends_tcp())

    finding = play(case, lambda received: [told(PONG, b"?"), Signal.END]).finding

    assert finding.outcome is Outcome.PLAYED


def test_an_expectation_behind_the_end_fails_without_waiting() -> None:
    result = play(a_case(*opened(), send(frame(PING, b"?")), answers_ping(b"?")), lambda received: [Signal.END])

    assert result.finding.observed == "end of TCP"
    assert result.transcript[-1].at == 0.0


def test_in_any_order_takes_every_order() -> None:
    both = in_any_order("answers both", PongIs(b"1"), PongIs(b"2"))
    case = a_case(*opened(), send(frame(PING, b"1"), frame(PING, b"2")), expect(*both))

    def backwards(received: WireFrame) -> list[Chunk]:
        return [told(PONG, b"2"), told(PONG, b"1")] if received.payload == b"2" else []

    assert play(case, backwards).finding.outcome is Outcome.PLAYED


def test_quiet_is_met_by_silence_and_by_nothing_else() -> None:
    case = a_case(*opened(), send(frame(TEXT, "x")), quiet(1.0))

    assert play(case, nothing).finding.outcome is Outcome.PLAYED
    assert play(case, lambda received: [told(TEXT, b"x")]).finding.outcome is Outcome.FAILED


def test_of_the_reactions_only_those_that_can_still_be_completed_are_allowed() -> None:
    late = Reaction("asks for patience and ends", (InterimIs(100), Ends()))
    at_once = Reaction("ends at once", (Ends(),), (ABOUT,))
    examiner = Examiner(a_case(Open(request()), expect(late, at_once)), Role.SERVER, Setting())

    examiner.transmit(0.0)
    for chunk in (b"HTTP/1.1 100 Continue\r\n\r\n", Signal.END):
        examiner.receive(chunk, 0.1)
        examiner.transmit(0.1)

    assert [turn.allowed for turn in examiner.result().transcript if turn.heard is not None] == [
        ("asks for patience and ends", "ends at once (departs from a SHOULD)"),
        ("asks for patience and ends",),
    ]
    assert examiner.state is State.CLOSED


def test_a_pause_lets_time_pass() -> None:
    result = play(a_case(*opened(), Pause(5.0), *fence()), lambda received: [told(PONG, received.payload)])

    assert result.finding.outcome is Outcome.PLAYED
    assert result.transcript[-1].at == 5.0


def test_a_half_end_and_a_reset_are_said() -> None:
    for step, signal in ((End(half=True), Signal.HALF_END), (End(reset=True), Signal.RESET), (End(), Signal.END)):
        result = play(a_case(*opened(), step), nothing)

        assert signal in [chunk for turn in result.transcript for chunk in turn.said]


def test_the_farewell_is_a_close_and_the_end_of_tcp() -> None:
    examiner = Examiner(a_case(*opened()), Role.SERVER, Setting())
    target = reference_peer(Role.SERVER)
    said: list[Chunk] = []
    for _ in range(4):
        said = examiner.transmit(0.0)
        for chunk in said:
            target.receive(chunk, 0.0)
        for chunk in target.transmit(0.0):
            examiner.receive(chunk, 0.0)
        if examiner.finding:
            break

    assert said[-1] is Signal.END
    assert examiner.transmit(0.0) == []
    assert examiner.next_deadline() is None


def test_refusals_and_openings_are_told_apart() -> None:
    bad = request(without=("Sec-WebSocket-Key",))
    dependence = "6455/4.2.1/key-decodes-to-16-bytes"
    for asking, step, outcome in (
        (bad, refuses(), Outcome.PLAYED),
        (bad, refuses_or_opens(dependence), Outcome.PLAYED),
        (bad, opens_or_refuses(dependence), Outcome.PLAYED),
        (bad, opens(), Outcome.FAILED),
        (request(), opens(), Outcome.PLAYED),
        (request(), refuses(), Outcome.FAILED),
    ):
        case = a_case(Open(asking), step)

        assert rehearse(case, reference_peer(Role.SERVER), Role.SERVER).finding.outcome is outcome


def test_the_place_fills_the_request_and_never_doubles_a_field() -> None:
    place = Place(host="example.org", resource="/feed", fields=(("Origin", "https://a"), ("Upgrade", "x")))
    result = rehearse(
        a_case(Open(request()), opens()), reference_peer(Role.SERVER), Role.SERVER, setting=Setting(place=place)
    )

    head = result.transcript[0].said[0]

    assert isinstance(head, bytes)
    assert head.startswith(b"GET /feed HTTP/1.1\r\nHost: example.org\r\n")
    assert head.count(b"Upgrade:") == 1
    assert b"Origin: https://a\r\n" in head


def test_raw_bytes_are_sent_as_they_are() -> None:
    case = a_case(*opened(), SendBytes(b"\x83\x80mask"), *fails_the_connection(PROTOCOL_ERROR))

    assert rehearse(case, reference_peer(Role.SERVER), Role.SERVER).finding.departures == ()


@pytest.mark.parametrize("role", Role)
def test_a_recording_replays_to_the_same_finding(role: Role) -> None:
    for case in (
        a_case(*opened(), send(frame(TEXT, "x")), echoes(TEXT, "x"), *closes()),
        a_case(*opened(), send(frame(TEXT, "x")), echoes(TEXT, "y")),
        a_case(*opened(), send(frame(PING, b"1")), answers_ping(b"2")),
        a_case(*opened(), send(frame(0x3)), *fails_the_connection(PROTOCOL_ERROR)),
    ):
        result = rehearse(case, reference_peer(role), role)

        assert replay(result) == result.finding


def test_silence_replays_to_the_same_finding() -> None:
    late = a_case(*opened(), send(frame(0x3)), *fails_the_connection(PROTOCOL_ERROR))
    never_ending = play(late, lambda received: [told(CLOSE, b"\x03\xea")] if received.opcode == 0x3 else [])
    pausing = play(a_case(*opened(), Pause(1.0), expect(Reaction("waits", (Quiet(),))), *fence()), nothing)
    silent = rehearse(late, NeverSpeaks(), Role.CLIENT)

    for result in (never_ending, pausing, silent):
        assert replay(result) == result.finding


def test_a_transcript_has_a_limit_and_says_what_it_lost() -> None:
    flood = told(PONG, bytes(125)) * (EVIDENCE_BYTES // 127 + 2)

    result = play(a_case(*opened(), *fence()), lambda received: [flood])

    kept = sum(len(turn.heard) for turn in result.transcript if isinstance(turn.heard, bytes))
    assert kept == EVIDENCE_BYTES
    assert result.lost > 0
    with pytest.raises(ValueError, match="were not kept"):
        replay(result)


def test_a_case_for_clients_is_not_played_against_a_server() -> None:
    case = Case(id="test/client", roles=CLIENTS, verifies=(ABOUT,), steps=opened(), because="§4.1: for a test.")

    with pytest.raises(AssertionError):
        Examiner(case, Role.SERVER, Setting())


def test_what_seeded_gives_depends_on_the_seed_alone() -> None:
    assert seeded("a")(100) == seeded("a")(100)
    assert seeded("a")(16) != seeded("b")(16)
    entropy = seeded("a")
    assert entropy(16) != entropy(16)


def test_needs_come_from_the_words_that_a_case_uses() -> None:
    assert a_case(*opened(), send(frame(0x3)), *fails_the_connection(PROTOCOL_ERROR)).needs == frozenset()
    assert a_case(*opened(), *fence()).needs == {Need.PONG}
    assert a_case(*opened(), *fence(), *echo_fence()).needs == {Need.PONG, Need.ECHO}


def test_a_case_is_checked_when_it_is_written() -> None:
    for wrong in (
        {"id": "Not an id"},
        {"roles": frozenset[Role]()},
        {"verifies": ()},
        {"because": "because of me"},
    ):
        right = {"id": "a/b", "roles": SERVERS, "verifies": (ABOUT,), "steps": (), "because": "§1: so."}
        with pytest.raises(AssertionError):
            Case(**(right | wrong))  # type: ignore[arg-type]  # that is the point
    with pytest.raises(AssertionError):
        expect(Reaction("of nothing", ()))
    assert close_frame(None).payload == b""


class Says:
    """Says these bytes when it hears anything."""

    def __init__(self, answer: bytes) -> None:
        self._answer = answer
        self._heard = b""

    def receive(self, chunk: Chunk, now: float) -> None:
        self._heard += chunk if isinstance(chunk, bytes) else b""

    def transmit(self, now: float) -> list[Chunk]:
        if not self._heard or not self._answer:
            return []
        said, self._answer = self._answer, b""
        return [said]

    def next_deadline(self) -> float | None:
        return None


REFUSAL = b"HTTP/1.1 400 Bad Request\r\nContent-Length: 2\r\n\r\nno"
CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"


@pytest.mark.parametrize("answer", [REFUSAL, CONTINUE + REFUSAL, REFUSAL + REFUSAL])
def test_interim_and_second_answers_are_passed_over_where_no_step_asks(answer: bytes) -> None:
    case = a_case(Open(request()), refuses(), quiet(0.1))

    assert rehearse(case, Says(answer), Role.SERVER).finding.outcome is Outcome.PLAYED


def test_interim_and_second_answers_can_be_asked_for_and_forbidden() -> None:
    asked = a_case(Open(request()), expect(Reaction("says 100", (InterimIs(100), Refuses(), AnswersAgain(400, 400)))))
    forbidden = a_case(Open(request()), expect(Reaction("stays", (Refuses(), Quiet())), forbids=(AnswersAgain(),)))

    assert rehearse(asked, Says(CONTINUE + REFUSAL + REFUSAL), Role.SERVER).finding.outcome is Outcome.PLAYED
    finding = rehearse(forbidden, Says(REFUSAL + REFUSAL), Role.SERVER).finding
    assert finding.outcome is Outcome.FAILED
    assert finding.observed == "HTTP status 400, then a second answer, with HTTP status 400"


@pytest.mark.parametrize(
    ("extensions", "agreed", "outcome"),
    [
        (None, "x-any", Outcome.PLAYED),
        ("", "", Outcome.PLAYED),
        ("", "x-any", Outcome.FAILED),
        ("x-any; a=1, x-other", 'x-any;a="1" , x-other', Outcome.PLAYED),
        ("x-any; a=1", "x-any; a=12", Outcome.FAILED),
    ],
)
def test_the_extensions_of_an_answer_can_be_asked_for(extensions: str | None, agreed: str, outcome: Outcome) -> None:
    line = f"Sec-WebSocket-Extensions: {agreed}\r\n" if agreed else ""
    answer = f"HTTP/1.1 101 Switching Protocols\r\n{line}\r\n".encode()
    case = a_case(Open(request()), opens(extensions=extensions))

    assert rehearse(case, Says(answer), Role.SERVER).finding.outcome is outcome


def test_what_is_behind_a_request_is_filled_in_and_measured() -> None:
    asking = request(adding=[("Content-Length", "{length}")], behind=b"{host}")
    result = rehearse(a_case(Open(asking), refuses()), Says(REFUSAL), Role.SERVER)

    sent = result.transcript[0].said[0]
    assert isinstance(sent, bytes)
    assert sent.endswith(b"\r\nContent-Length: 14\r\n\r\nwsspec.example")
