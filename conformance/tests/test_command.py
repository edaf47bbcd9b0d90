"""The command as its users meet it: exit codes, what is printed where, files, and what stays out of both."""

from __future__ import annotations

import json
import os
import shlex
import signal
import ssl
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest
import trustme
from ws_conformance import servers, sockets
from ws_conformance.command import root, self_check
from ws_conformance.mutants import reference_peer
from ws_conformance.mutants.base import ReferencePeer, tampered
from ws_conformance.mutants.demo_server import demo_server, echo_server
from ws_conformance.mutants.liars import ClosesAtOnce, NeverSpeaks, OpensAnd
from ws_conformance.peer import Chunk, Peer, Role, Signal
from ws_conformance.testing import free_port
from ws_conformance.testing import serving_peers as serving
from ws_reports import events
from ws_reports.record import ExitCode, Run, decode

BOUND_SECONDS = 30.0
POLL_SECONDS = 0.02


@pytest.fixture(autouse=True)
def in_an_empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let reports go where nobody else looks, and no variable of ours colour or fold the output."""
    monkeypatch.chdir(tmp_path)
    for variable in ("NO_COLOR", "FORCE_COLOR", "GITHUB_ACTIONS", "WSSPEC_SCALE"):
        monkeypatch.delenv(variable, raising=False)


def recorded(folder: str = "wsspec-report") -> Run:
    return decode((Path(folder) / "run.json").read_bytes())


# --- exit codes ---------------------------------------------------------------------------------------------------


def test_a_sound_server_gets_one_line_of_praise_and_exit_0(capsys: pytest.CaptureFixture[str]) -> None:
    with serving(echo_server) as url:
        code = root.run(["server", url, "framing/mask"])

    output = capsys.readouterr().out
    assert code == ExitCode.OK
    assert "✓" in output
    assert "FAIL" not in output
    assert len(output.splitlines()) < 10
    assert sorted(path.name for path in Path("wsspec-report").iterdir()) == ["events.ndjson", "index.html", "run.json"]
    assert recorded().run.exit == 0


def test_a_broken_server_gets_each_cause_in_full_and_exit_1(capsys: pytest.CaptureFixture[str]) -> None:
    with serving(demo_server) as url:
        code = root.run(["server", url, "framing/mask", "--scale", "0.5"])

    output = capsys.readouterr().out
    assert code == ExitCode.FAILURES
    assert "✗ framing/mask/unmasked-text" in output
    assert "6455/5.1/unmasked-frame-closes-the-connection" in output
    assert f"wsspec replay {recorded().run.id}-" in output
    assert output.splitlines()[-1] == "exit 1  unexpected failures"


@pytest.mark.parametrize(
    ("arguments", "problem", "remedy"),
    [
        (["server", "ws://127.0.0.1:1/", "framing/mask/unmasked-txt"], "unmasked-txt", "did you mean"),
        (["server", "ws://127.0.0.1:1/", "framing", "--area", "utf8"], "the selection is empty", "loosen"),
        (["server", "127.0.0.1:1"], "scheme", "ws://127.0.0.1:1"),
        (["server", "ws://u:p@127.0.0.1/"], "user name", "--header"),
        (["server", "framing"], "no URL", "ws://"),
        (["server"], "Missing argument", "--help"),
        (["server", "ws://127.0.0.1:1/", "--jobs", "0"], "--jobs", "--help"),
        (["server", "ws://127.0.0.1:1/", "--nonsense"], "--nonsense", "--help"),
        (["server", "ws://127.0.0.1:1/", "-4", "-6"], "-4", "--help"),
        (["server", "ws://127.0.0.1:1/", "--failed"], "run.json", "run.json"),
        (["server", "ws://127.0.0.1:1/", "--report-dir", "/dev/null/x"], "/dev/null/x", "folder"),
        (
            ["server", "ws://192.0.2.1/", "--limits"],
            "192.0.2.1 is not this machine",
            "--i-may-test-this-host",
        ),
        (
            ["server", "ws://192.0.2.1/", "limits/pings", "--i-may-test-this-host", "192.0.2.10"],
            "192.0.2.1 is not this machine",
            "--exclude limits",
        ),
        (["server", "ws://127.0.0.1:1/", "--segmentation", "half"], "'half'", "glued"),
        (["server", "ws://127.0.0.1:1/", "--segmentation", "3", "--sweep"], "exclude each other", "--help"),
        (["server", "--spawn", "serve 8080", "framing"], "where the port goes", "{port}"),
        (["server", "--spawn", "serve {port}", "ws://127.0.0.1:1/"], "where the port goes", "{port}"),
        (["server", "--spawn", "serve {port}", "ws://a:{port}/", "ws://b:{port}/"], "several URLs", "{port}"),
        (["server", "--spawn", "/nowhere/serve {port}"], "cannot be run", "terminal"),
        (["server", "ws://127.0.0.1:1/", "--memory-budget", "5"], "--memory-budget", "--spawn"),
        (["server", "ws://127.0.0.1:1/", "--behaviour", "reply"], "--behaviour reply", "--probe-send"),
        (["server", "ws://127.0.0.1:1/", "--probe-send", "x"], "--probe-expect", "--help"),
        (["sever"], "command 'sever'", "did you mean  server"),
        (["explain", "framing/nothing-such"], "framing/nothing-such", "wsspec list"),
        (["explain", "6455/5.2/nothing"], "requirement", "did you mean"),
        (["list", "--rfc", "five"], "--rfc 'five'", "6455#5.5.1"),
        (["replay", "XXXXXX-001"], "run.json", "run.json"),
        (["report", "missing.json"], "missing.json", "run.json"),
        (["echo", "--tls-key", "k.pem"], "--tls-key", "certificate"),
        (["help", "everything"], "everything", "--help"),
        (["self-check", "--area", "frames"], "area 'frames'", "framing"),
    ],
)
def test_a_mistake_is_named_with_a_remedy_and_exit_2(
    arguments: list[str], problem: str, remedy: str, capsys: pytest.CaptureFixture[str]
) -> None:
    code = root.run(arguments)

    shown = capsys.readouterr()
    assert code == ExitCode.USAGE
    assert problem in shown.err
    assert remedy in shown.err
    assert shown.err.splitlines()[-1] == "exit 2  usage"
    assert "Traceback" not in shown.err


def test_nobody_there_is_exit_3_with_the_address_and_a_record(capsys: pytest.CaptureFixture[str]) -> None:
    port = free_port()

    code = root.run(["server", f"ws://127.0.0.1:{port}/"])

    output = capsys.readouterr().out
    assert code == ExitCode.NOT_REACHABLE
    assert f"127.0.0.1:{port}: Connection refused" in output
    assert "No case was run" in output
    assert len(output.splitlines()) < 5
    assert recorded().run.exit == ExitCode.NOT_REACHABLE


def test_what_a_server_printed_that_does_not_come_up_is_shown_line_by_line(capsys: pytest.CaptureFixture[str]) -> None:
    script = r"print('no such module\n::error::\x1b[2J'); raise SystemExit(1)"
    command = shlex.join([sys.executable, "-c", script, "{port}"])

    code = root.run(["server", "--spawn", command, "--no-report"])

    shown = capsys.readouterr().out.splitlines()
    assert code == ExitCode.NOT_REACHABLE
    assert shown[1:4] == ["  | it printed:", "  | no such module", r"  | ::error::\x1b[2J"]


def test_a_target_that_goes_away_is_exit_5() -> None:
    made = iter(range(1000))

    with serving(lambda: echo_server() if next(made) < 20 else ClosesAtOnce()) as url:
        code = root.run(["server", url, "framing/length", "--jobs", "2", "--scale", "0.5", "-qq"])

    assert code == ExitCode.UNDECIDED


def test_our_own_fault_is_exit_70_with_a_hint(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def broken(*_: object) -> None:
        raise ZeroDivisionError("broken \x1b[31m on purpose")

    from ws_conformance.command import server

    monkeypatch.setattr(server, "aim", broken)

    code = root.run(["server", "ws://127.0.0.1:1/"])

    shown = capsys.readouterr()
    assert code == ExitCode.INTERNAL_ERROR
    assert "a fault of wsspec" in shown.err
    assert "\x1b" not in shown.err


def test_a_server_over_tls_is_judged_if_its_certificate_is_trusted(capsys: pytest.CaptureFixture[str]) -> None:
    authority = trustme.CA()
    tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert("localhost", "127.0.0.1").configure_cert(tls)
    authority.cert_pem.write_to_path("ca.pem")

    with serving(echo_server, tls) as url:
        trusted = root.run(["server", url, "framing/mask", "control/ping", "--ca", "ca.pem"])
        insecure = root.run(["server", url, "control/ping/empty", "--insecure"])
        untrusted = root.run(["server", url, "control/ping/empty"])

    assert (trusted, insecure, untrusted) == (ExitCode.OK, ExitCode.OK, ExitCode.NOT_REACHABLE)
    assert "its certificate is not accepted" in capsys.readouterr().out


@pytest.mark.exhaustive
def test_what_makes_a_run_fail_is_shown_even_if_it_is_no_must(capsys: pytest.CaptureFixture[str]) -> None:
    with serving(lambda: OpensAnd(Role.SERVER, ClosesAtOnce)) as url:
        code = root.run(["server", url, "framing/mask/unmasked-text", "--fail-on", "should"])

    output = capsys.readouterr().out
    assert code == ExitCode.FAILURES
    assert "~ framing/mask/unmasked-text" in output


# --- interrupted and killed ---------------------------------------------------------------------------------------


@contextmanager
def judging(url: str) -> Iterator[subprocess.Popen[bytes]]:
    """Run ``wsspec server`` as a process of its own that has some results already."""
    command = [sys.executable, "-m", "ws_conformance", "server", url, "--area", "framing", "--jobs", "8"]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, preexec_fn=heed_interrupts) as process:
        try:
            wait_for(lambda: len(lines_of(Path("wsspec-report/events.ndjson"))) > 3)
            yield process
        finally:
            process.kill()


def heed_interrupts() -> None:
    """Do not ignore SIGINT, as whatever is started in the background of a shell does."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def wait_for(holds: Callable[[], bool]) -> None:
    end = time.monotonic() + BOUND_SECONDS
    while not holds():
        assert time.monotonic() < end, "it never came true"
        time.sleep(POLL_SECONDS)


