"""``wsspec repro``: scripts that need nothing of ours tell a mutant from the reference, in each language."""

from __future__ import annotations

import ast
import asyncio
import contextlib
import os
import re
import shutil
import ssl
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import trustme
from msgspec.structs import replace
from ws_conformance.cases import ALL_CASES, CASES
from ws_conformance.clients.api import API_CASES
from ws_conformance.command import root
from ws_conformance.head import RequestHead, ResponseHead
from ws_conformance.memory import rehearse
from ws_conformance.model import (
    Case,
    Close,
    Ended,
    Expect,
    Interim,
    Message,
    Observation,
    Opened,
    Ping,
    Pong,
    Refused,
    Requested,
    Setting,
    Unreadable,
    steps_for,
)
from ws_conformance.mutants import LIMITS, MUTANTS, reference_peer
from ws_conformance.mutants.base import tampered
from ws_conformance.mutants.demo_server import demo_server, echo_server
from ws_conformance.mutants.liars import NeverSpeaks, OpensAnd
from ws_conformance.peer import Peer, Role
from ws_conformance.probing import able
from ws_conformance.recording import record_result
from ws_conformance.repro.dialogue import Fields, NoScriptError, pattern_fields
from ws_conformance.repro.said import REPLIES, NotTheSameError, said_again
from ws_conformance.sockets import Wire
from ws_conformance.testing import free_port, serving_peers
from ws_reports.record import (
    CaseResult,
    Catalogue,
    ExitCode,
    Run,
    RunInfo,
    Suite,
    Target,
    Verdict,
    encode,
    with_cases,
)

pytestmark = pytest.mark.exhaustive

BOUND_SECONDS = 60.0
SEED = 20261128
ABLE: dict[str, bool | None] = {"open": True, "pong": True, "reply": True, "echo": True, "pushes": False}
SETTING = able(Setting(seed=str(SEED)), ABLE)
LANGUAGES = {"python": (sys.executable, "-I"), "node": ("node",), "bash": ("bash",)}
"""What runs a script, without anything that the environment may add."""


def is_there(language: str) -> None:
    """Skip the test, visibly, where nothing runs ``language``; fail it where everything has to be there."""
    program = LANGUAGES[language][0]
    if shutil.which(program) is None:
        missing = f"{program} is not there, so no script of {language} is run"
        if os.environ.get("WSSPEC_REQUIRE_PEERS") == "1":
            pytest.fail(missing)
        pytest.skip(missing)


EXHAUSTIVE = pytest.mark.exhaustive
EACH_LANGUAGE = ["python", pytest.param("node", marks=EXHAUSTIVE), pytest.param("bash", marks=EXHAUSTIVE)]
"""What scripts do does not depend on the version of Python, but for those in Python."""


@pytest.fixture(autouse=True)
def in_an_empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


# --- how a script is made and run -------------------------------------------------------------------------------------


def case_called(name: str) -> Case:
    return next(case for case in ALL_CASES if case.id == name)


def mutant(name: str, role: Role = Role.SERVER) -> Callable[[], Peer]:
    found = next(mutant for mutant in (*MUTANTS, *LIMITS) if mutant.name == name)
    return lambda: found.make(role)


def recorded(case: Case, make_peer: Callable[[], Peer], role: Role = Role.SERVER) -> Run:
    """Return the record of a run in which ``case`` was played against what ``make_peer`` returns."""
    url = "ws://wsspec.example/" if role is Role.SERVER else None
    result = rehearse(case, make_peer(), role, setting=SETTING)
    bare = Run(
        run=RunInfo(id="REPRO1", started="2026-11-28T10:00:00Z", seed=SEED, complete=True),
        suite=Suite(name="wsspec", version="0", catalogue=Catalogue(version="0")),
        targets=(Target(id="t1", name="t1", role=role.value, url=url, probed=ABLE),),
    )
    return with_cases(bare, [record_result(result, n=1, target="t1", seconds=0.0, run_id="REPRO1")])


def written(run: Run, language: str, *arguments: str) -> Path:
    """Return the script that the command makes of the only result of ``run``."""
    Path("run.json").write_bytes(encode(run))
    script = Path(f"script.{language}.cjs")
    assert root.run(["repro", "run.json#1", "--as", language, "-o", str(script), *arguments]) == ExitCode.OK
    return script


