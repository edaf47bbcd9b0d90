"""The configuration: what it may say, where it is found, which of several sources counts, and 'wsspec run'."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tomllib
from collections.abc import Callable, Mapping
from importlib.resources import files
from pathlib import Path
from typing import get_args

import jsonschema
import pytest
from ws_conformance import config
from ws_conformance.command import root
from ws_conformance.command.client import client_command
from ws_conformance.command.configured import variable
from ws_conformance.command.server import server_command
from ws_conformance.command.targets import run_command
from ws_conformance.config import (
    OPTIONS,
    Filling,
    find_config,
    hidden,
    load_config,
    read_config,
    schema,
    schema_document,
)
from ws_conformance.documents import Document
from ws_conformance.mutants.base import reference_peer
from ws_conformance.mutants.demo_server import demo_server, echo_server
from ws_conformance.peer import Peer, Role
from ws_conformance.testing import serving_peers
from ws_conformance.usage import UsageError
from ws_reports.record import ExitCode, Run, Verdict, decode

PING, TEXT = "control/ping/empty", "framing/mask/unmasked-text"
UNMASKED = "6455/5.1/unmasked-frame-closes-the-connection"
ECHO = f"{sys.executable} -m ws_conformance echo --port {{port}}"
CLIENT = f"{sys.executable} {Path(__file__).parent / 'peers' / 'websockets_client.py'} {{url}}"

FULL = """\
profile = "rfc6455@2026.11"
baseline = "known.toml"
report = { dir = "out", formats = ["junit", "md"], anchor = "src/ws.rs" }

[limits]
scale = 2
jobs = 4
wait = "1m"
time-limit = "250ms"

[select]
area = ["framing"]
rfc = ["6455#5.2"]
req = ["6455/5.2/*"]
level = ["must"]
needs = ["none", "pong"]
tag = ["slow"]
exclude = ["framing/length/*"]
limits = true
fail-on = "should"

[declare]
extensions = ["permessage-deflate"]
subprotocols = ["chat.v2"]
not-implemented = { "6455/5.1/unmasked-frame-closes-the-connection" = "a proxy does that" }

[[target]]
name = "app"
url = "wss://app.test:{port}/ws?token=${TOKEN}"
spawn = "./server {port}"
memory = "64MiB"
stands-before = "app 2.1"
tls = { ca = "certs/ca.pem", server-name = "app.test", insecure = true }
headers = { Authorization = "Bearer ${APP_TOKEN}", Origin = "https://app.test" }
subprotocols = ["chat"]
family = "ipv4"
behaviour = "reply"
probe = { send = "ping", expect = "pong" }
i-may-test-this-host = true

[[target]]
name = "js"
role = "client"
client = { command = "node testee.js", mode = "autobahn", port = 9002, idle = "10s" }
"""


@pytest.fixture(autouse=True)
def in_an_empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let no file and no variable of ours be found."""
    monkeypatch.chdir(tmp_path)
    for option in (*OPTIONS.values(), "config"):
        monkeypatch.delenv(variable(option), raising=False)


def read(text: str) -> config.Configuration:
    return read_config(Document("wsspec.toml", text, "'help'"))


def recorded(folder: str = "wsspec-report") -> Run:
    return decode((Path(folder) / "run.json").read_bytes())


# --- what it may say --------------------------------------------------------------------------------------------------


def test_every_key_is_read_and_none_is_left_out_here() -> None:
    found = read(FULL).config

    def check(table: object, document: Mapping[str, object], but: frozenset[str] = frozenset()) -> None:
        from msgspec.structs import fields

        assert {field.encode_name for field in fields(table)} - but == document.keys()  # type: ignore[arg-type]

    written = tomllib.loads(FULL)
    check(found, written)
    for name in ("report", "limits", "select", "declare"):
        check(getattr(found, name), written[name])
    check(found.target[0], written["target"][0], frozenset({"role", "client"}))
    check(found.target[0].tls, written["target"][0]["tls"])
    assert found.target[1].client is not None
    check(found.target[1].client, written["target"][1]["client"], frozenset({"browser"}))


SERVER = '[[target]]\nname = "a"\nurl = "ws://a/"\n'
CLIENTS = '[[target]]\nname = "a"\nrole = "client"\n'