def lines_of(path: Path) -> Sequence[bytes]:
    return path.read_bytes().splitlines() if path.exists() else ()


def opens_and_is_silent() -> Peer:
    return OpensAnd(Role.SERVER, NeverSpeaks)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_run_is_exit_130_with_a_partial_record(number: signal.Signals) -> None:
    with serving(opens_and_is_silent) as url, judging(url) as process:
        process.send_signal(number)
        code = process.wait(BOUND_SECONDS)

    run = recorded()
    assert code == ExitCode.INTERRUPTED
    assert not run.run.complete
    assert run.cases
    assert not events.read_events(Path("wsspec-report/events.ndjson").read_bytes()).run.complete


@pytest.mark.exhaustive
def test_a_killed_run_leaves_events_that_can_be_read_and_reported(capsys: pytest.CaptureFixture[str]) -> None:
    with serving(opens_and_is_silent) as url, judging(url) as process:
        process.kill()
        process.wait(BOUND_SECONDS)

    run = events.read_events(Path("wsspec-report/events.ndjson").read_bytes())
    assert run.cases
    assert not run.run.complete
    assert root.run(["report", "wsspec-report/events.ndjson", "--format", "text"]) == ExitCode.OK
    assert "the run did not finish" in capsys.readouterr().out


# --- what is printed where ----------------------------------------------------------------------------------------


