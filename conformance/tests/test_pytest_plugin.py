"""The pytest plugin as its users meet it: what is selected, what passes, skips and fails, and in which words."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import ws_conformance.pytest_fixtures  # noqa: F401  (pytester forgets what a run imports; all of it takes seconds)
from ws_conformance.bench.live import serving_alone
from ws_conformance.testing import free_port

pytest_plugins = ["pytester"]

EXAMPLE = Path(__file__).parents[2] / "examples" / "pytest" / "test_conformance.py"
CLIENT = Path(__file__).parent / "peers" / "websockets_client.py"

QUICKLY = ("-p", "no:hypothesispytest")
"""Leave out a plugin that loads all of hypothesis at the end of a run, again and again, as pytester forgets it."""

LIVE = """
import pytest

@pytest.mark.wsspec("control/ping/empty", "control/pong")
def test_server(wsspec_case):
    wsspec_case.run()
"""

IN_PROCESS = """
import pytest
from ws_conformance.mutants import MUTANTS, reference_peer
from ws_conformance.peer import Role

def faulty():
    about = "6455/5.2/reserved-bit-set-fails-the-connection"
    return next(mutant for mutant in MUTANTS if about in mutant.breaks).make(Role.SERVER)

def sound():
    return reference_peer(Role.SERVER)

def client():
    return reference_peer(Role.CLIENT)
"""


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with serving_alone("wsspec echo") as server:
        yield server.url


def outcome(pytester: pytest.Pytester, text: str, *arguments: str) -> pytest.RunResult:
    """Run pytest on ``text`` behind IN_PROCESS, in this process, where the cases are loaded already."""
    pytester.makepyfile(IN_PROCESS + text)
    return run(pytester, *arguments)


def run(pytester: pytest.Pytester, *arguments: str) -> pytest.RunResult:
    return pytester.runpytest_inprocess(*QUICKLY, *arguments)


# --- one test for each case -------------------------------------------------------------------------------------------


def test_a_test_becomes_one_for_each_case_of_the_selection(pytester: pytest.Pytester) -> None:
    result = outcome(
        pytester,
        """
        @pytest.mark.wsspec("control/ping/*", profile="rfc6455@latest", exclude="*in-one-segment", level="must")
        def test_it(wsspec_case):
            assert wsspec_case.case.area == "control"
        """.replace("        ", ""),
        "--collect-only",
        "-q",
        "-k",
        "ping/empty",
    )

    result.stdout.fnmatch_lines(["*::test_it[[]control/ping/empty[]]", "*1/*tests collected*"])


def test_a_server_is_judged_where_the_command_line_says_it_is(pytester: pytest.Pytester, url: str) -> None:
    pytester.makepyfile(LIVE)

    result = run(pytester, "--wsspec-url", url)

    assert result.parseoutcomes().keys() == {"passed"}


@pytest.mark.exhaustive
def test_what_a_target_does_not_do_is_not_asked_of_it(pytester: pytest.Pytester) -> None:
    result = outcome(
        pytester,
        """
@pytest.mark.wsspec("client/again/after-broken-connections", role="client")
def test_it(wsspec_case):
    wsspec_case.run(client)
""",
        "-rs",
    )

    result.assert_outcomes(skipped=1)
    result.stdout.fnmatch_lines(["SKIPPED*needs *coming back by itself, which the target was not seen to do"])


@pytest.mark.exhaustive
def test_the_configuration_names_url_and_cases_and_the_command_line_is_stronger(
    pytester: pytest.Pytester, url: str
) -> None:
    pytester.makeini(f"[pytest]\nwsspec_url = {url}\nwsspec_select = control/ping/empty framing/sent\n")
    text = "\ndef test_it(wsspec_case):\n    wsspec_case.run()\n"

    configured = outcome(pytester, text)
    chosen = outcome(pytester, text, "--wsspec-select", "control/ping/empty", "--wsspec-select", "control/pong/empty")

    assert configured.parseoutcomes()["passed"] > 2
    chosen.assert_outcomes(passed=2)


@pytest.mark.exhaustive
def test_it_works_in_many_processes_and_again_for_the_last_failures(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        IN_PROCESS
        + """
@pytest.mark.wsspec("framing/rsv/rsv1-on-text", "framing/mask")
def test_it(wsspec_case):
    wsspec_case.run(faulty)
"""
    )

    spread = pytester.runpytest_subprocess(*QUICKLY, "-n", "2", "-q")
    again = run(pytester, "--lf")

    assert spread.parseoutcomes()["passed"] > 1
    assert spread.parseoutcomes()["failed"] == 1
    spread.stdout.fnmatch_lines(["FAILED *::test_it[[]framing/rsv/rsv1-on-text[]]*"])
    again.assert_outcomes(failed=1)


# --- what is told -----------------------------------------------------------------------------------------------------


def test_a_failure_is_told_in_the_words_of_the_command_and_in_no_others(pytester: pytest.Pytester) -> None:
    result = outcome(
        pytester,
        """