def run_script(script: Path, language: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*LANGUAGES[language], str(script), *arguments],
        capture_output=True,
        text=True,
        timeout=BOUND_SECONDS,
        check=False,
    )


@contextlib.contextmanager
def serving(make_peer: Callable[[], Peer], tls: ssl.SSLContext | None = None) -> Iterator[str]:
    """Serve a new peer to each connection, from a thread; yields host and port."""
    with serving_peers(make_peer, tls) as url:
        yield urlsplit(url).netloc


# --- servers ----------------------------------------------------------------------------------------------------------

FOR_SERVERS: Sequence[tuple[str, Callable[[], Peer]]] = (
    ("framing/rsv/rsv1-on-text", demo_server),
    ("framing/mask/unmasked-ping", demo_server),
    ("fragmentation/stray/not-final", demo_server),
    ("fragmentation/mixed/text-inside-text-behind-one-fragment", demo_server),
    ("fragmentation/control/ping", demo_server),
    ("fragmentation/reassembly/text-in-2-fragments", mutant("refuses characters of one byte")),
    ("control/ping/125-bytes", demo_server),
    ("utf8/malformed/stray-tail-80", demo_server),
    ("utf8/truncated/e2-82", demo_server),
    ("handshake/method/post", demo_server),
    ("handshake/version/12-names-13", demo_server),
    ("closing/handshake/code-and-reason", mutant("ignores every Close")),
)


@pytest.mark.parametrize("language", EACH_LANGUAGE)
@pytest.mark.parametrize(("name", "broken"), FOR_SERVERS, ids=[name for name, _ in FOR_SERVERS])
def test_a_script_tells_a_broken_server_from_a_sound_one(name: str, broken: Callable[[], Peer], language: str) -> None:
    is_there(language)
    run = recorded(case_called(name), broken)
    script = written(run, language)

    with serving(broken) as ill, serving(echo_server) as well:
        failed, passed = (run_script(script, language, place) for place in (ill, well))

    assert run.cases[0].verdict is Verdict.FAIL
    assert (failed.returncode, passed.returncode) == (1, 0), (
        failed.stdout + failed.stderr + passed.stdout + passed.stderr
    )
    assert "NOT ACCEPTED: what came was " in failed.stdout
    assert "wanted is, within" in failed.stdout
    assert "(6455/" in failed.stdout
    assert "accepted: every step went as the RFC permits" in passed.stdout
    assert failed.stderr == passed.stderr == ""


@pytest.mark.parametrize("language", EACH_LANGUAGE)
def test_the_proof_of_a_server_is_checked_against_the_key(language: str) -> None:
    is_there(language)
    broken = mutant("makes its proof with hexadecimal digits")
    script = written(recorded(case_called("control/ping/empty"), broken), language)

    with serving(broken) as place:
        done = run_script(script, language, place)

    assert done.returncode == 1
    assert "NOT ACCEPTED: Sec-WebSocket-Accept is not the one for our key" in done.stdout


@pytest.mark.parametrize("language", EACH_LANGUAGE)
def test_a_departure_that_is_no_failure_is_exit_0_with_a_remark(language: str) -> None:
    is_there(language)
    script = written(recorded(case_called("handshake/method/wsspec-gets-501"), echo_server), language)

    with serving(demo_server) as place:
        done = run_script(script, language, place)

    assert done.returncode == 0
    assert "accepted, but not what should be" in done.stdout


@pytest.mark.parametrize("language", EACH_LANGUAGE)
def test_without_a_working_connection_there_is_no_verdict(language: str) -> None:
    is_there(language)
    script = written(recorded(case_called("framing/rsv/rsv1-on-text"), demo_server), language)

    nobody = run_script(script, language, f"127.0.0.1:{free_port()}")
    with serving(lambda: OpensAnd(Role.SERVER, NeverSpeaks)) as place:
        silent = run_script(script, language, place)

    assert (nobody.returncode, silent.returncode) == (2, 2)
    assert "no connection" in nobody.stdout
    assert "no verdict: a working connection is needed" in silent.stdout