def test_json_on_standard_output_is_the_record_and_nothing_else(capsysbinary: pytest.CaptureFixture[bytes]) -> None:
    with serving(echo_server) as url:
        code = root.run(["server", url, "control/ping/empty", "--format", "json", "--no-report"])

    shown = capsysbinary.readouterr()
    assert code == ExitCode.OK
    assert decode(shown.out).cases[0].id == "control/ping/empty"
    assert shown.err
    assert not Path("wsspec-report").exists()


@pytest.mark.parametrize(("option", "lines"), [("-q", 1), ("-qq", 0)])
def test_quiet_leaves_the_summary_and_very_quiet_nothing(
    option: str, lines: int, capsys: pytest.CaptureFixture[str]
) -> None:
    with serving(echo_server) as url:
        root.run(["server", url, "control/ping/empty", option])

    assert len(capsys.readouterr().out.splitlines()) == lines


def test_verbose_has_a_line_for_each_case(capsys: pytest.CaptureFixture[str]) -> None:
    with serving(echo_server) as url:
        root.run(["server", url, "control/ping/empty", "-v"])

    assert any(
        line.startswith("✓ pass") and line.endswith("control/ping/empty")
        for line in capsys.readouterr().out.splitlines()
    )


@pytest.mark.parametrize(
    ("arguments", "environment", "coloured"),
    [
        ([], {}, False),
        (["--color", "always"], {"NO_COLOR": "1"}, True),
        (["--color", "never"], {"FORCE_COLOR": "1"}, False),
        ([], {"FORCE_COLOR": "1"}, True),
        ([], {"FORCE_COLOR": "1", "NO_COLOR": "1"}, False),
    ],
)
def test_colour_follows_the_option_then_no_color_then_force_color(
    arguments: list[str],
    environment: dict[str, str],
    coloured: bool,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)

    with serving(echo_server) as url:
        root.run(["server", url, "control/ping/empty", *arguments])

    assert ("\x1b[" in capsys.readouterr().out) is coloured