@pytest.mark.parametrize(
    ("text", "problem", "remedy"),
    [
        ("[limits]\nscael = 1\n", "line 2: key 'limits.scael' is not known", "did you mean  scale ?"),
        ("[limits]\nscale = 0\n", "line 2: limits.scale is '0'", "5"),
        ("[limits]\njobs = 5000\n", "line 2: limits.jobs is '5000'", "16"),
        ('[limits]\nwait = "2 s"\n', "line 2: limits.wait is '2 s'", '"250ms"'),
        ('[select]\nfail-on = "shuold"\n', "select.fail-on 'shuold' is not known", "did you mean  should ?"),
        ('[report]\nformats = ["jnuit"]\n', "line 2: report.formats 1 'jnuit' is not known", "did you mean  junit ?"),
        ('[declare]\nextensions = ["bbf"]\n', "declare.extensions", "permessage-deflate"),
        ('[declare]\nsubprotocols = ["a b"]\n', "line 2: the subprotocol 'a b' is no token", "one name"),
        (f'[declare]\nnot-implemented = {{ "{UNMASKED}" = "" }}\n', "the reason for", "why"),
        ('[declare.not-implemented]\n"6455/5.1/x" = "y"\n', "line 2: requirement '6455/5.1/x' is not known", "wsspec"),
        (SERVER + SERVER.replace('"a"', '"A"'), "line 5: there is another target 'A'", "of its own"),
        ('[[target]]\nname = "a b"\n', "line 2: target 1, name is 'a b'", '"app"'),
        ('[[target]]\nname = "a"\n', "line 1: target a: it says neither where", "spawn"),
        (SERVER + 'spawn = "x {port}"\n', "line 3: target a: the url does not say where the port goes", "{port}"),
        (SERVER + 'memory = "1MiB"\n', "line 4: target a: memory is measured", "spawn"),
        (SERVER + 'memory = "1MB"\n', "memory is '1MB'", '"512KiB"'),
        (SERVER + 'behaviour = "reply"\n', "line 4: target a: it is not said what", "probe"),
        (SERVER + 'probe = { send = "x" }\n', "target 1, probe has no 'expect'", "expect"),
        (SERVER + 'client = { command = "x" }\n', "line 4: target a: client is for clients", "role"),
        (
            SERVER + 'headers = { Authorization = "Bearer x" }\n',
            "line 4: target a: the secret Authorization",
            "${VARIABLE}",
        ),
        (SERVER.replace("a/", "a/?api_key=x"), "line 3: target a: a secret is in the file", "${VARIABLE}"),
        ('[[target]]\nname = "a"\nspawn = "x {port} ${Y}"\n', "variables are not filled in spawn", "environment"),
        (SERVER + 'tls = { ca = "${Y}" }\n', "variables are not filled in tls.ca", "environment"),
        (CLIENTS, "line 1: target a: it does not say how the client connects", "client ="),
        (CLIENTS + 'client = { mode = "jsonl" }\n', "line 4: target a: a client of the mode jsonl", "command"),
        (CLIENTS + 'client = { mode = "browser" }\n', "mode and browser do not go together", "chromium"),
        (CLIENTS + 'url = "ws://a/"\nclient = { command = "x" }\n', "line 4: target a: url is for servers", "role"),
        (CLIENTS + 'client = { command = "${X}" }\n', "variables are not filled in client.command", "environment"),
    ],
)
def test_what_cannot_be_meant_is_named_with_its_line(text: str, problem: str, remedy: str) -> None:
    with pytest.raises(UsageError) as error:
        read(text)

    assert problem in error.value.problem
    assert remedy in error.value.remedy


def test_the_example_in_the_manual_is_right() -> None:
    manual = (Path(__file__).parents[2] / "docs" / "ci.md").read_text("utf-8")
    (example,) = (block for block in re.findall(r"```toml\n(.*?)```", manual, re.DOTALL) if "[limits]" in block)

    assert [target.name for target in read(example).config.target] == ["app", "client-js"]


# --- the schema -------------------------------------------------------------------------------------------------------


def test_the_published_schema_is_the_one_of_the_types_and_printed(capsysbinary: pytest.CaptureFixture[bytes]) -> None:
    published = files("ws_conformance").joinpath("wsspec.schema.json").read_bytes()

    assert root.run(["config", "schema"]) == ExitCode.OK
    assert published.replace(b"\r\n", b"\n") == schema_document() == capsysbinary.readouterr().out


