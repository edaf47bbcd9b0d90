"""Cases as data: the document is as its schema says, and whoever plays it comes to what the examiner finds."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from functools import cache, partial
from hashlib import shake_128
from importlib import import_module
from importlib.resources import files
from itertools import chain
from pathlib import Path
from types import ModuleType
from typing import Any

import jsonschema
import msgspec
import pytest
import ws_reference
from hypothesis import given
from hypothesis import strategies as st
from ws_conformance.blobs import Blobs
from ws_conformance.cases import ALL_CASES
from ws_conformance.command import root
from ws_conformance.exporting import (
    BEFORE_THE_HANDSHAKE,
    COMES_AGAIN,
    HALF_CLOSES,
    JUDGES_KEYS,
    RESETS,
    TOO_LONG,
    WAITS,
    export,
)
from ws_conformance.head import read_request_head, read_response_head
from ws_conformance.judging import case_verdict, checks
from ws_conformance.memory import rehearse
from ws_conformance.model import (
    AnsweredAgain,
    Breach,
    Case,
    Close,
    Ended,
    Interim,
    Message,
    Observation,
    Opened,
    Ping,
    Pong,
    Refused,
    Requested,
    Unreadable,
)
from ws_conformance.mutants import MUTANTS, Mutant, reference_peer
from ws_conformance.mutants.base import without_rule
from ws_conformance.mutants.deflate import deflating_peer
from ws_conformance.observer import Observer, accept_for
from ws_conformance.peer import Chunk, Peer, Role, Signal
from ws_conformance.seen_in_bytes import SEEN_IN_BYTES
from ws_conformance.testing import installed_from_npm
from ws_conformance.vectors import Document, Expect, Repeat, Slice, Vector, encode, schema, schema_document
from ws_conformance.wire import TEXT, apply_mask
from ws_reports.record import ExitCode, Verdict

pytestmark = pytest.mark.exhaustive

EXAMPLES = Path(__file__).parents[2] / "examples" / "vectors"
OBSERVING = ("observer.py", "head_breaches.py", "refusal.py", "deflate_breaches.py")
MAXIMUM_BYTES = 10_000_000
SOME = 20
"""Of how many vectors one is looked at where all of them would take too long."""

SOME_MUTANTS = 4
"""Of how many mutants one is tried."""


@cache
def document() -> Document:
    return export(ALL_CASES, "1.2.3")


@cache
def plain() -> Any:
    """Return the document as a reader in any language has it."""
    return json.loads(encode(document()))


@cache
def example(name: str) -> ModuleType:
    """Return a module of the examples, which import each other."""
    sys.path.append(str(EXAMPLES))
    try:
        return import_module(name)
    finally:
        sys.path.remove(str(EXAMPLES))


# --- the document -----------------------------------------------------------------------------------------------------


def test_the_published_schema_is_the_one_of_the_types() -> None:
    published = files("ws_conformance").joinpath("vectors.schema.json").read_bytes()

    assert published == schema_document()


def test_the_schema_is_one_and_knows_what_is_wrong() -> None:
    validator = jsonschema.Draft202012Validator(schema())
    jsonschema.Draft202012Validator.check_schema(schema())

    short = {**plain(), "blobs": {}}
    assert validator.is_valid({**short, "vectors": plain()["vectors"][:1]})
    assert not validator.is_valid({**short, "vectors": [{**plain()["vectors"][0], "steps": [{"do": "nothing"}]}]})
    assert not validator.is_valid({**short, "version": 2, "vectors": []})


def test_some_vectors_are_as_the_schema_says() -> None:
    jsonschema.validate({**plain(), "vectors": plain()["vectors"][::SOME]}, schema())


def test_what_is_written_can_be_read_again_and_is_of_moderate_size() -> None:
    written = encode(document())

    assert msgspec.json.decode(written, type=Document) == document()
    assert len(written) < MAXIMUM_BYTES
    assert len(written.splitlines()) == len(document().vectors) + 2


def test_two_exports_are_alike_byte_by_byte() -> None:
    def exported(hash_seed: str) -> bytes:
        command = [sys.executable, "-m", "ws_conformance", "vectors", "--area", "framing"]
        environment = {**os.environ, "PYTHONHASHSEED": hash_seed}
        return subprocess.run(command, env=environment, check=True, capture_output=True, timeout=120).stdout

    first = exported("1")

    assert first
    assert exported("2") == first


def test_each_case_is_there_once_for_each_role_or_is_left_out() -> None:
    there = [(vector.id, vector.role) for vector in document().vectors]
    left_out = [(each.id, each.role) for each in document().left_out]

    assert sorted(there + left_out) == sorted((case.id, role.value) for case in ALL_CASES for role in case.roles)


def test_a_case_is_left_out_only_for_what_vectors_cannot_say() -> None:
    reasons = {each.reason for each in document().left_out}
    too_long = {each.id.split("/")[0] for each in document().left_out if each.reason == TOO_LONG}

    assert reasons == {
        BEFORE_THE_HANDSHAKE,
        COMES_AGAIN,
        WAITS,
        HALF_CLOSES,
        RESETS,
        JUDGES_KEYS,
        TOO_LONG,
    }
    assert too_long == {"limits"}


def test_a_case_behind_a_plain_handshake_begins_with_frames() -> None:
    kinds = {(vector.id, vector.role): vector.kind for vector in document().vectors}

    assert kinds["framing/rsv/rsv1-on-ping", "server"] == "frames"
    assert kinds["deflate/data/one-fixed-block", "client"] == "frames"
    assert kinds["handshake/key/missing", "server"] == "handshake"
    assert {kind for (name, _), kind in kinds.items() if name.startswith(("utf8/", "fragmentation/"))} == {"frames"}


def test_what_was_agreed_upon_is_what_the_case_asks_for() -> None:
    agreed = {
        (vector.id, vector.role): vector.negotiated.permessage_deflate
        for vector in document().vectors
        if vector.negotiated is not None
    }

    assert agreed["framing/rsv/rsv1-on-ping", "server"] is None
    forgetting = agreed["deflate/takeover/client-reads-messages-that-stand-alone", "client"]
    assert forgetting is not None
    assert forgetting.server_no_context_takeover
    narrow = agreed["deflate/window/server-of-8-bits-reads-distance-256", "server"]
    assert narrow is not None
    assert (narrow.client_max_window_bits, narrow.server_max_window_bits) == (8, 15)


def test_all_that_is_named_is_there_and_all_that_is_there_is_named() -> None:
    used: set[str] = set()
    for vector in document().vectors:
        used |= {part.blob for part in parts(msgspec.to_builtins(vector))}

    assert used == document().blobs.keys()
    assert all(reaction.patterns for vector in document().vectors for reaction in reactions(vector))


def parts(value: object) -> Iterator[Slice]:
    match value:
        case {"is": "slice"}:
            yield msgspec.convert(value, Slice)
        case dict():
            for each in value.values():
                yield from parts(each)
        case list() | tuple():
            for each in value:
                yield from parts(each)


def reactions(vector: Vector) -> Iterator[Any]:
    for step in vector.steps:
        if isinstance(step, Expect):
            yield from step.reactions


def expressions(value: object) -> Iterator[str]:
    match value:
        case {"matches": str(written)}:
            yield written
        case dict():
            for each in value.values():
                yield from expressions(each)
        case list():
            for each in value:
                yield from expressions(each)


@given(st.lists(st.tuples(st.binary(min_size=1, max_size=70), st.integers(1, 900)), max_size=5))
def test_long_bytes_are_read_as_they_were_with_their_runs_and_from_inside_each_other(
    runs: list[tuple[bytes, int]],
) -> None:
    data = b"".join(unit * times for unit, times in runs)[:20_000]
    inside = data[len(data) // 3 :]

    blobs = Blobs([data, inside])

    mask = b"mask"
    described = json.loads(msgspec.json.encode(blobs.described({"blob-1"})))
    player = example("run_vectors").Player(None, {"blobs": described}, None)
    assert player.read([msgspec.to_builtins(blobs.slice(data))]) == data
    assert player.read([msgspec.to_builtins(blobs.slice(inside, mask))]) == apply_mask(inside, mask)
    assert len(described) <= 1


def test_a_long_run_takes_little_room_and_what_is_too_long_is_not_held() -> None:
    run = b"ab" * 1_000_000
    noise = shake_128(b"noise").digest(200_000)
    blobs = Blobs([run, noise])

    assert (blobs.hold(run), blobs.hold(noise)) == (True, False)
    assert blobs.described({"blob-1"}) == {"blob-1": (Repeat(b"ab".hex(), 1_000_000),)}


def test_expressions_are_none_that_only_python_reads() -> None:
    written = set(expressions(plain()))

    assert len(written) > 50
    assert [each for each in written if re.search(r"\(\?(?![:=!])|\\[AZ]", each)] == []


# --- whoever plays them comes to what the examiner finds --------------------------------------------------------------


class Implementation:
    """A Peer as the runners play vectors against it. ``said`` is what it said, in the words of patterns."""

    can = frozenset({"pong", "reply", "echo", "deflate"})

    def __init__(self, peer: Peer, vector: Any) -> None:
        self.said: list[dict[str, Any]] = []
        self._peer = peer
        self._observer = Observer(Role(vector["role"]))
        self._listen()
        if vector["kind"] == "frames":
            self._open(vector)

    def give(self, data: bytes) -> None:
        if not self._observer.answered and data.startswith(b"GET"):
            self._observer.asked(read_request_head(data.split(b"\r\n\r\n")[0]))
        if data.startswith(b"HTTP/"):
            self._observer.answered = True
            self._observer.agreed(read_response_head(data.split(b"\r\n\r\n")[0]))
        self._observer.told_bytes(len(data))
        self._peer.receive(data, 0.0)
        self._listen()

    def end(self) -> None:
        self._peer.receive(Signal.END, 0.0)
        self._listen()

    def _listen(self) -> None:
        for chunk in self._peer.transmit(0.0):
            self.said += [words for seen in self._observer.observe(chunk) for words in in_words(seen)]

    def _open(self, vector: Any) -> None:
        """Make the opening handshake, so that what the vector says was agreed upon is."""
        agreed = vector["negotiated"].get("permessage-deflate")
        extensions = [] if agreed is None else [f"Sec-WebSocket-Extensions: {spelled(agreed)}"]
        if vector["role"] == "server":
            lines = [
                "GET / HTTP/1.1",
                "Host: wsspec.example",
                "Upgrade: websocket",
                "Connection: Upgrade",
                "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
                "Sec-WebSocket-Version: 13",
                *extensions,
            ]
        else:
            (asked,) = self.said
            key = next(value for name, value in asked["fields"] if name == "Sec-WebSocket-Key")
            lines = [
                "HTTP/1.1 101 Switching Protocols",
                "Upgrade: websocket",
                "Connection: Upgrade",
                f"Sec-WebSocket-Accept: {accept_for(key)}",
                *extensions,
            ]
        self.give("\r\n".join([*lines, "", ""]).encode())
        assert [seen["is"] for seen in self.said] == ["opens" if vector["role"] == "server" else "requests"]
        self.said.clear()


def spelled(agreed: dict[str, Any]) -> str:
    parameters = (name if value is True else f"{name}={value}" for name, value in agreed.items())
    return "; ".join(("permessage-deflate", *parameters))


def in_words(seen: Observation | Breach) -> Iterator[dict[str, Any]]:
    match seen:
        case Breach():
            pass  # vectors do not judge the bytes that are sent
        case Opened(head) | Refused(head) | Interim(head) | AnsweredAgain(head):
            name = {Opened: "opens", Refused: "refuses", Interim: "interim", AnsweredAgain: "answers again"}[type(seen)]
            yield {"is": name, "status": head.status, "fields": head.fields}
        case Requested(head):
            yield {"is": "requests", "line": head.start_line, "fields": head.fields}
        case Message(opcode, payload):
            yield {"is": "message", "type": "text" if opcode == TEXT else "binary", "payload": payload}
        case Ping(payload) | Pong(payload):
            yield {"is": type(seen).__name__.lower(), "payload": payload}
        case Close(code, reason):
            yield {"is": "close", "code": code, "reason": reason}
        case Ended():
            yield {"is": "ended"}
        case Unreadable(detail):
            yield {"is": f"unreadable: {detail}"}


def verdict(vector: Any, make: Callable[[], Peer]) -> str:
    is_about_frames = vector["kind"] == "frames"
    player = example("run_vectors").Player if is_about_frames else example("run_handshakes").HandshakePlayer
    played: str = player(vector, plain(), Implementation(make(), vector)).play()
    return played


def reference_for(vector: Any) -> Peer:
    role = Role(vector["role"])
    return deflating_peer(role) if vector["id"].startswith("deflate/") else reference_peer(role)


def play_all(vectors: Sequence[Any]) -> dict[tuple[str, str], str]:
    """Play ``vectors`` against the reference, one that compresses where it is about that."""
    return {(vector["id"], vector["role"]): verdict(vector, partial(reference_for, vector)) for vector in vectors}


def has_precondition(vector: Any) -> bool:
    return any(step.get("precondition") for step in vector["steps"])


def test_the_reference_passes_every_vector_that_suits_it() -> None:
    verdicts = play_all(plain()["vectors"])
    undecided = {each for each, words in verdicts.items() if words == "undecided"}

    assert {each: words for each, words in verdicts.items() if words not in ("pass", "undecided")} == {}
    assert len(undecided) < 15  # answers that go with other offers than the reference makes
    assert all(has_precondition(v) for v in plain()["vectors"] if (v["id"], v["role"]) in undecided)


@pytest.mark.parametrize("rule", ws_reference.HEADER_RULES, ids=lambda rule: str(rule.__name__))
def test_a_reference_without_a_rule_fails_a_vector(rule: ws_reference.HeaderRule) -> None:
    about = [
        vector for vector in plain()["vectors"] if vector["id"].startswith(("framing/", "fragmentation/", "control/"))
    ]
    make = without_rule(rule)

    assert any(verdict(vector, partial(make, Role(vector["role"]))) == "fail" for vector in about)


def test_nearly_every_mutant_fails_a_vector_about_what_it_breaks() -> None:
    """Those that do not send bytes that are wrong whatever they say, or go wrong with time, or with half of TCP."""
    about: dict[tuple[str, str], list[Any]] = {}
    for vector in plain()["vectors"]:
        for requirement in named(vector) if not vector["id"].startswith("limits/") else ():
            about.setdefault((vector["role"], requirement), []).append(vector)
    noticed, unnoticed = 0, []
    for mutant in MUTANTS[::SOME_MUTANTS]:
        for role in mutant.roles:
            related = [vector for broken in mutant.breaks for vector in about.get((role.value, broken), ())]
            if any(fails(mutant, role, vector) for vector in related):
                noticed += 1
            elif not SEEN_IN_BYTES.issuperset(mutant.breaks):
                unnoticed.append(mutant.name)

    assert noticed > 10 * len(unnoticed)


def named(vector: Any) -> set[str]:
    """Return the requirements that failing ``vector``, or one of its reactions, departs from."""
    expected = [step for step in vector["steps"] if step["do"] == "expect"]
    departures = (reaction.get("departs_from", ()) for step in expected for reaction in step["reactions"])
    return set(chain(vector["requirements"], *(step.get("about", ()) for step in expected), *departures))


def fails(mutant: Mutant, role: Role, vector: Any) -> bool:
    try:
        return verdict(vector, partial(mutant.make, role)) in ("fail", "lenient")
    except AssertionError:  # it does not even open
        return False


# --- the runners of the examples --------------------------------------------------------------------------------------


class WebsocketsPeer:
    """websockets, as the example has it, for the examiner."""

    def __init__(self, role: Role) -> None:
        opening = {"kind": "handshake", "role": role.value, "needs": ["deflate"]}
        self._side = example("websockets_vectors").Implementation(opening)

    def receive(self, chunk: Chunk, now: float) -> None:
        if isinstance(chunk, bytes):
            self._side.give(chunk)
        else:
            self._side.end()

    def transmit(self, now: float) -> list[Chunk]:
        return [data or Signal.END for data in self._side.protocol.data_to_send()]

    def next_deadline(self) -> float | None:
        return None


def run_example(name: str, path: Path) -> tuple[int, set[tuple[str, str]]]:
    """Return how the runner ``name`` exits, and the cases and roles that it says have failed."""
    command = [sys.executable, str(EXAMPLES / name), str(path)]
    ran = subprocess.run(command, capture_output=True, text=True, timeout=300)
    assert ran.stderr == ""
    return ran.returncode, failed(ran.stdout)


def failed(output: str) -> set[tuple[str, str]]:
    return {(line.split()[2], line.split()[1]) for line in output.splitlines() if line.startswith("FAIL ")}


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("vectors") / "vectors.json"
    path.write_bytes(encode(document()))
    return path


@pytest.fixture(scope="module")
def failing_in_websockets(written: Path) -> set[tuple[str, str]]:
    return run_example("run_vectors.py", written)[1]


def sample(tmp_path: Path, *areas: str) -> Path:
    """Write a document of the vectors of ``areas`` only."""
    chosen = [vector for vector in plain()["vectors"] if vector["id"].split("/")[0] in areas]
    path = tmp_path / "sample.json"
    path.write_text(json.dumps({**plain(), "vectors": chosen}))
    return path


def test_the_runner_for_frames_has_no_complaint_about_control_frames_of_websockets(tmp_path: Path) -> None:
    assert run_example("run_vectors.py", sample(tmp_path, "control")) == (0, set())


def test_the_runner_for_handshakes_finds_in_websockets_what_the_examiner_finds(tmp_path: Path) -> None:
    code, found = run_example("run_handshakes.py", sample(tmp_path, "handshake"))

    assert code == 1
    assert found
    assert found <= failing_by_the_examiner(found)


def test_whatever_fails_in_websockets_fails_by_the_examiner_as_well(
    written: Path, failing_in_websockets: set[tuple[str, str]]
) -> None:
    found = failing_in_websockets | run_example("run_handshakes.py", written)[1]

    assert found
    assert found <= failing_by_the_examiner(found)


def failing_by_the_examiner(found: set[tuple[str, str]]) -> set[tuple[str, str]]:
    """Return those of the cases and roles in ``found`` that websockets fails in memory."""
    by_id = {case.id: case for case in ALL_CASES}
    return {(name, role) for name, role in found if examined(by_id[name], Role(role)) is Verdict.FAIL}


def examined(case: Case, role: Role) -> Verdict:
    return case_verdict(checks(rehearse(case, WebsocketsPeer(role), role)))


def test_the_runners_are_short() -> None:
    for name in ("run_vectors.py", "run_handshakes.py", "run_vectors.cjs"):
        assert len((EXAMPLES / name).read_text().splitlines()) < 100


def test_the_runner_in_javascript_finds_in_the_receiver_of_ws_what_zlib_does_to_everybody(
    written: Path, failing_in_websockets: set[tuple[str, str]]
) -> None:
    modules = installed_ws()
    command = ["node", str(EXAMPLES / "run_vectors.cjs"), str(written), str(modules)]
    ran = subprocess.run(command, capture_output=True, text=True, timeout=300)

    assert ran.stderr == ""
    assert ran.returncode == 1
    assert failed(ran.stdout) == failing_in_websockets
    assert "server fragmentation" in ran.stdout


def test_expressions_are_read_by_javascript() -> None:
    installed_ws()
    script = "for (const each of JSON.parse(require('fs').readFileSync(0))) new RegExp(`^(?:${each})$`)"
    everything = json.dumps(sorted(set(expressions(plain()))))

    subprocess.run(["node", "-e", script], input=everything, text=True, check=True, timeout=60)


def installed_ws() -> Path:
    """Return the folder that npm's ws is installed in."""
    folder = installed_from_npm("ws", "8.23.0")
    if folder is None:
        missing = "node and npm are not there, so npm's ws is not tried"
        if os.environ.get("WSSPEC_REQUIRE_PEERS") == "1":
            pytest.fail(missing)
        pytest.skip(missing)
    return folder