@pytest.mark.parametrize("language", EACH_LANGUAGE)
def test_nothing_that_a_target_says_reaches_the_terminal_alive(language: str) -> None:
    is_there(language)
    hostile = tampered(
        outgoing=lambda data: data.replace(b"Switching", b"\x1b]0;x\x07").replace(
            b"\x8a\x07control", b"\x8a\x07\x1b[2J\r\n\x9b"
        )
    )
    script = written(recorded(case_called("framing/rsv/rsv1-on-text"), demo_server), language)

    with serving(lambda: hostile(Role.SERVER)) as place:
        done = run_script(script, language, place)

    assert done.returncode == 2
    assert not set(done.stdout) & set("\x1b\x07\r\x9b")


@pytest.mark.parametrize("language", EACH_LANGUAGE[:2])
def test_a_script_speaks_tls_and_checks_the_certificate(language: str) -> None:
    is_there(language)
    authority = trustme.CA()
    tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert("localhost", "127.0.0.1").configure_cert(tls)
    authority.cert_pem.write_to_path("ca.pem")
    run = recorded(case_called("control/ping/125-bytes"), demo_server)

    with serving(echo_server, tls) as place:
        ways = {"trusted": ("--ca", "ca.pem"), "insecure": ("--insecure",), "untrusted": ()}
        codes = {
            way: run_script(written(run, language, "--url", f"wss://{place}/", *options), language).returncode
            for way, options in ways.items()
        }

    assert codes == {"trusted": 0, "insecure": 0, "untrusted": 2}


def test_a_script_of_python_is_one_of_python_3_8() -> None:
    text = written(recorded(case_called("control/ping/empty"), demo_server), "python").read_text("utf-8")

    ast.parse(text, feature_version=(3, 8))
    assert "import ws_" not in text


# --- clients ----------------------------------------------------------------------------------------------------------

FOR_CLIENTS = (
    ("client/accept/of-another-key", "client without the rule accept fits the key"),
    ("client/status/200", "client that reads any status"),
    ("framing/mask/masked-text-to-client", "accepts masked frames, though it is a client"),
)


@pytest.mark.parametrize("language", EACH_LANGUAGE[:2])
@pytest.mark.parametrize(("name", "broken"), FOR_CLIENTS, ids=[name for name, _ in FOR_CLIENTS])
def test_a_script_plays_the_server_and_tells_a_broken_client_from_a_sound_one(
    name: str, broken: str, language: str
) -> None:
    is_there(language)
    run = recorded(case_called(name), mutant(broken, Role.CLIENT), Role.CLIENT)
    script = written(run, language)

    failed = run_with_client(script, language, mutant(broken, Role.CLIENT))
    passed = run_with_client(script, language, lambda: reference_peer(Role.CLIENT))

    assert run.cases[0].verdict is Verdict.FAIL
    assert failed[0] == 1, failed[1]
    assert passed[0] == 0, passed[1]
    assert "NOT ACCEPTED: what came was " in failed[1]


