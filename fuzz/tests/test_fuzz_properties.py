"""What holds of the reference whatever it is sent: it never raises, cuts change nothing, what it keeps is bounded."""

from __future__ import annotations

import tracemalloc
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)
from msgspec.structs import replace
from ws_conformance.examiner import request_bytes
from ws_conformance.model import Open, Place, Send, SendBytes
from ws_conformance.peer import Role as TargetRole
from ws_conformance.wire import BINARY, CLOSE, TEXT, FrameReader, WireFrame, serialize
from ws_fuzz.script import Script
from ws_fuzz.strategies import compressed_conversations, conversations, handshakes, lengths, texts
from ws_reference import (
    BinaryReceived,
    CloseReceived,
    Connection,
    ConnectionFailed,
    DeflateNegotiation,
    Endpoint,
    Event,
    Frame,
    Limits,
    LocalProtocolError,
    Parameters,
    PerMessageDeflate,
    PingReceived,
    PongReceived,
    Role,
    State,
    TextReceived,
)

CI = settings(
    max_examples=60,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
"""The scripts are large: that it takes time to draw them is no fault."""

KEY = b"\x37\xfa\x21\x3d"
ROLES = ((TargetRole.SERVER, Role.SERVER), (TargetRole.CLIENT, Role.CLIENT))


def said_in(script: Script) -> bytes:
    """Return what ``script`` says behind the opening handshake."""
    masked = script.role is TargetRole.SERVER
    data = b""
    for turn in script.turns[1:]:
        for stimulus in turn:
            if isinstance(stimulus, Send):
                data += b"".join(serialize(one, masked=masked, masking_key=KEY) for one in stimulus.frames)
            elif isinstance(stimulus, SendBytes):
                data += stimulus.data
    return data


def connection(role: Role, *, compressing: bool, limits: Limits | None = None) -> Connection:
    limits = Limits() if limits is None else limits
    compression = PerMessageDeflate(role, Parameters(), limits=limits) if compressing else None
    return Connection(role, new_masking_key=lambda: KEY, limits=limits, compression=compression)


def cut(data: bytes, places: Sequence[int]) -> list[bytes]:
    edges = [0, *sorted(place % (len(data) + 1) for place in places), len(data)]
    return [data[start:end] for start, end in pairwise(edges)]


def told(events: Sequence[Event]) -> list[Event | tuple[str, int]]:
    """Return ``events``, of a failure what matters: its words may say how much had come by then."""
    return [
        (event.violation.requirement, event.violation.close_code) if isinstance(event, ConnectionFailed) else event
        for event in events
    ]


def answers_of(end: Connection) -> list[WireFrame]:
    """Return the frames that ``end`` sends, a Close without its reason."""
    frames = FrameReader(1 << 24).feed(end.bytes_to_send())
    return [replace(one, payload=one.payload[:2]) if one.opcode == CLOSE else one for one in frames]


def talks(role: TargetRole) -> st.SearchStrategy[Script]:
    return st.one_of(conversations(role), compressed_conversations(role))


places = st.lists(st.integers(0, 1 << 20), max_size=12)


@pytest.mark.parametrize(("target", "role"), ROLES)
def test_any_cut_gives_the_same_events_and_answers(target: TargetRole, role: Role) -> None:
    @CI
    @given(talks(target), places)
    def holds(script: Script, places: list[int]) -> None:
        data = said_in(script)
        whole, in_pieces = (connection(role, compressing=script.agreed is not None) for _ in range(2))

        events = whole.receive(data)
        events_in_pieces = [event for piece in cut(data, places) for event in in_pieces.receive(piece)]

        assert told(events_in_pieces) == told(events)
        assert answers_of(in_pieces) == answers_of(whole)
        assert (in_pieces.state, in_pieces.close_code) == (whole.state, whole.close_code)

    holds()


@dataclass(frozen=True)
class Change:
    """A change of some bytes at a place: ``removed`` of them are replaced by others."""

    place: int
    removed: int
    added: bytes

    def of(self, data: bytes) -> bytes:
        place = self.place % (len(data) + 1)
        return data[:place] + self.added + data[place + self.removed :]


changes = st.lists(st.builds(Change, st.integers(0, 1 << 20), st.integers(0, 8), st.binary(max_size=8)), max_size=4)


@pytest.mark.parametrize(("target", "role"), ROLES)
def test_no_bytes_make_a_connection_raise(target: TargetRole, role: Role) -> None:
    @CI
    @given(talks(target), changes, places)
    def holds(script: Script, changes: list[Change], places: list[int]) -> None:
        data = said_in(script)
        for change in changes:
            data = change.of(data)
        end = connection(role, compressing=script.agreed is not None)
        for piece in cut(data, places):
            end.receive(piece)
        end.receive_end()
        assert end.state is State.CLOSED
        assert end.receive(data) == []

    holds()


@CI
@given(handshakes(TargetRole.SERVER), changes, places)
def test_no_request_makes_a_server_raise_and_its_answer_does_not_depend_on_the_cut(
    script: Script, changes: list[Change], places: list[int]
) -> None:
    first = script.turns[0][0]
    assert isinstance(first, Open)
    head, behind = request_bytes(first.request, Place(), "dGhlIHNhbXBsZSBub25jZQ==")
    data = head + behind
    for change in changes:
        data = change.of(data)
    answers = []
    for pieces in ([data], cut(data, places)):
        server = Endpoint(Role.SERVER, deflate=DeflateNegotiation())
        for piece in pieces:
            server.receive(piece)
        answers.append((server.bytes_to_send(), server.should_end, server.connection is None))

    assert answers[0] == answers[1]


PIECE = 16 * 1024
LIMIT = 32 * 1024
MEMORY = 512 * 1024
"""What an endpoint with a LIMIT, and the test, may hold in memory: what came in one piece, and what is under way."""


@pytest.mark.parametrize(("target", "role"), ROLES)
def test_what_is_kept_is_bounded_whatever_comes(target: TargetRole, role: Role) -> None:
    @settings(CI, max_examples=15)
    @given(talks(target), st.sampled_from((0, LIMIT - 1, 1 << 24, (1 << 63) - 1)), st.booleans())
    def holds(script: Script, declared: int, fin: bool) -> None:
        limits = Limits(frame_length=LIMIT, message_length=LIMIT)
        end = connection(role, compressing=script.agreed is not None, limits=limits)
        said = said_in(script)
        masked = target is TargetRole.SERVER
        endless = WireFrame(BINARY, b"", fin, declared_length=declared)
        begun = serialize(endless, masked=masked, masking_key=KEY)
        filler = b"\xff" * PIECE
        tracemalloc.start()
        try:
            end.receive(said)
            end.receive(begun)
            for _ in range(64):
                end.receive(filler)
                end.bytes_to_send()
            kept, _ = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
        assert kept < MEMORY

    holds()


# --- round trips ------------------------------------------------------------------------------------------------------

messages = st.one_of(texts(lengths), lengths.flatmap(lambda length: st.just(bytes(range(256)) * (length // 256 + 1))))
window_bits = st.one_of(st.none(), st.integers(9, 15))
parameters = st.one_of(
    st.none(),
    st.builds(
        Parameters,
        server_no_context_takeover=st.booleans(),
        client_no_context_takeover=st.booleans(),
        server_max_window_bits=window_bits,
        client_max_window_bits=window_bits,
    ),
)


@pytest.mark.parametrize("role", Role)
def test_what_one_end_says_the_other_hears(role: Role) -> None:
    @CI
    @given(st.lists(messages, max_size=4), parameters, places)
    def holds(said: list[str | bytes], agreed: Parameters | None, places: list[int]) -> None:
        other = Role.CLIENT if role is Role.SERVER else Role.SERVER
        speaker, listener = (
            Connection(
                end,
                new_masking_key=lambda: KEY,
                compression=None if agreed is None else PerMessageDeflate(end, agreed),
            )
            for end in (role, other)
        )
        for message in said:
            if isinstance(message, str):
                speaker.send_text(message)
            else:
                speaker.send_binary(message)
        heard = [event for piece in cut(speaker.bytes_to_send(), places) for event in listener.receive(piece)]

        assert heard == [TextReceived(one) if isinstance(one, str) else BinaryReceived(one) for one in said]

    holds()


# --- states -----------------------------------------------------------------------------------------------------------

ORDER = (State.OPEN, State.CLOSING, State.CLOSED)
roles = st.sampled_from(Role)


class TwoEndpoints(RuleBasedStateMachine):
    """A client and a server that say what they like, and bytes that come when they come."""

    @initialize(agreed=parameters)
    def connect(self, agreed: Parameters | None) -> None:
        self.ends = {
            role: Connection(
                role,
                new_masking_key=lambda: KEY,
                compression=None if agreed is None else PerMessageDeflate(role, agreed),
            )
            for role in Role
        }
        self.on_the_way = dict.fromkeys(Role, b"")
        self.owed: dict[Role, list[Event]] = {role: [] for role in Role}
        self.states = dict.fromkeys(Role, State.OPEN)
        self.readers = {role: FrameReader(1 << 24) for role in Role}
        self.closes = dict.fromkeys(Role, 0)

    @rule(role=roles, message=messages)
    def say(self, role: Role, message: str | bytes) -> None:
        """A message goes out while the connection is open, and is an error of the caller's later."""
        end = self.ends[role]
        frame = Frame(TEXT, message.encode()) if isinstance(message, str) else Frame(BINARY, message)
        if end.state is not State.OPEN:
            with pytest.raises(LocalProtocolError):
                end.send(frame)
            return
        end.send(frame)
        self.owed[_other(role)].append(TextReceived(message) if isinstance(message, str) else BinaryReceived(message))

    @rule(role=roles, payload=st.binary(max_size=125))
    def ping(self, role: Role, payload: bytes) -> None:
        if self.ends[role].state is State.CLOSED:
            with pytest.raises(LocalProtocolError):
                self.ends[role].ping(payload)
            return
        self.ends[role].ping(payload)

    @rule(role=roles, code=st.sampled_from((1000, 1001, 1005, 3000, 4999)))
    def close(self, role: Role, code: int) -> None:
        if self.ends[role].state is not State.OPEN:
            with pytest.raises(LocalProtocolError):
                self.ends[role].close(code)
            return
        self.ends[role].close(code)

    @rule(role=roles, length=st.one_of(st.integers(1, 200), st.just(1 << 24)))
    def carry(self, role: Role, length: int) -> None:
        """Some of what ``role`` has said arrives."""
        said = self.ends[role].bytes_to_send()
        for frame in self.readers[role].feed(said):
            assert not self.closes[role] or frame.is_control, "a message behind a Close"
            self.closes[role] += frame.opcode == CLOSE
        self.on_the_way[role] += said
        arriving, self.on_the_way[role] = self.on_the_way[role][:length], self.on_the_way[role][length:]
        listener = _other(role)
        for event in self.ends[listener].receive(arriving):
            if isinstance(event, TextReceived | BinaryReceived):
                assert event == self.owed[listener].pop(0)
            else:
                assert isinstance(event, PingReceived | PongReceived | CloseReceived), event

    @invariant()
    def states_only_move_on(self) -> None:
        for role, end in self.ends.items():
            assert ORDER.index(end.state) >= ORDER.index(self.states[role])
            self.states[role] = end.state
            assert self.closes[role] <= 1

    def teardown(self) -> None:
        """When all has arrived that was said, either both ends have closed or neither has."""
        if not hasattr(self, "ends"):
            return
        for _ in range(3):
            for role in Role:
                self.carry(role, 1 << 24)
        closed = {end.state for end in self.ends.values()}
        assert closed <= {State.OPEN} or closed <= {State.CLOSED}


def _other(role: Role) -> Role:
    return Role.CLIENT if role is Role.SERVER else Role.SERVER


def test_a_client_and_a_server_that_say_what_they_like_hear_all_of_it_and_close() -> None:
    run_state_machine_as_test(TwoEndpoints, settings=settings(CI, max_examples=40, stateful_step_count=30))