def test_the_schema_takes_what_is_read_and_refuses_what_is_not() -> None:
    jsonschema.Draft202012Validator.check_schema(schema())
    validator = jsonschema.Draft202012Validator(schema())

    assert validator.is_valid(tomllib.loads(FULL))
    assert not validator.is_valid({"limits": {"scael": 1}})
    assert not validator.is_valid({"limits": {"wait": "2"}})
    assert not validator.is_valid({"target": [{"url": "ws://a/"}]})


# --- where it is found ------------------------------------------------------------------------------------------------


def test_the_first_folder_upwards_counts_and_in_it_the_file_of_that_name(tmp_path: Path) -> None:
    deep = tmp_path / "a" / "b"
    deep.mkdir(parents=True)
    (tmp_path / "wsspec.toml").write_text('baseline = "top.toml"\n')
    (tmp_path / "pyproject.toml").write_text('[tool.wsspec]\nbaseline = "project.toml"\n')
    (tmp_path / "a" / "pyproject.toml").write_text('[project]\ndependencies = ["wsspec"]\n')

    assert find_config(deep).config.baseline == "top.toml"
    assert find_config(deep).defaults()["baseline"] == str(tmp_path / "top.toml")

    (tmp_path / "a" / "pyproject.toml").write_text('[tool.wsspec]\nbaseline = "a.toml"\n')
    assert find_config(deep).config.baseline == "a.toml"
    assert find_config(tmp_path).config.baseline == "top.toml"


def test_a_mistake_in_pyproject_names_the_line_there() -> None:
    Path("pyproject.toml").write_text('[project]\nname = "x"\n\n[tool.wsspec.limits]\njob = 1\n')

    with pytest.raises(UsageError, match=r"pyproject\.toml, line 5: key 'limits.job' is not known"):
        find_config(Path())


@pytest.mark.parametrize(
    ("name", "text", "problem"),
    [
        ("none.toml", None, "none.toml: No such file"),
        ("pyproject.toml", "[project]\n", "has no table"),
        ("x.toml", "[", "x.toml is no TOML"),
    ],
)
def test_a_file_that_is_named_has_to_be_there(name: str, text: str | None, problem: str) -> None:
    if text is not None:
        Path(name).write_text(text)

    with pytest.raises(UsageError, match=re.escape(problem)):
        load_config(Path(name))


def test_without_a_file_everything_is_as_it_is_by_default() -> None:
    assert find_config(Path()).defaults() == {}


# --- which source counts ----------------------------------------------------------------------------------------------


def test_every_format_of_the_command_is_one_of_the_file() -> None:
    (option,) = (parameter for parameter in run_command.params if parameter.name == "report_format")

    assert get_args(config.Format) == tuple(option.type.choices)  # type: ignore[attr-defined]  # a click.Choice


def test_every_setting_is_an_option_of_each_command_that_judges_and_a_variable() -> None:
    for command in (server_command, client_command, run_command):
        found = {parameter.name: parameter.envvar for parameter in command.params}
        assert {option: found.get(option) for option in OPTIONS.values()} == {
            option: variable(option) for option in OPTIONS.values()
        }