@pytest.mark.wsspec("framing/rsv/rsv1-on-text")
def test_it(wsspec_case):
    wsspec_case.run(faulty)
""",
    )

    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        [
            ">*wsspec_case.run(faulty)",
            "E *ConformanceError: ✗ framing/rsv/rsv1-on-text",
            "E *MUST *6455/5.2/reserved-bit-set-fails-the-connection",
            "E *rule *§5.2:*",
            "E *accepted *sends Close 1002 |*",
            'E *observed *text message "reserved bits"',
            "E *✗ not allowed",
        ]
    )
    assert "asyncio" not in result.stdout.str()
    assert "wsspec replay" not in result.stdout.str()


def test_a_lenient_case_passes_with_a_remark_unless_shoulds_count(pytester: pytest.Pytester) -> None:
    text = """
from ws_conformance.mutants.base import ReferencePeer

class Abrupt(ReferencePeer):
    "Ends TCP without a Close where it fails the connection."

    def transmit(self, now):
        return [c for c in super().transmit(now) if not (isinstance(c, bytes) and c.startswith(b"\\x88"))]

@pytest.mark.wsspec("framing/rsv/rsv1-on-text")
def test_it(wsspec_case):
    assert wsspec_case.run(lambda: Abrupt(sound().endpoint)).verdict.value == "lenient"
"""

    passing = outcome(pytester, text, "-rP")
    failing = outcome(pytester, text, "--wsspec-fail-on", "should")

    passing.assert_outcomes(passed=1)
    passing.stdout.fnmatch_lines(["*wsspec*", "~ framing/rsv/rsv1-on-text*"])
    failing.assert_outcomes(failed=1)


def test_what_nobody_can_decide_fails_and_says_why(pytester: pytest.Pytester) -> None:
    result = outcome(
        pytester,
        """
from ws_conformance.mutants.liars import NeverSpeaks

@pytest.mark.wsspec("framing/mask/unmasked-text")
def test_it(wsspec_case):
    wsspec_case.run(NeverSpeaks)
""",
    )

    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["E *[?] framing/mask/unmasked-text", "E *reason *cannot be decided: *"])


def test_where_nobody_listens_the_test_fails_in_one_line(pytester: pytest.Pytester) -> None:
    result = outcome(
        pytester,
        f"""
@pytest.mark.wsspec("control/ping/empty")
def test_it(wsspec_case):
    wsspec_case.run("ws://127.0.0.1:{free_port()}/")
""",
    )

    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["127.0.0.1:*Connection refused (tried 3 times)"])


def test_an_exception_in_the_code_under_test_is_shown_where_it_was_raised(pytester: pytest.Pytester) -> None:
    result = outcome(
        pytester,
        """
class Fragile:
    ended = False

    def feed(self, data):
        return b"" if not data else {}["no such key"]

    def feed_end(self):
        return b""

@pytest.mark.wsspec("control/ping/empty")
def test_it(wsspec_case):
    wsspec_case.run(Fragile)
""",
    )

    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["E *KeyError: 'no such key'", "E *while * was played"])
    assert "embedding.py" not in result.stdout.str()


@pytest.mark.parametrize(
    ("marker", "problem"),
    [
        ("'control/pinq/empty'", "case 'control/pinq/empty' is not known. did you mean *control/ping/empty*"),
        ("areas='control'", "pytest.mark.wsspec: *unexpected keyword argument 'areas'*'pytest --markers'*"),
        ("role='proxy'", "role 'proxy' is not known. say 'server' or 'client'"),
        ("profile='rfc6455@1999.01'", "*rfc6455@1999.01*"),
        ("tag='no such tag'", "tag 'no such tag' is not known*"),
    ],
)
def test_a_marker_that_cannot_be_meant_is_refused_before_any_test(
    pytester: pytest.Pytester, marker: str, problem: str
) -> None:
    result = outcome(pytester, f"\n@pytest.mark.wsspec({marker})\ndef test_it(wsspec_case):\n    pass\n")

    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines([problem])


@pytest.mark.parametrize(
    ("role", "target", "problem"),
    [
        ("server", "", "wsspec_case.run() names no target. name one, or give --wsspec-url"),
        ("server", "['client', '{url}']", "('client', '{url}') is no server*"),
        ("client", "'ws://127.0.0.1/'", "'ws://127.0.0.1/' is no client*"),
        ("server", "'127.0.0.1'", "'127.0.0.1' does not begin with a known scheme*"),
    ],
)
def test_a_target_that_cannot_be_meant_is_refused(
    pytester: pytest.Pytester, role: str, target: str, problem: str
) -> None:
    result = outcome(
        pytester,
        f"""
@pytest.mark.wsspec("control/ping/empty", role="{role}")
def test_it(wsspec_case):
    wsspec_case.run({target})