# --- the command ------------------------------------------------------------------------------------------------------


def test_the_command_writes_what_is_selected(tmp_path: Path, capsysbinary: pytest.CaptureFixture[bytes]) -> None:
    path = tmp_path / "some.json"

    assert root.run(["vectors", "framing/rsv/rsv1-on-ping", "--role", "server", "-o", str(path)]) == ExitCode.OK
    assert b"1 vectors; 0 left out" in capsysbinary.readouterr().err
    assert root.run(["vectors", "framing/rsv/rsv1-on-ping", "--role", "server"]) == ExitCode.OK

    assert capsysbinary.readouterr().out == path.read_bytes()
    (vector,) = json.loads(path.read_bytes())["vectors"]
    assert (vector["id"], vector["role"], vector["kind"]) == ("framing/rsv/rsv1-on-ping", "server", "frames")
    jsonschema.validate(json.loads(path.read_bytes()), schema())


def test_the_command_writes_the_schema(capsysbinary: pytest.CaptureFixture[bytes]) -> None:
    assert root.run(["vectors", "--schema"]) == ExitCode.OK
    assert capsysbinary.readouterr().out == schema_document()


def test_the_command_says_what_is_wrong(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert root.run(["vectors", "no/such-case"]) == ExitCode.USAGE
    assert "no/such-case" in capsys.readouterr().err
    assert root.run(["vectors", "--schema", "-o", str(tmp_path / "no" / "folder")]) == ExitCode.USAGE
    assert "name a file that can be written" in capsys.readouterr().err
    assert root.run(["vectors", "framing/mask", "--exclude", "framing/*"]) == ExitCode.USAGE
    assert "the selection is empty" in capsys.readouterr().err


def test_what_is_seen_in_bytes_is_what_the_observer_says() -> None:
    source = "".join((files("ws_conformance") / name).read_text("utf-8") for name in OBSERVING)
    written = set(re.findall(r'"(\d{4}/\d[\d.]*/[a-z0-9.-]+)"', source))
    made = {each.split("{")[0] for each in re.findall(r'f"(\d{4}/[^"]*)"', source)}

    assert written <= SEEN_IN_BYTES
    assert all(each.startswith(tuple(made)) for each in SEEN_IN_BYTES - written)