def test_github_gets_each_failure_in_a_group(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("GITHUB_ACTIONS", "true")

    with serving(demo_server) as url:
        root.run(["server", url, "framing/mask/unmasked-text"])

    output = capsys.readouterr().out
    assert "::group::framing/mask/unmasked-text\n" in output
    assert "::endgroup::\n" in output


# --- what a target says -------------------------------------------------------------------------------------------

NASTY = "\x1b]0;owned\x07\x9b2J<script>alert(1)</script>\u202e ::error::x"


class Nasty:
    """Opens with a nasty Server field, and closes with a nasty reason as soon as it gets a frame."""

    def __init__(self) -> None:
        self._inner: ReferencePeer = reference_peer(Role.SERVER)
        self._opened = False
        self._closing = False

    def receive(self, chunk: Chunk, now: float) -> None:
        self._closing = self._opened
        self._inner.receive(chunk, now)

    def transmit(self, now: float) -> list[Chunk]:
        if self._closing:
            self._closing = False
            reason = NASTY.encode()
            return [b"\x88" + bytes((len(reason) + 2,)) + b"\x13\x87" + reason, Signal.END]
        said = self._inner.transmit(now)
        if said and not self._opened and isinstance(said[0], bytes):
            self._opened = True
            field = f"\r\nServer: {NASTY}\r\n\r\n".encode()
            return [said[0].removesuffix(b"\r\n\r\n") + field]
        return [] if self._opened else said

    def next_deadline(self) -> float | None:
        return None


@pytest.mark.exhaustive
def test_nothing_that_a_target_says_reaches_the_terminal_or_a_file_alive(capsys: pytest.CaptureFixture[str]) -> None:
    with serving(Nasty) as url:
        root.run(["server", url, "control/ping", "framing/mask", "-vv", "--scale", "0.5"])

    output = capsys.readouterr().out
    page = Path("wsspec-report/index.html").read_text("utf-8")
    record = Path("wsspec-report/run.json").read_text("utf-8")
    lines = Path("wsspec-report/events.ndjson").read_text("utf-8")
    for text in (output, page, record, lines):
        assert "owned" in text
        assert not any(character in text for character in "\x1b\x07\x9b\u202e")
    assert "<script>alert" not in page
    assert not any(line.lstrip().startswith("::") for line in output.splitlines())


def test_no_secret_reaches_any_file_or_the_screen(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("TOKEN", "open-sesame-open")

    with serving(demo_server) as url:
        root.run(["server", f"{url}?key=1&token=swordfish", "unmasked-text", "--header", "X-Key: @TOKEN", "-vv"])

    texts = [capsys.readouterr().out, *(path.read_text("utf-8") for path in Path("wsspec-report").iterdir())]
    for secret in ("open-sesame-open", "swordfish"):
        assert not any(secret in text or secret.encode().hex() in text for text in texts)
    assert recorded().redacted == ("header:X-Key", "url:query")


# --- replay, report, failed ---------------------------------------------------------------------------------------


def test_a_failure_can_be_replayed_by_its_name_and_by_its_file(capsys: pytest.CaptureFixture[str]) -> None:
    with serving(demo_server) as url:
        root.run(["server", url, "framing/mask/unmasked-text", "-qq"])
        by_name = root.run(["replay", f"{recorded().run.id}-001"])
        by_file = root.run(["replay", "wsspec-report/run.json#1"])
    with serving(echo_server) as url:
        elsewhere = root.run(["replay", "wsspec-report/run.json#1", "--url", url])
    nowhere = root.run(["replay", "wsspec-report/run.json#1"])

    output = capsys.readouterr().out
    assert (by_name, by_file, elsewhere) == (ExitCode.FAILURES, ExitCode.FAILURES, ExitCode.OK)
    assert nowhere == ExitCode.NOT_REACHABLE
    assert "before fail, now fail" in output
    assert "before fail, now pass" in output


@pytest.mark.parametrize("word", ["wsspec-report/run.json#99", "WRONG1-001", "wsspec-report/run.json#x"])
def test_a_replay_of_what_is_not_in_the_record_is_a_mistake(word: str, capsys: pytest.CaptureFixture[str]) -> None:
    with serving(echo_server) as url:
        root.run(["server", url, "control/ping/empty", "-qq"])

    assert root.run(["replay", word]) == ExitCode.USAGE
    assert "error: " in capsys.readouterr().err


def test_only_what_failed_last_time_is_played_again() -> None:
    with serving(demo_server) as url:
        root.run(["server", url, "framing/mask/unmasked-text", "control/ping/empty", "-qq"])
        root.run(["server", url, "--failed", "-qq"])

    assert [case.id for case in recorded().cases] == ["framing/mask/unmasked-text"]


def test_a_report_is_made_from_the_record_alone(capsysbinary: pytest.CaptureFixture[bytes]) -> None:
    with serving(echo_server) as url:
        root.run(["server", url, "control/ping/empty", "-qq"])

    assert root.run(["report", "wsspec-report/run.json", "-o", "again.html"]) == ExitCode.OK
    assert root.run(["report", "wsspec-report/events.ndjson", "--format", "json"]) == ExitCode.OK
    assert Path("again.html").read_bytes() == Path("wsspec-report/index.html").read_bytes()
    assert json.loads(capsysbinary.readouterr().out) == json.loads(Path("wsspec-report/run.json").read_bytes())


def test_what_makes_a_run_fail_is_a_failure_in_its_reports_too() -> None:
    with serving(demo_server) as url:
        case = "framing/mask/unmasked-close-without-a-code"
        code = root.run(["server", url, case, "-qq", "--fail-on", "should", "--report-format", "tap"])

    assert code == ExitCode.FAILURES
    assert f"not ok 1 - {case}" in Path("wsspec-report/results.tap").read_text(encoding="utf-8")


# --- knowing without a target -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["list", "--area", "framing"], "framing/mask/unmasked-text"),
        (["list", "framing/mask/unmasked-text", "-v"], "6455/5.1/unmasked-frame-closes-the-connection"),
        (["explain", "framing/mask/unmasked-text"], "MUST"),
        (["explain", "mask/unmasked-text"], "why"),
        (["explain", "framing/mask"], "framing/mask/unmasked-binary"),
        (["explain", "6455/5.1/unmasked-frame-closes-the-connection"], "rfc6455#section-5.1"),
        (["requirements"], "RFC 6455 §5.1"),
        (["requirements", "--rfc", "6455", "--role", "server", "--level", "must", "--all"], "6455/5.1/"),
        (["help", "exit-codes"], "130"),
        (["help", "verdicts"], "lenient"),
        (["--help"], "self-check"),
    ],
)
def test_the_suite_explains_itself(arguments: list[str], expected: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert root.run(arguments) == ExitCode.OK
    assert expected in capsys.readouterr().out


@pytest.mark.parametrize("role", [[], ["--role", "server"], ["--role", "client"]])
def test_no_requirement_is_uncovered(role: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert root.run(["requirements", "--uncovered", *role]) == ExitCode.OK

    shown = capsys.readouterr()
    assert (shown.out, shown.err) == ("", "0 requirements\n")


def test_a_target_elsewhere_may_be_strained_when_the_user_names_it(capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["server", "ws://no-such-host.invalid/", "limits/pings", "--scale", "0.1"]

    code = root.run([*arguments, "--i-may-test-this-host", "no-such-host.invalid"])

    assert code == ExitCode.NOT_REACHABLE
    assert "no-such-host.invalid" in capsys.readouterr().out


@pytest.mark.exhaustive
def test_a_cut_that_changes_a_verdict_is_named_and_replayed(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sockets, "GAP_SECONDS", 0.1)  # a server that is not given the processor sees two pieces as one
    monkeypatch.setattr(servers, "cuts", lambda whole: range(4, 6))

    def unsound() -> Peer:
        faulty = tampered(incoming=lambda data: b"\xc9" if data[:1] == b"\x89" and len(data) == 5 else data)
        return faulty(Role.SERVER)

    with serving(unsound) as url:
        code = root.run(["server", url, "control/ping/empty", "--sweep"])
        output = capsys.readouterr().out
        run = recorded()
        root.run(["replay", f"{run.run.id}-001"])
        replayed = capsys.readouterr().out

    assert code != ExitCode.OK
    assert "only when each chunk is cut behind byte 5; pass when sent whole" in output
    assert "cuts     1 case comes to something else" in output
    assert f"now {run.cases[0].verdict.value}" in replayed


def test_a_spawned_server_is_judged_and_what_it_cost_is_shown(capsys: pytest.CaptureFixture[str]) -> None:
    command = f"{sys.executable} -m ws_conformance echo --port {{port}}"

    code = root.run(["server", "--spawn", command, "limits/pings/1000-at-once", "--memory-budget", "1000"])

    output = capsys.readouterr().out
    assert code == ExitCode.OK, output
    assert "costs" in output
    assert "MiB of memory" in output


def test_what_is_out_of_reach_is_counted(capsys: pytest.CaptureFixture[str]) -> None:
    with serving(echo_server) as url:
        code = root.run(["server", url, "utf8/valid", "framing/mask", "--behaviour", "handshake"])

    output = capsys.readouterr().out
    assert code == ExitCode.OK
    assert "requirements need a target that does more: " in output
    assert "opaque" in output


@pytest.mark.exhaustive
def test_self_check_says_what_an_area_notices(capsys: pytest.CaptureFixture[str]) -> None:
    code = root.run(["self-check", "--area", "control", "--role", "server", "--jobs", "1"])

    assert code == ExitCode.OK
    assert "control" in capsys.readouterr().out


def test_self_check_of_cases_over_tls_asks_for_what_makes_certificates(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(self_check, "can_certify", lambda: False)

    assert root.run(["self-check", "--area", "client"]) == ExitCode.USAGE
    assert "pip install 'wsspec[tls]'" in capsys.readouterr().err


SLOW = {"importlib.metadata", "importlib.resources", "jinja2", "psutil", "rich", "tomlkit"}
"""What takes long to import and is not needed at the start."""


@pytest.mark.parametrize(
    ("arguments", "slow"),
    [
        (["--version"], {*SLOW, "asyncio", "ssl", "ws_conformance.model"}),
        (["list", "--area", "framing", "--level", "must"], {*SLOW, "asyncio", "ssl", "tomllib"}),
        (["help", "exit-codes"], {*SLOW, "asyncio", "ssl"}),
        (["server", "--help"], SLOW),
    ],
)
def test_a_command_imports_nothing_slow_that_it_does_not_need(arguments: list[str], slow: set[str]) -> None:
    program = (
        "import sys; from ws_conformance.command.root import run; "
        f"code = run({arguments!r}); "
        f"print(code, sorted({slow!r} & sys.modules.keys()), file=sys.stderr)"
    )

    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)

    assert done.stderr.splitlines()[-1] == "0 []"


def test_echo_serves_the_reference_until_it_is_told_to_end() -> None:
    command = [sys.executable, "-m", "ws_conformance", "echo", "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env={**os.environ}) as process:
        assert process.stdout is not None
        try:
            url = process.stdout.readline().split()[-1]
            code = root.run(["server", url, "control/ping", "-qq"])
        finally:
            process.terminate()

    assert code == ExitCode.OK
    assert process.returncode == 0
