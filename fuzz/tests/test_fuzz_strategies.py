"""The strategies: what they reach of the rules and states of the reference, and that they make lawful things lawful."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from functools import partial
from typing import ParamSpec, TypeVar

import pytest
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st
from ws_conformance.memory import rehearse, whole
from ws_conformance.model import Outcome
from ws_conformance.mutants import reference_peer
from ws_conformance.mutants.base import ReferencePeer
from ws_conformance.mutants.deflate_data import deflating_peer
from ws_conformance.peer import Chunk, Role
from ws_conformance.segmentation import delivery_for
from ws_conformance.wire import CLOSE, apply_mask, serialize
from ws_fuzz.detection import Example, examples, examples_of_all_kinds
from ws_fuzz.drawing import ROUND, seeds
from ws_fuzz.oracle import OutsideError, complete
from ws_fuzz.script import Script
from ws_fuzz.strategies import (
    compressed_conversations,
    conversations,
    handshakes,
    malformed_texts,
    scripts,
    texts,
)
from ws_fuzz.strategies.frames import close_bodies, control_frames, lengths
from ws_reference import (
    CLOSE_RULES,
    HEADER_RULES,
    LENGTH_RULES,
    REQUEST_RULES,
    RESPONSE_RULES,
    RSV1_RULES,
    ClientHandshake,
    Connection,
    FrameHeader,
    HeaderRule,
    PerMessageDeflate,
    Receiving,
    Rules,
    ServerHandshake,
    State,
    Violation,
)

pytestmark = pytest.mark.exhaustive

P = ParamSpec("P")
Objection = TypeVar("Objection")

MOST = 3_000
"""Every rule of a receiver has to be needed by some of so many scripts for each role."""

CI = settings(
    max_examples=60,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)


class Counting:
    """The rules of the reference, each counting how often it objects. Header rules are asked about all headers when a
    table of them is made, so of these it is only noted which requirements they name."""

    def __init__(self) -> None:
        self.objections: Counter[str] = Counter()
        self.requirements: dict[str, set[str]] = {}
        self.rules = Rules(
            header=tuple(map(self._noted, HEADER_RULES)),
            length=tuple(map(self._counted, LENGTH_RULES)),
            close=tuple(map(self._counted, CLOSE_RULES)),
        )
        self.rsv1 = tuple(map(self._noted, RSV1_RULES))
        self.request = tuple(map(self._counted, REQUEST_RULES))
        self.response = tuple(map(self._counted, RESPONSE_RULES))

    def _counted(self, rule: Callable[P, Objection | None]) -> Callable[P, Objection | None]:
        def counting(*given: P.args, **named: P.kwargs) -> Objection | None:
            objection = rule(*given, **named)
            if objection is not None:
                self.objections[rule.__name__] += 1
            return objection

        return counting

    def _noted(self, rule: HeaderRule) -> HeaderRule:
        def noting(header: FrameHeader, receiving: Receiving) -> Violation | None:
            objection = rule(header, receiving)
            if objection is not None:
                self.requirements.setdefault(rule.__name__, set()).add(objection.requirement)
            return objection

        return noting


class Watched(ReferencePeer):
    """The reference, with its states noted."""

    def __init__(self, peer: ReferencePeer, states: Counter[str]) -> None:
        super().__init__(peer.endpoint)
        self._states = states

    def receive(self, chunk: Chunk, now: float) -> None:
        super().receive(chunk, now)
        connection = self.endpoint.connection
        if connection is None:
            self._states["handshake"] += 1
        else:
            self._states[connection.state.value] += 1
            inside = connection._message is not None
            self._states[f"{connection.state.value}, {'inside' if inside else 'between'} messages"] += 1


def counting_peer(role: Role, counting: Counting, *, compressing: bool) -> ReferencePeer:
    """Return the reference with rules that count."""
    connection = partial(Connection, rules=counting.rules)
    if compressing:
        compression = partial(PerMessageDeflate, header_rules=counting.rsv1)
        return deflating_peer(role, connection=connection, compression=compression)
    handshake: Callable[..., ServerHandshake | ClientHandshake] = (
        partial(ServerHandshake, rules=counting.request)
        if role is Role.SERVER
        else partial(ClientHandshake, rules=counting.response)
    )
    return reference_peer(role, connection=connection, handshake=handshake)


class Reached:
    """The names of the rules that objected to something, and how often each state was there."""

    def __init__(self) -> None:
        self.states = Counter[str]()
        self._counting = Counting()
        self._failures = Counter[str]()

    def play(self, example: Example, role: Role) -> None:
        made = counting_peer(role, self._counting, compressing=example.script.agreed is not None)
        peer = Watched(made, self.states)
        rehearse(example.case, peer, role)
        failure = peer.endpoint.failure
        if failure is not None:
            self._failures[failure.requirement] += 1

    @property
    def rules(self) -> set[str]:
        named = self._counting.requirements.items()
        by_header = {name for name, requirements in named if requirements & self._failures.keys()}
        return by_header | set(self._counting.objections)


def rules_for(role: Role) -> set[str]:
    """Return the names of all rules that an endpoint in ``role`` can need."""
    handshake = REQUEST_RULES if role is Role.SERVER else RESPONSE_RULES
    rules = (*HEADER_RULES, *LENGTH_RULES, *CLOSE_RULES, *RSV1_RULES, *handshake)
    of_the_other = {Role.SERVER: "frame_from_server_is_not_masked", Role.CLIENT: "frame_from_client_is_masked"}
    return {rule.__name__ for rule in rules} - {of_the_other[role]}


STATES = {
    "handshake",
    "open, inside messages",
    "open, between messages",
    "closed, inside messages",
    "closed, between messages",
}


@pytest.mark.parametrize("role", Role)
def test_every_state_is_reached_and_many_rules_by_few_scripts(role: Role) -> None:
    reached = Reached()
    for example in examples_of_all_kinds(role, 250):
        reached.play(example, role)

    assert reached.states.keys() >= STATES
    # Which ones are drawn depends on the modules that are loaded: Hypothesis takes numbers from them. It is half or so.
    assert len(rules_for(role) & reached.rules) > len(rules_for(role)) / 3


@pytest.mark.parametrize("role", Role)
def test_every_rule_of_a_receiver_is_reached(role: Role) -> None:
    reached = Reached()
    kinds = (conversations(role), handshakes(role), compressed_conversations(role))
    tried = 0
    for chance in seeds(1):
        missing = rules_for(role) - reached.rules
        if not missing or tried > MOST:
            break
        tried += len(kinds) * ROUND
        for kind in kinds:
            for example in examples(kind, ROUND, chance):
                reached.play(example, role)

    assert missing == set()


@pytest.mark.parametrize("role", Role)
def test_the_state_of_waiting_for_the_other_close_is_reached(role: Role) -> None:
    """An endpoint that has closed first still reads what comes, up to the Close that answers its own."""
    seen = Counter[State]()
    for example in examples(conversations(role), 60, 1):
        peer = reference_peer(role)
        rehearse(complete(Script(role=role, turns=example.script.turns[:1])), peer, role)
        connection = reference_connection(role)
        connection.close()
        for data in frames_of(example.script):
            seen[connection.state] += 1
            connection.receive(data)

    assert seen[State.CLOSING] > 0
    assert seen[State.CLOSED] > 0


def reference_connection(role: Role) -> Connection:
    """Return an open connection of the reference."""
    from ws_reference import Role as ReferenceRole

    return Connection(ReferenceRole(role.value), new_masking_key=lambda: b"\x01\x02\x03\x04")


def frames_of(script: Script) -> list[bytes]:
    """Return what the turns behind the opening handshake say, as bytes."""
    from ws_conformance.model import Send, SendBytes

    masked = script.role is Role.SERVER
    said = []
    for turn in script.turns[1:]:
        for stimulus in turn:
            if isinstance(stimulus, Send):
                said += [serialize(one, masked=masked, masking_key=b"mask") for one in stimulus.frames]
            elif isinstance(stimulus, SendBytes):
                said.append(stimulus.data)
    return said


@pytest.mark.parametrize("role", Role)
def test_most_scripts_go_deep(role: Role) -> None:
    tried = examples(conversations(role), 120, 2)

    turns = sorted(len(example.script.turns) for example in tried)
    assert turns[len(turns) // 2] >= 4


@pytest.mark.parametrize("role", Role)
def test_the_reference_passes_every_completed_script(role: Role) -> None:
    @CI
    @given(scripts(role, compression=True))
    def passes(script: Script) -> None:
        try:
            case = complete(script)
        except OutsideError as outside:
            event(f"outside the model: {outside}")
            return
        for requirement in case.verifies:
            event(f"decides {requirement}")
        make = deflating_peer if script.agreed is not None else reference_peer
        delivery = delivery_for(script.segmentation, case.id) or whole
        finding = rehearse(case, make(role), role, delivery=delivery).finding
        assert finding.outcome is Outcome.PLAYED, finding.reason
        assert not [one for one in finding.departures if one.requirement in case.verifies], finding.reason

    passes()


@CI
@given(texts(lengths))
def test_texts_are_utf_8(text: str) -> None:
    assert text.encode().decode() == text


@CI
@given(malformed_texts(lengths))
def test_malformed_texts_are_none(data: bytes) -> None:
    with pytest.raises(UnicodeDecodeError):
        data.decode()


@CI
@given(close_bodies())
def test_lawful_bodies_of_a_close_are_lawful(body: bytes) -> None:
    assert len(body) != 1
    assert len(body) <= 125
    body[2:].decode()


@CI
@given(control_frames(), st.binary(min_size=4, max_size=4))
def test_lawful_control_frames_are_short_and_whole(one: object, key: bytes) -> None:
    from ws_conformance.wire import WireFrame

    assert isinstance(one, WireFrame)
    assert one.fin
    assert len(one.payload) <= 125
    assert one.opcode != CLOSE
    assert apply_mask(apply_mask(one.payload, key), key) == one.payload