def run_with_client(script: Path, language: str, make_client: Callable[[], Peer]) -> tuple[int, str]:
    """Run ``script``, which listens, and let a client connect to it; return its exit code and what it printed."""

    async def story(port: int, ended: Callable[[], object]) -> None:
        async with asyncio.timeout(BOUND_SECONDS):
            loop = asyncio.get_running_loop()
            _, wire = await loop.create_connection(lambda: Wire(make_client()), "127.0.0.1", port)
            await loop.run_in_executor(None, ended)
            wire.abort()
            await wire.closed

    with subprocess.Popen([*LANGUAGES[language], str(script)], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            said = ""
            while "listening" not in said:
                said = process.stdout.readline()
                assert said, "it ended before it listened"
            found = re.search(r":([0-9]+)/", said)
            assert found is not None
            asyncio.run(story(int(found[1]), process.wait))
        finally:
            process.kill()
        return process.returncode, process.stdout.read()


# --- the bytes --------------------------------------------------------------------------------------------------------


def made_again(result: CaseResult, case: Case) -> list[bytes]:
    """Return what the examiner said of its own plan, made again from the record."""
    said = said_again(result, case, Role.SERVER, SETTING)
    return [chunk for each in said for chunk in each.chunks if isinstance(chunk, bytes)]


def planned(case: Case, peer: Peer) -> list[bytes]:
    """Return what an examiner says of its own plan when it plays ``case``."""
    turns = rehearse(case, peer, Role.SERVER, setting=SETTING).transcript
    said = [pair for turn in turns for pair in zip(turn.said, turn.notes, strict=True)]
    return [chunk for chunk, note in said if isinstance(chunk, bytes) and note not in REPLIES]


@pytest.mark.parametrize(
    "name",
    [
        "control/ping/125-bytes",
        "framing/mask/payload-of-125-bytes",
        "framing/length/text-of-65536-bytes",
        "handshake/key/3000-bytes",
        "handshake/request-line/two-empty-lines-in-front",
        "fragmentation/around/ping-of-125-bytes-in-text",
    ],
)
def test_what_a_record_has_only_the_beginning_of_is_made_again(name: str) -> None:
    case = case_called(name)

    assert made_again(recorded(case, echo_server).cases[0], case) == planned(case, echo_server())


def test_keys_that_answers_to_pings_have_used_up_are_accounted_for() -> None:
    case = case_called("control/ping/125-bytes")
    make = tampered(outgoing=lambda data: b"\x89\x00" + data if data[:1] == b"\x8a" else data)

    again = made_again(recorded(case, lambda: make(Role.SERVER)).cases[0], case)

    assert again == planned(case, make(Role.SERVER))
    assert again != planned(case, echo_server())


def test_bytes_of_another_seed_are_not_taken_for_the_same() -> None:
    case = case_called("framing/length/text-of-65536-bytes")
    result = recorded(case, echo_server).cases[0]

    with pytest.raises(NotTheSameError, match="is made from its seed"):
        said_again(result, case, Role.SERVER, able(Setting(seed="another"), ABLE))


# --- what is heard ----------------------------------------------------------------------------------------------------


def response(status: int, *fields: tuple[str, str]) -> ResponseHead:
    return ResponseHead("", fields, version="HTTP/1.1", status=status)


OBSERVATIONS: dict[str, Observation] = {
    "opens - -": Opened(response(101)),
    "opens 63686174 -": Opened(response(101, ("Sec-WebSocket-Protocol", "chat"))),
    "opens 63686174 +": Opened(
        response(101, ("Sec-WebSocket-Protocol", "chat"), ("Sec-WebSocket-Extensions", "permessage-deflate"))
    ),
    "refuses 400 ||": Refused(response(400)),
    "refuses 426 |upgrade:websocket|sec-websocket-version:8|sec-websocket-version:13|": Refused(
        response(426, ("Upgrade", "websocket"), ("Sec-WebSocket-Version", "8, 13"))
    ),
    "refuses 405 |allow:get|connection:close|": Refused(response(405, ("Allow", "GET"), ("Connection", "close"))),
    "refuses 301 |location:/|": Refused(response(301, ("Location", "/"))),
    "refuses 200 |content-length:0|": Refused(response(200, ("Content-Length", "0"))),
    "refuses 101 |upgrade:h2c|": Refused(response(101, ("Upgrade", "h2c"))),
    "refuses 599 |transfer-encoding:chunked|": Refused(response(599, ("Transfer-Encoding", "chunked"))),
    "interim 100": Interim(response(100)),
    "request": Requested(RequestHead("", ())),
    "message 1 ": Message(1, b""),
    f"message 1 {b'fence'.hex()}": Message(1, b"fence"),
    f"message 2 {b'fence'.hex()}": Message(2, b"fence"),
    f"message 1 {b'control'.hex()}": Message(1, b"control"),
    "ping 00": Ping(b"\0"),
    "pong ": Pong(b""),
    f"pong {b'fence'.hex()}": Pong(b"fence"),
    "close none ": Close(None, b""),
    "close none 03": Close(None, b"\3"),
    "close 1000 ": Close(1000, b""),
    f"close 1000 {b'bye'.hex()}": Close(1000, b"bye"),
    "close 1002 ": Close(1002, b""),
    "close 1007 ": Close(1007, b""),
    "close 4000 ": Close(4000, b""),
    "end": Ended(),
    "reset": Ended(reset=True),
    "unreadable": Unreadable("bytes"),
}


def takes(fields: Fields, line: str) -> bool:
    """Return whether the pattern ``fields`` takes ``line``, as every script has to tell it."""
    if "is" in fields:
        return line == fields["is"]
    if "quiet" in fields or not re.search(str(fields["like"]), line):
        return False
    if "unlike" in fields and re.search(str(fields["unlike"]), line):
        return False
    return "lowest" not in fields or int(str(fields["lowest"])) <= int(line.split()[1]) <= int(str(fields["highest"]))


def test_a_pattern_takes_the_lines_of_what_it_matches_and_no_others() -> None:
    patterns = {
        pattern
        for case in CASES
        for role in case.roles
        for step in steps_for(role, case.steps)
        if isinstance(step, Expect)
        for pattern in (*(each for reaction in step.reactions for each in reaction.pattern), *step.forbids)
    }
    told = 0
    for pattern in patterns:
        with contextlib.suppress(NoScriptError):
            fields = pattern_fields(pattern, "does this")
            told += 1
            assert [line for line in OBSERVATIONS if takes(fields, line)] == [
                line for line, observation in OBSERVATIONS.items() if pattern.matches(observation)
            ], pattern
    assert told > 0.8 * len(patterns)


# --- what cannot be made a script -------------------------------------------------------------------------------------


def changed(run: Run, **changes: object) -> Run:
    return with_cases(run, [replace(run.cases[0], **changes)])


def test_what_cannot_be_made_a_script_is_said_with_the_reason(capsys: pytest.CaptureFixture[str]) -> None:
    ping = recorded(case_called("control/ping/empty"), demo_server)
    api = with_cases(ping, [replace(ping.cases[0], id=API_CASES[0].case.id)])
    client = recorded(case_called("control/ping/empty"), lambda: reference_peer(Role.CLIENT), Role.CLIENT)
    keys = next(case for case in ALL_CASES if "6455/5.3/masking-key-is-unpredictable" in case.verifies)
    reset = next(case for case in ALL_CASES if case.id.startswith("limits/ends/reset"))
    behind = case_called("handshake/behind-refusal/valid-request-in-its-body")
    long = case_called("framing/length/text-of-65536-bytes")
    hidden = replace(ping, redacted=("header:Authorization",))
    hidden = changed(hidden, wire=tuple(with_a_secret(event) for event in ping.cases[0].wire))
    over_unix = replace(ping, targets=(replace(ping.targets[0], url="ws+unix:///tmp/x.sock:/"),))
    runs: dict[str, tuple[Run, list[str], str]] = {
        "keys": (recorded(keys, lambda: reference_peer(Role.CLIENT), Role.CLIENT), [], "masking keys of many frames"),
        "breach": (recorded(case_called("closing/body/one-byte-00"), demo_server), [], "what no peer may send"),
        "revised": (changed(ping, rev=9), [], "changed its meaning since (revision 9, now 1)"),
        "behind": (recorded(behind, echo_server), [], "a script cannot tell whether the target"),
        "secret": (hidden, [], "held a secret"),
        "unix": (over_unix, [], "scripts speak TCP"),
        "tls": (ping, ["--as", "bash", "--url", "wss://127.0.0.1:1/"], "bash speaks no TLS"),
        "client": (client, ["--as", "bash"], "bash cannot listen"),
        "reset": (recorded(reset, echo_server), ["--as", "bash"], "bash can neither reset TCP"),
        "long": (recorded(long, echo_server), ["--as", "bash"], "bash is too slow"),
        "api": (api, [], "control channel"),
        "unwritable": (ping, ["-o", "no/such/folder"], "no/such/folder"),
    }  # fmt: skip
    for name, (run, arguments, problem) in runs.items():
        Path(f"{name}.json").write_bytes(encode(run))

        code = root.run(["repro", f"{name}.json#1", *arguments])

        assert code == ExitCode.USAGE, name
        assert problem in capsys.readouterr().err, name


def with_a_secret(event: object) -> object:
    from ws_reports.record import WireEvent

    assert isinstance(event, WireEvent)
    if event.kind != "http" or event.dir != "out":
        return event
    head = bytes.fromhex(event.hex).replace(b"\r\n\r\n", b"\r\nAuthorization: ***\r\n\r\n")
    return replace(event, hex=head.hex(), length=len(head))


def test_a_hostile_record_can_put_nothing_into_a_script() -> None:
    run = recorded(case_called("control/ping/empty"), demo_server)
    hostile = replace(
        run,
        run=replace(run.run, id="x\nimport os; os.system('touch owned')\n@DATA@"),
        targets=(replace(run.targets[0], url="ws://$(touch${IFS}owned);'\"`touch${IFS}owned`:1/"),),
    )

    for language in LANGUAGES:
        is_there(language)
        assert run_script(written(hostile, language), language).returncode == 2

    assert not Path("owned").exists()