""",
    )

    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines([problem])


@pytest.mark.parametrize("scale", ["0", "-1", "nan", "1e9", "fast"])
def test_a_scale_that_is_no_factor_is_refused(pytester: pytest.Pytester, scale: str) -> None:
    result = outcome(pytester, "\ndef test_it(wsspec_sansio):\n    pass\n", "--wsspec-scale", scale)

    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines([f"--wsspec-scale '{scale}' is no factor. write a number above 0*"])


# --- all kinds of targets ---------------------------------------------------------------------------------------------


def test_a_server_in_the_same_event_loop_is_judged_by_a_coroutine(pytester: pytest.Pytester) -> None:
    result = outcome(
        pytester,
        """
import asyncio
from ws_conformance.sockets import listening

@pytest.mark.wsspec("control/ping/empty")
def test_it(wsspec_case):
    async def judge(how):
        async with listening(sound) as port:
            await how(f"ws://127.0.0.1:{port}/")

    asyncio.run(judge(wsspec_case.run_async))

    with pytest.raises(pytest.fail.Exception, match="an event loop is running already"):
        asyncio.run(judge(wsspec_case.run))
""",
    )

    result.assert_outcomes(passed=1)


@pytest.mark.exhaustive
def test_clients_are_judged_by_their_command_or_in_the_process(pytester: pytest.Pytester) -> None:
    result = outcome(
        pytester,
        f"""
@pytest.mark.wsspec("control/ping/empty", role="client")
def test_command(wsspec_case):
    wsspec_case.run([{sys.executable!r}, {str(CLIENT)!r}, "{{url}}"])

@pytest.mark.wsspec("control/ping/empty", "client/request/key", role="client")
def test_factory(wsspec_case):
    wsspec_case.run(client)
""",
    )

    assert result.parseoutcomes().keys() == {"passed"}


@pytest.mark.exhaustive
def test_what_does_no_io_is_driven_through_all_cases_in_one_test(pytester: pytest.Pytester) -> None:
    result = outcome(
        pytester,
        """
@pytest.mark.wsspec("control", "framing/rsv")
def test_sound(wsspec_sansio):
    assert len(wsspec_sansio.drive(sound).cases) > 10
    assert len(wsspec_sansio.drive(client, role="client", segmentation="bytes").cases) > 10

@pytest.mark.wsspec("control/ping/empty", "framing/rsv")
def test_faulty(wsspec_sansio):
    wsspec_sansio.drive(faulty)
""",
    )

    result.assert_outcomes(passed=1, failed=1)
    result.stdout.fnmatch_lines(
        ["E *ConformanceError: ✗ framing/rsv/*", "E *… * more", "E *run *pass *FAIL*", "E *causes *A *cases*"]
    )


def test_each_boundary_is_cut_at_where_that_is_asked_for(pytester: pytest.Pytester) -> None:
    result = outcome(
        pytester,
        """
class Forgetful:
    "Loses a header that does not come in one piece."

    def __init__(self):
        self.peer = sound()

    def receive(self, chunk, now):
        if isinstance(chunk, bytes) and len(chunk) > 1:
            self.peer.receive(chunk, now)

    def transmit(self, now):
        return self.peer.transmit(now)

    def next_deadline(self):
        return None

@pytest.mark.wsspec("control/ping/empty")
def test_whole(wsspec_sansio):
    wsspec_sansio.drive(Forgetful)

@pytest.mark.wsspec("control/ping/empty")
def test_cut(wsspec_sansio):
    wsspec_sansio.drive(Forgetful, segmentation="every-boundary")

def test_misspelt(wsspec_sansio):
    wsspec_sansio.drive(sound, segmentation="every-byte")
""",
    )

    result.assert_outcomes(passed=1, failed=2)
    result.stdout.fnmatch_lines(["E *reason *only when each chunk is cut behind byte *"])
    result.stdout.fnmatch_lines(["--segmentation 'every-byte' is no way to cut*"])


def test_driving_through_cases_none_of_which_can_be_played_is_no_success(pytester: pytest.Pytester) -> None:
    result = outcome(
        pytester,
        """
@pytest.mark.wsspec("client/again/after-broken-connections", role="client")
def test_it(wsspec_sansio):
    wsspec_sansio.drive(client)
""",
    )

    result.assert_outcomes(failed=1)


@pytest.mark.exhaustive
def test_the_example_in_the_documentation_passes(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(test_conformance=EXAMPLE.read_text())

    result = run(pytester, "-k", "protocol or ping/empty")

    assert result.parseoutcomes() == {"passed": 2, "deselected": result.parseoutcomes()["deselected"]}


# --- what it costs everybody else -------------------------------------------------------------------------------------


def test_the_plugin_imports_nothing_of_the_suite_until_a_test_asks_for_it() -> None:
    code = "import sys; import ws_conformance.pytest_plugin; print(sorted(m for m in sys.modules if m[:3] == 'ws_'))"

    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout

    assert loaded.strip() == "['ws_conformance', 'ws_conformance.pytest_plugin']"


def test_the_plugin_does_not_disturb_strict_runs_that_have_no_use_for_it(pytester: pytest.Pytester) -> None:
    pytester.makepyfile("def test_it(): pass")

    result = pytester.runpytest_subprocess(*QUICKLY, "-W", "error", "--strict-markers", "--strict-config")

    result.assert_outcomes(passed=1)