def test_the_command_line_counts_before_the_environment_before_the_file(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with serving_peers(echo_server) as url:

        def scale_of(*arguments: str) -> float:
            assert root.run(["server", url, PING, "-qq", *arguments]) == ExitCode.OK
            return recorded().limits.scale

        by_default = scale_of()
        Path("wsspec.toml").write_text("[limits]\nscale = 2\n")
        by_file = scale_of()
        Path("other.toml").write_text("[limits]\nscale = 3\n")
        by_named_file = scale_of("--config", "other.toml")
        monkeypatch.setenv("WSSPEC_SCALE", "4")
        by_environment = scale_of()
        by_word = scale_of("--scale", "5")

    assert (by_default, by_file, by_named_file, by_environment, by_word) == (1, 2, 3, 4, 5)


@pytest.mark.exhaustive
def test_whatever_a_file_sets_reaches_the_run() -> None:
    Path("wsspec.toml").write_text(
        'profile = "rfc6455@2026.11"\n[report]\ndir = "out"\nformats = ["junit"]\n[select]\nexclude = ["framing/**"]\n'
        'area = ["framing", "control"]\nfail-on = "never"\n[limits]\njobs = 3\nscale = 0.25\ntime-limit = "1m"\n'
    )

    with serving_peers(demo_server) as url:
        code = root.run(["server", url, "-qq", "--exclude", "framing", "--exclude", "control/pong"])

    run = recorded("out")
    assert code == ExitCode.OK
    assert {path.name for path in Path("out").iterdir()} == {"run.json", "events.ndjson", "index.html", "junit.xml"}
    assert {case.id.split("/")[0] for case in run.cases} == {"control"}
    assert run.limits.parallel == 3
    assert run.suite.profile is not None


@pytest.mark.parametrize(
    ("environment", "problem"),
    [({"WSSPEC_SCALE": "fast"}, "--scale"), ({"WSSPEC_WAIT": "2 s"}, "'2 s' is no duration")],
)
def test_a_mistake_in_the_environment_is_exit_2(
    environment: Mapping[str, str],
    problem: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)

    assert root.run(["server", "ws://127.0.0.1:1/"]) == ExitCode.USAGE
    assert problem in capsys.readouterr().err


@pytest.mark.parametrize(
    "arguments", [["server", "ws://127.0.0.1:1/"], ["run"], ["config", "show"], ["baseline", "check"]]
)
def test_a_mistake_in_the_file_is_exit_2(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    Path("wsspec.toml").write_text("[limits]\nscael = 1\n")

    assert root.run(arguments) == ExitCode.USAGE
    assert "wsspec.toml, line 2: key 'limits.scael' is not known" in capsys.readouterr().err


def test_other_commands_do_not_look_at_the_file() -> None:
    Path("wsspec.toml").write_text("[limits]\nscael = 1\n")

    assert root.run(["list", "--area", "framing"]) == ExitCode.OK


# --- secrets ----------------------------------------------------------------------------------------------------------


def test_variables_are_filled_in_and_hidden() -> None:
    filling = Filling({"A": "one", "B": "two"})

    assert filling.fill("${A} $A ${B}{port}") == "one $A two{port}"
    assert filling.secrets == ["one", "two"]
    assert hidden("Bearer ${A}") == "Bearer ***"
    with pytest.raises(UsageError, match="the variable NO_SUCH is not set"):
        filling.fill("${NO_SUCH}")


def test_no_secret_reaches_the_screen_or_a_file(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("TOKEN", "open-sesame-open")
    monkeypatch.setenv("PATH_TOKEN", "swordfish")
    with serving_peers(demo_server) as url:
        Path("wsspec.toml").write_text(
            f'[[target]]\nname = "app"\nurl = "{url}${{PATH_TOKEN}}?token=${{TOKEN}}"\n'
            'headers = { X-Plain = "Basic ${TOKEN}", X-Open = "seen" }\n'
        )

        code = root.run(["run", "unmasked-text", "-vv"])
        root.run(["config", "show", "--origin"])
        root.run(["config", "check"])

    captured = capsys.readouterr()
    texts = [captured.out, captured.err, *(path.read_text("utf-8") for path in Path("wsspec-report").iterdir())]
    assert code == ExitCode.FAILURES
    for secret in ("open-sesame-open", "swordfish"):
        assert not any(secret in text or secret.encode().hex() in text for text in texts)
    assert b"X-Open: seen" in Path("wsspec-report/run.json").read_bytes()
    assert recorded().redacted == ("header:X-Plain", "url:query", "environment")


def test_a_secret_that_is_wrong_is_not_shown_either(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("TOKEN", "open-sesame-open#")
    Path("wsspec.toml").write_text('[[target]]\nname = "app"\nurl = "ws://127.0.0.1:1/${TOKEN}"\n')

    code = root.run(["run"])

    shown = capsys.readouterr().err
    assert code == ExitCode.USAGE
    assert "error: target app: " in shown
    assert "fragment" in shown
    assert "sesame" not in shown


# --- show, check, init ------------------------------------------------------------------------------------------------


def test_show_says_where_each_value_comes_from(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("wsspec.toml").write_text(FULL)
    Path("known.toml").write_text("")
    monkeypatch.setenv("WSSPEC_JOBS", "7")

    assert root.run(["config", "show", "--origin"]) == ExitCode.OK

    shown = [" ".join(line.split()) for line in capsys.readouterr().out.splitlines()]
    for line in (
        "limits.jobs = 7 # environment, WSSPEC_JOBS",
        "limits.scale = 2.0 # wsspec.toml, line 6",
        'limits.time-limit = "0.25s" # wsspec.toml, line 9',
        'report.dir = "out" # wsspec.toml, line 3',
        'select.fail-on = "should" # wsspec.toml, line 20',
        'target.app.headers.Authorization = "Bearer ***" # wsspec.toml, line 34',
        'target.app.url = "wss://app.test:{port}/ws?token=***" # wsspec.toml, line 29',
        "target.js.client.port = 9002 # wsspec.toml, line 44",
    ):
        assert line in shown

    Path("wsspec.toml").unlink()
    root.run(["config", "show", "--origin"])
    assert 'report.dir = "wsspec-report" # default' in " ".join(capsys.readouterr().out.split())


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (None, "there is no wsspec.toml here or above"),
        ('profile = "rfc6455@1999.01"', "profile 'rfc6455@1999.01' is not known"),
        ('baseline = "none.toml"', "the baseline none.toml: No such file"),
        ('[select]\nexclude = ["framng"]', "case 'framng' is not known"),
        ('[[target]]\nname = "a"\nurl = "127.0.0.1:80"', "does not begin with a known scheme"),
    ],
)
def test_check_finds_what_only_a_run_would(text: str | None, problem: str, capsys: pytest.CaptureFixture[str]) -> None:
    if text is not None:
        Path("wsspec.toml").write_text(text)

    assert root.run(["config", "check"]) == ExitCode.USAGE
    assert problem in capsys.readouterr().err


def test_check_says_which_variables_are_not_set_and_that_all_is_well(capsys: pytest.CaptureFixture[str]) -> None:
    Path("wsspec.toml").write_text('[[target]]\nname = "a"\nurl = "ws://a/${NO_SUCH_VARIABLE}"\n')

    assert root.run(["config", "check"]) == ExitCode.OK

    shown = capsys.readouterr()
    assert "note: target a needs NO_SUCH_VARIABLE, not set here" in shown.err
    assert "wsspec.toml: 1 target" in shown.out


def test_init_prints_a_configuration_that_is_well_and_writes_nothing_unasked(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert root.run(["config", "init"]) == ExitCode.OK
    assert not list(Path().iterdir())
    text = capsys.readouterr().out

    # What is commented out has to be right as well: take off the signs of all lines that hold a key.
    whole = re.sub(r"(?m)^# (?=[a-z-]+ = |\[)", "", text).replace('url = "ws://127.0.0.1:9001/"\n', "")
    assert len(read(whole).config.target) == 2

    assert root.run(["config", "init", "-o", "wsspec.toml"]) == ExitCode.OK
    assert Path("wsspec.toml").read_text("utf-8") == text
    assert root.run(["config", "check"]) == ExitCode.OK
    assert root.run(["config", "init", "-o", "wsspec.toml"]) == ExitCode.USAGE


def test_init_prints_a_workflow_with_the_secrets_that_are_needed(capsys: pytest.CaptureFixture[str]) -> None:
    assert root.run(["config", "init", "--ci", "github"]) == ExitCode.OK
    plain = capsys.readouterr().out
    Path("wsspec.toml").write_text(FULL)
    assert root.run(["config", "init", "--ci", "github"]) == ExitCode.OK
    full = capsys.readouterr().out

    assert "- run: wsspec run\n      - uses:" in plain
    assert "path: wsspec-report/" in plain
    assert (
        "        env:\n          TOKEN: ${{ secrets.TOKEN }}\n          APP_TOKEN: ${{ secrets.APP_TOKEN }}\n" in full
    )
    assert "path: out/" in full
    assert {path.name for path in Path().iterdir()} == {"wsspec.toml"}


# --- wsspec run -------------------------------------------------------------------------------------------------------


@pytest.mark.exhaustive
def test_all_targets_are_judged_each_with_a_report_and_the_gravest_code_counts(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with serving_peers(demo_server) as bad, serving_peers(echo_server) as good:
        Path("wsspec.toml").write_text(
            f'[[target]]\nname = "bad"\nurl = "{bad}"\n'
            f'[[target]]\nname = "good"\nurl = "{good}"\n'
            f'[[target]]\nname = "spawned"\nspawn = "{ECHO}"\n'
            f'[[target]]\nname = "client"\nrole = "client"\nclient = {{ command = "{CLIENT}" }}\n'
            '[[target]]\nname = "wrong"\nurl = "nowhere"\n'
        )
        code = root.run(["run", PING, TEXT, "--scale", "0.5"])
        again = root.run(["replay", f"{recorded('wsspec-report/bad').run.id}-001"])
        some = root.run(["run", "good", "spawned", PING, "-q"])
        failed = root.run(["run", "good", "--failed", "-qq"])
        unknown = root.run(["run", "godo", PING])

    captured = capsys.readouterr()
    names = ("bad", "good", "spawned", "client")
    runs = {name: recorded(f"wsspec-report/{name}") for name in names}
    assert (code, again, unknown) == (ExitCode.USAGE, ExitCode.FAILURES, ExitCode.USAGE)
    assert (some, failed) == (ExitCode.OK, ExitCode.OK)
    assert [case.id for case in runs["good"].cases] == [TEXT]
    assert [run.run.exit for run in runs.values()] == [1, 0, 0, 0]
    assert [run.targets[0].name for run in runs.values()] == list(names)
    assert {case.target for case in runs["bad"].cases} == {"bad"}
    assert [case.id for case in runs["client"].cases] == [PING]
    assert "✗ bad      exit 1  unexpected failures" in captured.out
    assert "✓ client   exit 0  as expected" in captured.out
    assert "error: target wrong: 'nowhere' does not begin with a known scheme" in captured.err
    assert "target or case 'godo' is not known" in captured.err
    assert "did you mean  good" in captured.err


def test_one_target_is_judged_into_the_report_folder_and_its_failures_are_listed_by_its_name(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with serving_peers(demo_server) as url:
        Path("wsspec.toml").write_text(f'[[target]]\nname = "app"\nurl = "{url}"\n')
        before = root.run(["run", PING, TEXT, "-qq"])
        root.run(["baseline", "init"])
        after = root.run(["run", PING, TEXT, "-qq"])
        other = root.run(["server", url, PING, TEXT, "-qq"])

    assert 'target = "app"' in Path("wsspec-baseline.toml").read_text()
    assert (before, after, other) == (ExitCode.FAILURES, ExitCode.OK, ExitCode.FAILURES)


def test_a_run_from_a_folder_below_works_in_the_folder_of_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    below = tmp_path / "src"
    below.mkdir()
    Path("wsspec-baseline.toml").write_text(f'[[known]]\ncheck = "{TEXT}#*"\nreason = "x"\n')
    with serving_peers(demo_server) as url:
        Path("wsspec.toml").write_text(f'[report]\ndir = "out"\n[[target]]\nname = "app"\nurl = "{url}"\n')
        monkeypatch.chdir(below)
        by_file = root.run(["run", TEXT, "-qq"])
        by_word = root.run(["run", TEXT, "-qq", "--report-dir", "mine"])

    assert (by_file, by_word) == (ExitCode.OK, ExitCode.OK)
    assert (tmp_path / "out" / "run.json").exists()
    assert (below / "mine" / "run.json").exists()


def test_a_target_that_no_selected_case_is_for_is_left_out(capsys: pytest.CaptureFixture[str]) -> None:
    with serving_peers(echo_server) as url:
        Path("wsspec.toml").write_text(
            f'[select]\nexclude = ["api"]\n[[target]]\nname = "app"\nurl = "{url}"\n'
            f'[[target]]\nname = "client"\nrole = "client"\nclient = {{ command = "{CLIENT}" }}\n'
        )
        code = root.run(["run", TEXT])
        areas = root.run(["run", "--area", "handshake", "--exclude", "handshake/**", "--no-report"])
        nobody = root.run(["run", "client", TEXT, "--no-report"])

    shown = capsys.readouterr()
    assert (code, nobody) == (ExitCode.OK, ExitCode.USAGE)
    assert "none of its cases is for client" in shown.err
    assert "target   client  none of the selected cases is for a client like this" in shown.out
    assert {path.name for path in Path("wsspec-report").iterdir()} == {"app"}
    assert areas == ExitCode.USAGE
    assert "the selection is empty" in shown.err


@pytest.mark.parametrize(
    ("text", "problem"), [(None, "there is no wsspec.toml"), ("[limits]\nscale = 1\n", "wsspec.toml has no target")]
)
def test_a_run_without_targets_is_a_mistake(text: str | None, problem: str, capsys: pytest.CaptureFixture[str]) -> None:
    if text is not None:
        Path("wsspec.toml").write_text(text)

    assert root.run(["run"]) == ExitCode.USAGE
    assert problem in capsys.readouterr().err


def test_records_of_several_targets_come_one_a_line(capsysbinary: pytest.CaptureFixture[bytes]) -> None:
    with serving_peers(echo_server) as url:
        Path("wsspec.toml").write_text("".join(f'[[target]]\nname = "{name}"\nurl = "{url}"\n' for name in "ab"))
        root.run(["run", PING, "--format", "json", "--no-report"])

    lines = capsysbinary.readouterr().out.splitlines()
    assert [json.loads(line)["targets"][0]["name"] for line in lines] == ["a", "b"]


# --- declared ---------------------------------------------------------------------------------------------------------


def speaks_no_chat() -> Peer:
    return reference_peer(Role.SERVER, subprotocols=("superchat",))


CHAT, DEFLATE = 'subprotocols = ["chat"]', 'extensions = ["permessage-deflate"]'
LATER = f'not-implemented = {{ "{UNMASKED}" = "later" }}'


@pytest.mark.parametrize(
    ("declared", "make_peer", "behaviour", "code", "words"),
    [
        (CHAT, echo_server, "auto", ExitCode.OK, ""),
        (CHAT, echo_server, "handshake", ExitCode.OK, ""),
        (CHAT, speaks_no_chat, "auto", ExitCode.FAILURES, "the subprotocol chat is declared, and was not seen"),
        (CHAT, speaks_no_chat, "handshake", ExitCode.FAILURES, "the subprotocol chat is declared, and was not seen"),
        (DEFLATE, echo_server, "auto", ExitCode.FAILURES, "permessage-deflate is declared, and was not seen"),
        (DEFLATE, echo_server, "handshake", ExitCode.FAILURES, "permessage-deflate is declared, and was not seen"),
        (LATER, demo_server, "auto", ExitCode.OK, "1 of what is declared as not implemented"),
        (LATER, echo_server, "auto", ExitCode.STALE_BASELINE, f"{UNMASKED} is declared as not implemented, but passes"),
    ],
)
def test_a_run_passes_when_what_is_declared_is_what_is_seen(
    declared: str,
    make_peer: Callable[[], Peer],
    behaviour: str,
    code: ExitCode,
    words: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    Path("wsspec.toml").write_text(f"[declare]\n{declared}\n")

    with serving_peers(make_peer) as url:
        found = root.run(["server", url, PING, TEXT, "--behaviour", behaviour, "--scale", "0.5"])

    assert found == code
    assert words in " ".join(capsys.readouterr().out.split())


@pytest.mark.exhaustive
def test_a_client_is_held_to_what_is_declared_of_it() -> None:
    Path("wsspec.toml").write_text(
        '[declare]\nextensions = ["permessage-deflate"]\nsubprotocols = ["chat"]\n'
        f'[[target]]\nname = "app"\nrole = "client"\nclient = {{ command = "{CLIENT}" }}\n'
    )

    code = root.run(["run", PING, "-qq"])

    run = recorded()
    assert code == ExitCode.FAILURES
    assert run.targets[0].declared == {"extensions": ("permessage-deflate",), "subprotocols": ("chat",)}
    assert (run.targets[0].probed["deflate"], run.targets[0].probed["subprotocol chat"]) == (True, False)
    assert {case.verdict for case in run.cases} == {Verdict.PASS}


def test_the_module_prints_the_schema() -> None:
    printed = subprocess.run(
        [sys.executable, "-W", "error", "-m", "ws_conformance.config"], capture_output=True, check=True
    ).stdout

    assert printed == schema_document()
